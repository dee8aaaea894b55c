//! One sender: takes stretches of the order, patches probes into a batch of frames, and hands them to the kernel at its time.

use std::collections::HashMap;
use std::net::IpAddr;
use std::net::Ipv4Addr;
use std::net::Ipv6Addr;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use tlscensus_link::Transmit;
use tlscensus_targets::AddressSet;
use tlscensus_targets::Ceilings;
use tlscensus_targets::Deferred;
use tlscensus_targets::Grant;
use tlscensus_targets::Pacer;
use tlscensus_targets::RouteId;

use crate::Block;
use crate::Discovery;
use crate::Error;
use crate::Family;
use crate::Next;
use crate::Probe;
use crate::Template;
use crate::patience::Patience;
use crate::progress::add;
use crate::wire::Lane;
use crate::wire::transmit;

/// A thread's part of the sending.
pub(crate) struct Sender<'a> {
    shared: &'a Discovery,
    slots: Slots<'a>,
    pacer: Pacer,
    /// How often the rate had been changed when the pacer was told.
    rate_changes: u64,
    ceilings: Ceilings,
    /// Targets whose network has had its share.
    aside: Deferred<Aside>,
    /// Blocks that are gone through but for some that wait aside: how many of them.
    unfinished: HashMap<u64, Unfinished>,
    /// Targets in the batch that are asked for the first time.
    firsts: usize,
    /// Blocks of those that were filled in from aside and are not handed over yet.
    returned: Vec<u64>,
    /// Who came to be blocked since the start.
    blocked: Arc<AddressSet>,
}

/// A target that waits for its network.
#[derive(Clone, Copy, Debug)]
struct Aside {
    address: IpAddr,
    port: u16,
    probe_number: u8,
    /// Whether it was not asked before at all.
    is_first: bool,
    route: Option<RouteId>,
    block: u64,
}

/// A block some of whose targets wait aside.
struct Unfinished {
    waiting: usize,
    start: u64,
    /// All its other targets are sent.
    gone_through: bool,
}

/// What came of filling a batch.
struct Filled {
    frames: usize,
    /// The stretch has no target left.
    exhausted: bool,
}

impl<'a> Sender<'a> {
    pub(crate) fn new(shared: &'a Discovery) -> Result<Self, Error> {
        let (rate, rate_changes) = shared.rate_of_one();
        let batch = shared.wire.batch;
        Ok(Self {
            shared,
            slots: Slots::new(shared)?,
            pacer: Pacer::new(shared.now_ns(), rate, shared.wire.frame_octets(), batch),
            rate_changes,
            ceilings: shared.ceilings_of_one(),
            aside: Deferred::new(MOST_ASIDE),
            unfinished: HashMap::new(),
            firsts: 0,
            returned: Vec::new(),
            blocked: shared.newly_blocked(),
        })
    }

    /// Sends until there is nothing left to send, or somebody asks to stop.
    pub(crate) fn run(mut self) -> Result<(), Error> {
        // How late a sleep may end is part of the pace; a kernel that does not let us only makes us a little later.
        let _as_it_was = rustix::thread::set_current_timer_slack(std::num::NonZeroU64::new(1));
        while !self.shared.is_stopping() {
            self.ask_again_after_outage();
            let next = self.shared.schedule().next(self.shared.now_ns());
            match next {
                Next::Block(block) => self.block(&block)?,
                Next::WaitUntil(_) | Next::Done if !self.aside.is_empty() => self.send_aside()?,
                Next::WaitUntil(until_ns) => self.shared.sleep_until(until_ns),
                Next::Done => break,
            }
        }
        // What waits aside was not sent: its blocks are gone through again by whoever goes on.
        let now_ns = self.shared.now_ns();
        for (id, unfinished) in self.unfinished.drain().filter(|(_, block)| block.gone_through) {
            self.shared.schedule().give_back(id, unfinished.start, now_ns);
        }
        Ok(())
    }

    /// What was sent shortly before an interface went down is sent again, but to those who have answered.
    fn ask_again_after_outage(&self) {
        if let Some(since_ns) = self.shared.outage_to_repair() {
            self.shared.schedule().repeat_since(since_ns);
        }
    }

