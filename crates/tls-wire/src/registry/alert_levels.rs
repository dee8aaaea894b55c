//! TLS alert levels: generated from `registry/alert_levels.csv`, not edited by hand.

use super::AlertLevel;

impl AlertLevel {
    /// `warning`: RFC9846.
    pub const WARNING: Self = Self(0x01);
    /// `fatal`: RFC9846.
    pub const FATAL: Self = Self(0x02);
}

pub(super) const NAMES: &[(u8, &str)] = &[
    (0x01, "warning"),
    (0x02, "fatal"),
];
