//! The list of service extensions in the reply to EHLO (RFC 5321 section 4.1.1.1), and what of it we read.

use super::reply::Reply;
use crate::MechanismSource;
use crate::Offer;
use crate::Source;
use crate::course::List;
use crate::text;

/// The extensions of a reply: its first line is the server's name and greeting, each further line one extension. They are taken
/// out of it.
pub(super) fn read(reply: &mut Reply) -> List {
    let mut list = List::new(Source::Ehlo);
    list.capabilities.lines.reserve_exact(reply.texts.len().saturating_sub(1));
    for line in std::mem::take(&mut reply.texts).into_iter().skip(1) {
        if !list.has_room(line.len()) {
            break;
        }
        read_line(&mut list, &line);
        list.capabilities.lines.push(line);
    }
    list
}

fn read_line(list: &mut List, line: &[u8]) {
    let mut words = text::words(line);
    let keyword = words.next().unwrap_or_default();
    if keyword.eq_ignore_ascii_case(b"STARTTLS") {
        list.capabilities.starttls = Offer::Yes;
    } else if is_mangled_starttls(keyword) && list.capabilities.starttls == Offer::No {
        list.capabilities.starttls = Offer::Mangled;
    } else if keyword.eq_ignore_ascii_case(b"AUTH") {
        // RFC 4954 section 3.
        for name in words {
            list.mechanism(name, MechanismSource::Listed);
        }
    } else if let Some(first) = text::strip_start(keyword, b"AUTH=") {
        // The form of drafts before RFC 2554, which old clients still look for.
        for name in std::iter::once(first).chain(words) {
            if !name.is_empty() {
                list.mechanism(name, MechanismSource::OldForm);
            }
        }
    }
}

/// A middlebox writes over a keyword it does not let pass: eight bytes as in STARTTLS, all `X`, the last one perhaps a
/// letter that counts (`XXXXXXXA`), or all `*` or `#`.
fn is_mangled_starttls(keyword: &[u8]) -> bool {
    const LENGTH: usize = b"STARTTLS".len();
    let Some((last, head)) = keyword.split_last() else {
        return false;
    };
    let all = |byte: u8| head.iter().all(|other| *other == byte);
    keyword.len() == LENGTH
        && (all(b'X') && last.is_ascii_uppercase()
            || all(b'*') && *last == b'*'
            || all(b'#') && *last == b'#')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(lines: &[&str]) -> List {
        let mut reply = Reply::default();
        reply.add(b"250-mail.example.net\r\n");
        for line in lines {
            reply.add(format!("250-{line}\r\n").as_bytes());
        }
        read(&mut reply)
    }

    #[test]
    fn the_offer_is_read_in_every_spelling() {
        let cases: [(&[&str], Offer); 9] = [
            (&["STARTTLS"], Offer::Yes),
            (&["starttls"], Offer::Yes),
            (&["STARTTLS "], Offer::Yes),
            (&["XXXXXXXA"], Offer::Mangled),
            (&["XXXXXXXX"], Offer::Mangled),
            (&["********"], Offer::Mangled),
            (&["XXXXXXXA", "STARTTLS", "XXXXXXXB"], Offer::Yes),
            (&["STARTTLSX", "X-STARTTLS", "XXXXXXXXX", "XXXB"], Offer::No),
            (&[], Offer::No),
        ];
        for (lines, offer) in cases {
            assert_eq!(listed(lines).capabilities.starttls, offer, "{lines:?}");
        }
    }

    #[test]
    fn mechanisms_keep_their_order_their_repeats_and_their_form() {
        let list = listed(&["AUTH plain LOGIN", "AUTH=LOGIN PLAIN", "AUTH", "AUTH=", "auth LOGIN"]);
        let names: Vec<_> = list
            .capabilities
            .mechanisms
            .iter()
            .map(|mechanism| (mechanism.name.as_str(), mechanism.source))
            .collect();
        let (listed, old) = (MechanismSource::Listed, MechanismSource::OldForm);
        let expected = [
            ("PLAIN", listed),
            ("LOGIN", listed),
            ("LOGIN", old),
            ("PLAIN", old),
            ("LOGIN", listed),
        ];
        assert_eq!(names, expected);
    }
}
