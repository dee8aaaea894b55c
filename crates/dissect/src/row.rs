//! What was found out about a flow, as a row.

use std::borrow::Cow;
use std::net::IpAddr;
use std::sync::Arc;

use tlscensus_dialog::Grammar;
use tlscensus_dialog::Mode;
use tlscensus_flows::Counts;
use tlscensus_flows::End;
use tlscensus_flows::Summary;
use tlscensus_records::EndReason;
use tlscensus_records::FlowRow;
use tlscensus_records::Outcome;
use tlscensus_records::Phase;
use tlscensus_records::Presence;
use tlscensus_records::Sha256;
use tlscensus_records::SidesSeen;
use tlscensus_records::StarttlsState;
use tlscensus_records::Timestamp;
use tlscensus_records::derive;
use tlscensus_records::derive::TlsReach;
use tlscensus_records::ended;
use tlscensus_tls_wire::registry::Ssl2CipherKind;

use crate::findings::Ours;
use crate::findings::Stopped;
use crate::ipv4;
use crate::speech::Via;
use crate::tls::Ear;
use crate::tls::NotEstablished;

/// The row of a flow: all of it but what does not come out of its packets (run, sensor, hash of the client, prefix, which side
/// is ours).
///
/// It is large, and goes from hand to hand.
pub fn row(ours: &Ours, summary: &Summary) -> Box<FlowRow> {
    let mut row = Box::<FlowRow>::default();
    fill_flow(&mut row, ours, summary);
    row.protocol = Cow::Borrowed(ours.spoken.protocol);
    let direct = ours.spoken.via == Via::Direct;
    let mode = if direct { Mode::Implicit } else { Mode::Starttls };
    row.mode = Cow::Borrowed(mode.word());
    row.via = Cow::Borrowed(ours.spoken.via.word());
    row.detected_by = Cow::Borrowed(ours.spoken.detected_by.word());
    row.off_port = ours.spoken.off_port;
    row.roles_flipped = ours.spoken.flipped;
    row.plaintext_authentication.clone_from(&ours.plaintext_auth);
    row.pipelined_bytes = ours.plaintext_behind.client;
    row.early_tls_bytes = ours.tls_before_go_ahead;
    row.leftover_bytes = ours.plaintext_behind.server;
    if let Some(ear) = &ours.tls {
        fill_tls(&mut row, ear);
    }
    let reach = reach(&row);
    fill_dialog(&mut row, ours, reach);
    (row.phase, row.outcome, row.detail) = end(ours, reach);
    if !direct {
        conclude_upgrade(&mut row, ours, reach);
    }
    row
}

/// The certificates of both sides as they were sent, each with its hash, the server's first. `clients` says whether the
/// client's are wanted.
pub fn certificates(ours: &Ours, row: &FlowRow, clients: bool) -> Vec<(Sha256, Arc<[u8]>)> {
    let Some(observer) = ours.tls.as_deref().map(Ear::observer) else {
        return Vec::new();
    };
    let client = observer.client_chain().filter(|_| clients);
    let chains = [(&row.server_sent.chain, observer.chain()), (&row.client_chain, client)];
    let pairs = chains.into_iter().filter_map(|(hashes, ders)| Some((hashes.as_ref()?, ders?)));
    pairs.flat_map(|(hashes, ders)| hashes.iter().copied().zip(ders.iter().cloned())).collect()
}

fn fill_flow(row: &mut FlowRow, ours: &Ours, summary: &Summary) {
    let opened = &summary.opened;
    row.started_at = Timestamp(opened.at.0);
    row.duration_us = u64::try_from(summary.last.0.saturating_sub(opened.at.0)).unwrap_or(0);
    let (server, client_counts, server_counts) = match ours.spoken.flipped {
        false => (opened.responder, &summary.opener, &summary.responder),
        true => (opened.opener, &summary.responder, &summary.opener),
    };
    row.server_addr = address_text(server.ip());
    row.server_port = server.port();
    fill_counts(row, client_counts, server_counts);
    row.midstream = opened.midstream;
    row.captured = match (client_counts.bytes, server_counts.bytes) {
        (0, 1..) => SidesSeen::Server,
        (1.., 0) => SidesSeen::Client,
        _ => SidesSeen::Both,
    };
    row.tcp_history.clone_from(&summary.history);
    row.end_reason = match (ours.stopped, summary.end) {
        (Stopped::Established, _) => EndReason::Established,
        (Stopped::Dialogue | Stopped::NotTls, _) | (_, End::Enough) => EndReason::HeardEnough,
        (_, End::Evicted) => EndReason::Evicted,
        (_, End::Finished) => EndReason::Finished,
        (_, End::Reset) => EndReason::Reset,
        (_, End::Stopped) => EndReason::Stopped,
        (_, End::TimedOut) => EndReason::TimedOut,
    };
}

