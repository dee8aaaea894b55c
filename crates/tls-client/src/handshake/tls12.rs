//! TLS 1.2 from the ServerHello on (RFC 5246,
//! RFC 8422).
//!
//! A suite we cannot compute is walked all the same up to ServerHelloDone, because its certificate and key are facts.

use tlscensus_tls_wire::codec::Codec;
use tlscensus_tls_wire::codec::put_bytes24;
use tlscensus_tls_wire::handshake::CertificateLegacy;
use tlscensus_tls_wire::handshake::ClientKeyExchange;
use tlscensus_tls_wire::handshake::Context;
use tlscensus_tls_wire::handshake::ServerKeyExchange;
use tlscensus_tls_wire::handshake::ServerParameters;
use tlscensus_tls_wire::observer::Protection;
use tlscensus_tls_wire::observer::Side;
use tlscensus_tls_wire::observer::SignatureCheck;
use tlscensus_tls_wire::record::HandshakeFrame;
use tlscensus_tls_wire::registry::AlertDescription;
use tlscensus_tls_wire::registry::CipherSuite;
use tlscensus_tls_wire::registry::HandshakeType;
use tlscensus_tls_wire::registry::NamedGroup;
use tlscensus_tls_wire::registry::Version;

use crate::connection::Connection;
use crate::crypto::der::SubjectPublicKeyInfo;
use crate::crypto::hash::Transcript;
use crate::crypto::prf::FinishedLabel;
use crate::crypto::prf::MasterSecret;
use crate::crypto::signature;
use crate::failure::Failure;
use crate::handshake::State;
use crate::keys::KeyShares;
use crate::outcome::Outcome;
use crate::protection::Aead12;
use crate::protection::Cbc12Opener;
use crate::protection::Cbc12Sealer;
use crate::protection::CbcKeys;
use crate::protection::MacOrder;
use crate::protection::Opener;
use crate::protection::Sealer;
use crate::suite::Bulk;
use crate::suite::KeyExchange;
use crate::suite::Suite12;

/// What all states carry along.
pub(super) struct Shared {
    /// `None` where we cannot compute it.
    pub(super) suite: Option<Suite12>,
    pub(super) code: CipherSuite,
    pub(super) transcript: Transcript,
    pub(super) client_random: [u8; 32],
    pub(super) server_random: [u8; 32],
    pub(super) extended_master_secret: bool,
    pub(super) encrypt_then_mac: bool,
    /// What we offered.
    pub(super) groups: Vec<NamedGroup>,
    pub(super) keys: KeyShares,
}

impl Shared {
    fn context(&self) -> Context {
        Context { version: Version::TLS_1_2, suite: self.code }
    }
}

/// Once the ServerHello is in the transcript.
pub(super) fn begin(shared: Shared) -> State {
    State::Certificate12(Box::new(ExpectCertificate { shared }))
}

/// The chain is due.
pub(crate) struct ExpectCertificate {
    shared: Shared,
}

impl ExpectCertificate {
    pub(super) fn on_message(mut self, message: &HandshakeFrame<'_>) -> Result<State, Failure> {
        if message.message != HandshakeType::CERTIFICATE {
            return Err(Failure::wrong_order(message.message));
        }
        let certificate = CertificateLegacy::decode(message.body, "Certificate")?;
        self.shared.transcript.add(message.encoded);
        let leaf = certificate.chain.first().copied().unwrap_or_default();
        Ok(State::KeyExchange12(Box::new(ExpectKeyExchange {
            leaf: leaf.to_vec(),
            shared: self.shared,
            status_seen: false,
        })))
    }
}

/// The server's ephemeral key is due, where its suite has one; a stapled status may come before it.
pub(crate) struct ExpectKeyExchange {
    shared: Shared,
    leaf: Vec<u8>,
    status_seen: bool,
}

impl ExpectKeyExchange {
    pub(super) fn on_message(
        mut self: Box<Self>,
        message: &HandshakeFrame<'_>,
        connection: &mut Connection,
    ) -> Result<State, Failure> {
        let key_exchange = self.shared.suite.map(|suite| suite.key_exchange);
        match message.message {
            HandshakeType::CERTIFICATE_STATUS if !self.status_seen => {
                self.shared.transcript.add(message.encoded);
                self.status_seen = true;
                Ok(State::KeyExchange12(self))
            }
            HandshakeType::SERVER_KEY_EXCHANGE if key_exchange != Some(KeyExchange::Rsa) => {
                let server_key = self.check_key(message.body, connection)?;
                self.shared.transcript.add(message.encoded);
                Ok(self.into_done(server_key))
            }
            HandshakeType::CERTIFICATE_REQUEST | HandshakeType::SERVER_HELLO_DONE
                if key_exchange != Some(KeyExchange::Ecdhe) =>
            {
                self.into_done(None).on_message(message, connection)
            }
            other => Err(Failure::wrong_order(other)),
        }
    }

