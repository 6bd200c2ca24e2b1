//! Databases and tables of the [`Catalog`] port; partitions are next door.

use super::{HiveCatalog, refused};
use crate::convert::{database_from, database_to, table_from, table_to};
use crate::error::{Error, Kind, Result};
use crate::generated::structs as wire;
use crate::model::{Database, Partition, Table};
use crate::names::{DEFAULT_DATABASE, PartitionPath, TableName, identifier};
use crate::wire::FaultKind;
use crate::{
    Catalog, DroppedTable, PartitionQuery, TableChanges, ValidWriteIds, embedded, location, pattern,
};

/// What is told to Hive 4, which gives transactional tables to nobody else.
///
/// Source: Hive `MetastoreDefaultTransformer`.
const READS: [&str; 2] = ["HIVEFULLACIDREAD", "HIVEMANAGEDINSERTREAD"];

impl HiveCatalog {
    fn find_table(&self, name: &TableName) -> Result<Option<Table>> {
        match self.get_table(name) {
            Ok(table) => Ok(Some(table)),
            Err(error) if error.kind() == Kind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Lists the folders of partitions that are not below the table's.
    fn folders_outside(&self, table: &Table, folder: &str) -> Result<Vec<String>> {
        let root = format!("{}/", location::normalize(folder));
        let mut outside = Vec::new();
        let names = self.all_names(&table.name)?;
        for some in names.chunks(super::MAX_PARTITIONS) {
            for partition in self.read_partitions(&table.name, some)? {
                let place = partition.sd.location.as_deref().map(location::normalize);
                if let Some(place) = place.filter(|p| !format!("{p}/").starts_with(&root)) {
                    outside.push(place);
                }
            }
        }
        outside.sort();
        outside.dedup();
        Ok(outside)
    }
}

fn not_found(name: &TableName) -> Error {
    Error::not_found("table not found").with("table", name)
}

impl Catalog for HiveCatalog {
    fn create_database(&self, database: &Database) -> Result<Database> {
        let name = identifier("database", &database.name)?;
        let wanted = Database { name: name.clone(), ..database.clone() };
        let call = wire::CreateDatabaseCall { database: Some(database_to(wanted)) };
        let answer = self.call(&call)?;
        match answer.result {
            Ok(()) => {}
            // An attempt whose answer was lost made it.
            Err(fault) if fault.kind == FaultKind::AlreadyExists && answer.repeated => {}
            Err(fault) => {
                return Err(refused("cannot create the database", fault).with("database", name));
            }
        }
        self.get_database(&name)
    }

    fn get_database(&self, name: &str) -> Result<Database> {
        let name = name.to_lowercase();
        let call = wire::GetDatabaseCall { name: Some(name.clone()) };
        let found = self.call(&call)?.result;
        found
            .map(database_from)
            .map_err(|fault| refused("database not found", fault).with("database", name))
    }

    fn list_databases(&self) -> Result<Vec<String>> {
        let mut names = self.simple("cannot list the databases", &wire::GetAllDatabasesCall {})?;
        names.sort();
        Ok(names)
    }

    fn alter_database(&self, database: &Database) -> Result<()> {
        // Some metastores answer a missing one with an exception that says nothing.
        let stored = self.get_database(&database.name)?;
        let name = stored.name.clone();
        let location_uri = database.location_uri.clone().or(stored.location_uri);
        let wanted = Database { name: name.clone(), location_uri, ..database.clone() };
        let call = wire::AlterDatabaseCall { dbname: Some(name), db: Some(database_to(wanted)) };
        self.simple("cannot change the database", &call)
    }

    fn drop_database(&self, name: &str) -> Result<()> {
        let name = name.to_lowercase();
        if name == DEFAULT_DATABASE {
            return Err(Error::config("database default cannot be dropped"));
        }
        self.get_database(&name)?;
        let call = wire::DropDatabaseCall {
            name: Some(name.clone()),
            delete_data: Some(false),
            cascade: Some(false),
        };
        let answer = self.call(&call)?;
        match answer.result {
            Err(fault) if fault.kind == FaultKind::NoSuchObject && answer.repeated => Ok(()),
            other => {
                other.map_err(|f| refused("cannot drop the database", f).with("database", name))
            }
        }
    }

    fn create_table(&self, table: &Table) -> Result<Table> {
        embedded::check_columns(table)?;
        self.get_database(table.name.database())?;
        let mut wanted = table_to(table);
        // An unset field is one that every version knows.
        wanted.write_id = None;
        let call = wire::CreateTableWithEnvironmentContextCall {
            tbl: Some(wanted),
            environment_context: None,
        };
        let answer = self.call(&call)?;
        match answer.result {
            Ok(()) => {}
            Err(fault) if fault.kind == FaultKind::AlreadyExists && answer.repeated => {}
            Err(fault) => {
                return Err(refused("cannot create the table", fault).with("table", &table.name));
            }
        }
        self.get_table(&table.name)
    }

    fn get_table(&self, name: &TableName) -> Result<Table> {
        let request = wire::GetTableRequest {
            db_name: name.database().to_owned(),
            tbl_name: name.table().to_owned(),
            capabilities: Some(wire::ClientCapabilities {
                values: vec![wire::ClientCapability::INSERT_ONLY_TABLES],
            }),
            cat_name: None,
            valid_write_id_list: None,
            get_column_stats: None,
            processor_capabilities: Some(READS.map(str::to_owned).to_vec()),
            processor_identifier: Some("skep".to_owned()),
            engine: None,
            id: None,
        };
        let found = match self.call(&wire::GetTableReqCall { req: Some(request) })?.result {
            Ok(found) => Ok(found.table),
            Err(fault) if fault.kind == FaultKind::UnknownMethod => {
                let call = wire::GetTableCall {
                    dbname: Some(name.database().to_owned()),
                    tbl_name: Some(name.table().to_owned()),
                };
                self.call(&call)?.result
            }
            Err(fault) => Err(fault),
        };
        match found {
            Ok(table) => table_from(table).map_err(|e| e.with("table", name)),
            Err(fault) if fault.kind == FaultKind::NoSuchObject => Err(not_found(name)),
            Err(fault) => Err(refused("cannot read the table", fault).with("table", name)),
        }
    }

    fn list_tables(&self, database: &str, wanted: Option<&str>) -> Result<Vec<String>> {
        let database = database.to_lowercase();
        self.get_database(&database)?;
        let call = wire::GetAllTablesCall { db_name: Some(database) };
        let mut names = self.simple("cannot list the tables", &call)?;
        names.retain(|name| wanted.is_none_or(|wanted| pattern::matches(wanted, name)));
        names.sort();
        Ok(names)
    }

    fn alter_table(&self, name: &TableName, table: &Table) -> Result<()> {
        embedded::check_columns(table)?;
        let stored = self.get_table(name)?;
        let keys = |t: &Table| t.partition_keys.iter().map(|k| k.name.clone()).collect::<Vec<_>>();
        if keys(&stored) != keys(table) {
            return Err(
                Error::schema("names of partition columns cannot change").with("table", name)
            );
        }
        if table.name != *name && self.find_table(&table.name)?.is_some() {
            return Err(Error::already_exists("table exists already").with("table", &table.name));
        }
        let mut wanted = table.clone();
        wanted.sd.location = wanted.sd.location.or_else(|| stored.sd.location.clone());
        let mut new_tbl = table_to(&wanted);
        new_tbl.write_id = None;
        let call = wire::AlterTableWithEnvironmentContextCall {
            dbname: Some(name.database().to_owned()),
            tbl_name: Some(name.table().to_owned()),
            new_tbl: Some(new_tbl),
            environment_context: Some(super::partitions::keep_statistics()),
        };
        let answer = self.call(&call)?;
        match answer.result {
            Ok(()) => Ok(()),
            // The attempt whose answer was lost renamed it.
            Err(_) if answer.repeated && self.find_table(name)?.is_none() => {
                self.get_table(&table.name).map(drop)
            }
            Err(fault) => Err(refused("cannot change the table", fault).with("table", name)),
        }
    }

    fn drop_table(&self, name: &TableName) -> Result<DroppedTable> {
        let table = self.get_table(name)?;
        let mut data = Vec::new();
        if table.owns_data()
            && let Some(folder) = &table.sd.location
        {
            data.push(folder.clone());
            if table.is_partitioned() {
                data.extend(self.folders_outside(&table, folder)?);
            }
        }
        let call = wire::DropTableWithEnvironmentContextCall {
            dbname: Some(name.database().to_owned()),
            name: Some(name.table().to_owned()),
            delete_data: Some(false),
            environment_context: None,
        };
        let answer = self.call(&call)?;
        match answer.result {
            Err(fault) if fault.kind == FaultKind::NoSuchObject && answer.repeated => {}
            other => other.map_err(|f| refused("cannot drop the table", f).with("table", name))?,
        }
        Ok(DroppedTable { table, data })
    }

    fn add_partitions(&self, table: &TableName, partitions: &[Partition]) -> Result<Vec<bool>> {
        self.add(table, partitions)
    }

    fn get_partitions(&self, table: &TableName, names: &[PartitionPath]) -> Result<Vec<Partition>> {
        self.get(table, names)
    }

    fn list_partition_names(
        &self,
        table: &TableName,
        query: &PartitionQuery<'_>,
    ) -> Result<Vec<PartitionPath>> {
        self.list(table, query)
    }

    fn alter_partitions(&self, table: &TableName, partitions: &[Partition]) -> Result<()> {
        self.alter(table, partitions)
    }

    fn valid_write_ids(&self, table: &TableName) -> Result<ValidWriteIds> {
        self.write_ids(table)
    }

    fn drop_partitions(
        &self,
        table: &TableName,
        names: &[PartitionPath],
    ) -> Result<Vec<Partition>> {
        self.drop_some(table, names)
    }

    fn last_event(&self) -> Result<Option<i64>> {
        self.newest_event()
    }

    fn changes(&self, table: &Table, after: i64) -> Result<Option<TableChanges>> {
        self.events_since(table, after)
    }
}
