//! Every transcript, run every way.

use std::path::Path;

use tlscensus_dialog::Facts;
use tlscensus_dialog::Grammar;
use tlscensus_dialog::Interruption;
use tlscensus_dialog::Outcome;
use tlscensus_dialog::Reading;
use tlscensus_dialog::Source;
use tlscensus_dialog::Starttls;

use crate::facts_text;
use crate::play;
use crate::play::Split;
use crate::script::Script;

/// Transcripts that each protocol has at least.
const ENOUGH: usize = 12;

/// Prefixes at which a long transcript is cut at most; a shorter one is cut at every byte.
const MOST_CUTS: usize = 4_000;

#[test]
fn bare() {
    // One file of each: there is nothing to say.
    run_all("bare", 1, &[Grammar::Bare]);
}

#[test]
fn imap() {
    run_all("imap", ENOUGH, &[Grammar::Imap]);
}

#[test]
fn irc() {
    run_all("irc", ENOUGH, &[Grammar::Irc]);
}

#[test]
fn pop3() {
    run_all("pop3", ENOUGH, &[Grammar::Pop3]);
}

#[test]
fn smtp() {
    run_all("smtp", ENOUGH, &[Grammar::Smtp]);
}

#[test]
fn xmpp_c2s() {
    run_all("xmpp-c2s", ENOUGH, &[Grammar::XmppClient]);
}

#[test]
fn xmpp_s2s() {
    run_all("xmpp-s2s", ENOUGH, &[Grammar::XmppServer]);
}

