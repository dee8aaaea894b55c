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
    separator: char,
    text: &mut String,
    write: impl Fn(T, &mut String),
) {
    for (at, value) in values.into_iter().enumerate() {
        if at > 0 {
            text.push(separator);
        }
        write(value, text);
    }
}

fn hexadecimal(digest: &[u8]) -> String {
    let mut text = String::with_capacity(2 * digest.len());
    digest.iter().for_each(|byte| two_digits(*byte, &mut text));
    text
}

// The formatting machinery of the standard library would cost more than the hashes.

/// Two lower-case hexadecimal digits.
fn two_digits(byte: u8, text: &mut String) {
    for nibble in [byte >> 4, byte & 0xf] {
        text.push(char::from(b"0123456789abcdef"[usize::from(nibble)]));
    }
}

/// Without leading zeros.
fn decimal(value: u16, text: &mut String) {
    for power in [10_000, 1_000, 100, 10] {
        if value >= power {
            text.push(decimal_digit(value / power % 10));
        }
    }
    text.push(decimal_digit(value % 10));
}

fn decimal_digit(value: u16) -> char {
    char::from_digit(u32::from(value), 10).expect("a remainder of ten is a digit")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_those_of_the_standard_library() {
        for value in 0..=u16::MAX {
            let (mut ours, [high, low]) = (String::new(), value.to_be_bytes());
            decimal(value, &mut ours);
            assert_eq!(ours, value.to_string());
            ours.clear();
            two_digits(high, &mut ours);
            two_digits(low, &mut ours);
            assert_eq!(ours, format!("{value:04x}"));
        }
    }
}
