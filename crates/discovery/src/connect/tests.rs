//! Connections on loopback: every outcome, thousands at once, and too few descriptors.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::net::TcpListener;
use std::process::Command;

use rustix::process::Resource;
use rustix::process::Rlimit;
use rustix::process::getrlimit;
use rustix::process::setrlimit;

use super::*;

/// Long enough for loopback under any load, and never waited for.
const AMPLE: Duration = Duration::from_secs(60);

/// For those who never answer.
const SHORT: Duration = Duration::from_millis(300);

/// All outcomes, by their tags.
fn drain(connector: &mut Connector) -> BTreeMap<u64, Outcome> {
    let mut told = BTreeMap::new();
    while connector.in_flight() > 0 {
        let mut each = |tag, outcome| {
            assert_eq!(told.insert(tag, outcome), None, "{tag} is told once");
        };
        connector.poll(AMPLE, &mut each).expect("a poll");
    }
    told
}

fn listener(addr: &str) -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind((addr, 0)).expect("a port of loopback");
    let addr = listener.local_addr().expect("bound");
    (listener, addr)
}

/// A port that is ours and that nobody listens on.
fn closed() -> (OwnedFd, SocketAddr) {
    let socket = tcp_socket(Ipv4Addr::LOCALHOST.into()).expect("a socket");
    net::bind(&socket, &SocketAddr::from(([127, 0, 0, 1], 0))).expect("a port of loopback");
    let addr = net::getsockname(&socket).expect("bound").try_into().expect("an address");
    (socket, addr)
}

/// A listener whose queue of completed connections is full: Linux drops further SYNs.
fn deaf() -> (OwnedFd, SocketAddr, Vec<std::net::TcpStream>) {
    let (socket, addr) = closed();
    net::listen(&socket, 0).expect("a listener");
    // A queue of length n holds n + 1.
    let queued = vec![std::net::TcpStream::connect(addr).expect("room for one")];
    (socket, addr, queued)
}

#[test]
fn every_way_that_a_connection_ends_has_its_word() {
    let (_v4, open) = listener("127.0.0.1");
    let (_v6, open_v6) = listener("::1");
    let (_bound, refused) = closed();
    let (_deaf, silent, _queued) = deaf();
    // No TCP goes to a broadcast address; Linux sends nothing.
    let nowhere = SocketAddr::from(([127, 255, 255, 255], 25));
    let cases = [
        (open, Outcome::Connected),
        (open_v6, Outcome::Connected),
        (refused, Outcome::Refused),
        (silent, Outcome::TimedOut),
        (nowhere, Outcome::Unreachable(Unreachable::Network)),
    ];
    let mut connector = Connector::new(10, SHORT).expect("a connector");
    for (tag, (addr, _)) in (0..).zip(&cases) {
        connector.begin(tag, *addr).expect("there is room");
    }
    assert_eq!(connector.in_flight(), cases.len());
    let told = drain(&mut connector);
    let expected = (0..).zip(cases.map(|(_, outcome)| outcome)).collect();
    assert_eq!(told, expected);
}

#[test]
fn a_completed_connection_is_closed_in_order() {
    use std::io::Read;
    let (listener, addr) = listener("127.0.0.1");
    let mut connector = Connector::new(1, AMPLE).expect("a connector");
    connector.begin(7, addr).expect("there is room");
    assert_eq!(drain(&mut connector), BTreeMap::from([(7, Outcome::Connected)]));
    let (mut accepted, _) = listener.accept().expect("a connection");
    assert_eq!(accepted.read(&mut [0; 10]).expect("an end, and no reset"), 0);
}

#[test]
fn it_connects_from_the_source_it_was_given() {
    let (listener, addr) = listener("127.0.0.1");
    let source = IpAddr::from([127, 0, 0, 2]);
    let connector = Connector::new(1, AMPLE).expect("a connector");
    let mut connector = connector.from_source(source).expect("an address of ours");
    connector.begin(1, addr).expect("there is room");
    drain(&mut connector);
    assert_eq!(listener.accept().expect("a connection").1.ip(), source);
    let connector = Connector::new(1, AMPLE).expect("a connector");
    assert!(connector.from_source([192, 0, 2, 1].into()).is_err(), "no address of ours");
}

#[test]
fn no_more_than_the_limit_are_in_flight() {
    let (_deaf, silent, _queued) = deaf();
    let (_listener, open) = listener("127.0.0.1");
    let mut connector = Connector::new(2, SHORT).expect("a connector");
    connector.begin(1, silent).expect("there is room");
    // Its outcome is known at once, and has its place until it is told.
    connector.begin(2, open).expect("there is room");
    assert_eq!(connector.begin(3, open), Err(NotBegun::Full));
    assert_eq!(connector.room(), 0);
    let expected = BTreeMap::from([(1, Outcome::TimedOut), (2, Outcome::Connected)]);
    assert_eq!(drain(&mut connector), expected);
    assert_eq!(connector.room(), 2);
}

#[test]
fn who_answered_is_not_called_silent_because_we_were_late() {
    let (listener, addr) = listener("127.0.0.1");
    let mut connector = Connector::new(1, Duration::ZERO).expect("a connector");
    connector.begin(1, addr).expect("there is room");
    listener.accept().expect("it has answered, and its time is up");
    assert_eq!(drain(&mut connector), BTreeMap::from([(1, Outcome::Connected)]));
}

