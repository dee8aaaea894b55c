//! `AF_XDP` in copy mode: frames in memory that the kernel knows, descriptors in a ring; works on any Ethernet driver, and
//! needs no BPF program for sending alone.
//!
//! A slot is a place in that memory. When it has been sent it gets another place, because the device may still read the
//! old one; which ones it has done with comes back in the completion ring.

mod port;
mod queue;

use std::io;
use std::ops::Range;

use self::port::Port;
use super::Sent;
use super::Transmit;
use super::patience::Patience;
use crate::error::Error;
use crate::interface::Interface;
use crate::interface::LinkKind;
use crate::mapping::Mapping;

/// Memory is registered in pieces of this size, which no frame may cross; many frames may lie in one.
const CHUNK_BYTES: usize = 2_048;
/// Places end at multiples of this, so that two frames share no cache line.
const LEAST_STRIDE: usize = 64;
/// How many places there are for each slot: what a device still sends, and the next batch.
const PLACES: usize = 4;
/// The sender.
pub(super) struct Xdp {
    port: Port,
    memory: Memory,
    sent: Sent,
}

impl Xdp {
    pub(super) fn open(
        interface: &Interface,
        template: &[u8],
        batch: usize,
    ) -> Result<Self, Error> {
        if interface.kind != LinkKind::Ethernet {
            let interface = interface.name.clone();
            return Err(Error::NoLinkAddresses { interface, attempt: "send by AF_XDP" });
        }
        let memory = Memory::new(template, batch)
            .map_err(|error| Error::system("map memory for frames", &interface.name, error))?;
        Ok(Self { port: Port::open(interface, &memory)?, memory, sent: Sent::default() })
    }
}

impl Transmit for Xdp {
    fn room(&self) -> usize {
        self.memory.of_slot.len()
    }

    fn frame(&mut self, slot: usize) -> &mut [u8] {
        let start = self.memory.start(self.memory.of_slot[slot]);
        // SAFETY: a slot's place is not the kernel's before `send`, and gets another one there.
        unsafe { self.memory.bytes.bytes_mut(start..start + self.memory.length) }
    }

    fn send(&mut self, slots: Range<usize>) -> io::Result<usize> {
        if self.memory.of_slot[slots.clone()].is_empty() {
            return Ok(0);
        }
        let Self { port, memory, sent } = self;
        let mut patience = Patience::default();
        loop {
            let outcome = port.send(memory, slots.clone(), sent);
            match outcome {
                Err(error) if patience.allows(&error, &mut sent.waits) => {}
                Err(error) => return Err(port.socket.telling(error)),
                Ok(taken) => {
                    memory.exchange(slots.start..slots.start + taken);
                    sent.frames += u64::try_from(taken).unwrap_or(u64::MAX);
                    return Ok(taken);
                }
            }
        }
    }

    fn statistics(&self) -> Sent {
        self.sent
    }
}

/// Places for frames, and whose they are.
#[derive(Debug)]
struct Memory {
    bytes: Mapping,
    stride: usize,
    length: usize,
    /// The place of each slot.
    of_slot: Box<[u32]>,
    /// Places that are nobody's.
    free: Vec<u32>,
    /// Places of slots that the device refused, so that they come back although they are still the slots'.
    refused: Vec<u32>,
}

impl Memory {
    fn new(template: &[u8], batch: usize) -> io::Result<Self> {
        let stride = template.len().next_power_of_two().max(LEAST_STRIDE);
        if stride > CHUNK_BYTES {
            return Err(io::Error::from_raw_os_error(libc::EMSGSIZE));
        }
        let places = PLACES * batch;
        let bytes = Mapping::anonymous((places * stride).next_multiple_of(CHUNK_BYTES))?;
        let count = u32::try_from(places).map_err(|_| io::ErrorKind::OutOfMemory)?;
        let slots = count / u32::try_from(PLACES).expect("a small constant");
        let mut memory = Self {
            bytes,
            stride,
            length: template.len(),
            of_slot: (0..slots).collect(),
            free: (slots..count).collect(),
            refused: Vec::new(),
        };
        for place in 0..count {
            let start = memory.start(place);
            // SAFETY: the kernel does not know of these pages yet.
            let place = unsafe { memory.bytes.bytes_mut(start..start + template.len()) };
            place.copy_from_slice(template);
        }
        Ok(memory)
    }

    fn start(&self, place: u32) -> usize {
        usize::try_from(place).expect("at least 32 bits") * self.stride
    }

    /// The device has done with a place.
    fn take_back(&mut self, place: u32) {
        match self.refused.iter().position(|refused| *refused == place) {
            Some(at) => {
                self.refused.swap_remove(at);
            }
            None => self.free.push(place),
        }
    }

    /// Gives slots that were sent other places. There are as many, or they would not have been sent.
    fn exchange(&mut self, slots: Range<usize>) {
        for place in &mut self.of_slot[slots] {
            *place = self.free.pop().expect("checked before descriptors were pushed");
        }
    }
}

fn wide(value: usize) -> u64 {
    u64::try_from(value).expect("at most 64 bits")
}

#[cfg(test)]
mod tests {
    use proptest::prop_assert_eq;
    use proptest::proptest;

    use super::*;

    proptest! {
        /// Whatever is sent, refused and handed back: each place is one slot's, or free, or with the device.
        #[test]
        fn a_place_has_one_owner(moves: Vec<(u8, bool)>) {
            let mut memory = Memory::new(&[7; 74], 8).unwrap();
            let (mut with_device, mut twice) = (Vec::new(), Vec::new());
            for (slots, is_refused) in moves {
                let slots = usize::from(slots % 9).min(memory.free.len());
                with_device.extend_from_slice(&memory.of_slot[..slots]);
                memory.exchange(0..slots);
                if is_refused && slots < 8 {
                    memory.refused.push(memory.of_slot[slots]);
                    twice.push(memory.of_slot[slots]);
                }
                if slots % 2 == 0 {
                    twice.drain(..).chain(with_device.drain(..)).for_each(|place| memory.take_back(place));
                }
                let held = memory.of_slot.iter().chain(&memory.free).chain(&with_device);
                let mut places: Vec<_> = held.copied().collect();
                places.sort_unstable();
                prop_assert_eq!(places, (0..32).collect::<Vec<_>>());
            }
        }
    }
}
