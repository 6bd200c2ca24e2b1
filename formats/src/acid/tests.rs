//! Folders as Hive's versions write them, made here, and read again.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, AsArray, Int32Array, Int64Array, RecordBatch, StringArray, StructArray,
};
use arrow::datatypes::{DataType, Field, Fields, Int32Type, Int64Type, Schema};
use bytes::Bytes;

use super::deletes::Deletes;
use super::row_id::{RowId, property};
use super::*;
use crate::orc::{OrcEncoder, OrcOptions};
use crate::serde_names::Format;
use crate::table::{Descriptor, ReadRequest, TableColumn, parse_condition};
use crate::types::HiveType;
use crate::{Files, FormatError, Input, Result};

/// The files of a folder in memory.
#[derive(Default)]
struct Memory(BTreeMap<String, Bytes>);

impl Files for Memory {
    fn open(&self, path: &str) -> Result<Arc<dyn Input>> {
        let bytes = self.0.get(path).ok_or_else(|| FormatError::data("no such file"))?;
        Ok(Arc::new(bytes.clone()))
    }
}

impl Memory {
    fn with(mut self, path: &str, bytes: Vec<u8>) -> Self {
        self.0.insert(path.to_owned(), bytes.into());
        self
    }

    fn entries(&self) -> Vec<Entry> {
        self.0.keys().map(Entry::file).collect()
    }

    /// Reads all rows as `write id, bucket, row: id`.
    fn rows(&self, descriptor: &Descriptor, ids: WriteIds, request: &ReadRequest) -> Vec<String> {
        let snapshot = Snapshot::new(Transactional::of(descriptor), &self.entries(), ids).unwrap();
        let mut columns = descriptor.columns.clone();
        columns.push(TableColumn::new(ROW_ID, row_id_type()));
        let request = ReadRequest { columns: Some(columns), ..request.clone() };
        let mut rows = Vec::new();
        for file in snapshot.files() {
            for batch in snapshot.open(descriptor, file, self, &request).unwrap() {
                let batch = batch.unwrap();
                let values = batch.column(0).as_primitive::<Int32Type>();
                let ids = batch.column(2).as_struct();
                for row in 0..batch.num_rows() {
                    rows.push(format!(
                        "{} {} {}: {}",
                        ids.column(0).as_primitive::<Int64Type>().value(row),
                        ids.column(1).as_primitive::<Int32Type>().value(row),
                        ids.column(2).as_primitive::<Int64Type>().value(row),
                        values.value(row)
                    ));
                }
            }
        }
        rows
    }
}

fn table() -> Descriptor {
    let columns =
        vec![TableColumn::new("id", HiveType::Int), TableColumn::new("s", HiveType::String)];
    let mut table = Descriptor::stored_as(Format::Orc, columns);
    table.properties.insert("transactional".to_owned(), "true".to_owned());
    table
}

fn orc(batch: &RecordBatch) -> Vec<u8> {
    let options = OrcOptions { row_index_stride: 1000, ..OrcOptions::default() };
    let mut encoder = OrcEncoder::new(&batch.schema(), None, &options).unwrap();
    let (mut file, mut out) = (encoder.start(), Vec::new());
    encoder.stripes(&mut file, std::slice::from_ref(batch), &mut out).unwrap();
    encoder.finish(file, &mut out).unwrap();
    out
}

fn values(ids: &[i32]) -> (Fields, Vec<ArrayRef>) {
    let fields = Fields::from(vec![
        Field::new("id", DataType::Int32, true),
        Field::new("s", DataType::Utf8, true),
    ]);
    let texts: StringArray = ids.iter().map(|id| Some(format!("s{id}"))).collect();
    (fields, vec![Arc::new(Int32Array::from(ids.to_vec())), Arc::new(texts)])
}

/// A file whose rows have no ids.
fn plain(ids: &[i32]) -> Vec<u8> {
    let (fields, arrays) = values(ids);
    orc(&RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).unwrap())
}

