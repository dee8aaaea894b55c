//! What is in flight, in the order in which it began: in, out, and the oldest, in the same short time each.

/// Values by their places, in the order in which they came. A place is taken again once its value is gone, so that there are
/// never more places than were needed at once.
#[derive(Debug)]
pub(crate) struct InFlight<T> {
    slots: Vec<Slot<T>>,
    free: Option<usize>,
    oldest: Option<usize>,
    newest: Option<usize>,
    length: usize,
}

#[derive(Debug)]
struct Slot<T> {
    /// `None`: it is free, and `newer` is the next one that is.
    value: Option<T>,
    older: Option<usize>,
    newer: Option<usize>,
}

impl<T> InFlight<T> {
    pub(crate) const fn new() -> Self {
        Self { slots: Vec::new(), free: None, oldest: None, newest: None, length: 0 }
    }

    pub(crate) const fn len(&self) -> usize {
        self.length
    }

    /// Takes a value and says its place.
    pub(crate) fn insert(&mut self, value: T) -> usize {
        let slot = Slot { value: Some(value), older: None, newer: None };
        let vacant = self.free.and_then(|place| Some((place, self.slots.get_mut(place)?)));
        let place = match vacant {
            Some((place, vacant)) => {
                self.free = vacant.newer;
                *vacant = slot;
                place
            }
            None => {
                self.slots.push(slot);
                self.slots.len() - 1
            }
        };
        self.link(self.newest, Some(place));
        self.link(Some(place), None);
        self.length += 1;
        place
    }

    /// The value of this place, which is free from now on; `None` if it was free before.
    pub(crate) fn remove(&mut self, place: usize) -> Option<T> {
        let slot = self.slots.get_mut(place)?;
        let value = slot.value.take()?;
        let (older, newer) = (slot.older, slot.newer);
        slot.newer = self.free;
        self.free = Some(place);
        self.link(older, newer);
        self.length -= 1;
        Some(value)
    }

    pub(crate) fn get(&self, place: usize) -> Option<&T> {
        self.slots.get(place)?.value.as_ref()
    }

    /// The one that came before all others, and its place.
    pub(crate) fn oldest(&self) -> Option<(usize, &T)> {
        let place = self.oldest?;
        Some((place, self.get(place)?))
    }

    /// Makes these two neighbours; `None` is the end.
    fn link(&mut self, older: Option<usize>, newer: Option<usize>) {
        match older.and_then(|older| self.slots.get_mut(older)) {
            Some(slot) => slot.newer = newer,
            None => self.oldest = newer,
        }
        match newer.and_then(|newer| self.slots.get_mut(newer)) {
            Some(slot) => slot.older = older,
            None => self.newest = older,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Beside a plain list of places and values.
        #[test]
        fn it_does_what_a_list_does(steps in proptest::collection::vec((any::<bool>(), 0_usize..40), 1..200)) {
            let mut in_flight = InFlight::new();
            let mut model: Vec<(usize, usize)> = Vec::new();
            let mut most = 0;
            for (number, (comes, which)) in steps.into_iter().enumerate() {
                if comes {
                    let place = in_flight.insert(number);
                    prop_assert!(model.iter().all(|(other, _)| *other != place));
                    model.push((place, number));
                } else {
                    let at = model.iter().position(|(place, _)| *place == which);
                    let expected = at.map(|at| model.remove(at).1);
                    prop_assert_eq!(in_flight.remove(which), expected);
                }
                most = most.max(model.len());
                prop_assert_eq!(in_flight.len(), model.len());
                prop_assert_eq!(in_flight.slots.len(), most, "no more places than were needed at once");
                let oldest = in_flight.oldest().map(|(place, value)| (place, *value));
                prop_assert_eq!(oldest, model.first().copied());
            }
        }
    }
}
