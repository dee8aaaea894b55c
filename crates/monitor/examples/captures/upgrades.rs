//! Conversations that lead to TLS or do not: refusals, words in the wrong place, lists of every form.

use tlscensus_testkit::capture::Conversation;

use crate::case::Case;
use crate::case::told;
use crate::case::with_port;
use crate::servers::ECDSA;
use crate::servers::NAME;
use crate::servers::TLS12;
use crate::servers::TLS13;
use crate::servers::session;
use crate::support::record::Recorded;

/// What a session of [`smtp_dialogue`] shows once TLS is up.
pub(crate) const SMTP_UPGRADED: &[(&str, &str)] = &[
    ("protocol", "smtp"),
    ("mode", "starttls"),
    ("via", "smtp"),
    ("off_port", "false"),
    ("starttls_state", "upgraded"),
    ("starttls_offer", "yes"),
    ("capabilities_before", "PIPELINING,SIZE 10240000,STARTTLS,8BITMIME"),
    ("mechanisms_before", ""),
    ("pipelined_bytes", "0"),
    ("leftover_bytes", "0"),
];
/// What a session of [`imap_dialogue`] shows once TLS is up.
pub(crate) const IMAP_UPGRADED: &[(&str, &str)] = &[
    ("protocol", "imap"),
    ("mode", "starttls"),
    ("via", "imap"),
    ("starttls_state", "upgraded"),
    ("starttls_offer", "yes"),
    ("capabilities_before", "IMAP4rev1,STARTTLS,LOGINDISABLED"),
    ("login_disabled_before", "true"),
    ("mechanisms_before", ""),
];
const POP3_UPGRADED: &[(&str, &str)] = &[
    ("protocol", "pop3"),
    ("via", "pop3"),
    ("starttls_state", "upgraded"),
    ("starttls_offer", "yes"),
    ("capabilities_before", "TOP,UIDL,SASL PLAIN,STLS"),
    ("mechanisms_before", "PLAIN"),
];
const IRC_UPGRADED: &[(&str, &str)] = &[
    ("protocol", "irc"),
    ("via", "irc"),
    ("starttls_state", "upgraded"),
    ("starttls_offer", "yes"),
    ("mechanisms_before", "PLAIN,EXTERNAL"),
];

pub(crate) fn cases() -> Vec<Case> {
    let old = session(&TLS12, Some(&ECDSA));
    let new = session(&TLS13, Some(&ECDSA));
    let mut cases = refused();
    cases.extend(out_of_turn(&old));
    cases.extend(modern(&new));
    cases.extend(xmpp_forms(&new));
    cases.extend(imap_forms(&new));
    cases.extend(smtp_forms(&new));
    cases.push(irc_forms(&old));
    cases
}

fn smtp_list(told: Conversation) -> Conversation {
    told.server("220 mx.example.org ESMTP\r\n").client("EHLO client.example.net\r\n").server(
        "250-mx.example.org\r\n250-PIPELINING\r\n250-SIZE 10240000\r\n250-STARTTLS\r\n250 8BITMIME\r\n",
    )
}

/// Up to the go-ahead.
pub(crate) fn smtp_dialogue(told: Conversation) -> Conversation {
    smtp_list(told).client("STARTTLS\r\n").server("220 2.0.0 Ready to start TLS\r\n")
}

fn imap_list(told: Conversation) -> Conversation {
    told.server("* OK mail.example.org ready\r\n")
        .client("a1 CAPABILITY\r\n")
        .server("* CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED\r\na1 OK done\r\n")
}

/// Up to the go-ahead.
pub(crate) fn imap_dialogue(told: Conversation) -> Conversation {
    imap_list(told).client("a2 STARTTLS\r\n").server("a2 OK Begin TLS negotiation now\r\n")
}

fn pop3_list(told: Conversation) -> Conversation {
    told.server("+OK ready\r\n")
        .client("CAPA\r\n")
        .server("+OK here it comes\r\nTOP\r\nUIDL\r\nSASL PLAIN\r\nSTLS\r\n.\r\n")
}

