//! Our rows against tshark's reading of the same captures, stream by stream.
//!
//! A choice of captures is read; `TLSCENSUS_DIFFERENTIAL=all` reads all, which takes minutes.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail the test")]

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::Path;
use std::path::PathBuf;

use tlscensus_records::FlowRow;
use tlscensus_testkit::expected;
use tlscensus_testkit::tshark;
use tlscensus_testkit::tshark::NoAnswer;
use tlscensus_testkit::tshark::Stream;

use crate::watch;
use crate::watch::say;
use crate::watch::skip;

#[test]
fn tshark_says_the_same_of_every_stream() {
    let all = std::env::var_os("TLSCENSUS_DIFFERENTIAL").is_some_and(|word| word == "all");
    let mut held = Held::default();
    let mut captures = corpus();
    captures.extend(own());
    if !all {
        captures.retain(|(name, _)| CHOSEN.contains(&name.as_str()));
    }
    for (name, path) in &captures {
        match tshark::streams(path, &DECODE_AS) {
            Ok(streams) => held.hold(name, &watch::over(path).rows, &streams),
            Err(NoAnswer::Missing) => return skip("tshark is not installed"),
            // Broken captures are among them, and we read what comes before the break.
            Err(NoAnswer::Failed(said)) if said.contains("damaged or corrupt") => held.unread(name),
            Err(error) => panic!("{name}: {error}"),
        }
    }
    let unused = held.unused(&captures);
    let Held { captures: read, streams, values, disagreements, used } = held;
    let excused = used.len();
    say(&format!("{read} captures, {streams} streams: {values} values agree, {excused} excused"));
    assert!(disagreements.is_empty(), "{}", disagreements.join("\n"));
    assert!(unused.is_empty(), "these exceptions are not needed any more: {unused:#?}");
    assert!(streams >= 12 && values > 8 * streams, "{streams} {values}");
}

/// Captures of others, where there are any: those that are about TLS.
fn corpus() -> Vec<(String, PathBuf)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus/passive");
    let Ok(text) = std::fs::read_to_string(folder.join("expected.tsv")) else {
        // Not there in CI either: the project builds and tests without it.
        say("SKIPPED: no corpus of captures beside the checkout");
        return Vec::new();
    };
    let rows = expected::rows(&text).unwrap();
    let about_tls = rows.iter().filter(|row| ["tls", "mail-chat-starttls"].contains(&row.class()));
    let traces: BTreeSet<_> = about_tls.map(|row| row.trace.clone()).collect();
    traces.into_iter().map(|trace| (trace.clone(), folder.join(trace))).collect()
}

/// Captures of our own.
fn own() -> Vec<(String, PathBuf)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/captures");
    let files = std::fs::read_dir(folder).unwrap();
    let mut files: Vec<_> = files
        .map(|file| {
            let path = file.unwrap().path();
            (path.file_name().unwrap().to_string_lossy().into_owned(), path)
        })
        .collect();
    files.sort();
    files
}

/// What was held against each other so far.
#[derive(Default)]
struct Held {
    captures: usize,
    streams: usize,
    /// Values that both have and that are equal, and such as neither has.
    values: usize,
    disagreements: Vec<String>,
    /// Exceptions that were needed.
    used: BTreeSet<(&'static str, &'static str)>,
}

impl Held {
    fn hold(&mut self, name: &str, rows: &[FlowRow], streams: &[Stream]) {
        self.captures += 1;
        let mut ends: BTreeMap<SocketAddr, (Vec<&FlowRow>, Vec<&Stream>)> = BTreeMap::new();
        for row in rows.iter().filter(|row| tells_something(row)) {
            let server = SocketAddr::new(row.server_addr.parse().unwrap(), row.server_port);
            ends.entry(server).or_default().0.push(row);
        }
        for stream in streams.iter().filter(|stream| says_something(stream)) {
            ends.entry(stream.server).or_default().1.push(stream);
        }
        for (server, (mut rows, mut streams)) in ends {
            // Rows do not tell the client's port. Both readers begin a stream with its first packet.
            rows.sort_by_key(|row| row.started_at);
            streams.sort_by_key(|stream| stream.number);
            let counts = (rows.len().to_string(), streams.len().to_string());
            self.value(name, server, "streams", counts);
            if rows.len() != streams.len() {
                continue;
            }
            for (row, stream) in rows.into_iter().zip(streams) {
                self.streams += 1;
                for (key, ours, theirs) in values(row, stream) {
                    self.value(name, server, key, (ours, theirs));
                }
            }
        }
    }

