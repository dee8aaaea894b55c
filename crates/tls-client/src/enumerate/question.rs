//! One question: what the hello offers, where to take leave, and what it is meant to teach.

use std::borrow::Cow;
use std::fmt;

use tlscensus_tls_wire::registry::CipherSuite;
use tlscensus_tls_wire::registry::CompressionMethod;
use tlscensus_tls_wire::registry::ExtensionType;
use tlscensus_tls_wire::registry::NamedGroup;
use tlscensus_tls_wire::registry::SignatureScheme;
use tlscensus_tls_wire::registry::Version;

use crate::client::Client;
use crate::enumerate::axis::Ask;
use crate::enumerate::catalogue::SignerKind;
use crate::keys::KeyShares;
use crate::profile::BASE;
use crate::profile::Profile;
use crate::session::Carrier;
use crate::session::Session;
use crate::stop::Stop;

/// One connection to be made, by its [`client`](Self::client).
#[derive(Clone, Debug)]
pub struct Question {
    /// What to offer.
    pub profile: Profile,
    /// Where to take leave.
    pub stop: Stop,
    /// What the server is asked to take up again.
    pub session: Option<Session>,
    /// What it is meant to teach.
    pub aim: Aim,
}

impl Question {
    /// The client that asks it.
    pub fn client(&self, server_name: Option<&str>, keys: &KeyShares) -> Client {
        let client = match &self.session {
            Some(session) => Client::resuming(&self.profile, server_name, keys, session),
            None => Client::new(&self.profile, server_name, keys),
        };
        let client = if self.stop == Stop::Session { client.remembering() } else { client };
        client.until(self.stop)
    }
}

/// What a question is meant to teach, besides what rides along.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aim {
    /// How the server likes to be addressed: all versions at once, in a hello of this size.
    Opening(Opening),
    /// The newest version at or below this one.
    Versions(Version),
    /// One more suite of this version.
    Suites(Version),
    /// Suites of this version that newer ones do not have.
    OtherSuites(Version),
    /// One more group.
    Groups(Version),
    /// Whether suites with ECDSA need the curve of the certificate among the groups.
    CertificateCurve(Version),
    /// The list of groups that the server sends encrypted.
    DeclaredGroups,
    /// Whose order of suites counts.
    SuiteOrder(Version),
    /// Whose order of groups counts.
    GroupOrder(Version),
    /// The first certificate, where no question before came to one.
    Certificate,
    /// A certificate for another kind of key.
    OtherCertificate,
    /// Whether a share saves a round trip against the server's preference.
    OfferedShare,
    /// Whether records are compressed.
    Compression(Version),
    /// One more application protocol.
    Protocols(Version),
    /// One more signature scheme.
    Schemes(Version, SignerKind),
    /// A session that can be taken up again in this way.
    Session(Carrier),
    /// Whether the server takes it up.
    Resumption(Carrier),
    /// Whether the server still answers.
    Control,
}

impl fmt::Display for Aim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Opening(opening) => write!(f, "opening {}", opening.word()),
            Self::Versions(version) => write!(f, "versions up to {version}"),
            Self::Suites(version) => write!(f, "suites of {version}"),
            Self::OtherSuites(version) => write!(f, "other suites of {version}"),
            Self::Groups(version) => write!(f, "groups of {version}"),
            Self::CertificateCurve(version) => write!(f, "need of the key's curve in {version}"),
            Self::DeclaredGroups => f.write_str("declared groups"),
            Self::SuiteOrder(version) => write!(f, "order of suites of {version}"),
            Self::GroupOrder(version) => write!(f, "order of groups of {version}"),
            Self::Certificate => f.write_str("certificate"),
            Self::OtherCertificate => f.write_str("other certificate"),
            Self::OfferedShare => f.write_str("offered share"),
            Self::Compression(version) => write!(f, "compression of {version}"),
            Self::Protocols(version) => write!(f, "protocols of {version}"),
            Self::Schemes(version, kind) => write!(f, "{} schemes of {version}", kind.word()),
            Self::Session(carrier) => write!(f, "session by {}", carrier.word()),
            Self::Resumption(carrier) => write!(f, "resumption by {}", carrier.word()),
            Self::Control => f.write_str("control"),
        }
    }
}

/// Hellos to begin with, from the one that teaches most to the one that hardly any server minds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opening {
    /// Every version, everything known: a long hello.
    Full,
    /// The same up to TLS 1.2: the extensions of TLS 1.3 left out.
    FullTls12,
    /// Every version, a short hello.
    Short,
    /// Up to TLS 1.2, a short hello.
    ShortTls12,
    /// Up to TLS 1.0, a short hello.
    ShortTls10,
    /// SSL 3.
    Ssl3,
}

impl Opening {
    pub(super) const ALL: [Self; 6] =
        [Self::Full, Self::FullTls12, Self::Short, Self::ShortTls12, Self::ShortTls10, Self::Ssl3];

