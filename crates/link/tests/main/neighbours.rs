//! Neighbours are found by both families' protocols, or said not to be there.

use std::net::IpAddr;
use std::time::Duration;

use tlscensus_link::Error;
use tlscensus_link::Interface;
use tlscensus_link::MacAddress;
use tlscensus_link::neighbour;
use tlscensus_testkit::netns::Pair;

/// For those who are there: they answer at once, and each of three questions has seconds.
const LONG: Duration = Duration::from_secs(10);
/// For those who are not.
const SHORT: Duration = Duration::from_millis(300);

fn ask(
    pair: &Pair,
    interface: &str,
    (source, address): (IpAddr, &str),
    timeout: Duration,
) -> Result<MacAddress, Error> {
    pair.near.within(|| {
        let interface = Interface::named(interface).unwrap();
        neighbour(&interface, source, address.parse().unwrap(), timeout)
    })
}

#[test]
fn the_far_end_is_found_by_arp_and_by_neighbour_discovery() {
    let Some(pair) = Pair::or_skip() else { return };
    let far = pair.far.within(|| Interface::named(Pair::FAR)).unwrap();
    let sources = Pair::parsed(Pair::NEAR_ADDRESSES);
    for (source, address) in sources.into_iter().zip(Pair::FAR_ADDRESSES) {
        let found = ask(&pair, Pair::NEAR, (source, address), LONG).unwrap();
        assert_eq!(Some(found), far.mac, "{address}");
    }
}

#[test]
fn nobody_is_an_error_that_names_the_address() {
    let Some(pair) = Pair::or_skip() else { return };
    let sources = Pair::parsed(Pair::NEAR_ADDRESSES);
    for (source, address) in sources.into_iter().zip(["198.18.0.99", "fd00:18::99"]) {
        let error = ask(&pair, Pair::NEAR, (source, address), SHORT).unwrap_err();
        assert!(matches!(error, Error::NoNeighbour { .. }), "{error:?}");
        assert!(error.to_string().contains(address), "{error}");
    }
    let error = ask(&pair, Pair::NEAR, (sources[0], Pair::FAR_ADDRESSES[1]), SHORT).unwrap_err();
    assert!(matches!(error, Error::NoNeighbour { .. }), "of the other family: {error:?}");
}

#[test]
fn loopback_has_zeroes() {
    let Some(pair) = Pair::or_skip() else { return };
    let found = ask(&pair, "lo", (IpAddr::from([127, 0, 0, 1]), "127.0.0.2"), LONG).unwrap();
    assert_eq!(found, MacAddress::ZERO);
}
