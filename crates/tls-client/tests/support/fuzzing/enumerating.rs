//! An enumeration whose answers are anything at all.

use tlscensus_tls_client::Client;
use tlscensus_tls_client::Outcome;
use tlscensus_tls_client::enumerate::Coverage;
use tlscensus_tls_client::enumerate::Ended;
use tlscensus_tls_client::enumerate::Enumeration;
use tlscensus_tls_client::enumerate::Facts;
use tlscensus_tls_client::enumerate::ListFacts;
use tlscensus_tls_client::enumerate::Question;
use tlscensus_tls_wire::alert::Alert;
use tlscensus_tls_wire::codec::Codec;
use tlscensus_tls_wire::codec::DecodeError;
use tlscensus_tls_wire::codec::Reader;
use tlscensus_tls_wire::codec::put_u16;
use tlscensus_tls_wire::extension::Extensions;
use tlscensus_tls_wire::extension::KeyShareEntry;
use tlscensus_tls_wire::extension::KeyShareServerHello;
use tlscensus_tls_wire::extension::SelectedVersion;
use tlscensus_tls_wire::extension::SupportedGroups;
use tlscensus_tls_wire::handshake::CertificateLegacy;
use tlscensus_tls_wire::handshake::EncryptedExtensions;
use tlscensus_tls_wire::handshake::HELLO_RETRY_REQUEST_RANDOM;
use tlscensus_tls_wire::handshake::ServerHello;
use tlscensus_tls_wire::observer::Observer;
use tlscensus_tls_wire::observer::Protection;
use tlscensus_tls_wire::observer::Side;
use tlscensus_tls_wire::record::HANDSHAKE_HEADER_BYTES;
use tlscensus_tls_wire::registry::AlertDescription;
use tlscensus_tls_wire::registry::CipherSuite;
use tlscensus_tls_wire::registry::CompressionMethod;
use tlscensus_tls_wire::registry::ExtensionType;
use tlscensus_tls_wire::registry::HandshakeType;
use tlscensus_tls_wire::registry::NamedGroup;
use tlscensus_tls_wire::registry::Version;

use super::NAME;
use super::SEED;
use super::shares;

/// The first byte is the budget; behind it is one answer after the other, see [`answer`]. Behind the last one the server is
/// silent.
pub(crate) fn enumerating(data: &[u8]) {
    let Some((budget, answers)) = data.split_first() else { return };
    let mut reader = Reader::new(answers);
    let mut enumeration = Enumeration::new(u32::from(*budget), &["h2", "http/1.1", "imap"]);
    while let Some(question) = enumeration.next_question() {
        assert!(enumeration.asked() <= u32::from(*budget), "the budget is kept");
        let mut observer = asked(&question);
        let outcome = answer(&question, &mut observer, &mut reader).unwrap_or(Outcome::Closed);
        enumeration.heard(&observer, outcome);
        check(&enumeration.facts());
    }
    assert_ne!(enumeration.facts().ended, Ended::NotYet);
}

/// The observer of a connection on which our hello was said.
fn asked(question: &Question) -> Observer {
    let client = Client::seeded(&question.profile, Some(NAME), shares(), SEED);
    let hello = client.observer().flight(Side::Client);
    assert!(hello.len() <= LONGEST_HELLO, "{} bytes: {}", hello.len(), question.aim);
    let mut observer = Observer::new();
    let body = &hello[HANDSHAKE_HEADER_BYTES..];
    observer.message(Side::Client, Protection::Plain, HandshakeType::CLIENT_HELLO, body);
    observer
}

/// Silence, an alert, or a hello with more behind it; at the end what the client made of it, which need not fit.
fn answer(
    question: &Question,
    observer: &mut Observer,
    reader: &mut Reader<'_>,
) -> Result<Outcome, DecodeError> {
    match reader.u8("kind")? {
        0 => return Ok(Outcome::Closed),
        1 => {
            let alert = Alert::read(reader)?;
            observer.alert(Side::Server, Protection::Plain, alert);
            return Ok(match alert.description {
                AlertDescription::PROTOCOL_VERSION => Outcome::VersionRefused { chosen: None },
                AlertDescription::INSUFFICIENT_SECURITY => Outcome::NoCommonSuite,
                _ => Outcome::Alert { alert, after: HandshakeType::CLIENT_HELLO },
            });
        }
        kind => hello(kind, question, observer, reader)?,
    }
    Ok(match reader.u8("outcome")? {
        0 => Outcome::Alert { alert: Alert::read(reader)?, after: HandshakeType::SERVER_HELLO },
        1 => Outcome::Closed,
        2 => Outcome::Completed,
        _ => Outcome::Stopped,
    })
}

