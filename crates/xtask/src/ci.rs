//! The one entry that CI and people both call.

use std::io::Write;
use std::path::Path;
use std::process::Command;

use anyhow::Context;
use anyhow::Result;
use anyhow::ensure;

/// The steps after our own checks: the README's test command is the last.
const STEPS: &[&[&str]] = &[
    &["cargo", "fmt", "--all", "--check"],
    &["cargo", "clippy", "--workspace", "--all-targets", "--", "-D", "warnings"],
    &["cargo", "test", "--workspace"],
];

/// Runs arrows, tidy, format, clippy and all tests; stops at the first that fails.
pub(crate) fn run(root: &Path) -> Result<()> {
    crate::arrows::check(root)?;
    crate::tidy::check(root)?;
    for step in STEPS {
        let line = step.join(" ");
        say(&format!("$ {line}"));
        let (program, arguments) = step.split_first().context("a step has a program")?;
        let status = Command::new(program).args(arguments).current_dir(root).status();
        let status = status.with_context(|| format!("start {line}"))?;
        ensure!(status.success(), "{line}: {status}");
    }
    Ok(())
}

/// A line for the person who runs it; a closed stderr is no reason to fail.
pub(crate) fn say(line: &str) {
    let _closed = writeln!(std::io::stderr(), "{line}");
}
