//! Which frames the kernel lets through: answers to a SYN scan, and nothing else of what the interface hears; or all that may
//! hold TCP.

mod assembler;
mod spread;
mod streams;
#[cfg(test)]
mod tests;

use std::net::IpAddr;
use std::net::Ipv6Addr;
use std::ops::RangeInclusive;

use self::assembler::Assembler;
use self::assembler::Label;
use self::assembler::Test;
use self::assembler::Width;
use crate::error::Error;
use crate::interface::LinkKind;

/// The longest program that the kernel takes (`BPF_MAXINSNS`).
pub(crate) const MOST_INSTRUCTIONS: usize = 4_096;
/// Bytes that are kept of a frame: an ICMP error that quotes our SYN behind IPv6 headers and carries extensions fits in.
const KEPT_BYTES: u32 = 512;

const IPV4: u32 = 0x0800;
const IPV6: u32 = 0x86dd;
const ARP: u32 = 0x0806;
const TCP: u32 = 6;
const ICMP: u32 = 1;
const ICMPV6: u32 = 58;

/// [RFC 9293 section 3.1](https://www.rfc-editor.org/rfc/rfc9293#section-3.1).
const FLAG_SYN: u32 = 0x02;
const FLAG_RST: u32 = 0x04;
const FLAG_ACK: u32 = 0x10;

/// Destination Unreachable, Source Quench, Redirect, Time Exceeded, Parameter Problem
/// ([RFC 792](https://www.rfc-editor.org/rfc/rfc792)).
const ICMP_ERRORS: [u32; 5] = [3, 4, 5, 11, 12];
/// Destination Unreachable to Parameter Problem
/// ([RFC 4443 section 2.1](https://www.rfc-editor.org/rfc/rfc4443#section-2.1)).
const ICMPV6_ERRORS: RangeInclusive<u32> = 1..=4;

/// A program of classic BPF, for [`Receiver::open`](crate::Receiver::open) and [`LiveOptions`](crate::LiveOptions).
#[derive(Clone, Debug)]
pub struct Filter {
    instructions: Vec<libc::sock_filter>,
}

impl Filter {
    /// What answers to a SYN scan look like: SYN-ACK and RST to one of our addresses and ports, ICMP errors to one of our
    /// addresses. Later fragments are not answers, and neither is TCP behind extension headers of IPv6.
    ///
    /// # Errors
    /// When there are too many addresses for one program.
    pub fn answers(
        kind: LinkKind,
        addresses: &[IpAddr],
        ports: RangeInclusive<u16>,
    ) -> Result<Self, Error> {
        let mut program = Answers::new(kind, ports);
        program.by_family();
        program.ipv4(addresses);
        program.ipv6(addresses);
        let instructions = program.finish();
        if instructions.len() > MOST_INSTRUCTIONS {
            return Err(Error::FilterTooLong { instructions: instructions.len() });
        }
        Ok(Self { instructions })
    }

    /// Every frame, whole.
    pub fn everything() -> Self {
        let mut assembler = Assembler::default();
        assembler.accept(u32::MAX);
        Self { instructions: assembler.finish() }
    }

    /// No frame.
    pub(crate) fn nothing() -> Self {
        let mut assembler = Assembler::default();
        assembler.accept(0);
        Self { instructions: assembler.finish() }
    }

    /// Answers to ARP, and nothing else, of an Ethernet.
    pub(crate) fn arp_replies() -> Self {
        Self::neighbour(ARP, |assembler, reject| {
            assembler.load(Width::Half, 20);
            assembler.unless(Test::Is(2), reject);
        })
    }

    /// Neighbour Advertisements, and nothing else, of an Ethernet.
    pub(crate) fn neighbour_advertisements() -> Self {
        Self::neighbour(IPV6, |assembler, reject| {
            assembler.load(Width::Byte, 20);
            assembler.unless(Test::Is(ICMPV6), reject);
            assembler.load(Width::Byte, 54);
            assembler.unless(Test::Is(136), reject);
        })
    }

    fn neighbour(protocol: u32, rest: impl FnOnce(&mut Assembler, Label)) -> Self {
        let mut assembler = Assembler::default();
        let reject = assembler.label();
        assembler.load(Width::Half, 12);
        assembler.unless(Test::Is(protocol), reject);
        rest(&mut assembler, reject);
        assembler.accept(KEPT_BYTES);
        assembler.place(reject);
        assembler.accept(0);
        Self { instructions: assembler.finish() }
    }

    pub(crate) fn instructions(&self) -> &[libc::sock_filter] {
        &self.instructions
    }
}

/// The program of [`Filter::answers`] in the making.
struct Answers {
    assembler: Assembler,
    kind: LinkKind,
    ports: RangeInclusive<u16>,
    /// Where the IP header begins.
    base: u32,
    ipv4: Label,
    ipv6: Label,
    accept: Label,
    reject: Label,
}

