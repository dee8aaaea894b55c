//! The crypto seam: every primitive the handshake needs, one file per concern, most of them over one library that nothing else in this crate names.
//!
//! Old primitives (RC4, 3DES, MD5, finite-field DH of any size) join as new files beside these.

pub(crate) mod aead;
pub(crate) mod block;
pub(crate) mod cbc;
pub(crate) mod der;
pub(crate) mod exchange;
pub(crate) mod hash;
pub(crate) mod mac;
pub(crate) mod modular;
pub(crate) mod prf;
pub(crate) mod random;
pub(crate) mod rsa;
pub(crate) mod schedule;
pub(crate) mod signature;
pub(crate) mod stream;