/// One row with its id: operation, write id, bucket, number, who changed it, value.
type Row = (i32, i64, i32, i64, i64, i32);

/// A file of rows with ids.
fn with_ids(rows: &[Row]) -> Vec<u8> {
    let (inner, arrays) = values(&rows.iter().map(|row| row.5).collect::<Vec<_>>());
    let row: ArrayRef = Arc::new(StructArray::new(inner, arrays, None));
    let ints = |of: &dyn Fn(&Row) -> i32| -> ArrayRef {
        Arc::new(rows.iter().map(of).collect::<Int32Array>())
    };
    let longs = |of: &dyn Fn(&Row) -> i64| -> ArrayRef {
        Arc::new(rows.iter().map(of).collect::<Int64Array>())
    };
    let columns = [
        ("operation", ints(&|r| r.0)),
        ("originalTransaction", longs(&|r| r.1)),
        ("bucket", ints(&|r| r.2)),
        ("rowId", longs(&|r| r.3)),
        ("currentTransaction", longs(&|r| r.4)),
        ("row", row),
    ];
    orc(&RecordBatch::try_from_iter(columns).unwrap())
}

fn bucket(n: u32) -> i32 {
    property(n, 0).unwrap()
}

/// Lists the files that are chosen of names; `name/` is a folder.
fn chosen(kind: Transactional, names: &[&str], ids: WriteIds) -> Vec<String> {
    let entries: Vec<Entry> = names
        .iter()
        .map(|name| match name.strip_suffix('/') {
            Some(folder) => Entry::folder(folder),
            None => Entry::file(*name),
        })
        .collect();
    let snapshot = Snapshot::new(kind, &entries, ids).unwrap();
    let files = snapshot.files().iter().chain(&snapshot.deletes);
    files.map(|file| file.path().to_owned()).collect()
}

