//! What a discovery has done so far, readable at any time from anywhere.

use std::sync::atomic::AtomicBool;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;

use crate::Flow;

/// Counters that senders and receivers add to.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) probes_sent: AtomicU64,
    pub(crate) targets: AtomicU64,
    pub(crate) blocked: AtomicU64,
    pub(crate) spared: AtomicU64,
    pub(crate) deferred: AtomicU64,
    /// Targets that wait for their networks now.
    pub(crate) aside: AtomicU64,
    pub(crate) held: AtomicU64,
    pub(crate) send_failures: AtomicU64,
    pub(crate) synacks: AtomicU64,
    pub(crate) resets: AtomicU64,
    pub(crate) icmp_errors: AtomicU64,
    pub(crate) admin_prohibited: AtomicU64,
    pub(crate) repeats: AtomicU64,
    pub(crate) foreign: AtomicU64,
    pub(crate) frames: AtomicU64,
    pub(crate) kernel_drops: AtomicU64,
    pub(crate) link_down: AtomicBool,
}

/// A look at the counters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Probes handed to the kernel, repeats among them.
    pub probes_sent: u64,
    /// Targets that were sent at least one.
    pub targets: u64,
    /// Targets that were passed over, because a blocklist came to hold them while the run went on.
    pub blocked: u64,
    /// Repeats that were spared, because the target had answered.
    pub spared: u64,
    /// Targets that had to wait because their network had had its share; counted once for each time that they were put aside.
    pub deferred: u64,
    /// Times that sending stopped because the rows could not be taken fast enough.
    pub held: u64,
    /// Times that the kernel refused to take a batch.
    pub send_failures: u64,
    /// Endpoints that answered with SYN and ACK (or took a connection), each once.
    pub synacks: u64,
    /// Endpoints that answered with RST, each once; where they are not recorded, each answer.
    pub resets: u64,
    /// Endpoints for which an ICMP error came, as for resets.
    pub icmp_errors: u64,
    /// ICMP errors that say "administratively prohibited".
    pub admin_prohibited: u64,
    /// Answers that came again.
    pub repeats: u64,
    /// Frames that are no answers to probes of ours.
    pub foreign: u64,
    /// Frames that passed the kernel's filter.
    pub frames: u64,
    /// Frames that the kernel dropped, because we did not take them in time.
    pub kernel_drops: u64,
    /// The interface is down at the moment, or its router does not answer yet; sending waits for it.
    pub link_down: bool,
}

impl Tally {
    /// What a ramp judges by.
    pub(crate) fn flow(&self) -> Flow {
        Flow {
            sent: self.probes_sent.load(Relaxed),
            syn_acks: self.synacks.load(Relaxed),
            rsts: self.resets.load(Relaxed),
            icmp: self.icmp_errors.load(Relaxed),
            prohibited: self.admin_prohibited.load(Relaxed),
            foreign: self.foreign.load(Relaxed),
            drops: self.kernel_drops.load(Relaxed),
        }
    }

    pub(crate) fn counts(&self) -> Counts {
        Counts {
            probes_sent: self.probes_sent.load(Relaxed),
            targets: self.targets.load(Relaxed),
            blocked: self.blocked.load(Relaxed),
            spared: self.spared.load(Relaxed),
            deferred: self.deferred.load(Relaxed),
            held: self.held.load(Relaxed),
            send_failures: self.send_failures.load(Relaxed),
            synacks: self.synacks.load(Relaxed),
            resets: self.resets.load(Relaxed),
            icmp_errors: self.icmp_errors.load(Relaxed),
            admin_prohibited: self.admin_prohibited.load(Relaxed),
            repeats: self.repeats.load(Relaxed),
            foreign: self.foreign.load(Relaxed),
            frames: self.frames.load(Relaxed),
            kernel_drops: self.kernel_drops.load(Relaxed),
            link_down: self.link_down.load(Relaxed),
        }
    }
}

/// Adds to a counter.
pub(crate) fn add(counter: &AtomicU64, number: usize) {
    counter.fetch_add(u64::try_from(number).unwrap_or(u64::MAX), Relaxed);
}
