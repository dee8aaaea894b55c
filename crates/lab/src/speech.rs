//! What servers say they can do: lists of authentication mechanisms before and after TLS, and what must be read from them.

use crate::Language;

/// What a server offers on one side of TLS.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Offers {
    /// As sent, in order (SMTP `AUTH`, IMAP `AUTH=`, POP3 `SASL`, XMPP `<mechanisms/>`, IRC `sasl=`).
    pub(crate) listed: &'static [&'static str],
    /// SMTP: again as the old `AUTH=` line behind it.
    pub(crate) old_form: bool,
    /// POP3 `USER`.
    pub(crate) user: bool,
    /// POP3 greeting with a time stamp.
    pub(crate) apop: bool,
    /// IMAP `LOGINDISABLED`.
    pub(crate) login_disabled: bool,
    /// XEP-0440 channel-binding types.
    pub(crate) bindings: &'static [&'static str],
    /// XEP-0388 mechanisms, behind the others.
    pub(crate) sasl2: &'static [&'static str],
}

/// What a server offers before and after TLS.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Speech {
    pub(crate) before: Offers,
    pub(crate) after: Offers,
}

impl Offers {
    /// The mechanisms to be found in the list, in order. `greeted`: the greeting came on the same side of TLS.
    pub(crate) fn mechanisms(&self, language: Language, greeted: bool) -> Vec<String> {
        let mut found: Vec<&str> = Vec::new();
        if language == Language::Pop3 {
            found.extend((self.apop && greeted).then_some("APOP"));
            found.extend(self.user.then_some("USER"));
        }
        found.extend(self.listed);
        if self.old_form {
            found.extend(self.listed);
        }
        found.extend(self.sasl2);
        found.into_iter().map(|name| name.to_ascii_uppercase()).collect()
    }
}

/// The ways in which servers of a language speak.
pub(crate) fn speeches(language: Language) -> &'static [Speech] {
    match language {
        Language::Http => HTTP,
        Language::Imap => IMAP,
        Language::Irc => IRC,
        Language::Pop3 => POP3,
        Language::Smtp => SMTP,
        Language::XmppClient => XMPP_CLIENT,
        Language::XmppServer => XMPP_SERVER,
    }
}

static HTTP: &[Speech] = &[speech(NONE, NONE)];

static SMTP: &[Speech] = &[
    speech(NONE, listed(&["PLAIN", "LOGIN"])),
    speech(listed(&["PLAIN", "LOGIN", "CRAM-MD5"]), listed(&["PLAIN", "LOGIN", "CRAM-MD5"])),
    speech(
        listed(&["CRAM-MD5", "DIGEST-MD5"]),
        Offers { old_form: true, ..listed(&["LOGIN", "PLAIN", "CRAM-MD5", "DIGEST-MD5"]) },
    ),
    speech(
        Offers { old_form: true, ..listed(&["LOGIN", "PLAIN"]) },
        listed(&["SCRAM-SHA-256-PLUS", "SCRAM-SHA-256", "PLAIN"]),
    ),
    speech(listed(&["GSSAPI", "NTLM"]), listed(&["GSSAPI", "NTLM", "LOGIN"])),
    speech(NONE, NONE),
    speech(NONE, listed(&["plain", "login", "XOAUTH2", "OAUTHBEARER", "EXTERNAL"])),
];

static IMAP: &[Speech] = &[
    speech(Offers { login_disabled: true, ..NONE }, listed(&["PLAIN", "LOGIN"])),
    speech(listed(&["PLAIN"]), listed(&["PLAIN"])),
    speech(listed(&["CRAM-MD5", "NTLM"]), listed(&["CRAM-MD5", "NTLM", "PLAIN", "LOGIN"])),
    speech(
        Offers { login_disabled: true, ..listed(&["GSSAPI"]) },
        listed(&["GSSAPI", "SCRAM-SHA-256-PLUS", "SCRAM-SHA-256", "PLAIN"]),
    ),
    speech(
        listed(&["PLAIN", "LOGIN", "DIGEST-MD5", "CRAM-MD5"]),
        listed(&["XOAUTH2", "PLAIN", "EXTERNAL"]),
    ),
    speech(NONE, NONE),
];

static POP3: &[Speech] = &[
    speech(Offers { user: true, ..NONE }, Offers { user: true, ..listed(&["PLAIN"]) }),
    speech(
        Offers { apop: true, ..NONE },
        Offers { apop: true, user: true, ..listed(&["PLAIN", "LOGIN"]) },
    ),
    speech(
        Offers { apop: true, user: true, ..listed(&["CRAM-MD5"]) },
        Offers { apop: true, user: true, ..listed(&["CRAM-MD5", "SCRAM-SHA-256"]) },
    ),
    speech(NONE, listed(&["PLAIN", "XOAUTH2"])),
    speech(
        Offers { user: true, ..listed(&["NTLM", "GSSAPI"]) },
        Offers { user: true, ..listed(&["NTLM", "GSSAPI", "PLAIN"]) },
    ),
];

static IRC: &[Speech] = &[
    speech(NONE, NONE),
    speech(NONE, listed(&["PLAIN"])),
    speech(listed(&["PLAIN"]), listed(&["PLAIN", "EXTERNAL"])),
    speech(listed(&["SCRAM-SHA-256"]), listed(&["EXTERNAL", "SCRAM-SHA-256", "PLAIN"])),
];

static XMPP_CLIENT: &[Speech] = &[
    speech(NONE, listed(&["SCRAM-SHA-1", "PLAIN"])),
    speech(listed(&["DIGEST-MD5", "PLAIN"]), listed(&["DIGEST-MD5", "PLAIN"])),
    speech(
        NONE,
        Offers {
            bindings: &["tls-server-end-point", "tls-exporter"],
            ..listed(&["SCRAM-SHA-256-PLUS", "SCRAM-SHA-1-PLUS", "SCRAM-SHA-256", "SCRAM-SHA-1"])
        },
    ),
    speech(
        NONE,
        Offers {
            bindings: &["tls-exporter"],
            sasl2: &["SCRAM-SHA-256-PLUS", "SCRAM-SHA-256"],
            ..listed(&["SCRAM-SHA-256-PLUS", "SCRAM-SHA-256"])
        },
    ),
];

static XMPP_SERVER: &[Speech] = &[
    speech(NONE, NONE),
    speech(NONE, listed(&["EXTERNAL"])),
    speech(NONE, listed(&["EXTERNAL", "ANONYMOUS"])),
];

const fn speech(before: Offers, after: Offers) -> Speech {
    Speech { before, after }
}

const fn listed(listed: &'static [&'static str]) -> Offers {
    Offers { listed, ..NONE }
}

const NONE: Offers = Offers {
    listed: &[],
    old_form: false,
    user: false,
    apop: false,
    login_disabled: false,
    bindings: &[],
    sasl2: &[],
};
