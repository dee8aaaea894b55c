//! Connections to those that answered: who completes the handshake, and who only says SYN-ACK.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;
use std::time::Instant;

use anyhow::Context;
use tlscensus_discovery::ConnectOptions;
use tlscensus_discovery::Discovery;
use tlscensus_discovery::Ended;
use tlscensus_discovery::From;
use tlscensus_discovery::Plan;
use tlscensus_discovery::Way;
use tlscensus_records::ResponderKind;
use tlscensus_targets::PairList;
use tlscensus_targets::Permutation;
use tlscensus_targets::Visits;

use super::Course;
use crate::plan::descriptors;

/// Connects to these once each, by the same rates, and adds a row for each that completes.
///
/// # Errors
/// When rows cannot be written.
pub(crate) fn follow_up(course: &mut Course, found: Vec<(IpAddr, u16)>) -> anyhow::Result<Ended> {
    let pairs: PairList = found.into_iter().collect();
    let before = course.discovery.plan();
    let order = Permutation::new(pairs.len(), 0).context("fewer pairs than targets")?;
    let plan = Plan {
        positions: 0..pairs.len(),
        visits: Arc::new(Visits::List(pairs)),
        order,
        from: From::default(),
        probes: 1,
        ramp: false,
        longest: None,
        most_answers: None,
        ..before.clone()
    };
    let timeout = before.answer_window.max(LEAST_PATIENCE);
    let limit = descriptors::make_room(AT_ONCE);
    let sources = match course.discovery.way() {
        Way::Wire(wire) => wire.sources_for_connections(),
        Way::Connect(options) => options.sources.clone(),
    };
    let way = Way::Connect(ConnectOptions { limit, timeout, sources });
    let asking = Arc::new(Discovery::new(plan, way)?);
    heed_blocklist(course, &asking)?;
    let mut last_mark = Instant::now();
    let (sender, events) = mpsc::channel();
    let running = {
        let asking = asking.clone();
        thread::Builder::new().name("follow-up".to_owned()).spawn(move || asking.run(&sender))?
    };
    loop {
        match events.recv_timeout(TICK) {
            Ok(event) => {
                asking.taken(1);
                if event.answer.kind == ResponderKind::Connected {
                    course.sink.take(event)?;
                }
            }
            Err(mpsc::RecvTimeoutError::Timeout) => {}
            Err(mpsc::RecvTimeoutError::Disconnected) => break,
        }
        if course.stop.load(Relaxed) {
            asking.stop();
        }
        if last_mark.elapsed() >= MARK_EVERY {
            course.heed_control();
            heed_blocklist(course, &asking)?;
            course.mark()?;
            last_mark = Instant::now();
        }
        course.display.tick(&asking, &*course.sink);
    }
    match running.join() {
        Ok(ended) => Ok(ended?),
        Err(panic) => std::panic::resume_unwind(panic),
    }
}

/// Who came to be blocked since the targets were made is not connected to either.
fn heed_blocklist(course: &mut Course, asking: &Discovery) -> anyhow::Result<()> {
    course.heed_blocklist()?;
    asking.block(course.live.now().addresses().minus(&course.ready.blocked));
    Ok(())
}

/// Between two checkpoints.
const MARK_EVERY: Duration = Duration::from_secs(1);
/// As many as fit into the descriptors of most systems.
const AT_ONCE: usize = 1000;
/// A handshake has two ways to go, and a SYN may be lost.
const LEAST_PATIENCE: Duration = Duration::from_secs(5);
/// Between two looks around.
const TICK: Duration = Duration::from_millis(100);
