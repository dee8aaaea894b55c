//! XMPP's server side (RFC 6120), between client and server or between servers, up to stream features.

use std::io;

use super::Next;
use super::Role;
use crate::speech::Offers;
use crate::state::Manner;
use crate::wire::Wire;

pub(super) async fn converse(
    wire: &mut Wire<'_>,
    role: &Role<'_>,
    namespace: &str,
) -> io::Result<Next> {
    while let Some(tag) = wire.tag().await? {
        let name = tag
            .trim_start_matches('<')
            .split(|c: char| c.is_whitespace() || c == '>')
            .next()
            .unwrap_or_default()
            .trim_end_matches('/');
        match name {
            "stream:stream" => {
                let header = header(role, namespace);
                match role.manner {
                    Manner::Shed => {
                        wire.say(&format!("{header}{SHED}</stream:stream>")).await?;
                        return Ok(Next::End);
                    }
                    Manner::CloseAtCapabilities => {
                        wire.say(&header).await?;
                        return Ok(Next::End);
                    }
                    Manner::NeedDomain if !tag.contains(" to=") => {
                        let error = format!("{IMPROPER_ADDRESSING}</stream:stream>");
                        wire.say(&format!("{header}{error}")).await?;
                        return Ok(Next::End);
                    }
                    Manner::CapabilitiesUnknown | Manner::NeedDomain | Manner::Proper => {
                        wire.say(&format!("{header}{}", features(role))).await?;
                    }
                }
            }
            "starttls" => {
                let refusal = format!("<failure xmlns='{TLS}'/></stream:stream>");
                let unknown = format!("{UNSUPPORTED}</stream:stream>");
                let (words, accepted) = role.answer(
                    &format!("<proceed xmlns='{TLS}'/>"),
                    "<stream:features/>",
                    &refusal,
                    &refusal,
                    &unknown,
                );
                if accepted {
                    wire.say_at_once(words.as_bytes()).await?;
                    return Ok(Next::Upgrade);
                }
                wire.say(&words).await?;
                return Ok(Next::End);
            }
            "/stream:stream" => {
                wire.say("</stream:stream>").await?;
                return Ok(Next::End);
            }
            _ => {}
        }
    }
    Ok(Next::End)
}

fn header(role: &Role<'_>, namespace: &str) -> String {
    let (name, id) = (role.name, role.variant);
    let dialback = match namespace {
        "jabber:server" => " xmlns:db='jabber:server:dialback'",
        _ => "",
    };
    format!(
        "<?xml version='1.0'?><stream:stream xmlns='{namespace}'{dialback} \
         xmlns:stream='http://etherx.jabber.org/streams' id='{id:x}' from='{name}' \
         version='1.0' xml:lang='en'>"
    )
}

fn features(role: &Role<'_>) -> String {
    let mut inner = String::new();
    if role.offers_upgrade() {
        match role.variant % 2 {
            0 => inner.push_str(&format!("<starttls xmlns='{TLS}'><required/></starttls>")),
            _ => inner.push_str(&format!("<starttls xmlns='{TLS}'/>")),
        }
    }
    inner.push_str(&mechanisms(role.offers));
    format!("<stream:features>{inner}</stream:features>")
}

fn mechanisms(offers: &Offers) -> String {
    let mut text = String::new();
    let list = |names: &[&str]| -> String {
        names.iter().map(|name| format!("<mechanism>{name}</mechanism>")).collect()
    };
    if !offers.listed.is_empty() {
        let names = list(offers.listed);
        text.push_str(&format!("<mechanisms xmlns='{SASL}'>{names}</mechanisms>"));
    }
    if !offers.bindings.is_empty() {
        let kinds: String = offers
            .bindings
            .iter()
            .map(|kind| format!("<channel-binding type='{kind}'/>"))
            .collect();
        text.push_str(&format!(
            "<sasl-channel-binding xmlns='urn:xmpp:sasl-cb:0'>{kinds}</sasl-channel-binding>"
        ));
    }
    if !offers.sasl2.is_empty() {
        let names = list(offers.sasl2);
        text.push_str(&format!("<authentication xmlns='urn:xmpp:sasl:2'>{names}</authentication>"));
    }
    text
}

const TLS: &str = "urn:ietf:params:xml:ns:xmpp-tls";
const SASL: &str = "urn:ietf:params:xml:ns:xmpp-sasl";
const SHED: &str = "<stream:error><resource-constraint \
                    xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>";
const IMPROPER_ADDRESSING: &str = "<stream:error><improper-addressing \
                                   xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>";
const UNSUPPORTED: &str = "<stream:error><unsupported-stanza-type \
                           xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>";
