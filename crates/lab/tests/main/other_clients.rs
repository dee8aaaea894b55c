//! The server of our own holds against a client of its time: OpenSSL 1.0.2, as Python's nassl brings it along.

use std::collections::BTreeMap;
use std::process::Command;

use tlscensus_lab::Exchange;
use tlscensus_lab::Flavour;
use tlscensus_lab::Mix;

use crate::client::serve;

/// One line per server: its address, then what was agreed on, the bits of the server's ephemeral key, and the first words
/// inside TLS.
const SCRIPT: &str = r#"
import socket, sys
from nassl.legacy_ssl_client import LegacySslClient
from nassl.ssl_client import OpenSslVerifyEnum, OpenSslVersionEnum
versions = {"SSL 3": OpenSslVersionEnum.SSLV3, "TLS 1.0": OpenSslVersionEnum.TLSV1,
            "TLS 1.1": OpenSslVersionEnum.TLSV1_1, "TLS 1.2": OpenSslVersionEnum.TLSV1_2}
for line in sys.stdin:
    address, port, version = line.rstrip("\n").split(" ", 2)
    with socket.create_connection((address, int(port)), 10) as tcp:
        client = LegacySslClient(ssl_version=versions[version], underlying_socket=tcp,
                                 ssl_verify=OpenSslVerifyEnum.NONE)
        client.set_cipher_list("ALL:eNULL:COMPLEMENTOFALL")
        try:
            client.do_handshake()
            key = client.get_ephemeral_key()
            # nassl waits for bytes before it looks at those that came with the handshake.
            client.write(b"a NOOP\r\n")
            print(address, client.get_current_cipher_name(), key.size if key else 0, client.read(4).decode())
        except Exception as error:
            print(address, repr(error))
"#;

#[test]
fn old_servers_complete_with_an_openssl_of_their_time() {
    let python = std::env::var("TLSCENSUS_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let has = Command::new(&python).args(["-c", "import nassl.legacy_ssl_client"]).output();
    if !has.is_ok_and(|output| output.status.success()) {
        return skip(&format!("{python} has no nassl (pip install nassl)"));
    }
    let served =
        serve(34, Mix::Healthy(OLD.iter().map(|(flavour, _)| *flavour).collect()), &["imaps"]);
    let said = ask(&python, &served);
    for row in served.lab.truth() {
        let (flavour, suite) = OLD
            .iter()
            .find(|(flavour, _)| Some(flavour.word()) == row.flavour.as_deref())
            .expect("dealt from these");
        let bits = match flavour.exchange() {
            Exchange::Curve(_) => 256,
            Exchange::Field(field) => field.bits(),
            _ => 0,
        };
        let expected = format!("{suite} {bits} * OK");
        assert_eq!(said.get(&row.addr.to_string()), Some(&expected), "{}", flavour.word());
    }
}

/// What the old client says of each address.
fn ask(python: &str, served: &crate::client::Served) -> BTreeMap<String, String> {
    let endpoints: String = served
        .lab
        .truth()
        .iter()
        .map(|row| {
            let flavour = Flavour::all().find(|one| Some(one.word()) == row.flavour.as_deref());
            format!("{} {} {}\n", row.addr, row.port, flavour.expect("dealt").version())
        })
        .collect();
    let list = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(list.path(), endpoints).unwrap();
    let mut command = Command::new(python);
    command.args(["-c", SCRIPT]).stdin(std::fs::File::open(list.path()).unwrap());
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter_map(|line| line.split_once(' '))
        .map(|(address, said)| (address.to_owned(), said.to_owned()))
        .collect()
}

/// Says that a test was not run; in CI that is a failure.
#[expect(clippy::print_stderr, reason = "a skipped test says so")]
fn skip(why: &str) {
    assert!(std::env::var_os("CI").is_none(), "CI must run this: {why}");
    eprintln!("SKIPPED: {why}");
}

/// Servers, and the suite in the words of OpenSSL 1.0.2.
const OLD: [(Flavour, &str); 17] = [
    (Flavour::OpensslSsl3, "DES-CBC3-SHA"),
    (Flavour::OpensslSsl3Rc4, "RC4-SHA"),
    (Flavour::OpensslTls10Rc4Md5, "RC4-MD5"),
    (Flavour::OpensslTls10TripleDes, "DES-CBC3-SHA"),
    (Flavour::OpensslAnonymousCurve, "AECDH-AES128-SHA"),
    (Flavour::OpensslTls11Dhe1024, "DHE-RSA-AES256-SHA"),
    (Flavour::OpensslTls12Dhe1024, "DHE-RSA-AES128-GCM-SHA256"),
    (Flavour::OpensslTls12Dhe1024Own, "DHE-RSA-AES128-SHA256"),
    (Flavour::OpensslTls12Dhe1024Unsafe, "DHE-RSA-CAMELLIA128-SHA"),
    (Flavour::OpensslTls12Dhe2048, "DHE-RSA-AES256-GCM-SHA384"),
    (Flavour::OpensslCamellia, "CAMELLIA256-SHA"),
    (Flavour::OpensslNull, "NULL-SHA256"),
    (Flavour::OwnIdea, "IDEA-CBC-SHA"),
    (Flavour::OwnSeed, "SEED-SHA"),
    (Flavour::OpensslAnonymousField, "ADH-AES128-SHA"),
    (Flavour::OwnExportDhe, "EXP-EDH-RSA-DES-CBC-SHA"),
    (Flavour::OwnExportRsa, "EXP-RC4-MD5"),
];
