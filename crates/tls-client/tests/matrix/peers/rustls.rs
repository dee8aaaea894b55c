//! rustls in memory.

use std::sync::Arc;
use std::sync::Mutex;

use rustls::KeyLog;
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs::ALL_CIPHER_SUITES;
use rustls::crypto::aws_lc_rs::ALL_KX_GROUPS;
use tlscensus_tls_client::Interruption;
use tlscensus_tls_wire::registry::CipherSuite;
use tlscensus_tls_wire::registry::NamedGroup;
use tlscensus_tls_wire::registry::Version;

use crate::matrix::ability::Ability;
use crate::matrix::ability::known_schemes;
use crate::matrix::cell::ALPN;
use crate::matrix::cell::Setup;
use crate::matrix::cell::Twist;
use crate::matrix::facts::Facts;
use crate::matrix::peers::Peer;
use crate::matrix::visit::Line;
use crate::support::Server;
use crate::support::certificates::Kind;
use crate::support::rustls_server::Options;
use crate::support::rustls_server::RustlsServer;
use crate::support::rustls_server::config;

#[derive(Debug, Default)]
struct Log(Mutex<String>);

impl KeyLog for Log {
    fn log(&self, label: &str, client_random: &[u8], secret: &[u8]) {
        let hex = |bytes: &[u8]| bytes.iter().map(|b| format!("{b:02x}")).collect::<String>();
        let line = format!("{label} {} {}\n", hex(client_random), hex(secret));
        self.0.lock().unwrap().push_str(&line);
    }
}

#[derive(Default)]
struct Rustls {
    log: Arc<Log>,
    configs: Vec<(Setup, Arc<ServerConfig>)>,
}

pub(crate) fn start() -> Result<Box<dyn Peer>, String> {
    Ok(Box::new(Rustls::default()))
}

impl Peer for Rustls {
    fn ability(&mut self) -> Ability {
        let suites = ALL_CIPHER_SUITES.iter().map(|suite| {
            let version = Version(u16::from(suite.version().version));
            (version, CipherSuite(u16::from(suite.suite())))
        });
        let groups = |version: rustls::ProtocolVersion| {
            let usable = ALL_KX_GROUPS.iter().filter(|group| group.usable_for_version(version));
            usable.map(|group| NamedGroup(u16::from(group.name()))).collect()
        };
        Ability {
            suites: suites.collect(),
            groups: groups(rustls::ProtocolVersion::TLSv1_2),
            groups_tls13: groups(rustls::ProtocolVersion::TLSv1_3),
            certificates: Kind::ALL.into_iter().chain([Kind::Rsa4096]).collect(),
            dh_bits: Vec::new(),
            schemes: known_schemes(),
            twists: vec![Twist::Alpn, Twist::ClientCertificate, Twist::Retry, Twist::Staple],
            ..Ability::default()
        }
    }

    fn connect(&mut self, setup: &Setup) -> Result<Box<dyn Line>, String> {
        if !self.configs.iter().any(|(known, _)| known == setup) {
            let config = configure(setup, self.log.clone());
            self.configs.push((*setup, config));
        }
        let (_, config) = self.configs.iter().find(|(known, _)| known == setup).unwrap();
        let server = RustlsServer::from_config(config);
        Ok(Box::new(InMemory { server, certificate: setup.certificate.unwrap() }))
    }

    fn key_log(&mut self) -> String {
        self.log.0.lock().unwrap().clone()
    }
}

fn configure(setup: &Setup, log: Arc<Log>) -> Arc<ServerConfig> {
    let mut options = Options::new(setup.certificate.unwrap(), &rustls::version::TLS13);
    options.versions = rustls::ALL_VERSIONS;
    options.ask_client_certificate = setup.twist == Twist::ClientCertificate;
    if setup.twist == Twist::Alpn {
        options.alpn = &[ALPN];
    }
    if setup.twist == Twist::Staple {
        options.ocsp_response = b"a response";
    }
    let mut config = ServerConfig::clone(&config(&options));
    config.key_log = log;
    Arc::new(config)
}

struct InMemory {
    server: RustlsServer,
    certificate: Kind,
}

impl Line for InMemory {
    fn write(&mut self, bytes: &[u8]) {
        self.server.receive(bytes);
        let heard = self.server.plaintext();
        if !heard.is_empty() {
            self.server.send(&heard);
        }
    }

    fn read(&mut self) -> Result<Vec<u8>, Interruption> {
        let bytes = self.server.output();
        // A server in memory that has nothing to say will not say anything by itself.
        if bytes.is_empty() { Err(Interruption::Closed) } else { Ok(bytes) }
    }

    fn question_and_answer(&self) -> (Vec<u8>, Vec<u8>) {
        let question = vec![b'?'; LONGER_THAN_A_RECORD];
        (question.clone(), question)
    }

    fn words(&mut self) -> Facts {
        let connection = self.server.connection();
        let alpn = connection.alpn_protocol().unwrap_or_default();
        let group = connection.negotiated_key_exchange_group();
        Facts {
            version: connection.protocol_version().map(|version| Version(u16::from(version))),
            suite: connection
                .negotiated_cipher_suite()
                .map(|suite| CipherSuite(u16::from(suite.suite()))),
            group: group.map(|group| NamedGroup(u16::from(group.name()))),
            alpn: Some(String::from_utf8_lossy(alpn).into_owned()),
            certificates: Some(vec![self.certificate.identity().certificate.clone()]),
            retry: connection
                .handshake_kind()
                .map(|kind| kind == rustls::HandshakeKind::FullWithHelloRetryRequest),
            ..Facts::default()
        }
    }

    fn complaint(&mut self) -> Option<String> {
        self.server.error()
    }
}

const LONGER_THAN_A_RECORD: usize = 20_000;
