//! Arithmetic modulo an odd number of any size: for the keys, groups and curves that the library refuses. Not in constant
//! time: this client protects nobody's secrets.

use std::cmp::Ordering;

/// `base` to the power of `exponent` modulo `modulus`, all big-endian; the result is as long as the modulus.
///
/// `None` where the modulus is even or not above one, where the base is not below it, or where the numbers are longer
/// than [`MAX_MODULUS_LEN`] and [`MAX_PUBLIC_EXPONENT_LEN`] bytes.
pub(crate) fn power(base: &[u8], exponent: &[u8], modulus: &[u8]) -> Option<Vec<u8>> {
    if trimmed(exponent).len() > MAX_PUBLIC_EXPONENT_LEN {
        return None;
    }
    let modulus = Modulus::new(modulus)?;
    let base = modulus.residue(base)?;
    Some(modulus.number(&modulus.power(&base, exponent)))
}

/// An odd number, and arithmetic on residues times R = 2^(64 × limbs), where reduction needs no division
/// (Montgomery, 1985).
#[derive(Clone, Debug)]
pub(crate) struct Modulus {
    /// Least significant limb first.
    limbs: Vec<u64>,
    /// Bytes without leading zeros.
    len: usize,
    /// -1/modulus modulo 2^64.
    inverse: u64,
    /// R² modulo the modulus.
    r_squared: Vec<u64>,
}

/// A number below a modulus, in that modulus' form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Residue(Vec<u64>);

impl Modulus {
    /// `None` where the number, big-endian, is even, one, or longer than [`MAX_MODULUS_LEN`] bytes.
    pub(crate) fn new(number: &[u8]) -> Option<Self> {
        let number = trimmed(number);
        let odd = number.last().is_some_and(|byte| byte & 1 == 1);
        if !odd || number == [1] || number.len() > MAX_MODULUS_LEN {
            return None;
        }
        let limbs = limbs(number, number.len());
        // Newton's iteration doubles the number of right bits: 3, 6, 12, 24, 48, 96.
        let mut inverse = limbs[0];
        for _ in 0..5 {
            let error = 2_u64.wrapping_sub(limbs[0].wrapping_mul(inverse));
            inverse = inverse.wrapping_mul(error);
        }
        let inverse = inverse.wrapping_neg();
        let mut modulus = Self { limbs, len: number.len(), inverse, r_squared: Vec::new() };
        modulus.r_squared = modulus.square_of_r();
        Some(modulus)
    }

