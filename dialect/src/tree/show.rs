//! `SHOW`, `DESCRIBE`, `ANALYZE TABLE`, `MSCK`.

use super::{Open, Tree};
use crate::ast::{
    Analyze, AnalyzeAction, Describe, DescribeDetail, DescribedFunction, Ident, Limit, Msck,
    MsckAction, MsckKind, ObjectName, PartitionSpec, Pattern, Show, ShowCompactions,
    ShowGrantObject, ShowPartitions, ShowPattern, ShowScope, TableFilter,
};

impl Tree {
    pub(super) fn show(&mut self, show: &Show) {
        match show {
            Show::Databases { pattern } => {
                self.node("tok_showdatabases", |tree| tree.show_pattern(pattern.as_ref()));
            }
            Show::Tables { extended, database, filter } => self.node("tok_showtables", |tree| {
                tree.in_database(database.as_ref());
                if let Some(filter) = filter {
                    tree.table_filter(filter);
                }
                tree.flag("extended", *extended);
            }),
            Show::Views { materialized, database, pattern } => {
                let name =
                    if *materialized { "tok_showmaterializedviews" } else { "tok_showviews" };
                self.node(name, |tree| {
                    tree.in_database(database.as_ref());
                    tree.show_pattern(pattern.as_ref());
                });
            }
            Show::Columns { sorted, table, database, pattern } => {
                self.node("tok_showcolumns", |tree| {
                    tree.table_name(table);
                    tree.in_database(database.as_ref());
                    tree.show_pattern(pattern.as_ref());
                    tree.flag("sorted", *sorted);
                });
            }
            Show::Functions { pattern } => self.node("tok_showfunctions", |tree| {
                tree.flag("like", pattern.is_some());
                tree.show_pattern(pattern.as_ref());
            }),
            Show::Partitions(partitions) => self.show_partitions(partitions),
            Show::CreateDatabase(name) => {
                self.node("tok_show_createdatabase", |tree| tree.ident(name));
            }
            Show::CreateTable(name) => {
                self.node("tok_show_createtable", |tree| tree.table_name(name));
            }
            Show::TableExtended { database, pattern, partition } => {
                self.node("tok_show_tablestatus", |tree| {
                    tree.show_pattern(Some(pattern));
                    if let Some(database) = database {
                        tree.ident(database);
                    }
                    tree.optional_partition(partition.as_ref());
                });
            }
            Show::TableProperties { table, key } => self.node("tok_show_tblproperties", |tree| {
                tree.table_name(table);
                if let Some(key) = key {
                    tree.string(key);
                }
            }),
            activity => self.show_activity(activity),
        }
    }

    /// Puts what is shown of running work, settings and privileges.
    fn show_activity(&mut self, show: &Show) {
        match show {
            Show::Locks { scope, extended } => {
                let database = matches!(scope, Some(ShowScope::Database(_)));
                let name = if database { "tok_showdblocks" } else { "tok_showlocks" };
                self.node(name, |tree| {
                    if let Some(scope) = scope {
                        tree.show_scope(scope);
                    }
                    tree.flag("extended", *extended);
                });
            }
            Show::Compactions(compactions) => self.show_compactions(compactions),
            Show::Conf(key) => self.node("tok_showconf", |tree| tree.string(key)),
            Show::ResourcePlan(name) => self.node("tok_show_rp", |tree| tree.ident(name)),
            Show::ResourcePlans => self.leaf("tok_show_rp"),
            Show::Connectors => self.leaf("tok_showdataconnectors"),
            Show::Grants { principal, object } => self.node("tok_show_grant", |tree| {
                if let Some(principal) = principal {
                    tree.principal(principal);
                }
                if let Some(object) = object {
                    tree.show_grant_object(object);
                }
            }),
            Show::RoleGrants(principal) => {
                self.node("tok_show_role_grant", |tree| tree.principal(principal));
            }
            Show::Roles => self.leaf("tok_show_roles"),
            Show::CurrentRoles => self.leaf("tok_show_current_role"),
            Show::Principals(role) => {
                self.node("tok_show_role_principals", |tree| tree.ident(role));
            }
            // The others are put by `show`.
            _ => self.leaf("tok_show_transactions"),
        }
    }

