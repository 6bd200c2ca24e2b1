//! Numbers: a fast path for the usual JSON forms, an exact one for every other form of text.
//!
//! The fast functions never judge: they give a value, or decline, and then the exact ones decide.

use super::reason::Reason;
use super::scan::{at, load8};

const ONES: u64 = 0x0101_0101_0101_0101;

static POW10: [u64; 20] = {
    let mut powers = [1; 20];
    let mut i = 1;
    while i < 20 {
        powers[i] = powers[i - 1] * 10;
        i += 1;
    }
    powers
};

/// Powers of ten that are exact doubles.
static POW10_F64: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
];

/// Powers of ten that are exact floats.
static POW10_F32: [f32; 11] = [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10];

/// Counts the ASCII digits at the front of eight loaded bytes.
#[inline(always)]
fn leading_digits(word: u64) -> usize {
    let x = word ^ (0x30 * ONES);
    ((x.wrapping_add(0x76 * ONES) | x) & (0x80 * ONES)).trailing_zeros() as usize / 8
}

/// Value of eight digits, the first in the low byte.
#[inline(always)]
fn eight_digits(word: u64) -> u64 {
    let word = word & (0x0f * ONES);
    let word = word.wrapping_mul(10).wrapping_add(word >> 8);
    let high = (word & 0x0000_00ff_0000_00ff).wrapping_mul(0x000f_4240_0000_0064);
    let low = ((word >> 16) & 0x0000_00ff_0000_00ff).wrapping_mul(0x0000_2710_0000_0001);
    high.wrapping_add(low) >> 32
}

#[inline(always)]
fn up_to_seven(word: u64, count: usize) -> u64 {
    if count == 0 { 0 } else { eight_digits(word << (64 - 8 * count)) }
}

/// Value and count of the digits at a position; the value is void for none and for more than 16.
#[inline(always)]
pub(super) fn digits(block: &[u8], pos: usize) -> (u64, usize) {
    let word = load8(block, pos);
    let count = leading_digits(word);
    if count < 8 {
        return (eight_digits(word << ((64 - 8 * count) & 63)), count);
    }
    let second = load8(block, pos + 8);
    let more = leading_digits(second);
    let high = eight_digits(word);
    if more < 8 {
        return (high * POW10[more] + up_to_seven(second, more), 8 + more);
    }
    let mut count = 16;
    while at(block, pos + count).is_ascii_digit() {
        count += 1;
    }
    (high * 100_000_000 + eight_digits(second), count)
}

/// A number without exponent and of at most 17 digits, 16 on each side of the point.
#[derive(Clone, Copy)]
pub(crate) struct Short {
    negative: bool,
    mantissa: u64,
    fraction: usize,
    pub(crate) end: usize,
}

/// Reads a short number that also satisfies the JSON grammar.
#[inline(always)]
pub(crate) fn short(block: &[u8], pos: usize) -> Option<Short> {
    let negative = at(block, pos) == b'-';
    let first = pos + usize::from(negative);
    let (whole, count) = digits(block, first);
    if count == 0 || (count > 1 && at(block, first) == b'0') {
        return None;
    }
    let mut end = first + count;
    let (mut mantissa, mut fraction) = (whole, 0);
    if at(block, end) == b'.' {
        let (value, places) = digits(block, end + 1);
        if places == 0 || count + places > 17 {
            return None;
        }
        end += 1 + places;
        fraction = places;
        mantissa = whole * POW10[places] + value;
    } else if count > 16 {
        return None;
    }
    if at(block, end) | 0x20 == b'e' {
        return None;
    }
    Some(Short { negative, mantissa, fraction, end })
}

impl Short {
    #[inline(always)]
    pub(crate) fn to_i64(self) -> Option<i64> {
        let value = self.mantissa as i64;
        (self.fraction == 0).then_some(if self.negative { -value } else { value })
    }

    /// Exact by one division of two exact doubles.
    #[inline(always)]
    pub(crate) fn to_f64(self) -> Option<f64> {
        if self.mantissa > 1 << 53 {
            return None;
        }
        let value = self.mantissa as f64 / POW10_F64[self.fraction.min(22)];
        Some(if self.negative { -value } else { value })
    }

