//! A server that is nothing but its lists: it chooses as real ones do and computes nothing.

use tlscensus_tls_wire::alert::Alert;
use tlscensus_tls_wire::codec::Codec;
use tlscensus_tls_wire::extension::ApplicationProtocols;
use tlscensus_tls_wire::extension::Extensions;
use tlscensus_tls_wire::extension::KeyShareEntry;
use tlscensus_tls_wire::extension::KeyShareRetry;
use tlscensus_tls_wire::extension::KeyShareServerHello;
use tlscensus_tls_wire::extension::SelectedVersion;
use tlscensus_tls_wire::handshake::CertificateLegacy;
use tlscensus_tls_wire::handshake::HELLO_RETRY_REQUEST_RANDOM;
use tlscensus_tls_wire::handshake::ServerHello;
use tlscensus_tls_wire::observer::Observer;
use tlscensus_tls_wire::observer::Offer;
use tlscensus_tls_wire::observer::Protection;
use tlscensus_tls_wire::observer::Side;
use tlscensus_tls_wire::record::put_handshake;
use tlscensus_tls_wire::record::put_records;
use tlscensus_tls_wire::registry::AlertDescription;
use tlscensus_tls_wire::registry::Authentication;
use tlscensus_tls_wire::registry::CipherSuite;
use tlscensus_tls_wire::registry::CompressionMethod;
use tlscensus_tls_wire::registry::ContentType;
use tlscensus_tls_wire::registry::ExtensionType;
use tlscensus_tls_wire::registry::HandshakeType;
use tlscensus_tls_wire::registry::KeyExchange;
use tlscensus_tls_wire::registry::NamedGroup;
use tlscensus_tls_wire::registry::SignatureScheme;
use tlscensus_tls_wire::registry::Version;

use crate::support::Server;
use crate::support::certificates::Kind;

/// The lists of a server, best first.
#[derive(Clone, Debug)]
pub(crate) struct Model {
    /// Each with its suites.
    pub(crate) versions: Vec<(Version, Vec<CipherSuite>)>,
    pub(crate) server_decides_suites: bool,
    pub(crate) legacy_groups: Vec<NamedGroup>,
    pub(crate) tls13_groups: Vec<NamedGroup>,
    pub(crate) server_decides_groups: bool,
    pub(crate) schemes: Vec<SignatureScheme>,
    /// The curve of the key that suites with ECDSA are signed with; `None`: one of EdDSA, which has none.
    pub(crate) certificate_curve: Option<NamedGroup>,
    /// Those suites are not for a client that does not name this curve.
    pub(crate) minds_certificate_curve: bool,
    pub(crate) protocols: Vec<&'static str>,
    pub(crate) protocols_strict: bool,
    pub(crate) refusal: Refusal,
    /// Hellos that it does not answer at all.
    pub(crate) minds: Minds,
}

/// Curves of keys that a model can have a certificate for.
pub(crate) const KEY_CURVES: [(NamedGroup, Kind); 8] = [
    (NamedGroup::SECP224R1, Kind::P224),
    (NamedGroup::SECP256R1, Kind::P256),
    (NamedGroup::SECP384R1, Kind::P384),
    (NamedGroup::SECP521R1, Kind::P521),
    (NamedGroup::SECP256K1, Kind::Secp256k1),
    (NamedGroup::BRAINPOOLP256R1, Kind::Brainpool256),
    (NamedGroup::BRAINPOOLP384R1, Kind::Brainpool384),
    (NamedGroup::BRAINPOOLP512R1, Kind::Brainpool512),
];

/// How it says no.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    Alert,
    Close,
}

/// What it cannot stand in a hello.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Minds {
    Nothing,
    Tls13,
    Longer(usize),
}

pub(crate) struct ModelServer {
    model: Model,
    output: Vec<u8>,
    answered: bool,
}

impl ModelServer {
    pub(crate) fn new(model: Model) -> Self {
        Self { model, output: Vec::new(), answered: false }
    }
}

