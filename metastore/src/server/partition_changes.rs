//! Adding, changing and dropping partitions.
//!
//! Source: Hive `HMSHandler.add_partitions_core`, `HiveAlterHandler.alterPartition`, `HMSHandler.drop_partitions_req`.

use std::collections::HashSet;

use super::arguments::{Context, Outcome, check_catalog, need};
use super::files::{self, Given};
use super::partitions::{by_name, by_names, by_values, path_of};
use super::table_changes::operation;
use super::{partition_lists, table_changes};
use crate::convert::{
    fields_to, partition_from, partition_to, properties, spec_from, storage_from,
};
use crate::embedded::Existing;
use crate::generated::structs as wire;
use crate::model::{Parameters, Partition, StorageDescriptor, Table, keys};
use crate::names::{DEFAULT_PARTITION_NAME, PartitionPath};
use crate::wire::{Fault, FaultKind};
use crate::{Catalog, location};

/// Reads a new partition of a table and fills in what a metastore does: folder, times, statistics of its files.
fn prepare(
    cx: &Context<'_>,
    table: &Table,
    new: wire::Partition,
    context: &Parameters,
) -> Outcome<Partition> {
    let mut partition = partition_from(new, &table.name, &table.partition_keys)?;
    if partition.sd == StorageDescriptor::default() {
        partition.sd = StorageDescriptor { location: None, ..table.sd.clone() };
    }
    let place = match &partition.sd.location {
        Some(place) => location::normalize(place),
        None => table.partition_location(&partition.spec)?,
    };
    let new_folder = files::make(Some(&place))?;
    if partition.create_time == 0 {
        partition.create_time = cx.now();
    }
    let stale = |v: &String| v.is_empty() || v == "0";
    if partition.parameters.get(keys::LAST_DDL_TIME).is_none_or(stale) {
        partition.parameters.insert(keys::LAST_DDL_TIME.to_owned(), cx.now().to_string());
    }
    let given = Given::of(context);
    files::count_new(Some(&place), &mut partition.parameters, given, new_folder);
    partition.sd.location = Some(place);
    Ok(partition)
}

/// Adds partitions of one table and answers the new ones.
fn add(
    cx: &Context<'_>,
    table: &Table,
    new: Vec<wire::Partition>,
    context: &Parameters,
    existing: Existing,
) -> Outcome<Vec<Partition>> {
    if !table.is_partitioned() {
        let text = format!("table {} is not partitioned", table.name);
        return Err(Fault::new(FaultKind::InvalidObject, text));
    }
    let mut partitions = Vec::with_capacity(new.len());
    for partition in new {
        partitions.push(prepare(cx, table, partition, context)?);
    }
    Ok(cx.store.insert_partitions(&table.name, &partitions, existing)?)
}

/// Adds partitions that say their table themselves; all of one.
fn add_named(
    cx: &Context<'_>,
    new: Vec<wire::Partition>,
    context: &Parameters,
) -> Outcome<Vec<Partition>> {
    let Some(first) = new.first() else { return Ok(Vec::new()) };
    let table = cx
        .table(first.db_name.as_deref(), first.table_name.as_deref())
        .map_err(|fault| Fault::new(FaultKind::InvalidObject, fault.message))?;
    let same = |p: &wire::Partition| p.db_name == first.db_name && p.table_name == first.table_name;
    if !new.iter().all(same) {
        return Err(Fault::meta("the partitions of one call must be of one table"));
    }
    add(cx, &table, new, context, Existing::Refuse)
}

fn single(mut added: Vec<Partition>) -> Outcome<wire::Partition> {
    let one = added.pop().ok_or_else(|| Fault::meta("no partition was added"))?;
    Ok(partition_to(&one))
}

pub(super) fn add_partition(
    cx: &mut Context<'_>,
    call: wire::AddPartitionCall,
) -> Outcome<wire::Partition> {
    single(add_named(cx, vec![need(call.new_part, "new_part")?], &Parameters::new())?)
}

pub(super) fn add_partition_with_environment_context(
    cx: &mut Context<'_>,
    call: wire::AddPartitionWithEnvironmentContextCall,
) -> Outcome<wire::Partition> {
    let context = properties(call.environment_context);
    single(add_named(cx, vec![need(call.new_part, "new_part")?], &context)?)
}

