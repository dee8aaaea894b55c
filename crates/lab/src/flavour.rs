//! The TLS servers of the lab: rustls and OpenSSL in the versions, suites and groups that are found in the wild.

use std::io;
use std::pin::Pin;
use std::sync::Arc;

use openssl::ssl::Ssl;
use openssl::ssl::SslContext;
use openssl::ssl::SslMethod;
use openssl::ssl::SslSessionCacheMode;
use openssl::ssl::SslVerifyMode;
use openssl::ssl::SslVersion;
use rustls::ServerConfig;
use rustls::crypto::CryptoProvider;
use rustls::crypto::aws_lc_rs;
use rustls::crypto::aws_lc_rs::kx_group;
use rustls::server::ClientHello;
use rustls::server::ResolvesServerCert;
use rustls::sign::CertifiedKey;
use tokio_openssl::SslStream;
use tokio_rustls::TlsAcceptor;

use crate::Error;
use crate::certificates::Credential;
use crate::wire::Duplex;

/// One configuration of a TLS server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Flavour {
    /// OpenSSL, TLS 1.3, asks for a client certificate and goes on without.
    OpensslAsksCertificate,
    /// OpenSSL, TLS 1.2 with nothing but Camellia.
    OpensslCamellia,
    /// OpenSSL, TLS 1.3 on P-384 only: most clients must try twice.
    OpensslRetry,
    /// OpenSSL, SSL 3 only.
    OpensslSsl3,
    /// OpenSSL, TLS 1.0 only.
    OpensslTls10,
    /// OpenSSL, TLS 1.1 only.
    OpensslTls11,
    /// OpenSSL, TLS 1.2, ECDHE with AES-CBC.
    OpensslTls12Cbc,
    /// OpenSSL, TLS 1.2, ECDHE with ChaCha20-Poly1305.
    OpensslTls12Chacha,
    /// OpenSSL, TLS 1.2, ECDHE on P-384 with AES-GCM.
    OpensslTls12P384,
    /// OpenSSL, TLS 1.2, RSA key exchange.
    OpensslTls12RsaKeyExchange,
    /// OpenSSL as it comes: TLS 1.2 and 1.3.
    OpensslTls13,
    /// rustls, TLS 1.3 with X25519MLKEM768 preferred.
    RustlsHybrid,
    /// rustls, TLS 1.3 on P-384 only: most clients must try twice.
    RustlsRetry,
    /// rustls, TLS 1.2 only.
    RustlsTls12,
    /// rustls, TLS 1.3 only.
    RustlsTls13,
}

impl Flavour {
    /// All of them.
    pub const ALL: [Self; 15] = [
        Self::OpensslAsksCertificate,
        Self::OpensslCamellia,
        Self::OpensslRetry,
        Self::OpensslSsl3,
        Self::OpensslTls10,
        Self::OpensslTls11,
        Self::OpensslTls12Cbc,
        Self::OpensslTls12Chacha,
        Self::OpensslTls12P384,
        Self::OpensslTls12RsaKeyExchange,
        Self::OpensslTls13,
        Self::RustlsHybrid,
        Self::RustlsRetry,
        Self::RustlsTls12,
        Self::RustlsTls13,
    ];

    /// Those a client of today completes, with the weight each is dealt to healthy endpoints.
    pub(crate) const HEALTHY: [(Self, u32); 11] = [
        (Self::OpensslAsksCertificate, 2),
        (Self::OpensslRetry, 2),
        (Self::OpensslTls12Cbc, 4),
        (Self::OpensslTls12Chacha, 2),
        (Self::OpensslTls12P384, 2),
        (Self::OpensslTls12RsaKeyExchange, 2),
        (Self::OpensslTls13, 8),
        (Self::RustlsHybrid, 3),
        (Self::RustlsRetry, 2),
        (Self::RustlsTls12, 8),
        (Self::RustlsTls13, 10),
    ];

    /// The version it agrees on with a client of today.
    pub const fn version(self) -> &'static str {
        match self {
            Self::OpensslSsl3 => "SSL 3.0",
            Self::OpensslTls10 => "TLS 1.0",
            Self::OpensslTls11 => "TLS 1.1",
            Self::OpensslCamellia
            | Self::OpensslTls12Cbc
            | Self::OpensslTls12Chacha
            | Self::OpensslTls12P384
            | Self::OpensslTls12RsaKeyExchange
            | Self::RustlsTls12 => "TLS 1.2",
            Self::OpensslAsksCertificate
            | Self::OpensslRetry
            | Self::OpensslTls13
            | Self::RustlsHybrid
            | Self::RustlsRetry
            | Self::RustlsTls13 => "TLS 1.3",
        }
    }

    /// Whether it can only serve an RSA certificate.
    pub(crate) const fn needs_rsa(self) -> bool {
        matches!(self, Self::OpensslCamellia | Self::OpensslSsl3 | Self::OpensslTls12RsaKeyExchange)
    }

    /// The position in [`Self::ALL`] and in [`TlsServers`].
    fn index(self) -> usize {
        Self::ALL.iter().position(|flavour| *flavour == self).expect("ALL lists every flavour")
    }
}

