//! Tables of transactions, written here as Hive writes them, and read again and again.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::ops::Range;

use arrow::array::{ArrayRef, AsArray, Int32Array, Int64Array, RecordBatch, StructArray};
use arrow::datatypes::{DataType, Field, Fields, Int64Type};
use formats::orc::{OrcEncoder, OrcOptions};
use formats::serde_names::Format;
use proptest::prelude::*;

use super::super::enumerator::{Enumerator, Listing, Looked, ReplacedFiles, Rules};
use super::super::order::Order;
use super::super::state::TableState;
use super::super::testing::Warehouse;
use super::super::{ScanPlan, scan};
use super::*;
use crate::source::{Split, SplitDetail};

/// A row: its write id, its number, the id of its value.
type Row = (i64, i64, i64);

/// A file of rows with ids; what they do is 0 to insert and 2 to delete.
fn file(does: i32, by: i64, rows: &[Row]) -> Vec<u8> {
    let ints = |value: i32| -> ArrayRef { Arc::new(Int32Array::from_value(value, rows.len())) };
    let longs = |of: &dyn Fn(&Row) -> i64| -> ArrayRef {
        Arc::new(rows.iter().map(of).collect::<Int64Array>())
    };
    let fields = Fields::from(vec![Field::new("id", DataType::Int64, true)]);
    let columns = [
        ("operation", ints(does)),
        ("originalTransaction", longs(&|row| row.0)),
        ("bucket", ints(1 << 29)),
        ("rowId", longs(&|row| row.1)),
        ("currentTransaction", longs(&|row| if by == 0 { row.0 } else { by })),
        ("row", Arc::new(StructArray::new(fields, vec![longs(&|row| row.2)], None))),
    ];
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let mut encoder = OrcEncoder::new(&batch.schema(), None, &OrcOptions::default()).unwrap();
    let (mut open, mut out) = (encoder.start(), Vec::new());
    encoder.stripes(&mut open, std::slice::from_ref(&batch), &mut out).unwrap();
    encoder.finish(open, &mut out).unwrap();
    out
}

/// A table that is looked at whenever a test wants, by whoever sees some transactions.
struct Reading {
    warehouse: Warehouse,
    table: ReadTable,
    rules: Rules,
    enumerator: Enumerator,
    state: TableState,
}

impl Reading {
    fn new(kind: Transactional) -> Self {
        let format = if kind == Transactional::Full { Format::Orc } else { Format::TextFile };
        let warehouse = Warehouse::new(format, &[("id", "bigint")], &[]);
        let mut table = warehouse.table().table;
        let properties = if kind == Transactional::Full { "default" } else { "insert_only" };
        for (key, value) in [("transactional", "true"), ("transactional_properties", properties)] {
            table.parameters.insert(key.to_owned(), value.to_owned());
        }
        let rules = Rules {
            branch: 0,
            table: "default.t".to_owned(),
            order: Order::PartitionName,
            start: None,
            replaced: ReplacedFiles::Read,
            watermark: None,
        };
        Self {
            warehouse,
            table: ReadTable::new(table).unwrap(),
            enumerator: Enumerator::new(rules.clone()),
            rules,
            state: TableState::new("default.t"),
        }
    }

    /// Begins with a reader that has read nothing, or what a checkpoint has kept.
    fn restart(&mut self, keep: bool) {
        self.enumerator = Enumerator::new(self.rules.clone());
        let text = serde_json::to_string(&self.state).unwrap();
        self.state =
            if keep { serde_json::from_str(&text).unwrap() } else { TableState::new("default.t") };
    }

    fn view(&self, ids: &WriteIds) -> Arc<View> {
        let whole = self.table.whole().unwrap();
        View::look(&self.warehouse.files, &whole, ids).unwrap().unwrap()
    }

    fn look(&mut self, ids: &WriteIds) {
        let view = self.view(ids);
        let partition = Arc::new(self.table.whole().unwrap());
        let looked =
            Looked { partition, files: view.files(), unsettled: Vec::new(), view: Some(view) };
        self.enumerator.take_in(Listing { partitions: vec![looked], gone: Vec::new(), all: true });
    }

    /// Gives out at most about so many splits.
    fn give(&mut self, limit: usize) -> Result<Vec<Split>> {
        let given = self.enumerator.give(&self.state, limit, &whole)?;
        self.state.apply(&given.delta);
        Ok(given.splits)
    }

