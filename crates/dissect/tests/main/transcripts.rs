//! Every transcript of the dialogues, heard in every way a capture may hold it.

use std::path::Path;

use tlscensus_dialog::Facts;
use tlscensus_dialog::Interruption;
use tlscensus_dialog::Mode;
use tlscensus_dialog::Reading;
use tlscensus_dialog::Side;
use tlscensus_dialog::Starttls;
use tlscensus_dialog::Watcher;
use tlscensus_dissect::Findings;
use tlscensus_dissect::Ours;
use tlscensus_dissect::Stopped;
use tlscensus_dissect::tls::Guess;
use tlscensus_dissect::tls::looks_like_tls;
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
                let name: Vec<_> =
                    path.iter().rev().take(2).map(|part| part.to_string_lossy()).collect();
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

/// A hello of TLS 1.2 in the shortest form, or what ends the handshake: a change of cipher, a Finished and data.
pub(crate) fn tls(side: Side, first: bool) -> Vec<u8> {
    let (message, tail): (u8, &[u8]) = match (side, first) {
        (Side::Client, true) => (1, b"\x00\x00\x02\xc0\x2f\x01\x00"),
        (Side::Server, true) => (2, b"\x00\xc0\x2f\x00"),
        (_, false) => {
            let finished = [&b"\x16\x03\x03\x00\x28"[..], &[9; 40]].concat();
            let data = [&b"\x17\x03\x03\x00\x20"[..], &[9; 32]].concat();
            return [&b"\x14\x03\x03\x00\x01\x01"[..], &finished, &data].concat();
        }
    };
    let body = [b"\x03\x03", &[7; 32][..], tail].concat();
    let length = u8::try_from(body.len()).expect("a short one");
    let header = [0x16, 3, 1, 0, length + 4, message, 0, 0, length];
    [&header[..], &body].concat()
}

#[test]
fn what_is_spoken_is_found_on_its_port_and_on_any_other_in_either_role() {
    for_all(|name, script| {
        let (calls, end) = calls(script);
        for (port, flipped) in
            [(script.service.port, false), (script.service.port, true), (1, false)]
        {
            let setting = Setting { end, flipped, ..Setting::new(port) };
            let found = play(setting, &calls);
            let got = word(&found);
            let by_port = OF_THE_PORT.contains(&name) && port == 1;
            let expected = match OTHERWISE.iter().find(|(other, _)| *other == name) {
                Some((_, word)) => *word,
                None if by_port => "ambiguous",
                None => script.service.word,
            };
            let expected = if expected == "submission" { "smtp" } else { expected };
            if got != expected {
                return Err(format!("{port} {flipped}: {got}, not {expected}"));
            }
            if let Findings::Ours(ours) = found
                && !OTHERWISE.iter().any(|(other, _)| *other == name)
            {
                if ours.spoken.flipped != flipped {
                    return Err("who is the client?".to_owned());
                }
                same_but_redacted(&ours.facts, &watched(script))?;
            }
        }
        Ok(())
    });
}

#[test]
fn tls_behind_an_upgrade_is_heard_to_its_end() {
    let mut upgrades = 0;
    for_all(|_, script| {
        if script.events.iter().any(|event| matches!(event, Event::Tls)) {
            upgrades += 1;
            let (calls, end) = calls(script);
            match play(Setting { end, ..Setting::new(1) }, &calls) {
                Findings::Ours(ours) if ours.stopped == Stopped::Established => {}
                other => return Err(format!("{other:?}")),
            }
        }
        Ok(())
    });
    assert!(upgrades > 40, "only {upgrades} upgrades");
}

