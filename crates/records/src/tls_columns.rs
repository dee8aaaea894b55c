//! What a TLS handshake came to, as far as both halves can hear it.

use std::borrow::Cow;

use tlscensus_certs::Sha256;

use crate::cell::Bytes;
use crate::cell::DecimalCode;
use crate::rows::rows;
use crate::seen::Presence;

rows! {
    /// The columns of a handshake; their names begin with `tls_`.
    pub struct TlsColumns filled by Both named "tls_" {
        /// Server name sent in the ClientHello; NULL: none.
        sni: Option<String>,
        /// JA3 of the ClientHello sent; NULL: none was sent, or one in the frame of SSL 2.
        ja3: Option<String>,
        /// JA4 of the ClientHello sent; NULL: none was sent, or one in the frame of SSL 2.
        ja4: Option<String>,
        /// JA3S of the ServerHello.
        ja3s: Option<String>,
        /// Whether the server chose a version: seen; absent: it answered in TLS or SSL 2 without a ServerHello; unreached: no answer in TLS.
        version_seen: Presence,
        /// Version negotiated, by name, such as TLS 1.2 or SSL 2; unknown code points in hexadecimal.
        version: Option<Cow<'static, str>>,
        /// Version negotiated, code point.
        version_code: Option<u16>,
        /// The field legacy_version of the ServerHello; NULL: none came, or one of SSL 2.
        legacy_version_code: Option<u16>,
        /// Cipher suite chosen, IANA name; unknown code points in hexadecimal.
        suite: Option<Cow<'static, str>>,
        /// Cipher suite chosen, code point.
        suite_code: Option<u16>,
        /// Group of the key exchange, IANA name; unknown code points in hexadecimal.
        group: Option<Cow<'static, str>>,
        /// Group of the key exchange, code point.
        group_code: Option<u16>,
        /// Kind of key exchange, such as RSA, DHE, ECDHE, PSK; HYBRID: a curve and a lattice joined; KEM: a lattice alone.
        key_exchange: Option<Cow<'static, str>>,
        /// Scheme of the server's signature over the key exchange, IANA name; unknown code points in hexadecimal.
        signature_scheme: Option<Cow<'static, str>>,
        /// Scheme of that signature, code point.
        signature_scheme_code: Option<u16>,
        /// Size of the finite-field Diffie-Hellman prime in bits, TLS 1.3 included.
        dh_bits: Option<u16>,
        /// SHA-256 of the finite-field Diffie-Hellman prime without leading zeros, TLS 1.3 included.
        dh_prime_sha256: Option<Sha256>,
        /// Name of that prime where it is one that many share, such as rfc3526-modp2048, ffdhe2048 or nginx-1024; NULL: none, or not known.
        dh_group_name: Option<Cow<'static, str>>,
        /// Whether half of that prime is prime too; NULL: not known, as the prime is not.
        dh_safe_prime: Option<bool>,
        /// Finite-field Diffie-Hellman generator as sent, lower-case hexadecimal; NULL: none was sent (TLS 1.3 names the group).
        dh_generator: Option<String>,
        /// Size in bits of the short-lived RSA key that a suite for export encrypts to; NULL: none was sent.
        export_rsa_bits: Option<u16>,
        /// SHA-256 of the server's public value in the key exchange: equal values are a key used twice.
        server_public_sha256: Option<Sha256>,
        /// Application protocol chosen (ALPN), escaped.
        alpn: Option<String>,
        /// Whether there is a protocol chosen: seen, absent, hidden (TLS 1.3, watched), unreached, or unasked: the client offered none; NULL: written before this was kept.
        alpn_seen: Option<Presence>,
        /// Extensions the server sent (ServerHello, then EncryptedExtensions), code points as decimal text, its order.
        extensions: Option<Vec<DecimalCode>>,
        /// The server asked for a second ClientHello.
        hello_retry: Option<bool>,
        /// Compression method chosen.
        compression: Option<u8>,
        /// The master secret is bound to the transcript (RFC 7627).
        extended_master_secret: Option<bool>,
        /// CBC suites encrypt first (RFC 7366).
        encrypt_then_mac: Option<bool>,
        /// The server answered about secure renegotiation (RFC 5746).
        renegotiation_info: Option<bool>,
        /// Heartbeat mode the server answered with (RFC 6520); NULL: none.
        heartbeat: Option<u8>,
        /// Random of the ServerHello, lower-case hexadecimal: two connections should never have the same.
        server_random: Option<String>,
        /// The server resumed an earlier session.
        session_resumed: Option<bool>,
        /// Length in bytes of the session id in the ServerHello; 0: the session can only be resumed by ticket, or not at all.
        session_id_length: Option<u16>,
        /// The ServerHello repeats the session id of the client's last ClientHello, which was not empty; NULL: no ServerHello came, or the client's hello was not heard.
        session_id_echoed: Option<bool>,
        /// SHA-256 of the session id that the server gave; NULL: it gave none, repeats the client's, or the client's hello was not heard.
        session_id_sha256: Option<Sha256>,
        /// Session tickets seen; NULL: not asked for, hidden, or it ended before.
        tickets_count: Option<u32>,
        /// Lifetime of the first session ticket, in seconds; NULL: no ticket was seen.
        ticket_lifetime_s: Option<u32>,
        /// Length of the first session ticket in bytes; NULL: no ticket was seen.
        ticket_length: Option<u32>,
        /// First 16 bytes of the first session ticket, lower-case hexadecimal: most servers name the key of their tickets so (RFC 5077, section 4), and equal ones share it; random with others. NULL: no ticket was seen, or a shorter one.
        ticket_key_name: Option<String>,
        /// How the server's certificate message was compressed (RFC 8879), IANA name; NULL: it was not.
        certificate_compression: Option<Cow<'static, str>>,
        /// OCSP response stapled, raw DER; NULL: none.
        ocsp_staple: Option<Bytes>,
        /// Signed certificate timestamps sent as an extension of the handshake; NULL: not asked for, hidden, or it ended before.
        scts_count: Option<u32>,
        /// Signed certificate timestamps inside the OCSP response stapled; NULL: no response, or none in it.
        scts_in_ocsp_count: Option<u32>,
        /// Ways in which signed certificate timestamps came, of tls-extension, ocsp-response, certificate (the server's own); NULL: no certificate was seen.
        sct_carriers: Option<Vec<Cow<'static, str>>>,
        /// The server asked the client for a certificate; NULL: hidden, or it ended before.
        client_certificate_requested: Option<bool>,
        /// Kinds of client certificates that it asked for, IANA names, its order; NULL: none was asked for, or TLS 1.3, which has no such list.
        client_certificate_types: Option<Vec<Cow<'static, str>>>,
        /// Signature schemes that it would take of the client, IANA names, its order; NULL: no certificate was asked for, or before TLS 1.2.
        client_certificate_schemes: Option<Vec<Cow<'static, str>>>,
        /// Authorities that it would take certificates of, its order, at most 100: RFC 4514 text, or # and hexadecimal for what is no name; empty: any authority; NULL: no certificate was asked for.
        client_certificate_authorities: Option<Vec<String>>,
        /// How many authorities it named; NULL: no certificate was asked for.
        client_certificate_authorities_count: Option<u32>,
        /// Extensions of its request (RFC 9846, section 4.4.2), code points as decimal text, its order; NULL: no certificate was asked for, or before TLS 1.3.
        client_certificate_extensions: Option<Vec<DecimalCode>>,
        /// Alerts of either side in order: side, level (or SSL 2), description, and the message it came after.
        alerts: Vec<String>,
        /// One letter per handshake message in order, upper case client, lower case server; NULL: no TLS was spoken.
        history: Option<String>,
        /// Ciphers that a server of SSL 2 takes, its order, by name; unknown ones in hexadecimal; NULL: it did not answer in SSL 2.
        ssl2_ciphers: Option<Vec<Cow<'static, str>>>,
        /// Connection id of a server of SSL 2, lower-case hexadecimal; NULL: it did not answer in SSL 2.
        ssl2_connection_id: Option<String>,
        /// The ServerHello's random says that the server can do better: from-tls13 or from-tls12; NULL: it does not.
        downgrade_sentinel: Option<Cow<'static, str>>,
        /// Extensions beside the certificates of TLS 1.3 (RFC 9846, section 4.5.1), each as the certificate's place in the chain from 0, a colon and the code point in decimal, wire order; NULL: an older version, or see chain_seen.
        certificate_extensions: Option<Vec<String>>,
    }
}
