//! Chains, their stapled status, and the proof of the key.

use super::Context;
use crate::codec::Codec;
use crate::codec::DecodeError;
use crate::codec::Reader;
use crate::codec::nest24;
use crate::codec::put_bytes8;
use crate::codec::put_bytes16;
use crate::codec::put_bytes24;
use crate::codec::put_u24;
use crate::extension::Extensions;
use crate::registry::CertificateCompression;
use crate::registry::CertificateStatusType;
use crate::registry::SignatureScheme;

/// The chain before TLS 1.3, DER in wire order (RFC 5246, section 7.4.2).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CertificateLegacy<'a> {
    /// The certificates; the first should be the sender's own.
    pub chain: Vec<&'a [u8]>,
}

impl<'a> Codec<'a> for CertificateLegacy<'a> {
    fn encode(&self, out: &mut Vec<u8>) {
        nest24(out, |out| self.chain.iter().for_each(|der| put_bytes24(der, out)));
    }

    fn read(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        let mut list = reader.sub24("certificate_list")?;
        let mut chain = Vec::with_capacity(TYPICAL_CHAIN);
        while !list.is_empty() {
            chain.push(list.bytes24("certificate")?);
        }
        Ok(Self { chain })
    }
}

/// The chain of TLS 1.3 (RFC 9846, section 4.5.1).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CertificateTls13<'a> {
    /// Which request this answers; empty from a server.
    pub context: &'a [u8],
    /// The certificates; the first should be the sender's own.
    pub entries: Vec<CertificateEntry<'a>>,
}

impl<'a> Codec<'a> for CertificateTls13<'a> {
    fn encode(&self, out: &mut Vec<u8>) {
        put_bytes8(self.context, out);
        nest24(out, |out| self.entries.iter().for_each(|entry| entry.encode(out)));
    }

    fn read(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        let context = reader.bytes8("certificate_request_context")?;
        let mut list = reader.sub24("certificate_list")?;
        let mut entries = Vec::with_capacity(TYPICAL_CHAIN);
        while !list.is_empty() {
            entries.push(CertificateEntry::read(&mut list)?);
        }
        Ok(Self { context, entries })
    }
}

/// One certificate of TLS 1.3 with what is said about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateEntry<'a> {
    /// DER, unless another certificate type was agreed on.
    pub certificate: &'a [u8],
    /// Status, timestamps and the like.
    pub extensions: Extensions<'a>,
}

impl<'a> Codec<'a> for CertificateEntry<'a> {
    fn encode(&self, out: &mut Vec<u8>) {
        put_bytes24(self.certificate, out);
        self.extensions.encode(out);
    }

    fn read(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        Ok(Self {
            certificate: reader.bytes24("cert_data")?,
            extensions: Extensions::read(reader)?,
        })
    }
}

/// A certificate message of TLS 1.3, compressed (RFC 8879). Kept as it is: whoever can decompress, may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CompressedCertificate<'a> {
    /// How it was compressed.
    pub algorithm: CertificateCompression,
    /// The length the message claims to have when decompressed.
    pub uncompressed_length: u32,
    /// The compressed message.
    pub compressed: &'a [u8],
}

impl<'a> Codec<'a> for CompressedCertificate<'a> {
    fn encode(&self, out: &mut Vec<u8>) {
        self.algorithm.encode(out);
        put_u24(self.uncompressed_length, out);
        put_bytes24(self.compressed, out);
    }

    fn read(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        Ok(Self {
            algorithm: CertificateCompression::read(reader)?,
            uncompressed_length: reader.u24("uncompressed_length")?,
            compressed: reader.bytes24("compressed_certificate_message")?,
        })
    }
}

/// A stapled status before TLS 1.3 (RFC 6066, section 8).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CertificateStatus<'a> {
    /// What kind of status.
    pub status_type: CertificateStatusType,
    /// What follows, its length included.
    pub response: &'a [u8],
}

impl<'a> CertificateStatus<'a> {
    /// The OCSP response, DER; `None` where the status is of another kind.
    pub fn ocsp(&self) -> Result<Option<&'a [u8]>, DecodeError> {
        if self.status_type != CertificateStatusType::OCSP {
            return Ok(None);
        }
        let mut reader = Reader::new(self.response);
        let response = reader.bytes24("OCSPResponse")?;
        reader.finish("OCSPResponse")?;
        Ok(Some(response))
    }
}

