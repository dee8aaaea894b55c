//! How long a sender waits for room, and what it says when there is none.

use std::io;
use std::time::Duration;
use std::time::Instant;

use crate::interface::Interface;

/// A device that sends at all has drained its queue by then.
const PATIENCE: Duration = Duration::from_millis(20);
/// Long enough for dozens of frames to leave, short enough not to be seen in a rate.
const NAP: Duration = Duration::from_micros(50);

/// Calls until the kernel takes something, naps while its queues are full, and counts the naps.
///
/// # Errors
/// What the kernel says otherwise; `ENETDOWN` if its queues stayed full because the interface is down.
pub(super) fn patiently(
    interface: &Interface,
    waits: &mut u64,
    mut call: impl FnMut() -> io::Result<usize>,
) -> io::Result<usize> {
    let mut since = None;
    loop {
        let error = match call() {
            Ok(taken) => return Ok(taken),
            Err(error) => error,
        };
        match error.raw_os_error() {
            Some(libc::EINTR) => continue,
            Some(libc::EAGAIN | libc::ENOBUFS) => {}
            _ => return Err(error),
        }
        if since.get_or_insert_with(Instant::now).elapsed() >= PATIENCE {
            // Without a carrier, frames are refused as if a queue were full.
            let is_up = interface.is_up();
            return Err(if is_up { error } else { io::Error::from_raw_os_error(libc::ENETDOWN) });
        }
        *waits += 1;
        std::thread::sleep(NAP);
    }
}
