//! TLS 1.3 from the ServerHello on (RFC 9846).

use tlscensus_tls_wire::codec::Codec;
use tlscensus_tls_wire::codec::DecodeError;
use tlscensus_tls_wire::codec::put_bytes8;
use tlscensus_tls_wire::codec::put_bytes24;
use tlscensus_tls_wire::extension::CompressCertificate;
use tlscensus_tls_wire::extension::Extensions;
use tlscensus_tls_wire::handshake::CertificateRequestTls13;
use tlscensus_tls_wire::handshake::CertificateTls13;
use tlscensus_tls_wire::handshake::CertificateVerify;
use tlscensus_tls_wire::handshake::CompressedCertificate;
use tlscensus_tls_wire::handshake::Context;
use tlscensus_tls_wire::handshake::EncryptedExtensions;
use tlscensus_tls_wire::handshake::KeyUpdate;
use tlscensus_tls_wire::handshake::NewSessionTicketTls13;
use tlscensus_tls_wire::observer::Observer;
use tlscensus_tls_wire::observer::Protection;
use tlscensus_tls_wire::observer::Side;
use tlscensus_tls_wire::observer::SignatureCheck;
use tlscensus_tls_wire::record::HandshakeFrame;
use tlscensus_tls_wire::registry::AlertDescription;
use tlscensus_tls_wire::registry::CertificateCompression;
use tlscensus_tls_wire::registry::CipherSuite;
use tlscensus_tls_wire::registry::ExtensionType;
use tlscensus_tls_wire::registry::HandshakeType;
use tlscensus_tls_wire::registry::NamedGroup;
use tlscensus_tls_wire::registry::Version;

use crate::connection::Connection;
use crate::crypto::hash::Transcript;
use crate::crypto::schedule::Application;
use crate::crypto::schedule::BothSides;
use crate::crypto::schedule::ResumptionSecret;
use crate::crypto::signature;
use crate::decompress::decompress;
use crate::failure::Failure;
use crate::handshake::State;
use crate::handshake::secrets13::Secrets;
use crate::handshake::secrets13::without_zeros;
use crate::handshake::traffic_keys::opener;
use crate::handshake::traffic_keys::sealer;
use crate::outcome::Malformed;
use crate::outcome::Outcome;
use crate::session::Remembered;
use crate::session::Session;
use crate::session::Tls13Session;
use crate::suite::Bulk13;
use crate::suite::Suite13;

/// What the ServerHello chose.
pub(super) struct Choice {
    pub(super) suite: Suite13,
    pub(super) code: CipherSuite,
    pub(super) group: NamedGroup,
}

/// What all states of the encrypted handshake carry along, boxed: it is large and goes from state to state.
struct Shared {
    suite: Suite13,
    code: CipherSuite,
    transcript: Transcript,
    secrets: Secrets,
    /// Those of the other reading, until the server's first record says which of the two it is.
    other_secrets: Option<Box<Secrets>>,
    /// The context of the server's request for a certificate, where it made one.
    certificate_request: Option<Vec<u8>>,
    /// Whether our ChangeCipherSpec for middleboxes is still to be sent.
    change_cipher_spec_due: bool,
    /// Whether the server is known from an earlier connection, and shows no certificate.
    resumed: bool,
    /// The code point under which the server took up application settings, and waits for ours.
    settings_due: Option<ExtensionType>,
}

/// Once the ServerHello is in the transcript: changes both directions to the handshake keys.
pub(super) fn begin(
    choice: Choice,
    shared_secret: &[u8],
    pre_shared_key: Option<&[u8]>,
    transcript: Transcript,
    change_cipher_spec_due: bool,
    connection: &mut Connection,
) -> State {
    let Choice { suite, code, group } = choice;
    let through_hello = transcript.current();
    let secrets_of =
        |secret: &[u8]| Secrets::new(suite.hash, secret, pre_shared_key, through_hello.as_ref());
    let secrets = secrets_of(shared_secret);
    let other_secrets = without_zeros(group, shared_secret).map(secrets_of).map(Box::new);
    connection.set_opener(opener(suite.bulk, &secrets.traffic.server), Protection::Handshake);
    connection.set_sealer(sealer(suite.bulk, &secrets.traffic.client), Protection::Handshake);
    if let Some(other) = &other_secrets {
        connection.set_other_reading(other.as_other_reading(suite.bulk));
    }
    State::EncryptedExtensions13(ExpectEncryptedExtensions {
        shared: Box::new(Shared {
            suite,
            code,
            transcript,
            secrets,
            other_secrets,
            certificate_request: None,
            change_cipher_spec_due,
            resumed: pre_shared_key.is_some(),
            settings_due: None,
        }),
    })
}

