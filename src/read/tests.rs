use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::RecordBatch;
use formats::serde_names::{Format, LAZY_BINARY_SERDE, OPEN_CSV_SERDE};
use formats::table::{Descriptor, ReadRequest, TableColumn, TableEncoder, WriteOptions, open};
use metastore::names::{PartitionSpec, TableName};
use metastore::{Catalog, FieldSchema, Parameters, Partition, Table, location};

use super::scan::FILE_NAME;
use super::*;
use crate::catalog;
use crate::error::Kind;

/// A warehouse with one table, `t`.
struct World {
    folder: tempfile::TempDir,
    catalog: Arc<dyn Catalog>,
    files: Files,
}

fn fields(columns: &[(&str, &str)]) -> Vec<FieldSchema> {
    columns.iter().map(|(name, ty)| FieldSchema::new(*name, *ty)).collect()
}

fn typed(columns: &[(&str, &str)]) -> Vec<TableColumn> {
    columns.iter().map(|(name, ty)| TableColumn::new(*name, ty.parse().unwrap())).collect()
}

/// How a partition of a test is written.
#[derive(Clone, Copy, Debug)]
struct Written {
    format: Format,
    serde: Option<&'static str>,
    file: &'static str,
}

const COLUMNAR_SERDE: &str = "org.apache.hadoop.hive.serde2.columnar.ColumnarSerDe";

const WRITTEN: &[Written] = &[
    Written { format: Format::Parquet, serde: None, file: "a.parquet" },
    Written { format: Format::Orc, serde: None, file: "a.orc" },
    Written { format: Format::Avro, serde: None, file: "a.avro" },
    Written { format: Format::JsonFile, serde: None, file: "a.json" },
    Written { format: Format::TextFile, serde: None, file: "000000_0" },
    Written { format: Format::TextFile, serde: None, file: "000000_0.gz" },
    Written { format: Format::TextFile, serde: Some(OPEN_CSV_SERDE), file: "000000_0.csv" },
    Written { format: Format::SequenceFile, serde: None, file: "000000_0" },
    Written { format: Format::SequenceFile, serde: Some(LAZY_BINARY_SERDE), file: "000000_0" },
    Written { format: Format::SequenceFile, serde: None, file: "blocks" },
    Written { format: Format::RcFile, serde: Some(COLUMNAR_SERDE), file: "000000_0" },
    Written { format: Format::RcFile, serde: None, file: "000000_0" },
];

impl World {
    fn new(columns: &[(&str, &str)], keys: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let catalog = catalog::open(folder.path()).unwrap();
        let mut table = Table::new(TableName::new("default", "t").unwrap());
        store(&mut table.sd, Format::Parquet, None);
        table.sd.cols = fields(columns);
        table.partition_keys = fields(keys);
        catalog.create_table(&table).unwrap();
        Self { folder, catalog, files: Files::new() }
    }

    fn table(&self) -> ReadTable {
        let name = TableName::new("default", "t").unwrap();
        ReadTable::new(self.catalog.get_table(&name).unwrap()).unwrap()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().canonicalize().unwrap().join("t").join(name)
    }

    /// Adds a partition with a file of the rows, which are given as lines of JSON.
    fn add(&self, value: Option<&str>, how: Written, columns: &[(&str, &str)], rows: &str) {
        let table = self.table().table;
        let spec = PartitionSpec::new([("p", value)]);
        let mut partition = Partition::of_table(&table, spec);
        store(&mut partition.sd, how.format, how.serde);
        partition.sd.cols = fields(columns);
        partition.parameters = Parameters::from([("numRows".to_owned(), "7".to_owned())]);
        let path = self.path(partition.spec.to_path().unwrap().as_str());
        self.catalog.add_partitions(&table.name, &[partition]).unwrap();
        fs::create_dir_all(&path).unwrap();
        fs::write(path.join(how.file), encode(how, &typed(columns), rows)).unwrap();
    }

