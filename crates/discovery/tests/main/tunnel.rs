//! An interface that takes IP packets: a tunnel of our own, behind which a responder loses what it is told to lose.

#![expect(unsafe_code, reason = "a tunnel is made by a system call that no safe crate offers")]

use std::collections::BTreeSet;
use std::fs::File;
use std::fs::OpenOptions;
use std::io::Read;
use std::io::Write;
use std::net::IpAddr;
use std::os::fd::AsRawFd;
use std::time::Duration;

use etherparse::NetSlice;
use etherparse::PacketBuilder;
use etherparse::SlicedPacket;
use etherparse::TransportSlice;
use tlscensus_discovery::Ended;
use tlscensus_link::Method;
use tlscensus_records::ResponderKind;
use tlscensus_targets::Rate;

use crate::support::OPEN;
use crate::support::Scene;
use crate::support::plan;

const TUNNEL: &str = "tunnel";

/// Both ends of the tunnel: an interface, and a file that gives and takes its packets.
fn tunnel() -> File {
    let file = OpenOptions::new().read(true).write(true).open("/dev/net/tun").unwrap();
    // SAFETY: integers only.
    let mut request: libc::ifreq = unsafe { std::mem::zeroed() };
    for (place, byte) in request.ifr_name.iter_mut().zip(TUNNEL.bytes()) {
        *place = i8::try_from(byte).unwrap();
    }
    request.ifr_ifru.ifru_flags = i16::try_from(libc::IFF_TUN | libc::IFF_NO_PI).unwrap();
    // SAFETY: a living structure of the kind that this call reads.
    let outcome = unsafe { libc::ioctl(file.as_raw_fd(), libc::TUNSETIFF, &raw mut request) };
    assert_eq!(outcome, 0, "{}", std::io::Error::last_os_error());
    file
}

/// The SYN-ACK to a SYN; `None` for anything else.
fn answer(packet: &[u8]) -> Option<(IpAddr, Vec<u8>)> {
    let sliced = SlicedPacket::from_ip(packet).ok()?;
    let Some(TransportSlice::Tcp(tcp)) = &sliced.transport else { return None };
    let acknowledged = tcp.sequence_number().wrapping_add(1);
    let (source, destination, builder) = match sliced.net.as_ref()? {
        NetSlice::Ipv4(ip) => {
            let (from, to) = (ip.header().source(), ip.header().destination());
            (IpAddr::from(from), IpAddr::from(to), PacketBuilder::ipv4(to, from, 64))
        }
        NetSlice::Ipv6(ip) => {
            let (from, to) = (ip.header().source(), ip.header().destination());
            (IpAddr::from(from), IpAddr::from(to), PacketBuilder::ipv6(to, from, 64))
        }
        NetSlice::Arp(_) => return None,
    };
    assert_ne!(source, destination);
    let builder =
        builder.tcp(tcp.destination_port(), tcp.source_port(), 77, 1_000).syn().ack(acknowledged);
    let mut bytes = Vec::new();
    builder.write(&mut bytes, &[]).unwrap();
    (tcp.syn() && !tcp.ack()).then_some((destination, bytes))
}

/// Answers each second SYN to an endpoint, and the first one of every third endpoint, until the tunnel is gone.
fn respond(mut tunnel: &File) {
    let mut asked = BTreeSet::new();
    let mut packet = [0; 2_048];
    while let Ok(length) = tunnel.read(&mut packet) {
        let Some((address, bytes)) = answer(&packet[..length]) else {
            if packet[..length].ends_with(b"over") {
                break;
            }
            continue;
        };
        let place = match address {
            IpAddr::V4(address) => u128::from(address.to_bits()),
            IpAddr::V6(address) => address.to_bits(),
        };
        if !asked.insert(address) || place % 3 == 0 {
            tunnel.write_all(&bytes).unwrap();
        }
    }
}

#[test]
fn a_tunnel_that_loses() {
    let Some(scene) = Scene::or_skip(&[]) else { return };
    let near = &scene.pair.near;
    let tunnel = near.within(tunnel);
    near.ip(&["address", "add", "198.18.1.1/32", "dev", TUNNEL]).unwrap();
    near.ip(&["address", "add", "fd00:19::1/128", "dev", TUNNEL, "nodad"]).unwrap();
    near.ip(&["link", "set", TUNNEL, "up", "txqueuelen", "10000"]).unwrap();
    for prefix in ["10.0.0.0/8", "fd00:aa::/32"] {
        near.ip(&["route", "add", prefix, "dev", TUNNEL]).unwrap();
    }
    for (prefix, thirds, method, probes) in [
        ("10.1.0.0/20", 1_365, Method::Messages, 1),
        ("10.2.0.0/20", 4_096, Method::Ring, 2),
        ("fd00:aa::1:0/116", 4_096, Method::Messages, 2),
    ] {
        let mut plan = plan(&[prefix], &[OPEN]);
        plan.rate = Rate::Packets(5_000.0);
        plan.probes = probes;
        let found = std::thread::scope(|scope| {
            let responding = scope.spawn(|| respond(&tunnel));
            let found = scene.discover(plan.clone(), method);
            near.within(|| {
                let socket = std::net::UdpSocket::bind("198.18.1.1:0").unwrap();
                socket.send_to(b"over", "10.9.9.9:9").unwrap();
            });
            responding.join().unwrap();
            found
        });
        assert_eq!(found.ended, Ended::Complete);
        let told = found.told(ResponderKind::SynAck);
        assert!(told.values().all(|times| *times == 1));
        // Of 4,096 consecutive numbers, every third, from one place or another.
        assert!(told.len().abs_diff(thirds) <= 1, "{prefix}: {} found", told.len());
        assert!(found.took < Duration::from_secs(60));
    }
}
