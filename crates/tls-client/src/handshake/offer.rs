//! The ClientHello out of a profile.

use std::borrow::Cow;

use tlscensus_tls_wire::codec::Codec;
use tlscensus_tls_wire::extension::ApplicationProtocols;
use tlscensus_tls_wire::extension::CompressCertificate;
use tlscensus_tls_wire::extension::Cookie;
use tlscensus_tls_wire::extension::EcPointFormats;
use tlscensus_tls_wire::extension::Extensions;
use tlscensus_tls_wire::extension::Heartbeat;
use tlscensus_tls_wire::extension::KeyShareClientHello;
use tlscensus_tls_wire::extension::KeyShareEntry;
use tlscensus_tls_wire::extension::PskKeyExchangeModes;
use tlscensus_tls_wire::extension::RecordSizeLimit;
use tlscensus_tls_wire::extension::RenegotiationInfo;
use tlscensus_tls_wire::extension::ServerNames;
use tlscensus_tls_wire::extension::SignatureAlgorithms;
use tlscensus_tls_wire::extension::SignatureAlgorithmsCert;
use tlscensus_tls_wire::extension::StatusRequest;
use tlscensus_tls_wire::extension::SupportedGroups;
use tlscensus_tls_wire::extension::SupportedVersions;
use tlscensus_tls_wire::handshake::ClientHello;
use tlscensus_tls_wire::record::HANDSHAKE_HEADER_BYTES;
use tlscensus_tls_wire::record::put_handshake;
use tlscensus_tls_wire::registry::CipherSuite;
use tlscensus_tls_wire::registry::ExtensionType;
use tlscensus_tls_wire::registry::HandshakeType;
use tlscensus_tls_wire::registry::NamedGroup;
use tlscensus_tls_wire::registry::PskKeyExchangeMode;
use tlscensus_tls_wire::registry::SignatureScheme;
use tlscensus_tls_wire::registry::Version;
use tlscensus_tls_wire::ssl2;

use crate::connection::Connection;
use crate::crypto::hash::Transcript;
use crate::crypto::random::Random;
use crate::handshake::grease::Grease;
use crate::keys::KeyShares;
use crate::profile::Profile;
use crate::session::LegacySession;
use crate::session::Remembered;
use crate::session::Session;
use crate::session::Tls13Session;

/// What stays the same in both hellos of one connection.
pub(crate) struct Offer {
    pub(crate) profile: Profile,
    server_name: Option<Box<str>>,
    pub(crate) keys: KeyShares,
    pub(crate) random: [u8; 32],
    /// Looks like a resumption to middleboxes; echoed by servers of TLS 1.3.
    session_id: [u8; 32],
    /// What the server may take up again.
    pub(super) session: Option<Session>,
    /// Where what is drawn for one connection comes from: the same again for its second hello.
    noise: Random,
}

impl Offer {
    pub(crate) fn new(
        profile: Profile,
        server_name: Option<&str>,
        keys: KeyShares,
        session: Option<Session>,
        random: &mut Random,
    ) -> Self {
        Self {
            session,
            profile,
            server_name: server_name.map(Box::from),
            keys,
            random: random.array(),
            session_id: random.array(),
            noise: Random::seeded(u64::from_be_bytes(random.array())),
        }
    }

    /// Sends the first hello, in the frame that the profile wants.
    pub(super) fn send_first(&self, connection: &mut Connection) -> Vec<u8> {
        let profile = &self.profile;
        if !profile.ssl2_frame {
            return self.send(&profile.key_shares, None, None, connection);
        }
        let version = profile.legacy_version();
        let hello = ssl2::ClientHello::of_later(version, &profile.suites, &self.random);
        connection.send_ssl2_hello(&hello)
    }

    /// Sends the hello, the second time with the group and cookie the server asked for, and behind the `transcript` of
    /// its asking.
    pub(super) fn send(
        &self,
        shares: &[NamedGroup],
        cookie: Option<&[u8]>,
        transcript: Option<&Transcript>,
        connection: &mut Connection,
    ) -> Vec<u8> {
        let mut hello = self.hello(shares, cookie);
        if let Some(session) = self.pre_shared_key() {
            hello.extensions.add(&session.offered());
            let mut encoded = Vec::new();
            put_handshake(HandshakeType::CLIENT_HELLO, &mut encoded, |out| hello.encode(out));
            session.bind(&mut encoded, transcript);
            return connection.send_encoded(HandshakeType::CLIENT_HELLO, encoded);
        }
        connection.send_handshake(HandshakeType::CLIENT_HELLO, |out| hello.encode(out))
    }

    pub(super) fn legacy_session(&self) -> Option<&LegacySession> {
        match &self.session.as_ref()?.0 {
            Remembered::Legacy(session) => Some(session),
            Remembered::Tls13(_) => None,
        }
    }