#[test]
fn the_newest_base_and_what_came_after_it_are_read() {
    use Transactional::{Full, InsertOnly, No};
    let all = WriteIds::all;
    let cases: &[(Transactional, &[&str], WriteIds, &[&str])] = &[
        // A plain table has all visible files, whatever their names.
        (No, &["b", "base_1/x", "_tmp/y", ".z", "a/c"], all(), &["a/c", "b", "base_1/x"]),
        (
            Full,
            &["000000_0", "delta_1_1_0000/bucket_00000", "delta_1_1_0000/_orc_acid_version"],
            all(),
            &["000000_0", "delta_1_1_0000/bucket_00000"],
        ),
        // A minor compaction stands for its parts, inserts and deletes alike.
        (
            Full,
            &[
                "delete_delta_1_3_v9/bucket_00000",
                "delete_delta_2_2_0000/bucket_00000",
                "delta_1_1_0000/bucket_00000",
                "delta_1_3_v9/bucket_00000",
                "delta_3_3_0000/bucket_00000",
                "delta_4_4_0000/bucket_00000_0",
                "delta_4_4_0001/bucket_00000_0",
            ],
            all(),
            &[
                "delta_1_3_v9/bucket_00000",
                "delta_4_4_0000/bucket_00000_0",
                "delta_4_4_0001/bucket_00000_0",
                "delete_delta_1_3_v9/bucket_00000",
            ],
        ),
        // The halves of one of Hive 3 come one after the other; neither stands for what the other will.
        (
            Full,
            &[
                "delete_delta_2_2_0000/bucket_00000",
                "delta_1_1_0000/bucket_00000",
                "delta_1_3/bucket_00000",
                "delta_3_3_0000/bucket_00000",
            ],
            all(),
            &["delta_1_3/bucket_00000", "delete_delta_2_2_0000/bucket_00000"],
        ),
        (
            Full,
            &[
                "delete_delta_1_3/bucket_00000",
                "delete_delta_2_2_0000/bucket_00000",
                "delta_1_1_0000/bucket_00000",
                "delta_3_3_0000/bucket_00000",
            ],
            all(),
            &[
                "delta_1_1_0000/bucket_00000",
                "delta_3_3_0000/bucket_00000",
                "delete_delta_1_3/bucket_00000",
            ],
        ),
        // Of two compactions of the same range the later one.
        (
            Full,
            &[
                "delete_delta_1_3_v7/bucket_00000",
                "delete_delta_1_3_v9/bucket_00000",
                "delta_1_3_v7/bucket_00000",
                "delta_1_3_v9/bucket_00000",
            ],
            all(),
            &["delta_1_3_v9/bucket_00000", "delete_delta_1_3_v9/bucket_00000"],
        ),
        // A base hides what is before it, old files too.
        (
            Full,
            &[
                "000000_0",
                "base_2/bucket_00000",
                "base_3_v8/bucket_00000",
                "delta_3_3/bucket_00000",
                "delta_4_4/bucket_00000",
            ],
            all(),
            &["base_3_v8/bucket_00000", "delta_4_4/bucket_00000"],
        ),
        // A truncated table: a base without files.
        (Full, &["base_2/", "base_2/_metadata_acid", "delta_1_1/bucket_00000"], all(), &[]),
        // A compaction is not read while a transaction before it is open.
        (
            Full,
            &[
                "base_2/bucket_00000",
                "base_5_v8/bucket_00000",
                "delta_3_3/bucket_00000",
                "delta_4_4/bucket_00000",
                "delta_5_5/bucket_00000",
            ],
            WriteIds::new(5, [4], []),
            &["base_2/bucket_00000", "delta_3_3/bucket_00000", "delta_5_5/bucket_00000"],
        ),
        // What was rolled back or came later is not seen.
        (
            InsertOnly,
            &[
                "base_3/000000_0",
                "delta_1_1_0000/000000_0",
                "delta_2_2_0000/000000_0",
                "delta_4_4_0000/HIVE_UNION_SUBDIR_1/000000_0",
                "delta_6_6_0000/000000_0",
            ],
            WriteIds::new(5, [], [2, 3]),
            &["delta_1_1_0000/000000_0", "delta_4_4_0000/HIVE_UNION_SUBDIR_1/000000_0"],
        ),
        // The first compaction of a table that was plain.
        (
            Full,
            &["000000_0", "base_-9223372036854775808/bucket_00000", "delta_1_1/bucket_00000"],
            all(),
            &["base_-9223372036854775808/bucket_00000", "delta_1_1/bucket_00000"],
        ),
    ];
    for (kind, names, ids, wanted) in cases {
        assert_eq!(&chosen(*kind, names, ids.clone()), wanted, "{names:?}");
    }
}

#[test]
fn rows_from_before_the_oldest_base_are_not_made_up() {
    let entries = [Entry::file("base_9_v5/bucket_00000"), Entry::file("delta_1_1/bucket_00000")];
    let e = Snapshot::new(Transactional::Full, &entries, WriteIds::new(5, [], [])).unwrap_err();
    assert_eq!(
        e.to_string(),
        "the table was compacted beyond the transactions that this reader sees: oldest base 9"
    );
    let entries = [Entry::file("delta_1_1/part-0.orc")];
    assert!(Snapshot::new(Transactional::Full, &entries, WriteIds::all()).is_err());
}

