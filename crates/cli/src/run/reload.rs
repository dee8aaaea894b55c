//! The blocklist's file, watched while a run goes on: what is written into it holds from the next connection on.

use std::fs;
use std::mem;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::thread;
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::Context;
use tlscensus_records::ListUsed;
use tlscensus_targets::AddressSet;
use tlscensus_targets::Blocklist;
use tlscensus_targets::LiveBlocklist;
use tokio::runtime::Runtime;
use tokio::signal::unix::Signal;
use tokio::signal::unix::SignalKind;
use tokio::signal::unix::signal;
use tokio::sync::oneshot;
use tokio::time::sleep;

use crate::console;
use crate::plan::BlocklistFile;

/// Between two looks at the file. A change holds once two looks found the same, so that no editor's half is taken for the whole.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// Watches the file on a thread of its own until it is dropped.
pub(crate) struct Reload {
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// What became of the changes seen so far.
#[derive(Debug, Default)]
pub(crate) struct Reloads {
    taken: AtomicU64,
    refused: AtomicU64,
    unnoted: Mutex<Vec<ListUsed>>,
}

impl Reloads {
    /// How often another list took effect.
    pub(crate) fn taken(&self) -> u64 {
        self.taken.load(Relaxed)
    }

    /// How often there was a change that could not be read; the list before it holds.
    pub(crate) fn refused(&self) -> u64 {
        self.refused.load(Relaxed)
    }

