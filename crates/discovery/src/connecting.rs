//! Discovery without raw frames: connects to each target instead, one thread for all.

use std::collections::HashMap;
use std::net::IpAddr;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::mpsc;
use std::time::Duration;
use std::time::SystemTime;
use std::time::UNIX_EPOCH;

use tlscensus_records::ResponderKind;
use tlscensus_records::Timestamp;
use tlscensus_targets::AddressSet;
use tlscensus_targets::Ceilings;
use tlscensus_targets::Deferred;
use tlscensus_targets::Grant;
use tlscensus_targets::Pacer;
use tlscensus_targets::RouteId;

use crate::Answer;
use crate::Block;
use crate::Connector;
use crate::Discovery;
use crate::Error;
use crate::Event;
use crate::Next;
use crate::NotBegun;
use crate::Outcome;
use crate::Unreachable;
use crate::progress::add;

/// Connects to what the schedule gives out, and tells who takes the connection.
pub(crate) struct Connecting<'a> {
    shared: &'a Discovery,
    connector: Connector,
    events: &'a mpsc::Sender<Event>,
    pacer: Pacer,
    rate_changes: u64,
    ceilings: Ceilings,
    aside: Deferred<Wish>,
    /// By the tags of the connector.
    wishes: HashMap<u64, Wish>,
    next_tag: u64,
    /// How many targets of each block have no outcome yet; one more while it is being gone through.
    open: HashMap<u64, usize>,
    blocked: Arc<AddressSet>,
}

/// A target to be connected to.
#[derive(Clone, Copy, Debug)]
struct Wish {
    address: IpAddr,
    port: u16,
    route: Option<RouteId>,
    block: u64,
}

impl<'a> Connecting<'a> {
    pub(crate) fn new(
        shared: &'a Discovery,
        connector: Connector,
        events: &'a mpsc::Sender<Event>,
    ) -> Self {
        let (rate, rate_changes) = shared.rate_of_one();
        Self {
            shared,
            connector,
            events,
            pacer: Pacer::new(shared.now_ns(), rate, OCTETS_OF_A_SYN, BATCH),
            rate_changes,
            ceilings: shared.ceilings_of_one(),
            aside: Deferred::new(MOST_ASIDE),
            wishes: HashMap::new(),
            next_tag: 0,
            open: HashMap::new(),
            blocked: shared.newly_blocked(),
        }
    }

    /// Until every connection has its outcome, or somebody asks to stop: then those in flight are still waited for.
    pub(crate) fn run(mut self) -> Result<(), Error> {
        while !self.shared.is_stopping() {
            let next = self.shared.schedule().next(self.shared.now_ns());
            match next {
                Next::Block(block) => self.block(&block)?,
                Next::WaitUntil(_) | Next::Done if !self.aside.is_empty() => {
                    self.try_again()?;
                    self.hear(A_MOMENT)?;
                }
                Next::WaitUntil(_) if !self.wishes.is_empty() => self.hear(A_MOMENT)?,
                Next::WaitUntil(until_ns) => self.shared.sleep_until(until_ns),
                Next::Done => break,
            }
        }
        while !self.wishes.is_empty() {
            self.hear(A_MOMENT)?;
        }
        // What waits aside was not asked: its blocks are gone through again by whoever goes on.
        while let Some(wish) = self.aside.pop(u64::MAX) {
            if self.open.remove(&wish.block).is_some() {
                self.shared.schedule().give_back(wish.block, 0, self.shared.now_ns());
            }
        }
        Ok(())
    }

    fn block(&mut self, block: &Block) -> Result<(), Error> {
        let plan = &self.shared.plan;
        let mut asked = vec![0; plan.visits.ports().len()];
        let mut position = block.positions.start;
        self.open.insert(block.id, 1);
        for (address, port) in plan.visits.walk(&plan.order, block.positions.clone()) {
            while self.aside.is_full() && !self.shared.is_stopping() {
                self.try_again()?;
                self.hear(A_MOMENT)?;
            }
            if self.shared.is_stopping() {
                break;
            }
            position += 1;
            if self.blocked.contains(address) {
                add(&self.shared.tally.blocked, 1);
                continue;
            }
            if let Some(place) = self.shared.port_place(port)
                && let Some(count) = asked.get_mut(place)
            {
                *count += 1;
                add(&self.shared.tally.targets, 1);
            }
            let route = self.shared.route_of(address);
            *self.open.entry(block.id).or_default() += 1;
            self.ask(Wish { address, port, route, block: block.id })?;
        }
        self.shared.vouched().note(block.positions.clone(), &asked);
        if position < block.positions.end {
            // Stopped in the middle: what was begun has its outcomes, and whoever goes on asks the whole block again.
            self.open.remove(&block.id);
            self.shared.schedule().give_back(block.id, block.positions.start, self.shared.now_ns());
        } else {
            self.one_less(block.id);
        }
        Ok(())
    }

