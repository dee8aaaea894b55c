//! One thing that the enumeration of an endpoint found out, or did not.

use tlscensus_certs::Sha256;

use crate::probe_row::Attempt;
use crate::rows::rows;
use crate::word::words;

words! {
    /// What a row is about.
    #[derive(Default)]
    pub enum CapabilityKind {
        /// The enumeration itself: how it ended, and after how many connections.
        #[default]
        Enumeration => "enumeration",
        /// A certificate for a kind of key.
        Certificate => "certificate",
        /// An opening hello that was not answered with one.
        FailedOpening => "failed-opening",
        /// A finite field that the server wrote out: its bits in code, the suite in name.
        FiniteField => "finite-field",
        /// What a hello of the server carries besides its choice.
        Flag => "flag",
        /// A group.
        Group => "group",
        /// The list of groups as a whole.
        GroupList => "group-list",
        /// An intrusive question: its word in name, what came of it in answer.
        Intrusive => "intrusive",
        /// An application protocol.
        Protocol => "protocol",
        /// The list of application protocols as a whole.
        ProtocolList => "protocol-list",
        /// Whether sessions are taken up again, in one of three ways.
        Resumption => "resumption",
        /// Whether what should be new in every connection came again.
        Reuse => "reuse",
        /// A signature scheme.
        Scheme => "scheme",
        /// The list of signature schemes of one kind of key as a whole.
        SchemeList => "scheme-list",
        /// A cipher suite.
        Suite => "suite",
        /// The list of cipher suites of a version as a whole.
        SuiteList => "suite-list",
        /// A version.
        Version => "version",
    }
}

words! {
    /// Whether the server has it.
    pub enum CapabilityVerdict {
        /// It does.
        Supported => "supported",
        /// It was asked for and not given.
        Absent => "absent",
        /// It was not asked for, or the answer does not tell.
        Unknown => "unknown",
    }
}

words! {
    /// How it is known that the server has it.
    pub enum CapabilityEvidence {
        /// It took it.
        Chosen => "chosen",
        /// It says so in a list of its own.
        Declared => "declared",
        /// It has it in a newer version, and nothing spoke against it in this one.
        Inferred => "inferred",
    }
}

words! {
    /// How much of a list was asked.
    pub enum CapabilityCoverage {
        /// All of what we know to ask.
        Complete => "complete",
        /// All that a newer version does not have; the rest is inferred from there.
        Inferred => "inferred",
        /// Some is unknown.
        Partial => "partial",
        /// Nothing was asked.
        Unasked => "unasked",
    }
}

words! {
    /// What came of an intrusive question. Which answers each question can have: [`IntrusiveAnswer::of`].
    #[derive(Default)]
    pub enum IntrusiveAnswer {
        /// Wrong protocol: the server chose what was offered, which is another service's.
        AcceptedAsOffered => "accepted-as-offered",
        /// Wrong protocol: the server chose a protocol that was not offered.
        AcceptedOther => "accepted-other",
        /// Wrong protocol: the server went on without choosing any.
        AcceptedWithout => "accepted-without",
        /// Injection: what was said before TLS was answered inside it.
        Answered => "answered",
        /// Injection: what was said behind the wish to upgrade was answered before TLS.
        AnsweredInPlaintext => "answered-in-plaintext",
        /// Injection: inside TLS the server speaks, and never of what was said before.
        Discarded => "discarded",
        /// Fall-back, renegotiation: the server goes on as if it had not been asked.
        Ignored => "ignored",
        /// Fall-back: the server says that it can do better (RFC 7507).
        InappropriateFallback => "inappropriate-fallback",
        /// Renegotiation: begun, and bound to nothing (CVE-2009-3555).
        InsecureAccepted => "insecure-accepted",
        /// No answer that tells: silence, or bytes that are none of the protocol's.
        NoAnswer => "no-answer",
        /// There is nothing to ask: no older version, no TLS before 1.3, no extensions.
        NotApplicable => "not-applicable",
        /// Not asked; why stands in ended.
        #[default]
        NotAsked => "not-asked",
        /// The endpoint never came to where it could be asked.
        NotReached => "not-reached",
        /// The server ended it: by an alert, a word of refusal, or a close.
        Refused => "refused",
        /// Wrong protocol: no_application_protocol (RFC 7301).
        RefusedAlert => "refused-alert",
        /// Renegotiation: begun, and bound to the first handshake (RFC 5746).
        SecureAccepted => "secure-accepted",
        /// Fall-back: the server has no older version to fall back to.
        VersionRefused => "version-refused",
    }
}

