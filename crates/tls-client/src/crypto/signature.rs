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
use tlscensus_tls_wire::registry::SignatureScheme;
use tlscensus_tls_wire::registry::SignatureScheme as S;

use crate::crypto::der::SubjectPublicKeyInfo;
use crate::crypto::rsa::Encoding;
use crate::crypto::rsa::SignatureHash;

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
        return SignatureCheck::Unchecked(Unchecked::NoKey);
    };
    if matches!(key.algorithm, RSA_ENCRYPTION | RSASSA_PSS) {
        return verify_rsa(&key, scheme, message, signature);
    }
    let algorithm: &'static dyn VerificationAlgorithm = match scheme {
        S::ED25519 if key.algorithm == ED25519 => &signature::ED25519,
        _ if key.algorithm == EC_PUBLIC_KEY => match ecdsa(key.curve, scheme) {
            Some(algorithm) => algorithm,
            None => return SignatureCheck::Unchecked(Unchecked::UnsupportedScheme),
        },
        _ => return SignatureCheck::Unchecked(Unchecked::UnsupportedScheme),
    };
    if algorithm.verify_sig(key.der, message, signature).is_ok() {
        return SignatureCheck::Valid;
    }
    // A point that is none says nothing about the signature.
    match ParsedPublicKey::new(algorithm, key.der) {
        Ok(_) => SignatureCheck::Invalid,
        Err(_) => SignatureCheck::Unchecked(Unchecked::NoKey),
    }
}

fn check(valid: bool) -> SignatureCheck {
    match valid {
        true => SignatureCheck::Valid,
        false => SignatureCheck::Invalid,
    }
}

/// By the library where it takes a key of this size, else by our own arithmetic.
fn verify_rsa(
    spki: &SubjectPublicKeyInfo<'_>,
    scheme: SignatureScheme,
    message: &[u8],
    signature: &[u8],
) -> SignatureCheck {
    let Some(key) = spki.rsa() else {
        return SignatureCheck::Unchecked(Unchecked::NoKey);
    };
    let (algorithm, encoding, hash): (&signature::RsaParameters, _, _) = match scheme {
        S::RSA_PKCS1_SHA1 => (&RSA_SHA1, Encoding::Pkcs1, SignatureHash::Sha1),
        S::RSA_PKCS1_SHA256 => (&RSA_SHA256, Encoding::Pkcs1, SignatureHash::Sha256),
        S::RSA_PKCS1_SHA384 => (&RSA_SHA384, Encoding::Pkcs1, SignatureHash::Sha384),
        S::RSA_PKCS1_SHA512 => (&RSA_SHA512, Encoding::Pkcs1, SignatureHash::Sha512),
        S::RSA_PSS_RSAE_SHA256 | S::RSA_PSS_PSS_SHA256 => {
            (&RSA_PSS_SHA256, Encoding::Pss, SignatureHash::Sha256)
        }
        S::RSA_PSS_RSAE_SHA384 | S::RSA_PSS_PSS_SHA384 => {
            (&RSA_PSS_SHA384, Encoding::Pss, SignatureHash::Sha384)
        }
        S::RSA_PSS_RSAE_SHA512 | S::RSA_PSS_PSS_SHA512 => {
            (&RSA_PSS_SHA512, Encoding::Pss, SignatureHash::Sha512)
        }
        _ => return SignatureCheck::Unchecked(Unchecked::UnsupportedScheme),
    };
    let library_takes = usize::try_from(algorithm.min_modulus_len()).unwrap_or(usize::MAX)
        ..=usize::try_from(algorithm.max_modulus_len()).unwrap_or(0);
    let by_library = library_takes.contains(&key.bits());
    if by_library && algorithm.verify_sig(spki.key, message, signature).is_ok() {
        return SignatureCheck::Valid;
    }
    // The library says no to odd keys as it does to bad signatures: our own arithmetic tells them apart.
    match key.verify(encoding, hash, message, signature) {
        Some(valid) => check(valid),
        None => SignatureCheck::Unchecked(Unchecked::UnsupportedScheme),
    }
}

