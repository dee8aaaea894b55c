//! The server's and the client's ephemeral keys before TLS 1.3.

use super::Context;
use crate::codec::Codec;
use crate::codec::DecodeError;
use crate::codec::Reader;
use crate::codec::put_bytes8;
use crate::codec::put_bytes16;
use crate::registry::Authentication;
use crate::registry::EcCurveType;
use crate::registry::KeyExchange;
use crate::registry::NamedGroup;
use crate::registry::SignatureScheme;
use crate::registry::Version;

/// The server's ephemeral key and its signature (RFC 5246, section 7.4.3; RFC 8422, section 5.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServerKeyExchange<'a> {
    /// The hint of suites with a pre-shared key (RFC 4279).
    pub psk_identity_hint: Option<&'a [u8]>,
    /// The key.
    pub parameters: ServerParameters<'a>,
    /// The key's bytes as they stood, which the signature covers behind both randoms.
    pub signed: &'a [u8],
    /// The signature; anonymous suites and those with a pre-shared key have none.
    pub signature: Option<DigitallySigned<'a>>,
}

/// A server's ephemeral key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServerParameters<'a> {
    /// A finite field and a value in it.
    Dhe {
        /// The prime.
        prime: &'a [u8],
        /// The generator.
        generator: &'a [u8],
        /// The public value.
        public: &'a [u8],
    },
    /// A named curve and a point on it.
    Ecdhe {
        /// The curve.
        group: NamedGroup,
        /// The point.
        point: &'a [u8],
    },
    /// A key that lives for this connection, or for a day, and is short enough for export (RFC 2246, section 7.4.3).
    ExportRsa {
        /// The modulus.
        modulus: &'a [u8],
        /// The public exponent.
        exponent: &'a [u8],
    },
    /// Nothing but the hint.
    None,
    /// Anything else, signature and all.
    Raw(&'a [u8]),
}

/// A signature with its scheme.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DigitallySigned<'a> {
    /// The scheme; before TLS 1.2 none is named.
    pub scheme: Option<SignatureScheme>,
    /// The signature.
    pub signature: &'a [u8],
}

impl<'a> ServerKeyExchange<'a> {
    /// Reads a body as the suite wants it; what no suite we know explains stays raw.
    pub fn decode(body: &'a [u8], context: Context) -> Result<Self, DecodeError> {
        let raw = Self {
            psk_identity_hint: None,
            parameters: ServerParameters::Raw(body),
            signed: &[],
            signature: None,
        };
        let Some(suite) = context.suite.parameters() else {
            return Ok(raw);
        };
        let mut reader = Reader::new(body);
        let psk_identity_hint = match suite.key_exchange {
            KeyExchange::DhePsk
            | KeyExchange::EcdhePsk
            | KeyExchange::Psk
            | KeyExchange::RsaPsk => Some(reader.bytes16("psk_identity_hint")?),
            _ => None,
        };
        let before = reader.peek();
        let parameters = match suite.key_exchange {
            KeyExchange::Dhe | KeyExchange::DhePsk => read_dhe(&mut reader)?,
            KeyExchange::Ecdhe | KeyExchange::EcdhePsk => match read_ecdhe(&mut reader)? {
                Some(parameters) => parameters,
                None => return Ok(raw),
            },
            KeyExchange::Psk | KeyExchange::RsaPsk => ServerParameters::None,
            KeyExchange::Rsa if suite.export => ServerParameters::ExportRsa {
                modulus: reader.bytes16("rsa_modulus")?,
                exponent: reader.bytes16("rsa_exponent")?,
            },
            _ => return Ok(raw),
        };
        let signed = before.get(..before.len() - reader.left()).unwrap_or_default();
        let signature = match suite.authentication {
            Authentication::Anon | Authentication::Psk => None,
            _ if psk_identity_hint.is_some() => None,
            _ => Some(DigitallySigned::read(&mut reader, context)?),
        };
        reader.finish("ServerKeyExchange")?;
        Ok(Self { psk_identity_hint, parameters, signed, signature })
    }

    /// Appends the body, from the parameters and not from `signed`.
    pub fn encode(&self, out: &mut Vec<u8>) {
        if let Some(hint) = self.psk_identity_hint {
            put_bytes16(hint, out);
        }
        self.parameters.encode(out);
        if let Some(signature) = &self.signature {
            signature.encode(out);
        }
    }
}

