//! What a connection leaves behind, so that another one can take it up.

use std::fmt;

use tlscensus_tls_wire::extension::OfferedPsks;
use tlscensus_tls_wire::extension::PskIdentity;
use tlscensus_tls_wire::registry::CipherSuite;
use tlscensus_tls_wire::registry::Version;

use crate::crypto::hash::Hash;
use crate::crypto::hash::Transcript;
use crate::crypto::prf::MasterSecret;
use crate::crypto::schedule::Early;
use crate::crypto::schedule::KeySchedule;

/// A session that a server offered to take up again, in one of three ways.
#[derive(Clone)]
pub struct Session(pub(crate) Remembered);

/// How a session is named to the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Carrier {
    /// The server keeps it, and it has a name: before TLS 1.3.
    Identifier,
    /// The server's pre-shared key of TLS 1.3.
    PreSharedKey,
    /// The client keeps it for the server: before TLS 1.3.
    Ticket,
}

impl Carrier {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::PreSharedKey, Self::Ticket, Self::Identifier];

    /// The stable word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Identifier => "identifier",
            Self::PreSharedKey => "psk",
            Self::Ticket => "ticket",
        }
    }
}

impl Session {
    /// How it is named to the server.
    pub fn carrier(&self) -> Carrier {
        match &self.0 {
            Remembered::Legacy(session) if session.ticket.is_empty() => Carrier::Identifier,
            Remembered::Legacy(_) => Carrier::Ticket,
            Remembered::Tls13(_) => Carrier::PreSharedKey,
        }
    }

    /// Its name: identifier or ticket. Two of the same name are the same session.
    pub fn name(&self) -> &[u8] {
        match &self.0 {
            Remembered::Legacy(session) if session.ticket.is_empty() => &session.id,
            Remembered::Legacy(session) => &session.ticket,
            Remembered::Tls13(session) => &session.ticket,
        }
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Session").field(&self.carrier()).finish()
    }
}

/// What is remembered of a session.
#[derive(Clone)]
pub(crate) enum Remembered {
    Legacy(LegacySession),
    Tls13(Tls13Session),
}

/// A session of SSL 3 to TLS 1.2.
#[derive(Clone)]
pub(crate) struct LegacySession {
    pub(crate) version: Version,
    pub(crate) suite: CipherSuite,
    pub(crate) extended_master_secret: bool,
    pub(crate) master: MasterSecret,
    /// The name the server gave it; may be empty.
    pub(crate) id: Vec<u8>,
    /// Empty where there is none.
    pub(crate) ticket: Vec<u8>,
}

impl LegacySession {
    /// The ways to take it up: by its name, and by its ticket.
    pub(crate) fn into_sessions(self) -> impl Iterator<Item = Session> {
        let by_id = Self { ticket: Vec::new(), ..self.clone() };
        let by_id = (!by_id.id.is_empty()).then_some(by_id);
        let by_ticket = (!self.ticket.is_empty()).then_some(self);
        by_id.into_iter().chain(by_ticket).map(|session| Session(Remembered::Legacy(session)))
    }
}

/// A pre-shared key of TLS 1.3.
#[derive(Clone)]
pub(crate) struct Tls13Session {
    pub(crate) hash: Hash,
    pub(crate) key: Vec<u8>,
    pub(crate) ticket: Vec<u8>,
    pub(crate) age_add: u32,
}

impl Tls13Session {
    /// What a hello says of it, with room for the proof, which [`bind`](Self::bind) fills in. Our connections follow one
    /// another at once, so the ticket has no age.
    pub(crate) fn offered(&self) -> OfferedPsks<'_> {
        let identity = PskIdentity { identity: &self.ticket, obfuscated_ticket_age: self.age_add };
        let room = ZEROS.get(..self.hash.output_len()).expect("no hash is longer");
        OfferedPsks { identities: vec![identity], binders: vec![room] }
    }

    /// Proves at the end of a hello, which ends with the proof, that we have the key; after a retry, behind the
    /// `transcript` so far (RFC 9846, PSK Binder).
    pub(crate) fn bind(&self, hello: &mut [u8], transcript: Option<&Transcript>) {
        let proof_len = self.hash.output_len();
        let (said, proof) = hello.split_at_mut(hello.len() - proof_len);
        let (said, _lengths) = said.split_at(said.len() - LENGTHS_BEFORE_PROOF);
        let hash = match transcript {
            Some(transcript) => {
                let mut transcript = transcript.clone();
                transcript.add(said);
                transcript.current()
            }
            None => self.hash.of(said),
        };
        let schedule = KeySchedule::<Early>::with_key(self.hash, &self.key);
        proof.copy_from_slice(schedule.binder(hash.as_ref()).as_ref());
    }
}

/// Of the list of proofs, and of the proof.
const LENGTHS_BEFORE_PROOF: usize = 2 + 1;
const ZEROS: [u8; 48] = [0; 48];
