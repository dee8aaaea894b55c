//! The test kit against what it is made for: real daemons, namespaces, and other programs' readings of captures.

mod captures;
mod daemons;
mod oracle;
mod sessions;

/// Says that a test was not run; in CI that is a failure.
#[expect(clippy::print_stderr, reason = "a skipped test says so")]
fn skip(why: &str) {
    assert!(std::env::var_os("CI").is_none(), "CI must run this: {why}");
    eprintln!("SKIPPED: {why}");
}
