//! Partitions: add, get, list, filter, alter, drop.

use super::{Outcome, equal, hour, hourly_table, new_database, refused, sample_table, with};
use crate::model::{FieldSchema, Partition, Table, keys};
use crate::names::{PartitionPath, PartitionSpec, TableName};
use crate::{Catalog, Filter, Kind, PartitionQuery, Result, location};

pub(super) fn add(catalog: &dyn Catalog) -> Outcome {
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

pub(super) fn values_are_escaped(catalog: &dyn Catalog) -> Outcome {
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

pub(super) fn alter_and_drop(catalog: &dyn Catalog) -> Outcome {
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

pub(super) fn names_are_paged(catalog: &dyn Catalog) -> Outcome {
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

pub(super) fn filters(catalog: &dyn Catalog) -> Outcome {
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
