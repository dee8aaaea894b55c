//! Where a client takes its leave because it has heard what it came for.

use tlscensus_tls_wire::observer::Observer;
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
    /// The last of what is said in the clear: the hello or the wish for another one in TLS 1.3, the signed part of the key exchange
    /// before.
    Plain,
    /// The handshake complete and, in TLS 1.3, the server's first ticket. We say goodbye at once, behind our Finished: the
    /// tickets come all the same, and a server that has none closes instead of keeping us waiting.
    Session,
}

impl Stop {
    /// Whether nothing more is to be learnt once this message is heard.
    pub(crate) fn is_at(self, message: HandshakeType, observer: &Observer) -> bool {
        let past_the_flight =
            matches!(message, HandshakeType::SERVER_HELLO_DONE | HandshakeType::FINISHED);
        let signed = matches!(
            message,
            HandshakeType::SERVER_KEY_EXCHANGE | HandshakeType::CERTIFICATE_VERIFY
        );
        let chain =
            matches!(message, HandshakeType::CERTIFICATE | HandshakeType::COMPRESSED_CERTIFICATE);
        match self {
            Self::Hello => past_the_flight || message == HandshakeType::SERVER_HELLO,
            Self::Certificate => past_the_flight || chain || signed,
            Self::KeyExchange => past_the_flight || signed,
            Self::Plain => {
                let choice = observer.choice().or_else(|| observer.retry());
                let tls13 = choice.is_some_and(|choice| choice.version.is_tls13());
                past_the_flight || signed || tls13 && message == HandshakeType::SERVER_HELLO
            }
            // It is told by what the messages lead to.
            Self::Session => false,
        }
    }
}
