//! Which socket of a group hears a frame: one and the same for both directions of a connection, whatever carries it.
//!
//! The kernel has a hash of its own for that (`PACKET_FANOUT_HASH`). It does not see into tunnels over UDP, whose outer ports differ
//! by direction, and one connection would come to two sockets as two halves.

use super::Assembler;
use super::Filter;
use super::IPV4;
use super::IPV6;
use super::Label;
use super::LinkKind;
use super::TCP;
use super::Test;
use super::Width;
use super::assembler::Operation;
use super::streams::UDP;

impl Filter {
    /// A number for each frame, to be divided by how many sockets there are: of the two addresses and ports of its innermost
    /// IP packet with TCP, and of the addresses alone where that holds anything else or is a fragment. It is the same in both
    /// directions. `seed` is drawn for each group: who does not know it cannot choose who hears him.
    ///
    /// Looked into are tags, MPLS, PPPoE, IP in IP, GRE, ERSPAN, VXLAN and Geneve, so deep as [`TUNNELS`] says.
    pub(crate) fn spread(kind: LinkKind, seed: u32) -> Self {
        let mut assembler = Assembler::default();
        let end = assembler.label();
        let mut layers: Vec<_> = (0..=TUNNELS).map(|_| Layer::new(&mut assembler)).collect();
        layers.push(Layer { ethernet: end, typed: end, mpls: end, ip: end, ipv4: end, ipv6: end });
        let mut spread = Spread { assembler, end };
        spread.begin(kind, layers[0]);
        for pair in layers.windows(2) {
            spread.layer(pair[0], pair[1]);
        }
        spread.finish(seed | 1)
    }
}

/// Where what stands in a frame, or in a tunnel, is read. The index register has its place; at `typed` the accumulator has its type.
#[derive(Clone, Copy)]
struct Layer {
    ethernet: Label,
    typed: Label,
    mpls: Label,
    ip: Label,
    ipv4: Label,
    ipv6: Label,
}

impl Layer {
    fn new(assembler: &mut Assembler) -> Self {
        let [ethernet, typed, mpls, ip, ipv4, ipv6] = [(); 6].map(|()| assembler.label());
        Self { ethernet, typed, mpls, ip, ipv4, ipv6 }
    }
}

/// The program in the making.
struct Spread {
    assembler: Assembler,
    end: Label,
}

impl Spread {
    /// What is sent is shown to a group from the frame's beginning, what is received from behind its MAC header.
    fn begin(&mut self, kind: LinkKind, first: Layer) {
        self.forget();
        self.assembler.index_from_accumulator();
        if kind == LinkKind::Ip {
            return self.assembler.jump(first.ip);
        }
        self.assembler.load_kind();
        self.assembler.when(Test::Is(libc::PACKET_OUTGOING.into()), first.ethernet);
        self.assembler.load_protocol();
        self.assembler.jump(first.typed);
    }

    /// What a layer is, and what it holds goes on with `inner`.
    fn layer(&mut self, this: Layer, inner: Layer) {
        let transport = self.assembler.label();
        self.assembler.place(this.ethernet);
        self.load(Width::Half, 12);
        self.advance(14);
        self.typed(this, inner);
        self.mpls(this, inner);
        self.assembler.place(this.ip);
        self.load(Width::Byte, 0);
        self.assembler.mask(0xf0);
        self.assembler.when(Test::Is(0x40), this.ipv4);
        self.assembler.when(Test::Is(0x60), this.ipv6);
        self.assembler.jump(self.end);
        self.ipv4(this.ipv4, transport);
        self.ipv6(this.ipv6, transport);
        self.assembler.place(transport);
        self.transport(inner);
    }

    /// By the type in the accumulator, through tags.
    fn typed(&mut self, this: Layer, inner: Layer) {
        let pppoe = self.assembler.label();
        self.assembler.place(this.typed);
        for _ in 0..TAGS {
            let [tag, none] = [(); 2].map(|()| self.assembler.label());
            TAG_TYPES.into_iter().for_each(|number| self.assembler.when(Test::Is(number), tag));
            self.assembler.jump(none);
            self.assembler.place(tag);
            self.load(Width::Half, 2);
            self.advance(4);
            self.assembler.place(none);
        }
        self.assembler.when(Test::Is(IPV4), this.ipv4);
        self.assembler.when(Test::Is(IPV6), this.ipv6);
        self.assembler.when(Test::Is(0x8847), this.mpls);
        self.assembler.when(Test::Is(0x8848), this.mpls);
        self.assembler.when(Test::Is(0x6558), inner.ethernet);
        self.assembler.when(Test::Is(0x8864), pppoe);
        self.assembler.jump(self.end);
        self.assembler.place(pppoe);
        // Behind version, session and length: the protocol, of two bytes.
        self.load(Width::Half, 6);
        self.advance(8);
        self.assembler.when(Test::Is(0x21), this.ipv4);
        self.assembler.when(Test::Is(0x57), this.ipv6);
        self.assembler.jump(self.end);
    }

