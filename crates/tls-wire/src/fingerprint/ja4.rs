//! JA4 of a client's hello: what it is at a glance, then two cut SHA-256 that do not depend on the order of the lists.
//!
//! ```text
//! t13d1516h2_8daaf6152771_e5627efa2ab1
//! │││ │ │ │  │            └ extensions in order of value, without SNI and ALPN, then signature schemes as they stand
//! │││ │ │ │  └ suites in order of value
//! │││ │ │ └ first and last letter of the first application protocol, or 00
//! │││ │ └ number of extensions, at most 99
//! │││ └ number of suites, at most 99
//! ││└ d: a server name is sent, i: none is
//! │└ highest version
//! └ over TCP
//! ```
//!
//! As its authors describe the client's part, which is under a BSD licence:
//! <https://github.com/FoxIO-LLC/ja4/blob/main/technical_details/JA4.md>. Nothing else of that family is here.

use sha2::Digest;
use sha2::Sha256;

use super::ascii;
use super::decimal_digit;
use super::hexadecimal;
use super::hexadecimal_digit;
use super::hexadecimal_list;
use super::list;
use crate::extension::ApplicationProtocols;
use crate::extension::Extensions;
use crate::extension::SignatureAlgorithms;
use crate::extension::SupportedVersions;
use crate::handshake::ClientHello;
use crate::registry::ExtensionType;
use crate::registry::Version;

/// JA4 of a hello that came over TCP.
pub fn ja4(hello: &ClientHello<'_>) -> String {
    let mut print = Vec::with_capacity(LENGTH);
    let mut text = Vec::with_capacity(TYPICAL_LENGTH);
    glance(hello, &mut print);
    print.push(b'_');
    suites(hello, &mut text);
    cut(&text, &mut print);
    print.push(b'_');
    text.clear();
    extensions_and_schemes(&hello.extensions, &mut text);
    cut(&text, &mut print);
    ascii(print)
}

/// The same before hashing, as `JA4_r` writes it.
pub fn ja4_text(hello: &ClientHello<'_>) -> String {
    let mut text = Vec::with_capacity(2 * TYPICAL_LENGTH);
    glance(hello, &mut text);
    text.push(b'_');
    suites(hello, &mut text);
    text.push(b'_');
    extensions_and_schemes(&hello.extensions, &mut text);
    ascii(text)
}

fn glance(hello: &ClientHello<'_>, text: &mut Vec<u8>) {
    let extensions = &hello.extensions;
    text.push(b't');
    text.extend_from_slice(version(hello));
    text.push(if extensions.contains(ExtensionType::SERVER_NAME) { b'd' } else { b'i' });
    count(hello.cipher_suites.iter().filter(|suite| !suite.is_grease()).count(), text);
    count(extensions.iter().filter(|raw| !raw.extension.is_grease()).count(), text);
    text.extend(protocol(extensions));
}

