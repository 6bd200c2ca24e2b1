//! [`Catalog`] over `SQLite`.

use std::collections::{BTreeSet, HashSet};
use std::path::Path;

use super::connection::Connections;
use super::events;
use super::rows::{self, Partitions};
use crate::announce::{self, Announced, Announcement, Step};
use crate::error::{Error, Result};
use crate::filter::Filter;
use crate::model::{Database, Partition, PrincipalType, Table, TableType};
use crate::names::{DEFAULT_DATABASE, PartitionPath, TableName, identifier};
use crate::{
    Catalog, DroppedTable, PartitionQuery, TableChanges, ValidWriteIds, location, pattern,
};

/// Metastore in one file, for one machine: any number of threads, several processes.
///
/// Every call is one transaction that is on disk before the call returns. The cost of a call depends on its own size, not on the number
/// of partitions in the file.
#[derive(Debug)]
pub struct EmbeddedStore {
    pub(super) connections: Connections,
    warehouse: String,
}

impl EmbeddedStore {
    /// Opens the metastore in the file `path`, and makes it with the database `default` if it is missing.
    ///
    /// `warehouse` is the [location] below which databases and tables are put unless they say otherwise: tables of `default` as
    /// `<warehouse>/<table>`, others as `<warehouse>/<database>.db/<table>`. Where the default database is, is settled when the file is made.
    ///
    /// # Errors
    /// [`Kind::Config`](crate::Kind::Config) if the warehouse is relative or the file is something else;
    /// [`Kind::Unavailable`](crate::Kind::Unavailable) if the file cannot be opened; [`Kind::Unsupported`](crate::Kind::Unsupported) if a newer version made it.
    pub fn open(path: &Path, warehouse: &str) -> Result<Self> {
        let warehouse = location::normalize(warehouse);
        if warehouse.starts_with("file:") {
            location::to_path(&warehouse)?;
        }
        let connections = Connections::open(path, |tx| {
            let default = Database {
                name: DEFAULT_DATABASE.to_owned(),
                description: Some("Default Hive database".to_owned()),
                location_uri: Some(warehouse.clone()),
                owner_name: Some("public".to_owned()),
                owner_type: PrincipalType::Role,
                ..Database::default()
            };
            rows::insert_database(tx, &default)
        })?;
        Ok(Self { connections, warehouse })
    }
}

impl Catalog for EmbeddedStore {
    fn valid_write_ids(&self, table: &TableName) -> Result<ValidWriteIds> {
        let list = self.transactions()?;
        let hidden: BTreeSet<i64> = list.all.iter().map(|transaction| transaction.id).collect();
        let hides = |id| id > list.high_water_mark || hidden.contains(&id);
        self.write_ids_without(&table.to_string().to_lowercase(), &hides)
    }

    fn create_database(&self, database: &Database) -> Result<Database> {
        let database = self.placed_database(database)?;
        self.connections.write(|tx| {
            if rows::find_database(tx, &database.name)?.is_some() {
                return Err(Error::already_exists("database exists already")
                    .with("database", &database.name));
            }
            rows::insert_database(tx, &database)?;
            events::of_database(tx, "CREATE_DATABASE", &database.name)
        })?;
        Ok(database)
    }

    fn get_database(&self, name: &str) -> Result<Database> {
        self.connections.read(|tx| Ok(rows::database(tx, &name.to_lowercase())?.1))
    }

    fn list_databases(&self) -> Result<Vec<String>> {
        self.connections.read(|tx| rows::database_names(tx))
    }

    fn alter_database(&self, database: &Database) -> Result<()> {
        let database = self.placed_database(database)?;
        self.connections.write(|tx| {
            let (id, _) = rows::database(tx, &database.name)?;
            rows::update_database(tx, id, &database)?;
            events::of_database(tx, "ALTER_DATABASE", &database.name)
        })
    }

    fn drop_database(&self, name: &str) -> Result<()> {
        let name = name.to_lowercase();
        if name == DEFAULT_DATABASE {
            return Err(Error::config("database default cannot be dropped"));
        }
        self.connections.write(|tx| {
            let (id, _) = rows::database(tx, &name)?;
            let tables = rows::table_names(tx, id)?.len();
            if tables > 0 {
                return Err(Error::conflict("database is not empty; drop its tables first")
                    .with("database", &name)
                    .with("tables", tables));
            }
            rows::delete_database(tx, id)?;
            events::of_database(tx, "DROP_DATABASE", &name)
        })
    }

