//! The two streams of a terminal program: results on stdout, everything else on stderr.

use std::io;
use std::io::Write;

/// A line for a person, on stderr. A closed stderr is no reason to fail.
pub(crate) fn say(line: &str) {
    let _closed = writeln!(io::stderr(), "{line}");
}

/// A number and what it counts: `1 endpoint`, `2 endpoints`.
pub(crate) fn count(number: impl Into<u64>, thing: &str) -> String {
    match number.into() {
        1 => format!("1 {thing}"),
        number => format!("{number} {thing}s"),
    }
}

/// An error with its causes, each said once: a cause may say again what it is the cause of.
pub(crate) fn told(error: &anyhow::Error) -> String {
    error.chain().fold(String::new(), |told, cause| match cause.to_string() {
        text if says_again(&text, &told) => text,
        text if told.contains(&text) => told,
        text => format!("{told}: {text}"),
    })
}

/// Whether a cause begins with all that was told, and goes on.
fn says_again(cause: &str, told: &str) -> bool {
    let rest = cause.strip_prefix(told);
    rest.is_some_and(|rest| told.is_empty() || rest.starts_with(": "))
}

/// Writes results to stdout through one buffer.
///
/// # Errors
/// When stdout cannot be written; a closed pipe is among them, see [`is_broken_pipe`].
pub(crate) fn results(
    write: impl FnOnce(&mut dyn Write) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    write(&mut out)?;
    out.flush()?;
    Ok(())
}

/// Columns of the terminal that results go to; `None` when they go elsewhere.
pub(crate) fn width() -> Option<usize> {
    let out = io::stdout();
    if !io::IsTerminal::is_terminal(&out) {
        return None;
    }
    let size = rustix::termios::tcgetwinsize(&out).ok()?;
    Some(usize::from(size.ws_col)).filter(|columns| *columns > 0)
}

/// Whether the reader of our results went away (`| head`): not an error of anybody's.
pub(crate) fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let mut causes = error.chain();
    causes.any(|cause| {
        let io = cause.downcast_ref::<io::Error>();
        io.is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_cause_says_again_is_said_once() {
        for (effect, cause, expected) in [
            ("lo", "lo: no such interface", "lo: no such interface"),
            ("lo", "lost", "lo: lost"),
            ("/a", "/ab: gone", "/a: /ab: gone"),
            ("cut: torn", "torn", "cut: torn"),
        ] {
            let error = anyhow::anyhow!(cause).context(effect);
            assert_eq!(told(&error), expected);
        }
    }
}
