//! One endpoint → attempts → rows; the asynchronous crate.