#[test]
fn deletes_hit_the_rows_of_their_bucket() {
    let (b0, b1) = (bucket(0), bucket(1));
    let memory = Memory::default()
        .with("000000_0", plain(&[1, 2]))
        .with("000000_0_copy_1", plain(&[3, 4]))
        .with("000001_0", plain(&[5, 6]))
        .with("delta_1_1_0000/bucket_00000", with_ids(&[(0, 1, b0, 0, 1, 7), (0, 1, b0, 1, 1, 8)]))
        .with("delta_1_1_0000/bucket_00001", with_ids(&[(0, 1, b1, 0, 1, 9)]))
        .with("delta_3_3_0002/000000_0", plain(&[10, 11]))
        .with(
            "delete_delta_2_2_0000/bucket_00000",
            with_ids(&[(2, 0, b0, 2, 2, 0), (2, 1, b0, 1, 2, 0)]),
        )
        .with("delete_delta_4_4_0000/bucket_00000", with_ids(&[(2, 3, b0 | 2, 0, 4, 0)]))
        .with("delete_delta_5_5_0000/bucket_00001", with_ids(&[(2, 0, b1, 0, 5, 0)]))
        .with("delete_delta_6_6_0000/bucket_00000", Vec::new());
    let request = ReadRequest::default();
    assert_eq!(
        memory.rows(&table(), WriteIds::all(), &request),
        [
            format!("0 {b0} 0: 1"),
            format!("0 {b0} 1: 2"),
            format!("0 {b0} 3: 4"),
            format!("0 {b1} 1: 6"),
            format!("1 {b0} 0: 7"),
            format!("1 {b1} 0: 9"),
            format!("3 {} 1: 11", b0 | 2),
        ]
    );
    // Without the ids, and with what only some transactions did.
    let seen = memory.rows(&table(), WriteIds::new(4, [], [2]), &request);
    assert_eq!(seen.len(), 9 + 2 - 1, "{seen:?}");
    let mut split = table();
    split.properties.insert("transactional_properties".to_owned(), "default".to_owned());
    assert_eq!(memory.rows(&split, WriteIds::all(), &request).len(), 7);
}

#[test]
fn a_base_has_rows_of_all_transactions_before_it() {
    let b0 = bucket(0);
    let base = [(0, 0, b0, 0, 0, 1), (0, 1, b0, 0, 1, 2), (0, 1, b0, 1, 1, 3), (0, 5, b0, 0, 5, 4)];
    let memory = Memory::default()
        .with("base_0000005_v7/bucket_00000", with_ids(&base))
        .with("delta_1_1_0000/bucket_00000", with_ids(&base[1..3]))
        .with("delta_6_6_0000/bucket_00000", with_ids(&[(0, 6, b0, 0, 6, 5)]))
        .with("delete_delta_6_6_0000/bucket_00000", with_ids(&[(2, 1, b0, 0, 6, 0)]));
    let mut table = table();
    table.properties.insert("transactional_properties".to_owned(), "default".to_owned());
    let rows = |ids: WriteIds, only: Option<(i64, i64)>| {
        let snapshot = Snapshot::new(Transactional::Full, &memory.entries(), ids).unwrap();
        let mut found = Vec::new();
        for file in snapshot.files() {
            let file = match only {
                Some((first, last)) => file.clone().only(WriteIdSet::range(first, last)),
                None => file.clone(),
            };
            let request = ReadRequest::default();
            for batch in snapshot.open(&table, &file, &memory, &request).unwrap() {
                let batch = batch.unwrap();
                found.extend_from_slice(batch.column(0).as_primitive::<Int32Type>().values());
            }
        }
        found
    };
    assert_eq!(rows(WriteIds::all(), None), [1, 3, 4, 5]);
    // The delete is not seen yet.
    assert_eq!(rows(WriteIds::new(5, [], []), None), [1, 2, 3, 4]);
    assert_eq!(rows(WriteIds::all(), Some((1, 4))), [3]);
    assert_eq!(rows(WriteIds::all(), Some((5, 9))), [4, 5]);
    let ids = WriteIds::new(7, [7], [3]);
    let mut entries = memory.entries();
    entries.push(Entry::folder("delta_7_7_0000"));
    let snapshot = Snapshot::new(Transactional::Full, &entries, ids).unwrap();
    let of = |file: &DataFile| (file.path().to_owned(), file.write_ids());
    let files: Vec<_> = snapshot.files().iter().map(of).collect();
    assert_eq!(
        files,
        [
            ("base_0000005_v7/bucket_00000".to_owned(), (0, 5)),
            ("delta_6_6_0000/bucket_00000".to_owned(), (6, 6))
        ]
    );
    let replaced: Vec<_> = snapshot.replaced().iter().map(of).collect();
    assert_eq!(replaced, [("delta_1_1_0000/bucket_00000".to_owned(), (1, 1))]);
    assert_eq!(snapshot.file(&replaced[0].0).map(of), Some(replaced[0].clone()));
    assert!(snapshot.is_undecided() && snapshot.ids().to_string() == ":7:7:7:");
    assert_eq!(snapshot.deletes().collect::<Vec<_>>(), ["delete_delta_6_6_0000/bucket_00000"]);
}

