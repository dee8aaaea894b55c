//! Interfaces between two namespaces, with captures replayed over them: live, the monitor says what it says of the file.
//!
//! `TLSCENSUS_LIVE_MBPS` replays more, and faster than a build without optimization could hear on a busy machine.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail the test")]

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::io::BufWriter;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::AtomicBool;
use std::time::Duration;
use std::time::Instant;

use rustix::thread::CapabilitySet;
use rustix::thread::CapabilitySets;
use rustix::thread::set_capabilities;
use tlscensus_link::Error as LinkError;
use tlscensus_link::RingSize;
use tlscensus_monitor::Error;
use tlscensus_monitor::Gauges;
use tlscensus_monitor::Listening;
use tlscensus_monitor::listen;
use tlscensus_records::EndReason;
use tlscensus_records::FlowRow;
use tlscensus_testkit::load::Load;
use tlscensus_testkit::load::Template;
use tlscensus_testkit::load::Written;
use tlscensus_testkit::netns::Namespace;
use tlscensus_testkit::netns::NoNamespaces;
use tlscensus_testkit::netns::Pair;
use tlscensus_testkit::netns::or_skip;

use crate::support::monitor;
use crate::watch::Run;
use crate::watch::hear;
use crate::watch::over;
use crate::watch::say;
use crate::watch::skip;

#[path = "../../benches/support/mod.rs"]
#[expect(dead_code, reason = "what makes other captures is not used here")]
mod support;

#[test]
fn what_is_replayed_is_heard_as_it_is_read() {
    let mbps = megabits_per_second().min(MOST_MBPS_OF_SMALL);
    replayed(&Replay::make(20_000, 1), mbps);
}

/// As on most links: many more bytes behind handshakes than in them.
#[test]
fn sessions_that_carry_much_are_heard_as_they_are_read() {
    let mbps = megabits_per_second();
    let sessions = u64::from(mbps) * SESSIONS_FOR_A_MEGABIT;
    replayed(&Replay::of(&support::mix::mixed_with(LONG_RECORD), sessions, 7), mbps);
}

/// Replayed in one namespace and heard in the other, it is what is read out of the file.
fn replayed(replay: &Replay, mbps: u32) {
    let Some(pair) = pair() else { return };
    let began = Instant::now();
    let read = over(&replay.path);
    say(&format!("the file is read in {:.1?}", began.elapsed()));
    let mut took = Duration::ZERO;
    let heard = hear(&pair.near, &monitor(2), &listening(RingSize::CAPTURE), NO_TIME, |hearing| {
        took = replay.play(&pair.far, &[&format!("--mbps={mbps}"), "-i", Pair::FAR]);
        hearing.wait_for_silence();
    });
    say(&format!(
        "{:?} at {:.0} Mb/s in {took:.1?}: {} rows, {:?}",
        replay.written,
        replay.megabits() / took.as_secs_f64(),
        heard.rows.len(),
        heard.totals.received,
    ));
    assert_complete(&heard, &replay.written);
    let sessions = usize::try_from(replay.written.sessions).unwrap();
    assert!(read.rows.len() > sessions / 2, "{}", read.rows.len());
    assert_same(&heard.rows, &read.rows);
}

#[test]
fn both_directions_are_heard() {
    let Some(namespace) = or_skip_replay(Namespace::new()) else { return };
    // Both ends in one namespace: what the client says goes out of one end, what the server says comes in there.
    let ip = |words: &str| namespace.ip(&words.split(' ').collect::<Vec<_>>()).unwrap();
    ip("link add one type veth peer name two");
    for end in ["one", "two"] {
        namespace.set(&format!("ipv6/conf/{end}/disable_ipv6"), "1").unwrap();
        ip(&format!("link set {end} mtu {MTU} up"));
    }
    let replay = Replay::make(1_500, 2);
    let (read, divided) = (over(&replay.path), replay.divide());
    let listening = Listening { interface: "one".to_owned(), ..listening(RingSize::CAPTURE) };
    let heard = hear(&namespace, &monitor(2), &listening, NO_TIME, |hearing| {
        replay.play(&namespace, &["--mbps=50", "-i", "one", "-I", "two", "-c", &divided]);
        hearing.wait_for_silence();
    });
    assert_complete(&heard, &replay.written);
    assert_same(&heard.rows, &read.rows);
}

/// What is heard in one namespace by so many workers while it is replayed in the other.
fn heard(pair: &Pair, replay: &Replay, workers: usize) -> Run {
    let monitor = monitor(workers);
    hear(&pair.near, &monitor, &listening(RingSize::CAPTURE), NO_TIME, |hearing| {
        replay.play(&pair.far, &["--mbps=50", "-i", Pair::FAR]);
        hearing.wait_for_silence();
    })
}

