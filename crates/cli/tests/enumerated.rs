//! `probe --depth enumerate` from the command line to SQL: what the relation `capabilities` says of a server is its
//! configuration.

mod daemons;
mod lab;

use std::path::Path;

use crate::support;

/// Asks through the program itself; one list of cells per row.
fn sql(dataset: &Path, query: &str) -> Vec<Vec<String>> {
    let mut command = support::tlscensus();
    command.arg("sql").arg(dataset).arg(query).args(["--format", "csv"]);
    let output = support::run(&mut command, 0);
    let text = String::from_utf8(output.stdout).unwrap();
    let cells = |line: &str| line.split(',').map(str::to_owned).collect();
    text.lines().skip(1).map(cells).collect()
}

/// The relation `capabilities`, in the order of rank and name.
struct Capabilities(Vec<Capability>);

/// A row of it; what is NULL is empty.
struct Capability {
    addr: String,
    kind: String,
    version: String,
    name: String,
    code: String,
    verdict: String,
    coverage: String,
    decides: String,
    resumption: String,
    chain: String,
    ended: String,
}

impl Capabilities {
    fn read(dataset: &Path) -> Self {
        let query = "SELECT addr, kind, version, name, code, verdict, coverage, decides, resumption, \
                     array_to_string(chain, ' '), ended FROM capabilities ORDER BY addr, rank, name";
        let rows = sql(dataset, query).into_iter().map(|row| {
            let [
                addr,
                kind,
                version,
                name,
                code,
                verdict,
                coverage,
                decides,
                resumption,
                chain,
                ended,
            ] = row.try_into().expect("one cell for each column");
            Capability {
                addr,
                kind,
                version,
                name,
                code,
                verdict,
                coverage,
                decides,
                resumption,
                chain,
                ended,
            }
        });
        Self(rows.collect())
    }

    fn of(&self, addr: &str, kind: &str) -> impl Iterator<Item = &Capability> + use<'_> {
        let (addr, kind) = (addr.to_owned(), kind.to_owned());
        self.0.iter().filter(move |row| row.addr == addr && row.kind == kind)
    }

    /// The names of what an endpoint has of one kind.
    fn names(&self, addr: &str, kind: &str, version: &str) -> Vec<&str> {
        let has = |row: &&Capability| row.verdict == "supported" && row.version == version;
        self.of(addr, kind).filter(has).map(|row| row.name.as_str()).collect()
    }

    /// Of a list as a whole: how much of it was asked, and who decides.
    fn list(&self, addr: &str, kind: &str, version: &str) -> Vec<&str> {
        let rows = self.of(addr, kind).filter(|row| row.version == version);
        rows.flat_map(|row| [row.coverage.as_str(), row.decides.as_str()]).collect()
    }

    /// How an endpoint takes up sessions: by pre-shared key, ticket and identifier.
    fn resumption(&self, addr: &str) -> String {
        let words = ["psk", "ticket", "identifier"].map(|way| {
            let mut rows = self.of(addr, "resumption").filter(|row| row.name == way);
            rows.next().map_or("", |row| row.resumption.as_str())
        });
        words.join(" ")
    }

    /// The values of an endpoint that came again (`supported`), or did not (`absent`).
    fn reuse(&self, addr: &str, verdict: &str) -> Vec<&str> {
        let rows = self.of(addr, "reuse").filter(|row| row.verdict == verdict);
        rows.map(|row| row.name.as_str()).collect()
    }
}
