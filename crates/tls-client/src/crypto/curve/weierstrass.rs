//! Arithmetic on `y² = x³ + ax + b` for any curve of the table.

use tlscensus_tls_wire::registry::NamedGroup;

use crate::crypto::curve::table;
use crate::crypto::curve::table::Parameters;
use crate::crypto::modular::Modulus;
use crate::crypto::modular::Residue;
use crate::crypto::modular::bits;
use crate::crypto::random::Random;

/// A curve of prime order.
#[derive(Clone, Debug)]
pub(crate) struct Curve {
    field: Modulus,
    order: Modulus,
    a: Residue,
    b: Residue,
    generator: Point,
}

/// A point `(x/z, y/z)`; none has no z but the point at infinity.
#[derive(Clone, Debug)]
struct Point {
    x: Residue,
    y: Residue,
    z: Residue,
}

impl Curve {
    /// `None` where the group is no curve of the table.
    pub(crate) fn of(group: NamedGroup) -> Option<Self> {
        let group = match group {
            NamedGroup::BRAINPOOLP256R1TLS13 => NamedGroup::BRAINPOOLP256R1,
            NamedGroup::BRAINPOOLP384R1TLS13 => NamedGroup::BRAINPOOLP384R1,
            NamedGroup::BRAINPOOLP512R1TLS13 => NamedGroup::BRAINPOOLP512R1,
            other => other,
        };
        table::CURVES.iter().find(|curve| curve.group == group).map(Self::new)
    }

    fn new(parameters: &Parameters) -> Self {
        let field = Modulus::new(&number(parameters.p)).expect("an odd prime");
        let order = Modulus::new(&number(parameters.n)).expect("an odd prime");
        let residue = |digits| field.residue(&number(digits)).expect("below the prime");
        let generator =
            Point { x: residue(parameters.x), y: residue(parameters.y), z: field.one() };
        Self { a: residue(parameters.a), b: residue(parameters.b), generator, field, order }
    }

    /// Whether `(r, s)` is a signature over the hash by the key (FIPS 186-5, section 6.4.2); `None` where the key is no
    /// point of this curve.
    pub(crate) fn verify(&self, key: &[u8], digest: &[u8], r: &[u8], s: &[u8]) -> Option<bool> {
        let key = self.point(key)?;
        let valid = self.order.residue(r).zip(self.order.residue(s)).and_then(|(r_residue, s)| {
            let inverse = self.order.inverse(&s)?;
            let hash = self.order.leftmost(digest);
            let of_generator = self.order.number(&self.order.multiply(&hash, &inverse));
            let of_key = self.order.number(&self.order.multiply(&r_residue, &inverse));
            let sum = self
                .add(&self.multiply(&self.generator, &of_generator), &self.multiply(&key, &of_key));
            let x = self.order.reduced(&self.affine(&sum)?.0);
            (x == r_residue && !self.order.is_zero(&x)).then_some(())
        });
        Some(valid.is_some())
    }

    /// An uncompressed point (SEC 1, section 2.3.4); `None` where it is none of this curve.
    fn point(&self, encoded: &[u8]) -> Option<Point> {
        let (form, coordinates) = encoded.split_first()?;
        if *form != UNCOMPRESSED || coordinates.len() != 2 * self.field.len() {
            return None;
        }
        let (x, y) = coordinates.split_at_checked(self.field.len())?;
        let (x, y) = (self.field.residue(x)?, self.field.residue(y)?);
        let field = &self.field;
        let slope = field.add(&field.square(&x), &self.a);
        let right = field.add(&field.multiply(&slope, &x), &self.b);
        (field.square(&y) == right).then(|| Point { x, y, z: field.one() })
    }

    /// Both coordinates, big-endian; `None` for the point at infinity.
    fn affine(&self, point: &Point) -> Option<(Vec<u8>, Vec<u8>)> {
        let field = &self.field;
        let inverse = field.inverse(&point.z)?;
        let coordinate = |value| field.number(&field.multiply(value, &inverse));
        Some((coordinate(&point.x), coordinate(&point.y)))
    }

    fn multiply(&self, point: &Point, scalar: &[u8]) -> Point {
        let field = &self.field;
        let mut result = Point { x: field.zero(), y: field.one(), z: field.zero() };
        for bit in bits(scalar) {
            result = self.add(&result, &result);
            if bit {
                result = self.add(&result, point);
            }
        }
        result
    }

