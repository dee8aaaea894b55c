//! The ClientHello out of a profile, and the server's answer to it: a choice, or the wish for another hello.

use tlscensus_tls_wire::codec::Codec;
use tlscensus_tls_wire::extension::ApplicationProtocols;
use tlscensus_tls_wire::extension::Cookie;
use tlscensus_tls_wire::extension::EcPointFormats;
use tlscensus_tls_wire::extension::EncryptThenMac;
use tlscensus_tls_wire::extension::ExtendedMasterSecret;
use tlscensus_tls_wire::extension::Extensions;
use tlscensus_tls_wire::extension::KeyShareClientHello;
use tlscensus_tls_wire::extension::KeyShareEntry;
use tlscensus_tls_wire::extension::KeyShareRetry;
use tlscensus_tls_wire::extension::KeyShareServerHello;
use tlscensus_tls_wire::extension::PskKeyExchangeModes;
use tlscensus_tls_wire::extension::RenegotiationInfo;
use tlscensus_tls_wire::extension::ServerNames;
use tlscensus_tls_wire::extension::SessionTicket;
use tlscensus_tls_wire::extension::SignatureAlgorithms;
use tlscensus_tls_wire::extension::StatusRequest;
use tlscensus_tls_wire::extension::SupportedGroups;
use tlscensus_tls_wire::extension::SupportedVersions;
use tlscensus_tls_wire::handshake::ClientHello;
use tlscensus_tls_wire::handshake::ServerHello;
use tlscensus_tls_wire::record::HandshakeFrame;
use tlscensus_tls_wire::registry::AlertDescription;
use tlscensus_tls_wire::registry::CipherSuite;
use tlscensus_tls_wire::registry::CompressionMethod;
use tlscensus_tls_wire::registry::EcPointFormat;
use tlscensus_tls_wire::registry::ExtensionType;
use tlscensus_tls_wire::registry::HandshakeType;
use tlscensus_tls_wire::registry::NamedGroup;
use tlscensus_tls_wire::registry::PskKeyExchangeMode;
use tlscensus_tls_wire::registry::Version;

use crate::connection::Connection;
use crate::crypto::hash::Hash;
use crate::crypto::hash::Transcript;
use crate::crypto::hash::TranscriptBuffer;
use crate::crypto::prf::Randoms;
use crate::failure::Failure;
use crate::handshake::State;
use crate::handshake::legacy;
use crate::handshake::tls13;
use crate::keys::KeyShares;
use crate::outcome::Malformed;
use crate::outcome::Outcome;
use crate::profile::Profile;
use crate::rules::Rules;
use crate::suite::LegacySuite;
use crate::suite::Suite13;

/// What stays the same in both hellos of one connection.
pub(crate) struct Offer {
    pub(crate) profile: Profile,
    pub(crate) server_name: Option<Box<str>>,
    pub(crate) keys: KeyShares,
    pub(crate) random: [u8; 32],
    /// Looks like a resumption to middleboxes; echoed by servers of TLS 1.3.
    pub(crate) session_id: [u8; 32],
}

impl Offer {
    /// The version field of the hello.
    fn version(&self) -> Version {
        self.profile.highest_version().min(Version::TLS_1_2)
    }

    /// Sends the hello, the second time with the group and cookie the server asked for.
    fn send(
        &self,
        shares: &[NamedGroup],
        cookie: Option<&[u8]>,
        connection: &mut Connection,
    ) -> Vec<u8> {
        let hello = ClientHello {
            legacy_version: self.version(),
            random: self.random,
            session_id: &self.session_id,
            cipher_suites: self.profile.suites.to_vec(),
            compression_methods: vec![CompressionMethod::NULL],
            extensions: self.extensions(shares, cookie),
        };
        connection.send_handshake(HandshakeType::CLIENT_HELLO, |out| hello.encode(out))
    }

