//! The server's choice, its wish for another hello, and what it need not say in the clear.

use crate::codec::Codec;
use crate::codec::DecodeError;
use crate::codec::Reader;
use crate::codec::put_bytes8;
use crate::extension::EARLY_KEY_SHARE;
use crate::extension::Extensions;
use crate::extension::SelectedVersion;
use crate::registry::CipherSuite;
use crate::registry::CompressionMethod;
use crate::registry::NamedGroup;
use crate::registry::Version;

/// The server's choice (RFC 9846, section 4.2.3; RFC 5246, section 7.4.1.3). A retry request has the same shape and a
/// random of its own (RFC 9846, section 4.2.4). Drafts of TLS 1.3 before the 22nd had neither session nor compression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerHello<'a> {
    /// The version, where `supported_versions` does not say otherwise.
    pub legacy_version: Version,
    /// The server's random.
    pub random: [u8; 32],
    /// The session, or an echo of the client's.
    pub session_id: &'a [u8],
    /// The suite chosen.
    pub cipher_suite: CipherSuite,
    /// The compression chosen.
    pub compression_method: CompressionMethod,
    /// Extensions in order.
    pub extensions: Extensions<'a>,
}

impl<'a> ServerHello<'a> {
    /// Reads the form of drafts before the 22nd, whatever the version: servers of the 15th and before said 0x0304.
    pub fn decode_early(body: &'a [u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(body);
        let legacy_version = Version::read(&mut reader)?;
        let hello = Self::read_behind(legacy_version, true, &mut reader)?;
        reader.finish("ServerHello")?;
        Ok(hello)
    }

    fn read_behind(
        legacy_version: Version,
        early: bool,
        reader: &mut Reader<'a>,
    ) -> Result<Self, DecodeError> {
        Ok(Self {
            legacy_version,
            random: reader.array("server random")?,
            session_id: if early { &[] } else { reader.bytes8("session_id")? },
            cipher_suite: CipherSuite::read(reader)?,
            compression_method: match early {
                true => CompressionMethod::NULL,
                false => CompressionMethod::read(reader)?,
            },
            extensions: Extensions::read_optional(reader)?,
        })
    }

    /// True where the server wants another hello.
    pub fn is_hello_retry_request(&self) -> bool {
        self.random == HELLO_RETRY_REQUEST_RANDOM
    }

    /// The version in force: that of `supported_versions` if it can be read, else the legacy one.
    pub fn version(&self) -> Version {
        match self.extensions.get::<SelectedVersion>() {
            Ok(Some(SelectedVersion(version))) => version,
            Ok(None) | Err(_) => self.legacy_version,
        }
    }

    /// The mark of a server that can do better than this (RFC 9846, section 4.2.3).
    pub fn downgrade(&self) -> Option<Downgrade> {
        match self.random.last_chunk::<8>() {
            Some(b"DOWNGRD\x01") => Some(Downgrade::FromTls13),
            Some(b"DOWNGRD\x00") => Some(Downgrade::FromTls12),
            _ => None,
        }
    }
}

impl<'a> Codec<'a> for ServerHello<'a> {
    fn encode(&self, out: &mut Vec<u8>) {
        self.legacy_version.encode(out);
        out.extend_from_slice(&self.random);
        if self.legacy_version.is_early_draft() {
            self.cipher_suite.encode(out);
        } else {
            put_bytes8(self.session_id, out);
            self.cipher_suite.encode(out);
            self.compression_method.encode(out);
        }
        self.extensions.encode(out);
    }

    fn read(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        let legacy_version = Version::read(reader)?;
        Self::read_behind(legacy_version, legacy_version.is_early_draft(), reader)
    }
}

/// A wish for another hello in the drafts of TLS 1.3 before the 22nd, which had a message of its own for it.
///
/// Drafts 16 to 18 have version and extensions; 19 to 21 the suite between them; 14 and 15 suite and group, and a group in
/// place of the extension that says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EarlyRetryRequest<'a> {
    /// The version.
    pub version: Version,
    /// The suite, where the draft has one here.
    pub cipher_suite: Option<CipherSuite>,
    /// The group wished for, where it stands outside the extensions.
    pub group: Option<NamedGroup>,
    /// Extensions in order.
    pub extensions: Extensions<'a>,
}

impl EarlyRetryRequest<'_> {
    /// The group wished for, wherever it stands.
    pub fn retry_group(&self) -> Option<NamedGroup> {
        let wish = self.extensions.find(EARLY_KEY_SHARE);
        let wish = wish.and_then(|bytes| NamedGroup::decode(bytes, "selected_group").ok());
        self.group.or(wish)
    }
}