    /// Sends to all of a block, but for those that wait aside.
    fn block(&mut self, block: &Block) -> Result<(), Error> {
        let plan = &self.shared.plan;
        let mut asked = vec![0; plan.visits.ports().len()];
        let mut position = block.positions.start;
        let mut walk = plan.visits.walk(&plan.order, block.positions.clone());
        loop {
            let before = position;
            let Some(granted) = self.granted()? else {
                self.leave(block, before, &asked);
                break;
            };
            let filled = self.fill(granted, block, &mut position, &mut walk, &mut asked);
            self.pacer.give_back(granted - filled.frames);
            if !self.flush()? {
                self.uncount(block, before..position, &mut asked);
                self.leave(block, before, &asked);
                break;
            }
            if filled.exhausted {
                self.gone_through(block, &asked);
                break;
            }
        }
        Ok(())
    }

    /// How many frames may leave now, once any may; `None` when it is time to stop.
    fn granted(&mut self) -> Result<Option<usize>, Error> {
        loop {
            if self.shared.is_stopping() {
                return Ok(None);
            }
            if self.shared.has_to_hold() {
                continue;
            }
            if self.shared.is_link_down() {
                Patience::default().waits_for_way(self.shared)?;
                continue;
            }
            self.heed_changes();
            match self.pacer.grant(self.shared.now_ns(), self.slots.room) {
                Grant::Send(count) => return Ok(Some(count)),
                Grant::Wait { until_ns } => self.shared.sleep_until(until_ns),
            }
        }
    }

    fn heed_changes(&mut self) {
        if self.rate_changes != self.shared.rate_changes() {
            let (rate, changes) = self.shared.rate_of_one();
            let octets = self.shared.wire.frame_octets();
            self.pacer.set_rate(self.shared.now_ns(), rate, octets);
            self.rate_changes = changes;
        }
        if self.shared.blocklist_changed(&self.blocked) {
            self.blocked = self.shared.newly_blocked();
        }
    }

    /// Fills at most so many slots: with those whose time aside is over, then with the next ones of the stretch.
    fn fill(
        &mut self,
        most: usize,
        block: &Block,
        position: &mut u64,
        walk: &mut impl Iterator<Item = (IpAddr, u16)>,
        asked: &mut [u32],
    ) -> Filled {
        let now_ns = self.shared.now_ns();
        let mut frames = self.fill_from_aside(most, now_ns);
        while frames < most && !self.aside.is_full() {
            let Some((address, port)) = walk.next() else {
                return Filled { frames, exhausted: true };
            };
            *position += 1;
            if self.is_spared(block, address, port) {
                continue;
            }
            if let Some(place) = self.shared.port_place(port)
                && let Some(count) = asked.get_mut(place)
            {
                *count += 1;
            }
            let route = self.shared.route_of(address);
            let is_first = block.probe_number == 0 && !block.is_again;
            if self.ceilings.admit(now_ns, address, route) {
                self.slots.put(self.shared, address, port, block.probe_number);
                self.firsts += usize::from(is_first);
                frames += 1;
            } else {
                let probe_number = block.probe_number;
                let aside = Aside { address, port, probe_number, is_first, route, block: block.id };
                self.put_aside(now_ns, block, aside);
            }
        }
        if frames == 0
            && let Some(until_ns) = self.aside.next_ns()
        {
            self.shared.sleep_until(until_ns);
        }
        Filled { frames, exhausted: false }
    }

    fn fill_from_aside(&mut self, most: usize, now_ns: u64) -> usize {
        let mut frames = 0;
        while frames < most
            && let Some(target) = self.aside.pop(now_ns)
        {
            if self.blocked.contains(target.address) {
                add(&self.shared.tally.blocked, 1);
                self.returned.push(target.block);
            } else if self.ceilings.admit(now_ns, target.address, target.route) {
                self.slots.put(self.shared, target.address, target.port, target.probe_number);
                self.firsts += usize::from(target.is_first);
                frames += 1;
                self.returned.push(target.block);
            } else {
                let room = self.aside.push(now_ns, target);
                debug_assert!(room.is_ok(), "it was there before");
            }
        }
        frames
    }

