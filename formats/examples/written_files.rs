//! Writes ORC and Parquet files of every type for foreign readers to look at, and the rows they must see.
//!
//! usage: `written_files DIR`. Writes `DIR/NAME.orc`, `DIR/NAME.parquet` and `DIR/NAME.json`, one object a line; decimals,
//! dates and timestamps as text, binaries as hexadecimal digits. Also `DIR/sorted/orc` and `DIR/sorted/parquet`, whose
//! rows are `n` from 0 to 199999 and a text of `n`, for conditions to leave out.

#![expect(clippy::unwrap_used, reason = "a program that makes its own input")]

use std::fs;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BinaryArray, BooleanArray, Date32Array, Decimal128Array, Float32Array, Float64Array,
    Int8Array, Int16Array, Int32Array, Int64Array, ListArray, MapArray, RecordBatch, StringArray,
    StructArray, TimestampMicrosecondArray,
};
use arrow::buffer::OffsetBuffer;
use arrow::datatypes::{DataType, Field, Fields, Schema};
use formats::Encoder;
use formats::compression::{Compression, ZstdLevel};
use formats::orc::{OrcCompression, OrcEncoder, OrcOptions};
use formats::parquet::{ParquetDecimal, ParquetOptions, ParquetTimestamp};
use formats::types::HiveType;
use serde_json::{Value, json};

const TYPES: [(&str, &str); 20] = [
    ("id", "bigint"),
    ("bo", "boolean"),
    ("ti", "tinyint"),
    ("si", "smallint"),
    ("i", "int"),
    ("f", "float"),
    ("d", "double"),
    ("d5", "decimal(5,2)"),
    ("d38", "decimal(38,10)"),
    ("s", "string"),
    ("u", "string"),
    ("v", "varchar(10)"),
    ("c", "char(5)"),
    ("b", "binary"),
    ("dt", "date"),
    ("ts", "timestamp"),
    ("a", "array<int>"),
    ("m", "map<string,int>"),
    ("st", "struct<a:int,b:string>"),
    ("n", "array<map<string,struct<t:timestamp,x:array<decimal(10,3)>>>>"),
];

/// Columns with bloom filters.
const BLOOMS: [&str; 12] = ["id", "i", "d", "d5", "s", "u", "v", "c", "b", "dt", "ts", "st.b"];

/// Tells whether a value is null: one in seven, at another place in each column.
fn null(row: i64, column: i64) -> bool {
    column > 0 && (row + column) % 7 == 0
}

fn hash(row: i64) -> i64 {
    (row ^ 0x5bd1_e995).wrapping_mul(0x2545_f491_4f6c_dd1d) >> 20
}

fn days(row: i64) -> i32 {
    (row * 97 % 40_000 - 20_000) as i32
}

fn micros(row: i64) -> i64 {
    // From 1937 to 2033, whole seconds, milliseconds and microseconds in turn.
    let step = [1_000_000, 1000, 1][(row % 3) as usize];
    (hash(row) % 1_000_000_000_000_000) / step * step
        + if row % 2 == 0 { 1_000_000_000_000_000 } else { -1_000_000 - 1_000_000_000_000_000 }
}

