//! The services that are measured: one line each, and nothing else in the project lists them.

/// The language spoken around TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Grammar {
    /// No dialogue of ours inside TLS (HTTPS).
    Bare,
    /// RFC 3501 / RFC 9051.
    Imap,
    /// RFC 2812 with IRCv3 capability negotiation.
    Irc,
    /// RFC 1939, RFC 2449, RFC 2595.
    Pop3,
    /// RFC 5321, RFC 3207 (SMTP and SUBMISSION).
    Smtp,
    /// RFC 6120, `jabber:client`.
    XmppClient,
    /// RFC 6120, `jabber:server`.
    XmppServer,
}

/// How TLS starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Mode {
    /// TLS from the first byte (RFC 8314 "implicit TLS").
    Implicit,
    /// Plaintext first, then an upgrade.
    Starttls,
}

impl Mode {
    /// The stable column word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Implicit => "implicit",
            Self::Starttls => "starttls",
        }
    }
}

/// One service of the study: a protocol, how TLS starts in it, and the port where it is expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Service {
    /// The stable column word, also typed on the command line.
    pub word: &'static str,
    /// The name printed in tables, as the study prints it.
    pub title: &'static str,
    /// The dialogue's language.
    pub grammar: Grammar,
    /// How TLS starts.
    pub mode: Mode,
    /// The port IANA or custom assigns.
    pub port: u16,
}

impl Service {
    /// The service whose word this is.
    pub fn from_word(word: &str) -> Option<&'static Self> {
        SERVICES.iter().find(|service| service.word == word)
    }
}

/// All services, in the order of the study's Table I.
pub static SERVICES: [Service; 14] = [
    service("smtp", "SMTP", Grammar::Smtp, Mode::Starttls, 25),
    service("smtps", "SMTPS", Grammar::Smtp, Mode::Implicit, 465),
    service("submission", "SUBMISSION", Grammar::Smtp, Mode::Starttls, 587),
    service("imap", "IMAP", Grammar::Imap, Mode::Starttls, 143),
    service("imaps", "IMAPS", Grammar::Imap, Mode::Implicit, 993),
    service("pop3", "POP3", Grammar::Pop3, Mode::Starttls, 110),
    service("pop3s", "POP3S", Grammar::Pop3, Mode::Implicit, 995),
    service("irc", "IRC", Grammar::Irc, Mode::Starttls, 6667),
    service("ircs", "IRCS", Grammar::Irc, Mode::Implicit, 6697),
    service("xmpp-c2s", "XMPP C2S", Grammar::XmppClient, Mode::Starttls, 5222),
    service("xmpps-c2s", "XMPPS C2S", Grammar::XmppClient, Mode::Implicit, 5223),
    service("xmpp-s2s", "XMPP S2S", Grammar::XmppServer, Mode::Starttls, 5269),
    service("xmpps-s2s", "XMPPS S2S", Grammar::XmppServer, Mode::Implicit, 5270),
    service("https", "HTTPS", Grammar::Bare, Mode::Implicit, 443),
];

const fn service(
    word: &'static str,
    title: &'static str,
    grammar: Grammar,
    mode: Mode,
    port: u16,
) -> Service {
    Service { word, title, grammar, mode, port }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn words_and_ports_are_distinct() {
        let words: BTreeSet<_> = SERVICES.iter().map(|service| service.word).collect();
        let ports: BTreeSet<_> = SERVICES.iter().map(|service| service.port).collect();
        assert_eq!((words.len(), ports.len()), (SERVICES.len(), SERVICES.len()));
        assert!(SERVICES.iter().all(|s| Service::from_word(s.word) == Some(s)));
    }
}
