//! The pseudorandom functions of SSL 3, TLS 1.0 and TLS 1.2 and what is derived with them
//! (RFC 6101, section 6; RFC 2246, sections 5 and 6.3; RFC 5246, section 5; RFC 7627).

use aws_lc_rs::tls_prf;
use tlscensus_tls_wire::registry::Version;

use crate::crypto::hash::Hash;
use crate::crypto::hash::HashOutput;
use crate::crypto::hash::LegacyTranscript;
use crate::crypto::hash::OldHash;
use crate::crypto::mac::HmacKey;
use crate::crypto::mac::Mac;

/// How a version before TLS 1.3 makes secrets out of secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Prf {
    /// Hashes in hashes, without labels.
    Ssl3,
    /// MD5 and SHA-1, each with half of the secret: TLS 1.0 and 1.1.
    Tls10,
    /// The suite's hash.
    Tls12(Hash),
}

/// The public values of both sides.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Randoms {
    pub(crate) client: [u8; 32],
    pub(crate) server: [u8; 32],
}

/// Client or server, where a derivation tells them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Party {
    Client,
    Server,
}

impl Randoms {
    fn client_first(&self) -> Vec<u8> {
        [self.client, self.server].concat()
    }

    fn server_first(&self) -> Vec<u8> {
        [self.server, self.client].concat()
    }
}

impl Prf {
    /// That of a version; `hash` is the suite's.
    pub(crate) fn of(version: Version, hash: Hash) -> Self {
        match version {
            Version::SSL_3 => Self::Ssl3,
            Version::TLS_1_0 | Version::TLS_1_1 => Self::Tls10,
            _ => Self::Tls12(hash),
        }
    }

    /// The hash of the transcript, where it is one alone.
    pub(crate) fn hash(self) -> Option<Hash> {
        match self {
            Self::Ssl3 | Self::Tls10 => None,
            Self::Tls12(hash) => Some(hash),
        }
    }

    /// The key that is used where suites for export have only `key` in the key block, and how long it is.
    pub(crate) fn export_key(
        self,
        party: Party,
        key: &[u8],
        randoms: &Randoms,
        length: usize,
    ) -> Vec<u8> {
        match (self, party) {
            (Self::Ssl3, Party::Client) => ssl3_export(&[key, &randoms.client_first()], length),
            (Self::Ssl3, Party::Server) => ssl3_export(&[key, &randoms.server_first()], length),
            (_, Party::Client) => {
                self.expand(key, b"client write key", &randoms.client_first(), length)
            }
            (_, Party::Server) => {
                self.expand(key, b"server write key", &randoms.client_first(), length)
            }
        }
    }

    /// The IV that suites for export do not take from the key block: nothing secret is in it.
    pub(crate) fn export_iv(self, party: Party, randoms: &Randoms, length: usize) -> Vec<u8> {
        match (self, party) {
            (Self::Ssl3, Party::Client) => ssl3_export(&[&randoms.client_first()], length),
            (Self::Ssl3, Party::Server) => ssl3_export(&[&randoms.server_first()], length),
            (_, party) => {
                let mut block = self.expand(b"", b"IV block", &randoms.client_first(), 2 * length);
                let server = block.split_off(length);
                if party == Party::Client { block } else { server }
            }
        }
    }

    /// The function itself. SSL 3 has no labels and gives the first bytes of 416 at most.
    fn expand(self, secret: &[u8], label: &[u8], seed: &[u8], length: usize) -> Vec<u8> {
        match self {
            Self::Ssl3 => ssl3_expand(secret, seed, length),
            Self::Tls10 => tls10_expand(secret, &[label, seed].concat(), length),
            Self::Tls12(hash) => tls12_expand(hash, secret, label, seed, length),
        }
    }
}

/// The master secret of a connection before TLS 1.3, with the function that goes on from it.
#[derive(Clone)]
pub(crate) struct MasterSecret {
    prf: Prf,
    secret: [u8; MASTER_SECRET_LEN],
}

impl MasterSecret {
    /// From the premaster secret and both randoms.
    pub(crate) fn new(prf: Prf, premaster: &[u8], randoms: &Randoms) -> Self {
        Self::derive(prf, premaster, b"master secret", &randoms.client_first())
    }