#[test]
fn the_split_is_not_seen() {
    for_all(|_, script| {
        let (calls, end) = calls(script);
        let setting = Setting { end, ..Setting::new(script.service.port) };
        let whole = summary(&play(setting, &calls));
        same(&summary(&play(Setting { step: 1, ..setting }, &calls)), &whole, "byte by byte")?;
        for (turn, call) in calls.iter().enumerate() {
            let Call::Hear(side, said) = call else { continue };
            for at in (1..said.len()).step_by(said.len() / MOST_SPLITS + 1) {
                let mut split = calls.clone();
                split[turn] = Call::Hear(*side, said[..at].to_vec());
                split.insert(turn + 1, Call::Hear(*side, said[at..].to_vec()));
                same(&summary(&play(setting, &split)), &whole, &format!("split at {turn}/{at}"))?;
            }
        }
        Ok(())
    });
}

#[test]
fn the_order_in_which_sides_are_heard_is_not_seen() {
    for_all(|name, script| {
        let (calls, end) = calls(script);
        let setting = Setting { end, ..Setting::new(script.service.port) };
        let whole = summary(&play(setting, &calls));
        let of = |side| {
            let is_of = move |call: &&Call| matches!(call, Call::Hear(one, _) if *one == side);
            calls.iter().filter(is_of).cloned().collect::<Vec<_>>()
        };
        let (client, server) = (of(Side::Client), of(Side::Server));
        if total(&client).max(total(&server)) > LATE {
            return Ok(());
        }
        let mut orders = vec![
            [client.clone(), server.clone()].concat(),
            [server.clone(), client.clone()].concat(),
        ];
        for seed in 0..16 {
            orders.push(merged(&client, &server, seed));
        }
        for (at, order) in orders.iter().enumerate() {
            same(&summary(&play(setting, order)), &whole, &format!("{name} order {at}"))?;
        }
        Ok(())
    });
}

#[test]
fn a_cut_flow_shows_what_a_cut_dialogue_shows() {
    for_all(|_, script| {
        let (calls, _) = calls(script);
        let setting = Setting { end: End::TimedOut, ..Setting::new(script.service.port) };
        let bytes = total(&calls);
        for length in (0..bytes).step_by(bytes / MOST_CUTS + 1) {
            let cut = prefix(&calls, length);
            let Findings::Ours(ours) = play(setting, &cut) else { continue };
            if ours.spoken.via.word() != via(script) {
                continue;
            }
            let mut watcher = Watcher::new(script.service);
            let mut upgraded = false;
            for call in &cut {
                if let Call::Hear(side, said) = call
                    && !upgraded
                {
                    upgraded = watcher.hear(*side, said);
                }
            }
            watcher.interrupted(Interruption::TimedOut);
            // The first bytes of what is no TLS may yet be the beginning of TLS.
            let leftover = &watcher.facts().leftover;
            if !leftover.is_empty() && looks_like_tls(leftover) == Guess::Unsure {
                continue;
            }
            same_but_redacted(&ours.facts, watcher.facts())
                .map_err(|why| format!("cut at {length}: {why}"))?;
        }
        Ok(())
    });
}

#[test]
fn either_side_alone_shows_what_it_can() {
    for_all(|name, script| {
        let (calls, end) = calls(script);
        let setting = Setting { end, ..Setting::new(script.service.port) };
        let Findings::Ours(whole) = play(setting, &calls) else { return Ok(()) };
        if whole.spoken.via.word() != via(script) || whole.facts.speaks != Some(true) {
            return Ok(());
        }
        for side in [Side::Client, Side::Server] {
            let is_of = |call: &&Call| matches!(call, Call::Hear(one, _) if *one == side);
            let alone: Vec<Call> = calls.iter().filter(is_of).cloned().collect();
            if alone.is_empty() {
                continue;
            }
            let absent = Some(if side == Side::Client { Side::Server } else { Side::Client });
            let found = play(Setting { absent, ..setting }, &alone);
            if UNCLEAR_ALONE.contains(&(name, side)) {
                continue;
            }
            let Findings::Ours(ours) = &found else {
                return Err(format!("{side:?}: {found:?}"));
            };
            if ours.spoken.via != whole.spoken.via {
                return Err(format!("{side:?}: {:?}", ours.spoken));
            }
            alone_is_honest(ours, &whole, side).map_err(|why| format!("{side:?} alone: {why}"))?;
        }
        Ok(())
    });
}

