//! A discovery as a whole: what senders, receivers and onlookers share, and its course from the first probe to the last answer.

use std::net::IpAddr;
use std::ops::Range;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::sync::RwLock;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::mpsc;
use std::thread;
use std::thread::ScopedJoinHandle;
use std::time::Duration;
use std::time::Instant;

use tlscensus_records::ResponderKind;
use tlscensus_targets::AddressSet;
use tlscensus_targets::Ceilings;
use tlscensus_targets::Rate;
use tlscensus_targets::RouteId;

use crate::Connector;
use crate::Cookie;
use crate::Counts;
use crate::Error;
use crate::Event;
use crate::Halt;
use crate::Plan;
use crate::Schedule;
use crate::Seen;
use crate::Validator;
use crate::Watch;
use crate::Wire;
use crate::connecting::Connecting;
use crate::connecting::OCTETS_OF_A_SYN;
use crate::progress::Tally;
use crate::progress::add;
use crate::ramp;
use crate::receiver::HELD_BACK_NS;
use crate::receiver::Hearing;
use crate::sender::Sender;
use crate::vouched::Vouched;

/// Finds out who answers.
///
/// [`run`](Self::run) blocks until it is over; everything else may be called from other threads meanwhile.
pub struct Discovery {
    pub(crate) plan: Plan,
    way: Way,
    /// Of no family where the kernel connects.
    pub(crate) wire: Wire,
    pub(crate) cookie: Cookie,
    pub(crate) validator: Validator,
    pub(crate) tally: Tally,
    began: Instant,
    schedule: Mutex<Schedule>,
    vouched: Mutex<Vouched>,
    seen: RwLock<Seen>,
    /// Place of each port in the list of ports, one higher; 0 where it is none of them.
    port_places: Vec<u16>,
    rate: Mutex<Rate>,
    rate_changes: AtomicU64,
    newly_blocked: RwLock<Arc<AddressSet>>,
    stop: AtomicBool,
    /// Whoever takes the events wants no more for now.
    is_held: AtomicBool,
    /// All is sent, and what still comes is late.
    is_cooling: AtomicBool,
    /// The answer window is over.
    pub(crate) is_over: AtomicBool,
    /// When the last outage was noticed, and the time from which on what was sent is lost.
    outage: Mutex<Outage>,
    /// Of each interface: everything that came there before this time has been looked at.
    heard_until_ns: Vec<AtomicU64>,
    /// Events that nobody has taken yet.
    waiting_events: AtomicUsize,
}

/// The last time that an interface was down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Outage {
    /// How many there have been.
    number: u64,
    /// After how many of them what was lost was sent again.
    repaired: u64,
    /// Answers to what was sent from then on may be lost.
    since_ns: u64,
    /// When it was noticed last.
    seen_ns: u64,
}

/// How endpoints are asked.
#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "a discovery has one")]
pub enum Way {
    /// By SYNs of our own.
    Wire(Wire),
    /// By connections of the kernel's.
    Connect(ConnectOptions),
}

/// What the operator says of connections.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectOptions {
    /// In flight at once, at most.
    pub limit: usize,
    /// How long each may take.
    pub timeout: Duration,
    /// Our addresses, one of a family at most; empty: the kernel chooses.
    pub sources: Vec<IpAddr>,
}

/// How far a discovery has come, durably once its events up to now are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Every position before this one has been sent all its probes, and their answers have been heard.
    pub position: u64,
    /// Targets that were asked up to there, for each port in the order of the ports.
    pub asked: Vec<u64>,
}

/// How it ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Ended {
    /// Every target was asked.
    Complete,
    /// Somebody asked to stop.
    Stopped,
    /// It ran as long, or found as many, as was wanted.
    Enough,
    /// The answers are odd.
    Halted(Halt),
}

