//! The Hive Metastore's view of the world: names, tables, partitions, and the [`Catalog`] port that keeps them.
//!
//! ```text
//! names      TableName, PartitionSpec ─► PartitionPath (escaped folder)
//! model      Database, Table, Partition         location   file:/… ◄─► local path
//! filter     text ─► predicate over PartitionSpec
//!
//! Catalog ◄── embedded::EmbeddedStore (SQLite) ◄── server: Hive's thrift interface, for foreign clients
//!    ▲   ◄── client::HiveCatalog ──thrift──► a Hive Metastore, or the server
//!    └─ announce: add or renew partitions, once per commit
//!
//! wire + generated: calls and their bytes      convert: model ↔ generated structs      kryo: partition expressions of Hive's clients
//! ```
//!
//! Invariants: a catalog keeps definitions only and never touches a table's data; every call is one transaction or safe to repeat.
//! Blocking by design: `SQLite` and thrift block, so callers that must not wait use a thread of their own. No clock: times are arguments.

pub mod announce;
pub mod client;
pub mod conformance;
mod convert;
pub mod embedded;
pub mod error;
mod escape;
mod events;
pub mod filter;
#[rustfmt::skip]
#[expect(
    unreachable_pub, clippy::all, clippy::pedantic, clippy::expect_used, dead_code,
    reason = "generated"
)]
mod generated;
mod kryo;
pub mod location;
pub mod model;
pub mod names;
pub mod pattern;
pub mod server;
mod wire;

use std::fmt;

pub use announce::{Announced, Announcement};
pub use client::HiveCatalog;
pub use embedded::EmbeddedStore;
pub use error::{Error, Kind, Result};
pub use events::TableChanges;
pub use filter::Filter;
pub use model::{
    Database, FieldSchema, Parameters, Partition, StorageDescriptor, Table, TableType,
};
pub use names::{PartitionPath, PartitionSpec, TableName};

/// Which partition names to list; the default is the first 1000 of all.
#[derive(Clone, Copy, Debug)]
pub struct PartitionQuery<'a> {
    /// Only partitions that fulfil it.
    pub filter: Option<&'a Filter>,
    /// Only names behind this one: the last name of the page before.
    pub after: Option<&'a PartitionPath>,
    /// Most names to return.
    pub limit: usize,
}

impl Default for PartitionQuery<'_> {
    fn default() -> Self {
        Self { filter: None, after: None, limit: 1000 }
    }
}

/// What dropping a table leaves to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DroppedTable {
    /// The table as it was.
    pub table: Table,
    /// Folders that the caller must delete now: the table's, and those of partitions elsewhere. Empty if the data stay, as with
    /// external tables.
    pub data: Vec<String>,
}

/// Which write ids of a transactional table a reader sees: those up to the highest one that are not invalid.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ValidWriteIds {
    /// The highest id given so far; 0 if none was.
    pub high_water_mark: i64,
    /// Ids that are not seen, in order, and whether the transaction of each was aborted; if not, it is open.
    pub invalid: Vec<(i64, bool)>,
    /// The lowest id of an open transaction.
    pub min_open: Option<i64>,
}

/// Port to a metastore: databases, tables and partitions by name.
///
/// Names of databases and tables are lower case; text arguments are lower-cased. Missing things are [`Kind::NotFound`], a busy or absent
/// store is [`Kind::Unavailable`] and worth a retry, wrong arguments are [`Kind::Config`] or [`Kind::Schema`].
/// Whatever is acknowledged survives a crash of process and machine.
pub trait Catalog: Send + Sync + fmt::Debug {
    /// Creates a database and returns it as stored, with its location.
    ///
    /// # Errors
    /// [`Kind::AlreadyExists`]; [`Kind::Config`] for a bad name.
    fn create_database(&self, database: &Database) -> Result<Database>;

    /// Reads a database.
    ///
    /// # Errors
    /// [`Kind::NotFound`].
    fn get_database(&self, name: &str) -> Result<Database>;

    /// Lists the names of all databases in order.
    ///
    /// # Errors
    /// [`Kind::Unavailable`].
    fn list_databases(&self) -> Result<Vec<String>>;

    /// Replaces a database's properties; its name stays.
    ///
    /// # Errors
    /// [`Kind::NotFound`].
    fn alter_database(&self, database: &Database) -> Result<()>;

    /// Drops an empty database.
    ///
    /// # Errors
    /// [`Kind::NotFound`]; [`Kind::Conflict`] if it has tables; [`Kind::Config`] for `default`.
    fn drop_database(&self, name: &str) -> Result<()>;

    /// Creates a table and returns it as stored, with its location.
    ///
    /// # Errors
    /// [`Kind::AlreadyExists`]; [`Kind::NotFound`] if the database is missing; [`Kind::Schema`] if a column is there twice.
    fn create_table(&self, table: &Table) -> Result<Table>;

    /// Reads a table.
    ///
    /// # Errors
    /// [`Kind::NotFound`].
    fn get_table(&self, name: &TableName) -> Result<Table>;

    /// Lists the names of a database's tables and views in order, all or those of a [pattern] such as `ord*|cust*`.
    ///
    /// # Errors
    /// [`Kind::NotFound`] if the database is missing.
    fn list_tables(&self, database: &str, pattern: Option<&str>) -> Result<Vec<String>>;

    /// Replaces a table, also its name: `name` is the old one. Partitions keep what they have, also their locations.
    ///
    /// # Errors
    /// [`Kind::NotFound`]; [`Kind::AlreadyExists`] if the new name is taken; [`Kind::Schema`] if the names of the partition columns change.
    fn alter_table(&self, name: &TableName, table: &Table) -> Result<()>;