fn rows(from: i64, to: i64) -> RecordBatch {
    macro_rules! column {
        ($array:ty, $number:expr, $value:expr) => {{
            let value = $value;
            (from..to).map(|row| (!null(row, $number)).then(|| value(row))).collect::<$array>()
        }};
    }
    let decimal = |number, precision, scale, value: fn(i64) -> i128| {
        let array = column!(Decimal128Array, number, value);
        Arc::new(array.with_precision_and_scale(precision, scale).unwrap()) as ArrayRef
    };
    let lengths = |number| {
        OffsetBuffer::from_lengths(
            (from..to).map(move |row| if null(row, number) { 0 } else { (row % 4) as usize }),
        )
    };
    let nulls = |number| Some((from..to).map(|row| !null(row, number)).collect());
    let elements = |number: i64| {
        (from..to).flat_map(move |row| {
            (0..if null(row, number) { 0 } else { row % 4 }).map(move |i| (row, i))
        })
    };
    let types: Vec<DataType> =
        TYPES.iter().map(|(_, ty)| ty.parse::<HiveType>().unwrap().to_arrow()).collect();
    let DataType::List(item) = types[16].clone() else { unreachable!() };
    let DataType::Map(entries, _) = types[17].clone() else { unreachable!() };
    let DataType::Struct(pair) = entries.data_type().clone() else { unreachable!() };
    let DataType::Struct(fields) = types[18].clone() else { unreachable!() };
    let list: Int32Array =
        elements(16).map(|(row, i)| (i != 2).then_some((row * 10 + i) as i32)).collect();
    let keys: StringArray = elements(17).map(|(_, i)| Some(format!("k{i}"))).collect();
    let values: Int32Array =
        elements(17).map(|(row, i)| (i != 1).then_some((row - i) as i32)).collect();
    let pairs = StructArray::new(pair, vec![Arc::new(keys), Arc::new(values)], None);
    let a = column!(Int32Array, 18, |row| row as i32);
    let b = (from..to).map(|row| (!null(row, 18) && row % 2 == 0).then(|| format!("b{row}")));
    let inner: Vec<ArrayRef> = vec![Arc::new(a), Arc::new(b.collect::<StringArray>())];
    let columns: Vec<ArrayRef> = vec![
        Arc::new(Int64Array::from_iter_values(from..to)),
        Arc::new(column!(BooleanArray, 1, |row: i64| row % 3 == 0)),
        Arc::new(column!(Int8Array, 2, |row: i64| row as i8)),
        Arc::new(column!(Int16Array, 3, |row: i64| hash(row) as i16)),
        Arc::new(column!(Int32Array, 4, |row: i64| (hash(row) % 100_000) as i32)),
        Arc::new(column!(Float32Array, 5, |row: i64| row as f32 / 8.0 - 100.0)),
        Arc::new(column!(Float64Array, 6, |row: i64| hash(row) as f64 / 1024.0)),
        decimal(7, 5, 2, |row| i128::from(hash(row) % 100_000)),
        decimal(8, 38, 10, |row| i128::from(hash(row)) * 1_000_000_000_000_000_007),
        Arc::new(column!(StringArray, 9, |row: i64| format!("grüße {}", row % 50))),
        Arc::new(column!(StringArray, 10, |row: i64| format!("{:x}", hash(row)))),
        Arc::new(column!(StringArray, 11, |row: i64| format!("v{}", row % 1000))),
        Arc::new(column!(StringArray, 12, |row: i64| format!("{}", row % 300))),
        Arc::new(column!(BinaryArray, 13, |row: i64| row.to_be_bytes()[(8 - row % 9) as usize..]
            .to_vec())),
        Arc::new(column!(Date32Array, 14, days)),
        Arc::new(column!(TimestampMicrosecondArray, 15, micros)),
        Arc::new(ListArray::new(item, lengths(16), Arc::new(list), nulls(16))),
        Arc::new(MapArray::new(entries, lengths(17), pairs, nulls(17), false)),
        Arc::new(StructArray::new(fields, inner, nulls(18))),
        nested(from, to, &types[19]),
    ];
    let fields = TYPES.iter().zip(types).map(|((name, _), ty)| Field::new(*name, ty, true));
    RecordBatch::try_new(Arc::new(Schema::new(fields.collect::<Fields>())), columns).unwrap()
}

/// How many maps the nested column has in a row.
fn maps(row: i64) -> i64 {
    if null(row, 19) { 0 } else { row % 3 }
}

/// The entries of one of its maps; nothing if the map is null, which none is that is alone in its list: Hive's text cannot tell
/// such a list from a null.
fn entries(row: i64, map: i64) -> Option<i64> {
    (maps(row) == 1 || (row + map) % 5 != 4).then_some((row + map) % 3)
}

/// The struct of one entry: a timestamp and decimals, or null.
type Inner = Option<(Option<i64>, Option<Vec<Option<i128>>>)>;

