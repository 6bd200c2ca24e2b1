//! Text to primitive values, as Hive's lazy objects read it: what is no value of the type is NULL.

use std::cell::Cell;

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use chrono_tz::Tz;

use super::time::{self, LastDay, TimeFormat};
use crate::Result;
use crate::rows::{Column, Data};
use crate::table::{Descriptor, HiveVersion, ReadRequest};
use crate::types::HiveType;

/// Base64 as Java's basic decoder takes it.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// Says how text becomes values.
#[derive(Clone, Debug)]
pub(crate) struct ValueRules {
    pub(crate) version: Option<HiveVersion>,
    pub(crate) zone: Tz,
    /// `hive.lazysimple.extended_boolean_literal`: also `t`, `f`, `1`, `0`, `yes`, `no`.
    pub(crate) extended_boolean: bool,
    pub(crate) timestamp_formats: Vec<TimeFormat>,
    /// The day that was read last, since many rows have the same.
    day: Cell<LastDay>,
}

impl ValueRules {
    pub(crate) fn new(descriptor: &Descriptor, request: &ReadRequest) -> Result<Self> {
        let formats = descriptor.property("timestamp.formats").unwrap_or_default();
        Ok(Self {
            version: request.version(descriptor)?,
            zone: request.options.zone,
            extended_boolean: descriptor.is_set("hive.lazysimple.extended_boolean_literal"),
            timestamp_formats: TimeFormat::parse_list(formats)?,
            day: Cell::default(),
        })
    }

    /// Appends the value that text stands for, or NULL; nested types get NULL.
    ///
    /// Source: Hive `LazyInteger`, `LazyDouble`, `LazyHiveDecimal`, `LazyBinary` and the others.
    #[inline]
    pub(crate) fn push(&self, column: &mut Column, text: &[u8]) {
        if self.try_push(column, text) {
            column.valid();
        } else {
            column.push_null();
        }
    }

    #[inline]
    fn try_push(&self, column: &mut Column, text: &[u8]) -> bool {
        #[inline]
        fn put<T>(values: &mut Vec<T>, value: Option<T>) -> bool {
            value.is_some_and(|value| {
                values.push(value);
                true
            })
        }
        let (ty, data) = column.parts();
        match data {
            Data::Bool(values) => {
                let value = self.boolean(text);
                if let Some(value) = value {
                    values.append(value);
                }
                value.is_some()
            }
            Data::I8(v) => put(v, integer(text).and_then(|n| i8::try_from(n).ok())),
            Data::I16(v) => put(v, integer(text).and_then(|n| i16::try_from(n).ok())),
            Data::I32(v) => put(v, integer(text).and_then(|n| i32::try_from(n).ok())),
            Data::I64(v) => put(v, integer(text)),
            Data::F32(v) => put(v, single(text)),
            Data::F64(v) => put(v, double(text)),
            Data::Decimal(v) => {
                let trims = !matches!(self.version, Some(HiveVersion::V2 | HiveVersion::V3));
                let text = if trims { text.trim_ascii() } else { text };
                match *ty {
                    HiveType::Decimal { precision, scale } => {
                        put(v, decimal(text, precision, scale))
                    }
                    _ => false,
                }
            }
            Data::Date(v) => put(v, time::date(text, self.version)),
            Data::Timestamp(v) => {
                let local = matches!(ty, HiveType::TimestampLocalTz);
                put(v, if local { time::instant(text, self.zone) } else { self.timestamp(text) })
            }
            Data::Text(out) => {
                match *ty {
                    HiveType::Varchar(n) => {
                        push_text(&mut out.bytes, text, Some(n as usize), false);
                    }
                    HiveType::Char(n) => push_text(&mut out.bytes, text, Some(n as usize), true),
                    _ => push_text(&mut out.bytes, text, None, false),
                }
                out.end_value();
                true
            }
            Data::Binary(out) => {
                self.binary(text, &mut out.bytes);
                out.end_value();
                true
            }
            _ => false,
        }
    }

