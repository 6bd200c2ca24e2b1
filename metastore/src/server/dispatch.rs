//! Which handler answers which call.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::arguments::{Context, Outcome};
use super::{
    constraints, databases, partition_changes, partition_lists, partitions, statistics,
    table_changes, tables, transactions, various,
};
use crate::wire::message::{self, Message};
use crate::wire::{Fault, FaultKind, Method, arguments};

/// Answers one message.
pub(super) type Handler = fn(&mut Context<'_>, &Message) -> thrift::Result<Vec<u8>>;

/// Finds the handler of a call.
pub(super) fn find(name: &str) -> Option<Handler> {
    HANDLERS.get(name).copied()
}

/// Tells whether a call may answer very many things: partitions or their names. None of these changes anything.
pub(super) fn lists_partitions(name: &str) -> bool {
    (name.starts_with("get_") || name.starts_with("fetch_")) && name.contains("part")
}

/// Decodes the arguments, runs the handler and encodes what it answers.
fn run<M: Method>(
    cx: &mut Context<'_>,
    message: &Message,
    handler: impl Fn(&mut Context<'_>, M) -> Outcome<M::Success>,
) -> thrift::Result<Vec<u8>> {
    let outcome = match arguments::<M>(&message.body) {
        Ok(call) => handler(cx, call),
        Err(error) => {
            let text = format!("the arguments of {} cannot be read: {error}", M::NAME);
            return message::refusal(
                &message.name,
                message.sequence,
                &Fault::new(FaultKind::InvalidInput, text),
            );
        }
    };
    message::reply::<M>(message.sequence, &outcome)
}

macro_rules! handlers {
    ($($module:ident :: $name:ident),* $(,)?) => {
        static HANDLERS: LazyLock<BTreeMap<&'static str, Handler>> = LazyLock::new(|| {
            BTreeMap::from([$(
                (stringify!($name), (|cx, message| run(cx, message, $module::$name)) as Handler)
            ),*])
        });
    };
}

