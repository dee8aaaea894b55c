//! A client's offer and certificates into a row's columns.

use std::sync::Arc;

use tlscensus_certs::Sha256;
use tlscensus_tls_wire::observer;
use tlscensus_tls_wire::observer::Observer;
use tlscensus_tls_wire::observer::Offer;
use tlscensus_tls_wire::observer::Side;

use crate::flow_row::FlowRow;
use crate::offer_columns::OfferColumns;
use crate::seen::Presence;
use crate::text::escape;

impl OfferColumns {
    /// Takes over what the client's first hello offered; lists move where they are of their own.
    pub(crate) fn fill(&mut self, observer: &Observer, offer: Option<Offer<'_>>) {
        self.record_version_code =
            observer.first_record_version(Side::Client).map(|version| version.0);
        if let Some(hello) = observer.ssl2_hello() {
            self.version_code = Some(hello.version.0);
            self.ssl2_ciphers = Some(hello.cipher_kinds.iter().map(|kind| kind.0).collect());
        }
        if let Some(offer) = offer {
            self.fill_resumption(&offer);
            self.fill_hello(offer);
        }
    }

    fn fill_hello(&mut self, offer: Offer<'_>) {
        self.version_code = Some(offer.hello.legacy_version.0);
        self.versions = Some(codes(offer.versions()));
        self.extensions = Some(codes(offer.extension_types()));
        self.groups = Some(codes(offer.groups()));
        self.key_share_groups = Some(codes(offer.key_share_groups()));
        self.signature_schemes = Some(codes(offer.signature_schemes()));
        self.point_formats = Some(codes(offer.point_formats()));
        self.alpn = Some(offer.alpn().into_iter().map(escape).collect());
        let outer = offer.encrypted_hello();
        self.ech_kdf_code = outer.map(|outer| outer.kdf_id);
        self.ech_aead_code = outer.map(|outer| outer.aead_id);
        self.suites = Some(codes(offer.hello.cipher_suites));
        self.compressions = Some(codes(offer.hello.compression_methods));
    }

    fn fill_resumption(&mut self, offer: &Offer<'_>) {
        self.psk_modes = Some(codes(offer.psk_key_exchange_modes()));
        self.session_id_length = u16::try_from(offer.session_id_length()).ok();
        self.ticket_length = offer.ticket_length().and_then(|length| u32::try_from(length).ok());
        self.psks_count = u32::try_from(offer.psk_count().unwrap_or(0)).ok();
        self.early_data = Some(offer.early_data());
    }
}

/// Code points as numbers, in the memory that they stood in.
fn codes<T, N: From<T>>(points: Vec<T>) -> Vec<N> {
    points.into_iter().map(N::from).collect()
}

impl FlowRow {
    /// Takes over what the client offered, what came of it, and which certificates both sides sent.
    pub fn fill_tls(&mut self, observer: &Observer) {
        let offer = observer.offer();
        self.tls.fill(observer, offer.as_ref());
        self.offer.fill(observer, offer);
        self.server_sent.fill(observer);
        let hash = |chain: &[Arc<[u8]>]| chain.iter().map(|der| Sha256::of(der)).collect();
        self.client_chain = observer.client_chain().map(hash);
        self.client_chain_seen = client_chain_presence(observer);
    }
}

/// Whether the client's certificates were heard.
fn client_chain_presence(observer: &Observer) -> Presence {
    if observer.client_chain().is_some() {
        return Presence::Seen;
    }
    match observer.certificate_request_presence() {
        // The client's certificates stand before its change of cipher.
        observer::Presence::Seen if observer.history().contains('I') => Presence::Absent,
        observer::Presence::Seen => Presence::Unreached,
        observer::Presence::Absent => Presence::Unasked,
        other => other.into(),
    }
}
