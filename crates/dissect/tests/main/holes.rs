//! What is missing from a capture: each unit of every transcript in turn, and the holes that matter most one by one.

use tlscensus_dialog::Offer;
use tlscensus_dialog::Reading;
use tlscensus_dialog::Side;
use tlscensus_dialog::Starttls;
use tlscensus_dissect::Findings;
use tlscensus_dissect::GoAhead;
use tlscensus_dissect::Ours;
use tlscensus_dissect::Stopped;

use crate::facts_text;
use crate::play::Call;
use crate::play::Setting;
use crate::play::play;
use crate::transcripts;
use crate::transcripts::tls;

#[test]
fn whatever_unit_is_missing_nothing_is_claimed_that_was_not_said() {
    let mut holes = 0;
    let mut failures = Vec::new();
    for (name, script) in transcripts::all() {
        let (calls, end) = transcripts::calls(&script);
        let setting = Setting { end, ..Setting::new(script.service.port) };
        let Findings::Ours(whole) = play(setting, &calls) else { continue };
        let units = units(&calls);
        if units.len() > MOST_UNITS
            || EXEMPT.contains(&name.as_str())
            || whole.facts.speaks != Some(true)
        {
            continue;
        }
        for missing in 0..units.len() {
            let mut holed = units.clone();
            let Call::Hear(side, said) = &units[missing] else { continue };
            if said.starts_with(b"\x16\x03") || said.starts_with(b"\x17\x03") {
                continue;
            }
            holed[missing] = Call::Miss(*side, u64::try_from(said.len()).expect("short"));
            holes += 1;
            // The end of a handshake is told by the server's last words alone.
            let shows_end = !(*side == Side::Server && said.first() == Some(&CHANGE_CIPHER_SPEC));
            if let Err(why) = is_honest(&play(setting, &holed), &whole, shows_end) {
                let gone = String::from_utf8_lossy(said).into_owned();
                failures.push(format!("{name} without {side:?} {gone:?}: {why}"));
            }
        }
    }
    assert!(holes > 1_000, "only {holes} holes");
    assert!(failures.is_empty(), "{} of {holes}\n{}", failures.len(), failures.join("\n\n"));
}

fn is_honest(found: &Findings, whole: &Ours, shows_end: bool) -> Result<(), String> {
    let Findings::Ours(ours) = found else {
        // Without its first words a flow may be anything.
        return Ok(());
    };
    let lines = |ours: &Ours| facts_text::lines(&ours.facts).join("\n= ");
    let both = || format!("\n= {}\nbut whole\n= {}", lines(ours), lines(whole));
    if let Reading::Read(list) = &ours.facts.before {
        let mut known: Vec<&Vec<u8>> =
            whole.facts.earlier.iter().flat_map(|list| &list.lines).collect();
        if let Reading::Read(whole) = &whole.facts.before {
            known.extend(&whole.lines);
        }
        if let Some(line) = list.lines.iter().find(|line| !known.contains(line)) {
            return Err(format!(
                "{:?} was listed by nobody{}",
                String::from_utf8_lossy(line),
                both()
            ));
        }
    }
    let upgraded = whole.stopped == Stopped::Established;
    let is_over = ours.stopped == Stopped::Established;
    if upgraded && (ours.go_ahead.is_none() || is_over != shows_end) {
        return Err(format!(
            "its TLS is not found: {:?} {:?}{}",
            ours.go_ahead,
            ours.stopped,
            both()
        ));
    }
    if !upgraded && whole.go_ahead.is_none() && ours.go_ahead.is_some() {
        return Err(format!("TLS that is none{}", both()));
    }
    if ours.facts.starttls == Starttls::NotOffered && whole.facts.starttls != Starttls::NotOffered {
        let offered = |ours: &Ours| matches!(&ours.facts.before, Reading::Read(list) if list.starttls != Offer::No);
        if offered(whole) {
            return Err(format!("not offered?{}", both()));
        }
    }
    Ok(())
}

/// The first byte of what a side says last in a handshake before TLS 1.3.
const CHANGE_CIPHER_SPEC: u8 = 0x14;

/// Lines, or elements.
fn units(calls: &[Call]) -> Vec<Call> {
    let mut units = Vec::new();
    for call in calls {
        let Call::Hear(side, said) = call else { continue };
        if said.starts_with(b"\x16\x03") || said.starts_with(b"\x17\x03") {
            units.push(call.clone());
            continue;
        }
        let end = if said.starts_with(b"<") { b'>' } else { b'\n' };
        for unit in said.split_inclusive(|byte| *byte == end) {
            units.push(Call::Hear(*side, unit.to_vec()));
        }
    }
    units
}

/// A conversation in short: `C:` and `S:` say a line, `c:` and `s:` are such lines that are missing; then TLS of both.
fn upgraded(lines: &[&str]) -> Box<Ours> {
    let mut calls: Vec<Call> = lines
        .iter()
        .map(|line| {
            let (who, words) = line.split_once(':').expect("a side");
            let words = format!("{}\r\n", words.trim_start());
            let side = if who.eq_ignore_ascii_case("c") { Side::Client } else { Side::Server };
            match who.chars().all(char::is_uppercase) {
                true => Call::Hear(side, words.into_bytes()),
                false => Call::Miss(side, u64::try_from(words.len()).expect("short")),
            }
        })
        .collect();
    for first in [true, false] {
        for side in [Side::Client, Side::Server] {
            calls.push(Call::Hear(side, tls(side, first)));
        }
    }
    match play(Setting::new(1), &calls) {
        Findings::Ours(ours) => ours,
        Findings::NotOurs(foreign) => panic!("{foreign:?}: {lines:?}"),
    }
}

