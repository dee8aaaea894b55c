//! Room for file descriptors: one for each endpoint in flight, some for the dataset.

use rustix::process::Resource;
use rustix::process::Rlimit;
use rustix::process::getrlimit;
use rustix::process::setrlimit;

/// Raises the soft limit of open files as far as needed and allowed; returns how many of the endpoints wanted can be in
/// flight under it.
pub(crate) fn make_room(wanted: usize) -> usize {
    let needed = u64::try_from(wanted).unwrap_or(u64::MAX).saturating_add(KEPT_FREE);
    fits(wanted, raised(needed))
}

fn raised(needed: u64) -> u64 {
    let limit = getrlimit(Resource::Nofile);
    let soft = limit.current.unwrap_or(u64::MAX);
    let reachable = limit.maximum.unwrap_or(u64::MAX).min(needed);
    if reachable <= soft {
        return soft;
    }
    let more = Rlimit { current: Some(reachable), maximum: limit.maximum };
    if setrlimit(Resource::Nofile, more).is_ok() { reachable } else { soft }
}

fn fits(wanted: usize, limit: u64) -> usize {
    let room = usize::try_from(limit.saturating_sub(KEPT_FREE)).unwrap_or(usize::MAX);
    wanted.min(room).max(1)
}

/// The standard streams, tokio's own, the list, the lock, a journal, and the parts that another one is turned into: 20,
/// and some to spare. Rows that cannot be written are worse than endpoints that wait.
const KEPT_FREE: u64 = 28;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_come_first_and_one_endpoint_always_fits() {
        let cases = [(1000, 1028, 1000), (1000, 1024, 996), (500, 40, 12), (500, 20, 1), (3, 0, 1)];
        for (wanted, limit, expected) in cases {
            assert_eq!(fits(wanted, limit), expected, "{wanted} under {limit}");
        }
    }
}
