//! What must hold for any frame: bodies of fuzz targets, replayed by plain tests.

use std::net::IpAddr;
use std::net::Ipv4Addr;
use std::net::Ipv6Addr;

use crate::Answer;
use crate::Cookie;
use crate::Heard;
use crate::PortRange;
use crate::Validator;
use crate::What;

/// A fuzz target: its name and its body.
pub type FuzzTarget = (&'static str, fn(&[u8]));

/// The fuzz targets of this crate.
pub const TARGETS: &[FuzzTarget] = &[("discovery_answers", answers)];

/// Any bytes as a frame: what is heard grows no larger than a TCP header is, a frame says what its packet says, and what is taken
/// for an answer has the numbers of the probe that it says it answers.
pub fn answers(data: &[u8]) {
    let frame = [&[2; 12], &[8, 0][..], data].concat();
    if data.first().is_some_and(|byte| byte >> 4 == 4) {
        assert_eq!(Heard::in_ethernet(&frame), Heard::in_ip(data));
    }
    for heard in [Heard::in_ip(data), Heard::in_ethernet(data)].into_iter().flatten() {
        if let What::Segment(segment) = &heard.what {
            assert!(segment.options.len() <= MOST_OPTIONS);
        }
        // Every address is ours, so that nothing ends there.
        let mut ours = vec![heard.to];
        if let What::Error(error) = &heard.what {
            ours.push(error.quoted.source);
        }
        let validator = Validator::new(cookie(), ours, PROBES);
        if let Ok(answer) = validator.judge(heard.clone()) {
            check(&heard, &answer);
        }
    }
}

fn check(heard: &Heard, answer: &Answer) {
    let (ours, local_port, numbers) = match &heard.what {
        What::Segment(segment) => {
            let acknowledged = segment.acknowledgement;
            let numbers = [acknowledged, acknowledged.wrapping_sub(1)];
            (heard.to, segment.destination_port, numbers)
        }
        What::Error(error) => {
            (error.quoted.source, error.quoted.source_port, [error.quoted.sequence; 2])
        }
    };
    let probe_number = answer.probe_number.expect("a frame says which probe it answers");
    let mark = match (ours, answer.addr) {
        (IpAddr::V4(ours), IpAddr::V4(theirs)) => {
            cookie().mark::<Ipv4Addr>(ours, theirs, answer.port, probe_number)
        }
        (IpAddr::V6(ours), IpAddr::V6(theirs)) => {
            cookie().mark::<Ipv6Addr>(ours, theirs, answer.port, probe_number)
        }
        _ => panic!("an answer from another family: {answer:?}"),
    };
    assert_eq!(mark.source_port, local_port);
    assert!(numbers.contains(&mark.sequence), "{answer:?}");
    assert!(probe_number < PROBES);
}

/// A key that everybody knows, so that a search can come upon answers.
fn cookie() -> Cookie {
    Cookie::new(&[7; 16], PortRange::EPHEMERAL)
}

/// To each endpoint.
const PROBES: u8 = 3;

/// Bytes of options that a TCP header has room for.
const MOST_OPTIONS: usize = 40;

#[cfg(test)]
#[path = "../../../fuzz/replay.rs"]
mod replay;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kept_inputs_hold() {
        replay::all(TARGETS);
    }
}
