//! A row against what was found: which session of the file is which flow, and the verdict on each pair.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use super::certificate;
use super::claim;
use super::claim::Claim;
use super::claim::Read;
use super::claim::UNREAD;
use super::file::ExpectedRow;
use super::filter::Filter;
use super::seen::Seen;
use super::seen::SeenFlow;
use super::whole;

/// What became of one pair.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It was found so.
    Agrees,
    /// Something else was found: what.
    Disagrees(String),
    /// It is nothing that a monitor of TLS could agree with: why.
    NotCheckable(&'static str),
}

/// One pair of a row, and what became of it. A check of Suricata is one pair, under its `chkN`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The capture.
    pub trace: String,
    /// The suite's test.
    pub origin_test: String,
    /// The key.
    pub key: String,
    /// What is expected.
    pub value: String,
    /// What became of it.
    pub verdict: Verdict,
}

/// Judges every pair of a row.
pub fn judge(row: &ExpectedRow, seen: &Seen) -> Vec<Finding> {
    let finding = |key: &str, value: &str, verdict| Finding {
        trace: row.trace.clone(),
        origin_test: row.origin_test.clone(),
        key: key.to_owned(),
        value: value.to_owned(),
        verdict,
    };
    let sessions = Sessions::of(row).find(seen);
    let mut filters: BTreeMap<usize, Filter> = BTreeMap::new();
    let mut findings = Vec::new();
    for (key, value) in &row.pairs {
        let name = Name::of(key);
        let verdict = match (row.class(), name.prefix) {
            (_, "" | "args" | "requires") if matches!(name.key, "class" | "args" | "requires") => {
                continue;
            }
            ("udp", _) => Verdict::NotCheckable("TLS over datagrams is not watched"),
            (_, "chk") => {
                let filter = filters.entry(name.number.unwrap_or_default()).or_default();
                filter.conditions.push((name.key.to_owned(), value.clone()));
                continue;
            }
            (_, "ssl" | "ts" | "s") => match of_session(&name, value) {
                Some(claim) => sessions.verdict(&name, value, claim),
                None => whole::check(name.prefix, name.number, name.key, value, seen),
            },
            (_, "x509_") => of_certificate(row, &name, value, seen),
            (_, prefix) => whole::check(prefix, name.number, name.key, value, seen),
        };
        findings.push(finding(key, value, verdict));
    }
    for (number, filter) in filters {
        let verdict = match row.class() {
            "engine" => Verdict::NotCheckable("depends on the rules of the engine"),
            _ => filter.check(seen),
        };
        let pairs: Vec<_> =
            filter.conditions.iter().map(|(key, value)| format!("{key}={value}")).collect();
        findings.push(finding(&format!("chk{number}"), &pairs.join(";"), verdict));
    }
    findings
}

/// A key taken apart: `ssl2.version` is the second record's version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Name<'a> {
    prefix: &'a str,
    number: Option<usize>,
    key: &'a str,
}

impl<'a> Name<'a> {
    fn of(text: &'a str) -> Self {
        let (front, key) = match text.split_once('.') {
            Some(parts) => parts,
            // Retina's sessions have a number and nothing behind it.
            None if is_plain_session(text) => (text, "session"),
            None => ("", text),
        };
        let prefix = front.trim_end_matches(|letter: char| letter.is_ascii_digit());
        let digits = front.strip_prefix(prefix).unwrap_or_default();
        // The name of a log in Zeek may itself end in digits.
        match front.strip_prefix("x509_") {
            Some(number) => Self { prefix: "x509_", number: number.parse().ok(), key },
            None => Self { prefix, number: digits.parse().ok(), key },
        }
    }
}

fn is_plain_session(text: &str) -> bool {
    text.strip_prefix('s')
        .is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_digit()))
}

/// What a pair claims of a session; None if it speaks of the capture as a whole.
fn of_session(name: &Name<'_>, value: &str) -> Option<Vec<Read>> {
    match (name.prefix, name.key) {
        (_, "resp" | "server") => Some(Vec::new()),
        ("ts", "tls_streams" | "mail_chat_streams") => None,
        ("ssl", key) => Some(vec![claim::of_zeek(key, value)]),
        ("ts", key) => Some(vec![claim::of_tshark(key, value)]),
        ("s", _) => Some(of_retina(value)),
        _ => None,
    }
}

