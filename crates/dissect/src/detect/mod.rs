//! What a flow speaks, by the first bytes of both sides, on any port.
//!
//! Each side's bytes are read twice: as a client's and as a server's, and give [votes](Votes). A verdict waits until both
//! sides have said enough, or one has said so much that the other is not to be waited for; then
//!
//! 1. a ClientHello is TLS, whatever the other side says;
//! 2. a server that is surely of a protocol is of that, whatever its client says;
//! 3. what is surely a client's of a protocol is believed unless the server is surely another's;
//! 4. where both sides may be of one protocol only, it is that;
//! 5. what is left is decided by the server's port, or is not ours.

mod binary;
mod client;
mod piece;
mod server;
mod votes;
mod words;
mod xmpp;

use std::cell::OnceCell;

use tlscensus_flows::Sender;

use crate::findings::DetectedBy;
use crate::findings::Foreign;
use crate::names::MAX_PROBE;
use crate::speech;
use crate::speech::Via;
use crate::tls;
use crate::tls::Guess;
use votes::Votes;
use votes::Weight;

/// What a flow speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Ours { via: Via, client: Sender, by: DetectedBy },
    NotOurs(Foreign),
}

/// One side's first bytes.
#[derive(Clone, Debug, Default)]
pub(crate) struct First {
    /// All that was heard, what is missing left out.
    bytes: Vec<u8>,
    holes: Vec<Hole>,
    /// Nothing more comes.
    finished: bool,
    /// How they read, until something is added, unless it is the last time: the other side's words do not change it.
    reading: OnceCell<Heard>,
}

/// Bytes that are missing, before the one at this place.
#[derive(Clone, Copy, Debug)]
struct Hole {
    at: usize,
    missed: u64,
}

impl First {
    /// Takes more bytes.
    pub(crate) fn hear(&mut self, bytes: &[u8]) {
        self.reading.take();
        self.bytes.extend_from_slice(bytes);
    }

    /// Bytes are missing here.
    pub(crate) fn miss(&mut self, bytes: u64) {
        self.reading.take();
        let at = self.bytes.len();
        match self.holes.last_mut().filter(|hole| hole.at == at) {
            Some(hole) => hole.missed = hole.missed.saturating_add(bytes),
            None => self.holes.push(Hole { at, missed: bytes }),
        }
    }

    /// Nothing more comes.
    pub(crate) fn finish(&mut self) {
        self.reading.take();
        self.finished = true;
    }

    /// All that was heard, what is missing left out.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// A server's first words, and none that begin a conversation of this kind: what came before is not in the capture.
    pub(crate) fn lacks_greeting(&self, via: Via) -> bool {
        let first = self.pieces().next().unwrap_or_default();
        match via {
            Via::Smtp | Via::Lmtp => first.starts_with(b"250"),
            Via::Imap => words::starts_with(first, b"* CAPABILITY"),
            Via::Direct | Via::Irc | Via::Pop3 | Via::XmppC2s | Via::XmppS2s => false,
        }
    }

    /// The bytes between holes, none of them empty.
    fn pieces(&self) -> impl Iterator<Item = &[u8]> {
        let places = self.holes.iter().map(|hole| hole.at);
        let starts = std::iter::once(0).chain(places.clone());
        let ends = places.chain(std::iter::once(self.bytes.len()));
        let pieces = starts.zip(ends).filter_map(|(start, end)| self.bytes.get(start..end));
        pieces.filter(|piece| !piece.is_empty())
    }

    fn is_full(&self) -> bool {
        self.bytes.len() >= MAX_PROBE || self.holes.len() >= MAX_HOLES
    }

    /// Its beginning is there, and no byte of it is missing.
    fn is_whole(&self, midstream: bool) -> bool {
        !midstream && self.holes.iter().all(|hole| hole.missed == 0)
    }
}

