//! The monitor as a whole.

mod hostile;
mod storm;
