//! What is typed: wrong words are answered with the right ones, and nobody who reads us can break us by leaving.

use std::process::Stdio;

use crate::resilience::scene::Scene;
use crate::resilience::scene::check_says;
use crate::resilience::scene::query;
use crate::resilience::scene::refused;
use crate::support;

#[test]
fn unknown_words_are_answered_with_the_known_ones() {
    let scene = Scene::with_list(b"127.77.0.2\n");
    let cases: [(&[&str], &[&str]); 10] = [
        (&["--protocols", "smtp,gopher"], &["--protocols gopher", "smtp", "https", "all"]),
        (&["--profile", "ancient"], &["--profile ancient", "modern", "modern-tls12"]),
        (&["--ladder", "rope"], &["--ladder rope", "default", "study", "exhaustive", "off"]),
        (&["--sni", "always"], &["'always'", "named", "off"]),
        (&["--allow-test-range", "ten"], &["--allow-test-range ten", "10.1.0.0/16"]),
        (&["--allow-test-range", "8.8.8.0/24"], &["8.8.8.0/24 is not a special-purpose network"]),
        (&["--resolver", "dns.example"], &["--resolver dns.example", "192.0.2.53:53"]),
        (&["--contact", "me"], &["--contact", "mail address", "https://"]),
        (&["--deadline", "0"], &["--deadline"]),
        (&["--json-status", "/no/where/status.json"], &["--json-status /no/where/status.json"]),
    ];
    for (typed, wanted) in cases {
        check_says(&refused(scene.probe().args(typed), 2), wanted);
    }
    let contact = ["--contact", "scans@example.org"];
    let words = refused(scene.probe().args(contact), 2);
    check_says(
        &words,
        &["a rate or budget of 0 (no limit) is for loopback and your own test ranges only"],
    );
    assert!(!scene.dataset.exists(), "nothing was begun");
    support::run(scene.probe().arg("--quiet"), 0);
    let dataset = scene.dataset.to_str().unwrap();
    let cases: [(&[&str], &[&str]); 6] = [
        (&["tables", dataset, "--format", "papyrus"], &["papyrus", "text", "md", "csv", "json"]),
        (&["tables", dataset, "T99"], &["T99: no such table", "T01"]),
        (&["tables", dataset, "--run", "another"], &["there is no run another", "probe-"]),
        (&["sql", dataset, "SELECT a FROM b"], &["b"]),
        (&["sql", dataset, "DROP TABLE probes"], &["DROP"]),
        (&["sql", dataset, "SELECT 1", "--format", "papyrus"], &["papyrus", "csv"]),
    ];
    for (typed, wanted) in cases {
        check_says(&refused(support::tlscensus().args(typed), 2), wanted);
    }
}

#[test]
fn what_is_said_to_servers_cannot_hold_a_line_of_its_own() {
    let scene = Scene::with_list(b"127.77.0.2\n");
    let bad =
        ["a b", "a\r\nMAIL FROM:<x>", "a\n", "\ta", "", "a'b", "a..b", "[localhost]", "bücher"];
    for name in bad {
        let words = refused(scene.probe().args(["--client-name", name]), 2);
        check_says(&words, &["--client-name", "not a host name; write one like"]);
        assert!(words.lines().count() == 1, "{words:?}");
    }
    let bad = [
        "a@b.example\r\n",
        "a@b.example\r\nQUIT",
        "a b@c.example",
        " ",
        "",
        "ü@b.example",
        "a@b.example\x7f",
    ];
    for contact in bad {
        let words = refused(scene.probe().args(["--contact", contact]), 2);
        check_says(&words, &["--contact", "mail address or https:// page"]);
    }
    assert!(!scene.dataset.exists(), "nothing was begun");
    for name in ["probe.example.org", "[192.0.2.1]", "[IPv6:2001:db8::1]", "host_1"] {
        support::run(scene.probe().args(["--quiet", "--client-name", name]), 0);
    }
}

#[test]
fn quiet_is_silent_and_the_run_is_there() {
    let scene = Scene::with_list(b"127.77.0.2\n");
    assert_eq!(refused(scene.probe().arg("--quiet"), 0), "");
    assert_eq!(query(&scene.dataset, "SELECT state FROM runs"), [["complete"]]);
}

#[test]
fn readers_may_leave_at_any_time() {
    let scene = Scene::with_list(b"127.77.0.2\n");
    support::run(scene.probe().arg("--quiet"), 0);
    let dataset = scene.dataset.to_str().unwrap();
    let verbs: [&[&str]; 6] = [
        &["tables", dataset],
        &["tables", dataset, "--format", "json"],
        &["sql", dataset, "SELECT * FROM probes"],
        &["manual"],
        &["completions", "bash"],
        &["--help"],
    ];
    for verb in verbs {
        let mut command = support::tlscensus();
        let command = command.args(verb).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        let words = String::from_utf8_lossy(&output.stderr);
        assert_eq!((output.status.code(), &*words), (Some(0), ""), "{verb:?}");
    }
}

#[test]
fn every_verb_shows_an_example() {
    let help = support::run(support::tlscensus().arg("--help"), 0);
    let help = String::from_utf8(help.stdout).unwrap();
    let verbs = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let verbs =
        verbs.take_while(|line| !line.is_empty()).filter_map(|line| line.split_whitespace().next());
    let mut seen = 0;
    for verb in verbs.filter(|verb| *verb != "help") {
        let help = support::run(support::tlscensus().args([verb, "--help"]), 0);
        let help = String::from_utf8(help.stdout).unwrap();
        check_says(&help, &["Example", &format!("  tlscensus {verb}")]);
        seen += 1;
    }
    assert!(seen >= 7, "{help}");
}
