//! X448 (RFC 7748, section 5).

use crate::crypto::modular::Modulus;
use crate::crypto::modular::Residue;
use crate::crypto::modular::bits;
use crate::crypto::random::Random;

/// A private key and its public coordinate.
pub(crate) struct X448Key {
    /// Big-endian.
    private: [u8; LEN],
    /// Little-endian, as on the wire.
    pub(crate) share: Vec<u8>,
}

impl X448Key {
    pub(crate) fn generate(random: &mut Random) -> Self {
        Self::new(random.array())
    }

    /// `private` is little-endian.
    fn new(mut private: [u8; LEN]) -> Self {
        private[0] &= 0xfc;
        private[LEN - 1] |= 0x80;
        private.reverse();
        let mut base = [0; LEN];
        base[0] = BASE;
        let share = ladder(&private, &base);
        Self { private, share }
    }

    /// `None` where the peer's coordinate has another length, or gives zero
    /// (RFC 7748, section 6.2).
    pub(crate) fn agree(&self, peer: &[u8]) -> Option<Vec<u8>> {
        if peer.len() != LEN {
            return None;
        }
        let secret = ladder(&self.private, peer);
        secret.iter().any(|byte| *byte != 0).then_some(secret)
    }
}

/// 2^448 - 2^224 - 1
pub(super) fn field() -> Modulus {
    let mut prime = [0xff; LEN];
    prime[LEN / 2 - 1] = 0xfe;
    Modulus::new(&prime).expect("an odd prime")
}

/// The coordinate `u` of a multiple of the point whose coordinate is given, both little-endian.
fn ladder(scalar: &[u8; LEN], coordinate: &[u8]) -> Vec<u8> {
    let field = field();
    let coordinate: Vec<u8> = coordinate.iter().rev().copied().collect();
    let x1 = field.reduced(&coordinate);
    let a24 = field.residue(&A24).expect("below the prime");
    let mut low = (field.one(), field.zero());
    let mut high = (x1.clone(), field.one());
    for bit in bits(scalar) {
        let (doubled, summed) = match bit {
            true => step(&field, &a24, &x1, &high, &low),
            false => step(&field, &a24, &x1, &low, &high),
        };
        (low, high) = if bit { (summed, doubled) } else { (doubled, summed) };
    }
    // Where there is no inverse, the point is at infinity, and its coordinate is zero.
    let inverse = field.inverse(&low.1).unwrap_or_else(|| field.zero());
    let mut number = field.number(&field.multiply(&low.0, &inverse));
    number.reverse();
    number
}

type Coordinate = (Residue, Residue);

/// Twice the first point, and the sum of both, whose difference has the coordinate `x1`.
fn step(
    field: &Modulus,
    a24: &Residue,
    x1: &Residue,
    (x2, z2): &Coordinate,
    (x3, z3): &Coordinate,
) -> (Coordinate, Coordinate) {
    let (a, b) = (field.add(x2, z2), field.subtract(x2, z2));
    let (aa, bb) = (field.square(&a), field.square(&b));
    let e = field.subtract(&aa, &bb);
    let da = field.multiply(&field.subtract(x3, z3), &a);
    let cb = field.multiply(&field.add(x3, z3), &b);
    let tail = field.add(&aa, &field.multiply(a24, &e));
    let doubled = (field.multiply(&aa, &bb), field.multiply(&e, &tail));
    let difference = field.square(&field.subtract(&da, &cb));
    let summed = (field.square(&field.add(&da, &cb)), field.multiply(x1, &difference));
    (doubled, summed)
}

/// (156326 - 2) / 4 = 39081
const A24: [u8; 2] = [0x98, 0xa9];
/// The base point's coordinate.
const BASE: u8 = 5;
const LEN: usize = 56;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::hex;

    /// RFC 7748, section 6.2.
    #[test]
    fn x448_gives_the_secret_of_rfc_7748() {
        let private = hex("9a8f4925d1519f5775cf46b04b5800d4ee9ee8bae8bc5565d498c28d\
             d9c9baf574a9419744897391006382a6f127ab1d9ac2d8c0a598726b");
        let share = hex("9b08f7cc31b7e3e67d22d5aea121074a273bd2b83de09c63faa73d2c\
             22c5d9bbc836647241d953d40c5b12da88120d53177f80e532c41fa0");
        let peer = hex("3eb7a829b0cd20f5bcfc0b599b6feccf6da4627107bdb0d4f345b430\
             27d8b972fc3e34fb4232a13ca706dcb57aec3dae07bdc1c67bf33609");
        let secret = hex("07fff4181ac6cc95ec1c16a94a0f74d12da232ce40a77552281d282b\
             b60c0b56fd2464c335543936521c24403085d59a449a5037514a879d");
        let key = X448Key::new(private.try_into().expect("56 bytes"));
        assert_eq!(key.share, share);
        assert_eq!(key.agree(&peer), Some(secret));
        assert_eq!(key.agree(&[0; 56]), None);
        assert_eq!(key.agree(&peer[1..]), None);
    }
}