fn ecdsa(curve: &[u8], scheme: SignatureScheme) -> Option<&'static dyn VerificationAlgorithm> {
    Some(match (curve, scheme) {
        (SECP256R1, S::ECDSA_SHA1) => &signature::ECDSA_P256_SHA1_ASN1,
        (SECP256R1, S::ECDSA_SECP256R1_SHA256) => &signature::ECDSA_P256_SHA256_ASN1,
        (SECP256R1, S::ECDSA_SECP384R1_SHA384) => &signature::ECDSA_P256_SHA384_ASN1,
        (SECP256R1, S::ECDSA_SECP521R1_SHA512) => &signature::ECDSA_P256_SHA512_ASN1,
        (SECP384R1, S::ECDSA_SECP256R1_SHA256) => &signature::ECDSA_P384_SHA256_ASN1,
        (SECP384R1, S::ECDSA_SECP384R1_SHA384) => &signature::ECDSA_P384_SHA384_ASN1,
        (SECP384R1, S::ECDSA_SECP521R1_SHA512) => &signature::ECDSA_P384_SHA512_ASN1,
        (SECP521R1, S::ECDSA_SHA1) => &signature::ECDSA_P521_SHA1_ASN1,
        (SECP521R1, S::ECDSA_SECP256R1_SHA256) => &signature::ECDSA_P521_SHA256_ASN1,
        (SECP521R1, S::ECDSA_SECP384R1_SHA384) => &signature::ECDSA_P521_SHA384_ASN1,
        (SECP521R1, S::ECDSA_SECP521R1_SHA512) => &signature::ECDSA_P521_SHA512_ASN1,
        (SECP256K1, S::ECDSA_SECP256R1_SHA256) => &signature::ECDSA_P256K1_SHA256_ASN1,
        _ => return None,
    })
}

/// 1.2.840.10045.2.1
const EC_PUBLIC_KEY: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
/// 1.3.101.112
const ED25519: &[u8] = &[0x2b, 0x65, 0x70];
/// 1.2.840.113549.1.1.1
pub(crate) const RSA_ENCRYPTION: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
/// 1.2.840.113549.1.1.10
const RSASSA_PSS: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0a];
/// 1.3.132.0.10
const SECP256K1: &[u8] = &[0x2b, 0x81, 0x04, 0x00, 0x0a];
/// 1.2.840.10045.3.1.7
const SECP256R1: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
/// 1.3.132.0.34
const SECP384R1: &[u8] = &[0x2b, 0x81, 0x04, 0x00, 0x22];
/// 1.3.132.0.35
const SECP521R1: &[u8] = &[0x2b, 0x81, 0x04, 0x00, 0x23];

#[cfg(test)]
mod tests {
    use openssl::asn1::Asn1Time;
    use openssl::bn::BigNum;
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
            0x0807 => {
                let mut signer = Signer::new_without_digest(key).expect("a signer");
                return signer.sign_oneshot_to_vec(message).expect("signs");
            }
            _ => match scheme >> 8 {
                2 => MessageDigest::sha1(),
                4 => MessageDigest::sha256(),
                5 => MessageDigest::sha384(),
                _ => MessageDigest::sha512(),
            },
        };
        let mut signer = Signer::new(hash, key).expect("a signer");
        if scheme >> 8 == 8 {
            signer.set_rsa_padding(Padding::PKCS1_PSS).expect("set");
            signer.set_rsa_pss_saltlen(RsaPssSaltlen::DIGEST_LENGTH).expect("set");
        }
        signer.sign_oneshot_to_vec(message).expect("signs")
    }

    fn rsa(bits: u32) -> PKey<Private> {
        PKey::from_rsa(Rsa::generate(bits).expect("a key")).expect("a key")
    }

    fn ec(curve: Nid) -> PKey<Private> {
        let group = EcGroup::from_curve_name(curve).expect("a curve");
        PKey::from_ec_key(EcKey::generate(&group).expect("a key")).expect("a key")
    }

    #[test]
    fn signatures_of_another_library_are_judged() {
        let ed25519 = PKey::generate_ed25519().expect("a key");
        let cases = [
            (rsa(2_048), vec![0x0201, 0x0401, 0x0501, 0x0601, 0x0804, 0x0805, 0x0806]),
            (rsa(1_024), vec![0x0201, 0x0401, 0x0501, 0x0601, 0x0804, 0x0805]),
            (rsa(512), vec![0x0201, 0x0401]),
            (ec(Nid::X9_62_PRIME256V1), vec![0x0203, 0x0403, 0x0503, 0x0603]),
            (ec(Nid::SECP384R1), vec![0x0403, 0x0503, 0x0603]),
            (ec(Nid::SECP521R1), vec![0x0203, 0x0403, 0x0503, 0x0603]),
            (ec(Nid::SECP256K1), vec![0x0403]),
            (ed25519, vec![0x0807]),
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
    fn what_cannot_be_judged_says_why() {
        let small = certificate(&rsa(512));
        let curve = certificate(&ec(Nid::SECP224R1));
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
