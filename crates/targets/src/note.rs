//! What a blocklist says behind a prefix: when, on whose wish, and why.

use std::fmt;

/// The comment of an entry: `DATE; REQUESTER; REASON` in registers of ours, anything in lists of others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Note {
    /// The day it was asked for, `YYYY-MM-DD`, where it is told.
    pub date: Option<String>,
    /// Who asked, where it is told.
    pub requester: Option<String>,
    /// Why: all of a comment that is not of our form.
    pub reason: String,
}

impl Note {
    /// Reads a comment.
    pub fn read(comment: &str) -> Self {
        let mut fields = comment.splitn(3, ';').map(str::trim);
        match (fields.next(), fields.next(), fields.next()) {
            (Some(date), Some(requester), Some(reason)) if is_date(date) => Self {
                date: Some(date.to_owned()),
                requester: (!requester.is_empty()).then(|| requester.to_owned()),
                reason: reason.to_owned(),
            },
            _ => Self { reason: comment.trim().to_owned(), ..Self::default() },
        }
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.date {
            Some(date) => {
                write!(
                    f,
                    "{date}; {}; {}",
                    self.requester.as_deref().unwrap_or_default(),
                    self.reason
                )
            }
            None => write!(f, "{}", self.reason),
        }
    }
}

/// Whether a text is a day as `2026-11-24`, months and days in their bounds.
pub fn is_date(text: &str) -> bool {
    let fields: Vec<&str> = text.split('-').collect();
    let [year, month, day] = fields.as_slice() else { return false };
    let number = |text: &str, length: usize| {
        let digits = text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| text.parse::<u16>().ok()).flatten()
    };
    let (month, day) = (number(month, 2), number(day, 2));
    number(year, 4).is_some()
        && month.is_some_and(|month| (1..=12).contains(&month))
        && day.is_some_and(|day| (1..=31).contains(&day))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_of_ours_come_back_and_those_of_others_are_reasons() {
        let ours = "2015-06-09; noc@example.net; asked by mail; twice";
        let note = Note::read(ours);
        assert_eq!(note.date.as_deref(), Some("2015-06-09"));
        assert_eq!(note.requester.as_deref(), Some("noc@example.net"));
        assert_eq!(note.reason, "asked by mail; twice");
        assert_eq!(note.to_string(), ours);
        for other in ["", "asked", "a; b; c", "2015-13-01; a; b", "2015-6-9; a; b", "2015-06-09; a"]
        {
            let note = Note::read(other);
            assert_eq!((note.reason.as_str(), note.date), (other, None), "{other}");
        }
    }
}
