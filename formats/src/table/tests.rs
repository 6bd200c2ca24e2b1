use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, BinaryArray, BooleanArray, Date32Array, Decimal128Array, Float64Array,
    Int32Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray,
};
use bytes::Bytes;

use super::*;
use crate::serde_names::{Format, OPEN_CSV_SERDE};
use crate::types::HiveType;

/// Rows of nested types, by way of JSON, which is easiest to write down.
const NESTED: &str = r#"{"l":[1,null,3],"m":{"k":1,"b":null},"s":{"a":1,"b":"x,\"y\\z"}}
{"l":[],"m":{},"s":{"a":null,"b":""}}
{"l":null,"m":null,"s":null}
"#;

fn typed(text: &[(&str, &str)]) -> Vec<TableColumn> {
    text.iter().map(|(name, ty)| TableColumn::new(*name, ty.parse().unwrap())).collect()
}

fn flat() -> (Vec<TableColumn>, RecordBatch) {
    let columns = typed(&[
        ("b", "boolean"),
        ("i", "int"),
        ("n", "bigint"),
        ("d", "double"),
        ("dec", "decimal(10,2)"),
        ("t", "string"),
        ("c", "char(3)"),
        ("bin", "binary"),
        ("day", "date"),
        ("ts", "timestamp"),
    ]);
    let decimal = Decimal128Array::from(vec![Some(-5), None, Some(9_999_999_999)]);
    let arrays: Vec<ArrayRef> = vec![
        Arc::new(BooleanArray::from(vec![Some(true), None, Some(false)])),
        Arc::new(Int32Array::from(vec![Some(i32::MIN), None, Some(0)])),
        Arc::new(Int64Array::from(vec![Some(i64::MAX), None, Some(-1)])),
        Arc::new(Float64Array::from(vec![Some(1e-300), None, Some(f64::INFINITY)])),
        Arc::new(decimal.with_precision_and_scale(10, 2).unwrap()),
        Arc::new(StringArray::from(vec![Some("a,\"b\"\\c\u{1}日"), None, Some("x")])),
        Arc::new(StringArray::from(vec![Some("é  "), None, Some("abc")])),
        Arc::new(BinaryArray::from(vec![Some([0u8, 255, 10].as_slice()), None, Some(b"x")])),
        Arc::new(Date32Array::from(vec![Some(-719_162), None, Some(2_932_896)])),
        Arc::new(TimestampMicrosecondArray::from(vec![
            Some(-62_135_596_800_000_000),
            None,
            Some(1_767_322_800_123_000),
        ])),
    ];
    let batch = RecordBatch::try_new(schema_of(&columns), arrays).unwrap();
    (columns, batch)
}

fn nested() -> (Vec<TableColumn>, RecordBatch) {
    let columns =
        typed(&[("l", "array<int>"), ("m", "map<string,bigint>"), ("s", "struct<a:int,b:string>")]);
    let json = Descriptor::stored_as(Format::JsonFile, columns.clone());
    let batch = read(&json, NESTED.as_bytes().to_vec(), &ReadRequest::default());
    (columns, batch)
}

fn read(descriptor: &Descriptor, bytes: Vec<u8>, request: &ReadRequest) -> RecordBatch {
    let reader = open(descriptor, Arc::new(Bytes::from(bytes)), request).unwrap();
    let schema = Arc::clone(reader.schema());
    let batches = reader.collect::<Result<Vec<_>, _>>().unwrap();
    arrow::compute::concat_batches(&schema, &batches).unwrap()
}

fn write(descriptor: &Descriptor, options: &WriteOptions, batches: &[RecordBatch]) -> Vec<u8> {
    let mut encoder = TableEncoder::new(descriptor, options).unwrap();
    let (mut file, mut bytes) = (encoder.start(), Vec::new());
    for batch in batches {
        encoder.append(&mut file, std::slice::from_ref(batch), &mut bytes).unwrap();
    }
    let rows = file.rows();
    let stats = encoder.finish(file, &mut bytes).unwrap();
    assert_eq!((stats.rows, stats.bytes), (rows, bytes.len() as u64));
    bytes
}

