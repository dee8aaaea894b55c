//! Reading `testdata/*.transcript` and telling them to an observer.

use std::path::Path;
use std::path::PathBuf;

use tlscensus_tls_wire::alert::Alert;
use tlscensus_tls_wire::codec::Codec;
use tlscensus_tls_wire::observer::Observer;
use tlscensus_tls_wire::observer::Protection;
use tlscensus_tls_wire::observer::Side;
use tlscensus_tls_wire::registry::ContentType;
use tlscensus_tls_wire::registry::HandshakeType;

/// One message of a conversation.
pub(crate) struct Line {
    pub(crate) side: Side,
    pub(crate) protection: Protection,
    pub(crate) content_type: ContentType,
    pub(crate) bytes: Vec<u8>,
}

impl Line {
    /// Type and body, where it is a handshake message.
    pub(crate) fn handshake(&self) -> Option<(HandshakeType, &[u8])> {
        let is = self.content_type == ContentType::HANDSHAKE;
        is.then(|| (HandshakeType(self.bytes[0]), &self.bytes[4..]))
    }

    /// Tells an observer that has all keys.
    pub(crate) fn tell(&self, observer: &mut Observer) {
        match self.content_type {
            ContentType::CHANGE_CIPHER_SPEC => observer.change_cipher_spec(self.side),
            ContentType::ALERT => {
                let alert = Alert::decode(&self.bytes, "alert").expect("two bytes");
                observer.alert(self.side, self.protection, alert);
            }
            _ => {
                let (message, body) = self.handshake().expect("nothing else is in the files");
                observer.message(self.side, self.protection, message, body);
                if message == HandshakeType::FINISHED {
                    observer.finished(self.side, true);
                }
            }
        }
    }
}

/// Every conversation: file stem and messages.
pub(crate) fn all() -> Vec<(String, Vec<Line>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata");
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder)
        .expect("testdata/ is there")
        .map(|entry| entry.expect("readable").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "transcript"))
        .collect();
    paths.sort();
    assert!(paths.len() >= 17, "no transcript got lost");
    paths.iter().map(|path| (stem(path), read(path))).collect()
}

/// One conversation.
pub(crate) fn named(name: &str) -> Vec<Line> {
    read(&Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("testdata/{name}.transcript")))
}

/// What an observer with all keys knows at its end.
pub(crate) fn observed(lines: &[Line]) -> Observer {
    let mut observer = Observer::new();
    lines.iter().for_each(|line| line.tell(&mut observer));
    observer
}

fn read(path: &Path) -> Vec<Line> {
    let text = std::fs::read_to_string(path).expect("readable");
    text.lines().filter(|line| !line.starts_with('#')).map(parse).collect()
}

fn parse(line: &str) -> Line {
    let [side, protection, content_type, hex] = line.split(' ').collect::<Vec<_>>()[..] else {
        panic!("four words: {line}");
    };
    let content_type = ContentType::ENTRIES.iter().find(|(_, name)| *name == content_type);
    Line {
        side: if side == "C" { Side::Client } else { Side::Server },
        protection: match protection {
            "plain" => Protection::Plain,
            "handshake" => Protection::Handshake,
            _ => Protection::Application,
        },
        content_type: ContentType(content_type.expect("registered").0),
        bytes: bytes(hex),
    }
}

/// Bytes out of hexadecimal.
pub(crate) fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).expect("hexadecimal"))
        .collect()
}

fn stem(path: &Path) -> String {
    path.file_stem().expect("named").to_string_lossy().into_owned()
}
