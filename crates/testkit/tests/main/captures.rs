//! Captures made by hand, read by tshark: every carrier and distortion leaves a session that another reader finds whole.

use std::collections::BTreeSet;
use std::path::Path;

use tlscensus_testkit::capture::Capture;
use tlscensus_testkit::capture::Carrier;
use tlscensus_testkit::capture::Conversation;
use tlscensus_testkit::capture::Framing;
use tlscensus_testkit::capture::Layout;
use tlscensus_testkit::capture::distort;
use tlscensus_testkit::expected;
use tlscensus_testkit::tshark;
use tlscensus_testkit::tshark::NoAnswer;

use crate::skip;

/// A ClientHello of TLS 1.2 with one suite and a server name.
fn hello() -> Vec<u8> {
    let name = b"a.test";
    let mut extension = vec![0, 0, 0, 11, 0, 9, 0, 0, 6];
    extension.extend(name);
    let mut body = vec![3, 3];
    body.extend([7; 32]);
    body.extend([0, 0, 2, 0xc0, 0x2f, 1, 0, 0, 15]);
    body.extend(extension);
    let length = u8::try_from(body.len()).expect("a short hello");
    [vec![22, 3, 1, 0, length + 4, 1, 0, 0, length], body].concat()
}

fn told() -> Conversation {
    let [client, server] =
        ["192.0.2.1:40000", "192.0.2.2:443"].map(|text| text.parse().expect("an address"));
    Conversation::new(client, server).mss(20).client(hello())
}

#[test]
fn tshark_finds_the_hello_in_every_carrier() {
    let plain = told().segments();
    let framing = |carrier| (Framing::new(carrier), plain.clone());
    let ethernet = || Framing::new(Carrier::Ethernet);
    let cases = [
        framing(Carrier::Ethernet),
        framing(Carrier::Vlan(7)),
        framing(Carrier::QinQ(7, 8)),
        framing(Carrier::Mpls(vec![16, 17])),
        framing(Carrier::Pppoe),
        framing(Carrier::Sll),
        framing(Carrier::Sll2),
        framing(Carrier::RawIp),
        framing(Carrier::Null),
        framing(Carrier::Loop),
        framing(Carrier::Gre),
        framing(Carrier::IpInIp),
        framing(Carrier::Vxlan(5)),
        (ethernet().fragments(24), plain.clone()),
        (ethernet(), distort::duplicate_some(plain.clone(), 1000, 1)),
        (ethernet(), distort::delay(plain.clone(), 3, 2)),
    ];
    for (number, (framing, segments)) in cases.into_iter().enumerate() {
        let folder = tempfile::tempdir().unwrap();
        let capture = Capture::of(&framing, &segments);
        // tshark tells the formats apart by their first bytes.
        let path = folder.path().join("capture");
        let pcapng = number % 4 == 3;
        let bytes = if pcapng { capture.pcapng() } else { capture.pcap(Layout::Micro) };
        std::fs::write(&path, bytes).unwrap();
        let streams = match tshark::streams(&path, &[]) {
            Ok(streams) => streams,
            Err(NoAnswer::Missing) => return skip("tshark is not installed"),
            Err(error) => panic!("{error}"),
        };
        let [stream] = &streams[..] else { panic!("{framing:?}: {streams:?}") };
        assert_eq!(stream.sni.as_deref(), Some("a.test"), "{framing:?}");
        assert_eq!(stream.server, "192.0.2.2:443".parse().unwrap(), "{framing:?}");
        assert_eq!(stream.offer_suites, [0xc02f], "{framing:?}");
    }
}

#[test]
fn the_table_of_captures_names_every_file_and_no_other() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../monitor/testdata");
    let text = std::fs::read_to_string(folder.join("captures.tsv")).unwrap();
    let all = expected::made(&text).unwrap();
    let named: BTreeSet<_> = all.iter().map(|one| one.trace.clone()).collect();
    let files = std::fs::read_dir(folder.join("captures")).unwrap();
    let there: BTreeSet<_> =
        files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    assert_eq!(named, there);
    assert_eq!(named.len(), all.len());
    // One of each kind of hole, so that none is lost when they are made anew.
    for hole in [
        "ssl3-rsa",
        "refused-irc-691",
        "injected-smtp-client",
        "tls13-imap",
        "xmpp-other-prefixes",
        "irc-cap-ls",
        "imap-lists-differ",
        "smtp-auth-equals",
        "lmtp",
        "tls12-srp",
        "ssl2-padded",
        "tcp-wrap-in-handshake",
        "records-of-one-byte",
        "carrier-qinq",
    ] {
        assert!(named.contains(&format!("{hole}.pcap")), "{hole}");
    }
}
