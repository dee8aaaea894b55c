//! SSL 2 cipher kinds: generated from `registry/ssl2_cipher_kinds.csv`, not edited by hand.

use super::Ssl2CipherKind;

impl Ssl2CipherKind {
    /// `SSL_CK_RC4_128_WITH_MD5`: draft-hickman-netscape-ssl-00.
    pub const SSL_CK_RC4_128_WITH_MD5: Self = Self(0x010080);
    /// `SSL_CK_RC4_128_EXPORT40_WITH_MD5`: draft-hickman-netscape-ssl-00.
    pub const SSL_CK_RC4_128_EXPORT40_WITH_MD5: Self = Self(0x020080);
    /// `SSL_CK_RC2_128_CBC_WITH_MD5`: draft-hickman-netscape-ssl-00.
    pub const SSL_CK_RC2_128_CBC_WITH_MD5: Self = Self(0x030080);
    /// `SSL_CK_RC2_128_CBC_EXPORT40_WITH_MD5`: draft-hickman-netscape-ssl-00.
    pub const SSL_CK_RC2_128_CBC_EXPORT40_WITH_MD5: Self = Self(0x040080);
    /// `SSL_CK_IDEA_128_CBC_WITH_MD5`: draft-hickman-netscape-ssl-00.
    pub const SSL_CK_IDEA_128_CBC_WITH_MD5: Self = Self(0x050080);
    /// `SSL_CK_DES_64_CBC_WITH_MD5`: draft-hickman-netscape-ssl-00.
    pub const SSL_CK_DES_64_CBC_WITH_MD5: Self = Self(0x060040);
    /// `SSL_CK_DES_64_CBC_WITH_SHA`: private: OpenSSL 0.9.8 ssl2.h.
    pub const SSL_CK_DES_64_CBC_WITH_SHA: Self = Self(0x060140);
    /// `SSL_CK_DES_192_EDE3_CBC_WITH_MD5`: draft-hickman-netscape-ssl-00.
    pub const SSL_CK_DES_192_EDE3_CBC_WITH_MD5: Self = Self(0x0700c0);
    /// `SSL_CK_DES_192_EDE3_CBC_WITH_SHA`: private: OpenSSL 0.9.8 ssl2.h.
    pub const SSL_CK_DES_192_EDE3_CBC_WITH_SHA: Self = Self(0x0701c0);
    /// `SSL_CK_RC4_64_WITH_MD5`: private: OpenSSL 0.9.8 ssl2.h.
    pub const SSL_CK_RC4_64_WITH_MD5: Self = Self(0x080080);
    /// `SSL_CK_DES_64_CFB64_WITH_MD5_1`: private: OpenSSL 0.9.8 ssl2.h.
    pub const SSL_CK_DES_64_CFB64_WITH_MD5_1: Self = Self(0xff0800);
    /// `SSL_CK_NULL`: private: OpenSSL 0.9.8 ssl2.h.
    pub const SSL_CK_NULL: Self = Self(0xff0810);
}

pub(super) const NAMES: &[(u32, &str)] = &[
    (0x010080, "SSL_CK_RC4_128_WITH_MD5"),
    (0x020080, "SSL_CK_RC4_128_EXPORT40_WITH_MD5"),
    (0x030080, "SSL_CK_RC2_128_CBC_WITH_MD5"),
    (0x040080, "SSL_CK_RC2_128_CBC_EXPORT40_WITH_MD5"),
    (0x050080, "SSL_CK_IDEA_128_CBC_WITH_MD5"),
    (0x060040, "SSL_CK_DES_64_CBC_WITH_MD5"),
    (0x060140, "SSL_CK_DES_64_CBC_WITH_SHA"),
    (0x0700c0, "SSL_CK_DES_192_EDE3_CBC_WITH_MD5"),
    (0x0701c0, "SSL_CK_DES_192_EDE3_CBC_WITH_SHA"),
    (0x080080, "SSL_CK_RC4_64_WITH_MD5"),
    (0xff0800, "SSL_CK_DES_64_CFB64_WITH_MD5_1"),
    (0xff0810, "SSL_CK_NULL"),
];
