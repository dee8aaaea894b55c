//! Captures made by hand, of either order of bytes.

/// Which byte of an integer comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    Big,
    Little,
}

pub(crate) const ORDERS: [Order; 2] = [Order::Big, Order::Little];

impl Order {
    pub(crate) fn half(self, value: u16) -> Vec<u8> {
        match self {
            Self::Big => value.to_be_bytes().to_vec(),
            Self::Little => value.to_le_bytes().to_vec(),
        }
    }

    pub(crate) fn words(self, values: &[u32]) -> Vec<u8> {
        let bytes = |value: &u32| match self {
            Self::Big => value.to_be_bytes(),
            Self::Little => value.to_le_bytes(),
        };
        values.iter().flat_map(bytes).collect()
    }

    pub(crate) fn long(self, value: u64) -> Vec<u8> {
        match self {
            Self::Big => value.to_be_bytes().to_vec(),
            Self::Little => value.to_le_bytes().to_vec(),
        }
    }

    /// The header of a pcap.
    pub(crate) fn pcap(self, magic: u32, version: (u16, u16), link: u32) -> Vec<u8> {
        let halves = [self.half(version.0), self.half(version.1)].concat();
        [self.words(&[magic]), halves, self.words(&[0, 0, 65_535, link])].concat()
    }

    /// A record of a pcap, the two lengths as given.
    pub(crate) fn record(self, time: [u32; 2], lengths: [u32; 2], bytes: &[u8]) -> Vec<u8> {
        [self.words(&time), self.words(&lengths), bytes.to_vec()].concat()
    }

    /// A block of a pcapng.
    pub(crate) fn block(self, kind: u32, body: &[u8]) -> Vec<u8> {
        let body = padded(body);
        let length = u32::try_from(body.len() + 12).unwrap();
        [self.words(&[kind, length]), body, self.words(&[length])].concat()
    }

    /// A section's header.
    pub(crate) fn section(self) -> Vec<u8> {
        let versions = [self.half(1), self.half(0)].concat();
        self.block(0x0a0d_0d0a, &[self.words(&[0x1a2b_3c4d]), versions, vec![0xff; 8]].concat())
    }

    /// An interface.
    pub(crate) fn interface(self, link: u16, kept: u32, options: &[u8]) -> Vec<u8> {
        let fixed = [self.half(link), self.half(0), self.words(&[kept])].concat();
        self.block(1, &[&fixed, options].concat())
    }

    /// An option.
    pub(crate) fn option(self, code: u16, value: &[u8]) -> Vec<u8> {
        let length = u16::try_from(value.len()).unwrap();
        [self.half(code), self.half(length), padded(value)].concat()
    }

    /// An enhanced packet.
    pub(crate) fn packet(self, interface: u32, ticks: u64, bytes: &[u8], length: u32) -> Vec<u8> {
        self.packet_with(interface, ticks, bytes, (length, &[]))
    }

    /// An enhanced packet with options.
    pub(crate) fn packet_with(
        self,
        interface: u32,
        ticks: u64,
        bytes: &[u8],
        (length, options): (u32, &[u8]),
    ) -> Vec<u8> {
        let [high, low] =
            [ticks >> 32, ticks & 0xffff_ffff].map(|word| u32::try_from(word).unwrap());
        let kept = u32::try_from(bytes.len()).unwrap();
        let fixed = self.words(&[interface, high, low, kept, length]);
        self.block(6, &[fixed, padded(bytes), options.to_vec()].concat())
    }

    /// Statistics of an interface.
    pub(crate) fn statistics(self, interface: u32, options: &[u8]) -> Vec<u8> {
        self.block(5, &[&self.words(&[interface, 0, 0]), options].concat())
    }
}

fn padded(bytes: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes
}
