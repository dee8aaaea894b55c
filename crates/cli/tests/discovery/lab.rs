//! From a network to Table I: a lab's population in the far namespace is discovered, probed and counted, and equals its truth.

use std::collections::BTreeMap;
use std::path::Path;

use tlscensus_analysis::Engine;
use tlscensus_lab as lab;
use tlscensus_lab::TruthRow;

use super::scene::NETWORK;
use super::scene::Scene;
use super::scene::start;
use super::scene::wait_for;
use crate::support::run;
use crate::truth;

/// Hosts among the 65,536 addresses.
const HOSTS: &str = "60";
/// The one of the study's arbitrary ports on which all addresses answer, as some middlebox would have it.
const NOISY_PORT: u16 = 1337;

#[test]
fn a_scan_of_a_network_equals_the_ground_truth_of_the_lab_in_it() {
    let Some(scene) = Scene::new(&[NOISY_PORT]) else { return };
    let folder = tempfile::tempdir().unwrap();
    let (truth, dataset) = (folder.path().join("truth.ndjson"), folder.path().join("census"));
    let mut lab = start(&mut scene.pair.far.command(&[
        env!("CARGO_BIN_EXE_tlscensus"),
        "lab",
        "--hosts",
        HOSTS,
        "--seed",
        "11",
        "--network",
        NETWORK,
        "--truth",
        truth.to_str().unwrap(),
    ]));
    wait_for(|| truth_is_served(&scene, &truth), "the lab");
    let out = dataset.to_str().unwrap();
    let own =
        ["--allow-test-range", "10.0.0.0/8", "--cooldown", "2", "--quiet", "--net-rate", "100000"];
    let noise = ["noise", NETWORK, "--targets-per-port", "20000", "--rate", "40k", "--out", out];
    run(&mut scene.tlscensus(&[&noise[..], &own].concat()), 0);
    let scan = [
        "scan",
        NETWORK,
        "--protocols",
        "all",
        "--rate",
        "60k",
        "--seed",
        "3",
        "--ladder",
        "exhaustive",
        "--probe-rate",
        "0",
        "--probe-host-rate",
        "0",
        "--probe-net-rate",
        "0",
        "--host-budget",
        "0",
        "--concurrency",
        "300",
        "--phase-timeout",
        "15",
        "--connect-timeout",
        "15",
        "--out",
        out,
    ];
    run(&mut scene.tlscensus(&[&scan[..], &own].concat()), 0);
    lab.kill().unwrap();
    lab.wait().unwrap();

    let all = lab::read(&truth).unwrap();
    // Who refuses is not found: only those that listen are probed.
    let listening: Vec<TruthRow> =
        all.into_iter().filter(|row| row.tcp == lab::Tcp::Open).collect();
    let engine = Engine::open(&dataset).unwrap();
    let mut differences = truth::rows(&engine, &listening);
    differences.extend(truth::t01(&engine, &listening));
    differences.extend(truth::t03(&engine, &listening));
    differences.extend(truth::t08(&engine, &listening));
    differences.extend(answered(&engine, &listening));
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

/// Who answered, and how much of that is noise: one of five ports answers everywhere, so a fifth of all addresses.
fn answered(engine: &Engine, listening: &[TruthRow]) -> Vec<String> {
    let mut hosts: BTreeMap<&str, u64> = BTreeMap::new();
    for row in listening {
        *hosts.entry(&row.service).or_default() += 1;
    }
    let mut differences = Vec::new();
    for table in ["T01", "T03"] {
        let found = truth::cells(&engine.table(table).unwrap(), &["protocol"]);
        for (service, hosts) in &hosts {
            let cell = |name: &str| found.get(&format!("{service}/{name}")).cloned();
            let Some(answered) = cell("answered") else { continue };
            let noise: f64 = cell("noise").and_then(|noise| noise.parse().ok()).unwrap_or(-1.0);
            // Of 65,536 addresses: a sample of 100,000 pairs tells a fifth to within half a percent.
            let near = (noise / 13_107.2 - 1.0).abs() < 0.02;
            if answered != hosts.to_string() || !near {
                differences.push(format!(
                    "{table} {service}: {answered} of {hosts} answered, noise {noise}"
                ));
            }
        }
    }
    assert!(!hosts.is_empty());
    differences
}

/// Whether all listeners are there.
fn truth_is_served(scene: &Scene, truth: &Path) -> bool {
    let Ok(rows) = lab::read(truth) else { return false };
    let open = rows.iter().filter(|row| row.tcp == lab::Tcp::Open).count();
    let sockets = scene.pair.far.run(&["ss", "-Hltn"]).unwrap_or_default();
    open > 0 && sockets.lines().count() > open
}
