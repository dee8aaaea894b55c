//! TLS ClientCertificateType Identifiers: generated from `registry/client_certificate_types.csv`, not edited by hand.

use super::ClientCertificateType;

impl ClientCertificateType {
    /// `rsa_sign`: RFC5246.
    pub const RSA_SIGN: Self = Self(0x01);
    /// `dss_sign`: RFC5246.
    pub const DSS_SIGN: Self = Self(0x02);
    /// `rsa_fixed_dh`: RFC5246.
    pub const RSA_FIXED_DH: Self = Self(0x03);
    /// `dss_fixed_dh`: RFC5246.
    pub const DSS_FIXED_DH: Self = Self(0x04);
    /// `rsa_ephemeral_dh`: RFC6101.
    pub const RSA_EPHEMERAL_DH: Self = Self(0x05);
    /// `dss_ephemeral_dh`: RFC6101.
    pub const DSS_EPHEMERAL_DH: Self = Self(0x06);
    /// `fortezza_dms`: RFC6101.
    pub const FORTEZZA_DMS: Self = Self(0x14);
    /// `ecdsa_sign`: RFC8422.
    pub const ECDSA_SIGN: Self = Self(0x40);
    /// `rsa_fixed_ecdh`: RFC8422.
    pub const RSA_FIXED_ECDH: Self = Self(0x41);
    /// `ecdsa_fixed_ecdh`: RFC8422.
    pub const ECDSA_FIXED_ECDH: Self = Self(0x42);
    /// `gost_sign256`: RFC9189.
    pub const GOST_SIGN256: Self = Self(0x43);
    /// `gost_sign512`: RFC9189.
    pub const GOST_SIGN512: Self = Self(0x44);
}

pub(super) const NAMES: &[(u8, &str)] = &[
    (0x01, "rsa_sign"),
    (0x02, "dss_sign"),
    (0x03, "rsa_fixed_dh"),
    (0x04, "dss_fixed_dh"),
    (0x05, "rsa_ephemeral_dh"),
    (0x06, "dss_ephemeral_dh"),
    (0x14, "fortezza_dms"),
    (0x40, "ecdsa_sign"),
    (0x41, "rsa_fixed_ecdh"),
    (0x42, "ecdsa_fixed_ecdh"),
    (0x43, "gost_sign256"),
    (0x44, "gost_sign512"),
];
