//! A TCP connection told by what both sides say: who, when, from which sequence number, how it opens and how it ends.

use std::net::SocketAddr;

use super::segment::Flags;
use super::segment::Segment;
use super::segment::Side;

/// How a connection opens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Opening {
    /// SYN, SYN-ACK, ACK.
    Handshake,
    /// The first words of the client are in its ACK, which is not sent bare.
    DataOnAck,
    /// The first words of the client are in its SYN (RFC 7413); the server takes them, or acknowledges the SYN alone and they come again.
    FastOpen {
        /// Whether the server takes them.
        accepted: bool,
    },
    /// Before the SYN-ACK that counts come others, with these initial sequence numbers.
    OtherSynAcks(Vec<u32>),
    /// None of it is captured.
    Unseen,
}

/// How a connection ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closing {
    /// A side closes in order, and the other follows.
    Finish(Side),
    /// A side resets.
    Reset(Side),
    /// Nothing of an end is captured.
    Unseen,
}

/// What happens next.
#[derive(Clone, Debug)]
enum Turn {
    Say(Side, Vec<u8>),
    Wait(i64),
    KeepAlive(Side),
}

/// A connection to be laid into segments.
#[derive(Clone, Debug)]
pub struct Conversation {
    client: SocketAddr,
    server: SocketAddr,
    at: i64,
    client_isn: u32,
    server_isn: u32,
    round_trip: i64,
    mss: usize,
    opening: Opening,
    closing: Closing,
    turns: Vec<Turn>,
}

impl Conversation {
    /// One that says nothing yet: handshake, then a close by the client; 20 ms there and back; full Ethernet segments.
    pub const fn new(client: SocketAddr, server: SocketAddr) -> Self {
        Self {
            client,
            server,
            at: START,
            client_isn: 0x1000_0000,
            server_isn: 0x2000_0000,
            round_trip: 20_000,
            mss: 1460,
            opening: Opening::Handshake,
            closing: Closing::Finish(Side::Client),
            turns: Vec::new(),
        }
    }

    /// Begins at this moment: microseconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub const fn at(mut self, at: i64) -> Self {
        self.at = at;
        self
    }

    /// Initial sequence numbers of client and server.
    #[must_use]
    pub const fn initial(mut self, client: u32, server: u32) -> Self {
        (self.client_isn, self.server_isn) = (client, server);
        self
    }

    /// Microseconds there and back.
    #[must_use]
    pub const fn round_trip(mut self, microseconds: i64) -> Self {
        self.round_trip = microseconds;
        self
    }

    /// Most bytes of payload in a segment.
    #[must_use]
    pub const fn mss(mut self, bytes: usize) -> Self {
        self.mss = bytes;
        self
    }

    /// How it opens.
    #[must_use]
    pub fn opening(mut self, opening: Opening) -> Self {
        self.opening = opening;
        self
    }

    /// How it ends.
    #[must_use]
    pub const fn closing(mut self, closing: Closing) -> Self {
        self.closing = closing;
        self
    }

    /// The client says this: in segments of its own, one if it fits.
    #[must_use]
    pub fn client(self, bytes: impl AsRef<[u8]>) -> Self {
        self.say(Side::Client, bytes)
    }

    /// The server says this.
    #[must_use]
    pub fn server(self, bytes: impl AsRef<[u8]>) -> Self {
        self.say(Side::Server, bytes)
    }

    /// A side says this.
    #[must_use]
    pub fn say(mut self, side: Side, bytes: impl AsRef<[u8]>) -> Self {
        self.turns.push(Turn::Say(side, bytes.as_ref().to_vec()));
        self
    }

    /// A side says this in pieces of that many bytes, a segment each.
    #[must_use]
    pub fn say_in(self, side: Side, size: usize, bytes: impl AsRef<[u8]>) -> Self {
        bytes.as_ref().chunks(size).fold(self, |told, piece| told.say(side, piece))
    }

    /// All of these turns.
    #[must_use]
    pub fn turns<'a>(self, turns: impl IntoIterator<Item = &'a (Side, Vec<u8>)>) -> Self {
        turns.into_iter().fold(self, |told, (side, bytes)| told.say(*side, bytes))
    }

    /// Nothing happens for so many microseconds.
    #[must_use]
    pub fn wait(mut self, microseconds: i64) -> Self {
        self.turns.push(Turn::Wait(microseconds));
        self
    }

    /// A side asks whether the other is still there, with a byte that was acknowledged long ago (RFC 9293, section 3.8.4).
    #[must_use]
    pub fn keep_alive(mut self, side: Side) -> Self {
        self.turns.push(Turn::KeepAlive(side));
        self
    }

    /// The segments, in the order and at the times of a capture in the middle of the way.
    pub fn segments(&self) -> Vec<Segment> {
        let mut wire = Wire {
            told: self,
            at: self.at,
            next: [self.client_isn, self.server_isn],
            acknowledged: [0; 2],
            segments: Vec::new(),
            last: None,
        };
        let turns = wire.open();
        for turn in turns {
            wire.turn(turn);
        }
        wire.close();
        wire.segments
    }
}

