//! The client against independent servers, in memory.
#![expect(clippy::unwrap_used, reason = "tests")]

mod cases;
mod matrix;
mod support;
