//! Real messages: back byte for byte, cut anywhere, in records of any size.

use tlscensus_tls_wire::codec::Codec;
use tlscensus_tls_wire::fuzzing;
use tlscensus_tls_wire::handshake::Message;
use tlscensus_tls_wire::observer::Observer;
use tlscensus_tls_wire::observer::Side;
use tlscensus_tls_wire::record::Deframer;
use tlscensus_tls_wire::record::HEADER_BYTES;
use tlscensus_tls_wire::record::Joiner;
use tlscensus_tls_wire::record::RecordHeader;
use tlscensus_tls_wire::registry::ContentType;
use tlscensus_tls_wire::registry::HandshakeType;
use tlscensus_tls_wire::registry::Version;

use crate::transcript;

#[test]
fn every_message_is_written_as_it_was_read() {
    let mut count = 0;
    for (name, lines) in transcript::all() {
        let mut observer = Observer::new();
        for line in &lines {
            if let Some((message, body)) = line.handshake() {
                let read = Message::decode(message, body, observer.context());
                let read = read.unwrap_or_else(|error| panic!("{name}: {message}: {error}"));
                assert!(!matches!(read, Message::Unknown(..)), "{name}: {message}");
                let mut written = Vec::new();
                read.encode(&mut written);
                assert_eq!(written, line.bytes, "{name}: {message}");
                count += 1;
            }
            line.tell(&mut observer);
        }
        assert_eq!(observer.malformed(), [], "{name}");
    }
    assert!(count > 120, "{count} messages");
}

#[test]
fn every_message_cut_anywhere_is_malformed_or_whole() {
    for (name, lines) in transcript::all() {
        let mut observer = Observer::new();
        for line in &lines {
            if let Some((message, body)) = line.handshake() {
                let context = observer.context();
                for end in 0..body.len() {
                    let cut = &body[..end];
                    // Where a cut can be read at all, it says less: it must not be read as more than it is.
                    if let Ok(read) = Message::decode(message, cut, context) {
                        let mut written = Vec::new();
                        read.encode(&mut written);
                        assert_eq!(&written[4..], cut, "{name}: {message} cut at {end}");
                        let open_ended = [
                            HandshakeType::FINISHED,
                            HandshakeType::CLIENT_HELLO,
                            HandshakeType::SERVER_HELLO,
                        ];
                        let psk = message == HandshakeType::CLIENT_KEY_EXCHANGE;
                        let status = message == HandshakeType::CERTIFICATE_STATUS;
                        assert!(
                            open_ended.contains(&message) || psk || status,
                            "{name}: {message}"
                        );
                    }
                }
            }
            line.tell(&mut observer);
        }
    }
}

#[test]
fn messages_survive_any_records() {
    for (name, lines) in transcript::all() {
        for side in [Side::Client, Side::Server] {
            let messages: Vec<&[u8]> = lines
                .iter()
                .filter(|line| line.side == side && line.handshake().is_some())
                .map(|line| &*line.bytes)
                .collect();
            let stream = messages.concat();
            for size in [1, 3, 100, 1000, 16_384] {
                let wire = in_records(&stream, size);
                let expected: Vec<Vec<u8>> = messages.iter().map(|bytes| bytes.to_vec()).collect();
                assert_eq!(joined(&wire, 1), expected, "{name}: records of {size}, byte by byte");
                assert_eq!(joined(&wire, 1460), expected, "{name}: records of {size}, segments");
            }
        }
    }
}

#[test]
fn a_stream_is_the_same_at_every_split() {
    let lines = transcript::named("tls12-ecdhe-rsa-ticket");
    let server = lines.iter().filter(|line| line.side == Side::Server);
    let server = server.filter(|line| line.content_type == ContentType::HANDSHAKE);
    let wire = in_records(&server.map(|line| &*line.bytes).collect::<Vec<_>>().concat(), 700);
    let whole = joined(&wire, wire.len());
    for at in 0..=wire.len() {
        let mut deframer = Deframer::new();
        let mut joiner = Joiner::new();
        let mut found = Vec::new();
        for piece in [&wire[..at], &wire[at..]] {
            deframer.push(piece);
            drain(&mut deframer, &mut joiner, &mut found);
        }
        assert_eq!(found, whole, "split at {at}");
        assert!(deframer.waiting().is_empty() && joiner.is_aligned());
    }
}

#[test]
fn fuzz_bodies_hold_on_real_messages() {
    for (_, lines) in transcript::all() {
        let mut steps = Vec::new();
        for line in lines.iter().filter(|line| line.handshake().is_some()) {
            for version in [0x0300_u16, 0x0301, 0x0303, 0x0304] {
                for suite in [0x1301_u16, 0xc02f, 0x009e, 0x002f, 0x0034, 0xc037] {
                    let head = [&line.bytes[..1], &version.to_be_bytes(), &suite.to_be_bytes()];
                    fuzzing::message(&[&head.concat(), &line.bytes[4..]].concat());
                }
            }
            for at in 4..line.bytes.len().min(200) {
                fuzzing::extensions(&line.bytes[at..]);
            }
            steps.push(if line.side == Side::Client { 0xf8 } else { 0xf9 });
            steps.extend_from_slice(&line.bytes);
            fuzzing::observer(&steps);
        }
        for size in [0, 1, 7, 255] {
            let wire = in_records(&steps, 500);
            fuzzing::records(&[&[size], &*wire].concat());
        }
    }
}

fn in_records(stream: &[u8], size: usize) -> Vec<u8> {
    let mut wire = Vec::new();
    for fragment in stream.chunks(size) {
        let length = u16::try_from(fragment.len()).expect("short");
        let content_type = ContentType::HANDSHAKE;
        RecordHeader { content_type, version: Version::TLS_1_2, length }.encode(&mut wire);
        wire.extend_from_slice(fragment);
    }
    assert!(wire.len() >= stream.len() + HEADER_BYTES || stream.is_empty());
    wire
}

fn joined(wire: &[u8], segment: usize) -> Vec<Vec<u8>> {
    let mut deframer = Deframer::new();
    let mut joiner = Joiner::new();
    let mut found = Vec::new();
    for piece in wire.chunks(segment.max(1)) {
        deframer.push(piece);
        drain(&mut deframer, &mut joiner, &mut found);
    }
    found
}

fn drain(deframer: &mut Deframer, joiner: &mut Joiner, found: &mut Vec<Vec<u8>>) {
    while let Some(record) = deframer.pop().expect("records") {
        joiner.push(record.payload);
        while let Some(frame) = joiner.pop().expect("messages") {
            found.push(frame.encoded.to_vec());
        }
    }
}
