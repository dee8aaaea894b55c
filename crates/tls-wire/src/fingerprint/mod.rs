//! Fingerprints of hellos, computed from the same bytes for whoever hears them.
//!
//! They say which program speaks, as far as two programs do not say the same. All leave GREASE (RFC 8701) out of what
//! a client says, for it changes from hello to hello.

mod ja3;
mod ja4;

use crate::extension::Extension;
use crate::extension::Extensions;
use crate::observer::Observer;
use crate::observer::Offer;

pub use ja3::ja3;
pub use ja3::ja3_text;
pub use ja3::ja3s;
pub use ja3::ja3s_text;
pub use ja4::ja4;
pub use ja4::ja4_text;

impl Observer {
    /// JA3 of the client's first hello; `None` where it is missing or in the frame of SSL 2.
    pub fn ja3(&self) -> Option<String> {
        Some(ja3(&self.hello_in_its_own_frame()?.hello))
    }

    /// JA4 of the client's first hello; `None` where it is missing or in the frame of SSL 2.
    pub fn ja4(&self) -> Option<String> {
        Some(ja4(&self.hello_in_its_own_frame()?.hello))
    }

    /// Both of the client's first hello, where who asks has [decoded](Self::offer) it already.
    pub fn ja3_and_ja4(&self, offer: &Offer<'_>) -> Option<(String, String)> {
        self.ssl2_hello().is_none().then(|| (ja3(&offer.hello), ja4(&offer.hello)))
    }

    /// In the frame of SSL 2 a hello has no extensions, and the methods do not speak of it.
    fn hello_in_its_own_frame(&self) -> Option<Offer<'_>> {
        self.offer().filter(|_| self.ssl2_hello().is_none())
    }

    /// JA3S of the server's hello, not of its wish for another one.
    pub fn ja3s(&self) -> Option<String> {
        let choice = self.choice()?;
        Some(ja3s(choice.legacy_version, choice.suite, &choice.extensions))
    }
}

/// The list inside an extension, empty where there is none that can be read.
fn list<'s, T: Extension<'s> + Default>(extensions: &'s Extensions<'_>) -> T {
    extensions.get::<T>().ok().flatten().unwrap_or_default()
}

/// Appends what `write` makes of each value, `separator` between two.
fn join<T>(
    values: impl IntoIterator<Item = T>,
    separator: u8,
    text: &mut Vec<u8>,
    write: impl Fn(T, &mut Vec<u8>),
) {
    for (at, value) in values.into_iter().enumerate() {
        if at > 0 {
            text.push(separator);
        }
        write(value, text);
    }
}

/// Texts are made as bytes, for most of them are only hashed.
fn ascii(text: Vec<u8>) -> String {
    String::from_utf8(text).expect("digits, letters and marks are ASCII")
}

// The formatting machinery of the standard library would cost more than the hashes.

/// Two lower-case hexadecimal digits of each byte.
fn hexadecimal(bytes: &[u8], text: &mut Vec<u8>) {
    let start = text.len();
    text.resize(start + 2 * bytes.len(), b'0');
    let (pairs, _) = text.get_mut(start..).unwrap_or_default().as_chunks_mut();
    for (pair, byte) in pairs.iter_mut().zip(bytes) {
        *pair = [byte >> 4, *byte].map(hexadecimal_digit);
    }
}

/// Four hexadecimal digits of each number, with a comma between two.
fn hexadecimal_list(values: &[u16], text: &mut Vec<u8>) {
    let start = text.len();
    text.resize(start + 5 * values.len(), b',');
    let (places, _) = text.get_mut(start..).unwrap_or_default().as_chunks_mut();
    for ([first, second, third, fourth, _], value) in places.iter_mut().zip(values) {
        let [high, low] = value.to_be_bytes();
        [*first, *second] = [high >> 4, high].map(hexadecimal_digit);
        [*third, *fourth] = [low >> 4, low].map(hexadecimal_digit);
    }
    text.truncate(text.len().saturating_sub(1).max(start));
}

/// Without leading zeros.
fn decimal(value: u16, text: &mut Vec<u8>) {
    let [a, b, c, d, e] = [10_000, 1_000, 100, 10, 1].map(|power| decimal_digit(value / power));
    // Each length for itself: a copy of a known length is no call.
    match value {
        10_000.. => text.extend_from_slice(&[a, b, c, d, e]),
        1_000.. => text.extend_from_slice(&[b, c, d, e]),
        100.. => text.extend_from_slice(&[c, d, e]),
        10.. => text.extend_from_slice(&[d, e]),
        _ => text.push(e),
    }
}

fn hexadecimal_digit(nibble: u8) -> u8 {
    b"0123456789abcdef"[usize::from(nibble & 0xf)]
}

/// The last one of a number.
fn decimal_digit(value: u16) -> u8 {
    let [_, digit] = (value % 10).to_be_bytes();
    b'0' + digit
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_those_of_the_standard_library() {
        for value in 0..=u16::MAX {
            let mut ours = Vec::new();
            decimal(value, &mut ours);
            assert_eq!(ascii(ours), value.to_string());
            let mut ours = Vec::new();
            hexadecimal(&value.to_be_bytes(), &mut ours);
            assert_eq!(ascii(ours), format!("{value:04x}"));
            let mut ours = b"_".to_vec();
            hexadecimal_list(&[value, !value], &mut ours);
            assert_eq!(ascii(ours), format!("_{value:04x},{:04x}", !value));
        }
        let mut ours = b"_".to_vec();
        hexadecimal_list(&[], &mut ours);
        assert_eq!(ascii(ours), "_");
    }
}
