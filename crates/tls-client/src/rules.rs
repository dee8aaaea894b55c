//! What the versions before TLS 1.3 do differently from one another, in one place; everything else of them is the same.

use tlscensus_tls_wire::registry::AlertDescription;
use tlscensus_tls_wire::registry::Version;

use crate::crypto::hash::Hash;
use crate::crypto::prf::Prf;

/// The differences of one version, SSL 3 to TLS 1.2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rules {
    pub(crate) version: Version,
}

impl Rules {
    /// The function for secrets; `hash` is the suite's.
    pub(crate) fn prf(self, hash: Hash) -> Prf {
        Prf::of(self.version, hash)
    }

    /// Whether records are authenticated by HMAC (since TLS 1.0).
    pub(crate) fn has_hmac(self) -> bool {
        self.version > Version::SSL_3
    }

    /// Whether every byte of a padding has its length for a value (since TLS 1.0).
    pub(crate) fn has_uniform_padding(self) -> bool {
        self.version > Version::SSL_3
    }

    /// Whether each CBC record brings its own IV (since TLS 1.1); before, it is the last block of the record before it.
    pub(crate) fn has_explicit_ivs(self) -> bool {
        self.version >= Version::TLS_1_1
    }

    /// Whether a suite may have an AEAD (since TLS 1.2).
    pub(crate) fn has_aeads(self) -> bool {
        self.version >= Version::TLS_1_2
    }

    /// Whether hellos may have extensions, whatever a server says (since TLS 1.0).
    pub(crate) fn has_extensions(self) -> bool {
        self.version > Version::SSL_3
    }

    /// Whether an encrypted premaster secret has a length before it (since TLS 1.0).
    pub(crate) fn has_length_of_encrypted_secret(self) -> bool {
        self.version > Version::SSL_3
    }

    /// Whether who has no certificate sends an empty chain (since TLS 1.0); before, a warning.
    pub(crate) fn has_empty_chains(self) -> bool {
        self.version > Version::SSL_3
    }

    /// The alert that this version knows in the place of `alert` (RFC 6101, section 5.4.2).
    pub(crate) fn known_alert(self, alert: AlertDescription) -> AlertDescription {
        let known = matches!(
            alert,
            AlertDescription::BAD_RECORD_MAC
                | AlertDescription::CLOSE_NOTIFY
                | AlertDescription::HANDSHAKE_FAILURE
                | AlertDescription::ILLEGAL_PARAMETER
                | AlertDescription::UNEXPECTED_MESSAGE
        );
        if self.version > Version::SSL_3 || known {
            return alert;
        }
        AlertDescription::HANDSHAKE_FAILURE
    }
}