    fn into_done(self, server_key: Option<(NamedGroup, Vec<u8>)>) -> State {
        State::Done12(Box::new(ExpectDone {
            shared: self.shared,
            leaf: self.leaf,
            server_key,
            certificate_requested: false,
        }))
    }

    /// Judges the signature and gives the key, where it is one of a curve.
    fn check_key(
        &self,
        body: &[u8],
        connection: &mut Connection,
    ) -> Result<Option<(NamedGroup, Vec<u8>)>, Failure> {
        let shared = &self.shared;
        let message = ServerKeyExchange::decode(body, shared.context())?;
        if let Some(signed) = message.signature
            && let Some(scheme) = signed.scheme
        {
            let content =
                [&shared.client_random, shared.server_random.as_slice(), message.signed].concat();
            let check = signature::verify(&self.leaf, scheme, &content, signed.signature);
            connection.observer.signature_checked(check);
            if check == SignatureCheck::Invalid {
                let alert = AlertDescription::DECRYPT_ERROR;
                return Err(Failure::new(Outcome::BadSignature, alert));
            }
        }
        match message.parameters {
            ServerParameters::Ecdhe { group, point } => Ok(Some((group, point.to_vec()))),
            _ => Ok(None),
        }
    }
}

/// ServerHelloDone is due, or a request for our certificate before it.
pub(crate) struct ExpectDone {
    shared: Shared,
    leaf: Vec<u8>,
    server_key: Option<(NamedGroup, Vec<u8>)>,
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
                Ok(State::Done12(self))
            }
            HandshakeType::SERVER_HELLO_DONE => self.answer(connection),
            other => Err(Failure::wrong_order(other)),
        }
    }

    fn answer(mut self: Box<Self>, connection: &mut Connection) -> Result<State, Failure> {
        let not_completable = Failure::not_completable(self.shared.code);
        let suite = self.shared.suite.ok_or(not_completable)?;
        let (premaster, key_exchange) = match suite.key_exchange {
            KeyExchange::Ecdhe => self.agree()?,
            KeyExchange::Rsa => self.transport(connection)?,
        };
        let transcript = &mut self.shared.transcript;
        if self.certificate_requested {
            let none = |out: &mut Vec<u8>| put_bytes24(b"", out);
            transcript.add(&connection.send_handshake(HandshakeType::CERTIFICATE, none));
        }
        let body = |out: &mut Vec<u8>| out.extend_from_slice(&key_exchange);
        transcript.add(&connection.send_handshake(HandshakeType::CLIENT_KEY_EXCHANGE, body));

        let master = self.shared.master_secret(suite, &premaster);
        let (sealer, opener) = self.shared.protections(suite, &master, connection);
        connection.send_change_cipher_spec();
        connection.set_sealer(sealer, Protection::Application);
        let transcript = &mut self.shared.transcript;
        let verify_data = master.verify_data(FinishedLabel::Client, transcript.current().as_ref());
        let body = |out: &mut Vec<u8>| out.extend_from_slice(&verify_data);
        transcript.add(&connection.send_handshake(HandshakeType::FINISHED, body));
        Ok(State::ChangeCipherSpec12(Box::new(ExpectChangeCipherSpec {
            transcript: self.shared.transcript,
            master,
            opener,
        })))
    }

    /// The premaster secret and our ClientKeyExchange, by agreement on a curve.
    fn agree(&self) -> Result<(Vec<u8>, Vec<u8>), Failure> {
        let shared = &self.shared;
        let (group, point) =
            self.server_key.as_ref().ok_or_else(|| Failure::not_completable(shared.code))?;
        let private = shared.keys.private();
        let share = private
            .share(*group)
            .filter(|_| shared.groups.contains(group))
            .ok_or_else(|| Failure::not_completable(shared.code))?;
        let premaster = private.agree(*group, point).map_err(|_| Failure::illegal("ECPoint"))?;
        let mut body = Vec::new();
        ClientKeyExchange::Ecdhe { point: share }.encode(&mut body);
        Ok((premaster, body))
    }

    /// The premaster secret and our ClientKeyExchange, by encryption to the certificate's key.
    fn transport(&self, connection: &mut Connection) -> Result<(Vec<u8>, Vec<u8>), Failure> {
        let mut premaster: [u8; PREMASTER_LEN] = connection.random.array();
        premaster[..2].copy_from_slice(&Version::TLS_1_2.0.to_be_bytes());
        let encrypted = SubjectPublicKeyInfo::of_certificate(&self.leaf)
            .and_then(|key| key.rsa()?.encrypt(&premaster, &mut connection.random))
            .ok_or_else(|| Failure::not_completable(self.shared.code))?;
        let mut body = Vec::new();
        ClientKeyExchange::Rsa { encrypted: &encrypted }.encode(&mut body);
        Ok((premaster.to_vec(), body))
    }
}

