//! Playing a script against the prober, and before the watcher, in any split.

use tlscensus_dialog::Facts;
use tlscensus_dialog::Identity;
use tlscensus_dialog::Interruption;
use tlscensus_dialog::Prober;
use tlscensus_dialog::Side;
use tlscensus_dialog::Step;
use tlscensus_dialog::Watcher;

use crate::script::Event;
use crate::script::Script;

/// How bytes come.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Split {
    /// What one side says in one breath comes at once.
    Whole,
    /// Byte by byte.
    Bytes,
}

/// A prober's run: its facts, or in what it left the script.
pub(crate) fn probe(script: &Script, events: &[Event], split: Split) -> Result<Facts, String> {
    let mut prober = new_prober(script);
    let (mut said, mut due) = (Vec::new(), Vec::new());
    let mut step = prober.poll(&mut said);
    for event in events {
        match event {
            Event::Said(Side::Client, words) => due.extend_from_slice(words),
            Event::Said(Side::Server, words) => {
                check_words(&said, &due)?;
                for chunk in words.chunks(split.size(words)) {
                    prober.receive(chunk);
                    step = prober.poll(&mut said);
                }
            }
            Event::Tls => {
                check_words(&said, &due)?;
                upgrade(&mut prober, step)?;
                step = prober.poll(&mut said);
            }
            Event::End(how) => {
                prober.interrupted(*how);
                step = prober.poll(&mut said);
            }
        }
    }
    check_words(&said, &due)?;
    if step == Step::Read {
        return Err("the prober still waits at the end of the script".to_owned());
    }
    Ok(prober.facts().clone())
}

/// A prober that finds all that the server says, up to TLS and up to the end, there at once.
pub(crate) fn probe_at_once(script: &Script) -> Result<Facts, String> {
    let mut prober = new_prober(script);
    let (mut said, mut due) = (Vec::new(), Vec::new());
    for event in at_once(&script.events) {
        match event {
            Event::Said(Side::Client, words) => due.extend(words),
            Event::Said(Side::Server, words) => prober.receive(&words),
            Event::Tls => {
                let step = prober.poll(&mut said);
                upgrade(&mut prober, step)?;
            }
            Event::End(how) => {
                prober.poll(&mut said);
                prober.interrupted(how);
            }
        }
    }
    prober.poll(&mut said);
    check_words(&said, &due)?;
    Ok(prober.facts().clone())
}

/// A watcher's facts.
pub(crate) fn watch(script: &Script, events: &[Event], split: Split) -> Result<Facts, String> {
    let mut watcher = Watcher::new(script.service);
    let mut upgraded = watcher.hear(Side::Server, b"");
    for event in events {
        match event {
            Event::Said(side, words) => {
                for chunk in words.chunks(split.size(words)) {
                    upgraded = watcher.hear(*side, chunk);
                }
            }
            Event::Tls if upgraded => {
                let leftover = watcher.take_leftover(Side::Server);
                check_leftover(&leftover, watcher.facts())?;
                watcher.secured();
                upgraded = false;
            }
            Event::Tls => return Err("the watcher saw no upgrade".to_owned()),
            Event::End(how) => watcher.interrupted(*how),
        }
    }
    watcher.interrupted(Interruption::Closed);
    Ok(watcher.facts().clone())
}

/// The events of a script in which all that one side says between its marks and the other side's words is one breath.
pub(crate) fn breaths(events: &[Event]) -> Vec<Event> {
    let mut breaths: Vec<Event> = Vec::new();
    for event in events {
        match (breaths.last_mut(), event) {
            (Some(Event::Said(last, breath)), Event::Said(side, words)) if last == side => {
                breath.extend_from_slice(words);
            }
            _ => breaths.push(event.clone()),
        }
    }
    breaths
}

/// The first `bytes` bytes of the server's, and the client's words up to there.
pub(crate) fn truncated(events: &[Event], bytes: usize, how: Interruption) -> Vec<Event> {
    let mut left = bytes;
    let mut kept = Vec::new();
    for event in events {
        match event {
            Event::Said(Side::Server, words) if words.len() > left => {
                kept.push(Event::Said(Side::Server, words[..left].to_vec()));
                break;
            }
            Event::Said(Side::Server, words) => left -= words.len(),
            _ => {}
        }
        kept.push(event.clone());
    }
    kept.retain(|event| !matches!(event, Event::End(_)));
    kept.push(Event::End(how));
    kept
}

/// Bytes that the server says.
pub(crate) fn server_bytes(events: &[Event]) -> usize {
    let length = |event: &Event| match event {
        Event::Said(Side::Server, words) => words.len(),
        _ => 0,
    };
    events.iter().map(length).sum()
}

impl Split {
    fn size(self, words: &[u8]) -> usize {
        match self {
            Self::Whole => words.len().max(1),
            Self::Bytes => 1,
        }
    }
}

fn new_prober(script: &Script) -> Prober {
    let identity = Identity {
        client_name: "probe.example.net".to_owned(),
        peer_domain: script.domain.clone(),
        contact: Some("https://probe.example.net/".to_owned()),
    };
    Prober::new(script.service, &identity)
}

fn upgrade(prober: &mut Prober, step: Step) -> Result<(), String> {
    if step != Step::Upgrade {
        return Err(format!("{step:?} where TLS starts"));
    }
    let leftover = prober.take_leftover();
    check_leftover(&leftover, prober.facts())?;
    prober.secured();
    Ok(())
}

fn check_leftover(handed_on: &[u8], facts: &Facts) -> Result<(), String> {
    match handed_on == facts.leftover {
        true => Ok(()),
        false => Err("the leftover handed on is not the leftover in the facts".to_owned()),
    }
}

fn check_words(said: &[u8], due: &[u8]) -> Result<(), String> {
    match said == due {
        true => Ok(()),
        false => Err(format!(
            "the client said\n{}\nbut the transcript has\n{}",
            String::from_utf8_lossy(said),
            String::from_utf8_lossy(due)
        )),
    }
}

/// Client's words first, then all of the server's as one, between marks.
fn at_once(events: &[Event]) -> Vec<Event> {
    let is_mark = |event: &Event| !matches!(event, Event::Said(..));
    let mut sorted = Vec::new();
    for part in events.split_inclusive(is_mark) {
        for side in [Side::Client, Side::Server] {
            let words: Vec<u8> = part
                .iter()
                .filter_map(|event| match event {
                    Event::Said(who, words) if *who == side => Some(words.as_slice()),
                    _ => None,
                })
                .collect::<Vec<_>>()
                .concat();
            sorted.push(Event::Said(side, words));
        }
        sorted.extend(part.iter().filter(|event| is_mark(event)).cloned());
    }
    sorted
}
