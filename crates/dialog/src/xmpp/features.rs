//! What XMPP elements say: the features of a stream, the words of an error, the mechanism of an authentication.

use super::TLS;
use super::element::Element;
use crate::MechanismSource;
use crate::Offer;
use crate::Source;
use crate::course::List;
use crate::text;

/// Reads `<stream:features/>`.
pub(super) fn list(features: &Element<'_>) -> List {
    let mut list = List::new(Source::Features);
    for feature in &features.children {
        // What no longer fits is not kept, but an offer in it is one all the same.
        list.entry(feature.raw);
        if feature.is(TLS, "starttls") {
            list.capabilities.starttls = match feature.child(TLS, "required") {
                Some(_) => Offer::Required,
                None => Offer::Yes,
            };
        } else if feature.is(SASL, "mechanisms") {
            read_mechanisms(&mut list, feature, SASL, MechanismSource::Listed);
        } else if feature.is(SASL2, "authentication") {
            read_mechanisms(&mut list, feature, SASL2, MechanismSource::Sasl2);
        } else if feature.is(CHANNEL_BINDING, "sasl-channel-binding") {
            read_channel_bindings(&mut list, feature);
        }
    }
    list
}

fn read_mechanisms(
    list: &mut List,
    feature: &Element<'_>,
    namespace: &str,
    source: MechanismSource,
) {
    for mechanism in feature.children.iter().filter(|child| child.is(namespace, "mechanism")) {
        let name = mechanism.text.trim_ascii();
        if !name.is_empty() {
            list.mechanism(name, source);
        }
    }
}

fn read_channel_bindings(list: &mut List, feature: &Element<'_>) {
    let read = &mut list.capabilities;
    let kinds =
        feature.children.iter().filter(|child| child.is(CHANNEL_BINDING, "channel-binding"));
    for kind in kinds.filter_map(|child| child.attribute("type")) {
        if read.channel_bindings.len() == MAX_CHANNEL_BINDINGS {
            read.truncated = true;
            return;
        }
        read.channel_bindings.push(text::escaped(text::bounded(kind, text::MAX_NAME)));
    }
}

/// The condition and text of a `<stream:error/>` (RFC 6120 section 4.9): `host-unknown: This server does not serve x`.
pub(super) fn error_words(error: &Element<'_>) -> Vec<u8> {
    let mut conditions = error
        .children
        .iter()
        .filter(|child| *child.namespace == *ERRORS.as_bytes() && child.local != b"text");
    let condition = conditions.next();
    let mut words =
        condition.map_or(&b"undefined-condition"[..], |condition| condition.local).to_vec();
    // `<see-other-host/>` names the host inside the condition (section 4.9.3.19).
    let inside =
        condition.map(|condition| condition.text.trim_ascii()).filter(|text| !text.is_empty());
    let text = error.child(ERRORS, "text").map(|text| text.text.trim_ascii());
    // Before RFC 3920 the text was all there was.
    let bare = Some(error.text.trim_ascii()).filter(|text| !text.is_empty());
    if let Some(text) = inside.or(text).or(bare) {
        words.extend_from_slice(b": ");
        words.extend_from_slice(text);
    }
    words
}

/// The mechanism of a client's first step of authentication.
pub(super) fn authentication<'a>(element: &'a Element<'_>) -> Option<&'a [u8]> {
    if element.is(SASL, "auth") || element.is(SASL2, "authenticate") {
        return Some(element.attribute("mechanism").unwrap_or_default());
    }
    if element.is(DIALBACK, "result") {
        return Some(b"DIALBACK");
    }
    let old = element.local == b"iq" && element.child(IQ_AUTH, "query").is_some();
    old.then_some(&b"IQ-AUTH"[..])
}

const CHANNEL_BINDING: &str = "urn:xmpp:sasl-cb:0";
const DIALBACK: &str = "jabber:server:dialback";
const ERRORS: &str = "urn:ietf:params:xml:ns:xmpp-streams";
const IQ_AUTH: &str = "jabber:iq:auth";
const SASL: &str = "urn:ietf:params:xml:ns:xmpp-sasl";
const SASL2: &str = "urn:xmpp:sasl:2";

/// Most channel-binding types; three are defined.
const MAX_CHANNEL_BINDINGS: usize = 32;
