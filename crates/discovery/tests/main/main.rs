//! The engine on wires of the tests' own: namespaces joined by a veth pair, whose far end answers for whole prefixes.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by stopping")]

mod support;

mod blocking;
mod connections;
mod loss;
mod pace;
mod recall;
mod resume;
mod trouble;
mod tunnel;
