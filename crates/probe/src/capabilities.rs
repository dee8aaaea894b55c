//! What an enumeration found out, as rows.

use tlscensus_records::CapabilityCoverage;
use tlscensus_records::CapabilityDecides;
use tlscensus_records::CapabilityEvidence;
use tlscensus_records::CapabilityKind;
use tlscensus_records::CapabilityResumption;
use tlscensus_records::CapabilityRow;
use tlscensus_records::CapabilityVerdict;
use tlscensus_records::ProbeRow;
use tlscensus_records::Sha256;
use tlscensus_tls_client::Carrier;
use tlscensus_tls_client::enumerate::Coverage;
use tlscensus_tls_client::enumerate::Decides;
use tlscensus_tls_client::enumerate::Era;
use tlscensus_tls_client::enumerate::Evidence;
use tlscensus_tls_client::enumerate::Facts;
use tlscensus_tls_client::enumerate::Found;
use tlscensus_tls_client::enumerate::ListFacts;
use tlscensus_tls_client::enumerate::Resumption;
use tlscensus_tls_client::enumerate::Reuse;
use tlscensus_tls_client::enumerate::Verdict;
use tlscensus_tls_wire::registry::Ssl2CipherKind;
use tlscensus_tls_wire::registry::Version;

use crate::again::Unasked;
use crate::enumerate::Findings;

/// One row for each fact about the endpoint of this probe.
pub(crate) fn rows(probe: &ProbeRow, findings: &Findings) -> Vec<CapabilityRow> {
    let facts = &findings.facts;
    let blank = CapabilityRow {
        run_id: probe.run_id.clone(),
        target: probe.target.clone(),
        addr: probe.addr.clone(),
        port: probe.port,
        protocol: probe.protocol.clone(),
        ..CapabilityRow::default()
    };
    let mut rows = vec![CapabilityRow {
        kind: CapabilityKind::Enumeration,
        count: Some(facts.asked),
        ended: Some(findings.unasked.map_or_else(|| facts.ended.word(), Unasked::word).to_owned()),
        ..blank.clone()
    }];
    let mut about = About { blank, rows: &mut rows };
    about.versions(facts);
    about.ssl2(findings);
    about.lists(facts);
    about.single(facts);
    about.sessions(facts);
    about.reuse(facts);
    rows
}

/// Rows about one endpoint.
struct About<'a> {
    blank: CapabilityRow,
    rows: &'a mut Vec<CapabilityRow>,
}

