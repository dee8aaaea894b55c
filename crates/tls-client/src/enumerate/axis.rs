//! One list of the server's that is being found out: the suites of a version, groups, schemes, protocols.
//!
//! A hello that offers several candidates teaches which one the server takes, so a list of *n* takes *n* hellos. Each
//! hello offers candidates in one of two ways:
//!
//! - *alone*: only candidates whose support is open. Being turned down then says that none of them is supported, but what
//!   else rides along in this hello teaches nothing.
//! - *before the known ones*: never turned down, because something supported is among the candidates. It tells the rest
//!   of the list apart only where the client's order counts; a server with an order of its own takes a known one again.
//!
//! [`Manner`] is what we believe about whose order counts while we ask; [`Axis::decides`] is what the answers prove.

use crate::enumerate::facts::Coverage;
use crate::enumerate::facts::Decides;
use crate::enumerate::facts::Evidence;
use crate::enumerate::facts::Found;
use crate::enumerate::facts::ListFacts;

/// What is known of one list.
#[derive(Clone, Debug)]
pub(super) struct Axis<T> {
    /// What the server took, in order of discovery.
    chosen: Vec<T>,
    /// What the server says it has, in its order.
    declared: Vec<T>,
    /// What is not known yet, in the order in which it is offered.
    open: Vec<T>,
    manner: Manner,
    /// Hellos that offer candidates alone before it is tried whose order counts: a server's order shows by itself.
    patience: usize,
    rounds: Vec<Round<T>>,
    /// What the server turned down. It goes with every offer where that is of use: some servers have no use for a suite whose
    /// certificate is on a curve that the client does not name, whether they exchange keys over it or not.
    absent: Vec<T>,
    offers_absent: bool,
    /// What goes behind every offer although the server has it, because it may turn down all else without.
    kept: Vec<T>,
    /// The server takes what is not offered; it makes no sense to ask on.
    deaf: bool,
}

/// Whose order counts, as far as one can tell while asking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Manner {
    Client,
    Server,
    Untold,
}

#[derive(Clone, Debug)]
struct Round<T> {
    offered: Box<[T]>,
    chosen: T,
}

/// What one hello offers of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Ask<T> {
    pub(super) list: Vec<T>,
    /// Whether the answer is to teach something about this list.
    pub(super) explores: bool,
}

impl<T: Copy + PartialEq> Axis<T> {
    pub(super) fn new(candidates: Vec<T>, patience: usize) -> Self {
        Self {
            chosen: Vec::new(),
            declared: Vec::new(),
            open: candidates,
            manner: Manner::Untold,
            patience,
            rounds: Vec::new(),
            absent: Vec::new(),
            offers_absent: false,
            kept: Vec::new(),
            deaf: false,
        }
    }

    /// With what is known to be absent behind every offer.
    pub(super) fn offering_absent(mut self) -> Self {
        self.offers_absent = true;
        self
    }

    /// From now on, these go behind every offer.
    pub(super) fn keep(&mut self, items: Vec<T>) {
        self.kept = items;
    }

    fn ask(&self, mut list: Vec<T>, explores: bool) -> Ask<T> {
        let missing = self.kept.iter().filter(|item| !list.contains(item)).copied();
        let missing: Vec<T> = missing.collect();
        list.extend(missing);
        if self.offers_absent {
            list.extend(&self.absent);
        }
        Ask { list, explores }
    }

    fn drop_open(&mut self, gone: impl Fn(&T) -> bool) {
        let (absent, open): (Vec<T>, Vec<T>) = self.open.iter().partition(|item| gone(item));
        self.absent.extend(absent);
        self.open = open;
    }

    pub(super) fn manner(&self) -> Manner {
        self.manner
    }

    /// Takes over what a similar list has shown.
    pub(super) fn expect(&mut self, manner: Manner) {
        if self.manner == Manner::Untold {
            self.manner = manner;
        }
    }

    /// What has to change for the next offer to be another one.
    pub(super) fn progress(&self) -> (usize, Manner, usize) {
        let order = self.order().map_or(0, |order| order.len());
        (self.open.len(), self.manner, order)
    }

    pub(super) fn open(&self) -> &[T] {
        &self.open
    }

    /// Nothing more to find out.
    pub(super) fn is_done(&self) -> bool {
        self.open.is_empty() || self.deaf
    }