/// Two sides, and what is known of them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Evidence<'a> {
    pub(crate) opener: &'a First,
    pub(crate) responder: &'a First,
    pub(crate) opener_port: u16,
    pub(crate) responder_port: u16,
    /// The beginning of the flow is not in the capture.
    pub(crate) midstream: bool,
    /// Nothing more is to be waited for.
    pub(crate) last: bool,
}

/// How a side's bytes are to be read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct View {
    /// They are the very first of the side.
    pub(crate) whole: bool,
    /// Nothing more comes that would make the last line whole.
    pub(crate) last: bool,
}

/// What one side says in either role.
#[derive(Clone, Copy, Debug)]
struct Heard {
    tls: Guess,
    as_client: Votes,
    as_server: Votes,
    /// None of its first bytes is missing.
    whole: bool,
    /// It has said something.
    spoke: bool,
    /// Nothing it could still say is worth waiting for.
    settled: bool,
}

/// The verdict; `None`: more has to be heard.
pub(crate) fn decide(evidence: &Evidence<'_>) -> Option<Verdict> {
    let opener = read(evidence.opener, evidence);
    let responder = read(evidence.responder, evidence);
    let impatient = evidence.last || evidence.opener.is_full() || evidence.responder.is_full();
    let ready = |heard: &Heard| heard.spoke && heard.settled || impatient;
    if !ready(&opener) || !ready(&responder) {
        return None;
    }
    if let Some(verdict) = as_tls(&opener, &responder) {
        return Some(verdict);
    }
    let settled = opener.settled && responder.settled || impatient;
    let straight = Pair { client: &opener, server: &responder, who: Sender::Opener };
    let flipped = Pair { client: &responder, server: &opener, who: Sender::Responder };
    // XMPP's two sides look alike: of equals, who opened is the client.
    let best = [straight.best(), flipped.best()].into_iter().flatten().reduce(better);
    // What the sides turn out to be in the other roles counts as well, however late they say it.
    let may_be_outdone = |found: &Found| !impatient && found.may_be_outdone(&straight, &flipped);
    match best {
        Some(found) if found.is_enough() => {
            return (!may_be_outdone(&found)).then(|| found.verdict());
        }
        _ if !settled => return None,
        _ => {}
    }
    let by_port = by_port(&straight, evidence.responder_port)
        .or_else(|| by_port(&flipped, evidence.opener_port));
    // Each of these readings may yet name what is not ours; the other way round only what has no lines is looked for, which
    // only very first bytes show.
    let waits = (opener.as_client.open || responder.as_server.open)
        || (opener.whole && opener.as_server.open)
        || (responder.whole && responder.as_client.open);
    let waits = waits && !impatient;
    match by_port {
        Some(found) if may_be_outdone(&found) => None,
        Some(found) => Some(found.verdict_by(DetectedBy::Port)),
        None if waits => None,
        None => Some(Verdict::NotOurs(foreign(&opener, &responder, best.is_some()))),
    }
}

fn read(first: &First, evidence: &Evidence<'_>) -> Heard {
    if evidence.last {
        return read_anew(first, evidence);
    }
    *first.reading.get_or_init(|| read_anew(first, evidence))
}

fn read_anew(first: &First, evidence: &Evidence<'_>) -> Heard {
    let is_last = evidence.last || first.finished || first.is_full();
    let view = View { whole: first.is_whole(evidence.midstream), last: is_last };
    let mut heard = Heard {
        tls: Guess::No,
        as_client: Votes::default(),
        as_server: Votes::default(),
        whole: view.whole,
        spoke: false,
        settled: false,
    };
    let (mut room, mut undecided) = (MAX_PROBE, false);
    for piece in first.pieces() {
        // No more than in any other split would have been looked at.
        let piece = piece.get(..room).unwrap_or(piece);
        room -= piece.len();
        let guess = tls::looks_like_tls(piece);
        if !heard.spoke || heard.tls == Guess::No {
            heard.tls = guess;
        }
        heard.spoke = true;
        if guess == Guess::No {
            let read = piece::read(piece, view);
            undecided |= read.undecided;
            heard.as_client.add(read.as_client);
            heard.as_server.add(read.as_server);
        }
    }
    heard.settled = is_last
        || match heard.tls {
            Guess::Client | Guess::Server | Guess::Either => true,
            Guess::Unsure => false,
            Guess::No => !undecided && (!heard.as_client.open || !heard.as_server.open),
        };
    heard
}

