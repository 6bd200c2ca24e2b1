//! Reading tables.

use super::arguments::{Context, Outcome, check_catalog, database_name, limit, need, table_name};
use crate::convert::{fields_to, table_to};
use crate::error::Kind;
use crate::generated::structs as wire;
use crate::model::{Table, TableType};
use crate::wire::{Fault, FaultKind};
use crate::{Catalog, pattern};

fn same_type(table: &Table, wanted: &str) -> bool {
    wanted.is_empty() || table.table_type.as_str().eq_ignore_ascii_case(wanted)
}

/// Lists the tables of a database by pattern and type; none if there is no such database.
fn list(cx: &Context<'_>, database: &str, wanted: &str, kind: &str) -> Outcome<Vec<Table>> {
    let database = database_name(database)?;
    let fits = |table: &Table| {
        pattern::matches(if wanted.is_empty() { "*" } else { wanted }, table.name.table())
            && same_type(table, kind)
    };
    match cx.store.tables(&database, &fits) {
        Err(error) if error.kind() == Kind::NotFound => Ok(Vec::new()),
        other => Ok(other?),
    }
}

fn names(tables: &[Table]) -> Vec<String> {
    tables.iter().map(|table| table.name.table().to_owned()).collect()
}

pub(super) fn get_table(cx: &mut Context<'_>, call: wire::GetTableCall) -> Outcome<wire::Table> {
    Ok(table_to(&cx.table(call.dbname.as_deref(), call.tbl_name.as_deref())?))
}

pub(super) fn get_table_req(
    cx: &mut Context<'_>,
    call: wire::GetTableReqCall,
) -> Outcome<wire::GetTableResult> {
    let request = need(call.req, "req")?;
    check_catalog(request.cat_name.as_deref())?;
    let table = cx.table(Some(&request.db_name), Some(&request.tbl_name))?;
    let mut answer = numbered(cx, &table)?;
    // What statistics of transactional tables are worth to this reader is not known here.
    answer.is_stats_compliant = request.valid_write_id_list.map(|_| false);
    answer.access_type = Some(if table.table_type == TableType::VirtualView {
        ACCESS_READ
    } else {
        ACCESS_READ_WRITE
    });
    Ok(wire::GetTableResult { table: answer, is_stats_compliant: None })
}

/// What Hive 4 calls the access to a table: `ACCESSTYPE_READONLY`, `ACCESSTYPE_READWRITE`.
const ACCESS_READ: i8 = 2;
const ACCESS_READ_WRITE: i8 = 8;

/// Makes the answer of the calls of Hive 4, which also tell a table's number.
fn numbered(cx: &Context<'_>, table: &Table) -> Outcome<wire::Table> {
    Ok(wire::Table { id: Some(cx.store.table_number(&table.name)?), ..table_to(table) })
}

