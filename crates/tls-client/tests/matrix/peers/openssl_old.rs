//! OpenSSL 1.0.2e: SSL 2, suites for export, static Diffie-Hellman, small primes, binary curves.
//!
//! A client's package for Python carries it; `tests/support/openssl_1_0_2.py` makes a server of it.

use std::process::Command;

use tlscensus_tls_wire::registry::CipherSuite;
use tlscensus_tls_wire::registry::NamedGroup;
use tlscensus_tls_wire::registry::Ssl2CipherKind;
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

struct Old {
    suites: Vec<(Version, CipherSuite)>,
    ssl2: Vec<Ssl2CipherKind>,
}

pub(crate) fn start() -> Result<Box<dyn Peer>, String> {
    let list = printed(&python(), &[SCRIPT, "list"])?;
    let (mut suites, mut ssl2) = (Vec::new(), Vec::new());
    for line in list.lines() {
        let (code, first) = line.split_once(' ').unwrap();
        if first == "SSLv2" {
            ssl2.push(Ssl2CipherKind(u32::from_str_radix(code, 16).unwrap()));
            continue;
        }
        let versions = if first == "SSLv3" { &VERSIONS[..] } else { &VERSIONS[3..] };
        let suite = CipherSuite(u16::from_str_radix(code, 16).unwrap());
        suites.extend(versions.iter().map(|version| (*version, suite)));
    }
    if suites.is_empty() {
        return Err("OpenSSL 1.0.2: Python has no package nassl".to_owned());
    }
    Ok(program::peer(Old { suites, ssl2 }))
}

fn python() -> String {
    std::env::var("TLSCENSUS_PYTHON").unwrap_or_else(|_| "python3".to_owned())
}

impl Program for Old {
    fn ability(&self) -> Ability {
        // The usual one first; all that RFC 4492 numbers and RFC 7027's.
        let groups = [0x17].into_iter().chain((0x01..=0x1c).filter(|group| *group != 0x17));
        Ability {
            suites: self.suites.clone(),
            groups: groups.map(NamedGroup).collect(),
            certificates: Kind::WORDS
                .iter()
                .map(|(kind, _)| *kind)
                .filter(|kind| !matches!(kind, Kind::RsaPss2048 | Kind::Ed25519 | Kind::Ed448))
                .collect(),
            dh_bits: DH_BITS.to_vec(),
            schemes: known_schemes().into_iter().filter(|scheme| scheme.0 < 0x0700).collect(),
            twists: vec![Twist::Alpn, Twist::ClientCertificate, Twist::NoTicket],
            ..Ability::default()
        }
    }

    fn ssl2(&self) -> Vec<Ssl2CipherKind> {
        self.ssl2.clone()
    }

    fn command(&self, setup: &Setup, port: u16, files: &Files) -> Command {
        let mut command = Command::new(python());
        command.args([SCRIPT, "serve", &port.to_string()]);
        if let Some(kind) = setup.certificate {
            let (certificate, key) = files.identity(kind);
            command.arg(format!("certificate={}", certificate.display()));
            command.arg(format!("key={}", key.display()));
        }
        if let Some(bits) = setup.dh_bits {
            command.arg(format!("dh={}", files.field(bits).display()));
        }
        match setup.twist {
            Twist::Alpn => drop(command.arg(format!("alpn={ALPN}"))),
            Twist::ClientCertificate => drop(command.arg("ask")),
            Twist::NoTicket => drop(command.arg("no-ticket")),
            _ => {}
        }
        command
    }

    fn ready(&self) -> &'static str {
        "LISTENING"
    }

    fn is_all(&self, printed: &str) -> bool {
        printed.ends_with('\n')
    }

    fn words(&self, printed: &str) -> Facts {
        let code = |label: &str| u16::from_str_radix(between(printed, label, " ")?, 16).ok();
        Facts {
            version: code("version=").map(Version),
            suite: code("suite=").map(CipherSuite),
            alpn: between(printed, "alpn=", ".").map(str::to_owned),
            ..Facts::default()
        }
    }

    fn complaint(&self, printed: &str) -> Option<String> {
        let said =
            between(printed, "FAILED: ", "\n").or_else(|| between(printed, "REFUSED: ", "\n"));
        said.map(str::to_owned)
    }
}

const VERSIONS: [Version; 4] =
    [Version::SSL_3, Version::TLS_1_0, Version::TLS_1_1, Version::TLS_1_2];
const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/openssl_1_0_2.py");