pub(super) fn add_partitions(cx: &mut Context<'_>, call: wire::AddPartitionsCall) -> Outcome<i32> {
    let new = need(call.new_parts, "new_parts")?;
    let added = add_named(cx, new, &Parameters::new())?;
    Ok(i32::try_from(added.len()).unwrap_or(i32::MAX))
}

pub(super) fn add_partitions_req(
    cx: &mut Context<'_>,
    call: wire::AddPartitionsReqCall,
) -> Outcome<wire::AddPartitionsResult> {
    let request = need(call.request, "request")?;
    check_catalog(request.cat_name.as_deref())?;
    let table = cx.table(Some(&request.db_name), Some(&request.tbl_name))?;
    let existing = if request.if_not_exists { Existing::Keep } else { Existing::Refuse };
    let context = properties(request.environment_context);
    let mut parts = request.parts;
    if request.skip_column_schema_for_partition == Some(true) {
        for part in &mut parts {
            if let Some(sd) = &mut part.sd {
                sd.cols = Some(fields_to(&table.sd.cols));
            }
        }
    }
    let added = add(cx, &table, parts, &context, existing)?;
    let wanted = request.need_result.unwrap_or(true);
    Ok(wire::AddPartitionsResult {
        partitions: wanted.then(|| added.iter().map(partition_to).collect()),
        is_stats_compliant: None,
        partition_col_schema: None,
    })
}

pub(super) fn add_partitions_pspec(
    cx: &mut Context<'_>,
    call: wire::AddPartitionsPspecCall,
) -> Outcome<i32> {
    let mut count = 0_usize;
    for spec in need(call.new_parts, "new_parts")? {
        let table = cx.table(spec.db_name.as_deref(), spec.table_name.as_deref())?;
        let new = ungrouped(spec);
        count += add(cx, &table, new, &Parameters::new(), Existing::Refuse)?.len();
    }
    Ok(i32::try_from(count).unwrap_or(i32::MAX))
}

/// Takes a group of partitions apart.
fn ungrouped(spec: wire::PartitionSpec) -> Vec<wire::Partition> {
    let mut all = spec.partition_list.and_then(|l| l.partitions).unwrap_or_default();
    if let Some(shared) = spec.shared_s_d_partition_spec {
        let sd = shared.sd.map(storage_from).unwrap_or_default();
        let root = spec.root_path.or_else(|| sd.location.clone()).unwrap_or_default();
        for member in shared.partitions.unwrap_or_default() {
            let below = member.relative_path.unwrap_or_default();
            let place = format!("{}/{}", root.trim_end_matches('/'), below.trim_start_matches('/'));
            let sd = StorageDescriptor { location: Some(place), ..sd.clone() };
            all.push(wire::Partition {
                values: member.values,
                db_name: spec.db_name.clone(),
                table_name: spec.table_name.clone(),
                create_time: member.create_time,
                last_access_time: member.last_access_time,
                sd: Some(crate::convert::storage_to(&sd)),
                parameters: member.parameters,
                privileges: member.privileges,
                cat_name: None,
                write_id: None,
                is_stats_compliant: None,
                col_stats: None,
                file_metadata: None,
            });
        }
    }
    all
}

/// Adds a partition that is stored as its table.
fn append(
    cx: &Context<'_>,
    database: Option<&str>,
    table: Option<&str>,
    values: &[String],
    context: &Parameters,
) -> Outcome<wire::Partition> {
    let table = cx.table(database, table)?;
    let spec = spec_from(&table.partition_keys, values)?;
    let partition = partition_to(&Partition::of_table(&table, spec));
    single(add(cx, &table, vec![partition], context, Existing::Refuse)?)
}

fn values_of(name: Option<&str>) -> Outcome<Vec<String>> {
    let name = need(name, "part_name")?;
    let spec = PartitionPath::parse_spec(name, DEFAULT_PARTITION_NAME)?;
    Ok(spec.to_values())
}

pub(super) fn append_partition(
    cx: &mut Context<'_>,
    call: wire::AppendPartitionCall,
) -> Outcome<wire::Partition> {
    let values = need(call.part_vals, "part_vals")?;
    let (database, table) = (call.db_name.as_deref(), call.tbl_name.as_deref());
    append(cx, database, table, &values, &Parameters::new())
}

