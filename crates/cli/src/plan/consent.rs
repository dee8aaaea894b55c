//! Who agreed to be asked intrusively: the file typed, and what needs none.

use std::fs;
use std::path::Path;
use std::path::PathBuf;

use tlscensus_records::ListUsed;
use tlscensus_records::RunRow;
use tlscensus_records::Sha256;
use tlscensus_targets::Consent;

use crate::args::ProbeArguments;
use crate::plan::Settings;
use crate::plan::unusable;

/// Who agreed, and where that is written.
#[derive(Clone, Debug)]
pub(crate) struct Agreed {
    pub(crate) consent: Consent,
    /// For the run's row; `None`: no file was named, so that every target has to be one of our own.
    pub(crate) used: Option<ListUsed>,
}

impl Agreed {
    /// Loopback and test ranges, and what the file says.
    ///
    /// # Errors
    /// When the file cannot be read, has a line that is none, or is of no use: nobody is asked on a guess.
    pub(crate) fn read(settings: &Settings, path: Option<&Path>) -> anyhow::Result<Self> {
        let mut consent = Consent::default();
        for range in settings.test_ranges()? {
            consent.allow(range);
        }
        let Some(path) = path else {
            return Ok(Self { consent, used: None });
        };
        if settings.intrusive.is_empty() {
            return Err(unusable(
                "--consent: says who agreed to be asked intrusively; say what they are asked with --intrusive",
            ));
        }
        let bytes = fs::read(path).map_err(|error| {
            unusable(format!(
                "the consent file {}: {error}; name the file with --consent",
                path.display()
            ))
        })?;
        for (number, line) in (1..).zip(bytes.split(|byte| *byte == b'\n')) {
            consent
                .line(number, line)
                .map_err(|error| unusable(format!("{}: {error}", path.display())))?;
        }
        let used = ListUsed {
            purpose: CONSENT.to_owned(),
            source: path.display().to_string(),
            sha256: Some(Sha256::of(&bytes)),
            entries: u64::try_from(consent.listed()).ok(),
        };
        Ok(Self { consent, used: Some(used) })
    }

    /// Who every target of a list has to be among; `None`: whoever is not is left out by itself.
    pub(crate) fn all_have_to(&self, settings: &Settings) -> Option<&Consent> {
        let asks = !settings.intrusive.is_empty();
        (asks && self.used.is_none()).then_some(&self.consent)
    }
}

/// Who agreed, in a resumed run: the file typed now, or else the one it began with.
pub(crate) fn consent_of(run: &RunRow, typed: &ProbeArguments) -> Option<PathBuf> {
    let before = run.lists.iter().rfind(|used| used.purpose == CONSENT);
    typed.consent.clone().or_else(|| Some(PathBuf::from(&before?.source)))
}

/// The purpose of a list of those who agreed, in the row of a run.
const CONSENT: &str = "consent";