    fn create_table(&self, table: &Table) -> Result<Table> {
        check_columns(table)?;
        self.connections.write(|tx| {
            let (database_id, database) = rows::database(tx, table.name.database())?;
            if rows::find_table(tx, &table.name)?.is_some() {
                return Err(
                    Error::already_exists("table exists already").with("table", &table.name)
                );
            }
            let table = placed_table(table, &database)?;
            rows::insert_table(tx, database_id, &table)?;
            events::of_table(tx, "CREATE_TABLE", &table.name)?;
            Ok(table)
        })
    }

    fn get_table(&self, name: &TableName) -> Result<Table> {
        self.connections.read(|tx| Ok(rows::table(tx, name)?.1))
    }

    fn list_tables(&self, database: &str, pattern: Option<&str>) -> Result<Vec<String>> {
        let mut names = self.connections.read(|tx| {
            let (id, _) = rows::database(tx, &database.to_lowercase())?;
            rows::table_names(tx, id)
        })?;
        if let Some(pattern) = pattern {
            names.retain(|name| pattern::matches(pattern, name));
        }
        Ok(names)
    }

    fn alter_table(&self, name: &TableName, table: &Table) -> Result<()> {
        check_columns(table)?;
        self.connections.write(|tx| {
            let (id, stored) = rows::table(tx, name)?;
            let keys =
                |t: &Table| t.partition_keys.iter().map(|k| k.name.clone()).collect::<Vec<_>>();
            if keys(&stored) != keys(table) {
                return Err(
                    Error::schema("names of partition columns cannot change").with("table", name)
                );
            }
            if table.name != *name && rows::find_table(tx, &table.name)?.is_some() {
                return Err(
                    Error::already_exists("table exists already").with("table", &table.name)
                );
            }
            let (database_id, database) = rows::database(tx, table.name.database())?;
            let mut table = table.clone();
            table.sd.location = table.sd.location.or(stored.sd.location);
            rows::update_table(tx, id, database_id, &placed_table(&table, &database)?)?;
            events::of_table(tx, "ALTER_TABLE", &table.name)
        })
    }

    fn drop_table(&self, name: &TableName) -> Result<DroppedTable> {
        self.connections.write(|tx| {
            let (id, table) = rows::table(tx, name)?;
            let mut data = Vec::new();
            if table.owns_data()
                && let Some(folder) = &table.sd.location
            {
                data.push(folder.clone());
                data.extend(rows::locations_outside(tx, id, folder)?);
            }
            rows::delete_table(tx, id)?;
            events::of_table(tx, "DROP_TABLE", &table.name)?;
            Ok(DroppedTable { table, data })
        })
    }

    fn add_partitions(&self, table: &TableName, partitions: &[Partition]) -> Result<Vec<bool>> {
        self.connections.write(|tx| {
            let (id, table) = rows::table(tx, table)?;
            let mut store = Partitions::new(tx, &table.name, id);
            let mut added = Vec::with_capacity(partitions.len());
            for partition in partitions {
                let path = table.partition_path(&partition.spec)?;
                let partition = table.placed(partition)?;
                match store.get(&path)? {
                    Some(stored) if stored.fulfils(&partition) => added.push(false),
                    Some(_) => {
                        return Err(Error::already_exists(
                            "partition exists already with other content",
                        )
                        .with("table", &table.name)
                        .with("partition", &path));
                    }
                    None => {
                        store.insert(&path, &partition)?;
                        added.push(true);
                    }
                }
            }
            let new = partitions.iter().zip(&added).filter(|(_, added)| **added);
            events::of_partitions(tx, "ADD_PARTITION", &table.name, new.map(|(p, _)| &p.spec))?;
            Ok(added)
        })
    }

    fn get_partitions(&self, table: &TableName, names: &[PartitionPath]) -> Result<Vec<Partition>> {
        self.connections.read(|tx| {
            let mut store = Partitions::new(tx, table, rows::table_id(tx, table)?);
            names.iter().filter_map(|name| store.get(name).transpose()).collect()
        })
    }

    fn list_partition_names(
        &self,
        table: &TableName,
        query: &PartitionQuery<'_>,
    ) -> Result<Vec<PartitionPath>> {
        self.connections.read(|tx| {
            let (id, predicate) = match query.filter {
                None => (rows::table_id(tx, table)?, None),
                Some(filter) => {
                    let (id, table) = rows::table(tx, table)?;
                    (id, Some(Filter::bind(filter, &table.partition_keys)?))
                }
            };
            let after = query.after.map_or("", PartitionPath::as_str);
            rows::partition_names(tx, id, predicate.as_ref(), after, query.limit)
        })
    }

