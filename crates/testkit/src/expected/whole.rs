//! Claims about a capture as a whole: how many sessions, whether mail went over to TLS, lists of capabilities, lost bytes.

use super::claim::UNKNOWN;
use super::judge::Verdict;
use super::seen::Seen;
use super::seen::SeenFlow;

/// What a key says of the capture; its number, if it has one, apart from its prefix.
pub(super) fn check(
    prefix: &str,
    number: Option<usize>,
    key: &str,
    value: &str,
    seen: &Seen,
) -> Verdict {
    match (prefix, key) {
        ("" | "ts", "n_sessions" | "tls_streams") => {
            counted(seen.flows.iter().filter(|flow| flow.tls).count(), value)
        }
        ("ts", "mail_chat_streams") => {
            counted(seen.flows.iter().filter(|flow| flow.via != "direct").count(), value)
        }
        ("smtp", "tls") => over_tls(value, seen),
        ("conn", "missed_bytes") => missed(number, value, seen),
        ("conn", "service") => services(number, value, seen),
        ("conn", "history" | "conn_state") => Verdict::NotCheckable("Zeek's own letters for TCP"),
        ("caps", "starttls_sent") => {
            some_flow(seen, |flow| ASKED.contains(&flow.starttls_state.as_str()))
        }
        ("caps", "starttls_reply") => {
            some_flow(seen, |flow| ACCEPTED.contains(&flow.starttls_state.as_str()))
        }
        ("caps", "tls_follows") => some_flow(seen, |flow| flow.via != "direct" && flow.tls),
        ("caps", "xmpp_starttls") => {
            some_flow(seen, |flow| flow.starttls_offer.as_deref() == Some(value))
        }
        ("caps", "ehlo") => list(number, &["smtp", "lmtp"], value, '|', seen),
        ("caps", "pop_capa") => list(number, &["pop3"], value, '|', seen),
        ("caps", "imap_caps") | ("", "imap_capabilities") => {
            list(number, &["imap"], value, '|', seen)
        }
        ("caps", "irc_cap_ls") => list(number, &["irc"], value, ' ', seen),
        _ => Verdict::NotCheckable(UNKNOWN),
    }
}

/// Words of `starttls_state` that an upgrade was asked for.
const ASKED: [&str; 5] =
    ["reply-unseen", "refused", "accepted-no-tls", "accepted-handshake-failed", "upgraded"];
/// Words of `starttls_state` that an upgrade was granted; all replies in the file grant it.
const ACCEPTED: [&str; 3] = ["accepted-no-tls", "accepted-handshake-failed", "upgraded"];
/// Zeek's names of services that are dialogues of ours.
const DIALOGUES: [(&str, &[&str]); 5] = [
    ("imap", &["imap"]),
    ("irc", &["irc"]),
    ("pop3", &["pop3"]),
    ("smtp", &["smtp", "lmtp"]),
    ("xmpp", &["xmpp-c2s", "xmpp-s2s"]),
];

fn counted(found: usize, value: &str) -> Verdict {
    if value == found.to_string() { Verdict::Agrees } else { Verdict::Disagrees(found.to_string()) }
}

fn some_flow(seen: &Seen, holds: impl Fn(&SeenFlow) -> bool) -> Verdict {
    if seen.flows.iter().any(holds) {
        return Verdict::Agrees;
    }
    let states: Vec<_> = seen.flows.iter().map(|flow| flow.starttls_state.as_str()).collect();
    Verdict::Disagrees(format!("states {states:?}"))
}

/// Zeek has a record for each mail: T says that it went over TLS, which no mail that could be read did.
fn over_tls(value: &str, seen: &Seen) -> Verdict {
    let mut smtp = seen.flows.iter().filter(|flow| flow.via == "smtp");
    let holds = match value {
        "T" => smtp.any(|flow| flow.tls),
        _ => smtp.any(|flow| !flow.tls),
    };
    if holds { Verdict::Agrees } else { Verdict::Disagrees(format!("{} flows", seen.flows.len())) }
}

