//! Captures, one behind the other, through one worker or several.

use std::path::Path;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;
use std::sync::mpsc::Receiver;
use std::sync::mpsc::RecvTimeoutError;
use std::sync::mpsc::SyncSender;
use std::sync::mpsc::sync_channel;
use std::thread;
use std::time::Duration;
use std::time::Instant;

use tlscensus_flows::Frame;
use tlscensus_flows::LinkType;
use tlscensus_flows::Shard;
use tlscensus_flows::Sharder;
use tlscensus_flows::Time;
use tlscensus_link::CaptureCounts;
use tlscensus_link::CaptureReader;
use tlscensus_link::Captured;
use tlscensus_link::PolledSome;

use crate::error::Error;
use crate::gauges::Gauges;
use crate::gauges::Part;
use crate::monitor::Batch;
use crate::monitor::Monitor;
use crate::worker::Worker;

/// A capture to be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// The file; `-` is standard input.
    pub path: PathBuf,
    /// It still grows: at its end more is waited for.
    pub follow: bool,
}

impl Input {
    /// It is a file that does not grow: nothing of it is lost while nobody reads.
    fn waits(&self) -> bool {
        !self.follow && self.path != Path::new(STANDARD_INPUT) && self.path.is_file()
    }
}

/// Reads captures in the order given, as one: a connection may go on from one to the next. `sink` takes the rows on this
/// thread, now and then none, and says whether it goes on taking them; `stop` ends it after the packet at hand.
///
/// One worker that reads what waits for it needs no other thread: rows are written where they lie in a core's cache. Anything
/// else is read beside the sink, as what is sent to a pipe may be lost while it waits for a disk.
///
/// # Errors
/// At the first capture that cannot be read to its end; all before that was handed over, and flows that were still open then
/// are ended.
pub fn read(
    monitor: &Monitor,
    inputs: &[Input],
    gauges: &Gauges,
    stop: &AtomicBool,
    sink: &mut dyn FnMut(Batch) -> bool,
) -> Result<(), Error> {
    let workers = monitor.workers.get();
    if workers == 1 && inputs.iter().all(Input::waits) {
        return alone(monitor, inputs, gauges, stop, true, sink);
    }
    let (rows, taken) = sync_channel(WAITING_BATCHES);
    thread::scope(|scope| {
        let reading = scope.spawn(move || match workers {
            1 => alone(monitor, inputs, gauges, stop, false, &mut |batch| rows.send(batch).is_ok()),
            _ => shared(monitor, inputs, gauges, stop, &rows, workers),
        });
        let taken_all = hand_over(taken, sink);
        let read = reading.join().expect("a reader does not panic");
        if taken_all { read } else { Err(Error::Sink) }
    })
}

/// Hands batches over as they come, and an empty one whenever none came for a while, so that who takes them can see to what
/// was taken before. Says whether all were taken; if not, nobody who still sends waits for room.
pub(crate) fn hand_over(taken: Receiver<Batch>, sink: &mut dyn FnMut(Batch) -> bool) -> bool {
    loop {
        let batch = match taken.recv_timeout(IDLE) {
            Ok(batch) => batch,
            Err(RecvTimeoutError::Timeout) => Batch::default(),
            Err(RecvTimeoutError::Disconnected) => return true,
        };
        if !sink(batch) {
            return false;
        }
    }
}

/// Reader and worker in one; hands over at once what has come out, or many rows at a time, and nothing after each [`IDLE`]
/// without any.
fn alone(
    monitor: &Monitor,
    inputs: &[Input],
    gauges: &Gauges,
    stop: &AtomicBool,
    at_once: bool,
    sink: &mut dyn FnMut(Batch) -> bool,
) -> Result<(), Error> {
    let mut worker = Worker::new(monitor, gauges, 0);
    let mut handed = Instant::now();
    let each = |captured: &[Captured<'_>]| {
        if captured.is_empty() {
            worker.measure();
        }
        worker.frames(&captured.iter().map(frame).collect::<Vec<_>>());
        let batch = worker.batch(at_once || captured.is_empty());
        if batch.is_none() && handed.elapsed() < IDLE {
            return true;
        }
        handed = Instant::now();
        sink(batch.unwrap_or_default())
    };
    let read = each_packet(inputs, gauges, stop, each);
    worker.stop();
    // Who refused rows is not asked again.
    if matches!(read, Err(Error::Sink)) || worker.batch(true).is_none_or(sink) {
        return read;
    }
    Err(Error::Sink)
}

