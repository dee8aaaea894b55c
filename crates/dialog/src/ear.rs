//! One side of a conversation as it was captured: units that wait, and holes with what lies behind them.

use std::collections::VecDeque;

use crate::frame::Framer;
use crate::looks;
use crate::session::Session;
use crate::session::Side;

/// Bytes of one side that belong to TLS.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Piece {
    /// So many bytes are missing before them.
    pub missed: u64,
    /// The bytes.
    pub bytes: Vec<u8>,
}

/// One side as heard.
pub(crate) struct Ear {
    pub(crate) framer: Box<dyn Framer + Send>,
    /// A unit that was cut and whose time has not come.
    pub(crate) waiting: Option<Vec<u8>>,
    /// Holes behind what the framer has, each with the bytes behind it.
    behind: VecDeque<Piece>,
    /// Bytes behind them, all together.
    behind_bytes: usize,
    pub(crate) leftover: Vec<u8>,
    /// Bytes missing since the last unit that was heard; none: nothing.
    pub(crate) lost: Option<u64>,
    /// Nothing more comes of it.
    pub(crate) absent: bool,
}

impl Ear {
    pub(crate) fn new(session: &dyn Session, side: Side) -> Self {
        Self {
            framer: session.framer(side),
            waiting: None,
            behind: VecDeque::new(),
            behind_bytes: 0,
            leftover: Vec::new(),
            lost: None,
            absent: false,
        }
    }

    pub(crate) fn feed(&mut self, bytes: &[u8]) {
        self.absent &= bytes.is_empty();
        match self.behind.back_mut() {
            Some(hole) => {
                hole.bytes.extend_from_slice(bytes);
                self.behind_bytes += bytes.len();
            }
            None => self.framer.feed(bytes),
        }
    }

    /// So many bytes are missing behind all that was heard.
    pub(crate) fn miss(&mut self, bytes: u64) {
        match self.behind.back_mut() {
            Some(hole) if hole.bytes.is_empty() => hole.missed = hole.missed.saturating_add(bytes),
            _ => self.behind.push_back(Piece { missed: bytes, bytes: Vec::new() }),
        }
    }

    /// So many are missing before the first hole.
    pub(crate) fn miss_before(&mut self, bytes: u64) {
        self.behind.push_front(Piece { missed: bytes, bytes: Vec::new() });
    }

    /// Goes over the next hole: what was begun before it stays unfinished.
    pub(crate) fn cross_hole(&mut self) -> bool {
        let Some(hole) = self.behind.pop_front() else {
            return false;
        };
        self.behind_bytes -= hole.bytes.len();
        self.framer.resync();
        self.framer.feed(&hole.bytes);
        self.lost = Some(self.lost.unwrap_or(0).saturating_add(hole.missed));
        true
    }

    /// The holes that were not gone over.
    pub(crate) fn take_behind(&mut self) -> VecDeque<Piece> {
        self.behind_bytes = 0;
        std::mem::take(&mut self.behind)
    }

    /// Bytes that wait.
    pub(crate) fn held(&self) -> usize {
        let waiting = self.waiting.as_ref().map_or(0, Vec::len);
        self.framer.waiting().len() + waiting + self.behind_bytes
    }

    /// Bytes that it takes to keep them.
    pub(crate) fn cost(&self) -> usize {
        self.held() + self.behind.len() * HOLE_BYTES
    }

    pub(crate) fn is_at_tls(&self) -> bool {
        self.waiting.is_none() && looks::opens_tls(self.framer.waiting())
    }

    pub(crate) fn may_be_at_tls(&self) -> bool {
        self.behind.is_empty() && looks::may_open_tls(self.framer.waiting())
    }

    /// Nothing of it is left, and nothing more comes.
    pub(crate) fn is_at_end(&self) -> bool {
        self.absent && self.waiting.is_none() && self.behind.is_empty()
    }
}

/// What a hole costs beside the bytes behind it, which may be one.
const HOLE_BYTES: usize = 64;
