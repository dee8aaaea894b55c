//! SSL 2 errors: generated from `registry/ssl2_errors.csv`, not edited by hand.

use super::Ssl2Error;

impl Ssl2Error {
    /// `NO-CIPHER-ERROR`: draft-hickman-netscape-ssl-00.
    pub const NO_CIPHER_ERROR: Self = Self(0x0001);
    /// `NO-CERTIFICATE-ERROR`: draft-hickman-netscape-ssl-00.
    pub const NO_CERTIFICATE_ERROR: Self = Self(0x0002);
    /// `BAD-CERTIFICATE-ERROR`: draft-hickman-netscape-ssl-00.
    pub const BAD_CERTIFICATE_ERROR: Self = Self(0x0004);
    /// `UNSUPPORTED-CERTIFICATE-TYPE-ERROR`: draft-hickman-netscape-ssl-00.
    pub const UNSUPPORTED_CERTIFICATE_TYPE_ERROR: Self = Self(0x0006);
}

pub(super) const NAMES: &[(u16, &str)] = &[
    (0x0001, "NO-CIPHER-ERROR"),
    (0x0002, "NO-CERTIFICATE-ERROR"),
    (0x0004, "BAD-CERTIFICATE-ERROR"),
    (0x0006, "UNSUPPORTED-CERTIFICATE-TYPE-ERROR"),
];
