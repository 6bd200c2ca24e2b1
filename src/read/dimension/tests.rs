use std::fs;
use std::sync::atomic::{AtomicI64, Ordering};

use arrow::array::AsArray;
use arrow::datatypes::Int32Type;
use formats::serde_names::Format;
use metastore::names::PartitionSpec;
use metastore::{FieldSchema, Partition, Table};

use super::*;
use crate::catalog;
use crate::sql::bind::{
    BindOptions, TableColumn, TableColumnKind, TableKind, TableName as Written, TableSchema,
    Tables, bind_inserts,
};

const MINUTE: i64 = 60_000;

#[derive(Debug, Default)]
struct Hands(AtomicI64);

impl Clock for Hands {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::Relaxed))
    }
}

/// A warehouse with the table `d (k INT, v INT)`, by `p` if it is partitioned, and the dimensions on it.
struct World {
    folder: tempfile::TempDir,
    catalog: Arc<dyn Catalog>,
    clock: Arc<Hands>,
    dimensions: Dimensions,
    plan: DimensionPlan,
}

impl World {
    fn new(keys: &[&str], include: Include) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let catalog = catalog::open(folder.path()).unwrap();
        let mut table = Table::new(TableName::new("default", "d").unwrap());
        let names = Format::TextFile.class_names();
        table.sd.input_format = Some(names.input_format.to_owned());
        table.sd.output_format = Some(names.output_format.to_owned());
        table.sd.serde_info.serialization_lib = Some(names.serde.to_owned());
        table.sd.cols = vec![FieldSchema::new("k", "int"), FieldSchema::new("v", "int")];
        table.partition_keys = keys.iter().map(|key| FieldSchema::new(*key, "string")).collect();
        catalog.create_table(&table).unwrap();
        let clock = Arc::new(Hands::default());
        let plan = DimensionPlan {
            table: table.name,
            include,
            reload: Duration::from_secs(3600),
            max_bytes: 1 << 20,
            read: ReadOptions::default(),
        };
        let own: Arc<dyn Clock> = Arc::clone(&clock) as _;
        let dimensions = Dimensions::new(Arc::clone(&catalog), Arc::default(), own);
        Self { folder, catalog, clock, dimensions, plan }
    }

    /// Writes a file of the table, below a partition's folder or not.
    fn write(&self, path: &str, rows: &[(i32, i32)]) {
        let path = self.folder.path().join("d").join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let lines = rows.iter().map(|(k, v)| format!("{k}\u{1}{v}\n"));
        fs::write(path, lines.collect::<String>()).unwrap();
    }

    fn add(&self, value: &str, create_time: i32, rows: &[(i32, i32)]) {
        self.write(&format!("p={value}/f"), rows);
        let table = self.catalog.get_table(&self.plan.table).unwrap();
        let spec = PartitionSpec::new([("p", Some(value))]);
        let mut partition = Partition::of_table(&table, spec);
        partition.create_time = create_time;
        self.catalog.add_partitions(&table.name, &[partition]).unwrap();
    }

    fn query(sql: &str) -> Arc<LookupQuery> {
        let sql = format!("insert into t {sql}");
        let statement = dialect::parse_statement(&sql).unwrap();
        let bound = bind_inserts(&statement, &Known, &BindOptions::default()).unwrap();
        Arc::clone(bound[0].branches[0].transform.lookups()[0].query())
    }

    fn open(&self) -> Arc<dyn Dimension> {
        self.dimensions.open(&self.plan, &Self::query(JOIN)).unwrap()
    }

    fn pass(&self, millis: i64) {
        self.clock.0.fetch_add(millis, Ordering::Relaxed);
        self.dimensions.reload();
    }
}

const JOIN: &str = "select s.k, d.v from s join d on s.k = d.k";

struct Known;

