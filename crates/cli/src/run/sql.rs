//! `sql`: a query of the user's own.

use std::io::Read;

use tlscensus_report::Format;

use crate::args::SqlArguments;
use crate::console;
use crate::exit::Exit;
use crate::present;

/// Answers one query.
pub(crate) fn sql(typed: &SqlArguments) -> anyhow::Result<Exit> {
    let format = super::format(&typed.format)?;
    let query = match &typed.query {
        Some(query) => query.clone(),
        None => {
            let mut query = String::new();
            std::io::stdin().read_to_string(&mut query)?;
            query
        }
    };
    let blocked = super::purge::unread(typed.blocklist.as_deref())?;
    let engine = super::together(&typed.dataset, &typed.with, blocked.as_ref())?;
    let mut table = present::answer(engine.query(&query)?);
    if format == Format::JSON {
        // People see what they typed; a file has to say what it answers.
        "query".clone_into(&mut table.id);
        "Answer to a query".clone_into(&mut table.title);
        query.trim().clone_into(&mut table.question);
    }
    console::results(|out| Ok(present::write(&table, format, None, out)?))?;
    Ok(Exit::Done)
}
