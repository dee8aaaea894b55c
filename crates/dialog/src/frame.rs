//! Cutting a byte stream into units: framing only, no grammar.

/// Longest unit (line, line with literals, XML element) that is kept: 64 KiB, 100 times what RFC 5321 section 4.5.3.1 asks for.
pub const MAX_UNIT: usize = 64 * 1024;

/// Why a stream cannot be cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameError {
    /// The unit grew past its limit.
    TooLong,
    /// The bytes cannot start or continue a unit of this protocol.
    Malformed,
}

/// Cuts one side's bytes into units, whatever the segments were.
pub trait Framer {
    /// Takes more bytes.
    fn feed(&mut self, bytes: &[u8]);
    /// The next whole unit, its terminator included; `None` while it is incomplete.
    ///
    /// # Errors
    /// [`FrameError`] when no unit can be cut any more; the framer stays in that state.
    fn unit(&mut self) -> Result<Option<Vec<u8>>, FrameError>;
    /// All bytes that are not part of a unit handed out; the framer is empty afterwards.
    fn take_rest(&mut self) -> Vec<u8>;
    /// The bytes not yet handed out (to say what a peer looked like).
    fn rest(&self) -> &[u8];
}
