//! Which positions are sent next: blocks of them, repeats spaced in time, and below which position nothing is left to do.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::collections::VecDeque;
use std::ops::Range;

/// Deals out stretches of the positions of an order to senders, as many as there may be.
///
/// Each position is sent a fixed number of probes. After [`next`](Self::next) has given out a [`Block`], the sender says
/// [`done`](Self::done) when all its frames have left, or [`give_back`](Self::give_back) where it stopped in the middle. Some time
/// after that the same positions come again for the next probe, before any new ones.
///
/// Time is nanoseconds on a clock of the caller's; one that goes backwards stands still here.
///
/// ```text
///          low water                         next fresh position
///              │                                   │
///   ───────────┼───────────────────────────────────┼──────────────
///    all sent, │ on the way, waiting for a repeat, │ nothing sent
///    window    │ given back, or sent and the answer│
///    lived     │ window not yet over               │
///    through   │                                   │
/// ```
#[derive(Clone, Debug)]
pub struct Schedule {
    fresh: Range<u64>,
    block: u64,
    probes_per_target: u8,
    spacing_ns: u64,
    clock_ns: u64,
    next_id: u64,
    /// Given out.
    sending: BTreeMap<u64, Piece>,
    /// Of those, the ones with lower names: what was sent of them before may be lost.
    lost_below: u64,
    /// Given back: to be sent at once.
    left: VecDeque<Piece>,
    /// Waiting for their next probe, by the time it is due.
    waiting: VecDeque<(u64, Piece)>,
    /// All probes sent, with the time when the last of them was, and in its order.
    settling: VecDeque<(u64, Piece)>,
    /// The first position of each piece in any of these states. The pieces never overlap.
    open: BTreeSet<u64>,
}

/// Positions that are at the same probe.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Piece {
    positions: Range<u64>,
    probe_number: u8,
    /// Sent this probe before.
    is_again: bool,
}

/// Positions to send a probe to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// Names it, once.
    pub id: u64,
    /// To whom.
    pub positions: Range<u64>,
    /// Which probe, from 0.
    pub probe_number: u8,
    /// The same probe was sent before, and its answers may have been lost.
    pub is_again: bool,
}

/// What a sender is to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// Send these.
    Block(Block),
    /// Ask again at this time: nothing is due before, or other senders may still give back what they have.
    WaitUntil(u64),
    /// Nothing is left to send.
    Done,
}

impl Schedule {
    /// Over these positions, in blocks of so many; so many probes to each, at least one, with at least so much time between.
    pub fn new(positions: Range<u64>, block: u64, probes_per_target: u8, spacing_ns: u64) -> Self {
        let end = positions.end.max(positions.start);
        Self {
            fresh: positions.start..end,
            block: block.max(1),
            probes_per_target: probes_per_target.max(1),
            spacing_ns,
            clock_ns: 0,
            next_id: 0,
            sending: BTreeMap::new(),
            lost_below: 0,
            left: VecDeque::new(),
            waiting: VecDeque::new(),
            settling: VecDeque::new(),
            open: BTreeSet::new(),
        }
    }

    /// Adds the positions behind the last, as a ramp does when it goes on. Up to here again is nothing.
    pub fn extend_to(&mut self, end: u64) {
        self.fresh.end = self.fresh.end.max(end);
    }

    /// Changes how many positions the blocks to come have. The low water does not move within a block, so one should be sent in a
    /// moment at the rate of the time.
    pub fn set_block(&mut self, block: u64) {
        self.block = block.max(1);
    }

    /// What to do now.
    pub fn next(&mut self, now_ns: u64) -> Next {
        let now_ns = self.advance(now_ns);
        let due = self.waiting.front().map(|(due_ns, _)| *due_ns);
        if let Some(piece) = self.left.pop_front() {
            return self.give_out(piece);
        }
        if due.is_some_and(|due_ns| due_ns <= now_ns)
            && let Some((_, piece)) = self.waiting.pop_front()
        {
            return self.give_out(piece);
        }
        if !self.fresh.is_empty() {
            let start = self.fresh.start;
            self.fresh.start = self.fresh.end.min(start.saturating_add(self.block));
            self.open.insert(start);
            let positions = start..self.fresh.start;
            return self.give_out(Piece { positions, probe_number: 0, is_again: false });
        }
        let patience = (!self.sending.is_empty()).then(|| now_ns.saturating_add(PATIENCE_NS));
        due.into_iter().chain(patience).min().map_or(Next::Done, Next::WaitUntil)
    }

