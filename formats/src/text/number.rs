//! Text to numbers, as Java and Hive read them.

use super::cuts::Piece;
use crate::message::number::{self, Short};

/// Longest text that is read at once.
const WINDOW: usize = 32;

/// Longest text of a double that may be: a point and 16 digits.
const EXACT: usize = 17;

/// Reads a number without an exponent, of digits that fit 64 bits; `None` says nothing about the text.
#[inline]
fn short(piece: Piece<'_>) -> Option<Short> {
    let length = piece.len();
    if length > WINDOW {
        return None;
    }
    // The text with zeros behind it, without a copy whose length is known too late.
    let mut window = [0; 2 * WINDOW];
    if let (Some(low), Some(high)) = (piece.ahead(0), piece.ahead(16)) {
        window[..16].copy_from_slice(&front(low, length));
        window[16..32].copy_from_slice(&front(high, length.saturating_sub(16)));
    } else {
        window[..length].copy_from_slice(piece.text());
    }
    number::short(&window, 0).filter(|number| number.end == length)
}

/// Keeps the first bytes and makes the others zero.
#[inline]
fn front(bytes: &[u8; 16], length: usize) -> [u8; 16] {
    let keep = if length < 16 { !(u128::MAX << (8 * length)) } else { u128::MAX };
    (u128::from_le_bytes(*bytes) & keep).to_le_bytes()
}

/// Reads a whole number; digits behind a point are dropped.
///
/// Source: Hive `LazyLong.parseLong`.
#[inline]
pub(crate) fn integer(piece: Piece<'_>) -> Option<i64> {
    short(piece).and_then(Short::to_i64).or_else(|| any_integer(piece.text()))
}

fn any_integer(text: &[u8]) -> Option<i64> {
    let (negative, digits) = match text.split_first()? {
        (b'-', rest) => (true, rest),
        (b'+', rest) => (false, rest),
        _ => (false, text),
    };
    let end = digits.iter().position(|c| *c == b'.');
    let whole = &digits[..end.unwrap_or(digits.len())];
    if let Some(end) = end
        && !digits[end + 1..].iter().all(u8::is_ascii_digit)
    {
        return None;
    }
    if digits.is_empty() || digits == b"." {
        return None;
    }
    let mut value = 0i64;
    for c in whole {
        let digit = i64::from(c.wrapping_sub(b'0'));
        if digit > 9 {
            return None;
        }
        // Counted downwards, so that the least number fits too.
        value = value.checked_mul(10)?.checked_sub(digit)?;
    }
    if negative { Some(value) } else { value.checked_neg() }
}

/// Takes white space and Java's type letter off a number; `None` if it is none.
fn java_float(text: &[u8]) -> Option<&str> {
    // Most are plain.
    if let [b'0'..=b'9', ..] | [b'-', b'0'..=b'9', ..] = text
        && text.last().is_some_and(u8::is_ascii_digit)
    {
        return std::str::from_utf8(text).ok();
    }
    // Java trims all control characters.
    let control = |c: &u8| *c <= b' ';
    let start = text.iter().position(|c| !control(c))?;
    let end = text.iter().rposition(|c| !control(c))?;
    let text = std::str::from_utf8(&text[start..=end]).ok()?;
    let word = text.strip_prefix(['-', '+']).unwrap_or(text);
    if matches!(word, "NaN" | "Infinity") {
        return Some(text);
    }
    let number = text.strip_suffix(['f', 'F', 'd', 'D']).unwrap_or(text);
    word.starts_with(|c: char| c.is_ascii_digit() || c == '.').then_some(number)
}

/// Reads a number as Java's `Float.parseFloat` does.
#[inline]
pub(crate) fn single(piece: Piece<'_>) -> Option<f32> {
    let exact = short(piece).and_then(Short::to_f32);
    exact.or_else(|| java_float(piece.text())?.parse().ok())
}

/// Reads a number as Java's `Double.parseDouble` does.
#[inline]
pub(crate) fn double(piece: Piece<'_>) -> Option<f64> {
    // More digits than 16 are not read exactly at once, so they need not be tried.
    let tried = if piece.len() <= EXACT { short(piece) } else { None };
    tried.and_then(Short::to_f64).or_else(|| java_float(piece.text())?.parse().ok())
}

/// Reads a decimal, rounded half up to a scale; `None` if it has too many digits before the point.
///
/// Source: Hive `HiveDecimal.create` and `enforcePrecisionScale`.
#[inline]
pub(crate) fn decimal(piece: Piece<'_>, precision: u8, scale: u8) -> Option<i128> {
    let limit = POWERS.get(usize::from(precision)).copied()?;
    match short(piece).and_then(|number| number.to_scaled(usize::from(scale))) {
        Some(value) => (value.abs() < limit).then_some(value),
        None => any_decimal(piece.text(), limit, scale),
    }
}

