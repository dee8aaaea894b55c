//! What a certificate says, read leniently: what cannot be read is left out and named, the rest stays.

use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer;

use crate::Sha256;
use crate::anatomy::Anatomy;
use crate::anatomy::algorithm;
use crate::der;
use crate::extension;
use crate::extension::ExtensionFacts;
use crate::hexadecimal::hexadecimal;
use crate::key::KeyFacts;
use crate::name;
use crate::signature_algorithm;

/// How well a certificate could be read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Parse {
    /// By the rules.
    #[default]
    Ok,
    /// Read, with these oddities.
    Lenient(String),
    /// Not read, for this reason; the facts are what could be salvaged.
    Failed(String),
}

/// What a certificate says. Texts of the peer's choosing are raw bytes; names are RFC 4514 text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// How well it could be read.
    pub parse: Parse,
    /// Version as people count it.
    pub version: Option<u8>,
    /// Serial number as encoded, hexadecimal.
    pub serial: Option<String>,
    /// The subject.
    pub subject: Option<NameFacts>,
    /// The issuer.
    pub issuer: Option<NameFacts>,
    /// Start of validity, seconds since 1970.
    pub not_before: Option<i64>,
    /// End of validity, seconds since 1970.
    pub not_after: Option<i64>,
    /// The public key.
    pub key: KeyFacts,
    /// SHA-256 of the SubjectPublicKeyInfo.
    pub spki_sha256: Option<Sha256>,
    /// OID of the signature's algorithm.
    pub signature_algorithm_oid: Option<String>,
    /// Its name, if we know one.
    pub signature_algorithm: Option<&'static str>,
    /// What the extensions say; `None` if they could not be reached.
    pub extensions: Option<ExtensionFacts>,
}

/// What a distinguished name says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NameFacts {
    /// RFC 4514 text.
    pub text: String,
    /// First common name.
    pub common_name: Option<Vec<u8>>,
    /// First organisation.
    pub organization: Option<Vec<u8>>,
    /// SHA-256 of its DER.
    pub sha256: Sha256,
}

impl NameFacts {
    fn of(element: &der::Element<'_>) -> Self {
        Self {
            text: name::text(element),
            common_name: name::first_value(element, name::COMMON_NAME),
            organization: name::first_value(element, name::ORGANIZATION),
            sha256: Sha256::of(element.whole),
        }
    }
}

impl Facts {
    /// Reads a certificate (DER). Never fails: see [`Facts::parse`].
    pub fn read(bytes: &[u8]) -> Self {
        let mut facts = Self::default();
        let mut oddities = Vec::new();
        let anatomy = Anatomy::of(bytes);
        if let Some(anatomy) = &anatomy {
            facts.read_anatomy(anatomy, &mut oddities);
        }
        let parsed = X509Certificate::from_der(bytes);
        facts.parse = match parsed {
            Ok((_, certificate)) => {
                if anatomy.is_none() {
                    oddities.push("an outline that only one of two readers follows".to_owned());
                }
                facts.read_parsed(&certificate, &mut oddities);
                match oddities.is_empty() {
                    true => Parse::Ok,
                    false => Parse::Lenient(listed(&oddities)),
                }
            }
            Err(_) if anatomy.is_none() => {
                Parse::Failed("not the outline of a certificate".to_owned())
            }
            Err(error) => Parse::Failed(reason(&error)),
        };
        facts
    }

    /// Subject and issuer are the same bytes.
    pub fn self_issued(&self) -> Option<bool> {
        Some(self.subject.as_ref()?.sha256 == self.issuer.as_ref()?.sha256)
    }

    fn read_anatomy(&mut self, anatomy: &Anatomy<'_>, oddities: &mut Vec<String>) {
        self.version = anatomy.version();
        self.serial = Some(hexadecimal(anatomy.serial.content));
        self.subject = Some(NameFacts::of(&anatomy.subject));
        self.issuer = Some(NameFacts::of(&anatomy.issuer));
        self.key = KeyFacts::of(&anatomy.spki);
        self.spki_sha256 = Some(Sha256::of(anatomy.spki.whole));
        let outer = anatomy.signature_algorithm;
        self.signature_algorithm_oid = outer.as_ref().and_then(algorithm);
        self.signature_algorithm =
            self.signature_algorithm_oid.as_deref().and_then(signature_algorithm::name);

        if anatomy.trailing > 0 {
            oddities.push(format!("{} bytes behind it", anatomy.trailing));
        }
        if !matches!(self.version, Some(1..=3)) {
            oddities.push("a version that does not exist".to_owned());
        }
        match anatomy.serial.content.first() {
            None => oddities.push("an empty serial number".to_owned()),
            Some(first) if first & 0x80 != 0 => {
                oddities.push("a negative serial number".to_owned());
            }
            Some(_) => {}
        }
        if outer.is_some_and(|outer| outer.whole != anatomy.inner_signature_algorithm.whole) {
            oddities.push("two signature algorithms that differ".to_owned());
        }
        if self.key.algorithm.is_none() {
            oddities.push("a public key without an algorithm".to_owned());
        }
    }

