//! The monitor from captures to rows.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by stopping")]

mod corpus;
mod made;
mod support;
mod workers;