fn pop3_dialogue(told: Conversation) -> Conversation {
    pop3_list(told).client("STLS\r\n").server("+OK Begin TLS negotiation\r\n")
}

fn irc_list(told: Conversation) -> Conversation {
    told.server(":irc.example.org NOTICE * :*** Looking up your hostname...\r\n")
        .client("CAP LS 302\r\n")
        .server(":irc.example.org CAP * LS :multi-prefix tls sasl=PLAIN,EXTERNAL sts=port=6697\r\n")
}

fn irc_dialogue(told: Conversation) -> Conversation {
    irc_list(told)
        .client("STARTTLS\r\n")
        .server(":irc.example.org 670 * :STARTTLS successful, proceed with TLS handshake\r\n")
}

const CLIENT_HEADER: &str = "<?xml version='1.0'?><stream:stream to='example.org' version='1.0' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>";
const SERVER_HEADER: &str = "<?xml version='1.0'?><stream:stream from='example.org' id='1' version='1.0' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>";
const TLS_NAMESPACE: &str = "urn:ietf:params:xml:ns:xmpp-tls";

fn xmpp_list(told: Conversation) -> Conversation {
    told.client(CLIENT_HEADER).server(SERVER_HEADER).server(format!(
        "<stream:features><starttls xmlns='{TLS_NAMESPACE}'><required/></starttls></stream:features>"
    ))
}

fn xmpp_dialogue(told: Conversation) -> Conversation {
    xmpp_list(told)
        .client(format!("<starttls xmlns='{TLS_NAMESPACE}'/>"))
        .server(format!("<proceed xmlns='{TLS_NAMESPACE}'/>"))
}

fn xmpp_servers_dialogue(told: Conversation) -> Conversation {
    let header = |ends: &str| {
        format!(
            "<stream:stream xmlns='jabber:server' xmlns:db='jabber:server:dialback' {ends} version='1.0' xmlns:stream='http://etherx.jabber.org/streams'>"
        )
    };
    told.client(header("from='example.net' to='example.org'"))
        .server(header("from='example.org' to='example.net' id='2'"))
        .server(format!(
            "<stream:features><starttls xmlns='{TLS_NAMESPACE}'/><dialback xmlns='urn:xmpp:features:dialback'/></stream:features>"
        ))
        .client(format!("<starttls xmlns='{TLS_NAMESPACE}'/>"))
        .server(format!("<proceed xmlns='{TLS_NAMESPACE}'/>"))
}

/// The five ways of saying no.
fn refused() -> Vec<Case> {
    let smtp = smtp_list(with_port(25))
        .client("STARTTLS\r\n")
        .server("454 4.7.0 TLS not available due to local problem\r\n")
        .client("QUIT\r\n")
        .server("221 2.0.0 Bye\r\n");
    let imap = |answer: &str| {
        imap_list(with_port(143))
            .client("a2 STARTTLS\r\n")
            .server(answer)
            .client("a3 LOGOUT\r\n")
            .server("* BYE\r\na3 OK done\r\n")
    };
    let pop3 = pop3_list(with_port(110))
        .client("STLS\r\n")
        .server("-ERR no TLS today\r\n")
        .client("QUIT\r\n")
        .server("+OK bye\r\n");
    let irc = irc_list(with_port(6667))
        .client("STARTTLS\r\n")
        .server(":irc.example.org 691 * :STARTTLS failed (no certificate)\r\n")
        .client("QUIT\r\n");
    let xmpp = xmpp_list(with_port(5222))
        .client(format!("<starttls xmlns='{TLS_NAMESPACE}'/>"))
        .server(format!("<failure xmlns='{TLS_NAMESPACE}'/></stream:stream>"));
    let case = |name, shows, told: Conversation, protocol| {
        Case::new(name, shows, &told.segments())
            .expect("protocol", protocol)
            .expect("starttls_state", "refused")
            .expect("tls_seen_established", "false")
    };
    vec![
        case("refused-smtp-454", "STARTTLS offered, then refused", smtp, "smtp"),
        case(
            "refused-imap-no",
            "STARTTLS answered with NO",
            imap("a2 NO no TLS today\r\n"),
            "imap",
        ),
        case(
            "refused-imap-bad",
            "STARTTLS answered with BAD",
            imap("a2 BAD unknown command\r\n"),
            "imap",
        ),
        case("refused-pop3-err", "STLS answered with -ERR", pop3, "pop3"),
        case("refused-irc-691", "STARTTLS answered with 691", irc, "irc"),
        case("refused-xmpp-failure", "starttls answered with failure", xmpp, "xmpp-c2s"),
    ]
}

