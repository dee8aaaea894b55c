//! Agreement in the field of ffdhe2048, on a secret that begins with a zero.

use openssl::bn::BigNum;
use openssl::bn::BigNumContext;

/// What becomes of the zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Zero {
    /// It stays: the secret is as long as the prime (RFC 9846, section 7.4.1).
    Kept,
    /// It is left off, as it was before TLS 1.3.
    LeftOff,
}

/// Our public value, and the secret shared with a client's.
pub(super) fn agree(share: &[u8], zero: Zero) -> (Vec<u8>, Vec<u8>) {
    let context = &mut BigNumContext::new().unwrap();
    let prime = BigNum::from_hex_str(FFDHE2048).unwrap();
    let (generator, share) = (BigNum::from_u32(2).unwrap(), BigNum::from_slice(share).unwrap());
    let (mut public, mut secret) = (BigNum::from_u32(1).unwrap(), BigNum::from_u32(1).unwrap());
    let mut next = BigNum::new().unwrap();
    // The smallest private value that will do, but not so small that the public one gives it away as a power of two.
    for private in 1_u32.. {
        next.mod_mul(&public, &generator, &prime, context).unwrap();
        std::mem::swap(&mut public, &mut next);
        next.mod_mul(&secret, &share, &prime, context).unwrap();
        std::mem::swap(&mut secret, &mut next);
        if private > 2_048 && secret.num_bytes() < PRIME_BYTES {
            break;
        }
    }
    let padded = |number: &BigNum| number.to_vec_padded(PRIME_BYTES).unwrap();
    let secret = match zero {
        Zero::Kept => padded(&secret),
        Zero::LeftOff => secret.to_vec(),
    };
    (padded(&public), secret)
}

const PRIME_BYTES: i32 = 256;
/// RFC 7919, appendix A.1.
const FFDHE2048: &str = "FFFFFFFFFFFFFFFFADF85458A2BB4A9AAFDC5620273D3CF1D8B9C583CE2D3695\
    A9E13641146433FBCC939DCE249B3EF97D2FE363630C75D8F681B202AEC4617A\
    D3DF1ED5D5FD65612433F51F5F066ED0856365553DED1AF3B557135E7F57C935\
    984F0C70E0E68B77E2A689DAF3EFE8721DF158A136ADE73530ACCA4F483A797A\
    BC0AB182B324FB61D108A94BB2C8E3FBB96ADAB760D7F4681D4F42A3DE394DF4\
    AE56EDE76372BB190B07A7C8EE0A6D709E02FCE1CDF7E2ECC03404CD28342F61\
    9172FE9CE98583FF8E4F1232EEF28183C3FE3B1B4C6FAD733BB5FCBC2EC22005\
    C58EF1837D1683B2C6F34A26C1B2EFFA886B423861285C97FFFFFFFFFFFFFFFF";
