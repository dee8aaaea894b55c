//! What a direction is worked on with: what arrives, who listens, what limits there are.

use crate::listen::Appetite;
use crate::listen::Listener;
use crate::listen::Sender;
use crate::listen::Time;
use crate::settings::Limits;
use crate::span::Span;
use crate::statistics::Statistics;

/// A segment of a direction.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Arrival<'a> {
    /// Of the first byte of payload.
    pub(crate) sequence: u32,
    pub(crate) payload: Span<'a>,
    /// The direction ends behind it.
    pub(crate) fin: bool,
    pub(crate) at: Time,
}

/// What a direction needs beside itself.
pub(crate) struct Bench<'a, 'l, L> {
    pub(crate) from: Sender,
    /// Nobody any more once it has had enough: what comes is counted all the same.
    pub(crate) listener: Option<&'l mut L>,
    /// The present beat.
    pub(crate) beat: u32,
    pub(crate) limits: &'a Limits,
    /// What all flows hold.
    pub(crate) held: &'a mut usize,
    pub(crate) statistics: &'a mut Statistics,
}

impl<L: Listener> Bench<'_, '_, L> {
    /// The next bytes.
    #[inline]
    pub(crate) fn hear(&mut self, at: Time, bytes: &[u8]) {
        let from = self.from;
        if let Some(listener) = &mut self.listener
            && listener.hear(from, at, bytes) == Appetite::Enough
        {
            self.listener = None;
        }
    }

    /// So many bytes that are not there.
    pub(crate) fn miss(&mut self, at: Time, bytes: u64) {
        let from = self.from;
        if let Some(listener) = &mut self.listener
            && listener.miss(from, at, bytes) == Appetite::Enough
        {
            self.listener = None;
        }
    }

    /// The end.
    pub(crate) fn finish(&mut self, at: Time) {
        let from = self.from;
        if let Some(listener) = &mut self.listener
            && listener.finish(from, at) == Appetite::Enough
        {
            self.listener = None;
        }
    }
}
