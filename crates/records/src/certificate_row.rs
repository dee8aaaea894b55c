//! One distinct certificate, as facts and as bytes.

use tlscensus_certs::ExtensionFacts;
use tlscensus_certs::Facts;
use tlscensus_certs::NameFacts;
use tlscensus_certs::Parse;
use tlscensus_certs::Sha256;

use crate::cell::Bytes;
use crate::cell::Timestamp;
use crate::rows::rows;
use crate::text::escape;
use crate::word::words;

words! {
    /// How well a certificate could be read.
    #[derive(Default)]
    pub enum ParseStatus {
        /// By the rules.
        #[default]
        Ok => "ok",
        /// Read, with something odd in it that parse_detail names.
        Lenient => "lenient",
        /// Not read; columns hold what could be salvaged.
        Failed => "failed",
    }
}

rows! {
    /// One row per distinct certificate.
    pub struct CertificateRow filled by Both {
        /// SHA-256 of the DER; names the certificate everywhere.
        cert_sha256: Sha256,
        /// Length of the DER in bytes.
        size: u32,
        /// ok, lenient or failed.
        parse_status: ParseStatus,
        /// What was odd or wrong; NULL: nothing.
        parse_detail: Option<String>,
        /// Version as people count it: 1, 2 or 3.
        version: Option<u8>,
        /// Serial number, lower-case hexadecimal as encoded.
        serial: Option<String>,
        /// Subject as RFC 4514 text: last element first, unprintable bytes as backslash and two hexadecimal digits.
        subject: Option<String>,
        /// First common name of the subject, escaped.
        subject_cn: Option<String>,
        /// First organisation of the subject, escaped.
        subject_o: Option<String>,
        /// Issuer as RFC 4514 text, like the subject.
        issuer: Option<String>,
        /// First common name of the issuer, escaped.
        issuer_cn: Option<String>,
        /// First organisation of the issuer, escaped.
        issuer_o: Option<String>,
        /// SHA-256 of the subject's DER: equal names without comparing text.
        subject_sha256: Option<Sha256>,
        /// SHA-256 of the issuer's DER.
        issuer_sha256: Option<Sha256>,
        /// Start of validity.
        not_before: Option<Timestamp>,
        /// End of validity.
        not_after: Option<Timestamp>,
        /// Subject alternative names of type dNSName, as encoded, escaped; NULL: no such extension.
        dns_names: Option<Vec<String>>,
        /// Subject alternative names of type iPAddress, as text; NULL: no such extension.
        ip_addresses: Option<Vec<String>>,
        /// Other subject alternative names, with their type before a colon, escaped; NULL: no such extension.
        other_names: Option<Vec<String>>,
        /// Kind of public key: rsa, rsa-pss, ec, ed25519, ed448, x25519, x448, ml-dsa-44, ml-dsa-65, ml-dsa-87, dsa, dh, or its OID.
        key_algorithm: Option<String>,
        /// Size of the public key in bits.
        key_bits: Option<u32>,
        /// Named curve of an ec key, or its OID.
        key_curve: Option<String>,
        /// RSA public exponent, lower-case hexadecimal.
        key_exponent: Option<String>,
        /// SHA-256 of the SubjectPublicKeyInfo's DER: equal keys whatever the certificate.
        spki_sha256: Option<Sha256>,
        /// Algorithm of the signature, OID.
        signature_algorithm_oid: Option<String>,
        /// Algorithm of the signature, by name; NULL: the OID has none that we know.
        signature_algorithm: Option<String>,
        /// Subject and issuer are the same bytes.
        self_issued: Option<bool>,
        /// Basic constraints say CA; NULL: no such extension.
        ca: Option<bool>,
        /// Basic constraints' path length.
        path_length: Option<u32>,
        /// Key usages asserted, RFC 5280 names; NULL: no such extension.
        key_usage: Option<Vec<String>>,
        /// Extended key usages, RFC 5280 names or OIDs; NULL: no such extension.
        extended_key_usage: Option<Vec<String>>,
        /// Subject key identifier, lower-case hexadecimal.
        subject_key_id: Option<String>,
        /// Authority key identifier, lower-case hexadecimal.
        authority_key_id: Option<String>,
        /// OCSP responders named, escaped; NULL: no such extension.
        ocsp_urls: Option<Vec<String>>,
        /// Where the issuer's certificate is to be found, escaped; NULL: no such extension.
        ca_issuers_urls: Option<Vec<String>>,
        /// Revocation lists named, escaped; NULL: no such extension.
        crl_urls: Option<Vec<String>>,
        /// Certificate policies, OIDs; NULL: no such extension.
        policies: Option<Vec<String>>,
        /// Signed certificate timestamps inside the certificate; NULL: no such extension.
        scts_count: Option<u32>,
        /// The TLS feature status_request (RFC 7633) is demanded; NULL: no such extension.
        must_staple: Option<bool>,
        /// All extensions in order, OIDs.
        extensions: Option<Vec<String>>,
        /// The run that saw it first.
        first_seen_run: String,
    }
}

