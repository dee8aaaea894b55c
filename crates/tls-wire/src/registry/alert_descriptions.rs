//! TLS Alerts: generated from `registry/alert_descriptions.csv`, not edited by hand.

use super::AlertDescription;

impl AlertDescription {
    /// `close_notify`: RFC9846.
    pub const CLOSE_NOTIFY: Self = Self(0x00);
    /// `unexpected_message`: RFC9846.
    pub const UNEXPECTED_MESSAGE: Self = Self(0x0a);
    /// `bad_record_mac`: RFC9846.
    pub const BAD_RECORD_MAC: Self = Self(0x14);
    /// `decryption_failed`: RFC5246.
    pub const DECRYPTION_FAILED: Self = Self(0x15);
    /// `record_overflow`: RFC9846.
    pub const RECORD_OVERFLOW: Self = Self(0x16);
    /// `decompression_failure`: RFC5246.
    pub const DECOMPRESSION_FAILURE: Self = Self(0x1e);
    /// `handshake_failure`: RFC9846.
    pub const HANDSHAKE_FAILURE: Self = Self(0x28);
    /// `no_certificate`: RFC6101.
    pub const NO_CERTIFICATE: Self = Self(0x29);
    /// `bad_certificate`: RFC9846.
    pub const BAD_CERTIFICATE: Self = Self(0x2a);
    /// `unsupported_certificate`: RFC9846.
    pub const UNSUPPORTED_CERTIFICATE: Self = Self(0x2b);
    /// `certificate_revoked`: RFC9846.
    pub const CERTIFICATE_REVOKED: Self = Self(0x2c);
    /// `certificate_expired`: RFC9846.
    pub const CERTIFICATE_EXPIRED: Self = Self(0x2d);
    /// `certificate_unknown`: RFC9846.
    pub const CERTIFICATE_UNKNOWN: Self = Self(0x2e);
    /// `illegal_parameter`: RFC9846.
    pub const ILLEGAL_PARAMETER: Self = Self(0x2f);
    /// `unknown_ca`: RFC9846.
    pub const UNKNOWN_CA: Self = Self(0x30);
    /// `access_denied`: RFC9846.
    pub const ACCESS_DENIED: Self = Self(0x31);
    /// `decode_error`: RFC9846.
    pub const DECODE_ERROR: Self = Self(0x32);
    /// `decrypt_error`: RFC9846.
    pub const DECRYPT_ERROR: Self = Self(0x33);
    /// `too_many_cids_requested`: RFC9147.
    pub const TOO_MANY_CIDS_REQUESTED: Self = Self(0x34);
    /// `export_restriction`: RFC2246.
    pub const EXPORT_RESTRICTION: Self = Self(0x3c);
    /// `protocol_version`: RFC9846.
    pub const PROTOCOL_VERSION: Self = Self(0x46);
    /// `insufficient_security`: RFC9846.
    pub const INSUFFICIENT_SECURITY: Self = Self(0x47);
    /// `internal_error`: RFC9846.
    pub const INTERNAL_ERROR: Self = Self(0x50);
    /// `inappropriate_fallback`: RFC7507.
    pub const INAPPROPRIATE_FALLBACK: Self = Self(0x56);
    /// `user_canceled`: RFC9846.
    pub const USER_CANCELED: Self = Self(0x5a);
    /// `no_renegotiation`: RFC5246.
    pub const NO_RENEGOTIATION: Self = Self(0x64);
    /// `missing_extension`: RFC9846.
    pub const MISSING_EXTENSION: Self = Self(0x6d);
    /// `unsupported_extension`: RFC9846.
    pub const UNSUPPORTED_EXTENSION: Self = Self(0x6e);
    /// `certificate_unobtainable`: RFC6066.
    pub const CERTIFICATE_UNOBTAINABLE: Self = Self(0x6f);
    /// `unrecognized_name`: RFC6066.
    pub const UNRECOGNIZED_NAME: Self = Self(0x70);
    /// `bad_certificate_status_response`: RFC6066.
    pub const BAD_CERTIFICATE_STATUS_RESPONSE: Self = Self(0x71);
    /// `bad_certificate_hash_value`: RFC6066.
    pub const BAD_CERTIFICATE_HASH_VALUE: Self = Self(0x72);
    /// `unknown_psk_identity`: RFC4279.
    pub const UNKNOWN_PSK_IDENTITY: Self = Self(0x73);
    /// `certificate_required`: RFC9846.
    pub const CERTIFICATE_REQUIRED: Self = Self(0x74);
    /// `general_error`: RFC9846.
    pub const GENERAL_ERROR: Self = Self(0x75);
    /// `no_application_protocol`: RFC7301.
    pub const NO_APPLICATION_PROTOCOL: Self = Self(0x78);
    /// `ech_required`: RFC9849.
    pub const ECH_REQUIRED: Self = Self(0x79);
}

pub(super) const NAMES: &[(u8, &str)] = &[
    (0x00, "close_notify"),
    (0x0a, "unexpected_message"),
    (0x14, "bad_record_mac"),
    (0x15, "decryption_failed"),
    (0x16, "record_overflow"),
    (0x1e, "decompression_failure"),
    (0x28, "handshake_failure"),
    (0x29, "no_certificate"),
    (0x2a, "bad_certificate"),
    (0x2b, "unsupported_certificate"),
    (0x2c, "certificate_revoked"),
    (0x2d, "certificate_expired"),
    (0x2e, "certificate_unknown"),
    (0x2f, "illegal_parameter"),
    (0x30, "unknown_ca"),
    (0x31, "access_denied"),
    (0x32, "decode_error"),
    (0x33, "decrypt_error"),
    (0x34, "too_many_cids_requested"),
    (0x3c, "export_restriction"),
    (0x46, "protocol_version"),
    (0x47, "insufficient_security"),
    (0x50, "internal_error"),
    (0x56, "inappropriate_fallback"),
    (0x5a, "user_canceled"),
    (0x64, "no_renegotiation"),
    (0x6d, "missing_extension"),
    (0x6e, "unsupported_extension"),
    (0x6f, "certificate_unobtainable"),
    (0x70, "unrecognized_name"),
    (0x71, "bad_certificate_status_response"),
    (0x72, "bad_certificate_hash_value"),
    (0x73, "unknown_psk_identity"),
    (0x74, "certificate_required"),
    (0x75, "general_error"),
    (0x78, "no_application_protocol"),
    (0x79, "ech_required"),
];
