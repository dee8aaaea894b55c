//! All that an interface carries: both directions, each frame once, whole; what is lost is counted.

use std::collections::BTreeMap;
use std::io;
use std::io::Read;
use std::io::Write;
use std::net::TcpListener;
use std::net::TcpStream;
use std::net::UdpSocket;
use std::num::NonZeroUsize;
use std::time::Duration;
use std::time::Instant;

use tlscensus_link::Captured;
use tlscensus_link::Filter;
use tlscensus_link::Interface;
use tlscensus_link::LiveCapture;
use tlscensus_link::LiveOptions;
use tlscensus_link::Method;
use tlscensus_link::Received;
use tlscensus_link::RingSize;
use tlscensus_link::VlanTag;
use tlscensus_link::transmitter;
use tlscensus_testkit::netns::Namespace;
use tlscensus_testkit::netns::Pair;
use tlscensus_testkit::netns::or_skip;

use crate::support::template;

const PATIENCE: Duration = Duration::from_secs(20);
/// Marks our datagrams; a number follows.
const MARK: &[u8] = b"a datagram of the test's own, number ";

pub(crate) fn options(sockets: usize) -> LiveOptions {
    LiveOptions {
        sockets: NonZeroUsize::new(sockets).unwrap(),
        ring: RingSize::CAPTURE,
        promiscuous: true,
        filter: Filter::everything(),
        seed: 0x1234_5678,
    }
}

fn open(namespace: &Namespace, name: &str, options: &LiveOptions) -> Vec<LiveCapture> {
    namespace.within(|| LiveCapture::open(&Interface::named(name).unwrap(), options)).unwrap()
}

