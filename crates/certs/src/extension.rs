//! What a certificate's extensions say (RFC 5280 section 4.2, RFC 6962, RFC 7633).

use std::collections::BTreeSet;
use std::net::IpAddr;

use x509_parser::extensions::DistributionPointName;
use x509_parser::extensions::ExtendedKeyUsage;
use x509_parser::extensions::GeneralName;
use x509_parser::extensions::KeyUsage;
use x509_parser::extensions::ParsedExtension;
use x509_parser::extensions::X509Extension;

use crate::der;
use crate::hexadecimal::hexadecimal;

/// What the extensions say; `None` where there is no such extension, empty where it is there and empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExtensionFacts {
    /// All extensions in order, OIDs.
    pub oids: Vec<String>,
    /// Subject alternative names.
    pub names: Option<AlternativeNames>,
    /// Basic constraints: CA.
    pub ca: Option<bool>,
    /// Basic constraints: path length.
    pub path_length: Option<u32>,
    /// Key usages, RFC 5280 names.
    pub key_usage: Option<Vec<&'static str>>,
    /// Extended key usages, RFC 5280 names or OIDs.
    pub extended_key_usage: Option<Vec<String>>,
    /// Subject key identifier, hexadecimal.
    pub subject_key_id: Option<String>,
    /// Authority key identifier, hexadecimal.
    pub authority_key_id: Option<String>,
    /// OCSP responders.
    pub ocsp_urls: Option<Vec<Vec<u8>>>,
    /// Where the issuer's certificate is to be found.
    pub ca_issuers_urls: Option<Vec<Vec<u8>>>,
    /// Revocation lists.
    pub crl_urls: Option<Vec<Vec<u8>>>,
    /// Certificate policies, OIDs.
    pub policies: Option<Vec<String>>,
    /// Signed certificate timestamps inside.
    pub scts: Option<u32>,
    /// TLS feature status_request.
    pub must_staple: Option<bool>,
}

/// Subject alternative names by type.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AlternativeNames {
    /// dNSName, as encoded.
    pub dns: Vec<Vec<u8>>,
    /// iPAddress, as text.
    pub ip: Vec<String>,
    /// The rest, with their type before a colon.
    pub other: Vec<Vec<u8>>,
}

