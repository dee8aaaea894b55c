//! How connections end, and how room is made.

use super::FlowTable;
use crate::bench::Bench;
use crate::calendar::Class;
use crate::clock::beats;
use crate::entry::Live;
use crate::entry::Marks;
use crate::entry::State;
use crate::flow::Flow;
use crate::listen::Audience;
use crate::listen::Listener;
use crate::listen::Sender;
use crate::number::usize_from;
use crate::summary::End;

impl<L: Listener> FlowTable<L> {
    /// Ends what has waited too long.
    pub(super) fn end_what_is_due<A>(&mut self, audience: &mut A)
    where
        A: Audience<Listener = L>,
    {
        let timeout = beats(self.settings.timeouts.fragments_ms);
        self.fragments.expire(self.looked, timeout, &mut self.statistics);
        for class in Class::ALL {
            while let Some(id) = self.entries.calendar.due(class, self.looked) {
                self.due(audience, class, id);
            }
        }
    }

    /// Ends all.
    pub(super) fn end_all<A>(&mut self, audience: &mut A)
    where
        A: Audience<Listener = L>,
    {
        for id in 0..self.entries.end() {
            if !matches!(self.entries.get(id).state, State::Free(_)) {
                self.remove(audience, id, End::Stopped);
            }
        }
        self.fragments.clear(&mut self.statistics);
    }

    /// An entry whose time may be up; it is filed elsewhere behind this, or gone.
    fn due<A>(&mut self, audience: &mut A, class: Class, id: u32)
    where
        A: Audience<Listener = L>,
    {
        let timeout = self.entries.calendar.timeout(class);
        let entry = self.entries.get(id);
        let since = match &entry.state {
            State::Live(live) if class == Class::Waiting => {
                live.flow.waiting_since().unwrap_or(entry.seen)
            }
            _ => entry.seen,
        };
        if self.looked.saturating_sub(since) < timeout {
            self.entries.calendar.file(id, class, since);
        } else if class == Class::Waiting {
            self.give_up_holes(audience, id, timeout);
        } else {
            self.remove(audience, id, End::TimedOut);
        }
    }

    /// Gives up the holes of a flow that have lasted too long.
    fn give_up_holes<A>(&mut self, audience: &mut A, id: u32, timeout: u32)
    where
        A: Audience<Listener = L>,
    {
        let State::Live(mut live) = self.entries.take(id) else {
            unreachable!("who waits for a hole listens");
        };
        let Live { flow, listener } = &mut *live;
        let mut listener = Some(listener);
        for from in [Sender::Opener, Sender::Responder] {
            let since = flow.half(from).waiting_since();
            if since.is_none_or(|since| self.looked.saturating_sub(since) < timeout) {
                continue;
            }
            self.statistics.holes_timed_out += 1;
            let at = flow.last;
            let mut bench = self.bench(from, listener.take());
            flow.half_mut(from).give_up_hole(at, &mut bench);
            listener = bench.listener;
            flow.note_half(from);
        }
        let wants_more = listener.is_some();
        self.go_on(audience, id, live, wants_more, None);
    }

    /// What becomes of a flow behind what was done to it. `class` is the one it is filed in, if it is not to be moved for nothing.
    #[inline]
    pub(super) fn go_on<A>(
        &mut self,
        audience: &mut A,
        id: u32,
        live: Box<Live<L>>,
        wants_more: bool,
        class: Option<Class>,
    ) where
        A: Audience<Listener = L>,
    {
        if !wants_more {
            self.satisfied(audience, id, *live);
        } else if live.flow.is_finished() && !live.flow.reset {
            self.end_live(audience, *live, End::Finished);
            self.bury(id);
        } else {
            let now = live.flow.class();
            if class != Some(now) {
                let since = live.flow.waiting_since().unwrap_or(self.looked);
                self.entries.calendar.file(id, now, since);
            }
            self.entries.get_mut(id).state = State::Live(live);
        }
    }

    /// A listener has had enough.
    fn satisfied<A>(&mut self, audience: &mut A, id: u32, live: Live<L>)
    where
        A: Audience<Listener = L>,
    {
        let Live { mut flow, listener } = live;
        self.statistics.enough += 1;
        audience.done(listener, &flow.summary_with_holes(End::Enough));
        if self.settings.count_to_end {
            for from in [Sender::Opener, Sender::Responder] {
                flow.half_mut(from).forget_bytes(&mut self.held);
            }
            return self.go_on_counting(audience, id, Box::new(flow), None);
        }
        for from in [Sender::Opener, Sender::Responder] {
            flow.half(from).give_back(&mut self.held);
        }
        let marks = &mut self.entries.get_mut(id).marks;
        for side in [flow.opener, flow.opener.other()] {
            if flow.half(flow.sender(side)).is_ending() {
                marks.set(Marks::closed(side));
            }
        }
        if flow.is_closing() {
            return self.bury(id);
        }
        self.entries.calendar.file(id, Class::Tombstone, self.looked);
    }