impl<'a> Codec<'a> for CertificateStatus<'a> {
    fn encode(&self, out: &mut Vec<u8>) {
        self.status_type.encode(out);
        out.extend_from_slice(self.response);
    }

    fn read(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        Ok(Self { status_type: CertificateStatusType::read(reader)?, response: reader.rest() })
    }
}

/// The proof of the certificate's key (RFC 9846; RFC 5246, section 7.4.8).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CertificateVerify<'a> {
    /// The scheme; before TLS 1.2 none is named.
    pub scheme: Option<SignatureScheme>,
    /// The signature.
    pub signature: &'a [u8],
}

impl<'a> CertificateVerify<'a> {
    /// Reads a body, with a scheme where the version has one.
    pub fn decode(body: &'a [u8], context: Context) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(body);
        let scheme =
            context.names_schemes().then(|| SignatureScheme::read(&mut reader)).transpose()?;
        let signature = reader.bytes16("signature")?;
        reader.finish("CertificateVerify")?;
        Ok(Self { scheme, signature })
    }

    /// Appends the body.
    pub fn encode(&self, out: &mut Vec<u8>) {
        if let Some(scheme) = self.scheme {
            scheme.encode(out);
        }
        put_bytes16(self.signature, out);
    }
}

/// Most chains are not longer than this.
const TYPICAL_CHAIN: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extension::StatusResponse;
    use crate::registry::CipherSuite;
    use crate::registry::Version;

    #[test]
    fn chains_keep_their_order_and_empty_ones_stay_empty() {
        let chain = CertificateLegacy { chain: vec![b"leaf", b"", b"ca"] };
        assert_eq!(chain.encoded(), b"\x00\x00\x0f\x00\x00\x04leaf\x00\x00\x00\x00\x00\x02ca");
        assert_eq!(CertificateLegacy::decode(&chain.encoded(), "x"), Ok(chain));
        let none = CertificateLegacy::decode(&[0, 0, 0], "x").expect("an empty chain");
        assert!(none.chain.is_empty());
    }

    #[test]
    fn entries_carry_extensions() {
        let mut extensions = Extensions::new();
        let status = StatusResponse { status_type: CertificateStatusType::OCSP, response: b"ocsp" };
        extensions.add(&status);
        let leaf = CertificateEntry { certificate: b"leaf", extensions };
        let ca = CertificateEntry { certificate: b"ca", extensions: Extensions::new() };
        let message = CertificateTls13 { context: b"", entries: vec![leaf, ca] };
        let wire = message.encoded();
        let back = CertificateTls13::decode(&wire, "x").expect("whole");
        assert_eq!(back, message);
        assert_eq!(back.entries[0].extensions.get(), Ok(Some(status)));
        for end in 0..wire.len() {
            assert!(CertificateTls13::decode(&wire[..end], "x").is_err(), "cut at {end}");
        }
    }

    #[test]
    fn signatures_name_their_scheme_from_tls12_on() {
        let old = Context { version: Version::TLS_1_1, suite: CipherSuite(0x2f) };
        let new = Context { version: Version::TLS_1_2, ..old };
        let verify = CertificateVerify::decode(b"\x00\x02ab", old).expect("bare");
        assert_eq!((verify.scheme, verify.signature), (None, &b"ab"[..]));
        let verify = CertificateVerify::decode(b"\x08\x04\x00\x02ab", new).expect("named");
        assert_eq!(verify.scheme, Some(SignatureScheme::RSA_PSS_RSAE_SHA256));
        assert!(CertificateVerify::decode(b"\x00\x02abc", old).is_err());
    }

    #[test]
    fn a_status_of_another_kind_is_kept() {
        let status = CertificateStatus::decode(b"\x01\x00\x00\x02ok", "x").expect("whole");
        assert_eq!(status.ocsp(), Ok(Some(&b"ok"[..])));
        let status = CertificateStatus::decode(b"\x02\x00\x00\x02ok", "x").expect("whole");
        assert_eq!((status.ocsp(), status.encoded().len()), (Ok(None), 6));
    }
}