impl About<'_> {
    fn add(&mut self, kind: CapabilityKind, fill: impl FnOnce(&mut CapabilityRow)) {
        let mut row = CapabilityRow { kind, ..self.blank.clone() };
        fill(&mut row);
        self.rows.push(row);
    }

    fn versions(&mut self, facts: &Facts) {
        for version in &facts.versions {
            let scope = version.version.to_string();
            self.add(CapabilityKind::Version, |row| {
                row.version = Some(scope.clone());
                row.code = Some(u32::from(version.version.0));
                row.name = Some(scope.clone());
                row.verdict = Some(verdict(version.support));
            });
            let kinds = (CapabilityKind::SuiteList, CapabilityKind::Suite);
            let code = |suite: &tlscensus_tls_wire::registry::CipherSuite| u32::from(suite.0);
            self.list(kinds, Some(&scope), None, &version.suites, code);
        }
    }

    /// A server of SSL 2 says what it takes and leaves the choice to the client.
    fn ssl2(&mut self, findings: &Findings) {
        let scope = Version::SSL_2.to_string();
        self.add(CapabilityKind::Version, |row| {
            row.version = Some(scope.clone());
            row.code = Some(u32::from(Version::SSL_2.0));
            row.name = Some(scope.clone());
            row.verdict = Some(verdict(findings.ssl2));
        });
        if findings.ssl2 != Verdict::Supported {
            return;
        }
        let declared = |cipher: &Ssl2CipherKind| Found {
            item: *cipher,
            evidence: Evidence::Declared,
            rank: None,
        };
        let ciphers = ListFacts {
            found: findings.ssl2_ciphers.iter().map(declared).collect(),
            unknown: Vec::new(),
            coverage: Coverage::Complete,
            decides: match findings.ssl2_ciphers.len() {
                0 | 1 => Decides::Moot,
                _ => Decides::Client,
            },
        };
        let kinds = (CapabilityKind::SuiteList, CapabilityKind::Suite);
        self.list(kinds, Some(&scope), None, &ciphers, |cipher| cipher.0);
    }

    fn lists(&mut self, facts: &Facts) {
        for (era, groups) in &facts.groups {
            let kinds = (CapabilityKind::GroupList, CapabilityKind::Group);
            self.list(kinds, Some(era_word(*era)), None, groups, |group| u32::from(group.0));
        }
        for (era, kind, schemes) in &facts.schemes {
            let kinds = (CapabilityKind::SchemeList, CapabilityKind::Scheme);
            let (scope, name) = (Some(era_word(*era)), Some(kind.word()));
            self.list(kinds, scope, name, schemes, |scheme| u32::from(scheme.0));
        }
        let kinds = (CapabilityKind::ProtocolList, CapabilityKind::Protocol);
        self.list(kinds, None, None, &facts.protocols, |_| 0);
    }

    /// A row for the list, and one for each thing in it.
    fn list<T: Copy + std::fmt::Display>(
        &mut self,
        (list, item): (CapabilityKind, CapabilityKind),
        scope: Option<&str>,
        name: Option<&str>,
        facts: &ListFacts<T>,
        code: impl Fn(&T) -> u32,
    ) {
        self.add(list, |row| {
            row.version = scope.map(str::to_owned);
            row.name = name.map(str::to_owned);
            row.coverage = CapabilityCoverage::from_word(facts.coverage.word());
            row.decides = CapabilityDecides::from_word(facts.decides.word());
            row.count = u32::try_from(facts.unknown.len()).ok();
            row.found = u32::try_from(facts.found.len()).ok();
        });
        for found in &facts.found {
            let code = code(&found.item);
            self.add(item, |row| {
                row.version = scope.map(str::to_owned);
                row.code = (code != 0).then_some(code);
                row.name = Some(found.item.to_string());
                row.verdict = Some(CapabilityVerdict::Supported);
                row.evidence = CapabilityEvidence::from_word(found.evidence.word());
                row.rank = found.rank.and_then(|rank| u16::try_from(rank).ok());
            });
        }
    }

    fn sessions(&mut self, facts: &Facts) {
        for (carrier, known) in facts.resumption {
            let era = match carrier {
                Carrier::PreSharedKey => Era::Tls13,
                Carrier::Identifier | Carrier::Ticket => Era::Legacy,
            };
            self.add(CapabilityKind::Resumption, |row| {
                row.version = Some(era_word(era).to_owned());
                row.name = Some(carrier.word().to_owned());
                row.verdict = Some(resumption_verdict(known));
                row.resumption = CapabilityResumption::from_word(known.word());
            });
        }
    }

    fn reuse(&mut self, facts: &Facts) {
        for Reuse { value, seen, distinct } in &facts.reuse {
            self.add(CapabilityKind::Reuse, |row| {
                row.name = Some(value.word().to_owned());
                row.verdict = Some(match (seen, distinct) {
                    (0 | 1, _) => CapabilityVerdict::Unknown,
                    _ if distinct < seen => CapabilityVerdict::Supported,
                    _ => CapabilityVerdict::Absent,
                });
                row.count = Some(*seen);
                row.distinct_values = Some(*distinct);
            });
        }
    }

    fn single(&mut self, facts: &Facts) {
        for (kind, known) in &facts.certificates {
            let chains = facts.chains.iter().filter(|(of, _)| of == kind);
            let mut chains: Vec<Option<Vec<Sha256>>> = chains
                .map(|(_, chain)| Some(chain.iter().map(|der| Sha256::of(der)).collect()))
                .collect();
            if chains.is_empty() {
                chains.push(None);
            }
            for chain in chains {
                self.add(CapabilityKind::Certificate, |row| {
                    row.name = Some(kind.word().to_owned());
                    row.verdict = Some(verdict(*known));
                    row.cert_sha256 = chain.as_ref().and_then(|chain| chain.first().copied());
                    row.chain = chain;
                });
            }
        }
        let share = ("offered-share-wins", facts.takes_offered_share);
        let fatal = match (facts.unknown_protocol_is_fatal, facts.protocols.unknown.is_empty()) {
            (true, _) => Verdict::Supported,
            (false, true) => Verdict::Absent,
            (false, false) => Verdict::Unknown,
        };
        let flags = facts.flags.iter().map(|(flag, known)| (flag.word(), *known));
        for (name, known) in flags.chain([share, ("unknown-protocol-fatal", fatal)]) {
            self.add(CapabilityKind::Flag, |row| {
                row.name = Some(name.to_owned());
                row.verdict = Some(verdict(known));
            });
        }
        for (suite, bits) in &facts.dh_bits {
            self.add(CapabilityKind::FiniteField, |row| {
                row.code = Some(*bits);
                row.name = Some(suite.to_string());
                row.verdict = Some(CapabilityVerdict::Supported);
            });
        }
        for (aim, outcome) in &facts.openings_failed {
            self.add(CapabilityKind::FailedOpening, |row| {
                row.name = Some(aim.to_string());
                row.ended = Some(outcome.to_string());
            });
        }
    }
}