    /// One formula for all pairs of points, equal and at infinity too, as the order is odd (Renes, Costello and Batina,
    /// 2016, algorithm 1).
    fn add(&self, first: &Point, second: &Point) -> Point {
        let field = &self.field;
        let sum = |a: &Residue, b: &Residue| field.add(a, b);
        let less = |a: &Residue, b: &Residue| field.subtract(a, b);
        let times = |a: &Residue, b: &Residue| field.multiply(a, b);
        let thrice = |a: &Residue| sum(&field.double(a), a);
        // x₁y₂ + x₂y₁ and the like, by one multiplication each.
        let crossed = |a: [&Residue; 2], b: [&Residue; 2], straight: [&Residue; 2]| {
            let all = times(&sum(a[0], a[1]), &sum(b[0], b[1]));
            less(&all, &sum(straight[0], straight[1]))
        };
        let (p, q) = (first, second);
        let (xx, yy, zz) = (times(&p.x, &q.x), times(&p.y, &q.y), times(&p.z, &q.z));
        let xy = crossed([&p.x, &p.y], [&q.x, &q.y], [&xx, &yy]);
        let xz = crossed([&p.x, &p.z], [&q.x, &q.z], [&xx, &zz]);
        let yz = crossed([&p.y, &p.z], [&q.y, &q.z], [&yy, &zz]);
        let b3 = thrice(&self.b);
        let a_zz = times(&self.a, &zz);
        let s = sum(&times(&self.a, &xz), &times(&b3, &zz));
        let (below, above) = (less(&yy, &s), sum(&yy, &s));
        let u = sum(&thrice(&xx), &a_zz);
        let v = sum(&times(&b3, &xz), &times(&self.a, &less(&xx, &a_zz)));
        Point {
            x: less(&times(&xy, &below), &times(&yz, &v)),
            y: sum(&times(&below, &above), &times(&u, &v)),
            z: sum(&times(&yz, &above), &times(&xy, &u)),
        }
    }
}

/// A private key on a curve.
pub(crate) struct CurveKey {
    curve: Curve,
    private: Vec<u8>,
    /// The public point, uncompressed.
    pub(crate) share: Vec<u8>,
}

impl CurveKey {
    pub(crate) fn generate(curve: Curve, random: &mut Random) -> Self {
        let mut private = vec![0; curve.order.len()];
        random.fill(&mut private);
        Self::new(curve, private)
    }

    fn new(curve: Curve, private: Vec<u8>) -> Self {
        let point = curve.multiply(&curve.generator, &private);
        let (x, y) = curve.affine(&point).expect("a random number is no multiple of the order");
        Self { curve, private, share: [&[UNCOMPRESSED], x.as_slice(), &y].concat() }
    }

    /// The x coordinate of the shared point (RFC 8422, section 5.10); `None` where the peer's is none of this curve.
    pub(crate) fn agree(&self, peer: &[u8]) -> Option<Vec<u8>> {
        let shared = self.curve.multiply(&self.curve.point(peer)?, &self.private);
        self.curve.affine(&shared).map(|(x, _)| x)
    }
}

/// The bytes of a number in hexadecimal, an even number of digits.
pub(super) fn number(digits: &str) -> Vec<u8> {
    let nibbles: Vec<u8> = digits.bytes().map(nibble).collect();
    nibbles.chunks(2).map(|pair| pair.iter().fold(0, |byte, nibble| byte << 4 | nibble)).collect()
}

fn nibble(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        _ => digit - b'a' + 10,
    }
}

const UNCOMPRESSED: u8 = 4;

#[cfg(test)]
mod tests {
    use openssl::bn::BigNumContext;
    use openssl::derive::Deriver;
    use openssl::ec::EcGroup;
    use openssl::ec::EcKey;
    use openssl::ec::EcPoint;
    use openssl::ec::PointConversionForm;
    use openssl::ecdsa::EcdsaSig;
    use openssl::nid::Nid;
    use openssl::pkey::PKey;

    use super::*;
    use crate::testing::hex;