/// Which connection a number means is not said: only a connection alone, or none with a loss, can be compared.
fn missed(number: Option<usize>, value: &str, seen: &Seen) -> Verdict {
    let losses: Vec<u64> = seen.flows.iter().map(|flow| flow.missed.iter().sum()).collect();
    match (number, &losses[..]) {
        (_, []) => Verdict::NotCheckable("no connection of a protocol that is measured"),
        (None, [loss]) if loss.to_string() == value => Verdict::Agrees,
        (None, [loss]) => Verdict::Disagrees(loss.to_string()),
        (_, losses) if value == "0" && losses.iter().all(|loss| *loss == 0) => Verdict::Agrees,
        _ => Verdict::NotCheckable("one connection of several, and not said which"),
    }
}

fn services(number: Option<usize>, value: &str, seen: &Seen) -> Verdict {
    let names: Vec<_> = value.split(',').collect();
    let dialogue = DIALOGUES.iter().find(|(name, _)| names.contains(name));
    let Some((_, vias)) = dialogue else {
        return Verdict::NotCheckable("no protocol that is measured");
    };
    if number.is_none() && names.len() > 2 {
        return Verdict::NotCheckable("a tunnel of another protocol");
    }
    let tls = names.contains(&"ssl");
    let holds = |flow: &SeenFlow| vias.contains(&flow.via.as_str()) && flow.tls == tls;
    if seen.flows.iter().any(holds) {
        return Verdict::Agrees;
    }
    let found: Vec<_> = seen.flows.iter().map(|flow| (flow.via.as_str(), flow.tls)).collect();
    Verdict::Disagrees(format!("{found:?}"))
}

/// The N-th list of a kind of dialogue, or any where the key has no number.
fn list(number: Option<usize>, vias: &[&str], value: &str, by: char, seen: &Seen) -> Verdict {
    let expected: Vec<_> = value.split(by).map(str::to_owned).collect();
    let of_kind = seen.flows.iter().filter(|flow| vias.contains(&flow.via.as_str()));
    let lists: Vec<_> = of_kind.filter_map(|flow| flow.capabilities.as_ref()).collect();
    let holds = match number {
        Some(number) => lists.get(number.saturating_sub(1)).is_some_and(|list| **list == expected),
        None => lists.contains(&&expected),
    };
    if holds { Verdict::Agrees } else { Verdict::Disagrees(format!("{lists:?}")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn captures_bear_out_what_is_said_of_them() {
        let mut mail = SeenFlow::new("192.0.2.1:25".parse().unwrap());
        mail.via = "smtp".to_owned();
        mail.tls = true;
        mail.starttls_state = "upgraded".to_owned();
        mail.capabilities = Some(vec!["SIZE 1".to_owned(), "STARTTLS".to_owned()]);
        mail.missed = [0, 7];
        let seen = Seen { flows: vec![mail], certificates: Vec::new() };
        for (prefix, number, key, value, agrees) in [
            ("ts", None, "tls_streams", "1", true),
            ("ts", None, "tls_streams", "2", false),
            ("smtp", None, "tls", "T", true),
            ("smtp", Some(1), "tls", "F", false),
            ("conn", None, "missed_bytes", "7", true),
            ("conn", None, "missed_bytes", "0", false),
            ("conn", None, "service", "smtp,ssl", true),
            ("conn", None, "service", "imap,ssl", false),
            ("caps", None, "starttls_reply", "220 go", true),
            ("caps", None, "tls_follows", "1", true),
            ("caps", None, "ehlo", "SIZE 1|STARTTLS", true),
            ("caps", Some(2), "ehlo", "SIZE 1|STARTTLS", false),
        ] {
            let verdict = check(prefix, number, key, value, &seen);
            assert_eq!(verdict == Verdict::Agrees, agrees, "{prefix}.{key}={value}: {verdict:?}");
            assert!(!matches!(verdict, Verdict::NotCheckable(_)), "{prefix}.{key}={value}");
        }
        let verdict = check("conn", Some(2), "missed_bytes", "0", &seen);
        assert!(matches!(verdict, Verdict::NotCheckable(_)));
    }
}
