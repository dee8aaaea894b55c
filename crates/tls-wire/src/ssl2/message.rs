//! The messages of SSL 2 that go by in the clear.

use crate::codec::Codec;
use crate::codec::DecodeError;
use crate::codec::Reader;
use crate::codec::put_u16;
use crate::extension::Extensions;
use crate::handshake;
use crate::registry::CipherSuite;
use crate::registry::CompressionMethod;
use crate::registry::Ssl2CipherKind;
use crate::registry::Ssl2Error;
use crate::registry::Ssl2Message;
use crate::registry::Version;

/// A client's offer, of SSL 2 itself or of SSL 3 and later in its frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientHello<'a> {
    /// The highest version.
    pub version: Version,
    /// Ciphers of SSL 2 and suites of later versions, in the client's order.
    pub cipher_kinds: Vec<Ssl2CipherKind>,
    /// The session to resume.
    pub session_id: &'a [u8],
    /// The client's random, 16 to 32 bytes.
    pub challenge: &'a [u8],
}

impl<'a> ClientHello<'a> {
    /// The hello of SSL 3 that says the same (RFC 5246, appendix E.2): ciphers of SSL 2 itself left out, the challenge
    /// filled up with zeros in front. What has no room there, a challenge or session id too long, is cut.
    pub fn to_later(&self) -> handshake::ClientHello<'a> {
        let mut random = [0; 32];
        let kept = self.challenge.len().min(random.len());
        let challenge = self.challenge.iter().rev();
        random.iter_mut().rev().zip(challenge).take(kept).for_each(|(to, from)| *to = *from);
        handshake::ClientHello {
            legacy_version: self.version,
            random,
            session_id: self.session_id.get(..MAX_SESSION_ID).unwrap_or(self.session_id),
            cipher_suites: self.cipher_kinds.iter().filter_map(|kind| kind.suite()).collect(),
            compression_methods: vec![CompressionMethod::NULL],
            extensions: Extensions::none(),
        }
    }

    /// A hello of SSL 3 or later in this frame, which has no place for a session, for compression or for extensions.
    /// The suites are the caller's: the frame has room for any.
    pub fn of_later(version: Version, suites: &[CipherSuite], random: &'a [u8; 32]) -> Self {
        let cipher_kinds = suites.iter().copied().map(Ssl2CipherKind::from).collect();
        Self { version, cipher_kinds, session_id: &[], challenge: random }
    }
}

impl<'a> Codec<'a> for ClientHello<'a> {
    fn encode(&self, out: &mut Vec<u8>) {
        Ssl2Message::CLIENT_HELLO.encode(out);
        self.version.encode(out);
        put_length(3 * self.cipher_kinds.len(), out);
        put_length(self.session_id.len(), out);
        put_length(self.challenge.len(), out);
        self.cipher_kinds.iter().for_each(|kind| kind.encode(out));
        out.extend_from_slice(self.session_id);
        out.extend_from_slice(self.challenge);
    }

    fn read(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        insist(Ssl2Message::CLIENT_HELLO, reader)?;
        let version = Version::read(reader)?;
        let cipher_specs_length = reader.u16("CIPHER-SPECS-LENGTH")?;
        let session_id_length = reader.u16("SESSION-ID-LENGTH")?;
        let challenge_length = reader.u16("CHALLENGE-LENGTH")?;
        Ok(Self {
            version,
            cipher_kinds: cipher_kinds(cipher_specs_length, reader)?,
            session_id: reader.take(usize::from(session_id_length), "SESSION-ID-DATA")?,
            challenge: reader.take(usize::from(challenge_length), "CHALLENGE-DATA")?,
        })
    }
}

/// A server's answer: what it can do, among which the client chooses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerHello<'a> {
    /// 1 where the session is resumed, and then neither certificate nor ciphers stand here; else 0.
    pub session_id_hit: u8,
    /// The form of the certificate; 1 is X.509, the only one there ever was.
    pub certificate_type: u8,
    /// The version.
    pub version: Version,
    /// The server's certificate.
    pub certificate: &'a [u8],
    /// The ciphers that the server takes.
    pub cipher_kinds: Vec<Ssl2CipherKind>,
    /// The server's random, 16 to 32 bytes.
    pub connection_id: &'a [u8],
}

