//! The public key out of a certificate by a short walk, so that a certificate nobody else can parse still yields its key.

use tlscensus_tls_wire::registry::NamedGroup;

use crate::crypto::curve;
use crate::crypto::dsa::DsaKey;
use crate::crypto::ffdh::ServerShare;
use crate::crypto::modular::trimmed;
use crate::crypto::rsa::PublicKey;

/// The SubjectPublicKeyInfo of a certificate, borrowed from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SubjectPublicKeyInfo<'a> {
    /// All of it, header included.
    pub(crate) der: &'a [u8],
    /// The contents of the algorithm's OBJECT IDENTIFIER.
    pub(crate) algorithm: &'a [u8],
    /// What stands behind it, header included.
    parameters: &'a [u8],
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
            parameters: algorithm.0,
            key: key.get(1..)?,
        })
    }

    /// The curve where this is a key on a named one of the table, or on one that is an algorithm of its own
    /// (RFC 5480, section 2.1.1; RFC 8410, section 3).
    pub(crate) fn named_group(&self) -> Option<NamedGroup> {
        match self.algorithm {
            EC_PUBLIC_KEY => curve::named_by(Der(self.parameters).expect(OBJECT_IDENTIFIER)?),
            X25519 => Some(NamedGroup::X25519),
            X448 => Some(NamedGroup::X448),
            _ => None,
        }
    }

    /// Whether this is a key of EdDSA, whose curves are no groups (RFC 8410, section 3).
    pub(crate) fn is_eddsa(&self) -> bool {
        matches!(self.algorithm, ED25519 | ED448)
    }

    /// Group and public value where this is a key for agreement in a prime field
    /// (RFC 3279, section 2.3.3; PKCS #3).
    pub(crate) fn ffdh(&self) -> Option<ServerShare<'a>> {
        if !matches!(self.algorithm, DH_KEY_AGREEMENT | DH_PUBLIC_NUMBER) {
            return None;
        }
        let mut parameters = Der(self.parameters).enter_reader(SEQUENCE)?;
        Some(ServerShare {
            prime: trimmed(parameters.expect(INTEGER)?),
            generator: trimmed(parameters.expect(INTEGER)?),
            public: trimmed(Der(self.key).enter(INTEGER)?),
        })
    }

    /// Parameters and public value where this is a DSA key that has its parameters with it
    /// (RFC 3279, section 2.3.2).
    pub(crate) fn dsa(&self) -> Option<DsaKey<'a>> {
        if self.algorithm != DSA {
            return None;
        }
        let mut parameters = Der(self.parameters).enter_reader(SEQUENCE)?;
        Some(DsaKey {
            p: trimmed(parameters.expect(INTEGER)?),
            q: trimmed(parameters.expect(INTEGER)?),
            g: trimmed(parameters.expect(INTEGER)?),
            y: trimmed(Der(self.key).enter(INTEGER)?),
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

/// The two numbers of a DSA or ECDSA signature (RFC 3279, section 2.2.2).
pub(crate) fn signature_pair(signature: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut numbers = Der(signature).enter_reader(SEQUENCE)?;
    Some((trimmed(numbers.expect(INTEGER)?), trimmed(numbers.expect(INTEGER)?)))
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
/// 1.2.840.113549.1.3.1
const DH_KEY_AGREEMENT: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x03, 0x01];
/// 1.2.840.10046.2.1
const DH_PUBLIC_NUMBER: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3e, 0x02, 0x01];
/// 1.2.840.10040.4.1
pub(crate) const DSA: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x38, 0x04, 0x01];
/// 1.2.840.10045.2.1
pub(crate) const EC_PUBLIC_KEY: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
const EXPLICIT_VERSION: u8 = 0xa0;
const INTEGER: u8 = 0x02;
const LONG_FORM: u8 = 0x80;
/// A certificate's own length field in a Certificate message has three.
const MAX_LENGTH_OCTETS: usize = 4;
const OBJECT_IDENTIFIER: u8 = 0x06;
const SEQUENCE: u8 = 0x30;
/// 1.3.101.110
const X25519: &[u8] = &[0x2b, 0x65, 0x6e];
/// 1.3.101.111
const X448: &[u8] = &[0x2b, 0x65, 0x6f];
/// 1.3.101.112
pub(crate) const ED25519: &[u8] = &[0x2b, 0x65, 0x70];
/// 1.3.101.113
pub(crate) const ED448: &[u8] = &[0x2b, 0x65, 0x71];

#[cfg(test)]
mod tests {
    use openssl::dh::Dh;
    use openssl::dsa::Dsa;
    use openssl::ec::EcGroup;
    use openssl::ec::EcKey;
    use openssl::nid::Nid;
    use openssl::pkey::PKey;

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

    #[test]
    fn damaged_keys_never_panic() {
        let dh = Dh::get_1024_160().and_then(|group| group.generate_key()).expect("a key");
        let dsa = Dsa::generate(512).expect("a key");
        let curve = EcGroup::from_curve_name(Nid::SECP224R1).expect("a curve");
        let ec = EcKey::generate(&curve).expect("a key");
        let keys = [PKey::from_dh(dh), PKey::from_dsa(dsa), PKey::from_ec_key(ec)];
        for key in keys {
            let der = key.and_then(|key| key.public_key_to_der()).expect("encodes");
            for position in 0..der.len() {
                for value in [0x00, 0x01, 0x02, 0x7f, 0x80, 0x84, 0xff] {
                    let mut damaged = der.clone();
                    damaged[position] = value;
                    let Some(key) = SubjectPublicKeyInfo::read(&damaged) else {
                        continue;
                    };
                    let _ = (key.rsa(), key.ffdh(), key.named_group());
                    let _ = key.dsa().map(|key| key.verify(&[7; 20], &[3], &[5]));
                }
            }
        }
    }

    #[test]
    fn keys_for_agreement_are_found_with_their_groups() {
        for (nid, group) in [
            (Nid::X9_62_PRIME256V1, NamedGroup::SECP256R1),
            (Nid::SECP224R1, NamedGroup::SECP224R1),
            (Nid::BRAINPOOL_P384R1, NamedGroup::BRAINPOOLP384R1),
        ] {
            let curve = EcGroup::from_curve_name(nid).expect("a curve");
            let key = PKey::from_ec_key(EcKey::generate(&curve).expect("a key")).expect("a key");
            let der = key.public_key_to_der().expect("encodes");
            let spki = SubjectPublicKeyInfo::read(&der).expect("reads");
            assert_eq!(spki.named_group(), Some(group));
            assert_eq!((spki.key.first(), spki.ffdh(), spki.dsa()), (Some(&4), None, None));
        }
        let group = Dh::get_2048_256().expect("a group");
        let (prime, generator) = (group.prime_p().to_vec(), group.generator().to_vec());
        let key = group.generate_key().expect("a key");
        let public = key.public_key().to_vec();
        let der = PKey::from_dh(key).and_then(|key| key.public_key_to_der()).expect("encodes");
        let spki = SubjectPublicKeyInfo::read(&der).expect("reads");
        let share = ServerShare { prime: &prime, generator: &generator, public: &public };
        assert_eq!((spki.ffdh(), spki.dsa(), spki.named_group()), (Some(share), None, None));
    }

    #[test]
    fn signatures_of_two_numbers_are_read() {
        let signature = [0x30, 6, 2, 1, 5, 2, 1, 7];
        assert_eq!(signature_pair(&signature), Some((&[5][..], &[7][..])));
        for cut in 0..signature.len() {
            assert_eq!(signature_pair(&signature[..cut]), None);
        }
    }
}
