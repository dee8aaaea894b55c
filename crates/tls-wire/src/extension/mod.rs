//! Extensions: an ordered list of raw ones that loses nothing, and a typed reading of those we know.
//!
//! What an extension's bytes mean depends on the message that carries it: `key_share` is a list in a client hello, one
//! entry in a server hello, a bare group in a retry request. So there is one type per meaning, and the caller says
//! which one it wants: `hello.extensions.get::<KeyShareClientHello>()`.

mod authentication;
mod encrypted_hello;
mod hello;
mod key_share;
mod session;

use std::borrow::Cow;

use crate::codec::Codec;
use crate::codec::DecodeError;
use crate::codec::Reader;
use crate::codec::nest16;
use crate::codec::put_bytes16;
use crate::registry::ExtensionType;

pub use authentication::CertificateAuthorities;
pub use authentication::CompressCertificate;
pub use authentication::SignatureAlgorithms;
pub use authentication::SignatureAlgorithmsCert;
pub use authentication::SignedCertificateTimestamps;
pub use authentication::StatusRequest;
pub use authentication::StatusResponse;
pub(crate) use authentication::encode_opaques;
pub use encrypted_hello::EncryptedClientHello;
pub use encrypted_hello::OuterHello;
pub use hello::ApplicationProtocols;
pub use hello::Cookie;
pub use hello::EcPointFormats;
pub use hello::EncryptThenMac;
pub use hello::ExtendedMasterSecret;
pub use hello::Heartbeat;
pub use hello::MaxFragmentLength;
pub use hello::Padding;
pub use hello::RecordSizeLimit;
pub use hello::RenegotiationInfo;
pub use hello::SelectedVersion;
pub use hello::ServerName;
pub use hello::ServerNames;
pub use hello::SupportedGroups;
pub use hello::SupportedVersions;
pub use key_share::EARLY_KEY_SHARE;
pub use key_share::KeyShareClientHello;
pub use key_share::KeyShareEntry;
pub use key_share::KeyShareRetry;
pub use key_share::KeyShareServerHello;
pub use session::EarlyDataLimit;
pub use session::OfferedPsks;
pub use session::PskIdentity;
pub use session::PskKeyExchangeModes;
pub use session::SelectedPsk;
pub use session::SessionTicket;

/// A typed reading of one extension in one kind of message.
pub trait Extension<'a>: Codec<'a> {
    /// The type it stands under.
    const TYPE: ExtensionType;
}

/// One extension as it stood on the wire.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RawExtension<'a> {
    /// Its type.
    pub extension: ExtensionType,
    /// Its content.
    pub bytes: Cow<'a, [u8]>,
}

impl RawExtension<'_> {
    /// The same, owning its bytes.
    pub fn into_owned(self) -> RawExtension<'static> {
        RawExtension { extension: self.extension, bytes: Cow::Owned(self.bytes.into_owned()) }
    }
}

impl<'a> Codec<'a> for RawExtension<'a> {
    fn encode(&self, out: &mut Vec<u8>) {
        self.extension.encode(out);
        put_bytes16(&self.bytes, out);
    }

    fn read(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        Ok(Self {
            extension: ExtensionType::read(reader)?,
            bytes: Cow::Borrowed(reader.bytes16("extension data")?),
        })
    }
}

/// The extensions of one message, in order, repeats and unknown ones included.
///
/// A hello before TLS 1.3 may end without the block; that differs from an empty block.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Extensions<'a> {
    list: Option<Vec<RawExtension<'a>>>,
}

impl<'a> Extensions<'a> {
    /// No block at all.
    pub fn none() -> Self {
        Self { list: None }
    }

    /// A block with nothing in it yet.
    pub fn new() -> Self {
        Self { list: Some(Vec::new()) }
    }

    /// True where the message has the block, be it empty.
    pub fn is_present(&self) -> bool {
        self.list.is_some()
    }

    /// True where there is no extension.
    pub fn is_empty(&self) -> bool {
        self.as_slice().is_empty()
    }

    /// Number of extensions.
    pub fn len(&self) -> usize {
        self.as_slice().len()
    }

    /// All of them.
    pub fn as_slice(&self) -> &[RawExtension<'a>] {
        self.list.as_deref().unwrap_or_default()
    }

