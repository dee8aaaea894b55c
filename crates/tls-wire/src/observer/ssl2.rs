//! What goes by in the frame of SSL 2: hellos of both sides, the client's key, and errors.

use std::sync::Arc;

use super::MAX_ALERTS;
use super::MAX_FLIGHT_BYTES;
use super::MAX_MALFORMED;
use super::MalformedMessage;
use super::Observer;
use super::Side;
use super::history;
use crate::codec::Codec;
use crate::codec::DecodeError;
use crate::registry::HandshakeType;
use crate::registry::Ssl2CipherKind;
use crate::registry::Ssl2Error;
use crate::registry::Ssl2Message;
use crate::registry::Version;
use crate::ssl2::ClientHello;
use crate::ssl2::ClientMasterKey;
use crate::ssl2::ErrorMessage;
use crate::ssl2::ServerHello;
use crate::ssl2::put_record;

/// What a server of SSL 2 said of itself. Its certificate is the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ssl2Choice {
    /// The version.
    pub version: Version,
    /// Whether the session is resumed.
    pub session_id_hit: bool,
    /// The form of the certificate; 1 is X.509.
    pub certificate_type: u8,
    /// The ciphers it takes; the client chooses among them.
    pub cipher_kinds: Vec<Ssl2CipherKind>,
    /// Its random.
    pub connection_id: Vec<u8>,
}

/// An ERROR message and when it came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ssl2ErrorSeen {
    /// Who sent it.
    pub side: Side,
    /// What it says.
    pub error: Ssl2Error,
    /// The message before it, of either side.
    pub after: Option<(Side, HandshakeType)>,
}

/// All of it; most connections have none.
#[derive(Clone, Debug, Default)]
pub(super) struct Heard {
    hello: Option<Box<[u8]>>,
    choice: Option<Ssl2Choice>,
    cipher: Option<Ssl2CipherKind>,
    errors: Vec<Ssl2ErrorSeen>,
}

impl Observer {
    /// Hears a message in the frame of SSL 2: its type and all that follows, without the padding.
    ///
    /// A client's hello of SSL 3 or later is also its [`offer`](Self::offer), as if it had said the same in a later frame.
    pub fn ssl2_message(&mut self, side: Side, data: &[u8]) {
        let speaker = self.speaker_mut(side);
        speaker.records += 1;
        speaker.bytes += u64::try_from(data.len()).unwrap_or(u64::MAX).saturating_add(2);
        speaker.first_record.get_or_insert(Version::SSL_2);
        let kind = data.first().copied().map(Ssl2Message);
        let understood = match (side, kind) {
            (Side::Client, Some(Ssl2Message::CLIENT_HELLO)) => {
                self.next(side, HandshakeType::CLIENT_HELLO);
                self.ssl2_client_hello(data)
            }
            (Side::Client, Some(Ssl2Message::CLIENT_MASTER_KEY)) => {
                self.next(side, HandshakeType::CLIENT_KEY_EXCHANGE);
                self.ssl2_master_key(data)
            }
            (Side::Server, Some(Ssl2Message::SERVER_HELLO)) => {
                self.next(side, HandshakeType::SERVER_HELLO);
                self.ssl2_server_hello(data)
            }
            (_, Some(Ssl2Message::ERROR)) => {
                self.note(side, history::ALERT);
                self.ssl2_error(side, data)
            }
            _ => {
                self.note(side, history::OTHER);
                Ok(())
            }
        };
        if let Err(error) = understood
            && self.malformed.len() < MAX_MALFORMED
        {
            let message = match side {
                Side::Client if kind == Some(Ssl2Message::CLIENT_MASTER_KEY) => {
                    HandshakeType::CLIENT_KEY_EXCHANGE
                }
                Side::Client => HandshakeType::CLIENT_HELLO,
                Side::Server => HandshakeType::SERVER_HELLO,
            };
            self.malformed.push(MalformedMessage { side, message, error });
        }
        self.keep_ssl2(side, data);
    }

