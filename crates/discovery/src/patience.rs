//! How long an interface that fails is waited for.

use std::io;
use std::time::Duration;

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
            shared.is_down();
        }
        if self.is_over(shared) {
            let interface = hop.interface.name.clone();
            return Err(Error::Wire { interface, attempt: "send", source: error });
        }
        std::thread::sleep(A_MOMENT);
        if is_down {
            self.waits_for(shared, hop)?;
        }
        Ok(!shared.is_stopping())
    }

    /// Waits until it carries frames to its router, or it is time to stop.
    ///
    /// # Errors
    /// When that takes too long.
    pub(crate) fn waits_for(&mut self, shared: &Discovery, hop: &Hop) -> Result<(), Error> {
        while !hop.is_open()? {
            shared.is_down();
            if shared.is_stopping() {
                return Ok(());
            }
            if self.is_over(shared) {
                let interface = hop.interface.name.clone();
                let source = io::ErrorKind::NetworkDown.into();
                return Err(Error::Wire { interface, attempt: "ask for the router", source });
            }
            std::thread::sleep(UNTIL_UP);
        }
        shared.is_open_again();
        Ok(())
    }

    fn is_over(&mut self, shared: &Discovery) -> bool {
        let now_ns = shared.now_ns();
        now_ns.saturating_sub(*self.since_ns.get_or_insert(now_ns)) > LONGEST_NS
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