/// One reader that deals packets to workers.
fn shared(
    monitor: &Monitor,
    inputs: &[Input],
    gauges: &Gauges,
    stop: &AtomicBool,
    rows: &SyncSender<Batch>,
    workers: usize,
) -> Result<(), Error> {
    thread::scope(|scope| {
        let mut hands = Vec::with_capacity(workers);
        for thread in 0..workers {
            let (packets, dealt) = sync_channel(WAITING_PACKETS);
            let rows = rows.clone();
            scope.spawn(move || work(Worker::new(monitor, gauges, thread), &dealt, &rows));
            hands.push(Hand { packets, pile: Pile::default() });
        }
        let mut dealer =
            Dealer { sharder: Sharder::new(monitor.flows, monitor.seed), hands, gauges, now: None };
        let read = each_packet(inputs, gauges, stop, |captured| dealer.deal(captured));
        dealer.flush();
        dealer.ask();
        read
    })
}

fn work(mut worker: Worker<'_>, dealt: &Receiver<Pile>, rows: &SyncSender<Batch>) {
    for pile in dealt {
        let frames = pile.packets.iter().map(|packet| Frame {
            at: packet.at,
            link_type: packet.link_type,
            bytes: pile.bytes.get(packet.from..packet.to).unwrap_or_default(),
            wire_length: packet.wire_length,
        });
        worker.frames(&frames.collect::<Vec<_>>());
        // What others' packets say of the time counts here too, as if there were one worker.
        if let Some(now) = pile.now {
            worker.advance(now);
        }
        let all = pile.packets.is_empty();
        if worker.batch(all).is_some_and(|batch| rows.send(batch).is_err()) {
            return;
        }
        if all {
            worker.measure();
        }
    }
    worker.stop();
    if let Some(batch) = worker.batch(true) {
        // Nobody takes it any more: that is known on the other side.
        let _ = rows.send(batch);
    }
}

/// Packets on their way to a worker; an empty pile asks for what is ready.
#[derive(Default)]
struct Pile {
    /// How late it is by the packets of all workers.
    now: Option<Time>,
    bytes: Vec<u8>,
    packets: Vec<Packet>,
}

struct Packet {
    at: Time,
    link_type: LinkType,
    from: usize,
    to: usize,
    wire_length: u32,
}

impl Pile {
    fn add(&mut self, frame: &Frame<'_>) {
        let from = self.bytes.len();
        self.bytes.extend_from_slice(frame.bytes);
        let (at, link_type, wire_length) = (frame.at, frame.link_type, frame.wire_length);
        self.packets.push(Packet { at, link_type, from, to: self.bytes.len(), wire_length });
    }

    fn is_full(&self) -> bool {
        self.bytes.len() >= PILE_BYTES || self.packets.len() >= PILE_PACKETS
    }
}

struct Hand {
    packets: SyncSender<Pile>,
    pile: Pile,
}

impl Hand {
    /// Sends the pile. False: nobody works any more.
    fn send(&mut self, now: Option<Time>) -> bool {
        let pile = std::mem::take(&mut self.pile);
        self.packets.send(Pile { now, ..pile }).is_ok()
    }
}

struct Dealer<'m> {
    sharder: Sharder,
    hands: Vec<Hand>,
    gauges: &'m Gauges,
    now: Option<Time>,
}

impl Dealer<'_> {
    /// Gives packets to the workers of their flows; none: there is nothing now, so what is held back goes on. `false`: nobody
    /// works any more.
    fn deal(&mut self, captured: &[Captured<'_>]) -> bool {
        if captured.is_empty() {
            return self.flush() && self.ask();
        }
        captured.iter().all(|captured| self.hear(Time(captured.at)) && self.place(&frame(captured)))
    }

    /// Hears the time of a packet. False: nobody works any more.
    fn hear(&mut self, at: Time) -> bool {
        let Some(now) = self.now else {
            // All count from the first packet, or what is due with one would be due a little later with another.
            self.now = Some(at);
            return self.ask();
        };
        // A little back is disorder, far back is another capture, with which time goes on from there.
        if at > now || now.0.saturating_sub(at.0) > DISORDER_US {
            self.now = Some(at);
        }
        true
    }

    /// Asks all for what is ready, and tells them the time.
    fn ask(&self) -> bool {
        let now = self.now;
        self.hands.iter().all(|hand| hand.packets.send(Pile { now, ..Pile::default() }).is_ok())
    }

    fn place(&mut self, frame: &Frame<'_>) -> bool {
        match self.sharder.shard(frame) {
            Shard::Flow(hash) => self.put(hash, frame),
            Shard::Other => self.put(0, frame),
            Shard::Fragment => {
                let Some(packet) = self.sharder.defragment(frame) else {
                    return true;
                };
                let wire_length = u32::try_from(packet.len()).unwrap_or(u32::MAX);
                let link_type = LinkType::RAW;
                self.place(&Frame { at: frame.at, link_type, bytes: &packet, wire_length })
            }
        }
    }

    fn put(&mut self, hash: u64, frame: &Frame<'_>) -> bool {
        let workers = u64::try_from(self.hands.len()).unwrap_or(1);
        let place = usize::try_from(hash % workers).unwrap_or(0);
        let Some(hand) = self.hands.get_mut(place) else {
            return false;
        };
        hand.pile.add(frame);
        !hand.pile.is_full() || hand.send(self.now)
    }

    fn flush(&mut self) -> bool {
        // Fragments are counted here, everything else by the workers.
        let part = Part { flows: *self.sharder.statistics(), ..Part::default() };
        self.gauges.set(self.hands.len(), part);
        self.hands.iter_mut().all(|hand| hand.pile.packets.is_empty() || hand.send(self.now))
    }
}

