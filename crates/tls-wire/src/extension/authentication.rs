//! Extensions about who the peers are: signatures, certificates, their status and their logs.

use super::Extension;
use super::list_extension;
use crate::codec::Codec;
use crate::codec::DecodeError;
use crate::codec::Reader;
use crate::codec::nest16;
use crate::codec::put_bytes16;
use crate::codec::put_bytes24;
use crate::registry::CertificateCompression;
use crate::registry::CertificateStatusType;
use crate::registry::ExtensionType;
use crate::registry::SignatureScheme;

list_extension! {
    /// Schemes a side can verify, most wanted first (RFC 9846, section 4.3.3).
    SignatureAlgorithms, SignatureScheme, nest16, sub16, SIGNATURE_ALGORITHMS
}

list_extension! {
    /// Schemes a side can verify inside certificates, where they differ.
    SignatureAlgorithmsCert, SignatureScheme, nest16, sub16, SIGNATURE_ALGORITHMS_CERT
}

list_extension! {
    /// Compressed forms of certificate messages a side can read (RFC 8879).
    CompressCertificate, CertificateCompression, nest8, sub8, COMPRESS_CERTIFICATE
}

/// A client's wish for a stapled status (RFC 6066, section 8).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StatusRequest<'a> {
    /// What kind of status.
    pub status_type: CertificateStatusType,
    /// What follows: for OCSP, responders and extensions, each behind its length.
    pub request: &'a [u8],
}

impl StatusRequest<'static> {
    /// A wish for OCSP without conditions.
    pub const OCSP: Self = Self { status_type: CertificateStatusType::OCSP, request: &[0; 4] };
}

impl<'a> Codec<'a> for StatusRequest<'a> {
    fn encode(&self, out: &mut Vec<u8>) {
        self.status_type.encode(out);
        out.extend_from_slice(self.request);
    }

    fn read(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        Ok(Self { status_type: CertificateStatusType::read(reader)?, request: reader.rest() })
    }
}

impl<'a> Extension<'a> for StatusRequest<'a> {
    const TYPE: ExtensionType = ExtensionType::STATUS_REQUEST;
}

/// A stapled status beside a certificate of TLS 1.3 (RFC 9846, section 4.5.1); the same bytes as the message
/// `CertificateStatus` before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StatusResponse<'a> {
    /// What kind of status.
    pub status_type: CertificateStatusType,
    /// The response, DER for OCSP.
    pub response: &'a [u8],
}

impl<'a> Codec<'a> for StatusResponse<'a> {
    fn encode(&self, out: &mut Vec<u8>) {
        self.status_type.encode(out);
        put_bytes24(self.response, out);
    }

    fn read(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        Ok(Self {
            status_type: CertificateStatusType::read(reader)?,
            response: reader.bytes24("status response")?,
        })
    }
}

impl<'a> Extension<'a> for StatusResponse<'a> {
    const TYPE: ExtensionType = ExtensionType::STATUS_REQUEST;
}

/// Promises of certificate logs (RFC 6962, section 3.3), each raw. A client asks with an empty extension.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SignedCertificateTimestamps<'a>(pub Vec<&'a [u8]>);

impl<'a> Codec<'a> for SignedCertificateTimestamps<'a> {
    fn encode(&self, out: &mut Vec<u8>) {
        encode_opaques(&self.0, out);
    }

    fn read(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        read_opaques(reader, "SignedCertificateTimestampList").map(Self)
    }
}

impl<'a> Extension<'a> for SignedCertificateTimestamps<'a> {
    const TYPE: ExtensionType = ExtensionType::SIGNED_CERTIFICATE_TIMESTAMP;
}

/// Names of authorities a side would accept, each DER (RFC 9846).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CertificateAuthorities<'a>(pub Vec<&'a [u8]>);

impl<'a> Codec<'a> for CertificateAuthorities<'a> {
    fn encode(&self, out: &mut Vec<u8>) {
        encode_opaques(&self.0, out);
    }

    fn read(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        read_opaques(reader, "certificate_authorities").map(Self)
    }
}

impl<'a> Extension<'a> for CertificateAuthorities<'a> {
    const TYPE: ExtensionType = ExtensionType::CERTIFICATE_AUTHORITIES;
}

/// A list behind two bytes of length, each element behind two more.
pub(crate) fn encode_opaques(opaques: &[&[u8]], out: &mut Vec<u8>) {
    nest16(out, |out| opaques.iter().for_each(|opaque| put_bytes16(opaque, out)));
}

/// The reading half of [`encode_opaques`].
pub(crate) fn read_opaques<'a>(
    reader: &mut Reader<'a>,
    what: &'static str,
) -> Result<Vec<&'a [u8]>, DecodeError> {
    let mut list = reader.sub16(what)?;
    let mut opaques = Vec::new();
    while !list.is_empty() {
        opaques.push(list.bytes16(what)?);
    }
    Ok(opaques)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_and_responses_round_trip() {
        assert_eq!(StatusRequest::OCSP.encoded(), [1, 0, 0, 0, 0]);
        let response = StatusResponse { status_type: CertificateStatusType::OCSP, response: b"r" };
        assert_eq!(response.encoded(), b"\x01\x00\x00\x01r");
        assert_eq!(StatusResponse::decode(&response.encoded(), "x"), Ok(response));
        let stamps = SignedCertificateTimestamps(vec![b"", b"sct"]);
        assert_eq!(stamps.encoded(), b"\x00\x07\x00\x00\x00\x03sct");
        assert_eq!(SignedCertificateTimestamps::decode(&stamps.encoded(), "x"), Ok(stamps));
    }
}
