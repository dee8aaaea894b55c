//! raw frames in and out; the only crate with `unsafe`.
