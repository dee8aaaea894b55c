//! The handshake as states: one struct per message that is due, each with only what that moment has.
//!
//! ```text
//! ServerHello ─► tls13: EncryptedExtensions ► Certificate ► CertificateVerify ► Finished ► Traffic
//!     │ ▲
//!     └─┘ retry
//!     └───────► legacy: Certificate ► KeyExchange ► Done ► ChangeCipherSpec ► Finished ► Traffic
//! ```
//! `legacy` is SSL 3 to TLS 1.2, `tls13` what came after.

mod grease;
pub(crate) mod hello;
mod legacy;
pub(crate) mod offer;
mod secrets13;
mod tls13;
mod traffic_keys;

use tlscensus_tls_wire::record::HandshakeFrame;
use tlscensus_tls_wire::registry::HandshakeType;

use crate::connection::Connection;
use crate::failure::Failure;

/// The message that is due.
pub(crate) enum State {
    ServerHello(Box<hello::ExpectServerHello>),
    CertificateLegacy(Box<legacy::ExpectCertificate>),
    KeyExchangeLegacy(Box<legacy::ExpectKeyExchange>),
    DoneLegacy(Box<legacy::ExpectDone>),
    ChangeCipherSpecLegacy(Box<legacy::ExpectChangeCipherSpec>),
    FinishedLegacy(Box<legacy::ExpectFinished>),
    TrafficLegacy,
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
            Self::CertificateLegacy(_) | Self::Certificate13(_) => HandshakeType::CERTIFICATE,
            Self::KeyExchangeLegacy(_) => HandshakeType::SERVER_KEY_EXCHANGE,
            Self::DoneLegacy(_) => HandshakeType::SERVER_HELLO_DONE,
            Self::ChangeCipherSpecLegacy(_)
            | Self::FinishedLegacy(_)
            | Self::TrafficLegacy
            | Self::Finished13(_)
            | Self::Traffic13(_) => HandshakeType::FINISHED,
            Self::EncryptedExtensions13(_) => HandshakeType::ENCRYPTED_EXTENSIONS,
            Self::CertificateVerify13(_) => HandshakeType::CERTIFICATE_VERIFY,
        }
    }

    /// Whether application data may flow.
    pub(crate) fn is_traffic(&self) -> bool {
        matches!(self, Self::TrafficLegacy | Self::Traffic13(_))
    }

    /// Takes a handshake message.
    pub(crate) fn on_message(
        self,
        message: &HandshakeFrame<'_>,
        connection: &mut Connection,
    ) -> Result<Self, Failure> {
        if message.message == HandshakeType::HELLO_REQUEST && !connection.receives_tls13() {
            // A wish for a new handshake may be ignored, and is never part of a transcript.
            connection.ignore()?;
            return Ok(self);
        }
        match self {
            Self::ServerHello(state) => state.on_message(message, connection),
            Self::CertificateLegacy(state) => state.on_message(message, connection),
            Self::KeyExchangeLegacy(state) => state.on_message(message, connection),
            Self::DoneLegacy(state) => state.on_message(message, connection),
            Self::ChangeCipherSpecLegacy(state) => state.on_message(message, connection),
            Self::FinishedLegacy(state) => state.on_message(message, connection),
            Self::TrafficLegacy => Err(Failure::wrong_order(message.message)),
            Self::EncryptedExtensions13(state) => state.on_message(message, connection),
            Self::Certificate13(state) => state.on_message(message, connection),
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
            Self::ChangeCipherSpecLegacy(state) => Ok(state.on_change_cipher_spec(connection)),
            // A server may send one right behind its HelloRetryRequest, for middleboxes.
            Self::ServerHello(state) if state.is_after_retry() => {
                connection.ignore()?;
                Ok(Self::ServerHello(state))
            }
            state => Err(Failure::wrong_order(state.due())),
        }
    }
}
