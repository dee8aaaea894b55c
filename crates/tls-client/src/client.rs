//! The client as its driver sees it: bytes in, bytes out, an outcome at the end.

use tlscensus_tls_wire::alert::Alert;
use tlscensus_tls_wire::codec::Codec;
use tlscensus_tls_wire::observer::Observer;
use tlscensus_tls_wire::observer::Protection;
use tlscensus_tls_wire::observer::Side;
use tlscensus_tls_wire::record::Deframer;
use tlscensus_tls_wire::record::Joiner;
use tlscensus_tls_wire::record::MAX_CIPHERTEXT_TLS13;
use tlscensus_tls_wire::record::RecordError;
use tlscensus_tls_wire::registry::AlertDescription;
use tlscensus_tls_wire::registry::AlertLevel;
use tlscensus_tls_wire::registry::ContentType;
use tlscensus_tls_wire::registry::HandshakeType;

use crate::connection::Connection;
use crate::crypto::random::Random;
use crate::failure::Failure;
use crate::handshake::State;
use crate::handshake::hello;
use crate::handshake::offer::Offer;
use crate::keys::KeyShares;
use crate::outcome::Interruption;
use crate::outcome::Malformed;
use crate::outcome::Outcome;
use crate::profile::Profile;
use crate::renegotiation::Renegotiation;
use crate::renegotiation::Wish;
use crate::session::Session;
use crate::stop::Stop;

/// One visit to one server, without a socket or a clock.
///
/// Call order: [`poll`](Self::poll) first, for the ClientHello; then [`receive`](Self::receive) whatever came and `poll`
/// again, until it says [`Step::Established`] or [`Step::Done`]. While established, [`send`](Self::send),
/// [`take_plaintext`](Self::take_plaintext) and at last [`close`](Self::close). When no more bytes will come,
/// [`interrupted`](Self::interrupted). Getters at any time.
///
/// How the network splits or joins bytes makes no difference. Nothing about a certificate makes a handshake fail:
/// expired, self-signed, of a tiny key or not even parsable, it is recorded; only a signature that is provably not its
/// key's ends the walk.
pub struct Client {
    deframer: Deframer,
    joiner: Joiner,
    connection: Connection,
    /// `None` once it is over.
    state: Option<State>,
    awaiting: HandshakeType,
    outcome: Option<Outcome>,
    end: Option<Outcome>,
    stop: Option<Stop>,
    plaintext: Vec<u8>,
    /// Handshake messages of the server.
    messages: u32,
    close_sent: bool,
    /// Another handshake that was asked for.
    wish: Option<Box<Wish>>,
}

/// What the driver does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The handshake waits for bytes of the server.
    Read,
    /// The handshake is complete, data may flow.
    Established,
    /// It is over once the bytes of this poll are sent: see [`Client::outcome`] and [`Client::end`].
    Done,
}

impl Client {
    /// A client with randoms of its own. Without a name it sends no SNI.
    pub fn new(profile: &Profile, server_name: Option<&str>, keys: &KeyShares) -> Self {
        Self::with_random(profile, server_name, keys, Random::new())
    }

    /// The same bytes for the same seed and keys, so that a recorded server can be met again.
    pub fn seeded(
        profile: &Profile,
        server_name: Option<&str>,
        keys: &KeyShares,
        seed: u64,
    ) -> Self {
        Self::with_random(profile, server_name, keys, Random::seeded(seed))
    }

    /// A client that asks the server to take up a session again, in the version that it is of: the profile has to offer
    /// that, and a ticket only where it offers tickets.
    pub fn resuming(
        profile: &Profile,
        server_name: Option<&str>,
        keys: &KeyShares,
        session: &Session,
    ) -> Self {
        Self::with_session(profile, server_name, keys, Some(session.clone()), Random::new())
    }

    /// The same bytes for the same seed, keys and session.
    pub fn seeded_resuming(
        profile: &Profile,
        server_name: Option<&str>,
        keys: &KeyShares,
        session: &Session,
        seed: u64,
    ) -> Self {
        let random = Random::seeded(seed);
        Self::with_session(profile, server_name, keys, Some(session.clone()), random)
    }

    /// The same client, which remembers the sessions that the server would take up again.
    pub fn remembering(mut self) -> Self {
        self.connection.remember_sessions();
        self
    }

    /// What was remembered; tickets of TLS 1.3 come after the handshake.
    pub fn sessions(&self) -> &[Session] {
        self.connection.sessions()
    }

    fn with_random(
        profile: &Profile,
        server_name: Option<&str>,
        keys: &KeyShares,
        random: Random,
    ) -> Self {
        Self::with_session(profile, server_name, keys, None, random)
    }

