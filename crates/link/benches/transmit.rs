//! Frames a second and CPU time a frame of each way to send, beside bare loops of the same system calls, over one veth pair.
//!
//! `cargo bench -p tlscensus-link --bench transmit [-- ROUNDS MILLISECONDS]`, as root. All ways take turns in every round;
//! what is printed is the median of the rounds. Nothing is asserted.

#![expect(unsafe_code, reason = "the bare loops are system calls, and so is the thread's CPU time")]

use std::io::Write;
use std::time::Duration;
use std::time::Instant;

use tlscensus_link::Interface;
use tlscensus_link::Method;
use tlscensus_link::transmitter;
use tlscensus_testkit::netns::Pair;

const ROUNDS: usize = 7;
const MILLISECONDS: u64 = 500;
const BATCHES: [usize; 4] = [16, 64, 256, 1_024];
/// Ethernet, IPv4, and TCP with the options of a common client.
const FRAME_BYTES: usize = 74;
/// What the others are held against: the kernel's limit with the system call that everybody uses.
const AGAINST: &str = "bare sendmmsg, 256";
/// Nobody's address: the far end drops such a frame before it looks at its IP header.
const NOBODY: [u8; 6] = [2, 0, 0, 0, 0, 0x99];

fn main() {
    let mut arguments = std::env::args().skip(1).filter(|word| !word.starts_with('-'));
    let mut argument = |or: u64| arguments.next().and_then(|word| word.parse().ok()).unwrap_or(or);
    let rounds = usize::try_from(argument(ROUNDS.try_into().expect("small"))).expect("small");
    let time = Duration::from_millis(argument(MILLISECONDS));
    let Some(pair) = Pair::or_skip() else { return };
    say("How the far end drops, by sendmmsg and batches of 256:\n");
    compare(&pair, &sinks(), 0, (rounds, time));
    say("\nEach way to send, to nobody's address:\n");
    let ways = ways();
    let against = ways.iter().position(|case| case.name == AGAINST).expect("it is one of them");
    compare(&pair, &ways, against, (rounds, time));
}

/// One thing that is measured.
struct Case {
    name: String,
    way: Way,
    sink: Sink,
}

#[derive(Clone, Copy)]
enum Way {
    /// One of ours, in batches.
    Ours(Method, usize),
    /// One constant frame, this many a system call, past the queueing discipline or not.
    Sendmmsg { batch: usize, bypass: bool },
    /// One constant frame a system call.
    Sendto,
}

/// What the far end does with a frame.
#[derive(Clone, Copy)]
enum Sink {
    /// Addressed to nobody.
    Nobody,
    /// Of a protocol that nobody has.
    UnknownProtocol,
    /// Addressed to the far end, for an IP address that it does not have.
    NoRoute,
    /// As before, but dropped by a rule at the interface.
    Rule,
}

impl Outcome {
    fn cpu(&self) -> f64 {
        self.user_ns + self.system_ns
    }
}

fn sinks() -> Vec<Case> {
    let of = |name: &str, sink| Case {
        name: name.to_owned(),
        way: Way::Ours(Method::Messages, 256),
        sink,
    };
    vec![
        of("addressed to nobody", Sink::Nobody),
        of("unknown protocol", Sink::UnknownProtocol),
        of("no route", Sink::NoRoute),
        of("nftables, hook ingress", Sink::Rule),
    ]
}

fn ways() -> Vec<Case> {
    let of = |name: String, way| Case { name, way, sink: Sink::Nobody };
    let mut cases = vec![of("bare sendto".to_owned(), Way::Sendto)];
    for batch in BATCHES {
        let way = Way::Sendmmsg { batch, bypass: true };
        cases.push(of(format!("bare sendmmsg, {batch}"), way));
    }
    let way = Way::Sendmmsg { batch: 256, bypass: false };
    cases.push(of("bare sendmmsg with queueing, 256".to_owned(), way));
    for method in Method::FASTEST_FIRST {
        for batch in BATCHES {
            cases.push(of(format!("{method:?}, {batch}"), Way::Ours(method, batch)));
        }
    }
    cases
}

/// What one run came to.
#[derive(Clone, Copy)]
struct Outcome {
    frames_a_second: f64,
    user_ns: f64,
    system_ns: f64,
    arrived: f64,
}

