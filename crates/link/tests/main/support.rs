//! Frames that tests send, and what they make of those that arrive.

use std::time::Duration;
use std::time::Instant;

use tlscensus_link::Filter;
use tlscensus_link::Interface;
use tlscensus_link::Receiver;
use tlscensus_link::RingSize;

/// An EtherType for experiments ([RFC 5342 section 2.2](https://www.rfc-editor.org/rfc/rfc5342#section-2.2)): no kernel answers to it.
const EXPERIMENT: [u8; 2] = [0x88, 0xb5];
/// Where a frame carries its number.
const NUMBER: std::ops::Range<usize> = 20..24;
/// How long frames may be under way; far more than a busy machine needs.
const PATIENCE: Duration = Duration::from_secs(20);

/// A frame of this length to everybody, without a number yet.
pub(crate) fn template(length: usize) -> Vec<u8> {
    let mut frame = vec![0x55; length];
    frame[..6].fill(0xff);
    frame[6..12].copy_from_slice(&[2, 0, 0, 0, 0, 1]);
    frame[12..14].copy_from_slice(&EXPERIMENT);
    frame
}

pub(crate) fn number(frame: &mut [u8], number: u32) {
    frame[NUMBER].copy_from_slice(&number.to_be_bytes());
}

/// The number of a frame, if it is one of ours.
pub(crate) fn numbered(frame: &[u8]) -> Option<u32> {
    let number = frame.get(NUMBER)?.try_into().ok()?;
    (frame[12..14] == EXPERIMENT).then_some(u32::from_be_bytes(number))
}

/// Opens a receiver of everything.
pub(crate) fn hear(interface: &str) -> Receiver {
    let interface = Interface::named(interface).unwrap();
    Receiver::open(&interface, &Filter::everything(), RingSize::default()).unwrap()
}

/// The numbers of our frames, in order of arrival, until there are so many.
pub(crate) fn numbers(receiver: &mut Receiver, expected: usize) -> Vec<u32> {
    let mut numbers = Vec::new();
    let deadline = Instant::now() + PATIENCE;
    while numbers.len() < expected && Instant::now() < deadline {
        receiver
            .wait(Duration::from_millis(100), &mut |frame| numbers.extend(numbered(frame.bytes)))
            .unwrap();
    }
    numbers
}
