//! Certificates made by others, read whole and damaged.

#[path = "../../../fuzz/replay.rs"]
mod replay;

use std::fs;
use std::io::Write;
use std::path::PathBuf;

use tlscensus_certs::Facts;
use tlscensus_certs::Parse;
use tlscensus_certs::fuzzing;
use x509_parser::pem::Pem;

/// Every certificate of the suites, each once.
fn corpus() -> Option<Vec<Vec<u8>>> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus/x509");
    let mut found = Vec::new();
    for name in ["limbo-native.json", "x509errors.json"] {
        let text = fs::read_to_string(folder.join(name)).ok()?;
        // PEM blocks inside JSON strings: only their line ends are escaped.
        let text = text.replace("\\n", "\n");
        for block in text.split("-----BEGIN CERTIFICATE-----").skip(1) {
            let (body, _) = block.split_once("-----END CERTIFICATE-----")?;
            let pem = format!("-----BEGIN CERTIFICATE-----{body}-----END CERTIFICATE-----\n");
            let blocks = Pem::iter_from_buffer(pem.as_bytes());
            found.extend(blocks.map(|pem| pem.expect("PEM").contents));
        }
    }
    found.sort_unstable();
    found.dedup();
    Some(found)
}

#[test]
fn the_suites_certificates_are_read() {
    let Some(certificates) = corpus() else {
        let _ = writeln!(std::io::stderr(), "SKIPPED: ../shared/corpus is not there");
        return;
    };
    assert!(certificates.len() > 300, "{}", certificates.len());
    let mut failed = Vec::new();
    let mut odd = 0;
    for der in &certificates {
        let facts = Facts::read(der);
        assert!(facts.spki_sha256.is_some() && facts.serial.is_some());
        assert!(facts.key.algorithm.is_some(), "{:?}", facts.parse);
        match facts.parse {
            Parse::Ok => assert!(facts.extensions.is_some() && facts.not_after.is_some()),
            Parse::Lenient(_) => odd += 1,
            Parse::Failed(reason) => failed.push(reason),
        }
    }
    assert!(failed.len() < certificates.len() / 50, "{failed:?}");
    assert!(odd > 0, "the suites have certificates that are odd on purpose");
    for der in certificates.iter().step_by(23) {
        for at in 0..der.len() {
            let mut changed = der.clone();
            changed[at] = !changed[at];
            Facts::read(&changed);
            Facts::read(&der[..at]);
        }
    }
}

#[test]
fn kept_inputs_hold() {
    replay::all(fuzzing::TARGETS);
}