    /// All frames of this block have left by now. A block that was not given out, or is back already, changes nothing.
    pub fn done(&mut self, id: u64, now_ns: u64) {
        let now_ns = self.advance(now_ns);
        if let Some(piece) = self.sending.remove(&id) {
            self.sent(id, piece, now_ns);
        }
    }

    /// The frames of this block before that position have left by now, the others were not sent and are to be sent again.
    pub fn give_back(&mut self, id: u64, from_position: u64, now_ns: u64) {
        let now_ns = self.advance(now_ns);
        let Some(piece) = self.sending.remove(&id) else {
            return;
        };
        let positions = piece.positions.clone();
        let cut = from_position.clamp(positions.start, positions.end);
        let (sent, left) = (positions.start..cut, cut..positions.end);
        if !left.is_empty() {
            self.open.insert(left.start);
            self.left.push_back(Piece { positions: left, ..piece });
        }
        if !sent.is_empty() {
            self.sent(id, Piece { positions: sent, ..piece }, now_ns);
        }
    }

    /// The last probe of all blocks that were done since that time, or are being sent, is to be sent again: nobody could have heard
    /// the answers. Those that wait for another probe have that.
    pub fn repeat_since(&mut self, since_ns: u64) {
        self.lost_below = self.next_id;
        let first = self.settling.partition_point(|(sent_ns, _)| *sent_ns < since_ns);
        let pieces = self.settling.split_off(first).into_iter().map(|(_, piece)| piece);
        self.left.extend(pieces.map(|piece| Piece { is_again: true, ..piece }));
    }

    /// Every position below this one has been sent all its probes, the last of them at least the answer window ago: what a
    /// checkpoint may vouch for, once the answers heard so far are written down. A run resumed begins here; answers
    /// that were under way when it died come to what is then sent again.
    ///
    /// The time given is that up to which answers were heard: it may lie behind the senders' own.
    pub fn low_water(&mut self, heard_ns: u64, answer_window_ns: u64) -> u64 {
        while let Some((sent_ns, piece)) = self.settling.front()
            && sent_ns.saturating_add(answer_window_ns) <= heard_ns
        {
            self.open.remove(&piece.positions.start);
            self.settling.pop_front();
        }
        self.open.first().copied().unwrap_or(self.fresh.start)
    }

    /// How many positions have not been given out yet.
    pub const fn fresh(&self) -> u64 {
        self.fresh.end - self.fresh.start
    }

    /// The first position that was never given out.
    pub const fn given_out(&self) -> u64 {
        self.fresh.start
    }

    fn advance(&mut self, now_ns: u64) -> u64 {
        self.clock_ns = self.clock_ns.max(now_ns);
        self.clock_ns
    }

    fn give_out(&mut self, piece: Piece) -> Next {
        let id = self.next_id;
        self.next_id += 1;
        let Piece { positions, probe_number, is_again } = piece.clone();
        self.sending.insert(id, piece);
        Next::Block(Block { id, positions, probe_number, is_again })
    }

    fn sent(&mut self, id: u64, piece: Piece, now_ns: u64) {
        let probe_number = piece.probe_number + 1;
        if probe_number < self.probes_per_target {
            let due_ns = now_ns.saturating_add(self.spacing_ns);
            self.waiting.push_back((due_ns, Piece { probe_number, is_again: false, ..piece }));
        } else if id < self.lost_below {
            self.left.push_back(Piece { is_again: true, ..piece });
        } else {
            self.settling.push_back((now_ns, piece));
        }
    }
}

