//! Files of addresses, pairs and routes, read whole, with their hashes for the run's row.

use std::fs;
use std::io::Read;
use std::path::Path;

use ipnet::IpNet;
use tlscensus_records::ListUsed;
use tlscensus_records::Sha256;
use tlscensus_targets::AddressListParser;
use tlscensus_targets::AddressSet;
use tlscensus_targets::LineError;
use tlscensus_targets::PairList;
use tlscensus_targets::PairListParser;
use tlscensus_targets::RouteParser;
use tlscensus_targets::RouteTable;
use tlscensus_targets::mrt;

use crate::console;
use crate::plan::unusable;

/// Lists of who may be visited.
pub(super) const TARGETS: &str = "targets";
/// Tables of who is reached by which prefix.
pub(crate) const ROUTES: &str = "routes";

/// The addresses of a list, or of a dump of a routing table.
///
/// # Errors
/// For a file that cannot be read, and for a bad line: what is not understood is not scanned by guess.
pub(super) fn addresses(path: &Path) -> anyhow::Result<(AddressSet, ListUsed)> {
    let bytes = bytes(path, "--allowlist")?;
    let set = if is_dump(&bytes) {
        let mut routes = mrt::Routes::new();
        each_route(path, &bytes, |route| routes.add(route))?;
        routes.addresses()
    } else {
        let mut parser = AddressListParser::new();
        each_line(path, &bytes, |line| parser.line(line))?;
        if parser.masked() > 0 {
            console::say(&format!(
                "{}: {} with bits behind the prefix, taken for the network that it lies in",
                path.display(),
                console::count(parser.masked(), "line")
            ));
        }
        parser.finish()
    };
    let ranges = set.ranges().count();
    Ok((set, used(path, &bytes, TARGETS, ranges)))
}

/// The pairs of a list.
///
/// # Errors
/// As [`addresses`].
pub(super) fn pairs(path: &Path) -> anyhow::Result<(PairList, ListUsed)> {
    let bytes = bytes(path, "--pairs")?;
    let mut parser = PairListParser::new();
    each_line(path, &bytes, |line| parser.line(line))?;
    let pairs = parser.finish();
    let count = usize::try_from(pairs.len()).unwrap_or(usize::MAX);
    Ok((pairs, used(path, &bytes, TARGETS, count)))
}

/// The routes of a file: what `tlscensus prefixes` prints, or a dump.
///
/// # Errors
/// As [`addresses`].
pub(crate) fn routes(path: &Path) -> anyhow::Result<(RouteTable, ListUsed)> {
    let bytes = bytes(path, "--routes")?;
    let mut routes: Vec<(IpNet, Option<u32>)> = Vec::new();
    let mut take = |route: mrt::Route| routes.push((route.prefix, route.origins.first().copied()));
    if is_dump(&bytes) {
        each_route(path, &bytes, take)?;
    } else {
        let mut parser = RouteParser::new();
        each_line(path, &bytes, |line| {
            parser.line(line)?.into_iter().for_each(&mut take);
            Ok(())
        })?;
    }
    let table = RouteTable::new(routes);
    let used = used(path, &bytes, ROUTES, table.len());
    Ok((table, used))
}

fn bytes(path: &Path, flag: &str) -> anyhow::Result<Vec<u8>> {
    let refused =
        |error| unusable(format!("{}: {error}; name the file with {flag}", path.display()));
    if path == Path::new("-") {
        let mut bytes = Vec::new();
        std::io::stdin().lock().read_to_end(&mut bytes).map_err(refused)?;
        return Ok(bytes);
    }
    fs::read(path).map_err(refused)
}

fn used(path: &Path, bytes: &[u8], purpose: &str, entries: usize) -> ListUsed {
    ListUsed {
        purpose: purpose.to_owned(),
        source: path.display().to_string(),
        sha256: Some(Sha256::of(bytes)),
        entries: u64::try_from(entries).ok(),
    }
}

/// Whether it is no text but a dump: packed, or begins with the header of a record (RFC 6396, section 2), whose bytes 4 and 5
/// are its type.
fn is_dump(bytes: &[u8]) -> bool {
    let packed = bytes.starts_with(&[0x1f, 0x8b]) || bytes.starts_with(b"BZh");
    let record = bytes.get(4..6).is_some_and(|kind| kind[0] == 0 && kind[1] < 64);
    packed || record
}

fn each_route(path: &Path, bytes: &[u8], mut each: impl FnMut(mrt::Route)) -> anyhow::Result<()> {
    let told = |error: &dyn std::fmt::Display| unusable(format!("{}: {error}", path.display()));
    for route in mrt::open(bytes).map_err(|error| told(&error))? {
        each(route.map_err(|error| told(&error))?);
    }
    Ok(())
}

fn each_line(
    path: &Path,
    bytes: &[u8],
    mut each: impl FnMut(&[u8]) -> Result<(), LineError>,
) -> anyhow::Result<()> {
    let mut first = None;
    let mut bad = 0_u64;
    for line in bytes.split(|byte| *byte == b'\n') {
        if let Err(error) = each(line) {
            bad += 1;
            first.get_or_insert(error);
        }
    }
    let Some(first) = first else {
        return Ok(());
    };
    let more = match bad - 1 {
        0 => String::new(),
        1 => " (and 1 more bad line)".to_owned(),
        more => format!(" (and {more} more bad lines)"),
    };
    Err(unusable(format!("{}: {first}{more}", path.display())))
}
