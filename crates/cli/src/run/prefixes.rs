//! `prefixes`: what is routed, out of dumps of routing tables.

use std::fs::File;
use std::io;
use std::io::BufRead;
use std::io::BufReader;
use std::io::Write;
use std::net::IpAddr;
use std::path::Path;

use tlscensus_targets::Blocklist;
use tlscensus_targets::Scope;
use tlscensus_targets::mrt;
use tlscensus_targets::mrt::Routes;

use crate::args::PrefixesArguments;
use crate::args::PrefixesFormat;
use crate::console;
use crate::exit::Exit;
use crate::plan::unusable;

/// Reads the dumps and prints the prefixes. What was read before a fault is printed, and the fault told.
pub(crate) fn prefixes(typed: &PrefixesArguments) -> anyhow::Result<Exit> {
    let mut routes = Routes::new();
    let mut exit = Exit::Done;
    for path in &typed.ribs {
        if let Some(fault) = add_dump(path, &mut routes)? {
            console::say(&format!("tlscensus: {}: {fault}", path.display()));
            exit = Exit::Failed;
        }
    }
    if routes.is_empty() && exit == Exit::Failed {
        return Ok(exit);
    }
    console::results(|out| write(&routes, typed, out))?;
    if !typed.quiet {
        console::say(&summary(&routes, typed));
    }
    Ok(exit)
}

/// Adds the routes of one dump; returns what cut it short.
fn add_dump(path: &Path, routes: &mut Routes) -> anyhow::Result<Option<String>> {
    let refused = |error: io::Error| unusable(format!("the dump {}: {error}", path.display()));
    let input: Box<dyn BufRead> = if path == Path::new("-") {
        Box::new(io::stdin().lock())
    } else {
        Box::new(BufReader::new(File::open(path).map_err(refused)?))
    };
    let mut taken = 0_u64;
    for route in mrt::open(input).map_err(refused)? {
        match route {
            Ok(route) => routes.add(route),
            Err(error) => {
                return Ok(Some(format!("{error}; {taken} routes before that were taken")));
            }
        }
        taken += 1;
    }
    Ok((taken == 0).then(|| "no route in it".to_owned()))
}

fn write(routes: &Routes, typed: &PrefixesArguments, out: &mut dyn Write) -> anyhow::Result<()> {
    if typed.format == PrefixesFormat::Csv {
        writeln!(out, "prefix,origins")?;
    }
    for (prefix, origins) in routes.iter().filter(|(prefix, _)| wanted(prefix.addr(), typed)) {
        match typed.format {
            PrefixesFormat::List if origins.is_empty() => writeln!(out, "{prefix}")?,
            PrefixesFormat::List => writeln!(out, "{prefix} # {}", joined(origins, "AS", ", "))?,
            PrefixesFormat::Csv => writeln!(out, "{prefix},{}", joined(origins, "", " "))?,
            PrefixesFormat::Json => {
                let row = serde_json::json!({ "prefix": prefix.to_string(), "origins": origins });
                writeln!(out, "{row}")?;
            }
        }
    }
    Ok(())
}

fn wanted(addr: IpAddr, typed: &PrefixesArguments) -> bool {
    if addr.is_ipv4() { !typed.ipv6 } else { !typed.ipv4 }
}

fn joined(origins: &[u32], before: &str, between: &str) -> String {
    let each: Vec<_> = origins.iter().map(|origin| format!("{before}{origin}")).collect();
    each.join(between)
}

/// One line for a person.
fn summary(routes: &Routes, typed: &PrefixesArguments) -> String {
    let printed = routes.iter().filter(|(prefix, _)| wanted(prefix.addr(), typed)).count();
    let routed = routes.addresses().minus(&Blocklist::new(Scope::Internet).addresses());
    let share = 100.0 * to_f64(routed.count_v4()) / to_f64(public_ipv4());
    let defaults = match routes.defaults() {
        0 => String::new(),
        1 => "; 1 route for everything or nearly left out".to_owned(),
        many => format!("; {many} routes for everything or nearly left out"),
    };
    let public = match typed.ipv6 {
        true => String::new(),
        false => {
            format!("; {} public IPv4 addresses, {share:.1} % of them all", routed.count_v4())
        }
    };
    let prefixes = if printed == 1 { "prefix" } else { "prefixes" };
    format!("{printed} {prefixes}{public}{defaults}")
}

/// How many addresses of IPv4 are for no special purpose.
fn public_ipv4() -> u64 {
    (1 << 32) - Blocklist::new(Scope::Internet).addresses().count_v4()
}

/// For shares.
pub(super) fn to_f64(count: u64) -> f64 {
    u32::try_from(count).map_or_else(|_| f64::from(u32::MAX), f64::from)
}
