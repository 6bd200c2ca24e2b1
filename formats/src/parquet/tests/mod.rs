//! What is written is what the `parquet` crate reads.

mod random;
mod statistics;

use std::sync::Arc;

use arrow::array::*;
use arrow::compute::{cast, concat_batches};
use arrow::datatypes::*;
use bytes::Bytes;
use parquet::basic::Encoding;
use parquet::file::metadata::{
    PageIndexPolicy, ParquetMetaData, ParquetMetaDataReader, ParquetMetaDataWriter,
};
use proptest::prelude::*;

use super::*;
use crate::compression::{Compression, ZstdLevel};
use crate::types::{HiveType, StructField};
use crate::{ErrorKind, FileStats};
use random::Random;

/// Encodes one file of the given row groups.
fn encode(
    options: &ParquetOptions,
    types: Option<&[HiveType]>,
    groups: &[Vec<RecordBatch>],
) -> crate::Result<(Bytes, FileStats)> {
    let schema = groups[0][0].schema();
    let mut encoder = Encoder::new(&schema, types, options)?;
    let (mut file, mut out) = (encoder.start(), b"before".to_vec());
    for group in groups {
        encoder.row_group(&mut file, group, &mut out)?;
        assert_eq!(file.bytes(), out.len() as u64 - 6);
    }
    let stats = encoder.finish(file, &mut out)?;
    assert!(out.starts_with(b"before"));
    Ok((Bytes::from(out).slice(6..), stats))
}

fn metadata(file: &Bytes) -> ParquetMetaData {
    let reader = ParquetMetaDataReader::new().with_page_index_policy(PageIndexPolicy::Required);
    reader.parse_and_finish(file).unwrap()
}

/// Reads a file back as the types of `schema`.
fn decode(file: &Bytes, schema: &SchemaRef) -> RecordBatch {
    let batches = read_batches(file.clone(), 100).unwrap();
    let found = Arc::clone(batches.schema());
    let batches: Vec<_> = batches.map(Result::unwrap).collect();
    let batch = concat_batches(&found, &batches).unwrap();
    let columns = batch.columns().iter().zip(schema.fields());
    let columns = columns.map(|(c, f)| cast(c, f.data_type()).unwrap()).collect();
    let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    RecordBatch::try_new_with_options(Arc::clone(schema), columns, &options).unwrap()
}

/// Checks that the file gives the rows back and that its counts agree.
fn check(options: &ParquetOptions, types: Option<&[HiveType]>, groups: &[Vec<RecordBatch>]) {
    let (file, stats) = encode(options, types, groups).unwrap();
    let schema = groups[0][0].schema();
    let written = concat_batches(&schema, groups.iter().flatten()).unwrap();
    assert_eq!(decode(&file, &schema), written);
    assert_eq!((stats.rows, stats.bytes), (written.num_rows() as u64, file.len() as u64));
    assert_eq!(footer(&file).unwrap(), stats);
    check_index(&file);
}

/// Checks the page index against the pages: every row can be reached through it.
fn check_index(file: &Bytes) {
    let metadata = metadata(file);
    for (g, group) in metadata.row_groups().iter().enumerate() {
        for (c, chunk) in group.columns().iter().enumerate() {
            let pages = metadata.offset_index().unwrap()[g][c].page_locations();
            let (start, len) = chunk.byte_range();
            let last = pages.last().unwrap();
            let end = last.offset + i64::from(last.compressed_page_size);
            assert_eq!(end.cast_unsigned(), start + len);
            assert_eq!(pages[0].offset, chunk.data_page_offset());
            assert!(pages.is_sorted_by(|a, b| a.first_row_index < b.first_row_index
                && a.offset + i64::from(a.compressed_page_size) == b.offset));
            assert!(last.first_row_index < group.num_rows());
        }
    }
}

fn batch(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
    RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(n, a)| (n, a, true)))
        .unwrap()
}

fn ints(values: impl IntoIterator<Item = i64>) -> RecordBatch {
    batch(vec![("id", Arc::new(Int64Array::from_iter_values(values)))])
}

