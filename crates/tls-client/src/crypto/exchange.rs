//! Key agreement with keys that are made once and used for many probes.

use aws_lc_rs::agreement;
use aws_lc_rs::kem;
use tlscensus_tls_wire::registry::NamedGroup;

/// One private key of each group, with what is sent of it.
pub(crate) struct PrivateKeys {
    p256: Ecdh,
    p384: Ecdh,
    p521: Ecdh,
    x25519: Ecdh,
    ml_kem_768: MlKem,
    ml_kem_1024: MlKem,
    x25519_ml_kem_768: Vec<u8>,
    p256_ml_kem_768: Vec<u8>,
    p384_ml_kem_1024: Vec<u8>,
}

/// The peer's share is not one of this group, or the agreement has no valid result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BadShare;

impl PrivateKeys {
    pub(crate) fn generate() -> Self {
        let p256 = Ecdh::generate(&agreement::ECDH_P256);
        let p384 = Ecdh::generate(&agreement::ECDH_P384);
        let x25519 = Ecdh::generate(&agreement::X25519);
        let ml_kem_768 = MlKem::generate(&kem::ML_KEM_768);
        let ml_kem_1024 = MlKem::generate(&kem::ML_KEM_1024);
        Self {
            x25519_ml_kem_768: [&ml_kem_768.share[..], &x25519.share].concat(),
            p256_ml_kem_768: [&p256.share[..], &ml_kem_768.share].concat(),
            p384_ml_kem_1024: [&p384.share[..], &ml_kem_1024.share].concat(),
            p521: Ecdh::generate(&agreement::ECDH_P521),
            p256,
            p384,
            x25519,
            ml_kem_768,
            ml_kem_1024,
        }
    }

    /// What goes into a key share or a ClientKeyExchange; `None` for the groups we cannot compute in.
    pub(crate) fn share(&self, group: NamedGroup) -> Option<&[u8]> {
        Some(match group {
            NamedGroup::MLKEM768 => &self.ml_kem_768.share,
            NamedGroup::MLKEM1024 => &self.ml_kem_1024.share,
            NamedGroup::SECP256R1 => &self.p256.share,
            NamedGroup::SECP256R1MLKEM768 => &self.p256_ml_kem_768,
            NamedGroup::SECP384R1 => &self.p384.share,
            NamedGroup::SECP384R1MLKEM1024 => &self.p384_ml_kem_1024,
            NamedGroup::SECP521R1 => &self.p521.share,
            NamedGroup::X25519 => &self.x25519.share,
            NamedGroup::X25519MLKEM768 => &self.x25519_ml_kem_768,
            _ => return None,
        })
    }

    /// The shared secret with the peer's share. In hybrids both the shares and the secrets stand one behind the other,
    /// the curves of NIST before ML-KEM and X25519 behind it
    /// (draft-ietf-tls-ecdhe-mlkem).
    pub(crate) fn agree(&self, group: NamedGroup, peer: &[u8]) -> Result<Vec<u8>, BadShare> {
        match group {
            NamedGroup::MLKEM768 => self.ml_kem_768.agree(peer),
            NamedGroup::MLKEM1024 => self.ml_kem_1024.agree(peer),
            NamedGroup::SECP256R1 => self.p256.agree(peer),
            NamedGroup::SECP256R1MLKEM768 => both(&self.p256, &self.ml_kem_768, peer),
            NamedGroup::SECP384R1 => self.p384.agree(peer),
            NamedGroup::SECP384R1MLKEM1024 => both(&self.p384, &self.ml_kem_1024, peer),
            NamedGroup::SECP521R1 => self.p521.agree(peer),
            NamedGroup::X25519 => self.x25519.agree(peer),
            NamedGroup::X25519MLKEM768 => both(&self.ml_kem_768, &self.x25519, peer),
            _ => Err(BadShare),
        }
    }
}

/// One key of one plain group.
trait Agree {
    /// Bytes of the share that the peer sends back.
    fn peer_share_len(&self) -> usize;
    fn agree(&self, peer: &[u8]) -> Result<Vec<u8>, BadShare>;
}

fn both(first: &dyn Agree, second: &dyn Agree, peer: &[u8]) -> Result<Vec<u8>, BadShare> {
    let (for_first, for_second) = peer.split_at_checked(first.peer_share_len()).ok_or(BadShare)?;
    Ok([first.agree(for_first)?, second.agree(for_second)?].concat())
}

struct MlKem {
    key: kem::DecapsulationKey,
    share: Vec<u8>,
    ciphertext_len: usize,
}

