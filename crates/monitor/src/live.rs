//! An interface, by as many threads as there are workers.

use std::io;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;
use std::sync::mpsc::SyncSender;
use std::sync::mpsc::sync_channel;
use std::thread;
use std::time::Duration;
use std::time::Instant;
use std::time::SystemTime;

use tlscensus_flows::Frame;
use tlscensus_flows::LinkType;
use tlscensus_flows::Time;
use tlscensus_link::Filter;
use tlscensus_link::Interface;
use tlscensus_link::LiveCapture;
use tlscensus_link::LiveOptions;
use tlscensus_link::RingSize;

use crate::error::Error;
use crate::files::hand_over;
use crate::gauges::Gauges;
use crate::monitor::Batch;
use crate::monitor::Monitor;
use crate::worker::Worker;

/// What to hear of an interface.
#[derive(Clone, Debug)]
pub struct Listening {
    /// Its name.
    pub interface: String,
    /// Hear what is for other machines too.
    pub promiscuous: bool,
    /// The ring of each worker.
    pub ring: RingSize,
}

/// Listens until `stop`. `ready` is called once nothing more can be missed; `warn` is told of an interface that went down. The
/// rest is as with [`read`](crate::read).
///
/// # Errors
/// When the interface cannot be listened to, or is gone.
pub fn listen(
    monitor: &Monitor,
    listening: &Listening,
    gauges: &Gauges,
    stop: &AtomicBool,
    ready: &mut dyn FnMut(),
    warn: &(dyn Fn(&str) + Sync),
    sink: &mut dyn FnMut(Batch) -> bool,
) -> Result<(), Error> {
    let failed = |source| Error::Interface { name: listening.interface.clone(), source };
    let interface = Interface::named(&listening.interface).map_err(failed)?;
    let options = LiveOptions {
        sockets: monitor.workers,
        ring: listening.ring,
        promiscuous: listening.promiscuous,
        filter: Filter::may_hold_tcp(interface.kind),
        seed: folded(monitor.seed),
    };
    let captures = LiveCapture::open(&interface, &options).map_err(failed)?;
    ready();
    let (rows, taken) = sync_channel(WAITING_BATCHES);
    thread::scope(|scope| {
        let mut threads = Vec::new();
        for (thread, capture) in captures.into_iter().enumerate() {
            let rows = rows.clone();
            threads.push(scope.spawn(move || {
                let ended = hear(capture, Worker::new(monitor, gauges, thread), stop, warn, &rows);
                // One thread that can hear no more ends the others: half of an interface is no measurement.
                stop.store(true, Ordering::Relaxed);
                ended
            }));
        }
        drop(rows);
        let taken_all = hand_over(taken, sink);
        stop.fetch_or(!taken_all, Ordering::Relaxed);
        let mut outcome = if taken_all { Ok(()) } else { Err(Error::Sink) };
        for thread in threads {
            let ended = thread.join().expect("a worker does not panic");
            let name = listening.interface.clone();
            let ended = ended.map_err(|source| Error::Listening { name, source });
            outcome = outcome.and(ended);
        }
        outcome
    })
}

/// 32 bits, made of all.
fn folded(seed: [u64; 2]) -> u32 {
    let half = seed[0] ^ seed[1];
    u32::try_from((half ^ half >> 32) & u64::from(u32::MAX)).unwrap_or_default()
}

fn hear(
    mut capture: LiveCapture,
    mut worker: Worker<'_>,
    stop: &AtomicBool,
    warn: &(dyn Fn(&str) + Sync),
    rows: &SyncSender<Batch>,
) -> io::Result<()> {
    let mut measured = Instant::now();
    let ended = loop {
        // What was there when it was told to stop is heard all the same.
        let stopping = stop.load(Ordering::Relaxed);
        if let Err(error) = take(&mut capture, &mut worker, warn) {
            break Err(error);
        }
        let due = stopping || measured.elapsed() >= MEASURE_EVERY;
        if due {
            measured = Instant::now();
            match capture.statistics() {
                Ok(received) => worker.received(received),
                Err(error) => break Err(error),
            }
            worker.measure();
        }
        if stopping {
            break Ok(());
        }
        if worker.batch(due).is_some_and(|batch| rows.send(batch).is_err()) {
            return Ok(());
        }
    };
    worker.stop();
    if let Some(batch) = worker.batch(true) {
        // Nobody takes it any more: that is known on the other side.
        let _ = rows.send(batch);
    }
    ended
}

/// Takes what the ring holds, or waits a little for it. What does not end the listening is warned of.
fn take(
    capture: &mut LiveCapture,
    worker: &mut Worker<'_>,
    warn: &(dyn Fn(&str) + Sync),
) -> io::Result<()> {
    let heard = capture.wait(PATIENCE, &mut |captured| {
        worker.frame(&Frame {
            at: Time(captured.at),
            link_type: LinkType(captured.link_type),
            bytes: captured.bytes,
            wire_length: captured.length,
        });
    });
    match heard {
        // Where nothing passes, time passes all the same.
        Ok(0) => worker.advance(now()),
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::NetworkDown => {
            warn("the interface is down; listening goes on when it is up again");
        }
        Err(error) if error.kind() == io::ErrorKind::InvalidData => warn(&error.to_string()),
        Err(error) => return Err(error),
    }
    Ok(())
}

fn now() -> Time {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Time(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}

/// Batches that may wait for the disk before the rings fill.
const WAITING_BATCHES: usize = 1024;
/// How long to wait for a packet before looking at the clock.
const PATIENCE: Duration = Duration::from_millis(100);
/// How often the kernel is asked and rows are handed on however few.
const MEASURE_EVERY: Duration = Duration::from_secs(1);
