//! The fuzz targets: `fuzz/Cargo.toml` lists them; each has a program, a body in the list of a crate, and kept inputs.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::Context;
use anyhow::Result;

use crate::source;

/// Bytes of all kept inputs together, which every checkout carries and every test run replays.
const KEPT_BYTES: u64 = 300_000;

/// What a target consists of, by name.
#[derive(Debug, Default)]
struct Parts {
    /// As `fuzz/Cargo.toml` lists them.
    listed: BTreeSet<String>,
    /// Files in `fuzz/fuzz_targets`.
    programs: BTreeSet<String>,
    /// Files of inputs in `fuzz/testdata`.
    corpora: BTreeSet<String>,
    /// Named in the list of a crate, which its tests replay.
    bodies: BTreeSet<String>,
}

/// Complains about targets of which a part is missing, parts without a target, and too many kept bytes.
pub(crate) fn check(root: &Path) -> Result<Vec<String>> {
    let folder = root.join("fuzz");
    let parts = Parts {
        listed: listed(&source::read(&folder.join("Cargo.toml"))?)?,
        programs: stems(&folder.join("fuzz_targets"), "rs")?,
        corpora: stems(&folder.join("testdata"), "hex")?,
        bodies: bodies(root)?,
    };
    let mut complaints = parts.complaints();
    let mut kept = 0;
    for path in source::files(&folder.join("testdata"), "hex")? {
        kept += path.metadata().with_context(|| format!("look at {}", path.display()))?.len();
    }
    if kept > KEPT_BYTES {
        complaints.push(format!("fuzz/testdata: {kept} bytes of inputs, at most {KEPT_BYTES}"));
    }
    Ok(complaints)
}

impl Parts {
    fn complaints(&self) -> Vec<String> {
        let mut complaints = Vec::new();
        for (part, there) in [
            ("program in fuzz/fuzz_targets", &self.programs),
            ("kept inputs in fuzz/testdata (fuzz/run --keep)", &self.corpora),
            ("body in the TARGETS of a crate", &self.bodies),
        ] {
            let missing = self.listed.difference(there);
            complaints.extend(missing.map(|target| format!("fuzz target {target}: no {part}")));
            let unlisted = there.difference(&self.listed);
            let unlisted = unlisted.map(|name| format!("{name}: a {part}, not in fuzz/Cargo.toml"));
            complaints.extend(unlisted);
        }
        complaints
    }
}

fn listed(manifest: &str) -> Result<BTreeSet<String>> {
    let manifest: toml::Table = manifest.parse().context("parse fuzz/Cargo.toml")?;
    let programs = manifest.get("bin").and_then(toml::Value::as_array);
    let programs = programs.context("fuzz/Cargo.toml lists no program")?;
    let name = |program: &toml::Value| Some(program.get("name")?.as_str()?.to_owned());
    Ok(programs.iter().filter_map(name).collect())
}

fn stems(folder: &Path, extension: &str) -> Result<BTreeSet<String>> {
    let files = source::files(folder, extension)?;
    let stem = |path: &std::path::PathBuf| Some(path.file_stem()?.to_str()?.to_owned());
    Ok(files.iter().filter_map(stem).collect())
}

/// Names in the lists called `TARGETS`; this crate only speaks of them.
fn bodies(root: &Path) -> Result<BTreeSet<String>> {
    let crates = root.join("crates");
    let mut names = BTreeSet::new();
    for path in source::files(&crates, "rs")? {
        if !path.starts_with(crates.join("xtask")) {
            names.extend(names_in(&source::read(&path)?));
        }
    }
    Ok(names)
}

/// The first of each pair in a list of targets, as rustfmt writes it.
fn names_in(text: &str) -> Vec<String> {
    let Some((_, list)) = text.split_once("const TARGETS: &[FuzzTarget] =") else {
        return Vec::new();
    };
    let list = list.split("];").next().unwrap_or_default();
    let names = list.split("(\"").skip(1).filter_map(|pair| pair.split('"').next());
    names.map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn a_target_without_a_part_and_a_part_without_a_target_are_complaints() {
        let whole = || Parts {
            listed: set(&["a", "b"]),
            programs: set(&["a", "b"]),
            corpora: set(&["a", "b"]),
            bodies: set(&["a", "b"]),
        };
        assert_eq!(whole().complaints(), Vec::<String>::new());
        let no_inputs = Parts { corpora: set(&["a"]), ..whole() };
        let expected = ["fuzz target b: no kept inputs in fuzz/testdata (fuzz/run --keep)"];
        assert_eq!(no_inputs.complaints(), expected);
        assert_eq!(Parts { programs: set(&["b"]), ..whole() }.complaints().len(), 1);
        assert_eq!(Parts { bodies: set(&["a", "b", "c"]), ..whole() }.complaints().len(), 1);
        assert_eq!(Parts { listed: set(&["a"]), ..whole() }.complaints().len(), 3);
    }

    #[test]
    fn lists_are_read_as_they_are_written() {
        let manifest = "[[bin]]\nname = \"a\"\npath = \"x.rs\"\n\n[[bin]]\nname = \"b\"\n";
        assert_eq!(listed(manifest).expect("a manifest"), set(&["a", "b"]));
        let short =
            "const TARGETS: &[FuzzTarget] =\n    &[(\"a\", one), (\"b\", two)];\n(\"c\", x)";
        assert_eq!(names_in(short), ["a", "b"]);
        assert_eq!(names_in("const OTHERS: [u8; 1] = [1];"), Vec::<String>::new());
    }
}
