//! Real handshakes, recorded: OpenSSL on both ends of a pair of sockets, and a tap on the client's.

use std::io;
use std::io::Read;
use std::io::Write;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use openssl::ssl::Ssl;
use openssl::ssl::SslContext;
use openssl::ssl::SslStream;
use openssl::ssl::SslVersion;
use rustls::ClientConfig;
use rustls::ClientConnection;
use rustls::DigitallySignedStruct;
use rustls::HandshakeKind;
use rustls::ProtocolVersion;
use rustls::SignatureScheme;
use rustls::StreamOwned;
use rustls::client::danger::HandshakeSignatureValid;
use rustls::client::danger::ServerCertVerified;
use rustls::client::danger::ServerCertVerifier;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::ServerName;
use rustls::pki_types::UnixTime;
use tlscensus_testkit::capture::Side;

/// Both sides' bytes, in the order in which they were said.
pub(crate) type Turns = Vec<(Side, Vec<u8>)>;

/// One session: what went over the wire, and what the client's library says of it.
#[derive(Clone, Debug)]
pub(crate) struct Recorded {
    /// What went over the wire.
    pub(crate) turns: Turns,
    /// None: the handshake did not complete.
    pub(crate) agreed: Option<Agreed>,
}

/// Who opens sessions.
#[derive(Clone)]
pub(crate) enum Client {
    /// OpenSSL: every session a new one.
    Openssl(SslContext),
    /// rustls: takes up the last session with a name where the server lets it.
    Rustls(Arc<ClientConfig>),
}

/// What the client's library says was agreed on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Agreed {
    /// In the words of the column `tls_version`.
    pub(crate) version: &'static str,
    /// IANA's name of the suite.
    pub(crate) suite: String,
    /// An earlier session was taken up.
    pub(crate) resumed: bool,
    /// Certificates of the server, DER.
    pub(crate) chain: Vec<Vec<u8>>,
}

/// What a client does in a session.
#[derive(Clone, Debug, Default)]
pub(crate) struct Visit<'a> {
    /// The name that it asks for.
    pub(crate) sni: Option<&'a str>,
    /// What it says inside TLS, and what it is answered.
    pub(crate) says: &'a [(&'a [u8], &'a [u8])],
}

/// Longest that either end waits for the other: both are in this process.
const PATIENCE: Duration = Duration::from_secs(20);

/// One session between a server and a client made of these contexts.
pub(crate) fn meet(server: &SslContext, client: &Client, visit: &Visit<'_>) -> Recorded {
    let (near, far) = UnixStream::pair().expect("a pair of sockets");
    for end in [&near, &far] {
        end.set_read_timeout(Some(PATIENCE)).expect("a time-out");
    }
    let turns = Arc::new(Mutex::new(Turns::new()));
    let tap = Tap { inner: near, turns: Arc::clone(&turns) };
    let answers: Vec<_> =
        visit.says.iter().map(|(said, answer)| (said.len(), answer.to_vec())).collect();
    let ssl = Ssl::new(server).expect("a server");
    let serving = thread::spawn(move || serve(ssl, far, &answers));
    let agreed = match client {
        Client::Openssl(context) => talk_openssl(context, tap, visit).ok(),
        Client::Rustls(config) => talk_rustls(config, tap, visit).ok(),
    };
    serving.join().expect("the server's thread");
    let turns = std::mem::take(&mut *turns.lock().expect("nobody panics with it"));
    Recorded { turns, agreed }
}

fn serve(ssl: Ssl, end: UnixStream, answers: &[(usize, Vec<u8>)]) {
    let Ok(mut stream) = SslStream::new(ssl, end) else { return };
    if stream.accept().is_err() {
        return;
    }
    for (said, answer) in answers {
        let mut heard = vec![0; *said];
        if stream.read_exact(&mut heard).is_err() || stream.write_all(answer).is_err() {
            return;
        }
    }
    // The client closes first, as it does in mail and chat.
    let mut rest = Vec::new();
    let _closed = stream.read_to_end(&mut rest);
    let _closed = stream.shutdown();
}

fn talk_openssl(client: &SslContext, tap: Tap, visit: &Visit<'_>) -> io::Result<Agreed> {
    let mut ssl = Ssl::new(client)?;
    if let Some(name) = visit.sni {
        ssl.set_hostname(name)?;
    }
    let mut stream = SslStream::new(ssl, tap)?;
    stream.connect().map_err(io::Error::other)?;
    converse(&mut stream, visit)?;
    let agreed = agreed(stream.ssl()).ok_or_else(|| io::Error::other("no suite"))?;
    let _sent = stream.shutdown();
    let _heard = stream.shutdown();
    Ok(agreed)
}

