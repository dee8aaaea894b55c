//! All that happens to one endpoint: its address, leave to touch it, connections, one row.

use std::net::IpAddr;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use std::time::SystemTime;

use tokio::time::Instant;

use tlscensus_dialog::Identity;
use tlscensus_dialog::Interruption;
use tlscensus_records::Attempt;
use tlscensus_records::Outcome;
use tlscensus_records::Phase;
use tlscensus_records::ProbeRow;
use tlscensus_records::Timestamp;
use tlscensus_tls_client::KeyShares;
use tlscensus_tls_client::Profile;
use tlscensus_tls_client::enumerate::Enumeration;
use tlscensus_tls_wire::observer::Observer;

use crate::Endpoint;
use crate::Plan;
use crate::Probed;
use crate::Progress;
use crate::Stop;
use crate::again::Again;
use crate::ask::Ask;
use crate::ask::Reach;
use crate::capabilities;
use crate::connect::connect;
use crate::conversation::Conversation;
use crate::conversation::Offer;
use crate::conversation::Opening;
use crate::drive::Bounds;
use crate::drive::Machine;
use crate::drive::Meter;
use crate::drive::drive;
use crate::enumerate::begin;
use crate::intrusive;
use crate::intrusive::Known;
use crate::intrusive::Standing;
use crate::ladder::Hello;
use crate::pace::Leave;
use crate::pace::Pace;
use crate::plan::Sni;
use crate::resolve::Names;

/// What all endpoints of a run share.
pub(crate) struct Shared {
    pub(crate) plan: Arc<Plan>,
    pub(crate) progress: Arc<Progress>,
    pub(crate) stop: Stop,
    pub(crate) names: Names,
    pub(crate) pace: Pace,
    /// One set for the whole run: what they would protect is thrown away unread.
    pub(crate) keys: KeyShares,
}

impl Shared {
    /// Waits for this, unless the run is stopped: then `None`, even where both came at once.
    pub(crate) async fn unless_stopped<F: Future>(&self, future: F) -> Option<F::Output> {
        tokio::select! {
            biased;
            () = self.stop.requested() => None,
            output = future => Some(output),
        }
    }

    /// Why this address is left alone; `None`: it is not. Asked right before each connection, since the list may have been
    /// replaced while we waited for our turn.
    pub(crate) fn blocked(&self, addr: IpAddr) -> Option<String> {
        self.plan.blocklist.now().check(addr).map(ToString::to_string)
    }
}

/// Probes one endpoint. `None`: the run was stopped before all was asked, and whoever goes on with it asks again.
pub(crate) async fn work(shared: &Shared, endpoint: &Endpoint) -> Option<Probed> {
    let mut begun = Begun { at: now(), start: Instant::now(), addr: None, resolve: None };
    let (later, probed) = match permitted_address(shared, endpoint, &mut begun).await? {
        Ok(addr) => {
            let addr = SocketAddr::new(addr, endpoint.port);
            let mut visit = Visit::new(shared, endpoint, addr, begun.start);
            visit.make_attempts().await?;
            let later = visit.later();
            let mut row = begun.row(shared, endpoint);
            let chain = visit.into_row(&mut row);
            (later, Probed { row, chain, capabilities: Vec::new() })
        }
        Err(untouched) => {
            let mut row = begun.row(shared, endpoint);
            row.conclude_without_attempt(untouched.phase, untouched.outcome, untouched.detail);
            row.duration_us = micros(begun.start.elapsed());
            (None, Probed { row, chain: Vec::new(), capabilities: Vec::new() })
        }
    };
    if shared.plan.enumerating.is_none() && shared.plan.intrusive.is_none() {
        return Some(probed);
    }
    // Boxed: only few runs ask more, and every endpoint in flight has room for it.
    Box::pin(ask_more(shared, endpoint, later, probed)).await
}

/// How an endpoint is met again, and what is known of it.
struct Later<'a> {
    again: Again<'a>,
    known: Known,
    /// At its start; `None`: the plan has none.
    enumeration: Option<Box<Enumeration>>,
}

