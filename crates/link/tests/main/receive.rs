//! The receiver: what the filter lets through, time stamps, drops, an interface that goes down.

use std::net::UdpSocket;
use std::time::Duration;
use std::time::Instant;
use std::time::SystemTime;

use tlscensus_link::Filter;
use tlscensus_link::Interface;
use tlscensus_link::Method;
use tlscensus_link::Receiver;
use tlscensus_link::RingSize;
use tlscensus_link::transmitter;
use tlscensus_testkit::netns::Pair;

use crate::support::hear;
use crate::support::number;
use crate::support::numbered;
use crate::support::numbers;
use crate::support::template;

fn send(pair: &Pair, count: u32) {
    pair.near.within(|| {
        let near = Interface::named(Pair::NEAR).unwrap();
        let mut sender = transmitter(Method::Messages, &near, &template(1_000), 1).unwrap();
        for next in 0..count {
            number(sender.frame(0), next);
            assert_eq!(sender.send(0..1).unwrap(), 1);
        }
    });
}

#[test]
fn only_what_the_filter_accepts_is_heard_with_its_time_and_length() {
    let Some(pair) = Pair::or_skip() else { return };
    let far = pair.far.within(|| Interface::named(Pair::FAR)).unwrap();
    let addresses = Pair::parsed(Pair::FAR_ADDRESSES);
    let filter = Filter::answers(far.kind, &addresses, 40_000..=40_001).unwrap();
    let mut receiver =
        pair.far.within(|| Receiver::open(&far, &filter, RingSize::default())).unwrap();
    let before = SystemTime::now();
    send(&pair, 5);
    let syn_ack = syn_ack();
    pair.near.within(|| {
        let near = Interface::named(Pair::NEAR).unwrap();
        let mut sender = transmitter(Method::Messages, &near, &syn_ack, 1).unwrap();
        assert_eq!(sender.send(0..1).unwrap(), 1);
    });
    let mut heard = Vec::new();
    let deadline = Instant::now() + Duration::from_secs(20);
    while heard.is_empty() && Instant::now() < deadline {
        let each = &mut |frame: tlscensus_link::Frame<'_>| {
            heard.push((frame.bytes.to_vec(), frame.at, frame.length));
        };
        receiver.wait(Duration::from_millis(100), each).unwrap();
    }
    let [(bytes, at, length)] = &heard[..] else { panic!("{heard:x?}") };
    assert_eq!(bytes, &syn_ack[..512]);
    assert_eq!(*length, 600);
    let seen = SystemTime::UNIX_EPOCH + Duration::from_micros(*at);
    let slack = Duration::from_secs(5);
    assert!(seen > before - slack && seen < SystemTime::now() + slack, "{at}");
    let received = receiver.statistics().unwrap();
    assert_eq!((received.packets, received.drops), (1, 0));
    assert_eq!(receiver.statistics().unwrap(), received, "counts do not begin anew");
}

/// Of IPv4, to the far address and port 40000, 600 bytes long.
fn syn_ack() -> Vec<u8> {
    let mut frame = template(600);
    frame[12..14].copy_from_slice(&[0x08, 0x00]);
    frame[14] = 0x45;
    frame[20..22].fill(0);
    frame[23] = 6;
    frame[30..34].copy_from_slice(&[198, 18, 0, 2]);
    frame[36..38].copy_from_slice(&40_000_u16.to_be_bytes());
    frame[47] = 0x12;
    frame
}

