//! TLS ContentType: generated from `registry/content_types.csv`, not edited by hand.

use super::ContentType;

impl ContentType {
    /// `change_cipher_spec`: RFC9846.
    pub const CHANGE_CIPHER_SPEC: Self = Self(0x14);
    /// `alert`: RFC9846.
    pub const ALERT: Self = Self(0x15);
    /// `handshake`: RFC9846.
    pub const HANDSHAKE: Self = Self(0x16);
    /// `application_data`: RFC9846.
    pub const APPLICATION_DATA: Self = Self(0x17);
    /// `heartbeat`: RFC6520.
    pub const HEARTBEAT: Self = Self(0x18);
    /// `tls12_cid`: RFC9146.
    pub const TLS12_CID: Self = Self(0x19);
    /// `ACK`: RFC9147.
    pub const ACK: Self = Self(0x1a);
    /// `return_routability_check`: draft-ietf-tls-dtls-rrc.
    pub const RETURN_ROUTABILITY_CHECK: Self = Self(0x1b);
}

pub(super) const NAMES: &[(u8, &str)] = &[
    (0x14, "change_cipher_spec"),
    (0x15, "alert"),
    (0x16, "handshake"),
    (0x17, "application_data"),
    (0x18, "heartbeat"),
    (0x19, "tls12_cid"),
    (0x1a, "ACK"),
    (0x1b, "return_routability_check"),
];
