use formats::serde_names::Format;
use metastore::{
    Announced, Announcement, Database, DroppedTable, Partition, PartitionQuery, Table, TableChanges,
};

use super::super::testing::{Warehouse, name};
use super::*;

fn warehouse(format: Format) -> Warehouse {
    Warehouse::new(format, &[("id", "bigint")], &["p"])
}

fn watch(warehouse: &Warehouse) -> Watch {
    watch_of(warehouse, Arc::clone(&warehouse.catalog))
}

fn watch_of(warehouse: &Warehouse, catalog: Arc<dyn Catalog>) -> Watch {
    Watch::new(catalog, name(), Arc::clone(&warehouse.files), Box::new(|_| Ok(true)), true)
}

/// What a look finds: partitions with their files, `?` before those that wait, `-` before partitions that are gone.
fn look(watch: &mut Watch, warehouse: &Warehouse) -> Vec<String> {
    let listing = watch.look(warehouse.now()).unwrap();
    let short = |file: &DataFile| file.path.rsplit('/').next().unwrap().to_owned();
    let mut found: Vec<String> = listing.gone.iter().map(|name| format!("-{name}")).collect();
    for looked in listing.partitions {
        let mut files: Vec<String> = looked.files.iter().map(short).collect();
        files.extend(looked.unsettled.iter().map(|file| format!("?{}", short(file))));
        found.push(format!("{}:{}", looked.partition.name, files.join(",")));
    }
    found
}

#[test]
fn each_look_is_at_what_has_changed() {
    let warehouse = warehouse(Format::TextFile);
    warehouse.write("p=1/a", "1");
    warehouse.write("p=1/_hidden", "1");
    warehouse.write("p=1/below/b", "1");
    warehouse.write("p=9/not-announced", "1");
    warehouse.announce(&["p=1", "p=2"]);
    let mut watch = watch(&warehouse);
    assert_eq!(look(&mut watch, &warehouse), ["p=1:a,b", "p=2:"], "p=2 has no folder");
    warehouse.wait(60);
    let untold = ["p=1:a,b", "p=2:"];
    assert_eq!(look(&mut watch, &warehouse), untold, "one folder was not known, one is not there");
    assert_eq!(look(&mut watch, &warehouse), ["p=2:"]);
    // With an event.
    warehouse.write("p=3/c", "1");
    warehouse.announce(&["p=3"]);
    assert_eq!(look(&mut watch, &warehouse), ["p=2:", "p=3:c"]);
    // Without one, in the folder and in one below it.
    warehouse.write("p=1/d", "1");
    assert_eq!(look(&mut watch, &warehouse), ["p=1:a,b,d", "p=2:"]);
    warehouse.write("p=1/below/e", "1");
    assert_eq!(look(&mut watch, &warehouse), ["p=1:a,b,e,d", "p=2:"]);
    warehouse.drop("p=2");
    assert_eq!(look(&mut watch, &warehouse), ["-p=2"]);
    assert!(look(&mut watch, &warehouse).is_empty());
    // A change of the table has everything looked at.
    assert_eq!(watch.calls().tables, 1, "events would have told of changes");
    let mut table = warehouse.table().table;
    table.parameters.insert("k".to_owned(), "v".to_owned());
    warehouse.catalog.alter_table(&name(), &table).unwrap();
    assert_eq!(look(&mut watch, &warehouse), ["p=1:a,b,e,d", "p=3:c"]);
    assert_eq!(watch.calls().tables, 2);
}

#[test]
fn without_events_names_tell_what_is_new_and_gone() {
    let warehouse = warehouse(Format::TextFile);
    let silent = Arc::new(Silent(Arc::clone(&warehouse.catalog)));
    let mut watch = watch_of(&warehouse, silent);
    for p in 1..4 {
        warehouse.write(&format!("p={p}/a"), "1");
    }
    warehouse.announce(&["p=1", "p=2"]);
    assert_eq!(look(&mut watch, &warehouse), ["p=1:a", "p=2:a"]);
    warehouse.announce(&["p=3"]);
    warehouse.drop("p=1");
    assert_eq!(look(&mut watch, &warehouse), ["-p=1", "p=3:a"]);
    assert!(look(&mut watch, &warehouse).is_empty());
    assert_eq!(watch.calls().fetched, 3, "each once");
    assert_eq!(watch.calls().tables, 3, "nothing else tells of changes");
    warehouse.catalog.drop_table(&name()).unwrap();
    let gone = watch.look(warehouse.now()).unwrap_err();
    assert_eq!(gone.kind(), crate::error::Kind::NotFound);
}