    fn partitions(&self) -> Vec<TablePartition> {
        let table = self.table();
        table.partitions(self.catalog.as_ref(), None).collect::<Result<_, _>>().unwrap()
    }

    /// Reads a partition, each file in ranges of a size.
    fn read(&self, plan: &ScanPlan, partition: &TablePartition, size: u64) -> Vec<String> {
        let mut rows = Vec::new();
        for file in self.files.list(&partition.location).unwrap() {
            for range in split_ranges(&file, partition, size).unwrap() {
                for batch in scan(plan, &self.files, partition, &file, Some(range)).unwrap() {
                    let batch = batch.unwrap();
                    assert_eq!(batch.schema(), plan.schema());
                    assert!(batch.num_rows() <= plan.batch_rows);
                    rows.extend(shown(&batch));
                }
            }
        }
        rows
    }
}

fn store(sd: &mut metastore::StorageDescriptor, format: Format, serde: Option<&str>) {
    let names = format.class_names();
    sd.input_format = Some(names.input_format.to_owned());
    sd.output_format = Some(names.output_format.to_owned());
    sd.serde_info.serialization_lib = Some(serde.unwrap_or(names.serde).to_owned());
}

fn shown(batch: &RecordBatch) -> Vec<String> {
    let cell = |column, row| arrow::util::display::array_value_to_string(column, row).unwrap();
    (0..batch.num_rows())
        .map(|row| {
            let cells: Vec<String> = batch.columns().iter().map(|c| cell(c, row)).collect();
            cells.join("|")
        })
        .collect()
}

fn from_json(columns: &[TableColumn], rows: &str) -> RecordBatch {
    let json = Descriptor::stored_as(Format::JsonFile, columns.to_vec());
    let input = Arc::new(bytes::Bytes::from(rows.to_owned()));
    let reader = open(&json, input, &ReadRequest::default()).unwrap();
    let schema = Arc::clone(reader.schema());
    let batches: Vec<RecordBatch> = reader.collect::<Result<_, _>>().unwrap();
    arrow::compute::concat_batches(&schema, &batches).unwrap()
}

fn encode(how: Written, columns: &[TableColumn], rows: &str) -> Vec<u8> {
    let batch = from_json(columns, rows);
    let lines = |separator: &str| -> Vec<Vec<u8>> {
        let cell = |cell: &str| if cell.is_empty() { "\\N".to_owned() } else { cell.to_owned() };
        let line = |line: &String| line.split('|').map(cell).collect::<Vec<_>>().join(separator);
        shown(&batch).iter().map(|l| line(l).into_bytes()).collect()
    };
    match (how.format, how.serde) {
        (Format::SequenceFile, Some(_)) => sequence_file(&binary_rows(&batch)),
        (Format::SequenceFile, None) if how.file == "blocks" => block_file(&lines("\u{1}")),
        (Format::SequenceFile, None) => sequence_file(&lines("\u{1}")),
        (Format::RcFile, serde) => {
            let mut cells: Vec<Vec<Vec<u8>>> = lines("\u{1}")
                .iter()
                .map(|l| l.split(|b| *b == 1).map(<[u8]>::to_vec).collect())
                .collect();
            if serde.is_none() {
                // `LazyBinaryColumnarSerDe`: numbers of variable length, texts as they are.
                for row in &mut cells {
                    row[0] = vec![shown_number(&row[0])];
                }
            }
            rc_file(&cells, columns.len())
        }
        (format, serde) => {
            let mut descriptor = Descriptor::stored_as(format, columns.to_vec());
            if let Some(serde) = serde {
                descriptor.serde = serde.to_owned();
            }
            let codec = formats::codec::StreamCodec::of_name(how.file);
            let options = WriteOptions { text: Some(codec), ..WriteOptions::default() };
            let mut encoder = TableEncoder::new(&descriptor, &options).unwrap();
            let (mut file, mut bytes) = (encoder.start(), Vec::new());
            for row in 0..batch.num_rows() {
                encoder.append(&mut file, &[batch.slice(row, 1)], &mut bytes).unwrap();
            }
            encoder.finish(file, &mut bytes).unwrap();
            bytes
        }
    }
}