#[test]
fn events_of_hive_2_replace_rows() {
    // Buckets were plain numbers, updates and deletes lay beside inserts.
    let memory = Memory::default()
        .with("000001_0", plain(&[1, 2, 3]))
        .with("delta_5_5_0000/bucket_00001", with_ids(&[(0, 5, 1, 0, 5, 4), (0, 5, 1, 1, 5, 5)]))
        .with(
            "delta_6_6_0000/bucket_00001",
            with_ids(&[(1, 0, 1, 1, 6, 20), (2, 0, 1, 2, 6, 0), (1, 5, 1, 1, 6, 50)]),
        )
        .with("delta_6_6_0001/bucket_00001", with_ids(&[(1, 0, 1, 1, 6, 21)]))
        .with("delta_7_7_0000/bucket_00001", with_ids(&[(2, 5, 1, 0, 7, 0)]));
    let request = ReadRequest::default();
    let first = bucket(1);
    assert_eq!(
        memory.rows(&table(), WriteIds::all(), &request),
        [format!("0 {first} 0: 1"), "5 1 1: 50".to_owned(), "0 1 1: 21".to_owned()]
    );
    // The delete of transaction 7 is not seen yet.
    assert_eq!(memory.rows(&table(), WriteIds::new(7, [7], []), &request).len(), 4);
}

#[test]
fn a_file_that_is_still_written_ends_where_it_is_committed() {
    let whole = with_ids(&[(0, 1, bucket(0), 0, 1, 1)]);
    let mut longer = whole.clone();
    longer.extend_from_slice(b"not committed");
    let length = |n: u64| [n.to_be_bytes(), n.to_be_bytes()].concat();
    let path = "delta_1_9/bucket_00000";
    let side = format!("{path}_flush_length");
    let memory = Memory::default()
        .with(path, longer)
        .with(&side, [length(3), length(whole.len() as u64)].concat());
    assert_eq!(memory.rows(&table(), WriteIds::all(), &ReadRequest::default()).len(), 1);
    let nothing = memory.with(&side, Vec::new());
    assert_eq!(nothing.rows(&table(), WriteIds::all(), &ReadRequest::default()).len(), 0);
}

#[test]
fn numbers_of_rows_are_right_where_row_groups_are_left_out() {
    let ids: Vec<i32> = (0..5000).collect();
    let b0 = bucket(0);
    let with: Vec<Row> = ids.iter().map(|n| (0, 2, b0, i64::from(*n), 2, *n)).collect();
    let memory = Memory::default()
        .with("000000_0", plain(&ids))
        .with("delta_2_2_0000/bucket_00000", with_ids(&with))
        .with(
            "delete_delta_3_3_0000/bucket_00000",
            with_ids(&[(2, 0, b0, 3500, 3, 0), (2, 2, b0, 3501, 3, 0)]),
        );
    let table = table();
    let predicate = parse_condition("id >= 3000 and id < 4000", &table.columns).unwrap();
    let request =
        ReadRequest { predicate: Some(predicate), batch_rows: 300, ..ReadRequest::default() };
    let rows = memory.rows(&table, WriteIds::all(), &request);
    let mut wanted = Vec::new();
    for (write_id, gone) in [(0, 3500), (2, 3501)] {
        let kept = (3000..4000).filter(|n| *n != gone);
        wanted.extend(kept.map(|n| format!("{write_id} {b0} {n}: {n}")));
    }
    assert_eq!(rows, wanted);
}

