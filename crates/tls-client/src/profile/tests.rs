//! No profile makes a hello that servers may turn away for its form, and those after a model look like it.

use tlscensus_tls_wire::codec::Codec;
use tlscensus_tls_wire::extension::EcPointFormats;
use tlscensus_tls_wire::extension::Extension;
use tlscensus_tls_wire::extension::KeyShareClientHello;
use tlscensus_tls_wire::extension::SignatureAlgorithms;
use tlscensus_tls_wire::extension::SupportedGroups;
use tlscensus_tls_wire::extension::SupportedVersions;
use tlscensus_tls_wire::fingerprint::ja3;
use tlscensus_tls_wire::fingerprint::ja4;
use tlscensus_tls_wire::handshake::ClientHello;
use tlscensus_tls_wire::registry::CompressionMethod;

use super::*;
use crate::Client;
use crate::keys::KeyShares;
use crate::rules::Rules;
use crate::suite::LegacySuite;
use crate::suite::Suite13;

/// The record with the first hello.
fn record(profile: &Profile, name: Option<&str>, seed: u64) -> Vec<u8> {
    let mut out = Vec::new();
    Client::seeded(profile, name, &KeyShares::generate(), seed).poll(&mut out);
    out
}

/// The hello inside of a record, and the version of the record.
fn hello(record: &[u8]) -> (Version, ClientHello<'_>) {
    let (header, message) = record.split_at(5);
    assert_eq!(header[0], 22);
    assert_eq!(usize::from(u16::from_be_bytes([header[3], header[4]])), message.len());
    let version = Version(u16::from_be_bytes([header[1], header[2]]));
    (version, ClientHello::decode(&message[4..], "ClientHello").expect("well-formed"))
}

fn content<'h, T: Extension<'h>>(hello: &'h ClientHello<'_>) -> Option<T> {
    hello.extensions.get().expect("well-formed")
}

fn types(hello: &ClientHello<'_>) -> Vec<ExtensionType> {
    hello.extensions.iter().map(|raw| raw.extension).collect()
}

fn is_distinct<T: PartialEq>(list: &[T]) -> bool {
    list.iter().enumerate().all(|(at, item)| !list[..at].contains(item))
}

/// All profiles, with a short, a long and no name.
fn every_hello(check: impl Fn(&Profile, Option<&str>, &[u8])) {
    let long = format!("{}.example", "a".repeat(63));
    for profile in PROFILES.iter().filter(|profile| !profile.ssl2_frame) {
        for name in [None, Some("a.example"), Some(&*long)] {
            check(profile, name, &record(profile, name, 7));
        }
    }
}

