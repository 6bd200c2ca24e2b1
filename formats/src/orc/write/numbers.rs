//! Values of a row group that become numbers: their bounds and their bytes.

use super::super::bloom::{hash_bytes, hash_long};
use super::super::decimal::Decimal;
use super::super::statistics::{Detail, Moment};

/// Takes the hashes of values for a bloom filter.
pub(super) type Seen<'a> = Option<&'a mut dyn FnMut(u64)>;

fn all(seen: Seen<'_>, hashes: impl Iterator<Item = u64>) {
    if let Some(seen) = seen {
        hashes.for_each(seen);
    }
}

/// Sums integers up.
pub(super) fn integers(values: &[i64], seen: Seen<'_>) -> Detail {
    let (mut low, mut high) = (i64::MAX, i64::MIN);
    // Halves are added apart, so that nothing overflows.
    let (mut upper, mut lower) = (0i64, 0u64);
    for value in values {
        low = low.min(*value);
        high = high.max(*value);
        upper = upper.wrapping_add(value >> 32);
        lower = lower.wrapping_add(value.cast_unsigned() & 0xffff_ffff);
    }
    all(seen, values.iter().map(|v| hash_long(*v)));
    let sum = (i128::from(upper) << 32) + i128::from(lower);
    Detail::Integer {
        bounds: (!values.is_empty()).then_some((low, high)),
        sum: i64::try_from(sum).ok(),
    }
}

/// Sums dates up.
pub(super) fn dates(values: &[i64], seen: Seen<'_>) -> Detail {
    let Detail::Integer { bounds, .. } = integers(values, seen) else { return Detail::None };
    Detail::Date { bounds: bounds.map(|(low, high)| (low as i32, high as i32)) }
}

/// Sums floating point numbers up; zero counts as both zeros.
pub(super) fn doubles(values: impl Iterator<Item = f64> + Clone, seen: Seen<'_>) -> Detail {
    let (mut low, mut high, mut sum) = (f64::INFINITY, f64::NEG_INFINITY, 0.0);
    for value in values.clone() {
        low = if value < low { value } else { low };
        high = if value > high { value } else { high };
        sum += value;
    }
    if let Some(seen) = seen {
        for value in values.clone() {
            if value == 0.0 {
                seen(hash_long((-value).to_bits().cast_signed()));
            }
            // All NaN are one, as in Java.
            let value = if value.is_nan() { f64::NAN } else { value };
            seen(hash_long(value.to_bits().cast_signed()));
        }
    }
    let bounds = if low <= high {
        let widened = (if low == 0.0 { -0.0 } else { low }, if high == 0.0 { 0.0 } else { high });
        Some(widened)
    } else {
        // There is none, or nothing but NaN.
        let mut values = values;
        values.next().map(|_| (f64::NAN, f64::NAN))
    };
    Detail::Double { bounds, sum }
}

/// Sums decimals of one scale up.
pub(super) fn decimals(values: &[i128], scale: u8, seen: Seen<'_>) -> Detail {
    let decimal = |value| Decimal { value, scale };
    let low = values.iter().min().copied();
    let high = values.iter().max().copied();
    let mut sum = Some(0i128);
    for value in values {
        sum = sum.and_then(|sum| sum.checked_add(*value));
    }
    let sum = sum.and_then(|sum| decimal(sum).plus(decimal(0)));
    all(seen, values.iter().map(|v| hash_bytes(decimal(*v).to_string().as_bytes())));
    Detail::Decimal { bounds: low.zip(high).map(|(l, h)| (decimal(l), decimal(h))), sum }
}