impl Tables for Known {
    fn table(&self, name: &Written) -> Option<TableSchema> {
        let columns = |names: &[&str]| -> Vec<TableColumn> {
            let int = || TableColumnKind::Stored(formats::types::HiveType::Int);
            let columns =
                names.iter().map(|name| TableColumn { name: (*name).into(), kind: int() });
            columns.collect()
        };
        let kind = if name.table == "s" { TableKind::Source } else { TableKind::Hive };
        Some(TableSchema { columns: columns(&["k", "v"]), kind, ..TableSchema::default() })
    }
}

/// Gives the values that a copy has, in its order.
fn values(dimension: &Arc<dyn Dimension>) -> Option<Vec<i32>> {
    let table = dimension.current()?;
    let column = table.columns().first().map(|c| c.as_primitive::<Int32Type>().values().to_vec());
    Some(column.unwrap_or_default())
}

fn same(a: Option<Arc<LookupTable>>, b: Option<&Arc<LookupTable>>) -> bool {
    a.as_ref().zip(b).is_some_and(|(a, b)| Arc::ptr_eq(a, b))
}

#[test]
fn a_copy_is_good_for_its_time_and_longer_if_nothing_changes() {
    let world = World::new(&[], Include::All);
    world.write("a", &[(1, 10), (2, 20)]);
    let dimension = world.open();
    assert_eq!(values(&dimension), Some(vec![10, 20]));
    let first = dimension.current();
    world.write("b", &[(3, 30)]);
    world.write("_hidden", &[(4, 40)]);
    world.pass(59 * MINUTE);
    assert!(same(dimension.current(), first.as_ref()), "before its time");
    world.pass(MINUTE);
    assert_eq!(values(&dimension), Some(vec![10, 20, 30]));
    let second = dimension.current();
    world.pass(60 * MINUTE);
    assert!(same(dimension.current(), second.as_ref()), "nothing has changed");
    world.write("a", &[(1, 11)]);
    world.pass(60 * MINUTE);
    assert_eq!(values(&dimension), Some(vec![11, 30]));
}

#[test]
fn a_failed_reload_keeps_the_last_copy_and_is_tried_again() {
    let world = World::new(&[], Include::All);
    world.write("a", &[(1, 10)]);
    let dimension = world.open();
    let definition = world.catalog.get_table(&world.plan.table).unwrap();
    world.catalog.drop_table(&world.plan.table).unwrap();
    world.pass(60 * MINUTE);
    assert_eq!(values(&dimension), Some(vec![10]));
    world.catalog.create_table(&definition).unwrap();
    world.write("a", &[(1, 11), (5, 50)]);
    world.pass(9_000);
    assert_eq!(values(&dimension), Some(vec![10]), "not yet");
    world.pass(1_000);
    assert_eq!(values(&dimension), Some(vec![11, 50]));
}

#[test]
fn a_table_that_grows_too_large_stays_as_it_was() {
    let mut world = World::new(&[], Include::All);
    world.plan.max_bytes = 2000;
    world.write("a", &[(1, 10)]);
    let dimension = world.open();
    let many: Vec<(i32, i32)> = (0..1000).map(|n| (n, n)).collect();
    world.write("b", &many);
    world.pass(60 * MINUTE);
    assert_eq!(values(&dimension), Some(vec![10]));
    drop(dimension);
    let error = world.dimensions.open(&world.plan, &World::query(JOIN)).unwrap_err();
    assert_eq!(error.kind(), Kind::Config);
    let text = format!("{error:?}");
    assert!(text.contains("does not fit into lookup.join.cache.max-size"), "{text}");
    assert!(text.contains("default.d"), "{text}");
    assert!(error.hint().unwrap().contains("raise the limit"));
    // What the query leaves out takes no room.
    let few = World::query("select s.k, d.v from s join d on s.k = d.k and d.v < 3");
    let few = world.dimensions.open(&world.plan, &few).unwrap();
    assert_eq!(values(&few), Some(vec![0, 1, 2]));
}