    const CURVES: [(NamedGroup, Nid); 14] = [
        (NamedGroup::SECP160K1, Nid::SECP160K1),
        (NamedGroup::SECP160R1, Nid::SECP160R1),
        (NamedGroup::SECP160R2, Nid::SECP160R2),
        (NamedGroup::SECP192K1, Nid::SECP192K1),
        (NamedGroup::SECP192R1, Nid::X9_62_PRIME192V1),
        (NamedGroup::SECP224K1, Nid::SECP224K1),
        (NamedGroup::SECP224R1, Nid::SECP224R1),
        (NamedGroup::SECP256K1, Nid::SECP256K1),
        (NamedGroup::SECP256R1, Nid::X9_62_PRIME256V1),
        (NamedGroup::SECP384R1, Nid::SECP384R1),
        (NamedGroup::SECP521R1, Nid::SECP521R1),
        (NamedGroup::BRAINPOOLP256R1, Nid::BRAINPOOL_P256R1),
        (NamedGroup::BRAINPOOLP384R1, Nid::BRAINPOOL_P384R1),
        (NamedGroup::BRAINPOOLP512R1, Nid::BRAINPOOL_P512R1),
    ];

    fn curve(group: NamedGroup) -> Curve {
        Curve::of(group).expect("in the table")
    }

    #[test]
    fn secrets_are_those_of_another_library() {
        let mut random = Random::seeded(23);
        let mut context = BigNumContext::new().expect("a context");
        for (named, nid) in CURVES {
            let ours = CurveKey::generate(curve(named), &mut random);
            let group = EcGroup::from_curve_name(nid).expect("a curve");
            let theirs = EcKey::generate(&group).expect("a key");
            let form = PointConversionForm::UNCOMPRESSED;
            let share = theirs.public_key().to_bytes(&group, form, &mut context).expect("a point");
            let point = EcPoint::from_bytes(&group, &ours.share, &mut context).expect("a point");
            let public = EcKey::from_public_key(&group, &point).expect("a key");
            let public = PKey::from_ec_key(public).expect("a key");
            let private = PKey::from_ec_key(theirs).expect("a key");
            let mut deriver = Deriver::new(&private).expect("a deriver");
            deriver.set_peer(&public).expect("set");
            let expected = deriver.derive_to_vec().expect("a secret");
            assert_eq!(ours.agree(&share), Some(expected), "{named}");
        }
    }

    #[test]
    fn signatures_of_another_library_are_judged() {
        for (named, nid) in CURVES {
            let group = EcGroup::from_curve_name(nid).expect("a curve");
            let key = EcKey::generate(&group).expect("a key");
            let mut context = BigNumContext::new().expect("a context");
            let form = PointConversionForm::UNCOMPRESSED;
            let point = key.public_key().to_bytes(&group, form, &mut context).expect("a point");
            for length in [16, 20, 28, 32, 36, 48, 64] {
                let mut digest = vec![0xa7; length];
                let signature = EcdsaSig::sign(&digest, &key).expect("signs");
                let (r, s) = (signature.r().to_vec(), signature.s().to_vec());
                let verify = |digest: &[u8]| curve(named).verify(&point, digest, &r, &s);
                assert_eq!(verify(&digest), Some(true), "{named} {length}");
                digest[0] ^= 0x80;
                assert_eq!(verify(&digest), Some(false), "{named} {length}");
            }
        }
    }

    #[test]
    fn numbers_out_of_range_are_no_signature_and_other_points_no_key() {
        let p224 = curve(NamedGroup::SECP224R1);
        let key = CurveKey::generate(p224.clone(), &mut Random::seeded(29));
        let order = p224.order.less(0);
        for (r, s) in [(&[0][..], &[1][..]), (&[1], &[0]), (&order, &[1]), (&[1], &order)] {
            assert_eq!(p224.verify(&key.share, &[7; 28], r, s), Some(false));
        }
        let mut off = key.share.clone();
        off[56] ^= 1;
        let infinity = &[0][..];
        for wrong in [infinity, &[], &off, &key.share[..56], &[4; 58], &[0xff; 57]] {
            assert_eq!(p224.verify(wrong, &[7; 28], &[1], &[1]), None);
            assert_eq!(key.agree(wrong), None);
        }
    }

    /// RFC 7027, appendix A.1.
    #[test]
    fn brainpool_gives_the_secret_of_rfc_7027() {
        let private = hex("81db1ee100150ff2ea338d708271be38300cb54241d79950f77b063039804f1d");
        let key = CurveKey::new(curve(NamedGroup::BRAINPOOLP256R1TLS13), private);
        let peer = hex("048d2d688c6cf93e1160ad04cc4429117dc2c41825e1e9fca0addd34e6f1b39f7b\
             990c57520812be512641e47034832106bc7d3e8dd0e4c7f1136d7006547cec6a");
        let secret = hex("89afc39d41d3b327814b80940b042590f96556ec91e6ae7939bce31f3a18bf2b");
        assert_eq!(key.agree(&peer), Some(secret));
    }
}
