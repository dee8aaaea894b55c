//! Certificates of our own for servers that are recorded: an authority and what it signs.

use openssl::asn1::Asn1Time;
use openssl::bn::BigNum;
use openssl::ec::EcGroup;
use openssl::ec::EcKey;
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::PKey;
use openssl::pkey::Private;
use openssl::rsa::Rsa;
use openssl::x509::X509;
use openssl::x509::X509NameBuilder;
use openssl::x509::extension::BasicConstraints;
use openssl::x509::extension::SubjectAlternativeName;

/// A key, and the chain that speaks for it, leaf first.
#[derive(Clone, Debug)]
pub(crate) struct Identity {
    pub(crate) key: PKey<Private>,
    pub(crate) chain: Vec<X509>,
}

/// What a key is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// ECDSA on P-256.
    EcdsaP256,
    /// RSA with so many bits.
    Rsa(u32),
}

impl Identity {
    /// A self-signed certificate for a name.
    pub(crate) fn alone(kind: Kind, name: &str, serial: u32) -> Result<Self, ErrorStack> {
        let key = kind.key()?;
        let certificate = certificate(&key, name, None, serial)?;
        Ok(Self { key, chain: vec![certificate] })
    }

    /// A certificate for a name, and that of the authority which signed it.
    pub(crate) fn signed(kind: Kind, name: &str, serial: u32) -> Result<Self, ErrorStack> {
        let authority = Self::alone(kind, "Authority of captures", serial + 1)?;
        let key = kind.key()?;
        let leaf = certificate(&key, name, Some(&authority), serial)?;
        Ok(Self { key, chain: [vec![leaf], authority.chain].concat() })
    }
}

impl Kind {
    fn key(self) -> Result<PKey<Private>, ErrorStack> {
        match self {
            Self::EcdsaP256 => {
                let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1)?;
                PKey::from_ec_key(EcKey::generate(&group)?)
            }
            Self::Rsa(bits) => PKey::from_rsa(Rsa::generate(bits)?),
        }
    }
}

fn certificate(
    key: &PKey<Private>,
    name: &str,
    authority: Option<&Identity>,
    serial: u32,
) -> Result<X509, ErrorStack> {
    let mut subject = X509NameBuilder::new()?;
    subject.append_entry_by_text("CN", name)?;
    let subject = subject.build();
    let mut builder = X509::builder()?;
    builder.set_version(2)?;
    let number = BigNum::from_u32(serial)?.to_asn1_integer()?;
    builder.set_serial_number(&number)?;
    builder.set_subject_name(&subject)?;
    let authority_name = authority.and_then(|one| one.chain.first()).map(|one| one.subject_name());
    builder.set_issuer_name(authority_name.unwrap_or(&subject))?;
    let (from, to) = (Asn1Time::from_unix(1_767_225_600)?, Asn1Time::from_unix(1_893_456_000)?);
    builder.set_not_before(&from)?;
    builder.set_not_after(&to)?;
    builder.set_pubkey(key)?;
    let context = builder.x509v3_context(None, None);
    let extension = if authority.is_some() {
        SubjectAlternativeName::new().dns(name).build(&context)?
    } else {
        BasicConstraints::new().critical().ca().build()?
    };
    builder.append_extension(extension)?;
    let signer = authority.map_or(key, |one| &one.key);
    builder.sign(signer, MessageDigest::sha256())?;
    Ok(builder.build())
}
