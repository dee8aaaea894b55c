//! Placeholder for the TLS part, which is written elsewhere: record headers only, the same interface.

use tlscensus_tls_wire::observer::Observer;
use tlscensus_tls_wire::observer::Side;

/// How TLS goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// More is to come.
    Going,
    /// Both sides have sent application data.
    Established,
    /// Not TLS.
    Broken(&'static str),
}

/// Whose first bytes these are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Guess {
    /// A client's.
    Client,
    /// A server's.
    Server,
    /// Too few to say.
    Unsure,
    /// Not TLS.
    No,
}

/// Hears the bytes of one TLS connection.
#[derive(Debug)]
pub struct Ear {
    observer: Observer,
    heads: [Vec<u8>; 2],
    data: [bool; 2],
    broken: bool,
}

impl Default for Ear {
    fn default() -> Self {
        Self::new()
    }
}

impl Ear {
    /// Nothing heard yet.
    pub fn new() -> Self {
        Self {
            observer: Observer::new(),
            heads: Default::default(),
            data: [false; 2],
            broken: false,
        }
    }

    /// The next bytes of one side.
    pub fn hear(&mut self, side: Side, bytes: &[u8]) -> Progress {
        let at = usize::from(side == Side::Server);
        let (Some(buffer), Some(data)) = (self.heads.get_mut(at), self.data.get_mut(at)) else {
            return Progress::Going;
        };
        buffer.extend_from_slice(bytes);
        while let [kind, major, _, high, low, rest @ ..] = buffer.as_slice() {
            if !(0x14..=0x18).contains(kind) || *major != 3 {
                self.broken = true;
                break;
            }
            let length = usize::from(*high) << 8 | usize::from(*low);
            if rest.len() < length {
                break;
            }
            *data |= *kind == 0x17;
            buffer.drain(..5 + length);
        }
        self.progress()
    }

    /// So many bytes of one side are missing.
    pub fn miss(&mut self, _side: Side, _bytes: u64) -> Progress {
        self.progress()
    }

    /// A side is at its end.
    pub fn finish(&mut self, _side: Side) -> Progress {
        self.progress()
    }

    /// What was heard.
    pub fn observer(&self) -> &Observer {
        &self.observer
    }

    fn progress(&self) -> Progress {
        match (self.broken, self.data) {
            (true, _) => Progress::Broken("no record"),
            (false, [true, true]) => Progress::Established,
            _ => Progress::Going,
        }
    }
}

/// Whether first bytes of a side are TLS.
pub(crate) fn looks_like_tls(bytes: &[u8]) -> Guess {
    match bytes {
        [0x16, 0x03, 0..=4, _, _, 1, ..] => Guess::Client,
        [0x16, 0x03, 0..=4, _, _, 2, ..] | [0x15, 0x03, 0..=4, 0, _, ..] => Guess::Server,
        [0x16 | 0x15] | [0x16 | 0x15, 0x03] | [0x16 | 0x15, 0x03, 0..=4] => Guess::Unsure,
        [0x16 | 0x15, 0x03, 0..=4, _] | [0x16, 0x03, 0..=4, _, _] | [] => Guess::Unsure,
        _ => Guess::No,
    }
}
