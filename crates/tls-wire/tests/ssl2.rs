//! SSL 2 as it was spoken: two captures, heard whole, at every split and in ruins.

use std::path::Path;

use tlscensus_tls_wire::codec::Codec;
use tlscensus_tls_wire::fuzzing;
use tlscensus_tls_wire::observer::Observer;
use tlscensus_tls_wire::observer::Presence;
use tlscensus_tls_wire::observer::Side;
use tlscensus_tls_wire::registry::CipherSuite;
use tlscensus_tls_wire::registry::Ssl2CipherKind;
use tlscensus_tls_wire::registry::Version;
use tlscensus_tls_wire::ssl2::ClientHello;
use tlscensus_tls_wire::ssl2::Deframer;

use crate::transcript;

/// The segments of one capture.
fn segments(capture: &str) -> Vec<(Side, Vec<u8>)> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/ssl2.tsv");
    let text = std::fs::read_to_string(path).expect("readable");
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let cells = lines.map(|line| line.split('\t').collect::<Vec<_>>());
    let segments = cells.filter(|cells| cells[1].contains(capture)).map(|cells| {
        let side = if cells[0] == "C" { Side::Client } else { Side::Server };
        (side, transcript::bytes(cells[2]))
    });
    segments.collect()
}

fn heard(capture: &str, piece: usize) -> Observer {
    let mut observer = Observer::new();
    for (side, bytes) in segments(capture) {
        let mut deframer = Deframer::new();
        for piece in bytes.chunks(piece) {
            deframer.push(piece);
            while let Some(record) = deframer.pop().expect("records") {
                observer.ssl2_message(side, record.data);
            }
        }
        assert_eq!(deframer.waiting(), b"");
    }
    observer
}

/// What Zeek's baseline and tshark say of it: `ts.` columns of the reference list, and the certificate's length.
#[test]
fn a_session_of_ssl2() {
    let kinds = |values: &[u32]| values.iter().copied().map(Ssl2CipherKind).collect::<Vec<_>>();
    for piece in [1, 2, 3, 100, 1 << 16] {
        let observer = heard("ssl-v2.pcap", piece);
        let hello = observer.ssl2_hello().expect("heard");
        assert_eq!((hello.version, hello.challenge.len()), (Version::SSL_2, 16));
        let offered = [0x0700c0, 0x050080, 0x030080, 0x010080, 0x060040, 0x040080, 0x020080];
        assert_eq!(hello.cipher_kinds, kinds(&offered));
        let choice = observer.ssl2_choice().expect("heard");
        assert_eq!((choice.version, choice.session_id_hit), (Version::SSL_2, false));
        let taken = [0x0700c0, 0x030080, 0x010080, 0x060040, 0x040080, 0x020080];
        assert_eq!(choice.cipher_kinds, kinds(&taken));
        assert_eq!((choice.certificate_type, choice.connection_id.len()), (1, 16));
        let chain = observer.chain().expect("a certificate");
        assert_eq!((chain.len(), chain[0].len(), chain[0][0]), (1, 903, 0x30));
        assert_eq!(observer.certificate_presence(), Presence::Seen);
        assert_eq!((observer.version(), observer.resumed()), (Some(Version::SSL_2), Some(false)));
        // The client's master key is the last message in the clear, and says what is in force.
        assert_eq!(observer.ssl2_cipher(), Some(Ssl2CipherKind(0x0700c0)));
        assert_eq!((observer.history(), observer.offer()), ("CsG", None));
        assert_eq!(observer.flight(Side::Server).len(), 950 - 903);
        assert!(!observer.flight_truncated(Side::Server) && !observer.established());
    }
}

#[test]
fn a_hello_of_tls10_in_the_old_frame() {
    let observer = heard("ssl.v3.pcap", 7);
    let offer = observer.offer().expect("of TLS 1.0");
    assert_eq!(offer.versions(), [Version::TLS_1_0]);
    let suites = &offer.hello.cipher_suites;
    assert_eq!(suites.len(), observer.ssl2_hello().expect("heard").cipher_kinds.len());
    assert_eq!(suites[0], CipherSuite::TLS_DHE_RSA_WITH_AES_256_CBC_SHA);
    assert_eq!(offer.hello.random[..16], [0; 16]);
    assert_eq!(observer.flight(Side::Client), segments("ssl.v3.pcap")[0].1);
}

#[test]
fn ruins_of_it_break_nothing() {
    for (_, bytes) in ["ssl-v2.pcap", "ssl.v3.pcap"].into_iter().flat_map(segments) {
        for at in 0..bytes.len().min(64) {
            for value in [0, 1, 0x7f, 0x80, 0xff] {
                let mut ruin = bytes.clone();
                ruin[at] = value;
                fuzzing::ssl2(&ruin);
                fuzzing::ssl2(&ruin[2..]);
                let length = u16::try_from(ruin.len()).expect("short").to_be_bytes();
                for step in [0x20, 0x21] {
                    fuzzing::observer(&[&[step][..], &length, &ruin[..]].concat());
                    let length = u16::try_from(ruin.len() - 2).expect("short").to_be_bytes();
                    fuzzing::observer(&[&[step][..], &length, &ruin[2..]].concat());
                }
            }
        }
        for end in 2..bytes.len() {
            fuzzing::ssl2(&bytes[2..end]);
            assert!(ClientHello::decode(&bytes[2..end], "x").is_err());
        }
    }
}