impl Discovery {
    /// Ready to begin.
    ///
    /// # Errors
    /// When the system has no random numbers for the key.
    pub fn new(mut plan: Plan, way: Way) -> Result<Self, Error> {
        let wire = match &way {
            Way::Wire(wire) => wire.clone(),
            Way::Connect(_) => Wire::none(),
        };
        let cookie = Cookie::random(wire.ports)?;
        let validator = Validator::new(cookie.clone(), wire.sources(), plan.probes);
        let ports = plan.visits.ports();
        let mut port_places = vec![0; 1 << 16];
        for (place, port) in (1..).zip(ports) {
            if let Some(known) = port_places.get_mut(usize::from(*port)) {
                *known = place;
            }
        }
        let mut seen = std::mem::take(&mut plan.from.answered);
        if plan.record_resets || plan.record_icmp {
            seen.keep_failures();
        }
        let start = plan.positions.start.max(plan.from.position).min(plan.positions.end);
        Ok(Self {
            cookie,
            validator,
            tally: Tally::default(),
            began: Instant::now(),
            schedule: Mutex::new(schedule(&plan, &wire, start..start)),
            vouched: Mutex::new(Vouched::new(ports.len(), &plan.from.asked)),
            seen: RwLock::new(seen),
            port_places,
            rate: Mutex::new(plan.rate),
            rate_changes: AtomicU64::new(0),
            newly_blocked: RwLock::new(Arc::new(AddressSet::default())),
            stop: AtomicBool::new(false),
            is_held: AtomicBool::new(false),
            is_cooling: AtomicBool::new(false),
            is_over: AtomicBool::new(false),
            outage: Mutex::default(),
            // One where the kernel connects.
            heard_until_ns: (0..wire.interfaces().len().max(1))
                .map(|_| AtomicU64::new(0))
                .collect(),
            waiting_events: AtomicUsize::new(0),
            plan,
            way,
            wire,
        })
    }

    /// Sends, listens, and tells who answers. Whoever takes an event says so with [`taken`](Self::taken); while too many are not
    /// taken, nothing is sent.
    ///
    /// # Errors
    /// When an interface cannot be used, or fails for long.
    pub fn run(&self, events: &mpsc::Sender<Event>) -> Result<Ended, Error> {
        let hearings = Hearing::open_all(self)?;
        thread::scope(|scope| {
            let listeners: Vec<_> = hearings
                .into_iter()
                .map(|hearing| {
                    let events = events.clone();
                    // What is sent while nobody listens is lost.
                    scope.spawn(move || hearing.listen(self, &events).inspect_err(|_| self.stop()))
                })
                .collect();
            let ended = self.send_in_stages(events);
            self.is_cooling.store(true, Relaxed);
            // Who is stopped twice leaves the process; who is stopped once still hears what was asked for.
            let ended = ended.and_then(|ended| self.hear_the_last(ended, events));
            self.is_over.store(true, Relaxed);
            let heard = listeners.into_iter().map(joined).collect::<Result<Vec<()>, _>>();
            let ended = ended?;
            heard?;
            Ok(ended)
        })
    }

    /// Sends no more; what was sent is still listened for.
    pub fn stop(&self) {
        self.stop.store(true, SeqCst);
    }

    /// Goes on at this rate.
    pub fn set_rate(&self, rate: Rate) {
        *locked(&self.rate) = rate;
        self.schedule().set_block(block_of(rate, self.plan.senders, &self.wire));
        self.rate_changes.fetch_add(1, SeqCst);
    }

    /// The rate of all senders together.
    pub fn rate(&self) -> Rate {
        *locked(&self.rate)
    }

    /// From now on these are passed over too, and their answers not told.
    pub fn block(&self, addresses: AddressSet) {
        *self.newly_blocked.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(addresses);
    }

    /// While this holds nothing is sent: whoever takes the answers has enough of them for now.
    pub fn hold(&self, hold: bool) {
        self.is_held.store(hold, Relaxed);
    }

    /// A look at the counters.
    pub fn counts(&self) -> Counts {
        self.tally.counts()
    }