fn version(hello: &ClientHello<'_>) -> &'static [u8] {
    let SupportedVersions(versions) = list(&hello.extensions);
    let highest = versions.into_iter().filter(|version| !version.is_grease()).max();
    match highest.unwrap_or(hello.legacy_version) {
        Version::SSL_2 => b"s2",
        Version::SSL_3 => b"s3",
        Version::TLS_1_0 => b"10",
        Version::TLS_1_1 => b"11",
        Version::TLS_1_2 => b"12",
        Version::TLS_1_3 => b"13",
        Version::DTLS_1_0 => b"d1",
        Version::DTLS_1_2 => b"d2",
        Version::DTLS_1_3 => b"d3",
        _ => b"00",
    }
}

/// Two decimal digits, of 99 for what has more.
fn count(number: usize, text: &mut Vec<u8>) {
    let number = u16::try_from(number).map_or(MOST, |number| number.min(MOST));
    text.extend([number / 10, number].map(decimal_digit));
}

/// First and last letter of the first protocol; where one is neither letter nor digit, first and last hexadecimal digit.
fn protocol(extensions: &Extensions<'_>) -> [u8; 2] {
    let ApplicationProtocols(names) = list(extensions);
    let name = names.into_iter().find(|name| !is_grease(name)).unwrap_or_default();
    let (Some(first), Some(last)) = (name.first(), name.last()) else {
        return *b"00";
    };
    if first.is_ascii_alphanumeric() && last.is_ascii_alphanumeric() {
        return [*first, *last];
    }
    [first >> 4, last & 0xf].map(hexadecimal_digit)
}

/// Protocols have reserved values too: two equal bytes, `0x0a` to `0xfa` (RFC 8701, section 2).
fn is_grease(name: &[u8]) -> bool {
    matches!(name, [first, second] if first == second && first & 0x0f == 0x0a)
}

fn suites(hello: &ClientHello<'_>, text: &mut Vec<u8>) {
    let suites = hello.cipher_suites.iter().filter(|suite| !suite.is_grease());
    sorted(suites.map(|suite| suite.0), hello.cipher_suites.len(), text);
}

fn extensions_and_schemes(extensions: &Extensions<'_>, text: &mut Vec<u8>) {
    let types = extensions.iter().map(|raw| raw.extension).filter(|kind| {
        !kind.is_grease()
            && *kind != ExtensionType::SERVER_NAME
            && *kind != ExtensionType::APPLICATION_LAYER_PROTOCOL_NEGOTIATION
    });
    sorted(types.map(|kind| kind.0), extensions.iter().count(), text);
    let SignatureAlgorithms(mut schemes) = list(extensions);
    schemes.retain(|scheme| !scheme.is_grease());
    // In the memory that they stood in.
    let schemes: Vec<u16> = schemes.into_iter().map(u16::from).collect();
    if !schemes.is_empty() {
        text.push(b'_');
        hexadecimal_list(&schemes, text);
    }
}

/// In order of value; `most`: there are no more.
fn sorted(values: impl Iterator<Item = u16>, most: usize, text: &mut Vec<u8>) {
    let mut sorted = Vec::with_capacity(most);
    sorted.extend(values);
    sorted.sort_unstable();
    hexadecimal_list(&sorted, text);
}

/// Twelve digits of the hash; of nothing, twelve zeros.
fn cut(text: &[u8], print: &mut Vec<u8>) {
    if text.is_empty() {
        print.extend([b'0'; DIGITS]);
        return;
    }
    let hash = Sha256::digest(text);
    hexadecimal(&hash[..DIGITS / 2], print);
}

/// Room for the text of most lists of suites, and of most of extensions with schemes.
const TYPICAL_LENGTH: usize = 256;
/// Of a fingerprint: the glance, and two hashes behind a mark each.
const LENGTH: usize = 10 + 2 * (1 + DIGITS);
/// The highest count that has two digits.
const MOST: u16 = 99;
/// Hexadecimal ones.
const DIGITS: usize = 12;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::Codec;
    use crate::registry::CipherSuite;
    use crate::registry::CompressionMethod;
    use crate::registry::SignatureScheme;

    fn hello(suites: &[u16], extensions: Extensions<'static>) -> ClientHello<'static> {
        ClientHello {
            legacy_version: Version::TLS_1_2,
            random: [0; 32],
            session_id: b"",
            cipher_suites: suites.iter().copied().map(CipherSuite).collect(),
            compression_methods: vec![CompressionMethod::NULL],
            extensions,
        }
    }

    const SUITES: [u16; 15] = [
        0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8, 0xc013, 0xc014,
        0x009c, 0x009d, 0x002f, 0x0035,
    ];

    /// A hello with extensions of these types and these schemes, GREASE strewn in.
    fn chrome(types: &[u16], schemes: &[u16]) -> ClientHello<'static> {
        let mut extensions = Extensions::new();
        extensions.push(ExtensionType(0x3a3a), &b""[..]);
        for kind in types.iter().copied().map(ExtensionType) {
            let bytes = match kind {
                ExtensionType::APPLICATION_LAYER_PROTOCOL_NEGOTIATION => {
                    ApplicationProtocols(vec![b"\x0a\x0a", b"h2", b"http/1.1"]).encoded()
                }
                ExtensionType::SIGNATURE_ALGORITHMS => {
                    let schemes = [&[0x1a1a], schemes].concat();
                    SignatureAlgorithms(schemes.into_iter().map(SignatureScheme).collect())
                        .encoded()
                }
                ExtensionType::SUPPORTED_VERSIONS => {
                    let versions = [0x7a7a, 0x0304, 0x0303].map(Version).to_vec();
                    SupportedVersions(versions).encoded()
                }
                _ => Vec::new(),
            };
            extensions.push(kind, bytes);
        }
        hello(&[&[0x2a2a], &SUITES[..]].concat(), extensions)
    }

    /// Vectors of FoxIO-LLC/ja4: the example of technical_details/JA4.md and python/test/testdata/sigalg-grease.pcapng.json.
    #[test]
    fn the_published_examples() {
        let schemes = [0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601];
        let types = [
            0x001b, 0x0000, 0x0033, 0x0010, 0x4469, 0x0017, 0x002d, 0x000d, 0x0005, 0x0023, 0x0012,
            0x002b, 0xff01, 0x000b, 0x000a, 0x0015,
        ];
        let first = chrome(&types, &schemes);
        assert_eq!(
            ja4_text(&first),
            "t13d1516h2_002f,0035,009c,009d,1301,1302,1303,c013,c014,c02b,c02c,c02f,c030,cca8,cca9_\
             0005,000a,000b,000d,0012,0015,0017,001b,0023,002b,002d,0033,4469,ff01_\
             0403,0804,0401,0503,0805,0501,0806,0601"
        );
        assert_eq!(ja4(&first), "t13d1516h2_8daaf6152771_e5627efa2ab1");
        let silent = chrome(&types, &[]);
        assert!(ja4(&silent).ends_with("_6d807ffa2a79"), "without schemes there is no underscore");
        let types = [
            0xfe0d, 0x0010, 0x0017, 0x0033, 0x44cd, 0xff01, 0x000a, 0x000d, 0x0023, 0x002b, 0x000b,
            0xca34, 0x002d, 0x0000, 0x0005, 0x001b, 0x0012,
        ];
        let schemes = [&[0x0904, 0x0905, 0x0906], &schemes[..]].concat();
        assert_eq!(ja4(&chrome(&types, &schemes)), "t13d1517h2_8daaf6152771_cb7bf5808d99");
    }

    /// The cases of technical_details/JA4.md, ALPN Extension Value.
    #[test]
    fn protocols_with_strange_letters() {
        let cases: [(&[u8], &str); 8] = [
            (b"h2", "h2"),
            (b"http/1.1", "h1"),
            (b"q", "qq"),
            (b"\xab", "ab"),
            (b"\xab\xcd", "ad"),
            (b"0\xab", "3b"),
            (b"01\xab\xcd", "3d"),
            (b"0\xab\xcd1", "01"),
        ];
        for (name, letters) in cases {
            let mut extensions = Extensions::new();
            extensions.add(&ApplicationProtocols(vec![name]));
            assert_eq!(protocol(&extensions), letters.as_bytes(), "{name:?}");
        }
        assert_eq!(protocol(&Extensions::none()), *b"00");
    }

    #[test]
    fn what_is_not_there_is_zeros() {
        assert_eq!(ja4(&hello(&[], Extensions::none())), "t12i000000_000000000000_000000000000");
    }
}
