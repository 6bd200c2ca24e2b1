//! The service itself: version, settings, users and roles, catalogs, functions, events.

use super::arguments::{Context, Outcome, check_catalog, database_name, need};
use crate::convert::CATALOG;
use crate::embedded::Existing;
use crate::generated::structs as wire;
use crate::wire::{Fault, FaultKind, from_bytes, struct_bytes};
use crate::{Catalog, pattern};

/// Interface that is spoken: clients ask for it to choose between calls.
const VERSION: &str = "3.1.3";

/// Most events that one call answers.
const MAX_EVENTS: usize = 10_000;

/// Class that reads partition expressions in Hive's metastore; MSCK sets another one for its connection, which changes nothing here.
const EXPRESSION_PROXY: &str =
    "org.apache.hadoop.hive.ql.optimizer.ppr.PartitionExpressionForMetastore";

/// Settings that clients ask a metastore for, with Hive's defaults.
const SETTINGS: &[(&str, &str)] = &[
    ("hive.exec.default.partition.name", crate::names::DEFAULT_PARTITION_NAME),
    ("hive.metastore.try.direct.sql", "true"),
    ("hive.metastore.try.direct.sql.ddl", "true"),
    ("hive.metastore.client.capability.check", "true"),
    ("hive.metastore.partition.name.whitelist.pattern", ""),
    ("hive.metastore.disallow.incompatible.col.type.changes", "false"),
    ("metastore.try.direct.sql", "true"),
    ("metastore.try.direct.sql.ddl", "true"),
    ("metastore.client.capability.check", "true"),
    ("metastore.partition.name.whitelist.pattern", ""),
    ("metastore.disallow.incompatible.col.type.changes", "false"),
    ("hive.metastore.expression.proxy", EXPRESSION_PROXY),
    ("metastore.expression.proxy", EXPRESSION_PROXY),
];

#[expect(non_snake_case, reason = "the call's own name")]
pub(super) fn getName(_: &mut Context<'_>, _: wire::GetNameCall) -> Outcome<String> {
    Ok("skep metastore".to_owned())
}

#[expect(non_snake_case, reason = "the call's own name")]
pub(super) fn getVersion(_: &mut Context<'_>, _: wire::GetVersionCall) -> Outcome<String> {
    Ok(VERSION.to_owned())
}

/// Alive, in the numbers of fb303.
#[expect(non_snake_case, reason = "the call's own name")]
pub(super) fn getStatus(_: &mut Context<'_>, _: wire::GetStatusCall) -> Outcome<i32> {
    Ok(2)
}

#[expect(non_snake_case, reason = "the call's own name")]
pub(super) fn aliveSince(_: &mut Context<'_>, _: wire::AliveSinceCall) -> Outcome<i64> {
    Ok(0)
}

/// The connection ends after this.
pub(super) fn shutdown(_: &mut Context<'_>, _: wire::ShutdownCall) -> Outcome<()> {
    Ok(())
}

/// Nothing is cached.
#[expect(non_snake_case, reason = "the call's own name")]
pub(super) fn flushCache(_: &mut Context<'_>, _: wire::FlushCacheCall) -> Outcome<()> {
    Ok(())
}

pub(super) fn set_ugi(cx: &mut Context<'_>, call: wire::SetUgiCall) -> Outcome<Vec<String>> {
    let mut names = call.group_names.unwrap_or_default();
    cx.user.clone_from(&call.user_name);
    names.extend(call.user_name);
    Ok(names)
}

#[expect(non_snake_case, reason = "the call's own name")]
pub(super) fn getMetaConf(cx: &mut Context<'_>, call: wire::GetMetaConfCall) -> Outcome<String> {
    let key = need(call.key, "key")?;
    let default = SETTINGS.iter().find(|(name, _)| *name == key).map(|(_, value)| *value);
    match cx.settings.get(&key).map(String::as_str).or(default) {
        Some(value) => Ok(value.to_owned()),
        None => Err(Fault::meta(format!("Invalid configuration key {key}"))),
    }
}

