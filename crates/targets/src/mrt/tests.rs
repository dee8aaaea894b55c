//! Dumps of three daemons, dumps made here, and dumps that are broken.

use std::path::PathBuf;

use super::*;

/// A dump of the folder beside the project; `None`, loudly, where that is not.
#[expect(clippy::disallowed_methods, reason = "a test reads what is not in the project")]
fn corpus(file: &str) -> Option<Vec<u8>> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(CORPUS).join(file);
    let bytes = std::fs::read(&path).ok();
    if bytes.is_none() {
        let _ = io::Write::write_fmt(
            &mut io::stderr(),
            format_args!("SKIPPED: no dump to read at {}\n", path.display()),
        );
    }
    bytes
}

/// The routes, `prefix origins`, one a line, and how it ended.
fn read(bytes: &[u8]) -> (Vec<String>, Option<String>) {
    let mut routes = Vec::new();
    for route in RibReader::new(bytes) {
        match route {
            Ok(Route { prefix, origins }) => {
                let origins: Vec<_> = origins.iter().map(u32::to_string).collect();
                routes.push(format!("{prefix} {}", origins.join(",")).trim_end().to_owned());
            }
            Err(error) => return (routes, Some(error.to_string())),
        }
    }
    (routes, None)
}

/// By hand from the bytes; the three tables of OpenBGPD are one table in three formats.
#[test]
fn tables_of_three_daemons() {
    let systems = ["64512,65534", "64512"];
    let [bird, quagga] = systems.map(|systems| move |prefix: &str| format!("{prefix} {systems}"));
    let bird_v4 = [
        "0.0.0.0/0".to_owned(),
        "169.254.169.254/32".to_owned(),
        "192.168.0.0/24".to_owned(),
        bird("172.17.0.0/24"),
        bird("172.17.1.0/24"),
        bird("172.17.2.0/24"),
    ];
    let bird_v6 = [
        "::/0".to_owned(),
        bird("fd01:1::/64"),
        bird("fd01:1:1::/64"),
        bird("fd01:1:2::/64"),
        "fd02::/64".to_owned(),
        "::/0".to_owned(),
        "fd02::/64".to_owned(),
    ];
    let quagga = [
        "172.17.0.0/24",
        "172.17.1.0/24",
        "172.17.2.0/24",
        "fd01:1::/64",
        "fd01:1:1::/64",
        "fd01:1:2::/64",
    ]
    .map(quagga);
    let cases = [
        ("bird-mrtdump_rib", [&bird_v4[..], &bird_v4[..]].concat()),
        ("bird6-mrtdump_rib", bird_v6.to_vec()),
        ("quagga_rib", quagga.to_vec()),
    ];
    for (file, expected) in cases {
        let Some(bytes) = corpus(file) else { return };
        assert_eq!(read(&bytes), (expected, None), "{file}");
    }
    let of_openbgpd = |file| {
        let (mut routes, error) = read(&corpus(file)?);
        assert_eq!(error, None, "{file}");
        // The older formats have a record per peer.
        routes.dedup();
        Some(routes)
    };
    let Some(newest) = of_openbgpd("openbgpd_rib_table-v2") else { return };
    assert_eq!(newest.len(), 21);
    assert_eq!(newest[0], "192.168.0.0/16 65015");
    for older in ["openbgpd_rib_table", "openbgpd_rib_table-mp"] {
        assert_eq!(of_openbgpd(older).as_ref(), Some(&newest), "{older}");
    }
}