/// Bytes that come before their time.
fn out_of_turn(recorded: &Recorded) -> Vec<Case> {
    let (hello, behind) = recorded.turns.split_first().expect("a hello");
    let behind = behind.to_vec();
    let eager = [b"STARTTLS\r\n", &hello.1[..]].concat();
    let eager = told(smtp_list(with_port(25)).client(eager).server("220 go ahead\r\n"), &behind);
    let injected = told(
        smtp_list(with_port(25))
            .client("STARTTLS\r\nMAIL FROM:<a@example.net>\r\n")
            .server("220 2.0.0 Ready to start TLS\r\n"),
        &recorded.turns,
    );
    let imap_injected = told(
        imap_list(with_port(143))
            .client("a2 STARTTLS\r\na3 NOOP\r\n")
            .server("a2 OK Begin TLS negotiation now\r\n"),
        &recorded.turns,
    );
    let pop3_injected = told(
        pop3_list(with_port(110)).client("STLS\r\nNOOP\r\n").server("+OK Begin TLS\r\n"),
        &recorded.turns,
    );
    let leftover = told(
        smtp_list(with_port(25))
            .client("STARTTLS\r\n")
            .server("220 2.0.0 Ready to start TLS\r\n250 2.0.0 Injected\r\n"),
        &recorded.turns,
    );
    let imap_leftover = told(
        imap_list(with_port(143))
            .client("a2 STARTTLS\r\n")
            .server("a2 OK Begin TLS\r\n* CAPABILITY AUTH=PLAIN\r\n"),
        &recorded.turns,
    );
    let smtp = |name, shows, told: Conversation| {
        Case::new(name, shows, &told.segments()).session(recorded).all(SMTP_UPGRADED)
    };
    let imap = |name, shows, told: Conversation| {
        Case::new(name, shows, &told.segments()).session(recorded).all(IMAP_UPGRADED)
    };
    vec![
        smtp(
            "pipelined-smtp-hello",
            "ClientHello in the segment of STARTTLS, before the go-ahead",
            eager,
        )
        .expect("early_tls_bytes", "160"),
        smtp(
            "injected-smtp-client",
            "plaintext of the client behind STARTTLS (CVE-2011-0411)",
            injected,
        )
        .expect("pipelined_bytes", "27"),
        imap("injected-imap-client", "plaintext of the client behind STARTTLS", imap_injected)
            .expect("pipelined_bytes", "9"),
        Case::new(
            "injected-pop3-client",
            "plaintext of the client behind STLS",
            &pop3_injected.segments(),
        )
        .session(recorded)
        .all(POP3_UPGRADED)
        .expect("pipelined_bytes", "6"),
        smtp("leftover-smtp-server", "plaintext of the server behind its go-ahead", leftover)
            .expect("leftover_bytes", "20"),
        imap("leftover-imap-server", "plaintext of the server behind its go-ahead", imap_leftover)
            .expect("leftover_bytes", "25"),
    ]
}

