//! What is typed, what is printed, what is refused.

use std::fs;

use super::scene::Scene;
use super::scene::lines;
use super::scene::sql;
use crate::support::run;
use crate::support::tlscensus;

#[test]
fn who_listens_is_found_and_nobody_else() {
    let Some(scene) = Scene::new(&[25, 443]) else { return };
    // One /26 drops what comes: silence.
    scene.pair.far.run(&["nft", "add table ip quiet"]).unwrap();
    scene
        .pair
        .far
        .run(&["nft", "add chain ip quiet in { type filter hook prerouting priority 0; }"])
        .unwrap();
    scene.pair.far.run(&["nft", "add rule ip quiet in ip daddr 10.77.1.64/26 drop"]).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let dataset = folder.path().join("found");
    let words = [
        "10.77.0.0/22",
        "--ports",
        "25,443,8080",
        "--rate",
        "20k",
        "--net-rate",
        "100000",
        "--seed",
        "5",
    ];
    let found = lines(&scene.discover(&words, 0));
    let expected = (0..1024_u32).filter(|host| !(0x140..0x180).contains(host)).flat_map(|host| {
        [25, 443].map(|port| format!("10.77.{}.{}:{port}", host >> 8, host & 255))
    });
    assert_eq!(found, expected.collect());

    let out = dataset.to_str().unwrap();
    let more = ["--out", out, "--record", "rst", "--probes", "2", "--spacing", "200"];
    scene.discover(&[&words[..], &more].concat(), 0);
    let kinds = sql(
        &dataset,
        "SELECT port, kind, count(*), count(DISTINCT addr), min(ttl), max(mss) FROM responders GROUP BY port, kind ORDER BY port, kind",
    );
    assert_eq!(
        kinds,
        ["25,synack,960,960,64,1460", "443,synack,960,960,64,1460", "8080,rst,960,960,64,"]
    );
    let counters = "SELECT c.name, c.count FROM (SELECT unnest(counters) AS c FROM runs) WHERE c.name LIKE 'asked-port-%' ORDER BY c.name";
    assert_eq!(
        sql(&dataset, counters),
        ["asked-port-25,1024", "asked-port-443,1024", "asked-port-8080,1024"]
    );
}

#[test]
fn results_are_written_as_other_tools_read_them() {
    let Some(scene) = Scene::new(&[25]) else { return };
    let fields = [
        "10.77.9.1",
        "--ports",
        "25",
        "-O",
        "csv",
        "-f",
        "saddr,sport,classification,success,ttl,repeat",
    ];
    let output = scene.discover(&fields, 0);
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(text, "saddr,sport,classification,success,ttl,repeat\n10.77.9.1,25,synack,1,64,0\n");
    // One port: a list of addresses, which probe takes as it is.
    let output = scene.discover(&["10.77.9.0/30", "--ports", "25"], 0);
    assert_eq!(lines(&output).len(), 4);
    assert!(lines(&output).contains("10.77.9.3"));
}

#[test]
fn what_cannot_be_is_refused_before_anything_is_sent() {
    let folder = tempfile::tempdir().unwrap();
    let blocked = folder.path().join("blocked.txt");
    fs::write(&blocked, "# asked\n10.0.0.0/33\n").unwrap();
    let bad = folder.path().join("bad.txt");
    fs::write(&bad, "10.0.0.1\nnonsense\n").unwrap();
    let (blocked, bad) = (blocked.to_str().unwrap(), bad.to_str().unwrap());
    let own = ["--allow-test-range", "10.0.0.0/8"];
    for (words, expected) in [
        (&["--ports", "25"][..], "no targets"),
        (&["8.8.8.8", "--ports", "25"], "--contact"),
        (&["10.0.0.1"], "no ports"),
        (&["10.0.0.1", "--ports", "0"], "not a port"),
        (&["10.0.0.1", "--ports", "25", "--rate", "fast"], "not a rate"),
        (&["10.0.0.1", "--ports", "25", "--shard", "3/2"], "not a shard"),
        (&["10.0.0.1", "--ports", "25", "--blocklist", blocked], "line 2"),
        (&["--allowlist", bad, "--ports", "25"], "line 2"),
        (&["--allowlist", "/nowhere", "--ports", "25"], "/nowhere"),
        (&["10.0.0.1", "--ports", "25", "--resume", "latest"], "--out"),
        (&["10.0.0.1", "--ports", "25", "-O", "csv", "-f", "nothing", "--connect"], "not known"),
    ] {
        let output = run(tlscensus().arg("discover").args(own).args(words), 2);
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(told.contains(expected), "{words:?}: {told}");
    }
    // Everything that is allowed is blocked.
    fs::write(folder.path().join("all.txt"), "10.0.0.0/8 # all\n").unwrap();
    let all = folder.path().join("all.txt");
    let words = ["10.1.0.0/16", "--ports", "25", "--blocklist", all.to_str().unwrap()];
    let output = run(tlscensus().arg("discover").args(own).args(words), 2);
    assert!(String::from_utf8_lossy(&output.stderr).contains("nothing is left"));
}

#[test]
fn volume_and_coverage_are_known_beforehand() {
    let words =
        ["discover", "--allow-test-range", "10.0.0.0/8", "10.0.0.0/14", "--ports", "25,443,993"];
    let output = run(tlscensus().args(words).args(["--shard", "1/3", "--audit", "--quiet"]), 0);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("786432 pairs: 786432 visited, 0 never, 0 visits repeated"), "{text}");
    assert!(text.contains("exact"), "{text}");
    let output = run(tlscensus().args(words).args(["--dry-run", "--rate", "1k", "--connect"]), 0);
    let text = String::from_utf8(output.stdout).unwrap();
    for expected in ["786432 at most", "1000 packets/s", "most-hit /24", "262144 left"] {
        assert!(text.contains(expected), "{expected}: {text}");
    }
}

#[test]
fn without_raw_frames_discovery_connects_and_says_so() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    let output =
        run(tlscensus().args(["discover", "127.0.0.0/29", "--ports", &port, "--cooldown", "2"]), 0);
    assert_eq!(lines(&output).into_iter().collect::<Vec<_>>(), ["127.0.0.1"]);
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(told.contains("connecting instead of sending SYNs"), "{told}");
}

/// The table of routes says where those who answer belong, in rows of discovery and of probes alike.
#[test]
fn rows_say_where_addresses_belong() {
    let folder = tempfile::tempdir().unwrap();
    let table = folder.path().join("routes.txt");
    fs::write(&table, "127.0.0.0/8 # AS64500\n127.0.0.0/30 # AS64501, AS64502\n").unwrap();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    let routes = ["--routes", table.to_str().unwrap(), "--quiet"];
    let (found, probed) = (folder.path().join("found"), folder.path().join("probed"));
    let words = [
        "discover",
        "127.0.0.1",
        "--ports",
        &port,
        "--cooldown",
        "1",
        "--out",
        found.to_str().unwrap(),
    ];
    run(tlscensus().args(words).args(routes), 0);
    let list = folder.path().join("list.txt");
    fs::write(&list, format!("127.0.0.1:{port}\n")).unwrap();
    let words = [
        "probe",
        list.to_str().unwrap(),
        "--protocols",
        "smtps",
        "--phase-timeout",
        "1",
        "--out",
        probed.to_str().unwrap(),
    ];
    run(tlscensus().args(words).args(routes), 0);
    for (dataset, relation) in [(&found, "responders"), (&probed, "probes")] {
        let rows = sql(dataset, &format!("SELECT prefix, origin_as FROM {relation}"));
        assert_eq!(rows, ["127.0.0.0/30,64501"], "{relation}");
    }
}
