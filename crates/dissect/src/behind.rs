//! TLS, and what is no TLS before it: behind a go-ahead stands plaintext at times, pipelined or injected. It is counted,
//! and TLS is looked for behind it, whatever the segments were.

use tlscensus_tls_wire::observer::Side;

use crate::findings::PerSide;
use crate::tls;
use crate::tls::Ear;
use crate::tls::Guess;
use crate::tls::Progress;

/// TLS as both sides speak it.
pub(crate) struct Behind {
    /// Large, and what is heard goes from hand to hand.
    ear: Box<Ear>,
    gates: PerSide<Gate>,
    /// TLS was heard.
    reached: bool,
    progress: Progress,
}

/// What stands before one side's TLS.
#[derive(Debug, Default)]
struct Gate {
    /// TLS has begun, or what is there is handed on as if it had.
    open: bool,
    held: Vec<u8>,
    /// Up to here in what is held there is no TLS.
    scanned: usize,
    plaintext: u64,
    /// Bytes are missing before what is held: if that is no text, it is TLS from the middle of a record.
    holed: bool,
}

/// What became of a piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Goes {
    /// On.
    On,
    /// TLS is established.
    Established,
    /// It is not TLS, or no longer.
    NotTls,
}

impl Behind {
    /// TLS from the first byte: what is no TLS there is for the ear to judge.
    pub(crate) fn direct() -> Self {
        let mut behind = Self::upgraded();
        behind.gates.client.open = true;
        behind.gates.server.open = true;
        behind
    }

    /// TLS behind a go-ahead.
    pub(crate) fn upgraded() -> Self {
        Self {
            ear: Box::default(),
            gates: PerSide::default(),
            reached: false,
            progress: Progress::Going,
        }
    }

    /// The next bytes of one side.
    pub(crate) fn hear(&mut self, side: Side, bytes: &[u8]) -> Goes {
        let gate = self.gate(side);
        if gate.open {
            return self.hand_on(side, bytes);
        }
        // Most TLS begins with a segment, and need not be held.
        if gate.held.is_empty() && tls::looks_like_tls(bytes).is_tls() {
            gate.open = true;
            return self.hand_on(side, bytes);
        }
        gate.held.extend_from_slice(bytes);
        match gate.look() {
            Some(tls) => self.hand_on(side, &tls),
            None if gate.plaintext > MAX_PLAINTEXT => Goes::NotTls,
            None => Goes::On,
        }
    }

    /// Bytes of one side are missing.
    pub(crate) fn miss(&mut self, side: Side, bytes: u64) -> Goes {
        let gate = self.gate(side);
        let held = gate.give_up();
        gate.holed = true;
        if !held.is_empty() {
            self.hand_on(side, &held);
        }
        self.progress = self.ear.miss(side, bytes);
        self.goes()
    }

    /// One side is at its end.
    pub(crate) fn finish(&mut self, side: Side) -> Goes {
        let held = self.gate(side).give_up();
        if !held.is_empty() {
            self.hand_on(side, &held);
        }
        self.progress = self.ear.finish(side);
        self.goes()
    }

    /// Bytes that were no TLS, per side.
    pub(crate) fn plaintext(&self) -> PerSide<u64> {
        PerSide { client: self.gates.client.plaintext, server: self.gates.server.plaintext }
    }

    /// The ear, if TLS was reached.
    pub(crate) fn into_tls(self) -> Option<Box<Ear>> {
        self.reached.then_some(self.ear)
    }

    fn hand_on(&mut self, side: Side, bytes: &[u8]) -> Goes {
        self.reached |= !bytes.is_empty();
        self.progress = self.ear.hear(side, bytes);
        self.goes()
    }

    fn goes(&self) -> Goes {
        match self.progress {
            Progress::Going => Goes::On,
            Progress::Established => Goes::Established,
            Progress::Broken(..) => Goes::NotTls,
        }
    }

    const fn gate(&mut self, side: Side) -> &mut Gate {
        match side {
            Side::Client => &mut self.gates.client,
            Side::Server => &mut self.gates.server,
        }
    }
}

impl Gate {
    /// Looks for TLS in what is held: from where it begins, or nothing yet.
    fn look(&mut self) -> Option<Vec<u8>> {
        while let Some(rest) = self.held.get(self.scanned..).filter(|rest| !rest.is_empty()) {
            match tls::looks_like_tls(rest) {
                guess if guess.is_tls() => {
                    self.count(self.scanned);
                    self.open = true;
                    return Some(std::mem::take(&mut self.held));
                }
                Guess::Unsure if rest.len() < MAX_UNSURE => break,
                _ if self.holed && rest.first().is_some_and(|byte| !is_text(*byte)) => {
                    self.count(self.scanned);
                    self.open = true;
                    return Some(std::mem::take(&mut self.held));
                }
                _ => {
                    self.holed = false;
                    self.scanned += 1;
                }
            }
        }
        // What cannot be TLS need not be kept.
        self.count(self.scanned);
        None
    }

    fn count(&mut self, bytes: usize) {
        self.held.drain(..bytes);
        self.scanned = 0;
        self.plaintext = self.plaintext.saturating_add(u64::try_from(bytes).unwrap_or(u64::MAX));
    }

    /// No more comes that would tell: what may yet be the beginning of TLS, which text is not.
    fn give_up(&mut self) -> Vec<u8> {
        if self.held.iter().copied().all(is_text) {
            self.count(self.held.len());
        }
        self.scanned = 0;
        std::mem::take(&mut self.held)
    }
}

const fn is_text(byte: u8) -> bool {
    matches!(byte, b'\t' | b'\r' | b'\n' | 0x20..=0x7e)
}

/// Plaintext behind a go-ahead that is counted while TLS is waited for: a client that pipelines a mail does so in less.
const MAX_PLAINTEXT: u64 = 16 * 1024;

/// Bytes behind which a hello is told from none: its headers, and an alert before it.
const MAX_UNSURE: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    /// A ClientHello of the fewest bytes that one can have: a version, 32 bytes of random, three empty lists.
    const HELLO: &[u8] = &{
        let mut hello = [0; 5 + 4 + 38];
        [hello[0], hello[1], hello[2], hello[4]] = [0x16, 3, 1, 4 + 38];
        [hello[5], hello[8], hello[9], hello[10]] = [1, 38, 3, 3];
        hello
    };

    #[test]
    fn plaintext_is_counted_and_tls_found_behind_it_in_any_split() {
        let cases: [(&[u8], u64, bool); 5] = [
            (b"", 0, true),
            (b"NOOP\r\n", 6, true),
            (b"<iq/>", 5, true),
            (b"\x16\x16\x03", 3, true),
            (b"NOOP\r\nRSET\r\n", 12, false),
        ];
        for (before, count, reached) in cases {
            let hello = if reached { HELLO } else { b"" };
            let said = [before, hello].concat();
            for step in 1..=said.len() {
                let mut behind = Behind::upgraded();
                said.chunks(step).for_each(|chunk| {
                    behind.hear(Side::Client, chunk);
                });
                behind.finish(Side::Client);
                assert_eq!(behind.plaintext().client, count, "{before:?} by {step}");
                assert_eq!(behind.into_tls().is_some(), reached, "{before:?} by {step}");
            }
        }
    }

    #[test]
    fn endless_plaintext_is_given_up() {
        let mut behind = Behind::upgraded();
        let last = (0..1_000).map(|_| behind.hear(Side::Server, &[b'x'; 64])).last();
        assert_eq!(last, Some(Goes::NotTls));
        assert!(behind.gates.server.held.len() < MAX_UNSURE);
    }
}
