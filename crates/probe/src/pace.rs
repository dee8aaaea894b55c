//! The limiter on a real clock.

use std::net::IpAddr;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use tokio::time::Instant;
use tokio::time::sleep_until;

use tlscensus_targets::Decision;
use tlscensus_targets::Limiter;
use tlscensus_targets::Limits;

/// Makes connections wait for their turn.
pub(crate) struct Pace {
    epoch: Instant,
    limiter: Option<Mutex<Limiter>>,
}

impl Pace {
    pub(crate) fn new(limits: &Limits) -> Self {
        let limiter = Limiter::new(limits);
        Self {
            epoch: Instant::now(),
            limiter: (!limiter.is_unlimited()).then(|| Mutex::new(limiter)),
        }
    }

    /// Returns when this address may be connected to; `false` if that would be after `latest`.
    pub(crate) async fn turn(&self, addr: IpAddr, latest: Instant) -> bool {
        let Some(limiter) = &self.limiter else {
            return true;
        };
        loop {
            let now = self.micros(Instant::now());
            let decision = limiter.lock().unwrap_or_else(PoisonError::into_inner).reserve(
                now,
                self.micros(latest),
                addr,
            );
            let at = match decision {
                Decision::Now => return true,
                Decision::At(at) => at,
                Decision::NotBefore(at) if at <= self.micros(latest) => {
                    sleep_until(self.instant(at)).await;
                    continue;
                }
                Decision::NotBefore(_) => return false,
            };
            sleep_until(self.instant(at)).await;
            if self.micros(Instant::now()) <= at.saturating_add(Limiter::SLACK_US) {
                return true;
            }
        }
    }

    fn micros(&self, instant: Instant) -> u64 {
        let since = instant.saturating_duration_since(self.epoch);
        u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
    }

    fn instant(&self, micros: u64) -> Instant {
        self.epoch + Duration::from_micros(micros)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn turns_come_at_the_limits_pace_or_not_at_all() {
        let pace = Pace::new(&Limits { host: Some(2.0), ..Limits::UNLIMITED });
        let host: IpAddr = [127, 0, 0, 1].into();
        let start = Instant::now();
        let latest = start + Duration::from_millis(1200);
        let turns = [
            pace.turn(host, latest).await,
            pace.turn(host, latest).await,
            pace.turn(host, latest).await,
            pace.turn(host, latest).await,
        ];
        assert_eq!(turns, [true, true, true, false]);
        assert_eq!(start.elapsed().as_millis(), 1000);
        assert!(Pace::new(&Limits::UNLIMITED).turn(host, start).await);
    }
}
