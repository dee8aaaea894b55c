//! SSL 3 to TLS 1.2 from the ServerHello up to ServerHelloDone (RFC 6101, RFC 2246, RFC 4346, RFC 5246, RFC 8422). How the
//! versions differ is in [`Rules`].
//!
//! A suite we cannot compute is walked all the same up to ServerHelloDone, because its certificate and key are facts.

mod exchange;
mod finished;
mod keys;

use tlscensus_tls_wire::codec::Codec;
use tlscensus_tls_wire::codec::put_bytes24;
use tlscensus_tls_wire::handshake::CertificateLegacy;
use tlscensus_tls_wire::handshake::Context;
use tlscensus_tls_wire::handshake::ServerKeyExchange;
use tlscensus_tls_wire::observer::SignatureCheck;
use tlscensus_tls_wire::record::HandshakeFrame;
use tlscensus_tls_wire::registry::AlertDescription;
use tlscensus_tls_wire::registry::CipherSuite;
use tlscensus_tls_wire::registry::HandshakeType;
use tlscensus_tls_wire::registry::Version;

use crate::connection::Connection;
use crate::crypto::hash::LegacyTranscript;
use crate::crypto::prf::MasterSecret;
use crate::crypto::prf::Randoms;
use crate::crypto::signature;
use crate::failure::Failure;
use crate::handshake::State;
use crate::handshake::legacy::exchange::ServerKey;
use crate::keys::KeyShares;
use crate::outcome::Outcome;
use crate::rules::Rules;
use crate::session::LegacySession;
use crate::suite::CertificateDue;
use crate::suite::LegacySuite;
use crate::suite::ServerKeyDue;

pub(crate) use self::finished::ExpectChangeCipherSpec;
pub(crate) use self::finished::ExpectFinished;

/// What all states carry along.
pub(super) struct Shared {
    pub(super) rules: Rules,
    /// `None` where we cannot compute it.
    pub(super) suite: Option<LegacySuite>,
    pub(super) code: CipherSuite,
    /// The version field of our hello.
    pub(super) offered_version: Version,
    pub(super) transcript: LegacyTranscript,
    pub(super) randoms: Randoms,
    pub(super) extended_master_secret: bool,
    pub(super) encrypt_then_mac: bool,
    /// The server's name for the session.
    pub(super) session_id: Vec<u8>,
    pub(super) keys: KeyShares,
}

impl Shared {
    fn context(&self) -> Context {
        Context { version: self.rules.version, suite: self.code }
    }

    fn not_completable(&self) -> Failure {
        Failure::not_completable(self.code)
    }

    fn master_secret(&self, suite: LegacySuite, premaster: &[u8]) -> MasterSecret {
        let prf = self.rules.prf(suite.hash);
        if self.extended_master_secret {
            return MasterSecret::extended(prf, premaster, self.transcript.current().as_ref());
        }
        MasterSecret::new(prf, premaster, &self.randoms)
    }
}

/// Once the ServerHello is in the transcript.
pub(super) fn begin(shared: Shared) -> State {
    State::CertificateLegacy(Box::new(ExpectCertificate { shared }))
}

/// The same where the server takes up this session again: it says so by the name we gave for it.
pub(super) fn resume(
    shared: Shared,
    session: &LegacySession,
    connection: &mut Connection,
) -> Result<State, Failure> {
    let suite = shared.suite.ok_or_else(|| shared.not_completable())?;
    if (session.version, session.suite) != (shared.rules.version, shared.code) {
        return Err(Failure::illegal("version or suite of a resumed session"));
    }
    if session.extended_master_secret != shared.extended_master_secret {
        return Err(Failure::illegal("extended_master_secret of a resumed session"));
    }
    let (sealer, opener) = shared.protections(suite, &session.master, connection);
    Ok(finished::begin_resumed(shared.transcript, session.clone(), opener, sealer))
}

/// The chain is due, where the suite has one.
pub(crate) struct ExpectCertificate {
    shared: Shared,
}

impl ExpectCertificate {
    pub(super) fn on_message(
        mut self: Box<Self>,
        message: &HandshakeFrame<'_>,
        connection: &mut Connection,
    ) -> Result<State, Failure> {
        let due = CertificateDue::of(self.shared.code);
        if message.message != HandshakeType::CERTIFICATE && due != CertificateDue::Always {
            return self.into_key_exchange(Vec::new()).on_message(message, connection);
        }
        if message.message != HandshakeType::CERTIFICATE || due == CertificateDue::Never {
            return Err(Failure::wrong_order(message.message));
        }
        let certificate = CertificateLegacy::decode(message.body, "Certificate")?;
        self.shared.transcript.add(message.encoded);
        let leaf = certificate.chain.first().copied().unwrap_or_default().to_vec();
        Ok(State::KeyExchangeLegacy(self.into_key_exchange(leaf)))
    }

    fn into_key_exchange(self, leaf: Vec<u8>) -> Box<ExpectKeyExchange> {
        Box::new(ExpectKeyExchange { leaf, shared: self.shared, status_seen: false })
    }
}

