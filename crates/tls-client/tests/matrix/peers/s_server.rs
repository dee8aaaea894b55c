//! Debian's `openssl s_server`, which answers each line with its letters reversed and prints every message it sends.

use std::process::Command;

use tlscensus_tls_wire::registry::CipherSuite;
use tlscensus_tls_wire::registry::ExtensionType;
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

struct SServer {
    suites: Vec<(Version, CipherSuite)>,
}

pub(crate) fn start() -> Result<Box<dyn Peer>, String> {
    let mut suites = Vec::new();
    for (option, version) in VERSIONS {
        let list = printed("openssl", &["ciphers", "-V", "-s", option, "-psk", "-srp", ALL])?;
        for line in list.lines() {
            let code = between(line, "0x", " -").unwrap();
            let code: String = code.chars().filter(char::is_ascii_hexdigit).collect();
            // The comma and the second "0x" leave a zero in the middle.
            let (high, low) = (&code[..2], &code[code.len() - 2..]);
            let code = u16::from_str_radix(&format!("{high}{low}"), 16).unwrap();
            suites.push((version, CipherSuite(code)));
        }
    }
    Ok(program::peer(SServer { suites }))
}

const VERSIONS: [(&str, Version); 4] = [
    ("-tls1", Version::TLS_1_0),
    ("-tls1_1", Version::TLS_1_1),
    ("-tls1_2", Version::TLS_1_2),
    ("-tls1_3", Version::TLS_1_3),
];
const ALL: &str = "ALL:COMPLEMENTOFALL:@SECLEVEL=0";
const TLS13_SUITES: &str = "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:\
    TLS_AES_128_CCM_SHA256:TLS_AES_128_CCM_8_SHA256";
/// What OpenSSL 3.0 has for TLS: the curves for both, X448 among them, and the fields of RFC 7919.
const GROUPS: [&str; 13] = [
    "X25519",
    "P-256",
    "X448",
    "P-521",
    "P-384",
    "P-224",
    "P-192",
    "secp256k1",
    "brainpoolP256r1",
    "brainpoolP384r1",
    "brainpoolP512r1",
    "secp160r1",
    "sect163k1",
];
const FIELDS: [&str; 5] = ["ffdhe2048", "ffdhe3072", "ffdhe4096", "ffdhe6144", "ffdhe8192"];

impl Program for SServer {
    fn ability(&self) -> Ability {
        Ability {
            suites: self.suites.clone(),
            groups: [0x1d, 0x17, 0x18, 0x19, 0x1e, 0x15, 0x13, 0x16, 0x1a, 0x1b, 0x1c, 0x10, 0x01]
                .map(NamedGroup)
                .to_vec(),
            groups_tls13: [0x1d, 0x17, 0x18, 0x19, 0x1e, 0x100, 0x101, 0x102, 0x103, 0x104]
                .map(NamedGroup)
                .to_vec(),
            certificates: Kind::WORDS
                .iter()
                .map(|(kind, _)| *kind)
                .filter(|kind| !matches!(kind, Kind::DhByRsa | Kind::DhByDsa | Kind::P256ByRsa))
                .collect(),
            dh_bits: DH_BITS.to_vec(),
            schemes: known_schemes().into_iter().filter(|s| s.0 & 0xfff0 != 0x0810).collect(),
            twists: vec![
                Twist::Alpn,
                Twist::ClientCertificate,
                Twist::NoEncryptThenMac,
                Twist::NoTicket,
                Twist::Retry,
            ],
            ..Ability::default()
        }
    }

