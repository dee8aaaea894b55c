//! Flows as scripted calls of a listener, and real ones out of captures.

mod detection;
#[path = "../../../dialog/tests/facts_text.rs"]
mod facts_text;
mod fuzz;
mod holes;
mod play;
mod privacy;
#[path = "../../../dialog/tests/script.rs"]
mod script;
mod streams;
mod transcripts;
