//! Which of what was heard answers a probe of ours: nothing is remembered per probe, so an answer has to prove it by numbers.

use std::fmt;
use std::net::IpAddr;

use tlscensus_records::ResponderKind;
use tlscensus_records::ResponderRow;
use tlscensus_records::Timestamp;

use crate::Cookie;
use crate::Flags;
use crate::Heard;
use crate::IcmpError;
use crate::Segment;
use crate::What;

/// An answer to a probe of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The address that the probe was sent to.
    pub addr: IpAddr,
    /// The port that the probe was sent to.
    pub port: u16,
    /// Which of our addresses and ports the probe was sent from; none where the kernel connected.
    pub ours: Option<(IpAddr, u16)>,
    /// Which of the probes to this endpoint, from 0; none where the kernel connected.
    pub probe_number: Option<u8>,
    /// What kind of answer.
    pub kind: ResponderKind,
    /// Time to live or hop limit as it arrived; none where the kernel connected.
    pub ttl: Option<u8>,
    /// What the TCP header says, but for an ICMP error.
    pub tcp: Option<TcpFacts>,
    /// What the ICMP error says, if it is one.
    pub icmp: Option<IcmpFacts>,
}

/// What the TCP header of an answer says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TcpFacts {
    /// The sequence number.
    pub sequence: u32,
    /// The acknowledgement number.
    pub acknowledgement: u32,
    /// The window, not scaled.
    pub window: u16,
    /// The maximum segment size, if there is one.
    pub mss: Option<u16>,
    /// Kinds of the options in their order.
    pub options: Vec<u8>,
}

/// What an ICMP error says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IcmpFacts {
    /// Type, by the family of the address.
    pub icmp_type: u8,
    /// Code.
    pub icmp_code: u8,
    /// Who sent it.
    pub from: IpAddr,
}

impl Answer {
    /// Of an endpoint that the kernel connected to, or tried to.
    pub(crate) const fn of_connection(addr: IpAddr, port: u16, kind: ResponderKind) -> Self {
        Self { addr, port, ours: None, probe_number: None, kind, ttl: None, tcp: None, icmp: None }
    }

    /// Whether somebody says by ICMP that a policy forbids the probe.
    pub fn is_prohibition(&self) -> bool {
        self.icmp.is_some_and(|icmp| match self.addr {
            // RFC 1812 section 5.2.7.1: network, host, communication administratively prohibited
            IpAddr::V4(_) => icmp.icmp_type == 3 && matches!(icmp.icmp_code, 9 | 10 | 13),
            // RFC 4443 section 3.1: administratively prohibited, source address failed policy, reject route
            IpAddr::V6(_) => icmp.icmp_type == 1 && matches!(icmp.icmp_code, 1 | 5 | 6),
        })
    }

    /// The row of it; prefix and origin are for who has a table of routes to fill in.
    pub fn into_row(self, run_id: &str, at: Timestamp) -> ResponderRow {
        let (window, mss, options) = match self.tcp {
            Some(tcp) => (Some(tcp.window), tcp.mss, Some(tcp.options)),
            None => (None, None, None),
        };
        ResponderRow {
            run_id: run_id.to_owned(),
            addr: self.addr.to_string(),
            port: self.port,
            at,
            kind: self.kind,
            icmp_type: self.icmp.map(|icmp| icmp.icmp_type),
            icmp_code: self.icmp.map(|icmp| icmp.icmp_code),
            icmp_from: self.icmp.map(|icmp| icmp.from.to_string()),
            ttl: self.ttl,
            window,
            mss,
            options,
            probe_number: self.probe_number,
            prefix: None,
            origin_as: None,
        }
    }
}

/// Why something heard is no answer to a probe of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Foreign {
    /// It was sent to none of our addresses, or is about a segment of somebody else's.
    Address,
    /// Its flags are neither those of a SYN-ACK nor of a RST.
    Flags,
    /// It belongs to a local port that no probe to this endpoint was sent from.
    Port,
    /// It acknowledges or quotes another sequence number than our probe had.
    Number,
}

impl Foreign {
    /// All reasons, in the order of [`place`](Self::place).
    pub const ALL: [Self; 4] = [Self::Address, Self::Flags, Self::Port, Self::Number];

    /// Its place among all reasons, for who counts them.
    pub const fn place(self) -> usize {
        match self {
            Self::Address => 0,
            Self::Flags => 1,
            Self::Port => 2,
            Self::Number => 3,
        }
    }

