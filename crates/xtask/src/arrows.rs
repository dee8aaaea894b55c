//! The arrows between crates, against the table of rooms in ARCHITECTURE.md.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::path::Path;

use anyhow::Context;
use anyhow::Result;

use crate::source;

const PREFIX: &str = "tlscensus-";
/// The only crate that may name the query engine: everything else builds without it.
const ENGINE_ROOM: &str = "analysis";
const ENGINE: &str = "datafusion";
/// What the lints of a sans-IO crate forbid.
const SANS_IO: [&str; 4] = ["Instant::now", "net::TcpStream", "fs::File::open", "thread::spawn"];

/// Reads the table and every manifest; complains about arrows, sentences and crates that do not agree.
pub(crate) fn check(root: &Path) -> Result<()> {
    let rooms = table(&source::read(&root.join("ARCHITECTURE.md"))?);
    let mut complaints = Vec::new();
    let mut seen = BTreeSet::new();
    for manifest in source::files(&root.join("crates"), "toml")? {
        let text = source::read(&manifest)?;
        let parsed: toml::Table =
            text.parse().with_context(|| format!("parse {}", manifest.display()))?;
        let Some(package) = parsed.get("package").and_then(toml::Value::as_table) else {
            continue;
        };
        let name = package.get("name").and_then(toml::Value::as_str).unwrap_or_default();
        let room = name.strip_prefix(PREFIX).unwrap_or(name).to_owned();
        seen.insert(room.clone());
        match rooms.get(&room) {
            None => complaints.push(format!("{room}: not in ARCHITECTURE.md's table of rooms")),
            Some(entry) => {
                complaints.extend(check_sentence(&room, entry, package, &manifest)?);
                complaints.extend(check_arrows(&room, entry, &parsed));
                complaints.extend(check_sans_io(&room, entry, &manifest));
            }
        }
    }
    complaints.extend(
        rooms
            .keys()
            .filter(|room| !seen.contains(*room))
            .map(|room| format!("{room}: in the table, but there is no such crate")),
    );
    source::verdict("arrows", &complaints)
}

/// One row of the table of rooms.
#[derive(Debug, PartialEq, Eq)]
struct Room {
    sentence: String,
    may_name: BTreeSet<String>,
    all: bool,
    /// Marked `=`: no clock, socket, file or thread inside.
    sans_io: bool,
}

/// Rows of the form ``| `crate` = | its one sentence | names |``.
fn table(text: &str) -> BTreeMap<String, Room> {
    text.lines()
        .filter_map(|line| {
            let cells: Vec<_> = line.strip_prefix("| `")?.split('|').map(str::trim).collect();
            let [name, sentence, names, ..] = cells[..] else {
                return None;
            };
            let room = name.split('`').next()?.to_owned();
            let may_name: BTreeSet<_> = names
                .split(',')
                .map(|word| word.trim().trim_matches('`').to_owned())
                .filter(|word| !word.is_empty() && word != "–" && word != "all of the above")
                .collect();
            let all = names == "all of the above";
            let sans_io = name.ends_with('=');
            Some((room, Room { sentence: sentence.to_owned(), may_name, all, sans_io }))
        })
        .collect()
}

/// The table's sentence, the manifest's description and the crate's first line are one sentence.
fn check_sentence(
    room: &str,
    entry: &Room,
    package: &toml::Table,
    manifest: &Path,
) -> Result<Vec<String>> {
    let mut complaints = Vec::new();
    let description = package.get("description").and_then(toml::Value::as_str).unwrap_or_default();
    if description != entry.sentence {
        complaints.push(format!(
            "{room}: description {description:?} differs from the table's {:?}",
            entry.sentence
        ));
    }
    let folder = manifest.with_file_name("src");
    let lib = folder.join("lib.rs");
    let top = if lib.exists() { lib } else { folder.join("main.rs") };
    let text = source::read(&top)?;
    let first = text.lines().next().unwrap_or_default().trim_start_matches("//! ");
    if !same_sentence(first, &entry.sentence) && top.ends_with("lib.rs") {
        complaints.push(format!("{}: line 1 is not the table's sentence", top.display()));
    }
    Ok(complaints)
}

/// Equal but for the first letter's case and the full stop.
fn same_sentence(first: &str, sentence: &str) -> bool {
    let plain = |text: &str| text.trim_end_matches('.').to_lowercase();
    plain(first) == plain(sentence)
}

/// A sans-IO crate's own `clippy.toml` forbids the clock, sockets, files and threads.
fn check_sans_io(room: &str, entry: &Room, manifest: &Path) -> Option<String> {
    let rules = source::read(&manifest.with_file_name("clippy.toml")).unwrap_or_default();
    let missing = SANS_IO.iter().find(|word| !rules.contains(**word))?;
    entry.sans_io.then(|| format!("{room}: its clippy.toml does not forbid {missing}"))
}

fn check_arrows(room: &str, entry: &Room, manifest: &toml::Table) -> Vec<String> {
    let mut complaints = Vec::new();
    for section in ["dependencies", "build-dependencies"] {
        let Some(named) = manifest.get(section).and_then(toml::Value::as_table) else {
            continue;
        };
        for dependency in named.keys() {
            if dependency == ENGINE && room != ENGINE_ROOM {
                complaints.push(format!("{room}: only {ENGINE_ROOM} may name {ENGINE}"));
            }
            let Some(ours) = dependency.strip_prefix(PREFIX) else {
                continue;
            };
            let allowed = entry.may_name.contains(ours) || (entry.all && ours != "testkit");
            if !allowed {
                complaints.push(format!("{room} → {ours}: not an arrow of the table"));
            }
        }
    }
    complaints
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "| crate | sentence | names |\n|---|---|---|\n\
        | `dialog` = | talks | – |\n| `probe` | asks | targets, dialog |\n| `cli` | runs | all of the above |\n";

    #[test]
    fn table_rows_become_rooms() {
        let rooms = table(TABLE);
        assert_eq!(rooms.len(), 3);
        assert_eq!(rooms["dialog"].may_name, BTreeSet::new());
        assert!(rooms["probe"].may_name.contains("targets"));
        assert!(rooms["cli"].all);
    }

    #[test]
    fn an_arrow_outside_the_table_is_a_complaint() {
        let rooms = table(TABLE);
        let manifest: toml::Table =
            "[dependencies]\ntlscensus-probe = {}\ndatafusion = {}\n".parse().expect("valid TOML");
        let complaints = check_arrows("dialog", &rooms["dialog"], &manifest);
        assert_eq!(complaints.len(), 2, "{complaints:?}");
    }
}