#[test]
fn many_deletes_are_merged_as_few_are_looked_up() {
    let b0 = bucket(0);
    let rows: Vec<Row> = (0..4000).map(|n| (0, 1, b0, n, 1, 0)).collect();
    let events = |by: i64, step: usize| -> Vec<Row> {
        (0..4000).step_by(step).map(|n| (2, 1, b0, n, by, 0)).collect()
    };
    let memory = Memory::default()
        .with("delta_1_1_0000/bucket_00000", with_ids(&rows))
        .with("delete_delta_2_2_0000/bucket_00000", with_ids(&events(2, 3)))
        .with("delete_delta_3_3_0000/bucket_00000", with_ids(&events(3, 5)));
    let snapshot = Snapshot::new(Transactional::Full, &memory.entries(), WriteIds::all()).unwrap();
    let file = &snapshot.files()[0];
    for split in [true, false] {
        for limit in [0, u64::MAX] {
            let mut deletes = Deletes::with_limit(&snapshot, file, split, &memory, limit).unwrap();
            assert_eq!(matches!(deletes, Deletes::Merge(_)), limit == 0);
            for row in 0..4000 {
                let id = RowId { write_id: 1, bucket: b0, row };
                let gone = deletes.last_change(id).unwrap().is_some();
                assert_eq!(gone, row % 3 == 0 || row % 5 == 0, "{row}");
            }
        }
    }
    // A merge needs order, a set does not.
    let mut mixed = events(2, 3);
    mixed.reverse();
    let memory = memory.with("delete_delta_2_2_0000/bucket_00000", with_ids(&mixed));
    let id = RowId { write_id: 1, bucket: b0, row: 9 };
    let mut set = Deletes::with_limit(&snapshot, file, true, &memory, u64::MAX).unwrap();
    assert!(set.last_change(id).unwrap().is_some());
    let mut merge = Deletes::with_limit(&snapshot, file, true, &memory, 0).unwrap();
    let e = merge.last_change(RowId { row: 3999, ..id }).unwrap_err();
    assert!(e.to_string().starts_with("delete events are not in the order of row ids"), "{e}");
}

#[test]
fn insert_only_tables_are_of_any_format() {
    let orc = table();
    let mut table = Descriptor::stored_as(Format::TextFile, orc.columns);
    table.properties = orc.properties;
    table.properties.insert("transactional_properties".to_owned(), "insert_only".to_owned());
    let memory = Memory::default()
        .with("000000_0", b"1\x01a\n".to_vec())
        .with("delta_1_1_0000/000000_0", b"2\x01b\n".to_vec())
        .with("delta_2_2_0000/000000_0", b"3\x01c\n".to_vec());
    let ids = WriteIds::new(2, [], [1]);
    let snapshot = Snapshot::new(Transactional::of(&table), &memory.entries(), ids).unwrap();
    let mut found = Vec::new();
    for file in snapshot.files() {
        for batch in snapshot.open(&table, file, &memory, &ReadRequest::default()).unwrap() {
            found.extend_from_slice(batch.unwrap().column(0).as_primitive::<Int32Type>().values());
        }
    }
    assert_eq!(found, [1, 3]);
    // Row ids lie in ORC files alone.
    table.properties.insert("transactional_properties".to_owned(), "default".to_owned());
    let snapshot =
        Snapshot::new(Transactional::of(&table), &memory.entries(), WriteIds::all()).unwrap();
    let file = &snapshot.files()[0];
    assert!(snapshot.open(&table, file, &memory, &ReadRequest::default()).is_err());
}
