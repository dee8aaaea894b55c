//! What a kill, a signal, a stall and a change of mind leave behind.

use std::fs;
use std::path::Path;
use std::time::Duration;
use std::time::Instant;

use rustix::process::Pid;
use rustix::process::Signal;
use rustix::process::kill_process;
use tlscensus_testkit::netns::Pair;

use super::scene::Scene;
use super::scene::sql;
use super::scene::start;
use super::scene::wait_for;
use crate::resilience::disk::Disk;

const WORDS: [&str; 9] =
    ["10.77.0.0/20", "--ports", "25,443", "--rate", "4k", "--net-rate", "100000", "--seed", "9"];

/// Every position at which it was killed is another one; each time it goes on, and nothing is missing or doubled at the end.
#[test]
fn killed_again_and_again_it_finds_everybody_once() {
    let Some(scene) = Scene::new(&[25]) else { return };
    scene.count_syns();
    let folder = tempfile::tempdir().unwrap();
    let dataset = folder.path().join("found");
    let out = ["--out", dataset.to_str().unwrap()];
    let own = ["discover", "--allow-test-range", "10.0.0.0/8", "--cooldown", "1", "--quiet"];
    for (round, after_ms) in [700_u64, 1500, 600, 1300].into_iter().enumerate() {
        let mut words = [&own[..], &WORDS, &out].concat();
        if round > 0 {
            words.extend(["--resume", "latest"]);
        }
        let mut child = start(&mut scene.tlscensus(&words));
        let checkpointed = || {
            fs::read_dir(dataset.join("journal")).is_ok_and(|mut names| {
                names.any(|name| {
                    name.is_ok_and(|name| {
                        name.file_name().to_string_lossy().ends_with(".checkpoint")
                    })
                })
            })
        };
        wait_for(checkpointed, "a checkpoint");
        std::thread::sleep(Duration::from_millis(after_ms));
        child.kill().unwrap();
        child.wait().unwrap();
    }
    let last = [&own[..], &WORDS, &out, &["--resume", "latest"]].concat();
    crate::support::run(&mut scene.tlscensus(&last), 0);
    let found = sql(
        &dataset,
        "SELECT count(*), count(DISTINCT addr), count(DISTINCT run_id) FROM responders WHERE port = 25 AND kind = 'synack'",
    );
    assert_eq!(found, ["4096,4096,1"]);
    let asked = "SELECT c.count FROM (SELECT unnest(counters) AS c FROM runs) WHERE c.name = 'asked-port-443'";
    assert_eq!(sql(&dataset, asked), ["4096"]);
    // What is sent again after a kill is what was sent within the window before it, and a moment more for the checkpoint.
    let again = scene.syns() - 8192;
    assert!(again <= 4 * 4000 * 4, "{again} probes more than needed");
}

#[test]
fn an_interrupted_run_waits_for_answers_and_goes_on() {
    let Some(scene) = Scene::new(&[25]) else { return };
    let folder = tempfile::tempdir().unwrap();
    let dataset = folder.path().join("found");
    let out = ["--out", dataset.to_str().unwrap()];
    let own = ["discover", "--allow-test-range", "10.0.0.0/8", "--cooldown", "1"];
    let child = start(&mut scene.tlscensus(&[&own[..], &WORDS, &out].concat()));
    std::thread::sleep(Duration::from_millis(1200));
    // The program runs below `ip netns exec`, which has become it.
    let pid = Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
    kill_process(pid, Signal::INT).unwrap();
    let output = child.wait_with_output();
    let output = output.unwrap();
    assert_eq!(output.status.code(), Some(130));
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(told.contains("--resume"), "{told}");
    let before = sql(&dataset, "SELECT count(*) FROM responders");
    assert_ne!(before, ["0"]);
    scene.discover(&[&WORDS[..], &out, &["--resume", "latest"]].concat(), 0);
    let found = sql(
        &dataset,
        "SELECT count(*), count(DISTINCT addr) FROM responders WHERE kind = 'synack'",
    );
    assert_eq!(found, ["4096,4096"]);
    // Other targets are another run.
    let other = scene.discover(
        &[&["10.77.0.0/24", "--ports", "25"][..], &out, &["--resume", "latest"]].concat(),
        2,
    );
    assert!(String::from_utf8_lossy(&other.stderr).contains("complete"));
}

