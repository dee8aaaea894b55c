//! Rates and ceilings, measured where packets arrive.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

use tlscensus_discovery::Ended;
use tlscensus_link::Method;
use tlscensus_records::ResponderKind;
use tlscensus_targets::Rate;

use crate::support::Arrival;
use crate::support::OPEN;
use crate::support::Scene;
use crate::support::check;
use crate::support::plan;
use crate::support::rate;
use crate::support::run;
use crate::support::say;

/// A machine that is busy with other things may be slower than was asked; nothing may be faster. `TLSCENSUS_WIRE_RATES=all`, for a
/// release build on a quiet machine, adds the highest rate and holds all to a hundredth, over ten seconds instead of three.
#[test]
fn a_rate_is_held() {
    let Some(scene) = Scene::or_skip(&["10.0.0.0/8"]) else { return };
    scene.rule("tcp flags syn drop");
    let strict = std::env::var_os("TLSCENSUS_WIRE_RATES").is_some();
    let seconds = if strict { 10.0 } else { 3.0 };
    let rates = [10.0, 1_000.0, 50_000.0, 200_000.0];
    for wanted in rates.into_iter().take(if strict { 4 } else { 3 }) {
        let mut plan = plan(&["10.0.0.0/8"], &[OPEN]);
        plan.rate = Rate::Packets(wanted);
        plan.longest = Some(Duration::from_secs_f64(seconds));
        plan.answer_window = Duration::from_millis(100);
        let [method, ..] = Method::FASTEST_FIRST;
        let discovery = scene.discovery(plan, method);
        let (found, arrivals) =
            scene.overhear(|| scene.pair.near.within(|| run(&discovery, |_| {})));
        assert_eq!(found.ended, Ended::Enough);
        assert_eq!(u64::try_from(arrivals.len()).unwrap(), found.counts.probes_sent);
        let (held, over) = rate(&arrivals);
        say(&format!("{wanted} wanted: {held:.2} packets/s over {over:.3} s"));
        assert!(held <= wanted * 1.01, "{held} for {wanted}");
        assert!(!strict || held >= wanted * 0.99, "{held} for {wanted}");
    }
}

#[test]
fn a_network_has_a_ceiling_of_its_own() {
    let Some(scene) = Scene::or_skip(&["10.0.0.0/8"]) else { return };
    let mut plan = plan(&["10.1.0.0/22"], &[OPEN]);
    plan.rate = Rate::Packets(5_000.0);
    plan.network_rate = Some(100.0);
    let discovery = scene.discovery(plan.clone(), Method::Messages);
    let (found, arrivals) = scene.overhear(|| scene.pair.near.within(|| run(&discovery, |_| {})));
    check(&plan, &found, ResponderKind::SynAck);
    assert_eq!(found.progress.position, plan.visits.len());
    assert!(found.counts.deferred > 0);
    let mut networks = BTreeMap::<u32, Vec<Arrival>>::new();
    for arrival in arrivals {
        let IpAddr::V4(to) = arrival.to else { panic!("IPv6") };
        networks.entry(to.to_bits() >> 8).or_default().push(arrival);
    }
    assert_eq!(networks.len(), 4);
    for (network, arrivals) in networks {
        // The first bucket is a tenth of a second's worth.
        let (held, over) = rate(&arrivals[10..]);
        say(&format!("network {network:x}: {held:.1} packets/s over {over:.3} s"));
        assert_eq!(arrivals.len(), 256);
        assert!(held <= 115.0, "{held}");
    }
}

#[test]
fn a_rate_may_be_changed_on_the_way() {
    let Some(scene) = Scene::or_skip(&["10.0.0.0/8"]) else { return };
    let mut plan = plan(&["10.1.0.0/18"], &[OPEN]);
    // This alone would take hours.
    plan.rate = Rate::Packets(1.0);
    let discovery = scene.discovery(plan.clone(), Method::Messages);
    let found = std::thread::scope(|scope| {
        scope.spawn(|| {
            std::thread::sleep(Duration::from_millis(300));
            discovery.set_rate(Rate::Packets(20_000.0));
        });
        scene.pair.near.within(|| run(&discovery, |_| {}))
    });
    check(&plan, &found, ResponderKind::SynAck);
    assert_eq!(discovery.rate(), Rate::Packets(20_000.0));
}
