//! What is a client's never comes out: searched for in all that was found out, as it is and in base64.

use tlscensus_dialog::Side;
use tlscensus_dissect::Findings;
use tlscensus_flows::End;

use crate::play::Call;
use crate::play::Setting;
use crate::play::play;

/// What a client says of itself in these flows, and its address in other forms.
const SECRETS: [&str; 14] = [
    "alice",
    "s3cret-word",
    "laptop.home.example",
    "Dear Bob",
    "bobnick",
    "bobuser",
    "203.0.113.77",
    "203-0-113-77",
    "77.113.0.203",
    "cb00714d",
    "::ffff:cb00:714d",
    "dsl-client.isp.example",
    "hunter2",
    "phone-resource",
];

/// Its address alone.
const ADDRESS: &[&str] =
    &["203.0.113.77", "203-0-113-77", "77.113.0.203", "cb00714d", "::ffff:cb00:714d"];

/// Flows in which a server repeats all that it knows of its client, wherever it can.
const FLOWS: [(&str, u16, &str); 14] = [
    (
        "smtp-auth",
        587,
        "S: 220 mx ESMTP hello [203.0.113.77] (77.113.0.203.in-addr.arpa)|C: EHLO laptop.home.example|S: 250-mx Hello laptop.home.example [203.0.113.77]|S: 250-STARTTLS|S: 250-XCLIENT 203.0.113.77 laptop.home.example|S: 250 AUTH PLAIN 203-0-113-77|C: AUTH PLAIN AGFsaWNlAHMzY3JldC13b3Jk|S: 235 welcome alice|C: MAIL FROM:<alice@home.example>",
    ),
    (
        "smtp-refused",
        25,
        "S: 220 mx ESMTP|C: EHLO laptop.home.example|S: 250-mx|S: 250 STARTTLS|C: STARTTLS|S: 454 4.7.0 dsl-client.isp.example[203.0.113.77] laptop.home.example not now",
    ),
    (
        "smtp-shed",
        25,
        "S: 554 5.7.1 no service for dsl-client.isp.example[203.0.113.77] cb00714d [::ffff:cb00:714d]|C: EHLO laptop.home.example",
    ),
    (
        "smtp-injected",
        25,
        "S: 220 mx ESMTP|C: EHLO laptop.home.example|S: 250-mx|S: 250 STARTTLS|C: STARTTLS|C: MAIL FROM:<alice@home.example>|C: DATA|C: Dear Bob|S: 220 go|S: 250 ok alice@home.example",
    ),
    (
        "smtp-strange-mechanism",
        25,
        "S: 220 mx ESMTP|C: EHLO laptop.home.example|S: 250-mx|S: 250 AUTH PLAIN|C: AUTH hunter2",
    ),
    (
        "lmtp",
        24,
        "S: 220 mx LMTP for laptop.home.example|C: LHLO laptop.home.example|S: 250-mx|S: 250 SIZE|C: MAIL FROM:<alice@home.example>",
    ),
    (
        "imap",
        143,
        "S: * OK hello 203.0.113.77|C: a1 ID (\"user\" \"alice\")|S: * ID NIL|S: a1 OK|C: a2 LOGIN alice s3cret-word|S: a2 OK alice",
    ),
    ("imap-bye", 143, "S: * BYE go away 203-0-113-77.isp.example|C: a1 LOGIN alice s3cret-word"),
    (
        "pop3",
        110,
        "S: +OK POP3 to 203.0.113.77|C: USER alice|S: +OK alice|C: PASS s3cret-word|S: +OK|C: RETR 1|S: +OK|S: Dear Bob",
    ),
    (
        "pop3-server-alone",
        110,
        "S: +OK POP3 to 203.0.113.77|S: +OK|S: +OK|S: +OK 1 octets|S: Dear Bob alice|S: .",
    ),
    (
        "irc",
        6667,
        "C: CAP LS 302|C: NICK bobnick|C: USER bobuser 0 * :alice|S: :irc.example NOTICE bobnick :*** Found your hostname dsl-client.isp.example|S: :irc.example CAP bobnick LS :tls|S: ERROR :Closing Link: bobnick[dsl-client.isp.example] (203.0.113.77)",
    ),
    (
        "irc-refused",
        6667,
        "C: CAP LS 302|S: :irc.example CAP * LS :tls|C: STARTTLS|S: :irc.example 691 bobnick :STARTTLS failed for 203.0.113.77|C: NICK bobnick",
    ),
    (
        "xmpp",
        5222,
        "C: <stream:stream from='alice@example.net' to='example.net' version='1.0' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>|S: <stream:stream to='alice@example.net/phone-resource' from='example.net' id='1' version='1.0' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>|S: <stream:features><mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>PLAIN</mechanism></mechanisms></stream:features>|C: <auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>AGFsaWNlAHMzY3JldC13b3Jk</auth>|S: <success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>",
    ),
    (
        "xmpp-error",
        5222,
        "C: <stream:stream from='alice@example.net' to='example.net' version='1.0' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>|S: <stream:stream from='example.net' id='1' version='1.0' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>|S: <stream:error><policy-violation xmlns='urn:ietf:params:xml:ns:xmpp-streams'/><text xmlns='urn:ietf:params:xml:ns:xmpp-streams'>alice@example.net/phone-resource at 203.0.113.77 is banned</text></stream:error>",
    ),
];