/// Reads tables by name; missing ones are left out.
fn by_names(cx: &Context<'_>, database: &str, names: &[String]) -> Outcome<Vec<wire::Table>> {
    let mut tables = Vec::new();
    for name in names {
        let Ok(name) = table_name(Some(database), Some(name)) else { continue };
        match cx.store.get_table(&name) {
            Ok(table) => tables.push(numbered(cx, &table)?),
            Err(error) if error.kind() == Kind::NotFound => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(tables)
}

pub(super) fn get_table_objects_by_name(
    cx: &mut Context<'_>,
    call: wire::GetTableObjectsByNameCall,
) -> Outcome<Vec<wire::Table>> {
    by_names(cx, &need(call.dbname, "dbname")?, &call.tbl_names.unwrap_or_default())
}

pub(super) fn get_table_objects_by_name_req(
    cx: &mut Context<'_>,
    call: wire::GetTableObjectsByNameReqCall,
) -> Outcome<wire::GetTablesResult> {
    let request = need(call.req, "req")?;
    check_catalog(request.cat_name.as_deref())?;
    let tables = match (request.tbl_names, request.tables_pattern) {
        (Some(names), _) => by_names(cx, &request.db_name, &names)?,
        (None, wanted) => {
            let found = list(cx, &request.db_name, &wanted.unwrap_or_default(), "")?;
            found.iter().map(|table| numbered(cx, table)).collect::<Outcome<Vec<_>>>()?
        }
    };
    Ok(wire::GetTablesResult { tables })
}

pub(super) fn get_tables(cx: &mut Context<'_>, call: wire::GetTablesCall) -> Outcome<Vec<String>> {
    let database = need(call.db_name, "db_name")?;
    Ok(names(&list(cx, &database, &call.pattern.unwrap_or_default(), "")?))
}

pub(super) fn get_all_tables(
    cx: &mut Context<'_>,
    call: wire::GetAllTablesCall,
) -> Outcome<Vec<String>> {
    Ok(names(&list(cx, &need(call.db_name, "db_name")?, "", "")?))
}

pub(super) fn get_tables_by_type(
    cx: &mut Context<'_>,
    call: wire::GetTablesByTypeCall,
) -> Outcome<Vec<String>> {
    let database = need(call.db_name, "db_name")?;
    let kind = call.table_type.unwrap_or_default();
    Ok(names(&list(cx, &database, &call.pattern.unwrap_or_default(), &kind)?))
}

pub(super) fn get_tables_ext(
    cx: &mut Context<'_>,
    call: wire::GetTablesExtCall,
) -> Outcome<Vec<wire::ExtendedTableInfo>> {
    let request = need(call.req, "req")?;
    check_catalog(Some(&request.catalog))?;
    let mut tables = list(cx, &request.database, &request.table_name_pattern, "")?;
    tables.truncate(limit(request.limit.filter(|most| *most > 0)));
    let info = |table: &Table| wire::ExtendedTableInfo {
        tbl_name: table.name.table().to_owned(),
        access_type: None,
        required_read_capabilities: None,
        required_write_capabilities: None,
    };
    Ok(tables.iter().map(info).collect())
}

pub(super) fn get_table_meta(
    cx: &mut Context<'_>,
    call: wire::GetTableMetaCall,
) -> Outcome<Vec<wire::TableMeta>> {
    let databases = database_name(call.db_patterns.as_deref().unwrap_or_default())?;
    let wanted = call.tbl_patterns.unwrap_or_default();
    let kinds = call.tbl_types.unwrap_or_default();
    let mut found = Vec::new();
    for database in cx.store.list_databases()? {
        if !databases.is_empty() && !pattern::matches(&databases, &database) {
            continue;
        }
        for table in list(cx, &database, &wanted, "")? {
            if !kinds.is_empty() && !kinds.iter().any(|kind| same_type(&table, kind)) {
                continue;
            }
            found.push(wire::TableMeta {
                db_name: database.clone(),
                table_name: table.name.table().to_owned(),
                table_type: table.table_type.as_str().to_owned(),
                comments: table.parameters.get("comment").cloned(),
                cat_name: Some(crate::convert::CATALOG.to_owned()),
                owner_name: table.owner.clone(),
                owner_type: Some(wire::PrincipalType::USER),
            });
        }
    }
    Ok(found)
}

/// Names of materialized views; there are none that can be rewritten, for their sources are not kept.
pub(super) fn get_materialized_views_for_rewriting(
    cx: &mut Context<'_>,
    call: wire::GetMaterializedViewsForRewritingCall,
) -> Outcome<Vec<String>> {
    let kind = TableType::MaterializedView.as_str();
    let views = list(cx, &need(call.db_name, "db_name")?, "", kind)?;
    let rewritten = |t: &&Table| t.parameters.get("rewriting.enabled").is_some_and(|v| v == "true");
    Ok(views.iter().filter(rewritten).map(|t| t.name.table().to_owned()).collect())
}

pub(super) fn get_all_materialized_view_objects_for_rewriting(
    cx: &mut Context<'_>,
    _: wire::GetAllMaterializedViewObjectsForRewritingCall,
) -> Outcome<Vec<wire::Table>> {
    let kind = TableType::MaterializedView.as_str();
    let mut found = Vec::new();
    for database in cx.store.list_databases()? {
        let views = list(cx, &database, "", kind)?;
        let rewritten =
            |t: &&Table| t.parameters.get("rewriting.enabled").is_some_and(|v| v == "true");
        found.extend(views.iter().filter(rewritten).map(table_to));
    }
    Ok(found)
}

/// What of a table's columns a call wants.
#[derive(Clone, Copy)]
enum Columns {
    /// Those in the files.
    Data,
    /// These and the partition columns.
    All,
}

fn columns(
    cx: &Context<'_>,
    database: Option<&str>,
    table: Option<&str>,
    which: Columns,
) -> Outcome<Vec<wire::FieldSchema>> {
    let table = cx.table(database, table).map_err(|fault| match fault.kind {
        FaultKind::NoSuchObject => Fault::new(FaultKind::UnknownTable, fault.message),
        _ => fault,
    })?;
    let mut fields = fields_to(&table.sd.cols);
    if matches!(which, Columns::All) {
        fields.extend(fields_to(&table.partition_keys));
    }
    Ok(fields)
}

pub(super) fn get_fields(
    cx: &mut Context<'_>,
    call: wire::GetFieldsCall,
) -> Outcome<Vec<wire::FieldSchema>> {
    columns(cx, call.db_name.as_deref(), call.table_name.as_deref(), Columns::Data)
}

pub(super) fn get_fields_with_environment_context(
    cx: &mut Context<'_>,
    call: wire::GetFieldsWithEnvironmentContextCall,
) -> Outcome<Vec<wire::FieldSchema>> {
    columns(cx, call.db_name.as_deref(), call.table_name.as_deref(), Columns::Data)
}

pub(super) fn get_fields_req(
    cx: &mut Context<'_>,
    call: wire::GetFieldsReqCall,
) -> Outcome<wire::GetFieldsResponse> {
    let request = need(call.req, "req")?;
    let fields = columns(cx, Some(&request.db_name), Some(&request.tbl_name), Columns::Data)?;
    Ok(wire::GetFieldsResponse { fields })
}

pub(super) fn get_schema(
    cx: &mut Context<'_>,
    call: wire::GetSchemaCall,
) -> Outcome<Vec<wire::FieldSchema>> {
    columns(cx, call.db_name.as_deref(), call.table_name.as_deref(), Columns::All)
}

pub(super) fn get_schema_with_environment_context(
    cx: &mut Context<'_>,
    call: wire::GetSchemaWithEnvironmentContextCall,
) -> Outcome<Vec<wire::FieldSchema>> {
    columns(cx, call.db_name.as_deref(), call.table_name.as_deref(), Columns::All)
}

pub(super) fn get_schema_req(
    cx: &mut Context<'_>,
    call: wire::GetSchemaReqCall,
) -> Outcome<wire::GetSchemaResponse> {
    let request = need(call.req, "req")?;
    let fields = columns(cx, Some(&request.db_name), Some(&request.tbl_name), Columns::All)?;
    Ok(wire::GetSchemaResponse { fields })
}