    /// All of them, in order.
    pub fn iter(&self) -> std::slice::Iter<'_, RawExtension<'a>> {
        self.as_slice().iter()
    }

    /// Content of the first of this type.
    pub fn find(&self, extension: ExtensionType) -> Option<&[u8]> {
        self.iter().find(|raw| raw.extension == extension).map(|raw| &*raw.bytes)
    }

    /// True where there is one of this type.
    pub fn contains(&self, extension: ExtensionType) -> bool {
        self.find(extension).is_some()
    }

    /// The typed reading of the first of its type; an error where its content breaks the grammar.
    pub fn get<'s, T: Extension<'s>>(&'s self) -> Result<Option<T>, DecodeError> {
        self.find(T::TYPE).map(|bytes| T::decode(bytes, "extension data")).transpose()
    }

    /// The first type that stands there twice.
    pub fn repeated(&self) -> Option<ExtensionType> {
        let list = self.as_slice();
        list.iter()
            .enumerate()
            .find(|(at, raw)| list.iter().take(*at).any(|before| before.extension == raw.extension))
            .map(|(_, raw)| raw.extension)
    }

    /// Appends one as it is: unknown types, GREASE and repeats are welcome.
    pub fn push(&mut self, extension: ExtensionType, bytes: impl Into<Cow<'a, [u8]>>) {
        let raw = RawExtension { extension, bytes: bytes.into() };
        self.list.get_or_insert_default().push(raw);
    }

    /// Appends a typed one.
    pub fn add<'e, T: Extension<'e>>(&mut self, extension: &T) {
        self.push(T::TYPE, extension.encoded());
    }

    /// The same, owning its bytes.
    pub fn into_owned(self) -> Extensions<'static> {
        let own =
            |list: Vec<RawExtension<'a>>| list.into_iter().map(RawExtension::into_owned).collect();
        Extensions { list: self.list.map(own) }
    }

    /// Reads a block that may be missing where the message ends (RFC 5246, section 7.4.1.2).
    pub fn read_optional(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        if reader.is_empty() { Ok(Self::none()) } else { Self::read(reader) }
    }
}

impl<'a> Codec<'a> for Extensions<'a> {
    /// Writes the block, or nothing where there is none.
    fn encode(&self, out: &mut Vec<u8>) {
        if let Some(list) = &self.list {
            nest16(out, |out| list.iter().for_each(|raw| raw.encode(out)));
        }
    }

    fn read(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        let mut block = reader.sub16("extensions")?;
        let mut list = Vec::with_capacity(TYPICAL_COUNT.min(block.left() / MIN_BYTES));
        while !block.is_empty() {
            list.push(RawExtension::read(&mut block)?);
        }
        Ok(Self { list: Some(list) })
    }
}

impl<'s, 'a> IntoIterator for &'s Extensions<'a> {
    type Item = &'s RawExtension<'a>;
    type IntoIter = std::slice::Iter<'s, RawExtension<'a>>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// An extension that is its list of code points behind a length: `Name(Vec<Code>)`.
macro_rules! list_extension {
    ($(#[$doc:meta])* $name:ident, $code:ty, $nest:ident, $sub:ident, $extension:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Default, PartialEq, Eq)]
        pub struct $name(pub Vec<$code>);

        impl crate::codec::Codec<'_> for $name {
            fn encode(&self, out: &mut Vec<u8>) {
                crate::codec::$nest(out, |out| self.0.iter().for_each(|code| code.encode(out)));
            }

            fn read(
                reader: &mut crate::codec::Reader<'_>,
            ) -> Result<Self, crate::codec::DecodeError> {
                reader.$sub(stringify!($name))?.list().map(Self)
            }
        }

        impl crate::extension::Extension<'_> for $name {
            const TYPE: crate::registry::ExtensionType =
                crate::registry::ExtensionType::$extension;
        }
    };
}
use list_extension;