fn talk_rustls(config: &Arc<ClientConfig>, tap: Tap, visit: &Visit<'_>) -> io::Result<Agreed> {
    let name = visit.sni.unwrap_or("192.0.2.1").to_owned();
    let name = ServerName::try_from(name).map_err(io::Error::other)?;
    let connection = ClientConnection::new(Arc::clone(config), name).map_err(io::Error::other)?;
    let mut stream = StreamOwned::new(connection, tap);
    converse(&mut stream, visit)?;
    let connection = &mut stream.conn;
    let version = match connection.protocol_version() {
        Some(ProtocolVersion::TLSv1_2) => "TLS 1.2",
        Some(ProtocolVersion::TLSv1_3) => "TLS 1.3",
        other => return Err(io::Error::other(format!("version {other:?}"))),
    };
    let suite = connection.negotiated_cipher_suite().and_then(|suite| suite.suite().as_str());
    let suite = suite.ok_or_else(|| io::Error::other("no suite"))?.replacen("TLS13_", "TLS_", 1);
    let resumed = connection.handshake_kind() == Some(HandshakeKind::Resumed);
    // A resumed session has no certificates on the wire, though the library remembers them.
    let sent = connection.peer_certificates().filter(|_| !resumed).unwrap_or_default();
    let chain = sent.iter().map(|certificate| certificate.to_vec()).collect();
    connection.send_close_notify();
    while connection.wants_write() {
        connection.write_tls(&mut stream.sock)?;
    }
    let _closed = stream.read_to_end(&mut Vec::new());
    Ok(Agreed { version, suite, resumed, chain })
}

fn converse(stream: &mut (impl Read + Write), visit: &Visit<'_>) -> io::Result<()> {
    for (said, answer) in visit.says {
        stream.write_all(said)?;
        stream.flush()?;
        stream.read_exact(&mut vec![0; answer.len()])?;
    }
    Ok(())
}

fn agreed(ssl: &openssl::ssl::SslRef) -> Option<Agreed> {
    let version = match ssl.version2()? {
        SslVersion::SSL3 => "SSL 3",
        SslVersion::TLS1 => "TLS 1.0",
        SslVersion::TLS1_1 => "TLS 1.1",
        SslVersion::TLS1_2 => "TLS 1.2",
        SslVersion::TLS1_3 => "TLS 1.3",
        _ => return None,
    };
    let suite = ssl.current_cipher()?.standard_name()?.to_owned();
    let chain = ssl.peer_cert_chain().map(|chain| {
        chain.iter().map(|certificate| certificate.to_der().expect("a certificate")).collect()
    });
    let resumed = ssl.session_reused();
    Some(Agreed { version, suite, resumed, chain: chain.unwrap_or_default() })
}

/// A socket that writes down what passes.
struct Tap {
    inner: UnixStream,
    turns: Arc<Mutex<Turns>>,
}

impl Read for Tap {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        note(&self.turns, Side::Server, buffer.get(..count).unwrap_or_default());
        Ok(count)
    }
}

impl Write for Tap {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        note(&self.turns, Side::Client, bytes);
        self.inner.write_all(bytes)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// Adds what a side said; what it says without an answer in between is one turn.
pub(crate) fn note(turns: &Mutex<Turns>, side: Side, bytes: &[u8]) {
    if bytes.is_empty() {
        return;
    }
    let mut turns = turns.lock().expect("nobody panics with it");
    match turns.last_mut() {
        Some((last, said)) if *last == side => said.extend(bytes),
        _ => turns.push((side, bytes.to_vec())),
    }
}

/// Takes any certificate: what is recorded is the wire, and nobody is protected by it.
#[derive(Debug)]
pub(crate) struct Trusting;

impl ServerCertVerifier for Trusting {
    fn verify_server_cert(
        &self,
        _leaf: &CertificateDer<'_>,
        _others: &[CertificateDer<'_>],
        _name: &ServerName<'_>,
        _staple: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _certificate: &CertificateDer<'_>,
        _signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _message: &[u8],
        _certificate: &CertificateDer<'_>,
        _signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        let provider = rustls::crypto::aws_lc_rs::default_provider();
        provider.signature_verification_algorithms.supported_schemes()
    }
}
