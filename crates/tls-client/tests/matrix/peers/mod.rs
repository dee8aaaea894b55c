//! The servers. One is added by one file here and one line in [`PEERS`].

pub(crate) mod botan;
pub(crate) mod gnutls;
pub(crate) mod jsse;
pub(crate) mod openssl;
pub(crate) mod openssl_old;
pub(crate) mod otp;
mod program;
pub(crate) mod rustls;
pub(crate) mod s_server;

use tlscensus_tls_wire::registry::Ssl2CipherKind;

use crate::matrix::ability::Ability;
use crate::matrix::cell::Setup;
use crate::matrix::visit::Line;

/// A kind of server.
pub(crate) trait Peer {
    /// What it can do.
    fn ability(&mut self) -> Ability;
    /// A new connection to a server that is set up like this.
    fn connect(&mut self, setup: &Setup) -> Result<Box<dyn Line>, String>;
    /// The ciphers that it has in SSL 2.
    fn ssl2(&self) -> Vec<Ssl2CipherKind> {
        Vec::new()
    }
    /// The secrets of all connections so far, in the format of NSS's key log.
    fn key_log(&mut self) -> String;
}

/// What the list knows of a kind of server.
pub(crate) struct Entry {
    /// The word of its kept list.
    pub(crate) word: &'static str,
    /// One letter in the tables.
    pub(crate) letter: char,
    pub(crate) title: &'static str,
    /// Starts it, or says what is missing.
    pub(crate) start: fn() -> Result<Box<dyn Peer>, String>,
}

/// Every kind of server.
pub(crate) const PEERS: &[Entry] = &[
    Entry {
        word: "openssl-3.6",
        letter: 'V',
        title: "OpenSSL 3.6, vendored with SSL 3 and weak ciphers, in memory",
        start: openssl::start,
    },
    Entry { word: "rustls", letter: 'R', title: "rustls 0.23, in memory", start: rustls::start },
    Entry {
        word: "openssl-3.0",
        letter: 'D',
        title: "OpenSSL 3.0, Debian's `openssl s_server`",
        start: s_server::start,
    },
    Entry {
        word: "openssl-1.0.2",
        letter: 'O',
        title: "OpenSSL 1.0.2e, which still has SSL 2, export, static DH and binary curves",
        start: openssl_old::start,
    },
    Entry {
        word: "gnutls",
        letter: 'G',
        title: "GnuTLS 3.7, Debian's `gnutls-serv`",
        start: gnutls::start,
    },
    Entry {
        word: "botan",
        letter: 'B',
        title: "Botan 2.19, Debian's `botan tls_server`",
        start: botan::start,
    },
    Entry { word: "otp", letter: 'E', title: "Erlang/OTP 25", start: otp::start },
    Entry { word: "jsse", letter: 'J', title: "Java 17", start: jsse::start },
];
