//! The few forms of IMAP responses and commands that matter up to the upgrade (RFC 9051 sections 2.2.1, 7.1, 9).

/// A server's line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Response<'a> {
    /// `* CAPABILITY …`: the list.
    Capability(&'a [u8]),
    /// `+ …`.
    Continuation,
    /// Untagged data of no concern.
    Data,
    /// `tag OK …`: an answer.
    Tagged(&'a [u8], Status, &'a [u8]),
    /// `* OK …`.
    Untagged(Status, &'a [u8]),
}

/// How a status response begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    Bad,
    Bye,
    No,
    Ok,
    Preauth,
}

/// A client's line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Command<'a> {
    pub(super) tag: &'a [u8],
    pub(super) verb: Verb,
    pub(super) arguments: &'a [u8],
}

/// Commands that matter before the upgrade.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verb {
    Authenticate,
    Capability,
    Login,
    Logout,
    /// Opens or reads a mailbox.
    Mailbox,
    /// ID, NOOP, ENABLE … and what we do not know.
    Other,
    Starttls,
    /// A command that is not in the capture.
    Unheard,
}

/// Reads a server's unit; `None` if it is none.
pub(super) fn response(unit: &[u8]) -> Option<Response<'_>> {
    let (tag, rest) = word(unit.trim_ascii_end());
    let (keyword, text) = word(rest);
    let status = status(keyword);
    match (tag, status) {
        (b"+", _) => Some(Response::Continuation),
        (b"*", Some(status)) => Some(Response::Untagged(status, text)),
        (b"*", None) if keyword.eq_ignore_ascii_case(b"CAPABILITY") => {
            Some(Response::Capability(text))
        }
        (b"*", None) if !keyword.is_empty() => Some(Response::Data),
        (tag, Some(status @ (Status::Bad | Status::No | Status::Ok))) if is_tag(tag) => {
            Some(Response::Tagged(tag, status, text))
        }
        _ => None,
    }
}

/// Reads a client's unit; `None` if it is none.
pub(super) fn command(unit: &[u8]) -> Option<Command<'_>> {
    let (tag, rest) = word(unit.trim_ascii_end());
    let (keyword, arguments) = word(rest);
    let verb = [
        ("AUTHENTICATE", Verb::Authenticate),
        ("CAPABILITY", Verb::Capability),
        ("LOGIN", Verb::Login),
        ("LOGOUT", Verb::Logout),
        ("STARTTLS", Verb::Starttls),
    ]
    .iter()
    .find(|(name, _)| keyword.eq_ignore_ascii_case(name.as_bytes()))
    .map_or_else(|| other(keyword), |(_, verb)| *verb);
    (is_tag(tag) && !keyword.is_empty()).then_some(Command { tag, verb, arguments })
}

/// Whether untagged data is a mailbox's (RFC 9051 sections 7.3 and 7.4): numbered, or a list of some.
pub(super) fn shows_mailbox(unit: &[u8]) -> bool {
    const NAMES: [&[u8]; 6] = [b"ESEARCH", b"FLAGS", b"LIST", b"LSUB", b"SEARCH", b"STATUS"];
    let (_, rest) = word(unit.trim_ascii_end());
    let (keyword, _) = word(rest);
    let numbered = !keyword.is_empty() && keyword.iter().all(u8::is_ascii_digit);
    numbered || NAMES.iter().any(|name| keyword.eq_ignore_ascii_case(name))
}

fn other(keyword: &[u8]) -> Verb {
    let mailbox = MAILBOX.iter().any(|name| keyword.eq_ignore_ascii_case(name));
    if mailbox { Verb::Mailbox } else { Verb::Other }
}

