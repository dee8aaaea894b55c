//! Whether a certificate is for the name that a client asked for, as Zeek's `sni_matches_cert` has it (RFC 9525, section 6.3).

use std::collections::HashMap;

use tlscensus_records::CertificateRow;
use tlscensus_records::ParseStatus;
use tlscensus_records::Sha256;

/// Leaves of chains with the names that they are for, as the same few come again and again.
#[derive(Default)]
pub(super) struct Leaves {
    names: HashMap<Sha256, Option<Names>>,
    /// Bytes that these take, about.
    bytes: usize,
}

impl Leaves {
    /// Whether a leaf is for a name; `None`: it cannot be read.
    pub(super) fn matches(&mut self, hash: &Sha256, der: &[u8], asked: &str) -> Option<bool> {
        if let Some(names) = self.names.get(hash) {
            return Some(names.as_ref()?.cover(asked));
        }
        let names = Names::of(CertificateRow::from_der(der, ""));
        let answer = names.as_ref().map(|names| names.cover(asked));
        let bytes = ENTRY_BYTES + names.as_ref().map_or(0, Names::bytes);
        if self.bytes + bytes > MAX_BYTES {
            *self = Self::default();
        }
        if bytes <= MAX_BYTES {
            self.bytes += bytes;
            self.names.insert(*hash, names);
        }
        answer
    }
}

/// The names that a certificate is for. Those of the subject count where it has no others, as in OpenSSL, whom Zeek asks; a
/// wildcard is a whole label here and can be a part of one there.
struct Names(Vec<String>);

impl Names {
    fn of(leaf: CertificateRow) -> Option<Self> {
        if leaf.parse_status == ParseStatus::Failed {
            return None;
        }
        let names = leaf.dns_names.filter(|names| !names.is_empty());
        Some(Self(names.unwrap_or_else(|| leaf.subject_cn.into_iter().collect())))
    }

    /// What they take beside an entry.
    fn bytes(&self) -> usize {
        let texts: usize = self.0.iter().map(String::capacity).sum();
        texts + self.0.capacity() * size_of::<String>()
    }

    fn cover(&self, asked: &str) -> bool {
        self.0.iter().any(|name| covers(name, asked))
    }
}

fn covers(name: &str, asked: &str) -> bool {
    let asked = asked.strip_suffix('.').unwrap_or(asked);
    match name.strip_prefix("*.") {
        None => name.eq_ignore_ascii_case(asked),
        Some(domain) => asked.split_once('.').is_some_and(|(label, rest)| {
            !label.is_empty() && domain.contains('.') && rest.eq_ignore_ascii_case(domain)
        }),
    }
}

/// Bytes of names that are remembered at a time.
const MAX_BYTES: usize = 16 << 20;
/// Of one certificate without its names; tables are half empty at times.
const ENTRY_BYTES: usize = 2 * size_of::<(Sha256, Option<Names>)>();

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cover_themselves_and_wildcards_one_label() {
        let cases = [
            ("mail.example.org", "mail.example.org", true),
            ("mail.example.org", "MAIL.example.ORG.", true),
            ("mail.example.org", "example.org", false),
            ("*.example.org", "mail.example.org", true),
            ("*.example.org", "example.org", false),
            ("*.example.org", "a.b.example.org", false),
            ("*.example.org", ".example.org", false),
            ("*.org", "example.org", false),
        ];
        for (name, asked, expected) in cases {
            assert_eq!(covers(name, asked), expected, "{name} {asked}");
        }
    }

    #[test]
    fn the_subject_counts_where_there_is_nothing_else() {
        let mut leaf = CertificateRow {
            subject_cn: Some("a.example".to_owned()),
            ..CertificateRow::default()
        };
        let matches = |leaf: &CertificateRow, asked| Some(Names::of(leaf.clone())?.cover(asked));
        assert_eq!(matches(&leaf, "a.example"), Some(true));
        leaf.dns_names = Some(vec!["b.example".to_owned()]);
        assert_eq!(matches(&leaf, "a.example"), Some(false));
        assert_eq!(matches(&leaf, "b.example"), Some(true));
        leaf.parse_status = ParseStatus::Failed;
        assert_eq!(matches(&leaf, "b.example"), None);
    }

    #[test]
    fn leaves_are_remembered_within_a_limit() {
        let der = include_bytes!("../../../certs/testdata/sct-leaf.der");
        let (hash, mut leaves) = (Sha256::of(der), Leaves::default());
        for (asked, expected) in [("ritter.vg", true), ("www.ritter.vg", true), ("a.b", false)] {
            assert_eq!(leaves.matches(&hash, der, asked), Some(expected), "{asked}");
        }
        assert_eq!(leaves.names.len(), 1);
        // What cannot be read takes room as well, however short.
        for number in 0..u32::try_from(MAX_BYTES / ENTRY_BYTES).expect("some") {
            let none = number.to_be_bytes();
            assert_eq!(leaves.matches(&Sha256::of(&none), &none, "ritter.vg"), None);
            assert!(leaves.bytes <= MAX_BYTES);
        }
        assert!(leaves.names.len() < MAX_BYTES / ENTRY_BYTES, "it began anew");
        assert_eq!(leaves.matches(&hash, der, "ritter.vg"), Some(true));
    }
}
