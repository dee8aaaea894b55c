//! Handshake messages, read and written, of TLS 1.0 to 1.3. SSL 3 shares their bodies but for lengths left out in
//! some; SSL 2 has messages of its own, see [`ssl2`](crate::ssl2).
//!
//! Messages borrow from the bytes they were read from.

mod certificate;
mod certificate_request;
mod client_hello;
mod key_exchange;
mod server_hello;
mod session;

use crate::codec::Codec;
use crate::codec::DecodeError;
use crate::record::put_handshake;
use crate::registry::CipherSuite;
use crate::registry::HandshakeType;
use crate::registry::Version;

pub use certificate::CertificateEntry;
pub use certificate::CertificateLegacy;
pub use certificate::CertificateStatus;
pub use certificate::CertificateTls13;
pub use certificate::CertificateVerify;
pub use certificate::CompressedCertificate;
pub use certificate_request::CertificateRequestLegacy;
pub use certificate_request::CertificateRequestTls13;
pub use client_hello::ClientHello;
pub use key_exchange::ClientKeyExchange;
pub use key_exchange::DigitallySigned;
pub use key_exchange::ServerKeyExchange;
pub use key_exchange::ServerParameters;
pub use key_exchange::bit_length;
pub use server_hello::Downgrade;
pub use server_hello::EarlyRetryRequest;
pub use server_hello::EncryptedExtensions;
pub use server_hello::HELLO_RETRY_REQUEST_RANDOM;
pub use server_hello::ServerHello;
pub use session::Finished;
pub use session::KeyUpdate;
pub use session::NewSessionTicketLegacy;
pub use session::NewSessionTicketTls13;

/// What must be known of a connection to read its later messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Context {
    /// The version agreed on.
    pub version: Version,
    /// The suite agreed on.
    pub suite: CipherSuite,
}

impl Context {
    /// True where messages have the shape of TLS 1.3.
    pub fn is_tls13(self) -> bool {
        self.version.is_tls13()
    }

    /// True where signatures name their scheme.
    pub(crate) fn names_schemes(self) -> bool {
        self.version >= Version::TLS_1_2
    }
}

