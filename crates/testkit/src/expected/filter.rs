//! Suricata's checks: so many records of a kind meet these conditions.

use super::certificate;
use super::claim;
use super::claim::UNKNOWN;
use super::judge::Verdict;
use super::seen::Seen;
use super::seen::SeenFlow;

/// One check of a test: its conditions with the keys of Suricata's records, `count` among them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Filter {
    /// Keys and values, in the order of the file.
    pub(super) conditions: Vec<(String, String)>,
}

/// Protocols before TLS, by Suricata's names.
const DIALOGUES: [(&str, &str); 4] =
    [("imap", "imap"), ("irc", "irc"), ("pop3", "pop3"), ("smtp", "smtp")];

impl Filter {
    /// Whether as many flows meet the conditions as there should be.
    pub(super) fn check(&self, seen: &Seen) -> Verdict {
        let event = self.value("event_type");
        let protocol = self.value("app_proto");
        let is_of_event: fn(&SeenFlow, &str) -> bool = match (event, protocol) {
            (Some("tls"), _) => |flow, _| flow.tls,
            (Some("flow"), Some("tls")) => |flow, _| flow.tls && flow.via == "direct",
            (Some("flow"), Some(name)) if DIALOGUES.iter().any(|(known, _)| *known == name) => {
                |flow, via| flow.via == via
            }
            (Some("flow"), Some(_)) => return Verdict::NotCheckable("another protocol"),
            _ => return Verdict::NotCheckable("a record of the engine, not of TLS"),
        };
        let Some(count) = self.value("count").and_then(|count| count.parse::<usize>().ok()) else {
            return Verdict::NotCheckable("no count");
        };
        let via = DIALOGUES.iter().find(|(known, _)| Some(*known) == protocol);
        let via = via.map_or("", |(_, via)| *via);
        let mut found = 0;
        for flow in seen.flows.iter().filter(|flow| is_of_event(flow, via)) {
            match self.meets(flow, seen) {
                Ok(true) => found += 1,
                Ok(false) => {}
                Err(reason) => return Verdict::NotCheckable(reason),
            }
        }
        // Conditions that nobody can check must not hide behind a capture in which nothing was found.
        if let Err(reason) = self.meets(&SeenFlow::new(([0, 0, 0, 0], 0).into()), seen) {
            return Verdict::NotCheckable(reason);
        }
        if found == count { Verdict::Agrees } else { Verdict::Disagrees(found.to_string()) }
    }

    fn value(&self, key: &str) -> Option<&str> {
        self.conditions.iter().find(|(known, _)| known == key).map(|(_, value)| value.as_str())
    }

    fn meets(&self, flow: &SeenFlow, seen: &Seen) -> Result<bool, &'static str> {
        let mut all = true;
        for (key, value) in &self.conditions {
            all &= self.meets_one(key, value, flow, seen)?;
        }
        Ok(all)
    }

    fn meets_one(
        &self,
        key: &str,
        value: &str,
        flow: &SeenFlow,
        seen: &Seen,
    ) -> Result<bool, &'static str> {
        match key {
            // The client's address is written down under a key alone, and its port not at all.
            "count" | "event_type" | "app_proto" | "requires" | "src_ip" | "src_port" => Ok(true),
            "dest_ip" => Ok(value.parse() == Ok(flow.server.ip())),
            "dest_port" => Ok(value.parse() == Ok(flow.server.port())),
            // The text of a fingerprint says nothing that its hash, which always stands beside it, does not.
            "tls.ja3.string" if self.value("tls.ja3.hash").is_some() => Ok(true),
            "tls.ja3s.string" if self.value("tls.ja3s.hash").is_some() => Ok(true),
            "has-key" if value == "tls.subjectaltname" => {
                Ok(leaf(flow, seen).is_some_and(|leaf| !leaf.dns_names.is_empty()))
            }
            "tls.from_proto" => {
                let via = DIALOGUES.iter().find(|(known, _)| *known == value).ok_or(UNKNOWN)?;
                Ok(flow.via == via.1)
            }
            _ => {
                let key = key.strip_prefix("tls.").ok_or(UNKNOWN)?;
                meets_tls(key, value, flow, seen)
            }
        }
    }
}

fn meets_tls(key: &str, value: &str, flow: &SeenFlow, seen: &Seen) -> Result<bool, &'static str> {
    if let Some(place) = key.strip_prefix("client_alpns[").and_then(|rest| rest.strip_suffix(']')) {
        let place: usize = claim::decimal(place)?;
        let name = flow.offer.as_ref().and_then(|offer| offer.alpn.get(place));
        return Ok(name.is_some_and(|name| name == value));
    }
    match claim::of_suricata(key, value) {
        Ok(claim) => Ok(claim.check(flow).is_ok()),
        Err(UNKNOWN) => match leaf(flow, seen) {
            Some(leaf) => Ok(certificate::suricata(key, value, leaf)?.is_none()),
            None => certificate::suricata(key, value, &super::SeenCertificate::default())
                .map(|_| false)
                .or_else(|reason| if reason == UNKNOWN { Err(reason) } else { Ok(false) }),
        },
        Err(reason) => Err(reason),
    }
}

fn leaf<'a>(flow: &SeenFlow, seen: &'a Seen) -> Option<&'a super::SeenCertificate> {
    seen.certificate(flow.chain.as_ref()?.first()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filter(pairs: &[(&str, &str)]) -> Filter {
        let own = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
        Filter { conditions: pairs.iter().map(own).collect() }
    }

    #[test]
    fn flows_that_meet_the_conditions_are_counted() {
        let mut flow = SeenFlow::new("192.0.2.1:443".parse().unwrap());
        (flow.tls, flow.version, flow.sni) = (true, Some(0x303), Some("a.test".to_owned()));
        let mut mail = SeenFlow::new("192.0.2.1:25".parse().unwrap());
        mail.via = "smtp".to_owned();
        let seen = Seen { flows: vec![flow, mail], certificates: Vec::new() };
        let tls = ("event_type", "tls");
        for (pairs, verdict) in [
            (&[tls, ("count", "1")][..], Verdict::Agrees),
            (&[tls, ("count", "2")], Verdict::Disagrees("1".to_owned())),
            (
                &[tls, ("count", "1"), ("tls.version", "TLS 1.2"), ("dest_port", "443")],
                Verdict::Agrees,
            ),
            (&[tls, ("count", "0"), ("tls.sni", "b.test")], Verdict::Agrees),
            (&[tls, ("count", "1"), ("tls.serial", "00")], Verdict::Disagrees("0".to_owned())),
            (&[("event_type", "flow"), ("app_proto", "smtp"), ("count", "1")], Verdict::Agrees),
            (
                &[("event_type", "flow"), ("app_proto", "pgsql"), ("count", "1")],
                Verdict::NotCheckable("another protocol"),
            ),
            (
                &[("event_type", "alert"), ("count", "1")],
                Verdict::NotCheckable("a record of the engine, not of TLS"),
            ),
            (&[tls, ("count", "1"), ("tls.nonsense", "1")], Verdict::NotCheckable(UNKNOWN)),
        ] {
            assert_eq!(filter(pairs).check(&seen), verdict, "{pairs:?}");
        }
        let nothing = Seen::default();
        let unknown = filter(&[tls, ("count", "0"), ("tls.nonsense", "1")]);
        assert_eq!(unknown.check(&nothing), Verdict::NotCheckable(UNKNOWN));
    }
}
