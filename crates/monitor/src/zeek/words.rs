//! Zeek's words for what a handshake came to (scripts/base/protocols/ssl/consts.zeek).

use std::borrow::Cow;

use tlscensus_records::registry::CipherSuite;
use tlscensus_records::registry::NamedGroup;
use tlscensus_records::registry::Version;

type Word = Cow<'static, str>;

/// A version of the protocol.
pub(super) fn version(code: u16) -> Word {
    match Version(code) {
        Version::SSL_2 => "SSLv2".into(),
        Version::SSL_3 => "SSLv3".into(),
        Version::TLS_1_0 => "TLSv10".into(),
        Version::TLS_1_1 => "TLSv11".into(),
        Version::TLS_1_2 => "TLSv12".into(),
        Version::TLS_1_3 => "TLSv13".into(),
        _ => match code.to_be_bytes() {
            [0x7f, draft] => format!("TLSv13-draft{draft}").into(),
            _ => unknown(code),
        },
    }
}

/// A cipher suite.
pub(super) fn suite(code: u16) -> Word {
    CipherSuite(code).name().map_or_else(|| unknown(code), Cow::Borrowed)
}

/// A cipher of SSL 2, whose name is that of its draft, or the number in hexadecimal.
pub(super) fn ssl2_cipher(name: &str) -> Word {
    match (name.strip_prefix("SSL_CK_"), name.strip_prefix("0x")) {
        (Some(rest), _) => format!("SSLv20_CK_{rest}").into(),
        (_, Some(digits)) => match u32::from_str_radix(digits, 16) {
            Ok(code) => unknown(code),
            Err(_) => name.to_owned().into(),
        },
        (None, None) => name.to_owned().into(),
    }
}

/// A group of the key exchange.
pub(super) fn group(code: u16) -> Word {
    match NamedGroup(code) {
        // Experiments that Zeek has no words for.
        NamedGroup::X25519KYBER512DRAFT00 | NamedGroup::X25519KYBER768DRAFT00OLD => unknown(code),
        group if group.is_grease() => format!("grease_0x{code:04X}").into(),
        group => group.name().map_or_else(|| unknown(code), Cow::Borrowed),
    }
}

/// The description of an alert as rows have it: side, level, description, and what it came after. `None`: an error of SSL 2,
/// which is no alert to Zeek.
pub(super) fn alert(text: &str) -> Option<Word> {
    let mut words = text.split(' ').skip(1);
    if words.next()? == "SSL" {
        return None;
    }
    let description = words.next()?;
    let digits = description.strip_prefix("0x");
    let code = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
    Some(code.map_or_else(|| description.to_owned().into(), unknown))
}

fn unknown(code: impl Into<u32>) -> Word {
    format!("unknown-{}", code.into()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_zeeks() {
        let cases = [
            (0x0002, "SSLv2"),
            (0x0300, "SSLv3"),
            (0x0303, "TLSv12"),
            (0x0304, "TLSv13"),
            (0x7f1c, "TLSv13-draft28"),
            (0x7e01, "unknown-32257"),
            (0x0101, "unknown-257"),
        ];
        for (code, word) in cases {
            assert_eq!(version(code), word);
        }
    }

    #[test]
    fn suites_and_groups_are_zeeks() {
        assert_eq!(suite(0x1302), "TLS_AES_256_GCM_SHA384");
        assert_eq!(suite(0x0005), "TLS_RSA_WITH_RC4_128_SHA");
        assert_eq!(suite(0xeeee), "unknown-61166");
        assert_eq!(ssl2_cipher("SSL_CK_RC4_128_WITH_MD5"), "SSLv20_CK_RC4_128_WITH_MD5");
        assert_eq!(ssl2_cipher("0x0a0b0c"), "unknown-658188");
        let groups = [
            (23, "secp256r1"),
            (29, "x25519"),
            (34, "GC256A"),
            (256, "ffdhe2048"),
            (4588, "X25519MLKEM768"),
            (25497, "X25519Kyber768Draft00"),
            (65072, "unknown-65072"),
            (2570, "grease_0x0A0A"),
            (0xff01, "arbitrary_explicit_prime_curves"),
            (999, "unknown-999"),
        ];
        for (code, word) in groups {
            assert_eq!(group(code), word);
        }
    }

    #[test]
    fn an_alert_is_its_description() {
        let cases = [
            ("server fatal handshake_failure after client client_hello", Some("handshake_failure")),
            ("client warning close_notify", Some("close_notify")),
            ("client 0x07 0xc8", Some("unknown-200")),
            ("server SSL 2 no_cipher", None),
        ];
        for (text, word) in cases {
            assert_eq!(alert(text).as_deref(), word, "{text}");
        }
    }
}
