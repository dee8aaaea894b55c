//! Where a client takes its leave because it has heard what it came for.

use tlscensus_tls_wire::registry::HandshakeType;

/// The message after which a client takes its leave, handshake complete or not.
///
/// A server that leaves the message out is left at the next one that shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// The server's hello, or its wish for another one: version, suite, in TLS 1.3 the group.
    Hello,
    /// The server's certificates, in TLS 1.3 with its encrypted extensions.
    Certificate,
    /// The server's signed part of the key exchange: ServerKeyExchange, in TLS 1.3 CertificateVerify.
    KeyExchange,
}

impl Stop {
    /// Whether nothing more is to be learnt once this message is heard.
    pub(crate) fn is_at(self, message: HandshakeType) -> bool {
        let past_the_flight =
            matches!(message, HandshakeType::SERVER_HELLO_DONE | HandshakeType::FINISHED);
        let signed = matches!(
            message,
            HandshakeType::SERVER_KEY_EXCHANGE | HandshakeType::CERTIFICATE_VERIFY
        );
        let chain =
            matches!(message, HandshakeType::CERTIFICATE | HandshakeType::COMPRESSED_CERTIFICATE);
        past_the_flight
            || match self {
                Self::Hello => message == HandshakeType::SERVER_HELLO,
                Self::Certificate => chain || signed,
                Self::KeyExchange => signed,
            }
    }
}
