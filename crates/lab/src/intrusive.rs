//! What intrusive questions must find: how each server takes what it need not.

use serde::Deserialize;
use serde::Serialize;

use crate::Flavour;
use crate::Language;
use crate::Service;
use crate::flavour::Library;
use crate::population::Endpoint;
use crate::state::Handshake;
use crate::state::Inside;
use crate::state::Upgrade;
use crate::state_table::Finding;
use crate::wide::Wide;

/// A word for each intrusive question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IntrusiveTruth {
    /// A command said before TLS.
    pub starttls_injection: String,
    /// Another handshake inside the first.
    pub renegotiation: String,
    /// A hello that says it fell back.
    pub fallback_scsv: String,
    /// Another service's protocol.
    pub wrong_alpn: String,
}

/// What a server does with the protocols that a client offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Protocols {
    /// It takes the first, or the one of them that it likes best.
    Any,
    /// It takes none, and says so.
    None,
    /// It does not look at them.
    Unasked,
}

impl Flavour {
    /// Whether a client can begin another handshake, bound to the first.
    pub(crate) fn renegotiates(self) -> bool {
        matches!(self, Self::OpensslTls12Cbc | Self::OpensslTls11)
    }

    /// The same, bound to nothing: of before RFC 5746.
    pub(crate) fn renegotiates_unbound(self) -> bool {
        self == Self::OwnExportRsa
    }

    pub(crate) fn protocols(self) -> Protocols {
        match self {
            Self::OpensslX448 | Self::OpensslTls12Dhe2048 => Protocols::None,
            Self::OpensslCcm | Self::OpensslCamellia | Self::RustlsServerOrder => Protocols::Any,
            _ => Protocols::Unasked,
        }
    }

    /// Whether it does a version below its best, and so can be fallen back to.
    fn has_an_older_version(self) -> bool {
        Wide::of(self).versions.len() > 1
    }
}

impl IntrusiveTruth {
    /// Where no TLS is to be had.
    pub(crate) fn not_reached(service: &Service) -> Self {
        Self {
            starttls_injection: injection(service, "not-reached").to_owned(),
            renegotiation: "not-reached".to_owned(),
            fallback_scsv: "not-reached".to_owned(),
            wrong_alpn: "not-reached".to_owned(),
        }
    }

    /// At an endpoint that is served.
    pub(crate) fn at(endpoint: &Endpoint, finding: &Finding) -> Self {
        let conduct = endpoint.state.conduct();
        let midway = conduct.handshake == Handshake::CloseMidway;
        if !(finding.tls || finding.heard() || midway) {
            return Self::not_reached(&endpoint.service);
        }
        let (flavour, inside) = (endpoint.flavour, conduct.inside);
        let injected = match inside {
            _ if !finding.tls => "not-reached",
            Inside::Close => "refused",
            Inside::AnotherProtocol | Inside::Endless | Inside::Silent => "no-answer",
            Inside::Proper | Inside::Shed if conduct.upgrade == Upgrade::AcceptAndKeep => {
                "answered"
            }
            Inside::Proper | Inside::Shed => "discarded",
        };
        let (fallback, protocol) = match midway {
            true => ("version-refused", "accepted-without"),
            false => (fallback(flavour), protocol(flavour)),
        };
        Self {
            starttls_injection: injection(&endpoint.service, injected).to_owned(),
            renegotiation: renegotiation(flavour, inside, finding.tls).to_owned(),
            fallback_scsv: fallback.to_owned(),
            wrong_alpn: protocol.to_owned(),
        }
    }
}

/// Asked only where there is an upgrade, and a command that harms nobody.
fn injection(service: &Service, asked: &'static str) -> &'static str {
    let silent =
        matches!(service.language, Language::Http | Language::XmppClient | Language::XmppServer);
    if service.implicit || silent { "not-asked" } else { asked }
}

fn renegotiation(flavour: Flavour, inside: Inside, completed: bool) -> &'static str {
    match (flavour.version(), inside) {
        ("SSL 2", _) => "not-applicable",
        _ if !completed => "not-reached",
        ("TLS 1.3", _) if !flavour.has_an_older_version() => "not-applicable",
        (_, Inside::Close) => "refused",
        // Who never stops talking does not listen.
        (_, Inside::Endless) => "no-answer",
        // SSL 3 has no alert for it; rustls keeps its alert until it has something else to say.
        ("SSL 3", _) => "ignored",
        _ if flavour.spec().made_by == Library::Rustls => "ignored",
        _ if flavour.renegotiates() => "secure-accepted",
        _ if flavour.renegotiates_unbound() => "insecure-accepted",
        _ => "refused",
    }
}

fn fallback(flavour: Flavour) -> &'static str {
    match flavour.version() {
        "SSL 2" | "SSL 3" => "not-applicable",
        _ if !flavour.has_an_older_version() => fallback_to_one(flavour),
        _ if flavour.spec().made_by == Library::Rustls => "ignored",
        _ => "inappropriate-fallback",
    }
}

/// What a server with one version says to a hello with an older one.
fn fallback_to_one(flavour: Flavour) -> &'static str {
    match flavour.version() {
        // A hello of SSL 3 gets an alert that SSL 3 knows, and that has none about versions.
        "TLS 1.0" if flavour.spec().made_by == Library::Openssl => "refused",
        _ => "version-refused",
    }
}

fn protocol(flavour: Flavour) -> &'static str {
    match (flavour.version(), flavour.protocols()) {
        ("SSL 2" | "SSL 3", _) => "not-applicable",
        (_, Protocols::Any) => "accepted-as-offered",
        (_, Protocols::None) => "refused-alert",
        (_, Protocols::Unasked) => "accepted-without",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_flavour_leans_to_is_in_its_library() {
        for flavour in Flavour::all() {
            let library = flavour.spec().made_by;
            // A list of protocols of rustls's own is in the table of what servers have.
            let listed = !Wide::of(flavour).protocols.is_empty();
            let callback = flavour.protocols() != Protocols::Unasked && !listed;
            let by_openssl = flavour.renegotiates() || callback;
            assert!(!by_openssl || library == Library::Openssl, "{}", flavour.word());
            assert!(!flavour.renegotiates_unbound() || library == Library::Own);
        }
    }
}
