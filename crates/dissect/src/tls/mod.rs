//! One TLS connection heard from outside: bytes of both directions in, facts out of the one observer.
//!
//! Each direction is heard for itself ([`Half`]), so that a hole in one leaves the other alone. What is encrypted goes by
//! without being kept; what is not is read where it lies, and only the incomplete end of a message is copied.

#[doc(hidden)]
pub mod fuzzing;
mod guess;
mod half;
mod handshake;
mod outcome;
mod record;

use tlscensus_tls_wire::alert::Alert;
use tlscensus_tls_wire::observer::Observer;
use tlscensus_tls_wire::observer::Side;
use tlscensus_tls_wire::registry::AlertDescription;
use tlscensus_tls_wire::registry::AlertLevel;

pub use guess::Guess;
pub use guess::PROBE_BYTES;
pub use guess::looks_like_tls;
pub use outcome::NotEstablished;

use half::Deaf;
use half::Half;

/// Hears one connection.
///
/// [`hear`](Self::hear) and [`miss`](Self::miss) are called in the order of the capture, with bytes in any split:
/// the order between the directions is what tells an alert from a Finished where both are encrypted.
#[derive(Clone, Debug)]
pub struct Ear {
    observer: Observer,
    client: Half,
    server: Half,
}

/// Whether there is more to be learnt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Progress {
    /// There may be.
    Going,
    /// No: the handshake came to its end, and everything behind it is encrypted.
    Established,
    /// No: neither direction can be heard any more.
    Broken(NotEstablished),
}

impl Default for Ear {
    fn default() -> Self {
        Self::new()
    }
}

impl Ear {
    /// Has heard nothing yet.
    pub fn new() -> Self {
        Self {
            observer: Observer::new(),
            client: Half::new(Side::Client),
            server: Half::new(Side::Server),
        }
    }

    /// Hears the next bytes of a direction.
    pub fn hear(&mut self, side: Side, bytes: &[u8]) -> Progress {
        let Self { observer, client, server } = self;
        match side {
            Side::Client => client.hear(bytes, observer),
            Side::Server => server.hear(bytes, observer),
        }
        self.progress()
    }

    /// Is told that the next bytes of a direction are not in the capture. Where a record's length says how it goes on
    /// behind them, it is heard on; else the next thing that looks like a record is waited for, a while.
    pub fn miss(&mut self, side: Side, bytes: u64) -> Progress {
        let Self { observer, client, server } = self;
        match side {
            Side::Client => client.miss(bytes, observer),
            Side::Server => server.miss(bytes, observer),
        }
        self.progress()
    }

    /// Is told that a direction has come to its end.
    pub fn finish(&mut self, side: Side) -> Progress {
        self.observer.closed(side);
        match side {
            Side::Client => self.client.finish(),
            Side::Server => self.server.finish(),
        }
        self.progress()
    }

    /// The facts.
    pub fn observer(&self) -> &Observer {
        &self.observer
    }

    /// Why the handshake does not count as come to its end; `None` where it does, as far as can be seen without keys
    /// ([`Observer::seen_established`]). Asked when the connection is over.
    pub fn not_established(&self) -> Option<NotEstablished> {
        (!self.observer.seen_established()).then(|| self.why())
    }

    fn progress(&self) -> Progress {
        if self.observer.is_sight_settled() {
            return Progress::Established;
        }
        if self.client.is_over() && self.server.is_over() {
            return Progress::Broken(self.why());
        }
        Progress::Going
    }

    fn why(&self) -> NotEstablished {
        if let Some(side) = self.ended_by_alert() {
            return NotEstablished::by_alert(side);
        }
        let halves = [&self.client, &self.server];
        let deaf = |why: Deaf| halves.iter().any(|half| half.deaf() == Some(why));
        let missed = |side: Side| self.observer.has_missed(side);
        if deaf(Deaf::NotTlsAnyMore) {
            NotEstablished::NotTlsAnyMore
        } else if deaf(Deaf::NotTls) {
            NotEstablished::NotTls
        } else if halves.iter().any(|half| half.is_over_limit()) {
            NotEstablished::OverLimit
        } else if missed(Side::Client) || missed(Side::Server) {
            NotEstablished::Gap
        } else {
            self.how_far()
        }
    }

    /// Who ended it with an alert: one in the clear, an encrypted one where its type shows, or one told by its length.
    fn ended_by_alert(&self) -> Option<Side> {
        let fatal = self.observer.alerts().iter().find(|seen| ends(seen.alert));
        let ssl2 = self.observer.ssl2_errors().first();
        let sealed = [Side::Client, Side::Server]
            .into_iter()
            .find(|side| self.observer.unopened_alerts(*side) > 0);
        let complete =
            [Side::Client, Side::Server].into_iter().all(|side| !self.observer.has_missed(side));
        fatal
            .map(|seen| seen.side)
            .or_else(|| ssl2.map(|seen| seen.side))
            .or(sealed)
            .or_else(|| self.observer.seen_refusal().filter(|_| complete))
    }

    fn how_far(&self) -> NotEstablished {
        let (client, server) = (self.client.has_spoken(), self.server.has_spoken());
        let hello = self.observer.version().is_some() || self.observer.hello_retry();
        match (client, server) {
            (false, false) => NotEstablished::NothingHeard,
            (false, true) => NotEstablished::OneSided,
            (true, false) if self.client_went_on() => NotEstablished::OneSided,
            (true, _) if hello => NotEstablished::EndedInHandshake,
            (true, _) if self.client.is_finished() || self.server.is_finished() => {
                NotEstablished::ClosedBeforeServerHello
            }
            (true, _) => NotEstablished::NoServerHello,
        }
    }

    /// True where the client said what it can say only behind a server's hello.
    fn client_went_on(&self) -> bool {
        let letters = self.observer.history().chars();
        let hellos = letters.clone().filter(|letter| *letter == 'C').count();
        hellos > 1
            || letters.clone().any(|letter| "GXYI".contains(letter))
                && !self.observer.offer().is_some_and(|offer| offer.early_data())
    }
}

/// True for an alert behind which there is no handshake any more (RFC 9846, section 6).
fn ends(alert: Alert) -> bool {
    let leaves = [AlertDescription::CLOSE_NOTIFY, AlertDescription::USER_CANCELED];
    alert.level == AlertLevel::FATAL || leaves.contains(&alert.description)
}