/// Three seconds of standing still are not made up for by a burst.
#[test]
fn a_stall_is_not_made_up_for() {
    let Some(scene) = Scene::new(&[]) else { return };
    scene.count_syns();
    let words = [
        "discover",
        "--allow-test-range",
        "10.0.0.0/8",
        "--cooldown",
        "0",
        "10.77.0.0/16",
        "--ports",
        "1-16",
        "--rate",
        "2000",
        "--net-rate",
        "100000",
        "--quiet",
    ];
    let mut child = start(&mut scene.tlscensus(&words));
    let pid = Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
    wait_for(|| scene.syns() > 1000, "probes");
    kill_process(pid, Signal::STOP).unwrap();
    std::thread::sleep(Duration::from_secs(3));
    let stopped = scene.syns();
    kill_process(pid, Signal::CONT).unwrap();
    let start = Instant::now();
    std::thread::sleep(Duration::from_millis(500));
    let (burst, took) = (scene.syns() - stopped, start.elapsed());
    // 1,000 in half a second; 6,000 more would be the stall's.
    let most = 2000.0 * took.as_secs_f64() * 1.3 + 100.0;
    assert!(f64::from(u32::try_from(burst).unwrap()) < most, "{burst} in {took:?}");
    child.kill().unwrap();
    child.wait().unwrap();
}

/// A clock that is set back by a day and then forward by two changes neither the pace nor what is found.
#[test]
fn a_clock_that_is_set_changes_nothing() {
    let Some(scene) = Scene::new(&[25]) else { return };
    let library =
        format!("/usr/lib/{}-linux-gnu/faketime/libfaketime.so.1", std::env::consts::ARCH);
    if !Path::new(&library).exists() {
        crate::support::skip("a clock that is set: `apt-get install libfaketime`");
        return;
    }
    scene.count_syns();
    let folder = tempfile::tempdir().unwrap();
    let clock = folder.path().join("clock");
    fs::write(&clock, "+0").unwrap();
    let dataset = folder.path().join("found");
    let out = ["--out", dataset.to_str().unwrap()];
    let own = ["discover", "--allow-test-range", "10.0.0.0/8", "--cooldown", "1"];
    let mut command = scene.tlscensus(&[&own[..], &WORDS, &out].concat());
    // The clock of the day alone: the one that counts from the start cannot be set.
    command.env("LD_PRELOAD", &library).env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
    command.env("FAKETIME_TIMESTAMP_FILE", &clock).env("FAKETIME_NO_CACHE", "1");
    let child = start(&mut command);
    for (sent, set) in [(1500, "-1d"), (4500, "+1d")] {
        wait_for(|| scene.syns() > sent, "probes");
        fs::write(&clock, set).unwrap();
        let (before, start) = (scene.syns(), Instant::now());
        std::thread::sleep(Duration::from_millis(400));
        let (sent, took) = (scene.syns() - before, start.elapsed());
        // 4,000 a second, neither in a burst nor with a pause.
        let expected = 4000.0 * took.as_secs_f64();
        let sent = f64::from(u32::try_from(sent).unwrap());
        assert!(sent < expected * 1.3 + 100.0, "{set}: {sent} of {expected}");
        assert!(sent > expected * 0.3, "{set}: {sent} of {expected}");
    }
    let output = child.wait_with_output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(0), "{told}");
    let found = sql(
        &dataset,
        "SELECT count(*), count(DISTINCT addr) FROM responders WHERE port = 25 AND kind = 'synack'",
    );
    assert_eq!(found, ["4096,4096"]);
    let asked = "SELECT c.count FROM (SELECT unnest(counters) AS c FROM runs) WHERE c.name = 'asked-port-443'";
    assert_eq!(sql(&dataset, asked), ["4096"]);
    // The program did see the clock that was set: it ended a day ahead.
    let ahead = "SELECT date_part('day', ended_at - started_at) FROM runs";
    assert_eq!(sql(&dataset, ahead), ["1"]);
}

