//! Servers by OpenSSL that look at a hello before they answer it, and cannot bear some.

use std::io;
use std::io::Cursor;
use std::io::Read;
use std::io::Write;
use std::net::SocketAddr;
use std::net::TcpListener;
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::OnceLock;
use std::sync::PoisonError;
use std::thread;
use std::time::Duration;

use openssl::asn1::Asn1Time;
use openssl::dh::Dh;
use openssl::hash::MessageDigest;
use openssl::pkey::PKey;
use openssl::pkey::Private;
use openssl::provider::Provider;
use openssl::rsa::Rsa;
use openssl::ssl::Ssl;
use openssl::ssl::SslContext;
use openssl::ssl::SslContextBuilder;
use openssl::ssl::SslMethod;
use openssl::ssl::SslOptions;
use openssl::ssl::SslStream;
use openssl::ssl::SslVersion;
use openssl::x509::X509;
use socket2::SockRef;

use tlscensus_testkit::scripted::Act;
use tlscensus_testkit::scripted::Stage;
use tlscensus_tls_wire::codec::Codec;
use tlscensus_tls_wire::extension::SupportedVersions;
use tlscensus_tls_wire::handshake::ClientHello;
use tlscensus_tls_wire::registry::ExtensionType;
use tlscensus_tls_wire::registry::Ssl2CipherKind;
use tlscensus_tls_wire::registry::Version;
use tlscensus_tls_wire::ssl2;

/// What a server does with a hello.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// Says this fatal alert and closes.
    Alert(u8),
    Close,
    /// Says nothing, and keeps the connection.
    Hang,
    Reset,
    /// Answers it.
    Serve,
}

/// What a server can see of a hello.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    /// Of the record's payload.
    pub(crate) bytes: usize,
    pub(crate) highest: Version,
    pub(crate) extensions: bool,
    pub(crate) server_name: bool,
}

impl Seen {
    fn of(record: &[u8]) -> Self {
        if record[0] & 0x80 != 0 {
            let hello = ssl2::ClientHello::decode(&record[2..], "CLIENT-HELLO").expect("a hello");
            let bytes = record.len() - 2;
            let highest = hello.version;
            return Self { bytes, highest, extensions: false, server_name: false };
        }
        let hello = ClientHello::decode(&record[9..], "ClientHello").expect("a hello");
        let versions = hello.extensions.get::<SupportedVersions>().expect("well-formed");
        let highest = versions.and_then(|SupportedVersions(list)| list.into_iter().max());
        Self {
            bytes: record.len() - 5,
            highest: highest.unwrap_or(hello.legacy_version),
            extensions: hello.extensions.is_present(),
            server_name: hello.extensions.contains(ExtensionType::SERVER_NAME),
        }
    }
}

/// A server on loopback. Its threads live as long as the test.
pub(crate) struct Server {
    pub(crate) addr: SocketAddr,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Server {
    /// Plays a script in plaintext, then answers each hello as `judge` says.
    pub(crate) fn start(
        plain: Vec<Act>,
        context: SslContext,
        judge: impl Fn(&Seen) -> Answer + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let addr = listener.local_addr().expect("bound");
        let seen = Arc::new(Mutex::new(Vec::new()));
        let noted = seen.clone();
        let judge = Arc::new(judge);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (plain, context) = (plain.clone(), context.clone());
                let (judge, noted) = (judge.clone(), noted.clone());
                // A client that leaves in the middle is part of some tests.
                thread::spawn(move || visit(stream, &plain, &context, &*judge, &noted));
            }
        });
        Self { addr, seen }
    }

    /// The hellos so far.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn visit(
    stream: TcpStream,
    plain: &[Act],
    context: &SslContext,
    judge: &dyn Fn(&Seen) -> Answer,
    noted: &Mutex<Vec<Seen>>,
) -> io::Result<()> {
    let mut stage = Stage::new(stream);
    stage.play(plain)?;
    let (mut stream, heard) = stage.into_parts();
    assert!(plain.is_empty() || !heard.is_empty());
    let record = read_record(&mut stream)?;
    let seen = Seen::of(&record);
    noted.lock().unwrap_or_else(PoisonError::into_inner).push(seen.clone());
    match judge(&seen) {
        Answer::Alert(description) => {
            stream.write_all(&[21, 3, 1, 0, 2, 2, description])?;
            linger(stream)
        }
        Answer::Close => Ok(()),
        Answer::Hang => io::copy(&mut stream, &mut io::sink()).map(|_| ()),
        Answer::Reset => SockRef::from(&stream).set_linger(Some(Duration::ZERO)),
        Answer::Serve if seen.highest == Version::SSL_2 => serve_ssl2(context, stream),
        Answer::Serve => serve(context, Replayed { before: Cursor::new(record), stream }),
    }
}