/// EncryptedExtensions are due.
pub(crate) struct ExpectEncryptedExtensions {
    shared: Box<Shared>,
}

impl ExpectEncryptedExtensions {
    pub(super) fn on_message(
        mut self,
        message: &HandshakeFrame<'_>,
        connection: &Connection,
    ) -> Result<State, Failure> {
        if message.message != HandshakeType::ENCRYPTED_EXTENSIONS {
            return Err(Failure::wrong_order(message.message));
        }
        if let Some(other) = self.shared.other_secrets.take()
            && connection.took_other_reading()
        {
            self.shared.secrets = *other;
        }
        let EncryptedExtensions { extensions } =
            EncryptedExtensions::decode(message.body, "EncryptedExtensions")?;
        if !extensions.is_empty() {
            check_answers(&extensions, &connection.observer)?;
            let mut settings = APPLICATION_SETTINGS.into_iter();
            self.shared.settings_due = settings.find(|code| extensions.contains(*code));
        }
        self.shared.transcript.add(message.encoded);
        if self.shared.resumed {
            return Ok(State::Finished13(ExpectFinished { shared: self.shared }));
        }
        Ok(State::Certificate13(ExpectCertificate { shared: self.shared }))
    }
}

/// Who takes up application settings waits for a message with those of the client before its certificate or Finished, and
/// gives up where that does not come (draft-vvv-tls-alps-01, section 4; servers of Google do).
const APPLICATION_SETTINGS: [ExtensionType; 2] =
    [ExtensionType::APPLICATION_SETTINGS, ExtensionType::APPLICATION_SETTINGS_OLD];
/// What browsers say of HTTP/2 there.
const NO_SETTINGS: &[u8] = b"";

/// Each of the server's extensions answers one of ours (RFC 9846, section 4.3).
fn check_answers(extensions: &Extensions<'_>, observer: &Observer) -> Result<(), Failure> {
    if extensions.repeated().is_some() {
        return Err(Failure::illegal("extension that stands twice"));
    }
    let offer = observer.second_offer().or_else(|| observer.offer());
    let asked = |extension| offer.as_ref().is_some_and(|offer| offer.has(extension));
    if extensions.iter().all(|raw| asked(raw.extension)) {
        return Ok(());
    }
    let outcome = Outcome::Malformed(Malformed::Illegal("extension that was not offered"));
    Err(Failure::new(outcome, AlertDescription::UNSUPPORTED_EXTENSION))
}

/// The certificate is due, or a request for ours before it.
pub(crate) struct ExpectCertificate {
    shared: Box<Shared>,
}

impl ExpectCertificate {
    pub(super) fn on_message(
        mut self,
        message: &HandshakeFrame<'_>,
        connection: &mut Connection,
    ) -> Result<State, Failure> {
        self.shared.transcript.add(message.encoded);
        match message.message {
            HandshakeType::CERTIFICATE_REQUEST if self.shared.certificate_request.is_none() => {
                let request = CertificateRequestTls13::decode(message.body, "CertificateRequest")?;
                self.shared.certificate_request = Some(request.context.to_vec());
                Ok(State::Certificate13(self))
            }
            HandshakeType::CERTIFICATE => self.into_verify(message.body),
            HandshakeType::COMPRESSED_CERTIFICATE => {
                let compressed =
                    CompressedCertificate::decode(message.body, "CompressedCertificate")?;
                if !takes(&connection.observer, compressed.algorithm)? {
                    return Err(Failure::wrong_order(message.message));
                }
                let body = decompress(&compressed)?;
                connection.observer.decompressed(Side::Server, &body);
                self.into_verify(&body)
            }
            other => Err(Failure::wrong_order(other)),
        }
    }
}

impl ExpectCertificate {
    fn into_verify(self, body: &[u8]) -> Result<State, Failure> {
        let certificate = CertificateTls13::decode(body, "Certificate")?;
        // Where a delegated credential (RFC 9345) stands beside the certificate, it is the one that signs.
        let own = certificate.entries.first();
        let own = own.filter(|own| !own.extensions.contains(ExtensionType::DELEGATED_CREDENTIAL));
        let leaf = own.map_or_else(Vec::new, |own| own.certificate.to_vec());
        Ok(State::CertificateVerify13(ExpectCertificateVerify { shared: self.shared, leaf }))
    }
}

