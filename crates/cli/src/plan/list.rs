//! The list of targets: looked through once for its hash, its length and what may not be touched, then streamed.

use std::fmt::Display;
use std::fs;
use std::fs::File;
use std::io;
use std::io::BufRead;
use std::io::BufReader;
use std::io::Read;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;

use anyhow::Context;
use sha2::Digest;
use tlscensus_probe::ListError;
use tlscensus_probe::NotShuffled;
use tlscensus_probe::ShuffledList;
use tlscensus_probe::TargetList;
use tlscensus_probe::places;
use tlscensus_records::ListUsed;
use tlscensus_records::Sha256;
use tlscensus_targets::Consent;
use tlscensus_targets::Line;
use tlscensus_targets::Scope;
use tlscensus_targets::Shard;
use tlscensus_targets::Target;

use crate::console;
use crate::plan::Settings;
use crate::plan::unusable;

/// Bad lines that are shown one by one; the rest is only counted.
const SHOWN_BAD_LINES: u64 = 20;

/// A list that can be read.
#[derive(Clone, Debug)]
pub(crate) enum List {
    /// A file, looked through.
    File {
        path: PathBuf,
        /// Of its bytes.
        sha256: Sha256,
        /// Targets in it.
        targets: u64,
        /// What they come to with the services asked for.
        endpoints: u64,
    },
    /// A pipe with a name, read once, as it comes.
    Pipe(PathBuf),
    /// Standard input, read as it comes.
    Stdin,
}

impl List {
    /// Looks through a list, or takes stdin for `-`. All its targets have to be among those who `agreed`, if that is given.
    ///
    /// # Errors
    /// When it cannot be read, is empty, or names what may not be touched in this scope, or not be asked what is to be
    /// asked.
    pub(crate) fn open(
        path: &Path,
        settings: &Settings,
        agreed: Option<&Consent>,
    ) -> anyhow::Result<Self> {
        if path == Path::new("-") {
            pipe_agrees(settings, agreed)?;
            return Ok(Self::Stdin);
        }
        let refused = |why: &dyn Display| {
            unusable(format!("the list {}: {why}; {WHAT_A_LIST_IS}", path.display()))
        };
        let metadata = fs::metadata(path).map_err(|error| refused(&error))?;
        if metadata.is_dir() {
            return Err(refused(&"it is a directory"));
        }
        if !metadata.is_file() {
            pipe_agrees(settings, agreed)?;
            return Ok(Self::Pipe(path.to_owned()));
        }
        let file = File::open(path).map_err(|error| refused(&error))?;
        let list = Self::look_through(path, file, settings, agreed)?;
        if matches!(list, Self::File { targets: 0, .. }) {
            let flaws = Arc::new(Flaws::default());
            list.read(flaws.clone())?.for_each(drop);
            return Err(match flaws.bad_lines() {
                0 => refused(&"it is empty"),
                bad => refused(&format!("none of its lines is a target, {bad} are bad")),
            });
        }
        Ok(list)
    }

    fn look_through(
        path: &Path,
        file: File,
        settings: &Settings,
        agreed: Option<&Consent>,
    ) -> anyhow::Result<Self> {
        let (scope, services) = (settings.scope()?, settings.services());
        let mut hasher = sha2::Sha256::new();
        let hashing = BufReader::new(Hashing { inner: file, hasher: &mut hasher });
        let flaws = Arc::new(Flaws::default());
        let noted = flaws.clone();
        let (mut targets, mut endpoints) = (0, 0);
        let (mut outside, mut unasked) = (None, None);
        let mut lines = 0;
        let mut list = TargetList::new(hashing, move |error| noted.note(&error));
        let counted = std::iter::from_fn(|| list.next_line()).inspect(|_| lines += 1);
        for target in counted.flat_map(Line::targets) {
            targets += 1;
            let places = places(&services, settings.port_offset, target.port);
            endpoints += u64::try_from(places.count()).unwrap_or(u64::MAX);
            if scope == Scope::Loopback && outside.is_none() && !is_loopback(&target) {
                outside = Some(target.text.clone());
            }
            let agrees =
                |agreed: &Consent| agreed.covers_as_listed(&target) || is_loopback(&target);
            if unasked.is_none() && !agreed.is_none_or(agrees) {
                unasked = Some(target.text.clone());
            }
        }
        drop(list);
        if settings.shuffled && lines > ShuffledList::MOST_LINES {
            let why = NotShuffled::Lines;
            return Err(unusable(format!("--order shuffled: {}: {why}", path.display())));
        }
        if let Some(why) = flaws.cut_short() {
            return Err(unusable(format!("{}: {why}", path.display())));
        }
        if let Some(text) = outside {
            return Err(unusable(format!(
                "{}: {text} is not a loopback address: give --contact ADDRESS-OR-PAGE where those who are probed reach \
                 you, and --client-name NAME of the host that you probe from",
                path.display()
            )));
        }
        if let Some(text) = unasked {
            return Err(unusable(format!("{}: {text}: {NOBODY_AGREED}", path.display())));
        }
        let sha256 = Sha256(hasher.finalize().into());
        Ok(Self::File { path: path.to_owned(), sha256, targets, endpoints })
    }

