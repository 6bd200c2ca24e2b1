//! Values of batches and of expected rows in one form, so that they can be compared.

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type,
    Int64Type, TimeUnit,
};
use arrow::util::display::array_value_to_string;
use formats::types::{HiveType, StructField};
use serde_json::{Map, Value};

/// How expected values are written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    /// As `tables.tsv` has them: decimals as text, binaries as hexadecimal digits, maps as pairs.
    Tables,
    /// The same, with times rounded to milliseconds, as Trino shows them.
    RoundedTables,
    /// As ORC's own tools print them: decimals as numbers, binaries as lists of numbers.
    Dump,
}

/// Returns all rows, each an object of the columns.
pub(crate) fn rows(columns: &[StructField], batches: &[RecordBatch], style: Style) -> Vec<Value> {
    let mut all = Vec::new();
    for batch in batches {
        for row in 0..batch.num_rows() {
            let fields = columns.iter().enumerate().map(|(i, column)| {
                (column.name.clone(), value(batch.column(i), row, &column.ty, style))
            });
            all.push(Value::Object(fields.collect()));
        }
    }
    all
}

fn text(text: impl Into<String>) -> Value {
    Value::String(text.into())
}

fn value(array: &dyn Array, row: usize, ty: &HiveType, style: Style) -> Value {
    if array.is_null(row) {
        return Value::Null;
    }
    match ty {
        HiveType::Boolean => Value::Bool(array.as_boolean().value(row)),
        HiveType::TinyInt => array.as_primitive::<Int8Type>().value(row).into(),
        HiveType::SmallInt => array.as_primitive::<Int16Type>().value(row).into(),
        HiveType::Int => array.as_primitive::<Int32Type>().value(row).into(),
        HiveType::BigInt => array.as_primitive::<Int64Type>().value(row).into(),
        HiveType::Float => float(f64::from(array.as_primitive::<Float32Type>().value(row))),
        HiveType::Double => double(array.as_primitive::<Float64Type>().value(row)),
        HiveType::Decimal { .. } => {
            let shown = array.as_primitive::<Decimal128Type>().value_as_string(row);
            decimal(&shown, style)
        }
        HiveType::String | HiveType::Varchar(_) => text(array.as_string::<i32>().value(row)),
        HiveType::Char(length) => text(padded(array.as_string::<i32>().value(row), *length)),
        HiveType::Binary => text(hex(array.as_binary::<i32>().value(row))),
        HiveType::Date => {
            let day = array.as_primitive::<Date32Type>().value_as_date(row);
            text(day.map_or_else(|| "?".to_owned(), |day| day.to_string()))
        }
        HiveType::Timestamp | HiveType::TimestampLocalTz => {
            let shown = array_value_to_string(array, row).unwrap_or_default();
            let digits = match array.data_type() {
                DataType::Timestamp(TimeUnit::Nanosecond, _) => 9,
                _ => 6,
            };
            Value::Array(vec![text(moment(&shown, digits)), digits.into()])
        }
        HiveType::Array(element) => {
            let list = array.as_list::<i32>().value(row);
            (0..list.len()).map(|i| value(&list, i, element, style)).collect()
        }
        HiveType::Map(key, element) => {
            let entries = array.as_map().value(row);
            let pairs = (0..entries.len()).map(|i| {
                let key = value(entries.column(0), i, key, style);
                (key, value(entries.column(1), i, element, style))
            });
            map(pairs.collect())
        }
        HiveType::Struct(fields) => {
            let columns = array.as_struct().columns();
            let fields = fields.iter().zip(columns);
            let fields =
                fields.map(|(f, column)| (f.name.to_lowercase(), value(column, row, &f.ty, style)));
            Value::Object(fields.collect())
        }
        HiveType::Union(types) => {
            let array = array.as_union();
            let tag = array.type_id(row);
            let part = types.get(tag as usize).unwrap_or(&HiveType::Void);
            union(tag.into(), value(&array.value(row), 0, part, style))
        }
        _ => text(array_value_to_string(array, row).unwrap_or_default()),
    }
}

/// Brings an expected value into the same form.
pub(crate) fn expected(value: &Value, ty: &HiveType, style: Style) -> Value {
    match (value, ty) {
        (Value::Null, _) => Value::Null,
        (_, HiveType::Float) => number(value).map_or(Value::Null, float),
        (_, HiveType::Double) => number(value).map_or(Value::Null, double),
        (Value::Number(n), HiveType::Decimal { .. }) => decimal(&n.to_string(), style),
        (Value::String(s), HiveType::Decimal { .. }) => decimal(s, style),
        (Value::String(s), HiveType::Char(length)) => text(padded(s, *length)),
        (Value::Array(bytes), HiveType::Binary) => {
            let bytes = bytes.iter().map(|b| b.as_i64().unwrap_or(0) as u8);
            text(hex(&bytes.collect::<Vec<_>>()))
        }
        (Value::String(s), HiveType::Timestamp | HiveType::TimestampLocalTz) => {
            Value::Array(vec![text(moment(s, 9)), 9.into()])
        }
        (Value::Array(items), HiveType::Array(element)) => {
            items.iter().map(|item| expected(item, element, style)).collect()
        }
        (Value::Array(pairs), HiveType::Map(key, element)) => {
            let pairs = pairs.iter().map(|pair| {
                let (k, v) = match pair {
                    Value::Array(two) if two.len() == 2 => (&two[0], &two[1]),
                    other => (&other["key"], &other["value"]),
                };
                (expected(k, key, style), expected(v, element, style))
            });
            map(pairs.collect())
        }
        (Value::Object(have), HiveType::Struct(fields)) => {
            let lower: Map<String, Value> =
                have.iter().map(|(k, v)| (k.to_lowercase(), v.clone())).collect();
            let fields = fields.iter().map(|f| {
                let name = f.name.to_lowercase();
                let value = lower.get(&name).unwrap_or(&Value::Null);
                (name, expected(value, &f.ty, style))
            });
            Value::Object(fields.collect())
        }
        (Value::Object(have), HiveType::Union(types)) => {
            let tag = have.get("tag").and_then(Value::as_u64).unwrap_or(0);
            let part = types.get(tag as usize).unwrap_or(&HiveType::Void);
            let value = have.get("value").unwrap_or(&Value::Null);
            union(tag.into(), expected(value, part, style))
        }
        (other, _) => other.clone(),
    }
}

