//! Proof that a configuration visits everything once and nothing else: a bit for each pair.

use std::fmt;
use std::net::IpAddr;
use std::ops::Range;

use crate::AddressSet;
use crate::Visits;
use crate::lanes::LANES;

/// Marks visits and tells which pairs had none or more than one.
///
/// One audit looks at a part of the indices, so that a configuration of any size is proved in the memory of a part: all visits
/// are made once per [part](Self::parts), each time before another audit.
#[derive(Debug)]
pub struct Audit<'a> {
    visits: &'a Visits,
    blocked: &'a AddressSet,
    part: Range<u64>,
    bits: Vec<u64>,
    report: AuditReport,
}

/// What an audit found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AuditReport {
    /// Pairs of the part.
    pub pairs: u64,
    /// Pairs of the part that were visited, once or more.
    pub visited: u64,
    /// Visits to pairs of the part that had one already.
    pub repeated: u64,
    /// Visits to pairs that are in another part.
    pub elsewhere: u64,
    /// Visits to what is no pair of the configuration.
    pub outside: u64,
    /// Visits to addresses that are blocked, whatever else they are.
    pub blocked: u64,
    /// The first visit that was repeated, outside or blocked.
    pub first_fault: Option<(IpAddr, u16)>,
}

impl AuditReport {
    /// Pairs that had no visit.
    pub const fn never(&self) -> u64 {
        self.pairs - self.visited
    }

    /// Whether each pair had one visit, and nothing else had any.
    pub const fn is_exact(&self) -> bool {
        self.never() == 0 && self.repeated == 0 && self.outside == 0 && self.blocked == 0
    }

    /// Of this part and others together. What is outside or blocked is seen in each part, so that it counts once.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            pairs: self.pairs + other.pairs,
            visited: self.visited + other.visited,
            repeated: self.repeated + other.repeated,
            elsewhere: 0,
            outside: self.outside.max(other.outside),
            blocked: self.blocked.max(other.blocked),
            first_fault: self.first_fault.or(other.first_fault),
        }
    }
}

impl fmt::Display for AuditReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { pairs, visited, repeated, outside, blocked, .. } = self;
        write!(
            f,
            "{pairs} pairs: {visited} visited, {} never, {repeated} visits repeated, {outside} outside, {blocked} blocked",
            self.never()
        )
    }
}

impl<'a> Audit<'a> {
    /// The most indices of a part: a bitmap of 1 GiB.
    pub const MAX_PART: u64 = 1 << 33;

    /// The parts of as many indices, as few and as even as can be.
    pub fn parts(len: u64) -> impl Iterator<Item = Range<u64>> {
        let count = len.div_ceil(Self::MAX_PART).max(1);
        let size = len.div_ceil(count);
        (0..count).map(move |part| (part * size).min(len)..((part + 1) * size).min(len))
    }

    /// Of these indices, with nothing visited.
    ///
    /// # Errors
    /// [`TooLargeForMemory`] for more than [`MAX_PART`](Self::MAX_PART).
    pub fn new(
        visits: &'a Visits,
        blocked: &'a AddressSet,
        part: Range<u64>,
    ) -> Result<Self, TooLargeForMemory> {
        let part = part.start.min(visits.len())..part.end.min(visits.len());
        let pairs = part.end.saturating_sub(part.start);
        if pairs > Self::MAX_PART {
            return Err(TooLargeForMemory { pairs });
        }
        let words = usize::try_from(pairs.div_ceil(u64::from(u64::BITS)));
        let bits = vec![0; words.map_err(|_| TooLargeForMemory { pairs })?];
        let report = AuditReport { pairs, ..AuditReport::default() };
        Ok(Self { visits, blocked, part, bits, report })
    }

    /// Notes these visits, a batch at a time, so that they wait for the bitmap together.
    pub fn mark(&mut self, pairs: impl IntoIterator<Item = (IpAddr, u16)>) {
        let mut batch = Vec::with_capacity(LANES);
        let mut pairs = pairs.into_iter().peekable();
        while pairs.peek().is_some() {
            batch.extend(pairs.by_ref().take(LANES).filter_map(|(address, port)| {
                self.place(address, port).map(|place| (place, address, port))
            }));
            for (place, address, port) in batch.drain(..) {
                self.set(place, address, port);
            }
        }
    }

    /// Where a visit has its bit, if it is one of the part.
    #[inline]
    fn place(&mut self, address: IpAddr, port: u16) -> Option<u64> {
        if self.blocked.contains(address) {
            self.report.blocked += 1;
            self.fault(address, port);
        }
        let Some(index) = self.visits.index(address, port) else {
            self.report.outside += 1;
            self.fault(address, port);
            return None;
        };
        if !self.part.contains(&index) {
            self.report.elsewhere += 1;
            return None;
        }
        Some(index - self.part.start)
    }

    #[inline]
    fn set(&mut self, place: u64, address: IpAddr, port: u16) {
        let word = usize::try_from(place / u64::from(u64::BITS)).expect("the bitmap is in memory");
        let bit = 1 << (place % u64::from(u64::BITS));
        let word = self.bits.get_mut(word).expect("the bitmap has the whole part");
        let known = *word & bit != 0;
        *word |= bit;
        if known {
            self.report.repeated += 1;
            self.fault(address, port);
        }
    }

