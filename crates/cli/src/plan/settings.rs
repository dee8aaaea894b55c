//! Every setting that shapes a run of probes: typed once, written into the run's row, read back by `--resume`.

use std::net::IpAddr;
use std::net::Ipv4Addr;
use std::net::Ipv6Addr;
use std::net::SocketAddr;
use std::str::FromStr;
use std::time::Duration;

use anyhow::Context;
use serde::Deserialize;
use serde::Serialize;
use tlscensus_dialog::Identity;
use tlscensus_dialog::SERVICES;
use tlscensus_dialog::Service;
use tlscensus_probe::Enumerating;
use tlscensus_probe::Intrusive;
use tlscensus_probe::IntrusiveQuestion;
use tlscensus_probe::LADDERS;
use tlscensus_probe::Ladder;
use tlscensus_probe::NameServers;
use tlscensus_probe::Plan;
use tlscensus_probe::Sni;
use tlscensus_targets::Blocklist;
use tlscensus_targets::Consent;
use tlscensus_targets::Limits;
use tlscensus_targets::LiveBlocklist;
use tlscensus_targets::Scope;
use tlscensus_targets::Shard;
use tlscensus_tls_client::PROFILES;
use tlscensus_tls_client::Profile;

use crate::args;
use crate::args::Order;
use crate::args::ProbeArguments;
use crate::args::ScanArguments;
use crate::plan::unusable;

/// The settings of a run; the JSON in `runs.config`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Settings {
    /// Words of services.
    pub(crate) protocols: Vec<String>,
    /// The first TLS offer.
    pub(crate) profile: String,
    /// The ladder of offers behind it.
    pub(crate) ladder: String,
    /// Whether a server name is sent where the list has one.
    pub(crate) send_server_name: bool,
    /// Added to standard ports.
    pub(crate) port_offset: u16,
    /// Seed of every random choice.
    pub(crate) seed: u64,
    /// Our name in EHLO.
    pub(crate) client_name: String,
    /// Where we are reached; none: loopback only.
    pub(crate) contact: Option<String>,
    /// Special-purpose networks opened for tests.
    pub(crate) allow_test_ranges: Vec<String>,
    /// Name servers; none: the system's own.
    #[serde(default)]
    pub(crate) resolvers: Vec<SocketAddr>,
    /// Endpoints in flight.
    pub(crate) concurrency: usize,
    /// Connections per second; none: no limit of ours (loopback only).
    pub(crate) rate: Option<u32>,
    /// The same, to one host.
    pub(crate) host_rate: Option<u32>,
    /// The same, to one /24 or /48.
    pub(crate) net_rate: Option<u32>,
    /// Longest life of an endpoint's probe, seconds.
    pub(crate) deadline_s: u32,
    /// Longest wait for a connection, seconds.
    pub(crate) connect_timeout_s: u32,
    /// Longest time in any other phase, seconds.
    pub(crate) phase_timeout_s: u32,
    /// Most bytes read from one endpoint.
    pub(crate) byte_budget: u64,
    /// Most connections to one endpoint.
    pub(crate) attempts: u8,
    /// Most connections to one host; none: no limit of ours (loopback only).
    pub(crate) host_budget: Option<u32>,
    /// Whether endpoints are enumerated.
    #[serde(default)]
    pub(crate) enumerate: bool,
    /// Most connections of an enumeration.
    #[serde(default = "default_questions")]
    pub(crate) questions: u32,
    /// Shortest time from one of them to the next, milliseconds.
    #[serde(default = "default_question_spacing_ms")]
    pub(crate) question_spacing_ms: u32,
    /// Words of intrusive questions.
    #[serde(default)]
    pub(crate) intrusive: Vec<String>,
    /// Whether the list is put in the seed's order.
    #[serde(default)]
    pub(crate) shuffled: bool,
    /// Which part of it is taken; none: all.
    #[serde(default)]
    pub(crate) shard: Option<String>,
}

