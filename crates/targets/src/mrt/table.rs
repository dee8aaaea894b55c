//! One record of a dump: a route, or something about the dump itself (RFC 6396, section 4).

use super::MrtProblem;
use super::Route;
use super::attributes::origins;
use super::input::Family;
use super::input::Input;

/// What a record says.
pub(super) enum Record {
    Route(Route),
    /// Peers, multicast routes, other families: nothing for us.
    Other,
}

/// Reads a record by type and subtype.
pub(super) fn record(kind: u16, subtype: u16, bytes: &[u8]) -> Result<Record, MrtProblem> {
    let bytes = Input::new(bytes);
    let malformed = |what| move || MrtProblem::Malformed { what };
    match (kind, subtype) {
        (TABLE_DUMP, family) => {
            let what = "TABLE_DUMP";
            let family = Family::of(family).ok_or_else(malformed(what))?;
            table_dump(bytes, family).ok_or_else(malformed(what)).map(Record::Route)
        }
        (TABLE_DUMP_V2, subtype) => {
            table_dump_v2(subtype, bytes).ok_or_else(malformed("TABLE_DUMP_V2"))
        }
        (BGP4MP, BGP4MP_ENTRY) => entry(bytes).ok_or_else(malformed("BGP4MP_ENTRY")),
        _ => Err(MrtProblem::NotATable(name(kind, subtype))),
    }
}

/// RFC 6396, section 4.2.
fn table_dump(mut bytes: Input<'_>, family: Family) -> Option<Route> {
    let (_view, _sequence) = (bytes.u16()?, bytes.u16()?);
    let prefix = bytes.address_and_length(family)?;
    let (_status, _originated) = (bytes.u8()?, bytes.u32()?);
    let _peer = (bytes.take(family.address_len())?, bytes.u16()?);
    let length = usize::from(bytes.u16()?);
    let origins = origins(bytes.take(length)?, false)?;
    Some(Route { prefix, origins })
}

/// RFC 6396, section 4.3; RFC 8050, section 4.
fn table_dump_v2(subtype: u16, mut bytes: Input<'_>) -> Option<Record> {
    let (family, with_path_id) = match subtype {
        RIB_IPV4_UNICAST => (Family::V4, false),
        RIB_IPV6_UNICAST => (Family::V6, false),
        RIB_IPV4_UNICAST_ADDPATH => (Family::V4, true),
        RIB_IPV6_UNICAST_ADDPATH => (Family::V6, true),
        RIB_GENERIC | RIB_GENERIC_ADDPATH => return generic(subtype == RIB_GENERIC_ADDPATH, bytes),
        _ => return Some(Record::Other),
    };
    let _sequence = bytes.u32()?;
    paths(bytes, family, with_path_id).map(Record::Route)
}

/// RFC 6396, section 4.3.3; in RFC 8050 the path id stands before the prefix.
fn generic(with_path_id: bool, mut bytes: Input<'_>) -> Option<Record> {
    let (_sequence, family, subsequent) = (bytes.u32()?, bytes.u16()?, bytes.u8()?);
    match Family::of(family) {
        Some(family) if subsequent == UNICAST => {
            if with_path_id {
                bytes.u32()?;
            }
            paths(bytes, family, false).map(Record::Route)
        }
        _ => Some(Record::Other),
    }
}

/// A prefix and what each peer says of it.
fn paths(mut bytes: Input<'_>, family: Family, with_path_id: bool) -> Option<Route> {
    let prefix = bytes.prefix(family)?;
    let mut all = Vec::new();
    for _ in 0..bytes.u16()? {
        let (_peer, _originated) = (bytes.u16()?, bytes.u32()?);
        if with_path_id {
            bytes.u32()?;
        }
        let length = usize::from(bytes.u16()?);
        for origin in origins(bytes.take(length)?, true)? {
            add_origin(&mut all, origin);
        }
    }
    Some(Route { prefix, origins: all })
}

/// Adds an origin that is not there yet, up to [`MAX_ORIGINS`].
pub(super) fn add_origin(all: &mut Vec<u32>, origin: u32) {
    if all.len() < MAX_ORIGINS && !all.contains(&origin) {
        all.push(origin);
    }
}

/// Of one prefix. Anycast has some tens; a dump made to be slow has as many as fit.
const MAX_ORIGINS: usize = 1_000;

/// Not in RFC 6396 any more; as OpenBGPD writes tables when asked for “table-mp”.
fn entry(mut bytes: Input<'_>) -> Option<Record> {
    let (_peer_as, _local_as, _interface) = (bytes.u16()?, bytes.u16()?, bytes.u16()?);
    let peers = Family::of(bytes.u16()?)?;
    let (_peer, _local) = (bytes.take(peers.address_len())?, bytes.take(peers.address_len())?);
    let (_view, _status, _changed) = (bytes.u16()?, bytes.u16()?, bytes.u32()?);
    let (family, subsequent) = (bytes.u16()?, bytes.u8()?);
    let next_hop = usize::from(bytes.u8()?);
    bytes.take(next_hop)?;
    let family = match Family::of(family) {
        Some(family) if subsequent == UNICAST => family,
        _ => return Some(Record::Other),
    };
    let prefix = bytes.prefix(family)?;
    let length = usize::from(bytes.u16()?);
    let origins = origins(bytes.take(length)?, false)?;
    Some(Record::Route(Route { prefix, origins }))
}

/// How RFC 6396, its predecessors and RFC 8050 call it.
fn name(kind: u16, subtype: u16) -> String {
    let message = match subtype {
        0 => "BGP4MP_STATE_CHANGE",
        1 => "BGP4MP_MESSAGE",
        3 => "BGP4MP_SNAPSHOT",
        4 => "BGP4MP_MESSAGE_AS4",
        5 => "BGP4MP_STATE_CHANGE_AS4",
        6 => "BGP4MP_MESSAGE_LOCAL",
        7 => "BGP4MP_MESSAGE_AS4_LOCAL",
        8 => "BGP4MP_MESSAGE_ADDPATH",
        9 => "BGP4MP_MESSAGE_AS4_ADDPATH",
        10 => "BGP4MP_MESSAGE_LOCAL_ADDPATH",
        11 => "BGP4MP_MESSAGE_AS4_LOCAL_ADDPATH",
        _ => "BGP4MP",
    };
    match kind {
        BGP4MP => message.to_owned(),
        BGP4MP_ET => message.replacen("BGP4MP", "BGP4MP_ET", 1),
        11 => "OSPFv2".to_owned(),
        32 => "ISIS".to_owned(),
        33 => "ISIS_ET".to_owned(),
        48 => "OSPFv3".to_owned(),
        49 => "OSPFv3_ET".to_owned(),
        _ => format!("type {kind}, subtype {subtype}"),
    }
}

const TABLE_DUMP: u16 = 12;
const TABLE_DUMP_V2: u16 = 13;
const BGP4MP: u16 = 16;
const BGP4MP_ET: u16 = 17;
const BGP4MP_ENTRY: u16 = 2;
const RIB_IPV4_UNICAST: u16 = 2;
const RIB_IPV6_UNICAST: u16 = 4;
const RIB_GENERIC: u16 = 6;
const RIB_IPV4_UNICAST_ADDPATH: u16 = 8;
const RIB_IPV6_UNICAST_ADDPATH: u16 = 10;
const RIB_GENERIC_ADDPATH: u16 = 12;
/// Subsequent address family.
const UNICAST: u8 = 1;