    /// Whether a target is passed over: blocked since the start, or asked again though it has answered.
    fn is_spared(&self, block: &Block, address: IpAddr, port: u16) -> bool {
        let is_first = block.probe_number == 0 && !block.is_again;
        if self.blocked.contains(address) {
            add(&self.shared.tally.blocked, usize::from(is_first));
            return true;
        }
        let answered = !is_first && self.shared.has_answered(address, port);
        add(&self.shared.tally.spared, usize::from(answered));
        answered
    }

    fn put_aside(&mut self, now_ns: u64, block: &Block, target: Aside) {
        let start = block.positions.start;
        let fresh = Unfinished { waiting: 0, start, gone_through: false };
        self.unfinished.entry(block.id).or_insert(fresh).waiting += 1;
        let room = self.aside.push(now_ns, target);
        debug_assert!(room.is_ok(), "whoever puts aside has looked for room");
        add(&self.shared.tally.deferred, 1);
        add(&self.shared.tally.aside, 1);
    }

    /// Hands over the batch; `false` when it is time to stop and not all of it was taken.
    fn flush(&mut self) -> Result<bool, Error> {
        let whole = self.slots.flush(self.shared)?;
        let firsts = std::mem::take(&mut self.firsts);
        add(&self.shared.tally.targets, if whole { firsts } else { 0 });
        for id in std::mem::take(&mut self.returned) {
            // What was not taken still counts as aside, so that its block is given back.
            if whole {
                self.back_from_aside(id);
            }
        }
        Ok(whole)
    }

    fn back_from_aside(&mut self, id: u64) {
        let Some(block) = self.unfinished.get_mut(&id) else {
            return;
        };
        block.waiting -= 1;
        self.shared.tally.aside.fetch_sub(1, Relaxed);
        if block.waiting == 0 && block.gone_through {
            self.unfinished.remove(&id);
            self.shared.schedule().done(id, self.shared.now_ns());
        }
    }

    /// All of a block is sent, but for what waits aside.
    fn gone_through(&mut self, block: &Block, asked: &[u32]) {
        self.note(block, block.positions.end, asked);
        match self.unfinished.get_mut(&block.id) {
            Some(unfinished) if unfinished.waiting > 0 => unfinished.gone_through = true,
            Some(_) | None => {
                self.unfinished.remove(&block.id);
                self.shared.schedule().done(block.id, self.shared.now_ns());
            }
        }
    }

    /// Gives back what is left of a block: all of it, where some of it waits aside.
    fn leave(&mut self, block: &Block, position: u64, asked: &[u32]) {
        let from = match self.unfinished.remove(&block.id) {
            Some(unfinished) if unfinished.waiting > 0 => unfinished.start,
            Some(_) | None => position,
        };
        self.note(block, from, asked);
        self.shared.schedule().give_back(block.id, from, self.shared.now_ns());
    }

    /// Counts the targets of a block up to there, before a checkpoint can vouch for them.
    fn note(&self, block: &Block, end: u64, asked: &[u32]) {
        if block.probe_number == 0 && !block.is_again && end > block.positions.start {
            self.shared.vouched().note(block.positions.start..end, asked);
        }
    }

    /// Takes back the count of positions that were in a batch which did not leave.
    fn uncount(&self, block: &Block, positions: Range<u64>, asked: &mut [u32]) {
        // Of those that are asked again nobody is counted, nor are those who have answered.
        if block.probe_number != 0 || block.is_again {
            return;
        }
        let plan = &self.shared.plan;
        for (address, port) in plan.visits.walk(&plan.order, positions) {
            if !self.blocked.contains(address)
                && let Some(place) = self.shared.port_place(port)
                && let Some(count) = asked.get_mut(place)
            {
                *count = count.saturating_sub(1);
            }
        }
    }

    /// No block is to be had: sends those whose time aside has come.
    fn send_aside(&mut self) -> Result<(), Error> {
        let Some(granted) = self.granted()? else {
            return Ok(());
        };
        let now_ns = self.shared.now_ns();
        let frames = self.fill_from_aside(granted, now_ns);
        self.pacer.give_back(granted - frames);
        self.flush()?;
        if frames == 0
            && let Some(until_ns) = self.aside.next_ns()
        {
            self.shared.sleep_until(until_ns);
        }
        Ok(())
    }
}

