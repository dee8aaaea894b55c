//! How an endpoint that has its row is met again, a connection per question.

use std::net::SocketAddr;

use tokio::time::Instant;
use tokio::time::sleep_until;

use tlscensus_dialog::Identity;
use tlscensus_dialog::Interruption;
use tlscensus_records::Attempt;
use tlscensus_records::Outcome;
use tlscensus_records::Phase;

use crate::Endpoint;
use crate::connect::connect;
use crate::conversation::Conversation;
use crate::conversation::Offer;
use crate::conversation::Opening;
use crate::drive::Bounds;
use crate::drive::Machine;
use crate::drive::Meter;
use crate::drive::drive;
use crate::pace::Leave;
use crate::work::Shared;
use crate::work::micros;

/// How an endpoint is met again.
pub(crate) struct Again<'a> {
    pub(crate) shared: &'a Shared,
    pub(crate) endpoint: &'a Endpoint,
    pub(crate) addr: SocketAddr,
    pub(crate) server_name: Option<String>,
    pub(crate) peer_domain: Option<String>,
    /// When its row began.
    pub(crate) start: Instant,
    /// When it has been asked for long enough.
    pub(crate) until: Instant,
}

/// One connection more.
pub(crate) struct Met {
    /// `None`: there was none.
    pub(crate) conversation: Option<Conversation>,
    pub(crate) attempt: Attempt,
}

/// Why there was no connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unasked {
    /// Since its row was made, its address was blocked.
    Blocked,
    /// The host has had its share of connections.
    OverBudget,
    /// All its answers together took too long.
    OverTime,
    /// Our own rates held it back for too long.
    RateHeld,
    /// The run is to stop: what is unfinished gets no row, so that whoever goes on with the run asks again.
    Stopped,
}

impl Unasked {
    /// The stable word.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Blocked => "blocked",
            Self::OverBudget => "over-budget",
            Self::OverTime => "over-time",
            Self::RateHeld => "rate-held",
            Self::Stopped => "stopped",
        }
    }
}

impl Again<'_> {
    /// Waits for leave for one connection, not before this moment.
    pub(crate) async fn leave(&self, not_before: Instant) -> Result<(), Unasked> {
        if not_before.max(Instant::now()) >= self.until {
            return Err(Unasked::OverTime);
        }
        let latest = self.until.min(not_before + self.shared.plan.longest_hold);
        let turn = async {
            sleep_until(not_before).await;
            let reserve = self.shared.plan.reserve_for_rows();
            self.shared.pace.turn_above(self.addr.ip(), latest, reserve).await
        };
        match self.shared.unless_stopped(turn).await {
            Some(Leave::Granted) => match self.shared.blocked(self.addr.ip()) {
                None => Ok(()),
                Some(_) => Err(Unasked::Blocked),
            },
            Some(Leave::Held) => Err(Unasked::RateHeld),
            Some(Leave::Spent) => Err(Unasked::OverBudget),
            None => Err(Unasked::Stopped),
        }
    }

    /// One connection with limits of its own.
    pub(crate) async fn meet(&self, opening: Opening) -> Met {
        let began = Instant::now();
        let mut attempt = Attempt {
            profile: opening.name().to_owned(),
            sni: self.server_name.clone().filter(|_| opening.names_the_server()),
            started_us: micros(began - self.start),
            ..Attempt::default()
        };
        let mut meter = Meter::default();
        let conversation = self.connection(opening, &mut attempt, &mut meter).await;
        attempt.duration_us = micros(meter.learnt_at.unwrap_or_else(Instant::now) - began);
        attempt.bytes_in = meter.bytes_in;
        attempt.bytes_out = meter.bytes_out;
        Met { conversation, attempt }
    }

    async fn connection(
        &self,
        opening: Opening,
        attempt: &mut Attempt,
        meter: &mut Meter,
    ) -> Option<Conversation> {
        let Shared { plan, progress, keys, .. } = self.shared;
        progress.connection();
        let (connected, _) = connect(self.addr, plan.timeouts.connect, progress).await;
        let stream = match connected {
            Ok(stream) => Some(stream),
            // As in the row's own attempts: a RST behind the handshake.
            Err(unconnected) if unconnected.outcome == Outcome::Reset => None,
            Err(unconnected) => {
                attempt.phase = Phase::Connect;
                attempt.outcome = unconnected.outcome;
                attempt.detail = unconnected.detail;
                return None;
            }
        };
        let offer = Offer { opening, server_name: attempt.sni.clone(), keys: keys.clone() };
        let identity = Identity { peer_domain: self.peer_domain.clone(), ..plan.identity.clone() };
        let mut conversation = Conversation::new(self.endpoint.service, &identity, offer);
        let deadline = self.until.min(Instant::now() + plan.timeouts.total);
        let bounds = Bounds { deadline, timeouts: &plan.timeouts, bytes: plan.byte_budget };
        match stream {
            Some(mut stream) => drive(&mut stream, &mut conversation, &bounds, meter).await,
            None => {
                conversation.poll(&mut Vec::new());
                conversation.interrupted(Interruption::Reset);
            }
        }
        (attempt.phase, attempt.outcome, attempt.detail) = conversation.end();
        Some(conversation)
    }
}
