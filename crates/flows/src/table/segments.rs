//! What a segment does to a connection.

use super::FlowTable;
use crate::bench::Arrival;
use crate::calendar::Class;
use crate::checksum;
use crate::clock::beats;
use crate::endpoints::Endpoints;
use crate::endpoints::Print;
use crate::endpoints::Side;
use crate::entry::HalfOpen;
use crate::entry::Live;
use crate::entry::Marks;
use crate::entry::State;
use crate::flow::Flow;
use crate::flow::History;
use crate::flow::Kind;
use crate::listen::Audience;
use crate::listen::Listener;
use crate::listen::Sender;
use crate::listen::Time;
use crate::number::u64_from;
use crate::reassembly::Half;
use crate::summary::End;
use crate::tcp::Flags;
use crate::tcp::Segment;
use crate::unwrap::IpPacket;

/// A segment, and whose it is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Heard<'a> {
    pub(super) at: Time,
    pub(super) endpoints: Endpoints,
    pub(super) print: Print,
    pub(super) side: Side,
    pub(super) segment: Segment<'a>,
}

impl Heard<'_> {
    #[inline]
    pub(super) fn has(&self, flag: Flags) -> bool {
        self.segment.flags.has(flag)
    }

    pub(super) fn has_payload(&self) -> bool {
        self.segment.payload.length() > 0
    }

    /// A SYN, and no answer to one.
    pub(super) fn is_syn(&self) -> bool {
        self.has(Flags::SYN) && !self.has(Flags::ACK)
    }

    /// A SYN that answers one.
    pub(super) fn is_syn_ack(&self) -> bool {
        self.has(Flags::SYN) && self.has(Flags::ACK)
    }

    /// The number of the SYN that it acknowledges, if it acknowledges nothing else.
    pub(super) fn acknowledged_syn(&self) -> u32 {
        self.segment.acknowledgement.wrapping_sub(1)
    }

    /// Where its payload begins: a SYN takes a number of its own.
    #[inline]
    pub(super) fn payload_sequence(&self) -> u32 {
        self.segment.sequence.wrapping_add(u32::from(self.has(Flags::SYN)))
    }
}

/// Whose a segment is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Owner {
    pub(super) print: Print,
    pub(super) side: Side,
}

#[inline]
pub(super) fn endpoints(packet: &IpPacket<'_>, segment: &Segment<'_>) -> Endpoints {
    Endpoints {
        addresses: packet.addresses,
        source_port: segment.source_port,
        destination_port: segment.destination_port,
    }
}

/// Whether a segment is of the connection that has its addresses and ports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Belongs {
    /// It is.
    Here,
    /// It is a SYN that may begin another one.
    Undecided,
    /// It begins another one.
    ToAnother,
    /// It proves that the SYN seen before has begun another one.
    ToAnotherBegun(Side, u32),
}

impl<L: Listener> FlowTable<L> {
    /// A segment, of which it may be known whose it is.
    #[inline]
    pub(super) fn segment<A>(
        &mut self,
        audience: &mut A,
        at: Time,
        packet: &IpPacket<'_>,
        segment: &Segment<'_>,
        owner: Option<Owner>,
    ) where
        A: Audience<Listener = L>,
    {
        let endpoints = endpoints(packet, segment);
        let Owner { print, side } = owner.unwrap_or_else(|| self.owner_of(&endpoints));
        let found = self.entries.find(&print);
        if self.settings.verify_checksums
            && packet.payload.is_whole()
            && !checksum::is_right_segment(&packet.addresses, packet.payload.bytes())
        {
            return self.bad_checksum(found, side);
        }
        self.statistics.segments += 1;
        self.statistics.payload_bytes += u64_from(segment.payload.length());
        if segment.flags.is_nonsense() {
            self.statistics.stray += 1;
            return;
        }
        let heard = Heard { at, endpoints, print, side, segment: *segment };
        match found {
            Some(id) => self.of_known(audience, id, &heard),
            None => self.of_unknown(audience, &heard),
        }
    }

