//! What should be new in every connection and came again: keys for one exchange, randoms, names of sessions; and the key of
//! the tickets, which may come again for some hours.
//!
//! Every connection of an enumeration shows some of it anyway: no question is asked for it.

use tlscensus_tls_wire::observer::Observer;

use crate::crypto::hash::Hash;

/// A value of which two connections should not have the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value {
    /// The server's public value on a curve.
    CurvePublicValue,
    /// The server's public value in a finite field.
    FiniteFieldPublicValue,
    /// The random of the server's hello.
    ServerRandom,
    /// The name of a new session.
    SessionId,
    /// The first 16 bytes of a ticket, which name the key of the tickets (RFC 5077, section 4). It lasts longer than a connection.
    TicketKeyName,
}

impl Value {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::CurvePublicValue,
        Self::FiniteFieldPublicValue,
        Self::ServerRandom,
        Self::SessionId,
        Self::TicketKeyName,
    ];

    /// The stable word.
    pub fn word(self) -> &'static str {
        match self {
            Self::CurvePublicValue => "curve-public-value",
            Self::FiniteFieldPublicValue => "finite-field-public-value",
            Self::ServerRandom => "server-random",
            Self::SessionId => "session-id",
            Self::TicketKeyName => "ticket-key-name",
        }
    }
}

/// What the connections of an enumeration say of one kind of value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reuse {
    /// The kind.
    pub value: Value,
    /// Connections that showed one.
    pub seen: u32,
    /// Different ones among them.
    pub distinct: u32,
}

/// The values seen so far, by their hashes.
#[derive(Clone, Debug, Default)]
pub(super) struct Values([Seen; 5]);

#[derive(Clone, Debug, Default)]
struct Seen {
    count: u32,
    distinct: Vec<Digest>,
}

type Digest = [u8; 32];

impl Values {
    /// One connection's.
    pub(super) fn heard(&mut self, observer: &Observer) {
        for (value, seen) in Value::ALL.into_iter().zip(&mut self.0) {
            if let Some(digest) = value.of(observer)
                && seen.distinct.len() < MAX_VALUES
            {
                seen.count += 1;
                if !seen.distinct.contains(&digest) {
                    seen.distinct.push(digest);
                }
            }
        }
    }

    pub(super) fn facts(&self) -> Vec<Reuse> {
        let facts = Value::ALL.into_iter().zip(&self.0).map(|(value, seen)| Reuse {
            value,
            seen: seen.count,
            distinct: u32::try_from(seen.distinct.len()).unwrap_or(u32::MAX),
        });
        facts.collect()
    }
}

impl Value {
    /// The hash of the one that a connection showed.
    fn of(self, observer: &Observer) -> Option<Digest> {
        let choice = observer.choice()?;
        match self {
            Self::CurvePublicValue | Self::FiniteFieldPublicValue => {
                let facts = observer.key_exchange()?;
                let lattice = facts.group.is_some_and(|group| group.is_post_quantum());
                let field =
                    facts.dh.is_some() || facts.group.is_some_and(|group| group.is_finite_field());
                let wanted = field == (self == Self::FiniteFieldPublicValue) && !lattice;
                facts.server_public.filter(|_| wanted).and_then(digest)
            }
            Self::ServerRandom => digest(&choice.random),
            Self::SessionId => {
                let new = !choice.version.is_tls13()
                    && !choice.session_id.is_empty()
                    && !observer.session_id_echoed();
                digest(&choice.session_id).filter(|_| new)
            }
            Self::TicketKeyName => digest(&observer.tickets().first()?.key_name?),
        }
    }
}

fn digest(value: &[u8]) -> Option<Digest> {
    Hash::Sha256.of(value).as_ref().try_into().ok()
}

/// Different values kept of a kind: more connections than an enumeration makes.
const MAX_VALUES: usize = 1_024;