#[expect(non_snake_case, reason = "the call's own name")]
pub(super) fn setMetaConf(cx: &mut Context<'_>, call: wire::SetMetaConfCall) -> Outcome<()> {
    let key = need(call.key, "key")?;
    if !SETTINGS.iter().any(|(name, _)| *name == key) {
        return Err(Fault::meta(format!("Invalid configuration key {key}")));
    }
    cx.settings.insert(key, call.value.unwrap_or_default());
    Ok(())
}

pub(super) fn get_config_value(
    cx: &mut Context<'_>,
    call: wire::GetConfigValueCall,
) -> Outcome<String> {
    let name = call.name.unwrap_or_default();
    if ["password", "secret", "token"].iter().any(|word| name.to_lowercase().contains(word)) {
        return Err(Fault::new(FaultKind::ConfigValSecurity, format!("{name} is not shown")));
    }
    let known = SETTINGS.iter().find(|(key, _)| *key == name).map(|(_, v)| (*v).to_owned());
    let value = cx.settings.get(&name).cloned().or(known).or(call.default_value);
    value.ok_or_else(|| Fault::new(FaultKind::Internal, format!("{name} is not set")))
}

pub(super) fn get_metastore_db_uuid(
    _: &mut Context<'_>,
    _: wire::GetMetastoreDbUuidCall,
) -> Outcome<String> {
    Err(Fault::meta("this metastore has no uuid"))
}

pub(super) fn get_catalogs(
    _: &mut Context<'_>,
    _: wire::GetCatalogsCall,
) -> Outcome<wire::GetCatalogsResponse> {
    Ok(wire::GetCatalogsResponse { names: Some(vec![CATALOG.to_owned()]) })
}

pub(super) fn get_catalog(
    cx: &mut Context<'_>,
    call: wire::GetCatalogCall,
) -> Outcome<wire::GetCatalogResponse> {
    let name = need(call.cat_name, "request")?.name;
    check_catalog(name.as_deref())?;
    let default = cx.store.get_database(crate::names::DEFAULT_DATABASE)?;
    let catalog = wire::Catalog {
        name: Some(CATALOG.to_owned()),
        description: Some("Default catalog for Hive".to_owned()),
        location_uri: default.location_uri,
        create_time: None,
        parameters: None,
    };
    Ok(wire::GetCatalogResponse { catalog: Some(catalog) })
}

/// There are no indexes, which Hive 3 dropped; Hive 2.3 asks for them when it hands conditions to readers.
pub(super) fn get_indexes(
    _: &mut Context<'_>,
    _: wire::GetIndexesCall,
) -> Outcome<Vec<wire::Index>> {
    Ok(Vec::new())
}

pub(super) fn get_index_names(
    _: &mut Context<'_>,
    _: wire::GetIndexNamesCall,
) -> Outcome<Vec<String>> {
    Ok(Vec::new())
}

/// There are no roles but the one that everybody has.
pub(super) fn get_role_names(
    _: &mut Context<'_>,
    _: wire::GetRoleNamesCall,
) -> Outcome<Vec<String>> {
    Ok(vec!["public".to_owned()])
}

pub(super) fn list_roles(
    _: &mut Context<'_>,
    call: wire::ListRolesCall,
) -> Outcome<Vec<wire::Role>> {
    let user = call.principal_type != Some(wire::PrincipalType::ROLE);
    let public = wire::Role {
        role_name: Some("public".to_owned()),
        create_time: Some(0),
        owner_name: Some("public".to_owned()),
    };
    Ok(if user { vec![public] } else { Vec::new() })
}

pub(super) fn get_role_grants_for_principal(
    _: &mut Context<'_>,
    _: wire::GetRoleGrantsForPrincipalCall,
) -> Outcome<wire::GetRoleGrantsForPrincipalResponse> {
    Ok(wire::GetRoleGrantsForPrincipalResponse { principal_grants: Vec::new() })
}

