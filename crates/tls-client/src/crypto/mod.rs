//! The crypto seam: every primitive the handshake needs, one file per concern. What servers use today is over one library;
//! what they used before it and what is rare, over a crate per cipher or ours.

pub(crate) mod aead;
pub(crate) mod block;
pub(crate) mod cbc;
pub(crate) mod curve;
pub(crate) mod der;
pub(crate) mod dsa;
pub(crate) mod exchange;
pub(crate) mod ffdh;
pub(crate) mod hash;
pub(crate) mod mac;
pub(crate) mod modular;
pub(crate) mod prf;
pub(crate) mod random;
pub(crate) mod rsa;
pub(crate) mod schedule;
pub(crate) mod signature;
pub(crate) mod signature_hash;
pub(crate) mod stream;
