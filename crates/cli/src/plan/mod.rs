//! What was typed, opened, resolved and bounded: runs take only plans.

mod blocklist;
mod consent;
pub(crate) mod descriptors;
pub(crate) mod discovery;
mod list;
mod monitor;
mod probe;
pub(crate) mod resumed;
mod settings;

pub(crate) use blocklist::BLOCKLIST;
pub(crate) use blocklist::BlocklistFile;
pub(crate) use list::Flaws;
pub(crate) use list::List;
pub(crate) use monitor::MonitorPlan;
pub(crate) use monitor::Source;
pub(crate) use probe::ProbePlan;
pub(crate) use probe::run_row;
pub(crate) use settings::Settings;

/// What was typed cannot be carried out; nothing was begun.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unusable(pub(crate) String);

impl std::fmt::Display for Unusable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Unusable {}

/// The same, as an error to be returned.
pub(crate) fn unusable(text: impl Into<String>) -> anyhow::Error {
    anyhow::Error::new(Unusable(text.into()))
}