fn frame<'a>(captured: &Captured<'a>) -> Frame<'a> {
    Frame {
        at: Time(captured.at),
        link_type: LinkType(captured.link_type),
        bytes: captured.bytes,
        wire_length: captured.length,
    }
}

/// Hands over every packet of every capture, some at a time, and none whenever there is nothing yet, until `each` says `false`.
fn each_packet(
    inputs: &[Input],
    gauges: &Gauges,
    stop: &AtomicBool,
    mut each: impl FnMut(&[Captured<'_>]) -> bool,
) -> Result<(), Error> {
    let mut before = (CaptureCounts::default(), 0);
    for input in inputs {
        let failed = |source| Error::Capture { path: input.path.clone(), source };
        let mut reader = open(input).map_err(failed)?;
        let mut untold = 0;
        let ended = loop {
            if stop.load(Ordering::Relaxed) {
                break Ok(true);
            }
            match reader.poll_some(TOGETHER) {
                Ok(PolledSome::Packets(captured)) => {
                    untold += captured.len();
                    if !each(&captured) {
                        return Err(Error::Sink);
                    }
                    if untold >= TELL_EVERY {
                        untold = 0;
                        tell(gauges, &before, &reader);
                    }
                }
                Ok(PolledSome::NotYet) => {
                    tell(gauges, &before, &reader);
                    if !each(&[]) {
                        return Err(Error::Sink);
                    }
                    thread::sleep(LOOK_AGAIN);
                }
                Ok(PolledSome::End) => break Ok(false),
                Err(error) => break Err(failed(error)),
            }
        };
        before = tell(gauges, &before, &reader);
        if ended? {
            break;
        }
    }
    Ok(())
}

fn open(input: &Input) -> Result<CaptureReader, tlscensus_link::CaptureError> {
    match input.follow && input.path != Path::new(STANDARD_INPUT) {
        true => CaptureReader::follow(&input.path),
        false => CaptureReader::open(&input.path),
    }
}

/// Tells the gauges what was read of this capture and those before it, and gives it back.
fn tell(
    gauges: &Gauges,
    before: &(CaptureCounts, u64),
    reader: &CaptureReader,
) -> (CaptureCounts, u64) {
    let so_far = (before.0 + reader.counts(), before.1 + reader.offset());
    gauges.set_captures(so_far.0, so_far.1);
    so_far
}

/// The name of standard input.
const STANDARD_INPUT: &str = "-";
/// How long the rows' taker is left alone.
const IDLE: Duration = Duration::from_secs(1);
/// Batches that may wait for the disk before packets do.
const WAITING_BATCHES: usize = 64;
/// Piles that may wait for a worker.
const WAITING_PACKETS: usize = 16;
/// Bytes and packets of a pile.
const PILE_BYTES: usize = 1 << 18;
const PILE_PACKETS: usize = 1 << 10;
/// Microseconds by which packets of several queues of a card may be out of order, as flows have it.
const DISORDER_US: i64 = 1_000_000;
/// Packets between two looks at how far a capture was read.
const TELL_EVERY: usize = 1 << 14;
/// Packets that are taken at a time; few, as a stop waits for them.
const TOGETHER: usize = 32;
/// How soon a capture that grows is looked at again.
const LOOK_AGAIN: Duration = Duration::from_millis(50);