const SYNC: [u8; 16] = *b"0123456789abcdef";

fn text(out: &mut Vec<u8>, text: &str) {
    out.push(u8::try_from(text.len()).unwrap());
    out.extend_from_slice(text.as_bytes());
}

fn int(out: &mut Vec<u8>, number: usize) {
    out.extend_from_slice(&u32::try_from(number).unwrap().to_be_bytes());
}

/// A sequence file of `BytesWritable` without compression, with a marker before every fourth row.
fn sequence_file(rows: &[Vec<u8>]) -> Vec<u8> {
    let mut out = b"SEQ\x06".to_vec();
    text(&mut out, "org.apache.hadoop.io.BytesWritable");
    text(&mut out, "org.apache.hadoop.io.BytesWritable");
    out.extend_from_slice(&[0, 0]);
    int(&mut out, 0);
    out.extend_from_slice(&SYNC);
    for (n, row) in rows.iter().enumerate() {
        if n % 4 == 3 {
            out.extend_from_slice(&[0xff; 4]);
            out.extend_from_slice(&SYNC);
        }
        int(&mut out, 4 + 4 + row.len());
        int(&mut out, 4);
        int(&mut out, 0);
        int(&mut out, row.len());
        out.extend_from_slice(row);
    }
    out
}

/// A number below 128 in Hadoop's variable length.
fn shown_number(text: &[u8]) -> u8 {
    std::str::from_utf8(text).unwrap().parse().unwrap()
}

/// A sequence file of `Text` in compressed blocks of three rows.
fn block_file(rows: &[Vec<u8>]) -> Vec<u8> {
    let mut out = b"SEQ\x06".to_vec();
    text(&mut out, "org.apache.hadoop.io.BytesWritable");
    text(&mut out, "org.apache.hadoop.io.Text");
    out.extend_from_slice(&[1, 1]);
    text(&mut out, "org.apache.hadoop.io.compress.DefaultCodec");
    int(&mut out, 0);
    out.extend_from_slice(&SYNC);
    for block in rows.chunks(3) {
        out.extend_from_slice(&[0xff; 4]);
        out.extend_from_slice(&SYNC);
        out.push(u8::try_from(block.len()).unwrap());
        let values: Vec<u8> = block
            .iter()
            .flat_map(|row| {
                std::iter::once(u8::try_from(row.len()).unwrap()).chain(row.iter().copied())
            })
            .collect();
        let lengths: Vec<u8> =
            block.iter().map(|row| u8::try_from(row.len() + 1).unwrap()).collect();
        let keys = vec![0; block.len() * 4];
        for part in [vec![4; block.len()], keys, lengths, values] {
            let mut packed =
                flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
            packed.write_all(&part).unwrap();
            let packed = packed.finish().unwrap();
            out.push(u8::try_from(packed.len()).unwrap());
            out.extend(packed);
        }
    }
    out
}

/// An RCFile of groups of three rows.
fn rc_file(rows: &[Vec<Vec<u8>>], columns: usize) -> Vec<u8> {
    let mut out = b"RCF\x01\0".to_vec();
    int(&mut out, 1);
    text(&mut out, "hive.io.rcfile.column.number");
    text(&mut out, &columns.to_string());
    out.extend_from_slice(&SYNC);
    for (n, group) in rows.chunks(3).enumerate() {
        let mut key = vec![u8::try_from(group.len()).unwrap()];
        let mut values = Vec::new();
        for column in 0..columns {
            let cells: Vec<&[u8]> = group.iter().map(|row| row[column].as_slice()).collect();
            let bytes = cells.concat();
            let length = u8::try_from(bytes.len()).unwrap();
            key.extend_from_slice(&[length, length, u8::try_from(cells.len()).unwrap()]);
            key.extend(cells.iter().map(|cell| u8::try_from(cell.len()).unwrap()));
            values.extend(bytes);
        }
        if n > 0 {
            out.extend_from_slice(&[0xff; 4]);
            out.extend_from_slice(&SYNC);
        }
        int(&mut out, key.len() + values.len());
        int(&mut out, key.len());
        int(&mut out, key.len());
        out.extend(key);
        out.extend(values);
    }
    out
}

