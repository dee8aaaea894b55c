//! One answer to a discovery's probe: who said what to a SYN.

use crate::cell::Timestamp;
use crate::rows::rows;
use crate::word::words;

words! {
    /// What a probe was answered with.
    #[derive(Default)]
    pub enum ResponderKind {
        /// SYN and ACK: somebody listens, or somebody says so for everything.
        #[default]
        SynAck => "synack",
        /// RST: nobody listens on this port of a host that is there, or something on the way says so.
        Rst => "rst",
        /// An ICMP error that quotes our probe.
        Icmp => "icmp",
        /// A connection was completed; said where discovery had to connect instead of sending SYNs.
        Connected => "connected",
    }
}

rows! {
    /// One row per endpoint that answered, and kind of answer.
    pub struct ResponderRow filled by Active {
        /// The run that it belongs to.
        run_id: String,
        /// Address that the probe was sent to, as text.
        addr: String,
        /// Port that the probe was sent to.
        port: u16,
        /// When the answer was received, by the kernel's stamp.
        at: Timestamp,
        /// synack, rst, icmp or connected.
        kind: ResponderKind,
        /// ICMP type (RFC 792) or ICMPv6 type (RFC 4443); NULL: no ICMP.
        icmp_type: Option<u8>,
        /// ICMP code; NULL: no ICMP.
        icmp_code: Option<u8>,
        /// Who sent the ICMP error, a router as a rule; NULL: no ICMP.
        icmp_from: Option<String>,
        /// Time to live (IPv6: hop limit) of the answer as it arrived; NULL: not seen, since the kernel connected.
        ttl: Option<u8>,
        /// TCP window, not scaled; NULL: no TCP header of the peer's was seen.
        window: Option<u16>,
        /// Maximum segment size option; NULL: none was sent, or no TCP header was seen.
        mss: Option<u16>,
        /// Kinds of the TCP options in their order, as the numbers of IANA's registry (RFC 9293 section 3.1); NULL: no TCP
        /// header was seen.
        options: Option<Vec<u8>>,
        /// Which of the probes to this endpoint was answered, from 0; NULL: the answer does not tell.
        probe_number: Option<u8>,
        /// Routable prefix that holds the address, if a prefix table was given.
        prefix: Option<String>,
        /// Autonomous system that originates the prefix, if a prefix table was given.
        origin_as: Option<u32>,
    }
}
