//! How long a sender waits for room.

use std::io;
use std::time::Duration;
use std::time::Instant;

/// A device that sends at all has made room by then.
const PATIENCE: Duration = Duration::from_millis(20);
/// Long enough for dozens of frames to leave, short enough not to be seen in a rate.
const NAP: Duration = Duration::from_micros(50);

/// The patience for one batch.
#[derive(Debug, Default)]
pub(super) struct Patience {
    since: Option<Instant>,
}

impl Patience {
    /// Whether to try again: at once after a signal, after a nap while queues are full, which is counted; not for ever.
    pub(super) fn allows(&mut self, error: &io::Error, waits: &mut u64) -> bool {
        match error.raw_os_error() {
            Some(libc::EINTR) => true,
            Some(libc::EAGAIN | libc::ENOBUFS) => {
                let is_over = self.since.get_or_insert_with(Instant::now).elapsed() >= PATIENCE;
                if !is_over {
                    *waits += 1;
                    std::thread::sleep(NAP);
                }
                !is_over
            }
            _ => false,
        }
    }
}