/// Rows of an int and a string as `LazyBinarySerDe` writes them: a byte of what is not NULL, then the values.
fn binary_rows(batch: &RecordBatch) -> Vec<Vec<u8>> {
    let row = |line: String| {
        let (id, name) = line.split_once('|').unwrap();
        let mut out = vec![u8::from(!id.is_empty()) | (u8::from(!name.is_empty()) << 1)];
        if !id.is_empty() {
            out.push(id.parse().unwrap());
        }
        if !name.is_empty() {
            text(&mut out, name);
        }
        out
    };
    shown(batch).into_iter().map(row).collect()
}

fn rows(count: u32) -> String {
    let mut text = String::new();
    for n in 0..count {
        writeln!(text, "{{\"id\":{n},\"name\":\"name {n}\"}}").unwrap();
    }
    text
}

const COLUMNS: &[(&str, &str)] = &[("id", "int"), ("name", "string")];

#[test]
fn partitions_of_all_formats_are_one_table_and_ranges_give_every_row_once() {
    let world = World::new(COLUMNS, &[("p", "int")]);
    for (n, how) in WRITTEN.iter().enumerate() {
        world.add(Some(&format!("{n:02}")), *how, COLUMNS, &rows(20));
    }
    let partitions = world.partitions();
    assert_eq!(partitions.len(), WRITTEN.len());
    let mut plan = ScanPlan::new(&world.table(), None).unwrap();
    for (n, partition) in partitions.iter().enumerate() {
        assert_eq!(partition.name, format!("p={n:02}"));
        let expected: Vec<String> = (0..20).map(|id| format!("{id}|name {id}|{n}")).collect();
        for size in [u64::MAX, 100, 37] {
            plan.batch_rows = if size == 37 { 3 } else { 100 };
            let rows = world.read(&plan, partition, size);
            assert_eq!(rows, expected, "{:?} in ranges of {size}", WRITTEN[n]);
        }
    }
    // Partitions that are stored as the table share its descriptor, whatever their statistics are.
    world.add(Some("90"), WRITTEN[0], COLUMNS, &rows(1));
    let table = world.table();
    let all: Vec<_> = table.partitions(world.catalog.as_ref(), None).map(Result::unwrap).collect();
    let shared = all.iter().filter(|p| Arc::ptr_eq(&p.descriptor, &table.descriptor)).count();
    assert_eq!(shared, 2);
}

#[test]
fn columns_are_those_of_today() {
    // What was `name` is `label`, `id` is wider, `extra` is new.
    let today = &[("id", "bigint"), ("label", "string"), ("extra", "double")];
    let by_name = ["0||", "1||", "2||"];
    let by_position = ["0|name 0|", "1|name 1|", "2|name 2|"];
    for how in WRITTEN {
        let world = World::new(today, &[("p", "string")]);
        world.add(Some("x"), *how, COLUMNS, &rows(3));
        let plan = ScanPlan::new(&world.table(), Some(&["ID", "label", "extra"])).unwrap();
        let found = world.read(&plan, &world.partitions()[0], u64::MAX);
        let expected = match how.format {
            Format::Parquet | Format::Orc | Format::Avro => by_name,
            _ => by_position,
        };
        assert_eq!(found, expected, "{how:?}");
    }
}