impl Server for ModelServer {
    fn receive(&mut self, bytes: &[u8]) {
        if self.answered || bytes.is_empty() {
            return;
        }
        self.answered = true;
        let body = &bytes[9..];
        let mut observer = Observer::new();
        let hello = HandshakeType::CLIENT_HELLO;
        observer.message(Side::Client, Protection::Plain, hello, body);
        let offer = observer.offer().unwrap();
        match self.model.answer(&offer, bytes.len()) {
            Ok(flight) => {
                let version = Version::TLS_1_2;
                put_records(ContentType::HANDSHAKE, version, &flight, &mut self.output);
            }
            Err(Some(alert)) if self.model.refusal == Refusal::Alert => {
                let alert = Alert::fatal(alert).encoded();
                put_records(ContentType::ALERT, Version::TLS_1_2, &alert, &mut self.output);
            }
            Err(_) => {}
        }
    }

    fn output(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.output)
    }

    fn send(&mut self, _: &[u8]) {}

    fn plaintext(&mut self) -> Vec<u8> {
        Vec::new()
    }

    fn close(&mut self) {}

    fn established(&self) -> bool {
        false
    }
}

/// A refusal: with this alert, or in silence.
type No = Option<AlertDescription>;

impl Model {
    fn answer(&self, offer: &Offer<'_>, length: usize) -> Result<Vec<u8>, No> {
        let listed = offer.has(ExtensionType::SUPPORTED_VERSIONS);
        match self.minds {
            Minds::Tls13 if listed => return Err(None),
            Minds::Longer(limit) if length > limit => return Err(None),
            _ => {}
        }
        let offered = offer.versions();
        let mutual = |version: Version| match listed && self.has(Version::TLS_1_3) {
            true => offered.contains(&version),
            false => version <= offer.hello.legacy_version,
        };
        let (version, suites) = self
            .versions
            .iter()
            .filter(|(version, _)| mutual(*version))
            .max_by_key(|(version, _)| *version)
            .ok_or(Some(AlertDescription::PROTOCOL_VERSION))?;
        let group = self.group(*version, offer);
        let eligible: Vec<CipherSuite> = suites
            .iter()
            .copied()
            .filter(|suite| self.may_use(*suite, *version, offer, group))
            .collect();
        let no = Some(AlertDescription::HANDSHAKE_FAILURE);
        let suite = choose(&eligible, &offer.hello.cipher_suites, self.server_decides_suites);
        let suite = suite.ok_or(no)?;
        let protocol = self.protocol(offer)?;
        if version.is_tls13() {
            let group = group.ok_or(no)?;
            return Ok(tls13(suite, group, offer));
        }
        let scheme = self.scheme(suite, offer);
        Ok(self.flight(*version, suite, group, scheme, protocol))
    }

    fn has(&self, version: Version) -> bool {
        self.versions.iter().any(|(has, _)| *has == version)
    }

    fn group(&self, version: Version, offer: &Offer<'_>) -> Option<NamedGroup> {
        let own = if version.is_tls13() { &self.tls13_groups } else { &self.legacy_groups };
        match offer.has(ExtensionType::SUPPORTED_GROUPS) {
            true => choose(own, &offer.groups(), self.server_decides_groups),
            // A client that does not say takes any (RFC 8422, section 4).
            false => own.first().copied(),
        }
    }

    fn may_use(
        &self,
        suite: CipherSuite,
        version: Version,
        offer: &Offer<'_>,
        group: Option<NamedGroup>,
    ) -> bool {
        let parameters = suite.parameters().unwrap();
        let curve = parameters.authentication != Authentication::Ecdsa
            || !offer.has(ExtensionType::SUPPORTED_GROUPS)
            || !self.minds_certificate_curve
            || self.certificate_curve.is_none_or(|curve| offer.groups().contains(&curve));
        let signed = version < Version::TLS_1_2
            || !parameters.key_exchange.is_ephemeral()
            || parameters.authentication == Authentication::Anon
            || self.scheme(suite, offer).is_some();
        let grouped = parameters.key_exchange != KeyExchange::Ecdhe || group.is_some();
        curve && (signed || version.is_tls13()) && grouped
    }

    fn scheme(&self, suite: CipherSuite, offer: &Offer<'_>) -> Option<SignatureScheme> {
        let prefixes: &[&str] = match suite.parameters()?.authentication {
            Authentication::Rsa => &["rsa"],
            Authentication::Ecdsa => &["ecdsa", "ed"],
            Authentication::Dss => &["dsa"],
            _ => return None,
        };
        let mut own = self.schemes.clone();
        own.retain(|scheme| prefixes.iter().any(|prefix| scheme.to_string().starts_with(prefix)));
        choose(&own, &offer.signature_schemes(), self.server_decides_suites)
    }

