//! tun and tap devices: an interface without a link layer, where frames are IP packets; and one that has room for so many.

#![expect(unsafe_code, reason = "a tun device is opened by an ioctl")]

use std::collections::BTreeMap;
use std::fs::File;
use std::fs::OpenOptions;
use std::io::Read;
use std::io::Write;
use std::net::IpAddr;
use std::os::fd::AsRawFd;
use std::os::unix::fs::OpenOptionsExt;
use std::time::Duration;
use std::time::Instant;

use etherparse::PacketBuilder;
use tlscensus_link::Captured;
use tlscensus_link::Error;
use tlscensus_link::Filter;
use tlscensus_link::Interface;
use tlscensus_link::LinkKind;
use tlscensus_link::LiveCapture;
use tlscensus_link::LiveOptions;
use tlscensus_link::Method;
use tlscensus_link::Receiver;
use tlscensus_link::RingSize;
use tlscensus_link::Transmit;
use tlscensus_link::neighbour;
use tlscensus_link::transmitter;
use tlscensus_testkit::netns::Namespace;
use tlscensus_testkit::netns::or_skip;

use crate::live::options;
use crate::support::number;
use crate::support::numbered;
use crate::support::template;

const NAME: &str = "tun0";
const OURS: [&str; 2] = ["198.18.1.1", "fd00:181::1"];
const THEIRS: [&str; 2] = ["198.18.1.2", "fd00:181::2"];

/// The other side of the device: reads what is sent on it, writes what it receives.
fn device(namespace: &Namespace) -> File {
    namespace.ip(&["tuntap", "add", "dev", NAME, "mode", "tun"]).unwrap();
    let device = namespace.within(|| open(NAME, libc::IFF_TUN));
    for (address, length) in OURS.into_iter().zip(["24", "64"]) {
        let address = format!("{address}/{length}");
        namespace.ip(&["address", "add", &address, "dev", NAME]).unwrap();
    }
    namespace.ip(&["link", "set", NAME, "up"]).unwrap();
    device
}

fn open(name: &str, kind: i32) -> File {
    let mut options = OpenOptions::new();
    options.read(true).write(true).custom_flags(libc::O_NONBLOCK);
    let device = options.open("/dev/net/tun").unwrap();
    // SAFETY: integers, and a pointer that stays null.
    let mut request: libc::ifreq = unsafe { std::mem::zeroed() };
    for (place, byte) in request.ifr_name.iter_mut().zip(name.bytes()) {
        *place = libc::c_char::from_ne_bytes([byte]);
    }
    request.ifr_ifru.ifru_flags = i16::try_from(kind | libc::IFF_NO_PI).unwrap();
    // SAFETY: the question reads and writes one structure of this type.
    let outcome = unsafe { libc::ioctl(device.as_raw_fd(), libc::TUNSETIFF, &raw mut request) };
    assert_eq!(outcome, 0, "{}", std::io::Error::last_os_error());
    device
}

/// A segment between these, whose sequence number is its own.
fn segment(from: &str, to: &str, (ports, flags): ((u16, u16), &str), number: u32) -> Vec<u8> {
    let ip = match (from.parse().unwrap(), to.parse().unwrap()) {
        (IpAddr::V4(from), IpAddr::V4(to)) => PacketBuilder::ipv4(from.octets(), to.octets(), 64),
        (IpAddr::V6(from), IpAddr::V6(to)) => PacketBuilder::ipv6(from.octets(), to.octets(), 64),
        other => panic!("{other:?}"),
    };
    let mut segment = ip.tcp(ports.0, ports.1, number, 1_000).syn();
    if flags == "SYN-ACK" {
        segment = segment.ack(7);
    }
    let mut packet = Vec::new();
    segment.write(&mut packet, &[]).unwrap();
    packet
}

#[test]
fn packets_go_out_bare_in_both_families() {
    let Some(namespace) = or_skip(Namespace::new()) else { return };
    let mut device = device(&namespace);
    let interface = namespace.within(|| Interface::named(NAME)).unwrap();
    assert_eq!((interface.kind, interface.mac), (LinkKind::Ip, None));
    for method in [Method::Messages, Method::Ring] {
        for (from, to) in OURS.into_iter().zip(THEIRS) {
            let packets: Vec<_> =
                (0..10).map(|number| segment(from, to, ((40_000, 25), "SYN"), number)).collect();
            namespace.within(|| {
                let mut sender = transmitter(method, &interface, &packets[0], 10).unwrap();
                for (slot, packet) in packets.iter().enumerate() {
                    sender.frame(slot).copy_from_slice(packet);
                }
                assert_eq!(sender.send(0..10).unwrap(), 10);
            });
            let arrived = read(&mut device, to, packets.len());
            assert!(arrived == packets, "{method:?} to {to}: {} arrived", arrived.len());
        }
    }
}