/// Hands over what is heard, with the number of the capture that heard it, until enough was.
fn hear(
    captures: &mut [LiveCapture],
    mut each: impl FnMut(usize, Captured<'_>),
    mut enough: impl FnMut() -> bool,
) {
    let deadline = Instant::now() + PATIENCE;
    while !enough() && Instant::now() < deadline {
        for (number, capture) in captures.iter_mut().enumerate() {
            capture.wait(Duration::from_millis(20), &mut |frame| each(number, frame)).unwrap();
        }
    }
}

/// The number of a datagram of ours, and the lower of its ports.
fn marked(frame: &[u8]) -> Option<(u32, u16)> {
    let at = frame.windows(MARK.len()).position(|window| window == MARK)?;
    let number = frame[at + MARK.len()..][..4].try_into().unwrap();
    let port = |at: usize| u16::from_be_bytes([frame[at], frame[at + 1]]);
    Some((u32::from_be_bytes(number), port(at - 8).min(port(at - 6))))
}

fn datagram(number: u32) -> Vec<u8> {
    [MARK, &number.to_be_bytes()].concat()
}

/// Sends numbered datagrams both ways, from and to ports of their own.
fn talk(pair: &Pair, pairs: u16) {
    let [near, far] = [Pair::NEAR_ADDRESSES[0], Pair::FAR_ADDRESSES[0]];
    for number in 0..pairs {
        let port = 40_000 + number;
        let number = u32::from(number) * 2;
        let bind = |address| UdpSocket::bind((address, port)).unwrap();
        let (near_end, far_end) = (pair.near.within(|| bind(near)), pair.far.within(|| bind(far)));
        near_end.send_to(&datagram(number), (far, port)).unwrap();
        far_end.send_to(&datagram(number + 1), (near, port)).unwrap();
    }
}

/// By number of the connection: which capture heard each of its frames.
type Heard = BTreeMap<u16, Vec<usize>>;

/// Hears until both directions of so many connections were heard, and a little longer.
fn heard(
    captures: &mut [LiveCapture],
    connections: usize,
    number: fn(&[u8]) -> Option<u16>,
) -> Heard {
    // What is heard twice is heard before this.
    std::thread::sleep(Duration::from_millis(300));
    let heard = std::cell::RefCell::new(Heard::new());
    hear(
        captures,
        |capture, frame| {
            assert_eq!((frame.link_type, frame.tag), (1, None));
            assert_eq!(usize::try_from(frame.length).unwrap(), frame.bytes.len());
            if let Some(number) = number(frame.bytes) {
                heard.borrow_mut().entry(number).or_default().push(capture);
            }
        },
        || heard.borrow().values().filter(|captures| captures.len() == 2).count() == connections,
    );
    heard.into_inner()
}

/// Both directions of each are heard once, by one capture; and not of all by the same.
fn assert_divided(heard: &Heard, connections: usize) {
    assert_eq!(heard.len(), connections);
    assert!(heard.values().all(|c| matches!(c[..], [there, back] if there == back)), "{heard:?}");
    let first = heard.values().filter(|captures| captures[0] == 0).count();
    assert!((1..connections).contains(&first), "{first} of {connections} came to the first");
}

/// The larger of the two ports of a segment of TCP over IPv4 that begins here.
fn larger_port(packet: &[u8]) -> Option<u16> {
    let is_tcp = packet.first() == Some(&0x45) && packet[9] == 6;
    let port = |at: usize| u16::from_be_bytes([packet[at], packet[at + 1]]);
    is_tcp.then(|| port(20).max(port(22)))
}

#[test]
fn each_frame_of_either_direction_is_heard_once_by_the_socket_of_its_flow() {
    let Some(pair) = Pair::or_skip() else { return };
    let mut captures = open(&pair.far, Pair::FAR, &options(2));
    pair.near.within(|| {
        for _ in 0..100 {
            // A SYN and a RST.
            TcpStream::connect((Pair::FAR_ADDRESSES[0], 9)).unwrap_err();
        }
    });
    let heard = heard(&mut captures, 100, |frame| larger_port(&frame[14..]));
    assert_divided(&heard, 100);
    let received: Received = captures.iter_mut().map(|c| c.statistics().unwrap()).sum();
    assert!(received.packets >= 200 && received.drops == 0, "{received:?}");
}

/// The outer source port of such a tunnel is another for each direction of what it carries.
#[test]
fn both_directions_in_a_tunnel_over_udp_come_to_one_socket() {
    let Some(pair) = Pair::or_skip() else { return };
    let mut captures = open(&pair.far, Pair::FAR, &options(2));
    let ipv4 = |protocol: u8, [from, to]: [u8; 2], payload: &[u8]| {
        let length = u16::try_from(20 + payload.len()).unwrap().to_be_bytes();
        let [high, low] = length;
        let header = [0x45, 0, high, low, 0, 0, 0, 0, 64, protocol, 0, 0];
        [&header[..], &[10, 77, 0, from, 10, 77, 0, to], payload].concat()
    };
    let ethernet = |packet: &[u8]| [&[2; 12][..], &[0x08, 0x00], packet].concat();
    let vxlan = |source: u16, ends: [u8; 2], inner_ends: [u8; 2], ports: [u16; 2]| {
        let ports = ports.map(u16::to_be_bytes).concat();
        let inner = ethernet(&ipv4(6, inner_ends, &[&ports[..], &[0; 16]].concat()));
        let tunnel = [8, 0, 0, 0, 0, 0, 7, 0];
        let length = u16::try_from(16 + inner.len()).unwrap();
        let outer = [source, 4_789, length, 0].map(u16::to_be_bytes).concat();
        ethernet(&ipv4(17, ends, &[&outer[..], &tunnel, &inner].concat()))
    };
    // A monitor at a mirror's port hears both directions come in.
    pair.near.within(|| {
        let near = Interface::named(Pair::NEAR).unwrap();
        for number in 0..40 {
            let (client, port) = (u8::try_from(number).unwrap(), 40_000 + number);
            for frame in [
                vxlan(50_000 + 7 * number, [1, 2], [client, 200], [port, 25]),
                vxlan(61_000 - 3 * number, [2, 1], [200, client], [25, port]),
            ] {
                let mut sender = transmitter(Method::Messages, &near, &frame, 1).unwrap();
                assert_eq!(sender.send(0..1).unwrap(), 1);
            }
        }
    });
    let heard = heard(&mut captures, 40, |frame| larger_port(frame.get(64..)?));
    assert_divided(&heard, 40);
}

#[test]
fn what_sleeping_readers_miss_is_counted() {
    let Some(pair) = Pair::or_skip() else { return };
    let ring = RingSize { block_bytes: 8_192, blocks: 2, block_ms: 10 };
    let mut captures = open(&pair.far, Pair::FAR, &LiveOptions { ring, ..options(2) });
    talk(&pair, 500);
    std::thread::sleep(Duration::from_millis(100));
    let mut heard = 0;
    let mut received = Received::default();
    // The kernels say something to each other now and then: it may come between hearing and counting.
    for _ in 0..10 {
        for capture in &mut captures {
            while capture.wait(Duration::from_millis(200), &mut |_| heard += 1).unwrap() > 0 {}
        }
        received = captures.iter_mut().map(|capture| capture.statistics().unwrap()).sum();
        if received.packets - received.drops == heard {
            break;
        }
    }
    assert!(received.drops > 0 && received.freezes > 0, "{received:?}");
    assert!(received.packets >= 1_000, "{received:?}");
    assert_eq!(received.packets - received.drops, heard, "{received:?}");
}

#[test]
fn packets_on_loopback_are_heard_once() {
    let Some(namespace) = or_skip(Namespace::new()) else { return };
    for sockets in [1, 3] {
        let mut captures = open(&namespace, "lo", &options(sockets));
        namespace.within(|| {
            for number in 0..50 {
                let socket = UdpSocket::bind(("127.0.0.1", 0)).unwrap();
                socket.send_to(&datagram(number), ("127.0.0.1", 9)).unwrap();
            }
        });
        std::thread::sleep(Duration::from_millis(300));
        let mut heard = Vec::new();
        for capture in &mut captures {
            let each = &mut |frame: Captured<'_>| heard.extend(marked(frame.bytes));
            while capture.wait(Duration::from_millis(50), each).unwrap() > 0 {}
        }
        // The answer that nobody listens quotes the datagram.
        let mut numbers: Vec<u32> = heard.iter().map(|(number, _)| *number).collect();
        numbers.sort_unstable();
        let quoted: Vec<u32> = (0..50).flat_map(|number| [number, number]).collect();
        assert_eq!(numbers, quoted, "{sockets} sockets");
    }
}

#[test]
fn frames_longer_than_the_wire_carries_are_whole() {
    let Some(pair) = Pair::or_skip() else { return };
    let mut captures = open(
        &pair.near,
        Pair::NEAR,
        &LiveOptions {
            filter: Filter::may_hold_tcp(tlscensus_link::LinkKind::Ethernet),
            ..options(2)
        },
    );
    let listener = pair.far.within(|| TcpListener::bind((Pair::FAR_ADDRESSES[0], 443))).unwrap();
    let address = listener.local_addr().unwrap();
    let server = std::thread::spawn(move || {
        let mut all = Vec::new();
        listener.accept().unwrap().0.read_to_end(&mut all).unwrap();
        all.len()
    });
    let mut client = pair.near.within(|| TcpStream::connect(address)).unwrap();
    client.write_all(&vec![0x55; 4_000_000]).unwrap();
    drop(client);
    assert_eq!(server.join().unwrap(), 4_000_000);
    let (mut longest, mut sockets) = (0, [0, 0]);
    for (number, capture) in captures.iter_mut().enumerate() {
        let each = &mut |frame: Captured<'_>| {
            assert_eq!(usize::try_from(frame.length).unwrap(), frame.bytes.len());
            longest = longest.max(frame.bytes.len());
            let is_tcp = frame.bytes[12..14] == [0x08, 0x00] && frame.bytes[23] == 6;
            sockets[number] += u32::from(is_tcp);
        };
        while capture.wait(Duration::from_millis(100), each).unwrap() > 0 {}
    }
    assert!(longest > 9_000, "{longest}");
    assert!(sockets.contains(&0) && sockets.iter().sum::<u32>() > 60, "one flow: {sockets:?}");
}