    fn command(&self, setup: &Setup, port: u16, files: &Files) -> Command {
        let mut command = Command::new("stdbuf");
        command.args(["-oL", "openssl", "s_server", "-rev", "-trace"]);
        command.args(["-accept", &format!("127.0.0.1:{port}"), "-cipher", ALL]);
        command.args(["-ciphersuites", TLS13_SUITES, "-groups"]);
        command.arg(GROUPS.into_iter().chain(FIELDS).collect::<Vec<_>>().join(":"));
        command.args(["-psk", "07070707070707070707070707070707"]);
        command.args(["-provider", "default", "-provider", "legacy"]);
        command.arg("-srpvfile").arg(files.write("srp", b""));
        command.arg("-keylogfile").arg(files.key_log());
        match setup.certificate {
            None => drop(command.arg("-nocert")),
            Some(kind) => {
                let (certificate, key) = files.identity(kind);
                command.arg("-cert").arg(certificate).arg("-key").arg(key);
            }
        }
        if let Some(bits) = setup.dh_bits {
            command.arg("-dhparam").arg(files.field(bits));
        }
        let more: &[&str] = match setup.twist {
            Twist::Alpn => &["-alpn", ALPN],
            Twist::ClientCertificate => &["-verify", "1"],
            Twist::NoEncryptThenMac => &["-no_etm"],
            Twist::NoTicket => &["-no_ticket"],
            _ => &[],
        };
        command.args(more);
        command
    }

    fn ready(&self) -> &'static str {
        "ACCEPT"
    }

    fn is_all(&self, printed: &str) -> bool {
        let failed = printed.contains("CONNECTION FAILURE") && self.complaint(printed).is_some();
        failed || printed.contains("CONNECTION CLOSED")
    }

    fn words(&self, printed: &str) -> Facts {
        let sent: Vec<&str> = printed
            .split("Sent Record")
            .skip(1)
            .map(|part| part.split("Received Record").next().unwrap())
            .collect();
        let hellos: Vec<&&str> = sent.iter().filter(|r| r.contains("ServerHello,")).collect();
        let Some(hello) = hellos.last() else {
            return Facts::default();
        };
        let code = |text: &str| -> Option<u16> {
            match text.strip_prefix("0x") {
                Some(hex) => u16::from_str_radix(hex, 16).ok(),
                None => text.parse().ok(),
            }
        };
        let within = |text: &str, label: &str| -> Option<u16> {
            let line = between(text, label, "\n")?;
            code(line.rsplit_once('(')?.1.trim_end_matches(')'))
        };
        let all = sent.concat();
        let suite = between(hello, "cipher_suite {0x", "}");
        let suite = suite.and_then(|pair| code(&format!("0x{}", pair.replace(", 0x", ""))));
        let version = between(hello, "extension_type=supported_versions(43), length=2\n", ")")
            .and_then(|text| code(text.rsplit_once('(')?.1))
            .or_else(|| code(between(hello, "server_version=", " ")?));
        let tls13 = version == Some(Version::TLS_1_3.0);
        let group =
            if tls13 { within(hello, "NamedGroup: ") } else { within(&all, "named_curve: ") };
        let prime = between(&all, "dh_p (len=", ")").and_then(|bytes| bytes.parse::<u32>().ok());
        let types = |record: &str| {
            let parts = record.split("extension_type=").skip(1);
            let number = |part: &str| code(between(part, "(", ")")?).map(ExtensionType);
            parts.filter_map(number).collect::<Vec<_>>()
        };
        Facts {
            version: version.map(Version),
            suite: suite.map(CipherSuite),
            group: group.map(NamedGroup),
            // Our primes fill their bytes.
            dh_bits: prime.map(|bytes| bytes * 8),
            scheme: within(&all, "Signature Algorithm: ").map(SignatureScheme),
            extensions: Some(types(hello)),
            encrypted_extensions: sent
                .iter()
                .find(|record| record.contains("EncryptedExtensions,"))
                .map(|record| types(record)),
            retry: tls13.then_some(hellos.len() > 1),
            ..Facts::default()
        }
    }

    fn complaint(&self, printed: &str) -> Option<String> {
        let line = printed.lines().rev().find(|line| line.contains(":error:"))?;
        line.split(':').nth(5).filter(|reason| !reason.is_empty()).map(str::to_owned)
    }

    fn answer(&self, question: &[u8]) -> Vec<u8> {
        let (line, end) = question.split_at(question.len() - 1);
        line.iter().rev().chain(end).copied().collect()
    }
}
