//! One `key=value` as a claim about a session, and whether a flow bears it out.

use super::names;
use super::seen::SeenFlow;
use super::seen::SeenOffer;

/// What is claimed of one session.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Claim {
    /// An alert with this description was sent.
    Alert(String),
    /// The application protocol that the server chose.
    Alpn(String),
    /// Authorities that the server asks for, RFC 4514.
    Authorities(Vec<String>),
    /// SHA-256 of the server's certificates.
    Chain(Vec<String>),
    /// How many certificates the server sent.
    ChainLength(usize),
    /// SHA-256 of the client's certificates.
    ClientChain(Vec<String>),
    /// How many certificates the client sent.
    ClientChainLength(usize),
    /// Bits of the prime of Diffie-Hellman.
    DhBits(u16),
    /// Both sides went over to protected records.
    Established(bool),
    /// Extensions of the ServerHello.
    Extensions(Vec<u16>),
    /// The group of the key exchange, code point.
    Group(u16),
    /// The group of the key exchange, IANA's name.
    GroupName(String),
    /// A letter for each message that can be read.
    History(String),
    /// JA3.
    Ja3(String),
    /// JA3S.
    Ja3s(String),
    /// JA4.
    Ja4(String),
    /// `legacy_version` of the ServerHello.
    LegacyVersion(u16),
    /// Application protocols offered.
    OfferAlpn(Vec<String>),
    /// Compression methods offered.
    OfferCompressions(Vec<u8>),
    /// AEAD of an encrypted hello.
    OfferEchAead(u16),
    /// KDF of an encrypted hello.
    OfferEchKdf(u16),
    /// Extensions of the hello.
    OfferExtensions(Vec<u16>),
    /// Groups with a public value in the hello.
    OfferKeyShares(Vec<u16>),
    /// Ways of using a pre-shared key offered.
    OfferPskModes(Vec<u8>),
    /// Version field of the hello's record.
    OfferRecordVersion(u16),
    /// Signature schemes offered.
    OfferSchemes(Vec<u16>),
    /// Ciphers of a hello in the frame of SSL 2.
    OfferSsl2(Vec<u32>),
    /// Suites offered.
    OfferSuites(Vec<u16>),
    /// How many suites are offered.
    OfferSuitesCount(usize),
    /// Version field of the hello.
    OfferVersion(u16),
    /// Versions offered.
    OfferVersions(Vec<u16>),
    /// An earlier session was taken up.
    Resumed(bool),
    /// Server name of the hello.
    Sni(String),
    /// The cipher that a client of SSL 2 chose.
    Ssl2Cipher(u32),
    /// Ciphers that a server of SSL 2 takes.
    Ssl2Ciphers(Vec<u32>),
    /// The suite, code point.
    Suite(u16),
    /// The suite, IANA's name.
    SuiteName(String),
    /// Lifetime of the session ticket in seconds.
    TicketLifetime(u32),
    /// The version negotiated.
    Version(u16),
}

/// What a key becomes: a claim, or the reason why it is none.
pub(super) type Read = Result<Claim, &'static str>;

/// A key of the columns of Zeek's `ssl.log`, without its prefix.
pub(super) fn of_zeek(key: &str, value: &str) -> Read {
    Ok(match key {
        "version" if names::is_datagram(value) => return Err("TLS over datagrams is not watched"),
        "version" => Claim::Version(names::version(value).ok_or(UNREAD)?),
        "cipher" => Claim::SuiteName(value.to_owned()),
        "curve" => Claim::GroupName(value.to_owned()),
        "server_name" => Claim::Sni(value.to_owned()),
        "resumed" => Claim::Resumed(value == "T"),
        "established" => Claim::Established(value == "T"),
        "last_alert" => Claim::Alert(value.to_owned()),
        "next_protocol" => Claim::Alpn(value.to_owned()),
        "ssl_history" => Claim::History(value.to_owned()),
        "cert_chain_len" => Claim::ChainLength(decimal(value)?),
        "cert_chain_sha256" => Claim::Chain(words(value)),
        "client_chain_len" => Claim::ClientChainLength(decimal(value)?),
        "client_chain_sha256" => Claim::ClientChain(words(value)),
        "client_version" => Claim::OfferVersion(decimal(value)?),
        "client_record_version" => Claim::OfferRecordVersion(names::version(value).ok_or(UNREAD)?),
        "client_comp_methods" => Claim::OfferCompressions(decimals(value)?),
        "client_supported_versions" => Claim::OfferVersions(decimals(value)?),
        "client_key_share_groups" => Claim::OfferKeyShares(decimals(value)?),
        "psk_key_exchange_modes" => Claim::OfferPskModes(decimals(value)?),
        "ech_kdf_id" => Claim::OfferEchKdf(decimal(value)?),
        "ech_aead_id" => Claim::OfferEchAead(decimal(value)?),
        "server_version" => Claim::LegacyVersion(decimal(value)?),
        "server_record_version" => {
            return Err("of the server's records the version is not written down");
        }
        "server_supported_version" => Claim::Version(decimal(value)?),
        "server_key_share_group" => Claim::Group(decimal(value)?),
        "ssl_server_exts" => Claim::Extensions(decimals(value)?),
        "ticket_lifetime_hint" => Claim::TicketLifetime(decimal(value)?),
        "requested_client_certificate_authorities" => {
            Claim::Authorities(words(value).iter().map(|one| one.replace("\\x2c", ",")).collect())
        }
        "dh_param_size" => return Err("the length of the public value, not of the prime"),
        "validation_status" | "ocsp_status" | "sni_matches_cert" | "valid_ct_logs"
        | "valid_ct_operators" => return Err("a verdict, not a fact of the connection"),
        _ => return Err(UNKNOWN),
    })
}