/// Says no more, and reads until the client has gone.
fn linger(mut stream: TcpStream) -> io::Result<()> {
    stream.shutdown(std::net::Shutdown::Write).ok();
    io::copy(&mut stream, &mut io::sink()).map(|_| ())
}

fn serve(context: &SslContext, stream: Replayed) -> io::Result<()> {
    let ssl = Ssl::new(context).map_err(io::Error::other)?;
    let mut stream = SslStream::new(ssl, stream).map_err(io::Error::other)?;
    stream.accept().map_err(io::Error::other)?;
    io::copy(&mut stream, &mut io::sink()).map(|_| ())
}

/// What a server of SSL 2 says before the client would have to encrypt.
fn serve_ssl2(context: &SslContext, mut stream: TcpStream) -> io::Result<()> {
    let certificate = context.certificate().expect("a certificate").to_der()?;
    let hello = ssl2::ServerHello {
        session_id_hit: 0,
        certificate_type: 1,
        version: Version::SSL_2,
        certificate: &certificate,
        cipher_kinds: vec![Ssl2CipherKind(0x01_0080)],
        connection_id: &[7; 16],
    };
    let mut out = Vec::new();
    assert!(ssl2::put_record(&hello.encoded(), &mut out), "it fits");
    stream.write_all(&out)?;
    linger(stream)
}

/// A record with its header, in the frame of SSL 2 or of those behind it.
fn read_record(stream: &mut TcpStream) -> io::Result<Vec<u8>> {
    let mut record = vec![0; 2];
    stream.read_exact(&mut record)?;
    if record[0] & 0x80 == 0 {
        record.resize(5, 0);
        stream.read_exact(&mut record[2..])?;
    }
    let length = match *record {
        [high, low] => u16::from_be_bytes([high & 0x7f, low]),
        _ => u16::from_be_bytes([record[3], record[4]]),
    };
    let header = record.len();
    record.resize(header + usize::from(length), 0);
    stream.read_exact(&mut record[header..])?;
    Ok(record)
}

/// A stream that gives again what was read of it.
#[derive(Debug)]
struct Replayed {
    before: Cursor<Vec<u8>>,
    stream: TcpStream,
}

impl Read for Replayed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.before.read(buffer)? {
            0 => self.stream.read(buffer),
            count => Ok(count),
        }
    }
}

impl Write for Replayed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.stream.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

/// From this version to that one, with these suites before TLS 1.3, however weak, and an RSA key.
pub(crate) fn openssl(lowest: SslVersion, highest: SslVersion, suites: &str) -> SslContext {
    openssl_with(lowest, highest, suites, |_| ())
}

/// The same with something more.
pub(crate) fn openssl_with(
    lowest: SslVersion,
    highest: SslVersion,
    suites: &str,
    more: impl FnOnce(&mut SslContextBuilder),
) -> SslContext {
    static LEGACY: OnceLock<()> = OnceLock::new();
    LEGACY.get_or_init(|| {
        // RC4; never unloaded.
        std::mem::forget(Provider::try_load(None, "legacy", true).expect("the provider"));
    });
    let mut builder: SslContextBuilder =
        SslContext::builder(SslMethod::tls_server()).expect("a context");
    builder.set_security_level(0);
    builder.clear_options(SslOptions::NO_SSLV3);
    builder.set_min_proto_version(Some(lowest)).expect("a version");
    builder.set_max_proto_version(Some(highest)).expect("a version");
    builder.set_cipher_list(&format!("{suites}:@SECLEVEL=0")).expect("suites");
    builder.set_tmp_dh(&Dh::get_1024_160().expect("a field")).expect("a field");
    let (key, certificate) = identity();
    builder.set_certificate(certificate).expect("a certificate");
    builder.set_private_key(key).expect("its key");
    more(&mut builder);
    builder.build()
}

/// The same for all: a key of RSA takes its time.
fn identity() -> &'static (PKey<Private>, X509) {
    static IDENTITY: OnceLock<(PKey<Private>, X509)> = OnceLock::new();
    IDENTITY.get_or_init(|| {
        let key = PKey::from_rsa(Rsa::generate(2048).expect("a key")).expect("a key");
        let mut certificate = X509::builder().expect("a certificate");
        certificate.set_version(2).expect("v3");
        certificate.set_pubkey(&key).expect("a key");
        certificate.set_not_before(&Asn1Time::days_from_now(0).expect("today")).expect("today");
        certificate.set_not_after(&Asn1Time::days_from_now(9).expect("soon")).expect("soon");
        certificate.sign(&key, MessageDigest::sha256()).expect("signed");
        (key, certificate.build())
    })
}
