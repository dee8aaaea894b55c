//! All findings together: counts, the disagreements, and what is wrong with them after the exceptions.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::fmt;
use std::path::Path;

use super::exceptions::Exceptions;
use super::file::ExpectedRow;
use super::judge::Finding;
use super::judge::Verdict;
use super::judge::judge;
use super::seen::Seen;

/// Findings of many rows. A capture that several tests use says the same of itself each time, which counts once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    findings: Vec<Finding>,
    known: BTreeSet<(String, String, String)>,
}

/// How many pairs agree, disagree, and cannot be checked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Counts {
    agree: usize,
    disagree: usize,
    not_checkable: usize,
}

impl Report {
    /// Judges all rows of a file: each capture, a path below the folder, is given to the monitor once.
    pub fn of(folder: &Path, rows: &[ExpectedRow], mut monitor: impl FnMut(&Path) -> Seen) -> Self {
        let mut seen: BTreeMap<&str, Seen> = BTreeMap::new();
        let mut report = Self::default();
        for row in rows {
            let found = seen.entry(&row.trace).or_insert_with(|| monitor(&folder.join(&row.trace)));
            report.add(judge(row, found));
        }
        report
    }

    /// Adds the findings of a row.
    pub fn add(&mut self, findings: Vec<Finding>) {
        for finding in findings {
            let known = (finding.trace.clone(), finding.key.clone(), finding.value.clone());
            // The number of a check is its test's own.
            let own = finding.key.starts_with("chk");
            if own || self.known.insert(known) {
                self.findings.push(finding);
            }
        }
    }

    /// All findings.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// How many pairs agree, disagree, and cannot be checked.
    pub fn totals(&self) -> [usize; 3] {
        let counts = count(self.findings.iter());
        [counts.agree, counts.disagree, counts.not_checkable]
    }

    /// What is wrong: disagreements without an exception, exceptions for what agrees, exceptions for nothing.
    pub fn complaints(&self, exceptions: &Exceptions) -> Vec<String> {
        let mut complaints = Vec::new();
        for finding in &self.findings {
            let Verdict::Disagrees(found) = &finding.verdict else { continue };
            if !exceptions.iter().any(|one| one.is_about(&finding.trace, &finding.key)) {
                complaints.push(format!(
                    "{} ({}): {} should be {}, found {found}",
                    finding.trace, finding.origin_test, finding.key, finding.value
                ));
            }
        }
        for exception in exceptions.iter() {
            let mut about = self
                .findings
                .iter()
                .filter(|finding| exception.is_about(&finding.trace, &finding.key))
                .peekable();
            let what =
                format!("exception {} {} ({})", exception.trace, exception.key, exception.reason);
            if about.peek().is_none() {
                complaints.push(format!("{what}: nothing is expected there"));
            } else if !about.any(|finding| matches!(finding.verdict, Verdict::Disagrees(_))) {
                complaints.push(format!("{what}: agrees by now"));
            }
        }
        complaints
    }
}

/// A table: each kind of key with its counts, then why pairs cannot be checked.
impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut kinds: BTreeMap<String, Vec<&Finding>> = BTreeMap::new();
        let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
        for finding in &self.findings {
            kinds.entry(kind(&finding.key)).or_default().push(finding);
            if let Verdict::NotCheckable(reason) = finding.verdict {
                *reasons.entry(reason).or_default() += 1;
            }
        }
        writeln!(
            formatter,
            "{:36} {:>6} {:>9} {:>13}",
            "key", "agree", "disagree", "not checkable"
        )?;
        for (kind, findings) in kinds {
            let counts = count(findings.into_iter());
            line(formatter, &kind, counts)?;
        }
        line(formatter, "all", count(self.findings.iter()))?;
        for (reason, count) in reasons {
            writeln!(formatter, "not checkable: {count:5} {reason}")?;
        }
        Ok(())
    }
}

fn line(formatter: &mut fmt::Formatter<'_>, kind: &str, counts: Counts) -> fmt::Result {
    let Counts { agree, disagree, not_checkable } = counts;
    writeln!(formatter, "{kind:36} {agree:6} {disagree:9} {not_checkable:13}")
}

/// A key without its numbers.
fn kind(key: &str) -> String {
    let (front, rest) =
        key.split_once('.').map_or((key, None), |(front, rest)| (front, Some(rest)));
    let front = front.trim_end_matches(|letter: char| letter.is_ascii_digit());
    let front = if key.starts_with("x509_") { "x509" } else { front };
    rest.map_or_else(|| front.to_owned(), |rest| format!("{front}.{rest}"))
}

fn count<'a>(findings: impl Iterator<Item = &'a Finding>) -> Counts {
    let mut counts = Counts::default();
    for finding in findings {
        match finding.verdict {
            Verdict::Agrees => counts.agree += 1,
            Verdict::Disagrees(_) => counts.disagree += 1,
            Verdict::NotCheckable(_) => counts.not_checkable += 1,
        }
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(key: &str, verdict: Verdict) -> Finding {
        let [trace, origin_test, value] = ["a.pcap", "t", "v"].map(str::to_owned);
        Finding { trace, origin_test, key: key.to_owned(), value, verdict }
    }

    fn report() -> Report {
        let mut report = Report::default();
        let wrong = || Verdict::Disagrees("x".to_owned());
        report.add(vec![finding("ssl.version", Verdict::Agrees), finding("ssl1.curve", wrong())]);
        report.add(vec![
            finding("ssl.version", Verdict::Agrees),
            finding("weird", Verdict::NotCheckable("y")),
        ]);
        report
    }

    #[test]
    fn pairs_are_counted_once_and_by_kind() {
        let report = report();
        assert_eq!(report.totals(), [1, 1, 1]);
        let text = report.to_string();
        assert!(text.contains("ssl.curve") && text.contains("not checkable:     1 y"), "{text}");
    }

    #[test]
    fn an_unexpected_pass_is_a_complaint_as_well() {
        let complaints = |text: &str| report().complaints(&Exceptions::read(text).unwrap());
        assert_eq!(complaints("").len(), 1);
        assert_eq!(complaints("a.pcap\tssl1.curve\tz\n"), Vec::<String>::new());
        let passes = complaints("a.pcap\tssl1.*\tz\na.pcap\tssl.version\tz\n");
        assert_eq!(passes, ["exception a.pcap ssl.version (z): agrees by now"]);
        let nothing = complaints("a.pcap\tssl1.*\tz\nb.pcap\tssl.version\tz\n");
        assert_eq!(nothing, ["exception b.pcap ssl.version (z): nothing is expected there"]);
    }
}
