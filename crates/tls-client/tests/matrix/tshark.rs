//! A dissector's view of the same connections: their bytes in a capture file, read by tshark.
#![expect(clippy::disallowed_methods, reason = "tshark reads files")]

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

use tlscensus_tls_wire::observer::Side;
use tlscensus_tls_wire::registry::CipherSuite;
use tlscensus_tls_wire::registry::ExtensionType;
use tlscensus_tls_wire::registry::HandshakeType;
use tlscensus_tls_wire::registry::NamedGroup;
use tlscensus_tls_wire::registry::SignatureScheme;
use tlscensus_tls_wire::registry::Version;

use crate::matrix::facts::Facts;

/// What went over the wire, in order.
pub(crate) type Script = [(Side, Vec<u8>)];

/// What tshark says about each connection that it could read; an error says what is missing.
pub(crate) fn dissect(scripts: &[&Script], key_log: &str) -> Result<Vec<Facts>, String> {
    let folder = tempfile::tempdir().unwrap();
    let (capture, keys) = (folder.path().join("matrix.pcap"), folder.path().join("keys"));
    fs::write(&capture, pcap(scripts)).unwrap();
    fs::write(&keys, key_log).unwrap();
    let mut command = Command::new("tshark");
    command.arg("-n").arg("-r").arg(&capture);
    command.arg("-o").arg(format!("tls.keylog_file:{}", keys.display()));
    command.args(["-Y", "tls.handshake && tcp.srcport == 443"]);
    command.args(["-T", "fields", "-E", "separator=/t", "-E", "aggregator=,"]);
    for field in FIELDS {
        command.args(["-e", field]);
    }
    let output = command.output().map_err(|error| format!("tshark: {error}"))?;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut packets: BTreeMap<usize, Vec<Packet>> = BTreeMap::new();
    for line in String::from_utf8(output.stdout).unwrap().lines() {
        let packet = Packet::read(line);
        packets.entry(packet.stream).or_default().push(packet);
    }
    Ok((0..scripts.len()).map(|at| packets.get(&at).map_or_else(Facts::default, facts)).collect())
}

const FIELDS: [&str; 11] = [
    "tcp.dstport",
    "tls.handshake.type",
    "tls.handshake.version",
    "tls.handshake.extensions.supported_version",
    "tls.handshake.ciphersuite",
    "tls.handshake.extension.type",
    "tls.handshake.server_named_curve",
    "tls.handshake.extensions_key_share_group",
    "tls.handshake.p",
    "tls.handshake.sig_hash_alg",
    "tls.handshake.certificate",
];

/// The fields of one packet of a server.
struct Packet {
    stream: usize,
    columns: Vec<Vec<String>>,
}

impl Packet {
    fn read(line: &str) -> Self {
        let list = |column: &str| {
            let values = column.split(',').filter(|value| !value.is_empty());
            values.map(str::to_owned).collect()
        };
        let columns: Vec<Vec<String>> = line.split('\t').map(list).collect();
        let port: usize = columns[0][0].parse().unwrap();
        Self { stream: port - FIRST_PORT, columns }
    }

    fn texts(&self, field: &str) -> &[String] {
        let at = FIELDS.iter().position(|name| *name == field).unwrap();
        self.columns.get(at).map(Vec::as_slice).unwrap_or_default()
    }

    fn numbers(&self, field: &str) -> Vec<u16> {
        let number = |text: &String| match text.strip_prefix("0x") {
            Some(hex) => u16::from_str_radix(hex, 16).unwrap(),
            None => text.parse().unwrap(),
        };
        self.texts(field).iter().map(number).collect()
    }

    fn has(&self, message: HandshakeType) -> bool {
        self.numbers("tls.handshake.type").contains(&u16::from(message.0))
    }
}

/// What the packets of one connection add up to.
fn facts(packets: &Vec<Packet>) -> Facts {
    let mut facts = Facts::default();
    let hellos: Vec<&Packet> =
        packets.iter().filter(|packet| packet.has(HandshakeType::SERVER_HELLO)).collect();
    let Some(hello) = hellos.last() else {
        return facts;
    };
    let first = |packet: &Packet, field| packet.numbers(field).first().copied();
    let version = first(hello, "tls.handshake.extensions.supported_version")
        .or_else(|| first(hello, "tls.handshake.version"));
    facts.version = version.map(Version);
    facts.suite = first(hello, "tls.handshake.ciphersuite").map(CipherSuite);
    facts.retry = Some(hellos.len() > 1);
    facts.group = first(hello, "tls.handshake.extensions_key_share_group").map(NamedGroup);
    let types = |packet: &Packet| {
        packet.numbers("tls.handshake.extension.type").into_iter().map(ExtensionType).collect()
    };
    facts.extensions = Some(types(hello));
    for packet in packets {
        if packet.numbers("tls.handshake.type") == [u16::from(ENCRYPTED_EXTENSIONS.0)] {
            facts.encrypted_extensions = Some(types(packet));
        }
        if packet.has(HandshakeType::CERTIFICATE) {
            let certificates = packet.texts("tls.handshake.certificate");
            facts.certificates = Some(certificates.iter().map(|hex| bytes(hex)).collect());
        }
        if packet.has(HandshakeType::SERVER_KEY_EXCHANGE) {
            let group = first(packet, "tls.handshake.server_named_curve");
            facts.group = group.map(NamedGroup);
            facts.dh_bits = packet.texts("tls.handshake.p").first().map(|hex| bits(&bytes(hex)));
            facts.scheme = first(packet, "tls.handshake.sig_hash_alg").map(SignatureScheme);
        }
        if packet.has(HandshakeType::CERTIFICATE_VERIFY) {
            let schemes = packet.numbers("tls.handshake.sig_hash_alg");
            facts.scheme = schemes.last().copied().map(SignatureScheme);
        }
    }
    facts
}

