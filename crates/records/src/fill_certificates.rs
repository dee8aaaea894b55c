//! What stands around certificates in a handshake, into a row's columns: extensions beside them, and the wish for the client's.

use std::fmt::Write;

use tlscensus_certs::name_text;
use tlscensus_tls_wire::observer;
use tlscensus_tls_wire::observer::Observer;
use tlscensus_tls_wire::registry::Version;

use crate::cell::DecimalCode;
use crate::tls_columns::TlsColumns;

impl TlsColumns {
    /// Whether and how the server asked for the client's certificate.
    pub(crate) fn fill_certificate_request(&mut self, observer: &Observer) {
        self.client_certificate_requested = match observer.certificate_request_presence() {
            observer::Presence::Seen => Some(true),
            observer::Presence::Absent => Some(false),
            _ => None,
        };
        let (Some(request), Some(version)) = (observer.certificate_request(), observer.version())
        else {
            return;
        };
        let authorities = request.authority_names();
        let tls13 = version.is_tls13();
        self.client_certificate_types =
            (!tls13).then(|| request.certificate_types.iter().map(|kind| kind.text()).collect());
        self.client_certificate_schemes = (tls13 || version >= Version::TLS_1_2)
            .then(|| request.schemes.iter().map(|scheme| scheme.text()).collect());
        self.client_certificate_authorities_count = u32::try_from(authorities.len()).ok();
        let names = authorities.into_iter().take(MAX_AUTHORITIES).map(authority);
        self.client_certificate_authorities = Some(names.collect());
        let kinds = request.extensions.iter().map(|raw| DecimalCode(raw.extension.0));
        self.client_certificate_extensions = tls13.then(|| kinds.collect());
    }

    /// Empty: the chain was heard, and nothing stands in it but certificates.
    pub(crate) fn fill_certificate_extensions(&mut self, observer: &Observer) {
        let tls13 = observer.version().is_some_and(Version::is_tls13);
        if !tls13 || observer.chain().is_none() {
            return;
        }
        let entries = observer.certificate_extensions().iter();
        let extensions = entries.flat_map(|entry| {
            let kinds = entry.extensions.iter().map(|raw| raw.extension.0);
            kinds.map(|kind| format!("{}:{kind}", entry.position))
        });
        self.certificate_extensions = Some(extensions.collect());
    }
}

fn authority(der: &[u8]) -> String {
    name_text(der).unwrap_or_else(|| {
        let mut text = String::with_capacity(1 + 2 * der.len());
        text.push('#');
        for byte in der {
            // Writing to a string cannot fail.
            let _ = write!(text, "{byte:02x}");
        }
        text
    })
}

/// Authorities written down: more than a public trust store's owner would name, and less than a whole store of a system.
const MAX_AUTHORITIES: usize = 100;
