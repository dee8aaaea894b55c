//! Two namespaces, the far one answering for a private network, and the program in the near one.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Child;
use std::process::Command;
use std::process::Output;
use std::process::Stdio;
use std::time::Duration;
use std::time::Instant;

use tlscensus_testkit::netns::Pair;

/// The far network: every address is answered for; ports are open where a listener is.
pub(crate) const NETWORK: &str = "10.77.0.0/16";

/// The program in the near namespace, its peer in the far one.
pub(crate) struct Scene {
    pub(crate) pair: Pair,
    listeners: Vec<Listener>,
}

/// A listener on every address of the far namespace.
struct Listener(Child);

impl Drop for Listener {
    fn drop(&mut self) {
        let _ended = self.0.kill();
        let _reaped = self.0.wait();
    }
}

impl Scene {
    /// With these ports open on every address; none where the test is skipped.
    pub(crate) fn new(ports: &[u16]) -> Option<Self> {
        let pair = Pair::or_skip_needing(&["nft", "python3", "ss"])?;
        pair.answer_for(NETWORK).unwrap();
        let mut scene = Self { pair, listeners: Vec::new() };
        for port in ports {
            scene.listen(*port);
        }
        Some(scene)
    }

    fn listen(&mut self, port: u16) {
        let script = format!(
            "import socket\ns = socket.socket()\ns.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)\n\
             s.bind(('0.0.0.0', {port}))\ns.listen(4096)\nwhile True:\n    c, _ = s.accept()\n    c.close()\n"
        );
        let child = self.pair.far.spawn(&["python3", "-c", &script]).unwrap();
        self.listeners.push(Listener(child));
        let open = || {
            let sockets = self.pair.far.run(&["ss", "-Hltn", &format!("sport = :{port}")]);
            sockets.is_ok_and(|sockets| !sockets.trim().is_empty())
        };
        wait_for(open, "a listener");
    }

    /// The program, in the near namespace.
    pub(crate) fn tlscensus(&self, words: &[&str]) -> Command {
        let mut all = vec![env!("CARGO_BIN_EXE_tlscensus")];
        all.extend(words);
        self.pair.near.command(&all)
    }

    /// Discovers with these words more; the exit code must be this one.
    pub(crate) fn discover(&self, words: &[&str], code: i32) -> Output {
        let mut all = vec!["discover", "--allow-test-range", "10.0.0.0/8", "--cooldown", "1"];
        all.extend(words);
        crate::support::run(&mut self.tlscensus(&all), code)
    }

    /// What the far kernel counts of packets to these ports of TCP, from now on.
    pub(crate) fn count_syns(&self) {
        let rules = "add table ip count; add chain ip count in { type filter hook prerouting priority -300; }; \
                     add counter ip count syns; add rule ip count in tcp flags & (syn|ack) == syn counter name syns";
        for rule in rules.split("; add").map(|rule| rule.trim_start_matches("add")) {
            self.pair.far.run(&["nft", &format!("add{rule}")]).unwrap();
        }
    }

    /// SYNs counted so far.
    pub(crate) fn syns(&self) -> u64 {
        let text = self.pair.far.run(&["nft", "list", "counter", "ip", "count", "syns"]).unwrap();
        let mut words = text.split_whitespace().skip_while(|word| *word != "packets");
        words.nth(1).and_then(|count| count.parse().ok()).unwrap()
    }
}

/// Lines of stdout, sorted, each once.
pub(crate) fn lines(output: &Output) -> BTreeSet<String> {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    let all: Vec<_> = text.lines().map(str::to_owned).collect();
    let once: BTreeSet<_> = all.iter().cloned().collect();
    assert_eq!(all.len(), once.len(), "a line twice");
    once
}

/// Waits until it is so.
pub(crate) fn wait_for(mut so: impl FnMut() -> bool, what: &str) {
    let start = Instant::now();
    while !so() {
        assert!(start.elapsed() < Duration::from_secs(60), "waited too long for {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Starts a command with its words kept for whoever asks.
pub(crate) fn start(command: &mut Command) -> Child {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// The answer to a question about a dataset, a line for each row.
pub(crate) fn sql(dataset: &Path, query: &str) -> Vec<String> {
    let mut command = crate::support::tlscensus();
    command.arg("sql").arg(dataset).arg(query).args(["--format", "csv"]);
    let output = crate::support::run(&mut command, 0);
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().skip(1).map(str::to_owned).collect()
}
