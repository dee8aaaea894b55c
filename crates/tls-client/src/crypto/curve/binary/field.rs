//! Fields of characteristic two: polynomials over one bit, taken by an irreducible one of three or five terms.

/// An element: bits of a polynomial, the lowest power first. Room for the largest field, of degree 571.
pub(super) type Element = [u64; WORDS];

pub(super) const ZERO: Element = [0; WORDS];
pub(super) const ONE: Element = {
    let mut one = ZERO;
    one[0] = 1;
    one
};
const WORDS: usize = 9;

/// One field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Field {
    pub(super) degree: usize,
    /// Powers of the polynomial between zero and its degree; each at least a word below the degree, which the reduction
    /// relies on.
    pub(super) middle: &'static [usize],
}

/// The sum, which is the difference too.
pub(super) fn add(a: &Element, b: &Element) -> Element {
    let mut sum = *a;
    sum.iter_mut().zip(b).for_each(|(word, other)| *word ^= other);
    sum
}

impl Field {
    /// Bytes of an element on the wire.
    pub(super) fn len(&self) -> usize {
        self.degree.div_ceil(8)
    }

    /// The element of these bytes, the highest power first; `None` where it is longer than the field's.
    pub(super) fn element(&self, bytes: &[u8]) -> Option<Element> {
        let mut element = ZERO;
        for (at, byte) in bytes.iter().rev().enumerate() {
            match element.get_mut(at / 8) {
                Some(word) => *word |= u64::from(*byte) << (at % 8 * 8),
                None if *byte == 0 => {}
                None => return None,
            }
        }
        let (word, bit) = (self.degree / 64, self.degree % 64);
        let beyond = element[word] >> bit != 0 || element[word + 1..].iter().any(|word| *word != 0);
        (!beyond).then_some(element)
    }

    pub(super) fn bytes(&self, element: &Element) -> Vec<u8> {
        let all: Vec<u8> = element.iter().flat_map(|word| word.to_le_bytes()).collect();
        all[..self.len()].iter().rev().copied().collect()
    }

    /// Four bits of one factor at a time, out of a table of the other's multiples.
    pub(super) fn multiply(&self, a: &Element, b: &Element) -> Element {
        let mut multiples = [[0_u64; WORDS + 1]; 16];
        multiples[1][..WORDS].copy_from_slice(b);
        for at in 2..16 {
            multiples[at] = multiples[at / 2];
            shift_left(&mut multiples[at], 1);
            if at % 2 == 1 {
                multiples[at] =
                    std::array::from_fn(|word| multiples[at][word] ^ multiples[1][word]);
            }
        }
        let mut product = [0_u64; 2 * WORDS + 1];
        for nibble in (0..16).rev() {
            shift_left(&mut product, 4);
            for (at, word) in a.iter().enumerate() {
                let bits = usize::from(word.to_le_bytes()[nibble / 2] >> (nibble % 2 * 4) & 15);
                let parts = product[at..].iter_mut().zip(&multiples[bits]);
                parts.for_each(|(word, part)| *word ^= part);
            }
        }
        self.reduce(product)
    }

    pub(super) fn square(&self, a: &Element) -> Element {
        let mut product = [0_u64; 2 * WORDS + 1];
        for (at, word) in a.iter().enumerate() {
            product[2 * at] = spread(*word & 0xffff_ffff);
            product[2 * at + 1] = spread(*word >> 32);
        }
        self.reduce(product)
    }

    /// Fermat: the power of all that there are but two; zero for zero.
    pub(super) fn invert(&self, a: &Element) -> Element {
        let mut power = self.square(a);
        let mut inverse = power;
        for _ in 2..self.degree {
            power = self.square(&power);
            inverse = self.multiply(&inverse, &power);
        }
        inverse
    }

    /// The rest of a product, words from the top.
    fn reduce(&self, mut product: [u64; 2 * WORDS + 1]) -> Element {
        let (last, bit) = (self.degree / 64, self.degree % 64);
        for at in (last + 1..product.len()).rev() {
            let word = std::mem::take(&mut product[at]);
            self.fold(&mut product, 64 * at - self.degree, word);
        }
        let word = product[last] >> bit;
        product[last] ^= word << bit;
        self.fold(&mut product, 0, word);
        let mut element = ZERO;
        element.copy_from_slice(&product[..WORDS]);
        element
    }

    /// Adds a word, times the polynomial without its highest term, at a power.
    fn fold(&self, product: &mut [u64], power: usize, word: u64) {
        for term in self.middle.iter().chain(&[0]) {
            let (at, bit) = ((power + term) / 64, (power + term) % 64);
            product[at] ^= word << bit;
            if bit > 0 {
                product[at + 1] ^= word >> (64 - bit);
            }
        }
    }
}

fn shift_left(words: &mut [u64], bits: u32) {
    let mut carry = 0;
    for word in words {
        let next = *word >> (64 - bits);
        *word = *word << bits | carry;
        carry = next;
    }
}

/// 32 bits with a zero behind each.
fn spread(word: u64) -> u64 {
    let mut spread = word;
    for (shift, mask) in [
        (16, 0x0000_ffff_0000_ffff),
        (8, 0x00ff_00ff_00ff_00ff),
        (4, 0x0f0f_0f0f_0f0f_0f0f),
        (2, 0x3333_3333_3333_3333),
        (1, 0x5555_5555_5555_5555),
    ] {
        spread = (spread | spread << shift) & mask;
    }
    spread
}
