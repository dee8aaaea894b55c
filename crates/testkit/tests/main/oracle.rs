//! tshark's reading of the corpus against the values that the corpus says are tshark's: both readers are right, or both wrong.

use std::collections::BTreeSet;
use std::path::Path;
use std::path::PathBuf;

use tlscensus_testkit::expected;
use tlscensus_testkit::expected::Report;
use tlscensus_testkit::expected::Seen;
use tlscensus_testkit::expected::SeenFlow;
use tlscensus_testkit::expected::SeenOffer;
use tlscensus_testkit::expected::Verdict;
use tlscensus_testkit::tshark;
use tlscensus_testkit::tshark::NoAnswer;
use tlscensus_testkit::tshark::Stream;

use crate::skip;

/// Captures of others, beside the checkout where there are any.
fn corpus() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus/passive");
    folder.join("expected.tsv").exists().then_some(folder)
}

#[test]
fn the_corpus_is_read_and_every_pair_is_judged() {
    let Some(folder) = corpus() else {
        // Not there in CI either: the project builds and tests without it.
        return say("SKIPPED: no corpus of captures beside the checkout");
    };
    let text = std::fs::read_to_string(folder.join("expected.tsv")).unwrap();
    let rows = expected::rows(&text).unwrap();
    let mut captures = 0;
    let report = Report::of(&folder, &rows, |capture| {
        assert!(capture.exists(), "{}", capture.display());
        captures += 1;
        Seen::default()
    });
    assert!(captures > 150 && captures < rows.len(), "{captures}");
    let [agree, disagree, not_checkable] = report.totals();
    assert!(rows.len() > 300 && disagree > 2000, "{report}");
    // A handful agrees with nothing: chains of length 0, counts of 0.
    assert!(agree < 200 && not_checkable < disagree, "{report}");
    say(&format!("where nothing is found:\n{report}"));
}

#[test]
fn tshark_agrees_with_itself() {
    let Some(folder) = corpus() else {
        return say("SKIPPED: no corpus of captures beside the checkout");
    };
    let text = std::fs::read_to_string(folder.join("expected.tsv")).unwrap();
    let mut report = Report::default();
    let mut read = BTreeSet::new();
    for row in expected::rows(&text).unwrap() {
        let name = row.trace.rsplit('/').next().unwrap_or_default();
        if !READ.contains(&name) || !read.insert(row.trace.clone()) {
            continue;
        }
        let streams = match tshark::streams(&folder.join(&row.trace), &[]) {
            Ok(streams) => streams,
            Err(NoAnswer::Missing) => return skip("tshark is not installed"),
            Err(error) => panic!("{}: {error}", row.trace),
        };
        let seen = Seen { flows: streams.iter().map(flow).collect(), certificates: Vec::new() };
        let mut findings = expected::judge(&row, &seen);
        let wanted = [
            "sni",
            "ja3",
            "ja3s",
            "sh_version",
            "sh_cipher",
            "ske_curve",
            "ske_dh_p_bits",
            "ch_n_ciphers",
        ];
        findings.retain(|finding| {
            let (prefix, key) = finding.key.split_once('.').unwrap_or_default();
            prefix.starts_with("ts") && wanted.contains(&key)
        });
        report.add(findings);
    }
    let wrong: Vec<_> = report
        .findings()
        .iter()
        .filter(|finding| matches!(finding.verdict, Verdict::Disagrees(_)))
        .collect();
    let [agree, ..] = report.totals();
    assert_eq!(read.len(), READ.len(), "{read:?}");
    assert!(agree > 60, "{report}");
    assert_eq!(wrong.len(), 0, "{report}\n{wrong:#?}");
}

/// Upgrades of mail and chat, several records in a stream and several streams, a retry, certificates of both sides: tshark takes
/// a second for each, which is why it is not all of them.
const READ: [&str; 9] = [
    "client-certificate.pcap",
    "dhe.pcap",
    "google-duplicate.pcap",
    "hrr.pcap",
    "imap-starttls.pcap",
    "pop3-starttls.pcap",
    "tls13draft16-ff52.a01.pcap",
    "tls1_1.pcap",
    "xmpp-starttls.pcap",
];

fn flow(stream: &Stream) -> SeenFlow {
    let named = |code| (code, String::new());
    let mut flow = SeenFlow::new(stream.server);
    flow.tls = true;
    flow.version = stream.version;
    flow.suite = stream.suite.map(named);
    flow.group = stream.group.map(named);
    flow.dh_bits = stream.dh_bits;
    flow.sni = stream.sni.clone();
    flow.ja3 = stream.ja3.clone();
    flow.ja3s = stream.ja3s.clone();
    flow.chain = Some(stream.chain.clone());
    let suites = stream.offer_suites.clone();
    let version = stream.offer_version;
    flow.offer = Some(SeenOffer { suites, version, ..SeenOffer::default() });
    flow
}

#[expect(clippy::print_stderr, reason = "a skipped test says so")]
fn say(what: &str) {
    eprintln!("{what}");
}
