//! RC4, the only stream cipher of SSL and TLS. Not in constant time: this client protects nobody's secrets.

use rc4::KeyInit;
use rc4::StreamCipher;

/// The keystream of one direction, as far as it is used up.
pub(crate) struct Rc4(rc4::Rc4);

impl Rc4 {
    /// `key` has 1 to 256 bytes; those of TLS have 16.
    pub(crate) fn new(key: &[u8]) -> Self {
        Self(rc4::Rc4::new_from_slice(key).expect("keys are cut to the length the cipher asks for"))
    }

    /// Encrypts and decrypts alike.
    pub(crate) fn apply(&mut self, bytes: &mut [u8]) {
        self.0.apply_keystream(bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::hex;

    /// RFC 6229, section 2: the keystream at the offsets 0 and 240, for keys of 40, 56 and 128 bits.
    #[test]
    fn rc4_gives_the_keystreams_of_rfc_6229() {
        let cases = [
            ("0102030405", "b2396305f03dc027ccc3524a0a1118a8", "28cb1132c96ce286421dcaadb8b69eae"),
            (
                "01020304050607",
                "293f02d47f37c9b633f2af5285feb46b",
                "914f02531c9218810df60f67e338154c",
            ),
            (
                "0102030405060708090a0b0c0d0e0f10",
                "9ac7cc9a609d1ef7b2932899cde41b97",
                "065902e4b620f6cc36c8589f66432f2b",
            ),
        ];
        for (key, at_0, at_240) in cases {
            let mut cipher = Rc4::new(&hex(key));
            let mut stream = vec![0; 256];
            let (first, rest) = stream.split_at_mut(100);
            cipher.apply(first);
            cipher.apply(rest);
            assert_eq!(stream[..16], hex(at_0), "{key}");
            assert_eq!(stream[240..], hex(at_240), "{key}");
        }
    }
}
