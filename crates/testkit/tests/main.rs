//! Every real daemon that is installed here comes up and goes away again.

use std::net::TcpStream;

use tlscensus_testkit::daemons::DAEMONS;
use tlscensus_testkit::daemons::Missing;
use tlscensus_testkit::daemons::Site;

#[test]
fn daemons_come_up_and_leave() {
    let mut site = match Site::new() {
        Ok(site) => site,
        Err(missing) => return skip(&missing),
    };
    let mut up = Vec::new();
    for daemon in DAEMONS {
        match site.start(daemon) {
            Ok(()) => up.push(daemon),
            Err(Missing::Program(package)) => skip(&Missing::Program(package)),
            Err(other) => panic!("{other}"),
        }
    }
    drop(site);
    for daemon in up {
        let port = daemon.ports[0];
        let left = TcpStream::connect((daemon.address, port));
        assert!(left.is_err(), "{} still answers on {port}", daemon.package);
    }
}

#[expect(clippy::print_stderr, reason = "a skipped test says so")]
fn skip(missing: &Missing) {
    assert!(std::env::var_os("CI").is_none(), "CI must have every daemon: {missing}");
    eprintln!("SKIPPED: {missing}");
}
