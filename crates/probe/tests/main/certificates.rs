//! What OpenSSL says around its certificates is in the row: extensions beside them, and its wish for the client's.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by stopping")]

use std::net::SocketAddr;
use std::net::TcpListener;
use std::thread;

use openssl::nid::Nid;
use openssl::pkey::PKey;
use openssl::ssl::ExtensionContext;
use openssl::ssl::Ssl;
use openssl::ssl::SslAlert;
use openssl::ssl::SslContext;
use openssl::ssl::SslMethod;
use openssl::ssl::SslRef;
use openssl::ssl::SslVerifyMode;
use openssl::ssl::SslVersion;
use openssl::stack::Stack;
use openssl::x509::X509;
use openssl::x509::X509Name;
use openssl::x509::X509Ref;

use rcgen::CertificateParams;
use rcgen::DnType;
use rcgen::Issuer;
use rcgen::KeyPair;

use tlscensus_records::DecimalCode;
use tlscensus_records::Presence;
use tlscensus_records::ProbeRow;
use tlscensus_tls_wire::observer::Observer;

use crate::support::plan;
use crate::support::row;

/// An SCT list of one made-up timestamp (RFC 6962, section 3.3).
const SCTS: &[u8] = b"\x00\x09\x00\x07a proof";
/// An OCSP response that says to try later (RFC 6960, section 4.2.1): OpenSSL 3.6 reads what it staples.
const STAPLE: &[u8] = b"\x30\x03\x0a\x01\x03";

/// What the server does beside shaking hands.
#[derive(Clone, Copy, Default)]
struct Manner {
    asks: bool,
    names: bool,
    staples: bool,
    proves: bool,
}

const ALL: Manner = Manner { asks: true, names: true, staples: true, proves: true };

fn authorities() -> Stack<X509Name> {
    let mut names = Stack::new().unwrap();
    for (organization, common) in [("Lab, Inc.", "Root A"), ("Ünïcode", "Root\nB")] {
        let mut name = X509Name::builder().unwrap();
        name.append_entry_by_nid(Nid::ORGANIZATIONNAME, organization).unwrap();
        name.append_entry_by_nid(Nid::COMMONNAME, common).unwrap();
        names.push(name.build()).unwrap();
    }
    names
}

fn context(version: SslVersion, manner: Manner) -> SslContext {
    // No response is stapled to a certificate that issued itself.
    let (root_key, key) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
    let names = |name: &str| {
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params
    };
    let root = names("root.example").self_signed(&root_key).unwrap();
    let issuer = Issuer::new(names("root.example"), root_key);
    let leaf = names("mx.example").signed_by(&key, &issuer).unwrap();
    let mut builder = SslContext::builder(SslMethod::tls_server()).unwrap();
    builder.set_certificate(&X509::from_der(leaf.der()).unwrap()).unwrap();
    builder.add_extra_chain_cert(X509::from_der(root.der()).unwrap()).unwrap();
    builder.set_private_key(&PKey::private_key_from_der(&key.serialize_der()).unwrap()).unwrap();
    builder.set_min_proto_version(Some(version)).unwrap();
    builder.set_max_proto_version(Some(version)).unwrap();
    if manner.asks {
        builder.set_verify_callback(SslVerifyMode::PEER, |_, _| true);
    }
    if manner.names {
        builder.set_client_ca_list(authorities());
    }
    if manner.staples {
        let status = |ssl: &mut SslRef| ssl.set_ocsp_status(STAPLE).map(|()| true);
        builder.set_status_callback(status).unwrap();
    }
    if manner.proves {
        let context = ExtensionContext::CLIENT_HELLO
            | ExtensionContext::TLS1_2_SERVER_HELLO
            | ExtensionContext::TLS1_3_CERTIFICATE;
        builder.add_custom_ext(18, context, scts, |_, _, _, _| Ok(())).unwrap();
    }
    builder.build()
}

fn scts(
    _: &mut SslRef,
    _: ExtensionContext,
    _: Option<(usize, &X509Ref)>,
) -> Result<Option<&'static [u8]>, SslAlert> {
    Ok(Some(SCTS))
}

