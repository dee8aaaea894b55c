//! Claims about certificates: Zeek's `x509.log`, and what Suricata writes beside a session.

use super::claim::UNKNOWN;
use super::claim::UNREAD;
use super::seen::SeenCertificate;

/// Longest value that the file keeps: a longer list was cut there.
const KEPT: usize = 200;
/// Object identifiers of attribute types, as RFC 4514 writes those that it has no short name for.
const TYPES: [(&str, &str); 5] = [
    ("1.2.840.113549.1.9.1", "emailaddress"),
    ("2.5.4.5", "serialnumber"),
    ("2.5.4.9", "street"),
    ("2.5.4.17", "postalcode"),
    ("2.5.4.13", "description"),
];
/// Names of keys and signatures, ours before theirs.
const SAME: [(&str, &str); 5] = [
    ("ec", "ecdsa"),
    ("secp256r1", "prime256v1"),
    ("rsa-with-md5", "md5withrsaencryption"),
    ("rsa-with-sha1", "sha1withrsaencryption"),
    ("rsa-with-sha256", "sha256withrsaencryption"),
];

/// A column of Zeek's `x509.log`, without its prefix: Ok(None) if the certificate has this value, otherwise what it has.
pub(super) fn zeek(
    key: &str,
    value: &str,
    certificate: &SeenCertificate,
) -> Result<Option<String>, &'static str> {
    let found = match key {
        "fp" => Some(certificate.sha256.clone()),
        "subject" => return Ok(same_name(certificate.subject.as_deref(), value)),
        "issuer" => return Ok(same_name(certificate.issuer.as_deref(), value)),
        "key" => return Ok(same_key(certificate, value)),
        "curve" => return Ok(alike(certificate.key_curve.as_deref(), value)),
        "sig_alg" => return Ok(alike(certificate.signature_algorithm.as_deref(), value)),
        "not_before" => certificate.not_before.map(|seconds| format!("{seconds}.000000")),
        "not_after" => certificate.not_after.map(|seconds| format!("{seconds}.000000")),
        "san_dns" => {
            let names = certificate.dns_names.join(",");
            let whole = value.chars().count() < KEPT;
            let holds = if whole { names == value } else { names.starts_with(value) };
            return Ok((!holds).then_some(names));
        }
        _ => return Err(UNKNOWN),
    };
    Ok(other_than(found, value))
}

/// A key of Suricata's record, without `tls.`, likewise.
pub(super) fn suricata(
    key: &str,
    value: &str,
    certificate: &SeenCertificate,
) -> Result<Option<String>, &'static str> {
    let colons = |hex: &str| {
        let pairs: Vec<_> = hex.as_bytes().chunks(2).map(String::from_utf8_lossy).collect();
        pairs.join(":")
    };
    let found = match key {
        "subject" => certificate.subject.as_deref().map(forwards),
        "issuerdn" => certificate.issuer.as_deref().map(forwards),
        "serial" => certificate.serial.as_deref().map(|hex| colons(hex).to_uppercase()),
        "fingerprint" => match &certificate.sha1 {
            Some(hex) => Some(colons(hex)),
            None => return Err("SHA-1 is not counted"),
        },
        "notbefore" | "notafter" => {
            let at =
                if key == "notbefore" { certificate.not_before } else { certificate.not_after };
            let expected = seconds(value).ok_or(UNREAD)?;
            return Ok((at != Some(expected)).then(|| format!("{at:?}")));
        }
        _ => {
            let place = key.strip_prefix("subjectaltname[").and_then(|rest| rest.strip_suffix(']'));
            let place: usize = place.ok_or(UNKNOWN)?.parse().map_err(|_| UNREAD)?;
            certificate.dns_names.get(place).cloned()
        }
    };
    Ok(other_than(found, value))
}

fn other_than(found: Option<String>, value: &str) -> Option<String> {
    (found.as_deref() != Some(value)).then(|| format!("{found:?}"))
}

fn alike(found: Option<&str>, value: &str) -> Option<String> {
    let value = value.to_lowercase();
    let holds = found.is_some_and(|found| {
        let found = found.to_lowercase();
        found == value || SAME.contains(&(&found, &value))
    });
    (!holds).then(|| format!("{found:?}"))
}

/// A kind and its bits, such as rsa/2048.
fn same_key(certificate: &SeenCertificate, value: &str) -> Option<String> {
    let Some((kind, bits)) = value.split_once('/') else {
        return Some("no kind of key".to_owned());
    };
    let kind = alike(certificate.key_algorithm.as_deref(), kind);
    kind.or_else(|| other_than(certificate.key_bits.map(|bits| bits.to_string()), bits))
}

/// Zeek's names are RFC 4514's but for escapes, and for the types that have no short name there.
fn same_name(found: Option<&str>, value: &str) -> Option<String> {
    let holds = found.is_some_and(|found| elements(found) == elements(value));
    (!holds).then(|| format!("{found:?}"))
}

/// A name as Suricata writes it: first element first, blanks behind commas, nothing escaped.
fn forwards(name: &str) -> String {
    let types = |kind: &str| {
        let known = ["emailAddress", "serialNumber", "street", "postalCode"];
        let spelt = known.iter().find(|known| known.eq_ignore_ascii_case(kind));
        spelt.map_or_else(|| kind.to_uppercase(), |known| (*known).to_owned())
    };
    let all: Vec<_> =
        elements(name).iter().rev().map(|(kind, text)| format!("{}={text}", types(kind))).collect();
    all.join(", ")
}

