//! CI and tidiness checks: `cargo xtask <verb>`.

mod arrows;
mod ci;
mod fuzz;
mod source;
mod tidy;

use std::path::Path;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use anyhow::Result;
use anyhow::bail;

/// One verb of `cargo xtask`: its word, what it does, and the function that does it.
type Verb = (&'static str, &'static str, fn(&Path) -> Result<()>);

const VERBS: &[Verb] = &[
    ("arrows", "crate dependencies against the table in ARCHITECTURE.md", arrows::check),
    ("tidy", "module docs, file and function sizes, test-data origins, fuzz targets", tidy::check),
    ("ci", "everything CI runs: arrows, tidy, format, clippy, tests", ci::run),
];

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            ci::say(&format!("xtask: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let verb = std::env::args().nth(1).unwrap_or_default();
    let root = workspace_root()?;
    match VERBS.iter().find(|(word, _, _)| *word == verb) {
        Some((_, _, run)) => run(&root),
        None => {
            for (word, meaning, _) in VERBS {
                ci::say(&format!("cargo xtask {word:8} {meaning}"));
            }
            bail!("unknown verb {verb:?}: use one of the above")
        }
    }
}

fn workspace_root() -> Result<PathBuf> {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest
        .ancestors()
        .nth(2)
        .map(Path::to_path_buf)
        .context("xtask lies two levels below the workspace root")
}
