//! Which targets a discovery visits: what is allowed, without what is blocked.

use std::net::IpAddr;
use std::path::Path;

use tlscensus_records::ListUsed;
use tlscensus_targets::AddressListParser;
use tlscensus_targets::AddressSet;
use tlscensus_targets::Blocklist;
use tlscensus_targets::Grid;
use tlscensus_targets::Scope;
use tlscensus_targets::Space;
use tlscensus_targets::Visits;

use super::files;
use crate::plan::discovery::DiscoverySettings;
use crate::plan::unusable;

/// The targets, and what became of those that were asked for.
#[derive(Debug)]
pub(crate) struct Targets {
    pub(crate) visits: Visits,
    /// Lists that were read.
    pub(crate) used: Vec<ListUsed>,
    /// Addresses that were asked for and are blocked.
    pub(crate) taken_out: AddressSet,
    /// The addresses that are visited.
    pub(crate) addresses: AddressSet,
}

impl Targets {
    /// Reads the lists and takes out what is blocked.
    ///
    /// # Errors
    /// When a list is none, when nothing is left, or when something needs a contact and there is none.
    pub(crate) fn read(settings: &DiscoverySettings, blocked: &AddressSet) -> anyhow::Result<Self> {
        match &settings.pairs {
            Some(path) => Self::pairs(settings, path, blocked),
            None => Self::product(settings, blocked),
        }
    }

    fn product(settings: &DiscoverySettings, blocked: &AddressSet) -> anyhow::Result<Self> {
        if settings.ports.is_empty() {
            return Err(unusable(
                "no ports: name some with --ports 25,443 or --protocols smtp,https",
            ));
        }
        let mut typed = AddressListParser::new();
        for prefix in &settings.prefixes {
            typed.line(prefix.as_bytes()).map_err(|error| {
                let hint = match Path::new(prefix).is_file() {
                    true => "; a list of addresses is named with --allowlist, and a campaign's file ends in .toml and stands alone",
                    false => "",
                };
                unusable(format!("{prefix}: {}{hint}", error.problem.remedy()))
            })?;
        }
        let mut allowed = typed.finish();
        let mut used = Vec::new();
        for path in &settings.allowlists {
            let (set, list) = files::addresses(path)?;
            allowed = allowed.union(&set);
            used.push(list);
        }
        if allowed.count() == 0 {
            return Err(unusable(
                "no targets: name prefixes, or a list of them with --allowlist FILE; none is ever assumed",
            ));
        }
        reachable(settings, &allowed)?;
        let left = allowed.minus(blocked);
        something_is_left(allowed.count(), left.count())?;
        not_mixed(&left)?;
        let space = Space::new(&left).map_err(|error| unusable(error.to_string()))?;
        let grid =
            Grid::new(space, &settings.ports).map_err(|error| unusable(error.to_string()))?;
        let visits = Visits::Grid(grid);
        Ok(Self { visits, used, taken_out: allowed.minus(&left), addresses: left })
    }

    fn pairs(
        settings: &DiscoverySettings,
        path: &Path,
        blocked: &AddressSet,
    ) -> anyhow::Result<Self> {
        let (pairs, list) = files::pairs(path)?;
        if pairs.is_empty() {
            return Err(unusable(format!("{}: no pair in it; write 192.0.2.1:25", path.display())));
        }
        let address = |index| pairs.at(index).map(|(address, _)| (address, address));
        let asked: AddressSet = (0..pairs.len()).filter_map(address).collect();
        reachable(settings, &asked)?;
        let left = pairs.minus(blocked);
        something_is_left(pairs.len().into(), left.len().into())?;
        not_mixed(&asked.minus(blocked))?;
        Ok(Self {
            used: vec![list],
            taken_out: asked.minus(&asked.minus(blocked)),
            addresses: asked.minus(blocked),
            visits: Visits::List(left),
        })
    }

    /// A target of each family there is, to ask for the way to it.
    pub(crate) fn samples(&self) -> Vec<IpAddr> {
        let v4 = self.visits.len_v4();
        let first = (v4 > 0).then(|| self.visits.at(0));
        let other = (v4 < self.visits.len()).then(|| self.visits.at(v4));
        first.into_iter().chain(other).flatten().map(|(address, _)| address).collect()
    }
}

/// Without a contact nothing but loopback and test ranges may be asked for at all: a list that names others is a mistake.
fn reachable(settings: &DiscoverySettings, allowed: &AddressSet) -> anyhow::Result<()> {
    if settings.scope()? != Scope::Loopback {
        return Ok(());
    }
    let mut own = Blocklist::new(Scope::Loopback);
    settings.open_test_ranges(&mut own)?;
    let others = allowed.minus(&allowed.minus(&own.addresses()));
    let Some((first, _)) = others.ranges().next() else {
        return Ok(());
    };
    Err(unusable(format!(
        "{first} is neither loopback nor in an --allow-test-range: give --contact ADDRESS-OR-PAGE where those who are probed reach you"
    )))
}

/// Loopback is connected to, and never seen on a wire: it goes with nothing else.
fn not_mixed(left: &AddressSet) -> anyhow::Result<()> {
    let everything_else = Blocklist::new(Scope::Loopback).addresses();
    let loopback = left.minus(&everything_else);
    if loopback.count() == 0 || loopback.count() == left.count() {
        return Ok(());
    }
    Err(unusable("loopback and other addresses are asked in different ways: make two runs of them"))
}

fn something_is_left(allowed: u128, left: u128) -> anyhow::Result<()> {
    if left > 0 {
        return Ok(());
    }
    Err(unusable(format!(
        "nothing is left to visit: all {allowed} that the lists allow are blocked (special-purpose networks always are, unless \
         --allow-test-range opens them; tlscensus blocklist check tells why an address is)"
    )))
}
