//! The one table of TLS servers: what each agrees on, how far a probe comes with it, how often it is dealt.

use crate::Exchange::Curve;
use crate::Exchange::Field as In;
use crate::Exchange::Hybrid;
use crate::Exchange::NamedField;
use crate::Exchange::Rsa;
use crate::Exchange::Shared;
use crate::Field;
use crate::Flavour as F;
use crate::flavour::FlavourSpec;
use crate::flavour::Library::Openssl;
use crate::flavour::Library::Own;
use crate::flavour::Library::Rustls;
use crate::flavour::Reach::Completed;
use crate::flavour::Reach::Heard;
use crate::flavour::Reach::Refused;

/// Columns: flavour, word, library, version; suite with an RSA key, suite with a key on a curve; key exchange; how far a
/// probe comes; weights among healthy and among uncommon servers.
#[rustfmt::skip]
pub(crate) static FLAVOURS: &[FlavourSpec] = &[
    // TLS 1.3
    FlavourSpec { flavour: F::OpensslTls13, word: "openssl-tls1.3", made_by: Openssl, version: "TLS 1.3",
        rsa: AES256_GCM, ec: Some(AES256_GCM), exchange: Hybrid("X25519MLKEM768"), reach: Completed, weights: (8, 0) },
    FlavourSpec { flavour: F::OpensslAsksCertificate, word: "openssl-asks-certificate", made_by: Openssl, version: "TLS 1.3",
        rsa: AES128_GCM, ec: Some(AES128_GCM), exchange: Curve("x25519"), reach: Completed, weights: (2, 0) },
    FlavourSpec { flavour: F::OpensslRetry, word: "openssl-retry", made_by: Openssl, version: "TLS 1.3",
        rsa: AES256_GCM, ec: Some(AES256_GCM), exchange: Curve("secp384r1"), reach: Completed, weights: (2, 0) },
    FlavourSpec { flavour: F::OpensslTls13P521, word: "openssl-p521", made_by: Openssl, version: "TLS 1.3",
        rsa: CHACHA20, ec: Some(CHACHA20), exchange: Curve("secp521r1"), reach: Completed, weights: (1, 0) },
    FlavourSpec { flavour: F::OpensslHybridP256, word: "openssl-hybrid-p256", made_by: Openssl, version: "TLS 1.3",
        rsa: AES128_GCM, ec: Some(AES128_GCM), exchange: Hybrid("SecP256r1MLKEM768"), reach: Completed, weights: (1, 0) },
    FlavourSpec { flavour: F::OpensslHybridP384, word: "openssl-hybrid-p384", made_by: Openssl, version: "TLS 1.3",
        rsa: AES256_GCM, ec: Some(AES256_GCM), exchange: Hybrid("SecP384r1MLKEM1024"), reach: Completed, weights: (1, 0) },
    FlavourSpec { flavour: F::RustlsHybrid, word: "rustls-hybrid", made_by: Rustls, version: "TLS 1.3",
        rsa: AES256_GCM, ec: Some(AES256_GCM), exchange: Hybrid("X25519MLKEM768"), reach: Completed, weights: (3, 0) },
    FlavourSpec { flavour: F::RustlsRetry, word: "rustls-retry", made_by: Rustls, version: "TLS 1.3",
        rsa: AES128_GCM, ec: Some(AES128_GCM), exchange: Curve("secp384r1"), reach: Completed, weights: (2, 0) },
    FlavourSpec { flavour: F::RustlsTls13, word: "rustls-tls1.3", made_by: Rustls, version: "TLS 1.3",
        rsa: AES128_GCM, ec: Some(AES128_GCM), exchange: Curve("x25519"), reach: Completed, weights: (10, 0) },
    FlavourSpec { flavour: F::RustlsServerOrder, word: "rustls-server-order", made_by: Rustls, version: "TLS 1.3",
        rsa: AES128_GCM, ec: Some(AES128_GCM), exchange: Curve("x25519"), reach: Completed, weights: (3, 0) },
    FlavourSpec { flavour: F::OpensslX448, word: "openssl-x448", made_by: Openssl, version: "TLS 1.3",
        rsa: AES256_GCM, ec: Some(AES256_GCM), exchange: Curve("x448"), reach: Completed, weights: (0, 1) },
    FlavourSpec { flavour: F::OpensslBrainpool, word: "openssl-brainpool", made_by: Openssl, version: "TLS 1.3",
        rsa: AES128_GCM, ec: Some(AES128_GCM), exchange: Curve("brainpoolP256r1tls13"), reach: Completed, weights: (0, 1) },
    FlavourSpec { flavour: F::OpensslFfdhe2048, word: "openssl-ffdhe2048", made_by: Openssl, version: "TLS 1.3",
        rsa: AES128_GCM, ec: Some(AES128_GCM), exchange: NamedField("ffdhe2048", Field::Ffdhe2048), reach: Completed, weights: (0, 1) },
    FlavourSpec { flavour: F::OpensslCcm, word: "openssl-ccm", made_by: Openssl, version: "TLS 1.3",
        rsa: "TLS_AES_128_CCM_SHA256", ec: Some("TLS_AES_128_CCM_SHA256"), exchange: Curve("x25519"), reach: Completed, weights: (0, 1) },

    // TLS 1.2
    FlavourSpec { flavour: F::RustlsTls12, word: "rustls-tls1.2", made_by: Rustls, version: "TLS 1.2",
        rsa: "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", ec: Some("TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"),
        exchange: Curve("secp256r1"), reach: Completed, weights: (8, 0) },
    FlavourSpec { flavour: F::OpensslTls12Cbc, word: "openssl-tls1.2-cbc", made_by: Openssl, version: "TLS 1.2",
        rsa: "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", ec: Some("TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA"),
        exchange: Curve("secp256r1"), reach: Completed, weights: (4, 0) },
    FlavourSpec { flavour: F::OpensslTls12Chacha, word: "openssl-tls1.2-chacha20", made_by: Openssl, version: "TLS 1.2",
        rsa: "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", ec: Some("TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256"),
        exchange: Curve("x25519"), reach: Completed, weights: (2, 0) },
    FlavourSpec { flavour: F::OpensslTls12P384, word: "openssl-tls1.2-p384", made_by: Openssl, version: "TLS 1.2",
        rsa: "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", ec: Some("TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"),
        exchange: Curve("secp384r1"), reach: Completed, weights: (2, 0) },
    FlavourSpec { flavour: F::OpensslTls12RsaKeyExchange, word: "openssl-tls1.2-rsa", made_by: Openssl, version: "TLS 1.2",
        rsa: "TLS_RSA_WITH_AES_256_CBC_SHA", ec: None, exchange: Rsa, reach: Completed, weights: (2, 0) },
    FlavourSpec { flavour: F::OpensslServerOrder, word: "openssl-server-order", made_by: Openssl, version: "TLS 1.2",
        rsa: "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", ec: None, exchange: Curve("secp384r1"), reach: Completed, weights: (3, 0) },
    FlavourSpec { flavour: F::OpensslSsl3ToTls12, word: "openssl-ssl3-to-tls1.2", made_by: Openssl, version: "TLS 1.2",
        rsa: "TLS_RSA_WITH_AES_128_CBC_SHA", ec: None, exchange: Rsa, reach: Completed, weights: (2, 0) },
    FlavourSpec { flavour: F::OpensslTls12Dhe2048, word: "openssl-tls1.2-dhe2048", made_by: Openssl, version: "TLS 1.2",
        rsa: "TLS_DHE_RSA_WITH_AES_256_GCM_SHA384", ec: None, exchange: In(Field::Modp2048), reach: Completed, weights: (0, 2) },
    FlavourSpec { flavour: F::OpensslTls12Dhe1024, word: "openssl-tls1.2-dhe1024", made_by: Openssl, version: "TLS 1.2",
        rsa: "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256", ec: None, exchange: In(Field::Oakley1024), reach: Completed, weights: (0, 3) },
    FlavourSpec { flavour: F::OpensslTls12Dhe1024Own, word: "openssl-tls1.2-dhe1024-own", made_by: Openssl, version: "TLS 1.2",
        rsa: "TLS_DHE_RSA_WITH_AES_128_CBC_SHA256", ec: None, exchange: In(Field::Own1024), reach: Completed, weights: (0, 1) },
    FlavourSpec { flavour: F::OpensslTls12Dhe1024Unsafe, word: "openssl-tls1.2-dhe1024-unsafe", made_by: Openssl, version: "TLS 1.2",
        rsa: "TLS_DHE_RSA_WITH_CAMELLIA_128_CBC_SHA", ec: None, exchange: In(Field::Unsafe1024), reach: Completed, weights: (0, 1) },
    FlavourSpec { flavour: F::OpensslAnonymousField, word: "openssl-anonymous-dhe", made_by: Openssl, version: "TLS 1.2",
        rsa: "TLS_DH_anon_WITH_AES_128_CBC_SHA", ec: None, exchange: In(Field::Oakley1024), reach: Completed, weights: (0, 2) },
    FlavourSpec { flavour: F::OpensslAnonymousCurve, word: "openssl-anonymous-ecdhe", made_by: Openssl, version: "TLS 1.2",
        rsa: "TLS_ECDH_anon_WITH_AES_128_CBC_SHA", ec: None, exchange: Curve("secp256r1"), reach: Completed, weights: (0, 1) },
    FlavourSpec { flavour: F::OpensslNull, word: "openssl-null", made_by: Openssl, version: "TLS 1.2",
        rsa: "TLS_RSA_WITH_NULL_SHA256", ec: None, exchange: Rsa, reach: Completed, weights: (0, 1) },
    FlavourSpec { flavour: F::OpensslAria, word: "openssl-aria", made_by: Openssl, version: "TLS 1.2",
        rsa: "TLS_ECDHE_RSA_WITH_ARIA_128_GCM_SHA256", ec: Some("TLS_ECDHE_ECDSA_WITH_ARIA_128_GCM_SHA256"),
        exchange: Curve("secp521r1"), reach: Completed, weights: (0, 1) },
    FlavourSpec { flavour: F::OpensslCamellia, word: "openssl-camellia", made_by: Openssl, version: "TLS 1.2",
        rsa: "TLS_RSA_WITH_CAMELLIA_256_CBC_SHA", ec: None, exchange: Rsa, reach: Completed, weights: (0, 2) },
    FlavourSpec { flavour: F::OpensslBinaryCurve, word: "openssl-binary-curve", made_by: Openssl, version: "TLS 1.2",
        rsa: "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384", ec: None, exchange: Curve("sect571r1"), reach: Completed, weights: (0, 1) },
    FlavourSpec { flavour: F::OpensslPsk, word: "openssl-psk", made_by: Openssl, version: "TLS 1.2",
        rsa: "TLS_PSK_WITH_AES_128_CBC_SHA", ec: None, exchange: Shared("PSK"), reach: Heard, weights: (0, 1) },
    FlavourSpec { flavour: F::OpensslSrp, word: "openssl-srp", made_by: Openssl, version: "TLS 1.2",
        rsa: "TLS_SRP_SHA_WITH_AES_128_CBC_SHA", ec: None, exchange: Shared("SRP"), reach: Refused, weights: (0, 2) },

    // older
    FlavourSpec { flavour: F::OpensslTls11, word: "openssl-tls1.1", made_by: Openssl, version: "TLS 1.1",
        rsa: "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA", ec: Some("TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA"),
        exchange: Curve("secp256r1"), reach: Completed, weights: (0, 2) },
    FlavourSpec { flavour: F::OpensslTls11Dhe1024, word: "openssl-tls1.1-dhe1024", made_by: Openssl, version: "TLS 1.1",
        rsa: "TLS_DHE_RSA_WITH_AES_256_CBC_SHA", ec: None, exchange: In(Field::Oakley1024), reach: Completed, weights: (0, 2) },
    FlavourSpec { flavour: F::OpensslTls10, word: "openssl-tls1.0", made_by: Openssl, version: "TLS 1.0",
        rsa: "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", ec: Some("TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA"),
        exchange: Curve("secp256r1"), reach: Completed, weights: (0, 2) },
    FlavourSpec { flavour: F::OpensslTls10Rc4Md5, word: "openssl-tls1.0-rc4-md5", made_by: Openssl, version: "TLS 1.0",
        rsa: "TLS_RSA_WITH_RC4_128_MD5", ec: None, exchange: Rsa, reach: Completed, weights: (0, 2) },
    FlavourSpec { flavour: F::OpensslTls10TripleDes, word: "openssl-tls1.0-3des", made_by: Openssl, version: "TLS 1.0",
        rsa: "TLS_RSA_WITH_3DES_EDE_CBC_SHA", ec: None, exchange: Rsa, reach: Completed, weights: (0, 2) },
    FlavourSpec { flavour: F::OwnDhe512, word: "own-tls1.0-dhe512", made_by: Own, version: "TLS 1.0",
        rsa: "TLS_DHE_RSA_WITH_AES_128_CBC_SHA", ec: None, exchange: In(Field::Apache512), reach: Completed, weights: (0, 2) },
    FlavourSpec { flavour: F::OwnExportDhe, word: "own-tls1.0-export-dhe", made_by: Own, version: "TLS 1.0",
        rsa: "TLS_DHE_RSA_EXPORT_WITH_DES40_CBC_SHA", ec: None, exchange: In(Field::Apache512), reach: Completed, weights: (0, 1) },
    FlavourSpec { flavour: F::OwnExportRsa, word: "own-tls1.0-export-rsa", made_by: Own, version: "TLS 1.0",
        rsa: "TLS_RSA_EXPORT_WITH_RC4_40_MD5", ec: None, exchange: Rsa, reach: Completed, weights: (0, 2) },
    FlavourSpec { flavour: F::OwnIdea, word: "own-tls1.0-idea", made_by: Own, version: "TLS 1.0",
        rsa: "TLS_RSA_WITH_IDEA_CBC_SHA", ec: None, exchange: Rsa, reach: Completed, weights: (0, 1) },
    FlavourSpec { flavour: F::OwnSeed, word: "own-tls1.0-seed", made_by: Own, version: "TLS 1.0",
        rsa: "TLS_RSA_WITH_SEED_CBC_SHA", ec: None, exchange: Rsa, reach: Completed, weights: (0, 1) },
    FlavourSpec { flavour: F::OpensslSsl3, word: "openssl-ssl3", made_by: Openssl, version: "SSL 3",
        rsa: "TLS_RSA_WITH_3DES_EDE_CBC_SHA", ec: None, exchange: Rsa, reach: Completed, weights: (0, 2) },
    FlavourSpec { flavour: F::OpensslSsl3Rc4, word: "openssl-ssl3-rc4", made_by: Openssl, version: "SSL 3",
        rsa: "TLS_RSA_WITH_RC4_128_SHA", ec: None, exchange: Rsa, reach: Completed, weights: (0, 1) },
    FlavourSpec { flavour: F::OwnSsl2, word: "own-ssl2", made_by: Own, version: "SSL 2",
        rsa: "", ec: None, exchange: Rsa, reach: Heard, weights: (0, 2) },
];

