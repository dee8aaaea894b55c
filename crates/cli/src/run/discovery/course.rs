//! A discovery from the first probe to the last durable row: one thread sends and listens, this one writes, shows and heeds.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;
use std::time::Instant;

use anyhow::Context;
use serde_json::Value;
use tlscensus_discovery::Discovery;
use tlscensus_discovery::Ended;
use tlscensus_discovery::Event;
use tlscensus_records::Counter;
use tlscensus_records::ListUsed;
use tlscensus_records::ResponderKind;
use tlscensus_records::RunState;
use tlscensus_targets::Blocklist;
use tlscensus_targets::LiveBlocklist;

use super::control::Control;
use super::display::Display;
use super::emit::Emitter;
use crate::console;
use crate::plan::discovery::DiscoveryPlan;
use crate::run::metrics::Metric;
use crate::run::metrics::MetricsPage;
use crate::run::reload::Reload;
use crate::run::reload::Reloads;

/// Everything that one discovery needs while it runs.
pub(crate) struct Course {
    pub(crate) discovery: Arc<Discovery>,
    pub(crate) ready: DiscoveryPlan,
    /// Where rows go; none: stdout only.
    pub(crate) sink: Box<dyn Sink>,
    pub(crate) emitter: Option<Emitter>,
    pub(crate) display: Display,
    pub(crate) control: Option<Control>,
    /// The operator's list as it is now.
    pub(crate) live: LiveBlocklist,
    pub(crate) reloads: Arc<Reloads>,
    /// Turned by a signal.
    pub(crate) stop: Arc<AtomicBool>,
    /// What earlier starts of the run counted.
    pub(crate) before: BTreeMap<String, u64>,
    /// What else was counted, for the run's row.
    pub(crate) more: Vec<(String, u64)>,
    /// The list that the discovery was told.
    pub(crate) known: Option<Arc<Blocklist>>,
    /// What works for as long as this lives: the blocklist's watcher and the page of metrics.
    pub(crate) _helpers: (Option<Reload>, Option<MetricsPage>),
}

/// Takes what a discovery finds.
pub(crate) trait Sink {
    /// An answer. May block for a while: sending then waits as well.
    ///
    /// # Errors
    /// When it cannot be kept.
    fn take(&mut self, event: Event) -> anyhow::Result<()>;

    /// Everything taken so far is to be durable, and then that the discovery has come this far.
    ///
    /// # Errors
    /// When that cannot be written.
    fn checkpoint(&mut self, text: &str) -> anyhow::Result<()>;

    /// Lists that the run goes on with, for its row.
    ///
    /// # Errors
    /// When that cannot be written.
    fn note(&mut self, lists: Vec<ListUsed>) -> anyhow::Result<()>;

    /// Whether it has so much that it cannot hand on yet that no more answers should be taken.
    fn is_full(&self) -> bool {
        false
    }

    /// Moves on what can be moved on; called every moment.
    ///
    /// # Errors
    /// When it cannot be kept.
    fn pump(&mut self) -> anyhow::Result<()> {
        Ok(())
    }

    /// The discovery is over: goes on with what was found; `true` once nothing is left to do.
    ///
    /// # Errors
    /// When it cannot be kept.
    fn drain(&mut self) -> anyhow::Result<bool> {
        Ok(true)
    }

    /// Somebody wants to stop.
    fn stop(&mut self) {}

    /// What it does, for the line of progress.
    fn said(&self) -> Option<String> {
        None
    }

    /// The same for machines.
    fn state(&self) -> Option<Value> {
        None
    }

    /// What it does, as metrics.
    fn figures(&self) -> Figures {
        Box::new(Vec::new)
    }

    /// Ends the run.
    ///
    /// # Errors
    /// When that cannot be written; what was acknowledged is safe.
    fn finish(self: Box<Self>, state: RunState, counters: Vec<Counter>) -> anyhow::Result<()>;
}

/// Metrics of the moment in which they are asked for.
pub(crate) type Figures = Box<dyn Fn() -> Vec<Metric> + Send + Sync>;

/// How it ended.
pub(crate) struct Outcome {
    pub(crate) ended: Ended,
    pub(crate) course: Course,
}

impl Course {
    /// Runs it to its end.
    ///
    /// # Errors
    /// When the wire fails, or rows cannot be written; what was acknowledged is safe.
    pub(crate) fn run(mut self) -> anyhow::Result<Outcome> {
        // Before the first probe: who came to be blocked since the targets were made.
        self.heed_blocklist()?;
        let (sender, events) = mpsc::channel();
        let discovery = self.discovery.clone();
        let running = thread::Builder::new()
            .name("discovery".to_owned())
            .spawn(move || discovery.run(&sender))
            .context("starting the discovery")?;
        let taken = self.take_until_closed(&events);
        if taken.is_err() {
            self.discovery.stop();
            // What still comes is nobody's: let it pass until the discovery has ended.
            events.iter().for_each(|_| self.discovery.taken(1));
        }
        let ended = match running.join() {
            Ok(ended) => ended,
            Err(panic) => std::panic::resume_unwind(panic),
        };
        taken?;
        let ended = ended?;
        self.mark()?;
        Ok(Outcome { ended, course: self })
    }

