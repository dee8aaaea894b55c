//! Code points: newtypes over the integer, so that unknown values survive, compare and print.
//!
//! The constants and names come from the dated lists in `registry/*.csv`; the files beside this one are generated
//! from them and a test keeps both equal.

mod ffdh;
mod suite;

#[rustfmt::skip]
mod alert_descriptions;
#[rustfmt::skip]
mod alert_levels;
#[rustfmt::skip]
mod certificate_compression;
#[rustfmt::skip]
mod certificate_status_types;
#[rustfmt::skip]
mod certificate_types;
#[rustfmt::skip]
mod cipher_suites;
#[rustfmt::skip]
mod client_certificate_types;
#[rustfmt::skip]
mod compression_methods;
#[rustfmt::skip]
mod content_types;
#[rustfmt::skip]
mod ec_curve_types;
#[rustfmt::skip]
mod ec_point_formats;
#[rustfmt::skip]
mod extension_types;
#[rustfmt::skip]
mod ffdh_groups;
#[rustfmt::skip]
mod handshake_types;
#[rustfmt::skip]
mod named_groups;
#[rustfmt::skip]
mod psk_key_exchange_modes;
#[rustfmt::skip]
mod signature_schemes;
#[rustfmt::skip]
mod ssl2_cipher_kinds;
#[rustfmt::skip]
mod ssl2_errors;
#[rustfmt::skip]
mod ssl2_messages;
#[rustfmt::skip]
mod versions;

use std::borrow::Cow;
use std::fmt;

use crate::codec::Codec;
use crate::codec::DecodeError;
use crate::codec::Reader;
use crate::codec::put_u24;

pub use ffdh::FfdhGroup;
pub use suite::Authentication;
pub use suite::Cipher;
pub use suite::Hash;
pub use suite::KeyExchange;
pub use suite::Mac;
pub use suite::SuiteParameters;

/// A code point type: the newtype, its names, its wire form.
macro_rules! registry {
    ($(#[$doc:meta])* $name:ident, $int:ident, $table:ident) => {
        registry! { @points $(#[$doc])* $name, $int, $table, 2 * size_of::<$int>() }

        impl Codec<'_> for $name {
            fn encode(&self, out: &mut Vec<u8>) {
                out.extend_from_slice(&self.0.to_be_bytes());
            }

            fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
                reader.$int(stringify!($name)).map(Self)
            }
        }
    };
    (@points $(#[$doc:meta])* $name:ident, $int:ident, $table:ident, $digits:expr) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub $int);

        impl $name {
            /// Every named value with its name, in order of value.
            pub const ENTRIES: &'static [($int, &'static str)] = $table::NAMES;

            /// The registered name, if there is one.
            pub fn name(self) -> Option<&'static str> {
                let at = Self::ENTRIES.binary_search_by_key(&self.0, |(value, _)| *value).ok()?;
                Self::ENTRIES.get(at).map(|(_, name)| *name)
            }

            /// What is displayed, as text: rows are full of names, and those need neither formatting nor memory.
            pub fn text(self) -> Cow<'static, str> {
                self.name().map_or_else(|| Cow::Owned(self.to_string()), Cow::Borrowed)
            }
        }

        impl From<$int> for $name {
            fn from(value: $int) -> Self {
                Self(value)
            }
        }

        impl From<$name> for $int {
            fn from(value: $name) -> Self {
                value.0
            }
        }

        impl fmt::Display for $name {
            /// The name, or the number in hexadecimal.
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self.name() {
                    Some(name) => f.write_str(name),
                    None => write!(f, "{:#0width$x}", self.0, width = 2 + $digits),
                }
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }
    };
}

/// The values that clients send to keep servers tolerant (RFC 8701).
macro_rules! grease {
    ($($name:ident)*) => {
        $(impl $name {
            /// True for the reserved values `0x0a0a`, `0x1a1a` … `0xfafa` (RFC 8701, section 2).
            pub fn is_grease(self) -> bool {
                let [high, low] = self.0.to_be_bytes();
                high == low && low & 0x0f == 0x0a
            }
        })*
    };
}