    pub(super) fn pre_shared_key(&self) -> Option<&Tls13Session> {
        match &self.session.as_ref()?.0 {
            Remembered::Legacy(_) => None,
            Remembered::Tls13(session) => Some(session),
        }
    }

    /// The name of the session, or one by which the server says that it took the ticket
    /// (RFC 5077, section 3.4).
    pub(super) fn session_id(&self) -> &[u8] {
        match self.legacy_session() {
            Some(session) if session.ticket.is_empty() => &session.id,
            Some(_) => &self.session_id,
            None if self.profile.session_id => &self.session_id,
            None => &[],
        }
    }

    fn hello(&self, shares: &[NamedGroup], cookie: Option<&[u8]>) -> ClientHello<'_> {
        let profile = &self.profile;
        let mut noise = self.noise.clone();
        let grease = Grease::draw(&mut noise);
        let mut hello = ClientHello {
            legacy_version: profile.legacy_version(),
            random: self.random,
            session_id: self.session_id(),
            cipher_suites: grease.in_suites(&profile.suites),
            compression_methods: profile.compressions.to_vec(),
            extensions: Extensions::none(),
        };
        let extensions = &mut hello.extensions;
        for extension in self.order(&mut noise).iter() {
            if extension.is_grease() {
                let (extension, content) = grease.extension(extensions);
                extensions.push(extension, content);
            } else if let Some(content) = self.content(*extension, shares, &grease) {
                extensions.push(*extension, content);
            }
        }
        if let Some(cookie) = cookie {
            extensions.add(&Cookie(cookie));
        }
        if profile.extensions.contains(&ExtensionType::PADDING)
            && let Some(padding) = padding(HANDSHAKE_HEADER_BYTES + hello.encoded().len())
        {
            hello.extensions.push(ExtensionType::PADDING, vec![0; padding]);
        }
        hello
    }

    /// A hello for another handshake inside a connection that stands: with what `binds` it to the first one, or with
    /// nothing that says anything of renegotiation, as clients before RFC 5746 sent it.
    pub(crate) fn again(&self, binds: Option<&[u8]>, out: &mut Vec<u8>) {
        let mut hello = self.hello(&[], None);
        // Section 3.5: not in such a hello.
        hello
            .cipher_suites
            .retain(|suite| *suite != CipherSuite::TLS_EMPTY_RENEGOTIATION_INFO_SCSV);
        if let Some(binds) = binds {
            hello
                .extensions
                .push(ExtensionType::RENEGOTIATION_INFO, RenegotiationInfo(binds).encoded());
        }
        hello.encode(out);
    }

    /// The extensions in the order of this connection.
    fn order(&self, noise: &mut Random) -> Cow<'_, [ExtensionType]> {
        let extensions = &self.profile.extensions;
        if !self.profile.shuffled {
            return Cow::Borrowed(extensions);
        }
        let mut order = extensions.to_vec();
        let mut movable: Vec<&mut ExtensionType> =
            order.iter_mut().filter(|extension| !extension.is_grease()).collect();
        // Fisher and Yates, from the end.
        while let Some((last, rest)) = movable.split_last_mut() {
            let chosen = usize::from(u16::from_be_bytes(noise.array())) % (rest.len() + 1);
            if let Some(other) = rest.get_mut(chosen) {
                std::mem::swap::<ExtensionType>(last, other);
            }
            movable.pop();
        }
        Cow::Owned(order)
    }

    /// What an extension says; `None` where there is nothing to say.
    fn content(
        &self,
        extension: ExtensionType,
        shares: &[NamedGroup],
        grease: &Grease,
    ) -> Option<Vec<u8>> {
        let profile = &self.profile;
        let tls13 = profile.offers(Version::TLS_1_3);
        Some(match extension {
            ExtensionType::SERVER_NAME => ServerNames::host(self.server_name.as_deref()?).encoded(),
            ExtensionType::SUPPORTED_GROUPS if !profile.groups.is_empty() => {
                SupportedGroups(grease.in_groups(&profile.groups)).encoded()
            }
            ExtensionType::EC_POINT_FORMATS if !profile.point_formats.is_empty() => {
                EcPointFormats(profile.point_formats.to_vec()).encoded()
            }
            ExtensionType::SIGNATURE_ALGORITHMS if !profile.schemes.is_empty() => {
                SignatureAlgorithms(profile.schemes.to_vec()).encoded()
            }
            ExtensionType::SIGNATURE_ALGORITHMS_CERT => {
                SignatureAlgorithmsCert(CERTIFICATE_SCHEMES.to_vec()).encoded()
            }
            ExtensionType::APPLICATION_LAYER_PROTOCOL_NEGOTIATION if !profile.alpn.is_empty() => {
                ApplicationProtocols(profile.alpn.iter().map(|name| name.as_bytes()).collect())
                    .encoded()
            }
            ExtensionType::COMPRESS_CERTIFICATE if !profile.certificate_compressions.is_empty() => {
                CompressCertificate(profile.certificate_compressions.to_vec()).encoded()
            }
            ExtensionType::KEY_SHARE if tls13 => self.key_share(shares, grease),
            ExtensionType::PSK_KEY_EXCHANGE_MODES if tls13 => {
                PskKeyExchangeModes(vec![PskKeyExchangeMode::PSK_DHE_KE]).encoded()
            }
            ExtensionType::SUPPORTED_VERSIONS if tls13 => {
                SupportedVersions(grease.in_versions(&profile.versions)).encoded()
            }
            ExtensionType::RENEGOTIATION_INFO => RenegotiationInfo(b"").encoded(),
            ExtensionType::STATUS_REQUEST => StatusRequest::OCSP.encoded(),
            ExtensionType::HEARTBEAT => Heartbeat(PEER_MAY_SEND).encoded(),
            ExtensionType::RECORD_SIZE_LIMIT => RecordSizeLimit(LARGEST_RECORD).encoded(),
            ExtensionType::DELEGATED_CREDENTIAL => {
                SignatureAlgorithms(DELEGATED_SCHEMES.to_vec()).encoded()
            }
            ExtensionType::APPLICATION_SETTINGS => ApplicationProtocols(vec![b"h2"]).encoded(),
            ExtensionType::ENCRYPTED_CLIENT_HELLO => grease.encrypted_client_hello(),
            ExtensionType::SESSION_TICKET => match self.legacy_session() {
                Some(session) => session.ticket.clone(),
                None => Vec::new(),
            },
            ExtensionType::ENCRYPT_THEN_MAC
            | ExtensionType::EXTENDED_MASTER_SECRET
            | ExtensionType::SIGNED_CERTIFICATE_TIMESTAMP => Vec::new(),
            _ => return None,
        })
    }

    fn key_share(&self, shares: &[NamedGroup], grease: &Grease) -> Vec<u8> {
        let private = self.keys.private();
        let entry = |group: &NamedGroup| {
            if group.is_grease() {
                return Some(KeyShareEntry { group: grease.group(), key_exchange: &[0] });
            }
            let key_exchange = private.share(*group)?;
            Some(KeyShareEntry { group: *group, key_exchange })
        };
        KeyShareClientHello(shares.iter().filter_map(entry).collect()).encoded()
    }
}