impl Settings {
    /// All services of servers of one's own on loopback, as fast as they answer.
    pub(crate) fn loopback() -> Self {
        Self {
            protocols: SERVICES.iter().map(|service| service.word.to_owned()).collect(),
            profile: args::PROFILE.to_owned(),
            ladder: args::LADDER.to_owned(),
            send_server_name: true,
            port_offset: 0,
            seed: 0,
            client_name: args::CLIENT_NAME.to_owned(),
            contact: None,
            allow_test_ranges: Vec::new(),
            resolvers: Vec::new(),
            concurrency: 1000,
            rate: None,
            host_rate: None,
            net_rate: None,
            deadline_s: 60,
            connect_timeout_s: 10,
            phase_timeout_s: 20,
            byte_budget: 262_144,
            attempts: 8,
            host_budget: None,
            enumerate: false,
            questions: default_questions(),
            question_spacing_ms: default_question_spacing_ms(),
            intrusive: Vec::new(),
            shuffled: false,
            shard: None,
        }
    }

    /// What was typed, checked.
    ///
    /// # Errors
    /// Unknown words, limits switched off beyond loopback.
    pub(crate) fn typed(typed: &ProbeArguments) -> anyhow::Result<Self> {
        let pace = &typed.pace;
        let settings = Self {
            protocols: protocols(&typed.protocols)?,
            profile: profile(&typed.profile)?.name.clone().into_owned(),
            ladder: ladder(&typed.ladder)?.name.to_owned(),
            send_server_name: typed.sni == args::Sni::Named,
            port_offset: typed.port_offset,
            seed: typed.seed,
            client_name: client_name(&typed.who.client_name)?,
            contact: typed.who.contact.as_deref().map(contact).transpose()?,
            allow_test_ranges: typed.allow_test_range.clone(),
            resolvers: typed
                .resolver
                .iter()
                .map(|text| resolver(text))
                .collect::<Result<_, _>>()?,
            concurrency: usize::try_from(pace.concurrency).context("concurrency")?,
            rate: (pace.rate != 0).then_some(pace.rate),
            host_rate: (pace.host_rate != 0).then_some(pace.host_rate),
            net_rate: (pace.net_rate != 0).then_some(pace.net_rate),
            deadline_s: pace.deadline,
            connect_timeout_s: pace.connect_timeout,
            phase_timeout_s: pace.phase_timeout,
            byte_budget: pace.byte_budget,
            attempts: pace.attempts,
            host_budget: None,
            enumerate: typed.depth == args::Depth::Enumerate,
            questions: pace.questions,
            question_spacing_ms: pace.question_spacing,
            intrusive: intrusive(&typed.intrusive)?,
            shuffled: typed.order == Order::Shuffled,
            shard: typed.shard.map(|shard| shard.to_string()),
        };
        let settings = Self { host_budget: settings.budget_typed(typed), ..settings };
        settings.limited_or_loopback()?;
        settings.ports_exist()?;
        Ok(settings)
    }

    /// The probing of a scan, checked.
    ///
    /// # Errors
    /// As for [`typed`](Self::typed).
    pub(crate) fn of_scan(typed: &ScanArguments) -> anyhow::Result<Self> {
        let probing = &typed.probing;
        let limit = |limit: u32| (limit != 0).then_some(limit);
        let settings = Self {
            protocols: protocols(&typed.protocols)?,
            profile: profile(&probing.profile)?.name.clone().into_owned(),
            ladder: ladder(&probing.ladder)?.name.to_owned(),
            send_server_name: probing.sni == args::Sni::Named,
            port_offset: probing.port_offset,
            seed: typed.space.seed,
            client_name: client_name(&probing.client_name)?,
            contact: typed.space.contact.as_deref().map(contact).transpose()?,
            allow_test_ranges: typed.space.allow_test_range.clone(),
            concurrency: usize::try_from(probing.concurrency).context("concurrency")?,
            rate: limit(probing.probe_rate),
            host_rate: limit(probing.probe_host_rate),
            net_rate: limit(probing.probe_net_rate),
            deadline_s: probing.deadline,
            connect_timeout_s: probing.connect_timeout,
            phase_timeout_s: probing.phase_timeout,
            attempts: probing.attempts,
            host_budget: limit(probing.host_budget),
            enumerate: probing.depth == args::Depth::Enumerate,
            ..Self::loopback()
        };
        settings.limited_or_loopback()?;
        settings.ports_exist()?;
        Ok(settings)
    }

    /// The budget typed; where none was, enough for all that every service of a host is asked.
    fn budget_typed(&self, typed: &ProbeArguments) -> Option<u32> {
        let budget = typed.pace.host_budget;
        let asks_more = self.enumerate || !self.intrusive.is_empty();
        if typed.given.iter().any(|id| id == "host_budget") || !asks_more {
            return (budget != 0).then_some(budget);
        }
        let questions = if self.enumerate { self.questions } else { 0 };
        let intrusive = u32::try_from(self.intrusive.len()).unwrap_or(u32::MAX);
        let each = u32::from(self.attempts).saturating_add(questions).saturating_add(intrusive);
        let services = u32::try_from(self.protocols.len()).unwrap_or(u32::MAX);
        Some(each.saturating_mul(services).max(budget))
    }

