//! The named SQL over a dataset; the only crate with a query engine.
//!
//! [`Engine::open`] registers the relations of a dataset (`runs`, `responders`, `probes`, `flows`, `capabilities`,
//! `certificates`, `certificates_der`), the lists `services`, `suites` and `groups`, and the views that the tables stand on:
//! `counted`, `counted_flows` and `counted_responders` (the rows of the runs that count, see [`Runs`]) and those made of them. `SHOW TABLES` lists them and
//! `DESCRIBE probes` says what each column means. Nothing can be changed through it; [`Engine::open_without`] leaves out the
//! rows of blocked addresses.
//!
//! A result table is one `.sql` file in `sql/` and one line in the [`catalogue`]. In its result a column `X_of_Y`
//! behind a count `X` is a denominator of `X`, never shown alone: [`TableResult`] pairs them.
//!
//! Any engine that reads Parquet gives the same numbers. The core of T01, for a dataset of one run:
//!
//! ```sql
//! SELECT protocol, count(DISTINCT addr) AS hosts,
//!        count(DISTINCT CASE WHEN tls_completed THEN addr END) AS successful
//! FROM 'DATASET/probes/*.parquet' GROUP BY protocol ORDER BY protocol
//! ```

mod catalogue;
mod cell;
mod describe;
mod discoveries;
mod engine;
mod error;
mod functions;
mod head;
mod monitors;
mod registries;
mod relations;
mod runs;
mod statement;
mod views;
mod worker;

pub use catalogue::ColumnKind;
pub use catalogue::Share;
pub use catalogue::Table;
pub use catalogue::TableColumn;
pub use catalogue::catalogue;
pub use cell::Cell;
pub use engine::Engine;
pub use engine::Entry;
pub use engine::QueryResult;
pub use engine::ResultColumn;
pub use engine::Sink;
pub use engine::TableResult;
pub use error::Error;
pub use functions::Blocked;
pub use runs::Runs;
