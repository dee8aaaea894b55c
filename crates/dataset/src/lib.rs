//! Rows ↔ Parquet: segments, manifest, atomic commit, recovery.
//!
//! # Layout
//!
//! ```text
//! DATASET/
//!   tlscensus.json                 says that this is a dataset, and of which format version
//!   lock                           advisory lock of the one writer; its text says who
//!   probes/RUN-000001.parquet      parts: one file per segment and relation
//!   responders/…                   endpoints that answered a discovery
//!   flows/…                        connections that were watched
//!   capabilities/…                 what enumerated endpoints can do, beside their probes
//!   certificates/…                 facts of each distinct certificate, once across all runs
//!   certificates_der/…             its bytes, apart so that counting never reads them
//!   runs/RUN.parquet               one row per run, replaced as a whole whenever the run's state changes
//!   manifest/RUN-000001.json       what makes parts count: written once they are whole
//!   journal/RUN-000001.journal     rows acknowledged and not yet in parts
//!   journal/RUN.purge              files that a purge has committed to replace, until it has
//!   journal/RUN.checkpoint         how far a run that goes through its targets in order has come, until it is complete
//! ```
//!
//! A *segment* is a stretch of one run's rows; its name, `RUN-NNNNNN`, is the same in every folder. Rows first go to the
//! segment's journal; once that is long enough, or the run ends, it is turned into parts. How this survives a kill at any
//! moment is written, and tested, in `compact`.
//!
//! Plain globs (`DATASET/probes/*.parquet`) see every row at most once, and every row of a dataset that no writer is at
//! work on: opening it with [`Dataset::open`] brings what a killed writer left into parts first.
//!
//! Rows are never changed. [`Dataset::purge`] alone removes some: those of addresses that are to be forgotten.
//!
//! Types are those that every reader of Parquet shares: Utf8, Binary, Boolean, unsigned integers, lists, and time stamps in
//! microseconds, UTC. Hashes are lower-case hexadecimal text. Each column's meaning is in the file itself
//! (metadata of the Arrow field, key `doc`), and so is the version of the schema (`tlscensus.schema_version`). A later
//! version adds columns that can be NULL and never changes the meaning of one that exists, so old files keep reading.

mod checkpoint;
mod columns;
mod compact;
mod dataset;
mod disk;
mod error;
mod frame;
#[doc(hidden)]
pub mod fuzzing;
mod journal;
mod lock;
mod manifest;
mod part;
mod purge;
mod rows;
mod run_file;
mod run_writer;
mod schema;
mod segment;
mod sets;

pub use compact::Recovery;
pub use dataset::Dataset;
pub use error::Error;
pub use purge::Purged;
pub use rows::rows;
pub use run_writer::RunWriter;
pub use schema::DOC_KEY;
pub use schema::HALF_KEY;
pub use schema::RELATION_KEY;
pub use schema::VERSION_KEY;
pub use schema::schema;
pub use sets::Covered;
pub use tlscensus_records as records;
pub use tlscensus_records::RELATIONS;
pub use tlscensus_records::Relation;

#[cfg(test)]
mod tests;
