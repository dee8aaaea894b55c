//! TLS EC Curve Types: generated from `registry/ec_curve_types.csv`, not edited by hand.

use super::EcCurveType;

impl EcCurveType {
    /// `explicit_prime`: RFC8422.
    pub const EXPLICIT_PRIME: Self = Self(0x01);
    /// `explicit_char2`: RFC8422.
    pub const EXPLICIT_CHAR2: Self = Self(0x02);
    /// `named_curve`: RFC8422.
    pub const NAMED_CURVE: Self = Self(0x03);
}

pub(super) const NAMES: &[(u8, &str)] = &[
    (0x01, "explicit_prime"),
    (0x02, "explicit_char2"),
    (0x03, "named_curve"),
];