/// A hello, or with an odd kind the wish for another one, and the messages that the input brings along.
fn hello(
    kind: u8,
    question: &Question,
    observer: &mut Observer,
    reader: &mut Reader<'_>,
) -> Result<(), DecodeError> {
    let profile = &question.profile;
    let version = Version(one_of(&profile.versions, |version| version.0, reader)?);
    let cipher_suite = CipherSuite(one_of(&profile.suites, |suite| suite.0, reader)?);
    let group = NamedGroup(one_of(&profile.groups, |group| group.0, reader)?);
    let mut extensions = Extensions::new();
    if version.is_tls13() {
        extensions.add(&SelectedVersion(version));
        let share = KeyShareEntry { group, key_exchange: b"public" };
        match kind & 1 {
            0 => extensions.add(&KeyShareServerHello(share)),
            _ => extensions.push(ExtensionType::KEY_SHARE, group.encoded()),
        }
    }
    let more = ExtensionType::read(reader)?;
    extensions.push(more, reader.bytes8("extension")?);
    let body = ServerHello {
        legacy_version: version.min(Version::TLS_1_2),
        random: if kind & 1 == 0 { [5; 32] } else { HELLO_RETRY_REQUEST_RANDOM },
        session_id: reader.bytes8("session id")?,
        cipher_suite,
        compression_method: CompressionMethod(reader.u8("compression")?),
        extensions,
    };
    let mut say = |protection, message, body: &[u8]| {
        observer.message(Side::Server, protection, message, body);
    };
    say(Protection::Plain, HandshakeType::SERVER_HELLO, &body.encoded());
    let declared = usize::from(reader.u8("declared groups")?) * GROUPS_AT_ONCE;
    if declared > 0 {
        let first = reader.u16("first group")?;
        let groups = (0..=u16::MAX).take(declared).map(|more| first.wrapping_add(more / 2));
        let mut extensions = Extensions::new();
        extensions.add(&SupportedGroups(groups.map(NamedGroup).collect()));
        let body = EncryptedExtensions { extensions }.encoded();
        say(Protection::Handshake, HandshakeType::ENCRYPTED_EXTENSIONS, &body);
    }
    let leaf = reader.bytes8("certificate")?;
    if !leaf.is_empty() {
        let body = CertificateLegacy { chain: vec![leaf] }.encoded();
        say(Protection::Plain, HandshakeType::CERTIFICATE, &body);
    }
    let mut parameters = Vec::new();
    match reader.u8("key exchange")? {
        0 => {}
        // A named curve (RFC 8422, section 5.4).
        1 => {
            parameters.push(3);
            put_u16(group.0, &mut parameters);
            parameters.extend(reader.bytes16("key exchange")?);
        }
        _ => parameters.extend(reader.bytes16("key exchange")?),
    }
    if !parameters.is_empty() {
        say(Protection::Plain, HandshakeType::SERVER_KEY_EXCHANGE, &parameters);
    }
    Ok(())
}

/// One of what was offered, or anything.
fn one_of<T>(
    offered: &[T],
    code: impl Fn(&T) -> u16,
    reader: &mut Reader<'_>,
) -> Result<u16, DecodeError> {
    match offered.get(usize::from(reader.u8("place")?)) {
        Some(item) => Ok(code(item)),
        None => reader.u16("code"),
    }
}

/// What holds for facts at any time, whatever the answers.
fn check(facts: &Facts) {
    facts.versions.iter().for_each(|version| check_list(&version.suites));
    facts.groups.iter().for_each(|(_, groups)| check_list(groups));
    facts.schemes.iter().for_each(|(_, _, schemes)| check_list(schemes));
    check_list(&facts.protocols);
    assert!(facts.chains.len() <= MOST_CHAINS);
    assert!(facts.dh_bits.len() <= usize::try_from(facts.asked).unwrap());
}

fn check_list<T: Copy + PartialEq + std::fmt::Debug>(list: &ListFacts<T>) {
    let items = list.items();
    for (at, item) in items.iter().enumerate() {
        assert!(!items[..at].contains(item), "{item:?} is there twice");
        assert!(!list.unknown.contains(item), "{item:?} is there, and nobody knows");
    }
    assert!(list.coverage != Coverage::Complete || list.unknown.is_empty());
    if list.is_ranked() {
        let in_order = |(place, found): (usize, &Option<usize>)| *found == Some(place);
        let ranks: Vec<Option<usize>> = list.found.iter().map(|found| found.rank).collect();
        assert!(ranks.iter().enumerate().all(in_order), "{ranks:?}");
    }
}

/// Everything that is known, in one hello, with a hybrid share; an answer cannot make it much longer.
const LONGEST_HELLO: usize = 1 << 13;
const MOST_CHAINS: usize = 8;
/// At most as many as an extension can have, twice each.
const GROUPS_AT_ONCE: usize = 127;
