//! CAMPAIGN.toml: the arguments of `scan` by their names, for all of it and for each stage.

use std::fs;
use std::path::Path;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use clap::Args;
use clap::Command;
use clap::FromArgMatches;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use toml::Table;
use toml::Value;

use crate::args::ScanArguments;
use crate::args::given;
use crate::console;
use crate::plan::unusable;
use crate::run::discovery::ANSWERS_MAY_COME;
use crate::run::discovery::Signals;

/// A campaign as its file says it.
pub(super) struct CampaignFile {
    /// Its name: which runs of a dataset belong to it.
    pub(super) name: String,
    /// What each stage is, and when it begins at the earliest.
    pub(super) stages: Vec<(ScanArguments, Option<OffsetDateTime>)>,
}

impl CampaignFile {
    /// Reads it. What is typed beside the file holds for output only: what is said, and whether it goes on.
    ///
    /// # Errors
    /// With file, place and remedy.
    pub(super) fn read(path: &Path, typed: &ScanArguments) -> anyhow::Result<Self> {
        let beside = |id: &&String| !BESIDE.contains(&id.as_str());
        if let Some(id) = typed.given.iter().find(beside) {
            return Err(unusable(format!(
                "--{}: write it into {}; beside a campaign's file only {} are typed",
                id.replace('_', "-"),
                path.display(),
                "--resume, --dry-run, --out, --quiet, --json-status and --metrics"
            )));
        }
        let text = fs::read_to_string(path)
            .map_err(|error| unusable(format!("{}: {error}", path.display())))?;
        let mut campaign = Self::parse(&text)
            .map_err(|error| unusable(format!("{}: {}", path.display(), console::told(&error))))?;
        for (stage, _) in &mut campaign.stages {
            stage.output = typed.output.clone();
            stage.dry_run = typed.dry_run;
            if typed.out.is_some() {
                stage.out.clone_from(&typed.out);
            }
        }
        Ok(campaign)
    }

    fn parse(text: &str) -> anyhow::Result<Self> {
        let mut all: Table = text.parse()?;
        let name = match all.remove("name") {
            Some(Value::String(name)) if !name.trim().is_empty() => name,
            _ => anyhow::bail!("it has no name; write name = \"mail-2026\" at its top"),
        };
        let stages = match all.remove("stage") {
            Some(Value::Array(stages)) if !stages.is_empty() => stages,
            _ => anyhow::bail!(
                "it has no stages; write [[stage]] and below it protocols = [\"smtp\"]"
            ),
        };
        let stages = (1..).zip(stages).map(|(number, stage)| {
            let Value::Table(own) = stage else {
                anyhow::bail!("stage {number} is no table; write [[stage]]");
            };
            if own.contains_key("out") {
                anyhow::bail!(
                    "stage {number}: out: one dataset is for all stages; write it at the top"
                );
            }
            let merged: Table = all.clone().into_iter().chain(own).collect();
            stage_of(merged)
                .map_err(|error| anyhow::anyhow!("stage {number}: {}", console::told(&error)))
        });
        Ok(Self { name, stages: stages.collect::<anyhow::Result<_>>()? })
    }
}

fn stage_of(mut keys: Table) -> anyhow::Result<(ScanArguments, Option<OffsetDateTime>)> {
    let not_before = keys.remove("not-before").map(|value| moment(&value)).transpose()?;
    let mut words = vec!["scan".to_owned()];
    if let Some(targets) = keys.remove("targets") {
        words.extend(texts("targets", &targets)?);
    }
    for (key, value) in &keys {
        if ["resume", "dry-run"].contains(&key.as_str()) {
            anyhow::bail!("{key}: is typed, not written here");
        }
        let flag = format!("--{key}");
        match value {
            Value::Boolean(true) => words.push(flag),
            Value::Boolean(false) => {}
            _ => {
                for text in texts(key, value)? {
                    words.push(format!("{flag}={text}"));
                }
            }
        }
    }
    let command = ScanArguments::augment_args(Command::new("scan").disable_help_flag(true));
    let matches =
        command.try_get_matches_from(words).map_err(|error| anyhow::anyhow!(first_line(&error)))?;
    let mut arguments = ScanArguments::from_arg_matches(&matches)?;
    arguments.given = given(&matches);
    Ok((arguments, not_before))
}

