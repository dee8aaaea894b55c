//! Flows as scripted calls of a listener, and real ones out of captures.

#[path = "../../../dialog/tests/facts_text.rs"]
mod facts_text;
mod holes;
mod play;
#[path = "../../../dialog/tests/script.rs"]
mod script;
mod streams;
mod transcripts;
