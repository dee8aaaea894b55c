//! How a visit ended, in words that the lists keep.

use tlscensus_tls_client::Client;
use tlscensus_tls_client::Outcome;
use tlscensus_tls_wire::observer::SignatureCheck;
use tlscensus_tls_wire::registry::CipherSuite;
use tlscensus_tls_wire::registry::HandshakeType;
use tlscensus_tls_wire::registry::KeyExchange;

use crate::matrix::cell::Cell;

/// How a visit ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// Both Finished verified, signature valid where there is one, data went both ways.
    Completed,
    /// The same, but for a signature that has no check: the word says why.
    Unchecked(&'static str),
    /// The server would not have what it was offered.
    NotServed(String),
    /// The server chose it; we recorded that and cannot go on.
    NotCompletable(Lack),
    /// None of these.
    Failed(String),
}

/// What stands between us and the end of a handshake that the server would have had: the whole set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lack {
    SharedKey,
    SignedHint,
    Ssl2,
}

impl Lack {
    /// Each with its letter in the tables, its words in the lists, and what it means.
    pub(crate) const WORDS: &[(Self, char, &str, &str)] = &[
        (
            Self::SharedKey,
            'k',
            "needs a key shared before",
            "Keys of PSK suites (RFC 4279, RFC 5489) come from the two parties' past; a stranger has none. Version, suite, group or \
             prime, certificate and hint are recorded.",
        ),
        (
            Self::SignedHint,
            's',
            "hint of a shared key with a signature",
            "The server signs its ServerKeyExchange, which with RSA_PSK has nothing but a hint (RFC 4279, section 4): the message \
             breaks the grammar, and the key shared before is lacking too.",
        ),
        (
            Self::Ssl2,
            'h',
            "read up to the SERVER-HELLO",
            "A visit in SSL 2 wants to know what the server has: ciphers, certificate and connection id are recorded, and it takes its \
             leave. They are what the server was given.",
        ),
    ];

    pub(crate) fn words(self) -> &'static str {
        Self::WORDS.iter().find(|(lack, ..)| *lack == self).unwrap().2
    }
}

pub(crate) const COMPLETED: &str = "completed";
pub(crate) const NOT_SERVED: &str = "not served: ";
pub(crate) const NOT_COMPLETABLE: &str = "not completable: ";

impl Ending {
    pub(crate) fn completed(&self) -> bool {
        matches!(self, Self::Completed | Self::Unchecked(_))
    }

    pub(crate) fn words(&self) -> String {
        match self {
            Self::Completed => COMPLETED.to_owned(),
            Self::Unchecked(check) => format!("{COMPLETED}, signature {check}"),
            Self::NotServed(why) => format!("{NOT_SERVED}{why}"),
            Self::NotCompletable(lack) => format!("{NOT_COMPLETABLE}{}", lack.words()),
            Self::Failed(why) => format!("FAILED: {why}"),
        }
    }

    /// How the handshake ended; whether data came through is seen after it.
    pub(crate) fn of(cell: &Cell, client: &Client) -> Self {
        let Some(outcome) = client.outcome() else {
            return Self::Failed(format!("waits for {}", client.awaiting()));
        };
        let unchosen = client.observer().choice().is_none();
        match outcome {
            Outcome::Completed => match client.observer().signature_check() {
                None | Some(SignatureCheck::Valid) => Self::Completed,
                Some(SignatureCheck::Invalid) => Self::Failed("signature invalid".to_owned()),
                Some(check) => Self::Unchecked(check.word()),
            },
            Outcome::NotCompletable { suite } => match lack(*suite) {
                Some(lack) => Self::NotCompletable(lack),
                None => Self::Failed(format!("not completable: {suite}")),
            },
            Outcome::Malformed(_) if is_signed_hint(cell, client) => {
                Self::NotCompletable(Lack::SignedHint)
            }
            // It finds out in the middle of its own words that it cannot.
            Outcome::Alert { after, .. } if IN_ITS_FLIGHT.contains(after) => {
                Self::NotServed(outcome.to_string())
            }
            Outcome::Alert { .. }
            | Outcome::Closed
            | Outcome::NoCommonSuite
            | Outcome::VersionRefused { .. }
                if unchosen && !client.observer().hello_retry() =>
            {
                Self::NotServed(outcome.to_string())
            }
            _ => Self::Failed(outcome.to_string()),
        }
    }
}

/// What a server that cannot go on has already said.
const IN_ITS_FLIGHT: [HandshakeType; 4] = [
    HandshakeType::SERVER_HELLO,
    HandshakeType::ENCRYPTED_EXTENSIONS,
    HandshakeType::CERTIFICATE,
    HandshakeType::CERTIFICATE_REQUEST,
];

/// Why we could not go on, out of what was recorded; `None` is a reason that is not in the set.
fn lack(suite: CipherSuite) -> Option<Lack> {
    let of_shared_key = matches!(
        suite.parameters()?.key_exchange,
        KeyExchange::Psk | KeyExchange::DhePsk | KeyExchange::EcdhePsk | KeyExchange::RsaPsk
    );
    of_shared_key.then_some(Lack::SharedKey)
}

/// The message that broke the grammar is the one behind the certificate, in a suite that has a hint there and no more.
fn is_signed_hint(cell: &Cell, client: &Client) -> bool {
    let rsa_psk = cell.suite.parameters().is_some_and(|p| p.key_exchange == KeyExchange::RsaPsk);
    let observer = client.observer();
    rsa_psk && observer.chain().is_some() && client.awaiting() == HandshakeType::SERVER_KEY_EXCHANGE
}
