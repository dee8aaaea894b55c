//! JA3 of a client's hello and JA3S of a server's: MD5 of the code points in decimal.
//!
//! `version,suites,extensions,groups,point formats`, each list in the order of the wire with `-` between two; a server's
//! is `version,suite,extensions`. The version is the hello's own field. As the method's authors describe it:
//! <https://github.com/salesforce/ja3>.

use md5::Digest;
use md5::Md5;

use super::ascii;
use super::decimal;
use super::hexadecimal;
use super::join;
use super::list;
use crate::extension::EcPointFormats;
use crate::extension::Extensions;
use crate::extension::SupportedGroups;
use crate::handshake::ClientHello;
use crate::registry::CipherSuite;
use crate::registry::Version;

/// JA3 of a hello, hexadecimal.
pub fn ja3(hello: &ClientHello<'_>) -> String {
    md5(&client_text(hello))
}

/// What JA3 is the hash of.
pub fn ja3_text(hello: &ClientHello<'_>) -> String {
    ascii(client_text(hello))
}

/// JA3S of a server's choice, hexadecimal.
pub fn ja3s(legacy_version: Version, suite: CipherSuite, extensions: &Extensions<'_>) -> String {
    md5(&server_text(legacy_version, suite, extensions))
}

/// What JA3S is the hash of. Servers send no GREASE; one that does is told by it.
pub fn ja3s_text(
    legacy_version: Version,
    suite: CipherSuite,
    extensions: &Extensions<'_>,
) -> String {
    ascii(server_text(legacy_version, suite, extensions))
}

fn client_text(hello: &ClientHello<'_>) -> Vec<u8> {
    let extensions = &hello.extensions;
    let mut text = Vec::with_capacity(TYPICAL_LENGTH);
    decimal(hello.legacy_version.0, &mut text);
    text.push(b',');
    let suites = hello.cipher_suites.iter().filter(|suite| !suite.is_grease());
    join(suites, b'-', &mut text, |suite, text| decimal(suite.0, text));
    text.push(b',');
    let types = extensions.iter().map(|raw| raw.extension).filter(|kind| !kind.is_grease());
    join(types, b'-', &mut text, |kind, text| decimal(kind.0, text));
    text.push(b',');
    let SupportedGroups(groups) = list(extensions);
    let groups = groups.iter().filter(|group| !group.is_grease());
    join(groups, b'-', &mut text, |group, text| decimal(group.0, text));
    text.push(b',');
    let EcPointFormats(formats) = list(extensions);
    join(formats, b'-', &mut text, |format, text| decimal(u16::from(format.0), text));
    text
}

fn server_text(
    legacy_version: Version,
    suite: CipherSuite,
    extensions: &Extensions<'_>,
) -> Vec<u8> {
    let mut text = Vec::with_capacity(TYPICAL_LENGTH_OF_SERVER);
    decimal(legacy_version.0, &mut text);
    text.push(b',');
    decimal(suite.0, &mut text);
    text.push(b',');
    join(extensions, b'-', &mut text, |raw, text| decimal(raw.extension.0, text));
    text
}

fn md5(text: &[u8]) -> String {
    let mut digits = Vec::with_capacity(DIGITS);
    hexadecimal(&Md5::digest(text), &mut digits);
    ascii(digits)
}

/// Room for the text of most hellos.
const TYPICAL_LENGTH: usize = 256;
/// And of most servers' hellos.
const TYPICAL_LENGTH_OF_SERVER: usize = 64;
/// Hexadecimal ones of a hash.
const DIGITS: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extension::RenegotiationInfo;
    use crate::extension::ServerNames;
    use crate::registry::CompressionMethod;
    use crate::registry::EcPointFormat;
    use crate::registry::ExtensionType;
    use crate::registry::NamedGroup;

    /// The two texts and hashes in the description of the method (github.com/salesforce/ja3, README.md).
    #[test]
    fn the_published_examples() {
        let mut extensions = Extensions::new();
        extensions.push(ExtensionType(0x0a0a), &b""[..]);
        extensions.add(&ServerNames::host("host.example"));
        extensions.add(&SupportedGroups(vec![
            NamedGroup(0x1a1a),
            NamedGroup::SECP256R1,
            NamedGroup::SECP384R1,
            NamedGroup::SECP521R1,
        ]));
        extensions.add(&EcPointFormats(vec![EcPointFormat::UNCOMPRESSED]));
        let suites = [0x2a2a, 47, 53, 5, 10, 49161, 49162, 49171, 49172, 50, 56, 19, 4];
        let mut hello = ClientHello {
            legacy_version: Version::TLS_1_0,
            random: [0; 32],
            session_id: b"",
            cipher_suites: suites.map(CipherSuite).to_vec(),
            compression_methods: vec![CompressionMethod::NULL],
            extensions,
        };
        let text = "769,47-53-5-10-49161-49162-49171-49172-50-56-19-4,0-10-11,23-24-25,0";
        assert_eq!(ja3_text(&hello), text);
        assert_eq!(ja3(&hello), "ada70206e40642a3e4461f35503241d5");
        let suites = [4, 5, 10, 9, 100, 98, 3, 6, 19, 18, 99];
        hello.cipher_suites = suites.map(CipherSuite).to_vec();
        hello.extensions = Extensions::none();
        assert_eq!(ja3_text(&hello), "769,4-5-10-9-100-98-3-6-19-18-99,,,");
        assert_eq!(ja3(&hello), "de350869b8c85de67a350c8d186f11e6");
    }

    #[test]
    fn a_servers_choice() {
        let mut extensions = Extensions::new();
        extensions.add(&RenegotiationInfo(b""));
        extensions.push(ExtensionType::SERVER_NAME, &b""[..]);
        let (version, suite) = (Version::TLS_1_0, CipherSuite(47));
        assert_eq!(ja3s_text(version, suite, &extensions), "769,47,65281-0");
        assert_eq!(ja3s_text(version, suite, &Extensions::none()), "769,47,");
    }
}