fn any_options() -> impl Strategy<Value = ParquetOptions> {
    let compression = prop_oneof![
        Just(Compression::None),
        Just(Compression::Snappy),
        Just(Compression::Gzip),
        Just(Compression::Zstd(ZstdLevel::default())),
        Just(Compression::Lz4Raw),
    ];
    let timestamp = prop_oneof![
        Just(ParquetTimestamp::Int96),
        Just(ParquetTimestamp::Int64Micros),
        Just(ParquetTimestamp::Int64Millis),
    ];
    let decimal = prop_oneof![Just(ParquetDecimal::Legacy), Just(ParquetDecimal::Standard)];
    (compression, timestamp, decimal, 1usize..200, 1usize..5000, any::<bool>()).prop_map(
        |(compression, timestamp, decimal, page_rows, page_bytes, dictionary)| ParquetOptions {
            compression,
            timestamp,
            decimal,
            page_rows,
            page_bytes,
            dictionary,
            ..ParquetOptions::default()
        },
    )
}

fn any_leaf() -> impl Strategy<Value = HiveType> {
    prop_oneof![
        Just(HiveType::Boolean),
        Just(HiveType::TinyInt),
        Just(HiveType::SmallInt),
        Just(HiveType::Int),
        Just(HiveType::BigInt),
        Just(HiveType::Float),
        Just(HiveType::Double),
        (1u8..=38).prop_map(|p| HiveType::Decimal { precision: p, scale: p / 3 }),
        Just(HiveType::String),
        Just(HiveType::Varchar(10)),
        Just(HiveType::Char(7)),
        Just(HiveType::Binary),
        Just(HiveType::Date),
        Just(HiveType::Timestamp),
        Just(HiveType::TimestampLocalTz),
    ]
}

