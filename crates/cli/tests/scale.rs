//! Ten thousand endpoints in flight, none of them longer than its deadline; and a long list in one run.
//!
//! The usual sizes fit CI. `TLSCENSUS_SCALE_LIST=100000 cargo test -p tlscensus-cli scale` takes a longer list; the bench
//! `scale` of the prober measures memory and time.

use std::fs;
use std::path::Path;
use std::process::Child;
use std::process::Command;
use std::thread;
use std::time::Duration;

use rustix::process::Resource;
use rustix::process::Rlimit;
use rustix::process::getrlimit;
use rustix::process::setrlimit;
use tlscensus_analysis::Engine;
use tlscensus_testkit::crowd::Crowd;
use tlscensus_testkit::crowd::Manner;

use crate::support;

/// Endpoints in flight at once.
const IN_FLIGHT: u32 = 10_000;
/// Longest life of an endpoint's probe, in seconds: all are in flight before the first one's is over.
const DEADLINE_S: u32 = 25;
/// What may be lost between a deadline and the end of a probe on a busy machine.
const TOLERANCE_US: u64 = 3_000_000;
/// The most memory that so many may take.
const MEMORY_KB: u64 = 400_000;
/// Endpoints of the long list, if nothing else is asked for.
const LIST: u32 = 20_000;

#[test]
fn ten_thousand_slow_servers_are_waited_for_at_once() {
    if !can_hold(IN_FLIGHT) {
        return support::skip("too few open files are allowed for 10,000 connections");
    }
    let words = b"220 mx.example ".repeat(20);
    let Ok(tarpit) = Crowd::gather(Manner::Drip(words, Duration::from_secs(1))) else {
        return support::skip(
            "no listening on the loopback interface alone (Linux before 5.7, not root)",
        );
    };
    let folder = tempfile::tempdir().unwrap();
    let list: String = tarpit.endpoints(0..IN_FLIGHT).collect();
    let mut command = probe(folder.path(), &list, IN_FLIGHT);
    command.args(["--deadline", &DEADLINE_S.to_string()]);
    command.args(["--phase-timeout", &(2 * DEADLINE_S).to_string()]);
    let most_kb = most_memory(&mut command.spawn().unwrap());
    assert_eq!(tarpit.most_open(), usize::try_from(IN_FLIGHT).unwrap(), "all at once");
    assert!(most_kb <= MEMORY_KB, "{most_kb} KB");
    let latest = u64::from(DEADLINE_S) * 1_000_000 + TOLERANCE_US;
    assert_eq!(
        summary(folder.path(), &format!("max(duration_us) <= {latest}")),
        [["greeting", "timeout", "10000", "10000", "true"]]
    );
}

#[test]
fn every_endpoint_of_a_long_list_gets_one_row() {
    let endpoints: u32 =
        std::env::var("TLSCENSUS_SCALE_LIST").map_or(LIST, |text| text.parse().unwrap());
    let busy = Crowd::gather(Manner::Say(b"421 mx.example too busy\r\n".to_vec()));
    let (Ok(busy), Ok(absent)) = (busy, Crowd::gather(Manner::Refuse)) else {
        return support::skip(
            "no listening on the loopback interface alone (Linux before 5.7, not root)",
        );
    };
    let half = endpoints / 2;
    let folder = tempfile::tempdir().unwrap();
    let list: String = busy
        .endpoints(0..half)
        .zip(absent.endpoints(0..half))
        .flat_map(|(busy, absent)| [busy, absent])
        .collect();
    let most_kb = most_memory(&mut probe(folder.path(), &list, 500).spawn().unwrap());
    assert!(most_kb <= MEMORY_KB, "{most_kb} KB");
    let half = half.to_string();
    assert_eq!(
        summary(folder.path(), "true"),
        [["connect", "refused", &half, &half, "true"], ["greeting", "shed", &half, &half, "true"]]
    );
}

/// The program, probing this list for SMTP without limits on the rate.
fn probe(folder: &Path, list: &str, concurrency: u32) -> Command {
    let path = folder.join("list.txt");
    fs::write(&path, list).unwrap();
    let mut command = support::tlscensus();
    command.arg("probe").arg(path).arg("--out").arg(folder.join("dataset"));
    command.args(["--protocols", "smtp", "--quiet", "--concurrency", &concurrency.to_string()]);
    command.args(["--rate", "0", "--host-rate", "0", "--net-rate", "0", "--host-budget", "0"]);
    command
}

/// Waits for a good end; the most memory the process ever held, in KB.
fn most_memory(process: &mut Child) -> u64 {
    let path = format!("/proc/{}/status", process.id());
    let mut most = 0;
    loop {
        let status = fs::read_to_string(&path).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let now = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
        most = now.unwrap_or(most);
        if let Some(status) = process.try_wait().unwrap() {
            assert_eq!(status.code(), Some(0));
            return most;
        }
        thread::sleep(Duration::from_millis(20));
    }
}

/// Phase, outcome, rows, distinct targets and one more value, per way of ending.
fn summary(folder: &Path, value: &str) -> Vec<Vec<String>> {
    let query = format!(
        "SELECT phase, outcome, count(*), count(DISTINCT target), {value} FROM probes GROUP BY phase, outcome ORDER BY phase"
    );
    let found = Engine::open(&folder.join("dataset")).unwrap().query(&query).unwrap();
    found.rows.iter().map(|row| row.iter().map(support::show).collect()).collect()
}

/// Whether so many connections can be open in this process and in its child, after raising the limit.
fn can_hold(connections: u32) -> bool {
    let wanted = u64::from(connections) + 1_000;
    let limit = getrlimit(Resource::Nofile);
    let maximum = limit.maximum.map(|hard| hard.max(wanted));
    limit.current.is_none_or(|now| now >= wanted)
        || setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), maximum }).is_ok()
}
