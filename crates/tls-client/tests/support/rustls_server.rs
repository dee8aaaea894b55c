//! A rustls server over memory.

use std::io::Read;
use std::io::Write;
use std::sync::Arc;

use rustls::RootCertStore;
use rustls::ServerConfig;
use rustls::ServerConnection;
use rustls::SupportedProtocolVersion;
use rustls::crypto::CryptoProvider;
use rustls::crypto::SupportedKxGroup;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::PrivateKeyDer;
use rustls::server::WebPkiClientVerifier;
use rustls::version::TLS12;
use rustls::version::TLS13;

use crate::support::Server;
use crate::support::certificates::Kind;

/// What the server has of what the library has.
pub(crate) struct Options {
    pub(crate) kind: Kind,
    pub(crate) versions: &'static [&'static SupportedProtocolVersion],
    pub(crate) suite: Option<rustls::CipherSuite>,
    pub(crate) groups: Vec<&'static dyn SupportedKxGroup>,
    pub(crate) ask_client_certificate: bool,
    pub(crate) alpn: &'static [&'static str],
    /// Stapled to the certificate, unread.
    pub(crate) ocsp_response: &'static [u8],
}

impl Options {
    pub(crate) fn new(kind: Kind, version: &'static SupportedProtocolVersion) -> Self {
        Self {
            kind,
            versions: only(version),
            suite: None,
            groups: aws_lc_rs::ALL_KX_GROUPS.to_vec(),
            ask_client_certificate: false,
            alpn: &[],
            ocsp_response: &[],
        }
    }

    fn provider(&self) -> CryptoProvider {
        let mut provider = aws_lc_rs::default_provider();
        provider.kx_groups.clone_from(&self.groups);
        if let Some(suite) = self.suite {
            provider.cipher_suites.retain(|candidate| candidate.suite() == suite);
        }
        provider
    }
}

pub(crate) struct RustlsServer {
    connection: ServerConnection,
    plaintext: Vec<u8>,
    error: Option<rustls::Error>,
}

impl RustlsServer {
    pub(crate) fn new(options: &Options) -> Self {
        Self::from_config(&config(options))
    }

    pub(crate) fn from_config(config: &Arc<ServerConfig>) -> Self {
        let connection = ServerConnection::new(Arc::clone(config)).unwrap();
        Self { connection, plaintext: Vec::new(), error: None }
    }

    pub(crate) fn connection(&self) -> &ServerConnection {
        &self.connection
    }

    /// Why it gave up.
    pub(crate) fn error(&self) -> Option<String> {
        self.error.as_ref().map(ToString::to_string)
    }

    /// Asks the client to change its keys too.
    pub(crate) fn update_keys(&mut self) {
        self.connection.refresh_traffic_keys().unwrap();
    }
}

fn only(version: &SupportedProtocolVersion) -> &'static [&'static SupportedProtocolVersion] {
    let at = usize::from(version.version == rustls::ProtocolVersion::TLSv1_2);
    static BOTH: [&SupportedProtocolVersion; 2] = [&TLS13, &TLS12];
    std::slice::from_ref(&BOTH[at])
}

pub(crate) fn config(options: &Options) -> Arc<ServerConfig> {
    config_of(options, options.versions)
}

/// The same with several versions.
pub(crate) fn config_of(
    options: &Options,
    versions: &[&'static SupportedProtocolVersion],
) -> Arc<ServerConfig> {
    let provider = Arc::new(options.provider());
    let identity = options.kind.identity();
    let chain = vec![CertificateDer::from(identity.certificate.clone())];
    let key = PrivateKeyDer::try_from(identity.key.clone()).unwrap();
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_protocol_versions(versions)
        .unwrap();
    let builder = if options.ask_client_certificate {
        let mut roots = RootCertStore::empty();
        let root = CertificateDer::from(Kind::P256.identity().certificate.clone());
        roots.add(root).unwrap();
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
        builder.with_client_cert_verifier(verifier.allow_unauthenticated().build().unwrap())
    } else {
        builder.with_no_client_auth()
    };
    let mut config =
        builder.with_single_cert_with_ocsp(chain, key, options.ocsp_response.to_vec()).unwrap();
    config.alpn_protocols = options.alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
    Arc::new(config)
}

impl Server for RustlsServer {
    fn receive(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            if self.connection.read_tls(&mut bytes).is_err() {
                return;
            }
            if let Err(error) = self.connection.process_new_packets() {
                self.error.get_or_insert(error);
            }
            let _would_block = self.connection.reader().read_to_end(&mut self.plaintext);
        }
    }

    fn output(&mut self) -> Vec<u8> {
        let mut out = Vec::new();
        while self.connection.wants_write() {
            self.connection.write_tls(&mut out).unwrap();
        }
        out
    }

    fn send(&mut self, mut plaintext: &[u8]) {
        self.connection.set_buffer_limit(None);
        while !plaintext.is_empty() {
            let taken = self.connection.writer().write(plaintext).unwrap();
            plaintext = &plaintext[taken..];
        }
    }

    fn plaintext(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.plaintext)
    }

    fn close(&mut self) {
        self.connection.send_close_notify();
    }

    fn established(&self) -> bool {
        !self.connection.is_handshaking()
    }
}
