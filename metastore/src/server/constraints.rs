//! Constraints of tables: kept and answered, not checked; the engines read them.

use super::arguments::{Context, Outcome, check_catalog, need, table_name};
use crate::convert::CATALOG;
use crate::embedded::ConstraintKind as Kind;
use crate::generated::structs as wire;
use crate::names::TableName;
use crate::wire::{Fault, FaultKind, from_bytes, struct_bytes};

/// Constraints of a table by kind.
#[derive(Default)]
pub(super) struct All {
    pub(super) primary: Vec<wire::SQLPrimaryKey>,
    pub(super) foreign: Vec<wire::SQLForeignKey>,
    pub(super) unique: Vec<wire::SQLUniqueConstraint>,
    pub(super) not_null: Vec<wire::SQLNotNullConstraint>,
    pub(super) default: Vec<wire::SQLDefaultConstraint>,
    pub(super) check: Vec<wire::SQLCheckConstraint>,
}

/// Adds constraints of one kind; each one without a name gets one, and the fields that say where it is are set.
macro_rules! add {
    ($cx:expr, $table:expr, $kind:expr, $all:expr, $database:ident, $name_field:ident, $name:ident, $cat:ident) => {{
        let mut rows = Vec::new();
        for (n, mut one) in $all.into_iter().enumerate() {
            one.$database = Some($table.database().to_owned());
            one.$name_field = Some($table.table().to_owned());
            one.$cat = Some(CATALOG.to_owned());
            let name = match one.$name.take().filter(|n| !n.is_empty()) {
                Some(name) => name,
                None => generated($cx, $kind, n),
            };
            one.$name = Some(name.clone());
            rows.push((name, struct_bytes(&one)?));
        }
        if !rows.is_empty() {
            $cx.store.add_constraints($table, $kind, &rows)?;
        }
    }};
}

/// Makes the name of a constraint that has none.
fn generated(cx: &Context<'_>, kind: Kind, number: usize) -> String {
    let kind = match kind {
        Kind::Primary => "pk",
        Kind::Foreign => "fk",
        Kind::Unique => "uk",
        Kind::NotNull => "nn",
        Kind::Default => "dc",
        Kind::Check => "cc",
    };
    format!("{kind}_{}_{}_{number}", cx.now(), cx.store.newest_event().unwrap_or(0))
}

impl All {
    /// Adds all of them to a table.
    pub(super) fn add(self, cx: &Context<'_>, table: &TableName) -> Outcome<()> {
        add!(cx, table, Kind::Primary, self.primary, table_db, table_name, pk_name, cat_name);
        add!(cx, table, Kind::Foreign, self.foreign, fktable_db, fktable_name, fk_name, cat_name);
        add!(cx, table, Kind::Unique, self.unique, table_db, table_name, uk_name, cat_name);
        add!(cx, table, Kind::NotNull, self.not_null, table_db, table_name, nn_name, cat_name);
        add!(cx, table, Kind::Default, self.default, table_db, table_name, dc_name, cat_name);
        add!(cx, table, Kind::Check, self.check, table_db, table_name, dc_name, cat_name);
        Ok(())
    }
}

/// Reads a table's constraints of one kind.
macro_rules! stored {
    ($cx:expr, $database:expr, $table:expr, $kind:expr) => {{
        let mut all = Vec::new();
        if let Ok(name) = table_name($database, $table) {
            for bytes in $cx.store.constraints(&name, $kind)? {
                all.push(from_bytes(&bytes)?);
            }
        }
        all
    }};
}

/// Finds the table of new constraints: that of the first one.
macro_rules! adding {
    ($name:ident, $call:ident, $list:ident, $field:ident, $database:ident, $table:ident) => {
        pub(super) fn $name(cx: &mut Context<'_>, call: wire::$call) -> Outcome<()> {
            let all = need(call.req, "req")?.$list;
            let Some(first) = all.first() else { return Ok(()) };
            let table = cx.table(first.$database.as_deref(), first.$table.as_deref())?;
            All { $field: all, ..All::default() }.add(cx, &table.name)
        }
    };
}

adding!(add_primary_key, AddPrimaryKeyCall, primary_key_cols, primary, table_db, table_name);
adding!(add_foreign_key, AddForeignKeyCall, foreign_key_cols, foreign, fktable_db, fktable_name);
adding!(
    add_unique_constraint,
    AddUniqueConstraintCall,
    unique_constraint_cols,
    unique,
    table_db,
    table_name
);
adding!(
    add_not_null_constraint,
    AddNotNullConstraintCall,
    not_null_constraint_cols,
    not_null,
    table_db,
    table_name
);
adding!(
    add_default_constraint,
    AddDefaultConstraintCall,
    default_constraint_cols,
    default,
    table_db,
    table_name
);
adding!(
    add_check_constraint,
    AddCheckConstraintCall,
    check_constraint_cols,
    check,
    table_db,
    table_name
);

