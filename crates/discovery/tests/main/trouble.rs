//! No way to the targets, and one that goes away for a while.

use std::time::Duration;

use tlscensus_discovery::Ended;
use tlscensus_discovery::Error;
use tlscensus_discovery::Wire;
use tlscensus_link as link;
use tlscensus_link::MacAddress;
use tlscensus_link::Method;
use tlscensus_records::ResponderKind;
use tlscensus_targets::Rate;
use tlscensus_testkit::netns::Pair;

use crate::support::OPEN;
use crate::support::Scene;
use crate::support::address;
use crate::support::check;
use crate::support::options;
use crate::support::plan;
use crate::support::run;

#[test]
fn there_is_no_way() {
    let Some(scene) = Scene::or_skip(&["10.0.0.0/8"]) else { return };
    scene.pair.near.ip(&["route", "add", "11.0.0.0/8", "dev", Pair::NEAR]).unwrap();
    scene.pair.near.ip(&["route", "add", "12.0.0.0/8", "via", "198.18.0.77"]).unwrap();
    let wire = |target: &str| scene.wire(Method::Messages, address(target)).map(drop);
    assert!(matches!(wire("11.1.2.3"), Err(Error::NoGateway { .. })), "{:?}", wire("11.1.2.3"));
    let no_neighbour = wire("12.1.2.3");
    let is_named = matches!(&no_neighbour, Err(Error::Link(link::Error::NoNeighbour { .. })));
    assert!(is_named, "{no_neighbour:?}");
    let no_route = wire("203.0.113.1");
    assert!(matches!(&no_route, Err(Error::Link(link::Error::NoRoute { .. }))), "{no_route:?}");
    assert!(matches!(wire("127.0.0.1"), Err(Error::Loopback { .. })), "{:?}", wire("127.0.0.1"));
    scene.pair.near.within(|| {
        let mut options = options();
        options.interface = Some(Pair::NEAR.to_owned());
        options.gateway_mac = Some(MacAddress([2, 0, 0, 0, 0, 9]));
        assert!(Wire::find(&options, &[address("203.0.113.1")]).is_ok(), "all is said");
        options.interface = Some("nothing".to_owned());
        assert!(Wire::find(&options, &[address("10.1.2.3")]).is_err());
    });
}

/// Down for a second, and up again: all who answer are found, also those whose answers were under way, and though the far end has
/// lost our hardware address and keeps few packets until it has it. A kernel that is late with a link's queues does not tell it.
#[test]
fn an_interface_goes_away_for_a_while() {
    let Some(scene) = Scene::or_skip(&["10.0.0.0/8"]) else { return };
    let chain =
        "add chain netdev t e { type filter hook egress device far priority 0; policy accept; }";
    scene.pair.far.run(&["nft", chain]).unwrap();
    for rule in [
        "add table arp t",
        "add chain arp t e { type filter hook output priority 0; policy drop; }",
    ] {
        scene.pair.near.run(&["nft", rule]).unwrap();
    }
    for method in Method::FASTEST_FIRST {
        let mut plan = plan(&["10.1.0.0/18"], &[OPEN]);
        plan.rate = Rate::Packets(8_000.0);
        let discovery = scene.discovery(plan.clone(), method);
        let (mut was_down, mut vouched) = (false, 0);
        let found = std::thread::scope(|scope| {
            scope.spawn(|| {
                std::thread::sleep(Duration::from_millis(500));
                // On a longer way answers are under way when it goes down.
                scene.pair.far.run(&["nft", "add rule netdev t e ip protocol tcp drop"]).unwrap();
                scene.pair.near.ip(&["link", "set", Pair::NEAR, "down"]).unwrap();
                std::thread::sleep(Duration::from_millis(1_000));
                // That is longer than answers are waited for; what they would have been to is not vouched for.
                vouched = discovery.progress().position;
                scene.pair.far.run(&["nft", "flush chain netdev t e"]).unwrap();
                was_down = discovery.counts().link_down;
                discovery.set_rate(Rate::Packets(40_000.0));
                scene.pair.near.ip(&["link", "set", Pair::NEAR, "up"]).unwrap();
            });
            scene.pair.near.within(|| run(&discovery, |_| {}))
        });
        assert_eq!(found.ended, Ended::Complete, "{method:?}");
        assert!(vouched < 3_000, "{method:?}: {vouched} vouched for of some 4,000");
        assert!(was_down && !found.counts.link_down, "{method:?}: {:?}", found.counts);
        check(&plan, &found, ResponderKind::SynAck);
        assert!(found.counts.probes_sent > plan.visits.len(), "nothing was asked again");
        assert!(found.counts.spared > 0, "all were asked again");
        assert_eq!(found.progress.asked, [plan.visits.len()]);
        // Its routes went with it.
        let [gateway, _] = Pair::FAR_ADDRESSES;
        scene.pair.near.ip(&["route", "replace", "10.0.0.0/8", "via", gateway]).unwrap();
    }
}

/// Frames made for the router that was there before would go nowhere.
#[test]
fn another_router_answers_after_an_outage() {
    let Some(scene) = Scene::or_skip(&["10.0.0.0/8"]) else { return };
    let mut plan = plan(&["10.1.0.0/18"], &[OPEN]);
    plan.rate = Rate::Packets(2_000.0);
    let discovery = scene.discovery(plan, Method::Messages);
    let ended = std::thread::scope(|scope| {
        scope.spawn(|| {
            std::thread::sleep(Duration::from_millis(300));
            scene.pair.near.ip(&["link", "set", Pair::NEAR, "down"]).unwrap();
            scene.pair.far.ip(&["link", "set", Pair::FAR, "address", "02:00:00:00:00:99"]).unwrap();
            scene.pair.near.ip(&["link", "set", Pair::NEAR, "up"]).unwrap();
        });
        let (events, _taken) = std::sync::mpsc::channel();
        scene.pair.near.within(|| discovery.run(&events))
    });
    let Err(error @ Error::OtherRouter { .. }) = ended else { panic!("{ended:?}") };
    assert!(error.to_string().contains("02:00:00:00:00:99"), "{error}");
    assert!(discovery.counts().targets < 16_384, "it went on");
}
