//! Leaves that are decoded in another form than their own give the same rows.

use std::sync::Arc;

use arrow::array::*;
use arrow::compute::concat_batches;
use bytes::Bytes;
use parquet::arrow::ArrowWriter;
use parquet::basic::Encoding;
use parquet::file::properties::WriterProperties;

use super::columns::{Form, forms};
use super::*;
use crate::serde_names::Format;
use crate::table::{WriteOptions, parse_condition};

const ROWS: i64 = 3000;

fn table(columns: &[(&str, &str)]) -> Descriptor {
    let column = |(name, ty): &(&str, &str)| TableColumn::new(*name, ty.parse().unwrap());
    Descriptor::stored_as(Format::Parquet, columns.iter().map(column).collect())
}

/// Few words for the first half of the rows, one of its own for each later row; every seventh is null.
fn words(rows: i64) -> StringArray {
    let word = |row: i64| match row {
        row if row % 7 == 3 => None,
        row if row < rows / 2 => {
            Some(["", "é", "a text of more than sixteen bytes", "ab"][row as usize % 4].to_owned())
        }
        row => Some(format!("word {row}")),
    };
    (0..rows).map(word).collect()
}

/// The forms of all leaves in each row group.
fn decoded(file: &Bytes) -> Vec<Vec<(usize, Form)>> {
    let opened = open_file(Arc::new(file.clone()), false).unwrap();
    let metadata = opened.metadata.metadata();
    let leaves: Vec<usize> = (0..metadata.file_metadata().schema_descr().num_columns()).collect();
    metadata.row_groups().iter().map(|group| forms(group, &leaves)).collect()
}

fn read(descriptor: &Descriptor, file: &Bytes, request: &ReadRequest) -> RecordBatch {
    let reader = crate::table::open(descriptor, Arc::new(file.clone()), request).unwrap();
    let schema = Arc::clone(reader.schema());
    let batches: Vec<_> = reader.map(Result::unwrap).collect();
    concat_batches(&schema, &batches).unwrap()
}

/// A writer gives dictionaries up in the middle of a chunk.
fn foreign(text: &StringArray) -> Bytes {
    let batch = RecordBatch::try_from_iter([("t", Arc::new(text.clone()) as ArrayRef)]).unwrap();
    let options = WriterProperties::builder()
        .set_dictionary_page_size_limit(100)
        .set_write_batch_size(100)
        .set_data_page_row_count_limit(100)
        .set_max_row_group_row_count(Some(ROWS as usize / 3));
    let mut bytes = Vec::new();
    let mut writer =
        ArrowWriter::try_new(&mut bytes, batch.schema(), Some(options.build())).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    Bytes::from(bytes)
}

#[test]
fn keys_are_read_where_a_chunk_has_nothing_else() {
    let text = words(ROWS);
    let file = foreign(&text);
    let keys = vec![(0, Form::Keys)];
    assert_eq!(decoded(&file), [keys, vec![], vec![]]);
    for batch_rows in [7, 1000, 40_000] {
        let request = ReadRequest { batch_rows, ..ReadRequest::default() };
        let found = read(&table(&[("t", "string")]), &file, &request);
        assert_eq!(found.column(0).as_string::<i32>(), &text, "{batch_rows}");
        let cut = read(&table(&[("t", "varchar(3)")]), &file, &request);
        let first: StringArray =
            text.iter().map(|t| t.map(|t| t.chars().take(3).collect::<String>())).collect();
        assert_eq!(cut.column(0).as_string::<i32>(), &first, "{batch_rows}");
    }
    let descriptor = table(&[("t", "string")]);
    let predicate = parse_condition("t = 'ab'", &descriptor.columns).unwrap();
    let request = ReadRequest { predicate: Some(predicate), ..ReadRequest::default() };
    let found = read(&descriptor, &file, &request);
    assert!(found.num_rows() > 0 && found.num_rows() < ROWS as usize);
    let matching = |texts: &StringArray| texts.iter().filter(|t| *t == Some("ab")).count();
    assert_eq!(matching(found.column(0).as_string()), matching(&text));
}

/// Writes 100 rows in one page of each column, not compressed, and changes the bytes behind a text by which they are found.
fn broken(encoding: Encoding, before: &[u8], change: impl Fn(&mut [u8])) -> Bytes {
    let numbers: ArrayRef = Arc::new(Int64Array::from_iter_values(0..100));
    let texts = (0..100).map(|n| format!("text {n}, which is far longer than its number"));
    let texts: ArrayRef = Arc::new(StringArray::from_iter_values(texts));
    let batch = RecordBatch::try_from_iter([("n", numbers), ("t", texts)]).unwrap();
    let options = WriterProperties::builder()
        .set_dictionary_enabled(false)
        .set_statistics_enabled(parquet::file::properties::EnabledStatistics::None)
        .set_column_encoding("t".into(), encoding);
    let mut bytes = Vec::new();
    let mut writer =
        ArrowWriter::try_new(&mut bytes, batch.schema(), Some(options.build())).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    let at = bytes.windows(before.len()).position(|bytes| bytes == before).unwrap();
    change(&mut bytes[at..]);
    Bytes::from(bytes)
}