fn inner(row: i64, map: i64, entry: i64) -> Inner {
    let decimals = |i| (i != 1).then_some(i128::from(row) * 10 + i128::from(i) - 4_000);
    ((row + entry) % 4 != 1).then(|| {
        let list = ((row + map) % 3 != 2).then(|| (0..(row + entry) % 3).map(decimals).collect());
        ((entry != 1).then(|| micros(row + entry)), list)
    })
}

/// Makes the column with parts in parts in parts.
fn nested(from: i64, to: i64, ty: &DataType) -> ArrayRef {
    let DataType::List(map) = ty else { unreachable!() };
    let DataType::Map(pair, _) = map.data_type() else { unreachable!() };
    let DataType::Struct(pair_fields) = pair.data_type() else { unreachable!() };
    let DataType::Struct(fields) = pair_fields[1].data_type() else { unreachable!() };
    let DataType::List(decimal) = fields[1].data_type() else { unreachable!() };
    let all_maps: Vec<(i64, i64)> =
        (from..to).flat_map(|row| (0..maps(row)).map(move |map| (row, map))).collect();
    let all: Vec<(i64, i64, i64)> = all_maps
        .iter()
        .flat_map(|(row, map)| (0..entries(*row, *map).unwrap_or(0)).map(|e| (*row, *map, e)))
        .collect();
    let inners: Vec<Inner> =
        all.iter().map(|(row, map, entry)| inner(*row, *map, *entry)).collect();
    let list = |i: &Inner| i.as_ref().and_then(|(_, list)| list.clone());
    let decimals: Decimal128Array = inners.iter().filter_map(list).flatten().collect();
    let decimals = decimals.with_precision_and_scale(10, 3).unwrap();
    let lengths = inners.iter().map(|i| list(i).map_or(0, |list| list.len()));
    let list_nulls = Some(inners.iter().map(|i| list(i).is_some()).collect());
    let decimals = ListArray::new(
        Arc::clone(decimal),
        OffsetBuffer::from_lengths(lengths),
        Arc::new(decimals),
        list_nulls,
    );
    let times: TimestampMicrosecondArray =
        inners.iter().map(|i| i.as_ref().and_then(|(time, _)| *time)).collect();
    let structs = StructArray::new(
        fields.clone(),
        vec![Arc::new(times), Arc::new(decimals)],
        Some(inners.iter().map(Option::is_some).collect()),
    );
    let keys: StringArray = all.iter().map(|(_, _, entry)| Some(format!("k{entry}"))).collect();
    let pairs =
        StructArray::new(pair_fields.clone(), vec![Arc::new(keys), Arc::new(structs)], None);
    let lengths = all_maps.iter().map(|(row, map)| entries(*row, *map).unwrap_or(0) as usize);
    let offsets = OffsetBuffer::from_lengths(lengths);
    let map_nulls = Some(all_maps.iter().map(|(row, map)| entries(*row, *map).is_some()).collect());
    let values = MapArray::new(Arc::clone(pair), offsets, pairs, map_nulls, false);
    let offsets = OffsetBuffer::from_lengths((from..to).map(|row| maps(row) as usize));
    let nulls = Some((from..to).map(|row| !null(row, 19)).collect());
    Arc::new(ListArray::new(Arc::clone(map), offsets, Arc::new(values), nulls))
}

fn show_decimal(value: i128, scale: usize) -> Value {
    let digits = format!("{:0width$}", value.unsigned_abs(), width = scale + 1);
    let (whole, fraction) = digits.split_at(digits.len() - scale);
    json!(format!("{}{whole}.{fraction}", if value < 0 { "-" } else { "" }))
}

fn show_time(micros: i64) -> Value {
    let time = chrono::DateTime::from_timestamp_micros(micros).unwrap().naive_utc();
    json!(time.format("%Y-%m-%d %H:%M:%S%.6f").to_string())
}