/// A hello of either side is enough; a server's records alone only where the other side says nothing else that is known.
fn as_tls(opener: &Heard, responder: &Heard) -> Option<Verdict> {
    // TLS behind a hole may be behind a dialogue, of which the other side has the words.
    let behind = |tls: &Heard, words: &Heard| !tls.whole && words.is_likely_ours();
    let hello = |guess: Guess| matches!(guess, Guess::Client | Guess::Server);
    if hello(opener.tls) && behind(opener, responder)
        || hello(responder.tls) && behind(responder, opener)
    {
        return None;
    }
    let client = match (opener.tls, responder.tls) {
        (Guess::Client, _) => Sender::Opener,
        (_, Guess::Client) => Sender::Responder,
        (_, Guess::Server) if !opener.is_known() => Sender::Opener,
        (Guess::Server, _) if !responder.is_known() => Sender::Responder,
        // Of what either side may send, the opener is taken for the client.
        (Guess::Either, Guess::Either) => Sender::Opener,
        (Guess::Either, _) if !responder.is_known() => Sender::Opener,
        (_, Guess::Either) if !opener.is_known() => Sender::Opener,
        _ => return None,
    };
    let (as_client, as_server) = match client {
        Sender::Opener => (opener.tls, responder.tls),
        Sender::Responder => (responder.tls, opener.tls),
    };
    let by = match (as_client.is_tls(), as_server.is_tls()) {
        (true, true) => DetectedBy::Both,
        (true, false) => DetectedBy::Client,
        (false, _) => DetectedBy::Server,
    };
    Some(Verdict::Ours { via: Via::Direct, client, by })
}

/// The sides in one distribution of roles.
struct Pair<'a> {
    client: &'a Heard,
    server: &'a Heard,
    who: Sender,
}

/// A protocol that a pair may speak.
#[derive(Clone, Copy)]
struct Found {
    via: Via,
    client: Option<Weight>,
    server: Option<Weight>,
    who: Sender,
    /// No other protocol has as much for it.
    alone: bool,
}

/// How much speaks for a protocol in one distribution of roles.
type Rank = (bool, bool, Option<Weight>, Option<Weight>);

/// The server counts more than the client, and certainty more than both.
fn rank(server: Option<Weight>, client: Option<Weight>) -> Rank {
    let sure = Some(Weight::Sure);
    (server == sure, client == sure, server, client)
}

impl Pair<'_> {
    /// No protocol has more for it, whatever the sides still say.
    fn rank_at_most(&self) -> Rank {
        // Behind a hole, or in the middle, lines that nobody knows say nothing of a role.
        let at_most = |heard: &Heard, votes: &Votes| {
            let may_grow = votes.open && (heard.whole || !votes.ours.is_empty());
            if may_grow { Some(Weight::Sure) } else { votes.ours.best() }
        };
        let server = at_most(self.server, &self.server.as_server);
        rank(server, at_most(self.client, &self.client.as_client))
    }

    /// The protocol for which most speaks.
    fn best(&self) -> Option<Found> {
        let vias = self.client.as_client.ours.either(&self.server.as_server.ours);
        let mut best: Option<Found> = None;
        for found in vias.filter_map(|via| self.find(via)) {
            best = Some(match best {
                Some(best) if best.rank() > found.rank() => best,
                Some(best) if best.rank() == found.rank() => Found { alone: false, ..best },
                _ => found,
            });
        }
        best
    }

    fn find(&self, via: Via) -> Option<Found> {
        let client = self.client.as_client.weight(via);
        let server = self.server.as_server.weight(via);
        let against = |heard: &Heard, votes: &Votes, weight: Option<Weight>| {
            heard.spoke && weight.is_none() && (votes.foreign.is_some() || !votes.ours.is_empty())
        };
        // A server surely of a protocol is of that; a client's word stands unless the server contradicts.
        let contradicted = match (client, server) {
            (_, Some(Weight::Sure)) => false,
            (Some(Weight::Sure), _) => {
                against(self.server, &self.server.as_server, server)
                    && self.server.as_server.foreign != Some(Foreign::Unknown)
            }
            _ => {
                against(self.server, &self.server.as_server, server)
                    || against(self.client, &self.client.as_client, client)
            }
        };
        let any = client.is_some() || server.is_some();
        (any && !contradicted).then_some(Found { via, client, server, who: self.who, alone: true })
    }
}