    fn with_session(
        profile: &Profile,
        server_name: Option<&str>,
        keys: &KeyShares,
        session: Option<Session>,
        random: Random,
    ) -> Self {
        let mut connection = Connection::new(random);
        let (profile, keys) = (profile.clone(), keys.clone());
        let offer = Offer::new(profile, server_name, keys, session, &mut connection.random);
        let state = hello::begin(offer, &mut connection);
        Self {
            deframer: Deframer::new(),
            joiner: Joiner::new(),
            connection,
            awaiting: state.due(),
            state: Some(state),
            outcome: None,
            end: None,
            stop: None,
            plaintext: Vec::new(),
            messages: 0,
            close_sent: false,
            wish: None,
        }
    }

    /// Takes its leave early, with close_notify and [`Outcome::Stopped`], once it has heard enough; of a handshake that is
    /// complete by then, that is its [`end`](Self::end).
    #[must_use]
    pub fn until(mut self, stop: Stop) -> Self {
        self.stop = Some(stop);
        self
    }

    /// Takes bytes of the server, in any split.
    pub fn receive(&mut self, bytes: &[u8]) {
        if self.state.is_none() {
            return;
        }
        self.deframer.push(bytes);
        while self.state.is_some() {
            match self.take_record() {
                Ok(true) => {}
                Ok(false) => break,
                Err(failure) => self.fail(failure),
            }
        }
    }

    /// Appends what is to be sent and says what to do next.
    pub fn poll(&mut self, out: &mut Vec<u8>) -> Step {
        if out.is_empty() {
            std::mem::swap(out, &mut self.connection.outgoing);
        } else {
            out.append(&mut self.connection.outgoing);
        }
        match &self.state {
            None => Step::Done,
            Some(state) if state.is_traffic() => Step::Established,
            Some(_) => Step::Read,
        }
    }

    /// Encrypts application data. Nothing is sent unless the handshake is complete and the connection open.
    pub fn send(&mut self, plaintext: &[u8], out: &mut Vec<u8>) {
        if self.state.as_ref().is_some_and(State::is_traffic) && !self.close_sent {
            self.connection.send_application_data(plaintext);
        }
        out.append(&mut self.connection.outgoing);
    }

