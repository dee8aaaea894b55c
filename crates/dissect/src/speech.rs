//! What flows of ours speak, and by which words and ports that is called.

use tlscensus_dialog::Grammar;
use tlscensus_dialog::Mode;
use tlscensus_dialog::SERVICES;
use tlscensus_dialog::Service;

/// What TLS stands behind: the dialogue before it, or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Via {
    /// TLS from the first byte.
    Direct,
    /// IMAP.
    Imap,
    /// IRC.
    Irc,
    /// LMTP (RFC 2033).
    Lmtp,
    /// POP3.
    Pop3,
    /// SMTP and SUBMISSION.
    Smtp,
    /// XMPP between client and server.
    XmppC2s,
    /// XMPP between servers.
    XmppS2s,
}

impl Via {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Direct,
        Self::Imap,
        Self::Irc,
        Self::Lmtp,
        Self::Pop3,
        Self::Smtp,
        Self::XmppC2s,
        Self::XmppS2s,
    ];

    /// The stable column word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Direct => "direct",
            Self::Imap => "imap",
            Self::Irc => "irc",
            Self::Lmtp => "lmtp",
            Self::Pop3 => "pop3",
            Self::Smtp => "smtp",
            Self::XmppC2s => "xmpp-c2s",
            Self::XmppS2s => "xmpp-s2s",
        }
    }

    /// The service whose grammar a watcher needs; `None` where there is no dialogue.
    pub(crate) fn service(self) -> Option<&'static Service> {
        let word = match self {
            Self::Direct => return None,
            Self::Lmtp => Self::Smtp.word(),
            _ => self.word(),
        };
        Service::from_word(word)
    }
}

/// What a port leads one to expect, where nothing else can decide.
pub(crate) fn expected(port: u16) -> Option<Via> {
    let grammar = match service_at(port) {
        Some(service) if service.mode == Mode::Implicit => return Some(Via::Direct),
        Some(service) => service.grammar,
        None => return others(port).map(|(via, _)| via),
    };
    match grammar {
        Grammar::Bare => Some(Via::Direct),
        Grammar::Imap => Some(Via::Imap),
        Grammar::Irc => Some(Via::Irc),
        Grammar::Pop3 => Some(Via::Pop3),
        Grammar::Smtp => Some(Via::Smtp),
        Grammar::XmppClient => Some(Via::XmppC2s),
        Grammar::XmppServer => Some(Via::XmppS2s),
    }
}

/// The word for a protocol found on a server's port, and whether that is a port where it is not expected.
///
/// Behind direct TLS nobody sees what is spoken: there the port names it, and where it names nothing the word is `tls`.
pub(crate) fn name(via: Via, port: u16) -> (&'static str, bool) {
    let off_port = expected(port) != Some(via) && !(via == Via::Lmtp && port == LMTP);
    let word = match (via, service_at(port)) {
        (Via::Direct, Some(service)) if service.mode == Mode::Implicit => service.word,
        (Via::Direct, _) => {
            others(port).filter(|(other, _)| *other == Via::Direct).map_or("tls", |(_, word)| word)
        }
        (Via::Smtp, Some(service)) if service.grammar == Grammar::Smtp => match service.mode {
            Mode::Starttls => service.word,
            Mode::Implicit => via.word(),
        },
        _ => via.word(),
    };
    (word, off_port)
}

fn service_at(port: u16) -> Option<&'static Service> {
    SERVICES.iter().find(|service| service.port == port)
}

/// Where services are found beside their own port: custom, not registered.
fn others(port: u16) -> Option<(Via, &'static str)> {
    OTHERS.iter().find(|(other, ..)| *other == port).map(|(_, via, word)| (*via, *word))
}

/// LMTP over TCP as common servers have it; RFC 2033 section 5 forbids only port 25.
const LMTP: u16 = 24;

const OTHERS: [(u16, Via, &str); 10] = [
    (LMTP, Via::Lmtp, "lmtp"),
    (2525, Via::Smtp, "smtp"),
    (6665, Via::Irc, "irc"),
    (6666, Via::Irc, "irc"),
    (6668, Via::Irc, "irc"),
    (6669, Via::Irc, "irc"),
    (7000, Via::Direct, "ircs"),
    (9999, Via::Direct, "ircs"),
    (6679, Via::Direct, "ircs"),
    (8443, Via::Direct, "https"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_name_what_cannot_be_seen_and_nothing_else() {
        let cases = [
            (Via::Direct, 465, "smtps", false),
            (Via::Direct, 993, "imaps", false),
            (Via::Direct, 995, "pop3s", false),
            (Via::Direct, 6697, "ircs", false),
            (Via::Direct, 5223, "xmpps-c2s", false),
            (Via::Direct, 5270, "xmpps-s2s", false),
            (Via::Direct, 443, "https", false),
            (Via::Direct, 8443, "https", false),
            (Via::Direct, 12_345, "tls", true),
            (Via::Direct, 25, "tls", true),
            (Via::Smtp, 25, "smtp", false),
            (Via::Smtp, 587, "submission", false),
            (Via::Smtp, 2525, "smtp", false),
            (Via::Smtp, 465, "smtp", true),
            (Via::Smtp, 80, "smtp", true),
            (Via::Lmtp, 24, "lmtp", false),
            (Via::Lmtp, 25, "lmtp", true),
            (Via::Imap, 143, "imap", false),
            (Via::Imap, 993, "imap", true),
            (Via::Irc, 6668, "irc", false),
            (Via::XmppS2s, 5222, "xmpp-s2s", true),
        ];
        for (via, port, word, off_port) in cases {
            assert_eq!(name(via, port), (word, off_port), "{via:?} {port}");
        }
    }

    #[test]
    fn every_dialogue_has_its_service() {
        for via in Via::ALL {
            assert_eq!(via.service().is_none(), via == Via::Direct, "{via:?}");
        }
    }
}