    /// Puts a word that is there or not.
    pub(super) fn flag(&mut self, word: &str, there: bool) {
        if there {
            self.leaf(word);
        }
    }

    pub(super) fn optional_partition(&mut self, partition: Option<&PartitionSpec>) {
        if let Some(spec) = partition {
            self.partition_spec(spec);
        }
    }

    fn in_database(&mut self, database: Option<&Ident>) {
        if let Some(database) = database {
            self.leaf("tok_from");
            self.ident(database);
        }
    }

    fn show_pattern(&mut self, pattern: Option<&ShowPattern>) {
        match pattern.map(|pattern| &pattern.pattern) {
            None => {}
            Some(Pattern::String(string)) => self.string(string),
            Some(Pattern::Name(name)) => self.text(&name.to_string()),
        }
    }

    fn table_filter(&mut self, filter: &TableFilter) {
        match filter {
            TableFilter::Pattern(pattern) => {
                self.flag("like", pattern.like);
                self.show_pattern(Some(pattern));
            }
            TableFilter::Property { key, value } => self.node("tok_table_type", |tree| {
                tree.ident(key);
                tree.string(value);
            }),
        }
    }

    fn show_partitions(&mut self, show: &ShowPartitions) {
        self.node("tok_showpartitions", |tree| {
            tree.table_name(&show.table);
            tree.optional_partition(show.partition.as_ref());
            tree.optional("tok_where", show.filter.as_ref());
            tree.sort_items("tok_orderby", &show.order_by);
            tree.limit_clause(show.limit.as_ref());
        });
    }

    fn limit_clause(&mut self, limit: Option<&Limit>) {
        let Some(limit) = limit else { return };
        self.node("tok_limit", |tree| {
            limit.offset.iter().for_each(|offset| tree.expr(offset));
            tree.expr(&limit.count);
        });
    }

    fn show_compactions(&mut self, show: &ShowCompactions) {
        self.node("tok_show_compactions", |tree| {
            if let Some(id) = &show.id {
                tree.node("tok_compact_id", |tree| tree.text(&id.raw));
            }
            show.scope.iter().for_each(|scope| tree.show_scope(scope));
            tree.string_node("tok_compact_pool", show.pool.as_ref());
            tree.string_node("tok_compaction_type", show.compaction_type.as_ref());
            tree.string_node("tok_compaction_status", show.status.as_ref());
            tree.sort_items("tok_orderby", &show.order_by);
            tree.limit_clause(show.limit.as_ref());
        });
    }

    fn show_scope(&mut self, scope: &ShowScope) {
        match scope {
            ShowScope::Database(name) => self.ident(name),
            ShowScope::Table { name, path, partition } => self.node("tok_tabtype", |tree| {
                tree.table_and_path(name, path);
                tree.optional_partition(partition.as_ref());
            }),
        }
    }

    /// Puts `a.b c.d`: each dot is a node with what is before it, and takes all up to the next.
    fn table_and_path(&mut self, name: &ObjectName, path: &[Ident]) {
        let dots = name.parts.len() + path.len().max(1) - 2;
        let mut open: Vec<Open> = (0..dots).map(|_| self.open(".")).collect();
        // The node of the first dot is the innermost: it ends where the next dot is.
        let mut first = true;
        let mut dot = |tree: &mut Self, there: bool| {
            if there && !std::mem::take(&mut first) {
                open.pop().into_iter().for_each(|node| tree.close(node));
            }
        };
        for (i, part) in name.parts.iter().enumerate() {
            dot(self, i > 0);
            self.ident(part);
        }
        for (i, part) in path.iter().enumerate() {
            dot(self, i > 0);
            self.ident(part);
        }
        open.into_iter().rev().for_each(|node| self.close(node));
    }

