//! TLS HandshakeType: generated from `registry/handshake_types.csv`, not edited by hand.

use super::HandshakeType;

impl HandshakeType {
    /// `hello_request`: RFC5246.
    pub const HELLO_REQUEST: Self = Self(0x00);
    /// `client_hello`: RFC9846.
    pub const CLIENT_HELLO: Self = Self(0x01);
    /// `server_hello`: RFC9846.
    pub const SERVER_HELLO: Self = Self(0x02);
    /// `hello_verify_request`: RFC6347.
    pub const HELLO_VERIFY_REQUEST: Self = Self(0x03);
    /// `new_session_ticket`: RFC9846.
    pub const NEW_SESSION_TICKET: Self = Self(0x04);
    /// `end_of_early_data`: RFC9846.
    pub const END_OF_EARLY_DATA: Self = Self(0x05);
    /// `hello_retry_request`: private: drafts of TLS 1.3 up to 21.
    pub const HELLO_RETRY_REQUEST: Self = Self(0x06);
    /// `encrypted_extensions`: RFC9846.
    pub const ENCRYPTED_EXTENSIONS: Self = Self(0x08);
    /// `request_connection_id`: RFC9147.
    pub const REQUEST_CONNECTION_ID: Self = Self(0x09);
    /// `new_connection_id`: RFC9147.
    pub const NEW_CONNECTION_ID: Self = Self(0x0a);
    /// `certificate`: RFC9846.
    pub const CERTIFICATE: Self = Self(0x0b);
    /// `server_key_exchange`: RFC5246.
    pub const SERVER_KEY_EXCHANGE: Self = Self(0x0c);
    /// `certificate_request`: RFC9846.
    pub const CERTIFICATE_REQUEST: Self = Self(0x0d);
    /// `server_hello_done`: RFC5246.
    pub const SERVER_HELLO_DONE: Self = Self(0x0e);
    /// `certificate_verify`: RFC9846.
    pub const CERTIFICATE_VERIFY: Self = Self(0x0f);
    /// `client_key_exchange`: RFC5246.
    pub const CLIENT_KEY_EXCHANGE: Self = Self(0x10);
    /// `client_certificate_request`: RFC9261.
    pub const CLIENT_CERTIFICATE_REQUEST: Self = Self(0x11);
    /// `finished`: RFC9846.
    pub const FINISHED: Self = Self(0x14);
    /// `certificate_url`: RFC6066.
    pub const CERTIFICATE_URL: Self = Self(0x15);
    /// `certificate_status`: RFC6066.
    pub const CERTIFICATE_STATUS: Self = Self(0x16);
    /// `supplemental_data`: RFC4680.
    pub const SUPPLEMENTAL_DATA: Self = Self(0x17);
    /// `key_update`: RFC9846.
    pub const KEY_UPDATE: Self = Self(0x18);
    /// `compressed_certificate`: RFC8879.
    pub const COMPRESSED_CERTIFICATE: Self = Self(0x19);
    /// `ekt_key`: RFC8870.
    pub const EKT_KEY: Self = Self(0x1a);
    /// `next_protocol`: private: draft-agl-tls-nextprotoneg.
    pub const NEXT_PROTOCOL: Self = Self(0x43);
    /// `encrypted_extensions_channel_id`: private: draft-balfanz-tls-channelid.
    pub const ENCRYPTED_EXTENSIONS_CHANNEL_ID: Self = Self(0xcb);
    /// `message_hash`: RFC9846.
    pub const MESSAGE_HASH: Self = Self(0xfe);
}

pub(super) const NAMES: &[(u8, &str)] = &[
    (0x00, "hello_request"),
    (0x01, "client_hello"),
    (0x02, "server_hello"),
    (0x03, "hello_verify_request"),
    (0x04, "new_session_ticket"),
    (0x05, "end_of_early_data"),
    (0x06, "hello_retry_request"),
    (0x08, "encrypted_extensions"),
    (0x09, "request_connection_id"),
    (0x0a, "new_connection_id"),
    (0x0b, "certificate"),
    (0x0c, "server_key_exchange"),
    (0x0d, "certificate_request"),
    (0x0e, "server_hello_done"),
    (0x0f, "certificate_verify"),
    (0x10, "client_key_exchange"),
    (0x11, "client_certificate_request"),
    (0x14, "finished"),
    (0x15, "certificate_url"),
    (0x16, "certificate_status"),
    (0x17, "supplemental_data"),
    (0x18, "key_update"),
    (0x19, "compressed_certificate"),
    (0x1a, "ekt_key"),
    (0x43, "next_protocol"),
    (0xcb, "encrypted_extensions_channel_id"),
    (0xfe, "message_hash"),
];