/// What a plan asks beside what every row has, a connection per question; `None`: the run was stopped before the last.
async fn ask_more(
    shared: &Shared,
    endpoint: &Endpoint,
    later: Option<Later<'_>>,
    mut probed: Probed,
) -> Option<Probed> {
    let (again, enumeration) = match later {
        Some(Later { again, known, enumeration }) => (Some((again, known)), enumeration),
        None => (None, None),
    };
    if let (Some(how), Some((again, _)), Some(enumeration)) =
        (&shared.plan.enumerating, &again, enumeration)
    {
        let findings = again.enumerate(how, enumeration).await?;
        probed.capabilities = capabilities::rows(&probed.row, &findings);
        probed.chain.extend(findings.facts.chains.into_iter().flat_map(|(_, chain)| chain));
    }
    if let Some(how) = &shared.plan.intrusive {
        let addr = probed.row.addr.as_ref().and_then(|addr| addr.parse().ok());
        let agreed = addr.is_none_or(|addr| how.consent.covers(endpoint.target(), addr));
        let standing = match again {
            _ if !agreed => Standing::NoConsent,
            Some((again, known)) => Standing::Open(again, known),
            None => Standing::NotReached,
        };
        let rows = intrusive::ask(how, endpoint, standing, &probed.row).await?;
        probed.capabilities.extend(rows);
    }
    Some(probed)
}

/// What is known before the first connection. The row itself is large, and made at the end only.
struct Begun {
    at: Timestamp,
    start: Instant,
    addr: Option<IpAddr>,
    resolve: Option<Duration>,
}

impl Begun {
    fn row(&self, shared: &Shared, endpoint: &Endpoint) -> ProbeRow {
        let target = endpoint.target();
        let run_id = &shared.plan.run_id;
        let mut row = ProbeRow::new(run_id, &target.text, endpoint.service, endpoint.port);
        row.started_at = self.at;
        row.name.clone_from(&target.name);
        row.addr = self.addr.map(|addr| addr.to_string());
        if let Some((prefix, origin)) = self.addr.and_then(|addr| shared.plan.routes.of(addr)) {
            row.prefix = Some(prefix.to_string());
            row.origin_as = origin;
        }
        row.resolve_us = self.resolve.map(micros);
        row
    }
}

/// Why no connection was tried.
struct Untouched {
    phase: Phase,
    outcome: Outcome,
    detail: Option<String>,
}

/// The address, once it is known, allowed, and its turn; `None` if the run is stopped meanwhile.
async fn permitted_address(
    shared: &Shared,
    endpoint: &Endpoint,
    begun: &mut Begun,
) -> Option<Result<IpAddr, Untouched>> {
    let addr = match resolved_address(shared, endpoint, begun).await {
        Ok(addr) => addr,
        Err(untouched) => return Some(Err(untouched)),
    };
    begun.addr = Some(addr);
    let permit = |outcome, detail| Untouched { phase: Phase::Permit, outcome, detail };
    // First of all, so that who is left alone costs nobody a turn.
    if let Some(entry) = shared.blocked(addr) {
        return Some(Err(permit(Outcome::Blocked, Some(entry))));
    }
    let latest = Instant::now() + shared.plan.longest_hold;
    Some(match shared.unless_stopped(shared.pace.turn(addr, latest)).await? {
        Leave::Granted => match shared.blocked(addr) {
            None => Ok(addr),
            Some(entry) => Err(permit(Outcome::Blocked, Some(entry))),
        },
        Leave::Held => Err(permit(Outcome::RateHeld, None)),
        Leave::Spent => Err(permit(Outcome::OverBudget, None)),
    })
}

async fn resolved_address(
    shared: &Shared,
    endpoint: &Endpoint,
    begun: &mut Begun,
) -> Result<IpAddr, Untouched> {
    let target = endpoint.target();
    if let Some(addr) = target.addr {
        return Ok(addr);
    }
    let name = target.name.as_deref().unwrap_or_default();
    let lookup = || shared.names.lookup(name);
    let resolution = endpoint.asked.resolution.get_or_init(lookup).await;
    begun.resolve = Some(resolution.took);
    resolution.result.clone().map_err(|unresolved| Untouched {
        phase: Phase::Resolve,
        outcome: unresolved.outcome,
        detail: (!unresolved.detail.is_empty()).then_some(unresolved.detail),
    })
}

/// The connections to one endpoint.
struct Visit<'a> {
    shared: &'a Shared,
    endpoint: &'a Endpoint,
    addr: SocketAddr,
    start: Instant,
    deadline: Instant,
    attempts: Vec<Attempt>,
    /// The one that counts: how far it came, its place, and what it found.
    counted: Option<(Reach, usize, Found)>,
    ended: Instant,
}

/// What one connection found out.
struct Found {
    /// `None`: there was no connection.
    conversation: Option<Conversation>,
    meter: Meter,
    /// The domain asked for (XMPP).
    peer_domain: Option<String>,
}