#[test]
fn many_known_partitions_cost_no_listing() {
    let warehouse = warehouse(Format::TextFile);
    let names: Vec<String> = (0..TURN + 20).map(|n| format!("p={n:05}")).collect();
    for name in &names {
        warehouse.write(&format!("{name}/a"), "");
    }
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    warehouse.announce(&names);
    let mut watch = watch(&warehouse);
    assert_eq!(look(&mut watch, &warehouse).len(), names.len());
    let first = watch.calls();
    assert_eq!((first.listed, first.names), (names.len(), names.len()));
    warehouse.write("p=x/a", "");
    warehouse.announce(&["p=x"]);
    assert_eq!(look(&mut watch, &warehouse), ["p=x:a"]);
    let calls = watch.calls();
    assert_eq!(calls.listed - first.listed, 1);
    assert_eq!(calls.fetched - first.fetched, 1);
    assert_eq!(calls.names, first.names);
    assert_eq!(calls.asked - first.asked, TURN, "a bounded number of folders is asked");
    // The turn comes round to every folder.
    warehouse.write("p=00003/b", "");
    let found: Vec<String> = (0..2).flat_map(|_| look(&mut watch, &warehouse)).collect();
    assert_eq!(found, ["p=00003:a,b"]);
    let before = watch.calls().asked;
    warehouse.write("p=00003/c", "");
    assert_eq!(look(&mut watch, &warehouse), ["p=00003:a,b,c"], "lately changed: at every look");
    assert!(watch.calls().asked - before <= TURN + 2);
}

#[test]
fn a_file_that_is_written_in_place_waits_until_it_is_complete() {
    let second = |warehouse: &Warehouse| u64::try_from(warehouse.now().0 / 1000).unwrap();
    for (format, half, done, waits) in [
        (Format::Parquet, &b"PAR1 and more"[..], &b"PAR1 and more PAR1"[..], false),
        (Format::Orc, b"ORC and more", b"ORC and more ORC\x10", false),
        (Format::TextFile, b"1\n", b"1\n2\n", true),
    ] {
        let warehouse = warehouse(format);
        warehouse.announce(&["p=1"]);
        let mut watch = watch(&warehouse);
        assert_eq!(look(&mut watch, &warehouse), ["p=1:"]);
        warehouse.write_at("p=1/a", half, second(&warehouse));
        assert_eq!(look(&mut watch, &warehouse), ["p=1:?a"], "{format:?}");
        warehouse.wait(1);
        warehouse.write_at("p=1/a", done, second(&warehouse));
        let want = if waits { "p=1:?a" } else { "p=1:a" };
        assert_eq!(look(&mut watch, &warehouse), [want], "{format:?}");
        warehouse.wait(2);
        assert_eq!(look(&mut watch, &warehouse), ["p=1:a"], "{format:?}");
        // What the metastore announces is complete.
        warehouse.write_at("p=2/b", half, second(&warehouse));
        warehouse.announce(&["p=2"]);
        let found = look(&mut watch, &warehouse);
        assert!(found.contains(&"p=2:b".to_owned()), "{found:?}");
        // A clock that runs ahead does not hold a file of lines back for ever.
        warehouse.write_at("p=1/c", done, second(&warehouse) + 3600);
        let found = look(&mut watch, &warehouse);
        let now = if waits { "p=1:a,?c" } else { "p=1:a,c" };
        assert!(found.contains(&now.to_owned()), "{found:?}");
        warehouse.wait(2);
        let found = look(&mut watch, &warehouse);
        assert!(found.contains(&"p=1:a,c".to_owned()), "{found:?}");
    }
}

