//! The pseudorandom function of TLS 1.2 and what is derived with it
//! (RFC 5246, section 5, RFC 7627).

use aws_lc_rs::tls_prf;

use crate::crypto::hash::Hash;

/// The master secret of a TLS 1.2 connection, with the hash of its PRF.
pub(crate) struct MasterSecret {
    hash: Hash,
    secret: tls_prf::Secret,
}

/// Whose Finished message a verify_data belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FinishedLabel {
    Client,
    Server,
}

impl MasterSecret {
    /// From the premaster secret and both randoms.
    pub(crate) fn new(
        hash: Hash,
        premaster: &[u8],
        client_random: &[u8; 32],
        server_random: &[u8; 32],
    ) -> Self {
        let seed = [*client_random, *server_random].concat();
        Self::derive(hash, premaster, b"master secret", &seed)
    }

    /// From the premaster secret and the session hash, where extended_master_secret was negotiated.
    pub(crate) fn extended(hash: Hash, premaster: &[u8], session_hash: &[u8]) -> Self {
        Self::derive(hash, premaster, b"extended master secret", session_hash)
    }

    /// `length` bytes of key material.
    pub(crate) fn key_block(
        &self,
        client_random: &[u8; 32],
        server_random: &[u8; 32],
        length: usize,
    ) -> Vec<u8> {
        let seed = [*server_random, *client_random].concat();
        prf(self.hash, self.secret.as_ref(), b"key expansion", &seed, length).as_ref().to_vec()
    }

    /// The body of a Finished message.
    pub(crate) fn verify_data(&self, label: FinishedLabel, transcript: &[u8]) -> Vec<u8> {
        let label: &[u8] = match label {
            FinishedLabel::Client => b"client finished",
            FinishedLabel::Server => b"server finished",
        };
        prf(self.hash, self.secret.as_ref(), label, transcript, VERIFY_DATA_LEN).as_ref().to_vec()
    }

    fn derive(hash: Hash, premaster: &[u8], label: &[u8], seed: &[u8]) -> Self {
        Self { hash, secret: prf(hash, premaster, label, seed, MASTER_SECRET_LEN) }
    }
}

fn prf(hash: Hash, secret: &[u8], label: &[u8], seed: &[u8], length: usize) -> tls_prf::Secret {
    let algorithm = match hash {
        Hash::Sha256 => &tls_prf::P_SHA256,
        Hash::Sha384 => &tls_prf::P_SHA384,
    };
    tls_prf::Secret::new(algorithm, secret)
        .and_then(|secret| secret.derive(label, seed, length))
        .expect("the PRF takes any non-empty secret, and none of ours is empty")
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
            let output = prf(hash, &hex(secret), b"test label", &hex(seed), expected.len());
            assert_eq!(output.as_ref(), expected, "{hash:?}");
        }
    }
}
