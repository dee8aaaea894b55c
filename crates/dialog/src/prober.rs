//! The active use of a session: speaks the client's part.

use crate::Facts;
use crate::Identity;
use crate::Interruption;
use crate::Phase;
use crate::Service;

/// What the driver has to do now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Write out what was appended, then read.
    Read,
    /// Write out what was appended, then start TLS with the leftover bytes as its first input.
    Upgrade,
    /// Write out what was appended, then close.
    Done,
}

/// Speaks the client's part of one conversation.
///
/// Call order: `poll` → do its step → `receive` → `poll` …; after [`Step::Upgrade`] call [`take_leftover`](Self::take_leftover),
/// run TLS, then [`secured`](Self::secured) and go on with plaintext from inside TLS. With implicit TLS the first step is
/// `Upgrade`.
pub struct Prober {}

impl Prober {
    /// A conversation with one endpoint.
    pub fn new(_service: &Service, _identity: &Identity) -> Self {
        Self {}
    }
    /// Server's bytes, in any split. Bytes that come after [`Step::Upgrade`] and before [`secured`](Self::secured) are leftover.
    pub fn receive(&mut self, _bytes: &[u8]) {}
    /// Appends what is to be written to `out` and says what to do.
    pub fn poll(&mut self, _out: &mut Vec<u8>) -> Step {
        Step::Done
    }
    /// Server bytes behind the go-ahead: evidence (kept in the facts) and the first input of TLS.
    pub fn take_leftover(&mut self) -> Vec<u8> {
        Vec::new()
    }
    /// TLS is up; the conversation starts over inside it.
    pub fn secured(&mut self) {}
    /// No more bytes will come.
    pub fn interrupted(&mut self, _how: Interruption) {}
    /// Where the conversation is (for phase deadlines and timings).
    pub fn phase(&self) -> Phase {
        Phase::Greeting
    }
    /// What is known so far.
    pub fn facts(&self) -> &Facts {
        static EMPTY: std::sync::LazyLock<Facts> = std::sync::LazyLock::new(Facts::default);
        &EMPTY
    }
}