impl ServerParameters<'_> {
    /// Appends the key, without its signature: what a signature covers behind both randoms.
    pub fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Self::Dhe { prime, generator, public } => {
                put_bytes16(prime, out);
                put_bytes16(generator, out);
                put_bytes16(public, out);
            }
            Self::Ecdhe { group, point } => {
                EcCurveType::NAMED_CURVE.encode(out);
                group.encode(out);
                put_bytes8(point, out);
            }
            Self::ExportRsa { modulus, exponent } => {
                put_bytes16(modulus, out);
                put_bytes16(exponent, out);
            }
            Self::None => (),
            Self::Raw(bytes) => out.extend_from_slice(bytes),
        }
    }
}

impl<'a> DigitallySigned<'a> {
    fn read(reader: &mut Reader<'a>, context: Context) -> Result<Self, DecodeError> {
        let scheme = context.names_schemes().then(|| SignatureScheme::read(reader)).transpose()?;
        Ok(Self { scheme, signature: reader.bytes16("signature")? })
    }

    fn encode(&self, out: &mut Vec<u8>) {
        if let Some(scheme) = self.scheme {
            scheme.encode(out);
        }
        put_bytes16(self.signature, out);
    }
}

fn read_dhe<'a>(reader: &mut Reader<'a>) -> Result<ServerParameters<'a>, DecodeError> {
    Ok(ServerParameters::Dhe {
        prime: reader.bytes16("dh_p")?,
        generator: reader.bytes16("dh_g")?,
        public: reader.bytes16("dh_Ys")?,
    })
}

/// `None` for a curve written out, whose length only its own arithmetic could tell.
fn read_ecdhe<'a>(reader: &mut Reader<'a>) -> Result<Option<ServerParameters<'a>>, DecodeError> {
    if EcCurveType::read(reader)? != EcCurveType::NAMED_CURVE {
        return Ok(None);
    }
    let group = NamedGroup::read(reader)?;
    let point = reader.bytes8("ECPoint")?;
    Ok(Some(ServerParameters::Ecdhe { group, point }))
}

/// The client's public value, or the secret it encrypted (RFC 5246, section 7.4.7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientKeyExchange<'a> {
    /// A value in the server's field.
    Dhe {
        /// The value.
        public: &'a [u8],
    },
    /// A point on the server's curve.
    Ecdhe {
        /// The point.
        point: &'a [u8],
    },
    /// Anything else.
    Raw(&'a [u8]),
    /// A secret encrypted to the certificate.
    Rsa {
        /// The ciphertext.
        encrypted: &'a [u8],
    },
}

impl<'a> ClientKeyExchange<'a> {
    /// Reads a body as the suite wants it; what no suite we know explains stays raw.
    pub fn decode(body: &'a [u8], context: Context) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(body);
        let message = match context.suite.parameters().map(|suite| suite.key_exchange) {
            // With a certificate of its own for the exchange, a client has nothing to say here.
            Some(KeyExchange::Dh | KeyExchange::Dhe) if !body.is_empty() => {
                Self::Dhe { public: reader.bytes16("dh_Yc")? }
            }
            Some(KeyExchange::Ecdhe | KeyExchange::Ecdh) if !body.is_empty() => {
                Self::Ecdhe { point: reader.bytes8("ecdh_Yc")? }
            }
            // SSL 3 left the length out.
            Some(KeyExchange::Rsa) if context.version > Version::SSL_3 => {
                Self::Rsa { encrypted: reader.bytes16("EncryptedPreMasterSecret")? }
            }
            _ => Self::Raw(reader.rest()),
        };
        reader.finish("ClientKeyExchange")?;
        Ok(message)
    }

    /// Appends the body.
    pub fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Self::Dhe { public } => put_bytes16(public, out),
            Self::Ecdhe { point } => put_bytes8(point, out),
            Self::Raw(bytes) => out.extend_from_slice(bytes),
            Self::Rsa { encrypted } => put_bytes16(encrypted, out),
        }
    }
}

