//! Every TLS server of the lab that a hello can be got from, enumerated: what it has, its chain, the values that it shows
//! again, and how it takes up sessions, which follows from what it is made by.

use std::collections::BTreeSet;
use std::fs;
use std::net::TcpListener;
use std::path::Path;

use tlscensus_lab::Exchange;
use tlscensus_lab::Flavour;
use tlscensus_lab::Lab;
use tlscensus_lab::LabPlan;
use tlscensus_lab::Mix;
use tlscensus_lab::Repertoire;
use tlscensus_lab::TruthRow;

use super::Capabilities;
use super::sql;
use crate::support;

/// For those who may not bind low ports.
const HIGH_PORTS: u16 = 20_000;

#[test]
fn what_the_lab_s_servers_have_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let dataset = folder.path().join("dataset");
    let flavours = flavours();
    let truth = scan(&flavours, folder.path(), &dataset);
    let met: BTreeSet<&str> = truth.iter().filter_map(|row| row.flavour.as_deref()).collect();
    assert_eq!(met.len(), flavours.iter().collect::<BTreeSet<_>>().len());
    let capabilities = Capabilities::read(&dataset);
    let differences: Vec<String> = truth
        .iter()
        .flat_map(|row| {
            let differences = endpoint(&capabilities, row).into_iter();
            differences.map(|text| format!("{} {}: {text}", row.addr, flavour(row).word()))
        })
        .collect();
    assert!(differences.is_empty(), "{}", differences.join("\n"));
    shared_values(&dataset, &truth);
}

/// All but those that answer no hello of SSL 3 or later; the one whose public value never changes on two hosts.
fn flavours() -> Vec<Flavour> {
    let mut flavours: Vec<Flavour> = Flavour::all()
        .filter(|flavour| flavour.version() != "SSL 2")
        .filter(|flavour| flavour.exchange() != Exchange::Shared("SRP"))
        .collect();
    flavours.extend(Flavour::all().filter(|flavour| flavour.keeps_value()));
    flavours
}

fn scan(flavours: &[Flavour], folder: &Path, dataset: &Path) -> Vec<TruthRow> {
    let hosts = u32::try_from(flavours.len()).unwrap();
    let mut plan = LabPlan::new(hosts, 11);
    plan.mix = Mix::Healthy(flavours.to_vec());
    plan.served_permille = 1_000;
    plan.services.retain(|service| service.word == "imap");
    plan.port_offset = if TcpListener::bind("127.64.0.1:143").is_ok() { 0 } else { HIGH_PORTS };
    let offset = plan.port_offset.to_string();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let lab = runtime.block_on(Lab::start(plan)).unwrap();
    let truth = lab.truth().to_vec();
    let list: String = truth.iter().map(|row| format!("{}\n", row.addr)).collect();
    let path = folder.join("list.txt");
    fs::write(&path, list).unwrap();
    let mut command = support::tlscensus();
    command.arg("probe").arg(path).arg("--out").arg(dataset).args(["--protocols", "imap"]);
    command.args(["--port-offset", &offset, "--quiet", "--ladder", "exhaustive"]);
    command.args(["--rate", "0", "--host-rate", "0", "--net-rate", "0", "--host-budget", "0"]);
    command.args(["--depth", "enumerate", "--question-spacing", "0", "--questions", "100"]);
    support::run(&mut command, 0);
    runtime.block_on(lab.stop());
    truth
}

