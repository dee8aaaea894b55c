//! SSL 2, which a visit reads up to the SERVER-HELLO: what the server says there against what it was given.

use tlscensus_tls_client::Outcome;
use tlscensus_tls_client::Ssl2Client;
use tlscensus_tls_client::Step;
use tlscensus_tls_wire::observer::Observer;
use tlscensus_tls_wire::registry::Ssl2CipherKind;
use tlscensus_tls_wire::registry::Version;

use crate::matrix::cell::Setup;
use crate::matrix::cell::Twist;
use crate::matrix::ending::Ending;
use crate::matrix::ending::Lack;
use crate::matrix::kept::Line;
use crate::matrix::peers::Peer;
use crate::matrix::visit;
use crate::support::certificates::Kind;

/// What came of it with one server.
#[derive(Default)]
pub(crate) struct Read {
    /// A line for each cipher and certificate.
    pub(crate) lines: Vec<Line>,
    /// Where the SERVER-HELLO is not what the server was given.
    pub(crate) disagreements: Vec<String>,
}

/// One visit for each certificate; none where the server has no cipher of SSL 2.
pub(crate) fn read(peer: &mut dyn Peer) -> Read {
    let mut read = Read::default();
    let kinds = peer.ssl2();
    for certificate in CERTIFICATES.into_iter().filter(|_| !kinds.is_empty()) {
        let setup = Setup {
            certificate: Some(certificate),
            dh_bits: None,
            tls13_apart: false,
            twist: Twist::None,
        };
        let mut client = Ssl2Client::new();
        match peer.connect(&setup) {
            Ok(mut line) => shake(&mut client, &mut *line),
            Err(why) => read.disagreements.push(format!("SSL 2 {}: {why}", certificate.word())),
        }
        let heard = disagreement(client.observer(), &kinds, certificate);
        read.disagreements.extend(heard);
        let ending = match client.outcome() {
            Some(Outcome::Ssl2) => Ending::NotCompletable(Lack::Ssl2),
            other => Ending::Failed(format!("{other:?}")),
        };
        read.lines.extend(kinds.iter().map(|kind| Line {
            cell: format!("{}\t{kind}\t{}\t-\t-\t-\t-", Version::SSL_2, certificate.word()),
            ending: ending.words(),
        }));
    }
    read
}

const CERTIFICATES: [Kind; 4] = [Kind::Rsa2048, Kind::Rsa512, Kind::Rsa1024, Kind::Rsa4096];

fn shake(client: &mut Ssl2Client, line: &mut dyn visit::Line) {
    loop {
        let mut out = Vec::new();
        let step = client.poll(&mut out);
        line.write(&out);
        if step != Step::Read {
            break;
        }
        match line.read() {
            Ok(bytes) => client.receive(&bytes),
            Err(end) => client.interrupted(end),
        }
    }
    // What it says late would be taken for the next visit's.
    line.complaint();
}

/// Version, ciphers and certificate.
fn disagreement(
    observer: &Observer,
    kinds: &[Ssl2CipherKind],
    certificate: Kind,
) -> Option<String> {
    let sorted = |kinds: &[Ssl2CipherKind]| {
        let mut kinds = kinds.to_vec();
        kinds.sort();
        kinds
    };
    let word = certificate.word();
    let Some(choice) = observer.ssl2_choice() else {
        return Some(format!("SSL 2 {word}: no SERVER-HELLO"));
    };
    let own = [certificate.identity().certificate.as_slice()];
    let same = choice.version == Version::SSL_2
        && sorted(&choice.cipher_kinds) == sorted(kinds)
        && observer.chain().is_some_and(|chain| chain.iter().map(|part| &**part).eq(own));
    (!same).then(|| format!("SSL 2 {word}: we read {choice:?}, it has {kinds:?}"))
}
