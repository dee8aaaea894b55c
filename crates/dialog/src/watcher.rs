//! The passive use of a session: hears both sides, says nothing.

use crate::Facts;
use crate::Interruption;
use crate::Service;
use crate::Side;

/// Listens to one conversation.
///
/// Call order: `hear` with either side's bytes in the order of arrival; once it returns `true` both sides have turned to
/// TLS: take the leftover of each side, and hand everything further to the TLS observer.
pub struct Watcher {}

impl Watcher {
    /// A conversation of this service.
    pub fn new(_service: &Service) -> Self {
        Self {}
    }
    /// Bytes of one side, in any split; `true` once the upgrade happened.
    pub fn hear(&mut self, _side: Side, _bytes: &[u8]) -> bool {
        false
    }
    /// TLS was decrypted or is transparent (tests): the conversation starts over inside it.
    pub fn secured(&mut self) {}
    /// No more bytes will come from either side.
    pub fn interrupted(&mut self, _how: Interruption) {}
    /// What is known so far.
    pub fn facts(&self) -> &Facts {
        static EMPTY: std::sync::LazyLock<Facts> = std::sync::LazyLock::new(Facts::default);
        &EMPTY
    }
}
