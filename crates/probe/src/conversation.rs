//! One connection's conversation: the dialogue in plaintext, TLS, and the dialogue inside TLS, as one machine.

use tlscensus_dialog::Facts;
use tlscensus_dialog::Identity;
use tlscensus_dialog::Interruption;
use tlscensus_dialog::Prober;
use tlscensus_dialog::Service;
use tlscensus_dialog::Step;
use tlscensus_records::Outcome;
use tlscensus_records::Phase;
use tlscensus_records::ended;
use tlscensus_tls_client as tls;
use tlscensus_tls_client::Client;
use tlscensus_tls_client::KeyShares;
use tlscensus_tls_client::Profile;
use tlscensus_tls_client::Ssl2Client;
use tlscensus_tls_client::enumerate::Question;
use tlscensus_tls_wire::observer::Observer;
use tlscensus_tls_wire::observer::Side;
use tlscensus_tls_wire::registry::ExtensionType;

use crate::drive::Machine;
use crate::drive::Turn;
use crate::intrusive::Trial;
use crate::ladder::Hello;
use crate::ladder::Reason;

/// The hello that begins TLS.
#[derive(Clone)]
pub(crate) enum Opening {
    /// One of an enumeration, which leaves once it is answered.
    Question(Box<Question>),
    /// A rung of the ladder.
    Rung(Hello),
    /// One that is asked intrusively, with what follows inside TLS.
    Trial(Box<Trial>),
}

impl Opening {
    /// The word that rows carry for the offer.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Question(question) => &question.profile.name,
            Self::Rung(hello) => hello.name(),
            Self::Trial(trial) => &trial.profile.name,
        }
    }

    /// Whether the hello has a place for a server name.
    pub(crate) fn names_the_server(&self) -> bool {
        let has = |profile: &Profile| profile.extensions.contains(&ExtensionType::SERVER_NAME);
        match self {
            Self::Question(question) => has(&question.profile),
            Self::Rung(hello) => hello.can_name_the_server(),
            Self::Trial(trial) => has(&trial.profile),
        }
    }
}

/// What is offered when it comes to TLS.
#[derive(Clone)]
pub(crate) struct Offer {
    pub(crate) opening: Opening,
    pub(crate) server_name: Option<String>,
    pub(crate) keys: KeyShares,
}

/// A dialogue and, once it asks for it, TLS around it.
pub(crate) struct Conversation {
    prober: Prober,
    offer: Offer,
    layer: Layer,
}

/// How much of a server's TLS was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum TlsReach {
    Nothing,
    /// A record, and no choice.
    Answered,
    /// What it chose.
    Chosen,
    /// Its certificates.
    Certified,
}

/// What the bytes on the wire are.
enum Layer {
    Plain,
    /// Boxed: most conversations never come here, and each of them is in memory for long.
    Handshake(Box<Client>),
    Inside(Box<Client>),
    /// It ends with the server's hello.
    Ssl2(Box<Ssl2Client>),
}

impl Conversation {
    pub(crate) fn new(service: &Service, identity: &Identity, offer: Offer) -> Self {
        let prober = match &offer.opening {
            Opening::Trial(trial) => trial.prober(service, identity),
            Opening::Question(_) | Opening::Rung(_) => Prober::new(service, identity),
        };
        Self { prober, offer, layer: Layer::Plain }
    }

    /// Where and how it ended, with the words that ended it.
    pub(crate) fn end(&self) -> (Phase, Outcome, Option<String>) {
        let handshake = match &self.layer {
            Layer::Handshake(client) => Some(client.outcome()),
            Layer::Ssl2(client) => Some(client.outcome()),
            Layer::Plain | Layer::Inside(_) => None,
        };
        if let Some(outcome) = handshake {
            // A handshake that neither completed nor failed was left by us.
            let outcome = outcome.copied().unwrap_or(tls::Outcome::TimedOut);
            return (Phase::Tls, handshake_outcome(&outcome), handshake_detail(&outcome));
        }
        if let (Layer::Inside(client), Opening::Trial(trial)) = (&self.layer, &self.offer.opening) {
            return trial.end(client);
        }
        match &self.prober.facts().ending {
            Some(ending) => ended(ending),
            None => (self.phase(), self.phase().admit(Outcome::Timeout), None),
        }
    }

    pub(crate) fn facts(&self) -> &Facts {
        self.prober.facts()
    }

    /// `None`: no ClientHello was sent.
    pub(crate) fn observer(&self) -> Option<&Observer> {
        match &self.layer {
            Layer::Plain => None,
            Layer::Handshake(client) | Layer::Inside(client) => Some(client.observer()),
            Layer::Ssl2(client) => Some(client.observer()),
        }
    }

    /// The client of SSL 3 and later; `None` where it did not come to it.
    pub(crate) fn client(&self) -> Option<&Client> {
        match &self.layer {
            Layer::Handshake(client) | Layer::Inside(client) => Some(client),
            Layer::Plain | Layer::Ssl2(_) => None,
        }
    }