    /// Labels; behind the last an IP packet, or a control word with an Ethernet frame behind it.
    fn mpls(&mut self, this: Layer, inner: Layer) {
        let bottom = self.assembler.label();
        self.assembler.place(this.mpls);
        for _ in 0..LABELS {
            self.load(Width::Byte, 2);
            self.advance(4);
            self.assembler.when(Test::Has(1), bottom);
        }
        self.assembler.jump(self.end);
        self.assembler.place(bottom);
        self.load(Width::Byte, 0);
        self.assembler.mask(0xf0);
        self.assembler.unless(Test::Is(0), this.ip);
        self.advance(4);
        self.assembler.jump(inner.ethernet);
    }

    /// Goes on behind the header, with the protocol in the accumulator.
    fn ipv4(&mut self, place: Label, transport: Label) {
        self.assembler.place(place);
        self.forget();
        for at in [12, 16] {
            self.add(Width::Word, at);
        }
        // More fragments, or one behind others.
        self.load(Width::Half, 6);
        self.assembler.when(Test::Has(0x3fff), self.end);
        self.load(Width::Byte, 9);
        self.assembler.keep(HELD);
        self.load(Width::Byte, 0);
        self.assembler.mask(0x0f);
        self.advance_by(Operation::ShiftLeft, 2, 0);
        self.assembler.recall(HELD);
        self.assembler.jump(transport);
    }

    /// The same, through extension headers.
    fn ipv6(&mut self, place: Label, transport: Label) {
        self.assembler.place(place);
        self.forget();
        for at in (8..40).step_by(4) {
            self.add(Width::Word, at);
        }
        self.load(Width::Byte, 6);
        self.advance(40);
        for _ in 0..EXTENSIONS {
            let extension = self.assembler.label();
            // Hop-by-hop options, routing, destination options; a fragment has no ports that we could know.
            for number in [0, 43, 60] {
                self.assembler.when(Test::Is(number), extension);
            }
            self.assembler.jump(transport);
            self.assembler.place(extension);
            self.load(Width::Byte, 0);
            self.assembler.keep(HELD);
            self.load(Width::Byte, 1);
            self.advance_by(Operation::ShiftLeft, 3, 8);
            self.assembler.recall(HELD);
        }
        self.assembler.jump(transport);
    }

    /// By the protocol in the accumulator.
    fn transport(&mut self, inner: Layer) {
        let [tcp, udp, gre] = [(); 3].map(|()| self.assembler.label());
        for (number, place) in [
            (TCP, tcp),
            (UDP, udp),
            (4, inner.ipv4),
            (41, inner.ipv6),
            (47, gre),
            (137, inner.mpls),
        ] {
            self.assembler.when(Test::Is(number), place);
        }
        self.assembler.jump(self.end);
        self.assembler.place(tcp);
        self.mix(PORTS_APART);
        self.add(Width::Half, 0);
        self.add(Width::Half, 2);
        self.assembler.jump(self.end);
        self.assembler.place(udp);
        self.udp(inner);
        self.assembler.place(gre);
        self.gre(inner);
    }

    fn udp(&mut self, inner: Layer) {
        let [vxlan, geneve] = [(); 2].map(|()| self.assembler.label());
        self.load(Width::Half, 2);
        self.assembler.when(Test::Is(VXLAN), vxlan);
        self.assembler.when(Test::Is(GENEVE), geneve);
        self.assembler.jump(self.end);
        self.assembler.place(vxlan);
        self.advance(16);
        self.assembler.jump(inner.ethernet);
        self.assembler.place(geneve);
        self.load(Width::Half, 10);
        self.assembler.keep(HELD);
        self.load(Width::Byte, 8);
        self.assembler.mask(0x3f);
        self.advance_by(Operation::ShiftLeft, 2, 16);
        self.assembler.recall(HELD);
        self.assembler.jump(inner.typed);
    }

