use arrow::array::{Array, AsArray};
use arrow::datatypes::{Field, Int64Type, TimestampMicrosecondType};
use formats::message::{JsonOptions, RawOptions};

use super::*;
use crate::source::records::{Slice, TimeKind};

/// Makes a block of messages: key and value, or nothing.
fn block(messages: &[(Option<&str>, Option<&str>)]) -> RecordBlock {
    let mut block = RecordBlock::default();
    for (n, (key, value)) in (0u64..).zip(messages) {
        let mut put = |text: Option<&str>| {
            let Some(text) = text else { return Slice::NULL };
            let start = block.bytes.len();
            block.bytes.extend(text.as_bytes());
            Slice::new(start, block.bytes.len())
        };
        let (key, value) = (put(*key), put(*value));
        block.records.push(Record {
            offset: 100 + n,
            timestamp: 1_743_296_400_000 + 3_600_000 * n as i64,
            key,
            value,
            headers: Slice::NULL,
            leader_epoch: 3,
            time_kind: TimeKind::Create,
        });
    }
    block.bytes.extend([0; formats::message::PADDING]);
    block
}

fn schema(fields: &[(&str, DataType)]) -> SchemaRef {
    let field = |(name, ty): &(&str, DataType)| Field::new(*name, ty.clone(), true);
    Arc::new(Schema::new(fields.iter().map(field).collect::<Vec<_>>()))
}

fn json(columns: Vec<usize>, ignore_parse_errors: bool) -> Part {
    let format = MessageFormat::Json(JsonOptions { ignore_parse_errors, ..JsonOptions::default() });
    Part { format, columns, prefix: String::new() }
}

const PLACE: Place<'_> = Place { topic: "t", partition: 4 };

#[test]
fn key_value_and_metadata_meet_in_the_order_of_the_table() {
    let schema = schema(&[
        ("off", DataType::Int64),
        ("k_id", DataType::Utf8),
        ("v", DataType::Int64),
        ("at", DataType::Timestamp(TimeUnit::Microsecond, None)),
    ]);
    let plan = RecordPlan {
        value: json(vec![2], false),
        key: Some(Part {
            format: MessageFormat::Raw(RawOptions::default()),
            columns: vec![1],
            prefix: "k_".to_owned(),
        }),
        metadata: vec![(0, Metadata::Offset), (3, Metadata::Timestamp)],
        zone: chrono_tz::Europe::Berlin,
    };
    let mut decoder = RecordDecoder::new(&schema, &plan).unwrap();
    // 2025-03-30 01:00 UTC is when Berlin goes from +1 to +2.
    let block = block(&[
        (Some("a"), Some("{\"v\":1}")),
        (Some("b"), Some("{\"v\":")),
        (Some("c"), None),
        (None, Some("{\"v\":4}")),
    ]);
    let mut bad = Vec::new();
    assert_eq!(decoder.decode(&block, 0, &mut bad), 4);
    assert_eq!(bad.iter().map(|bad| bad.record).collect::<Vec<_>>(), [1]);
    assert_eq!(decoder.take_skipped(), 1, "a deletion has no row");
    let (batch, kept) = decoder.finish(&block, PLACE).unwrap();
    assert_eq!(kept, [0, 3]);
    assert_eq!(batch.column(0).as_primitive::<Int64Type>().values(), &[100, 103]);
    let keys = batch.column(1).as_string::<i32>();
    assert_eq!((keys.value(0), keys.is_null(1)), ("a", true));
    assert_eq!(batch.column(2).as_primitive::<Int64Type>().values(), &[1, 4]);
    let at = batch.column(3).as_primitive::<TimestampMicrosecondType>();
    let hours: Vec<i64> = at.values().iter().map(|t| t / 3_600_000_000 % 24).collect();
    assert_eq!(hours, [3, 6], "wall clock: 01:00 UTC is 03:00, 04:00 is 06:00");
}

#[test]
fn messages_next_to_each_other_do_not_run_together() {
    let schema = schema(&[("v", DataType::Int64)]);
    let plan = RecordPlan {
        value: json(vec![0], true),
        key: None,
        metadata: Vec::new(),
        zone: chrono_tz::UTC,
    };
    let mut decoder = RecordDecoder::new(&schema, &plan).unwrap();
    // Each first half would be good together with what follows it.
    let block = block(&[
        (None, Some("{\"v\":1")),
        (None, Some("}")),
        (None, Some("{\"v\":")),
        (None, Some("2}")),
        (None, Some("{\"v\":3}")),
        (None, Some("")),
        (None, Some("{\"v\":4}   ")),
    ]);
    let mut bad = Vec::new();
    assert_eq!(decoder.decode(&block, 0, &mut bad), 7);
    assert!(bad.is_empty(), "parse errors are ignored: {bad:?}");
    assert_eq!(decoder.take_skipped(), 5);
    let (batch, kept) = decoder.finish(&block, PLACE).unwrap();
    assert_eq!(kept, [4, 6]);
    assert_eq!(batch.column(0).as_primitive::<Int64Type>().values(), &[3, 4]);
}