    /// What the handshake said and how it ended, by us where it neither completed nor failed; `None` where it did not come
    /// to it.
    pub(crate) fn tls_end(&self) -> Option<(&Observer, tls::Outcome)> {
        let client = self.client()?;
        Some((client.observer(), client.outcome().copied().unwrap_or(tls::Outcome::TimedOut)))
    }

    /// The client inside TLS, and what was tried there; `None` where it did not come to it, or nothing is tried.
    pub(crate) fn tried(&self) -> Option<(&Client, &Trial)> {
        match (&self.layer, &self.offer.opening) {
            (Layer::Inside(client), Opening::Trial(trial)) => Some((client, trial)),
            _ => None,
        }
    }

    /// Why another hello may fare better; `None` where TLS was not tried, or another hello would change nothing.
    pub(crate) fn turned_down(&self) -> Option<Reason> {
        let Layer::Handshake(client) = &self.layer else {
            return None;
        };
        Reason::of(client.outcome()?, client.observer())
    }

    /// How far TLS came.
    pub(crate) fn tls_reach(&self) -> TlsReach {
        let Some(observer) = self.observer() else {
            return TlsReach::Nothing;
        };
        if observer.chain().is_some() {
            return TlsReach::Certified;
        }
        match observer.bytes(Side::Server) {
            _ if observer.choice().is_some() => TlsReach::Chosen,
            0 => TlsReach::Nothing,
            _ => TlsReach::Answered,
        }
    }

    fn upgrade(&mut self) {
        let Offer { opening, server_name, keys } = &self.offer;
        let client = |profile| Client::new(profile, server_name.as_deref(), keys);
        self.layer = match opening {
            Opening::Question(question) => {
                Layer::Handshake(Box::new(question.client(server_name.as_deref(), keys)))
            }
            Opening::Trial(trial) => {
                let mut client = client(&trial.profile);
                if let Some(stop) = trial.stop {
                    client = client.until(stop);
                }
                Layer::Handshake(Box::new(client))
            }
            Opening::Rung(Hello::Ssl2) => Layer::Ssl2(Box::default()),
            Opening::Rung(Hello::Tls(profile)) => Layer::Handshake(Box::new(client(profile))),
        };
        let leftover = self.prober.take_leftover();
        if !leftover.is_empty() {
            self.receive(&leftover);
        }
    }

    /// Inside TLS: the dialogue, or what is tried instead.
    fn go_on_inside(
        &mut self,
        mut client: Box<Client>,
        step: tls::Step,
        out: &mut Vec<u8>,
    ) -> Turn {
        let Offer { opening, server_name, keys } = &mut self.offer;
        let Opening::Trial(trial) = opening else {
            return self.talk_inside(client, step, out);
        };
        let turn = trial.go_on(&mut client, step, server_name.as_deref(), keys, out);
        self.layer = Layer::Inside(client);
        turn
    }

    /// Hands plaintext in, the prober's words out.
    fn talk_inside(&mut self, mut client: Box<Client>, step: tls::Step, out: &mut Vec<u8>) -> Turn {
        let heard = client.take_plaintext();
        if !heard.is_empty() {
            self.prober.receive(&heard);
        }
        let mut said = Vec::new();
        let talk = self.prober.poll(&mut said);
        if !said.is_empty() {
            client.send(&said, out);
        }
        let turn = match (talk, step) {
            (Step::Done | Step::Upgrade, _) => {
                client.close(out);
                Turn::Leave
            }
            (Step::Read, tls::Step::Done) => {
                self.prober.interrupted(inside_ended(client.end()));
                Turn::Leave
            }
            (Step::Read, tls::Step::Read | tls::Step::Established) => Turn::Listen,
        };
        self.layer = Layer::Inside(client);
        turn
    }
}

impl Machine for Conversation {
    fn receive(&mut self, bytes: &[u8]) {
        match &mut self.layer {
            Layer::Plain => self.prober.receive(bytes),
            Layer::Handshake(client) | Layer::Inside(client) => client.receive(bytes),
            Layer::Ssl2(client) => client.receive(bytes),
        }
    }

    fn poll(&mut self, out: &mut Vec<u8>) -> Turn {
        if let Layer::Plain = self.layer {
            match self.prober.poll(out) {
                Step::Read => return Turn::Listen,
                Step::Done => return Turn::Leave,
                Step::Upgrade => self.upgrade(),
            }
        }
        match std::mem::replace(&mut self.layer, Layer::Plain) {
            Layer::Plain => Turn::Leave,
            Layer::Handshake(mut client) => {
                let step = client.poll(out);
                let completed = client.outcome() == Some(&tls::Outcome::Completed);
                // It goes no further than TLS, and takes leave by itself.
                let asks = matches!(self.offer.opening, Opening::Question(_));
                let turn = match step {
                    tls::Step::Read => Turn::Listen,
                    tls::Step::Established if asks => Turn::Listen,
                    tls::Step::Done if asks || !completed => Turn::Leave,
                    tls::Step::Done | tls::Step::Established => {
                        if !matches!(self.offer.opening, Opening::Trial(_)) {
                            self.prober.secured();
                        }
                        return self.go_on_inside(client, step, out);
                    }
                };
                self.layer = Layer::Handshake(client);
                turn
            }
            Layer::Ssl2(mut client) => {
                let turn = match client.poll(out) {
                    tls::Step::Done => Turn::Leave,
                    tls::Step::Read | tls::Step::Established => Turn::Listen,
                };
                self.layer = Layer::Ssl2(client);
                turn
            }
            Layer::Inside(mut client) => {
                let step = client.poll(out);
                self.go_on_inside(client, step, out)
            }
        }
    }

