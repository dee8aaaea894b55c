//! Records of stream ciphers and of none at all (RFC 5246, section 6.2.3.1): content and MAC, enciphered together.

use crate::crypto::stream::Rc4;
use crate::protection::Header;
use crate::protection::OpenError;
use crate::protection::RecordMac;
use crate::protection::put_header;

#[expect(clippy::large_enum_variant, reason = "what holds one is boxed as a whole")]
/// The cipher of one direction, which goes on from record to record.
pub(crate) enum StreamCipher {
    /// Plaintext.
    Null,
    Rc4(Rc4),
}

impl StreamCipher {
    fn apply(&mut self, bytes: &mut [u8]) {
        match self {
            Self::Null => (),
            Self::Rc4(cipher) => cipher.apply(bytes),
        }
    }
}

/// One direction, sending or receiving.
pub(crate) struct Stream {
    cipher: StreamCipher,
    mac: RecordMac,
}

impl Stream {
    pub(crate) fn new(cipher: StreamCipher, mac: RecordMac) -> Self {
        Self { cipher, mac }
    }

    pub(super) fn seal(&mut self, record: &Header, fragment: &[u8], out: &mut Vec<u8>) {
        put_header(record.content_type, record.version, fragment.len() + self.mac.len(), out);
        let start = out.len();
        out.extend_from_slice(fragment);
        out.extend_from_slice(self.mac.of(record, fragment).as_ref());
        self.cipher.apply(out.get_mut(start..).unwrap_or_default());
    }

    pub(super) fn open<'a>(
        &mut self,
        record: &Header,
        body: &'a mut [u8],
    ) -> Result<&'a [u8], OpenError> {
        self.cipher.apply(body);
        self.mac.check(record, body)
    }
}
