//! A network namespace with nothing but its own loopback, for servers that listen on every address there is.

use std::process::Command;
use std::process::Stdio;

/// Where a test finds itself.
pub(crate) enum Place {
    /// In a namespace of its own: it may go on.
    Inside,
    /// Outside; it has run inside, and passed.
    WasInside,
    /// No namespace can be made here, for this reason.
    Nowhere(String),
}

/// Runs the test of this name again in a namespace, unless it is in one already.
pub(crate) fn enter(test: &str) -> Place {
    if std::env::var_os(INSIDE).is_some() {
        return Place::Inside;
    }
    // Whoever is not root is root of a namespace of users first.
    let ways: [&[&str]; 2] = [&["--net"], &["--map-root-user", "--net"]];
    let works = |way: &&&[&str]| {
        let mut command = Command::new("unshare");
        command.args(**way).args(["--", "ip", "link", "set", "lo", "up"]).stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    };
    let Some(way) = ways.iter().find(works) else {
        return Place::Nowhere("no network namespace can be made (unshare --net, ip)".to_owned());
    };
    let output = Command::new("unshare")
        .args(*way)
        .args(["--", "sh", "-c", "ip link set lo up && exec \"$0\" \"$@\""])
        .arg(std::env::current_exe().unwrap())
        .args([test, "--exact", "--nocapture"])
        .env(INSIDE, "1")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    crate::matrix::say(&said);
    let passed = String::from_utf8_lossy(&output.stdout).contains("1 passed");
    assert!(
        passed && output.status.success(),
        "{test} in a namespace of its own: {}",
        output.status
    );
    Place::WasInside
}

const INSIDE: &str = "TLSCENSUS_MATRIX_NAMESPACE";
