//! Record protection: what turns a fragment into a record and back, one file per construction.

mod aead12;
mod cbc12;
mod tls13;

use tlscensus_tls_wire::codec::Codec;
use tlscensus_tls_wire::record::MAX_PLAINTEXT;
use tlscensus_tls_wire::record::RecordHeader;
use tlscensus_tls_wire::registry::ContentType;
use tlscensus_tls_wire::registry::Version;

pub(crate) use self::aead12::Aead12;
pub(crate) use self::cbc12::Cbc12Opener;
pub(crate) use self::cbc12::Cbc12Sealer;
pub(crate) use self::cbc12::CbcKeys;
pub(crate) use self::cbc12::MacOrder;
pub(crate) use self::tls13::Aead13;

/// How records of one direction are protected from now on.
pub(crate) enum Sealer {
    Plain,
    Aead12(Aead12),
    Aead13(Aead13),
    Cbc12(Box<Cbc12Sealer>),
}

impl Sealer {
    /// Appends one whole record. `fragment` is at most [`MAX_PLAINTEXT`] long.
    pub(crate) fn seal(&mut self, record: &Header, fragment: &[u8], out: &mut Vec<u8>) {
        match self {
            Self::Plain => {
                put_header(record.content_type, record.version, fragment.len(), out);
                out.extend_from_slice(fragment);
            }
            Self::Aead12(cipher) => cipher.seal(record, fragment, out),
            Self::Aead13(cipher) => cipher.seal(record, fragment, out),
            Self::Cbc12(cipher) => cipher.seal(record, fragment, out),
        }
    }
}

/// The receiving counterpart of [`Sealer`].
pub(crate) enum Opener {
    Plain,
    Aead12(Aead12),
    Aead13(Aead13),
    Cbc12(Box<Cbc12Opener>),
}

impl Opener {
    /// Removes the protection in place and gives the content type within.
    pub(crate) fn open<'a>(
        &self,
        record: &Header,
        body: &'a mut [u8],
    ) -> Result<(ContentType, &'a [u8]), OpenError> {
        let (content_type, plaintext) = match self {
            Self::Plain => (record.content_type, &*body),
            Self::Aead12(cipher) => (record.content_type, cipher.open(record, body)?),
            Self::Aead13(cipher) => cipher.open(record, body)?,
            Self::Cbc12(cipher) => (record.content_type, cipher.open(record, body)?),
        };
        if plaintext.len() > MAX_PLAINTEXT {
            return Err(OpenError::TooLong);
        }
        Ok((content_type, plaintext))
    }
}

/// What a record says about itself, and its number in its direction and epoch.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Header {
    pub(crate) content_type: ContentType,
    pub(crate) version: Version,
    pub(crate) sequence: u64,
}

impl Header {
    /// What the MACs and AEADs of 1.2 authenticate besides the content.
    fn additional_data(&self, length: usize) -> [u8; 13] {
        let length = u16::try_from(length).unwrap_or(u16::MAX).to_be_bytes();
        let mut data = [0; 13];
        data[..8].copy_from_slice(&self.sequence.to_be_bytes());
        data[8] = self.content_type.0;
        data[9..11].copy_from_slice(&self.version.0.to_be_bytes());
        data[11..].copy_from_slice(&length);
        data
    }
}

/// Why a record cannot be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OpenError {
    /// It was not made with the key we have.
    BadMac,
    /// Its content is longer than a record may hold.
    TooLong,
    /// A TLS 1.3 record of padding only.
    NoContentType,
}

