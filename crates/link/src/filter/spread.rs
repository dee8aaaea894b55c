//! Which socket of a group hears a frame: one and the same for both directions of a connection, whatever carries it.
//!
//! The kernel has a hash of its own for that (`PACKET_FANOUT_HASH`). It does not see into tunnels over UDP, whose outer ports differ
//! by direction, and one connection would come to two sockets as two halves. Only who divides frames has to know this much of
//! layers here; what they say is found out by who hears them.

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
    /// A number for each frame, to be divided by how many sockets there are; the same in both directions. `seed` is drawn for
    /// each group, so that nobody knows beforehand who is heard by which.
    ///
    /// It is made of the addresses of the innermost IP packet. The ports of TCP count too where they are in every packet of a
    /// connection, as the kernel puts fragments together before: over IPv4 behind a MAC header and no more than one tag. Looked
    /// into are tags of four bytes, MPLS, PPPoE, IP in IP, EtherIP, GRE, ERSPAN, VXLAN and Geneve. What is carried otherwise
    /// counts by the addresses outside, so it is not divided; nor is what has none. A tunnel's own packets that come in fragments
    /// over IPv6, or in another tunnel, count by its ends, and may part from what came whole.
    pub(crate) fn spread(kind: LinkKind, seed: u32) -> Self {
        let mut assembler = Assembler::default();
        let end = assembler.label();
        let mut layers: Vec<_> = (0..=TUNNELS).map(|_| Layer::new(&mut assembler)).collect();
        let outermost = layers[0];
        layers.push(Layer { ethernet: end, typed: end, mpls: end, ip: end, ipv4: end, ipv6: end });
        let mut spread = Spread { assembler, seed, end };
        spread.begin(kind, outermost);
        let ports = spread.assembler.label();
        for (depth, pair) in layers.windows(2).enumerate() {
            spread.layer(pair[0], pair[1], (depth == 0).then_some(ports));
        }
        spread.assembler.place(ports);
        spread.assembler.recall(AROUND);
        spread.assembler.when(Test::Above(ONE_TAG), end);
        spread.absorb(FROM, Width::Half, 0);
        spread.absorb(TO, Width::Half, 2);
        spread.finish()
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
    seed: u32,
    end: Label,
}

impl Spread {
    /// What is received is shown to a group from behind its MAC header, what is sent from its beginning; unless it was put
    /// together out of fragments, which takes the MAC header off.
    fn begin(&mut self, kind: LinkKind, first: Layer) {
        self.forget();
        self.surround(ONE_TAG);
        self.go_to(0);
        if kind == LinkKind::Ip {
            return self.assembler.jump(first.ip);
        }
        let received = self.assembler.label();
        self.assembler.load_kind();
        self.assembler.unless(Test::Is(libc::PACKET_OUTGOING.into()), received);
        for at in [0, 4] {
            self.assembler.load(Width::Word, at);
            self.assembler.index_from_accumulator();
            self.assembler.load_from_mac(Width::Word, at);
            self.assembler.unless(Test::IsIndex, received);
        }
        // What is received has lost a tag, if it had any.
        self.surround(0);
        self.go_to(0);
        self.assembler.jump(first.ethernet);
        self.assembler.place(received);
        self.go_to(0);
        self.assembler.load_protocol();
        self.assembler.jump(first.typed);
    }

    /// What a layer is, and what it holds goes on with `inner`. `ports` is where those of TCP over IPv4 count, if they do.
    fn layer(&mut self, this: Layer, inner: Layer, ports: Option<Label>) {
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
        self.ipv4(this.ipv4, ports);
        self.assembler.jump(transport);
        self.ipv6(this.ipv6, transport);
        self.assembler.place(transport);
        self.transport(inner);
    }