impl Answers {
    fn new(kind: LinkKind, ports: RangeInclusive<u16>) -> Self {
        let mut assembler = Assembler::default();
        Self {
            kind,
            ports,
            base: u32::try_from(kind.header_bytes()).expect("a header of a few bytes"),
            ipv4: assembler.label(),
            ipv6: assembler.label(),
            accept: assembler.label(),
            reject: assembler.label(),
            assembler,
        }
    }

    fn by_family(&mut self) {
        match self.kind {
            LinkKind::Ethernet | LinkKind::Loopback => {
                self.assembler.load(Width::Half, 12);
                self.assembler.when(Test::Is(IPV4), self.ipv4);
                self.assembler.when(Test::Is(IPV6), self.ipv6);
            }
            LinkKind::Ip => {
                self.assembler.load(Width::Byte, 0);
                self.assembler.mask(0xf0);
                self.assembler.when(Test::Is(0x40), self.ipv4);
                self.assembler.when(Test::Is(0x60), self.ipv6);
            }
        }
        self.assembler.jump(self.reject);
    }

    fn ipv4(&mut self, addresses: &[IpAddr]) {
        self.assembler.place(self.ipv4);
        let ours = self.assembler.label();
        self.assembler.load(Width::Word, self.base + 16);
        for address in addresses {
            if let IpAddr::V4(address) = address {
                self.assembler.when(Test::Is(u32::from(*address)), ours);
            }
        }
        self.assembler.jump(self.reject);
        self.assembler.place(ours);
        // The offset of a fragment: what is behind the header of a later one is no header.
        self.assembler.load(Width::Half, self.base + 6);
        self.assembler.when(Test::Has(0x1fff), self.reject);
        self.assembler.index_header(self.base);
        let (tcp, icmp) = self.by_protocol(9, ICMP);
        self.assembler.place(tcp);
        self.tcp(|assembler, width, at| assembler.load_indexed(width, at), self.base);
        self.assembler.place(icmp);
        self.assembler.load_indexed(Width::Byte, self.base);
        for kind in ICMP_ERRORS {
            self.assembler.when(Test::Is(kind), self.accept);
        }
        self.assembler.jump(self.reject);
    }

    fn ipv6(&mut self, addresses: &[IpAddr]) {
        self.assembler.place(self.ipv6);
        let ours = self.assembler.label();
        for address in addresses {
            if let IpAddr::V6(address) = address {
                self.when_destination(*address, ours);
            }
        }
        self.assembler.jump(self.reject);
        self.assembler.place(ours);
        let (tcp, icmp) = self.by_protocol(6, ICMPV6);
        self.assembler.place(tcp);
        self.tcp(|assembler, width, at| assembler.load(width, at), self.base + 40);
        self.assembler.place(icmp);
        self.assembler.load(Width::Byte, self.base + 40);
        self.assembler.unless(Test::AtLeast(*ICMPV6_ERRORS.start()), self.reject);
        self.assembler.when(Test::Above(*ICMPV6_ERRORS.end()), self.reject);
        self.assembler.jump(self.accept);
    }

    /// Goes to the label if this is the destination of an IPv6 header.
    fn when_destination(&mut self, address: Ipv6Addr, label: Label) {
        let other = self.assembler.label();
        for (at, word) in (self.base + 24..).step_by(4).zip(words(address)) {
            self.assembler.load(Width::Word, at);
            self.assembler.unless(Test::Is(word), other);
        }
        self.assembler.jump(label);
        self.assembler.place(other);
    }

    /// Labels for TCP and for ICMP, the number of which stands at this offset of the IP header.
    fn by_protocol(&mut self, at: u32, icmp_number: u32) -> (Label, Label) {
        let (tcp, icmp) = (self.assembler.label(), self.assembler.label());
        self.assembler.load(Width::Byte, self.base + at);
        self.assembler.when(Test::Is(TCP), tcp);
        self.assembler.when(Test::Is(icmp_number), icmp);
        self.assembler.jump(self.reject);
        (tcp, icmp)
    }

    fn tcp(&mut self, load: impl Fn(&mut Assembler, Width, u32), base: u32) {
        load(&mut self.assembler, Width::Half, base + 2);
        self.assembler.unless(Test::AtLeast(u32::from(*self.ports.start())), self.reject);
        self.assembler.when(Test::Above(u32::from(*self.ports.end())), self.reject);
        load(&mut self.assembler, Width::Byte, base + 13);
        self.assembler.when(Test::Has(FLAG_RST), self.accept);
        self.assembler.mask(FLAG_SYN | FLAG_ACK);
        self.assembler.when(Test::Is(FLAG_SYN | FLAG_ACK), self.accept);
        self.assembler.jump(self.reject);
    }

    fn finish(mut self) -> Vec<libc::sock_filter> {
        self.assembler.place(self.accept);
        self.assembler.accept(KEPT_BYTES);
        self.assembler.place(self.reject);
        self.assembler.accept(0);
        self.assembler.finish()
    }
}

fn words(address: Ipv6Addr) -> [u32; 4] {
    let bits = address.to_bits();
    [96, 64, 32, 0].map(|shift| u32::try_from((bits >> shift) & 0xffff_ffff).expect("32 bits"))
}
