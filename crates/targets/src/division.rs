//! Quotients and remainders by one divisor, exact, of a batch of numbers at once.
//!
//! Long division as it is done by hand, in digits of 16 bits (the first of 32), each by way of the divisor's reciprocal: no step
//! takes more than a product of two half words, which vectors have.

use pulp::Simd;
use pulp::WithSimd;

use crate::lanes::Batch;
use crate::lanes::low;

/// A divisor from 1 to 2^16.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Divisor {
    divisor: u64,
    /// 2^32 divided by it, rounded down, and below 2^32.
    reciprocal: u64,
}

impl Divisor {
    /// `None` where it is out of range.
    pub(crate) fn new(divisor: u64) -> Option<Self> {
        let reciprocal = u64::from(u32::MAX).min((1 << 32) / divisor.max(1));
        (1..=1 << 16).contains(&divisor).then_some(Self { divisor, reciprocal })
    }

    pub(crate) const fn get(self) -> u64 {
        self.divisor
    }

    /// Quotient and remainder of a number.
    #[inline(always)]
    pub(crate) const fn divide(self, number: u64) -> (u64, u64) {
        let (high, rest) = self.digit(number >> 32);
        let (middle, rest) = self.digit(rest << 16 | (number >> 16 & 0xffff));
        let (last, rest) = self.digit(rest << 16 | (number & 0xffff));
        ((high << 32) + (middle << 16) + last, rest)
    }

    /// The same of a number below [`SHORT`].
    #[inline(always)]
    const fn divide_short(self, number: u64) -> (u64, u64) {
        let (high, rest) = self.digit(number >> 16);
        let (last, rest) = self.digit(rest << 16 | (number & 0xffff));
        ((high << 16) + last, rest)
    }

    /// Of what is below 2^32. By way of the reciprocal the quotient is right or one too small.
    #[inline(always)]
    const fn digit(self, number: u64) -> (u64, u64) {
        let quotient = (low(number) * low(self.reciprocal)) >> 32;
        let rest = number - low(quotient) * low(self.divisor);
        let over = rest.wrapping_sub(self.divisor);
        let short = (over >> (u64::BITS - 1)).wrapping_neg();
        let rest = over.wrapping_add(self.divisor & short);
        ((quotient + 1).wrapping_add(short), rest)
    }
}

/// The division of a batch.
pub(crate) struct Divided<'a> {
    pub(crate) divisor: Divisor,
    /// Whether all are below [`SHORT`].
    pub(crate) are_short: bool,
    /// What is to be divided, and then the quotients.
    pub(crate) numbers: &'a mut Batch,
    /// In place of what is there.
    pub(crate) remainders: &'a mut Batch,
}

impl WithSimd for Divided<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let divisor = self.divisor;
        let pairs = self.numbers.iter_mut().zip(self.remainders);
        if self.are_short {
            for (number, remainder) in pairs {
                (*number, *remainder) = divisor.divide_short(*number);
            }
        } else {
            for (number, remainder) in pairs {
                (*number, *remainder) = divisor.divide(*number);
            }
        }
    }
}

/// Below this a number has two digits, of 32 and of 16 bits.
pub(crate) const SHORT: u64 = 1 << 48;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::lanes::LANES;
    use crate::lanes::widest;

    proptest! {
        #[test]
        fn division_is_exact(divisor in 1..=1_u64 << 16, number: u64) {
            let by = Divisor::new(divisor).expect("in range");
            let multiple = number / divisor * divisor;
            let mut numbers = [0; LANES];
            for (at, number) in [number, multiple, multiple.saturating_sub(1), u64::MAX].into_iter().enumerate() {
                prop_assert_eq!(by.divide(number), (number / divisor, number % divisor));
                numbers[at] = number;
            }
            for are_short in [false, true] {
                if are_short {
                    numbers.iter_mut().for_each(|number| *number %= SHORT);
                    numbers[LANES - 1] = SHORT - 1;
                }
                let (before, mut remainders) = (numbers, [7; LANES]);
                let mut quotients = numbers;
                widest(Divided {
                    divisor: by, are_short, numbers: &mut quotients, remainders: &mut remainders,
                });
                for ((number, quotient), remainder) in before.iter().zip(quotients).zip(remainders) {
                    prop_assert_eq!((quotient, remainder), (number / divisor, number % divisor));
                }
            }
        }
    }

    #[test]
    fn every_divisor_divides_what_is_around_its_multiples() {
        for divisor in 1..=1_u64 << 16 {
            let by = Divisor::new(divisor).expect("in range");
            assert_eq!(by.get(), divisor);
            for multiple in [divisor, divisor << 16, u64::MAX / divisor * divisor] {
                for number in [multiple - 1, multiple, multiple.saturating_add(1)] {
                    assert_eq!(by.divide(number), (number / divisor, number % divisor));
                }
            }
        }
        assert!(Divisor::new(0).is_none() && Divisor::new((1 << 16) + 1).is_none());
    }
}
