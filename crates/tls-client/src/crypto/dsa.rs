//! DSA signatures (FIPS 186-4, section 4.7) with parameters of any size, verified.

use crate::crypto::modular::Modulus;

/// A public key with its parameters, big-endian without leading zeros.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DsaKey<'a> {
    pub(crate) p: &'a [u8],
    pub(crate) q: &'a [u8],
    pub(crate) g: &'a [u8],
    pub(crate) y: &'a [u8],
}

impl DsaKey<'_> {
    /// Whether `(r, s)` is a signature over the hash by this key; `None` where this is no key to compute with.
    pub(crate) fn verify(&self, digest: &[u8], r: &[u8], s: &[u8]) -> Option<bool> {
        // Exponents are as long as q.
        if self.p.len() > MAX_P_LEN || self.q.len() > MAX_Q_LEN {
            return None;
        }
        let (p, q) = (Modulus::new(self.p)?, Modulus::new(self.q)?);
        let (g, y) = (p.residue(self.g)?, p.residue(self.y)?);
        let valid = q.residue(r).zip(q.residue(s)).and_then(|(r, s)| {
            let inverse = q.inverse(&s)?;
            let hash = q.leftmost(digest);
            let of_g = q.number(&q.multiply(&hash, &inverse));
            let of_y = q.number(&q.multiply(&r, &inverse));
            let product = p.multiply(&p.power(&g, &of_g), &p.power(&y, &of_y));
            let v = q.reduced(&p.number(&product));
            (v == r && !q.is_zero(&v)).then_some(())
        });
        Some(valid.is_some())
    }
}

/// 4,096 bits, more than the longest of the standard; with more, a certificate would cost a second.
const MAX_P_LEN: usize = 512;
/// 512 bits, twice the longest of the standard.
const MAX_Q_LEN: usize = 64;

#[cfg(test)]
mod tests {
    use openssl::dsa::Dsa;
    use openssl::dsa::DsaSig;
    use openssl::pkey::PKey;
    use openssl::pkey_ctx::PkeyCtx;

    use super::*;

    #[test]
    fn signatures_of_another_library_are_judged() {
        for bits in [512, 1_024, 2_048] {
            let private = Dsa::generate(bits).expect("a key");
            let [p, q, g] = [private.p(), private.q(), private.g()].map(|number| number.to_vec());
            let y = private.pub_key().to_vec();
            let key = DsaKey { p: &p, q: &q, g: &g, y: &y };
            let private = PKey::from_dsa(private).expect("a key");
            for length in [16, 20, 28, 32] {
                let mut digest = vec![0xa7; length];
                let mut context = PkeyCtx::new(&private).expect("a context");
                context.sign_init().expect("begins");
                let mut signature = Vec::new();
                context.sign_to_vec(&digest, &mut signature).expect("signs");
                let pair = DsaSig::from_der(&signature).expect("a signature");
                let (r, s) = (pair.r().to_vec(), pair.s().to_vec());
                assert_eq!(key.verify(&digest, &r, &s), Some(true), "{bits} {length}");
                assert_eq!(key.verify(&digest, &s, &r), Some(false), "{bits} {length}");
                digest[0] ^= 0x80;
                assert_eq!(key.verify(&digest, &r, &s), Some(false), "{bits} {length}");
            }
        }
    }

    #[test]
    fn numbers_out_of_range_are_no_signature_and_odd_keys_none() {
        let key = DsaKey { p: &[23], q: &[11], g: &[2], y: &[8] };
        for (r, s) in [(&[0][..], &[1][..]), (&[1], &[0]), (&[11], &[1]), (&[1], &[11]), (&[], &[])]
        {
            assert_eq!(key.verify(&[7; 20], r, s), Some(false), "{r:?} {s:?}");
        }
        let (long, longer) = ([0xff; 65], [0xff; 513]);
        for wrong in [
            DsaKey { p: &[22], ..key },
            DsaKey { p: &longer, ..key },
            DsaKey { q: &[10], ..key },
            DsaKey { q: &long, ..key },
            DsaKey { g: &[23], ..key },
            DsaKey { y: &[24], ..key },
            DsaKey { p: &[], ..key },
        ] {
            assert_eq!(wrong.verify(&[7; 20], &[1], &[1]), None, "{wrong:?}");
        }
    }
}