    fn extensions(&self, shares: &[NamedGroup], cookie: Option<&[u8]>) -> Extensions<'static> {
        let profile = &self.profile;
        let tls13 = profile.versions.contains(&Version::TLS_1_3);
        let mut extensions = Extensions::new();
        if let Some(name) = &self.server_name {
            extensions.add(&ServerNames::host(name));
        }
        extensions.add(&ExtendedMasterSecret);
        extensions.add(&RenegotiationInfo(b""));
        extensions.add(&SupportedGroups(profile.groups.to_vec()));
        extensions.add(&EcPointFormats(vec![EcPointFormat::UNCOMPRESSED]));
        extensions.add(&SessionTicket(b""));
        extensions.add(&EncryptThenMac);
        if !profile.alpn.is_empty() {
            let names = profile.alpn.iter().map(|name| name.as_bytes()).collect();
            extensions.add(&ApplicationProtocols(names));
        }
        if profile.staples {
            extensions.add(&StatusRequest::OCSP);
            extensions.push(ExtensionType::SIGNED_CERTIFICATE_TIMESTAMP, Vec::new());
        }
        extensions.add(&SignatureAlgorithms(profile.schemes.to_vec()));
        if tls13 {
            let private = self.keys.private();
            let share = |group: &NamedGroup| {
                let key_exchange = private.share(*group)?;
                Some(KeyShareEntry { group: *group, key_exchange })
            };
            extensions.add(&KeyShareClientHello(shares.iter().filter_map(share).collect()));
            extensions.add(&PskKeyExchangeModes(vec![PskKeyExchangeMode::PSK_DHE_KE]));
            extensions.add(&SupportedVersions(profile.versions.to_vec()));
        }
        if let Some(cookie) = cookie {
            extensions.add(&Cookie(cookie));
        }
        extensions
    }
}

/// The server's answer is due.
pub(crate) struct ExpectServerHello {
    offer: Offer,
    progress: Progress,
    /// The groups of which the last hello had a share: our keys are the same for all connections, so a server could
    /// know another one from elsewhere.
    shares: Vec<NamedGroup>,
}

/// Which hello is answered.
enum Progress {
    First(TranscriptBuffer),
    /// After a HelloRetryRequest that chose this suite.
    Retried(CipherSuite, Transcript),
}

/// Sends the first hello.
pub(crate) fn begin(offer: Offer, connection: &mut Connection) -> State {
    connection.set_record_version(offer.version().min(Version::TLS_1_0));
    let hello = offer.send(&offer.profile.key_shares, None, connection);
    connection.set_record_version(offer.version());
    State::ServerHello(Box::new(ExpectServerHello {
        shares: offer.profile.key_shares.to_vec(),
        offer,
        progress: Progress::First(TranscriptBuffer::new(hello)),
    }))
}

impl ExpectServerHello {
    pub(super) fn is_after_retry(&self) -> bool {
        matches!(self.progress, Progress::Retried(..))
    }

    pub(super) fn on_message(
        self: Box<Self>,
        message: &HandshakeFrame<'_>,
        connection: &mut Connection,
    ) -> Result<State, Failure> {
        if message.message != HandshakeType::SERVER_HELLO {
            return Err(Failure::wrong_order(message.message));
        }
        let hello = ServerHello::decode(message.body, "ServerHello")?;
        let version = hello.version();
        if !self.offer.profile.versions.contains(&version) {
            let outcome = Outcome::VersionRefused { chosen: Some(version) };
            return Err(Failure::new(outcome, AlertDescription::PROTOCOL_VERSION));
        }
        if !self.offer.profile.suites.contains(&hello.cipher_suite) {
            return Err(Failure::not_completable(hello.cipher_suite));
        }
        if hello.compression_method != CompressionMethod::NULL {
            return Err(Failure::illegal("compression method"));
        }
        if version != Version::TLS_1_3 {
            if hello.is_hello_retry_request() {
                return Err(Failure::illegal("version of a retry"));
            }
            return self.on_legacy(&hello, message, connection);
        }
        let suite = Suite13::of(hello.cipher_suite)
            .ok_or_else(|| Failure::not_completable(hello.cipher_suite))?;
        if hello.is_hello_retry_request() {
            self.on_retry(suite, &hello, message, connection)
        } else {
            self.on_tls13(suite, &hello, message, connection)
        }
    }