/// One side's facts are none that the whole flow contradicts.
fn alone_is_honest(alone: &Ours, whole: &Ours, side: Side) -> Result<(), String> {
    let lines = |ours: &Ours| facts_text::lines(&ours.facts).join("\n= ");
    let both = || format!("\n= {}\nbut whole\n= {}", lines(alone), lines(whole));
    if side == Side::Client
        && (alone.facts.greeting.is_some() || alone.facts.before != Reading::Unreached)
    {
        return Err(format!("a server nobody heard: {}", both()));
    }
    let established = whole.stopped == Stopped::Established;
    if established && (alone.tls.is_none() || alone.go_ahead.is_none()) {
        return Err(format!("its TLS is not seen: {}", both()));
    }
    if side == Side::Server && established && alone.facts.starttls != Starttls::Accepted {
        return Err(format!("its go-ahead is not seen: {}", both()));
    }
    let read = |ours: &Ours| matches!(ours.facts.before, Reading::Read(_));
    let truncated = lines(whole).contains("truncated");
    if side == Side::Server && read(whole) && read(alone) && !truncated {
        let mut facts = alone.facts.clone();
        facts.earlier.clear();
        if facts.before != whole.facts.before {
            return Err(format!("another list: {}", both()));
        }
    }
    Ok(())
}

/// Runs a check on all transcripts; failures of all are shown together.
fn for_all(mut check: impl FnMut(&str, &Script) -> Result<(), String>) {
    let failures: Vec<String> = all()
        .iter()
        .filter_map(|(name, script)| check(name, script).err().map(|why| format!("{name}: {why}")))
        .collect();
    assert!(failures.is_empty(), "{} fail\n{}", failures.len(), failures.join("\n\n"));
}

fn word(found: &Findings) -> &'static str {
    match found {
        Findings::Ours(ours) => ours.spoken.via.word(),
        Findings::NotOurs(foreign) => foreign.word(),
    }
}

fn via(script: &Script) -> &'static str {
    match script.service.word {
        "submission" => "smtp",
        word => word,
    }
}

/// All that must not hang on splits and orders, as lines.
fn summary(found: &Findings) -> Vec<String> {
    let Findings::Ours(ours) = found else {
        return vec![word(found).to_owned()];
    };
    let mut lines = facts_text::lines(&ours.facts);
    // Who decided hangs on who was heard first.
    let spoken = &ours.spoken;
    lines.push(format!(
        "{} {:?} {} {}",
        spoken.protocol, spoken.via, spoken.off_port, spoken.flipped
    ));
    lines.push(format!("{:?} {:?} {:?}", ours.plaintext_behind, ours.go_ahead, ours.stopped));
    lines.push(format!("{:?} {}", ours.plaintext_auth, ours.tls.is_some()));
    lines
}

fn same(got: &[String], expected: &[String], how: &str) -> Result<(), String> {
    match got == expected {
        true => Ok(()),
        false => Err(format!("{how}:\n= {}\nnot\n= {}", got.join("\n= "), expected.join("\n= "))),
    }
}

/// The same facts but for what is the client's; of plaintext behind a go-ahead the count is kept, not the bytes.
fn same_but_redacted(got: &Facts, expected: &Facts) -> Result<(), String> {
    let mut expected = expected.clone();
    expected.leftover.clear();
    expected.client_leftover.clear();
    let (got, expected) = (facts_text::lines(got), facts_text::lines(&expected));
    let alike = |(got, expected): (&String, &String)| got == expected || got.contains("<client>");
    match got.len() == expected.len() && got.iter().zip(&expected).all(alike) {
        true => Ok(()),
        false => same(&got, &expected, "facts"),
    }
}

fn total(calls: &[Call]) -> usize {
    calls.iter().map(|call| if let Call::Hear(_, said) = call { said.len() } else { 0 }).sum()
}

