//! Words of other tools for numbers of TLS.

/// Zeek's and Suricata's words for versions, as code points; a draft is 0x7f00 and its number.
pub(super) fn version(word: &str) -> Option<u16> {
    let plain = VERSIONS.iter().find(|(known, _)| *known == word).map(|(_, code)| *code);
    let number = |text: &str| text.parse::<u16>().ok();
    plain
        .or_else(|| Some(0x7f00 | number(word.strip_prefix("TLSv13-draft")?)?))
        .or_else(|| Some(0x7f00 | number(word.strip_prefix("TLS 1.3 draft-")?)?))
        .or_else(|| number(word.strip_prefix("unknown-")?))
}

/// Whether a word speaks of TLS over datagrams, which is not watched.
pub(super) fn is_datagram(word: &str) -> bool {
    word.starts_with("DTLS")
}

const VERSIONS: [(&str, u16); 12] = [
    ("SSLv2", 0x0002),
    ("SSLv3", 0x0300),
    ("SSL v3", 0x0300),
    ("TLSv10", 0x0301),
    ("TLSv1", 0x0301),
    ("TLSv11", 0x0302),
    ("TLS 1.1", 0x0302),
    ("TLSv12", 0x0303),
    ("TLS 1.2", 0x0303),
    ("TLSv13", 0x0304),
    ("TLS 1.3", 0x0304),
    // Suricata's word for the experiment of Chrome 63.
    ("TLS 1.3 draft-fb23", 0xfb17),
];

/// The description of an alert by its number (RFC 9846, section 6), where tshark has the number.
pub(super) fn alert(code: u8) -> Option<&'static str> {
    ALERTS.iter().find(|(known, _)| *known == code).map(|(_, word)| *word)
}

const ALERTS: [(u8, &str); 28] = [
    (0, "close_notify"),
    (10, "unexpected_message"),
    (20, "bad_record_mac"),
    (21, "decryption_failed"),
    (22, "record_overflow"),
    (40, "handshake_failure"),
    (42, "bad_certificate"),
    (43, "unsupported_certificate"),
    (44, "certificate_revoked"),
    (45, "certificate_expired"),
    (46, "certificate_unknown"),
    (47, "illegal_parameter"),
    (48, "unknown_ca"),
    (49, "access_denied"),
    (50, "decode_error"),
    (51, "decrypt_error"),
    (70, "protocol_version"),
    (71, "insufficient_security"),
    (80, "internal_error"),
    (86, "inappropriate_fallback"),
    (90, "user_canceled"),
    (100, "no_renegotiation"),
    (109, "missing_extension"),
    (110, "unsupported_extension"),
    (112, "unrecognized_name"),
    (113, "bad_certificate_status_response"),
    (115, "unknown_psk_identity"),
    (120, "no_application_protocol"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_become_code_points() {
        for (word, code) in [
            ("SSLv2", Some(2)),
            ("TLSv10", Some(0x301)),
            ("TLSv1", Some(0x301)),
            ("TLS 1.3 draft-28", Some(0x7f1c)),
            ("TLSv13-draft16", Some(0x7f10)),
            ("unknown-32257", Some(0x7e01)),
            ("TLS 1.3 draft-<16", None),
            ("DTLSv10", None),
        ] {
            assert_eq!(version(word), code, "{word}");
        }
        assert_eq!(alert(70), Some("protocol_version"));
        assert_eq!(alert(1), None);
    }
}
