//! Flows as scripted calls of a listener, and real ones out of captures; TLS alone, in whole streams, cut ones and ones with holes.

mod detection;
#[path = "../../../dialog/tests/facts_text.rs"]
mod facts_text;
mod fuzz;
mod holes;
mod play;
mod privacy;
#[path = "../../../../fuzz/replay.rs"]
mod replay;
#[path = "../../../dialog/tests/script.rs"]
mod script;
mod streams;
mod tls;
mod tls_corpora;
mod tls_holes;
mod tls_made;
mod tls_streams;
mod transcripts;
