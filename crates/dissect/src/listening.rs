//! A flow whose protocol and roles are known: its dialogue, and TLS.

use tlscensus_dialog::Facts;
use tlscensus_dialog::Interruption;
use tlscensus_dialog::Reading;
use tlscensus_dialog::Side;
use tlscensus_dialog::Starttls;
use tlscensus_dialog::Watcher;
use tlscensus_flows::Counts;
use tlscensus_flows::End;
use tlscensus_flows::Sender;
use tlscensus_flows::Summary;
use tlscensus_tls_wire::observer;

use crate::behind::Behind;
use crate::behind::Goes;
use crate::findings::DetectedBy;
use crate::findings::GoAhead;
use crate::findings::Stopped;
use crate::names::Names;
use crate::speech::Via;

/// What is listened to, roles known.
pub(crate) struct Listening {
    pub(crate) via: Via,
    pub(crate) client: Sender,
    pub(crate) by: DetectedBy,
    pub(crate) names: Names,
    pub(crate) watcher: Option<Watcher>,
    /// TLS; in a dialogue only behind the upgrade.
    pub(crate) behind: Option<Behind>,
    pub(crate) tls_before_go_ahead: u64,
    pub(crate) stopped: Option<Stopped>,
}

impl Listening {
    pub(crate) fn new(via: Via, client: Sender, by: DetectedBy) -> Self {
        let service = via.service();
        Self {
            via,
            client,
            by,
            names: Names::default(),
            watcher: service.map(Watcher::new),
            behind: service.is_none().then(Behind::direct),
            tls_before_go_ahead: 0,
            stopped: None,
        }
    }

    pub(crate) fn hear(&mut self, from: Sender, bytes: &[u8]) {
        let side = role(from, self.client);
        if self.stopped.is_some() {
            return;
        }
        if let Some(behind) = &mut self.behind {
            let goes = behind.hear(tls_side(side), bytes);
            return self.went(goes);
        }
        if side == Side::Client {
            self.names.hear(bytes);
        }
        let Some(watcher) = &mut self.watcher else {
            return;
        };
        let mut upgraded = watcher.hear(side, bytes);
        if !upgraded && watcher.held(side) > MAX_WAIT && watcher.turn() == Some(other(side)) {
            // Whoever says so much has had answers: those are not in the capture.
            upgraded = watcher.absent(other(side));
        }
        self.heed(upgraded);
    }

    pub(crate) fn miss(&mut self, from: Sender, bytes: u64) {
        let side = role(from, self.client);
        if self.stopped.is_some() {
            return;
        }
        if let Some(behind) = &mut self.behind {
            let goes = behind.miss(tls_side(side), bytes);
            return self.went(goes);
        }
        let upgraded = self.watcher.as_mut().is_some_and(|watcher| watcher.miss(side, bytes));
        self.heed(upgraded);
    }

    pub(crate) fn finish(&mut self, from: Sender) {
        let side = role(from, self.client);
        if self.stopped.is_none()
            && let Some(behind) = &mut self.behind
        {
            let goes = behind.finish(tls_side(side));
            self.went(goes);
        }
    }

    /// The flow is at its end.
    pub(crate) fn close(&mut self, summary: &Summary, is_holed: bool) {
        let Some(watcher) = self.watcher.as_mut().filter(|_| self.behind.is_none()) else {
            return;
        };
        let counts = |sender: Sender| match sender {
            Sender::Opener => &summary.opener,
            Sender::Responder => &summary.responder,
        };
        let mut upgraded = false;
        for side in [Side::Client, Side::Server] {
            let sender = if side == Side::Client { self.client } else { self.client.other() };
            let unseen = *counts(sender) == Counts::default();
            if !upgraded && (unseen || is_holed) {
                upgraded = watcher.absent(side);
            }
        }
        if !upgraded {
            if let Some(how) = interruption(summary.end) {
                watcher.interrupted(how);
            }
            return;
        }
        self.heed(upgraded);
    }

    /// Looks at the watcher behind what it heard.
    fn heed(&mut self, upgraded: bool) {
        let Some(watcher) = &mut self.watcher else {
            return;
        };
        if !upgraded {
            if watcher.is_over() {
                self.stopped = Some(Stopped::Dialogue);
            }
            return;
        }
        let pieces = [Side::Client, Side::Server].map(|side| (side, watcher.take_pieces(side)));
        self.behind = Some(Behind::upgraded());
        let mut early: u64 = 0;
        for (side, pieces) in pieces {
            for piece in pieces {
                let Some(behind) = &mut self.behind else {
                    return;
                };
                if piece.missed > 0 {
                    let goes = behind.miss(tls_side(side), piece.missed);
                    self.went(goes);
                }
                if side == Side::Client {
                    early += u64::try_from(piece.bytes.len()).unwrap_or(u64::MAX);
                }
                self.hear_sided(side, &piece.bytes);
            }
        }
        let plaintext = self.behind.as_ref().map(|behind| behind.plaintext().client);
        self.tls_before_go_ahead = early.saturating_sub(plaintext.unwrap_or(0));
    }

    fn hear_sided(&mut self, side: Side, bytes: &[u8]) {
        let sender = if side == Side::Client { self.client } else { self.client.other() };
        self.hear(sender, bytes);
    }

    fn went(&mut self, goes: Goes) {
        match goes {
            Goes::On => {}
            Goes::Established => self.stopped = Some(Stopped::Established),
            Goes::NotTls => self.stopped = Some(Stopped::NotTls),
        }
    }

    pub(crate) fn take_facts(&mut self) -> Facts {
        match &mut self.watcher {
            Some(watcher) => watcher.take_facts(),
            None => {
                Facts { before: Reading::Unasked, starttls: Starttls::Unasked, ..Facts::default() }
            }
        }
    }

    pub(crate) fn go_ahead(&self, facts: &Facts) -> Option<GoAhead> {
        let watcher = self.watcher.as_ref()?;
        self.behind.as_ref()?;
        let heard = facts.starttls == Starttls::Accepted && !watcher.has_inferred();
        Some(if heard { GoAhead::Heard } else { GoAhead::Inferred })
    }
}

fn role(sender: Sender, client: Sender) -> Side {
    if sender == client { Side::Client } else { Side::Server }
}

const fn other(side: Side) -> Side {
    match side {
        Side::Client => Side::Server,
        Side::Server => Side::Client,
    }
}

const fn tls_side(side: Side) -> observer::Side {
    match side {
        Side::Client => observer::Side::Client,
        Side::Server => observer::Side::Server,
    }
}

/// What an end says of the peers; where the capture ended, nothing.
const fn interruption(end: End) -> Option<Interruption> {
    match end {
        End::Finished => Some(Interruption::Closed),
        End::Reset => Some(Interruption::Reset),
        End::TimedOut => Some(Interruption::TimedOut),
        End::Enough | End::Evicted | End::Stopped => None,
    }
}

/// Bytes of one side that may wait for the other's turn; the longest real answers, a list and a greeting, have a tenth.
const MAX_WAIT: usize = 16 * 1024;
