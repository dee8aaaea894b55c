//! Every setting that shapes a discovery: typed once, written into the run's row, read back by `--resume`.

use std::path::PathBuf;

use anyhow::Context;
use serde::Deserialize;
use serde::Serialize;
use tlscensus_dialog::SERVICES;
use tlscensus_dialog::Service;
use tlscensus_targets::Blocklist;
use tlscensus_targets::Rate;
use tlscensus_targets::Scope;
use tlscensus_targets::Shard;

use crate::args::Expectation;
use crate::args::Recorded;
use crate::args::SendingArguments;
use crate::args::SpaceArguments;
use crate::plan::resumed;
use crate::plan::resumed::Held;
use crate::plan::unusable;

/// The settings of a discovery; the JSON in `runs.config`, by itself or as a part of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct DiscoverySettings {
    /// Prefixes, addresses and ranges, as typed.
    pub(crate) prefixes: Vec<String>,
    /// Lists of those.
    pub(crate) allowlists: Vec<PathBuf>,
    /// A list of pairs instead.
    pub(crate) pairs: Option<PathBuf>,
    /// The ports of each address.
    pub(crate) ports: Vec<u16>,
    /// Special-purpose networks opened for tests.
    pub(crate) allow_test_ranges: Vec<String>,
    /// Where we are reached; none: loopback and test ranges only.
    pub(crate) contact: Option<String>,
    /// Prefixes and origins.
    pub(crate) routes: Option<PathBuf>,
    /// Seed of the order.
    pub(crate) seed: u64,
    /// Which part of it.
    pub(crate) shard: String,
    /// Only the first so many positions.
    pub(crate) max_targets: Option<u64>,
    /// Packets per second, or bits.
    pub(crate) rate: String,
    /// Packets per second to one /24 or /48; 0: no limit of ours.
    pub(crate) net_rate: f64,
    /// Packets per second to one routed prefix; 0: no limit of ours.
    pub(crate) route_rate: f64,
    /// Probes to a target.
    pub(crate) probes: u8,
    /// Between them, milliseconds.
    pub(crate) spacing_ms: u32,
    /// How long answers are waited for, seconds.
    pub(crate) cooldown_s: u32,
    /// Whether to begin with little.
    pub(crate) ramp: bool,
    /// For a ramp: whether nearly all targets listen.
    pub(crate) expect_everything: bool,
    /// For a ramp: whether perhaps nobody answers.
    pub(crate) expect_silence: bool,
    /// Longest time of sending, seconds.
    pub(crate) max_runtime_s: Option<u64>,
    /// Endpoints that answer, behind which it stops.
    pub(crate) max_results: Option<u64>,
    /// Whether resets are recorded.
    pub(crate) record_rst: bool,
    /// Whether ICMP errors are recorded.
    pub(crate) record_icmp: bool,
}

impl Default for DiscoverySettings {
    fn default() -> Self {
        Self {
            prefixes: Vec::new(),
            allowlists: Vec::new(),
            pairs: None,
            ports: Vec::new(),
            allow_test_ranges: Vec::new(),
            contact: None,
            routes: None,
            seed: 0,
            shard: Shard::WHOLE.to_string(),
            max_targets: None,
            rate: "10k".to_owned(),
            net_rate: 100.0,
            route_rate: 0.0,
            probes: 1,
            spacing_ms: 1000,
            cooldown_s: 8,
            ramp: false,
            expect_everything: false,
            expect_silence: false,
            max_runtime_s: None,
            max_results: None,
            record_rst: false,
            record_icmp: false,
        }
    }
}

