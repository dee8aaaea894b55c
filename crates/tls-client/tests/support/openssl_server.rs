//! A server of the vendored OpenSSL over memory.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::io;
use std::io::Read;
use std::io::Write;
use std::rc::Rc;

use openssl::bn::BigNum;
use openssl::dh::Dh;
use openssl::pkey::PKey;
use openssl::pkey::Params;
use openssl::ssl::ErrorCode;
use openssl::ssl::Ssl;
use openssl::ssl::SslContext;
use openssl::ssl::SslContextBuilder;
use openssl::ssl::SslMethod;
use openssl::ssl::SslOptions;
use openssl::ssl::SslStream;
use openssl::ssl::SslVersion;
use openssl::x509::X509;
use tlscensus_tls_wire::registry::CipherSuite;
use tlscensus_tls_wire::registry::Version;

use crate::matrix::facts::Facts;
use crate::support::Server;
use crate::support::certificates::Identity;
use crate::support::certificates::Kind;

/// Both directions between the library and the test.
#[derive(Clone, Default)]
struct Wire(Rc<RefCell<Directions>>);

#[derive(Default)]
struct Directions {
    to_server: VecDeque<u8>,
    to_client: Vec<u8>,
}

impl Read for Wire {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.0.borrow_mut().to_server.read(buffer)? {
            0 => Err(io::ErrorKind::WouldBlock.into()),
            count => Ok(count),
        }
    }
}

impl Write for Wire {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().to_client.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[derive(PartialEq)]
enum State {
    /// Stateless until the client comes back with its cookie.
    Cookie,
    Shaking,
    Up,
    Failed,
}

pub(crate) struct OpensslServer {
    wire: Wire,
    stream: SslStream<Wire>,
    state: State,
    error: Option<String>,
}

/// A context with one identity, any key size allowed.
pub(crate) fn context(identity: &Identity) -> SslContextBuilder {
    let mut builder = SslContext::builder(SslMethod::tls_server()).unwrap();
    builder.set_security_level(0);
    add_identity(&mut builder, identity);
    builder
}

pub(crate) fn add_identity(builder: &mut SslContextBuilder, identity: &Identity) {
    let certificate = X509::from_der(&identity.certificate).unwrap();
    builder.set_certificate(&certificate).unwrap();
    let key = PKey::private_key_from_der(&identity.key).unwrap();
    builder.set_private_key(&key).unwrap();
}

/// Only this version and this suite, however weak.
pub(crate) fn only(version: SslVersion, kind: Kind, suite: &str) -> SslContextBuilder {
    let mut builder = context(kind.identity());
    pin(&mut builder, version);
    builder.set_cipher_list(&format!("{suite}:@SECLEVEL=0")).unwrap();
    builder
}

/// A prime of this many bits with the generator 2; not a safe one, which takes too long to find.
pub(crate) fn field(bits: i32) -> Dh<Params> {
    let mut prime = BigNum::new().unwrap();
    prime.generate_prime(bits, false, None, None).unwrap();
    Dh::from_pqg(prime, None, BigNum::from_u32(2).unwrap()).unwrap()
}

/// Only this version.
pub(crate) fn pin(builder: &mut SslContextBuilder, version: SslVersion) {
    builder.set_min_proto_version(Some(version)).unwrap();
    builder.set_max_proto_version(Some(version)).unwrap();
}

/// `SSL_OP_NO_ENCRYPT_THEN_MAC`, which the binding does not name.
pub(crate) fn no_encrypt_then_mac() -> SslOptions {
    SslOptions::from_bits_retain(1 << 19)
}

/// `SSL_OP_NO_EXTENDED_MASTER_SECRET`, which the binding does not name.
pub(crate) fn no_extended_master_secret() -> SslOptions {
    SslOptions::from_bits_retain(1)
}

impl OpensslServer {
    pub(crate) fn new(builder: SslContextBuilder) -> Self {
        Self::from_context(&builder.build())
    }

    pub(crate) fn from_context(context: &SslContext) -> Self {
        let wire = Wire::default();
        let ssl = Ssl::new(context).unwrap();
        let stream = SslStream::new(ssl, wire.clone()).unwrap();
        Self { wire, stream, state: State::Shaking, error: None }
    }

    /// Asks every client for a cookie first.
    pub(crate) fn stateless(builder: SslContextBuilder) -> Self {
        Self::new(builder).asking_for_a_cookie()
    }

    pub(crate) fn asking_for_a_cookie(mut self) -> Self {
        self.state = State::Cookie;
        self
    }

    /// What the library says of the connection.
    pub(crate) fn words(&self) -> Facts {
        let ssl = self.stream.ssl();
        let version = match ssl.version_str() {
            "SSLv3" => Version::SSL_3,
            "TLSv1" => Version::TLS_1_0,
            "TLSv1.1" => Version::TLS_1_1,
            "TLSv1.2" => Version::TLS_1_2,
            "TLSv1.3" => Version::TLS_1_3,
            other => panic!("{other}"),
        };
        let suite = ssl.current_cipher().map(|c| u16::from_be_bytes(c.protocol_id()));
        let alpn = ssl.selected_alpn_protocol().unwrap_or_default();
        let tls13 = version == Version::TLS_1_3;
        Facts {
            version: Some(version),
            suite: suite.map(CipherSuite),
            alpn: Some(String::from_utf8_lossy(alpn).into_owned()),
            certificates: ssl.certificate().map(|own| vec![own.to_der().unwrap()]),
            extended_master_secret: ssl.extms_support().filter(|_| !tls13),
            ..Facts::default()
        }
    }

    /// Why it gave up.
    pub(crate) fn error(&self) -> Option<String> {
        self.error.clone()
    }

    /// The ChangeCipherSpec that a client sends before it comes back (RFC 8446, appendix D.4) takes up a whole call, which then finds
    /// no cookie; the hello is in the next.
    fn look_for_the_cookie(&mut self) {
        let waiting = |wire: &Wire| wire.0.borrow().to_server.len();
        while self.state == State::Cookie {
            let before = waiting(&self.wire);
            if self.stream.stateless().unwrap_or(false) {
                self.state = State::Shaking;
            } else if waiting(&self.wire) == 0 || waiting(&self.wire) == before {
                return;
            }
        }
    }

    fn advance(&mut self) {
        self.look_for_the_cookie();
        if self.state != State::Shaking {
            return;
        }
        self.state = match self.stream.accept() {
            Ok(()) => State::Up,
            Err(error) if error.code() == ErrorCode::WANT_READ => State::Shaking,
            Err(error) => {
                let first = error.ssl_error().and_then(|stack| stack.errors().first());
                self.error = first.and_then(|error| error.reason()).map(str::to_owned);
                State::Failed
            }
        };
    }
}

impl Server for OpensslServer {
    fn receive(&mut self, bytes: &[u8]) {
        self.wire.0.borrow_mut().to_server.extend(bytes);
        self.advance();
    }

    fn output(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.wire.0.borrow_mut().to_client)
    }

    fn send(&mut self, plaintext: &[u8]) {
        self.stream.write_all(plaintext).unwrap();
    }

    fn plaintext(&mut self) -> Vec<u8> {
        let mut plaintext = Vec::new();
        let _would_block = self.stream.read_to_end(&mut plaintext);
        plaintext
    }

    fn close(&mut self) {
        let _half_closed = self.stream.shutdown();
    }

    fn established(&self) -> bool {
        self.state == State::Up
    }
}
