//! What ends neither completed nor for a reason of the closed sets, each with its cause. Anything else of this kind fails the test.

use crate::matrix::ending::COMPLETED;
use crate::matrix::ending::NOT_COMPLETABLE;
use crate::matrix::ending::NOT_SERVED;
use crate::matrix::kept::Line;
use crate::matrix::kept::column;

/// One oddity of one server.
pub(crate) struct Known {
    /// The word of its list.
    pub(crate) peer: &'static str,
    pub(crate) versions: &'static [&'static str],
    pub(crate) certificates: &'static [&'static str],
    /// Of the signature, `-` where any was offered.
    pub(crate) scheme: &'static str,
    pub(crate) ending: &'static str,
    pub(crate) cause: &'static str,
}

pub(crate) const KNOWN: &[Known] = &[
    Known {
        peer: "jsse",
        versions: &["SSL 3", "TLS 1.0", "TLS 1.1"],
        certificates: &["Ed25519", "Ed448"],
        scheme: "-",
        ending: "completed, signature unchecked-unsupported-scheme",
        cause: "Java signs with Edwards curves in versions that have no form for it: RFC 8422 brings EdDSA to TLS 1.2 only. There is \
                nothing to hold the signature against.",
    },
    Known {
        peer: "otp",
        versions: &["TLS 1.3"],
        certificates: &["Ed448"],
        scheme: "-",
        ending: "completed, signature unchecked-unsupported-scheme",
        cause: "Erlang calls the signature of its Ed448 key `ed25519` where it may choose; offered `ed448` alone it names it right and \
                the signature is valid.",
    },
];

impl Known {
    pub(crate) fn covers(&self, peer: &str, line: &Line) -> bool {
        peer == self.peer
            && self.versions.contains(&line.column(column::VERSION))
            && self.certificates.contains(&line.column(column::CERTIFICATE))
            && line.column(column::SCHEME) == self.scheme
            && line.ending == self.ending
    }
}

/// Whether the ending of a line says all that there is to say.
pub(crate) fn is_plain(line: &Line) -> bool {
    let reasons = [NOT_SERVED, NOT_COMPLETABLE];
    line.ending == COMPLETED || reasons.iter().any(|start| line.ending.starts_with(start))
}

/// Where in the list of known oddities a line stands.
pub(crate) fn of(peer: &str, line: &Line) -> Option<usize> {
    KNOWN.iter().position(|known| known.covers(peer, line))
}

/// What is odd about a list: lines that nobody explained, and explanations of what is not there any more.
pub(crate) fn complaints(peer: &str, lines: &[Line]) -> Vec<String> {
    let unexplained = lines.iter().filter(|line| !is_plain(line) && of(peer, line).is_none());
    let gone = KNOWN
        .iter()
        .filter(|known| known.peer == peer && !lines.iter().any(|line| known.covers(peer, line)));
    unexplained
        .map(|line| format!("{peer}: {line}"))
        .chain(gone.map(|known| format!("{peer}: known and not met: {}", known.cause)))
        .collect()
}
