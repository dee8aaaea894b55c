//! Nothing lost, and nothing unclear: kills, signals, full disks, what cannot be read or written, and what was typed wrongly.

#![expect(clippy::unwrap_used, reason = "tests")]

pub(crate) mod disk;
mod kills;
mod lists;
mod names;
mod order;
mod places;
mod scene;
mod signals;
mod words;
