//! The end of the handshake before TLS 1.3: the server's ChangeCipherSpec and Finished.

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

/// Once our own Finished is in the transcript.
pub(super) fn begin(transcript: LegacyTranscript, master: MasterSecret, opener: Opener) -> State {
    let state = ExpectChangeCipherSpec { transcript, master, opener };
    State::ChangeCipherSpecLegacy(Box::new(state))
}

/// The server's ChangeCipherSpec is due, or a ticket before it.
pub(crate) struct ExpectChangeCipherSpec {
    transcript: LegacyTranscript,
    master: MasterSecret,
    opener: Opener,
}

impl ExpectChangeCipherSpec {
    pub(in crate::handshake) fn on_message(
        mut self: Box<Self>,
        message: &HandshakeFrame<'_>,
    ) -> Result<State, Failure> {
        if message.message != HandshakeType::NEW_SESSION_TICKET {
            return Err(Failure::wrong_order(message.message));
        }
        self.transcript.add(message.encoded);
        Ok(State::ChangeCipherSpecLegacy(self))
    }

    pub(in crate::handshake) fn on_change_cipher_spec(self, connection: &mut Connection) -> State {
        connection.set_opener(self.opener, Protection::Application);
        State::FinishedLegacy(Box::new(ExpectFinished {
            transcript: self.transcript,
            master: self.master,
        }))
    }
}

/// The server's Finished is due.
pub(crate) struct ExpectFinished {
    transcript: LegacyTranscript,
    master: MasterSecret,
}

impl ExpectFinished {
    pub(in crate::handshake) fn on_message(
        self,
        message: &HandshakeFrame<'_>,
        connection: &mut Connection,
    ) -> Result<State, Failure> {
        if message.message != HandshakeType::FINISHED {
            return Err(Failure::wrong_order(message.message));
        }
        let verified = self.master.verify_data(Party::Server, &self.transcript) == message.body;
        connection.observer.finished(Side::Server, verified);
        if !verified {
            return Err(Failure::new(Outcome::BadFinished, AlertDescription::DECRYPT_ERROR));
        }
        Ok(State::TrafficLegacy)
    }
}