#[test]
fn dumps_of_messages_are_refused_by_name() {
    for (file, name) in [
        ("bird-mrtdump_bgp", "BGP4MP_STATE_CHANGE_AS4"),
        ("bird6-mrtdump_bgp", "BGP4MP_STATE_CHANGE_AS4"),
        ("bird_bgp", "BGP4MP_STATE_CHANGE_AS4"),
        ("bird6_bgp", "BGP4MP_STATE_CHANGE_AS4"),
        ("openbgpd_bgp", "BGP4MP_STATE_CHANGE"),
        ("quagga_bgp", "BGP4MP_STATE_CHANGE_AS4"),
    ] {
        let Some(bytes) = corpus(file) else { return };
        let (routes, error) = read(&bytes);
        assert_eq!(routes, [""; 0], "{file}");
        let error = error.expect("refused");
        assert!(error.starts_with(&format!("at byte 0: a record of {name}: ")), "{file}: {error}");
    }
}

/// A table of the second format: each route with the path of two peers.
fn dump(routes: &[(&str, u32)]) -> Vec<u8> {
    let mut bytes = Vec::new();
    put_record(&mut bytes, 1, &[0; 8]);
    for (sequence, (prefix, origin)) in (0_u32..).zip(routes) {
        let prefix: IpNet = prefix.parse().expect("a prefix");
        let (subtype, octets) = match prefix {
            IpNet::V4(net) => (2, net.network().octets().to_vec()),
            IpNet::V6(net) => (4, net.network().octets().to_vec()),
        };
        let mut body = sequence.to_be_bytes().to_vec();
        body.push(prefix.prefix_len());
        body.extend(&octets[..usize::from(prefix.prefix_len()).div_ceil(8)]);
        body.extend([0, 2]);
        for peer in [0, 1] {
            body.extend([0, peer, 0, 0, 0, 0, 0, 13, 0x40, 2, 10, 2, 2, 0, 0, 0xfd, 0xe8]);
            body.extend(origin.to_be_bytes());
        }
        put_record(&mut bytes, subtype, &body);
    }
    bytes
}

fn put_record(bytes: &mut Vec<u8>, subtype: u8, body: &[u8]) {
    let length = u32::try_from(body.len()).expect("short");
    bytes.extend([0x5f, 0, 0, 0, 0, 13, 0, subtype]);
    bytes.extend(length.to_be_bytes());
    bytes.extend(body);
}

