//! XML elements as XMPP uses them: names, namespaces, attributes, text. No document types and no entities of a peer's own
//! (RFC 6120 section 11.1), so nothing can grow beyond the unit it came in.

use std::borrow::Cow;
use std::sync::Arc;

/// The namespaces in force: prefix (empty for the default) and name, innermost last. Shared, because every unit of a
/// stream is read with a copy of the stream's own.
pub(super) type Scope = Vec<(Arc<[u8]>, Arc<[u8]>)>;

/// One unit of an XML stream.
#[derive(Debug)]
pub(super) enum Unit<'a> {
    /// The start tag that opens the stream, and the namespaces it declares for everything in it.
    Header(Element<'a>, Scope),
    /// A first-level element.
    Element(Element<'a>),
    /// The end tag that closes the stream.
    Closing,
}

/// An element with all it holds.
#[derive(Debug)]
pub(super) struct Element<'a> {
    /// As sent, from `<` to `>`.
    pub(super) raw: &'a [u8],
    /// The name without its prefix.
    pub(super) local: &'a [u8],
    /// Empty: none.
    pub(super) namespace: Arc<[u8]>,
    pub(super) children: Vec<Self>,
    /// Character data directly inside, entities resolved.
    pub(super) text: Vec<u8>,
    attributes: Vec<(&'a [u8], Cow<'a, [u8]>)>,
}

impl<'a> Element<'a> {
    /// Whether this is the element of that name.
    pub(super) fn is(&self, namespace: &str, local: &str) -> bool {
        *self.namespace == *namespace.as_bytes() && self.local == local.as_bytes()
    }

    /// The value of the attribute with this name as written, prefix included.
    pub(super) fn attribute(&self, name: &str) -> Option<&[u8]> {
        self.attributes
            .iter()
            .find(|(written, _)| *written == name.as_bytes())
            .map(|(_, value)| value.as_ref())
    }

    /// The first child of that name.
    pub(super) fn child(&self, namespace: &str, local: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.is(namespace, local))
    }
}

/// The bytes are balanced but no XML that XMPP allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NotWellFormed;

/// Reads one unit as the framer cut it, with the namespaces of the stream it came in.
pub(super) fn parse<'a>(unit: &'a [u8], stream: &Scope) -> Result<Unit<'a>, NotWellFormed> {
    let mut parser = Parser { unit, at: 0, scope: stream.clone(), open: Vec::new() };
    loop {
        match parser.step()? {
            Progress::More => {}
            Progress::Whole(element) => return Ok(Unit::Element(element)),
            Progress::Closing => return Ok(Unit::Closing),
            Progress::OutOfBytes => break,
        }
    }
    let mut scope = parser.scope;
    match parser.open.pop() {
        Some(header) if parser.open.is_empty() => {
            scope.drain(..header.outer_scope);
            Ok(Unit::Header(header.element, scope))
        }
        _ => Err(NotWellFormed),
    }
}

struct Parser<'a> {
    unit: &'a [u8],
    at: usize,
    scope: Scope,
    open: Vec<Open<'a>>,
}

struct Open<'a> {
    element: Element<'a>,
    begin: usize,
    /// Length of the scope outside of it.
    outer_scope: usize,
}

enum Progress<'a> {
    More,
    Whole(Element<'a>),
    Closing,
    OutOfBytes,
}

