//! What a TLS server of the lab has, whatever it agrees on: the truth about an enumeration.

use serde::Deserialize;
use serde::Serialize;

use crate::Flavour;
use crate::chain::KeyKind;
use crate::flavour::Library;
use crate::intrusive::Protocols;
use crate::population::Endpoint;
use crate::serve::CUT_SHORT;
use crate::state::Handshake;
use crate::state_table::Finding;
use crate::wide::Wide;

/// Whose order of preference counts in a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Decider {
    /// The client's.
    Client,
    /// There is only one thing in it.
    Moot,
    /// The server's.
    Server,
    /// Nobody can tell from outside.
    Unknown,
}

/// One list of a server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choices {
    /// `suites`, `groups`, `signature schemes` or `application protocols`.
    pub list: String,
    /// Of suites: the version. Of groups and schemes: `before TLS 1.3` or `TLS 1.3`. Of protocols: `any`.
    pub version: String,
    /// What is in it, never empty; in the server's order where that counts.
    pub items: Vec<String>,
    /// Whose order counts.
    pub decides: Decider,
}

/// What a correct enumeration must find at a server.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Repertoire {
    /// The newest first.
    pub versions: Vec<String>,
    /// Its lists; one with nothing in it is left out.
    pub lists: Vec<Choices>,
}

impl Repertoire {
    /// `None` where no server ever says hello.
    pub(crate) fn at(endpoint: &Endpoint, finding: &Finding) -> Option<Self> {
        if finding.tls || finding.heard() {
            return Some(Self::of(endpoint.flavour, endpoint.key));
        }
        let cut = endpoint.state.conduct().handshake == Handshake::CloseMidway;
        cut.then(|| {
            let mut repertoire = Self::of(CUT_SHORT, endpoint.key);
            // The rest stands behind the hello, where the server leaves.
            repertoire.lists.retain(|choices| choices.list == SUITES);
            repertoire
        })
    }

    /// The whole of a server with this key.
    pub(crate) fn of(flavour: Flavour, key: KeyKind) -> Self {
        let wide = Wide::of(flavour);
        let mut repertoire = Self::default();
        for version in wide.versions {
            repertoire.versions.push((*version).to_owned());
            let suites = wide.suites_of(version, key.is_rsa());
            repertoire.add(SUITES, version, &suites, wide.suites_by);
        }
        for era in [TLS13, BEFORE_TLS13] {
            let here = wide.versions.iter().filter(|version| is_of(version, era));
            if here.count() == 0 {
                continue;
            }
            let (groups, by) = match era {
                TLS13 => (&wide.groups_tls13, wide.groups_tls13_by),
                _ => (&wide.groups, wide.groups_by),
            };
            repertoire.add(GROUPS, era, groups, by);
            if era == BEFORE_TLS13 && key.curve().is_some_and(|curve| *groups == [curve]) {
                // A hello without the curve of the certificate may be turned down for that, whatever the groups are.
                repertoire.lists.last_mut().expect("just added").decides = Decider::Unknown;
            }
            let (schemes, by) = schemes(flavour, &wide, era, key);
            repertoire.add(SCHEMES, era, schemes, by);
        }
        match flavour.protocols() {
            Protocols::Any if wide.protocols.is_empty() => {
                repertoire.add(PROTOCOLS, "any", &ASKED_PROTOCOLS, Decider::Client);
            }
            _ => repertoire.add(PROTOCOLS, "any", wide.protocols, Decider::Server),
        }
        repertoire
    }

    fn add(&mut self, list: &str, version: &str, items: &[&str], by: Decider) {
        if items.is_empty() {
            return;
        }
        self.lists.push(Choices {
            list: list.to_owned(),
            version: version.to_owned(),
            items: items.iter().map(|item| (*item).to_owned()).collect(),
            decides: if items.len() == 1 { Decider::Moot } else { by },
        });
    }
}

fn is_of(version: &str, era: &str) -> bool {
    (version == TLS13) == (era == TLS13)
}

