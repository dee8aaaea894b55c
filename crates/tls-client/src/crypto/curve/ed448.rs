//! Ed448 signatures (RFC 8032, section 5.2), verified.

use shake::ExtendableOutput;
use shake::Shake256;
use shake::Update;

use crate::crypto::curve::x448;
use crate::crypto::modular::Modulus;
use crate::crypto::modular::Residue;
use crate::crypto::modular::bits;

/// Whether the signature is the key's; `None` where the key is no point of the curve.
pub(crate) fn verify(key: &[u8], message: &[u8], signature: &[u8]) -> Option<bool> {
    let curve = Curve::new();
    let public = curve.point(key)?;
    Some(curve.holds(&public, key, message, signature).is_some())
}

/// `x² + y² = 1 + dx²y²`
struct Curve {
    field: Modulus,
    d: Residue,
}

/// The point `(x/z, y/z)`.
struct Point {
    x: Residue,
    y: Residue,
    z: Residue,
}

impl Curve {
    fn new() -> Self {
        let field = x448::field();
        let d = field.residue(&MINUS_D).expect("below the prime");
        Self { d: field.subtract(&field.zero(), &d), field }
    }

    /// `SB = R + kA` (section 5.2.7).
    fn holds(&self, public: &Point, key: &[u8], message: &[u8], signature: &[u8]) -> Option<()> {
        let (r, s) = signature.split_at_checked(LEN).filter(|(_, s)| s.len() == LEN)?;
        let order = Modulus::new(&ORDER).expect("an odd prime");
        let s: Vec<u8> = s.iter().rev().copied().collect();
        order.residue(&s)?;
        let mut k = [0; 2 * LEN];
        Shake256::default()
            .chain(DOMAIN)
            .chain(r)
            .chain(key)
            .chain(message)
            .finalize_xof_into(&mut k);
        k.reverse();
        let k = order.number(&order.reduced(&k));
        let base = Point {
            x: self.field.residue(&BASE_X).expect("below the prime"),
            y: self.field.residue(&BASE_Y).expect("below the prime"),
            z: self.field.one(),
        };
        let left = self.multiply(&base, &s);
        let right = self.add(&self.point(r)?, &self.multiply(public, &k));
        self.equal(&left, &right).then_some(())
    }

    /// Section 5.2.3.
    fn point(&self, encoded: &[u8]) -> Option<Point> {
        let (sign, y) = encoded.split_last().filter(|(_, y)| y.len() == LEN - 1)?;
        if *sign & !SIGN != 0 {
            return None;
        }
        let field = &self.field;
        let y: Vec<u8> = y.iter().rev().copied().collect();
        let y = field.residue(&y)?;
        let (yy, one) = (field.square(&y), field.one());
        let denominator = field.subtract(&field.multiply(&self.d, &yy), &one);
        let xx = field.multiply(&field.subtract(&yy, &one), &field.inverse(&denominator)?);
        // The prime is 3 modulo 4.
        let mut x = field.power(&xx, &ROOT);
        let negative = *sign & SIGN != 0;
        if field.square(&x) != xx || (field.is_zero(&x) && negative) {
            return None;
        }
        let odd = field.number(&x).last().is_some_and(|byte| byte & 1 == 1);
        if odd != negative {
            x = field.subtract(&field.zero(), &x);
        }
        Some(Point { x, y, z: one })
    }

    fn multiply(&self, point: &Point, scalar: &[u8]) -> Point {
        let field = &self.field;
        let mut result = Point { x: field.zero(), y: field.one(), z: field.one() };
        for bit in bits(scalar) {
            result = self.add(&result, &result);
            if bit {
                result = self.add(&result, point);
            }
        }
        result
    }

    /// Section 5.2.4: one formula for all pairs of points.
    fn add(&self, first: &Point, second: &Point) -> Point {
        let field = &self.field;
        let times = |a: &Residue, b: &Residue| field.multiply(a, b);
        let a = times(&first.z, &second.z);
        let b = field.square(&a);
        let c = times(&first.x, &second.x);
        let d = times(&first.y, &second.y);
        let e = times(&self.d, &times(&c, &d));
        let (f, g) = (field.subtract(&b, &e), field.add(&b, &e));
        let h = times(&field.add(&first.x, &first.y), &field.add(&second.x, &second.y));
        let crossed = field.subtract(&h, &field.add(&c, &d));
        Point {
            x: times(&times(&a, &f), &crossed),
            y: times(&times(&a, &g), &field.subtract(&d, &c)),
            z: times(&f, &g),
        }
    }

    fn equal(&self, a: &Point, b: &Point) -> bool {
        let times = |a: &Residue, b: &Residue| self.field.multiply(a, b);
        times(&a.x, &b.z) == times(&b.x, &a.z) && times(&a.y, &b.z) == times(&b.y, &a.z)
    }
}