/// The descriptors of everything that is written and keeps all types.
fn written(columns: &[TableColumn]) -> Vec<Descriptor> {
    let formats = [Format::Parquet, Format::Orc, Format::Avro, Format::JsonFile, Format::TextFile];
    let mut all: Vec<Descriptor> =
        formats.iter().map(|f| Descriptor::stored_as(*f, columns.to_vec())).collect();
    if let Some(text) = all.last_mut() {
        text.properties.insert("escape.delim".to_owned(), "\\".to_owned());
        text.properties.insert("serialization.escape.crlf".to_owned(), "true".to_owned());
    }
    for codec in ["deflate", "snappy", "zstandard"] {
        let mut avro = Descriptor::stored_as(Format::Avro, columns.to_vec());
        avro.properties.insert("avro.output.codec".to_owned(), codec.to_owned());
        all.push(avro);
    }
    all
}

#[test]
fn what_is_written_is_read_back() {
    for (columns, batch) in [flat(), nested()] {
        for descriptor in written(&columns) {
            for rows in [3, 1, 0] {
                let part = batch.slice(0, rows);
                let bytes =
                    write(&descriptor, &WriteOptions::default(), std::slice::from_ref(&part));
                let again = read(&descriptor, bytes, &ReadRequest::default());
                assert_eq!(again, part, "{}", descriptor.input_format);
            }
        }
    }
}

#[test]
fn text_is_compressed_in_pieces() {
    use crate::codec::StreamCodec as Codec;
    let (columns, batch) = flat();
    let descriptor = &written(&columns)[4];
    for codec in [Codec::Gzip, Codec::Bzip2, Codec::Zstd, Codec::Snappy, Codec::Lz4] {
        let options = WriteOptions { text: Some(codec), ..WriteOptions::default() };
        let bytes = write(descriptor, &options, &[batch.clone(), batch.slice(1, 2)]);
        let encoder = TableEncoder::new(descriptor, &options).unwrap();
        let file_name = format!("000000_0.{}", encoder.extension());
        let request = ReadRequest { file_name, ..ReadRequest::default() };
        let expected =
            arrow::compute::concat_batches(&batch.schema(), [&batch, &batch.slice(1, 2)]).unwrap();
        assert_eq!(read(descriptor, bytes.clone(), &request), expected, "{codec:?}");
        let half = ReadRequest { range: Some(1..100), ..request };
        assert_eq!(read(descriptor, bytes, &half).num_rows(), 0, "{codec:?}");
    }
}

#[test]
fn ranges_that_follow_each_other_give_every_row_once() {
    let columns = typed(&[("x", "int"), ("t", "string")]);
    let ids = Int32Array::from_iter_values(0..2000);
    let texts: StringArray = (0..2000).map(|n| Some(format!("text {}", n % 77))).collect();
    let batch =
        RecordBatch::try_new(schema_of(&columns), vec![Arc::new(ids), Arc::new(texts)]).unwrap();
    let pieces: Vec<RecordBatch> = (0..20).map(|i| batch.slice(i * 100, 100)).collect();
    for descriptor in written(&columns) {
        let bytes = write(&descriptor, &WriteOptions::default(), &pieces);
        let size = bytes.len() as u64;
        for step in [size / 7 + 1, 97, size] {
            let mut rows = Vec::new();
            for start in (0..size).step_by(usize::try_from(step).unwrap()) {
                let range = Some(start..(start + step).min(size));
                let request = ReadRequest { range, ..ReadRequest::default() };
                let part = read(&descriptor, bytes.clone(), &request);
                let ids = part.column(0).as_any().downcast_ref::<Int32Array>().unwrap();
                rows.extend(ids.values().iter().copied());
                if rows.len() > 2000 {
                    break;
                }
            }
            let all: Vec<i32> = (0..2000).collect();
            assert_eq!(rows, all, "{} in steps of {step}", descriptor.input_format);
        }
    }
}

