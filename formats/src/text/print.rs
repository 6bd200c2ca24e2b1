//! Values to text as Java and Hive print them.

use std::fmt::Write;

use crate::calendar::{DAY_MICROS, date_of_day};

/// Appends a day as `yyyy-MM-dd`.
pub(crate) fn date(day: i32, out: &mut String) {
    let Some(date) = date_of_day(day) else {
        write!(out, "{day}").unwrap_or_default();
        return;
    };
    let year = chrono::Datelike::year(&date);
    let (month, day) = (chrono::Datelike::month(&date), chrono::Datelike::day(&date));
    let sign = if year < 0 { "-" } else { "" };
    write!(out, "{sign}{:04}-{month:02}-{day:02}", year.abs()).unwrap_or_default();
}

/// Appends a wall clock time as `yyyy-MM-dd HH:mm:ss`, with a fraction without trailing zeros.
///
/// Source: Hive `Timestamp.toString`.
pub(crate) fn timestamp(micros: i64, out: &mut String) {
    let day = micros.div_euclid(DAY_MICROS);
    date(i32::try_from(day).unwrap_or(i32::MAX), out);
    let in_day = micros.rem_euclid(DAY_MICROS);
    let (seconds, fraction) = (in_day / 1_000_000, in_day % 1_000_000);
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    write!(out, " {hour:02}:{minute:02}:{second:02}").unwrap_or_default();
    if fraction > 0 {
        let digits = format!("{fraction:06}");
        out.push('.');
        out.push_str(digits.trim_end_matches('0'));
    }
}

/// Appends a number as Java's `Double.toString` prints it.
pub(crate) fn double(value: f64, out: &mut String) {
    let shortest = format!("{value:e}");
    float(value.is_finite(), value.abs(), &shortest, out);
}

/// Appends a number as Java's `Float.toString` prints it.
pub(crate) fn single(value: f32, out: &mut String) {
    let shortest = format!("{value:e}");
    float(value.is_finite(), f64::from(value.abs()), &shortest, out);
}

/// Puts the shortest digits, given as `d.dde±x`, into Java's form.
fn float(finite: bool, size: f64, shortest: &str, out: &mut String) {
    if !finite {
        out.push_str(match shortest {
            "inf" => "Infinity",
            "-inf" => "-Infinity",
            _ => "NaN",
        });
        return;
    }
    let (mantissa, exponent) = shortest.split_once('e').unwrap_or((shortest, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let (sign, mantissa) = match mantissa.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", mantissa),
    };
    out.push_str(sign);
    let (first, rest) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    if size == 0.0 {
        out.push_str("0.0");
    } else if (1e-3..1e7).contains(&size) {
        let digits = format!("{first}{rest}");
        if exponent < 0 {
            out.push_str("0.");
            out.extend(std::iter::repeat_n('0', exponent.unsigned_abs() as usize - 1));
            out.push_str(&digits);
        } else {
            let whole = exponent as usize + 1;
            let padded = format!("{digits:0<whole$}");
            out.push_str(&padded[..whole]);
            out.push('.');
            out.push_str(if padded.len() > whole { &padded[whole..] } else { "0" });
        }
    } else {
        out.push_str(first);
        out.push('.');
        out.push_str(if rest.is_empty() { "0" } else { rest });
        write!(out, "E{exponent}").unwrap_or_default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_print_as_in_java() {
        for (value, text) in [
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (1.0, "1.0"),
            (100.0, "100.0"),
            (1.5, "1.5"),
            (0.001, "0.001"),
            (0.0001, "1.0E-4"),
            (0.0123, "0.0123"),
            (1_234_567.5, "1234567.5"),
            (1e7, "1.0E7"),
            (12_345_678.9, "1.23456789E7"),
            (f64::MIN, "-1.7976931348623157E308"),
            (f64::NAN, "NaN"),
            (f64::NEG_INFINITY, "-Infinity"),
        ] {
            let mut out = String::new();
            double(value, &mut out);
            assert_eq!(out, text);
        }
        let mut out = String::new();
        single(f32::MAX, &mut out);
        assert_eq!(out, "3.4028235E38");
    }

    #[test]
    fn times_print_without_trailing_zeros() {
        for (micros, text) in [
            (0, "1970-01-01 00:00:00"),
            (-1, "1969-12-31 23:59:59.999999"),
            (500_000, "1970-01-01 00:00:00.5"),
            (-62_135_596_800_000_000, "0001-01-01 00:00:00"),
        ] {
            let mut out = String::new();
            timestamp(micros, &mut out);
            assert_eq!(out, text);
        }
    }
}
