//! What these tests share: a lab, an endpoint that answers when the test says so, runs of the program, a look at the rows.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::fs::File;
use std::net::Ipv4Addr;
use std::net::SocketAddr;
use std::net::TcpListener;
use std::net::TcpStream;
use std::path::Path;
use std::path::PathBuf;
use std::process::Child;
use std::process::Command;
use std::process::ExitStatus;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::OnceLock;
use std::thread;
use std::time::Duration;
use std::time::Instant;

use rustix::process::Pid;
use rustix::process::Signal;
use rustix::process::kill_process;
use tempfile::TempDir;
use tlscensus_analysis::Cell;
use tlscensus_analysis::Engine;
use tlscensus_lab::Flavour;
use tlscensus_lab::Lab;
use tlscensus_lab::LabPlan;
use tlscensus_lab::Mix;

use crate::support;

/// Longer than anything takes here, however busy the machine.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);
/// Protocols that are asked for at each target.
pub(super) const PROTOCOLS: usize = 14;

/// Hosts that answer, started once and served until the tests end.
pub(super) struct Hosts {
    pub(super) addresses: Vec<Ipv4Addr>,
    pub(super) port_offset: u16,
}

/// The lab: [`LAB_HOSTS`] hosts, four of their services healthy, the other ten refused.
pub(super) fn hosts() -> &'static Hosts {
    static HOSTS: OnceLock<Hosts> = OnceLock::new();
    HOSTS.get_or_init(|| {
        let runtime = Box::leak(Box::new(tokio::runtime::Runtime::new().unwrap()));
        let mut plan = LabPlan::new(LAB_HOSTS, 40_526);
        plan.services.retain(|service| SERVED.contains(&service.word));
        plan.served_permille = 1000;
        plan.mix = Mix::Healthy(vec![Flavour::RustlsTls13, Flavour::RustlsTls12]);
        // Whoever else is on this machine may have some of these ports.
        let lab = (12_000..).step_by(61).take(20).find_map(|offset| {
            plan.port_offset = offset;
            Some((runtime.block_on(Lab::start(plan.clone())).ok()?, offset))
        });
        let (lab, port_offset) = lab.expect("free ports");
        let addresses: BTreeSet<_> = lab.truth().iter().map(|row| row.addr).collect();
        std::mem::forget(lab);
        Hosts { addresses: addresses.into_iter().collect(), port_offset }
    })
}

const LAB_HOSTS: u32 = 100;
const SERVED: [&str; 4] = ["smtp", "imaps", "pop3", "xmpps-s2s"];

/// An endpoint that takes connections and says nothing until the gate is opened; then it closes them all. While it is
/// shut no run over it comes to its end.
pub(super) struct Gate {
    pub(super) addr: SocketAddr,
    /// `None` once open.
    held: Arc<Mutex<Option<Vec<TcpStream>>>>,
}

impl Gate {
    pub(super) fn shut() -> Self {
        let listener = TcpListener::bind("127.77.0.1:0").unwrap();
        let addr = listener.local_addr().unwrap();
        let held = Arc::new(Mutex::new(Some(Vec::new())));
        let hold = held.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if let Some(held) = hold.lock().unwrap().as_mut() {
                    held.push(stream);
                }
            }
        });
        Self { addr, held }
    }

    pub(super) fn open(&self) {
        *self.held.lock().unwrap() = None;
    }
}

/// A list, a dataset of its own, and how to run the program over both.
pub(super) struct Scene {
    folder: TempDir,
    pub(super) dataset: PathBuf,
    pub(super) list: PathBuf,
    /// Endpoints that a run over the list covers.
    pub(super) endpoints: usize,
    runs: usize,
}

impl Scene {
    /// Over the first hosts of the lab and, if there is one, a gate.
    pub(super) fn over(hosts: &[Ipv4Addr], gate: Option<&Gate>) -> Self {
        let mut list = String::new();
        if let Some(gate) = gate {
            writeln!(list, "{}", gate.addr).unwrap();
        }
        for host in hosts {
            writeln!(list, "{host}").unwrap();
        }
        let mut scene = Self::with_list(list.as_bytes());
        scene.endpoints = (hosts.len() + usize::from(gate.is_some())) * PROTOCOLS;
        scene
    }

