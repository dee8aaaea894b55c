//! What can be told of a connection without its keys: whether its handshake came to an end, from records that stay shut.
//!
//! Only headers are read here, so this is a heuristic, and [`Observer::established`] does not listen to it.
//!
//! | version | taken for the end of the handshake | what it cannot tell |
//! |---|---|---|
//! | SSL 2 | CLIENT-MASTER-KEY, or in a resumed session anything under its keys, and anything of the server but an ERROR in the clear | a server that ends it under the new keys |
//! | up to TLS 1.2 | the protected Finished of both sides behind their changes of cipher; where the client was not heard, that of the server in a full handshake, which comes last; or application data of the server | a client that does not like the server's Finished, and what it says of the certificate under the new keys |
//! | TLS 1.3 | a protected record of the client behind protected records of the server | early data as long as a Finished; alerts with padding |
//!
//! In TLS 1.3 the type of a protected record is hidden but its length is not: two bytes of alert, a type and a tag. Such a
//! record straight behind the server's flight is the client's refusal, and the first one of the server behind the client's
//! Finished is the server's, unless the client had already taken its leave.

use super::Observer;
use super::Side;
use super::history;
use crate::record::RecordHeader;
use crate::registry::Cipher;
use crate::registry::CipherSuite;
use crate::registry::ContentType;
use crate::registry::ExtensionType;
use crate::registry::Hash;

/// How far TLS 1.3 came, as lengths and order of the records tell.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sight {
    /// Records under early keys: those of the client before the server's hello.
    early_records: u64,
    /// The server sent something protected that is no alert.
    server_spoke: bool,
    /// Who sent a record of an alert's length where something else belongs.
    refused_by: Option<Side>,
    /// Something that can be the client's Finished came behind the server's flight.
    client_finished: bool,
    /// Protected records of the client behind that.
    client_later: u64,
    /// One of them is as long as an alert, or the client closed its direction.
    client_left: bool,
    /// The server sent something behind the client's Finished that is no refusal.
    server_went_on: bool,
}

impl Sight {
    fn client(&mut self, lengths: Lengths, length: u16, exact: bool) {
        if !self.server_spoke || self.refused_by.is_some() {
            return;
        }
        let is_alert = length == lengths.alert;
        if self.client_finished {
            self.client_later = self.client_later.saturating_add(1);
            self.client_left |= is_alert;
        } else if length == lengths.finished {
            self.client_finished = true;
        } else if !exact && is_alert {
            self.refused_by = Some(Side::Client);
        } else if !exact {
            self.client_finished = true;
        }
    }

    fn server(&mut self, lengths: Lengths, length: u16) {
        let is_alert = length == lengths.alert;
        match (self.client_finished, is_alert) {
            _ if self.server_went_on || self.refused_by.is_some() => (),
            (false, false) => self.server_spoke = true,
            (true, true) if self.client_left => self.server_went_on = true,
            (true, false) => self.server_went_on = true,
            (_, true) => self.refused_by = Some(Side::Server),
        }
    }
}

/// Lengths of protected records of TLS 1.3 that give away what is in them (RFC 9846, section 5.2), without padding.
#[derive(Clone, Copy, Debug)]
struct Lengths {
    alert: u16,
    finished: u16,
}

impl Lengths {
    fn of(suite: CipherSuite) -> Self {
        let parameters = suite.parameters();
        let tag = if parameters.is_some_and(|it| it.cipher == Cipher::AesCcm8) { 8 } else { 16 };
        let hash = if parameters.is_some_and(|it| it.hash == Hash::Sha384) { 48 } else { 32 };
        Self { alert: 2 + 1 + tag, finished: 4 + hash + 1 + tag }
    }
}

/// Hearing without keys.
impl Observer {
    /// Hears a protected record that stays shut: [`unopened`](Self::unopened) with what its header gives away.
    pub fn unopened_record(&mut self, side: Side, header: &RecordHeader) {
        self.unopened(side);
        let speaker = self.speaker_mut(side);
        match header.content_type {
            ContentType::ALERT => speaker.unopened_alerts += 1,
            ContentType::HANDSHAKE => speaker.sealed_handshake = true,
            ContentType::APPLICATION_DATA => {
                speaker.sealed_data = true;
                self.sealed_data(side, header.length);
            }
            _ => (),
        }
    }

    /// Hears a record of SSL 2 under its keys, of so many bytes with its header.
    pub fn ssl2_unopened(&mut self, side: Side, bytes: u64) {
        let speaker = self.speaker_mut(side);
        speaker.unopened += 1;
        speaker.records += 1;
        speaker.bytes = speaker.bytes.saturating_add(bytes);
        self.note_once(side, history::APPLICATION_DATA);
    }

    /// Is told that a side closed its direction: an alert that answers this is no refusal.
    pub fn closed(&mut self, side: Side) {
        if side == Side::Client {
            self.sight.client_left |= self.sight.client_finished;
        }
    }

    /// Is told that bytes of a side were not heard: from here on what is not there may have stood in them.
    pub fn missed(&mut self, side: Side) {
        self.speaker_mut(side).missed = true;
    }