#[test]
fn names_are_unique_and_lead_back() {
    for (index, profile) in PROFILES.iter().enumerate() {
        let name = &profile.name;
        assert_eq!(Profile::named(name), Some(profile), "{name}");
        assert!(!PROFILES[..index].iter().any(|other| other.name == *name));
        assert!(name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'));
    }
    assert_eq!(Profile::named("ancient"), None);
}

#[test]
fn nothing_is_offered_twice_or_unknown() {
    for profile in PROFILES {
        let name = &profile.name;
        assert!(is_distinct(&profile.suites), "{name}");
        assert!(is_distinct(&profile.groups), "{name}");
        assert!(is_distinct(&profile.schemes), "{name}");
        assert!(is_distinct(&profile.versions), "{name}");
        let known: Vec<_> = profile.extensions.iter().filter(|e| !e.is_grease()).collect();
        assert!(is_distinct(&known), "{name}");
        assert!(profile.compressions.contains(&CompressionMethod::NULL), "{name}");
        for suite in profile.suites.iter() {
            assert!(suite.name().is_some() || suite.is_grease(), "{name} offers {suite}");
        }
        for share in profile.key_shares.iter() {
            assert!(profile.groups.contains(share), "{name} has a share of {share}");
        }
    }
}

/// All but what is offered to see whether somebody takes it, or because a model does.
#[test]
fn what_profiles_offer_can_be_completed() {
    let keys = KeyShares::generate();
    let models = ["everything", "paper-2015", "chrome-like", "firefox-like"];
    for profile in PROFILES.iter().filter(|profile| !models.contains(&&*profile.name)) {
        let name = &profile.name;
        for suite in profile.suites.iter().filter(|suite| !suite.is_signal()) {
            let legacy =
                |version: &Version| LegacySuite::of(*suite, Rules { version: *version }).is_some();
            let completable = match Suite13::of(*suite) {
                Some(_) => profile.offers(Version::TLS_1_3),
                None => profile.versions.iter().any(legacy),
            };
            assert!(completable, "{name} offers {suite}");
        }
        for group in profile.groups.iter().filter(|_| name.starts_with("modern")) {
            assert!(keys.private().share(*group).is_some(), "{name} offers {group}");
        }
    }
}

#[test]
fn versions_suites_and_extensions_fit_together() {
    for profile in PROFILES {
        let name = &profile.name;
        let real: Vec<_> = profile.versions.iter().filter(|v| !v.is_grease()).collect();
        assert!(real.is_sorted_by(|a, b| a > b), "{name}: best first");
        let tls13 = profile.offers(Version::TLS_1_3);
        assert_eq!(tls13, profile.suites.iter().any(|suite| Suite13::of(*suite).is_some()));
        assert_eq!(tls13, !profile.key_shares.is_empty(), "{name}");
        // RFC 9846, section 4.2.2: servers of TLS 1.3 abort at any other method.
        assert!(!tls13 || *profile.compressions == [CompressionMethod::NULL], "{name}");
        if profile.ssl2_frame {
            // It has room for nothing else.
            assert!(!tls13 && profile.extensions.is_empty() && !profile.session_id, "{name}");
            assert_eq!(*profile.compressions, [CompressionMethod::NULL], "{name}");
            continue;
        }
        let needs = [
            ExtensionType::SUPPORTED_VERSIONS,
            ExtensionType::KEY_SHARE,
            ExtensionType::PSK_KEY_EXCHANGE_MODES,
        ];
        let hello = record(profile, Some("a.example"), 7);
        let (_, hello) = self::hello(&hello);
        for extension in needs {
            assert_eq!(hello.extensions.contains(extension), tls13, "{name}: {extension}");
        }
        if profile.extensions.is_empty() {
            assert!(!hello.extensions.is_present(), "{name}");
            let signal = CipherSuite::TLS_EMPTY_RENEGOTIATION_INFO_SCSV;
            assert!(profile.suites.contains(&signal), "{name}");
        } else {
            assert!(profile.highest_version() > Version::SSL_3, "{name}");
        }
        if !profile.shuffled {
            let padding = profile.extensions.iter().position(|e| *e == ExtensionType::PADDING);
            assert!(padding.is_none_or(|at| at + 1 == profile.extensions.len()), "{name}");
        }
    }
}

#[test]
fn hellos_say_what_their_profiles_say() {
    every_hello(|profile, server_name, record| {
        let name = &profile.name;
        let (record_version, hello) = hello(record);
        assert!(record_version <= Version::TLS_1_0, "{name}");
        assert_eq!(record_version == Version::SSL_3, hello.legacy_version == Version::SSL_3);
        assert!(hello.legacy_version <= Version::TLS_1_2, "{name}");
        assert_eq!(hello.cipher_suites.len(), profile.suites.len(), "{name}");
        assert_eq!(hello.compression_methods, *profile.compressions, "{name}");
        assert_eq!(hello.session_id.len(), if profile.session_id { 32 } else { 0 }, "{name}");
        assert_eq!(hello.extensions.repeated(), None, "{name}");
        let sends_name = profile.extensions.contains(&ExtensionType::SERVER_NAME);
        let named = server_name.is_some() && sends_name;
        assert_eq!(hello.extensions.contains(ExtensionType::SERVER_NAME), named, "{name}");
        if let Some(SignatureAlgorithms(schemes)) = content(&hello) {
            assert_eq!(schemes, *profile.schemes, "{name}");
        }
        if let Some(EcPointFormats(formats)) = content(&hello) {
            assert_eq!(formats, *profile.point_formats, "{name}");
        }
        if let Some(KeyShareClientHello(shares)) = content(&hello) {
            let Some(SupportedGroups(groups)) = content(&hello) else { panic!("{name}") };
            assert_eq!(shares.len(), profile.key_shares.len(), "{name}");
            for share in shares {
                assert!(groups.contains(&share.group), "{name}: {}", share.group);
            }
            let Some(SupportedVersions(versions)) = content(&hello) else { panic!("{name}") };
            assert_eq!(versions.len(), profile.versions.len(), "{name}");
        }
    });
}

/// Between 256 and 511 bytes one load balancer hangs (RFC 7685, section 1); beyond 2^14 no record reaches.
#[test]
fn hellos_have_lengths_that_servers_can_bear() {
    every_hello(|profile, _, record| {
        let (name, length) = (&profile.name, record.len() - 5);
        match &**name {
            // As long as its model.
            "paper-2015" => assert_eq!(length, 0x138),
            "plain" | "tls10" | "ssl3" | "export" => assert!(length < 256, "{name}: {length}"),
            _ => assert!(!(256..512).contains(&length), "{name}: {length}"),
        }
        assert!(length < 1 << 12, "{name}: {length}");
    });
    let short = record(Profile::named("modern-tls12").expect("a profile"), Some("a.example"), 7);
    assert!(short.len() - 5 < 256, "{}", short.len());
}

#[test]
fn grease_is_drawn_for_each_connection_and_keeps_its_place() {
    let profile = Profile::named("chrome-like").expect("a profile");
    let mut orders = Vec::new();
    let mut values = Vec::new();
    for seed in 0..40 {
        let record = record(profile, Some("a.example"), seed);
        let (_, hello) = hello(&record);
        let types = types(&hello);
        let [first, middle @ .., last] = &*types else { panic!("many extensions") };
        assert!(first.is_grease() && last.is_grease() && first != last);
        assert!(!middle.iter().any(|extension| extension.is_grease()));
        assert_eq!(hello.extensions.find(*first), Some(&b""[..]));
        assert_eq!(hello.extensions.find(*last), Some(&b"\0"[..]));
        assert!(hello.cipher_suites[0].is_grease());
        let Some(KeyShareClientHello(shares)) = content(&hello) else { panic!("key_share") };
        let Some(SupportedGroups(groups)) = content(&hello) else { panic!("groups") };
        assert_eq!((shares[0].group, shares[0].key_exchange), (groups[0], &b"\0"[..]));
        let Some(SupportedVersions(versions)) = content(&hello) else { panic!("versions") };
        assert!(versions[0].is_grease() && groups[0].is_grease());
        values.push((hello.cipher_suites[0], groups[0], versions[0], *first));
        orders.push(middle.to_vec());
    }
    assert!(!values.iter().all(|value| *value == values[0]));
    assert!(!orders.iter().all(|order| *order == orders[0]));
    let [one, other] = [&orders[0], &orders[1]].map(|order| {
        let mut order = order.clone();
        order.sort_unstable();
        order
    });
    assert_eq!(one, other, "the same extensions in another order");
}

/// The study's client but for what is drawn for each connection.
#[test]
fn the_study_s_hello_is_the_one_of_its_model() {
    let model = unhex(include_str!("../../testdata/hellos/openssl-1.0.2e.hex"));
    let ours = record(Profile::named("paper-2015").expect("a profile"), None, 7);
    let random = 11..43;
    assert_eq!(ours.len(), model.len());
    assert_eq!(ours[..random.start], model[..random.start]);
    assert_eq!(ours[random.end..], model[random.end..]);
}

/// The frame of a hello of SSL 3; the suites are ours, and those of the model that SSL 3 can have are among them.
#[test]
fn ssl3_says_hello_as_openssl_did() {
    let model = unhex(include_str!("../../testdata/hellos/openssl-1.0.2e-ssl3.hex"));
    let ours = record(Profile::named("ssl3").expect("a profile"), Some("a.example"), 7);
    let ((version, model), (our_version, ours)) = (hello(&model), hello(&ours));
    assert_eq!((our_version, ours.legacy_version), (version, model.legacy_version));
    assert_eq!(ours.session_id, model.session_id);
    assert_eq!(ours.extensions, model.extensions);
    assert_eq!(ours.compression_methods, model.compression_methods);
    for suite in [CipherSuite::TLS_RSA_WITH_RC4_128_MD5, CipherSuite::TLS_RSA_WITH_DES_CBC_SHA] {
        assert!(model.cipher_suites.contains(&suite) && ours.cipher_suites.contains(&suite));
    }
}

/// As published for Chrome 131 to 149 and Firefox 140 to 148.
#[test]
fn browsers_have_their_fingerprints() {
    let fingerprints = |name: &str| {
        let record = record(Profile::named(name).expect("a profile"), Some("a.example"), 7);
        let (_, hello) = hello(&record);
        (ja3(&hello), ja4(&hello))
    };
    let (_, chrome) = fingerprints("chrome-like");
    assert_eq!(chrome, "t13d1516h2_8daaf6152771_d8a2da3f94cd");
    let (ja3, firefox) = fingerprints("firefox-like");
    assert_eq!(firefox, "t13d1717h2_5b57614c22b0_3cbfd9057e0d");
    assert_eq!(ja3, "6f7889b9fb1a62a9577e685c1fcfa919");
}

/// JA3 without its hash: version, suites, extensions, groups and point formats as published. The sets of extensions are
/// compared, since Chrome's order is drawn.
#[test]
fn browsers_are_met_in_every_list() {
    // Chrome 148.
    let chrome = "771,4865-4866-4867-49195-49199-49196-49200-52393-52392-49171-49172-156-157-47-53,\
        51-11-43-23-18-0-27-65281-45-16-5-17613-10-35-65037-13,4588-29-23-24,0";
    // Firefox 148.
    let firefox = "771,4865-4867-4866-49195-49199-52393-52392-49196-49200-49162-49161-49171-49172-\
        156-157-47-53,0-23-65281-10-11-35-16-5-34-18-51-43-13-45-28-27-65037,\
        4588-29-23-24-25-256-257,0";
    for (name, published) in [("chrome-like", chrome), ("firefox-like", firefox)] {
        let profile = Profile::named(name).expect("a profile");
        let record = record(profile, Some("a.example"), 7);
        let (_, hello) = hello(&record);
        let Some(SupportedGroups(groups)) = content(&hello) else { panic!("groups") };
        let Some(EcPointFormats(formats)) = content(&hello) else { panic!("formats") };
        let real = |codes: Vec<u16>| -> Vec<u16> {
            codes.into_iter().filter(|code| !NamedGroup(*code).is_grease()).collect()
        };
        let mut extensions = real(types(&hello).iter().map(|e| e.0).collect());
        let mut expected: Vec<Vec<u16>> = published
            .split(',')
            .map(|list| list.split('-').map(|code| code.parse().expect("a number")).collect())
            .collect();
        if profile.shuffled {
            extensions.sort_unstable();
            expected[2].sort_unstable();
        }
        let found = [
            vec![hello.legacy_version.0],
            real(hello.cipher_suites.iter().map(|suite| suite.0).collect()),
            extensions,
            real(groups.iter().map(|group| group.0).collect()),
            formats.iter().map(|format| u16::from(format.0)).collect(),
        ];
        assert_eq!(found.to_vec(), expected, "{name}");
    }
}

fn unhex(text: &str) -> Vec<u8> {
    let digits = text.trim().as_bytes();
    let byte = |pair: &[u8]| {
        u8::from_str_radix(std::str::from_utf8(pair).expect("ASCII"), 16).expect("hexadecimal")
    };
    digits.chunks(2).map(byte).collect()
}
