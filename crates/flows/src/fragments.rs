//! Fragments of IP packets, put together within limits.

use std::collections::BTreeMap;
use std::collections::HashMap;
use std::hash::BuildHasher;

use siphasher::sip::SipHasher13;

use crate::checksum;
use crate::endpoints::Addresses;
use crate::number::u64_from;
use crate::number::usize_from;
use crate::settings::Limits;
use crate::statistics::Statistics;
use crate::unwrap::Fragment;
use crate::unwrap::IpPacket;

/// Packets of which some fragments are there.
#[derive(Debug)]
pub(crate) struct Fragments {
    packets: HashMap<Name, Parts, Keyed>,
    /// Packets by the order in which their first fragments came.
    order: BTreeMap<u64, Name>,
    begun: u64,
    bytes: usize,
}

/// What fragments of one packet have in common (RFC 791, section 3.2; RFC 8200, section 4.5 leaves the protocol out, which does no harm).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Name {
    addresses: Addresses,
    identification: u32,
    protocol: u8,
}

/// Fragments of one packet.
#[derive(Debug)]
struct Parts {
    /// Number in the order of beginning.
    number: u64,
    /// The beat of its first fragment.
    since: u32,
    bytes: Vec<u8>,
    /// Ranges of bytes that are there, in order and apart.
    there: Vec<(usize, usize)>,
    /// Length of all, once the last fragment is there.
    total: Option<usize>,
    /// Fragments so far.
    count: usize,
}

/// What became of a fragment.
enum Verdict {
    Refused,
    Waiting,
    Whole,
}

impl Fragments {
    pub(crate) fn new(seed: [u64; 2]) -> Self {
        let packets = HashMap::with_hasher(Keyed(seed));
        Self { packets, order: BTreeMap::new(), begun: 0, bytes: 0 }
    }

    /// Bytes that are held.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Adds a fragment; gives the packet, as bare IP, if it is whole with it.
    pub(crate) fn add(
        &mut self,
        packet: &IpPacket<'_>,
        fragment: Fragment,
        beat: u32,
        limits: &Limits,
        statistics: &mut Statistics,
    ) -> Option<Vec<u8>> {
        statistics.fragments += 1;
        let payload = packet.payload.bytes();
        // What is not all captured cannot be put together; what is not a multiple of eight bytes long cannot be followed.
        let is_odd = fragment.more && !payload.len().is_multiple_of(8);
        let end = usize_from(fragment.offset) + payload.len();
        let addresses = packet.addresses;
        let is_too_long = end > most_bytes(&addresses);
        if !packet.payload.is_whole() || is_odd || payload.is_empty() || is_too_long {
            statistics.fragments_refused += 1;
            return None;
        }
        let protocol = packet.protocol;
        let name = Name { addresses, identification: fragment.identification, protocol };
        let (begun, bytes) = (&mut self.begun, &mut self.bytes);
        let parts = self.packets.entry(name).or_insert_with(|| {
            *begun += 1;
            let parts = Parts::new(*begun, beat);
            *bytes += parts.cost();
            parts
        });
        self.order.insert(parts.number, name);
        let before = parts.cost();
        let verdict = parts.add(fragment, payload, statistics);
        self.bytes = self.bytes - before.min(self.bytes) + parts.cost();
        match verdict {
            Verdict::Refused => statistics.fragments_refused += 1,
            Verdict::Waiting => {}
            Verdict::Whole => {
                statistics.defragmented += 1;
                let parts = self.remove(&name)?;
                return whole(&name, &parts.bytes);
            }
        }
        while self.packets.len() > limits.fragmented || self.bytes > limits.fragment_bytes {
            let Some((_, oldest)) = self.order.first_key_value() else { break };
            let oldest = *oldest;
            self.remove(&oldest);
            statistics.fragmented_evicted += 1;
        }
        None
    }

    /// Gives up packets whose first fragment is too old.
    pub(crate) fn expire(&mut self, beat: u32, timeout: u32, statistics: &mut Statistics) {
        while let Some((_, name)) = self.order.first_key_value() {
            let name = *name;
            let since = self.packets.get(&name).map_or(0, |parts| parts.since);
            if beat.saturating_sub(since) < timeout {
                break;
            }
            self.remove(&name);
            statistics.fragmented_timed_out += 1;
        }
    }

    /// Gives up all.
    pub(crate) fn clear(&mut self, statistics: &mut Statistics) {
        statistics.fragmented_timed_out += u64_from(self.packets.len());
        self.packets.clear();
        self.order.clear();
        self.bytes = 0;
    }

    fn remove(&mut self, name: &Name) -> Option<Parts> {
        let parts = self.packets.remove(name)?;
        self.order.remove(&parts.number);
        self.bytes = self.bytes.saturating_sub(parts.cost());
        Some(parts)
    }
}

