//! One IRC message (RFC 2812 section 2.3.1): tags and prefix, command, parameters.

/// A message, without its tags.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Message<'a> {
    prefixed: bool,
    pub(super) command: &'a [u8],
    parameters: Vec<&'a [u8]>,
    /// The last parameter came behind a colon.
    trailing: bool,
}

impl<'a> Message<'a> {
    /// Reads a line; `None` if it is no message.
    pub(super) fn read(unit: &'a [u8]) -> Option<Self> {
        let mut rest = unit.trim_ascii();
        if rest.starts_with(b"@") {
            rest = word(rest).1;
        }
        let prefixed = rest.starts_with(b":");
        if prefixed {
            rest = word(rest).1;
        }
        let (command, mut rest) = word(rest);
        let numeric = command.len() == 3 && command.iter().all(u8::is_ascii_digit);
        if !numeric && (command.is_empty() || !command.iter().all(u8::is_ascii_alphabetic)) {
            return None;
        }
        let mut parameters = Vec::new();
        let mut trailing = false;
        while !rest.is_empty() && !trailing {
            trailing = rest.starts_with(b":") || parameters.len() == MAX_MIDDLES;
            if trailing {
                parameters.push(rest.strip_prefix(b":").unwrap_or(rest));
            } else {
                let (parameter, behind) = word(rest);
                parameters.push(parameter);
                rest = behind;
            }
        }
        Some(Self { prefixed, command, parameters, trailing })
    }

    /// The parameter at this place, empty if there is none.
    pub(super) fn parameter(&self, at: usize) -> &'a [u8] {
        self.parameters.get(at).copied().unwrap_or_default()
    }

    /// Whether a server's first line like this one shows IRC. Numerics are SMTP's codes too, but have a prefix
    /// (RFC 2812 section 2.4); `ERROR` alone is what other servers say.
    pub(super) fn opens_irc(&self) -> bool {
        const WORDS: [&[u8]; 8] =
            [b"AUTHENTICATE", b"CAP", b"ERROR", b"FAIL", b"NOTE", b"NOTICE", b"PING", b"WARN"];
        let known = WORDS.iter().any(|word| self.command.eq_ignore_ascii_case(word));
        (self.prefixed || known) && !self.parameters.is_empty()
    }

    /// Whether it is one of the lines that servers send unasked upon connecting.
    pub(super) fn greets(&self) -> bool {
        self.command.eq_ignore_ascii_case(b"NOTICE") || self.command == b"020"
    }

    /// Whether the server ends the connection with it (RFC 2812 section 3.7.4).
    pub(super) fn sheds(&self) -> bool {
        self.command.eq_ignore_ascii_case(b"ERROR")
    }

    /// Whether it refuses this command: it fails it by name, or says that nothing can be done yet.
    pub(super) fn refuses(&self, command: &[u8]) -> bool {
        let middles = self.parameters.len().saturating_sub(usize::from(self.trailing));
        let mut named = self.parameters.iter().take(middles).filter(|word| is_command(word));
        let is_other = |word: &&[u8]| !word.eq_ignore_ascii_case(command);
        match self.command {
            b"691" => command.eq_ignore_ascii_case(b"STARTTLS"),
            b"410" => command.eq_ignore_ascii_case(b"CAP"),
            b"400" | b"421" | b"451" | b"461" | b"462" => named.all(|word| !is_other(word)),
            _ if self.command.eq_ignore_ascii_case(b"FAIL") => !is_other(&self.parameter(0)),
            _ => false,
        }
    }

    /// The capabilities in a line of `CAP * LS`, and whether more lines follow.
    pub(super) fn cap_ls(&self) -> Option<(bool, &'a [u8])> {
        let at =
            self.parameters.iter().take(2).position(|word| word.eq_ignore_ascii_case(b"LS"))?;
        let more = self.parameter(at + 1) == b"*" && self.parameters.len() > at + 2;
        Some((more, self.parameter(at + 1 + usize::from(more))))
    }
}

