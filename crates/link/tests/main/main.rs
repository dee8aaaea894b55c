//! Frames on a real wire: two namespaces of the test's own, joined by a veth pair.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by stopping")]

mod made;
mod support;

mod captures;
mod corpus;
mod interfaces;
mod live;
mod neighbours;
mod receive;
mod rights;
mod transmit;
mod tun;