    /// From the premaster secret and the session hash, where extended_master_secret was negotiated.
    pub(crate) fn extended(prf: Prf, premaster: &[u8], session_hash: &[u8]) -> Self {
        Self::derive(prf, premaster, b"extended master secret", session_hash)
    }

    /// `length` bytes of key material.
    pub(crate) fn key_block(&self, randoms: &Randoms, length: usize) -> Vec<u8> {
        self.prf.expand(&self.secret, b"key expansion", &randoms.server_first(), length)
    }

    /// The body of a Finished message.
    pub(crate) fn verify_data(&self, party: Party, transcript: &LegacyTranscript) -> Vec<u8> {
        let (label, sender): (&[u8], _) = match party {
            Party::Client => (b"client finished", b"CLNT"),
            Party::Server => (b"server finished", b"SRVR"),
        };
        if let (Prf::Ssl3, LegacyTranscript::Md5Sha1(both)) = (self.prf, transcript) {
            return both.ssl3_finished(sender, &self.secret).as_ref().to_vec();
        }
        let transcript = transcript.current();
        self.prf.expand(&self.secret, label, transcript.as_ref(), VERIFY_DATA_LEN)
    }

    fn derive(prf: Prf, premaster: &[u8], label: &[u8], seed: &[u8]) -> Self {
        let secret = prf.expand(premaster, label, seed, MASTER_SECRET_LEN);
        Self { prf, secret: secret.try_into().expect("as long as was asked for") }
    }
}

/// MD5 over the secret and SHA-1 over `A`, `BB`, `CCC` and so on, the secret and the seed.
fn ssl3_expand(secret: &[u8], seed: &[u8], length: usize) -> Vec<u8> {
    let mut output = Vec::with_capacity(length + 16);
    for (letter, count) in (b'A'..=b'Z').zip(1..) {
        if output.len() >= length {
            break;
        }
        let letters = vec![letter; count];
        let inner = OldHash::Sha1.of(&[&letters, secret, seed]);
        output.extend_from_slice(OldHash::Md5.of(&[secret, inner.as_ref()]).as_ref());
    }
    output.truncate(length);
    output
}

fn ssl3_export(parts: &[&[u8]], length: usize) -> Vec<u8> {
    let hash = OldHash::Md5.of(parts);
    hash.as_ref().get(..length).expect("no export cipher has a longer key").to_vec()
}

fn tls10_expand(secret: &[u8], seed: &[u8], length: usize) -> Vec<u8> {
    // Where the length is odd, the byte in the middle belongs to both halves.
    let half = secret.len().div_ceil(2);
    let (first, _) = secret.split_at(half);
    let (_, second) = secret.split_at(secret.len() - half);
    let mut output = data_expansion(&HmacKey::new(Mac::Md5, first), seed, length);
    let mask = data_expansion(&HmacKey::new(Mac::Sha1, second), seed, length);
    output.iter_mut().zip(mask).for_each(|(byte, mask)| *byte ^= mask);
    output
}

/// P_hash (RFC 5246, section 5).
fn data_expansion(key: &HmacKey, seed: &[u8], length: usize) -> Vec<u8> {
    let mut output = Vec::with_capacity(length + 20);
    let mut a: HashOutput = key.sign(&[seed]);
    while output.len() < length {
        output.extend_from_slice(key.sign(&[a.as_ref(), seed]).as_ref());
        a = key.sign(&[a.as_ref()]);
    }
    output.truncate(length);
    output
}

fn tls12_expand(hash: Hash, secret: &[u8], label: &[u8], seed: &[u8], length: usize) -> Vec<u8> {
    if secret.is_empty() {
        // The library takes none; servers that kept export in TLS 1.2 make the IVs out of nothing, as TLS 1.0 did.
        let mac = match hash {
            Hash::Sha256 => Mac::Sha256,
            Hash::Sha384 => Mac::Sha384,
        };
        return data_expansion(&HmacKey::new(mac, secret), &[label, seed].concat(), length);
    }
    let algorithm = match hash {
        Hash::Sha256 => &tls_prf::P_SHA256,
        Hash::Sha384 => &tls_prf::P_SHA384,
    };
    let output = tls_prf::Secret::new(algorithm, secret)
        .and_then(|secret| secret.derive(label, seed, length))
        .expect("the PRF takes any secret that is not empty");
    output.as_ref().to_vec()
}

