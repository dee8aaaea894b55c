//! Reading and writing: a bounded reader that never panics, and the trait whose two halves stand side by side.

use std::fmt;

/// Something that stands on the wire: read and written next to each other, so that they cannot drift apart.
pub trait Codec<'a>: Sized {
    /// Appends the wire form.
    fn encode(&self, out: &mut Vec<u8>);

    /// Reads one value and leaves what follows it in the reader.
    fn read(reader: &mut Reader<'a>) -> Result<Self, DecodeError>;

    /// Reads one value that must use up all bytes.
    fn decode(bytes: &'a [u8], what: &'static str) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes);
        let value = Self::read(&mut reader)?;
        reader.finish(what)?;
        Ok(value)
    }

    /// Bytes of the wire form: what padding and length fields are computed from.
    fn encoded_length(&self) -> usize {
        self.encoded().len()
    }

    /// The wire form as a new vector.
    fn encoded(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.encode(&mut out);
        out
    }
}

/// Bytes being read, front to back.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    left: &'a [u8],
}

impl<'a> Reader<'a> {
    /// Reads from the first byte on.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { left: bytes }
    }

    /// Number of bytes not read yet.
    pub fn left(&self) -> usize {
        self.left.len()
    }

    /// True when all is read.
    pub fn is_empty(&self) -> bool {
        self.left.is_empty()
    }

    /// The bytes not read yet, left where they are.
    pub fn peek(&self) -> &'a [u8] {
        self.left
    }

    /// All that is left.
    pub fn rest(&mut self) -> &'a [u8] {
        std::mem::take(&mut self.left)
    }

    /// Insists that everything was used up.
    pub fn finish(self, what: &'static str) -> Result<(), DecodeError> {
        match self.left.len() {
            0 => Ok(()),
            left => Err(DecodeError::Trailing { what, left }),
        }
    }

    /// The next `length` bytes.
    pub fn take(&mut self, length: usize, what: &'static str) -> Result<&'a [u8], DecodeError> {
        let Some((taken, left)) = self.left.split_at_checked(length) else {
            return Err(self.truncated(length, what));
        };
        self.left = left;
        Ok(taken)
    }

    /// The next `N` bytes as an array.
    pub fn array<const N: usize>(&mut self, what: &'static str) -> Result<[u8; N], DecodeError> {
        let Some((taken, left)) = self.left.split_first_chunk::<N>() else {
            return Err(self.truncated(N, what));
        };
        self.left = left;
        Ok(*taken)
    }

    /// One byte.
    pub fn u8(&mut self, what: &'static str) -> Result<u8, DecodeError> {
        let [byte] = self.array(what)?;
        Ok(byte)
    }

    /// Two bytes, big-endian.
    pub fn u16(&mut self, what: &'static str) -> Result<u16, DecodeError> {
        Ok(u16::from_be_bytes(self.array(what)?))
    }

    /// Three bytes, big-endian.
    pub fn u24(&mut self, what: &'static str) -> Result<u32, DecodeError> {
        let [high, middle, low] = self.array(what)?;
        Ok(u32::from_be_bytes([0, high, middle, low]))
    }

    /// Four bytes, big-endian.
    pub fn u32(&mut self, what: &'static str) -> Result<u32, DecodeError> {
        Ok(u32::from_be_bytes(self.array(what)?))
    }

    /// Bytes behind a one-byte length.
    pub fn bytes8(&mut self, what: &'static str) -> Result<&'a [u8], DecodeError> {
        let length = self.u8(what)?;
        self.take(usize::from(length), what)
    }

    /// Bytes behind a two-byte length.
    pub fn bytes16(&mut self, what: &'static str) -> Result<&'a [u8], DecodeError> {
        let length = self.u16(what)?;
        self.take(usize::from(length), what)
    }

    /// Bytes behind a three-byte length.
    pub fn bytes24(&mut self, what: &'static str) -> Result<&'a [u8], DecodeError> {
        let length = self.u24(what)?;
        self.take(usize_from(length), what)
    }

    /// A reader bounded by a one-byte length.
    pub fn sub8(&mut self, what: &'static str) -> Result<Self, DecodeError> {
        self.bytes8(what).map(Self::new)
    }

    /// A reader bounded by a two-byte length.
    pub fn sub16(&mut self, what: &'static str) -> Result<Self, DecodeError> {
        self.bytes16(what).map(Self::new)
    }

    /// A reader bounded by a three-byte length.
    pub fn sub24(&mut self, what: &'static str) -> Result<Self, DecodeError> {
        self.bytes24(what).map(Self::new)
    }

    /// Values of one kind until this reader is used up.
    pub fn list<T: Codec<'a>>(mut self) -> Result<Vec<T>, DecodeError> {
        let mut values = Vec::with_capacity(self.left() / size_of::<T>().max(1));
        while !self.is_empty() {
            values.push(T::read(&mut self)?);
        }
        Ok(values)
    }

    fn truncated(&self, needed: usize, what: &'static str) -> DecodeError {
        DecodeError::Truncated { what, needed, left: self.left.len() }
    }
}

/// How bytes of a peer broke the grammar. `what` names the field as the RFCs do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DecodeError {
    /// A value that the grammar does not allow here and that hides what follows it.
    Illegal {
        /// The field.
        what: &'static str,
        /// What stood there.
        value: u32,
    },
    /// Bytes left over behind a complete value.
    Trailing {
        /// The structure that was complete.
        what: &'static str,
        /// Bytes behind it.
        left: usize,
    },
    /// The bytes end inside a field.
    Truncated {
        /// The field.
        what: &'static str,
        /// Bytes it needs.
        needed: usize,
        /// Bytes there are.
        left: usize,
    },
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Illegal { what, value } => write!(f, "{what} has the illegal value {value:#x}"),
            Self::Trailing { what, left } => write!(f, "{left} bytes left over behind {what}"),
            Self::Truncated { what, needed, left } => {
                write!(f, "{what} needs {needed} bytes, {left} are left")
            }
        }
    }
}

