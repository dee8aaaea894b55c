//! What may be done with which rights: the remedy that errors name is the right one.

use std::net::IpAddr;
use std::time::Duration;

use rustix::thread::CapabilitySet;
use rustix::thread::CapabilitySets;
use rustix::thread::set_capabilities;
use tlscensus_link::Error;
use tlscensus_link::Filter;
use tlscensus_link::Interface;
use tlscensus_link::LiveCapture;
use tlscensus_link::Method;
use tlscensus_link::Receiver;
use tlscensus_link::RingSize;
use tlscensus_link::neighbour;
use tlscensus_link::route_to;
use tlscensus_link::transmitter;
use tlscensus_testkit::netns::Pair;

use crate::live::options;
use crate::support::template;

/// From now on the calling thread, which must be a test's own, has these and no others.
fn keep(rights: CapabilitySet) {
    let none = CapabilitySet::empty();
    let sets = CapabilitySets { effective: rights, permitted: rights, inheritable: none };
    set_capabilities(None, sets).unwrap();
}

#[test]
fn without_rights_the_remedy_is_named() {
    let Some(pair) = Pair::or_skip() else { return };
    pair.near.within(|| {
        keep(CapabilitySet::empty());
        let near = Interface::named(Pair::NEAR).unwrap();
        let [ours, theirs] = [Pair::NEAR_ADDRESSES[0], Pair::FAR_ADDRESSES[0]]
            .map(|text| text.parse::<IpAddr>().unwrap());
        assert_eq!(route_to(theirs).unwrap().source, ours, "asking needs no rights");
        let mut errors = vec![
            Receiver::open(&near, &Filter::everything(), RingSize::default()).err(),
            neighbour(&near, ours, theirs, Duration::from_secs(1)).err(),
            LiveCapture::open(&near, &options(1)).err(),
        ];
        errors.extend(
            Method::FASTEST_FIRST.map(|method| transmitter(method, &near, &template(74), 64).err()),
        );
        for error in errors {
            let error = error.unwrap();
            assert!(matches!(error, Error::NotPermitted { .. }), "{error:?}");
            assert!(error.to_string().contains("cap_net_raw+ep"), "{error}");
        }
    });
}

#[test]
fn the_one_right_that_is_named_is_enough() {
    let Some(pair) = Pair::or_skip() else { return };
    pair.near.within(|| {
        keep(CapabilitySet::NET_RAW);
        let near = Interface::named(Pair::NEAR).unwrap();
        let _receiver = Receiver::open(&near, &Filter::everything(), RingSize::default()).unwrap();
        assert_eq!(LiveCapture::open(&near, &options(2)).unwrap().len(), 2);
        for method in Method::FASTEST_FIRST {
            let mut sender = transmitter(method, &near, &template(74), 64).unwrap();
            assert_eq!(sender.send(0..64).unwrap(), 64, "{method:?}");
        }
    });
}
