//! Key agreement with keys that are made when first asked for, and used for many probes.

use std::sync::OnceLock;

use aws_lc_rs::agreement;
use aws_lc_rs::kem;
use tlscensus_tls_wire::registry::NamedGroup;

use crate::crypto::curve::BinaryKey;
use crate::crypto::curve::Curve;
use crate::crypto::curve::CurveKey;
use crate::crypto::curve::X448Key;
use crate::crypto::ffdh::NamedKey;
use crate::crypto::ffdh::SafePrime;
use crate::crypto::random::Random;

/// One private key of each group, with what is sent of it.
pub(crate) struct PrivateKeys {
    /// In the order of [`GROUPS`].
    keys: [OnceLock<PrivateKey>; GROUPS.len()],
}

/// The peer's share is not one of this group, or the agreement has no valid result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BadShare;

impl PrivateKeys {
    pub(crate) fn generate() -> Self {
        Self { keys: [const { OnceLock::new() }; GROUPS.len()] }
    }

    /// What goes into a key share or a ClientKeyExchange; `None` for the groups we cannot compute in.
    pub(crate) fn share(&self, group: NamedGroup) -> Option<&[u8]> {
        self.key(group).map(PrivateKey::share)
    }

    /// The shared secret with the peer's share. In hybrids both the shares and the secrets stand one behind the other,
    /// the curves of NIST before ML-KEM and X25519 behind it
    /// (draft-ietf-tls-ecdhe-mlkem).
    pub(crate) fn agree(&self, group: NamedGroup, peer: &[u8]) -> Result<Vec<u8>, BadShare> {
        match self.key(group).ok_or(BadShare)? {
            PrivateKey::Hybrid { parts: [first, second], .. } => {
                let (first, second) = (self.plain(*first), self.plain(*second));
                let (for_first, for_second) =
                    peer.split_at_checked(first.peer_share_len()).ok_or(BadShare)?;
                Ok([first.agree(for_first)?, second.agree(for_second)?].concat())
            }
            key => key.agree(peer),
        }
    }

    fn key(&self, group: NamedGroup) -> Option<&PrivateKey> {
        let place = GROUPS.iter().position(|(known, _)| *known == group)?;
        let (_, method) = GROUPS.get(place)?;
        Some(self.keys.get(place)?.get_or_init(|| self.generate_key(group, *method)))
    }

    fn plain(&self, group: NamedGroup) -> &PrivateKey {
        self.key(group).expect("hybrids are made of groups of the table")
    }

    fn generate_key(&self, group: NamedGroup, method: Method) -> PrivateKey {
        match method {
            Method::Binary => {
                let key = BinaryKey::generate(group, &mut Random::new());
                PrivateKey::Binary(Box::new(
                    key.expect("all such curves of the table are in theirs"),
                ))
            }
            Method::Curve => {
                let curve = Curve::of(group).expect("all curves of the table are in theirs");
                PrivateKey::Curve(Box::new(CurveKey::generate(curve, &mut Random::new())))
            }
            Method::Ffdh(prime) => {
                PrivateKey::Ffdh(Box::new(NamedKey::generate(prime, &mut Random::new())))
            }
            Method::Hybrid(parts) => {
                let share = parts.map(|part| self.plain(part).share()).concat();
                PrivateKey::Hybrid { parts, share }
            }
            Method::Library(algorithm) => PrivateKey::Library(Ecdh::generate(algorithm)),
            Method::MlKem(algorithm) => PrivateKey::MlKem(MlKem::generate(algorithm)),
            Method::X448 => PrivateKey::X448(X448Key::generate(&mut Random::new())),
        }
    }
}

/// Whether we compute in this group, so that a share of it can be sent.
pub(crate) fn has_share(group: NamedGroup) -> bool {
    GROUPS.iter().any(|(known, _)| *known == group)
}

