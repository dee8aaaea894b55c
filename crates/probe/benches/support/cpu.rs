//! The CPU time that processes used, as the kernel counts it.

use std::fs;
use std::io;
use std::ops::AddAssign;
use std::ops::Sub;
use std::time::Duration;

/// CPU time.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Cpu {
    pub(crate) user: Duration,
    pub(crate) system: Duration,
}

impl Cpu {
    /// Of all children that have ended and been waited for, start to end, exec and exit included.
    pub(crate) fn of_children() -> io::Result<Self> {
        let text = fs::read_to_string("/proc/self/stat")?;
        // The second field is a name in brackets that may hold blanks; cutime and cstime are fields 16 and 17.
        let fields = text.rsplit_once(')').map_or("", |(_, rest)| rest);
        let mut ticks = fields.split_whitespace().skip(13).map(str::parse);
        let tick = Duration::from_secs(1)
            / u32::try_from(rustix::param::clock_ticks_per_second()).unwrap_or(100);
        let mut next = || match ticks.next() {
            Some(Ok(count)) => Ok(tick * count),
            _ => Err(io::Error::other("/proc/self/stat: no CPU times of children")),
        };
        Ok(Self { user: next()?, system: next()? })
    }

    pub(crate) fn total(self) -> Duration {
        self.user + self.system
    }
}

impl AddAssign for Cpu {
    fn add_assign(&mut self, other: Self) {
        self.user += other.user;
        self.system += other.system;
    }
}

impl Sub for Cpu {
    type Output = Self;

    fn sub(self, earlier: Self) -> Self {
        Self { user: self.user - earlier.user, system: self.system - earlier.system }
    }
}