    /// Bytes of the modulus and of every [`number`](Self::number) below it.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    pub(crate) fn bits(&self) -> usize {
        let top = self.limbs.last().expect("not empty").leading_zeros();
        self.limbs.len() * LIMB_BITS - usize::try_from(top).expect("at most 64")
    }

    /// The modulus less `amount`, big-endian.
    pub(crate) fn less(&self, amount: u64) -> Vec<u8> {
        let mut borrow = false;
        let mut subtrahend = amount;
        let mut limbs = self.limbs.clone();
        for limb in &mut limbs {
            (*limb, borrow) = limb.borrowing_sub(subtrahend, borrow);
            subtrahend = 0;
        }
        self.bytes(&limbs)
    }

    /// Big-endian; `None` where the number is not below the modulus.
    pub(crate) fn residue(&self, number: &[u8]) -> Option<Residue> {
        let number = trimmed(number);
        if number.len() > self.len {
            return None;
        }
        let limbs = limbs(number, self.len);
        (compare(&limbs, &self.limbs) == Ordering::Less)
            .then(|| Residue(self.product(&limbs, &self.r_squared)))
    }

    /// What is left of any number, big-endian.
    pub(crate) fn reduced(&self, number: &[u8]) -> Residue {
        let one = self.one();
        let mut result = self.zero();
        for bit in bits(number) {
            result = self.double(&result);
            if bit {
                result = self.add(&result, &one);
            }
        }
        result
    }

    /// As many leading bits of a hash as the modulus has (FIPS 186-5, section 6.4.2).
    pub(crate) fn leftmost(&self, digest: &[u8]) -> Residue {
        let surplus = (digest.len() * 8).saturating_sub(self.bits());
        let (bytes, bits) = (surplus / 8, surplus % 8);
        let kept = digest.get(..digest.len() - bytes).unwrap_or_default();
        let mut above = 0;
        let shifted: Vec<u8> = kept
            .iter()
            .map(|byte| {
                let pair = u16::from_be_bytes([above, *byte]) >> bits;
                above = *byte;
                pair.to_be_bytes()[1]
            })
            .collect();
        self.reduced(&shifted)
    }

    /// Big-endian, as long as the modulus.
    pub(crate) fn number(&self, residue: &Residue) -> Vec<u8> {
        let mut one = vec![0; self.limbs.len()];
        one[0] = 1;
        self.bytes(&self.product(&residue.0, &one))
    }

    pub(crate) fn zero(&self) -> Residue {
        Residue(vec![0; self.limbs.len()])
    }

    pub(crate) fn one(&self) -> Residue {
        let width = self.limbs.len() * LIMB_BITS;
        let bits = self.bits();
        let mut value = vec![0; self.limbs.len()];
        value[(bits - 1) / LIMB_BITS] = 1 << ((bits - 1) % LIMB_BITS);
        let mut value = Residue(value);
        for _ in bits - 1..width {
            value = self.double(&value);
        }
        value
    }

    pub(crate) fn is_zero(&self, residue: &Residue) -> bool {
        residue.0.iter().all(|limb| *limb == 0)
    }

    pub(crate) fn add(&self, a: &Residue, b: &Residue) -> Residue {
        let mut sum = Vec::with_capacity(self.limbs.len());
        let mut carry = false;
        for (a, b) in a.0.iter().zip(&b.0) {
            let (limb, over) = a.carrying_add(*b, carry);
            sum.push(limb);
            carry = over;
        }
        self.reduce_once(&mut sum, u64::from(carry));
        Residue(sum)
    }

    pub(crate) fn double(&self, a: &Residue) -> Residue {
        self.add(a, a)
    }

    pub(crate) fn subtract(&self, a: &Residue, b: &Residue) -> Residue {
        let mut difference = Vec::with_capacity(self.limbs.len());
        let mut borrow = false;
        for (a, b) in a.0.iter().zip(&b.0) {
            let (limb, under) = a.borrowing_sub(*b, borrow);
            difference.push(limb);
            borrow = under;
        }
        if borrow {
            let mut carry = false;
            for (limb, modulus) in difference.iter_mut().zip(&self.limbs) {
                (*limb, carry) = limb.carrying_add(*modulus, carry);
            }
        }
        Residue(difference)
    }

    pub(crate) fn multiply(&self, a: &Residue, b: &Residue) -> Residue {
        Residue(self.product(&a.0, &b.0))
    }

    pub(crate) fn square(&self, a: &Residue) -> Residue {
        self.multiply(a, a)
    }

    /// `exponent` is big-endian; the time it takes grows with its length.
    pub(crate) fn power(&self, base: &Residue, exponent: &[u8]) -> Residue {
        let mut result = self.one();
        for bit in bits(trimmed(exponent)) {
            result = self.square(&result);
            if bit {
                result = self.multiply(&result, base);
            }
        }
        result
    }

    /// `None` where there is none; where the modulus is no prime, it may not be found.
    pub(crate) fn inverse(&self, a: &Residue) -> Option<Residue> {
        let inverse = self.power(a, &self.less(2));
        (self.multiply(a, &inverse) == self.one()).then_some(inverse)
    }

    /// By adding exponents of two: `R·2^a × R·2^b / R = R·2^(a+b)`.
    fn square_of_r(&self) -> Vec<u64> {
        let exponent = self.limbs.len() * LIMB_BITS;
        let mut value = self.one();
        for bit in bits(&exponent.to_be_bytes()) {
            value = self.square(&value);
            if bit {
                value = self.double(&value);
            }
        }
        value.0
    }

    /// `a` × `b` / R.
    fn product(&self, a: &[u64], b: &[u64]) -> Vec<u64> {
        let length = self.limbs.len();
        let mut sum = vec![0; length];
        let mut top = 0;
        for b_limb in b {
            let mut carry = 0;
            for (limb, a_limb) in sum.iter_mut().zip(a) {
                (*limb, carry) = a_limb.carrying_mul_add(*b_limb, *limb, carry);
            }
            let (high, above) = carry.overflowing_add(top);

            let factor = sum[0].wrapping_mul(self.inverse);
            let (_, mut carry) = factor.carrying_mul_add(self.limbs[0], sum[0], 0);
            for place in 1..length {
                (sum[place - 1], carry) =
                    factor.carrying_mul_add(self.limbs[place], sum[place], carry);
            }
            let (last, over) = high.overflowing_add(carry);
            sum[length - 1] = last;
            top = u64::from(above) + u64::from(over);
        }
        self.reduce_once(&mut sum, top);
        sum
    }

    /// Takes the modulus off once if the value, with `top` above it, has it in it.
    fn reduce_once(&self, value: &mut [u64], top: u64) {
        if top == 0 && compare(value, &self.limbs) == Ordering::Less {
            return;
        }
        let mut borrow = false;
        for (limb, modulus) in value.iter_mut().zip(&self.limbs) {
            (*limb, borrow) = limb.borrowing_sub(*modulus, borrow);
        }
    }

    fn bytes(&self, limbs: &[u64]) -> Vec<u8> {
        let bytes: Vec<u8> = limbs.iter().rev().flat_map(|limb| limb.to_be_bytes()).collect();
        bytes[bytes.len() - self.len..].to_vec()
    }
}

