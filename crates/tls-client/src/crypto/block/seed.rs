//! SEED (RFC 4269), which has no crate of the kind that all others have. The S-boxes are computed from their definition.

use super::Permutation;

/// A key, as the pair of round keys of each round.
pub(super) struct Seed([[u32; 2]; ROUNDS]);

impl Seed {
    /// RFC 4269, section 2.3. `key` has 16 bytes.
    pub(super) fn new(key: &[u8]) -> Self {
        let [mut a, mut b, mut c, mut d] = words(key);
        let mut constant = KEY_CONSTANT;
        let mut pairs = [[0; 2]; ROUNDS];
        for (round, pair) in pairs.iter_mut().enumerate() {
            let first = a.wrapping_add(c).wrapping_sub(constant);
            let second = b.wrapping_sub(d).wrapping_add(constant);
            *pair = [g(first), g(second)];
            if round % 2 == 0 {
                (a, b) = (a >> 8 | b << 24, b >> 8 | a << 24);
            } else {
                (c, d) = (c << 8 | d >> 24, d << 8 | c >> 24);
            }
            constant = constant.rotate_left(1);
        }
        Self(pairs)
    }
}

impl Permutation for Seed {
    fn encrypt(&self, block: &mut [u8]) {
        permute(block, self.0.iter());
    }

    fn decrypt(&self, block: &mut [u8]) {
        permute(block, self.0.iter().rev());
    }
}

/// A Feistel network whose last round does not swap (RFC 4269, section 2).
fn permute<'a>(block: &mut [u8], pairs: impl Iterator<Item = &'a [u32; 2]>) {
    let [mut a, mut b, mut c, mut d] = words(block);
    for pair in pairs {
        let [first, second] = f([c, d], pair);
        (a, b, c, d) = (c, d, a ^ first, b ^ second);
    }
    for (bytes, word) in block.chunks_exact_mut(4).zip([c, d, a, b]) {
        bytes.copy_from_slice(&word.to_be_bytes());
    }
}

/// RFC 4269, section 2.1.
fn f([c, d]: [u32; 2], [first, second]: &[u32; 2]) -> [u32; 2] {
    let c = c ^ first;
    let inner = g(c ^ d ^ second);
    let middle = g(c.wrapping_add(inner));
    let outer = g(middle.wrapping_add(inner));
    [outer.wrapping_add(middle), outer]
}

/// RFC 4269, section 2.2.
fn g(word: u32) -> u32 {
    let [x3, x2, x1, x0] = word.to_be_bytes().map(usize::from);
    let substituted = [S_BOXES[0][x0], S_BOXES[1][x1], S_BOXES[0][x2], S_BOXES[1][x3]];
    let mut word = 0;
    for (place, byte) in substituted.into_iter().enumerate() {
        let masked = [0, 1, 2, 3].map(|out| byte & MASKS[(out + place) % MASKS.len()]);
        word ^= u32::from_le_bytes(masked);
    }
    word
}

fn words(block: &[u8]) -> [u32; 4] {
    let mut words = [0; 4];
    for (word, bytes) in words.iter_mut().zip(block.chunks_exact(4)) {
        *word = bytes.iter().fold(0, |word, byte| word << 8 | u32::from(*byte));
    }
    words
}

/// `A · x^exponent ⊕ constant` in GF(2^8) (RFC 4269, section 2.2), where `columns` are those of the matrix A.
const fn s_box(columns: [u8; 8], exponent: u8, constant: u8) -> [u8; 256] {
    let mut table = [0; 256];
    let mut x = 0_u8;
    loop {
        let power = power(x, exponent);
        let mut value = constant;
        let mut bit = 0;
        while bit < 8 {
            if power >> bit & 1 == 1 {
                value ^= columns[bit];
            }
            bit += 1;
        }
        table[index(x)] = value;
        if x == u8::MAX {
            return table;
        }
        x += 1;
    }
}

/// `u8` as `usize`, in constants.
const fn index(byte: u8) -> usize {
    usize::from_le_bytes([byte, 0, 0, 0, 0, 0, 0, 0])
}

const fn power(base: u8, exponent: u8) -> u8 {
    let mut result = 1;
    let mut left = exponent;
    while left > 0 {
        result = multiply(result, base);
        left -= 1;
    }
    result
}

/// In GF(2^8) modulo x^8 + x^6 + x^5 + x + 1.
const fn multiply(a: u8, b: u8) -> u8 {
    let (mut a, mut b, mut product) = (a, b, 0);
    while b != 0 {
        if b & 1 == 1 {
            product ^= a;
        }
        let overflows = a & 0x80 != 0;
        a <<= 1;
        if overflows {
            a ^= 0x63;
        }
        b >>= 1;
    }
    product
}

/// The golden ratio's digits.
const KEY_CONSTANT: u32 = 0x9e37_79b9;
const MASKS: [u8; 4] = [0xfc, 0xf3, 0xcf, 0x3f];
const ROUNDS: usize = 16;
static S_BOXES: [[u8; 256]; 2] = [
    s_box([0x2c, 0xd0, 0x69, 0xc2, 0x41, 0x44, 0x58, 0xe2], 247, 169),
    s_box([0xd0, 0x2a, 0xe1, 0x2c, 0x21, 0x30, 0xa2, 0x6c], 251, 56),
];