/// One configured server per flavour, shared by all endpoints.
pub(crate) struct TlsServers(Vec<Server>);

enum Server {
    Openssl(SslContext),
    Rustls(Arc<ServerConfig>),
}

impl TlsServers {
    pub(crate) fn new() -> Result<Self, Error> {
        Flavour::ALL.into_iter().map(server).collect::<Result<_, _>>().map(Self)
    }

    /// The server's side of a handshake, with this credential.
    pub(crate) async fn accept<'a>(
        &self,
        flavour: Flavour,
        credential: &Credential,
        stream: impl Duplex + 'a,
    ) -> io::Result<Box<dyn Duplex + 'a>> {
        match self.0.get(flavour.index()).expect("one server per flavour") {
            Server::Openssl(context) => {
                let ssl = openssl_session(context, credential)?;
                let mut stream = SslStream::new(ssl, stream)?;
                Pin::new(&mut stream).accept().await.map_err(io::Error::other)?;
                Ok(Box::new(stream))
            }
            Server::Rustls(config) => {
                let mut config = ServerConfig::clone(config);
                config.cert_resolver = Arc::new(Always(credential.rustls()));
                let stream = TlsAcceptor::from(Arc::new(config)).accept(stream).await?;
                Ok(Box::new(stream))
            }
        }
    }
}

fn openssl_session(context: &SslContext, credential: &Credential) -> io::Result<Ssl> {
    let chain = credential.openssl()?;
    let mut ssl = Ssl::new(context)?;
    ssl.set_certificate(&chain.leaf)?;
    ssl.set_private_key(&chain.key)?;
    for certificate in &chain.others {
        ssl.add_chain_cert(certificate.clone())?;
    }
    Ok(ssl)
}

fn server(flavour: Flavour) -> Result<Server, Error> {
    match flavour {
        Flavour::RustlsHybrid => {
            rustls_server(&rustls::version::TLS13, &[kx_group::X25519MLKEM768, kx_group::X25519])
        }
        Flavour::RustlsRetry => rustls_server(&rustls::version::TLS13, &[kx_group::SECP384R1]),
        Flavour::RustlsTls12 => {
            rustls_server(&rustls::version::TLS12, aws_lc_rs::DEFAULT_KX_GROUPS)
        }
        Flavour::RustlsTls13 => {
            rustls_server(&rustls::version::TLS13, aws_lc_rs::DEFAULT_KX_GROUPS)
        }
        _ => openssl_server(flavour),
    }
}

fn rustls_server(
    version: &'static rustls::SupportedProtocolVersion,
    groups: &[&'static dyn rustls::crypto::SupportedKxGroup],
) -> Result<Server, Error> {
    let provider = CryptoProvider { kx_groups: groups.to_vec(), ..aws_lc_rs::default_provider() };
    let config = ServerConfig::builder_with_provider(Arc::new(provider))
        .with_protocol_versions(&[version])?
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(Nothing));
    Ok(Server::Rustls(Arc::new(config)))
}

fn openssl_server(flavour: Flavour) -> Result<Server, Error> {
    let mut builder = SslContext::builder(SslMethod::tls_server())?;
    builder.set_session_cache_mode(SslSessionCacheMode::OFF);
    builder.set_security_level(0);
    let (least, most) = match flavour.version() {
        "SSL 3.0" => (SslVersion::SSL3, SslVersion::SSL3),
        "TLS 1.0" => (SslVersion::TLS1, SslVersion::TLS1),
        "TLS 1.1" => (SslVersion::TLS1_1, SslVersion::TLS1_1),
        "TLS 1.2" => (SslVersion::TLS1_2, SslVersion::TLS1_2),
        _ => (SslVersion::TLS1_2, SslVersion::TLS1_3),
    };
    builder.set_min_proto_version(Some(least))?;
    builder.set_max_proto_version(Some(most))?;
    let suites = match flavour {
        Flavour::OpensslCamellia => "CAMELLIA256-SHA:CAMELLIA128-SHA",
        Flavour::OpensslTls12Cbc => "ECDHE+AES:!AESGCM:!AESCCM",
        Flavour::OpensslTls12Chacha => "ECDHE+CHACHA20",
        Flavour::OpensslTls12P384 => "ECDHE+AESGCM",
        Flavour::OpensslTls12RsaKeyExchange => "kRSA+AES",
        _ => "ALL:!aNULL:!eNULL",
    };
    builder.set_cipher_list(suites)?;
    if matches!(flavour, Flavour::OpensslRetry | Flavour::OpensslTls12P384) {
        builder.set_groups_list("P-384")?;
    }
    if flavour == Flavour::OpensslAsksCertificate {
        builder.set_verify_callback(SslVerifyMode::PEER, |_, _| true);
        builder.set_session_id_context(b"lab")?;
    }
    Ok(Server::Openssl(builder.build()))
}

/// Serves one certificate, whatever is asked.
#[derive(Debug)]
struct Always(Arc<CertifiedKey>);

impl ResolvesServerCert for Always {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0))
    }
}

/// Stands in the shared configuration, where no certificate is chosen yet.
#[derive(Debug)]
struct Nothing;

impl ResolvesServerCert for Nothing {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        None
    }
}
