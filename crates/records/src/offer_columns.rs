//! What a client offered in its first hello, where traffic is watched: an active row names a profile instead.

use crate::rows::rows;

rows! {
    /// The columns of a client's offer; their names begin with `offer_`. All are NULL where its hello was not heard.
    pub struct OfferColumns filled by Passive named "offer_" {
        /// Version field of the client's first record, code point; 2: a hello in the frame of SSL 2.
        record_version_code: Option<u16>,
        /// Version field of the hello, code point.
        version_code: Option<u16>,
        /// Versions offered, code points, the client's order; the version field alone where there is no list of them.
        versions: Option<Vec<u16>>,
        /// Cipher suites offered, code points, the client's order, repeats and unknown ones kept.
        suites: Option<Vec<u16>>,
        /// Ciphers offered in the frame of SSL 2, three-byte code points as numbers, the client's order; NULL: another frame.
        ssl2_ciphers: Option<Vec<u32>>,
        /// Compression methods offered, code points, the client's order.
        compressions: Option<Vec<u8>>,
        /// Extensions of the hello, code points, the client's order, repeats and unknown ones kept.
        extensions: Option<Vec<u16>>,
        /// Groups offered, code points, the client's order; empty: no such list.
        groups: Option<Vec<u16>>,
        /// Groups for which the client sent a public value, code points, its order; empty: none.
        key_share_groups: Option<Vec<u16>>,
        /// Signature schemes offered, code points, the client's order; empty: no such list.
        signature_schemes: Option<Vec<u16>>,
        /// Formats of curve points offered, code points, the client's order; empty: no such list.
        point_formats: Option<Vec<u8>>,
        /// Ways of using a pre-shared key offered (RFC 9846, section 4.2.9), code points; empty: no such list.
        psk_modes: Option<Vec<u8>>,
        /// Application protocols offered (ALPN), escaped, the client's order; empty: no such list.
        alpn: Option<Vec<String>>,
        /// Length of the session id in the hello, in bytes.
        session_id_length: Option<u16>,
        /// Length of the ticket in the extension session_ticket, in bytes; 0: the client would take a ticket; NULL: no such extension.
        ticket_length: Option<u32>,
        /// Pre-shared keys named in the hello of TLS 1.3; 0: none.
        psks_count: Option<u32>,
        /// The client says that early data follows its hello.
        early_data: Option<bool>,
        /// KDF of the encrypted hello inside this one (RFC 9849), code point; NULL: there is none, or nothing but a placeholder that cannot be read.
        ech_kdf_code: Option<u16>,
        /// AEAD of the encrypted hello inside this one (RFC 9849), code point.
        ech_aead_code: Option<u16>,
    }
}