pub(super) fn append_partition_with_environment_context(
    cx: &mut Context<'_>,
    call: wire::AppendPartitionWithEnvironmentContextCall,
) -> Outcome<wire::Partition> {
    let values = need(call.part_vals, "part_vals")?;
    let context = properties(call.environment_context);
    append(cx, call.db_name.as_deref(), call.tbl_name.as_deref(), &values, &context)
}

pub(super) fn append_partition_by_name(
    cx: &mut Context<'_>,
    call: wire::AppendPartitionByNameCall,
) -> Outcome<wire::Partition> {
    let values = values_of(call.part_name.as_deref())?;
    let (database, table) = (call.db_name.as_deref(), call.tbl_name.as_deref());
    append(cx, database, table, &values, &Parameters::new())
}

pub(super) fn append_partition_by_name_with_environment_context(
    cx: &mut Context<'_>,
    call: wire::AppendPartitionByNameWithEnvironmentContextCall,
) -> Outcome<wire::Partition> {
    let values = values_of(call.part_name.as_deref())?;
    let context = properties(call.environment_context);
    append(cx, call.db_name.as_deref(), call.tbl_name.as_deref(), &values, &context)
}

pub(super) fn append_partition_req(
    cx: &mut Context<'_>,
    call: wire::AppendPartitionReqCall,
) -> Outcome<wire::Partition> {
    let request = need(call.append_partitions_req, "request")?;
    check_catalog(request.catalog_name.as_deref())?;
    let values = match request.part_vals {
        Some(values) => values,
        None => values_of(request.name.as_deref())?,
    };
    let context = properties(request.environment_context);
    append(cx, Some(&request.db_name), Some(&request.table_name), &values, &context)
}

/// Replaces partitions of a table, all or none.
fn alter(
    cx: &Context<'_>,
    database: Option<&str>,
    table: Option<&str>,
    new: Vec<wire::Partition>,
    context: &Parameters,
) -> Outcome<()> {
    let table = table_changes::changed_table(cx, database, table).map_err(operation)?;
    let given = Given::of(context);
    let mut changed = Vec::with_capacity(new.len());
    for partition in new {
        let mut new = partition_from(partition, &table.name, &table.partition_keys)
            .map_err(|e| operation(e.into()))?;
        let old = by_values(cx, &table, &new.spec.to_values()).map_err(operation)?;
        new.sd.location = new.sd.location.or_else(|| old.sd.location.clone());
        let stale = |v: &String| v.is_empty() || v == "0";
        if new.parameters.get(keys::LAST_DDL_TIME).is_none_or(stale) {
            new.parameters.insert(keys::LAST_DDL_TIME.to_owned(), cx.now().to_string());
        }
        let place = new.sd.location.clone();
        files::count_changed(place.as_deref(), Some(&old.parameters), &mut new.parameters, given);
        changed.push(new);
    }
    cx.store.alter_partitions(&table.name, &changed).map_err(|e| operation(e.into()))
}

pub(super) fn alter_partition(cx: &mut Context<'_>, call: wire::AlterPartitionCall) -> Outcome<()> {
    let new = vec![need(call.new_part, "new_part")?];
    let (database, table) = (call.db_name.as_deref(), call.tbl_name.as_deref());
    alter(cx, database, table, new, &Parameters::new())
}

pub(super) fn alter_partition_with_environment_context(
    cx: &mut Context<'_>,
    call: wire::AlterPartitionWithEnvironmentContextCall,
) -> Outcome<()> {
    let new = vec![need(call.new_part, "new_part")?];
    let context = properties(call.environment_context);
    alter(cx, call.db_name.as_deref(), call.tbl_name.as_deref(), new, &context)
}

pub(super) fn alter_partitions(
    cx: &mut Context<'_>,
    call: wire::AlterPartitionsCall,
) -> Outcome<()> {
    let new = need(call.new_parts, "new_parts")?;
    let (database, table) = (call.db_name.as_deref(), call.tbl_name.as_deref());
    alter(cx, database, table, new, &Parameters::new())
}

pub(super) fn alter_partitions_with_environment_context(
    cx: &mut Context<'_>,
    call: wire::AlterPartitionsWithEnvironmentContextCall,
) -> Outcome<()> {
    let new = need(call.new_parts, "new_parts")?;
    let context = properties(call.environment_context);
    alter(cx, call.db_name.as_deref(), call.tbl_name.as_deref(), new, &context)
}