/// What is not as it should be.
fn endpoint(capabilities: &Capabilities, row: &TruthRow) -> Vec<String> {
    let mut differences = Vec::new();
    let mut expect = |what: &str, found: &[&str], expected: &[&str]| {
        if found != expected {
            differences.push(format!("{what}: expected {expected:?}, found {found:?}"));
        }
    };
    let addr = row.addr.to_string();
    let chosen = row.chosen.as_ref().unwrap();
    let flavour = flavour(row);
    let repertoire = row.repertoire.as_ref().unwrap();
    let versions = capabilities.of(&addr, "version").filter(|row| row.verdict == "supported");
    let versions: Vec<&str> = versions.map(|row| row.name.as_str()).collect();
    expect("versions", &versions, &sorted(&repertoire.versions));
    for choices in &repertoire.lists {
        let kind = match choices.list.as_str() {
            "suites" => "suite",
            "groups" => "group",
            // The tables' own test counts the rest.
            _ => continue,
        };
        let mut found = capabilities.names(&addr, kind, &choices.version);
        found.sort_unstable();
        expect(&choices.version, &found, &sorted(&choices.items));
    }
    expect("resumption", &[&capabilities.resumption(&addr)], &[&ways(flavour, repertoire)]);
    let bits = chosen.dh_bits.filter(|_| chosen.group.is_none()).map(|bits| bits.to_string());
    let field = capabilities.of(&addr, "finite-field").map(|row| row.code.as_str());
    expect("field", &field.collect::<Vec<_>>(), &bits.as_deref().into_iter().collect::<Vec<_>>());
    if row.tls_completed {
        let chains = capabilities.of(&addr, "certificate").map(|row| row.chain.as_str());
        let chains: Vec<&str> = chains.filter(|chain| !chain.is_empty()).collect();
        let chain = row.chain.join(" ");
        let expected = [chain.as_str()];
        expect("chains", &chains, if chain.is_empty() { &[] } else { &expected });
    }
    let mut again = Vec::new();
    if chosen.keeps_value {
        again.push("finite-field-public-value");
    }
    if flavour.word().starts_with("openssl") && ways(flavour, repertoire).contains("accepted") {
        again.push("ticket-key-name");
    }
    expect("what comes again", &capabilities.reuse(&addr, "supported"), &again);
    differences
}

fn flavour(row: &TruthRow) -> Flavour {
    let word = row.flavour.as_deref().unwrap();
    Flavour::all().find(|flavour| flavour.word() == word).unwrap()
}

fn sorted(items: &[String]) -> Vec<&str> {
    let mut items: Vec<&str> = items.iter().map(String::as_str).collect();
    items.sort_unstable();
    items
}

/// How a server takes up sessions: by pre-shared key, ticket and identifier. OpenSSL keeps none in the lab and gives tickets,
/// rustls keeps them, the lab's own forgets them.
fn ways(flavour: Flavour, repertoire: &Repertoire) -> String {
    let (old, new): (Vec<&str>, Vec<&str>) =
        repertoire.versions.iter().map(String::as_str).partition(|version| *version != "TLS 1.3");
    let psk = if new.is_empty() { "no-version" } else { "accepted" };
    let (mut ticket, mut identifier) = match flavour.word() {
        // No handshake is completed without the key.
        _ if matches!(flavour.exchange(), Exchange::Shared(_)) => ("unreached", "unreached"),
        word if word.starts_with("openssl") => ("accepted", "not-offered"),
        word if word.starts_with("rustls") => ("not-offered", "accepted"),
        _ => ("not-offered", "not-offered"),
    };
    if old.iter().all(|version| *version == "SSL 3") {
        ticket = "no-version";
    }
    if old.is_empty() {
        identifier = "no-version";
    }
    format!("{psk} {ticket} {identifier}")
}

/// One query over ordinary rows finds the hosts that share a value.
fn shared_values(dataset: &Path, truth: &[TruthRow]) {
    let kept = |row: &&TruthRow| row.chosen.as_ref().is_some_and(|chosen| chosen.keeps_value);
    let mut expected: Vec<String> =
        truth.iter().filter(kept).map(|row| row.addr.to_string()).collect();
    assert_eq!(expected.len(), 2);
    expected.sort();
    let query = "SELECT addr FROM shown_values WHERE kind = 'finite-field-public-value' AND hosts > 1 ORDER BY addr";
    assert_eq!(sql(dataset, query).concat(), expected);
    for kind in ["curve-public-value", "server-random", "session-id"] {
        let query = format!("SELECT addr FROM shown_values WHERE kind = '{kind}' AND hosts > 1");
        assert_eq!(sql(dataset, &query).concat(), Vec::<String>::new(), "{kind}");
    }
    // OpenSSL makes a ticket key with each configuration: one for each flavour.
    let query = "SELECT hosts FROM shown_values WHERE kind = 'ticket-key-name' AND hosts > 1";
    assert_eq!(sql(dataset, query).concat(), Vec::<String>::new());
}