/// Runs all transcripts of a folder; failures of all files are shown together.
fn run_all(folder: &str, at_least: usize, grammars: &[Grammar]) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/transcripts").join(folder);
    let mut files: Vec<_> = std::fs::read_dir(&path)
        .expect("the folder of transcripts")
        .map(|entry| entry.expect("an entry of it").path())
        .collect();
    files.sort();
    assert!(files.len() >= at_least, "only {} transcripts in {folder}", files.len());
    let mut failures = Vec::new();
    for file in &files {
        let text = std::fs::read_to_string(file).expect("a transcript in UTF-8");
        let result = Script::parse(&text).and_then(|script| {
            assert!(grammars.contains(&script.service.grammar), "{}", file.display());
            run(&script)
        });
        if let Err(why) = result {
            failures.push(format!("{}: {why}", file.display()));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

fn run(script: &Script) -> Result<(), String> {
    let breaths = play::breaths(&script.events);
    let whole = play::watch(script, &breaths, Split::Whole)?;
    let got = facts_text::lines(&whole);
    if got != script.expected {
        return Err(format!("the facts are\n= {}", got.join("\n= ")));
    }
    let mut runs = vec![
        ("watched line by line", play::watch(script, &script.events, Split::Whole)),
        ("watched byte by byte", play::watch(script, &script.events, Split::Bytes)),
    ];
    if !script.watcher_only {
        runs.push(("probed", play::probe(script, &breaths, Split::Whole)));
        runs.push(("probed line by line", play::probe(script, &script.events, Split::Whole)));
        runs.push(("probed byte by byte", play::probe(script, &script.events, Split::Bytes)));
        runs.push(("probed with all there at once", play::probe_at_once(script)));
    }
    for (how, facts) in runs {
        let facts = facts.map_err(|why| format!("{how}: {why}"))?;
        if facts != whole {
            return Err(format!("{how}:\n= {}", facts_text::lines(&facts).join("\n= ")));
        }
    }
    cut_everywhere(script, &whole)
}

/// The server falls silent, closes or resets behind each of its bytes.
fn cut_everywhere(script: &Script, whole: &Facts) -> Result<(), String> {
    let bytes = play::server_bytes(&script.events);
    let step = bytes / MOST_CUTS + 1;
    for (turn, at) in (0..bytes).step_by(step).enumerate() {
        let how = [Interruption::Closed, Interruption::TimedOut, Interruption::Reset][turn % 3];
        let events = play::truncated(&script.events, at, how);
        let mut runs = vec![("watched", play::watch(script, &events, Split::Whole)?)];
        if !script.watcher_only {
            runs.push(("probed", play::probe(script, &events, Split::Whole)?));
        }
        for (who, facts) in runs {
            check_prefix(&facts, whole, how).map_err(|why| {
                let facts = facts_text::lines(&facts).join("\n= ");
                format!("{who}, cut at byte {at} with {how:?}: {why}\n= {facts}")
            })?;
        }
    }
    Ok(())
}

/// What a cut conversation shows is the beginning of what the whole one shows, and nothing else.
fn check_prefix(cut: &Facts, whole: &Facts, how: Interruption) -> Result<(), String> {
    let starts = |cut: &[u8], whole: &[u8]| whole.starts_with(cut);
    let none: &[u8] = b"";
    let (cut_greeting, greeting) = (cut.greeting.as_deref(), whole.greeting.as_deref());
    let not_yet = |reading: &Reading, whole: &Reading| match reading {
        Reading::Unreached => true,
        // What an IMAP greeting lists stands until the answer comes.
        Reading::Read(list) if list.source == Source::Greeting => true,
        // An XMPP stream without a version may lack features, which only waiting shows.
        Reading::NotUnderstood if how == Interruption::TimedOut => true,
        _ => reading == whole,
    };
    let claims = [
        (starts(cut_greeting.unwrap_or(none), greeting.unwrap_or(none)), "greeting"),
        (speaks_so_far(cut.speaks, whole.speaks), "speaks"),
        (not_yet(&cut.before, &whole.before), "before"),
        (not_yet(&cut.after, &whole.after), "after"),
        (starttls_so_far(&cut.starttls, &whole.starttls), "starttls"),
        (starts(&cut.leftover, &whole.leftover), "leftover"),
        (starts(&cut.client_leftover, &whole.client_leftover), "client leftover"),
        (cut.plaintext_auth.is_none() || cut.plaintext_auth == whole.plaintext_auth, "auth"),
        (cut.peer_domain.is_none() || cut.peer_domain == whole.peer_domain, "domain"),
        (ending_is_sane(cut, whole, how), "ending"),
    ];
    match claims.iter().find(|(holds, _)| !holds) {
        Some((_, claim)) => Err(format!("{claim} is none of the whole's beginning")),
        None => Ok(()),
    }
}

/// A server whose first words may be two protocols' is believed until it shows otherwise.
fn speaks_so_far(cut: Option<bool>, whole: Option<bool>) -> bool {
    cut.is_none() || cut == whole || (cut, whole) == (Some(true), Some(false))
}

fn starttls_so_far(cut: &Starttls, whole: &Starttls) -> bool {
    cut == whole
        || match cut {
            Starttls::Unreached => true,
            Starttls::ReplyUnseen => {
                matches!(whole, Starttls::Accepted | Starttls::Malformed | Starttls::Refused(_))
            }
            // A watched client that asks although nothing was offered.
            Starttls::NotOffered | Starttls::OfferedMangled => true,
            _ => false,
        }
}

fn ending_is_sane(cut: &Facts, whole: &Facts, how: Interruption) -> bool {
    if cut.ending == whole.ending {
        return true;
    }
    let Some(ending) = &cut.ending else {
        return false;
    };
    let as_whole = whole.ending.as_ref().is_some_and(|whole| whole.outcome == ending.outcome);
    match ending.outcome {
        Outcome::Closed => how == Interruption::Closed,
        Outcome::Reset => how == Interruption::Reset,
        Outcome::NotUnderstood if whole.greeting == cut.greeting => {
            as_whole || how == Interruption::TimedOut
        }
        Outcome::Silent | Outcome::TimedOut => how == Interruption::TimedOut,
        Outcome::Accepted | Outcome::AcceptedWithLeftover => whole.starttls == Starttls::Accepted,
        // Known by its first bytes already, or what a watched client did before the end.
        Outcome::NotThisProtocol | Outcome::TlsSpoken | Outcome::NotOffered => {
            as_whole || whole.plaintext_auth.is_some() || whole.starttls == Starttls::Accepted
        }
        _ => as_whole,
    }
}
