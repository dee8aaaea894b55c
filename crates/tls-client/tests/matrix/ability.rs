//! From what a server says it can do to the cells that show it.

use tlscensus_tls_wire::registry::Authentication;
use tlscensus_tls_wire::registry::CipherSuite;
use tlscensus_tls_wire::registry::KeyExchange;
use tlscensus_tls_wire::registry::NamedGroup;
use tlscensus_tls_wire::registry::SignatureScheme;
use tlscensus_tls_wire::registry::Version;

use crate::matrix::cell::Cell;
use crate::matrix::cell::Setup;
use crate::matrix::cell::Twist;
use crate::support::certificates::Kind;

/// What a server can do, as far as it can be asked or configured.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ability {
    /// Every suite in every version that has it.
    pub(crate) suites: Vec<(Version, CipherSuite)>,
    /// Every group before TLS 1.3, and in it.
    pub(crate) groups: Vec<NamedGroup>,
    pub(crate) groups_tls13: Vec<NamedGroup>,
    /// The kinds of certificate it takes.
    pub(crate) certificates: Vec<Kind>,
    /// Sizes of primes it takes, best known first.
    pub(crate) dh_bits: Vec<u32>,
    /// Whether a single scheme can be asked of it.
    pub(crate) schemes: Vec<SignatureScheme>,
    pub(crate) twists: Vec<Twist>,
    /// Whether something of what it can do before TLS 1.3 makes it forgo TLS 1.3.
    pub(crate) tls13_apart: bool,
}

impl Ability {
    /// Every suite once per version; then, with one suite per version, every group, size of prime, certificate, scheme, twist.
    pub(crate) fn cells(&self) -> Vec<Cell> {
        let mut cells = Vec::new();
        for (version, suite) in &self.suites {
            cells.extend(self.plain(*version, *suite));
        }
        let mut versions: Vec<Version> = self.suites.iter().map(|(version, _)| *version).collect();
        versions.sort();
        versions.dedup();
        for version in versions {
            self.groups_of(version, &mut cells);
            self.primes_of(version, &mut cells);
            self.certificates_of(version, &mut cells);
            self.twists_of(version, &mut cells);
        }
        let mut all: Vec<Cell> = Vec::with_capacity(cells.len());
        for cell in cells {
            if !all.contains(&cell) {
                all.push(cell);
            }
        }
        all
    }

    /// A suite with the certificate, group and prime that everybody has.
    fn plain(&self, version: Version, suite: CipherSuite) -> Option<Cell> {
        let parameters = suite.parameters()?;
        let is_static = matches!(parameters.key_exchange, KeyExchange::Dh | KeyExchange::Ecdh);
        let certificate = match (parameters.authentication, parameters.key_exchange) {
            (Authentication::Rsa, KeyExchange::Dh) => Some(Kind::DhByRsa),
            (Authentication::Dss, KeyExchange::Dh) => Some(Kind::DhByDsa),
            (Authentication::Rsa, KeyExchange::Ecdh) => Some(Kind::P256ByRsa),
            (Authentication::Rsa | Authentication::Any, _) => Some(Kind::Rsa2048),
            (Authentication::Dss, _) => Some(Kind::Dsa1024),
            (Authentication::Ecdsa, _) => Some(Kind::P256),
            (Authentication::Psk, KeyExchange::RsaPsk) => Some(Kind::Rsa2048),
            _ => None,
        };
        let group = match parameters.key_exchange {
            KeyExchange::Any => self.groups_tls13.first(),
            KeyExchange::Ecdhe | KeyExchange::EcdhePsk => self.groups.first(),
            _ => None,
        };
        let finite = matches!(parameters.key_exchange, KeyExchange::Dhe | KeyExchange::DhePsk);
        let dh_bits =
            if parameters.export && finite { Some(512) } else { self.dh_bits.first().copied() };
        Some(Cell {
            version,
            suite,
            // Who offers SSL 3 cannot say which groups it has.
            group: group.copied().filter(|_| !is_static && version != Version::SSL_3),
            scheme: None,
            setup: Setup {
                certificate,
                dh_bits: dh_bits.filter(|_| finite),
                tls13_apart: self.tls13_apart && version == Version::TLS_1_3,
                twist: Twist::None,
            },
        })
    }