    /// RFC 9846, Hello Retry Request.
    fn on_retry(
        self: Box<Self>,
        suite: Suite13,
        hello: &ServerHello<'_>,
        message: &HandshakeFrame<'_>,
        connection: &mut Connection,
    ) -> Result<State, Failure> {
        let Progress::First(first_hello) = &self.progress else {
            return Err(Failure::wrong_order(message.message));
        };
        let group = hello.extensions.get::<KeyShareRetry>()?;
        let cookie = hello.extensions.get::<Cookie<'_>>()?;
        let offered = |group| self.offer.profile.groups.contains(group);
        let shares = match group {
            Some(KeyShareRetry(group)) if offered(&group) && !self.shares.contains(&group) => {
                vec![group]
            }
            Some(_) => return Err(Failure::illegal("group of a retry")),
            None if cookie.is_some() => self.shares,
            None => return Err(Failure::illegal("retry without a change")),
        };
        if cookie.as_ref().is_some_and(|Cookie(cookie)| cookie.len() > MAX_COOKIE) {
            return Err(Failure::illegal("length of a cookie"));
        }
        let mut transcript = first_hello.start_after_retry(suite.hash);
        transcript.add(message.encoded);
        connection.send_change_cipher_spec();
        let cookie = cookie.map(|Cookie(cookie)| cookie);
        let second_hello = self.offer.send(&shares, cookie, connection);
        transcript.add(&second_hello);
        Ok(State::ServerHello(Box::new(Self {
            offer: self.offer,
            progress: Progress::Retried(hello.cipher_suite, transcript),
            shares,
        })))
    }

    fn on_tls13(
        self: Box<Self>,
        suite: Suite13,
        hello: &ServerHello<'_>,
        message: &HandshakeFrame<'_>,
        connection: &mut Connection,
    ) -> Result<State, Failure> {
        let KeyShareServerHello(share) = hello
            .extensions
            .get::<KeyShareServerHello<'_>>()?
            .ok_or_else(|| Failure::illegal("missing key_share"))?;
        if !self.shares.contains(&share.group) {
            return Err(Failure::illegal("group of key_share"));
        }
        if hello.extensions.contains(ExtensionType::PRE_SHARED_KEY) {
            // Nothing of ours can be resumed; who says so would have it in the facts.
            let outcome =
                Outcome::Malformed(Malformed::Illegal("pre_shared_key that was not offered"));
            return Err(Failure::new(outcome, AlertDescription::UNSUPPORTED_EXTENSION));
        }
        let shared_secret = self
            .offer
            .keys
            .private()
            .agree(share.group, share.key_exchange)
            .map_err(|_| Failure::illegal("key_share"))?;
        let after_retry = self.is_after_retry();
        let mut transcript = match self.progress {
            Progress::First(first_hello) => first_hello.start(suite.hash),
            Progress::Retried(chosen, _) if chosen != hello.cipher_suite => {
                return Err(Failure::illegal("suite other than the retry's"));
            }
            Progress::Retried(_, transcript) => transcript,
        };
        transcript.add(message.encoded);
        Ok(tls13::begin(
            tls13::Choice { suite, code: hello.cipher_suite },
            &shared_secret,
            transcript,
            !after_retry,
            connection,
        ))
    }

    fn on_legacy(
        self: Box<Self>,
        hello: &ServerHello<'_>,
        message: &HandshakeFrame<'_>,
        connection: &mut Connection,
    ) -> Result<State, Failure> {
        let Progress::First(first_hello) = &self.progress else {
            return Err(Failure::illegal("version after a retry"));
        };
        let rules = Rules { version: hello.version() };
        let suite = LegacySuite::of(hello.cipher_suite, rules);
        let hash = suite.map_or(Hash::Sha256, |suite| suite.hash);
        let mut transcript = first_hello.start_legacy(rules.prf(hash).hash());
        transcript.add(message.encoded);
        connection.set_rules(rules);
        let has = |extension| rules.has_extensions() && hello.extensions.contains(extension);
        Ok(legacy::begin(legacy::Shared {
            rules,
            suite,
            code: hello.cipher_suite,
            offered_version: self.offer.version(),
            transcript,
            randoms: Randoms { client: self.offer.random, server: hello.random },
            extended_master_secret: has(ExtensionType::EXTENDED_MASTER_SECRET),
            encrypt_then_mac: has(ExtensionType::ENCRYPT_THEN_MAC),
            keys: self.offer.keys,
        }))
    }
}

/// The longest cookie that is sent back: with the rest of a hello it must fit into 64 KiB of extensions.
const MAX_COOKIE: usize = 1 << 15;