/// Without leading zeros.
pub(crate) fn trimmed(number: &[u8]) -> &[u8] {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    number.get(zeros..).unwrap_or_default()
}

/// Most significant first.
pub(crate) fn bits(number: &[u8]) -> impl Iterator<Item = bool> {
    number.iter().flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1 == 1))
}

fn compare(a: &[u64], b: &[u64]) -> Ordering {
    a.iter().rev().cmp(b.iter().rev())
}

/// Least significant limb first, as many as `length` bytes need.
fn limbs(number: &[u8], length: usize) -> Vec<u64> {
    let mut limbs: Vec<u64> = number
        .rchunks(8)
        .map(|chunk| chunk.iter().fold(0, |limb, byte| limb << 8 | u64::from(*byte)))
        .collect();
    limbs.resize(length.div_ceil(8), 0);
    limbs
}

const LIMB_BITS: usize = 64;
/// 16,384 bits: longer keys are met by nobody and would only cost time.
pub(crate) const MAX_MODULUS_LEN: usize = 2_048;
/// Public exponents are 3, 65537 or a little more.
const MAX_PUBLIC_EXPONENT_LEN: usize = 8;

#[cfg(test)]
mod tests {
    use openssl::bn::BigNum;
    use openssl::bn::BigNumContext;

    use super::*;
    use crate::crypto::random::Random;

    fn number(bytes: &[u8]) -> BigNum {
        BigNum::from_slice(bytes).expect("a number")
    }

    fn padded(number: &BigNum, length: usize) -> Vec<u8> {
        let length = i32::try_from(length).expect("short");
        number.to_vec_padded(length).expect("fits")
    }

    /// An odd number with its highest bit set or not.
    fn odd(random: &mut Random, length: usize) -> Vec<u8> {
        let mut modulus = vec![0; length];
        random.fill(&mut modulus);
        modulus[0] |= 2;
        modulus[length - 1] |= 1;
        modulus
    }

