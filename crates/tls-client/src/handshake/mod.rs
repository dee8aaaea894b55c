//! The handshake as states: one struct per message that is due, each with only what that moment has.
//!
//! ```text
//! ServerHello ─► tls13: EncryptedExtensions ► Certificate ► CertificateVerify ► Finished ► Traffic
//!     │ ▲
//!     └─┘ retry
//!     └───────► tls12: Certificate ► KeyExchange ► Done ► ChangeCipherSpec ► Finished ► Traffic
//! ```
//! Older versions join as new files beside `tls12` and `tls13`.

mod grease;
pub(crate) mod hello;
pub(crate) mod offer;
mod tls12;
mod tls13;

use tlscensus_tls_wire::record::HandshakeFrame;
use tlscensus_tls_wire::registry::HandshakeType;

use crate::connection::Connection;
use crate::failure::Failure;

/// The message that is due.
pub(crate) enum State {
    ServerHello(Box<hello::ExpectServerHello>),
    Certificate12(Box<tls12::ExpectCertificate>),
    KeyExchange12(Box<tls12::ExpectKeyExchange>),
    Done12(Box<tls12::ExpectDone>),
    ChangeCipherSpec12(Box<tls12::ExpectChangeCipherSpec>),
    Finished12(Box<tls12::ExpectFinished>),
    Traffic12,
    EncryptedExtensions13(tls13::ExpectEncryptedExtensions),
    Certificate13(tls13::ExpectCertificate),
    CertificateVerify13(tls13::ExpectCertificateVerify),
    Finished13(tls13::ExpectFinished),
    Traffic13(Box<tls13::Traffic>),
}

impl State {
    /// The message that would carry the handshake on; in traffic, the last one there was.
    pub(crate) fn due(&self) -> HandshakeType {
        match self {
            Self::ServerHello(_) => HandshakeType::SERVER_HELLO,
            Self::Certificate12(_) | Self::Certificate13(_) => HandshakeType::CERTIFICATE,
            Self::KeyExchange12(_) => HandshakeType::SERVER_KEY_EXCHANGE,
            Self::Done12(_) => HandshakeType::SERVER_HELLO_DONE,
            Self::ChangeCipherSpec12(_)
            | Self::Finished12(_)
            | Self::Traffic12
            | Self::Finished13(_)
            | Self::Traffic13(_) => HandshakeType::FINISHED,
            Self::EncryptedExtensions13(_) => HandshakeType::ENCRYPTED_EXTENSIONS,
            Self::CertificateVerify13(_) => HandshakeType::CERTIFICATE_VERIFY,
        }
    }

    /// Whether application data may flow.
    pub(crate) fn is_traffic(&self) -> bool {
        matches!(self, Self::Traffic12 | Self::Traffic13(_))
    }

    /// Takes a handshake message.
    pub(crate) fn on_message(
        self,
        message: &HandshakeFrame<'_>,
        connection: &mut Connection,
    ) -> Result<Self, Failure> {
        if message.message == HandshakeType::HELLO_REQUEST && !connection.receives_tls13() {
            // A wish for a new handshake may be ignored, and is never part of a transcript.
            return Ok(self);
        }
        match self {
            Self::ServerHello(state) => state.on_message(message, connection),
            Self::Certificate12(state) => state.on_message(message),
            Self::KeyExchange12(state) => state.on_message(message, connection),
            Self::Done12(state) => state.on_message(message, connection),
            Self::ChangeCipherSpec12(state) => state.on_message(message),
            Self::Finished12(state) => state.on_message(message, connection),
            Self::Traffic12 => Err(Failure::wrong_order(message.message)),
            Self::EncryptedExtensions13(state) => state.on_message(message),
            Self::Certificate13(state) => state.on_message(message),
            Self::CertificateVerify13(state) => state.on_message(message, connection),
            Self::Finished13(state) => state.on_message(message, connection),
            Self::Traffic13(state) => state.on_message(message, connection),
        }
    }

    /// Takes a ChangeCipherSpec of the time before TLS 1.3.
    pub(crate) fn on_change_cipher_spec(
        self,
        connection: &mut Connection,
    ) -> Result<Self, Failure> {
        match self {
            Self::ChangeCipherSpec12(state) => Ok(state.on_change_cipher_spec(connection)),
            // A server may send one right behind its HelloRetryRequest, for middleboxes.
            Self::ServerHello(state) if state.is_after_retry() => Ok(Self::ServerHello(state)),
            state => Err(Failure::wrong_order(state.due())),
        }
    }
}
