//! What one connection said, as far as it matters here.

use std::sync::Arc;

use tlscensus_tls_wire::extension::SupportedGroups;
use tlscensus_tls_wire::observer::Choice;
use tlscensus_tls_wire::observer::Observer;
use tlscensus_tls_wire::registry::AlertDescription;
use tlscensus_tls_wire::registry::CipherSuite;
use tlscensus_tls_wire::registry::CompressionMethod;
use tlscensus_tls_wire::registry::ExtensionType;
use tlscensus_tls_wire::registry::NamedGroup;
use tlscensus_tls_wire::registry::SignatureScheme;
use tlscensus_tls_wire::registry::Version;

use crate::enumerate::facts::Flag;
use crate::outcome::Outcome;

/// The reply to a hello.
#[derive(Clone, Debug)]
pub(super) enum Reply {
    /// A hello, or the wish for another one.
    Hello(Box<Heard>),
    /// An alert because of the application protocols.
    NoProtocol,
    /// Another alert: nothing suits the server.
    Refused {
        /// It is the versions.
        version: bool,
    },
    /// No word that explains anything.
    Silent,
}

/// What a hello and the messages behind it said.
#[derive(Clone, Debug)]
pub(super) struct Heard {
    pub(super) version: Version,
    pub(super) suite: CipherSuite,
    pub(super) group: Option<NamedGroup>,
    /// A wish for another hello came first.
    pub(super) retried: bool,
    pub(super) scheme: Option<SignatureScheme>,
    /// `None`: the place where it stands was not heard. `Some(None)`: the server took none.
    pub(super) protocol: Option<Option<Vec<u8>>>,
    /// The groups that the server says it has.
    pub(super) declared: Vec<NamedGroup>,
    pub(super) chain: Vec<Arc<[u8]>>,
    pub(super) dh_bits: Option<u32>,
    pub(super) flags: Vec<(Flag, bool)>,
}

impl Reply {
    /// `beyond_hello`: the question was about something that comes behind the server's hello.
    pub(super) fn new(observer: &Observer, outcome: &Outcome, beyond_hello: bool) -> Self {
        let turned_down = beyond_hello && matches!(outcome, Outcome::Alert { .. });
        if let Some(choice) = observer.choice().or_else(|| observer.retry())
            && !turned_down
        {
            return Self::Hello(Box::new(Heard::new(observer, choice)));
        }
        match outcome {
            Outcome::Alert { alert, .. }
                if alert.description == AlertDescription::NO_APPLICATION_PROTOCOL =>
            {
                Self::NoProtocol
            }
            Outcome::VersionRefused { .. } => Self::Refused { version: true },
            Outcome::Alert { .. } | Outcome::NoCommonSuite => Self::Refused { version: false },
            _ => Self::Silent,
        }
    }
}

impl Heard {
    fn new(observer: &Observer, choice: &Choice) -> Self {
        let retry = observer.retry();
        let facts = observer.key_exchange();
        let group = facts.and_then(|facts| facts.group);
        let encrypted = observer.encrypted_extensions();
        let declared = encrypted.and_then(|list| list.get::<SupportedGroups>().ok().flatten());
        let in_the_clear = !choice.version.is_tls13();
        let protocol =
            (in_the_clear || encrypted.is_some()).then(|| observer.alpn().map(<[u8]>::to_vec));
        Self {
            version: choice.version,
            suite: choice.suite,
            group: group.or_else(|| retry.and_then(Choice::retry_group)),
            retried: retry.is_some(),
            scheme: facts.and_then(|facts| facts.signature_scheme),
            protocol,
            declared: declared.map(|SupportedGroups(groups)| groups).unwrap_or_default(),
            chain: observer.chain().map(<[_]>::to_vec).unwrap_or_default(),
            dh_bits: facts.and_then(|facts| facts.dh).map(|dh| dh.bits()),
            flags: if in_the_clear { flags(observer, choice) } else { Vec::new() },
        }
    }
}

/// What the hello says beside its choice, before TLS 1.3.
fn flags(observer: &Observer, choice: &Choice) -> Vec<(Flag, bool)> {
    let has = |extension| choice.extensions.contains(extension);
    let offered_compression =
        observer.offer().is_some_and(|offer| offer.hello.compression_methods.len() > 1);
    let cbc = choice.suite.parameters().is_some_and(|suite| suite.cipher.is_cbc());
    Flag::ALL
        .into_iter()
        .filter(|flag| match flag {
            // Other suites have no use for it, and the answer says nothing.
            Flag::EncryptThenMac => cbc,
            Flag::Compression => offered_compression,
            _ => true,
        })
        .map(|flag| {
            let given = match flag {
                Flag::Compression => choice.compression != CompressionMethod::NULL,
                Flag::EncryptThenMac => choice.encrypt_then_mac(),
                Flag::ExtendedMasterSecret => choice.extended_master_secret(),
                Flag::RenegotiationInfo => has(ExtensionType::RENEGOTIATION_INFO),
                Flag::SessionId => !choice.session_id.is_empty() && !observer.session_id_echoed(),
                Flag::SessionTicket => has(ExtensionType::SESSION_TICKET),
            };
            (flag, given)
        })
        .collect()
}
