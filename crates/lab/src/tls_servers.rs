//! The TLS servers behind the flavours: one configuration of rustls or OpenSSL for each.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::OnceLock;

use openssl::error::ErrorStack;
use openssl::provider::Provider;
use openssl::ssl::AlpnError;
use openssl::ssl::Ssl;
use openssl::ssl::SslContext;
use openssl::ssl::SslContextBuilder;
use openssl::ssl::SslMethod;
use openssl::ssl::SslOptions;
use openssl::ssl::SslSessionCacheMode;
use openssl::ssl::SslVerifyMode;
use openssl::ssl::SslVersion;
use rustls::ServerConfig;
use rustls::SupportedProtocolVersion;
use rustls::crypto::CryptoProvider;
use rustls::crypto::SupportedKxGroup;
use rustls::crypto::aws_lc_rs;
use rustls::server::ClientHello;
use rustls::server::ResolvesServerCert;
use rustls::sign::CertifiedKey;
use tokio_openssl::SslStream;
use tokio_rustls::TlsAcceptor;

use crate::Error;
use crate::Exchange;
use crate::Flavour;
use crate::certificates::Credential;
use crate::flavour::FlavourSpec;
use crate::flavour::Library;
use crate::flavour_table::FLAVOURS;
use crate::intrusive::Protocols;
use crate::own_tls;
use crate::own_tls::Suite;
use crate::repertoire::Decider;
use crate::wide::Wide;
use crate::wire::Duplex;

/// One configured server per flavour, shared by all endpoints.
pub(crate) struct TlsServers(Vec<Server>);

enum Server {
    Openssl(SslContext),
    Own(Suite),
    OwnSsl2,
    Rustls(Arc<ServerConfig>),
}

impl TlsServers {
    pub(crate) fn new() -> Result<Self, Error> {
        old_algorithms()?;
        FLAVOURS.iter().map(server).collect::<Result<_, _>>().map(Self)
    }

    /// The server's side of a handshake, with this credential.
    pub(crate) async fn accept<'a>(
        &self,
        flavour: Flavour,
        credential: &Credential,
        stream: impl Duplex + 'a,
    ) -> io::Result<Box<dyn Duplex + 'a>> {
        let place = FLAVOURS.iter().position(|spec| spec.flavour == flavour);
        let server = place.and_then(|place| self.0.get(place)).expect("one server per flavour");
        match server {
            Server::Openssl(context) => {
                let ssl = openssl_session(context, credential)?;
                let mut stream = SslStream::new(ssl, stream)?;
                Pin::new(&mut stream).accept().await.map_err(io::Error::other)?;
                Ok(Box::new(stream))
            }
            Server::Own(suite) => own_tls::accept(suite, credential, stream).await,
            Server::OwnSsl2 => match own_tls::answer_ssl2(credential, stream).await? {},
            Server::Rustls(config) => {
                let mut config = ServerConfig::clone(config);
                config.cert_resolver = Arc::new(Always(credential.rustls()));
                let stream = TlsAcceptor::from(Arc::new(config)).accept(stream).await?;
                Ok(Box::new(stream))
            }
        }
    }
}

/// Lets OpenSSL use RC4, IDEA and SEED, for as long as the process lives.
pub(crate) fn old_algorithms() -> Result<(), ErrorStack> {
    static LOADED: OnceLock<Provider> = OnceLock::new();
    if LOADED.get().is_none() {
        let _ = LOADED.set(Provider::try_load(None, "legacy", true)?);
    }
    Ok(())
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

fn server(spec: &FlavourSpec) -> Result<Server, Error> {
    match spec.made_by {
        Library::Openssl => openssl_server(spec),
        Library::Own if spec.version == "SSL 2" => Ok(Server::OwnSsl2),
        Library::Own => Ok(Server::Own(Suite::new(spec)?)),
        Library::Rustls => rustls_server(spec),
    }
}

fn rustls_server(spec: &FlavourSpec) -> Result<Server, Error> {
    let wide = Wide::of(spec.flavour);
    let versions: Vec<_> = wide.versions.iter().map(|version| rustls_version(version)).collect();
    let wanted = wide.tls13.iter().chain(wide.rsa).chain(wide.ec);
    let suite = |wanted: &&str| {
        let mut all = aws_lc_rs::ALL_CIPHER_SUITES.iter().copied();
        all.find(|suite| {
            let name = suite.suite().as_str().map(|name| name.replacen("TLS13_", "TLS_", 1));
            name.as_deref() == Some(wanted)
        })
    };
    let group = |group: &&dyn SupportedKxGroup| {
        let name = group.name().as_str();
        name.zip(spec.exchange.group()).is_some_and(|(have, want)| have.eq_ignore_ascii_case(want))
    };
    let provider = CryptoProvider {
        cipher_suites: wanted.filter_map(suite).collect(),
        kx_groups: aws_lc_rs::ALL_KX_GROUPS.iter().copied().filter(group).collect(),
        ..aws_lc_rs::default_provider()
    };
    let mut config = ServerConfig::builder_with_provider(Arc::new(provider))
        .with_protocol_versions(&versions)?
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(Nothing));
    config.ignore_client_order = wide.suites_by == Decider::Server;
    config.alpn_protocols = wide.protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
    Ok(Server::Rustls(Arc::new(config)))
}