    #[test]
    fn powers_are_those_of_another_library() {
        let mut random = Random::seeded(3);
        let mut context = BigNumContext::new().expect("a context");
        for length in [1, 2, 7, 8, 9, 16, 63, 64, 65, 128, 200, 256] {
            for exponent in [&[1][..], &[3], &[1, 0, 1], &[0xff; 8]] {
                let modulus = odd(&mut random, length);
                let mut base = vec![0; length];
                random.fill(&mut base);
                base[0] = 0;
                let mut expected = BigNum::new().expect("a number");
                expected
                    .mod_exp(&number(&base), &number(exponent), &number(&modulus), &mut context)
                    .expect("a power");
                let expected = padded(&expected, length);
                assert_eq!(power(&base, exponent, &modulus), Some(expected), "{length}");
            }
        }
    }

    #[test]
    fn all_other_arithmetic_is_that_of_another_library() {
        let mut random = Random::seeded(5);
        let mut context = BigNumContext::new().expect("a context");
        for round in 0..400 {
            let length = 1 + round % 67;
            let bytes = odd(&mut random, length);
            let modulus = Modulus::new(&bytes).expect("odd");
            let theirs = number(&bytes);
            let [mut a, mut b] = [vec![0; 1 + round % 131], vec![0; 1 + round % 19]];
            random.fill(&mut a);
            random.fill(&mut b);
            let (ours_a, ours_b) = (modulus.reduced(&a), modulus.reduced(&b));
            let (a, b) = (number(&a), number(&b));
            let mut expected = BigNum::new().expect("a number");
            let check = |name: &str, residue: &Residue, expected: &BigNum| {
                assert_eq!(modulus.number(residue), padded(expected, length), "{name} {round}");
                let back = modulus.residue(&modulus.number(residue));
                assert_eq!(back.as_ref(), Some(residue), "{name} {round}");
            };
            expected.nnmod(&a, &theirs, &mut context).expect("a rest");
            check("rest", &ours_a, &expected);
            expected.mod_add(&a, &b, &theirs, &mut context).expect("a sum");
            check("sum", &modulus.add(&ours_a, &ours_b), &expected);
            expected.mod_sub(&a, &b, &theirs, &mut context).expect("a difference");
            check("difference", &modulus.subtract(&ours_a, &ours_b), &expected);
            expected.mod_mul(&a, &b, &theirs, &mut context).expect("a product");
            check("product", &modulus.multiply(&ours_a, &ours_b), &expected);
        }
    }

    #[test]
    fn inverses_are_found_modulo_a_prime() {
        let prime = Modulus::new(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xc5]).expect("odd");
        let number = prime.residue(&[7]).expect("below");
        let inverse = prime.inverse(&number).expect("prime");
        assert_eq!(prime.multiply(&number, &inverse), prime.one());
        assert_eq!(prime.inverse(&prime.zero()), None);
        let composite = Modulus::new(&[15]).expect("odd");
        assert_eq!(composite.inverse(&composite.residue(&[3]).expect("below")), None);
        assert_eq!(composite.less(2), [13]);
        assert_eq!((composite.bits(), prime.bits()), (4, 64));
    }

    #[test]
    fn what_is_out_of_bounds_gives_nothing() {
        assert_eq!(power(&[2], &[3], &[8]), None, "even");
        assert_eq!(power(&[0], &[3], &[1]), None, "one");
        assert_eq!(power(&[0], &[3], &[]), None, "zero");
        assert_eq!(power(&[9], &[3], &[9]), None, "base not below");
        assert_eq!(power(&[2], &[1; 9], &[9]), None, "long exponent");
        assert_eq!(power(&[2], &[3], &[0xff; 2_049]), None, "long modulus");
        assert_eq!(power(&[2], &[3], &[0, 9]), Some(vec![8]));
        assert_eq!(power(&[0], &[3], &[9]), Some(vec![0]));
    }
}
