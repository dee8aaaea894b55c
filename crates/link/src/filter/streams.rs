//! The filter of a monitor of TCP: rejects what certainly holds none, where that is cheap to see and common.

use super::Assembler;
use super::Filter;
use super::ICMP;
use super::ICMPV6;
use super::IPV4;
use super::IPV6;
use super::Label;
use super::LinkKind;
use super::Test;
use super::Width;

pub(super) const UDP: u32 = 17;
const ESP: u32 = 50;
const ARP: u32 = super::ARP;
/// What switches tell each other (IEEE 802.1AB).
const LLDP: u32 = 0x88cc;

/// Ports of UDP behind which there may be IP packets or Ethernet frames
/// ([IANA](https://www.iana.org/assignments/service-names-port-numbers/)): L2TP, GTP-U, Teredo, LISP, VXLAN, VXLAN-GPE, CAPWAP, GUE, Geneve,
/// MPLS; VXLAN as Linux had it first; TZSP.
const TUNNELS: [u32; 12] =
    [1_701, 2_152, 3_544, 4_341, 4_789, 4_790, 5_247, 6_080, 6_081, 6_635, 8_472, 37_008];
/// As much of a frame as is kept: the longest that our reader of files believes.
const KEPT_BYTES: u32 = 256 * 1_024;

impl Filter {
    /// Frames that may hold TCP: all but ARP, LLDP, ICMP, ESP and UDP that is no tunnel. Whatever cannot be judged
    /// by a fixed place passes: tags, MPLS, PPPoE, tunnels, extension headers, later fragments.
    pub fn may_hold_tcp(kind: LinkKind) -> Self {
        let mut assembler = Assembler::default();
        let [ipv4, ipv6, accept, reject] = [(); 4].map(|()| assembler.label());
        let base = u32::try_from(kind.header_bytes()).expect("a short header");
        match kind {
            LinkKind::Ethernet | LinkKind::Loopback => {
                assembler.load(Width::Half, 12);
                assembler.when(Test::Is(IPV4), ipv4);
                assembler.when(Test::Is(IPV6), ipv6);
                assembler.when(Test::Is(ARP), reject);
                assembler.when(Test::Is(LLDP), reject);
                assembler.jump(accept);
            }
            LinkKind::Ip => {
                assembler.load(Width::Byte, 0);
                assembler.mask(0xf0);
                assembler.when(Test::Is(0x40), ipv4);
                assembler.when(Test::Is(0x60), ipv6);
                assembler.jump(reject);
            }
        }
        assembler.place(ipv4);
        by_protocol(&mut assembler, base + 9, (accept, reject));
        // The ports are in the first fragment only.
        assembler.load(Width::Half, base + 6);
        assembler.when(Test::Has(0x1fff), accept);
        assembler.index_header(base);
        for port in [0, 2] {
            assembler.load_indexed(Width::Half, base + port);
            tunnel(&mut assembler, accept);
        }
        assembler.jump(reject);
        assembler.place(ipv6);
        by_protocol(&mut assembler, base + 6, (accept, reject));
        for port in [0, 2] {
            assembler.load(Width::Half, base + 40 + port);
            tunnel(&mut assembler, accept);
        }
        assembler.jump(reject);
        assembler.place(accept);
        assembler.accept(KEPT_BYTES);
        assembler.place(reject);
        assembler.accept(0);
        Self { instructions: assembler.finish() }
    }

    /// The same, but for what this machine sends.
    pub(crate) fn without_outgoing(self) -> Self {
        let mut assembler = Assembler::default();
        let heard = assembler.label();
        assembler.load_kind();
        let outgoing = u32::from(libc::PACKET_OUTGOING);
        assembler.unless(Test::Is(outgoing), heard);
        assembler.accept(0);
        assembler.place(heard);
        // Jumps are relative, so what follows is what it was.
        let mut instructions = assembler.finish();
        instructions.extend(self.instructions);
        Self { instructions }
    }
}

/// Goes on with UDP only.
fn by_protocol(assembler: &mut Assembler, at: u32, (accept, reject): (Label, Label)) {
    assembler.load(Width::Byte, at);
    for protocol in [ICMP, ICMPV6, ESP] {
        assembler.when(Test::Is(protocol), reject);
    }
    assembler.unless(Test::Is(UDP), accept);
}

fn tunnel(assembler: &mut Assembler, accept: Label) {
    for port in TUNNELS {
        assembler.when(Test::Is(port), accept);
    }
}
