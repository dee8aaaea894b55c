//! Versions, key exchanges and suites that no public capture has, direct on the ports of mail.

use openssl::ssl::SslContextBuilder;
use openssl::ssl::SslVersion;

use crate::case::Case;
use crate::case::told;
use crate::case::with_port;
use crate::servers::ECDSA;
use crate::servers::FIELD;
use crate::servers::NAME;
use crate::servers::RSA;
use crate::servers::Terms;
use crate::servers::session;
use crate::servers::session_with;
use crate::support::record::Recorded;

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = ssl3();
    cases.extend(without_certificate());
    cases.extend(pre_shared());
    cases.push(without_encryption());
    cases.push(leading_zero());
    cases
}

/// A session on port 993, direct.
fn imaps(name: &'static str, shows: &'static str, recorded: &Recorded) -> Case {
    Case::new(name, shows, &told(with_port(993), &recorded.turns).segments())
        .session(recorded)
        .all(&[("protocol", "imaps"), ("mode", "implicit"), ("via", "direct")])
        .all(&[("off_port", "false"), ("starttls_state", "unasked")])
}

fn terms(version: SslVersion, suites: &'static str) -> Terms {
    Terms { version, suites, group: "P-256" }
}

fn ssl3() -> Vec<Case> {
    let rsa = session(&terms(SslVersion::SSL3, "AES128-SHA"), Some(&RSA));
    let rc4 = session(&terms(SslVersion::SSL3, "DES-CBC3-SHA"), Some(&RSA));
    let dhe =
        session_with(&terms(SslVersion::SSL3, "DHE-RSA-AES256-SHA"), Some(&RSA), |server, _| {
            server.set_tmp_dh(&FIELD)
        });
    let upgraded = told(crate::upgrades::imap_dialogue(with_port(143)), &rc4.turns);
    vec![
        imaps("ssl3-rsa", "SSL 3 negotiated, RSA key exchange", &rsa)
            .expect("tls_key_exchange", "RSA")
            .expect("offer_record_version_code", "768"),
        imaps("ssl3-dhe", "SSL 3 negotiated, DHE with a field of 1,024 bits", &dhe)
            .expect("tls_key_exchange", "DHE")
            .expect("tls_dh_bits", "1024"),
        Case::new(
            "ssl3-behind-imap-starttls",
            "SSL 3 negotiated behind STARTTLS",
            &upgraded.segments(),
        )
        .session(&rc4)
        .all(crate::upgrades::IMAP_UPGRADED),
    ]
}

fn without_certificate() -> Vec<Case> {
    let field_session =
        session_with(&terms(SslVersion::TLS1_2, "ADH-AES128-GCM-SHA256"), None, |server, _| {
            server.set_tmp_dh(&FIELD)
        });
    let curve_session = session(&terms(SslVersion::TLS1, "AECDH-AES256-SHA"), None);
    vec![
        imaps(
            "tls12-dh-anon",
            "DH_anon: a signature and a certificate are nowhere",
            &field_session,
        )
        .expect("tls_dh_bits", "1024")
        .expect("tls_history", "CsknGIDid"),
        imaps("tls10-ecdh-anon", "ECDH_anon", &curve_session)
            .expect("tls_group", "secp256r1")
            .expect("tls_history", "CsknGIDid"),
    ]
}

fn pre_shared() -> Vec<Case> {
    let with = |suites, identity| {
        session_with(&terms(SslVersion::TLS1_2, suites), identity, |server, client| {
            server.set_tmp_dh(&FIELD)?;
            know_the_key(server, client);
            Ok(())
        })
    };
    let plain = with("PSK-AES128-CBC-SHA256", None);
    let field_session = with("DHE-PSK-AES128-GCM-SHA256", None);
    let curve = with("ECDHE-PSK-AES128-CBC-SHA256", None);
    let rsa = with("RSA-PSK-AES128-GCM-SHA256", Some(&*RSA));
    vec![
        imaps("tls12-psk", "PSK without a hint: no ServerKeyExchange", &plain)
            .expect("tls_key_exchange", "PSK"),
        imaps("tls12-dhe-psk", "DHE_PSK: the field stands behind the hint", &field_session)
            .expect("tls_dh_bits", "1024"),
        imaps("tls12-ecdhe-psk", "ECDHE_PSK: the curve stands behind the hint", &curve)
            .expect("tls_group", "secp256r1"),
        imaps("tls12-rsa-psk", "RSA_PSK: a certificate and a key agreed on before", &rsa),
    ]
}

fn know_the_key(server: &mut SslContextBuilder, client: &mut SslContextBuilder) {
    const KEY: [u8; 16] = *b"shared in a test";
    let write = |into: &mut [u8]| {
        into.get_mut(..KEY.len()).map_or(0, |place| {
            place.copy_from_slice(&KEY);
            KEY.len()
        })
    };
    server.set_psk_server_callback(move |_, _, key| Ok(write(key)));
    client.set_psk_client_callback(move |_, _, identity, key| {
        if let Some(place) = identity.get_mut(..5) {
            place.copy_from_slice(b"test\0");
        }
        Ok(write(key))
    });
}

fn without_encryption() -> Case {
    let recorded = session(&terms(SslVersion::TLS1_2, "ECDHE-ECDSA-NULL-SHA"), Some(&ECDSA));
    imaps(
        "tls12-null",
        "NULL encryption: Finished and what follows can be read by anybody",
        &recorded,
    )
    .expect("tls_group", "secp256r1")
    .expect("tls_sni", NAME)
}

/// Repeats handshakes until the server's public value begins with a zero byte, which is one in 256.
fn leading_zero() -> Case {
    let terms = terms(SslVersion::TLS1_2, "DHE-RSA-AES128-GCM-SHA256");
    let recorded = (0..10_000)
        .map(|_| session_with(&terms, Some(&RSA), |server, _| server.set_tmp_dh(&FIELD)))
        .find(|recorded| public_value(recorded).is_some_and(|value| value.first() == Some(&0)))
        .expect("one in 256");
    imaps("tls12-dhe-leading-zero", "DHE, public value shorter than the prime", &recorded)
        .expect("tls_dh_bits", "1024")
}

/// The public value in a ServerKeyExchange of DHE: behind prime and generator.
fn public_value(recorded: &Recorded) -> Option<&[u8]> {
    let (_, flight) = recorded.turns.get(1)?;
    let mut rest = &flight[..];
    while let [22, _, _, high, low, body @ ..] = rest {
        let length = usize::from(u16::from_be_bytes([*high, *low]));
        let (record, behind) = body.split_at_checked(length)?;
        if let [12, _, _, _, exchange @ ..] = record {
            let (_prime, exchange) = sized(exchange)?;
            let (_generator, exchange) = sized(exchange)?;
            return Some(sized(exchange)?.0);
        }
        rest = behind;
    }
    None
}

fn sized(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<2>()?;
    rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))
}
