//! Packets a second and CPU time a packet of a discovery at full speed, beside ZMap, masscan and a loop that sends one constant
//! frame, over one veth pair whose far end drops what comes.
//!
//! `cargo bench -p tlscensus-discovery --bench scan [-- ROUNDS SECONDS]`, as root. All take turns in every round; what is
//! printed is the median of the rounds, and the least and the greatest. Nothing is asserted. See `README.md`.

#![expect(unsafe_code, reason = "the bare loop is a system call")]

use std::fs;
use std::io::Write;
use std::net::IpAddr;
use std::net::Ipv4Addr;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::mpsc;
use std::time::Duration;
use std::time::Instant;

use ipnet::IpNet;
use tikv_jemallocator::Jemalloc;
use tlscensus_discovery::Discovery;
use tlscensus_discovery::Expected;
use tlscensus_discovery::Framing;
use tlscensus_discovery::From;
use tlscensus_discovery::Options;
use tlscensus_discovery::Plan;
use tlscensus_discovery::PortRange;
use tlscensus_discovery::Template;
use tlscensus_discovery::Way;
use tlscensus_discovery::Wire;
use tlscensus_discovery::WireOptions;
use tlscensus_link::Interface;
use tlscensus_link::MacAddress;
use tlscensus_link::Method;
use tlscensus_link::transmitter;
use tlscensus_targets::AddressSet;
use tlscensus_targets::Grid;
use tlscensus_targets::Permutation;
use tlscensus_targets::Rate;
use tlscensus_targets::Space;
use tlscensus_targets::Visits;
use tlscensus_testkit::netns::Pair;

/// As in the program.
#[global_allocator]
static ALLOCATOR: Jemalloc = Jemalloc;

const ROUNDS: usize = 5;
const SECONDS: u64 = 3;
const BATCH: usize = 64;
/// Whom all send to.
const TARGETS: &str = "10.0.0.0/8";
const PORT: u16 = 25;
/// Nobody's address: the far end drops such a frame before it looks at its IP header.
const NOBODY: MacAddress = MacAddress([2, 0, 0, 0, 0, 0x99]);
/// How long a program may take before it sends.
const PATIENCE: Duration = Duration::from_secs(15);
/// After its first frames a program may still be busy with its start.
const WARM_UP: Duration = Duration::from_millis(500);
/// `sysconf(_SC_CLK_TCK)` of every Linux machine: what the kernel tells CPU time in.
const TICKS_A_SECOND: f64 = 100.0;

fn main() {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match *words.as_slice() {
        ["ours", method, senders] => scan(self::method(method), senders.parse().expect("a count")),
        ["bare"] => send_bare(),
        ["constant", method] => send_constant(self::method(method).expect("a method")),
        _ => compare(&words),
    }
}

/// The bench: all contenders, round by round.
fn compare(words: &[&str]) {
    let mut numbers = words.iter().filter_map(|word| word.parse::<u64>().ok());
    let rounds = numbers.next().and_then(|rounds| usize::try_from(rounds).ok()).unwrap_or(ROUNDS);
    let window = Duration::from_secs(numbers.next().unwrap_or(SECONDS));
    let Some(pair) = Pair::or_skip() else { return };
    pair.answer_for(TARGETS).expect("a route");
    let contenders = contenders(&pair);
    let mut outcomes = vec![Vec::new(); contenders.len()];
    for round in 0..rounds {
        for (contender, outcomes) in contenders.iter().zip(&mut outcomes) {
            outcomes.extend(measure(&pair, contender, window));
        }
        say(&format!("round {} of {rounds}; load {}", round + 1, load()));
    }
    say(
        "| | packets/s | CPU ns a packet: user | system | in all | arrived |\n|---|---|---|---|---|---|",
    );
    for (contender, outcomes) in contenders.iter().zip(&outcomes) {
        let column = |of: fn(&Outcome) -> f64, digits| spread(outcomes, of, digits);
        say(&format!(
            "| {} | {} | {} | {} | {} | {} % |",
            contender.name,
            column(|outcome| outcome.packets_a_second, 0),
            column(|outcome| outcome.user_ns, 0),
            column(|outcome| outcome.system_ns, 0),
            column(|outcome| outcome.user_ns + outcome.system_ns, 0),
            column(|outcome| outcome.arrived * 100.0, 1),
        ));
    }
}

/// A program and its arguments.
struct Contender {
    name: String,
    words: Vec<String>,
}

