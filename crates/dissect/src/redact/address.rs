//! An address in every textual form that servers quote it in.

use std::net::IpAddr;
use std::net::Ipv4Addr;
use std::net::Ipv6Addr;

use tlscensus_dialog::contains;

use super::CLIENT;
use crate::ipv4;

/// Replaces the address wherever it stands, and the name of its host where that stands right before it in brackets.
pub(super) fn redact(words: &[u8], address: IpAddr) -> Vec<u8> {
    let cleared = match address.to_canonical() {
        IpAddr::V4(address) => without_v4(words, address),
        IpAddr::V6(address) => without_v6(words, address),
    };
    if holds_mark(&cleared) { without_host(cleared) } else { cleared }
}

/// Whether [`redact`] could find anything: most words are told in one look, without a form being made.
pub(super) fn may_stand_in(words: &[u8], address: IpAddr) -> bool {
    may_hold(words, address.to_canonical()) || holds_mark(words)
}

fn holds_mark(words: &[u8]) -> bool {
    words.contains(&b'[') && contains(words, MARK)
}

/// Whether any address of this kind could stand in these words, in whatever form.
fn may_hold(words: &[u8], address: IpAddr) -> bool {
    holds_gap(words) || runs(words).any(|run| may_be(run, address))
}

/// Two colons or dashes side by side. All words are gone through, which is quicker than to stop.
fn holds_gap(words: &[u8]) -> bool {
    let is_colon = |byte: &u8| matches!(byte, b':' | b'-');
    let pairs = words.iter().zip(words.get(1..).unwrap_or_default());
    pairs.fold(false, |found, (one, next)| found | (is_colon(one) & is_colon(next)))
}

/// The runs of hexadecimal digits and marks in which an address without a gap has room. Of what is between them not every byte
/// is looked at.
fn runs(words: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = words;
    std::iter::from_fn(move || {
        loop {
            let (start, behind) = rest.split_at_checked(SHORTEST_V4)?;
            let outside = start.iter().rposition(|byte| !is_part(*byte)).map_or(0, |at| at + 1);
            if outside == SHORTEST_V4 {
                rest = behind;
                continue;
            }
            let run = rest.get(outside..).unwrap_or_default();
            let length = run.iter().position(|byte| !is_part(*byte)).unwrap_or(run.len());
            let (run, behind) = run.split_at(length);
            rest = behind;
            if length >= SHORTEST_V4 {
                return Some(run);
            }
        }
    })
}

fn may_be(run: &[u8], address: IpAddr) -> bool {
    let mut told = Run::default();
    run.iter().any(|byte| {
        told.goes_on(*byte);
        told.may_hold_parsed()
            || if address.is_ipv4() { told.may_hold_v4() } else { told.may_hold_v6() }
    })
}

/// Of a run.
const fn is_part(byte: u8) -> bool {
    byte.is_ascii_hexdigit() || matches!(byte, b':' | b'-' | b'.' | b'_')
}

/// What is known of a run of hexadecimal digits and marks: every form of an address is within one.
#[derive(Default)]
struct Run {
    length: usize,
    /// Digits at its end.
    digits: usize,
    /// Dots, dashes and underscores.
    points: usize,
    /// Colons and dashes.
    colons: usize,
    /// Two of those stand side by side.
    is_doubled: bool,
    ends_in_colon: bool,
}

impl Run {
    fn goes_on(&mut self, byte: u8) {
        let is_colon = matches!(byte, b':' | b'-');
        let is_point = matches!(byte, b'.' | b'-' | b'_');
        if byte.is_ascii_hexdigit() {
            self.digits += 1;
        } else if is_colon || is_point {
            self.digits = 0;
            self.points += usize::from(is_point);
            self.colons += usize::from(is_colon);
            self.is_doubled |= is_colon && self.ends_in_colon;
        } else {
            *self = Self::default();
            return;
        }
        self.length += 1;
        self.ends_in_colon = is_colon;
    }

    /// An address of version 6 (RFC 4291 section 2.2): a gap, or all of its groups, the last two of which may be one of version 4.
    fn may_hold_parsed(&self) -> bool {
        self.is_doubled || self.colons >= 6
    }

    /// Four numbers, or eight digits.
    fn may_hold_v4(&self) -> bool {
        (self.points >= 3 && self.length >= SHORTEST_V4) || self.digits >= 8
    }

    /// All 32 digits.
    fn may_hold_v6(&self) -> bool {
        self.length >= 32
    }
}