    /// Application data that came since the last call.
    pub fn take_plaintext(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.plaintext)
    }

    /// Asks for another handshake inside this one, as `profile` offers it; `false`: there is none to have, because the
    /// connection is not complete, is of TLS 1.3 or later, or was asked already.
    ///
    /// It is bound to the first handshake where the server's hello said that it understands that, and to nothing where
    /// it did not (RFC 5746). Once the server begins it, the client takes its leave: see
    /// [`renegotiation`](Self::renegotiation). The observer is not told.
    pub fn renegotiate(
        &mut self,
        profile: &Profile,
        server_name: Option<&str>,
        keys: &KeyShares,
        out: &mut Vec<u8>,
    ) -> bool {
        let stands = matches!(self.state, Some(State::TrafficLegacy));
        if !stands || self.close_sent || self.wish.is_some() {
            return false;
        }
        let wish = Wish::send(profile, server_name, keys, &mut self.connection);
        self.wish = Some(Box::new(wish));
        out.append(&mut self.connection.outgoing);
        true
    }

    /// What became of the wish for another handshake; `None` where there was none. A connection that ended since is
    /// told by [`end`](Self::end).
    pub fn renegotiation(&self) -> Option<Renegotiation> {
        self.wish.as_ref().map(|wish| wish.state)
    }

    /// Takes leave with close_notify.
    pub fn close(&mut self, out: &mut Vec<u8>) {
        if self.state.is_some() {
            self.say_goodbye();
        }
        out.append(&mut self.connection.outgoing);
    }

    /// No more bytes will come. The first end counts.
    pub fn interrupted(&mut self, how: Interruption) {
        if self.state.is_some() {
            self.finish(how.into());
        }
    }

    /// How the handshake ended; `None` while it is under way. What comes after its completion does not change it.
    pub fn outcome(&self) -> Option<&Outcome> {
        self.outcome.as_ref()
    }

    /// How the connection ended after a completed handshake: [`Outcome::Closed`] where the server took its leave.
    pub fn end(&self) -> Option<&Outcome> {
        self.end.as_ref()
    }

    /// The message that was due when the handshake ended, or is due now.
    pub fn awaiting(&self) -> HandshakeType {
        self.awaiting
    }

    /// The facts so far.
    pub fn observer(&self) -> &Observer {
        &self.connection.observer
    }

    /// Takes one record; false where none is whole yet.
    fn take_record(&mut self) -> Result<bool, Failure> {
        let Some(record) = self.deframer.pop().map_err(record_failure)? else {
            return Ok(false);
        };
        let is_traffic = self.state.as_ref().is_some_and(State::is_traffic);
        self.connection.observer.record(Side::Server, &record.header);
        let outer_type = record.header.content_type;
        // TLS 1.3 encrypts all but the ChangeCipherSpec for middleboxes; an alert without keys is heard, but not believed.
        let in_the_clear = self.connection.receives_tls13()
            && matches!(outer_type, ContentType::ALERT | ContentType::CHANGE_CIPHER_SPEC);
        let (content_type, payload, protection) = if in_the_clear {
            (outer_type, &*record.payload, Protection::Plain)
        } else if self.connection.receives_tls13() && outer_type != ContentType::APPLICATION_DATA {
            // Whatever is protected claims to be application data (RFC 9846, section 5.2).
            return Err(Failure::wrong_order(self.awaiting));
        } else {
            let protection = self.connection.receiving_protection();
            let (content_type, payload) = self.connection.open(record)?;
            (content_type, payload, protection)
        };
        match content_type {
            // Parts of a message stand together (RFC 9846, section 5.1). An alert may say why the rest does not come.
            ContentType::APPLICATION_DATA | ContentType::CHANGE_CIPHER_SPEC
                if !self.joiner.is_aligned() =>
            {
                return Err(Failure::wrong_order(self.awaiting));
            }
            ContentType::APPLICATION_DATA | ContentType::HANDSHAKE if payload.is_empty() => {
                self.connection.ignore()?;
            }
            ContentType::HANDSHAKE => {
                self.joiner.push(payload);
                self.take_messages()?;
            }
            ContentType::ALERT => {
                // Some put several into one record. What stands behind one that ends all does not count.
                let pieces = payload.chunks(ALERT_BYTES).map(|alert| Alert::decode(alert, "alert"));
                let alerts: Vec<_> = pieces.collect();
                if alerts.is_empty() {
                    self.connection.ignore()?;
                }
                for alert in alerts {
                    self.on_alert(alert?, protection)?;
                }
            }
            ContentType::CHANGE_CIPHER_SPEC if payload == CHANGE_CIPHER_SPEC => {
                self.on_change_cipher_spec(in_the_clear)?;
            }
            ContentType::APPLICATION_DATA if is_traffic => {
                if self.plaintext.len() + payload.len() > MAX_WAITING_PLAINTEXT {
                    return Err(Failure::over_bytes());
                }
                self.plaintext.extend_from_slice(payload);
                self.connection.progressed();
                self.connection.observer.application_data(Side::Server);
            }
            _ => return Err(Failure::wrong_order(self.awaiting)),
        }
        Ok(true)
    }

    /// Hands every whole handshake message to the state.
    fn take_messages(&mut self) -> Result<(), Failure> {
        while let Some(message) = self.joiner.pop().map_err(|_| Failure::over_bytes())? {
            if let Some(wish) = &mut self.wish
                && message.message == HandshakeType::SERVER_HELLO
            {
                wish.answered(message.body)?;
                self.say_goodbye();
                return Err(Failure::silent(Outcome::Stopped));
            }
            let protection = self.connection.receiving_protection();
            self.connection.heard(Side::Server, protection, message.message, message.encoded);
            let observer = &self.connection.observer;
            if self.stop.is_some_and(|stop| stop.is_at(message.message, observer)) {
                self.say_goodbye();
                return Err(Failure::silent(Outcome::Stopped));
            }
            self.messages += 1;
            if self.messages > MAX_MESSAGES {
                return Err(Failure::over_bytes());
            }
            let Some(state) = self.state.take() else {
                return Ok(());
            };
            let state = state.on_message(&message, &mut self.connection)?;
            self.enter(state)?;
        }
        Ok(())
    }

    fn on_change_cipher_spec(&mut self, for_middleboxes: bool) -> Result<(), Failure> {
        self.connection.observer.change_cipher_spec(Side::Server);
        if for_middleboxes {
            if self.is_traffic() {
                return Err(Failure::wrong_order(self.awaiting));
            }
            return self.connection.ignore();
        }
        let Some(state) = self.state.take() else {
            return Ok(());
        };
        let state = state.on_change_cipher_spec(&mut self.connection)?;
        self.enter(state)
    }

    /// Goes on with `state`. No message may span a change of keys.
    fn enter(&mut self, state: State) -> Result<(), Failure> {
        self.awaiting = state.due();
        if state.is_traffic() {
            self.outcome.get_or_insert(Outcome::Completed);
        }
        self.state = Some(state);
        if self.connection.take_receiving_changed() {
            if self.connection.receives_tls13() {
                self.deframer.set_limit(MAX_CIPHERTEXT_TLS13);
            }
            if !self.joiner.is_aligned() {
                return Err(Failure::wrong_order(self.awaiting));
            }
        }
        if self.is_traffic() && self.stop == Some(Stop::Session) {
            self.say_goodbye();
            if !self.connection.receives_tls13() || !self.connection.sessions().is_empty() {
                return Err(Failure::silent(Outcome::Stopped));
            }
        }
        Ok(())
    }

    fn on_alert(&mut self, alert: Alert, protection: Protection) -> Result<(), Failure> {
        self.connection.observer.alert(Side::Server, protection, alert);
        if self.connection.receives_tls13() && protection == Protection::Plain {
            // Anybody on the way could have said so: the server has keys.
            return Err(Failure::wrong_order(self.awaiting));
        }
        let after = self.connection.last_message;
        if alert.description == AlertDescription::CLOSE_NOTIFY {
            if self.is_traffic() {
                self.say_goodbye();
                return Err(Failure::silent(Outcome::Closed));
            }
            return Err(Failure::silent(Outcome::Alert { alert, after }));
        }
        let only_a_warning = match self.connection.receives_tls13() {
            true => alert.description == AlertDescription::USER_CANCELED,
            false => alert.level == AlertLevel::WARNING,
        };
        if let Some(wish) = &mut self.wish
            && alert.description == AlertDescription::NO_RENEGOTIATION
        {
            wish.state = Renegotiation::Refused;
        }
        if only_a_warning {
            return self.connection.ignore();
        }
        Err(Failure::silent(match alert.description {
            AlertDescription::PROTOCOL_VERSION => Outcome::VersionRefused { chosen: None },
            AlertDescription::INSUFFICIENT_SECURITY => Outcome::NoCommonSuite,
            _ => Outcome::Alert { alert, after },
        }))
    }

    fn is_traffic(&self) -> bool {
        self.state.as_ref().is_some_and(State::is_traffic)
    }

    fn say_goodbye(&mut self) {
        if !self.close_sent {
            self.connection.send_alert(Alert::CLOSE_NOTIFY);
            self.close_sent = true;
        }
    }

    fn fail(&mut self, failure: Failure) {
        if let Some(alert) = failure.alert
            && !self.close_sent
        {
            self.connection.send_alert(Alert::fatal(alert));
        }
        self.finish(failure.outcome);
    }

    fn finish(&mut self, how: Outcome) {
        self.state = None;
        match self.outcome {
            None => self.outcome = Some(how),
            Some(_) => self.end = Some(how),
        }
    }
}