    /// What the server took or says it has.
    pub(super) fn held(&self) -> Vec<T> {
        let undeclared = self.chosen.iter().filter(|item| !self.declared.contains(item));
        self.declared.iter().chain(undeclared).copied().collect()
    }

    pub(super) fn holds(&self, item: T) -> bool {
        self.chosen.contains(&item) || self.declared.contains(&item)
    }

    /// Moves these to the end of what is to be asked.
    pub(super) fn put_last(&mut self, last: &[T]) {
        self.open.sort_by_key(|item| last.contains(item));
    }

    /// The next offer that teaches something, with at most so many candidates.
    pub(super) fn explore(&self, limit: usize) -> Ask<T> {
        let mut list: Vec<T> = self.open.iter().take(limit).copied().collect();
        // In turns from both ends, so that a server's order shows.
        if self.rounds.len() % 2 == 1 {
            list.reverse();
        }
        if !self.is_alone() {
            list.extend(self.held());
        }
        self.ask(list, true)
    }

    /// The first so many candidates as they stand; behind them what is known, unless they are to stand alone.
    pub(super) fn in_order(&self, limit: usize) -> Ask<T> {
        let mut list: Vec<T> = self.open.iter().take(limit).copied().collect();
        if !self.is_alone() {
            list.extend(self.held());
        }
        self.ask(list, true)
    }

    /// The offer under which nothing that is supported is missing.
    pub(super) fn everything(&self) -> Ask<T> {
        let mut list = self.held();
        list.extend(&self.open);
        self.ask(list, false)
    }

    /// What the server has, so that it has something to choose while something else is asked.
    pub(super) fn held_only(&self) -> Ask<T> {
        Ask { list: self.held(), explores: false }
    }

    /// The server's order by what it took before what; or else those of which none was taken before another.
    pub(super) fn order(&self) -> Result<Vec<T>, Vec<T>> {
        let mut left = self.held();
        if left == self.declared {
            return Ok(left);
        }
        let mut order = Vec::with_capacity(left.len());
        while !left.is_empty() {
            let beaten = |item: &T| {
                self.rounds.iter().any(|round| {
                    round.chosen != *item
                        && left.contains(&round.chosen)
                        && round.offered.contains(item)
                })
            };
            let unbeaten: Vec<T> = left.iter().filter(|item| !beaten(item)).copied().collect();
            let [first] = unbeaten.as_slice() else {
                return Err(unbeaten);
            };
            order.push(*first);
            left.retain(|item| item != first);
        }
        Ok(order)
    }

    /// A question whose answer tells more of the server's order, where it is not known already.
    pub(super) fn compare(&self) -> Option<Ask<T>> {
        let known = match self.decides() {
            Decides::Server => self.order(),
            Decides::Unknown => Err(self.held()),
            Decides::Client | Decides::Mixed | Decides::Moot => return None,
        };
        let mut list = known.err().filter(|list| list.len() > 1)?;
        // Last what was taken last: a server that insists has an order, one that does not has none.
        let latest = self.rounds.last().map(|round| round.chosen);
        list.sort_by_key(|item| Some(*item) == latest);
        Some(self.ask(list, true))
    }

    /// Whether the next offer leaves out what is known.
    pub(super) fn is_alone(&self) -> bool {
        match self.manner {
            Manner::Client => false,
            Manner::Server => true,
            Manner::Untold => self.chosen.len() <= self.patience,
        }
    }

    /// Whether an answer may be missing because of this list.
    pub(super) fn risks(&self, ask: &Ask<T>) -> bool {
        ask.explores && !ask.list.iter().any(|item| self.holds(*item))
    }

    /// The server took `item`.
    pub(super) fn heard(&mut self, ask: &Ask<T>, item: T) {
        let was_held = self.holds(item);
        let had_any = !self.chosen.is_empty();
        let Some(place) = ask.list.iter().position(|offered| *offered == item) else {
            self.deaf = true;
            self.take(item);
            return;
        };
        let (before, _) = ask.list.split_at(place);
        let fresh = ask.list.iter().any(|offered| self.open.contains(offered));
        let risked = self.risks(ask);
        self.take(item);
        if !ask.explores {
            return;
        }
        self.rounds.push(Round { offered: ask.list.as_slice().into(), chosen: item });
        if self.manner == Manner::Untold {
            self.manner = match (risked || !had_any, was_held) {
                (false, false) => Manner::Client,
                (false, true) if fresh => Manner::Server,
                _ if self.decides() == Decides::Server => Manner::Server,
                _ => Manner::Untold,
            };
        }
        if self.manner == Manner::Client {
            self.drop_open(|open| before.contains(open));
        }
    }