/// Commands of the authenticated and the selected state (RFC 9051 sections 6.3 and 6.4, RFC 3501), but for those that say
/// nothing of a mailbox; and COMPRESS (RFC 4978), behind which there are no lines.
const MAILBOX: [&[u8]; 22] = [
    b"APPEND",
    b"CHECK",
    b"CLOSE",
    b"COMPRESS",
    b"COPY",
    b"CREATE",
    b"DELETE",
    b"EXAMINE",
    b"EXPUNGE",
    b"FETCH",
    b"IDLE",
    b"LIST",
    b"LSUB",
    b"MOVE",
    b"RENAME",
    b"SEARCH",
    b"SELECT",
    b"STATUS",
    b"STORE",
    b"SUBSCRIBE",
    b"UID",
    b"UNSUBSCRIBE",
];

/// The list in a response code `[CAPABILITY …]` at the start of a text (RFC 9051 section 7.1).
pub(super) fn capability_code(text: &[u8]) -> Option<&[u8]> {
    let code = text.strip_prefix(b"[")?;
    let code = code.get(..code.iter().position(|&byte| byte == b']')?)?;
    let (keyword, list) = word(code);
    keyword.eq_ignore_ascii_case(b"CAPABILITY").then_some(list)
}

/// The first word, and what follows the spaces behind it.
pub(super) fn word(text: &[u8]) -> (&[u8], &[u8]) {
    let end = text.iter().position(|&byte| byte == b' ').unwrap_or(text.len());
    let (word, rest) = text.split_at(end);
    (word, rest.trim_ascii_start())
}

fn status(keyword: &[u8]) -> Option<Status> {
    [
        ("BAD", Status::Bad),
        ("BYE", Status::Bye),
        ("NO", Status::No),
        ("OK", Status::Ok),
        ("PREAUTH", Status::Preauth),
    ]
    .iter()
    .find(|(name, _)| keyword.eq_ignore_ascii_case(name.as_bytes()))
    .map(|(_, status)| *status)
}

/// RFC 9051 section 9 `tag`: what an atom may hold, without `+`.
fn is_tag(tag: &[u8]) -> bool {
    !tag.is_empty()
        && tag.iter().all(|byte| byte.is_ascii_graphic() && !b"(){%*\"\\+".contains(byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn responses_are_told_apart() {
        let cases: [(&str, Option<Response<'_>>); 12] = [
            ("* OK hi\r\n", Some(Response::Untagged(Status::Ok, b"hi"))),
            ("* ok\n", Some(Response::Untagged(Status::Ok, b""))),
            ("* Bye  now\r\n", Some(Response::Untagged(Status::Bye, b"now"))),
            ("* capability A B\r\n", Some(Response::Capability(b"A B"))),
            ("* 3 EXISTS\r\n", Some(Response::Data)),
            ("+\r\n", Some(Response::Continuation)),
            (". NO no\r\n", Some(Response::Tagged(b".", Status::No, b"no"))),
            ("a1 PREAUTH x\r\n", None),
            ("a1 FOO\r\n", None),
            ("*\r\n", None),
            ("+OK POP3\r\n", None),
            ("220 mail ESMTP\r\n", None),
        ];
        for (line, expected) in cases {
            assert_eq!(response(line.as_bytes()), expected, "{line:?}");
        }
    }

    #[test]
    fn commands_are_told_apart() {
        let read = command(b". login user pass\r\n").map(|command| (command.tag, command.verb));
        assert_eq!(read, Some((&b"."[..], Verb::Login)));
        assert_eq!(
            command(b"a1 AUTHENTICATE plain x\r\n").map(|command| command.arguments),
            Some(&b"plain x"[..])
        );
        assert_eq!(command(b"a1\r\n"), None);
        assert_eq!(command(b"\x16\x03\x01 x\r\n"), None);
    }

    #[test]
    fn the_capability_code_is_found_at_the_start_only() {
        assert_eq!(capability_code(b"[Capability IMAP4rev1 ID] hi"), Some(&b"IMAP4rev1 ID"[..]));
        assert_eq!(capability_code(b"hi [CAPABILITY IMAP4rev1]"), None);
        assert_eq!(capability_code(b"[CAPABILITY IMAP4rev1"), None);
        assert_eq!(capability_code(b"[ALERT] x"), None);
    }
}