    /// Reads a split as somebody does who only knows the split.
    fn rows(&self, split: &Split) -> Option<Vec<i64>> {
        let SplitDetail::TableFile { path, seen: Some(seen), .. } = &split.detail else {
            panic!("{split:?}")
        };
        let partition = self.table.whole().unwrap();
        let ids = seen.valid.parse().unwrap();
        let view = View::look(&self.warehouse.files, &partition, &ids).ok()?.unwrap();
        let file = view.find(path, seen)?;
        let plan = ScanPlan::new(&self.table, None).unwrap();
        let batches = scan(&plan, &self.warehouse.files, &partition, &file, None).unwrap();
        let values = |batch: Result<RecordBatch>| {
            batch.unwrap().column(0).as_primitive::<Int64Type>().values().to_vec()
        };
        Some(batches.flat_map(values).collect())
    }

    /// Looks and reads all that is new, one split at a time.
    fn poll(&mut self, ids: &WriteIds) -> Result<Vec<i64>> {
        self.look(ids);
        let mut rows = Vec::new();
        loop {
            let before = self.state.clone();
            for split in self.give(1)? {
                rows.extend(self.rows(&split).unwrap());
            }
            if self.state == before {
                rows.sort_unstable();
                return Ok(rows);
            }
        }
    }

    fn put(&self, folder: &str, bytes: impl AsRef<[u8]>) {
        let name = match Transactional::of(&self.table.descriptor) {
            Transactional::Full => "bucket_00000",
            _ => "000000_0",
        };
        self.warehouse.write(&format!("{folder}/{name}"), bytes);
    }

    fn clean(&self, folders: &[&str]) {
        for folder in folders {
            fs::remove_dir_all(self.warehouse.path(folder)).unwrap();
        }
    }
}

fn whole(_: &TablePartition, file: &DataFile) -> Result<Vec<Range<u64>>> {
    Ok(std::iter::once(0..file.identity.size).collect())
}

fn ids(highest: i64, open: &[i64], aborted: &[i64]) -> WriteIds {
    WriteIds::new(highest, open.iter().copied(), aborted.iter().copied())
}

#[test]
fn each_transaction_is_read_once_whatever_compactions_make_of_it() {
    let mut t = Reading::new(Transactional::Full);
    t.put("delta_1_1_0000", file(0, 0, &[(1, 0, 10), (1, 1, 11)]));
    t.put("delta_2_2_0000", file(0, 0, &[(2, 0, 20)]));
    assert_eq!(t.poll(&ids(2, &[2], &[])).unwrap(), [10, 11], "2 is open");
    assert!(t.view(&ids(2, &[2], &[])).is_undecided() && !t.view(&ids(2, &[], &[])).is_undecided());
    assert_eq!(t.poll(&ids(2, &[], &[])).unwrap(), [20], "2 is committed");
    // An update: a delete, and the row as it is now.
    t.put("delete_delta_3_3_0000", file(2, 3, &[(1, 0, 0)]));
    t.put("delta_3_3_0001", file(0, 0, &[(3, 0, 100)]));
    t.restart(true);
    assert_eq!(t.poll(&ids(3, &[], &[])).unwrap(), [100]);
    // A minor compaction, and the cleaner.
    t.put("delta_1_3_v9", file(0, 0, &[(1, 0, 10), (1, 1, 11), (2, 0, 20), (3, 0, 100)]));
    t.put("delete_delta_1_3_v9", file(2, 3, &[(1, 0, 0)]));
    assert!(t.poll(&ids(3, &[], &[])).unwrap().is_empty());
    t.clean(&["delta_1_1_0000", "delta_2_2_0000", "delta_3_3_0001", "delete_delta_3_3_0000"]);
    assert!(t.poll(&ids(3, &[], &[])).unwrap().is_empty());
    // A transaction that is compacted and cleaned before anybody has seen it.
    t.put("base_4_v12", file(0, 0, &[(1, 1, 11), (2, 0, 20), (3, 0, 100), (4, 0, 40)]));
    t.clean(&["delta_1_3_v9", "delete_delta_1_3_v9"]);
    assert_eq!(t.poll(&ids(4, &[], &[])).unwrap(), [40]);
    t.put("delta_5_5_0000", file(0, 0, &[(5, 0, 50)]));
    t.put("delta_6_6_0000", file(0, 0, &[(6, 0, 60)]));
    t.put("delta_7_7_0000", file(0, 0, &[(7, 0, 70)]));
    assert_eq!(t.poll(&ids(6, &[], &[5])).unwrap(), [60], "5 was rolled back, 7 came later");
    // INSERT OVERWRITE, then TRUNCATE.
    t.put("base_8", file(0, 0, &[(8, 0, 80)]));
    assert_eq!(t.poll(&ids(8, &[], &[5])).unwrap(), [80]);
    t.warehouse.write("base_9/_metadata_acid", "{}");
    assert!(t.poll(&ids(9, &[], &[5])).unwrap().is_empty());
    // Whoever begins now reads what is there.
    t.restart(false);
    assert_eq!(t.poll(&ids(8, &[], &[5])).unwrap(), [80]);
    assert_eq!(t.state.written.iter().count(), 1);
    let borders: Vec<u64> = t.state.written.iter().flat_map(|(_, b)| b.to_vec()).collect();
    assert_eq!(borders[..2], [0, 9], "one range, however many transactions");
    // Another table of the same name has its own transactions.
    t.table.table.create_time += 1;
    assert_eq!(t.poll(&ids(8, &[], &[5])).unwrap(), [80]);
}