    /// By the type in the accumulator, through tags.
    fn typed(&mut self, this: Layer, inner: Layer) {
        let [pppoe, untagged] = [(); 2].map(|()| self.assembler.label());
        self.assembler.place(this.typed);
        for _ in 0..TAGS {
            let tag = self.assembler.label();
            TAG_TYPES.into_iter().for_each(|number| self.assembler.when(Test::Is(number), tag));
            self.assembler.jump(untagged);
            self.assembler.place(tag);
            self.assembler.recall(AROUND);
            self.assembler.with(Operation::Add, 1);
            self.assembler.keep(AROUND);
            self.load(Width::Half, 2);
            self.advance(4);
        }
        self.assembler.place(untagged);
        self.assembler.when(Test::Is(IPV4), this.ipv4);
        self.assembler.when(Test::Is(IPV6), this.ipv6);
        self.assembler.when(Test::Is(MPLS), this.mpls);
        self.assembler.when(Test::Is(MPLS_UPSTREAM), this.mpls);
        self.assembler.when(Test::Is(ETHERNET), inner.ethernet);
        self.assembler.when(Test::Is(PPPOE), pppoe);
        self.assembler.jump(self.end);
        self.assembler.place(pppoe);
        self.surround(MUCH);
        // Behind version, session and length: the protocol, of two bytes.
        self.load(Width::Half, 6);
        self.advance(8);
        self.assembler.when(Test::Is(0x21), this.ipv4);
        self.assembler.when(Test::Is(0x57), this.ipv6);
        self.assembler.jump(self.end);
    }