    fn read_parsed(&mut self, certificate: &X509Certificate<'_>, oddities: &mut Vec<String>) {
        let validity = certificate.validity();
        self.not_before = Some(validity.not_before.timestamp());
        self.not_after = Some(validity.not_after.timestamp());
        if validity.not_after < validity.not_before {
            oddities.push("an end of validity before its start".to_owned());
        }
        self.extensions = Some(extension::read(certificate.extensions(), oddities));
    }
}

/// The oddities in one line; those beyond [`MAX_ODDITIES`] are counted only.
fn listed(oddities: &[String]) -> String {
    let mut text = oddities.iter().take(MAX_ODDITIES).cloned().collect::<Vec<_>>().join("; ");
    if let Some(more @ 1..) = oddities.len().checked_sub(MAX_ODDITIES) {
        text.push_str(&format!("; {more} more"));
    }
    text
}

/// The parser's reason in one line.
fn reason(error: &impl std::fmt::Display) -> String {
    let text = error.to_string();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Oddities that are named: a certificate made on purpose could have thousands.
const MAX_ODDITIES: usize = 16;

#[cfg(test)]
mod tests {
    use rcgen::CertificateParams;
    use rcgen::DnType;
    use rcgen::ExtendedKeyUsagePurpose;
    use rcgen::IsCa;
    use rcgen::KeyPair;
    use rcgen::KeyUsagePurpose;
    use rcgen::PKCS_ED25519;
    use rcgen::SanType;

    use super::*;

    fn params(names: &[&str]) -> CertificateParams {
        let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
        let mut params = CertificateParams::new(names).expect("names");
        params.distinguished_name.push(DnType::CommonName, "mail.example");
        params.distinguished_name.push(DnType::OrganizationName, "Foo, Inc.");
        params.not_before = rcgen::date_time_ymd(2015, 7, 1);
        params.not_after = rcgen::date_time_ymd(2049, 12, 31);
        params
    }

    fn self_signed(params: CertificateParams) -> Vec<u8> {
        let key = KeyPair::generate().expect("a key");
        params.self_signed(&key).expect("a certificate").der().to_vec()
    }

    #[test]
    fn a_good_certificate_says_what_it_says() {
        let mut params = params(&["mail.example", "192.0.2.25"]);
        params.is_ca = IsCa::Ca(rcgen::BasicConstraints::Constrained(3));
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::KeyCertSign];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let email = "postmaster@mail.example".try_into().expect("ASCII");
        params.subject_alt_names.push(SanType::Rfc822Name(email));
        let facts = Facts::read(&self_signed(params));
        assert_eq!(facts.parse, Parse::Ok);
        assert_eq!((facts.version, facts.self_issued()), (Some(3), Some(true)));
        let subject = facts.subject.expect("a subject");
        assert_eq!(subject.text, r"O=Foo\, Inc.,CN=mail.example");
        assert_eq!(subject.common_name, Some(b"mail.example".to_vec()));
        assert_eq!(subject.organization, Some(b"Foo, Inc.".to_vec()));
        assert_eq!(facts.not_before, Some(1_435_708_800));
        assert_eq!(facts.not_after, Some(2_524_521_600));
        assert_eq!(facts.key.algorithm.as_deref(), Some("ec"));
        assert_eq!(facts.key.curve.as_deref(), Some("secp256r1"));
        assert_eq!(facts.key.bits, Some(256));
        assert_eq!(facts.signature_algorithm, Some("ecdsa-with-sha256"));
        let extensions = facts.extensions.expect("extensions");
        assert_eq!((extensions.ca, extensions.path_length), (Some(true), Some(3)));
        assert_eq!(extensions.key_usage, Some(vec!["digitalSignature", "keyCertSign"]));
        assert_eq!(extensions.extended_key_usage, Some(vec!["serverAuth".to_owned()]));
        let names = extensions.names.expect("names");
        assert_eq!(names.dns, [b"mail.example"]);
        assert_eq!(names.ip, ["192.0.2.25"]);
        assert_eq!(names.other, [b"email:postmaster@mail.example"]);
    }

    #[test]
    fn missing_extensions_are_not_empty_ones() {
        let facts = Facts::read(&self_signed(params(&[])));
        let extensions = facts.extensions.expect("reached");
        assert_eq!(extensions.names, None);
        assert_eq!((extensions.ca, extensions.key_usage), (None, None));
        assert_eq!(extensions.must_staple, None);
    }

    #[test]
    fn keys_of_one_kind_are_told_by_their_hash() {
        let key = KeyPair::generate_for(&PKCS_ED25519).expect("a key");
        let of = |name: &str| {
            let signed = params(&[name]).self_signed(&key).expect("a certificate");
            Facts::read(signed.der())
        };
        let (one, other) = (of("a.example"), of("b.example"));
        assert_eq!(one.key.algorithm.as_deref(), Some("ed25519"));
        assert_eq!(one.spki_sha256, other.spki_sha256);
        assert!(one.spki_sha256.is_some());
    }

    #[test]
    fn bytes_behind_a_certificate_are_an_oddity() {
        let mut der = self_signed(params(&[]));
        der.push(0);
        assert_eq!(Facts::read(&der).parse, Parse::Lenient("1 bytes behind it".to_owned()));
    }

    #[test]
    fn a_date_that_cannot_be_read_leaves_the_rest() {
        let mut der = self_signed(params(&["mail.example"]));
        let at = der.windows(12).position(|w| w == b"150701000000").expect("a UTCTime");
        der[at..at + 4].copy_from_slice(b"1513");
        let facts = Facts::read(&der);
        assert!(matches!(facts.parse, Parse::Failed(_)), "{:?}", facts.parse);
        assert_eq!((facts.not_before, facts.extensions), (None, None));
        assert_eq!(facts.key.bits, Some(256));
        assert!(facts.spki_sha256.is_some());
        assert_eq!(facts.subject.map(|s| s.common_name), Some(Some(b"mail.example".to_vec())));
    }

    #[test]
    fn whatever_comes_is_read_without_a_panic() {
        let der = self_signed(params(&["mail.example"]));
        for cut in 0..der.len() {
            let facts = Facts::read(&der[..cut]);
            assert!(matches!(facts.parse, Parse::Failed(_)), "cut at {cut}");
        }
        for at in 0..der.len() {
            for flip in [0x01, 0x20, 0x80, 0xff] {
                let mut changed = der.clone();
                changed[at] ^= flip;
                Facts::read(&changed);
            }
        }
        assert!(matches!(Facts::read(b"").parse, Parse::Failed(_)));
    }

    /// An element with a length of four octets.
    fn wrapped(tag: u8, content: &[u8]) -> Vec<u8> {
        let length = u32::try_from(content.len()).expect("short").to_be_bytes();
        [&[tag, 0x84], length.as_slice(), content].concat()
    }

    #[test]
    fn tags_nested_without_end_are_walked_through() {
        let mut value = b"\x0c\x01x".to_vec();
        for _ in 0..15_000 {
            value = wrapped(0xa0, &value);
        }
        let name = wrapped(0xa0, &[b"\x06\x03\x2a\x03\x04".as_slice(), &value].concat());
        let names = wrapped(0x30, &name);
        let mut params = params(&[]);
        let custom = rcgen::CustomExtension::from_oid_content(&[2, 5, 29, 17], names);
        params.custom_extensions.push(custom);
        let facts = Facts::read(&self_signed(params));
        let names = facts.extensions.and_then(|extensions| extensions.names).expect("names");
        assert_eq!(names.other, [b"1.2.3.4:x".to_vec()]);
    }

    #[test]
    fn thousands_of_oddities_are_counted_not_listed() {
        let mut params = params(&[]);
        for _ in 0..5_000 {
            let custom = rcgen::CustomExtension::from_oid_content(&[1, 2, 3], Vec::new());
            params.custom_extensions.push(custom);
        }
        let Parse::Lenient(odd) = Facts::read(&self_signed(params)).parse else {
            panic!("the same extension twice is odd");
        };
        assert!(odd.starts_with("extension 1.2.3 twice; "), "{odd}");
        assert!(odd.ends_with(" more") && odd.len() < 1_000, "{odd}");
    }
}
