//! TLS Certificate Status Types: generated from `registry/certificate_status_types.csv`, not edited by hand.

use super::CertificateStatusType;

impl CertificateStatusType {
    /// `ocsp`: RFC6066.
    pub const OCSP: Self = Self(0x01);
    /// `ocsp_multi`: RFC6961.
    pub const OCSP_MULTI: Self = Self(0x02);
}

pub(super) const NAMES: &[(u8, &str)] = &[
    (0x01, "ocsp"),
    (0x02, "ocsp_multi"),
];
