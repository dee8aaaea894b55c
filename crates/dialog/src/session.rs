//! The shape of a two-sided conversation: what every protocol's file implements.

use crate::Facts;

/// Who said it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The side that opened the connection.
    Client,
    /// The side that accepted it.
    Server,
}

/// What a polite measuring client does now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Move {
    /// Say these bytes (whole units, terminators included).
    Say(Vec<u8>),
    /// It is the server's turn.
    Listen,
    /// The server gave the go-ahead: the next byte of either side belongs to TLS.
    Upgrade,
    /// The conversation is over; [`Facts::ending`] says how.
    End,
}

/// Why no more bytes will come. Whoever drives the connection knows; the session turns it into an outcome by phase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interruption {
    /// The peer closed its side in order.
    Closed,
    /// The peer reset the connection.
    Reset,
    /// The deadline of the phase or of the whole endpoint passed.
    TimedOut,
    /// The byte budget of the endpoint is used up.
    OverBytes,
}

/// One conversation of one protocol, heard from both sides.
///
/// Call order: [`hear`](Self::hear) for each unit of either side in the order of arrival; after each unit
/// [`next`](Self::next) says whose turn it is. After [`Move::Upgrade`] no plaintext is heard until
/// [`secured`](Self::secured). [`interrupted`](Self::interrupted) ends it at any point.
/// A session never asks for credentials or messages, and stops listening when a client begins to send them.
pub trait Session: Send {
    /// Cuts this side's byte stream into this protocol's units (lines, lines with literals, XML elements).
    fn framer(&self, side: Side) -> Box<dyn crate::frame::Framer + Send>;
    /// Hears one whole unit, its terminator included.
    fn hear(&mut self, side: Side, unit: &[u8]);
    /// What comes next. Calling it twice without hearing anything in between gives the same answer.
    fn next(&self) -> Move;
    /// TLS is up: the same conversation starts over inside it.
    fn secured(&mut self);
    /// No more bytes will come.
    fn interrupted(&mut self, how: Interruption);
    /// A unit grew past its limit or cannot be one at all: the session ends as its phase says.
    fn unframeable(&mut self, error: crate::frame::FrameError, start: &[u8]);
    /// What is known so far.
    fn facts(&self) -> &Facts;
    /// The same, to add what only the driver knows (leftover bytes).
    fn facts_mut(&mut self) -> &mut Facts;
}