/// Sums points in time up.
pub(super) fn moments(seconds: &[i64], nanos: &[i64], seen: Seen<'_>) -> Detail {
    let moments = || {
        let pairs = seconds.iter().zip(nanos);
        pairs.map(|(seconds, nanos)| Moment { seconds: *seconds, nanos: *nanos as u32 })
    };
    let (mut low, mut high) = (None::<Moment>, None::<Moment>);
    for moment in moments() {
        low = Some(low.map_or(moment, |low| low.min(moment)));
        high = Some(high.map_or(moment, |high| high.max(moment)));
    }
    all(seen, moments().map(|m| hash_long(m.millis())));
    Detail::Timestamp { bounds: low.zip(high), utc: true }
}

/// Sums the lengths of collections up.
pub(super) fn lengths(values: &[i64]) -> Detail {
    let low = values.iter().min();
    let bounds = low.zip(values.iter().max()).map(|(l, h)| (*l as u64, *h as u64));
    Detail::Collection { bounds, total: values.iter().map(|v| *v as u64).sum() }
}

/// Appends the zigzag varint of a decimal's digits.
pub(super) fn put_digits(value: i128, out: &mut Vec<u8>) {
    if let Ok(short) = i64::try_from(value) {
        super::super::proto::put_varint(super::super::proto::zigzag(short), out);
        return;
    }
    let mut rest = ((value << 1) ^ (value >> 127)).cast_unsigned();
    while rest >= 0x80 {
        out.push((rest & 0x7f) as u8 | 0x80);
        rest >>= 7;
    }
    out.push(rest as u8);
}

/// Packs nanoseconds: zeros at the end are counted in the lowest 3 bits, two and more of them.
pub(super) fn pack_nanos(nanos: i64) -> i64 {
    let mut nanos = nanos as u32;
    if nanos == 0 {
        return 0;
    }
    if !nanos.is_multiple_of(100) {
        return i64::from(nanos) << 3;
    }
    let mut zeros = 2;
    nanos /= 100;
    if nanos.is_multiple_of(10_000) {
        (nanos, zeros) = (nanos / 10_000, 6);
    }
    while zeros < 8 && nanos.is_multiple_of(10) {
        nanos /= 10;
        zeros += 1;
    }
    i64::from(nanos) << 3 | (zeros - 1)
}

/// Splits a timestamp into seconds, rounded down, and nanoseconds of the second.
pub(super) fn split(value: i64, per_second: i64) -> (i64, i64) {
    let seconds = value.div_euclid(per_second);
    (seconds, (value - seconds * per_second) * (1_000_000_000 / per_second))
}

/// Returns the seconds as they are stored.
///
/// Writers round them towards zero where milliseconds are left, and readers undo it. Both belong to
/// the format by now; the second before 1970 has no form of its own.
///
/// Source: ORC `TimestampTreeWriter`, C++ `TimestampColumnWriter`.
pub(super) fn stored_seconds(seconds: i64, nanos: i64) -> i64 {
    seconds + i64::from(seconds < 0 && nanos > 999_999)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nanoseconds_lose_their_zeros() {
        for (nanos, packed) in [
            (0, 0),
            (1, 8),
            (10, 80),
            (100, 8 | 1),
            (1000, 8 | 2),
            (123_456_000, 123_456 << 3 | 2),
            (500_000_000, 5 << 3 | 7),
            (120_000_000, 12 << 3 | 6),
            (999_999_999, 999_999_999 << 3),
        ] {
            assert_eq!(pack_nanos(nanos), packed, "{nanos}");
        }
    }

    #[test]
    fn bounds_leave_nan_out_and_cover_both_zeros() {
        let detail = doubles([0.0, f64::NAN, -3.0].into_iter(), None);
        let Detail::Double { bounds: Some((low, high)), sum } = detail else { panic!() };
        assert!(low == -3.0 && high.is_sign_positive() && high == 0.0 && sum.is_nan());
        let Detail::Integer { sum, .. } = integers(&[i64::MAX, 1], None) else { panic!() };
        assert_eq!(sum, None);
        let Detail::Integer { sum, .. } = integers(&[i64::MAX, i64::MIN, 5], None) else {
            panic!()
        };
        assert_eq!(sum, Some(4));
    }
}