    fn alter_partitions(&self, table: &TableName, partitions: &[Partition]) -> Result<()> {
        self.connections.write(|tx| {
            let (id, table) = rows::table(tx, table)?;
            let mut store = Partitions::new(tx, &table.name, id);
            for partition in partitions {
                let path = table.partition_path(&partition.spec)?;
                if !store.update(&path, &table.placed(partition)?)? {
                    return Err(Error::not_found("partition not found")
                        .with("table", &table.name)
                        .with("partition", &path));
                }
            }
            let specs = partitions.iter().map(|p| &p.spec);
            events::of_partitions(tx, "ALTER_PARTITION", &table.name, specs)
        })
    }

    fn drop_partitions(
        &self,
        table: &TableName,
        names: &[PartitionPath],
    ) -> Result<Vec<Partition>> {
        self.connections.write(|tx| {
            let id = rows::table_id(tx, table)?;
            let mut store = Partitions::new(tx, table, id);
            let mut dropped = Vec::new();
            for name in names {
                if let Some(partition) = store.get(name)? {
                    rows::delete_partition(tx, id, name)?;
                    dropped.push(partition);
                }
            }
            events::of_partitions(tx, "DROP_PARTITION", table, dropped.iter().map(|p| &p.spec))?;
            Ok(dropped)
        })
    }

    fn announce(
        &self,
        table: &TableName,
        announcements: &[Announcement],
    ) -> Result<Vec<Announced>> {
        self.connections.write(|tx| {
            let (id, table) = rows::table(tx, table)?;
            let mut store = Partitions::new(tx, &table.name, id);
            let mut answers = Vec::with_capacity(announcements.len());
            let (mut new, mut renewed) = (Vec::new(), Vec::new());
            for (path, announcement) in
                announce::paths(&table, announcements)?.iter().zip(announcements)
            {
                let (step, answer) =
                    announce::decide(&table, store.get(path)?.as_ref(), announcement)?;
                match step {
                    Step::Keep => {}
                    Step::Add(partition) => {
                        store.insert(path, &partition)?;
                        new.push(&announcement.spec);
                    }
                    Step::Alter(partition) => {
                        store.update(path, &partition)?;
                        renewed.push(&announcement.spec);
                    }
                }
                answers.push(answer);
            }
            events::of_partitions(tx, "ADD_PARTITION", &table.name, new)?;
            events::of_partitions(tx, "ALTER_PARTITION", &table.name, renewed)?;
            Ok(answers)
        })
    }

    fn last_event(&self) -> Result<Option<i64>> {
        self.newest_event().map(Some)
    }

    fn changes(&self, table: &Table, after: i64) -> Result<Option<TableChanges>> {
        self.events_since(table, after)
    }
}

impl EmbeddedStore {
    /// Checks a database's name and fills in its location.
    ///
    /// Source: Hive `Warehouse.getDefaultDatabasePath`.
    fn placed_database(&self, database: &Database) -> Result<Database> {
        let name = identifier("database", &database.name)?;
        let place = match &database.location_uri {
            Some(place) => location::normalize(place),
            None if name == DEFAULT_DATABASE => self.warehouse.clone(),
            None => location::join(&self.warehouse, &format!("{name}.db")),
        };
        Ok(Database { name, location_uri: Some(place), ..database.clone() })
    }
}

/// Fills in a table's location, unless it is a view.
fn placed_table(table: &Table, database: &Database) -> Result<Table> {
    let mut table = table.clone();
    table.sd.location = match (&table.sd.location, &database.location_uri) {
        (Some(place), _) => Some(location::normalize(place)),
        (None, _) if table.table_type == TableType::VirtualView => None,
        (None, Some(folder)) => Some(location::join(folder, table.name.table())),
        (None, None) => {
            return Err(
                Error::internal("database has no location").with("database", &database.name)
            );
        }
    };
    Ok(table)
}

/// Checks that every column has a lower-case name of its own and a type.
pub(crate) fn check_columns(table: &Table) -> Result<()> {
    let mut seen = HashSet::new();
    for column in table.sd.cols.iter().chain(&table.partition_keys) {
        let wrong = |why: &str| {
            Err(Error::schema(why).with("table", &table.name).with("column", &column.name))
        };
        if column.name.is_empty() || column.type_text.is_empty() {
            return wrong("column has no name or no type");
        }
        if column.name != column.name.to_lowercase() {
            return wrong("column name must be lower case");
        }
        if !seen.insert(column.name.as_str()) {
            return wrong("column is there twice");
        }
    }
    Ok(())
}
