//! What a TLS server of the lab is: its library, and what it agrees on with a client that offers everything.

use crate::Field;
use crate::flavour_table::FLAVOURS;

/// One configuration of a TLS server. Each agrees on one version, one suite for its kind of key, and one group with a client
/// of today, so that what a scan must find does not depend on the order of its offer; what some have beside: `wide.rs`. Their words and facts: `flavour_table.rs`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "each has its line in the table of flavours")]
pub enum Flavour {
    OpensslAnonymousCurve,
    OpensslAnonymousField,
    OpensslAria,
    OpensslAsksCertificate,
    OpensslBinaryCurve,
    OpensslBrainpool,
    OpensslCamellia,
    OpensslCcm,
    OpensslFfdhe2048,
    OpensslHybridP256,
    OpensslHybridP384,
    OpensslNull,
    OpensslPsk,
    OpensslRetry,
    OpensslServerOrder,
    OpensslSrp,
    OpensslSsl3,
    OpensslSsl3Rc4,
    OpensslSsl3ToTls12,
    OpensslTls10,
    OpensslTls10Rc4Md5,
    OpensslTls10TripleDes,
    OpensslTls11,
    OpensslTls11Dhe1024,
    OpensslTls12Cbc,
    OpensslTls12Chacha,
    OpensslTls12Dhe1024,
    OpensslTls12Dhe1024Own,
    OpensslTls12Dhe1024Unsafe,
    OpensslTls12Dhe2048,
    OpensslTls12P384,
    OpensslTls12RsaKeyExchange,
    OpensslTls13,
    OpensslTls13P521,
    OpensslX448,
    OwnDhe512,
    OwnExportDhe,
    OwnExportRsa,
    OwnIdea,
    OwnSeed,
    OwnSsl2,
    RustlsHybrid,
    RustlsRetry,
    RustlsServerOrder,
    RustlsTls12,
    RustlsTls13,
}

/// Whose TLS it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Library {
    Openssl,
    Own,
    Rustls,
}

/// How the secret comes about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Exchange {
    /// Ephemeral, on this curve.
    Curve(&'static str),
    /// Ephemeral, in a field that the server writes out.
    Field(Field),
    /// A curve and a lattice.
    Hybrid(&'static str),
    /// Ephemeral, in a field that has a code point (TLS 1.3).
    NamedField(&'static str, Field),
    /// The client encrypts it to the key of the certificate.
    Rsa,
    /// Out of what both sides know and a probe does not: a pre-shared key (PSK), a password (SRP).
    Shared(&'static str),
}

impl Exchange {
    /// The word of rows.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Curve(_) => "ECDHE",
            Self::Field(_) | Self::NamedField(..) => "DHE",
            Self::Hybrid(_) => "HYBRID",
            Self::Rsa => "RSA",
            Self::Shared(word) => word,
        }
    }

    /// The group, where it has a code point.
    pub const fn group(self) -> Option<&'static str> {
        match self {
            Self::Curve(name) | Self::Hybrid(name) | Self::NamedField(name, _) => Some(name),
            Self::Field(_) | Self::Rsa | Self::Shared(_) => None,
        }
    }
}

/// A line of the table of flavours.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FlavourSpec {
    pub(crate) flavour: Flavour,
    pub(crate) word: &'static str,
    pub(crate) made_by: Library,
    pub(crate) version: &'static str,
    /// The suite with a key of RSA.
    pub(crate) rsa: &'static str,
    /// The suite with a key on a curve; `None` where only RSA will do.
    pub(crate) ec: Option<&'static str>,
    pub(crate) exchange: Exchange,
    /// How far a probe comes.
    pub(crate) reach: Reach,
    /// How often it is dealt to healthy endpoints, and to uncommon ones.
    pub(crate) weights: (u32, u32),
}

/// How far a probe of today comes with a TLS server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    /// The handshake is completed.
    Completed,
    /// The server's hello is read, and there it ends.
    Heard,
    /// The server turns down every offer.
    Refused,
}

impl Flavour {
    /// All of them.
    pub fn all() -> impl Iterator<Item = Self> {
        FLAVOURS.iter().map(|spec| spec.flavour)
    }

    /// The word in the ground truth.
    pub fn word(self) -> &'static str {
        self.spec().word
    }

    /// The version it agrees on.
    pub fn version(self) -> &'static str {
        self.spec().version
    }

    /// How the secret comes about.
    pub fn exchange(self) -> Exchange {
        self.spec().exchange
    }

    /// The suite it agrees on, with a key of RSA or one on a curve; SSL 2 leaves the choice to the client.
    pub fn suite(self, rsa: bool) -> Option<&'static str> {
        let spec = self.spec();
        let suite = if rsa { spec.rsa } else { spec.ec.unwrap_or(spec.rsa) };
        Some(suite).filter(|suite| !suite.is_empty())
    }

    /// Whether the server shows no certificate.
    pub fn is_anonymous(self) -> bool {
        self.spec().rsa.contains("_anon_")
    }

    /// Whether all its handshakes have one public value of the server's.
    pub fn keeps_value(self) -> bool {
        self == Self::OwnDhe512
    }

    /// Whether it can only serve an RSA certificate.
    pub(crate) fn needs_rsa(self) -> bool {
        self.spec().ec.is_none()
    }

    pub(crate) fn spec(self) -> &'static FlavourSpec {
        FLAVOURS.iter().find(|spec| spec.flavour == self).expect("every flavour has its line")
    }
}
