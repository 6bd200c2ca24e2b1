//! `SHOW`, `DESCRIBE`, `ANALYZE TABLE`, `MSCK`.

use super::Printer;
use crate::ast::{
    Analyze, AnalyzeAction, Describe, DescribeDetail, DescribedFunction, Ident, Limit, Msck,
    MsckKind, PartitionSpec, Pattern, Show, ShowCompactions, ShowGrantObject, ShowPartitions,
    ShowPattern, ShowScope, SortItem, TableFilter,
};

impl Printer {
    pub(super) fn show(&mut self, show: &Show) {
        self.put("SHOW ");
        match show {
            Show::Databases { pattern } => {
                self.put("DATABASES");
                self.show_pattern(pattern.as_ref());
            }
            Show::Tables { extended, database, filter } => {
                self.put(if *extended { "EXTENDED TABLES" } else { "TABLES" });
                self.in_database(database.as_ref());
                self.table_filter(filter.as_ref());
            }
            Show::Views { materialized, database, pattern } => {
                self.put(if *materialized { "MATERIALIZED VIEWS" } else { "VIEWS" });
                self.in_database(database.as_ref());
                self.show_pattern(pattern.as_ref());
            }
            Show::Columns { sorted, table, database, pattern } => {
                self.put(if *sorted { "SORTED COLUMNS FROM " } else { "COLUMNS FROM " });
                self.name(table);
                self.in_database(database.as_ref());
                self.show_pattern(pattern.as_ref());
            }
            Show::Functions { pattern } => {
                self.put("FUNCTIONS");
                self.show_pattern(pattern.as_ref());
            }
            Show::Partitions(partitions) => self.show_partitions(partitions),
            Show::CreateDatabase(name) => {
                self.put("CREATE DATABASE ");
                self.ident(name);
            }
            Show::CreateTable(name) => {
                self.put("CREATE TABLE ");
                self.name(name);
            }
            Show::TableExtended { database, pattern, partition } => {
                self.put("TABLE EXTENDED");
                self.in_database(database.as_ref());
                self.show_pattern(Some(pattern));
                self.optional_partition(partition.as_ref());
            }
            Show::TableProperties { table, key } => {
                self.put("TBLPROPERTIES ");
                self.name(table);
                if let Some(key) = key {
                    self.put(" (");
                    self.string(key);
                    self.put(")");
                }
            }
            activity => self.show_activity(activity),
        }
    }

    fn show_activity(&mut self, show: &Show) {
        match show {
            Show::Locks { scope, extended } => {
                self.put("LOCKS");
                self.show_scope(scope.as_ref());
                self.put(if *extended { " EXTENDED" } else { "" });
            }
            Show::Compactions(compactions) => self.show_compactions(compactions),
            Show::Conf(key) => {
                self.put("CONF ");
                self.string(key);
            }
            Show::ResourcePlan(name) => {
                self.put("RESOURCE PLAN ");
                self.ident(name);
            }
            Show::ResourcePlans => self.put("RESOURCE PLANS"),
            Show::Connectors => self.put("CONNECTORS"),
            Show::Grants { principal, object } => {
                self.put("GRANT");
                if let Some(principal) = principal {
                    self.put(" ");
                    self.principal(principal);
                }
                if let Some(object) = object {
                    self.put(" ON ");
                    self.show_grant_object(object);
                }
            }
            Show::RoleGrants(principal) => {
                self.put("ROLE GRANT ");
                self.principal(principal);
            }
            Show::Roles => self.put("ROLES"),
            Show::CurrentRoles => self.put("CURRENT ROLES"),
            Show::Principals(role) => {
                self.put("PRINCIPALS ");
                self.ident(role);
            }
            // The others are put by `show`.
            _ => self.put("TRANSACTIONS"),
        }
    }

    fn in_database(&mut self, database: Option<&Ident>) {
        if let Some(database) = database {
            self.put(" IN ");
            self.ident(database);
        }
    }

    fn show_pattern(&mut self, pattern: Option<&ShowPattern>) {
        let Some(pattern) = pattern else { return };
        self.put(if pattern.like { " LIKE " } else { " " });
        match &pattern.pattern {
            Pattern::Name(name) => self.name(name),
            Pattern::String(string) => self.string(string),
        }
    }

    fn table_filter(&mut self, filter: Option<&TableFilter>) {
        match filter {
            None => {}
            Some(TableFilter::Pattern(pattern)) => self.show_pattern(Some(pattern)),
            Some(TableFilter::Property { key, value }) => {
                self.put(" WHERE ");
                self.ident(key);
                self.put(" = ");
                self.string(value);
            }
        }
    }

    /// Puts ` PARTITION (...)` if there is one.
    pub(super) fn optional_partition(&mut self, partition: Option<&PartitionSpec>) {
        if let Some(partition) = partition {
            self.put(" ");
            self.partition_spec(partition);
        }
    }

