//! Classic BPF with labels: loads, tests and jumps, put together into what the kernel takes.

/// A place in a program.
#[derive(Clone, Copy, Debug)]
pub(super) struct Label(usize);

/// What the accumulator is held against.
#[derive(Clone, Copy, Debug)]
pub(super) enum Test {
    /// It is this value.
    Is(u32),
    /// It is greater.
    Above(u32),
    /// It is greater or equal.
    AtLeast(u32),
    /// It has one of these bits.
    Has(u32),
    /// It is what the index register holds.
    IsIndex,
}

/// What is done to the accumulator, with a constant or with the index register.
#[derive(Clone, Copy, Debug)]
pub(super) enum Operation {
    Add,
    And,
    Multiply,
    ShiftLeft,
    ShiftRight,
    Subtract,
    Xor,
}

/// How wide a load is.
#[derive(Clone, Copy, Debug)]
pub(super) enum Width {
    Byte,
    Half,
    Word,
}

/// A program in the making.
#[derive(Debug, Default)]
pub(super) struct Assembler {
    instructions: Vec<libc::sock_filter>,
    /// Places of jumps and where they go.
    jumps: Vec<(usize, Label)>,
    /// Of each label: where it was placed.
    places: Vec<Option<usize>>,
}

impl Assembler {
    /// A label to jump to; still to be placed.
    pub(super) fn label(&mut self) -> Label {
        self.places.push(None);
        Label(self.places.len() - 1)
    }

    /// The next instruction is where this label's jumps go.
    pub(super) fn place(&mut self, label: Label) {
        self.places[label.0] = Some(self.instructions.len());
    }

    /// Loads from a fixed place of the frame.
    pub(super) fn load(&mut self, width: Width, at: u32) {
        self.push(libc::BPF_LD | libc::BPF_ABS | width.code(), 0, 0, at);
    }

    /// Loads from behind the header whose length is in the index register.
    pub(super) fn load_indexed(&mut self, width: Width, at: u32) {
        self.push(libc::BPF_LD | libc::BPF_IND | width.code(), 0, 0, at);
    }

    /// Loads which way the frame goes (`PACKET_OUTGOING` and others), which is not in its bytes.
    pub(super) fn load_kind(&mut self) {
        let at = (libc::SKF_AD_OFF + libc::SKF_AD_PKTTYPE).cast_unsigned();
        self.load(Width::Byte, at);
    }

    /// Loads the type of what stands behind the MAC header and the tag that the kernel took out.
    pub(super) fn load_protocol(&mut self) {
        let at = (libc::SKF_AD_OFF + libc::SKF_AD_PROTOCOL).cast_unsigned();
        self.load(Width::Half, at);
    }

    /// Loads how many bytes of the frame are shown to the program.
    pub(super) fn load_length(&mut self) {
        self.push(libc::BPF_LD | libc::BPF_W | libc::BPF_LEN, 0, 0, 0);
    }

    /// Loads from a place in the MAC header, wherever the rest begins.
    pub(super) fn load_from_mac(&mut self, width: Width, at: u32) {
        self.load(width, libc::SKF_LL_OFF.cast_unsigned() + at);
    }

    /// Puts the length of the IPv4 header that begins here into the index register.
    pub(super) fn index_header(&mut self, at: u32) {
        self.push(libc::BPF_LDX | libc::BPF_B | libc::BPF_MSH, 0, 0, at);
    }

    /// Keeps only these bits of the accumulator.
    pub(super) fn mask(&mut self, bits: u32) {
        self.with(Operation::And, bits);
    }

    /// Puts a constant into the accumulator.
    pub(super) fn set(&mut self, value: u32) {
        self.push(libc::BPF_LD | libc::BPF_IMM, 0, 0, value);
    }

    /// Reckons with a constant.
    pub(super) fn with(&mut self, operation: Operation, value: u32) {
        self.push(libc::BPF_ALU | operation.code() | libc::BPF_K, 0, 0, value);
    }

    /// Reckons with the index register.
    pub(super) fn with_index(&mut self, operation: Operation) {
        self.push(libc::BPF_ALU | operation.code() | libc::BPF_X, 0, 0, 0);
    }

