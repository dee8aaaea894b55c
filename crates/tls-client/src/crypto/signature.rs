//! Whether the server's signature over the handshake is its key's: good, bad, or not checked and why.

use aws_lc_rs::signature;
use aws_lc_rs::signature::ParsedPublicKey;
use aws_lc_rs::signature::RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY as RSA_SHA1;
use aws_lc_rs::signature::RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY as RSA_SHA256;
use aws_lc_rs::signature::RSA_PKCS1_1024_8192_SHA512_FOR_LEGACY_USE_ONLY as RSA_SHA512;
use aws_lc_rs::signature::RSA_PKCS1_2048_8192_SHA384 as RSA_SHA384;
use aws_lc_rs::signature::RSA_PSS_2048_8192_SHA256 as RSA_PSS_SHA256;
use aws_lc_rs::signature::RSA_PSS_2048_8192_SHA384 as RSA_PSS_SHA384;
use aws_lc_rs::signature::RSA_PSS_2048_8192_SHA512 as RSA_PSS_SHA512;
use aws_lc_rs::signature::VerificationAlgorithm;
use tlscensus_tls_wire::observer::SignatureCheck;
use tlscensus_tls_wire::observer::Unchecked;
use tlscensus_tls_wire::registry::NamedGroup;
use tlscensus_tls_wire::registry::SignatureScheme;
use tlscensus_tls_wire::registry::SignatureScheme as S;

use crate::crypto::curve::Curve;
use crate::crypto::curve::verify_ed448;
use crate::crypto::der::DSA;
use crate::crypto::der::EC_PUBLIC_KEY;
use crate::crypto::der::ED448;
use crate::crypto::der::ED25519;
use crate::crypto::der::SubjectPublicKeyInfo;
use crate::crypto::der::signature_pair;
use crate::crypto::rsa::Encoding;
use crate::crypto::signature_hash::SignatureHash;

/// Judges `signature` over `message` by the key of `certificate`.
///
/// In TLS 1.2 an ECDSA scheme names the hash only, so the curve is the key's.
pub(crate) fn verify(
    certificate: &[u8],
    scheme: SignatureScheme,
    message: &[u8],
    signature: &[u8],
) -> SignatureCheck {
    let Some(key) = SubjectPublicKeyInfo::of_certificate(certificate) else {
        return NO_KEY;
    };
    match (key.algorithm, pair(scheme), scheme) {
        (RSA_ENCRYPTION | RSASSA_PSS, _, _) => match rsa_scheme(scheme) {
            Some((encoding, hash)) => verify_rsa(&key, encoding, hash, message, signature),
            None => UNSUPPORTED,
        },
        (EC_PUBLIC_KEY, Some((hash, ECDSA)), _) => verify_ecdsa(&key, hash, message, signature),
        (DSA, Some((hash, DSA_PAIR)), _) => verify_dsa(&key, hash, message, signature),
        (ED25519, _, S::ED25519) => by_library(&signature::ED25519, &key, message, signature),
        (ED448, _, S::ED448) => judged(verify_ed448(key.key, message, signature)),
        _ => UNSUPPORTED,
    }
}

/// The same before TLS 1.2, where the kind of key tells the scheme (RFC 4346, section 4.7;
/// RFC 8422, section 5.4).
pub(crate) fn verify_unnamed(
    certificate: &[u8],
    message: &[u8],
    signature: &[u8],
) -> SignatureCheck {
    let Some(key) = SubjectPublicKeyInfo::of_certificate(certificate) else {
        return NO_KEY;
    };
    match key.algorithm {
        RSA_ENCRYPTION => {
            verify_rsa(&key, Encoding::Pkcs1, SignatureHash::Md5Sha1, message, signature)
        }
        EC_PUBLIC_KEY => verify_ecdsa(&key, SignatureHash::Sha1, message, signature),
        DSA => verify_dsa(&key, SignatureHash::Sha1, message, signature),
        _ => UNSUPPORTED,
    }
}