/// Bits of a big-endian number without its leading zeros.
pub fn bit_length(number: &[u8]) -> u32 {
    let Some(at) = number.iter().position(|byte| *byte != 0) else {
        return 0;
    };
    let bytes = u32::try_from(number.len() - at).unwrap_or(u32::MAX);
    let top = number.get(at).map_or(0, |byte| byte.leading_zeros());
    bytes.saturating_mul(8) - top
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::CipherSuite;

    const ECDHE: CipherSuite = CipherSuite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256;

    fn check(version: Version, suite: CipherSuite, wire: &[u8]) -> ServerKeyExchange<'_> {
        let context = Context { version, suite };
        let message = ServerKeyExchange::decode(wire, context).expect("whole");
        let mut back = Vec::new();
        message.encode(&mut back);
        assert_eq!(back, wire);
        if !matches!(message.parameters, ServerParameters::Raw(_)) {
            for end in 0..wire.len() {
                assert!(ServerKeyExchange::decode(&wire[..end], context).is_err(), "cut at {end}");
            }
            let mut signed = Vec::new();
            message.parameters.encode(&mut signed);
            assert_eq!(message.signed, signed);
        }
        message
    }

    #[test]
    fn curves_in_each_version() {
        let new = check(Version::TLS_1_2, ECDHE, b"\x03\x00\x1d\x02xy\x04\x01\x00\x03sig");
        let scheme = Some(SignatureScheme::RSA_PKCS1_SHA256);
        assert_eq!(new.signature, Some(DigitallySigned { scheme, signature: b"sig" }));
        let old = check(Version::TLS_1_0, ECDHE, b"\x03\x00\x17\x02xy\x00\x03sig");
        let group = NamedGroup::SECP256R1;
        assert_eq!(old.parameters, ServerParameters::Ecdhe { group, point: b"xy" });
        assert_eq!(old.signature, Some(DigitallySigned { scheme: None, signature: b"sig" }));
        let explicit = check(Version::TLS_1_2, ECDHE, b"\x01rest");
        assert_eq!(explicit.parameters, ServerParameters::Raw(b"\x01rest"));
    }

    #[test]
    fn fields_signed_anonymous_and_with_a_shared_key() {
        let signed = CipherSuite::TLS_DHE_RSA_WITH_AES_128_CBC_SHA;
        let wire = b"\x00\x02\x07\xff\x00\x01\x02\x00\x02\x01\x01\x04\x01\x00\x01s";
        let message = check(Version::TLS_1_2, signed, wire);
        let ServerParameters::Dhe { prime, generator, public } = message.parameters else {
            panic!("a field");
        };
        assert_eq!((bit_length(prime), generator, public), (11, &b"\x02"[..], &b"\x01\x01"[..]));
        let anonymous = CipherSuite::TLS_DH_ANON_WITH_AES_128_CBC_SHA;
        let wire = b"\x00\x01\x17\x00\x01\x02\x00\x01\x05";
        assert_eq!(check(Version::TLS_1_2, anonymous, wire).signature, None);
        let shared = CipherSuite::TLS_DHE_PSK_WITH_AES_128_CBC_SHA;
        let wire = b"\x00\x04hint\x00\x01\x17\x00\x01\x02\x00\x01\x05";
        assert_eq!(check(Version::TLS_1_2, shared, wire).psk_identity_hint, Some(&b"hint"[..]));
        check(Version::TLS_1_2, CipherSuite(0xabcd), b"whatever");
        let export = CipherSuite::TLS_RSA_EXPORT_WITH_RC4_40_MD5;
        let wire = b"\x00\x02mo\x00\x01\x03\x00\x01s";
        let message = check(Version::TLS_1_0, export, wire);
        let expected = ServerParameters::ExportRsa { modulus: b"mo", exponent: b"\x03" };
        assert_eq!(message.parameters, expected);
    }

    #[test]
    fn the_client_answers_in_kind() {
        let cases = [
            (ECDHE, &b"\x02xy"[..], ClientKeyExchange::Ecdhe { point: b"xy" }),
            (
                CipherSuite::TLS_DHE_RSA_WITH_AES_128_CBC_SHA,
                b"\x00\x02xy",
                ClientKeyExchange::Dhe { public: b"xy" },
            ),
            (
                CipherSuite::TLS_RSA_WITH_AES_128_CBC_SHA,
                b"\x00\x02xy",
                ClientKeyExchange::Rsa { encrypted: b"xy" },
            ),
            (CipherSuite(0xabcd), b"xy", ClientKeyExchange::Raw(b"xy")),
        ];
        for (suite, wire, expected) in cases {
            let context = Context { version: Version::TLS_1_2, suite };
            assert_eq!(ClientKeyExchange::decode(wire, context), Ok(expected));
            let mut back = Vec::new();
            expected.encode(&mut back);
            assert_eq!(back, wire);
        }
    }

    #[test]
    fn bits_are_counted_without_leading_zeros() {
        for (number, bits) in
            [(&b""[..], 0), (b"\0\0", 0), (b"\x01", 1), (b"\0\x80\0", 16), (b"\xff\xff", 16)]
        {
            assert_eq!(bit_length(number), bits, "{number:?}");
        }
    }
}