    #[inline(always)]
    pub(crate) fn to_f32(self) -> Option<f32> {
        if self.mantissa > 1 << 24 || self.fraction > 10 {
            return None;
        }
        let value = self.mantissa as f32 / POW10_F32[self.fraction];
        Some(if self.negative { -value } else { value })
    }

    /// The value times ten to the `scale`, if nothing is cut and the product cannot overflow.
    #[inline(always)]
    pub(crate) fn to_scaled(self, scale: usize) -> Option<i128> {
        if self.fraction > scale || scale > 18 {
            return None;
        }
        let value = i128::from(self.mantissa) * i128::from(POW10[scale - self.fraction]);
        Some(if self.negative { -value } else { value })
    }
}

/// A number of any form, cut into its parts: `-12.5e-3`, also `+5`, `007`, `.5` and `5.`.
#[derive(Debug)]
pub(super) struct Number<'a> {
    negative: bool,
    whole: &'a [u8],
    fraction: &'a [u8],
    exponent: i64,
    text: &'a str,
}

impl<'a> Number<'a> {
    /// Cuts trimmed text into the parts of a number; `None` if it is none.
    pub(super) fn parse(text: &'a [u8]) -> Option<Self> {
        let text = std::str::from_utf8(text.trim_ascii()).ok()?;
        let (negative, rest) = match text.as_bytes() {
            [b'-', rest @ ..] => (true, rest),
            [b'+', rest @ ..] => (false, rest),
            rest => (false, rest),
        };
        let (mantissa, exponent) = match rest.iter().position(|c| c | 0x20 == b'e') {
            Some(e) => (rest.get(..e)?, exponent(rest.get(e + 1..)?)?),
            None => (rest, 0),
        };
        let point = mantissa.iter().position(|c| *c == b'.').unwrap_or(mantissa.len());
        let whole = mantissa.get(..point)?;
        let fraction = mantissa.get(point + 1..).unwrap_or_default();
        let all_digits = whole.iter().chain(fraction).all(u8::is_ascii_digit);
        let any = !whole.is_empty() || !fraction.is_empty();
        (all_digits && any).then_some(Self { negative, whole, fraction, exponent, text })
    }

    /// The value times ten to the `scale`, rounded half up (away from zero), and whether a
    /// non-zero digit was cut; `None` if it does not fit.
    fn scaled(&self, scale: usize) -> Option<(i128, bool)> {
        let digits = || self.whole.iter().chain(self.fraction).map(|c| i128::from(c - b'0'));
        if digits().all(|d| d == 0) {
            return Some((0, false));
        }
        let count = self.whole.len() + self.fraction.len();
        let shift = self.exponent.checked_add(i64::try_from(scale).ok()?)?;
        let keep = i64::try_from(self.whole.len()).ok()?.checked_add(shift)?;
        let kept = usize::try_from(keep.max(0)).ok()?;
        let mut value = 0i128;
        for digit in digits().take(kept) {
            value = value.checked_mul(10)?.checked_add(digit)?;
        }
        for _ in count..kept {
            value = value.checked_mul(10)?;
        }
        let mut cut = digits().skip(kept);
        if keep >= 0 && cut.next().is_some_and(|d| d >= 5) {
            value = value.checked_add(1)?;
        }
        let lost = digits().skip(kept).any(|d| d != 0);
        Some((if self.negative { -value } else { value }, lost))
    }

    /// An integer; a fraction of zeros is none.
    pub(super) fn to_i64(&self) -> Result<i64, Reason> {
        match self.scaled(0) {
            Some((_, true)) => Err(Reason::Fraction),
            Some((value, false)) => i64::try_from(value).map_err(|_| Reason::OutOfRange),
            None => Err(Reason::OutOfRange),
        }
    }

    /// A decimal of a scale, below `limit`, with further digits rounded half up.
    pub(super) fn to_decimal(&self, scale: usize, limit: i128) -> Result<i128, Reason> {
        let value = self.scaled(scale).map(|(value, _)| value);
        value.filter(|v| v.abs() < limit).ok_or(Reason::OutOfRange)
    }

