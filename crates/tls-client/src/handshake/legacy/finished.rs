//! The end of the handshake before TLS 1.3: the server's ChangeCipherSpec and Finished.

use tlscensus_tls_wire::codec::Codec;
use tlscensus_tls_wire::handshake::NewSessionTicketLegacy;
use tlscensus_tls_wire::observer::Protection;
use tlscensus_tls_wire::observer::Side;
use tlscensus_tls_wire::record::HandshakeFrame;
use tlscensus_tls_wire::registry::AlertDescription;
use tlscensus_tls_wire::registry::HandshakeType;

use crate::connection::Connection;
use crate::crypto::hash::LegacyTranscript;
use crate::crypto::prf::MasterSecret;
use crate::crypto::prf::Party;
use crate::failure::Failure;
use crate::handshake::State;
use crate::outcome::Outcome;
use crate::protection::Opener;
use crate::protection::Sealer;
use crate::session::LegacySession;

/// Once our own Finished is in the transcript: the server's is the last of the handshake.
pub(super) fn begin(transcript: LegacyTranscript, session: LegacySession, opener: Opener) -> State {
    let state = ExpectChangeCipherSpec { transcript, session, opener, sealer: None };
    State::ChangeCipherSpecLegacy(Box::new(state))
}

/// Once the ServerHello says that a session is taken up again: the server's Finished comes before ours.
pub(super) fn begin_resumed(
    transcript: LegacyTranscript,
    session: LegacySession,
    opener: Opener,
    sealer: Sealer,
) -> State {
    let sealer = Some(sealer);
    let state = ExpectChangeCipherSpec { transcript, session, opener, sealer };
    State::ChangeCipherSpecLegacy(Box::new(state))
}

/// The server's ChangeCipherSpec is due, or a ticket before it.
pub(crate) struct ExpectChangeCipherSpec {
    transcript: LegacyTranscript,
    session: LegacySession,
    opener: Opener,
    /// Where our own change of keys is still to come.
    sealer: Option<Sealer>,
}

impl ExpectChangeCipherSpec {
    pub(in crate::handshake) fn on_message(
        mut self: Box<Self>,
        message: &HandshakeFrame<'_>,
        connection: &Connection,
    ) -> Result<State, Failure> {
        if message.message != HandshakeType::NEW_SESSION_TICKET {
            return Err(Failure::wrong_order(message.message));
        }
        if connection.remembers_sessions() {
            let ticket = NewSessionTicketLegacy::decode(message.body, "NewSessionTicket")?;
            self.session.ticket = ticket.ticket.to_vec();
        }
        self.transcript.add(message.encoded);
        Ok(State::ChangeCipherSpecLegacy(self))
    }

    pub(in crate::handshake) fn on_change_cipher_spec(self, connection: &mut Connection) -> State {
        connection.set_opener(self.opener, Protection::Application);
        State::FinishedLegacy(Box::new(ExpectFinished {
            transcript: self.transcript,
            session: self.session,
            sealer: self.sealer,
        }))
    }
}

/// The server's Finished is due.
pub(crate) struct ExpectFinished {
    transcript: LegacyTranscript,
    session: LegacySession,
    sealer: Option<Sealer>,
}

impl ExpectFinished {
    pub(in crate::handshake) fn on_message(
        mut self,
        message: &HandshakeFrame<'_>,
        connection: &mut Connection,
    ) -> Result<State, Failure> {
        if message.message != HandshakeType::FINISHED {
            return Err(Failure::wrong_order(message.message));
        }
        let master = &self.session.master;
        let verified = master.verify_data(Party::Server, &self.transcript) == message.body;
        connection.observer.finished(Side::Server, verified);
        if !verified {
            return Err(Failure::new(Outcome::BadFinished, AlertDescription::DECRYPT_ERROR));
        }
        let [_, server] = &mut connection.verify_data;
        *server = message.body.to_vec();
        if let Some(sealer) = self.sealer {
            self.transcript.add(message.encoded);
            send(sealer, master, &self.transcript, connection);
        }
        if connection.remembers_sessions() {
            connection.remember(self.session.into_sessions());
        }
        Ok(State::TrafficLegacy)
    }
}

/// Changes our keys and sends our Finished; gives the message back for the transcript.
pub(super) fn send(
    sealer: Sealer,
    master: &MasterSecret,
    transcript: &LegacyTranscript,
    connection: &mut Connection,
) -> Vec<u8> {
    connection.send_change_cipher_spec();
    connection.set_sealer(sealer, Protection::Application);
    let verify_data = master.verify_data(Party::Client, transcript);
    let body = |out: &mut Vec<u8>| out.extend_from_slice(&verify_data);
    let message = connection.send_handshake(HandshakeType::FINISHED, body);
    let [client, _] = &mut connection.verify_data;
    *client = verify_data;
    message
}
