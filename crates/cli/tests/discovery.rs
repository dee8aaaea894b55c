//! `discover`, `noise` and `scan` in two network namespaces of the test's own: the near one has the program, the far one answers.

mod campaign;
mod kills;
mod lab;
pub(crate) mod scene;
mod words;
