//! `skep inspect` of tables whose files do not speak for themselves: transactions, a schema elsewhere.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::sync::Arc;

use ::metastore::names::PartitionSpec;
use ::metastore::{Catalog, FieldSchema, Partition, Table, location};
use arrow::array::{ArrayRef, Int32Array, Int64Array, RecordBatch, StringArray, StructArray};
use arrow::datatypes::{DataType, Field, Fields};
use formats::orc::{OrcEncoder, OrcOptions};
use formats::serde_names::Format;
use formats::table::{Descriptor, TableColumn, TableEncoder, WriteOptions};

use crate::support::Scratch;

/// A row with its id: operation, write id, number, who changed it, value.
pub(crate) type Row = (i32, i64, i64, i64, i32);

/// Bucket 0 of statement 0.
const BUCKET: i32 = 1 << 29;

fn orc(batch: &RecordBatch) -> Vec<u8> {
    let mut encoder = OrcEncoder::new(&batch.schema(), None, &OrcOptions::default()).unwrap();
    let (mut file, mut out) = (encoder.start(), Vec::new());
    encoder.stripes(&mut file, std::slice::from_ref(batch), &mut out).unwrap();
    encoder.finish(file, &mut out).unwrap();
    out
}

/// A file of a transaction, as Hive writes it.
pub(crate) fn transaction(rows: &[Row]) -> Vec<u8> {
    let ints = |of: &dyn Fn(&Row) -> i32| -> ArrayRef {
        Arc::new(rows.iter().map(of).collect::<Int32Array>())
    };
    let longs = |of: &dyn Fn(&Row) -> i64| -> ArrayRef {
        Arc::new(rows.iter().map(of).collect::<Int64Array>())
    };
    let texts: StringArray = rows.iter().map(|row| Some(format!("s{}", row.4))).collect();
    let fields = Fields::from(vec![
        Field::new("id", DataType::Int32, true),
        Field::new("s", DataType::Utf8, true),
    ]);
    let row = StructArray::new(fields, vec![ints(&|r| r.4), Arc::new(texts)], None);
    let columns: [(&str, ArrayRef); 6] = [
        ("operation", ints(&|r| r.0)),
        ("originalTransaction", longs(&|r| r.1)),
        ("bucket", ints(&|_| BUCKET)),
        ("rowId", longs(&|r| r.2)),
        ("currentTransaction", longs(&|r| r.3)),
        ("row", Arc::new(row)),
    ];
    orc(&RecordBatch::try_from_iter(columns).unwrap())
}

pub(crate) fn put(path: &Path, bytes: &[u8]) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, bytes).unwrap();
}

/// Makes the definition of a table in a folder of its name.
pub(crate) fn table(scratch: &Scratch, name: &str, format: Format) -> Table {
    let mut table = Table::new(name.parse().unwrap());
    table.sd.cols = vec![FieldSchema::new("id", "int"), FieldSchema::new("s", "string")];
    let names = format.class_names();
    table.sd.input_format = Some(names.input_format.to_owned());
    table.sd.serde_info.serialization_lib = Some(names.serde.to_owned());
    table.sd.location = Some(location::from_path(&scratch.path(name)).unwrap());
    table
}

/// Runs `skep inspect` and gives its lines.
fn inspect(scratch: &Scratch, args: &[&str]) -> Vec<String> {
    let all: Vec<&str> = std::iter::once("inspect").chain(args.iter().copied()).collect();
    let done = scratch.run(&all);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8_lossy(&done.stdout).lines().map(str::to_owned).collect()
}

fn open(scratch: &Scratch) -> Arc<dyn Catalog> {
    skep::catalog::open(&scratch.path("wh")).unwrap()
}

