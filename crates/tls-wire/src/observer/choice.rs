//! What a server chose, and what it sent beside its choice.

use super::Observer;
use super::heard::chosen_extensions;
use super::offer::Kept;
use crate::codec::Codec;
use crate::codec::DecodeError;
use crate::extension::ApplicationProtocols;
use crate::extension::CertificateAuthorities;
use crate::extension::EARLY_KEY_SHARE;
use crate::extension::Extension;
use crate::extension::Extensions;
use crate::extension::Heartbeat;
use crate::extension::KeyShareRetry;
use crate::extension::KeyShareServerHello;
use crate::extension::RenegotiationInfo;
use crate::extension::SignatureAlgorithms;
use crate::extension::SignedCertificateTimestamps;
use crate::extension::StatusResponse;
use crate::handshake::CertificateRequestLegacy;
use crate::handshake::CertificateRequestTls13;
use crate::handshake::CertificateStatus;
use crate::handshake::Context;
use crate::handshake::Downgrade;
use crate::handshake::ServerHello;
use crate::registry::CertificateType;
use crate::registry::CipherSuite;
use crate::registry::ClientCertificateType;
use crate::registry::CompressionMethod;
use crate::registry::ExtensionType;
use crate::registry::NamedGroup;
use crate::registry::SignatureScheme;
use crate::registry::Version;

/// A server's hello or retry request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// The version field of the message.
    pub legacy_version: Version,
    /// The version in force.
    pub version: Version,
    /// The suite.
    pub suite: CipherSuite,
    /// The compression of records.
    pub compression: CompressionMethod,
    /// The server's random.
    pub random: [u8; 32],
    /// The session, or the echo of the client's.
    pub session_id: Vec<u8>,
    /// Extensions, raw and in order.
    pub extensions: Extensions<'static>,
    /// The mark of a server that can do better.
    pub downgrade: Option<Downgrade>,
}

impl From<ServerHello<'_>> for Choice {
    fn from(hello: ServerHello<'_>) -> Self {
        Self {
            legacy_version: hello.legacy_version,
            version: hello.version(),
            suite: hello.cipher_suite,
            compression: hello.compression_method,
            random: hello.random,
            session_id: hello.session_id.to_vec(),
            downgrade: hello.downgrade(),
            extensions: hello.extensions.into_owned(),
        }
    }
}

impl Choice {
    /// True where the master secret is bound to the transcript (RFC 7627).
    pub fn extended_master_secret(&self) -> bool {
        self.extensions.contains(ExtensionType::EXTENDED_MASTER_SECRET)
    }

    /// True where CBC suites encrypt first (RFC 7366).
    pub fn encrypt_then_mac(&self) -> bool {
        self.extensions.contains(ExtensionType::ENCRYPT_THEN_MAC)
    }

    /// The server's answer about renegotiation (RFC 5746).
    pub fn renegotiation_info(&self) -> Option<&[u8]> {
        let info = self.extensions.get::<RenegotiationInfo<'_>>().ok().flatten()?;
        Some(info.0)
    }

    /// The group of the server's public value in TLS 1.3, and the value.
    pub fn key_share(&self) -> Option<(NamedGroup, &[u8])> {
        let KeyShareServerHello(share) =
            KeyShareServerHello::decode(self.key_share_bytes()?, "extension data").ok()?;
        Some((share.group, share.key_exchange))
    }

    /// The group a retry request asks for.
    pub fn retry_group(&self) -> Option<NamedGroup> {
        let KeyShareRetry(group) =
            KeyShareRetry::decode(self.key_share_bytes()?, "extension data").ok()?;
        Some(group)
    }

    /// Under the type that drafts up to the 22nd had for it, too.
    fn key_share_bytes(&self) -> Option<&[u8]> {
        let early = || self.extensions.find(EARLY_KEY_SHARE).filter(|_| self.version.is_tls13());
        self.extensions.find(ExtensionType::KEY_SHARE).or_else(early)
    }
}

/// A wish for the client's certificate, whatever the version.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CertificateRequest<'a> {
    /// Kinds of keys, before TLS 1.3.
    pub certificate_types: Vec<ClientCertificateType>,
    /// Schemes, from TLS 1.2 on.
    pub schemes: Vec<SignatureScheme>,
    /// Names of authorities, each DER.
    pub authorities: Vec<&'a [u8]>,
    /// All of the extensions, TLS 1.3.
    pub extensions: Extensions<'a>,
}

impl<'a> CertificateRequest<'a> {
    pub(super) fn decode(body: &'a [u8], context: Context) -> Result<Self, DecodeError> {
        if !context.is_tls13() {
            let message = CertificateRequestLegacy::decode(body, context)?;
            return Ok(Self {
                certificate_types: message.certificate_types,
                schemes: message.schemes.unwrap_or_default(),
                authorities: message.authorities,
                extensions: Extensions::none(),
            });
        }
        let message = CertificateRequestTls13::decode(body, "CertificateRequest")?;
        let schemes = message.extensions.get::<SignatureAlgorithms>()?.unwrap_or_default().0;
        Ok(Self { schemes, extensions: message.extensions, ..Self::default() })
    }

