//! Exit codes, all in one place.

use std::error::Error;
use std::process::ExitCode;

use tlscensus_analysis as analysis;
use tlscensus_dataset as dataset;

use crate::plan::Unusable;

/// How the program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Everything asked for was done.
    Done,
    /// It ran, and something failed.
    Failed,
    /// What was typed cannot be carried out.
    Usage,
    /// Stopped by a signal; `--resume` goes on.
    Interrupted,
}

impl Exit {
    /// How an error ends the program: whether other words on the command line would have helped, or nothing was wrong
    /// with them.
    pub(crate) fn of(error: &anyhow::Error) -> Self {
        let cannot_be = |cause: &(dyn Error + 'static)| {
            cause.is::<Unusable>()
                || cause.downcast_ref().is_some_and(is_no_dataset_of_ours)
                || cause.downcast_ref().is_some_and(is_no_query)
        };
        if error.chain().any(cannot_be) { Self::Usage } else { Self::Failed }
    }
}

const fn is_no_dataset_of_ours(error: &dataset::Error) -> bool {
    matches!(
        error,
        dataset::Error::Foreign { .. }
            | dataset::Error::Locked { .. }
            | dataset::Error::Missing { .. }
            | dataset::Error::NotADirectory { .. }
            | dataset::Error::NotWritable { .. }
            | dataset::Error::RunExists { .. }
            | dataset::Error::RunId { .. }
            | dataset::Error::RunUnknown { .. }
            | dataset::Error::TooNew { .. }
    )
}

const fn is_no_query(error: &analysis::Error) -> bool {
    matches!(
        error,
        analysis::Error::Query { .. }
            | analysis::Error::ReadOnly { .. }
            | analysis::Error::StatementCount { .. }
            | analysis::Error::UnknownRun { .. }
            | analysis::Error::UnknownTable { .. }
    )
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Done => 0,
            Exit::Failed => 1,
            Exit::Usage => 2,
            Exit::Interrupted => 130,
        })
    }
}