#[test]
fn what_is_read_is_what_was_seen_when_it_was_given_out() {
    let mut t = Reading::new(Transactional::Full);
    t.put("delta_1_1_0000", file(0, 0, &[(1, 0, 10), (1, 1, 11)]));
    t.put("delete_delta_2_2_0000", file(2, 2, &[(1, 1, 0)]));
    t.look(&ids(2, &[], &[]));
    let splits = t.give(9).unwrap();
    // A later delete, and a compaction of both of them.
    t.put("delete_delta_3_3_0000", file(2, 3, &[(1, 0, 0)]));
    assert_eq!(t.rows(&splits[0]).unwrap(), [10]);
    t.clean(&["delete_delta_2_2_0000", "delete_delta_3_3_0000"]);
    assert_eq!(t.rows(&splits[0]).unwrap(), [10, 11], "nothing tells of the deletes");
    t.put("delete_delta_1_3_v8", file(2, 2, &[(1, 1, 0)]));
    assert_eq!(t.rows(&splits[0]).unwrap(), [10]);
    t.put("delta_1_3_v8", file(0, 0, &[(1, 0, 10), (1, 1, 11)]));
    assert_eq!(t.rows(&splits[0]).unwrap(), [10], "what is replaced is still there");
    t.put("base_3_v9", file(0, 0, &[]));
    assert_eq!(t.rows(&splits[0]), None, "deletes may be gone as well");
}

#[test]
fn rows_from_before_a_table_was_transactional_are_read_once() {
    let mut t = Reading::new(Transactional::InsertOnly);
    t.warehouse.write("000000_0", "1\n2\n");
    assert_eq!(t.poll(&WriteIds::all()).unwrap(), [1, 2]);
    assert!(t.poll(&WriteIds::all()).unwrap().is_empty());
    // A state from before knows the file by its number.
    t.restart(false);
    let plain = t.warehouse.files.list(&t.table.whole().unwrap().location).unwrap();
    let hash = super::super::state::file_hash(&t.table.whole().unwrap().location, &plain[0]);
    let known = (super::super::state::partition_hash(""), Some(vec![hash]));
    let delta = super::super::state::TableDelta {
        table: "default.t".to_owned(),
        partitions: vec![known],
        ..super::super::state::TableDelta::default()
    };
    t.state.apply(&delta);
    t.put("delta_1_1_0000", "3\n");
    assert_eq!(t.poll(&WriteIds::all()).unwrap(), [3]);
}