fn rustls_version(name: &str) -> &'static SupportedProtocolVersion {
    match name {
        "TLS 1.2" => &rustls::version::TLS12,
        _ => &rustls::version::TLS13,
    }
}

fn openssl_server(spec: &FlavourSpec) -> Result<Server, Error> {
    let mut builder = SslContext::builder(SslMethod::tls_server())?;
    builder.set_session_cache_mode(SslSessionCacheMode::OFF);
    builder.set_security_level(0);
    builder.clear_options(SslOptions::NO_SSLV3);
    let wide = Wide::of(spec.flavour);
    let as_it_comes = spec.flavour == Flavour::OpensslTls13;
    builder.set_min_proto_version(wide.versions.last().map(|name| openssl_version(name)))?;
    builder.set_max_proto_version(wide.versions.first().map(|name| openssl_version(name)))?;
    if wide.suites_by == Decider::Server {
        builder.set_options(SslOptions::CIPHER_SERVER_PREFERENCE);
    }
    if !wide.tls13.is_empty() {
        builder.set_ciphersuites(&wide.tls13.join(":"))?;
    }
    let suites = [wide.rsa, wide.ec].concat();
    if !suites.is_empty() && !as_it_comes {
        builder.set_cipher_list(&suites.join(":"))?;
    }
    match spec.exchange {
        _ if as_it_comes => {}
        Exchange::Curve(_) | Exchange::Hybrid(_) | Exchange::NamedField(..) => {
            builder.set_groups_list(&[wide.groups_tls13, wide.groups].concat().join(":"))?;
        }
        Exchange::Field(field) => builder.set_tmp_dh(field.parameters()?.as_ref())?,
        // Nobody has the password: then no suite is left.
        Exchange::Rsa | Exchange::Shared("SRP") => {}
        Exchange::Shared(_) => builder.set_psk_server_callback(|_, _, key| {
            key.iter_mut().zip(1..=16).for_each(|(byte, value)| *byte = value);
            Ok(16)
        }),
    }
    if spec.flavour == Flavour::OpensslAsksCertificate {
        ask_for_certificate(&mut builder)?;
    }
    if spec.flavour.renegotiates() {
        builder.set_options(ALLOW_CLIENT_RENEGOTIATION);
    }
    match spec.flavour.protocols() {
        Protocols::Any => builder.set_alpn_select_callback(|_, offered| first_protocol(offered)),
        Protocols::None => builder.set_alpn_select_callback(|_, _| Err(AlpnError::ALERT_FATAL)),
        Protocols::Unasked => {}
    }
    Ok(Server::Openssl(builder.build()))
}

fn openssl_version(name: &str) -> SslVersion {
    match name {
        "SSL 3" => SslVersion::SSL3,
        "TLS 1.0" => SslVersion::TLS1,
        "TLS 1.1" => SslVersion::TLS1_1,
        "TLS 1.2" => SslVersion::TLS1_2,
        _ => SslVersion::TLS1_3,
    }
}

/// Whatever the client likes best.
fn first_protocol(offered: &[u8]) -> Result<&[u8], AlpnError> {
    let (length, rest) = offered.split_first().ok_or(AlpnError::NOACK)?;
    rest.get(..usize::from(*length)).ok_or(AlpnError::ALERT_FATAL)
}

/// `SSL_OP_ALLOW_CLIENT_RENEGOTIATION`, as all servers were before OpenSSL 3; the binding does not name it.
const ALLOW_CLIENT_RENEGOTIATION: SslOptions = SslOptions::from_bits_retain(1 << 8);

fn ask_for_certificate(builder: &mut SslContextBuilder) -> Result<(), ErrorStack> {
    builder.set_verify_callback(SslVerifyMode::PEER, |_, _| true);
    builder.set_session_id_context(b"lab")
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
