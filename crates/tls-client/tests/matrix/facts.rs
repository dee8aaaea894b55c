//! Facts of one connection as somebody tells them: we, the server, or a dissector.

use std::fmt::Debug;

use tlscensus_tls_wire::observer::Observer;
use tlscensus_tls_wire::registry::CipherSuite;
use tlscensus_tls_wire::registry::ExtensionType;
use tlscensus_tls_wire::registry::NamedGroup;
use tlscensus_tls_wire::registry::SignatureScheme;
use tlscensus_tls_wire::registry::Version;

/// What somebody tells; `None` is what they do not speak of.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Facts {
    pub(crate) version: Option<Version>,
    pub(crate) suite: Option<CipherSuite>,
    pub(crate) group: Option<NamedGroup>,
    pub(crate) dh_bits: Option<u32>,
    pub(crate) scheme: Option<SignatureScheme>,
    pub(crate) alpn: Option<String>,
    /// Each DER.
    pub(crate) certificates: Option<Vec<Vec<u8>>>,
    /// The ServerHello's, in order.
    pub(crate) extensions: Option<Vec<ExtensionType>>,
    /// The EncryptedExtensions', in order.
    pub(crate) encrypted_extensions: Option<Vec<ExtensionType>>,
    pub(crate) extended_master_secret: Option<bool>,
    pub(crate) encrypt_then_mac: Option<bool>,
    pub(crate) retry: Option<bool>,
}

impl Facts {
    /// What our client recorded.
    pub(crate) fn recorded(observer: &Observer) -> Self {
        let Some(choice) = observer.choice() else {
            return Self::default();
        };
        let key_exchange = observer.key_exchange();
        let alpn = observer.alpn().map(|name| String::from_utf8_lossy(name).into_owned());
        let types = |extensions: &tlscensus_tls_wire::extension::Extensions<'_>| {
            extensions.iter().map(|extension| extension.extension).collect()
        };
        Self {
            version: Some(choice.version),
            suite: Some(choice.suite),
            group: key_exchange.and_then(|facts| facts.group),
            dh_bits: key_exchange.and_then(|facts| facts.dh).map(|dh| dh.bits()),
            scheme: key_exchange.and_then(|facts| facts.signature_scheme),
            alpn: Some(alpn.unwrap_or_default()),
            certificates: observer
                .chain()
                .map(|chain| chain.iter().map(|certificate| certificate.to_vec()).collect()),
            extensions: Some(types(&choice.extensions)),
            encrypted_extensions: observer.encrypted_extensions().map(types),
            extended_master_secret: Some(choice.extended_master_secret()),
            encrypt_then_mac: Some(choice.encrypt_then_mac()),
            retry: Some(observer.hello_retry()),
        }
    }

    /// How many facts are told.
    pub(crate) fn count(&self) -> usize {
        self.compare(self).1
    }

    /// Where somebody else tells it differently from us.
    pub(crate) fn disagreements(&self, theirs: &Self) -> Vec<String> {
        self.compare(theirs).0
    }

    fn compare(&self, theirs: &Self) -> (Vec<String>, usize) {
        let mut difference = Difference::default();
        difference.take("version", &self.version, &theirs.version);
        difference.take("suite", &self.suite, &theirs.suite);
        difference.take("group", &self.group, &theirs.group);
        difference.take("bits of the prime", &self.dh_bits, &theirs.dh_bits);
        difference.take("signature scheme", &self.scheme, &theirs.scheme);
        difference.take("application protocol", &self.alpn, &theirs.alpn);
        difference.take("certificates", &self.certificates, &theirs.certificates);
        difference.take("extensions", &self.extensions, &theirs.extensions);
        let (ours, told) = (&self.encrypted_extensions, &theirs.encrypted_extensions);
        difference.take("encrypted extensions", ours, told);
        let (ours, told) = (&self.extended_master_secret, &theirs.extended_master_secret);
        difference.take("extended master secret", ours, told);
        difference.take("encrypt-then-MAC", &self.encrypt_then_mac, &theirs.encrypt_then_mac);
        difference.take("retry", &self.retry, &theirs.retry);
        (difference.found, difference.told)
    }
}

#[derive(Default)]
struct Difference {
    found: Vec<String>,
    told: usize,
}

impl Difference {
    fn take<T: PartialEq + Debug>(&mut self, what: &str, ours: &Option<T>, theirs: &Option<T>) {
        if theirs.is_none() {
            return;
        }
        self.told += 1;
        if ours != theirs {
            self.found.push(format!("{what}: we say {ours:?}, they say {theirs:?}"));
        }
    }
}