fn without_v4(words: &[u8], address: Ipv4Addr) -> Vec<u8> {
    let [a, b, c, d] = address.octets();
    let mut forms = vec![format!("{a:02x}{b:02x}{c:02x}{d:02x}")];
    let stands = |mark: &&u8| words.iter().filter(|byte| byte == mark).count() >= 3;
    let marks: Vec<u8> = b".-_".iter().filter(stands).copied().collect();
    for octets in [[a, b, c, d], [d, c, b, a]] {
        for mark in &marks {
            forms.push(ipv4::text(octets, *mark, false));
            forms.push(ipv4::text(octets, *mark, true));
        }
    }
    // As an address of version 6 (RFC 4291 section 2.5.5) it has yet other forms.
    let mapped = [address.to_ipv6_mapped(), address.to_ipv6_compatible()];
    let words = replace_parsed(words, &mapped);
    forms.iter().fold(words, |words, form| replace(words, form.as_bytes()))
}

fn without_v6(words: &[u8], address: Ipv6Addr) -> Vec<u8> {
    let nibbles: Vec<String> = address
        .octets()
        .iter()
        .flat_map(|octet| [octet >> 4, octet & 0xf])
        .map(|nibble| format!("{nibble:x}"))
        .collect();
    let reversed: Vec<String> = nibbles.iter().rev().cloned().collect();
    let forms = [reversed.join("."), reversed.join("-"), nibbles.join("."), nibbles.concat()];
    let words = forms.iter().fold(words.to_vec(), |words, form| replace(words, form.as_bytes()));
    replace_parsed(&words, &[address])
}

/// Replaces a form that stands alone: no further digit on either side.
fn replace(words: Vec<u8>, form: &[u8]) -> Vec<u8> {
    if !contains(&words, form) {
        return words;
    }
    super::replace(&words, form, |before, behind| {
        !before.last().is_some_and(u8::is_ascii_digit)
            && !behind.first().is_some_and(u8::is_ascii_digit)
    })
}

/// Replaces whatever reads as one of these addresses, with colons or with dashes in their place.
fn replace_parsed(words: &[u8], addresses: &[Ipv6Addr]) -> Vec<u8> {
    let is_part = |byte: &u8| byte.is_ascii_hexdigit() || b":.-".contains(byte);
    let mut out: Vec<u8> = Vec::with_capacity(words.len());
    let mut rest = words;
    while !rest.is_empty() {
        let length = rest.iter().take_while(|byte| is_part(byte)).count();
        let (run, behind) = rest.split_at(length);
        if may_be_parsed(run) {
            out.extend(replace_in_run(run, addresses));
        } else {
            out.extend_from_slice(run);
        }
        let length = behind.iter().take_while(|byte| !is_part(byte)).count();
        let (other, behind) = behind.split_at(length);
        out.extend_from_slice(other);
        rest = behind;
    }
    out
}

fn may_be_parsed(run: &[u8]) -> bool {
    let mut told = Run::default();
    run.iter().for_each(|byte| told.goes_on(*byte));
    told.may_hold_parsed()
}

/// In a run of digits and marks: at each place where a group may begin, the longest part that is such an address.
fn replace_in_run(run: &[u8], addresses: &[Ipv6Addr]) -> Vec<u8> {
    let mut out = Vec::with_capacity(run.len());
    let mut at = 0;
    while let Some(byte) = run.get(at) {
        let begins = at == 0
            || !byte.is_ascii_hexdigit()
            || run.get(at - 1).is_some_and(|before| !before.is_ascii_hexdigit());
        let found = (begins && run.len() - at >= SHORTEST)
            .then(|| longest(run.get(at..).unwrap_or_default(), addresses))
            .flatten();
        match found {
            Some(length) => {
                out.extend_from_slice(CLIENT);
                at += length;
            }
            None => {
                out.push(*byte);
                at += 1;
            }
        }
    }
    out
}

fn longest(run: &[u8], addresses: &[Ipv6Addr]) -> Option<usize> {
    let ends = (SHORTEST..=run.len().min(LONGEST)).rev();
    ends.filter(|end| run.get(*end).is_none_or(|byte| !byte.is_ascii_hexdigit())).find(|end| {
        let text: String = run
            .iter()
            .take(*end)
            .map(|byte| if *byte == b'-' { ':' } else { char::from(*byte) })
            .collect();
        text.parse::<Ipv6Addr>().is_ok_and(|parsed| addresses.contains(&parsed))
    })
}

/// `host.example[<client>]` and `(host.example [<client>])`: Postfix and Sendmail so name who connected.
fn without_host(words: Vec<u8>) -> Vec<u8> {
    let mut out: Vec<u8> = Vec::with_capacity(words.len());
    let mut rest = words.as_slice();
    while let Some((byte, behind)) = rest.split_first() {
        if rest.starts_with(MARK) {
            let name = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._".contains(byte);
            let spaced = out.ends_with(b" ");
            let text = out.trim_ascii_end().len();
            let host = out.get(..text).unwrap_or_default();
            let start = host.iter().rposition(|byte| !name(byte)).map_or(0, |at| at + 1);
            let bracketed = start.checked_sub(1).and_then(|at| host.get(at)) == Some(&b'(');
            if start < text && (!spaced || bracketed) {
                out.truncate(start);
                out.extend_from_slice(CLIENT);
                if spaced {
                    out.push(b' ');
                }
            }
        }
        out.push(*byte);
        rest = behind;
    }
    out
}

