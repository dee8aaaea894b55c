//! Protocol versions: generated from `registry/versions.csv`, not edited by hand.

use super::Version;

impl Version {
    /// `SSL 2`: draft-hickman-netscape-ssl.
    pub const SSL_2: Self = Self(0x0002);
    /// `TLCP 1.1`: GB/T 38636-2020.
    pub const TLCP_1_1: Self = Self(0x0101);
    /// `SSL 3`: RFC6101.
    pub const SSL_3: Self = Self(0x0300);
    /// `TLS 1.0`: RFC2246.
    pub const TLS_1_0: Self = Self(0x0301);
    /// `TLS 1.1`: RFC4346.
    pub const TLS_1_1: Self = Self(0x0302);
    /// `TLS 1.2`: RFC5246.
    pub const TLS_1_2: Self = Self(0x0303);
    /// `TLS 1.3`: RFC9846.
    pub const TLS_1_3: Self = Self(0x0304);
    /// `TLS 1.3 experiment 1`: private: middlebox experiment of 2017.
    pub const TLS_1_3_EXPERIMENT_1: Self = Self(0x7e01);
    /// `TLS 1.3 experiment 2`: private: middlebox experiment of 2017.
    pub const TLS_1_3_EXPERIMENT_2: Self = Self(0x7e02);
    /// `TLS 1.3 draft 14`: draft-ietf-tls-tls13.
    pub const TLS_1_3_DRAFT_14: Self = Self(0x7f0e);
    /// `TLS 1.3 draft 15`: draft-ietf-tls-tls13.
    pub const TLS_1_3_DRAFT_15: Self = Self(0x7f0f);
    /// `TLS 1.3 draft 16`: draft-ietf-tls-tls13.
    pub const TLS_1_3_DRAFT_16: Self = Self(0x7f10);
    /// `TLS 1.3 draft 17`: draft-ietf-tls-tls13.
    pub const TLS_1_3_DRAFT_17: Self = Self(0x7f11);
    /// `TLS 1.3 draft 18`: draft-ietf-tls-tls13.
    pub const TLS_1_3_DRAFT_18: Self = Self(0x7f12);
    /// `TLS 1.3 draft 19`: draft-ietf-tls-tls13.
    pub const TLS_1_3_DRAFT_19: Self = Self(0x7f13);
    /// `TLS 1.3 draft 20`: draft-ietf-tls-tls13.
    pub const TLS_1_3_DRAFT_20: Self = Self(0x7f14);
    /// `TLS 1.3 draft 21`: draft-ietf-tls-tls13.
    pub const TLS_1_3_DRAFT_21: Self = Self(0x7f15);
    /// `TLS 1.3 draft 22`: draft-ietf-tls-tls13.
    pub const TLS_1_3_DRAFT_22: Self = Self(0x7f16);
    /// `TLS 1.3 draft 23`: draft-ietf-tls-tls13.
    pub const TLS_1_3_DRAFT_23: Self = Self(0x7f17);
    /// `TLS 1.3 draft 24`: draft-ietf-tls-tls13.
    pub const TLS_1_3_DRAFT_24: Self = Self(0x7f18);
    /// `TLS 1.3 draft 25`: draft-ietf-tls-tls13.
    pub const TLS_1_3_DRAFT_25: Self = Self(0x7f19);
    /// `TLS 1.3 draft 26`: draft-ietf-tls-tls13.
    pub const TLS_1_3_DRAFT_26: Self = Self(0x7f1a);
    /// `TLS 1.3 draft 27`: draft-ietf-tls-tls13.
    pub const TLS_1_3_DRAFT_27: Self = Self(0x7f1b);
    /// `TLS 1.3 draft 28`: draft-ietf-tls-tls13.
    pub const TLS_1_3_DRAFT_28: Self = Self(0x7f1c);
    /// `TLS 1.3 draft 23 (Facebook)`: private: Facebook experiment of 2018.
    pub const TLS_1_3_DRAFT_23_FACEBOOK: Self = Self(0xfb17);
    /// `TLS 1.3 draft 26 (Facebook)`: private: Facebook experiment of 2018.
    pub const TLS_1_3_DRAFT_26_FACEBOOK: Self = Self(0xfb1a);
    /// `DTLS 1.3`: RFC9147.
    pub const DTLS_1_3: Self = Self(0xfefc);
    /// `DTLS 1.2`: RFC6347.
    pub const DTLS_1_2: Self = Self(0xfefd);
    /// `DTLS 1.0`: RFC4347.
    pub const DTLS_1_0: Self = Self(0xfeff);
}

pub(super) const NAMES: &[(u16, &str)] = &[
    (0x0002, "SSL 2"),
    (0x0101, "TLCP 1.1"),
    (0x0300, "SSL 3"),
    (0x0301, "TLS 1.0"),
    (0x0302, "TLS 1.1"),
    (0x0303, "TLS 1.2"),
    (0x0304, "TLS 1.3"),
    (0x7e01, "TLS 1.3 experiment 1"),
    (0x7e02, "TLS 1.3 experiment 2"),
    (0x7f0e, "TLS 1.3 draft 14"),
    (0x7f0f, "TLS 1.3 draft 15"),
    (0x7f10, "TLS 1.3 draft 16"),
    (0x7f11, "TLS 1.3 draft 17"),
    (0x7f12, "TLS 1.3 draft 18"),
    (0x7f13, "TLS 1.3 draft 19"),
    (0x7f14, "TLS 1.3 draft 20"),
    (0x7f15, "TLS 1.3 draft 21"),
    (0x7f16, "TLS 1.3 draft 22"),
    (0x7f17, "TLS 1.3 draft 23"),
    (0x7f18, "TLS 1.3 draft 24"),
    (0x7f19, "TLS 1.3 draft 25"),
    (0x7f1a, "TLS 1.3 draft 26"),
    (0x7f1b, "TLS 1.3 draft 27"),
    (0x7f1c, "TLS 1.3 draft 28"),
    (0xfb17, "TLS 1.3 draft 23 (Facebook)"),
    (0xfb1a, "TLS 1.3 draft 26 (Facebook)"),
    (0xfefc, "DTLS 1.3"),
    (0xfefd, "DTLS 1.2"),
    (0xfeff, "DTLS 1.0"),
];
