//! Cipher suites by family, best first within each, from which profiles are put together.

use tlscensus_tls_wire::registry::CipherSuite;

/// Of TLS 1.3.
pub(super) const TLS13: &[CipherSuite] = &[
    CipherSuite::TLS_AES_128_GCM_SHA256,
    CipherSuite::TLS_AES_256_GCM_SHA384,
    CipherSuite::TLS_CHACHA20_POLY1305_SHA256,
];

/// Ephemeral on a curve, TLS 1.2 only.
pub(super) const ECDHE_TLS12: &[CipherSuite] = &[
    CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
    CipherSuite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
    CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
    CipherSuite::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
    CipherSuite::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
    CipherSuite::TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
    CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256,
    CipherSuite::TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256,
    CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384,
    CipherSuite::TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384,
];

/// Ephemeral on a curve, any TLS before 1.3.
pub(super) const ECDHE: &[CipherSuite] = &[
    CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA,
    CipherSuite::TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA,
    CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA,
    CipherSuite::TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA,
];

/// Ephemeral over a finite field, TLS 1.2 only.
pub(super) const DHE_TLS12: &[CipherSuite] = &[
    CipherSuite::TLS_DHE_RSA_WITH_AES_128_GCM_SHA256,
    CipherSuite::TLS_DHE_RSA_WITH_AES_256_GCM_SHA384,
    CipherSuite::TLS_DHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
    CipherSuite::TLS_DHE_RSA_WITH_AES_128_CBC_SHA256,
    CipherSuite::TLS_DHE_RSA_WITH_AES_256_CBC_SHA256,
    CipherSuite::TLS_DHE_DSS_WITH_AES_128_GCM_SHA256,
    CipherSuite::TLS_DHE_DSS_WITH_AES_256_GCM_SHA384,
    CipherSuite::TLS_DHE_DSS_WITH_AES_128_CBC_SHA256,
    CipherSuite::TLS_DHE_DSS_WITH_AES_256_CBC_SHA256,
];

/// Ephemeral over a finite field, SSL 3 to TLS 1.2.
pub(super) const DHE: &[CipherSuite] = &[
    CipherSuite::TLS_DHE_RSA_WITH_AES_128_CBC_SHA,
    CipherSuite::TLS_DHE_RSA_WITH_AES_256_CBC_SHA,
    CipherSuite::TLS_DHE_DSS_WITH_AES_128_CBC_SHA,
    CipherSuite::TLS_DHE_DSS_WITH_AES_256_CBC_SHA,
    CipherSuite::TLS_DHE_RSA_WITH_CAMELLIA_128_CBC_SHA,
    CipherSuite::TLS_DHE_RSA_WITH_CAMELLIA_256_CBC_SHA,
    CipherSuite::TLS_DHE_RSA_WITH_SEED_CBC_SHA,
];

/// The certificate's RSA key encrypts the secret, TLS 1.2 only.
pub(super) const RSA_TLS12: &[CipherSuite] = &[
    CipherSuite::TLS_RSA_WITH_AES_128_GCM_SHA256,
    CipherSuite::TLS_RSA_WITH_AES_256_GCM_SHA384,
    CipherSuite::TLS_RSA_WITH_AES_128_CBC_SHA256,
    CipherSuite::TLS_RSA_WITH_AES_256_CBC_SHA256,
];

/// The certificate's RSA key encrypts the secret, SSL 3 to TLS 1.2.
pub(super) const RSA: &[CipherSuite] =
    &[CipherSuite::TLS_RSA_WITH_AES_128_CBC_SHA, CipherSuite::TLS_RSA_WITH_AES_256_CBC_SHA];

/// The same with ciphers that few ever had.
pub(super) const RSA_RARE: &[CipherSuite] = &[
    CipherSuite::TLS_RSA_WITH_CAMELLIA_128_CBC_SHA,
    CipherSuite::TLS_RSA_WITH_CAMELLIA_256_CBC_SHA,
    CipherSuite::TLS_RSA_WITH_SEED_CBC_SHA,
    CipherSuite::TLS_RSA_WITH_IDEA_CBC_SHA,
];

/// On a curve with 3DES and RC4.
pub(super) const ECDHE_WEAK: &[CipherSuite] = &[
    CipherSuite::TLS_ECDHE_ECDSA_WITH_3DES_EDE_CBC_SHA,
    CipherSuite::TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA,
    CipherSuite::TLS_ECDHE_ECDSA_WITH_RC4_128_SHA,
    CipherSuite::TLS_ECDHE_RSA_WITH_RC4_128_SHA,
];

