//! Distinguished names as text (RFC 4514), whatever their strings are encoded in.

use crate::der;
use crate::der::Element;
use crate::hexadecimal::hexadecimal;

/// A name as RFC 4514 text: last element first, unprintable bytes as `\NN`.
pub(crate) fn text(name: &Element<'_>) -> String {
    let elements: Vec<_> = name
        .children()
        .map(|element| {
            let attributes: Vec<_> = attributes_of(&element).map(|a| a.text()).collect();
            attributes.join("+")
        })
        .collect();
    elements.into_iter().rev().collect::<Vec<_>>().join(",")
}

/// A name's DER as RFC 4514 text; `None` where it is no name.
pub fn name_text(der: &[u8]) -> Option<String> {
    let (element, left) = der::first(der)?;
    (element.tag == der::SEQUENCE && left == 0).then(|| text(&element))
}

/// The first value of an attribute, in the name's own order, as UTF-8 where it can be.
pub(crate) fn first_value(name: &Element<'_>, oid: &str) -> Option<Vec<u8>> {
    name.children()
        .flat_map(|element| attributes_of(&element).collect::<Vec<_>>())
        .find(|attribute| attribute.oid == oid)
        .map(|attribute| attribute.value())
}

struct Attribute<'a> {
    oid: String,
    value: Element<'a>,
}

fn attributes_of<'a>(element: &Element<'a>) -> impl Iterator<Item = Attribute<'a>> + use<'a> {
    let set = element.tagged(der::SET);
    set.into_iter().flat_map(|set| set.children()).filter_map(|attribute| {
        let mut parts = attribute.tagged(der::SEQUENCE)?.children();
        let oid = parts.next()?.tagged(der::OBJECT_IDENTIFIER)?;
        Some(Attribute { oid: der::oid(oid.content)?, value: parts.next()? })
    })
}

impl Attribute<'_> {
    fn text(&self) -> String {
        match SHORT.iter().find(|(oid, _)| *oid == self.oid) {
            Some((_, short)) => format!("{short}={}", escape(&self.value())),
            // RFC 4514 section 2.4: an unknown type's value is its encoding.
            None => format!("{}=#{}", self.oid, hexadecimal(self.value.whole)),
        }
    }

    fn value(&self) -> Vec<u8> {
        let content = self.value.content;
        match self.value.tag {
            der::BMP_STRING => utf16(content).into_bytes(),
            der::UNIVERSAL_STRING => utf32(content).into_bytes(),
            // The other string types hold ASCII or, whatever their name, UTF-8 or Latin-1.
            _ => content.to_vec(),
        }
    }
}

fn utf16(content: &[u8]) -> String {
    let units = content
        .chunks(2)
        .map(|pair| pair.iter().fold(0, |unit: u16, byte| unit << 8 | u16::from(*byte)));
    char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}

fn utf32(content: &[u8]) -> String {
    let units = content
        .chunks(4)
        .map(|four| four.iter().fold(0, |unit: u32, byte| unit << 8 | u32::from(*byte)));
    units.map(|unit| char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}

/// RFC 4514 section 2.4.
fn escape(value: &[u8]) -> String {
    let mut text = String::with_capacity(value.len());
    for chunk in value.utf8_chunks() {
        for letter in chunk.valid().chars() {
            match letter {
                '"' | '+' | ',' | ';' | '<' | '>' | '\\' => text.extend(['\\', letter]),
                ' ' | '#' if text.is_empty() => text.extend(['\\', letter]),
                letter if letter.is_control() || reorders_or_hides(letter) => {
                    let mut buffer = [0; 4];
                    push_hex(&mut text, letter.encode_utf8(&mut buffer).as_bytes());
                }
                letter => text.push(letter),
            }
        }
        push_hex(&mut text, chunk.invalid());
    }
    if text.ends_with(' ') && !text.ends_with("\\ ") {
        text.pop();
        text.push_str("\\ ");
    }
    text
}

/// Line separators, zero-width and bidirectional controls (Unicode general categories Cf, Zl and Zp, as far as they change
/// what a reader sees): no text of a peer's is written down with them.
pub const fn reorders_or_hides(letter: char) -> bool {
    matches!(
        letter,
        '\u{ad}'
            | '\u{61c}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}'
    )
}

fn push_hex(text: &mut String, bytes: &[u8]) {
    for byte in bytes {
        text.push_str(&format!("\\{byte:02x}"));
    }
}

/// commonName.
pub(crate) const COMMON_NAME: &str = "2.5.4.3";
/// organizationName.
pub(crate) const ORGANIZATION: &str = "2.5.4.10";

/// RFC 4514 section 3, and those that every tool abbreviates.
const SHORT: [(&str, &str); 15] = [
    ("0.9.2342.19200300.100.1.1", "UID"),
    ("0.9.2342.19200300.100.1.25", "DC"),
    ("1.2.840.113549.1.9.1", "emailAddress"),
    (COMMON_NAME, "CN"),
    ("2.5.4.4", "SN"),
    ("2.5.4.5", "serialNumber"),
    ("2.5.4.6", "C"),
    ("2.5.4.7", "L"),
    ("2.5.4.8", "ST"),
    ("2.5.4.9", "street"),
    (ORGANIZATION, "O"),
    ("2.5.4.11", "OU"),
    ("2.5.4.12", "title"),
    ("2.5.4.42", "GN"),
    ("2.5.4.97", "organizationIdentifier"),
];

#[cfg(test)]
mod tests {
    use super::*;

    /// `C=AU`, then `CN=` with this string type and content.
    fn name(tag: u8, content: &[u8]) -> Vec<u8> {
        let wrap = |tag: u8, inner: &[u8]| {
            let length = u8::try_from(inner.len()).expect("short");
            [&[tag, length], inner].concat()
        };
        let country =
            wrap(0x31, &wrap(0x30, &[&wrap(6, &[0x55, 4, 6])[..], &wrap(0x13, b"AU")].concat()));
        let common =
            wrap(0x31, &wrap(0x30, &[&wrap(6, &[0x55, 4, 3])[..], &wrap(tag, content)].concat()));
        wrap(0x30, &[country, common].concat())
    }

    #[test]
    fn names_read_as_rfc_4514_whatever_their_string_type() {
        let cases: &[(u8, &[u8], &str)] = &[
            (0x0c, b"mail.example", "CN=mail.example,C=AU"),
            (0x13, b"Foo, Inc.", r"CN=Foo\, Inc.,C=AU"),
            (0x0c, " # é ".as_bytes(), "CN=\\ # é\\ ,C=AU"),
            (0x0c, b"a\x00b", r"CN=a\00b,C=AU"),
            (0x14, b"caf\xe9", r"CN=caf\e9,C=AU"),
            (0x1e, b"\x00a\x01\x07", "CN=a\u{107},C=AU"),
            (0x1c, b"\x00\x00\x00a", "CN=a,C=AU"),
            (0x0c, b"", "CN=,C=AU"),
            (0x0c, "a\u{202e}b".as_bytes(), r"CN=a\e2\80\aeb,C=AU"),
        ];
        for (tag, content, expected) in cases {
            let bytes = name(*tag, content);
            let (element, _) = der::first(&bytes).expect("a name");
            assert_eq!(text(&element), *expected);
        }
    }

    #[test]
    fn an_attribute_is_found_by_its_type() {
        let bytes = name(0x0c, b"x");
        let (element, _) = der::first(&bytes).expect("a name");
        assert_eq!(first_value(&element, COMMON_NAME), Some(b"x".to_vec()));
        assert_eq!(first_value(&element, ORGANIZATION), None);
    }
}
