//! RSA with any size of key: key transport, and signatures of keys that the library refuses
//! (RFC 8017).

use crate::crypto::modular;
use crate::crypto::random::Random;
use crate::crypto::signature_hash::SignatureHash;

/// A public key, as its certificate has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PublicKey<'a> {
    /// Big-endian, without leading zeros.
    pub(crate) modulus: &'a [u8],
    pub(crate) exponent: &'a [u8],
}

/// How a signature is encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    Pkcs1,
    Pss,
}

impl PublicKey<'_> {
    pub(crate) fn bits(&self) -> usize {
        let top = self.modulus.first().map_or(0, |byte| byte.leading_zeros());
        self.modulus.len() * 8 - usize::try_from(top).unwrap_or(0)
    }

    /// PKCS#1 v1.5 encryption; `None` where the key is too short for it or no key at all.
    pub(crate) fn encrypt(&self, plaintext: &[u8], random: &mut Random) -> Option<Vec<u8>> {
        let padding = self.modulus.len().checked_sub(plaintext.len() + 3)?;
        if padding < MIN_PADDING {
            return None;
        }
        let mut padding = vec![0; padding];
        random.fill(&mut padding);
        padding.iter_mut().filter(|byte| **byte == 0).for_each(|byte| *byte = 1);
        let block = [&[0, 2], padding.as_slice(), &[0], plaintext].concat();
        modular::power(&block, self.exponent, self.modulus)
    }

    /// Whether the signature is this key's; `None` where the key is beyond what we compute.
    pub(crate) fn verify(
        &self,
        encoding: Encoding,
        hash: SignatureHash,
        message: &[u8],
        signature: &[u8],
    ) -> Option<bool> {
        // One below the modulus tells whether this is a key to compute with.
        modular::power(&[1], self.exponent, self.modulus)?;
        let Some(block) = modular::power(signature, self.exponent, self.modulus) else {
            return Some(false);
        };
        let digest = hash.of(message);
        Some(match encoding {
            Encoding::Pkcs1 => is_pkcs1(&block, hash, &digest),
            Encoding::Pss => is_pss(&block, self.bits(), hash, &digest).is_some(),
        })
    }
}

/// RFC 8017, section 9.2.
fn is_pkcs1(block: &[u8], hash: SignatureHash, digest: &[u8]) -> bool {
    let info = [hash.digest_info(), digest].concat();
    let Some(padding) = block.len().checked_sub(info.len() + 3) else {
        return false;
    };
    padding >= MIN_PADDING
        && block == [&[0, 1], vec![0xff; padding].as_slice(), &[0], &info].concat()
}

/// RFC 8017, section 9.1.2, with a salt as long as the hash, which is all that TLS allows.
fn is_pss(block: &[u8], modulus_bits: usize, hash: SignatureHash, digest: &[u8]) -> Option<()> {
    let encoded_bits = modulus_bits.checked_sub(1)?;
    let encoded_len = encoded_bits.div_ceil(8);
    let (zeros, encoded) = block.split_at_checked(block.len().checked_sub(encoded_len)?)?;
    let (rest, trailer) = encoded.split_at_checked(encoded.len().checked_sub(1)?)?;
    let (masked, seed) = rest.split_at_checked(rest.len().checked_sub(digest.len())?)?;
    let unused_bits = 8 * encoded_len - encoded_bits;
    let unused_mask = u8::MAX.checked_shl(u32::try_from(8 - unused_bits).ok()?).unwrap_or(0);
    let clean = zeros.iter().all(|byte| *byte == 0) && masked.first()? & unused_mask == 0;
    if !clean || trailer != [0xbc] {
        return None;
    }
    let mut data = mask(hash, seed, masked.len());
    data.iter_mut().zip(masked).for_each(|(byte, masked)| *byte ^= masked);
    *data.first_mut()? &= !unused_mask;
    let (padding, salt) = data.split_at_checked(data.len().checked_sub(digest.len())?)?;
    let (one, padding) = padding.split_last()?;
    if *one != 1 || padding.iter().any(|byte| *byte != 0) {
        return None;
    }
    let expected = hash.of(&[&[0; 8], digest, salt].concat());
    (expected == seed).then_some(())
}

