//! Walking the tree: which files the checks look at, and how they report.

use std::path::Path;
use std::path::PathBuf;

use anyhow::Context;
use anyhow::Result;
use anyhow::bail;

/// All files below `root` with this extension (without the dot), sorted; build output and hidden folders left out.
pub(crate) fn files(root: &Path, extension: &str) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    walk(root, &mut |path| {
        if path.extension().is_some_and(|have| have == extension) {
            found.push(path.to_path_buf());
        }
    })?;
    found.sort();
    Ok(found)
}

/// Calls `visit` for each file below `folder`, build output and hidden folders left out.
pub(crate) fn walk(folder: &Path, visit: &mut dyn FnMut(&Path)) -> Result<()> {
    let entries =
        std::fs::read_dir(folder).with_context(|| format!("read {}", folder.display()))?;
    for entry in entries {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() {
            if name != "target" && !name.starts_with('.') {
                walk(&path, visit)?;
            }
        } else {
            visit(&path);
        }
    }
    Ok(())
}

/// Reads a text file, naming it in the error.
pub(crate) fn read(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("read {}", path.display()))
}

/// Fails with all complaints, one a line; passes when there are none.
pub(crate) fn verdict(check: &str, complaints: &[String]) -> Result<()> {
    if complaints.is_empty() {
        crate::ci::say(&format!("{check}: ok"));
        return Ok(());
    }
    bail!("{check}: {} complaints\n{}", complaints.len(), complaints.join("\n"))
}
