//! TLS Certificate Types: generated from `registry/certificate_types.csv`, not edited by hand.

use super::CertificateType;

impl CertificateType {
    /// `X509`: RFC6091.
    pub const X509: Self = Self(0x00);
    /// `OpenPGP`: RFC6091.
    pub const OPENPGP: Self = Self(0x01);
    /// `RawPublicKey`: RFC7250.
    pub const RAWPUBLICKEY: Self = Self(0x02);
    /// `1609Dot2`: RFC8902.
    pub const N1609DOT2: Self = Self(0x03);
}

pub(super) const NAMES: &[(u8, &str)] = &[
    (0x00, "X509"),
    (0x01, "OpenPGP"),
    (0x02, "RawPublicKey"),
    (0x03, "1609Dot2"),
];
