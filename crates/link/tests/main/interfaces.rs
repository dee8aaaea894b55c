//! What the kernel says of interfaces and routes.

use std::net::IpAddr;

use tlscensus_link::Error;
use tlscensus_link::Interface;
use tlscensus_link::LinkKind;
use tlscensus_link::route_to;
use tlscensus_testkit::netns::Pair;

#[test]
fn an_interface_is_what_ip_says_and_goes_down() {
    let Some(pair) = Pair::or_skip() else { return };
    pair.set_mtu(1_400).unwrap();
    let interface = pair.near.within(|| Interface::named(Pair::NEAR)).unwrap();
    assert_eq!(interface.name, Pair::NEAR);
    assert_eq!(interface.kind, LinkKind::Ethernet);
    assert_eq!(interface.mtu, 1_400);
    let printed = pair.near.ip(&["-o", "link", "show", Pair::NEAR]).unwrap();
    assert!(printed.starts_with(&format!("{}: ", interface.index)), "{printed}");
    let mac = interface.mac.unwrap().to_string();
    assert!(printed.contains(&format!("link/ether {mac} ")), "{mac} in {printed}");
    for address in Pair::parsed(Pair::NEAR_ADDRESSES) {
        assert!(interface.addresses.contains(&address), "{address} of {interface:?}");
    }
    assert!(interface.is_up);

    let is_up = || pair.near.within(|| interface.is_up());
    assert!(is_up());
    pair.near.ip(&["link", "set", Pair::NEAR, "down"]).unwrap();
    assert!(!is_up());
    pair.near.ip(&["link", "set", Pair::NEAR, "up"]).unwrap();
    assert!(is_up());
    pair.far.ip(&["link", "set", Pair::FAR, "down"]).unwrap();
    assert!(!is_up(), "without a carrier");
    pair.far.ip(&["link", "delete", Pair::FAR]).unwrap();
    assert!(!is_up(), "and when it is gone");
}

#[test]
fn routes_are_those_of_ip_route_get() {
    let Some(pair) = Pair::or_skip() else { return };
    pair.answer_for("10.0.0.0/8").unwrap();
    pair.answer_for("2001:db8:1::/48").unwrap();
    let elsewhere = ["route", "add", "203.0.113.0/24", "via", "inet6", Pair::FAR_ADDRESSES[1]];
    pair.near.ip(&[&elsewhere[..], &["dev", Pair::NEAR]].concat()).unwrap();
    pair.near.ip(&["address", "add", "198.18.0.9/24", "dev", Pair::NEAR]).unwrap();
    pair.near
        .ip(&["route", "add", "192.0.2.0/24", "dev", Pair::NEAR, "src", "198.18.0.9"])
        .unwrap();
    for destination in [
        "10.1.2.3",
        "198.18.0.2",
        "198.18.0.77",
        "2001:db8:1::5",
        "fd00:18::2",
        "203.0.113.5",
        "192.0.2.1",
        "127.0.0.1",
        "198.18.0.1",
        "::1",
    ] {
        let address: IpAddr = destination.parse().unwrap();
        let route = pair.near.within(|| route_to(address)).unwrap();
        let printed = pair.near.ip(&["-o", "route", "get", destination]).unwrap();
        assert_eq!(word_after(&printed, "dev"), Some(route.interface.as_str()), "{printed}");
        assert_eq!(
            word_after(&printed, "src"),
            Some(route.source.to_string().as_str()),
            "{printed}"
        );
        let gateway = route.gateway.map(|gateway| gateway.to_string());
        let via = word_after(&printed, "via").filter(|word| *word != "inet6");
        let via = via.or_else(|| word_after(&printed, "inet6"));
        assert_eq!(via, gateway.as_deref(), "{printed}");
    }
}

#[test]
fn no_route_is_said_with_the_destination() {
    let Some(pair) = Pair::or_skip() else { return };
    pair.near.ip(&["route", "add", "blackhole", "10.0.0.0/8"]).unwrap();
    pair.near.ip(&["route", "add", "unreachable", "2001:db8:2::/48"]).unwrap();
    for destination in ["192.0.2.1", "10.0.0.1", "2001:db8::1", "2001:db8:2::1"] {
        let address: IpAddr = destination.parse().unwrap();
        let error = pair.near.within(|| route_to(address)).unwrap_err();
        assert!(
            matches!(&error, Error::NoRoute { destination, .. } if *destination == address),
            "{destination}: {error:?}"
        );
        assert!(error.to_string().contains(destination), "{error}");
    }
}

fn word_after<'a>(text: &'a str, word: &str) -> Option<&'a str> {
    let mut words = text.split_whitespace();
    words.find(|have| *have == word)?;
    words.next()
}
