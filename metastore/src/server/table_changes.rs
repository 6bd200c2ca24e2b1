//! Creating, changing and dropping tables.
//!
//! Source: Hive `HMSHandler.create_table_core`, `HiveAlterHandler.alterTable`, `HMSHandler.drop_table_core`.

use super::arguments::{Context, Outcome, check_catalog, need, table_name};
use super::databases::ALL;
use super::files::{self, Given};
use super::{columns, constraints};
use crate::convert::{properties, table_from, table_to};
use crate::error::Kind;
use crate::generated::structs as wire;
use crate::model::{Parameters, Partition, Table, TableType, keys};
use crate::wire::{Fault, FaultKind};
use crate::{Catalog, location};

fn create(cx: &Context<'_>, table: wire::Table, context: &Parameters) -> Outcome<Table> {
    check_catalog(table.cat_name.as_deref())?;
    let mut table = table_from(table)?;
    if table.create_time == 0 {
        table.create_time = cx.now();
    }
    touch(&mut table.parameters, cx);
    let database =
        cx.store.get_database(table.name.database()).map_err(|error| match error.kind() {
            Kind::NotFound => Fault::new(
                FaultKind::InvalidObject,
                format!("database {} not found", table.name.database()),
            ),
            _ => error.into(),
        })?;
    if cx.store.get_table(&table.name).is_ok() {
        return Err(exists(&table));
    }
    let mut new_folder = false;
    if table.table_type != TableType::VirtualView {
        let folder = match (&table.sd.location, &database.location_uri) {
            (Some(place), _) => Some(location::normalize(place)),
            (None, Some(above)) => Some(location::join(above, table.name.table())),
            (None, None) => None,
        };
        new_folder = files::make(folder.as_deref())?;
        if table.partition_keys.is_empty() {
            let given = Given::of(context);
            files::count_new(folder.as_deref(), &mut table.parameters, given, new_folder);
        }
        table.sd.location = folder;
    }
    cx.store.create_table(&table).map_err(|error| {
        if new_folder {
            files::delete_empty(table.sd.location.as_deref());
        }
        if error.kind() == Kind::AlreadyExists { exists(&table) } else { error.into() }
    })
}

fn exists(table: &Table) -> Fault {
    Fault::new(FaultKind::AlreadyExists, format!("Table hive.{} already exists", table.name))
}

/// Notes the time of a change, unless the client says one.
fn touch(parameters: &mut Parameters, cx: &Context<'_>) {
    let stale = |v: &String| v.is_empty() || v == "0";
    if parameters.get(keys::LAST_DDL_TIME).is_none_or(stale) {
        parameters.insert(keys::LAST_DDL_TIME.to_owned(), cx.now().to_string());
    }
}

pub(super) fn create_table(cx: &mut Context<'_>, call: wire::CreateTableCall) -> Outcome<()> {
    create(cx, need(call.tbl, "tbl")?, &Parameters::new()).map(drop)
}

pub(super) fn create_table_with_environment_context(
    cx: &mut Context<'_>,
    call: wire::CreateTableWithEnvironmentContextCall,
) -> Outcome<()> {
    let context = properties(call.environment_context);
    create(cx, need(call.tbl, "tbl")?, &context).map(drop)
}

pub(super) fn create_table_with_constraints(
    cx: &mut Context<'_>,
    call: wire::CreateTableWithConstraintsCall,
) -> Outcome<()> {
    let table = create(cx, need(call.tbl, "tbl")?, &Parameters::new())?;
    let all = constraints::All {
        primary: call.primary_keys.unwrap_or_default(),
        foreign: call.foreign_keys.unwrap_or_default(),
        unique: call.unique_constraints.unwrap_or_default(),
        not_null: call.not_null_constraints.unwrap_or_default(),
        default: call.default_constraints.unwrap_or_default(),
        check: call.check_constraints.unwrap_or_default(),
    };
    all.add(cx, &table.name)
}

pub(super) fn create_table_req(
    cx: &mut Context<'_>,
    call: wire::CreateTableReqCall,
) -> Outcome<()> {
    let request = need(call.request, "request")?;
    let table = create(cx, translated(request.table), &properties(request.env_context))?;
    let all = constraints::All {
        primary: request.primary_keys.unwrap_or_default(),
        foreign: request.foreign_keys.unwrap_or_default(),
        unique: request.unique_constraints.unwrap_or_default(),
        not_null: request.not_null_constraints.unwrap_or_default(),
        default: request.default_constraints.unwrap_or_default(),
        check: request.check_constraints.unwrap_or_default(),
    };
    all.add(cx, &table.name)
}

