//! Java's own TLS on loopback, where Java is installed.
#![expect(clippy::disallowed_methods, reason = "Java reads its key from a file")]
#![expect(clippy::disallowed_types, reason = "Java serves on a socket")]

use std::io::BufRead;
use std::io::BufReader;
use std::io::Read;
use std::io::Write;
use std::net::TcpStream;
use std::path::Path;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;
use std::time::Duration;

use openssl::pkcs12::Pkcs12;
use openssl::pkey::PKey;
use openssl::x509::X509;
use tlscensus_tls_client::Client;
use tlscensus_tls_client::Step;

use crate::support::certificates::Identity;

/// A running server with one port per version and suite.
pub(crate) struct Jsse {
    process: Child,
    pub(crate) ports: Vec<u16>,
}

impl Jsse {
    /// `None`, said loudly, where there is no Java.
    pub(crate) fn start(what: &str, identity: &Identity, served: &[String]) -> Option<Self> {
        if Command::new("java").arg("-version").stderr(Stdio::null()).status().is_err() {
            let mut stderr = std::io::stderr();
            writeln!(stderr, "SKIPPED: {what}: no java, its suites for export are not met")
                .unwrap();
            return None;
        }
        let name = format!("jsse-{}-{}.p12", std::process::id(), what.replace(' ', "-"));
        let store = std::env::temp_dir().join(name);
        std::fs::write(&store, pkcs12(identity)).unwrap();
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/support/Jsse.java");
        let mut process = Command::new("java")
            .args(["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"])
            // Fields of 768 bits, and for export of 512.
            .args(["-Djdk.tls.ephemeralDHKeySize=legacy", "-Dquiet=true"])
            .args([&source, &store])
            .arg(PASSWORD)
            .args(served)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let ports = lines.take(served.len()).map(|line| line.unwrap().parse().unwrap()).collect();
        std::fs::remove_file(store).unwrap();
        Some(Self { process, ports })
    }
}

impl Drop for Jsse {
    fn drop(&mut self) {
        let _already_gone = self.process.kill();
        let _already_gone = self.process.wait();
    }
}

/// Handshake, and data both ways in several records.
pub(crate) fn visit(client: &mut Client, port: u16, what: &str) {
    let mut socket = TcpStream::connect(("127.0.0.1", port)).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let mut out = Vec::new();
    while client.poll(&mut out) == Step::Read {
        socket.write_all(&out).unwrap();
        out.clear();
        if !receive(client, &mut socket) {
            break;
        }
    }
    socket.write_all(&out).unwrap();
    let outcome = client.outcome().map(ToString::to_string);
    assert_eq!(outcome.as_deref(), Some("completed"), "{what}");

    for question in [vec![b'a'], (0..40_000_u32).map(|n| n.to_be_bytes()[3]).collect()] {
        let mut out = Vec::new();
        client.send(&question, &mut out);
        socket.write_all(&out).unwrap();
        let mut answer = Vec::new();
        while answer.len() < question.len() && receive(client, &mut socket) {
            answer.extend(client.take_plaintext());
        }
        assert!(answer == question, "{what}: {:?}", client.end());
    }
}

/// False where no more comes.
fn receive(client: &mut Client, socket: &mut TcpStream) -> bool {
    let mut buffer = [0; 16_384];
    let count = socket.read(&mut buffer).unwrap_or(0);
    client.receive(&buffer[..count]);
    count > 0
}

/// The key and certificate in the form that Java reads.
pub(crate) fn pkcs12(identity: &Identity) -> Vec<u8> {
    let certificate = X509::from_der(&identity.certificate).unwrap();
    let key = PKey::private_key_from_der(&identity.key).unwrap();
    let mut builder = Pkcs12::builder();
    builder.name("server").cert(&certificate).pkey(&key);
    builder.build2(PASSWORD).unwrap().to_der().unwrap()
}

pub(crate) const PASSWORD: &str = "not a secret";
