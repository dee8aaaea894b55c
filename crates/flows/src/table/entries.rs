//! The places of a table: found by print, in the order of their idleness.

use hashbrown::HashTable;

use crate::calendar::Calendar;
use crate::calendar::Class;
use crate::endpoints::Print;
use crate::entry::Entry;
use crate::entry::State;
use crate::number::u32_from;
use crate::number::usize_from;

/// Entries by their ids, which are reused.
#[derive(Debug)]
pub(super) struct Entries<L> {
    index: HashTable<u32>,
    places: Vec<Entry<L>>,
    free: u32,
    pub(super) calendar: Calendar,
}

impl<L> Entries<L> {
    pub(super) fn new(timeouts: [u32; 5]) -> Self {
        Self {
            index: HashTable::new(),
            places: Vec::new(),
            free: NOBODY,
            calendar: Calendar::new(timeouts),
        }
    }

    /// How many are in use.
    pub(super) fn count(&self) -> usize {
        self.index.len()
    }

    /// One above every id.
    pub(super) fn end(&self) -> u32 {
        u32_from(self.places.len())
    }

    /// The id of a print.
    #[inline]
    pub(super) fn find(&self, print: &Print) -> Option<u32> {
        let places = &self.places;
        let is_it = |id: &u32| places.get(usize_from(*id)).is_some_and(|it| it.print == *print);
        self.index.find(print.place, is_it).copied()
    }

    /// Brings what is kept of a print from memory, so that it is there when it is asked for.
    #[inline]
    pub(super) fn touch(&self, print: &Print) {
        let Some(id) = self.find(print) else {
            return;
        };
        match &self.get(id).state {
            State::Live(live) => live.flow.touch(),
            State::Counted(flow) => flow.touch(),
            _ => {}
        }
    }

    /// An entry, of an id that may be free.
    #[inline]
    pub(super) fn get(&self, id: u32) -> &Entry<L> {
        self.places.get(usize_from(id)).expect("ids are places that were taken")
    }

    /// As [`get`](Self::get).
    #[inline]
    pub(super) fn get_mut(&mut self, id: u32) -> &mut Entry<L> {
        self.places.get_mut(usize_from(id)).expect("ids are places that were taken")
    }

    /// Takes a place for a print that is not there yet.
    pub(super) fn insert(&mut self, print: Print, beat: u32, state: State<L>) -> u32 {
        let entry = Entry::new(print, beat, state);
        let id = if self.free == NOBODY {
            self.places.push(entry);
            u32_from(self.places.len() - 1)
        } else {
            let id = self.free;
            let place = self.get_mut(id);
            let State::Free(next) = std::mem::replace(place, entry).state else {
                unreachable!("the list of free places holds free places");
            };
            self.free = next;
            id
        };
        let places = &self.places;
        let place = |id: &u32| places.get(usize_from(*id)).map_or(0, |it| it.print.place);
        self.index.insert_unique(print.place, id, place);
        id
    }

    /// Frees a place; gives the state it was in.
    pub(super) fn remove(&mut self, id: u32) -> State<L> {
        self.calendar.remove(id);
        let free = self.free;
        let entry = self.get_mut(id);
        let state = std::mem::replace(&mut entry.state, State::Free(free));
        let place = entry.print.place;
        if let Ok(found) = self.index.find_entry(place, |other| *other == id) {
            found.remove();
        }
        self.free = id;
        state
    }

    /// Takes the state out of an entry, to be put back or replaced before anything else is done.
    #[inline]
    pub(super) fn take(&mut self, id: u32) -> State<L> {
        std::mem::replace(&mut self.get_mut(id).state, State::Tombstone)
    }

    /// The entry of a class that is idle longest, and the beat of its last packet.
    pub(super) fn idlest_of(&mut self, class: Class) -> Option<(u32, u32)> {
        loop {
            let id = self.calendar.oldest(class)?;
            let seen = self.get(id).seen;
            // What waits for a hole is filed by the age of that.
            if class == Class::Waiting || self.calendar.is_filed(id, class, seen) {
                return Some((id, seen));
            }
            self.calendar.file(id, class, seen);
        }
    }

    /// The entry of any class that is idle longest.
    pub(super) fn idlest(&mut self) -> Option<u32> {
        let of_classes = Class::ALL.map(|class| self.idlest_of(class));
        of_classes.into_iter().flatten().min_by_key(|(_, seen)| *seen).map(|(id, _)| id)
    }
}

/// No entry.
const NOBODY: u32 = u32::MAX;
