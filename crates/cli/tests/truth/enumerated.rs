//! T04c, T05c, T05d and T07b, which an enumeration fills: the whole tables from the truth, and its rows one by one.

use std::collections::BTreeMap;

use tlscensus_analysis::Engine;
use tlscensus_lab as lab;
use tlscensus_lab::Decider;
use tlscensus_lab::TruthRow;
use tlscensus_records::registry::CipherSuite;
use tlscensus_records::registry::Ssl2CipherKind;

use super::cells::Line;
use super::cells::Lines;
use super::cells::blocks;
use super::cells::held_together;
use super::cells::lines;
use super::negotiated::VERSIONS;
use super::negotiated::group_code;
use crate::support::show;

pub(super) fn differences(engine: &Engine, truth: &[TruthRow]) -> Vec<String> {
    let tables: [(&str, &[&str], Lines); 4] = [
        ("T04c", &["protocol"], t04c(truth)),
        ("T05c", &["protocol", "suite"], things(truth, "suites", "suite", suite_code)),
        ("T05d", &["protocol", "list", "version"], t05d(truth)),
        (
            "T07b",
            &["protocol", "group_name"],
            things(truth, "groups", "group_name", |name| group_code(name).into()),
        ),
    ];
    let tables = tables.into_iter();
    tables
        .flat_map(|(id, keys, expected)| held_together(id, &lines(engine, id, keys), &expected))
        .chain(rows(engine, truth))
        .collect()
}

fn t04c(truth: &[TruthRow]) -> Lines {
    let line = |(block, had): (String, lab::VersionsHad)| {
        let of = ("enumerated", had.enumerated);
        let mut line = Line::of_block(&block)
            .with("asked", had.asked)
            .share("enumerated", had.enumerated, ("asked", had.asked))
            .share("complete", had.complete, of)
            .share("only_old", had.only_old, of);
        for (name, column, _) in VERSIONS {
            line = line.share(column, had.versions.get(name).copied().unwrap_or_default(), of);
        }
        (block, line)
    };
    blocks(truth, lab::versions_had).into_iter().map(line).collect()
}

fn suite_code(name: &str) -> u32 {
    let tls = CipherSuite::ENTRIES.iter().map(|(code, name)| (u32::from(*code), *name));
    let ssl2 = Ssl2CipherKind::ENTRIES.iter().map(|(code, name)| (*code, *name));
    tls.chain(ssl2).find(|(_, known)| *known == name).unwrap().0
}

fn things(truth: &[TruthRow], list: &str, column: &str, code: impl Fn(&str) -> u32) -> Lines {
    let mut expected = Lines::new();
    for (block, things) in blocks(truth, |truth| lab::things_had(truth, list)) {
        for (name, had) in things {
            let line = Line::of_block(&block)
                .with(column, &name)
                .with("code", code(&name))
                .share("supported", had.supported, ("enumerated", had.enumerated))
                .share("favourite", had.favourite, ("supported", had.supported));
            expected.insert(format!("{block}/{name}"), line);
        }
    }
    expected
}

fn t05d(truth: &[TruthRow]) -> Lines {
    let mut expected = Lines::new();
    for (block, deciders) in blocks(truth, lab::deciders) {
        for ((list, version), line) in deciders {
            let of = ("lists", line.lists);
            let cells = Line::of_block(&block)
                .with("list", &list)
                .with("version", &version)
                .with("lists", line.lists)
                .share("server", line.server, of)
                .share("client", line.client, of)
                .with("moot", line.moot)
                .with("mixed", 0)
                .with("unknown", line.unknown);
            expected.insert(format!("{block}/{list}/{version}"), cells);
        }
    }
    expected
}

/// Everything that was found at one endpoint, by version or era: sorted names, and the first of the server's order.
type Found = BTreeMap<(String, String), (Vec<String>, String)>;

/// What tables do not show: schemes and protocols by name, and that each thing stands at its own endpoint.
fn rows(engine: &Engine, truth: &[TruthRow]) -> Vec<String> {
    let sql = "SELECT c.addr, c.protocol, c.kind, coalesce(c.version, 'any') AS version, c.name, c.rank \
               FROM capabilities c WHERE c.verdict = 'supported' \
               AND c.kind IN ('suite', 'group', 'scheme', 'protocol')";
    let mut endpoints: BTreeMap<(String, String), Found> = BTreeMap::new();
    for row in engine.query(sql).unwrap().rows {
        let text = |n: usize| show(&row[n]);
        let found = endpoints.entry((text(0), text(1))).or_default();
        let list = match text(2).as_str() {
            "suite" => "suites",
            "group" => "groups",
            "scheme" => "signature schemes",
            _ => "application protocols",
        };
        let (names, first) = found.entry((list.to_owned(), text(3))).or_default();
        names.push(text(4));
        names.sort();
        if text(5) == "0" {
            *first = text(4);
        }
    }
    let mut differences = Vec::new();
    for row in truth {
        let key = (row.addr.to_string(), row.service.clone());
        let found = endpoints.remove(&key).unwrap_or_default();
        let expected = expected(row);
        if found != expected {
            differences.push(format!(
                "capabilities of {key:?} ({}, {:?}):\n  expected {expected:?}\n  found    {found:?}",
                row.state, row.flavour
            ));
        }
    }
    differences.extend(endpoints.keys().map(|key| format!("capabilities of {key:?}: no such row")));
    differences
}

fn expected(row: &TruthRow) -> Found {
    let lists = row.repertoire.iter().flat_map(|has| &has.lists);
    let found = lists.map(|choices| {
        let mut names = choices.items.clone();
        let first = match choices.decides {
            Decider::Server => names[0].clone(),
            Decider::Client | Decider::Moot | Decider::Unknown => String::new(),
        };
        names.sort();
        ((choices.list.clone(), choices.version.clone()), (names, first))
    });
    found.collect()
}
