//! A far end that answers as is known beforehand, and discoveries of it.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::net::Ipv6Addr;
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::mpsc;
use std::time::Duration;

use etherparse::NetSlice;
use etherparse::SlicedPacket;
use etherparse::TransportSlice;
use ipnet::IpNet;
use tlscensus_discovery::Counts;
use tlscensus_discovery::Discovery;
use tlscensus_discovery::Ended;
use tlscensus_discovery::Error;
use tlscensus_discovery::Event;
use tlscensus_discovery::Expected;
use tlscensus_discovery::From;
use tlscensus_discovery::Options;
use tlscensus_discovery::Plan;
use tlscensus_discovery::PortRange;
use tlscensus_discovery::Progress;
use tlscensus_discovery::Way;
use tlscensus_discovery::Wire;
use tlscensus_discovery::WireOptions;
use tlscensus_link::Filter;
use tlscensus_link::Frame;
use tlscensus_link::Interface;
use tlscensus_link::Method;
use tlscensus_link::Receiver;
use tlscensus_link::RingSize;
use tlscensus_records::ResponderKind;
use tlscensus_targets::AddressSet;
use tlscensus_targets::Grid;
use tlscensus_targets::Permutation;
use tlscensus_targets::Rate;
use tlscensus_targets::Space;
use tlscensus_targets::Visits;
use tlscensus_testkit::netns::Pair;

/// Takes connections to every address of the far end.
pub(crate) const OPEN: u16 = 25;
/// Takes connections too, but hears nothing that is sent to a [silent](is_silent) address.
pub(crate) const HALF: u16 = 143;
/// Nobody listens there: resets.
pub(crate) const CLOSED: u16 = 110;
/// What is sent there is dropped.
pub(crate) const DROPPED: u16 = 587;

/// Two namespaces, and services at the far end.
pub(crate) struct Scene {
    pub(crate) pair: Pair,
    listeners: Vec<TcpListener>,
    /// Tests that measure disturb each other.
    _alone: MutexGuard<'static, ()>,
}

impl Scene {
    /// With a far end that answers for these prefixes; `None` where there can be no namespaces, which is said.
    pub(crate) fn or_skip(prefixes: &[&str]) -> Option<Self> {
        static ALONE: Mutex<()> = Mutex::new(());
        let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        let pair = Pair::or_skip_needing(&["nft"])?;
        // Cookies for all, so that nothing is kept of a SYN, and no queue ever runs full.
        pair.far.set("ipv4/tcp_syncookies", "2").unwrap();
        for prefix in prefixes {
            pair.answer_for(prefix).unwrap();
        }
        let listen = |port| TcpListener::bind((Ipv6Addr::UNSPECIFIED, port)).unwrap();
        let listeners = pair.far.within(|| [OPEN, HALF].map(listen));
        let scene = Self { pair, listeners: listeners.into(), _alone: alone };
        // Our own kernel's resets only cost time: it gets the answers to read no further than we do.
        let chain = "type filter hook ingress device near priority 0; policy accept;";
        scene.pair.near.run(&["nft", "add table netdev t"]).unwrap();
        scene.pair.near.run(&["nft", &format!("add chain netdev t c {{ {chain} }}")]).unwrap();
        scene
            .pair
            .near
            .run(&["nft", "add rule netdev t c tcp flags & (syn | ack) == (syn | ack) drop"])
            .unwrap();
        let chain = "type filter hook ingress device far priority 0; policy accept;";
        scene.pair.far.run(&["nft", "add table netdev t"]).unwrap();
        scene.pair.far.run(&["nft", &format!("add chain netdev t c {{ {chain} }}")]).unwrap();
        for silent in ["ip daddr & 0.0.0.7 != 0.0.0.3", "ip6 daddr & ::7 != ::3"] {
            scene.rule(&format!("tcp dport {HALF} {silent} drop"));
        }
        scene.rule(&format!("tcp dport {DROPPED} drop"));
        Some(scene)
    }

    /// The services of the far end.
    pub(crate) fn listeners(&self) -> &[TcpListener] {
        &self.listeners
    }

