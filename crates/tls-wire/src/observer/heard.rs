//! The getters that only hand out what was heard.

use std::sync::Arc;

use super::AlertSeen;
use super::CertificateExtensions;
use super::Choice;
use super::MalformedMessage;
use super::Observer;
use super::Offer;
use super::Side;
use super::SignatureCheck;
use super::TicketSeen;
use super::offer::Kept;
use crate::codec::Codec;
use crate::extension::Extensions;
use crate::extension::RawExtension;
use crate::handshake::Context;
use crate::handshake::EarlyRetryRequest;
use crate::registry::CertificateCompression;
use crate::registry::CipherSuite;
use crate::registry::HandshakeType;
use crate::registry::NamedGroup;
use crate::registry::Version;

impl Observer {
    /// The client's first hello.
    pub fn offer(&self) -> Option<Offer<'_>> {
        self.hello(0)
    }

    /// The client's second hello, after a retry request.
    pub fn second_offer(&self) -> Option<Offer<'_>> {
        self.hello(1)
    }

    fn hello(&self, at: usize) -> Option<Offer<'_>> {
        self.hellos.get(at)?.as_ref().and_then(|body| Offer::decode(body).ok())
    }

    /// The client's first hello, for a question about one part of it.
    pub(super) fn kept_hello(&self) -> Option<Kept<'_>> {
        self.hellos.first()?.as_deref().map(Kept)
    }

    /// The client's last hello, for the same.
    pub(super) fn last_kept_hello(&self) -> Option<Kept<'_>> {
        self.hellos.iter().rev().flatten().next().map(|body| Kept(body))
    }

    /// The server's hello.
    pub fn choice(&self) -> Option<&Choice> {
        self.choice.as_deref()
    }

    /// The server's wish for another hello.
    pub fn retry(&self) -> Option<&Choice> {
        self.retry.as_deref()
    }

    /// True where the server wished for another hello, in whatever version.
    pub fn hello_retry(&self) -> bool {
        self.retry.is_some() || self.early_retry.is_some()
    }

    /// The wish for another hello of a draft of TLS 1.3 before the 22nd.
    pub fn early_retry(&self) -> Option<EarlyRetryRequest<'_>> {
        let body = self.early_retry.as_deref()?;
        EarlyRetryRequest::decode(body, "HelloRetryRequest").ok()
    }

    /// The group that the server wished for in another hello.
    pub fn retry_group(&self) -> Option<NamedGroup> {
        let early = || self.early_retry().and_then(|retry| retry.retry_group());
        self.retry().and_then(Choice::retry_group).or_else(early)
    }

    /// Version and suite agreed on; before that, what reads messages of TLS 1.2.
    pub fn context(&self) -> Context {
        match self.choice() {
            Some(choice) => Context { version: choice.version, suite: choice.suite },
            None => Context { version: Version::TLS_1_2, suite: CipherSuite::default() },
        }
    }

    /// What the server need not say in the clear, TLS 1.3.
    pub fn encrypted_extensions(&self) -> Option<&Extensions<'static>> {
        self.encrypted_extensions.as_ref()
    }

    /// The server's chain in wire order, DER; may be empty. [`certificate_presence`](Self::certificate_presence) says
    /// why there is none.
    pub fn chain(&self) -> Option<&[Arc<[u8]>]> {
        self.server.chain.as_deref()
    }

    /// The client's chain.
    pub fn client_chain(&self) -> Option<&[Arc<[u8]>]> {
        self.client.chain.as_deref()
    }

    /// What stands beside the server's certificates, TLS 1.3; those without extensions are left out.
    pub fn certificate_extensions(&self) -> &[CertificateExtensions] {
        &self.server.certificate_extensions
    }

    /// How the server's certificate message was compressed, if it was. Its chain stays unread unless the feeder reads it
    /// out: see [`decompressed`](Observer::decompressed).
    pub fn certificate_compression(&self) -> Option<CertificateCompression> {
        self.server.compressed
    }

    /// What the feeder told of the signature over the key exchange.
    pub fn signature_check(&self) -> Option<SignatureCheck> {
        self.signature_check
    }

    /// Tickets of the server, at most [`MAX_TICKETS`](super::MAX_TICKETS).
    pub fn tickets(&self) -> &[TicketSeen] {
        &self.tickets
    }

    /// Alerts of both sides, at most [`MAX_ALERTS`](super::MAX_ALERTS).
    pub fn alerts(&self) -> &[AlertSeen] {
        &self.alerts
    }

    /// Messages that broke their grammar, at most [`MAX_MALFORMED`](super::MAX_MALFORMED).
    pub fn malformed(&self) -> &[MalformedMessage] {
        &self.malformed
    }

    /// True once the Finished of both sides are known to be right.
    pub fn established(&self) -> bool {
        self.client.finished == Some(true) && self.server.finished == Some(true)
    }

    /// A letter per message, upper case for the client: see [`LETTERS`](super::LETTERS). At most [`MAX_HISTORY`](super::MAX_HISTORY) letters.
    pub fn history(&self) -> &str {
        &self.history
    }

    /// The last handshake message of either side.
    pub fn last_message(&self) -> Option<(Side, HandshakeType)> {
        self.last
    }

    /// The handshake messages of a side, decrypted, one behind the other with type and length; at most
    /// [`MAX_FLIGHT_BYTES`](super::MAX_FLIGHT_BYTES), whole messages only.
    ///
    /// Certificate messages stand with empty certificates and all the rest, so that chains are not kept once per
    /// connection: [`chain`](Self::chain) has the bytes. A side that opens in the frame of SSL 2 has that message first, with
    /// its header of two bytes, whose first bit is set.
    pub fn flight(&self, side: Side) -> &[u8] {
        &self.speaker(side).flight
    }

    /// True where messages are missing at the end of the flight.
    pub fn flight_truncated(&self, side: Side) -> bool {
        self.speaker(side).flight_truncated
    }

    /// Records of a side, where the feeder told of them.
    pub fn records(&self, side: Side) -> u64 {
        self.speaker(side).records
    }

    /// Bytes of a side's records with their headers, where the feeder told of them.
    pub fn bytes(&self, side: Side) -> u64 {
        self.speaker(side).bytes
    }

    /// Records of a side that the feeder could not open.
    pub fn unopened_records(&self, side: Side) -> u64 {
        self.speaker(side).unopened
    }

    /// The version field of a side's first record.
    pub fn first_record_version(&self, side: Side) -> Option<Version> {
        self.speaker(side).first_record
    }
}

/// All extensions a server sent, whatever the message, in the order of the wire.
pub(super) fn chosen_extensions(
    observer: &Observer,
) -> impl Iterator<Item = &RawExtension<'static>> {
    let hello = observer.choice().map(|choice| choice.extensions.as_slice()).unwrap_or_default();
    let encrypted = observer.encrypted_extensions().map(Extensions::as_slice).unwrap_or_default();
    hello.iter().chain(encrypted)
}
