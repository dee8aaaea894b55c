//! The client's offer (RFC 9846, section 4.2.2; RFC 5246, section 7.4.1.2).

use crate::codec::Codec;
use crate::codec::DecodeError;
use crate::codec::Reader;
use crate::codec::nest8;
use crate::codec::nest16;
use crate::codec::put_bytes8;
use crate::extension::Extensions;
use crate::registry::CipherSuite;
use crate::registry::CompressionMethod;
use crate::registry::Version;

/// The client's offer. Writing it gives the very bytes that were read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientHello<'a> {
    /// The highest version before `supported_versions` took over.
    pub legacy_version: Version,
    /// The client's random.
    pub random: [u8; 32],
    /// The session to resume, or the fake one of TLS 1.3's middlebox mode.
    pub session_id: &'a [u8],
    /// Suites, most wanted first, signals and GREASE included.
    pub cipher_suites: Vec<CipherSuite>,
    /// Compression of records.
    pub compression_methods: Vec<CompressionMethod>,
    /// Extensions in order.
    pub extensions: Extensions<'a>,
}

impl<'a> Codec<'a> for ClientHello<'a> {
    fn encode(&self, out: &mut Vec<u8>) {
        self.legacy_version.encode(out);
        out.extend_from_slice(&self.random);
        put_bytes8(self.session_id, out);
        nest16(out, |out| self.cipher_suites.iter().for_each(|suite| suite.encode(out)));
        nest8(out, |out| self.compression_methods.iter().for_each(|method| method.encode(out)));
        self.extensions.encode(out);
    }

    fn read(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        Ok(Self {
            legacy_version: Version::read(reader)?,
            random: reader.array("client random")?,
            session_id: reader.bytes8("session_id")?,
            cipher_suites: reader.sub16("cipher_suites")?.list()?,
            compression_methods: reader.sub8("compression_methods")?.list()?,
            extensions: Extensions::read_optional(reader)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extension::ServerNames;
    use crate::registry::ExtensionType;

    #[test]
    fn a_hello_of_any_kind_comes_back_byte_for_byte() {
        let mut extensions = Extensions::new();
        extensions.push(ExtensionType(0x3a3a), &b""[..]);
        extensions.add(&ServerNames::host("mail.example"));
        extensions.push(ExtensionType(0xabcd), &b"unknown"[..]);
        extensions.push(ExtensionType(0xabcd), &b"again"[..]);
        let hello = ClientHello {
            legacy_version: Version::TLS_1_2,
            random: [7; 32],
            session_id: b"id",
            cipher_suites: vec![CipherSuite(0x4a4a), CipherSuite::TLS_AES_128_GCM_SHA256],
            compression_methods: vec![CompressionMethod::NULL, CompressionMethod(0x77)],
            extensions,
        };
        let wire = hello.encoded();
        assert_eq!(ClientHello::decode(&wire, "ClientHello"), Ok(hello));
        for end in 0..wire.len() {
            let cut = ClientHello::decode(&wire[..end], "ClientHello");
            let at_extensions = end == 2 + 32 + 3 + 2 + 4 + 1 + 2;
            assert_eq!(cut.is_ok(), at_extensions, "cut at {end}");
        }
    }
}
