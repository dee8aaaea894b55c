//! The same by connections, where there are no frames.

use std::net::Ipv4Addr;
use std::net::TcpListener;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;

use tlscensus_discovery::ConnectOptions;
use tlscensus_discovery::Discovery;
use tlscensus_discovery::Ended;
use tlscensus_discovery::Way;
use tlscensus_records::ResponderKind;
use tlscensus_targets::Rate;

use crate::support::CLOSED;
use crate::support::Found;
use crate::support::HALF;
use crate::support::OPEN;
use crate::support::Scene;
use crate::support::check;
use crate::support::plan;
use crate::support::run;

/// Takes connections until it is over, and lets go of them.
fn accept(listener: &TcpListener, over: &AtomicBool) {
    listener.set_nonblocking(true).unwrap();
    while !over.load(SeqCst) {
        while listener.accept().is_ok() {}
        std::thread::sleep(Duration::from_millis(1));
    }
}

fn connect(discovery: &Discovery, listeners: &[TcpListener]) -> Found {
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for listener in listeners {
            scope.spawn(|| accept(listener, &over));
        }
        let found = run(discovery, |_| {});
        over.store(true, SeqCst);
        found
    })
}

fn way(timeout: Duration) -> Way {
    Way::Connect(ConnectOptions { limit: 500, timeout, sources: Vec::new() })
}

#[test]
fn loopback() {
    let Some(scene) = Scene::or_skip(&[]) else { return };
    let mut plan = plan(&["127.1.0.0/21"], &[OPEN, CLOSED]);
    plan.rate = Rate::Packets(5_000.0);
    plan.record_resets = true;
    let found = scene.pair.near.within(|| {
        let listener = TcpListener::bind((Ipv4Addr::UNSPECIFIED, OPEN)).unwrap();
        let discovery = Discovery::new(plan.clone(), way(Duration::from_secs(5))).unwrap();
        connect(&discovery, &[listener])
    });
    assert_eq!(found.ended, Ended::Complete);
    check_connected(plan, found);
}

#[test]
fn the_far_end() {
    let Some(scene) = Scene::or_skip(&["10.0.0.0/8"]) else { return };
    scene.let_the_kernel_answer();
    let mut plan = plan(&["10.1.0.0/22"], &[OPEN, CLOSED, HALF]);
    plan.rate = Rate::Packets(5_000.0);
    plan.record_resets = true;
    // The kernel repeats a SYN after a second: three of them.
    let discovery = Discovery::new(plan.clone(), way(Duration::from_secs(4))).unwrap();
    let found = scene.pair.near.within(|| connect(&discovery, scene.listeners()));
    assert_eq!(found.ended, Ended::Complete);
    check_connected(plan, found);
}

fn check_connected(plan: tlscensus_discovery::Plan, mut found: Found) {
    assert_eq!(found.counts.probes_sent, plan.visits.len());
    assert_eq!(found.progress.position, plan.visits.len());
    check(&plan, &found, ResponderKind::Rst);
    for event in &mut found.events {
        if event.answer.kind == ResponderKind::Connected {
            event.answer.kind = ResponderKind::SynAck;
        }
    }
    check(&plan, &found, ResponderKind::SynAck);
}
