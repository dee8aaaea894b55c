//! Who answers is found, nobody else, and each once.

use std::time::Duration;

use tlscensus_discovery::Discovery;
use tlscensus_discovery::Ended;
use tlscensus_discovery::Expected;
use tlscensus_discovery::Halt;
use tlscensus_discovery::Way;
use tlscensus_discovery::Wire;
use tlscensus_link::Method;
use tlscensus_records::ResponderKind;
use tlscensus_targets::Rate;

use crate::support::CLOSED;
use crate::support::DROPPED;
use crate::support::Found;
use crate::support::HALF;
use crate::support::OPEN;
use crate::support::Scene;
use crate::support::address;
use crate::support::check;
use crate::support::options;
use crate::support::plan;
use crate::support::run;
use crate::support::say;

#[test]
fn all_who_answer_are_found_once_by_each_method() {
    let Some(scene) = Scene::or_skip(&["10.0.0.0/8"]) else { return };
    for method in Method::FASTEST_FIRST {
        let mut plan = plan(&["10.1.0.0/18"], &[OPEN, CLOSED, HALF]);
        plan.record_resets = true;
        let found = scene.discover(plan.clone(), method);
        say(&format!("{method:?}: {:?} in {:?}", found.counts, found.took));
        assert_eq!(found.ended, Ended::Complete);
        check(&plan, &found, ResponderKind::SynAck);
        check(&plan, &found, ResponderKind::Rst);
        assert_eq!((found.counts.probes_sent, found.counts.targets), (3 << 14, 3 << 14));
        assert_eq!(found.counts.kernel_drops, 0);
        assert_eq!(found.progress.position, plan.visits.len());
        assert_eq!(found.progress.asked, [1 << 14; 3]);
        assert!(found.took >= Duration::from_millis(500), "no window: {:?}", found.took);
    }
}

/// As many addresses as `TLSCENSUS_WIRE_TARGETS` says, which is for a release build; 65,536 without it.
#[test]
fn all_of_many_are_found_at_full_speed() {
    let Some(scene) = Scene::or_skip(&["10.0.0.0/8"]) else { return };
    let wanted = std::env::var("TLSCENSUS_WIRE_TARGETS").ok().and_then(|text| text.parse().ok());
    let addresses: u32 = wanted.unwrap_or(1 << 16);
    let bits = 32 - (addresses.max(2) - 1).ilog2() - 1;
    let mut plan = plan(&[&format!("10.16.0.0/{bits}")], &[OPEN, DROPPED, HALF]);
    plan.rate = Rate::Packets(if wanted.is_some() { 150_000.0 } else { 40_000.0 });
    let found = scene.discover(plan.clone(), Method::Messages);
    let Found { counts, took, .. } = &found;
    let sending = took.as_secs_f64() - plan.answer_window.as_secs_f64();
    say(&format!(
        "{} addresses × 3 ports in {took:?}, about {:.0} packets/s: {counts:?}",
        1_u64 << (32 - bits),
        f64::from(u32::try_from(counts.probes_sent).unwrap()) / sending
    ));
    check(&plan, &found, ResponderKind::SynAck);
    assert_eq!((counts.kernel_drops, counts.repeats, counts.foreign), (0, 0, 0));
}

#[test]
fn both_families_and_several_senders() {
    let Some(scene) = Scene::or_skip(&["10.0.0.0/8", "fd00:aa::/32"]) else { return };
    let wire = |sample: &str| scene.wire(Method::Messages, address(sample)).unwrap();
    let mixed = scene.pair.near.within(|| {
        let samples = [address("10.1.0.1"), address("fd00:aa::1")];
        Wire::find(&options(), &samples).unwrap()
    });
    for (prefixes, wire, senders) in [
        (&["fd00:aa::1:0/114"][..], wire("fd00:aa::1:0"), 1),
        (&["10.1.0.0/19"], wire("10.1.0.0"), 3),
        (&["10.1.0.0/20", "fd00:aa::1:0/116"], mixed, 2),
    ] {
        let mut plan = plan(prefixes, &[HALF, CLOSED, OPEN]);
        plan.record_resets = true;
        plan.senders = senders;
        let discovery = Discovery::new(plan.clone(), Way::Wire(wire)).unwrap();
        let found = scene.pair.near.within(|| run(&discovery, |_| {}));
        assert_eq!(found.ended, Ended::Complete);
        check(&plan, &found, ResponderKind::SynAck);
        check(&plan, &found, ResponderKind::Rst);
        assert_eq!(found.counts.probes_sent, plan.visits.len());
        assert_eq!(found.progress.position, plan.visits.len());
    }
}

#[test]
fn two_discoveries_at_once_take_nothing_from_each_other() {
    let Some(scene) = Scene::or_skip(&["10.0.0.0/8"]) else { return };
    let plan = plan(&["10.1.0.0/19"], &[HALF]);
    let both = [(); 2].map(|()| scene.discovery(plan.clone(), Method::Messages));
    let found = std::thread::scope(|scope| {
        let near = &scene.pair.near;
        let threads =
            both.each_ref().map(|one| scope.spawn(move || near.within(|| run(one, |_| {}))));
        threads.map(|thread| thread.join().unwrap())
    });
    for found in &found {
        check(&plan, found, ResponderKind::SynAck);
        assert_eq!(found.counts.repeats, 0);
    }
    assert!(found.iter().any(|found| found.counts.foreign > 0), "they never met");
}

#[test]
fn little_and_nothing_to_do() {
    let Some(scene) = Scene::or_skip(&["10.0.0.0/8"]) else { return };
    let wire = scene.wire(Method::Messages, address("10.1.0.1")).unwrap();
    let mut elsewhere = plan(&["10.1.0.0/24"], &[OPEN]);
    elsewhere.positions = 100..100;
    for (plan, expected) in [
        (plan(&["10.1.0.7/32"], &[OPEN]), 1),
        (plan(&["10.1.0.7/32"], &[]), 0),
        (plan(&[], &[OPEN]), 0),
        (elsewhere, 0),
    ] {
        let discovery = Discovery::new(plan, Way::Wire(wire.clone())).unwrap();
        let found = scene.pair.near.within(|| run(&discovery, |_| {}));
        assert_eq!(found.ended, Ended::Complete);
        assert_eq!((found.counts.probes_sent, found.events.len()), (expected, found.events.len()));
        assert_eq!(u64::try_from(found.events.len()).unwrap(), expected);
    }
}

#[test]
fn a_ramp_halts_where_everything_answers() {
    let Some(scene) = Scene::or_skip(&["10.0.0.0/8"]) else { return };
    for everything in [false, true] {
        let mut plan = plan(&["10.1.0.0/17"], &[OPEN]);
        plan.ramp = true;
        plan.expected = Expected { everything, silence: false };
        let found = scene.discover(plan.clone(), Method::Messages);
        if everything {
            assert_eq!(found.ended, Ended::Complete);
            check(&plan, &found, ResponderKind::SynAck);
        } else {
            let halted = matches!(found.ended, Ended::Halted(Halt::Everything(_)));
            assert!(halted, "{:?}", found.ended);
            assert!(found.counts.probes_sent < plan.visits.len() / 10, "{:?}", found.counts);
        }
    }
}
