//! Java's own TLS, driven by `tests/support/Jsse.java`: SSL 3 and export again, by other people than OpenSSL's.

use std::process::Command;

use tempfile::TempDir;
use tlscensus_tls_wire::registry::CipherSuite;
use tlscensus_tls_wire::registry::NamedGroup;
use tlscensus_tls_wire::registry::Version;

use crate::matrix::ability::Ability;
use crate::matrix::ability::known_schemes;
use crate::matrix::cell::ALPN;
use crate::matrix::cell::Setup;
use crate::matrix::cell::Twist;
use crate::matrix::facts::Facts;
use crate::matrix::peers::Peer;
use crate::matrix::peers::otp::suite_named;
use crate::matrix::peers::program;
use crate::matrix::peers::program::Files;
use crate::matrix::peers::program::Program;
use crate::matrix::peers::program::between;
use crate::matrix::peers::program::printed;
use crate::support::certificates::Kind;
use crate::support::jsse::PASSWORD;
use crate::support::jsse::pkcs12;

struct Jsse {
    /// Compiled once: a machine for every setup would compile it each time.
    classes: TempDir,
    suites: Vec<(Version, CipherSuite)>,
}

pub(crate) fn start() -> Result<Box<dyn Peer>, String> {
    let classes = tempfile::tempdir().unwrap();
    let folder = classes.path().to_str().unwrap();
    printed("javac", &["-d", folder, SOURCE])?;
    let list = printed("java", &["-cp", folder, CLASS, "list"])?;
    let mut suites = Vec::new();
    for suite in list.lines().filter_map(java_suite).filter(|suite| !suite.is_signal()) {
        let name = suite.name().unwrap();
        let versions = match name {
            _ if !name.contains("_WITH_") => &VERSIONS[4..],
            // These came with TLS 1.2, those for export left with TLS 1.1.
            _ if ["SHA256", "SHA384"].iter().any(|hash| name.contains(hash)) => &VERSIONS[3..4],
            _ if name.contains("EXPORT") => &VERSIONS[..2],
            // DES left with TLS 1.2.
            _ if name.contains("WITH_DES") => &VERSIONS[..3],
            _ => &VERSIONS[..4],
        };
        suites.extend(versions.iter().map(|(_, version)| (*version, suite)));
    }
    if suites.is_empty() {
        return Err("java: Jsse.java lists no suites".to_owned());
    }
    suites.sort();
    Ok(program::peer(Jsse { classes, suites }))
}

fn java_suite(name: &str) -> Option<CipherSuite> {
    suite_named(&name.replacen("SSL_", "TLS_", 1))
}

impl Program for Jsse {
    fn ability(&self) -> Ability {
        Ability {
            suites: self.suites.clone(),
            groups: [0x17, 0x18, 0x19, 0x1d, 0x1e].map(NamedGroup).to_vec(),
            groups_tls13: [0x1d, 0x17, 0x18, 0x19, 0x1e, 0x100, 0x101, 0x102, 0x103, 0x104]
                .map(NamedGroup)
                .to_vec(),
            certificates: vec![
                Kind::Rsa1024,
                Kind::Rsa2048,
                Kind::Rsa4096,
                Kind::RsaPss2048,
                Kind::Dsa1024,
                Kind::Dsa2048,
                Kind::P256,
                Kind::P384,
                Kind::P521,
                Kind::P256ByRsa,
                Kind::Ed25519,
                Kind::Ed448,
            ],
            dh_bits: vec![2_048, 1_024, 3_072, 4_096, 8_192],
            schemes: known_schemes().into_iter().filter(|s| s.0 & 0xfff0 != 0x0810).collect(),
            twists: vec![Twist::Alpn, Twist::ClientCertificate, Twist::Retry],
            ..Ability::default()
        }
    }

    fn command(&self, setup: &Setup, port: u16, files: &Files) -> Command {
        let kind = setup.certificate.unwrap_or(Kind::Rsa2048);
        let store = files.write(&format!("{}.p12", kind.word()), &pkcs12(kind.identity()));
        let mut command = Command::new("java");
        command.args(["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Dfile.encoding=UTF-8"]);
        command.arg(format!("-Dport={port}"));
        // Those for export have 512 bits whatever is set.
        if let Some(bits) = setup.dh_bits.filter(|bits| *bits >= 1_024) {
            command.arg(format!("-Djdk.tls.ephemeralDHKeySize={bits}"));
        }
        match setup.twist {
            Twist::Alpn => drop(command.arg(format!("-Dalpn={ALPN}"))),
            Twist::ClientCertificate => drop(command.arg("-Dask=true")),
            _ => {}
        }
        command
            .arg("-cp")
            .arg(self.classes.path())
            .arg(CLASS)
            .arg(store)
            .args([PASSWORD, "all:all"]);
        command
    }

    fn ready(&self) -> &'static str {
        "\n"
    }

    fn is_all(&self, printed: &str) -> bool {
        printed.ends_with(".\n")
    }

    fn words(&self, printed: &str) -> Facts {
        let value = |label: &str| between(printed, label, " ");
        let version = VERSIONS.iter().find(|(word, _)| Some(*word) == value("version="));
        Facts {
            version: version.map(|(_, version)| *version),
            suite: value("suite=").and_then(java_suite),
            alpn: value("alpn=").map(str::to_owned),
            ..Facts::default()
        }
    }

    fn complaint(&self, printed: &str) -> Option<String> {
        between(printed, "FAILED: ", " .\n").map(str::to_owned)
    }
}

const VERSIONS: [(&str, Version); 5] = [
    ("SSLv3", Version::SSL_3),
    ("TLSv1", Version::TLS_1_0),
    ("TLSv1.1", Version::TLS_1_1),
    ("TLSv1.2", Version::TLS_1_2),
    ("TLSv1.3", Version::TLS_1_3),
];
const SOURCE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/Jsse.java");
const CLASS: &str = "Jsse";
