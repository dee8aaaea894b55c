//! The runs of a batch by AVX2, which compares all ranks of a line at once.

use pulp::Arch;
use pulp::NullaryFnOnce;
use pulp::cast;
use pulp::x86::V3;

use super::Runs;
use crate::lanes::Batch;
use crate::lanes::LANES;

/// Finds the addresses with these indices; `false` where the processor has not all of x86-64-v3.
#[inline]
pub(super) fn find(runs: &Runs, indices: &Batch, found: &mut [u32; LANES]) -> bool {
    let Arch::V3(simd) = Arch::new() else {
        return false;
    };
    simd.vectorize(Find { simd, runs, indices, found });
    true
}

struct Find<'a> {
    simd: V3,
    runs: &'a Runs,
    indices: &'a Batch,
    found: &'a mut [u32; LANES],
}

impl NullaryFnOnce for Find<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Self { simd, runs, indices, found } = self;
        runs.find(indices, found, |line, rank| {
            let (words, _) = line.0.as_chunks::<16>();
            let passed = simd.cmp_le_u16x16(cast(words[0]), simd.splat_u16x16(rank));
            // Two bits for each word, of which the last two are no ranks.
            let bits = simd.avx2._mm256_movemask_epi8(cast(passed)) & 0x0fff_ffff;
            usize::try_from(bits.count_ones() / 2).expect("at most 16")
        });
    }
}