/// Reads all that can be; names the rest.
pub(crate) fn read(extensions: &[X509Extension<'_>], oddities: &mut Vec<String>) -> ExtensionFacts {
    let mut facts = ExtensionFacts::default();
    let mut seen = BTreeSet::new();
    for extension in extensions {
        let oid = extension.oid.to_id_string();
        if !seen.insert(extension.oid.as_bytes()) {
            oddities.push(format!("extension {oid} twice"));
        } else if let ParsedExtension::ParseError { .. } = extension.parsed_extension() {
            oddities.push(format!("extension {oid} unreadable"));
        } else if oid == TLS_FEATURE {
            facts.must_staple = Some(demands_status(extension.value));
        } else {
            facts.take(extension.parsed_extension());
        }
        facts.oids.push(oid);
    }
    facts
}

impl ExtensionFacts {
    fn take(&mut self, extension: &ParsedExtension<'_>) {
        match extension {
            ParsedExtension::AuthorityKeyIdentifier(id) => {
                self.authority_key_id = id.key_identifier.as_ref().map(|id| hexadecimal(id.0));
            }
            ParsedExtension::SubjectKeyIdentifier(id) => {
                self.subject_key_id = Some(hexadecimal(id.0));
            }
            ParsedExtension::BasicConstraints(constraints) => {
                self.ca = Some(constraints.ca);
                self.path_length = constraints.path_len_constraint;
            }
            ParsedExtension::KeyUsage(usage) => self.key_usage = Some(key_usages(usage)),
            ParsedExtension::ExtendedKeyUsage(usage) => {
                self.extended_key_usage = Some(extended_key_usages(usage));
            }
            ParsedExtension::SubjectAlternativeName(names) => {
                self.names = Some(AlternativeNames::of(&names.general_names));
            }
            ParsedExtension::AuthorityInfoAccess(access) => {
                let urls = |method: &str| {
                    let of_method = access
                        .iter()
                        .filter(|access| access.access_method.to_id_string() == method);
                    of_method.filter_map(|access| url(&access.access_location)).collect()
                };
                self.ocsp_urls = Some(urls(OCSP));
                self.ca_issuers_urls = Some(urls(CA_ISSUERS));
            }
            ParsedExtension::CRLDistributionPoints(points) => {
                let names = points.points.iter().filter_map(|point| {
                    match point.distribution_point.as_ref()? {
                        DistributionPointName::FullName(names) => Some(names),
                        DistributionPointName::NameRelativeToCRLIssuer(_) => None,
                    }
                });
                self.crl_urls = Some(names.flatten().filter_map(url).collect());
            }
            ParsedExtension::CertificatePolicies(policies) => {
                let oids = policies.iter().map(|policy| policy.policy_id.to_id_string());
                self.policies = Some(oids.collect());
            }
            ParsedExtension::SCT(scts) => self.scts = u32::try_from(scts.len()).ok(),
            _ => {}
        }
    }
}

impl AlternativeNames {
    fn of(names: &[GeneralName<'_>]) -> Self {
        let mut found = Self::default();
        for name in names {
            match name {
                GeneralName::DNSName(name) => found.dns.push(name.as_bytes().to_vec()),
                GeneralName::IPAddress(bytes) => match address(bytes) {
                    Some(address) => found.ip.push(address),
                    None => found.push("ip", bytes),
                },
                GeneralName::RFC822Name(name) => found.push("email", name.as_bytes()),
                GeneralName::URI(uri) => found.push("uri", uri.as_bytes()),
                GeneralName::OtherName(oid, value) => {
                    let oid = oid.to_id_string();
                    let kind = OTHER_NAMES.iter().find(|(known, _)| *known == oid);
                    let kind = kind.map_or(oid.as_str(), |(_, kind)| kind);
                    found.push(kind, innermost(value));
                }
                GeneralName::RegisteredID(oid) => {
                    found.push("rid", oid.to_id_string().as_bytes());
                }
                GeneralName::DirectoryName(name) => {
                    let text = der::first(name.as_raw()).map(|(name, _)| crate::name::text(&name));
                    found.push("dirname", text.unwrap_or_default().as_bytes());
                }
                GeneralName::X400Address(value) | GeneralName::EDIPartyName(value) => {
                    found.push(&value.tag().0.to_string(), value.data);
                }
                GeneralName::Invalid(tag, data) => match tag.0 {
                    2 => found.dns.push(data.to_vec()),
                    number => found.push(&number.to_string(), data),
                },
            }
        }
        found
    }

    fn push(&mut self, kind: &str, value: &[u8]) {
        self.other.push([kind.as_bytes(), b":", value].concat());
    }
}

fn address(bytes: &[u8]) -> Option<String> {
    let address = match bytes.len() {
        4 => IpAddr::from(<[u8; 4]>::try_from(bytes).ok()?),
        16 => IpAddr::from(<[u8; 16]>::try_from(bytes).ok()?),
        _ => return None,
    };
    Some(address.to_string())
}

/// The content of the string inside explicit tags.
fn innermost(mut value: &[u8]) -> &[u8] {
    const CONSTRUCTED: u8 = 0x20;
    // A loop: tags may be nested as deep as a certificate is long.
    while let Some((element, 0)) = der::first(value) {
        value = element.content;
        if element.tag & CONSTRUCTED == 0 {
            break;
        }
    }
    value
}

fn url(name: &GeneralName<'_>) -> Option<Vec<u8>> {
    match name {
        GeneralName::URI(uri) => Some(uri.as_bytes().to_vec()),
        _ => None,
    }
}

/// RFC 7633: a sequence of TLS extension numbers.
fn demands_status(value: &[u8]) -> bool {
    let features = der::first(value).map(|(features, _)| features.children());
    features
        .into_iter()
        .flatten()
        .any(|feature| matches!(feature.content, [STATUS_REQUEST | STATUS_REQUEST_V2]))
}

fn key_usages(usage: &KeyUsage) -> Vec<&'static str> {
    let flags = [
        (usage.digital_signature(), "digitalSignature"),
        (usage.non_repudiation(), "nonRepudiation"),
        (usage.key_encipherment(), "keyEncipherment"),
        (usage.data_encipherment(), "dataEncipherment"),
        (usage.key_agreement(), "keyAgreement"),
        (usage.key_cert_sign(), "keyCertSign"),
        (usage.crl_sign(), "cRLSign"),
        (usage.encipher_only(), "encipherOnly"),
        (usage.decipher_only(), "decipherOnly"),
    ];
    let asserted = flags.into_iter().filter(|(asserted, _)| *asserted);
    asserted.map(|(_, name)| name).collect()
}

fn extended_key_usages(usage: &ExtendedKeyUsage<'_>) -> Vec<String> {
    let flags = [
        (usage.any, "anyExtendedKeyUsage"),
        (usage.server_auth, "serverAuth"),
        (usage.client_auth, "clientAuth"),
        (usage.code_signing, "codeSigning"),
        (usage.email_protection, "emailProtection"),
        (usage.time_stamping, "timeStamping"),
        (usage.ocsp_signing, "OCSPSigning"),
    ];
    let named = flags.into_iter().filter(|(asserted, _)| *asserted);
    let named = named.map(|(_, name)| name.to_owned());
    named.chain(usage.other.iter().map(|oid| oid.to_id_string())).collect()
}

const CA_ISSUERS: &str = "1.3.6.1.5.5.7.48.2";
const OCSP: &str = "1.3.6.1.5.5.7.48.1";
const TLS_FEATURE: &str = "1.3.6.1.5.5.7.1.24";
const STATUS_REQUEST: u8 = 5;
const STATUS_REQUEST_V2: u8 = 17;
/// RFC 6120 section 13.7.1.4, RFC 4985, Microsoft's user principal name.
const OTHER_NAMES: [(&str, &str); 3] = [
    ("1.3.6.1.5.5.7.8.5", "xmpp-addr"),
    ("1.3.6.1.5.5.7.8.7", "srv"),
    ("1.3.6.1.4.1.311.20.2.3", "upn"),
];
