//! A population of real TLS servers on loopback, with known ground truth.
//!
//! The lab shares no code with what is tested against it: its dialogues are written a second time, its TLS is rustls and
//! OpenSSL, and where neither serves what old servers did, a small one of its own. A [`LabPlan`] is dealt into hosts by a seed, [`Lab::start`] serves them on addresses of 127.64.0.0/10 (or of a private network that is one's own), and
//! [`Lab::truth`] says, for every host and service, what a correct scan must find.

mod address;
mod certificates;
mod chain;
mod descriptors;
mod dialogue;
mod error;
mod field;
mod flavour;
mod flavour_table;
mod intrusive;
mod misbehave;
mod own_tls;
mod plan;
mod population;
mod repertoire;
mod serve;
mod speech;
mod state;
mod state_table;
mod tls_servers;
mod truth;
mod truth_enumerated;
mod truth_tables;
mod wide;
mod wire;

pub use address::Network;
pub use address::NoNetwork;
pub use error::Error;
pub use field::Field;
pub use flavour::Exchange;
pub use flavour::Flavour;
pub use intrusive::IntrusiveTruth;
pub use plan::LabPlan;
pub use plan::Language;
pub use plan::Mix;
pub use plan::SERVICES;
pub use plan::Service;
pub use repertoire::Choices;
pub use repertoire::Decider;
pub use repertoire::Repertoire;
pub use serve::Lab;
pub use state::State;
pub use truth::Chosen;
pub use truth::Speaks;
pub use truth::Tcp;
pub use truth::TruthRow;
pub use truth::read;
pub use truth::write;
pub use truth_enumerated::Deciders;
pub use truth_enumerated::Had;
pub use truth_enumerated::VersionsHad;
pub use truth_enumerated::deciders;
pub use truth_enumerated::things_had;
pub use truth_enumerated::versions_had;
pub use truth_tables::Offered;
pub use truth_tables::Overview;
pub use truth_tables::Reached;
pub use truth_tables::Sizes;
pub use truth_tables::Stage;
pub use truth_tables::Users;
pub use truth_tables::finite_field_sizes;
pub use truth_tables::finite_fields;
pub use truth_tables::groups;
pub use truth_tables::mechanisms;
pub use truth_tables::overview;
pub use truth_tables::ssl2;
pub use truth_tables::starttls_states;
pub use truth_tables::suite_properties;
pub use truth_tables::suites;
pub use truth_tables::versions;
