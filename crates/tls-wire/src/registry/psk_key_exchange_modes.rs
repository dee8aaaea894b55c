//! TLS PskKeyExchangeMode: generated from `registry/psk_key_exchange_modes.csv`, not edited by hand.

use super::PskKeyExchangeMode;

impl PskKeyExchangeMode {
    /// `psk_ke`: RFC9846.
    pub const PSK_KE: Self = Self(0x00);
    /// `psk_dhe_ke`: RFC9846.
    pub const PSK_DHE_KE: Self = Self(0x01);
}

pub(super) const NAMES: &[(u8, &str)] = &[
    (0x00, "psk_ke"),
    (0x01, "psk_dhe_ke"),
];
