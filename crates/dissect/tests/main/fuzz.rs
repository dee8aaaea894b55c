//! The fuzz body on what a fuzzer once found, on transcripts, and on random words.

use proptest::prelude::*;
use tlscensus_dialog::Side;
use tlscensus_dissect::fuzzing;

use crate::play::Call;
use crate::transcripts;

/// What the searches found worth keeping.
#[test]
fn kept_inputs_hold() {
    crate::replay::all(fuzzing::TARGETS);
}

#[test]
fn transcripts_hold_as_fuzz_inputs() {
    for (_, script) in transcripts::all() {
        let (calls, _) = transcripts::calls(&script);
        for port in 0..10 {
            let mut data = vec![port];
            for call in &calls {
                let Call::Hear(side, said) = call else { continue };
                // Of endless words the beginning is enough here.
                for chunk in said.chunks(63).take(40) {
                    let length = u8::try_from(chunk.len()).expect("at most 63");
                    data.push(length << 2 | u8::from(*side == Side::Client));
                    data.extend_from_slice(chunk);
                }
            }
            fuzzing::flow(&data);
        }
    }
}

/// Words that lead random bytes into the depths.
const WORDS: [&str; 24] = [
    "220 a ESMTP\r\n",
    "250-STARTTLS\r\n",
    "250 a\r\n",
    "EHLO x\r\n",
    "STARTTLS\r\n",
    "220 go\r\n",
    "AUTH PLAIN\r\n",
    "+OK POP3\r\n",
    "+OK\r\n",
    "CAPA\r\n",
    "STLS\r\n",
    ".\r\n",
    "* OK hi\r\n",
    "* CAPABILITY STARTTLS\r\n",
    "a1 CAPABILITY\r\n",
    "a1 OK\r\n",
    "CAP LS 302\r\n",
    ":s CAP * LS :tls\r\n",
    ":s 670 * :go\r\n",
    "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>",
    "<stream:features/>",
    "<proceed/>",
    "\u{16}\u{3}\u{1}\0\u{5}\u{1}\0\0\u{1}\0",
    "[192.0.2.7]",
];

fn events() -> impl Strategy<Value = Vec<u8>> {
    let word = prop_oneof![
        5 => (0..WORDS.len()).prop_map(|word| WORDS[word].as_bytes().to_vec()),
        1 => proptest::collection::vec(any::<u8>(), 0..12),
    ];
    let event = (0u8..4, word).prop_map(|(what, mut said)| {
        said.truncate(63);
        let length = u8::try_from(said.len()).expect("truncated");
        // A hole now and then only.
        let what = if what == 3 { 2 | length & 1 } else { what & 1 };
        said.insert(0, length << 2 | what);
        said
    });
    (any::<u8>(), proptest::collection::vec(event, 0..16))
        .prop_map(|(port, events)| [vec![port], events.concat()].concat())
}

proptest! {
    #[test]
    fn no_bytes_break_a_dissector(data in events(), noise in proptest::collection::vec(any::<u8>(), 0..256)) {
        fuzzing::flow(&data);
        fuzzing::flow(&noise);
    }
}
