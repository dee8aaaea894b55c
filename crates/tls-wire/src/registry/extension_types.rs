//! TLS ExtensionType Values: generated from `registry/extension_types.csv`, not edited by hand.

use super::ExtensionType;

impl ExtensionType {
    /// `server_name`: RFC6066.
    pub const SERVER_NAME: Self = Self(0x0000);
    /// `max_fragment_length`: RFC6066.
    pub const MAX_FRAGMENT_LENGTH: Self = Self(0x0001);
    /// `client_certificate_url`: RFC6066.
    pub const CLIENT_CERTIFICATE_URL: Self = Self(0x0002);
    /// `trusted_ca_keys`: RFC6066.
    pub const TRUSTED_CA_KEYS: Self = Self(0x0003);
    /// `truncated_hmac`: RFC6066.
    pub const TRUNCATED_HMAC: Self = Self(0x0004);
    /// `status_request`: RFC6066.
    pub const STATUS_REQUEST: Self = Self(0x0005);
    /// `user_mapping`: RFC4681.
    pub const USER_MAPPING: Self = Self(0x0006);
    /// `client_authz`: RFC5878.
    pub const CLIENT_AUTHZ: Self = Self(0x0007);
    /// `server_authz`: RFC5878.
    pub const SERVER_AUTHZ: Self = Self(0x0008);
    /// `cert_type`: RFC6091.
    pub const CERT_TYPE: Self = Self(0x0009);
    /// `supported_groups`: RFC8422 RFC7919.
    pub const SUPPORTED_GROUPS: Self = Self(0x000a);
    /// `ec_point_formats`: RFC8422.
    pub const EC_POINT_FORMATS: Self = Self(0x000b);
    /// `srp`: RFC5054.
    pub const SRP: Self = Self(0x000c);
    /// `signature_algorithms`: RFC9846.
    pub const SIGNATURE_ALGORITHMS: Self = Self(0x000d);
    /// `use_srtp`: RFC5764.
    pub const USE_SRTP: Self = Self(0x000e);
    /// `heartbeat`: RFC6520.
    pub const HEARTBEAT: Self = Self(0x000f);
    /// `application_layer_protocol_negotiation`: RFC7301.
    pub const APPLICATION_LAYER_PROTOCOL_NEGOTIATION: Self = Self(0x0010);
    /// `status_request_v2`: RFC6961.
    pub const STATUS_REQUEST_V2: Self = Self(0x0011);
    /// `signed_certificate_timestamp`: RFC6962.
    pub const SIGNED_CERTIFICATE_TIMESTAMP: Self = Self(0x0012);
    /// `client_certificate_type`: RFC7250.
    pub const CLIENT_CERTIFICATE_TYPE: Self = Self(0x0013);
    /// `server_certificate_type`: RFC7250.
    pub const SERVER_CERTIFICATE_TYPE: Self = Self(0x0014);
    /// `padding`: RFC7685.
    pub const PADDING: Self = Self(0x0015);
    /// `encrypt_then_mac`: RFC7366.
    pub const ENCRYPT_THEN_MAC: Self = Self(0x0016);
    /// `extended_master_secret`: RFC7627.
    pub const EXTENDED_MASTER_SECRET: Self = Self(0x0017);
    /// `token_binding`: RFC8472.
    pub const TOKEN_BINDING: Self = Self(0x0018);
    /// `cached_info`: RFC7924.
    pub const CACHED_INFO: Self = Self(0x0019);
    /// `tls_lts`: draft-gutmann-tls-lts.
    pub const TLS_LTS: Self = Self(0x001a);
    /// `compress_certificate`: RFC8879.
    pub const COMPRESS_CERTIFICATE: Self = Self(0x001b);
    /// `record_size_limit`: RFC8449.
    pub const RECORD_SIZE_LIMIT: Self = Self(0x001c);
    /// `pwd_protect`: RFC8492.
    pub const PWD_PROTECT: Self = Self(0x001d);
    /// `pwd_clear`: RFC8492.
    pub const PWD_CLEAR: Self = Self(0x001e);
    /// `password_salt`: RFC8492.
    pub const PASSWORD_SALT: Self = Self(0x001f);
    /// `ticket_pinning`: RFC8672.
    pub const TICKET_PINNING: Self = Self(0x0020);
    /// `tls_cert_with_extern_psk`: RFC8773.
    pub const TLS_CERT_WITH_EXTERN_PSK: Self = Self(0x0021);
    /// `delegated_credential`: RFC9345.
    pub const DELEGATED_CREDENTIAL: Self = Self(0x0022);
    /// `session_ticket`: RFC5077.
    pub const SESSION_TICKET: Self = Self(0x0023);
    /// `TLMSP`: ETSI TS 103 523-2.
    pub const TLMSP: Self = Self(0x0024);
    /// `TLMSP_proxying`: ETSI TS 103 523-2.
    pub const TLMSP_PROXYING: Self = Self(0x0025);
    /// `TLMSP_delegate`: ETSI TS 103 523-2.
    pub const TLMSP_DELEGATE: Self = Self(0x0026);
    /// `supported_ekt_ciphers`: RFC8870.
    pub const SUPPORTED_EKT_CIPHERS: Self = Self(0x0027);
    /// `pre_shared_key`: RFC9846.
    pub const PRE_SHARED_KEY: Self = Self(0x0029);
    /// `early_data`: RFC9846.
    pub const EARLY_DATA: Self = Self(0x002a);
    /// `supported_versions`: RFC9846.
    pub const SUPPORTED_VERSIONS: Self = Self(0x002b);
    /// `cookie`: RFC9846.
    pub const COOKIE: Self = Self(0x002c);
    /// `psk_key_exchange_modes`: RFC9846.
    pub const PSK_KEY_EXCHANGE_MODES: Self = Self(0x002d);
    /// `certificate_authorities`: RFC9846.
    pub const CERTIFICATE_AUTHORITIES: Self = Self(0x002f);
    /// `oid_filters`: RFC9846.
    pub const OID_FILTERS: Self = Self(0x0030);
    /// `post_handshake_auth`: RFC9846.
    pub const POST_HANDSHAKE_AUTH: Self = Self(0x0031);
    /// `signature_algorithms_cert`: RFC9846.
    pub const SIGNATURE_ALGORITHMS_CERT: Self = Self(0x0032);
    /// `key_share`: RFC9846.
    pub const KEY_SHARE: Self = Self(0x0033);
    /// `transparency_info`: RFC9162.
    pub const TRANSPARENCY_INFO: Self = Self(0x0034);
    /// `connection_id_deprecated`: RFC9146.
    pub const CONNECTION_ID_DEPRECATED: Self = Self(0x0035);
    /// `connection_id`: RFC9146.
    pub const CONNECTION_ID: Self = Self(0x0036);
    /// `external_id_hash`: RFC8844.
    pub const EXTERNAL_ID_HASH: Self = Self(0x0037);
    /// `external_session_id`: RFC8844.
    pub const EXTERNAL_SESSION_ID: Self = Self(0x0038);
    /// `quic_transport_parameters`: RFC9001.
    pub const QUIC_TRANSPORT_PARAMETERS: Self = Self(0x0039);
    /// `ticket_request`: RFC9149.
    pub const TICKET_REQUEST: Self = Self(0x003a);
    /// `dnssec_chain`: RFC9102.
    pub const DNSSEC_CHAIN: Self = Self(0x003b);
    /// `sequence_number_encryption_algorithms`: draft-pismenny-tls-dtls-plaintext-sequence-number.
    pub const SEQUENCE_NUMBER_ENCRYPTION_ALGORITHMS: Self = Self(0x003c);
    /// `rrc`: draft-ietf-tls-dtls-rrc.
    pub const RRC: Self = Self(0x003d);
    /// `tls_flags`: draft-ietf-tls-tlsflags.
    pub const TLS_FLAGS: Self = Self(0x003e);
    /// `next_protocol_negotiation`: private: draft-agl-tls-nextprotoneg.
    pub const NEXT_PROTOCOL_NEGOTIATION: Self = Self(0x3374);
    /// `application_settings_old`: private: draft-vvv-tls-alps.
    pub const APPLICATION_SETTINGS_OLD: Self = Self(0x4469);
    /// `application_settings`: private: draft-vvv-tls-alps.
    pub const APPLICATION_SETTINGS: Self = Self(0x44cd);
    /// `channel_id_old`: private: draft-balfanz-tls-channelid.
    pub const CHANNEL_ID_OLD: Self = Self(0x754f);
    /// `channel_id`: private: draft-balfanz-tls-channelid.
    pub const CHANNEL_ID: Self = Self(0x7550);
    /// `ech_outer_extensions`: RFC9849.
    pub const ECH_OUTER_EXTENSIONS: Self = Self(0xfd00);
    /// `encrypted_client_hello_draft_08`: draft-ietf-tls-esni.
    pub const ENCRYPTED_CLIENT_HELLO_DRAFT_08: Self = Self(0xfe08);
    /// `encrypted_client_hello_draft_09`: draft-ietf-tls-esni.
    pub const ENCRYPTED_CLIENT_HELLO_DRAFT_09: Self = Self(0xfe09);
    /// `encrypted_client_hello`: RFC9849.
    pub const ENCRYPTED_CLIENT_HELLO: Self = Self(0xfe0d);
    /// `renegotiation_info`: RFC5746.
    pub const RENEGOTIATION_INFO: Self = Self(0xff01);
    /// `quic_transport_parameters_draft`: private: draft-ietf-quic-tls.
    pub const QUIC_TRANSPORT_PARAMETERS_DRAFT: Self = Self(0xffa5);
    /// `encrypted_server_name`: draft-ietf-tls-esni.
    pub const ENCRYPTED_SERVER_NAME: Self = Self(0xffce);
}

