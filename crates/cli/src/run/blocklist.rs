//! `blocklist`: the register of those who are left alone, kept by hand and by these verbs.

use std::collections::BTreeMap;
use std::fs;
use std::fs::File;
use std::fs::OpenOptions;
use std::io;
use std::io::BufRead;
use std::io::Read;
use std::io::Write;
use std::net::IpAddr;
use std::os::unix::fs::MetadataExt;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use tlscensus_targets::AddressSet;
use tlscensus_targets::Blocklist;
use tlscensus_targets::Entry;
use tlscensus_targets::MAX_LINE;
use tlscensus_targets::Note;
use tlscensus_targets::Origin;
use tlscensus_targets::Scope;
use tlscensus_targets::is_date;

use crate::args::AddArguments;
use crate::args::BlocklistArguments;
use crate::args::BlocklistVerb;
use crate::args::CheckArguments;
use crate::args::RemoveArguments;
use crate::console;
use crate::exit::Exit;
use crate::plan::unusable;
use crate::utc;

/// Does what the verb says.
pub(crate) fn blocklist(typed: &BlocklistArguments) -> anyhow::Result<Exit> {
    match &typed.verb {
        BlocklistVerb::Add(typed) => add(typed),
        BlocklistVerb::Remove(typed) => remove(typed),
        BlocklistVerb::Check(typed) => check(typed),
        BlocklistVerb::Stats { file } => stats(file),
    }
}

fn add(typed: &AddArguments) -> anyhow::Result<Exit> {
    let date = typed.date.clone().unwrap_or_else(utc::today);
    if !is_date(&date) {
        return Err(unusable(format!("--date {date}: not a day; write one like {}", utc::today())));
    }
    one_line("--requester", &typed.requester)?;
    one_line("--reason", &typed.reason)?;
    if typed.requester.contains(';') {
        return Err(unusable("--requester: a semicolon ends it; write it without".to_owned()));
    }
    let note = Note {
        date: Some(date),
        requester: Some(typed.requester.clone()),
        reason: typed.reason.clone(),
    };
    let new: Vec<Entry> =
        typed.prefixes.iter().map(|prefix| entry(prefix, &note)).collect::<Result<_, _>>()?;
    Register::change(&typed.file, true, |text, known| {
        if !text.is_empty() && !text.ends_with(b"\n") {
            text.push(b'\n');
        }
        for entry in &new {
            add_one(entry, &note, text, known);
        }
        Ok(())
    })?;
    Ok(Exit::Done)
}

/// What a line with this prefix and note says.
fn entry(prefix: &str, note: &Note) -> anyhow::Result<Entry> {
    let line = format!("{prefix} # {note}");
    if line.len() > MAX_LINE {
        return Err(unusable(format!(
            "--reason: a line of the register has {MAX_LINE} bytes at most"
        )));
    }
    of_line(line.as_bytes()).ok_or_else(|| {
        unusable(format!("{prefix}: not a prefix; write 192.0.2.0/24 or 2001:db8::/32"))
    })
}

/// Adds a line, unless the same requester's same prefix stands there. What a wider entry covers is written all the same: that
/// one may go.
fn add_one(entry: &Entry, note: &Note, text: &mut Vec<u8>, known: &mut Blocklist) {
    let requester = |entry: &Entry| Note::read(&entry.reason).requester;
    let same = |there: &&Entry| there.prefix == entry.prefix && requester(there) == note.requester;
    if let Some(there) = known.entries().find(same) {
        console::say(&format!("{} stands there already: {there}", entry.prefix));
        return;
    }
    if let Some(there) = known.entries().find(|there| there.prefix.contains(&entry.prefix)) {
        console::say(&format!(
            "{} is covered already, and written all the same: {there}",
            entry.prefix
        ));
    }
    text.extend(format!("{} # {note}\n", entry.prefix).bytes());
    known.block(entry.prefix, &entry.reason);
}

fn remove(typed: &RemoveArguments) -> anyhow::Result<Exit> {
    one_line("--reason", &typed.reason)?;
    let wanted = of_line(typed.prefix.as_bytes())
        .ok_or_else(|| unusable(format!("{}: not a prefix", typed.prefix)))?;
    Register::change(&typed.file, false, |text, known| {
        if !known.entries().any(|entry| entry.prefix == wanted.prefix) {
            return Err(unusable(format!(
                "{}: no entry is {}; entries are removed as they stand (tlscensus blocklist check says which one \
                 blocks an address)",
                typed.file.display(),
                wanted.prefix
            )));
        }
        let mut left = Vec::new();
        for line in text.split_inclusive(|byte| *byte == b'\n') {
            if of_line(line).is_none_or(|entry| entry.prefix != wanted.prefix) {
                left.extend_from_slice(line);
                continue;
            }
            left.extend(b"# ");
            left.extend_from_slice(line.trim_ascii_end());
            left.extend(format!(" (removed {}: {})\n", utc::today(), typed.reason).bytes());
        }
        *text = left;
        Ok(())
    })?;
    Ok(Exit::Done)
}

fn check(typed: &CheckArguments) -> anyhow::Result<Exit> {
    let register = read(&typed.file)?;
    let mut all = true;
    let mut answer = |text: &str, out: &mut dyn Write| -> anyhow::Result<()> {
        let address: IpAddr =
            text.parse().map_err(|_| unusable(format!("{text}: not an address")))?;
        match register.check(address) {
            Some(entry) => writeln!(out, "{address} blocked: {entry}")?,
            None => {
                all = false;
                writeln!(out, "{address} not blocked")?;
            }
        }
        Ok(())
    };
    console::results(|out| {
        if typed.addresses.is_empty() {
            for line in io::stdin().lock().lines() {
                let line = line?;
                if !line.trim().is_empty() {
                    answer(line.trim(), out)?;
                }
            }
        }
        typed.addresses.iter().try_for_each(|text| answer(text, out))
    })?;
    Ok(if all { Exit::Done } else { Exit::Failed })
}

