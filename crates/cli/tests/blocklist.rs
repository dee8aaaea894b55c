//! `blocklist`: entries added, removed, asked for and counted; the file stays a list that everything else reads.

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::process::Command;
use std::process::Stdio;

use crate::support;

struct Register {
    _folder: tempfile::TempDir,
    path: PathBuf,
}

impl Register {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("blocked.txt");
        Self { _folder: folder, path }
    }

    fn command(&self, verb: &str, more: &[&str]) -> Command {
        let mut command = support::tlscensus();
        command.args(["blocklist", verb]).arg(&self.path).args(more);
        command
    }

    /// Exit code, results, words.
    fn ask(&self, verb: &str, more: &[&str]) -> (Option<i32>, String, String) {
        let output = self.command(verb, more).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (output.status.code(), text(output.stdout), text(output.stderr))
    }

    fn text(&self) -> String {
        fs::read_to_string(&self.path).unwrap()
    }
}

const WHO: [&str; 6] =
    ["--requester", "noc@example.net", "--reason", "asked by mail", "--date", "2015-06-09"];

#[test]
fn a_register_is_kept_with_its_reasons() {
    let register = Register::new();
    let add = |prefixes: &[&str]| register.ask("add", &[prefixes, &WHO[..]].concat());
    assert_eq!(add(&["8.8.0.0/16", "2a00:1::/32"]), (Some(0), String::new(), String::new()));
    let (code, _, words) = add(&["8.8.4.4", "1.1.1.1"]);
    assert_eq!(code, Some(0));
    let covered = "8.8.4.4/32 is covered already, and written all the same: 8.8.0.0/16 2015-06-09;";
    assert!(words.contains(covered), "{words}");
    let (_, _, words) = add(&["1.1.1.1", "1.1.1.1/32"]);
    assert!(words.contains("1.1.1.1/32 stands there already: 1.1.1.1/32 2015-06-09;"), "{words}");
    let note = "# 2015-06-09; noc@example.net; asked by mail\n";
    let expected = format!("8.8.0.0/16 {note}2a00:1::/32 {note}8.8.4.4/32 {note}1.1.1.1/32 {note}");
    assert_eq!(register.text(), expected);

    let (code, out, _) = register.ask("check", &["8.8.255.255", "2a00:1::7"]);
    assert_eq!(code, Some(0));
    assert_eq!(
        out,
        "8.8.255.255 blocked: 8.8.0.0/16 2015-06-09; noc@example.net; asked by mail\n\
         2a00:1::7 blocked: 2a00:1::/32 2015-06-09; noc@example.net; asked by mail\n"
    );
    let (code, out, _) = register.ask("check", &["1.1.1.1", "1.1.1.2", "127.0.0.1"]);
    assert_eq!(code, Some(1));
    assert!(out.ends_with("1.1.1.2 not blocked\n127.0.0.1 not blocked\n"), "{out}");

    let (code, out, _) = register.ask("stats", &[]);
    assert_eq!(code, Some(0));
    let lines: Vec<_> = out.lines().collect();
    assert_eq!(lines[0], "entries           4 (1 of IPv6)");
    assert_eq!(lines[1], "IPv4 addresses    65537");
    // 2^32 less 3 × /8, 2 × /4, /10, 2 × /16, /12, /15 and 5 × /24; two addresses of 192.0.0.0/24 are reachable.
    assert_eq!(lines[2], "of public IPv4    65537 of 3702258434 (0.0018 %)");
    assert_eq!(lines[3], "asked for 2015    4");

    let (code, _, words) = register.ask("remove", &["8.8.0.0/16", "--reason", "asked back"]);
    assert_eq!((code, words.as_str()), (Some(0), ""));
    assert!(register.text().starts_with("# 8.8.0.0/16 # 2015-06-09;"), "{}", register.text());
    assert!(register.text().contains(": asked back)\n2a00:1::/32 "), "{}", register.text());
    assert_eq!(register.ask("check", &["8.8.8.8"]).0, Some(1));
    assert_eq!(register.ask("check", &["8.8.4.4"]).0, Some(0), "asked for on its own");
}