impl Shared {
    fn master_secret(&self, suite: Suite12, premaster: &[u8]) -> MasterSecret {
        if self.extended_master_secret {
            let session_hash = self.transcript.current();
            return MasterSecret::extended(suite.hash, premaster, session_hash.as_ref());
        }
        MasterSecret::new(suite.hash, premaster, &self.client_random, &self.server_random)
    }

    /// Cuts the key block: MAC keys, keys, IVs, each the client's before the server's.
    fn protections(
        &self,
        suite: Suite12,
        master: &MasterSecret,
        connection: &mut Connection,
    ) -> (Sealer, Opener) {
        let block = |length| master.key_block(&self.client_random, &self.server_random, length);
        match suite.bulk {
            Bulk::Aead(aead) => {
                let (key_len, iv_len) = (aead.key_len(), Aead12::fixed_iv_len(aead));
                let block = block(2 * (key_len + iv_len));
                let (keys, ivs) = block.split_at(2 * key_len);
                let (client_key, server_key) = keys.split_at(key_len);
                let (client_iv, server_iv) = ivs.split_at(iv_len);
                (
                    Sealer::Aead12(Aead12::new(aead, client_key, client_iv)),
                    Opener::Aead12(Aead12::new(aead, server_key, server_iv)),
                )
            }
            Bulk::Cbc { cipher, mac } => {
                let block = block(2 * (mac.len() + cipher.key_len()));
                let (mac_keys, keys) = block.split_at(2 * mac.len());
                let (client_mac, server_mac) = mac_keys.split_at(mac.len());
                let (client_key, server_key) = keys.split_at(cipher.key_len());
                let mac_order = match self.encrypt_then_mac {
                    true => MacOrder::EncryptThenMac,
                    false => MacOrder::MacThenEncrypt,
                };
                let direction = |key: &[u8], mac_key: &[u8]| CbcKeys {
                    cipher,
                    key: key.to_vec(),
                    mac,
                    mac_key: mac_key.to_vec(),
                    mac_order,
                };
                let iv_seed = u64::from_be_bytes(connection.random.array());
                let sealer = Cbc12Sealer::new(&direction(client_key, client_mac), iv_seed);
                let opener = Cbc12Opener::new(&direction(server_key, server_mac));
                (Sealer::Cbc12(Box::new(sealer)), Opener::Cbc12(Box::new(opener)))
            }
        }
    }
}

/// The server's ChangeCipherSpec is due, or a ticket before it.
pub(crate) struct ExpectChangeCipherSpec {
    transcript: Transcript,
    master: MasterSecret,
    opener: Opener,
}

impl ExpectChangeCipherSpec {
    pub(super) fn on_message(
        mut self: Box<Self>,
        message: &HandshakeFrame<'_>,
    ) -> Result<State, Failure> {
        if message.message != HandshakeType::NEW_SESSION_TICKET {
            return Err(Failure::wrong_order(message.message));
        }
        self.transcript.add(message.encoded);
        Ok(State::ChangeCipherSpec12(self))
    }

    pub(super) fn on_change_cipher_spec(self, connection: &mut Connection) -> State {
        connection.set_opener(self.opener, Protection::Application);
        State::Finished12(Box::new(ExpectFinished {
            transcript: self.transcript,
            master: self.master,
        }))
    }
}

/// The server's Finished is due.
pub(crate) struct ExpectFinished {
    transcript: Transcript,
    master: MasterSecret,
}

impl ExpectFinished {
    pub(super) fn on_message(
        self,
        message: &HandshakeFrame<'_>,
        connection: &mut Connection,
    ) -> Result<State, Failure> {
        if message.message != HandshakeType::FINISHED {
            return Err(Failure::wrong_order(message.message));
        }
        let transcript = self.transcript.current();
        let verify_data = self.master.verify_data(FinishedLabel::Server, transcript.as_ref());
        if verify_data != message.body {
            connection.observer.finished(Side::Server, false);
            let alert = AlertDescription::DECRYPT_ERROR;
            return Err(Failure::new(Outcome::BadFinished, alert));
        }
        connection.observer.finished(Side::Server, true);
        Ok(State::Traffic12)
    }
}

/// Version and random of a premaster secret that is encrypted to the server.
const PREMASTER_LEN: usize = 48;
