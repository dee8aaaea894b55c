//! One truth: what the monitor sees of a scan is what the scan says, in every column that both can see.

use std::collections::BTreeMap;
use std::fs;
use std::io::BufRead;
use std::io::BufReader;
use std::path::Path;
use std::process::Child;
use std::time::Duration;

use rustix::process::Pid;
use rustix::process::Signal;
use rustix::process::kill_process;
use tlscensus_analysis::Cell;
use tlscensus_analysis::Engine;
use tlscensus_lab as lab;
use tlscensus_lab::TruthRow;
use tlscensus_testkit::netns::Pair;

use crate::discovery::scene::NETWORK;
use crate::discovery::scene::Scene;
use crate::discovery::scene::start;
use crate::discovery::scene::wait_for;
use crate::support::run;
use crate::support::show;

/// Hosts, each with 14 services.
const HOSTS: &str = "60";

/// Columns of a conversation that both halves hear.
const DIALOG: [&str; 11] = [
    "starttls_state",
    "starttls_offer",
    "greeting",
    "capabilities_before",
    "capabilities_before_source",
    "mechanisms_before",
    "mechanism_sources_before",
    "channel_bindings_before",
    "login_disabled_before",
    "sts",
    "peer_domain",
];

/// Columns of a handshake that both halves hear whatever the version.
const PLAIN: [&str; 21] = [
    "tls_sni",
    "tls_ja3",
    "tls_ja4",
    "tls_ja3s",
    "tls_version_seen",
    "tls_version",
    "tls_version_code",
    "tls_legacy_version_code",
    "tls_suite",
    "tls_suite_code",
    "tls_group",
    "tls_group_code",
    "tls_key_exchange",
    "tls_server_public_sha256",
    "tls_hello_retry",
    "tls_compression",
    "tls_server_random",
    "tls_session_id_length",
    "tls_session_id_echoed",
    "tls_session_id_sha256",
    "tls_downgrade_sentinel",
];

/// Columns of a handshake that stand in the clear before TLS 1.3.
const CLEAR: [&str; 26] = [
    "tls_signature_scheme_code",
    "tls_dh_bits",
    "tls_dh_prime_sha256",
    "tls_dh_group_name",
    "tls_dh_safe_prime",
    "tls_dh_generator",
    "tls_export_rsa_bits",
    "tls_alpn",
    "tls_alpn_seen",
    "tls_extensions",
    "tls_extended_master_secret",
    "tls_encrypt_then_mac",
    "tls_renegotiation_info",
    "tls_heartbeat",
    "tls_session_resumed",
    "tls_ocsp_staple",
    "tls_scts_count",
    "tls_scts_in_ocsp_count",
    "tls_sct_carriers",
    "tls_client_certificate_requested",
    "tls_client_certificate_types",
    "tls_client_certificate_schemes",
    "tls_client_certificate_authorities",
    "tls_ssl2_ciphers",
    "chain",
    "chain_seen",
];

