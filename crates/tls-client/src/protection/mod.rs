//! Record protection: what turns a fragment into a record and back, one file per construction.

mod aead12;
mod block;
mod integrity13;
mod record_mac;
mod stream;
mod tls13;

use tlscensus_tls_wire::codec::Codec;
use tlscensus_tls_wire::record::MAX_PLAINTEXT;
use tlscensus_tls_wire::record::RecordHeader;
use tlscensus_tls_wire::registry::ContentType;
use tlscensus_tls_wire::registry::Version;

pub(crate) use self::aead12::Aead12;
pub(crate) use self::block::BlockKeys;
pub(crate) use self::block::BlockOpener;
pub(crate) use self::block::BlockSealer;
pub(crate) use self::block::MacOrder;
pub(crate) use self::integrity13::Integrity13;
pub(crate) use self::record_mac::RecordMac;
pub(crate) use self::stream::Stream;
pub(crate) use self::stream::StreamCipher;
pub(crate) use self::tls13::Aead13;

/// How records of one direction are protected from now on.
pub(crate) enum Sealer {
    Plain,
    Aead12(Aead12),
    Aead13(Aead13),
    Block(Box<BlockSealer>),
    Integrity13(Box<Integrity13>),
    Stream(Box<Stream>),
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
            Self::Block(cipher) => cipher.seal(record, fragment, out),
            Self::Integrity13(key) => key.seal(record, fragment, out),
            Self::Stream(cipher) => cipher.seal(record, fragment, out),
        }
    }

    /// Whether content should be cut after its first byte, so that nobody knows the IV of what they make us say.
    pub(crate) fn has_chained_ivs(&self) -> bool {
        matches!(self, Self::Block(cipher) if cipher.has_chained_ivs())
    }
}

/// The receiving counterpart of [`Sealer`].
pub(crate) enum Opener {
    Plain,
    Aead12(Aead12),
    Aead13(Aead13),
    Block(Box<BlockOpener>),
    Integrity13(Box<Integrity13>),
    Stream(Box<Stream>),
}