#[test]
fn csv_gives_text_and_conditions_skip_row_groups() {
    let (columns, batch) = flat();
    let mut csv = Descriptor::stored_as(Format::TextFile, columns[1..6].to_vec());
    csv.serde = OPEN_CSV_SERDE.to_owned();
    let part = batch.project(&[1, 2, 3, 4, 5]).unwrap();
    let bytes = write(&csv, &WriteOptions::default(), &[part]);
    let text = read(&csv, bytes, &ReadRequest::default());
    let first = text.column(4).as_any().downcast_ref::<StringArray>().unwrap();
    // The backslash inside of quotes is Hive's default escape when it reads.
    assert_eq!(first.value(0), "a,\"b\"c\u{1}日");

    let columns = typed(&[("x", "int"), ("t", "string")]);
    let descriptor = Descriptor::stored_as(Format::Parquet, columns.clone());
    let group = |from: i32| {
        let ids = Int32Array::from_iter_values(from..from + 1000);
        let texts: StringArray = (from..from + 1000).map(|n| Some(format!("t{n}"))).collect();
        RecordBatch::try_new(schema_of(&columns), vec![Arc::new(ids), Arc::new(texts)]).unwrap()
    };
    let bytes = write(&descriptor, &WriteOptions::default(), &[group(0), group(1000)]);
    let count = |text: &str| {
        let predicate = Some(parse_condition(text, &columns).unwrap());
        read(&descriptor, bytes.clone(), &ReadRequest { predicate, ..ReadRequest::default() })
            .num_rows()
    };
    assert_eq!(count("x >= 2000"), 0);
    assert_eq!(count("x = 1500"), 1);
    assert_eq!(count("x between 990 and 1009"), 20);
    // Where no other column is left, all rows of the pages are given.
    assert_eq!(count("t in ('t5', 't6') or x is null"), 1000);
}

#[test]
fn bloom_filters_rule_row_groups_out() {
    let columns = typed(&[("x", "bigint"), ("t", "string")]);
    let mut descriptor = Descriptor::stored_as(Format::Parquet, columns.clone());
    let names = "T, x".to_owned();
    descriptor.properties.insert("parquet.bloom.filter.columns".to_owned(), names);
    // Every row group has the same bounds, so only the filters tell them apart.
    let group = |step: i64| {
        let mut ids: Vec<i64> = (0..1000).map(|n| n * 7 + step).collect();
        ids.extend([-1, 100_000]);
        let texts: StringArray = ids.iter().map(|n| Some(format!("t{n}"))).collect();
        let ids: ArrayRef = Arc::new(Int64Array::from(ids));
        RecordBatch::try_new(schema_of(&columns), vec![ids, Arc::new(texts)]).unwrap()
    };
    let bytes = write(&descriptor, &WriteOptions::default(), &[group(0), group(1), group(2)]);
    for (condition, left) in [("x = 8", 1), ("t = 't9'", 1), ("x in (8, 9)", 2), ("x > 8", 3)] {
        let predicate = Some(parse_condition(condition, &columns).unwrap());
        let request = ReadRequest { predicate, ..ReadRequest::default() };
        let input = Arc::new(Bytes::from(bytes.clone()));
        let shown = crate::inspect::describe(&descriptor, input, &request).unwrap();
        let groups = shown["row_groups"].as_array().unwrap();
        let kept = groups.iter().filter(|group| group.get("skipped_by").is_none()).count();
        assert_eq!(kept, left, "{condition}: {shown}");
        assert!(groups[0]["columns"][0]["bloom_filter_bytes"].as_i64() > Some(0));
    }
}

#[test]
fn struct_fields_and_columns_are_chosen_by_name() {
    let (columns, batch) = nested();
    for descriptor in written(&columns) {
        let bytes = write(&descriptor, &WriteOptions::default(), std::slice::from_ref(&batch));
        let wanted = typed(&[("gone", "date"), ("S", "struct<b:string,none:int>")]);
        let request = ReadRequest { columns: Some(wanted), ..ReadRequest::default() };
        let part = read(&descriptor, bytes, &request);
        let shown = arrow::util::display::array_value_to_string(part.column(1), 0).unwrap();
        assert_eq!(shown, "{b: x,\"y\\z, none: }", "{}", descriptor.input_format);
        assert_eq!(part.column(0).null_count(), 3);
    }
}

#[test]
fn a_broken_end_is_an_error() {
    let (columns, batch) = flat();
    for descriptor in written(&columns).into_iter().filter(|d| !d.serde.contains("lazy")) {
        let bytes = write(&descriptor, &WriteOptions::default(), std::slice::from_ref(&batch));
        for cut in [bytes.len() / 3, bytes.len() - 3] {
            let part: Arc<dyn crate::Input> = Arc::new(Bytes::from(bytes[..cut].to_vec()));
            let outcome = open(&descriptor, part, &ReadRequest::default())
                .and_then(Iterator::collect::<crate::Result<Vec<_>>>);
            assert!(outcome.is_err(), "{} of {}", cut, descriptor.input_format);
        }
    }
}