/// Whether our hello said that a certificate may come compressed like this.
fn takes(observer: &Observer, algorithm: CertificateCompression) -> Result<bool, DecodeError> {
    let Some(offer) = observer.offer() else {
        return Ok(false);
    };
    let offered = offer.hello.extensions.get::<CompressCertificate>()?;
    Ok(offered.is_some_and(|CompressCertificate(list)| list.contains(&algorithm)))
}

/// The server's signature is due.
pub(crate) struct ExpectCertificateVerify {
    shared: Box<Shared>,
    /// Empty where its key is not the one that signs.
    leaf: Vec<u8>,
}

impl ExpectCertificateVerify {
    pub(super) fn on_message(
        mut self,
        message: &HandshakeFrame<'_>,
        connection: &mut Connection,
    ) -> Result<State, Failure> {
        if message.message != HandshakeType::CERTIFICATE_VERIFY {
            return Err(Failure::wrong_order(message.message));
        }
        let verify = CertificateVerify::decode(message.body, self.shared.context())?;
        let signed = signed_content(self.shared.transcript.current().as_ref());
        let scheme = verify.scheme.unwrap_or_default();
        let check = signature::verify(&self.leaf, scheme, &signed, verify.signature);
        connection.observer.signature_checked(check);
        if check == SignatureCheck::Invalid {
            return Err(Failure::new(Outcome::BadSignature, AlertDescription::DECRYPT_ERROR));
        }
        self.shared.transcript.add(message.encoded);
        Ok(State::Finished13(ExpectFinished { shared: self.shared }))
    }
}

/// What the server signs: 64 spaces, a context string, a zero and the transcript hash.
fn signed_content(transcript: &[u8]) -> Vec<u8> {
    [&[b' '; 64], b"TLS 1.3, server CertificateVerify\0".as_slice(), transcript].concat()
}

/// The server's Finished is due.
pub(crate) struct ExpectFinished {
    shared: Box<Shared>,
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
        let mut shared = *self.shared;
        let transcript = shared.transcript.current();
        if shared.secrets.traffic.server.verify_data(transcript.as_ref()).as_ref() != message.body {
            connection.observer.finished(Side::Server, false);
            return Err(Failure::new(Outcome::BadFinished, AlertDescription::DECRYPT_ERROR));
        }
        shared.transcript.add(message.encoded);
        let through_server_finished = shared.transcript.current();
        shared.send_last_flight(connection);

        let bulk = shared.suite.bulk;
        let schedule = shared.secrets.schedule.into_master();
        let secrets = schedule.traffic(through_server_finished.as_ref());
        let resumption = connection
            .remembers_sessions()
            .then(|| Box::new(schedule.resumption(shared.transcript.current().as_ref())));
        connection.set_opener(opener(bulk, &secrets.server), Protection::Application);
        connection.set_sealer(sealer(bulk, &secrets.client), Protection::Application);
        connection.observer.finished(Side::Server, true);
        Ok(State::Traffic13(Box::new(Traffic { bulk, secrets, key_updates: 0, resumption })))
    }
}

impl Shared {
    fn context(&self) -> Context {
        Context { version: Version::TLS_1_3, suite: self.code }
    }

    fn send_last_flight(&mut self, connection: &mut Connection) {
        if self.change_cipher_spec_due {
            connection.send_change_cipher_spec();
        }
        if let Some(code) = self.settings_due {
            let settings = connection.send_handshake(HandshakeType::ENCRYPTED_EXTENSIONS, |out| {
                let mut extensions = Extensions::new();
                extensions.push(code, NO_SETTINGS);
                EncryptedExtensions { extensions }.encode(out);
            });
            self.transcript.add(&settings);
        }
        if let Some(context) = &self.certificate_request {
            let none = connection.send_handshake(HandshakeType::CERTIFICATE, |out| {
                put_bytes8(context, out);
                put_bytes24(b"", out);
            });
            self.transcript.add(&none);
        }
        let transcript = self.transcript.current();
        let verify_data = self.secrets.traffic.client.verify_data(transcript.as_ref());
        let finished = connection.send_handshake(HandshakeType::FINISHED, |out| {
            out.extend_from_slice(verify_data.as_ref());
        });
        if connection.remembers_sessions() {
            self.transcript.add(&finished);
        }
    }
}

