//! Values to text: those of delimited text, and JSON.

use std::fmt::Write as _;

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes as t;
use base64::Engine;

use super::print;
use crate::table::decimal_text;
use crate::types::HiveType;

/// Tells where the items of a row begin and end.
pub(super) fn span(offsets: &[i32], row: usize) -> (usize, usize) {
    (offsets[row] as usize, offsets[row + 1] as usize)
}

/// Appends a primitive value that is not NULL.
pub(super) fn primitive(array: &ArrayRef, row: usize, ty: &HiveType, out: &mut String) {
    match ty {
        HiveType::Boolean => {
            out.push_str(if array.as_boolean().value(row) { "true" } else { "false" });
        }
        HiveType::TinyInt => number(array.as_primitive::<t::Int8Type>().value(row), out),
        HiveType::SmallInt => number(array.as_primitive::<t::Int16Type>().value(row), out),
        HiveType::Int => number(array.as_primitive::<t::Int32Type>().value(row), out),
        HiveType::BigInt => number(array.as_primitive::<t::Int64Type>().value(row), out),
        HiveType::Float => print::single(array.as_primitive::<t::Float32Type>().value(row), out),
        HiveType::Double => print::double(array.as_primitive::<t::Float64Type>().value(row), out),
        HiveType::Decimal { scale, .. } => {
            let text = decimal_text(array.as_primitive::<t::Decimal128Type>().value(row), *scale);
            out.push_str(&text);
        }
        HiveType::String | HiveType::Varchar(_) | HiveType::Char(_) => {
            out.push_str(array.as_string::<i32>().value(row));
        }
        HiveType::Date => print::date(array.as_primitive::<t::Date32Type>().value(row), out),
        HiveType::Timestamp | HiveType::TimestampLocalTz => {
            let micros = array.as_primitive::<t::TimestampMicrosecondType>().value(row);
            print::timestamp(micros, out);
            if matches!(ty, HiveType::TimestampLocalTz) {
                out.push_str(" UTC");
            }
        }
        _ => {}
    }
}

fn number(value: impl std::fmt::Display, out: &mut String) {
    write!(out, "{value}").unwrap_or_default();
}

pub(super) fn json_name(name: &str) -> String {
    let mut out = String::new();
    quote(name, &mut out);
    out.push(':');
    out
}

/// Appends text in quotes.
fn quote(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c < ' ' => write!(out, "\\u{:04x}", u32::from(c)).unwrap_or_default(),
            c => out.push(c),
        }
    }
    out.push('"');
}

/// Appends a value as JSON.
pub(super) fn json(array: &ArrayRef, row: usize, ty: &HiveType, out: &mut String) {
    if array.is_null(row) {
        out.push_str("null");
        return;
    }
    match ty {
        HiveType::Array(item) => {
            let list = array.as_list::<i32>();
            let (start, end) = span(list.offsets(), row);
            out.push('[');
            for at in start..end {
                if at > start {
                    out.push(',');
                }
                json(list.values(), at, item, out);
            }
            out.push(']');
        }
        HiveType::Map(key, value) => {
            let map = array.as_map();
            let (start, end) = span(map.offsets(), row);
            out.push('{');
            for at in start..end {
                if at > start {
                    out.push(',');
                }
                let mut name = String::new();
                primitive(map.keys(), at, key, &mut name);
                quote(&name, out);
                out.push(':');
                json(map.values(), at, value, out);
            }
            out.push('}');
        }
        HiveType::Struct(fields) => {
            let array = array.as_struct();
            out.push('{');
            for (i, field) in fields.iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                quote(&field.name, out);
                out.push(':');
                json(array.column(i), row, &field.ty, out);
            }
            out.push('}');
        }
        HiveType::Binary => {
            let text = base64::engine::general_purpose::STANDARD
                .encode(array.as_binary::<i32>().value(row));
            quote(&text, out);
        }
        HiveType::String | HiveType::Varchar(_) | HiveType::Char(_) => {
            quote(array.as_string::<i32>().value(row), out);
        }
        HiveType::Date | HiveType::Timestamp | HiveType::TimestampLocalTz => {
            out.push('"');
            primitive(array, row, ty, out);
            out.push('"');
        }
        HiveType::Float | HiveType::Double => {
            let start = out.len();
            primitive(array, row, ty, out);
            if out.ends_with(|c: char| c.is_ascii_alphabetic()) {
                out.insert(start, '"');
                out.push('"');
            }
        }
        ty => primitive(array, row, ty, out),
    }
}
