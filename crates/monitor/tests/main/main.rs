//! The monitor from captures to rows.

mod corpus;
mod made;
mod support;
mod workers;
