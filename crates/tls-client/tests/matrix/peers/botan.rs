//! Debian's `botan tls_server`, which echoes lines. It cannot be told an address: it is met in a namespace of its own.

use std::process::Command;

use tlscensus_tls_wire::registry::CipherSuite;
use tlscensus_tls_wire::registry::NamedGroup;
use tlscensus_tls_wire::registry::Version;

use crate::matrix::ability::Ability;
use crate::matrix::ability::known_schemes;
use crate::matrix::cell::Setup;
use crate::matrix::facts::Facts;
use crate::matrix::peers::Peer;
use crate::matrix::peers::otp::suite_named;
use crate::matrix::peers::program;
use crate::matrix::peers::program::Files;
use crate::matrix::peers::program::Program;
use crate::matrix::peers::program::between;
use crate::matrix::peers::program::printed;
use crate::support::certificates::Kind;

struct Botan {
    suites: Vec<(Version, CipherSuite)>,
}

pub(crate) fn start() -> Result<Box<dyn Peer>, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("policy");
    program::write(&path, POLICY.as_bytes());
    let policy = format!("--policy={}", path.display());
    let mut suites = Vec::new();
    for (word, _, version) in VERSIONS {
        let list = printed("botan", &["tls_ciphers", &policy, &format!("--version={word}")])?;
        let own = list.lines().filter_map(|name| suite_named(&format!("TLS_{}", name.trim())));
        suites.extend(own.map(|suite| (version, suite)));
    }
    Ok(program::peer(Botan { suites }))
}

impl Program for Botan {
    fn ability(&self) -> Ability {
        Ability {
            suites: self.suites.clone(),
            groups: [0x1d, 0x17, 0x18, 0x19, 0x1a, 0x1b, 0x1c].map(NamedGroup).to_vec(),
            certificates: vec![
                Kind::Rsa1024,
                Kind::Rsa2048,
                Kind::Rsa4096,
                Kind::Dsa1024,
                Kind::Dsa2048,
                Kind::P256,
                Kind::P384,
                Kind::P521,
                Kind::Brainpool256,
                Kind::Brainpool384,
                Kind::Brainpool512,
            ],
            // It takes no other field than the one of its policy, which is RFC 7919's.
            dh_bits: vec![2_048],
            schemes: known_schemes(),
            ..Ability::default()
        }
    }

    fn command(&self, setup: &Setup, port: u16, files: &Files) -> Command {
        let mut command = Command::new("stdbuf");
        command.args(["-oL", "botan", "tls_server"]);
        // It has no way to go without.
        let (certificate, key) = files.identity(setup.certificate.unwrap_or(Kind::Rsa2048));
        command.arg(certificate).arg(key).arg(format!("--port={port}"));
        command.arg(format!("--policy={}", files.write("policy", POLICY.as_bytes()).display()));
        command
    }

    fn ready(&self) -> &'static str {
        "Listening"
    }

    fn is_all(&self, printed: &str) -> bool {
        ["Alert: ", "EOF on socket", "Connection problem", "rror"]
            .iter()
            .any(|end| printed.contains(end))
    }

    fn words(&self, printed: &str) -> Facts {
        let version = between(printed, "Handshake complete, ", " using");
        let version = VERSIONS.iter().find(|(_, word, _)| Some(*word) == version);
        let suite = between(printed, " using ", "\n");
        Facts {
            version: version.map(|(_, _, version)| *version),
            suite: suite.and_then(|name| suite_named(&format!("TLS_{name}"))),
            ..Facts::default()
        }
    }

    fn complaint(&self, printed: &str) -> Option<String> {
        let said = between(printed, "Connection problem: ", "\n");
        said.or_else(|| printed.lines().find(|line| line.contains("rror"))).map(str::to_owned)
    }
}

/// What it calls them on the command line and in its words.
const VERSIONS: [(&str, &str, Version); 3] = [
    ("tls1.0", "TLS v1.0", Version::TLS_1_0),
    ("tls1.1", "TLS v1.1", Version::TLS_1_1),
    ("tls1.2", "TLS v1.2", Version::TLS_1_2),
];

/// Everything it has, however weak.
const POLICY: &str = "allow_tls10 = true
allow_tls11 = true
allow_tls12 = true
ciphers = ChaCha20Poly1305 AES-256/OCB(12) AES-128/OCB(12) AES-256/GCM AES-128/GCM AES-256/CCM AES-128/CCM AES-256/CCM(8) \
AES-128/CCM(8) Camellia-256/GCM Camellia-128/GCM ARIA-256/GCM ARIA-128/GCM AES-256 AES-128 Camellia-256 Camellia-128 SEED 3DES
macs = AEAD SHA-384 SHA-256 SHA-1
signature_hashes = SHA-512 SHA-384 SHA-256 SHA-1
signature_methods = ECDSA RSA DSA IMPLICIT
key_exchange_methods = ECDHE_PSK DHE_PSK PSK ECDH DH RSA
groups = x25519 secp256r1 secp521r1 secp384r1 brainpool256r1 brainpool384r1 brainpool512r1 ffdhe/ietf/2048
minimum_dh_group_size = 512
minimum_rsa_bits = 512
minimum_ecdh_group_size = 160
minimum_ecdsa_group_size = 160
minimum_dsa_group_size = 1024
minimum_signature_strength = 0
negotiate_encrypt_then_mac = true
";