/// TLS 1.3 behind every upgrade.
fn modern(recorded: &Recorded) -> Vec<Case> {
    let case = |name, shows, told_before: Conversation, pairs: &[(&str, &str)]| {
        Case::new(name, shows, &told(told_before, &recorded.turns).segments())
            .session(recorded)
            .all(pairs)
            .expect("tls_group", "x25519")
            .expect("tls_sni", NAME)
    };
    let xmpp = |protocol, offer| {
        [
            ("protocol", protocol),
            ("via", protocol),
            ("starttls_state", "upgraded"),
            ("starttls_offer", offer),
        ]
    };
    vec![
        case("tls13-smtp", "TLS 1.3 behind STARTTLS", smtp_dialogue(with_port(25)), SMTP_UPGRADED),
        case("tls13-imap", "TLS 1.3 behind STARTTLS", imap_dialogue(with_port(143)), IMAP_UPGRADED),
        case("tls13-pop3", "TLS 1.3 behind STLS", pop3_dialogue(with_port(110)), POP3_UPGRADED),
        case("tls13-irc", "TLS 1.3 behind STARTTLS", irc_dialogue(with_port(6667)), IRC_UPGRADED),
        case(
            "tls13-xmpp-c2s",
            "TLS 1.3 behind starttls",
            xmpp_dialogue(with_port(5222)),
            &xmpp("xmpp-c2s", "required"),
        ),
        case(
            "tls13-xmpp-s2s",
            "TLS 1.3 behind starttls",
            xmpp_servers_dialogue(with_port(5269)),
            &xmpp("xmpp-s2s", "yes"),
        ),
    ]
}

fn xmpp_forms(recorded: &Recorded) -> Vec<Case> {
    let double = told(
        with_port(5222)
            .client(CLIENT_HEADER.replace('\'', "\""))
            .server(SERVER_HEADER.replace('\'', "\""))
            .server(format!("<stream:features><starttls xmlns=\"{TLS_NAMESPACE}\"/><mechanisms xmlns=\"urn:ietf:params:xml:ns:xmpp-sasl\"><mechanism>SCRAM-SHA-1</mechanism><mechanism>PLAIN</mechanism></mechanisms></stream:features>"))
            .client(format!("<starttls xmlns=\"{TLS_NAMESPACE}\"/>"))
            .server(format!("<proceed xmlns=\"{TLS_NAMESPACE}\"/>")),
        &recorded.turns,
    );
    let prefixed = |text: &str| text.replace("stream:", "s:").replace("xmlns:stream", "xmlns:s");
    let prefixes = told(
        with_port(5222)
            .client(prefixed(CLIENT_HEADER))
            .server(prefixed(SERVER_HEADER))
            .server(format!("<s:features><t:starttls xmlns:t='{TLS_NAMESPACE}'><t:required/></t:starttls></s:features>"))
            .client(format!("<t:starttls xmlns:t='{TLS_NAMESPACE}'/>"))
            .server(format!("<x:proceed xmlns:x='{TLS_NAMESPACE}'/>")),
        &recorded.turns,
    );
    let case = |name, shows, told: Conversation, offer| {
        Case::new(name, shows, &told.segments())
            .session(recorded)
            .all(&[("protocol", "xmpp-c2s"), ("via", "xmpp-c2s"), ("starttls_state", "upgraded")])
            .expect("starttls_offer", offer)
    };
    vec![
        case(
            "xmpp-mechanisms-and-starttls",
            "mechanisms offered beside starttls, double quotes",
            double,
            "yes",
        )
        .expect("mechanisms_before", "SCRAM-SHA-1,PLAIN"),
        case(
            "xmpp-other-prefixes",
            "prefixes other than stream:, and on the elements of TLS",
            prefixes,
            "required",
        ),
    ]
}

