//! How the secret came about: kind, group, sizes, and who signed for it.

use super::Observer;
use super::SignatureCheck;
use crate::codec::DecodeError;
use crate::handshake::ClientKeyExchange;
use crate::handshake::Context;
use crate::handshake::ServerKeyExchange;
use crate::handshake::ServerParameters;
use crate::handshake::bit_length;
use crate::registry::ExtensionType;
use crate::registry::FfdhGroup;
use crate::registry::KeyExchange;
use crate::registry::NamedGroup;
use crate::registry::SignatureScheme;

/// How the secret came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyExchangeFacts<'a> {
    /// The kind: of the suite before TLS 1.3, of the group and the pre-shared key since; `None` for an unknown suite.
    pub kind: Option<KeyExchange>,
    /// The group, where it has a number.
    pub group: Option<NamedGroup>,
    /// The finite field that the server wrote out, before TLS 1.3.
    pub dh: Option<DhParameters<'a>>,
    /// The modulus of the short-lived key that suites for export encrypt to.
    pub export_rsa_modulus: Option<&'a [u8]>,
    /// The server's public value: share of TLS 1.3, point, or value in the field.
    pub server_public: Option<&'a [u8]>,
    /// Bytes of the client's public value or encrypted secret, before TLS 1.3.
    pub client_public_length: Option<usize>,
    /// The scheme of the server's signature; before TLS 1.2 none is named.
    pub signature_scheme: Option<SignatureScheme>,
    /// What the feeder told of that signature.
    pub signature_check: Option<SignatureCheck>,
}

impl KeyExchangeFacts<'_> {
    /// The name of the finite field, whether it was written out or named by its code point.
    pub fn ffdh_group(&self) -> Option<&'static FfdhGroup> {
        match (self.dh, self.group) {
            (Some(dh), _) => FfdhGroup::of_prime(dh.prime),
            (None, group) => FfdhGroup::of_named(group?),
        }
    }

    /// The stable word: that of the kind, `HYBRID` where a curve and a lattice are joined, `KEM` for a lattice alone.
    pub fn word(&self) -> Option<&'static str> {
        let lattice = self.group.is_some_and(NamedGroup::is_post_quantum);
        let pure = matches!(
            self.group,
            Some(NamedGroup::MLKEM512 | NamedGroup::MLKEM768 | NamedGroup::MLKEM1024)
        );
        match (pure, lattice) {
            (true, _) => Some("KEM"),
            (false, true) => Some("HYBRID"),
            (false, false) => self.kind.map(KeyExchange::word),
        }
    }
}

/// A finite field and the server's value in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DhParameters<'a> {
    /// The prime.
    pub prime: &'a [u8],
    /// The generator.
    pub generator: &'a [u8],
    /// The server's value.
    pub public: &'a [u8],
}

impl DhParameters<'_> {
    /// Bits of the prime.
    pub fn bits(&self) -> u32 {
        bit_length(self.prime)
    }
}

impl Observer {
    /// How the secret came about, as far as it came; `None` before the server's hello.
    pub fn key_exchange(&self) -> Option<KeyExchangeFacts<'_>> {
        let choice = self.choice()?;
        let mut facts = KeyExchangeFacts {
            kind: choice.suite.parameters().map(|suite| suite.key_exchange),
            group: None,
            dh: None,
            export_rsa_modulus: None,
            server_public: None,
            client_public_length: self.client_public_length,
            signature_scheme: self.server.scheme,
            signature_check: self.signature_check,
        };
        if choice.version.is_tls13() {
            let share = choice.key_share();
            facts.group = share.map(|(group, _)| group);
            facts.server_public = share.map(|(_, public)| public);
            let psk = choice.extensions.contains(ExtensionType::PRE_SHARED_KEY);
            facts.kind = kind_tls13(facts.group, psk);
        } else if let Some(message) = self.server_key_exchange() {
            match message.parameters {
                ServerParameters::Dhe { prime, generator, public } => {
                    facts.dh = Some(DhParameters { prime, generator, public });
                    facts.server_public = Some(public);
                }
                ServerParameters::Ecdhe { group, point } => {
                    facts.group = Some(group);
                    facts.server_public = Some(point);
                }
                ServerParameters::ExportRsa { modulus, .. } => {
                    facts.export_rsa_modulus = Some(modulus);
                }
                ServerParameters::None | ServerParameters::Raw(_) => (),
            }
        }
        Some(facts)
    }

    /// The server's ephemeral key as it was sent, before TLS 1.3.
    pub fn server_key_exchange(&self) -> Option<ServerKeyExchange<'_>> {
        let body = self.server_key_exchange.as_deref()?;
        ServerKeyExchange::decode(body, self.context()).ok()
    }
}

fn kind_tls13(group: Option<NamedGroup>, psk: bool) -> Option<KeyExchange> {
    match (group, psk) {
        (None, true) => Some(KeyExchange::Psk),
        (None, false) => None,
        (Some(group), true) if group.is_finite_field() => Some(KeyExchange::DhePsk),
        (Some(group), false) if group.is_finite_field() => Some(KeyExchange::Dhe),
        (Some(_), true) => Some(KeyExchange::EcdhePsk),
        (Some(_), false) => Some(KeyExchange::Ecdhe),
    }
}

pub(super) fn client_public_length(
    body: &[u8],
    context: Context,
) -> Result<Option<usize>, DecodeError> {
    Ok(match ClientKeyExchange::decode(body, context)? {
        ClientKeyExchange::Dhe { public } => Some(public.len()),
        ClientKeyExchange::Ecdhe { point } => Some(point.len()),
        ClientKeyExchange::Rsa { encrypted } => Some(encrypted.len()),
        ClientKeyExchange::Raw(_) => None,
    })
}
