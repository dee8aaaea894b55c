//! Sessions of other programs, recorded by a relay between them: SRP of GnuTLS, SSL 2 and its hello of OpenSSL 1.0.2.

use std::fs;
use std::io::Read;
use std::io::Write;
use std::net::Shutdown;
use std::net::TcpListener;
use std::net::TcpStream;
use std::path::Path;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use openssl::ssl::Ssl;
use openssl::ssl::SslStream;
use openssl::ssl::SslVersion;
use tlscensus_testkit::capture::Side;

use crate::case::Case;
use crate::case::told;
use crate::case::with_port;
use crate::servers::RSA;
use crate::servers::Terms;
use crate::support::record::Turns;
use crate::support::record::note;

/// The server of OpenSSL 1.0.2 that the client's tests have.
const OLD_SERVER: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/../tls-client/tests/support/openssl_1_0_2.py");
/// Its client: port and version, in nassl's words.
const OLD_CLIENT: &str = r#"
import socket, sys
from nassl.legacy_ssl_client import LegacySslClient
from nassl.ssl_client import OpenSslVersionEnum, OpenSslVerifyEnum
tcp = socket.create_connection(("127.0.0.1", int(sys.argv[1])), 10)
client = LegacySslClient(ssl_version=OpenSslVersionEnum[sys.argv[2]], underlying_socket=tcp,
                         ssl_verify=OpenSslVerifyEnum.NONE)
client.set_cipher_list("ALL:COMPLEMENTOFALL")
client.do_handshake()
client.write(b"a1 NOOP\r\n")
client.read(9)
client.shutdown()
"#;

pub(crate) fn cases() -> Vec<Case> {
    let folder = tempfile::tempdir().expect("a folder");
    vec![srp(folder.path()), ssl2(folder.path()), old_hello()]
}

fn srp(folder: &Path) -> Case {
    const PRIORITY: &str = "NORMAL:-KX-ALL:+SRP:-VERS-ALL:+VERS-TLS1.2";
    let (words, fields) = (folder.join("words"), folder.join("fields"));
    run(Command::new("srptool").arg("--create-conf").arg(&fields), "");
    run(
        Command::new("srptool")
            .args(["-u", "alice", "--passwd-conf"])
            .arg(&fields)
            .arg("--passwd")
            .arg(&words),
        "secret\n",
    );
    let port = free_port();
    let mut serve = Command::new("gnutls-serv");
    serve.args(["-q", "--echo", "-p", &port.to_string(), "--priority", PRIORITY]);
    serve.arg("--srppasswd").arg(&words).arg("--srppasswdconf").arg(&fields);
    let _serving = Serving::start(&mut serve, port);
    let turns = through_relay(port, |relay| {
        let mut client = Command::new("gnutls-cli");
        client.args(["-p", &relay.to_string(), "--srpusername", "alice", "--srppasswd", "secret"]);
        run(client.args(["--priority", PRIORITY, "127.0.0.1"]), "a1 NOOP\n");
    });
    Case::new(
        "tls12-srp",
        "SRP (RFC 5054) between ends of GnuTLS",
        &told(with_port(993), &turns).segments(),
    )
    .all(&[("protocol", "imaps"), ("tls_version", "TLS 1.2"), ("chain_seen", "absent")])
    .all(&[("tls_suite", "TLS_SRP_SHA_WITH_AES_256_CBC_SHA"), ("tls_seen_established", "true")])
}

fn ssl2(folder: &Path) -> Case {
    let (certificate, key) = (folder.join("certificate"), folder.join("key"));
    let leaf = RSA.chain.first().expect("a leaf");
    fs::write(&certificate, leaf.to_pem().expect("PEM")).expect("it can be written");
    fs::write(&key, RSA.key.private_key_to_pem_pkcs8().expect("PEM")).expect("it can be written");
    let port = free_port();
    let mut serve = Command::new(python());
    serve.args([OLD_SERVER, "serve", &port.to_string()]);
    serve.arg(format!("certificate={}", certificate.display()));
    serve.arg(format!("key={}", key.display()));
    let _serving = Serving::start(&mut serve, port);
    let turns = through_relay(port, |relay| run_old_client(relay, "SSLV2"));
    let case = Case::new(
        "ssl2",
        "SSL 2 through to its end, OpenSSL 1.0.2",
        &told(with_port(993), &turns).segments(),
    );
    case.all(&[("protocol", "imaps"), ("tls_version", "SSL 2"), ("chain_seen", "seen")])
        .all(&[("offer_record_version_code", "2"), ("tls_seen_established", "true")])
        .expect("tls_ssl2_cipher", ssl2_cipher(&turns))
}

