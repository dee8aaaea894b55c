//! Who comes to be blocked while a discovery runs.

use std::time::Duration;
use std::time::SystemTime;
use std::time::UNIX_EPOCH;

use ipnet::IpNet;
use tlscensus_discovery::Ended;
use tlscensus_link::Method;
use tlscensus_records::ResponderKind;
use tlscensus_targets::AddressSet;
use tlscensus_targets::Rate;

use crate::support::Arrival;
use crate::support::OPEN;
use crate::support::Scene;
use crate::support::plan;
use crate::support::run;

/// By then a batch that was filled before has left, even on a busy machine.
const GRACE: Duration = Duration::from_millis(700);

#[test]
fn who_is_blocked_on_the_way_is_sent_nothing_more() {
    let Some(scene) = Scene::or_skip(&["10.0.0.0/8"]) else { return };
    let blocked: IpNet = "10.1.64.0/18".parse().unwrap();
    for network_rate in [None, Some(50.0)] {
        let mut plan = plan(&["10.1.0.0/17"], &[OPEN]);
        plan.rate = Rate::Packets(10_000.0);
        plan.network_rate = network_rate;
        let discovery = scene.discovery(plan.clone(), Method::Messages);
        let mut blocked_at = Duration::ZERO;
        let (found, arrivals) = scene.overhear(|| {
            std::thread::scope(|scope| {
                scope.spawn(|| {
                    std::thread::sleep(Duration::from_millis(500));
                    discovery.block(AddressSet::from_iter([blocked]));
                    blocked_at = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
                });
                scene.pair.near.within(|| run(&discovery, |_| {}))
            })
        });
        let is_blocked = |address: &std::net::IpAddr| blocked.contains(address);
        let (before, after): (Vec<Arrival>, Vec<Arrival>) = arrivals
            .into_iter()
            .filter(|arrival| is_blocked(&arrival.to))
            .partition(|arrival| Duration::from_micros(arrival.at) <= blocked_at + GRACE);
        assert_eq!(found.ended, Ended::Complete);
        assert!(!before.is_empty() && after.is_empty(), "{} after", after.len());
        let told = found.told(ResponderKind::SynAck);
        let told_of_blocked = told.keys().filter(|(address, _)| is_blocked(address)).count();
        assert!(told_of_blocked <= before.len());
        assert_eq!(told.len() - told_of_blocked, 1 << 14, "of those who are not blocked");
        let asked = u64::try_from(before.len()).unwrap();
        assert_eq!(found.counts.blocked + asked, 1 << 14);
        assert_eq!(found.progress.position, plan.visits.len());
    }
}
