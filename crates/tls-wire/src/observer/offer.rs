//! What a client offered: its hello, read again when asked, as a whole or one part of it.

use crate::codec::Codec;
use crate::codec::DecodeError;
use crate::codec::Reader;
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

/// A hello that was kept, for questions that are asked again and again: nothing of it is collected to answer them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Kept<'a>(pub(super) &'a [u8]);

impl<'a> Kept<'a> {
    /// The session to resume.
    pub(super) fn session_id(self) -> &'a [u8] {
        self.parts().map(|(session_id, _)| session_id).unwrap_or_default()
    }

    /// Content of the first extension of this type.
    pub(super) fn find(self, extension: ExtensionType) -> Option<&'a [u8]> {
        let (_, mut extensions) = self.parts().ok()?;
        while !extensions.is_empty() {
            let found = ExtensionType::read(&mut extensions).ok()?;
            let bytes = extensions.bytes16("extension data").ok()?;
            if found == extension {
                return Some(bytes);
            }
        }
        None
    }

    /// The session id and the extensions; what cannot be decoded is not kept.
    fn parts(self) -> Result<(&'a [u8], Reader<'a>), DecodeError> {
        let mut reader = Reader::new(self.0);
        Version::read(&mut reader)?;
        reader.take(RANDOM_BYTES, "client random")?;
        let session_id = reader.bytes8("session_id")?;
        reader.bytes16("cipher_suites")?;
        reader.bytes8("compression_methods")?;
        let extensions = if reader.is_empty() { reader } else { reader.sub16("extensions")? };
        Ok((session_id, extensions))
    }
}

/// Of a client's random.
const RANDOM_BYTES: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extension::Extensions;

    #[test]
    fn a_part_is_what_stands_in_the_whole() {
        let mut extensions = Extensions::new();
        extensions.push(ExtensionType::EARLY_DATA, &b""[..]);
        extensions.push(ExtensionType::SESSION_TICKET, &b"first"[..]);
        extensions.push(ExtensionType::SESSION_TICKET, &b"again"[..]);
        for extensions in [Extensions::none(), Extensions::new(), extensions] {
            let hello = ClientHello {
                legacy_version: Version::TLS_1_2,
                random: [7; 32],
                session_id: b"id",
                cipher_suites: Vec::new(),
                compression_methods: vec![CompressionMethod::NULL],
                extensions,
            };
            let wire = hello.encoded();
            assert_eq!(Kept(&wire).session_id(), hello.session_id);
            for extension in (0..=u8::MAX).map(|kind| ExtensionType(kind.into())) {
                assert_eq!(Kept(&wire).find(extension), hello.extensions.find(extension));
            }
        }
    }
}
