//! `scan` by a campaign's file: stages, rounds, and what may be typed beside it.

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::Output;

use super::scene::sql;
use crate::support::run;
use crate::support::tlscensus;

/// Two stages on loopback, each over a port where somebody listens and says nothing.
struct Campaign {
    folder: tempfile::TempDir,
    _listeners: [TcpListener; 2],
}

impl Campaign {
    fn new() -> Self {
        let listen = || TcpListener::bind("127.0.0.1:0").unwrap();
        let listeners = [listen(), listen()];
        let folder = tempfile::tempdir().unwrap();
        let pairs = |listener: &TcpListener| format!("{}\n", listener.local_addr().unwrap());
        fs::write(folder.path().join("one.txt"), pairs(&listeners[0])).unwrap();
        fs::write(folder.path().join("two.txt"), pairs(&listeners[1])).unwrap();
        let campaign = Self { folder, _listeners: listeners };
        campaign.write("");
        campaign
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().unwrap().to_owned()
    }

    /// The file, with these lines more at the end of its second stage.
    fn write(&self, more: &str) {
        let [one, two, out] = ["one.txt", "two.txt", "census"].map(|name| self.path(name));
        let text = format!(
            "name = 'two'\nout = '{out}'\ncooldown = 1\nphase-timeout = 1\nconnect-timeout = 1\nladder = 'off'\n\
             [[stage]]\npairs = '{one}'\nprotocols = ['smtps']\n\
             [[stage]]\npairs = '{two}'\nprotocols = ['imaps']\n{more}"
        );
        fs::write(self.path("campaign.toml"), text).unwrap();
    }

    fn scan(&self, words: &[&str], code: i32) -> Output {
        run(tlscensus().arg("scan").arg(self.path("campaign.toml")).args(words), code)
    }

    fn states(&self) -> Vec<String> {
        let path = self.path("census");
        sql(Path::new(&path), "SELECT state, count(*) FROM runs GROUP BY state ORDER BY state")
    }
}

fn told(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn stages_are_runs_of_a_round_and_a_round_is_gone_on_with_as_one() {
    let campaign = Campaign::new();
    campaign.scan(&[], 0);
    assert_eq!(campaign.states(), ["complete,2"]);
    let path = campaign.path("census");
    let probed = sql(
        Path::new(&path),
        "SELECT protocol, count(*) FROM probes GROUP BY protocol ORDER BY protocol",
    );
    assert_eq!(probed, ["imaps,1", "smtps,1"]);
    // Nothing is left of the round to go on with; another one is begun without --resume.
    assert!(told(&campaign.scan(&["--resume", "latest"], 2)).contains("no round"), "complete");
    // The second round ends before its second stage, as its list is gone by then.
    campaign.write("not-before = '2036-01-01T00:00:00Z'\n");
    let mut waiting = tlscensus();
    let mut waiting = waiting.arg("scan").arg(campaign.path("campaign.toml")).spawn().unwrap();
    super::scene::wait_for(
        || campaign.states() == ["complete,3"],
        "the first stage of the second round",
    );
    waiting.kill().unwrap();
    waiting.wait().unwrap();
    campaign.write("");
    assert!(told(&campaign.scan(&[], 2)).contains("--resume latest"), "begun");
    campaign.scan(&["--resume", "latest"], 0);
    assert_eq!(campaign.states(), ["complete,4"]);
}

#[test]
fn what_is_typed_beside_the_file_is_not_passed_over() {
    let campaign = Campaign::new();
    for words in [&["--rate", "5"][..], &["--blocklist", "/nowhere"], &["--protocols", "smtp"]] {
        let output = told(&campaign.scan(words, 2));
        assert!(output.contains(words[0]) && output.contains("campaign.toml"), "{output}");
    }
    // A mistake in a later stage is found before the first one is run.
    campaign.write("profile = 'nothing'\n");
    let output = told(&campaign.scan(&[], 2));
    assert!(output.contains("stage 2") && output.contains("--profile nothing"), "{output}");
    assert!(!Path::new(&campaign.path("census")).exists(), "nothing was begun");
}
