//! Our rows against tshark's reading of the same captures, stream by stream.
//!
//! A choice of captures is read; `TLSCENSUS_DIFFERENTIAL=all` reads all, which takes minutes.

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
    let Held { captures: read, streams, values, disagreements, used } = held;
    let excused = used.len();
    say(&format!("{read} captures, {streams} streams: {values} values agree, {excused} excused"));
    let unused = EXCEPTIONS.iter().enumerate().filter(|(place, (name, ..))| {
        !used.contains(place) && captures.iter().any(|(read, _)| read == name)
    });
    let unused: Vec<_> = unused.map(|(_, exception)| exception).collect();
    assert!(disagreements.is_empty(), "{}", disagreements.join("\n"));
    assert!(unused.is_empty(), "no exception is needed any more: {unused:#?}");
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
    /// Places of exceptions that were needed.
    used: BTreeSet<usize>,
}

impl Held {
    fn hold(&mut self, name: &str, rows: &[FlowRow], streams: &[Stream]) {
        self.captures += 1;
        let mut ends: BTreeMap<SocketAddr, (Vec<&FlowRow>, Vec<&Stream>)> = BTreeMap::new();
        for row in rows.iter().filter(|row| row.tls.history.is_some()) {
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

    fn value(&mut self, name: &str, server: SocketAddr, key: &str, pair: (String, String)) {
        let (ours, theirs) = pair;
        if ours == theirs {
            self.values += 1;
            return;
        }
        let place = EXCEPTIONS.iter().position(|(capture, excused, said, _)| {
            *capture == name && *excused == key && *said == theirs
        });
        match place {
            Some(place) => drop(self.used.insert(place)),
            None => self.disagreements.push(format!(
                "{name} {server} {key}: {ours:?}, and tshark says {theirs:?}"
            )),
        }
    }
}

/// Not application data alone.
fn says_something(stream: &Stream) -> bool {
    stream.offer_version.is_some() || stream.version.is_some() || !stream.chain.is_empty()
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
const DECODE_AS: [(u16, &str); 6] = [
    (465, "tls"),
    (587, "smtp"),
    (5223, "tls"),
    (5269, "xmpp"),
    (5270, "tls"),
    (6697, "tls"),
];

/// Of every kind some: tshark takes a second for each.
const CHOSEN: [&str; 0] = [];

/// Capture, what is said of it, what tshark says, and why that does not count.
const EXCEPTIONS: [(&str, &str, &str, &str); 0] = [];