#[test]
fn upgrades_are_found_whatever_of_their_words_is_missing() {
    for (lines, go_ahead) in UPGRADES {
        let ours = upgraded(lines);
        assert_eq!(
            (ours.stopped, ours.facts.starttls.clone(), ours.go_ahead),
            (Stopped::Established, Starttls::Accepted, Some(go_ahead)),
            "{lines:?} {:?}",
            ours.facts
        );
    }
}

#[test]
fn a_list_with_a_hole_says_so_and_denies_nothing() {
    let calls = [
        Call::Hear(Side::Server, b"220 a ESMTP\r\n".to_vec()),
        Call::Hear(Side::Client, b"EHLO b.example\r\n".to_vec()),
        Call::Hear(Side::Server, b"250-a\r\n250-SIZE\r\n250-STA".to_vec()),
        Call::Miss(Side::Server, 10),
        Call::Hear(Side::Server, b"PELINING\r\n250 HELP\r\n".to_vec()),
        Call::Hear(Side::Client, b"QUIT\r\n".to_vec()),
    ];
    let Findings::Ours(ours) = play(Setting::new(25), &calls) else { panic!("not ours") };
    let Reading::Read(list) = &ours.facts.before else { panic!("no list: {:?}", ours.facts) };
    assert!(list.truncated);
    assert_eq!(list.lines, [b"SIZE".to_vec(), b"HELP".to_vec()]);
    assert_eq!(ours.facts.starttls, Starttls::Unreached);
}

/// Transcripts whose servers lie: with a hole in them there is no telling.
const EXEMPT: [&str; 10] = [
    "imap/response-injection.txt",
    "imap/untagged-and-literals.txt",
    "pop3/injected-behind-go-ahead.txt",
    "smtp/mixed-codes.txt",
    "smtp/starttls-injected.txt",
    "smtp/starttls-tls-without-go-ahead.txt",
    "xmpp-c2s/injected-behind-proceed.txt",
    "xmpp-c2s/proceed-unasked.txt",
    "xmpp-c2s/second-header.txt",
    "xmpp-s2s/injected-behind-proceed.txt",
];

/// Units of a transcript at most: lists without end show nothing new.
const MOST_UNITS: usize = 200;

/// Conversations that turn to TLS, and how that is known.
const UPGRADES: [(&[&str], GoAhead); 14] = [
    (
        &["S: 220 a ESMTP", "C: EHLO b", "S: 250-a", "S: 250 STARTTLS", "c: STARTTLS", "S: 220 go"],
        GoAhead::Heard,
    ),
    (
        &["S: 220 a ESMTP", "C: EHLO b", "S: 250-a", "S: 250 STARTTLS", "C: STARTTLS", "s: 220 go"],
        GoAhead::Inferred,
    ),
    (
        &["S: 220 a ESMTP", "C: EHLO b", "S: 250-a", "S: 250 STARTTLS", "c: STARTTLS", "s: 220 go"],
        GoAhead::Inferred,
    ),
    (
        &["S: 220 a ESMTP", "C: EHLO b", "s: 250-a", "S: 250 STARTTLS", "C: STARTTLS", "S: 220 go"],
        GoAhead::Heard,
    ),
    (&["S: 220 a ESMTP", "C: EHLO b", "s: 250 a", "C: STARTTLS", "S: 220 go"], GoAhead::Heard),
    (
        &["s: 220 a ESMTP", "C: EHLO b", "S: 250-a", "S: 250 SIZE", "C: STARTTLS", "S: 220 go"],
        GoAhead::Heard,
    ),
    (
        &[
            "S: 220 a ESMTP",
            "C: EHLO b",
            "S: 250 a",
            "c: NOOP",
            "S: 250 ok",
            "c: STARTTLS",
            "S: 220 go",
        ],
        GoAhead::Heard,
    ),
    (
        &[
            "S: 220 a ESMTP",
            "c: EHLO b",
            "S: 250-a",
            "S: 250 STARTTLS",
            "c: NOOP",
            "S: 250 ok",
            "C: STARTTLS",
            "S: 220 go",
        ],
        GoAhead::Heard,
    ),
    (
        &[
            "S: * OK hi",
            "C: a CAPABILITY",
            "S: * CAPABILITY STARTTLS",
            "S: a OK",
            "c: b STARTTLS",
            "S: b OK go",
        ],
        GoAhead::Inferred,
    ),
    (
        &[
            "S: * OK hi",
            "C: a CAPABILITY",
            "s: * CAPABILITY STARTTLS",
            "s: a OK",
            "C: b STARTTLS",
            "S: b OK go",
        ],
        GoAhead::Heard,
    ),
    (
        &["S: +OK POP3", "C: CAPA", "S: +OK", "S: STLS", "S: .", "c: STLS", "S: +OK go"],
        GoAhead::Inferred,
    ),
    (
        &["S: +OK POP3", "C: CAPA", "S: +OK", "S: STLS", "s: .", "C: STLS", "S: +OK go"],
        GoAhead::Heard,
    ),
    (&["C: CAP LS 302", "S: :a CAP * LS :tls", "c: STARTTLS", "S: :a 670 * :go"], GoAhead::Heard),
    (
        &["C: CAP LS 302", "S: :a CAP * LS :tls", "C: STARTTLS", "s: :a 670 * :go"],
        GoAhead::Inferred,
    ),
];
