//! Completion scripts and the manual page, out of the same definitions as the help.

use clap::CommandFactory;

use crate::args::Arguments;
use crate::console;
use crate::exit::Exit;

/// `completions SHELL`
pub(crate) fn completions(shell: clap_complete::Shell) -> anyhow::Result<Exit> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "tlscensus", &mut script);
    console::results(|out| Ok(out.write_all(&script)?))?;
    Ok(Exit::Done)
}

/// `manual`
pub(crate) fn manual() -> anyhow::Result<Exit> {
    console::results(|out| {
        let command = Arguments::command();
        let mut page = Vec::new();
        clap_mangen::Man::new(command.clone()).render(&mut page)?;
        for verb in command.get_subcommands() {
            let named = verb.clone().display_name(format!("tlscensus-{}", verb.get_name()));
            clap_mangen::Man::new(named).render(&mut page)?;
        }
        Ok(out.write_all(&page)?)
    })?;
    Ok(Exit::Done)
}