/// How long a sender waits for what others may give back.
const PATIENCE_NS: u64 = 10_000_000;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn block(schedule: &mut Schedule, now_ns: u64) -> Block {
        match schedule.next(now_ns) {
            Next::Block(block) => block,
            other => panic!("{other:?} at {now_ns}"),
        }
    }

    fn taken(schedule: &mut Schedule, now_ns: u64) -> (Range<u64>, u8) {
        let Block { id, positions, probe_number, .. } = block(schedule, now_ns);
        schedule.done(id, now_ns);
        (positions, probe_number)
    }

    #[test]
    fn a_due_repeat_goes_before_new_positions() {
        let mut schedule = Schedule::new(5..25, 8, 2, 100);
        assert_eq!(taken(&mut schedule, 0), (5..13, 0));
        assert_eq!(taken(&mut schedule, 99), (13..21, 0));
        assert_eq!(taken(&mut schedule, 100), (5..13, 1));
        assert_eq!(taken(&mut schedule, 101), (21..25, 0));
        assert_eq!(schedule.next(102), Next::WaitUntil(199));
        assert_eq!(taken(&mut schedule, 199), (13..21, 1));
        assert_eq!(schedule.next(200), Next::WaitUntil(201));
        assert_eq!(taken(&mut schedule, 250), (21..25, 1));
        assert_eq!(schedule.next(251), Next::Done);
    }

    #[test]
    fn what_was_given_back_is_sent_first_and_only_once() {
        let mut schedule = Schedule::new(0..30, 10, 2, 100);
        let first = block(&mut schedule, 0);
        schedule.give_back(first.id, 4, 1);
        assert_eq!(taken(&mut schedule, 2), (4..10, 0));
        assert_eq!(taken(&mut schedule, 101), (0..4, 1));
        assert_eq!(taken(&mut schedule, 102), (4..10, 1));
        for (from, left) in [(3, Some(10..20)), (13, Some(13..20)), (99, None)] {
            let block = block(&mut schedule, 103);
            schedule.give_back(block.id, from, 103);
            // Twice is once.
            schedule.give_back(block.id, from, 103);
            schedule.done(block.id, 103);
            let next = schedule.left.iter().map(|piece| piece.positions.clone());
            assert_eq!(next.collect::<Vec<_>>(), left.into_iter().collect::<Vec<_>>());
        }
    }

    #[test]
    fn what_was_given_back_first_comes_first() {
        let mut schedule = Schedule::new(0..30, 10, 1, 0);
        let given = [block(&mut schedule, 0), block(&mut schedule, 0)];
        for block in given {
            schedule.give_back(block.id, block.positions.start + 5, 1);
        }
        let order = [5..10, 15..20, 20..30].map(|positions| (positions, 0));
        assert_eq!([(); 3].map(|()| taken(&mut schedule, 2)), order);
    }

    #[test]
    fn others_may_still_give_back() {
        let mut schedule = Schedule::new(0..8, 8, 1, 0);
        let only = block(&mut schedule, 0);
        assert_eq!(schedule.next(5), Next::WaitUntil(5 + PATIENCE_NS));
        schedule.give_back(only.id, 2, 6);
        assert_eq!(taken(&mut schedule, 7), (2..8, 0));
        assert_eq!(schedule.next(8), Next::Done);
    }

    #[test]
    fn low_water_waits_for_answers() {
        let mut schedule = Schedule::new(0..20, 10, 1, 0);
        let (first, second) = (block(&mut schedule, 0), block(&mut schedule, 0));
        schedule.done(second.id, 10);
        assert_eq!(schedule.low_water(1_000, 50), 0);
        schedule.done(first.id, 1_000);
        assert_eq!(schedule.low_water(1_049, 50), 0);
        // A clock that goes backwards, too.
        assert_eq!(schedule.low_water(3, 50), 0);
        assert_eq!(schedule.low_water(1_050, 50), 20);
        schedule.extend_to(30);
        schedule.extend_to(25);
        schedule.set_block(4);
        assert_eq!(taken(&mut schedule, 1_060), (20..24, 0));
        schedule.set_block(0);
        assert_eq!(taken(&mut schedule, 1_060), (24..25, 0));
        schedule.set_block(99);
        assert_eq!(taken(&mut schedule, 1_060), (25..30, 0));
        assert_eq!(schedule.low_water(1_060, 50), 20);
        assert_eq!(schedule.low_water(1_110, 50), 30);
    }

    #[test]
    fn what_nobody_could_hear_is_sent_again() {
        let mut schedule = Schedule::new(0..40, 10, 2, 100);
        for (now_ns, expected) in [(0, (0..10, 0)), (20, (10..20, 0)), (100, (0..10, 1))] {
            assert_eq!(taken(&mut schedule, now_ns), expected);
        }
        assert_eq!(taken(&mut schedule, 120), (10..20, 1));
        assert_eq!(taken(&mut schedule, 125), (20..30, 0));
        schedule.repeat_since(110);
        let again = block(&mut schedule, 130);
        assert_eq!((again.positions, again.probe_number, again.is_again), (10..20, 1, true));
        assert_eq!(
            schedule.low_water(1_000, 50),
            10,
            "the first block has lived through its window"
        );
        schedule.done(again.id, 1_000);
        let next = block(&mut schedule, 1_000);
        assert_eq!((next.positions, next.probe_number, next.is_again), (20..30, 1, false));
        schedule.repeat_since(1_001);
        assert_eq!(schedule.low_water(1_049, 50), 10);
        assert_eq!(schedule.low_water(1_050, 50), 20);
    }

    #[test]
    fn what_is_being_sent_may_be_lost_too() {
        let mut schedule = Schedule::new(0..40, 10, 1, 0);
        let (first, second) = (block(&mut schedule, 0), block(&mut schedule, 0));
        schedule.repeat_since(5);
        let after = block(&mut schedule, 6);
        schedule.done(first.id, 7);
        schedule.give_back(second.id, 14, 7);
        schedule.done(after.id, 7);
        for positions in [0..10, 14..20, 10..14] {
            let again = block(&mut schedule, 8);
            assert_eq!(
                (again.positions, again.is_again),
                (positions.clone(), positions != (14..20))
            );
            schedule.done(again.id, 8);
        }
        assert_eq!(
            taken(&mut schedule, 9),
            (30..40, 0),
            "each once, and what came after not at all"
        );
        assert_eq!(schedule.low_water(59, 50), 40);
    }

    #[test]
    fn nothing_to_do() {
        for positions in [7..7, Range { start: 9, end: 7 }] {
            let start = positions.start;
            let mut schedule = Schedule::new(positions, 0, 0, 0);
            assert_eq!(schedule.next(0), Next::Done);
            assert_eq!((schedule.low_water(0, 5), schedule.fresh()), (start, 0));
        }
    }

    #[test]
    fn the_end_of_all_numbers() {
        let mut schedule = Schedule::new(u64::MAX - 3..u64::MAX, u64::MAX, 2, u64::MAX);
        assert_eq!(taken(&mut schedule, 5), (u64::MAX - 3..u64::MAX, 0));
        assert_eq!(taken(&mut schedule, u64::MAX), (u64::MAX - 3..u64::MAX, 1));
        assert_eq!(schedule.low_water(u64::MAX, u64::MAX), u64::MAX);
    }

    /// What one process does: takes, ends, gives back, waits, dies.
    #[derive(Clone, Debug)]
    enum Step {
        Take,
        Done(usize),
        GiveBack(usize, u64),
        Wait(u64),
        Die,
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let step = prop_oneof![
            8 => Just(Step::Take),
            8 => any::<usize>().prop_map(Step::Done),
            2 => (any::<usize>(), any::<u64>()).prop_map(|(which, at)| Step::GiveBack(which, at)),
            4 => (0..40_u64).prop_map(Step::Wait),
            1 => Just(Step::Die),
        ];
        proptest::collection::vec(step, 0..120)
    }

    const SPACING_NS: u64 = 30;
    const WINDOW_NS: u64 = 50;

    /// When each probe to each position was sent by the process that lives, and which were lived through by any.
    struct World {
        size: u64,
        probes: u8,
        sent: Vec<Vec<u64>>,
        vouched: u64,
    }

    impl World {
        fn new(size: u64, probes: u8) -> Self {
            let count = usize::try_from(size).expect("small");
            Self { size, probes, sent: vec![Vec::new(); count], vouched: 0 }
        }

        fn send(&mut self, positions: Range<u64>, probe_number: u8, now_ns: u64) {
            for position in positions {
                assert!(position >= self.vouched, "{position} was done with");
                let sent = &mut self.sent[usize::try_from(position).expect("small")];
                assert_eq!(
                    sent.len(),
                    usize::from(probe_number),
                    "{position}: out of turn or twice"
                );
                assert!(sent.last().is_none_or(|before| before + SPACING_NS <= now_ns), "too soon");
                sent.push(now_ns);
            }
        }

        /// The first position that is not done with, as this process knows.
        fn low_water(&self, now_ns: u64) -> u64 {
            let open = |sent: &Vec<u64>| {
                sent.len() < usize::from(self.probes)
                    || sent.last().is_some_and(|last| last + WINDOW_NS > now_ns)
            };
            (self.vouched..self.size)
                .find(|position| open(&self.sent[usize::try_from(*position).expect("small")]))
                .unwrap_or(self.size)
        }

        /// What the process knew is gone, but for the checkpoint.
        fn die(&mut self, checkpoint: u64) {
            self.vouched = checkpoint;
            self.sent.iter_mut().for_each(Vec::clear);
        }
    }

    fn step(
        world: &mut World,
        schedule: &mut Schedule,
        held: &mut Vec<Block>,
        now_ns: &mut u64,
        step: Step,
    ) {
        match step {
            Step::Take => {
                if let Next::Block(block) = schedule.next(*now_ns) {
                    held.push(block);
                }
            }
            Step::Done(_) | Step::GiveBack(..) if held.is_empty() => {}
            Step::Done(which) => {
                let block = held.swap_remove(which % held.len());
                world.send(block.positions, block.probe_number, *now_ns);
                schedule.done(block.id, *now_ns);
            }
            Step::GiveBack(which, at) => {
                let Block { id, positions, probe_number, .. } =
                    held.swap_remove(which % held.len());
                let cut = positions.start + at % (positions.end - positions.start + 1);
                world.send(positions.start..cut, probe_number, *now_ns);
                schedule.give_back(id, cut, *now_ns);
            }
            Step::Wait(ns) => *now_ns += ns,
            Step::Die => {
                world.die(schedule.low_water(*now_ns, WINDOW_NS));
                *schedule = Schedule::new(
                    world.vouched..world.size,
                    schedule.block,
                    world.probes,
                    SPACING_NS,
                );
                held.clear();
            }
        }
    }

    proptest! {
        /// Several senders in any order that die and resume: whatever the checkpoint vouches for was sent all its probes, in turn,
        /// and its answers were waited for; it is exactly that, so nothing older is sent again; and in the end all is sent.
        #[test]
        fn nothing_is_lost_and_only_the_last_moment_repeated(
            size in 0..100_u64, block in 1..20_u64, probes in 1..4_u8, steps in steps(),
        ) {
            let mut world = World::new(size, probes);
            let mut schedule = Schedule::new(0..size, block, probes, SPACING_NS);
            let (mut held, mut now_ns) = (Vec::new(), 0);
            for next in steps {
                step(&mut world, &mut schedule, &mut held, &mut now_ns, next);
                prop_assert_eq!(schedule.low_water(now_ns, WINDOW_NS), world.low_water(now_ns));
            }
            loop {
                while !held.is_empty() {
                    step(&mut world, &mut schedule, &mut held, &mut now_ns, Step::Done(0));
                }
                match schedule.next(now_ns) {
                    Next::Block(block) => held.push(block),
                    Next::WaitUntil(until_ns) => {
                        prop_assert!(until_ns > now_ns);
                        now_ns = until_ns;
                    }
                    Next::Done => break,
                }
            }
            prop_assert_eq!(world.low_water(now_ns + WINDOW_NS), size);
            prop_assert_eq!(schedule.low_water(now_ns + WINDOW_NS, WINDOW_NS), size);
            prop_assert!(schedule.open.is_empty() && schedule.settling.is_empty());
        }
    }
}