pub(super) fn get_primary_keys(
    cx: &mut Context<'_>,
    call: wire::GetPrimaryKeysCall,
) -> Outcome<wire::PrimaryKeysResponse> {
    let request = need(call.request, "request")?;
    let (database, table) = (Some(request.db_name.as_str()), Some(request.tbl_name.as_str()));
    let primary_keys = stored!(cx, database, table, Kind::Primary);
    Ok(wire::PrimaryKeysResponse { primary_keys })
}

/// Answers the foreign keys of a table, or those of all tables of a parent; without a child the parent's are not searched for.
pub(super) fn get_foreign_keys(
    cx: &mut Context<'_>,
    call: wire::GetForeignKeysCall,
) -> Outcome<wire::ForeignKeysResponse> {
    let request = need(call.request, "request")?;
    let child = (request.foreign_db_name.as_deref(), request.foreign_tbl_name.as_deref());
    let mut foreign_keys: Vec<wire::SQLForeignKey> = stored!(cx, child.0, child.1, Kind::Foreign);
    let same = |wanted: &Option<String>, found: &Option<String>| {
        let lower = |t: &Option<String>| t.as_deref().map(str::to_lowercase);
        wanted.is_none() || lower(wanted) == lower(found)
    };
    foreign_keys.retain(|key| {
        same(&request.parent_db_name, &key.pktable_db)
            && same(&request.parent_tbl_name, &key.pktable_name)
    });
    Ok(wire::ForeignKeysResponse { foreign_keys })
}

pub(super) fn get_unique_constraints(
    cx: &mut Context<'_>,
    call: wire::GetUniqueConstraintsCall,
) -> Outcome<wire::UniqueConstraintsResponse> {
    let request = need(call.request, "request")?;
    let (database, table) = (Some(request.db_name.as_str()), Some(request.tbl_name.as_str()));
    let unique_constraints = stored!(cx, database, table, Kind::Unique);
    Ok(wire::UniqueConstraintsResponse { unique_constraints })
}

pub(super) fn get_not_null_constraints(
    cx: &mut Context<'_>,
    call: wire::GetNotNullConstraintsCall,
) -> Outcome<wire::NotNullConstraintsResponse> {
    let request = need(call.request, "request")?;
    let (database, table) = (Some(request.db_name.as_str()), Some(request.tbl_name.as_str()));
    let not_null_constraints = stored!(cx, database, table, Kind::NotNull);
    Ok(wire::NotNullConstraintsResponse { not_null_constraints })
}

pub(super) fn get_default_constraints(
    cx: &mut Context<'_>,
    call: wire::GetDefaultConstraintsCall,
) -> Outcome<wire::DefaultConstraintsResponse> {
    let request = need(call.request, "request")?;
    let (database, table) = (Some(request.db_name.as_str()), Some(request.tbl_name.as_str()));
    let default_constraints = stored!(cx, database, table, Kind::Default);
    Ok(wire::DefaultConstraintsResponse { default_constraints })
}

pub(super) fn get_check_constraints(
    cx: &mut Context<'_>,
    call: wire::GetCheckConstraintsCall,
) -> Outcome<wire::CheckConstraintsResponse> {
    let request = need(call.request, "request")?;
    let (database, table) = (Some(request.db_name.as_str()), Some(request.tbl_name.as_str()));
    let check_constraints = stored!(cx, database, table, Kind::Check);
    Ok(wire::CheckConstraintsResponse { check_constraints })
}

pub(super) fn get_all_table_constraints(
    cx: &mut Context<'_>,
    call: wire::GetAllTableConstraintsCall,
) -> Outcome<wire::AllTableConstraintsResponse> {
    let request = need(call.request, "request")?;
    check_catalog(Some(&request.cat_name))?;
    let (database, table) = (Some(request.db_name.as_str()), Some(request.tbl_name.as_str()));
    let all = wire::SQLAllTableConstraints {
        primary_keys: Some(stored!(cx, database, table, Kind::Primary)),
        foreign_keys: Some(stored!(cx, database, table, Kind::Foreign)),
        unique_constraints: Some(stored!(cx, database, table, Kind::Unique)),
        not_null_constraints: Some(stored!(cx, database, table, Kind::NotNull)),
        default_constraints: Some(stored!(cx, database, table, Kind::Default)),
        check_constraints: Some(stored!(cx, database, table, Kind::Check)),
    };
    Ok(wire::AllTableConstraintsResponse { all_table_constraints: all })
}

pub(super) fn drop_constraint(cx: &mut Context<'_>, call: wire::DropConstraintCall) -> Outcome<()> {
    let request = need(call.req, "req")?;
    check_catalog(request.cat_name.as_deref())?;
    let table = cx.table(Some(&request.dbname), Some(&request.tablename))?;
    if cx.store.drop_constraint(&table.name, &request.constraintname)? {
        return Ok(());
    }
    let text = format!(
        "The constraint: {} does not exist for the associated table: {}",
        request.constraintname, table.name
    );
    Err(Fault::new(FaultKind::NoSuchObject, text))
}