fn any_column() -> impl Strategy<Value = HiveType> {
    any_leaf().prop_recursive(3, 8, 3, |inner| {
        let fields = prop::collection::vec(inner.clone(), 1..4).prop_map(|types| {
            let names = (0..).map(|i| format!("f{i}"));
            HiveType::Struct(names.zip(types).map(|(name, ty)| StructField { name, ty }).collect())
        });
        prop_oneof![
            inner.clone().prop_map(|t| HiveType::Array(Box::new(t))),
            (any_leaf(), inner).prop_map(|(k, v)| HiveType::Map(Box::new(k), Box::new(v))),
            fields,
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn gives_every_type_back(
        options in any_options(),
        types in prop::collection::vec(any_column(), 1..4),
        sizes in prop::collection::vec(prop::collection::vec(0usize..120, 1..4), 1..4),
        seed in any::<u64>(),
    ) {
        let mut random = Random::new(seed, &options);
        let fields = types.iter().enumerate();
        let fields = fields.map(|(i, t)| Field::new(format!("c{i}"), t.to_arrow(), true));
        let schema = Arc::new(Schema::new(fields.collect::<Fields>()));
        let groups: Vec<Vec<_>> = sizes
            .iter()
            .map(|sizes| sizes.iter().map(|n| random.batch(&schema, &types, *n)).collect())
            .collect();
        check(&options, Some(&types), &groups);
    }
}

#[test]
fn long_columns_in_many_pages_of_many_batches() {
    let types: Vec<HiveType> = [
        "boolean",
        "int",
        "bigint",
        "double",
        "string",
        "decimal(18,2)",
        "timestamp",
        "array<string>",
        "map<int,double>",
        "struct<a:int,b:struct<c:array<date>>>",
    ]
    .iter()
    .map(|t| t.parse().unwrap())
    .collect();
    let fields = types.iter().map(|t| Field::new(t.to_string(), t.to_arrow(), true));
    let schema = Arc::new(Schema::new(fields.collect::<Fields>()));
    let mut random = Random::new(7, &ParquetOptions::default());
    let batches: Vec<_> =
        [1000, 8192, 1, 0, 5000].iter().map(|n| random.batch(&schema, &types, *n)).collect();
    for page_rows in [100, 1000, 20_000] {
        let options = ParquetOptions { page_rows, ..ParquetOptions::default() };
        check(&options, Some(&types), std::slice::from_ref(&batches));
    }
}

#[test]
fn no_rows_and_one_row_and_only_nulls() {
    let options = ParquetOptions::default();
    let empty = ints([]);
    for groups in [vec![vec![]], vec![vec![empty.clone()]], vec![vec![empty.clone()]; 3]] {
        let mut encoder = Encoder::new(&empty.schema(), None, &options).unwrap();
        let (mut file, mut out) = (encoder.start(), Vec::new());
        for group in &groups {
            encoder.row_group(&mut file, group, &mut out).unwrap();
        }
        assert!(out.is_empty());
        let stats = encoder.finish(file, &mut out).unwrap();
        assert_eq!(stats, FileStats { rows: 0, bytes: out.len() as u64, raw_bytes: 0 });
        let file = Bytes::from(out);
        assert_eq!(footer(&file).unwrap(), stats);
        assert_eq!(decode(&file, &empty.schema()), empty);
    }
    check(&options, None, &[vec![ints([5])]]);
    for array in [
        new_null_array(&DataType::Utf8, 30),
        new_null_array(&DataType::new_list(DataType::Int32, true), 30),
        Arc::new(NullArray::new(0)) as ArrayRef,
    ] {
        if !array.is_empty() {
            check(&options, None, &[vec![batch(vec![("c", array)])]]);
        }
    }
}

#[test]
fn one_encoder_writes_files_alternately() {
    let options = ParquetOptions {
        compression: Compression::Zstd(ZstdLevel::default()),
        ..ParquetOptions::default()
    };
    let schema = ints([]).schema();
    let mut encoder = Encoder::new(&schema, None, &options).unwrap();
    let mut files: Vec<_> = (0..3).map(|_| (encoder.start(), Vec::new())).collect();
    for round in 0..3 {
        for (n, (file, out)) in (0i64..).zip(&mut files) {
            let rows = (0..1000).map(|i| n * 1_000_000 + round * 1000 + i);
            encoder.row_group(file, &[ints(rows)], out).unwrap();
        }
    }
    for (n, (file, mut out)) in (0i64..).zip(files) {
        let stats = encoder.finish(file, &mut out).unwrap();
        let file = Bytes::from(out);
        assert_eq!((stats.rows, metadata(&file).num_row_groups()), (3000, 3));
        assert_eq!(decode(&file, &schema), ints((0..3000).map(|i| n * 1_000_000 + i)));
    }
}

#[test]
fn an_open_file_is_small() {
    let columns: Vec<(String, ArrayRef)> = (0..10)
        .map(|i| (format!("c{i}"), Arc::new(Int64Array::from_iter_values(0..100)) as ArrayRef))
        .collect();
    let batch = batch(columns.iter().map(|(n, a)| (n.as_str(), Arc::clone(a))).collect());
    let mut encoder = Encoder::new(&batch.schema(), None, &ParquetOptions::default()).unwrap();
    let mut file = encoder.start();
    assert!(file.memory() < 100, "{}", file.memory());
    encoder.row_group(&mut file, &[batch], &mut Vec::new()).unwrap();
    assert!(file.memory() < 4000, "{}", file.memory());
}

#[test]
fn dictionaries_where_values_repeat() {
    let has_dictionary = |rows: usize, distinct: usize, options: &ParquetOptions| {
        let values = (0..rows).map(|i| format!("value {}", i % distinct));
        let texts: ArrayRef = Arc::new(StringArray::from_iter_values(values));
        let groups = [vec![batch(vec![("c", texts)])]];
        check(options, None, &groups);
        let (file, _) = encode(options, None, &groups).unwrap();
        let metadata = metadata(&file);
        let chunk = metadata.row_group(0).column(0);
        let found = chunk.dictionary_page_offset().is_some();
        assert_eq!(chunk.encodings().any(|e| e == Encoding::RLE_DICTIONARY), found);
        found
    };
    let on = ParquetOptions::default();
    let off = ParquetOptions { dictionary: false, ..ParquetOptions::default() };
    assert!(has_dictionary(50_000, 1, &on));
    assert!(!has_dictionary(50_000, 1, &off));
    assert!(has_dictionary(50_000, 512, &on));
    assert!(!has_dictionary(50_000, 513, &on), "half of the sample is distinct");
    assert!(has_dictionary(100, 50, &on));
    assert!(!has_dictionary(100, 51, &on));
    // Few in the sample, too many later.
    let late = |distinct: i32| {
        let values = (0..40_000).map(|i| if i < 2000 { 0 } else { i % distinct });
        let numbers: ArrayRef = Arc::new(Int32Array::from_iter_values(values));
        let groups = [vec![batch(vec![("c", numbers)])]];
        check(&on, None, &groups);
        let (file, _) = encode(&on, None, &groups).unwrap();
        metadata(&file).row_group(0).column(0).dictionary_page_offset().is_some()
    };
    assert!(late(4096));
    assert!(!late(4097));
}

#[test]
fn large_values_make_smaller_pages() {
    let text = "x".repeat(10_000);
    let texts: ArrayRef =
        Arc::new(StringArray::from_iter_values((0..1000).map(|i| format!("{i}{text}"))));
    let groups = [vec![batch(vec![("c", texts)])]];
    check(&ParquetOptions::default(), None, &groups);
    let (file, _) = encode(&ParquetOptions::default(), None, &groups).unwrap();
    let pages = metadata(&file).offset_index().unwrap()[0][0].page_locations().len();
    assert!((9..=11).contains(&pages), "{pages}");
}

#[test]
fn texts_in_any_arrow_form() {
    let plain = StringArray::from(vec![Some("b"), None, Some(""), Some("b"), Some("ä")]);
    let plain = batch(vec![("c", Arc::new(plain))]);
    let ty = |key, value| DataType::Dictionary(Box::new(key), Box::new(value));
    for form in [
        DataType::LargeUtf8,
        DataType::Utf8View,
        ty(DataType::Int32, DataType::Utf8),
        ty(DataType::Int8, DataType::LargeUtf8),
    ] {
        let same = batch(vec![("c", cast(plain.column(0), &form).unwrap())]).slice(1, 4);
        for schema in [plain.schema(), same.schema()] {
            let mut encoder = Encoder::new(&schema, None, &ParquetOptions::default()).unwrap();
            let (mut file, mut out) = (encoder.start(), Vec::new());
            let both = [plain.slice(0, 1), same.clone()];
            encoder.row_group(&mut file, &both, &mut out).unwrap();
            encoder.finish(file, &mut out).unwrap();
            assert_eq!(decode(&Bytes::from(out), &plain.schema()), plain, "{form}");
        }
    }
}

#[test]
fn timestamps_in_any_unit_and_zone() {
    let micros = |v: Vec<i64>| -> ArrayRef { Arc::new(TimestampMicrosecondArray::from(v)) };
    let zone = chrono_tz::Tz::Asia__Shanghai;
    let eight_hours = 28_800_000_000;
    for (array, options, expected) in [
        (
            Arc::new(TimestampNanosecondArray::from(vec![-1, 1999])) as ArrayRef,
            ParquetOptions::default(),
            micros(vec![-1, 1]),
        ),
        (
            Arc::new(TimestampSecondArray::from(vec![-1, 2])),
            ParquetOptions::default(),
            micros(vec![-1_000_000, 2_000_000]),
        ),
        (
            micros(vec![-1, 1999]),
            ParquetOptions {
                timestamp: ParquetTimestamp::Int64Millis,
                ..ParquetOptions::default()
            },
            micros(vec![-1000, 1000]),
        ),
        (
            micros(vec![1_700_000_000_000_000]),
            ParquetOptions { time_zone: zone, ..ParquetOptions::default() },
            micros(vec![1_700_000_000_000_000 - eight_hours]),
        ),
        (
            Arc::new(TimestampMicrosecondArray::from(vec![5]).with_timezone("UTC")),
            ParquetOptions { time_zone: zone, ..ParquetOptions::default() },
            micros(vec![5]),
        ),
    ] {
        let (file, _) = encode(&options, None, &[vec![batch(vec![("ts", array)])]]).unwrap();
        let expected = batch(vec![("ts", expected)]);
        assert_eq!(decode(&file, &expected.schema()), expected, "{options:?}");
        let metadata = metadata(&file);
        let pairs = metadata.file_metadata().key_value_metadata().unwrap();
        let named = pairs.iter().find(|kv| kv.key == "writer.time.zone").unwrap();
        assert_eq!(named.value.as_deref(), Some(options.time_zone.name()));
    }
}

#[test]
fn what_cannot_be_stored_is_an_error_and_leaves_no_trace() {
    let good = batch(vec![
        ("d", Arc::new(Decimal128Array::from(vec![999]).with_precision_and_scale(3, 1).unwrap())),
        ("t", Arc::new(StringArray::from(vec!["x"]))),
    ]);
    let ty = DataType::Decimal128(3, 1);
    let wide = |v: i128| {
        let values = vec![v].into();
        Arc::new(Decimal128Array::new(values, None).with_data_type(ty.clone())) as ArrayRef
    };
    let text = || Arc::new(StringArray::from(vec!["x"])) as ArrayRef;
    let other_scale = Decimal128Array::from(vec![1]).with_precision_and_scale(3, 2).unwrap();
    for (bad, kind) in [
        (vec![("d", wide(1000)), ("t", text())], ErrorKind::Data),
        (vec![("d", wide(-1000)), ("t", text())], ErrorKind::Data),
        (vec![("d", Arc::new(other_scale) as ArrayRef), ("t", text())], ErrorKind::Schema),
        (vec![("d", text()), ("t", text())], ErrorKind::Schema),
        (vec![("d", wide(1)), ("t", wide(1))], ErrorKind::Schema),
        (vec![("d", wide(1))], ErrorKind::Schema),
    ] {
        let mut encoder = Encoder::new(&good.schema(), None, &ParquetOptions::default()).unwrap();
        let (mut file, mut out) = (encoder.start(), Vec::new());
        for _ in 0..2 {
            let before = out.len();
            let bad = encoder.row_group(&mut file, &[batch(bad.clone())], &mut out).unwrap_err();
            assert_eq!((bad.kind(), out.len()), (kind, before), "{bad}");
            encoder.row_group(&mut file, std::slice::from_ref(&good), &mut out).unwrap();
        }
        encoder.finish(file, &mut out).unwrap();
        let both = concat_batches(&good.schema(), [&good, &good]).unwrap();
        assert_eq!(decode(&Bytes::from(out), &good.schema()), both);
    }
}

#[test]
fn options_out_of_range_are_refused() {
    let schema = ints([]).schema();
    for options in [
        ParquetOptions { page_rows: 0, ..ParquetOptions::default() },
        ParquetOptions { page_bytes: usize::MAX, ..ParquetOptions::default() },
    ] {
        let error = Encoder::new(&schema, None, &options).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
    }
    let types = [HiveType::Int, HiveType::Int];
    let error = Encoder::new(&schema, Some(&types), &ParquetOptions::default()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Schema);
}

#[test]
fn missing_rows_are_an_error() {
    let (file, _) = encode(&ParquetOptions::default(), None, &[vec![ints(0..100)]]).unwrap();
    let whole = ParquetMetaDataReader::new().parse_and_finish(&file).unwrap();
    let end = whole.row_group(0).column(0).byte_range();
    let mut builder = whole.into_builder();
    let group = builder.take_row_groups().remove(0).into_builder().set_num_rows(120).build();
    let mut bytes = file[..usize::try_from(end.0 + end.1).unwrap()].to_vec();
    let metadata = builder.add_row_group(group.unwrap()).build();
    ParquetMetaDataWriter::new(&mut bytes, &metadata).finish().unwrap();
    let rows: crate::Result<Vec<_>> = read_batches(Bytes::from(bytes), 30).unwrap().collect();
    assert_eq!(rows.unwrap_err().kind(), ErrorKind::Data);
}

#[test]
fn negative_places_and_lengths_are_errors() {
    let (file, _) = encode(&ParquetOptions::default(), None, &[vec![ints(0..100)]]).unwrap();
    let whole = ParquetMetaDataReader::new().parse_and_finish(&file).unwrap();
    let column = || whole.row_group(0).column(0).clone().into_builder();
    let end = whole.row_group(0).column(0).byte_range();
    for column in [
        column().set_total_compressed_size(-1),
        column().set_data_page_offset(-5),
        column().set_dictionary_page_offset(Some(-5)),
        column().set_num_values(-1),
    ] {
        let group = whole.row_group(0).clone().into_builder();
        let group = group.set_column_metadata(vec![column.build().unwrap()]).build().unwrap();
        let mut builder = whole.clone().into_builder();
        builder.take_row_groups();
        let mut bytes = file[..usize::try_from(end.0 + end.1).unwrap()].to_vec();
        let metadata = builder.add_row_group(group).build();
        ParquetMetaDataWriter::new(&mut bytes, &metadata).finish().unwrap();
        let bytes = Bytes::from(bytes);
        assert_eq!(read_batches(bytes.clone(), 30).unwrap_err().kind(), ErrorKind::Data);
        let input: Arc<dyn crate::Input> = Arc::new(bytes);
        assert_eq!(file_columns(input).unwrap_err().kind(), ErrorKind::Data);
    }
}

#[test]
fn broken_files_are_errors() {
    let (file, _) = encode(&ParquetOptions::default(), None, &[vec![ints(0..1000)]]).unwrap();
    for broken in [
        Bytes::new(),
        Bytes::from_static(b"PAR1"),
        Bytes::from_static(b"PAR1\xff\xff\xff\x7fPAR1"),
        file.slice(..file.len() - 1),
        file.slice(file.len() - 20..),
        Bytes::from([&file[..file.len() - 8], &[0xff, 0xff, 0xff, 0xff], b"PAR1"].concat()),
        Bytes::from([&file[..file.len() - 8], &[3, 0, 0, 0], b"PAR1"].concat()),
    ] {
        assert_eq!(footer(&broken).unwrap_err().kind(), ErrorKind::Data);
        assert_eq!(read_batches(broken, 10).unwrap_err().kind(), ErrorKind::Data);
    }
    let mut bytes = file.to_vec();
    bytes[4..200].fill(0xff);
    let rows: crate::Result<Vec<_>> = read_batches(Bytes::from(bytes), 10).unwrap().collect();
    assert_eq!(rows.unwrap_err().kind(), ErrorKind::Data);
}

#[test]
fn levels_that_end_before_their_values_are_errors() {
    let nullable: Int32Array = (0..100).map(|n| (n % 2 == 0).then_some(n)).collect();
    let batch = RecordBatch::try_from_iter([("c", Arc::new(nullable) as ArrayRef)]).unwrap();
    let options = ParquetOptions { compression: Compression::None, ..Default::default() };
    let (file, _) = encode(&options, None, &[vec![batch]]).unwrap();
    // Thirteen packed groups of eight levels, with the length in bytes before them.
    let levels = [14, 0, 0, 0, 13 << 1 | 1, 0b0101_0101];
    let at = file.windows(levels.len()).position(|bytes| bytes == levels).unwrap();
    let mut bytes = file.to_vec();
    bytes[at] = 3;
    let rows: crate::Result<Vec<_>> = read_batches(Bytes::from(bytes), 100).unwrap().collect();
    assert_eq!(rows.unwrap_err().kind(), ErrorKind::Data);
}

#[test]
fn the_footer_says_who_wrote_it() {
    let options = ParquetOptions {
        created_by: "me version 1".to_owned(),
        key_value_metadata: vec![("k".to_owned(), "v".to_owned())],
        ..ParquetOptions::default()
    };
    let (file, _) = encode(&options, None, &[vec![ints(0..10)]]).unwrap();
    let metadata = metadata(&file);
    let file = metadata.file_metadata();
    assert_eq!((file.created_by(), file.version()), (Some("me version 1"), 1));
    let pairs = file.key_value_metadata().unwrap();
    assert_eq!((pairs[0].key.as_str(), pairs[0].value.as_deref()), ("k", Some("v")));
    assert_eq!(pairs.len(), 1, "nothing about time in a file without any");
}

/// Source: parquet-mr `VersionParser`; what it cannot parse makes Hive 2.3 and others forget the bounds of texts and decimals.
#[test]
fn the_name_of_the_writer_is_one_that_parquet_mr_can_parse() {
    let format =
        regex::Regex::new(r"^(.*?)\s+version\s*(?:([^(]*?)\s*(?:\(\s*build\s*([^)]*?)\s*\))?)?$");
    let old = regex::Regex::new(r"^(.+) version ((.*) )?\(build ?(.*)\)$").unwrap();
    let name = ParquetOptions::default().created_by;
    for format in [format.unwrap(), old] {
        let found = format.captures(&name).unwrap();
        assert_eq!(&found[1], "skep", "{name}");
        assert_eq!(found[2].trim(), env!("CARGO_PKG_VERSION"), "{name}");
    }
}

/// Other writers use codecs that we do not write.
#[test]
fn every_codec_of_the_format_is_read() {
    use parquet::arrow::ArrowWriter;
    use parquet::basic::{BrotliLevel, Compression as Codec, GzipLevel, ZstdLevel};
    use parquet::file::properties::WriterProperties;
    let text: StringArray = (0..500).map(|n| Some(format!("text {}", n % 50))).collect();
    let batch = RecordBatch::try_from_iter([("c", Arc::new(text) as ArrayRef)]).unwrap();
    for codec in [
        Codec::UNCOMPRESSED,
        Codec::SNAPPY,
        Codec::GZIP(GzipLevel::default()),
        Codec::BROTLI(BrotliLevel::default()),
        Codec::LZ4,
        Codec::LZ4_RAW,
        Codec::ZSTD(ZstdLevel::default()),
    ] {
        let options = WriterProperties::builder().set_compression(codec).build();
        let mut bytes = Vec::new();
        let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), Some(options)).unwrap();
        writer.write(&batch).unwrap();
        writer.close().unwrap();
        let read: crate::Result<Vec<_>> = read_batches(Bytes::from(bytes), 1000).unwrap().collect();
        assert_eq!(read.unwrap()[0].column(0), batch.column(0), "{codec}");
    }
}
