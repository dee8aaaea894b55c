//! Debian's `gnutls-serv`, which echoes and describes each connection. It cannot be told an address: it is met in a namespace of
//! its own.

use std::process::Command;

use tlscensus_tls_wire::registry::CipherSuite;
use tlscensus_tls_wire::registry::NamedGroup;
use tlscensus_tls_wire::registry::SignatureScheme;
use tlscensus_tls_wire::registry::Version;

use crate::matrix::ability::Ability;
use crate::matrix::ability::known_schemes;
use crate::matrix::cell::ALPN;
use crate::matrix::cell::Setup;
use crate::matrix::cell::Twist;
use crate::matrix::facts::Facts;
use crate::matrix::peers::Peer;
use crate::matrix::peers::openssl::DH_BITS;
use crate::matrix::peers::program;
use crate::matrix::peers::program::Files;
use crate::matrix::peers::program::Program;
use crate::matrix::peers::program::between;
use crate::matrix::peers::program::printed;
use crate::support::certificates::Kind;

struct GnuTls {
    /// Its names with their numbers, and the first version that has them.
    suites: Vec<(String, CipherSuite, Version)>,
    groups: Vec<String>,
}

pub(crate) fn start() -> Result<Box<dyn Peer>, String> {
    let list = printed("gnutls-cli", &["--list"])?;
    printed("gnutls-serv", &["--version"])?;
    let suite = |line: &str| {
        let mut parts = line.split_whitespace();
        let (name, high, low) = (parts.next()?, parts.next()?, parts.next()?);
        let (_, first) = VERSIONS.iter().find(|(word, _)| Some(*word) == parts.clone().next())?;
        let byte = |text: &str| u8::from_str_radix(text[2..].trim_end_matches(','), 16).ok();
        let code = u16::from_be_bytes([byte(high)?, byte(low)?]);
        Some((name.to_owned(), CipherSuite(code), *first))
    };
    let suites = list.lines().filter_map(suite).collect();
    let groups = between(&list, "Groups: ", "\n").unwrap().split(", ").map(str::to_owned).collect();
    Ok(program::peer(GnuTls { suites, groups }))
}

const VERSIONS: [(&str, Version); 5] = [
    ("SSL3.0", Version::TLS_1_0),
    ("TLS1.0", Version::TLS_1_0),
    ("TLS1.1", Version::TLS_1_1),
    ("TLS1.2", Version::TLS_1_2),
    ("TLS1.3", Version::TLS_1_3),
];

/// Its names of the groups that have numbers.
const GROUPS: [(&str, NamedGroup); 12] = [
    ("X25519", NamedGroup::X25519),
    ("SECP256R1", NamedGroup::SECP256R1),
    ("SECP384R1", NamedGroup::SECP384R1),
    ("SECP521R1", NamedGroup::SECP521R1),
    ("X448", NamedGroup::X448),
    ("SECP224R1", NamedGroup::SECP224R1),
    ("SECP192R1", NamedGroup::SECP192R1),
    ("FFDHE2048", NamedGroup::FFDHE2048),
    ("FFDHE3072", NamedGroup::FFDHE3072),
    ("FFDHE4096", NamedGroup::FFDHE4096),
    ("FFDHE6144", NamedGroup::FFDHE6144),
    ("FFDHE8192", NamedGroup::FFDHE8192),
];

fn group(name: &str) -> Option<NamedGroup> {
    GROUPS.iter().find(|(known, _)| *known == name).map(|(_, group)| *group)
}

