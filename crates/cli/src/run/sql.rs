//! `sql`: a query of the user's own.

use std::io::Read;

use tlscensus_analysis::Engine;

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
    let engine = Engine::open(&typed.dataset)?;
    let table = present::answer(engine.query(&query)?);
    console::results(|out| Ok(present::write(&table, format, None, out)?))?;
    Ok(Exit::Done)
}