impl<'a> Codec<'a> for EarlyRetryRequest<'a> {
    fn encode(&self, out: &mut Vec<u8>) {
        self.version.encode(out);
        if let Some(suite) = self.cipher_suite {
            suite.encode(out);
        }
        if let Some(group) = self.group {
            group.encode(out);
        }
        self.extensions.encode(out);
    }

    fn read(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        let version = Version::read(reader)?;
        let draft = version.tls13_draft().unwrap_or_default();
        let has_suite = !(16..=18).contains(&draft);
        let has_group = draft < 16;
        Ok(Self {
            version,
            cipher_suite: has_suite.then(|| CipherSuite::read(reader)).transpose()?,
            group: has_group.then(|| NamedGroup::read(reader)).transpose()?,
            extensions: Extensions::read(reader)?,
        })
    }
}

/// What the last eight bytes of a server's random can say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Downgrade {
    /// The server can TLS 1.2 and agreed to something older.
    FromTls12,
    /// The server can TLS 1.3 and agreed to TLS 1.2.
    FromTls13,
}

/// Answers to the client's extensions that need no clear text (RFC 9846, section 4.4.1).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EncryptedExtensions<'a> {
    /// Extensions in order.
    pub extensions: Extensions<'a>,
}

impl<'a> Codec<'a> for EncryptedExtensions<'a> {
    fn encode(&self, out: &mut Vec<u8>) {
        self.extensions.encode(out);
    }

    fn read(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        Extensions::read(reader).map(|extensions| Self { extensions })
    }
}

/// The SHA-256 of `HelloRetryRequest`, which is the random of one (RFC 9846, section 4.2.3).
pub const HELLO_RETRY_REQUEST_RANDOM: [u8; 32] = [
    0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91,
    0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::ExtensionType;

    fn hello() -> ServerHello<'static> {
        ServerHello {
            legacy_version: Version::TLS_1_2,
            random: [1; 32],
            session_id: b"echo",
            cipher_suite: CipherSuite::TLS_AES_128_GCM_SHA256,
            compression_method: CompressionMethod::NULL,
            extensions: Extensions::none(),
        }
    }

    #[test]
    fn the_extension_overrides_the_legacy_version() {
        let mut hello = hello();
        assert_eq!(hello.version(), Version::TLS_1_2);
        hello.extensions.add(&SelectedVersion(Version::TLS_1_3));
        assert_eq!(hello.version(), Version::TLS_1_3);
        let wire = hello.encoded();
        assert_eq!(ServerHello::decode(&wire, "ServerHello"), Ok(hello.clone()));
        hello.extensions = Extensions::none();
        hello.extensions.push(ExtensionType::SUPPORTED_VERSIONS, &b"\x03"[..]);
        assert_eq!(hello.version(), Version::TLS_1_2, "what cannot be read does not count");
    }

    #[test]
    fn early_drafts_leave_fields_out() {
        let mut hello = ServerHello { legacy_version: Version::TLS_1_3_DRAFT_18, ..hello() };
        hello.session_id = &[];
        hello.extensions = Extensions::new();
        let wire = hello.encoded();
        assert_eq!(wire.len(), 2 + 32 + 2 + 2);
        assert_eq!(ServerHello::decode(&wire, "ServerHello"), Ok(hello.clone()));
        hello.legacy_version = Version::TLS_1_3_DRAFT_22;
        assert_eq!(hello.encoded().len(), wire.len() + 2);
    }

    #[test]
    fn early_retry_requests_say_the_group_somewhere() {
        let extension = b"\x00\x06\x00\x28\x00\x02\x00\x17";
        for (head, suite, tail) in [
            (&b"\x7f\x12"[..], None, &extension[..]),
            (b"\x7f\x15\x13\x01", Some(CipherSuite::TLS_AES_128_GCM_SHA256), extension),
            (b"\x7f\x0e\x13\x01\x00\x17", Some(CipherSuite(0x1301)), b"\x00\x00"),
        ] {
            let wire = [head, tail].concat();
            let retry = EarlyRetryRequest::decode(&wire, "x").expect("whole");
            assert_eq!((retry.cipher_suite, retry.encoded()), (suite, wire.clone()));
            assert_eq!(retry.retry_group(), Some(NamedGroup::SECP256R1));
            for end in 0..wire.len() {
                assert!(EarlyRetryRequest::decode(&wire[..end], "x").is_err(), "cut at {end}");
            }
        }
    }

    #[test]
    fn randoms_can_speak() {
        let mut hello = hello();
        assert_eq!((hello.downgrade(), hello.is_hello_retry_request()), (None, false));
        hello.random[24..].copy_from_slice(b"DOWNGRD\x01");
        assert_eq!(hello.downgrade(), Some(Downgrade::FromTls13));
        hello.random[31] = 0;
        assert_eq!(hello.downgrade(), Some(Downgrade::FromTls12));
        hello.random = HELLO_RETRY_REQUEST_RANDOM;
        assert!(hello.is_hello_retry_request());
    }
}
