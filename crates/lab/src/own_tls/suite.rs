//! The suites of the server of our own.

use openssl::bn::BigNum;
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::pkey::Private;
use openssl::rsa::Rsa;
use openssl::symm::Cipher;

use crate::Exchange;
use crate::Field;
use crate::flavour::FlavourSpec;

/// A suite and the key exchange behind it.
#[derive(Debug)]
pub(crate) struct Suite {
    pub(super) code: u16,
    pub(super) exchange: Ephemeral,
    pub(super) protection: Protection,
    /// Another handshake may begin inside the first.
    pub(super) renegotiates: bool,
}

/// What the server signs and sends.
#[derive(Debug)]
pub(super) enum Ephemeral {
    /// The client encrypts to the certificate's key: nothing is sent.
    Certificate,
    /// A value in this field, a fresh one each time.
    Field(Field),
    /// A value in this field with this exponent, the same for the life of the server.
    KeptField(Field, BigNum),
    /// An RSA key that export rules allowed, the same for the life of the server, as it was everywhere.
    Rsa(Rsa<Private>),
}

/// How records are protected.
#[derive(Clone, Copy, Debug)]
pub(super) struct Protection {
    pub(super) cipher: fn() -> Cipher,
    pub(super) mac: fn() -> MessageDigest,
    pub(super) mac_length: usize,
    /// Secret bytes of a key.
    pub(super) key_material: usize,
    /// The key and the initialisation vector are stretched from public randoms (RFC 2246, section 6.3.1).
    pub(super) export: bool,
}

impl Suite {
    /// The suite of this flavour.
    pub(crate) fn new(spec: &FlavourSpec) -> Result<Self, ErrorStack> {
        let (code, protection) = match spec.rsa {
            "TLS_RSA_EXPORT_WITH_RC4_40_MD5" => (0x0003, RC4_40_MD5),
            "TLS_DHE_RSA_EXPORT_WITH_DES40_CBC_SHA" => (0x0014, DES40_CBC_SHA),
            "TLS_DHE_RSA_WITH_AES_128_CBC_SHA" => (0x0033, AES_128_CBC_SHA),
            "TLS_RSA_WITH_IDEA_CBC_SHA" => (0x0007, IDEA_CBC_SHA),
            "TLS_RSA_WITH_SEED_CBC_SHA" => (0x0096, SEED_CBC_SHA),
            other => unreachable!("{other} is no suite of this server"),
        };
        let exchange = match spec.exchange {
            Exchange::Field(field) if spec.flavour.keeps_value() => {
                let mut exponent = BigNum::new()?;
                field.prime()?.rand_range(&mut exponent)?;
                Ephemeral::KeptField(field, exponent)
            }
            Exchange::Field(field) => Ephemeral::Field(field),
            _ if protection.export => Ephemeral::Rsa(Rsa::generate(EXPORT_RSA_BITS)?),
            _ => Ephemeral::Certificate,
        };
        Ok(Self { code, exchange, protection, renegotiates: spec.flavour.renegotiates_unbound() })
    }
}

const RC4_40_MD5: Protection = Protection {
    cipher: Cipher::rc4,
    mac: MessageDigest::md5,
    mac_length: 16,
    key_material: 5,
    export: true,
};

const DES40_CBC_SHA: Protection = Protection {
    cipher: Cipher::des_cbc,
    mac: MessageDigest::sha1,
    mac_length: 20,
    key_material: 5,
    export: true,
};

const AES_128_CBC_SHA: Protection = cbc_sha(Cipher::aes_128_cbc);
const IDEA_CBC_SHA: Protection = cbc_sha(Cipher::idea_cbc);
const SEED_CBC_SHA: Protection = cbc_sha(Cipher::seed_cbc);

/// A cipher with a key of 16 bytes.
const fn cbc_sha(cipher: fn() -> Cipher) -> Protection {
    Protection { cipher, mac: MessageDigest::sha1, mac_length: 20, key_material: 16, export: false }
}

/// The largest key for encryption that could be exported from the United States until 1998.
const EXPORT_RSA_BITS: u32 = 512;