/// A suite, and behind a colon the group or the bits of the field.
fn of_retina(value: &str) -> Vec<Read> {
    let (suite, exchange) = value.split_once(':').unwrap_or((value, ""));
    let mut reads = vec![claim::hexadecimal(suite).map(Claim::Suite)];
    if let Some(bits) = exchange.strip_prefix("dh") {
        reads.push(claim::decimal(bits).map(Claim::DhBits));
    } else if let Some(curve) = exchange.strip_prefix("curve") {
        reads.push(claim::hexadecimal(curve).map(Claim::Group));
    }
    reads
}

/// Sessions that a row speaks of, by prefix and number.
struct Sessions<'a>(BTreeMap<(&'a str, Option<usize>), Session>);

#[derive(Default)]
struct Session {
    server: Option<SocketAddr>,
    claims: Vec<Claim>,
}

impl<'a> Sessions<'a> {
    fn of(row: &'a ExpectedRow) -> Self {
        let mut sessions: BTreeMap<_, Session> = BTreeMap::new();
        for (key, value) in &row.pairs {
            let name = Name::of(key);
            let Some(reads) = of_session(&name, value) else { continue };
            let session = sessions.entry((name.prefix, name.number)).or_default();
            if matches!(name.key, "resp" | "server") {
                session.server = address(value);
            }
            session.claims.extend(reads.into_iter().flatten());
        }
        Self(sessions)
    }

    /// Gives each session a flow of its own: of those to its server the one that bears out most, the earlier where several do.
    fn find(self, seen: &'a Seen) -> Found<'a> {
        let mut taken: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        let mut flows = BTreeMap::new();
        for ((prefix, number), session) in self.0 {
            let taken = taken.entry(prefix).or_default();
            let candidates = seen.flows.iter().enumerate().filter(|(place, flow)| {
                let there = session.server.is_none_or(|server| server == flow.server);
                flow.tls && there && !taken.contains(place)
            });
            let score = |flow: &SeenFlow| {
                session.claims.iter().filter(|claim| claim.check(flow).is_ok()).count()
            };
            let best = candidates.max_by_key(|(place, flow)| (score(flow), usize::MAX - place));
            if let Some((place, flow)) = best {
                taken.push(place);
                flows.insert((prefix, number), flow);
            }
        }
        Found(flows)
    }
}

/// Which flow each session is.
struct Found<'a>(BTreeMap<(&'a str, Option<usize>), &'a SeenFlow>);

impl Found<'_> {
    fn verdict(&self, name: &Name<'_>, value: &str, reads: Vec<Read>) -> Verdict {
        let flow = self.0.get(&(name.prefix, name.number));
        if matches!(name.key, "resp" | "server") {
            return match (flow, address(value)) {
                (_, None) => Verdict::NotCheckable(UNREAD),
                (Some(_), _) => Verdict::Agrees,
                (None, _) => Verdict::Disagrees(NO_SESSION.to_owned()),
            };
        }
        for read in reads {
            let claim = match read {
                Ok(claim) => claim,
                Err(reason) => return Verdict::NotCheckable(reason),
            };
            match flow.map(|flow| claim.check(flow)) {
                None => return Verdict::Disagrees(NO_SESSION.to_owned()),
                Some(Err(found)) => return Verdict::Disagrees(found),
                Some(Ok(())) => {}
            }
        }
        Verdict::Agrees
    }
}

/// What is found where a session is not.
const NO_SESSION: &str = "no such session";

/// An address and a port, IPv6 without brackets.
fn address(text: &str) -> Option<SocketAddr> {
    let (ip, port) = text.rsplit_once(':')?;
    Some(SocketAddr::new(ip.parse().ok()?, port.parse().ok()?))
}

