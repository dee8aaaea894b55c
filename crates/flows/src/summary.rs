//! What is known of a flow beside its bytes.

use std::net::SocketAddr;

use crate::listen::Time;

/// How a flow began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Opened {
    /// Number of the flow in this table, from 0.
    pub number: u64,
    /// When its first packet was captured.
    pub at: Time,
    /// Who opened it.
    pub opener: SocketAddr,
    /// The other one.
    pub responder: SocketAddr,
    /// The capture does not hold its beginning: no SYN was seen, and who opened it is a guess.
    pub midstream: bool,
}

/// What one direction of a flow came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Packets.
    pub packets: u64,
    /// Bytes of payload that were handed over.
    pub bytes: u64,
    /// Bytes of payload that are not in the capture; at [`End::Enough`], those included that were waited for then and may have come
    /// later.
    pub missed: u64,
    /// Bytes that came again with another content than the first time, which is the one that counts. Exact as long as the first is held
    /// behind a hole. Of what was handed over, the beginnings of the last four segments are remembered: where one comes again with
    /// another beginning, all of its repeated bytes count.
    pub conflicting: u64,
}

/// Why nothing more is said of a flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum End {
    /// Its listener had heard enough.
    Enough,
    /// No room was left, and it was idle longest.
    Evicted,
    /// Both directions closed in order.
    Finished,
    /// One side reset it.
    Reset,
    /// The capture ended.
    Stopped,
    /// Nothing came for too long.
    TimedOut,
}

/// A flow, as far as it has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// How it began.
    pub opened: Opened,
    /// When its last packet so far was captured.
    pub last: Time,
    /// What the opener sent.
    pub opener: Counts,
    /// What the responder sent.
    pub responder: Counts,
    /// A SYN of the opener was seen.
    pub syn: bool,
    /// A SYN-ACK of the responder was seen.
    pub syn_ack: bool,
    /// A letter for each kind of packet at its first, upper case for the opener and lower case for the responder: S a SYN,
    /// H a SYN-ACK, A a bare acknowledgement, D payload, F a FIN, R a RST, T payload repeated, G a hole, C a bad checksum.
    pub history: String,
    /// Why nothing more is said.
    pub end: End,
}
