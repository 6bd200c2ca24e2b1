//! A description as text.

use std::fmt::Write as _;

use serde_json::{Map, Value};

use super::brief::brief;

/// Prints a description for people.
pub fn print(description: &Value) -> String {
    let mut out = String::new();
    block(&brief(description), 0, &mut out);
    out
}

fn block(value: &Value, indent: usize, out: &mut String) {
    let Value::Object(object) = value else { return };
    let width = object.iter().filter(|(_, v)| is_flat(v)).map(|(k, _)| k.len()).max().unwrap_or(0);
    for (key, value) in object {
        match value {
            Value::Array(items) if !is_flat(value) => {
                writeln!(out, "{:indent$}{key}:", "").unwrap_or_default();
                table(items, indent + 2, out);
            }
            Value::Object(_) => {
                writeln!(out, "{:indent$}{key}:", "").unwrap_or_default();
                block(value, indent + 2, out);
            }
            _ => {
                writeln!(out, "{:indent$}{key:width$}  {}", "", flat(value)).unwrap_or_default();
            }
        }
    }
}

fn is_flat(value: &Value) -> bool {
    match value {
        Value::Object(_) => false,
        Value::Array(items) => items.iter().all(|item| !item.is_object()),
        _ => true,
    }
}

fn flat(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => "-".to_owned(),
        Value::Array(items) => items.iter().map(flat).collect::<Vec<_>>().join(" "),
        other => other.to_string(),
    }
}

/// Prints objects that have the same keys as a table; what is nested follows below its row.
fn table(items: &[Value], indent: usize, out: &mut String) {
    let mut keys: Vec<&str> = Vec::new();
    for item in items.iter().filter_map(Value::as_object) {
        for (key, _) in item.iter().filter(|(_, v)| is_flat(v)) {
            if !keys.contains(&key.as_str()) {
                keys.push(key);
            }
        }
    }
    let cell = |item: &Value, key: &str| item.get(key).map_or_else(String::new, flat);
    let width = |key: &&str| {
        let cells = items.iter().map(|item| cell(item, key).chars().count());
        cells.max().unwrap_or(0).max(key.len())
    };
    let widths: Vec<usize> = keys.iter().map(width).collect();
    let mut line = |cells: Vec<String>| {
        let mut text = String::new();
        for (cell, width) in cells.iter().zip(&widths) {
            write!(text, "{cell:width$}  ").unwrap_or_default();
        }
        writeln!(out, "{:indent$}{}", "", text.trim_end()).unwrap_or_default();
    };
    let nested = |item: &Value| item.as_object().is_some_and(|o| o.values().any(|v| !is_flat(v)));
    if !items.iter().any(nested) {
        line(keys.iter().map(|key| (*key).to_owned()).collect());
        for item in items {
            line(keys.iter().map(|key| cell(item, key)).collect());
        }
        return;
    }
    for item in items {
        let has = |key: &&&str| item.get(**key).is_some();
        let cells = keys.iter().filter(has).map(|key| format!("{key} {}", cell(item, key)));
        writeln!(out, "{:indent$}{}", "", cells.collect::<Vec<_>>().join(", ")).unwrap_or_default();
        for value in item.as_object().into_iter().flat_map(Map::values) {
            match value {
                Value::Array(items) if !is_flat(value) => table(items, indent + 2, out),
                Value::Object(_) => block(value, indent + 2, out),
                _ => {}
            }
        }
    }
}
