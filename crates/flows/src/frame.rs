//! A captured frame.

use crate::link_type::LinkType;
use crate::listen::Time;
use crate::number::usize_from;
use crate::span::Span;

/// A frame as a capture holds it.
#[derive(Clone, Copy, Debug)]
pub struct Frame<'a> {
    /// When it was captured.
    pub at: Time,
    /// What it begins with.
    pub link_type: LinkType,
    /// As much of it as was captured.
    pub bytes: &'a [u8],
    /// How long it was on the wire, in bytes. Less than was captured counts as that.
    pub wire_length: u32,
}

impl<'a> Frame<'a> {
    pub(crate) fn span(&self) -> Span<'a> {
        Span::new(self.bytes, usize_from(self.wire_length))
    }
}
