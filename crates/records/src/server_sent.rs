//! What the server sent in its handshake, as it is.

use tlscensus_certs::Sha256;

use crate::cell::Bytes;
use crate::rows::rows;
use crate::seen::Presence;

rows! {
    /// The columns that keep the server's part of a handshake.
    pub struct ServerSent filled by Both {
        /// SHA-256 of each certificate the server sent, wire order; joins with certificates.
        chain: Option<Vec<Sha256>>,
        /// Whether the server sent certificates: seen, absent (handshake without), hidden, unreached, unasked.
        chain_seen: Presence,
        /// Handshake messages of the server, decrypted where we have the keys, raw and bounded; certificates are left out of them, chain names those. One in the frame of SSL 2 stands first, with its header of two bytes whose first bit is set.
        flight_server: Option<Bytes>,
        /// Messages are missing at the end of a flight that is kept, because of a limit of ours; NULL: no TLS was spoken.
        flight_truncated: Option<bool>,
    }
}
