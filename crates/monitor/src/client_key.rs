//! The key under which clients' addresses are hashed.

use std::fmt;
use std::net::IpAddr;
use std::net::SocketAddr;

use hmac::Hmac;
use hmac::KeyInit;
use hmac::Mac;
use sha2::Sha256;
use tlscensus_records::hexadecimal;

/// Small and copied for each name, where other libraries' contexts cost several times what the hash does.
type HmacSha256 = Hmac<Sha256>;

/// Turns addresses of clients into names that mean nothing without the key.
///
/// Equal addresses have equal names under one key, whatever the run; once the key is destroyed nobody can try addresses until
/// one fits.
#[derive(Clone)]
pub struct ClientKey(HmacSha256);

impl ClientKey {
    /// Bytes of a key: those of the hash (RFC 2104, section 3).
    pub const LENGTH: usize = 32;

    /// Of bytes that nobody can guess.
    pub fn new(secret: &[u8; Self::LENGTH]) -> Self {
        Self(HmacSha256::new_from_slice(secret).expect("HMAC takes keys of any length"))
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
                message.update(&end.port().to_be_bytes());
            }
            message.update(&began.to_be_bytes());
        })
    }

    /// Tells keys apart without telling them: runs of the same text have comparable clients.
    pub fn identifier(&self) -> String {
        self.name(b"key", |_| ())
    }

    /// What is hashed for one purpose never equals what is hashed for another.
    fn name(&self, purpose: &[u8], put: impl FnOnce(&mut HmacSha256)) -> String {
        let mut hmac = self.0.clone();
        hmac.update(purpose);
        hmac.update(&[0]);
        put(&mut hmac);
        let tag = hmac.finalize().into_bytes();
        hexadecimal(tag.get(..NAME_BYTES).unwrap_or(&tag))
    }
}

impl fmt::Debug for ClientKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientKey(..)")
    }
}

fn put(message: &mut HmacSha256, address: IpAddr) {
    match address {
        IpAddr::V4(address) => message.update(&address.octets()),
        IpAddr::V6(address) => message.update(&address.octets()),
    }
}

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

    #[test]
    fn flows_have_names_of_their_own() {
        let key = ClientKey::new(&[1; 32]);
        let end = |text: &str| text.parse().expect("an end");
        let one = key.flow(end("192.0.2.1:1000"), end("192.0.2.2:25"), 7);
        assert_ne!(one, key.flow(end("192.0.2.1:1000"), end("192.0.2.2:25"), 8));
        assert_ne!(one, key.flow(end("192.0.2.2:25"), end("192.0.2.1:1000"), 7));
        assert_ne!(one, key.flow(end("192.0.2.1:1001"), end("192.0.2.2:25"), 7));
    }

    /// An HMAC keeps nothing but two states of the hash and a block: the compiler refuses this where those would stay in memory.
    #[test]
    fn keys_are_wiped_when_they_go() {
        fn wiped<T: hmac::digest::zeroize::ZeroizeOnDrop>() {}
        wiped::<Sha256>();
    }

    const VECTOR: &str = "1acb468013fbd63c96dc4fb51bf3bdda";
}
