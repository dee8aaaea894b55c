//! The fixed parts of a certificate (RFC 5280 section 4.1), found even where their content makes no sense.

use crate::der;
use crate::der::Element;

/// Where the parts are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Anatomy<'a> {
    pub(crate) version: Option<Element<'a>>,
    pub(crate) serial: Element<'a>,
    pub(crate) inner_signature_algorithm: Element<'a>,
    pub(crate) issuer: Element<'a>,
    pub(crate) subject: Element<'a>,
    pub(crate) spki: Element<'a>,
    pub(crate) signature_algorithm: Option<Element<'a>>,
    /// Bytes behind the certificate.
    pub(crate) trailing: usize,
}

impl<'a> Anatomy<'a> {
    /// `None`: not even the outline of a certificate.
    pub(crate) fn of(bytes: &'a [u8]) -> Option<Self> {
        let (certificate, trailing) = der::first(bytes)?;
        let mut outer = certificate.tagged(der::SEQUENCE)?.children();
        let tbs = outer.next()?.tagged(der::SEQUENCE)?;
        let mut fields = tbs.children().peekable();
        let version = fields.next_if(|element| element.tag == der::CONTEXT_0);
        let serial = fields.next()?.tagged(der::INTEGER)?;
        let inner_signature_algorithm = fields.next()?.tagged(der::SEQUENCE)?;
        let issuer = fields.next()?.tagged(der::SEQUENCE)?;
        let _validity = fields.next()?.tagged(der::SEQUENCE)?;
        let subject = fields.next()?.tagged(der::SEQUENCE)?;
        let spki = fields.next()?.tagged(der::SEQUENCE)?;
        Some(Self {
            version,
            serial,
            inner_signature_algorithm,
            issuer,
            subject,
            spki,
            signature_algorithm: outer.next().and_then(|next| next.tagged(der::SEQUENCE)),
            trailing,
        })
    }

    /// The version as people count it.
    pub(crate) fn version(&self) -> Option<u8> {
        let Some(version) = self.version else {
            return Some(1);
        };
        match version.children().next()?.tagged(der::INTEGER)?.content {
            [number] => number.checked_add(1),
            _ => None,
        }
    }
}

/// The object identifier of an AlgorithmIdentifier.
pub(crate) fn algorithm(identifier: &Element<'_>) -> Option<String> {
    let oid = identifier.children().next()?;
    der::oid(oid.tagged(der::OBJECT_IDENTIFIER)?.content)
}