impl DiscoverySettings {
    /// What was typed, checked.
    ///
    /// # Errors
    /// Unknown words, numbers that are none, limits switched off beyond loopback and test ranges.
    pub(crate) fn typed(
        space: &SpaceArguments,
        sending: &SendingArguments,
        ports: Vec<u16>,
    ) -> anyhow::Result<Self> {
        let settings = Self {
            prefixes: space.prefixes.clone(),
            allowlists: space.allowlist.clone(),
            pairs: space.pairs.clone(),
            ports,
            allow_test_ranges: space.allow_test_range.clone(),
            contact: space.contact.clone(),
            routes: space.routes.clone(),
            seed: space.seed,
            shard: space.shard.clone(),
            max_targets: space.max_targets,
            rate: sending.rate.clone(),
            net_rate: sending.net_rate,
            route_rate: sending.route_rate,
            probes: sending.probes,
            spacing_ms: sending.spacing,
            cooldown_s: sending.cooldown,
            ramp: sending.ramp,
            expect_everything: sending.expect.contains(&Expectation::Everything),
            expect_silence: sending.expect.contains(&Expectation::Silence),
            max_runtime_s: sending.max_runtime,
            max_results: sending.max_results,
            record_rst: sending.record.contains(&Recorded::Rst),
            record_icmp: sending.record.contains(&Recorded::Icmp),
        };
        settings.check()?;
        Ok(settings)
    }

    /// Identifiers of arguments, protocols being ports by other names.
    pub(crate) fn ids_given(given: &[String]) -> Vec<String> {
        let ids = given.iter().map(|id| if id == "protocols" { "ports" } else { id });
        ids.map(str::to_owned).collect()
    }

    /// What holds in a run that is gone on with: what it began with, at the pace typed now.
    ///
    /// # Errors
    /// When something is typed that would ask other targets, or in another way, under the same name.
    pub(crate) fn gone_on_with(
        &self,
        now: &Self,
        given: &[String],
        run_id: &str,
    ) -> anyhow::Result<Self> {
        let settings: Self = resumed::held(HELD, self, now, given, run_id)?;
        settings.check()?;
        Ok(settings)
    }

    /// # Errors
    /// For what cannot be carried out.
    pub(crate) fn check(&self) -> anyhow::Result<()> {
        self.scope()?;
        self.shard()?;
        self.rate()?;
        for (flag, rate) in [("--net-rate", self.net_rate), ("--route-rate", self.route_rate)] {
            if !rate.is_finite() || rate < 0.0 {
                return Err(unusable(format!(
                    "{flag} {rate}: not a rate; write packets per second, or 0 for no limit"
                )));
            }
        }
        if self.pairs.is_some() && !self.ports.is_empty() {
            return Err(unusable(
                "--pairs: a pair has its port; leave --ports and --protocols away",
            ));
        }
        if self.probes == 0 {
            return Err(unusable("--probes 0: at least one"));
        }
        if self.route_rate > 0.0 && self.routes.is_none() {
            return Err(unusable(
                "--route-rate: of which prefixes? name their table with --routes FILE",
            ));
        }
        if self.net_rate == 0.0 && self.scope()? == Scope::Internet {
            return Err(unusable(
                "--net-rate 0 (no limit) is for your own ranges only: give a number, or leave --contact away",
            ));
        }
        Ok(())
    }

    /// How far it may reach.
    ///
    /// # Errors
    /// When the contact is none.
    pub(crate) fn scope(&self) -> anyhow::Result<Scope> {
        Scope::decide(true, self.contact.as_deref())
            .map_err(|refusal| unusable(format!("--contact: {refusal}")))
    }

    /// # Errors
    /// When it is none.
    pub(crate) fn shard(&self) -> anyhow::Result<Shard> {
        self.shard.parse().map_err(|error| unusable(format!("--shard {}: {error}", self.shard)))
    }

    /// # Errors
    /// When it is none.
    pub(crate) fn rate(&self) -> anyhow::Result<Rate> {
        self.rate.parse().map_err(|error| unusable(format!("--rate {}: {error}", self.rate)))
    }

    /// The special-purpose networks and nothing else, opened for test ranges.
    ///
    /// # Errors
    /// When the contact is none, or a test range is no prefix of a special-purpose network.
    pub(crate) fn blocklist(&self) -> anyhow::Result<Blocklist> {
        let mut blocklist = Blocklist::new(self.scope()?);
        self.open_test_ranges(&mut blocklist)?;
        Ok(blocklist)
    }

    /// # Errors
    /// When a test range is no prefix, or holds what is anybody's.
    pub(crate) fn open_test_ranges(&self, blocklist: &mut Blocklist) -> anyhow::Result<()> {
        for range in &self.allow_test_ranges {
            let prefix = range.parse().map_err(|_| {
                unusable(format!("--allow-test-range {range}: not a prefix; write 10.1.0.0/16"))
            })?;
            blocklist
                .allow(prefix)
                .map_err(|error| unusable(format!("--allow-test-range: {error}")))?;
        }
        Ok(())
    }
}

