//! Writes ORC files of every type for foreign readers to look at, and the rows they must see.
//!
//! usage: `orc_files DIR`. Writes `DIR/NAME.orc` and `DIR/NAME.json`, one object a line; decimals,
//! dates and timestamps as text, binaries as hexadecimal digits.

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
use formats::orc::{OrcCompression, OrcEncoder, OrcOptions};
use formats::types::HiveType;
use serde_json::{Value, json};

const TYPES: [(&str, &str); 19] = [
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
];

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
    ];
    let fields = TYPES.iter().zip(types).map(|((name, _), ty)| Field::new(*name, ty, true));
    RecordBatch::try_new(Arc::new(Schema::new(fields.collect::<Fields>())), columns).unwrap()
}

fn show(row: i64) -> Value {
    let or_null = |number, value: Value| if null(row, number) { Value::Null } else { value };
    let decimal = |value: i128, scale: usize| {
        let digits = format!("{:0width$}", value.unsigned_abs(), width = scale + 1);
        let (whole, fraction) = digits.split_at(digits.len() - scale);
        json!(format!("{}{whole}.{fraction}", if value < 0 { "-" } else { "" }))
    };
    let date = chrono::NaiveDate::from_epoch_days(days(row)).unwrap();
    let time = chrono::DateTime::from_timestamp_micros(micros(row)).unwrap().naive_utc();
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
        "d5": or_null(7, decimal(i128::from(hash(row) % 100_000), 2)),
        "d38": or_null(8, decimal(i128::from(hash(row)) * 1_000_000_000_000_000_007, 10)),
        "s": or_null(9, json!(format!("grüße {}", row % 50))),
        "u": or_null(10, json!(format!("{:x}", hash(row)))),
        "v": or_null(11, json!(format!("v{}", row % 1000))),
        "c": or_null(12, json!(format!("{:<5}", row % 300))),
        "b": or_null(13, json!(hex)),
        "dt": or_null(14, json!(date.to_string())),
        "ts": or_null(15, json!(time.format("%Y-%m-%d %H:%M:%S%.6f").to_string())),
        "a": or_null(16, json!(list)),
        "m": or_null(17, json!(map)),
        "st": or_null(18, json!({ "a": row, "b": b })),
    })
}

fn write(folder: &Path, name: &str, stripes: &[(i64, i64)], options: &OrcOptions) {
    let types: Vec<HiveType> = TYPES.iter().map(|(_, ty)| ty.parse().unwrap()).collect();
    let schema = rows(0, 1).schema();
    let mut encoder = OrcEncoder::new(&schema, Some(&types), options).unwrap();
    let (mut file, mut out, mut lines) = (encoder.start(), Vec::new(), String::new());
    for (from, to) in stripes {
        encoder.stripes(&mut file, &[rows(*from, *to)], &mut out).unwrap();
        (*from..*to).for_each(|row| lines += &format!("{}\n", show(row)));
    }
    encoder.finish(file, &mut out).unwrap();
    fs::write(folder.join(format!("{name}.orc")), out).unwrap();
    fs::write(folder.join(format!("{name}.json")), lines).unwrap();
}

fn main() {
    let folder = std::env::args().nth(1).unwrap_or_else(|| ".".to_owned());
    let folder = Path::new(&folder);
    fs::create_dir_all(folder).unwrap();
    let all = |compression| OrcOptions {
        compression,
        row_index_stride: 1000,
        bloom_columns: ["id", "i", "d", "d5", "s", "u", "v", "c", "b", "dt", "ts", "st.b"]
            .map(str::to_owned)
            .to_vec(),
        user_metadata: vec![("made.by".to_owned(), b"orc_files".to_vec())],
        ..OrcOptions::default()
    };
    for (name, codec) in [
        ("none", OrcCompression::None),
        ("zlib", OrcCompression::Zlib),
        ("snappy", OrcCompression::Snappy),
        ("lz4", OrcCompression::Lz4),
        ("zstd", OrcCompression::Zstd),
    ] {
        write(folder, name, &[(0, 3500), (3500, 3501), (3501, 6001)], &all(codec));
    }
    write(folder, "empty", &[], &all(OrcCompression::Zlib));
    write(folder, "one", &[(5, 6)], &all(OrcCompression::Snappy));
    let plain = OrcOptions { row_index_stride: 0, ..OrcOptions::default() };
    write(folder, "noindex", &[(0, 2000)], &plain);
}
