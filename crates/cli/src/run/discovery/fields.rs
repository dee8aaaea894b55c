//! What stdout can say of an answer, by ZMap's names: one line each, and help, CSV and JSON follow.

use std::net::IpAddr;

use serde_json::Value;
use serde_json::json;
use time::OffsetDateTime;
use tlscensus_discovery::Event;
use tlscensus_records::ResponderKind;
use tlscensus_targets::RouteTable;

use crate::plan::unusable;

/// A field of a line.
pub(crate) struct Field {
    /// ZMap's name where ZMap has it.
    pub(crate) name: &'static str,
    /// What it says.
    pub(crate) doc: &'static str,
    pub(super) value: fn(&Said<'_>) -> Value,
}

/// An answer and what is known about it.
pub(super) struct Said<'a> {
    pub(super) event: &'a Event,
    pub(super) routes: Option<&'a RouteTable>,
}

/// All of them, in the order of `--list-fields`.
pub(crate) static FIELDS: &[Field] = &[
    field("saddr", "address that answered", |said| address(said.event.answer.addr)),
    field("saddr_raw", "the same as ZMap's number (IPv4)", |said| raw(said.event.answer.addr)),
    field("daddr", "our address", |said| ours(said).map_or(Value::Null, |(addr, _)| address(addr))),
    field("daddr_raw", "the same as ZMap's number (IPv4)", |said| {
        ours(said).map_or(Value::Null, |(addr, _)| raw(addr))
    }),
    field("ttl", "time to live or hop limit as it arrived", |said| json!(said.event.answer.ttl)),
    field("sport", "port that answered", |said| json!(said.event.answer.port)),
    field("dport", "our port", |said| json!(ours(said).map(|(_, port)| port))),
    field("seqnum", "TCP sequence number", |said| json!(tcp(said).map(|tcp| tcp.sequence))),
    field("acknum", "TCP acknowledgement number", |said| {
        json!(tcp(said).map(|tcp| tcp.acknowledgement))
    }),
    field("window", "TCP window, not scaled", |said| json!(tcp(said).map(|tcp| tcp.window))),
    field("tcpopt_mss", "maximum segment size", |said| json!(tcp(said).and_then(|tcp| tcp.mss))),
    field("tcpopt_kinds", "kinds of the TCP options in their order", |said| {
        json!(tcp(said).map(|tcp| tcp.options.clone()))
    }),
    field("classification", "synack, rst, icmp, or connected", |said| {
        json!(said.event.answer.kind.word())
    }),
    field("success", "whether it is a SYN-ACK, or a connection", |said| json!(is_success(said))),
    field("icmp_responder", "who sent the ICMP error", |said| {
        said.event.answer.icmp.map_or(Value::Null, |icmp| address(icmp.from))
    }),
    field("icmp_type", "ICMP type", |said| {
        json!(said.event.answer.icmp.map(|icmp| icmp.icmp_type))
    }),
    field("icmp_code", "ICMP code", |said| {
        json!(said.event.answer.icmp.map(|icmp| icmp.icmp_code))
    }),
    field("repeat", "always false: an endpoint is told once", |_| json!(false)),
    field("cooldown", "whether all was sent by then", |said| json!(said.event.in_cooldown)),
    field("timestamp_str", "when it came, UTC", |said| json!(instant(said))),
    field("timestamp_ts", "the same in seconds since 1970", |said| {
        json!(said.event.at.0.div_euclid(1_000_000))
    }),
    field("timestamp_us", "microseconds of that second", |said| {
        json!(said.event.at.0.rem_euclid(1_000_000))
    }),
    field("probe_number", "which of the probes was answered, from 0", |said| {
        json!(said.event.answer.probe_number)
    }),
    field("prefix", "routed prefix that holds the address (--routes)", |said| {
        json!(route(said).map(|(prefix, _)| prefix))
    }),
    field("origin_as", "system that announces it (--routes)", |said| {
        json!(route(said).and_then(|(_, origin)| origin))
    }),
];

/// The fields with these names.
///
/// # Errors
/// For a name that is none.
pub(super) fn chosen(names: &[String]) -> anyhow::Result<Vec<&'static Field>> {
    let each = names.iter().map(|name| {
        FIELDS.iter().find(|field| field.name == name.trim()).ok_or_else(|| {
            let known: Vec<_> = FIELDS.iter().map(|field| field.name).collect();
            unusable(format!("--output-fields {name}: not known; there are {}", known.join(", ")))
        })
    });
    each.collect()
}

const fn field(name: &'static str, doc: &'static str, value: fn(&Said<'_>) -> Value) -> Field {
    Field { name, doc, value }
}

fn address(addr: IpAddr) -> Value {
    json!(addr.to_string())
}

/// ZMap's number is the address's bytes as they lie in memory.
fn raw(addr: IpAddr) -> Value {
    match addr {
        IpAddr::V4(addr) => json!(u32::from_ne_bytes(addr.octets())),
        IpAddr::V6(_) => Value::Null,
    }
}

const fn ours(said: &Said<'_>) -> Option<(IpAddr, u16)> {
    said.event.answer.ours
}

const fn tcp<'a>(said: &Said<'a>) -> Option<&'a tlscensus_discovery::TcpFacts> {
    said.event.answer.tcp.as_ref()
}

fn is_success(said: &Said<'_>) -> bool {
    matches!(said.event.answer.kind, ResponderKind::SynAck | ResponderKind::Connected)
}

fn instant(said: &Said<'_>) -> Option<String> {
    let nanoseconds = i128::from(said.event.at.0) * 1000;
    let at = OffsetDateTime::from_unix_timestamp_nanos(nanoseconds).ok()?;
    Some(format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}+0000",
        at.year(),
        u8::from(at.month()),
        at.day(),
        at.hour(),
        at.minute(),
        at.second(),
        at.millisecond()
    ))
}

fn route(said: &Said<'_>) -> Option<(String, Option<u32>)> {
    let routes = said.routes?;
    let (prefix, origin) = routes.route(routes.lookup(said.event.answer.addr)?)?;
    Some((prefix.to_string(), origin))
}
