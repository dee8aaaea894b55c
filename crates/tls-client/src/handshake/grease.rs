//! Values that mean nothing, so that servers stay tolerant (RFC 8701): drawn once for each connection.

use tlscensus_tls_wire::codec::put_bytes16;
use tlscensus_tls_wire::codec::put_u16;
use tlscensus_tls_wire::extension::Extensions;
use tlscensus_tls_wire::registry::CipherSuite;
use tlscensus_tls_wire::registry::ExtensionType;
use tlscensus_tls_wire::registry::NamedGroup;
use tlscensus_tls_wire::registry::Version;

use crate::crypto::random::Random;

/// The values of one connection.
pub(super) struct Grease {
    suite: CipherSuite,
    group: NamedGroup,
    version: Version,
    extension: ExtensionType,
    noise: Random,
}

impl Grease {
    pub(super) fn draw(noise: &mut Random) -> Self {
        let [suite, group, version, extension] = noise.array().map(value);
        Self {
            suite: CipherSuite(suite),
            group: NamedGroup(group),
            version: Version(version),
            extension: ExtensionType(extension),
            noise: Random::seeded(u64::from_be_bytes(noise.array())),
        }
    }

    pub(super) fn group(&self) -> NamedGroup {
        self.group
    }

    /// The list with our value in the places kept for one.
    pub(super) fn in_suites(&self, suites: &[CipherSuite]) -> Vec<CipherSuite> {
        suites.iter().map(|suite| if suite.is_grease() { self.suite } else { *suite }).collect()
    }

    /// The list with our value in the places kept for one.
    pub(super) fn in_groups(&self, groups: &[NamedGroup]) -> Vec<NamedGroup> {
        groups.iter().map(|group| if group.is_grease() { self.group } else { *group }).collect()
    }

    /// The list with our value in the places kept for one.
    pub(super) fn in_versions(&self, versions: &[Version]) -> Vec<Version> {
        let drawn = |version: &Version| if version.is_grease() { self.version } else { *version };
        versions.iter().map(drawn).collect()
    }

    /// An extension behind those there are: the first is empty, another one has a type of its own and a byte, as
    /// BoringSSL has it.
    pub(super) fn extension(&self, before: &Extensions<'_>) -> (ExtensionType, Vec<u8>) {
        match before.contains(self.extension) {
            false => (self.extension, Vec::new()),
            true => (ExtensionType(self.extension.0 ^ 0x1010), vec![0]),
        }
    }

    /// What a client without the server's key says (RFC 9849, section 6.2): noise of the right form.
    pub(super) fn encrypted_client_hello(&self) -> Vec<u8> {
        let mut noise = self.noise.clone();
        let [config_id] = noise.array();
        let mut out = vec![OUTER];
        put_u16(HKDF_SHA256, &mut out);
        put_u16(AES_128_GCM, &mut out);
        out.push(config_id);
        put_bytes16(&noise.array::<X25519_BYTES>(), &mut out);
        put_bytes16(&noise.array::<PAYLOAD_BYTES>(), &mut out);
        out
    }
}

/// One of the sixteen reserved values (RFC 8701, section 2).
fn value(drawn: u8) -> u16 {
    u16::from_be_bytes([drawn & 0xf0 | 0x0a; 2])
}

/// `ECHClientHelloType.outer`.
const OUTER: u8 = 0;
/// The KDF and AEAD of HPKE (RFC 9180, section 7).
const HKDF_SHA256: u16 = 1;
const AES_128_GCM: u16 = 1;
/// The encapsulated key of DHKEM(X25519).
const X25519_BYTES: usize = 32;
/// An inner hello of 128 bytes and its tag.
const PAYLOAD_BYTES: usize = 144;

#[cfg(test)]
mod tests {
    use tlscensus_tls_wire::codec::Reader;

    use super::*;

    #[test]
    fn values_are_reserved_ones_and_an_extension_never_stands_twice() {
        for seed in 0..100 {
            let grease = Grease::draw(&mut Random::seeded(seed));
            assert!(grease.suite.is_grease() && grease.group.is_grease());
            assert!(grease.version.is_grease() && grease.extension.is_grease());
            let mut extensions = Extensions::new();
            for expected in [&b""[..], &[0]] {
                let (extension, content) = grease.extension(&extensions);
                assert!(extension.is_grease());
                assert_eq!(content, expected);
                extensions.push(extension, content);
            }
            assert_eq!(extensions.repeated(), None);
        }
    }

    /// RFC 9849, section 5: type, KDF, AEAD, config id, encapsulated key, payload.
    #[test]
    fn an_encrypted_hello_without_a_key_has_the_form_of_one_with() {
        let grease = Grease::draw(&mut Random::seeded(7));
        let content = grease.encrypted_client_hello();
        assert_eq!(content, grease.encrypted_client_hello(), "the second hello says it again");
        let mut reader = Reader::new(&content);
        assert_eq!(reader.array("outer, KDF, AEAD"), Ok([0, 0, 1, 0, 1]));
        reader.u8("config id").expect("there");
        assert_eq!(reader.bytes16("enc").map(<[u8]>::len), Ok(32));
        assert_eq!(reader.bytes16("payload").map(<[u8]>::len), Ok(144));
        assert!(reader.is_empty());
    }
}