const AES128_GCM: &str = "TLS_AES_128_GCM_SHA256";
const AES256_GCM: &str = "TLS_AES_256_GCM_SHA384";
const CHACHA20: &str = "TLS_CHACHA20_POLY1305_SHA256";

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn words_are_distinct_and_every_server_is_dealt_somewhere() {
        let words: BTreeSet<_> = FLAVOURS.iter().map(|spec| spec.word).collect();
        assert_eq!(words.len(), FLAVOURS.len());
        for spec in FLAVOURS {
            assert!(spec.weights.0 + spec.weights.1 > 0, "{}", spec.word);
            assert!(spec.weights.0 == 0 || spec.reach == Completed, "{} is healthy", spec.word);
        }
    }

    #[test]
    fn suites_and_key_exchanges_agree() {
        for spec in FLAVOURS {
            let kinds = match spec.exchange {
                _ if spec.version == "TLS 1.3" => ["TLS_AES_", "TLS_CHACHA20_"],
                Curve(_) => ["TLS_ECDHE_", "TLS_ECDH_anon_"],
                In(_) => ["TLS_DHE_", "TLS_DH_anon_"],
                _ if spec.version == "SSL 2" => continue,
                Rsa => ["TLS_RSA_WITH_", "TLS_RSA_EXPORT_WITH_"],
                Shared(_) => ["TLS_PSK_", "TLS_SRP_"],
                Hybrid(_) | NamedField(..) => panic!("{}: only TLS 1.3 has it", spec.word),
            };
            for suite in [Some(spec.rsa), spec.ec].into_iter().flatten() {
                assert!(kinds.iter().any(|kind| suite.starts_with(kind)), "{}", spec.word);
            }
        }
    }
}
