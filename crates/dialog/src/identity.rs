//! Who we say we are, and whom we believe to be talking to.

/// The names used in a conversation. We never forge another party's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Our own name for EHLO/HELO (RFC 5321 section 4.1.1.1): a fully qualified domain name or an address literal.
    pub client_name: String,
    /// The domain asked for in XMPP's `to` attribute (RFC 6120 section 4.7.2); without one `to` is left out or is the address.
    pub peer_domain: Option<String>,
    /// Where an operator reads who we are; sent where a protocol has a place for it (IRC's QUIT text).
    pub contact: Option<String>,
}
