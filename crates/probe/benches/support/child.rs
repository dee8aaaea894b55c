//! Processes of a bench: its own program again, with a role as the first argument.
//!
//! A child talks in lines: it writes what the conductor waits for to stdout, and ends when its stdin does.

use std::io;
use std::io::BufRead;
use std::io::BufReader;
use std::io::Lines;
use std::process::Child;
use std::process::ChildStdout;
use std::process::Command;
use std::process::Stdio;

use serde_json::Value;

/// A child at work.
pub(crate) struct Role {
    process: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Role {
    /// Starts this program in a role.
    pub(crate) fn start(role: &str, arguments: &[String]) -> io::Result<Self> {
        let mut process = Command::new(std::env::current_exe()?)
            .arg(role)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let stdout = process.stdout.take().ok_or_else(|| io::Error::other("no stdout"))?;
        Ok(Self { process, lines: BufReader::new(stdout).lines() })
    }

    /// Its next line, one JSON value.
    pub(crate) fn heard(&mut self) -> io::Result<Value> {
        let line = self.lines.next().ok_or_else(|| io::Error::other("a child broke off"))??;
        serde_json::from_str(&line).map_err(|error| io::Error::other(format!("{line}: {error}")))
    }

    /// Lets it know that it is not needed any more; it may have last words.
    pub(crate) fn dismiss(&mut self) {
        drop(self.process.stdin.take());
    }

    /// Waits for its end; its CPU time counts as this process's children's from now on.
    pub(crate) fn end(mut self) -> io::Result<()> {
        self.dismiss();
        let status = self.process.wait()?;
        if status.success() { Ok(()) } else { Err(io::Error::other(format!("a child: {status}"))) }
    }
}

/// For children: returns when the conductor lets go of stdin.
pub(crate) fn until_dismissed() {
    let _ = io::copy(&mut io::stdin(), &mut io::sink());
}
