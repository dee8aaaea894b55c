//! Medians and their spread: on a busy machine a mean says little.

use std::fmt;

/// Several measurements of the same thing.
#[derive(Clone, Debug, Default)]
pub(crate) struct Figures(Vec<f64>);

impl Figures {
    /// Adds one.
    pub(crate) fn push(&mut self, figure: f64) {
        self.0.push(figure);
        self.0.sort_by(f64::total_cmp);
    }

    /// The one in the middle; of two, the upper one.
    pub(crate) fn median(&self) -> f64 {
        self.0.get(self.0.len() / 2).copied().unwrap_or(f64::NAN)
    }
}

/// Median, then the least and the greatest.
impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (least, greatest) = (self.0.first(), self.0.last());
        let end = |figure: Option<&f64>| figure.copied().unwrap_or(f64::NAN);
        let places = f.precision().unwrap_or(0);
        write!(f, "{:.places$} ({:.places$}–{:.places$})", self.median(), end(least), end(greatest))
    }
}
