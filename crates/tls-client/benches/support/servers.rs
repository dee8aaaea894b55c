//! The server in memory, and the configurations of the clients that visit it.

use std::sync::Arc;

use openssl::ssl::SslContext;
use openssl::ssl::SslMethod;
use openssl::ssl::SslVerifyMode;
use rcgen::CertificateParams;
use rcgen::KeyPair;
use rustls::ClientConfig;
use rustls::DigitallySignedStruct;
use rustls::Error;
use rustls::RootCertStore;
use rustls::ServerConfig;
use rustls::SignatureScheme;
use rustls::SupportedProtocolVersion;
use rustls::client::Resumption;
use rustls::client::danger::HandshakeSignatureValid;
use rustls::client::danger::ServerCertVerified;
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::CryptoProvider;
use rustls::crypto::aws_lc_rs;
use rustls::crypto::aws_lc_rs::cipher_suite::TLS13_AES_128_GCM_SHA256;
use rustls::crypto::aws_lc_rs::kx_group::X25519;
use rustls::crypto::verify_tls12_signature;
use rustls::crypto::verify_tls13_signature;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::ServerName;
use rustls::pki_types::UnixTime;
use rustls::version::TLS13;
use tlscensus_tls_client::KeyShares;
use tlscensus_tls_client::Profile;
use tlscensus_tls_wire::registry::CipherSuite;
use tlscensus_tls_wire::registry::NamedGroup;
use tlscensus_tls_wire::registry::Version;

pub(crate) const NAME: &str = "host.example";

/// The key of the server's certificate.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Key {
    P256,
    Rsa2048,
}

/// A server and what each client needs to visit it.
pub(crate) struct Scene {
    pub(crate) server: Arc<ServerConfig>,
    pub(crate) profile: Profile,
    pub(crate) modern: Profile,
    pub(crate) keys: KeyShares,
    /// Checks the chain, as rustls does unless told otherwise.
    pub(crate) rustls: Arc<ClientConfig>,
    /// Checks the signature over the handshake only, as we do.
    pub(crate) rustls_unchained: Arc<ClientConfig>,
    pub(crate) openssl: SslContext,
}

impl Scene {
    /// One suite and one group on both sides.
    pub(crate) fn criterion() -> Self {
        let mut provider = aws_lc_rs::default_provider();
        provider.cipher_suites = vec![TLS13_AES_128_GCM_SHA256];
        provider.kx_groups = vec![X25519];
        let profile = Profile {
            versions: (&[Version::TLS_1_3]).into(),
            suites: (&[CipherSuite::TLS_AES_128_GCM_SHA256]).into(),
            groups: (&[NamedGroup::X25519]).into(),
            key_shares: (&[NamedGroup::X25519]).into(),
            ..Profile::named("modern").unwrap().clone()
        };
        let mut scene = Self::of(&TLS13, Key::Rsa2048, provider, profile);
        let mut openssl = openssl_client();
        openssl.set_ciphersuites("TLS_AES_128_GCM_SHA256").unwrap();
        openssl.set_groups_list("X25519").unwrap();
        scene.openssl = openssl.build();
        scene
    }

    /// What the libraries and our modern profile choose by themselves.
    pub(crate) fn new(version: &'static SupportedProtocolVersion, key: Key) -> Self {
        let profile = Profile::named("modern").unwrap().clone();
        Self::of(version, key, aws_lc_rs::default_provider(), profile)
    }

    fn of(
        version: &'static SupportedProtocolVersion,
        key: Key,
        provider: CryptoProvider,
        profile: Profile,
    ) -> Self {
        let key = match key {
            Key::Rsa2048 => {
                KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, rcgen::RsaKeySize::_2048)
            }
            Key::P256 => KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256),
        }
        .unwrap();
        let params = CertificateParams::new(vec![NAME.to_owned()]).unwrap();
        let leaf = CertificateDer::from(params.self_signed(&key).unwrap().der().to_vec());
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let provider = Arc::new(provider);
        let server = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_protocol_versions(&[version])
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![leaf.clone()], key)
            .unwrap();
        let client = || {
            ClientConfig::builder_with_provider(Arc::clone(&provider))
                .with_protocol_versions(&[version])
                .unwrap()
        };
        let mut roots = RootCertStore::empty();
        roots.add(leaf).unwrap();
        let mut rustls = client().with_root_certificates(roots).with_no_client_auth();
        rustls.resumption = Resumption::disabled();
        let verifier = Arc::new(SignatureOnly(Arc::clone(&provider)));
        let mut unchained =
            client().dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth();
        unchained.resumption = Resumption::disabled();
        Self {
            server: Arc::new(server),
            profile,
            modern: Profile::named("modern").unwrap().clone(),
            keys: KeyShares::generate(),
            rustls: Arc::new(rustls),
            rustls_unchained: Arc::new(unchained),
            openssl: openssl_client().build(),
        }
    }
}

fn openssl_client() -> openssl::ssl::SslContextBuilder {
    let mut builder = SslContext::builder(SslMethod::tls_client()).unwrap();
    builder.set_verify(SslVerifyMode::NONE);
    builder
}

/// Believes every chain; checks that the handshake is signed by its key.
#[derive(Debug)]
struct SignatureOnly(Arc<CryptoProvider>);

impl ServerCertVerifier for SignatureOnly {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, cert, dss, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, cert, dss, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