/// Batches of both families; together they hold as many frames as one of them has room for.
struct Slots<'a> {
    v4: Option<Batch<'a, Ipv4Addr>>,
    v6: Option<Batch<'a, Ipv6Addr>>,
    room: usize,
}

/// A batch of frames of one family.
struct Batch<'a, A> {
    lane: &'a Lane<A>,
    transmit: Box<dyn Transmit>,
    filled: usize,
}

impl<'a> Slots<'a> {
    fn new(shared: &'a Discovery) -> Result<Self, Error> {
        let wire = &shared.wire;
        let v4 = wire.v4.as_ref().map(|lane| Batch::new(shared, lane)).transpose()?;
        let v6 = wire.v6.as_ref().map(|lane| Batch::new(shared, lane)).transpose()?;
        let rooms = [v4.as_ref().map(Batch::room), v6.as_ref().map(Batch::room)];
        let room = rooms.into_iter().flatten().min().unwrap_or(0).min(wire.batch).max(1);
        Ok(Self { v4, v6, room })
    }

    #[inline]
    fn put(&mut self, shared: &Discovery, address: IpAddr, port: u16, probe_number: u8) {
        match address {
            IpAddr::V4(address) => {
                if let Some(batch) = &mut self.v4 {
                    batch.put(shared, address, port, probe_number, Template::<Ipv4Addr>::patch);
                }
            }
            IpAddr::V6(address) => {
                if let Some(batch) = &mut self.v6 {
                    batch.put(shared, address, port, probe_number, Template::<Ipv6Addr>::patch);
                }
            }
        }
    }

    /// Hands over what was put; `false` when it is time to stop and not all of it was taken.
    fn flush(&mut self, shared: &Discovery) -> Result<bool, Error> {
        let v4 = self.v4.as_mut().map_or(Ok(true), |batch| batch.flush(shared))?;
        let v6 = self.v6.as_mut().map_or(Ok(true), |batch| batch.flush(shared))?;
        Ok(v4 && v6)
    }
}

impl<'a, A: Family> Batch<'a, A> {
    fn new(shared: &Discovery, lane: &'a Lane<A>) -> Result<Self, Error> {
        let (method, batch) = (shared.wire.method, shared.wire.batch);
        let transmit = transmit(method, &lane.hop.interface, lane.template.bytes(), batch)?;
        Ok(Self { lane, transmit, filled: 0 })
    }

    fn room(&self) -> usize {
        self.transmit.room()
    }

    #[inline]
    fn put(
        &mut self,
        shared: &Discovery,
        destination: A,
        port: u16,
        probe_number: u8,
        patch: impl FnOnce(&Template<A>, &mut [u8], &Probe<A>),
    ) {
        let Some(source) = shared.cookie.choose(&self.lane.sources, destination) else {
            return;
        };
        let mark = shared.cookie.mark(source, destination, port, probe_number);
        let frame = self.transmit.frame(self.filled);
        patch(&self.lane.template, frame, &Probe { source, destination, port, mark });
        self.filled += 1;
    }

    /// Hands over what was put, and waits for an interface that is down.
    fn flush(&mut self, shared: &Discovery) -> Result<bool, Error> {
        let mut from = 0;
        let mut patience = Patience::default();
        while from < self.filled {
            match self.transmit.send(from..self.filled) {
                Ok(taken) => {
                    from += taken;
                    add(&shared.tally.probes_sent, taken);
                    patience = Patience::default();
                }
                Err(error) => {
                    add(&shared.tally.send_failures, 1);
                    if !patience.goes_on(shared, &self.lane.hop, error)? {
                        break;
                    }
                }
            }
        }
        let whole = from >= self.filled;
        self.filled = 0;
        Ok(whole)
    }
}

/// Targets that may wait for their networks in one sender; beyond that it takes no new ones.
const MOST_ASIDE: usize = 1 << 16;