/// Makes an external table, whose data go with it, of a managed one without transactions, as Hive 4 does it. Only its clients create
/// tables by requests, and they rely on it.
///
/// Source: Hive 4 `MetastoreDefaultTransformer.transformCreateTable`.
fn translated(mut table: wire::Table) -> wire::Table {
    let parameters = table.parameters.get_or_insert_default();
    let is = |key: &str, value: &str| {
        parameters.get(key).is_some_and(|found| found.eq_ignore_ascii_case(value))
    };
    let transactional =
        is("transactional", "true") || is("transactional_properties", "insert_only");
    if table.table_type.as_deref() == Some(TableType::ManagedTable.as_str()) && !transactional {
        table.table_type = Some(TableType::ExternalTable.as_str().to_owned());
        parameters.remove("transactional");
        parameters.remove("transactional_properties");
        for key in [keys::EXTERNAL, keys::EXTERNAL_PURGE, "TRANSLATED_TO_EXTERNAL"] {
            parameters.insert(key.to_owned(), "TRUE".to_owned());
        }
    }
    table
}

/// Tells a client where a table would be, without making it.
pub(super) fn translate_table_dryrun(
    cx: &mut Context<'_>,
    call: wire::TranslateTableDryrunCall,
) -> Outcome<wire::Table> {
    let mut table = table_from(translated(need(call.request, "request")?.table))?;
    let database = cx.store.get_database(table.name.database())?;
    if table.sd.location.is_none()
        && let Some(above) = &database.location_uri
    {
        table.sd.location = Some(location::join(above, table.name.table()));
    }
    Ok(table_to(&table))
}

fn alter(
    cx: &Context<'_>,
    database: Option<&str>,
    name: Option<&str>,
    new: wire::Table,
    context: &Parameters,
) -> Outcome<()> {
    let old = cx.table(database, name).map_err(operation)?;
    let mut new = table_from(new)?;
    let renamed = new.name != old.name;
    if renamed && cx.store.get_table(&new.name).is_ok() {
        let text = format!("new table {} already exists", new.name);
        return Err(Fault::new(FaultKind::InvalidOperation, text));
    }
    let mut moved = None;
    if renamed && old.owns_data() && default_place(cx, &old) {
        let above = cx.store.get_database(new.name.database()).map_err(|e| operation(e.into()))?;
        let place = location::join(&above.location_uri.unwrap_or_default(), new.name.table());
        let from = old.sd.location.clone().unwrap_or_default();
        if files::rename(&from, &place)? {
            new.sd.location = Some(place.clone());
            moved = Some((from, place));
        }
    }
    new.sd.location = new.sd.location.or_else(|| old.sd.location.clone());
    touch(&mut new.parameters, cx);
    if !new.is_partitioned() && new.table_type != TableType::VirtualView {
        let place = new.sd.location.clone();
        let given = Given::of(context);
        // A table without partitions is counted again with every change.
        if given != Given::Keep {
            files::count_changed(place.as_deref(), None, &mut new.parameters, given);
        }
    }
    let altered = cx.store.alter_table(&old.name, &new).map_err(|e| operation(e.into()));
    if let (Err(_), Some((from, place))) = (&altered, &moved) {
        files::rename(place, from)?;
    }
    altered?;
    if let Some((from, place)) = &moved {
        move_partitions(cx, &new, from, place)?;
    }
    columns::follow(cx, &old, &new)?;
    let cascade = context.get("CASCADE").is_some_and(|v| v.eq_ignore_ascii_case("true"));
    if cascade && new.is_partitioned() && old.sd.cols != new.sd.cols {
        change_partitions(cx, &new, &|partition| partition.sd.cols.clone_from(&new.sd.cols))?;
    }
    Ok(())
}

/// An `alter` answers what it refuses as an invalid operation.
pub(super) fn operation(fault: Fault) -> Fault {
    match fault.kind {
        FaultKind::Meta => fault,
        _ => Fault::new(FaultKind::InvalidOperation, fault.message),
    }
}

