//! `monitor`: captures and interfaces into a dataset, as its users run it.

mod one_truth;
mod privacy;
mod words;

use std::path::PathBuf;

/// A capture that was made for the tests of the monitor.
pub(crate) fn capture(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../monitor/testdata/captures").join(name)
}
