//! How long a sender waits for room, and what it says when there is none.

use std::io;
use std::time::Duration;
use std::time::Instant;

use crate::interface::Interface;

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

/// Calls until the kernel takes something or refuses.
///
/// # Errors
/// What the kernel says at last.
pub(super) fn patiently(
    interface: &Interface,
    waits: &mut u64,
    mut call: impl FnMut() -> io::Result<usize>,
) -> io::Result<usize> {
    let mut patience = Patience::default();
    loop {
        match call() {
            Ok(taken) => return Ok(taken),
            Err(error) if patience.allows(&error, waits) => {}
            Err(error) => return Err(telling(interface, error)),
        }
    }
}

/// `ENETDOWN` in place of full queues if they stay full because the interface is down: without a carrier, frames are refused
/// as if there were no room.
pub(super) fn telling(interface: &Interface, error: io::Error) -> io::Error {
    let is_full = matches!(error.raw_os_error(), Some(libc::EAGAIN | libc::ENOBUFS));
    if is_full && !interface.is_up() {
        return io::Error::from_raw_os_error(libc::ENETDOWN);
    }
    error
}