fn show_nested(row: i64) -> Value {
    let show_inner = |inner: Inner| match inner {
        None => Value::Null,
        Some((time, list)) => {
            let show = |d: Option<i128>| d.map_or(Value::Null, |d| show_decimal(d, 3));
            let list = list.map(|list| list.into_iter().map(show).collect::<Vec<_>>());
            json!({ "t": time.map(show_time), "x": list })
        }
    };
    let show_map = |map| {
        let entry = |e| (format!("k{e}"), show_inner(inner(row, map, e)));
        entries(row, map).map(|n| (0..n).map(entry).collect::<serde_json::Map<_, _>>())
    };
    json!((0..maps(row)).map(show_map).collect::<Vec<_>>())
}

fn show(row: i64) -> Value {
    let or_null = |number, value: Value| if null(row, number) { Value::Null } else { value };
    let date = chrono::NaiveDate::from_epoch_days(days(row)).unwrap();
    let bytes = &row.to_be_bytes()[(8 - row % 9) as usize..];
    let hex: String = bytes.iter().fold(String::new(), |text, b| text + &format!("{b:02x}"));
    let list: Vec<Value> =
        (0..row % 4).map(|i| if i == 2 { Value::Null } else { json!(row * 10 + i) }).collect();
    let map: serde_json::Map<String, Value> = (0..row % 4)
        .map(|i| (format!("k{i}"), if i == 1 { Value::Null } else { json!(row - i) }))
        .collect();
    let b = if row % 2 == 0 { json!(format!("b{row}")) } else { Value::Null };
    json!({
        "id": row,
        "bo": or_null(1, json!(row % 3 == 0)),
        "ti": or_null(2, json!(row as i8)),
        "si": or_null(3, json!(hash(row) as i16)),
        "i": or_null(4, json!(hash(row) % 100_000)),
        "f": or_null(5, json!(row as f64 / 8.0 - 100.0)),
        "d": or_null(6, json!(hash(row) as f64 / 1024.0)),
        "d5": or_null(7, show_decimal(i128::from(hash(row) % 100_000), 2)),
        "d38": or_null(8, show_decimal(i128::from(hash(row)) * 1_000_000_000_000_000_007, 10)),
        "s": or_null(9, json!(format!("grüße {}", row % 50))),
        "u": or_null(10, json!(format!("{:x}", hash(row)))),
        "v": or_null(11, json!(format!("v{}", row % 1000))),
        "c": or_null(12, json!(format!("{:<5}", row % 300))),
        "b": or_null(13, json!(hex)),
        "dt": or_null(14, json!(date.to_string())),
        "ts": or_null(15, show_time(micros(row))),
        "a": or_null(16, json!(list)),
        "m": or_null(17, json!(map)),
        "st": or_null(18, json!({ "a": row, "b": b })),
        "n": or_null(19, show_nested(row)),
    })
}

fn hive_types(types: &[(&str, &str)]) -> Vec<HiveType> {
    types.iter().map(|(_, ty)| ty.parse().unwrap()).collect()
}

fn orc(folder: &Path, name: &str, pieces: &[RecordBatch], options: &OrcOptions) {
    let types = (pieces[0].num_columns() == TYPES.len()).then(|| hive_types(&TYPES));
    let mut encoder = OrcEncoder::new(&pieces[0].schema(), types.as_deref(), options).unwrap();
    let (mut file, mut out) = (encoder.start(), Vec::new());
    for piece in pieces.iter().filter(|piece| piece.num_rows() > 0) {
        encoder.stripes(&mut file, std::slice::from_ref(piece), &mut out).unwrap();
    }
    encoder.finish(file, &mut out).unwrap();
    fs::write(folder.join(format!("{name}.orc")), out).unwrap();
}

fn parquet(folder: &Path, name: &str, pieces: &[RecordBatch], options: &ParquetOptions) {
    let types = (pieces[0].num_columns() == TYPES.len()).then(|| hive_types(&TYPES));
    let mut encoder = Encoder::new(&pieces[0].schema(), types.as_deref(), options).unwrap();
    let (mut file, mut out) = (encoder.start(), Vec::new());
    for piece in pieces.iter().filter(|piece| piece.num_rows() > 0) {
        encoder.row_group(&mut file, std::slice::from_ref(piece), &mut out).unwrap();
    }
    encoder.finish(file, &mut out).unwrap();
    fs::write(folder.join(format!("{name}.parquet")), out).unwrap();
}