fn contenders(pair: &Pair) -> Vec<Contender> {
    let this = std::env::current_exe().expect("a path").display().to_string();
    let near = pair.near.within(|| Interface::named(Pair::NEAR)).expect("our own interface");
    let source_mac = near.mac.expect("an Ethernet").to_string();
    let contender = |name: &str, words: &str| Contender {
        name: name.to_owned(),
        words: words.split_whitespace().map(str::to_owned).collect(),
    };
    let nobody = NOBODY.to_string();
    let [source, _] = Pair::NEAR_ADDRESSES;
    let mut contenders = vec![contender("bare sendmmsg loop", &format!("{this} bare"))];
    for method in Method::FASTEST_FIRST {
        let name = format!("{method:?}");
        contenders.push(contender(
            &format!("constant frame, {name}"),
            &format!("{this} constant {name}"),
        ));
        contenders.push(contender(&format!("tlscensus, {name}"), &format!("{this} ours {name} 1")));
    }
    contenders.push(contender("tlscensus, 2 senders", &format!("{this} ours fastest 2")));
    for threads in [1, 2] {
        contenders.push(contender(
            &format!("zmap, {threads} thread(s)"),
            &format!(
                "zmap -C /dev/null -b /dev/null -i {} -S {source} -G {nobody} -p {PORT} -r 10000000 -T {threads} \
                 -o /dev/null -q -v 0 --disable-syslog {TARGETS}",
                Pair::NEAR
            ),
        ));
    }
    contenders.push(contender(
        "masscan",
        &format!(
            "masscan -c /dev/null -e {} --adapter-ip {source} --adapter-mac {source_mac} --router-mac {nobody} \
             --rate 10000000 --wait 0 -oL /dev/null -p{PORT} {TARGETS}",
            Pair::NEAR
        ),
    ));
    contenders
}

/// What one run came to.
#[derive(Clone, Copy)]
struct Outcome {
    packets_a_second: f64,
    user_ns: f64,
    system_ns: f64,
    arrived: f64,
}

/// What is read of a program and its wire at one moment.
struct Look {
    at: Instant,
    sent: f64,
    dropped: f64,
    user_seconds: f64,
    system_seconds: f64,
}

