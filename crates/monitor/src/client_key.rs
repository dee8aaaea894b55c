//! The key under which clients' addresses are hashed.

use std::fmt;
use std::net::IpAddr;
use std::net::SocketAddr;

use aws_lc_rs::hmac;
use tlscensus_records::hexadecimal;

/// Turns addresses of clients into names that mean nothing without the key.
///
/// Equal addresses have equal names under one key, whatever the run; once the key is destroyed nobody can try addresses until
/// one fits.
#[derive(Clone)]
pub struct ClientKey(hmac::Key);

impl ClientKey {
    /// Bytes of a key: those of the hash (RFC 2104, section 3).
    pub const LENGTH: usize = 32;

    /// Of bytes that nobody can guess.
    pub fn new(secret: &[u8; Self::LENGTH]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, secret))
    }

    /// The name of a client: 32 hexadecimal digits.
    pub fn client(&self, address: IpAddr) -> String {
        let mut context = self.context(b"client");
        put(&mut context, address.to_canonical());
        name(&context.sign())
    }

    /// The name of a connection: of its ends and of when it began.
    pub(crate) fn flow(&self, opener: SocketAddr, responder: SocketAddr, began: i64) -> String {
        let mut context = self.context(b"flow");
        for end in [opener, responder] {
            put(&mut context, end.ip());
            context.update(&end.port().to_be_bytes());
        }
        context.update(&began.to_be_bytes());
        name(&context.sign())
    }

    /// Tells keys apart without telling them: runs of the same text have comparable clients.
    pub fn identifier(&self) -> String {
        name(&self.context(b"key").sign())
    }

    /// What is hashed for one purpose never equals what is hashed for another.
    fn context(&self, purpose: &[u8]) -> hmac::Context {
        let mut context = hmac::Context::with_key(&self.0);
        context.update(purpose);
        context.update(&[0]);
        context
    }
}

impl fmt::Debug for ClientKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientKey(..)")
    }
}

fn put(context: &mut hmac::Context, address: IpAddr) {
    match address {
        IpAddr::V4(address) => context.update(&address.octets()),
        IpAddr::V6(address) => context.update(&address.octets()),
    }
}

/// 128 bits are enough not to meet by chance.
fn name(tag: &hmac::Tag) -> String {
    let bytes = tag.as_ref();
    hexadecimal(bytes.get(..NAME_BYTES).unwrap_or(bytes))
}

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

    const VECTOR: &str = "1acb468013fbd63c96dc4fb51bf3bdda";
}