impl<'a> Parser<'a> {
    fn step(&mut self) -> Result<Progress<'a>, NotWellFormed> {
        let rest = self.rest();
        if rest.is_empty() {
            return Ok(Progress::OutOfBytes);
        }
        if rest.starts_with(b"<?") {
            self.take_until(b"?>")?;
            return Ok(Progress::More);
        }
        if rest.starts_with(CDATA) {
            self.at += CDATA.len();
            let data = self.take_until(b"]]>")?;
            self.text(data);
            return Ok(Progress::More);
        }
        if rest.starts_with(b"</") {
            self.take_until(b">")?;
            return self.close();
        }
        if rest.starts_with(b"<") {
            return self.start_tag();
        }
        let length = rest.iter().position(|&byte| byte == b'<').unwrap_or(rest.len());
        self.at += length;
        let data = unescape(rest.get(..length).unwrap_or_default())?;
        self.text(&data);
        Ok(Progress::More)
    }

    fn rest(&self) -> &'a [u8] {
        self.unit.get(self.at..).unwrap_or_default()
    }

    /// What lies before `end`, which is skipped too.
    fn take_until(&mut self, end: &[u8]) -> Result<&'a [u8], NotWellFormed> {
        let rest = self.rest();
        let length =
            rest.windows(end.len()).position(|window| window == end).ok_or(NotWellFormed)?;
        self.at += length + end.len();
        Ok(rest.get(..length).unwrap_or_default())
    }

    fn take_while(&mut self, wanted: impl Fn(u8) -> bool) -> &'a [u8] {
        let rest = self.rest();
        let length = rest.iter().position(|&byte| !wanted(byte)).unwrap_or(rest.len());
        self.at += length;
        rest.get(..length).unwrap_or_default()
    }

    fn take_byte(&mut self) -> Option<u8> {
        let byte = self.rest().first().copied();
        self.at += 1;
        byte
    }

    fn text(&mut self, data: &[u8]) {
        if let Some(open) = self.open.last_mut() {
            open.element.text.extend_from_slice(data);
        }
    }

    fn start_tag(&mut self) -> Result<Progress<'a>, NotWellFormed> {
        let begin = self.at;
        self.at += 1;
        let name = self.take_while(is_name_byte);
        let outer_scope = self.scope.len();
        let mut attributes: Vec<(&[u8], Cow<'_, [u8]>)> = Vec::new();
        let closed = loop {
            let space = self.take_while(|byte| byte.is_ascii_whitespace());
            match self.rest().first() {
                Some(b'>') => break false,
                Some(b'/') => break true,
                Some(_) if !space.is_empty() => {
                    let (name, value) = self.attribute()?;
                    if attributes.len() == MAX_ATTRIBUTES || attributes.iter().any(|a| a.0 == name)
                    {
                        return Err(NotWellFormed);
                    }
                    if let Some(prefix) = declared_prefix(name) {
                        self.scope.push((Arc::from(prefix), Arc::from(value.as_ref())));
                    }
                    attributes.push((name, value));
                }
                _ => return Err(NotWellFormed),
            }
        };
        self.take_until(b">")?;
        let (namespace, local) = self.resolve(name)?;
        let element = Element {
            raw: &[],
            local,
            namespace,
            children: Vec::new(),
            text: Vec::new(),
            attributes,
        };
        self.open.push(Open { element, begin, outer_scope });
        if closed { self.close() } else { Ok(Progress::More) }
    }

    fn attribute(&mut self) -> Result<(&'a [u8], Cow<'a, [u8]>), NotWellFormed> {
        let name = self.take_while(is_name_byte);
        self.take_while(|byte| byte.is_ascii_whitespace());
        if name.is_empty() || self.take_byte() != Some(b'=') {
            return Err(NotWellFormed);
        }
        self.take_while(|byte| byte.is_ascii_whitespace());
        match self.take_byte() {
            Some(quote @ (b'"' | b'\'')) => Ok((name, unescape(self.take_until(&[quote])?)?)),
            _ => Err(NotWellFormed),
        }
    }

    fn resolve(&self, name: &'a [u8]) -> Result<(Arc<[u8]>, &'a [u8]), NotWellFormed> {
        let (prefix, local) = match name.iter().position(|&byte| byte == b':') {
            Some(colon) => {
                (name.get(..colon).unwrap_or_default(), name.get(colon + 1..).unwrap_or_default())
            }
            None => (&[][..], name),
        };
        let declared = self.scope.iter().rev().find(|(known, _)| **known == *prefix);
        match declared {
            _ if local.is_empty() || local.contains(&b':') => Err(NotWellFormed),
            Some((_, namespace)) => Ok((Arc::clone(namespace), local)),
            None if prefix.is_empty() => Ok((Arc::from(&[][..]), local)),
            None => Err(NotWellFormed),
        }
    }

    /// An end tag, or the end of a tag that closes itself.
    fn close(&mut self) -> Result<Progress<'a>, NotWellFormed> {
        let Some(mut closed) = self.open.pop() else {
            return Ok(Progress::Closing);
        };
        self.scope.truncate(closed.outer_scope);
        closed.element.raw = self.unit.get(closed.begin..self.at).unwrap_or_default();
        match self.open.last_mut() {
            Some(parent) => {
                parent.element.children.push(closed.element);
                Ok(Progress::More)
            }
            None => Ok(Progress::Whole(closed.element)),
        }
    }
}

/// The prefix that an attribute of this name declares.
fn declared_prefix(name: &[u8]) -> Option<&[u8]> {
    match name.strip_prefix(b"xmlns")? {
        [] => Some(&[]),
        [b':', prefix @ ..] => Some(prefix),
        _ => None,
    }
}

const fn is_name_byte(byte: u8) -> bool {
    !byte.is_ascii_whitespace() && !matches!(byte, b'<' | b'>' | b'/' | b'=' | b'"' | b'\'' | b'&')
}

