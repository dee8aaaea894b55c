//! Agreement on the binary curves: servers of the time of OpenSSL 1.0.1 choose them before all others. Not in constant time:
//! this client protects nobody's secrets.

mod field;
mod table;

use tlscensus_tls_wire::registry::NamedGroup;

use self::field::Element;
use self::field::Field;
use self::field::ONE;
use self::field::ZERO;
use self::field::add;
use self::table::CURVES;
use self::table::Parameters;
use crate::crypto::curve::weierstrass::number;
use crate::crypto::random::Random;

/// A curve `y² + xy = x³ + ax² + b`.
#[derive(Clone, Debug)]
struct Curve {
    field: Field,
    a: Element,
    b: Element,
    generator: Point,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Point {
    x: Element,
    y: Element,
}

impl Curve {
    fn of(group: NamedGroup) -> Option<Self> {
        let parameters = CURVES.iter().find(|curve| curve.group == group)?;
        let Parameters { degree, middle, .. } = *parameters;
        let field = Field { degree, middle };
        let element = |digits| field.element(&number(digits));
        let generator = Point { x: element(parameters.x)?, y: element(parameters.y)? };
        Some(Self { field, a: element(parameters.a)?, b: element(parameters.b)?, generator })
    }

    /// An uncompressed point; `None` where it is none of this curve, or the one that is its own opposite.
    fn point(&self, encoded: &[u8]) -> Option<Point> {
        let (form, coordinates) = encoded.split_first()?;
        if *form != UNCOMPRESSED || coordinates.len() != 2 * self.field.len() {
            return None;
        }
        let (x, y) = coordinates.split_at(self.field.len());
        let point = Point { x: self.field.element(x)?, y: self.field.element(y)? };
        (self.holds(&point) && point.x != ZERO).then_some(point)
    }

    fn holds(&self, Point { x, y }: &Point) -> bool {
        let field = &self.field;
        let left = field.multiply(y, &add(x, y));
        let right = add(&field.multiply(&field.square(x), &add(x, &self.a)), &self.b);
        left == right
    }

    /// The product of a point and a number, `None` for infinity: López and Dahab's ladder over x alone, then y out of the two
    /// neighbours (SEC 1 names no algorithm; theirs is "Fast Multiplication on Elliptic Curves over GF(2^m) without
    /// Precomputation", 1999).
    fn multiply(&self, point: &Point, scalar: &[u8]) -> Option<Point> {
        let field = &self.field;
        let x = &point.x;
        // Infinity and the point itself, as fractions.
        let (mut low, mut high) = ((ONE, ZERO), (*x, ONE));
        for bit in scalar.iter().flat_map(|byte| (0..8).rev().map(move |at| byte >> at & 1)) {
            let sum = self.sum(x, &low, &high);
            (low, high) = match bit {
                0 => (self.double(&low), sum),
                _ => (sum, self.double(&high)),
            };
        }
        if low.1 == ZERO {
            return None;
        }
        let affine = |(numerator, denominator): &(Element, Element)| {
            field.multiply(numerator, &field.invert(denominator))
        };
        let own = affine(&low);
        if high.1 == ZERO {
            // The next is infinity: this is the opposite.
            return Some(Point { x: own, y: add(x, &point.y) });
        }
        let (to_own, to_next) = (add(&own, x), add(&affine(&high), x));
        let slope = add(&field.multiply(&to_own, &to_next), &add(&field.square(x), &point.y));
        let product = field.multiply(&field.multiply(&to_own, &slope), &field.invert(x));
        Some(Point { x: own, y: add(&product, &point.y) })
    }

    /// x of the sum of two points whose difference has `x`.
    fn sum(
        &self,
        x: &Element,
        (x1, z1): &(Element, Element),
        (x2, z2): &(Element, Element),
    ) -> (Element, Element) {
        let field = &self.field;
        let (first, second) = (field.multiply(x1, z2), field.multiply(x2, z1));
        let z = field.square(&add(&first, &second));
        (add(&field.multiply(x, &z), &field.multiply(&first, &second)), z)
    }

    fn double(&self, (x, z): &(Element, Element)) -> (Element, Element) {
        let field = &self.field;
        let (x, z) = (field.square(x), field.square(z));
        let fourth = |a: &Element| field.square(a);
        (add(&fourth(&x), &field.multiply(&self.b, &fourth(&z))), field.multiply(&x, &z))
    }
}

/// A private key on a binary curve.
pub(crate) struct BinaryKey {
    curve: Curve,
    private: Vec<u8>,
    /// The public point, uncompressed.
    pub(crate) share: Vec<u8>,
}

impl BinaryKey {
    /// `None` where the group is no binary curve.
    pub(crate) fn generate(group: NamedGroup, random: &mut Random) -> Option<Self> {
        let curve = Curve::of(group)?;
        let mut private = vec![0; curve.field.len()];
        random.fill(&mut private);
        let point = curve.multiply(&curve.generator, &private)?;
        let [x, y] = [point.x, point.y].map(|coordinate| curve.field.bytes(&coordinate));
        Some(Self { curve, private, share: [&[UNCOMPRESSED], x.as_slice(), &y].concat() })
    }

