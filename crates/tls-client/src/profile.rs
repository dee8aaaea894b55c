//! What a client offers. A profile is added by one file beside this one and one line in [`PROFILES`].

mod anonymous;
mod chrome_like;
mod everything;
mod export;
mod firefox_like;
mod legacy;
mod modern;
mod old_frame;
mod paper_2015;
mod plain;
mod ssl3;
mod suites;

use std::borrow::Cow;

use tlscensus_tls_wire::registry::CertificateCompression;
use tlscensus_tls_wire::registry::CipherSuite;
use tlscensus_tls_wire::registry::CompressionMethod;
use tlscensus_tls_wire::registry::EcPointFormat;
use tlscensus_tls_wire::registry::ExtensionType;
use tlscensus_tls_wire::registry::NamedGroup;
use tlscensus_tls_wire::registry::SignatureScheme;
use tlscensus_tls_wire::registry::Version;

/// An offer: everything the ClientHello says that does not depend on the server probed.
///
/// A GREASE value (RFC 8701) in a list stands for a GREASE value that is drawn anew for each connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// The stable word that rows carry.
    pub name: Cow<'static, str>,
    /// Versions, best first. Those before TLS 1.3 are offered as a range, whatever `supported_versions` says.
    pub versions: Cow<'static, [Version]>,
    /// Whether a session identifier is sent, as one that resumes a session would look (RFC 9846, middlebox mode).
    pub session_id: bool,
    /// Cipher suites in order of preference, signals included.
    pub suites: Cow<'static, [CipherSuite]>,
    /// Compression of records.
    pub compressions: Cow<'static, [CompressionMethod]>,
    /// Extensions in the order in which they are sent, filled from the lists below. One with nothing to say is left
    /// out: `server_name` without a name, `key_share` without TLS 1.3, `padding` where none is needed. Without any, the
    /// hello has no block of extensions.
    pub extensions: Cow<'static, [ExtensionType]>,
    /// Whether that order is drawn anew for each connection; GREASE and padding keep their places.
    pub shuffled: bool,
    /// Groups in order of preference.
    pub groups: Cow<'static, [NamedGroup]>,
    /// Forms in which points may be written.
    pub point_formats: Cow<'static, [EcPointFormat]>,
    /// The groups of which a key share is sent at once (TLS 1.3).
    pub key_shares: Cow<'static, [NamedGroup]>,
    /// Signature schemes in order of preference.
    pub schemes: Cow<'static, [SignatureScheme]>,
    /// Application protocols.
    pub alpn: Cow<'static, [&'static str]>,
    /// Forms in which a compressed certificate message may come (RFC 8879).
    pub certificate_compressions: Cow<'static, [CertificateCompression]>,
    /// Whether the hello goes in the frame of SSL 2 (RFC 5246, appendix E.2), which has room for versions and suites only.
    pub ssl2_frame: bool,
}

impl Profile {
    /// The profile with this name.
    pub fn named(name: &str) -> Option<&'static Self> {
        PROFILES.iter().find(|profile| profile.name == name)
    }

    /// Whether the version is among those offered.
    pub fn offers(&self, version: Version) -> bool {
        !version.is_grease() && self.versions.contains(&version)
    }

    /// The best version offered.
    pub fn highest_version(&self) -> Version {
        let real = self.versions.iter().copied().filter(|version| !version.is_grease());
        real.max().unwrap_or(Version::TLS_1_2)
    }

    /// The version field of the hello, which ends at TLS 1.2 (RFC 9846, section 4.2.2).
    pub fn legacy_version(&self) -> Version {
        self.highest_version().min(Version::TLS_1_2)
    }

    /// The version field of the record that carries the hello: servers turned away higher ones (RFC 5246, appendix E.1).
    pub fn record_version(&self) -> Version {
        self.highest_version().min(Version::TLS_1_0)
    }
}

/// Every profile.
pub static PROFILES: &[Profile] = &[
    modern::PROFILE,
    modern::TLS12,
    legacy::PROFILE,
    plain::PROFILE,
    plain::TLS10,
    ssl3::PROFILE,
    old_frame::PROFILE,
    anonymous::PROFILE,
    export::PROFILE,
    everything::PROFILE,
    paper_2015::PROFILE,
    chrome_like::PROFILE,
    firefox_like::PROFILE,
];

/// What most profiles say: the start that a profile departs from.
pub(crate) const BASE: Profile = Profile {
    name: Cow::Borrowed(""),
    versions: Cow::Borrowed(&[]),
    session_id: false,
    suites: Cow::Borrowed(&[]),
    compressions: Cow::Borrowed(&[CompressionMethod::NULL]),
    extensions: Cow::Borrowed(&[]),
    shuffled: false,
    groups: Cow::Borrowed(&[]),
    point_formats: Cow::Borrowed(&[EcPointFormat::UNCOMPRESSED]),
    key_shares: Cow::Borrowed(&[]),
    schemes: Cow::Borrowed(&[]),
    alpn: Cow::Borrowed(&[]),
    certificate_compressions: Cow::Borrowed(&[]),
    ssl2_frame: false,
};

/// The place of a GREASE value in a list.
const GREASE: u16 = 0x0a0a;

#[cfg(test)]
mod tests;
