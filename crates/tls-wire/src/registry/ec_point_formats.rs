//! TLS EC Point Formats: generated from `registry/ec_point_formats.csv`, not edited by hand.

use super::EcPointFormat;

impl EcPointFormat {
    /// `uncompressed`: RFC8422.
    pub const UNCOMPRESSED: Self = Self(0x00);
    /// `ansiX962_compressed_prime`: RFC8422.
    pub const ANSIX962_COMPRESSED_PRIME: Self = Self(0x01);
    /// `ansiX962_compressed_char2`: RFC8422.
    pub const ANSIX962_COMPRESSED_CHAR2: Self = Self(0x02);
}

pub(super) const NAMES: &[(u8, &str)] = &[
    (0x00, "uncompressed"),
    (0x01, "ansiX962_compressed_prime"),
    (0x02, "ansiX962_compressed_char2"),
];
