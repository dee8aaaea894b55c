//! One flow, from its first byte to where nothing more of it is of interest.
//!
//! | stage | until |
//! |---|---|
//! | idle | the first byte: nothing is allocated |
//! | probing | a [verdict](crate::detect), which at most some first bytes of each side are held for |
//! | listening | the dialogue is over, or TLS established or broken |
//! | not ours | – |

use std::net::SocketAddr;

use tlscensus_dialog::Facts;
use tlscensus_flows::Appetite;
use tlscensus_flows::End;
use tlscensus_flows::Listener;
use tlscensus_flows::Opened;
use tlscensus_flows::Sender;
use tlscensus_flows::Summary;
use tlscensus_flows::Time;

use crate::behind::Behind;
use crate::detect;
use crate::detect::Evidence;
use crate::detect::First;
use crate::detect::Verdict;
use crate::findings::Findings;
use crate::findings::Foreign;
use crate::findings::Ours;
use crate::findings::Spoken;
use crate::findings::Stopped;
use crate::listening::Listening;
use crate::names::MAX_PROBE;
use crate::redact::Redactor;
use crate::speech;
use crate::speech::Via;

/// Hears one flow and finds out what it speaks.
///
/// A [`Listener`]; at the end of the flow, or once it had enough, [`findings`](Self::findings) has all that was found out.
pub struct Dissector {
    opener: SocketAddr,
    responder: SocketAddr,
    midstream: bool,
    /// Bytes of either direction are not in the capture.
    is_holed: bool,
    stage: Stage,
}

enum Stage {
    Idle,
    Probing(Box<Probe>),
    Listening(Box<Listening>),
    NotOurs(Foreign),
}

#[derive(Default)]
struct Probe {
    opener: First,
    responder: First,
    /// In which order: who was heard behind what is missing shows what that was.
    log: Vec<Told>,
}

/// One entry of the log. Flat, as millions of flows may wait with some.
#[derive(Clone, Copy, Debug)]
struct Told {
    sender: Sender,
    what: What,
    /// Bytes.
    count: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    Heard,
    Missed,
    Finished,
}

impl Dissector {
    /// For a flow that begins.
    pub fn new(opened: &Opened) -> Self {
        Self {
            opener: opened.opener,
            responder: opened.responder,
            midstream: opened.midstream,
            is_holed: false,
            stage: Stage::Idle,
        }
    }

    /// What was found out; the flow is at its end, or nothing more of it is of interest.
    pub fn findings(mut self, summary: &Summary) -> Findings {
        if let Stage::Probing(probe) = &self.stage
            && let Some(verdict) = self.decide(probe, true)
        {
            self.follow(verdict);
        }
        match std::mem::replace(&mut self.stage, Stage::Idle) {
            Stage::Idle | Stage::Probing(_) => Findings::NotOurs(Foreign::Nothing),
            Stage::NotOurs(foreign) => Findings::NotOurs(foreign),
            Stage::Listening(mut listening) => {
                listening.close(summary, self.is_holed || self.midstream);
                Findings::Ours(Box::new(self.ours(&mut listening, summary.end)))
            }
        }
    }

    fn ours(&self, listening: &mut Listening, end: End) -> Ours {
        let flipped = listening.client == Sender::Responder;
        let (client, server) = match listening.client {
            Sender::Opener => (self.opener, self.responder),
            Sender::Responder => (self.responder, self.opener),
        };
        let mut facts = listening.take_facts();
        let via = match listening.via {
            Via::Smtp if is_lmtp(&facts) => Via::Lmtp,
            via => via,
        };
        let plaintext_behind = listening.behind.as_ref().map(Behind::plaintext).unwrap_or_default();
        let names = std::mem::take(&mut listening.names).finish();
        let redactor = Redactor { via, address: client.ip(), names };
        redactor.facts(&mut facts, plaintext_behind.server);
        let (protocol, off_port) = speech::name(via, server.port());
        let go_ahead = listening.go_ahead(&facts);
        let tls = listening.behind.take().and_then(Behind::into_tls);
        Ours {
            spoken: Spoken { protocol, via, detected_by: listening.by, off_port, flipped },
            plaintext_auth: facts.plaintext_auth.iter().cloned().collect(),
            facts,
            go_ahead,
            plaintext_behind,
            tls_before_go_ahead: listening.tls_before_go_ahead,
            tls,
            stopped: listening.stopped.unwrap_or(Stopped::Flow(end)),
        }
    }

    fn decide(&self, probe: &Probe, last: bool) -> Option<Verdict> {
        detect::decide(&Evidence {
            opener: &probe.opener,
            responder: &probe.responder,
            opener_port: self.opener.port(),
            responder_port: self.responder.port(),
            midstream: self.midstream,
            last,
        })
    }