/// The decoder of texts that are passed over would take memory for what is behind the page: the process would end.
#[test]
fn broken_lengths_and_counts_are_errors_where_rows_are_passed_over() {
    let descriptor = table(&[("n", "bigint"), ("t", "string")]);
    // The length of the tenth text, and the number of lengths behind the header of their deltas.
    let length = broken(
        Encoding::PLAIN,
        &[44, 0, 0, 0, b't', b'e', b'x', b't', b' ', b'1', b'0'],
        |bytes| {
            bytes[3] = 0x7f;
        },
    );
    let count =
        broken(Encoding::DELTA_LENGTH_BYTE_ARRAY, &[0x80, 1, 4, 100], |bytes| bytes[3] = 127);
    for (file, said) in [(length, "reaches behind its page"), (count, "says that it has 127")] {
        let predicate = parse_condition("n = 50", &descriptor.columns).unwrap();
        let request = ReadRequest { predicate: Some(predicate), ..ReadRequest::default() };
        let reader = crate::table::open(&descriptor, Arc::new(file), &request).unwrap();
        let error = reader.collect::<Result<Vec<_>>>().unwrap_err();
        assert_eq!(error.kind(), crate::ErrorKind::Data);
        let mut sources =
            std::iter::successors(Some(&error as &dyn std::error::Error), |e| e.source());
        assert!(sources.any(|source| source.to_string().contains(said)), "{error:?}");
    }
}

/// Seven bytes of a footer would keep the `parquet` crate busy for seconds, a megabyte of them for days.
#[test]
fn footers_that_promise_endless_lists_are_errors() {
    let list = [0x0f << 4 | 9, 0xf1, 0xff, 0xff, 0xff, 0xff, 7].repeat(1 << 17);
    let footer = [&list[..], &[0]].concat();
    let length = (footer.len() as u32).to_le_bytes();
    let file = [b"PAR1", &footer[..], &length, b"PAR1"].concat();
    let error = open_file(Arc::new(Bytes::from(file)), false).unwrap_err();
    assert!(error.to_string().contains("promises more than it holds"), "{error}");
}

#[test]
fn narrow_decimals_and_nested_texts_are_what_was_written() {
    let columns = [
        ("t", "string"),
        ("d", "decimal(18,3)"),
        ("wide", "decimal(19,3)"),
        ("list", "array<string>"),
        ("part", "struct<t:string,d:decimal(5,2)>"),
    ];
    let descriptor = table(&columns);
    let text: StringArray = words(2 * ROWS).slice(0, ROWS as usize);
    let number = |scale: i64| {
        (0..ROWS).map(move |row| (row % 5 != 1).then_some(i128::from((row - ROWS / 2) * scale)))
    };
    let decimal = |scale, precision, digits| {
        let made: Decimal128Array = number(scale).collect();
        made.with_precision_and_scale(precision, digits).unwrap()
    };
    let nulls = text.nulls().cloned();
    let HiveType::Array(_) = &descriptor.columns[3].ty else { panic!("a list") };
    let arrow = |at: usize| descriptor.columns[at].ty.to_arrow();
    let lengths = arrow::buffer::OffsetBuffer::from_lengths(vec![1; ROWS as usize]);
    let arrow::datatypes::DataType::List(item) = arrow(3) else { panic!("a list") };
    let list = ListArray::new(item, lengths, Arc::new(text.clone()), None);
    let arrow::datatypes::DataType::Struct(fields) = arrow(4) else { panic!("a struct") };
    let parts: Vec<ArrayRef> = vec![Arc::new(text.clone()), Arc::new(decimal(1, 5, 2))];
    let arrays: Vec<ArrayRef> = vec![
        Arc::new(text),
        Arc::new(decimal(600_000_000_000_000, 18, 3)),
        Arc::new(decimal(6_000_000_000_000_000, 19, 3)),
        Arc::new(list),
        Arc::new(StructArray::new(fields, parts, nulls)),
    ];
    let batch = RecordBatch::try_new(schema_of(&descriptor.columns), arrays).unwrap();
    let mut encoder =
        crate::table::TableEncoder::new(&descriptor, &WriteOptions::default()).unwrap();
    let (mut file, mut bytes) = (encoder.start(), Vec::new());
    encoder.append(&mut file, std::slice::from_ref(&batch), &mut bytes).unwrap();
    encoder.finish(file, &mut bytes).unwrap();
    let bytes = Bytes::from(bytes);
    let expected = [0, 1, 3, 4, 5]
        .map(|leaf| (leaf, if matches!(leaf, 1 | 5) { Form::Narrow } else { Form::Keys }));
    assert_eq!(decoded(&bytes), [expected.to_vec()]);
    let request = ReadRequest { batch_rows: 700, ..ReadRequest::default() };
    assert_eq!(read(&descriptor, &bytes, &request), batch);
    // Another scale is rounded, digits that a narrower type lacks make a null.
    let found = read(&table(&[("d", "decimal(20,1)")]), &bytes, &request);
    let found: Vec<_> =
        found.column(0).as_primitive::<arrow::datatypes::Decimal128Type>().iter().collect();
    let tenth = |value: i128| (value + value.signum() * 50) / 100;
    let expected: Vec<_> = number(600_000_000_000_000).map(|v| v.map(tenth)).collect();
    assert_eq!(found, expected);
    let found = read(&table(&[("d", "decimal(4,3)")]), &bytes, &request);
    assert_eq!(found.column(0).null_count(), ROWS as usize - 1);
}
