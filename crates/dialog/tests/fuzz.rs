//! The fuzz bodies on the transcripts, on what a fuzzer once found, and on random bytes.

#[path = "../../../fuzz/replay.rs"]
mod replay;

use proptest::prelude::*;
use tlscensus_dialog::SERVICES;
use tlscensus_dialog::fuzz;

use crate::script::Event;
use crate::script::Script;

/// Words that lead random bytes into the depths of a grammar.
const WORDS: [&str; 40] = [
    "220 ",
    "220-",
    "250-",
    "250 ",
    "421 ",
    "454 ",
    "STARTTLS",
    "AUTH PLAIN",
    "AUTH=",
    "EHLO x",
    "+OK",
    "-ERR",
    "CAPA",
    "STLS",
    "SASL ",
    ".",
    "..",
    "USER",
    "* OK ",
    "* CAPABILITY ",
    "A1 OK ",
    "A1 NO ",
    "[CAPABILITY ",
    "{3}",
    "* BYE",
    ":s 670 * :",
    ":s CAP * LS :",
    "tls",
    "sasl=PLAIN",
    "PING :x",
    "ERROR :",
    "<?xml version='1.0'?>",
    "<stream:stream ",
    "<stream:features>",
    "</stream:features>",
    "<starttls/>",
    "<proceed/>",
    "\r\n",
    "\n",
    "\0",
];

fn speech() -> impl Strategy<Value = Vec<u8>> {
    let word = prop_oneof![
        4 => (0..WORDS.len()).prop_map(|word| WORDS[word].as_bytes().to_vec()),
        2 => Just(b"\r\n".to_vec()),
        1 => proptest::collection::vec(any::<u8>(), 0..12),
    ];
    proptest::collection::vec(word, 0..40).prop_map(|words| words.concat())
}

fn breaths() -> impl Strategy<Value = Vec<u8>> {
    let breath = (any::<bool>(), speech()).prop_map(|(client, mut words)| {
        words.truncate(127);
        let length = u8::try_from(words.len()).expect("truncated to 127");
        words.insert(0, length << 1 | u8::from(client));
        words
    });
    proptest::collection::vec(breath, 0..12).prop_map(|breaths| breaths.concat())
}

proptest! {
    #[test]
    fn no_bytes_break_a_session(data in breaths(), noise in proptest::collection::vec(any::<u8>(), 0..256)) {
        for service in &SERVICES {
            fuzz::fuzz_session(service, &data, 1);
            fuzz::fuzz_session(service, &noise, 1);
        }
    }

    #[test]
    fn no_server_breaks_a_prober(data in speech()) {
        for service in &SERVICES {
            fuzz::fuzz_server(service, &data, 1);
        }
    }
}

/// What the searches found worth keeping.
#[test]
fn kept_inputs_hold() {
    replay::all(fuzz::TARGETS);
}

/// What searches found: the header of a TLS record is one however it comes, an LF in its length or not.
#[test]
fn the_start_of_a_tls_record_is_told_at_every_split() {
    for service in &SERVICES {
        for opening in ["", "220 mx\r\n", "* OK hi\r\n", "+OK hi\r\n", "<stream:stream>"] {
            for header in
                [&b"\x15\x03\x01\n\x02\x02\x28"[..], b"\x16\x03\x02\n", b"\x15\x03\x01\0\n\x01"]
            {
                let said = [opening.as_bytes(), header].concat();
                (1..=said.len()).for_each(|piece| fuzz::fuzz_server(service, &said, piece));
            }
        }
    }
}

/// Every transcript as a corpus, each before every service: also the wrong one.
#[test]
fn transcripts_of_one_protocol_break_no_other() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/transcripts");
    let folders = std::fs::read_dir(root).expect("transcripts");
    for folder in folders.map(|folder| folder.expect("an entry").path()) {
        for file in std::fs::read_dir(folder).expect("a folder") {
            let text = std::fs::read_to_string(file.expect("an entry").path()).expect("UTF-8");
            let script = Script::parse(&text).expect("a transcript");
            let data = as_breaths(&script);
            for service in &SERVICES {
                fuzz::fuzz_session(service, &data, 1);
            }
        }
    }
}

fn as_breaths(script: &Script) -> Vec<u8> {
    let mut data = Vec::new();
    for event in &script.events {
        if let Event::Said(side, words) = event {
            // Of endless words the beginning is enough here.
            for chunk in words.chunks(127).take(100) {
                let client = u8::from(*side == tlscensus_dialog::Side::Client);
                data.push(u8::try_from(chunk.len()).expect("at most 127") << 1 | client);
                data.extend_from_slice(chunk);
            }
        }
    }
    data
}
