//! Whatever is captured: no panic, no more memory than stated, each packet counted in its place, and whoever belongs there is found.
//!
//! Memory is what the tests' own thread has allocated at most, to the byte. `TLSCENSUS_STORM=N` asks for N damaged captures.

mod cuts;
mod damage;
mod endless;
mod floods;
mod week;