    /// The client's hello, where it stands in the frame of SSL 2.
    pub fn ssl2_hello(&self) -> Option<ClientHello<'_>> {
        let data = self.ssl2.as_ref()?.hello.as_deref()?;
        ClientHello::decode(data, "CLIENT-HELLO").ok()
    }

    /// The cipher that the client chose among those of a server of SSL 2: the one in force.
    pub fn ssl2_cipher(&self) -> Option<Ssl2CipherKind> {
        self.ssl2.as_ref()?.cipher
    }

    /// What a server of SSL 2 said.
    pub fn ssl2_choice(&self) -> Option<&Ssl2Choice> {
        self.ssl2.as_ref()?.choice.as_ref()
    }

    /// ERROR messages of both sides, at most [`MAX_ALERTS`].
    pub fn ssl2_errors(&self) -> &[Ssl2ErrorSeen] {
        self.ssl2.as_ref().map(|heard| heard.errors.as_slice()).unwrap_or_default()
    }

    /// The version that the server chose, SSL 2 included.
    pub fn version(&self) -> Option<Version> {
        let ssl2 = self.ssl2_choice().map(|choice| choice.version);
        self.choice().map(|choice| choice.version).or(ssl2)
    }

    fn next(&mut self, side: Side, message: HandshakeType) {
        self.note(side, history::letter(message, false));
        self.last = Some((side, message));
    }

    fn ssl2_client_hello(&mut self, data: &[u8]) -> Result<(), DecodeError> {
        let hello = ClientHello::decode(data, "CLIENT-HELLO")?;
        let [first, _] = &mut self.hellos;
        if hello.version >= Version::SSL_3 && first.is_none() {
            *first = Some(hello.to_later().encoded().into());
        }
        self.ssl2.get_or_insert_default().hello.get_or_insert_with(|| data.into());
        Ok(())
    }

    fn ssl2_server_hello(&mut self, data: &[u8]) -> Result<(), DecodeError> {
        let hello = ServerHello::decode(data, "SERVER-HELLO")?;
        let session_id_hit = hello.session_id_hit != 0;
        if !session_id_hit && self.server.chain.is_none() {
            let certificate = (!hello.certificate.is_empty()).then(|| Arc::from(hello.certificate));
            self.server.chain = Some(certificate.into_iter().collect());
        }
        self.ssl2.get_or_insert_default().choice.get_or_insert_with(|| Ssl2Choice {
            version: hello.version,
            session_id_hit,
            certificate_type: hello.certificate_type,
            cipher_kinds: hello.cipher_kinds,
            connection_id: hello.connection_id.to_vec(),
        });
        Ok(())
    }

    fn ssl2_master_key(&mut self, data: &[u8]) -> Result<(), DecodeError> {
        let key = ClientMasterKey::decode(data, "CLIENT-MASTER-KEY")?;
        self.ssl2.get_or_insert_default().cipher.get_or_insert(key.cipher_kind);
        Ok(())
    }

    fn ssl2_error(&mut self, side: Side, data: &[u8]) -> Result<(), DecodeError> {
        let ErrorMessage { error } = ErrorMessage::decode(data, "ERROR")?;
        let after = self.last;
        let heard = self.ssl2.get_or_insert_default();
        if heard.errors.len() < MAX_ALERTS {
            heard.errors.push(Ssl2ErrorSeen { side, error, after });
        }
        Ok(())
    }

    /// Makes a message the first of its side's flight, without its certificate; later ones would not be told from TLS.
    fn keep_ssl2(&mut self, side: Side, data: &[u8]) {
        let blanked = ServerHello::decode(data, "SERVER-HELLO").map(|mut hello| {
            hello.certificate = &[];
            hello.encoded()
        });
        let data = blanked.as_deref().unwrap_or(data);
        let speaker = self.speaker_mut(side);
        let fits = speaker.flight.is_empty() && data.len() < MAX_FLIGHT_BYTES - 2;
        if !fits || !put_record(data, &mut speaker.flight) {
            speaker.flight_truncated = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observer::Presence;

    fn hello(version: Version) -> Vec<u8> {
        let cipher_kinds = vec![Ssl2CipherKind::SSL_CK_RC4_128_WITH_MD5, Ssl2CipherKind(0x2f)];
        ClientHello { version, cipher_kinds, session_id: &[], challenge: &[7; 16] }.encoded()
    }

    #[test]
    fn a_hello_in_the_old_frame_is_an_offer_of_later_versions_only() {
        let mut observer = Observer::new();
        observer.ssl2_message(Side::Client, &hello(Version::TLS_1_0));
        let offer = observer.offer().expect("of TLS 1.0");
        assert_eq!(offer.versions(), [Version::TLS_1_0]);
        assert_eq!(offer.hello.cipher_suites.len(), 1);
        assert_eq!((observer.ja3(), observer.ja4()), (None, None));
        assert_eq!(observer.first_record_version(Side::Client), Some(Version::SSL_2));
        let mut observer = Observer::new();
        observer.ssl2_message(Side::Client, &hello(Version::SSL_2));
        assert_eq!((observer.offer(), observer.history()), (None, "C"));
        assert_eq!(observer.ssl2_hello().expect("heard").cipher_kinds.len(), 2);
        assert_eq!(observer.ocsp_presence(), Presence::Unasked);
    }

    #[test]
    fn errors_know_when_they_came() {
        let mut observer = Observer::new();
        observer.ssl2_message(Side::Client, &hello(Version::SSL_2));
        observer.ssl2_message(Side::Server, b"\x00\x00\x01");
        let after = Some((Side::Client, HandshakeType::CLIENT_HELLO));
        let error = Ssl2Error::NO_CIPHER_ERROR;
        assert_eq!(observer.ssl2_errors(), [Ssl2ErrorSeen { side: Side::Server, error, after }]);
        assert_eq!((observer.history(), observer.version()), ("Cl", None));
    }

    #[test]
    fn a_resumed_session_has_no_certificate() {
        let resumed = ServerHello {
            session_id_hit: 1,
            certificate_type: 0,
            version: Version::SSL_2,
            certificate: &[],
            cipher_kinds: Vec::new(),
            connection_id: &[7; 16],
        };
        let mut observer = Observer::new();
        observer.ssl2_message(Side::Server, &resumed.encoded());
        assert_eq!((observer.chain(), observer.resumed()), (None, Some(true)));
        assert_eq!(observer.certificate_presence(), Presence::Absent);
        observer.ssl2_message(Side::Server, b"\x04\x00");
        assert_eq!(observer.malformed().len(), 1);
        assert!(observer.flight_truncated(Side::Server));
    }
}