/// A key of what tshark says, without its prefix.
pub(super) fn of_tshark(key: &str, value: &str) -> Read {
    Ok(match key {
        "sh_version" => Claim::Version(hexadecimal(value)?),
        "sh_cipher" => Claim::Suite(hexadecimal(value)?),
        "sh_group" => Claim::Group(decimal(value)?),
        "ske_curve" => Claim::Group(hexadecimal(value)?),
        "ske_dh_p_bits" => Claim::DhBits(decimal(value)?),
        "sh_specs" => Claim::Ssl2Ciphers(specs(value)?),
        "client_master_key_cipher" => {
            Claim::Ssl2Cipher(u32::from_str_radix(value, 16).map_err(|_| UNREAD)?)
        }
        "sni" => Claim::Sni(value.to_owned()),
        "ja3" => Claim::Ja3(value.to_owned()),
        "ja3s" => Claim::Ja3s(value.to_owned()),
        "ch_version" => Claim::OfferVersion(hexadecimal(value)?),
        "ch_record_version" => Claim::OfferRecordVersion(hexadecimal(value)?),
        "ch_supported_versions" => {
            Claim::OfferVersions(value.split(',').map(hexadecimal).collect::<Result<_, _>>()?)
        }
        "ch_n_ciphers" => Claim::OfferSuitesCount(decimal(value)?),
        "ch_specs" => Claim::OfferSsl2(specs(value)?),
        "ch_alpn" => Claim::OfferAlpn(words(value)),
        "server_chain_len" | "cert_chain_len" => Claim::ChainLength(decimal(value)?),
        "alerts" => {
            let (_level, code) = value.split_once('/').ok_or(UNREAD)?;
            Claim::Alert(names::alert(decimal(code)?).ok_or(UNREAD)?.to_owned())
        }
        _ => return Err(UNKNOWN),
    })
}

/// A key of Suricata's record of TLS, without `tls.`.
pub(super) fn of_suricata(key: &str, value: &str) -> Read {
    Ok(match key {
        "version" => Claim::Version(names::version(value).ok_or(UNREAD)?),
        "sni" => Claim::Sni(value.to_owned()),
        "ja3.hash" => Claim::Ja3(value.to_owned()),
        "ja3s.hash" => Claim::Ja3s(value.to_owned()),
        "ja4" => Claim::Ja4(value.to_owned()),
        "client_handshake.version" => Claim::OfferVersion(names::version(value).ok_or(UNREAD)?),
        "client_handshake.ciphers" => Claim::OfferSuites(bracketed(value)?),
        "client_handshake.exts" => Claim::OfferExtensions(bracketed(value)?),
        "client_handshake.sig_algs" => Claim::OfferSchemes(bracketed(value)?),
        "server_handshake.version" => Claim::Version(names::version(value).ok_or(UNREAD)?),
        "server_handshake.cipher" => Claim::Suite(decimal(value)?),
        "server_handshake.exts" => Claim::Extensions(bracketed(value)?),
        _ => return Err(UNKNOWN),
    })
}