/// Privileges are neither kept nor checked here.
pub(super) fn get_privilege_set(
    _: &mut Context<'_>,
    _: wire::GetPrivilegeSetCall,
) -> Outcome<wire::PrincipalPrivilegeSet> {
    Ok(wire::PrincipalPrivilegeSet {
        user_privileges: None,
        group_privileges: None,
        role_privileges: None,
    })
}

pub(super) fn list_privileges(
    _: &mut Context<'_>,
    _: wire::ListPrivilegesCall,
) -> Outcome<Vec<wire::HiveObjectPrivilege>> {
    Ok(Vec::new())
}

fn write(cx: &Context<'_>, mut function: wire::Function, how: Existing) -> Outcome<()> {
    check_catalog(function.cat_name.as_deref())?;
    let database = database_name(&need(function.db_name, "database")?)?;
    let name = need(function.function_name, "name")?.to_lowercase();
    function.db_name = Some(database.clone());
    function.function_name = Some(name.clone());
    function.cat_name = Some(CATALOG.to_owned());
    function.create_time = function.create_time.filter(|t| *t != 0).or(Some(cx.now()));
    Ok(cx.store.put_function(&database, &name, &struct_bytes(&function)?, how)?)
}

pub(super) fn create_function(cx: &mut Context<'_>, call: wire::CreateFunctionCall) -> Outcome<()> {
    write(cx, need(call.func, "func")?, Existing::Refuse)
}

pub(super) fn alter_function(cx: &mut Context<'_>, call: wire::AlterFunctionCall) -> Outcome<()> {
    write(cx, need(call.new_func, "newFunc")?, Existing::Keep)
}

pub(super) fn drop_function(cx: &mut Context<'_>, call: wire::DropFunctionCall) -> Outcome<()> {
    let database = database_name(&need(call.db_name, "dbName")?)?;
    let name = need(call.func_name, "funcName")?.to_lowercase();
    if cx.store.drop_function(&database, &name)? {
        return Ok(());
    }
    Err(Fault::new(FaultKind::NoSuchObject, format!("Function {name} does not exist")))
}

fn functions(cx: &Context<'_>, database: Option<&str>) -> Outcome<Vec<wire::Function>> {
    let mut all = Vec::new();
    for bytes in cx.store.functions(database)? {
        all.push(from_bytes(&bytes)?);
    }
    Ok(all)
}

pub(super) fn get_function(
    cx: &mut Context<'_>,
    call: wire::GetFunctionCall,
) -> Outcome<wire::Function> {
    let database = database_name(&need(call.db_name, "dbName")?)?;
    let name = need(call.func_name, "funcName")?.to_lowercase();
    let named = |f: &wire::Function| f.function_name.as_deref() == Some(name.as_str());
    functions(cx, Some(&database))?.into_iter().find(named).ok_or_else(|| {
        let text = format!("Function {CATALOG}.{database}.{name} does not exist");
        Fault::new(FaultKind::NoSuchObject, text)
    })
}

fn fitting(cx: &Context<'_>, database: &str, wanted: &str) -> Outcome<Vec<wire::Function>> {
    let database = database_name(database)?;
    let wanted = if wanted.is_empty() { "*" } else { wanted };
    let mut found = functions(cx, Some(&database))?;
    found.retain(|f| f.function_name.as_deref().is_some_and(|n| pattern::matches(wanted, n)));
    Ok(found)
}

pub(super) fn get_functions(
    cx: &mut Context<'_>,
    call: wire::GetFunctionsCall,
) -> Outcome<Vec<String>> {
    let database = need(call.db_name, "dbName")?;
    let found = fitting(cx, &database, &call.pattern.unwrap_or_default())?;
    Ok(found.into_iter().filter_map(|f| f.function_name).collect())
}

