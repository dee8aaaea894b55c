//! Message authentication: HMAC with every hash that suites name, and the concatenations that SSL 3 had before it. Not in
//! constant time: this client protects nobody's secrets.

use aws_lc_rs::hmac;
use md5::Digest;
use md5::Md5;

use crate::crypto::hash::HashOutput;
use crate::crypto::hash::OldHash;

/// The hash in the MAC of a suite.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mac {
    Md5,
    Sha1,
    Sha256,
    Sha384,
}

impl Mac {
    pub(crate) fn len(self) -> usize {
        match self {
            Self::Md5 => 16,
            Self::Sha1 => 20,
            Self::Sha256 => 32,
            Self::Sha384 => 48,
        }
    }

    /// The hash, where it is one that SSL 3 knew.
    pub(crate) fn old_hash(self) -> Option<OldHash> {
        match self {
            Self::Md5 => Some(OldHash::Md5),
            Self::Sha1 => Some(OldHash::Sha1),
            Self::Sha256 | Self::Sha384 => None,
        }
    }
}

/// A key of HMAC (RFC 2104).
#[expect(clippy::large_enum_variant, reason = "it lives no longer than a call")]
pub(crate) enum HmacKey {
    Library(hmac::Key),
    /// MD5 is not in the library: the hashes that have taken the padded keys.
    Md5 {
        inner: Md5,
        outer: Md5,
    },
}

impl HmacKey {
    pub(crate) fn new(mac: Mac, key: &[u8]) -> Self {
        let algorithm = match mac {
            Mac::Md5 => return Self::md5(key),
            Mac::Sha1 => hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
            Mac::Sha256 => hmac::HMAC_SHA256,
            Mac::Sha384 => hmac::HMAC_SHA384,
        };
        Self::Library(hmac::Key::new(algorithm, key))
    }

    fn md5(key: &[u8]) -> Self {
        let hashed = Md5::digest(key);
        let key = if key.len() > MD5_BLOCK_LEN { &hashed } else { key };
        let padded = |pad: u8| {
            let mut block = [pad; MD5_BLOCK_LEN];
            block.iter_mut().zip(key).for_each(|(byte, key)| *byte ^= key);
            Md5::new_with_prefix(block)
        };
        Self::Md5 { inner: padded(0x36), outer: padded(0x5c) }
    }

    /// The MAC over the concatenation of `parts`.
    pub(crate) fn sign(&self, parts: &[&[u8]]) -> HashOutput {
        match self {
            Self::Library(key) => {
                let mut context = hmac::Context::with_key(key);
                parts.iter().for_each(|part| context.update(part));
                HashOutput::new(&[context.sign().as_ref()])
            }
            Self::Md5 { inner, outer } => {
                let mut inner = inner.clone();
                parts.iter().for_each(|part| inner.update(part));
                let digest = outer.clone().chain_update(inner.finalize()).finalize();
                HashOutput::new(&[&digest])
            }
        }
    }
}

/// The MAC of SSL 3: a hash around a hash, with the secret and a pad before both (RFC 6101, section 5.2.3.1).
pub(crate) fn ssl3_mac(hash: OldHash, secret: &[u8], parts: &[&[u8]]) -> HashOutput {
    let inner = [&[secret, ssl3_pad(hash, SSL3_PAD_1)], parts].concat();
    hash.of(&[secret, ssl3_pad(hash, SSL3_PAD_2), hash.of(&inner).as_ref()])
}

/// As much of the pad as brings a secret of the usual length near a block of the hash.
pub(crate) fn ssl3_pad(hash: OldHash, pad: &'static [u8; 48]) -> &'static [u8] {
    match hash {
        OldHash::Md5 => pad,
        OldHash::Sha1 => &pad[..40],
    }
}

const MD5_BLOCK_LEN: usize = 64;
pub(crate) const SSL3_PAD_1: &[u8; 48] = &[0x36; 48];
pub(crate) const SSL3_PAD_2: &[u8; 48] = &[0x5c; 48];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::hex;

    /// RFC 2202, sections 2 and 3, and RFC 4231, section 4.3: test case 2; RFC 2202: test case 6, a key longer than a block.
    #[test]
    fn macs_give_the_vectors_of_their_rfcs() {
        let long_key = [0xaa; 80];
        let long = &b"Test Using Larger Than Block-Size Key - Hash Key First"[..];
        let jefe = &b"Jefe"[..];
        let question = &b"what do ya want for nothing?"[..];
        let cases = [
            (Mac::Md5, jefe, question, "750c783e6ab0b503eaa86e310a5db738"),
            (Mac::Md5, &long_key, long, "6b1ab7fe4bd7bf8f0b62e6ce61b9d0cd"),
            (Mac::Sha1, jefe, question, "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"),
            (Mac::Sha1, &long_key, long, "aa4ae5e15272d00e95705637ce8a3b55ed402112"),
            (
                Mac::Sha256,
                jefe,
                question,
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
            ),
            (
                Mac::Sha384,
                jefe,
                question,
                "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e\
                 8e2240ca5e69e2c78b3239ecfab21649",
            ),
        ];
        for (mac, key, data, expected) in cases {
            let (start, rest) = data.split_at(10);
            let tag = HmacKey::new(mac, key).sign(&[start, rest]);
            assert_eq!(tag.as_ref(), hex(expected), "{mac:?}");
            assert_eq!(mac.len(), tag.as_ref().len());
        }
    }
}
