//! Extensions about going on where an earlier connection ended.

use super::Extension;
use super::bytes_extension;
use super::list_extension;
use super::plain_extension;
use crate::codec::Codec;
use crate::codec::DecodeError;
use crate::codec::Reader;
use crate::codec::nest16;
use crate::codec::put_bytes8;
use crate::codec::put_bytes16;
use crate::codec::put_u16;
use crate::codec::put_u32;
use crate::registry::ExtensionType;
use crate::registry::PskKeyExchangeMode;

list_extension! {
    /// How a client would use pre-shared keys (RFC 9846).
    PskKeyExchangeModes, PskKeyExchangeMode, nest8, sub8, PSK_KEY_EXCHANGE_MODES
}

bytes_extension! {
    /// A ticket from an earlier connection, or an empty wish for one (RFC 5077, section 3.2).
    SessionTicket,
    |reader: &mut Reader<'a>| Ok(reader.rest()),
    |bytes, out: &mut Vec<u8>| out.extend_from_slice(bytes),
    SESSION_TICKET
}

plain_extension! {
    /// Bytes of early data a ticket of TLS 1.3 is good for.
    EarlyDataLimit(u32),
    |reader: &mut Reader<'_>| reader.u32("max_early_data_size"),
    put_u32,
    EARLY_DATA
}

plain_extension! {
    /// The place of the pre-shared key a server chose.
    SelectedPsk(u16),
    |reader: &mut Reader<'_>| reader.u16("selected_identity"),
    put_u16,
    PRE_SHARED_KEY
}

/// One pre-shared key a client offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PskIdentity<'a> {
    /// Its name: a ticket, or an agreed label.
    pub identity: &'a [u8],
    /// The ticket's age, hidden by adding a random number.
    pub obfuscated_ticket_age: u32,
}

impl<'a> Codec<'a> for PskIdentity<'a> {
    fn encode(&self, out: &mut Vec<u8>) {
        put_bytes16(self.identity, out);
        put_u32(self.obfuscated_ticket_age, out);
    }

    fn read(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        Ok(Self {
            identity: reader.bytes16("identity")?,
            obfuscated_ticket_age: reader.u32("obfuscated_ticket_age")?,
        })
    }
}

/// The pre-shared keys a client offers, each with the proof that it has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OfferedPsks<'a> {
    /// Names, most wanted first.
    pub identities: Vec<PskIdentity<'a>>,
    /// Proofs, in the same order.
    pub binders: Vec<&'a [u8]>,
}

impl<'a> Codec<'a> for OfferedPsks<'a> {
    fn encode(&self, out: &mut Vec<u8>) {
        nest16(out, |out| self.identities.iter().for_each(|identity| identity.encode(out)));
        nest16(out, |out| self.binders.iter().for_each(|binder| put_bytes8(binder, out)));
    }

    fn read(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        let identities = reader.sub16("identities")?.list()?;
        let mut list = reader.sub16("binders")?;
        let mut binders = Vec::with_capacity(identities.len());
        while !list.is_empty() {
            binders.push(list.bytes8("binder")?);
        }
        Ok(Self { identities, binders })
    }
}

impl<'a> Extension<'a> for OfferedPsks<'a> {
    const TYPE: ExtensionType = ExtensionType::PRE_SHARED_KEY;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offered_keys_round_trip() {
        let identity = PskIdentity { identity: b"ticket", obfuscated_ticket_age: 0x0102_0304 };
        let offered = OfferedPsks { identities: vec![identity], binders: vec![&[7; 32]] };
        let wire = offered.encoded();
        assert_eq!(wire.len(), 2 + 2 + 6 + 4 + 2 + 1 + 32);
        assert_eq!(OfferedPsks::decode(&wire, "x"), Ok(offered));
    }
}
