//! Tests of the whole decoder: what each value, record and option becomes.

mod csv;
mod fuzz;
mod json;

use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, Field, Fields, Schema, SchemaRef, TimeUnit};
use arrow::util::display::{ArrayFormatter, FormatOptions};

use super::{BadRecord, Decoder, JsonOptions, MessageFormat, PADDING};

pub(super) fn schema(fields: &[(&str, DataType)]) -> SchemaRef {
    Arc::new(Schema::new(
        fields.iter().map(|(name, t)| Field::new(*name, t.clone(), true)).collect::<Vec<_>>(),
    ))
}

/// The ten columns of an event.
pub(super) fn events() -> SchemaRef {
    schema(&[
        ("event_id", DataType::Int64),
        ("user_id", DataType::Utf8),
        ("amount", DataType::Float64),
        ("log_ts", timestamp()),
        ("country", DataType::Utf8),
        ("page", DataType::Utf8),
        ("device", DataType::Utf8),
        ("price", DataType::Decimal128(18, 2)),
        ("qty", DataType::Int32),
        ("flag", DataType::Boolean),
    ])
}

pub(super) fn timestamp() -> DataType {
    DataType::Timestamp(TimeUnit::Microsecond, None)
}

pub(super) fn local_timestamp() -> DataType {
    DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()))
}

pub(super) fn list(item: DataType) -> DataType {
    DataType::List(Arc::new(Field::new("element", item, true)))
}

pub(super) fn map(value: DataType) -> DataType {
    let pair = Fields::from(vec![
        Field::new("key", DataType::Utf8, false),
        Field::new("value", value, true),
    ]);
    DataType::Map(Arc::new(Field::new("key_value", DataType::Struct(pair), false)), false)
}

pub(super) fn row(fields: &[(&str, DataType)]) -> DataType {
    DataType::Struct(schema(fields).fields().clone())
}

pub(super) fn json() -> MessageFormat {
    MessageFormat::Json(JsonOptions::default())
}

pub(super) fn lenient() -> MessageFormat {
    MessageFormat::Json(JsonOptions { ignore_parse_errors: true, ..JsonOptions::default() })
}

pub(super) fn padded(text: &[u8]) -> Vec<u8> {
    let mut block = text.to_vec();
    block.resize(text.len() + PADDING, 0);
    block
}

/// Decodes all records of a text, in batches of a size.
pub(super) fn decode(
    schema: &SchemaRef,
    format: &MessageFormat,
    text: &[u8],
    batch_rows: usize,
) -> (Vec<RecordBatch>, Vec<BadRecord>) {
    let mut decoder = Decoder::new(schema, format, batch_rows).unwrap();
    let block = padded(text);
    let (mut batches, mut bad, mut pos) = (Vec::new(), Vec::new(), 0);
    while pos < text.len() {
        pos = decoder.decode_block(&block, pos, text.len(), &mut bad);
        assert!(decoder.rows() <= batch_rows);
        batches.push(decoder.finish().unwrap());
    }
    (batches, bad)
}

/// The rows of batches as text, one line each.
pub(super) fn print(batches: &[RecordBatch]) -> Vec<String> {
    let options = FormatOptions::new().with_null("NULL");
    let mut rows = Vec::new();
    for batch in batches {
        let columns: Vec<_> =
            batch.columns().iter().map(|c| ArrayFormatter::try_new(c, &options).unwrap()).collect();
        for row in 0..batch.num_rows() {
            let values: Vec<String> = columns.iter().map(|c| c.value(row).to_string()).collect();
            rows.push(values.join("|"));
        }
    }
    rows
}

/// Rows and bad records of a text; a bad record is its column and reason behind a `!`.
pub(super) fn outcome(schema: &SchemaRef, format: &MessageFormat, text: &[u8]) -> Vec<String> {
    let (batches, bad) = decode(schema, format, text, 1000);
    let mut lines = print(&batches);
    lines.extend(
        bad.into_iter().map(|bad| {
            format!("!{}{}", bad.column.map_or(String::new(), |c| c + ": "), bad.reason)
        }),
    );
    lines
}
