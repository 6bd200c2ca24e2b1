//! What is in a data file: schema, pieces, encodings, sizes, statistics, and what a condition skips.

use std::fmt::Write as _;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::codec::StreamCodec;
use crate::input::Input;
use crate::table::{Descriptor, Layout, ReadRequest, TableColumn};
use crate::{FormatError, Result};

/// Describes a file as JSON.
///
/// Shape: an object of `format`, `bytes`, `columns` (of `name` and `type`), and what the format
/// has: `rows`, `row_groups`, `stripes`, `codec`, `metadata`, `writer`. With a condition each row
/// group tells what is left of it: `skipped_by`, or `rows_left`.
///
/// # Errors
/// As [`table::open`](crate::table::open).
pub fn describe(
    descriptor: &Descriptor,
    input: Arc<dyn Input>,
    request: &ReadRequest,
) -> Result<Value> {
    let bytes = input.size();
    let mut all = Map::new();
    let layout = descriptor.layout()?;
    all.insert("format".to_owned(), json!(layout_name(layout)));
    all.insert("bytes".to_owned(), json!(bytes));
    all.insert("columns".to_owned(), columns(&descriptor.row_columns()?));
    if bytes == 0 {
        all.insert("rows".to_owned(), json!(0));
        return Ok(Value::Object(all));
    }
    let more = match layout {
        Layout::Parquet => crate::parquet::describe(descriptor, input, request)?,
        Layout::Orc => crate::table::describe_orc(input)?,
        Layout::Avro => crate::avro::describe(input.as_ref())?,
        Layout::Sequence(_) | Layout::RcText | Layout::RcBinary => {
            crate::hadoop::describe(input.as_ref(), layout)?
        }
        Layout::Text(_) => {
            let codec = StreamCodec::of_name(&request.file_name);
            json!({ "codec": format!("{codec:?}").to_lowercase() })
        }
    };
    if let Value::Object(more) = more {
        all.extend(more);
    }
    Ok(Value::Object(all))
}

/// Finds out what a file is by its first bytes, and makes the descriptor of a table of such files.
///
/// # Errors
/// [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported) for text, whose columns no file tells.
pub fn descriptor_of(input: &Arc<dyn Input>) -> Result<Descriptor> {
    use crate::serde_names::Format;
    let length = usize::try_from(input.size()).unwrap_or(usize::MAX).min(4);
    let head = crate::input::read_range(input.as_ref(), 0, length)?;
    let (format, columns) = match head.as_ref() {
        b"PAR1" | b"PARE" => (Format::Parquet, crate::parquet::file_columns(Arc::clone(input))?),
        b"Obj\x01" => (Format::Avro, crate::avro::file_columns(Arc::clone(input))?),
        head if head.starts_with(b"ORC") => {
            (Format::Orc, crate::table::orc_columns(Arc::clone(input))?)
        }
        _ => {
            return Err(FormatError::unsupported(
                "the file does not tell its columns: name the table it belongs to",
            )
            .with("known", "Parquet, ORC, Avro"));
        }
    };
    Ok(Descriptor::stored_as(format, columns))
}

fn layout_name(layout: Layout) -> String {
    match layout {
        Layout::Parquet => "parquet".to_owned(),
        Layout::Orc => "orc".to_owned(),
        Layout::Avro => "avro".to_owned(),
        Layout::Text(rows) => format!("text, {rows:?}"),
        Layout::Sequence(rows) => format!("sequence file, {rows:?}"),
        Layout::RcText => "rcfile, text".to_owned(),
        Layout::RcBinary => "rcfile, binary".to_owned(),
    }
}

fn columns(columns: &[TableColumn]) -> Value {
    let column = |c: &TableColumn| json!({ "name": c.name, "type": c.ty.to_string() });
    columns.iter().map(column).collect()
}

/// Prints a description for people.
pub fn print(description: &Value) -> String {
    let mut out = String::new();
    block(description, 0, &mut out);
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
        let cells = keys.iter().map(|key| format!("{key} {}", cell(item, key)));
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

/// Tells what a condition leaves of a piece, in the words of a description.
pub(crate) fn left(rows: Option<usize>, skipped_by: Option<&str>) -> Map<String, Value> {
    let mut map = Map::new();
    match skipped_by {
        Some(by) => map.insert("skipped_by".to_owned(), json!(by)),
        None => map.insert("rows_left".to_owned(), json!(rows)),
    };
    map
}
