//! Bytes as lower-case hexadecimal. Rows are full of it, and the standard library's formatting costs several times as much.

/// Two digits for each byte.
pub fn hexadecimal(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        let [high, low] = digits(*byte);
        text.push(char::from(high));
        text.push(char::from(low));
    }
    text
}

/// Both digits of a byte, in ASCII.
pub(crate) fn digits(byte: u8) -> [u8; 2] {
    [byte >> 4, byte & 0xf].map(|nibble| b"0123456789abcdef"[usize::from(nibble)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_those_of_the_standard_library() {
        for byte in 0..=u8::MAX {
            assert_eq!(hexadecimal(&[byte, !byte]), format!("{byte:02x}{:02x}", !byte));
        }
    }
}