    /// Our own kernel gets the answers too, as it has to where it connects.
    pub(crate) fn let_the_kernel_answer(&self) {
        self.pair.near.run(&["nft", "delete table netdev t"]).unwrap();
    }

    /// Adds a rule for what arrives at the far end.
    pub(crate) fn rule(&self, rule: &str) {
        self.pair.far.run(&["nft", &format!("add rule netdev t c {rule}")]).unwrap();
    }

    /// The wire to the far end.
    pub(crate) fn wire(&self, method: Method, sample: IpAddr) -> Result<Wire, Error> {
        let options = WireOptions { method: Some(method), ..options() };
        self.pair.near.within(|| Wire::find(&options, &[sample]))
    }

    /// A discovery over a wire that is found out.
    pub(crate) fn discovery(&self, plan: Plan, method: Method) -> Discovery {
        let (sample, _) = plan.visits.at(0).unwrap();
        let wire = self.wire(method, sample).unwrap();
        Discovery::new(plan, Way::Wire(wire)).unwrap()
    }

    /// Carries out a plan.
    pub(crate) fn discover(&self, plan: Plan, method: Method) -> Found {
        let discovery = self.discovery(plan, method);
        self.pair.near.within(|| run(&discovery, |_| {}))
    }

    /// Hears at the far end what arrives there, until the work is done.
    pub(crate) fn overhear<T: Send>(&self, work: impl FnOnce() -> T + Send) -> (T, Vec<Arrival>) {
        let over = AtomicBool::new(false);
        let mut receiver = self.pair.far.within(|| {
            let far = Interface::named(Pair::FAR).unwrap();
            let size = RingSize { blocks: 256, ..RingSize::default() };
            Receiver::open(&far, &Filter::everything(), size).unwrap()
        });
        std::thread::scope(|scope| {
            let hearing = scope.spawn(|| {
                let mut arrivals = Vec::new();
                loop {
                    let is_last = over.load(SeqCst);
                    let each = &mut |frame: Frame<'_>| arrivals.extend(arrival(frame));
                    receiver.wait(Duration::from_millis(50), each).unwrap();
                    if is_last {
                        break;
                    }
                }
                assert_eq!(receiver.statistics().unwrap().drops, 0);
                arrivals
            });
            let done = work();
            over.store(true, SeqCst);
            (done, hearing.join().unwrap())
        })
    }
}

/// A SYN that came to the far end.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Arrival {
    /// Microseconds since the epoch.
    pub(crate) at: u64,
    /// To whom it was sent.
    pub(crate) to: IpAddr,
}

fn arrival(frame: Frame<'_>) -> Option<Arrival> {
    let packet = SlicedPacket::from_ethernet(frame.bytes).ok()?;
    let Some(TransportSlice::Tcp(tcp)) = packet.transport else { return None };
    let to = match packet.net? {
        NetSlice::Ipv4(ip) => ip.header().destination_addr().into(),
        NetSlice::Ipv6(ip) => ip.header().destination_addr().into(),
        NetSlice::Arp(_) => return None,
    };
    (tcp.syn() && !tcp.ack()).then_some(Arrival { at: frame.at, to })
}

/// Packets a second from the first to the last, and the time between them in seconds.
pub(crate) fn rate(arrivals: &[Arrival]) -> (f64, f64) {
    assert!(arrivals.len() > 1, "nothing came");
    let (first, last) = (arrivals.first().unwrap().at, arrivals.last().unwrap().at);
    let seconds = Duration::from_micros(last - first).as_secs_f64();
    (f64::from(u32::try_from(arrivals.len() - 1).unwrap()) / seconds, seconds)
}

/// What an operator says of a wire who says nothing.
pub(crate) fn options() -> WireOptions {
    WireOptions {
        interface: None,
        sources_are_routed: false,
        sources: Vec::new(),
        gateways: Vec::new(),
        gateway_mac: None,
        ports: PortRange::EPHEMERAL,
        options: Options::default(),
        method: None,
        batch: 64,
    }
}

/// What a discovery came to.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) ended: Ended,
    pub(crate) events: Vec<Event>,
    pub(crate) counts: Counts,
    pub(crate) progress: Progress,
    pub(crate) took: Duration,
}