#[test]
fn a_broken_file_is_given_to_whoever_can_say_what_is_wrong_with_it() {
    let warehouse = warehouse(Format::Parquet);
    warehouse.write("p=1/a", "this is no Parquet");
    warehouse.announce(&["p=1"]);
    assert_eq!(look(&mut watch(&warehouse), &warehouse), ["p=1:a"]);
}

#[test]
fn a_look_that_failed_is_made_again_in_full() {
    let warehouse = warehouse(Format::TextFile);
    warehouse.write("p=1/a", "1");
    warehouse.announce(&["p=1"]);
    let mut watch = watch(&warehouse);
    look(&mut watch, &warehouse);
    warehouse.write("p=2/a", "1");
    warehouse.announce(&["p=2"]);
    let mut moved = warehouse.catalog.get_partition(&name(), &"p=1".parse().unwrap()).unwrap();
    let place = moved.sd.location.replace("gopher://nowhere/".to_owned());
    warehouse.catalog.alter_partitions(&name(), &[moved.clone()]).unwrap();
    watch.look(warehouse.now()).unwrap_err();
    moved.sd.location = place;
    warehouse.catalog.alter_partitions(&name(), &[moved]).unwrap();
    assert_eq!(look(&mut watch, &warehouse), ["p=1:a", "p=2:a"]);
}

/// A metastore that keeps no events.
#[derive(Debug)]
struct Silent(Arc<dyn Catalog>);

type Outcome<T> = metastore::Result<T>;

impl Catalog for Silent {
    fn create_database(&self, database: &Database) -> Outcome<Database> {
        self.0.create_database(database)
    }
    fn get_database(&self, name: &str) -> Outcome<Database> {
        self.0.get_database(name)
    }
    fn list_databases(&self) -> Outcome<Vec<String>> {
        self.0.list_databases()
    }
    fn alter_database(&self, database: &Database) -> Outcome<()> {
        self.0.alter_database(database)
    }
    fn drop_database(&self, name: &str) -> Outcome<()> {
        self.0.drop_database(name)
    }
    fn create_table(&self, table: &Table) -> Outcome<Table> {
        self.0.create_table(table)
    }
    fn get_table(&self, name: &TableName) -> Outcome<Table> {
        self.0.get_table(name)
    }
    fn list_tables(&self, database: &str, pattern: Option<&str>) -> Outcome<Vec<String>> {
        self.0.list_tables(database, pattern)
    }
    fn alter_table(&self, name: &TableName, table: &Table) -> Outcome<()> {
        self.0.alter_table(name, table)
    }
    fn drop_table(&self, name: &TableName) -> Outcome<DroppedTable> {
        self.0.drop_table(name)
    }
    fn add_partitions(&self, table: &TableName, partitions: &[Partition]) -> Outcome<Vec<bool>> {
        self.0.add_partitions(table, partitions)
    }
    fn get_partitions(
        &self,
        table: &TableName,
        names: &[PartitionPath],
    ) -> Outcome<Vec<Partition>> {
        self.0.get_partitions(table, names)
    }
    fn list_partition_names(
        &self,
        table: &TableName,
        query: &PartitionQuery<'_>,
    ) -> Outcome<Vec<PartitionPath>> {
        self.0.list_partition_names(table, query)
    }
    fn alter_partitions(&self, table: &TableName, partitions: &[Partition]) -> Outcome<()> {
        self.0.alter_partitions(table, partitions)
    }
    fn drop_partitions(
        &self,
        table: &TableName,
        names: &[PartitionPath],
    ) -> Outcome<Vec<Partition>> {
        self.0.drop_partitions(table, names)
    }
    fn announce(&self, table: &TableName, all: &[Announcement]) -> Outcome<Vec<Announced>> {
        self.0.announce(table, all)
    }
    fn last_event(&self) -> Outcome<Option<i64>> {
        Ok(None)
    }
    fn changes(&self, _: &Table, _: i64) -> Outcome<Option<TableChanges>> {
        Ok(None)
    }
}