    /// The first suite of this kind, the usual ciphers first.
    fn suite(
        &self,
        version: Version,
        key_exchange: KeyExchange,
        authentication: Authentication,
    ) -> Option<Cell> {
        let fits = |suite: &CipherSuite| {
            let parameters = suite.parameters();
            parameters.is_some_and(|p| {
                p.key_exchange == key_exchange && p.authentication == authentication && !p.export
            })
        };
        let mut found: Vec<CipherSuite> = self
            .suites
            .iter()
            .filter(|(served, suite)| *served == version && fits(suite))
            .map(|(_, suite)| *suite)
            .collect();
        found.sort_by_key(|suite| {
            let name = suite.name().unwrap_or_default();
            let usual = ["AES_128_GCM", "AES_128_CBC_SHA", "3DES", "RC4_128_SHA", ""];
            usual.iter().position(|part| name.contains(part))
        });
        found.first().and_then(|suite| self.plain(version, *suite))
    }

    fn ephemeral(&self, version: Version) -> Option<Cell> {
        match version {
            Version::TLS_1_3 => self.suite(version, KeyExchange::Any, Authentication::Any),
            _ => [Authentication::Rsa, Authentication::Ecdsa]
                .into_iter()
                .find_map(|by| self.suite(version, KeyExchange::Ecdhe, by)),
        }
    }

    fn groups_of(&self, version: Version, cells: &mut Vec<Cell>) {
        let Some(base) = self.ephemeral(version).filter(|_| version != Version::SSL_3) else {
            return;
        };
        let tls13 = version == Version::TLS_1_3;
        for group in if tls13 { &self.groups_tls13 } else { &self.groups } {
            let with_group = Cell { group: Some(*group), ..base.clone() };
            if tls13 {
                let setup = Setup { twist: Twist::Retry, ..base.setup };
                cells.push(Cell { setup, ..with_group.clone() });
            }
            cells.push(with_group);
        }
    }

    fn primes_of(&self, version: Version, cells: &mut Vec<Cell>) {
        for by in [Authentication::Rsa, Authentication::Anon] {
            if let Some(base) = self.suite(version, KeyExchange::Dhe, by) {
                cells.extend(self.dh_bits.iter().map(|bits| {
                    let setup = Setup { dh_bits: Some(*bits), ..base.setup };
                    Cell { setup, ..base.clone() }
                }));
            }
        }
    }

    fn certificates_of(&self, version: Version, cells: &mut Vec<Cell>) {
        for kind in &self.certificates {
            for base in self.suites_for(version, *kind) {
                let setup = Setup { certificate: Some(*kind), ..base.setup };
                let base = Cell { setup, ..base };
                cells.push(base.clone());
                let signed = base.suite.parameters().is_some_and(|p| {
                    p.key_exchange.is_ephemeral() && p.authentication != Authentication::Anon
                });
                if version < Version::TLS_1_2 || !signed {
                    continue;
                }
                for scheme in &self.schemes {
                    if fits(*scheme, *kind, version) {
                        cells.push(Cell { scheme: Some(*scheme), ..base.clone() });
                    }
                }
            }
        }
    }

    /// One suite per key exchange that a certificate of this kind serves.
    fn suites_for(&self, version: Version, kind: Kind) -> Vec<Cell> {
        if version == Version::TLS_1_3 {
            return self
                .suite(version, KeyExchange::Any, Authentication::Any)
                .into_iter()
                .collect();
        }
        let pairs: &[(KeyExchange, Authentication)] = match kind {
            Kind::Rsa512 | Kind::Rsa1024 | Kind::Rsa2048 | Kind::Rsa4096 => &[
                (KeyExchange::Rsa, Authentication::Rsa),
                (KeyExchange::Dhe, Authentication::Rsa),
                (KeyExchange::Ecdhe, Authentication::Rsa),
            ],
            Kind::RsaPss2048 => &[(KeyExchange::Ecdhe, Authentication::Rsa)],
            Kind::Dsa1024 | Kind::Dsa2048 => &[(KeyExchange::Dhe, Authentication::Dss)],
            Kind::DhByRsa => &[(KeyExchange::Dh, Authentication::Rsa)],
            Kind::DhByDsa => &[(KeyExchange::Dh, Authentication::Dss)],
            Kind::P256ByRsa => &[(KeyExchange::Ecdh, Authentication::Rsa)],
            _ => &[(KeyExchange::Ecdhe, Authentication::Ecdsa)],
        };
        pairs.iter().filter_map(|(kx, by)| self.suite(version, *kx, *by)).collect()
    }

