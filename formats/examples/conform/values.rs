//! Rows in one form, so that what was read compares with what was expected.

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes as t;
use chrono::{DateTime, Datelike, NaiveDate, Offset, TimeZone};
use chrono_tz::Tz;
use formats::types::HiveType;
use serde_json::Value;

/// How strictly values compare.
#[derive(Clone, Copy, Debug)]
pub struct Form {
    pub zone: Tz,
    /// Whether spaces at the end of a `char` count.
    pub padded: bool,
    /// Whether the reader rounded timestamps to milliseconds.
    pub millis: bool,
    /// Whether years are printed as those of the era: Hive 2.3 and 3.1 have no year 0.
    pub era: bool,
}

impl Form {
    /// Prints a value that was read.
    pub fn read(&self, array: &ArrayRef, row: usize, ty: &HiveType) -> String {
        if array.is_null(row) && !matches!(ty, HiveType::Union(_)) {
            return "null".to_owned();
        }
        match ty {
            HiveType::Void => "null".to_owned(),
            HiveType::Boolean => array.as_boolean().value(row).to_string(),
            HiveType::TinyInt => array.as_primitive::<t::Int8Type>().value(row).to_string(),
            HiveType::SmallInt => array.as_primitive::<t::Int16Type>().value(row).to_string(),
            HiveType::Int => array.as_primitive::<t::Int32Type>().value(row).to_string(),
            HiveType::BigInt => array.as_primitive::<t::Int64Type>().value(row).to_string(),
            HiveType::Float => single(array.as_primitive::<t::Float32Type>().value(row)),
            HiveType::Double => double(array.as_primitive::<t::Float64Type>().value(row)),
            HiveType::Decimal { scale, .. } => {
                decimal(array.as_primitive::<t::Decimal128Type>().value(row), *scale)
            }
            HiveType::String | HiveType::Varchar(_) => quote(array.as_string::<i32>().value(row)),
            HiveType::Char(_) => self.char(array.as_string::<i32>().value(row)),
            HiveType::Binary => hex(array.as_binary::<i32>().value(row)),
            HiveType::Date => self.date(array.as_primitive::<t::Date32Type>().value(row)),
            HiveType::Timestamp => {
                let micros = array.as_primitive::<t::TimestampMicrosecondType>().value(row);
                wall(if self.millis { (micros + 500).div_euclid(1000) * 1000 } else { micros })
            }
            HiveType::TimestampLocalTz => {
                let micros = array.as_primitive::<t::TimestampMicrosecondType>().value(row);
                let utc = DateTime::from_timestamp_micros(micros).unwrap_or_default().naive_utc();
                let offset = self.zone.offset_from_utc_datetime(&utc).fix().local_minus_utc();
                wall(micros + i64::from(offset) * 1_000_000)
            }
            HiveType::Array(item) => {
                let values = array.as_list::<i32>().value(row);
                list((0..values.len()).map(|i| self.read(&values, i, item)))
            }
            HiveType::Map(key, value) => {
                let entries = array.as_map().value(row);
                let (keys, values) = (entries.column(0), entries.column(1));
                let mut all: Vec<String> = (0..entries.len())
                    .map(|i| {
                        list([self.read(keys, i, key), self.read(values, i, value)].into_iter())
                    })
                    .collect();
                all.sort();
                list(all.into_iter())
            }
            HiveType::Struct(fields) => {
                let array = array.as_struct();
                let fields = fields.iter().enumerate();
                list(fields.map(|(i, f)| {
                    format!("{}:{}", f.name.to_lowercase(), self.read(array.column(i), row, &f.ty))
                }))
            }
            HiveType::Union(types) => {
                let array = array.as_union();
                let tag = array.type_id(row);
                let member = usize::try_from(tag).unwrap_or(0);
                let value = self.read(array.child(tag), array.value_offset(row), &types[member]);
                if value == "null" { value } else { format!("{tag}:{value}") }
            }
            _ => "?".to_owned(),
        }
    }

    fn date(&self, day: i32) -> String {
        let found = day.checked_add(719_163).and_then(NaiveDate::from_num_days_from_ce_opt);
        match found.filter(|d| self.era && d.year() <= 0) {
            Some(d) => format!("{:04}-{:02}-{:02}", 1 - d.year(), d.month(), d.day()),
            None => date(day),
        }
    }

    fn char(&self, text: &str) -> String {
        quote(if self.padded { text } else { text.trim_end_matches(' ') })
    }