fn imap_forms(recorded: &Recorded) -> Vec<Case> {
    let upgrade = |told_before: Conversation| {
        let asked = told_before.client("a2 STARTTLS\r\n").server("a2 OK go\r\n");
        told(asked, &recorded.turns)
    };
    let differ = upgrade(
        with_port(143)
            .server("* OK [CAPABILITY IMAP4rev1 SASL-IR STARTTLS] ready\r\n")
            .client("a1 CAPABILITY\r\n")
            .server("* CAPABILITY IMAP4rev1 STARTTLS AUTH=CRAM-MD5 AUTH=PLAIN\r\na1 OK done\r\n"),
    );
    let greeting = upgrade(
        with_port(143).server("* OK [CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED] ready\r\n"),
    );
    let literal = upgrade(
        with_port(143)
            .server("* OK ready\r\n")
            .client("a0 ID (\"name\" {4}\r\n")
            .server("+ go on\r\n")
            .client("test)\r\n")
            .server("* ID (\"name\" {23}\r\na1 STARTTLS is no answer)\r\na0 OK done\r\n")
            .client("a1 CAPABILITY\r\n")
            .server("* CAPABILITY IMAP4rev1 STARTTLS\r\na1 OK done\r\n"),
    );
    let preauth = with_port(143)
        .server("* PREAUTH [CAPABILITY IMAP4rev1] you are known\r\n")
        .client("a1 LOGOUT\r\n")
        .server("* BYE\r\na1 OK done\r\n");
    let case = |name, shows, told: Conversation| {
        Case::new(name, shows, &told.segments()).session(recorded).all(&[
            ("protocol", "imap"),
            ("via", "imap"),
            ("starttls_state", "upgraded"),
            ("starttls_offer", "yes"),
        ])
    };
    vec![
        case("imap-lists-differ", "the list in the greeting is not the one of CAPABILITY", differ)
            .expect("capabilities_before", "IMAP4rev1,STARTTLS,AUTH=CRAM-MD5,AUTH=PLAIN")
            .expect("capabilities_before_source", "capability")
            .expect("mechanisms_before", "CRAM-MD5,PLAIN"),
        case("imap-list-in-greeting", "LOGINDISABLED; the list is in the greeting alone", greeting)
            .expect("capabilities_before_source", "greeting")
            .expect("login_disabled_before", "true"),
        case("imap-literals", "literals of both sides, one with a command in it", literal)
            .expect("capabilities_before", "IMAP4rev1,STARTTLS"),
        Case::new("imap-preauth", "PREAUTH: no upgrade is possible any more", &preauth.segments())
            .expect("protocol", "imap")
            .expect("tls_seen_established", "false"),
    ]
}

fn smtp_forms(recorded: &Recorded) -> Vec<Case> {
    let again = smtp_list(with_port(25))
        .client("EHLO other.example.net\r\n")
        .server("250-mx.example.org\r\n250-STARTTLS\r\n250 AUTH PLAIN\r\n")
        .client("STARTTLS\r\n")
        .server("220 go\r\n");
    let mut split = with_port(25).server("220 mx.example.org ESMTP\r\n").client("EHLO c\r\n");
    for piece in
        ["2", "50-mx.example.org\r\n25", "0-STAR", "TTLS\r", "\n250", " AUTH LO", "GIN\r\n"]
    {
        split = split.server(piece);
    }
    let split = split.client("STARTTLS\r\n").server("220 go\r\n");
    let equals = with_port(25)
        .server("220 mx.example.org ESMTP\r\n")
        .client("EHLO c\r\n")
        .server(
            "250-mx.example.org\r\n250-AUTH=LOGIN PLAIN\r\n250-AUTH CRAM-MD5\r\n250 STARTTLS\r\n",
        )
        .client("STARTTLS\r\n")
        .server("220 go\r\n");
    let case = |name, shows, dialogue: Conversation| {
        Case::new(name, shows, &told(dialogue, &recorded.turns).segments())
            .session(recorded)
            .all(&[("protocol", "smtp"), ("via", "smtp"), ("starttls_state", "upgraded")])
            .expect("starttls_offer", "yes")
    };
    vec![
        case("smtp-second-list-differs", "a second EHLO is answered with another list", again)
            .expect("capabilities_before", "STARTTLS,AUTH PLAIN")
            .expect("mechanisms_before", "PLAIN"),
        case("smtp-list-in-pieces", "lines of the list cut anywhere by segments", split)
            .expect("capabilities_before", "STARTTLS,AUTH LOGIN")
            .expect("mechanisms_before", "LOGIN"),
        case("smtp-auth-equals", "AUTH with an equals sign, as before RFC 2554", equals)
            .expect("mechanisms_before", "LOGIN,PLAIN,CRAM-MD5")
            .expect("mechanism_sources_before", "old-form,old-form,listed"),
    ]
}

fn irc_forms(recorded: &Recorded) -> Case {
    let told = told(irc_dialogue(with_port(6667)), &recorded.turns);
    Case::new("irc-cap-ls", "CAP LS with tls, sasl and sts", &told.segments())
        .session(recorded)
        .all(IRC_UPGRADED)
        .expect("sts", "port=6697")
}
