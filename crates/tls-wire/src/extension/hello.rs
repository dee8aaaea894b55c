//! Extensions that shape the connection: names, versions, groups, protocols, record and master secret variants.

use super::Extension;
use super::bytes_extension;
use super::empty_extension;
use super::list_extension;
use super::plain_extension;
use crate::codec::Codec;
use crate::codec::DecodeError;
use crate::codec::Reader;
use crate::codec::nest16;
use crate::codec::put_bytes8;
use crate::codec::put_bytes16;
use crate::codec::put_u16;
use crate::registry::EcPointFormat;
use crate::registry::ExtensionType;
use crate::registry::NamedGroup;
use crate::registry::Version;

list_extension! {
    /// Groups a side can use, most wanted first (RFC 9846, section 4.3.7).
    SupportedGroups, NamedGroup, nest16, sub16, SUPPORTED_GROUPS
}

list_extension! {
    /// Point formats a side can read (RFC 8422, section 5.1.2).
    EcPointFormats, EcPointFormat, nest8, sub8, EC_POINT_FORMATS
}

list_extension! {
    /// Versions a client offers, most wanted first (RFC 9846).
    SupportedVersions, Version, nest8, sub8, SUPPORTED_VERSIONS
}

plain_extension! {
    /// The version a server chose, in its hello or retry request.
    SelectedVersion(Version),
    Version::read,
    |version: Version, out: &mut Vec<u8>| version.encode(out),
    SUPPORTED_VERSIONS
}

plain_extension! {
    /// The largest record a side wants to receive (RFC 8449).
    RecordSizeLimit(u16),
    |reader: &mut Reader<'_>| reader.u16("record_size_limit"),
    put_u16,
    RECORD_SIZE_LIMIT
}

plain_extension! {
    /// The code of the largest fragment (RFC 6066, section 4).
    MaxFragmentLength(u8),
    |reader: &mut Reader<'_>| reader.u8("max_fragment_length"),
    |code, out: &mut Vec<u8>| out.push(code),
    MAX_FRAGMENT_LENGTH
}

plain_extension! {
    /// The heartbeat mode: 1 peer may send, 2 peer may not (RFC 6520).
    Heartbeat(u8),
    |reader: &mut Reader<'_>| reader.u8("heartbeat mode"),
    |mode, out: &mut Vec<u8>| out.push(mode),
    HEARTBEAT
}

bytes_extension! {
    /// A server's state kept by the client over a retry (RFC 9846).
    Cookie,
    |reader: &mut Reader<'a>| reader.bytes16("cookie"),
    put_bytes16,
    COOKIE
}

bytes_extension! {
    /// Verify data of the handshake before, empty on the first (RFC 5746, section 3.2).
    RenegotiationInfo,
    |reader: &mut Reader<'a>| reader.bytes8("renegotiated_connection"),
    put_bytes8,
    RENEGOTIATION_INFO
}

bytes_extension! {
    /// Filling (RFC 7685); its bytes should be zero.
    Padding,
    |reader: &mut Reader<'a>| Ok(reader.rest()),
    |bytes, out: &mut Vec<u8>| out.extend_from_slice(bytes),
    PADDING
}

empty_extension! {
    /// The master secret is bound to the transcript (RFC 7627).
    ExtendedMasterSecret, EXTENDED_MASTER_SECRET
}

empty_extension! {
    /// Encrypt, then authenticate (RFC 7366).
    EncryptThenMac, ENCRYPT_THEN_MAC
}

/// One name a client asks for (RFC 6066, section 3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServerName<'a> {
    /// 0 for a host name; nothing else was ever defined.
    pub name_type: u8,
    /// The name: ASCII by the RFC, anything in the wild.
    pub name: &'a [u8],
}

impl<'a> Codec<'a> for ServerName<'a> {
    fn encode(&self, out: &mut Vec<u8>) {
        out.push(self.name_type);
        put_bytes16(self.name, out);
    }

    fn read(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        Ok(Self { name_type: reader.u8("name_type")?, name: reader.bytes16("host_name")? })
    }
}

/// The names a client asks for. A server that used one answers with an empty extension.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServerNames<'a>(pub Vec<ServerName<'a>>);

impl<'a> ServerNames<'a> {
    /// One host name.
    pub fn host(name: &'a str) -> Self {
        Self(vec![ServerName { name_type: HOST_NAME, name: name.as_bytes() }])
    }

    /// The first host name.
    pub fn host_name(&self) -> Option<&'a [u8]> {
        self.0.iter().find(|name| name.name_type == HOST_NAME).map(|name| name.name)
    }
}

impl<'a> Codec<'a> for ServerNames<'a> {
    fn encode(&self, out: &mut Vec<u8>) {
        nest16(out, |out| self.0.iter().for_each(|name| name.encode(out)));
    }

    fn read(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        reader.sub16("server_name_list")?.list().map(Self)
    }
}

impl<'a> Extension<'a> for ServerNames<'a> {
    const TYPE: ExtensionType = ExtensionType::SERVER_NAME;
}

/// Protocols on top of TLS: the client's list, or the one of the server (RFC 7301).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ApplicationProtocols<'a>(pub Vec<&'a [u8]>);

impl<'a> Codec<'a> for ApplicationProtocols<'a> {
    fn encode(&self, out: &mut Vec<u8>) {
        nest16(out, |out| self.0.iter().for_each(|name| put_bytes8(name, out)));
    }

    fn read(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        let mut list = reader.sub16("protocol_name_list")?;
        let mut names = Vec::new();
        while !list.is_empty() {
            names.push(list.bytes8("protocol_name")?);
        }
        Ok(Self(names))
    }
}

impl<'a> Extension<'a> for ApplicationProtocols<'a> {
    const TYPE: ExtensionType = ExtensionType::APPLICATION_LAYER_PROTOCOL_NEGOTIATION;
}

/// `name_type` of a DNS host name.
const HOST_NAME: u8 = 0;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extension::Extensions;

    #[test]
    fn content_is_read_as_the_rfcs_write_it() {
        let mut extensions = Extensions::new();
        extensions.add(&ServerNames::host("a.b"));
        extensions.add(&ApplicationProtocols(vec![b"h2", b"imap"]));
        extensions.add(&SelectedVersion(Version::TLS_1_3));
        extensions.add(&RenegotiationInfo(b""));
        extensions.add(&ExtendedMasterSecret);
        let expected: [&[u8]; 5] = [
            b"\x00\x00\x00\x08\x00\x06\x00\x00\x03a.b",
            b"\x00\x10\x00\x0a\x00\x08\x02h2\x04imap",
            b"\x00\x2b\x00\x02\x03\x04",
            b"\xff\x01\x00\x01\x00",
            b"\x00\x17\x00\x00",
        ];
        assert_eq!(extensions.encoded().get(2..), Some(&*expected.concat()));
        let names = extensions.get::<ServerNames<'_>>().expect("whole").expect("there");
        assert_eq!(names.host_name(), Some(&b"a.b"[..]));
    }

    #[test]
    fn content_with_something_behind_it_is_malformed() {
        let mut extensions = Extensions::new();
        extensions.push(ExtensionType::SUPPORTED_VERSIONS, &b"\x03\x04\x00"[..]);
        extensions.push(ExtensionType::EXTENDED_MASTER_SECRET, &b"\x00"[..]);
        assert!(extensions.get::<SelectedVersion>().is_err());
        assert!(extensions.get::<ExtendedMasterSecret>().is_err());
    }
}
