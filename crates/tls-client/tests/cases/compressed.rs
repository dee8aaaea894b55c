//! Certificates that come compressed, from a server that does not say which way it likes best.

use std::sync::Arc;

use rustls::CertificateCompressionAlgorithm;
use rustls::compress::CertCompressor;
use rustls::compress::CompressionFailed;
use rustls::compress::CompressionLevel;
use rustls::version::TLS13;
use tlscensus_tls_client::Client;
use tlscensus_tls_client::KeyShares;
use tlscensus_tls_client::Profile;
use tlscensus_tls_wire::registry::CertificateCompression;
use tlscensus_tls_wire::registry::ExtensionType;

use crate::support::NAME;
use crate::support::certificates::Kind;
use crate::support::exchange;
use crate::support::profile;
use crate::support::rustls_server::Options;
use crate::support::rustls_server::RustlsServer;
use crate::support::rustls_server::config;
use crate::support::visit;

/// Compresses, and lies about nothing.
#[derive(Debug)]
struct Zstd;

impl CertCompressor for Zstd {
    fn compress(&self, input: Vec<u8>, _: CompressionLevel) -> Result<Vec<u8>, CompressionFailed> {
        zstd::bulk::compress(&input, 3).map_err(|_| CompressionFailed)
    }

    fn algorithm(&self) -> CertificateCompressionAlgorithm {
        CertificateCompressionAlgorithm::Zstd
    }
}

/// Sends something else than the certificate.
#[derive(Debug)]
struct Liar;

impl CertCompressor for Liar {
    fn compress(&self, input: Vec<u8>, _: CompressionLevel) -> Result<Vec<u8>, CompressionFailed> {
        zstd::bulk::compress(&input[1..], 3).map_err(|_| CompressionFailed)
    }

    fn algorithm(&self) -> CertificateCompressionAlgorithm {
        CertificateCompressionAlgorithm::Zstd
    }
}

fn client(offered: &'static [CertificateCompression]) -> Client {
    let mut extensions = profile("modern").extensions.to_vec();
    extensions.push(ExtensionType::COMPRESS_CERTIFICATE);
    let offer = Profile {
        extensions: extensions.into(),
        certificate_compressions: offered.into(),
        ..profile("modern").clone()
    };
    Client::new(&offer, Some(NAME), &KeyShares::generate())
}

fn server(compressor: &'static dyn CertCompressor) -> RustlsServer {
    let mut options = Options::new(Kind::Rsa2048, &TLS13);
    options.ocsp_response = b"status";
    let mut config = config(&options);
    Arc::get_mut(&mut config).unwrap().cert_compressors = vec![compressor];
    RustlsServer::from_config(&config)
}

#[test]
fn a_compressed_certificate_is_read() {
    let mut client = client(&[CertificateCompression::ZLIB, CertificateCompression::ZSTD]);
    visit(&mut client, &mut server(&Zstd), "zstd");
    let observer = client.observer();
    assert_eq!(observer.certificate_compression(), Some(CertificateCompression::ZSTD));
    let chain: Vec<&[u8]> = observer.chain().unwrap().iter().map(|der| &**der).collect();
    assert_eq!(chain, [Kind::Rsa2048.identity().certificate.as_slice()]);
    assert_eq!(observer.ocsp_staple(), Some(&b"status"[..]));
}

#[test]
fn a_certificate_that_is_not_what_was_compressed_is_named() {
    let mut client = client(&[CertificateCompression::ZSTD]);
    exchange(&mut client, &mut server(&Liar));
    let outcome = client.outcome().unwrap().to_string();
    assert_eq!(outcome, "malformed: illegal compressed certificate");
}