/// Types in small letters and values of a name in the text of RFC 4514 (or with bytes as `\xNN`).
fn elements(name: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for element in split(name) {
        let (kind, value) = element.split_once('=').unwrap_or((&element, ""));
        let kind = kind.trim().to_lowercase();
        let known = TYPES.iter().find(|(oid, _)| *oid == kind).map(|(_, word)| *word);
        found.push((known.unwrap_or(&kind).to_owned(), unescape(value)));
    }
    found
}

/// At commas and plus signs that are not escaped. A plus sign counts only before another type.
fn split(name: &str) -> Vec<String> {
    let (mut parts, mut current, mut escaped) = (Vec::new(), String::new(), false);
    for letter in name.chars() {
        match letter {
            ',' | '+' if !escaped => parts.push(std::mem::take(&mut current)),
            _ => current.push(letter),
        }
        escaped = letter == '\\' && !escaped;
    }
    parts.push(current);
    parts
}

/// Without backslashes, hexadecimal made bytes; a value in hexadecimal as a whole (`#` and DER) made its text.
fn unescape(value: &str) -> String {
    if let Some(text) = value.strip_prefix('#').and_then(der_text) {
        return text;
    }
    let mut bytes = Vec::new();
    let mut rest = value.as_bytes();
    while let [first, behind @ ..] = rest {
        if *first != b'\\' {
            bytes.push(*first);
            rest = behind;
            continue;
        }
        let hex = behind.strip_prefix(b"x").unwrap_or(behind);
        rest = match (hex, behind) {
            ([high, low, after @ ..], _) if hex_pair(*high, *low).is_some() => {
                bytes.extend(hex_pair(*high, *low));
                after
            }
            (_, [letter, after @ ..]) => {
                bytes.push(*letter);
                after
            }
            (_, []) => behind,
        };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn hex_pair(high: u8, low: u8) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    u8::try_from(digit(high)? * 16 + digit(low)?).ok()
}

/// The text of a short string in DER, in hexadecimal.
fn der_text(hex: &str) -> Option<String> {
    let pairs = hex.as_bytes().chunks(2);
    let bytes: Option<Vec<u8>> =
        pairs.map(|pair| hex_pair(*pair.first()?, *pair.get(1)?)).collect();
    let bytes = bytes?;
    let [_tag, length, text @ ..] = &bytes[..] else { return None };
    (usize::from(*length) == text.len()).then(|| String::from_utf8_lossy(text).into_owned())
}

/// Seconds since 1970 of a moment like 2017-03-23T00:00:00, in UTC (Howard Hinnant's days from civil).
fn seconds(text: &str) -> Option<i64> {
    let (date, time) = text.split_once('T')?;
    let numbers = |text: &str, by: char| -> Option<Vec<i64>> {
        text.split(by).map(|part| part.parse().ok()).collect()
    };
    let [year, month, day] = numbers(date, '-')?[..] else { return None };
    let [hour, minute, second] = numbers(time, ':')?[..] else { return None };
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year - era * 400;
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let days = era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468;
    Some(((days * 24 + hour) * 60 + minute) * 60 + second)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn certificate() -> SeenCertificate {
        SeenCertificate {
            subject: Some(
                "CN=a,1.2.840.113549.1.9.1=#160161,O=GitHub\\, Inc.,ST=California".to_owned(),
            ),
            serial: Some("008264".to_owned()),
            not_before: Some(1_490_227_200),
            key_algorithm: Some("ec".to_owned()),
            key_bits: Some(256),
            key_curve: Some("secp256r1".to_owned()),
            signature_algorithm: Some("rsa-with-sha1".to_owned()),
            dns_names: vec!["a.test".to_owned(), "b.test".to_owned()],
            ..SeenCertificate::default()
        }
    }

    #[test]
    fn zeeks_columns_agree_or_say_what_there_is() {
        for (key, value, holds) in [
            ("subject", "CN=a,emailAddress=a,O=GitHub\\x2c Inc.,ST=California", true),
            ("subject", "CN=a,O=GitHub\\x2c Inc.,ST=California", false),
            ("key", "ecdsa/256", true),
            ("key", "rsa/256", false),
            ("curve", "prime256v1", true),
            ("sig_alg", "sha1WithRSAEncryption", true),
            ("sig_alg", "sha256WithRSAEncryption", false),
            ("not_before", "1490227200.000000", true),
            ("san_dns", "a.test,b.test", true),
            ("san_dns", "a.test", false),
        ] {
            assert_eq!(zeek(key, value, &certificate()).unwrap().is_none(), holds, "{key}={value}");
        }
        assert_eq!(zeek("else", "", &certificate()), Err(UNKNOWN));
    }

    #[test]
    fn suricatas_keys_agree_or_say_what_there_is() {
        for (key, value, holds) in [
            ("subject", "ST=California, O=GitHub, Inc., emailAddress=a, CN=a", true),
            ("serial", "00:82:64", true),
            ("notbefore", "2017-03-23T00:00:00", true),
            ("notbefore", "1969-12-31T00:00:00", false),
            ("subjectaltname[1]", "b.test", true),
            ("subjectaltname[2]", "b.test", false),
        ] {
            let found = suricata(key, value, &certificate()).unwrap();
            assert_eq!(found.is_none(), holds, "{key}={value}: {found:?}");
        }
        assert_eq!(suricata("fingerprint", "aa", &certificate()), Err("SHA-1 is not counted"));
        assert_eq!(seconds("1969-12-31T00:00:00"), Some(-86_400));
    }
}