#[test]
fn the_latest_partition_takes_the_place_of_the_one_before() {
    for (order, second, third) in
        [(Order::PartitionName, Some(20), Some(20)), (Order::CreateTime, Some(20), Some(30))]
    {
        let world = World::new(&["p"], Include::Latest(order.clone()));
        let dimension = world.open();
        assert!(dimension.current().is_none(), "{order:?}");
        world.add("2", 100, &[(1, 10)]);
        world.pass(9_000);
        assert!(dimension.current().is_none(), "not yet");
        world.pass(1_000);
        assert_eq!(values(&dimension), Some(vec![10]), "{order:?}");
        world.add("3", 200, &[(1, 20)]);
        world.pass(60 * MINUTE);
        assert_eq!(values(&dimension).map(|v| v[0]), second, "{order:?}");
        world.add("1", 300, &[(1, 30)]);
        world.pass(60 * MINUTE);
        assert_eq!(values(&dimension).map(|v| v[0]), third, "{order:?}");
    }
}

#[test]
fn without_partitions_the_last_copy_stays() {
    let world = World::new(&["p"], Include::Latest(Order::PartitionName));
    world.add("1", 0, &[(1, 10)]);
    let dimension = world.open();
    let spec = PartitionSpec::new([("p", Some("1"))]);
    world.catalog.drop_partitions(&world.plan.table, &[spec.to_path().unwrap()]).unwrap();
    world.pass(60 * MINUTE);
    assert_eq!(values(&dimension), Some(vec![10]));
    // A whole table without partitions is empty.
    let all = DimensionPlan { include: Include::All, ..world.plan.clone() };
    let all = world.dimensions.open(&all, &World::query(JOIN)).unwrap();
    assert_eq!(values(&all), Some(vec![]));
    world.add("2", 0, &[(1, 20), (2, 21)]);
    world.add("3", 0, &[(1, 30)]);
    world.pass(60 * MINUTE);
    assert_eq!(values(&dimension), Some(vec![30]));
    assert_eq!(values(&all), Some(vec![20, 21, 30]));
}

#[test]
fn one_copy_serves_all_who_want_the_same() {
    let world = World::new(&[], Include::All);
    world.write("a", &[(1, 10)]);
    let one = world.open();
    let other = world.open();
    assert!(Arc::ptr_eq(&one, &other));
    let outer = World::query("select s.v, x.v from s left join d x on x.k = s.v");
    let outer = world.dimensions.open(&world.plan, &outer).unwrap();
    assert!(Arc::ptr_eq(&one, &outer));
    let more = World::query("select s.v, x.v from s left join d x on x.k = s.v and x.v > 3");
    let more = world.dimensions.open(&world.plan, &more).unwrap();
    assert!(!Arc::ptr_eq(&one, &more));
    let longer = DimensionPlan { reload: Duration::from_secs(1), ..world.plan.clone() };
    let longer = world.dimensions.open(&longer, &World::query(JOIN)).unwrap();
    assert!(!Arc::ptr_eq(&one, &longer));
    let weak = Arc::downgrade(&one);
    assert!(!world.dimensions.is_empty());
    drop((one, other, outer, more, longer));
    assert!(weak.upgrade().is_none(), "nobody holds it any longer");
    assert!(world.dimensions.is_empty());
}

#[test]
fn many_pieces_come_in_the_order_of_the_table() {
    let world = World::new(&["p"], Include::All);
    for n in 0..40 {
        world.add(&format!("{n:02}"), 0, &[(n, 2 * n), (n, 2 * n + 1)]);
    }
    let dimension = world.open();
    assert_eq!(values(&dimension), Some((0..80).collect()));
}

#[test]
fn a_changed_type_is_told() {
    let world = World::new(&[], Include::All);
    world.write("a", &[(1, 10)]);
    let mut table = world.catalog.get_table(&world.plan.table).unwrap();
    table.sd.cols[1] = FieldSchema::new("v", "bigint");
    world.catalog.alter_table(&table.name.clone(), &table).unwrap();
    let error = world.dimensions.open(&world.plan, &World::query(JOIN)).unwrap_err();
    assert_eq!(error.kind(), Kind::Schema);
    assert!(format!("{error:?}").contains("has changed its type"), "{error:?}");
}