fn resumption_verdict(known: Resumption) -> CapabilityVerdict {
    match known {
        Resumption::Accepted => CapabilityVerdict::Supported,
        Resumption::NoVersion | Resumption::NotOffered | Resumption::Refused => {
            CapabilityVerdict::Absent
        }
        Resumption::Offered | Resumption::Unasked | Resumption::Unreached => {
            CapabilityVerdict::Unknown
        }
    }
}

fn era_word(era: Era) -> &'static str {
    match era {
        Era::Legacy => "before TLS 1.3",
        Era::Tls13 => "TLS 1.3",
    }
}

fn verdict(verdict: Verdict) -> CapabilityVerdict {
    match verdict {
        Verdict::Supported => CapabilityVerdict::Supported,
        Verdict::Absent => CapabilityVerdict::Absent,
        Verdict::Unknown => CapabilityVerdict::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use tlscensus_tls_client::enumerate::Enumeration;

    use super::*;

    #[test]
    fn every_word_has_its_column_word() {
        for word in [Coverage::Complete, Coverage::Inferred, Coverage::Partial, Coverage::Unasked] {
            assert!(CapabilityCoverage::from_word(word.word()).is_some());
        }
        for word in [Evidence::Chosen, Evidence::Declared, Evidence::Inferred] {
            assert!(CapabilityEvidence::from_word(word.word()).is_some());
        }
        for word in Resumption::ALL {
            assert!(CapabilityResumption::from_word(word.word()).is_some());
        }
        use Decides::*;
        for word in [Client, Mixed, Moot, Server, Unknown] {
            assert!(CapabilityDecides::from_word(word.word()).is_some());
        }
    }

    #[test]
    fn who_was_asked_nothing_has_nothing_but_unknowns() {
        let facts = Enumeration::new(0, &[]).facts();
        let findings =
            Findings { facts, unasked: None, ssl2: Verdict::Unknown, ssl2_ciphers: Vec::new() };
        let rows = rows(&ProbeRow::default(), &findings);
        assert_eq!(rows.iter().filter(|row| row.kind == CapabilityKind::Version).count(), 6);
        for row in rows {
            let known = row.verdict.filter(|verdict| *verdict != CapabilityVerdict::Unknown);
            assert!(
                known.is_none() || row.name.as_deref() == Some("unknown-protocol-fatal"),
                "{row:?}"
            );
        }
    }
}