pub(super) const NAMES: &[(u16, &str)] = &[
    (0x0000, "server_name"),
    (0x0001, "max_fragment_length"),
    (0x0002, "client_certificate_url"),
    (0x0003, "trusted_ca_keys"),
    (0x0004, "truncated_hmac"),
    (0x0005, "status_request"),
    (0x0006, "user_mapping"),
    (0x0007, "client_authz"),
    (0x0008, "server_authz"),
    (0x0009, "cert_type"),
    (0x000a, "supported_groups"),
    (0x000b, "ec_point_formats"),
    (0x000c, "srp"),
    (0x000d, "signature_algorithms"),
    (0x000e, "use_srtp"),
    (0x000f, "heartbeat"),
    (0x0010, "application_layer_protocol_negotiation"),
    (0x0011, "status_request_v2"),
    (0x0012, "signed_certificate_timestamp"),
    (0x0013, "client_certificate_type"),
    (0x0014, "server_certificate_type"),
    (0x0015, "padding"),
    (0x0016, "encrypt_then_mac"),
    (0x0017, "extended_master_secret"),
    (0x0018, "token_binding"),
    (0x0019, "cached_info"),
    (0x001a, "tls_lts"),
    (0x001b, "compress_certificate"),
    (0x001c, "record_size_limit"),
    (0x001d, "pwd_protect"),
    (0x001e, "pwd_clear"),
    (0x001f, "password_salt"),
    (0x0020, "ticket_pinning"),
    (0x0021, "tls_cert_with_extern_psk"),
    (0x0022, "delegated_credential"),
    (0x0023, "session_ticket"),
    (0x0024, "TLMSP"),
    (0x0025, "TLMSP_proxying"),
    (0x0026, "TLMSP_delegate"),
    (0x0027, "supported_ekt_ciphers"),
    (0x0029, "pre_shared_key"),
    (0x002a, "early_data"),
    (0x002b, "supported_versions"),
    (0x002c, "cookie"),
    (0x002d, "psk_key_exchange_modes"),
    (0x002f, "certificate_authorities"),
    (0x0030, "oid_filters"),
    (0x0031, "post_handshake_auth"),
    (0x0032, "signature_algorithms_cert"),
    (0x0033, "key_share"),
    (0x0034, "transparency_info"),
    (0x0035, "connection_id_deprecated"),
    (0x0036, "connection_id"),
    (0x0037, "external_id_hash"),
    (0x0038, "external_session_id"),
    (0x0039, "quic_transport_parameters"),
    (0x003a, "ticket_request"),
    (0x003b, "dnssec_chain"),
    (0x003c, "sequence_number_encryption_algorithms"),
    (0x003d, "rrc"),
    (0x003e, "tls_flags"),
    (0x3374, "next_protocol_negotiation"),
    (0x4469, "application_settings_old"),
    (0x44cd, "application_settings"),
    (0x754f, "channel_id_old"),
    (0x7550, "channel_id"),
    (0xfd00, "ech_outer_extensions"),
    (0xfe08, "encrypted_client_hello_draft_08"),
    (0xfe09, "encrypted_client_hello_draft_09"),
    (0xfe0d, "encrypted_client_hello"),
    (0xff01, "renegotiation_info"),
    (0xffa5, "quic_transport_parameters_draft"),
    (0xffce, "encrypted_server_name"),
];