impl Program for GnuTls {
    fn ability(&self) -> Ability {
        let versions = [Version::TLS_1_0, Version::TLS_1_1, Version::TLS_1_2, Version::TLS_1_3];
        let has = |version: Version, first: Version| match first {
            Version::TLS_1_3 => version == first,
            _ => (first..Version::TLS_1_3).contains(&version),
        };
        let suites = versions.iter().flat_map(|version| {
            let own = self.suites.iter().filter(|(_, _, first)| has(*version, *first));
            own.map(|(_, suite, _)| (*version, *suite))
        });
        let groups: Vec<NamedGroup> = GROUPS
            .iter()
            .filter(|(name, _)| self.groups.contains(&format!("GROUP-{name}")))
            .map(|(_, group)| *group)
            .collect();
        Ability {
            suites: suites.collect(),
            groups: groups.iter().copied().filter(|group| !group.is_finite_field()).collect(),
            groups_tls13: groups,
            certificates: vec![
                Kind::Rsa1024,
                Kind::Rsa2048,
                Kind::Rsa4096,
                Kind::RsaPss2048,
                Kind::Dsa1024,
                Kind::Dsa2048,
                Kind::P224,
                Kind::P256,
                Kind::P384,
                Kind::P521,
                Kind::Ed25519,
                Kind::Ed448,
            ],
            dh_bits: DH_BITS.to_vec(),
            schemes: known_schemes().into_iter().filter(|s| s.0 & 0xfff0 != 0x0810).collect(),
            twists: vec![
                Twist::Alpn,
                Twist::ClientCertificate,
                Twist::NoEncryptThenMac,
                Twist::NoExtendedMasterSecret,
                Twist::NoTicket,
                Twist::Retry,
                Twist::Staple,
            ],
            tls13_apart: true,
        }
    }

    fn command(&self, setup: &Setup, port: u16, files: &Files) -> Command {
        let mut command = Command::new("stdbuf");
        command.args(["-oL", "gnutls-serv", "--echo", "--port", &port.to_string()]);
        let versions = if setup.tls13_apart { TLS13 } else { BEFORE_TLS13 };
        let mut priority = format!("NONE:{versions}:{PRIORITY}");
        match setup.twist {
            Twist::NoEncryptThenMac => priority.push_str(":%NO_ETM"),
            Twist::NoExtendedMasterSecret => priority.push_str(":%NO_SESSION_HASH"),
            Twist::NoTicket => drop(command.arg("--noticket")),
            Twist::Alpn => drop(command.args(["--alpn", ALPN])),
            Twist::Staple => {
                command.arg("--ocsp-response").arg(files.write("staple", OCSP_RESPONSE));
                command.arg("--ignore-ocsp-response-errors");
            }
            _ => {}
        }
        if setup.twist != Twist::ClientCertificate {
            command.arg("--disable-client-cert");
        }
        if let Some(kind) = setup.certificate {
            let (certificate, key) = files.identity(kind);
            command.arg("--x509certfile").arg(certificate).arg("--x509keyfile").arg(key);
        }
        if let Some(bits) = setup.dh_bits {
            command.arg("--dhparams").arg(files.field(bits));
        }
        let secret = format!("Client_identity:{}\n", "07".repeat(16));
        command.arg("--pskpasswd").arg(files.write("psk", secret.as_bytes()));
        command.args(["--priority", &priority]);
        command
    }

    fn ready(&self) -> &'static str {
        "done"
    }

    fn is_all(&self, printed: &str) -> bool {
        printed.contains("'tls-exporter'") || printed.contains("Error in handshake")
    }

    fn words(&self, printed: &str) -> Facts {
        let value = |label: &str| between(printed, label, "\n");
        let version = value("- Version: ");
        let version = VERSIONS.iter().find(|(word, _)| Some(*word) == version).map(|(_, v)| *v);
        let options = value("- Options: ").unwrap_or_default();
        let tls13 = version == Some(Version::TLS_1_3);
        let description = value("- Description: ").unwrap_or_default();
        let described =
            between(description, "-(ECDHE-", ")").or_else(|| between(description, "-(DHE-", ")"));
        Facts {
            version,
            suite: self.suite(
                value("- Key Exchange: "),
                value("- Cipher: "),
                value("- MAC: "),
                tls13,
            ),
            group: value("Using curve: ").or_else(|| described.filter(|_| tls13)).and_then(group),
            dh_bits: value("Using prime: ")
                .and_then(|text| text.split(' ').next()?.parse().ok())
                .filter(|_| !tls13),
            scheme: value("- Server Signature: ")
                .and_then(scheme)
                .filter(|_| version >= Some(Version::TLS_1_2)),
            alpn: Some(value("- Application protocol: ").unwrap_or_default().to_owned()),
            extended_master_secret: Some(options.contains("extended master secret"))
                .filter(|_| !tls13),
            encrypt_then_mac: Some(options.contains("EtM")).filter(|_| !tls13),
            ..Facts::default()
        }
    }

    fn complaint(&self, printed: &str) -> Option<String> {
        between(printed, "Error in handshake: ", "\n").map(str::to_owned)
    }
}