/// The kernel takes tags out of what comes in before a packet socket hears it; in a tunnel over UDP the two directions of a
/// connection have different ports outside, and are still one worker's.
#[test]
fn frames_with_tags_and_in_a_tunnel_over_udp_are_heard() {
    let Some(pair) = pair() else { return };
    for (replay, workers) in
        [(Replay::make(500, 6).tagged(), 2), (Replay::make(500, 8).tunnelled(), 3)]
    {
        let read = over(&replay.path);
        let heard = heard(&pair, &replay, workers);
        assert_complete(&heard, &replay.written);
        assert!(read.rows.len() > 200, "{}", read.rows.len());
        assert_same(&heard.rows, &read.rows);
    }
}

/// Whatever is around a connection, both its directions are one worker's, and fragments too.
#[test]
fn all_that_carries_a_connection_over_ethernet_is_heard() {
    let Some(pair) = pair() else { return };
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/captures");
    for name in CARRIERS {
        let replay = Replay::existing(&folder.join(format!("{name}.pcap")));
        let read = over(&replay.path);
        let heard = heard(&pair, &replay, 4);
        assert!(heard.ended.is_ok(), "{name}: {:?}", heard.ended);
        assert_eq!((heard.totals.received.drops, read.rows.len()), (0, 1), "{name}");
        assert_same(&heard.rows, &read.rows);
    }
}

#[test]
fn what_is_dropped_is_counted_and_what_is_told_is_right() {
    let Some(pair) = pair() else { return };
    let replay = Replay::make(8_000, 3);
    let read = over(&replay.path);
    let tiny = RingSize { block_bytes: 4_096, blocks: 4, block_ms: 1 };
    let slow = Duration::from_millis(20);
    let heard = hear(&pair.near, &monitor(2), &listening(tiny), slow, |hearing| {
        replay.play(&pair.far, &["--topspeed", "-i", Pair::FAR]);
        hearing.wait_for_silence();
    });
    let received = heard.totals.received;
    heard.ended.unwrap();
    say(&format!("{received:?} of {:?}: {} rows", replay.written, heard.rows.len()));
    assert!(may_be_received(&replay.written, received.packets), "{received:?}");
    assert!(received.drops > 0 && received.freezes > 0, "{received:?}");
    assert_eq!(heard.totals.flows.frames, received.packets - received.drops);
    let truth: BTreeMap<_, _> = read.rows.iter().map(|row| (whose(row), row)).collect();
    let mut whole = 0;
    for row in &heard.rows {
        let truth = truth.get(&whose(row)).unwrap_or_else(|| panic!("nobody said {row:?}"));
        let complete = row.missed_client + row.missed_server == 0
            && !row.midstream
            && row.offer.version_code.is_some()
            && row.tls_seen_established;
        if complete {
            whole += 1;
            assert_eq!(claims(row), claims(truth), "{row:?}\n{truth:?}");
        } else {
            assert_nothing_else(row, truth);
        }
    }
    assert!(whole > 0 && whole < read.rows.len(), "{whole} of {}", read.rows.len());
}

#[test]
fn an_interface_may_go_down_and_come_again_until_it_is_deleted() {
    let Some(pair) = pair() else { return };
    let [first, second] = [4, 5].map(|seed| Replay::make(300, seed));
    let mut expected = over(&first.path).rows;
    expected.extend(over(&second.path).rows);
    let play = |replay: &Replay| replay.play(&pair.far, &["--mbps=50", "-i", Pair::FAR]);
    let set = |way| pair.near.ip(&["link", "set", Pair::NEAR, way]).unwrap();
    // Down from the beginning, down in the middle, and gone.
    set("down");
    let listening = listening(RingSize::CAPTURE);
    let heard = hear(&pair.near, &monitor(2), &listening, NO_TIME, |hearing| {
        hearing.wait("warned", |hearing| hearing.warnings() >= 2);
        for (replay, warned) in [(&first, 4), (&second, 6)] {
            set("up");
            wait_for_carrier(&pair.far);
            let before = hearing.totals().received.packets;
            play(replay);
            let there = before + replay.written.segments;
            hearing.wait("heard", |hearing| hearing.totals().received.packets >= there);
            set("down");
            hearing.wait("warned", |hearing| hearing.warnings() >= warned);
        }
        pair.near.ip(&["link", "delete", Pair::NEAR]).unwrap();
        hearing.wait("ended", |_| false);
    });
    let error = heard.ended.as_ref().unwrap_err();
    assert!(
        matches!(error, Error::Listening { name, source }
            if name == Pair::NEAR && source.kind() == io::ErrorKind::NotFound),
        "{error:?}"
    );
    assert_same(&heard.rows, &expected);
    assert!(heard.warnings.iter().all(|warning| warning.contains("is down")), "{heard:#?}");
}

