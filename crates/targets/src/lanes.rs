//! Batches of numbers, so that each step of a way to a target is taken for many of them at once.
//!
//! What waits for a product or for memory then waits beside others, and loops over a batch become vector instructions: of the
//! kind that this very processor has, whatever the program was built for.

use pulp::Arch;
use pulp::WithSimd;

/// As many numbers as a step is taken for: more than a processor has under way at once.
pub(crate) const LANES: usize = 64;

/// Numbers that take their steps together.
pub(crate) type Batch = [u64; LANES];

/// Does this with the widest vectors that the processor has.
#[inline]
pub(crate) fn widest<Job: WithSimd>(job: Job) -> Job::Output {
    Arch::new().dispatch(job)
}

/// The lower half of a word. Of two of these, vectors take a product in one instruction.
#[inline(always)]
pub(crate) const fn low(word: u64) -> u64 {
    word & 0xffff_ffff
}
