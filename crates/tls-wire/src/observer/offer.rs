//! What a client offered: its hello, read again when asked.

use crate::codec::Codec;
use crate::codec::DecodeError;
use crate::extension::ApplicationProtocols;
use crate::extension::EcPointFormats;
use crate::extension::Extension;
use crate::extension::KeyShareClientHello;
use crate::extension::ServerNames;
use crate::extension::SignatureAlgorithms;
use crate::extension::SupportedGroups;
use crate::extension::SupportedVersions;
use crate::handshake::ClientHello;
use crate::registry::EcPointFormat;
use crate::registry::ExtensionType;
use crate::registry::NamedGroup;
use crate::registry::SignatureScheme;
use crate::registry::Version;

/// A client's offer. Lists are empty where the extension is missing or cannot be read; which of both, and everything
/// else, is in [`hello`](Self::hello).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer<'a> {
    /// The hello itself: legacy version, random, session, suites, compression, extensions raw and in order.
    pub hello: ClientHello<'a>,
}

impl<'a> Offer<'a> {
    pub(super) fn decode(body: &'a [u8]) -> Result<Self, DecodeError> {
        ClientHello::decode(body, "ClientHello").map(|hello| Self { hello })
    }

    fn list<'s, T: Extension<'s> + Default>(&'s self) -> T {
        self.hello.extensions.get::<T>().ok().flatten().unwrap_or_default()
    }

    /// Versions in the client's order; the legacy one alone where there is no list.
    pub fn versions(&self) -> Vec<Version> {
        let SupportedVersions(versions) = self.list();
        if versions.is_empty() { vec![self.hello.legacy_version] } else { versions }
    }

    /// Types of the extensions in order, repeats included.
    pub fn extension_types(&self) -> Vec<ExtensionType> {
        self.hello.extensions.iter().map(|raw| raw.extension).collect()
    }

    /// Groups in the client's order.
    pub fn groups(&self) -> Vec<NamedGroup> {
        self.list::<SupportedGroups>().0
    }

    /// Groups for which the client sent a value.
    pub fn key_share_groups(&self) -> Vec<NamedGroup> {
        self.list::<KeyShareClientHello<'_>>().0.iter().map(|entry| entry.group).collect()
    }

    /// Signature schemes in the client's order.
    pub fn signature_schemes(&self) -> Vec<SignatureScheme> {
        self.list::<SignatureAlgorithms>().0
    }

    /// Point formats in the client's order.
    pub fn point_formats(&self) -> Vec<EcPointFormat> {
        self.list::<EcPointFormats>().0
    }

    /// Protocols in the client's order.
    pub fn alpn(&self) -> Vec<&[u8]> {
        self.list::<ApplicationProtocols<'_>>().0
    }

    /// The host name asked for.
    pub fn server_name(&self) -> Option<&[u8]> {
        self.list::<ServerNames<'_>>().host_name()
    }

    /// True where an extension of this type stands in the hello.
    pub fn has(&self, extension: ExtensionType) -> bool {
        self.hello.extensions.contains(extension)
    }
}