    /// The stable word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Address => "address",
            Self::Flags => "flags",
            Self::Port => "port",
            Self::Number => "number",
        }
    }
}

impl fmt::Display for Foreign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// Tells answers to our probes from the rest.
#[derive(Clone, Debug)]
pub struct Validator {
    cookie: Cookie,
    /// In order.
    ours: Vec<IpAddr>,
    probes_per_target: u8,
}

impl Validator {
    /// For probes with marks of this cookie from these addresses, so many to each endpoint.
    pub fn new(cookie: Cookie, mut ours: Vec<IpAddr>, probes_per_target: u8) -> Self {
        ours.sort_unstable();
        Self { cookie, ours, probes_per_target }
    }

    /// The answer that this is.
    ///
    /// # Errors
    /// Why it is none.
    pub fn judge(&self, heard: Heard) -> Result<Answer, Foreign> {
        if !self.is_ours(heard.to) {
            return Err(Foreign::Address);
        }
        match heard.what {
            What::Segment(segment) => self.segment(heard.from, heard.to, heard.ttl, segment),
            What::Error(error) => self.error(heard.from, heard.ttl, &error),
        }
    }

    /// A SYN-ACK acknowledges the number behind our SYN's. What else it carries (data, ECN, PSH, URG) does not matter, but for FIN:
    /// no TCP opens a connection that way.
    ///
    /// A RST to a SYN has ACK set and acknowledges the same (RFC 9293 section 3.10.7.1). Some boxes acknowledge the SYN's own
    /// number, as if it took up no place, or leave out the flag; as either number is a proof, both count. RST goes before SYN, as
    /// in RFC 9293 section 3.10.7.3. Without the number it proves nothing: a RST by its own sequence number
    /// only would have to be one more than what we never acknowledged.
    fn segment(
        &self,
        from: IpAddr,
        to: IpAddr,
        ttl: u8,
        segment: Segment,
    ) -> Result<Answer, Foreign> {
        let flags = segment.flags;
        let kind = if flags.has(Flags::RST) {
            ResponderKind::Rst
        } else if flags.has(Flags::SYN) && flags.has(Flags::ACK) && !flags.has(Flags::FIN) {
            ResponderKind::SynAck
        } else {
            return Err(Foreign::Flags);
        };
        let (sequence, probe_number) =
            self.recognise(to, from, segment.source_port, segment.destination_port)?;
        let ahead = segment.acknowledgement.wrapping_sub(sequence);
        if ahead != 1 && !(ahead == 0 && kind == ResponderKind::Rst) {
            return Err(Foreign::Number);
        }
        let Segment { source_port: port, sequence, acknowledgement, window, mss, options, .. } =
            segment;
        let tcp = Some(TcpFacts { sequence, acknowledgement, window, mss, options });
        let ours = Some((to, segment.destination_port));
        let (probe_number, ttl) = (Some(probe_number), Some(ttl));
        Ok(Answer { addr: from, port, ours, probe_number, kind, ttl, tcp, icmp: None })
    }

    /// An error quotes our probe: its addresses, ports and sequence number.
    fn error(&self, from: IpAddr, ttl: u8, error: &IcmpError) -> Result<Answer, Foreign> {
        let quoted = error.quoted;
        if !self.is_ours(quoted.source) {
            return Err(Foreign::Address);
        }
        let (addr, port) = (quoted.destination, quoted.destination_port);
        let (sequence, probe_number) =
            self.recognise(quoted.source, addr, port, quoted.source_port)?;
        if quoted.sequence != sequence {
            return Err(Foreign::Number);
        }
        let IcmpError { icmp_type, icmp_code, .. } = *error;
        let icmp = Some(IcmpFacts { icmp_type, icmp_code, from });
        let kind = ResponderKind::Icmp;
        let ours = Some((quoted.source, quoted.source_port));
        let (probe_number, ttl) = (Some(probe_number), Some(ttl));
        Ok(Answer { addr, port, ours, probe_number, kind, ttl, tcp: None, icmp })
    }

    fn is_ours(&self, addr: IpAddr) -> bool {
        self.ours.binary_search(&addr).is_ok()
    }