#[test]
fn a_scan_and_who_watches_it_say_the_same() {
    let Some(scene) = Scene::new(&[]) else { return };
    let folder = tempfile::tempdir().unwrap();
    let truth = folder.path().join("truth.ndjson");
    let (scanned, watched) = (folder.path().join("scanned"), folder.path().join("watched"));
    let mut lab = start(&mut scene.pair.far.command(&[
        env!("CARGO_BIN_EXE_tlscensus"),
        "lab",
        "--hosts",
        HOSTS,
        "--seed",
        "5",
        "--network",
        NETWORK,
        "--truth",
        truth.to_str().unwrap(),
    ]));
    wait_for(|| lab::read(&truth).is_ok_and(|rows| is_served(&scene, &rows)), "the lab");
    let mut monitor = watch(&scene, &watched);
    let addresses: std::collections::BTreeSet<_> =
        lab::read(&truth).unwrap().iter().map(|row| row.addr).collect();
    let list = folder.path().join("list.txt");
    fs::write(&list, addresses.iter().map(|addr| format!("{addr}\n")).collect::<String>()).unwrap();
    scan(&scene, &list, &scanned);
    // What is still on its way, and connections that were left open.
    std::thread::sleep(Duration::from_secs(2));
    signal(&monitor, Signal::INT);
    assert!(monitor.wait().unwrap().success(), "a monitor of an interface ends in order");
    lab.kill().unwrap();
    lab.wait().unwrap();

    let counters: BTreeMap<_, _> = counters(&watched);
    assert_eq!(counters.get("capture-drops"), Some(&0), "every packet was seen");
    let differences = compare(&scanned, &watched);
    let packets = crate::discovery::scene::sql(
        &watched,
        "SELECT tcp_history, captured, midstream, missed_client > 0, missed_server > 0, count(*) AS n FROM flows \
         GROUP BY ALL ORDER BY n DESC LIMIT 20",
    );
    let shown = differences.iter().take(40).cloned().collect::<Vec<_>>().join("\n");
    assert!(differences.is_empty(), "{} differences\n{shown}\n{packets:#?}", differences.len());
}

/// Begins to watch; from then on nothing is missed.
fn watch(scene: &Scene, out: &Path) -> Child {
    let words = ["monitor", "--interface", Pair::NEAR, "--out", out.to_str().unwrap()];
    let mut monitor = start(&mut scene.tlscensus(&words));
    let mut lines = BufReader::new(monitor.stderr.take().unwrap()).lines();
    while !lines.next().unwrap().unwrap().starts_with("listening to") {}
    // Whoever talks needs a listener.
    std::thread::spawn(move || lines.for_each(drop));
    monitor
}

fn scan(scene: &Scene, list: &Path, out: &Path) {
    let words = [
        "probe",
        list.to_str().unwrap(),
        "--allow-test-range",
        "10.0.0.0/8",
        "--contact",
        "tests@example.org",
        "--client-name",
        "probe.example.org",
        "--ladder",
        "exhaustive",
        "--rate",
        "100000",
        "--host-rate",
        "100000",
        "--net-rate",
        "100000",
        "--host-budget",
        "100000",
        "--concurrency",
        "200",
        "--phase-timeout",
        "10",
        "--connect-timeout",
        "10",
        "--quiet",
        "--out",
        out.to_str().unwrap(),
    ];
    run(&mut scene.tlscensus(&words), 0);
}

pub(super) fn signal(child: &Child, signal: Signal) {
    kill_process(Pid::from_child(child), signal).unwrap();
}

pub(super) fn counters(dataset: &Path) -> BTreeMap<String, i64> {
    let engine = Engine::open(dataset).unwrap();
    let rows = engine.query("SELECT name, count FROM run_counters").unwrap().rows;
    rows.iter().map(|row| (show(&row[0]), show(&row[1]).parse().unwrap())).collect()
}

fn is_served(scene: &Scene, truth: &[TruthRow]) -> bool {
    let open = truth.iter().filter(|row| row.tcp == lab::Tcp::Open).count();
    let sockets = scene.pair.far.run(&["ss", "-Hltn"]).unwrap_or_default();
    open > 0 && sockets.lines().count() >= open
}

/// Whether a column hangs on where TLS begins.
fn is_of_tls(name: &str) -> bool {
    PLAIN.contains(&name) || CLEAR.contains(&name) || name == "starttls_state"
}

/// By name; `beside` is a column of this half alone that decides what can be compared.
type Columns = BTreeMap<&'static str, String>;
/// By address and port, in order of time.
type Seen = BTreeMap<(String, String), Vec<(i64, Columns)>>;