    fn twists_of(&self, version: Version, cells: &mut Vec<Cell>) {
        for twist in &self.twists {
            let tls13 = version == Version::TLS_1_3;
            let base = match twist {
                Twist::Cookie | Twist::Retry if !tls13 => None,
                Twist::ClientCertificate if version == Version::SSL_3 => {
                    self.suite(version, KeyExchange::Rsa, Authentication::Rsa)
                }
                _ if version == Version::SSL_3 => None,
                // Blocks must be chained for it to mean anything.
                Twist::NoEncryptThenMac | Twist::NoExtendedMasterSecret if tls13 => None,
                Twist::NoEncryptThenMac => self.plain(version, CipherSuite(0x002f)),
                _ => self.ephemeral(version),
            };
            let base = base.filter(|cell| self.suites.contains(&(version, cell.suite)));
            cells.extend(base.map(|base| {
                let setup = Setup { twist: *twist, ..base.setup };
                Cell { setup, ..base }
            }));
        }
    }
}

/// Whether a key of this kind can sign like that.
fn fits(scheme: SignatureScheme, kind: Kind, version: Version) -> bool {
    let name = scheme.name().unwrap_or_default();
    let tls13 = version == Version::TLS_1_3;
    let brainpool = name.contains("brainpool");
    let curve = |named: &str| !tls13 && !brainpool || name.contains(named);
    match kind {
        Kind::Rsa512 | Kind::Rsa1024 | Kind::Rsa2048 | Kind::Rsa4096 => {
            // Padding and hash need room.
            let room = match kind {
                Kind::Rsa512 => {
                    !name.contains("512") && !name.contains("384") && !name.contains("pss")
                }
                Kind::Rsa1024 => !name.contains("pss_rsae_sha512"),
                _ => true,
            };
            let padded =
                name.starts_with("rsa_pss_rsae") || name.starts_with("rsa_pkcs1") && !tls13;
            padded && room
        }
        Kind::RsaPss2048 => name.starts_with("rsa_pss_pss"),
        Kind::Dsa1024 | Kind::Dsa2048 => name.starts_with("dsa") && !tls13,
        Kind::P224 | Kind::Secp256k1 => name.starts_with("ecdsa") && !brainpool && !tls13,
        Kind::P256 => name.starts_with("ecdsa") && curve("secp256r1"),
        Kind::P384 => name.starts_with("ecdsa") && curve("secp384r1"),
        Kind::P521 => name.starts_with("ecdsa") && curve("secp521r1"),
        Kind::Brainpool256 => name.starts_with("ecdsa") && curve("brainpoolP256r1"),
        Kind::Brainpool384 => name.starts_with("ecdsa") && curve("brainpoolP384r1"),
        Kind::Brainpool512 => name.starts_with("ecdsa") && curve("brainpoolP512r1"),
        Kind::Ed25519 => scheme == SignatureScheme::ED25519,
        Kind::Ed448 => scheme == SignatureScheme::ED448,
        Kind::DhByRsa | Kind::DhByDsa | Kind::P256ByRsa => false,
    }
}

/// Every scheme that any of our servers may know.
pub(crate) fn known_schemes() -> Vec<SignatureScheme> {
    let known = |name: &str| {
        let kinds = ["rsa_", "dsa_sha", "ecdsa_", "ed25519", "ed448"];
        kinds.iter().any(|kind| name.starts_with(kind))
            && !name.ends_with("_none")
            && !name.ends_with("legacy")
    };
    SignatureScheme::ENTRIES
        .iter()
        .filter(|(_, name)| known(name))
        .map(|(value, _)| SignatureScheme(*value))
        .collect()
}
