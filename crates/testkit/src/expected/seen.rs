//! What a monitor found in one capture, in plain values.

use std::net::SocketAddr;

/// All that was found in one capture.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// Connections, in the order in which they began.
    pub flows: Vec<SeenFlow>,
    /// Distinct certificates of either side.
    pub certificates: Vec<SeenCertificate>,
}

impl Seen {
    /// The certificate with this SHA-256.
    pub fn certificate(&self, sha256: &str) -> Option<&SeenCertificate> {
        self.certificates.iter().find(|one| one.sha256 == sha256)
    }
}

/// One connection. Hashes are lower-case hexadecimal; a list is None where there is no such list, and empty where it is empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenFlow {
    /// The server.
    pub server: SocketAddr,
    /// First packet: microseconds since 1970-01-01T00:00:00Z.
    pub started_at: i64,
    /// The word of the service, or `tls`.
    pub protocol: String,
    /// `direct`, or the dialogue before TLS: `imap`, `irc`, `lmtp`, `pop3`, `smtp`, `xmpp-c2s`, `xmpp-s2s`.
    pub via: String,
    /// How far the upgrade came, in the words of the column `starttls_state`.
    pub starttls_state: String,
    /// Whether the upgrade is offered, in the words of the column `starttls_offer`.
    pub starttls_offer: Option<String>,
    /// Capabilities before TLS, as sent.
    pub capabilities: Option<Vec<String>>,
    /// Something of TLS was heard: a hello or an alert of either side.
    pub tls: bool,
    /// Version negotiated, code point; 2 for SSL 2.
    pub version: Option<u16>,
    /// `legacy_version` of the ServerHello.
    pub legacy_version: Option<u16>,
    /// Suite chosen: code point, IANA's name.
    pub suite: Option<(u16, String)>,
    /// Group of the key exchange: code point, IANA's name.
    pub group: Option<(u16, String)>,
    /// Bits of the prime of finite-field Diffie-Hellman.
    pub dh_bits: Option<u16>,
    /// Server name of the hello.
    pub sni: Option<String>,
    /// Application protocol that the server chose.
    pub alpn: Option<String>,
    /// An earlier session was taken up.
    pub resumed: Option<bool>,
    /// Both sides went over to protected records.
    pub established: bool,
    /// A letter for each message.
    pub history: Option<String>,
    /// Alerts: side, level, description in words, separated by blanks; more may follow.
    pub alerts: Vec<String>,
    /// Extensions of the ServerHello.
    pub server_extensions: Option<Vec<u16>>,
    /// Lifetime of the session ticket in seconds.
    pub ticket_lifetime_s: Option<u32>,
    /// Authorities in the server's request for a certificate, RFC 4514.
    pub authorities: Option<Vec<String>>,
    /// Ciphers that a server of SSL 2 takes, code points.
    pub ssl2_ciphers: Option<Vec<u32>>,
    /// Cipher in the CLIENT-MASTER-KEY, code point.
    pub ssl2_cipher: Option<u32>,
    /// JA3 of the hello.
    pub ja3: Option<String>,
    /// JA3S of the answer.
    pub ja3s: Option<String>,
    /// JA4 of the hello.
    pub ja4: Option<String>,
    /// SHA-256 of the server's certificates in wire order.
    pub chain: Option<Vec<String>>,
    /// SHA-256 of the client's certificates in wire order.
    pub client_chain: Option<Vec<String>>,
    /// The client's first hello.
    pub offer: Option<SeenOffer>,
    /// Bytes missing of the client and of the server.
    pub missed: [u64; 2],
}

impl SeenFlow {
    /// One of which nothing is known but where it went.
    pub fn new(server: SocketAddr) -> Self {
        Self {
            server,
            started_at: 0,
            protocol: "tls".to_owned(),
            via: "direct".to_owned(),
            starttls_state: "unasked".to_owned(),
            starttls_offer: None,
            capabilities: None,
            tls: false,
            version: None,
            legacy_version: None,
            suite: None,
            group: None,
            dh_bits: None,
            sni: None,
            alpn: None,
            resumed: None,
            established: false,
            history: None,
            alerts: Vec::new(),
            server_extensions: None,
            ticket_lifetime_s: None,
            authorities: None,
            ssl2_ciphers: None,
            ssl2_cipher: None,
            ja3: None,
            ja3s: None,
            ja4: None,
            chain: None,
            client_chain: None,
            offer: None,
            missed: [0; 2],
        }
    }
}

/// A client's hello; code points in its order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SeenOffer {
    /// Version field of its record; 2 for the frame of SSL 2.
    pub record_version: Option<u16>,
    /// Version field of the hello.
    pub version: Option<u16>,
    /// `supported_versions`; empty where there is no such extension.
    pub versions: Vec<u16>,
    /// Suites.
    pub suites: Vec<u16>,
    /// Ciphers of a hello in the frame of SSL 2.
    pub ssl2_ciphers: Vec<u32>,
    /// Compression methods.
    pub compressions: Vec<u8>,
    /// Extensions.
    pub extensions: Vec<u16>,
    /// Groups with a public value.
    pub key_share_groups: Vec<u16>,
    /// Signature schemes.
    pub signature_schemes: Vec<u16>,
    /// Ways of using a pre-shared key.
    pub psk_modes: Vec<u8>,
    /// Application protocols.
    pub alpn: Vec<String>,
    /// KDF and AEAD of an encrypted hello.
    pub ech: Option<(u16, u16)>,
}

/// A certificate.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SeenCertificate {
    /// SHA-256 of the DER.
    pub sha256: String,
    /// SHA-1 of the DER, if somebody counted it.
    pub sha1: Option<String>,
    /// Bytes of DER.
    pub size: u32,
    /// Subject, RFC 4514: last element first.
    pub subject: Option<String>,
    /// Issuer, likewise.
    pub issuer: Option<String>,
    /// Serial number as encoded, lower-case hexadecimal.
    pub serial: Option<String>,
    /// Start of validity: seconds since 1970.
    pub not_before: Option<i64>,
    /// End of validity, likewise.
    pub not_after: Option<i64>,
    /// rsa, ec, dsa, …, or an OID.
    pub key_algorithm: Option<String>,
    /// Bits of the key.
    pub key_bits: Option<u32>,
    /// IANA's name of an ec key's curve.
    pub key_curve: Option<String>,
    /// Signature algorithm by its usual name, such as sha1WithRSAEncryption.
    pub signature_algorithm: Option<String>,
    /// dNSNames.
    pub dns_names: Vec<String>,
}
