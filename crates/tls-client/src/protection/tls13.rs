//! Records of TLS 1.3 (RFC 9846, section 5.2):
//! the content type travels inside, behind it any number of zeros.

use tlscensus_tls_wire::registry::ContentType;
use tlscensus_tls_wire::registry::Version;

use crate::crypto::aead::Aead;
use crate::crypto::aead::AeadKey;
use crate::crypto::aead::NONCE_LEN;
use crate::crypto::aead::masked_nonce;
use crate::protection::Header;
use crate::protection::OpenError;
use crate::protection::put_header;

/// One direction's key and IV.
pub(crate) struct Aead13 {
    key: AeadKey,
    iv: [u8; NONCE_LEN],
}

impl Aead13 {
    pub(crate) fn new(aead: Aead, key: &[u8], iv: [u8; NONCE_LEN]) -> Self {
        Self { key: AeadKey::new(aead, key), iv }
    }

    pub(super) fn seal(&self, record: &Header, fragment: &[u8], out: &mut Vec<u8>) {
        let inner = [fragment, &[record.content_type.0]].concat();
        self.seal_inner(record, &inner, out);
    }

    pub(super) fn seal_inner(&self, record: &Header, inner: &[u8], out: &mut Vec<u8>) {
        let start = out.len();
        let length = inner.len() + self.key.tag_len();
        put_header(OPAQUE_TYPE, LEGACY_VERSION, length, out);
        let header = additional_data(OPAQUE_TYPE, LEGACY_VERSION, length);
        let content = start + header.len();
        out.extend_from_slice(inner);
        let nonce = masked_nonce(&self.iv, record.sequence);
        self.key.seal(nonce, &header, out, content);
    }

    pub(super) fn open<'a>(
        &self,
        record: &Header,
        body: &'a mut [u8],
    ) -> Result<(ContentType, &'a [u8]), OpenError> {
        let header = additional_data(record.content_type, record.version, body.len());
        let nonce = masked_nonce(&self.iv, record.sequence);
        let inner = self.key.open(nonce, &header, body).map_err(|_| OpenError::BadMac)?;
        content_and_type(inner)
    }
}

/// Takes off the padding; the byte before it is the type.
pub(super) fn content_and_type(inner: &[u8]) -> Result<(ContentType, &[u8]), OpenError> {
    let end = inner.iter().rposition(|byte| *byte != 0).ok_or(OpenError::NoContentType)?;
    let (content, rest) = inner.split_at(end);
    let content_type = rest.first().copied().ok_or(OpenError::NoContentType)?;
    Ok((ContentType(content_type), content))
}

/// The record's header as it stands on the wire.
pub(super) fn additional_data(
    content_type: ContentType,
    version: Version,
    length: usize,
) -> [u8; 5] {
    let [version_high, version_low] = version.0.to_be_bytes();
    let [length_high, length_low] = u16::try_from(length).unwrap_or(u16::MAX).to_be_bytes();
    [content_type.0, version_high, version_low, length_high, length_low]
}

pub(super) const OPAQUE_TYPE: ContentType = ContentType::APPLICATION_DATA;
pub(super) const LEGACY_VERSION: Version = Version::TLS_1_2;