impl Parts {
    fn new(number: u64, since: u32) -> Self {
        Self { number, since, bytes: Vec::new(), there: Vec::new(), total: None, count: 0 }
    }

    fn cost(&self) -> usize {
        self.bytes.capacity() + PARTS_OVERHEAD
    }

    /// Adds a fragment: of bytes that come twice the first count.
    fn add(&mut self, fragment: Fragment, payload: &[u8], statistics: &mut Statistics) -> Verdict {
        self.count += 1;
        let start = usize_from(fragment.offset);
        let end = start + payload.len();
        let last = self.there.last().map_or(0, |(_, end)| *end);
        let beyond = self.total.is_some_and(|total| end > total);
        let contradicts =
            !fragment.more && (last > end || self.total.is_some_and(|total| total != end));
        if self.count > MOST_FRAGMENTS || beyond || contradicts {
            return Verdict::Refused;
        }
        if !fragment.more {
            self.total = Some(end);
        }
        if self.bytes.len() < end {
            self.bytes.resize(end, 0);
        }
        let mut new = 0;
        for (from, until) in self.gaps(start, end) {
            let source = payload.get(from - start..until - start);
            if let (Some(place), Some(source)) = (self.bytes.get_mut(from..until), source) {
                place.copy_from_slice(source);
                new += source.len();
            }
        }
        statistics.fragments_overlapping += u64_from(payload.len() - new);
        self.note(start, end);
        let whole = self.total.is_some_and(|total| self.there == [(0, total)]);
        if whole { Verdict::Whole } else { Verdict::Waiting }
    }

    /// What is not there of a range.
    fn gaps(&self, start: usize, end: usize) -> Vec<(usize, usize)> {
        let mut gaps = Vec::new();
        let mut from = start;
        for (there, until) in &self.there {
            if *there >= end {
                break;
            }
            if *there > from {
                gaps.push((from, *there));
            }
            from = from.max(*until);
        }
        if from < end {
            gaps.push((from, end));
        }
        gaps
    }

    /// Notes that a range is there.
    fn note(&mut self, mut start: usize, mut end: usize) {
        self.there.retain(|(from, until)| {
            let apart = *until < start || *from > end;
            if !apart {
                start = start.min(*from);
                end = end.max(*until);
            }
            apart
        });
        let at = self.there.partition_point(|(from, _)| *from < start);
        self.there.insert(at, (start, end));
    }
}

/// The packet with a plain header before its payload.
fn whole(name: &Name, payload: &[u8]) -> Option<Vec<u8>> {
    let mut packet;
    match name.addresses {
        Addresses::V4 { source, destination } => {
            let total = u16::try_from(V4_BYTES + payload.len()).ok()?.to_be_bytes();
            let [high, low] = total;
            packet = Vec::with_capacity(V4_BYTES + payload.len());
            packet.extend_from_slice(&[0x45, 0, high, low, 0, 0, 0, 0, 64, name.protocol, 0, 0]);
            packet.extend_from_slice(&source);
            packet.extend_from_slice(&destination);
            let checksum = checksum::of_header(&packet).to_be_bytes();
            if let Some(place) = packet.get_mut(10..12) {
                place.copy_from_slice(&checksum);
            }
        }
        Addresses::V6 { source, destination } => {
            let [high, low] = u16::try_from(payload.len()).ok()?.to_be_bytes();
            packet = Vec::with_capacity(V6_BYTES + payload.len());
            packet.extend_from_slice(&[0x60, 0, 0, 0, high, low, name.protocol, 64]);
            packet.extend_from_slice(&source);
            packet.extend_from_slice(&destination);
        }
    }
    packet.extend_from_slice(payload);
    Some(packet)
}

/// The hash of names, under the key of the table: who floods it shall not choose where.
#[derive(Clone, Copy, Debug)]
struct Keyed([u64; 2]);

impl BuildHasher for Keyed {
    type Hasher = SipHasher13;

    fn build_hasher(&self) -> SipHasher13 {
        let [first, second] = self.0;
        SipHasher13::new_with_keys(first, second)
    }
}

/// The longest payload that an IP packet can have: the length of IPv4 (RFC 791, section 3.1) counts the header, that of IPv6
/// (RFC 8200, section 3) does not.
const fn most_bytes(addresses: &Addresses) -> usize {
    match addresses {
        Addresses::V4 { .. } => MOST_LENGTH - V4_BYTES,
        Addresses::V6 { .. } => MOST_LENGTH,
    }
}

/// The most that a length of 16 bits can say.
const MOST_LENGTH: usize = 65_535;

/// Of one packet: 65,535 bytes over links of 576, twice.
const MOST_FRAGMENTS: usize = 256;

/// What a packet counts for beside its bytes.
const PARTS_OVERHEAD: usize = 256;

const V4_BYTES: usize = 20;
const V6_BYTES: usize = 40;
