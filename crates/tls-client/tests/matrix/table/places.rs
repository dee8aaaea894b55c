//! Which table and row of the page a line belongs to: what its cell is about.

use std::collections::BTreeMap;

use tlscensus_tls_wire::registry::Authentication;
use tlscensus_tls_wire::registry::CipherSuite;
use tlscensus_tls_wire::registry::KeyExchange;
use tlscensus_tls_wire::registry::NamedGroup;
use tlscensus_tls_wire::registry::SuiteParameters;

use crate::matrix::cell::Twist;
use crate::matrix::kept::Line;
use crate::matrix::kept::column::CERTIFICATE;
use crate::matrix::kept::column::DH_BITS;
use crate::matrix::kept::column::GROUP;
use crate::matrix::kept::column::SCHEME;
use crate::matrix::kept::column::SUITE;
use crate::matrix::kept::column::TWIST;
use crate::matrix::kept::column::VERSION;
use crate::support::certificates::Kind;

/// What a cell is about.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum About {
    Suite,
    Group,
    Prime,
    Certificate,
    Scheme,
    Twist,
}

impl About {
    /// The head of the table.
    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Suite => "cipher suite",
            Self::Group => "group",
            Self::Prime => "bits of the prime, key exchange",
            Self::Certificate => "certificate, key exchange",
            Self::Scheme => "signature scheme alone, certificate, key exchange",
            Self::Twist => "out of the ordinary",
        }
    }
}

/// One line in its place.
pub(super) struct Place<'a> {
    pub(super) version: &'a str,
    pub(super) about: About,
    /// Where the row stands in its table.
    pub(super) rank: usize,
    pub(super) row: String,
    pub(super) line: &'a Line,
}

/// Every line of a list in its place. The first line of a suite is about the suite; those after it differ from it in what they
/// are about. Where a suite has such lines, its first stands in their table too.
pub(super) fn of(lines: &[Line]) -> Vec<Place<'_>> {
    let mut firsts: BTreeMap<(&str, &str), &Line> = BTreeMap::new();
    let mut places = Vec::new();
    for line in lines {
        let suite = (line.column(VERSION), line.column(SUITE));
        let Some(first) = firsts.get(&suite) else {
            firsts.insert(suite, line);
            places.push(Place::new(About::Suite, line));
            continue;
        };
        let about = difference(first, line);
        let row = Place::new(about, first).row;
        let joins = matches!(about, About::Group | About::Prime | About::Certificate);
        let same = |place: &Place<'_>| place.about == about && place.line == *first;
        if joins && row != "-" && !places.iter().any(same) {
            places.push(Place::new(about, first));
        }
        places.push(Place::new(about, line));
    }
    places
}

fn difference(first: &Line, line: &Line) -> About {
    let differs = |column: usize| line.column(column) != first.column(column);
    match () {
        () if line.column(TWIST) != "-" => About::Twist,
        () if line.column(SCHEME) != "-" => About::Scheme,
        () if differs(CERTIFICATE) => About::Certificate,
        () if differs(DH_BITS) => About::Prime,
        () => About::Group,
    }
}

impl<'a> Place<'a> {
    fn new(about: About, line: &'a Line) -> Self {
        let (rank, row) = row(about, line);
        Self { version: line.column(VERSION), about, rank, row, line }
    }
}

fn row(about: About, line: &Line) -> (usize, String) {
    let [suite, group, bits] = [SUITE, GROUP, DH_BITS].map(|at| line.column(at));
    let [certificate, scheme, twist] = [CERTIFICATE, SCHEME, TWIST].map(|at| line.column(at));
    let group_rank = NamedGroup::ENTRIES.iter().position(|(_, name)| *name == group).unwrap_or(0);
    let kind = Kind::WORDS.iter().position(|(_, word)| *word == certificate).unwrap_or(0);
    match about {
        About::Suite => (
            CipherSuite::ENTRIES.iter().position(|(_, name)| *name == suite).unwrap_or(0),
            suite.to_owned(),
        ),
        About::Group => (group_rank, group.to_owned()),
        About::Prime => (bits.parse().unwrap_or(0), format!("{bits}, {}", exchange(line))),
        About::Certificate => (kind, format!("{certificate}{}", with_exchange(line))),
        About::Scheme => (kind, format!("{scheme}, {certificate}{}", with_exchange(line))),
        About::Twist => {
            let rank = Twist::WORDS.iter().position(|(_, word)| *word == twist).unwrap_or(0);
            let asked = if twist == "retry" { format!(", {group}") } else { String::new() };
            (rank * NamedGroup::ENTRIES.len() + group_rank, format!("{twist}{asked}"))
        }
    }
}

fn with_exchange(line: &Line) -> String {
    match exchange(line) {
        none if none.is_empty() => none,
        exchange => format!(", {exchange}"),
    }
}

pub(super) fn parameters(line: &Line) -> Option<&'static SuiteParameters> {
    let name = line.column(SUITE);
    let known = CipherSuite::ENTRIES.iter().find(|(_, known)| *known == name)?;
    CipherSuite(known.0).parameters()
}

/// The key exchange with who signs for it; nothing in TLS 1.3, whose suites leave it open.
pub(super) fn exchange(line: &Line) -> String {
    let Some(parameters) = parameters(line).filter(|p| p.key_exchange != KeyExchange::Any) else {
        return String::new();
    };
    let implied = matches!(parameters.key_exchange, KeyExchange::Rsa | KeyExchange::RsaPsk)
        || matches!(parameters.authentication, Authentication::Psk | Authentication::Null);
    let signer = if implied { "" } else { parameters.authentication.word() };
    let export = if parameters.export { "EXPORT" } else { "" };
    let words = [parameters.key_exchange.word(), signer, export];
    words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join("_")
}