    /// Prints a value that was expected.
    pub fn expected(&self, value: &Value, ty: &HiveType) -> String {
        let text = value.as_str();
        match (ty, value) {
            (_, Value::Null) => "null".to_owned(),
            (HiveType::Float, _) => {
                number(value, text).map_or_else(odd(value), |n| single(n as f32))
            }
            (HiveType::Double, _) => number(value, text).map_or_else(odd(value), double),
            (HiveType::Decimal { .. }, Value::String(text)) => decimal_text(text),
            (HiveType::Decimal { .. }, Value::Number(number)) => {
                let text = number.to_string();
                let whole = number.as_f64().filter(|_| text.contains(['e', 'E']));
                decimal_text(&whole.map_or(text, |number| format!("{number}")))
            }
            (HiveType::Binary, Value::Array(bytes)) => {
                let byte = |b: &Value| b.as_i64().map_or(0, |b| b as u8);
                hex(&bytes.iter().map(byte).collect::<Vec<u8>>())
            }
            (HiveType::Char(_), Value::String(text)) => self.char(text),
            (HiveType::Timestamp | HiveType::TimestampLocalTz, Value::String(text)) => cut(text),
            (HiveType::Date | HiveType::Binary, Value::String(text)) => text.clone(),
            (_, Value::String(text)) => quote(text),
            (HiveType::Array(item), Value::Array(items)) => {
                list(items.iter().map(|v| self.expected(v, item)))
            }
            (HiveType::Map(key, value), Value::Array(pairs)) => {
                let pair = |pair: &Value| {
                    // A pair is a list, or as ORC's own tools print it.
                    let at = |i: usize, name: &str| {
                        let found = pair.get(i).or_else(|| pair.get(name));
                        found.or_else(|| pair.get(format!("_{name}"))).unwrap_or(&Value::Null)
                    };
                    let both =
                        [self.expected(at(0, "key"), key), self.expected(at(1, "value"), value)];
                    list(both.into_iter())
                };
                let mut all: Vec<String> = pairs.iter().map(pair).collect();
                all.sort();
                list(all.into_iter())
            }
            (HiveType::Struct(fields), Value::Object(object)) => list(fields.iter().map(|f| {
                let found = object.iter().find(|(k, _)| k.eq_ignore_ascii_case(&f.name));
                let value = found.map_or(&Value::Null, |(_, v)| v);
                format!("{}:{}", f.name.to_lowercase(), self.expected(value, &f.ty))
            })),
            (HiveType::Union(types), Value::Object(object)) => {
                let tag = object.get("tag").and_then(Value::as_u64).unwrap_or(0);
                let member = &types[usize::try_from(tag).unwrap_or(0).min(types.len() - 1)];
                let value = self.expected(object.get("value").unwrap_or(&Value::Null), member);
                if value == "null" { value } else { format!("{tag}:{value}") }
            }
            _ => value.to_string(),
        }
    }
}

fn odd(value: &Value) -> impl Fn() -> String {
    let text = value.to_string();
    move || text.clone()
}

fn list(items: impl Iterator<Item = String>) -> String {
    format!("[{}]", items.collect::<Vec<_>>().join(","))
}

fn quote(text: &str) -> String {
    Value::from(text).to_string()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

fn number(value: &Value, text: Option<&str>) -> Option<f64> {
    match text {
        Some("NaN") => Some(f64::NAN),
        Some("Infinity") => Some(f64::INFINITY),
        Some("-Infinity") => Some(f64::NEG_INFINITY),
        Some(text) => text.parse().ok(),
        None => value.as_f64(),
    }
}

fn single(value: f32) -> String {
    // Java's shortest digits are not always the shortest.
    format!("{value:.6e}")
}

/// Tells whether two values differ by the digits that those who wrote the expected rows left out.
///
/// The tools of ORC print decimals by way of doubles, and doubles with fourteen digits.
pub fn close(want: &str, got: &str) -> bool {
    let number = |text: &str| text.parse::<f64>().ok();
    let (Some(a), Some(b)) = (number(want), number(got)) else { return false };
    let digits = want.bytes().filter(u8::is_ascii_digit).count();
    let double = want.contains('e') && got.contains('e');
    let tolerance = if double { 2e-10 } else { 1e-15 };
    (double || digits >= 12) && (a - b).abs() <= a.abs() * tolerance
}

fn double(value: f64) -> String {
    // The reader of expected rows is not right to the last digits.
    if value == 0.0 { "0e0".to_owned() } else { format!("{value:.10e}") }
}

fn decimal(digits: i128, scale: u8) -> String {
    let scale = usize::from(scale);
    let mut text = format!("{:0>width$}", digits.unsigned_abs(), width = scale + 1);
    if scale > 0 {
        text.insert(text.len() - scale, '.');
    }
    if digits < 0 {
        text.insert(0, '-');
    }
    decimal_text(&text)
}

fn decimal_text(text: &str) -> String {
    if let Some((digits, exponent)) = text.split_once('E') {
        let places: usize = exponent.trim_start_matches('-').parse().unwrap_or(0);
        let whole: i128 = digits.replace('.', "").parse().unwrap_or(0);
        let scale = places + digits.split_once('.').map_or(0, |(_, f)| f.len());
        return decimal(whole, u8::try_from(scale).unwrap_or(0));
    }
    let text =
        if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { text };
    match text {
        "-0" | "" => "0".to_owned(),
        text => text.to_owned(),
    }
}

fn date(day: i32) -> String {
    let date = day.checked_add(719_163).and_then(NaiveDate::from_num_days_from_ce_opt);
    date.map_or_else(
        || day.to_string(),
        |d| {
            let sign = match d.year() {
                ..0 => "-",
                0..10_000 => "",
                _ => "+",
            };
            format!("{sign}{:04}-{:02}-{:02}", d.year().abs(), d.month(), d.day())
        },
    )
}

fn wall(micros: i64) -> String {
    let day = i32::try_from(micros.div_euclid(86_400_000_000)).unwrap_or(i32::MAX);
    let in_day = micros.rem_euclid(86_400_000_000);
    let (s, f) = (in_day / 1_000_000, in_day % 1_000_000);
    cut(&format!("{} {:02}:{:02}:{:02}.{f:06}", date(day), s / 3600, s / 60 % 60, s % 60))
}

/// Cuts a timestamp to microseconds, and takes zeros and a zone away.
fn cut(text: &str) -> String {
    let (seconds, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits: String = fraction.chars().take_while(char::is_ascii_digit).take(6).collect();
    let digits = digits.trim_end_matches('0');
    let mut parts = seconds.splitn(3, ' ');
    let seconds = format!("{} {}", parts.next().unwrap_or(""), parts.next().unwrap_or(""));
    if digits.is_empty() { seconds } else { format!("{seconds}.{digits}") }
}