    fn show_grant_object(&mut self, object: &ShowGrantObject) {
        match object {
            ShowGrantObject::All => self.leaf("tok_resource_all"),
            ShowGrantObject::Object { object, columns } => {
                self.node("tok_priv_object_col", |tree| tree.grant_object(object, columns));
            }
        }
    }

    // ── DESCRIBE ─────────────────────────────────────────────────────

    pub(super) fn describe(&mut self, describe: &Describe) {
        match describe {
            Describe::Table { detail, table, partition, path } => {
                self.node("tok_desctable", |tree| {
                    tree.node("tok_tabtype", |tree| {
                        tree.table_name(table);
                        tree.optional_partition(partition.as_ref());
                        tree.column_path(path);
                    });
                    match detail {
                        None => {}
                        Some(DescribeDetail::Extended) => tree.leaf("extended"),
                        Some(DescribeDetail::Formatted) => tree.leaf("formatted"),
                    }
                });
            }
            Describe::Database { extended, name } => self.node("tok_descdatabase", |tree| {
                tree.ident(name);
                tree.flag("extended", *extended);
            }),
            Describe::Connector { extended, name } => self.node("tok_descdataconnector", |tree| {
                tree.ident(name);
                tree.flag("extended", *extended);
            }),
            Describe::Function { extended, name } => self.node("tok_descfunction", |tree| {
                match name {
                    DescribedFunction::Name(name) => tree.text(&name.to_string()),
                    DescribedFunction::String(string) => tree.string(string),
                    DescribedFunction::Operator { text, .. } => tree.text(text),
                }
                tree.flag("extended", *extended);
            }),
        }
    }

    /// Puts `a.b.c`: each dot is a node with what is before it and the next name.
    fn column_path(&mut self, path: &[Ident]) {
        let mut open: Vec<Open> = path.iter().skip(1).map(|_| self.open(".")).collect();
        for (i, part) in path.iter().enumerate() {
            self.ident(part);
            if i > 0 {
                open.pop().into_iter().for_each(|node| self.close(node));
            }
        }
    }

    // ── ANALYZE, MSCK ────────────────────────────────────────────────

    pub(super) fn analyze(&mut self, analyze: &Analyze) {
        let cache = analyze.action == AnalyzeAction::CacheMetadata;
        self.node(if cache { "tok_cache_metadata" } else { "tok_analyze" }, |tree| {
            tree.table_or_partition(&analyze.table, analyze.partition.as_ref());
            match &analyze.action {
                AnalyzeAction::Statistics | AnalyzeAction::CacheMetadata => {}
                AnalyzeAction::Noscan => tree.leaf("noscan"),
                AnalyzeAction::Columns(columns) => {
                    tree.leaf("columns");
                    tree.column_list(columns);
                }
            }
        });
    }

    /// Puts `tok_tab` with a table and its partition.
    pub(super) fn table_or_partition(
        &mut self,
        table: &ObjectName,
        partition: Option<&PartitionSpec>,
    ) {
        self.node("tok_tab", |tree| {
            tree.table_name(table);
            tree.optional_partition(partition);
        });
    }

    pub(super) fn msck(&mut self, msck: &Msck) {
        self.node("tok_msck", |tree| {
            tree.flag("repair", msck.repair);
            tree.table_name(&msck.table);
            msck.action.iter().for_each(|action| tree.msck_action(action));
        });
    }

    fn msck_action(&mut self, action: &MsckAction) {
        self.leaf(match action.kind {
            MsckKind::Add => "add",
            MsckKind::Drop => "drop",
            MsckKind::Sync => "sync",
        });
        if !action.filter.is_empty() {
            self.node("tok_partspec", |tree| {
                action.filter.iter().for_each(|condition| tree.partition_condition(condition));
            });
        }
    }
}