#[test]
fn what_cannot_be_listened_to_is_told() {
    let Some(pair) = or_skip(Pair::new()) else { return };
    let attempt = |name: &str| {
        let listening = Listening { interface: name.to_owned(), ..listening(RingSize::default()) };
        let (gauges, stop) = (Gauges::default(), AtomicBool::new(false));
        let mut ready = || panic!("not ready");
        listen(&monitor(1), &listening, &gauges, &stop, &mut ready, &|_| {}, &mut |_| true)
    };
    let missing = pair.near.within(|| attempt("nowhere0"));
    let no_rights = pair.near.within(|| {
        let none = CapabilitySet::empty();
        let sets = CapabilitySets { effective: none, permitted: none, inheritable: none };
        set_capabilities(None, sets).unwrap();
        attempt(Pair::NEAR)
    });
    let missing = missing.unwrap_err();
    assert!(
        matches!(&missing, Error::Interface { name, source: LinkError::NoInterface { .. } } if name == "nowhere0"),
        "{missing:?}"
    );
    let no_rights = no_rights.unwrap_err();
    assert!(
        matches!(&no_rights, Error::Interface { source: LinkError::NotPermitted { .. }, .. }),
        "{no_rights:?}"
    );
    for error in [missing, no_rights] {
        let source = std::error::Error::source(&error).unwrap().to_string();
        assert!(source.contains("ip link") || source.contains("setcap"), "{source}");
    }
}

/// A capture, and what plays it.
struct Replay {
    path: PathBuf,
    written: Written,
    folder: tempfile::TempDir,
}

impl Replay {
    /// So many sessions of many kinds.
    fn make(sessions: u64, seed: u64) -> Self {
        Self::of(templates(), sessions, seed)
    }

    fn of(templates: &[(Template, u32)], sessions: u64, seed: u64) -> Self {
        let folder = tempfile::Builder::new().prefix("replay").tempdir().unwrap();
        let path = folder.path().join("load.pcap");
        let mut out = BufWriter::new(File::create(&path).unwrap());
        let load = Load { templates, sessions, per_second: 2_000, seed };
        let written = load.write(&mut out).unwrap();
        Self { path, written, folder }
    }

    /// One that is there already, of few frames.
    fn existing(path: &Path) -> Self {
        let folder = tempfile::Builder::new().prefix("replay").tempdir().unwrap();
        let flows = over(path).totals.flows;
        let bytes = std::fs::metadata(path).unwrap().len();
        let (packets, segments) = (flows.frames, flows.segments);
        let written = Written { sessions: 1, packets, segments, bytes };
        Self { path: path.to_owned(), written, folder }
    }

    /// Plays it in a namespace; says how long that took.
    fn play(&self, namespace: &Namespace, words: &[&str]) -> Duration {
        let path = self.path.to_str().unwrap();
        let command = [&["tcpreplay", "-q", "--preload-pcap"], words, &[path]].concat();
        let began = Instant::now();
        let said = namespace.run(&command).unwrap();
        let sent = said.lines().filter_map(|line| line.trim().strip_prefix("Successful packets:"));
        let sent: u64 = sent.map(|count| count.trim().parse::<u64>().unwrap()).sum();
        assert_eq!(sent, self.written.packets, "{said}");
        let actual = said.split_once(" bytes) sent in ").and_then(|(_, rest)| {
            rest.split_whitespace().next()?.parse().ok().map(Duration::from_secs_f64)
        });
        actual.unwrap_or_else(|| began.elapsed())
    }

    /// Bits of all frames, in millions.
    fn megabits(&self) -> f64 {
        let bytes = self.written.bytes - 24 - 16 * self.written.packets;
        f64::from(u32::try_from(bytes / 1000).unwrap()) * 8.0 / 1e3
    }

    /// Says for each frame which side sent it, in a file.
    fn divide(&self) -> String {
        let cache = self.folder.path().join("sides").to_str().unwrap().to_owned();
        let mut command = Command::new("tcpprep");
        command.args(["--cidr=10.0.0.0/8,[fd00::]/64", "-i"]).arg(&self.path).args(["-o", &cache]);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{output:?}");
        cache
    }

    /// The same with a tag of a VLAN in each frame.
    fn tagged(&self) -> Self {
        self.rewritten(|frame| [&frame[..12], &[0x81, 0, 0, 7], &frame[12..]].concat())
    }