/// So many packets to this address out of the device; the kernel's own are left out.
fn read(device: &mut File, to: &str, count: usize) -> Vec<Vec<u8>> {
    let to: IpAddr = to.parse().unwrap();
    let deadline = Instant::now() + Duration::from_secs(20);
    let mut packets = Vec::new();
    let mut bytes = [0; 2_048];
    while packets.len() < count && Instant::now() < deadline {
        match device.read(&mut bytes) {
            Ok(length) => {
                let is_ours = match to {
                    IpAddr::V4(to) => bytes[16..20] == to.octets(),
                    IpAddr::V6(to) => bytes[24..40] == to.octets(),
                };
                if is_ours {
                    packets.push(bytes[..length].to_vec());
                }
            }
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {
                std::thread::sleep(Duration::from_millis(1));
            }
            Err(error) => panic!("{error}"),
        }
    }
    packets
}

#[test]
fn answers_come_in_bare_through_the_filter() {
    let Some(namespace) = or_skip(Namespace::new()) else { return };
    let mut device = device(&namespace);
    let addresses = OURS.map(|text| text.parse().unwrap());
    let mut receiver = namespace.within(|| {
        let interface = Interface::named(NAME).unwrap();
        let filter = Filter::answers(interface.kind, &addresses, 40_000..=40_009).unwrap();
        Receiver::open(&interface, &filter, RingSize::default()).unwrap()
    });
    let mut expected = Vec::new();
    for (ours, theirs) in OURS.into_iter().zip(THEIRS) {
        device.write_all(&segment(theirs, ours, ((25, 40_000), "SYN"), 1)).unwrap();
        device.write_all(&segment(theirs, ours, ((25, 40_010), "SYN-ACK"), 2)).unwrap();
        expected.push(segment(theirs, ours, ((25, 40_009), "SYN-ACK"), 3));
        device.write_all(&expected[expected.len() - 1]).unwrap();
    }
    let mut heard = Vec::new();
    let deadline = Instant::now() + Duration::from_secs(20);
    while heard.len() < 2 && Instant::now() < deadline {
        let each = &mut |frame: tlscensus_link::Frame<'_>| heard.push(frame.bytes.to_vec());
        receiver.wait(Duration::from_millis(100), each).unwrap();
    }
    assert_eq!(heard, expected);
}

#[test]
fn both_directions_are_captured_bare() {
    let Some(namespace) = or_skip(Namespace::new()) else { return };
    let mut device = device(&namespace);
    let filter = Filter::may_hold_tcp(LinkKind::Ip);
    let options = LiveOptions { filter, ..options(1) };
    let mut captures =
        namespace.within(|| LiveCapture::open(&Interface::named(NAME).unwrap(), &options).unwrap());
    let incoming = segment(THEIRS[0], OURS[0], ((25, 40_000), "SYN-ACK"), 1);
    device.write_all(&incoming).unwrap();
    namespace.within(|| {
        let socket = std::net::UdpSocket::bind((OURS[0], 0)).unwrap();
        socket.send_to(b"no TCP", (THEIRS[0], 9)).unwrap();
        let to = std::net::SocketAddr::new(THEIRS[0].parse().unwrap(), 443);
        std::net::TcpStream::connect_timeout(&to, Duration::from_millis(100)).unwrap_err();
    });
    let mut heard = Vec::new();
    let deadline = Instant::now() + Duration::from_secs(20);
    // The answer to the SYN-ACK, which is none of ours, and a SYN.
    while heard.len() < 3 && Instant::now() < deadline {
        let each = &mut |frame: Captured<'_>| {
            assert_eq!((frame.link_type, frame.bytes[9]), (101, 6), "{frame:x?}");
            heard.push(frame.bytes.to_vec());
        };
        captures[0].wait(Duration::from_millis(100), each).unwrap();
    }
    assert_eq!(heard[0], incoming);
    let syn_to = heard.iter().position(|bytes| bytes[22..24] == 443_u16.to_be_bytes());
    assert!(syn_to.is_some(), "{heard:x?}");
}

#[test]
fn both_directions_of_a_connection_come_to_one_socket() {
    let Some(namespace) = or_skip(Namespace::new()) else { return };
    let mut device = device(&namespace);
    let options = LiveOptions { filter: Filter::may_hold_tcp(LinkKind::Ip), ..options(2) };
    let mut captures =
        namespace.within(|| LiveCapture::open(&Interface::named(NAME).unwrap(), &options).unwrap());
    for number in 0..40 {
        // It is answered by a RST.
        let ports = (25, 41_000 + number);
        let incoming = segment(THEIRS[0], OURS[0], (ports, "SYN-ACK"), number.into());
        device.write_all(&incoming).unwrap();
    }
    let mut heard = BTreeMap::<u16, Vec<usize>>::new();
    let deadline = Instant::now() + Duration::from_secs(20);
    while heard.values().flatten().count() < 80 && Instant::now() < deadline {
        for (number, capture) in captures.iter_mut().enumerate() {
            let each = &mut |frame: Captured<'_>| {
                let port = |at: usize| u16::from_be_bytes([frame.bytes[at], frame.bytes[at + 1]]);
                heard.entry(port(20).max(port(22))).or_default().push(number);
            };
            capture.wait(Duration::from_millis(20), each).unwrap();
        }
    }
    assert_eq!(heard.len(), 40, "{heard:?}");
    assert!(heard.values().all(|c| matches!(c[..], [one, other] if one == other)), "{heard:?}");
    let first = heard.values().filter(|captures| captures[0] == 0).count();
    assert!((1..40).contains(&first), "{first} of 40 came to the first");
}

