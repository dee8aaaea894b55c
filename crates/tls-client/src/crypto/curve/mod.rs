//! Curves that the library lacks: agreement and signatures on the prime curves of the registry, agreement on the binary ones,
//! X448 and Ed448. Not in
//! constant time: this client protects nobody's secrets.

mod binary;
mod ed448;
mod table;
mod weierstrass;
mod x448;

use tlscensus_tls_wire::registry::NamedGroup;

pub(crate) use self::binary::BinaryKey;
pub(crate) use self::weierstrass::Curve;
pub(crate) use self::weierstrass::CurveKey;
pub(crate) use self::x448::X448Key;

/// Whether an Ed448 signature is the key's; `None` where the key is none.
pub(crate) use self::ed448::verify as verify_ed448;

/// The curve of a certificate's key, by the contents of its OBJECT IDENTIFIER.
pub(crate) fn named_by(identifier: &[u8]) -> Option<NamedGroup> {
    table::CURVES.iter().find(|curve| curve.identifier == identifier).map(|curve| curve.group)
}