    /// Labels.
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
        self.surround(MUCH);
        self.labelled(this, inner);
    }

    /// What labels carry is told as the monitor tells it: an IP packet by its version and a length that fits, or else a frame by
    /// a known type, with a control word before it or none.
    fn labelled(&mut self, this: Layer, inner: Layer) {
        let [ipv4, ipv6, frame] = [(); 3].map(|()| self.assembler.label());
        self.load(Width::Byte, 0);
        self.assembler.mask(0xf0);
        self.assembler.when(Test::Is(0x40), ipv4);
        self.assembler.when(Test::Is(0x60), ipv6);
        self.assembler.unless(Test::Is(0), frame);
        self.load(Width::Half, 16);
        self.unless_type(frame);
        self.advance(4);
        self.assembler.jump(inner.ethernet);
        self.assembler.place(ipv4);
        self.load(Width::Byte, 0);
        self.assembler.mask(0x0f);
        self.assembler.unless(Test::AtLeast(5), frame);
        self.unless_fits(2, 0, frame);
        self.assembler.jump(this.ipv4);
        self.assembler.place(ipv6);
        self.unless_fits(4, 40, frame);
        self.assembler.jump(this.ipv6);
        self.assembler.place(frame);
        self.load(Width::Half, 12);
        self.unless_type(self.end);
        self.assembler.jump(inner.ethernet);
    }

    /// Goes to the label if the type in the accumulator is none that may have IP behind it.
    fn unless_type(&mut self, label: Label) {
        let known = self.assembler.label();
        for number in TYPES_BEFORE_IP.into_iter().chain(TAG_TYPES) {
            self.assembler.when(Test::Is(number), known);
        }
        self.assembler.jump(label);
        self.assembler.place(known);
    }

    /// Goes to the label if the length that stands here, and so many bytes more, is longer than the rest of the frame.
    fn unless_fits(&mut self, at: u32, more: u32, label: Label) {
        self.load(Width::Half, at);
        self.assembler.with(Operation::Add, more);
        // It ends there.
        self.assembler.with_index(Operation::Add);
        self.assembler.keep(HELD);
        self.assembler.accumulator_from_index();
        self.assembler.keep(ASIDE);
        self.assembler.recall_index(HELD);
        self.assembler.load_length();
        self.assembler.with_index(Operation::Subtract);
        self.assembler.recall_index(ASIDE);
        self.assembler.when(Test::Has(1 << 31), label);
    }

    /// Goes on behind the header, with the protocol in the accumulator.
    fn ipv4(&mut self, place: Label, ports: Option<Label>) {
        self.assembler.place(place);
        self.forget();
        self.absorb(FROM, Width::Word, 12);
        self.absorb(TO, Width::Word, 16);
        // More fragments, or one behind others.
        self.load(Width::Half, 6);
        self.assembler.when(Test::Has(0x3fff), self.end);
        self.load(Width::Byte, 9);
        self.assembler.keep(HELD);
        self.load(Width::Byte, 0);
        self.assembler.mask(0x0f);
        self.advance_by(2, 0);
        self.assembler.recall(HELD);
        if let Some(ports) = ports {
            self.assembler.when(Test::Is(TCP), ports);
        }
    }

    /// The same, through extension headers before a tunnel.
    fn ipv6(&mut self, place: Label, transport: Label) {
        self.assembler.place(place);
        self.forget();
        for at in [8, 12, 16, 20] {
            self.absorb(FROM, Width::Word, at);
            self.absorb(TO, Width::Word, at + 16);
        }
        self.load(Width::Byte, 6);
        self.advance(40);
        for _ in 0..EXTENSIONS {
            let extension = self.assembler.label();
            // Hop-by-hop options, routing, destination options.
            for number in [0, 43, 60] {
                self.assembler.when(Test::Is(number), extension);
            }
            self.assembler.jump(transport);
            self.assembler.place(extension);
            self.load(Width::Byte, 0);
            self.assembler.keep(HELD);
            self.load(Width::Byte, 1);
            self.advance_by(3, 8);
            self.assembler.recall(HELD);
        }
    }

    /// Into what the protocol in the accumulator carries.
    fn transport(&mut self, inner: Layer) {
        let [udp, gre, etherip] = [(); 3].map(|()| self.assembler.label());
        for (number, place) in [
            (UDP, udp),
            (4, inner.ipv4),
            (41, inner.ipv6),
            (47, gre),
            (97, etherip),
            (137, inner.mpls),
        ] {
            self.assembler.when(Test::Is(number), place);
        }
        self.assembler.jump(self.end);
        self.assembler.place(etherip);
        self.advance(2);
        self.assembler.jump(inner.ethernet);
        self.udp(udp, inner);
        self.gre(gre, inner);
    }

    fn udp(&mut self, place: Label, inner: Layer) {
        let [vxlan, geneve] = [(); 2].map(|()| self.assembler.label());
        self.assembler.place(place);
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
        self.advance_by(2, 16);
        self.assembler.recall(HELD);
        self.assembler.when(Test::Is(ETHERNET), inner.ethernet);
        self.assembler.jump(inner.typed);
    }

    /// Version 0, with the fields that its flags tell of.
    fn gre(&mut self, place: Label, inner: Layer) {
        let [erspan_2, erspan_3] = [(); 2].map(|()| self.assembler.label());
        self.assembler.place(place);
        self.load(Width::Half, 0);
        self.assembler.when(Test::Has(0x4007), self.end);
        self.assembler.keep(FLAGS);
        self.load(Width::Half, 2);
        self.assembler.keep(HELD);
        self.advance(4);
        for flag in [0x8000, 0x2000, GRE_SEQUENCE] {
            self.advance_with(flag, 4);
        }
        self.assembler.recall(HELD);
        self.assembler.when(Test::Is(0x88be), erspan_2);
        self.assembler.when(Test::Is(0x22eb), erspan_3);
        self.assembler.when(Test::Is(ETHERNET), inner.ethernet);
        self.assembler.jump(inner.typed);
        self.assembler.place(erspan_2);
        // Without a sequence number it is the first version, which has no header.
        self.advance_with(GRE_SEQUENCE, 8);
        self.assembler.jump(inner.ethernet);
        self.assembler.place(erspan_3);
        self.load(Width::Byte, 11);
        self.assembler.keep(FLAGS);
        self.advance(12);
        self.advance_with(1, 8);
        self.assembler.jump(inner.ethernet);
    }

    /// The two ends are the same, whichever comes first.
    fn finish(mut self) -> Filter {
        self.assembler.place(self.end);
        self.assembler.recall(FROM);
        self.assembler.recall_index(TO);
        self.assembler.with_index(Operation::Add);
        self.mix();
        self.mix();
        self.assembler.give();
        Filter { instructions: self.assembler.finish() }
    }

    /// From behind the place that is read.
    fn load(&mut self, width: Width, at: u32) {
        self.assembler.load_indexed(width, at);
    }

    fn go_to(&mut self, place: u32) {
        self.assembler.set(place);
        self.assembler.index_from_accumulator();
    }

    /// Moves on by so many bytes. The accumulator stays.
    fn advance(&mut self, bytes: u32) {
        self.assembler.keep(ASIDE);
        self.assembler.accumulator_from_index();
        self.assembler.with(Operation::Add, bytes);
        self.assembler.index_from_accumulator();
        self.assembler.recall(ASIDE);
    }

    /// The same where the flags that were kept have this one.
    fn advance_with(&mut self, flag: u32, bytes: u32) {
        let without = self.assembler.label();
        self.assembler.recall(FLAGS);
        self.assembler.unless(Test::Has(flag), without);
        self.advance(bytes);
        self.assembler.place(without);
    }

    /// Moves on by the accumulator, shifted by so many bits, and so many bytes more.
    fn advance_by(&mut self, bits: u32, more: u32) {
        self.assembler.with(Operation::ShiftLeft, bits);
        self.assembler.with(Operation::Add, more);
        self.assembler.with_index(Operation::Add);
        self.assembler.index_from_accumulator();
    }

    /// Notes what is around the packet, in tags.
    fn surround(&mut self, tags: u32) {
        self.assembler.set(tags);
        self.assembler.keep(AROUND);
    }

    /// What an inner packet says counts alone.
    fn forget(&mut self) {
        self.assembler.set(self.seed);
        self.assembler.keep(FROM);
        self.assembler.keep(TO);
    }

    /// Lets what stands here count for one end.
    fn absorb(&mut self, end: u32, width: Width, at: u32) {
        self.load(width, at);
        self.assembler.keep(HELD);
        self.assembler.accumulator_from_index();
        self.assembler.keep(ASIDE);
        self.assembler.recall(HELD);
        self.assembler.recall_index(end);
        self.assembler.with_index(Operation::Xor);
        self.mix();
        self.assembler.keep(end);
        self.assembler.recall_index(ASIDE);
    }

    /// Spreads each bit of the accumulator over the others. The index register is lost.
    fn mix(&mut self) {
        self.assembler.with(Operation::Multiply, FACTOR);
        self.assembler.keep(HELD);
        self.assembler.with(Operation::ShiftRight, 15);
        self.assembler.index_from_accumulator();
        self.assembler.recall(HELD);
        self.assembler.with_index(Operation::Xor);
    }
}

