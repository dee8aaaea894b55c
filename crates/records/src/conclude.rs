//! The last step of a row: which attempt counts, and what follows from everything else.

use tlscensus_dialog::Grammar;
use tlscensus_dialog::Mode;

use crate::derive;
use crate::derive::End;
use crate::derive::TlsReach;
use crate::outcome::Outcome;
use crate::outcome::Phase;
use crate::probe_row::ProbeRow;
use crate::probe_row::Speaks;
use crate::seen::Presence;

impl ProbeRow {
    /// Names the attempt that counts, takes over its ending, and derives what follows from other columns.
    ///
    /// Call it last, after `attempts`, [`fill_dialog`](Self::fill_dialog) and [`fill_tls`](Self::fill_tls). Calling it again
    /// changes nothing.
    pub fn conclude(&mut self, counted: usize) {
        if let Some(attempt) = self.attempts.get(counted) {
            self.counted_attempt = u8::try_from(counted).ok();
            self.phase = attempt.phase;
            self.outcome = attempt.outcome;
            self.detail.clone_from(&attempt.detail);
            let hello_sent = self.tls.history.is_some();
            self.tls_offered_profile = hello_sent.then(|| attempt.profile.clone());
        }
        self.derive();
    }

    /// Ends a row for which no connection was made: the name has no address, or the endpoint may not be touched.
    pub fn conclude_without_attempt(
        &mut self,
        phase: Phase,
        outcome: Outcome,
        detail: Option<String>,
    ) {
        self.counted_attempt = None;
        self.phase = phase;
        self.outcome = outcome;
        self.detail = detail;
        self.derive();
    }

    fn derive(&mut self) {
        let (grammar, mode) = self
            .service()
            .map_or((Grammar::Bare, Mode::Implicit), |service| (service.grammar, service.mode));
        let end = End { phase: self.phase, outcome: self.outcome, heard: self.heard() };
        let tls = self.tls_reach();
        let dialogue = match self.speaks_protocol {
            Speaks::Yes => Some(true),
            Speaks::No => Some(false),
            Speaks::Unreached => None,
        };
        self.tcp_completed = derive::tcp_completed(self.phase, self.outcome)
            || self
                .attempts
                .iter()
                .any(|attempt| derive::tcp_completed(attempt.phase, attempt.outcome));
        self.tls_completed = self.tls_established;
        self.speaks_protocol = derive::speaks(grammar, dialogue, end, tls);
        self.dialog.starttls_state = derive::starttls_state(
            mode,
            self.dialog.starttls_state,
            self.speaks_protocol,
            end,
            tls,
        );
    }

    fn heard(&self) -> bool {
        let counted = self.counted_attempt.map(usize::from);
        self.dialog.greeting_seen == Presence::Seen
            || counted
                .and_then(|counted| self.attempts.get(counted))
                .is_some_and(|attempt| attempt.bytes_in > 0)
    }

    fn tls_reach(&self) -> TlsReach {
        match self.tls.version_seen {
            _ if self.tls_established => TlsReach::Established,
            Presence::Seen => TlsReach::Chosen,
            Presence::Absent => TlsReach::Spoken,
            Presence::Hidden | Presence::Unreached | Presence::Unasked => TlsReach::Nothing,
        }
    }
}

#[cfg(test)]
mod tests {
    use tlscensus_dialog::Service;

    use super::*;
    use crate::dialog_columns::StarttlsState;
    use crate::probe_row::Attempt;

    fn row(service: &str) -> ProbeRow {
        let service = Service::from_word(service).expect("a service");
        ProbeRow::new("r", "192.0.2.1", service, service.port)
    }

    fn attempt(phase: Phase, outcome: Outcome, bytes_in: u64) -> Attempt {
        Attempt { phase, outcome, bytes_in, ..Attempt::default() }
    }

    #[test]
    fn the_counted_attempt_gives_the_row_its_end() {
        let mut row = row("imap");
        row.attempts = vec![
            attempt(Phase::Tls, Outcome::VersionRefused, 90),
            attempt(Phase::Connect, Outcome::Timeout, 0),
        ];
        row.conclude(1);
        assert_eq!((row.phase, row.outcome), (Phase::Connect, Outcome::Timeout));
        assert_eq!(row.counted_attempt, Some(1));
        assert!(row.tcp_completed, "an earlier attempt had a connection");
        assert_eq!(row.dialog.starttls_state, StarttlsState::NoAnswer);
    }

    #[test]
    fn concluding_twice_changes_nothing() {
        let mut row = row("smtp");
        row.attempts = vec![attempt(Phase::AfterTls, Outcome::Ok, 5_000)];
        row.dialog.starttls_state = StarttlsState::AcceptedNoTls;
        row.speaks_protocol = Speaks::Yes;
        row.tls.version_seen = Presence::Seen;
        row.tls_established = true;
        row.conclude(0);
        let once = row.clone();
        row.conclude(0);
        assert_eq!(row, once);
        assert_eq!(row.dialog.starttls_state, StarttlsState::Upgraded);
        assert!(row.tls_completed && row.tcp_completed);
    }

    #[test]
    fn without_an_attempt_nothing_was_asked() {
        let mut row = row("xmpp-c2s");
        row.conclude_without_attempt(Phase::Permit, Outcome::Blocked, None);
        assert_eq!(row.dialog.starttls_state, StarttlsState::Unasked);
        assert_eq!(row.speaks_protocol, Speaks::Unreached);
        assert!(!row.tcp_completed);
    }
}