/// Tells whether a table is where its database puts it.
fn default_place(cx: &Context<'_>, table: &Table) -> bool {
    let above = cx.store.get_database(table.name.database()).ok().and_then(|d| d.location_uri);
    let place = above.map(|above| location::join(&above, table.name.table()));
    place.is_some_and(|place| {
        table.sd.location.as_deref().map(location::normalize) == Some(location::normalize(&place))
    })
}

fn move_partitions(cx: &Context<'_>, table: &Table, from: &str, to: &str) -> Outcome<()> {
    change_partitions(cx, table, &|partition| {
        let below = partition.sd.location.as_deref().and_then(|p| p.strip_prefix(from));
        if let Some(below) = below.filter(|b| b.starts_with('/')) {
            partition.sd.location = Some(format!("{to}{below}"));
        }
    })
}

/// Changes all partitions of a table, some at a time.
fn change_partitions(
    cx: &Context<'_>,
    table: &Table,
    change: &dyn Fn(&mut Partition),
) -> Outcome<()> {
    let mut all = cx.store.scan_partitions(&table.name, &ALL)?;
    all.iter_mut().for_each(change);
    for some in all.chunks(1000) {
        cx.store.alter_partitions(&table.name, some)?;
    }
    Ok(())
}

pub(super) fn alter_table(cx: &mut Context<'_>, call: wire::AlterTableCall) -> Outcome<()> {
    let new = need(call.new_tbl, "new_tbl")?;
    alter(cx, call.dbname.as_deref(), call.tbl_name.as_deref(), new, &Parameters::new())
}

pub(super) fn alter_table_with_cascade(
    cx: &mut Context<'_>,
    call: wire::AlterTableWithCascadeCall,
) -> Outcome<()> {
    let new = need(call.new_tbl, "new_tbl")?;
    let cascade = call.cascade.unwrap_or(false).to_string();
    let context = Parameters::from([("CASCADE".to_owned(), cascade)]);
    alter(cx, call.dbname.as_deref(), call.tbl_name.as_deref(), new, &context)
}

pub(super) fn alter_table_with_environment_context(
    cx: &mut Context<'_>,
    call: wire::AlterTableWithEnvironmentContextCall,
) -> Outcome<()> {
    let new = need(call.new_tbl, "new_tbl")?;
    let context = properties(call.environment_context);
    alter(cx, call.dbname.as_deref(), call.tbl_name.as_deref(), new, &context)
}

pub(super) fn alter_table_req(
    cx: &mut Context<'_>,
    call: wire::AlterTableReqCall,
) -> Outcome<wire::AlterTableResponse> {
    let request = need(call.req, "req")?;
    check_catalog(request.cat_name.as_deref())?;
    if let (Some(key), Some(wanted)) =
        (&request.expected_parameter_key, &request.expected_parameter_value)
    {
        let table = cx.table(Some(&request.db_name), Some(&request.table_name))?;
        if table.parameters.get(key) != Some(wanted) {
            return Err(Fault::meta(format!(
                "The table has been modified. The parameter value for key '{key}' is '{}'. The expected was value was '{wanted}'",
                table.parameters.get(key).map_or("null", String::as_str),
            )));
        }
    }
    let context = properties(request.environment_context);
    let (database, name) = (&request.db_name, &request.table_name);
    alter(cx, Some(database), Some(name), request.table, &context)?;
    Ok(wire::AlterTableResponse {})
}

fn drop_table_with(
    cx: &Context<'_>,
    database: Option<&str>,
    name: Option<&str>,
    delete_data: Option<bool>,
) -> Outcome<()> {
    let table = cx.table(database, name)?;
    let dropped = cx.store.drop_table(&table.name)?;
    if delete_data.unwrap_or(false) {
        for folder in &dropped.data {
            files::delete(Some(folder))?;
        }
    }
    Ok(())
}

pub(super) fn drop_table(cx: &mut Context<'_>, call: wire::DropTableCall) -> Outcome<()> {
    drop_table_with(cx, call.dbname.as_deref(), call.name.as_deref(), call.delete_data)
}

pub(super) fn drop_table_with_environment_context(
    cx: &mut Context<'_>,
    call: wire::DropTableWithEnvironmentContextCall,
) -> Outcome<()> {
    drop_table_with(cx, call.dbname.as_deref(), call.name.as_deref(), call.delete_data)
}

