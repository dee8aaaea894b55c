//! Lists with lines that are no targets, and lists that are none.

use std::fmt::Write;
use std::io::Write as _;
use std::process::Command;
use std::process::Stdio;

use rustix::process::Signal;

use crate::resilience::scene::Gate;
use crate::resilience::scene::PROTOCOLS;
use crate::resilience::scene::Scene;
use crate::resilience::scene::check_says;
use crate::resilience::scene::query;
use crate::resilience::scene::refused;
use crate::support;

/// Targets where nobody listens, which is quick.
fn targets(scene: &Scene) -> Vec<String> {
    let sql = "SELECT DISTINCT target FROM probes ORDER BY target";
    query(&scene.dataset, sql).into_iter().map(|mut row| row.remove(0)).collect()
}

#[test]
fn bad_lines_are_named_and_the_rest_is_probed() {
    let mut list = b"\xef\xbb\xbf127.77.0.2\r\n127.77.0.256\r\n\r\n# nothing\r\n".to_vec();
    list.extend(b"\xff\xfe\x00127.77.0.9\r\n127.77.0.3:70000\r\n");
    list.extend([b'x'; 70_000]);
    list.extend(
        b"\r\nmail..example\r\n127.77.0.4 127.77.0.5\r\n127.77.0.6 # the last, without an end",
    );
    let scene = Scene::with_list(&list);
    let words = refused(&mut scene.probe(), 1);
    check_says(
        &words,
        &[
            "list.txt: line 2: \"127.77.0.256\": not an address",
            "list.txt: line 5: \"\\xff\\xfe\\x00127.77.0.9\": not UTF-8",
            "list.txt: line 6: \"127.77.0.3:70000\": not a port",
            "list.txt: line 7: \"xxx",
            "too long for a target",
            "list.txt: line 8: \"mail..example\": not a domain name",
            "list.txt: line 9: \"127.77.0.4 127.77.0.5\": not an address",
            "6 lines of the list are no targets and were passed over",
        ],
    );
    assert!(words.lines().all(|line| line.len() < 400), "{words}");
    assert_eq!(targets(&scene), ["127.77.0.2", "127.77.0.6"]);
    assert_eq!(query(&scene.dataset, "SELECT state FROM runs")[0][0], "complete");
}

#[test]
fn a_hundred_bad_lines_are_counted_and_some_are_shown() {
    let mut list = String::new();
    for line in 1..=100 {
        writeln!(list, "bad line {line} here").unwrap();
    }
    list.push_str("127.77.0.2\n");
    let scene = Scene::with_list(list.as_bytes());
    for quiet in [false, true] {
        let words = refused(scene.probe().args(quiet.then_some("--quiet")), 1);
        check_says(&words, &["line 1: ", "line 20: ", "more bad lines, counted only", "100 lines"]);
        assert!(words.lines().count() < 30, "{words}");
    }
    assert_eq!(targets(&scene), ["127.77.0.2"]);
}

#[test]
fn what_is_no_list_is_refused_before_anything_begins() {
    let mut scene = Scene::with_list(b"");
    let path = |scene: &Scene| scene.list.to_str().unwrap().to_owned();
    let remedy = "name a file with one endpoint a line";
    check_says(&refused(&mut scene.probe(), 2), &[&path(&scene), "it is empty", remedy]);
    std::fs::write(&scene.list, "no. target!\n# nothing\n\n").unwrap();
    let wanted = ["line 1: \"no. target!\"", "none of its lines is a target, 1 are bad", remedy];
    check_says(&refused(&mut scene.probe(), 2), &wanted);
    scene.list = scene.path("missing.txt");
    check_says(&refused(&mut scene.probe(), 2), &[&path(&scene), "No such file", remedy]);
    scene.list = scene.path("");
    check_says(&refused(&mut scene.probe(), 2), &[&path(&scene), "it is a directory", remedy]);
    scene.list = scene.path("beyond.txt");
    std::fs::write(&scene.list, "127.77.0.2\n192.0.2.1\n").unwrap();
    let wanted =
        [&path(&scene), "192.0.2.1 is not a loopback address", "--contact", "--client-name"];
    check_says(&refused(&mut scene.probe(), 2), &wanted.map(|text: &str| text));
    assert!(!scene.dataset.exists());
}