/// Resolves the five predefined entities and character references; any other entity would need a document type.
pub(super) fn unescape(text: &[u8]) -> Result<Cow<'_, [u8]>, NotWellFormed> {
    if !text.contains(&b'&') {
        return Ok(Cow::Borrowed(text));
    }
    let mut parts = text.split(|&byte| byte == b'&');
    let mut plain = parts.next().unwrap_or_default().to_vec();
    for part in parts {
        let end =
            part.iter().take(MAX_REFERENCE).position(|&byte| byte == b';').ok_or(NotWellFormed)?;
        let reference =
            part.get(..end).and_then(|name| std::str::from_utf8(name).ok()).ok_or(NotWellFormed)?;
        let character = resolve_reference(reference).ok_or(NotWellFormed)?;
        plain.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
        plain.extend_from_slice(part.get(end + 1..).unwrap_or_default());
    }
    Ok(Cow::Owned(plain))
}

fn resolve_reference(name: &str) -> Option<char> {
    let code = match name {
        "amp" => return Some('&'),
        "apos" => return Some('\''),
        "gt" => return Some('>'),
        "lt" => return Some('<'),
        "quot" => return Some('"'),
        _ => name.strip_prefix('#')?,
    };
    let code = match code.strip_prefix('x') {
        Some(digits) => u32::from_str_radix(digits, 16),
        None => code.parse(),
    };
    char::from_u32(code.ok()?)
}

/// Makes a value safe between apostrophes.
pub(super) fn escape(value: &str) -> String {
    let mut escaped = String::with_capacity(value.len());
    for character in value.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '\'' => escaped.push_str("&apos;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            control if control.is_control() => {}
            other => escaped.push(other),
        }
    }
    escaped
}

const CDATA: &[u8] = b"<![CDATA[";

/// Most attributes of one element; stream headers have about 10.
const MAX_ATTRIBUTES: usize = 64;

/// Longest reference between `&` and `;`: `#x10ffff`, with zeros before it.
const MAX_REFERENCE: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    fn scope() -> Scope {
        vec![
            (Arc::from(&b""[..]), Arc::from(&b"jabber:client"[..])),
            (Arc::from(&b"s"[..]), Arc::from(&b"streams"[..])),
        ]
    }

    fn element(unit: &[u8]) -> Result<Element<'_>, NotWellFormed> {
        match parse(unit, &scope())? {
            Unit::Element(element) => Ok(element),
            Unit::Header(..) | Unit::Closing => Err(NotWellFormed),
        }
    }

    #[test]
    fn elements_know_their_namespace_attributes_and_text() {
        let read = element(b"<s:f a=\"x'&lt;&#x41;\" ><m xmlns='urn:m'><n> P<![CDATA[<A>]]>&amp;</n>\n</m><plain/></s:f>").expect("well-formed");
        assert!(read.is("streams", "f"));
        assert_eq!(read.attribute("a"), Some(&b"x'<A"[..]));
        let inner = read.child("urn:m", "m").expect("child");
        assert_eq!(inner.child("urn:m", "n").expect("child").text, b" P<A>&");
        assert!(read.child("jabber:client", "plain").is_some());
        assert_eq!(read.children[1].raw, b"<plain/>");
        assert!(inner.raw.starts_with(b"<m xmlns") && inner.raw.ends_with(b"</m>"));
    }

    #[test]
    fn a_header_hands_on_its_namespaces() {
        let unit = b"<?xml version=\"1.0\"?>\n<str:stream xmlns='jabber:server' xmlns:str='streams' xmlns:db='d' from='a'>";
        let Ok(Unit::Header(header, scope)) = parse(unit, &Scope::new()) else {
            panic!("a header")
        };
        assert!(header.is("streams", "stream"));
        assert_eq!(header.attribute("from"), Some(&b"a"[..]));
        assert_eq!(scope.len(), 3);
        assert!(matches!(parse(b"<db:x/>", &scope), Ok(Unit::Element(db)) if db.is("d", "x")));
        assert!(matches!(parse(b"</str:stream>", &scope), Ok(Unit::Closing)));
    }

    #[test]
    fn what_xmpp_forbids_is_not_well_formed() {
        for broken in [
            "<a>&lol;</a>",
            "<a b='&lol9;'/>",
            "<a>&amp</a>",
            "<a>&#xd800;</a>",
            "<a>&#99999999;</a>",
            "<a b='1' b='2'/>",
            "<a b=1/>",
            "<a b/>",
            "<a b='1'c='2'/>",
            "<x:a/>",
            "<s:/>",
            "<s:a:b/>",
            "<a b='<'",
        ] {
            assert_eq!(element(broken.as_bytes()).err(), Some(NotWellFormed), "{broken}");
        }
        let many: String = (0..=MAX_ATTRIBUTES).map(|n| format!(" a{n}=''")).collect();
        assert!(element(format!("<a{many}/>").as_bytes()).is_err());
    }

    #[test]
    fn escaping_is_undone_by_unescaping() {
        let escaped = escape("<a b='c'>&\r\n");
        assert_eq!(escaped, "&lt;a b=&apos;c&apos;&gt;&amp;");
        assert_eq!(unescape(escaped.as_bytes()).expect("ours").as_ref(), b"<a b='c'>&");
    }
}
