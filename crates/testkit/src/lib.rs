//! Dev only: scripted servers, crowds of them, real daemons, captures made and read by others.

pub mod capture;
pub mod crowd;
pub mod daemons;
pub mod expected;
pub mod load;
pub mod netns;
pub mod scripted;
pub mod sessions;
pub mod tshark;