fn record_failure(error: RecordError) -> Failure {
    match error {
        // Whoever does not speak TLS does not know what an alert is.
        RecordError::NotTls => Failure::silent(Outcome::NotTls),
        RecordError::Overlong { .. } => {
            Failure::new(Outcome::Malformed(Malformed::Overlong), AlertDescription::RECORD_OVERFLOW)
        }
        _ => Failure::new(
            Outcome::Malformed(Malformed::Record),
            AlertDescription::UNEXPECTED_MESSAGE,
        ),
    }
}

const ALERT_BYTES: usize = 2;
const CHANGE_CIPHER_SPEC: &[u8] = &[1];
/// Handshake messages of the server, tickets, key updates and wishes for another handshake included: real servers have about
/// a dozen, and each costs us more than it costs them.
const MAX_MESSAGES: u32 = 96;
/// Plaintext kept for the driver between two calls: far more than any list of capabilities.
const MAX_WAITING_PLAINTEXT: usize = 1 << 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_and_keys_may_move_between_threads() {
        fn may_move<T: Send + Sync>() {}
        may_move::<Client>();
        may_move::<KeyShares>();
    }

    #[test]
    fn nothing_is_sent_outside_of_an_established_connection() {
        let profile = Profile::named("modern").expect("a profile");
        let mut client = Client::seeded(profile, None, &KeyShares::generate(), 1);
        let mut hello = Vec::new();
        assert_eq!(client.poll(&mut hello), Step::Read);
        let mut out = Vec::new();
        client.send(b"too early", &mut out);
        assert_eq!(out, b"");
        client.interrupted(Interruption::Reset);
        client.send(b"too late", &mut out);
        client.close(&mut out);
        assert_eq!((out, client.poll(&mut Vec::new())), (Vec::new(), Step::Done));
        assert_eq!(client.outcome(), Some(&Outcome::Reset));
        assert_eq!(client.awaiting(), HandshakeType::SERVER_HELLO);
    }
}