    /// Connects, or puts aside for a network that has had its share.
    fn ask(&mut self, wish: Wish) -> Result<(), Error> {
        if !self.wait_for_turn()? {
            let _later = self.aside.push(self.shared.now_ns(), wish);
            return Ok(());
        }
        let now_ns = self.shared.now_ns();
        // The list may have changed while it waited for its turn.
        if self.blocked.contains(wish.address) {
            self.pacer.give_back(1);
            add(&self.shared.tally.blocked, 1);
            self.one_less(wish.block);
            return Ok(());
        }
        if !self.ceilings.admit(now_ns, wish.address, wish.route) {
            self.pacer.give_back(1);
            add(&self.shared.tally.deferred, 1);
            let _later = self.aside.push(now_ns, wish);
            return Ok(());
        }
        self.begin(wish)
    }

    fn begin(&mut self, wish: Wish) -> Result<(), Error> {
        let target = SocketAddr::new(wish.address, wish.port);
        loop {
            match self.connector.begin(self.next_tag, target) {
                Ok(()) => break,
                Err(NotBegun::Full) => self.hear(A_MOMENT)?,
                Err(NotBegun::LocalLimit(_)) => {
                    if self.shared.is_stopping() {
                        let _later = self.aside.push(self.shared.now_ns(), wish);
                        return Ok(());
                    }
                    add(&self.shared.tally.send_failures, 1);
                    self.hear(A_MOMENT)?;
                    std::thread::sleep(A_MOMENT);
                }
            }
        }
        add(&self.shared.tally.probes_sent, 1);
        self.wishes.insert(self.next_tag, wish);
        self.next_tag += 1;
        Ok(())
    }

    /// Those whose time aside is over.
    fn try_again(&mut self) -> Result<(), Error> {
        while let Some(wish) = self.aside.pop(self.shared.now_ns()) {
            if self.blocked.contains(wish.address) {
                add(&self.shared.tally.blocked, 1);
                self.one_less(wish.block);
            } else {
                self.ask(wish)?;
            }
            if self.shared.is_stopping() {
                break;
            }
        }
        Ok(())
    }

    /// Waits for the pace, and hears outcomes meanwhile; `false` when it is time to stop.
    fn wait_for_turn(&mut self) -> Result<bool, Error> {
        loop {
            if self.shared.is_stopping() {
                return Ok(false);
            }
            if self.shared.has_to_hold() {
                continue;
            }
            self.heed_changes();
            let now_ns = self.shared.now_ns();
            match self.pacer.grant(now_ns, 1) {
                Grant::Send(_) => return Ok(true),
                Grant::Wait { until_ns } => {
                    let left = Duration::from_nanos(until_ns.saturating_sub(now_ns));
                    self.hear(left.min(A_MOMENT))?;
                }
            }
        }
    }

    fn heed_changes(&mut self) {
        if self.rate_changes != self.shared.rate_changes() {
            let (rate, changes) = self.shared.rate_of_one();
            let octets = OCTETS_OF_A_SYN;
            self.pacer.set_rate(self.shared.now_ns(), rate, octets);
            self.rate_changes = changes;
        }
        if self.shared.blocklist_changed(&self.blocked) {
            self.blocked = self.shared.newly_blocked();
        }
    }

    fn hear(&mut self, patience: Duration) -> Result<(), Error> {
        let mut ended = Vec::new();
        let each = &mut |tag, outcome| ended.push((tag, outcome));
        self.connector.poll(patience, each).map_err(Error::Connections)?;
        for (tag, outcome) in ended {
            let Some(wish) = self.wishes.remove(&tag) else {
                continue;
            };
            if let Outcome::LocalLimit(_) = outcome {
                // It says nothing of the endpoint: it is asked again.
                add(&self.shared.tally.send_failures, 1);
                if self.aside.push(self.shared.now_ns(), wish).is_ok() {
                    continue;
                }
            }
            self.tell(wish, outcome);
            self.one_less(wish.block);
        }
        self.shared.heard_until(0, self.shared.now_ns());
        Ok(())
    }

    fn tell(&self, wish: Wish, outcome: Outcome) {
        let kind = match outcome {
            Outcome::Connected | Outcome::Reset => ResponderKind::Connected,
            Outcome::Refused => ResponderKind::Rst,
            Outcome::Unreachable(why) => {
                let prohibited = usize::from(why == Unreachable::Admin);
                add(&self.shared.tally.admin_prohibited, prohibited);
                ResponderKind::Icmp
            }
            Outcome::TimedOut | Outcome::LocalLimit(_) => return,
        };
        add(&self.shared.tally.frames, 1);
        if self.shared.is_news(kind, wish.address, wish.port) {
            let answer = Answer::of_connection(wish.address, wish.port, kind);
            let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            let at = Timestamp(i64::try_from(since.as_micros()).unwrap_or(i64::MAX));
            let in_cooldown = self.shared.is_cooling();
            self.shared.tell(Event { answer, at, in_cooldown }, self.events);
        }
    }

    fn one_less(&mut self, block: u64) {
        let Some(open) = self.open.get_mut(&block) else {
            return;
        };
        *open -= 1;
        if *open == 0 {
            self.open.remove(&block);
            self.shared.schedule().done(block, self.shared.now_ns());
        }
    }
}

/// What a SYN of the kernel's takes, for rates in bits.
pub(crate) const OCTETS_OF_A_SYN: u16 = 74;
/// Connections begun between two looks at the clock.
const BATCH: usize = 16;
/// Targets that may wait for their networks.
const MOST_ASIDE: usize = 1 << 16;
/// How long outcomes are waited for before something else is looked at.
const A_MOMENT: Duration = Duration::from_millis(10);
