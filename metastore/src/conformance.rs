//! The one suite for every [`Catalog`]: what callers may rely on, as plain functions.
//!
//! Each case works in a database of its own, named after it, so that it can run on a metastore that holds other things. Times and
//! properties that a metastore sets on its own are not compared.

mod announce;
mod events;
mod partitions;

use std::error::Error as StdError;
use std::fmt::Debug;

pub use announce::concurrent;

use crate::model::{
    Database, FieldSchema, Partition, SerDeInfo, StorageDescriptor, Table, TableType, keys,
};
use crate::names::{PartitionSpec, TableName};
use crate::{Catalog, Kind, PartitionQuery, Result, location};

/// What a case says: nothing, or what is wrong.
pub type Outcome = std::result::Result<(), Box<dyn StdError>>;

/// One case: a name and a function.
pub type Case = (&'static str, fn(&dyn Catalog) -> Outcome);

/// All cases that need one catalog.
pub const CASES: [Case; 13] = [
    ("databases", databases),
    ("tables", tables),
    ("table_alter_and_rename", table_alter_and_rename),
    ("table_drop_says_what_to_delete", table_drop_says_what_to_delete),
    ("partitions_add", partitions::add),
    ("partition_values_are_escaped", partitions::values_are_escaped),
    ("partitions_alter_and_drop", partitions::alter_and_drop),
    ("partition_names_are_paged", partitions::names_are_paged),
    ("partition_filters", partitions::filters),
    ("announce_once_per_commit", announce::once_per_commit),
    ("announce_renews_foreign_partitions", announce::renews_foreign_partitions),
    ("announce_refuses_wrong_batches", announce::refuses_wrong_batches),
    ("events_tell_what_changed", events::tell_what_changed),
];

#[expect(clippy::needless_pass_by_value, reason = "cases compare fresh values")]
fn equal<T: PartialEq + Debug>(what: &str, found: T, wanted: T) -> Outcome {
    if found == wanted {
        Ok(())
    } else {
        Err(format!("{what}: found {found:?}, wanted {wanted:?}").into())
    }
}

fn refused<T: Debug>(what: &str, result: Result<T>, kind: Kind) -> Outcome {
    match result {
        Err(error) if error.kind() == kind => Ok(()),
        other => Err(format!("{what}: found {other:?}, wanted an error of kind {kind}").into()),
    }
}

fn new_database(catalog: &dyn Catalog, name: &str) -> Result<Database> {
    catalog.create_database(&Database { name: name.to_owned(), ..Database::default() })
}

/// Makes a table of Parquet files with the columns `id bigint`, `note string`.
fn sample_table(database: &str, name: &str, partition_keys: &[(&str, &str)]) -> Result<Table> {
    const FORMAT: &str = "org.apache.hadoop.hive.ql.io.parquet";
    let mut table = Table::new(TableName::new(database, name)?);
    table.owner = Some("ann".to_owned());
    table.sd = StorageDescriptor {
        cols: vec![FieldSchema::new("id", "bigint"), FieldSchema::new("note", "string")],
        input_format: Some(format!("{FORMAT}.MapredParquetInputFormat")),
        output_format: Some(format!("{FORMAT}.MapredParquetOutputFormat")),
        serde_info: SerDeInfo {
            serialization_lib: Some(format!("{FORMAT}.serde.ParquetHiveSerDe")),
            parameters: [("serialization.format".to_owned(), "1".to_owned())].into(),
            ..SerDeInfo::default()
        },
        ..StorageDescriptor::default()
    };
    table.partition_keys = partition_keys.iter().map(|(n, t)| FieldSchema::new(*n, *t)).collect();
    Ok(table)
}

/// Makes database and table, partitioned by `dt string, hr int`.
fn hourly_table(catalog: &dyn Catalog, database: &str) -> Result<Table> {
    new_database(catalog, database)?;
    catalog.create_table(&sample_table(database, "t", &[("dt", "string"), ("hr", "int")])?)
}

fn hour(dt: &str, hr: &str) -> PartitionSpec {
    PartitionSpec::new([("dt", Some(dt)), ("hr", Some(hr))])
}

fn with(mut partition: Partition, key: &str, value: &str) -> Partition {
    partition.parameters.insert(key.to_owned(), value.to_owned());
    partition
}

fn databases(catalog: &dyn Catalog) -> Outcome {
    let default = catalog.get_database("DEFAULT")?;
    equal("default database", default.location_uri.is_some(), true)?;
    let made = new_database(catalog, "Databases")?;
    equal("name", made.name.as_str(), "databases")?;
    let place = made.location_uri.clone().unwrap_or_default();
    equal("location", place.ends_with("/databases.db"), true)?;
    let found = catalog.get_database("databases")?;
    equal(
        "stored location",
        found.location_uri.map(|l| location::normalize(&l)),
        Some(location::normalize(&place)),
    )?;
    let names = catalog.list_databases()?;
    equal("listed", names.iter().filter(|n| *n == "databases" || *n == "default").count(), 2)?;
    equal("sorted", names.is_sorted(), true)?;
    refused("twice", new_database(catalog, "databases"), Kind::AlreadyExists)?;
    refused("bad name", new_database(catalog, "data/base"), Kind::Config)?;

    let mut changed = made;
    changed.parameters.insert("team".to_owned(), "sales".to_owned());
    catalog.alter_database(&changed)?;
    equal(
        "altered",
        catalog.get_database("databases")?.parameters.get("team").map(String::as_str),
        Some("sales"),
    )?;
    refused(
        "alter a missing one",
        catalog.alter_database(&Database { name: "nowhere".into(), ..changed }),
        Kind::NotFound,
    )?;

    catalog.create_table(&sample_table("databases", "t", &[])?)?;
    refused("drop with tables", catalog.drop_database("databases"), Kind::Conflict)?;
    catalog.drop_table(&TableName::new("databases", "t")?)?;
    catalog.drop_database("databases")?;
    refused("get a dropped one", catalog.get_database("databases"), Kind::NotFound)?;
    refused("drop a dropped one", catalog.drop_database("databases"), Kind::NotFound)?;
    refused("drop default", catalog.drop_database("default"), Kind::Config)
}

fn tables(catalog: &dyn Catalog) -> Outcome {
    let database = new_database(catalog, "tables")?;
    let wanted = sample_table("tables", "orders", &[("dt", "date")])?;
    let made = catalog.create_table(&wanted)?;
    let place = location::join(&database.location_uri.unwrap_or_default(), "orders");
    equal(
        "default location",
        made.sd.location.as_deref().map(location::normalize),
        Some(location::normalize(&place)),
    )?;
    let found = catalog.get_table(&made.name)?;
    equal("columns", &found.sd.cols, &wanted.sd.cols)?;
    equal("partition columns", &found.partition_keys, &wanted.partition_keys)?;
    equal(
        "row format",
        &found.sd.serde_info.serialization_lib,
        &wanted.sd.serde_info.serialization_lib,
    )?;
    // Hive 4 makes a managed table that is not transactional an external one, and says so.
    let translated = found.parameters.contains_key("TRANSLATED_TO_EXTERNAL");
    let wanted_type = if translated { TableType::ExternalTable } else { TableType::ManagedTable };
    equal("type", found.table_type, wanted_type)?;
    equal("owner", &found.owner, &wanted.owner)?;

    refused("twice", catalog.create_table(&wanted), Kind::AlreadyExists)?;
    refused(
        "no database",
        catalog.create_table(&sample_table("nowhere", "t", &[])?),
        Kind::NotFound,
    )?;
    let twice = sample_table("tables", "twice", &[("id", "bigint")])?;
    refused("a column twice", catalog.create_table(&twice), Kind::Schema)?;

    let mut view = sample_table("tables", "orders_view", &[])?;
    view.table_type = TableType::VirtualView;
    view.view_original_text = Some("select 1".to_owned());
    view.view_expanded_text = Some("select 1".to_owned());
    catalog.create_table(&view)?;
    equal("view", catalog.get_table(&view.name)?.view_original_text, view.view_original_text)?;
    catalog.create_table(&sample_table("tables", "customers", &[])?)?;
    for (pattern, names) in [
        (None, &["customers", "orders", "orders_view"][..]),
        (Some("*"), &["customers", "orders", "orders_view"]),
        (Some("ORD*"), &["orders", "orders_view"]),
        (Some("*view|cust*"), &["customers", "orders_view"]),
        (Some("orders"), &["orders"]),
        (Some("x*"), &[]),
    ] {
        let found = catalog.list_tables("Tables", pattern)?;
        equal("names", found, names.iter().map(ToString::to_string).collect())?;
    }
    refused("list a missing database", catalog.list_tables("nowhere", None), Kind::NotFound)?;
    refused("missing", catalog.get_table(&TableName::new("tables", "nothing")?), Kind::NotFound)
}

fn table_alter_and_rename(catalog: &dyn Catalog) -> Outcome {
    let mut table = hourly_table(catalog, "table_alter")?;
    let old = table.name.clone();
    catalog.add_partitions(&old, &[Partition::of_table(&table, hour("a", "1"))])?;
    table.sd.cols.push(FieldSchema::new("more", "int"));
    table.parameters.insert("k".to_owned(), "v".to_owned());
    catalog.alter_table(&old, &table)?;
    let found = catalog.get_table(&old)?;
    equal("columns", &found.sd.cols, &table.sd.cols)?;
    equal("property", found.parameters.get("k").map(String::as_str), Some("v"))?;
    let partition = catalog.get_partition(&old, &hour("a", "1").to_path()?)?;
    equal("columns of the partition", partition.sd.cols.len(), 2)?;

    let mut other = table.clone();
    other.partition_keys.pop();
    refused("fewer partition columns", catalog.alter_table(&old, &other), Kind::Schema)?;

    let taken = catalog.create_table(&sample_table("table_alter", "taken", &[])?)?.name;
    table.name = taken;
    refused("rename to a taken name", catalog.alter_table(&old, &table), Kind::AlreadyExists)?;
    table.name = TableName::new("table_alter", "renamed")?;
    catalog.alter_table(&old, &table)?;
    refused("the old name", catalog.get_table(&old), Kind::NotFound)?;
    let moved = catalog.get_partition(&table.name, &hour("a", "1").to_path()?)?;
    equal("partition's table", &moved.table, &table.name)?;
    refused("alter a missing one", catalog.alter_table(&old, &table), Kind::NotFound)
}

fn table_drop_says_what_to_delete(catalog: &dyn Catalog) -> Outcome {
    let managed = hourly_table(catalog, "table_drop")?;
    let folder = managed.sd.location.clone().unwrap_or_default();
    let mut elsewhere = Partition::of_table(&managed, hour("a", "2"));
    elsewhere.sd.location = Some(format!("{folder}_elsewhere/x"));
    catalog.add_partitions(
        &managed.name,
        &[Partition::of_table(&managed, hour("a", "1")), elsewhere],
    )?;
    let dropped = catalog.drop_table(&managed.name)?;
    equal("table", &dropped.table.name, &managed.name)?;
    equal("data", dropped.data, vec![folder.clone(), format!("{folder}_elsewhere/x")])?;
    refused("drop again", catalog.drop_table(&managed.name), Kind::NotFound)?;

    let mut external = sample_table("table_drop", "external", &[])?;
    external.table_type = TableType::ExternalTable;
    external.parameters.insert(keys::EXTERNAL.to_owned(), "TRUE".to_owned());
    catalog.create_table(&external)?;
    equal("data of an external table", catalog.drop_table(&external.name)?.data, Vec::new())?;

    let again = catalog.create_table(&managed)?;
    let names = catalog.list_partition_names(&again.name, &PartitionQuery::default())?;
    equal("partitions of a new table with the old name", names, Vec::new())
}