    /// The same with each frame in a tunnel of VXLAN (RFC 7348).
    fn tunnelled(&self) -> Self {
        self.rewritten(in_vxlan)
    }

    /// The same with other frames.
    fn rewritten(&self, rewrite: impl Fn(&[u8]) -> Vec<u8>) -> Self {
        let file = std::fs::read(&self.path).unwrap();
        let (head, mut rest) = file.split_at(24);
        let mut rewritten = head.to_vec();
        while !rest.is_empty() {
            let (time, frame) = rest.split_at(8);
            let length = u32::from_le_bytes(frame[..4].try_into().unwrap());
            let (frame, next) = frame[8..].split_at(usize::try_from(length).unwrap());
            let frame = rewrite(frame);
            let length = u32::try_from(frame.len()).unwrap();
            rewritten.extend_from_slice(time);
            rewritten.extend([length; 2].map(u32::to_le_bytes).concat());
            rewritten.extend(frame);
            rest = next;
        }
        let folder = tempfile::Builder::new().prefix("replay").tempdir().unwrap();
        let path = folder.path().join("rewritten.pcap");
        std::fs::write(&path, &rewritten).unwrap();
        let bytes = u64::try_from(rewritten.len()).unwrap();
        Self { path, folder, written: Written { bytes, ..self.written } }
    }
}

/// A frame between two ends of a tunnel. Its source port is made of what the frame says of itself, in which direction counts, as
/// the kernels of tunnels' ends do it.
fn in_vxlan(frame: &[u8]) -> Vec<u8> {
    let addresses = match frame[12..14] {
        [0x86, 0xdd] => 22..54,
        _ => 26..34,
    };
    let headers = &frame[addresses.start..addresses.end + 4];
    let hash = headers
        .iter()
        .fold(7_u16, |hash, byte| hash.wrapping_mul(31).wrapping_add(u16::from(*byte)));
    let (from, to) = headers[..headers.len() - 4].split_at(addresses.len() / 2);
    let ends: [u8; 2] = if from < to { [1, 2] } else { [2, 1] };
    let udp = u16::try_from(16 + frame.len()).unwrap();
    let mut out = [&[2; 12][..], &[0x08, 0x00, 0x45, 0]].concat();
    out.extend((20 + udp).to_be_bytes());
    out.extend([0, 0, 0, 0, 64, 17, 0, 0]);
    out.extend(ends.map(|end| [172, 16, 0, end]).concat());
    out.extend([0xc000 | hash, 4_789, udp, 0].map(u16::to_be_bytes).concat());
    out.extend([8, 0, 0, 0, 0, 0, 7, 0]);
    out.extend(frame);
    out
}

fn megabits_per_second() -> u32 {
    std::env::var("TLSCENSUS_LIVE_MBPS").map_or(MBPS, |text| text.parse().unwrap())
}

/// Made once: that takes longer than to write a capture.
fn templates() -> &'static [(Template, u32)] {
    static TEMPLATES: std::sync::OnceLock<Vec<(Template, u32)>> = std::sync::OnceLock::new();
    TEMPLATES.get_or_init(support::mix::mixed)
}

/// A pair of namespaces, and a program to replay captures with; or none, which is said.
fn pair() -> Option<Pair> {
    let pair = or_skip_replay(Pair::new())?;
    pair.set_mtu(MTU).unwrap();
    for (namespace, end) in [(&pair.near, Pair::NEAR), (&pair.far, Pair::FAR)] {
        // Nothing may be sent but what is replayed.
        namespace.set(&format!("ipv6/conf/{end}/disable_ipv6"), "1").unwrap();
    }
    Some(pair)
}

fn or_skip_replay<T>(made: Result<T, NoNamespaces>) -> Option<T> {
    let has_replay = Command::new("tcpreplay").arg("--version").output().is_ok();
    if !has_replay {
        skip("tcpreplay is not installed");
        return None;
    }
    or_skip(made)
}

