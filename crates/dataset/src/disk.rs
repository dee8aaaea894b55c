//! The few durable operations everything else is made of, and the place where a test can pull the plug.

use std::fs;
use std::fs::File;
use std::io;
use std::io::Write;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use crate::error::Error;

/// Performs durable operations; a test may be asked before each.
#[derive(Clone, Default)]
pub(crate) struct Disk {
    plug: Option<Arc<Plug>>,
}

/// Asked before each operation; an error ends the operation and, in a test of crashes, all that follow.
pub(crate) type Plug = dyn Fn(&'static str, &Path) -> io::Result<()> + Send + Sync;

impl Disk {
    #[cfg(test)]
    pub(crate) fn with_plug(plug: Arc<Plug>) -> Self {
        Self { plug: Some(plug) }
    }

    /// Makes a directory and its parents, if they are not there.
    pub(crate) fn make_directory(&self, path: &Path) -> Result<(), Error> {
        if path.is_dir() {
            return Ok(());
        }
        self.act("make the directory", path, || fs::create_dir_all(path))?;
        match path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => self.sync_directory(parent),
            _ => Ok(()),
        }
    }

    /// Opens a new, empty file for writing.
    pub(crate) fn create(&self, path: &Path) -> Result<File, Error> {
        self.act("create", path, || File::create(path))
    }

    /// Makes a file's content durable.
    pub(crate) fn sync(&self, path: &Path, file: &File) -> Result<(), Error> {
        self.act("sync", path, || file.sync_all())
    }

    /// Makes the names in a directory durable.
    pub(crate) fn sync_directory(&self, path: &Path) -> Result<(), Error> {
        self.act("sync the directory", path, || File::open(path)?.sync_all())
    }

    /// Gives a durable file its final name, durably.
    pub(crate) fn publish(&self, from: &Path, to: &Path) -> Result<(), Error> {
        self.act("rename into place", to, || fs::rename(from, to))?;
        self.sync_directory(directory_of(to))
    }

    /// Removes a file, if it is there.
    pub(crate) fn remove(&self, path: &Path) -> Result<(), Error> {
        self.act("remove", path, || match fs::remove_file(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            other => other,
        })
    }

    /// Replaces or makes a small file as one step: a reader sees the old or the new content, whole.
    pub(crate) fn replace(&self, path: &Path, content: &[u8]) -> Result<(), Error> {
        let draft = draft_of(path);
        self.write_draft(&draft, content)?;
        self.publish(&draft, path)
    }

    /// Writes a small file under the name of a draft, durably but for that name.
    pub(crate) fn write_draft(&self, draft: &Path, content: &[u8]) -> Result<(), Error> {
        let mut file = self.create(draft)?;
        self.act("write", draft, || file.write_all(content))?;
        self.sync(draft, &file)
    }

    /// Does something that may fail, after asking.
    pub(crate) fn act<T>(
        &self,
        action: &'static str,
        path: &Path,
        operation: impl FnOnce() -> io::Result<T>,
    ) -> Result<T, Error> {
        self.plug
            .as_ref()
            .map_or(Ok(()), |plug| plug(action, path))
            .and_then(|()| operation())
            .map_err(|source| Error::io(path, action, source))
    }
}

/// The name under which a file is written before it gets its own: no reader's `*.parquet` matches it.
pub(crate) fn draft_of(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(DRAFT_SUFFIX);
    PathBuf::from(name)
}

/// Names of the entries of a directory, sorted; none if the directory is not there.
pub(crate) fn names_in(directory: &Path) -> Result<Vec<String>, Error> {
    let fail = |source| Error::io(directory, "list", source);
    let entries = match fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(fail(error)),
    };
    let mut names = entries
        .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
        .collect::<io::Result<Vec<_>>>()
        .map_err(fail)?;
    names.sort_unstable();
    Ok(names)
}

fn directory_of(path: &Path) -> &Path {
    path.parent().unwrap_or_else(|| Path::new("."))
}

/// Ends the name of a file that is not finished.
pub(crate) const DRAFT_SUFFIX: &str = ".tmp";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_replaced_file_is_old_or_new_whatever_step_fails() {
        for survives in 0..5 {
            let directory = tempfile::tempdir().expect("a directory");
            let path = directory.path().join("marker");
            fs::write(&path, "old").expect("written");
            let left = std::sync::atomic::AtomicUsize::new(survives);
            let plug = move |_: &'static str, _: &Path| {
                let take = |left: usize| left.checked_sub(1);
                left.fetch_update(
                    std::sync::atomic::Ordering::SeqCst,
                    std::sync::atomic::Ordering::SeqCst,
                    take,
                )
                .map(|_| ())
                .map_err(|_| io::Error::other("no power"))
            };
            let done = Disk::with_plug(Arc::new(plug)).replace(&path, b"new");
            let content = fs::read_to_string(&path).expect("read");
            assert_eq!(content, if survives < 4 { "old" } else { "new" });
            assert_eq!(done.is_ok(), survives >= 5);
        }
    }
}
