//! How long an interface that fails is waited for.

use std::io;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use tlscensus_link::Interface;

use crate::Discovery;
use crate::Error;

/// What failed in a row.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Patience {
    /// Since when, on the discovery's clock.
    since_ns: Option<u64>,
}

impl Patience {
    /// Waits a little; `false` when it is time to stop.
    ///
    /// # Errors
    /// What failed, once that has gone on for too long.
    pub(crate) fn goes_on(
        &mut self,
        shared: &Discovery,
        interface: &Interface,
        error: io::Error,
    ) -> Result<bool, Error> {
        let now_ns = shared.now_ns();
        let since_ns = *self.since_ns.get_or_insert(now_ns);
        if now_ns.saturating_sub(since_ns) > LONGEST_NS {
            let interface = interface.name.clone();
            return Err(Error::Wire { interface, attempt: "send", source: error });
        }
        let is_up = interface.is_up();
        if !is_up || is_network_down(&error) {
            shared.is_down();
        }
        std::thread::sleep(if is_up { A_MOMENT } else { UNTIL_UP });
        shared.tally.link_down.store(!interface.is_up(), Relaxed);
        Ok(!shared.is_stopping())
    }
}

/// Whether the kernel says "Network is down".
pub(crate) fn is_network_down(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::NetworkDown
}

/// A link that is down for longer than a switch takes to start anew is somebody's to look at; the run can be resumed.
const LONGEST_NS: u64 = 120_000_000_000;
/// Between two looks at an interface that is down.
const UNTIL_UP: Duration = Duration::from_millis(100);
/// Between two tries where it is not.
const A_MOMENT: Duration = Duration::from_millis(10);
