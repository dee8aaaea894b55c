//! `purge`: rows of those who asked to be left alone are removed from a dataset, and are not read from one.

use std::fs;
use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;

use tlscensus_analysis::Blocked;
use tlscensus_dataset::Dataset;
use tlscensus_records::ListUsed;
use tlscensus_records::RunKind;
use tlscensus_records::RunRow;
use tlscensus_records::Sha256;
use tlscensus_targets::Blocklist;

use super::blocklist::parsed;
use crate::args::PurgeArguments;
use crate::console;
use crate::exit::Exit;
use crate::plan::unusable;
use crate::utc;

/// Removes rows, or counts those that would go.
pub(crate) fn purge(typed: &PurgeArguments) -> anyhow::Result<Exit> {
    let (register, used) = opened(&typed.blocklist)?;
    let dataset = Dataset::open(&typed.dataset)?;
    let blocked = |addr: IpAddr| register.check(addr).is_some();
    let purged = match typed.dry_run {
        true => dataset.purge_would(blocked)?,
        false => dataset.purge(run_row(used)?, blocked)?,
    };
    let verb = if typed.dry_run { "would be removed" } else { "removed" };
    console::results(|out| {
        for (relation, rows) in &purged.rows {
            writeln!(out, "{relation:<18}{rows}")?;
        }
        Ok(writeln!(out, "{} {verb}", console::count(purged.total(), "row"))?)
    })?;
    Ok(Exit::Done)
}

fn run_row(used: ListUsed) -> anyhow::Result<RunRow> {
    let config = serde_json::json!({ "blocklist": used.source });
    Ok(RunRow {
        run_id: format!("purge-{}-{}", utc::compact_now(), std::process::id()),
        kind: RunKind::Purge,
        started_at: utc::now(),
        config: serde_json::to_string(&config)?,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        lists: vec![used],
        ..RunRow::default()
    })
}

/// What of a dataset is not to be read: the addresses of this register, if there is one.
///
/// # Errors
/// When it cannot be read or understood.
pub(super) fn unread(path: Option<&Path>) -> anyhow::Result<Option<Blocked>> {
    let Some(path) = path else {
        return Ok(None);
    };
    let (register, _) = opened(path)?;
    Ok(Some(Arc::new(move |text| {
        text.parse().is_ok_and(|addr: IpAddr| register.check(addr).is_some())
    })))
}

/// A register, special-purpose networks not among it, and what it was read from.
fn opened(path: &Path) -> anyhow::Result<(Blocklist, ListUsed)> {
    let text = fs::read(path)
        .map_err(|error| unusable(format!("the register {}: {error}", path.display())))?;
    let register = parsed(path, &text)?;
    let used = ListUsed {
        purpose: "blocklist".to_owned(),
        source: path.display().to_string(),
        sha256: Some(Sha256::of(&text)),
        entries: u64::try_from(register.listed()).ok(),
    };
    Ok((register, used))
}