const BASE_X: [u8; 56] = [
    0x4f, 0x19, 0x70, 0xc6, 0x6b, 0xed, 0x0d, 0xed, 0x22, 0x1d, 0x15, 0xa6, 0x22, 0xbf, 0x36, 0xda,
    0x9e, 0x14, 0x65, 0x70, 0x47, 0x0f, 0x17, 0x67, 0xea, 0x6d, 0xe3, 0x24, 0xa3, 0xd3, 0xa4, 0x64,
    0x12, 0xae, 0x1a, 0xf7, 0x2a, 0xb6, 0x65, 0x11, 0x43, 0x3b, 0x80, 0xe1, 0x8b, 0x00, 0x93, 0x8e,
    0x26, 0x26, 0xa8, 0x2b, 0xc7, 0x0c, 0xc0, 0x5e,
];
const BASE_Y: [u8; 56] = [
    0x69, 0x3f, 0x46, 0x71, 0x6e, 0xb6, 0xbc, 0x24, 0x88, 0x76, 0x20, 0x37, 0x56, 0xc9, 0xc7, 0x62,
    0x4b, 0xea, 0x73, 0x73, 0x6c, 0xa3, 0x98, 0x40, 0x87, 0x78, 0x9c, 0x1e, 0x05, 0xa0, 0xc2, 0xd7,
    0x3a, 0xd3, 0xff, 0x1c, 0xe6, 0x7c, 0x39, 0xc4, 0xfd, 0xbd, 0x13, 0x2c, 0x4e, 0xd7, 0xc8, 0xad,
    0x98, 0x08, 0x79, 0x5b, 0xf2, 0x30, 0xfa, 0x14,
];
/// dom4 of Ed448 with no context (section 2).
const DOMAIN: &[u8] = b"SigEd448\0\0";
/// Bytes of a point and of a scalar.
const LEN: usize = 57;
/// d = -39081
const MINUS_D: [u8; 2] = [0x98, 0xa9];
/// 2^446 - 13818066809895115352007386748515426880336692474882178609894547503885
const ORDER: [u8; 56] = [
    0x3f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7c, 0xca, 0x23, 0xe9,
    0xc4, 0x4e, 0xdb, 0x49, 0xae, 0xd6, 0x36, 0x90, 0x21, 0x6c, 0xc2, 0x72, 0x8d, 0xc5, 0x8f, 0x55,
    0x23, 0x78, 0xc2, 0x92, 0xab, 0x58, 0x44, 0xf3,
];
/// (p + 1) / 4 = 2^446 - 2^222
const ROOT: [u8; 56] = [
    0x3f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xc0, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
];
const SIGN: u8 = 0x80;

#[cfg(test)]
mod tests {
    use openssl::pkey::PKey;
    use openssl::sign::Signer;

    use super::*;
    use crate::testing::hex;

    /// RFC 8032, section 7.4, “Blank”.
    #[test]
    fn the_signature_of_rfc_8032_holds() {
        let key = hex("5fd7449b59b461fd2ce787ec616ad46a1da1342485a70e1f8a0ea75d80e96778\
             edf124769b46c7061bd6783df1e50f6cd1fa1abeafe8256180");
        let signature = hex("533a37f6bbe457251f023c0d88f976ae2dfb504a843e34d2074fd823d41a591f\
             2b233f034f628281f2fd7a22ddd47d7828c59bd0a21bfd3980ff0d2028d4b18a\
             9df63e006c5d1c2d345b925d8dc00b4104852db99ac5c7cdda8530a113a0f4db\
             b61149f05a7363268c71d95808ff2e652600");
        assert_eq!(verify(&key, b"", &signature), Some(true));
    }

    #[test]
    fn signatures_of_another_library_are_judged() {
        for length in 0..8_u8 {
            let private = PKey::generate_ed448().expect("a key");
            let key = private.raw_public_key().expect("a key");
            let message = vec![length; usize::from(length)];
            let mut signer = Signer::new_without_digest(&private).expect("a signer");
            let signature = signer.sign_oneshot_to_vec(&message).expect("signs");
            assert_eq!(verify(&key, &message, &signature), Some(true));
            assert_eq!(verify(&key, b"another message", &signature), Some(false));
            for place in [0, 56, 57, 113] {
                let mut tampered = signature.clone();
                tampered[place] ^= 1;
                assert_eq!(verify(&key, &message, &tampered), Some(false), "{place}");
            }
            for wrong in [&signature[1..], &[signature.as_slice(), &[0]].concat(), &[]] {
                assert_eq!(verify(&key, &message, wrong), Some(false));
            }
            for wrong in [&key[1..], &[&key[..56], &[1]].concat(), &[0xff; 57], &[]] {
                assert_eq!(verify(wrong, &message, &signature), None);
            }
        }
    }
}
