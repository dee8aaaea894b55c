//! Fingerprints of hellos, computed from the same bytes for whoever hears them.
//!
//! They say which program speaks, as far as two programs do not say the same. All leave GREASE (RFC 8701) out of what
//! a client says, for it changes from hello to hello.

mod ja3;
mod ja4;

use std::fmt::Write;

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
    for byte in digest {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}
