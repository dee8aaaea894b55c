//! Fields of a header, written as the single store that they are.

/// Writes a field to its place. `copy_from_slice` would be a call for each, which costs three times as much as all else.
///
/// # Panics
/// Where it has no place in the header, which the places in this crate are constants against.
#[inline(always)]
pub(crate) fn put<const LENGTH: usize, const WIDTH: usize>(
    header: &mut [u8; LENGTH],
    at: usize,
    field: [u8; WIDTH],
) {
    let place = header.get_mut(at..).and_then(<[u8]>::first_chunk_mut);
    *place.expect("a place in the header") = field;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_where_it_belongs() {
        let mut header = [9; 6];
        put(&mut header, 0, [1, 2]);
        put(&mut header, 5, [3]);
        assert_eq!(header, [1, 2, 9, 9, 9, 3]);
    }

    #[test]
    #[should_panic(expected = "a place")]
    fn no_field_reaches_over_the_end() {
        put(&mut [0; 6], 5, [1, 2]);
    }
}
