//! conn.log: a line for each connection that has a row, at its true end.
//!
//! | column | differs from Zeek |
//! |---|---|
//! | duration | to the last packet, bare acknowledgements behind the end included |
//! | orig_bytes, resp_bytes | payload, with what is missing in the capture, not by sequence numbers |
//! | history | a letter for each kind of packet at its first, none behind the end of both sides, and none of Zeek's W, I, Q and X |
//! | orig_ip_bytes, resp_ip_bytes | not known |
//! | tunnel_parents | never set, as tunnels have no lines |

use std::borrow::Cow;

use tlscensus_flows::Counts;
use tlscensus_flows::Summary;
use tlscensus_records::LocalSide;

use super::Definition;
use super::Memory;
use super::Put;
use super::column::Column;
use super::column::Kind;
use super::column::Value;
use super::file::LogFile;
use super::identity::Identity;
use crate::audience::Closed;
use crate::error::Error;
use crate::monitor::Batch;

/// The log.
pub(super) static LOG: Definition = Definition { path: "conn", blank, lines };

fn blank(put: &mut Put<'_>) {
    Line::default().give(put);
}

fn lines(batch: &Batch, _: &mut Memory, file: &mut LogFile) -> Result<(), Error> {
    batch.closed.iter().try_for_each(|closed| file.line(|put| Line::of(closed).give(put)))
}

/// What a line is made of: the client's side first.
#[derive(Default)]
struct Line<'a> {
    identity: Identity<'a>,
    duration: u64,
    service: Option<Cow<'a, str>>,
    state: &'static str,
    local: Option<(bool, bool)>,
    client: Counts,
    server: Counts,
    history: Cow<'a, str>,
}

impl<'a> Line<'a> {
    fn of(closed: &'a Closed) -> Self {
        let Closed { connection, summary } = closed;
        let opened = &summary.opened;
        let (end, client, server) = match connection.roles_flipped {
            false => (opened.responder, summary.opener, summary.responder),
            true => (opened.opener, summary.responder, summary.opener),
        };
        Self {
            identity: Identity {
                began: opened.at.0,
                flow_id: &connection.flow_id,
                client: &connection.client,
                server: Value::Address(end.ip()),
                port: end.port(),
            },
            duration: u64::try_from(summary.last.0.saturating_sub(opened.at.0)).unwrap_or(0),
            service: service(&connection.via, connection.tls_spoken),
            state: state(summary, connection.roles_flipped),
            local: local(connection.local_side),
            client,
            server,
            history: history(&summary.history, connection.roles_flipped),
        }
    }

    fn give(&self, put: &mut Put<'_>) {
        let (local_orig, local_resp) = self.local.unzip();
        let bytes = |counts: &Counts| Some(counts.bytes.saturating_add(counts.missed));
        let missed = self.client.missed.saturating_add(self.server.missed);
        self.identity.give(put);
        put(Column::of_kind("proto", Kind::Enum, Some("tcp")));
        put(Column::word("service", self.service.as_deref()));
        put(Column::interval("duration", self.duration));
        put(Column::count("orig_bytes", bytes(&self.client)));
        put(Column::count("resp_bytes", bytes(&self.server)));
        put(Column::word("conn_state", Some(self.state)));
        put(Column::bool("local_orig", local_orig));
        put(Column::bool("local_resp", local_resp));
        put(Column::count("missed_bytes", Some(missed)));
        put(Column::word("history", Some(self.history.as_ref())));
        put(Column::count("orig_pkts", Some(self.client.packets)));
        put(Column::unset("orig_ip_bytes", Kind::Count));
        put(Column::count("resp_pkts", Some(self.server.packets)));
        put(Column::unset("resp_ip_bytes", Kind::Count));
        put(Column::unset("tunnel_parents", Kind::SetOfString));
        put(Column::count("ip_proto", Some(TCP)));
    }
}

/// Zeek's analyzers, in the order in which they came to it; LMTP has none there and keeps its name.
fn service(via: &str, tls_spoken: bool) -> Option<Cow<'_, str>> {
    let dialogue = match via {
        "direct" => return tls_spoken.then_some("ssl".into()),
        "xmpp-c2s" | "xmpp-s2s" => "xmpp",
        other => other,
    };
    Some(if tls_spoken { format!("{dialogue},ssl").into() } else { dialogue.into() })
}

/// Zeek's word for how it went, as far as the kinds of packets tell (scripts/base/protocols/conn/main.zeek).
fn state(summary: &Summary, flipped: bool) -> &'static str {
    match (opener_state(summary), flipped) {
        ("RSTO", true) => "RSTR",
        ("RSTR", true) => "RSTO",
        ("S2", true) => "S3",
        ("S3", true) => "S2",
        (state, _) => state,
    }
}