impl std::error::Error for DecodeError {}

/// Appends a two-byte number.
pub fn put_u16(value: u16, out: &mut Vec<u8>) {
    out.extend_from_slice(&value.to_be_bytes());
}

/// Appends a three-byte number.
pub fn put_u24(value: u32, out: &mut Vec<u8>) {
    let [_, high, middle, low] = value.to_be_bytes();
    out.extend_from_slice(&[high, middle, low]);
}

/// Appends a four-byte number.
pub fn put_u32(value: u32, out: &mut Vec<u8>) {
    out.extend_from_slice(&value.to_be_bytes());
}

/// Appends bytes behind a one-byte length.
pub fn put_bytes8(bytes: &[u8], out: &mut Vec<u8>) {
    nest8(out, |out| out.extend_from_slice(bytes));
}

/// Appends bytes behind a two-byte length.
pub fn put_bytes16(bytes: &[u8], out: &mut Vec<u8>) {
    out.reserve(bytes.len() + 2);
    nest16(out, |out| out.extend_from_slice(bytes));
}

/// Appends bytes behind a three-byte length.
pub fn put_bytes24(bytes: &[u8], out: &mut Vec<u8>) {
    nest24(out, |out| out.extend_from_slice(bytes));
}

/// Appends what `body` writes behind its length in one byte.
pub fn nest8(out: &mut Vec<u8>, body: impl FnOnce(&mut Vec<u8>)) {
    let at = out.len();
    out.push(0);
    body(out);
    let length = u8::try_from(out.len() - at - 1).expect("a vector<0..2^8-1> is that short");
    if let Some(place) = out.get_mut(at) {
        *place = length;
    }
}

/// Appends what `body` writes behind its length in two bytes.
pub fn nest16(out: &mut Vec<u8>, body: impl FnOnce(&mut Vec<u8>)) {
    let at = out.len();
    out.extend_from_slice(&[0; 2]);
    body(out);
    let length = u16::try_from(out.len() - at - 2).expect("a vector<0..2^16-1> is that short");
    if let Some(place) = out.get_mut(at..at + 2) {
        place.copy_from_slice(&length.to_be_bytes());
    }
}

/// Appends what `body` writes behind its length in three bytes.
pub fn nest24(out: &mut Vec<u8>, body: impl FnOnce(&mut Vec<u8>)) {
    let at = out.len();
    out.extend_from_slice(&[0; 3]);
    body(out);
    let length = out.len() - at - 3;
    let [zero, high, middle, low] = u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes();
    assert!(zero == 0, "a vector<0..2^24-1> is that short");
    if let Some(place) = out.get_mut(at..at + 3) {
        place.copy_from_slice(&[high, middle, low]);
    }
}

/// A 24- or 32-bit length as an index; `usize` has at least 32 bits wherever this runs.
pub(crate) fn usize_from(length: u32) -> usize {
    usize::try_from(length).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_big_endian_and_bounded() {
        let mut reader = Reader::new(&[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
        assert_eq!(reader.u8("a"), Ok(0x01));
        assert_eq!(reader.u16("b"), Ok(0x0203));
        assert_eq!(reader.u24("c"), Ok(0x04_0506));
        assert_eq!(reader.u32("d"), Ok(0x0708_090a));
        assert_eq!(reader.u8("e"), Err(DecodeError::Truncated { what: "e", needed: 1, left: 0 }));
        assert_eq!(reader.finish("f"), Ok(()));
    }

    #[test]
    fn a_failed_read_takes_nothing() {
        let mut reader = Reader::new(&[0x00, 0x05, 1]);
        assert!(reader.clone().bytes16("x").is_err());
        assert!(reader.u32("x").is_err());
        assert_eq!(reader.rest(), [0x00, 0x05, 1]);
    }

    #[test]
    fn trailing_bytes_are_counted() {
        let mut reader = Reader::new(&[1, 0xaa, 0xbb]);
        assert_eq!(reader.bytes8("x"), Ok(&[0xaa][..]));
        assert_eq!(reader.finish("y"), Err(DecodeError::Trailing { what: "y", left: 1 }));
    }

    #[test]
    fn nesting_writes_the_length_afterwards() {
        let mut out = vec![0xff];
        nest24(&mut out, |out| nest16(out, |out| put_bytes8(b"ab", out)));
        assert_eq!(out, [0xff, 0, 0, 5, 0, 3, 2, b'a', b'b']);
    }
}
