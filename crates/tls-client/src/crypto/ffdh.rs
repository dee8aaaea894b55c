//! Diffie-Hellman in the field of any prime, from the toys of old servers to the groups of RFC 7919.

use crate::crypto::modular::MAX_MODULUS_LEN;
use crate::crypto::modular::Modulus;
use crate::crypto::modular::trimmed;
use crate::crypto::random::Random;

/// What the server says of its group and its key in it, all big-endian.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ServerShare<'a> {
    pub(crate) prime: &'a [u8],
    pub(crate) generator: &'a [u8],
    pub(crate) public: &'a [u8],
}

/// Our half, and what both halves give.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Agreement {
    /// As long as the prime.
    pub(crate) public: Vec<u8>,
    /// As long as the prime; up to TLS 1.2 the leading zeros are left off
    /// (RFC 5246, section 8.1.2).
    pub(crate) secret: Vec<u8>,
}

/// Why there is no agreement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// An even number is no prime of a group.
    EvenPrime,
    /// 0, 1, p - 1 or beyond: it generates next to nothing.
    Generator,
    /// More than [`MAX_MODULUS_LEN`] bytes.
    LongPrime,
    /// 0, 1, p - 1 or beyond: the secret would be known to all.
    PublicValue,
    /// Less than [`MIN_PRIME_BITS`] bits.
    ShortPrime,
}

impl Refusal {
    /// The field of ServerDHParams that is to blame.
    pub(crate) fn field(self) -> &'static str {
        match self {
            Self::EvenPrime | Self::LongPrime | Self::ShortPrime => "dh_p",
            Self::Generator => "dh_g",
            Self::PublicValue => "dh_Ys",
        }
    }
}

impl ServerShare<'_> {
    /// With a new key of ours. Whether the prime is one is not tested: that costs more than all the rest.
    pub(crate) fn agree(&self, random: &mut Random) -> Result<Agreement, Refusal> {
        let modulus = modulus(self.prime)?;
        let generator = element(&modulus, self.generator).ok_or(Refusal::Generator)?;
        let public = element(&modulus, self.public).ok_or(Refusal::PublicValue)?;
        let private = private_key(random);
        Ok(Agreement {
            public: power(&modulus, generator, &private),
            secret: power(&modulus, public, &private),
        })
    }
}

/// One of the groups that TLS 1.3 names, with our key in it.
pub(crate) struct NamedKey {
    modulus: Modulus,
    private: [u8; PRIVATE_KEY_LEN],
    /// As long as the prime.
    pub(crate) share: Vec<u8>,
}

impl NamedKey {
    pub(crate) fn generate(group: SafePrime, random: &mut Random) -> Self {
        let modulus = modulus(&group.prime()).expect("a prime of RFC 7919 is one");
        let private = private_key(random);
        let share = power(&modulus, &[2], &private);
        Self { modulus, private, share }
    }

    /// `None` where the peer's share is longer than the prime, or is 0, 1, p - 1 or beyond
    /// (RFC 9846, Diffie-Hellman Parameters). It should be as long as the prime, yet one in 256 of Erlang's has lost a leading
    /// zero: the number is the same.
    pub(crate) fn agree(&self, peer: &[u8]) -> Option<Vec<u8>> {
        let fits = peer.len() <= self.modulus.len();
        let public = element(&self.modulus, peer).filter(|_| fits)?;
        Some(power(&self.modulus, public, &self.private))
    }
}

/// A group of RFC 7919, appendix A.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SafePrime {
    Ffdhe2048,
    Ffdhe3072,
    Ffdhe4096,
    Ffdhe6144,
    Ffdhe8192,
}

impl SafePrime {
    /// Bits, and the number that makes it a prime.
    fn parameters(self) -> (usize, u64) {
        match self {
            Self::Ffdhe2048 => (2_048, 560_316),
            Self::Ffdhe3072 => (3_072, 2_625_351),
            Self::Ffdhe4096 => (4_096, 5_736_041),
            Self::Ffdhe6144 => (6_144, 15_705_020),
            Self::Ffdhe8192 => (8_192, 10_965_728),
        }
    }

    /// `2^b - 2^(b-64) + ([2^(b-130) e] + X) · 2^64 - 1`: 64 ones, as many bits of e as there is room for with a
    /// little added, less the one that makes the last 64 bits ones too.
    fn prime(self) -> Vec<u8> {
        let (bits, added) = self.parameters();
        let mut middle = digits_of_e(bits / 64 - 2);
        let mut carry = added - 1;
        for limb in middle.iter_mut().rev() {
            let (sum, over) = limb.overflowing_add(carry);
            (*limb, carry) = (sum, u64::from(over));
        }
        let limbs = [&[u64::MAX], middle.as_slice(), &[u64::MAX]].concat();
        limbs.into_iter().flat_map(u64::to_be_bytes).collect()
    }
}

