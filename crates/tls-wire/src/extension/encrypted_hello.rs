//! A client hello hidden in another one (RFC 9849).

use super::Extension;
use crate::codec::Codec;
use crate::codec::DecodeError;
use crate::codec::Reader;
use crate::codec::put_bytes16;
use crate::codec::put_u16;
use crate::registry::ExtensionType;

/// What a client's `encrypted_client_hello` holds (RFC 9849, section 5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EncryptedClientHello<'a> {
    /// The mark of the hidden hello itself: never in the clear.
    Inner,
    /// The hidden hello in the one that everybody sees. One made up to keep servers tolerant looks the same.
    Outer(OuterHello<'a>),
}

/// The hidden hello, and to what it is encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OuterHello<'a> {
    /// The key derivation, a code point of HPKE (RFC 9180, section 7.2).
    pub kdf_id: u16,
    /// The cipher, a code point of HPKE (RFC 9180, section 7.3).
    pub aead_id: u16,
    /// Which of the server's configurations.
    pub config_id: u8,
    /// The encapsulated key; empty in the hello after a retry.
    pub enc: &'a [u8],
    /// The hidden hello, encrypted.
    pub payload: &'a [u8],
}

impl<'a> Codec<'a> for EncryptedClientHello<'a> {
    fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Self::Inner => out.push(INNER),
            Self::Outer(outer) => {
                out.push(OUTER);
                put_u16(outer.kdf_id, out);
                put_u16(outer.aead_id, out);
                out.push(outer.config_id);
                put_bytes16(outer.enc, out);
                put_bytes16(outer.payload, out);
            }
        }
    }

    fn read(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        match reader.u8("ECHClientHelloType")? {
            INNER => Ok(Self::Inner),
            OUTER => Ok(Self::Outer(OuterHello {
                kdf_id: reader.u16("kdf_id")?,
                aead_id: reader.u16("aead_id")?,
                config_id: reader.u8("config_id")?,
                enc: reader.bytes16("enc")?,
                payload: reader.bytes16("payload")?,
            })),
            other => {
                Err(DecodeError::Illegal { what: "ECHClientHelloType", value: u32::from(other) })
            }
        }
    }
}

impl<'a> Extension<'a> for EncryptedClientHello<'a> {
    const TYPE: ExtensionType = ExtensionType::ENCRYPTED_CLIENT_HELLO;
}

const OUTER: u8 = 0;
const INNER: u8 = 1;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_kinds_round_trip_and_others_are_illegal() {
        let wire = b"\x00\x00\x01\x00\x03\x2a\x00\x02ab\x00\x03xyz";
        let hello = EncryptedClientHello::decode(wire, "x").expect("whole");
        let EncryptedClientHello::Outer(outer) = hello else { panic!("outer") };
        assert_eq!((outer.kdf_id, outer.aead_id, outer.config_id), (1, 3, 0x2a));
        assert_eq!((outer.enc, outer.payload), (&b"ab"[..], &b"xyz"[..]));
        assert_eq!(hello.encoded(), wire);
        for end in 0..wire.len() {
            assert!(EncryptedClientHello::decode(&wire[..end], "x").is_err(), "cut at {end}");
        }
        assert_eq!(EncryptedClientHello::decode(b"\x01", "x"), Ok(EncryptedClientHello::Inner));
        assert!(EncryptedClientHello::decode(b"\x02", "x").is_err());
    }
}