/// How a group is computed in.
#[derive(Clone, Copy)]
enum Method {
    Binary,
    Curve,
    Ffdh(SafePrime),
    Hybrid([NamedGroup; 2]),
    Library(&'static agreement::Algorithm),
    MlKem(&'static kem::Algorithm),
    X448,
}

/// One key of one group.
enum PrivateKey {
    Binary(Box<BinaryKey>),
    Curve(Box<CurveKey>),
    Ffdh(Box<NamedKey>),
    /// The keys of two groups, which are used on their own as well.
    Hybrid {
        parts: [NamedGroup; 2],
        share: Vec<u8>,
    },
    Library(Ecdh),
    MlKem(MlKem),
    X448(X448Key),
}

impl PrivateKey {
    fn share(&self) -> &[u8] {
        match self {
            Self::Binary(key) => &key.share,
            Self::Curve(key) => &key.share,
            Self::Ffdh(key) => &key.share,
            Self::Hybrid { share, .. } => share,
            Self::Library(key) => &key.share,
            Self::MlKem(key) => &key.share,
            Self::X448(key) => &key.share,
        }
    }

    /// Bytes of the share that the peer sends back.
    fn peer_share_len(&self) -> usize {
        match self {
            Self::MlKem(key) => key.ciphertext_len,
            other => other.share().len(),
        }
    }

    fn agree(&self, peer: &[u8]) -> Result<Vec<u8>, BadShare> {
        match self {
            Self::Binary(key) => key.agree(peer).ok_or(BadShare),
            Self::Curve(key) => key.agree(peer).ok_or(BadShare),
            Self::Ffdh(key) => key.agree(peer).ok_or(BadShare),
            Self::Hybrid { .. } => Err(BadShare),
            Self::Library(key) => key.agree(peer),
            Self::MlKem(key) => key.agree(peer),
            Self::X448(key) => key.agree(peer).ok_or(BadShare),
        }
    }
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
            kem::AlgorithmId::MlKem512 => 768,
            kem::AlgorithmId::MlKem1024 => 1_568,
            _ => 1_088,
        };
        Self { key, share, ciphertext_len }
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

    fn agree(&self, peer: &[u8]) -> Result<Vec<u8>, BadShare> {
        // The library takes a key in DER too; a share on the wire is the bare point.
        if peer.len() != self.share.len() {
            return Err(BadShare);
        }
        let peer = agreement::UnparsedPublicKey::new(self.key.algorithm(), peer);
        agreement::agree(&self.key, peer, BadShare, |secret| Ok(secret.to_vec()))
    }
}

/// All groups we can compute in, those first that servers choose.
static GROUPS: [(NamedGroup, Method); 44] = [
    (NamedGroup::X25519, Method::Library(&agreement::X25519)),
    (NamedGroup::SECP256R1, Method::Library(&agreement::ECDH_P256)),
    (NamedGroup::X25519MLKEM768, Method::Hybrid([NamedGroup::MLKEM768, NamedGroup::X25519])),
    (NamedGroup::SECP384R1, Method::Library(&agreement::ECDH_P384)),
    (NamedGroup::SECP521R1, Method::Library(&agreement::ECDH_P521)),
    (NamedGroup::MLKEM512, Method::MlKem(&kem::ML_KEM_512)),
    (NamedGroup::MLKEM768, Method::MlKem(&kem::ML_KEM_768)),
    (NamedGroup::MLKEM1024, Method::MlKem(&kem::ML_KEM_1024)),
    (NamedGroup::SECP256R1MLKEM768, Method::Hybrid([NamedGroup::SECP256R1, NamedGroup::MLKEM768])),
    (
        NamedGroup::SECP384R1MLKEM1024,
        Method::Hybrid([NamedGroup::SECP384R1, NamedGroup::MLKEM1024]),
    ),
    (NamedGroup::X448, Method::X448),
    (NamedGroup::BRAINPOOLP256R1, Method::Curve),
    (NamedGroup::BRAINPOOLP384R1, Method::Curve),
    (NamedGroup::BRAINPOOLP512R1, Method::Curve),
    (NamedGroup::BRAINPOOLP256R1TLS13, Method::Curve),
    (NamedGroup::BRAINPOOLP384R1TLS13, Method::Curve),
    (NamedGroup::BRAINPOOLP512R1TLS13, Method::Curve),
    (NamedGroup::SECP160K1, Method::Curve),
    (NamedGroup::SECP160R1, Method::Curve),
    (NamedGroup::SECP160R2, Method::Curve),
    (NamedGroup::SECP192K1, Method::Curve),
    (NamedGroup::SECP192R1, Method::Curve),
    (NamedGroup::SECP224K1, Method::Curve),
    (NamedGroup::SECP224R1, Method::Curve),
    (NamedGroup::SECP256K1, Method::Curve),
    (NamedGroup::SECT163K1, Method::Binary),
    (NamedGroup::SECT163R1, Method::Binary),
    (NamedGroup::SECT163R2, Method::Binary),
    (NamedGroup::SECT193R1, Method::Binary),
    (NamedGroup::SECT193R2, Method::Binary),
    (NamedGroup::SECT233K1, Method::Binary),
    (NamedGroup::SECT233R1, Method::Binary),
    (NamedGroup::SECT239K1, Method::Binary),
    (NamedGroup::SECT283K1, Method::Binary),
    (NamedGroup::SECT283R1, Method::Binary),
    (NamedGroup::SECT409K1, Method::Binary),
    (NamedGroup::SECT409R1, Method::Binary),
    (NamedGroup::SECT571K1, Method::Binary),
    (NamedGroup::SECT571R1, Method::Binary),
    (NamedGroup::FFDHE2048, Method::Ffdh(SafePrime::Ffdhe2048)),
    (NamedGroup::FFDHE3072, Method::Ffdh(SafePrime::Ffdhe3072)),
    (NamedGroup::FFDHE4096, Method::Ffdh(SafePrime::Ffdhe4096)),
    (NamedGroup::FFDHE6144, Method::Ffdh(SafePrime::Ffdhe6144)),
    (NamedGroup::FFDHE8192, Method::Ffdh(SafePrime::Ffdhe8192)),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::hex;

    #[test]
    fn both_sides_agree_and_wrong_shares_are_refused() {
        let (ours, theirs) = (PrivateKeys::generate(), PrivateKeys::generate());
        let share = |keys: &PrivateKeys, group| keys.share(group).expect("ours").to_vec();
        for (group, method) in GROUPS {
            if matches!(method, Method::Hybrid(_) | Method::MlKem(_)) {
                continue;
            }
            let secret = ours.agree(group, &share(&theirs, group)).expect("agrees");
            assert_eq!(theirs.agree(group, &share(&ours, group)), Ok(secret), "{group}");
            let theirs = share(&theirs, group);
            let long = [&[0], &*theirs].concat();
            // A shorter number is still one of a finite field.
            let short = if group.is_finite_field() { &[][..] } else { &theirs[1..] };
            for wrong in [&[][..], &[0; 65], &long, short] {
                assert_eq!(ours.agree(group, wrong), Err(BadShare), "{group}");
            }
        }
        let small_order = ours.agree(NamedGroup::X25519, &[0; 32]);
        assert_eq!(small_order, Err(BadShare));
        let unknown = NamedGroup(0x0a0a);
        assert_eq!(ours.agree(unknown, &[0; 41]), Err(BadShare));
        assert_eq!(ours.share(unknown), None);
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
