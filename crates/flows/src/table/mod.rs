//! The table of flows: frames in, flows out.
//!
//! ```text
//!                      ┌─ SYN ──► half-open ─┐ ACK, data            ┌─► tombstone ──┐
//!   frame ─► segment ──┤                     ├──► live ── Enough ───┤               ├─► free
//!                      └─ data ──────────────┘     │                └─► counted ────┤
//!                                                  └─ closed, reset, idle, evicted ─┘
//! ```
//!
//! This file is what happens to a table from outside; `entries` keeps its places, `segments` is what a segment does to a connection,
//! `half_open` to one of which only SYNs were seen, and `ends` how one ends.

mod ends;
mod entries;
mod half_open;
mod segments;

use crate::calendar::Class;
use crate::checksum;
use crate::clock::Clock;
use crate::clock::beats;
use crate::endpoints::Endpoints;
use crate::endpoints::Hashing;
use crate::fragments::Fragments;
use crate::frame::Frame;
use crate::link_type::LinkType;
use crate::listen::Audience;
use crate::listen::Listener;
use crate::listen::Time;
use crate::number::u64_from;
use crate::settings::Settings;
use crate::span::Span;
use crate::statistics::Statistics;
use crate::tcp::Segment;
use crate::unwrap;
use crate::unwrap::Fragment;
use crate::unwrap::IpPacket;
use crate::unwrap::MOST_TUNNELS;
use crate::unwrap::TCP;
use crate::unwrap::Unread;

use entries::Entries;
use segments::Owner;
use segments::endpoints;

/// Frames that are looked at before the first of them is acted on: enough for several loads from memory at a time, and few
/// enough that what was loaded is still there.
const TOGETHER: usize = 16;

/// Flows that are near at hand anyway: to look ahead costs a fifth of a frame that nothing is to be done about.
const FEW: usize = 1 << 12;

/// Flows of captured frames.
///
/// Its methods are of three kinds. Frames and time go in by [`frame`](Self::frame), [`frames`](Self::frames) and
/// [`advance`](Self::advance), in the order of the capture; flows come out by the [`Audience`] that is given to both. [`stop`](Self::stop) ends all flows at the end of the capture.
/// [`statistics`](Self::statistics), [`flows`](Self::flows) and [`held`](Self::held) look on.
///
/// * A flow is two addresses and ports. Tags, labels and tunnels around them are not part of it: a capture may see one connection
///   inside and outside of a tunnel.
/// * [`Audience::opened`] is called when anything but SYNs is seen; connections that nobody answers are only counted.
/// * Bytes are put in order by sequence numbers alone. What lies behind a hole is held until the hole is filled, or has lasted
///   [`hole_ms`](crate::Timeouts::hole_ms), or more is held than [`Limits`](crate::Limits) allows; then it is missed. So is what a
///   capture of short snapshots cuts off.
/// * A flow of which no SYN or SYN-ACK was seen begins with its first payload, unless that comes with a FIN. Who opened it is then guessed: a well-known port (below
///   1024) is the responder's, or else one of services known to live above, or else one below 32768; of two alike the smaller is,
///   and where both are the same, the first sender opened it.
/// * A reset does not end a flow at once, as some are forged: it ends when nothing more comes for
///   [`closing_ms`](crate::Timeouts::closing_ms).
/// * Time is that of the frames. Where it goes back, nothing becomes younger.
#[derive(Debug)]
pub struct FlowTable<L> {
    settings: Settings,
    hashing: Hashing,
    entries: Entries<L>,
    fragments: Fragments,
    clock: Clock,
    /// The beat of the last look at what is due.
    looked: u32,
    /// Number of the next flow.
    next_number: u64,
    /// Bytes held behind holes.
    held: usize,
    statistics: Statistics,
}

impl<L: Listener> FlowTable<L> {
    /// Makes an empty table. The seed should be drawn for each run: who knows it can make flows collide.
    pub fn new(settings: Settings, seed: [u64; 2]) -> Self {
        let timeouts = &settings.timeouts;
        let of_classes = Class::ALL.map(|class| match class {
            Class::HalfOpen => beats(timeouts.half_open_ms),
            Class::Established => beats(timeouts.established_ms),
            Class::Waiting => beats(timeouts.hole_ms),
            Class::Closing => beats(timeouts.closing_ms),
            Class::Tombstone => beats(timeouts.tombstone_ms),
        });
        Self {
            settings,
            hashing: Hashing::new(seed),
            entries: Entries::new(of_classes),
            fragments: Fragments::new(seed),
            clock: Clock::default(),
            looked: 0,
            next_number: 0,
            held: 0,
            statistics: Statistics::default(),
        }
    }

