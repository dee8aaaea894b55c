//! What a table is told beforehand: what it unwraps, how long it waits, how much it holds.

/// Settings of a [`FlowTable`](crate::FlowTable).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// Which tunnels are looked into.
    pub tunnels: Tunnels,
    /// How long what is waited for.
    pub timeouts: Timeouts,
    /// How much is held.
    pub limits: Limits,
    /// Verify the checksums of IPv4 and TCP, and drop what fails. Off by default: where a capture holds what its own machine sent,
    /// the network card fills them in later.
    pub verify_checksums: bool,
    /// Keep counting a flow whose listener has had enough, and tell of it once more at its true end.
    pub count_to_end: bool,
}

/// Which tunnels are looked into. What is not is no TCP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tunnels {
    /// GRE (RFC 2784, RFC 2890) with IP, MPLS, Ethernet, PPP or ERSPAN inside; protocol 47.
    pub gre: bool,
    /// IP in IP (RFC 2003, RFC 4213, RFC 2473), MPLS in IP (RFC 4023) and Ethernet in IP (RFC 3378); protocols 4, 41, 137, 97.
    pub ip_in_ip: bool,
    /// VXLAN (RFC 7348) to this UDP port.
    pub vxlan: Option<u16>,
    /// GENEVE (RFC 8926) to this UDP port.
    pub geneve: Option<u16>,
    /// Teredo (RFC 4380), IPv6 in UDP from or to this port. Off by default: nobody should speak it any more, and any UDP may look like it.
    pub teredo: Option<u16>,
}

impl Default for Tunnels {
    fn default() -> Self {
        Self { gre: true, ip_in_ip: true, vxlan: Some(4789), geneve: Some(6081), teredo: None }
    }
}

impl Tunnels {
    /// None at all.
    pub const NONE: Self =
        Self { gre: false, ip_in_ip: false, vxlan: None, geneve: None, teredo: None };
}

/// How long what is waited for, in milliseconds of packet time; kept to within a thirtieth of each, or 0.2 s.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// A SYN or SYN-ACK whose connection comes to nothing. Longer than the third repetition of a SYN takes to come (RFC 6298: 1, 3, 7 s).
    pub half_open_ms: u32,
    /// A flow with a listener, without any packet.
    pub established_ms: u32,
    /// A hole, before it counts as lost. Longer than the usual first retransmissions take.
    pub hole_ms: u32,
    /// A flow that was reset or finished, without any packet: what still comes belongs to it.
    pub closing_ms: u32,
    /// A flow whose listener has had enough, without any packet. A client of IMAP in IDLE is silent for up to 29 minutes
    /// (RFC 9051, section 6.3.13).
    pub tombstone_ms: u32,
    /// A flow without any packet for so long is over once a SYN of the same addresses and ports comes. On a livelier one, a SYN counts
    /// only once it is answered or followed by its data.
    pub reuse_ms: u32,
    /// Fragments of a packet, from the first one. RFC 8200, section 4.5, gives them 60 s, Linux 30.
    pub fragments_ms: u32,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            half_open_ms: 10_000,
            established_ms: 300_000,
            hole_ms: 3_000,
            closing_ms: 5_000,
            tombstone_ms: 1_800_000,
            reuse_ms: 60_000,
            fragments_ms: 30_000,
        }
    }
}

/// How much is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Flows in the table, of any kind; beyond, the one that is idle longest goes. At most 2^31.
    pub flows: u32,
    /// Half-open ones among them; beyond, the one that is idle longest goes. So a flood of SYNs displaces only its like.
    pub half_open: u32,
    /// Bytes that a direction holds behind holes, with [`PIECE_OVERHEAD`](crate::PIECE_OVERHEAD) for each piece.
    pub held_bytes_per_direction: usize,
    /// Pieces that a direction holds behind holes.
    pub held_pieces_per_direction: usize,
    /// Bytes that all flows hold behind holes.
    pub held_bytes: usize,
    /// How far ahead of what is expected a segment may be to be believed at once, in bytes; at most 2^30.
    pub bytes_ahead: u32,
    /// Packets of which fragments are held.
    pub fragmented: usize,
    /// Bytes of fragments that are held.
    pub fragment_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            flows: 1 << 20,
            half_open: 1 << 18,
            // A window without scaling, four times; a handshake's flight is far smaller.
            held_bytes_per_direction: 256 << 10,
            held_pieces_per_direction: 512,
            held_bytes: 128 << 20,
            // Windows of hosts as they come are up to 6 MiB.
            bytes_ahead: 16 << 20,
            fragmented: 4096,
            fragment_bytes: 16 << 20,
        }
    }
}