registry! {
    /// What an alert says (RFC 9846, section 6).
    AlertDescription, u8, alert_descriptions
}
registry! {
    /// How severe an alert claims to be.
    AlertLevel, u8, alert_levels
}
registry! {
    /// How a certificate message may be compressed (RFC 8879).
    CertificateCompression, u16, certificate_compression
}
registry! {
    /// What a status request asks for and a certificate status holds (RFC 6066, section 8).
    CertificateStatusType, u8, certificate_status_types
}
registry! {
    /// The form of a certificate (RFC 7250).
    CertificateType, u8, certificate_types
}
registry! {
    /// A cipher suite; what it is made of is in [`CipherSuite::parameters`].
    CipherSuite, u16, cipher_suites
}
registry! {
    /// The kind of key a server asks a client to prove (RFC 5246, section 7.4.4).
    ClientCertificateType, u8, client_certificate_types
}
registry! {
    /// Record compression (RFC 3749); all but `null` are history.
    CompressionMethod, u8, compression_methods
}
registry! {
    /// What a record carries.
    ContentType, u8, content_types
}
registry! {
    /// How a server key exchange describes its curve (RFC 8422, section 5.4).
    EcCurveType, u8, ec_curve_types
}
registry! {
    /// How a point is written (RFC 8422, section 5.1.2).
    EcPointFormat, u8, ec_point_formats
}
registry! {
    /// The type of an extension.
    ExtensionType, u16, extension_types
}
registry! {
    /// The type of a handshake message.
    HandshakeType, u8, handshake_types
}
registry! {
    /// A curve, a finite field or a hybrid with a lattice: what the key exchange runs over.
    NamedGroup, u16, named_groups
}
registry! {
    /// How a pre-shared key may be used (RFC 9846).
    PskKeyExchangeMode, u8, psk_key_exchange_modes
}
registry! {
    /// A signature algorithm with its hash; before TLS 1.3 a pair of one byte each.
    SignatureScheme, u16, signature_schemes
}
registry! {
    @points
    /// A cipher of SSL 2, three bytes; those that start with zero are suites of SSL 3 and later in SSL 2's frame.
    Ssl2CipherKind, u32, ssl2_cipher_kinds, 6
}
registry! {
    /// What an ERROR message of SSL 2 says.
    Ssl2Error, u16, ssl2_errors
}
registry! {
    /// The type of a message of SSL 2.
    Ssl2Message, u8, ssl2_messages
}
registry! {
    /// A protocol version as it stands on the wire. The order of SSL 3 to TLS 1.3 is the order of the numbers.
    Version, u16, versions
}

grease! { CipherSuite ExtensionType NamedGroup SignatureScheme Version }

impl PskKeyExchangeMode {
    /// True for the reserved values `0x0b`, `0x2a`, `0x49` … `0xe4` (RFC 8701, section 2).
    pub fn is_grease(self) -> bool {
        self.0 % 0x1f == 0x0b
    }
}

impl CipherSuite {
    /// What the suite is made of, if we know it.
    pub fn parameters(self) -> Option<&'static SuiteParameters> {
        let table = cipher_suites::PARAMETERS;
        let at = table.binary_search_by_key(&self.0, |(value, _)| *value).ok()?;
        table.get(at).map(|(_, parameters)| parameters)
    }

    /// True for the values that ask for a behaviour and can never be chosen (RFC 5746, RFC 7507).
    pub fn is_signal(self) -> bool {
        self == Self::TLS_EMPTY_RENEGOTIATION_INFO_SCSV || self == Self::TLS_FALLBACK_SCSV
    }
}

impl Ssl2CipherKind {
    /// The suite of SSL 3 and later that stands here, if one does.
    pub fn suite(self) -> Option<CipherSuite> {
        u16::try_from(self.0).ok().map(CipherSuite)
    }
}

impl From<CipherSuite> for Ssl2CipherKind {
    fn from(suite: CipherSuite) -> Self {
        Self(u32::from(suite.0))
    }
}

impl Codec<'_> for Ssl2CipherKind {
    fn encode(&self, out: &mut Vec<u8>) {
        put_u24(self.0, out);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        reader.u24("Ssl2CipherKind").map(Self)
    }
}

