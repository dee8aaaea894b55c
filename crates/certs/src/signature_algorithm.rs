//! Names of signature algorithms (RFC 3279, RFC 4055, RFC 5758, RFC 8410, RFC 9881).

/// The name of a signature algorithm; `None` if we know none.
pub(crate) fn name(oid: &str) -> Option<&'static str> {
    NAMES.iter().find(|(known, _)| *known == oid).map(|(_, name)| *name)
}

const NAMES: [(&str, &str); 23] = [
    ("1.2.840.10040.4.3", "dsa-with-sha1"),
    ("1.2.840.10045.4.1", "ecdsa-with-sha1"),
    ("1.2.840.10045.4.3.1", "ecdsa-with-sha224"),
    ("1.2.840.10045.4.3.2", "ecdsa-with-sha256"),
    ("1.2.840.10045.4.3.3", "ecdsa-with-sha384"),
    ("1.2.840.10045.4.3.4", "ecdsa-with-sha512"),
    ("1.2.840.113549.1.1.2", "rsa-with-md2"),
    ("1.2.840.113549.1.1.3", "rsa-with-md4"),
    ("1.2.840.113549.1.1.4", "rsa-with-md5"),
    ("1.2.840.113549.1.1.5", "rsa-with-sha1"),
    ("1.2.840.113549.1.1.10", "rsa-pss"),
    ("1.2.840.113549.1.1.11", "rsa-with-sha256"),
    ("1.2.840.113549.1.1.12", "rsa-with-sha384"),
    ("1.2.840.113549.1.1.13", "rsa-with-sha512"),
    ("1.2.840.113549.1.1.14", "rsa-with-sha224"),
    ("1.3.14.3.2.29", "rsa-with-sha1"),
    ("1.3.101.112", "ed25519"),
    ("1.3.101.113", "ed448"),
    ("2.16.840.1.101.3.4.3.1", "dsa-with-sha224"),
    ("2.16.840.1.101.3.4.3.2", "dsa-with-sha256"),
    ("2.16.840.1.101.3.4.3.17", "ml-dsa-44"),
    ("2.16.840.1.101.3.4.3.18", "ml-dsa-65"),
    ("2.16.840.1.101.3.4.3.19", "ml-dsa-87"),
];
