//! A server with a certificate for each of two keys shows one of them, until it is asked for the other.

use openssl::ssl::SslVersion;
use tlscensus_tls_client::enumerate::Ended;
use tlscensus_tls_client::enumerate::SignerKind;
use tlscensus_tls_client::enumerate::Verdict;

use crate::support::certificates::Kind;
use crate::support::enumerating::Enumerated;
use crate::support::enumerating::enumerate;
use crate::support::openssl_server::OpensslServer;
use crate::support::openssl_server::add_identity;
use crate::support::openssl_server::context;

#[test]
fn both_chains_are_found_in_every_version() {
    for (oldest, newest) in [
        (SslVersion::TLS1, SslVersion::TLS1_2),
        (SslVersion::TLS1_2, SslVersion::TLS1_3),
        (SslVersion::TLS1_3, SslVersion::TLS1_3),
    ] {
        for kinds in [&[Kind::Rsa2048, Kind::P256][..], &[Kind::P384], &[Kind::Rsa2048]] {
            let mut builder = context(kinds[0].identity());
            kinds[1..].iter().for_each(|kind| add_identity(&mut builder, kind.identity()));
            builder.set_min_proto_version(Some(oldest)).unwrap();
            builder.set_max_proto_version(Some(newest)).unwrap();
            builder.set_cipher_list("ECDHE+AES:@SECLEVEL=0").unwrap();
            let context = builder.build();
            let Enumerated { facts, log } =
                enumerate(100, &[], || Box::new(OpensslServer::from_context(&context)));
            let what = format!("{oldest:?} {newest:?} {kinds:?}\n{}", log.join("\n"));
            assert_eq!((facts.ended, facts.contradictions), (Ended::Complete, 0), "{what}");
            let mut found: Vec<&[u8]> = Vec::new();
            for (kind, chain) in &facts.chains {
                let rsa = chain[0].as_ref() == Kind::Rsa2048.identity().certificate;
                assert_eq!(*kind == SignerKind::Rsa, rsa, "{what}");
                assert_eq!(chain.len(), 1, "{what}");
                found.push(chain[0].as_ref());
            }
            assert_eq!(found.len(), kinds.len(), "{what}");
            for kind in kinds {
                assert!(found.contains(&&*kind.identity().certificate), "{kind:?} {what}");
            }
            for (kind, verdict) in &facts.certificates {
                let has = kinds.iter().any(|has| match has {
                    Kind::Rsa2048 => *kind == SignerKind::Rsa,
                    _ => *kind == SignerKind::Curve,
                });
                let expected = if has { Verdict::Supported } else { Verdict::Absent };
                assert_eq!(*verdict, expected, "{kind:?} {what}");
            }
        }
    }
}