/// When conversations begin that are not told otherwise: 2026-11-29T00:00:00Z.
const START: i64 = 1_795_910_400_000_000;
/// Microseconds between two segments of one burst.
const BURST: i64 = 12;
/// MSS, SACK permitted, window scale (RFC 9293, section 3.1; RFC 2018; RFC 7323).
const SYN_OPTIONS: [u8; 12] = [2, 4, 0x05, 0xb4, 4, 2, 1, 1, 1, 3, 3, 7];

/// Both ends while a conversation is laid out.
struct Wire<'a> {
    told: &'a Conversation,
    at: i64,
    /// Next sequence number of client and server.
    next: [u32; 2],
    /// What each has last acknowledged of the other.
    acknowledged: [u32; 2],
    segments: Vec<Segment>,
    last: Option<Side>,
}

const fn place(side: Side) -> usize {
    match side {
        Side::Client => 0,
        Side::Server => 1,
    }
}

impl<'a> Wire<'a> {
    /// Lays the opening, and says which turns are still to come.
    fn open(&mut self) -> &'a [Turn] {
        let turns = &self.told.turns[..];
        let (first, rest) = match turns.split_first() {
            Some((Turn::Say(Side::Client, bytes), rest)) => (&bytes[..], rest),
            _ => (&[][..], turns),
        };
        let ack = Flags::ACK;
        match &self.told.opening {
            Opening::Unseen => {
                self.next = self.next.map(|isn| isn.wrapping_add(1));
                self.acknowledged = [self.next[1], self.next[0]];
                return turns;
            }
            Opening::FastOpen { accepted } => return self.open_fast(first, rest, *accepted),
            Opening::OtherSynAcks(others) => {
                self.send(Side::Client, Flags::SYN, b"");
                let own = self.next[1];
                for other in others {
                    self.at += self.told.round_trip / 2;
                    self.next[1] = *other;
                    self.send(Side::Server, Flags::SYN.and(ack), b"");
                }
                self.next[1] = own;
            }
            Opening::Handshake | Opening::DataOnAck => self.send(Side::Client, Flags::SYN, b""),
        }
        self.at += self.told.round_trip / 2;
        self.send(Side::Server, Flags::SYN.and(ack), b"");
        self.at += self.told.round_trip / 2;
        if self.told.opening == Opening::DataOnAck && !first.is_empty() {
            return turns;
        }
        self.send(Side::Client, ack, b"");
        turns
    }

    /// RFC 7413, section 3: data on the SYN, and again behind the handshake if only the SYN was acknowledged.
    fn open_fast(&mut self, first: &[u8], rest: &'a [Turn], accepted: bool) -> &'a [Turn] {
        self.send(Side::Client, Flags::SYN, first);
        let behind_syn = self.told.client_isn.wrapping_add(1);
        if !accepted {
            self.next[0] = behind_syn;
        }
        self.at += self.told.round_trip / 2;
        self.send(Side::Server, Flags::SYN.and(Flags::ACK), b"");
        self.at += self.told.round_trip / 2;
        self.send(Side::Client, Flags::ACK, b"");
        if !accepted {
            self.say(Side::Client, first);
        }
        self.last = Some(Side::Client);
        rest
    }

    fn turn(&mut self, turn: &Turn) {
        match turn {
            Turn::Wait(microseconds) => self.at += microseconds,
            Turn::Say(side, bytes) => self.say(*side, bytes),
            Turn::KeepAlive(side) => {
                let own = &mut self.next[place(*side)];
                *own = own.wrapping_sub(1);
                self.send(*side, Flags::ACK, b"");
                let own = &mut self.next[place(*side)];
                *own = own.wrapping_add(1);
                self.at += self.told.round_trip;
                self.send(side.other(), Flags::ACK, b"");
            }
        }
    }

    /// A side that speaks behind the other one answers half a round later; one that speaks again does not wait.
    fn say(&mut self, side: Side, bytes: &[u8]) {
        let turned = self.last.is_some_and(|last| last != side);
        self.at += if turned { self.told.round_trip / 2 } else { BURST };
        self.last = Some(side);
        let mut pieces = bytes.chunks(self.told.mss).peekable();
        while let Some(piece) = pieces.next() {
            let push = if pieces.peek().is_none() { Flags::PSH } else { Flags(0) };
            self.send(side, Flags::ACK.and(push), piece);
            self.at += BURST;
        }
        self.acknowledge(side.other());
    }

    /// A bare acknowledgement, unless there is nothing new to acknowledge.
    fn acknowledge(&mut self, side: Side) {
        if self.acknowledged[place(side)] != self.next[place(side.other())] {
            self.at += BURST;
            self.send(side, Flags::ACK, b"");
        }
    }

    fn close(&mut self) {
        self.at += self.told.round_trip / 2;
        match self.told.closing {
            Closing::Unseen => {}
            Closing::Reset(side) => self.send(side, Flags::RST.and(Flags::ACK), b""),
            Closing::Finish(side) => {
                self.send(side, Flags::FIN.and(Flags::ACK), b"");
                self.at += self.told.round_trip / 2;
                self.send(side.other(), Flags::FIN.and(Flags::ACK), b"");
                self.at += self.told.round_trip / 2;
                self.send(side, Flags::ACK, b"");
            }
        }
    }

    fn send(&mut self, side: Side, flags: Flags, payload: &[u8]) {
        let (source, destination) = match side {
            Side::Client => (self.told.client, self.told.server),
            Side::Server => (self.told.server, self.told.client),
        };
        let acknowledgement =
            if flags.has(Flags::ACK) { self.next[place(side.other())] } else { 0 };
        let segment = Segment {
            at: self.at,
            side,
            source,
            destination,
            sequence: self.next[place(side)],
            acknowledgement,
            flags,
            window: 0xfaf0,
            options: if flags.has(Flags::SYN) { SYN_OPTIONS.to_vec() } else { Vec::new() },
            payload: payload.to_vec(),
        };
        self.acknowledged[place(side)] = acknowledgement;
        self.next[place(side)] = segment.sequence.wrapping_add(segment.length());
        self.segments.push(segment);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain() -> Conversation {
        let [client, server] =
            ["192.0.2.1:40000", "192.0.2.2:25"].map(|text| text.parse().unwrap());
        Conversation::new(client, server)
    }

    /// Flags in letters, and bytes of payload; upper case for the client.
    fn story(segments: &[Segment]) -> String {
        let letter = |segment: &Segment| {
            let flags = segment.flags;
            let letter = if flags.has(Flags::SYN) {
                if flags.has(Flags::ACK) { "H" } else { "S" }
            } else if flags.has(Flags::RST) {
                "R"
            } else if flags.has(Flags::FIN) {
                "F"
            } else if segment.payload.is_empty() {
                "A"
            } else {
                "D"
            };
            let letter = match segment.side {
                Side::Client => letter.to_owned(),
                Side::Server => letter.to_lowercase(),
            };
            let size = segment.payload.len();
            if size == 0 { letter } else { format!("{letter}{size}") }
        };
        segments.iter().map(letter).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn openings_and_closings_are_laid_as_told() {
        let said = || plain().client("hello").server("there");
        for (told, expected) in [
            (said(), "S h A D5 a d5 A F f A"),
            (said().opening(Opening::DataOnAck), "S h D5 a d5 A F f A"),
            (said().opening(Opening::FastOpen { accepted: true }), "S5 h A d5 A F f A"),
            (said().opening(Opening::FastOpen { accepted: false }), "S5 h A D5 a d5 A F f A"),
            (said().opening(Opening::OtherSynAcks(vec![7])), "S h h A D5 a d5 A F f A"),
            (said().opening(Opening::Unseen).closing(Closing::Unseen), "D5 a d5 A"),
            (said().closing(Closing::Reset(Side::Server)), "S h A D5 a d5 A r"),
            (
                plain().mss(4).client("abcdefghij").keep_alive(Side::Server),
                "S h A D4 D4 D2 a a A F f A",
            ),
        ] {
            assert_eq!(story(&told.segments()), expected, "{told:?}");
        }
    }

    #[test]
    fn sequence_numbers_follow_each_other_over_the_wrap() {
        let segments = plain().initial(u32::MAX - 2, 5).client("abcdef").server("x").segments();
        let client: Vec<_> = segments
            .iter()
            .filter(|one| one.side == Side::Client)
            .map(|one| one.sequence)
            .collect();
        assert_eq!(client, [u32::MAX - 2, u32::MAX - 1, u32::MAX - 1, 4, 4, 5]);
        assert!(segments.is_sorted_by_key(|one| one.at));
        let last = segments.last().unwrap();
        assert_eq!((last.sequence, last.acknowledgement), (5, 5 + 1 + 1 + 1));
    }
}
