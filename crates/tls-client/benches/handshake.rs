//! CPU of one handshake of this client, beside rustls' client, against the same rustls server in memory.
//!
//! `cargo bench -p tlscensus-tls-client` prints microseconds per handshake and their ratio, per version and kind of key.
#![expect(clippy::unwrap_used, reason = "a bench, not a product")]
#![expect(clippy::print_stdout, reason = "its output is its purpose")]

use std::sync::Arc;
use std::time::Duration;

use rcgen::CertificateParams;
use rcgen::KeyPair;
use rustix::time::ClockId;
use rustix::time::clock_gettime;
use rustls::ClientConfig;
use rustls::ClientConnection;
use rustls::RootCertStore;
use rustls::ServerConfig;
use rustls::ServerConnection;
use rustls::SupportedProtocolVersion;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::ServerName;
use rustls::version::TLS12;
use rustls::version::TLS13;
use tlscensus_tls_client::Client;
use tlscensus_tls_client::KeyShares;
use tlscensus_tls_client::Profile;
use tlscensus_tls_client::Step;

const ROUNDS: u32 = 2_000;
const NAME: &str = "host.example";

fn main() {
    println!("{:<10} {:<8} {:>10} {:>10} {:>7}", "version", "key", "ours µs", "rustls µs", "ratio");
    for (label, version) in [("TLS 1.3", &TLS13), ("TLS 1.2", &TLS12)] {
        for kind in ["P-256", "RSA"] {
            let (server, client) = configs(kind, version);
            let keys = KeyShares::generate();
            let profile = Profile::named("modern").unwrap();
            let mut ours = Duration::ZERO;
            let mut theirs = Duration::ZERO;
            for _ in 0..ROUNDS {
                ours += our_handshake(profile, &keys, &server);
                theirs += rustls_handshake(&client, &server);
            }
            let (ours, theirs) = (per_round(ours), per_round(theirs));
            println!("{label:<10} {kind:<8} {ours:>10.1} {theirs:>10.1} {:>7.2}", ours / theirs);
        }
    }
}

fn per_round(total: Duration) -> f64 {
    total.as_secs_f64() * 1e6 / f64::from(ROUNDS)
}

fn configs(
    kind: &str,
    version: &'static SupportedProtocolVersion,
) -> (Arc<ServerConfig>, Arc<ClientConfig>) {
    let key = match kind {
        "RSA" => KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, rcgen::RsaKeySize::_2048),
        _ => KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256),
    }
    .unwrap();
    let params = CertificateParams::new(vec![NAME.to_owned()]).unwrap();
    let certificate = CertificateDer::from(params.self_signed(&key).unwrap().der().to_vec());
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let provider = Arc::new(aws_lc_rs::default_provider());
    let server = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_protocol_versions(&[version])
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.clone()], key)
        .unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(certificate).unwrap();
    let mut client = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[version])
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    client.resumption = rustls::client::Resumption::disabled();
    (Arc::new(server), Arc::new(client))
}

/// CPU time of this thread, so that a busy machine does not count.
fn cpu() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    let nanoseconds = u32::try_from(time.tv_nsec).unwrap();
    Duration::new(u64::try_from(time.tv_sec).unwrap(), nanoseconds)
}

/// Time spent in our client.
fn our_handshake(profile: &Profile, keys: &KeyShares, server: &Arc<ServerConfig>) -> Duration {
    let mut server = ServerConnection::new(Arc::clone(server)).unwrap();
    let mut spent = Duration::ZERO;
    let started = cpu();
    let mut client = Client::new(profile, Some(NAME), keys);
    spent += cpu() - started;
    let mut to_client = Vec::new();
    loop {
        let started = cpu();
        client.receive(&to_client);
        let mut to_server = Vec::new();
        let step = client.poll(&mut to_server);
        spent += cpu() - started;
        answer(&mut server, &to_server, &mut to_client);
        if to_client.is_empty() {
            assert_eq!(step, Step::Established);
            return spent;
        }
    }
}

/// Time spent in rustls' client.
fn rustls_handshake(client: &Arc<ClientConfig>, server: &Arc<ServerConfig>) -> Duration {
    let mut server = ServerConnection::new(Arc::clone(server)).unwrap();
    let mut spent = Duration::ZERO;
    let started = cpu();
    let name = ServerName::try_from(NAME).unwrap();
    let mut client = ClientConnection::new(Arc::clone(client), name).unwrap();
    spent += cpu() - started;
    let mut to_client = Vec::new();
    loop {
        let started = cpu();
        let mut rest = to_client.as_slice();
        while !rest.is_empty() {
            client.read_tls(&mut rest).unwrap();
            client.process_new_packets().unwrap();
        }
        let mut to_server = Vec::new();
        while client.wants_write() {
            client.write_tls(&mut to_server).unwrap();
        }
        spent += cpu() - started;
        answer(&mut server, &to_server, &mut to_client);
        if to_client.is_empty() {
            assert!(!client.is_handshaking());
            return spent;
        }
    }
}

fn answer(server: &mut ServerConnection, mut to_server: &[u8], to_client: &mut Vec<u8>) {
    while !to_server.is_empty() {
        server.read_tls(&mut to_server).unwrap();
        server.process_new_packets().unwrap();
    }
    to_client.clear();
    while server.wants_write() {
        server.write_tls(to_client).unwrap();
    }
}
