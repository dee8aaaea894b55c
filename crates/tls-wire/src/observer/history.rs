//! The handshake as a word: a letter per message.

use super::Side;
use crate::registry::HandshakeType;

/// Letter and meaning, upper case for the client and lower case for the server. They are those of Zeek's
/// `ssl_history`, so that both can be read side by side. Messages of SSL 2 have those of the TLS messages they became.
pub const LETTERS: &[(char, &str)] = &[
    ('A', "supplemental_data"),
    ('B', "heartbeat"),
    ('C', "client_hello"),
    (
        'D',
        "application data, or anything protected that could not be read; a run of them is one letter",
    ),
    ('E', "end_of_early_data"),
    ('F', "finished"),
    ('G', "client_key_exchange"),
    ('H', "hello_request"),
    ('I', "change_cipher_spec"),
    ('J', "hello_retry_request"),
    ('K', "server_key_exchange"),
    ('L', "alert"),
    ('M', "message_hash"),
    ('N', "server_hello_done"),
    ('O', "encrypted_extensions"),
    ('P', "key_update"),
    ('R', "certificate_request"),
    ('S', "server_hello"),
    ('T', "new_session_ticket"),
    ('U', "certificate_status"),
    ('V', "hello_verify_request"),
    ('W', "certificate_url"),
    ('X', "certificate, compressed or not"),
    ('Y', "certificate_verify"),
    ('Z', "any other handshake message"),
];

pub(super) const ALERT: char = 'L';
pub(super) const APPLICATION_DATA: char = 'D';
pub(super) const CHANGE_CIPHER_SPEC: char = 'I';
pub(super) const OTHER: char = 'Z';

/// The letter of a handshake message.
pub(super) fn letter(message: HandshakeType, retry: bool) -> char {
    match message {
        HandshakeType::CERTIFICATE | HandshakeType::COMPRESSED_CERTIFICATE => 'X',
        HandshakeType::CERTIFICATE_REQUEST => 'R',
        HandshakeType::CERTIFICATE_STATUS => 'U',
        HandshakeType::CERTIFICATE_URL => 'W',
        HandshakeType::CERTIFICATE_VERIFY => 'Y',
        HandshakeType::CLIENT_HELLO => 'C',
        HandshakeType::CLIENT_KEY_EXCHANGE => 'G',
        HandshakeType::ENCRYPTED_EXTENSIONS => 'O',
        HandshakeType::END_OF_EARLY_DATA => 'E',
        HandshakeType::FINISHED => 'F',
        HandshakeType::HELLO_REQUEST => 'H',
        HandshakeType::HELLO_RETRY_REQUEST => 'J',
        HandshakeType::HELLO_VERIFY_REQUEST => 'V',
        HandshakeType::KEY_UPDATE => 'P',
        HandshakeType::MESSAGE_HASH => 'M',
        HandshakeType::NEW_SESSION_TICKET => 'T',
        HandshakeType::SERVER_HELLO if retry => 'J',
        HandshakeType::SERVER_HELLO => 'S',
        HandshakeType::SERVER_HELLO_DONE => 'N',
        HandshakeType::SERVER_KEY_EXCHANGE => 'K',
        HandshakeType::SUPPLEMENTAL_DATA => 'A',
        _ => OTHER,
    }
}

/// The letter in the case of its side.
pub(super) fn cased(side: Side, letter: char) -> char {
    match side {
        Side::Client => letter,
        Side::Server => letter.to_ascii_lowercase(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_letter_is_in_the_table_once() {
        assert!(LETTERS.is_sorted_by(|a, b| a.0 < b.0));
        for code in 0..=u8::MAX {
            for retry in [false, true] {
                let letter = letter(HandshakeType(code), retry);
                assert!(LETTERS.iter().any(|(known, _)| *known == letter), "{letter}");
            }
        }
    }
}