    /// How long it has been running.
    pub fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }

    /// How far it has come. Take this first, then make all events durable that wait at that moment, then write it down.
    pub fn progress(&self) -> Progress {
        let heard_until = self.heard_until_ns.iter().map(|until| until.load(SeqCst));
        // What an outage swallowed is asked again before anything of it is vouched for.
        let swallowed_from = self.unrepaired_since().unwrap_or(u64::MAX);
        let heard_until_ns = heard_until.min().unwrap_or(0).min(swallowed_from);
        // A connection's outcome is its own end.
        let window_ns = match self.way {
            Way::Wire(_) => nanoseconds(self.plan.answer_window),
            Way::Connect(_) => 0,
        };
        let position = self.schedule().low_water(heard_until_ns, window_ns);
        let asked = self.vouched().up_to(position, |part, sums| self.count_ports(part, sums));
        Progress { position, asked }
    }

    /// Counts the targets at these positions, but for those who are blocked by now.
    fn count_ports(&self, positions: Range<u64>, sums: &mut [u64]) {
        let blocked = self.newly_blocked();
        for (address, port) in self.plan.visits.walk(&self.plan.order, positions) {
            if !blocked.contains(address)
                && let Some(place) = self.port_place(port)
                && let Some(sum) = sums.get_mut(place)
            {
                *sum += 1;
            }
        }
    }

    /// Targets of this run's part that were not asked yet: positions that were not begun, and those who wait for their networks.
    pub fn left(&self) -> u64 {
        let given_out = self.schedule().given_out();
        let left = self.plan.positions.end.saturating_sub(given_out);
        left.saturating_add(self.tally.aside.load(Relaxed))
    }

    /// So many events were taken.
    pub fn taken(&self, events: usize) {
        self.waiting_events.fetch_sub(events, Relaxed);
    }

    /// Events that were told and not taken yet.
    pub fn waiting(&self) -> usize {
        self.waiting_events.load(SeqCst)
    }

    /// What it is to do.
    pub const fn plan(&self) -> &Plan {
        &self.plan
    }

    /// How it asks.
    pub const fn way(&self) -> &Way {
        &self.way
    }

    fn send_in_stages(&self, events: &mpsc::Sender<Event>) -> Result<Ended, Error> {
        let start = self.schedule().given_out();
        let end = self.plan.positions.end;
        let stages = match self.plan.ramp {
            true => ramp::stages(self.plan.positions.clone()),
            false => std::iter::once(start..end).collect(),
        };
        let mut before = self.tally.flow();
        let last = stages.len().saturating_sub(1);
        for (number, stage) in stages.into_iter().enumerate() {
            if stage.end <= start {
                continue;
            }
            let at_start = self.tally.flow();
            self.schedule().extend_to(stage.end);
            let watch = (number == last && self.plan.ramp).then(|| Watch::new(at_start));
            if let Some(ended) = self.send_stage(watch, events)? {
                return Ok(ended);
            }
            if number < last {
                self.live_through_window();
                let flow = self.tally.flow() - at_start;
                if let Err(halt) = ramp::judge(&before, &flow, self.plan.expected) {
                    return Ok(Ended::Halted(halt));
                }
                before = self.tally.flow();
            }
        }
        Ok(Ended::Complete)
    }

    /// Sends to all of a stage; `None` when that is done.
    fn send_stage<'s>(
        &'s self,
        watch: Option<Watch>,
        events: &mpsc::Sender<Event>,
    ) -> Result<Option<Ended>, Error> {
        if let Way::Connect(options) = &self.way {
            return self.connect_stage(options, watch, events);
        }
        let senders = (0..self.plan.senders.max(1)).map(|_| Sender::new(self));
        let senders = senders.collect::<Result<Vec<_>, _>>()?;
        thread::scope(|scope| {
            // One that fails stops the others, which would wait for what it has taken.
            let start =
                |sender: Sender<'s>| scope.spawn(move || sender.run().inspect_err(|_| self.stop()));
            let threads: Vec<_> = senders.into_iter().map(start).collect();
            let ended = self.look_after(&threads, watch);
            for sent in threads.into_iter().map(joined) {
                sent?;
            }
            Ok(ended)
        })
    }

    /// The same by connections.
    fn connect_stage(
        &self,
        options: &ConnectOptions,
        watch: Option<Watch>,
        events: &mpsc::Sender<Event>,
    ) -> Result<Option<Ended>, Error> {
        thread::scope(|scope| {
            let threads = [scope.spawn(|| {
                let connector = Connector::new(options.limit, options.timeout);
                let from = |connector: Connector, source| connector.from_source(source);
                let connector = connector
                    .and_then(|connector| options.sources.iter().copied().try_fold(connector, from))
                    .map_err(Error::Connections)?;
                Connecting::new(self, connector, events).run()
            })];
            let ended = self.look_after(&threads, watch);
            threads.into_iter().try_for_each(joined)?;
            Ok(ended)
        })
    }

    /// Looks at the time and the answers while senders are at work; the reason, where it stopped them.
    fn look_after(
        &self,
        senders: &[ScopedJoinHandle<'_, Result<(), Error>>],
        mut watch: Option<Watch>,
    ) -> Option<Ended> {
        let mut looked_at = self.tally.flow();
        let mut next_window = self.elapsed() + WATCHED_WINDOW;
        let mut ended = None;
        while senders.iter().any(|sender| !sender.is_finished()) {
            thread::sleep(LOOK_EVERY);
            let is_long = self.plan.longest.is_some_and(|longest| self.elapsed() >= longest);
            let most = self.plan.most_answers.unwrap_or(u64::MAX);
            if self.is_stopping() {
                ended.get_or_insert(Ended::Stopped);
            } else if is_long || self.counts().synacks >= most {
                ended = Some(Ended::Enough);
                self.stop();
            } else if let Some(watch) = &mut watch
                && self.elapsed() >= next_window
            {
                next_window = self.elapsed() + WATCHED_WINDOW;
                let flow = self.tally.flow();
                if let Err(halt) = watch.window(&(flow - looked_at)) {
                    ended = Some(Ended::Halted(halt));
                    self.stop();
                }
                looked_at = flow;
            }
        }
        ended.or_else(|| self.is_stopping().then_some(Ended::Stopped))
    }

    /// Waits for late answers; what an outage swallows meanwhile is asked again.
    fn hear_the_last(&self, ended: Ended, events: &mpsc::Sender<Event>) -> Result<Ended, Error> {
        if matches!(self.way, Way::Connect(_)) {
            return Ok(ended);
        }
        loop {
            self.live_through_window();
            if self.is_stopping() || self.unrepaired_since().is_none() {
                return Ok(ended);
            }
            self.send_stage(None, events)?;
        }
    }

    /// Waits until answers to the last probe would have come, and would have been looked at.
    fn live_through_window(&self) {
        let window_ns = nanoseconds(self.plan.answer_window).saturating_add(HELD_BACK_NS);
        let until_ns = self.now_ns().saturating_add(window_ns);
        while self.now_ns() < until_ns {
            thread::sleep(LOOK_EVERY.min(Duration::from_nanos(until_ns - self.now_ns())));
        }
    }

    pub(crate) fn is_stopping(&self) -> bool {
        self.stop.load(Relaxed)
    }

    pub(crate) fn now_ns(&self) -> u64 {
        nanoseconds(self.began.elapsed())
    }

    /// Sleeps until this time, or until it may be good to look whether to stop.
    pub(crate) fn sleep_until(&self, until_ns: u64) {
        let left = Duration::from_nanos(until_ns.saturating_sub(self.now_ns()));
        thread::sleep(left.min(LONGEST_SLEEP));
    }

    pub(crate) fn schedule(&self) -> MutexGuard<'_, Schedule> {
        locked(&self.schedule)
    }

    pub(crate) fn vouched(&self) -> MutexGuard<'_, Vouched> {
        locked(&self.vouched)
    }

    /// The part of the rate that one sender has, and how often the rate was changed.
    pub(crate) fn rate_of_one(&self) -> (Rate, u64) {
        let changes = self.rate_changes();
        let senders = u16::try_from(self.plan.senders.max(1)).unwrap_or(u16::MAX);
        (self.rate().share(senders), changes)
    }

    pub(crate) fn rate_changes(&self) -> u64 {
        self.rate_changes.load(Relaxed)
    }

    pub(crate) fn ceilings_of_one(&self) -> Ceilings {
        let senders = u32::try_from(self.plan.senders.max(1)).unwrap_or(u32::MAX);
        let share = |rate: Option<f64>| rate.map(|rate| rate / f64::from(senders));
        Ceilings::new(share(self.plan.network_rate), share(self.plan.route_rate))
    }

    pub(crate) fn newly_blocked(&self) -> Arc<AddressSet> {
        self.newly_blocked.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn blocklist_changed(&self, known: &Arc<AddressSet>) -> bool {
        let now = self.newly_blocked.read().unwrap_or_else(PoisonError::into_inner);
        !Arc::ptr_eq(&now, known)
    }

    /// The route of an address, where routes limit.
    #[inline]
    pub(crate) fn route_of(&self, address: IpAddr) -> Option<RouteId> {
        self.plan.route_rate?;
        self.plan.routes.as_ref()?.lookup(address)
    }

    #[inline]
    pub(crate) fn port_place(&self, port: u16) -> Option<usize> {
        usize::from(*self.port_places.get(usize::from(port))?).checked_sub(1)
    }

    /// Whether too many events wait to be taken; then a moment has passed.
    pub(crate) fn has_to_hold(&self) -> bool {
        let is_full = self.waiting_events.load(Relaxed) >= MOST_WAITING_EVENTS;
        if !is_full && !self.is_held.load(Relaxed) {
            return false;
        }
        add(&self.tally.held, 1);
        thread::sleep(HOLD);
        true
    }

    pub(crate) fn has_answered(&self, address: IpAddr, port: u16) -> bool {
        let Some(position) = self.position(address, port) else {
            return false;
        };
        self.seen.read().unwrap_or_else(PoisonError::into_inner).has_answered(position)
    }

    fn position(&self, address: IpAddr, port: u16) -> Option<u64> {
        self.plan.order.position(self.plan.visits.index(address, port)?)
    }

    /// Notes an answer; `true` if it is to be told.
    pub(crate) fn is_news(&self, kind: ResponderKind, address: IpAddr, port: u16) -> bool {
        let is_told = match kind {
            ResponderKind::SynAck | ResponderKind::Connected => true,
            ResponderKind::Rst => self.plan.record_resets,
            ResponderKind::Icmp => self.plan.record_icmp,
        };
        // Targets of another part of the order are nobody's that we asked.
        let position = self.position(address, port);
        let Some(position) = position.filter(|at| self.plan.positions.contains(at)) else {
            add(&self.tally.foreign, 1);
            return false;
        };
        if self.newly_blocked().contains(address) {
            return false;
        }
        let mut seen = self.seen.write().unwrap_or_else(PoisonError::into_inner);
        if !seen.first(kind, position) {
            add(&self.tally.repeats, 1);
            return false;
        }
        drop(seen);
        let counter = match kind {
            ResponderKind::SynAck | ResponderKind::Connected => &self.tally.synacks,
            ResponderKind::Rst => &self.tally.resets,
            ResponderKind::Icmp => &self.tally.icmp_errors,
        };
        add(counter, 1);
        is_told
    }

    /// Tells an event; nobody listening is nobody's loss.
    pub(crate) fn tell(&self, event: Event, events: &mpsc::Sender<Event>) {
        self.waiting_events.fetch_add(1, Relaxed);
        let _unheard = events.send(event);
    }

    pub(crate) fn is_cooling(&self) -> bool {
        self.is_cooling.load(Relaxed)
    }

    /// Notes that an interface is down now; whoever notices says so, again and again.
    pub(crate) fn note_outage(&self) {
        self.tally.link_down.store(true, Relaxed);
        let now_ns = self.now_ns();
        let mut outage = locked(&self.outage);
        let is_new = outage.number == 0 || now_ns.saturating_sub(outage.seen_ns) > NEW_OUTAGE_NS;
        // One that was not repaired yet goes on: it began when it began.
        if is_new && outage.number == outage.repaired {
            outage.number += 1;
            outage.since_ns = now_ns.saturating_sub(LOST_BEFORE_NS);
        }
        outage.seen_ns = now_ns;
    }

    /// Notes that frames get through again, over all interfaces.
    pub(crate) fn note_open(&self) {
        self.tally.link_down.store(false, Relaxed);
    }

    /// Whether an interface was down when somebody noticed last.
    pub(crate) fn is_link_down(&self) -> bool {
        self.tally.link_down.load(Relaxed)
    }

    /// Since when what was sent is lost, and has to be sent again; each outage is told once.
    pub(crate) fn outage_to_repair(&self) -> Option<u64> {
        let mut outage = locked(&self.outage);
        let is_new = outage.number > outage.repaired;
        outage.repaired = outage.number;
        is_new.then_some(outage.since_ns)
    }

    /// The same, while it was not told yet.
    fn unrepaired_since(&self) -> Option<u64> {
        let outage = locked(&self.outage);
        (outage.number > outage.repaired).then_some(outage.since_ns)
    }

    /// Whoever hears this interface has looked at everything that came before that time.
    pub(crate) fn heard_until(&self, interface: usize, time_ns: u64) {
        if let Some(until) = self.heard_until_ns.get(interface) {
            until.store(time_ns, SeqCst);
        }
    }
}