#[test]
fn insert_only_tables_keep_no_ids_of_rows() {
    let mut t = Reading::new(Transactional::InsertOnly);
    t.put("delta_1_1_0000", "10\n");
    t.put("delta_2_2_0000", "20\n");
    assert_eq!(t.poll(&ids(2, &[], &[])).unwrap(), [10, 20]);
    t.put("delta_3_3_0000", "30\n");
    t.put("base_3_v7", "10\n20\n30\n");
    assert_eq!(t.poll(&ids(3, &[], &[])).unwrap(), [30], "from before the compaction");
    t.clean(&["delta_1_1_0000", "delta_2_2_0000", "delta_3_3_0000"]);
    assert!(t.poll(&ids(3, &[], &[])).unwrap().is_empty());
    t.clean(&["base_3_v7"]);
    t.put("base_4_v9", "10\n20\n30\n40\n");
    let error = t.poll(&ids(4, &[], &[])).unwrap_err();
    assert_eq!(error.kind(), crate::error::Kind::Data);
    assert!(error.to_string().contains("write ids={4..=4}"), "{error}");
    assert!(error.hint().unwrap().contains("'streaming-source.replaced-files'='skip'"));
    t.rules.replaced = ReplacedFiles::Skip;
    t.restart(true);
    assert!(t.poll(&ids(4, &[], &[])).unwrap().is_empty());
    t.put("delta_5_5_0000", "50\n");
    assert_eq!(t.poll(&ids(5, &[], &[])).unwrap(), [50]);
}

#[test]
fn only_orc_has_row_ids() {
    let warehouse = Warehouse::new(Format::TextFile, &[("id", "bigint")], &[]);
    let mut table = warehouse.table().table;
    table.parameters.insert("transactional".to_owned(), "true".to_owned());
    let error = ReadTable::new(table).unwrap_err();
    assert_eq!(error.kind(), crate::error::Kind::Unsupported);
}

/// What happens to a table, or to its reader.
#[derive(Debug, Clone)]
enum Step {
    Insert(u8),
    /// Deletes every row whose id leaves this remainder by three.
    Delete(i64),
    /// As [`Step::Insert`], and rolled back.
    Abort,
    /// Inserts and deletes are put together: all at once, or one half a while before the other, as Hive before 4 does.
    Minor(Halves),
    Major,
    Clean,
    Look,
    Restart,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Halves {
    AtOnce,
    InsertsFirst,
    DeletesFirst,
}

type Delta = (String, (i64, i64), Vec<Row>);

/// What Hive would do with its table.
#[derive(Default)]
struct Hive {
    last: i64,
    compactions: i64,
    aborted: Vec<i64>,
    /// Rows that are there, by their values; and those that ever were.
    rows: BTreeMap<i64, Row>,
    all: BTreeSet<i64>,
    /// Folders since the last major compaction: name, first and last id, rows that came or went.
    deltas: Vec<Delta>,
    deletes: Vec<Delta>,
    base: Option<String>,
    garbage: Vec<String>,
    /// The half of a compaction that is not there yet.
    second_half: Option<(String, Vec<u8>)>,
}

impl Hive {
    /// The transactions that a reader sees now; before the first one nobody knows of any.
    fn seen(&self) -> WriteIds {
        if self.last == 0 { WriteIds::all() } else { ids(self.last, &[], &self.aborted) }
    }

    fn step(&mut self, t: &Reading, step: &Step) {
        if !matches!(step, Step::Look | Step::Restart)
            && let Some((name, bytes)) = self.second_half.take()
        {
            t.put(&name, bytes);
        }
        match step {
            Step::Insert(count) => {
                self.last += 1;
                let id = self.last;
                let row = |n: i64| (id, n, id * 100 + n);
                let rows: Vec<Row> = (0..i64::from(*count)).map(row).collect();
                let name = format!("delta_{id:07}_{id:07}_0000");
                t.put(&name, file(0, 0, &rows));
                self.rows.extend(rows.iter().map(|row| (row.2, *row)));
                self.all.extend(rows.iter().map(|row| row.2));
                self.deltas.push((name, (id, id), rows));
            }
            Step::Delete(rest) => {
                self.last += 1;
                let id = self.last;
                let gone: Vec<Row> =
                    self.rows.values().filter(|row| row.2 % 3 == *rest).copied().collect();
                if !gone.is_empty() {
                    let name = format!("delete_delta_{id:07}_{id:07}_0000");
                    t.put(&name, file(2, id, &gone));
                    for row in &gone {
                        self.rows.remove(&row.2);
                    }
                    self.deletes.push((name, (id, id), gone));
                }
            }
            Step::Abort => {
                self.last += 1;
                let id = self.last;
                t.put(&format!("delta_{id:07}_{id:07}_0000"), file(0, 0, &[(id, 0, id * 100)]));
                self.aborted.push(id);
            }
            Step::Minor(halves) => self.minor(t, *halves),
            Step::Major => {
                let Some(last) = self.highest() else { return };
                let name = format!("base_{last:07}_v{:07}", self.compactions);
                let mut rows: Vec<Row> = self.rows.values().copied().collect();
                rows.sort_unstable();
                t.put(&name, file(0, 0, &rows));
                self.drop_deltas();
                self.garbage.extend(self.base.replace(name));
            }
            Step::Clean => {
                for folder in std::mem::take(&mut self.garbage) {
                    t.clean(&[folder.as_str()]);
                }
            }
            Step::Look | Step::Restart => {}
        }
    }

