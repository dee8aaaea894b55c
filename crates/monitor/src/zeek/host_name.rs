//! Whether a certificate is for the name that a client asked for, as Zeek's `sni_matches_cert` has it (RFC 9525, section 6.3).

use tlscensus_records::CertificateRow;
use tlscensus_records::ParseStatus;

/// `None`: the certificate cannot be read. Names of the subject count where the certificate has no others, as in OpenSSL,
/// whom Zeek asks; a wildcard is a whole label here and can be a part of one there.
pub(super) fn matches(leaf: &CertificateRow, asked: &str) -> Option<bool> {
    if leaf.parse_status == ParseStatus::Failed {
        return None;
    }
    Some(match leaf.dns_names.as_deref() {
        None | Some([]) => leaf.subject_cn.as_deref().is_some_and(|name| covers(name, asked)),
        Some(names) => names.iter().any(|name| covers(name, asked)),
    })
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
        assert_eq!(matches(&leaf, "a.example"), Some(true));
        leaf.dns_names = Some(vec!["b.example".to_owned()]);
        assert_eq!(matches(&leaf, "a.example"), Some(false));
        assert_eq!(matches(&leaf, "b.example"), Some(true));
        leaf.parse_status = ParseStatus::Failed;
        assert_eq!(matches(&leaf, "b.example"), None);
    }
}
