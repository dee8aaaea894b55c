//! The rows that either half writes down, and nothing else.
//!
//! Every column has one definition ([`ProbeRow`], [`RunRow`], [`CertificateRow`], [`CapabilityRow`],
//! [`ResponderRow`]), from which the struct, its documentation
//! and its way into a file follow. The closed sets of words are enums with a `word()`; the values that follow from
//! others are computed in [`derive`] and nowhere else.

mod capability_row;
mod certificate_row;
mod column;
mod conclude;
pub mod derive;
mod fill_certificates;
mod fill_dialog;
mod fill_tls;
#[doc(hidden)]
pub mod fuzzing;
mod outcome;
mod probe_row;
mod relation;
mod responder_row;
mod run_row;
mod seen;
pub mod text;
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
pub use column::Half;
pub use column::Kind;
pub use column::Relation;
pub use column::Row;
pub use column::Timestamp;
pub use column::Value;
pub use fill_dialog::ended;
pub use outcome::Outcome;
pub use outcome::Phase;
pub use probe_row::Attempt;
pub use probe_row::ProbeRow;
pub use probe_row::SignatureCheck;
pub use probe_row::Speaks;
pub use probe_row::StarttlsOffer;
pub use probe_row::StarttlsState;
pub use relation::ADDRESSES;
pub use relation::CAPABILITIES;
pub use relation::CERTIFICATE_NAMES;
pub use relation::CERTIFICATES;
pub use relation::CERTIFICATES_DER;
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
pub use tlscensus_certs::Sha256;
pub use tlscensus_dialog::SERVICES;
pub use tlscensus_dialog::Service;
pub use tlscensus_tls_wire::registry;