fn of_certificate(row: &ExpectedRow, name: &Name<'_>, value: &str, seen: &Seen) -> Verdict {
    let number = name.number.unwrap_or_default();
    let Some(hash) = row.get(&format!("x509_{number}.fp")) else {
        return Verdict::NotCheckable("a certificate without a fingerprint");
    };
    let Some(found) = seen.certificate(hash) else {
        return Verdict::Disagrees("no such certificate".to_owned());
    };
    match certificate::zeek(name.key, value, found) {
        Ok(None) => Verdict::Agrees,
        Ok(Some(found)) => Verdict::Disagrees(found),
        Err(reason) => Verdict::NotCheckable(reason),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(expected: &str) -> ExpectedRow {
        let text = format!(
            "trace\torigin\torigin_test\twhat_it_shows\texpected\na.pcap\tz\tt\tw\t{expected}\n"
        );
        super::super::rows(&text).unwrap().remove(0)
    }

    fn flow(port: u16, version: u16) -> SeenFlow {
        let mut flow = SeenFlow::new(([192, 0, 2, 1], port).into());
        (flow.tls, flow.version) = (true, Some(version));
        flow
    }

    fn verdicts(expected: &str, seen: &Seen) -> Vec<(String, Verdict)> {
        judge(&row(expected), seen).into_iter().map(|one| (one.key, one.verdict)).collect()
    }

    #[test]
    fn names_are_taken_apart() {
        for (text, prefix, number, key) in [
            ("ssl.version", "ssl", None, "version"),
            ("ssl12.version", "ssl", Some(12), "version"),
            ("x509_3.subject", "x509_", Some(3), "subject"),
            ("chk1.tls.ja3.hash", "chk", Some(1), "tls.ja3.hash"),
            ("s70", "s", Some(70), "session"),
            ("n_sessions", "", None, "n_sessions"),
        ] {
            assert_eq!(Name::of(text), Name { prefix, number, key }, "{text}");
        }
    }

    #[test]
    fn sessions_are_told_apart_by_server_and_by_what_they_are() {
        let seen = Seen {
            flows: vec![flow(443, 0x301), flow(443, 0x303), flow(993, 0x304)],
            ..Seen::default()
        };
        let expected = "class=tls;ssl1.resp=192.0.2.1:443;ssl1.version=TLSv12;ssl2.resp=192.0.2.1:443;\
            ssl2.version=TLSv10;ssl3.resp=192.0.2.1:993;ssl3.version=TLSv12;ssl4.resp=192.0.2.1:25;ssl4.version=TLSv12";
        let verdicts = verdicts(expected, &seen);
        let of = |key: &str| &verdicts.iter().find(|(known, _)| known == key).unwrap().1;
        assert_eq!((of("ssl1.version"), of("ssl2.version")), (&Verdict::Agrees, &Verdict::Agrees));
        assert_eq!(of("ssl3.version"), &Verdict::Disagrees("Some(772)".to_owned()));
        assert_eq!(of("ssl4.resp"), &Verdict::Disagrees(NO_SESSION.to_owned()));
    }

    #[test]
    fn certificates_are_known_by_their_fingerprints() {
        let certificate = super::super::SeenCertificate {
            sha256: "aa".to_owned(),
            subject: Some("CN=a".to_owned()),
            ..Default::default()
        };
        let seen = Seen { certificates: vec![certificate], ..Seen::default() };
        let expected =
            "class=tls;x509_1.fp=aa;x509_1.subject=CN=a;x509_2.fp=bb;x509_2.subject=CN=a";
        let verdicts = verdicts(expected, &seen);
        let agreed: Vec<_> =
            verdicts.iter().map(|(_, verdict)| *verdict == Verdict::Agrees).collect();
        assert_eq!(agreed, [true, true, false, false]);
    }

    #[test]
    fn what_depends_on_more_than_the_capture_is_set_aside() {
        let seen = Seen { flows: vec![flow(443, 0x303)], ..Seen::default() };
        let engine = verdicts("class=engine;chk1.count=1;chk1.event_type=tls", &seen);
        assert!(matches!(engine[..], [(_, Verdict::NotCheckable(_))]), "{engine:?}");
        let udp = verdicts("class=udp;ssl.version=TLSv12", &seen);
        assert!(matches!(udp[..], [(_, Verdict::NotCheckable(_))]), "{udp:?}");
        let sessions = verdicts("class=tls;n_sessions=1;s0=0xc030:curve0x0017", &seen);
        assert_eq!(sessions[0].1, Verdict::Agrees);
        assert!(matches!(sessions[1].1, Verdict::Disagrees(_)));
    }
}
