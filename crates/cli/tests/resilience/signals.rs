//! Ctrl-C and SIGTERM.

use std::io::Write;
use std::process::Stdio;
use std::time::Duration;
use std::time::Instant;

use rustix::process::Signal;

use crate::resilience::scene::Gate;
use crate::resilience::scene::Rows;
use crate::resilience::scene::Running;
use crate::resilience::scene::Scene;
use crate::resilience::scene::check_says;
use crate::resilience::scene::hosts;
use crate::resilience::scene::query;
use crate::resilience::scene::refused;

/// A run that has begun and does not end by itself.
fn begun(scene: &mut Scene) -> Running {
    let command = scene.probe();
    let mut running = scene.start(command);
    running.wait_until("at work", |running| running.count("done") > 0);
    running
}

fn small(gate: &Gate) -> Scene {
    Scene::over(&hosts().addresses[..4], Some(gate))
}

#[test]
fn the_first_signal_stops_in_order_and_says_how_to_go_on() {
    // Endpoints in flight may end: the ones of a shut gate use up the time that is given to them.
    for (signal, in_time) in [(Signal::INT, false), (Signal::TERM, true)] {
        let gate = Gate::shut();
        let mut scene = small(&gate);
        let mut running = begun(&mut scene);
        running.signal(signal);
        running.wait_until("stopping", |running| running.words().contains("stopping"));
        if in_time {
            gate.open();
        }
        let words = running.ends(130);
        let run = query(&scene.dataset, "SELECT run_id, state FROM runs").remove(0);
        assert_eq!(run[1], "interrupted");
        check_says(
            &words,
            &["stopping", &format!("same command with --resume {} goes on", run[0])],
        );
        let kept = Rows::of(&scene.dataset);
        gate.open();
        scene.resume_to_the_end();
        assert!(kept.0.is_subset(&Rows::of(&scene.dataset).0));
        scene.check_whole();
    }
}

#[test]
fn the_second_signal_stops_at_once() {
    let gate = Gate::shut();
    let mut scene = small(&gate);
    let mut running = begun(&mut scene);
    running.signal(Signal::INT);
    running.wait_until("stopping", |running| running.words().contains("stopping"));
    running.signal(Signal::INT);
    let words = running.ends(130);
    check_says(&words, &["stopped at once: the same command with --resume"]);
    gate.open();
    scene.resume_to_the_end();
    scene.check_whole();
}

#[test]
fn a_run_that_waits_for_its_list_can_be_stopped() {
    let mut scene = Scene::with_list(b"");
    scene.list = "-".into();
    let mut command = scene.probe();
    let status = scene.path("status.json");
    command.args(["--quiet", "--json-status"]).arg(&status);
    let mut child = command.stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    writeln!(stdin, "{}", hosts().addresses[0]).unwrap();
    let began = Instant::now();
    let done = |text: &str| text.contains("\"done\":14,");
    while !std::fs::read_to_string(&status).is_ok_and(|text| done(&text)) {
        assert!(began.elapsed() < Duration::from_secs(60));
        std::thread::sleep(Duration::from_millis(20));
    }
    // The list is still open.
    rustix::process::kill_process(rustix::process::Pid::from_child(&child), Signal::INT).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "", "--quiet says nothing");
    drop(stdin);
    assert_eq!(Rows::of(&scene.dataset).0.len(), 14);
}

#[test]
fn a_run_is_resumed_with_its_own_list_and_only_until_it_is_complete() {
    let gate = Gate::shut();
    let mut scene = small(&gate);
    let running = begun(&mut scene);
    running.kill();
    let own = scene.list.clone();
    scene.list = scene.path("another.txt");
    std::fs::write(&scene.list, "127.0.0.1\n").unwrap();
    let words = refused(scene.probe().args(["--resume", "latest"]), 2);
    check_says(&words, &["the list is not the one that run", own.to_str().unwrap(), "new run"]);
    scene.list = own;
    let words = refused(scene.probe().args(["--resume", "another"]), 2);
    check_says(&words, &["--resume another", "no such run; it has probe-"]);
    let words = refused(scene.probe().args(["--resume", "latest", "--attempts", "3"]), 2);
    check_says(&words, &["--attempts: run probe-", "began with 8", "leave --attempts away"]);
    gate.open();
    // Another pace than the one it began with.
    let mut command = scene.probe_at("1000", "8");
    command.args(["--resume", "latest"]);
    let running = scene.start(command);
    let status = running.status.clone();
    running.ends(0);
    check_says(&std::fs::read_to_string(status).unwrap(), &["\"concurrency\":8,"]);
    scene.check_whole();
    let run = query(&scene.dataset, "SELECT run_id FROM runs").remove(0).remove(0);
    for word in ["latest", &run] {
        let words = refused(scene.probe().args(["--resume", word]), 2);
        check_says(&words, &["complete; leave --resume away to begin another one"]);
    }
    let command = scene.probe();
    scene.start(command).ends(0);
    let per_run = query(&scene.dataset, "SELECT run_id, count(*) FROM probes GROUP BY run_id");
    assert_eq!(per_run.len(), 2);
    assert!(per_run.iter().all(|run| run[1] == scene.endpoints.to_string()), "{per_run:?}");
}