/// Writes the promised rows; returns the batches that have them, one for each stripe or row group.
fn promise(folder: &Path, name: &str, pieces: &[(i64, i64)]) -> Vec<RecordBatch> {
    let lines =
        pieces.iter().flat_map(|(from, to)| *from..*to).map(|row| format!("{}\n", show(row)));
    fs::write(folder.join(format!("{name}.json")), lines.collect::<String>()).unwrap();
    pieces.iter().map(|(from, to)| rows(*from, *to)).collect()
}

/// Writes rows that a condition on `n` finds together and one on `k` in a single row group.
fn sorted(folder: &Path) {
    let batch = |from: i64| {
        let n = Int64Array::from_iter_values(from..from + 50_000);
        let k = (from..from + 50_000).map(|row| Some(format!("{:016x}", hash(row))));
        let k: StringArray = k.collect();
        RecordBatch::try_from_iter([("n", Arc::new(n) as ArrayRef), ("k", Arc::new(k))]).unwrap()
    };
    let batches: Vec<RecordBatch> = (0..4).map(|part| batch(part * 50_000)).collect();
    let blooms = vec!["k".to_owned()];
    for format in ["orc", "parquet"] {
        fs::create_dir_all(folder.join(format)).unwrap();
    }
    let options = OrcOptions { bloom_columns: blooms.clone(), ..OrcOptions::default() };
    orc(&folder.join("orc"), "sorted", &batches, &options);
    let options =
        ParquetOptions { bloom_columns: blooms, page_rows: 10_000, ..ParquetOptions::default() };
    parquet(&folder.join("parquet"), "sorted", &batches, &options);
}

fn main() {
    let folder = std::env::args().nth(1).unwrap_or_else(|| ".".to_owned());
    let folder = Path::new(&folder);
    fs::create_dir_all(folder).unwrap();
    let orc_of = |compression| OrcOptions {
        compression,
        row_index_stride: 1000,
        bloom_columns: BLOOMS.map(str::to_owned).to_vec(),
        user_metadata: vec![("made.by".to_owned(), b"written_files".to_vec())],
        ..OrcOptions::default()
    };
    let parquet_of = |compression| ParquetOptions {
        compression,
        page_rows: 1000,
        bloom_columns: BLOOMS.map(str::to_owned).to_vec(),
        ..ParquetOptions::default()
    };
    for (name, orc_codec, codec) in [
        ("none", OrcCompression::None, Compression::None),
        ("zlib", OrcCompression::Zlib, Compression::Gzip),
        ("snappy", OrcCompression::Snappy, Compression::Snappy),
        ("lz4", OrcCompression::Lz4, Compression::Lz4Raw),
        ("zstd", OrcCompression::Zstd, Compression::Zstd(ZstdLevel::default())),
    ] {
        let pieces = promise(folder, name, &[(0, 3500), (3500, 3501), (3501, 6001)]);
        orc(folder, name, &pieces, &orc_of(orc_codec));
        parquet(folder, name, &pieces, &parquet_of(codec));
    }
    for (name, from, to) in [("empty", 0, 0), ("one", 5, 6)] {
        let pieces = promise(folder, name, &[(from, to)]);
        orc(folder, name, &pieces, &orc_of(OrcCompression::Snappy));
        parquet(folder, name, &pieces, &parquet_of(Compression::Snappy));
    }
    let pieces = promise(folder, "noindex", &[(0, 2000)]);
    let plain = OrcOptions { row_index_stride: 0, ..OrcOptions::default() };
    orc(folder, "noindex", &pieces, &plain);
    let pieces = promise(folder, "standard", &[(0, 2000), (2000, 3000)]);
    let standard = ParquetOptions {
        timestamp: ParquetTimestamp::Int64Micros,
        decimal: ParquetDecimal::Standard,
        ..parquet_of(Compression::Snappy)
    };
    parquet(folder, "standard", &pieces, &standard);
    sorted(&folder.join("sorted"));
}