impl Opener {
    /// Removes the protection in place and gives the content type within.
    pub(crate) fn open<'a>(
        &mut self,
        record: &Header,
        body: &'a mut [u8],
    ) -> Result<(ContentType, &'a [u8]), OpenError> {
        let (content_type, plaintext) = match self {
            Self::Plain => (record.content_type, &*body),
            Self::Aead12(cipher) => (record.content_type, cipher.open(record, body)?),
            Self::Aead13(cipher) => cipher.open(record, body)?,
            Self::Block(cipher) => (record.content_type, cipher.open(record, body)?),
            Self::Integrity13(key) => key.open(record, body)?,
            Self::Stream(cipher) => (record.content_type, cipher.open(record, body)?),
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
    /// What the MACs and AEADs before TLS 1.3 authenticate besides the content.
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
    use crate::crypto::block::BlockCipher;
    use crate::crypto::mac::Mac;
    use crate::rules::Rules;
    use crate::testing::hex;

    const HEADER_LEN: usize = 5;

    fn pairs() -> Vec<(&'static str, Sealer, Opener)> {
        let gcm = |aead, key: &[u8]| Aead12::new(aead, key, &[9; 4]);
        let chacha = || Aead12::new(Aead::ChaCha20Poly1305, &[7; 32], &[9; 12]);
        let keys = |version, mac_order| {
            let rules = Rules { version };
            BlockKeys {
                rules,
                cipher: BlockCipher::Aes256,
                key: &[3; 32],
                iv: &[5; 16],
                mac: RecordMac::new(rules, Mac::Sha1, &[4; 20]),
                mac_order,
            }
        };
        let block = |version, mac_order| {
            let sealer = BlockSealer::new(keys(version, mac_order), 1);
            let opener = BlockOpener::new(keys(version, mac_order));
            (Sealer::Block(Box::new(sealer)), Opener::Block(Box::new(opener)))
        };
        let (before, after) = (MacOrder::MacThenEncrypt, MacOrder::EncryptThenMac);
        let cbc = [
            ("SSL 3", Version::SSL_3, before),
            ("CBC 1.0", Version::TLS_1_0, before),
            ("CBC 1.0, encrypt then MAC", Version::TLS_1_0, after),
            ("CBC 1.1", Version::TLS_1_1, before),
            ("CBC 1.2", Version::TLS_1_2, before),
            ("CBC 1.2, encrypt then MAC", Version::TLS_1_2, after),
        ];
        let mut pairs = vec![
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
        ];
        let integrity = || Box::new(Integrity13::new(Mac::Sha384, &[7; 48], &[9; 48]));
        let (sealer, opener) = (Sealer::Integrity13(integrity()), Opener::Integrity13(integrity()));
        pairs.push(("1.3, not encrypted", sealer, opener));
        for (name, version) in [("NULL, SSL 3", Version::SSL_3), ("NULL", Version::TLS_1_0)] {
            let mac = || RecordMac::new(Rules { version }, Mac::Md5, &[4; 16]);
            let stream = || Box::new(Stream::new(StreamCipher::Null, mac()));
            pairs.push((name, Sealer::Stream(stream()), Opener::Stream(stream())));
        }
        for (name, version, mac_order) in cbc {
            let (sealer, opener) = block(version, mac_order);
            pairs.push((name, sealer, opener));
        }
        pairs
    }

    #[test]
    fn what_is_sealed_opens_and_nothing_else_does() {
        let header = Header {
            content_type: ContentType::APPLICATION_DATA,
            version: Version::TLS_1_2,
            sequence: 5,
        };
        for length in [0, 1, 15, 16, 17, 255, MAX_PLAINTEXT] {
            let fragment = vec![0xab; length];
            let sealed = |mut sealer: Sealer| {
                let mut record = Vec::new();
                sealer.seal(&header, &fragment, &mut record);
                record
            };
            for (name, sealer, mut opener) in pairs() {
                let mut record = sealed(sealer);
                let expected = usize::from(u16::from_be_bytes([record[3], record[4]]));
                let body = &mut record[HEADER_LEN..];
                assert_eq!(body.len(), expected, "{name}");
                let opened = opener.open(&header, body);
                assert_eq!(opened, Ok((header.content_type, &fragment[..])), "{name}");
            }
            for (header, from_start, from_end) in [
                (Header { sequence: 6, ..header }, 0, 0),
                (Header { content_type: ContentType::HANDSHAKE, ..header }, 0, 0),
                (header, 0x40, 0),
                (header, 0, 0x40),
            ] {
                for (name, sealer, mut opener) in pairs().into_iter().skip(1) {
                    let mut record = sealed(sealer);
                    record[HEADER_LEN] ^= from_start;
                    *record.last_mut().expect("not empty") ^= from_end;
                    let opened = opener.open(&header, &mut record[HEADER_LEN..]);
                    assert_eq!(opened, Err(OpenError::BadMac), "{name} {length} {header:?}");
                }
            }
        }
    }

    #[test]
    fn records_follow_one_another_in_either_direction() {
        for (name, mut sealer, mut opener) in pairs() {
            for (sequence, length) in (0..).zip([0, 1, 40, 0, 0, 300, 16]) {
                let version = Version::TLS_1_2;
                let content_type = ContentType::APPLICATION_DATA;
                let header = Header { content_type, version, sequence };
                let fragment = vec![0xab; length];
                let mut record = Vec::new();
                sealer.seal(&header, &fragment, &mut record);
                let opened = opener.open(&header, &mut record[HEADER_LEN..]);
                assert_eq!(opened, Ok((content_type, &fragment[..])), "{name} {sequence}");
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
        for (name, _, mut opener) in pairs().into_iter().skip(1) {
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
        let mut opener = Opener::Aead13(aead());
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