fn prefix(calls: &[Call], mut length: usize) -> Vec<Call> {
    let mut cut = Vec::new();
    for call in calls {
        let Call::Hear(side, said) = call else { continue };
        let taken = said.len().min(length);
        cut.push(Call::Hear(*side, said[..taken].to_vec()));
        length -= taken;
        if length == 0 {
            break;
        }
    }
    cut
}

/// A merger of both sides by a seed; each keeps its order.
fn merged(client: &[Call], server: &[Call], seed: u64) -> Vec<Call> {
    let (mut client, mut server) = (client.iter().peekable(), server.iter().peekable());
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut calls = Vec::new();
    while client.peek().is_some() || server.peek().is_some() {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let turn = if state >> 63 == 0 { client.next() } else { server.next() };
        calls.extend(turn.cloned());
    }
    calls
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

/// Transcripts in which the server is of another protocol than asked for, says nothing that tells, or is broken, and what
/// a bystander makes of them.
const OTHERWISE: [(&str, &str); 26] = [
    ("imap/pop3-server.txt", "pop3"),
    ("imap/silent.txt", "nothing"),
    ("imap/smtp-server.txt", "smtp"),
    ("imap/tls-server.txt", "direct"),
    ("irc/http-server.txt", "http"),
    ("irc/smtp-server.txt", "unknown"),
    ("irc/tls-server.txt", "direct"),
    ("pop3/silent.txt", "nothing"),
    ("pop3/smtp-spoken.txt", "smtp"),
    ("pop3/ssh-spoken.txt", "ssh"),
    ("pop3/telnet-spoken.txt", "telnet"),
    ("pop3/tls-spoken.txt", "direct"),
    ("smtp/ftp-by-greeting.txt", "ftp"),
    ("smtp/http-spoken.txt", "http"),
    ("smtp/imap-spoken.txt", "imap"),
    ("smtp/mysql-spoken.txt", "database"),
    ("smtp/nntp-spoken.txt", "nntp"),
    ("smtp/silent.txt", "nothing"),
    ("smtp/ssh-spoken.txt", "ssh"),
    ("smtp/tls-spoken.txt", "direct"),
    ("xmpp-c2s/html-page.txt", "http"),
    ("xmpp-c2s/http-server.txt", "http"),
    ("xmpp-c2s/smtp-server.txt", "smtp"),
    ("xmpp-c2s/tls-server.txt", "direct"),
    ("xmpp-s2s/answers-jabber-client.txt", "xmpp-c2s"),
    ("xmpp-s2s/imap-server.txt", "imap"),
];

/// Transcripts whose words leave it open what they are, so that the port decides.
const OF_THE_PORT: [&str; 8] = [
    "pop3/greeting-err.txt",
    "smtp/endless-greeting.txt",
    "smtp/greeting-421.txt",
    "smtp/greeting-450-multiline.txt",
    "smtp/greeting-554.txt",
    "smtp/long-line-within-limit.txt",
    "smtp/overlong-line.txt",
    "smtp/slow-greeting.txt",
];

/// Sides that alone could be another protocol's.
const UNCLEAR_ALONE: [(&str, Side); 6] = [
    // A mailbox's data without a log-in: taken for one that was not captured.
    ("imap/untagged-and-literals.txt", Side::Server),
    ("pop3/greeting-err.txt", Side::Client),
    ("smtp/greeting-450-multiline.txt", Side::Client),
    ("smtp/greeting-554.txt", Side::Client),
    // What is injected may be the answer to what the client said.
    ("imap/response-injection.txt", Side::Server),
    ("pop3/injected-behind-go-ahead.txt", Side::Server),
];

/// Splits and cuts of one breath at most; shorter ones are split everywhere.
const MOST_SPLITS: usize = 100;
const MOST_CUTS: usize = 300;

/// Bytes that may be heard late: beyond, a side is taken for one that is not in the capture.
const LATE: usize = 16 * 1024;