/// By the library where it takes a key of this size, else by our own arithmetic.
fn verify_rsa(
    spki: &SubjectPublicKeyInfo<'_>,
    encoding: Encoding,
    hash: SignatureHash,
    message: &[u8],
    signature: &[u8],
) -> SignatureCheck {
    let Some(key) = spki.rsa() else {
        return NO_KEY;
    };
    if let Some(algorithm) = library_rsa(encoding, hash) {
        let takes = usize::try_from(algorithm.min_modulus_len()).unwrap_or(usize::MAX)
            ..=usize::try_from(algorithm.max_modulus_len()).unwrap_or(0);
        if takes.contains(&key.bits()) && algorithm.verify_sig(spki.key, message, signature).is_ok()
        {
            return SignatureCheck::Valid;
        }
    }
    // The library says no to odd keys as it does to bad signatures: our own arithmetic tells them apart.
    match key.verify(encoding, hash, message, signature) {
        Some(valid) => judged(Some(valid)),
        None => UNSUPPORTED,
    }
}

/// By the library where it has this curve with this hash, else by our own arithmetic.
fn verify_ecdsa(
    key: &SubjectPublicKeyInfo<'_>,
    hash: SignatureHash,
    message: &[u8],
    signature: &[u8],
) -> SignatureCheck {
    let Some(group) = key.named_group() else {
        return UNSUPPORTED;
    };
    if let Some(algorithm) = library_ecdsa(group, hash) {
        return by_library(algorithm, key, message, signature);
    }
    let Some(curve) = Curve::of(group) else {
        return UNSUPPORTED;
    };
    let (r, s) = signature_pair(signature).unwrap_or_default();
    judged(curve.verify(key.key, &hash.of(message), r, s))
}

fn verify_dsa(
    key: &SubjectPublicKeyInfo<'_>,
    hash: SignatureHash,
    message: &[u8],
    signature: &[u8],
) -> SignatureCheck {
    let (r, s) = signature_pair(signature).unwrap_or_default();
    judged(key.dsa().and_then(|key| key.verify(&hash.of(message), r, s)))
}

fn by_library(
    algorithm: &'static dyn VerificationAlgorithm,
    key: &SubjectPublicKeyInfo<'_>,
    message: &[u8],
    signature: &[u8],
) -> SignatureCheck {
    if algorithm.verify_sig(key.der, message, signature).is_ok() {
        return SignatureCheck::Valid;
    }
    // A point that is none says nothing about the signature.
    judged(ParsedPublicKey::new(algorithm, key.der).is_ok().then_some(false))
}

/// `None` stands for a key that is none.
fn judged(valid: Option<bool>) -> SignatureCheck {
    match valid {
        Some(true) => SignatureCheck::Valid,
        Some(false) => SignatureCheck::Invalid,
        None => NO_KEY,
    }
}

/// The hash of a scheme, and the registry's number of its algorithm as it was in TLS 1.2
/// (RFC 5246, section 7.4.1.4.1).
fn pair(scheme: SignatureScheme) -> Option<(SignatureHash, u8)> {
    let hash = match scheme {
        S::ECDSA_BRAINPOOLP256R1TLS13_SHA256 => return Some((SignatureHash::Sha256, ECDSA)),
        S::ECDSA_BRAINPOOLP384R1TLS13_SHA384 => return Some((SignatureHash::Sha384, ECDSA)),
        S::ECDSA_BRAINPOOLP512R1TLS13_SHA512 => return Some((SignatureHash::Sha512, ECDSA)),
        SignatureScheme(0x0100..=0x01ff) => SignatureHash::Md5,
        SignatureScheme(0x0200..=0x02ff) => SignatureHash::Sha1,
        SignatureScheme(0x0300..=0x03ff) => SignatureHash::Sha224,
        SignatureScheme(0x0400..=0x04ff) => SignatureHash::Sha256,
        SignatureScheme(0x0500..=0x05ff) => SignatureHash::Sha384,
        SignatureScheme(0x0600..=0x06ff) => SignatureHash::Sha512,
        _ => return None,
    };
    let [_, algorithm] = scheme.0.to_be_bytes();
    Some((hash, algorithm))
}

