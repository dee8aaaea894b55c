//! Clears a server's words of what is its client's: address, names, and what it began to authenticate with.

mod address;
mod irc;

use std::net::IpAddr;

use tlscensus_dialog::Capabilities;
use tlscensus_dialog::Facts;
use tlscensus_dialog::Outcome;
use tlscensus_dialog::Reading;
use tlscensus_dialog::Starttls;
use tlscensus_dialog::contains;
use tlscensus_dialog::escaped;
use tlscensus_records::text::unescape;

use crate::speech::Via;

/// What stands for whatever is the client's.
pub(crate) const CLIENT: &[u8] = b"<client>";

/// Replaces what is one client's. Most words have nothing of it, and stay where they are.
pub(crate) struct Redactor {
    pub(crate) via: Via,
    pub(crate) address: IpAddr,
    pub(crate) names: Vec<Vec<u8>>,
}

impl Redactor {
    /// Clears all facts. The raw leftovers are dropped: they are the client's words, or may quote them.
    pub(crate) fn facts(&self, facts: &mut Facts, plaintext_of_server: u64) {
        facts.leftover = Vec::new();
        facts.client_leftover = Vec::new();
        if let Some(greeting) = &mut facts.greeting {
            self.words(greeting);
        }
        if let Starttls::Refused(words) = &mut facts.starttls {
            self.words(words);
        }
        if let Some(ending) = &mut facts.ending {
            self.words(&mut ending.detail);
            // Whether there was plaintext is told by what was counted, whatever the segments were.
            if matches!(ending.outcome, Outcome::Accepted | Outcome::AcceptedWithLeftover) {
                ending.outcome = match plaintext_of_server {
                    0 => Outcome::Accepted,
                    _ => Outcome::AcceptedWithLeftover,
                };
            }
        }
        facts.plaintext_auth = self.mechanism(facts);
        for reading in [&mut facts.before, &mut facts.after] {
            if let Reading::Read(list) = reading {
                self.list(list);
            }
        }
        facts.earlier.iter_mut().for_each(|list| self.list(list));
        if let Some(domain) = &mut facts.peer_domain {
            self.text(domain);
        }
    }

    fn list(&self, list: &mut Capabilities) {
        list.lines.iter_mut().for_each(|line| self.line(line));
        for mechanism in &mut list.mechanisms {
            self.escaped_text(&mut mechanism.name);
        }
        list.channel_bindings.iter_mut().for_each(|binding| self.escaped_text(binding));
        if let Some(sts) = &mut list.sts {
            self.escaped_text(sts);
        }
    }

    /// The first word is the server's keyword, whatever the client is called.
    fn line(&self, line: &mut Vec<u8>) {
        if self.is_clear(line) {
            return;
        }
        let end = line.iter().position(u8::is_ascii_whitespace).unwrap_or(line.len());
        let mut values = line.split_off(end);
        self.without_address(line);
        self.clear(&mut values);
        line.append(&mut values);
    }

    /// A fact of the dialogue that is text: digits of an escape would hide where an address begins.
    fn escaped_text(&self, text: &mut String) {
        if text.contains('\\')
            && let Some(words) = unescape(text)
            && self.may_hold_address(&words)
        {
            let mut cleared = words.clone();
            self.without_address(&mut cleared);
            if cleared != words {
                *text = escaped(&cleared);
            }
        }
        // The escapes themselves may read as the beginning of one.
        self.text(text);
    }

    fn text(&self, text: &mut String) {
        if self.may_hold_address(text.as_bytes()) {
            let mut words = std::mem::take(text).into_bytes();
            self.without_address(&mut words);
            *text = String::from_utf8_lossy(&words).into_owned();
        }
    }

    /// A server's words.
    fn words(&self, words: &mut Vec<u8>) {
        if !self.is_clear(words) {
            self.clear(words);
        }
    }

    fn clear(&self, words: &mut Vec<u8>) {
        self.without_address(words);
        if self.via == Via::Irc {
            *words = irc::redact(words);
        }
        for name in &self.names {
            if contains(words, name) {
                *words = replace_word(words, name);
            }
        }
    }