fn compare(scanned: &Path, watched: &Path) -> Vec<String> {
    let names: Vec<_> = DIALOG.into_iter().chain(PLAIN).chain(CLEAR).collect();
    let flows = read(
        watched,
        "leftover_bytes, server_addr, server_port, arrow_cast(started_at, 'Int64')",
        "flows",
        &names,
    );
    // The attempt that counts, and when it began.
    let head = "speaks_protocol, addr, port, arrow_cast(started_at, 'Int64') + arrow_cast(attempts[counted_attempt + 1]['started_us'], 'Int64')";
    let probes =
        read(scanned, head, "probes WHERE tcp_completed AND counted_attempt IS NOT NULL", &names);
    let mut differences = Vec::new();
    let mut compared = 0;
    for (endpoint, probe) in &probes {
        let (began, columns) = &probe[0];
        // Nobody who said nothing at all has a row among the flows.
        let Some(flow) = flows.get(endpoint).and_then(|flows| {
            flows.iter().filter(|(at, _)| at + 2_000 >= *began).min_by_key(|(at, _)| *at)
        }) else {
            // Nor who speaks something that is not measured, or never comes to the end of a word.
            let heard = !columns["greeting"].is_empty() || !columns["tls_version"].is_empty();
            if heard && columns["beside"] == "yes" {
                differences.push(format!("{endpoint:?}: no flow"));
            }
            continue;
        };
        // What speaks another protocol is watched as that.
        if columns["beside"] == "no" {
            continue;
        }
        compared += 1;
        // Behind plaintext that the go-ahead brought along a prober finds no TLS; who watches looks on.
        let injected = flow.1["beside"] != "0";
        let names = names.iter().filter(|name| !injected || !is_of_tls(name));
        for name in names {
            if let Some(difference) = differs(name, columns, &flow.1) {
                differences.push(format!("{endpoint:?} {difference}"));
            }
        }
    }
    assert!(compared > 300, "{compared} endpoints compared");
    differences
}

/// What both must say, or `None`.
fn differs(name: &str, probe: &Columns, flow: &Columns) -> Option<String> {
    let (said, seen) = (&probe[name], &flow[name]);
    let tls13 = probe["tls_version"] == "TLS 1.3";
    if said == seen {
        return None;
    }
    let excused = match name {
        // Encrypted: the monitor says so, or knows the part in the clear.
        _ if tls13 && CLEAR.contains(&name) => match name {
            "tls_extensions" => said.starts_with(seen.as_str()),
            "chain_seen" | "tls_alpn_seen" => seen == "hidden" || said == "unasked",
            _ => seen.is_empty(),
        },
        // Behind implicit TLS all words are encrypted.
        "greeting" if probe["starttls_state"] == "unasked" => seen.is_empty(),
        // Servers that drip: what came behind the prober's deadline is heard by who watches.
        "greeting" if seen.starts_with(said.as_str()) => true,
        // Words of ours are never stored.
        "greeting" | "capabilities_before" => seen.contains("<client>"),
        // The prober asks inside TLS too, where nobody else hears.
        "sts" | "peer_domain" => seen.is_empty(),
        _ => false,
    };
    (!excused)
        .then(|| format!("{name}: probed {said:?}, watched {seen:?} ({})", probe["tls_version"]))
}

fn read(dataset: &Path, head: &str, from: &str, names: &[&'static str]) -> Seen {
    let engine = Engine::open(dataset).unwrap();
    let result =
        engine.query(&format!("SELECT {head} AS began, {} FROM {from}", names.join(", "))).unwrap();
    let mut seen = Seen::new();
    for row in result.rows {
        let text: Vec<_> = row.iter().map(show).collect();
        let began = micros(&row[3]);
        let beside = std::iter::once(("beside", text[0].clone()));
        let columns = names.iter().copied().zip(text[4..].iter().cloned()).chain(beside).collect();
        seen.entry((text[1].clone(), text[2].clone())).or_default().push((began, columns));
    }
    seen
}

fn micros(cell: &Cell) -> i64 {
    show(cell).parse().unwrap()
}