/// Argument, setting, and whether it can be changed in the middle of a run.
const HELD: &[(&str, &str, Held)] = &[
    ("allow_test_range", "allow-test-ranges", Held::Always),
    ("allowlist", "allowlists", Held::Always),
    ("contact", "contact", Held::Always),
    ("cooldown", "cooldown-s", Held::UnlessTyped),
    ("expect", "expect-everything", Held::UnlessTyped),
    ("expect", "expect-silence", Held::UnlessTyped),
    ("max_results", "max-results", Held::UnlessTyped),
    ("max_runtime", "max-runtime-s", Held::UnlessTyped),
    ("max_targets", "max-targets", Held::Always),
    ("net_rate", "net-rate", Held::UnlessTyped),
    ("pairs", "pairs", Held::Always),
    ("ports", "ports", Held::Always),
    ("prefixes", "prefixes", Held::Always),
    ("probes", "probes", Held::Always),
    ("ramp", "ramp", Held::UnlessTyped),
    ("rate", "rate", Held::UnlessTyped),
    ("record", "record-icmp", Held::Always),
    ("record", "record-rst", Held::Always),
    ("route_rate", "route-rate", Held::UnlessTyped),
    ("routes", "routes", Held::UnlessTyped),
    ("seed", "seed", Held::Always),
    ("shard", "shard", Held::Always),
    ("spacing", "spacing-ms", Held::UnlessTyped),
];

/// Ports as typed: numbers and ranges, and those of protocols; each once, in order.
///
/// # Errors
/// For words that are neither.
pub(crate) fn ports(ports: &[String], protocols: &[String]) -> anyhow::Result<Vec<u16>> {
    let mut all = Vec::new();
    for word in ports.iter().map(|word| word.trim()).filter(|word| !word.is_empty()) {
        let none = || unusable(format!("--ports {word}: not a port; write 25, or 1000-1010"));
        let (first, last) = word.split_once('-').unwrap_or((word, word));
        let first: u16 = first.parse().map_err(|_| none())?;
        let last: u16 = last.parse().map_err(|_| none())?;
        if first == 0 || first > last {
            return Err(none());
        }
        all.extend(first..=last);
    }
    for word in protocols {
        if word == "all" {
            all.extend(SERVICES.iter().map(|service| service.port));
            continue;
        }
        let service = Service::from_word(word).with_context(|| unknown_protocol(word))?;
        all.push(service.port);
    }
    let mut once = Vec::new();
    for port in all {
        if !once.contains(&port) {
            once.push(port);
        }
    }
    Ok(once)
}

fn unknown_protocol(word: &str) -> crate::plan::Unusable {
    let all: Vec<_> = SERVICES.iter().map(|service| service.word).collect();
    crate::plan::Unusable(format!(
        "--protocols {word}: not known; there are {}, and all",
        all.join(", ")
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_has_a_rule_for_a_run_that_is_gone_on_with() {
        let all = serde_json::to_value(DiscoverySettings::default()).expect("plain values");
        let fields: Vec<_> = all.as_object().expect("fields").keys().collect();
        let mut held: Vec<_> = HELD.iter().map(|(_, field, _)| field).collect();
        held.sort_unstable();
        assert_eq!(fields, held);
    }

    #[test]
    fn a_run_goes_on_at_its_own_pace_unless_another_is_typed() {
        let began = DiscoverySettings { rate: "300".to_owned(), seed: 7, ..Default::default() };
        let now = DiscoverySettings { net_rate: 5.0, ..Default::default() };
        let given = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect::<Vec<_>>();
        let on = began.gone_on_with(&now, &given(&["net_rate"]), "run").expect("a pace");
        assert_eq!((&*on.rate, on.seed), ("300", 7));
        assert!((on.net_rate - 5.0).abs() < f64::EPSILON);
        let error = began.gone_on_with(&now, &given(&["seed"]), "run").expect_err("another order");
        assert!(error.to_string().contains("--seed: run run began with 7"), "{error}");
    }
}