    /// At one look; where a protocol has places that are the client's by their grammar, only a reader of it can tell.
    fn is_clear(&self, words: &[u8]) -> bool {
        self.via != Via::Irc
            && !self.may_hold_address(words)
            && !self.names.iter().any(|name| contains(words, name))
    }

    fn may_hold_address(&self, words: &[u8]) -> bool {
        address::may_stand_in(words, self.address) || (self.is_xmpp() && words.contains(&b'@'))
    }

    /// Without the address that the client comes from, and in XMPP without those that it writes from and to.
    fn without_address(&self, words: &mut Vec<u8>) {
        if address::may_stand_in(words, self.address) {
            *words = address::redact(words, self.address);
        }
        if self.is_xmpp() && words.contains(&b'@') {
            *words = without_local_parts(words);
        }
    }

    fn is_xmpp(&self) -> bool {
        matches!(self.via, Via::XmppC2s | Via::XmppS2s)
    }

    /// The client's mechanism, if it cannot be anything else: a password said in its place is nobody's business.
    fn mechanism(&self, facts: &Facts) -> Option<String> {
        let name = facts.plaintext_auth.as_ref()?;
        let lists = [&facts.before, &facts.after].into_iter().filter_map(|reading| match reading {
            Reading::Read(list) => Some(list),
            Reading::NotUnderstood | Reading::Unasked | Reading::Unreached => None,
        });
        let offered = lists
            .chain(&facts.earlier)
            .any(|list| list.mechanisms.iter().any(|mechanism| mechanism.name == *name));
        let known = MECHANISMS.contains(&name.as_str());
        if !known && !offered {
            return Some(OTHER.to_owned());
        }
        let mut name = name.clone();
        self.escaped_text(&mut name);
        Some(name)
    }
}

/// `alice@example.net/phone` as an address of XMPP (RFC 7622): the domain stays.
fn without_local_parts(words: &[u8]) -> Vec<u8> {
    let is_part = |byte: &u8| !byte.is_ascii_whitespace() && !b"'\"<>=&;".contains(byte);
    let mut out: Vec<u8> = Vec::with_capacity(words.len());
    let mut in_resource = false;
    let mut in_domain = false;
    for byte in words {
        if !is_part(byte) {
            in_resource = false;
            in_domain = false;
        } else if *byte == b'@' && !in_resource {
            let start = out.iter().rposition(|byte| !is_part(byte)).map_or(0, |at| at + 1);
            out.truncate(start);
            out.extend_from_slice(CLIENT);
            in_domain = true;
        } else if *byte == b'/' && in_domain {
            in_resource = true;
        }
        if !in_resource {
            out.push(*byte);
        }
    }
    out
}

/// Every place where a name stands as a word, whatever its case.
fn replace_word(words: &[u8], name: &[u8]) -> Vec<u8> {
    let is_inner = |byte: Option<&u8>| {
        byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(byte))
    };
    let begins = |before: &[u8]| {
        !is_inner(before.last()) && before.last() != Some(&b'.') && !before.ends_with(b"<")
    };
    let ends = |rest: &[u8]| {
        let dotted = rest.first() == Some(&b'.') && is_inner(rest.get(1));
        !is_inner(rest.first()) && !dotted
    };
    replace(words, name, |before, behind| begins(before) && ends(behind))
}

/// Every place where something stands, whatever its case, with what may stand there before (as it was written so far) and behind it.
fn replace(words: &[u8], what: &[u8], stands: impl Fn(&[u8], &[u8]) -> bool) -> Vec<u8> {
    let mut out: Vec<u8> = Vec::with_capacity(words.len());
    let mut rest = words;
    while let Some((byte, behind)) = rest.split_first() {
        let found = rest.split_at_checked(what.len()).filter(|(head, tail)| {
            !what.is_empty() && head.eq_ignore_ascii_case(what) && stands(&out, tail)
        });
        match found {
            Some((_, tail)) => {
                out.extend_from_slice(CLIENT);
                rest = tail;
            }
            None => {
                out.push(*byte);
                rest = behind;
            }
        }
    }
    out
}

