//! The shapes a chain of certificates can have, and how often each is dealt to a host.

/// The shape of the chain an endpoint sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Shape {
    /// Leaf and intermediate; the leaf is past its date.
    Expired,
    /// The leaf alone, though an intermediate issued it.
    Incomplete,
    /// Leaf, intermediate and root.
    RootIncluded,
    /// The leaf issued itself.
    SelfSigned,
    /// Leaf and intermediate, the leaf's key shared with other leaves.
    SharedKey,
    /// Leaf and intermediate, all in order.
    Valid,
    /// Leaf, root, intermediate.
    WrongOrder,
}

impl Shape {
    /// The shapes with their weights.
    pub(crate) const WEIGHTS: [(Self, u32); 7] = [
        (Self::Expired, 2),
        (Self::Incomplete, 2),
        (Self::RootIncluded, 2),
        (Self::SelfSigned, 5),
        (Self::SharedKey, 1),
        (Self::Valid, 10),
        (Self::WrongOrder, 1),
    ];
}

/// Names one chain: equal orders are the same chain with the same key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct ChainOrder {
    pub(crate) owner: Owner,
    pub(crate) shape: Shape,
    pub(crate) key: KeyKind,
}

impl ChainOrder {
    /// The kind of the leaf's key: of those on a curve that are shared there is one, and it is on P-256.
    pub(crate) fn key_served(self) -> KeyKind {
        match (self.shape, self.key) {
            (Shape::SharedKey, KeyKind::P384) => KeyKind::P256,
            (_, key) => key,
        }
    }
}

/// Whose certificate it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Owner {
    /// One host's, on most of its ports.
    Host(u32),
    /// One host's, on some of its ports.
    HostOther(u32),
    /// A hoster's, on many hosts.
    Hoster(u32),
}

/// The kind of the leaf's key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum KeyKind {
    P256,
    P384,
    Rsa2048,
}

impl KeyKind {
    /// The curve it is on, by the name of the group.
    pub(crate) fn curve(self) -> Option<&'static str> {
        match self {
            Self::P256 => Some("secp256r1"),
            Self::P384 => Some("secp384r1"),
            Self::Rsa2048 => None,
        }
    }

    pub(crate) fn is_rsa(self) -> bool {
        self == Self::Rsa2048
    }

    /// The kinds with their weights.
    pub(crate) const WEIGHTS: [(Self, u32); 3] =
        [(Self::P256, 4), (Self::P384, 1), (Self::Rsa2048, 5)];
}