    /// Drops a table with its partitions; the data are the caller's to delete.
    ///
    /// # Errors
    /// [`Kind::NotFound`].
    fn drop_table(&self, name: &TableName) -> Result<DroppedTable>;

    /// Adds partitions, all or none, and tells for each whether it is new. One that is there already with equal content counts as done.
    ///
    /// A partition without location gets the table's folder + its path. A metastore over thrift takes many in several calls: what was
    /// added before one fails stays, and counts as done the next time.
    ///
    /// # Errors
    /// [`Kind::AlreadyExists`] if one is there with other content; [`Kind::NotFound`]; [`Kind::Schema`] if the partition columns are not the table's.
    fn add_partitions(&self, table: &TableName, partitions: &[Partition]) -> Result<Vec<bool>>;

    /// Reads partitions in the order of `names`; missing ones are left out.
    ///
    /// Limit: all of them are in memory, so ask for a page of names at a time.
    ///
    /// # Errors
    /// [`Kind::NotFound`] if the table is missing.
    fn get_partitions(&self, table: &TableName, names: &[PartitionPath]) -> Result<Vec<Partition>>;

    /// Lists partition names in byte order, one page of them.
    ///
    /// # Errors
    /// [`Kind::NotFound`] if the table is missing; the filter's as in [`Filter::bind`].
    fn list_partition_names(
        &self,
        table: &TableName,
        query: &PartitionQuery<'_>,
    ) -> Result<Vec<PartitionPath>>;

    /// Replaces partitions, all or none; their values stay. As for [`Catalog::add_partitions`], many may take several calls.
    ///
    /// # Errors
    /// [`Kind::NotFound`] if the table or one of them is missing.
    fn alter_partitions(&self, table: &TableName, partitions: &[Partition]) -> Result<()>;

    /// Drops partitions and returns those that were there; the data are the caller's to delete.
    ///
    /// # Errors
    /// [`Kind::NotFound`] if the table is missing.
    fn drop_partitions(&self, table: &TableName, names: &[PartitionPath])
    -> Result<Vec<Partition>>;

    /// Tells which write ids of a transactional table are to be seen now; a catalog without transactions never gave any.
    ///
    /// # Errors
    /// [`Kind::Unavailable`].
    fn valid_write_ids(&self, table: &TableName) -> Result<ValidWriteIds> {
        let _ = table;
        Ok(ValidWriteIds::default())
    }

    /// Announces partitions: adds or renews each, once per commit id, and returns what became of them in order.
    ///
    /// May be repeated after any failure. A catalog with transactions does it in one; this one reads, adds and alters.
    ///
    /// Limit: [`announce::MAX_ANNOUNCEMENTS`] different partitions.
    ///
    /// # Errors
    /// [`Kind::NotFound`] if the table is missing; [`Kind::Schema`] if the partition columns are not the table's; [`Kind::Config`] if a
    /// partition is there twice.
    fn announce(
        &self,
        table: &TableName,
        announcements: &[Announcement],
    ) -> Result<Vec<Announced>> {
        announce::over_plain_calls(self, table, announcements)
    }

    /// Gives the number of the newest event; `None` if this metastore keeps none or does not tell them.
    ///
    /// # Errors
    /// [`Kind::Unavailable`].
    fn last_event(&self) -> Result<Option<i64>> {
        Ok(None)
    }

    /// Tells what has happened to a table since an event.
    ///
    /// `None` if that cannot be told: there are no events, some were deleted meanwhile, or the number is of another metastore. Then
    /// only a look at all partitions tells. Cost: in proportion to the events of all tables since then.
    ///
    /// # Errors
    /// [`Kind::Unavailable`].
    fn changes(&self, table: &Table, after: i64) -> Result<Option<TableChanges>> {
        let _ = (table, after);
        Ok(None)
    }
}

impl dyn Catalog + '_ {
    /// Reads one partition.
    ///
    /// # Errors
    /// [`Kind::NotFound`] if the table or the partition is missing.
    pub fn get_partition(&self, table: &TableName, name: &PartitionPath) -> Result<Partition> {
        self.get_partitions(table, std::slice::from_ref(name))?.pop().ok_or_else(|| {
            Error::not_found("partition not found").with("table", table).with("partition", name)
        })
    }

    /// Goes through all partition names in byte order, page by page, so that their number does not matter.
    pub fn partition_names<'a>(
        &'a self,
        table: &'a TableName,
        filter: Option<&'a Filter>,
    ) -> impl Iterator<Item = Result<PartitionPath>> + 'a {
        PartitionNames {
            catalog: self,
            table,
            filter,
            page: Vec::new().into_iter(),
            last: None,
            done: false,
        }
    }
}

struct PartitionNames<'a> {
    catalog: &'a dyn Catalog,
    table: &'a TableName,
    filter: Option<&'a Filter>,
    page: std::vec::IntoIter<PartitionPath>,
    last: Option<PartitionPath>,
    done: bool,
}

impl Iterator for PartitionNames<'_> {
    type Item = Result<PartitionPath>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(name) = self.page.next() {
            return Some(Ok(name));
        }
        if self.done {
            return None;
        }
        let query = PartitionQuery {
            filter: self.filter,
            after: self.last.as_ref(),
            ..PartitionQuery::default()
        };
        match self.catalog.list_partition_names(self.table, &query) {
            Ok(page) => {
                self.done = page.len() < query.limit;
                self.last = page.last().cloned().or(self.last.take());
                self.page = page.into_iter();
                self.page.next().map(Ok)
            }
            Err(error) => {
                self.done = true;
                Some(Err(error))
            }
        }
    }
}
