//! T04 to T07 as far as servers choose: the whole tables, from the truth.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::collections::BTreeSet;

use tlscensus_analysis::Engine;
use tlscensus_lab as lab;
use tlscensus_lab::TruthRow;
use tlscensus_records::registry::CipherSuite;
use tlscensus_records::registry::NamedGroup;

use super::cells::Line;
use super::cells::Lines;
use super::cells::blocks;
use super::cells::held_together;
use super::cells::lines;

/// T05: the row of the rest, and how many suites have a row of their own.
const OTHER_SUITES: &str = "(other suites)";
const SUITES_SHOWN: usize = 20;
/// The groups of which our first hellos carry a share; a server of TLS 1.3 that wants another one asks again.
const SHARES: [&str; 2] = ["X25519MLKEM768", "x25519"];
/// Versions with their column in T04 and T04c, and their code point.
pub(super) const VERSIONS: [(&str, &str, u16); 6] = [
    ("SSL 2", "ssl2", 0x0002),
    ("SSL 3", "ssl3", 0x0300),
    ("TLS 1.0", "tls10", 0x0301),
    ("TLS 1.1", "tls11", 0x0302),
    ("TLS 1.2", "tls12", 0x0303),
    ("TLS 1.3", "tls13", 0x0304),
];

pub(super) fn differences(engine: &Engine, truth: &[TruthRow]) -> Vec<String> {
    let tables: [(&str, &[&str], Lines); 7] = [
        ("T04", &["protocol"], t04(truth)),
        ("T04b", &["protocol", "version"], t04b(truth)),
        ("T05", &["protocol", "suite"], t05(truth)),
        ("T05b", &["protocol"], t05b(truth)),
        ("T06", &["prime_sha256"], t06(truth)),
        ("T06b", &["protocol"], t06b(truth)),
        ("T07", &["protocol", "group_name"], t07(truth)),
    ];
    let tables = tables.into_iter();
    tables
        .flat_map(|(id, keys, expected)| held_together(id, &lines(engine, id, keys), &expected))
        .collect()
}

fn number(items: impl Iterator) -> u64 {
    u64::try_from(items.count()).unwrap()
}

fn of_block<'a>(truth: &'a [TruthRow], block: &str) -> Vec<&'a TruthRow> {
    truth.iter().filter(|row| block == "all" || row.service == block).collect()
}

fn block_names(truth: &[TruthRow]) -> BTreeSet<String> {
    truth.iter().map(|row| row.service.clone()).chain(["all".to_owned()]).collect()
}

fn t04(truth: &[TruthRow]) -> Lines {
    let versions = blocks(truth, lab::versions);
    let ssl2 = blocks(truth, lab::ssl2);
    let line = |block: String| {
        let rows = of_block(truth, &block);
        let completed = number(rows.iter().filter(|row| row.tls_completed));
        let open = rows.iter().filter(|row| row.tcp == lab::Tcp::Open);
        let chosen = number(rows.iter().filter(|row| row.chosen.is_some()));
        let mut line = Line::of_block(&block)
            .with("endpoints", rows.len())
            .share("completed", completed, ("endpoints", number(rows.iter())))
            .share("drafts", 0, ("completed", completed))
            .share("other", 0, ("completed", completed))
            .with("ssl2", ssl2[&block])
            .with("chosen_not_completed", chosen - completed - ssl2[&block])
            .with("not_negotiated", number(open.clone()) - chosen)
            .with("no_tcp", number(rows.iter()) - number(open));
        for (name, column, _) in VERSIONS.iter().skip(1) {
            let count = versions[&block].get(*name).copied().unwrap_or_default();
            line = line.share(column, count, ("completed", completed));
        }
        (block, line)
    };
    block_names(truth).into_iter().map(line).collect()
}

fn t04b(truth: &[TruthRow]) -> Lines {
    let mut expected = Lines::new();
    for block in block_names(truth).into_iter().filter(|block| block != "all") {
        let rows = of_block(truth, &block);
        let all = number(rows.iter().filter(|row| row.tls_completed));
        for (name, _, code) in VERSIONS {
            let chose = |row: &&&TruthRow| row.chosen.as_ref().is_some_and(|c| c.version == name);
            let chosen: Vec<_> = rows.iter().filter(chose).collect();
            let completed = number(chosen.iter().filter(|row| row.tls_completed));
            let line = Line::of_block(&block).with("version", name).with("code", code);
            let line =
                line.with("chosen", chosen.len()).share("completed", completed, ("all", all));
            if !chosen.is_empty() {
                expected.insert(format!("{block}/{name}"), line);
            }
        }
    }
    expected
}

fn suite_code(name: &str) -> u16 {
    CipherSuite::ENTRIES.iter().find(|(_, known)| *known == name).unwrap().0
}

