//! Promises of certificate logs inside certificates and OCSP responses (RFC 6962, section 3.3), counted without reading the rest.

use crate::der;
use crate::der::Element;
use crate::der::Elements;

/// How many stand in a certificate; `None` where it has no such extension, or none that can be found.
pub fn scts_in_certificate(certificate: &[u8]) -> Option<u32> {
    let (certificate, _) = der::first(certificate)?;
    let tbs = certificate.children().next()?.tagged(der::SEQUENCE)?;
    let extensions = tbs.children().find(|field| field.tag == der::CONTEXT_3)?;
    count(extensions.children().next()?, IN_CERTIFICATE)
}

/// How many stand in the answers of an OCSP response (RFC 6960, section 4.2.1); `None` where no answer has such an extension.
pub fn scts_in_ocsp_response(response: &[u8]) -> Option<u32> {
    let (response, _) = der::first(response)?;
    let bytes = response.children().find(|field| field.tag == der::CONTEXT_0)?;
    let basic = bytes.children().next()?.children().nth(1)?.tagged(der::OCTET_STRING)?;
    let (basic, _) = der::first(basic.content)?;
    let data = basic.children().next()?.tagged(der::SEQUENCE)?;
    let answers = data.children().find(|field| field.tag == der::SEQUENCE)?;
    let extensions = answers
        .children()
        .filter_map(|answer| answer.children().find(|field| field.tag == der::CONTEXT_1));
    let counts = extensions.filter_map(|block| count(block.children().next()?, IN_OCSP_RESPONSE));
    counts.reduce(u32::saturating_add)
}

/// Length of the list in the extension of this type.
fn count(extensions: Element<'_>, oid: &[u8]) -> Option<u32> {
    let named = |extension: &Element<'_>| {
        extension.children().next().is_some_and(|first| first.content == oid)
    };
    let extension = extensions.children().find(named)?;
    let value = extension.children().last()?.tagged(der::OCTET_STRING)?;
    let inner = Elements { rest: value.content }.next()?.tagged(der::OCTET_STRING)?;
    let (_, mut list) = split_opaque_length(inner.content)?;
    let mut count = 0;
    while let Some((length, rest)) = split_opaque_length(list) {
        let Some(after) = rest.get(length..) else { break };
        list = after;
        count += 1;
    }
    Some(count)
}

/// The two bytes of length before an opaque of TLS, and what follows them.
fn split_opaque_length(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let (length, rest) = bytes.split_first_chunk()?;
    Some((usize::from(u16::from_be_bytes(*length)), rest))
}

/// 1.3.6.1.4.1.11129.2.4.2
const IN_CERTIFICATE: &[u8] = &[0x2b, 0x06, 0x01, 0x04, 0x01, 0xd6, 0x79, 0x02, 0x04, 0x02];
/// 1.3.6.1.4.1.11129.2.4.5
const IN_OCSP_RESPONSE: &[u8] = &[0x2b, 0x06, 0x01, 0x04, 0x01, 0xd6, 0x79, 0x02, 0x04, 0x05];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Facts;

    const LEAF: &[u8] = include_bytes!("../testdata/sct-leaf.der");
    const RESPONSE: &[u8] = include_bytes!("../testdata/sct-ocsp-response.der");

    #[test]
    fn recorded_ones_are_counted() {
        assert_eq!(scts_in_certificate(LEAF), Some(4));
        let facts = Facts::read(LEAF).extensions.expect("extensions");
        assert_eq!(facts.scts, Some(4), "as the other reader says");
        assert_eq!(scts_in_ocsp_response(RESPONSE), Some(2));
        assert_eq!(scts_in_ocsp_response(LEAF), None);
        assert_eq!(scts_in_certificate(RESPONSE), None);
    }

    #[test]
    fn ruins_are_no_more_than_the_whole() {
        type Read = fn(&[u8]) -> Option<u32>;
        let cases: [(&[u8], Read); 2] =
            [(LEAF, scts_in_certificate), (RESPONSE, scts_in_ocsp_response)];
        for (whole, read) in cases {
            let most = read(whole);
            for at in 0..whole.len() {
                assert_eq!(read(&whole[..at]), None, "cut at {at}");
                let mut ruin = whole.to_vec();
                ruin[at] ^= 0x80;
                assert!(read(&ruin) <= most.map(|most| most + 100));
            }
        }
    }
}
