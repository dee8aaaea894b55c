//! Classic BPF, as the kernel runs it.

use super::Filter;

/// What the program says of a frame; of a filter: how many bytes it lets through.
pub(super) fn run(filter: &Filter, frame: &[u8]) -> u32 {
    run_as(filter, frame, libc::PACKET_HOST)
}

/// The same for a frame that goes this way.
pub(super) fn run_as(filter: &Filter, frame: &[u8], way: u8) -> u32 {
    run_shown(filter, &Shown { bytes: frame, mac: frame, way, protocol: 0 })
}

/// The same of what is shown of a frame.
pub(super) fn run_shown(filter: &Filter, shown: &Shown<'_>) -> u32 {
    let mut machine = Machine { shown, accumulator: 0, index: 0, cells: [None; 16] };
    let mut at = 0;
    loop {
        let step = filter.instructions[at];
        at += 1;
        match u32::from(step.code) & 0x07 {
            libc::BPF_RET if u32::from(step.code) & 0x18 == libc::BPF_A => {
                return machine.accumulator;
            }
            libc::BPF_RET => return step.k,
            libc::BPF_JMP => at += machine.skipped(step),
            // A load from behind the end rejects.
            _ => match machine.act(step) {
                Some(()) => {}
                None => return 0,
            },
        }
    }
}

/// What the kernel shows of a frame.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shown<'a> {
    /// What loads count from.
    pub(super) bytes: &'a [u8],
    /// Its MAC header, and anything behind.
    pub(super) mac: &'a [u8],
    /// Which way it goes.
    pub(super) way: u8,
    /// The type of what is behind the MAC header and the tag that was taken out.
    pub(super) protocol: u16,
}

struct Machine<'a> {
    shown: &'a Shown<'a>,
    accumulator: u32,
    index: u32,
    /// The kernel refuses programs that read a cell before they wrote it.
    cells: [Option<u32>; 16],
}

impl Machine<'_> {
    /// How many steps a jump skips.
    fn skipped(&self, step: libc::sock_filter) -> usize {
        let value = step.k;
        let holds = match u32::from(step.code) & 0xf0 {
            libc::BPF_JA => return usize::try_from(value).unwrap(),
            libc::BPF_JEQ if u32::from(step.code) & libc::BPF_X != 0 => {
                self.accumulator == self.index
            }
            libc::BPF_JEQ => self.accumulator == value,
            libc::BPF_JGT => self.accumulator > value,
            libc::BPF_JGE => self.accumulator >= value,
            libc::BPF_JSET => self.accumulator & value != 0,
            other => panic!("test {other:#x}"),
        };
        usize::from(if holds { step.jt } else { step.jf })
    }

    fn act(&mut self, step: libc::sock_filter) -> Option<()> {
        let (code, value) = (u32::from(step.code), step.k);
        let cell = usize::try_from(value).unwrap();
        match (code & 0x07, code & 0xe0) {
            (libc::BPF_LD, libc::BPF_IMM) => self.accumulator = value,
            (libc::BPF_LD, libc::BPF_LEN) => {
                self.accumulator = u32::try_from(self.shown.bytes.len()).unwrap();
            }
            (libc::BPF_LD, libc::BPF_ABS) => self.accumulator = self.load(code, value)?,
            (libc::BPF_LD, libc::BPF_IND) => {
                self.accumulator = self.load(code, value.wrapping_add(self.index))?;
            }
            (libc::BPF_LD, libc::BPF_MEM) => self.accumulator = self.cells[cell].unwrap(),
            (libc::BPF_LDX, libc::BPF_MEM) => self.index = self.cells[cell].unwrap(),
            (libc::BPF_LDX, libc::BPF_MSH) => {
                self.index = (self.load(libc::BPF_B, value)? & 15) * 4;
            }
            (libc::BPF_ST, _) => self.cells[cell] = Some(self.accumulator),
            (libc::BPF_MISC, _) if code & 0xf8 == libc::BPF_TAX => self.index = self.accumulator,
            (libc::BPF_MISC, _) if code & 0xf8 == libc::BPF_TXA => self.accumulator = self.index,
            (libc::BPF_ALU, _) => self.reckon(code, value),
            other => panic!("instruction {other:x?}"),
        }
        Some(())
    }

    fn reckon(&mut self, code: u32, value: u32) {
        let other = if code & libc::BPF_X != 0 { self.index } else { value };
        let own = self.accumulator;
        self.accumulator = match code & 0xf0 {
            libc::BPF_ADD => own.wrapping_add(other),
            libc::BPF_SUB => own.wrapping_sub(other),
            libc::BPF_AND => own & other,
            libc::BPF_XOR => own ^ other,
            libc::BPF_MUL => own.wrapping_mul(other),
            libc::BPF_LSH => own << other,
            libc::BPF_RSH => own >> other,
            operation => panic!("operation {operation:#x}"),
        };
    }

    fn load(&self, code: u32, at: u32) -> Option<u32> {
        let (bytes, at) = match at {
            0xffff_f000 => return Some(u32::from(self.shown.protocol)),
            0xffff_f004 => return Some(u32::from(self.shown.way)),
            0xffe0_0000.. => (self.shown.mac, at - 0xffe0_0000),
            _ => (self.shown.bytes, at),
        };
        let at = usize::try_from(at).unwrap();
        let width = match code & 0x18 {
            libc::BPF_W => 4,
            libc::BPF_H => 2,
            _ => 1,
        };
        let bytes = bytes.get(at..at.checked_add(width)?)?;
        Some(bytes.iter().fold(0_u32, |sum, byte| sum << 8 | u32::from(*byte)))
    }
}