    /// How many endpoints will be asked, if that is known.
    pub(crate) const fn endpoints(&self) -> Option<u64> {
        match self {
            Self::File { endpoints, .. } => Some(*endpoints),
            Self::Pipe(_) | Self::Stdin => None,
        }
    }

    /// For the run's manifest.
    pub(crate) fn used(&self) -> ListUsed {
        let (sha256, entries) = match self {
            Self::File { sha256, targets, .. } => (Some(*sha256), Some(*targets)),
            Self::Pipe(_) | Self::Stdin => (None, None),
        };
        ListUsed { purpose: TARGETS.to_owned(), source: self.name(), sha256, entries }
    }

    fn name(&self) -> String {
        match self {
            Self::File { path, .. } | Self::Pipe(path) => path.display().to_string(),
            Self::Stdin => "stdin".to_owned(),
        }
    }

    /// The targets, one by one, in this order; what is wrong with the list is shown, and counted in `flaws`.
    ///
    /// A list that is to be shuffled is read to its end first.
    ///
    /// # Errors
    /// When a file that was there is there no more, or a list is too long to be shuffled.
    pub(crate) fn stream(
        &self,
        order: Option<(u64, Shard)>,
        flaws: Arc<Flaws>,
    ) -> anyhow::Result<Box<dyn Iterator<Item = Target> + Send>> {
        let mut list = self.read(flaws)?;
        let Some((seed, shard)) = order else {
            return Ok(Box::new(list));
        };
        let shuffled = ShuffledList::read(&mut list);
        let shuffled = shuffled.with_context(|| format!("--order shuffled: {}", self.name()))?;
        Ok(Box::new(shuffled.walk(seed, shard)))
    }

    fn read(&self, flaws: Arc<Flaws>) -> anyhow::Result<TargetList<Box<dyn BufRead + Send>>> {
        let name = self.name();
        let reader: Box<dyn BufRead + Send> = match self {
            Self::File { path, .. } | Self::Pipe(path) => {
                let file = File::open(path).with_context(|| format!("the list {name}"))?;
                Box::new(BufReader::new(file))
            }
            Self::Stdin => Box::new(BufReader::new(io::stdin())),
        };
        Ok(TargetList::new(reader, move |error| {
            flaws.note(&error);
            if matches!(error, ListError::Repeat { .. }) {
                return;
            }
            match flaws.bad_lines() {
                _ if flaws.cut_short().is_some() => console::say(&format!("{name}: {error}")),
                shown if shown <= SHOWN_BAD_LINES => console::say(&format!("{name}: {error}")),
                shown if shown == SHOWN_BAD_LINES + 1 => {
                    console::say(&format!("{name}: more bad lines, counted only"));
                }
                _ => {}
            }
        }))
    }
}

/// What was wrong with a list so far.
#[derive(Debug, Default)]
pub(crate) struct Flaws {
    bad_lines: AtomicU64,
    repeats: AtomicU64,
    cut_short: OnceLock<String>,
}

impl Flaws {
    /// Lines that are no target.
    pub(crate) fn bad_lines(&self) -> u64 {
        self.bad_lines.load(Relaxed)
    }

    /// Lines that repeat a target; they are passed over.
    pub(crate) fn repeats(&self) -> u64 {
        self.repeats.load(Relaxed)
    }

    /// Why the list could not be read to its end.
    pub(crate) fn cut_short(&self) -> Option<&str> {
        self.cut_short.get().map(String::as_str)
    }

    fn note(&self, error: &ListError) {
        match error {
            ListError::Read { .. } => {
                // A list ends once.
                let _ = self.cut_short.set(error.to_string());
            }
            ListError::Repeat { .. } => {
                self.repeats.fetch_add(1, Relaxed);
            }
            _ => {
                self.bad_lines.fetch_add(1, Relaxed);
            }
        }
    }
}

/// The purpose of a list of targets, in the row of a run.
pub(crate) const TARGETS: &str = "targets";

const WHAT_A_LIST_IS: &str =
    "name a file with one endpoint a line (127.0.0.1, mail.example.net:25, …), or - for stdin";

/// What comes by a pipe cannot be looked through: beyond loopback it needs to be said who agreed.
fn pipe_agrees(settings: &Settings, agreed: Option<&Consent>) -> anyhow::Result<()> {
    if agreed.is_some() && settings.scope()? != Scope::Loopback {
        return Err(unusable(format!("a list from a pipe: {NOBODY_AGREED}")));
    }
    Ok(())
}

const NOBODY_AGREED: &str = "--intrusive is for loopback, for networks opened with --allow-test-range, and for those whose \
    operators agreed: name the file that says who did with --consent; everybody else in the list is then not asked";

/// A name can stand for any address, so only addresses can be told to be loopback.
fn is_loopback(target: &Target) -> bool {
    target.addr.is_some_and(|addr| addr.to_canonical().is_loopback())
        || target.addr.is_none() && target.name.as_deref() == Some("localhost")
}

/// Hashes what is read through it.
struct Hashing<'a, R> {
    inner: R,
    hasher: &'a mut sha2::Sha256,
}

impl<R: Read> Read for Hashing<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.hasher.update(buffer.get(..read).unwrap_or_default());
        Ok(read)
    }
}
