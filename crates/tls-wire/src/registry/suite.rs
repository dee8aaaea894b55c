//! What a cipher suite is made of: key exchange, authentication, cipher and integrity, each with a stable word.

/// An enum whose every variant has a stable word.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident => $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)*
        }

        impl $name {
            /// Every value.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The stable word of the lists in `registry/`.
            pub fn word(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)*
                }
            }
        }
    };
}

/// What a cipher suite is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SuiteParameters {
    /// How the secret comes about.
    pub key_exchange: KeyExchange,
    /// How the server proves who it is.
    pub authentication: Authentication,
    /// The cipher with its mode.
    pub cipher: Cipher,
    /// Secret bits of the cipher's key as named: 168 for 3DES, 40 for export.
    pub bits: u16,
    /// What protects integrity.
    pub mac: Mac,
    /// The hash of the key schedule from TLS 1.2 on.
    pub hash: Hash,
    /// Made weak on purpose for export.
    pub export: bool,
}

words! {
    /// How the secret comes about.
    KeyExchange {
        /// TLS 1.3: negotiated apart from the suite, ephemeral unless a pre-shared key is used alone.
        Any => "ANY",
        /// The keys of two certificates.
        Dh => "DH",
        /// Ephemeral, over a finite field (anonymous ones too).
        Dhe => "DHE",
        /// Ephemeral, over a finite field, with a pre-shared key.
        DhePsk => "DHE_PSK",
        /// Password.
        Eccpwd => "ECCPWD",
        /// The keys of two certificates, on a curve.
        Ecdh => "ECDH",
        /// Ephemeral, on a curve (anonymous ones too).
        Ecdhe => "ECDHE",
        /// Ephemeral, on a curve, with a pre-shared key.
        EcdhePsk => "ECDHE_PSK",
        /// SSL 3 with hardware tokens.
        Fortezza => "FORTEZZA",
        /// GOST R 34.10.
        Gost => "GOST",
        /// Kerberos.
        Krb5 => "KRB5",
        /// No secret at all.
        Null => "NULL",
        /// A pre-shared key alone.
        Psk => "PSK",
        /// The client encrypts to the server's certificate.
        Rsa => "RSA",
        /// The same, with a pre-shared key.
        RsaPsk => "RSA_PSK",
        /// A signalling value, not a suite.
        Signal => "SIGNAL",
        /// Password, by the secure remote password protocol.
        Srp => "SRP",
    }
}

impl KeyExchange {
    /// True where each handshake has a fresh key on both sides.
    pub fn is_ephemeral(self) -> bool {
        matches!(
            self,
            Self::Any
                | Self::Dhe
                | Self::DhePsk
                | Self::Eccpwd
                | Self::Ecdhe
                | Self::EcdhePsk
                | Self::Srp
        )
    }
}

words! {
    /// How the server proves who it is.
    Authentication {
        /// Not at all.
        Anon => "anon",
        /// TLS 1.3: by whatever certificate or key the handshake agrees on.
        Any => "ANY",
        /// DSA.
        Dss => "DSS",
        /// Password.
        Eccpwd => "ECCPWD",
        /// ECDSA (and Edwards curves, RFC 8422).
        Ecdsa => "ECDSA",
        /// SSL 3 with hardware tokens.
        Fortezza => "FORTEZZA",
        /// GOST R 34.10.
        Gost => "GOST",
        /// Kerberos.
        Krb5 => "KRB5",
        /// Nobody.
        Null => "NULL",
        /// By knowing the pre-shared key.
        Psk => "PSK",
        /// RSA.
        Rsa => "RSA",
        /// A signalling value, not a suite.
        Signal => "SIGNAL",
        /// By knowing the password's verifier.
        Srp => "SRP",
    }
}

words! {
    /// The cipher with its mode.
    Cipher {
        /// AEGIS-128L or AEGIS-256.
        Aegis => "AEGIS",
        /// AES, CBC.
        AesCbc => "AES_CBC",
        /// AES, CCM.
        AesCcm => "AES_CCM",
        /// AES, CCM with a tag of eight bytes.
        AesCcm8 => "AES_CCM_8",
        /// AES, GCM.
        AesGcm => "AES_GCM",
        /// ARIA, CBC.
        AriaCbc => "ARIA_CBC",
        /// ARIA, GCM.
        AriaGcm => "ARIA_GCM",
        /// Camellia, CBC.
        CamelliaCbc => "CAMELLIA_CBC",
        /// Camellia, GCM.
        CamelliaGcm => "CAMELLIA_GCM",
        /// ChaCha20 with Poly1305.
        Chacha20Poly1305 => "CHACHA20_POLY1305",
        /// DES, CBC, 40 or 56 bits.
        DesCbc => "DES_CBC",
        /// Skipjack, CBC.
        FortezzaCbc => "FORTEZZA_CBC",
        /// GOST 28147-89, counter.
        Gost28147Cnt => "28147_CNT",
        /// IDEA, CBC.
        IdeaCbc => "IDEA_CBC",
        /// Kuznyechik, counter.
        KuznyechikCtr => "KUZNYECHIK_CTR",
        /// Kuznyechik, MGM.
        KuznyechikMgm => "KUZNYECHIK_MGM",
        /// Magma, counter.
        MagmaCtr => "MAGMA_CTR",
        /// Magma, MGM.
        MagmaMgm => "MAGMA_MGM",
        /// Plaintext.
        Null => "NULL",
        /// RC2, CBC.
        Rc2Cbc => "RC2_CBC",
        /// RC4.
        Rc4 => "RC4",
        /// SEED, CBC.
        SeedCbc => "SEED_CBC",
        /// A signalling value, not a suite.
        Signal => "SIGNAL",
        /// SM4, CCM.
        Sm4Ccm => "SM4_CCM",
        /// SM4, GCM.
        Sm4Gcm => "SM4_GCM",
        /// DES three times, CBC.
        TripleDesEdeCbc => "3DES_EDE_CBC",
    }
}

impl Cipher {
    /// True for block ciphers in CBC mode.
    pub fn is_cbc(self) -> bool {
        self.word().ends_with("_CBC")
    }
}

words! {
    /// What protects integrity.
    Mac {
        /// The cipher itself.
        Aead => "AEAD",
        /// GOST R 34.11-94.
        Gostr3411 => "GOSTR3411",
        /// GOST 28147-89 in MAC mode.
        Imit => "IMIT",
        /// HMAC-MD5.
        Md5 => "MD5",
        /// Nothing.
        Null => "NULL",
        /// OMAC of the cipher.
        Omac => "OMAC",
        /// HMAC-SHA-1.
        Sha => "SHA",
        /// HMAC-SHA-256.
        Sha256 => "SHA256",
        /// HMAC-SHA-384.
        Sha384 => "SHA384",
        /// A signalling value, not a suite.
        Signal => "SIGNAL",
    }
}

words! {
    /// The hash of the key schedule from TLS 1.2 on.
    Hash {
        /// GOST R 34.11-94.
        Gostr3411 => "GOSTR3411",
        /// SHA-256, also where a suite of the time before TLS 1.2 names none.
        Sha256 => "SHA256",
        /// SHA-384.
        Sha384 => "SHA384",
        /// SHA-512.
        Sha512 => "SHA512",
        /// SM3.
        Sm3 => "SM3",
        /// GOST R 34.11-2012.
        Streebog => "STREEBOG",
    }
}
