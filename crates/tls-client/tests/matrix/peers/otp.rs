//! The TLS of Erlang/OTP, driven by `tests/support/otp.escript`.

use std::process::Command;

use tlscensus_tls_wire::registry::CipherSuite;
use tlscensus_tls_wire::registry::KeyExchange;
use tlscensus_tls_wire::registry::NamedGroup;
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

struct Otp {
    suites: Vec<(Version, CipherSuite)>,
}

pub(crate) fn start() -> Result<Box<dyn Peer>, String> {
    let list = printed("escript", &[SCRIPT, "list"])?;
    let pair = |line: &str| {
        let (version, name) = line.split_once(' ')?;
        Some((version_named(version)?, suite_named(name)?))
    };
    let mut suites: Vec<_> = list.lines().filter_map(pair).collect();
    if suites.is_empty() {
        return Err("Erlang has no application ssl".to_owned());
    }
    suites.sort();
    Ok(program::peer(Otp { suites }))
}

fn version_named(name: &str) -> Option<Version> {
    VERSIONS.iter().find(|(known, _)| *known == name).map(|(_, version)| *version)
}

/// Its names are the registered ones, some in another case.
pub(crate) fn suite_named(name: &str) -> Option<CipherSuite> {
    let known = CipherSuite::ENTRIES.iter().find(|(_, known)| known.eq_ignore_ascii_case(name))?;
    Some(CipherSuite(known.0))
}

impl Program for Otp {
    fn ability(&self) -> Ability {
        Ability {
            suites: self.suites.clone(),
            groups: [0x17]
                .into_iter()
                .chain(0x01..=0x16)
                .chain(0x18..=0x1e)
                .map(NamedGroup)
                .collect(),
            groups_tls13: [0x1d, 0x1e, 0x17, 0x18, 0x19, 0x100, 0x101, 0x102, 0x103, 0x104]
                .map(NamedGroup)
                .to_vec(),
            certificates: Kind::WORDS.iter().map(|(kind, _)| *kind).collect(),
            dh_bits: DH_BITS.to_vec(),
            schemes: known_schemes().into_iter().filter(|s| s.0 & 0xfff0 != 0x0810).collect(),
            twists: vec![Twist::Alpn, Twist::ClientCertificate, Twist::NoTicket, Twist::Retry],
            ..Ability::default()
        }
    }

    fn command(&self, setup: &Setup, port: u16, files: &Files) -> Command {
        let mut command = Command::new("escript");
        command.args([SCRIPT, "serve", &port.to_string()]).arg(files.key_log());
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
        printed.ends_with(".\n")
    }

    fn words(&self, printed: &str) -> Facts {
        let value = |label: &str| between(printed, label, " ");
        let version = value("protocol=").and_then(version_named);
        let suite = value("suite=").and_then(suite_named);
        // For a static key it names the certificate's curve.
        let named = suite.and_then(CipherSuite::parameters).is_some_and(|parameters| {
            matches!(parameters.key_exchange, KeyExchange::Ecdhe | KeyExchange::EcdhePsk)
        });
        let curve = value("curve=").filter(|_| named);
        let group = |name: &str| {
            let known = NamedGroup::ENTRIES.iter().find(|(_, known)| *known == name)?;
            Some(NamedGroup(known.0))
        };
        Facts {
            version,
            suite,
            group: curve.and_then(group),
            alpn: value("alpn=").map(str::to_owned),
            ..Facts::default()
        }
    }

    fn complaint(&self, printed: &str) -> Option<String> {
        let said =
            between(printed, "FAILED: ", "\n").or_else(|| between(printed, "REFUSED: ", "\n"))?;
        // Behind the place in its source stand the alert and the reason.
        let reason = said.rsplit_once("SERVER ALERT: ").map_or(said, |(_, reason)| reason);
        Some(reason.replace("\\n", "").trim_end_matches(['.', '"', '}', ')']).to_owned())
    }
}

const VERSIONS: [(&str, Version); 4] = [
    ("tlsv1", Version::TLS_1_0),
    ("tlsv1.1", Version::TLS_1_1),
    ("tlsv1.2", Version::TLS_1_2),
    ("tlsv1.3", Version::TLS_1_3),
];
const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/otp.escript");
