//! A stack of MPLS labels (RFC 3032).

use super::Layer;
use super::Unread;
use super::ethernet;
use crate::span::Span;

/// Takes the labels off. What they carry is said nowhere in the packet: the first half byte tells IP (RFC 4928, section 3), an Ethernet
/// pseudo-wire has a control word that begins with 0 (RFC 4448, section 4.6), or none.
pub(super) fn read(mut rest: Span<'_>) -> Result<(Layer, Span<'_>), Unread> {
    for _ in 0..MOST_LABELS {
        let [_, _, third, _] = *rest.head::<LABEL_BYTES>()?;
        rest = rest.skip(LABEL_BYTES)?;
        if third & BOTTOM != 0 {
            return carried(rest);
        }
    }
    Err(Unread::TooDeep)
}

fn carried(rest: Span<'_>) -> Result<(Layer, Span<'_>), Unread> {
    if looks_like_ip(rest) {
        return Ok((Layer::Ip, rest));
    }
    let [first, ..] = *rest.head::<1>()?;
    if first >> 4 == 0 && looks_like_ethernet(rest.skip(CONTROL_WORD_BYTES)?) {
        return Ok((Layer::Ethernet, rest.skip(CONTROL_WORD_BYTES)?));
    }
    if looks_like_ethernet(rest) {
        return Ok((Layer::Ethernet, rest));
    }
    Err(Unread::NotIp)
}

/// A version, and a length that fits: the first byte of a MAC address may be 0x45 as well.
fn looks_like_ip(rest: Span<'_>) -> bool {
    let Ok([first, _, high, low]) = rest.head::<4>() else {
        return false;
    };
    let length = usize::from(u16::from_be_bytes([*high, *low]));
    match first >> 4 {
        4 => first & 0x0f >= 5 && length <= rest.length(),
        6 => rest.u16_at(4).is_ok_and(|payload| usize::from(payload) + 40 <= rest.length()),
        _ => false,
    }
}

fn looks_like_ethernet(rest: Span<'_>) -> bool {
    rest.u16_at(12).is_ok_and(ethernet::is_read)
}

const LABEL_BYTES: usize = 4;
const CONTROL_WORD_BYTES: usize = 4;

/// The bit in a label's third byte that says it is the last.
const BOTTOM: u8 = 1;

/// Labels of one stack; routers push a handful.
const MOST_LABELS: usize = 16;
