//! The rows that either half writes down, and nothing else.
//!
//! Every column has one definition ([`ProbeRow`], [`FlowRow`], [`RunRow`], [`CertificateRow`], [`CapabilityRow`],
//! [`ResponderRow`]; what both halves fill is in groups of its own: [`DialogColumns`], [`TlsColumns`], [`ServerSent`]), from which the struct, its documentation
//! and its way into a file follow. The closed sets of words are enums with a `word()`; the values that follow from
//! others are computed in [`derive`] and nowhere else.

mod capability_row;
mod certificate_row;
mod column;
mod conclude;
pub mod derive;
mod dialog_columns;
mod fill_certificates;
mod fill_dialog;
mod fill_offer;
mod fill_tls;
mod flow_row;
#[doc(hidden)]
pub mod fuzzing;
mod offer_columns;
mod outcome;
mod probe_row;
mod relation;
mod responder_row;
mod run_row;
mod seen;
mod server_sent;
pub mod text;
mod tls_columns;
mod word;

pub use capability_row::CapabilityCoverage;
pub use capability_row::CapabilityDecides;
pub use capability_row::CapabilityEvidence;
pub use capability_row::CapabilityKind;
pub use capability_row::CapabilityResumption;
pub use capability_row::CapabilityRow;
pub use capability_row::CapabilityVerdict;
pub use capability_row::IntrusiveAnswer;
pub use certificate_row::CertificateDer;
pub use certificate_row::CertificateRow;
pub use certificate_row::ParseStatus;
pub use column::Bytes;
pub use column::Cell;
pub use column::Column;
pub use column::DecimalCode;
pub use column::Half;
pub use column::Items;
pub use column::Kind;
pub use column::Relation;
pub use column::Row;
pub use column::Sink;
pub use column::Stored;
pub use column::Timestamp;
pub use column::Value;
pub use dialog_columns::DialogColumns;
pub use dialog_columns::StarttlsOffer;
pub use dialog_columns::StarttlsState;
pub use fill_dialog::ended;
pub use flow_row::EndReason;
pub use flow_row::FlowRow;
pub use flow_row::LocalSide;
pub use flow_row::SidesSeen;
pub use offer_columns::OfferColumns;
pub use outcome::Outcome;
pub use outcome::Phase;
pub use probe_row::Attempt;
pub use probe_row::ProbeRow;
pub use probe_row::SignatureCheck;
pub use probe_row::Speaks;
pub use relation::ADDRESSES;
pub use relation::CAPABILITIES;
pub use relation::CERTIFICATE_NAMES;
pub use relation::CERTIFICATES;
pub use relation::CERTIFICATES_DER;
pub use relation::FLOWS;
pub use relation::PROBES;
pub use relation::RELATIONS;
pub use relation::RESPONDERS;
pub use relation::RUNS;
pub use relation::SCHEMA_VERSION;
pub use relation::relation;
pub use responder_row::ResponderKind;
pub use responder_row::ResponderRow;
pub use run_row::Counter;
pub use run_row::ListUsed;
pub use run_row::RunKind;
pub use run_row::RunRow;
pub use run_row::RunState;
pub use seen::Presence;
pub use seen::Seen;
pub use server_sent::ServerSent;
pub use tls_columns::TlsColumns;
pub use tlscensus_certs::Sha256;
pub use tlscensus_certs::hexadecimal;
pub use tlscensus_dialog::SERVICES;
pub use tlscensus_dialog::Service;
pub use tlscensus_tls_wire::registry;