/// Any handshake message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message<'a> {
    /// The chain, before TLS 1.3.
    Certificate(CertificateLegacy<'a>),
    /// The chain with extensions, TLS 1.3.
    CertificateTls13(CertificateTls13<'a>),
    /// A wish for the client's certificate, before TLS 1.3.
    CertificateRequest(CertificateRequestLegacy<'a>),
    /// A wish for the client's certificate, TLS 1.3.
    CertificateRequestTls13(CertificateRequestTls13<'a>),
    /// A stapled status, before TLS 1.3.
    CertificateStatus(CertificateStatus<'a>),
    /// The proof of the certificate's key.
    CertificateVerify(CertificateVerify<'a>),
    /// The client's offer.
    ClientHello(ClientHello<'a>),
    /// The client's public value or encrypted secret, before TLS 1.3.
    ClientKeyExchange(ClientKeyExchange<'a>),
    /// A certificate message, compressed.
    CompressedCertificate(CompressedCertificate<'a>),
    /// What the server need not say in the clear.
    EncryptedExtensions(EncryptedExtensions<'a>),
    /// The client's early data ends here.
    EndOfEarlyData,
    /// The proof over the whole handshake.
    Finished(Finished<'a>),
    /// The server wants a new handshake.
    HelloRequest,
    /// New keys.
    KeyUpdate(KeyUpdate),
    /// A ticket, before TLS 1.3.
    NewSessionTicket(NewSessionTicketLegacy<'a>),
    /// A ticket, TLS 1.3.
    NewSessionTicketTls13(NewSessionTicketTls13<'a>),
    /// The server's choice, or its wish for another hello.
    ServerHello(ServerHello<'a>),
    /// The server has said all it has to say.
    ServerHelloDone,
    /// The server's ephemeral key, before TLS 1.3.
    ServerKeyExchange(ServerKeyExchange<'a>),
    /// Anything else, kept as it is; `message_hash` belongs here, for it stands in transcripts only.
    Unknown(HandshakeType, &'a [u8]),
}

impl<'a> Message<'a> {
    /// Reads a body whose type is known. The context matters from the server hello on.
    pub fn decode(
        message: HandshakeType,
        body: &'a [u8],
        context: Context,
    ) -> Result<Self, DecodeError> {
        let tls13 = context.is_tls13();
        Ok(match message {
            HandshakeType::CERTIFICATE if tls13 => {
                Self::CertificateTls13(CertificateTls13::decode(body, "Certificate")?)
            }
            HandshakeType::CERTIFICATE => {
                Self::Certificate(CertificateLegacy::decode(body, "Certificate")?)
            }
            HandshakeType::CERTIFICATE_REQUEST if tls13 => Self::CertificateRequestTls13(
                CertificateRequestTls13::decode(body, "CertificateRequest")?,
            ),
            HandshakeType::CERTIFICATE_REQUEST => {
                Self::CertificateRequest(CertificateRequestLegacy::decode(body, context)?)
            }
            HandshakeType::CERTIFICATE_STATUS => {
                Self::CertificateStatus(CertificateStatus::decode(body, "CertificateStatus")?)
            }
            HandshakeType::CERTIFICATE_VERIFY => {
                Self::CertificateVerify(CertificateVerify::decode(body, context)?)
            }
            HandshakeType::CLIENT_HELLO => {
                Self::ClientHello(ClientHello::decode(body, "ClientHello")?)
            }
            HandshakeType::CLIENT_KEY_EXCHANGE => {
                Self::ClientKeyExchange(ClientKeyExchange::decode(body, context)?)
            }
            HandshakeType::COMPRESSED_CERTIFICATE => Self::CompressedCertificate(
                CompressedCertificate::decode(body, "CompressedCertificate")?,
            ),
            HandshakeType::ENCRYPTED_EXTENSIONS => {
                Self::EncryptedExtensions(EncryptedExtensions::decode(body, "EncryptedExtensions")?)
            }
            HandshakeType::END_OF_EARLY_DATA => {
                empty(body, "EndOfEarlyData", Self::EndOfEarlyData)?
            }
            HandshakeType::FINISHED => Self::Finished(Finished { verify_data: body }),
            HandshakeType::HELLO_REQUEST => empty(body, "HelloRequest", Self::HelloRequest)?,
            HandshakeType::KEY_UPDATE => Self::KeyUpdate(KeyUpdate::decode(body, "KeyUpdate")?),
            HandshakeType::NEW_SESSION_TICKET if tls13 => Self::NewSessionTicketTls13(
                NewSessionTicketTls13::decode(body, "NewSessionTicket")?,
            ),
            HandshakeType::NEW_SESSION_TICKET => {
                Self::NewSessionTicket(NewSessionTicketLegacy::decode(body, "NewSessionTicket")?)
            }
            HandshakeType::SERVER_HELLO => {
                Self::ServerHello(ServerHello::decode(body, "ServerHello")?)
            }
            HandshakeType::SERVER_HELLO_DONE => {
                empty(body, "ServerHelloDone", Self::ServerHelloDone)?
            }
            HandshakeType::SERVER_KEY_EXCHANGE => {
                Self::ServerKeyExchange(ServerKeyExchange::decode(body, context)?)
            }
            other => Self::Unknown(other, body),
        })
    }

    /// The type it stands under.
    pub fn handshake_type(&self) -> HandshakeType {
        match self {
            Self::Certificate(_) | Self::CertificateTls13(_) => HandshakeType::CERTIFICATE,
            Self::CertificateRequest(_) | Self::CertificateRequestTls13(_) => {
                HandshakeType::CERTIFICATE_REQUEST
            }
            Self::CertificateStatus(_) => HandshakeType::CERTIFICATE_STATUS,
            Self::CertificateVerify(_) => HandshakeType::CERTIFICATE_VERIFY,
            Self::ClientHello(_) => HandshakeType::CLIENT_HELLO,
            Self::ClientKeyExchange(_) => HandshakeType::CLIENT_KEY_EXCHANGE,
            Self::CompressedCertificate(_) => HandshakeType::COMPRESSED_CERTIFICATE,
            Self::EncryptedExtensions(_) => HandshakeType::ENCRYPTED_EXTENSIONS,
            Self::EndOfEarlyData => HandshakeType::END_OF_EARLY_DATA,
            Self::Finished(_) => HandshakeType::FINISHED,
            Self::HelloRequest => HandshakeType::HELLO_REQUEST,
            Self::KeyUpdate(_) => HandshakeType::KEY_UPDATE,
            Self::NewSessionTicket(_) | Self::NewSessionTicketTls13(_) => {
                HandshakeType::NEW_SESSION_TICKET
            }
            Self::ServerHello(_) => HandshakeType::SERVER_HELLO,
            Self::ServerHelloDone => HandshakeType::SERVER_HELLO_DONE,
            Self::ServerKeyExchange(_) => HandshakeType::SERVER_KEY_EXCHANGE,
            Self::Unknown(message, _) => *message,
        }
    }

    /// Appends the message with type and length.
    pub fn encode(&self, out: &mut Vec<u8>) {
        put_handshake(self.handshake_type(), out, |out| self.encode_body(out));
    }

    fn encode_body(&self, out: &mut Vec<u8>) {
        match self {
            Self::Certificate(message) => message.encode(out),
            Self::CertificateTls13(message) => message.encode(out),
            Self::CertificateRequest(message) => message.encode(out),
            Self::CertificateRequestTls13(message) => message.encode(out),
            Self::CertificateStatus(message) => message.encode(out),
            Self::CertificateVerify(message) => message.encode(out),
            Self::ClientHello(message) => message.encode(out),
            Self::ClientKeyExchange(message) => message.encode(out),
            Self::CompressedCertificate(message) => message.encode(out),
            Self::EncryptedExtensions(message) => message.encode(out),
            Self::EndOfEarlyData | Self::HelloRequest | Self::ServerHelloDone => (),
            Self::Finished(message) => out.extend_from_slice(message.verify_data),
            Self::KeyUpdate(message) => message.encode(out),
            Self::NewSessionTicket(message) => message.encode(out),
            Self::NewSessionTicketTls13(message) => message.encode(out),
            Self::ServerHello(message) => message.encode(out),
            Self::ServerKeyExchange(message) => message.encode(out),
            Self::Unknown(_, body) => out.extend_from_slice(body),
        }
    }
}

/// A message whose type says all.
fn empty<'a>(
    body: &[u8],
    what: &'static str,
    message: Message<'a>,
) -> Result<Message<'a>, DecodeError> {
    match body.len() {
        0 => Ok(message),
        left => Err(DecodeError::Trailing { what, left }),
    }
}