    fn unread(&mut self, name: &str) {
        let nobody = SocketAddr::from(([0, 0, 0, 0], 0));
        self.value(name, nobody, "capture", ("read".to_owned(), "damaged".to_owned()));
    }

    fn value(&mut self, name: &str, server: SocketAddr, key: &'static str, pair: (String, String)) {
        let (ours, theirs) = pair;
        if ours == theirs {
            self.values += 1;
            return;
        }
        let is_about = |(capture, keys, _): &Exception| *capture == name && keys.contains(&key);
        match EXCEPTIONS.iter().find(|exception| is_about(exception)) {
            Some((capture, ..)) => drop(self.used.insert((*capture, key))),
            None => self
                .disagreements
                .push(format!("{name} {server} {key}: {ours:?}, and tshark says {theirs:?}")),
        }
    }

    /// Exceptions of captures that were read and in which nothing differs any more.
    fn unused(&self, captures: &[(String, PathBuf)]) -> Vec<(&'static str, &'static str)> {
        let read = EXCEPTIONS
            .iter()
            .filter(|(excused, ..)| captures.iter().any(|(name, _)| name == excused));
        let all = read.flat_map(|(capture, keys, _)| keys.iter().map(|key| (*capture, *key)));
        all.filter(|excuse| !self.used.contains(excuse)).collect()
    }
}

/// Not application data alone.
fn says_something(stream: &Stream) -> bool {
    stream.offer_version.is_some() || stream.version.is_some() || !stream.chain.is_empty()
}

/// The same of a row.
fn tells_something(row: &FlowRow) -> bool {
    row.offer.version_code.is_some() || row.tls.version.is_some() || row.server_sent.chain.is_some()
}

/// What both say, each with its name: ours, then tshark's.
fn values(row: &FlowRow, stream: &Stream) -> Vec<(&'static str, String, String)> {
    let ours: Vec<_> = row.server_sent.chain.iter().flatten().map(ToString::to_string).collect();
    let clients: Vec<_> = row.client_chain.iter().flatten().map(ToString::to_string).collect();
    let suites = row.offer.suites.clone().unwrap_or_default();
    vec![
        ("version", code(row.tls.version_code), code(stream.version)),
        ("suite", code(row.tls.suite_code), code(stream.suite)),
        ("group", code(row.tls.group_code), code(stream.group)),
        ("dh_bits", text(row.tls.dh_bits.as_ref()), text(stream.dh_bits.as_ref())),
        ("sni", text(row.tls.sni.as_ref()), text(stream.sni.as_ref())),
        ("ja3", text(row.tls.ja3.as_ref()), text(stream.ja3.as_ref())),
        ("ja3s", text(row.tls.ja3s.as_ref()), text(stream.ja3s.as_ref())),
        ("chain", ours.join(","), stream.chain.join(",")),
        ("client_chain", clients.join(","), stream.client_chain.join(",")),
        ("offer_version", code(row.offer.version_code), code(stream.offer_version)),
        ("offer_suites", format!("{suites:04x?}"), format!("{:04x?}", stream.offer_suites)),
    ]
}

fn code(code: Option<u16>) -> String {
    code.map(|code| format!("{code:04x}")).unwrap_or_default()
}

fn text(value: Option<&impl ToString>) -> String {
    value.map(ToString::to_string).unwrap_or_default()
}

/// Where tshark would not look by itself.
const DECODE_AS: [(u16, &str); 6] =
    [(465, "tls"), (587, "smtp"), (5223, "tls"), (5269, "xmpp"), (5270, "tls"), (6697, "tls")];

