//! TLS Compression Method Identifiers: generated from `registry/compression_methods.csv`, not edited by hand.

use super::CompressionMethod;

impl CompressionMethod {
    /// `null`: RFC3749.
    pub const NULL: Self = Self(0x00);
    /// `DEFLATE`: RFC3749.
    pub const DEFLATE: Self = Self(0x01);
    /// `LZS`: RFC3943.
    pub const LZS: Self = Self(0x40);
}

pub(super) const NAMES: &[(u8, &str)] = &[
    (0x00, "null"),
    (0x01, "DEFLATE"),
    (0x40, "LZS"),
];
