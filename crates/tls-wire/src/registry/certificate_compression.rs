//! TLS Certificate Compression Algorithm IDs: generated from `registry/certificate_compression.csv`, not edited by hand.

use super::CertificateCompression;

impl CertificateCompression {
    /// `zlib`: RFC8879.
    pub const ZLIB: Self = Self(0x0001);
    /// `brotli`: RFC8879.
    pub const BROTLI: Self = Self(0x0002);
    /// `zstd`: RFC8879.
    pub const ZSTD: Self = Self(0x0003);
}

pub(super) const NAMES: &[(u16, &str)] = &[
    (0x0001, "zlib"),
    (0x0002, "brotli"),
    (0x0003, "zstd"),
];