/// What a mechanism is called that is neither known nor offered.
const OTHER: &str = "OTHER";

/// Mechanisms that are registered (IANA, SASL mechanisms) or in use, and the words of the dialogue's own for ways that are
/// none: a client's word that is one of these is no secret.
const MECHANISMS: [&str; 37] = [
    "9798-M-DSA-SHA1",
    "9798-M-ECDSA-SHA1",
    "9798-M-RSA-SHA1-ENC",
    "9798-U-DSA-SHA1",
    "9798-U-ECDSA-SHA1",
    "9798-U-RSA-SHA1-ENC",
    "ANONYMOUS",
    "APOP",
    "CRAM-MD5",
    "DIALBACK",
    "DIGEST-MD5",
    "ECDSA-NIST256P-CHALLENGE",
    "EXTERNAL",
    "GS2-KRB5",
    "GSS-SPNEGO",
    "GSSAPI",
    "IQ-AUTH",
    "KERBEROS_V4",
    "LOGIN",
    "MSN",
    "NTLM",
    "OAUTHBEARER",
    "OPENID20",
    "OTP",
    "PASS",
    "PLAIN",
    "SAML20",
    "SCRAM-SHA-1",
    "SCRAM-SHA-1-PLUS",
    "SCRAM-SHA-256",
    "SCRAM-SHA-256-PLUS",
    "SCRAM-SHA-512",
    "SCRAM-SHA-512-PLUS",
    "SECURID",
    "USER",
    "X-OAUTH2",
    "XOAUTH2",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_replaced_as_words_only() {
        let cases = [
            ("220 hello Bob", "bob", "220 hello <client>"),
            ("bobby bob-x bob_y abob", "bob", "bobby bob-x bob_y abob"),
            ("bob.example.net", "bob", "bob.example.net"),
            ("see example.net.", "example.net", "see <client>."),
            ("mail.example.net", "example.net", "mail.example.net"),
            ("client <client>", "client", "<client> <client>"),
            ("", "x", ""),
        ];
        for (words, name, expected) in cases {
            let got = replace_word(words.as_bytes(), name.as_bytes());
            assert_eq!(String::from_utf8_lossy(&got), expected, "{words} {name}");
        }
    }

    #[test]
    fn an_escape_hides_no_address() {
        let redactor =
            Redactor { via: Via::Smtp, address: IpAddr::from([192, 0, 2, 7]), names: Vec::new() };
        let cases = [
            ("PLAIN", "PLAIN"),
            ("[192.0.2.7]", "[<client>]"),
            (r"[\x07192.0.2.7]", r"[\x07<client>]"),
            (r"\\192.0.2.7\xff", r"\\<client>\xff"),
            // That is 1 as a control character, and another address.
            (r"\x0192.0.2.7", r"\x0192.0.2.7"),
            (r"\192.0.2.7", r"\<client>"),
            // That is no digit and another address, and reads as this one.
            (r"\x192.0.2.7", r"\x<client>"),
            // What stands before the bracket may be a host's name.
            (r"A\x20[192.0.2.7]\xff", r"A\<client>[<client>]\xff"),
        ];
        for (words, expected) in cases {
            let mut text = words.to_owned();
            redactor.escaped_text(&mut text);
            assert_eq!(text, expected, "{words}");
        }
    }

    #[test]
    fn addresses_of_xmpp_lose_their_local_part() {
        let cases = [
            ("to='alice@example.net/phone' x='y'", "to='<client>@example.net' x='y'"),
            ("<text>no bob@a.example here</text>", "<text>no <client>@a.example here</text>"),
            ("from='example.net'", "from='example.net'"),
            ("a/b@c/d@e", "<client>@c"),
        ];
        for (words, expected) in cases {
            let got = without_local_parts(words.as_bytes());
            assert_eq!(String::from_utf8_lossy(&got), expected);
        }
    }
}