    /// The order of the list and the part of it; `None`: all of it, as it is written.
    ///
    /// # Errors
    /// When a part is to be taken of a list that is not shuffled, which would be no sample of it.
    pub(crate) fn order(&self) -> anyhow::Result<Option<(u64, Shard)>> {
        let shard = self.shard.as_deref().map(str::parse).transpose();
        let shard: Option<Shard> = shard.map_err(|error| unusable(format!("--shard: {error}")))?;
        match shard {
            Some(shard) if !self.shuffled => Err(unusable(format!(
                "--shard {shard}: parts are taken of a shuffled list: add --order shuffled, and the same --seed for all parts"
            ))),
            shard => Ok(self.shuffled.then(|| (self.seed, shard.unwrap_or(Shard::WHOLE)))),
        }
    }

    fn ports_exist(&self) -> anyhow::Result<()> {
        let beyond = self
            .services()
            .into_iter()
            .find(|service| service.port.checked_add(self.port_offset).is_none());
        match beyond {
            None => Ok(()),
            Some(service) => Err(unusable(format!(
                "--port-offset {}: {} would be on a port above 65535",
                self.port_offset, service.word
            ))),
        }
    }

    /// # Errors
    /// When a limit is switched off for the Internet.
    pub(crate) fn limited_or_loopback(&self) -> anyhow::Result<()> {
        let unlimited = [self.rate, self.host_rate, self.net_rate, self.host_budget];
        if unlimited.contains(&None) && self.scope()? != Scope::Loopback {
            return Err(unusable(
                "a rate or budget of 0 (no limit) is for loopback and your own test ranges only: give a number, or leave --contact away",
            ));
        }
        Ok(())
    }

    /// How far the run may reach.
    ///
    /// # Errors
    /// When the contact is none.
    pub(crate) fn scope(&self) -> anyhow::Result<Scope> {
        Scope::decide(true, self.contact.as_deref())
            .map_err(|refusal| unusable(format!("--contact: {refusal}")))
    }

    /// Services, in the order typed.
    pub(crate) fn services(&self) -> Vec<&'static Service> {
        self.protocols.iter().filter_map(|word| Service::from_word(word)).collect()
    }

    /// What `probe` is to do.
    ///
    /// # Errors
    /// When the contact is none, or a test range is no prefix.
    pub(crate) fn plan(
        &self,
        run_id: &str,
        blocklist: impl Into<LiveBlocklist>,
    ) -> anyhow::Result<Plan> {
        let identity = Identity {
            client_name: self.client_name.clone(),
            peer_domain: None,
            contact: self.contact.clone(),
        };
        let seconds = |count: u32| Duration::from_secs(u64::from(count));
        let mut plan = Plan::new(run_id, identity, blocklist);
        plan.services = self.services();
        plan.port_offset = self.port_offset;
        plan.profile = Some(profile(&self.profile)?);
        plan.ladder = ladder(&self.ladder)?;
        plan.max_attempts = usize::from(self.attempts);
        let spacing = Duration::from_millis(u64::from(self.question_spacing_ms));
        plan.enumerating =
            self.enumerate.then_some(Enumerating { connections: self.questions, spacing });
        plan.byte_budget = self.byte_budget;
        plan.concurrency = self.concurrency;
        plan.limits = Limits {
            global: self.rate.map(f64::from),
            host: self.host_rate.map(f64::from),
            network: self.net_rate.map(f64::from),
            host_budget: self.host_budget,
        };
        if !self.resolvers.is_empty() {
            plan.name_servers = NameServers::These(self.resolvers.clone());
        }
        plan.sni = if self.send_server_name { Sni::ByName } else { Sni::Never };
        let phase = seconds(self.phase_timeout_s);
        let times = &mut plan.timeouts;
        times.connect = seconds(self.connect_timeout_s);
        times.resolve = times.connect;
        for time in [
            &mut times.greeting,
            &mut times.capabilities,
            &mut times.starttls,
            &mut times.tls,
            &mut times.after_tls,
        ] {
            *time = phase;
        }
        times.silence = times.silence.min(phase / 2);
        times.total = seconds(self.deadline_s);
        Ok(plan)
    }

    /// The intrusive questions, of those who agreed; `None`: there are none.
    pub(crate) fn intrusive(&self, consent: Consent) -> Option<Intrusive> {
        let words = self.intrusive.iter();
        let questions: Vec<_> =
            words.filter_map(|word| IntrusiveQuestion::from_word(word)).collect();
        let spacing = Duration::from_millis(u64::from(self.question_spacing_ms));
        (!questions.is_empty()).then_some(Intrusive { questions, spacing, consent })
    }

    /// Test ranges, which their owner opened.
    ///
    /// # Errors
    /// When one is no prefix.
    pub(crate) fn test_ranges<Prefix: FromStr>(&self) -> anyhow::Result<Vec<Prefix>> {
        let ranges = self.allow_test_ranges.iter();
        let parsed = ranges.map(|range| {
            range.parse().map_err(|_| {
                unusable(format!("--allow-test-range {range}: not a prefix; write 10.1.0.0/16"))
            })
        });
        parsed.collect()
    }

    /// The blocklist of this scope, opened for test ranges.
    ///
    /// # Errors
    /// When the contact is none, or a test range is no prefix.
    pub(crate) fn blocklist(&self) -> anyhow::Result<Blocklist> {
        let mut blocklist = Blocklist::new(self.scope()?);
        for prefix in self.test_ranges()? {
            blocklist
                .allow(prefix)
                .map_err(|error| unusable(format!("--allow-test-range: {error}")))?;
        }
        Ok(blocklist)
    }
}