/// Measures all cases in turns; the case of this number is what the others are held against, round by round.
fn compare(pair: &Pair, cases: &[Case], against: usize, (rounds, time): (usize, Duration)) {
    let mut outcomes: Vec<Vec<Outcome>> = vec![Vec::new(); cases.len()];
    for _ in 0..rounds {
        for (case, outcomes) in cases.iter().zip(&mut outcomes) {
            outcomes.push(measure(pair, case, time));
        }
    }
    say("| | frames/s | CPU ns a frame: user | system | CPU, ratio | arrived |");
    say("|---|---|---|---|---|---|");
    for (case, own) in cases.iter().zip(&outcomes) {
        let of = |of: fn(&Outcome) -> f64| median(own.iter().map(of));
        let ratios = own.iter().zip(&outcomes[against]).map(|(own, other)| own.cpu() / other.cpu());
        say(&format!(
            "| {} | {:.0} | {:.0} | {:.0} | {:.2} | {:.2} % |",
            case.name,
            of(|outcome| outcome.frames_a_second),
            of(|outcome| outcome.user_ns),
            of(|outcome| outcome.system_ns),
            median(ratios),
            of(|outcome| 100.0 * outcome.arrived),
        ));
    }
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<_> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn measure(pair: &Pair, case: &Case, time: Duration) -> Outcome {
    if matches!(case.sink, Sink::Rule) {
        let chain = format!(
            "add chain netdev t c {{ type filter hook ingress device {} priority 0; policy drop; }}",
            Pair::FAR
        );
        pair.far.run(&["nft", "add table netdev t"]).expect("nftables");
        pair.far.run(&["nft", &chain]).expect("nftables");
    }
    let far = pair.far.within(|| Interface::named(Pair::FAR)).expect("our own interface");
    let outcome = pair.near.within(|| {
        let near = Interface::named(Pair::NEAR).expect("our own interface");
        let frame = frame(case.sink, far.mac.expect("an Ethernet").0);
        let mut send = sender(case.way, &near, &frame);
        let dropped = dropped();
        let (start, (user, system)) = (Instant::now(), cpu());
        let mut frames = 0.0;
        while start.elapsed() < time {
            for _ in 0..16 {
                frames += float(send());
            }
        }
        let (elapsed, after) = (start.elapsed(), cpu());
        Outcome {
            frames_a_second: frames / elapsed.as_secs_f64(),
            user_ns: (after.0 - user) * 1e9 / frames,
            system_ns: (after.1 - system) * 1e9 / frames,
            arrived: 1.0 - (self::dropped() - dropped) / frames,
        }
    });
    if matches!(case.sink, Sink::Rule) {
        pair.far.run(&["nft", "delete table netdev t"]).expect("nftables");
    }
    outcome
}

/// A function that sends some frames, and says how many.
fn sender(way: Way, near: &Interface, frame: &[u8]) -> Box<dyn FnMut() -> usize> {
    match way {
        Way::Ours(method, batch) => {
            let mut sender = transmitter(method, near, frame, batch).expect("a sender");
            Box::new(move || sender.send(0..batch).expect("a veth pair that is up"))
        }
        Way::Sendmmsg { batch, bypass } => {
            let socket = socket(near, bypass);
            let frame: &'static [u8] = frame.to_vec().leak();
            let piece = Box::leak(Box::new(libc::iovec {
                iov_base: frame.as_ptr().cast_mut().cast(),
                iov_len: frame.len(),
            }));
            // SAFETY: integers and pointers that may be null.
            let mut header: libc::mmsghdr = unsafe { std::mem::zeroed() };
            header.msg_hdr.msg_iov = piece;
            header.msg_hdr.msg_iovlen = 1;
            let mut headers = vec![header; batch];
            let count = u32::try_from(batch).expect("a small number");
            Box::new(move || {
                // SAFETY: as many headers, to a piece that is never let go.
                let sent = unsafe { libc::sendmmsg(socket, headers.as_mut_ptr(), count, 0) };
                usize::try_from(sent).expect("a veth pair that is up")
            })
        }
        Way::Sendto => {
            let socket = socket(near, true);
            let frame = frame.to_vec();
            Box::new(move || {
                // SAFETY: the bytes of one vector.
                let sent = unsafe { libc::send(socket, frame.as_ptr().cast(), frame.len(), 0) };
                assert!(sent > 0, "a veth pair that is up");
                1
            })
        }
    }
}

fn socket(near: &Interface, bypass: bool) -> i32 {
    // SAFETY: no memory is involved.
    let socket = unsafe { libc::socket(libc::AF_PACKET, libc::SOCK_RAW, 0) };
    assert!(socket >= 0, "a packet socket");
    let one = i32::from(bypass);
    // SAFETY: an integer and its length.
    let outcome = unsafe {
        let value = (&raw const one).cast();
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
    socket
}

fn frame(sink: Sink, far: [u8; 6]) -> Vec<u8> {
    let mut frame = vec![0; FRAME_BYTES];
    frame[..6].copy_from_slice(&if matches!(sink, Sink::Nobody) { NOBODY } else { far });
    frame[6..12].copy_from_slice(&[2, 0, 0, 0, 0, 1]);
    frame[12..14].copy_from_slice(match sink {
        Sink::UnknownProtocol => &[0x88, 0xb5],
        _ => &[0x08, 0x00],
    });
    // IPv4 of 60 bytes, TTL 64, TCP, checksum 0x0eae, 198.18.0.1 to 203.0.113.1.
    let header = [0x45, 0, 0, 60, 0, 0, 0, 0, 64, 6, 0x0e, 0xae, 198, 18, 0, 1, 203, 0, 113, 1];
    frame[14..34].copy_from_slice(&header);
    frame[46] = 0xa0;
    frame[47] = 0x02;
    frame
}

/// Seconds of this thread's CPU time: user, system.
fn cpu() -> (f64, f64) {
    // SAFETY: integers only.
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    // SAFETY: one living structure.
    let outcome = unsafe { libc::getrusage(libc::RUSAGE_THREAD, &raw mut usage) };
    assert_eq!(outcome, 0, "getrusage");
    let seconds = |time: libc::timeval| {
        let micros = time.tv_sec * 1_000_000 + time.tv_usec;
        Duration::from_micros(u64::try_from(micros).expect("not negative")).as_secs_f64()
    };
    (seconds(usage.ru_utime), seconds(usage.ru_stime))
}

/// Frames that the pair has dropped: its own count, and that of the queue behind it.
fn dropped() -> f64 {
    let text = std::fs::read_to_string("/proc/thread-self/net/dev").expect("proc");
    let line = text.lines().find_map(|line| line.trim().strip_prefix("near:")).expect("near");
    // The fourth number of those sent, behind eight of those received.
    line.split_whitespace().nth(11).and_then(|word| word.parse().ok()).expect("a number")
}

fn float(count: usize) -> f64 {
    f64::from(u32::try_from(count).expect("at most a batch"))
}

fn say(line: &str) {
    writeln!(std::io::stdout(), "{line}").expect("somebody listens");
}
