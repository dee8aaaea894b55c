//! Who hears a flow: the seam between reassembly and meaning.

use crate::summary::Opened;
use crate::summary::Summary;

/// A moment of the capture: microseconds since 1970-01-01T00:00:00Z. Nothing here knows another clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(pub i64);

/// Who sent something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sender {
    /// Who opened the connection, as far as the handshake of TCP was seen; otherwise who seems to have.
    Opener,
    /// The other one.
    Responder,
}

impl Sender {
    /// The other one.
    pub const fn other(self) -> Self {
        match self {
            Self::Opener => Self::Responder,
            Self::Responder => Self::Opener,
        }
    }
}

/// Whether a listener wants to hear more of its flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Appetite {
    /// It does.
    More,
    /// It does not: no payload of this flow is looked at any more.
    Enough,
}

/// Hears the bytes of one flow, each direction in order and each byte once.
pub trait Listener {
    /// The next bytes of a direction, captured at this time.
    fn hear(&mut self, from: Sender, at: Time, bytes: &[u8]) -> Appetite;
    /// So many bytes of a direction are not in the capture and will not come: what is heard next stands behind them.
    fn miss(&mut self, from: Sender, at: Time, bytes: u64) -> Appetite;
    /// A direction has come to its end: all that it sent was heard or missed.
    fn finish(&mut self, from: Sender, at: Time) -> Appetite;
}

/// Hears of flows: gives each a listener, and takes it back.
pub trait Audience {
    /// What hears one flow.
    type Listener: Listener;
    /// A flow begins.
    fn opened(&mut self, opened: &Opened) -> Self::Listener;
    /// A listener has had enough, or its flow is at an end: called once for each that [`opened`](Self::opened) gave.
    fn done(&mut self, listener: Self::Listener, summary: &Summary);
    /// A flow is at its end, and this is all of it. Called behind [`done`](Self::done), and only where counting to the end was
    /// asked for.
    fn closed(&mut self, summary: &Summary) {
        let _ = summary;
    }
}
