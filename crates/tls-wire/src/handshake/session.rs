//! Messages that end a handshake or come after it.

use crate::codec::Codec;
use crate::codec::DecodeError;
use crate::codec::Reader;
use crate::codec::put_bytes8;
use crate::codec::put_bytes16;
use crate::codec::put_u32;
use crate::extension::Extensions;

/// The proof over the whole handshake (RFC 9846; RFC 5246, section 7.4.9). Its length is the hash's, or
/// 12 before TLS 1.3, or 36 in SSL 3: whoever checks it knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finished<'a> {
    /// The proof.
    pub verify_data: &'a [u8],
}

/// The sender's next record has new keys (RFC 9846, KeyUpdate).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyUpdate {
    /// 1 where the peer should do the same, else 0; other values are kept.
    pub request_update: u8,
}

impl Codec<'_> for KeyUpdate {
    fn encode(&self, out: &mut Vec<u8>) {
        out.push(self.request_update);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self { request_update: reader.u8("request_update")? })
    }
}

/// A ticket before TLS 1.3 (RFC 5077, section 3.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewSessionTicketLegacy<'a> {
    /// Seconds; 0 says nothing.
    pub lifetime_hint: u32,
    /// The ticket, which may be empty.
    pub ticket: &'a [u8],
}

impl<'a> Codec<'a> for NewSessionTicketLegacy<'a> {
    fn encode(&self, out: &mut Vec<u8>) {
        put_u32(self.lifetime_hint, out);
        put_bytes16(self.ticket, out);
    }

    fn read(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        Ok(Self {
            lifetime_hint: reader.u32("ticket_lifetime_hint")?,
            ticket: reader.bytes16("ticket")?,
        })
    }
}

/// A ticket of TLS 1.3 (RFC 9846, NewSessionTicket).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewSessionTicketTls13<'a> {
    /// Seconds.
    pub lifetime: u32,
    /// What hides the ticket's age.
    pub age_add: u32,
    /// What tells tickets of one connection apart.
    pub nonce: &'a [u8],
    /// The ticket.
    pub ticket: &'a [u8],
    /// Extensions in order.
    pub extensions: Extensions<'a>,
}

impl<'a> Codec<'a> for NewSessionTicketTls13<'a> {
    fn encode(&self, out: &mut Vec<u8>) {
        put_u32(self.lifetime, out);
        put_u32(self.age_add, out);
        put_bytes8(self.nonce, out);
        put_bytes16(self.ticket, out);
        self.extensions.encode(out);
    }

    fn read(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        Ok(Self {
            lifetime: reader.u32("ticket_lifetime")?,
            age_add: reader.u32("ticket_age_add")?,
            nonce: reader.bytes8("ticket_nonce")?,
            ticket: reader.bytes16("ticket")?,
            extensions: Extensions::read(reader)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tickets_round_trip() {
        let old = NewSessionTicketLegacy { lifetime_hint: 7200, ticket: b"t" };
        assert_eq!(old.encoded(), b"\x00\x00\x1c\x20\x00\x01t");
        assert_eq!(NewSessionTicketLegacy::decode(&old.encoded(), "x"), Ok(old));
        let new = NewSessionTicketTls13 {
            lifetime: 86_400,
            age_add: 1,
            nonce: b"n",
            ticket: b"t",
            extensions: Extensions::new(),
        };
        let wire = new.encoded();
        assert_eq!(NewSessionTicketTls13::decode(&wire, "x"), Ok(new));
        assert!(NewSessionTicketTls13::decode(&wire[..wire.len() - 1], "x").is_err());
    }
}