impl Claim {
    /// Whether a flow bears it out; otherwise what was found instead.
    ///
    /// # Errors
    /// With what was found.
    pub fn check(&self, flow: &SeenFlow) -> Result<(), String> {
        match self {
            Self::Alert(description) => {
                let says = |alert: &String| alert.split(' ').any(|word| word == description);
                or_found(flow.alerts.iter().any(says), &flow.alerts)
            }
            Self::Alpn(name) => equal(flow.alpn.as_ref(), name),
            Self::Authorities(names) => equal(flow.authorities.as_ref(), names),
            Self::Chain(chain) => equal(flow.chain.as_ref(), chain),
            Self::ChainLength(0) => {
                or_found(flow.chain.as_ref().is_none_or(Vec::is_empty), &flow.chain)
            }
            Self::ChainLength(length) => equal(flow.chain.as_ref().map(Vec::len).as_ref(), length),
            Self::ClientChain(chain) => equal(flow.client_chain.as_ref(), chain),
            Self::ClientChainLength(0) => {
                or_found(flow.client_chain.as_ref().is_none_or(Vec::is_empty), &flow.client_chain)
            }
            Self::ClientChainLength(length) => {
                equal(flow.client_chain.as_ref().map(Vec::len).as_ref(), length)
            }
            Self::DhBits(bits) => equal(flow.dh_bits.as_ref(), bits),
            Self::Established(established) => equal(Some(&flow.established), established),
            Self::Extensions(extensions) => equal(flow.server_extensions.as_ref(), extensions),
            Self::Group(code) => equal(flow.group.as_ref().map(|(code, _)| code), code),
            Self::GroupName(name) => alike(flow.group.as_ref().map(|(_, name)| name), name),
            Self::History(history) => {
                // Zeek has no letter for protected records, which are more or fewer as time goes on.
                let without = |found: &String| found.replace(['D', 'd'], "");
                equal(flow.history.as_ref().map(without).as_ref(), history)
            }
            Self::Ja3(hash) => equal(flow.ja3.as_ref(), hash),
            Self::Ja3s(hash) => equal(flow.ja3s.as_ref(), hash),
            Self::Ja4(hash) => equal(flow.ja4.as_ref(), hash),
            Self::LegacyVersion(code) => equal(flow.legacy_version.as_ref(), code),
            Self::Resumed(resumed) => equal(flow.resumed.or(Some(false)).as_ref(), resumed),
            Self::Sni(name) => equal(flow.sni.as_ref(), name),
            Self::Ssl2Cipher(code) => equal(flow.ssl2_cipher.as_ref(), code),
            Self::Ssl2Ciphers(codes) => equal(flow.ssl2_ciphers.as_ref(), codes),
            Self::Suite(code) => equal(flow.suite.as_ref().map(|(code, _)| code), code),
            Self::SuiteName(name) => alike(flow.suite.as_ref().map(|(_, name)| name), name),
            Self::TicketLifetime(seconds) => equal(flow.ticket_lifetime_s.as_ref(), seconds),
            Self::Version(code) => equal(flow.version.as_ref(), code),
            offered => offered.check_offer(flow.offer.as_ref().ok_or("no hello")?),
        }
    }

    fn check_offer(&self, offer: &SeenOffer) -> Result<(), String> {
        match self {
            Self::OfferAlpn(names) => equal(Some(&offer.alpn), names),
            Self::OfferCompressions(codes) => equal(Some(&offer.compressions), codes),
            Self::OfferEchAead(code) => equal(offer.ech.map(|(_, aead)| aead).as_ref(), code),
            Self::OfferEchKdf(code) => equal(offer.ech.map(|(kdf, _)| kdf).as_ref(), code),
            Self::OfferExtensions(codes) => equal(Some(&offer.extensions), codes),
            Self::OfferKeyShares(codes) => equal(Some(&offer.key_share_groups), codes),
            Self::OfferPskModes(codes) => equal(Some(&offer.psk_modes), codes),
            Self::OfferRecordVersion(code) => equal(offer.record_version.as_ref(), code),
            Self::OfferSchemes(codes) => equal(Some(&offer.signature_schemes), codes),
            Self::OfferSsl2(codes) => equal(Some(&offer.ssl2_ciphers), codes),
            Self::OfferSuites(codes) => equal(Some(&offer.suites), codes),
            Self::OfferSuitesCount(count) => equal(Some(&offer.suites.len()), count),
            Self::OfferVersion(code) => equal(offer.version.as_ref(), code),
            Self::OfferVersions(codes) => equal(Some(&offer.versions), codes),
            _ => Err("not about an offer".to_owned()),
        }
    }
}