    /// True unless the client's hello says that it sends no early data.
    fn may_be_early(&self) -> bool {
        self.kept_hello().is_none_or(|hello| hello.find(ExtensionType::EARLY_DATA).is_some())
    }

    fn sealed_data(&mut self, side: Side, length: u16) {
        let Some(choice) = self.choice.as_deref() else {
            let offered = self.hellos.iter().flatten().next().is_some();
            if side == Side::Client && offered && !self.server.missed {
                self.sight.early_records += 1;
            }
            return;
        };
        if !choice.version.is_tls13() {
            return;
        }
        let lengths = Lengths::of(choice.suite);
        match side {
            Side::Server => self.sight.server(lengths, length),
            Side::Client => {
                let exact =
                    !self.sight.client_finished && (self.client.missed || self.may_be_early());
                self.sight.client(lengths, length, exact);
            }
        }
    }
}

/// What shut records tell.
impl Observer {
    /// True where bytes of this side were not heard.
    pub fn has_missed(&self, side: Side) -> bool {
        self.speaker(side).missed
    }

    /// Alerts of a side under keys that the feeder does not have. TLS 1.3 hides which records are alerts: none is counted.
    pub fn unopened_alerts(&self, side: Side) -> u64 {
        self.speaker(side).unopened_alerts
    }

    /// Protected records of the client before the server's hello: early data. They may be rejected.
    pub fn early_records(&self) -> u64 {
        self.sight.early_records
    }

    /// Who seems to have ended a handshake of TLS 1.3 with an alert under its keys, told by the record's length.
    pub fn seen_refusal(&self) -> Option<Side> {
        self.sight.refused_by
    }

    /// True where the handshake came to its end, as far as can be seen without keys, or surely; the table at the head of
    /// this file says how, and what it cannot tell. Where bytes are missing, only what needs none of them counts.
    pub fn seen_established(&self) -> bool {
        if self.established() {
            return true;
        }
        if let Some(choice) = self.ssl2_choice() {
            let resumed = choice.session_id_hit && self.client.unopened > 0;
            return self.server.unopened > 0 && (resumed || self.ssl2_cipher().is_some());
        }
        match self.choice() {
            Some(choice) if choice.version.is_tls13() => {
                let Sight { refused_by, client_finished, server_went_on, .. } = self.sight;
                refused_by.is_none()
                    && client_finished
                    && (server_went_on || !(self.server.missed || self.client.missed))
            }
            Some(_) => self.finished_in_sight(),
            None => false,
        }
    }

    /// True where [`seen_established`](Self::seen_established) will not change its mind any more, and nothing that belongs to the
    /// handshake is still on its way: of TLS 1.3, the server has said something behind the client's Finished, or nothing
    /// while the client sent many records; before, both sides have finished, or the server has gone on to data.
    pub fn is_sight_settled(&self) -> bool {
        if !self.seen_established() || self.established() {
            return self.established();
        }
        match self.choice() {
            Some(choice) if choice.version.is_tls13() => {
                let Sight { server_went_on, client_later, .. } = self.sight;
                server_went_on || client_later >= SETTLING_RECORDS
            }
            // A capture may hold the server's words before those of the client that they answer.
            Some(_) => {
                let client = self.has_finished_in_sight(Side::Client) || self.client.missed;
                client || self.server.sealed_data
            }
            None => true,
        }
    }

    fn finished_in_sight(&self) -> bool {
        let server = self.has_finished_in_sight(Side::Server);
        let full = self.server_hello_done && self.resumed() == Some(false);
        self.server.sealed_data || (server && (full || self.has_finished_in_sight(Side::Client)))
    }

    fn has_finished_in_sight(&self, side: Side) -> bool {
        let speaker = self.speaker(side);
        speaker.change_cipher_spec && speaker.sealed_handshake
    }
}

