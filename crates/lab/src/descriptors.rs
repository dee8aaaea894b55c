//! Room for file descriptors: one per listener, one per connection.

use rustix::process::Resource;
use rustix::process::Rlimit;
use rustix::process::getrlimit;
use rustix::process::setrlimit;

use crate::Error;

/// Raises the limit of open files so that `listeners` fit, and says how many connections may be served beside them.
///
/// # Errors
/// [`Error::TooFewDescriptors`] if the limit cannot be raised far enough.
pub(crate) fn make_room(listeners: usize, connections: usize) -> Result<usize, Error> {
    let needed = u64::try_from(listeners).expect("a count") + LEAST_RESERVE;
    let wanted = needed + u64::try_from(connections).expect("a count");
    let available = raise(wanted);
    if available < needed {
        return Err(Error::TooFewDescriptors { needed, available });
    }
    let left = available - needed + LEAST_RESERVE / 2;
    Ok(connections.min(usize::try_from(left).unwrap_or(usize::MAX)))
}

/// The soft limit after raising both limits to `wanted` or, where that is not allowed, the soft one to the hard one.
fn raise(wanted: u64) -> u64 {
    let limit = getrlimit(Resource::Nofile);
    let soft = limit.current.unwrap_or(u64::MAX);
    if soft >= wanted {
        return soft;
    }
    let hard = limit.maximum.unwrap_or(u64::MAX);
    let beyond = Rlimit {
        current: Some(wanted),
        maximum: Some(hard.max(wanted)).filter(|hard| *hard < u64::MAX),
    };
    let allowed = Rlimit { current: limit.maximum, maximum: limit.maximum };
    for raised in [beyond, allowed] {
        let current = raised.current.unwrap_or(u64::MAX);
        if setrlimit(Resource::Nofile, raised).is_ok() {
            return current;
        }
    }
    soft
}

/// What is kept free beside the listeners: 512 connections, and 512 for the rest of the process.
const LEAST_RESERVE: u64 = 1_024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_had_is_named_with_numbers() {
        let error = make_room(usize::MAX / 4, 10).expect_err("no system allows that");
        let Error::TooFewDescriptors { needed, available } = error else {
            panic!("{error}");
        };
        assert!(needed > available && available > 0);
        assert!(make_room(10, 20).expect("room for thirty") <= 20);
    }
}