rows! {
    /// The bytes of one distinct certificate.
    pub struct CertificateDer filled by Both {
        /// SHA-256 of the DER; joins with certificates.
        cert_sha256: Sha256,
        /// The certificate as it was sent.
        der: Bytes,
    }
}

impl CertificateRow {
    /// The facts of a certificate (DER), whatever it is.
    pub fn from_der(der: &[u8], run_id: &str) -> Self {
        let facts = Facts::read(der);
        let (parse_status, parse_detail) = match &facts.parse {
            Parse::Ok => (ParseStatus::Ok, None),
            Parse::Lenient(odd) => (ParseStatus::Lenient, Some(odd.clone())),
            Parse::Failed(reason) => (ParseStatus::Failed, Some(reason.clone())),
        };
        let row = Self {
            cert_sha256: Sha256::of(der),
            size: u32::try_from(der.len()).unwrap_or(u32::MAX),
            parse_status,
            parse_detail,
            first_seen_run: run_id.to_owned(),
            self_issued: facts.self_issued(),
            version: facts.version,
            serial: facts.serial,
            not_before: facts.not_before.map(Timestamp::from_seconds),
            not_after: facts.not_after.map(Timestamp::from_seconds),
            key_algorithm: facts.key.algorithm,
            key_bits: facts.key.bits,
            key_curve: facts.key.curve,
            key_exponent: facts.key.exponent,
            spki_sha256: facts.spki_sha256,
            signature_algorithm_oid: facts.signature_algorithm_oid,
            signature_algorithm: facts.signature_algorithm.map(str::to_owned),
            ..Self::default()
        };
        row.with_names(facts.subject, facts.issuer).with_extensions(facts.extensions)
    }

    fn with_names(mut self, subject: Option<NameFacts>, issuer: Option<NameFacts>) -> Self {
        if let Some(subject) = subject {
            self.subject_cn = subject.common_name.as_deref().map(escape);
            self.subject_o = subject.organization.as_deref().map(escape);
            self.subject_sha256 = Some(subject.sha256);
            self.subject = Some(subject.text);
        }
        if let Some(issuer) = issuer {
            self.issuer_cn = issuer.common_name.as_deref().map(escape);
            self.issuer_o = issuer.organization.as_deref().map(escape);
            self.issuer_sha256 = Some(issuer.sha256);
            self.issuer = Some(issuer.text);
        }
        self
    }

    fn with_extensions(mut self, extensions: Option<ExtensionFacts>) -> Self {
        let Some(extensions) = extensions else {
            return self;
        };
        if let Some(names) = extensions.names {
            self.dns_names = Some(escaped(&names.dns));
            self.ip_addresses = Some(names.ip);
            self.other_names = Some(escaped(&names.other));
        }
        let usages = extensions.key_usage.as_deref();
        self.key_usage = usages.map(|u| u.iter().copied().map(str::to_owned).collect());
        self.extended_key_usage = extensions.extended_key_usage;
        self.ca = extensions.ca;
        self.path_length = extensions.path_length;
        self.subject_key_id = extensions.subject_key_id;
        self.authority_key_id = extensions.authority_key_id;
        self.ocsp_urls = extensions.ocsp_urls.as_deref().map(escaped);
        self.ca_issuers_urls = extensions.ca_issuers_urls.as_deref().map(escaped);
        self.crl_urls = extensions.crl_urls.as_deref().map(escaped);
        self.policies = extensions.policies;
        self.scts_count = extensions.scts;
        self.must_staple = extensions.must_staple;
        self.extensions = Some(extensions.oids);
        self
    }
}

fn escaped(texts: &[Vec<u8>]) -> Vec<String> {
    texts.iter().map(|text| escape(text)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_certificate_is_a_row_with_its_reason() {
        let row = CertificateRow::from_der(b"no certificate", "r");
        assert_eq!(row.cert_sha256, Sha256::of(b"no certificate"));
        assert_eq!((row.size, row.parse_status), (14, ParseStatus::Failed));
        assert!(row.parse_detail.is_some());
        assert_eq!((row.subject, row.not_after, row.dns_names), (None, None, None));
        assert_eq!(row.first_seen_run, "r");
    }
}
