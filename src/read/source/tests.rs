use std::collections::BTreeSet;
use std::ops::Range;

use arrow::array::{ArrayRef, AsArray, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::Int64Type;
use formats::serde_names::Format;
use formats::table::{
    Compare, Descriptor, Predicate, Scalar, TableColumn, TableEncoder, WriteOptions,
};
use formats::types::HiveType;

use super::super::order::Order;
use super::super::testing::{Warehouse, name};
use super::reader::PIECE;
use super::*;
use crate::source::Payload;
use crate::source::SplitState;

const LANE: LaneId = LaneId(0);

/// Writes ids, beside them a column that the table does not have and that makes the rows this large.
fn wide_file(format: Format, ids: Range<i64>, width: i64) -> Vec<u8> {
    let columns =
        vec![TableColumn::new("id", HiveType::BigInt), TableColumn::new("noise", HiveType::String)];
    let descriptor = Descriptor::stored_as(format, columns);
    let mut encoder = TableEncoder::new(&descriptor, &WriteOptions::default()).unwrap();
    let (mut file, mut bytes) = (encoder.start(), Vec::new());
    for from in ids.clone().step_by(2_000) {
        let ids = from..(from + 2_000).min(ids.end);
        let mixed = |n: i64| n.wrapping_mul(0x9e37_79b9_7f4a_7c15_u64.cast_signed()).to_string();
        let noise =
            ids.clone().map(|id| (0..width).map(|n| mixed(id * width + n)).collect::<String>());
        let noise: ArrayRef = Arc::new(StringArray::from_iter_values(noise));
        let ids: ArrayRef = Arc::new(Int64Array::from_iter_values(ids));
        let schema = formats::table::schema_of(&descriptor.columns);
        let batch = RecordBatch::try_new(schema, vec![ids, noise]).unwrap();
        encoder.append(&mut file, &[batch], &mut bytes).unwrap();
    }
    encoder.finish(file, &mut bytes).unwrap();
    bytes
}

fn file(format: Format, ids: Range<i64>) -> Vec<u8> {
    wide_file(format, ids, 1)
}

fn table_source(
    warehouse: &Warehouse,
    interval: Option<u64>,
    predicate: Option<Predicate>,
) -> TableSource {
    let mut plan = ScanPlan::new(&warehouse.table(), None).unwrap();
    plan.predicate = predicate;
    plan.batch_rows = 1000;
    let rules = Rules {
        branch: 3,
        table: name().to_string(),
        order: Order::PartitionName,
        start: None,
        replaced: ReplacedFiles::Read,
        watermark: None,
    };
    let options = TableOptions {
        table: name(),
        rules,
        schema: plan.schema(),
        plan,
        monitor_interval: interval.map(Duration::from_secs),
        split_bytes: 64 << 20,
    };
    let files = Arc::clone(&warehouse.files);
    TableSource::new(options, Arc::clone(&warehouse.catalog), files, warehouse.clock())
}

/// Lists as the job does: splits and what is known by them are taken in together.
fn discover(source: &TableSource, known: &mut Offsets) -> (Vec<Split>, bool) {
    let found = source.discover(known).unwrap();
    for delta in &found.tables {
        known.tables.entry(delta.branch).or_default().apply(delta);
    }
    for split in &found.splits {
        let state = SplitState { split: split.clone(), next: 0, done: false, watermark: None };
        known.splits.insert(split.id.clone(), state);
    }
    (found.splits, found.complete)
}

/// Reads a split from a position on: the ids, and the position after each batch with the number of ids until then.
fn read(source: &TableSource, split: &Split, from: u64) -> (Vec<i64>, Vec<(u64, usize)>) {
    let mut reader = source.open(split, from, LANE).unwrap();
    let (mut ids, mut stops) = (Vec::new(), Vec::new());
    while let Some(payload) = reader.next(None).unwrap() {
        let Payload::Rows { batch, next } = payload else { panic!("{payload:?}") };
        ids.extend(batch.column(0).as_primitive::<Int64Type>().values());
        stops.push((next, ids.len()));
    }
    (ids, stops)
}

fn at_least(id: i64) -> Predicate {
    Predicate::Compare("id".to_owned(), Compare::GreaterOrEqual, Scalar::Number(id.into(), 0))
}

#[test]
fn reading_goes_on_at_every_position() {
    for format in [Format::Parquet, Format::Orc] {
        let warehouse = Warehouse::new(format, &[("id", "bigint")], &["p"]);
        warehouse.write("p=1/a", file(format, 0..2500));
        warehouse.announce(&["p=1"]);
        let source = table_source(&warehouse, None, None);
        let (splits, complete) = discover(&source, &mut Offsets::default());
        assert!(complete);
        let (ids, stops) = read(&source, &splits[0], 0);
        assert_eq!(ids, (0..2500).collect::<Vec<_>>());
        assert_eq!(stops.iter().map(|(next, _)| *next).collect::<Vec<_>>(), [1000, 2000, 2500]);
        for from in [1, 999, 1000, 1001, 2499, 2500] {
            let (ids, _) = read(&source, &splits[0], from);
            assert_eq!(ids, (i64::try_from(from).unwrap()..2500).collect::<Vec<_>>(), "{from}");
        }
    }
}

#[test]
fn a_condition_leaves_out_pieces_and_positions_stay_what_they_are() {
    for format in [Format::Parquet, Format::Orc] {
        let warehouse = Warehouse::new(format, &[("id", "bigint")], &["p"]);
        let rows = 20_000;
        let bytes = wide_file(format, 0..rows, 8);
        assert!(bytes.len() as u64 > 3 * PIECE, "{format:?} {}", bytes.len());
        warehouse.write("p=1/a", &bytes);
        warehouse.announce(&["p=1"]);
        let all = table_source(&warehouse, None, None);
        let (splits, _) = discover(&all, &mut Offsets::default());
        let few = table_source(&warehouse, None, Some(at_least(rows - 1)));
        let (ids, stops) = read(&few, &splits[0], 0);
        assert_eq!(ids.last(), Some(&(rows - 1)), "{format:?}");
        assert!(ids.len() < usize::try_from(rows / 2).unwrap(), "{format:?} {}", ids.len());
        assert!(ids.windows(2).all(|pair| pair[0] + 1 == pair[1]), "whole pieces");
        // Where one condition has stopped, another one goes on, or none.
        let (next, given) = stops[stops.len() / 2];
        let (rest, _) = read(&all, &splits[0], next);
        assert_eq!(rest, ids[given..], "{format:?}");
        let (rest, _) = read(&few, &splits[0], next);
        assert_eq!(rest, ids[given..], "{format:?}");
        let none = table_source(&warehouse, None, Some(at_least(rows)));
        assert_eq!(read(&none, &splits[0], 0).0, Vec::<i64>::new());
    }
}

#[test]
fn files_come_as_they_are_found_and_once() {
    let warehouse = Warehouse::new(Format::Parquet, &[("id", "bigint")], &["p"]);
    warehouse.write("p=1/a", file(Format::Parquet, 0..10));
    warehouse.announce(&["p=1"]);
    let source = table_source(&warehouse, Some(60), None);
    let mut known = Offsets::default();
    let ids = |splits: &[Split]| -> Vec<i64> {
        splits.iter().flat_map(|split| read(&source, split, 0).0).collect()
    };
    let (splits, complete) = discover(&source, &mut known);
    assert!(!complete && splits[0].branch == 3);
    assert_eq!(ids(&splits), (0..10).collect::<Vec<_>>());
    warehouse.write("p=0/late", file(Format::Parquet, 20..22));
    warehouse.announce(&["p=0"]);
    warehouse.wait(59);
    assert!(discover(&source, &mut known).0.is_empty(), "it is not time to look again");
    warehouse.wait(1);
    assert_eq!(ids(&discover(&source, &mut known).0), [20, 21]);
    warehouse.wait(60);
    assert!(discover(&source, &mut known).0.is_empty());
    // The state of another table counts for nothing.
    known.tables.get_mut(&3).unwrap().table = "default.other".to_owned();
    warehouse.wait(60);
    let again = table_source(&warehouse, Some(60), None);
    assert_eq!(discover(&again, &mut known).0.len(), 2);
}

#[test]
fn a_file_that_is_gone_ends_its_split() {
    let warehouse = Warehouse::new(Format::Parquet, &[("id", "bigint")], &["p"]);
    for name in ["a", "b", "c"] {
        warehouse.write(&format!("p=1/{name}"), file(Format::Parquet, 0..10));
    }
    warehouse.write("p=2/d", file(Format::Parquet, 0..10));
    warehouse.announce(&["p=1", "p=2"]);
    let source = table_source(&warehouse, None, None);
    let (splits, _) = discover(&source, &mut Offsets::default());
    warehouse.remove("p=1/a");
    warehouse.write("p=1/b", file(Format::Parquet, 50..61));
    assert!(read(&source, &splits[0], 0).0.is_empty(), "gone");
    assert!(read(&source, &splits[1], 0).0.is_empty(), "replaced");
    assert_eq!(read(&source, &splits[2], 4).0, [4, 5, 6, 7, 8, 9]);
    // A new process does not know the partition.
    warehouse.drop("p=2");
    let again = table_source(&warehouse, None, None);
    assert!(read(&again, &splits[3], 0).0.is_empty(), "dropped");
    // What is broken and still there is an error.
    warehouse.write("p=1/c", b"PAR1 nothing of the kind PAR1");
    let (splits, _) = discover(&again, &mut Offsets::default());
    let error = again.open(&splits[1], 0, LANE).unwrap().next(None).unwrap_err();
    assert_eq!(error.kind(), Kind::Data, "{error}");
}

#[test]
fn partitions_are_left_out_by_their_values() {
    let warehouse = Warehouse::new(Format::Parquet, &[("id", "bigint")], &["p"]);
    let mut names = BTreeSet::new();
    for p in 1..5 {
        warehouse.write(&format!("p={p}/a"), file(Format::Parquet, 0..1));
        names.insert(format!("p={p}"));
    }
    warehouse.announce(&names.iter().map(String::as_str).collect::<Vec<_>>());
    let only = Predicate::Compare("p".to_owned(), Compare::Equal, Scalar::Text(b"3".to_vec()));
    let source = table_source(&warehouse, None, Some(only));
    let (splits, _) = discover(&source, &mut Offsets::default());
    assert_eq!(splits.len(), 1);
    assert_eq!(source.calls().listed, 1, "the folders of the others are not touched");
}

#[test]
fn positions_are_pieces_and_rows() {
    for (piece, rows) in [(0, 0), (0, 7), (3, 0), ((1 << 24) - 1, (1 << 40) - 1)] {
        let position = Position { piece, rows };
        assert_eq!(Position::of(position.number()), position);
    }
}

#[test]
fn rows_that_a_compaction_has_moved_are_not_left_out_silently() {
    let warehouse = Warehouse::new(Format::TextFile, &[("id", "bigint")], &[]);
    let mut table = warehouse.table().table;
    for (key, value) in [("transactional", "true"), ("transactional_properties", "insert_only")] {
        table.parameters.insert(key.to_owned(), value.to_owned());
    }
    warehouse.catalog.alter_table(&name(), &table).unwrap();
    warehouse.write("delta_1_1_0000/000000_0", "1\n2\n");
    let source = table_source(&warehouse, Some(1), None);
    let mut known = Offsets::default();
    let (splits, _) = discover(&source, &mut known);
    assert_eq!(read(&source, &splits[0], 0).0, [1, 2]);
    // The next process knows the split alone.
    let again = table_source(&warehouse, Some(1), None);
    assert_eq!(read(&again, &splits[0], 1).0, [2]);
    warehouse.write("base_1_v5/000000_0", "1\n2\n");
    assert!(discover(&again, &mut known).0.is_empty(), "a compaction brings no rows");
    warehouse.remove("delta_1_1_0000/000000_0");
    let mut late = table_source(&warehouse, Some(1), None);
    let error = late.open(&splits[0], 1, LANE).unwrap_err();
    assert_eq!(error.kind(), Kind::Data, "{error}");
    assert!(error.hint().unwrap().contains("'streaming-source.replaced-files'='skip'"));
    Arc::get_mut(&mut late.options).unwrap().rules.replaced = ReplacedFiles::Skip;
    assert_eq!(read(&late, &splits[0], 1).0, [0_i64; 0]);
}
