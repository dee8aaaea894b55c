//! Addresses of version 4 as text: the formatting machinery of the standard library costs many times as much.

/// Four numbers with a mark between two, each of three digits if they are padded.
pub(crate) fn text(octets: [u8; 4], mark: u8, is_padded: bool) -> String {
    let mut text = String::with_capacity(LONGEST_V4);
    for (at, octet) in octets.into_iter().enumerate() {
        if at > 0 {
            text.push(char::from(mark));
        }
        if is_padded || octet >= 100 {
            text.push(char::from(b'0' + octet / 100));
        }
        if is_padded || octet >= 10 {
            text.push(char::from(b'0' + octet / 10 % 10));
        }
        text.push(char::from(b'0' + octet % 10));
    }
    text
}

/// Characters of the longest, `255.255.255.255`.
const LONGEST_V4: usize = 15;

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    #[test]
    fn numbers_are_written_as_the_standard_library_writes_them() {
        for octet in 0..=u8::MAX {
            let [a, b, c, d] = [octet, !octet, 0, 9];
            assert_eq!(text([a, b, c, d], b'.', false), Ipv4Addr::new(a, b, c, d).to_string());
            let padded = format!("{a:03}-{b:03}-{c:03}-{d:03}");
            assert_eq!(text([a, b, c, d], b'-', true), padded);
        }
    }
}
