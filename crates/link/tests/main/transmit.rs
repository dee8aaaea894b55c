//! Every way to send delivers exactly its frames.

use tlscensus_link::Error;
use tlscensus_link::Interface;
use tlscensus_link::Method;
use tlscensus_link::Transmit;
use tlscensus_link::fastest_transmitter;
use tlscensus_link::transmitter;
use tlscensus_testkit::netns::Pair;

use crate::support::hear;
use crate::support::number;
use crate::support::numbers;
use crate::support::template;

/// Sends frames with these numbers, batch by batch, whatever the kernel takes at a time.
fn send(sender: &mut dyn Transmit, numbers: std::ops::Range<u32>) {
    let mut waiting = numbers.peekable();
    while waiting.peek().is_some() {
        let mut filled = 0;
        while filled < sender.room() {
            let Some(next) = waiting.next() else { break };
            number(sender.frame(filled), next);
            filled += 1;
        }
        let mut from = 0;
        while from < filled {
            from += sender.send(from..filled).unwrap();
        }
    }
}

#[test]
fn each_method_delivers_its_frames_once_and_in_order() {
    let Some(pair) = Pair::or_skip() else { return };
    for method in Method::FASTEST_FIRST {
        for (length, batch, count) in [
            (74, 1, 30),
            (74, 7, 1_000),
            (74, 64, 20_000),
            (74, 500, 20_000),
            (60, 64, 1_000),
            (1_514, 64, 1_000),
        ] {
            let mut receiver = pair.far.within(|| hear(Pair::FAR));
            let sent = pair.near.within(|| {
                let near = Interface::named(Pair::NEAR).unwrap();
                let mut sender = transmitter(method, &near, &template(length), batch).unwrap();
                send(&mut *sender, 0..count);
                sender.statistics()
            });
            let arrived = numbers(&mut receiver, usize::try_from(count).unwrap());
            let expected: Vec<_> = (0..count).collect();
            assert!(arrived == expected, "{method:?} by {batch}: {} arrived", arrived.len());
            assert_eq!(sent.frames, u64::from(count), "{method:?} by {batch}: {sent:?}");
            assert!(sent.calls * u64::try_from(batch).unwrap() >= sent.frames, "{sent:?}");
        }
    }
}

#[test]
fn loopback_carries_frames_as_well() {
    let Some(pair) = Pair::or_skip() else { return };
    pair.near.within(|| {
        for method in [Method::Ring, Method::Messages] {
            let mut receiver = hear("lo");
            let loopback = Interface::named("lo").unwrap();
            let mut sender = transmitter(method, &loopback, &template(74), 64).unwrap();
            send(&mut *sender, 0..1_000);
            let expected: Vec<_> = (0..1_000).collect();
            assert_eq!(numbers(&mut receiver, 1_000), expected, "{method:?}");
        }
    });
}

#[test]
fn slots_keep_what_was_not_sent_and_begin_as_the_template() {
    let Some(pair) = Pair::or_skip() else { return };
    for method in Method::FASTEST_FIRST {
        let mut receiver = pair.far.within(|| hear(Pair::FAR));
        pair.near.within(|| {
            let near = Interface::named(Pair::NEAR).unwrap();
            let mut sender = transmitter(method, &near, &template(74), 8).unwrap();
            assert_eq!(sender.room(), 8);
            for slot in 0..8 {
                assert_eq!(sender.frame(slot), template(74), "{method:?}");
                number(sender.frame(slot), u32::try_from(slot).unwrap());
            }
            for slots in [0..0, 0..3, 3..4, 4..8] {
                assert_eq!(sender.send(slots.clone()).unwrap(), slots.len(), "{method:?}");
            }
        });
        assert_eq!(numbers(&mut receiver, 8), [0, 1, 2, 3, 4, 5, 6, 7], "{method:?}");
    }
}

#[test]
fn an_interface_that_is_down_is_an_error_and_up_again_is_none() {
    let Some(pair) = Pair::or_skip() else { return };
    for method in Method::FASTEST_FIRST {
        let near = pair.near.within(|| Interface::named(Pair::NEAR)).unwrap();
        let mut sender = pair.near.within(|| transmitter(method, &near, &template(74), 4)).unwrap();
        pair.near.within(|| send(&mut *sender, 0..10));
        for (namespace, interface) in [(&pair.near, Pair::NEAR), (&pair.far, Pair::FAR)] {
            namespace.ip(&["link", "set", interface, "down"]).unwrap();
            let error = pair.near.within(|| sender.send(0..4)).unwrap_err();
            assert_eq!(error.kind(), std::io::ErrorKind::NetworkDown, "{method:?} {interface}");
            namespace.ip(&["link", "set", interface, "up"]).unwrap();
            let mut receiver = pair.far.within(|| hear(Pair::FAR));
            pair.near.within(|| send(&mut *sender, 10..30));
            let expected: Vec<_> = (10..30).collect();
            assert_eq!(numbers(&mut receiver, 20), expected, "{method:?} {interface}");
        }
    }
}

#[test]
fn the_fastest_method_that_can_be_had_is_taken() {
    let Some(pair) = Pair::or_skip() else { return };
    pair.near.within(|| {
        let near = Interface::named(Pair::NEAR).unwrap();
        let (first, sender) = fastest_transmitter(&near, &template(74), 4).unwrap();
        assert_eq!(first, Method::Xdp);
        // The pair has one queue, and it is taken.
        let (second, _other) = fastest_transmitter(&near, &template(74), 4).unwrap();
        assert_eq!(second, Method::Ring);
        drop(sender);
        let (third, _other) = fastest_transmitter(&near, &template(74), 4).unwrap();
        assert_eq!(third, Method::Xdp);
        let loopback = Interface::named("lo").unwrap();
        let (on_loopback, _other) = fastest_transmitter(&loopback, &template(74), 4).unwrap();
        assert_eq!(on_loopback, Method::Ring);
        let missing = Interface { name: "gone".to_owned(), index: 999, ..near.clone() };
        let error = fastest_transmitter(&missing, &template(74), 4).err().unwrap();
        assert!(error.to_string().starts_with("gone: bind: "), "{error}");
    });
}

#[test]
fn frames_that_do_not_fit_are_refused_before_a_scan() {
    let Some(pair) = Pair::or_skip() else { return };
    let near = pair.near.within(|| Interface::named(Pair::NEAR)).unwrap();
    for method in Method::FASTEST_FIRST {
        for length in [13, 1_515] {
            let mut frame = template(1_600);
            frame.truncate(length);
            let refused = pair.near.within(|| transmitter(method, &near, &frame, 4)).err();
            assert!(
                matches!(refused, Some(Error::FrameLength { least: 14, most: 1_514, .. })),
                "{method:?}: {refused:?}"
            );
        }
    }
}
