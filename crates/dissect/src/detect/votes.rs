//! How much speaks for each protocol.

use crate::findings::Foreign;
use crate::speech::Via;

/// How much speaks for a protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Weight {
    /// It can be, as other protocols can.
    Possible,
    /// It may well be.
    Likely,
    /// Nothing else begins so.
    Sure,
}

impl Weight {
    const ALL: [Self; 3] = [Self::Possible, Self::Likely, Self::Sure];
}

/// What one side's bytes say, read as one role's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Votes {
    /// For protocols of ours.
    pub(crate) ours: Weights,
    /// A protocol that is not ours.
    pub(crate) foreign: Option<Foreign>,
    /// More bytes would change this.
    pub(crate) open: bool,
}

impl Votes {
    /// For one protocol.
    pub(crate) fn for_one(via: Via, weight: Weight) -> Self {
        Self::for_some(&[via], weight)
    }

    /// For some.
    pub(crate) fn for_some(vias: &[Via], weight: Weight) -> Self {
        Self { ours: Weights::of(vias, weight), foreign: None, open: weight != Weight::Sure }
    }

    /// Another protocol's.
    pub(crate) fn not_ours(foreign: Foreign) -> Self {
        Self { ours: Weights::default(), foreign: Some(foreign), open: false }
    }

    /// These, and then somebody else's words: no more is to be waited for.
    pub(crate) fn and_not_ours(self, foreign: Foreign) -> Self {
        Self { foreign: Some(foreign), open: false, ..self }
    }

    /// Too little to say.
    pub(crate) fn too_little() -> Self {
        Self { ours: Weights::default(), foreign: None, open: true }
    }

    /// How much speaks for one protocol.
    pub(crate) fn weight(&self, via: Via) -> Option<Weight> {
        self.ours.get(via)
    }

    /// What a further piece says: the surer counts.
    pub(crate) fn add(&mut self, other: Self) {
        self.ours.add(other.ours);
        self.foreign = self.foreign.or(other.foreign);
        self.open = other.open;
    }
}

/// How much speaks for each protocol of ours: per [`Weight`] the set of those that have it or more, a [bit](bit) for each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Weights([u8; Weight::ALL.len()]);

impl Weights {
    /// Something speaks for these.
    fn of(vias: &[Via], weight: Weight) -> Self {
        Self::with(vias.iter().fold(0, |set, via| set | bit(*via)), weight)
    }

    fn with(set: u8, weight: Weight) -> Self {
        Self(Weight::ALL.map(|level| if level <= weight { set } else { 0 }))
    }

    /// What speaks for one.
    fn get(&self, via: Via) -> Option<Weight> {
        self.greatest(bit(via))
    }

    /// What speaks for the one that has most.
    pub(crate) fn best(&self) -> Option<Weight> {
        self.greatest(u8::MAX)
    }

    fn greatest(&self, of: u8) -> Option<Weight> {
        let levels = self.0.iter().zip(Weight::ALL).rev();
        levels.filter(|(set, _)| *set & of != 0).map(|(_, level)| level).next()
    }

    /// Nothing speaks for any.
    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Those of which something speaks here or there, in the order of [`Via::ALL`].
    pub(crate) fn either(&self, other: &Self) -> impl Iterator<Item = Via> {
        let [ours, ..] = self.0;
        let [theirs, ..] = other.0;
        let set = ours | theirs;
        let vias: &[Via] = if set == 0 { &[] } else { &Via::ALL };
        vias.iter().copied().filter(move |via| set & bit(*via) != 0)
    }

    /// For each the greater.
    pub(crate) fn add(&mut self, other: Self) {
        for (set, more) in self.0.iter_mut().zip(other.0) {
            *set |= more;
        }
    }

    /// The same protocols, each with this weight.
    pub(crate) fn all_with(&self, weight: Weight) -> Self {
        let [any, ..] = self.0;
        Self::with(any, weight)
    }
}

const fn bit(via: Via) -> u8 {
    match via {
        Via::Direct => 1,
        Via::Imap => 1 << 1,
        Via::Irc => 1 << 2,
        Via::Lmtp => 1 << 3,
        Via::Pop3 => 1 << 4,
        Via::Smtp => 1 << 5,
        Via::XmppC2s => 1 << 6,
        Via::XmppS2s => 1 << 7,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_greater_weight_counts() {
        let mut weights = Weights::of(&[Via::Smtp, Via::Irc], Weight::Likely);
        weights.add(Weights::of(&[Via::Smtp], Weight::Possible));
        weights.add(Weights::of(&[Via::Irc], Weight::Sure));
        weights.add(Weights::of(&[Via::Pop3], Weight::Possible));
        let expected = [
            (Via::Direct, None),
            (Via::Irc, Some(Weight::Sure)),
            (Via::Pop3, Some(Weight::Possible)),
            (Via::Smtp, Some(Weight::Likely)),
        ];
        for (via, weight) in expected {
            assert_eq!(weights.get(via), weight, "{via:?}");
        }
        assert_eq!(weights.best(), Some(Weight::Sure));
        assert_eq!(Weights::default().best(), None);
        let leveled = Weights::of(&[Via::Irc, Via::Pop3, Via::Smtp], Weight::Likely);
        assert_eq!(weights.all_with(Weight::Likely), leveled);
        let both: Vec<Via> = weights.either(&Weights::of(&[Via::Imap], Weight::Possible)).collect();
        assert_eq!(both, [Via::Imap, Via::Irc, Via::Pop3, Via::Smtp]);
    }

    #[test]
    fn each_protocol_has_its_bit() {
        let all = Via::ALL.iter().fold(0, |set, via| set | bit(*via));
        assert_eq!(all, u8::MAX);
    }
}