impl<'a> Codec<'a> for ServerHello<'a> {
    fn encode(&self, out: &mut Vec<u8>) {
        Ssl2Message::SERVER_HELLO.encode(out);
        out.push(self.session_id_hit);
        out.push(self.certificate_type);
        self.version.encode(out);
        put_length(self.certificate.len(), out);
        put_length(3 * self.cipher_kinds.len(), out);
        put_length(self.connection_id.len(), out);
        out.extend_from_slice(self.certificate);
        self.cipher_kinds.iter().for_each(|kind| kind.encode(out));
        out.extend_from_slice(self.connection_id);
    }

    fn read(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        insist(Ssl2Message::SERVER_HELLO, reader)?;
        let session_id_hit = reader.u8("SESSION-ID-HIT")?;
        let certificate_type = reader.u8("CERTIFICATE-TYPE")?;
        let version = Version::read(reader)?;
        let certificate_length = reader.u16("CERTIFICATE-LENGTH")?;
        let cipher_specs_length = reader.u16("CIPHER-SPECS-LENGTH")?;
        let connection_id_length = reader.u16("CONNECTION-ID-LENGTH")?;
        Ok(Self {
            session_id_hit,
            certificate_type,
            version,
            certificate: reader.take(usize::from(certificate_length), "CERTIFICATE-DATA")?,
            cipher_kinds: cipher_kinds(cipher_specs_length, reader)?,
            connection_id: reader.take(usize::from(connection_id_length), "CONNECTION-ID-DATA")?,
        })
    }
}

/// The client's choice among the server's ciphers, and the key (draft-hickman-netscape-ssl-00, CLIENT-MASTER-KEY).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientMasterKey<'a> {
    /// The cipher.
    pub cipher_kind: Ssl2CipherKind,
    /// The part of the key that goes in the clear: all but 40 bits of it for export.
    pub clear_key: &'a [u8],
    /// The rest, encrypted to the certificate.
    pub encrypted_key: &'a [u8],
    /// What the cipher starts from.
    pub key_arg: &'a [u8],
}

impl<'a> Codec<'a> for ClientMasterKey<'a> {
    fn encode(&self, out: &mut Vec<u8>) {
        Ssl2Message::CLIENT_MASTER_KEY.encode(out);
        self.cipher_kind.encode(out);
        put_length(self.clear_key.len(), out);
        put_length(self.encrypted_key.len(), out);
        put_length(self.key_arg.len(), out);
        out.extend_from_slice(self.clear_key);
        out.extend_from_slice(self.encrypted_key);
        out.extend_from_slice(self.key_arg);
    }

    fn read(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        insist(Ssl2Message::CLIENT_MASTER_KEY, reader)?;
        let cipher_kind = Ssl2CipherKind::read(reader)?;
        let clear_key_length = reader.u16("CLEAR-KEY-LENGTH")?;
        let encrypted_key_length = reader.u16("ENCRYPTED-KEY-LENGTH")?;
        let key_arg_length = reader.u16("KEY-ARG-LENGTH")?;
        Ok(Self {
            cipher_kind,
            clear_key: reader.take(usize::from(clear_key_length), "CLEAR-KEY-DATA")?,
            encrypted_key: reader.take(usize::from(encrypted_key_length), "ENCRYPTED-KEY-DATA")?,
            key_arg: reader.take(usize::from(key_arg_length), "KEY-ARG-DATA")?,
        })
    }
}

/// The end of a connection, or of one wish.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ErrorMessage {
    /// What is wrong.
    pub error: Ssl2Error,
}

impl Codec<'_> for ErrorMessage {
    fn encode(&self, out: &mut Vec<u8>) {
        Ssl2Message::ERROR.encode(out);
        self.error.encode(out);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        insist(Ssl2Message::ERROR, reader)?;
        Ok(Self { error: Ssl2Error::read(reader)? })
    }
}

fn insist(message: Ssl2Message, reader: &mut Reader<'_>) -> Result<(), DecodeError> {
    let found = Ssl2Message::read(reader)?;
    if found == message {
        return Ok(());
    }
    Err(DecodeError::Illegal { what: "SSL 2 message type", value: u32::from(found.0) })
}