/// The schedule of a plan, over these positions for now.
fn schedule(plan: &Plan, wire: &Wire, positions: Range<u64>) -> Schedule {
    let block = block_of(plan.rate, plan.senders, wire);
    // The kernel repeats the SYNs of a connection itself.
    let probes = if wire.is_none() { 1 } else { plan.probes };
    Schedule::new(positions, block, probes, nanoseconds(plan.spacing))
}

/// How many positions a sender takes at once: what it sends in a tenth of a second, as a block that is not done holds up the
/// checkpoint; fewer at high rates.
fn block_of(rate: Rate, senders: usize, wire: &Wire) -> u64 {
    let senders = u16::try_from(senders.max(1)).unwrap_or(u16::MAX);
    let each = rate.share(senders).packets_per_second(wire.frame_octets().max(OCTETS_OF_A_SYN));
    let nanoseconds =
        Duration::try_from_secs_f64(each.recip()).map_or(u128::MAX, |interval| interval.as_nanos());
    let positions = BLOCK_TIME.as_nanos() / nanoseconds.max(1);
    u64::try_from(positions).unwrap_or(u64::MAX).clamp(1, MOST_OF_A_BLOCK)
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The result of a thread; its panic is ours.
fn joined<T>(thread: ScopedJoinHandle<'_, T>) -> T {
    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

pub(crate) fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// How long a sender is at work on a block.
const BLOCK_TIME: Duration = Duration::from_millis(100);
/// Positions of a block at most: at the rates that need several senders a few milliseconds' worth.
const MOST_OF_A_BLOCK: u64 = 4096;
/// Between two looks of the thread that looks after the others.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// The longest sleep before it is asked again whether to stop.
const LONGEST_SLEEP: Duration = Duration::from_millis(50);
/// Events that may wait to be taken before nothing more is sent. What is on its way then still comes: a few times as many at
/// most.
const MOST_WAITING_EVENTS: usize = 1 << 17;
/// How long a sender waits before it looks again whether events were taken.
const HOLD: Duration = Duration::from_millis(1);
/// Answers come within a second, or hardly ever: what was sent so long before an interface went down was not heard.
const LOST_BEFORE_NS: u64 = 1_000_000_000;
/// Who notices that an interface is down says so more often than that.
const NEW_OUTAGE_NS: u64 = 2_000_000_000;
/// Between two looks at the hit rate.
const WATCHED_WINDOW: Duration = Duration::from_secs(10);