/// Of every kind some, as tshark takes up to a second for each: suites of all kinds, several streams, upgrades, certificates of
/// both sides, a retry, resumption, drafts, carriers, damage, and what needs an exception.
const CHOSEN: [&str; 36] = [
    "suricata-verify/bug-1450-04/tls_DER-incomplete-header.pcap",
    "suricata-verify/bug-2646-01/input.pcap",
    "suricata-verify/tls/tls13-draft14/tls13_draft14.pcap",
    "zeek/tls/client-certificate.pcap",
    "zeek/tls/dhe.pcap",
    "zeek/tls/google-duplicate.pcap",
    "zeek/tls/hrr.pcap",
    "zeek/tls/imap-starttls.pcap",
    "zeek/tls/pop3-starttls.pcap",
    "zeek/tls/smtp-starttls.pcap",
    "zeek/tls/ssl-v2.pcap",
    "zeek/tls/tls-fragmented-handshake.pcap.gz",
    "zeek/tls/tls13_psk_succesfull.pcap",
    "zeek/tls/tls13draft16-ff52.a01.pcap",
    "zeek/tls/tls1_1.pcap",
    "zeek/tls/xmpp-starttls.pcap",
    "carrier-6in4.pcap",
    "carrier-qinq.pcap",
    "carrier-sll2.pcap",
    "carrier-vxlan.pcap",
    "direct-xmpps-c2s.pcap",
    "file-pcapng.pcapng",
    "fragments-v6.pcap",
    "gap-in-chain.pcap",
    "one-sided-server.pcap",
    "pipelined-smtp-hello.pcap",
    "ssl2.pcap",
    "ssl3-behind-ssl2-hello.pcap",
    "ssl3-dhe.pcap",
    "tls10-ecdh-anon.pcap",
    "tls12-dhe-leading-zero.pcap",
    "tls12-dhe-psk.pcap",
    "tls12-rsa-psk.pcap",
    "tls13-smtp.pcap",
    "tls13-xmpp-s2s.pcap",
    "tls13-irc.pcap",
];

/// Capture, of what something else is said there, and why tshark's word does not count.
type Exception = (&'static str, &'static [&'static str], &'static str);

const EXCEPTIONS: [Exception; 26] = [
    (
        "retina/traces/tls_ciphers.pcap",
        &["offer_suites"],
        "a hello in the frame of SSL 2, of which it does not tell the suites of TLS as such",
    ),
    ("suricata-verify/bypass-depth-disabled/input.pcap", &["offer_suites"], "the same"),
    ("suricata-verify/ssl_version_negated/input.pcap", &["offer_suites"], "the same"),
    ("suricata-verify/tls/tls-glupteba/input.pcap", &["offer_suites"], "the same"),
    ("zeek/tls/ssl.v3.pcap", &["offer_suites"], "the same"),
    ("ssl3-behind-ssl2-hello.pcap", &["offer_suites", "offer_version"], "the same"),
    (
        "suricata-verify/bug-1450-04/tls_DER-incomplete-header.pcap",
        &["capture"],
        "the file is damaged behind its first packets: it says nothing of those",
    ),
    ("suricata-verify/bug-1450-05/tls_DER-incomplete-content.pcap", &["capture"], "the same"),
    (
        "suricata-verify/bug-2430/backwards.pcap",
        &["streams"],
        "behind CONNECT of HTTP, where we do not look",
    ),
    ("suricata-verify/bug-2769/issue_no_icmp.pcap", &["streams"], "the same"),
    (
        "suricata-verify/tls/tls13-draft14/tls13_draft14.pcap",
        &["suite", "group", "ja3s"],
        "a ServerHello of drafts before 22 has no session id: it reads the suite as that id's length",
    ),
    ("zeek/tls/irc-starttls.pcap", &["streams"], "it does not follow the upgrade of IRC"),
    ("irc-cap-ls.pcap", &["streams"], "the same"),
    ("tls13-irc.pcap", &["streams"], "the same"),
    ("zeek/tls/ssl-to-http-server.pcap", &["streams"], "TLS to port 80, where it expects HTTP"),
    ("zeek/tls/ssl-v2.pcap", &["version"], "SSL 2, whose version it tells in another field"),
    ("ssl2.pcap", &["version"], "the same"),
    ("ssl2-padded.pcap", &["streams"], "it does not know SSL 2 by a record with padding"),
    (
        "carrier-6in4.pcap",
        &["streams"],
        "addresses of both families: the outer ones of IPv4 are taken for the stream's",
    ),
    ("gap-in-chain.pcap", &["group"], "it does not find its way into the records behind a hole"),
    ("gap-over-starttls.pcap", &["streams"], "the words that led to TLS are not in the capture"),
    ("one-sided-client.pcap", &["streams"], "the go-ahead is not in the capture"),
    ("one-sided-server.pcap", &["streams"], "the wish to upgrade is not in the capture"),
    (
        "pipelined-smtp-hello.pcap",
        &["sni", "ja3", "offer_version", "offer_suites"],
        "the hello is in the segment of STARTTLS, before the go-ahead: it is read as SMTP",
    ),
    ("tls12-dhe-psk.pcap", &["dh_bits"], "it does not read the field of DHE_PSK"),
    ("tls12-ecdhe-psk.pcap", &["group"], "it does not read the curve of ECDHE_PSK"),
];
