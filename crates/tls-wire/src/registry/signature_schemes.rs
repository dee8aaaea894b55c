//! TLS SignatureScheme and the pairs of hash and signature before it: generated from `registry/signature_schemes.csv`, not edited by hand.

use super::SignatureScheme;

impl SignatureScheme {
    /// `anonymous_none`: RFC5246.
    pub const ANONYMOUS_NONE: Self = Self(0x0000);
    /// `rsa_pkcs1_none`: RFC5246.
    pub const RSA_PKCS1_NONE: Self = Self(0x0001);
    /// `dsa_none`: RFC5246.
    pub const DSA_NONE: Self = Self(0x0002);
    /// `ecdsa_none`: RFC5246.
    pub const ECDSA_NONE: Self = Self(0x0003);
    /// `anonymous_md5`: RFC5246.
    pub const ANONYMOUS_MD5: Self = Self(0x0100);
    /// `rsa_pkcs1_md5`: RFC5246.
    pub const RSA_PKCS1_MD5: Self = Self(0x0101);
    /// `dsa_md5`: RFC5246.
    pub const DSA_MD5: Self = Self(0x0102);
    /// `ecdsa_md5`: RFC5246.
    pub const ECDSA_MD5: Self = Self(0x0103);
    /// `anonymous_sha1`: RFC5246.
    pub const ANONYMOUS_SHA1: Self = Self(0x0200);
    /// `rsa_pkcs1_sha1`: RFC9846.
    pub const RSA_PKCS1_SHA1: Self = Self(0x0201);
    /// `dsa_sha1`: RFC5246.
    pub const DSA_SHA1: Self = Self(0x0202);
    /// `ecdsa_sha1`: RFC9846.
    pub const ECDSA_SHA1: Self = Self(0x0203);
    /// `anonymous_sha224`: RFC5246.
    pub const ANONYMOUS_SHA224: Self = Self(0x0300);
    /// `rsa_pkcs1_sha224`: RFC5246.
    pub const RSA_PKCS1_SHA224: Self = Self(0x0301);
    /// `dsa_sha224`: RFC5246.
    pub const DSA_SHA224: Self = Self(0x0302);
    /// `ecdsa_sha224`: RFC5246.
    pub const ECDSA_SHA224: Self = Self(0x0303);
    /// `anonymous_sha256`: RFC5246.
    pub const ANONYMOUS_SHA256: Self = Self(0x0400);
    /// `rsa_pkcs1_sha256`: RFC9846.
    pub const RSA_PKCS1_SHA256: Self = Self(0x0401);
    /// `dsa_sha256`: RFC5246.
    pub const DSA_SHA256: Self = Self(0x0402);
    /// `ecdsa_secp256r1_sha256`: RFC9846.
    pub const ECDSA_SECP256R1_SHA256: Self = Self(0x0403);
    /// `rsa_pkcs1_sha256_legacy`: draft-ietf-tls-tls13-pkcs1.
    pub const RSA_PKCS1_SHA256_LEGACY: Self = Self(0x0420);
    /// `anonymous_sha384`: RFC5246.
    pub const ANONYMOUS_SHA384: Self = Self(0x0500);
    /// `rsa_pkcs1_sha384`: RFC9846.
    pub const RSA_PKCS1_SHA384: Self = Self(0x0501);
    /// `dsa_sha384`: RFC5246.
    pub const DSA_SHA384: Self = Self(0x0502);
    /// `ecdsa_secp384r1_sha384`: RFC9846.
    pub const ECDSA_SECP384R1_SHA384: Self = Self(0x0503);
    /// `rsa_pkcs1_sha384_legacy`: draft-ietf-tls-tls13-pkcs1.
    pub const RSA_PKCS1_SHA384_LEGACY: Self = Self(0x0520);
    /// `anonymous_sha512`: RFC5246.
    pub const ANONYMOUS_SHA512: Self = Self(0x0600);
    /// `rsa_pkcs1_sha512`: RFC9846.
    pub const RSA_PKCS1_SHA512: Self = Self(0x0601);
    /// `dsa_sha512`: RFC5246.
    pub const DSA_SHA512: Self = Self(0x0602);
    /// `ecdsa_secp521r1_sha512`: RFC9846.
    pub const ECDSA_SECP521R1_SHA512: Self = Self(0x0603);
    /// `rsa_pkcs1_sha512_legacy`: draft-ietf-tls-tls13-pkcs1.
    pub const RSA_PKCS1_SHA512_LEGACY: Self = Self(0x0620);
    /// `eccsi_sha256`: draft-wang-tls-raw-public-key-with-ibc.
    pub const ECCSI_SHA256: Self = Self(0x0704);
    /// `iso_ibs1`: draft-wang-tls-raw-public-key-with-ibc.
    pub const ISO_IBS1: Self = Self(0x0705);
    /// `iso_ibs2`: draft-wang-tls-raw-public-key-with-ibc.
    pub const ISO_IBS2: Self = Self(0x0706);
    /// `iso_chinese_ibs`: draft-wang-tls-raw-public-key-with-ibc.
    pub const ISO_CHINESE_IBS: Self = Self(0x0707);
    /// `sm2sig_sm3`: RFC8998.
    pub const SM2SIG_SM3: Self = Self(0x0708);
    /// `gostr34102012_256a`: RFC9367.
    pub const GOSTR34102012_256A: Self = Self(0x0709);
    /// `gostr34102012_256b`: RFC9367.
    pub const GOSTR34102012_256B: Self = Self(0x070a);
    /// `gostr34102012_256c`: RFC9367.
    pub const GOSTR34102012_256C: Self = Self(0x070b);
    /// `gostr34102012_256d`: RFC9367.
    pub const GOSTR34102012_256D: Self = Self(0x070c);
    /// `gostr34102012_512a`: RFC9367.
    pub const GOSTR34102012_512A: Self = Self(0x070d);
    /// `gostr34102012_512b`: RFC9367.
    pub const GOSTR34102012_512B: Self = Self(0x070e);
    /// `gostr34102012_512c`: RFC9367.
    pub const GOSTR34102012_512C: Self = Self(0x070f);
    /// `rsa_pss_rsae_sha256`: RFC9846.
    pub const RSA_PSS_RSAE_SHA256: Self = Self(0x0804);
    /// `rsa_pss_rsae_sha384`: RFC9846.
    pub const RSA_PSS_RSAE_SHA384: Self = Self(0x0805);
    /// `rsa_pss_rsae_sha512`: RFC9846.
    pub const RSA_PSS_RSAE_SHA512: Self = Self(0x0806);
    /// `ed25519`: RFC9846.
    pub const ED25519: Self = Self(0x0807);
    /// `ed448`: RFC9846.
    pub const ED448: Self = Self(0x0808);
    /// `rsa_pss_pss_sha256`: RFC9846.
    pub const RSA_PSS_PSS_SHA256: Self = Self(0x0809);
    /// `rsa_pss_pss_sha384`: RFC9846.
    pub const RSA_PSS_PSS_SHA384: Self = Self(0x080a);
    /// `rsa_pss_pss_sha512`: RFC9846.
    pub const RSA_PSS_PSS_SHA512: Self = Self(0x080b);
    /// `ecdsa_brainpoolP256r1tls13_sha256`: RFC8734.
    pub const ECDSA_BRAINPOOLP256R1TLS13_SHA256: Self = Self(0x081a);
    /// `ecdsa_brainpoolP384r1tls13_sha384`: RFC8734.
    pub const ECDSA_BRAINPOOLP384R1TLS13_SHA384: Self = Self(0x081b);
    /// `ecdsa_brainpoolP512r1tls13_sha512`: RFC8734.
    pub const ECDSA_BRAINPOOLP512R1TLS13_SHA512: Self = Self(0x081c);
    /// `gostr34102012_256_intrinsic`: RFC9189.
    pub const GOSTR34102012_256_INTRINSIC: Self = Self(0x0840);
    /// `gostr34102012_512_intrinsic`: RFC9189.
    pub const GOSTR34102012_512_INTRINSIC: Self = Self(0x0841);
    /// `mldsa44`: draft-ietf-tls-mldsa.
    pub const MLDSA44: Self = Self(0x0904);
    /// `mldsa65`: draft-ietf-tls-mldsa.
    pub const MLDSA65: Self = Self(0x0905);
    /// `mldsa87`: draft-ietf-tls-mldsa.
    pub const MLDSA87: Self = Self(0x0906);
    /// `gostr34102001_gostr3411`: private: OpenSSL GOST engine.
    pub const GOSTR34102001_GOSTR3411: Self = Self(0xeded);
    /// `gostr34102012_256_gostr34112012_256`: private: OpenSSL GOST engine.
    pub const GOSTR34102012_256_GOSTR34112012_256: Self = Self(0xeeee);
    /// `gostr34102012_512_gostr34112012_512`: private: OpenSSL GOST engine.
    pub const GOSTR34102012_512_GOSTR34112012_512: Self = Self(0xefef);
}