    fn take_until_closed(&mut self, events: &mpsc::Receiver<Event>) -> anyhow::Result<()> {
        let mut last_mark = Instant::now();
        while self.take_some(events)? {
            self.look_around()?;
            if last_mark.elapsed() >= MARK_EVERY {
                self.heed_control();
                self.heed_blocklist()?;
                self.mark_with(events)?;
                last_mark = Instant::now();
            }
        }
        Ok(())
    }

    /// After the discovery: until what was found is dealt with.
    ///
    /// # Errors
    /// When rows cannot be written.
    pub(crate) fn drain(&mut self) -> anyhow::Result<()> {
        let mut last_mark = Instant::now();
        while !self.sink.drain()? {
            self.look_around()?;
            if last_mark.elapsed() >= MARK_EVERY {
                self.heed_control();
                self.heed_blocklist()?;
                self.mark()?;
                last_mark = Instant::now();
            }
            thread::sleep(TICK);
        }
        self.mark()
    }

    fn look_around(&mut self) -> anyhow::Result<()> {
        if self.stop.load(Relaxed) {
            self.discovery.stop();
            self.sink.stop();
        }
        self.sink.pump()?;
        self.display.tick(&self.discovery, &*self.sink);
        Ok(())
    }

    /// Takes what is there, or waits a moment for it; `false` once nothing comes any more.
    fn take_some(&mut self, events: &mpsc::Receiver<Event>) -> anyhow::Result<bool> {
        self.discovery.hold(self.sink.is_full());
        match events.recv_timeout(TICK) {
            Ok(event) => self.take(event)?,
            Err(mpsc::RecvTimeoutError::Timeout) => {}
            Err(mpsc::RecvTimeoutError::Disconnected) => return Ok(false),
        }
        for event in events.try_iter().take(GATHERED) {
            self.take(event)?;
        }
        Ok(true)
    }

    fn take(&mut self, event: Event) -> anyhow::Result<()> {
        self.discovery.taken(1);
        let success = matches!(event.answer.kind, ResponderKind::SynAck | ResponderKind::Connected);
        if success && let Some(emitter) = &mut self.emitter {
            emitter.write(&event)?;
        }
        self.sink.take(event)
    }

    /// Notes how far it has come, and before that takes all events that were told by then.
    fn mark_with(&mut self, events: &mpsc::Receiver<Event>) -> anyhow::Result<()> {
        let progress = self.discovery.progress();
        let waiting = self.discovery.waiting();
        for event in events.try_iter().take(waiting) {
            self.take(event)?;
        }
        self.write_mark(&progress)
    }

    pub(crate) fn mark(&mut self) -> anyhow::Result<()> {
        let progress = self.discovery.progress();
        self.write_mark(&progress)
    }

    fn write_mark(&mut self, progress: &tlscensus_discovery::Progress) -> anyhow::Result<()> {
        if let Some(emitter) = &mut self.emitter {
            emitter.flush()?;
        }
        let checkpoint = self.ready.checkpoint(progress, self.counted());
        self.sink.checkpoint(&serde_json::to_string(&checkpoint)?)
    }

    /// What was counted by all starts of the run, but for the ports.
    pub(crate) fn counted(&self) -> BTreeMap<String, u64> {
        let counts = self.discovery.counts();
        let mut counted = self.before.clone();
        for (name, count) in [
            ("probes-sent", counts.probes_sent),
            ("synack", counts.synacks),
            ("rst", counts.resets),
            ("icmp", counts.icmp_errors),
            ("admin-prohibited", counts.admin_prohibited),
            ("duplicates", counts.repeats),
            ("foreign", counts.foreign),
            ("kernel-drops", counts.kernel_drops),
            ("send-failures", counts.send_failures),
            ("blocked-meanwhile", counts.blocked),
            ("repeats-spared", counts.spared),
        ] {
            *counted.entry(name.to_owned()).or_default() += count;
        }
        counted
    }

    pub(crate) fn heed_control(&mut self) {
        let Some(control) = &mut self.control else {
            return;
        };
        match control.look() {
            Ok(None) => {}
            Ok(Some(super::control::Order::Rate(rate))) => {
                self.discovery.set_rate(rate);
                console::say(&format!("rate: {rate} from now on"));
            }
            Ok(Some(super::control::Order::Stop)) => {
                console::say("stopping: --control says so");
                self.stop.store(true, Relaxed);
            }
            Err(error) => console::say(&format!("--control: {}", console::told(&error))),
        }
    }

    /// Tells the discovery what came to be blocked since its targets were made, and the run's row which list says so.
    pub(crate) fn heed_blocklist(&mut self) -> anyhow::Result<()> {
        let now = self.live.now();
        if !self.known.as_ref().is_some_and(|known| Arc::ptr_eq(&now, known)) {
            self.discovery.block(now.addresses().minus(&self.ready.blocked));
            self.known = Some(now);
        }
        let to_note = self.reloads.to_note();
        if to_note.is_empty() { Ok(()) } else { self.sink.note(to_note) }
    }
}

/// The longest wait for an answer before something else is looked at.
const TICK: Duration = Duration::from_millis(20);
/// Answers that are taken in a row before something else is looked at.
const GATHERED: usize = 4096;
/// Between two checkpoints.
const MARK_EVERY: Duration = Duration::from_secs(1);