/// 3DES, RC4 and single DES.
pub(super) const WEAK: &[CipherSuite] = &[
    CipherSuite::TLS_DHE_RSA_WITH_3DES_EDE_CBC_SHA,
    CipherSuite::TLS_DHE_DSS_WITH_3DES_EDE_CBC_SHA,
    CipherSuite::TLS_RSA_WITH_3DES_EDE_CBC_SHA,
    CipherSuite::TLS_DHE_DSS_WITH_RC4_128_SHA,
    CipherSuite::TLS_RSA_WITH_RC4_128_SHA,
    CipherSuite::TLS_RSA_WITH_RC4_128_MD5,
    CipherSuite::TLS_DHE_RSA_WITH_DES_CBC_SHA,
    CipherSuite::TLS_DHE_DSS_WITH_DES_CBC_SHA,
    CipherSuite::TLS_RSA_WITH_DES_CBC_SHA,
];

/// Without a certificate.
pub(super) const ANONYMOUS: &[CipherSuite] = &[
    CipherSuite::TLS_ECDH_ANON_WITH_AES_128_CBC_SHA,
    CipherSuite::TLS_ECDH_ANON_WITH_AES_256_CBC_SHA,
    CipherSuite::TLS_DH_ANON_WITH_AES_128_GCM_SHA256,
    CipherSuite::TLS_DH_ANON_WITH_AES_256_GCM_SHA384,
    CipherSuite::TLS_DH_ANON_WITH_AES_128_CBC_SHA256,
    CipherSuite::TLS_DH_ANON_WITH_AES_256_CBC_SHA256,
    CipherSuite::TLS_DH_ANON_WITH_AES_128_CBC_SHA,
    CipherSuite::TLS_DH_ANON_WITH_AES_256_CBC_SHA,
    CipherSuite::TLS_DH_ANON_WITH_CAMELLIA_128_CBC_SHA,
    CipherSuite::TLS_DH_ANON_WITH_CAMELLIA_256_CBC_SHA,
    CipherSuite::TLS_DH_ANON_WITH_SEED_CBC_SHA,
    CipherSuite::TLS_ECDH_ANON_WITH_3DES_EDE_CBC_SHA,
    CipherSuite::TLS_DH_ANON_WITH_3DES_EDE_CBC_SHA,
    CipherSuite::TLS_ECDH_ANON_WITH_RC4_128_SHA,
    CipherSuite::TLS_DH_ANON_WITH_RC4_128_MD5,
    CipherSuite::TLS_DH_ANON_WITH_DES_CBC_SHA,
];

/// Weak on purpose, with a certificate.
pub(super) const EXPORT: &[CipherSuite] = &[
    CipherSuite::TLS_DHE_RSA_EXPORT_WITH_DES40_CBC_SHA,
    CipherSuite::TLS_DHE_DSS_EXPORT_WITH_DES40_CBC_SHA,
    CipherSuite::TLS_RSA_EXPORT_WITH_DES40_CBC_SHA,
    CipherSuite::TLS_RSA_EXPORT_WITH_RC2_CBC_40_MD5,
    CipherSuite::TLS_RSA_EXPORT_WITH_RC4_40_MD5,
    CipherSuite::TLS_RSA_EXPORT1024_WITH_DES_CBC_SHA,
    CipherSuite::TLS_RSA_EXPORT1024_WITH_RC4_56_SHA,
    CipherSuite::TLS_DHE_DSS_EXPORT1024_WITH_DES_CBC_SHA,
    CipherSuite::TLS_DHE_DSS_EXPORT1024_WITH_RC4_56_SHA,
];

/// Secure renegotiation, said by those who send no extensions (RFC 5746, section 3.3).
pub(super) const SIGNAL: &[CipherSuite] = &[CipherSuite::TLS_EMPTY_RENEGOTIATION_INFO_SCSV];

/// Families one behind the other; `N` is how many suites they have together.
pub(super) const fn joined<const N: usize>(families: &[&[CipherSuite]]) -> [CipherSuite; N] {
    let mut all = [CipherSuite::TLS_NULL_WITH_NULL_NULL; N];
    let mut count = 0;
    let mut family = 0;
    while family < families.len() {
        let mut member = 0;
        while member < families[family].len() {
            all[count] = families[family][member];
            count += 1;
            member += 1;
        }
        family += 1;
    }
    assert!(count == N, "N is the number of suites");
    all
}

/// How many suites the families have together.
pub(super) const fn count(families: &[&[CipherSuite]]) -> usize {
    let mut count = 0;
    let mut family = 0;
    while family < families.len() {
        count += families[family].len();
        family += 1;
    }
    count
}
