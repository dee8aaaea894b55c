//! rustls: another order of preference, application protocols, one certificate.

use rustls::crypto::aws_lc_rs;
use rustls::version::TLS12;
use rustls::version::TLS13;
use tlscensus_tls_client::enumerate::Coverage;
use tlscensus_tls_client::enumerate::Decides;
use tlscensus_tls_client::enumerate::Ended;
use tlscensus_tls_client::enumerate::Era;
use tlscensus_tls_client::enumerate::SignerKind;
use tlscensus_tls_client::enumerate::Verdict;
use tlscensus_tls_wire::registry::CipherSuite;
use tlscensus_tls_wire::registry::NamedGroup;
use tlscensus_tls_wire::registry::SignatureScheme;
use tlscensus_tls_wire::registry::Version;

use crate::support::certificates::Kind;
use crate::support::enumerating::Enumerated;
use crate::support::enumerating::enumerate;
use crate::support::rustls_server::Options;
use crate::support::rustls_server::RustlsServer;
use crate::support::rustls_server::config_of;

fn ask(kind: Kind, versions: &[&'static rustls::SupportedProtocolVersion]) -> Enumerated {
    let mut options = Options::new(kind, versions[0]);
    options.alpn = &["imap", "h2"];
    let config = config_of(&options, versions);
    let protocols = &["h2", "http/1.1", "imap"];
    enumerate(100, protocols, || Box::new(RustlsServer::from_config(&config)))
}

#[test]
fn the_picture_is_the_library() {
    for (kind, of) in [(Kind::Rsa2048, "ECDHE_RSA"), (Kind::P256, "ECDHE_ECDSA")] {
        let Enumerated { facts, log } = ask(kind, &[&TLS13, &TLS12]);
        let what = log.join("\n");
        assert_eq!((facts.ended, facts.contradictions), (Ended::Complete, 0), "{what}");
        assert!(facts.asked <= 45, "{what}");
        let support: Vec<Verdict> = facts.versions.iter().map(|facts| facts.support).collect();
        assert_eq!(support[..2], [Verdict::Supported; 2], "{what}");
        assert_eq!(support[2..], [Verdict::Absent; 3], "{what}");
        for version in &facts.versions[..2] {
            let tls13 = version.version == Version::TLS_1_3;
            let mut expected: Vec<CipherSuite> = aws_lc_rs::ALL_CIPHER_SUITES
                .iter()
                .map(|suite| (CipherSuite(suite.suite().into()), format!("{:?}", suite.suite())))
                .filter(
                    |(_, name)| if tls13 { name.starts_with("TLS13") } else { name.contains(of) },
                )
                .map(|(suite, _)| suite)
                .collect();
            let mut found = version.suites.items();
            found.sort();
            expected.sort();
            assert_eq!(found, expected, "{what}");
            assert_eq!(version.suites.coverage, Coverage::Complete, "{what}");
            assert_eq!(version.suites.decides, Decides::Client, "{what}");
        }
        for (era, groups) in &facts.groups {
            let mut expected: Vec<NamedGroup> = aws_lc_rs::ALL_KX_GROUPS
                .iter()
                .map(|group| NamedGroup(group.name().into()))
                .filter(|group| *era == Era::Tls13 || !group.is_post_quantum())
                .collect();
            let mut found = groups.items();
            found.sort();
            expected.sort();
            assert_eq!(found, expected, "{era:?} {what}");
            assert_eq!(groups.coverage, Coverage::Complete, "{what}");
        }
        assert_eq!(facts.protocols.items().len(), 2, "{:?} {what}", facts.protocols);
        assert!(facts.unknown_protocol_is_fatal, "{what}");
        let own = if kind == Kind::Rsa2048 { SignerKind::Rsa } else { SignerKind::Curve };
        for (kind, verdict) in &facts.certificates {
            assert_eq!(*verdict == Verdict::Supported, *kind == own, "{what}");
        }
        let schemes =
            facts.schemes.iter().find(|(era, kind, _)| (*era, *kind) == (Era::Tls13, own));
        let (_, _, schemes) = schemes.unwrap();
        assert_eq!(schemes.coverage, Coverage::Complete, "{what}");
        let expected = match own {
            SignerKind::Rsa => SignatureScheme::RSA_PSS_RSAE_SHA384,
            _ => SignatureScheme::ECDSA_SECP256R1_SHA256,
        };
        assert!(schemes.items().contains(&expected), "{schemes:?} {what}");
    }
}

#[test]
fn with_tls13_alone_the_certificate_and_the_protocols_are_found() {
    let Enumerated { facts, log } = ask(Kind::P256, &[&TLS13]);
    let what = log.join("\n");
    assert_eq!((facts.ended, facts.contradictions), (Ended::Complete, 0), "{what}");
    assert_eq!(facts.protocols.items().len(), 2, "{what}");
    assert_eq!(facts.chains.len(), 1, "{what}");
    let expected = [
        (SignerKind::Rsa, Verdict::Absent),
        (SignerKind::Curve, Verdict::Supported),
        (SignerKind::Dsa, Verdict::Absent),
    ];
    assert_eq!(facts.certificates, expected, "{what}");
}
