//! Places where no dataset can be, and too few file descriptors.

use std::fmt::Write;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::process::Stdio;

use crate::resilience::scene::Gate;
use crate::resilience::scene::PROTOCOLS;
use crate::resilience::scene::Scene;
use crate::resilience::scene::check_says;
use crate::resilience::scene::hosts;
use crate::resilience::scene::query;
use crate::resilience::scene::refused;
use crate::support;

#[test]
fn a_directory_that_may_not_be_written_is_refused() {
    let mut scene = Scene::with_list(b"127.77.0.2\n");
    let Some(program) = without_override() else {
        support::skip(
            "a directory that may not be written: root writes everywhere, and setpriv is missing",
        );
        return;
    };
    let closed = scene.path("closed");
    let made = closed.join("made");
    fs::create_dir_all(&made).unwrap();
    set_mode(&made, 0o555);
    set_mode(&closed, 0o555);
    for dataset in [made, closed.join("new")] {
        scene.dataset = dataset;
        let words = refused(&mut scene.probe_by(program()), 2);
        let remedy = "change its permissions or name another directory";
        check_says(&words, &["no permission to write", scene.dataset.to_str().unwrap(), remedy]);
    }
    set_mode(&closed, 0o755);
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

/// The program, run by somebody whom permissions bind.
fn without_override() -> Option<fn() -> Command> {
    if !rustix::process::geteuid().is_root() {
        return Some(support::tlscensus);
    }
    let bound = || {
        let mut command = Command::new("setpriv");
        command.arg("--bounding-set=-dac_override,-dac_read_search");
        command.arg(support::tlscensus().get_program());
        command
    };
    let works = bound().arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    works.is_ok_and(|status| status.success()).then_some(bound)
}

#[test]
fn what_is_no_dataset_is_left_alone() {
    let mut scene = Scene::with_list(b"127.77.0.2\n");
    let foreign = scene.path("foreign");
    fs::create_dir(&foreign).unwrap();
    fs::write(foreign.join("thesis.tex"), "years of work").unwrap();
    let file = scene.path("file");
    fs::write(&file, "years of work").unwrap();
    let below = file.join("below");
    let cases = [
        (
            &foreign,
            "is not a dataset (it holds thesis.tex); to read, name the directory that a scan wrote; to write, a new or an empty one",
        ),
        (
            &file,
            "is a file; a dataset is a directory: to read, name one that a scan wrote; to write, a new or an empty one",
        ),
        (
            &below,
            "is a file; a dataset is a directory: to read, name one that a scan wrote; to write, a new or an empty one",
        ),
    ];
    for (path, why) in cases {
        scene.dataset.clone_from(path);
        let words = refused(&mut scene.probe(), 2);
        check_says(&words, &[path.to_str().unwrap(), why]);
        let words = refused(support::tlscensus().arg("tables").arg(path), 2);
        check_says(&words, &[path.to_str().unwrap(), why]);
    }
    assert_eq!(fs::read_dir(&foreign).unwrap().count(), 1);
    assert_eq!(fs::read_to_string(&file).unwrap(), "years of work");
}

#[test]
fn a_dataset_that_is_not_there_is_not_made_by_reading_or_resuming() {
    let mut scene = Scene::with_list(b"127.77.0.2\n");
    scene.dataset = scene.path("nowhere");
    let path = scene.dataset.clone();
    let mut commands = [support::tlscensus(), support::tlscensus(), scene.probe()];
    commands[0].arg("tables").arg(&path);
    commands[1].arg("sql").arg(&path).arg("SELECT 1");
    commands[2].args(["--resume", "latest"]);
    for command in &mut commands {
        let words = refused(command, 2);
        let why = format!("there is no dataset at {}", path.display());
        check_says(&words, &[&why, "check the path"]);
        assert_eq!(words.matches(&why).count(), 1, "said twice: {words}");
    }
    assert!(!path.exists());
}

#[test]
fn a_dataset_has_one_writer() {
    let gate = Gate::shut();
    let mut scene = Scene::over(&hosts().addresses[..1], Some(&gate));
    let command = scene.probe();
    let mut running = scene.start(command);
    running.wait_until("at work", |running| running.count("started") > 0);
    let path = scene.dataset.to_str().unwrap().to_owned();
    for more in [&[][..], &["--resume", "latest"]] {
        let words = refused(scene.probe().args(more), 2);
        check_says(
            &words,
            &[&path, "is being written by process", "wait for it, stop it, or name"],
        );
    }
    // Reading is for everyone.
    support::run(support::tlscensus().arg("sql").arg(&path).arg("SELECT count(*) FROM probes"), 0);
    running.kill();
    gate.open();
    scene.resume_to_the_end();
    scene.check_whole();
}

#[test]
fn too_few_descriptors_make_a_run_slower_and_nothing_else() {
    let gate = Gate::shut();
    let hosts = &hosts().addresses;
    let mut list = format!("{}\n", hosts[0]);
    // More connections than there are descriptors, while rows have to be written.
    for name in ["a", "b", "c", "d"] {
        writeln!(list, "{name},{}", gate.addr).unwrap();
    }
    for host in &hosts[1..20] {
        writeln!(list, "{host}").unwrap();
    }
    let mut scene = Scene::with_list(list.as_bytes());
    scene.endpoints = 24 * PROTOCOLS;
    let mut shell = Command::new("sh");
    shell.args(["-c", "ulimit -n 40 && exec \"$0\" \"$@\""]);
    shell.arg(support::tlscensus().get_program());
    let mut command = scene.probe_by(shell);
    command.args([
        "--rate",
        "0",
        "--host-rate",
        "0",
        "--net-rate",
        "0",
        "--host-budget",
        "0",
        "--concurrency",
        "300",
    ]);
    let mut running = scene.start(command);
    running.wait_until("short of descriptors, and rows acknowledged", |running| {
        running.count("acknowledged") > 0
            && running.count("in_flight") == running.count("concurrency")
    });
    assert!(running.count("concurrency") < 40);
    gate.open();
    let words = running.ends(0);
    check_says(
        &words,
        &["too few file descriptors for 300 endpoints in flight", "raise ulimit -n"],
    );
    scene.check_whole();
    let ours = "SELECT count(*) FROM probes WHERE outcome = 'local-limit' OR name IS NULL AND protocol = 'imaps' AND NOT tls_completed";
    assert_eq!(query(&scene.dataset, ours)[0][0], "0");
}
