//! Stopped or killed in the middle, and gone on with: all are found, and little is asked twice.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::time::Duration;

use tlscensus_discovery::Discovery;
use tlscensus_discovery::Ended;
use tlscensus_discovery::Event;
use tlscensus_discovery::From;
use tlscensus_discovery::Plan;
use tlscensus_discovery::Progress;
use tlscensus_discovery::Seen;
use tlscensus_link::Method;
use tlscensus_records::ResponderKind;
use tlscensus_targets::Rate;

use crate::support::CLOSED;
use crate::support::HALF;
use crate::support::OPEN;
use crate::support::Scene;
use crate::support::check;
use crate::support::plan;
use crate::support::run;
use crate::support::say;

const RATE: u32 = 10_000;
const WINDOW: Duration = Duration::from_millis(200);

fn interrupted_plan(network_rate: Option<f64>) -> Plan {
    let mut plan = plan(&["10.1.0.0/20"], &[OPEN, CLOSED, HALF]);
    plan.rate = Rate::Packets(f64::from(RATE));
    plan.answer_window = WINDOW;
    plan.network_rate = network_rate;
    plan.senders = 2;
    plan.probes = 2;
    plan.spacing = Duration::from_millis(50);
    plan
}

/// As a checkpoint has it.
fn from(plan: &Plan, progress: Progress, events: &[Event]) -> From {
    let index = |event: &Event| plan.visits.index(event.answer.addr, event.answer.port).unwrap();
    let kind = |event: &Event| event.answer.kind;
    let mut answered = Seen::new(true);
    for event in events {
        answered.first(kind(event), plan.order.position(index(event)).unwrap());
    }
    From { position: progress.position, asked: progress.asked, answered }
}

/// Runs; after some time a checkpoint is taken: how far it had come, and then the events so far. Then it is stopped.
fn interrupt(scene: &Scene, discovery: &Discovery) -> (Progress, Vec<Event>) {
    let events = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        let watching = scope.spawn(|| {
            std::thread::sleep(Duration::from_millis(900));
            let progress = discovery.progress();
            std::thread::sleep(Duration::from_millis(100));
            let written = events.lock().unwrap().clone();
            discovery.stop();
            (progress, written)
        });
        let found = scene
            .pair
            .near
            .within(|| run(discovery, |event| events.lock().unwrap().push(event.clone())));
        assert_eq!(found.ended, Ended::Stopped);
        watching.join().unwrap()
    })
}

#[test]
fn killed_and_gone_on_with() {
    let Some(scene) = Scene::or_skip(&["10.0.0.0/8"]) else { return };
    for network_rate in [None, Some(500.0)] {
        let mut plan = interrupted_plan(network_rate);
        let (progress, written) =
            interrupt(&scene, &scene.discovery(plan.clone(), Method::Messages));
        say(&format!("killed at {progress:?}, {} written", written.len()));
        let (position, total) = (progress.position, plan.visits.len());
        assert!(position < total, "too late to be interrupted");
        plan.from = from(&plan, progress, &written);
        let mut found = scene.discover(plan.clone(), Method::Messages);
        assert_eq!(found.ended, Ended::Complete);
        // What was written already is not told again.
        found.events.extend(written);
        check(&plan, &found, ResponderKind::SynAck);
        assert_eq!(found.progress.position, total);
        assert_eq!(found.progress.asked, [1 << 12; 3]);
        assert_eq!(found.counts.targets, total - position);
    }
}

#[test]
fn stopped_and_gone_on_with() {
    let Some(scene) = Scene::or_skip(&["10.0.0.0/8"]) else { return };
    let stops = [(700, None), (820, None), (940, None), (900, Some(500.0))];
    for (stop_ms, network_rate) in stops {
        let mut plan = interrupted_plan(network_rate);
        let discovery = scene.discovery(plan.clone(), Method::Messages);
        let mut sent = 0;
        let found = std::thread::scope(|scope| {
            scope.spawn(|| {
                std::thread::sleep(Duration::from_millis(stop_ms));
                discovery.stop();
            });
            scene.pair.near.within(|| run(&discovery, |_| {}))
        });
        assert_eq!(found.ended, Ended::Stopped);
        sent += found.counts.probes_sent;
        say(&format!("stopped at {:?}", found.progress));
        let before: BTreeSet<_> = found.told(ResponderKind::SynAck).into_keys().collect();
        plan.from = from(&plan, found.progress, &found.events);
        let mut second = scene.discover(plan.clone(), Method::Messages);
        assert_eq!(second.ended, Ended::Complete);
        let after: BTreeSet<_> = second.told(ResponderKind::SynAck).into_keys().collect();
        assert!(before.is_disjoint(&after), "told again");
        second.events.extend(found.events);
        check(&plan, &second, ResponderKind::SynAck);
        assert_eq!(second.progress.asked, [1 << 12; 3]);
        sent += second.counts.probes_sent;
        // Two to whom nobody answers, one to the others, and again what was under way.
        let total = plan.visits.len();
        assert!(sent <= 2 * total + u64::from(RATE), "{sent}");
    }
}
