//! TLS Supported Groups: generated from `registry/named_groups.csv`, not edited by hand.

use super::NamedGroup;

impl NamedGroup {
    /// `sect163k1`: RFC8422.
    pub const SECT163K1: Self = Self(0x0001);
    /// `sect163r1`: RFC8422.
    pub const SECT163R1: Self = Self(0x0002);
    /// `sect163r2`: RFC8422.
    pub const SECT163R2: Self = Self(0x0003);
    /// `sect193r1`: RFC8422.
    pub const SECT193R1: Self = Self(0x0004);
    /// `sect193r2`: RFC8422.
    pub const SECT193R2: Self = Self(0x0005);
    /// `sect233k1`: RFC8422.
    pub const SECT233K1: Self = Self(0x0006);
    /// `sect233r1`: RFC8422.
    pub const SECT233R1: Self = Self(0x0007);
    /// `sect239k1`: RFC8422.
    pub const SECT239K1: Self = Self(0x0008);
    /// `sect283k1`: RFC8422.
    pub const SECT283K1: Self = Self(0x0009);
    /// `sect283r1`: RFC8422.
    pub const SECT283R1: Self = Self(0x000a);
    /// `sect409k1`: RFC8422.
    pub const SECT409K1: Self = Self(0x000b);
    /// `sect409r1`: RFC8422.
    pub const SECT409R1: Self = Self(0x000c);
    /// `sect571k1`: RFC8422.
    pub const SECT571K1: Self = Self(0x000d);
    /// `sect571r1`: RFC8422.
    pub const SECT571R1: Self = Self(0x000e);
    /// `secp160k1`: RFC8422.
    pub const SECP160K1: Self = Self(0x000f);
    /// `secp160r1`: RFC8422.
    pub const SECP160R1: Self = Self(0x0010);
    /// `secp160r2`: RFC8422.
    pub const SECP160R2: Self = Self(0x0011);
    /// `secp192k1`: RFC8422.
    pub const SECP192K1: Self = Self(0x0012);
    /// `secp192r1`: RFC8422.
    pub const SECP192R1: Self = Self(0x0013);
    /// `secp224k1`: RFC8422.
    pub const SECP224K1: Self = Self(0x0014);
    /// `secp224r1`: RFC8422.
    pub const SECP224R1: Self = Self(0x0015);
    /// `secp256k1`: RFC8422.
    pub const SECP256K1: Self = Self(0x0016);
    /// `secp256r1`: RFC8422.
    pub const SECP256R1: Self = Self(0x0017);
    /// `secp384r1`: RFC8422.
    pub const SECP384R1: Self = Self(0x0018);
    /// `secp521r1`: RFC8422.
    pub const SECP521R1: Self = Self(0x0019);
    /// `brainpoolP256r1`: RFC7027.
    pub const BRAINPOOLP256R1: Self = Self(0x001a);
    /// `brainpoolP384r1`: RFC7027.
    pub const BRAINPOOLP384R1: Self = Self(0x001b);
    /// `brainpoolP512r1`: RFC7027.
    pub const BRAINPOOLP512R1: Self = Self(0x001c);
    /// `x25519`: RFC9846.
    pub const X25519: Self = Self(0x001d);
    /// `x448`: RFC9846.
    pub const X448: Self = Self(0x001e);
    /// `brainpoolP256r1tls13`: RFC8734.
    pub const BRAINPOOLP256R1TLS13: Self = Self(0x001f);
    /// `brainpoolP384r1tls13`: RFC8734.
    pub const BRAINPOOLP384R1TLS13: Self = Self(0x0020);
    /// `brainpoolP512r1tls13`: RFC8734.
    pub const BRAINPOOLP512R1TLS13: Self = Self(0x0021);
    /// `GC256A`: RFC9189.
    pub const GC256A: Self = Self(0x0022);
    /// `GC256B`: RFC9189.
    pub const GC256B: Self = Self(0x0023);
    /// `GC256C`: RFC9189.
    pub const GC256C: Self = Self(0x0024);
    /// `GC256D`: RFC9189.
    pub const GC256D: Self = Self(0x0025);
    /// `GC512A`: RFC9189.
    pub const GC512A: Self = Self(0x0026);
    /// `GC512B`: RFC9189.
    pub const GC512B: Self = Self(0x0027);
    /// `GC512C`: RFC9189.
    pub const GC512C: Self = Self(0x0028);
    /// `curveSM2`: RFC8998.
    pub const CURVESM2: Self = Self(0x0029);
    /// `ffdhe2048`: RFC7919.
    pub const FFDHE2048: Self = Self(0x0100);
    /// `ffdhe3072`: RFC7919.
    pub const FFDHE3072: Self = Self(0x0101);
    /// `ffdhe4096`: RFC7919.
    pub const FFDHE4096: Self = Self(0x0102);
    /// `ffdhe6144`: RFC7919.
    pub const FFDHE6144: Self = Self(0x0103);
    /// `ffdhe8192`: RFC7919.
    pub const FFDHE8192: Self = Self(0x0104);
    /// `MLKEM512`: draft-ietf-tls-mlkem.
    pub const MLKEM512: Self = Self(0x0200);
    /// `MLKEM768`: draft-ietf-tls-mlkem.
    pub const MLKEM768: Self = Self(0x0201);
    /// `MLKEM1024`: draft-ietf-tls-mlkem.
    pub const MLKEM1024: Self = Self(0x0202);
    /// `SecP256r1MLKEM768`: draft-ietf-tls-ecdhe-mlkem.
    pub const SECP256R1MLKEM768: Self = Self(0x11eb);
    /// `X25519MLKEM768`: draft-ietf-tls-ecdhe-mlkem.
    pub const X25519MLKEM768: Self = Self(0x11ec);
    /// `SecP384r1MLKEM1024`: draft-ietf-tls-ecdhe-mlkem.
    pub const SECP384R1MLKEM1024: Self = Self(0x11ed);
    /// `curveSM2MLKEM768`: draft-yang-tls-hybrid-sm2-mlkem.
    pub const CURVESM2MLKEM768: Self = Self(0x11ee);
    /// `CECPQ2`: private: Google experiment of 2019.
    pub const CECPQ2: Self = Self(0x4138);
    /// `X25519Kyber768Draft00`: draft-tls-westerbaan-xyber768d00.
    pub const X25519KYBER768DRAFT00: Self = Self(0x6399);
    /// `SecP256r1Kyber768Draft00`: draft-kwiatkowski-tls-ecdhe-kyber.
    pub const SECP256R1KYBER768DRAFT00: Self = Self(0x639a);
    /// `X25519Kyber512Draft00`: private: Cloudflare experiment of 2022.
    pub const X25519KYBER512DRAFT00: Self = Self(0xfe30);
    /// `X25519Kyber768Draft00Old`: private: Cloudflare experiment of 2022.
    pub const X25519KYBER768DRAFT00OLD: Self = Self(0xfe31);
    /// `arbitrary_explicit_prime_curves`: RFC8422.
    pub const ARBITRARY_EXPLICIT_PRIME_CURVES: Self = Self(0xff01);
    /// `arbitrary_explicit_char2_curves`: RFC8422.
    pub const ARBITRARY_EXPLICIT_CHAR2_CURVES: Self = Self(0xff02);
}

