//! Debian's nginx and Postfix, each configured with lists of our own: what is found is what was written down for them.

use std::fs;
use std::io;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;
use std::process::Stdio;

use tlscensus_testkit::daemons::Daemon;
use tlscensus_testkit::daemons::Missing;
use tlscensus_testkit::daemons::Site;

use super::Capabilities;
use super::sql;
use crate::support;

/// Two servers in one process: the first has all there is, the second goes by the client's order.
const NGINX: Daemon = Daemon {
    package: "nginx-light",
    program: "nginx",
    address: BOTH_KEYS,
    name: "both.real.test",
    ports: &[443],
    configure: nginx,
};
const POSTFIX: Daemon = Daemon {
    package: "postfix",
    program: "postfix",
    address: MAIL,
    name: "mail.real.test",
    ports: &[25],
    configure: postfix,
};
const BOTH_KEYS: &str = "127.25.1.1";
const RSA_ONLY: &str = "127.25.1.2";
const MAIL: &str = "127.25.1.3";

/// What a server must be found to have. Lists are in the server's order where that one counts, else sorted by name.
struct Expected {
    addr: &'static str,
    versions: &'static [&'static str],
    /// Version, who decides, suites.
    suites: &'static [(&'static str, &'static str, &'static [&'static str])],
    /// Era, coverage, who decides, groups.
    groups: &'static [(&'static str, &'static str, &'static str, &'static [&'static str])],
    /// Kinds of key.
    certificates: &'static [&'static str],
    protocols: &'static [&'static str],
    /// By pre-shared key, ticket and identifier.
    resumption: &'static str,
    again: &'static [&'static str],
}

const EXPECTED: [Expected; 3] = [
    Expected {
        addr: BOTH_KEYS,
        versions: &["TLS 1.2", "TLS 1.3"],
        suites: &[
            (
                "TLS 1.3",
                "server",
                &[
                    "TLS_CHACHA20_POLY1305_SHA256",
                    "TLS_AES_256_GCM_SHA384",
                    "TLS_AES_128_GCM_SHA256",
                ],
            ),
            (
                "TLS 1.2",
                "server",
                &[
                    "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
                    "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
                    "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
                    "TLS_RSA_WITH_AES_128_CBC_SHA",
                ],
            ),
        ],
        groups: &[
            ("TLS 1.3", "complete", "server", &["secp384r1", "x25519"]),
            ("before TLS 1.3", "complete", "server", &["secp384r1", "x25519"]),
        ],
        certificates: &["RSA", "curve"],
        protocols: &["h2", "http/1.1"],
        resumption: "accepted not-offered accepted",
        again: &[],
    },
    Expected {
        addr: RSA_ONLY,
        versions: &["TLS 1.2"],
        suites: &[(
            "TLS 1.2",
            "client",
            &[
                "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256",
                "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
                "TLS_RSA_WITH_AES_256_CBC_SHA256",
            ],
        )],
        groups: &[("before TLS 1.3", "complete", "client", &["secp256r1", "secp521r1", "x448"])],
        certificates: &["RSA"],
        protocols: &["http/1.1"],
        resumption: "no-version accepted not-offered",
        again: &["ticket-key-name"],
    },
    Expected {
        addr: MAIL,
        versions: &["TLS 1.2", "TLS 1.3"],
        suites: &[
            (
                "TLS 1.3",
                "server",
                &[
                    "TLS_AES_256_GCM_SHA384",
                    "TLS_CHACHA20_POLY1305_SHA256",
                    "TLS_AES_128_GCM_SHA256",
                ],
            ),
            (
                "TLS 1.2",
                "server",
                &[
                    "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
                    "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
                    "TLS_RSA_WITH_AES_128_GCM_SHA256",
                ],
            ),
        ],
        groups: &[
            ("TLS 1.3", "complete", "server", &["x448", "secp256r1"]),
            ("before TLS 1.3", "complete", "server", &["x448", "secp256r1"]),
        ],
        certificates: &["RSA"],
        protocols: &[],
        // It names sessions that it then has nowhere to keep.
        resumption: "accepted accepted refused",
        again: &["ticket-key-name"],
    },
];

