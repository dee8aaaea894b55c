//! One connection watched.

use std::borrow::Cow;

use tlscensus_certs::Sha256;

use crate::cell::Timestamp;
use crate::dialog_columns::DialogColumns;
use crate::offer_columns::OfferColumns;
use crate::outcome::Outcome;
use crate::outcome::Phase;
use crate::rows::rows;
use crate::seen::Presence;
use crate::server_sent::ServerSent;
use crate::tls_columns::TlsColumns;
use crate::word::words;

words! {
    /// Why a flow's row was written when it was.
    #[derive(Default)]
    pub enum EndReason {
        /// The handshake was through: nothing behind it is looked at.
        Established => "established",
        /// No room was left, and the flow was idle longest.
        Evicted => "evicted",
        /// Both sides closed the connection in order.
        Finished => "finished",
        /// What came then was no conversation about TLS any more: authentication, mail, chat, or another protocol.
        HeardEnough => "heard-enough",
        /// One side reset the connection.
        Reset => "reset",
        /// The capture ended.
        #[default]
        Stopped => "stopped",
        /// Nothing came for too long.
        TimedOut => "timed-out",
    }
}

words! {
    /// Which sides of a connection are in our own networks.
    #[derive(Default)]
    pub enum LocalSide {
        /// Both.
        Both => "both",
        /// The client: the session goes out.
        Client => "client",
        /// Neither.
        Neither => "neither",
        /// The server: the session comes in.
        Server => "server",
        /// Nobody said which networks are ours.
        #[default]
        Unasked => "unasked",
    }
}

words! {
    /// Of which sides packets with payload were captured.
    #[derive(Default)]
    pub enum SidesSeen {
        /// Both.
        #[default]
        Both => "both",
        /// The client alone.
        Client => "client",
        /// The server alone.
        Server => "server",
    }
}

rows! {
    /// One row per connection watched, in a protocol that is measured.
    pub struct FlowRow filled by Passive {
        /// The run that made this row; joins with runs.
        run_id: String,
        /// Names the connection within the run.
        flow_id: String,
        /// Where the traffic was captured, as the operator calls it.
        sensor: String,
        /// When its first packet was captured.
        started_at: Timestamp,
        /// Time from started_at to the last packet that this row knows of, in microseconds.
        duration_us: u64,
        /// The client's address under a keyed hash (HMAC-SHA-256, first 16 bytes, lower-case hexadecimal): equal within runs that use the same key, and not to be undone without it.
        client: String,
        /// The server's address, as text.
        server_addr: String,
        /// The server's TCP port.
        server_port: u16,
        /// Routable prefix that holds the server's address, if a prefix table was given.
        prefix: Option<String>,
        /// Autonomous system that originates the prefix, if a prefix table was given.
        origin_as: Option<u32>,
        /// Which side is in our own networks: both, client, neither, server, or unasked: nobody said which those are.
        local_side: LocalSide,
        /// What was spoken: the word of one of the services, or lmtp, or tls: TLS from the first byte on a port of none of them. By content; where TLS hides it, by the server's port.
        protocol: Cow<'static, str>,
        /// How TLS starts in it: implicit or starttls.
        mode: Cow<'static, str>,
        /// What carried the connection up to TLS: direct, or the protocol of the conversation: imap, irc, lmtp, pop3, smtp, xmpp-c2s, xmpp-s2s.
        via: Cow<'static, str>,
        /// Whose bytes told the protocol, of those that were there when it was told: client, server or both; port: they left it open.
        detected_by: Cow<'static, str>,
        /// The server's port is not the one where this protocol is expected.
        off_port: bool,
        /// The side that opened the TCP connection speaks as the server.
        roles_flipped: bool,
        /// The capture does not hold the connection's beginning.
        midstream: bool,
        /// Of which sides payload was captured: both, client or server.
        captured: SidesSeen,
        /// Packets of the client that this row knows of.
        packets_client: u64,
        /// Packets of the server that this row knows of.
        packets_server: u64,
        /// Bytes of payload of the client that this row knows of.
        bytes_client: u64,
        /// Bytes of payload of the server that this row knows of.
        bytes_server: u64,
        /// Bytes of payload of the client that are not in the capture.
        missed_client: u64,
        /// Bytes of payload of the server that are not in the capture.
        missed_server: u64,
        /// Bytes of either side that came again with another content; the first counts.
        conflicting_bytes: u64,
        /// A letter for each kind of packet at its first, upper case for the side that opened the connection: S SYN, H SYN-ACK, A acknowledgement, D payload, F FIN, R RST, T payload repeated, G a hole, C a bad checksum.
        tcp_history: String,
        /// Why the row was written then: established, evicted, finished, heard-enough, reset, stopped or timed-out.
        end_reason: EndReason,
        /// How far it came: greeting, capabilities, starttls, tls or after-tls.
        phase: Phase,
        /// How it ended there; which words a phase can have is documented with the outcomes.
        outcome: Outcome,
        /// The server's own words that ended it, escaped and bounded, with <client> for what tells who the client is.
        detail: Option<String>,
        /// Ways of authentication that the client was seen to use in plaintext, names only; empty: none was seen.
        plaintext_authentication: Vec<String>,
        /// Bytes that the client sent in plaintext behind its wish to upgrade, before the go-ahead; 0: none, or there was no upgrade.
        pipelined_bytes: u64,
        /// Bytes of TLS that the client sent before the go-ahead; 0: it waited, or there was no upgrade.
        early_tls_bytes: u64,
        /// Bytes that the server sent in plaintext behind the go-ahead; 0: none, or there was no upgrade.
        leftover_bytes: u64,
        /// Both sides went over to protected records, as far as that can be told from outside.
        tls_seen_established: bool,
        /// Why the handshake was not seen through, in a word; NULL: it was, or no TLS was spoken.
        tls_not_established: Option<Cow<'static, str>>,
        /// Cipher that the client of SSL 2 chose of those the server takes, by name; NULL: it did not come to that.
        tls_ssl2_cipher: Option<Cow<'static, str>>,
        /// SHA-256 of each certificate the client sent, wire order.
        client_chain: Option<Vec<Sha256>>,
        /// Whether the client sent certificates: seen, absent, hidden, unreached, or unasked: the server did not ask.
        client_chain_seen: Presence,
    }
    with {
        /// The conversation before TLS.
        dialog: DialogColumns,
        /// The client's offer.
        offer: OfferColumns,
        /// The handshake.
        tls: TlsColumns,
        /// What the server sent, as it is.
        server_sent: ServerSent,
    }
}
