//! Values that come again in other connections of the same server.
#![expect(clippy::disallowed_methods, reason = "another program reads keys from files")]

use std::fs;
use std::io::BufRead;
use std::io::BufReader;
use std::io::Write;
use std::net::SocketAddr;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;

use openssl::dh::Dh;
use openssl::pkey::PKey;
use openssl::ssl::SslVersion;
use openssl::x509::X509;
use tlscensus_tls_client::enumerate::Reuse;
use tlscensus_tls_client::enumerate::Value;
use tlscensus_tls_wire::registry::CipherSuite;
use tlscensus_tls_wire::registry::NamedGroup;
use tlscensus_tls_wire::registry::SignatureScheme;
use tlscensus_tls_wire::registry::Version;

use crate::support::Server;
use crate::support::certificates::Kind;
use crate::support::enumerating::enumerate;
use crate::support::enumerating::enumerate_over_tcp;
use crate::support::model_server::Minds;
use crate::support::model_server::Model;
use crate::support::model_server::ModelServer;
use crate::support::model_server::Refusal;
use crate::support::openssl_server::OpensslServer;
use crate::support::openssl_server::context;
use crate::support::ports;

fn reuse(budget: u32, server: impl FnMut() -> Box<dyn Server>) -> Vec<Reuse> {
    enumerate(budget, &[], server).facts.reuse
}

fn of(facts: &[Reuse], value: Value) -> (u32, u32) {
    let reuse = facts.iter().find(|reuse| reuse.value == value).unwrap();
    (reuse.seen, reuse.distinct)
}

/// OpenSSL makes all of them anew, but for the key of its tickets.
#[test]
fn what_openssl_makes_anew_is_new_each_time() {
    let mut builder = context(Kind::Rsa2048.identity());
    builder.set_min_proto_version(Some(SslVersion::TLS1_2)).unwrap();
    builder.set_cipher_list("ECDHE+AESGCM:DHE+AESGCM:AES128-SHA:@SECLEVEL=0").unwrap();
    builder.set_tmp_dh(&Dh::get_2048_256().unwrap()).unwrap();
    builder.set_session_id_context(b"test").unwrap();
    let context = builder.build();
    let found = reuse(100, || Box::new(OpensslServer::from_context(&context)));
    for value in [Value::CurvePublicValue, Value::FiniteFieldPublicValue, Value::ServerRandom] {
        let (seen, distinct) = of(&found, value);
        assert!(seen > 1 && distinct == seen, "{value:?} {seen} {distinct}");
    }
    let (names, _) = of(&found, Value::SessionId);
    assert_eq!(of(&found, Value::SessionId), (names, names));
    assert!(names >= 1);
    let (tickets, keys) = of(&found, Value::TicketKeyName);
    assert!(tickets > 2 && keys == 1, "{tickets} tickets under {keys} keys");
}

/// The model says the same in every connection.
#[test]
fn what_comes_again_is_told() {
    let dhe = CipherSuite::TLS_DHE_RSA_WITH_AES_128_CBC_SHA;
    let dhe_256 = CipherSuite::TLS_DHE_RSA_WITH_AES_256_CBC_SHA;
    let ecdhe = CipherSuite::TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA;
    let model = Model {
        versions: vec![(Version::TLS_1_2, vec![ecdhe, dhe, dhe_256])],
        server_decides_suites: true,
        legacy_groups: vec![NamedGroup::SECP256R1],
        tls13_groups: Vec::new(),
        server_decides_groups: true,
        schemes: vec![SignatureScheme::RSA_PKCS1_SHA256],
        certificate_curve: None,
        minds_certificate_curve: false,
        protocols: Vec::new(),
        protocols_strict: false,
        refusal: Refusal::Alert,
        minds: Minds::Nothing,
    };
    let found = reuse(100, || Box::new(ModelServer::new(model.clone())));
    for value in [Value::CurvePublicValue, Value::FiniteFieldPublicValue, Value::ServerRandom] {
        let (seen, distinct) = of(&found, value);
        assert!(seen > 1 && distinct == 1, "{value:?} {seen} {distinct}");
    }
    for value in [Value::SessionId, Value::TicketKeyName] {
        assert_eq!(of(&found, value), (0, 0), "{value:?} was never shown");
    }
    let none = reuse(0, || Box::new(ModelServer::new(model.clone())));
    assert!(none.iter().all(|reuse| (reuse.seen, reuse.distinct) == (0, 0)));
}

/// OpenSSL 1.0.2e keeps the key of its finite field for as long as it runs, unless it is told not to. Those on curves, which it
/// picks itself, are new each time.
#[test]
fn what_an_old_openssl_keeps_is_told() {
    for (options, kept) in [(&["keep-keys"][..], true), (&[], false)] {
        let Some(server) = Old::start(options) else {
            let why = "a Python with the package nassl (TLSCENSUS_PYTHON)";
            assert!(std::env::var_os("CI").is_none(), "CI must run this: no {why}");
            writeln!(std::io::stderr(), "SKIPPED: what OpenSSL 1.0.2 keeps, without {why}")
                .unwrap();
            return;
        };
        let found = enumerate_over_tcp(80, server.addr).reuse;
        let (seen, distinct) = of(&found, Value::FiniteFieldPublicValue);
        assert!(seen > 3, "{seen} values in a field");
        assert_eq!(distinct, if kept { 1 } else { seen }, "{options:?}");
        for value in [Value::CurvePublicValue, Value::ServerRandom] {
            let (seen, distinct) = of(&found, value);
            assert!(seen > 3 && distinct == seen, "{value:?} {seen} {distinct}");
        }
    }
}

/// The server of `openssl_1_0_2.py`.
struct Old {
    process: Child,
    addr: SocketAddr,
    _folder: tempfile::TempDir,
}

impl Old {
    /// `None` without Python or its package.
    fn start(options: &[&str]) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, content: Vec<u8>| {
            let path = folder.path().join(name);
            fs::write(&path, content).unwrap();
            format!("{name}={}", path.display())
        };
        let identity = Kind::Rsa2048.identity();
        let key = PKey::private_key_from_der(&identity.key).unwrap();
        let certificate = X509::from_der(&identity.certificate).unwrap();
        let free = SocketAddr::from(([127, 0, 0, 1], ports::free()));
        let python = std::env::var("TLSCENSUS_PYTHON").unwrap_or_else(|_| "python3".to_owned());
        let mut process = Command::new(python)
            .args([SCRIPT, "serve", &free.port().to_string()])
            .arg(file("certificate", certificate.to_pem().unwrap()))
            .arg(file("key", key.private_key_to_pem_pkcs8().unwrap()))
            .arg(file("dh", Dh::get_2048_256().unwrap().params_to_pem().unwrap()))
            .args(options)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .ok()?;
        let mut ready = String::new();
        BufReader::new(process.stdout.as_mut()?).read_line(&mut ready).unwrap();
        let server = Self { process, addr: free, _folder: folder };
        (ready.trim() == "LISTENING").then_some(server)
    }
}

impl Drop for Old {
    fn drop(&mut self) {
        let _gone = self.process.kill();
        let _gone = self.process.wait();
    }
}

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/openssl_1_0_2.py");
