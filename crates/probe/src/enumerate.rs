//! What one endpoint can do, a connection per question: the driver of an enumeration, and its spacing.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::time::Instant;
use tokio::time::sleep_until;

use tlscensus_dialog::Identity;
use tlscensus_tls_client::enumerate::Enumeration;
use tlscensus_tls_client::enumerate::Facts;
use tlscensus_tls_client::enumerate::Question;
use tlscensus_tls_wire::observer::Observer;

use crate::Endpoint;
use crate::connect::connect;
use crate::conversation::Conversation;
use crate::conversation::Offer;
use crate::conversation::Opening;
use crate::drive::Bounds;
use crate::drive::Meter;
use crate::drive::drive;
use crate::pace::Leave;
use crate::plan::Enumerating;
use crate::work::Shared;

/// How an endpoint is met again.
pub(crate) struct Again<'a> {
    pub(crate) shared: &'a Shared,
    pub(crate) endpoint: &'a Endpoint,
    pub(crate) addr: SocketAddr,
    pub(crate) server_name: Option<String>,
    pub(crate) peer_domain: Option<String>,
    /// What is known already. Boxed: only few runs enumerate, and every endpoint in flight has room for it.
    pub(crate) enumeration: Box<Enumeration>,
}

/// An enumeration at its start, which knows what the connection before it showed.
pub(crate) fn begin(how: &Enumerating, met: Option<&Observer>) -> Box<Enumeration> {
    let mut enumeration = Enumeration::new(how.connections, PROTOCOLS);
    if let Some(observer) = met {
        enumeration.notice(observer);
    }
    Box::new(enumeration)
}

impl Again<'_> {
    /// Asks until there is nothing left to ask, the budget is spent, or the run is stopped.
    pub(crate) async fn enumerate(mut self, how: &Enumerating) -> Facts {
        let mut next = Instant::now() + how.spacing;
        while let Some(question) = self.enumeration.next_question() {
            let latest = next + self.shared.plan.longest_hold;
            let may_go_on = tokio::select! {
                biased;
                leave = self.turn(next, latest) => leave == Leave::Granted,
                () = self.shared.stop.requested() => false,
            };
            if !may_go_on {
                self.enumeration.abandon();
                break;
            }
            next = Instant::now() + how.spacing;
            let conversation = self.ask(question).await;
            match conversation.as_ref().and_then(Conversation::client) {
                Some(client) => self.enumeration.answer(client),
                None => self.enumeration.unanswered(),
            }
        }
        self.enumeration.facts()
    }

    async fn turn(&self, not_before: Instant, latest: Instant) -> Leave {
        sleep_until(not_before).await;
        self.shared.pace.turn(self.addr.ip(), latest).await
    }

    /// One connection; `None`: there was none.
    async fn ask(&self, question: Question) -> Option<Conversation> {
        let Shared { plan, progress, keys, .. } = self.shared;
        progress.connection();
        let (connected, _) = connect(self.addr, plan.timeouts.connect, progress).await;
        let mut stream = connected.ok()?;
        let offer = Offer {
            opening: Opening::Question(Box::new(question)),
            server_name: self.server_name.clone(),
            keys: keys.clone(),
        };
        let identity = Identity { peer_domain: self.peer_domain.clone(), ..plan.identity.clone() };
        let mut conversation = Conversation::new(self.endpoint.service, &identity, offer);
        let deadline = Instant::now() + plan.timeouts.total;
        let bounds = Bounds { deadline, timeouts: &plan.timeouts, bytes: plan.byte_budget };
        drive(&mut stream, &mut conversation, &bounds, &mut Meter::default()).await;
        Some(conversation)
    }
}

/// Between two connections to one endpoint, unless the user says otherwise.
pub(crate) const DEFAULT_SPACING: Duration = Duration::from_millis(500);

/// Connections of one enumeration, unless the user says otherwise: enough for a server of 40 suites.
pub(crate) const DEFAULT_CONNECTIONS: u32 = 60;

/// The registered protocols of the services that are probed, and of the web beside them.
const PROTOCOLS: &[&str] = &["h2", "http/1.1", "imap", "pop3", "xmpp-client", "xmpp-server"];
