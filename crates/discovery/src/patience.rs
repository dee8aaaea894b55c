//! How long an interface that fails is waited for.

use std::io;
use std::time::Duration;

use tlscensus_link as link;

use crate::Discovery;
use crate::Error;
use crate::hop::Hop;

/// What failed in a row.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Patience {
    /// Since when, on the discovery's clock.
    since_ns: Option<u64>,
}

impl Patience {
    /// Waits a little, or until an interface that is down carries frames again; `false` when it is time to stop.
    ///
    /// # Errors
    /// What failed, once that has gone on for too long.
    pub(crate) fn goes_on(
        &mut self,
        shared: &Discovery,
        hop: &Hop,
        error: io::Error,
    ) -> Result<bool, Error> {
        let is_down = is_network_down(&error) || !hop.interface.is_up();
        if is_down {
            shared.note_outage();
        }
        if self.is_over(shared) {
            let interface = hop.interface.name.clone();
            return Err(Error::Wire { interface, attempt: "send", source: error });
        }
        std::thread::sleep(A_MOMENT);
        if is_down {
            self.waits_for_way(shared)?;
        }
        Ok(!shared.is_stopping())
    }

    /// Waits until all interfaces carry frames to their routers, or it is time to stop.
    ///
    /// # Errors
    /// What stood in the way last, when that takes too long.
    pub(crate) fn waits_for_way(&mut self, shared: &Discovery) -> Result<(), Error> {
        while let Some(obstacle) = obstacle(shared)? {
            shared.note_outage();
            if shared.is_stopping() {
                return Ok(());
            }
            if self.is_over(shared) {
                return Err(obstacle.into());
            }
            std::thread::sleep(UNTIL_UP);
        }
        shared.note_open();
        Ok(())
    }

    fn is_over(&mut self, shared: &Discovery) -> bool {
        let now_ns = shared.now_ns();
        now_ns.saturating_sub(*self.since_ns.get_or_insert(now_ns)) > LONGEST_NS
    }
}

/// What stands in the way of frames of either family.
fn obstacle(shared: &Discovery) -> Result<Option<link::Error>, Error> {
    for hop in shared.wire.hops() {
        if let Some(obstacle) = hop.obstacle()? {
            return Ok(Some(obstacle));
        }
    }
    Ok(None)
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
