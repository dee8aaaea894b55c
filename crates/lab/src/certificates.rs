//! Keys and chains: two roots, four intermediates, a few RSA keys, an ECDSA key for each who asks.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::sync::OnceLock;

use openssl::pkey::PKey;
use openssl::pkey::Private;
use openssl::x509::X509;
use rcgen::BasicConstraints;
use rcgen::CertificateParams;
use rcgen::CertifiedIssuer;
use rcgen::DnType;
use rcgen::ExtendedKeyUsagePurpose;
use rcgen::IsCa;
use rcgen::KeyPair;
use rcgen::KeyUsagePurpose;
use rcgen::PKCS_ECDSA_P256_SHA256;
use rcgen::PKCS_ECDSA_P384_SHA384;
use rcgen::PKCS_RSA_SHA256;
use rcgen::RsaKeySize;
use rcgen::SignatureAlgorithm;
use rcgen::date_time_ymd;
use rustls::crypto::aws_lc_rs::sign::any_supported_type;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::sign::CertifiedKey;
use sha2::Digest;
use sha2::Sha256;

use crate::Error;
use crate::address::mix;
use crate::chain::ChainOrder;
use crate::chain::KeyKind;
use crate::chain::Owner;
use crate::chain::Shape;

/// A chain as it goes over the wire, with its key in the forms both libraries want.
pub(crate) struct Credential {
    chain: Vec<CertificateDer<'static>>,
    sha256: Vec<String>,
    key: Arc<KeyPair>,
    rustls: OnceLock<Arc<CertifiedKey>>,
    openssl: OnceLock<OpensslChain>,
}

/// The same for OpenSSL.
pub(crate) struct OpensslChain {
    pub(crate) leaf: X509,
    pub(crate) others: Vec<X509>,
    pub(crate) key: PKey<Private>,
}

impl Credential {
    fn new(chain: Vec<CertificateDer<'static>>, key: Arc<KeyPair>) -> Self {
        Self {
            sha256: chain.iter().map(|der| sha256_hex(der)).collect(),
            chain,
            key,
            rustls: OnceLock::new(),
            openssl: OnceLock::new(),
        }
    }

    /// SHA-256 of each certificate in wire order.
    pub(crate) fn sha256(&self) -> &[String] {
        &self.sha256
    }

    /// The certificates in wire order.
    pub(crate) fn ders(&self) -> &[CertificateDer<'static>] {
        &self.chain
    }

    pub(crate) fn rustls(&self) -> Arc<CertifiedKey> {
        Arc::clone(self.rustls.get_or_init(|| {
            let der = PrivatePkcs8KeyDer::from(self.key.serialized_der().to_vec());
            let key = any_supported_type(&PrivateKeyDer::Pkcs8(der))
                .expect("a key made a moment ago is of a supported type");
            Arc::new(CertifiedKey::new(self.chain.clone(), key))
        }))
    }

    pub(crate) fn openssl(&self) -> io::Result<&OpensslChain> {
        if let Some(ready) = self.openssl.get() {
            return Ok(ready);
        }
        let mut certificates =
            self.chain.iter().map(|der| X509::from_der(der)).collect::<Result<Vec<_>, _>>()?;
        let leaf = certificates.remove(0);
        let made = OpensslChain {
            leaf,
            others: certificates,
            key: PKey::private_key_from_pkcs8(self.key.serialized_der())?,
        };
        Ok(self.openssl.get_or_init(|| made))
    }
}

/// Makes chains to order, each once.
pub(crate) struct Authority {
    roots: Vec<CertifiedIssuer<'static, KeyPair>>,
    /// Each with the position of its root.
    intermediates: Vec<(CertifiedIssuer<'static, KeyPair>, usize)>,
    rsa_keys: Vec<Arc<KeyPair>>,
    shared_p256: Arc<KeyPair>,
    made: BTreeMap<ChainOrder, Arc<Credential>>,
}

impl Authority {
    /// Roots, intermediates and the pool of RSA keys. RSA keys take long: they are made on all cores.
    pub(crate) fn new() -> Result<Self, Error> {
        let mut rsa = rsa_keys(RSA_POOL + 2)?;
        let mut next_rsa = || rsa.pop().expect("counted");
        let roots = vec![
            root("Lab Root P", elliptic(&PKCS_ECDSA_P384_SHA384)?)?,
            root("Lab Root R", next_rsa())?,
        ];
        let keys = [
            (next_rsa(), 1),
            (elliptic(&PKCS_ECDSA_P256_SHA256)?, 0),
            (elliptic(&PKCS_ECDSA_P384_SHA384)?, 0),
            (elliptic(&PKCS_ECDSA_P256_SHA256)?, 1),
        ];
        let mut intermediates = Vec::new();
        for (number, (key, above)) in keys.into_iter().enumerate() {
            let params = authority_params(&format!("Lab Issuing CA {number}"));
            let signer = roots.get(above).expect("there are two roots");
            let issuer = CertifiedIssuer::signed_by(params, key, signer)?;
            intermediates.push((issuer, above));
        }
        Ok(Self {
            roots,
            intermediates,
            rsa_keys: rsa.into_iter().map(Arc::new).collect(),
            shared_p256: Arc::new(elliptic(&PKCS_ECDSA_P256_SHA256)?),
            made: BTreeMap::new(),
        })
    }