/// Records of a client without an answer after which a refusal is not waited for: a server that checks a certificate says
/// so within a round trip.
const SETTLING_RECORDS: u64 = 16;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::Codec;
    use crate::extension::Extensions;
    use crate::extension::SelectedVersion;
    use crate::handshake::ClientHello;
    use crate::handshake::ServerHello;
    use crate::observer::Protection;
    use crate::registry::CompressionMethod;
    use crate::registry::HandshakeType;
    use crate::registry::Version;

    fn hello(early: bool) -> Vec<u8> {
        let mut extensions = Extensions::new();
        if early {
            extensions.push(ExtensionType::EARLY_DATA, &b""[..]);
        }
        let hello = ClientHello {
            legacy_version: Version::TLS_1_2,
            random: [7; 32],
            session_id: b"",
            cipher_suites: vec![CipherSuite::TLS_AES_128_GCM_SHA256],
            compression_methods: vec![CompressionMethod::NULL],
            extensions,
        };
        hello.encoded()
    }

    fn choice(version: Version) -> Vec<u8> {
        let mut extensions = Extensions::new();
        if version.is_tls13() {
            extensions.add(&SelectedVersion(version));
        }
        let hello = ServerHello {
            legacy_version: Version::TLS_1_2,
            random: [7; 32],
            session_id: b"",
            cipher_suite: CipherSuite::TLS_AES_128_GCM_SHA256,
            compression_method: CompressionMethod::NULL,
            extensions,
        };
        hello.encoded()
    }

    /// What is seen of a story: words of side, upper case for the client, and what happens: hello, change of cipher, a record of
    /// a type or, TLS 1.3, a length, a hole, the end of a side.
    fn told(early: bool, version: Version, story: &str) -> Observer {
        let mut observer = Observer::new();
        for word in story.split_whitespace() {
            let side = if word.starts_with('C') { Side::Client } else { Side::Server };
            let sealed = |content_type, length| RecordHeader {
                content_type,
                version: Version::TLS_1_2,
                length,
            };
            match &word[1..] {
                "hello" if side == Side::Client => {
                    let body = hello(early);
                    observer.message(side, Protection::Plain, HandshakeType::CLIENT_HELLO, &body);
                }
                "hello" => {
                    let body = choice(version);
                    observer.message(side, Protection::Plain, HandshakeType::SERVER_HELLO, &body);
                }
                "done" => {
                    let message = HandshakeType::SERVER_HELLO_DONE;
                    observer.message(side, Protection::Plain, message, b"");
                }
                "change" => observer.change_cipher_spec(side),
                "finished" => observer.unopened_record(side, &sealed(ContentType::HANDSHAKE, 40)),
                "alert" => observer.unopened_record(side, &sealed(ContentType::ALERT, 26)),
                "hole" => observer.missed(side),
                "end" => observer.closed(side),
                length => {
                    let length = length.parse().expect("a length");
                    let header = sealed(ContentType::APPLICATION_DATA, length);
                    observer.unopened_record(side, &header);
                }
            }
        }
        observer
    }

    #[test]
    fn the_end_of_tls12_is_seen() {
        for (story, seen, settled) in [
            ("Chello shello sdone Cchange Cfinished schange sfinished", true, true),
            ("Chello shello sdone Cchange Cfinished schange", false, false),
            ("Chello shello sdone Cchange Cfinished schange salert", false, false),
            ("Chello shello sdone Cchange Cfinished salert", false, false),
            ("Chello shello schange sfinished Cchange Cfinished", true, true),
            ("Chello shello schange sfinished Cchange Calert", false, false),
            // The client's words may still come, where the capture has them late.
            ("shello sdone schange sfinished", true, false),
            ("Chello shello sdone schange sfinished", true, false),
            ("Chello shello sdone schange sfinished Cchange Cfinished", true, true),
            ("Chello shello sdone schange sfinished Chole", true, true),
            ("shello sdone schange sfinished s100", true, true),
            ("shello schange sfinished", false, false),
            ("shello shole schange s100", true, true),
            ("Chello Cchange Cfinished C100", false, false),
        ] {
            let observer = told(false, Version::TLS_1_2, story);
            assert_eq!(observer.seen_established(), seen, "{story}");
            assert_eq!(observer.is_sight_settled(), settled, "{story}");
        }
        let observer = told(false, Version::TLS_1_2, "Chello shello schange salert salert");
        assert_eq!(observer.unopened_alerts(Side::Server), 2);
    }

    #[test]
    fn the_end_of_tls13_is_seen_and_alerts_are_told_by_their_length() {
        let client = Some(Side::Client);
        let server = Some(Side::Server);
        for (early, story, seen, settled, refused) in [
            (false, "Chello shello s900", false, false, None),
            (false, "Chello shello s900 C53", true, false, None),
            (false, "Chello shello s900 C53 s250", true, true, None),
            (false, "Chello shello s900 C19", false, false, client),
            (false, "Chello shello s19", false, false, server),
            (false, "Chello shello s900 s19 C53", false, false, server),
            (false, "Chello shello s900 C53 C300 s19", false, false, server),
            (false, "Chello shello s900 C53 C19 s19", true, true, None),
            (false, "Chello shello s900 C53 Cend s19", true, true, None),
            (false, "Chello shello s900 C800 s250", true, true, None),
            (false, "Chello shello s900 shole C53", false, false, None),
            (false, "Chello shello s900 shole C53 s250", true, true, None),
            (false, "Chello shello s900 Chole C300 s250", false, false, None),
            (true, "Chello C300 shello s200 C300", false, false, None),
            (true, "Chello C300 shello s200 C300 C21 C53 s250", true, true, None),
            (true, "Chello C300 C19 shello s200 C19 C53", true, false, None),
        ] {
            let observer = told(early, Version::TLS_1_3, story);
            assert_eq!(observer.seen_established(), seen, "{story}");
            assert_eq!(observer.is_sight_settled(), settled, "{story}");
            assert_eq!(observer.seen_refusal(), refused, "{story}");
            assert!(!observer.established());
        }
        let observer = told(true, Version::TLS_1_3, "Chello C300 C19 shello s200 C300");
        assert_eq!(observer.early_records(), 2);
        let story = format!("Chello shello s900 C53 {}", "C300 ".repeat(16));
        assert!(told(false, Version::TLS_1_3, &story).is_sight_settled());
    }
}