#[test]
fn partition_and_virtual_columns_are_added() {
    // Type, text in the metastore, what a row shows.
    let cases = [
        ("int", Some("007"), "7"),
        ("int", Some("x"), ""),
        ("string", None, ""),
        ("string", Some("US/East=1"), "US/East=1"),
        ("date", Some("2026-01-31"), "2026-01-31"),
        ("timestamp", Some("2026-01-31 10:00:00"), "2026-01-31T10:00:00"),
        ("decimal(5,2)", Some("1.5"), "1.50"),
        ("boolean", Some("true"), "true"),
        ("char(3)", Some("a"), "a  "),
    ];
    for (ty, value, expected) in cases {
        let world = World::new(COLUMNS, &[("p", ty)]);
        world.add(value, WRITTEN[0], COLUMNS, &rows(2));
        let partition = &world.partitions()[0];
        let names = ["P", "INPUT__FILE__NAME", "p"];
        let plan = ScanPlan::new(&world.table(), Some(&names)).unwrap();
        let path = location::from_path(&world.path(&partition.name).join("a.parquet")).unwrap();
        let row = format!("{expected}|{path}|{expected}");
        assert_eq!(world.read(&plan, partition, u64::MAX), [row.clone(), row], "{ty} {value:?}");
    }
}

#[test]
fn conditions_rule_out_partitions_files_and_row_groups() {
    let world = World::new(COLUMNS, &[("p", "int")]);
    for p in ["1", "2", "10"] {
        world.add(Some(p), WRITTEN[0], COLUMNS, &rows(10));
    }
    world.add(None, WRITTEN[0], COLUMNS, &rows(10));
    // The condition, the partitions that are looked into, the rows that fulfil it.
    let cases = [
        ("p > 1", vec!["p=10", "p=2"], 20),
        ("p > 1 and id < 3", vec!["p=10", "p=2"], 6),
        ("p = 1 or id = 3", vec!["p=1", "p=10", "p=2", "p=__HIVE_DEFAULT_PARTITION__"], 13),
        ("p is null", vec!["p=__HIVE_DEFAULT_PARTITION__"], 10),
        ("(p = 1 and id = 2) or p in (2, 3)", vec!["p=1", "p=2"], 11),
        ("p = 5 and id = 1", vec![], 0),
        ("id > 100", vec!["p=1", "p=10", "p=2", "p=__HIVE_DEFAULT_PARTITION__"], 0),
        ("INPUT__FILE__NAME = 'x' and p = 1", vec!["p=1"], 0),
    ];
    for (text, expected, rows) in cases {
        let mut plan = ScanPlan::new(&world.table(), Some(&["name"])).unwrap();
        let mut columns = typed(COLUMNS);
        columns.extend(typed(&[("p", "int"), (FILE_NAME, "string")]));
        plan.predicate = Some(formats::table::parse_condition(text, &columns).unwrap());
        let partitions = world.partitions();
        let wanted: Vec<&TablePartition> =
            partitions.iter().filter(|p| plan.wants(p).unwrap()).collect();
        let names: Vec<&str> = wanted.iter().map(|p| p.name.as_str()).collect();
        assert_eq!(names, expected, "{text}");
        let found: usize = wanted.iter().map(|p| world.read(&plan, p, u64::MAX).len()).sum();
        assert_eq!(found, rows, "{text}");
    }
    // A file that is ruled out is not opened, so it may be gone.
    let mut plan = ScanPlan::new(&world.table(), None).unwrap();
    let columns = typed(&[("p", "int")]);
    plan.predicate = Some(formats::table::parse_condition("p = 9", &columns).unwrap());
    let partition = &world.partitions()[0];
    let file = world.files.list(&partition.location).unwrap().remove(0);
    fs::remove_file(location::to_path(&file.path).unwrap()).unwrap();
    assert_eq!(scan(&plan, &world.files, partition, &file, None).unwrap().count(), 0);
    plan.predicate = None;
    let gone = scan(&plan, &world.files, partition, &file, None).unwrap_err();
    assert_eq!(gone.kind(), Kind::NotFound);
}