/// The same, with whoever opened it as the originator. A side of which no SYN was seen is never more than partial to Zeek.
fn opener_state(summary: &Summary) -> &'static str {
    let had = |letter: char| summary.history.contains(letter);
    let (syn, syn_ack) = (summary.syn, summary.syn_ack);
    match (had('R'), had('r'), had('F'), had('f')) {
        // A reset behind both ends is no abortion.
        (_, _, true, true) => "SF",
        (_, true, ..) if !syn => "RSTRH",
        (_, true, ..) if !syn_ack => "REJ",
        (_, true, ..) => "RSTR",
        (true, ..) if !syn_ack && syn && !had_more_before_reset(&summary.history) => "RSTOS0",
        (true, ..) if !syn_ack => "OTH",
        (true, ..) => "RSTO",
        (_, _, true, _) if !syn_ack => "SH",
        (_, _, true, _) => "S2",
        (_, _, _, true) if !syn => "SHR",
        (_, _, _, true) => "S3",
        _ if syn && syn_ack => "S1",
        _ if syn && summary.responder.packets == 0 => "S0",
        _ => "OTH",
    }
}

/// The opener sent more than a SYN before it gave up.
fn had_more_before_reset(history: &str) -> bool {
    history.split('R').next().is_some_and(|before| before.contains(['H', 'A', 'F', 'G']))
}

fn local(side: LocalSide) -> Option<(bool, bool)> {
    match side {
        LocalSide::Both => Some((true, true)),
        LocalSide::Client => Some((true, false)),
        LocalSide::Neither => Some((false, false)),
        LocalSide::Server => Some((false, true)),
        LocalSide::Unasked => None,
    }
}

/// Upper case is the client's.
fn history(history: &str, flipped: bool) -> Cow<'_, str> {
    if !flipped {
        return history.into();
    }
    let other = |letter: char| match letter.is_ascii_uppercase() {
        true => letter.to_ascii_lowercase(),
        false => letter.to_ascii_uppercase(),
    };
    std::iter::once('^').chain(history.chars().map(other)).collect()
}

/// Number of TCP in IP.
const TCP: u64 = 6;

#[cfg(test)]
mod tests {
    use tlscensus_flows::End;
    use tlscensus_flows::Opened;
    use tlscensus_flows::Time;

    use super::*;

    fn summary(history: &str) -> Summary {
        let counts = |present: bool| Counts { packets: u64::from(present), ..Counts::default() };
        let opener = "192.0.2.1:1000".parse().expect("an end");
        let responder = "192.0.2.2:25".parse().expect("an end");
        Summary {
            opened: Opened { number: 0, at: Time(0), opener, responder, midstream: false },
            last: Time(0),
            opener: counts(history.contains(|letter: char| letter.is_ascii_uppercase())),
            responder: counts(history.contains(|letter: char| letter.is_ascii_lowercase())),
            syn: history.contains('S'),
            syn_ack: history.contains('h'),
            history: history.to_owned(),
            end: End::Stopped,
        }
    }

    #[test]
    fn states_are_zeeks() {
        // Those of whole connections are what Zeek's own tests have for these histories.
        let cases = [
            ("S", "S0"),
            ("Sr", "REJ"),
            ("SR", "RSTOS0"),
            ("ShADad", "S1"),
            ("ShAdDafFr", "SF"),
            ("ShADadFRf", "SF"),
            ("ShAdDafr", "RSTR"),
            ("ShADadFR", "RSTO"),
            ("ShADadF", "S2"),
            ("ShADadf", "S3"),
            ("SADF", "SH"),
            ("hdf", "SHR"),
            ("hdr", "RSTRH"),
            ("DdAa", "OTH"),
            ("DdR", "OTH"),
        ];
        for (history, expected) in cases {
            assert_eq!(state(&summary(history), false), expected, "{history}");
        }
        let flipped = [("ShAdDafr", "RSTO"), ("ShADadFR", "RSTR"), ("ShADadF", "S3"), ("S", "S0")];
        for (history, expected) in flipped {
            assert_eq!(state(&summary(history), true), expected, "{history}");
        }
    }

    #[test]
    fn histories_follow_the_client() {
        assert_eq!(history("ShADad", false), "ShADad");
        assert_eq!(history("ShADad", true), "^sHadAD");
    }

    #[test]
    fn services_are_zeeks_analyzers() {
        let cases = [
            ("direct", true, Some("ssl")),
            ("direct", false, None),
            ("smtp", true, Some("smtp,ssl")),
            ("smtp", false, Some("smtp")),
            ("xmpp-c2s", true, Some("xmpp,ssl")),
            ("lmtp", true, Some("lmtp,ssl")),
        ];
        for (via, tls, expected) in cases {
            assert_eq!(service(via, tls).as_deref(), expected, "{via}");
        }
    }
}