/// Shakes hands with everyone until the test ends.
fn serve(context: SslContext) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            // A client that leaves with its certificate is all that can fail here.
            let _ = Ssl::new(&context).unwrap().accept(stream);
        }
    });
    addr
}

async fn probed(version: SslVersion, manner: Manner) -> ProbeRow {
    let found = row(plan("https"), serve(context(version, manner))).await;
    assert!(found.tls_completed, "{found:?}");
    found
}

fn texts(words: &[&str]) -> Option<Vec<String>> {
    Some(words.iter().map(|word| (*word).to_owned()).collect())
}

#[tokio::test]
async fn in_tls13_they_stand_beside_the_certificate_and_in_the_request() {
    let row = probed(SslVersion::TLS1_3, ALL).await;
    let mut beside = row.tls.certificate_extensions.clone().unwrap();
    beside.sort();
    assert_eq!(beside, ["0:18", "0:5", "1:18"], "status_request beside the first alone");
    assert_eq!(row.server_sent.chain_seen, Presence::Seen);
    assert_eq!(row.tls.ocsp_staple.as_ref().map(|staple| staple.0.as_slice()), Some(STAPLE));
    assert_eq!(
        (row.tls.scts_count, row.tls.sct_carriers),
        (Some(2), Some(vec!["tls-extension".into()]))
    );
    assert_eq!(row.tls.client_certificate_requested, Some(true));
    assert_eq!(row.tls.client_certificate_types, None, "TLS 1.3 has no such list");
    assert_eq!(row.tls.client_certificate_authorities, texts(&NAMES));
    assert_eq!(row.tls.client_certificate_authorities_count, Some(2));
    let mut extensions = row.tls.client_certificate_extensions.unwrap();
    extensions.sort();
    assert_eq!(
        extensions,
        [13, 47].map(DecimalCode),
        "signature_algorithms and certificate_authorities"
    );
    let schemes = row.tls.client_certificate_schemes.unwrap();
    assert!(schemes.iter().any(|scheme| scheme == "rsa_pss_rsae_sha256"), "{schemes:?}");
}

#[tokio::test]
async fn before_tls13_they_have_places_of_their_own() {
    let row = probed(SslVersion::TLS1_2, ALL).await;
    assert_eq!(row.tls.certificate_extensions, None, "there is no place for them");
    assert_eq!(row.tls.ocsp_staple.as_ref().map(|staple| staple.0.as_slice()), Some(STAPLE));
    assert_eq!(row.tls.scts_count, Some(1));
    let types = row.tls.client_certificate_types.unwrap();
    assert!(types.iter().any(|kind| kind == "rsa_sign"), "{types:?}");
    assert!(row.tls.client_certificate_schemes.unwrap().len() > 4);
    assert_eq!(row.tls.client_certificate_authorities, texts(&NAMES));
    assert_eq!(row.tls.client_certificate_extensions, None);
}

#[tokio::test]
async fn empty_is_told_from_absent() {
    let plain = probed(SslVersion::TLS1_3, Manner::default()).await;
    assert_eq!(plain.tls.certificate_extensions, Some(Vec::new()));
    assert_eq!(plain.tls.client_certificate_requested, Some(false));
    assert_eq!(plain.tls.client_certificate_authorities, None);
    assert_eq!(plain.tls.client_certificate_authorities_count, None);
    let anybody = probed(SslVersion::TLS1_3, Manner { asks: true, ..Manner::default() }).await;
    assert_eq!(anybody.tls.client_certificate_requested, Some(true));
    assert_eq!(anybody.tls.client_certificate_authorities, Some(Vec::new()));
    assert_eq!(anybody.tls.client_certificate_extensions, Some(vec![DecimalCode(13)]));
}

#[test]
fn a_row_of_nothing_has_none_of_them() {
    let mut row = ProbeRow::default();
    row.fill_tls(&Observer::new());
    assert_eq!(
        (row.tls.certificate_extensions, row.tls.client_certificate_requested),
        (None, None)
    );
}

/// The names that the server sends, as RFC 4514 writes them.
const NAMES: [&str; 2] = ["CN=Root A,O=Lab\\, Inc.", "CN=Root\\0aB,O=Ünïcode"];