/// Powers of ten: the least numbers that a precision does not hold.
static POWERS: [i128; 39] = {
    let mut powers = [1; 39];
    let mut i = 1;
    while i < 39 {
        powers[i] = powers[i - 1] * 10;
        i += 1;
    }
    powers
};

fn any_decimal(text: &[u8], limit: i128, scale: u8) -> Option<i128> {
    let (negative, mut rest) = match text.split_first()? {
        (b'-', rest) => (true, rest),
        (b'+', rest) => (false, rest),
        _ => (false, text),
    };
    let mut exponent = 0i64;
    if let Some(at) = rest.iter().position(|c| matches!(c, b'e' | b'E')) {
        let text = std::str::from_utf8(&rest[at + 1..]).ok()?;
        exponent = text.parse().ok().filter(|e: &i64| e.abs() < 100_000)?;
        rest = &rest[..at];
    }
    let point = rest.iter().position(|c| *c == b'.').unwrap_or(rest.len());
    let (whole, fraction) = (&rest[..point], rest.get(point + 1..).unwrap_or_default());
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    // How many digits from the first one stand before the cut.
    let keep = whole.len() as i64 + exponent + i64::from(scale);
    let (mut value, mut round) = (0i128, false);
    for (i, c) in whole.iter().chain(fraction).enumerate() {
        let digit = c.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        match (i as i64).cmp(&keep) {
            std::cmp::Ordering::Less => {
                value = value.checked_mul(10)?.checked_add(i128::from(digit))?;
            }
            std::cmp::Ordering::Equal => round = digit >= 5,
            std::cmp::Ordering::Greater => {}
        }
    }
    let missing = keep - (whole.len() + fraction.len()) as i64;
    if missing > 0 && value != 0 {
        let factor = 10i128.checked_pow(u32::try_from(missing).ok()?)?;
        value = value.checked_mul(factor)?;
    }
    value += i128::from(round);
    (value < limit).then_some(if negative { -value } else { value })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// What is read at once is what is read digit by digit, whatever stands behind it.
        #[test]
        fn short_numbers_are_what_any_number_would_be(
            text in "[-+]?[0-9]{0,20}([.][0-9]{0,9})?",
            behind in "[0-9.,]{0,40}",
        ) {
            let all = format!("{text}{behind}");
            let piece = Piece::within(all.as_bytes(), 0, text.len());
            prop_assert_eq!(integer(piece), any_integer(text.as_bytes()));
            prop_assert_eq!(decimal(piece, 18, 4), any_decimal(text.as_bytes(), POWERS[18], 4));
            let exact = java_float(text.as_bytes()).and_then(|text| text.parse::<f64>().ok());
            prop_assert_eq!(double(piece).map(f64::to_bits), exact.map(f64::to_bits));
            let exact = java_float(text.as_bytes()).and_then(|text| text.parse::<f32>().ok());
            prop_assert_eq!(single(piece).map(f32::to_bits), exact.map(f32::to_bits));
        }
    }

    #[test]
    fn integers_are_cut_at_the_point() {
        for (text, value) in [
            ("+1", Some(1)),
            ("-9223372036854775808", Some(i64::MIN)),
            ("9223372036854775808", None),
            ("1.9", Some(1)),
            (".5", Some(0)),
            ("5.", Some(5)),
            ("1e2", None),
            (" 1", None),
            ("", None),
            ("--1", None),
            ("0x1F", None),
            ("1_000", None),
        ] {
            assert_eq!(integer(Piece::of(text.as_bytes())), value, "{text}");
        }
    }

    #[test]
    fn numbers_are_those_of_java() {
        for (text, value) in [
            (" 1 ", Some(1.0)),
            ("1f", Some(1.0)),
            ("1E2", Some(100.0)),
            ("-Infinity", Some(f64::NEG_INFINITY)),
            ("inf", None),
            ("nan", None),
            ("0x1F", None),
            ("", None),
        ] {
            assert_eq!(double(Piece::of(text.as_bytes())), value, "{text}");
        }
        assert!(double(Piece::of(b"NaN")).is_some_and(f64::is_nan));
    }

    #[test]
    fn decimals_round_half_up() {
        for (text, value) in [
            ("123.456", Some(12346)),
            ("999.994", Some(99999)),
            ("999.995", None),
            ("-0.005", Some(-1)),
            ("0.004", Some(0)),
            (".5", Some(50)),
            ("1e2", Some(10000)),
            ("12345e-3", Some(1235)),
            ("1e-900", Some(0)),
            ("0e90000", Some(0)),
            ("1e90000", None),
            ("1 ", None),
            ("5.", Some(500)),
            (".", None),
        ] {
            assert_eq!(decimal(Piece::of(text.as_bytes()), 5, 2), value, "{text}");
        }
        let most = "9".repeat(38);
        assert_eq!(decimal(Piece::of(most.as_bytes()), 38, 0), most.parse().ok());
        assert_eq!(decimal(Piece::of(format!("{most}9").as_bytes()), 38, 0), None);
    }
}
