//! Captures of two public test suites against what these, and tshark, say is in them.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

use tlscensus_testkit::expected;
use tlscensus_testkit::expected::Exceptions;
use tlscensus_testkit::expected::ExpectedRow;
use tlscensus_testkit::expected::Report;

use crate::support::monitor;
use crate::support::seen;
use crate::support::watch;

/// Where they are looked for, beside the checkout.
const CORPUS: &str = "../../../shared/corpus/passive";
/// Captures in which a packet's header is damaged; what stands before it counts.
const DAMAGED: [&str; 2] = [
    "suricata-verify/bug-1450-04/tls_DER-incomplete-header.pcap",
    "suricata-verify/bug-1450-05/tls_DER-incomplete-content.pcap",
];

#[test]
fn what_others_say_is_in_their_captures_is_found_there() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(CORPUS);
    let Ok(text) = std::fs::read_to_string(folder.join("expected.tsv")) else {
        // Not there in CI either: the project builds and tests without it.
        return say(&format!("SKIPPED: {} is not there", folder.display()));
    };
    let rows = expected::rows(&text).unwrap();
    let mut monitor = monitor(1);
    // What others say of losses is about whole connections.
    monitor.flows.count_to_end = true;
    let report = Report::of(&folder, &rows, |path| {
        let (watched, read) = watch(&monitor, path);
        let damaged = DAMAGED.iter().any(|known| path.ends_with(known));
        assert_eq!(read.is_err(), damaged, "{}: {read:?}", path.display());
        seen(&watched)
    });
    say(&report.to_string());
    say(&by_class(&rows, &report));
    let exceptions = Exceptions::read(include_str!("../../testdata/exceptions.tsv")).unwrap();
    let complaints = report.complaints(&exceptions);
    assert!(complaints.is_empty(), "{} complaints:\n{}", complaints.len(), complaints.join("\n"));
    let [agree, _, _] = report.totals();
    assert!(agree > 1800, "only {agree} pairs were compared at all");
}

/// Rows, and pairs that agree, disagree and cannot be checked, for each class.
fn by_class(rows: &[ExpectedRow], report: &Report) -> String {
    let mut classes: BTreeMap<&str, [usize; 4]> = BTreeMap::new();
    let mut of_trace = BTreeMap::new();
    for row in rows {
        classes.entry(row.class()).or_default()[0] += 1;
        of_trace.entry((&row.trace, &row.origin_test)).or_insert_with(|| row.class());
    }
    for finding in report.findings() {
        let class = of_trace[&(&finding.trace, &finding.origin_test)];
        let place = match finding.verdict {
            expected::Verdict::Agrees => 1,
            expected::Verdict::Disagrees(_) => 2,
            expected::Verdict::NotCheckable(_) => 3,
        };
        classes.entry(class).or_default()[place] += 1;
    }
    let mut text = format!(
        "{:24} {:>6} {:>6} {:>9} {:>13}\n",
        "class", "rows", "agree", "disagree", "not checkable"
    );
    for (class, [rows, agree, disagree, not]) in classes {
        text += &format!("{class:24} {rows:6} {agree:6} {disagree:9} {not:13}\n");
    }
    text
}

/// Past the capturing of tests: what was skipped, and how much was compared, is to be seen.
fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}
