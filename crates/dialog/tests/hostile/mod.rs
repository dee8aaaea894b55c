//! Servers that lie on their way to TLS and behind it: a named ending each, and limits on what is heard, said and held.

mod table;

use std::fmt::Write;

use allocation_counter::measure;
use tlscensus_dialog::Facts;
use tlscensus_dialog::Identity;
use tlscensus_dialog::Interruption;
use tlscensus_dialog::Prober;
use tlscensus_dialog::Service;
use tlscensus_dialog::Step;

use crate::facts_text;

/// What a server does next, without listening.
#[derive(Clone, Copy)]
enum Does {
    /// Says this.
    Says(&'static [u8]),
    /// Says this again and again.
    Endless(&'static [u8]),
    /// Goes on inside TLS, if the client does.
    Tls,
}

/// What it does, in words, the service, and how that ends for the prober.
type Lie = (&'static str, &'static str, &'static [Does], &'static str);

/// A visit to such a server.
#[derive(Debug)]
struct Visit {
    facts: Facts,
    heard: usize,
    said: usize,
}

fn visit(service: &Service, script: &[Does]) -> Visit {
    let identity = Identity {
        client_name: "probe.example.net".to_owned(),
        peer_domain: Some("example.net".to_owned()),
        contact: None,
    };
    let mut prober = Prober::new(service, &identity);
    let (mut said, mut heard) = (Vec::new(), 0);
    let mut step = prober.poll(&mut said);
    for does in script {
        match does {
            _ if step == Step::Done => break,
            Does::Tls if step == Step::Upgrade => {
                prober.take_leftover();
                prober.secured();
                step = prober.poll(&mut said);
            }
            Does::Tls => panic!("the client does not turn to TLS"),
            Does::Says(words) => {
                prober.receive(words);
                heard += words.len();
                step = prober.poll(&mut said);
            }
            Does::Endless(words) => {
                let chunk = words.repeat(CHUNK.div_ceil(words.len()));
                while step == Step::Read && heard < PATIENCE {
                    prober.receive(&chunk);
                    heard += chunk.len();
                    step = prober.poll(&mut said);
                }
            }
        }
    }
    prober.interrupted(Interruption::Closed);
    assert_eq!(prober.poll(&mut said), Step::Done);
    Visit { facts: prober.facts().clone(), heard, said: said.len() }
}

#[test]
fn every_lie_has_its_ending() {
    let mut wrong = String::new();
    for (what, word, script, expected) in table::LIES {
        let service = Service::from_word(word).expect("a service");
        let visit = visit(service, script);
        let lines = facts_text::lines(&visit.facts);
        let ending = lines.iter().find_map(|line| line.strip_prefix("ending: "));
        let ending = ending.unwrap_or("none");
        let Visit { heard, said, .. } = visit;
        if ending != *expected || heard > MOST_HEARD || said > MOST_SAID {
            writeln!(wrong, "{word}: {what} | {ending} | {expected} | {heard} heard, {said} said")
                .expect("text");
        }
    }
    assert_eq!(wrong, "");
}

#[test]
fn no_lie_makes_us_hold_more_than_the_limit() {
    for (what, word, script, _) in table::LIES {
        let service = Service::from_word(word).expect("a service");
        let held = measure(|| drop(visit(service, script))).bytes_max;
        assert!(held <= MOST_HELD, "{word}: {what}: {held} bytes");
    }
}

/// What a driver reads at once.
const CHUNK: usize = 1 << 12;
/// Bytes from which on a prober is said to listen for ever.
const PATIENCE: usize = 4 << 20;
/// What a prober listens to, and what is read before it can say so.
const MOST_HEARD: usize = (1 << 18) + 2 * CHUNK;
const MOST_SAID: usize = 1 << 10;
/// A line of 64 KiB that grew by doubling, and what it came in.
const MOST_HELD: u64 = 1 << 18;