    /// The sequence number of our probes to this endpoint, and which of them came from this local port.
    fn recognise(
        &self,
        ours: IpAddr,
        theirs: IpAddr,
        port: u16,
        local_port: u16,
    ) -> Result<(u32, u8), Foreign> {
        let known = match (ours, theirs) {
            (IpAddr::V4(ours), IpAddr::V4(theirs)) => {
                self.cookie.recognise(ours, theirs, port, local_port)
            }
            (IpAddr::V6(ours), IpAddr::V6(theirs)) => {
                self.cookie.recognise(ours, theirs, port, local_port)
            }
            _ => return Err(Foreign::Address),
        };
        known.filter(|(_, number)| *number < self.probes_per_target).ok_or(Foreign::Port)
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;
    use std::net::Ipv6Addr;

    use proptest::prelude::*;

    use super::*;
    use crate::Framing;
    use crate::Mark;
    use crate::Options;
    use crate::PortRange;
    use crate::Probe;
    use crate::Template;

    const OURS: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 1);
    const THEIRS: Ipv4Addr = Ipv4Addr::new(198, 51, 100, 7);
    const ROUTER: Ipv4Addr = Ipv4Addr::new(203, 0, 113, 9);
    const OURS_V6: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1);
    const THEIRS_V6: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0, 1, 0, 0, 0, 7);
    const ROUTER_V6: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0, 2, 0, 0, 0, 9);
    const PROBES: u8 = 3;

    fn cookie() -> Cookie {
        Cookie::new(&[7; 16], PortRange::EPHEMERAL)
    }

    fn validator() -> Validator {
        Validator::new(cookie(), vec![OURS_V6.into(), OURS.into()], PROBES)
    }

    fn mark() -> Mark {
        cookie().mark(OURS, THEIRS, 443, 2)
    }

    /// A header of theirs with options of this segment size, no-operation, selective acknowledgements, an unknown one, end.
    fn tcp(port: u16, local_port: u16, numbers: [u32; 2], flags: u8) -> Vec<u8> {
        let options = [2, 4, 5, 0x64, 1, 4, 2, 254, 4, 9, 9, 0];
        let [sequence, acknowledgement] = numbers;
        let mut bytes = [port, local_port].map(u16::to_be_bytes).concat();
        bytes.extend([sequence, acknowledgement].map(u32::to_be_bytes).concat());
        bytes.extend([0x80, flags, 0x72, 0x10, 0, 0, 0, 0]);
        bytes.extend(options);
        bytes
    }

    fn v4(protocol: u8, from: Ipv4Addr, to: Ipv4Addr, payload: &[u8]) -> Vec<u8> {
        let length = u16::try_from(20 + payload.len()).expect("short").to_be_bytes();
        let header = [0x45, 0, length[0], length[1], 0, 0, 0x40, 0, 57, protocol, 0, 0];
        [header.as_slice(), &from.octets(), &to.octets(), payload].concat()
    }

    fn v6(next: u8, from: Ipv6Addr, to: Ipv6Addr, payload: &[u8]) -> Vec<u8> {
        let length = u16::try_from(payload.len()).expect("short").to_be_bytes();
        let header = [0x60, 0, 0, 0, length[0], length[1], next, 57];
        [header.as_slice(), &from.octets(), &to.octets(), payload].concat()
    }

    fn icmp(icmp_type: u8, code: u8, quote: &[u8]) -> Vec<u8> {
        [&[icmp_type, code, 0, 0, 0, 0, 0, 0], quote].concat()
    }

    /// The packet of our probe number 2.
    fn probe() -> Vec<u8> {
        let template = Template::<Ipv4Addr>::new(Framing::Ip, Options::Windows);
        let mut packet = template.bytes().to_vec();
        let probe = Probe { source: OURS, destination: THEIRS, port: 443, mark: mark() };
        template.patch(&mut packet, &probe);
        packet
    }

    fn probe_v6() -> Vec<u8> {
        let template = Template::<Ipv6Addr>::new(Framing::Ip, Options::Windows);
        let mut packet = template.bytes().to_vec();
        let mark = cookie().mark(OURS_V6, THEIRS_V6, 443, 1);
        let probe = Probe { source: OURS_V6, destination: THEIRS_V6, port: 443, mark };
        template.patch(&mut packet, &probe);
        packet
    }

    fn judged(packet: &[u8]) -> Option<Result<Answer, Foreign>> {
        Some(validator().judge(Heard::in_ip(packet)?))
    }

    const FIN: u8 = 0x01;
    const SYN: u8 = 0x02;
    const RST: u8 = 0x04;
    const PSH: u8 = 0x08;
    const ACK: u8 = 0x10;
    const ECE: u8 = 0x40;

    #[test]
    fn segments_that_answer_and_that_do_not() {
        use Foreign::Flags;
        use Foreign::Number;
        use Foreign::Port;
        let Mark { sequence, source_port: local, .. } = mark();
        let (syn_ack, rst) = (Ok(ResponderKind::SynAck), Ok(ResponderKind::Rst));
        let next = sequence.wrapping_add(1);
        for (what, port, local, number, flags, expected) in [
            ("a SYN-ACK", 443, local, next, SYN | ACK, syn_ack),
            ("one with ECN and PSH", 443, local, next, SYN | ACK | ECE | PSH, syn_ack),
            ("one that ends as it begins", 443, local, next, SYN | ACK | FIN, Err(Flags)),
            ("one that does not count our SYN", 443, local, sequence, SYN | ACK, Err(Number)),
            ("one of a guessed number", 443, local, next ^ 1 << 20, SYN | ACK, Err(Number)),
            ("one from another port", 444, local, next, SYN | ACK, Err(Port)),
            ("one from port 0", 0, local, next, SYN | ACK, Err(Port)),
            ("one to port 0", 443, 0, next, SYN | ACK, Err(Port)),
            ("one to a probe not sent", 443, local + 1, next, SYN | ACK, Err(Port)),
            ("a RST", 443, local, next, RST | ACK, rst),
            ("one of a box that does not count our SYN", 443, local, sequence, RST | ACK, rst),
            ("one of a box that leaves out the flag", 443, local, next, RST, rst),
            ("one to no segment of ours", 443, local, 0, RST, Err(Number)),
            ("one that is a SYN-ACK too", 443, local, next, RST | SYN | ACK, rst),
            ("a SYN", 443, local, 0, SYN, Err(Flags)),
            ("an ACK", 443, local, next, ACK, Err(Flags)),
            ("data", 443, local, next, ACK | PSH, Err(Flags)),
            ("nothing", 443, local, next, 0, Err(Flags)),
        ] {
            let segment = tcp(port, local, [77, number], flags);
            let found = judged(&v4(6, THEIRS, OURS, &segment)).expect("readable");
            assert_eq!(found.map(|answer| answer.kind), expected, "{what}");
        }
    }

    #[test]
    fn what_an_answer_says() {
        let Mark { sequence, source_port, .. } = mark();
        let segment = tcp(443, source_port, [77, sequence.wrapping_add(1)], SYN | ACK);
        // Data behind it is looked over.
        let packet = v4(6, THEIRS, OURS, &[segment, b"220 early".to_vec()].concat());
        let answer = judged(&packet).expect("readable").expect("an answer");
        assert_eq!((answer.addr, answer.port, answer.probe_number), (THEIRS.into(), 443, Some(2)));
        assert!(!answer.is_prohibition());
        let row = answer.into_row("r", Timestamp(5));
        let expected = ResponderRow {
            run_id: "r".to_owned(),
            addr: "198.51.100.7".to_owned(),
            port: 443,
            at: Timestamp(5),
            kind: ResponderKind::SynAck,
            ttl: Some(57),
            window: Some(0x7210),
            mss: Some(0x564),
            options: Some(vec![2, 1, 4, 254, 0]),
            probe_number: Some(2),
            ..ResponderRow::default()
        };
        assert_eq!(row, expected);
    }

    #[test]
    fn other_peoples_packets() {
        let Mark { sequence, source_port, .. } = mark();
        let segment = tcp(443, source_port, [77, sequence.wrapping_add(1)], SYN | ACK);
        for (from, to, expected) in
            [(THEIRS, ROUTER, Foreign::Address), (ROUTER, OURS, Foreign::Port)]
        {
            let found = judged(&v4(6, from, to, &segment));
            // Another address has another port, or if not, another number.
            assert!(
                matches!(found, Some(Err(reason)) if reason == expected || reason == Foreign::Number),
                "{found:?}"
            );
        }
    }

    #[test]
    fn errors_quote_our_probe() {
        let probe = probe();
        let answer = |icmp_type, code, quote: &[u8]| {
            judged(&v4(1, ROUTER, OURS, &icmp(icmp_type, code, quote)))
        };
        for (icmp_type, code, prohibited) in [
            (3, 1, false),
            (3, 13, true),
            (3, 9, true),
            (4, 0, false),
            (5, 1, false),
            (11, 0, false),
            (12, 13, false),
        ] {
            // Behind eight bytes of TCP the quote may end.
            for quote in [&probe[..], &probe[..28]] {
                let found = answer(icmp_type, code, quote).expect("readable").expect("an answer");
                assert_eq!(found.is_prohibition(), prohibited, "{icmp_type} {code}");
                let row = found.into_row("r", Timestamp(5));
                let expected = ResponderRow {
                    run_id: "r".to_owned(),
                    addr: "198.51.100.7".to_owned(),
                    port: 443,
                    at: Timestamp(5),
                    kind: ResponderKind::Icmp,
                    icmp_type: Some(icmp_type),
                    icmp_code: Some(code),
                    icmp_from: Some("203.0.113.9".to_owned()),
                    ttl: Some(57),
                    probe_number: Some(2),
                    ..ResponderRow::default()
                };
                assert_eq!(row, expected);
            }
        }
        for echo in [0, 8, 13] {
            assert_eq!(answer(echo, 0, &probe), None, "no error");
        }
        assert_eq!(answer(3, 1, &probe[..27]), None, "too little of it");
        for (at, expected) in [
            (12, Foreign::Address),
            (16, Foreign::Port),
            (20, Foreign::Port),
            (24, Foreign::Number),
        ] {
            let mut forged = probe.clone();
            forged[at] ^= 0x80;
            let found = answer(3, 1, &forged).expect("readable").map(|_| ());
            // Under other addresses the port may be one of the three by chance.
            assert_eq!(found, Err(expected), "{at}");
        }
        let mut udp = probe;
        udp[9] = 17;
        assert_eq!(answer(3, 1, &udp), None);
    }

    #[test]
    fn ipv6_answers() {
        let mark = cookie().mark(OURS_V6, THEIRS_V6, 443, 1);
        let next = mark.sequence.wrapping_add(1);
        let segment = tcp(443, mark.source_port, [77, next], SYN | ACK);
        let extended = [&[6, 0, 1, 4, 0, 0, 0, 0], segment.as_slice()].concat();
        for packet in [
            v6(6, THEIRS_V6, OURS_V6, &segment),
            // Behind destination options.
            v6(60, THEIRS_V6, OURS_V6, &extended),
        ] {
            let found = judged(&packet).expect("readable").expect("an answer");
            assert_eq!(
                (found.addr, found.probe_number, found.ttl),
                (THEIRS_V6.into(), Some(1), Some(57))
            );
            assert_eq!(found.kind, ResponderKind::SynAck);
        }
        let probe = probe_v6();
        for (icmp_type, code, prohibited) in [
            (1, 0, false),
            (1, 1, true),
            (1, 5, true),
            (1, 6, true),
            (2, 0, false),
            (3, 0, false),
            (4, 1, false),
        ] {
            for quote in [&probe[..], &probe[..48]] {
                let packet = v6(58, ROUTER_V6, OURS_V6, &icmp(icmp_type, code, quote));
                let found = judged(&packet).expect("readable").expect("an answer");
                assert_eq!((found.addr, found.port), (THEIRS_V6.into(), 443));
                assert_eq!(found.icmp.map(|icmp| icmp.from), Some(ROUTER_V6.into()));
                assert_eq!(found.is_prohibition(), prohibited);
            }
        }
        // ICMP of the other family, and an echo.
        assert_eq!(judged(&v6(1, ROUTER_V6, OURS_V6, &icmp(3, 1, &probe))), None);
        assert_eq!(judged(&v6(58, ROUTER_V6, OURS_V6, &icmp(128, 0, &probe))), None);
    }

    #[test]
    fn ethernet_with_tags_and_without() {
        let Mark { sequence, source_port, .. } = mark();
        let segment = tcp(443, source_port, [77, sequence.wrapping_add(1)], SYN | ACK);
        let packet = v4(6, THEIRS, OURS, &segment);
        let heard = Heard::in_ip(&packet);
        assert!(heard.is_some());
        for (tags, expected) in [
            (&[][..], heard.clone()),
            (&[0x81, 0, 0, 5], heard.clone()),
            (&[0x88, 0xa8, 0, 5, 0x81, 0, 0, 6], heard),
            (&[0x81, 0, 0, 5, 0x81, 0, 0, 6, 0x81, 0, 0, 7], None),
            (&[8, 6], None),
        ] {
            // A short frame is padded.
            let frame = [&[2; 12], tags, &[8, 0], &packet, &[0; 6]].concat();
            assert_eq!(Heard::in_ethernet(&frame), expected, "{tags:?}");
        }
    }

    #[test]
    fn fragments_are_no_answers() {
        let Mark { sequence, source_port, .. } = mark();
        let segment = tcp(443, source_port, [77, sequence.wrapping_add(1)], SYN | ACK);
        for fragment in [0x20, 0x01] {
            let mut packet = v4(6, THEIRS, OURS, &segment);
            packet[6] = fragment;
            assert_eq!(Heard::in_ip(&packet), None);
        }
    }

    /// What a cut frame still tells is what the whole one tells, but for options.
    #[test]
    fn cut_at_every_byte() {
        let Mark { sequence, source_port, .. } = mark();
        let segment = tcp(443, source_port, [77, sequence.wrapping_add(1)], SYN | ACK);
        for (packet, needed) in [
            (v4(6, THEIRS, OURS, &segment), 40),
            (v4(1, ROUTER, OURS, &icmp(3, 13, &probe())), 56),
            (v6(58, ROUTER_V6, OURS_V6, &icmp(1, 1, &probe_v6())), 96),
        ] {
            let whole = judged(&packet).expect("readable").expect("an answer");
            for length in 0..packet.len() {
                let found = judged(&packet[..length]);
                assert_eq!(found.is_some(), length >= needed, "{length}");
                let Some(found) = found else { continue };
                let mut found = found.expect("an answer still");
                if let (Some(tcp), Some(of_whole)) = (&mut found.tcp, &whole.tcp) {
                    assert!(of_whole.options.starts_with(&tcp.options), "{length}");
                    tcp.options.clone_from(&of_whole.options);
                    tcp.mss = of_whole.mss;
                }
                assert_eq!(found, whole, "{length}");
            }
        }
    }

    #[test]
    fn options_that_make_no_sense() {
        let Mark { sequence, source_port, .. } = mark();
        let template = tcp(443, source_port, [77, sequence.wrapping_add(1)], SYN | ACK);
        for (options, mss, kinds) in [
            ([2, 4, 5, 0xb4, 2, 4, 1, 1, 3, 3, 7, 0], Some(1460), &[2, 2, 3, 0][..]),
            ([2, 3, 5, 1, 1, 1, 1, 1, 1, 1, 1, 1], None, &[2, 1, 1, 1, 1, 1, 1, 1, 1, 1]),
            ([8, 0, 2, 4, 5, 0xb4, 1, 1, 1, 1, 1, 1], None, &[8]),
            ([1, 30, 200, 2, 4, 5, 0xb4, 1, 1, 1, 1, 1], None, &[1, 30]),
            ([1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 5], None, &[1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 5]),
        ] {
            let segment = [&template[..20], &options].concat();
            let found = judged(&v4(6, THEIRS, OURS, &segment)).expect("readable");
            let tcp = found.expect("an answer").tcp.expect("TCP");
            assert_eq!((tcp.mss, tcp.options.as_slice()), (mss, kinds));
        }
        let mut short = template;
        short[12] = 0x40;
        assert_eq!(judged(&v4(6, THEIRS, OURS, &short)), None, "a header that ends in itself");
    }

    proptest! {
        /// Who has not seen the probe does not hit by chance: 2^-32 for each try.
        #[test]
        fn guesses_are_foreign(from: u32, port: u16, local: u16, number: u32, flags: u8) {
            let segment = tcp(port, local, [0, number], flags);
            let found = judged(&v4(6, Ipv4Addr::from_bits(from), OURS, &segment));
            prop_assert!(found.expect("readable").is_err());
        }

        #[test]
        fn every_probe_is_known_by_its_answer(theirs: u32, port: u16, number in 0..PROBES) {
            let theirs = Ipv4Addr::from_bits(theirs);
            let mark = cookie().mark(OURS, theirs, port, number);
            let next = mark.sequence.wrapping_add(1);
            let segment = tcp(port, mark.source_port, [5, next], SYN | ACK);
            let found = judged(&v4(6, theirs, OURS, &segment)).expect("readable");
            let found = found.map(|answer| (answer.addr, answer.port, answer.probe_number));
            prop_assert_eq!(found, Ok((theirs.into(), port, Some(number))));
        }
    }
}