impl MlKem {
    fn generate(algorithm: &'static kem::Algorithm) -> Self {
        let key = kem::DecapsulationKey::generate(algorithm).expect("the library makes keys");
        let share = key
            .encapsulation_key()
            .and_then(|key| key.key_bytes())
            .expect("a key pair has a public half")
            .as_ref()
            .to_vec();
        let ciphertext_len = match algorithm.id() {
            kem::AlgorithmId::MlKem1024 => 1_568,
            _ => 1_088,
        };
        Self { key, share, ciphertext_len }
    }
}

impl Agree for MlKem {
    fn peer_share_len(&self) -> usize {
        self.ciphertext_len
    }

    fn agree(&self, peer: &[u8]) -> Result<Vec<u8>, BadShare> {
        let secret = self.key.decapsulate(kem::Ciphertext::from(peer)).map_err(|_| BadShare)?;
        Ok(secret.as_ref().to_vec())
    }
}

struct Ecdh {
    key: agreement::PrivateKey,
    share: Vec<u8>,
}

impl Ecdh {
    fn generate(algorithm: &'static agreement::Algorithm) -> Self {
        let key = agreement::PrivateKey::generate(algorithm).expect("the library makes keys");
        let share =
            key.compute_public_key().expect("a key pair has a public half").as_ref().to_vec();
        Self { key, share }
    }
}

impl Agree for Ecdh {
    fn peer_share_len(&self) -> usize {
        self.share.len()
    }

    fn agree(&self, peer: &[u8]) -> Result<Vec<u8>, BadShare> {
        // The library takes a key in DER too; a share on the wire is the bare point.
        if peer.len() != self.share.len() {
            return Err(BadShare);
        }
        let peer = agreement::UnparsedPublicKey::new(self.key.algorithm(), peer);
        agreement::agree(&self.key, peer, BadShare, |secret| Ok(secret.to_vec()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::hex;

    #[test]
    fn both_sides_agree_and_wrong_shares_are_refused() {
        let (ours, theirs) = (PrivateKeys::generate(), PrivateKeys::generate());
        let share = |keys: &PrivateKeys, group| keys.share(group).expect("ours").to_vec();
        for group in [
            NamedGroup::SECP256R1,
            NamedGroup::SECP384R1,
            NamedGroup::SECP521R1,
            NamedGroup::X25519,
        ] {
            let secret = ours.agree(group, &share(&theirs, group)).expect("agrees");
            assert_eq!(theirs.agree(group, &share(&ours, group)), Ok(secret), "{group}");
            for wrong in [&[][..], &[4; 65], &share(&theirs, group)[1..]] {
                assert_eq!(ours.agree(group, wrong), Err(BadShare), "{group}");
            }
        }
        let small_order = ours.agree(NamedGroup::X25519, &[0; 32]);
        assert_eq!(small_order, Err(BadShare));
        assert_eq!(ours.agree(NamedGroup::X448, &[0; 56]), Err(BadShare));
        assert_eq!(ours.share(NamedGroup::X448), None);
    }

    #[test]
    fn a_hybrid_secret_is_made_of_both() {
        let (ours, theirs) = (PrivateKeys::generate(), PrivateKeys::generate());
        let group = NamedGroup::X25519MLKEM768;
        let share = ours.share(group).expect("ours");
        let (encapsulation, x25519) = share.split_at(1_184);
        let (ciphertext, first) = kem::EncapsulationKey::new(&kem::ML_KEM_768, encapsulation)
            .map(|key| key.encapsulate().expect("encapsulates"))
            .expect("a key");
        let second = theirs.agree(NamedGroup::X25519, x25519).expect("agrees");
        let x25519 = theirs.share(NamedGroup::X25519).expect("ours");
        let answer = [ciphertext.as_ref(), x25519].concat();
        let secret = ours.agree(group, &answer);
        assert_eq!(secret, Ok([first.as_ref(), &second].concat()));
        assert_eq!(ours.agree(group, &answer[1..]), Err(BadShare));
    }

    /// RFC 7748 §6.1.
    #[test]
    fn x25519_gives_the_secret_of_rfc_7748() {
        let private = hex("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a");
        let peer = hex("de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f");
        let key = agreement::PrivateKey::from_private_key(&agreement::X25519, &private);
        let share = Vec::from([0; 32]);
        let key = Ecdh { key: key.expect("a key"), share };
        let secret = hex("4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742");
        assert_eq!(key.agree(&peer), Ok(secret));
    }
}
