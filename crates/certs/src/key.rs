//! Public keys: kind, size, curve, exponent (RFC 3279, RFC 5480, RFC 8410, RFC 9881).

use crate::anatomy::algorithm;
use crate::der;
use crate::der::Element;
use crate::hexadecimal::hexadecimal;

/// What a SubjectPublicKeyInfo says about its key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyFacts {
    /// rsa, rsa-pss, ec, ed25519, ed448, x25519, x448, ml-dsa-44, ml-dsa-65, ml-dsa-87, dsa, dh, or the OID.
    pub algorithm: Option<String>,
    /// Size in bits.
    pub bits: Option<u32>,
    /// Named curve, or its OID.
    pub curve: Option<String>,
    /// RSA public exponent, hexadecimal.
    pub exponent: Option<String>,
}

impl KeyFacts {
    pub(crate) fn of(spki: &Element<'_>) -> Self {
        let mut parts = spki.children();
        let Some(identifier) = parts.next() else {
            return Self::default();
        };
        let Some(oid) = algorithm(&identifier) else {
            return Self::default();
        };
        let parameters = identifier.children().nth(1);
        let key = parts.next().and_then(|key| key.tagged(der::BIT_STRING));
        // The first octet of a bit string counts its unused bits; keys have none.
        let key = key.and_then(|key| key.content.get(1..));
        let word = WORDS.iter().find(|(known, _, _)| *known == oid);
        let mut facts = Self {
            algorithm: Some(word.map_or_else(|| oid.clone(), |(_, word, _)| (*word).to_owned())),
            bits: word.and_then(|(_, _, bits)| *bits),
            ..Self::default()
        };
        match facts.algorithm.as_deref() {
            Some("rsa" | "rsa-pss") => facts.read_rsa(key),
            Some("ec") => facts.read_curve(parameters),
            Some("dsa" | "dh") => {
                let prime = parameters.and_then(|parameters| parameters.children().next());
                facts.bits = prime.and_then(|prime| der::bits(prime.content));
            }
            _ => {}
        }
        facts
    }

    fn read_rsa(&mut self, key: Option<&[u8]>) {
        let numbers = key.and_then(der::first).map(|(numbers, _)| numbers.children());
        let mut numbers = numbers.into_iter().flatten();
        self.bits = numbers.next().and_then(|modulus| der::bits(modulus.content));
        self.exponent = numbers.next().map(|exponent| {
            let digits = exponent.content;
            let zeros = digits.iter().take_while(|byte| **byte == 0).count();
            hexadecimal(digits.get(zeros..).unwrap_or_default())
        });
    }

    fn read_curve(&mut self, parameters: Option<Element<'_>>) {
        let Some(parameters) = parameters else {
            return;
        };
        let Some(named) = parameters.tagged(der::OBJECT_IDENTIFIER) else {
            self.curve = Some("explicit".to_owned());
            return;
        };
        let oid = der::oid(named.content);
        let curve = CURVES.iter().find(|(known, _, _)| Some(*known) == oid.as_deref());
        self.bits = curve.map(|(_, _, bits)| *bits);
        self.curve = curve.map(|(_, name, _)| (*name).to_owned()).or(oid);
    }
}

const WORDS: [(&str, &str, Option<u32>); 13] = [
    ("1.2.840.113549.1.1.1", "rsa", None),
    ("1.2.840.113549.1.1.10", "rsa-pss", None),
    ("1.2.840.10045.2.1", "ec", None),
    ("1.2.840.10040.4.1", "dsa", None),
    ("1.2.840.113549.1.3.1", "dh", None),
    ("1.2.840.10046.2.1", "dh", None),
    ("1.3.101.110", "x25519", Some(256)),
    ("1.3.101.111", "x448", Some(448)),
    ("1.3.101.112", "ed25519", Some(256)),
    ("1.3.101.113", "ed448", Some(456)),
    // Public keys of 1312, 1952 and 2592 bytes.
    ("2.16.840.1.101.3.4.3.17", "ml-dsa-44", Some(10_496)),
    ("2.16.840.1.101.3.4.3.18", "ml-dsa-65", Some(15_616)),
    ("2.16.840.1.101.3.4.3.19", "ml-dsa-87", Some(20_736)),
];