impl<'a> Visit<'a> {
    fn new(shared: &'a Shared, endpoint: &'a Endpoint, addr: SocketAddr, start: Instant) -> Self {
        let now = Instant::now();
        Self {
            shared,
            endpoint,
            addr,
            start,
            deadline: now + shared.plan.timeouts.total,
            attempts: Vec::new(),
            counted: None,
            ended: now,
        }
    }

    /// `None`: the run was stopped while there was more to ask.
    async fn make_attempts(&mut self) -> Option<()> {
        let plan = &self.shared.plan;
        let name = self.endpoint.target().name.clone();
        let mut next = Some(Ask { rung: 0, peer_domain: name });
        while let Some(ask) = next.take() {
            let found = self.attempt(&ask).await;
            let last = self.attempts.len() - 1;
            if let Some(attempt) = self.attempts.get(last) {
                let conversation = found.conversation.as_ref();
                next = ask.after(plan, self.endpoint.service, attempt, conversation);
                let reach = Reach::of(attempt, conversation);
                if self.counted.as_ref().is_none_or(|(counted, ..)| *counted < reach) {
                    self.counted = Some((reach, last, found));
                }
            }
            let enough = self.attempts.len() >= plan.max_attempts
                || self.bytes_left() == 0
                || Instant::now() >= self.deadline;
            if enough || next.is_none() {
                break;
            }
            let outcome = match turn_again(self.shared, self.addr, self.deadline).await? {
                Leave::Granted if self.shared.blocked(self.addr.ip()).is_none() => continue,
                Leave::Granted => Outcome::Blocked,
                Leave::Held => Outcome::RateHeld,
                Leave::Spent => Outcome::OverBudget,
            };
            if let Some(ask) = &next {
                self.note_unasked(ask, outcome);
            }
            break;
        }
        Some(())
    }

    /// A rung that our own limits did not let us take: without it, a row would seem to say that the server was asked.
    fn note_unasked(&mut self, ask: &Ask, outcome: Outcome) {
        self.attempts.push(Attempt {
            profile: self.hello(ask).map_or_else(String::new, |hello| hello.name().to_owned()),
            phase: Phase::Permit,
            outcome,
            started_us: micros(Instant::now() - self.start),
            ..Attempt::default()
        });
    }

    fn bytes_left(&self) -> u64 {
        let used = self.attempts.iter().map(|attempt| attempt.bytes_in).sum();
        self.shared.plan.byte_budget.saturating_sub(used)
    }

    async fn attempt(&mut self, ask: &Ask) -> Found {
        let began = Instant::now();
        let offer = self.offer(ask);
        let mut attempt = Attempt {
            profile: self.hello(ask).map_or_else(String::new, |hello| hello.name().to_owned()),
            sni: offer.as_ref().and_then(|offer| offer.server_name.clone()),
            started_us: micros(began - self.start),
            ..Attempt::default()
        };
        let mut meter = Meter::default();
        let conversation = self.connection(ask, offer, &mut attempt, &mut meter).await;
        self.ended = meter.learnt_at.unwrap_or_else(Instant::now);
        attempt.duration_us = micros(self.ended - began);
        attempt.bytes_in = meter.bytes_in;
        attempt.bytes_out = meter.bytes_out;
        self.attempts.push(attempt);
        Found { conversation, meter, peer_domain: ask.peer_domain.clone() }
    }

    /// One connection from beginning to end; notes in `attempt` how it ended.
    async fn connection(
        &mut self,
        ask: &Ask,
        offer: Option<Offer>,
        attempt: &mut Attempt,
        meter: &mut Meter,
    ) -> Option<Conversation> {
        let Shared { plan, progress, .. } = self.shared;
        progress.connection();
        let began = Instant::now();
        let patience = plan.timeouts.connect.min(self.deadline.saturating_duration_since(began));
        let (connected, lost) = connect(self.addr, patience, progress).await;
        self.deadline += lost;
        meter.add(Phase::Connect, began.elapsed().saturating_sub(lost));
        let stream = match connected {
            Ok(stream) => Some(stream),
            // Linux says ECONNREFUSED to a RST in answer to our SYN: this one came behind the handshake.
            Err(unconnected) if unconnected.outcome == Outcome::Reset => None,
            Err(unconnected) => {
                attempt.phase = Phase::Connect;
                attempt.outcome = unconnected.outcome;
                attempt.detail = unconnected.detail;
                return None;
            }
        };
        let Some(offer) = offer else {
            attempt.phase = Phase::Connect;
            attempt.outcome = Outcome::Connected;
            return None;
        };
        let identity = Identity { peer_domain: ask.peer_domain.clone(), ..plan.identity.clone() };
        let mut conversation = Conversation::new(self.endpoint.service, &identity, offer);
        let bounds =
            Bounds { deadline: self.deadline, timeouts: &plan.timeouts, bytes: self.bytes_left() };
        match stream {
            Some(mut stream) => drive(&mut stream, &mut conversation, &bounds, meter).await,
            None => {
                conversation.poll(&mut Vec::new());
                conversation.interrupted(Interruption::Reset);
            }
        }
        (attempt.phase, attempt.outcome, attempt.detail) = conversation.end();
        Some(conversation)
    }

