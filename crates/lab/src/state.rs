//! The states an endpoint can be in, and what each does at the four places where a server can go wrong.

/// What an endpoint does. Words, weights and findings: the table in `state_table.rs`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "each has its line in the state table")]
pub enum State {
    AcceptedThenClosed,
    AcceptedThenGarbage,
    AcceptedThenPlaintext,
    AcceptedWithLeftover,
    AnotherMailProtocol,
    AnswersInjected,
    CapUnknown,
    CapaUnknown,
    ClosesAtCapabilities,
    ClosesAtOnce,
    ClosesMidHandshake,
    EndlessInside,
    EndlessLines,
    EndlessUnit,
    Garbage,
    Healthy,
    HeloOnly,
    HttpSpoken,
    InsideAnotherProtocol,
    InsideCloses,
    InsideSheds,
    InsideSilent,
    Mangled,
    NeedsDomain,
    NeverAnswersHello,
    NotOffered,
    PlaintextOnTlsPort,
    Refused,
    RefusedForGood,
    Resets,
    Sheds,
    ShedsStream,
    Silent,
    Slow,
    SshSpoken,
    TlsOnChatPort,
    TlsOnMailPort,
    Uncommon,
}

/// What happens when the connection is there, before anything of the protocol's own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Opening {
    AnotherMailProtocol,
    Close,
    EndlessLines,
    EndlessUnit,
    Garbage,
    Http,
    PlaintextOnTlsPort,
    #[default]
    Proper,
    Reset,
    Silent,
    Slow,
    Ssh,
    TlsExpected,
}

/// How well the dialogue is spoken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Manner {
    CapabilitiesUnknown,
    CloseAtCapabilities,
    NeedDomain,
    #[default]
    Proper,
    Shed,
}

/// What becomes of the wish to upgrade.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Upgrade {
    #[default]
    Accept,
    /// What lay behind the wish is answered inside TLS.
    AcceptAndKeep,
    AcceptWithLeftover,
    Mangle,
    NotOffered,
    Refuse,
    RefuseForGood,
}

/// What follows where TLS is due.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Handshake {
    Close,
    CloseMidway,
    Garbage,
    Plaintext,
    #[default]
    Proper,
    Silent,
}

/// What follows inside TLS.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Inside {
    AnotherProtocol,
    Close,
    Endless,
    #[default]
    Proper,
    Shed,
    Silent,
}

/// A state, taken apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Conduct {
    pub(crate) opening: Opening,
    pub(crate) manner: Manner,
    pub(crate) upgrade: Upgrade,
    pub(crate) handshake: Handshake,
    pub(crate) inside: Inside,
}

impl State {
    /// The word in the ground truth.
    pub fn word(self) -> &'static str {
        self.spec().word
    }

    /// The state whose word this is.
    pub fn from_word(word: &str) -> Option<Self> {
        crate::state_table::STATES.iter().find(|spec| spec.word == word).map(|spec| spec.state)
    }

    pub(crate) const fn conduct(self) -> Conduct {
        match self {
            Self::AcceptedThenClosed => handshake(Handshake::Close),
            Self::AcceptedThenGarbage => handshake(Handshake::Garbage),
            Self::AcceptedThenPlaintext => handshake(Handshake::Plaintext),
            Self::AcceptedWithLeftover => upgrade(Upgrade::AcceptWithLeftover),
            Self::AnotherMailProtocol => opening(Opening::AnotherMailProtocol),
            Self::AnswersInjected => upgrade(Upgrade::AcceptAndKeep),
            Self::CapUnknown | Self::CapaUnknown => {
                Conduct { manner: Manner::CapabilitiesUnknown, ..upgrade(Upgrade::Refuse) }
            }
            Self::ClosesAtCapabilities => manner(Manner::CloseAtCapabilities),
            Self::ClosesAtOnce => opening(Opening::Close),
            Self::ClosesMidHandshake => handshake(Handshake::CloseMidway),
            Self::EndlessInside => inside(Inside::Endless),
            Self::EndlessLines => opening(Opening::EndlessLines),
            Self::EndlessUnit => opening(Opening::EndlessUnit),
            Self::Garbage => opening(Opening::Garbage),
            Self::Healthy | Self::Uncommon => PROPER,
            Self::HeloOnly => {
                Conduct { manner: Manner::CapabilitiesUnknown, ..upgrade(Upgrade::NotOffered) }
            }
            Self::HttpSpoken => opening(Opening::Http),
            Self::InsideAnotherProtocol => inside(Inside::AnotherProtocol),
            Self::InsideCloses => inside(Inside::Close),
            Self::InsideSheds => inside(Inside::Shed),
            Self::InsideSilent => inside(Inside::Silent),
            Self::Mangled => upgrade(Upgrade::Mangle),
            Self::NeedsDomain => manner(Manner::NeedDomain),
            Self::NeverAnswersHello => handshake(Handshake::Silent),
            Self::NotOffered => upgrade(Upgrade::NotOffered),
            Self::PlaintextOnTlsPort => opening(Opening::PlaintextOnTlsPort),
            Self::Refused => upgrade(Upgrade::Refuse),
            Self::RefusedForGood => upgrade(Upgrade::RefuseForGood),
            Self::Resets => opening(Opening::Reset),
            Self::Sheds | Self::ShedsStream => manner(Manner::Shed),
            Self::Silent => opening(Opening::Silent),
            Self::Slow => opening(Opening::Slow),
            Self::SshSpoken => opening(Opening::Ssh),
            Self::TlsOnChatPort | Self::TlsOnMailPort => opening(Opening::TlsExpected),
        }
    }
}

const fn opening(opening: Opening) -> Conduct {
    Conduct { opening, ..PROPER }
}

const fn manner(manner: Manner) -> Conduct {
    Conduct { manner, ..PROPER }
}

const fn upgrade(upgrade: Upgrade) -> Conduct {
    Conduct { upgrade, ..PROPER }
}

const fn handshake(handshake: Handshake) -> Conduct {
    Conduct { handshake, ..PROPER }
}

const fn inside(inside: Inside) -> Conduct {
    Conduct { inside, ..PROPER }
}

const PROPER: Conduct = Conduct {
    opening: Opening::Proper,
    manner: Manner::Proper,
    upgrade: Upgrade::Accept,
    handshake: Handshake::Proper,
    inside: Inside::Proper,
};