#[test]
fn formats_that_are_only_read_are_refused() {
    let columns = vec![TableColumn::new("x", HiveType::Int)];
    for format in [Format::RcFile, Format::SequenceFile] {
        let descriptor = Descriptor::stored_as(format, columns.clone());
        let refused = TableEncoder::new(&descriptor, &WriteOptions::default()).unwrap_err();
        assert_eq!(refused.kind(), crate::ErrorKind::Unsupported);
    }
}

#[test]
fn rows_tell_where_they_lie() {
    let columns = typed(&[("s", "string")]);
    let offset = || TableColumn::new(BLOCK_OFFSET, HiveType::BigInt);
    let asked = |range: Option<std::ops::Range<u64>>| ReadRequest {
        columns: Some(vec![offset(), columns[0].clone()]),
        range,
        ..ReadRequest::default()
    };
    let found = |descriptor: &Descriptor, bytes: &[u8], range| {
        let batch = read(descriptor, bytes.to_vec(), &asked(range));
        let offsets = batch.column(0).as_any().downcast_ref::<Int64Array>().unwrap().clone();
        let texts = batch.column(1).as_any().downcast_ref::<StringArray>().unwrap().clone();
        let row = |n| format!("{} {}", offsets.value(n), texts.value(n));
        (0..batch.num_rows()).map(row).collect::<Vec<String>>()
    };
    let text = Descriptor::stored_as(Format::TextFile, columns.clone());
    assert_eq!(found(&text, b"a\nbb\r\nccc\n", None), ["0 a", "2 bb", "6 ccc"]);
    assert_eq!(found(&text, b"a\nbb\r\nccc\n", Some(1..5)), ["2 bb"]);
    let mut framed = text;
    for key in ["skip.header.line.count", "skip.footer.line.count"] {
        framed.properties.insert(key.to_owned(), "1".to_owned());
    }
    assert_eq!(found(&framed, b"head\na\nbb\nfoot\n", None), ["5 a", "7 bb"]);
    let json = Descriptor::stored_as(Format::JsonFile, columns.clone());
    assert_eq!(found(&json, b"{\"s\":\"a\"}\n{\"s\":\"b\"}\n", None), ["0 a", "10 b"]);
    // A column of that name in the table is one like others.
    let own = typed(&[("s", "string"), (BLOCK_OFFSET, "string")]);
    let own = Descriptor::stored_as(Format::TextFile, own);
    let batch = read(&own, b"a\x01b\n".to_vec(), &ReadRequest::default());
    assert_eq!(batch.column(1).as_ref(), &StringArray::from(vec!["b"]) as &dyn Array);
    let avro = Descriptor::stored_as(Format::Avro, columns.clone());
    let error = open(&avro, Arc::new(Bytes::from_static(b"Obj")), &asked(None)).unwrap_err();
    assert_eq!(error.kind(), crate::ErrorKind::Unsupported);
}

/// Two row groups, or stripes: the second one's rows lie where it begins.
#[test]
fn rows_of_a_block_lie_where_it_begins() {
    let columns = typed(&[("n", "bigint")]);
    for format in [Format::Parquet, Format::Orc] {
        let descriptor = Descriptor::stored_as(format, columns.clone());
        let mut encoder = TableEncoder::new(&descriptor, &WriteOptions::default()).unwrap();
        let (mut file, mut bytes) = (encoder.start(), Vec::new());
        let mut begins = Vec::new();
        for from in [0, 1000] {
            begins.push(if from == 0 { 0 } else { bytes.len() as i64 });
            let rows: ArrayRef = Arc::new(Int64Array::from_iter_values(from..from + 1000));
            let batch = RecordBatch::try_new(schema_of(&columns), vec![rows]).unwrap();
            encoder.append(&mut file, &[batch], &mut bytes).unwrap();
        }
        encoder.finish(file, &mut bytes).unwrap();
        let offset = TableColumn::new(BLOCK_OFFSET, HiveType::BigInt);
        let request = ReadRequest {
            columns: Some(vec![columns[0].clone(), offset]),
            batch_rows: 300,
            ..ReadRequest::default()
        };
        let batch = read(&descriptor, bytes, &request);
        let offsets = batch.column(1).as_any().downcast_ref::<Int64Array>().unwrap();
        let mut found: Vec<i64> = offsets.values().to_vec();
        assert_eq!(found.len(), 2000);
        assert_eq!(found[0], if format == Format::Orc { 3 } else { 4 }, "behind the first letters");
        found.dedup();
        assert_eq!(found[1..], begins[1..], "{format:?}");
    }
}