    fn show_partitions(&mut self, show: &ShowPartitions) {
        self.put("PARTITIONS ");
        self.name(&show.table);
        self.optional_partition(show.partition.as_ref());
        if let Some(filter) = &show.filter {
            self.put(" WHERE ");
            self.expr(filter);
        }
        self.sorted_and_limited(&show.order_by, show.limit.as_ref());
    }

    fn sorted_and_limited(&mut self, order_by: &[SortItem], limit: Option<&Limit>) {
        if !order_by.is_empty() {
            self.put(" ORDER BY ");
            self.sort_items(order_by);
        }
        if let Some(limit) = limit {
            self.put(" LIMIT ");
            self.expr(&limit.count);
            if let Some(offset) = &limit.offset {
                self.put(" OFFSET ");
                self.expr(offset);
            }
        }
    }

    fn show_compactions(&mut self, show: &ShowCompactions) {
        self.put("COMPACTIONS");
        if let Some(id) = &show.id {
            self.put(" COMPACTIONID = ");
            self.put(&id.raw);
        }
        self.show_scope(show.scope.as_ref());
        self.string_clause("POOL", show.pool.as_ref());
        self.string_clause("TYPE", show.compaction_type.as_ref());
        self.string_clause("STATUS", show.status.as_ref());
        self.sorted_and_limited(&show.order_by, show.limit.as_ref());
    }

    fn show_scope(&mut self, scope: Option<&ShowScope>) {
        match scope {
            None => {}
            Some(ShowScope::Database(name)) => {
                self.put(" DATABASE ");
                self.ident(name);
            }
            Some(ShowScope::Table { name, path, partition }) => {
                self.put(" ");
                self.name(name);
                self.column_path(path);
                self.optional_partition(partition.as_ref());
            }
        }
    }

    fn column_path(&mut self, path: &[Ident]) {
        if !path.is_empty() {
            self.put(" ");
            self.list(path, ".", Self::ident);
        }
    }

    fn show_grant_object(&mut self, object: &ShowGrantObject) {
        match object {
            ShowGrantObject::All => self.put("ALL"),
            ShowGrantObject::Object { object, columns } => self.grant_object(object, columns),
        }
    }

    // ── DESCRIBE ─────────────────────────────────────────────────────

    pub(super) fn describe(&mut self, describe: &Describe) {
        self.put("DESCRIBE ");
        match describe {
            Describe::Table { detail, table, partition, path } => {
                self.put(match detail {
                    None => "",
                    Some(DescribeDetail::Extended) => "EXTENDED ",
                    Some(DescribeDetail::Formatted) => "FORMATTED ",
                });
                self.name(table);
                self.optional_partition(partition.as_ref());
                self.column_path(path);
            }
            Describe::Database { extended, name } => {
                self.put(if *extended { "DATABASE EXTENDED " } else { "DATABASE " });
                self.ident(name);
            }
            Describe::Connector { extended, name } => {
                self.put(if *extended { "CONNECTOR EXTENDED " } else { "CONNECTOR " });
                self.ident(name);
            }
            Describe::Function { extended, name } => {
                self.put(if *extended { "FUNCTION EXTENDED " } else { "FUNCTION " });
                match name {
                    DescribedFunction::Name(name) => self.name(name),
                    DescribedFunction::String(string) => self.string(string),
                    DescribedFunction::Operator { text, .. } => self.put(text),
                }
            }
        }
    }

    // ── ANALYZE, MSCK ────────────────────────────────────────────────

    pub(super) fn analyze(&mut self, analyze: &Analyze) {
        self.put("ANALYZE TABLE ");
        self.name(&analyze.table);
        self.optional_partition(analyze.partition.as_ref());
        match &analyze.action {
            AnalyzeAction::Statistics => self.put(" COMPUTE STATISTICS"),
            AnalyzeAction::Noscan => self.put(" COMPUTE STATISTICS NOSCAN"),
            AnalyzeAction::Columns(columns) => {
                self.put(" COMPUTE STATISTICS FOR COLUMNS");
                if !columns.is_empty() {
                    self.put(" ");
                    self.list(columns, ", ", Self::ident);
                }
            }
            AnalyzeAction::CacheMetadata => self.put(" CACHE METADATA"),
        }
    }

    pub(super) fn msck(&mut self, msck: &Msck) {
        self.put(if msck.repair { "MSCK REPAIR TABLE " } else { "MSCK TABLE " });
        self.name(&msck.table);
        let Some(action) = &msck.action else { return };
        self.put(match action.kind {
            MsckKind::Add => " ADD PARTITIONS",
            MsckKind::Drop => " DROP PARTITIONS",
            MsckKind::Sync => " SYNC PARTITIONS",
        });
        if !action.filter.is_empty() {
            self.put(" ");
            self.parens(&action.filter, Self::partition_condition);
        }
    }
}