/// Layers within layers that are looked into: a tunnel is one, and so is a frame behind labels.
const TUNNELS: usize = 4;
const TAGS: usize = 3;
const LABELS: usize = 6;
const EXTENSIONS: usize = 3;

/// Types of tags, with four bytes each, IEEE's and those that were there before.
const TAG_TYPES: [u32; 5] = [0x8100, 0x88a8, 0x9100, 0x9200, 0x9300];
const MPLS: u32 = 0x8847;
const MPLS_UPSTREAM: u32 = 0x8848;
const PPPOE: u32 = 0x8864;
/// A whole frame again.
const ETHERNET: u32 = 0x6558;
/// Types of what may have IP behind it, tags of four bytes aside; the last two are VN-Tag and PPP.
const TYPES_BEFORE_IP: [u32; 8] =
    [IPV4, IPV6, MPLS, MPLS_UPSTREAM, PPPOE, ETHERNET, 0x8926, 0x880b];
const VXLAN: u32 = 4_789;
const GENEVE: u32 = 6_081;
/// That a sequence number is there.
const GRE_SEQUENCE: u32 = 0x1000;
/// Odd, with bits all over.
const FACTOR: u32 = 0x9e37_79b1;

/// Cells of the program's memory: what was absorbed of each end.
const FROM: u32 = 0;
const TO: u32 = 1;
const HELD: u32 = 2;
const ASIDE: u32 = 3;
const FLAGS: u32 = 4;
const AROUND: u32 = 5;

/// What may be around a packet that the kernel puts together (`PACKET_FANOUT_FLAG_DEFRAG`), and what is too much.
const ONE_TAG: u32 = 1;
const MUCH: u32 = 9;