fn texts(key: &str, value: &Value) -> anyhow::Result<Vec<String>> {
    Ok(match value {
        Value::String(text) => vec![text.clone()],
        Value::Integer(number) => vec![number.to_string()],
        Value::Float(number) => vec![number.to_string()],
        Value::Array(items) => {
            let each = items.iter().map(|item| texts(key, item));
            each.collect::<anyhow::Result<Vec<_>>>()?.concat()
        }
        _ => anyhow::bail!("{key}: neither text nor number nor a list of those"),
    })
}

fn moment(value: &Value) -> anyhow::Result<OffsetDateTime> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Datetime(moment) => moment.to_string(),
        _ => String::new(),
    };
    OffsetDateTime::parse(&text, &Rfc3339)
        .map_err(|_| anyhow::anyhow!("not-before: not a moment; write 2026-11-30T08:00:00Z"))
}

/// What is wrong, without the usage of a command line that nobody typed.
fn first_line(error: &clap::Error) -> String {
    let text = error.to_string();
    let line = text.lines().next().unwrap_or_default();
    line.trim_start_matches("error: ").replace("'--", "'")
}

/// Waits for the time of a stage; `false` when somebody wants to stop, which loses nothing.
pub(super) fn wait_until(moment: Option<OffsetDateTime>, quiet: bool) -> anyhow::Result<bool> {
    let Some(moment) = moment else {
        return Ok(true);
    };
    let stop = Signals::heed(ANSWERS_MAY_COME, "the same command with --resume latest goes on", quiet)?;
    let left = moment - OffsetDateTime::now_utc();
    if left.is_positive() && !quiet {
        console::say(&format!("waiting until {}", moment.format(&Rfc3339)?));
    }
    loop {
        let left = moment - OffsetDateTime::now_utc();
        let Ok(left) = Duration::try_from(left) else {
            return Ok(true);
        };
        if left.is_zero() {
            return Ok(true);
        }
        if stop.load(Relaxed) {
            return Ok(false);
        }
        std::thread::sleep(left.min(LOOK_AGAIN));
    }
}

/// Identifiers of what is typed beside the file.
const BESIDE: [&str; 8] =
    ["prefixes", "out", "resume", "dry_run", "output", "quiet", "json_status", "metrics"];
/// A clock that is set while we wait is seen after so long.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use super::*;

    const CAMPAIGN: &str = r#"
name = "mail"
out = "census"
contact = "scans@example.org"
client-name = "probe.example.org"
targets = ["192.0.2.0/24", "198.51.100.0/24"]
rate = "10k"
probes = 2
net-rate = 12.5

[[stage]]
protocols = ["smtp"]
not-before = 2026-11-30T08:00:00Z

[[stage]]
protocols = ["imap", "imaps"]
ladder = "study"
rate = 500
ramp = true
"#;

    #[test]
    fn keys_are_arguments_and_stages_go_first() {
        let campaign = CampaignFile::parse(CAMPAIGN).expect("a campaign");
        assert_eq!(campaign.name, "mail");
        let [(first, not_before), (second, none)] = campaign.stages.as_slice() else {
            panic!("two stages")
        };
        assert_eq!(not_before.map(OffsetDateTime::unix_timestamp), Some(1_796_025_600));
        assert_eq!(*none, None);
        assert_eq!(first.space.prefixes, ["192.0.2.0/24", "198.51.100.0/24"]);
        assert_eq!((first.protocols.join(","), &*first.sending.rate), ("smtp".into(), "10k"));
        assert_eq!((first.sending.probes, first.sending.ramp), (2, false));
        assert!((first.sending.net_rate - 12.5).abs() < f64::EPSILON);
        assert_eq!(
            (second.protocols.join(","), &*second.sending.rate),
            ("imap,imaps".into(), "500")
        );
        assert_eq!((&*second.probing.ladder, second.sending.ramp), ("study", true));
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        for (text, expected) in [
            ("", "no name"),
            ("name = 'x'", "no stages"),
            ("name = 'x'\nrate = [\n", "line 2"),
            ("name = 'x'\n[[stage]]\nrat = 1\n", "stage 1: unexpected argument 'rat"),
            ("name = 'x'\n[[stage]]\nprobes = 99\n", "stage 1: invalid value '99'"),
            ("name = 'x'\nresume = 'latest'\n[[stage]]\n", "resume: is typed"),
            ("name = 'x'\n[[stage]]\nnot-before = 'soon'\n", "not-before"),
        ] {
            let Err(error) = CampaignFile::parse(text) else { panic!("{text}") };
            let told = console::told(&error);
            assert!(told.contains(expected), "{told}");
        }
    }
}