#[test]
fn what_cannot_be_read_is_refused() {
    let edits: [(&str, fn(&mut Table), Kind); 4] = [
        ("view", |t| t.table_type = metastore::TableType::VirtualView, Kind::Unsupported),
        (
            "serde",
            |t| t.sd.serde_info.serialization_lib = Some("com.example.Serde".into()),
            Kind::Unsupported,
        ),
        ("type", |t| t.sd.cols[0].type_text = "number".into(), Kind::Schema),
        ("folder", |t| t.sd.location = None, Kind::Schema),
    ];
    for (what, edit, kind) in edits {
        let mut table = World::new(COLUMNS, &[]).table().table;
        store(&mut table.sd, Format::TextFile, None);
        edit(&mut table);
        let refused = ReadTable::new(table).and_then(|table| table.whole()).unwrap_err();
        assert_eq!(refused.kind(), kind, "{what}: {refused}");
    }
    let world = World::new(COLUMNS, &[]);
    let unknown = ScanPlan::new(&world.table(), Some(&["nmae"])).unwrap_err();
    assert!(unknown.to_string().contains("column=nmae, known=id, name"), "{unknown}");
    assert_eq!(world.partitions()[0].name, "");
}

#[test]
fn visible_files_are_listed_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().canonicalize().unwrap();
    let write = |path: &str| {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, path_text(&root)).unwrap();
    };
    for name in [
        "b",
        "a/2",
        "a/1",
        "a-b",
        "a/.hidden",
        "_temporary/0/part-0",
        "a/_SUCCESS",
        ".skep/x",
        "sub/.deep/x",
        "sub/deep/é 100%.gz",
        "c=1/d=2/f",
    ] {
        write(name);
    }
    std::os::unix::fs::symlink(root.join("nothing"), root.join("dangling")).unwrap();
    std::os::unix::fs::symlink(root.join("b"), root.join("link")).unwrap();
    let files = Files::new();
    let at = location::from_path(&root).unwrap();
    let listed = files.list(&at).unwrap();
    let names: Vec<&str> = listed.iter().map(|file| file.relative(&at)).collect();
    let expected = ["a-b", "a/1", "a/2", "b", "c=1/d=2/f", "link", "sub/deep/é 100%.gz"];
    assert_eq!(names, expected);
    for file in &listed {
        assert_eq!(files.look(&file.path).unwrap().as_ref(), Some(&file.identity));
    }
    assert!(files.list(&format!("{at}/nowhere")).unwrap().is_empty());
    assert_eq!(files.changed(&format!("{at}/nowhere")).unwrap(), None);
    let elsewhere = files.list("hdfs://name:8020/t").unwrap_err();
    assert_eq!(elsewhere.kind(), Kind::Unsupported);

    // Another file under the same name is not the one that was listed.
    let before = files.changed(&at).unwrap();
    assert!(before.is_some());
    assert_eq!(files.open(&listed[3]).unwrap().size(), path_text(&root).len() as u64);
    fs::write(root.join("new"), "other").unwrap();
    fs::rename(root.join("new"), root.join("b")).unwrap();
    let replaced = files.open(&listed[3]).unwrap_err();
    assert_eq!(replaced.kind(), Kind::NotFound, "{replaced}");
    let versions: BTreeSet<String> = [&listed, &files.list(&at).unwrap()]
        .into_iter()
        .flatten()
        .filter(|file| file.path.ends_with("/b"))
        .map(|file| format!("{:?}", file.identity))
        .collect();
    assert_eq!(versions.len(), 2);

    std::os::unix::fs::symlink(&root, root.join("sub/loop")).unwrap();
    assert!(files.list(&at).is_err());
}

fn path_text(path: &Path) -> String {
    path.display().to_string()
}
