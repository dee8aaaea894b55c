//! The lab itself: what is served, what is not, that a seed deals the same twice, and that it ends.

use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::net::TcpStream;

use tlscensus_lab::Error;
use tlscensus_lab::Lab;
use tlscensus_lab::LabPlan;
use tlscensus_lab::Mix;
use tlscensus_lab::SERVICES;
use tlscensus_lab::State;
use tlscensus_lab::Tcp;
use tlscensus_lab::TruthRow;
use tlscensus_lab::read;

use crate::client::start;

#[test]
fn truth_covers_every_host_and_service_and_can_be_read_back() {
    let served = start(LabPlan::new(20, 5));
    let truth = served.lab.truth();
    assert_eq!(truth.len(), 20 * SERVICES.len());
    let open = truth.iter().filter(|row| row.tcp == Tcp::Open).count();
    assert_eq!(open, served.lab.listeners());
    for row in truth {
        let tried = TcpStream::connect(SocketAddr::from((row.addr, row.port)));
        let refused = tried.is_err_and(|error| error.kind() == ErrorKind::ConnectionRefused);
        assert_eq!(refused, row.tcp == Tcp::Refused, "{row:?}");
    }
    let folder = std::env::temp_dir().join(format!("lab-truth-{}", std::process::id()));
    served.lab.write_truth(&folder).unwrap();
    assert_eq!(read(&folder).unwrap(), truth);
    std::fs::remove_file(folder).unwrap();
}

#[test]
fn a_seed_deals_the_same_twice_but_for_keys() {
    let deal = |seed| -> Vec<TruthRow> {
        let served = start(LabPlan::new(8, seed));
        let rows = served.lab.truth().to_vec();
        served.runtime.block_on(served.lab.stop());
        rows.into_iter()
            .map(|row| TruthRow {
                port: 0,
                chain: row.chain.iter().map(|_| String::new()).collect(),
                ..row
            })
            .collect()
    };
    assert_eq!(deal(1), deal(1));
    assert_ne!(deal(1), deal(2));
}

#[test]
fn a_few_hundred_hosts_are_in_every_state() {
    let mut plan = LabPlan::new(260, 3);
    plan.connections = 100;
    let served = start(plan);
    let dealt: BTreeSet<&str> = served.lab.truth().iter().map(|r| r.state.as_str()).collect();
    for service in &SERVICES {
        let of_service = |row: &&TruthRow| row.service == service.word;
        let states: BTreeSet<&str> =
            served.lab.truth().iter().filter(of_service).map(|row| row.state.as_str()).collect();
        for word in &dealt {
            let applies = State::from_word(word).is_some_and(|state| state.applies_to(service));
            assert!(!applies || states.contains(word), "{} {word}", service.word);
        }
    }
    assert_eq!(dealt.len(), 1 + 38);
}

#[test]
fn ports_are_free_when_it_ends() {
    let mut plan = LabPlan::new(2, 1);
    plan.mix = Mix::States(vec![State::Silent]);
    plan.served_permille = 1_000;
    let served = start(plan);
    let row = served.lab.truth().first().unwrap().clone();
    let address = SocketAddr::from((row.addr, row.port));
    TcpStream::connect(address).unwrap();
    served.runtime.block_on(served.lab.stop());
    assert!(TcpStream::connect(address).is_err());
}

#[test]
fn a_plan_that_cannot_be_is_refused_with_its_reason() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut plan = LabPlan::new(1, 1);
    plan.port_offset = 60_000;
    let Err(error) = runtime.block_on(Lab::start(plan)) else { panic!() };
    assert!(matches!(
        error,
        Error::PortOffset { port: 6697 | 6667 | 5222 | 5223 | 5269 | 5270, .. }
    ));
    let Err(error) = runtime.block_on(Lab::start(LabPlan::new(u32::MAX, 1))) else { panic!() };
    assert!(error.to_string().contains("4294967295 hosts"));
}
