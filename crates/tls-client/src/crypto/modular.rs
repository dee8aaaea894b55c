//! Powers modulo an odd number, for the RSA public keys that the library refuses. Public values only, so not in constant time.

/// `base` to the power of `exponent` modulo `modulus`, all big-endian; the result is as long as the modulus.
///
/// `None` where the modulus is even or not above one, where the base is not below it, or where the numbers are longer
/// than [`MAX_MODULUS_LEN`] and [`MAX_EXPONENT_LEN`] bytes.
pub(crate) fn power(base: &[u8], exponent: &[u8], modulus: &[u8]) -> Option<Vec<u8>> {
    let (base, exponent, modulus) = (trimmed(base), trimmed(exponent), trimmed(modulus));
    let odd = modulus.last().is_some_and(|byte| byte & 1 == 1);
    let below = (base.len(), base) < (modulus.len(), modulus);
    let short = modulus.len() <= MAX_MODULUS_LEN && exponent.len() <= MAX_EXPONENT_LEN;
    if !odd || modulus == [1] || !below || !short {
        return None;
    }
    let field = Montgomery::new(limbs(modulus, modulus.len()));
    let base = field.multiply(&limbs(base, modulus.len()), &field.r_squared());
    let mut result = field.one();
    for bit in exponent.iter().flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1)) {
        result = field.multiply(&result, &result);
        if bit == 1 {
            result = field.multiply(&result, &base);
        }
    }
    let mut plain_one = vec![0; field.modulus.len()];
    plain_one[0] = 1;
    let result = field.multiply(&result, &plain_one);
    let bytes: Vec<u8> = result.iter().rev().flat_map(|limb| limb.to_be_bytes()).collect();
    Some(bytes[bytes.len() - modulus.len()..].to_vec())
}

/// Arithmetic on residues times R = 2^(64 × limbs), where reduction needs no division (Montgomery, 1985).
struct Montgomery {
    /// Least significant limb first.
    modulus: Vec<u64>,
    /// -1/modulus modulo 2^64.
    inverse: u64,
}

impl Montgomery {
    fn new(modulus: Vec<u64>) -> Self {
        // Newton's iteration doubles the number of right bits: 3, 6, 12, 24, 48, 96.
        let mut inverse = modulus[0];
        for _ in 0..5 {
            let error = 2_u64.wrapping_sub(modulus[0].wrapping_mul(inverse));
            inverse = inverse.wrapping_mul(error);
        }
        Self { modulus, inverse: inverse.wrapping_neg() }
    }

    /// R modulo the modulus: the residue of one.
    fn one(&self) -> Vec<u64> {
        let width = self.modulus.len() * LIMB_BITS;
        let top = self.modulus.last().expect("not empty").leading_zeros();
        let bits = width - usize::try_from(top).expect("at most 64");
        let mut value = vec![0; self.modulus.len()];
        value[(bits - 1) / LIMB_BITS] = 1 << ((bits - 1) % LIMB_BITS);
        for _ in bits - 1..width {
            value = self.double(&value);
        }
        value
    }

    /// R² modulo the modulus, by adding exponents of two: `multiply(R·2^a, R·2^b) = R·2^(a+b)`.
    fn r_squared(&self) -> Vec<u64> {
        let exponent = self.modulus.len() * LIMB_BITS;
        let mut value = self.one();
        for bit in (0..usize::BITS).rev().map(|bit| exponent >> bit & 1) {
            value = self.multiply(&value, &value);
            if bit == 1 {
                value = self.double(&value);
            }
        }
        value
    }

    fn double(&self, value: &[u64]) -> Vec<u64> {
        let mut doubled = Vec::with_capacity(value.len());
        let mut carry = 0;
        for limb in value {
            doubled.push(limb << 1 | carry);
            carry = limb >> (LIMB_BITS - 1);
        }
        self.reduce_once(&mut doubled, carry);
        doubled
    }

    /// `a` × `b` / R.
    fn multiply(&self, a: &[u64], b: &[u64]) -> Vec<u64> {
        let length = self.modulus.len();
        let mut sum = vec![0; length];
        let mut top = 0;
        for b_limb in b {
            let mut carry = 0;
            for (limb, a_limb) in sum.iter_mut().zip(a) {
                (*limb, carry) = a_limb.carrying_mul_add(*b_limb, *limb, carry);
            }
            let (high, above) = carry.overflowing_add(top);

            let factor = sum[0].wrapping_mul(self.inverse);
            let (_, mut carry) = factor.carrying_mul_add(self.modulus[0], sum[0], 0);
            for place in 1..length {
                (sum[place - 1], carry) =
                    factor.carrying_mul_add(self.modulus[place], sum[place], carry);
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
        if top == 0 && value.iter().rev().lt(self.modulus.iter().rev()) {
            return;
        }
        let mut borrow = false;
        for (limb, modulus) in value.iter_mut().zip(&self.modulus) {
            (*limb, borrow) = limb.borrowing_sub(*modulus, borrow);
        }
    }
}

/// Without leading zeros.
pub(crate) fn trimmed(number: &[u8]) -> &[u8] {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    number.get(zeros..).unwrap_or_default()
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
const MAX_MODULUS_LEN: usize = 2_048;
/// Public exponents are 3, 65537 or a little more.
const MAX_EXPONENT_LEN: usize = 8;

#[cfg(test)]
mod tests {
    use openssl::bn::BigNum;
    use openssl::bn::BigNumContext;

    use super::*;
    use crate::crypto::random::Random;

    #[test]
    fn powers_are_those_of_another_library() {
        let mut random = Random::seeded(3);
        let mut context = BigNumContext::new().expect("a context");
        for length in [1, 2, 7, 8, 9, 16, 63, 64, 65, 128, 200, 256] {
            for exponent in [&[1][..], &[3], &[1, 0, 1], &[0xff; 8]] {
                let mut modulus = vec![0; length];
                random.fill(&mut modulus);
                modulus[0] |= 1;
                modulus[length - 1] |= 1;
                let mut base = vec![0; length];
                random.fill(&mut base);
                base[0] = 0;
                if modulus == [1] {
                    continue;
                }
                let number = |bytes: &[u8]| BigNum::from_slice(bytes).expect("a number");
                let mut expected = BigNum::new().expect("a number");
                expected
                    .mod_exp(&number(&base), &number(exponent), &number(&modulus), &mut context)
                    .expect("a power");
                let padded = i32::try_from(length)
                    .map(|length| expected.to_vec_padded(length).expect("fits"));
                assert_eq!(power(&base, exponent, &modulus), padded.ok(), "{length}");
            }
        }
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