pub(super) const NAMES: &[(u16, &str)] = &[
    (0x0000, "anonymous_none"),
    (0x0001, "rsa_pkcs1_none"),
    (0x0002, "dsa_none"),
    (0x0003, "ecdsa_none"),
    (0x0100, "anonymous_md5"),
    (0x0101, "rsa_pkcs1_md5"),
    (0x0102, "dsa_md5"),
    (0x0103, "ecdsa_md5"),
    (0x0200, "anonymous_sha1"),
    (0x0201, "rsa_pkcs1_sha1"),
    (0x0202, "dsa_sha1"),
    (0x0203, "ecdsa_sha1"),
    (0x0300, "anonymous_sha224"),
    (0x0301, "rsa_pkcs1_sha224"),
    (0x0302, "dsa_sha224"),
    (0x0303, "ecdsa_sha224"),
    (0x0400, "anonymous_sha256"),
    (0x0401, "rsa_pkcs1_sha256"),
    (0x0402, "dsa_sha256"),
    (0x0403, "ecdsa_secp256r1_sha256"),
    (0x0420, "rsa_pkcs1_sha256_legacy"),
    (0x0500, "anonymous_sha384"),
    (0x0501, "rsa_pkcs1_sha384"),
    (0x0502, "dsa_sha384"),
    (0x0503, "ecdsa_secp384r1_sha384"),
    (0x0520, "rsa_pkcs1_sha384_legacy"),
    (0x0600, "anonymous_sha512"),
    (0x0601, "rsa_pkcs1_sha512"),
    (0x0602, "dsa_sha512"),
    (0x0603, "ecdsa_secp521r1_sha512"),
    (0x0620, "rsa_pkcs1_sha512_legacy"),
    (0x0704, "eccsi_sha256"),
    (0x0705, "iso_ibs1"),
    (0x0706, "iso_ibs2"),
    (0x0707, "iso_chinese_ibs"),
    (0x0708, "sm2sig_sm3"),
    (0x0709, "gostr34102012_256a"),
    (0x070a, "gostr34102012_256b"),
    (0x070b, "gostr34102012_256c"),
    (0x070c, "gostr34102012_256d"),
    (0x070d, "gostr34102012_512a"),
    (0x070e, "gostr34102012_512b"),
    (0x070f, "gostr34102012_512c"),
    (0x0804, "rsa_pss_rsae_sha256"),
    (0x0805, "rsa_pss_rsae_sha384"),
    (0x0806, "rsa_pss_rsae_sha512"),
    (0x0807, "ed25519"),
    (0x0808, "ed448"),
    (0x0809, "rsa_pss_pss_sha256"),
    (0x080a, "rsa_pss_pss_sha384"),
    (0x080b, "rsa_pss_pss_sha512"),
    (0x081a, "ecdsa_brainpoolP256r1tls13_sha256"),
    (0x081b, "ecdsa_brainpoolP384r1tls13_sha384"),
    (0x081c, "ecdsa_brainpoolP512r1tls13_sha512"),
    (0x0840, "gostr34102012_256_intrinsic"),
    (0x0841, "gostr34102012_512_intrinsic"),
    (0x0904, "mldsa44"),
    (0x0905, "mldsa65"),
    (0x0906, "mldsa87"),
    (0xeded, "gostr34102001_gostr3411"),
    (0xeeee, "gostr34102012_256_gostr34112012_256"),
    (0xefef, "gostr34102012_512_gostr34112012_512"),
];
