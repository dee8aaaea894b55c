//! A server's wish for the client's certificate, in both shapes.

use super::Context;
use crate::codec::Codec;
use crate::codec::DecodeError;
use crate::codec::Reader;
use crate::codec::nest8;
use crate::codec::nest16;
use crate::codec::put_bytes8;
use crate::extension::CertificateAuthorities;
use crate::extension::Extensions;
use crate::extension::encode_opaques;
use crate::registry::ClientCertificateType;
use crate::registry::SignatureScheme;

/// The wish before TLS 1.3 (RFC 5246, section 7.4.4).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CertificateRequestLegacy<'a> {
    /// Kinds of keys, most wanted first.
    pub certificate_types: Vec<ClientCertificateType>,
    /// Schemes; before TLS 1.2 there is no such field.
    pub schemes: Option<Vec<SignatureScheme>>,
    /// Names of authorities, each DER.
    pub authorities: Vec<&'a [u8]>,
}

impl<'a> CertificateRequestLegacy<'a> {
    /// Reads a body, with schemes where the version has them.
    pub fn decode(body: &'a [u8], context: Context) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(body);
        let certificate_types = reader.sub8("certificate_types")?.list()?;
        let schemes = if context.names_schemes() {
            Some(reader.sub16("supported_signature_algorithms")?.list()?)
        } else {
            None
        };
        let CertificateAuthorities(authorities) = CertificateAuthorities::read(&mut reader)?;
        reader.finish("CertificateRequest")?;
        Ok(Self { certificate_types, schemes, authorities })
    }

    /// Appends the body.
    pub fn encode(&self, out: &mut Vec<u8>) {
        nest8(out, |out| self.certificate_types.iter().for_each(|kind| kind.encode(out)));
        if let Some(schemes) = &self.schemes {
            nest16(out, |out| schemes.iter().for_each(|scheme| scheme.encode(out)));
        }
        encode_opaques(&self.authorities, out);
    }
}

/// The wish of TLS 1.3 (RFC 9846, section 4.4.2).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CertificateRequestTls13<'a> {
    /// What the answer must repeat; empty during the handshake.
    pub context: &'a [u8],
    /// Schemes, authorities and the like.
    pub extensions: Extensions<'a>,
}

impl<'a> Codec<'a> for CertificateRequestTls13<'a> {
    fn encode(&self, out: &mut Vec<u8>) {
        put_bytes8(self.context, out);
        self.extensions.encode(out);
    }

    fn read(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        Ok(Self {
            context: reader.bytes8("certificate_request_context")?,
            extensions: Extensions::read(reader)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::CipherSuite;
    use crate::registry::Version;

    #[test]
    fn both_legacy_shapes_round_trip() {
        let suite = CipherSuite::TLS_RSA_WITH_AES_128_CBC_SHA;
        let cases = [
            (Version::TLS_1_1, None, &b"\x02\x01\x40\x00\x04\x00\x02DN"[..]),
            (
                Version::TLS_1_2,
                Some(vec![SignatureScheme::RSA_PKCS1_SHA256]),
                &b"\x02\x01\x40\x00\x02\x04\x01\x00\x04\x00\x02DN"[..],
            ),
        ];
        for (version, schemes, wire) in cases {
            let context = Context { version, suite };
            let request = CertificateRequestLegacy::decode(wire, context).expect("whole");
            assert_eq!(request.schemes, schemes);
            assert_eq!(request.authorities, [b"DN"]);
            assert_eq!(request.certificate_types.len(), 2);
            let mut back = Vec::new();
            request.encode(&mut back);
            assert_eq!(back, wire);
            for end in 0..wire.len() {
                assert!(CertificateRequestLegacy::decode(&wire[..end], context).is_err());
            }
        }
    }
}