fn rsa_scheme(scheme: SignatureScheme) -> Option<(Encoding, SignatureHash)> {
    Some(match scheme {
        S::RSA_PSS_RSAE_SHA256 | S::RSA_PSS_PSS_SHA256 => (Encoding::Pss, SignatureHash::Sha256),
        S::RSA_PSS_RSAE_SHA384 | S::RSA_PSS_PSS_SHA384 => (Encoding::Pss, SignatureHash::Sha384),
        S::RSA_PSS_RSAE_SHA512 | S::RSA_PSS_PSS_SHA512 => (Encoding::Pss, SignatureHash::Sha512),
        other => match pair(other)? {
            (hash, RSA) => (Encoding::Pkcs1, hash),
            _ => return None,
        },
    })
}

fn library_rsa(
    encoding: Encoding,
    hash: SignatureHash,
) -> Option<&'static signature::RsaParameters> {
    Some(match (encoding, hash) {
        (Encoding::Pkcs1, SignatureHash::Sha1) => &RSA_SHA1,
        (Encoding::Pkcs1, SignatureHash::Sha256) => &RSA_SHA256,
        (Encoding::Pkcs1, SignatureHash::Sha384) => &RSA_SHA384,
        (Encoding::Pkcs1, SignatureHash::Sha512) => &RSA_SHA512,
        (Encoding::Pss, SignatureHash::Sha256) => &RSA_PSS_SHA256,
        (Encoding::Pss, SignatureHash::Sha384) => &RSA_PSS_SHA384,
        (Encoding::Pss, SignatureHash::Sha512) => &RSA_PSS_SHA512,
        _ => return None,
    })
}

fn library_ecdsa(
    group: NamedGroup,
    hash: SignatureHash,
) -> Option<&'static dyn VerificationAlgorithm> {
    use SignatureHash as H;
    Some(match (group, hash) {
        (NamedGroup::SECP256R1, H::Sha1) => &signature::ECDSA_P256_SHA1_ASN1,
        (NamedGroup::SECP256R1, H::Sha256) => &signature::ECDSA_P256_SHA256_ASN1,
        (NamedGroup::SECP256R1, H::Sha384) => &signature::ECDSA_P256_SHA384_ASN1,
        (NamedGroup::SECP256R1, H::Sha512) => &signature::ECDSA_P256_SHA512_ASN1,
        (NamedGroup::SECP384R1, H::Sha256) => &signature::ECDSA_P384_SHA256_ASN1,
        (NamedGroup::SECP384R1, H::Sha384) => &signature::ECDSA_P384_SHA384_ASN1,
        (NamedGroup::SECP384R1, H::Sha512) => &signature::ECDSA_P384_SHA512_ASN1,
        (NamedGroup::SECP521R1, H::Sha1) => &signature::ECDSA_P521_SHA1_ASN1,
        (NamedGroup::SECP521R1, H::Sha256) => &signature::ECDSA_P521_SHA256_ASN1,
        (NamedGroup::SECP521R1, H::Sha384) => &signature::ECDSA_P521_SHA384_ASN1,
        (NamedGroup::SECP521R1, H::Sha512) => &signature::ECDSA_P521_SHA512_ASN1,
        (NamedGroup::SECP256K1, H::Sha256) => &signature::ECDSA_P256K1_SHA256_ASN1,
        _ => return None,
    })
}

const NO_KEY: SignatureCheck = SignatureCheck::Unchecked(Unchecked::NoKey);
const UNSUPPORTED: SignatureCheck = SignatureCheck::Unchecked(Unchecked::UnsupportedScheme);
const RSA: u8 = 1;
const DSA_PAIR: u8 = 2;
const ECDSA: u8 = 3;
/// 1.2.840.113549.1.1.1
pub(crate) const RSA_ENCRYPTION: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
/// 1.2.840.113549.1.1.10
const RSASSA_PSS: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0a];

#[cfg(test)]
mod tests {
    use openssl::asn1::Asn1Time;
    use openssl::bn::BigNum;
    use openssl::dsa::Dsa;
    use openssl::ec::EcGroup;
    use openssl::ec::EcKey;
    use openssl::hash::MessageDigest;
    use openssl::nid::Nid;
    use openssl::pkey::PKey;
    use openssl::pkey::Private;
    use openssl::rsa::Padding;
    use openssl::rsa::Rsa;
    use openssl::sign::RsaPssSaltlen;
    use openssl::sign::Signer;
    use openssl::x509::X509;
    use openssl::x509::X509NameBuilder;

    use super::*;

