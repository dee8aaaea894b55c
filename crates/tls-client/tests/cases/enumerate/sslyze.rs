//! The picture of Debian's `openssl s_server` is what sslyze says of it, over TCP on loopback. Without one of both programs this
//! is skipped, which is said.
#![expect(clippy::disallowed_methods, reason = "other programs read keys from files")]
#![expect(clippy::disallowed_types, reason = "other programs serve on sockets")]

use std::collections::BTreeSet;
use std::io::Write;
use std::net::SocketAddr;
use std::net::TcpStream;
use std::path::Path;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;
use std::time::Duration;

use openssl::pkey::PKey;
use openssl::x509::X509;
use serde_json::Value;
use tlscensus_tls_client::Carrier;
use tlscensus_tls_client::enumerate::Coverage;
use tlscensus_tls_client::enumerate::Decides;
use tlscensus_tls_client::enumerate::Ended;
use tlscensus_tls_client::enumerate::Era;
use tlscensus_tls_client::enumerate::Facts;
use tlscensus_tls_client::enumerate::Resumption;
use tlscensus_tls_wire::registry::Version;

use crate::support::certificates::Kind;
use crate::support::enumerating::enumerate_over_tcp;
use crate::support::ports;

#[test]
fn the_picture_is_what_sslyze_says() {
    let Some(sslyze) = program("TLSCENSUS_SSLYZE", "sslyze", "--help") else {
        return skip("sslyze (pip install sslyze, or its path in TLSCENSUS_SSLYZE)");
    };
    let Some(openssl) = program("TLSCENSUS_OPENSSL", "openssl", "version") else {
        return skip("the program openssl");
    };
    let everything = ["-cipher", "ALL:COMPLEMENTOFALL:@SECLEVEL=0", "-min_protocol", "TLSv1"];
    let few =
        ["-cipher", "ECDHE+AES:RSA+AES:@SECLEVEL=0", "-min_protocol", "TLSv1.2", "-no_ticket"];
    let forty = suites(&openssl, FORTY - TLS13_SUITES);
    let forty = ["-cipher", &forty, "-min_protocol", "TLSv1"];
    for (options, groups, decides, budget) in [
        (&everything[..], "X25519:P-256:P-384", Decides::Server, PATIENT),
        (&few[..], "P-384:P-521:X448", Decides::Client, PATIENT),
        (&forty[..], "X448:P-256:X25519", Decides::Server, THRIFTY),
        (&forty[..], "X448:P-256:X25519", Decides::Client, THRIFTY),
    ] {
        let server = Server::start(&openssl, options, groups, decides);
        let theirs = theirs(&sslyze, server.addr);
        let ours = enumerate_over_tcp(budget, server.addr);
        let ended =
            ours.ended == Ended::Complete || budget == THRIFTY && ours.ended == Ended::BudgetSpent;
        assert!(ended && ours.contradictions == 0, "{ours:#?}");
        let found = compare(&ours, &theirs, decides);
        if budget == PATIENT {
            compare_resumption(&ours, &theirs);
        }
        if budget == THRIFTY {
            assert!(ours.asked <= THRIFTY);
            assert_eq!(found, FORTY, "suites in all");
        }
    }
}

/// Questions where it does not matter how many, and where that is what is tested.
const PATIENT: u32 = 500;
const THRIFTY: u32 = 60;
/// Suites of the larger server, those of TLS 1.3 among them.
const FORTY: usize = 40;
const TLS13_SUITES: usize = 3;

/// So many suites before TLS 1.3, from the weakest on and from the strongest, as an option.
fn suites(openssl: &str, count: usize) -> String {
    let output = Command::new(openssl)
        .args(["ciphers", "-s", "-tls1_2", "ALL:eNULL:!aNULL:!PSK:!SRP:!DSS:@SECLEVEL=0"])
        .env("OPENSSL_CONF", "/dev/null")
        .output()
        .unwrap();
    let names = String::from_utf8(output.stdout).unwrap();
    let mut names: Vec<&str> = names.trim().split(':').collect();
    assert!(names.len() > count, "{names:?}");
    names.drain(count / 2..names.len() - count.div_ceil(2));
    format!("{}:@SECLEVEL=0", names.join(":"))
}

/// How many suites were found in all.
fn compare(ours: &Facts, theirs: &Value, decides: Decides) -> usize {
    let mut all = BTreeSet::new();
    for (version, of) in [
        (Version::TLS_1_3, "tls_1_3"),
        (Version::TLS_1_2, "tls_1_2"),
        (Version::TLS_1_1, "tls_1_1"),
        (Version::TLS_1_0, "tls_1_0"),
        (Version::SSL_3, "ssl_3_0"),
    ] {
        let found = ours.versions.iter().find(|facts| facts.version == version).unwrap();
        let result = &theirs[format!("{of}_cipher_suites")]["result"];
        let names = |list: &str| names(&result[list], |item| &item["cipher_suite"]["name"]);
        let (accepted, rejected) =
            (names("accepted_cipher_suites"), names("rejected_cipher_suites"));
        let found_names: BTreeSet<String> =
            found.suites.items().iter().map(ToString::to_string).collect();
        assert!(accepted.len() + rejected.len() > 2, "{version}: sslyze has asked");
        let missing: Vec<_> = accepted.difference(&found_names).collect();
        assert!(missing.is_empty(), "{version}: sslyze has {missing:?}");
        // Beyond its list there is what it does not ask for.
        let wrong: Vec<_> = found_names.intersection(&rejected).collect();
        assert!(wrong.is_empty(), "{version}: sslyze has not {wrong:?}");
        let whole = matches!(found.suites.coverage, Coverage::Complete | Coverage::Inferred);
        assert!(whole, "{version}: {:?}", found.suites.coverage);
        if found_names.len() > 1 {
            assert_eq!(found.suites.decides, decides, "{version}");
        }
        all.extend(found_names);
    }
    let result = &theirs["elliptic_curves"]["result"];
    let names = |list: &str| names(&result[list], |item| &item["name"]);
    let (_, groups) = ours.groups.iter().find(|(era, _)| *era == Era::Legacy).unwrap();
    let found: BTreeSet<String> =
        groups.items().iter().map(|group| group.to_string().to_lowercase()).collect();
    assert_eq!(found, names("supported_curves"));
    assert!(found.is_disjoint(&names("rejected_curves")));
    all.len()
}

