//! What is in a data file: schema, pieces, encodings, sizes, statistics, and what a condition skips.

mod brief;
mod print;

use std::sync::Arc;

use serde_json::{Map, Value, json};

pub use self::print::print;
use crate::codec::StreamCodec;
use crate::input::Input;
use crate::table::{Descriptor, Layout, ReadRequest, TableColumn};
use crate::{FormatError, Result};

/// Describes a file as JSON.
///
/// Shape: an object of `format`, `bytes`, `columns` (of `name` and `type`), and what the format
/// has: `rows`, `row_groups` or `stripes` (which have `row_groups` of their own), `codec`, `metadata`,
/// `writer`. With a condition each stripe and row group tells what is left of it: `skipped_by`, or
/// `rows_left`.
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
        Layout::Orc => crate::table::describe_orc(input, request)?,
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

/// Tells what a condition leaves of a piece, in the words of a description.
pub(crate) fn left(rows: Option<usize>, skipped_by: Option<&str>) -> Map<String, Value> {
    let mut map = Map::new();
    match skipped_by {
        Some(by) => map.insert("skipped_by".to_owned(), json!(by)),
        None => map.insert("rows_left".to_owned(), json!(rows)),
    };
    map
}