    /// Takes a frame.
    #[inline]
    pub fn frame<A>(&mut self, audience: &mut A, frame: &Frame<'_>)
    where
        A: Audience<Listener = L>,
    {
        self.frame_of(audience, frame, None);
    }

    /// Takes frames, which is faster than one after the other where there are many flows: what is kept of the flows of
    /// several is brought from memory at the same time.
    pub fn frames<A>(&mut self, audience: &mut A, frames: &[Frame<'_>])
    where
        A: Audience<Listener = L>,
    {
        if self.entries.count() < FEW {
            return frames.iter().for_each(|frame| self.frame(audience, frame));
        }
        for frames in frames.chunks(TOGETHER) {
            let mut owners = [None; TOGETHER];
            for (owner, frame) in owners.iter_mut().zip(frames) {
                *owner = self.owner(frame);
            }
            for owner in owners.iter().flatten() {
                self.entries.touch(&owner.print);
            }
            for (frame, owner) in frames.iter().zip(owners) {
                self.frame_of(audience, frame, owner);
            }
        }
    }

    /// Takes a frame of which it may be known whose it is.
    #[inline]
    fn frame_of<A>(&mut self, audience: &mut A, frame: &Frame<'_>, owner: Option<Owner>)
    where
        A: Audience<Listener = L>,
    {
        self.statistics.frames += 1;
        self.statistics.bytes += u64_from(frame.bytes.len());
        self.advance(audience, frame.at);
        let found = unwrap::packet(frame.link_type, frame.span());
        self.found(audience, frame.at, found, owner, 0);
    }

    /// Whose a frame is, if it holds a segment of TCP and no more than that. Of one that turns out to hold none it does not matter.
    #[inline]
    fn owner(&self, frame: &Frame<'_>) -> Option<Owner> {
        if let Some(endpoints) = unwrap::plain(frame) {
            return Some(self.owner_of(&endpoints));
        }
        let packet = unwrap::packet(frame.link_type, frame.span()).ok()?;
        if packet.protocol != TCP || packet.fragment.is_some() {
            return None;
        }
        let segment = Segment::read(packet.payload).ok()?;
        Some(self.owner_of(&endpoints(&packet, &segment)))
    }

    #[inline]
    fn owner_of(&self, endpoints: &Endpoints) -> Owner {
        let (print, side) = self.hashing.flow(endpoints);
        Owner { print, side }
    }

    /// Hears that it is so late, which ends what was waited for till then. [`frame`](Self::frame) does so by itself.
    #[inline]
    pub fn advance<A>(&mut self, audience: &mut A, now: Time)
    where
        A: Audience<Listener = L>,
    {
        if !self.clock.hear(now) {
            self.statistics.back_in_time += 1;
        }
        if self.clock.beat() != self.looked {
            self.looked = self.clock.beat();
            self.end_what_is_due(audience);
        }
    }

    /// Ends all flows, in no order of meaning: the capture is at its end.
    pub fn stop<A>(&mut self, audience: &mut A)
    where
        A: Audience<Listener = L>,
    {
        self.end_all(audience);
    }

    /// What was counted so far.
    pub fn statistics(&self) -> &Statistics {
        &self.statistics
    }

    /// Connections in the table, those done with and the half-open among them.
    pub fn flows(&self) -> usize {
        self.entries.count()
    }

    /// Bytes held: behind holes, and of packets of which fragments are missing.
    pub fn held(&self) -> usize {
        self.held + self.fragments.bytes()
    }

    /// An IP packet, so many layers of tunnels and fragments deep.
    #[inline]
    fn found<A>(
        &mut self,
        audience: &mut A,
        at: Time,
        found: Result<IpPacket<'_>, Unread>,
        owner: Option<Owner>,
        depth: usize,
    ) where
        A: Audience<Listener = L>,
    {
        let packet = match found {
            Ok(packet) => packet,
            Err(unread) => return self.count_unread(unread),
        };
        if self.settings.verify_checksums
            && !packet.header.is_empty()
            && !checksum::is_right_header(packet.header)
        {
            self.statistics.bad_checksums += 1;
        } else if packet.protocol == TCP && packet.fragment.is_none() {
            match Segment::read(packet.payload) {
                Ok(segment) => self.segment(audience, at, &packet, &segment, owner),
                Err(unread) => self.count_unread(unread),
            }
        } else if depth > MOST_TUNNELS {
            self.statistics.too_deep += 1;
        } else if let Some(fragment) = packet.fragment {
            self.fragment(audience, at, &packet, fragment, depth);
        } else {
            self.tunnel(audience, at, &packet, depth);
        }
    }

    /// A part of a packet, which may make it whole.
    fn fragment<A>(
        &mut self,
        audience: &mut A,
        at: Time,
        packet: &IpPacket<'_>,
        fragment: Fragment,
        depth: usize,
    ) where
        A: Audience<Listener = L>,
    {
        let limits = &self.settings.limits;
        let beat = self.clock.beat();
        let whole = self.fragments.add(packet, fragment, beat, limits, &mut self.statistics);
        if let Some(whole) = whole {
            let found = unwrap::packet(LinkType::RAW, Span::new(&whole, whole.len()));
            self.found(audience, at, found, None, depth + 1);
        }
    }

    /// A packet that is not TCP, but may be a tunnel.
    fn tunnel<A>(&mut self, audience: &mut A, at: Time, packet: &IpPacket<'_>, depth: usize)
    where
        A: Audience<Listener = L>,
    {
        match unwrap::inside(packet, &self.settings.tunnels) {
            None => self.statistics.not_tcp += 1,
            Some(Err(unread)) => self.count_unread(unread),
            Some(Ok((layer, rest))) => {
                let found = unwrap::packet_in(layer, rest);
                self.statistics.tunnelled += u64::from(found.is_ok());
                self.found(audience, at, found, None, depth + 1);
            }
        }
    }

    #[cold]
    fn count_unread(&mut self, unread: Unread) {
        let statistics = &mut self.statistics;
        let counter = match unread {
            Unread::CutShort => &mut statistics.cut_short,
            Unread::Malformed => &mut statistics.malformed,
            Unread::NotIp => &mut statistics.not_ip,
            Unread::TooDeep => &mut statistics.too_deep,
            Unread::UnknownLink => &mut statistics.unknown_link,
        };
        *counter += 1;
    }
}
