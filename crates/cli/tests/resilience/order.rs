//! Lists in the order of a seed, in parts, as others write them; and the counters of a run on a page.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::io::Read;
use std::io::Write as _;
use std::net::TcpStream;
use std::process::Command;

use tlscensus_targets::Permutation;

use crate::resilience::scene::Gate;
use crate::resilience::scene::Scene;
use crate::resilience::scene::check_says;
use crate::resilience::scene::query;
use crate::resilience::scene::refused;

/// Targets of a dataset in the order in which they were begun; nobody listens there.
fn targets(scene: &Scene) -> Vec<String> {
    let sql = "SELECT target FROM probes ORDER BY started_at";
    query(&scene.dataset, sql).into_iter().map(|mut row| row.remove(0)).collect()
}

/// One part, so many endpoints at once.
fn shuffled(scene: &Scene, shard: &str, at_once: &str) -> Command {
    let mut command = scene.probe_at("0", at_once);
    command.args(["--protocols", "smtp", "--order", "shuffled", "--seed", "7", "--shard", shard]);
    command
}

#[test]
fn the_parts_of_a_shuffled_list_are_the_list() {
    let mut scene = Scene::with_list(
        b"127.77.0.8/29\n127.77.1.1-127.77.1.6\nlocalhost,127.77.2.1\n127.77.2.2:25\n",
    );
    for shard in ["1/3", "2/3", "3/3"] {
        let command = shuffled(&scene, shard, "1");
        scene.start(command).ends(0);
    }
    let taken = targets(&scene);
    let all: BTreeSet<_> = taken.iter().collect();
    assert_eq!((taken.len(), all.len()), (16, 16), "each target in one part");
    let counts =
        query(&scene.dataset, "SELECT count(*) AS n FROM probes GROUP BY run_id ORDER BY n");
    assert_eq!(counts.concat(), ["5", "5", "6"]);

    scene.dataset = scene.path("whole");
    let command = shuffled(&scene, "1/1", "1");
    scene.start(command).ends(0);
    assert_eq!(targets(&scene), taken, "the parts one after the other are the whole");
}

#[test]
fn a_part_of_a_list_that_is_not_shuffled_is_refused() {
    let scene = Scene::with_list(b"127.77.0.2\n");
    let words = refused(scene.probe().args(["--shard", "1/4"]), 2);
    check_says(&words, &["--shard 1/4", "add --order shuffled", "--seed"]);
    let words = refused(scene.probe().args(["--order", "shuffled", "--shard", "5/4"]), 2);
    check_says(&words, &["5/4", "not a shard; write 1/4"]);
    assert!(!scene.dataset.exists());
}

#[test]
fn an_interrupted_part_goes_on_where_it_was_and_stays_the_same_part() {
    let gate = Gate::shut();
    let mut list = format!("{}\n", gate.addr);
    for host in 0..40 {
        writeln!(list, "127.77.3.{host}").unwrap();
    }
    let mut scene = Scene::with_list(list.as_bytes());
    // The part with the gate in it cannot end before that is opened.
    let order = Permutation::new(41, 7).unwrap();
    let (part, other, size) =
        if order.position(0).unwrap() < 20 { ("1/2", "2/2", "20") } else { ("2/2", "1/2", "21") };
    let command = shuffled(&scene, part, "16");
    let mut running = scene.start(command);
    running.wait_until("half of it", |running| running.count("acknowledged") >= 10);
    running.kill();
    let words = refused(scene.probe().args(["--resume", "latest", "--shard", "2/3"]), 2);
    check_says(&words, &["--shard: run ", part, "leave --shard away"]);
    gate.open();
    scene.resume_to_the_end();
    let count = "SELECT count(*), count(DISTINCT target) FROM probes";
    assert_eq!(query(&scene.dataset, count).concat(), [size, size]);
    let command = shuffled(&scene, other, "16");
    scene.start(command).ends(0);
    assert_eq!(query(&scene.dataset, count).concat(), ["41", "41"]);
}

#[test]
fn lists_of_other_scanners_are_read() {
    let lists: [&[u8]; 3] = [
        b"saddr,classification,sport\n127.77.4.1,synack,25\n127.77.4.2,synack,25\n",
        b"{\"sport\":25,\"saddr\":\"127.77.4.1\"}\n{\"saddr\":\"127.77.4.2\",\"sport\":25}\n",
        b"#masscan\nopen tcp 25 127.77.4.1 1700000000\nopen tcp 25 127.77.4.2 1700000000\n# end\n",
    ];
    for list in lists {
        let mut scene = Scene::with_list(list);
        let mut command = scene.probe_at("0", "1");
        command.args(["--protocols", "smtp"]);
        scene.start(command).ends(0);
        assert_eq!(targets(&scene), ["127.77.4.1:25", "127.77.4.2:25"]);
    }
}

#[test]
fn counters_are_on_a_page_while_it_runs() {
    let gate = Gate::shut();
    let mut scene = Scene::with_list(format!("{}\n127.77.5.1\n", gate.addr).as_bytes());
    let mut command = scene.probe_at("0", "64");
    command.args(["--protocols", "smtp", "--metrics", "0"]);
    let mut running = scene.start(command);
    running.wait_until("one row", |running| running.count("acknowledged") == 1);
    let words = running.words();
    let page = words.lines().find_map(|line| line.strip_prefix("metrics at http://")).unwrap();
    let addr = page.strip_suffix("/metrics").unwrap();
    let mut stream = TcpStream::connect(addr).unwrap();
    stream.write_all(b"GET /metrics HTTP/1.1\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    check_says(
        &answer,
        &[
            "\ntlscensus_endpoints_started_total 2\n",
            "\ntlscensus_endpoints_in_flight 1\n",
            "\ntlscensus_rows_acknowledged_total 1\n",
            "\ntlscensus_endpoints_ended_total{phase=\"connect\"} 1\n",
        ],
    );
    let words = refused(scene.probe().args(["--metrics", addr]), 2);
    check_says(&words, &[addr, "name an address of this machine and a free port"]);
    gate.open();
    running.ends(0);
}
