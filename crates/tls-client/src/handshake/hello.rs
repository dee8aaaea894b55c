//! The server's answer to our hello: a choice, or the wish for another hello.

use tlscensus_tls_wire::codec::Codec;
use tlscensus_tls_wire::extension::Cookie;
use tlscensus_tls_wire::extension::KeyShareRetry;
use tlscensus_tls_wire::extension::KeyShareServerHello;
use tlscensus_tls_wire::extension::SelectedPsk;
use tlscensus_tls_wire::handshake::ServerHello;
use tlscensus_tls_wire::record::HandshakeFrame;
use tlscensus_tls_wire::registry::AlertDescription;
use tlscensus_tls_wire::registry::CipherSuite;
use tlscensus_tls_wire::registry::CompressionMethod;
use tlscensus_tls_wire::registry::ExtensionType;
use tlscensus_tls_wire::registry::HandshakeType;
use tlscensus_tls_wire::registry::NamedGroup;
use tlscensus_tls_wire::registry::Version;

use crate::connection::Connection;
use crate::crypto::hash::Hash;
use crate::crypto::hash::Transcript;
use crate::crypto::hash::TranscriptBuffer;
use crate::crypto::prf::Randoms;
use crate::failure::Failure;
use crate::handshake::State;
use crate::handshake::legacy;
use crate::handshake::offer::Offer;
use crate::handshake::tls13;
use crate::outcome::Malformed;
use crate::outcome::Outcome;
use crate::rules::Rules;
use crate::suite::LegacySuite;
use crate::suite::Suite13;

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
    connection.set_record_version(offer.profile.record_version());
    let hello = offer.send_first(connection);
    connection.set_record_version(offer.profile.legacy_version());
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
        if !self.offer.profile.offers(version) {
            let outcome = Outcome::VersionRefused { chosen: Some(version) };
            return Err(Failure::new(outcome, AlertDescription::PROTOCOL_VERSION));
        }
        if !self.offer.profile.compressions.contains(&hello.compression_method) {
            return Err(Failure::illegal("compression method"));
        }
        if version < Version::TLS_1_3 {
            return self.on_legacy(&hello, message, connection);
        }
        let suite = Suite13::of(hello.cipher_suite)
            .filter(|_| self.offer.profile.suites.contains(&hello.cipher_suite))
            .ok_or_else(|| Failure::not_completable(hello.cipher_suite))?;
        if hello.is_hello_retry_request() {
            self.on_retry(suite, &hello, message, connection)
        } else {
            self.on_tls13(suite, &hello, message, connection)
        }
    }

    /// RFC 9846, Hello Retry Request.
    fn on_retry(
        mut self: Box<Self>,
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
                if self.offer.keys.private().share(group).is_none() {
                    return Err(Failure::not_completable(hello.cipher_suite));
                }
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
        if self.offer.pre_shared_key().is_some_and(|session| session.hash != suite.hash) {
            self.offer.session = None;
        }
        connection.send_change_cipher_spec();
        let cookie = cookie.map(|Cookie(cookie)| cookie);
        let second_hello = self.offer.send(&shares, cookie, Some(&transcript), connection);
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
        let session = self.offer.pre_shared_key().filter(|session| session.hash == suite.hash);
        let session = match (hello.extensions.get::<SelectedPsk>()?, session) {
            (None, _) => None,
            (Some(SelectedPsk(0)), Some(session)) => Some(session),
            (Some(_), _) => {
                let outcome =
                    Outcome::Malformed(Malformed::Illegal("pre_shared_key that was not offered"));
                return Err(Failure::new(outcome, AlertDescription::UNSUPPORTED_EXTENSION));
            }
        };
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
            tls13::Choice { suite, code: hello.cipher_suite, group: share.group },
            &shared_secret,
            session.map(|session| session.key.as_slice()),
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
        if hello.is_hello_retry_request() {
            return Err(Failure::illegal("version of a retry"));
        }
        if hello.extensions.contains(ExtensionType::SUPPORTED_VERSIONS) {
            return Err(Failure::illegal("version in supported_versions"));
        }
        let Progress::First(first_hello) = &self.progress else {
            return Err(Failure::illegal("version after a retry"));
        };
        let rules = Rules { version: hello.version() };
        // What was not offered, and records that are compressed, go as far as the server's flight: that much is facts.
        let profile = &self.offer.profile;
        let suite = LegacySuite::of(hello.cipher_suite, rules)
            .filter(|_| profile.suites.contains(&hello.cipher_suite))
            .filter(|_| hello.compression_method == CompressionMethod::NULL);
        let hash = suite.map_or(Hash::Sha256, |suite| suite.hash);
        let mut transcript = first_hello.start_legacy(rules.prf(hash).hash());
        transcript.add(message.encoded);
        connection.set_rules(rules);
        let has = |extension| rules.has_extensions() && hello.extensions.contains(extension);
        let session = self.offer.legacy_session().cloned();
        let resumed = session.filter(|_| hello.session_id == self.offer.session_id());
        let shared = legacy::Shared {
            rules,
            suite,
            code: hello.cipher_suite,
            offered_version: self.offer.profile.legacy_version(),
            transcript,
            randoms: Randoms { client: self.offer.random, server: hello.random },
            extended_master_secret: has(ExtensionType::EXTENDED_MASTER_SECRET),
            encrypt_then_mac: has(ExtensionType::ENCRYPT_THEN_MAC),
            session_id: hello.session_id.to_vec(),
            keys: self.offer.keys,
        };
        match resumed {
            Some(session) => legacy::resume(shared, &session, connection),
            None => Ok(legacy::begin(shared)),
        }
    }
}

/// The longest cookie that is sent back: with the rest of a hello it must fit into 64 KiB of extensions.
const MAX_COOKIE: usize = 1 << 15;