/// After the handshake: tickets and key updates.
pub(crate) struct Traffic {
    bulk: Bulk13,
    secrets: BothSides<Application>,
    key_updates: u32,
    /// `None` where nobody wants the sessions.
    resumption: Option<Box<ResumptionSecret>>,
}

impl Traffic {
    pub(super) fn on_message(
        mut self: Box<Self>,
        message: &HandshakeFrame<'_>,
        connection: &mut Connection,
    ) -> Result<State, Failure> {
        match message.message {
            HandshakeType::NEW_SESSION_TICKET => {
                if let Some(secret) = &self.resumption {
                    let ticket = NewSessionTicketTls13::decode(message.body, "NewSessionTicket")?;
                    connection.remember(session(secret, &ticket));
                }
            }
            HandshakeType::KEY_UPDATE => {
                let update = KeyUpdate::decode(message.body, "KeyUpdate")?;
                self.update_keys(update, connection)?;
            }
            other => return Err(Failure::wrong_order(other)),
        }
        Ok(State::Traffic13(self))
    }

    fn update_keys(
        &mut self,
        update: KeyUpdate,
        connection: &mut Connection,
    ) -> Result<(), Failure> {
        if update.request_update > UPDATE_REQUESTED {
            return Err(Failure::illegal("request_update"));
        }
        self.key_updates += 1;
        if self.key_updates > MAX_KEY_UPDATES {
            return Err(Failure::new(Outcome::OverBytes, AlertDescription::UNEXPECTED_MESSAGE));
        }
        self.secrets.server = self.secrets.server.updated();
        let opener = opener(self.bulk, &self.secrets.server);
        connection.set_opener(opener, Protection::Application);
        if update.request_update == UPDATE_REQUESTED {
            connection
                .send_handshake(HandshakeType::KEY_UPDATE, |out| out.push(UPDATE_NOT_REQUESTED));
            self.secrets.client = self.secrets.client.updated();
            let sealer = sealer(self.bulk, &self.secrets.client);
            connection.set_sealer(sealer, Protection::Application);
        }
        Ok(())
    }
}

fn session(secret: &ResumptionSecret, ticket: &NewSessionTicketTls13<'_>) -> Option<Session> {
    Some(Session(Remembered::Tls13(Tls13Session {
        hash: secret.hash(),
        key: secret.key(ticket.nonce)?.as_ref().to_vec(),
        ticket: ticket.ticket.to_vec(),
        age_add: ticket.age_add,
    })))
}

/// Our visits last for a few lines of text; whoever changes keys more often than this wants us busy.
const MAX_KEY_UPDATES: u32 = 32;
const UPDATE_NOT_REQUESTED: u8 = 0;
const UPDATE_REQUESTED: u8 = 1;

#[cfg(test)]
mod tests {
    use tlscensus_tls_wire::handshake::ClientHello;
    use tlscensus_tls_wire::registry::CompressionMethod;

    use super::*;

    #[test]
    fn only_what_was_asked_is_answered() {
        let extensions = |types: &[ExtensionType]| {
            let mut extensions = Extensions::new();
            types.iter().for_each(|extension| extensions.push(*extension, &b""[..]));
            extensions
        };
        let (names, alpn) =
            (ExtensionType::SERVER_NAME, ExtensionType::APPLICATION_LAYER_PROTOCOL_NEGOTIATION);
        let hello = ClientHello {
            legacy_version: Version::TLS_1_2,
            random: [0; 32],
            session_id: b"",
            cipher_suites: vec![CipherSuite::TLS_AES_128_GCM_SHA256],
            compression_methods: vec![CompressionMethod::NULL],
            extensions: extensions(&[names]),
        };
        let mut observer = Observer::new();
        let message = HandshakeType::CLIENT_HELLO;
        observer.message(Side::Client, Protection::Plain, message, &hello.encoded());
        assert_eq!(check_answers(&extensions(&[names]), &observer), Ok(()));
        for (types, outcome) in [
            (&[names, alpn][..], "malformed: illegal extension that was not offered"),
            (&[names, names], "malformed: illegal extension that stands twice"),
        ] {
            let failure = check_answers(&extensions(types), &observer).expect_err("refused");
            assert_eq!(failure.outcome.to_string(), outcome);
        }
    }
}