    fn highest(&mut self) -> Option<i64> {
        self.compactions += 1;
        let both = self.deltas.iter().chain(&self.deletes);
        both.map(|(_, (_, last), _)| *last).max()
    }

    fn drop_deltas(&mut self) {
        let gone = self.deltas.drain(..).chain(self.deletes.drain(..));
        self.garbage.extend(gone.map(|(name, ..)| name));
    }

    fn minor(&mut self, t: &Reading, halves: Halves) {
        let first = self.deltas.iter().chain(&self.deletes).map(|(_, (first, _), _)| *first).min();
        let (Some(first), Some(last)) = (first, self.highest()) else { return };
        if self.deltas.len() < 2 && self.deletes.len() < 2 {
            return;
        }
        let range = match halves {
            Halves::AtOnce => format!("{first:07}_{last:07}_v{:07}", self.compactions),
            _ => format!("{first:07}_{last:07}"),
        };
        let mut inserted: Vec<Row> = self.deltas.iter().flat_map(|delta| delta.2.clone()).collect();
        inserted.sort_unstable();
        let mut deleted: Vec<Row> = self.deletes.iter().flat_map(|delta| delta.2.clone()).collect();
        deleted.sort_unstable();
        self.drop_deltas();
        for (kind, does, rows) in [("delta", 0, inserted), ("delete_delta", 2, deleted)] {
            let name = format!("{kind}_{range}");
            let bytes = file(does, if does == 2 { last } else { 0 }, &rows);
            let later = if does == 2 { Halves::InsertsFirst } else { Halves::DeletesFirst };
            if halves == later {
                self.second_half = Some((name.clone(), bytes));
            } else {
                t.put(&name, bytes);
            }
            let list = if does == 2 { &mut self.deletes } else { &mut self.deltas };
            list.push((name, (first, last), rows));
        }
    }
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (1_u8..4).prop_map(Step::Insert),
        2 => (0_i64..3).prop_map(Step::Delete),
        1 => Just(Step::Abort),
        3 => prop::sample::select(vec![Halves::AtOnce, Halves::InsertsFirst, Halves::DeletesFirst])
            .prop_map(Step::Minor),
        2 => Just(Step::Major),
        2 => Just(Step::Clean),
        3 => Just(Step::Look),
        1 => Just(Step::Restart),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]
    #[test]
    fn rows_that_stay_are_read_exactly_once(steps in prop::collection::vec(step(), 1..30)) {
        let mut t = Reading::new(Transactional::Full);
        let mut hive = Hive::default();
        let mut read = Vec::new();
        for step in steps.iter().chain([&Step::Look]) {
            hive.step(&t, step);
            let seen = hive.seen();
            match step {
                Step::Look => read.extend(t.poll(&seen).unwrap()),
                Step::Restart => t.restart(true),
                _ => {}
            }
        }
        let once: BTreeSet<i64> = read.iter().copied().collect();
        prop_assert_eq!(once.len(), read.len(), "twice: {:?}", read);
        prop_assert!(once.is_subset(&hive.all), "made up: {:?}", read);
        let missing: Vec<_> = hive.rows.keys().filter(|id| !once.contains(id)).collect();
        prop_assert!(missing.is_empty(), "missing: {:?}", missing);
        // Whoever begins now reads the rows that are there, no more.
        t.restart(false);
        let now = t.poll(&hive.seen()).unwrap();
        prop_assert_eq!(now, hive.rows.keys().copied().collect::<Vec<_>>());
    }
}
