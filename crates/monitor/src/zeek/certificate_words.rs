//! A certificate's values as OpenSSL prints them, which is how Zeek's x509.log has them.

use std::fmt::Write;

/// The long name of a key's algorithm; an OID that has none is its own.
pub(super) fn key_algorithm(word: &str) -> &str {
    KEYS.iter().find(|(ours, _, _)| *ours == word).map_or(word, |(_, long, _)| long)
}

/// The kind of a key: Zeek has words for three.
pub(super) fn key_type(word: &str) -> Option<&'static str> {
    KEYS.iter().find(|(ours, _, _)| *ours == word).and_then(|(_, _, kind)| *kind)
}

/// The short name of a curve; an OID that has none is its own. `None`: the curve is spelt out.
pub(super) fn curve(word: &str) -> Option<&str> {
    let short = CURVES.iter().find(|(ours, _)| *ours == word).map_or(word, |(_, short)| short);
    (short != "explicit").then_some(short)
}

/// The long name of a signature's algorithm; an OID that has none is its own.
pub(super) fn signature_algorithm(oid: &str) -> &str {
    SIGNATURES.iter().find(|(known, _)| *known == oid).map_or(oid, |(_, long)| long)
}

/// A serial number out of the digits of its encoding: upper case, padding left out, a minus where it is negative.
pub(super) fn serial(digits: &str) -> String {
    let mut number: Vec<u8> = digits.as_bytes().chunks(2).filter_map(octet).collect();
    let negative = number.first().is_some_and(|first| first & 0x80 != 0);
    if negative {
        negate(&mut number);
    }
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    let zeros = zeros.min(number.len().saturating_sub(1));
    let mut text = String::with_capacity(1 + digits.len());
    if negative {
        text.push('-');
    }
    put_hexadecimal(number.get(zeros..).unwrap_or_default(), "", &mut text);
    text
}

/// An exponent out of hexadecimal digits, in decimal; one of more than 128 bits, which no key should have, stays as it is.
pub(super) fn exponent(digits: &str) -> String {
    match u128::from_str_radix(digits, 16) {
        Ok(number) => number.to_string(),
        Err(_) => format!("0x{digits}"),
    }
}

/// A name out of RFC 4514 text: OpenSSL (`XN_FLAG_RFC2253`) has the same order, and nothing beyond ASCII. It abbreviates more
/// types of attributes than we do, which write the OID.
pub(super) fn name(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut escaped = 0;
    for letter in text.chars() {
        let mut buffer = [0; 4];
        match letter {
            letter if !letter.is_ascii() => {
                put_hexadecimal(letter.encode_utf8(&mut buffer).as_bytes(), "\\", &mut out);
            }
            letter if escaped > 0 => out.push(letter.to_ascii_uppercase()),
            letter => out.push(letter),
        }
        escaped = match (escaped, letter) {
            (0, '\\') => 2,
            // One that is no digit was all that the backslash was for.
            (2, letter) if !letter.is_ascii_hexdigit() => 0,
            (left, _) => left.max(1) - 1,
        };
    }
    out
}

/// Two's complement.
fn negate(number: &mut [u8]) {
    let mut carry = true;
    for byte in number.iter_mut().rev() {
        (*byte, carry) = (!*byte).overflowing_add(u8::from(carry));
    }
}

