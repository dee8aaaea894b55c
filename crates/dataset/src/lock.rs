//! One writer at a time: an advisory lock that the system drops when its holder dies.

use std::fs;
use std::fs::File;
use std::fs::TryLockError;
use std::io::Seek;
use std::io::Write;
use std::path::Path;

use crate::error::Error;

/// Held while alive.
#[derive(Debug)]
pub(crate) struct Lock {
    file: File,
}

impl Drop for Lock {
    /// Closing the file is not enough: the lock is the open file's, and a child process that any thread has just started
    /// has it open until its program begins.
    fn drop(&mut self) {
        // Where this fails the file is closed all the same.
        let _ = self.file.unlock();
    }
}

impl Lock {
    /// Takes the lock of a dataset for `purpose`, or says who has it.
    pub(crate) fn take(dataset: &Path, purpose: &str) -> Result<Self, Error> {
        let path = dataset.join(NAME);
        let fail = |source| Error::io(&path, "open", source);
        let mut file =
            File::options().create(true).truncate(false).write(true).open(&path).map_err(fail)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let holder = fs::read_to_string(&path).unwrap_or_default();
                return Err(Error::Locked {
                    path: dataset.to_owned(),
                    holder: match holder.trim() {
                        "" => "another process".to_owned(),
                        holder => holder.to_owned(),
                    },
                });
            }
            Err(TryLockError::Error(source)) => return Err(Error::io(&path, "lock", source)),
        }
        // Who holds it is a help for people; the lock itself does not need it, so a full disk must not refuse it.
        let note = format!("process {} ({purpose})\n", std::process::id());
        let _ = file
            .set_len(0)
            .and_then(|()| file.rewind())
            .and_then(|()| file.write_all(note.as_bytes()));
        Ok(Self { file })
    }
}

/// Name of the lock file.
pub(crate) const NAME: &str = "lock";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_one_is_told_who_the_first_one_is() {
        let directory = tempfile::tempdir().expect("a directory");
        let first = Lock::take(directory.path(), "run one").expect("the lock");
        let Err(Error::Locked { holder, .. }) = Lock::take(directory.path(), "run two") else {
            panic!("locked twice");
        };
        assert_eq!(holder, format!("process {} (run one)", std::process::id()));
        drop(first);
        Lock::take(directory.path(), "run two").expect("the lock again");
    }

    /// Between its birth and its program a child process has all our files open, and any thread may start one.
    #[test]
    fn a_lock_is_free_at_once_though_a_child_has_the_file_open() {
        let directory = tempfile::tempdir().expect("a directory");
        for _ in 0..3 {
            let lock = Lock::take(directory.path(), "recovery").expect("the lock");
            let of_child = lock.file.try_clone().expect("the same open file");
            drop(lock);
            Lock::take(directory.path(), "run").expect("the lock, free");
            drop(of_child);
        }
    }
}
