//! One cell: what a server is set up with and the one thing that the client offers it.

use std::borrow::Cow;
use std::fmt;

use tlscensus_tls_client::Profile;
use tlscensus_tls_wire::registry::CipherSuite;
use tlscensus_tls_wire::registry::ExtensionType;
use tlscensus_tls_wire::registry::NamedGroup;
use tlscensus_tls_wire::registry::SignatureScheme;
use tlscensus_tls_wire::registry::Version;

use crate::matrix::ending::Ending;
use crate::matrix::facts::Facts;
use crate::support::certificates::Kind;
use crate::support::profile;

/// One meeting of client and server.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Cell {
    pub(crate) version: Version,
    pub(crate) suite: CipherSuite,
    /// The only group offered, where the key exchange has one.
    pub(crate) group: Option<NamedGroup>,
    /// The only signature scheme offered; any where `None`.
    pub(crate) scheme: Option<SignatureScheme>,
    pub(crate) setup: Setup,
}

/// What differs between configurations of one server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Setup {
    /// `None` where the suite needs no certificate.
    pub(crate) certificate: Option<Kind>,
    /// Bits of the prime of finite-field Diffie-Hellman before TLS 1.3.
    pub(crate) dh_bits: Option<u32>,
    /// Whether it speaks TLS 1.3 and nothing else, where it cannot do that beside the rest.
    pub(crate) tls13_apart: bool,
    pub(crate) twist: Twist,
}

/// What is out of the ordinary.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Twist {
    None,
    /// An application protocol is offered and chosen.
    Alpn,
    /// The server asks for the client's certificate and takes none.
    ClientCertificate,
    /// TLS 1.3: the server asks for a cookie.
    Cookie,
    NoEncryptThenMac,
    NoExtendedMasterSecret,
    NoTicket,
    /// TLS 1.3: no key share is sent, so that the server must ask for one.
    Retry,
    /// The server staples a response about its certificate.
    Staple,
}

impl Twist {
    pub(crate) const WORDS: &[(Self, &str)] = &[
        (Self::None, "-"),
        (Self::Alpn, "alpn"),
        (Self::ClientCertificate, "client-certificate"),
        (Self::Cookie, "cookie"),
        (Self::NoEncryptThenMac, "no-encrypt-then-mac"),
        (Self::NoExtendedMasterSecret, "no-extended-master-secret"),
        (Self::NoTicket, "no-ticket"),
        (Self::Retry, "retry"),
        (Self::Staple, "staple"),
    ];

    pub(crate) fn word(self) -> &'static str {
        Self::WORDS.iter().find(|(twist, _)| *twist == self).unwrap().1
    }
}

pub(crate) const ALPN: &str = "imap";

impl Cell {
    /// The offer of exactly this cell.
    pub(crate) fn profile(&self) -> Profile {
        // A group is always named: many servers take its absence for a wish to have P-256.
        let group = self.group.unwrap_or(NamedGroup::SECP256R1);
        let mut groups = vec![group];
        // Before TLS 1.3 the curve of the server's own key must be among the groups too (RFC 8422, section 5.1).
        groups.extend(
            self.setup
                .certificate
                .and_then(Kind::curve)
                .filter(|own| self.version != Version::TLS_1_3 && *own != group),
        );
        let tls13 = self.version == Version::TLS_1_3;
        // An empty list of shares makes every server ask for one.
        let shared = tls13 && self.setup.twist != Twist::Retry;
        let key_shares: Vec<NamedGroup> = shared.then_some(group).into_iter().collect();
        let alpn: &'static [&'static str] = match self.setup.twist {
            Twist::Alpn => &["xmpp-client", ALPN],
            _ => &[],
        };
        Profile {
            name: "matrix".into(),
            versions: vec![self.version].into(),
            suites: vec![self.suite].into(),
            groups: groups.into(),
            key_shares: key_shares.into(),
            schemes: self.scheme.map_or(Cow::Borrowed(SCHEMES), |scheme| vec![scheme].into()),
            alpn: alpn.into(),
            extensions: self.extensions().into(),
            ..profile("modern").clone()
        }
    }

    /// What must come out where the server chose something, whatever else may.
    pub(crate) fn wished(&self, ending: &Ending) -> Facts {
        let chosen = ending.completed() || matches!(ending, Ending::NotCompletable(_));
        let completed = ending.completed();
        // Some servers have fields of their own for export, whatever they are set up with.
        let export = self.suite.parameters().is_some_and(|parameters| parameters.export);
        Facts {
            version: Some(self.version).filter(|_| chosen),
            suite: Some(self.suite).filter(|_| chosen),
            group: self.group.filter(|_| completed),
            dh_bits: self.setup.dh_bits.filter(|_| completed && !export),
            scheme: self.scheme.filter(|_| completed),
            retry: (self.version == Version::TLS_1_3 && completed)
                .then_some(matches!(self.setup.twist, Twist::Retry | Twist::Cookie)),
            alpn: (self.setup.twist == Twist::Alpn && completed).then(|| ALPN.to_owned()),
            ..Facts::default()
        }
    }

    fn extensions(&self) -> Vec<ExtensionType> {
        // SSL 3 has none (RFC 6101).
        let known = if self.version == Version::SSL_3 { &[] } else { EXTENSIONS };
        let asked = self.setup.twist == Twist::Staple;
        let one_scheme = self.scheme.is_some();
        let fits = |extension: &ExtensionType| match *extension {
            ExtensionType::STATUS_REQUEST => asked,
            ExtensionType::SIGNATURE_ALGORITHMS_CERT => one_scheme,
            _ => true,
        };
        known.iter().copied().filter(fits).collect()
    }
}

