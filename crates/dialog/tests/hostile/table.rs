//! The list: what a server does, and how that ends for the client.

use super::Does;
use super::Does::Endless;
use super::Does::Says;
use super::Does::Tls;
use super::Lie;

/// Greetings.
const SMTP: Does = Says(b"220 mx\r\n");
const IMAP: Does = Says(b"* OK hi\r\n");
const POP3: Does = Says(b"+OK hi\r\n");
/// A list that offers the upgrade.
const EHLO: Does = Says(b"250-mx\r\n250 STARTTLS\r\n");
/// The start of a list.
const CAPA: Does = Says(b"+OK\r\n");
/// Features that offer the upgrade.
const FEATURES: Does =
    Says(b"<stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/></stream:features>");
/// The go-ahead.
const GO: Does = Says(b"220 go\r\n");
/// Headers of streams (RFC 6120, section 4.7).
const CLIENTS: Does = Says(
    b"<stream:stream xmlns='jabber:client' \
    xmlns:stream='http://etherx.jabber.org/streams' version='1.0' id='1'>",
);
const SERVERS: Does = Says(
    b"<stream:stream xmlns='jabber:server' \
    xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>",
);

pub(super) const LIES: &[Lie] = &[
    ("a line without end", "smtp", &[Endless(b"2")], "greeting over-bytes"),
    ("a greeting without end", "smtp", &[Endless(b"220-mx\r\n")], "greeting over-bytes"),
    (
        "empty lines without end",
        "smtp",
        &[Endless(b"\r\n")],
        "greeting not-this-protocol but unknown",
    ),
    (
        "bare line feeds without end",
        "smtp",
        &[Endless(b"\n")],
        "greeting not-this-protocol but unknown",
    ),
    ("NUL without end", "smtp", &[Endless(b"\0")], "greeting over-bytes"),
    ("a list without end", "smtp", &[SMTP, Endless(b"250-XYZ\r\n")], "capabilities over-bytes"),
    (
        "a list of long lines without end",
        "smtp",
        &[
            SMTP,
            Endless(
                b"250-XXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX\
          XXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX\
          XXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX\r\n",
            ),
        ],
        "capabilities over-bytes",
    ),
    (
        "mechanisms without end",
        "smtp",
        &[SMTP, Says(b"250-AUTH"), Endless(b" PLAIN")],
        "capabilities over-bytes",
    ),
    (
        "replies that nobody waits for, without end",
        "smtp",
        &[Endless(b"220 mx\r\n")],
        "starttls not-offered",
    ),
    (
        "STARTTLS offered, and a list without end instead of the go-ahead",
        "smtp",
        &[SMTP, EHLO, Endless(b"220-go\r\n")],
        "starttls over-bytes",
    ),
    ("a refusal without end", "smtp", &[SMTP, EHLO, Endless(b"454-no\r\n")], "starttls over-bytes"),
    (
        "the go-ahead before it was asked for",
        "smtp",
        &[Says(b"220 mx\r\n220 go\r\n")],
        "starttls not-offered",
    ),
    (
        "the go-ahead, and plaintext behind it",
        "smtp",
        &[SMTP, EHLO, Says(b"220 go\r\n250 injected\r\n"), Tls, Says(b"250 mx\r\n")],
        "after-tls ok",
    ),
    (
        "the go-ahead, and plaintext without end behind it",
        "smtp",
        &[
            SMTP,
            EHLO,
            Says(b"220 go\r\n250 x\r\n"),
            Says(b"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"),
            Tls,
            Endless(b"250-X\r\n"),
        ],
        "after-tls over-bytes",
    ),
    (
        "the go-ahead with another code",
        "smtp",
        &[SMTP, EHLO, Says(b"250 go\r\n")],
        "starttls malformed: 250 go",
    ),
    (
        "no code at all instead of the go-ahead",
        "smtp",
        &[SMTP, EHLO, Says(b"go\r\n")],
        "starttls malformed: go",
    ),
    (
        "TLS records instead of the go-ahead",
        "smtp",
        &[SMTP, EHLO, Says(b"\x16\x03\x03\0\x04\x0e\0\0\0")],
        "starttls malformed: \\x16\\x03\\x03\\0\\x04",
    ),
    (
        "an alert of TLS instead of a greeting",
        "smtp",
        &[Says(b"\x15\x03\x01\0\x02\x02\x46")],
        "greeting tls-spoken",
    ),
    (
        "STARTTLS offered again inside TLS",
        "smtp",
        &[SMTP, EHLO, GO, Tls, EHLO, Says(b"221 bye\r\n")],
        "after-tls ok",
    ),
    ("another greeting inside TLS", "smtp", &[SMTP, EHLO, GO, Tls, SMTP], "after-tls ok"),
    (
        "a list without end inside TLS",
        "smtp",
        &[SMTP, EHLO, GO, Tls, Endless(b"250-XYZ\r\n")],
        "after-tls over-bytes",
    ),
    (
        "codes that change within a reply",
        "smtp",
        &[SMTP, Says(b"250-mx\r\n354 go on\r\n")],
        "capabilities malformed: 354 go on",
    ),
    (
        "a code of four digits",
        "smtp",
        &[Says(b"2200 mx\r\n")],
        "greeting not-this-protocol but unknown: 2200 mx",
    ),
    ("a line without end", "imap", &[Endless(b"*")], "greeting over-bytes"),
    (
        "untagged answers without end, for a greeting",
        "imap",
        &[Endless(b"* 1 EXISTS\r\n")],
        "greeting not-this-protocol but unknown: * 1 EXISTS",
    ),
    ("greetings without end", "imap", &[Endless(b"* OK hi\r\n")], "capabilities over-bytes"),
    (
        "untagged answers without end, instead of a list",
        "imap",
        &[IMAP, Endless(b"* OK still here\r\n")],
        "capabilities over-bytes",
    ),
    (
        "capabilities without end in one line",
        "imap",
        &[IMAP, Says(b"* CAPABILITY"), Endless(b" AUTH=X")],
        "capabilities over-bytes",
    ),
    (
        "lists of capabilities without end",
        "imap",
        &[IMAP, Endless(b"* CAPABILITY IMAP4rev1\r\n")],
        "capabilities over-bytes",
    ),
    (
        "a literal of 4 GiB",
        "imap",
        &[IMAP, Says(b"* CAPABILITY {4294967295}\r\n"), Endless(b"x")],
        "capabilities over-bytes",
    ),
    (
        "a literal of more than 64 bits",
        "imap",
        &[IMAP, Says(b"* X {99999999999999999999999}\r\n"), Endless(b"x")],
        "capabilities over-bytes",
    ),
    (
        "literals without end",
        "imap",
        &[IMAP, Says(b"* X "), Endless(b"{1}\r\nx")],
        "capabilities over-bytes",
    ),
    (
        "parentheses without end",
        "imap",
        &[IMAP, Says(b"* LIST "), Endless(b"(")],
        "capabilities over-bytes",
    ),
    (
        "tags that are not ours without end",
        "imap",
        &[IMAP, Endless(b"Z9 OK done\r\n")],
        "capabilities malformed: Z9 OK done",
    ),
    (
        "continuations without end",
        "imap",
        &[IMAP, Endless(b"+ go on\r\n")],
        "capabilities over-bytes",
    ),
    ("BYE without end", "imap", &[Endless(b"* BYE no\r\n")], "greeting shed: * BYE no"),
    ("a line without end", "pop3", &[Endless(b"+")], "greeting over-bytes"),
    ("greetings without end", "pop3", &[Endless(b"+OK hi\r\n")], "capabilities over-bytes"),
    ("a list without end", "pop3", &[POP3, CAPA, Endless(b"XYZ\r\n")], "capabilities over-bytes"),
    ("dots without end", "pop3", &[POP3, CAPA, Endless(b"..\r\n")], "capabilities over-bytes"),
    (
        "mechanisms without end",
        "pop3",
        &[POP3, CAPA, Endless(b"SASL A B C D E F G H\r\n")],
        "capabilities over-bytes",
    ),
    (
        "the end of a list without a list",
        "pop3",
        &[POP3, Says(b".\r\n")],
        "capabilities malformed: .",
    ),
    (
        "the go-ahead, and plaintext behind it",
        "pop3",
        &[
            POP3,
            Says(b"+OK\r\nSTLS\r\n.\r\n"),
            Says(b"+OK go\r\n+OK injected\r\n"),
            Tls,
            Says(b"-ERR\r\n"),
        ],
        "after-tls not-understood: -ERR",
    ),
    (
        "neither yes nor no",
        "pop3",
        &[POP3, Says(b"+PERHAPS\r\n")],
        "capabilities malformed: +PERHAPS",
    ),
    ("a line without end", "irc", &[Endless(b":")], "greeting over-bytes"),
    ("notices without end", "irc", &[Endless(b":s NOTICE * :wait\r\n")], "capabilities over-bytes"),
    ("PING without end", "irc", &[Endless(b"PING :x\r\n")], "capabilities over-bytes"),
    ("PING of a long word", "irc", &[Says(b"PING :"), Endless(b"x")], "greeting over-bytes"),
    (
        "a list without end",
        "irc",
        &[Endless(b":s CAP * LS * :tls sasl=PLAIN\r\n")],
        "capabilities over-bytes",
    ),
    (
        "a list in one line without end",
        "irc",
        &[Says(b":s CAP * LS :"), Endless(b"tls ")],
        "greeting over-bytes",
    ),
    ("numerics without end", "irc", &[Endless(b":s 372 * :motd\r\n")], "capabilities over-bytes"),
    (
        "the go-ahead before it was asked for",
        "irc",
        &[Says(b":s 670 * :go\r\n")],
        "capabilities closed",
    ),
    ("ERROR without end", "irc", &[Endless(b"ERROR :no\r\n")], "greeting shed: ERROR :no"),
    ("spaces without end", "irc", &[Endless(b" ")], "greeting over-bytes"),
    (
        "a tag without end",
        "xmpp-c2s",
        &[Says(b"<stream:stream "), Endless(b"a")],
        "greeting over-bytes",
    ),
    (
        "attributes without end",
        "xmpp-c2s",
        &[Says(b"<stream:stream"), Endless(b" a='b'")],
        "greeting over-bytes",
    ),
    ("white space without end", "xmpp-c2s", &[Endless(b" ")], "greeting over-bytes"),
    (
        "white space behind the header without end",
        "xmpp-c2s",
        &[CLIENTS, Endless(b" ")],
        "capabilities over-bytes",
    ),
    (
        "elements within elements without end",
        "xmpp-c2s",
        &[CLIENTS, Says(b"<stream:features>"), Endless(b"<a>")],
        "capabilities over-bytes",
    ),
    (
        "features without end",
        "xmpp-c2s",
        &[CLIENTS, Says(b"<stream:features>"), Endless(b"<a/>")],
        "capabilities over-bytes",
    ),
    (
        "mechanisms without end",
        "xmpp-c2s",
        &[
            CLIENTS,
            Says(b"<stream:features><mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>"),
            Endless(b"<mechanism>X</mechanism>"),
        ],
        "capabilities over-bytes",
    ),
    (
        "stanzas without end, instead of features",
        "xmpp-c2s",
        &[CLIENTS, Endless(b"<message/>")],
        "capabilities over-bytes",
    ),
    (
        "lists of features without end",
        "xmpp-c2s",
        &[CLIENTS, Endless(b"<stream:features/>")],
        "starttls not-offered",
    ),
    (
        "an entity that is declared",
        "xmpp-c2s",
        &[Says(b"<?xml version='1.0'?><!DOCTYPE x [<!ENTITY a 'bb'>]>\r\n")],
        "greeting malformed: <?xml version='1.0'?><!DOCTYPE x [<!ENTITY a 'bb'>]>",
    ),
    (
        "a reference without end",
        "xmpp-c2s",
        &[CLIENTS, Says(b"<stream:features><mechanism>&"), Endless(b"a")],
        "capabilities over-bytes",
    ),
    (
        "a comment without end",
        "xmpp-c2s",
        &[Says(b"<!--"), Endless(b"x")],
        "greeting not-this-protocol but unknown: <!--\\{x*508}",
    ),
    (
        "CDATA without end",
        "xmpp-c2s",
        &[CLIENTS, Says(b"<stream:features><![CDATA["), Endless(b"x")],
        "capabilities over-bytes",
    ),
    (
        "two declarations",
        "xmpp-c2s",
        &[Says(b"<?xml version='1.0'?><?xml version='1.0'?>\r\n")],
        "greeting malformed: <?xml version='1.0'?><?xml version='1.0'?>",
    ),
    (
        "proceed before it was asked for",
        "xmpp-c2s",
        &[CLIENTS, Says(b"<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")],
        "capabilities closed",
    ),
    (
        "proceed, and plaintext behind it",
        "xmpp-c2s",
        &[
            CLIENTS,
            FEATURES,
            Says(b"<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/><injected/>"),
            Tls,
            CLIENTS,
            Says(b"<stream:features/>"),
        ],
        "after-tls ok",
    ),
    (
        "proceed in another name space",
        "xmpp-c2s",
        &[CLIENTS, FEATURES, Says(b"<proceed xmlns='x'/>")],
        "starttls malformed: <proceed xmlns='x'/>",
    ),
    (
        "a stream within the stream",
        "xmpp-s2s",
        &[SERVERS, Endless(b"<stream:stream xmlns='jabber:server'>")],
        "capabilities malformed: <stream:stream xmlns='jabber:server'>",
    ),
    (
        "end tags without end",
        "xmpp-s2s",
        &[SERVERS, Endless(b"</a>")],
        "capabilities malformed: </a>",
    ),
    (
        "features without end inside TLS",
        "xmpps-c2s",
        &[Tls, CLIENTS, Says(b"<stream:features>"), Endless(b"<a/>")],
        "after-tls over-bytes",
    ),
    ("a line without end inside TLS", "imaps", &[Tls, Endless(b"*")], "after-tls over-bytes"),
    (
        "a list without end inside TLS",
        "pop3s",
        &[Tls, POP3, CAPA, Endless(b"XYZ\r\n")],
        "after-tls over-bytes",
    ),
    (
        "a greeting without end inside TLS",
        "smtps",
        &[Tls, Endless(b"220-mx\r\n")],
        "after-tls over-bytes",
    ),
    (
        "PING without end inside TLS",
        "ircs",
        &[Tls, Endless(b"PING :x\r\n")],
        "after-tls over-bytes",
    ),
    ("anything without end inside TLS", "https", &[Tls, Endless(b"x")], "after-tls ok"),
];
