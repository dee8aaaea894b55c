//! What a client offered: its hello, read again when asked.

use crate::codec::Codec;
use crate::codec::DecodeError;
use crate::extension::ApplicationProtocols;
use crate::extension::EARLY_KEY_SHARE;
use crate::extension::EcPointFormats;
use crate::extension::EncryptedClientHello;
use crate::extension::Extension;
use crate::extension::KeyShareClientHello;
use crate::extension::OfferedPsks;
use crate::extension::OuterHello;
use crate::extension::PskKeyExchangeModes;
use crate::extension::ServerNames;
use crate::extension::SignatureAlgorithms;
use crate::extension::SupportedGroups;
use crate::extension::SupportedVersions;
use crate::handshake::ClientHello;
use crate::registry::CompressionMethod;
use crate::registry::EcPointFormat;
use crate::registry::ExtensionType;
use crate::registry::NamedGroup;
use crate::registry::PskKeyExchangeMode;
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

    /// Groups for which the client sent a value, be it under the type that drafts up to the 22nd had for it.
    pub fn key_share_groups(&self) -> Vec<NamedGroup> {
        let mut shares = self.list::<KeyShareClientHello<'_>>().0;
        if !self.has(KeyShareClientHello::TYPE) && self.versions().iter().any(|it| it.is_tls13()) {
            let early = self.hello.extensions.find(EARLY_KEY_SHARE);
            let early = early.map(|bytes| KeyShareClientHello::decode(bytes, "extension data"));
            shares = early.and_then(Result::ok).unwrap_or_default().0;
        }
        shares.iter().map(|entry| entry.group).collect()
    }

    /// Methods of compressing records, in the client's order.
    pub fn compression_methods(&self) -> &[CompressionMethod] {
        &self.hello.compression_methods
    }

    /// Ways of using pre-shared keys, in the client's order.
    pub fn psk_key_exchange_modes(&self) -> Vec<PskKeyExchangeMode> {
        self.list::<PskKeyExchangeModes>().0
    }

    /// Pre-shared keys offered; `None` where the extension is missing or cannot be read.
    pub fn psk_count(&self) -> Option<usize> {
        let offered = self.hello.extensions.get::<OfferedPsks<'_>>().ok().flatten()?;
        Some(offered.identities.len())
    }

    /// True where the client announces early data.
    pub fn early_data(&self) -> bool {
        self.has(ExtensionType::EARLY_DATA)
    }

    /// Bytes of the session id.
    pub fn session_id_length(&self) -> usize {
        self.hello.session_id.len()
    }

    /// Bytes of the ticket (RFC 5077); 0 where the client only wishes for one, `None` where it does not.
    pub fn ticket_length(&self) -> Option<usize> {
        self.hello.extensions.find(ExtensionType::SESSION_TICKET).map(<[u8]>::len)
    }

    /// The hidden hello, real or made up; `None` where there is none or it cannot be read.
    pub fn encrypted_hello(&self) -> Option<OuterHello<'_>> {
        match self.hello.extensions.get::<EncryptedClientHello<'_>>() {
            Ok(Some(EncryptedClientHello::Outer(outer))) => Some(outer),
            Ok(Some(EncryptedClientHello::Inner) | None) | Err(_) => None,
        }
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