    /// The lists that took effect since the last call: whoever writes the run's row notes them.
    pub(crate) fn to_note(&self) -> Vec<ListUsed> {
        mem::take(&mut self.unnoted.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Reload {
    /// Watches from now on; SIGHUP is heeded as well, and has the file read at once.
    ///
    /// # Errors
    /// When the system has no thread or descriptor left for it.
    pub(crate) fn begin(
        file: BlocklistFile,
        live: LiveBlocklist,
        in_use: ListUsed,
        reloads: Arc<Reloads>,
        quiet: bool,
    ) -> anyhow::Result<Self> {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = runtime.enable_all().build().context("watching the blocklist")?;
        let hangup = {
            let _inside = runtime.enter();
            signal(SignalKind::hangup()).context("listening for SIGHUP")?
        };
        let (stop, stopped) = oneshot::channel();
        let watched = Watched::new(file, live, in_use, reloads, quiet);
        let thread = thread::Builder::new().name("blocklist".to_owned());
        let thread = thread.spawn(move || watch(&runtime, watched, hangup, stopped))?;
        Ok(Self { stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for Reload {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // If it panicked, the panic hook has said so.
            let _ = thread.join();
        }
    }
}

fn watch(
    runtime: &Runtime,
    mut watched: Watched,
    mut hangup: Signal,
    mut stopped: oneshot::Receiver<()>,
) {
    runtime.block_on(async {
        loop {
            let urged = tokio::select! {
                biased;
                _ = &mut stopped => break,
                Some(()) = hangup.recv() => true,
                () = sleep(LOOK_EVERY) => false,
            };
            watched.look(urged);
        }
    });
}

/// The file and the list that was made of it.
struct Watched {
    file: BlocklistFile,
    live: LiveBlocklist,
    in_use: ListUsed,
    reloads: Arc<Reloads>,
    quiet: bool,
    /// As it was when it was read; `None`: it was not yet since we watch.
    handled: Option<Appearance>,
    /// As it was at the last look.
    last: Option<Appearance>,
}

/// What tells a changed file without reading it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Appearance {
    Absent,
    Present { inode: u64, bytes: u64, modified: (i64, i64) },
}

impl Appearance {
    fn of(path: &Path) -> Self {
        match fs::metadata(path) {
            Ok(metadata) if metadata.is_file() => Self::Present {
                inode: metadata.ino(),
                bytes: metadata.len(),
                modified: (metadata.mtime(), metadata.mtime_nsec()),
            },
            _ => Self::Absent,
        }
    }
}

impl Watched {
    const fn new(
        file: BlocklistFile,
        live: LiveBlocklist,
        in_use: ListUsed,
        reloads: Arc<Reloads>,
        quiet: bool,
    ) -> Self {
        Self { file, live, in_use, reloads, quiet, handled: None, last: None }
    }

    /// Reads the file if it has changed and holds still, or if somebody wants it to be read.
    fn look(&mut self, urged: bool) {
        let now = Appearance::of(self.file.path());
        let holds_still = self.last.replace(now) == Some(now);
        if !urged && (!holds_still || self.handled == Some(now)) {
            return;
        }
        self.handled = Some(now);
        if let Err(error) = self.reload(now) {
            self.reloads.refused.fetch_add(1, Relaxed);
            console::say(&format!(
                "blocklist not reloaded, the one before holds: {}",
                console::told(&error)
            ));
        }
    }

    fn reload(&mut self, now: Appearance) -> anyhow::Result<()> {
        if now == Appearance::Absent {
            anyhow::bail!("{} is no file any more", self.file.path().display());
        }
        let (list, used) = self.file.read()?;
        if used.sha256 == self.in_use.sha256 {
            return Ok(());
        }
        // A file that was just cut to be written anew, or a full disk: nobody takes their wish back like that.
        if matches!(now, Appearance::Present { bytes: 0, .. }) {
            anyhow::bail!(
                "{} is empty; if that is meant, write a comment",
                self.file.path().display()
            );
        }
        let before = self.live.replace(list);
        self.reloads.taken.fetch_add(1, Relaxed);
        if !self.quiet {
            let entries = used.entries.unwrap_or_default();
            console::say(&change(entries, &before, &self.live.now()));
        }
        let mut unnoted = self.reloads.unnoted.lock().unwrap_or_else(PoisonError::into_inner);
        unnoted.push(used.clone());
        self.in_use = used;
        Ok(())
    }
}

/// What a reload came to, in one line.
fn change(entries: u64, before: &Blocklist, now: &Blocklist) -> String {
    let (before, now) = (before.addresses(), now.addresses());
    let entries = match entries {
        1 => "1 entry".to_owned(),
        many => format!("{many} entries"),
    };
    let mut line =
        format!("blocklist reloaded: {entries}, {} newly blocked", size(&now.minus(&before)));
    let opened = before.minus(&now);
    if opened.count() > 0 {
        line.push_str(&format!(", {} blocked no longer", size(&opened)));
    }
    line
}

fn size(addresses: &AddressSet) -> String {
    let v4 = addresses.count_v4();
    match addresses.count().saturating_sub(u128::from(v4)) {
        0 if v4 == 1 => "1 address".to_owned(),
        0 => format!("{v4} addresses"),
        v6 => format!("{v4} addresses of IPv4 and {v6} of IPv6"),
    }
}

#[cfg(test)]
mod tests {
    use std::fs::OpenOptions;
    use std::io::Write;
    use std::net::IpAddr;

    use tempfile::TempDir;
    use tlscensus_targets::Scope;

    use super::*;

    /// A folder with a blocklist in it, and who watches that.
    fn scene(text: &str) -> (TempDir, Watched) {
        let folder = TempDir::new().expect("a folder");
        let path = folder.path().join("blocked.txt");
        fs::write(&path, text).expect("a file");
        let file = BlocklistFile::new(&path, Blocklist::new(Scope::Loopback));
        let (list, used) = file.read().expect("a list");
        let live = LiveBlocklist::from(list);
        let watched = Watched::new(file, live, used, Arc::default(), true);
        (folder, watched)
    }

    fn blocks(watched: &Watched, last: u8) -> bool {
        watched.live.now().check(IpAddr::from([127, 0, 0, last])).is_some()
    }

    #[test]
    fn a_changed_file_is_taken_once_it_holds_still() {
        let (_folder, mut watched) = scene("127.0.0.1 # asked\n");
        for _ in 0..3 {
            watched.look(false);
        }
        assert_eq!(watched.reloads.taken(), 0, "it is as it was");
        let path = watched.file.path().to_owned();
        let mut file = OpenOptions::new().append(true).open(path).expect("the file");
        file.write_all(b"127.0.0.2\n").expect("a line");
        watched.look(false);
        assert!(!blocks(&watched, 2), "more may come");
        file.write_all(b"127.0.0.3\n").expect("a line");
        watched.look(false);
        assert!(!blocks(&watched, 2), "more may come");
        watched.look(false);
        assert!(blocks(&watched, 1) && blocks(&watched, 2) && blocks(&watched, 3));
        watched.look(false);
        assert_eq!((watched.reloads.taken(), watched.reloads.refused()), (1, 0));
        let noted = watched.reloads.to_note();
        assert_eq!(noted.iter().map(|used| used.entries).collect::<Vec<_>>(), [Some(3)]);
        assert_eq!(watched.reloads.to_note(), []);
    }

    #[test]
    fn who_urges_does_not_wait() {
        let (_folder, mut watched) = scene("127.0.0.1\n");
        fs::write(watched.file.path(), "127.0.0.2\n").expect("a file");
        watched.look(true);
        assert!(blocks(&watched, 2) && !blocks(&watched, 1));
        assert_eq!(watched.reloads.taken(), 1);
    }

    #[test]
    fn what_cannot_be_read_leaves_the_list_as_it_was() {
        let (folder, mut watched) = scene("127.0.0.1\n");
        let path = watched.file.path().to_owned();
        let gone = |path: &Path| fs::rename(path, folder.path().join("away")).expect("a name");
        let broken: [&dyn Fn(&Path); 3] = [
            &|path| fs::write(path, "127.0.0.2\n127.0.0.0/33\n").expect("a file"),
            &|path| fs::write(path, "").expect("a file"),
            &gone,
        ];
        for (number, change) in (1..).zip(broken) {
            change(&path);
            for _ in 0..3 {
                watched.look(false);
            }
            assert_eq!(watched.reloads.refused(), number, "said once each");
            assert!(blocks(&watched, 1) && !blocks(&watched, 2));
        }
        fs::write(&path, "# nobody any more\n").expect("a file");
        for _ in 0..2 {
            watched.look(false);
        }
        assert!(!blocks(&watched, 1));
        assert_eq!(watched.reloads.taken(), 1);
    }

    #[test]
    fn one_line_says_what_changed() {
        let list = |text: &str| {
            let mut list = Blocklist::empty();
            for line in text.split_whitespace() {
                list.line(1, line.as_bytes()).expect("a prefix");
            }
            list
        };
        let cases = [
            ("", "192.0.2.1", "1 entry, 1 address newly blocked"),
            (
                "192.0.2.0/24",
                "192.0.2.0/25 198.51.100.0/24",
                "2 entries, 256 addresses newly blocked, 128 addresses blocked no longer",
            ),
            ("192.0.2.0/24", "192.0.2.0/24 192.0.2.7", "2 entries, 0 addresses newly blocked"),
            (
                "",
                "192.0.2.0/31 2001:db8::/126",
                "2 entries, 2 addresses of IPv4 and 4 of IPv6 newly blocked",
            ),
        ];
        for (before, now, expected) in cases {
            let (before, now) = (list(before), list(now));
            let entries = u64::try_from(now.listed()).expect("few");
            assert_eq!(change(entries, &before, &now), format!("blocklist reloaded: {expected}"));
        }
    }
}