    pub(super) fn with_list(list: &[u8]) -> Self {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("list.txt");
        fs::write(&path, list).unwrap();
        let dataset = folder.path().join("census");
        Self { folder, dataset, list: path, endpoints: 0, runs: 0 }
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// `tlscensus probe LIST --out DATASET` as fast as it goes, with enough patience for a shut gate.
    pub(super) fn probe(&self) -> Command {
        self.probe_at("0", "64")
    }

    /// The same, so many connections per second and at once.
    pub(super) fn probe_at(&self, rate: &str, at_once: &str) -> Command {
        let mut command = self.probe_by(support::tlscensus());
        // No limit at all is for loopback only.
        let budget = if rate == "0" { "0" } else { "1000" };
        command.args(["--rate", rate, "--host-rate", rate, "--net-rate", rate]);
        command.args(["--host-budget", budget]);
        command.args(["--concurrency", at_once]);
        command
    }

    /// The same, by a command that ends where the program's arguments begin, at the program's own pace.
    pub(super) fn probe_by(&self, mut command: Command) -> Command {
        command.arg("probe").arg(&self.list).arg("--out").arg(&self.dataset);
        command.args(["--port-offset", &hosts().port_offset.to_string()]);
        command.args(["--phase-timeout", "600", "--deadline", "600"]);
        command
    }

    /// Starts the program; its words and its state go to files.
    pub(super) fn start(&mut self, mut command: Command) -> Running {
        self.runs += 1;
        let words = self.path(&format!("stderr-{}", self.runs));
        let status = self.path(&format!("status-{}.json", self.runs));
        command.arg("--json-status").arg(&status);
        let command = command.stdin(Stdio::null()).stdout(Stdio::null());
        let child = command.stderr(File::create(&words).unwrap()).spawn().unwrap();
        Running { child, words, status }
    }

    /// Goes on with the newest run until its end, which must be a good one.
    pub(super) fn resume_to_the_end(&mut self) {
        let mut command = self.probe();
        command.args(["--resume", "latest"]);
        self.start(command).ends(0);
    }

    /// Every endpoint of the list has exactly one row, and every certificate that a row names is there once.
    pub(super) fn check_whole(&self) {
        let rows = Rows::of(&self.dataset);
        assert_eq!(rows.0.len(), self.endpoints);
        let endpoints: BTreeSet<_> = rows.0.iter().map(|row| &row[..3]).collect();
        assert_eq!(endpoints.len(), self.endpoints);
        check_certificates(&self.dataset);
    }
}

/// A run of the program.
pub(super) struct Running {
    child: Child,
    words: PathBuf,
    pub(super) status: PathBuf,
}

impl Running {
    /// What it said on stderr so far.
    pub(super) fn words(&self) -> String {
        fs::read_to_string(&self.words).unwrap()
    }

    /// A number out of its state; 0 if there is none yet.
    pub(super) fn count(&self, name: &str) -> u64 {
        let Ok(text) = fs::read_to_string(&self.status) else {
            return 0;
        };
        let state: serde_json::Value = serde_json::from_str(&text).expect("always whole");
        state[name].as_u64().unwrap_or_else(|| panic!("{name} in {text}"))
    }

    pub(super) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Waits until this is so, or the program has ended.
    pub(super) fn wait_until(&mut self, what: &str, so: impl Fn(&Self) -> bool) {
        let began = Instant::now();
        while !so(self) {
            let ended = self.child.try_wait().unwrap();
            assert_eq!(ended, None, "ended before {what}: {}", self.words());
            assert!(began.elapsed() < PATIENCE, "never {what}: {}", self.words());
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Waits for its end, with this exit code and without panic; returns what it said.
    pub(super) fn ends(mut self, code: i32) -> String {
        let began = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(began.elapsed() < PATIENCE, "no end: {}", self.words());
            thread::sleep(Duration::from_millis(20));
        };
        let words = self.words();
        assert_eq!(status.code(), Some(code), "{words}");
        assert!(!words.contains("panicked"), "{words}");
        words
    }

    /// `kill -9`.
    pub(super) fn kill(mut self) -> ExitStatus {
        self.child.kill().unwrap();
        self.child.wait().unwrap()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended long ago.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The rows of a dataset: target, port, protocol, and the moment that tells a row from its repetition.
#[derive(Default)]
pub(super) struct Rows(pub(super) BTreeSet<[String; 4]>);

impl Rows {
    /// All rows, each of which must be there once.
    pub(super) fn of(dataset: &Path) -> Self {
        let sql = "SELECT target, port, protocol, started_at FROM probes";
        let found = query(dataset, sql);
        let count = found.len();
        let rows: BTreeSet<_> = found.into_iter().map(|row| row.try_into().unwrap()).collect();
        assert_eq!(rows.len(), count, "a row is there twice");
        Self(rows)
    }
}

pub(super) fn check_certificates(dataset: &Path) {
    let sql = "SELECT count(*), count(DISTINCT cert_sha256) FROM certificates";
    let found = query(dataset, sql).remove(0);
    assert_eq!(found[0], found[1], "a certificate is there twice");
    let sql = "SELECT count(*) FROM (SELECT DISTINCT unnest(chain) AS named FROM probes) AS chains \
               LEFT JOIN certificates ON named = cert_sha256 WHERE cert_sha256 IS NULL";
    assert_eq!(query(dataset, sql)[0][0], "0", "a certificate is named and not there");
}

/// The answer to a query, as text.
pub(super) fn query(dataset: &Path, sql: &str) -> Vec<Vec<String>> {
    let answer = Engine::open(dataset).unwrap().query(sql).unwrap();
    let text = |cell: Cell| match cell {
        Cell::Text(text) => text,
        Cell::Integer(number) => number.to_string(),
        Cell::Null => String::new(),
        other => format!("{other:?}"),
    };
    answer.rows.into_iter().map(|row| row.into_iter().map(text).collect()).collect()
}

/// Runs a command that is refused or fails: this exit code, nothing on stdout, no panic; returns what it said.
pub(super) fn refused(command: &mut Command, code: i32) -> String {
    let output = support::run(command.stdin(Stdio::null()), code);
    let words = String::from_utf8(output.stderr).unwrap();
    assert!(!words.contains("panicked"), "{words}");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "", "{words}");
    words
}

/// All of these are in the text.
pub(super) fn check_says(text: &str, wanted: &[&str]) {
    for wanted in wanted {
        assert!(text.contains(wanted), "{wanted:?} is missing in: {text}");
    }
}