    fn certificate(key: &PKey<Private>) -> Vec<u8> {
        let mut name = X509NameBuilder::new().expect("a name");
        name.append_entry_by_text("CN", "host.example").expect("an entry");
        let name = name.build();
        let mut builder = X509::builder().expect("a builder");
        let serial = BigNum::from_u32(1).and_then(|n| n.to_asn1_integer());
        builder.set_serial_number(&serial.expect("a serial")).expect("set");
        builder.set_subject_name(&name).expect("set");
        builder.set_issuer_name(&name).expect("set");
        builder.set_pubkey(key).expect("set");
        let now = Asn1Time::days_from_now(0).expect("a time");
        builder.set_not_before(&now).expect("set");
        builder.set_not_after(&now).expect("set");
        let signer = ec(Nid::X9_62_PRIME256V1);
        builder.sign(&signer, MessageDigest::sha256()).expect("signs");
        builder.build().to_der().expect("encodes")
    }

    fn sign(key: &PKey<Private>, scheme: u16, message: &[u8]) -> Vec<u8> {
        let hash = match scheme {
            0x0804 => MessageDigest::sha256(),
            0x0805 => MessageDigest::sha384(),
            0x0806 => MessageDigest::sha512(),
            0x081a => MessageDigest::sha256(),
            0x081b => MessageDigest::sha384(),
            0x081c => MessageDigest::sha512(),
            0x0807 | 0x0808 => {
                let mut signer = Signer::new_without_digest(key).expect("a signer");
                return signer.sign_oneshot_to_vec(message).expect("signs");
            }
            _ => match scheme >> 8 {
                0 => MessageDigest::from_name("MD5-SHA1").expect("built in"),
                1 => MessageDigest::md5(),
                2 => MessageDigest::sha1(),
                3 => MessageDigest::sha224(),
                4 => MessageDigest::sha256(),
                5 => MessageDigest::sha384(),
                _ => MessageDigest::sha512(),
            },
        };
        let mut signer = Signer::new(hash, key).expect("a signer");
        if (0x0804..=0x0806).contains(&scheme) {
            signer.set_rsa_padding(Padding::PKCS1_PSS).expect("set");
            signer.set_rsa_pss_saltlen(RsaPssSaltlen::DIGEST_LENGTH).expect("set");
        }
        signer.sign_oneshot_to_vec(message).expect("signs")
    }

    fn rsa(bits: u32) -> PKey<Private> {
        PKey::from_rsa(Rsa::generate(bits).expect("a key")).expect("a key")
    }

    fn dsa(bits: u32) -> PKey<Private> {
        PKey::from_dsa(Dsa::generate(bits).expect("a key")).expect("a key")
    }

    fn ec(curve: Nid) -> PKey<Private> {
        let group = EcGroup::from_curve_name(curve).expect("a curve");
        PKey::from_ec_key(EcKey::generate(&group).expect("a key")).expect("a key")
    }

    #[test]
    fn signatures_of_another_library_are_judged() {
        let ed25519 = PKey::generate_ed25519().expect("a key");
        let ed448 = PKey::generate_ed448().expect("a key");
        let ecdsa = vec![0x0103, 0x0203, 0x0303, 0x0403, 0x0503, 0x0603];
        let cases = [
            (
                rsa(2_048),
                vec![0x0101, 0x0201, 0x0301, 0x0401, 0x0501, 0x0601, 0x0804, 0x0805, 0x0806],
            ),
            (rsa(1_024), vec![0x0201, 0x0401, 0x0501, 0x0601, 0x0804, 0x0805]),
            (rsa(512), vec![0x0101, 0x0201, 0x0301, 0x0401]),
            (dsa(1_024), vec![0x0202, 0x0302, 0x0402, 0x0502, 0x0602]),
            (dsa(512), vec![0x0202]),
            (ec(Nid::X9_62_PRIME256V1), ecdsa.clone()),
            (ec(Nid::SECP384R1), ecdsa.clone()),
            (ec(Nid::SECP521R1), ecdsa.clone()),
            (ec(Nid::SECP256K1), ecdsa.clone()),
            (ec(Nid::SECP224R1), ecdsa),
            (ec(Nid::BRAINPOOL_P256R1), vec![0x0403, 0x081a]),
            (ec(Nid::BRAINPOOL_P384R1), vec![0x0503, 0x081b]),
            (ec(Nid::BRAINPOOL_P512R1), vec![0x0603, 0x081c]),
            (ed25519, vec![0x0807]),
            (ed448, vec![0x0808]),
        ];
        for (key, schemes) in cases {
            let certificate = certificate(&key);
            for scheme in schemes {
                let mut signature = sign(&key, scheme, b"message");
                let good = verify(&certificate, SignatureScheme(scheme), b"message", &signature);
                assert_eq!(good, SignatureCheck::Valid, "{scheme:04x}");
                let other = verify(&certificate, SignatureScheme(scheme), b"massage", &signature);
                assert_eq!(other, SignatureCheck::Invalid, "{scheme:04x}");
                if let Some(last) = signature.last_mut() {
                    *last ^= 1;
                }
                let tampered =
                    verify(&certificate, SignatureScheme(scheme), b"message", &signature);
                assert_eq!(tampered, SignatureCheck::Invalid, "{scheme:04x}");
            }
        }
    }