    /// Version 0, with the fields that its flags tell of.
    fn gre(&mut self, inner: Layer) {
        let [erspan, bare, numbered] = [(); 3].map(|()| self.assembler.label());
        self.load(Width::Half, 0);
        self.assembler.keep(FLAGS);
        self.assembler.when(Test::Has(0x4007), self.end);
        self.load(Width::Half, 2);
        self.assembler.keep(HELD);
        self.advance(4);
        for flag in [0x8000, 0x2000, GRE_SEQUENCE] {
            let without = self.assembler.label();
            self.assembler.recall(FLAGS);
            self.assembler.unless(Test::Has(flag), without);
            self.advance(4);
            self.assembler.place(without);
        }
        self.assembler.recall(HELD);
        self.assembler.when(Test::Is(0x88be), erspan);
        self.assembler.jump(inner.typed);
        self.assembler.place(erspan);
        self.assembler.recall(FLAGS);
        self.assembler.when(Test::Has(GRE_SEQUENCE), numbered);
        self.assembler.jump(bare);
        self.assembler.place(numbered);
        self.advance(8);
        self.assembler.place(bare);
        self.assembler.jump(inner.ethernet);
    }

    fn finish(mut self, seed: u32) -> Filter {
        self.assembler.place(self.end);
        self.mix(seed);
        // The upper bits are made of all of them.
        self.assembler.with(Operation::ShiftRight, 16);
        self.assembler.give();
        Filter { instructions: self.assembler.finish() }
    }

    /// From behind the place that is read.
    fn load(&mut self, width: Width, at: u32) {
        self.assembler.load_indexed(width, at);
    }

    /// Moves on by so many bytes. The accumulator stays.
    fn advance(&mut self, bytes: u32) {
        self.assembler.keep(ASIDE);
        self.assembler.accumulator_from_index();
        self.assembler.with(Operation::Add, bytes);
        self.assembler.index_from_accumulator();
        self.assembler.recall(ASIDE);
    }

    /// Moves on by the accumulator, which is counted in so many times two, and so many bytes more.
    fn advance_by(&mut self, operation: Operation, times: u32, more: u32) {
        self.assembler.with(operation, times);
        self.assembler.with(Operation::Add, more);
        self.assembler.with_index(Operation::Add);
        self.assembler.index_from_accumulator();
    }

    /// What an inner packet says counts alone.
    fn forget(&mut self) {
        self.assembler.set(0);
        self.assembler.keep(SUM);
    }

    /// Adds to the sum, in which it does not matter who comes first.
    fn add(&mut self, width: Width, at: u32) {
        self.load(width, at);
        self.assembler.keep(HELD);
        self.assembler.accumulator_from_index();
        self.assembler.keep(ASIDE);
        self.assembler.recall(HELD);
        self.assembler.recall_index(SUM);
        self.assembler.with_index(Operation::Add);
        self.assembler.keep(SUM);
        self.assembler.recall_index(ASIDE);
    }

    /// Multiplies the sum, and leaves it in the accumulator too.
    fn mix(&mut self, factor: u32) {
        self.assembler.recall(SUM);
        self.assembler.with(Operation::Multiply, factor);
        self.assembler.keep(SUM);
    }
}

/// Tunnels within tunnels that are looked into, as many as the monitor does; a frame in GRE counts twice. What is deeper counts by
/// the addresses of the last.
const TUNNELS: usize = 4;
const TAGS: usize = 3;
const LABELS: usize = 6;
const EXTENSIONS: usize = 3;
/// Types of tags, with four bytes each, IEEE's and those that were there before.
const TAG_TYPES: [u32; 5] = [0x8100, 0x88a8, 0x9100, 0x9200, 0x9300];
const VXLAN: u32 = 4_789;
const GENEVE: u32 = 6_081;
/// That a sequence number is there.
const GRE_SEQUENCE: u32 = 0x1000;
/// Any odd number with bits all over: addresses that differ by a little are not taken for ports that do.
const PORTS_APART: u32 = 0x9e37_79b1;

/// Cells of the program's memory.
const SUM: u32 = 0;
const HELD: u32 = 1;
const ASIDE: u32 = 2;
const FLAGS: u32 = 3;
