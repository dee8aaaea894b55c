//! What others say is in a capture, held against what was found in it: rows of an `expected.tsv`, claims, verdicts, exceptions.
//!
//! The file has a row for each (capture, test of a suite): `trace`, `origin`, `origin_test`, `what_it_shows`, `expected`, the last
//! of the form `key=value;…`. A row becomes [`Claim`]s, each about a session, a certificate, or the capture as a whole; what was
//! found goes in as [`Seen`], and [`judge`] says of every pair whether it agrees. What cannot be held against a monitor of TLS
//! stays in the report, with the reason.

mod certificate;
mod claim;
mod columns;
mod exceptions;
mod file;
mod filter;
mod judge;
mod names;
mod report;
mod seen;
mod whole;

pub use claim::Claim;
pub use columns::Made;
pub use columns::made;
pub use exceptions::Exceptions;
pub use file::ExpectedRow;
pub use file::Unreadable;
pub use file::rows;
pub use judge::Finding;
pub use judge::Verdict;
pub use judge::judge;
pub use report::Report;
pub use seen::Seen;
pub use seen::SeenCertificate;
pub use seen::SeenFlow;
pub use seen::SeenOffer;