#[test]
fn a_list_comes_from_a_pipe_as_well() {
    let mut scene = Scene::with_list(b"");
    scene.list = "-".into();
    let mut child = scene.probe().arg("--quiet").stdin(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"127.77.0.2\r\n127.77.0.3:2525").unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert_eq!(targets(&scene), ["127.77.0.2", "127.77.0.3:2525"]);

    scene.list = scene.path("pipe");
    support::run(Command::new("mkfifo").arg(&scene.list), 0);
    let child = scene.probe().arg("--quiet").spawn().unwrap();
    std::fs::write(&scene.list, "127.77.0.4\n").unwrap();
    assert_eq!(child.wait_with_output().unwrap().status.code(), Some(0));
    assert_eq!(targets(&scene).len(), 3);
    let lists = query(&scene.dataset, "SELECT count(*) FROM probes WHERE target = '127.77.0.4'");
    assert_eq!(lists[0][0], PROTOCOLS.to_string());
}

#[test]
fn a_blocklist_that_changes_meanwhile_holds_for_what_comes_after() {
    let gate = Gate::shut();
    // One at a time: behind the gate nothing is reached while it is shut.
    let mut scene = Scene::with_list(format!("{}\n127.77.0.3\n127.77.0.4\n", gate.addr).as_bytes());
    let blocked = scene.path("blocked.txt");
    std::fs::write(&blocked, "127.77.0.9 # asked us to\n").unwrap();
    let mut command = scene.probe_at("0", "1");
    command.args(["--protocols", "smtp", "--blocklist"]).arg(&blocked);
    let mut running = scene.start(command);
    running.wait_until("begun", |running| running.count("started") > 0);

    std::fs::write(&blocked, "127.77.0.9 # asked us to\n127.77.0.3/33\n").unwrap();
    let kept = "blocklist not reloaded, the one before holds: ";
    running.wait_until("refused", |running| running.words().contains(kept));
    std::fs::write(&blocked, "127.77.0.9 # asked us to\n127.77.0.3 # just now\n").unwrap();
    running.signal(Signal::HUP);
    running.wait_until("reloaded", |running| running.words().contains("blocklist reloaded: "));
    gate.open();
    let words = running.ends(0);
    let line = format!("{}: line 2: \"127.77.0.3/33\": not a prefix", blocked.display());
    check_says(&words, &[&line, "blocklist reloaded: 2 entries, 1 address newly blocked"]);

    let sql = "SELECT target, outcome, detail FROM probes WHERE phase = 'permit'";
    let expected = ["127.77.0.3", "blocked", "127.77.0.3/32 just now"];
    assert_eq!(query(&scene.dataset, sql), [expected]);
    let sql = "SELECT l['entries'] AS entries FROM (SELECT unnest(lists) AS l FROM runs) \
               WHERE l['purpose'] = 'blocklist' ORDER BY entries";
    let noted = query(&scene.dataset, sql);
    assert_eq!(noted.iter().map(|row| row[0].as_str()).collect::<Vec<_>>(), ["1", "2"]);
}

#[test]
fn a_resumed_run_still_heeds_the_blocklist_it_began_with() {
    let gate = Gate::shut();
    // One at a time: behind the gate nothing is reached while it is shut.
    let mut scene = Scene::with_list(format!("{}\n127.77.0.3\n", gate.addr).as_bytes());
    let blocked = scene.path("blocked.txt");
    std::fs::write(&blocked, "127.77.0.3/32 # asked us to\n").unwrap();
    let mut command = scene.probe_at("0", "1");
    command.args(["--protocols", "smtp", "--blocklist"]).arg(&blocked);
    let mut running = scene.start(command);
    running.wait_until("begun", |running| running.count("started") > 0);
    running.kill();
    gate.open();
    std::fs::rename(&blocked, scene.path("away.txt")).unwrap();
    let words = refused(scene.probe().args(["--resume", "latest"]), 2);
    check_says(&words, &[blocked.to_str().unwrap(), "name the file with --blocklist"]);
    std::fs::write(&blocked, "127.77.0.3/32 # asked us to\n127.77.0.9 # later\n").unwrap();
    scene.resume_to_the_end();
    let lists = query(&scene.dataset, "SELECT array_length(lists) FROM runs");
    assert_eq!(lists[0][0], "3", "the targets, and the blocklist as it was and as it is");
    let sql = "SELECT outcome, detail FROM probes WHERE target = '127.77.0.3'";
    let rows = query(&scene.dataset, sql);
    assert_eq!(rows.len(), 1);
    check_says(&rows[0].join(" "), &["blocked", "asked us to"]);
}