/// How much padding a hello of this length needs, so that it has none of the lengths that a well-known load balancer hangs at:
/// 256 to 511 bytes (RFC 7685, section 4).
fn padding(length: usize) -> Option<usize> {
    let missing = match length {
        256..=511 => 512 - length,
        _ => return None,
    };
    Some(missing.saturating_sub(EXTENSION_HEADER_BYTES))
}

const EXTENSION_HEADER_BYTES: usize = 4;
/// `peer_allowed_to_send` (RFC 6520, section 2).
const PEER_MAY_SEND: u8 = 1;
/// What a client of TLS 1.3 without a limit of its own says: 2^14 bytes and the content type (RFC 8449, section 4).
const LARGEST_RECORD: u16 = 0x4001;
/// What Firefox takes from a delegated credential.
const DELEGATED_SCHEMES: [SignatureScheme; 4] = [
    SignatureScheme::ECDSA_SECP256R1_SHA256,
    SignatureScheme::ECDSA_SECP384R1_SHA384,
    SignatureScheme::ECDSA_SECP521R1_SHA512,
    SignatureScheme::ECDSA_SHA1,
];
/// Certificates may be signed in any way: a server that minds would else withhold one for the sake of a list that is about the
/// handshake (RFC 9846, Signature Algorithms).
const CERTIFICATE_SCHEMES: [SignatureScheme; 20] = [
    SignatureScheme::ECDSA_SECP256R1_SHA256,
    SignatureScheme::ECDSA_SECP384R1_SHA384,
    SignatureScheme::ECDSA_SECP521R1_SHA512,
    SignatureScheme::ED25519,
    SignatureScheme::ED448,
    SignatureScheme::RSA_PSS_RSAE_SHA256,
    SignatureScheme::RSA_PSS_RSAE_SHA384,
    SignatureScheme::RSA_PSS_RSAE_SHA512,
    SignatureScheme::RSA_PSS_PSS_SHA256,
    SignatureScheme::RSA_PSS_PSS_SHA384,
    SignatureScheme::RSA_PSS_PSS_SHA512,
    SignatureScheme::RSA_PKCS1_SHA256,
    SignatureScheme::RSA_PKCS1_SHA384,
    SignatureScheme::RSA_PKCS1_SHA512,
    // SHA-224 with RSA and ECDSA, SHA-256 and SHA-1 with DSA.
    SignatureScheme(0x0301),
    SignatureScheme(0x0303),
    SignatureScheme(0x0402),
    SignatureScheme(0x0202),
    SignatureScheme::ECDSA_SHA1,
    SignatureScheme::RSA_PKCS1_SHA1,
];