pub(super) fn alter_partitions_req(
    cx: &mut Context<'_>,
    call: wire::AlterPartitionsReqCall,
) -> Outcome<wire::AlterPartitionsResponse> {
    let request = need(call.req, "req")?;
    check_catalog(request.cat_name.as_deref())?;
    let context = properties(request.environment_context);
    let (database, table) = (&request.db_name, &request.table_name);
    alter(cx, Some(database), Some(table), request.partitions, &context)?;
    Ok(wire::AlterPartitionsResponse {})
}

/// Gives a partition other values; the folder of a managed table's partition moves with it.
///
/// Source: Hive `HiveAlterHandler.alterPartition`.
fn rename(
    cx: &Context<'_>,
    database: Option<&str>,
    table: Option<&str>,
    values: &[String],
    new: wire::Partition,
) -> Outcome<()> {
    let table = table_changes::changed_table(cx, database, table).map_err(operation)?;
    let old = by_values(cx, &table, values).map_err(operation)?;
    let mut new =
        partition_from(new, &table.name, &table.partition_keys).map_err(|e| operation(e.into()))?;
    if new.spec != old.spec && by_values(cx, &table, &new.spec.to_values()).is_ok() {
        let text = format!("Partition already exists:{}.{}", table.name, new.spec);
        return Err(Fault::new(FaultKind::InvalidOperation, text));
    }
    let from = old.sd.location.clone().unwrap_or_default();
    new.sd.location = Some(from.clone());
    let mut moved = None;
    if table.owns_data() && new.spec != old.spec {
        let to = table.partition_location(&new.spec)?;
        if table.partition_location(&old.spec)? == from && files::rename(&from, &to)? {
            new.sd.location = Some(to.clone());
            moved = Some(to);
        }
    }
    new.parameters.insert(keys::LAST_DDL_TIME.to_owned(), cx.now().to_string());
    let path = path_of(&table, values)?;
    let renamed = cx.store.rename_partition(&table.name, &path, &new);
    if let (Err(_), Some(to)) = (&renamed, &moved) {
        files::rename(to, &from)?;
    }
    renamed.map_err(|e| operation(e.into()))
}

pub(super) fn rename_partition(
    cx: &mut Context<'_>,
    call: wire::RenamePartitionCall,
) -> Outcome<()> {
    let (values, new) = (need(call.part_vals, "part_vals")?, need(call.new_part, "new_part")?);
    rename(cx, call.db_name.as_deref(), call.tbl_name.as_deref(), &values, new)
}

pub(super) fn rename_partition_req(
    cx: &mut Context<'_>,
    call: wire::RenamePartitionReqCall,
) -> Outcome<wire::RenamePartitionResponse> {
    let request = need(call.req, "req")?;
    check_catalog(request.cat_name.as_deref())?;
    let (database, table) = (&request.db_name, &request.table_name);
    rename(cx, Some(database), Some(table), &request.part_vals, request.new_part)?;
    Ok(wire::RenamePartitionResponse {})
}

/// Drops partitions; the data go only if the table owns them and the client says so.
fn drop_found(
    cx: &Context<'_>,
    table: &Table,
    found: &[Partition],
    delete_data: Option<bool>,
) -> Outcome<()> {
    let mut names = Vec::with_capacity(found.len());
    for partition in found {
        names.push(table.partition_path(&partition.spec)?);
    }
    cx.store.drop_partitions(&table.name, &names)?;
    if delete_data.unwrap_or(false) && table.owns_data() {
        for partition in found {
            files::delete(partition.sd.location.as_deref())?;
            tidy(table, partition);
        }
    }
    Ok(())
}

/// Deletes the folders above a dropped partition that are empty now, up to the table's.
fn tidy(table: &Table, partition: &Partition) {
    let (Some(root), Some(place)) = (&table.sd.location, &partition.sd.location) else { return };
    let mut folder = place.as_str();
    while let Some((above, _)) = folder.rsplit_once('/') {
        if above.len() <= root.len() || !above.starts_with(root.as_str()) {
            return;
        }
        files::delete_empty(Some(above));
        folder = above;
    }
}