fn put_header(content_type: ContentType, version: Version, length: usize, out: &mut Vec<u8>) {
    let length = u16::try_from(length).expect("fragments are cut to fit a record");
    RecordHeader { content_type, version, length }.encode(out);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::aead::Aead;
    use crate::crypto::cbc::BlockCipher;
    use crate::crypto::cbc::Mac;
    use crate::testing::hex;

    const HEADER_LEN: usize = 5;

    fn pairs() -> Vec<(&'static str, Sealer, Opener)> {
        let gcm = |aead, key: &[u8]| Aead12::new(aead, key, &[9; 4]);
        let chacha = || Aead12::new(Aead::ChaCha20Poly1305, &[7; 32], &[9; 12]);
        let keys = |mac_order| CbcKeys {
            cipher: BlockCipher::Aes256,
            key: vec![3; 32],
            mac: Mac::Sha1,
            mac_key: vec![4; 20],
            mac_order,
        };
        let (before, after) = (MacOrder::MacThenEncrypt, MacOrder::EncryptThenMac);
        vec![
            ("plain", Sealer::Plain, Opener::Plain),
            (
                "gcm 1.2",
                Sealer::Aead12(gcm(Aead::Aes128Gcm, &[7; 16])),
                Opener::Aead12(gcm(Aead::Aes128Gcm, &[7; 16])),
            ),
            ("chacha 1.2", Sealer::Aead12(chacha()), Opener::Aead12(chacha())),
            (
                "1.3",
                Sealer::Aead13(Aead13::new(Aead::Aes256Gcm, &[7; 32], [9; 12])),
                Opener::Aead13(Aead13::new(Aead::Aes256Gcm, &[7; 32], [9; 12])),
            ),
            (
                "cbc",
                Sealer::Cbc12(Box::new(Cbc12Sealer::new(&keys(before), 1))),
                Opener::Cbc12(Box::new(Cbc12Opener::new(&keys(before)))),
            ),
            (
                "cbc, encrypt then mac",
                Sealer::Cbc12(Box::new(Cbc12Sealer::new(&keys(after), 1))),
                Opener::Cbc12(Box::new(Cbc12Opener::new(&keys(after)))),
            ),
        ]
    }

    #[test]
    fn what_is_sealed_opens_and_nothing_else_does() {
        for (name, mut sealer, opener) in pairs() {
            for length in [0, 1, 15, 16, 17, 255, MAX_PLAINTEXT] {
                let header = Header {
                    content_type: ContentType::APPLICATION_DATA,
                    version: Version::TLS_1_2,
                    sequence: 5,
                };
                let fragment = vec![0xab; length];
                let mut record = Vec::new();
                sealer.seal(&header, &fragment, &mut record);
                let mut body = record[HEADER_LEN..].to_vec();
                assert_eq!(body.len(), usize::from(u16::from_be_bytes([record[3], record[4]])));
                assert_eq!(
                    opener.open(&header, &mut body),
                    Ok((header.content_type, &fragment[..])),
                    "{name}"
                );
                if name == "plain" {
                    continue;
                }
                for (header, flipped) in [
                    (Header { sequence: 6, ..header }, None),
                    (Header { content_type: ContentType::HANDSHAKE, ..header }, None),
                    (header, Some(HEADER_LEN)),
                    (header, Some(record.len() - 1)),
                ] {
                    let mut body = record.clone();
                    if let Some(flipped) = flipped {
                        body[flipped] ^= 0x40;
                    }
                    let opened = opener.open(&header, &mut body[HEADER_LEN..]);
                    assert_eq!(opened, Err(OpenError::BadMac), "{name} {length} {flipped:?}");
                }
            }
        }
    }

    #[test]
    fn any_body_at_all_can_be_opened_without_panic() {
        let header = Header {
            content_type: ContentType::APPLICATION_DATA,
            version: Version::TLS_1_2,
            sequence: 0,
        };
        for (name, _, opener) in pairs().into_iter().skip(1) {
            for length in 0..200 {
                let mut body = vec![0; length];
                assert_eq!(opener.open(&header, &mut body), Err(OpenError::BadMac), "{name}");
            }
        }
    }

    /// RFC 8448 §3, the client's application data.
    #[test]
    fn a_record_of_rfc_8448_is_made_to_the_byte() {
        let key = hex("17422dda596ed5d9acd890e3c63f5051");
        let iv = hex("5b78923dee08579033e523d9").try_into().expect("an IV");
        let mut sealer = Sealer::Aead13(Aead13::new(Aead::Aes128Gcm, &key, iv));
        let header = Header {
            content_type: ContentType::APPLICATION_DATA,
            version: Version::TLS_1_2,
            sequence: 0,
        };
        let content: Vec<u8> = (0..50).collect();
        let mut record = Vec::new();
        sealer.seal(&header, &content, &mut record);
        let expected = hex(
            "1703030043a23f7054b62c94d0affafe8228ba55cbefacea42f914aa66bcab3f2b9819a8a5b46b395bd54a9a20441e\
             2b62974e1f5a6292a2977014bd1e3deae63aeebb21694915e4",
        );
        assert_eq!(record, expected);
    }

    #[test]
    fn padding_is_taken_off_and_padding_alone_is_an_error() {
        let aead = || Aead13::new(Aead::Aes128Gcm, &[7; 16], [9; 12]);
        let header = Header {
            content_type: ContentType::APPLICATION_DATA,
            version: Version::TLS_1_2,
            sequence: 0,
        };
        let opener = Opener::Aead13(aead());
        for (inner, expected) in [
            (&b"text\x16\0\0\0"[..], Ok((ContentType::HANDSHAKE, &b"text"[..]))),
            (b"\x17", Ok((ContentType::APPLICATION_DATA, b""))),
            (b"\0\0\0", Err(OpenError::NoContentType)),
            (b"", Err(OpenError::NoContentType)),
        ] {
            let mut record = Vec::new();
            aead().seal_inner(&header, inner, &mut record);
            assert_eq!(opener.open(&header, &mut record[HEADER_LEN..]), expected);
        }
    }
}
