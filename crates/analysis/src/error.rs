//! What can go wrong with a query, told apart by whose turn it is to act.

use std::fmt;
use std::path::PathBuf;

use datafusion::error::DataFusionError;

/// Why there is no result.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The dataset could not be opened.
    Dataset(tlscensus_dataset::Error),
    /// The query engine could not read the dataset, or ran out of something.
    Engine {
        /// What it says.
        message: String,
    },
    /// The query is wrong: its syntax, a name, a type.
    Query {
        /// What the query engine says.
        message: String,
    },
    /// The statement would change something.
    ReadOnly {
        /// How it begins.
        statement: String,
    },
    /// Two of the datasets that are read together have the same run.
    RunTwice {
        /// Which.
        run_id: String,
        /// Who has it.
        datasets: [PathBuf; 2],
    },
    /// Not exactly one statement.
    StatementCount {
        /// How many there were.
        found: usize,
    },
    /// The dataset has no such run.
    UnknownRun {
        /// What was asked for.
        run_id: String,
        /// The runs there are.
        known: Vec<String>,
    },
    /// The catalogue has no such table.
    UnknownTable {
        /// What was asked for.
        id: String,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dataset(error) => error.fmt(f),
            Self::Engine { message } => write!(f, "the dataset could not be read: {message}"),
            Self::Query { message } => f.write_str(message),
            Self::ReadOnly { statement } => write!(
                f,
                "a dataset is only read: SELECT, EXPLAIN, DESCRIBE and SHOW TABLES are understood, {statement} is not"
            ),
            Self::RunTwice { run_id, datasets: [one, other] } => write!(
                f,
                "run {run_id} would count twice, as {} and {} have it: name one of a dataset and its copies",
                one.display(),
                other.display()
            ),
            Self::StatementCount { found: 0 } => f.write_str("there is no statement to run"),
            Self::StatementCount { found } => {
                write!(f, "one statement at a time, please: there are {found}")
            }
            Self::UnknownRun { run_id, known } => {
                write!(f, "there is no run {run_id} in this dataset; it has: {}", known.join(", "))
            }
            Self::UnknownTable { id } => {
                let known: Vec<_> =
                    crate::catalogue().iter().map(|table| table.id.as_str()).collect();
                write!(f, "there is no table {id}; there are: {}", known.join(", "))
            }
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Dataset(error) => Some(error),
            _ => None,
        }
    }
}

impl From<DataFusionError> for Error {
    fn from(error: DataFusionError) -> Self {
        let readers_fault = matches!(
            error.find_root(),
            DataFusionError::IoError(_)
                | DataFusionError::ObjectStore(_)
                | DataFusionError::ParquetError(_)
                | DataFusionError::ResourcesExhausted(_)
                | DataFusionError::ExecutionJoin(_)
                | DataFusionError::External(_)
                | DataFusionError::Internal(_)
        );
        let message = error.strip_backtrace();
        match readers_fault {
            true => Self::Engine { message },
            false => Self::Query { message },
        }
    }
}

impl From<tlscensus_dataset::Error> for Error {
    fn from(error: tlscensus_dataset::Error) -> Self {
        Self::Dataset(error)
    }
}