handlers![
    transactions::abort_txn,
    transactions::abort_txns,
    constraints::add_check_constraint,
    constraints::add_default_constraint,
    transactions::add_dynamic_partitions,
    constraints::add_foreign_key,
    constraints::add_not_null_constraint,
    partition_changes::add_partition,
    partition_changes::add_partition_with_environment_context,
    partition_changes::add_partitions,
    partition_changes::add_partitions_pspec,
    partition_changes::add_partitions_req,
    constraints::add_primary_key,
    constraints::add_unique_constraint,
    transactions::add_write_ids_to_min_history,
    various::aliveSince,
    transactions::allocate_table_write_ids,
    databases::alter_database,
    databases::alter_database_req,
    various::alter_function,
    partition_changes::alter_partition,
    partition_changes::alter_partition_with_environment_context,
    partition_changes::alter_partitions,
    partition_changes::alter_partitions_req,
    partition_changes::alter_partitions_with_environment_context,
    table_changes::alter_table,
    table_changes::alter_table_req,
    table_changes::alter_table_with_cascade,
    table_changes::alter_table_with_environment_context,
    partition_changes::append_partition,
    partition_changes::append_partition_by_name,
    partition_changes::append_partition_by_name_with_environment_context,
    partition_changes::append_partition_req,
    partition_changes::append_partition_with_environment_context,
    transactions::check_lock,
    transactions::commit_txn,
    databases::create_database,
    databases::create_database_req,
    various::create_function,
    table_changes::create_table,
    table_changes::create_table_req,
    table_changes::create_table_with_constraints,
    table_changes::create_table_with_environment_context,
    statistics::delete_column_statistics_req,
    statistics::delete_partition_column_statistics,
    statistics::delete_table_column_statistics,
    constraints::drop_constraint,
    databases::drop_database,
    databases::drop_database_req,
    various::drop_function,
    partition_changes::drop_partition,
    partition_changes::drop_partition_by_name,
    partition_changes::drop_partition_by_name_with_environment_context,
    partition_changes::drop_partition_req,
    partition_changes::drop_partition_with_environment_context,
    partition_changes::drop_partitions_req,
    table_changes::drop_table,
    table_changes::drop_table_req,
    table_changes::drop_table_with_environment_context,
    partition_lists::fetch_partition_names_req,
    various::flushCache,
    various::getMetaConf,
    various::getName,
    various::getStatus,
    various::getVersion,
    statistics::get_aggr_stats_for,
    databases::get_all_databases,
    various::get_all_functions,
    tables::get_all_materialized_view_objects_for_rewriting,
    constraints::get_all_table_constraints,
    tables::get_all_tables,
    various::get_catalog,
    various::get_catalogs,
    constraints::get_check_constraints,
    various::get_config_value,
    various::get_current_notificationEventId,
    databases::get_database,
    databases::get_database_req,
    databases::get_databases,
    databases::get_databases_req,
    constraints::get_default_constraints,
    tables::get_fields,
    tables::get_fields_req,
    tables::get_fields_with_environment_context,
    constraints::get_foreign_keys,
    various::get_function,
    various::get_functions,
    various::get_functions_req,
    various::get_index_names,
    various::get_indexes,
    transactions::get_latest_txnid_in_conflict,
    tables::get_materialized_views_for_rewriting,
    various::get_metastore_db_uuid,
    various::get_next_notification,
    constraints::get_not_null_constraints,
    various::get_notification_events_count,
    partition_lists::get_num_partitions_by_filter,
    transactions::get_open_txns,
    transactions::get_open_txns_info,
    transactions::get_open_txns_req,
    partition_lists::get_part_specs_by_filter,
    partitions::get_partition,
    partitions::get_partition_by_name,
    statistics::get_partition_column_statistics,
    partition_lists::get_partition_names,
    partition_lists::get_partition_names_ps,
    partition_lists::get_partition_names_ps_req,
    partition_lists::get_partition_names_req,
    partitions::get_partition_req,
    partition_lists::get_partition_values,
    partitions::get_partition_with_auth,
    partition_lists::get_partitions,
    partition_lists::get_partitions_by_expr,
    partition_lists::get_partitions_by_filter,
    partition_lists::get_partitions_by_filter_req,
    partitions::get_partitions_by_names,
    partitions::get_partitions_by_names_req,
    partition_lists::get_partitions_ps,
    partition_lists::get_partitions_ps_with_auth,
    partition_lists::get_partitions_ps_with_auth_req,
    partition_lists::get_partitions_pspec,
    partition_lists::get_partitions_req,
    partition_lists::get_partitions_spec_by_expr,
    statistics::get_partitions_statistics_req,
    partition_lists::get_partitions_with_auth,
    partition_lists::get_partitions_with_specs,
    constraints::get_primary_keys,
    various::get_privilege_set,
    various::get_role_grants_for_principal,
    various::get_role_names,
    tables::get_schema,
    tables::get_schema_req,
    tables::get_schema_with_environment_context,
    tables::get_table,
    statistics::get_table_column_statistics,
    tables::get_table_meta,
    tables::get_table_objects_by_name,
    tables::get_table_objects_by_name_req,
    tables::get_table_req,
    statistics::get_table_statistics_req,
    tables::get_tables,
    tables::get_tables_by_type,
    tables::get_tables_ext,
    constraints::get_unique_constraints,
    transactions::get_valid_write_ids,
    transactions::heartbeat,
    transactions::heartbeat_txn_range,
    various::list_privileges,
    various::list_roles,
    transactions::lock,
    transactions::open_txns,
    partitions::partition_name_has_valid_characters,
    partitions::partition_name_to_spec,
    partitions::partition_name_to_vals,
    partition_changes::rename_partition,
    partition_changes::rename_partition_req,
    various::setMetaConf,
    statistics::set_aggr_stats_for,
    various::set_ugi,
    transactions::show_compact,
    transactions::show_locks,
    various::shutdown,
    table_changes::translate_table_dryrun,
    table_changes::truncate_table,
    table_changes::truncate_table_req,
    transactions::unlock,
    statistics::update_partition_column_statistics,
    statistics::update_partition_column_statistics_req,
    statistics::update_table_column_statistics,
    statistics::update_table_column_statistics_req,
    various::update_transaction_statistics,
];
