//! Tidiness: module docs, file and function sizes, origins of test data, parts of fuzz targets, crates named in ARCHITECTURE.md.

use std::path::Path;

use anyhow::Result;

use crate::source;

/// Production lines (before the inline test module) above which a file fails.
const FILE_LINES: usize = 800;
/// Lines above which a function fails.
const FUNCTION_LINES: usize = 100;

/// Runs every check over the whole tree.
pub(crate) fn check(root: &Path) -> Result<()> {
    let mut complaints = Vec::new();
    for path in source::files(root, "rs")? {
        let text = source::read(&path)?;
        let name = path.strip_prefix(root).unwrap_or(&path).display().to_string();
        complaints.extend(check_source(&name, &text));
    }
    complaints.extend(check_testdata(root)?);
    complaints.extend(crate::fuzz::check(root)?);
    source::verdict("tidy", &complaints)
}

fn check_source(name: &str, text: &str) -> Vec<String> {
    let mut complaints = Vec::new();
    if !text.starts_with("//! ") {
        complaints.push(format!("{name}:1: line 1 must be a //! saying what the file is for"));
    }
    let production = production_lines(text);
    let generated = name.contains("/registry/") || name.contains("/generated/");
    if production > FILE_LINES && !generated {
        complaints.push(format!("{name}: {production} production lines, at most {FILE_LINES}"));
    }
    for (line, length) in functions(text) {
        if length > FUNCTION_LINES && !generated {
            complaints.push(format!("{name}:{line}: a function of {length} lines"));
        }
    }
    complaints
}

/// Lines before the inline test module.
fn production_lines(text: &str) -> usize {
    text.lines().take_while(|line| line.trim() != "#[cfg(test)]").count()
}

/// Start line and length of each function, found by indentation as rustfmt writes it.
fn functions(text: &str) -> Vec<(usize, usize)> {
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        let body = line.trim_start();
        let indent = line.len() - body.len();
        if !is_function_head(body) {
            continue;
        }
        let close = format!("{}}}", " ".repeat(indent));
        let end = lines.iter().skip(index).position(|later| **later == close);
        if let Some(length) = end {
            found.push((index + 1, length + 1));
        }
    }
    found
}

fn is_function_head(line: &str) -> bool {
    let mut words = line.split_whitespace();
    let first = words.find(|word| {
        !word.starts_with("pub") && !matches!(*word, "const" | "async" | "unsafe" | "extern")
    });
    first == Some("fn") && !line.ends_with('}') && !line.ends_with(';')
}

/// Every file in a `testdata` folder is named in the README.md at that folder's top (itself, or a folder it lies in).
fn check_testdata(root: &Path) -> Result<Vec<String>> {
    let mut complaints = Vec::new();
    let mut files = Vec::new();
    source::walk(root, &mut |path| files.push(path.to_path_buf()))?;
    for path in files {
        let relative = path.strip_prefix(root).unwrap_or(&path);
        let parts: Vec<_> = relative.iter().map(|part| part.to_string_lossy()).collect();
        let Some(at) = parts.iter().position(|part| part == "testdata") else {
            continue;
        };
        let below = &parts[at + 1..];
        if below.len() == 1 && below[0] == "README.md" {
            continue;
        }
        let readme: std::path::PathBuf =
            parts[..=at].iter().map(|part| part.as_ref()).collect::<std::path::PathBuf>();
        let text = source::read(&root.join(readme).join("README.md")).unwrap_or_default();
        let named = |part: &std::borrow::Cow<'_, str>| text.contains(part.as_ref());
        if !below.iter().any(named) {
            complaints.push(format!("{}: no origin in testdata/README.md", relative.display()));
        }
    }
    Ok(complaints)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_function_and_a_missing_module_doc_are_found() {
        let body = "    let _x = 1;\n".repeat(FUNCTION_LINES);
        let text = format!("fn long() {{\n{body}}}\n");
        let complaints = check_source("a.rs", &text);
        assert_eq!(complaints.len(), 2, "{complaints:?}");
    }

    #[test]
    fn tests_do_not_count_as_production() {
        let text = format!("//! x\nfn a() {{}}\n#[cfg(test)]\n{}", "//\n".repeat(FILE_LINES));
        assert_eq!(check_source("a.rs", &text), Vec::<String>::new());
    }

    #[test]
    fn function_heads_are_told_from_other_lines() {
        for (line, expected) in [
            ("pub(crate) async fn run() {", true),
            ("const fn x() -> u8 {", true),
            ("fn declared();", false),
            ("let fn_pointer = 1;", false),
        ] {
            assert_eq!(is_function_head(line), expected, "{line}");
        }
    }
}
