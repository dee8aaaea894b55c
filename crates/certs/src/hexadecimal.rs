//! Bytes as lower-case hexadecimal. Rows are full of it, and the standard library's formatting costs several times as much.

/// Two digits for each byte.
pub fn hexadecimal(bytes: &[u8]) -> String {
    let mut text = vec![0; 2 * bytes.len()];
    let (pairs, _) = text.as_chunks_mut();
    for (pair, byte) in pairs.iter_mut().zip(bytes) {
        *pair = digits(*byte);
    }
    String::from_utf8(text).expect("digits are ASCII")
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
