//! Whether a certificate is for the name that a client asked for, as Zeek's `sni_matches_cert` has it (RFC 9525, section 6.3).

use std::collections::HashMap;

use tlscensus_records::CertificateRow;
use tlscensus_records::ParseStatus;
use tlscensus_records::Sha256;

/// Leaves of chains with the names that they are for, as the same few come again and again.
#[derive(Default)]
pub(super) struct Leaves {
    names: HashMap<Sha256, Option<Names>>,
    /// Bytes of these certificates.
    bytes: usize,
}

impl Leaves {
    /// Whether a leaf is for a name; `None`: it cannot be read.
    pub(super) fn matches(&mut self, hash: &Sha256, der: &[u8], asked: &str) -> Option<bool> {
        if !self.names.contains_key(hash) {
            if self.bytes >= MAX_BYTES {
                *self = Self::default();
            }
            self.bytes += der.len();
        }
        let read = || Names::of(CertificateRow::from_der(der, ""));
        let names = self.names.entry(*hash).or_insert_with(read);
        Some(names.as_ref()?.cover(asked))
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

/// Bytes of certificates whose names are remembered at a time; a name takes no more than its certificate.
const MAX_BYTES: usize = 16 << 20;

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
        assert_eq!((leaves.names.len(), leaves.bytes), (1, der.len()));
        // No certificate, and so long that what comes next begins anew.
        let long = vec![0; MAX_BYTES];
        assert_eq!(leaves.matches(&Sha256::of(&long), &long, "ritter.vg"), None);
        assert_eq!(leaves.matches(&hash, der, "ritter.vg"), Some(true));
        assert_eq!(leaves.matches(&Sha256::of(b"no"), b"no", "ritter.vg"), None);
        assert_eq!((leaves.names.len(), leaves.bytes), (1, 2));
    }
}