/// One record of any type, by RFC 6396, sections 4.2, 4.3.3 and 4.3.4, RFC 8050, section 4, and for BGP4MP_ENTRY as OpenBGPD
/// writes it. Behind the fields stands a path of the last system given.
#[test]
fn each_format_by_hand() {
    let path2 = |origin: u16| {
        let [high, low] = origin.to_be_bytes();
        vec![0x40, 1, 1, 0, 0x40, 2, 6, 2, 2, 0xfd, 0xe8, high, low]
    };
    let path4 = |origin: u8| vec![0x40, 2, 10, 2, 2, 0, 0, 0xfd, 0xe8, 0, 0, 0, origin];
    let with_length = |bytes: &[u8]| {
        let length = u16::try_from(bytes.len()).expect("short").to_be_bytes();
        [&length[..], bytes].concat()
    };
    let v6 = [0x20, 1, 0xd, 0xb8, 0, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    let peer_and_time = [0, 1, 0, 0, 0, 0];
    let path_id = [0, 0, 0, 9];
    // View, sequence, prefix, length, status, time, peer's address, its system.
    let table_dump_v4 = [
        &[0, 0, 0, 1, 192, 0, 2, 0, 24, 1, 0, 0, 0, 0, 10, 0, 0, 1, 0, 1][..],
        &with_length(&path2(7)),
    ];
    let table_dump_v6 =
        [&[0, 0, 0, 1][..], &v6, &[48, 1, 0, 0, 0, 0], &[0; 16], &[0, 1], &with_length(&path2(8))];
    let sequence_and_prefix = [0, 0, 0, 1, 24, 192, 0, 2, 0, 1];
    let rib = [&sequence_and_prefix[..], &peer_and_time, &with_length(&path4(9))];
    let rib_with_ids =
        [&sequence_and_prefix[..], &peer_and_time, &path_id, &with_length(&path4(10))];
    let generic_start = [0, 0, 0, 1, 0, 1, 1];
    let prefix_and_count = [24, 192, 0, 2, 0, 1];
    let generic = [&generic_start[..], &prefix_and_count, &peer_and_time, &with_length(&path4(11))];
    let generic_with_id =
        [&generic_start[..], &path_id, &prefix_and_count, &peer_and_time, &with_length(&path4(12))];
    let multicast = [&[0, 0, 0, 1, 0, 1, 2][..], &prefix_and_count, &peer_and_time, &[0, 0]];
    // Systems of peer and us, interface, family, two addresses, view, status, time, family, subsequent, next hop.
    let entry = [
        &[0, 1, 0, 2, 0, 0, 0, 1, 10, 0, 0, 1, 10, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 1][..],
        &[4, 10, 0, 0, 1, 24, 192, 0, 2],
        &with_length(&path2(13)),
    ];
    let cases: [(u8, u8, Vec<u8>, &[&str]); 9] = [
        (12, 1, table_dump_v4.concat(), &["192.0.2.0/24 7"]),
        (12, 2, table_dump_v6.concat(), &["2001:db8:7::/48 8"]),
        (13, 2, rib.concat(), &["192.0.2.0/24 9"]),
        (13, 8, rib_with_ids.concat(), &["192.0.2.0/24 10"]),
        (13, 6, generic.concat(), &["192.0.2.0/24 11"]),
        (13, 12, generic_with_id.concat(), &["192.0.2.0/24 12"]),
        (13, 6, multicast.concat(), &[]),
        (13, 3, vec![1, 2, 3], &[]),
        (16, 2, entry.concat(), &["192.0.2.0/24 13"]),
    ];
    for (kind, subtype, body, expected) in cases {
        let length = u32::try_from(body.len()).expect("short").to_be_bytes();
        let record = [&[0x5f, 0, 0, 0, 0, kind, 0, subtype][..], &length, &body].concat();
        let expected: Vec<_> = expected.iter().map(|text| (*text).to_owned()).collect();
        assert_eq!(read(&record), (expected, None), "type {kind}, subtype {subtype}");
    }
    for (kind, subtype, name) in [
        (16, 0, "BGP4MP_STATE_CHANGE"),
        (16, 4, "BGP4MP_MESSAGE_AS4"),
        (17, 1, "BGP4MP_ET_MESSAGE"),
    ] {
        let record = [0x5f, 0, 0, 0, 0, kind, 0, subtype, 0, 0, 0, 0];
        let error = read(&record).1.expect("refused");
        assert!(error.starts_with(&format!("at byte 0: a record of {name}: ")), "{error}");
    }
}

/// Slow to read if every origin were kept: sets of systems that no other has.
#[test]
fn origins_without_end_are_cut() {
    let mut body = vec![0, 0, 0, 1, 24, 192, 0, 2, 4, 0];
    for peer in 0..1024_u32 {
        body.extend([0, 1, 0, 0, 0, 0, 3, 0xf9 + 5, 0x50, 2, 3, 0xf6 + 4, 1, 254]);
        (0..254).for_each(|place| body.extend((peer * 256 + place).to_be_bytes()));
    }
    let mut bytes = Vec::new();
    put_record(&mut bytes, 2, &body);
    let route = RibReader::new(bytes.as_slice()).next().expect("one").expect("good");
    assert_eq!(route.origins.len(), 1_000);
}

#[test]
fn what_is_before_a_fault_is_kept_and_the_fault_has_a_place() {
    let whole = dump(&[("192.0.2.0/24", 64_500), ("2001:db8::/32", 4_200_000_000)]);
    let routes = ["192.0.2.0/24 64500".to_owned(), "2001:db8::/32 4200000000".to_owned()];
    assert_eq!(read(&whole), (routes.to_vec(), None));
    let ends: Vec<usize> = (0..=whole.len()).filter(|at| read(&whole[..*at]).1.is_none()).collect();
    assert_eq!(ends, [0, 20, 84, whole.len()], "only where a record ends");
    for at in 85..whole.len() {
        let (kept, error) = read(&whole[..at]);
        assert_eq!(kept, routes[..1], "cut at {at}");
        assert_eq!(error.expect("cut"), "at byte 84: the dump ends within a record");
    }
    // The count of peers says three.
    let mut long = whole.clone();
    long[20 + 12 + 4 + 4 + 1] = 3;
    assert_eq!(read(&long), (vec![], Some("at byte 20: malformed TABLE_DUMP_V2".to_owned())));
    let mut huge = whole;
    huge[84 + 8] = 0x7f;
    let (kept, error) = read(&huge);
    assert_eq!(kept, routes[..1]);
    assert!(error.expect("refused").starts_with("at byte 84: a record of 2130706"), "too long");
}

#[test]
fn no_bytes_panic() {
    let whole = dump(&[("192.0.2.0/24", 64_500), ("2001:db8::/32", 4_200_000_000)]);
    for at in 0..whole.len() {
        for value in [0, 1, 0x7f, 0x80, 0xff] {
            let mut changed = whole.clone();
            changed[at] = value;
            let _ = read(&changed);
        }
    }
}

/// RFC 4271, section 9.2.2.2; RFC 5065, section 3; RFC 6793, section 4.2.3.
#[test]
fn the_origin_is_at_the_end_of_the_path() {
    let origins = |bytes: &[u8]| attributes::origins(input::Input::new(bytes), false);
    let cases: [(&[u8], Option<Vec<u32>>); 8] = [
        (&[], Some(vec![])),
        (&[0x40, 2, 0], Some(vec![])),
        (&[0x40, 2, 6, 2, 2, 0, 1, 0, 2], Some(vec![2])),
        (&[0x50, 2, 0, 6, 2, 2, 0, 1, 0, 2], Some(vec![2])),
        (&[0x40, 2, 10, 2, 1, 0, 1, 1, 2, 0, 7, 0, 8, 0], None),
        (&[0x40, 2, 10, 2, 1, 0, 1, 1, 2, 0, 7, 0, 8], Some(vec![7, 8])),
        (&[0x40, 2, 4, 2, 1, 0x5b, 0xa0, 0xc0, 17, 6, 2, 1, 0, 1, 0, 2], Some(vec![65_538])),
        (&[0x40, 2, 8, 2, 1, 0, 9, 3, 1, 0, 4], Some(vec![9])),
    ];
    for (bytes, expected) in cases {
        assert_eq!(origins(bytes), expected, "{bytes:?}");
    }
}

#[test]
fn compressed_dumps_are_told_by_their_first_bytes() {
    use std::io::Write;
    let plain = dump(&[("192.0.2.0/24", 64_500)]);
    let level = flate2::Compression::fast();
    let gz = |bytes: &[u8]| {
        let mut writer = flate2::write::GzEncoder::new(Vec::new(), level);
        writer.write_all(bytes).and_then(|()| writer.finish()).expect("in memory")
    };
    let mut writer = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
    let bz2 = writer.write_all(&plain).and_then(|()| writer.finish()).expect("in memory");
    // Collectors append whole compressed files to each other.
    let two = [gz(&plain[..20]), gz(&plain[20..])].concat();
    for packed in [plain.clone(), gz(&plain), two, bz2] {
        let mut reader = open(packed.as_slice()).expect("readable");
        let route = reader.next().expect("a route").expect("a good one");
        assert_eq!(
            (route.prefix.to_string().as_str(), route.origins),
            ("192.0.2.0/24", vec![64_500])
        );
        assert!(reader.next().is_none());
    }
    let cut = &gz(&plain)[..40];
    let error = open(cut).expect("readable").find_map(Result::err).expect("cut");
    assert!(matches!(error.problem, MrtProblem::Unreadable(_)), "{error}");
}

const CORPUS: &str = "../../../shared/corpus/mrt";
