//! Alerts (RFC 9846, section 6): two bytes, level and description, both kept when unknown.

use std::fmt;

use crate::codec::Codec;
use crate::codec::DecodeError;
use crate::codec::Reader;
use crate::registry::AlertDescription;
use crate::registry::AlertLevel;

/// One alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Alert {
    /// How severe it claims to be.
    pub level: AlertLevel,
    /// What it says.
    pub description: AlertDescription,
}

impl Alert {
    /// The orderly end of a direction.
    pub const CLOSE_NOTIFY: Self =
        Self { level: AlertLevel::WARNING, description: AlertDescription::CLOSE_NOTIFY };

    /// An alert that ends the connection.
    pub fn fatal(description: AlertDescription) -> Self {
        Self { level: AlertLevel::FATAL, description }
    }
}

impl fmt::Display for Alert {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.level, self.description)
    }
}

impl Codec<'_> for Alert {
    fn encode(&self, out: &mut Vec<u8>) {
        self.level.encode(out);
        self.description.encode(out);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self { level: AlertLevel::read(reader)?, description: AlertDescription::read(reader)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_and_unknown_alerts_survive() {
        for bytes in [[2, 40], [1, 0], [9, 251]] {
            let alert = Alert::decode(&bytes, "alert").expect("two bytes");
            assert_eq!(alert.encoded(), bytes);
        }
        let alert = Alert::decode(&[2, 40], "alert").expect("two bytes");
        assert_eq!(alert.to_string(), "fatal handshake_failure");
        assert_eq!(alert, Alert::fatal(AlertDescription::HANDSHAKE_FAILURE));
    }

    #[test]
    fn short_and_long_alerts_are_malformed() {
        assert!(Alert::decode(&[2], "alert").is_err());
        assert_eq!(
            Alert::decode(&[2, 40, 0], "alert"),
            Err(DecodeError::Trailing { what: "alert", left: 1 })
        );
    }
}