    /// `None`: the plan has no offer, so that only the TCP handshake is asked for.
    fn offer(&self, ask: &Ask) -> Option<Offer> {
        let hello = self.hello(ask)?;
        let server_name = match self.shared.plan.sni {
            Sni::ByName if hello.can_name_the_server() => self.endpoint.target().name.clone(),
            Sni::ByName | Sni::Never => None,
        };
        Some(Offer { opening: Opening::Rung(hello), server_name, keys: self.shared.keys.clone() })
    }

    fn hello(&self, ask: &Ask) -> Option<Hello> {
        let plan = &self.shared.plan;
        plan.ladder.rung(plan.profile?, ask.rung)
    }

    /// How to ask a server more, and what is known of it so far; `None`: it does not speak TLS.
    fn later(&self) -> Option<Later<'a>> {
        let (reach, place, found) = self.counted.as_ref()?;
        let observer = found.conversation.as_ref().and_then(Conversation::observer);
        let attempt = self.attempts.get(*place)?;
        let known = Known {
            profile: Profile::named(&attempt.profile),
            version: observer.and_then(|observer| Some(observer.choice()?.version)),
            completed: observer.is_some_and(Observer::established),
        };
        let again = Again {
            shared: self.shared,
            endpoint: self.endpoint,
            addr: self.addr,
            server_name: attempt.sni.clone(),
            peer_domain: found.peer_domain.clone(),
            start: self.start,
            until: Instant::now() + LONGEST_QUESTIONING,
        };
        let enumeration = self.shared.plan.enumerating.as_ref().map(|how| begin(how, observer));
        reach.speaks_tls().then_some(Later { again, known, enumeration })
    }

    fn into_row(self, row: &mut ProbeRow) -> Vec<Arc<[u8]>> {
        row.duration_us = micros(self.ended - self.start);
        row.attempts = self.attempts;
        let Some((_, place, found)) = self.counted else {
            return Vec::new();
        };
        let spent = |phase| found.meter.spent(phase).map(micros);
        row.connect_us = spent(Phase::Connect);
        row.greeting_us = spent(Phase::Greeting);
        row.capabilities_us = spent(Phase::Capabilities);
        row.starttls_us = spent(Phase::Starttls);
        row.tls_us = spent(Phase::Tls);
        row.after_tls_us = spent(Phase::AfterTls);
        let mut chain = Vec::new();
        if let Some(conversation) = &found.conversation {
            row.fill_dialog(conversation.facts());
            if let Some(observer) = conversation.observer() {
                row.fill_tls(observer);
                chain = observer.chain().map(<[_]>::to_vec).unwrap_or_default();
            }
        }
        row.conclude(place);
        chain
    }
}

/// All that an endpoint is asked beside its row takes no longer than this: sixty questions to a server that answers each
/// after twenty seconds.
const LONGEST_QUESTIONING: Duration = Duration::from_secs(20 * 60);

/// Waits for the endpoint's turn; what has a row already is not held up beyond its deadline, nor asked beyond its
/// share. `None`: the run is to stop.
async fn turn_again(shared: &Shared, addr: SocketAddr, deadline: Instant) -> Option<Leave> {
    let least = shared.plan.timeouts.connect.min(Duration::from_secs(1));
    shared.unless_stopped(shared.pace.turn(addr.ip(), deadline - least)).await
}

pub(crate) fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Timestamp(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::endpoint::endpoints;
    use crate::testing::plan;

    #[tokio::test]
    async fn an_endpoint_in_flight_is_small() {
        let plan = Arc::new(plan("smtp"));
        let shared = Shared {
            names: Names::new(&plan.name_servers, plan.timeouts.resolve),
            pace: Pace::new(&plan.limits),
            keys: KeyShares::generate(),
            plan: plan.clone(),
            progress: Arc::default(),
            stop: Stop::new(),
        };
        let target = IpAddr::from([127, 0, 0, 1]).into();
        let endpoint = endpoints(&plan, target).next().expect("one service");
        let bytes = size_of_val(&work(&shared, &endpoint));
        assert!(bytes <= 3 * 1024, "{bytes} bytes before the first buffer");
    }
}
