//! A TCP connection, or the one word that says why there is none.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::Instant;
use tokio::time::sleep;
use tokio::time::timeout_at;

use tlscensus_records::Outcome;

use crate::Progress;

/// Why there is no connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unconnected {
    pub(crate) outcome: Outcome,
    /// The system's words, where the outcome does not say all.
    pub(crate) detail: Option<String>,
}

/// Connects within `patience`.
///
/// When we are short of descriptors, ports or memory it is not the endpoint's fault: it waits and tries again, up to
/// [`LONGEST_SHORTAGE`]. The second value is the time lost with that.
pub(crate) async fn connect(
    addr: SocketAddr,
    patience: Duration,
    progress: &Progress,
) -> (Result<TcpStream, Unconnected>, Duration) {
    let start = Instant::now();
    let mut lost = Duration::ZERO;
    let mut pause = FIRST_PAUSE;
    loop {
        let tried_at = Instant::now();
        let error = match timeout_at(tried_at + patience, TcpStream::connect(addr)).await {
            Ok(Ok(stream)) => {
                // A peer that does without is no reason to fail.
                let _ = stream.set_nodelay(true);
                return (Ok(stream), lost);
            }
            Ok(Err(error)) => error,
            Err(_) => io::ErrorKind::TimedOut.into(),
        };
        let outcome = outcome(&error);
        if outcome != Outcome::LocalLimit || start.elapsed() + pause > LONGEST_SHORTAGE {
            return (Err(Unconnected { outcome, detail: detail(outcome, &error) }), lost);
        }
        progress.short_of_resources();
        sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
        lost = start.elapsed();
    }
}

/// The one word for an error of `connect`.
///
/// Linux turns ICMP into these: [RFC 1122 section 3.2.2.1] "administratively prohibited" arrives as EHOSTUNREACH with IPv4 and
/// as EACCES with IPv6; EPERM is a packet filter of our own.
///
/// [RFC 1122 section 3.2.2.1]: https://www.rfc-editor.org/rfc/rfc1122#section-3.2.2.1
fn outcome(error: &io::Error) -> Outcome {
    use io::ErrorKind;
    match error.raw_os_error() {
        Some(libc::EMFILE | libc::ENFILE | libc::ENOBUFS | libc::ENOMEM | libc::EAGAIN) => {
            return Outcome::LocalLimit;
        }
        Some(libc::EHOSTDOWN | libc::ENONET | libc::ENOPROTOOPT) => {
            return Outcome::UnreachableHost;
        }
        _ => {}
    }
    match error.kind() {
        ErrorKind::ConnectionRefused => Outcome::Refused,
        ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted | ErrorKind::BrokenPipe => {
            Outcome::Reset
        }
        ErrorKind::TimedOut => Outcome::Timeout,
        ErrorKind::HostUnreachable => Outcome::UnreachableHost,
        ErrorKind::NetworkUnreachable | ErrorKind::NetworkDown => Outcome::UnreachableNet,
        ErrorKind::PermissionDenied => Outcome::UnreachableAdmin,
        ErrorKind::AddrNotAvailable | ErrorKind::AddrInUse => Outcome::LocalLimit,
        // EINVAL, EMSGSIZE and the like: there is no way from here to there.
        _ => Outcome::UnreachableNet,
    }
}

fn detail(outcome: Outcome, error: &io::Error) -> Option<String> {
    match outcome {
        Outcome::Refused | Outcome::Reset | Outcome::Timeout => None,
        _ => Some(error.to_string()),
    }
}

/// How long a shortage may last before the endpoint is given up.
const LONGEST_SHORTAGE: Duration = Duration::from_secs(30);

const FIRST_PAUSE: Duration = Duration::from_millis(50);

const LONGEST_PAUSE: Duration = Duration::from_secs(2);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_of_not_connecting_has_its_word() {
        let cases = [
            (libc::ECONNREFUSED, Outcome::Refused),
            (libc::ECONNRESET, Outcome::Reset),
            (libc::ECONNABORTED, Outcome::Reset),
            (libc::EPIPE, Outcome::Reset),
            (libc::ETIMEDOUT, Outcome::Timeout),
            (libc::EHOSTUNREACH, Outcome::UnreachableHost),
            (libc::EHOSTDOWN, Outcome::UnreachableHost),
            (libc::ENETUNREACH, Outcome::UnreachableNet),
            (libc::ENETDOWN, Outcome::UnreachableNet),
            (libc::EINVAL, Outcome::UnreachableNet),
            (libc::EACCES, Outcome::UnreachableAdmin),
            (libc::EPERM, Outcome::UnreachableAdmin),
            (libc::EMFILE, Outcome::LocalLimit),
            (libc::ENFILE, Outcome::LocalLimit),
            (libc::EADDRNOTAVAIL, Outcome::LocalLimit),
            (libc::ENOBUFS, Outcome::LocalLimit),
        ];
        for (errno, expected) in cases {
            let error = io::Error::from_raw_os_error(errno);
            assert_eq!(outcome(&error), expected, "{error}");
        }
    }
}