/// [`CLIENT`] in brackets.
const MARK: &[u8] = b"[<client>]";
/// Characters of the shortest and of the longest text of an address (RFC 4291 section 2.2).
const SHORTEST: usize = 2;
const LONGEST: usize = 45;
/// Of an address of version 4, `0.0.0.0`; its other forms and those of nibbles are longer.
const SHORTEST_V4: usize = 7;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(address: &str, words: &str, expected: &str) {
        let address = address.parse().expect("an address");
        let got = redact(words.as_bytes(), address);
        assert_eq!(String::from_utf8_lossy(&got), expected, "{words}");
        // Words that are passed over unseen hold nothing.
        assert!(words == expected || may_stand_in(words.as_bytes(), address), "{words}");
    }

    #[test]
    fn the_shortest_forms_are_not_passed_over() {
        let cases = [
            ("1.2.3.4", &["1.2.3.4", "1-2-3-4", "1_2_3_4", "4.3.2.1", "01020304"][..]),
            ("1.2.3.4", &["::1.2.3.4", "::102:304", "0:0:0:0:0:ffff:102:304", "::FFFF:1.2.3.4"]),
            ("1::", &["1::", "1:0:0:0:0:0:0:0", "1--", "1-0-0-0-0-0-0-0"]),
            ("::7", &["::7", "0:0:0:0:0:0:0:7", "00000000000000000000000000000007"]),
        ];
        for (address, forms) in cases {
            let address: IpAddr = address.parse().expect("an address");
            for form in forms {
                let got = redact(form.as_bytes(), address);
                let is_seen = may_stand_in(form.as_bytes(), address);
                // What the forms do not know is no form; what they know must be looked for.
                assert!(is_seen || got == form.as_bytes(), "{form}");
                assert!(form.contains("::") || got != form.as_bytes(), "{form}: not redacted");
            }
        }
    }

    #[test]
    fn version_4_in_all_forms() {
        let cases = [
            ("Hello [192.0.2.7], hi", "Hello [<client>], hi"),
            ("192.0.2.7", "<client>"),
            ("1192.0.2.7 192.0.2.77 92.0.2.7", "1192.0.2.7 192.0.2.77 92.0.2.7"),
            ("host dsl-192-0-2-7.example", "host dsl-<client>.example"),
            ("7.2.0.192.in-addr.arpa", "<client>.in-addr.arpa"),
            ("7-2-0-192.example", "<client>.example"),
            ("192.000.002.007", "<client>"),
            ("[::ffff:192.0.2.7] ::FFFF:C000:207", "[<client>] <client>"),
            ("cpe c0000207.example", "cpe <client>.example"),
            ("554 mx.example[192.0.2.7] no", "554 <client>[<client>] no"),
            ("no (pc.example [192.0.2.7])", "no (<client> [<client>])"),
            ("220 mx.example [192.0.2.7]", "220 mx.example [<client>]"),
            ("192.0.2.7:25", "<client>:25"),
        ];
        for (words, expected) in cases {
            check("192.0.2.7", words, expected);
            check("::ffff:192.0.2.7", words, expected);
        }
    }

    #[test]
    fn version_6_in_all_forms() {
        let nibbles = "7.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa";
        let cases = [
            ("[2001:db8::7]", "[<client>]"),
            ("[IPv6:2001:DB8:0:0:0:0:0:7]", "[IPv6:<client>]"),
            ("2001:0db8:0000:0000:0000:0000:0000:0007", "<client>"),
            ("at 2001-db8--7.example", "at <client>.example"),
            ("20010db8000000000000000000000007", "<client>"),
            ("2001:db8::8 2001:db8::70", "2001:db8::8 2001:db8::70"),
            ("2001:db8::0.0.0.7.", "<client>."),
            (nibbles, "<client>.ip6.arpa"),
        ];
        for (words, expected) in cases {
            check("2001:db8::7", words, expected);
        }
    }

    proptest! {
        /// Where only some bytes are looked at, as much is found as where all are.
        #[test]
        fn no_run_is_passed_over(words in "[0-9a-f:._x -]{0,60}", six in any::<bool>()) {
            let address: IpAddr = if six { "2001:db8::7" } else { "192.0.2.7" }.parse()?;
            prop_assert_eq!(may_hold(words.as_bytes(), address), may_be(words.as_bytes(), address));
        }
    }

    #[test]
    fn long_hostile_words_take_no_long_time() {
        let words = "2001:db8::".repeat(4_000);
        let got = redact(words.as_bytes(), "2001:db8::7".parse().expect("an address"));
        assert_eq!(got.len(), words.len());
    }
}
