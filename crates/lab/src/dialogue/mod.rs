//! The servers' side of the five languages: one file each, none shared with what is under test.

mod imap;
mod irc;
mod pop3;
mod smtp;
mod xmpp;

use std::io;

use crate::Language;
use crate::speech::Offers;
use crate::state::Manner;
use crate::state::Upgrade;
use crate::wire::Wire;

/// What a server needs to know to hold its part of a conversation on one side of TLS.
pub(crate) struct Role<'a> {
    /// What the host calls itself.
    pub(crate) name: &'a str,
    pub(crate) offers: &'a Offers,
    /// Inside TLS already: no upgrade is offered.
    pub(crate) secured: bool,
    /// The greeting comes on this side of TLS.
    pub(crate) greets: bool,
    pub(crate) upgrade: Upgrade,
    pub(crate) manner: Manner,
    /// Lets servers of one language differ in what the protocol leaves open.
    pub(crate) variant: u64,
}

/// What follows the conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// The connection is to be closed.
    End,
    /// The next byte belongs to TLS.
    Upgrade,
}

impl Role<'_> {
    /// The upgrade stands in the list of capabilities.
    fn offers_upgrade(&self) -> bool {
        let listed = !matches!(self.upgrade, Upgrade::Mangle | Upgrade::NotOffered);
        listed && !self.secured
    }

    /// What a request for the upgrade gets: the go-ahead (with what lies behind it), or one of two refusals.
    fn answer<'w>(
        &self,
        go_ahead: &'w str,
        leftover: &'w str,
        refusal: &'w str,
        refusal_for_good: &'w str,
        unknown: &'w str,
    ) -> (String, bool) {
        if self.secured {
            return (unknown.to_owned(), false);
        }
        match self.upgrade {
            Upgrade::Accept | Upgrade::AcceptAndKeep => (go_ahead.to_owned(), true),
            Upgrade::AcceptWithLeftover => (format!("{go_ahead}{leftover}"), true),
            Upgrade::Refuse => (refusal.to_owned(), false),
            Upgrade::RefuseForGood => (refusal_for_good.to_owned(), false),
            Upgrade::Mangle | Upgrade::NotOffered => (unknown.to_owned(), false),
        }
    }
}

/// Holds the server's part until it ends or TLS is due.
pub(crate) async fn converse(
    language: Language,
    wire: &mut Wire<'_>,
    role: &Role<'_>,
) -> io::Result<Next> {
    match language {
        Language::Http => http(wire).await,
        Language::Imap => imap::converse(wire, role).await,
        Language::Irc => irc::converse(wire, role).await,
        Language::Pop3 => pop3::converse(wire, role).await,
        Language::Smtp => smtp::converse(wire, role).await,
        Language::XmppClient => xmpp::converse(wire, role, "jabber:client").await,
        Language::XmppServer => xmpp::converse(wire, role, "jabber:server").await,
    }
}

/// Waits for a request or the end, and answers with nothing much.
async fn http(wire: &mut Wire<'_>) -> io::Result<Next> {
    if wire.anything().await? {
        wire.say("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").await?;
    }
    Ok(Next::End)
}

/// The first word of a command in capitals, and the rest.
fn command(line: &str) -> (String, &str) {
    let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
    (verb.to_ascii_uppercase(), rest.trim())
}