/// Sent and received, and to the socket that hears what is no fragment. Only ports tell apart who has them.
#[test]
fn fragments_come_put_together() {
    let Some(pair) = Pair::or_skip() else { return };
    let mut captures = open(&pair.far, Pair::FAR, &options(2));
    let [near, far] = [Pair::NEAR_ADDRESSES[0], Pair::FAR_ADDRESSES[0]];
    let send = |namespace: &Namespace, from, to, number: u32, more: usize| {
        let sent = [&datagram(number)[..], &vec![0x55; more]].concat();
        namespace.within(|| UdpSocket::bind((from, 0)).unwrap().send_to(&sent, (to, 9)).unwrap());
    };
    for (number, more) in [(0, 4_000), (2, 10)] {
        send(&pair.near, near, far, number, more);
        send(&pair.far, far, near, number + 1, more);
    }
    let heard = std::cell::RefCell::new(BTreeMap::new());
    hear(
        &mut captures,
        |capture, frame| {
            // The error that answers it quotes it.
            if let Some((number, _)) = marked(frame.bytes).filter(|_| frame.bytes[23] == 17) {
                heard.borrow_mut().insert(number, (capture, frame.bytes.len()));
            }
        },
        || heard.borrow().len() == 4,
    );
    let heard = heard.into_inner();
    let lengths: Vec<_> = heard.values().map(|(_, length)| *length).collect();
    let whole = |more: usize| 14 + 20 + 8 + datagram(0).len() + more;
    assert_eq!(lengths, [whole(4_000), whole(4_000), whole(10), whole(10)]);
    let first = heard[&0].0;
    assert!(heard.values().all(|(capture, _)| *capture == first), "{heard:?}");
}