#[test]
fn real_servers_are_found_to_be_what_their_configuration_says() {
    let mut site = match Site::new() {
        Ok(site) => site,
        Err(missing) => return support::skip(&missing.to_string()),
    };
    second_key(&site).unwrap();
    for daemon in [NGINX, POSTFIX] {
        match site.start(daemon) {
            Ok(()) => {}
            Err(Missing::Program(package)) => {
                return support::skip(&Missing::Program(package).to_string());
            }
            Err(other) => panic!("{other}"),
        }
    }
    let dataset = probe(&site);
    let found = Capabilities::read(&dataset);
    let mut differences = Vec::new();
    for expected in &EXPECTED {
        let differ = |text| format!("{}: {text}", expected.addr);
        differences.extend(compare(&found, expected).into_iter().map(differ));
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
    both_chains(&site, &dataset, &found);
}

fn probe(site: &Site) -> PathBuf {
    let (list, dataset) = (site.path().join("list.txt"), site.path().join("dataset"));
    let text = format!("{BOTH_KEYS}:443\n{RSA_ONLY}:443\n{MAIL}:25\n");
    fs::write(&list, text).unwrap();
    let mut command = support::tlscensus();
    command.arg("probe").arg(&list).arg("--out").arg(&dataset).arg("--quiet");
    command.args(["--protocols", "https,smtp", "--client-name", "probe.real.test"]);
    command.args(["--rate", "0", "--host-rate", "0", "--net-rate", "0", "--host-budget", "0"]);
    command.args(["--depth", "enumerate", "--question-spacing", "0"]);
    support::run(&mut command, 0);
    dataset
}

/// What is not as it should be.
fn compare(found: &Capabilities, expected: &Expected) -> Vec<String> {
    let mut differences = Vec::new();
    let mut expect = |what: &str, found: Vec<&str>, expected: &[&str]| {
        if found != expected {
            differences.push(format!("{what}: expected {expected:?}, found {found:?}"));
        }
    };
    let addr = expected.addr;
    let ended = found.of(addr, "enumeration").map(|row| row.ended.as_str());
    expect("end", ended.collect(), &["complete"]);
    let versions = found.of(addr, "version").filter(|row| row.verdict == "supported");
    expect("versions", versions.map(|row| row.name.as_str()).collect(), expected.versions);
    for (version, decides, suites) in expected.suites {
        expect(version, found.list(addr, "suite-list", version), &["complete", decides]);
        expect(version, found.names(addr, "suite", version), suites);
    }
    for (era, coverage, decides, groups) in expected.groups {
        expect(era, found.list(addr, "group-list", era), &[coverage, decides]);
        expect(era, found.names(addr, "group", era), groups);
    }
    let mut certificates = found.names(addr, "certificate", "");
    certificates.sort_unstable();
    expect("certificates", certificates, expected.certificates);
    let mut protocols = found.names(addr, "protocol", "");
    protocols.sort_unstable();
    expect("protocols", protocols, expected.protocols);
    expect("resumption", vec![&found.resumption(addr)], &[expected.resumption]);
    expect("what comes again", found.reuse(addr, "supported"), expected.again);
    differences
}

/// The chain of each key is kept, with every certificate in it.
fn both_chains(site: &Site, dataset: &Path, found: &Capabilities) {
    let hash = |file: &Path| {
        let output = Command::new("openssl")
            .args(["x509", "-noout", "-fingerprint", "-sha256", "-in"])
            .arg(file)
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        text.trim().rsplit('=').next().unwrap().replace(':', "").to_lowercase()
    };
    let (rsa, curve) = (hash(&site.certificate()), hash(&curve_certificate(site)));
    let chain_of = |kind: &str| {
        let mut rows = found.of(BOTH_KEYS, "certificate").filter(|row| row.name == kind);
        let chain = rows.next().unwrap().chain.clone();
        assert!(rows.next().is_none(), "one chain for each kind of key");
        chain
    };
    assert_eq!(chain_of("RSA"), rsa);
    // Behind its own, nginx sends what else is in the file.
    assert_eq!(chain_of("curve"), format!("{curve} {rsa}"));
    let query = "SELECT cert_sha256, key_algorithm FROM certificates ORDER BY key_algorithm";
    let expected = [vec![curve, "ec".to_owned()], vec![rsa, "rsa".to_owned()]];
    assert_eq!(sql(dataset, query), expected);
}

fn curve_certificate(site: &Site) -> PathBuf {
    site.path().join("curve.pem")
}

fn curve_key(site: &Site) -> PathBuf {
    site.path().join("curve.key")
}

/// A key on P-256 with a certificate, behind which stands the other one; and a finite field.
fn second_key(site: &Site) -> io::Result<()> {
    let run = |command: &mut Command| {
        let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status()?;
        if status.success() { Ok(()) } else { Err(io::Error::other(format!("{command:?}"))) }
    };
    let mut request = Command::new("openssl");
    request.args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]);
    request.args(["-nodes", "-days", "30", "-subj", "/CN=curve.real.test", "-keyout"]);
    run(request.arg(curve_key(site)).arg("-out").arg(curve_certificate(site)))?;
    let mut chain = fs::read_to_string(curve_certificate(site))?;
    chain.push_str(&fs::read_to_string(site.certificate())?);
    fs::write(curve_certificate(site), chain)?;
    let mut field = Command::new("openssl");
    field.args(["genpkey", "-genparam", "-algorithm", "DH", "-pkeyopt", "group:ffdhe2048", "-out"]);
    run(field.arg(site.path().join("field.pem")))
}