/// An extension whose content is one value without a frame around it.
macro_rules! plain_extension {
    ($(#[$doc:meta])* $name:ident($inner:ty), $read:expr, $write:expr, $extension:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub struct $name(pub $inner);

        impl crate::codec::Codec<'_> for $name {
            fn encode(&self, out: &mut Vec<u8>) {
                $write(self.0, out);
            }

            fn read(
                reader: &mut crate::codec::Reader<'_>,
            ) -> Result<Self, crate::codec::DecodeError> {
                $read(reader).map(Self)
            }
        }

        impl crate::extension::Extension<'_> for $name {
            const TYPE: crate::registry::ExtensionType =
                crate::registry::ExtensionType::$extension;
        }
    };
}
use plain_extension;

/// An extension whose content is opaque bytes, framed or not.
macro_rules! bytes_extension {
    ($(#[$doc:meta])* $name:ident, $read:expr, $write:expr, $extension:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub struct $name<'a>(pub &'a [u8]);

        impl<'a> crate::codec::Codec<'a> for $name<'a> {
            fn encode(&self, out: &mut Vec<u8>) {
                $write(self.0, out);
            }

            fn read(
                reader: &mut crate::codec::Reader<'a>,
            ) -> Result<Self, crate::codec::DecodeError> {
                $read(reader).map(Self)
            }
        }

        impl<'a> crate::extension::Extension<'a> for $name<'a> {
            const TYPE: crate::registry::ExtensionType =
                crate::registry::ExtensionType::$extension;
        }
    };
}
use bytes_extension;

/// An extension that says all by being there.
macro_rules! empty_extension {
    ($(#[$doc:meta])* $name:ident, $extension:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub struct $name;

        impl crate::codec::Codec<'_> for $name {
            fn encode(&self, _: &mut Vec<u8>) {}

            fn read(_: &mut crate::codec::Reader<'_>) -> Result<Self, crate::codec::DecodeError> {
                Ok(Self)
            }
        }

        impl crate::extension::Extension<'_> for $name {
            const TYPE: crate::registry::ExtensionType =
                crate::registry::ExtensionType::$extension;
        }
    };
}
use empty_extension;

/// Where a list of extensions starts to grow: a browser's hello has about this many.
const TYPICAL_COUNT: usize = 20;
/// An extension without content.
const MIN_BYTES: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::NamedGroup;

    #[test]
    fn order_repeats_and_unknown_ones_survive() {
        let wire = [0, 14, 0x2a, 0x2a, 0, 1, 9, 0, 0, 0, 0, 0x2a, 0x2a, 0, 0, 0];
        let error = Extensions::decode(&wire, "x").expect_err("one byte left over in the block");
        assert!(matches!(error, DecodeError::Truncated { .. }), "{error}");
        let wire = [0, 13, 0x2a, 0x2a, 0, 1, 9, 0, 0, 0, 0, 0x2a, 0x2a, 0, 0];
        let extensions = Extensions::decode(&wire, "x").expect("well-formed");
        assert_eq!(extensions.encoded(), wire);
        assert_eq!(extensions.repeated(), Some(ExtensionType(0x2a2a)));
        assert_eq!(extensions.find(ExtensionType(0x2a2a)), Some(&[9][..]));
        assert_eq!(extensions.into_owned().encoded(), wire);
    }

    #[test]
    fn an_empty_block_is_not_a_missing_one() {
        let missing = Extensions::read_optional(&mut Reader::new(&[])).expect("may be missing");
        let empty = Extensions::read_optional(&mut Reader::new(&[0, 0])).expect("may be empty");
        assert!(!missing.is_present() && empty.is_present() && empty.is_empty());
        assert_eq!((missing.encoded(), empty.encoded()), (vec![], vec![0, 0]));
    }

    #[test]
    fn a_broken_extension_is_an_error_and_still_there() {
        let mut extensions = Extensions::new();
        extensions.push(ExtensionType::SUPPORTED_GROUPS, vec![0, 3, 0, 29, 0]);
        assert!(extensions.get::<SupportedGroups>().is_err());
        assert_eq!(extensions.find(ExtensionType::SUPPORTED_GROUPS).map(<[u8]>::len), Some(5));
        assert_eq!(extensions.get::<SupportedVersions>(), Ok(None));
        let mut extensions = Extensions::new();
        let groups = SupportedGroups(vec![NamedGroup(0x0a0a), NamedGroup::X25519]);
        extensions.add(&groups);
        assert_eq!(extensions.get(), Ok(Some(groups)));
    }
}
