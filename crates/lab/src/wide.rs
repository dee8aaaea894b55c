//! The servers that have more than what they agree on: several versions, suites, groups, protocols, and an order in them.

use crate::Exchange;
use crate::Flavour;
use crate::repertoire::Decider;
use crate::repertoire::Decider::Client;
use crate::repertoire::Decider::Moot;
use crate::repertoire::Decider::Server;
use crate::repertoire::TLS13;

/// All that a server has.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wide {
    flavour: Flavour,
    /// The newest first.
    pub(crate) versions: &'static [&'static str],
    /// Suites of TLS 1.3.
    pub(crate) tls13: &'static [&'static str],
    /// Suites before TLS 1.3 with a key of RSA.
    pub(crate) rsa: &'static [&'static str],
    /// Suites before TLS 1.3 with a key on a curve.
    pub(crate) ec: &'static [&'static str],
    pub(crate) suites_by: Decider,
    pub(crate) groups_tls13: &'static [&'static str],
    pub(crate) groups_tls13_by: Decider,
    /// Groups before TLS 1.3.
    pub(crate) groups: &'static [&'static str],
    pub(crate) groups_by: Decider,
    pub(crate) protocols: &'static [&'static str],
}

impl Wide {
    /// What a server of this flavour has; one that is not in the table, what it agrees on and no more.
    pub(crate) fn of(flavour: Flavour) -> Self {
        Self::table(flavour).unwrap_or_else(|| Self::narrow(flavour))
    }

    /// The line of the table.
    pub(crate) fn table(flavour: Flavour) -> Option<Self> {
        WIDE.iter().find(|wide| wide.flavour == flavour).copied()
    }

    fn narrow(flavour: Flavour) -> Self {
        let spec = flavour.spec();
        let tls13 = spec.version == TLS13;
        let group = match &spec.exchange {
            Exchange::Curve(name) | Exchange::Hybrid(name) | Exchange::NamedField(name, _) => {
                std::slice::from_ref(name)
            }
            Exchange::Field(_) | Exchange::Rsa | Exchange::Shared(_) => &[],
        };
        // OpenSSL has one order for all of its lists; by itself it takes the client's.
        let narrow = Self {
            flavour,
            versions: std::slice::from_ref(&spec.version),
            suites_by: Client,
            ..NOTHING
        };
        match spec.version {
            "SSL 2" => Self { rsa: &SSL2_CIPHERS, ..narrow },
            _ if tls13 => {
                Self { tls13: std::slice::from_ref(&spec.rsa), groups_tls13: group, ..narrow }
            }
            _ => Self {
                rsa: std::slice::from_ref(&spec.rsa),
                ec: spec.ec.as_slice(),
                groups: group,
                ..narrow
            },
        }
    }

    /// The suites of a version. AEAD and hashes of the SHA-2 family came with TLS 1.2 (RFC 5246, section 1.2).
    pub(crate) fn suites_of(&self, version: &str, rsa: bool) -> Vec<&'static str> {
        let old = if rsa { self.rsa } else { self.ec };
        let new = |suite: &str| suite.ends_with("_SHA256") || suite.ends_with("_SHA384");
        match version {
            TLS13 => self.tls13.to_vec(),
            "TLS 1.2" => old.to_vec(),
            _ => old.iter().filter(|suite| !new(suite)).copied().collect(),
        }
    }
}

const NOTHING: Wide = Wide {
    flavour: Flavour::OwnSsl2,
    versions: &[],
    tls13: &[],
    rsa: &[],
    ec: &[],
    suites_by: Moot,
    groups_tls13: &[],
    groups_tls13_by: Moot,
    groups: &[],
    groups_by: Moot,
    protocols: &[],
};

static WIDE: [Wide; 4] = [
    // Groups of TLS 1.3 stand in tuples since OpenSSL 3.5, and these are the server's to choose from; nothing else is.
    Wide {
        flavour: Flavour::OpensslTls13,
        versions: &["TLS 1.3", "TLS 1.2"],
        tls13: &["TLS_AES_256_GCM_SHA384"],
        rsa: &[
            "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
            "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
            "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
            "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384",
            "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256",
            "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA",
            "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",
            "TLS_RSA_WITH_AES_256_GCM_SHA384",
            "TLS_RSA_WITH_AES_128_GCM_SHA256",
            "TLS_RSA_WITH_AES_256_CBC_SHA256",
            "TLS_RSA_WITH_AES_128_CBC_SHA256",
            "TLS_RSA_WITH_AES_256_CBC_SHA",
            "TLS_RSA_WITH_AES_128_CBC_SHA",
        ],
        ec: &[
            "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
            "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
            "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
            "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384",
            "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256",
            "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA",
            "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA",
        ],
        suites_by: Client,
        groups_tls13: &[
            "X25519MLKEM768",
            "x25519",
            "secp256r1",
            "x448",
            "secp384r1",
            "secp521r1",
            "ffdhe2048",
            "ffdhe3072",
        ],
        groups_tls13_by: Server,
        groups: &["x25519", "secp256r1", "x448", "secp384r1", "secp521r1"],
        groups_by: Client,
        protocols: &[],
    },
    Wide {
        flavour: Flavour::OpensslServerOrder,
        versions: &["TLS 1.2", "TLS 1.1", "TLS 1.0"],
        rsa: &[
            "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
            "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA",
            "TLS_RSA_WITH_AES_128_CBC_SHA256",
            "TLS_RSA_WITH_AES_128_CBC_SHA",
            "TLS_RSA_WITH_3DES_EDE_CBC_SHA",
        ],
        suites_by: Server,
        groups: &["secp384r1", "x25519"],
        groups_by: Server,
        ..NOTHING
    },
    Wide {
        flavour: Flavour::OpensslSsl3ToTls12,
        versions: &["TLS 1.2", "TLS 1.1", "TLS 1.0", "SSL 3"],
        rsa: &["TLS_RSA_WITH_AES_128_CBC_SHA"],
        ..NOTHING
    },
    // rustls leaves the group to the client's order, so that it has only one here.
    Wide {
        flavour: Flavour::RustlsServerOrder,
        versions: &["TLS 1.3", "TLS 1.2"],
        tls13: &["TLS_AES_128_GCM_SHA256", "TLS_CHACHA20_POLY1305_SHA256"],
        rsa: &[
            "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
            "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
            "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
        ],
        ec: &[
            "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
            "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
            "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
        ],
        suites_by: Server,
        groups_tls13: &["x25519"],
        groups: &["x25519"],
        protocols: &["xmpp-server", "xmpp-client", "pop3", "imap", "http/1.1", "h2"],
        ..NOTHING
    },
];

/// What the server of SSL 2 lists; the choice is the client's.
const SSL2_CIPHERS: [&str; 3] = [
    "SSL_CK_RC4_128_WITH_MD5",
    "SSL_CK_RC4_128_EXPORT40_WITH_MD5",
    "SSL_CK_DES_192_EDE3_CBC_WITH_MD5",
];
