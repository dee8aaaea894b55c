//! What a segment does to a connection of which only SYNs were seen.

use super::FlowTable;
use super::segments::Heard;
use super::segments::RESET_REACH;
use crate::entry::Marks;
use crate::entry::State;
use crate::flow::Kind;
use crate::listen::Audience;
use crate::listen::Listener;
use crate::listen::Sender;
use crate::summary::End;
use crate::tcp::Flags;

impl<L: Listener> FlowTable<L> {
    /// A segment of a connection of which only SYNs were seen, or nothing.
    pub(super) fn of_half_open<A>(&mut self, audience: &mut A, id: u32, heard: &Heard<'_>)
    where
        A: Audience<Listener = L>,
    {
        if heard.has(Flags::RST) {
            return self.refuse(audience, id, heard);
        }
        let goes_on = if heard.is_syn() {
            self.take_syn(id, heard);
            heard.has_payload()
        } else if heard.is_syn_ack() {
            self.take_syn_ack(id, heard) && heard.has_payload()
        } else {
            let entry = self.entries.get(id);
            let opener = entry.opener();
            let answers = entry.marks.has(Marks::SYN_ACK)
                || entry.number(opener) == Some(heard.acknowledged_syn());
            heard.side == opener || answers || heard.has_payload()
        };
        if goes_on {
            self.establish(audience, id, heard);
            return self.of_live(audience, id, heard);
        }
        if let State::HalfOpen(half_open) = &mut self.entries.get_mut(id).state {
            half_open.count(heard.side);
        }
    }

    /// A reset of a half-open connection: of numbers that fit, or else it is forged or belongs elsewhere.
    fn refuse<A>(&mut self, audience: &mut A, id: u32, heard: &Heard<'_>)
    where
        A: Audience<Listener = L>,
    {
        let entry = self.entries.get(id);
        let theirs = entry.number(heard.side.other());
        let ours = entry.number(heard.side);
        let near = |number: u32, known: u32| number.wrapping_sub(known) <= RESET_REACH;
        let fits = match (heard.has(Flags::ACK), theirs, ours) {
            (true, Some(theirs), _) => near(heard.segment.acknowledgement, theirs),
            (_, _, Some(ours)) => near(heard.segment.sequence, ours),
            // Its sender has shown nothing that it could be measured by.
            _ => true,
        };
        if fits {
            self.remove(audience, id, End::Reset);
        } else {
            self.statistics.resets_ignored += 1;
        }
    }

    /// A SYN of a half-open connection.
    fn take_syn(&mut self, id: u32, heard: &Heard<'_>) {
        let sequence = heard.segment.sequence;
        let entry = self.entries.get_mut(id);
        let is_first = !entry.marks.has(Marks::SYN | Marks::SYN_ACK);
        match entry.number(heard.side) {
            Some(number) if number == sequence => {}
            // Another attempt, with other numbers: what the earlier one was answered does not count.
            Some(_) if heard.side == entry.opener() => {
                entry.marks = Marks::default();
                entry.set_opener(heard.side);
            }
            Some(_) => {}
            // The first, or both open at once.
            None if is_first => entry.set_opener(heard.side),
            None => {}
        }
        entry.set_number(heard.side, sequence);
        if heard.side == entry.opener() {
            entry.marks.set(Marks::SYN);
        }
    }

    /// A SYN-ACK of a half-open connection; whether it answers the SYN that was seen. Of several, the last counts till the opener says which.
    fn take_syn_ack(&mut self, id: u32, heard: &Heard<'_>) -> bool {
        let entry = self.entries.get_mut(id);
        let opener = heard.side.other();
        let acknowledged = heard.acknowledged_syn();
        if !entry.marks.has(Marks::SYN | Marks::SYN_ACK) {
            entry.set_opener(opener);
        }
        match entry.number(opener) {
            Some(number) if number != acknowledged => return false,
            _ => entry.set_number(opener, acknowledged),
        }
        entry.set_number(heard.side, heard.segment.sequence);
        if opener == entry.opener() {
            entry.marks.set(Marks::SYN_ACK);
        }
        true
    }

    /// A half-open connection becomes a flow.
    fn establish<A>(&mut self, audience: &mut A, id: u32, heard: &Heard<'_>)
    where
        A: Audience<Listener = L>,
    {
        let entry = self.entries.get(id);
        let State::HalfOpen(half_open) = entry.state else {
            unreachable!("only what is half-open is established");
        };
        let opener = entry.opener();
        let begins = [opener, opener.other()].map(|side| entry.number(side));
        let (syn, syn_ack) = (entry.marks.has(Marks::SYN), entry.marks.has(Marks::SYN_ACK));
        let mut flow = self.flow(heard, half_open.at, opener);
        (flow.syn, flow.syn_ack) = (syn, syn_ack);
        if syn {
            flow.history.note(Kind::Syn, Sender::Opener);
        }
        if syn_ack {
            flow.history.note(Kind::SynAck, Sender::Responder);
        }
        for (from, begin) in [Sender::Opener, Sender::Responder].into_iter().zip(begins) {
            let side = if from == Sender::Opener { opener } else { opener.other() };
            let half = flow.half_mut(from);
            half.count_packets(half_open.packets(side));
            if let Some(number) = begin {
                half.begin_exactly(number.wrapping_add(1));
            }
        }
        self.open(audience, id, flow);
    }
}