/// MGF1 (RFC 8017, appendix B.2.1).
fn mask(hash: SignatureHash, seed: &[u8], length: usize) -> Vec<u8> {
    let mut mask = Vec::new();
    let mut counter = 0_u32;
    while mask.len() < length {
        let block = [seed, &counter.to_be_bytes()].concat();
        mask.extend_from_slice(&hash.of(&block));
        counter += 1;
    }
    mask.truncate(length);
    mask
}

/// Padding bytes that PKCS#1 v1.5 asks for at least.
const MIN_PADDING: usize = 8;

#[cfg(test)]
mod tests {
    use openssl::hash::MessageDigest;
    use openssl::pkey::PKey;
    use openssl::rsa::Padding;
    use openssl::rsa::Rsa;
    use openssl::sign::RsaPssSaltlen;
    use openssl::sign::Signer;

    use super::*;

    #[test]
    fn signatures_of_another_library_are_judged_for_any_size_of_key() {
        let hashes = [
            (SignatureHash::Md5, MessageDigest::md5()),
            (SignatureHash::Md5Sha1, MessageDigest::from_name("MD5-SHA1").expect("built in")),
            (SignatureHash::Sha1, MessageDigest::sha1()),
            (SignatureHash::Sha224, MessageDigest::sha224()),
            (SignatureHash::Sha256, MessageDigest::sha256()),
            (SignatureHash::Sha384, MessageDigest::sha384()),
            (SignatureHash::Sha512, MessageDigest::sha512()),
        ];
        for bits in [512, 768, 1_023, 1_024, 1_025, 1_031, 2_048] {
            let private = Rsa::generate(bits).expect("a key");
            let (modulus, exponent) = (private.n().to_vec(), private.e().to_vec());
            let key = PublicKey { modulus: &modulus, exponent: &exponent };
            assert_eq!(key.bits(), usize::try_from(bits).expect("small"));
            let private = PKey::from_rsa(private).expect("a key");
            for (encoding, padding) in
                [(Encoding::Pkcs1, Padding::PKCS1), (Encoding::Pss, Padding::PKCS1_PSS)]
            {
                for (hash, message_digest) in hashes {
                    let mut signer = Signer::new(message_digest, &private).expect("a signer");
                    signer.set_rsa_padding(padding).expect("set");
                    if encoding == Encoding::Pss {
                        let length = RsaPssSaltlen::DIGEST_LENGTH;
                        signer.set_rsa_pss_saltlen(length).expect("set");
                    }
                    let Ok(mut signature) = signer.sign_oneshot_to_vec(b"message") else {
                        assert!(bits < 1_100, "only small keys have no room for some hashes");
                        continue;
                    };
                    let what = format!("{bits} {encoding:?} {hash:?}");
                    let good = key.verify(encoding, hash, b"message", &signature);
                    assert_eq!(good, Some(true), "{what}");
                    let other = key.verify(encoding, hash, b"massage", &signature);
                    assert_eq!(other, Some(false), "{what}");
                    signature[9] ^= 1;
                    let tampered = key.verify(encoding, hash, b"message", &signature);
                    assert_eq!(tampered, Some(false), "{what}");
                }
            }
        }
    }

    #[test]
    fn the_private_key_decrypts_what_was_encrypted() {
        for bits in [512, 1_024, 2_048] {
            let private = Rsa::generate(bits).expect("a key");
            let (modulus, exponent) = (private.n().to_vec(), private.e().to_vec());
            let key = PublicKey { modulus: &modulus, exponent: &exponent };
            let ciphertext = key.encrypt(&[7; 48], &mut Random::new()).expect("encrypts");
            let mut plaintext = vec![0; modulus.len()];
            let length = private
                .private_decrypt(&ciphertext, &mut plaintext, Padding::PKCS1)
                .expect("decrypts");
            assert_eq!(plaintext[..length], [7; 48]);
        }
    }

    #[test]
    fn what_is_no_key_encrypts_and_judges_nothing() {
        for (modulus, exponent) in [(&[][..], &[3][..]), (&[1], &[3]), (&[0xfe; 64], &[3])] {
            let key = PublicKey { modulus, exponent };
            assert_eq!(key.encrypt(&[7; 48], &mut Random::new()), None);
            let judged = key.verify(Encoding::Pss, SignatureHash::Sha256, b"message", &[1; 64]);
            assert_eq!(judged, None);
        }
    }
}
