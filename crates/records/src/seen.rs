//! Five ways of having or not having a value.

use crate::word::words;

words! {
    /// What NULL alone would merge: the word column beside a value.
    #[derive(Default)]
    pub enum Presence {
        /// The peer sent it (it may be empty).
        Seen => "seen",
        /// We looked, the peer did not send it.
        Absent => "absent",
        /// Encrypted from us.
        Hidden => "hidden",
        /// It ended before.
        #[default]
        Unreached => "unreached",
        /// This run did not ask.
        Unasked => "unasked",
    }
}

/// A value, or which of the four ways of not having it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Seen<T> {
    /// The peer sent it (it may be empty).
    Seen(T),
    /// We looked, the peer did not send it.
    Absent,
    /// Encrypted from us.
    Hidden,
    /// It ended before.
    #[default]
    Unreached,
    /// This run did not ask.
    Unasked,
}

impl<T> Seen<T> {
    /// The word alone.
    pub const fn presence(&self) -> Presence {
        match self {
            Self::Seen(_) => Presence::Seen,
            Self::Absent => Presence::Absent,
            Self::Hidden => Presence::Hidden,
            Self::Unreached => Presence::Unreached,
            Self::Unasked => Presence::Unasked,
        }
    }

    /// The two columns: value and word.
    pub fn split(self) -> (Option<T>, Presence) {
        let presence = self.presence();
        match self {
            Self::Seen(value) => (Some(value), presence),
            _ => (None, presence),
        }
    }

    /// The same presence of another value.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Seen<U> {
        match self {
            Self::Seen(value) => Seen::Seen(change(value)),
            Self::Absent => Seen::Absent,
            Self::Hidden => Seen::Hidden,
            Self::Unreached => Seen::Unreached,
            Self::Unasked => Seen::Unasked,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_seen_value_is_a_value() {
        let cases = [
            (Seen::Seen(""), Some(""), "seen"),
            (Seen::Absent, None, "absent"),
            (Seen::Hidden, None, "hidden"),
            (Seen::Unreached, None, "unreached"),
            (Seen::Unasked, None, "unasked"),
        ];
        for (seen, value, word) in cases {
            let (found, presence) = seen.map(|text| text).split();
            assert_eq!((found, presence.word()), (value, word));
        }
    }
}