impl NamedGroup {
    /// True for the finite fields (RFC 7919).
    pub fn is_finite_field(self) -> bool {
        (0x0100..=0x01ff).contains(&self.0)
    }

    /// True for groups with a lattice in them, standard or draft.
    pub fn is_post_quantum(self) -> bool {
        self.name().is_some_and(|name| {
            name.contains("MLKEM") || name.contains("Kyber") || name == "CECPQ2"
        })
    }
}

impl Version {
    /// The draft of TLS 1.3 that this value stands for.
    pub fn tls13_draft(self) -> Option<u8> {
        let [high, low] = self.0.to_be_bytes();
        (high == 0x7f).then_some(low)
    }

    /// True for the drafts of TLS 1.3 that were spoken before its hello looked like that of TLS 1.2 (draft 22).
    pub fn is_early_draft(self) -> bool {
        self.tls13_draft().is_some_and(|draft| draft < 22)
    }

    /// True for TLS 1.3 and for its drafts and experiments.
    pub fn is_tls13(self) -> bool {
        let [high, _] = self.0.to_be_bytes();
        self == Self::TLS_1_3 || matches!(high, 0x7e | 0x7f | 0xfb)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_values_keep_their_number() {
        assert_eq!(CipherSuite(0x1301).to_string(), "TLS_AES_128_GCM_SHA256");
        assert_eq!(CipherSuite(0xfafa).to_string(), "0xfafa");
        assert_eq!(CipherSuite(0xfafa).text(), "0xfafa");
        assert_eq!(CipherSuite(0x1301).text(), CipherSuite(0x1301).to_string());
        assert_eq!(format!("{:?}", AlertDescription(0xf1)), "AlertDescription(0xf1)");
        assert_eq!(Version::TLS_1_3.name(), Some("TLS 1.3"));
        assert_eq!(NamedGroup(4588), NamedGroup::X25519MLKEM768);
        assert_eq!(Ssl2CipherKind(0x010080).to_string(), "SSL_CK_RC4_128_WITH_MD5");
        assert_eq!(Ssl2CipherKind(0x000005).to_string(), "0x000005");
    }

    #[test]
    fn grease_is_told_from_the_rest() {
        let sixteen = (0..=u16::MAX).filter(|value| NamedGroup(*value).is_grease()).count();
        assert_eq!(sixteen, 16);
        let eight: Vec<u8> =
            (0..=u8::MAX).filter(|value| PskKeyExchangeMode(*value).is_grease()).collect();
        assert_eq!(eight, [0x0b, 0x2a, 0x49, 0x68, 0x87, 0xa6, 0xc5, 0xe4]);
    }

    #[test]
    fn tables_are_sorted_for_the_binary_search() {
        assert!(CipherSuite::ENTRIES.is_sorted_by(|a, b| a.0 < b.0));
        assert!(cipher_suites::PARAMETERS.is_sorted_by(|a, b| a.0 < b.0));
        assert!(ExtensionType::ENTRIES.is_sorted_by(|a, b| a.0 < b.0));
        assert!(SignatureScheme::ENTRIES.is_sorted_by(|a, b| a.0 < b.0));
    }

    #[test]
    fn suites_know_what_they_are_made_of() {
        let suite = CipherSuite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256;
        let parameters = suite.parameters().expect("registered");
        assert_eq!(parameters.key_exchange, KeyExchange::Ecdhe);
        assert_eq!(parameters.authentication, Authentication::Rsa);
        assert_eq!(parameters.cipher, Cipher::AesGcm);
        assert_eq!((parameters.bits, parameters.mac), (128, Mac::Aead));
        let export = CipherSuite::TLS_RSA_EXPORT_WITH_RC4_40_MD5.parameters().expect("registered");
        assert!(export.export && !export.key_exchange.is_ephemeral());
        assert_eq!((export.cipher, export.bits, export.mac), (Cipher::Rc4, 40, Mac::Md5));
        assert_eq!(CipherSuite(0x9999).parameters(), None);
    }
}