    /// The server turned the hello down, and nothing but this list can be why.
    pub(super) fn refused(&mut self, ask: &Ask<T>) {
        self.drop_open(|item| ask.list.contains(item));
    }

    /// The server took nothing of this list, without turning the hello down.
    pub(super) fn passed_over(&mut self, ask: &Ask<T>) {
        self.refused(ask);
    }

    /// The server says that it has these, in its order: each counts once, and the first of very many.
    pub(super) fn declared(&mut self, items: &[T]) {
        self.declared.clear();
        for item in items {
            if self.declared.len() < MAX_DECLARED && !self.declared.contains(item) {
                self.declared.push(*item);
            }
        }
        self.open.retain(|item| !self.declared.contains(item));
    }

    pub(super) fn is_declared(&self) -> bool {
        !self.declared.is_empty()
    }

    /// Whose order the answers prove.
    pub(super) fn decides(&self) -> Decides {
        let held = |item: &T| self.holds(*item);
        let by_server = self
            .rounds
            .iter()
            .any(|round| round.offered.iter().take_while(|item| **item != round.chosen).any(held));
        let by_client = self.rounds.iter().enumerate().any(|(at, one)| {
            self.rounds.iter().skip(at).any(|other| {
                one.chosen != other.chosen
                    && one.offered.contains(&other.chosen)
                    && other.offered.contains(&one.chosen)
            })
        });
        match (by_server, by_client) {
            (true, true) => Decides::Mixed,
            (true, false) => Decides::Server,
            (false, true) => Decides::Client,
            (false, false) if self.chosen.len() < 2 && self.is_done() => Decides::Moot,
            (false, false) => Decides::Unknown,
        }
    }

    /// The facts; `expected` is what another list says about this one.
    pub(super) fn facts(&self, expected: Option<&[T]>) -> ListFacts<T> {
        let decides = self.decides();
        let order = match decides {
            Decides::Server => self.order(),
            _ => Err(Vec::new()),
        };
        let ranked = order.is_ok();
        let mut found: Vec<Found<T>> = Vec::new();
        for (place, item) in order.unwrap_or_else(|_| self.held()).into_iter().enumerate() {
            let evidence = match self.chosen.contains(&item) {
                true => Evidence::Chosen,
                false => Evidence::Declared,
            };
            found.push(Found { item, evidence, rank: ranked.then_some(place) });
        }
        let inferred = |item: &&T| expected.is_some_and(|expected| expected.contains(item));
        let unproven = self.open.iter().filter(inferred);
        found.extend(unproven.map(|item| Found {
            item: *item,
            evidence: Evidence::Inferred,
            rank: None,
        }));
        let unknown: Vec<T> = self.open.iter().filter(|item| !inferred(item)).copied().collect();
        let coverage = match (unknown.is_empty() && !self.deaf, self.open.is_empty()) {
            (true, true) => Coverage::Complete,
            (true, false) => Coverage::Inferred,
            (false, _) => Coverage::Partial,
        };
        ListFacts { found, unknown, coverage, decides }
    }

    /// Whether every answer is what a server with this order would have given.
    pub(super) fn follows(&self, order: &[T]) -> bool {
        self.rounds.iter().all(|round| {
            order.iter().find(|item| round.offered.contains(item)) == Some(&round.chosen)
        })
    }

    fn take(&mut self, item: T) {
        self.open.retain(|open| *open != item);
        if !self.chosen.contains(&item) {
            self.chosen.push(item);
        }
    }
}

/// All of them go into the next hello, which has to stay one: there are some sixty groups, and room for many unknown ones.
const MAX_DECLARED: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_declared_list_counts_each_once_and_has_an_end() {
        let mut axis = Axis::new(vec![1, 2, 70_000], 0);
        let repeated: Vec<u32> = (0..30_000).flat_map(|item| [item, item]).collect();
        axis.declared(&repeated);
        assert_eq!(axis.held(), (0..256).collect::<Vec<u32>>());
        assert_eq!(axis.open(), [70_000]);
        assert_eq!(axis.everything().list.len(), 257);
        axis.declared(&[5, 4, 5]);
        assert_eq!(axis.held(), [5, 4]);
    }
}
