//! Bytes of a packet, as far as they were captured.

use crate::unwrap::Unread;

/// A part of a frame: the bytes of it that were captured, and how long it was on the wire.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Span<'a> {
    bytes: &'a [u8],
    length: usize,
}

impl<'a> Span<'a> {
    /// What was captured of something that was so long, or longer.
    #[inline]
    pub(crate) fn new(bytes: &'a [u8], length: usize) -> Self {
        Self { bytes, length: length.max(bytes.len()) }
    }

    /// What was captured.
    #[inline]
    pub(crate) fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// How long it was on the wire.
    #[inline]
    pub(crate) fn length(&self) -> usize {
        self.length
    }

    /// True where the capture holds all of it.
    #[inline]
    pub(crate) fn is_whole(&self) -> bool {
        self.bytes.len() == self.length
    }

    /// Its first bytes.
    #[inline]
    pub(crate) fn head<const N: usize>(&self) -> Result<&'a [u8; N], Unread> {
        self.bytes.first_chunk().ok_or_else(|| self.lacking(N))
    }

    /// Two bytes at an offset.
    #[inline]
    pub(crate) fn u16_at(&self, offset: usize) -> Result<u16, Unread> {
        let two = self.bytes.get(offset..).and_then(<[u8]>::first_chunk);
        two.map(|two| u16::from_be_bytes(*two)).ok_or_else(|| self.lacking(offset + 2))
    }

    /// What follows so many bytes, none of which need be captured.
    #[inline]
    pub(crate) fn skip(&self, count: usize) -> Result<Self, Unread> {
        let length = self.length.checked_sub(count).ok_or(Unread::Malformed)?;
        Ok(Self { bytes: self.bytes.get(count..).unwrap_or_default(), length })
    }

    /// Its first so many bytes, which it must have had on the wire.
    #[inline]
    pub(crate) fn limit(&self, length: usize) -> Result<Self, Unread> {
        if length > self.length {
            return Err(Unread::Malformed);
        }
        Ok(Self { bytes: self.bytes.get(..length).unwrap_or(self.bytes), length })
    }

    /// Why so many bytes are not there.
    #[cold]
    fn lacking(&self, count: usize) -> Unread {
        if self.length < count { Unread::Malformed } else { Unread::CutShort }
    }
}