impl Found {
    /// How often each endpoint was told to have answered in this way.
    pub(crate) fn told(&self, kind: ResponderKind) -> BTreeMap<(IpAddr, u16), usize> {
        let mut told = BTreeMap::new();
        for event in self.events.iter().filter(|event| event.answer.kind == kind) {
            *told.entry((event.answer.addr, event.answer.port)).or_default() += 1;
        }
        told
    }
}

/// Runs in this thread's namespace, while somebody looks at each event as it comes.
pub(crate) fn run(discovery: &Discovery, mut look: impl FnMut(&Event) + Send) -> Found {
    let (sender, receiver) = mpsc::channel();
    std::thread::scope(|scope| {
        let taking = scope.spawn(move || {
            let mut events = Vec::new();
            for event in receiver {
                look(&event);
                discovery.taken(1);
                events.push(event);
            }
            events
        });
        let ended = discovery.run(&sender);
        let took = discovery.elapsed();
        drop(sender);
        let events = taking.join().unwrap();
        let ended = ended.unwrap();
        Found { ended, events, counts: discovery.counts(), progress: discovery.progress(), took }
    })
}

/// Every address of these prefixes with every port, in an order of its own, at a rate that any machine holds.
pub(crate) fn plan(prefixes: &[&str], ports: &[u16]) -> Plan {
    let set: AddressSet = prefixes.iter().map(|prefix| prefix.parse::<IpNet>().unwrap()).collect();
    let visits = Visits::Grid(Grid::new(Space::new(&set).unwrap(), ports).unwrap());
    let order = Permutation::new(visits.len(), 7).unwrap();
    Plan {
        positions: 0..visits.len(),
        visits: Arc::new(visits),
        order,
        from: From::default(),
        probes: 1,
        spacing: Duration::from_millis(100),
        answer_window: Duration::from_millis(500),
        rate: Rate::Packets(40_000.0),
        network_rate: None,
        route_rate: None,
        routes: None,
        record_resets: false,
        record_icmp: false,
        ramp: false,
        expected: Expected { everything: true, silence: true },
        senders: 1,
        longest: None,
        most_answers: None,
    }
}

/// Whether nothing that is sent to this address on port [`HALF`] gets through.
pub(crate) fn is_silent(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.to_bits() % 8 != 3,
        IpAddr::V6(address) => address.to_bits() % 8 != 3,
    }
}

/// How an endpoint of the far end answers, if it does.
pub(crate) fn truth(address: IpAddr, port: u16) -> Option<ResponderKind> {
    match port {
        OPEN => Some(ResponderKind::SynAck),
        HALF => (!is_silent(address)).then_some(ResponderKind::SynAck),
        CLOSED => Some(ResponderKind::Rst),
        _ => None,
    }
}

/// Asserts that exactly those endpoints were told that answer, each once, of answers of this kind.
pub(crate) fn check(plan: &Plan, found: &Found, kind: ResponderKind) {
    let mut told = found.told(kind);
    let (mut missing, mut expected) = (Vec::new(), 0);
    for index in 0..plan.visits.len() {
        let (address, port) = plan.visits.at(index).unwrap();
        if truth(address, port) == Some(kind) {
            expected += 1;
            match told.remove(&(address, port)) {
                Some(times) => assert_eq!(times, 1, "{address} {port} was told {times} times"),
                None => missing.push((address, port)),
            }
        }
    }
    let counts = &found.counts;
    assert!(
        told.is_empty(),
        "{kind:?}: {} false, as {:?}; {counts:?}",
        told.len(),
        told.first_key_value()
    );
    assert!(
        missing.is_empty(),
        "{kind:?}: {} of {expected} missing, as {:?}; {counts:?}",
        missing.len(),
        missing.first()
    );
}

/// An address, parsed.
pub(crate) fn address(text: &str) -> IpAddr {
    text.parse().unwrap()
}

/// Says a figure, whether the test passes or not.
#[expect(clippy::print_stderr, reason = "a test that measures says what")]
pub(crate) fn say(line: &str) {
    eprintln!("{line}");
}
