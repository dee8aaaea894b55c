//! The monitor from captures and interfaces to rows: against what others found, other readers, real clients and servers, and storms.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by stopping")]

mod corpus;
mod differential;
mod hostile;
mod live;
mod made;
mod sessions;
mod storm;
mod support;
mod watch;
mod workers;
