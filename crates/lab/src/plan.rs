//! What is asked of the lab: how many hosts, which services, which states, from which seed.

use std::time::Duration;

use crate::Error;
use crate::Flavour;
use crate::Network;
use crate::State;

/// The language a service speaks around TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Language {
    /// Nothing but TLS, then whatever is asked gets an empty answer.
    Http,
    /// RFC 9051.
    Imap,
    /// RFC 2812 with IRCv3 capability negotiation.
    Irc,
    /// RFC 1939, RFC 2449.
    Pop3,
    /// RFC 5321.
    Smtp,
    /// RFC 6120, `jabber:client`.
    XmppClient,
    /// RFC 6120, `jabber:server`.
    XmppServer,
}

impl Language {
    /// True if the client has the first word in plaintext.
    pub(crate) const fn client_first(self) -> bool {
        matches!(self, Self::Http | Self::Irc | Self::XmppClient | Self::XmppServer)
    }
}

/// A service: its word in the ground truth, its language, how TLS starts, its port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Service {
    /// The word in [`TruthRow::service`](crate::TruthRow::service).
    pub word: &'static str,
    /// What is spoken.
    pub language: Language,
    /// TLS from the first byte.
    pub implicit: bool,
    /// The usual port, to which [`LabPlan::port_offset`] is added.
    pub port: u16,
}

/// The fourteen services of the study.
pub static SERVICES: [Service; 14] = [
    starttls("smtp", Language::Smtp, 25),
    implicit("smtps", Language::Smtp, 465),
    starttls("submission", Language::Smtp, 587),
    starttls("imap", Language::Imap, 143),
    implicit("imaps", Language::Imap, 993),
    starttls("pop3", Language::Pop3, 110),
    implicit("pop3s", Language::Pop3, 995),
    starttls("irc", Language::Irc, 6667),
    implicit("ircs", Language::Irc, 6697),
    starttls("xmpp-c2s", Language::XmppClient, 5222),
    implicit("xmpps-c2s", Language::XmppClient, 5223),
    starttls("xmpp-s2s", Language::XmppServer, 5269),
    implicit("xmpps-s2s", Language::XmppServer, 5270),
    implicit("https", Language::Http, 443),
];

/// Which states and TLS servers a population is dealt from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Mix {
    /// All of them, by the weights of the state table.
    #[default]
    All,
    /// Only these states (equal weights), each where it applies; services where none applies are not served.
    States(Vec<State>),
    /// Only healthy endpoints, with these TLS servers in turn.
    Healthy(Vec<Flavour>),
}

/// A population to be served.
#[derive(Clone, Debug)]
pub struct LabPlan {
    /// Number of hosts, each with an address of its own.
    pub hosts: u32,
    /// Deals everything but the bytes of keys.
    pub seed: u64,
    /// Where the hosts have their addresses, which this machine has to answer for: loopback, or a network of one's own.
    pub network: Network,
    /// Added to every port, for those who may not bind low ones.
    pub port_offset: u16,
    /// What is probed on each host.
    pub services: Vec<Service>,
    /// Of 1,000 (host, service) pairs, how many are served; on the others the connection is refused.
    pub served_permille: u16,
    /// States dealt.
    pub mix: Mix,
    /// Of 1,000 endpoints, how many cut their replies into segments with pauses between them.
    pub cut_permille: u16,
    /// Connections served at once; more wait in the listeners' queues.
    pub connections: usize,
    /// Longest life of one connection.
    pub connection_limit: Duration,
}

impl LabPlan {
    /// A population with all services, all states and 6 of 10 pairs served.
    pub fn new(hosts: u32, seed: u64) -> Self {
        Self {
            hosts,
            seed,
            network: Network::LOOPBACK,
            port_offset: 0,
            services: SERVICES.to_vec(),
            served_permille: 600,
            mix: Mix::All,
            cut_permille: 400,
            connections: 16_384,
            connection_limit: Duration::from_secs(120),
        }
    }

    /// # Errors
    /// [`Error::PortOffset`] if a port would pass 65535, [`Error::TooManyHosts`] if addresses run out.
    pub(crate) fn check(&self) -> Result<(), Error> {
        let capacity = self.network.capacity();
        if u64::from(self.hosts) > capacity {
            return Err(Error::TooManyHosts { hosts: self.hosts, capacity });
        }
        for service in &self.services {
            if service.port.checked_add(self.port_offset).is_none() {
                return Err(Error::PortOffset { port: service.port, offset: self.port_offset });
            }
        }
        Ok(())
    }
}

const fn starttls(word: &'static str, language: Language, port: u16) -> Service {
    Service { word, language, implicit: false, port }
}

const fn implicit(word: &'static str, language: Language, port: u16) -> Service {
    Service { word, language, implicit: true, port }
}