/// Why a pair is no claim: nobody wrote down what its key means here.
pub(super) const UNKNOWN: &str = "not a fact that a monitor of TLS writes down";
/// Why a pair is no claim: its value has no number.
pub(super) const UNREAD: &str = "a value without an exact meaning";

fn equal<T: PartialEq + std::fmt::Debug>(found: Option<&T>, expected: &T) -> Result<(), String> {
    or_found(found == Some(expected), &found)
}

/// Equal but for case: Zeek writes X25519 in small letters.
fn alike(found: Option<&String>, expected: &str) -> Result<(), String> {
    or_found(found.is_some_and(|found| found.eq_ignore_ascii_case(expected)), &found)
}

fn or_found(holds: bool, found: &impl std::fmt::Debug) -> Result<(), String> {
    if holds { Ok(()) } else { Err(format!("{found:?}")) }
}

fn words(list: &str) -> Vec<String> {
    list.split(',').map(str::to_owned).collect()
}

pub(super) fn decimal<T: std::str::FromStr>(text: &str) -> Result<T, &'static str> {
    text.parse().map_err(|_| UNREAD)
}

fn decimals<T: std::str::FromStr>(list: &str) -> Result<Vec<T>, &'static str> {
    list.split(',').map(decimal).collect()
}

fn bracketed(list: &str) -> Result<Vec<u16>, &'static str> {
    let inner = list.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).ok_or(UNREAD)?;
    inner.split(", ").map(decimal).collect()
}

pub(super) fn hexadecimal(text: &str) -> Result<u16, &'static str> {
    let digits = text.strip_prefix("0x").ok_or(UNREAD)?;
    u16::from_str_radix(digits, 16).map_err(|_| UNREAD)
}

fn specs(list: &str) -> Result<Vec<u32>, &'static str> {
    list.split(',').map(|one| u32::from_str_radix(one, 16).map_err(|_| UNREAD)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flow() -> SeenFlow {
        let mut flow = SeenFlow::new("192.0.2.1:443".parse().unwrap());
        flow.version = Some(0x0303);
        flow.group = Some((29, "x25519".to_owned()));
        flow.alerts = vec!["server fatal handshake_failure".to_owned()];
        flow.history = Some("CsidIDd".to_owned());
        flow.chain = Some(vec!["aa".to_owned()]);
        flow.offer = Some(SeenOffer { versions: vec![0x0304, 0x0303], ..SeenOffer::default() });
        flow
    }

    #[test]
    fn keys_become_claims_that_flows_bear_out_or_not() {
        let flow = flow();
        for (read, holds) in [
            (of_zeek("version", "TLSv12"), true),
            (of_zeek("version", "TLSv13"), false),
            (of_zeek("curve", "X25519"), true),
            (of_zeek("last_alert", "handshake_failure"), true),
            (of_zeek("ssl_history", "CsiI"), true),
            (of_zeek("ssl_history", "Cs"), false),
            (of_zeek("last_alert", "handshake"), false),
            (of_zeek("cert_chain_len", "1"), true),
            (of_zeek("cert_chain_len", "0"), false),
            (of_zeek("client_chain_len", "0"), true),
            (of_zeek("resumed", "F"), true),
            (of_zeek("client_supported_versions", "772,771"), true),
            (of_tshark("ch_supported_versions", "0x0304,0x0303"), true),
            (of_tshark("ske_curve", "0x001d"), true),
            (of_tshark("alerts", "2/40"), true),
            (of_suricata("version", "TLS 1.2"), true),
            (of_suricata("client_handshake.ciphers", "[49196, 49200]"), false),
        ] {
            let claim = read.unwrap();
            assert_eq!(claim.check(&flow).is_ok(), holds, "{claim:?}");
        }
        let without = SeenFlow::new(flow.server);
        assert_eq!(Claim::OfferVersion(1).check(&without), Err("no hello".to_owned()));
    }

    #[test]
    fn what_is_no_claim_says_why() {
        for (read, reason) in [
            (of_zeek("version", "DTLSv10"), "TLS over datagrams is not watched"),
            (of_zeek("validation_status", "ok"), "a verdict, not a fact of the connection"),
            (of_zeek("dh_param_size", "1024"), "the length of the public value, not of the prime"),
            (of_suricata("version", "TLS 1.3 draft-<16"), UNREAD),
            (of_tshark("tls_streams", "1"), UNKNOWN),
        ] {
            assert_eq!(read, Err(reason));
        }
    }
}