/// Middle parameters that name a client's command rather than the client: of those that a client of ours says.
fn is_command(word: &[u8]) -> bool {
    const OURS: [&[u8]; 4] = [b"CAP", b"PONG", b"QUIT", b"STARTTLS"];
    OURS.iter().any(|command| word.eq_ignore_ascii_case(command))
}

/// The first word, and what follows the spaces behind it.
fn word(text: &[u8]) -> (&[u8], &[u8]) {
    let end = text.iter().position(|&byte| byte == b' ').unwrap_or(text.len());
    let (word, rest) = text.split_at(end);
    (word, rest.trim_ascii_start())
}

/// RFC 2812 section 2.3.1: at most 14 parameters before the last.
const MAX_MIDDLES: usize = 14;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_read() {
        let read = Message::read(b"@time=x;a :irc.example.net CAP  * LS * :a b=c \r\n")
            .expect("a message");
        assert_eq!((read.prefixed, read.command), (true, &b"CAP"[..]));
        assert_eq!(read.parameters, [&b"*"[..], b"LS", b"*", b"a b=c"]);
        let many = format!("X{} :last", " p".repeat(20));
        assert_eq!(
            Message::read(many.as_bytes()).expect("a message").parameters.len(),
            MAX_MIDDLES + 1
        );
        for broken in [
            &b"\r\n"[..],
            b":only.prefix\r\n",
            b"+OK\r\n",
            b"HTTP/1.1 400\r\n",
            b"12 x\r\n",
            b"\xff\xfd\x18",
        ] {
            assert_eq!(Message::read(broken), None, "{broken:?}");
        }
    }

    #[test]
    fn first_lines_show_irc_or_do_not() {
        let cases = [
            (":irc.example.net NOTICE * :*** Looking up", true),
            ("NOTICE AUTH :*** Checking Ident", true),
            ("PING :12345", true),
            ("ERROR :Closing Link: [192.0.2.1] (throttled)", true),
            (":irc.example.net 451 * :You have not registered", true),
            ("ERROR", false),
            ("421 Service not available", false),
            ("220 mail.example.net ESMTP", false),
            ("Hello there", false),
        ];
        for (line, expected) in cases {
            assert_eq!(
                Message::read(line.as_bytes()).is_some_and(|read| read.opens_irc()),
                expected,
                "{line}"
            );
        }
    }

    #[test]
    fn refusals_name_their_command_or_none() {
        let cases = [
            (":s 421 * CAP :Unknown command", "CAP", true),
            (":s 421 * STARTTLS :Unknown command", "CAP", false),
            (":s 421 * PONG :Unknown command", "CAP", false),
            (":s 451 * :Connection not registered", "CAP", true),
            (":s 451 CAP :Register first.", "CAP", true),
            (":s 691 * :STARTTLS failure", "STARTTLS", true),
            (":s 410 * LS :Invalid CAP subcommand", "CAP", true),
            ("FAIL STARTTLS X :no", "STARTTLS", true),
            (":s 001 x :Welcome", "CAP", false),
        ];
        for (line, command, expected) in cases {
            let read = Message::read(line.as_bytes()).expect("a message");
            assert_eq!(read.refuses(command.as_bytes()), expected, "{line}");
        }
    }

    #[test]
    fn lists_say_whether_more_follows() {
        type Case = (&'static str, Option<(bool, &'static [u8])>);
        let cases: [Case; 6] = [
            (":s CAP * LS :a b", Some((false, b"a b"))),
            (":s CAP * LS * :a b", Some((true, b"a b"))),
            (":s CAP * LS :", Some((false, b""))),
            (":s CAP LS :a", Some((false, b"a"))),
            (":s CAP * LS :*", Some((false, b"*"))),
            (":s CAP * ACK :a", None),
        ];
        for (line, expected) in cases {
            assert_eq!(
                Message::read(line.as_bytes()).expect("a message").cap_ls(),
                expected,
                "{line}"
            );
        }
    }
}