    pub(super) fn to_f64(&self) -> Result<f64, Reason> {
        let value = self.text.parse::<f64>().map_err(|_| Reason::NotOfType)?;
        if value.is_finite() { Ok(value) } else { Err(Reason::OutOfRange) }
    }

    pub(super) fn to_f32(&self) -> Result<f32, Reason> {
        let value = self.text.parse::<f32>().map_err(|_| Reason::NotOfType)?;
        if value.is_finite() { Ok(value) } else { Err(Reason::OutOfRange) }
    }
}

fn exponent(text: &[u8]) -> Option<i64> {
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        rest => (false, rest),
    };
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let value = digits.iter().fold(0i64, |v, c| (v * 10 + i64::from(c - b'0')).min(1 << 40));
    Some(if negative { -value } else { value })
}

/// The texts Java gives values that are no numbers.
pub(super) fn not_finite(text: &[u8]) -> Option<f64> {
    match text.trim_ascii() {
        b"NaN" => Some(f64::NAN),
        b"Infinity" | b"+Infinity" => Some(f64::INFINITY),
        b"-Infinity" => Some(f64::NEG_INFINITY),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers of all lengths around the widths of the loads.
    fn texts() -> Vec<String> {
        let mut seed = 0x2545_f491_u64;
        let mut next = || {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            seed
        };
        let mut texts = Vec::new();
        for whole in 1..20 {
            for places in 0..20 {
                for _ in 0..20 {
                    let digits = format!("{:020}{:020}", next(), next());
                    let sign = if next() % 2 == 0 { "-" } else { "" };
                    let (whole, places) = (&digits[20 - whole..20], &digits[20..20 + places]);
                    let point = if places.is_empty() { "" } else { "." };
                    let whole = whole.trim_start_matches('0');
                    let whole = if whole.is_empty() { "0" } else { whole };
                    texts.push(format!("{sign}{whole}{point}{places}"));
                }
            }
        }
        texts
    }

    #[test]
    fn the_fast_path_agrees_with_the_exact_one() {
        let mut quick = 0;
        for text in texts() {
            let number = Number::parse(text.as_bytes()).unwrap();
            assert_eq!(number.to_f64(), Ok(text.parse().unwrap()), "{text}");
            for follower in [',', '}', ' ', '0'] {
                let mut block = format!("{text}{follower}").into_bytes();
                block.resize(block.len() + 64, 0);
                let Some(short) = short(&block, 0) else { continue };
                if follower == '0' {
                    continue;
                }
                quick += 1;
                assert_eq!(short.end, text.len(), "{text}");
                if let Some(value) = short.to_f64() {
                    assert_eq!(value.to_bits(), text.parse::<f64>().unwrap().to_bits(), "{text}");
                }
                if let Some(value) = short.to_f32() {
                    assert_eq!(value.to_bits(), text.parse::<f32>().unwrap().to_bits(), "{text}");
                }
                if let Some(value) = short.to_i64() {
                    assert_eq!(number.to_i64(), Ok(value), "{text}");
                }
                for scale in [0, 2, 9, 18] {
                    if let Some(value) = short.to_scaled(scale) {
                        assert_eq!(number.to_decimal(scale, i128::MAX), Ok(value), "{text}");
                    }
                }
            }
        }
        assert!(quick > 5000, "{quick}");
    }

    #[test]
    fn forms_that_are_no_json_numbers_are_left_to_the_exact_path() {
        for text in ["", "-", "+1", "01", ".5", "5.", "1e5", "1E5", "--1", "x"] {
            let mut block = text.as_bytes().to_vec();
            block.resize(block.len() + 64, 0);
            assert!(short(&block, 0).is_none(), "{text}");
        }
        for text in ["", "-", ".", "e5", "1e", "1e+", "1.2.3", "1 2", "0x1", "1_0", "--1"] {
            assert!(Number::parse(text.as_bytes()).is_none(), "{text}");
        }
    }
}