/// As in `args`, for runs of versions that did not enumerate.
const fn default_questions() -> u32 {
    60
}

const fn default_question_spacing_ms() -> u32 {
    500
}

fn protocols(words: &[String]) -> anyhow::Result<Vec<String>> {
    if words.iter().any(|word| word == "all") {
        return Ok(SERVICES.iter().map(|service| service.word.to_owned()).collect());
    }
    let mut known: Vec<String> = Vec::new();
    for word in words {
        let Some(service) = Service::from_word(word) else {
            let all: Vec<_> = SERVICES.iter().map(|service| service.word).collect();
            return Err(unusable(format!(
                "--protocols {word}: not known; there are {}, and all",
                all.join(", ")
            )));
        };
        if !known.contains(word) {
            known.push(service.word.to_owned());
        }
    }
    Ok(known)
}

fn intrusive(words: &[String]) -> anyhow::Result<Vec<String>> {
    if words.iter().any(|word| word == "all") {
        return Ok(IntrusiveQuestion::ALL.map(|question| question.word().to_owned()).to_vec());
    }
    let mut known: Vec<String> = Vec::new();
    for word in words {
        if IntrusiveQuestion::from_word(word).is_none() {
            let all = IntrusiveQuestion::ALL.map(IntrusiveQuestion::word);
            return Err(unusable(format!(
                "--intrusive {word}: not known; there are {}, and all",
                all.join(", ")
            )));
        }
        if !known.contains(word) {
            known.push(word.clone());
        }
    }
    Ok(known)
}

fn profile(word: &str) -> anyhow::Result<&'static Profile> {
    Profile::named(word).ok_or_else(|| {
        let all: Vec<_> = PROFILES.iter().map(|profile| &*profile.name).collect();
        unusable(format!("--profile {word}: not known; there are {}", all.join(", ")))
    })
}

fn ladder(word: &str) -> anyhow::Result<&'static Ladder> {
    Ladder::named(word).ok_or_else(|| {
        let all: Vec<_> =
            LADDERS.iter().map(|ladder| format!("{} ({})", ladder.name, ladder.purpose)).collect();
        unusable(format!("--ladder {word}: not known; there are {}", all.join(", ")))
    })
}

/// What we say in EHLO has to be a domain or an address literal (RFC 5321 section 4.1.2), and cannot smuggle a line of its own.
fn client_name(name: &str) -> anyhow::Result<String> {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    };
    let domain = name.len() <= 253 && name.split('.').all(label);
    let literal = name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let literal = literal.is_some_and(|inner| match inner.strip_prefix("IPv6:") {
        Some(inner) => inner.parse::<Ipv6Addr>().is_ok(),
        None => inner.parse::<Ipv4Addr>().is_ok(),
    });
    if domain || literal {
        return Ok(name.to_owned());
    }
    Err(unusable(format!(
        "--client-name {name:?}: not a host name; write one like probe.example.org, or an address like [192.0.2.1] or \
         [IPv6:2001:db8::1]"
    )))
}