#[test]
fn a_tag_that_the_kernel_takes_out_is_told() {
    let Some(pair) = Pair::or_skip() else { return };
    let mut captures = open(&pair.far, Pair::FAR, &options(1));
    let mut frame = template(300);
    frame[12..18].copy_from_slice(&[0x81, 0x00, 0x60, 0x07, 0x88, 0xb5]);
    pair.near.within(|| {
        let near = Interface::named(Pair::NEAR).unwrap();
        let mut sender = transmitter(Method::Messages, &near, &frame, 1).unwrap();
        assert_eq!(sender.send(0..1).unwrap(), 1);
    });
    let heard = std::cell::RefCell::new(Vec::new());
    let is_ours = |bytes: &[u8]| bytes[12..14] == [0x88, 0xb5];
    hear(
        &mut captures,
        |_, frame| {
            if is_ours(frame.bytes) {
                heard.borrow_mut().push((frame.tag, frame.bytes.len()));
            }
        },
        || !heard.borrow().is_empty(),
    );
    let tag = VlanTag { protocol: 0x8100, control: 0x6007 };
    assert_eq!(heard.into_inner(), [(Some(tag), 296)]);
}

#[test]
fn an_interface_that_goes_down_is_told_once_and_comes_again_until_it_is_deleted() {
    let Some(pair) = Pair::or_skip() else { return };
    let mut captures = open(&pair.far, Pair::FAR, &options(2));
    pair.far.ip(&["link", "set", Pair::FAR, "down"]).unwrap();
    for capture in &mut captures {
        let errors = (0..100).map(|_| capture.wait(Duration::from_millis(100), &mut |_| {}));
        let error = errors.filter_map(Result::err).next().unwrap();
        assert_eq!(error.kind(), io::ErrorKind::NetworkDown);
        assert_eq!(capture.wait(Duration::from_millis(20), &mut |_| {}).unwrap(), 0, "said once");
    }
    pair.far.ip(&["link", "set", Pair::FAR, "up"]).unwrap();
    talk(&pair, 20);
    let heard = std::cell::RefCell::new(std::collections::BTreeSet::new());
    hear(
        &mut captures,
        |_, frame| heard.borrow_mut().extend(marked(frame.bytes)),
        || heard.borrow().len() == 40,
    );
    assert_eq!(heard.into_inner().len(), 40);
    pair.far.ip(&["link", "delete", Pair::FAR]).unwrap();
    for capture in &mut captures {
        let errors = (0..100).map(|_| capture.wait(Duration::from_millis(50), &mut |_| {}));
        let kinds: Vec<_> =
            errors.filter_map(Result::err).map(|error| error.kind()).take(2).collect();
        assert_eq!(kinds, [io::ErrorKind::NetworkDown, io::ErrorKind::NotFound]);
    }
}

#[test]
fn the_interface_is_promiscuous_where_that_is_asked_for_and_as_long() {
    let Some(pair) = Pair::or_skip() else { return };
    let said = || pair.far.ip(&["-d", "link", "show", Pair::FAR]).unwrap();
    for promiscuous in [false, true] {
        let captures = open(&pair.far, Pair::FAR, &LiveOptions { promiscuous, ..options(2) });
        assert_eq!(said().contains("promiscuity 0"), !promiscuous, "{}", said());
        drop(captures);
        assert!(said().contains("promiscuity 0"), "{}", said());
    }
}

#[test]
fn groups_do_not_disturb_each_other_and_threads_may_have_their_own() {
    let Some(pair) = Pair::or_skip() else { return };
    let groups = [(); 2].map(|()| open(&pair.far, Pair::FAR, &options(2)));
    talk(&pair, 50);
    std::thread::sleep(Duration::from_millis(300));
    for group in groups {
        let counts = std::thread::scope(|scope| {
            let threads: Vec<_> = group
                .into_iter()
                .map(|mut capture| {
                    scope.spawn(move || {
                        let mut heard = 0;
                        let each = &mut |frame: Captured<'_>| {
                            heard += u32::from(marked(frame.bytes).is_some());
                        };
                        while capture.wait(Duration::from_millis(100), each).unwrap() > 0 {}
                        heard
                    })
                })
                .collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).sum::<u32>()
        });
        assert_eq!(counts, 100);
    }
}