#[test]
fn rate_and_blocklist_change_while_it_runs_and_a_link_may_fail() {
    let Some(scene) = Scene::new(&[25]) else { return };
    scene.count_syns();
    let folder = tempfile::tempdir().unwrap();
    let blocked = folder.path().join("blocked.txt");
    fs::write(&blocked, "# nobody yet\n").unwrap();
    let control = folder.path().join("control");
    let dataset = folder.path().join("found");
    let words = [
        "discover",
        "--allow-test-range",
        "10.0.0.0/8",
        "--cooldown",
        "1",
        "10.77.0.0/18",
        "--ports",
        "25",
        "--rate",
        "500",
        "--net-rate",
        "100000",
        "--blocklist",
        blocked.to_str().unwrap(),
        "--control",
        control.to_str().unwrap(),
        "--out",
        dataset.to_str().unwrap(),
    ];
    let child = start(&mut scene.tlscensus(&words));
    wait_for(|| scene.syns() > 200, "probes");
    fs::write(&blocked, "10.77.32.0/19 # asked us meanwhile\n").unwrap();
    std::thread::sleep(Duration::from_secs(3));
    scene.pair.near.ip(&["link", "set", Pair::NEAR, "down"]).unwrap();
    std::thread::sleep(Duration::from_secs(1));
    scene.pair.near.ip(&["link", "set", Pair::NEAR, "up"]).unwrap();
    scene
        .pair
        .near
        .ip(&["route", "add", super::scene::NETWORK, "via", Pair::FAR_ADDRESSES[0]])
        .unwrap();
    fs::write(&control, "rate 20k\n").unwrap();
    let output = child.wait_with_output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(0), "{told}");
    for expected in ["blocklist reloaded", "interface is down", "up again", "rate: 20000 packets/s"]
    {
        assert!(told.contains(expected), "{expected}: {told}");
    }
    // The half that was never blocked is whole; of the other only what was asked before.
    let open = "SELECT count(DISTINCT addr) FROM responders WHERE addr LIKE '10.77.__.%' OR addr LIKE '10.77._.%'";
    assert_ne!(sql(&dataset, open), ["0"]);
    let third =
        |addr: &str| addr.split('.').nth(2).and_then(|octet| octet.parse::<u8>().ok()).unwrap();
    let found = sql(&dataset, "SELECT addr FROM responders");
    assert_eq!(found.iter().filter(|addr| third(addr) < 32).count(), 8192, "{told}");
    let blocked = found.iter().filter(|addr| third(addr) >= 32).count();
    assert!(blocked < 4000, "{blocked} of the blocked half");
}

/// What was found before the disk was full is there, and once there is room the rest is.
#[test]
fn a_full_disk_stops_a_discovery_and_room_lets_it_go_on() {
    let Some(scene) = Scene::new(&[25]) else { return };
    let folder = tempfile::tempdir().unwrap();
    let mount = folder.path().join("small");
    let Some(disk) = Disk::mount(&mount) else {
        crate::support::skip("a full disk: only root can mount a small one");
        return;
    };
    let dataset = mount.join("found");
    let out = ["--out", dataset.to_str().unwrap()];
    let own = ["discover", "--allow-test-range", "10.0.0.0/8", "--cooldown", "1"];
    let child = start(&mut scene.tlscensus(&[&own[..], &WORDS, &out].concat()));
    wait_for(|| dataset.join("journal").read_dir().is_ok_and(|names| names.count() > 1), "rows");
    disk.fill();
    let output = child.wait_with_output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{told}");
    for expected in ["no room left to write", "--resume discover-"] {
        assert!(told.contains(expected), "{expected}: {told}");
    }
    disk.make_room();
    scene.discover(&[&WORDS[..], &out, &["--resume", "latest"]].concat(), 0);
    let found = sql(
        &dataset,
        "SELECT count(*), count(DISTINCT addr) FROM responders WHERE kind = 'synack'",
    );
    assert_eq!(found, ["4096,4096"]);
}

/// Who asked to be left alone between two starts of a run is not asked once more, not even by the first probe.
#[test]
fn a_run_that_is_gone_on_with_leaves_alone_who_asked_for_it_meanwhile() {
    let Some(scene) = Scene::new(&[25]) else { return };
    let folder = tempfile::tempdir().unwrap();
    let dataset = folder.path().join("found");
    let out = ["--out", dataset.to_str().unwrap()];
    let own = ["discover", "--allow-test-range", "10.0.0.0/8", "--cooldown", "1"];
    let child = start(&mut scene.tlscensus(&[&own[..], &WORDS, &out].concat()));
    std::thread::sleep(Duration::from_millis(800));
    let pid = Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
    kill_process(pid, Signal::INT).unwrap();
    assert_eq!(child.wait_with_output().unwrap().status.code(), Some(130));
    let blocked = folder.path().join("blocked.txt");
    fs::write(&blocked, "10.77.8.0/21 # asked us meanwhile\n").unwrap();
    scene.count_syns();
    scene
        .pair
        .far
        .run(&[
            "nft",
            "insert",
            "rule",
            "ip",
            "count",
            "in",
            "ip",
            "daddr",
            "!=",
            "10.77.8.0/21",
            "accept",
        ])
        .unwrap();
    let more = ["--blocklist", blocked.to_str().unwrap(), "--resume", "latest"];
    scene.discover(&[&WORDS[..], &out, &more].concat(), 0);
    assert_eq!(scene.syns(), 0, "probes to who is blocked");
    let open = sql(
        &dataset,
        "SELECT count(DISTINCT addr) FROM responders WHERE CAST(split_part(addr, '.', 3) AS INT) < 8",
    );
    assert_eq!(open, ["2048"]);
}