/// Looks at a program twice while it sends; `None`, and why, if it does not.
fn measure(pair: &Pair, contender: &Contender, window: Duration) -> Option<Outcome> {
    let words: Vec<&str> = contender.words.iter().map(String::as_str).collect();
    let start = look(pair, None);
    let mut child = quiet(pair.near.command(&words)).spawn().expect("`ip netns exec`");
    let began = Instant::now();
    while look(pair, None).sent - start.sent < 10_000.0 {
        if began.elapsed() > PATIENCE || child.try_wait().is_ok_and(|ended| ended.is_some()) {
            say(&format!("{} does not send: {}", contender.name, contender.words.join(" ")));
            end(&mut child);
            return None;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    std::thread::sleep(WARM_UP);
    let before = look(pair, Some(&child));
    std::thread::sleep(window);
    let after = look(pair, Some(&child));
    end(&mut child);
    let sent = after.sent - before.sent;
    Some(Outcome {
        packets_a_second: sent / (after.at - before.at).as_secs_f64(),
        user_ns: (after.user_seconds - before.user_seconds) * 1e9 / sent,
        system_ns: (after.system_seconds - before.system_seconds) * 1e9 / sent,
        arrived: 1.0 - (after.dropped - before.dropped) / sent,
    })
}

fn quiet(mut command: Command) -> Command {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

fn end(child: &mut Child) {
    let _ended_before = child.kill();
    let _status = child.wait();
}

fn look(pair: &Pair, child: Option<&Child>) -> Look {
    let (user_seconds, system_seconds) = child.map_or((0.0, 0.0), |child| cpu(child.id()));
    let [sent, dropped] = pair.near.within(counted);
    let at = Instant::now();
    Look { at, sent, dropped, user_seconds, system_seconds }
}

/// User and system time of a process.
fn cpu(process: u32) -> (f64, f64) {
    let text = fs::read_to_string(format!("/proc/{process}/stat")).expect("it runs");
    // Its name, the second field, may hold spaces; the third stands behind the last bracket.
    let fields: Vec<&str> =
        text.rsplit(')').next().into_iter().flat_map(str::split_whitespace).collect();
    let seconds = |at: usize| {
        let ticks: f64 = fields.get(at).and_then(|field| field.parse().ok()).expect("a count");
        ticks / TICKS_A_SECOND
    };
    (seconds(11), seconds(12))
}

/// Frames that the near interface was given, and those of them that it or the queue behind it dropped.
fn counted() -> [f64; 2] {
    let text = fs::read_to_string("/proc/thread-self/net/dev").expect("proc");
    let line = text.lines().find_map(|line| line.trim().strip_prefix("near:")).expect("near");
    let numbers: Vec<f64> = line.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    // Of those sent, behind eight numbers of those received: bytes, frames, errors, drops.
    let [frames, dropped] = [9, 11].map(|at| numbers.get(at).copied().expect("16 numbers"));
    [frames + dropped, dropped]
}

/// The median of a column, and its least and greatest values.
fn spread(outcomes: &[Outcome], of: fn(&Outcome) -> f64, digits: usize) -> String {
    let mut values: Vec<_> = outcomes.iter().map(of).collect();
    values.sort_by(f64::total_cmp);
    match (values.first(), values.get(values.len() / 2), values.last()) {
        (Some(least), Some(median), Some(greatest)) => {
            format!("{median:.digits$} ({least:.digits$}–{greatest:.digits$})")
        }
        _ => "–".to_owned(),
    }
}

fn load() -> String {
    let text = fs::read_to_string("/proc/loadavg").expect("proc");
    text.split_whitespace().take(1).collect()
}

/// `None`: the fastest that is to be had.
fn method(word: &str) -> Option<Method> {
    let named = |method: &Method| format!("{method:?}") == word;
    Method::FASTEST_FIRST.into_iter().find(named)
}

/// A discovery at full speed, until all is sent or somebody ends it.
fn scan(method: Option<Method>, senders: usize) {
    let options = WireOptions {
        interface: Some(Pair::NEAR.to_owned()),
        sources_are_routed: false,
        sources: Vec::new(),
        gateways: Vec::new(),
        gateway_mac: Some(NOBODY),
        ports: PortRange::EPHEMERAL,
        options: Options::default(),
        method,
        batch: BATCH,
    };
    let set: AddressSet = [TARGETS.parse::<IpNet>().expect("a prefix")].into_iter().collect();
    let space = Space::new(&set).expect("small");
    let visits = Visits::Grid(Grid::new(space, &[PORT]).expect("small"));
    let wire = Wire::find(&options, &[IpAddr::from([10, 0, 0, 1])]).expect("a wire");
    let plan = Plan {
        positions: 0..visits.len(),
        order: Permutation::new(visits.len(), 7).expect("small"),
        visits: Arc::new(visits),
        from: From::default(),
        probes: 1,
        spacing: Duration::from_secs(1),
        answer_window: Duration::from_secs(8),
        rate: Rate::Packets(10_000_000.0),
        network_rate: None,
        route_rate: None,
        routes: None,
        record_resets: false,
        record_icmp: false,
        ramp: false,
        expected: Expected { everything: false, silence: true },
        senders,
        longest: None,
        most_answers: None,
    };
    let discovery = Discovery::new(plan, Way::Wire(wire)).expect("a key");
    let (sender, _receiver) = mpsc::channel();
    discovery.run(&sender).expect("a wire that holds");
}

/// One constant frame, of a probe's length, by each of our ways to send, until somebody ends it.
fn send_constant(method: Method) {
    let (near, frame) = constant();
    let mut transmit = transmitter(method, &near, &frame, BATCH).expect("a sender");
    loop {
        transmit.send(0..BATCH).expect("a veth pair that is up");
    }
}

/// The same by `sendmmsg` and nothing else: what the kernel can do.
fn send_bare() {
    let (near, frame) = constant();
    // SAFETY: no memory is involved.
    let socket = unsafe { libc::socket(libc::AF_PACKET, libc::SOCK_RAW, 0) };
    assert!(socket >= 0, "a packet socket");
    let bypass = 1_i32;
    // SAFETY: an integer and its length.
    let outcome = unsafe {
        let value = (&raw const bypass).cast();
        libc::setsockopt(socket, libc::SOL_PACKET, libc::PACKET_QDISC_BYPASS, value, 4)
    };
    assert_eq!(outcome, 0, "bypass");
    // SAFETY: integers only.
    let mut address: libc::sockaddr_ll = unsafe { std::mem::zeroed() };
    address.sll_family = u16::try_from(libc::AF_PACKET).expect("small");
    address.sll_ifindex = i32::try_from(near.index).expect("small");
    let length = u32::try_from(size_of_val(&address)).expect("small");
    // SAFETY: an address and its length.
    let outcome = unsafe { libc::bind(socket, (&raw const address).cast(), length) };
    assert_eq!(outcome, 0, "bind");
    let mut piece =
        libc::iovec { iov_base: frame.as_ptr().cast_mut().cast(), iov_len: frame.len() };
    // SAFETY: integers and pointers that may be null.
    let mut header: libc::mmsghdr = unsafe { std::mem::zeroed() };
    header.msg_hdr.msg_iov = &raw mut piece;
    header.msg_hdr.msg_iovlen = 1;
    let mut headers = vec![header; BATCH];
    let count = u32::try_from(BATCH).expect("small");
    loop {
        // SAFETY: as many headers, to a piece that lives as long as they.
        let sent = unsafe { libc::sendmmsg(socket, headers.as_mut_ptr(), count, 0) };
        assert!(sent > 0, "a veth pair that is up");
    }
}

/// Our interface, and a probe that is never patched.
fn constant() -> (Interface, Vec<u8>) {
    let near = Interface::named(Pair::NEAR).expect("our own interface");
    let source_mac = near.mac.expect("an Ethernet").0;
    let framing = Framing::Ethernet { source_mac, gateway_mac: NOBODY.0 };
    let frame = Template::<Ipv4Addr>::new(framing, Options::default()).bytes().to_vec();
    (near, frame)
}

fn say(line: &str) {
    writeln!(std::io::stdout(), "{line}").expect("somebody listens");
}
