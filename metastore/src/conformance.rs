//! The one suite for every [`Catalog`]: what callers may rely on, as plain functions.
//!
//! Each case works in a database of its own, named after it, so that it can run on a metastore that holds other things. Times and
//! properties that a metastore sets on its own are not compared.

use std::error::Error as StdError;
use std::fmt::Debug;
use std::thread;

use crate::model::{
    Database, FieldSchema, Partition, SerDeInfo, StorageDescriptor, Table, TableType, keys,
};
use crate::names::{PartitionPath, PartitionSpec, TableName};
use crate::{Announced, Announcement, Catalog, Filter, Kind, PartitionQuery, Result, location};

/// What a case says: nothing, or what is wrong.
pub type Outcome = std::result::Result<(), Box<dyn StdError>>;

/// One case: a name and a function.
pub type Case = (&'static str, fn(&dyn Catalog) -> Outcome);

/// All cases that need one catalog.
pub const CASES: [Case; 12] = [
    ("databases", databases),
    ("tables", tables),
    ("table_alter_and_rename", table_alter_and_rename),
    ("table_drop_says_what_to_delete", table_drop_says_what_to_delete),
    ("partitions_add", partitions_add),
    ("partition_values_are_escaped", partition_values_are_escaped),
    ("partitions_alter_and_drop", partitions_alter_and_drop),
    ("partition_names_are_paged", partition_names_are_paged),
    ("partition_filters", partition_filters),
    ("announce_once_per_commit", announce_once_per_commit),
    ("announce_renews_foreign_partitions", announce_renews_foreign_partitions),
    ("announce_refuses_wrong_batches", announce_refuses_wrong_batches),
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
    equal("type", found.table_type, TableType::ManagedTable)?;
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

fn partitions_add(catalog: &dyn Catalog) -> Outcome {
    let table = hourly_table(catalog, "partitions_add")?;
    let name = &table.name;
    let seven = with(Partition::of_table(&table, hour("2026-01-01", "07")), keys::NUM_ROWS, "5");
    let eight = Partition::of_table(&table, hour("2026-01-01", "08"));
    let nine = Partition::of_table(&table, hour("2026-01-01", "09"));
    equal(
        "new ones",
        catalog.add_partitions(name, &[seven.clone(), eight.clone()])?,
        vec![true, true],
    )?;
    let mixed = [seven.clone(), nine, eight.clone()];
    equal("one is new", catalog.add_partitions(name, &mixed)?, vec![false, true, false])?;
    equal("none", catalog.add_partitions(name, &[])?, Vec::new())?;
    let other = with(seven.clone(), keys::NUM_ROWS, "6");
    let ten = Partition::of_table(&table, hour("2026-01-01", "10"));
    refused(
        "other content",
        catalog.add_partitions(name, &[ten.clone(), other]),
        Kind::AlreadyExists,
    )?;
    let mut moved = eight;
    moved.sd.location = Some(format!("{}/x", table.sd.location.as_deref().unwrap_or_default()));
    refused("other location", catalog.add_partitions(name, &[moved]), Kind::AlreadyExists)?;

    let paths = [&ten, &seven].map(|p| p.spec.to_path());
    let [ten, seven] = paths;
    let (ten, seven) = (ten?, seven?);
    let found = catalog.get_partitions(name, &[ten.clone(), seven.clone()])?;
    equal("all or none were added", found.len(), 1)?;
    let found = catalog.get_partition(name, &seven)?;
    equal("values", &found.spec, &hour("2026-01-01", "07"))?;
    equal("rows", found.parameters.get(keys::NUM_ROWS).map(String::as_str), Some("5"))?;
    equal(
        "location",
        found.sd.location.map(|l| location::normalize(&l)),
        Some(table.partition_location(&found.spec)?),
    )?;
    refused("missing partition", catalog.get_partition(name, &ten), Kind::NotFound)?;

    let missing = TableName::new("partitions_add", "nothing")?;
    refused("missing table", catalog.get_partitions(&missing, &[]), Kind::NotFound)?;
    refused("missing table", catalog.add_partitions(&missing, &[]), Kind::NotFound)?;
    for wrong in [
        PartitionSpec::new([("dt", Some("a"))]),
        PartitionSpec::new([("hr", Some("1")), ("dt", Some("a"))]),
    ] {
        let partition = Partition::of_table(&table, wrong);
        refused("other columns", catalog.add_partitions(name, &[partition]), Kind::Schema)?;
    }
    let plain = catalog.create_table(&sample_table("partitions_add", "plain", &[])?)?;
    let partition = Partition::of_table(&plain, PartitionSpec::default());
    refused("unpartitioned table", catalog.add_partitions(&plain.name, &[partition]), Kind::Schema)
}

fn partition_values_are_escaped(catalog: &dyn Catalog) -> Outcome {
    new_database(catalog, "partition_values")?;
    let table =
        catalog.create_table(&sample_table("partition_values", "t", &[("v", "string")])?)?;
    let values =
        ["US/East", "a=b", "100%", "%41", "..", "x y", "日本", "'\"", "{}[]^", "a\\b", "tab\there"];
    let spec = |value| PartitionSpec::new([("v", value)]);
    let specs: Vec<_> = values.into_iter().map(Some).chain([None]).map(spec).collect();
    let partitions: Vec<_> = specs.iter().map(|s| Partition::of_table(&table, s.clone())).collect();
    equal("added", catalog.add_partitions(&table.name, &partitions)?, vec![true; specs.len()])?;
    let paths = specs.iter().map(PartitionSpec::to_path).collect::<Result<Vec<_>>>()?;
    let found = catalog.get_partitions(&table.name, &paths)?;
    equal("values", found.iter().map(|p| &p.spec).collect::<Vec<_>>(), specs.iter().collect())?;
    let folder = table.sd.location.unwrap_or_default();
    let location = found.first().and_then(|p| p.sd.location.as_deref()).map(location::normalize);
    equal("location", location, Some(location::normalize(&format!("{folder}/v=US%2FEast"))))?;
    let mut listed = catalog.list_partition_names(&table.name, &PartitionQuery::default())?;
    let mut wanted = paths;
    listed.sort();
    wanted.sort();
    equal("names", listed, wanted)
}

fn partitions_alter_and_drop(catalog: &dyn Catalog) -> Outcome {
    let table = hourly_table(catalog, "partitions_alter")?;
    let name = &table.name;
    let made: Vec<_> = ["1", "2", "3"].map(|h| Partition::of_table(&table, hour("a", h))).into();
    catalog.add_partitions(name, &made)?;
    let paths = made.iter().map(|p| p.spec.to_path()).collect::<Result<Vec<_>>>()?;

    let mut changed = catalog.get_partitions(name, &paths)?;
    for partition in &mut changed {
        partition.parameters.insert("k".to_owned(), "v".to_owned());
        partition.sd.cols.push(FieldSchema::new("more", "int"));
    }
    catalog.alter_partitions(name, &changed)?;
    for partition in catalog.get_partitions(name, &paths)? {
        equal("property", partition.parameters.get("k").map(String::as_str), Some("v"))?;
        equal("columns", partition.sd.cols.len(), 3)?;
    }
    let lost = Partition::of_table(&table, hour("a", "9"));
    let first = changed.into_iter().next().ok_or("no partition")?;
    refused(
        "missing",
        catalog.alter_partitions(name, &[with(first, "k", "w"), lost]),
        Kind::NotFound,
    )?;
    for partition in catalog.get_partitions(name, &paths)? {
        equal(
            "all or none were altered",
            partition.parameters.get("k").map(String::as_str),
            Some("v"),
        )?;
    }

    let missing = hour("a", "9").to_path()?;
    let [one, two, _] = paths.as_slice() else { return Err("three paths".into()) };
    let dropped = catalog.drop_partitions(name, &[one.clone(), missing, two.clone()])?;
    equal(
        "dropped",
        dropped.iter().map(|p| p.spec.clone()).collect(),
        vec![hour("a", "1"), hour("a", "2")],
    )?;
    equal("again", catalog.drop_partitions(name, std::slice::from_ref(one))?, Vec::new())?;
    let left = catalog.list_partition_names(name, &PartitionQuery::default())?;
    equal("left", left.iter().map(PartitionPath::as_str).collect(), vec!["dt=a/hr=3"])
}

/// Adds hours 0 to 23 of three days.
fn three_days(catalog: &dyn Catalog, table: &Table) -> Result<()> {
    let specs = (1..=3).flat_map(|day| {
        (0..24).map(move |hr| hour(&format!("2026-01-0{day}"), &format!("{hr:02}")))
    });
    let partitions: Vec<_> = specs.map(|spec| Partition::of_table(table, spec)).collect();
    catalog.add_partitions(&table.name, &partitions).map(drop)
}

fn partition_names_are_paged(catalog: &dyn Catalog) -> Outcome {
    let table = hourly_table(catalog, "partition_pages")?;
    three_days(catalog, &table)?;
    let mut after = None;
    let mut sizes = Vec::new();
    let mut all = Vec::new();
    loop {
        let query = PartitionQuery { filter: None, after: after.as_ref(), limit: 30 };
        let page = catalog.list_partition_names(&table.name, &query)?;
        sizes.push(page.len());
        let Some(last) = page.last() else { break };
        after = Some(last.clone());
        all.extend(page);
    }
    equal("pages", sizes, vec![30, 30, 12, 0])?;
    equal("sorted", all.is_sorted(), true)?;
    equal("first", all.first().map(PartitionPath::as_str), Some("dt=2026-01-01/hr=00"))?;
    equal("last", all.last().map(PartitionPath::as_str), Some("dt=2026-01-03/hr=23"))?;
    let walked = catalog.partition_names(&table.name, None).collect::<Result<Vec<_>>>()?;
    equal("walked", walked, all)?;
    let nothing = PartitionQuery { limit: 0, ..PartitionQuery::default() };
    equal("limit 0", catalog.list_partition_names(&table.name, &nothing)?, Vec::new())?;
    let missing = TableName::new("partition_pages", "nothing")?;
    refused("missing table", catalog.list_partition_names(&missing, &nothing), Kind::NotFound)
}

fn partition_filters(catalog: &dyn Catalog) -> Outcome {
    let table = hourly_table(catalog, "partition_filters")?;
    three_days(catalog, &table)?;
    for (text, count) in [
        ("dt = '2026-01-02'", 24),
        ("dt = '2026-01-02' and hr = 7", 1),
        ("dt >= '2026-01-02' and hr < 3", 6),
        ("dt > '2026-01-01' and dt < '2026-01-03' or hr = 23", 26),
        ("dt between '2026-01-02' and '2026-01-03'", 48),
        ("hr in (1, 2)", 6),
        ("dt = '2026-01'", 0),
    ] {
        let filter = Filter::parse(text)?;
        let query = PartitionQuery { filter: Some(&filter), ..PartitionQuery::default() };
        equal(text, catalog.list_partition_names(&table.name, &query)?.len(), count)?;
        let few = PartitionQuery { filter: Some(&filter), limit: 5, ..PartitionQuery::default() };
        equal(text, catalog.list_partition_names(&table.name, &few)?.len(), count.min(5))?;
    }
    let filter = Filter::parse("id = 5")?;
    let query = PartitionQuery { filter: Some(&filter), ..PartitionQuery::default() };
    refused("no partition column", catalog.list_partition_names(&table.name, &query), Kind::Config)
}

fn announcement(dt: &str, hr: &str, commit: &str, rows: u64) -> Announcement {
    Announcement {
        spec: hour(dt, hr),
        location: None,
        parameters: [(keys::NUM_ROWS.to_owned(), rows.to_string())].into(),
        commit_id: commit.to_owned(),
        create_time: 1_767_225_600,
    }
}

fn announce_once_per_commit(catalog: &dyn Catalog) -> Outcome {
    let table = hourly_table(catalog, "announce_once")?;
    let name = &table.name;
    let answer = |created, revision| Announced { created, revision, moved_from: None };
    let first = [announcement("a", "1", "job/5", 10), announcement("a", "2", "job/5", 20)];
    equal("new", catalog.announce(name, &first)?, vec![answer(true, 1), answer(true, 1)])?;
    equal(
        "the same commit",
        catalog.announce(name, &first)?,
        vec![answer(false, 1), answer(false, 1)],
    )?;
    let second = [announcement("a", "2", "job/6", 25), announcement("a", "3", "job/6", 30)];
    equal("late rows", catalog.announce(name, &second)?, vec![answer(false, 2), answer(true, 1)])?;
    equal("nothing", catalog.announce(name, &[])?, Vec::new())?;

    for (hr, rows, revision, commit) in
        [("1", "10", 1, "job/5"), ("2", "25", 2, "job/6"), ("3", "30", 1, "job/6")]
    {
        let found = catalog.get_partition(name, &hour("a", hr).to_path()?)?;
        let parameter = |key| found.parameters.get(key).map(String::as_str);
        equal("rows", parameter(keys::NUM_ROWS), Some(rows))?;
        equal("commit", parameter(keys::COMMIT_ID), Some(commit))?;
        equal("revision", found.revision(), revision)?;
        equal("columns", &found.sd.cols, &table.sd.cols)?;
        let place = found.sd.location.as_deref().map(location::normalize);
        equal("location", place, Some(table.partition_location(&found.spec)?))?;
    }
    Ok(())
}

fn announce_renews_foreign_partitions(catalog: &dyn Catalog) -> Outcome {
    let mut table = hourly_table(catalog, "announce_foreign")?;
    let name = table.name.clone();
    let place = format!("{}/elsewhere", table.sd.location.as_deref().unwrap_or_default());
    let mut foreign = with(Partition::of_table(&table, hour("a", "1")), "owner", "batch");
    foreign = with(foreign, keys::COLUMN_STATS_ACCURATE, "{\"BASIC_STATS\":\"true\"}");
    foreign.sd.location = Some(place.clone());
    catalog.add_partitions(&name, &[foreign])?;
    table.sd.cols.push(FieldSchema::new("more", "int"));
    catalog.alter_table(&name, &table)?;

    let answers = catalog.announce(&name, &[announcement("a", "1", "job/1", 7)])?;
    let moved_from = answers.first().and_then(|a| a.moved_from.as_deref()).map(location::normalize);
    equal("moved from", moved_from, Some(location::normalize(&place)))?;
    equal("answer", answers.iter().map(|a| (a.created, a.revision)).collect(), vec![(false, 1)])?;
    let found = catalog.get_partition(&name, &hour("a", "1").to_path()?)?;
    equal("own property", found.parameters.get("owner").map(String::as_str), Some("batch"))?;
    equal("columns of today", found.sd.cols.len(), 3)?;
    equal("no longer accurate", found.parameters.get(keys::COLUMN_STATS_ACCURATE), None)
}

fn announce_refuses_wrong_batches(catalog: &dyn Catalog) -> Outcome {
    let table = hourly_table(catalog, "announce_wrong")?;
    let one = announcement("a", "1", "job/1", 1);
    let columns = Announcement { spec: PartitionSpec::new([("dt", Some("a"))]), ..one.clone() };
    let unnamed = Announcement { commit_id: String::new(), ..announcement("a", "2", "", 1) };
    for (what, batch, kind) in [
        ("other columns", vec![one.clone(), columns], Kind::Schema),
        ("twice", vec![one.clone(), one.clone()], Kind::Config),
        ("no commit id", vec![one.clone(), unnamed], Kind::Config),
        ("too many", vec![one.clone(); 1001], Kind::Config),
    ] {
        refused(what, catalog.announce(&table.name, &batch), kind)?;
    }
    equal(
        "nothing is there",
        catalog.list_partition_names(&table.name, &PartitionQuery::default())?,
        Vec::new(),
    )?;
    refused(
        "missing table",
        catalog.announce(&TableName::new("announce_wrong", "x")?, &[one]),
        Kind::NotFound,
    )
}

/// Lets `threads` threads add and announce the same partitions through all of `catalogs`, which show one metastore.
///
/// # Errors
/// Says what was done twice, lost or refused.
pub fn concurrent(catalogs: &[&dyn Catalog], threads: usize) -> Outcome {
    const PARTITIONS: usize = 40;
    let first = catalogs.first().ok_or("no catalog")?;
    let table = hourly_table(*first, "concurrent")?;
    let spec = |day: &str, i: usize| hour(day, &i.to_string());
    let work = |catalog: &dyn Catalog, thread: usize| -> Result<(usize, usize)> {
        let (mut added, mut created) = (0, 0);
        for i in 0..PARTITIONS {
            // Threads go through the partitions in different order.
            let i = (i * 7 + thread * 5) % PARTITIONS;
            let partition = Partition::of_table(&table, spec("added", i));
            let new = catalog.add_partitions(&table.name, &[partition])?;
            added += new.into_iter().filter(|new| *new).count();
            let batch = [announcement("announced", &i.to_string(), "job/1", 1)];
            created += catalog.announce(&table.name, &batch)?.iter().filter(|a| a.created).count();
        }
        Ok((added, created))
    };
    let done: Vec<_> = thread::scope(|scope| {
        let started: Vec<_> = (0..threads)
            .map(|thread| {
                let catalog = catalogs[thread % catalogs.len()];
                scope.spawn(move || work(catalog, thread))
            })
            .collect();
        started.into_iter().map(thread::ScopedJoinHandle::join).collect()
    });
    let (mut added, mut created) = (0, 0);
    for result in done {
        let (a, c) = result.map_err(|_| "a thread panicked")??;
        added += a;
        created += c;
    }
    equal("added", added, PARTITIONS)?;
    equal("created", created, PARTITIONS)?;
    equal(
        "listed",
        first.list_partition_names(&table.name, &PartitionQuery::default())?.len(),
        2 * PARTITIONS,
    )?;
    for i in 0..PARTITIONS {
        equal(
            "revision",
            first.get_partition(&table.name, &spec("announced", i).to_path()?)?.revision(),
            1,
        )?;
    }
    Ok(())
}
