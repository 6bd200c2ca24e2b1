//! Reading single partitions, and partitions by name.

use super::arguments::{Context, Outcome, check_catalog, need};
use crate::convert::{CATALOG, partition_to, spec_from};
use crate::generated::structs as wire;
use crate::model::{Partition, Table};
use crate::names::{DEFAULT_PARTITION_NAME, PartitionPath};
use crate::wire::{Fault, FaultKind};
use crate::{Catalog, names};

/// Finds a partition by its values.
pub(super) fn by_values(cx: &Context<'_>, table: &Table, values: &[String]) -> Outcome<Partition> {
    let missing = || {
        let text = format!("{CATALOG}.{} partition ({}) not found", table.name, values.join(", "));
        Fault::new(FaultKind::NoSuchObject, text)
    };
    let path = path_of(table, values).map_err(|_| missing())?;
    cx.store.get_partitions(&table.name, &[path])?.pop().ok_or_else(missing)
}

/// Names the partition with these values.
pub(super) fn path_of(table: &Table, values: &[String]) -> Outcome<PartitionPath> {
    Ok(table.partition_path(&spec_from(&table.partition_keys, values)?)?)
}

/// Finds a partition by its name, whatever way its values are escaped.
pub(super) fn by_name(cx: &Context<'_>, table: &Table, name: &str) -> Outcome<Partition> {
    let missing = || {
        let text = format!("partition {name} of {CATALOG}.{} not found", table.name);
        Fault::new(FaultKind::NoSuchObject, text)
    };
    let path: PartitionPath = name.parse().map_err(|_| missing())?;
    cx.store.get_partitions(&table.name, &[path])?.pop().ok_or_else(missing)
}

/// Reads partitions by name in the order of their names, as metastores answer them; missing ones are left out.
pub(super) fn by_names(cx: &Context<'_>, table: &Table, all: &[String]) -> Outcome<Vec<Partition>> {
    let mut paths = Vec::with_capacity(all.len());
    for name in all {
        let path: PartitionPath =
            name.parse().map_err(|e: crate::Error| Fault::meta(e.to_string()))?;
        paths.push(path);
    }
    paths.sort();
    paths.dedup();
    Ok(cx.store.get_partitions(&table.name, &paths)?)
}

fn one(
    cx: &Context<'_>,
    database: Option<&str>,
    table: Option<&str>,
    values: Option<Vec<String>>,
) -> Outcome<wire::Partition> {
    let table = cx.table(database, table)?;
    by_values(cx, &table, &need(values, "part_vals")?).map(|partition| partition_to(&partition))
}

pub(super) fn get_partition(
    cx: &mut Context<'_>,
    call: wire::GetPartitionCall,
) -> Outcome<wire::Partition> {
    one(cx, call.db_name.as_deref(), call.tbl_name.as_deref(), call.part_vals)
}

pub(super) fn get_partition_with_auth(
    cx: &mut Context<'_>,
    call: wire::GetPartitionWithAuthCall,
) -> Outcome<wire::Partition> {
    one(cx, call.db_name.as_deref(), call.tbl_name.as_deref(), call.part_vals)
}

pub(super) fn get_partition_req(
    cx: &mut Context<'_>,
    call: wire::GetPartitionReqCall,
) -> Outcome<wire::GetPartitionResponse> {
    let request = need(call.req, "req")?;
    check_catalog(request.cat_name.as_deref())?;
    let (database, table) = (&request.db_name, &request.tbl_name);
    let partition = one(cx, Some(database), Some(table), Some(request.part_vals))?;
    Ok(wire::GetPartitionResponse { partition })
}

pub(super) fn get_partition_by_name(
    cx: &mut Context<'_>,
    call: wire::GetPartitionByNameCall,
) -> Outcome<wire::Partition> {
    let table = cx.table(call.db_name.as_deref(), call.tbl_name.as_deref())?;
    let partition = by_name(cx, &table, &need(call.part_name, "part_name")?)?;
    Ok(partition_to(&partition))
}

pub(super) fn get_partitions_by_names(
    cx: &mut Context<'_>,
    call: wire::GetPartitionsByNamesCall,
) -> Outcome<Vec<wire::Partition>> {
    let table = cx.table(call.db_name.as_deref(), call.tbl_name.as_deref())?;
    let found = by_names(cx, &table, &call.names.unwrap_or_default())?;
    Ok(found.iter().map(partition_to).collect())
}

pub(super) fn get_partitions_by_names_req(
    cx: &mut Context<'_>,
    call: wire::GetPartitionsByNamesReqCall,
) -> Outcome<wire::GetPartitionsByNamesResult> {
    let request = need(call.req, "req")?;
    let table = cx.table(Some(&request.db_name), Some(&request.tbl_name))?;
    let found = by_names(cx, &table, &request.names.unwrap_or_default())?;
    Ok(wire::GetPartitionsByNamesResult {
        partitions: found.iter().map(partition_to).collect(),
        dictionary: None,
    })
}

pub(super) fn partition_name_to_vals(
    _: &mut Context<'_>,
    call: wire::PartitionNameToValsCall,
) -> Outcome<Vec<String>> {
    let spec = spec_of(&call.part_name.unwrap_or_default())?;
    Ok(spec.to_values())
}

pub(super) fn partition_name_to_spec(
    _: &mut Context<'_>,
    call: wire::PartitionNameToSpecCall,
) -> Outcome<std::collections::BTreeMap<String, String>> {
    let spec = spec_of(&call.part_name.unwrap_or_default())?;
    Ok(spec.columns().map(str::to_owned).zip(spec.to_values()).collect())
}

fn spec_of(name: &str) -> Outcome<names::PartitionSpec> {
    PartitionPath::parse_spec(name, DEFAULT_PARTITION_NAME).map_err(|e| Fault::meta(e.to_string()))
}

/// Every value can be a partition's: what a folder's name cannot hold is escaped.
pub(super) fn partition_name_has_valid_characters(
    _: &mut Context<'_>,
    call: wire::PartitionNameHasValidCharactersCall,
) -> Outcome<bool> {
    let bad = call.part_vals.unwrap_or_default().iter().any(|value| value.contains('\0'));
    if bad && call.throw_exception.unwrap_or(false) {
        return Err(Fault::meta("a partition value has a NUL byte"));
    }
    Ok(!bad)
}