fn address_text(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => ipv4::text(address.octets(), b'.', false),
        IpAddr::V6(address) => address.to_string(),
    }
}

fn fill_counts(row: &mut FlowRow, client: &Counts, server: &Counts) {
    row.packets_client = client.packets;
    row.packets_server = server.packets;
    row.bytes_client = client.bytes;
    row.bytes_server = server.bytes;
    row.missed_client = client.missed;
    row.missed_server = server.missed;
    row.conflicting_bytes = client.conflicting.saturating_add(server.conflicting);
}

fn fill_tls(row: &mut FlowRow, ear: &Ear) {
    let observer = ear.observer();
    row.fill_tls(observer);
    row.tls_seen_established = observer.seen_established();
    row.tls_not_established = ear.not_established().map(|why| Cow::Borrowed(why.word()));
    row.tls_ssl2_cipher = observer.ssl2_cipher().map(Ssl2CipherKind::text);
}

/// What stands inside TLS is hidden here, where a prober would see it.
fn fill_dialog(row: &mut FlowRow, ours: &Ours, reach: TlsReach) {
    if ours.spoken.via != Via::Direct {
        row.dialog.fill(&ours.facts);
        return;
    }
    row.dialog.starttls_state = StarttlsState::Unasked;
    row.dialog.capabilities_before_seen = Presence::Unasked;
    row.dialog.greeting_seen = match (ours.spoken.protocol, reach) {
        ("https" | "tls", _) => Presence::Unasked,
        (_, TlsReach::Established) => Presence::Hidden,
        _ => Presence::Unreached,
    };
}

fn reach(row: &FlowRow) -> TlsReach {
    match row.tls.version_seen {
        _ if row.tls_seen_established => TlsReach::Established,
        Presence::Seen => TlsReach::Chosen,
        Presence::Absent => TlsReach::Spoken,
        Presence::Hidden | Presence::Unreached | Presence::Unasked => TlsReach::Nothing,
    }
}

/// TLS behind a dialogue is an upgrade, whether or not the capture holds the words that led to it.
fn conclude_upgrade(row: &mut FlowRow, ours: &Ours, reach: TlsReach) {
    let dialogue = match ours.go_ahead {
        Some(_) => StarttlsState::AcceptedNoTls,
        None => row.dialog.starttls_state,
    };
    let end = derive::End { phase: row.phase, outcome: row.outcome, heard: row.bytes_server > 0 };
    // Of the grammars only the one without a dialogue is judged in another way.
    let speaks = derive::speaks(Grammar::Smtp, ours.facts.speaks, end, reach);
    row.dialog.starttls_state =
        derive::starttls_state(Mode::Starttls, dialogue, speaks, end, reach);
}

/// Where and how it ended, in the words of a probe.
fn end(ours: &Ours, reach: TlsReach) -> (Phase, Outcome, Option<String>) {
    match (&ours.tls, &ours.facts.ending) {
        (Some(_), _) if reach == TlsReach::Established => (Phase::Tls, Outcome::Completed, None),
        (Some(ear), _) => (Phase::Tls, tls_outcome(ear, ours.stopped), None),
        (None, Some(ending)) => ended(ending),
        (None, None) if ours.spoken.via == Via::Direct => (Phase::Tls, Outcome::Unseen, None),
        (None, None) => (Phase::Greeting, Outcome::Unseen, None),
    }
}

fn tls_outcome(ear: &Ear, stopped: Stopped) -> Outcome {
    match ear.not_established() {
        Some(NotEstablished::AlertByClient | NotEstablished::AlertByServer) => Outcome::Alert,
        Some(NotEstablished::NotTls) => Outcome::NotTls,
        Some(NotEstablished::NotTlsAnyMore) => Outcome::Malformed,
        Some(NotEstablished::OverLimit) => Outcome::OverBytes,
        Some(NotEstablished::ClosedBeforeServerHello) => match stopped {
            Stopped::Flow(End::Reset) => Outcome::Reset,
            _ => Outcome::Closed,
        },
        Some(NotEstablished::Gap | NotEstablished::OneSided) => Outcome::Unseen,
        Some(
            NotEstablished::EndedInHandshake
            | NotEstablished::NoServerHello
            | NotEstablished::NothingHeard,
        )
        | None => match stopped {
            Stopped::Flow(End::Reset) => Outcome::Reset,
            Stopped::Flow(End::Finished) => Outcome::Closed,
            Stopped::Flow(End::TimedOut) => Outcome::Timeout,
            _ => Outcome::Unseen,
        },
    }
}
