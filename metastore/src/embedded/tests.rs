use std::path::PathBuf;
use std::thread;

use rusqlite::Connection;
use tempfile::TempDir;

use super::EmbeddedStore;
use crate::conformance::{self, CASES};
use crate::model::{Database, Partition, Table};
use crate::names::{PartitionPath, PartitionSpec, TableName};
use crate::*;

fn place() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("wh/.skep/metastore.db");
    (folder, file)
}

fn open(file: &std::path::Path) -> Result<EmbeddedStore> {
    EmbeddedStore::open(file, "/wh")
}

/// Catalog that announces over plain calls, as one without our transactions must.
#[derive(Debug)]
struct Plain(EmbeddedStore);

impl Catalog for Plain {
    fn create_database(&self, database: &Database) -> Result<Database> {
        self.0.create_database(database)
    }
    fn get_database(&self, name: &str) -> Result<Database> {
        self.0.get_database(name)
    }
    fn list_databases(&self) -> Result<Vec<String>> {
        self.0.list_databases()
    }
    fn alter_database(&self, database: &Database) -> Result<()> {
        self.0.alter_database(database)
    }
    fn drop_database(&self, name: &str) -> Result<()> {
        self.0.drop_database(name)
    }
    fn create_table(&self, table: &Table) -> Result<Table> {
        self.0.create_table(table)
    }
    fn get_table(&self, name: &TableName) -> Result<Table> {
        self.0.get_table(name)
    }
    fn list_tables(&self, database: &str, pattern: Option<&str>) -> Result<Vec<String>> {
        self.0.list_tables(database, pattern)
    }
    fn alter_table(&self, name: &TableName, table: &Table) -> Result<()> {
        self.0.alter_table(name, table)
    }
    fn drop_table(&self, name: &TableName) -> Result<DroppedTable> {
        self.0.drop_table(name)
    }
    fn add_partitions(&self, table: &TableName, partitions: &[Partition]) -> Result<Vec<bool>> {
        self.0.add_partitions(table, partitions)
    }
    fn get_partitions(&self, table: &TableName, names: &[PartitionPath]) -> Result<Vec<Partition>> {
        self.0.get_partitions(table, names)
    }
    fn list_partition_names(
        &self,
        table: &TableName,
        query: &PartitionQuery<'_>,
    ) -> Result<Vec<PartitionPath>> {
        self.0.list_partition_names(table, query)
    }
    fn alter_partitions(&self, table: &TableName, partitions: &[Partition]) -> Result<()> {
        self.0.alter_partitions(table, partitions)
    }
    fn drop_partitions(
        &self,
        table: &TableName,
        names: &[PartitionPath],
    ) -> Result<Vec<Partition>> {
        self.0.drop_partitions(table, names)
    }
}

#[test]
fn the_store_conforms() {
    let (_folder, file) = place();
    let store = open(&file).unwrap();
    for (name, case) in CASES {
        case(&store).unwrap_or_else(|e| panic!("{name}: {e}"));
    }
}

#[test]
fn announcing_over_plain_calls_conforms() {
    let (_folder, file) = place();
    let store = Plain(open(&file).unwrap());
    for (name, case) in CASES {
        case(&store).unwrap_or_else(|e| panic!("{name}: {e}"));
    }
}

#[test]
fn two_stores_on_one_file_do_nothing_twice() {
    let (_folder, file) = place();
    let stores = [open(&file).unwrap(), open(&file).unwrap()];
    conformance::concurrent(&[&stores[0], &stores[1]], 8).unwrap();
    let (_folder, file) = place();
    let stores = [Plain(open(&file).unwrap()), Plain(open(&file).unwrap())];
    conformance::concurrent(&[&stores[0], &stores[1]], 8).unwrap();
}

#[test]
fn a_new_file_may_be_opened_by_many_at_once() {
    let (_folder, file) = place();
    thread::scope(|scope| {
        let opened: Vec<_> =
            (0..8).map(|_| scope.spawn(|| open(&file)?.list_databases())).collect();
        for result in opened {
            assert_eq!(result.join().unwrap().unwrap(), ["default"]);
        }
    });
}

#[test]
fn what_was_acknowledged_is_there_after_reopening() {
    let (_folder, file) = place();
    let mut table = Table::new("t".parse().unwrap());
    table.partition_keys.push(FieldSchema::new("dt", "string"));
    let spec = PartitionSpec::new([("dt", Some("a"))]);
    let made = {
        let store = open(&file).unwrap();
        let made = store.create_table(&table).unwrap();
        assert_eq!(made.sd.location.as_deref(), Some("file:/wh/t"));
        store.add_partitions(&table.name, &[Partition::of_table(&made, spec.clone())]).unwrap();
        made
    };
    // Another warehouse does not move what is there.
    let store = EmbeddedStore::open(&file, "s3a://bucket/wh/").unwrap();
    assert_eq!(store.get_table(&table.name).unwrap(), made);
    let catalog: &dyn Catalog = &store;
    let partition = catalog.get_partition(&table.name, &spec.to_path().unwrap()).unwrap();
    assert_eq!(partition.sd.location.as_deref(), Some("file:/wh/t/dt=a"));
    assert_eq!(store.get_database("default").unwrap().location_uri.as_deref(), Some("file:/wh"));
    let other = store
        .create_database(&Database { name: "other".to_owned(), ..Database::default() })
        .unwrap();
    assert_eq!(other.location_uri.as_deref(), Some("s3a://bucket/wh/other.db"));
}

#[test]
fn commits_are_durable_and_readers_do_not_wait() {
    let (_folder, file) = place();
    let store = open(&file).unwrap();
    let connection = Connection::open(&file).unwrap();
    let mode: String = connection.pragma_query_value(None, "journal_mode", |r| r.get(0)).unwrap();
    assert_eq!(mode, "wal");
    let blocker = connection.unchecked_transaction().unwrap();
    blocker.execute("UPDATE databases SET content = content", []).unwrap();
    assert_eq!(store.list_databases().unwrap(), ["default"]);
}

#[test]
fn files_that_are_no_metastore_are_refused() {
    let (folder, file) = place();
    drop(open(&file).unwrap());
    let newer = Connection::open(&file).unwrap();
    newer.pragma_update(None, "user_version", 99).unwrap();
    assert_eq!(open(&file).unwrap_err().kind(), Kind::Unsupported);

    let foreign = folder.path().join("foreign.db");
    Connection::open(&foreign).unwrap().execute_batch("CREATE TABLE t (x)").unwrap();
    assert_eq!(open(&foreign).unwrap_err().kind(), Kind::Config);

    let text = folder.path().join("text.db");
    std::fs::write(&text, "this is not a database, it is only text\n".repeat(100)).unwrap();
    assert_eq!(open(&text).unwrap_err().kind(), Kind::Config);

    assert_eq!(open(&text.join("below")).unwrap_err().kind(), Kind::Unavailable);
    for warehouse in ["wh", "", "file:wh", "/a/../b"] {
        let error = EmbeddedStore::open(&folder.path().join("new.db"), warehouse).unwrap_err();
        assert_eq!(error.kind(), Kind::Config, "{warehouse:?}");
    }
}

#[test]
fn damaged_entries_are_errors() {
    let (_folder, file) = place();
    let store = open(&file).unwrap();
    let connection = Connection::open(&file).unwrap();
    connection.execute("UPDATE databases SET content = '{'", []).unwrap();
    assert_eq!(store.get_database("default").unwrap_err().kind(), Kind::Internal);
}