    /// In TLS 1.3 tickets come behind the handshake, and a visit without a dialogue is over by then. How any other one ended
    /// is not to depend on what comes later.
    fn overheard(&mut self, bytes: &[u8]) {
        if let Layer::Inside(client) = &mut self.layer
            && let Opening::Rung(_) = self.offer.opening
            && client.observer().choice().is_some_and(|choice| choice.version.is_tls13())
            && client.observer().tickets().is_empty()
        {
            client.receive(bytes);
            let _nobody_asked = client.take_plaintext();
        }
    }

    fn interrupted(&mut self, how: Interruption) {
        match &mut self.layer {
            Layer::Plain => self.prober.interrupted(how),
            Layer::Handshake(client) => client.interrupted(inside(how)),
            Layer::Ssl2(client) => client.interrupted(inside(how)),
            Layer::Inside(client) => {
                client.interrupted(inside(how));
                self.prober.interrupted(how);
            }
        }
    }

    fn phase(&self) -> Phase {
        match self.layer {
            Layer::Plain => self.prober.phase().into(),
            Layer::Handshake(_) | Layer::Ssl2(_) => Phase::Tls,
            Layer::Inside(_) => Phase::AfterTls,
        }
    }

    fn is_leaving(&self) -> bool {
        match self.layer {
            Layer::Plain | Layer::Inside(_) => self.prober.is_leaving(),
            Layer::Handshake(_) | Layer::Ssl2(_) => false,
        }
    }

    fn takes_silence(&self) -> bool {
        match (&self.layer, &self.offer.opening) {
            (Layer::Plain, _) => self.prober.takes_silence(),
            (Layer::Inside(_), Opening::Trial(_)) => true,
            _ => false,
        }
    }

    fn hear_silence(&mut self) {
        match (&self.layer, &mut self.offer.opening) {
            (Layer::Plain, _) => self.prober.hear_silence(),
            (Layer::Inside(_), Opening::Trial(trial)) => trial.hear_silence(),
            _ => {}
        }
    }
}

const fn inside(how: Interruption) -> tls::Interruption {
    match how {
        Interruption::Closed => tls::Interruption::Closed,
        Interruption::Reset => tls::Interruption::Reset,
        Interruption::TimedOut => tls::Interruption::TimedOut,
        Interruption::OverBytes => tls::Interruption::OverBytes,
    }
}

/// How TLS ended under a conversation, in the dialogue's words: what is not the network's doing is a close.
const fn inside_ended(end: Option<&tls::Outcome>) -> Interruption {
    match end {
        Some(tls::Outcome::Reset) => Interruption::Reset,
        Some(tls::Outcome::TimedOut) => Interruption::TimedOut,
        Some(tls::Outcome::OverBytes) => Interruption::OverBytes,
        _ => Interruption::Closed,
    }
}

/// The outcomes of the phase tls.
const fn handshake_outcome(outcome: &tls::Outcome) -> Outcome {
    match outcome {
        tls::Outcome::Completed => Outcome::Completed,
        tls::Outcome::Alert { .. } | tls::Outcome::Ssl2Error { .. } => Outcome::Alert,
        tls::Outcome::BadFinished => Outcome::BadFinished,
        tls::Outcome::BadSignature => Outcome::BadSignature,
        tls::Outcome::Closed => Outcome::Closed,
        tls::Outcome::Malformed(_) => Outcome::Malformed,
        tls::Outcome::NoCommonSuite => Outcome::NoCommonSuite,
        tls::Outcome::NotCompletable { .. } | tls::Outcome::Ssl2 => Outcome::NotCompletable,
        tls::Outcome::NotTls => Outcome::NotTls,
        tls::Outcome::OverBytes => Outcome::OverBytes,
        tls::Outcome::Reset => Outcome::Reset,
        tls::Outcome::Stopped => Outcome::Stopped,
        tls::Outcome::TimedOut => Outcome::Timeout,
        tls::Outcome::VersionRefused { .. } => Outcome::VersionRefused,
        tls::Outcome::WrongOrder { .. } => Outcome::WrongOrder,
    }
}

/// What is known beyond the word: the client prints it behind a colon.
pub(crate) fn handshake_detail(outcome: &tls::Outcome) -> Option<String> {
    let text = outcome.to_string();
    text.split_once(": ").map(|(_, detail)| detail.to_owned())
}