impl Found {
    fn rank(&self) -> Rank {
        rank(self.server, self.client)
    }

    fn is_enough(&self) -> bool {
        let sure = [self.server, self.client].contains(&Some(Weight::Sure));
        let both = self.client >= Some(Weight::Likely) && self.server >= Some(Weight::Likely);
        self.alone && (sure || both)
    }

    /// Whether the sides in the other roles may come to have as much for them as counts more than this.
    fn may_be_outdone(&self, straight: &Pair<'_>, flipped: &Pair<'_>) -> bool {
        match self.who {
            Sender::Opener => flipped.rank_at_most() > self.rank(),
            // Of equals, who opened is the client.
            Sender::Responder => straight.rank_at_most() >= self.rank(),
        }
    }

    fn verdict(&self) -> Verdict {
        let by = match (self.client, self.server) {
            (Some(Weight::Sure), None) | (Some(Weight::Sure), Some(Weight::Possible)) => {
                DetectedBy::Client
            }
            (None, _) | (Some(Weight::Possible), Some(Weight::Sure)) => DetectedBy::Server,
            _ => DetectedBy::Both,
        };
        self.verdict_by(by)
    }

    fn verdict_by(&self, by: DetectedBy) -> Verdict {
        Verdict::Ours { via: self.via, client: self.who, by }
    }
}

/// Of equals the first.
fn better(one: Found, other: Found) -> Found {
    if other.rank() > one.rank() { other } else { one }
}

fn by_port(pair: &Pair<'_>, port: u16) -> Option<Found> {
    let via = match speech::expected(port)? {
        Via::Lmtp => Via::Smtp,
        via => via,
    };
    let found = pair.find(via)?;
    // Of words that many protocols have, and of nothing else, nothing follows.
    let likely = found.client.max(found.server) >= Some(Weight::Likely);
    likely.then_some(found)
}

fn foreign(opener: &Heard, responder: &Heard, ambiguous: bool) -> Foreign {
    if !opener.spoke && !responder.spoke {
        return Foreign::Nothing;
    }
    let votes = [&responder.as_server, &opener.as_client, &opener.as_server, &responder.as_client];
    let named = votes.iter().filter_map(|votes| votes.foreign);
    named.clone().find(|foreign| *foreign != Foreign::Unknown).unwrap_or(match ambiguous {
        true => Foreign::Ambiguous,
        false => Foreign::Unknown,
    })
}

impl Heard {
    /// Its words are some protocol's that we know.
    fn is_known(&self) -> bool {
        let foreign = |votes: &Votes| votes.foreign.is_some_and(|name| name != Foreign::Unknown);
        foreign(&self.as_client) || foreign(&self.as_server)
    }
}

impl Heard {
    /// Its words may well be a protocol's of ours.
    fn is_likely_ours(&self) -> bool {
        self.as_client.ours.best().max(self.as_server.ours.best()) >= Some(Weight::Likely)
    }
}

/// Holes of one side after which nothing more is waited for: a flow with so many at its beginning shows nothing.
const MAX_HOLES: usize = 8;