fn wait_for_carrier(namespace: &Namespace) {
    let deadline = Instant::now() + Duration::from_secs(10);
    let is_up = || {
        namespace.within(|| {
            let state = Path::new("/sys/class/net").join(Pair::FAR).join("operstate");
            std::fs::read_to_string(state).is_ok_and(|state| state.trim() == "up")
        }) || namespace.ip(&["link", "show", Pair::FAR]).unwrap().contains("state UP")
    };
    while !is_up() {
        assert!(Instant::now() < deadline, "no carrier");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn listening(ring: RingSize) -> Listening {
    Listening { interface: Pair::NEAR.to_owned(), promiscuous: true, ring }
}

/// Nothing was dropped, and everything sent was heard: all that holds TCP, the rest need not be.
fn assert_complete(heard: &Run, written: &Written) {
    let received = heard.totals.received;
    assert!(heard.ended.is_ok(), "{:?}", heard.ended);
    assert!(may_be_received(written, received.packets), "{received:?} of {written:?}");
    assert_eq!(received.drops, 0);
    let flows = &heard.totals.flows;
    assert_eq!((flows.frames, flows.segments), (received.packets, written.segments), "{flows:?}");
}

/// Whether it can be so many frames that the kernel let through.
fn may_be_received(written: &Written, packets: u64) -> bool {
    (written.segments..=written.packets).contains(&packets)
}

/// The same sessions, and of each the same.
fn assert_same(heard: &[FlowRow], read: &[FlowRow]) {
    let [mut heard, mut read] = [heard, read].map(|rows| rows.iter().map(told).collect::<Vec<_>>());
    heard.sort();
    read.sort();
    let different = |(one, other): (&String, &String)| {
        let columns = one.split(", ").zip(other.split(", "));
        let different: Vec<_> = columns.filter(|(one, other)| one != other).collect();
        (!different.is_empty()).then(|| format!("{different:?} in {one}"))
    };
    let different: Vec<_> = heard.iter().zip(&read).filter_map(different).collect();
    assert!(different.is_empty(), "{} rows differ: {}", different.len(), different[0]);
    assert_eq!(heard.len(), read.len());
}

/// The session of a row: every one has a client of its own.
fn whose(row: &FlowRow) -> (&str, &str, u16) {
    (&row.client, &row.server_addr, row.server_port)
}

/// All that a row tells, but when it was and how many packets it took.
fn told(row: &FlowRow) -> String {
    let mut row = row.clone();
    row.flow_id.clear();
    row.started_at = Default::default();
    row.duration_us = 0;
    (row.packets_client, row.packets_server) = (0, 0);
    row.tcp_history.clear();
    row.end_reason = EndReason::default();
    format!("{row:?}")
}

/// What a row tells of the session, and not of how much was heard of it: a row is written as soon as TLS is established, and
/// then does not know that words of the other side are still missing.
fn claims(row: &FlowRow) -> String {
    let how = (&row.protocol, &row.mode, &row.via, &row.dialog.starttls_state);
    let before = (&row.dialog.starttls_offer, &row.dialog.mechanisms_before);
    let tls = (&row.tls.version, &row.tls.suite, &row.tls.group, &row.tls.sni);
    let prints = (&row.tls.ja3, &row.tls.ja4, &row.tls.ja3s);
    format!("{how:?} {before:?} {tls:?} {prints:?} {:?}", row.server_sent.chain)
}

/// What a row tells of TLS in a session that was not heard whole is what would have been told, or nothing. Lines of a dialogue with
/// holes on both sides can be taken for the answers to others: such rows say how much they missed.
fn assert_nothing_else(row: &FlowRow, truth: &FlowRow) {
    let context = || format!("{row:?}\n{truth:?}");
    macro_rules! none_or_same {
        ($($column:ident.$field:ident),+) => {
            $(assert!(
                row.$column.$field.is_none() || row.$column.$field == truth.$column.$field,
                "{}: {}", stringify!($field), context()
            );)+
        };
    }
    none_or_same!(tls.version, tls.suite, tls.group, tls.sni, tls.ja3, tls.ja3s, tls.dh_bits);
    none_or_same!(offer.versions, offer.suites, server_sent.chain);
}

/// Captures that were made of one connection in many carriers; those of Ethernet.
const CARRIERS: [&str; 11] = [
    "carrier-6in4",
    "carrier-ethernet-v6",
    "carrier-gre",
    "carrier-ipip",
    "carrier-mpls",
    "carrier-pppoe-v6",
    "carrier-qinq",
    "carrier-vlan",
    "carrier-vxlan",
    "fragments-v4",
    "fragments-v6",
];
/// What a build without optimization hears on a busy machine of two cores.
const MBPS: u32 = 200;
/// Frames of handshakes alone are so small that `tcpreplay` does not send more of them in a second.
const MOST_MBPS_OF_SMALL: u32 = 300;
/// So that each rate is kept for some seconds.
const SESSIONS_FOR_A_MEGABIT: u64 = 10;
/// Close to the longest record.
const LONG_RECORD: u16 = 16_000;
/// Some segments over IPv6 are longer than Ethernet's 1,500 bytes, and tags and tunnels come on top.
const MTU: u32 = 1_700;
const NO_TIME: Duration = Duration::ZERO;