    fn protocol(&self, offer: &Offer<'_>) -> Result<Option<&'static str>, No> {
        let offered = offer.alpn();
        let own = self.protocols.iter().copied();
        let chosen = own.clone().find(|name| offered.contains(&name.as_bytes()));
        if chosen.is_none() && self.protocols_strict && !offered.is_empty() {
            return Err(Some(AlertDescription::NO_APPLICATION_PROTOCOL));
        }
        Ok(chosen)
    }

    fn flight(
        &self,
        version: Version,
        suite: CipherSuite,
        group: Option<NamedGroup>,
        scheme: Option<SignatureScheme>,
        protocol: Option<&'static str>,
    ) -> Vec<u8> {
        let mut extensions = Extensions::new();
        if let Some(protocol) = protocol {
            extensions.add(&ApplicationProtocols(vec![protocol.as_bytes()]));
        }
        let hello = ServerHello {
            legacy_version: version,
            random: [1; 32],
            session_id: &[],
            cipher_suite: suite,
            compression_method: CompressionMethod::NULL,
            extensions,
        };
        let mut flight = Vec::new();
        put_handshake(HandshakeType::SERVER_HELLO, &mut flight, |out| hello.encode(out));
        let parameters = suite.parameters().unwrap();
        if parameters.authentication != Authentication::Anon {
            let leaf = self.leaf(parameters.authentication);
            let message = CertificateLegacy { chain: vec![leaf] };
            put_handshake(HandshakeType::CERTIFICATE, &mut flight, |out| message.encode(out));
        }
        let key = match (parameters.key_exchange, group) {
            (KeyExchange::Ecdhe, Some(group)) => {
                let [high, low] = group.0.to_be_bytes();
                Some(vec![3, high, low, 1, 4])
            }
            // A prime of 8 bits, a generator, a value.
            (KeyExchange::Dhe, _) => Some(vec![0, 1, 0xfb, 0, 1, 2, 0, 1, 5]),
            _ => None,
        };
        if let Some(mut key) = key {
            if parameters.authentication != Authentication::Anon {
                if version == Version::TLS_1_2 {
                    key.extend(scheme.unwrap_or_default().0.to_be_bytes());
                }
                key.extend([0, 1, 7]);
            }
            let put = |out: &mut Vec<u8>| out.extend_from_slice(&key);
            put_handshake(HandshakeType::SERVER_KEY_EXCHANGE, &mut flight, put);
        }
        put_handshake(HandshakeType::SERVER_HELLO_DONE, &mut flight, |_| {});
        flight
    }

    fn leaf(&self, authentication: Authentication) -> &'static [u8] {
        let kind = match (authentication, self.certificate_curve) {
            (Authentication::Ecdsa, None) => Kind::Ed25519,
            (Authentication::Ecdsa, Some(curve)) => {
                let (_, kind) = KEY_CURVES.iter().find(|(known, _)| *known == curve).unwrap();
                *kind
            }
            _ => return authentication.word().as_bytes(),
        };
        &kind.identity().certificate
    }
}

/// What both have, by the order of the one who decides.
fn choose<T: Copy + PartialEq>(own: &[T], offered: &[T], server_decides: bool) -> Option<T> {
    let (order, other) = if server_decides { (own, offered) } else { (offered, own) };
    order.iter().copied().find(|item| other.contains(item))
}

fn tls13(suite: CipherSuite, group: NamedGroup, offer: &Offer<'_>) -> Vec<u8> {
    let mut extensions = Extensions::new();
    extensions.add(&SelectedVersion(Version::TLS_1_3));
    let shared = offer.key_share_groups().contains(&group);
    let key = [9; 32];
    match shared {
        true => extensions.add(&KeyShareServerHello(KeyShareEntry { group, key_exchange: &key })),
        false => extensions.add(&KeyShareRetry(group)),
    };
    let hello = ServerHello {
        legacy_version: Version::TLS_1_2,
        random: if shared { [1; 32] } else { HELLO_RETRY_REQUEST_RANDOM },
        session_id: offer.hello.session_id,
        cipher_suite: suite,
        compression_method: CompressionMethod::NULL,
        extensions,
    };
    let mut flight = Vec::new();
    put_handshake(HandshakeType::SERVER_HELLO, &mut flight, |out| hello.encode(out));
    flight
}