pub(super) fn get_functions_req(
    cx: &mut Context<'_>,
    call: wire::GetFunctionsReqCall,
) -> Outcome<wire::GetFunctionsResponse> {
    let request = need(call.request, "request")?;
    check_catalog(request.catalog_name.as_deref())?;
    let found = fitting(cx, &request.db_name, &request.pattern.unwrap_or_default())?;
    Ok(if request.return_names.unwrap_or(true) {
        let names = found.into_iter().filter_map(|f| f.function_name).collect();
        wire::GetFunctionsResponse { function_names: Some(names), functions: None }
    } else {
        wire::GetFunctionsResponse { function_names: None, functions: Some(found) }
    })
}

pub(super) fn get_all_functions(
    cx: &mut Context<'_>,
    _: wire::GetAllFunctionsCall,
) -> Outcome<wire::GetAllFunctionsResponse> {
    Ok(wire::GetAllFunctionsResponse { functions: Some(functions(cx, None)?) })
}

#[expect(non_snake_case, reason = "the call's own name")]
pub(super) fn get_current_notificationEventId(
    cx: &mut Context<'_>,
    _: wire::GetCurrentNotificationEventIdCall,
) -> Outcome<wire::CurrentNotificationEventId> {
    Ok(wire::CurrentNotificationEventId { event_id: cx.store.newest_event()? })
}

pub(super) fn get_next_notification(
    cx: &mut Context<'_>,
    call: wire::GetNextNotificationCall,
) -> Outcome<wire::NotificationEventResponse> {
    let request = need(call.rqst, "rqst")?;
    let most = request.max_events.filter(|most| *most > 0);
    let most = most.and_then(|most| usize::try_from(most).ok()).unwrap_or(MAX_EVENTS);
    let skipped = request.event_type_skip_list.unwrap_or_default();
    let chosen = request.event_type_list.unwrap_or_default();
    let tables = request.table_names.unwrap_or_default();
    let mut events = Vec::new();
    let mut after = request.last_event;
    while events.len() < most.min(MAX_EVENTS) {
        let page = cx.store.events(after, MAX_EVENTS)?;
        let Some(last) = page.last() else { break };
        after = last.id;
        for event in page {
            let named = event.table.as_ref().is_some_and(|t| tables.contains(t));
            let wanted = !skipped.contains(&event.kind)
                && (chosen.is_empty() || chosen.contains(&event.kind))
                && request.db_name.as_ref().is_none_or(|d| *d == event.database)
                && (tables.is_empty() || named);
            if wanted && events.len() < most.min(MAX_EVENTS) {
                events.push(notification(event));
            }
        }
    }
    Ok(wire::NotificationEventResponse { events })
}

fn notification(event: crate::embedded::Event) -> wire::NotificationEvent {
    wire::NotificationEvent {
        event_id: event.id,
        event_time: i32::try_from(event.time).unwrap_or(i32::MAX),
        event_type: event.kind,
        db_name: Some(event.database),
        table_name: event.table,
        message: event.message,
        message_format: Some("json-0.2".to_owned()),
        cat_name: Some(CATALOG.to_owned()),
    }
}

pub(super) fn get_notification_events_count(
    cx: &mut Context<'_>,
    call: wire::GetNotificationEventsCountCall,
) -> Outcome<wire::NotificationEventsCountResponse> {
    let request = need(call.rqst, "rqst")?;
    let last = request.to_event_id.filter(|id| *id > 0).unwrap_or(i64::MAX);
    let most = request.limit.filter(|most| *most > 0).unwrap_or(i64::MAX);
    let events = cx.store.events(request.from_event_id, usize::MAX)?;
    let counted = events.iter().filter(|e| e.id <= last && e.database == request.db_name).count();
    let events_count = i64::try_from(counted).unwrap_or(i64::MAX).min(most);
    Ok(wire::NotificationEventsCountResponse { events_count })
}

/// Row counts of a transaction's writes feed Hive's materialized views, which are not kept here.
pub(super) fn update_transaction_statistics(
    _: &mut Context<'_>,
    _: wire::UpdateTransactionStatisticsCall,
) -> Outcome<()> {
    Ok(())
}