    /// The stable word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::FullTls12 => "full-tls12",
            Self::Short => "short",
            Self::ShortTls12 => "short-tls12",
            Self::ShortTls10 => "short-tls10",
            Self::Ssl3 => "ssl3",
        }
    }

    pub(super) fn highest(self) -> Version {
        match self {
            Self::Full | Self::Short => Version::TLS_1_3,
            Self::FullTls12 | Self::ShortTls12 => Version::TLS_1_2,
            Self::ShortTls10 => Version::TLS_1_0,
            Self::Ssl3 => Version::SSL_3,
        }
    }

    /// Suites asked for in one hello.
    pub(super) fn limit(self) -> usize {
        match self {
            Self::Full | Self::FullTls12 => usize::MAX,
            Self::Short | Self::ShortTls12 | Self::ShortTls10 | Self::Ssl3 => SHORT,
        }
    }
}

/// With so many suites and all groups a hello is less than half of a full one, and that of TLS 1.0 stays below 256 bytes,
/// where the shortest patience of real servers ends.
const SHORT: usize = 20;

/// A question with what its answer will be held against.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub(super) aim: Aim,
    /// Newest first.
    pub(super) versions: Vec<Version>,
    pub(super) suites: Ask<CipherSuite>,
    pub(super) groups: Ask<NamedGroup>,
    pub(super) shares: Vec<NamedGroup>,
    pub(super) schemes: Vec<(SignerKind, Ask<SignatureScheme>)>,
    pub(super) protocols: Ask<&'static str>,
    pub(super) compressions: &'static [CompressionMethod],
    pub(super) session: Option<Session>,
    pub(super) stop: Stop,
}

impl Asked {
    /// The newest version offered.
    pub(super) fn highest(&self) -> Version {
        self.versions.iter().copied().max().unwrap_or(Version::TLS_1_2)
    }

    /// Whether the answer comes behind the server's hello, and may be an alert there.
    pub(super) fn is_beyond_hello(&self) -> bool {
        let aim = matches!(
            self.aim,
            Aim::Certificate | Aim::OtherCertificate | Aim::Protocols(_) | Aim::Schemes(..)
        );
        aim && self.highest().is_tls13()
    }

    pub(super) fn question(&self) -> Question {
        let schemes = self.schemes.iter().flat_map(|(_, ask)| ask.list.iter().copied());
        let highest = self.highest();
        Question {
            profile: Profile {
                name: Cow::Borrowed("enumerate"),
                versions: self.versions.clone().into(),
                suites: self.suites.list.clone().into(),
                groups: self.groups.list.clone().into(),
                key_shares: self.shares.clone().into(),
                schemes: schemes.collect::<Vec<_>>().into(),
                alpn: self.protocols.list.clone().into(),
                extensions: self.extensions(),
                compressions: self.compressions.into(),
                // Before TLS 1.3 a server is to show whether it gives one of its own.
                session_id: highest.is_tls13(),
                ..BASE
            },
            stop: self.stop,
            session: self.session.clone(),
            aim: self.aim,
        }
    }

    /// What the hello carries: nothing that it has no use for, for the sake of its length.
    fn extensions(&self) -> Cow<'static, [ExtensionType]> {
        let (before_tls12, _) = EXTENSIONS.split_at(EXTENSIONS_BEFORE_TLS12);
        let all = match self.highest() {
            Version::SSL_3 => &[],
            Version::TLS_1_0 | Version::TLS_1_1 => before_tls12,
            _ => EXTENSIONS,
        };
        match self.aim {
            // The schemes that are left in the question need not be those of the certificates.
            Aim::Schemes(..) if self.highest() >= Version::TLS_1_2 => {
                [all, &[ExtensionType::SIGNATURE_ALGORITHMS_CERT]].concat().into()
            }
            // A session has a name only where no ticket is asked for.
            Aim::Session(Carrier::Identifier) | Aim::Resumption(Carrier::Identifier) => {
                let ticket = ExtensionType::SESSION_TICKET;
                all.iter().copied().filter(|extension| *extension != ticket).collect()
            }
            _ => Cow::Borrowed(all),
        }
    }
}

const EXTENSIONS: &[ExtensionType] = &[
    ExtensionType::SERVER_NAME,
    ExtensionType::EXTENDED_MASTER_SECRET,
    ExtensionType::RENEGOTIATION_INFO,
    ExtensionType::SUPPORTED_GROUPS,
    ExtensionType::EC_POINT_FORMATS,
    ExtensionType::SESSION_TICKET,
    ExtensionType::ENCRYPT_THEN_MAC,
    ExtensionType::APPLICATION_LAYER_PROTOCOL_NEGOTIATION,
    ExtensionType::SIGNATURE_ALGORITHMS,
    ExtensionType::KEY_SHARE,
    ExtensionType::PSK_KEY_EXCHANGE_MODES,
    ExtensionType::SUPPORTED_VERSIONS,
];
const EXTENSIONS_BEFORE_TLS12: usize = 8;

/// What every hello offers.
pub(super) const UNCOMPRESSED: &[CompressionMethod] = &[CompressionMethod::NULL];
/// For whoever still compresses.
pub(super) const COMPRESSED: &[CompressionMethod] =
    &[CompressionMethod::DEFLATE, CompressionMethod::LZS, CompressionMethod::NULL];
