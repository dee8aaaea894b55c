//! SSL 2 message types: generated from `registry/ssl2_messages.csv`, not edited by hand.

use super::Ssl2Message;

impl Ssl2Message {
    /// `ERROR`: draft-hickman-netscape-ssl-00.
    pub const ERROR: Self = Self(0x00);
    /// `CLIENT-HELLO`: draft-hickman-netscape-ssl-00.
    pub const CLIENT_HELLO: Self = Self(0x01);
    /// `CLIENT-MASTER-KEY`: draft-hickman-netscape-ssl-00.
    pub const CLIENT_MASTER_KEY: Self = Self(0x02);
    /// `CLIENT-FINISHED`: draft-hickman-netscape-ssl-00.
    pub const CLIENT_FINISHED: Self = Self(0x03);
    /// `SERVER-HELLO`: draft-hickman-netscape-ssl-00.
    pub const SERVER_HELLO: Self = Self(0x04);
    /// `SERVER-VERIFY`: draft-hickman-netscape-ssl-00.
    pub const SERVER_VERIFY: Self = Self(0x05);
    /// `SERVER-FINISHED`: draft-hickman-netscape-ssl-00.
    pub const SERVER_FINISHED: Self = Self(0x06);
    /// `REQUEST-CERTIFICATE`: draft-hickman-netscape-ssl-00.
    pub const REQUEST_CERTIFICATE: Self = Self(0x07);
    /// `CLIENT-CERTIFICATE`: draft-hickman-netscape-ssl-00.
    pub const CLIENT_CERTIFICATE: Self = Self(0x08);
}

pub(super) const NAMES: &[(u8, &str)] = &[
    (0x00, "ERROR"),
    (0x01, "CLIENT-HELLO"),
    (0x02, "CLIENT-MASTER-KEY"),
    (0x03, "CLIENT-FINISHED"),
    (0x04, "SERVER-HELLO"),
    (0x05, "SERVER-VERIFY"),
    (0x06, "SERVER-FINISHED"),
    (0x07, "REQUEST-CERTIFICATE"),
    (0x08, "CLIENT-CERTIFICATE"),
];
