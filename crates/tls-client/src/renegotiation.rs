//! Another handshake inside a connection before TLS 1.3 (RFC 5746): asked for, answered or not, and never gone on with.

use std::borrow::Cow;

use tlscensus_tls_wire::codec::Codec;
use tlscensus_tls_wire::codec::DecodeError;
use tlscensus_tls_wire::extension::RenegotiationInfo;
use tlscensus_tls_wire::handshake::ServerHello;
use tlscensus_tls_wire::registry::ExtensionType;
use tlscensus_tls_wire::registry::HandshakeType;
use tlscensus_tls_wire::registry::Version;

use crate::connection::Connection;
use crate::handshake::offer::Offer;
use crate::keys::KeyShares;
use crate::profile::Profile;

/// What became of the wish for another handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Renegotiation {
    /// Not answered so far.
    Asked,
    /// The server began it, and bound it to the first one as RFC 5746 section 3.7 says.
    Bound,
    /// The server began it, bound to nothing: whoever made the first handshake may be somebody else (CVE-2009-3555).
    Unbound,
    /// The server said `no_renegotiation` (RFC 5246 section 7.2.2) and goes on with the connection.
    Refused,
}

/// A wish under way.
#[derive(Debug)]
pub(crate) struct Wish {
    /// What the server's hello has to hold to be bound to the first handshake.
    expected: Vec<u8>,
    pub(crate) state: Renegotiation,
}

impl Wish {
    /// Sends the hello; bound to the first handshake where the server understands that.
    pub(crate) fn send(
        profile: &Profile,
        server_name: Option<&str>,
        keys: &KeyShares,
        connection: &mut Connection,
    ) -> Self {
        let choice = connection.observer.choice();
        let bound = choice.is_some_and(|choice| choice.renegotiation_info().is_some());
        let profile = unsaid(profile);
        let offer = Offer::new(profile, server_name, keys.clone(), None, &mut connection.random);
        let [client, server] = connection.verify_data.clone();
        connection.send_unobserved(HandshakeType::CLIENT_HELLO, |out| {
            offer.again(bound.then_some(client.as_slice()), out);
        });
        Self { expected: [client, server].concat(), state: Renegotiation::Asked }
    }

    /// The server's hello, which says that it takes part.
    pub(crate) fn answered(&mut self, hello: &[u8]) -> Result<(), DecodeError> {
        let hello = ServerHello::decode(hello, "ServerHello")?;
        self.state = match hello.extensions.get::<RenegotiationInfo<'_>>()? {
            Some(RenegotiationInfo(info)) if info == self.expected => Renegotiation::Bound,
            _ => Renegotiation::Unbound,
        };
        Ok(())
    }
}

/// The profile without the extension that is said anew, and without what came after renegotiation.
fn unsaid(profile: &Profile) -> Profile {
    let keep = |extension: &ExtensionType| *extension != ExtensionType::RENEGOTIATION_INFO;
    let extensions: Vec<_> = profile.extensions.iter().copied().filter(keep).collect();
    let versions: Vec<_> =
        profile.versions.iter().copied().filter(|version| *version < Version::TLS_1_3).collect();
    Profile {
        extensions: Cow::Owned(extensions),
        versions: Cow::Owned(versions),
        ssl2_frame: false,
        ..profile.clone()
    }
}