    fn boolean(&self, text: &[u8]) -> Option<bool> {
        if text.eq_ignore_ascii_case(b"true") {
            return Some(true);
        }
        if text.eq_ignore_ascii_case(b"false") {
            return Some(false);
        }
        if !self.extended_boolean {
            return None;
        }
        match text {
            b"t" | b"T" | b"1" => Some(true),
            b"f" | b"F" | b"0" => Some(false),
            _ if text.eq_ignore_ascii_case(b"yes") => Some(true),
            _ if text.eq_ignore_ascii_case(b"no") => Some(false),
            _ => None,
        }
    }

    fn timestamp(&self, text: &[u8]) -> Option<i64> {
        let by_format = self.timestamp_formats.iter().find_map(|format| format.read(text));
        by_format
            .or_else(|| {
                let mut day = self.day.get();
                let read = time::plain_timestamp(text, &mut day);
                self.day.set(day);
                read
            })
            .or_else(|| time::any_timestamp(text, self.version))
    }

    /// Appends bytes that may be in base64; other bytes are taken as they are.
    pub(crate) fn binary(&self, text: &[u8], out: &mut Vec<u8>) {
        let begin = out.len();
        if matches!(self.version, Some(HiveVersion::V2 | HiveVersion::V3)) {
            loose_base64(text, out);
        } else if BASE64.decode_vec(text, out).is_err() {
            out.truncate(begin);
        }
        if out.len() == begin {
            out.extend_from_slice(text);
        }
    }
}

/// Appends what text in anything like base64 stands for.
///
/// Source: `Base64.isArrayByteBase64` and `decodeBase64` of Apache commons-codec.
fn loose_base64(text: &[u8], out: &mut Vec<u8>) {
    let digit = |c: u8| {
        Some(u32::from(match c {
            b'A'..=b'Z' => c - b'A',
            b'a'..=b'z' => c - b'a' + 26,
            b'0'..=b'9' => c - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => return None,
        }))
    };
    let space = |c: u8| matches!(c, b' ' | b'\n' | b'\r' | b'\t');
    if !text.iter().all(|c| digit(*c).is_some() || *c == b'=' || space(*c)) {
        return;
    }
    let (mut word, mut bits) = (0u32, 0);
    for digit in text.iter().take_while(|c| **c != b'=').filter_map(|c| digit(*c)) {
        word = (word << 6) | digit;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            out.push((word >> bits) as u8);
        }
    }
}

/// Appends text that is valid UTF-8 afterwards, cut and filled to a length in characters.
#[inline]
pub(crate) fn push_text(out: &mut Vec<u8>, text: &[u8], length: Option<usize>, padded: bool) {
    // Most text is short and plain.
    if text.is_ascii() {
        let end = length.unwrap_or(text.len()).min(text.len());
        out.extend_from_slice(&text[..end]);
        if padded && let Some(length) = length {
            out.resize(out.len() + length - end, b' ');
        }
        return;
    }
    let valid = simdutf8::basic::from_utf8(text);
    match (valid, length) {
        (Ok(_), None) => out.extend_from_slice(text),
        (Ok(text), Some(length)) => push_length(out, text, length, padded),
        (Err(_), None) => out.extend_from_slice(String::from_utf8_lossy(text).as_bytes()),
        (Err(_), Some(length)) => {
            push_length(out, &String::from_utf8_lossy(text), length, padded);
        }
    }
}

fn push_length(out: &mut Vec<u8>, text: &str, length: usize, padded: bool) {
    let mut fitted = String::new();
    crate::table::push_fitted(text, length, padded, &mut fitted);
    out.extend_from_slice(fitted.as_bytes());
}

