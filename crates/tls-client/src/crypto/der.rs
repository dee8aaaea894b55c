//! The public key out of a certificate by a short walk, so that a certificate nobody else can parse still yields its key.

use crate::crypto::modular::trimmed;
use crate::crypto::rsa::PublicKey;

/// The SubjectPublicKeyInfo of a certificate, borrowed from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SubjectPublicKeyInfo<'a> {
    /// All of it, header included.
    pub(crate) der: &'a [u8],
    /// The contents of the algorithm's OBJECT IDENTIFIER.
    pub(crate) algorithm: &'a [u8],
    /// The contents of the parameters where they are an OBJECT IDENTIFIER (a named curve); else empty.
    pub(crate) curve: &'a [u8],
    /// The key itself: the BIT STRING without its count of unused bits.
    pub(crate) key: &'a [u8],
}

impl<'a> SubjectPublicKeyInfo<'a> {
    /// Walks to the key (RFC 5280, section 4.1) and looks at nothing else on the way.
    pub(crate) fn of_certificate(certificate: &'a [u8]) -> Option<Self> {
        let mut tbs = Der(Der(certificate).enter(SEQUENCE)?).enter_reader(SEQUENCE)?;
        if tbs.0.first() == Some(&EXPLICIT_VERSION) {
            tbs.next()?;
        }
        for _serial_signature_issuer_validity_subject in 0..5 {
            tbs.next()?;
        }
        Self::read(tbs.next()?.whole)
    }

    /// Reads a SubjectPublicKeyInfo on its own.
    pub(crate) fn read(der: &'a [u8]) -> Option<Self> {
        let mut fields = Der(der).enter_reader(SEQUENCE)?;
        let mut algorithm = Der(fields.expect(SEQUENCE)?);
        let key = fields.expect(BIT_STRING)?;
        Some(Self {
            der,
            algorithm: algorithm.expect(OBJECT_IDENTIFIER)?,
            curve: algorithm.expect(OBJECT_IDENTIFIER).unwrap_or_default(),
            key: key.get(1..)?,
        })
    }

    /// Modulus and exponent where this is an RSA key.
    pub(crate) fn rsa(&self) -> Option<PublicKey<'a>> {
        let mut numbers = Der(self.key).enter_reader(SEQUENCE)?;
        Some(PublicKey {
            modulus: trimmed(numbers.expect(INTEGER)?),
            exponent: trimmed(numbers.expect(INTEGER)?),
        })
    }
}

/// What is left of a sequence of DER elements.
#[derive(Clone, Copy)]
struct Der<'a>(&'a [u8]);

/// One element.
struct Element<'a> {
    tag: u8,
    contents: &'a [u8],
    whole: &'a [u8],
}

impl<'a> Der<'a> {
    /// The contents of the first element if it has this tag.
    fn enter(mut self, tag: u8) -> Option<&'a [u8]> {
        self.expect(tag)
    }

    fn enter_reader(self, tag: u8) -> Option<Self> {
        self.enter(tag).map(Der)
    }

    fn expect(&mut self, tag: u8) -> Option<&'a [u8]> {
        let element = self.next()?;
        (element.tag == tag).then_some(element.contents)
    }

    fn next(&mut self) -> Option<Element<'a>> {
        let (&tag, rest) = self.0.split_first()?;
        let (&first, mut rest) = rest.split_first()?;
        let mut length = usize::from(first);
        if first & LONG_FORM != 0 {
            let (octets, after) = rest.split_at_checked(usize::from(first & !LONG_FORM))?;
            if octets.len() > MAX_LENGTH_OCTETS {
                return None;
            }
            length = octets.iter().fold(0, |length, octet| length << 8 | usize::from(*octet));
            rest = after;
        }
        let (contents, after) = rest.split_at_checked(length)?;
        let (whole, _) = self.0.split_at_checked(self.0.len() - after.len())?;
        self.0 = after;
        Some(Element { tag, contents, whole })
    }
}

const BIT_STRING: u8 = 0x03;
const EXPLICIT_VERSION: u8 = 0xa0;
const INTEGER: u8 = 0x02;
const LONG_FORM: u8 = 0x80;
/// A certificate's own length field in a Certificate message has three.
const MAX_LENGTH_OCTETS: usize = 4;
const OBJECT_IDENTIFIER: u8 = 0x06;
const SEQUENCE: u8 = 0x30;

#[cfg(test)]
mod tests {
    use super::*;

    fn certificate() -> Vec<u8> {
        let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).expect("a key");
        let certificate = rcgen::CertificateParams::new(vec!["host.example".to_owned()])
            .and_then(|params| params.self_signed(&key))
            .expect("a certificate");
        certificate.der().to_vec()
    }

    #[test]
    fn the_walk_finds_the_key_that_a_full_parser_finds() {
        let certificate = certificate();
        let (_, parsed) = x509_parser::parse_x509_certificate(&certificate).expect("parses");
        let spki = SubjectPublicKeyInfo::of_certificate(&certificate).expect("found");
        assert_eq!(spki.der, parsed.public_key().raw);
        assert_eq!(spki.key, &*parsed.public_key().subject_public_key.data);
    }

    #[test]
    fn a_cut_or_damaged_certificate_gives_nothing_and_never_panics() {
        let certificate = certificate();
        for cut in 0..certificate.len() {
            assert_eq!(SubjectPublicKeyInfo::of_certificate(&certificate[..cut]), None);
        }
        for position in 0..certificate.len() {
            for value in [0x00, 0x7f, 0x80, 0x84, 0x88, 0xff] {
                let mut damaged = certificate.clone();
                damaged[position] = value;
                let _ = SubjectPublicKeyInfo::of_certificate(&damaged);
            }
        }
    }
}