fn octet(digits: &[u8]) -> Option<u8> {
    u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

fn put_hexadecimal(bytes: &[u8], before: &str, out: &mut String) {
    for byte in bytes {
        // Writing to a string cannot fail.
        let _ = write!(out, "{before}{byte:02X}");
    }
}

/// Our word, OpenSSL's long name, Zeek's word.
const KEYS: [(&str, &str, Option<&str>); 9] = [
    ("rsa", "rsaEncryption", Some("rsa")),
    ("rsa-pss", "rsassaPss", None),
    ("ec", "id-ecPublicKey", Some("ecdsa")),
    ("dsa", "dsaEncryption", Some("dsa")),
    ("dh", "dhKeyAgreement", None),
    ("x25519", "X25519", None),
    ("x448", "X448", None),
    ("ed25519", "ED25519", None),
    ("ed448", "ED448", None),
];

/// Names that differ.
const CURVES: [(&str, &str); 3] =
    [("secp192r1", "prime192v1"), ("secp256r1", "prime256v1"), ("sm2p256v1", "SM2")];

const SIGNATURES: [(&str, &str); 20] = [
    ("1.2.840.10040.4.3", "dsaWithSHA1"),
    ("1.2.840.10045.4.1", "ecdsa-with-SHA1"),
    ("1.2.840.10045.4.3.1", "ecdsa-with-SHA224"),
    ("1.2.840.10045.4.3.2", "ecdsa-with-SHA256"),
    ("1.2.840.10045.4.3.3", "ecdsa-with-SHA384"),
    ("1.2.840.10045.4.3.4", "ecdsa-with-SHA512"),
    ("1.2.840.113549.1.1.2", "md2WithRSAEncryption"),
    ("1.2.840.113549.1.1.3", "md4WithRSAEncryption"),
    ("1.2.840.113549.1.1.4", "md5WithRSAEncryption"),
    ("1.2.840.113549.1.1.5", "sha1WithRSAEncryption"),
    ("1.2.840.113549.1.1.10", "rsassaPss"),
    ("1.2.840.113549.1.1.11", "sha256WithRSAEncryption"),
    ("1.2.840.113549.1.1.12", "sha384WithRSAEncryption"),
    ("1.2.840.113549.1.1.13", "sha512WithRSAEncryption"),
    ("1.2.840.113549.1.1.14", "sha224WithRSAEncryption"),
    ("1.3.14.3.2.29", "sha1WithRSA"),
    ("1.3.101.112", "ED25519"),
    ("1.3.101.113", "ED448"),
    ("2.16.840.1.101.3.4.3.1", "dsa_with_SHA224"),
    ("2.16.840.1.101.3.4.3.2", "dsa_with_SHA256"),
];

#[cfg(test)]
mod tests {
    use openssl::asn1::Asn1Object;

    use super::*;

    #[test]
    fn long_and_short_names_are_those_of_openssl() {
        for (oid, long) in SIGNATURES {
            let object = Asn1Object::from_str(oid).expect("an OID");
            assert_eq!(object.nid().long_name().ok(), Some(long), "{oid}");
        }
        let curves = [("secp256r1", "1.2.840.10045.3.1.7"), ("secp384r1", "1.3.132.0.34")];
        for (ours, oid) in curves {
            let object = Asn1Object::from_str(oid).expect("an OID");
            assert_eq!(object.nid().short_name().ok(), curve(ours), "{oid}");
        }
        let keys = [
            ("rsa", "1.2.840.113549.1.1.1"),
            ("rsa-pss", "1.2.840.113549.1.1.10"),
            ("ec", "1.2.840.10045.2.1"),
            ("dsa", "1.2.840.10040.4.1"),
            ("dh", "1.2.840.113549.1.3.1"),
            ("x25519", "1.3.101.110"),
            ("x448", "1.3.101.111"),
            ("ed25519", "1.3.101.112"),
            ("ed448", "1.3.101.113"),
        ];
        for (ours, oid) in keys {
            let object = Asn1Object::from_str(oid).expect("an OID");
            assert_eq!(object.nid().long_name().ok(), Some(key_algorithm(ours)), "{oid}");
        }
        assert_eq!((key_algorithm("1.2.3"), signature_algorithm("1.2.3")), ("1.2.3", "1.2.3"));
        assert_eq!((curve("explicit"), key_type("ed448")), (None, None));
    }

    #[test]
    fn numbers_are_printed_as_openssl_prints_them() {
        let serials = [
            ("36f5da5300000000505e", "36F5DA5300000000505E"),
            ("00b7", "B7"),
            ("0b6771", "0B6771"),
            ("00", "00"),
            ("ff", "-01"),
            ("ff7f", "-81"),
            ("", ""),
        ];
        for (digits, expected) in serials {
            assert_eq!(serial(digits), expected);
        }
        assert_eq!((exponent("010001"), exponent("03")), ("65537".to_owned(), "3".to_owned()));
        assert_eq!(exponent(&"f".repeat(33)), format!("0x{}", "f".repeat(33)));
    }

    #[test]
    fn names_are_ascii() {
        let cases = [
            ("CN=a,O=Foo\\, Inc.", "CN=a,O=Foo\\, Inc."),
            ("CN=\u{e9}b", "CN=\\C3\\A9b"),
            ("CN=caf\\e9e,C=AU", "CN=caf\\E9e,C=AU"),
            ("CN=\\ ab\\ ", "CN=\\ ab\\ "),
            ("CN=a\\\\b", "CN=a\\\\b"),
        ];
        for (text, expected) in cases {
            assert_eq!(name(text), expected);
        }
    }
}
