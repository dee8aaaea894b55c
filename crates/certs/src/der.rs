//! DER as far as it is needed to walk a certificate that nothing else can read: tags, lengths, and what is inside.
//!
//! Reads all, judges nothing (ITU-T X.690): lengths that are not minimal are taken, lengths that run over the end are not.

/// One element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Element<'a> {
    /// The identifier octet.
    pub(crate) tag: u8,
    /// What is inside.
    pub(crate) content: &'a [u8],
    /// All of it, identifier and length included.
    pub(crate) whole: &'a [u8],
}

impl<'a> Element<'a> {
    /// The elements inside.
    pub(crate) const fn children(&self) -> Elements<'a> {
        Elements { rest: self.content }
    }

    /// Itself, if it has this tag.
    pub(crate) fn tagged(self, tag: u8) -> Option<Self> {
        (self.tag == tag).then_some(self)
    }
}

/// Elements one after the other; ends at the first that cannot be read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Elements<'a> {
    /// What was not read yet.
    pub(crate) rest: &'a [u8],
}

impl<'a> Iterator for Elements<'a> {
    type Item = Element<'a>;

    fn next(&mut self) -> Option<Element<'a>> {
        let (tag, after_tag) = self.rest.split_first()?;
        // Tags of more than one octet do not occur in certificates.
        if tag & 0x1f == 0x1f {
            return None;
        }
        let (length, after_length) = length(after_tag)?;
        let (content, rest) = after_length.split_at_checked(length)?;
        let whole = self.rest.get(..self.rest.len() - rest.len())?;
        self.rest = rest;
        Some(Element { tag: *tag, content, whole })
    }
}

/// The element that these bytes begin with, and how many bytes follow it.
pub(crate) fn first(bytes: &[u8]) -> Option<(Element<'_>, usize)> {
    let mut elements = Elements { rest: bytes };
    Some((elements.next()?, elements.rest.len()))
}

fn length(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let (first, rest) = bytes.split_first()?;
    if *first < 0x80 {
        return Some((usize::from(*first), rest));
    }
    // Four octets name more than any certificate has; none at all is the indefinite form, which DER does not have.
    let count = usize::from(*first & 0x7f);
    if !(1..=4).contains(&count) {
        return None;
    }
    let (octets, rest) = rest.split_at_checked(count)?;
    let value = octets.iter().fold(0_usize, |value, octet| value << 8 | usize::from(*octet));
    Some((value, rest))
}

/// An object identifier in dotted decimal; `None` if an arc is too large or the last one is cut.
pub(crate) fn oid(content: &[u8]) -> Option<String> {
    let mut arcs = Vec::new();
    let mut arc = 0_u64;
    for octet in content {
        if arc >> 57 != 0 {
            return None;
        }
        arc = arc << 7 | u64::from(octet & 0x7f);
        if octet & 0x80 == 0 {
            arcs.push(std::mem::take(&mut arc));
        }
    }
    let (first, rest) = arcs.split_first()?;
    if content.last()? & 0x80 != 0 {
        return None;
    }
    let top = (*first / 40).min(2);
    let mut text = format!("{top}.{}", first - 40 * top);
    for arc in rest {
        text.push('.');
        text.push_str(&arc.to_string());
    }
    Some(text)
}

/// How many bits a number has, sign octets left out.
pub(crate) fn bits(number: &[u8]) -> Option<u32> {
    let start = number.iter().position(|byte| *byte != 0)?;
    let digits = number.get(start..)?;
    let leading = digits.first()?.leading_zeros();
    u32::try_from(digits.len()).ok()?.checked_mul(8)?.checked_sub(leading)
}

pub(crate) const BIT_STRING: u8 = 0x03;
pub(crate) const BMP_STRING: u8 = 0x1e;
pub(crate) const INTEGER: u8 = 0x02;
pub(crate) const OBJECT_IDENTIFIER: u8 = 0x06;
pub(crate) const OCTET_STRING: u8 = 0x04;
pub(crate) const SEQUENCE: u8 = 0x30;
pub(crate) const SET: u8 = 0x31;
pub(crate) const UNIVERSAL_STRING: u8 = 0x1c;
/// Context-specific, constructed, number 0.
pub(crate) const CONTEXT_0: u8 = 0xa0;
/// The same, number 1.
pub(crate) const CONTEXT_1: u8 = 0xa1;
/// The same, number 3.
pub(crate) const CONTEXT_3: u8 = 0xa3;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_every_form() {
        let cases: &[(&[u8], Option<usize>)] = &[
            (&[0x04, 0x00], Some(0)),
            (&[0x04, 0x01, 0xff], Some(1)),
            (&[0x04, 0x81, 0x01, 0xff], Some(1)),
            (&[0x04, 0x84, 0, 0, 0, 1, 0xff], Some(1)),
            (&[0x04, 0x02, 0xff], None),
            (&[0x04, 0x80, 0x00, 0x00], None),
            (&[0x04, 0x85, 0, 0, 0, 0, 1, 0xff], None),
            (&[0x1f, 0x01, 0xff], None),
            (&[0x04], None),
            (&[], None),
        ];
        for (bytes, length) in cases {
            let found = first(bytes).map(|(element, _)| element.content.len());
            assert_eq!(found, *length, "{bytes:02x?}");
        }
    }

    #[test]
    fn object_identifiers_in_dotted_decimal() {
        let cases: &[(&[u8], Option<&str>)] = &[
            (
                &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b],
                Some("1.2.840.113549.1.1.11"),
            ),
            (&[0x55, 0x04, 0x03], Some("2.5.4.3")),
            (&[0x88, 0x37], Some("2.999")),
            (&[0x2a, 0x86], None),
            (&[0x2a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f], None),
            (&[], None),
        ];
        for (content, text) in cases {
            assert_eq!(oid(content).as_deref(), *text, "{content:02x?}");
        }
    }

    #[test]
    fn bits_of_numbers() {
        assert_eq!(bits(&[0, 0x80, 0]), Some(16));
        assert_eq!(bits(&[1]), Some(1));
        assert_eq!(bits(&[0, 0]), None);
    }
}