    /// Puts the accumulator into the index register.
    pub(super) fn index_from_accumulator(&mut self) {
        self.push(libc::BPF_MISC | libc::BPF_TAX, 0, 0, 0);
    }

    /// Puts the index register into the accumulator.
    pub(super) fn accumulator_from_index(&mut self) {
        self.push(libc::BPF_MISC | libc::BPF_TXA, 0, 0, 0);
    }

    /// Keeps the accumulator in a cell of the program's memory; there are 16.
    pub(super) fn keep(&mut self, cell: u32) {
        self.push(libc::BPF_ST, 0, 0, cell);
    }

    /// Puts such a cell into the accumulator.
    pub(super) fn recall(&mut self, cell: u32) {
        self.push(libc::BPF_LD | libc::BPF_MEM, 0, 0, cell);
    }

    /// The same into the index register.
    pub(super) fn recall_index(&mut self, cell: u32) {
        self.push(libc::BPF_LDX | libc::BPF_MEM, 0, 0, cell);
    }

    /// Ends with what is in the accumulator.
    pub(super) fn give(&mut self) {
        self.push(libc::BPF_RET | libc::BPF_A, 0, 0, 0);
    }

    /// Goes to the label if the test holds, else on.
    pub(super) fn when(&mut self, test: Test, label: Label) {
        // A test can skip 255 instructions, a plain jump any number: so the test skips the jump.
        self.push(test.code(), 0, 1, test.value());
        self.jump(label);
    }

    /// Goes to the label unless the test holds.
    pub(super) fn unless(&mut self, test: Test, label: Label) {
        self.push(test.code(), 1, 0, test.value());
        self.jump(label);
    }

    /// Goes to the label.
    pub(super) fn jump(&mut self, label: Label) {
        self.jumps.push((self.instructions.len(), label));
        self.push(libc::BPF_JMP | libc::BPF_JA, 0, 0, 0);
    }

    /// Lets this many bytes of the frame through; 0 for none of it.
    pub(super) fn accept(&mut self, bytes: u32) {
        self.push(libc::BPF_RET | libc::BPF_K, 0, 0, bytes);
    }

    /// The program, with all jumps resolved.
    ///
    /// # Panics
    /// If a label was not placed, or lies before a jump to it: classic BPF only goes forward.
    pub(super) fn finish(mut self) -> Vec<libc::sock_filter> {
        for (at, label) in self.jumps {
            let place = self.places[label.0].expect("every label is placed");
            let distance = place.checked_sub(at + 1).expect("labels lie ahead of their jumps");
            self.instructions[at].k = u32::try_from(distance).expect("programs are short");
        }
        self.instructions
    }

    fn push(&mut self, code: u32, yes: u8, no: u8, value: u32) {
        let code = u16::try_from(code).expect("operation codes have 16 bits");
        self.instructions.push(libc::sock_filter { code, jt: yes, jf: no, k: value });
    }
}

impl Operation {
    const fn code(self) -> u32 {
        match self {
            Self::Add => libc::BPF_ADD,
            Self::And => libc::BPF_AND,
            Self::Multiply => libc::BPF_MUL,
            Self::ShiftLeft => libc::BPF_LSH,
            Self::ShiftRight => libc::BPF_RSH,
            Self::Subtract => libc::BPF_SUB,
            Self::Xor => libc::BPF_XOR,
        }
    }
}

impl Width {
    const fn code(self) -> u32 {
        match self {
            Self::Byte => libc::BPF_B,
            Self::Half => libc::BPF_H,
            Self::Word => libc::BPF_W,
        }
    }
}

impl Test {
    const fn code(self) -> u32 {
        let comparison = match self {
            Self::Is(_) => libc::BPF_JEQ,
            Self::IsIndex => return libc::BPF_JMP | libc::BPF_X | libc::BPF_JEQ,
            Self::Above(_) => libc::BPF_JGT,
            Self::AtLeast(_) => libc::BPF_JGE,
            Self::Has(_) => libc::BPF_JSET,
        };
        libc::BPF_JMP | libc::BPF_K | comparison
    }

    const fn value(self) -> u32 {
        match self {
            Self::Is(value) | Self::Above(value) | Self::AtLeast(value) | Self::Has(value) => value,
            Self::IsIndex => 0,
        }
    }
}
