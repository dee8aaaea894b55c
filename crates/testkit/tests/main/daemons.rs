//! Every real daemon that is installed here comes up and goes away again, and so do namespaces.

use std::net::TcpListener;
use std::net::TcpStream;
use std::path::Path;
use std::time::Duration;

use tlscensus_testkit::daemons::DAEMONS;
use tlscensus_testkit::daemons::Missing;
use tlscensus_testkit::daemons::Site;
use tlscensus_testkit::netns::Pair;

use crate::skip;

#[test]
fn daemons_come_up_and_leave() {
    let mut site = match Site::new() {
        Ok(site) => site,
        Err(missing) => return skip(&missing.to_string()),
    };
    let mut up = Vec::new();
    for daemon in DAEMONS {
        match site.start(daemon) {
            Ok(()) => up.push(daemon),
            Err(Missing::Program(package)) => skip(&Missing::Program(package).to_string()),
            Err(other) => panic!("{other}"),
        }
    }
    drop(site);
    for daemon in up {
        let port = daemon.ports[0];
        // Its children may take a moment longer than itself.
        let has_left = || TcpStream::connect((daemon.address, port)).is_err();
        let left = (0..100).any(|_| {
            let left = has_left();
            if !left {
                std::thread::sleep(Duration::from_millis(50));
            }
            left
        });
        assert!(left, "{} still answers on {port}", daemon.package);
    }
}

#[test]
fn namespaces_are_joined_answer_for_prefixes_and_leave() {
    let Some(pair) = Pair::or_skip() else { return };
    pair.answer_for("10.0.0.0/8").expect("a route");
    pair.answer_for("2001:db8:1::/48").expect("a route");
    let listener = pair.far.within(|| TcpListener::bind(("::", 2525))).expect("a listener");
    for address in ["10.1.2.3", "10.254.0.1", "2001:db8:1::77", "198.18.0.2", "fd00:18::2"] {
        let connected = pair.near.within(|| TcpStream::connect((address, 2525)));
        let local = connected.expect(address).local_addr().expect("an address").ip().to_string();
        assert!(Pair::NEAR_ADDRESSES.contains(&local.as_str()), "{local}");
    }
    drop(listener);
    let refused = pair.near.within(|| TcpStream::connect(("10.1.2.3", 2525))).unwrap_err();
    assert_eq!(refused.kind(), std::io::ErrorKind::ConnectionRefused);
    let printed = pair.near.run(&["ip", "-o", "address"]).expect("ip");
    assert!(printed.contains(Pair::NEAR) && !printed.contains(Pair::FAR_ADDRESSES[0]), "{printed}");
    let handles =
        [&pair.near, &pair.far].map(|namespace| format!("/run/netns/{}", namespace.name()));
    assert!(handles.iter().all(|handle| Path::new(handle).exists()));
    drop(pair);
    assert!(!handles.iter().any(|handle| Path::new(handle).exists()), "{handles:?}");
}