const CURVES: [(&str, &str, u32); 12] = [
    ("1.2.840.10045.3.1.1", "secp192r1", 192),
    ("1.2.840.10045.3.1.7", "secp256r1", 256),
    ("1.3.132.0.10", "secp256k1", 256),
    ("1.3.132.0.33", "secp224r1", 224),
    ("1.3.132.0.34", "secp384r1", 384),
    ("1.3.132.0.35", "secp521r1", 521),
    ("1.3.132.0.38", "sect571k1", 571),
    ("1.3.132.0.39", "sect571r1", 571),
    ("1.3.36.3.3.2.8.1.1.7", "brainpoolP256r1", 256),
    ("1.3.36.3.3.2.8.1.1.11", "brainpoolP384r1", 384),
    ("1.3.36.3.3.2.8.1.1.13", "brainpoolP512r1", 512),
    ("1.2.156.10197.1.301", "sm2p256v1", 256),
];

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads hexadecimal digits, blanks left out.
    fn spki(digits: &str) -> KeyFacts {
        let digits: Vec<_> = digits.chars().filter_map(|digit| digit.to_digit(16)).collect();
        let bytes: Vec<_> = digits
            .chunks(2)
            .map(|pair| pair.iter().fold(0, |byte, digit| byte << 4 | digit))
            .map(|byte| u8::try_from(byte).expect("two digits"))
            .collect();
        let (element, _) = der::first(&bytes).expect("an element");
        KeyFacts::of(&element)
    }

    fn facts(algorithm: &str, bits: Option<u32>, curve: Option<&str>) -> KeyFacts {
        KeyFacts {
            algorithm: Some(algorithm.to_owned()),
            bits,
            curve: curve.map(str::to_owned),
            exponent: None,
        }
    }

    #[test]
    fn keys_of_all_kinds() {
        // SEQUENCE { SEQUENCE { OID, parameters }, BIT STRING }
        let rsa = "301d 300d 0609 2a864886f70d010101 0500 030c 00 3009 0203 008001 0202 0003";
        let expected = KeyFacts { exponent: Some("03".to_owned()), ..facts("rsa", Some(16), None) };
        assert_eq!(spki(rsa), expected);
        let cases = [
            (
                "3017 3010 0607 2a8648ce3d0201 0605 2b81040022 0303 000400",
                "ec",
                Some(384),
                Some("secp384r1"),
            ),
            (
                "3017 3010 0607 2a8648ce3d0201 0605 2b8104007f 0303 000400",
                "ec",
                None,
                Some("1.3.132.0.127"),
            ),
            ("3012 300b 0607 2a8648ce3d0201 3000 0303 000400", "ec", None, Some("explicit")),
            ("300a 3005 0603 2b6571 0301 00", "ed448", Some(456), None),
            ("3010 300b 0609 608648016503040311 0301 00", "ml-dsa-44", Some(10_496), None),
            ("3017 3012 0607 2a8648ce380401 3007 0202 00ff 0201 03 0301 00", "dsa", Some(8), None),
            ("3009 3004 0602 2b01 0301 00", "1.3.1", None, None),
        ];
        for (digits, algorithm, bits, curve) in cases {
            assert_eq!(spki(digits), facts(algorithm, bits, curve), "{digits}");
        }
    }

    #[test]
    fn a_key_that_is_cut_keeps_its_name() {
        let rsa = "300f 300d 0609 2a864886f70d010101 0500";
        assert_eq!(spki(rsa), facts("rsa", None, None));
        assert_eq!(spki("3000"), KeyFacts::default());
    }
}