pub(super) fn drop_table_req(cx: &mut Context<'_>, call: wire::DropTableReqCall) -> Outcome<()> {
    let request = need(call.drop_table_req, "request")?;
    check_catalog(request.catalog_name.as_deref())?;
    drop_table_with(cx, Some(&request.db_name), Some(&request.table_name), request.delete_data)
}

/// Empties a table's or its partitions' folders, and says so in their statistics.
///
/// Source: Hive `HMSHandler.truncateTableInternal`.
fn truncate(
    cx: &Context<'_>,
    database: Option<&str>,
    name: Option<&str>,
    partitions: Option<&[String]>,
) -> Outcome<()> {
    let mut table = cx.table(database, name)?;
    let emptied = |parameters: &mut Parameters| {
        for key in [keys::NUM_FILES, keys::TOTAL_SIZE, keys::NUM_ROWS, keys::RAW_DATA_SIZE] {
            if parameters.contains_key(key) || matches!(key, keys::NUM_FILES | keys::TOTAL_SIZE) {
                parameters.insert(key.to_owned(), "0".to_owned());
            }
        }
    };
    if !table.is_partitioned() {
        files::empty(table.sd.location.as_deref())?;
        emptied(&mut table.parameters);
        let ddl_time = cx.now().to_string();
        table.parameters.insert(keys::LAST_DDL_TIME.to_owned(), ddl_time);
        return Ok(cx.store.alter_table(&table.name, &table)?);
    }
    let mut found = match partitions {
        None | Some([]) => cx.store.scan_partitions(&table.name, &ALL)?,
        Some(names) => {
            let mut paths = Vec::with_capacity(names.len());
            for name in names {
                paths.push(name.parse()?);
            }
            cx.store.get_partitions(&table.name, &paths)?
        }
    };
    for partition in &mut found {
        files::empty(partition.sd.location.as_deref())?;
        emptied(&mut partition.parameters);
    }
    Ok(cx.store.alter_partitions(&table.name, &found)?)
}

pub(super) fn truncate_table(cx: &mut Context<'_>, call: wire::TruncateTableCall) -> Outcome<()> {
    let parts = call.part_names.as_deref();
    truncate(cx, call.db_name.as_deref(), call.table_name.as_deref(), parts)
}

pub(super) fn truncate_table_req(
    cx: &mut Context<'_>,
    call: wire::TruncateTableReqCall,
) -> Outcome<wire::TruncateTableResponse> {
    let request = need(call.req, "req")?;
    let parts = request.part_names.as_deref();
    truncate(cx, Some(&request.db_name), Some(&request.table_name), parts)?;
    Ok(wire::TruncateTableResponse {})
}

/// Checks the name of a table that a call changes.
pub(super) fn changed_table(
    cx: &Context<'_>,
    database: Option<&str>,
    name: Option<&str>,
) -> Outcome<Table> {
    table_name(database, name)?;
    cx.table(database, name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn managed_tables_of_hive_4_become_external_unless_they_are_transactional() {
        let purged = "EXTERNAL TRUE, TRANSLATED_TO_EXTERNAL TRUE, external.table.purge TRUE";
        for (kind, given, wanted_kind, wanted) in [
            ("MANAGED_TABLE", "", "EXTERNAL_TABLE", purged),
            ("MANAGED_TABLE", "transactional false", "EXTERNAL_TABLE", purged),
            ("MANAGED_TABLE", "transactional TRUE", "MANAGED_TABLE", "transactional TRUE"),
            ("EXTERNAL_TABLE", "EXTERNAL TRUE", "EXTERNAL_TABLE", "EXTERNAL TRUE"),
            ("VIRTUAL_VIEW", "", "VIRTUAL_VIEW", ""),
        ] {
            let mut table = table_to(&Table::new("t".parse().unwrap()));
            table.table_type = Some(kind.to_owned());
            let pair = given.split_once(' ').map(|(k, v)| (k.to_owned(), v.to_owned()));
            table.parameters = Some(pair.into_iter().collect());
            let table = translated(table);
            let found = table.parameters.unwrap();
            let found: Vec<_> = found.iter().map(|(k, v)| format!("{k} {v}")).collect();
            let case = format!("{kind} {given}");
            assert_eq!(found.join(", "), wanted, "{case}");
            assert_eq!(table.table_type.as_deref(), Some(wanted_kind), "{case}");
        }
    }
}
