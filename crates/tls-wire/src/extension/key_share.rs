//! `key_share` in its three readings (RFC 9846, section 4.3.8).

use super::Extension;
use super::plain_extension;
use crate::codec::Codec;
use crate::codec::DecodeError;
use crate::codec::Reader;
use crate::codec::nest16;
use crate::codec::put_bytes16;
use crate::registry::ExtensionType;
use crate::registry::NamedGroup;

/// One public value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyShareEntry<'a> {
    /// The group it is of.
    pub group: NamedGroup,
    /// The value; for a hybrid, both parts joined.
    pub key_exchange: &'a [u8],
}

impl<'a> Codec<'a> for KeyShareEntry<'a> {
    fn encode(&self, out: &mut Vec<u8>) {
        self.group.encode(out);
        put_bytes16(self.key_exchange, out);
    }

    fn read(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        Ok(Self { group: NamedGroup::read(reader)?, key_exchange: reader.bytes16("key_exchange")? })
    }
}

/// The client's values, most wanted first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyShareClientHello<'a>(pub Vec<KeyShareEntry<'a>>);

impl<'a> Codec<'a> for KeyShareClientHello<'a> {
    fn encode(&self, out: &mut Vec<u8>) {
        nest16(out, |out| self.0.iter().for_each(|entry| entry.encode(out)));
    }

    fn read(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        reader.sub16("client_shares")?.list().map(Self)
    }
}

impl<'a> Extension<'a> for KeyShareClientHello<'a> {
    const TYPE: ExtensionType = ExtensionType::KEY_SHARE;
}

/// The server's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyShareServerHello<'a>(pub KeyShareEntry<'a>);

impl<'a> Codec<'a> for KeyShareServerHello<'a> {
    fn encode(&self, out: &mut Vec<u8>) {
        self.0.encode(out);
    }

    fn read(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        KeyShareEntry::read(reader).map(Self)
    }
}

impl<'a> Extension<'a> for KeyShareServerHello<'a> {
    const TYPE: ExtensionType = ExtensionType::KEY_SHARE;
}

plain_extension! {
    /// The group a retry request asks for.
    KeyShareRetry(NamedGroup),
    NamedGroup::read,
    |group: NamedGroup, out: &mut Vec<u8>| group.encode(out),
    KEY_SHARE
}

/// The type under which `key_share` stood until draft 22 of TLS 1.3, in the same form. It was given up because another
/// extension of the wild has it, so that only who offers or agreed on a draft can mean this one.
pub const EARLY_KEY_SHARE: ExtensionType = ExtensionType(40);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_readings_of_one_extension() {
        let entry = KeyShareEntry { group: NamedGroup::X25519, key_exchange: b"xy" };
        let list = KeyShareClientHello(vec![entry, entry]);
        assert_eq!(list.encoded(), b"\x00\x0c\x00\x1d\x00\x02xy\x00\x1d\x00\x02xy");
        assert_eq!(KeyShareClientHello::decode(&list.encoded(), "x"), Ok(list));
        assert_eq!(KeyShareServerHello(entry).encoded(), b"\x00\x1d\x00\x02xy");
        assert_eq!(KeyShareRetry(NamedGroup::X25519).encoded(), b"\x00\x1d");
        assert!(KeyShareRetry::decode(b"\x00\x1d\x00", "x").is_err());
    }
}