/// Tells whether values are the same; timestamps as far as both have digits.
pub(crate) fn same(expected: &Value, got: &Value, style: Style) -> bool {
    match (expected, got) {
        (Value::Array(a), Value::Array(b)) => {
            if let ([Value::String(x), Value::Number(_)], [Value::String(y), Value::Number(d)]) =
                (&a[..], &b[..])
            {
                let digits = d.as_u64().unwrap_or(9) as usize;
                return moment(x, digits) == *y || style == Style::RoundedTables && rounded(x, y);
            }
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b, style))
        }
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len()
                && a.iter().all(|(name, a)| b.get(name).is_some_and(|b| same(a, b, style)))
        }
        (Value::String(a), Value::String(b)) => a == b || nearly(a, b, style),
        (a, b) => a == b,
    }
}

/// Tells whether doubles differ only by what reading JSON or printing few digits loses.
fn nearly(a: &str, b: &str, style: Style) -> bool {
    let floats = a.strip_prefix("f:").zip(b.strip_prefix("f:"));
    if let Some((a, b)) = floats.filter(|_| style == Style::Dump) {
        let (a, b): (f64, f64) = (a.parse().unwrap_or(0.0), b.parse().unwrap_or(0.0));
        return (a - b).abs() <= a.abs() * 5e-7;
    }
    match (a.strip_prefix("d:"), b.strip_prefix("d:")) {
        (Some(a), Some(b)) => {
            let (a, b): (f64, f64) = (a.parse().unwrap_or(0.0), b.parse().unwrap_or(0.0));
            (a - b).abs() <= a.abs() * 1e-13
        }
        _ => false,
    }
}

/// Tells whether an expected time is one that Trino rounded to milliseconds.
fn rounded(expected: &str, got: &str) -> bool {
    let nanos = |text: &str| {
        let time = chrono::NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f").ok()?;
        let time = time.and_utc();
        Some(
            i128::from(time.timestamp()) * 1_000_000_000
                + i128::from(time.timestamp_subsec_nanos()),
        )
    };
    let fraction = expected.split_once('.').map_or(0, |(_, fraction)| fraction.len());
    let both = nanos(expected).zip(nanos(got));
    fraction <= 3 && both.is_some_and(|(a, b)| (a - b).abs() <= 500_000)
        || expected.starts_with('+') && both.is_some_and(|(a, b)| (a - b).abs() <= 1000)
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::String(s) => match s.as_str() {
            "NaN" => Some(f64::NAN),
            "Infinity" => Some(f64::INFINITY),
            "-Infinity" => Some(f64::NEG_INFINITY),
            other => other.parse().ok(),
        },
        other => other.as_f64(),
    }
}

fn float(value: f64) -> Value {
    text(format!("f:{:?}", value as f32))
}

fn double(value: f64) -> Value {
    text(format!("d:{value:?}"))
}

fn decimal(shown: &str, style: Style) -> Value {
    match style {
        // Numbers in JSON have the digits of a double.
        Style::Dump => double(shown.parse().unwrap_or(f64::NAN)),
        // Spark shows small values of many digits with an exponent.
        Style::Tables | Style::RoundedTables if shown.contains("E-") => {
            let (mantissa, exponent) = shown.split_once("E-").unwrap_or((shown, "0"));
            let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
            let scale = exponent.parse().unwrap_or(0) + fraction.len();
            let sign = if whole.starts_with('-') { "-" } else { "" };
            let digits = format!("{}{fraction}", whole.trim_start_matches('-'));
            let digits = format!("{digits:0>width$}", width = scale + 1);
            let (whole, fraction) = digits.split_at(digits.len() - scale);
            text(format!("{sign}{whole}.{fraction}"))
        }
        Style::Tables | Style::RoundedTables => text(shown),
    }
}

fn padded(value: &str, length: u32) -> String {
    format!("{value:<width$}", width = length as usize)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, b| text + &format!("{b:02x}"))
}

/// Shows a point in time with at most so many digits of the second, without zeros at the end.
fn moment(shown: &str, digits: usize) -> String {
    let shown = shown.replacen('T', " ", 1);
    let shown = shown.trim_end_matches('Z');
    let Some((whole, fraction)) = shown.split_once('.') else { return shown.to_owned() };
    let fraction = &fraction[..fraction.len().min(digits)];
    match fraction.trim_end_matches('0') {
        "" => whole.to_owned(),
        fraction => format!("{whole}.{fraction}"),
    }
}

fn map(mut pairs: Vec<(Value, Value)>) -> Value {
    pairs.sort_by_key(|(key, _)| key.to_string());
    pairs.into_iter().map(|(key, value)| Value::Array(vec![key, value])).collect()
}

/// A union that is null cannot be told from one whose first type is null.
fn union(tag: Value, value: Value) -> Value {
    if value.is_null() && tag == 0 {
        return Value::Null;
    }
    serde_json::json!({ "tag": tag, "value": value })
}
