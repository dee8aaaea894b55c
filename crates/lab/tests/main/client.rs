//! A blocking client of the tests: lines, marks and an upgrade by OpenSSL or rustls.

use std::io::Read;
use std::io::Write;
use std::net::Shutdown;
use std::net::SocketAddr;
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::LazyLock;
use std::sync::atomic::AtomicU16;
use std::sync::atomic::Ordering;
use std::time::Duration;

use openssl::provider::Provider;
use openssl::ssl::SslConnector;
use openssl::ssl::SslMethod;
use openssl::ssl::SslOptions;
use openssl::ssl::SslStream;
use openssl::ssl::SslVerifyMode;
use openssl::ssl::SslVersion;
use sha2::Digest;
use sha2::Sha256;
use tokio::runtime::Runtime;

use tlscensus_lab::Flavour;
use tlscensus_lab::Lab;
use tlscensus_lab::LabPlan;
use tlscensus_lab::Mix;
use tlscensus_lab::SERVICES;
use tlscensus_lab::TruthRow;

/// A lab on a runtime of its own.
pub(crate) struct Served {
    pub(crate) lab: Lab,
    pub(crate) runtime: Runtime,
}

/// A small lab whose pairs are all served, on ports nobody else uses.
pub(crate) fn serve(hosts: u32, mix: Mix, words: &[&str]) -> Served {
    let mut plan = LabPlan::new(hosts, 11);
    plan.mix = mix;
    plan.served_permille = 1_000;
    plan.services = SERVICES
        .into_iter()
        .filter(|service| words.is_empty() || words.contains(&service.word))
        .collect();
    start(plan)
}

pub(crate) fn start(mut plan: LabPlan) -> Served {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    // One offset per lab of this process, and hosts that differ from process to process.
    plan.port_offset = 10_000 + 97 * NEXT.fetch_add(1, Ordering::Relaxed);
    plan.seed ^= u64::from(std::process::id()) << 16;
    let runtime = Runtime::new().unwrap();
    let lab = runtime.block_on(Lab::start(plan)).unwrap();
    Served { lab, runtime }
}

/// A plaintext connection to an endpoint.
pub(crate) fn connect(row: &TruthRow) -> TcpStream {
    let tcp = TcpStream::connect(SocketAddr::from((row.addr, row.port))).unwrap();
    tcp.set_read_timeout(Some(PATIENCE)).unwrap();
    tcp
}

/// Reads until the text ends with the mark; what came so far if the server ends first.
pub(crate) fn hear(stream: &mut impl Read, mark: &str) -> String {
    let mut heard = Vec::new();
    let mut byte = [0];
    while !heard.ends_with(mark.as_bytes()) && stream.read(&mut byte).is_ok_and(|count| count > 0) {
        heard.push(byte[0]);
    }
    String::from_utf8_lossy(&heard).into_owned()
}

/// Says a line and reads to the mark.
pub(crate) fn ask(stream: &mut (impl Read + Write), line: &str, mark: &str) -> String {
    stream.write_all(line.as_bytes()).unwrap();
    hear(stream, mark)
}

/// What OpenSSL is to offer.
#[derive(Clone, Copy)]
pub(crate) struct Offer<'a> {
    pub(crate) least: SslVersion,
    pub(crate) most: Option<SslVersion>,
    pub(crate) suites: &'a str,
    pub(crate) suites13: &'a str,
    pub(crate) groups: &'a str,
}

pub(crate) const EVERYTHING: Offer<'_> = Offer {
    least: SslVersion::SSL3,
    most: None,
    suites: "ALL:@SECLEVEL=0",
    suites13: "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256:TLS_AES_128_CCM_SHA256",
    groups: "X25519MLKEM768:X25519:P-256:P-384:P-521:SecP256r1MLKEM768:SecP384r1MLKEM1024",
};

/// A client of today.
pub(crate) const MODERN: Offer<'_> = Offer {
    least: SslVersion::TLS1_2,
    suites: "ECDHE+AESGCM:ECDHE+CHACHA20",
    suites13: "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256",
    ..EVERYTHING
};

/// A handshake by OpenSSL with everything switched on, from SSL 3.
pub(crate) fn handshake(tcp: TcpStream) -> Result<SslStream<TcpStream>, String> {
    handshake_from(tcp, &EVERYTHING)
}

/// The same with what this server agrees on and little else.
pub(crate) fn handshake_with(
    tcp: TcpStream,
    flavour: Flavour,
) -> Result<SslStream<TcpStream>, String> {
    let group = flavour.exchange().group().unwrap_or("x25519");
    // Certificates stand on curves that have to be offered too.
    let groups = format!("{group}:P-256:P-384");
    let offer = Offer { suites: "ALL:eNULL:@SECLEVEL=0", groups: &groups, ..EVERYTHING };
    handshake_from(tcp, &offer)
}

pub(crate) fn handshake_from(
    tcp: TcpStream,
    offer: &Offer<'_>,
) -> Result<SslStream<TcpStream>, String> {
    static OLD_ALGORITHMS: LazyLock<Provider> =
        LazyLock::new(|| Provider::try_load(None, "legacy", true).unwrap());
    LazyLock::force(&OLD_ALGORITHMS);
    let mut builder = SslConnector::builder(SslMethod::tls_client()).unwrap();
    builder.set_verify(SslVerifyMode::NONE);
    builder.set_security_level(0);
    builder.clear_options(SslOptions::NO_SSLV3);
    builder.set_min_proto_version(Some(offer.least)).unwrap();
    builder.set_max_proto_version(offer.most).unwrap();
    builder.set_cipher_list(offer.suites).unwrap();
    builder.set_ciphersuites(offer.suites13).unwrap();
    builder.set_groups_list(offer.groups).unwrap();
    let config = builder.build().configure().unwrap();
    let config = config.verify_hostname(false).use_server_name_indication(false);
    config.connect("", tcp).map_err(|error| error.to_string())
}

