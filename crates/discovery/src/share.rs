//! Counts as floating-point numbers, for shares and rates.

/// The nearest number.
pub(crate) fn to_f64(count: u64) -> f64 {
    let [a, b, c, d, e, f, g, h] = count.to_be_bytes();
    let [high, low] = [[a, b, c, d], [e, f, g, h]].map(u32::from_be_bytes);
    f64::from(high) * 4_294_967_296.0 + f64::from(low)
}

/// The nearest number.
pub(crate) fn wide_to_f64(count: u128) -> f64 {
    let low = u64::try_from(count & u128::from(u64::MAX)).expect("64 bits");
    let high = u64::try_from(count >> 64).expect("64 bits");
    to_f64(high) * 18_446_744_073_709_551_616.0 + to_f64(low)
}

/// How much of the whole a part is; nothing of nothing is 0.
pub(crate) fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { to_f64(part) / to_f64(whole) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_and_small() {
        for (count, expected) in
            [(0, 0.0), (1, 1.0), (1 << 32, 4_294_967_296.0), (1 << 53, 9_007_199_254_740_992.0)]
        {
            assert_eq!(to_f64(count), expected);
            assert_eq!(wide_to_f64(count.into()), expected);
        }
        assert_eq!(wide_to_f64(1 << 80), 1_208_925_819_614_629_174_706_176.0);
        assert_eq!((share(1, 4), share(3, 0)), (0.25, 0.0));
    }
}