/// The server's ephemeral key is due, where its suite has one; a stapled status may come before it.
pub(crate) struct ExpectKeyExchange {
    shared: Shared,
    /// Empty where there is no certificate.
    leaf: Vec<u8>,
    status_seen: bool,
}

impl ExpectKeyExchange {
    pub(super) fn on_message(
        mut self: Box<Self>,
        message: &HandshakeFrame<'_>,
        connection: &mut Connection,
    ) -> Result<State, Failure> {
        let due = ServerKeyDue::of(self.shared.suite);
        match message.message {
            HandshakeType::CERTIFICATE_STATUS if !self.status_seen && !self.leaf.is_empty() => {
                self.shared.transcript.add(message.encoded);
                self.status_seen = true;
                Ok(State::KeyExchangeLegacy(self))
            }
            HandshakeType::SERVER_KEY_EXCHANGE if due != ServerKeyDue::Never => {
                let server_key = self.check_key(message.body, connection)?;
                self.shared.transcript.add(message.encoded);
                Ok(State::DoneLegacy(self.into_done(server_key)))
            }
            HandshakeType::CERTIFICATE_REQUEST | HandshakeType::SERVER_HELLO_DONE
                if due != ServerKeyDue::Always =>
            {
                self.into_done(None).on_message(message, connection)
            }
            other => Err(Failure::wrong_order(other)),
        }
    }

    fn into_done(self, server_key: Option<ServerKey>) -> Box<ExpectDone> {
        Box::new(ExpectDone {
            shared: self.shared,
            leaf: self.leaf,
            server_key,
            certificate_requested: false,
        })
    }

    /// Judges the signature and gives the key.
    fn check_key(
        &self,
        body: &[u8],
        connection: &mut Connection,
    ) -> Result<Option<ServerKey>, Failure> {
        let shared = &self.shared;
        let message = ServerKeyExchange::decode(body, shared.context())?;
        if let Some(signed) = message.signature {
            let randoms = &shared.randoms;
            let content = [&randoms.client, randoms.server.as_slice(), message.signed].concat();
            let check = match signed.scheme {
                Some(scheme) => signature::verify(&self.leaf, scheme, &content, signed.signature),
                None => signature::verify_unnamed(&self.leaf, &content, signed.signature),
            };
            connection.observer.signature_checked(check);
            if check == SignatureCheck::Invalid {
                let alert = AlertDescription::DECRYPT_ERROR;
                return Err(Failure::new(Outcome::BadSignature, alert));
            }
        }
        Ok(ServerKey::of(&message.parameters))
    }
}

/// ServerHelloDone is due, or a request for our certificate before it.
pub(crate) struct ExpectDone {
    shared: Shared,
    leaf: Vec<u8>,
    server_key: Option<ServerKey>,
    certificate_requested: bool,
}

impl ExpectDone {
    pub(super) fn on_message(
        mut self: Box<Self>,
        message: &HandshakeFrame<'_>,
        connection: &mut Connection,
    ) -> Result<State, Failure> {
        self.shared.transcript.add(message.encoded);
        match message.message {
            HandshakeType::CERTIFICATE_REQUEST if !self.certificate_requested => {
                self.certificate_requested = true;
                Ok(State::DoneLegacy(self))
            }
            HandshakeType::SERVER_HELLO_DONE => self.answer(connection),
            other => Err(Failure::wrong_order(other)),
        }
    }

    /// Sends our flight: key, change of cipher, Finished.
    fn answer(mut self: Box<Self>, connection: &mut Connection) -> Result<State, Failure> {
        let suite = self.shared.suite.ok_or_else(|| self.shared.not_completable())?;
        let (premaster, key_exchange) = self.exchange(suite, connection)?;
        if self.certificate_requested {
            self.decline_certificate(connection);
        }
        let transcript = &mut self.shared.transcript;
        let body = |out: &mut Vec<u8>| out.extend_from_slice(&key_exchange);
        transcript.add(&connection.send_handshake(HandshakeType::CLIENT_KEY_EXCHANGE, body));

        let master = self.shared.master_secret(suite, &premaster);
        let (sealer, opener) = self.shared.protections(suite, &master, connection);
        let finished = finished::send(sealer, &master, &self.shared.transcript, connection);
        self.shared.transcript.add(&finished);
        let session = LegacySession {
            version: self.shared.rules.version,
            suite: self.shared.code,
            extended_master_secret: self.shared.extended_master_secret,
            master,
            id: self.shared.session_id,
            ticket: Vec::new(),
        };
        Ok(finished::begin(self.shared.transcript, session, opener))
    }

    fn decline_certificate(&mut self, connection: &mut Connection) {
        if self.shared.rules.has_empty_chains() {
            let none = |out: &mut Vec<u8>| put_bytes24(b"", out);
            let message = connection.send_handshake(HandshakeType::CERTIFICATE, none);
            self.shared.transcript.add(&message);
        } else {
            connection.send_warning(AlertDescription::NO_CERTIFICATE);
        }
    }
}