#[test]
fn deleted_rows_and_rows_of_others_are_not_shown() {
    let scratch = Scratch::new();
    let mut acid = table(&scratch, "t", Format::Orc);
    acid.parameters.insert("transactional".to_owned(), "true".to_owned());
    open(&scratch).create_table(&acid).unwrap();
    let folder = scratch.path("t");
    let put = |path: &str, rows: &[Row]| put(&folder.join(path), &transaction(rows));
    put("base_0000002/bucket_00000", &[(0, 1, 0, 1, 1), (0, 2, 0, 2, 2), (0, 2, 1, 2, 3)]);
    put("delta_0000001_0000001_0000/bucket_00000", &[(0, 1, 0, 1, 77)]);
    put("delta_0000003_0000003_0001/bucket_00000_0", &[(0, 3, 0, 3, 4)]);
    put("delete_delta_0000003_0000003_0000/bucket_00000_0", &[(2, 2, 0, 3, 0)]);
    std::fs::write(folder.join("delta_0000003_0000003_0001/_orc_acid_version"), "2").unwrap();
    let wanted = [r#"{"id":1,"s":"s1"}"#, r#"{"id":3,"s":"s3"}"#, r#"{"id":4,"s":"s4"}"#];
    assert_eq!(inspect(&scratch, &["t", "--rows", "10"]), wanted);
    assert_eq!(inspect(&scratch, &["t", "--rows", "2"]), wanted[..2]);
    assert_eq!(inspect(&scratch, &["t", "--rows", "9", "--where", "id > 2"]), wanted[1..]);
    let files = inspect(&scratch, &["t", "--format", "json"]);
    assert_eq!(files.len(), 2, "{files:?}");
}

#[test]
fn partitions_of_transactional_tables_have_transactions_of_their_own() {
    let scratch = Scratch::new();
    let mut parted = table(&scratch, "p", Format::Orc);
    parted.parameters.insert("transactional".to_owned(), "true".to_owned());
    parted.partition_keys = vec![FieldSchema::new("day", "date"), FieldSchema::new("n", "int")];
    let catalog = open(&scratch);
    let parted = catalog.create_table(&parted).unwrap();
    let spec = |day, n| PartitionSpec::new([("day", Some(day)), ("n", n)]);
    let partitions = [spec("2026-01-01", Some("7")), spec("2026-01-02", None)];
    let partitions = partitions.map(|spec| Partition::of_table(&parted, spec));
    catalog.add_partitions(&parted.name, &partitions).unwrap();
    let put = |path: &str, rows: &[Row]| put(&scratch.path("p").join(path), &transaction(rows));
    put("day=2026-01-01/n=7/delta_1_1_0000/bucket_00000", &[(0, 1, 0, 1, 1), (0, 1, 1, 1, 2)]);
    put("day=2026-01-01/n=7/delete_delta_2_2_0000/bucket_00000", &[(2, 1, 1, 2, 0)]);
    let default = "day=2026-01-02/n=__HIVE_DEFAULT_PARTITION__";
    put(&format!("{default}/delta_1_1_0000/bucket_00000"), &[(0, 1, 1, 1, 3)]);
    // What no partition is announced for is not the table's.
    put("day=2026-01-03/n=1/delta_1_1_0000/bucket_00000", &[(0, 1, 0, 1, 9)]);
    let lines = inspect(&scratch, &["p", "--rows", "10"]);
    let first = r#"{"id":1,"s":"s1","day":"2026-01-01","n":7}"#;
    assert_eq!(lines, [first, r#"{"id":3,"s":"s3","day":"2026-01-02","n":null}"#]);
    let where_ = ["p", "--rows", "10", "--where", "n = 7"];
    assert_eq!(inspect(&scratch, &where_), [first]);
}

/// Writes an Avro file of the texts `id` and `s`, with one row.
pub(crate) fn avro_file() -> Vec<u8> {
    let columns = ["id", "s"].map(|name| TableColumn::new(name, "string".parse().unwrap()));
    let descriptor = Descriptor::stored_as(Format::Avro, columns.to_vec());
    let mut encoder = TableEncoder::new(&descriptor, &WriteOptions::default()).unwrap();
    let (mut file, mut out) = (encoder.start(), Vec::new());
    let texts = |text: &str| Arc::new(StringArray::from(vec![text])) as ArrayRef;
    let batch = RecordBatch::try_from_iter([("id", texts("1")), ("s", texts("a"))]).unwrap();
    encoder.append(&mut file, &[batch], &mut out).unwrap();
    encoder.finish(file, &mut out).unwrap();
    out
}

#[test]
fn the_schema_of_an_avro_table_may_be_elsewhere() {
    let scratch = Scratch::new();
    let catalog = open(&scratch);
    let out = avro_file();
    let schema = r#"{"type":"record","name":"r","fields":[{"name":"s","type":["null","string"]}]}"#;
    let path = scratch.write("schema.avsc", schema);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let host = listener.local_addr().unwrap();
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = Vec::new();
        let mut byte = [0];
        while !request.ends_with(b"\r\n\r\n") {
            stream.read_exact(&mut byte).unwrap();
            request.push(byte[0]);
        }
        let answer = format!("HTTP/1.0 200 OK\r\nContent-Type: x\r\n\r\n{schema}");
        stream.write_all(answer.as_bytes()).unwrap();
        String::from_utf8(request).unwrap()
    });
    for (name, url) in [
        ("of_file", location::from_path(&path).unwrap()),
        ("of_http", format!("http://{host}/schemas/r.avsc")),
    ] {
        let mut avro = table(&scratch, name, Format::Avro);
        avro.parameters.insert("avro.schema.url".to_owned(), url);
        catalog.create_table(&avro).unwrap();
        put(&scratch.path(&format!("{name}/a.avro")), &out);
        assert_eq!(inspect(&scratch, &[name, "--rows", "10"]), [r#"{"s":"a"}"#], "{name}");
    }
    let asked = server.join().unwrap();
    assert!(asked.starts_with("GET /schemas/r.avsc HTTP/1.0\r\n"), "{asked}");
    let mut away = table(&scratch, "away", Format::Avro);
    away.parameters.insert("avro.schema.url".to_owned(), "hdfs://n/r.avsc".to_owned());
    catalog.create_table(&away).unwrap();
    let done = scratch.run(&["inspect", "away", "--rows", "1"]);
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(!done.status.success() && said.contains("hdfs://n/r.avsc"), "{said}");
}
