//! `prefixes`: dumps in, lists out, faults told with their place.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::process::Output;

use crate::support;

/// A record of TABLE_DUMP_V2 (RFC 6396, section 4.3).
fn record(subtype: u8, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len()).unwrap();
    [&[0x5f, 0, 0, 0, 0, 13, 0, subtype][..], &length.to_be_bytes(), body].concat()
}

/// A route with the path `1 origin` of one peer.
fn route(subtype: u8, prefix: &[u8], origin: u8) -> Vec<u8> {
    let path = [0, 1, 0, 0, 0, 0, 0, 0, 0, 13, 0x40, 2, 10, 2, 2, 0, 0, 0, 1, 0, 0, 0, origin];
    record(subtype, &[&[0; 4], prefix, &path].concat())
}

struct Scene {
    folder: tempfile::TempDir,
}

impl Scene {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    }
}

fn told(command: &mut Command) -> (Option<i32>, String, String) {
    let Output { status, stdout, stderr } = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (status.code(), text(stdout), text(stderr))
}

fn dump() -> Vec<u8> {
    [
        record(1, &[0; 8]),
        route(2, &[24, 8, 8, 8], 15),
        route(2, &[0], 9),
        route(4, &[32, 0x2a, 0, 0, 1], 7),
        route(2, &[16, 1, 1], 13),
        route(2, &[24, 8, 8, 8], 16),
    ]
    .concat()
}

#[test]
fn a_table_becomes_a_list_that_others_read() {
    let scene = Scene::new();
    let rib = scene.file("rib", &dump());
    let prefixes = || {
        let mut command = support::tlscensus();
        command.arg("prefixes").arg(&rib);
        command
    };
    let (code, out, err) = told(&mut prefixes());
    assert_eq!(code, Some(0), "{err}");
    assert_eq!(out, "1.1.0.0/16 # AS13\n8.8.8.0/24 # AS15, AS16\n2a00:1::/32 # AS7\n");
    assert!(err.contains("3 prefixes; 65792 public IPv4 addresses"), "{err}");
    assert!(err.contains("1 route for everything or nearly left out"), "{err}");
    let (_, out, err) = told(prefixes().args(["--ipv4", "--format", "csv", "--quiet"]));
    assert_eq!(
        (out.as_str(), err.as_str()),
        ("prefix,origins\n1.1.0.0/16,13\n8.8.8.0/24,15 16\n", "")
    );
    let (_, out, err) = told(prefixes().args(["--ipv6", "--format", "json"]));
    assert!(err.starts_with("1 prefix; 1 route for everything"), "{err}");
    assert_eq!(out, "{\"origins\":[7],\"prefix\":\"2a00:1::/32\"}\n");
}

#[test]
fn what_is_no_table_is_told_with_its_place() {
    let scene = Scene::new();
    let whole = dump();
    let messages = [&[0x5f, 0, 0, 0, 0, 16, 0, 4, 0, 0, 0, 2, 0, 0][..]].concat();
    let cases = [
        (
            "cut",
            &whole[..whole.len() - 3],
            "at byte 189: the dump ends within a record; 4 routes before that were taken",
        ),
        ("messages", &messages[..], "at byte 0: a record of BGP4MP_MESSAGE_AS4: that is no table"),
        ("text", b"192.0.2.0/24\n198.51.100.0/24\n", "at byte 0: "),
        ("empty", b"", "no route in it"),
    ];
    for (name, bytes, wanted) in cases {
        let path = scene.file(name, bytes);
        let (code, out, err) = told(support::tlscensus().arg("prefixes").arg(&path));
        assert_eq!(code, Some(1), "{name}: {err}");
        assert!(err.contains(wanted) && err.contains(name), "{name}: {err}");
        assert_eq!(out.lines().count(), if name == "cut" { 3 } else { 0 }, "{name}");
    }
    let (code, _, err) = told(support::tlscensus().args(["prefixes", "/no/such/dump"]));
    assert_eq!(code, Some(2), "{err}");
    assert!(err.contains("the dump /no/such/dump: "), "{err}");
}