/// A tap device queues 1,000 frames and refuses more: nobody reads it at first, then slowly.
#[test]
fn a_full_device_is_waited_for_and_nothing_is_lost_or_doubled() {
    const SENT: u32 = 3_000;
    // 1,000 fit in: eleven batches and 32 frames. As many are what an older kernel sends by AF_XDP in one call.
    const BATCH: usize = 88;
    let Some(namespace) = or_skip(Namespace::new()) else { return };
    for method in Method::FASTEST_FIRST {
        namespace.ip(&["tuntap", "add", "dev", "tap0", "mode", "tap"]).unwrap();
        let mut device = namespace.within(|| open("tap0", libc::IFF_TAP));
        // No frames of the kernel's own.
        namespace.set("ipv6/conf/tap0/disable_ipv6", "1").unwrap();
        namespace.ip(&["link", "set", "tap0", "up"]).unwrap();
        let interface = namespace.within(|| Interface::named("tap0")).unwrap();
        assert_eq!(interface.kind, LinkKind::Ethernet);
        let mut sender =
            namespace.within(|| transmitter(method, &interface, &template(74), BATCH)).unwrap();
        let mut taken = 0;
        let error = loop {
            match namespace.within(|| batch(&mut *sender, taken)) {
                Ok(more) => taken += more,
                Err(error) => break error,
            }
            assert!(taken < SENT, "{method:?}: a queue without an end");
        };
        assert_eq!(error.raw_os_error(), Some(libc::ENOBUFS), "{method:?}: {error}");
        let mut arrived = Vec::new();
        std::thread::scope(|scope| {
            let sending = scope.spawn(|| {
                let deadline = Instant::now() + Duration::from_secs(60);
                let mut next = taken;
                while next < SENT && Instant::now() < deadline {
                    // The slow reader may need longer than the sender's patience.
                    next += batch(&mut *sender, next).unwrap_or_default();
                }
            });
            arrived = numbers_of(&mut device, usize::try_from(SENT).unwrap());
            sending.join().unwrap();
        });
        arrived.extend(numbers_of(&mut device, 0));
        // The last batch may hold a few more.
        let expected: Vec<_> = (0..SENT.max(u32::try_from(arrived.len()).unwrap())).collect();
        assert!(arrived == expected, "{method:?}: {} arrived", arrived.len());
        assert!(sender.statistics().waits > 0, "{method:?}: {:?}", sender.statistics());
        drop((sender, device));
        namespace.ip(&["link", "delete", "tap0"]).unwrap();
    }
}

/// Sends a whole batch of frames with numbers from this one on, and says how many went.
fn batch(sender: &mut dyn Transmit, first: u32) -> std::io::Result<u32> {
    for slot in 0..sender.room() {
        number(sender.frame(slot), first + u32::try_from(slot).unwrap());
    }
    let sent = sender.send(0..sender.room())?;
    Ok(u32::try_from(sent).unwrap())
}

/// Numbers of our frames out of the device, read slowly, until there are so many; then all that are there.
fn numbers_of(device: &mut File, count: usize) -> Vec<u32> {
    let deadline = Instant::now() + Duration::from_secs(60);
    let mut numbers = Vec::new();
    let mut bytes = [0; 2_048];
    while Instant::now() < deadline {
        match device.read(&mut bytes) {
            Ok(length) => {
                numbers.extend(numbered(&bytes[..length]));
                if numbers.len() % 100 == 0 {
                    std::thread::sleep(Duration::from_millis(1));
                }
            }
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {
                if numbers.len() >= count {
                    break;
                }
                std::thread::sleep(Duration::from_millis(1));
            }
            Err(error) => panic!("{error}"),
        }
    }
    numbers
}

#[test]
fn what_needs_link_addresses_says_so() {
    let Some(namespace) = or_skip(Namespace::new()) else { return };
    let _device = device(&namespace);
    namespace.within(|| {
        let interface = Interface::named(NAME).unwrap();
        let [ours, theirs] = [OURS[0], THEIRS[0]].map(|text| text.parse().unwrap());
        let asked = neighbour(&interface, ours, theirs, Duration::from_millis(10)).unwrap_err();
        assert!(matches!(asked, Error::NoLinkAddresses { .. }), "{asked}");
        let refused = transmitter(Method::Xdp, &interface, &[0x45; 60], 1).err();
        assert!(matches!(refused, Some(Error::NoLinkAddresses { .. })), "{refused:?}");
    });
}