/// The cipher in the CLIENT-MASTER-KEY, which is the client's second message.
fn ssl2_cipher(turns: &Turns) -> &'static str {
    let mut of_client = turns.iter().filter(|(side, _)| *side == Side::Client);
    let second = of_client.nth(1).map(|(_, said)| &said[..]);
    match second {
        Some([_, _, 2, 1, 0, 0x80, ..]) => "SSL_CK_RC4_128_WITH_MD5",
        Some([_, _, 2, 3, 0, 0x80, ..]) => "SSL_CK_RC2_128_CBC_WITH_MD5",
        Some([_, _, 2, 5, 0, 0x80, ..]) => "SSL_CK_IDEA_128_CBC_WITH_MD5",
        Some([_, _, 2, 7, 0, 0xc0, ..]) => "SSL_CK_DES_192_EDE3_CBC_WITH_MD5",
        other => panic!("no master key: {other:02x?}"),
    }
}

/// A hello in the frame of SSL 2, answered in SSL 3.
fn old_hello() -> Case {
    let terms = Terms { version: SslVersion::SSL3, suites: "AES128-SHA", group: "P-256" };
    let (server, _) = terms.ends(Some(&RSA)).expect("a server");
    let server = Ssl::new(&server.build()).expect("a server");
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let turns = thread::scope(|scope| {
        scope.spawn(move || {
            let (end, _) = listener.accept().expect("a client");
            let mut stream = SslStream::new(server, end).expect("a stream");
            stream.accept().expect("a handshake");
            let mut heard = [0; 9];
            stream.read_exact(&mut heard).expect("a line");
            stream.write_all(b"a1 OK ok\n").expect("an answer");
            let _closed = stream.read_to_end(&mut Vec::new());
        });
        through_relay(port, |relay| run_old_client(relay, "SSLV23"))
    });
    let first = &turns.first().expect("a hello").1;
    assert!(matches!(first[..], [0x80..=0xff, _, 1, 3, 0..=4, ..]), "{first:02x?}");
    let case = Case::new(
        "ssl3-behind-ssl2-hello",
        "a hello in the frame of SSL 2 is answered in SSL 3",
        &told(with_port(993), &turns).segments(),
    );
    case.all(&[("protocol", "imaps"), ("tls_version", "SSL 3"), ("chain_seen", "seen")])
        .all(&[("offer_record_version_code", "2"), ("tls_seen_established", "true")])
        .expect("tls_suite", "TLS_RSA_WITH_AES_128_CBC_SHA")
}

fn python() -> String {
    std::env::var("TLSCENSUS_PYTHON").unwrap_or_else(|_| "python3".to_owned())
}

fn run_old_client(port: u16, version: &str) {
    run(Command::new(python()).args(["-c", OLD_CLIENT, &port.to_string(), version]), "");
}

/// A program that serves until this is dropped.
struct Serving(Child);

impl Serving {
    fn start(command: &mut Command, port: u16) -> Self {
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let new = Self(command.spawn().expect("it starts"));
        let up = (0..200).any(|_| {
            thread::sleep(Duration::from_millis(50));
            // Looking whether it listens must not be a connection: some of them serve one.
            fs::read_to_string("/proc/net/tcp")
                .is_ok_and(|table| table.contains(&format!(":{port:04X} 00000000:0000 0A")))
        });
        assert!(up, "nothing listens on {port}: {command:?}");
        new
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _gone = self.0.kill();
        let _status = self.0.wait();
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("an address").port()
}

/// Runs to the end and has to succeed.
fn run(command: &mut Command, input: &str) {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("it starts");
    let mut stdin = child.stdin.take().expect("a pipe");
    stdin.write_all(input.as_bytes()).expect("it reads");
    // A client that is answered and closes when its input ends must be given the time for the answer.
    thread::sleep(Duration::from_millis(700));
    drop(stdin);
    let status = child.wait().expect("it ends");
    assert!(status.success(), "{command:?}: {status}");
}

/// What went through a relay while a client ran, which is given the relay's port.
fn through_relay(port: u16, client: impl FnOnce(u16)) -> Turns {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let relay = listener.local_addr().expect("an address").port();
    let turns = Mutex::new(Turns::new());
    thread::scope(|scope| {
        scope.spawn(|| {
            let (near, _) = listener.accept().expect("a client");
            let far = TcpStream::connect(("127.0.0.1", port)).expect("the server");
            let back = (far.try_clone().expect("a socket"), near.try_clone().expect("a socket"));
            thread::scope(|both| {
                both.spawn(|| pump(back.0, back.1, &turns, Side::Server));
                pump(near, far, &turns, Side::Client);
            });
        });
        client(relay);
    });
    turns.into_inner().expect("nobody panicked with it")
}

fn pump(mut from: TcpStream, mut to: TcpStream, turns: &Mutex<Turns>, side: Side) {
    let mut buffer = [0; 16_384];
    while let Ok(count @ 1..) = from.read(&mut buffer) {
        let said = buffer.get(..count).expect("as many as were read");
        note(turns, side, said);
        if to.write_all(said).is_err() {
            break;
        }
    }
    let _closed = to.shutdown(Shutdown::Write);
}
