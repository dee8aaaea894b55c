//! A flow with its two directions, and the story of its packets.

use crate::calendar::Class;
use crate::endpoints::Endpoints;
use crate::endpoints::Side;
use crate::listen::Sender;
use crate::listen::Time;
use crate::reassembly::Half;
use crate::summary::End;
use crate::summary::Opened;
use crate::summary::Summary;

/// A flow that has a listener, or is counted to its end.
#[derive(Debug)]
pub(crate) struct Flow {
    pub(crate) number: u64,
    /// When its first packet was captured.
    pub(crate) at: Time,
    /// When its last packet was captured.
    pub(crate) last: Time,
    /// From the opener to the responder.
    pub(crate) endpoints: Endpoints,
    /// Which side the opener is.
    pub(crate) opener: Side,
    pub(crate) midstream: bool,
    pub(crate) syn: bool,
    pub(crate) syn_ack: bool,
    pub(crate) reset: bool,
    pub(crate) history: History,
    pub(crate) opener_half: Half,
    pub(crate) responder_half: Half,
}

impl Flow {
    /// Brings what a segment changes from memory.
    #[inline]
    pub(crate) fn touch(&self) {
        std::hint::black_box((
            self.number,
            self.opener_half.counts().packets,
            self.responder_half.counts().packets,
        ));
    }

    /// Who a side is.
    #[inline]
    pub(crate) fn sender(&self, side: Side) -> Sender {
        if side == self.opener { Sender::Opener } else { Sender::Responder }
    }

    #[inline]
    pub(crate) fn half(&self, of: Sender) -> &Half {
        match of {
            Sender::Opener => &self.opener_half,
            Sender::Responder => &self.responder_half,
        }
    }

    #[inline]
    pub(crate) fn half_mut(&mut self, of: Sender) -> &mut Half {
        match of {
            Sender::Opener => &mut self.opener_half,
            Sender::Responder => &mut self.responder_half,
        }
    }

    /// What is told of it when it begins.
    pub(crate) fn opened(&self) -> Opened {
        Opened {
            number: self.number,
            at: self.at,
            opener: self.endpoints.source(),
            responder: self.endpoints.destination(),
            midstream: self.midstream,
        }
    }

    /// What is told of it so far.
    pub(crate) fn summary(&self, end: End) -> Summary {
        Summary {
            opened: self.opened(),
            last: self.last,
            opener: self.opener_half.counts(),
            responder: self.responder_half.counts(),
            syn: self.syn,
            syn_ack: self.syn_ack,
            history: self.history.text(),
            end,
        }
    }

    /// What is told to a listener that has had enough: what is waited for counts as missed, as far as it knows.
    pub(crate) fn summary_with_holes(&self, end: End) -> Summary {
        let mut summary = self.summary(end);
        summary.opener.missed += self.opener_half.waited_for();
        summary.responder.missed += self.responder_half.waited_for();
        summary
    }

    /// True where both directions are at their end.
    pub(crate) fn is_finished(&self) -> bool {
        self.opener_half.is_finished() && self.responder_half.is_finished()
    }

    /// True where it was reset or closed: a SYN of the same addresses and ports begins another one.
    pub(crate) fn is_closing(&self) -> bool {
        let silent = |half: &Half| half.counts().packets == 0;
        let (opener, responder) = (&self.opener_half, &self.responder_half);
        self.reset
            || opener.is_ending() && (responder.is_ending() || silent(responder))
            || responder.is_ending() && silent(opener)
    }

    /// What it waits for.
    #[inline]
    pub(crate) fn class(&self) -> Class {
        if self.waiting_since().is_some() {
            Class::Waiting
        } else if self.is_closing() {
            Class::Closing
        } else {
            Class::Established
        }
    }

    /// The same, where nobody listens.
    #[inline]
    pub(crate) fn class_counted(&self) -> Class {
        if self.is_closing() { Class::Closing } else { Class::Tombstone }
    }

    /// The beat since which the older of its holes is waited for.
    #[inline]
    pub(crate) fn waiting_since(&self) -> Option<u32> {
        let (opener, responder) =
            (self.opener_half.waiting_since(), self.responder_half.waiting_since());
        match (opener, responder) {
            (Some(opener), Some(responder)) => Some(opener.min(responder)),
            (one, other) => one.or(other),
        }
    }

    /// Notes what a direction has come to.
    #[inline]
    pub(crate) fn note_half(&mut self, of: Sender) {
        let half = self.half(of);
        let (repeated, missed) = (half.has_repeated(), half.has_missed());
        if repeated {
            self.history.note(Kind::Repeated, of);
        }
        if missed {
            self.history.note(Kind::Hole, of);
        }
    }
}

/// Kinds of packets that a history tells of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Acknowledgement,
    BadChecksum,
    Data,
    Fin,
    Hole,
    Repeated,
    Reset,
    Syn,
    SynAck,
}

impl Kind {
    const fn letter(self) -> u8 {
        match self {
            Self::Acknowledgement => b'A',
            Self::BadChecksum => b'C',
            Self::Data => b'D',
            Self::Fin => b'F',
            Self::Hole => b'G',
            Self::Repeated => b'T',
            Self::Reset => b'R',
            Self::Syn => b'S',
            Self::SynAck => b'H',
        }
    }
}

/// The letters of [`Summary::history`], each kind of either side once.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct History {
    /// A bit for each letter of either case.
    seen: u64,
    letters: [u8; MOST_LETTERS],
    count: u8,
}

impl History {
    /// Notes a packet at its first.
    #[inline]
    pub(crate) fn note(&mut self, kind: Kind, of: Sender) {
        let letter = match of {
            Sender::Opener => kind.letter(),
            Sender::Responder => kind.letter().to_ascii_lowercase(),
        };
        // A to Z and a to z are less than 64 apart.
        let bit = 1 << (letter - b'A');
        if self.seen & bit == 0 {
            self.seen |= bit;
            self.append(letter);
        }
    }

    #[cold]
    fn append(&mut self, letter: u8) {
        if let Some(place) = self.letters.get_mut(usize::from(self.count)) {
            *place = letter;
            self.count += 1;
        }
    }

    fn text(&self) -> String {
        let count = usize::from(self.count);
        self.letters.iter().take(count).map(|letter| char::from(*letter)).collect()
    }
}

/// Of nine kinds, both sides.
const MOST_LETTERS: usize = 18;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_history_holds_every_letter_once() {
        let kinds = [
            Kind::Syn,
            Kind::SynAck,
            Kind::Acknowledgement,
            Kind::Data,
            Kind::Fin,
            Kind::Reset,
            Kind::Repeated,
            Kind::Hole,
            Kind::BadChecksum,
        ];
        let mut history = History::default();
        for _ in 0..2 {
            for kind in kinds {
                history.note(kind, Sender::Opener);
                history.note(kind, Sender::Responder);
            }
        }
        assert_eq!(history.text(), "SsHhAaDdFfRrTtGgCc");
    }
}