const MASTER_SECRET_LEN: usize = 48;
const VERIFY_DATA_LEN: usize = 12;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::hex;

    /// The vectors the TLS working group's list uses for the PRF of 1.2 (“Test vectors for TLS 1.2 PRF”, 2009).
    #[test]
    fn the_prf_gives_the_working_groups_vectors() {
        let cases = [
            (
                Hash::Sha256,
                "9bbe436ba940f017b17652849a71db35",
                "a0ba9f936cda311827a6f796ffd5198c",
                "e3f229ba727be17b8d122620557cd453c2aab21d07c3d495329b52d4e61edb5a\
                 6b301791e90d35c9c9a46b4e14baf9af0fa022f7077def17abfd3797c0564bab\
                 4fbc91666e9def9b97fce34f796789baa48082d122ee42c5a72e5a5110fff701\
                 87347b66",
            ),
            (
                Hash::Sha384,
                "b80b733d6ceefcdc71566ea48e5567df",
                "cd665cf6a8447dd6ff8b27555edb7465",
                "7b0c18e9ced410ed1804f2cfa34a336a1c14dffb4900bb5fd7942107e81c83cd\
                 e9ca0faa60be9fe34f82b1233c9146a0e534cb400fed2700884f9dc236f80edd\
                 8bfa961144c9e8d792eca722a7b32fc3d416d473ebc2c5fd4abfdad05d918425\
                 9b5bf8cd4d90fa0d31e2dec479e4f1a26066f2eea9a69236a3e52655c9e9aee6\
                 91c8f3a26854308d5eaa3be85e0990703d73e56f",
            ),
        ];
        for (hash, secret, seed, expected) in cases {
            let expected = hex(expected);
            let prf = Prf::Tls12(hash);
            let output = prf.expand(&hex(secret), b"test label", &hex(seed), expected.len());
            assert_eq!(output, expected, "{hash:?}");
        }
    }

    /// NIST's vectors for the PRF of TLS 1.0 and 1.1, as OpenSSL's evpkdf_tls11_prf.txt has them.
    #[test]
    fn tls10_gives_the_vectors_of_nist() {
        let array = |text| hex(text).try_into().expect("32 bytes");
        let premaster = "bded7fa5c1699c010be23dd06ada3a48349f21e5f86263d512c0c5cc379f0e78\
                         0ec55d9844b2f1db02a96453513568d0";
        let randoms = Randoms {
            client: array("e5acaf549cd25c22d964c0d930fa4b5261d2507fad84c33715b7b9a864020693"),
            server: array("135e4d557fdf3aa6406d82975d5c606a9734c9334b42136e96990fbd5358cdb2"),
        };
        let master = MasterSecret::new(Prf::Tls10, &hex(premaster), &randoms);
        let expected = "2f6962dfbc744c4b2138bb6b3d33054c5ecc14f24851d9896395a44ab3964efc\
                        2090c5bf51a0891209f46c1e1e998f62";
        assert_eq!(master.secret[..], hex(expected));

        let randoms = Randoms {
            client: array("d58a7b1cd4fedaa232159df652ce188f9d997e061b9bf48e83b62990440931f6"),
            server: array("67267e650eb32444119d222a368c191af3082888dc35afe8368e638c828874be"),
        };
        let expected = "3088825988e77fce68d19f756e18e43eb7fe672433504feaf99b3c503d9091b1\
                        64f166db301d70c9fc0870b4a94563907bee1a61fb786cb717576890bcc51cb9\
                        ead97e01d0a2fea99c953377b195205ff07b369589178796edc963fd80fdbe51\
                        8a2fc1c35c18ae8d";
        assert_eq!(master.key_block(&randoms, 104), hex(expected));
    }

    #[test]
    fn an_odd_secret_shares_its_middle_byte() {
        let odd = tls10_expand(b"abc", b"seed", 20);
        let first = data_expansion(&HmacKey::new(Mac::Md5, b"ab"), b"seed", 20);
        let second = data_expansion(&HmacKey::new(Mac::Sha1, b"bc"), b"seed", 20);
        let both: Vec<u8> = first.iter().zip(&second).map(|(a, b)| a ^ b).collect();
        assert_eq!(odd, both);
    }
}
