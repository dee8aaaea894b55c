//! Every group that OpenSSL has, through the whole handshake.

use openssl::ssl::SslContextBuilder;
use openssl::ssl::SslVersion;
use tlscensus_tls_client::Client;
use tlscensus_tls_client::KeyShares;
use tlscensus_tls_client::Outcome;
use tlscensus_tls_client::Profile;
use tlscensus_tls_wire::registry::NamedGroup;

use crate::support::NAME;
use crate::support::certificates::Kind;
use crate::support::exchange;
use crate::support::openssl_server::OpensslServer;
use crate::support::openssl_server::context;
use crate::support::openssl_server::pin;
use crate::support::profile;
use crate::support::visit;

/// OpenSSL's names, in TLS 1.3.
const GROUPS_13: &[(NamedGroup, &str)] = &[
    (NamedGroup::SECP256R1, "secp256r1"),
    (NamedGroup::SECP384R1, "secp384r1"),
    (NamedGroup::SECP521R1, "secp521r1"),
    (NamedGroup::X25519, "x25519"),
    (NamedGroup::X448, "x448"),
    (NamedGroup::BRAINPOOLP256R1TLS13, "brainpoolP256r1tls13"),
    (NamedGroup::BRAINPOOLP384R1TLS13, "brainpoolP384r1tls13"),
    (NamedGroup::BRAINPOOLP512R1TLS13, "brainpoolP512r1tls13"),
    (NamedGroup::FFDHE2048, "ffdhe2048"),
    (NamedGroup::FFDHE3072, "ffdhe3072"),
    (NamedGroup::FFDHE4096, "ffdhe4096"),
    (NamedGroup::FFDHE6144, "ffdhe6144"),
    (NamedGroup::FFDHE8192, "ffdhe8192"),
    (NamedGroup::MLKEM512, "MLKEM512"),
    (NamedGroup::MLKEM768, "MLKEM768"),
    (NamedGroup::MLKEM1024, "MLKEM1024"),
    (NamedGroup::SECP256R1MLKEM768, "SecP256r1MLKEM768"),
    (NamedGroup::X25519MLKEM768, "X25519MLKEM768"),
    (NamedGroup::SECP384R1MLKEM1024, "SecP384r1MLKEM1024"),
];

/// The same, in TLS 1.2.
const GROUPS_12: &[(NamedGroup, &str)] = &[
    (NamedGroup::SECP160K1, "secp160k1"),
    (NamedGroup::SECP160R1, "secp160r1"),
    (NamedGroup::SECP160R2, "secp160r2"),
    (NamedGroup::SECP192K1, "secp192k1"),
    (NamedGroup::SECP192R1, "secp192r1"),
    (NamedGroup::SECP224K1, "secp224k1"),
    (NamedGroup::SECP224R1, "secp224r1"),
    (NamedGroup::SECP256K1, "secp256k1"),
    (NamedGroup::SECP256R1, "secp256r1"),
    (NamedGroup::SECP384R1, "secp384r1"),
    (NamedGroup::SECP521R1, "secp521r1"),
    (NamedGroup::BRAINPOOLP256R1, "brainpoolP256r1"),
    (NamedGroup::BRAINPOOLP384R1, "brainpoolP384r1"),
    (NamedGroup::BRAINPOOLP512R1, "brainpoolP512r1"),
    (NamedGroup::X25519, "x25519"),
    (NamedGroup::X448, "x448"),
];

fn server(version: SslVersion, groups: &str) -> SslContextBuilder {
    let mut builder = context(Kind::P256.identity());
    pin(&mut builder, version);
    builder.set_groups_list(groups).unwrap();
    builder
}

fn offering(group: NamedGroup, shares: &[NamedGroup], keys: &KeyShares) -> Client {
    let profile = Profile {
        groups: [&[group], shares].concat().into(),
        key_shares: shares.to_vec().into(),
        ..profile("modern").clone()
    };
    Client::new(&profile, Some(NAME), keys)
}

#[test]
fn every_group_of_tls13_completes_at_once_and_after_a_retry() {
    let keys = KeyShares::generate();
    for (group, name) in GROUPS_13 {
        let mut client = offering(*group, &[*group], &keys);
        visit(&mut client, &mut OpensslServer::new(server(SslVersion::TLS1_3, name)), name);
        assert_eq!(client.observer().key_exchange().unwrap().group, Some(*group), "{name}");

        let other =
            if *group == NamedGroup::X25519 { NamedGroup::SECP256R1 } else { NamedGroup::X25519 };
        let mut client = offering(*group, &[other], &keys);
        visit(&mut client, &mut OpensslServer::new(server(SslVersion::TLS1_3, name)), name);
        assert_eq!(client.observer().key_exchange().unwrap().group, Some(*group), "{name}");
    }
}

#[test]
fn every_curve_of_tls12_completes() {
    let keys = KeyShares::generate();
    for (group, name) in GROUPS_12 {
        let mut client = offering(*group, &[NamedGroup::SECP256R1], &keys);
        let mut builder = server(SslVersion::TLS1_2, &format!("{name}:secp256r1"));
        builder.set_cipher_list("ECDHE-ECDSA-AES128-GCM-SHA256:@SECLEVEL=0").unwrap();
        visit(&mut client, &mut OpensslServer::new(builder), name);
        assert_eq!(client.observer().key_exchange().unwrap().group, Some(*group), "{name}");
    }
}

/// One secret in 256 begins with a zero, which stays; `hostile::zeros` has the very ones.
#[test]
fn secrets_with_leading_zeros_complete() {
    let group = NamedGroup::FFDHE2048;
    let context = server(SslVersion::TLS1_3, "ffdhe2048").build();
    let keys = KeyShares::generate();
    for visit in 0..700 {
        let mut client = offering(group, &[group], &keys);
        exchange(&mut client, &mut OpensslServer::from_context(&context));
        assert_eq!(client.outcome(), Some(&Outcome::Completed), "{visit}");
    }
}