/// By tickets before TLS 1.3. Sessions with a name sslyze never finds with OpenSSL: it leaves without close_notify, upon
/// which OpenSSL forgets them. In TLS 1.3 it does not try.
fn compare_resumption(ours: &Facts, theirs: &Value) {
    let result = &theirs["session_resumption"]["result"];
    let (_, known) = ours.resumption.iter().find(|(of, _)| *of == Carrier::Ticket).unwrap();
    let expected = match result["tls_ticket_resumption_result"].as_str().unwrap() {
        "FULLY_SUPPORTED" => Resumption::Accepted,
        "NOT_SUPPORTED" => Resumption::NotOffered,
        other => panic!("{other}"),
    };
    assert_eq!(*known, expected);
}

fn names<'a>(list: &'a Value, name: impl Fn(&'a Value) -> &'a Value) -> BTreeSet<String> {
    let list = list.as_array().map(Vec::as_slice).unwrap_or_default();
    let text = |item| name(item).as_str().unwrap().to_owned();
    // Suites keep their case: their names have one.
    list.iter()
        .map(text)
        .map(|name| if name.starts_with("TLS_") { name } else { name.to_lowercase() })
        .collect()
}

/// What sslyze finds out.
fn theirs(sslyze: &str, addr: SocketAddr) -> Value {
    let output = Command::new(sslyze)
        .args(["--json_out=-", "--sslv3", "--tlsv1", "--tlsv1_1", "--tlsv1_2", "--tlsv1_3"])
        .args(["--resum", "--elliptic_curves", &addr.to_string()])
        .stderr(Stdio::null())
        .output()
        .unwrap();
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    json["server_scan_results"][0]["scan_result"].clone()
}

/// Where a program is: named by the environment, or found on the path.
fn program(variable: &str, name: &str, question: &str) -> Option<String> {
    let program = std::env::var(variable).unwrap_or_else(|_| name.to_owned());
    let silent = || Stdio::null();
    let mut command = Command::new(&program);
    let asked = command.arg(question).stdout(silent()).stderr(silent()).status();
    asked.is_ok_and(|status| status.success()).then_some(program)
}

fn skip(what: &str) {
    let why = format!("no comparison with sslyze without {what}");
    assert!(std::env::var_os("CI").is_none(), "CI must run this: {why}");
    let mut stderr = std::io::stderr();
    writeln!(stderr, "SKIPPED: {why}").unwrap();
}

/// `openssl s_server` with a certificate of RSA and one of ECDSA.
struct Server {
    process: Child,
    addr: SocketAddr,
}

impl Server {
    fn start(openssl: &str, options: &[&str], groups: &str, decides: Decides) -> Self {
        let addr = SocketAddr::from(([127, 0, 0, 1], ports::free()));
        let folder = std::env::temp_dir().join(format!("sslyze-{}-{addr}", std::process::id()));
        std::fs::create_dir(&folder).unwrap();
        let (rsa, curve) = (pem(&folder, Kind::Rsa2048), pem(&folder, Kind::P256));
        let mut command = Command::new(openssl);
        command.args(["s_server", "-www", "-accept", &addr.to_string(), "-groups", groups]);
        command.args(["-cert", &rsa, "-key", &rsa, "-dcert", &curve, "-dkey", &curve]);
        if decides == Decides::Server {
            command.arg("-serverpref");
        }
        // The system's own configuration forbids old versions.
        command.args(options).env("OPENSSL_CONF", "/dev/null");
        let silent = || Stdio::null();
        let process = command.stdin(silent()).stdout(silent()).stderr(silent()).spawn().unwrap();
        let server = Self { process, addr };
        for _ in 0..200 {
            if TcpStream::connect(addr).is_ok() {
                break;
            }
            std::thread::sleep(Duration::from_millis(25));
        }
        std::fs::remove_dir_all(folder).unwrap();
        server
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _gone = self.process.kill();
        let _gone = self.process.wait();
    }
}

/// A file with certificate and key.
fn pem(folder: &Path, kind: Kind) -> String {
    let identity = kind.identity();
    let mut text = X509::from_der(&identity.certificate).unwrap().to_pem().unwrap();
    let key = PKey::private_key_from_der(&identity.key).unwrap();
    text.extend(key.private_key_to_pem_pkcs8().unwrap());
    let path = folder.join(format!("{kind:?}.pem"));
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}
