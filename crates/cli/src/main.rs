//! Words typed → plans → runs → exit code; builds the one binary `tlscensus`.

mod args;
mod console;
mod exit;
mod plan;
mod present;
mod progress;
mod run;
mod utc;

use std::process::ExitCode;

use crate::args::Arguments;
use crate::args::Command;
use crate::exit::Exit;

/// Rows are made on one thread and let go on another, which costs glibc's allocator 5–10 % of a probe
/// (`crates/probe/benches/README.md`).
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    let arguments = Arguments::read();
    let ended = match arguments.command {
        Command::Demo(typed) => run::demo(&typed),
        Command::Scan(typed) => run::scan(&typed),
        Command::Discover(typed) => run::discover(&typed),
        Command::Probe(typed) => run::probe(&typed),
        Command::Monitor(typed) => run::monitor(&typed),
        Command::Noise(typed) => run::noise(&typed),
        Command::Blocklist(typed) => run::blocklist(&typed),
        Command::Prefixes(typed) => run::prefixes(&typed),
        Command::Purge(typed) => run::purge(&typed),
        Command::Tables(typed) => run::tables(&typed),
        Command::Sql(typed) => run::sql(&typed),
        Command::Lab(typed) => run::lab(&typed),
        Command::Completions { shell } => run::completions(shell),
        Command::Manual => run::manual(),
    };
    match ended {
        Ok(exit) => exit.into(),
        Err(error) if console::is_broken_pipe(&error) => Exit::Done.into(),
        Err(error) => {
            console::say(&format!("tlscensus: {}", console::told(&error)));
            Exit::of(&error).into()
        }
    }
}