impl IntrusiveAnswer {
    /// What can come of the question with this word; nothing for a word that is none.
    pub fn of(question: &str) -> &'static [Self] {
        use IntrusiveAnswer::*;
        match question {
            "starttls-injection" => {
                &[Answered, AnsweredInPlaintext, Discarded, Refused, NoAnswer, NotReached, NotAsked]
            }
            "renegotiation" => &[
                SecureAccepted,
                InsecureAccepted,
                Refused,
                Ignored,
                NoAnswer,
                NotApplicable,
                NotReached,
                NotAsked,
            ],
            "fallback-scsv" => &[
                InappropriateFallback,
                Ignored,
                VersionRefused,
                Refused,
                NoAnswer,
                NotApplicable,
                NotReached,
                NotAsked,
            ],
            "wrong-alpn" => &[
                AcceptedWithout,
                AcceptedAsOffered,
                AcceptedOther,
                RefusedAlert,
                Refused,
                NoAnswer,
                NotApplicable,
                NotReached,
                NotAsked,
            ],
            _ => &[],
        }
    }
}

words! {
    /// Whose order of preference counts.
    pub enum CapabilityDecides {
        /// The client's.
        Client => "client",
        /// Sometimes the one, sometimes the other.
        Mixed => "mixed",
        /// There is nothing to choose from.
        Moot => "moot",
        /// The server's.
        Server => "server",
        /// The answers do not tell.
        Unknown => "unknown",
    }
}

words! {
    /// Whether the server takes up a session again in one of the three ways.
    pub enum CapabilityResumption {
        /// It did, and the handshake was completed.
        Accepted => "accepted",
        /// It has no version in which that can be.
        NoVersion => "no-version",
        /// It gave nothing that a session could be taken up by.
        NotOffered => "not-offered",
        /// It gave something; whether it would take it was not asked, or the answer does not tell.
        Offered => "offered",
        /// It gave something and later went on without it, or ended the handshake over it.
        Refused => "refused",
        /// It was not asked: the budget was spent, or the version is not known.
        Unasked => "unasked",
        /// It was asked, and no handshake was completed.
        Unreached => "unreached",
    }
}

rows! {
    /// One row per endpoint and fact of its enumeration, and one per intrusive question. What is in a list has a row each; what is not has none, and the list's own
    /// row says whether that means anything.
    pub struct CapabilityRow filled by Active {
        /// The run, as in probes.
        run_id: String,
        /// The target as it was given, as in probes.
        target: String,
        /// The address that was asked.
        addr: Option<String>,
        /// The port, as in probes.
        port: u16,
        /// The protocol, as in probes.
        protocol: String,
        /// What the row is about.
        kind: CapabilityKind,
        /// The version it is about, or the era: 'TLS 1.3' or 'before TLS 1.3'; of intrusive questions the one that was chosen; NULL: it is not about one.
        version: Option<String>,
        /// The code point; bits for a finite field.
        code: Option<u32>,
        /// The name of the code point, or the thing's own word; hexadecimal for a code point without a name.
        name: Option<String>,
        /// supported, absent or unknown: unknown is what was not asked, or not answered in a way that tells. Reuse: whether a value came again; unknown where fewer than two were seen.
        verdict: Option<CapabilityVerdict>,
        /// How it is known: chosen by the server, declared in a list of the server's own, or inferred from a newer version.
        evidence: Option<CapabilityEvidence>,
        /// Certificates: the one that was seen, as in certificates; NULL: none was read.
        cert_sha256: Option<Sha256>,
        /// Certificates: the chain that it came with, itself first, wire order, as in certificates; NULL: none was read.
        chain: Option<Vec<Sha256>>,
        /// Its place in the server's order of preference, from 0; NULL: the server has none, or the place is unknown.
        rank: Option<u16>,
        /// Lists: whether all of it was asked: complete, inferred (all but what a newer version has), partial or unasked.
        coverage: Option<CapabilityCoverage>,
        /// Lists: whose order of preference counts: server, client, mixed, moot (nothing to choose from) or unknown.
        decides: Option<CapabilityDecides>,
        /// Resumption, by name identifier, ticket (both before TLS 1.3) or psk (TLS 1.3): accepted, refused, offered (whether it is accepted is unknown), not-offered, no-version (none that has it), unasked or unreached.
        resumption: Option<CapabilityResumption>,
        /// Lists: how many candidates are unknown; the enumeration: connections asked for; reuse: connections that showed such a value.
        count: Option<u32>,
        /// Lists: how many of the candidates the server has.
        found: Option<u32>,
        /// Reuse: different values among them.
        distinct_values: Option<u32>,
        /// The enumeration and failed openings: how it ended; an intrusive question that was not asked: why.
        ended: Option<String>,
        /// Intrusive questions: what came of it.
        answer: Option<IntrusiveAnswer>,
        /// Intrusive questions: the connection it took; empty: none was made.
        attempts: Vec<Attempt>,
    }
}