#[test]
fn a_socket_that_met_itself_has_met_nobody() {
    let (socket, addr) = closed();
    // A simultaneous open with itself.
    let begun = net::connect(&socket, &addr);
    assert!(matches!(begun, Ok(()) | Err(Errno::INPROGRESS)), "{begun:?}");
    let mut connector = Connector::new(1, AMPLE).expect("a connector");
    let pending = Pending { tag: 1, socket, deadline: Instant::now() + AMPLE };
    let place = connector.in_flight.insert(pending);
    connector.watch(place).expect("watched");
    assert_eq!(drain(&mut connector), BTreeMap::from([(1, Outcome::Refused)]));
}

#[test]
fn a_reset_behind_the_handshake_is_told_from_a_refusal() {
    let (listener, addr) = listener("127.0.0.1");
    let mut connector = Connector::new(1, AMPLE).expect("a connector");
    connector.begin(1, addr).expect("there is room");
    let (accepted, _) = listener.accept().expect("a connection");
    net::sockopt::set_socket_linger(&accepted, Some(Duration::ZERO)).expect("an option");
    drop(accepted);
    assert_eq!(drain(&mut connector), BTreeMap::from([(1, Outcome::Reset)]));
}

#[test]
fn every_errno_has_its_word() {
    let cases = [
        (Errno::CONNREFUSED, Outcome::Refused),
        (Errno::CONNRESET, Outcome::Reset),
        (Errno::PIPE, Outcome::Reset),
        (Errno::TIMEDOUT, Outcome::TimedOut),
        (Errno::HOSTUNREACH, Outcome::Unreachable(Unreachable::Host)),
        (Errno::NOPROTOOPT, Outcome::Unreachable(Unreachable::Host)),
        (Errno::NETUNREACH, Outcome::Unreachable(Unreachable::Network)),
        (Errno::NETDOWN, Outcome::Unreachable(Unreachable::Network)),
        (Errno::AFNOSUPPORT, Outcome::Unreachable(Unreachable::Network)),
        (Errno::INVAL, Outcome::Unreachable(Unreachable::Network)),
        (Errno::ACCESS, Outcome::Unreachable(Unreachable::Admin)),
        (Errno::PERM, Outcome::Unreachable(Unreachable::Admin)),
        (Errno::MFILE, Outcome::LocalLimit(Errno::MFILE)),
        (Errno::ADDRNOTAVAIL, Outcome::LocalLimit(Errno::ADDRNOTAVAIL)),
        (Errno::ADDRINUSE, Outcome::LocalLimit(Errno::ADDRINUSE)),
    ];
    for (errno, expected) in cases {
        assert_eq!(outcome(errno), expected, "{errno}");
    }
}

const MANY: u64 = 5_000;

#[test]
fn five_thousand_are_in_flight_at_once_and_each_is_told_once() {
    let descriptors =
        Rlimit { current: getrlimit(Resource::Nofile).maximum, ..getrlimit(Resource::Nofile) };
    setrlimit(Resource::Nofile, descriptors).expect("up to the hard limit");
    let (_deaf, silent, _queued) = deaf();
    let (_bound, refused) = closed();
    let limit = usize::try_from(MANY).expect("it fits");
    let mut connector = Connector::new(limit, SHORT).expect("a connector");
    let silent_one = |tag: &u64| !tag.is_multiple_of(10);
    for tag in 0..MANY {
        let addr = if silent_one(&tag) { silent } else { refused };
        connector.begin(tag, addr).expect("room, and descriptors");
    }
    assert_eq!(connector.in_flight(), limit);
    let told = drain(&mut connector);
    assert_eq!(told.len(), limit);
    for (tag, outcome) in told {
        let expected = if silent_one(&tag) { Outcome::TimedOut } else { Outcome::Refused };
        assert_eq!(outcome, expected, "{tag}");
    }
}

/// In a process of its own: the limit of descriptors is the whole process's.
#[test]
fn a_shortage_of_descriptors_is_ours_and_passes() {
    if std::env::var_os(CHILD).is_some() {
        return short_of_descriptors();
    }
    let name = "connect::tests::a_shortage_of_descriptors_is_ours_and_passes";
    let mut child = Command::new(std::env::current_exe().expect("this test"));
    let status = child.args(["--exact", name, "--nocapture"]).env(CHILD, "1").status();
    assert!(status.expect("a child").success());
}

const CHILD: &str = "TLSCENSUS_SHORT_OF_DESCRIPTORS";

fn short_of_descriptors() {
    let (_deaf, silent, _queued) = deaf();
    let mut connector = Connector::new(1000, SHORT).expect("a connector");
    let few = Rlimit { current: Some(40), ..getrlimit(Resource::Nofile) };
    setrlimit(Resource::Nofile, few).expect("fewer descriptors");
    let mut begun = 0;
    let short = (0..100).find_map(|tag| {
        let refused = connector.begin(tag, silent).err();
        begun += u64::from(refused.is_none());
        refused
    });
    assert_eq!(short, Some(NotBegun::LocalLimit(Errno::MFILE)));
    assert!((1..40).contains(&begun), "{begun}");
    assert_eq!(connector.in_flight(), usize::try_from(begun).expect("it fits"));
    let told = drain(&mut connector);
    assert!(told.values().all(|outcome| *outcome == Outcome::TimedOut));
    assert_eq!(connector.begin(100, silent), Ok(()), "once others ended there is room");
}
