//! Why a fact is not there: the five ways of not having a value, told from what was heard.

use super::Observer;
use super::Side;
use crate::registry::Authentication;
use crate::registry::ExtensionType;

/// Whether a fact is there, and if not, why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Presence {
    /// It was heard, be it empty.
    Seen,
    /// The place where it would have stood was heard, and it did not stand there.
    Absent,
    /// Its place went by encrypted, and the feeder has no keys.
    Hidden,
    /// The connection ended before its place, or its place was not heard.
    Unreached,
    /// The client's hello did not ask for it.
    Unasked,
}

impl Observer {
    /// Whether the server's chain was heard.
    pub fn certificate_presence(&self) -> Presence {
        if self.chain().is_some() {
            return Presence::Seen;
        }
        if self.ssl2_choice().is_some() {
            return Presence::Absent;
        }
        let Some(choice) = self.choice() else {
            return Presence::Unreached;
        };
        if self.server.compressed.is_some() || self.is_hidden() {
            return Presence::Hidden;
        }
        let needless = choice.suite.parameters().is_some_and(|suite| {
            matches!(
                suite.authentication,
                Authentication::Anon | Authentication::Psk | Authentication::Krb5
            )
        });
        let resumed = !choice.version.is_tls13() && self.resumed() == Some(true);
        if needless || resumed {
            return Presence::Absent;
        }
        self.absent_after_flight()
    }

    /// Whether what the server need not say in the clear was heard; absent before TLS 1.3.
    pub fn encrypted_extensions_presence(&self) -> Presence {
        match (self.encrypted_extensions(), self.choice()) {
            (Some(_), _) => Presence::Seen,
            (None, None) => Presence::Unreached,
            (None, Some(choice)) if !choice.version.is_tls13() => Presence::Absent,
            (None, Some(_)) if self.is_hidden() => Presence::Hidden,
            (None, Some(_)) => Presence::Unreached,
        }
    }

    /// Whether the server's choice of a protocol was heard.
    pub fn alpn_presence(&self) -> Presence {
        let extension = ExtensionType::APPLICATION_LAYER_PROTOCOL_NEGOTIATION;
        if self.alpn().is_some() {
            return Presence::Seen;
        }
        if self.unasked(extension) {
            return Presence::Unasked;
        }
        match self.encrypted_extensions_presence() {
            Presence::Seen => Presence::Absent,
            other => other,
        }
    }

    /// Whether the server wished for a client certificate.
    pub fn certificate_request_presence(&self) -> Presence {
        if self.certificate_request.is_some() {
            return Presence::Seen;
        }
        self.absent_after_flight()
    }

    /// Whether an OCSP response was stapled.
    pub fn ocsp_presence(&self) -> Presence {
        if self.ocsp_staple().is_some() {
            return Presence::Seen;
        }
        if self.unasked(ExtensionType::STATUS_REQUEST) {
            return Presence::Unasked;
        }
        self.absent_after_flight()
    }

    /// Whether promises of certificate logs came with the handshake.
    pub fn scts_presence(&self) -> Presence {
        if !self.scts().is_empty() {
            return Presence::Seen;
        }
        if self.unasked(ExtensionType::SIGNED_CERTIFICATE_TIMESTAMP) {
            return Presence::Unasked;
        }
        self.absent_after_flight()
    }

    /// Whether the server gave a ticket, as far as was listened.
    pub fn tickets_presence(&self) -> Presence {
        if !self.tickets().is_empty() {
            return Presence::Seen;
        }
        let Some(choice) = self.choice() else {
            return Presence::Unreached;
        };
        if choice.version.is_tls13() {
            return match (self.is_hidden(), self.server.finished) {
                (true, _) => Presence::Hidden,
                (false, Some(_)) => Presence::Absent,
                (false, None) => Presence::Unreached,
            };
        }
        if self.unasked(ExtensionType::SESSION_TICKET) {
            return Presence::Unasked;
        }
        // Before TLS 1.3 it stands in the clear, right before the change of cipher.
        let whole = self.server.change_cipher_spec && !self.server.missed;
        if whole { Presence::Absent } else { Presence::Unreached }
    }

    /// For what may stand in the server's first flight and was not heard.
    fn absent_after_flight(&self) -> Presence {
        let Some(choice) = self.choice() else {
            return Presence::Unreached;
        };
        let whole = if choice.version.is_tls13() {
            self.server.finished.is_some()
        } else {
            self.server_hello_done || self.server.change_cipher_spec
        };
        match (self.is_hidden(), whole && !self.server.missed) {
            (true, _) => Presence::Hidden,
            (false, true) => Presence::Absent,
            (false, false) => Presence::Unreached,
        }
    }

    /// True where the server's handshake went by under keys the feeder does not have.
    fn is_hidden(&self) -> bool {
        let tls13 = self.choice().is_some_and(|choice| choice.version.is_tls13());
        tls13 && self.unopened_records(Side::Server) > 0 && self.encrypted_extensions().is_none()
    }

    fn unasked(&self, extension: ExtensionType) -> bool {
        match self.kept_hello() {
            Some(hello) => hello.find(extension).is_none(),
            // SSL 2 has no extensions.
            None => self.ssl2_hello().is_some(),
        }
    }
}
