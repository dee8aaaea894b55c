//! The key under which clients' addresses are hashed.

use std::fmt;
use std::net::IpAddr;
use std::net::SocketAddr;

use tlscensus_records::Sha256;
use tlscensus_records::hexadecimal;

/// Turns addresses of clients into names that mean nothing without the key.
///
/// Equal addresses have equal names under one key, whatever the run; once the key is destroyed nobody can try addresses until
/// one fits.
///
/// Each name is an HMAC (RFC 2104) of so few bytes that a library's contexts would cost several times what the hash does.
#[derive(Clone)]
pub struct ClientKey {
    inner: [u8; BLOCK],
    outer: [u8; BLOCK],
}

impl ClientKey {
    /// Bytes of a key: those of the hash (RFC 2104, section 3).
    pub const LENGTH: usize = 32;

    /// Of bytes that nobody can guess.
    pub fn new(secret: &[u8; Self::LENGTH]) -> Self {
        let mut padded = [0; BLOCK];
        padded.iter_mut().zip(secret).for_each(|(to, from)| *to = *from);
        Self { inner: padded.map(|byte| byte ^ 0x36), outer: padded.map(|byte| byte ^ 0x5c) }
    }

    /// The name of a client: 32 hexadecimal digits.
    pub fn client(&self, address: IpAddr) -> String {
        self.name(b"client", |message| put(message, address.to_canonical()))
    }

    /// The name of a connection: of its ends and of when it began.
    pub(crate) fn flow(&self, opener: SocketAddr, responder: SocketAddr, began: i64) -> String {
        self.name(b"flow", |message| {
            for end in [opener, responder] {
                put(message, end.ip());
                message.extend_from_slice(&end.port().to_be_bytes());
            }
            message.extend_from_slice(&began.to_be_bytes());
        })
    }

    /// Tells keys apart without telling them: runs of the same text have comparable clients.
    pub fn identifier(&self) -> String {
        self.name(b"key", |_| ())
    }

    /// What is hashed for one purpose never equals what is hashed for another.
    fn name(&self, purpose: &[u8], put: impl FnOnce(&mut Vec<u8>)) -> String {
        let Sha256(tag) = self.authenticate(|message| {
            message.extend_from_slice(purpose);
            message.push(0);
            put(message);
        });
        hexadecimal(tag.get(..NAME_BYTES).unwrap_or(&tag))
    }

    fn authenticate(&self, put: impl FnOnce(&mut Vec<u8>)) -> Sha256 {
        let mut message = Vec::with_capacity(TYPICAL_LENGTH);
        message.extend_from_slice(&self.inner);
        put(&mut message);
        let Sha256(hash) = Sha256::of(&message);
        message.clear();
        message.extend_from_slice(&self.outer);
        message.extend_from_slice(&hash);
        Sha256::of(&message)
    }
}

impl fmt::Debug for ClientKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientKey(..)")
    }
}

fn put(message: &mut Vec<u8>, address: IpAddr) {
    match address {
        IpAddr::V4(address) => message.extend_from_slice(&address.octets()),
        IpAddr::V6(address) => message.extend_from_slice(&address.octets()),
    }
}

/// Bytes that SHA-256 takes at once.
const BLOCK: usize = 64;
/// Room for a block and what is hashed of a flow.
const TYPICAL_LENGTH: usize = 2 * BLOCK;
/// 128 bits are enough not to meet by chance.
const NAME_BYTES: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_depend_on_key_and_address_alone() {
        let one = ClientKey::new(&[1; 32]);
        let two = ClientKey::new(&[2; 32]);
        let address: IpAddr = "192.0.2.1".parse().expect("an address");
        let mapped: IpAddr = "::ffff:192.0.2.1".parse().expect("an address");
        assert_eq!(one.client(address), one.client(mapped));
        assert_ne!(one.client(address), two.client(address));
        assert_ne!(one.client(address), one.client("192.0.2.2".parse().expect("an address")));
        assert_eq!(one.client(address).len(), 32);
        assert_ne!(one.identifier(), two.identifier());
        // RFC 4231 has no vector of this shape; computed with Python's hmac: b"client\0" + bytes of the address.
        assert_eq!(one.client(address), VECTOR);
    }

    /// RFC 4231, sections 4.2 and 4.4, the first keys padded with the zeros that they end in all the same.
    #[test]
    fn the_published_vectors() {
        let mut secret = [0; 32];
        secret[..20].fill(0x0b);
        let tag = ClientKey::new(&secret).authenticate(|message| message.extend(b"Hi There"));
        let vector = "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7";
        assert_eq!(tag.to_string(), vector);
        secret[..20].fill(0xaa);
        let tag = ClientKey::new(&secret).authenticate(|message| message.extend([0xdd; 50]));
        let vector = "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe";
        assert_eq!(tag.to_string(), vector);
    }

    #[test]
    fn flows_have_names_of_their_own() {
        let key = ClientKey::new(&[1; 32]);
        let end = |text: &str| text.parse().expect("an end");
        let one = key.flow(end("192.0.2.1:1000"), end("192.0.2.2:25"), 7);
        assert_ne!(one, key.flow(end("192.0.2.1:1000"), end("192.0.2.2:25"), 8));
        assert_ne!(one, key.flow(end("192.0.2.2:25"), end("192.0.2.1:1000"), 7));
        assert_ne!(one, key.flow(end("192.0.2.1:1001"), end("192.0.2.2:25"), 7));
    }

    const VECTOR: &str = "1acb468013fbd63c96dc4fb51bf3bdda";
}