    /// The chain of this order, made now if nobody asked for it before.
    pub(crate) fn chain(
        &mut self,
        order: ChainOrder,
        address: std::net::Ipv4Addr,
    ) -> Result<Arc<Credential>, Error> {
        if let Some(made) = self.made.get(&order) {
            return Ok(Arc::clone(made));
        }
        let credential = Arc::new(self.make(order, address)?);
        self.made.insert(order, Arc::clone(&credential));
        Ok(credential)
    }

    fn make(&self, order: ChainOrder, address: std::net::Ipv4Addr) -> Result<Credential, Error> {
        let (salt, name) = match order.owner {
            Owner::Host(host) => (u64::from(host), host_name(host)),
            Owner::HostOther(host) => (u64::from(host) | 1 << 32, host_name(host)),
            Owner::Hoster(hoster) => {
                (u64::from(hoster) | 2 << 32, format!("*.hoster{hoster}.lab.test"))
            }
        };
        let salt = mix(salt);
        let key = self.key(order, salt)?;
        let params = leaf_params(&name, order, address)?;
        let (issuer, above) = pick(&self.intermediates, salt);
        let root = self.roots.get(*above).expect("there are two roots");
        if order.shape == Shape::SelfSigned {
            let leaf = params.self_signed(&*key)?;
            return Ok(Credential::new(vec![leaf.der().clone()], key));
        }
        let leaf = params.signed_by(&*key, issuer)?.der().clone();
        let (between, top) = (issuer.der().clone(), root.der().clone());
        let chain = match order.shape {
            Shape::Incomplete | Shape::SelfSigned => vec![leaf],
            Shape::Expired | Shape::SharedKey | Shape::Valid => vec![leaf, between],
            Shape::RootIncluded => vec![leaf, between, top],
            Shape::WrongOrder => vec![leaf, top, between],
        };
        Ok(Credential::new(chain, key))
    }

    fn key(&self, order: ChainOrder, salt: u64) -> Result<Arc<KeyPair>, Error> {
        Ok(match order.key {
            KeyKind::Rsa2048 => Arc::clone(pick(&self.rsa_keys, salt >> 8)),
            _ if order.shape == Shape::SharedKey => Arc::clone(&self.shared_p256),
            KeyKind::P256 => Arc::new(elliptic(&PKCS_ECDSA_P256_SHA256)?),
            KeyKind::P384 => Arc::new(elliptic(&PKCS_ECDSA_P384_SHA384)?),
        })
    }
}

/// The name a host calls itself in greetings and certificates.
pub(crate) fn host_name(host: u32) -> String {
    format!("h{host}.lab.test")
}

fn sha256_hex(der: &[u8]) -> String {
    Sha256::digest(der).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn pick<T>(from: &[T], salt: u64) -> &T {
    let count = u64::try_from(from.len()).expect("a count");
    let position = usize::try_from(salt % count).expect("below the count");
    from.get(position).expect("below the count")
}

fn elliptic(algorithm: &'static SignatureAlgorithm) -> Result<KeyPair, rcgen::Error> {
    KeyPair::generate_for(algorithm)
}

/// RSA keys of this process: making one takes a tenth of a second, so that all labs share them.
fn rsa_keys(count: usize) -> Result<Vec<KeyPair>, Error> {
    static MADE: OnceLock<Vec<Vec<u8>>> = OnceLock::new();
    if MADE.get().is_none() {
        let _ = MADE.set(make_rsa_keys(count)?);
    }
    let made = MADE.get().expect("set a moment ago");
    made.iter().take(count).map(|der| Ok(KeyPair::try_from(der.as_slice())?)).collect()
}

fn make_rsa_keys(count: usize) -> Result<Vec<Vec<u8>>, rcgen::Error> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let share = count.div_ceil(cores);
    let some = || {
        (0..share)
            .map(|_| KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048))
            .map(|key| key.map(|key| key.serialize_der()))
            .collect()
    };
    let made: Result<Vec<Vec<Vec<u8>>>, rcgen::Error> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..cores).map(|_| scope.spawn(some)).collect();
        workers
            .into_iter()
            .map(|worker| worker.join().expect("making a key does not panic"))
            .collect()
    });
    Ok(made?.into_iter().flatten().collect())
}

fn root(name: &str, key: KeyPair) -> Result<CertifiedIssuer<'static, KeyPair>, rcgen::Error> {
    CertifiedIssuer::self_signed(authority_params(name), key)
}

fn authority_params(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = distinguished(name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.use_authority_key_identifier_extension = true;
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = date_time_ymd(2045, 1, 1);
    params
}

fn leaf_params(
    name: &str,
    order: ChainOrder,
    address: std::net::Ipv4Addr,
) -> Result<CertificateParams, rcgen::Error> {
    let mut names = vec![name.to_owned()];
    if !matches!(order.owner, Owner::Hoster(_)) {
        names.push(address.to_string());
    }
    let mut params = CertificateParams::new(names)?;
    params.distinguished_name = distinguished(name);
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::KeyEncipherment];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    let (first_year, last_year) = match order.shape {
        Shape::Expired => (2018, 2020),
        _ => (2024, 2044),
    };
    params.not_before = date_time_ymd(first_year, 1, 1);
    params.not_after = date_time_ymd(last_year, 1, 1);
    Ok(params)
}

fn distinguished(name: &str) -> rcgen::DistinguishedName {
    let mut distinguished = rcgen::DistinguishedName::new();
    distinguished.push(DnType::OrganizationName, "TLS Lab");
    distinguished.push(DnType::CommonName, name);
    distinguished
}

/// RSA keys that leaves share; making one takes a tenth of a second.
const RSA_POOL: usize = 6;