fn bytes(hex: &str) -> Vec<u8> {
    let digits: String = hex.chars().filter(char::is_ascii_hexdigit).collect();
    let byte = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).unwrap();
    (0..digits.len() / 2 * 2).step_by(2).map(byte).collect()
}

fn bits(number: &[u8]) -> u32 {
    let significant: Vec<u8> = number.iter().copied().skip_while(|byte| *byte == 0).collect();
    let first = significant.first().map_or(0, |byte| byte.leading_zeros());
    u32::try_from(significant.len()).unwrap() * 8 - first
}

const ENCRYPTED_EXTENSIONS: HandshakeType = HandshakeType::ENCRYPTED_EXTENSIONS;

/// One connection per script: raw IPv4 packets with one record each, checksums left out.
fn pcap(scripts: &[&Script]) -> Vec<u8> {
    let mut file = Vec::new();
    for word in [0xa1b2_c3d4_u32, 0x0004_0002, 0, 0, 0x0004_0000, LINKTYPE_RAW] {
        file.extend(word.to_le_bytes());
    }
    for (at, script) in scripts.iter().enumerate() {
        let mut stream = Stream::new(u16::try_from(FIRST_PORT + at).unwrap());
        for (side, bytes) in *script {
            stream.say(*side, bytes, &mut file);
        }
        stream.rest(&mut file);
    }
    file
}

/// One TCP connection on its way into the file.
struct Stream {
    port: u16,
    /// Of each side: sequence number of the next byte, and bytes of a record that is not whole.
    sides: [(u32, Vec<u8>); 2],
}

impl Stream {
    fn new(port: u16) -> Self {
        Self { port, sides: [(1, Vec::new()), (1, Vec::new())] }
    }

    fn say(&mut self, side: Side, bytes: &[u8], file: &mut Vec<u8>) {
        let index = usize::from(side == Side::Server);
        self.sides[index].1.extend_from_slice(bytes);
        while let Some(length) = whole_record(&self.sides[index].1) {
            let record: Vec<u8> = self.sides[index].1.drain(..length).collect();
            self.packet(index, &record, file);
        }
    }

    fn rest(&mut self, file: &mut Vec<u8>) {
        for index in 0..2 {
            let rest = std::mem::take(&mut self.sides[index].1);
            if !rest.is_empty() {
                self.packet(index, &rest, file);
            }
        }
    }

    fn packet(&mut self, index: usize, payload: &[u8], file: &mut Vec<u8>) {
        let length = u16::try_from(payload.len() + 40).unwrap();
        let (own, other) = (self.sides[index].0, self.sides[1 - index].0);
        for word in [0, 0, u32::from(length), u32::from(length)] {
            file.extend(word.to_le_bytes());
        }
        let ports = if index == 0 { [self.port, 443] } else { [443, self.port] };
        let mut packet = vec![0x45, 0];
        packet.extend(length.to_be_bytes());
        packet.extend([0, 0, 0x40, 0, 64, TCP, 0, 0]);
        packet.extend(
            if index == 0 {
                [[10, 0, 0, 1], [10, 0, 0, 2]]
            } else {
                [[10, 0, 0, 2], [10, 0, 0, 1]]
            }
            .concat(),
        );
        packet.extend(ports.map(u16::to_be_bytes).concat());
        packet.extend(own.to_be_bytes());
        packet.extend(other.to_be_bytes());
        packet.extend([0x50, PUSH_AND_ACK, 0xff, 0xff, 0, 0, 0, 0]);
        file.extend(packet);
        file.extend_from_slice(payload);
        self.sides[index].0 = own.wrapping_add(u32::try_from(payload.len()).unwrap());
    }
}

fn whole_record(bytes: &[u8]) -> Option<usize> {
    let length = 5 + usize::from(u16::from_be_bytes([*bytes.get(3)?, *bytes.get(4)?]));
    (bytes.len() >= length).then_some(length)
}

const FIRST_PORT: usize = 1_024;
const LINKTYPE_RAW: u32 = 101;
const PUSH_AND_ACK: u8 = 0x18;
const TCP: u8 = 6;
