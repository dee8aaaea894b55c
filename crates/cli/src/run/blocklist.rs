//! `blocklist`: the register of those who are left alone, kept by hand and by these verbs.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::io::BufRead;
use std::io::Write;
use std::net::IpAddr;
use std::path::Path;

use tlscensus_targets::AddressSet;
use tlscensus_targets::Blocklist;
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
    let mut text = if typed.file.exists() { read(&typed.file)?.0 } else { String::new() };
    let known = parsed(&typed.file, &text)?;
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    let note = Note {
        date: Some(date),
        requester: Some(typed.requester.clone()),
        reason: typed.reason.clone(),
    };
    for prefix in &typed.prefixes {
        let line = format!("{prefix} # {note}\n");
        let entry = of_line(&line).ok_or_else(|| {
            unusable(format!("{prefix}: not a prefix; write 192.0.2.0/24 or 2001:db8::/32"))
        })?;
        if let Some(there) = covering(&known, &entry) {
            console::say(&format!("{prefix} is covered already: {there}"));
            continue;
        }
        text.push_str(&format!("{} # {note}\n", entry.prefix));
    }
    replace(&typed.file, &text)?;
    Ok(Exit::Done)
}

/// The entry that leaves all of this prefix alone already.
fn covering<'a>(
    known: &'a Blocklist,
    entry: &tlscensus_targets::Entry,
) -> Option<&'a tlscensus_targets::Entry> {
    let listed = known.entries().filter(|known| known.origin == Origin::List);
    listed.into_iter().find(|known| known.prefix.contains(&entry.prefix))
}

fn remove(typed: &RemoveArguments) -> anyhow::Result<Exit> {
    one_line("--reason", &typed.reason)?;
    let (text, _) = read(&typed.file)?;
    let wanted = of_line(&typed.prefix)
        .ok_or_else(|| unusable(format!("{}: not a prefix", typed.prefix)))?;
    let mut found = false;
    let mut left = String::new();
    for line in text.lines() {
        if of_line(line).is_some_and(|entry| entry.prefix == wanted.prefix) {
            found = true;
            left.push_str(&format!("# {line} (removed {}: {})\n", utc::today(), typed.reason));
        } else {
            left.push_str(line);
            left.push('\n');
        }
    }
    if !found {
        return Err(unusable(format!(
            "{}: no entry is {}; entries are removed as they stand (tlscensus blocklist check says which one blocks an address)",
            typed.file.display(),
            wanted.prefix
        )));
    }
    replace(&typed.file, &left)?;
    Ok(Exit::Done)
}

fn check(typed: &CheckArguments) -> anyhow::Result<Exit> {
    let (_, register) = read(&typed.file)?;
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
    let (_, register) = read(file)?;
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

/// The register, as text and understood. Only the register: special-purpose networks are blocked without it.
fn read(path: &Path) -> anyhow::Result<(String, Blocklist)> {
    let text = fs::read_to_string(path).map_err(|error| {
        unusable(format!(
            "the register {}: {error}; tlscensus blocklist add makes one",
            path.display()
        ))
    })?;
    let register = parsed(path, &text)?;
    Ok((text, register))
}

fn parsed(path: &Path, text: &str) -> anyhow::Result<Blocklist> {
    let mut register = Blocklist::empty();
    for (number, line) in (1..).zip(text.lines()) {
        let taken = register.line(number, line.as_bytes());
        taken.map_err(|error| unusable(format!("{}: {error}", path.display())))?;
    }
    Ok(register)
}

/// The entry of one line; `None` where it has none.
fn of_line(line: &str) -> Option<tlscensus_targets::Entry> {
    let mut register = Blocklist::empty();
    register.line(1, line.as_bytes()).ok()?;
    register.entries().next().cloned()
}

fn one_line(what: &str, text: &str) -> anyhow::Result<()> {
    if text.trim().is_empty() || text.chars().any(char::is_control) {
        return Err(unusable(format!("{what}: write a line of text")));
    }
    Ok(())
}

/// The whole file or nothing: a register half written would scan who asked not to be.
fn replace(path: &Path, text: &str) -> anyhow::Result<()> {
    let fail = |error: io::Error| unusable(format!("the register {}: {error}", path.display()));
    let draft = path.with_added_extension("tmp");
    let mut file = fs::File::create(&draft).map_err(fail)?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(fail)?;
    fs::rename(&draft, path).map_err(fail)
}