    /// Acts on a verdict: what was held is heard now.
    fn follow(&mut self, verdict: Verdict) {
        let mut probe = match std::mem::replace(&mut self.stage, Stage::Idle) {
            Stage::Probing(probe) => probe,
            _ => Box::default(),
        };
        let (via, client, by) = match verdict {
            Verdict::NotOurs(foreign) => {
                self.stage = Stage::NotOurs(foreign);
                return;
            }
            Verdict::Ours { via, client, by } => (via, client, by),
        };
        let mut listening = Box::new(Listening::new(via, client, by));
        let server = match client {
            Sender::Opener => &probe.responder,
            Sender::Responder => &probe.opener,
        };
        if self.midstream {
            listening.miss(client, 0);
        }
        if self.midstream || server.lacks_greeting(via) {
            listening.miss(client.other(), 0);
        }
        probe.replay(client, &mut listening);
        self.stage = Stage::Listening(listening);
    }

    fn probe(&mut self, told: Told, bytes: &[u8]) {
        if let Stage::Idle = self.stage {
            self.stage = Stage::Probing(Box::default());
        }
        if let Stage::Probing(probe) = &mut self.stage {
            probe.tell(told, bytes);
        }
        if let Stage::Probing(probe) = &self.stage
            && let Some(verdict) = self.decide(probe, probe.log.len() >= MAX_LOG)
        {
            self.follow(verdict);
        }
    }

    fn appetite(&self) -> Appetite {
        match &self.stage {
            Stage::Idle | Stage::Probing(_) => Appetite::More,
            Stage::Listening(listening) if listening.stopped.is_none() => Appetite::More,
            Stage::Listening(_) | Stage::NotOurs(_) => Appetite::Enough,
        }
    }
}

impl Listener for Dissector {
    fn hear(&mut self, from: Sender, _at: Time, bytes: &[u8]) -> Appetite {
        if !bytes.is_empty() {
            match &mut self.stage {
                Stage::Listening(listening) => listening.hear(from, bytes),
                Stage::NotOurs(_) => {}
                Stage::Idle | Stage::Probing(_) => self.probe(Told::heard(from, bytes), bytes),
            }
        }
        self.appetite()
    }

    fn miss(&mut self, from: Sender, _at: Time, bytes: u64) -> Appetite {
        self.is_holed = true;
        match &mut self.stage {
            Stage::Listening(listening) => listening.miss(from, bytes),
            Stage::NotOurs(_) => {}
            Stage::Idle | Stage::Probing(_) => {
                self.probe(Told { sender: from, what: What::Missed, count: bytes }, b"");
            }
        }
        self.appetite()
    }

    fn finish(&mut self, from: Sender, _at: Time) -> Appetite {
        match &mut self.stage {
            Stage::Listening(listening) => listening.finish(from),
            Stage::Probing(_) => {
                self.probe(Told { sender: from, what: What::Finished, count: 0 }, b"");
            }
            Stage::Idle | Stage::NotOurs(_) => {}
        }
        self.appetite()
    }
}

impl Told {
    fn heard(sender: Sender, bytes: &[u8]) -> Self {
        let count = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        Self { sender, what: What::Heard, count }
    }
}

impl Probe {
    fn tell(&mut self, told: Told, bytes: &[u8]) {
        let side = self.side(told.sender);
        match told.what {
            What::Heard => side.hear(bytes),
            What::Missed => side.miss(told.count),
            What::Finished => side.finish(),
        }
        let is_more = |last: &&mut Told| {
            (last.sender, last.what) == (told.sender, told.what) && told.what != What::Finished
        };
        match self.log.last_mut().filter(is_more) {
            Some(last) => last.count = last.count.saturating_add(told.count),
            None => self.log.push(told),
        }
    }

    /// In the order in which it was told; of TLS the client first, whoever was captured first.
    fn replay(&mut self, client: Sender, listening: &mut Listening) {
        if listening.watcher.is_none() {
            self.log.sort_by_key(|told| told.sender != client);
        }
        let (mut opener, mut responder) = (self.opener.bytes(), self.responder.bytes());
        for Told { sender, what, count } in self.log.iter().copied() {
            let rest = match sender {
                Sender::Opener => &mut opener,
                Sender::Responder => &mut responder,
            };
            match what {
                What::Heard => {
                    let length = usize::try_from(count).unwrap_or(usize::MAX);
                    let (bytes, behind) = rest.split_at_checked(length).unwrap_or((rest, b""));
                    *rest = behind;
                    listening.hear(sender, bytes);
                }
                What::Missed => listening.miss(sender, count),
                What::Finished => listening.finish(sender),
            }
        }
    }

    const fn side(&mut self, sender: Sender) -> &mut First {
        match sender {
            Sender::Opener => &mut self.opener,
            Sender::Responder => &mut self.responder,
        }
    }
}

/// LMTP by its client's greeting, or, where no client is heard, by the server's.
fn is_lmtp(facts: &Facts) -> bool {
    let greeting = facts.greeting.as_deref().unwrap_or_default();
    let named = greeting.windows(4).any(|window| window.eq_ignore_ascii_case(b"LMTP"));
    facts.lmtp || named
}

/// Entries of a log behind which nothing more is waited for: as many as there can be without holes.
const MAX_LOG: usize = 2 * MAX_PROBE;