fn cipher_kinds(length: u16, reader: &mut Reader<'_>) -> Result<Vec<Ssl2CipherKind>, DecodeError> {
    let what = "CIPHER-SPECS-DATA";
    Reader::new(reader.take(usize::from(length), what)?).list()
}

fn put_length(length: usize, out: &mut Vec<u8>) {
    put_u16(u16::try_from(length).expect("a field of SSL 2 is that short"), out);
}

/// The longest session id that a hello of SSL 3 can write down.
const MAX_SESSION_ID: usize = 255;

#[cfg(test)]
mod tests {
    use super::*;

    fn round_trip<'a, T: Codec<'a> + PartialEq + std::fmt::Debug>(wire: &'a [u8]) -> T {
        let message = T::decode(wire, "message").expect("whole");
        assert_eq!(message.encoded(), wire);
        for end in 0..wire.len() {
            assert!(T::decode(&wire[..end], "message").is_err(), "cut at {end}");
        }
        message
    }

    #[test]
    fn hellos_and_errors_round_trip() {
        let wire =
            b"\x01\x00\x02\x00\x06\x00\x02\x00\x10\x01\x00\x80\x07\x00\xc0id0123456789abcdef";
        let hello: ClientHello<'_> = round_trip(wire);
        assert_eq!((hello.version, hello.session_id), (Version::SSL_2, &b"id"[..]));
        let kinds = [
            Ssl2CipherKind::SSL_CK_RC4_128_WITH_MD5,
            Ssl2CipherKind::SSL_CK_DES_192_EDE3_CBC_WITH_MD5,
        ];
        assert_eq!(hello.cipher_kinds, kinds);
        assert_eq!(hello.challenge, b"0123456789abcdef");
        let wire = b"\x04\x00\x01\x00\x02\x00\x03\x00\x03\x00\x10der\x02\x00\x800123456789abcdef";
        let hello: ServerHello<'_> = round_trip(wire);
        assert_eq!(
            (hello.certificate, hello.connection_id),
            (&b"der"[..], &b"0123456789abcdef"[..])
        );
        let error: ErrorMessage = round_trip(b"\x00\x00\x01");
        assert_eq!(error.error, Ssl2Error::NO_CIPHER_ERROR);
        let wire = b"\x02\x07\x00\xc0\x00\x01\x00\x02\x00\x03cddarg";
        let key: ClientMasterKey<'_> = round_trip(wire);
        assert_eq!(key.cipher_kind, Ssl2CipherKind::SSL_CK_DES_192_EDE3_CBC_WITH_MD5);
        assert_eq!(
            (key.clear_key, key.encrypted_key, key.key_arg),
            (&b"c"[..], &b"dd"[..], &b"arg"[..])
        );
        assert!(ErrorMessage::decode(b"\x04\x00\x01", "message").is_err());
    }

    #[test]
    fn a_list_that_is_no_multiple_of_three_is_malformed() {
        let wire = b"\x01\x00\x02\x00\x04\x00\x00\x00\x00\x01\x00\x80\x07";
        assert!(ClientHello::decode(wire, "message").is_err());
    }

    #[test]
    fn a_later_hello_is_the_same_in_both_frames() {
        let suites = [CipherSuite::TLS_RSA_WITH_RC4_128_MD5, CipherSuite(0xc02f)];
        let framed = ClientHello::of_later(Version::TLS_1_0, &suites, &[7; 32]);
        let hello = framed.to_later();
        assert_eq!((hello.legacy_version, hello.random), (Version::TLS_1_0, [7; 32]));
        assert_eq!(hello.cipher_suites, suites);
        let mut short = framed.clone();
        short.challenge = b"0123456789abcdef";
        short.cipher_kinds.push(Ssl2CipherKind::SSL_CK_RC4_128_WITH_MD5);
        let hello = short.to_later();
        assert_eq!(hello.random.split_at(16), (&[0; 16][..], &b"0123456789abcdef"[..]));
        assert_eq!(hello.cipher_suites, suites);
        short.challenge = &[9; 40];
        short.session_id = &[8; 300];
        let hello = short.to_later();
        assert_eq!((hello.random, hello.session_id), ([9; 32], &[8; 255][..]));
        assert_eq!(handshake::ClientHello::decode(&hello.encoded(), "x"), Ok(hello));
    }
}
