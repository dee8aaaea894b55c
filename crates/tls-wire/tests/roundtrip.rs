//! Invented messages and invented bytes.

use proptest::collection::vec;
use proptest::prelude::*;
use tlscensus_tls_wire::codec::Codec;
use tlscensus_tls_wire::extension::Extensions;
use tlscensus_tls_wire::fuzzing;
use tlscensus_tls_wire::handshake::CertificateEntry;
use tlscensus_tls_wire::handshake::CertificateTls13;
use tlscensus_tls_wire::handshake::ClientHello;
use tlscensus_tls_wire::handshake::Context;
use tlscensus_tls_wire::handshake::Message;
use tlscensus_tls_wire::handshake::ServerHello;
use tlscensus_tls_wire::record::HANDSHAKE_HEADER_BYTES;
use tlscensus_tls_wire::registry::CipherSuite;
use tlscensus_tls_wire::registry::CompressionMethod;
use tlscensus_tls_wire::registry::ExtensionType;
use tlscensus_tls_wire::registry::Version;

fn bytes(longest: usize) -> impl Strategy<Value = Vec<u8>> {
    vec(any::<u8>(), 0..longest)
}

fn extensions() -> impl Strategy<Value = Extensions<'static>> {
    // Low types are the known ones; the rest of the space is there too.
    let extension = (prop_oneof![0_u16..64, any::<u16>()], bytes(40));
    let block = vec(extension, 0..12).prop_map(|list| {
        let mut extensions = Extensions::new();
        list.into_iter().for_each(|(code, bytes)| extensions.push(ExtensionType(code), bytes));
        extensions
    });
    prop_oneof![1 => Just(Extensions::none()), 9 => block]
}

fn check(message: &Message<'_>, context: Context) {
    let mut wire = Vec::new();
    message.encode(&mut wire);
    let body = &wire[HANDSHAKE_HEADER_BYTES..];
    let read = Message::decode(message.handshake_type(), body, context);
    assert_eq!(read.as_ref(), Ok(message));
}

proptest! {
    #[test]
    fn client_hellos_come_back(
        version: u16, random: [u8; 32], session_id in bytes(256), suites in vec(any::<u16>(), 0..60),
        methods in vec(any::<u8>(), 0..4), extensions in extensions(),
    ) {
        let hello = ClientHello {
            legacy_version: Version(version),
            random,
            session_id: &session_id,
            cipher_suites: suites.into_iter().map(CipherSuite).collect(),
            compression_methods: methods.into_iter().map(CompressionMethod).collect(),
            extensions,
        };
        let context = Context { version: Version::TLS_1_2, suite: CipherSuite(0) };
        check(&Message::ClientHello(hello), context);
    }

    #[test]
    fn server_hellos_come_back(
        version: u16, random: [u8; 32], session_id in bytes(33), suite: u16, extensions in extensions(),
    ) {
        // Early drafts have no place for a session.
        let is_early = Version(version).is_early_draft();
        let hello = ServerHello {
            legacy_version: Version(version),
            random,
            session_id: if is_early { &[] } else { &session_id },
            cipher_suite: CipherSuite(suite),
            compression_method: CompressionMethod::NULL,
            extensions,
        };
        let context = Context { version: Version::TLS_1_2, suite: CipherSuite(0) };
        check(&Message::ServerHello(hello), context);
    }

    #[test]
    fn chains_come_back(context_bytes in bytes(8), list in vec((bytes(300), extensions()), 0..5)) {
        let entries = list.iter().map(|(certificate, extensions)| {
            let mut with_block = Extensions::new();
            for raw in extensions {
                with_block.push(raw.extension, raw.bytes.to_vec());
            }
            CertificateEntry { certificate, extensions: with_block }
        });
        let message = CertificateTls13 { context: &context_bytes, entries: entries.collect() };
        let context = Context { version: Version::TLS_1_3, suite: CipherSuite(0x1301) };
        check(&Message::CertificateTls13(message), context);
    }

    #[test]
    fn fuzz_bodies_hold_on_any_bytes(data in bytes(2000)) {
        fuzzing::message(&data);
        fuzzing::extensions(&data);
        fuzzing::records(&data);
        fuzzing::observer(&data);
        fuzzing::ssl2(&data);
    }

    #[test]
    fn fuzz_bodies_hold_on_likely_bytes(
        kind in prop_oneof![Just(2_u8), Just(11), Just(12), Just(13), Just(4), Just(8), Just(16), Just(22), Just(25)],
        version in prop_oneof![Just(0x0301_u16), Just(0x0303), Just(0x0304)],
        suite in prop_oneof![Just(0xc02f_u16), Just(0x009e), Just(0x00a9), Just(0xc037), Just(0x1301)],
        body in vec(prop_oneof![4 => 0_u8..6, 1 => any::<u8>()], 0..120),
    ) {
        fuzzing::message(&[&[kind][..], &version.to_be_bytes(), &suite.to_be_bytes(), &body].concat());
        let length = u16::try_from(body.len()).expect("short").to_be_bytes();
        fuzzing::extensions(&[&length[..], &body].concat());
        fuzzing::records(&[&[version.to_be_bytes()[1], 22, 3, 3][..], &length, &body, &[22, 3, 1, 0, 0]].concat());
        fuzzing::observer(&[&[0xf9, kind, 0][..], &length, &body].concat());
    }
}

#[test]
fn mutated_hellos_never_panic() {
    let lines = crate::transcript::named("tls13-ecdsa-alpn-ocsp");
    for line in lines.iter().take(4) {
        let Some((message, body)) = line.handshake() else { continue };
        for at in 0..body.len().min(600) {
            for value in [0, 1, 0x7f, 0xff] {
                let mut mutated = body.to_vec();
                mutated[at] = value;
                let head = [&[message.0][..], &[3, 4, 0x13, 1]].concat();
                fuzzing::message(&[&head[..], &mutated].concat());
                let length = u32::try_from(mutated.len()).expect("short").to_be_bytes();
                let side = if message.0 == 1 { 0xf8 } else { 0xf9 };
                fuzzing::observer(&[&[side, message.0][..], &length[1..], &mutated].concat());
            }
        }
    }
    assert!(ClientHello::decode(&[], "ClientHello").is_err());
}