    /// What was found so far.
    pub fn report(&self) -> AuditReport {
        let visited = self.bits.iter().map(|word| u64::from(word.count_ones())).sum();
        AuditReport { visited, ..self.report }
    }

    #[cold]
    fn fault(&mut self, address: IpAddr, port: u16) {
        self.report.first_fault.get_or_insert((address, port));
    }
}

/// More pairs than one audit can hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLargeForMemory {
    /// How many there are.
    pub pairs: u64,
}

impl fmt::Display for TooLargeForMemory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} pairs are more than one bitmap is made for; audit them in parts", self.pairs)
    }
}

impl std::error::Error for TooLargeForMemory {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Grid;
    use crate::PairList;
    use crate::Space;

    fn set(prefixes: &[&str]) -> AddressSet {
        prefixes.iter().map(|text| text.parse::<ipnet::IpNet>().expect("a prefix")).collect()
    }

    fn visits() -> Visits {
        let space = Space::new(&set(&["192.0.2.0/26", "2001:db8::/124"])).expect("small");
        Visits::Grid(Grid::new(space, &[25, 443]).expect("small"))
    }

    #[test]
    fn each_fault_has_its_count() {
        let visits = visits();
        let blocked = set(&["192.0.2.7/32"]);
        let mut audit = Audit::new(&visits, &blocked, 0..visits.len()).expect("small");
        let pairs: Vec<_> = (0..visits.len()).filter_map(|index| visits.at(index)).collect();
        let open = |pair: &&(IpAddr, u16)| !blocked.contains(pair.0);
        audit.mark(pairs.iter().rev().filter(open).copied());
        let clean = audit.report();
        assert_eq!(
            (clean.pairs, clean.visited, clean.never(), clean.first_fault),
            (160, 158, 2, None)
        );
        // Visits that are outside, or were before, more than fit a batch.
        let mut batched = Audit::new(&visits, &blocked, 0..visits.len()).expect("small");
        let strange = ("192.0.2.64".parse().expect("an address"), 25);
        let known = pairs.iter().filter(open).copied();
        batched.mark(std::iter::repeat_n(strange, 70).chain(known.clone()).chain(known));
        let found = batched.report();
        assert_eq!((found.visited, found.repeated, found.outside), (158, 158, 70));
        assert!(!clean.is_exact());
        let faults = [("192.0.2.9", 25), ("192.0.2.9", 26), ("192.0.2.64", 25), ("192.0.2.7", 443)];
        for (address, port) in faults {
            audit.mark([(address.parse().expect("an address"), port)]);
        }
        let report = audit.report();
        assert_eq!(
            report.to_string(),
            "160 pairs: 159 visited, 1 never, 1 visits repeated, 2 outside, 1 blocked"
        );
        assert_eq!(report.first_fault, Some(("192.0.2.9".parse().expect("an address"), 25)));
    }

    #[test]
    fn parts_together_are_the_whole() {
        let visits = visits();
        let nobody = AddressSet::default();
        let mut whole = AuditReport::default();
        for part in [0..64, 64..65, 65..160] {
            let mut audit = Audit::new(&visits, &nobody, part.clone()).expect("small");
            audit.mark((0..visits.len()).filter_map(|index| visits.at(index)));
            audit.mark([("192.0.2.0".parse().expect("an address"), 443)]);
            let report = audit.report();
            assert_eq!(report.visited, part.end - part.start);
            assert_eq!(report.visited + report.repeated + report.elsewhere, 161);
            whole = whole.and(report);
        }
        assert_eq!((whole.pairs, whole.visited, whole.repeated), (160, 160, 1));
        assert!(!whole.is_exact());
    }

    #[test]
    fn parts_are_even_and_none_is_too_large() {
        for len in [0, 1, Audit::MAX_PART, Audit::MAX_PART + 1, (1 << 32) * 14, (1 << 40) + 7] {
            let mut end = 0;
            for part in Audit::parts(len) {
                assert_eq!(part.start, end);
                assert!(part.end - part.start <= Audit::MAX_PART);
                end = part.end;
            }
            assert_eq!(end, len);
        }
        let space = Space::new(&set(&["0.0.0.0/0"])).expect("small enough");
        let all = Visits::Grid(Grid::new(space, &[25, 143, 443]).expect("small enough"));
        let error = Audit::new(&all, &AddressSet::default(), 0..all.len()).expect_err("too large");
        assert_eq!(error, TooLargeForMemory { pairs: 3 << 32 });
    }

    #[test]
    fn lists_are_audited_too() {
        let pairs: PairList = [("192.0.2.1", 25), ("2001:db8::1", 443)]
            .map(|(address, port)| (address.parse().expect("an address"), port))
            .into_iter()
            .collect();
        let visits = Visits::List(pairs);
        let nobody = AddressSet::default();
        let mut audit = Audit::new(&visits, &nobody, 0..u64::MAX).expect("small");
        audit.mark((0..2).filter_map(|index| visits.at(index)));
        assert!(audit.report().is_exact());
    }
}