    /// The x coordinate of the shared point (RFC 8422, section 5.10); `None` where the peer's is none of this curve.
    pub(crate) fn agree(&self, peer: &[u8]) -> Option<Vec<u8>> {
        let shared = self.curve.multiply(&self.curve.point(peer)?, &self.private)?;
        Some(self.curve.field.bytes(&shared.x))
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
    use openssl::nid::Nid;
    use openssl::pkey::PKey;

    use super::*;

    const NIDS: [Nid; 14] = [
        Nid::SECT163K1,
        Nid::SECT163R1,
        Nid::SECT163R2,
        Nid::SECT193R1,
        Nid::SECT193R2,
        Nid::SECT233K1,
        Nid::SECT233R1,
        Nid::SECT239K1,
        Nid::SECT283K1,
        Nid::SECT283R1,
        Nid::SECT409K1,
        Nid::SECT409R1,
        Nid::SECT571K1,
        Nid::SECT571R1,
    ];

    #[test]
    fn secrets_are_those_of_another_library() {
        let mut random = Random::seeded(31);
        let mut context = BigNumContext::new().expect("a context");
        for (parameters, nid) in CURVES.iter().zip(NIDS) {
            let named = parameters.group;
            let ours = BinaryKey::generate(named, &mut random).expect("a binary curve");
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
    fn numbers_at_the_edges_give_infinity_the_point_and_its_opposite() {
        let curve = Curve::of(NamedGroup::SECT163K1).expect("a binary curve");
        let point = curve.generator;
        assert!(curve.holds(&point));
        // SEC 2, section 3.2.1.
        let order = number("04000000000000000000020108a2e0cc0d99f8a5ef");
        let mut before = order.clone();
        *before.last_mut().expect("not empty") -= 1;
        let mut behind = order.clone();
        *behind.last_mut().expect("not empty") += 1;
        let opposite = Point { x: point.x, y: add(&point.x, &point.y) };
        for (scalar, expected) in [
            (&[][..], None),
            (&[0, 0], None),
            (&[1], Some(point)),
            (&[0, 1], Some(point)),
            (&order, None),
            (&before, Some(opposite)),
            (&behind, Some(point)),
        ] {
            assert_eq!(curve.multiply(&point, scalar), expected, "{scalar:?}");
        }
        let twice = curve.multiply(&point, &[2]).expect("finite");
        let five = curve.multiply(&point, &[5]).expect("finite");
        assert!(curve.holds(&twice) && curve.holds(&five));
        assert_eq!(curve.multiply(&five, &[2]), curve.multiply(&twice, &[5]));
    }

    #[test]
    fn other_points_are_no_key() {
        for named in [NamedGroup::SECT163K1, NamedGroup::SECT571R1] {
            let key = BinaryKey::generate(named, &mut Random::seeded(37)).expect("a binary curve");
            let length = key.share.len();
            let mut off = key.share.clone();
            off[length - 1] ^= 1;
            let mut beyond = key.share.clone();
            beyond[1] = 0xff;
            // Its own opposite: x is zero, y the root of b.
            let field = key.curve.field;
            let root = (1..field.degree).fold(key.curve.b, |root, _| field.square(&root));
            let idle = [&[UNCOMPRESSED], &*vec![0; field.len()], &field.bytes(&root)].concat();
            assert!(key.curve.holds(&Point { x: ZERO, y: root }));
            let wrongs: [&[u8]; 6] = [&[], &[0], &key.share[..length - 1], &off, &beyond, &idle];
            for wrong in wrongs {
                assert_eq!(key.agree(wrong), None, "{named}");
            }
        }
        assert!(BinaryKey::generate(NamedGroup::X25519, &mut Random::seeded(37)).is_none());
    }

    #[test]
    fn inverses_times_their_elements_are_one() {
        for parameters in &CURVES {
            let curve = Curve::of(parameters.group).expect("a binary curve");
            let (field, x) = (curve.field, curve.generator.x);
            assert_eq!(field.multiply(&x, &field.invert(&x)), ONE, "{}", parameters.group);
            assert_eq!(field.square(&x), field.multiply(&x, &x), "{}", parameters.group);
            assert!(curve.holds(&curve.generator), "{}", parameters.group);
            let room = parameters.middle.iter().all(|power| power + 64 <= parameters.degree);
            assert!(room, "{}", parameters.group);
        }
    }
}