fn nginx(site: &Site, _daemon: &Daemon, program: &str) -> io::Result<Command> {
    let home = site.folder("nginx-lists")?;
    let text = format!(
        "daemon off;
pid {home}/pid;
error_log {home}/log;
events {{ worker_connections 256; }}
http {{
  access_log off;
  server {{
    listen {BOTH_KEYS}:443 ssl http2;
    ssl_certificate {certificate};
    ssl_certificate_key {key};
    ssl_certificate {curve_certificate};
    ssl_certificate_key {curve_key};
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_ciphers ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-CHACHA20-POLY1305:AES128-SHA;
    ssl_conf_command Ciphersuites TLS_CHACHA20_POLY1305_SHA256:TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256;
    ssl_prefer_server_ciphers on;
    ssl_ecdh_curve secp384r1:X25519;
    ssl_session_cache shared:both:1m;
    ssl_session_tickets off;
  }}
  server {{
    listen {RSA_ONLY}:443 ssl;
    ssl_certificate {certificate};
    ssl_certificate_key {key};
    ssl_protocols TLSv1.2;
    ssl_ciphers AES256-SHA256:DHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384;
    ssl_prefer_server_ciphers off;
    ssl_ecdh_curve secp521r1:X448:prime256v1;
    ssl_dhparam {field};
    ssl_session_cache off;
    ssl_session_tickets on;
  }}
}}
",
        home = home.display(),
        certificate = site.certificate().display(),
        key = site.key().display(),
        curve_certificate = curve_certificate(site).display(),
        curve_key = curve_key(site).display(),
        field = site.path().join("field.pem").display(),
    );
    let path = home.join("nginx.conf");
    site.write(&path, &text)?;
    let mut command = Command::new(program);
    command.arg("-c").arg(path).arg("-p").arg(home);
    Ok(command)
}

fn postfix(site: &Site, daemon: &Daemon, program: &str) -> io::Result<Command> {
    let home = site.folder("postfix-lists")?;
    let (queue, data, config) = (home.join("queue"), home.join("data"), home.join("config"));
    for folder in [&queue, &data, &config] {
        fs::create_dir_all(folder)?;
    }
    Command::new("chown").arg("postfix").arg(&data).status()?;
    let main = format!(
        "compatibility_level = 3.6
queue_directory = {queue}
data_directory = {data}
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
myhostname = {name}
inet_interfaces = loopback-only
inet_protocols = ipv4
mydestination =
alias_maps =
alias_database =
smtpd_client_connection_rate_limit = 0
smtpd_tls_cert_file = {certificate}
smtpd_tls_key_file = {key}
smtpd_tls_security_level = may
smtpd_tls_protocols = TLSv1.2, TLSv1.3
smtpd_tls_ciphers = high
tls_high_cipherlist = ECDHE-RSA-CHACHA20-POLY1305:ECDHE-RSA-AES256-GCM-SHA384:AES128-GCM-SHA256
tls_preempt_cipherlist = yes
smtpd_tls_eecdh_grade = auto
tls_eecdh_auto_curves = X448 prime256v1
tls_ffdhe_auto_groups =
maillog_file = {home}/log
maillog_file_prefixes = /tmp
",
        queue = queue.display(),
        data = data.display(),
        name = daemon.name,
        certificate = site.certificate().display(),
        key = site.key().display(),
        home = home.display(),
    );
    let master = format!(
        "{MAIL}:25 inet n - n - - smtpd
anvil unix - - n - 1 anvil
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
proxymap unix - - n - - proxymap
postlog unix-dgram n - n - 1 postlogd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
error unix - - n - - error
retry unix - - n - - error
"
    );
    site.write(&config.join("main.cf"), &main)?;
    site.write(&config.join("master.cf"), &master)?;
    let mut command = Command::new(program);
    command.arg("-c").arg(&config).arg("start-fg");
    Ok(command)
}
