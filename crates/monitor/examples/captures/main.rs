//! Makes the captures in `testdata`: `cargo run -p tlscensus-monitor --example captures`, from the workspace's root.
//!
//! Handshakes are real ones, between OpenSSL as this workspace builds it (SSL 3 and weak suites left in), Debian's `openssl`, and
//! OpenSSL 1.0.2 of Python's nassl (`TLSCENSUS_PYTHON`); dialogues before them are written here; what no program at hand
//! speaks is written byte by byte, and `what_it_shows` says so. Addresses and times are fixed, keys and randoms are new each time.

mod case;
mod handshakes;
mod ports;
mod programs;
mod records;
mod scripted;
mod segments;
mod servers;
#[path = "../../benches/support/mod.rs"]
#[expect(dead_code, reason = "shared with benches, which use more of it")]
mod support;
mod upgrades;

use std::path::Path;

use case::Case;

fn main() -> std::io::Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/captures");
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    std::fs::create_dir_all(&folder)?;
    let mut table = String::from("trace\twhat_it_shows\texpected\n");
    let mut total = 0;
    let makers: [fn() -> Vec<Case>; 8] = [
        handshakes::cases,
        upgrades::cases,
        ports::cases,
        programs::cases,
        scripted::cases,
        segments::cases,
        records::cases,
        servers::framings,
    ];
    for case in makers.into_iter().flat_map(|make| make()) {
        let bytes = case.file();
        total += bytes.len();
        std::fs::write(folder.join(case.file_name()), bytes)?;
        table.push_str(&case.row());
    }
    std::fs::write(folder.with_file_name("captures.tsv"), table)?;
    assert!(total < 1_000_000, "{total} bytes of captures are too many");
    Ok(())
}