/// The contact is said to servers that have a place for it.
fn contact(text: &str) -> anyhow::Result<String> {
    if text.bytes().all(|byte| byte.is_ascii_graphic()) && !text.is_empty() {
        return Ok(text.to_owned());
    }
    Err(unusable(format!(
        "--contact {text:?}: write one mail address or https:// page in ASCII, without blanks or control characters"
    )))
}

/// `ADDRESS` or `ADDRESS:PORT`.
fn resolver(text: &str) -> anyhow::Result<SocketAddr> {
    let with_port = text.parse::<SocketAddr>().ok().filter(|addr| addr.port() != 0);
    let alone = || text.parse::<IpAddr>().ok().map(|addr| SocketAddr::new(addr, DNS_PORT));
    with_port.or_else(alone).ok_or_else(|| {
        unusable(format!("--resolver {text}: write an address like 192.0.2.53, 192.0.2.53:53 or [2001:db8::53]:53"))
    })
}

/// RFC 1035 section 4.2.
const DNS_PORT: u16 = 53;

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;
    use crate::args::Arguments;

    #[test]
    fn a_budget_left_to_us_is_enough_for_what_is_asked() {
        use clap::Parser;
        let budget = |more: &[&str]| {
            let words = ["tlscensus", "probe", "list", "--out", "census"].iter().chain(more);
            let arguments = Arguments::try_parse_from(words).expect("a command line");
            let args::Command::Probe(mut typed) = arguments.command else {
                panic!("it is probe");
            };
            typed.given = more
                .iter()
                .filter(|word| **word == "--host-budget")
                .map(|_| "host_budget".to_owned())
                .collect();
            Settings::typed(&typed).expect("settings").host_budget
        };
        let enumerate = ["--protocols", "smtp,imap", "--depth", "enumerate"];
        assert_eq!(budget(&[]), Some(100));
        assert_eq!(budget(&["--host-budget", "0"]), None);
        assert_eq!(budget(&enumerate), Some(2 * (8 + 60)));
        assert_eq!(budget(&[&enumerate[..], &["--host-budget", "50"]].concat()), Some(50));
        assert_eq!(budget(&["--protocols", "smtp", "--intrusive", "all"]), Some(100));
    }

    #[test]
    fn every_profile_and_ladder_is_in_the_help() {
        let mut command = Arguments::command();
        let probe = command.find_subcommand_mut("probe").expect("a verb");
        let help = |id: &str| {
            let argument = probe.get_arguments().find(|argument| argument.get_id() == id);
            argument.and_then(|argument| argument.get_help()).expect("a help").to_string()
        };
        let (offers, ladders) = (help("profile"), help("ladder"));
        let words = |text: &str| -> Vec<String> {
            let word = |c: char| c.is_ascii_alphanumeric() || c == '-';
            text.split(|c| !word(c)).map(str::to_owned).collect()
        };
        for profile in PROFILES {
            assert!(words(&offers).contains(&profile.name.to_string()), "{}", profile.name);
        }
        for ladder in LADDERS {
            assert!(words(&ladders).contains(&ladder.name.to_owned()), "{}", ladder.name);
        }
        let questions = help("intrusive");
        for question in IntrusiveQuestion::ALL {
            assert!(words(&questions).contains(&question.word().to_owned()), "{question:?}");
        }
    }

    #[test]
    fn what_is_not_typed_is_what_the_prober_would_do_by_itself() {
        let settings = Settings::loopback();
        let plan = settings.plan("run", settings.blocklist().expect("loopback")).expect("a plan");
        let identity = plan.identity.clone();
        let own = Plan::new("run", identity, settings.blocklist().expect("loopback"));
        assert_eq!(plan.profile.map(|p| &p.name), own.profile.map(|p| &p.name));
        assert_eq!(plan.ladder, own.ladder);
        assert_eq!(plan.max_attempts, own.max_attempts);
        assert_eq!(plan.enumerating, own.enumerating);
        let typed = Settings { enumerate: true, ..settings };
        let plan = typed.plan("run", typed.blocklist().expect("loopback")).expect("a plan");
        assert_eq!(plan.enumerating, Some(Enumerating::default()));
    }
}