impl GnuTls {
    /// The suite whose name begins with these parts; the hash behind an AEAD is not printed.
    fn suite(
        &self,
        key_exchange: Option<&str>,
        cipher: Option<&str>,
        mac: Option<&str>,
        tls13: bool,
    ) -> Option<CipherSuite> {
        let key_exchange = if tls13 { String::new() } else { format!("{}_", key_exchange?) };
        let cipher = cipher?.replace("3DES-CBC", "3DES-EDE-CBC");
        let mac = mac.filter(|mac| *mac != "AEAD").unwrap_or_default();
        let start = format!("TLS_{key_exchange}{cipher}_{mac}").replace(['-', '+'], "_");
        let start = start.replace("ANON_DH", "DH_ANON").replace("ANON_ECDH", "ECDH_ANON");
        let found = self.suites.iter().filter(|(name, _, _)| {
            let rest = name.strip_prefix(start.trim_end_matches('_'));
            rest.is_some_and(|rest| rest.is_empty() || mac.is_empty() && rest.starts_with("_SHA"))
        });
        let found: Vec<CipherSuite> = found.map(|(_, suite, _)| *suite).collect();
        <[CipherSuite; 1]>::try_from(found).ok().map(|[only]| only)
    }
}

/// From TLS 1.2 on; before that it prints what the version fixes.
fn scheme(name: &str) -> Option<SignatureScheme> {
    let known = name
        .to_lowercase()
        .replace("eddsa-", "")
        .replace("rsa-pss-sha", "rsa-pss-pss-sha")
        .replace("rsa-sha", "rsa-pkcs1-sha")
        .replace("ecdsa-sha256", "ecdsa-secp256r1-sha256")
        .replace("ecdsa-sha384", "ecdsa-secp384r1-sha384")
        .replace("ecdsa-sha512", "ecdsa-secp521r1-sha512")
        .replace('-', "_");
    let entry = SignatureScheme::ENTRIES.iter().find(|(_, entry)| *entry == known)?;
    Some(SignatureScheme(entry.0))
}

/// With NULL or RSA-PSK among what it may do it forgoes TLS 1.3.
const TLS13: &str = "+VERS-TLS1.3:+ECDHE-RSA:+ECDHE-ECDSA:+DHE-RSA";
const BEFORE_TLS13: &str = "+VERS-TLS1.2:+VERS-TLS1.1:+VERS-TLS1.0:+NULL:+KX-ALL:+ANON-DH:+ANON-ECDH:+DHE-DSS:+PSK:+DHE-PSK:\
    +ECDHE-PSK:+RSA-PSK";

/// Everything else that it has, however weak.
const PRIORITY: &str = "+CIPHER-ALL:+ARCFOUR-128:+3DES-CBC:+CAMELLIA-128-GCM:+CAMELLIA-256-GCM:+CAMELLIA-128-CBC:\
    +CAMELLIA-256-CBC:+AES-128-CCM-8:+AES-256-CCM-8:+MAC-ALL:+MD5:+SHA1:+SHA256:+SHA384:+AEAD:+SIGN-ALL:+SIGN-RSA-SHA1:\
    +SIGN-ECDSA-SHA1:+SIGN-DSA-SHA1:+SIGN-RSA-MD5:+SIGN-DSA-SHA256:+SIGN-DSA-SHA384:+SIGN-DSA-SHA512:+SIGN-RSA-SHA224:\
    +SIGN-ECDSA-SHA224:+SIGN-DSA-SHA224:+GROUP-ALL:+GROUP-SECP192R1:+GROUP-SECP224R1:+CTYPE-ALL:+COMP-NULL:\
    %VERIFY_ALLOW_SIGN_WITH_SHA1:%VERIFY_ALLOW_SIGN_RSA_MD5:%ALLOW_SMALL_RECORDS:%PROFILE_VERY_WEAK";

/// DER of an OCSPResponse that says tryLater (RFC 6960, section 4.2.1).
const OCSP_RESPONSE: &[u8] = &[0x30, 0x03, 0x0a, 0x01, 0x03];
