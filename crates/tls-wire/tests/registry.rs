//! The generated code points against the dated lists; `TLSCENSUS_REGENERATE=1 cargo test` writes them anew.

use std::fmt::Write;
use std::path::Path;
use std::path::PathBuf;

/// Each list: its file stem, the type it fills, the width of its values in hexadecimal digits.
const LISTS: &[(&str, &str, usize)] = &[
    ("alert_descriptions", "AlertDescription", 2),
    ("alert_levels", "AlertLevel", 2),
    ("certificate_compression", "CertificateCompression", 4),
    ("certificate_status_types", "CertificateStatusType", 2),
    ("certificate_types", "CertificateType", 2),
    ("cipher_suites", "CipherSuite", 4),
    ("client_certificate_types", "ClientCertificateType", 2),
    ("compression_methods", "CompressionMethod", 2),
    ("content_types", "ContentType", 2),
    ("ec_curve_types", "EcCurveType", 2),
    ("ec_point_formats", "EcPointFormat", 2),
    ("extension_types", "ExtensionType", 4),
    ("handshake_types", "HandshakeType", 2),
    ("named_groups", "NamedGroup", 4),
    ("psk_key_exchange_modes", "PskKeyExchangeMode", 2),
    ("signature_schemes", "SignatureScheme", 4),
    ("ssl2_cipher_kinds", "Ssl2CipherKind", 6),
    ("ssl2_errors", "Ssl2Error", 4),
    ("ssl2_messages", "Ssl2Message", 2),
    ("versions", "Version", 4),
];

#[test]
#[expect(clippy::disallowed_methods, reason = "rewrites sources, not data")]
fn generated_files_are_fresh() {
    let rewrite = std::env::var_os("TLSCENSUS_REGENERATE").is_some();
    for (stem, type_name, digits) in LISTS {
        let source = read(&crate_root().join("registry").join(format!("{stem}.csv")));
        let fresh = generate(stem, type_name, *digits, &source);
        let target = crate_root().join("src/registry").join(format!("{stem}.rs"));
        if rewrite {
            std::fs::write(&target, &fresh).expect("the source tree is writable");
        }
        let stands = read(&target);
        assert!(stands == fresh, "{stem}.rs is stale: TLSCENSUS_REGENERATE=1 cargo test");
    }
}

#[test]
fn every_list_is_generated() {
    let mut stems: Vec<String> = std::fs::read_dir(crate_root().join("registry"))
        .expect("registry/ is there")
        .map(|entry| entry.expect("readable").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "csv"))
        .map(|path| path.file_stem().expect("named").to_string_lossy().into_owned())
        .collect();
    stems.sort();
    let mut known: Vec<&str> = LISTS.iter().map(|(stem, _, _)| *stem).collect();
    known.push("ffdh_groups");
    known.sort_unstable();
    assert_eq!(stems, known);
}

/// One generated file: constants, names and, for suites, what they are made of.
fn generate(stem: &str, type_name: &str, digits: usize, source: &str) -> String {
    let title = source.lines().next().and_then(|line| line.strip_prefix("# ")).expect("a title");
    let rows = rows(source);
    let mut out = String::new();
    let mut line = |text: &str| {
        out.push_str(text);
        out.push('\n');
    };
    line(&format!("//! {title}: generated from `registry/{stem}.csv`, not edited by hand."));
    line("");
    line(&format!("use super::{type_name};"));
    if stem == "cipher_suites" {
        for name in ["Authentication", "Cipher", "Hash", "KeyExchange", "Mac", "SuiteParameters"] {
            line(&format!("use super::{name};"));
        }
    }
    line("");
    line(&format!("impl {type_name} {{"));
    let mut constants = Vec::new();
    for row in &rows {
        let constant = constant(&row.name);
        line(&format!("    /// `{}`: {}.", row.name, row.reference));
        line(&format!(
            "    pub const {constant}: Self = Self({:#0w$x});",
            row.value,
            w = digits + 2
        ));
        constants.push(constant);
    }
    line("}");
    line("");
    let int = match digits {
        2 => "u8",
        4 => "u16",
        _ => "u32",
    };
    line(&format!("pub(super) const NAMES: &[({int}, &str)] = &["));
    for row in &rows {
        line(&format!("    ({:#0w$x}, \"{}\"),", row.value, row.name, w = digits + 2));
    }
    line("];");
    constants.sort();
    assert!(constants.windows(2).all(|pair| pair[0] != pair[1]), "{stem}: two names, one constant");
    assert!(rows.is_sorted_by(|a, b| a.value < b.value), "{stem}: out of order or twice");
    if stem == "cipher_suites" {
        out.push_str(&parameters(&rows));
    }
    out
}

fn parameters(rows: &[Row]) -> String {
    let mut out = String::from("\npub(super) const PARAMETERS: &[(u16, SuiteParameters)] = &[\n");
    for row in rows {
        let [key_exchange, authentication, cipher, bits, mac, hash, export] = &row.parts[..] else {
            panic!("{}: seven columns between name and reference", row.name);
        };
        writeln!(
            out,
            "    ({:#06x}, SuiteParameters {{ key_exchange: KeyExchange::{}, authentication: Authentication::{}, \
             cipher: Cipher::{}, bits: {bits}, mac: Mac::{}, hash: Hash::{}, export: {} }}),",
            row.value,
            variant(key_exchange),
            variant(authentication),
            variant(cipher),
            variant(mac),
            variant(hash),
            export == "yes",
        )
        .expect("a string takes it");
    }
    out.push_str("];\n");
    out
}

struct Row {
    value: u32,
    name: String,
    parts: Vec<String>,
    reference: String,
}

fn rows(source: &str) -> Vec<Row> {
    let lines = source.lines().filter(|line| !line.starts_with('#')).skip(1);
    lines
        .map(|line| {
            let mut cells: Vec<String> = line.split(',').map(str::to_owned).collect();
            let reference = cells.pop().expect("a reference");
            let parts = cells.split_off(2);
            let value = cells[0].strip_prefix("0x").expect("hexadecimal");
            let value = u32::from_str_radix(value, 16).expect("at most 32 bits");
            Row { value, name: cells[1].clone(), parts, reference }
        })
        .collect()
}

/// `TLS 1.3` is `TLS_1_3`; a name that starts with a digit gets `N` before it.
fn constant(name: &str) -> String {
    let upper: String = name
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' })
        .collect();
    let upper = upper.trim_matches('_').replace("__", "_");
    if upper.starts_with(|c: char| c.is_ascii_digit()) { format!("N{upper}") } else { upper }
}

/// `DHE_PSK` is `DhePsk`; the two words that start with a digit have names of their own.
fn variant(word: &str) -> String {
    let word = word.replace("3DES", "TRIPLE_DES").replace("28147", "GOST28147");
    word.split('_')
        .map(|part| {
            let (first, rest) = part.split_at(1);
            first.to_uppercase() + &rest.to_lowercase()
        })
        .collect()
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_default()
}

fn crate_root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}
