//! Streams out of captures that others made, and the capabilities that are known to be in them.

use std::path::Path;

use tlscensus_dialog::Offer;
use tlscensus_dialog::Reading;
use tlscensus_dialog::Side;
use tlscensus_dialog::Starttls;
use tlscensus_dissect::Findings;
use tlscensus_dissect::Ours;

use crate::play::Call;
use crate::play::Setting;
use crate::play::play;

/// One stream.
struct Stream {
    name: String,
    port: u16,
    calls: Vec<Call>,
    expected: Vec<(String, String)>,
}

#[test]
fn what_is_known_of_real_streams_comes_out_on_their_port_and_on_another() {
    let streams = all();
    assert!(streams.len() >= ENOUGH, "only {} streams", streams.len());
    let mut checked = 0;
    for stream in streams {
        for (port, step) in [(stream.port, usize::MAX), (stream.port, 1), (1, usize::MAX)] {
            let setting = Setting { step, ..Setting::new(port) };
            let found = play(setting, &stream.calls);
            let Findings::Ours(ours) = found else {
                panic!("{} at {port}: {found:?}", stream.name);
            };
            for (key, value) in &stream.expected {
                assert_eq!(got(&ours, key, value), *value, "{} {key} at {port}", stream.name);
                checked += 1;
            }
        }
    }
    assert!(checked > 3 * ENOUGH, "only {checked} values");
}

/// What was found under a key of the expectations; of those with a value of no consequence that value itself.
fn got(ours: &Ours, key: &str, value: &str) -> String {
    let upgraded = ours.facts.starttls == Starttls::Accepted;
    let list = match &ours.facts.before {
        Reading::Read(list) => Some(list),
        _ => None,
    };
    let text = |line: &Vec<u8>| String::from_utf8_lossy(line).into_owned();
    match key {
        "ehlo" | "imap_caps" | "pop_capa" => {
            let lines = list.map(|list| list.lines.iter().map(text).collect::<Vec<_>>());
            lines.unwrap_or_default().join("|")
        }
        "irc_cap_ls" => {
            let lines = list.map(|list| list.lines.iter().map(text).collect::<Vec<_>>());
            lines.unwrap_or_default().join(" ")
        }
        "xmpp_starttls" => match list.map(|list| list.starttls) {
            Some(Offer::Required) => "required".to_owned(),
            Some(Offer::Yes) => "optional".to_owned(),
            other => format!("{other:?}"),
        },
        "starttls_sent" | "starttls_reply" if upgraded => value.to_owned(),
        "tls_follows" => u8::from(ours.tls.is_some()).to_string(),
        _ => format!("{:?}", ours.facts.starttls),
    }
}

/// All streams of the folder.
fn all() -> Vec<Stream> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/streams");
    let mut paths: Vec<_> = std::fs::read_dir(folder)
        .expect("the folder of streams")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    paths.sort();
    paths.iter().map(|path| read(path)).collect()
}

fn read(path: &Path) -> Stream {
    let text = std::fs::read_to_string(path).expect("a stream");
    let mut stream = Stream {
        name: path.display().to_string(),
        port: 0,
        calls: Vec::new(),
        expected: Vec::new(),
    };
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let (head, rest) = line.split_once(' ').expect("a word and its value");
        match head {
            "port" => stream.port = rest.parse().expect("a port"),
            "C" => stream.calls.push(Call::Hear(Side::Client, unhex(rest))),
            "S" => stream.calls.push(Call::Hear(Side::Server, unhex(rest))),
            _ => {
                let (key, value) = rest.split_once(' ').unwrap_or((rest, ""));
                stream.expected.push((key.to_owned(), value.to_owned()));
            }
        }
    }
    stream
}

fn unhex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text
        .chars()
        .map(|digit| u8::try_from(digit.to_digit(16).expect("hex")).expect("one digit"))
        .collect();
    digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

/// Streams there are at least.
const ENOUGH: usize = 30;
