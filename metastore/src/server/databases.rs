//! Databases.

use super::arguments::{Context, Outcome, check_catalog, database_name, need};
use super::files;
use crate::convert::{database_from, database_to};
use crate::embedded::Scan;
use crate::error::Kind;
use crate::generated::structs as wire;
use crate::model::Database;
use crate::names::TableName;
use crate::wire::{Fault, FaultKind};
use crate::{Catalog, pattern};

fn find(cx: &Context<'_>, name: &str) -> Outcome<Database> {
    let name = database_name(name)?;
    cx.store.get_database(&name).map_err(|error| match error.kind() {
        Kind::NotFound => Fault::new(FaultKind::NoSuchObject, format!("database {name} not found")),
        _ => error.into(),
    })
}

pub(super) fn get_all_databases(
    cx: &mut Context<'_>,
    _: wire::GetAllDatabasesCall,
) -> Outcome<Vec<String>> {
    Ok(cx.store.list_databases()?)
}

pub(super) fn get_databases(
    cx: &mut Context<'_>,
    call: wire::GetDatabasesCall,
) -> Outcome<Vec<String>> {
    let wanted = database_name(call.pattern.as_deref().unwrap_or_default())?;
    let mut names = cx.store.list_databases()?;
    names.retain(|name| wanted.is_empty() || pattern::matches(&wanted, name));
    Ok(names)
}

pub(super) fn get_databases_req(
    cx: &mut Context<'_>,
    call: wire::GetDatabasesReqCall,
) -> Outcome<wire::GetDatabaseObjectsResponse> {
    let request = need(call.request, "request")?;
    check_catalog(request.catalog_name.as_deref())?;
    let wanted = request.pattern.unwrap_or_default();
    let mut databases = Vec::new();
    for name in cx.store.list_databases()? {
        if wanted.is_empty() || pattern::matches(&wanted, &name) {
            databases.push(database_to(cx.store.get_database(&name)?));
        }
    }
    Ok(wire::GetDatabaseObjectsResponse { databases })
}

pub(super) fn get_database(
    cx: &mut Context<'_>,
    call: wire::GetDatabaseCall,
) -> Outcome<wire::Database> {
    find(cx, &need(call.name, "name")?).map(database_to)
}

pub(super) fn get_database_req(
    cx: &mut Context<'_>,
    call: wire::GetDatabaseReqCall,
) -> Outcome<wire::Database> {
    let request = need(call.request, "request")?;
    check_catalog(request.catalog_name.as_deref())?;
    find(cx, &need(request.name, "name")?).map(database_to)
}

fn create(cx: &Context<'_>, database: wire::Database) -> Outcome<()> {
    check_catalog(database.catalog_name.as_deref())?;
    let mut database = database_from(database);
    if database.create_time == 0 {
        database.create_time = cx.now();
    }
    let made = cx.store.create_database(&database).map_err(|error| match error.kind() {
        Kind::AlreadyExists => Fault::new(
            FaultKind::AlreadyExists,
            format!("Database {} already exists", database.name),
        ),
        _ => error.into(),
    })?;
    if let Err(fault) = files::make(made.location_uri.as_deref()) {
        cx.store.drop_database(&made.name)?;
        return Err(fault);
    }
    Ok(())
}

pub(super) fn create_database(cx: &mut Context<'_>, call: wire::CreateDatabaseCall) -> Outcome<()> {
    create(cx, need(call.database, "database")?)
}

pub(super) fn create_database_req(
    cx: &mut Context<'_>,
    call: wire::CreateDatabaseReqCall,
) -> Outcome<()> {
    let request = need(call.create_database_request, "request")?;
    let database = wire::Database {
        name: Some(request.database_name),
        description: request.description,
        location_uri: request.location_uri,
        parameters: request.parameters,
        privileges: None,
        owner_name: request.owner_name,
        owner_type: request.owner_type,
        catalog_name: request.catalog_name,
        create_time: request.create_time,
        managed_location_uri: request.managed_location_uri,
        type_: request.type_,
        connector_name: request.data_connector_name,
        remote_dbname: request.remote_dbname,
    };
    create(cx, database)
}

fn alter(cx: &Context<'_>, name: &str, new: wire::Database) -> Outcome<()> {
    let old = find(cx, name)?;
    let new = database_from(new);
    if new.name != old.name {
        return Err(Fault::meta("a database cannot be renamed"));
    }
    let location_uri = new.location_uri.clone().or(old.location_uri);
    let create_time = if new.create_time == 0 { old.create_time } else { new.create_time };
    Ok(cx.store.alter_database(&Database { location_uri, create_time, ..new })?)
}

pub(super) fn alter_database(cx: &mut Context<'_>, call: wire::AlterDatabaseCall) -> Outcome<()> {
    alter(cx, &need(call.dbname, "dbname")?, need(call.db, "db")?)
}

pub(super) fn alter_database_req(
    cx: &mut Context<'_>,
    call: wire::AlterDatabaseReqCall,
) -> Outcome<()> {
    let request = need(call.alter_db_req, "request")?;
    alter(cx, &request.old_db_name, request.new_db)
}

/// What becomes of what is in a dropped database.
struct Drop {
    data: bool,
    cascade: bool,
}

fn drop_with(cx: &Context<'_>, name: &str, how: &Drop) -> Outcome<()> {
    let database = find(cx, name)?;
    let tables = cx.store.list_tables(&database.name, None)?;
    if !how.cascade && !tables.is_empty() {
        let text = format!("Database {} is not empty. One or more tables exist.", database.name);
        return Err(Fault::new(FaultKind::InvalidOperation, text));
    }
    if database.name == crate::names::DEFAULT_DATABASE {
        return Err(Fault::meta("Can not drop default database"));
    }
    for table in tables {
        let dropped = cx.store.drop_table(&TableName::new(&database.name, &table)?)?;
        if how.data {
            for folder in &dropped.data {
                files::delete(Some(folder))?;
            }
        }
    }
    cx.store.drop_database(&database.name)?;
    if how.data {
        // Folders of external tables stay, and with them the database's.
        files::delete_empty(database.location_uri.as_deref());
    }
    Ok(())
}

pub(super) fn drop_database(cx: &mut Context<'_>, call: wire::DropDatabaseCall) -> Outcome<()> {
    let how =
        Drop { data: call.delete_data.unwrap_or(false), cascade: call.cascade.unwrap_or(false) };
    drop_with(cx, &need(call.name, "name")?, &how)
}

pub(super) fn drop_database_req(
    cx: &mut Context<'_>,
    call: wire::DropDatabaseReqCall,
) -> Outcome<()> {
    let request = need(call.req, "request")?;
    check_catalog(request.catalog_name.as_deref())?;
    let how = Drop { data: request.delete_data, cascade: request.cascade };
    match drop_with(cx, &request.name, &how) {
        Err(fault) if fault.kind == FaultKind::NoSuchObject && request.ignore_unknown_db => Ok(()),
        other => other,
    }
}

/// A scan that lets everything through.
pub(super) const ALL: Scan<'static> = Scan { prefix: "", fits: None, limit: usize::MAX };