    /// A segment that was damaged on its way: nothing in it is believed, but it tells of its flow that there was one.
    #[cold]
    fn bad_checksum(&mut self, found: Option<u32>, side: Side) {
        self.statistics.bad_checksums += 1;
        if let Some(id) = found
            && let State::Live(live) = &mut self.entries.get_mut(id).state
        {
            let of = live.flow.sender(side);
            live.flow.history.note(Kind::BadChecksum, of);
        }
    }

    /// A segment of addresses and ports that are not in the table.
    fn of_unknown<A>(&mut self, audience: &mut A, heard: &Heard<'_>)
    where
        A: Audience<Listener = L>,
    {
        let length = heard.segment.payload.length();
        // A single byte that need not be delivered at once may be one of no meaning, to keep a connection alive.
        let may_be_probe = length == 1 && !heard.has(Flags::PSH);
        // Behind a FIN nothing follows; one that nobody acknowledges comes again for minutes, long after its flow is forgotten.
        let shows_nothing = length == 0 || may_be_probe || heard.has(Flags::FIN);
        if heard.has(Flags::RST) || (!heard.has(Flags::SYN) && shows_nothing) {
            self.statistics.stray += 1;
            return;
        }
        if heard.has(Flags::SYN) {
            let id = self.begin(audience, heard.print, heard.at);
            self.of_half_open(audience, id, heard);
        } else {
            self.make_room(audience);
            let state = State::Tombstone;
            let id = self.entries.insert(heard.print, self.looked, state);
            let opener = guessed_opener(heard);
            let flow = self.flow(heard, heard.at, opener);
            self.open(audience, id, Flow { midstream: true, ..flow });
            self.of_live(audience, id, heard);
        }
    }

    /// Begins a half-open connection of which nothing is known yet.
    fn begin<A>(&mut self, audience: &mut A, print: Print, at: Time) -> u32
    where
        A: Audience<Listener = L>,
    {
        self.make_room_for_half_open(audience);
        self.statistics.half_open += 1;
        let state = State::HalfOpen(HalfOpen::new(at));
        let id = self.entries.insert(print, self.looked, state);
        self.entries.calendar.file(id, Class::HalfOpen, self.looked);
        id
    }

    /// A segment of addresses and ports that are in the table.
    #[inline]
    fn of_known<A>(&mut self, audience: &mut A, id: u32, heard: &Heard<'_>)
    where
        A: Audience<Listener = L>,
    {
        let entry = self.entries.get_mut(id);
        let idle = self.looked.saturating_sub(entry.seen);
        entry.seen = self.looked;
        if let State::HalfOpen(_) = entry.state {
            return self.of_half_open(audience, id, heard);
        }
        if heard.has(Flags::SYN) || entry.marks.has(Marks::AGAIN) {
            match self.belongs(id, heard, idle) {
                Belongs::Here => {}
                Belongs::Undecided => return self.statistics.stray += 1,
                Belongs::ToAnother => {
                    self.statistics.reused += 1;
                    self.remove(audience, id, End::TimedOut);
                    return self.of_unknown(audience, heard);
                }
                Belongs::ToAnotherBegun(opener, number) => {
                    self.statistics.reused += 1;
                    self.remove(audience, id, End::TimedOut);
                    let id = self.begin(audience, heard.print, heard.at);
                    let entry = self.entries.get_mut(id);
                    entry.set_opener(opener);
                    entry.set_number(opener, number);
                    entry.marks.set(Marks::SYN);
                    return self.of_half_open(audience, id, heard);
                }
            }
        }
        match self.entries.get(id).state {
            State::Live(_) => self.of_live(audience, id, heard),
            State::Counted(_) => self.of_counted(audience, id, heard),
            _ => self.late(id, heard),
        }
    }

    /// Whether a segment is of a connection that is half-open no more.
    fn belongs(&mut self, id: u32, heard: &Heard<'_>, idle: u32) -> Belongs {
        let is_old = idle >= beats(self.settings.timeouts.reuse_ms);
        let entry = self.entries.get_mut(id);
        let flow = match &entry.state {
            State::Live(live) => Some(&live.flow),
            State::Counted(flow) => Some(&**flow),
            _ => None,
        };
        let is_over =
            is_old || entry.marks.has(Marks::CLOSED) || flow.is_some_and(Flow::is_closing);
        let sequence = heard.segment.sequence;
        // Its own SYN, come again or late: near what its side has come to.
        let expected = |flow: &Flow| flow.half(flow.sender(heard.side)).expected();
        let is_near = flow.and_then(expected).is_some_and(|expected| {
            expected.wrapping_sub(sequence) <= self.settings.limits.bytes_ahead
        });
        if heard.is_syn() {
            if entry.begun() == Some(sequence) || (is_near && !is_old) {
                return Belongs::Here;
            }
            if is_over {
                return Belongs::ToAnother;
            }
            entry.set_again(heard.side, sequence);
            return Belongs::Undecided;
        }
        if let Some((side, number)) = entry.again() {
            let answered =
                heard.is_syn_ack() && heard.side != side && heard.acknowledged_syn() == number;
            let followed = heard.side == side
                && !heard.has(Flags::RST)
                && heard.payload_sequence() == number.wrapping_add(1);
            if answered || followed {
                return Belongs::ToAnotherBegun(side, number);
            }
        }
        let begun_by_it = entry.begun() == Some(heard.acknowledged_syn());
        if heard.is_syn_ack() && is_over && !begun_by_it && !is_near {
            return Belongs::ToAnother;
        }
        Belongs::Here
    }

    /// A flow of which nothing was heard yet.
    pub(super) fn flow(&mut self, heard: &Heard<'_>, at: Time, opener: Side) -> Flow {
        let number = self.next_number;
        self.next_number += 1;
        let is_openers = heard.side == opener;
        Flow {
            number,
            at,
            last: heard.at,
            endpoints: if is_openers { heard.endpoints } else { heard.endpoints.reversed() },
            opener,
            midstream: false,
            syn: false,
            syn_ack: false,
            reset: false,
            history: History::default(),
            opener_half: Half::new(),
            responder_half: Half::new(),
        }
    }

    /// A flow is given a listener.
    pub(super) fn open<A>(&mut self, audience: &mut A, id: u32, flow: Flow)
    where
        A: Audience<Listener = L>,
    {
        self.statistics.opened += 1;
        self.statistics.midstream += u64::from(flow.midstream);
        let listener = audience.opened(&flow.opened());
        let class = flow.class();
        self.entries.get_mut(id).establish(State::Live(Box::new(Live { flow, listener })));
        self.entries.calendar.file(id, class, self.looked);
    }

    /// A segment of a flow that has a listener.
    #[inline]
    pub(super) fn of_live<A>(&mut self, audience: &mut A, id: u32, heard: &Heard<'_>)
    where
        A: Audience<Listener = L>,
    {
        let State::Live(mut live) = self.entries.take(id) else {
            unreachable!("the state was looked at");
        };
        let class = live.flow.class();
        let Live { flow, listener } = &mut *live;
        let wants_more = self.hear(flow, Some(listener), heard);
        self.go_on(audience, id, live, wants_more, Some(class));
    }

    /// A segment of a flow that is only counted.
    fn of_counted<A>(&mut self, audience: &mut A, id: u32, heard: &Heard<'_>)
    where
        A: Audience<Listener = L>,
    {
        let State::Counted(mut flow) = self.entries.take(id) else {
            unreachable!("the state was looked at");
        };
        self.count_late(heard);
        let class = flow.class_counted();
        self.hear(&mut flow, None, heard);
        self.go_on_counting(audience, id, flow, Some(class));
    }

    /// A segment of a connection that is done with.
    #[inline]
    fn late(&mut self, id: u32, heard: &Heard<'_>) {
        self.count_late(heard);
        if heard.has(Flags::FIN) || heard.has(Flags::RST) {
            let entry = self.entries.get_mut(id);
            if heard.has(Flags::FIN) {
                entry.marks.set(Marks::closed(heard.side));
            }
            let both = entry.marks.has_all(Marks::closed(Side::Low) | Marks::closed(Side::High));
            if (both || heard.has(Flags::RST)) && !entry.marks.has(Marks::CLOSED) {
                self.bury(id);
            }
        }
    }

    #[inline]
    fn count_late(&mut self, heard: &Heard<'_>) {
        self.statistics.late_segments += 1;
        self.statistics.late_bytes += u64_from(heard.segment.payload.length());
    }

    /// What a segment says to a flow; whether its listener wants more.
    #[inline]
    fn hear(&mut self, flow: &mut Flow, listener: Option<&mut L>, heard: &Heard<'_>) -> bool {
        let from = flow.sender(heard.side);
        flow.last = heard.at;
        flow.half_mut(from).count_packets(1);
        if heard.segment.flags.0 & (Flags::SYN.0 | Flags::RST.0) != 0
            && self.hear_other_than_data(flow, from, heard)
        {
            return listener.is_some();
        }
        self.note_data(flow, from, heard);
        let mut bench = self.bench(from, listener);
        let arrival = Arrival {
            sequence: heard.payload_sequence(),
            payload: heard.segment.payload,
            fin: heard.has(Flags::FIN),
            at: heard.at,
        };
        flow.half_mut(from).arrive(&arrival, &mut bench);
        let wants_more = bench.listener.is_some();
        flow.note_half(from);
        wants_more
    }

    /// Notes what kind of segment it is, and what it says of where the other direction begins.
    #[inline]
    fn note_data(&self, flow: &mut Flow, from: Sender, heard: &Heard<'_>) {
        if heard.has_payload() {
            flow.history.note(Kind::Data, from);
        } else if !heard.has(Flags::SYN) && !heard.has(Flags::FIN) {
            flow.history.note(Kind::Acknowledgement, from);
        }
        if heard.has(Flags::FIN) {
            flow.history.note(Kind::Fin, from);
        }
        let other = flow.half(from.other());
        if !flow.midstream && heard.has(Flags::ACK) && !heard.has(Flags::SYN) && !other.is_heard() {
            let acknowledged = heard.segment.acknowledgement;
            // Of several SYN-ACKs, the opener acknowledges the one that counts.
            let fits = other.expected().is_some_and(|expected| {
                acknowledged.wrapping_sub(expected) <= self.settings.limits.bytes_ahead
            });
            if !fits {
                flow.half_mut(from.other()).begin(acknowledged);
            }
        }
    }

    /// A SYN or a reset of a flow; whether there is nothing else to it.
    #[cold]
    fn hear_other_than_data(&mut self, flow: &mut Flow, from: Sender, heard: &Heard<'_>) -> bool {
        if heard.has(Flags::RST) {
            let expected = flow.half(from).expected();
            let fits = expected.is_none_or(|expected| {
                let ahead = heard.segment.sequence.wrapping_sub(expected).cast_signed();
                ahead.unsigned_abs() <= RESET_REACH
            });
            if fits {
                flow.reset = true;
                flow.history.note(Kind::Reset, from);
            } else {
                self.statistics.resets_ignored += 1;
            }
            // What a reset carries is a remark on it and no payload (RFC 9293, section 3.5.3).
            return true;
        }
        match (from, heard.is_syn_ack()) {
            (Sender::Opener, false) => {
                flow.syn = true;
                flow.history.note(Kind::Syn, from);
            }
            (Sender::Responder, true) => {
                flow.syn_ack = true;
                flow.history.note(Kind::SynAck, from);
            }
            // Both opened at once.
            _ => {}
        }
        if flow.half(from).expected().is_none() {
            flow.half_mut(from).begin_exactly(heard.payload_sequence());
        }
        false
    }
}

/// Who may have opened a flow of which this is the first that was seen, see [`FlowTable`].
fn guessed_opener(heard: &Heard<'_>) -> Side {
    let Endpoints { source_port, destination_port, .. } = heard.endpoints;
    let source = (rank(source_port), source_port);
    let destination = (rank(destination_port), destination_port);
    if source < destination { heard.side.other() } else { heard.side }
}

/// How little a port looks like that of a service.
fn rank(port: u16) -> u8 {
    match port {
        0..=1023 => 0,
        port if SERVICES_ABOVE.contains(&port) => 1,
        1024..=32_767 => 2,
        _ => 3,
    }
}

/// Services that are reached at ports above the well-known ones: submission by providers, XMPP, IRC, HTTPS.
const SERVICES_ABOVE: [u16; 15] =
    [1025, 2525, 5222, 5223, 5269, 5270, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 7000, 8443];

/// How far from what is expected a reset may be: a window of a host in a capture that has lost some.
pub(super) const RESET_REACH: u32 = 1 << 20;