    /// Names of authorities, each DER, wherever the version puts them.
    pub fn authority_names(&self) -> Vec<&[u8]> {
        match self.extensions.get::<CertificateAuthorities<'_>>() {
            Ok(Some(CertificateAuthorities(names))) => names,
            Ok(None) | Err(_) => self.authorities.clone(),
        }
    }
}

/// A promise of a certificate log and how it came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sct<'a> {
    /// How it came.
    pub carrier: SctCarrier,
    /// The promise, serialised (RFC 6962, section 3.2).
    pub bytes: &'a [u8],
}

/// How a log's promise came; a third way, inside the certificate, is not TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SctCarrier {
    /// Beside the certificate at this place of the chain, TLS 1.3.
    CertificateEntry(usize),
    /// In the server's hello, before TLS 1.3.
    ServerHello,
}

impl Observer {
    /// The protocol the server chose.
    pub fn alpn(&self) -> Option<&[u8]> {
        let extensions = match self.encrypted_extensions() {
            Some(extensions) => extensions,
            None => &self.choice()?.extensions,
        };
        let names = extensions.get::<ApplicationProtocols<'_>>().ok().flatten()?;
        names.0.first().copied()
    }

    /// Types of the extensions of the server's hello, then of its encrypted extensions, in order.
    pub fn chosen_extension_types(&self) -> Vec<ExtensionType> {
        chosen_extensions(self).map(|raw| raw.extension).collect()
    }

    /// The heartbeat mode the server answered with (RFC 6520), in its hello or, TLS 1.3, encrypted.
    pub fn heartbeat(&self) -> Option<u8> {
        let answer = chosen_extensions(self).find(|raw| raw.extension == Heartbeat::TYPE)?;
        let Heartbeat(mode) = Heartbeat::decode(&answer.bytes, "extension data").ok()?;
        Some(mode)
    }

    /// The form of the certificates in the server's chain (RFC 7250): X.509 unless another one was agreed on.
    pub fn server_certificate_type(&self) -> CertificateType {
        let agreed = chosen_extensions(self)
            .find(|raw| raw.extension == ExtensionType::SERVER_CERTIFICATE_TYPE)
            .and_then(|raw| raw.bytes.first().copied());
        agreed.map_or(CertificateType::X509, CertificateType)
    }

    /// True where the server sent back the session id of the client's last hello, which was not empty.
    pub fn session_id_echoed(&self) -> bool {
        let Some(sent) = self.last_kept_hello().map(Kept::session_id) else {
            return false;
        };
        !sent.is_empty() && self.choice().is_some_and(|choice| choice.session_id == sent)
    }

    /// Whether an earlier session is resumed; `None` where it did not come far enough to tell.
    pub fn resumed(&self) -> Option<bool> {
        if let Some(choice) = self.ssl2_choice() {
            return Some(choice.session_id_hit);
        }
        let choice = self.choice()?;
        if choice.version.is_tls13() {
            return Some(choice.extensions.contains(ExtensionType::PRE_SHARED_KEY));
        }
        if self.chain().is_some() || self.server_hello_done {
            return Some(false);
        }
        if self.server.missed {
            // The certificate may stand in what was not heard.
            return None;
        }
        let ticket = self.kept_hello().and_then(|hello| hello.find(ExtensionType::SESSION_TICKET));
        let ticket_sent = ticket.is_some_and(|ticket| !ticket.is_empty());
        let claimed = ticket_sent || self.session_id_echoed();
        (self.server.change_cipher_spec && claimed).then_some(true)
    }

    /// The server's wish for a client certificate during the handshake.
    pub fn certificate_request(&self) -> Option<CertificateRequest<'_>> {
        let body = self.certificate_request.as_deref().filter(|_| self.choice.is_some())?;
        CertificateRequest::decode(body, self.context()).ok()
    }

    /// The stapled OCSP response of the server's own certificate, DER.
    pub fn ocsp_staple(&self) -> Option<&[u8]> {
        if let Some(body) = &self.certificate_status {
            let status = CertificateStatus::decode(body, "CertificateStatus").ok()?;
            return status.ocsp().ok().flatten();
        }
        let leaf = self.certificate_extensions().iter().find(|entry| entry.position == 0)?;
        let status = leaf.extensions.get::<StatusResponse<'_>>().ok().flatten()?;
        Some(status.response)
    }

    /// Promises of certificate logs, in order of the wire.
    pub fn scts(&self) -> Vec<Sct<'_>> {
        let hello = self.choice().map(|choice| (SctCarrier::ServerHello, &choice.extensions));
        let entries = self.certificate_extensions().iter();
        let entries =
            entries.map(|entry| (SctCarrier::CertificateEntry(entry.position), &entry.extensions));
        hello
            .into_iter()
            .chain(entries)
            .flat_map(|(carrier, extensions)| {
                let list = extensions.get::<SignedCertificateTimestamps<'_>>().ok().flatten();
                let list = list.unwrap_or_default().0.into_iter();
                list.map(move |bytes| Sct { carrier, bytes })
            })
            .collect()
    }
}