    /// What becomes of a flow that nobody listens to, behind what was done to it. `class` is the one it is filed in as such.
    #[inline]
    pub(super) fn go_on_counting<A>(
        &mut self,
        audience: &mut A,
        id: u32,
        flow: Box<Flow>,
        class: Option<Class>,
    ) where
        A: Audience<Listener = L>,
    {
        if flow.is_finished() && !flow.reset {
            self.end_counted(audience, *flow, End::Finished);
            return self.bury(id);
        }
        let now = flow.class_counted();
        if class != Some(now) {
            self.entries.calendar.file(id, now, self.looked);
        }
        self.entries.get_mut(id).state = State::Counted(flow);
    }

    /// Leaves a tombstone of a connection that is over, so that what still comes of it is not taken for another.
    pub(super) fn bury(&mut self, id: u32) {
        let entry = self.entries.get_mut(id);
        entry.state = State::Tombstone;
        entry.marks.set(Marks::CLOSED);
        self.entries.calendar.file(id, Class::Closing, self.looked);
    }

    /// Removes a connection, which ends if it has not yet. One that was reset ends as such, whatever it is that removes it.
    pub(super) fn remove<A>(&mut self, audience: &mut A, id: u32, end: End)
    where
        A: Audience<Listener = L>,
    {
        let statistics = &mut self.statistics;
        match self.entries.remove(id) {
            State::HalfOpen(_) => match end {
                End::Evicted => statistics.half_open_evicted += 1,
                End::Reset => statistics.half_open_refused += 1,
                _ => statistics.half_open_timed_out += 1,
            },
            State::Live(live) => {
                let end = if live.flow.reset { End::Reset } else { end };
                self.end_live(audience, *live, end);
            }
            State::Counted(flow) => {
                let end = if flow.reset { End::Reset } else { end };
                self.end_counted(audience, *flow, end);
            }
            State::Tombstone if end == End::Evicted => statistics.tombstones_evicted += 1,
            State::Tombstone | State::Free(_) => {}
        }
    }

    /// Makes room for one more connection.
    pub(super) fn make_room<A>(&mut self, audience: &mut A)
    where
        A: Audience<Listener = L>,
    {
        while self.entries.count() >= usize_from(self.settings.limits.flows.max(1)) {
            let Some(id) = self.entries.idlest() else { return };
            self.remove(audience, id, End::Evicted);
        }
    }

    /// Makes room for one more half-open connection.
    pub(super) fn make_room_for_half_open<A>(&mut self, audience: &mut A)
    where
        A: Audience<Listener = L>,
    {
        let most = usize_from(self.settings.limits.half_open.max(1));
        while self.entries.calendar.count(Class::HalfOpen) >= most {
            let Some((id, _)) = self.entries.idlest_of(Class::HalfOpen) else { break };
            self.remove(audience, id, End::Evicted);
        }
        self.make_room(audience);
    }

    /// Ends a flow that has a listener.
    pub(super) fn end_live<A>(&mut self, audience: &mut A, live: Live<L>, end: End)
    where
        A: Audience<Listener = L>,
    {
        let Live { mut flow, mut listener } = live;
        self.flush(&mut flow, Some(&mut listener));
        let statistics = &mut self.statistics;
        *match end {
            End::Enough => &mut statistics.enough,
            End::Evicted => &mut statistics.evicted,
            End::Finished => &mut statistics.finished,
            End::Reset => &mut statistics.reset,
            End::Stopped => &mut statistics.stopped,
            End::TimedOut => &mut statistics.timed_out,
        } += 1;
        let summary = flow.summary(end);
        audience.done(listener, &summary);
        if self.settings.count_to_end {
            audience.closed(&summary);
        }
    }

    /// Ends a flow that was counted to its end.
    pub(super) fn end_counted<A>(&mut self, audience: &mut A, mut flow: Flow, end: End)
    where
        A: Audience<Listener = L>,
    {
        self.flush(&mut flow, None);
        audience.closed(&flow.summary(end));
    }

    /// What a direction needs beside itself.
    pub(super) fn bench<'l>(
        &mut self,
        from: Sender,
        listener: Option<&'l mut L>,
    ) -> Bench<'_, 'l, L> {
        Bench {
            from,
            listener,
            beat: self.looked,
            limits: &self.settings.limits,
            held: &mut self.held,
            statistics: &mut self.statistics,
        }
    }

    /// All that is held goes on.
    fn flush(&mut self, flow: &mut Flow, mut listener: Option<&mut L>) {
        for from in [Sender::Opener, Sender::Responder] {
            let at = flow.last;
            let mut bench = self.bench(from, listener.take());
            flow.half_mut(from).flush(at, &mut bench);
            listener = bench.listener;
            flow.note_half(from);
        }
    }
}