/// The first `limbs` × 64 bits of e, whose integer part has two: the sum of 1/k!, most significant limb first.
fn digits_of_e(limbs: usize) -> Vec<u64> {
    // One limb more takes what each division loses, which is less than its lowest bit.
    let mut term = vec![0; limbs + 1];
    term[0] = 1 << 62;
    let mut sum = term.clone();
    for divisor in 1.. {
        let mut rest = 0;
        for limb in &mut term {
            (*limb, rest) = divided(rest, *limb, divisor);
        }
        if term.iter().all(|limb| *limb == 0) {
            break;
        }
        let mut carry = false;
        for (sum, limb) in sum.iter_mut().zip(&term).rev() {
            (*sum, carry) = sum.carrying_add(*limb, carry);
        }
    }
    sum.truncate(limbs);
    sum
}

/// The quotient and the rest of two limbs divided by one that is above the higher.
fn divided(high: u64, low: u64, divisor: u64) -> (u64, u64) {
    let number = u128::from(high) << 64 | u128::from(low);
    let narrow = |number| u64::try_from(number).expect("the divisor is above the higher limb");
    (narrow(number / u128::from(divisor)), narrow(number % u128::from(divisor)))
}

fn modulus(prime: &[u8]) -> Result<Modulus, Refusal> {
    let prime = trimmed(prime);
    if prime.len() > MAX_MODULUS_LEN {
        return Err(Refusal::LongPrime);
    }
    match Modulus::new(prime) {
        Some(modulus) if modulus.bits() >= MIN_PRIME_BITS => Ok(modulus),
        None if prime.len() > 1 => Err(Refusal::EvenPrime),
        _ => Err(Refusal::ShortPrime),
    }
}

/// A number from 2 to p - 2.
fn element<'a>(modulus: &Modulus, number: &'a [u8]) -> Option<&'a [u8]> {
    let number = trimmed(number);
    let residue = modulus.residue(number)?;
    let outside = number.is_empty() || number == [1] || modulus.number(&residue) == modulus.less(1);
    (!outside).then_some(number)
}

fn power(modulus: &Modulus, base: &[u8], exponent: &[u8]) -> Vec<u8> {
    let base = modulus.residue(base).expect("checked to be below the prime");
    modulus.number(&modulus.power(&base, exponent))
}

fn private_key(random: &mut Random) -> [u8; PRIVATE_KEY_LEN] {
    let mut key: [u8; PRIVATE_KEY_LEN] = random.array();
    // Not zero, and always as costly.
    key[0] |= 0x80;
    key
}

/// Below this a value is in range by luck only.
const MIN_PRIME_BITS: usize = 8;
/// 64 bits: enough not to meet the same value twice, which is all that this client needs, and half the work of twice as
/// many, which counts with a prime of 16,384 bits.
const PRIVATE_KEY_LEN: usize = 8;

#[cfg(test)]
mod tests {
    use openssl::bn::BigNum;
    use openssl::bn::BigNumContext;

    use super::*;
    use crate::testing::hex;

    const GROUPS: [SafePrime; 5] = [
        SafePrime::Ffdhe2048,
        SafePrime::Ffdhe3072,
        SafePrime::Ffdhe4096,
        SafePrime::Ffdhe6144,
        SafePrime::Ffdhe8192,
    ];

    fn power_of(base: &[u8], exponent: &BigNum, prime: &[u8]) -> Vec<u8> {
        let mut context = BigNumContext::new().expect("a context");
        let mut power = BigNum::new().expect("a number");
        let number = |bytes: &[u8]| BigNum::from_slice(bytes).expect("a number");
        power.mod_exp(&number(base), exponent, &number(prime), &mut context).expect("a power");
        let length = i32::try_from(prime.len()).expect("short");
        power.to_vec_padded(length).expect("fits")
    }

