//! Every transcript of the dialogues, heard in every way a capture may hold it.

use std::path::Path;

use tlscensus_dialog::Facts;
use tlscensus_dialog::Interruption;
use tlscensus_dialog::Mode;
use tlscensus_dialog::Side;
use tlscensus_dialog::Watcher;
use tlscensus_dissect::Findings;
use tlscensus_dissect::Ours;
use tlscensus_flows::End;

use crate::facts_text;
use crate::play::Call;
use crate::play::Setting;
use crate::play::play;
use crate::script::Event;
use crate::script::Script;

/// All transcripts that begin in plaintext, by their names.
pub(crate) fn all() -> Vec<(String, Script)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../dialog/testdata/transcripts");
    let mut scripts = Vec::new();
    for folder in std::fs::read_dir(root).expect("transcripts") {
        for file in std::fs::read_dir(folder.expect("an entry").path()).expect("a folder") {
            let path = file.expect("an entry").path();
            let text = std::fs::read_to_string(&path).expect("UTF-8");
            let script = Script::parse(&text).expect("a transcript");
            if script.service.mode == Mode::Starttls {
                let name: Vec<_> = path.iter().rev().take(2).map(|part| part.to_string_lossy()).collect();
                scripts.push((format!("{}/{}", name[1], name[0]), script));
            }
        }
    }
    scripts.sort_by(|one, other| one.0.cmp(&other.0));
    assert!(scripts.len() > 200, "only {} transcripts", scripts.len());
    scripts
}

/// What a bystander sees of a transcript: up to TLS, which is two hellos and data.
pub(crate) fn calls(script: &Script) -> (Vec<Call>, End) {
    let mut calls = Vec::new();
    let mut end = End::Finished;
    for event in &script.events {
        match event {
            Event::Said(side, words) => match calls.last_mut() {
                Some(Call::Hear(last, said)) if last == side => said.extend_from_slice(words),
                _ => calls.push(Call::Hear(*side, words.clone())),
            },
            Event::Tls => {
                for side in [Side::Client, Side::Server, Side::Client, Side::Server] {
                    let first = !calls.iter().any(|call| {
                        matches!(call, Call::Hear(one, said) if *one == side && said.starts_with(b"\x16\x03"))
                    });
                    calls.push(Call::Hear(side, tls(side, first)));
                }
                break;
            }
            Event::End(how) => {
                end = match how {
                    Interruption::Reset => End::Reset,
                    Interruption::TimedOut => End::TimedOut,
                    _ => End::Finished,
                };
            }
        }
    }
    (calls, end)
}

/// A hello in the shortest form that has a header, or a record of data.
pub(crate) fn tls(side: Side, first: bool) -> Vec<u8> {
    match (side, first) {
        (Side::Client, true) => b"\x16\x03\x01\x00\x08\x01\x00\x00\x04\x03\x03\x00\x00".to_vec(),
        (Side::Server, true) => b"\x16\x03\x03\x00\x08\x02\x00\x00\x04\x03\x03\x00\x00".to_vec(),
        (_, false) => b"\x17\x03\x03\x00\x04data".to_vec(),
    }
}

#[test]
fn explore() {
    for (name, script) in all() {
        let (calls, end) = calls(&script);
        let found = play(Setting { end, ..Setting::new(script.service.port) }, &calls);
        match &found {
            Findings::Ours(ours) if ours.spoken.protocol == script.service.word => {
                let lines = facts_text::lines(&ours.facts);
                let expected = facts_text::lines(&watched(&script));
                if lines != expected {
                    eprintln!("{name}:\n   {}\n  but\n   {}", lines.join("\n   "), expected.join("\n   "));
                }
            }
            Findings::Ours(ours) => eprintln!("{name}: {:?}", ours.spoken),
            Findings::NotOurs(foreign) => eprintln!("{name}: not ours {foreign:?}"),
        }
    }
}

/// What the dialogue alone says, told which it is.
fn watched(script: &Script) -> Facts {
    let mut watcher = Watcher::new(script.service);
    for event in &script.events {
        match event {
            Event::Said(side, words) => {
                watcher.hear(*side, words);
            }
            Event::Tls => return watcher.facts().clone(),
            Event::End(how) => watcher.interrupted(*how),
        }
    }
    watcher.interrupted(Interruption::Closed);
    watcher.facts().clone()
}

fn _unused(_: &Ours) {}