/// SHA-256 of what the server sent as its chain.
pub(crate) fn chain(stream: &SslStream<TcpStream>) -> Vec<String> {
    let sent = stream.ssl().peer_cert_chain().into_iter().flatten();
    sent.map(|one| hex(&one.to_der().unwrap())).collect()
}

/// What was chosen, as far as OpenSSL tells: version, suite, and the bits of the server's ephemeral key.
pub(crate) fn chosen(stream: &SslStream<TcpStream>) -> (&'static str, &'static str, Option<u32>) {
    let suite = stream.ssl().current_cipher().and_then(|suite| suite.standard_name()).unwrap();
    (version(stream), suite, stream.ssl().peer_tmp_key().ok().map(|key| key.bits()))
}

pub(crate) fn hex(der: &[u8]) -> String {
    let digest = Sha256::digest(der);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The version in the words of the truth.
pub(crate) fn version(stream: &SslStream<TcpStream>) -> &'static str {
    match stream.ssl().version_str() {
        "SSLv3" => "SSL 3",
        "TLSv1" => "TLS 1.0",
        "TLSv1.1" => "TLS 1.1",
        "TLSv1.2" => "TLS 1.2",
        "TLSv1.3" => "TLS 1.3",
        other => panic!("{other}"),
    }
}

/// Goes on to the go-ahead of STARTTLS, as a client that knows it is offered.
pub(crate) fn upgrade(row: &TruthRow) -> TcpStream {
    let mut tcp = connect(row);
    match row.service.as_str() {
        "smtp" | "submission" => {
            assert!(line_that_starts(&mut tcp, "220 ").is_some());
            ask(&mut tcp, "EHLO probe.test\r\n", "250 DSN\r\n");
            ask(&mut tcp, "STARTTLS\r\n", "\r\n");
        }
        "imap" => {
            assert!(line_that_starts(&mut tcp, "* OK").is_some());
            ask(&mut tcp, "a STARTTLS\r\n", "\r\n");
        }
        "pop3" => {
            assert!(line_that_starts(&mut tcp, "+OK").is_some());
            ask(&mut tcp, "STLS\r\n", "\r\n");
        }
        "irc" => {
            tcp.write_all(b"STARTTLS\r\n").unwrap();
            while !hear(&mut tcp, "\r\n").contains(" 670 ") {}
        }
        word => {
            let namespace = word.replace("xmpp-c2s", "client").replace("xmpp-s2s", "server");
            ask(&mut tcp, &stream_header(&namespace), "</stream:features>");
            ask(&mut tcp, STARTTLS, "/>");
        }
    }
    tcp
}

/// Reads lines until one starts so.
pub(crate) fn line_that_starts(stream: &mut impl Read, start: &str) -> Option<String> {
    loop {
        let line = hear(stream, "\n");
        if line.starts_with(start) || line.is_empty() {
            return Some(line).filter(|line| !line.is_empty());
        }
    }
}

pub(crate) fn stream_header(kind: &str) -> String {
    format!(
        "<?xml version='1.0'?><stream:stream to='127.0.0.1' xmlns='jabber:{kind}' \
         xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>"
    )
}

/// Ends the client's side and reads what still comes.
pub(crate) fn rest(mut tcp: TcpStream) -> Result<Vec<u8>, std::io::ErrorKind> {
    let _ = tcp.shutdown(Shutdown::Write);
    let mut bytes = Vec::new();
    match tcp.read_to_end(&mut bytes) {
        Ok(_) => Ok(bytes),
        Err(error) => Err(error.kind()),
    }
}

/// A handshake by rustls, which checks everything but who the server is.
pub(crate) fn rustls_chain(mut tcp: TcpStream) -> Vec<String> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Anybody(provider)))
        .with_no_client_auth();
    let name = rustls::pki_types::ServerName::try_from("probe.test").unwrap();
    let mut session = rustls::ClientConnection::new(Arc::new(config), name).unwrap();
    while session.is_handshaking() {
        session.complete_io(&mut tcp).unwrap();
    }
    let sent = session.peer_certificates().unwrap();
    sent.iter().map(|der| hex(der)).collect()
}

/// Takes any chain, but checks the handshake's signature.
#[derive(Debug)]
struct Anybody(Arc<rustls::crypto::CryptoProvider>);

impl rustls::client::danger::ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &rustls::pki_types::CertificateDer<'_>,
        _: &[rustls::pki_types::CertificateDer<'_>],
        _: &rustls::pki_types::ServerName<'_>,
        _: &[u8],
        _: rustls::pki_types::UnixTime,
    ) -> Result<rustls::client::danger::ServerCertVerified, rustls::Error> {
        Ok(rustls::client::danger::ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &rustls::pki_types::CertificateDer<'_>,
        dss: &rustls::DigitallySignedStruct,
    ) -> Result<rustls::client::danger::HandshakeSignatureValid, rustls::Error> {
        let schemes = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, cert, dss, schemes)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &rustls::pki_types::CertificateDer<'_>,
        dss: &rustls::DigitallySignedStruct,
    ) -> Result<rustls::client::danger::HandshakeSignatureValid, rustls::Error> {
        let schemes = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, cert, dss, schemes)
    }

    fn supported_verify_schemes(&self) -> Vec<rustls::SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

pub(crate) const STARTTLS: &str = "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>";

/// Longer than any server that means to answer takes.
const PATIENCE: Duration = Duration::from_secs(5);