    #[test]
    fn both_sides_get_the_same_secret_in_groups_of_any_size() {
        let mut random = Random::seeded(17);
        for bits in [8, 9, 16, 63, 64, 65, 160, 512, 513, 768, 1_024] {
            let mut prime = BigNum::new().expect("a number");
            prime.generate_prime(bits, false, None, None).expect("a prime");
            let prime = prime.to_vec();
            let theirs = BigNum::from_u32(5).expect("a number");
            let public = power_of(&[2], &theirs, &prime);
            let share = ServerShare { prime: &prime, generator: &[0, 2], public: &public };
            let agreement = share.agree(&mut random).expect("agrees");
            assert_eq!(agreement.public.len(), prime.len());
            assert_eq!(agreement.secret, power_of(&agreement.public, &theirs, &prime), "{bits}");
        }
    }

    #[test]
    fn what_gives_no_secret_is_named() {
        let (prime, minus_one) = (hex("ffffffffffffffc5"), hex("ffffffffffffffc4"));
        let (even, long) = (hex("ffffffffffffffc6"), vec![0xff; 2_049]);
        let cases = [
            (&prime[..], &[2][..], &[][..], Refusal::PublicValue),
            (&prime, &[2], &[0], Refusal::PublicValue),
            (&prime, &[2], &[0, 1], Refusal::PublicValue),
            (&prime, &[2], &minus_one, Refusal::PublicValue),
            (&prime, &[2], &prime, Refusal::PublicValue),
            (&prime, &[2], &long, Refusal::PublicValue),
            (&prime, &[], &[3], Refusal::Generator),
            (&prime, &[1], &[3], Refusal::Generator),
            (&prime, &minus_one, &[3], Refusal::Generator),
            (&prime, &prime, &[3], Refusal::Generator),
            (&even, &[2], &[3], Refusal::EvenPrime),
            (&long, &[2], &[3], Refusal::LongPrime),
            (&[], &[2], &[3], Refusal::ShortPrime),
            (&[1], &[2], &[3], Refusal::ShortPrime),
            (&[2], &[2], &[3], Refusal::ShortPrime),
            (&[127], &[2], &[3], Refusal::ShortPrime),
        ];
        for (prime, generator, public, refusal) in cases {
            let share = ServerShare { prime, generator, public };
            assert_eq!(share.agree(&mut Random::seeded(1)), Err(refusal), "{prime:x?} {public:x?}");
        }
        let share = ServerShare { prime: &[131], generator: &[2], public: &[3] };
        assert!(share.agree(&mut Random::seeded(1)).is_ok());
    }

    /// RFC 7919, appendix A: how each prime begins, and how it ends before its last 64 ones.
    #[test]
    fn the_groups_are_those_of_rfc_7919() {
        let ends = [
            "886b423861285c97",
            "25e41d2b66c62e37",
            "c68a007e5e655f6a",
            "a40e329cd0e40e65",
            "d68c8bb7c5c6424c",
        ];
        for (group, end) in GROUPS.into_iter().zip(ends) {
            let prime = group.prime();
            assert_eq!(prime.len() * 8, group.parameters().0);
            assert_eq!(prime[..24], hex("ffffffffffffffffadf85458a2bb4a9aafdc5620273d3cf1"));
            assert_eq!(prime[prime.len() - 16..], hex(&format!("{end}ffffffffffffffff")));
        }
        // Any wrong digit would leave no prime, of which the first two are quickly tested.
        let mut context = BigNumContext::new().expect("a context");
        for group in &GROUPS[..2] {
            let prime = BigNum::from_slice(&group.prime()).expect("a number");
            assert!(prime.is_prime(1, &mut context).expect("a test"), "{group:?}");
        }
    }

    #[test]
    fn keys_in_named_groups_agree_and_refuse_other_shares() {
        let mut random = Random::seeded(19);
        let group = SafePrime::Ffdhe2048;
        let (ours, theirs) =
            (NamedKey::generate(group, &mut random), NamedKey::generate(group, &mut random));
        let secret = ours.agree(&theirs.share);
        assert_eq!(secret, theirs.agree(&ours.share));
        assert_eq!(secret.map(|secret| secret.len()), Some(256));
        let mut one = vec![0; 256];
        one[255] = 1;
        let long = [&[0], &*theirs.share].concat();
        for wrong in [&[][..], &[0; 256], &one, &one[255..], &group.prime(), &long] {
            assert_eq!(ours.agree(wrong), None);
        }
    }

    #[test]
    fn a_share_without_its_leading_zeros_is_the_same_number() {
        let key = NamedKey::generate(SafePrime::Ffdhe2048, &mut Random::seeded(20));
        let mut share = vec![0; 254];
        share.extend([2, 0]);
        let secret = key.agree(&share);
        assert!(secret.is_some());
        assert_eq!(key.agree(&share[1..]), secret);
        assert_eq!(key.agree(&share[254..]), secret);
    }
}