/// With what a server signs its key exchange: its library's list for this kind of key, where the suite has a signature that
/// names its scheme (RFC 5246, section 7.4.1.4.1; RFC 9846, section 4.3.3).
fn schemes(
    flavour: Flavour,
    wide: &Wide,
    era: &str,
    key: KeyKind,
) -> (&'static [&'static str], Decider) {
    let by = match flavour.spec().made_by {
        Library::Openssl => wide.suites_by,
        Library::Own => return (&[], Decider::Moot),
        Library::Rustls => Decider::Server,
    };
    let openssl = flavour.spec().made_by == Library::Openssl;
    let signed = wide.suites_of("TLS 1.2", key.is_rsa()).iter().any(|suite| {
        ["_DHE_RSA_", "_ECDHE_RSA_", "_ECDHE_ECDSA_"].iter().any(|kind| suite.contains(kind))
    });
    let list: &[&str] = match (era, key) {
        (TLS13, KeyKind::Rsa2048) if openssl => OPENSSL_RSA.split_at(PSS).0,
        (TLS13, KeyKind::Rsa2048) => RUSTLS_RSA.split_at(PSS).0,
        (TLS13, KeyKind::P256) => &["ecdsa_secp256r1_sha256"],
        (TLS13, KeyKind::P384) => &["ecdsa_secp384r1_sha384"],
        _ if !signed || !wide.versions.contains(&"TLS 1.2") => &[],
        (_, KeyKind::Rsa2048) if openssl => &OPENSSL_RSA,
        (_, KeyKind::Rsa2048) => &RUSTLS_RSA,
        // Before TLS 1.3 the hash does not name the curve, which rustls minds all the same.
        (_, KeyKind::P256 | KeyKind::P384) if openssl => &OPENSSL_ECDSA,
        (_, KeyKind::P256) => &["ecdsa_secp256r1_sha256"],
        (_, KeyKind::P384) => &["ecdsa_secp384r1_sha384"],
    };
    (list, by)
}

const SUITES: &str = "suites";
const GROUPS: &str = "groups";
const SCHEMES: &str = "signature schemes";
const PROTOCOLS: &str = "application protocols";
pub(crate) const TLS13: &str = "TLS 1.3";
const BEFORE_TLS13: &str = "before TLS 1.3";

/// What an enumeration asks for: a server that takes anything takes these.
const ASKED_PROTOCOLS: [&str; 6] = ["h2", "http/1.1", "imap", "pop3", "xmpp-client", "xmpp-server"];
/// How many stand first that TLS 1.3 has.
const PSS: usize = 3;
/// `tls12_sigalgs` in `ssl/t1_lib.c` of OpenSSL 3.6, for keys of RSA without restrictions.
const OPENSSL_RSA: [&str; 8] = [
    "rsa_pss_rsae_sha256",
    "rsa_pss_rsae_sha384",
    "rsa_pss_rsae_sha512",
    "rsa_pkcs1_sha256",
    "rsa_pkcs1_sha384",
    "rsa_pkcs1_sha512",
    "rsa_pkcs1_sha224",
    "rsa_pkcs1_sha1",
];
/// The same for keys on a curve, whichever.
const OPENSSL_ECDSA: [&str; 5] = [
    "ecdsa_secp256r1_sha256",
    "ecdsa_secp384r1_sha384",
    "ecdsa_secp521r1_sha512",
    "ecdsa_sha224",
    "ecdsa_sha1",
];
/// `ALL_RSA_SCHEMES` in `src/crypto/aws_lc_rs/sign.rs` of rustls 0.23.
const RUSTLS_RSA: [&str; 6] = [
    "rsa_pss_rsae_sha512",
    "rsa_pss_rsae_sha384",
    "rsa_pss_rsae_sha256",
    "rsa_pkcs1_sha512",
    "rsa_pkcs1_sha384",
    "rsa_pkcs1_sha256",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_agreed_on_is_among_what_there_is_and_comes_first_where_the_server_decides() {
        for flavour in Flavour::all() {
            for key in [KeyKind::P256, KeyKind::P384, KeyKind::Rsa2048] {
                if !key.is_rsa() && flavour.needs_rsa() {
                    continue;
                }
                let repertoire = Repertoire::of(flavour, key);
                let version = flavour.version();
                assert_eq!(repertoire.versions[0], version, "{flavour:?}");
                let of = |list: &str, version: &str| {
                    let has =
                        |choices: &&Choices| choices.list == list && choices.version == version;
                    repertoire.lists.iter().find(has)
                };
                let era = if version == TLS13 { TLS13 } else { BEFORE_TLS13 };
                for (list, scope, agreed) in [
                    (SUITES, version, flavour.suite(key.is_rsa())),
                    (GROUPS, era, flavour.exchange().group()),
                ] {
                    let Some(agreed) = agreed else { continue };
                    let choices = of(list, scope).expect("a list");
                    let place = choices.items.iter().position(|item| item == agreed);
                    let expected = choices.decides != Decider::Client;
                    assert!(place.is_some(), "{flavour:?} {agreed}");
                    assert!(!expected || place == Some(0), "{flavour:?} {agreed}");
                }
            }
        }
    }
}