#[test]
fn addresses_come_from_a_pipe_too() {
    let register = Register::new();
    fs::write(&register.path, "8.8.8.0/24 # theirs\n").unwrap();
    let mut check = register
        .command("check", &[])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    check.stdin.take().unwrap().write_all(b"8.8.8.1\n\n8.8.8.2\n").unwrap();
    let output = check.wait_with_output().unwrap();
    let out = String::from_utf8(output.stdout).unwrap();
    assert_eq!(out, "8.8.8.1 blocked: 8.8.8.0/24 theirs\n8.8.8.2 blocked: 8.8.8.0/24 theirs\n");
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn writers_at_the_same_time_lose_nothing() {
    let register = Register::new();
    let add = |host: usize| {
        let reason = "x".repeat(host * 20);
        let more = [&format!("8.8.{host}.0/24"), "--requester", "a", "--reason", &reason];
        register.command("add", &more).spawn().unwrap()
    };
    let writers: Vec<_> = (1..=8).map(add).collect();
    for mut writer in writers {
        assert!(writer.wait().unwrap().success());
    }
    let text = register.text();
    for host in 1..=8 {
        assert!(text.contains(&format!("8.8.{host}.0/24 # ")), "{host}: {text}");
    }
    assert_eq!(text.lines().count(), 8, "{text}");
}

#[test]
fn a_register_keeps_its_name_its_mode_and_the_bytes_of_others() {
    let register = Register::new();
    let folder = register.path.parent().unwrap();
    let (real, victim) = (folder.join("real.txt"), folder.join("victim"));
    fs::write(&real, b"9.9.9.0/24 # Universit\xe4t\r\n").unwrap();
    fs::set_permissions(&real, fs::Permissions::from_mode(0o600)).unwrap();
    symlink(&real, &register.path).unwrap();
    fs::write(&victim, "mine").unwrap();
    for draft in ["blocked.txt.tmp", "real.txt.tmp"] {
        symlink(&victim, folder.join(draft)).unwrap();
    }
    let (code, _, words) = register.ask("add", &[&["8.8.8.0/24"], &WHO[..]].concat());
    assert_eq!(code, Some(0), "{words}");
    assert!(register.path.is_symlink());
    let bytes = fs::read(&real).unwrap();
    assert!(bytes.starts_with(b"9.9.9.0/24 # Universit\xe4t\r\n8.8.8.0/24 # "), "{bytes:?}");
    assert_eq!(fs::metadata(&real).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::read(&victim).unwrap(), b"mine");
    assert_eq!(register.ask("check", &["8.8.8.8", "9.9.9.9", "::ffff:9.9.9.9"]).0, Some(0));
}

#[test]
fn what_cannot_be_done_changes_nothing() {
    let register = Register::new();
    let (code, _, words) = register.ask("stats", &[]);
    assert_eq!(code, Some(2));
    assert!(words.contains("blocked.txt") && words.contains("tlscensus blocklist add"), "{words}");
    let before = "# ours\n8.8.8.0/24 # theirs\nnonsense\n";
    fs::write(&register.path, before).unwrap();
    let remove: &[&str] = &["8.8.8.0/24", "--reason", "x"];
    for (verb, more) in
        [("add", &[&["1.1.1.1"], &WHO[..]].concat()[..]), ("remove", remove), ("stats", &[])]
    {
        let (code, _, words) = register.ask(verb, more);
        assert_eq!(code, Some(2), "{verb}");
        assert!(words.contains("line 3: \"nonsense\""), "{verb}: {words}");
        assert_eq!(register.text(), before, "{verb}");
    }
    fs::write(&register.path, "8.8.8.0/24 # theirs\n").unwrap();
    let date = ["--requester", "a", "--reason", "b", "--date", "yesterday"];
    let lines = ["--requester", "a", "--reason", "b\n9.0.0.0/8"];
    let long = "x".repeat(1024);
    let cases = [
        ("add", [&["1.1.1.300"], &WHO[..]].concat(), "1.1.1.300: not a prefix"),
        ("add", [&["1.1.1.1"], &date[..]].concat(), "--date yesterday: not a day"),
        ("add", vec!["1.1.1.1", "--requester", "a", "--reason", &long], "has 1024 bytes at most"),
        ("add", [&["1.1.1.1"], &lines[..]].concat(), "--reason: write a line of text"),
        ("remove", vec!["8.8.8.8", "--reason", "x"], "no entry is 8.8.8.8/32"),
        ("check", vec!["dns.google"], "dns.google: not an address"),
    ];
    for (verb, more, wanted) in cases {
        let (code, _, words) = register.ask(verb, &more);
        assert_eq!(code, Some(2), "{verb} {more:?}");
        assert!(words.contains(wanted), "{verb} {more:?}: {words}");
        assert_eq!(register.text(), "8.8.8.0/24 # theirs\n");
    }
}