/// T05 shows the most frequent suites of each service, and the rest in one row.
fn t05(truth: &[TruthRow]) -> Lines {
    let mut expected = Lines::new();
    for (block, suites) in blocks(truth, lab::suites) {
        let all = sum(suites.values());
        let mut suites: Vec<_> = suites.into_iter().collect();
        suites.sort_by_key(|(name, reached)| (Reverse(reached.chosen), suite_code(name)));
        let rest = suites.split_off(suites.len().min(SUITES_SHOWN));
        let mut rows: Vec<_> = suites
            .into_iter()
            .map(|(name, reached)| (suite_code(&name).to_string(), name, reached))
            .collect();
        if !rest.is_empty() {
            let others = sum(rest.iter().map(|(_, reached)| reached));
            rows.push((String::new(), OTHER_SUITES.to_owned(), others));
        }
        for (code, name, reached) in rows {
            let line = Line::of_block(&block)
                .with("suite", &name)
                .with("code", code)
                .share("chosen", reached.chosen, ("all", all.chosen))
                .share("completed", reached.completed, ("all", all.completed));
            expected.insert(format!("{block}/{name}"), line);
        }
    }
    expected
}

fn sum<'a>(all: impl Iterator<Item = &'a lab::Reached>) -> lab::Reached {
    all.fold(lab::Reached::default(), |sum, one| lab::Reached {
        chosen: sum.chosen + one.chosen,
        completed: sum.completed + one.completed,
    })
}

fn t05b(truth: &[TruthRow]) -> Lines {
    let line = |(block, properties): (String, BTreeMap<&'static str, u64>)| {
        let chosen = properties["chosen"];
        let mut line = Line::of_block(&block).with("chosen", chosen);
        for (name, count) in properties.into_iter().filter(|(name, _)| *name != "chosen") {
            line = line.share(name, count, ("chosen", chosen));
        }
        (block, line)
    };
    blocks(truth, lab::suite_properties).into_iter().map(line).collect()
}

fn t06(truth: &[TruthRow]) -> Lines {
    let fields = truth
        .iter()
        .filter(|row| row.chosen.as_ref().is_some_and(|chosen| chosen.dh_prime_sha256.is_some()));
    let endpoints = number(fields.clone());
    let hosts = number(fields.clone().map(|row| row.addr).collect::<BTreeSet<_>>().into_iter());
    let users = lab::finite_fields(truth);
    let mut expected = Lines::new();
    for chosen in fields.filter_map(|row| row.chosen.as_ref()) {
        let sha256 = chosen.dh_prime_sha256.clone().unwrap();
        let custom = || format!("custom {}", &sha256[..16]);
        let users = users[&sha256];
        let safe = match chosen.dh_safe {
            Some(true) => "yes",
            Some(false) => "no",
            None => "unknown",
        };
        let line = Line::default()
            .with("bits", chosen.dh_bits.unwrap())
            .with("prime", chosen.dh_known_as.clone().unwrap_or_else(custom))
            .with("prime_sha256", &sha256)
            .with("safe", safe)
            // In TLS 1.3 the field is named, and no generator is sent.
            .with("generators", if chosen.version == "TLS 1.3" { "" } else { "02" })
            .share("hosts", users.hosts, ("dhe", hosts))
            .share("endpoints", users.endpoints, ("dhe", endpoints))
            .with("services", users.services)
            .with("public_values", users.public_values);
        expected.insert(sha256, line);
    }
    expected
}

fn t06b(truth: &[TruthRow]) -> Lines {
    let chosen = blocks(truth, lab::suite_properties);
    let line = |(block, sizes): (String, lab::Sizes)| {
        let chosen = chosen[&block]["chosen"];
        let mut line = Line::of_block(&block).with("chosen", chosen).share(
            "dhe",
            sizes.dhe,
            ("chosen", chosen),
        );
        for (column, count) in [
            ("to_512", sizes.to_512),
            ("to_1024", sizes.to_1024),
            ("to_2047", sizes.to_2047),
            ("at_2048", sizes.at_2048),
            ("above_2048", sizes.above_2048),
            ("reused", sizes.reused),
        ] {
            line = line.share(column, count, ("dhe", sizes.dhe));
        }
        (block, line)
    };
    blocks(truth, lab::finite_field_sizes).into_iter().map(line).collect()
}

fn t07(truth: &[TruthRow]) -> Lines {
    let mut expected = Lines::new();
    for (block, groups) in blocks(truth, lab::groups) {
        let all = sum(groups.values()).chosen;
        for (name, reached) in groups {
            let asked_again = of_block(truth, &block).into_iter().filter(|row| {
                let chosen = row.chosen.as_ref().filter(|chosen| chosen.version == "TLS 1.3");
                let group = chosen.and_then(|chosen| chosen.group.as_deref());
                group == Some(name.as_str()) && !SHARES.contains(&name.as_str())
            });
            let line = Line::of_block(&block)
                .with("group_name", &name)
                .with("code", group_code(&name))
                .with("kind", group_kind(&name))
                .share("chosen", reached.chosen, ("all", all))
                .share("completed", reached.completed, ("chosen", reached.chosen))
                .with("retried", number(asked_again))
                // Every server of the lab that has a group makes a new value for each handshake.
                .with("reused", 0);
            expected.insert(format!("{block}/{name}"), line);
        }
    }
    expected
}

pub(super) fn group_code(name: &str) -> u16 {
    NamedGroup::ENTRIES.iter().find(|(_, known)| *known == name).unwrap().0
}

fn group_kind(name: &str) -> &'static str {
    match name {
        _ if name.starts_with("sect") => "binary curve",
        _ if name.starts_with("ffdhe") => "finite field",
        _ if name.contains("MLKEM") => "hybrid",
        _ => "curve",
    }
}
