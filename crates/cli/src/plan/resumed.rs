//! What holds in a resumed run: the settings that it began with, and the pace typed now.

use anyhow::Context;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::args::ProbeArguments;
use crate::plan::Settings;
use crate::plan::unusable;

/// The settings that a run began with, at the pace typed now.
///
/// # Errors
/// When something is typed that would make rows of another kind under the same name.
pub(crate) fn settings(
    began_with: Settings,
    typed: &ProbeArguments,
    run_id: &str,
) -> anyhow::Result<Settings> {
    let now = Settings::typed(typed)?;
    let settings: Settings = held(HELD, &began_with, &now, &typed.given, run_id)?;
    settings.limited_or_loopback()?;
    Ok(settings)
}

/// Settings that a run began with, where they are held; those typed now, where they are not.
///
/// # Errors
/// When something is typed that is held.
pub(crate) fn held<Settings: Serialize + DeserializeOwned>(
    rules: &[(&str, &str, Held)],
    began_with: &Settings,
    now: &Settings,
    given: &[String],
    run_id: &str,
) -> anyhow::Result<Settings> {
    let now = serde_json::to_value(now)?;
    let mut settings = serde_json::to_value(began_with)?;
    for (argument, field, held) in rules {
        let given = given.iter().any(|id| id == argument);
        let (Some(before), Some(now)) = (settings.get_mut(*field), now.get(*field)) else {
            continue;
        };
        if !given || before == now {
            continue;
        }
        if *held == Held::Always {
            let flag = argument.replace('_', "-");
            return Err(unusable(format!(
                "--{flag}: run {run_id} began with {}, and goes on with it; leave --{flag} away, or begin a new run",
                shown(before)
            )));
        }
        before.clone_from(now);
    }
    serde_json::from_value(settings).context("settings")
}

/// What holds of the probing of a scan that is gone on with.
///
/// # Errors
/// When something is typed that is held.
pub(crate) fn probing(
    began_with: &Settings,
    now: &Settings,
    given: &[String],
    run_id: &str,
) -> anyhow::Result<Settings> {
    let settings: Settings = held(PROBING, began_with, now, given, run_id)?;
    settings.limited_or_loopback()?;
    Ok(settings)
}

fn shown(value: &Value) -> String {
    match value {
        Value::Array(items) => items.iter().map(shown).collect::<Vec<_>>().join(","),
        Value::Null => "none".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Whether a setting can be changed in the middle of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Held {
    /// It shapes what the rows say.
    Always,
    /// It shapes when they are made.
    UnlessTyped,
}

/// Argument, setting, and whether it can be changed.
const HELD: &[(&str, &str, Held)] = &[
    ("allow_test_range", "allow_test_ranges", Held::Always),
    ("attempts", "attempts", Held::Always),
    ("byte_budget", "byte_budget", Held::Always),
    ("client_name", "client_name", Held::Always),
    ("concurrency", "concurrency", Held::UnlessTyped),
    ("connect_timeout", "connect_timeout_s", Held::Always),
    ("contact", "contact", Held::Always),
    ("deadline", "deadline_s", Held::Always),
    ("depth", "enumerate", Held::Always),
    ("host_budget", "host_budget", Held::UnlessTyped),
    ("host_rate", "host_rate", Held::UnlessTyped),
    ("intrusive", "intrusive", Held::Always),
    ("ladder", "ladder", Held::Always),
    ("net_rate", "net_rate", Held::UnlessTyped),
    ("order", "shuffled", Held::Always),
    ("phase_timeout", "phase_timeout_s", Held::Always),
    ("port_offset", "port_offset", Held::Always),
    ("profile", "profile", Held::Always),
    ("protocols", "protocols", Held::Always),
    ("question_spacing", "question_spacing_ms", Held::UnlessTyped),
    ("questions", "questions", Held::Always),
    ("rate", "rate", Held::UnlessTyped),
    ("resolver", "resolvers", Held::UnlessTyped),
    ("seed", "seed", Held::Always),
    ("shard", "shard", Held::Always),
    ("sni", "send_server_name", Held::Always),
];

/// The same for the arguments of a scan; targets and contact are its discovery's.
const PROBING: &[(&str, &str, Held)] = &[
    ("attempts", "attempts", Held::Always),
    ("client_name", "client_name", Held::Always),
    ("concurrency", "concurrency", Held::UnlessTyped),
    ("connect_timeout", "connect_timeout_s", Held::Always),
    ("deadline", "deadline_s", Held::Always),
    ("depth", "enumerate", Held::Always),
    ("host_budget", "host_budget", Held::UnlessTyped),
    ("ladder", "ladder", Held::Always),
    ("phase_timeout", "phase_timeout_s", Held::Always),
    ("port_offset", "port_offset", Held::Always),
    ("probe_host_rate", "host_rate", Held::UnlessTyped),
    ("probe_net_rate", "net_rate", Held::UnlessTyped),
    ("probe_rate", "rate", Held::UnlessTyped),
    ("profile", "profile", Held::Always),
    ("protocols", "protocols", Held::Always),
    ("sni", "send_server_name", Held::Always),
];

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;
    use crate::args::Arguments;

    #[test]
    fn every_setting_has_its_argument_and_a_rule() {
        let all = serde_json::to_value(Settings::loopback()).expect("plain values");
        let fields: Vec<_> = all.as_object().expect("fields").keys().collect();
        let mut held: Vec<_> = HELD.iter().map(|(_, field, _)| field).collect();
        held.sort_unstable();
        assert_eq!(fields, held);
        let command = Arguments::command();
        let probe = command.find_subcommand("probe").expect("a verb");
        for (argument, _, _) in HELD {
            let known = probe.get_arguments().any(|known| known.get_id() == argument);
            assert!(known, "{argument}");
        }
    }
}
