//! What one endpoint can do, a connection per question: the driver of an enumeration, and its spacing.

use std::time::Duration;

use tokio::time::Instant;

use tlscensus_tls_client as tls;
use tlscensus_tls_client::enumerate::Enumeration;
use tlscensus_tls_client::enumerate::Facts;
use tlscensus_tls_wire::observer::Observer;

use crate::again::Again;
use crate::conversation::Conversation;
use crate::conversation::Opening;
use crate::pace::Leave;
use crate::plan::Enumerating;

impl Again<'_> {
    /// Asks until there is nothing left to ask, the budget is spent, or the run is stopped.
    pub(crate) async fn enumerate(&self, how: &Enumerating) -> Facts {
        let mut enumeration = Enumeration::new(how.connections, PROTOCOLS);
        let mut next = Instant::now() + how.spacing;
        while let Some(question) = enumeration.next_question() {
            if self.leave(next).await != Some(Leave::Granted) {
                enumeration.abandon();
                break;
            }
            next = Instant::now() + how.spacing;
            let met = self.meet(Opening::Question(Box::new(question))).await;
            match met.conversation.as_ref().and_then(Conversation::tls_end) {
                Some((observer, outcome)) => enumeration.answer(observer, &outcome),
                // It did not come to TLS this time, which is as good as silence.
                None => enumeration.answer(&Observer::new(), &tls::Outcome::Closed),
            }
        }
        enumeration.facts()
    }
}

/// Between two connections to one endpoint, unless the user says otherwise.
pub(crate) const DEFAULT_SPACING: Duration = Duration::from_millis(500);

/// Connections of one enumeration, unless the user says otherwise: enough for a server of 40 suites.
pub(crate) const DEFAULT_CONNECTIONS: u32 = 60;

/// The registered protocols of the services that are probed, and of the web beside them.
const PROTOCOLS: &[&str] = &["h2", "http/1.1", "imap", "pop3", "xmpp-client", "xmpp-server"];
