//! The limiter on a real clock, and the budget beside it.

use std::net::IpAddr;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use tokio::time::Instant;
use tokio::time::sleep_until;

use tlscensus_targets::Budget;
use tlscensus_targets::Decision;
use tlscensus_targets::Limiter;
use tlscensus_targets::Limits;

/// Makes connections wait for their turn.
pub(crate) struct Pace {
    epoch: Instant,
    limiter: Option<Mutex<Limiter>>,
    budget: Option<Mutex<Budget>>,
}

/// Whether a connection may be made now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Leave {
    Granted,
    /// Not before it is too late.
    Held,
    /// The host has had its share of connections.
    Spent,
}

impl Pace {
    pub(crate) fn new(limits: &Limits) -> Self {
        let limiter = Limiter::new(limits);
        Self {
            epoch: Instant::now(),
            limiter: (!limiter.is_unlimited()).then(|| Mutex::new(limiter)),
            budget: limits.host_budget.map(|per_host| Mutex::new(Budget::new(per_host))),
        }
    }

    /// Returns when this address may be connected to, or at once if that would be after `latest` or never.
    pub(crate) async fn turn(&self, addr: IpAddr, latest: Instant) -> Leave {
        self.turn_above(addr, latest, 0).await
    }

    /// The same for a connection that may not be one of the last `reserve` of the host's share.
    pub(crate) async fn turn_above(&self, addr: IpAddr, latest: Instant, reserve: u32) -> Leave {
        let budget = || Some(self.budget.as_ref()?.lock().unwrap_or_else(PoisonError::into_inner));
        if budget().is_some_and(|mut budget| !budget.spend_above(addr, reserve)) {
            return Leave::Spent;
        }
        if self.slot(addr, latest).await {
            return Leave::Granted;
        }
        if let Some(mut budget) = budget() {
            budget.give_back(addr);
        }
        Leave::Held
    }

    /// Waits for the limiter; `false` if its slot would be after `latest`.
    async fn slot(&self, addr: IpAddr, latest: Instant) -> bool {
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
        use Leave::*;
        assert_eq!(turns, [Granted, Granted, Granted, Held]);
        assert_eq!(start.elapsed().as_millis(), 1000);
        assert_eq!(Pace::new(&Limits::UNLIMITED).turn(host, start).await, Granted);
    }

    #[tokio::test(start_paused = true)]
    async fn who_is_held_back_spends_nothing() {
        let limits = Limits { host: Some(1.0), host_budget: Some(2), ..Limits::UNLIMITED };
        let pace = Pace::new(&limits);
        let host: IpAddr = [127, 0, 0, 1].into();
        let start = Instant::now();
        let late = start + Duration::from_secs(5);
        assert_eq!(pace.turn(host, start).await, Leave::Granted);
        assert_eq!(pace.turn(host, start).await, Leave::Held);
        assert_eq!(pace.turn(host, late).await, Leave::Granted);
        assert_eq!(pace.turn(host, late).await, Leave::Spent);
        assert_eq!(start.elapsed().as_millis(), 1000, "nobody waits for a budget");
    }
}