fn drop_one(
    cx: &Context<'_>,
    database: Option<&str>,
    table: Option<&str>,
    values: &[String],
    delete_data: Option<bool>,
) -> Outcome<bool> {
    let table = cx.table(database, table)?;
    let partition = by_values(cx, &table, values)?;
    drop_found(cx, &table, &[partition], delete_data)?;
    Ok(true)
}

pub(super) fn drop_partition(cx: &mut Context<'_>, call: wire::DropPartitionCall) -> Outcome<bool> {
    let values = need(call.part_vals, "part_vals")?;
    let (database, table) = (call.db_name.as_deref(), call.tbl_name.as_deref());
    drop_one(cx, database, table, &values, call.delete_data)
}

pub(super) fn drop_partition_with_environment_context(
    cx: &mut Context<'_>,
    call: wire::DropPartitionWithEnvironmentContextCall,
) -> Outcome<bool> {
    let values = need(call.part_vals, "part_vals")?;
    let (database, table) = (call.db_name.as_deref(), call.tbl_name.as_deref());
    drop_one(cx, database, table, &values, call.delete_data)
}

fn drop_named(
    cx: &mut Context<'_>,
    database: Option<&str>,
    table: Option<&str>,
    name: Option<String>,
    delete_data: Option<bool>,
) -> Outcome<bool> {
    let table = cx.table(database, table)?;
    let partition = by_name(cx, &table, &need(name, "part_name")?)?;
    drop_found(cx, &table, &[partition], delete_data)?;
    Ok(true)
}

pub(super) fn drop_partition_by_name(
    cx: &mut Context<'_>,
    call: wire::DropPartitionByNameCall,
) -> Outcome<bool> {
    let (database, table) = (call.db_name.as_deref(), call.tbl_name.as_deref());
    drop_named(cx, database, table, call.part_name, call.delete_data)
}

pub(super) fn drop_partition_by_name_with_environment_context(
    cx: &mut Context<'_>,
    call: wire::DropPartitionByNameWithEnvironmentContextCall,
) -> Outcome<bool> {
    let (database, table) = (call.db_name.as_deref(), call.tbl_name.as_deref());
    drop_named(cx, database, table, call.part_name, call.delete_data)
}

pub(super) fn drop_partition_req(
    cx: &mut Context<'_>,
    call: wire::DropPartitionReqCall,
) -> Outcome<bool> {
    let request = need(call.drop_partition_req, "request")?;
    check_catalog(request.cat_name.as_deref())?;
    let values = match request.part_vals {
        Some(values) => values,
        None => values_of(request.part_name.as_deref())?,
    };
    let (database, table) = (&request.db_name, &request.tbl_name);
    drop_one(cx, Some(database), Some(table), &values, request.delete_data)
}

/// Drops partitions by names or by expressions.
pub(super) fn drop_partitions_req(
    cx: &mut Context<'_>,
    call: wire::DropPartitionsReqCall,
) -> Outcome<wire::DropPartitionsResult> {
    let request = need(call.req, "req")?;
    check_catalog(request.cat_name.as_deref())?;
    let table = cx.table(Some(&request.db_name), Some(&request.tbl_name))?;
    let if_exists = request.if_exists.unwrap_or(true);
    let missing = |what: &str| Fault::new(FaultKind::NoSuchObject, format!("No partition {what}"));
    let found = match request.parts {
        wire::RequestPartsSpec::Names(names) => {
            let found = by_names(cx, &table, &names)?;
            if found.len() < names.len() && !if_exists {
                return Err(missing("of some of the names"));
            }
            found
        }
        wire::RequestPartsSpec::Exprs(expressions) => {
            let mut found: Vec<Partition> = Vec::new();
            let mut known = HashSet::new();
            for expression in expressions {
                // One that cannot be read drops nothing: too much would be lost.
                let some = partition_lists::by_expression(cx, &table, &expression.expr)
                    .map_err(|fault| Fault::meta(fault.message))?;
                if some.is_empty() && !if_exists {
                    return Err(missing("fulfils the expression"));
                }
                for partition in some {
                    if known.insert(partition.spec.clone()) {
                        found.push(partition);
                    }
                }
            }
            found
        }
    };
    drop_found(cx, &table, &found, request.delete_data)?;
    let wanted = request.need_result.unwrap_or(true);
    let partitions = wanted.then(|| found.iter().map(partition_to).collect());
    Ok(wire::DropPartitionsResult { partitions })
}