/// Reads a whole number; digits behind a point are dropped.
///
/// Source: Hive `LazyLong.parseLong`.
#[inline]
pub(crate) fn integer(text: &[u8]) -> Option<i64> {
    let (negative, digits) = match text.split_first()? {
        (b'-', rest) => (true, rest),
        (b'+', rest) => (false, rest),
        _ => (false, text),
    };
    if let Some(value) = short_digits(digits) {
        return Some(if negative { -value } else { value });
    }
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

/// Reads up to 18 digits and nothing else.
#[inline]
fn short_digits(digits: &[u8]) -> Option<i64> {
    if digits.is_empty() || digits.len() > 18 {
        return None;
    }
    let (mut value, mut bad) = (0i64, 0u8);
    for c in digits {
        let digit = c.wrapping_sub(b'0');
        bad |= u8::from(digit > 9);
        // What is no digit is found out at the end.
        value = value.wrapping_mul(10).wrapping_add(i64::from(digit));
    }
    (bad == 0).then_some(value)
}

/// Reads a decimal of up to 18 digits whose fraction is not longer than the scale.
#[inline]
fn short_decimal(text: &[u8], precision: u8, scale: u8) -> Option<i128> {
    let (negative, rest) = match text.split_first()? {
        (b'-', rest) => (true, rest),
        _ => (false, text),
    };
    if rest.len() > 18 {
        return None;
    }
    let (mut value, mut point, mut bad) = (0i64, rest.len(), 0u8);
    for (at, c) in rest.iter().enumerate() {
        if *c == b'.' {
            bad |= u8::from(point < rest.len());
            point = at;
            continue;
        }
        let digit = c.wrapping_sub(b'0');
        bad |= u8::from(digit > 9);
        // What is no digit is found out at the end.
        value = value.wrapping_mul(10).wrapping_add(i64::from(digit));
    }
    let fraction = (rest.len() - point).saturating_sub(1);
    let digits = rest.len() - usize::from(point < rest.len());
    let missing = usize::from(scale).checked_sub(fraction)?;
    // Only where the answer is sure to fit: all digits within the precision.
    if bad != 0 || digits == 0 || digits + missing > 18.min(usize::from(precision)) {
        return None;
    }
    let value = i128::from(value.wrapping_mul(10i64.pow(missing as u32)));
    Some(if negative { -value } else { value })
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
pub(crate) fn single(text: &[u8]) -> Option<f32> {
    java_float(text)?.parse().ok()
}

/// Reads a number as Java's `Double.parseDouble` does.
pub(crate) fn double(text: &[u8]) -> Option<f64> {
    java_float(text)?.parse().ok()
}

/// Reads a decimal, rounded half up to a scale; `None` if it has too many digits before the point.
///
/// Source: Hive `HiveDecimal.create` and `enforcePrecisionScale`.
pub(crate) fn decimal(text: &[u8], precision: u8, scale: u8) -> Option<i128> {
    if let Some(value) = short_decimal(text, precision, scale) {
        return Some(value);
    }
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
    let limit = 10i128.checked_pow(u32::from(precision))?;
    (value < limit).then_some(if negative { -value } else { value })
}

#[cfg(test)]
mod tests {
    use super::*;

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
            assert_eq!(integer(text.as_bytes()), value, "{text}");
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
            assert_eq!(double(text.as_bytes()), value, "{text}");
        }
        assert!(double(b"NaN").is_some_and(f64::is_nan));
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
            assert_eq!(decimal(text.as_bytes(), 5, 2), value, "{text}");
        }
        let most = "9".repeat(38);
        assert_eq!(decimal(most.as_bytes(), 38, 0), most.parse().ok());
        assert_eq!(decimal(format!("{most}9").as_bytes(), 38, 0), None);
    }

    #[test]
    fn binary_is_base64_if_it_looks_like_it() {
        let read = |text: &str, version| {
            let rules = ValueRules {
                version,
                zone: Tz::UTC,
                extended_boolean: false,
                timestamp_formats: Vec::new(),
                day: Cell::default(),
            };
            let mut out = Vec::new();
            rules.binary(text.as_bytes(), &mut out);
            out
        };
        assert_eq!(read("YQ==", None), b"a");
        assert_eq!(read("AQI", None), [1, 2]);
        assert_eq!(read("99999", None), b"99999");
        assert_eq!(read("99999", Some(HiveVersion::V3)), [0xf7, 0xdf, 0x7d]);
        assert_eq!(read("-1", Some(HiveVersion::V2)), [0xfb]);
        assert_eq!(read("1.9", Some(HiveVersion::V2)), b"1.9");
    }
}
