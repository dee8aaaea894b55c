//! The finite fields that servers of the lab write out: shared by many hosts, or of their own; large and too small.

use openssl::bn::BigNum;
use openssl::dh::Dh;
use openssl::error::ErrorStack;
use openssl::pkey::Params;
use sha2::Digest;
use sha2::Sha256;

/// A finite field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Field {
    /// 512 bits: what Apache httpd 2.0 came with for export suites.
    Apache512,
    /// 2048 bits: ffdhe2048 of RFC 7919, appendix A.1.
    Ffdhe2048,
    /// 1024 bits: group 2 of RFC 2409, section 6.2, on which many hosts stand.
    Oakley1024,
    /// 1024 bits, made with `openssl dhparam`: a safe prime that nobody else has.
    Own1024,
    /// 1024 bits, made with `openssl prime`: half of it less one is no prime.
    Unsafe1024,
    /// 2048 bits: group 14 of RFC 3526, section 3.
    Modp2048,
}

impl Field {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Apache512,
        Self::Ffdhe2048,
        Self::Oakley1024,
        Self::Own1024,
        Self::Unsafe1024,
        Self::Modp2048,
    ];

    /// Size of the prime.
    pub const fn bits(self) -> u16 {
        match self {
            Self::Apache512 => 512,
            Self::Oakley1024 | Self::Own1024 | Self::Unsafe1024 => 1024,
            Self::Ffdhe2048 | Self::Modp2048 => 2048,
        }
    }

    /// The name under which the field is known, if it is.
    pub const fn known_as(self) -> Option<&'static str> {
        match self {
            Self::Apache512 => Some("mod_ssl-2.0-512"),
            Self::Ffdhe2048 => Some("ffdhe2048"),
            Self::Oakley1024 => Some("rfc2409-modp1024"),
            Self::Own1024 | Self::Unsafe1024 => None,
            Self::Modp2048 => Some("rfc3526-modp2048"),
        }
    }

    /// Whether half of the prime, less one, is a prime too.
    pub const fn is_safe(self) -> bool {
        !matches!(self, Self::Unsafe1024)
    }

    /// SHA-256 of the prime as it goes over the wire.
    ///
    /// # Panics
    /// When OpenSSL cannot make a number.
    pub fn prime_sha256(self) -> String {
        let prime = self.prime().expect("a prime written down here is a number").to_vec();
        Sha256::digest(prime).iter().map(|byte| format!("{byte:02x}")).collect()
    }

    pub(crate) fn parameters(self) -> Result<Dh<Params>, ErrorStack> {
        Dh::from_pqg(self.prime()?, None, BigNum::from_u32(GENERATOR)?)
    }

    pub(crate) fn prime(self) -> Result<BigNum, ErrorStack> {
        match self {
            Self::Apache512 => BigNum::from_hex_str(APACHE_512),
            Self::Ffdhe2048 => BigNum::from_hex_str(FFDHE_2048),
            Self::Oakley1024 => BigNum::get_rfc2409_prime_1024(),
            Self::Own1024 => BigNum::from_hex_str(OWN_1024),
            Self::Unsafe1024 => BigNum::from_hex_str(UNSAFE_1024),
            Self::Modp2048 => BigNum::get_rfc3526_prime_2048(),
        }
    }
}

/// The generator of all of them.
pub(crate) const GENERATOR: u32 = 2;

/// `dh512_p` in `modules/ssl/ssl_engine_dh.c` of Apache httpd 2.0.
const APACHE_512: &str = concat!(
    "d4bcd52406f69b35994b88de5db89682c8157f62d8f33633ee5772f11f05ab22d6b5145b9f241e5acc31ff090a4bc711",
    "48976f76795094e71e7903529f5a824b",
);

/// 2^2048 - 2^1984 + (⌊2^1918 e⌋ + 560316) 2^64 - 1.
const FFDHE_2048: &str = concat!(
    "ffffffffffffffffadf85458a2bb4a9aafdc5620273d3cf1d8b9c583ce2d3695a9e13641146433fbcc939dce249b3ef9",
    "7d2fe363630c75d8f681b202aec4617ad3df1ed5d5fd65612433f51f5f066ed0856365553ded1af3b557135e7f57c935",
    "984f0c70e0e68b77e2a689daf3efe8721df158a136ade73530acca4f483a797abc0ab182b324fb61d108a94bb2c8e3fb",
    "b96adab760d7f4681d4f42a3de394df4ae56ede76372bb190b07a7c8ee0a6d709e02fce1cdf7e2ecc03404cd28342f61",
    "9172fe9ce98583ff8e4f1232eef28183c3fe3b1b4c6fad733bb5fcbc2ec22005c58ef1837d1683b2c6f34a26c1b2effa",
    "886b423861285c97ffffffffffffffff",
);

const OWN_1024: &str = concat!(
    "8a1c518ab3208b14a02795244ac4021ab7d8b053b6dea0184bf6d6e4655648bf56f349c4e861aa379e157426aa261ff1",
    "2751ba269a9566f1982086c48490dc1171440cff9611a2afd305af9f85e60aa36b3ace74327dcfcde9b62c0bd1071183",
    "4559f94cc0fbb6575be60195606b6d8f91c2d20f930459b73dc16352be33603f",
);

const UNSAFE_1024: &str = concat!(
    "f0a13a02b67cfd346d51a25a9a09059d058619afe53eb8e40f16d0706c8f2599ebdb4a286f956afec4f2759574a00978",
    "59e743fe87af69ed36a5755411af462903509c5c50b2907d79c3a971522c7c3faf09e7e5ca8cf7291e4cbce697bc7be2",
    "ffcb1fb8a6b90b408766163c14f552c555334c319479f623c30d23760b0e9a99",
);

#[cfg(test)]
mod tests {
    use openssl::bn::BigNumContext;

    use super::*;

    #[test]
    fn each_prime_is_what_is_said_of_it() {
        let mut context = BigNumContext::new().unwrap();
        for field in Field::ALL {
            let prime = field.prime().unwrap();
            assert_eq!(prime.num_bits(), i32::from(field.bits()), "{field:?}");
            assert!(prime.is_prime(20, &mut context).unwrap(), "{field:?}");
            let mut half = BigNum::new().unwrap();
            half.rshift1(&prime).unwrap();
            assert_eq!(half.is_prime(20, &mut context).unwrap(), field.is_safe(), "{field:?}");
        }
    }
}