fn stats(file: &Path) -> anyhow::Result<Exit> {
    let register = read(file)?;
    let listed: Vec<_> = register.entries().filter(|entry| entry.origin == Origin::List).collect();
    let addresses: AddressSet = listed.iter().map(|entry| entry.prefix).collect();
    let special = Blocklist::new(Scope::Internet).addresses();
    let public = (1 << 32) - special.count_v4();
    let blocked = addresses.minus(&special).count_v4();
    let v6 = listed.iter().filter(|entry| entry.prefix.addr().is_ipv6()).count();
    let mut years = BTreeMap::<String, usize>::new();
    for entry in &listed {
        let note = Note::read(&entry.reason);
        let year = note.date.and_then(|date| Some(date.get(..4)?.to_owned()));
        *years.entry(year.unwrap_or_else(|| "no date".to_owned())).or_default() += 1;
    }
    console::results(|out| {
        writeln!(out, "entries           {} ({v6} of IPv6)", listed.len())?;
        writeln!(out, "IPv4 addresses    {}", addresses.count_v4())?;
        let share = 100.0 * super::prefixes::to_f64(blocked) / super::prefixes::to_f64(public);
        writeln!(out, "of public IPv4    {blocked} of {public} ({share:.4} %)")?;
        for (year, count) in &years {
            writeln!(out, "asked for {year:<8}{count}")?;
        }
        Ok(())
    })?;
    Ok(Exit::Done)
}

/// The entries of a register alone: special-purpose networks are blocked without it.
fn read(path: &Path) -> anyhow::Result<Blocklist> {
    let text = fs::read(path).map_err(|error| Register::unreadable(path, &error))?;
    parsed(path, &text)
}

/// The register with this text.
///
/// # Errors
/// When a line is none; the line is named.
pub(super) fn parsed(path: &Path, text: &[u8]) -> anyhow::Result<Blocklist> {
    let mut register = Blocklist::empty();
    for (number, line) in (1..).zip(text.split(|byte| *byte == b'\n')) {
        let taken = register.line(number, line);
        taken.map_err(|error| unusable(format!("{}: {error}", path.display())))?;
    }
    Ok(register)
}

/// The entry of one line; `None` where it has none.
fn of_line(line: &[u8]) -> Option<Entry> {
    let mut register = Blocklist::empty();
    register.line(1, line.trim_ascii_end()).ok()?;
    register.entries().next().cloned()
}

fn one_line(what: &str, text: &str) -> anyhow::Result<()> {
    if text.trim().is_empty() || text.chars().any(char::is_control) {
        return Err(unusable(format!("{what}: write a line of text")));
    }
    Ok(())
}

/// The file, locked while it is changed.
struct Register;

impl Register {
    /// Changes the whole file or nothing, one change after the other: a register half written, or an entry lost to another
    /// writer, would mean to scan who asked not to be.
    fn change(
        path: &Path,
        make: bool,
        change: impl FnOnce(&mut Vec<u8>, &mut Blocklist) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        let fail = |error: io::Error| Self::unreadable(path, &error);
        // A link stays a link, to the file that scans read.
        let real = if path.try_exists().map_err(fail)? {
            fs::canonicalize(path).map_err(fail)?
        } else {
            path.to_owned()
        };
        let (mut file, made) = Self::locked(&real, make).map_err(fail)?;
        let mut text = Vec::new();
        file.read_to_end(&mut text).map_err(fail)?;
        let changed = parsed(path, &text).and_then(|mut known| change(&mut text, &mut known));
        if let Err(error) = changed {
            if made {
                fs::remove_file(&real).map_err(fail)?;
            }
            return Err(error);
        }
        Self::replace(&real, &file, &text).map_err(fail)
    }

    /// The file that has this name once it is ours alone, and whether it was made for that.
    fn locked(path: &Path, make: bool) -> io::Result<(File, bool)> {
        loop {
            let made = make && !path.try_exists()?;
            let file = OpenOptions::new().read(true).append(true).create(make).open(path)?;
            file.lock()?;
            // Who held the lock before may have put another file in its place.
            match fs::metadata(path) {
                Ok(now) if now.ino() == file.metadata()?.ino() => return Ok((file, made)),
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
    }

    fn replace(path: &Path, old: &File, text: &[u8]) -> io::Result<()> {
        let draft = path.with_added_extension(format!("{}.tmp", std::process::id()));
        let write = || {
            let mut file =
                OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
            file.set_permissions(old.metadata()?.permissions())?;
            file.write_all(text)?;
            file.sync_all()?;
            fs::rename(&draft, path)
        };
        write().inspect_err(|_| {
            // It is of no use to anybody, if it is there.
            let _ = fs::remove_file(&draft);
        })?;
        let folder = path
            .parent()
            .filter(|folder| *folder != Path::new(""))
            .unwrap_or_else(|| Path::new("."));
        File::open(folder)?.sync_all()
    }

    fn unreadable(path: &Path, error: &io::Error) -> anyhow::Error {
        let hint = if error.kind() == io::ErrorKind::NotFound {
            "; tlscensus blocklist add makes one"
        } else {
            ""
        };
        unusable(format!("the register {}: {error}{hint}", path.display()))
    }
}