/// Everything that changes how a connection is protected; what the version does not know is left out by the client.
const EXTENSIONS: &[ExtensionType] = &[
    ExtensionType::SERVER_NAME,
    ExtensionType::EXTENDED_MASTER_SECRET,
    ExtensionType::RENEGOTIATION_INFO,
    ExtensionType::SUPPORTED_GROUPS,
    ExtensionType::EC_POINT_FORMATS,
    ExtensionType::SESSION_TICKET,
    ExtensionType::ENCRYPT_THEN_MAC,
    ExtensionType::APPLICATION_LAYER_PROTOCOL_NEGOTIATION,
    ExtensionType::STATUS_REQUEST,
    ExtensionType::SIGNATURE_ALGORITHMS,
    ExtensionType::SIGNATURE_ALGORITHMS_CERT,
    ExtensionType::COOKIE,
    ExtensionType::KEY_SHARE,
    ExtensionType::PSK_KEY_EXCHANGE_MODES,
    ExtensionType::SUPPORTED_VERSIONS,
];

/// Every scheme that any server may sign with, so that none refuses for lack of one.
const SCHEMES: &[SignatureScheme] = &[
    SignatureScheme::ECDSA_SECP256R1_SHA256,
    SignatureScheme::ED25519,
    SignatureScheme::ED448,
    SignatureScheme::RSA_PSS_RSAE_SHA256,
    SignatureScheme::RSA_PSS_PSS_SHA256,
    SignatureScheme::RSA_PKCS1_SHA256,
    SignatureScheme::ECDSA_SECP384R1_SHA384,
    SignatureScheme::RSA_PSS_RSAE_SHA384,
    SignatureScheme::RSA_PSS_PSS_SHA384,
    SignatureScheme::RSA_PKCS1_SHA384,
    SignatureScheme::ECDSA_SECP521R1_SHA512,
    SignatureScheme::RSA_PSS_RSAE_SHA512,
    SignatureScheme::RSA_PSS_PSS_SHA512,
    SignatureScheme::RSA_PKCS1_SHA512,
    SignatureScheme(0x081a),
    SignatureScheme(0x081b),
    SignatureScheme(0x081c),
    SignatureScheme(0x0303),
    SignatureScheme(0x0301),
    SignatureScheme(0x0402),
    SignatureScheme(0x0302),
    SignatureScheme::ECDSA_SHA1,
    SignatureScheme::RSA_PKCS1_SHA1,
    SignatureScheme(0x0202),
];

impl fmt::Display for Cell {
    /// A line of the kept list, without the result.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fn or_dash<T: fmt::Display>(value: Option<T>) -> String {
            value.map_or_else(|| "-".to_owned(), |value| value.to_string())
        }
        write!(
            f,
            "{}\t{}\t{}\t{}\t{}\t{}\t{}",
            self.version,
            self.suite,
            or_dash(self.setup.certificate.map(Kind::word)),
            or_dash(self.group),
            or_dash(self.setup.dh_bits),
            or_dash(self.scheme),
            self.setup.twist.word(),
        )
    }
}