#[test]
fn what_a_small_ring_cannot_hold_is_counted() {
    let Some(pair) = Pair::or_skip() else { return };
    let far = pair.far.within(|| Interface::named(Pair::FAR)).unwrap();
    let small = RingSize { block_bytes: 4_096, blocks: 2, block_ms: 10 };
    let mut receiver =
        pair.far.within(|| Receiver::open(&far, &Filter::everything(), small)).unwrap();
    let sent = 500;
    send(&pair, sent);
    let mut held = 0;
    while receiver.wait(Duration::from_millis(200), &mut |_| held += 1).unwrap() > 0 {}
    let received = receiver.statistics().unwrap();
    assert!(held < u64::from(sent), "{held}");
    assert!(received.freezes > 0, "{received:?}");
    assert_eq!(received.packets - received.drops, held, "{received:?}");
    // The kernels talk to each other as well.
    assert!(received.packets >= u64::from(sent), "{received:?}");

    send(&pair, sent);
    let again = receiver.statistics().unwrap();
    assert!(again.drops > received.drops && again.freezes > received.freezes, "{again:?}");
    while receiver.wait(Duration::from_millis(200), &mut |_| held += 1).unwrap() > 0 {}
    let last = receiver.statistics().unwrap();
    assert_eq!(last.packets - last.drops, held, "{last:?}");
}

#[test]
fn a_receiver_outlives_an_interface_that_goes_down() {
    let Some(pair) = Pair::or_skip() else { return };
    let mut receiver = pair.far.within(|| hear(Pair::FAR));
    send(&pair, 2);
    assert_eq!(numbers(&mut receiver, 2), [0, 1]);
    pair.far.ip(&["link", "set", Pair::FAR, "down"]).unwrap();
    // Frames of the kernels may come before.
    let errors = (0..100).map(|_| receiver.wait(Duration::from_millis(100), &mut |_| {}));
    let error = errors.filter_map(Result::err).next().unwrap();
    assert_eq!(error.kind(), std::io::ErrorKind::NetworkDown);
    assert!(receiver.wait(Duration::from_millis(20), &mut |_| {}).is_ok(), "said once");
    pair.far.ip(&["link", "set", Pair::FAR, "up"]).unwrap();
    send(&pair, 3);
    assert_eq!(numbers(&mut receiver, 3), [0, 1, 2]);
}

#[test]
fn what_is_sent_is_not_heard_and_answers_are() {
    let Some(pair) = Pair::or_skip() else { return };
    let near = pair.near.within(|| Interface::named(Pair::NEAR)).unwrap();
    for method in Method::FASTEST_FIRST {
        let mut own = pair.near.within(|| hear(Pair::NEAR));
        let mut other = pair.far.within(|| hear(Pair::FAR));
        let mut sender = pair.near.within(|| transmitter(method, &near, &template(60), 4)).unwrap();
        assert_eq!(sender.send(0..4).unwrap(), 4);
        assert_eq!(numbers(&mut other, 4).len(), 4);
        // What other programs send goes another way through the kernel.
        pair.near.within(|| {
            let socket = UdpSocket::bind(("0.0.0.0", 0)).unwrap();
            socket.send_to(b"nobody listens", (Pair::FAR_ADDRESSES[0], 9)).unwrap();
        });
        // A frame of the far end's comes later than ours would have.
        pair.far.within(|| {
            let far = Interface::named(Pair::FAR).unwrap();
            let mut sender = transmitter(Method::Messages, &far, &template(60), 1).unwrap();
            number(sender.frame(0), 77);
            assert_eq!(sender.send(0..1).unwrap(), 1);
        });
        let mut heard = Vec::new();
        let deadline = Instant::now() + Duration::from_secs(20);
        while !heard.contains(&Some(77)) && Instant::now() < deadline {
            own.wait(Duration::from_millis(100), &mut |frame| {
                assert_ne!(frame.bytes[6..12], near.mac.unwrap().0, "{method:?}: {frame:x?}");
                heard.push(numbered(frame.bytes));
            })
            .unwrap();
        }
        heard.retain(Option::is_some);
        assert_eq!(heard, [Some(77)], "{method:?}");
    }
}

#[test]
fn sizes_that_do_not_fit_are_refused_by_what_was_tried() {
    let Some(pair) = Pair::or_skip() else { return };
    let far = pair.far.within(|| Interface::named(Pair::FAR)).unwrap();
    let odd = RingSize { block_bytes: 1_000, blocks: 2, block_ms: 10 };
    let error = pair.far.within(|| Receiver::open(&far, &Filter::everything(), odd)).unwrap_err();
    assert!(error.to_string().starts_with("far: make the receive ring: "), "{error}");
}
