//! `discover`, `noise` and `scan` in two network namespaces of the test's own: the near one has the program, the far one answers.

mod campaign;
mod kills;
mod lab;
mod scene;
mod words;
