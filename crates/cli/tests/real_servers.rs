//! Debian's own servers, all 14 services: every row right, mechanisms before and after TLS among it.

use std::collections::BTreeMap;
use std::fs;

use tlscensus_analysis::Engine;
use tlscensus_testkit::daemons::DAEMONS;
use tlscensus_testkit::daemons::Daemon;
use tlscensus_testkit::daemons::Missing;
use tlscensus_testkit::daemons::Site;

use crate::support;
use crate::support::show;

/// What a server of this package must be found to be: service, STARTTLS state, mechanisms before, mechanisms after.
/// `-` is a list that was not asked for or not reached; an empty list was read and is empty.
type Expected = (&'static str, &'static str, &'static str, &'static str, &'static str);

/// As each daemon is configured in `testkit::daemons`. The mechanisms were read once from the same daemons with Python's
/// `ssl` and sockets, and stand in the order in which they are sent; prosody sends its in any order, so they are compared
/// sorted. nginx 1.22 has no TLS 1.3 by default.
const EXPECTED: &[Expected] = &[
    ("postfix", "smtp", "upgraded", "", "PLAIN LOGIN CRAM-MD5"),
    ("postfix", "submission", "upgraded", "", "PLAIN LOGIN CRAM-MD5"),
    ("postfix", "smtps", "unasked", "-", "PLAIN LOGIN CRAM-MD5"),
    ("exim4-daemon-light", "smtp", "upgraded", "", "PLAIN LOGIN"),
    ("exim4-daemon-light", "submission", "upgraded", "", "PLAIN LOGIN"),
    ("exim4-daemon-light", "smtps", "unasked", "-", "PLAIN LOGIN"),
    ("dovecot", "imap", "upgraded", "CRAM-MD5", "PLAIN LOGIN CRAM-MD5"),
    ("dovecot", "imaps", "unasked", "-", "PLAIN LOGIN CRAM-MD5"),
    ("dovecot", "pop3", "upgraded", "CRAM-MD5", "USER PLAIN LOGIN CRAM-MD5"),
    ("dovecot", "pop3s", "unasked", "-", "USER PLAIN LOGIN CRAM-MD5"),
    ("prosody", "xmpp-c2s", "upgraded", "", "PLAIN SCRAM-SHA-1"),
    ("prosody", "xmpps-c2s", "unasked", "-", "PLAIN SCRAM-SHA-1"),
    ("prosody", "xmpp-s2s", "upgraded", "", ""),
    ("prosody", "xmpps-s2s", "unasked", "-", ""),
    ("ejabberd", "xmpp-c2s", "upgraded", "", EJABBERD_MECHANISMS),
    ("ejabberd", "xmpps-c2s", "unasked", "-", EJABBERD_MECHANISMS),
    ("ejabberd", "xmpp-s2s", "upgraded", "", "EXTERNAL"),
    ("ejabberd", "xmpps-s2s", "unasked", "-", "EXTERNAL"),
    ("inspircd", "irc", "upgraded", "", ""),
    ("inspircd", "ircs", "unasked", "-", ""),
    ("ngircd", "irc", "not-offered", "", "-"),
    ("ngircd", "ircs", "unasked", "-", ""),
    ("nginx", "https", "unasked", "-", "-"),
];

/// What comes of a needless fall-back, of another handshake, of a command behind STARTTLS (CVE-2011-0411), and of another
/// service's protocol. InspIRCd 3 does answer inside TLS what it read before; dovecot hands it to TLS, which fails; exim leaves
/// TLS and goes on in plaintext where it is asked for another handshake.
const LEANINGS: &[(&str, &str, &str)] = &[
    ("postfix", "smtp", "inappropriate-fallback refused discarded accepted-without"),
    ("postfix", "submission", "inappropriate-fallback refused discarded accepted-without"),
    ("postfix", "smtps", "inappropriate-fallback refused not-asked accepted-without"),
    ("exim4-daemon-light", "smtp", "inappropriate-fallback no-answer discarded refused-alert"),
    (
        "exim4-daemon-light",
        "submission",
        "inappropriate-fallback no-answer discarded refused-alert",
    ),
    ("exim4-daemon-light", "smtps", "inappropriate-fallback no-answer not-asked refused-alert"),
    ("dovecot", "imap", "refused refused refused accepted-without"),
    ("dovecot", "imaps", "refused refused not-asked accepted-without"),
    ("dovecot", "pop3", "refused refused refused accepted-without"),
    ("dovecot", "pop3s", "refused refused not-asked accepted-without"),
    ("prosody", "xmpp-c2s", "inappropriate-fallback refused not-asked accepted-without"),
    ("prosody", "xmpps-c2s", "inappropriate-fallback refused not-asked accepted-without"),
    ("prosody", "xmpp-s2s", "inappropriate-fallback refused not-asked accepted-without"),
    ("prosody", "xmpps-s2s", "inappropriate-fallback refused not-asked accepted-without"),
    ("ejabberd", "xmpp-c2s", "refused refused not-asked accepted-without"),
    ("ejabberd", "xmpps-c2s", "refused refused not-asked accepted-without"),
    ("ejabberd", "xmpp-s2s", "refused refused not-asked accepted-without"),
    ("ejabberd", "xmpps-s2s", "refused refused not-asked accepted-without"),
    ("inspircd", "irc", "refused refused answered accepted-without"),
    ("inspircd", "ircs", "refused refused not-asked accepted-without"),
    ("ngircd", "ircs", "refused ignored not-asked accepted-without"),
    ("nginx", "https", "inappropriate-fallback refused not-asked refused-alert"),
];

const EJABBERD_MECHANISMS: &str = "DIGEST-MD5 PLAIN SCRAM-SHA-512-PLUS SCRAM-SHA-512 SCRAM-SHA-256-PLUS \
    SCRAM-SHA-256 SCRAM-SHA-1-PLUS SCRAM-SHA-1 X-OAUTH2";

#[test]
fn rows_of_real_servers_are_right() {
    let mut site = match Site::new() {
        Ok(site) => site,
        Err(missing) => return support::skip(&missing.to_string()),
    };
    let mut up = Vec::new();
    for daemon in DAEMONS {
        match site.start(daemon) {
            Ok(()) => up.push(daemon),
            Err(Missing::Program(package)) => support::skip(&Missing::Program(package).to_string()),
            Err(other) => panic!("{other}"),
        }
    }
    if up.is_empty() {
        return;
    }
    let dataset = probe(&site, &up, "dataset", &[]);
    let mut found = found(&dataset);
    let certificate = tlscensus_certs::Sha256::of(&site.certificate_der().unwrap()).to_string();
    let mut differences = Vec::new();
    for (package, service, state, before, after) in EXPECTED {
        let Some(daemon) = up.iter().find(|daemon| daemon.package == *package) else {
            continue;
        };
        let tls = *state != "not-offered";
        let expected = Row {
            outcome: if tls { "after-tls ok" } else { "starttls not-offered" }.to_owned(),
            state: (*state).to_owned(),
            before: (*before).to_owned(),
            after: (*after).to_owned(),
            version: match *package {
                _ if !tls => "",
                "nginx" => "TLS 1.2",
                _ => "TLS 1.3",
            }
            .to_owned(),
            chain: if tls { certificate.clone() } else { String::new() },
            speaks: "yes".to_owned(),
        };
        let mut row = found.remove(&(daemon.address.to_owned(), (*service).to_owned()));
        if let Some(row) = row.as_mut().filter(|_| *package == "prosody") {
            row.after = sorted(&row.after);
        }
        if row.as_ref() != Some(&expected) {
            differences
                .push(format!("{package} {service}\n  expected {expected:?}\n  found    {row:?}"));
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
    assert!(found.is_empty(), "more answered than was started: {found:?}");
    intrusive_answers_are_right(&site, &up);
}

fn intrusive_answers_are_right(site: &Site, up: &[Daemon]) {
    let more = ["--intrusive", "all", "--question-spacing", "0", "--phase-timeout", "8"];
    let dataset = probe(site, up, "leanings", &more);
    let sql = "SELECT addr, protocol, string_agg(answer, ' ' ORDER BY name), \
               string_agg(concat(attempts[1]['outcome'], ' ', attempts[1]['detail']), ', ' ORDER BY name) \
               FROM capabilities WHERE kind = 'intrusive' AND answer <> 'not-reached' \
               GROUP BY addr, protocol HAVING count(*) = 4";
    let rows = Engine::open(&dataset).unwrap().query(sql).unwrap().rows;
    let mut found: BTreeMap<_, _> = rows
        .iter()
        .map(|row| ((show(&row[0]), show(&row[1])), (show(&row[2]), show(&row[3]))))
        .collect();
    let mut differences = Vec::new();
    for (package, service, expected) in LEANINGS {
        let Some(daemon) = up.iter().find(|daemon| daemon.package == *package) else {
            continue;
        };
        let row = found.remove(&(daemon.address.to_owned(), (*service).to_owned()));
        // An answer shows its words: the list of capabilities, asked for before TLS.
        let shown = |(_, how): &(String, String)| how.contains(" CAP ") && how.contains(" LS ");
        let shows = !expected.contains("answered") || row.as_ref().is_some_and(shown);
        if !shows || row.as_ref().map(|(answers, _)| answers.as_str()) != Some(expected) {
            differences.push(format!("{package} {service}: {row:?}, expected {expected}"));
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
    assert!(found.is_empty(), "more answered than was started: {found:?}");
}

fn sorted(words: &str) -> String {
    let mut words: Vec<_> = words.split(' ').collect();
    words.sort_unstable();
    words.join(" ")
}

/// Name and address of each daemon: XMPP servers answer for their own domain only.
fn probe(site: &Site, up: &[Daemon], name: &str, more: &[&str]) -> std::path::PathBuf {
    let list: String = up.iter().map(|d| format!("{},{}\n", d.name, d.address)).collect();
    let path = site.path().join("list.txt");
    fs::write(&path, list).unwrap();
    let dataset = site.path().join(name);
    let mut command = support::tlscensus();
    command.arg("probe").arg(&path).arg("--out").arg(&dataset).arg("--quiet");
    command.args(["--rate", "0", "--host-rate", "0", "--net-rate", "0", "--host-budget", "0"]);
    command.args(["--client-name", "probe.real.test"]).args(more);
    support::run(&mut command, 0);
    dataset
}

#[derive(Debug, PartialEq)]
struct Row {
    outcome: String,
    state: String,
    before: String,
    after: String,
    version: String,
    chain: String,
    speaks: String,
}

fn found(dataset: &std::path::Path) -> BTreeMap<(String, String), Row> {
    let sql = "SELECT addr, protocol, concat(phase, ' ', outcome), starttls_state, mechanisms_before, mechanisms_after, \
               tls_version, chain, speaks_protocol, capabilities_before_seen, capabilities_after_seen \
               FROM probes WHERE tcp_completed";
    let rows = Engine::open(dataset).unwrap().query(sql).unwrap().rows;
    let keyed = rows.iter().map(|row| {
        let text = |n: usize| show(&row[n]);
        let list =
            |n: usize, seen: usize| if text(seen) == "seen" { text(n) } else { "-".to_owned() };
        let new = Row {
            outcome: text(2),
            state: text(3),
            before: list(4, 9),
            after: list(5, 10),
            version: text(6),
            chain: text(7),
            speaks: text(8),
        };
        ((text(0), text(1)), new)
    });
    keyed.collect()
}