pub(super) const NAMES: &[(u16, &str)] = &[
    (0x0001, "sect163k1"),
    (0x0002, "sect163r1"),
    (0x0003, "sect163r2"),
    (0x0004, "sect193r1"),
    (0x0005, "sect193r2"),
    (0x0006, "sect233k1"),
    (0x0007, "sect233r1"),
    (0x0008, "sect239k1"),
    (0x0009, "sect283k1"),
    (0x000a, "sect283r1"),
    (0x000b, "sect409k1"),
    (0x000c, "sect409r1"),
    (0x000d, "sect571k1"),
    (0x000e, "sect571r1"),
    (0x000f, "secp160k1"),
    (0x0010, "secp160r1"),
    (0x0011, "secp160r2"),
    (0x0012, "secp192k1"),
    (0x0013, "secp192r1"),
    (0x0014, "secp224k1"),
    (0x0015, "secp224r1"),
    (0x0016, "secp256k1"),
    (0x0017, "secp256r1"),
    (0x0018, "secp384r1"),
    (0x0019, "secp521r1"),
    (0x001a, "brainpoolP256r1"),
    (0x001b, "brainpoolP384r1"),
    (0x001c, "brainpoolP512r1"),
    (0x001d, "x25519"),
    (0x001e, "x448"),
    (0x001f, "brainpoolP256r1tls13"),
    (0x0020, "brainpoolP384r1tls13"),
    (0x0021, "brainpoolP512r1tls13"),
    (0x0022, "GC256A"),
    (0x0023, "GC256B"),
    (0x0024, "GC256C"),
    (0x0025, "GC256D"),
    (0x0026, "GC512A"),
    (0x0027, "GC512B"),
    (0x0028, "GC512C"),
    (0x0029, "curveSM2"),
    (0x0100, "ffdhe2048"),
    (0x0101, "ffdhe3072"),
    (0x0102, "ffdhe4096"),
    (0x0103, "ffdhe6144"),
    (0x0104, "ffdhe8192"),
    (0x0200, "MLKEM512"),
    (0x0201, "MLKEM768"),
    (0x0202, "MLKEM1024"),
    (0x11eb, "SecP256r1MLKEM768"),
    (0x11ec, "X25519MLKEM768"),
    (0x11ed, "SecP384r1MLKEM1024"),
    (0x11ee, "curveSM2MLKEM768"),
    (0x4138, "CECPQ2"),
    (0x6399, "X25519Kyber768Draft00"),
    (0x639a, "SecP256r1Kyber768Draft00"),
    (0xfe30, "X25519Kyber512Draft00"),
    (0xfe31, "X25519Kyber768Draft00Old"),
    (0xff01, "arbitrary_explicit_prime_curves"),
    (0xff02, "arbitrary_explicit_char2_curves"),
];