    #[test]
    fn before_tls_1_2_the_key_tells_the_scheme() {
        for (key, scheme) in [
            (rsa(1_024), 0x0001),
            (rsa(512), 0x0001),
            (dsa(1_024), 0x0202),
            (ec(Nid::X9_62_PRIME256V1), 0x0203),
            (ec(Nid::SECP384R1), 0x0203),
        ] {
            let certificate = certificate(&key);
            let signature = sign(&key, scheme, b"message");
            let good = verify_unnamed(&certificate, b"message", &signature);
            assert_eq!(good, SignatureCheck::Valid, "{scheme:04x}");
            let other = verify_unnamed(&certificate, b"massage", &signature);
            assert_eq!(other, SignatureCheck::Invalid, "{scheme:04x}");
            let none = verify_unnamed(&certificate, b"message", b"");
            assert_eq!(none, SignatureCheck::Invalid, "{scheme:04x}");
        }
        let ed25519 = certificate(&PKey::generate_ed25519().expect("a key"));
        assert_eq!(verify_unnamed(&ed25519, b"message", &[1; 64]), UNSUPPORTED);
        assert_eq!(verify_unnamed(b"no certificate", b"message", &[1; 64]), NO_KEY);
    }

    #[test]
    fn what_cannot_be_judged_says_why() {
        let small = certificate(&rsa(512));
        let curve = certificate(&ec(Nid::SECT233K1));
        let cases = [
            (&b"not a certificate"[..], 0x0401, Unchecked::NoKey),
            (&small, 0x0403, Unchecked::UnsupportedScheme),
            (&curve, 0x0403, Unchecked::UnsupportedScheme),
            (&small, 0xfafa, Unchecked::UnsupportedScheme),
        ];
        for (certificate, scheme, reason) in cases {
            let verdict = verify(certificate, SignatureScheme(scheme), b"message", b"signature");
            assert_eq!(verdict, SignatureCheck::Unchecked(reason), "{scheme:04x}");
        }
    }

    #[test]
    fn a_key_that_is_none_is_no_bad_signature() {
        let key = ec(Nid::X9_62_PRIME256V1);
        let mut off_the_curve = certificate(&key);
        let point = key.public_key_to_der().expect("encodes");
        flip_last_of(&mut off_the_curve, &point);
        let key = rsa(2_048);
        let modulus = key.rsa().expect("RSA").n().to_vec();
        let mut even_modulus = certificate(&key);
        flip_last_of(&mut even_modulus, &modulus);
        for (certificate, scheme, reason) in [
            (off_the_curve, 0x0403, Unchecked::NoKey),
            (even_modulus, 0x0804, Unchecked::UnsupportedScheme),
        ] {
            let verdict = verify(&certificate, SignatureScheme(scheme), b"message", &[1; 256]);
            assert_eq!(verdict, SignatureCheck::Unchecked(reason), "{scheme:04x}");
        }
    }

    /// Changes the last bit of the place where `part` stands.
    fn flip_last_of(whole: &mut [u8], part: &[u8]) {
        let start = whole.windows(part.len()).position(|window| window == part);
        let last = start.expect("it contains it") + part.len() - 1;
        whole[last] ^= 1;
    }
}