#[test]
fn nothing_of_a_client_comes_out() {
    for (name, port, script) in FLOWS {
        let whole = calls(script);
        for length in 1..=whole.len() {
            for end in [End::Finished, End::TimedOut, End::Reset] {
                let found = play(Setting { end, ..Setting::new(port) }, &whole[..length]);
                // Before it has said a word, only its address is known.
                let spoke =
                    whole[..length].iter().any(|call| matches!(call, Call::Hear(Side::Client, _)));
                check(name, &found, if spoke { &SECRETS } else { ADDRESS });
            }
        }
        for side in [Side::Client, Side::Server] {
            let is_of = |call: &&Call| matches!(call, Call::Hear(one, _) if *one == side);
            let alone: Vec<Call> = whole.iter().filter(is_of).cloned().collect();
            let absent = Some(if side == Side::Client { Side::Server } else { Side::Client });
            // Of a client that is not in the capture only the address is known.
            let known = if side == Side::Client { &SECRETS[..] } else { ADDRESS };
            check(name, &play(Setting { absent, ..Setting::new(port) }, &alone), known);
        }
        assert!(matches!(play(Setting::new(port), &whole), Findings::Ours(_)), "{name} is ours");
    }
}

/// The search would find something: the same flows hold what it looks for.
#[test]
fn the_secrets_are_in_the_flows() {
    let said = FLOWS.map(|(_, _, script)| script.to_ascii_lowercase()).concat();
    for secret in SECRETS {
        assert!(said.contains(&secret.to_ascii_lowercase()) || secret == "s3cret-word", "{secret}");
    }
    assert_eq!(base64(b"\0alice\0s3cret-word"), "AGFsaWNlAHMzY3JldC13b3Jk");
}

fn check(name: &str, found: &Findings, secrets: &[&str]) {
    let Findings::Ours(ours) = found else { return };
    let mut bytes = format!("{:?} {:?}", ours.facts, ours.plaintext_auth).into_bytes();
    let facts = &ours.facts;
    // Debug shows lists of bytes as numbers: what they hold is searched as it is.
    bytes.extend(facts.greeting.iter().flatten());
    bytes.extend(&facts.leftover);
    bytes.extend(&facts.client_leftover);
    bytes.extend(facts.ending.iter().flat_map(|ending| &ending.detail));
    if let tlscensus_dialog::Starttls::Refused(words) = &facts.starttls {
        bytes.extend(words);
    }
    for list in [&facts.before, &facts.after] {
        if let tlscensus_dialog::Reading::Read(list) = list {
            bytes.extend(list.lines.iter().flatten());
        }
    }
    bytes.extend(facts.earlier.iter().flat_map(|list| list.lines.iter().flatten()));
    let text = String::from_utf8_lossy(&bytes).to_ascii_lowercase();
    for secret in secrets {
        let plain = secret.to_ascii_lowercase();
        assert!(!text.contains(&plain), "{name} tells {secret}: {text}");
        let coded = base64(secret.as_bytes()).trim_end_matches('=').to_ascii_lowercase();
        assert!(!text.contains(&coded), "{name} tells {secret} in base64");
    }
    assert!(!text.contains("agfsawnlahmzy3jldc13b3jk"), "{name} tells a password in base64");
}

fn calls(script: &str) -> Vec<Call> {
    script
        .split('|')
        .map(|line| {
            let (side, words) = line.split_once(": ").expect("a side");
            let side = if side == "C" { Side::Client } else { Side::Server };
            let end = if words.starts_with('<') { "" } else { "\r\n" };
            Call::Hear(side, format!("{words}{end}").into_bytes())
        })
        .collect()
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for three in bytes.chunks(3) {
        let at = |index: usize| u32::from(three.get(index).copied().unwrap_or(0));
        let bits = at(0) << 16 | at(1) << 8 | at(2);
        for digit in 0..4 {
            let used = digit <= three.len();
            let index = usize::try_from(bits >> (18 - 6 * digit) & 63).expect("six bits");
            text.push(if used { char::from(DIGITS[index]) } else { '=' });
        }
    }
    text
}
