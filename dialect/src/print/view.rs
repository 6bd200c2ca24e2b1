//! Views and materialized views.

use super::Printer;
use crate::ast::{
    AlterMaterializedView, AlterView, AlterViewAction, CreateMaterializedView, CreateView,
    DropView, MaterializedViewAction, Query, StringLit, ViewOrganization, ViewPartitions,
};

impl Printer {
    pub(super) fn create_view(&mut self, view: &CreateView) {
        self.put("CREATE ");
        self.word_if(view.or_replace, "OR REPLACE");
        self.put("VIEW ");
        self.word_if(view.if_not_exists, "IF NOT EXISTS");
        self.name(&view.name);
        if !view.columns.is_empty() {
            self.put(" ");
            self.parens(&view.columns, |p, column| {
                p.ident(&column.name);
                p.string_clause("COMMENT", column.comment.as_ref());
            });
        }
        self.string_line("COMMENT ", view.comment.as_ref());
        self.view_partitions(view.partitioned_on.as_ref());
        if let Some(properties) = &view.properties {
            self.line();
            self.put("TBLPROPERTIES ");
            self.property_list(properties);
        }
        self.as_query(&view.query);
    }

    /// Puts a string and the word before it on a line.
    fn string_line(&mut self, word: &str, string: Option<&StringLit>) {
        if let Some(string) = string {
            self.line();
            self.put(word);
            self.string(string);
        }
    }

    fn as_query(&mut self, query: &Query) {
        self.line();
        self.put("AS");
        self.line();
        self.query(query);
    }

    fn view_partitions(&mut self, partitions: Option<&ViewPartitions>) {
        let Some(partitions) = partitions else { return };
        self.line();
        self.put("PARTITIONED ON ");
        match partitions {
            ViewPartitions::Columns(columns) => self.idents(columns),
            ViewPartitions::Spec(transforms) => {
                self.put("SPEC ");
                self.parens(transforms, Self::partition_transform);
            }
        }
    }

    pub(super) fn alter_view(&mut self, view: &AlterView) {
        self.put("ALTER VIEW ");
        self.name(&view.name);
        if let AlterViewAction::Query(query) = &view.action {
            return self.as_query(query);
        }
        self.put(" ");
        match &view.action {
            AlterViewAction::Query(_) => {}
            AlterViewAction::Rename(name) => {
                self.put("RENAME TO ");
                self.name(name);
            }
            AlterViewAction::SetProperties(properties) => {
                self.put("SET TBLPROPERTIES ");
                self.property_list(properties);
            }
            AlterViewAction::UnsetProperties { if_exists, properties } => {
                self.unset_properties(*if_exists, properties);
            }
            AlterViewAction::AddPartitions(add) => self.add_partitions(add),
            AlterViewAction::DropPartitions(drop) => self.drop_partitions(drop),
        }
    }

    pub(super) fn create_materialized_view(&mut self, view: &CreateMaterializedView) {
        self.put("CREATE MATERIALIZED VIEW ");
        self.word_if(view.if_not_exists, "IF NOT EXISTS");
        self.name(&view.name);
        self.put(if view.disable_rewrite { " DISABLE REWRITE" } else { "" });
        self.string_line("COMMENT ", view.comment.as_ref());
        self.view_partitions(view.partitioned_on.as_ref());
        self.view_organization(view.organization.as_ref());
        if let Some(row_format) = &view.row_format {
            self.line();
            self.row_format(row_format);
        }
        if let Some(storage) = &view.storage {
            self.line();
            self.storage(storage);
        }
        self.string_line("LOCATION ", view.location.as_ref());
        if let Some(properties) = &view.properties {
            self.line();
            self.put("TBLPROPERTIES ");
            self.property_list(properties);
        }
        self.as_query(&view.query);
    }

    fn view_organization(&mut self, organization: Option<&ViewOrganization>) {
        let Some(organization) = organization else { return };
        self.line();
        match organization {
            ViewOrganization::Clustered(columns) => {
                self.put("CLUSTERED ON ");
                self.idents(columns);
            }
            ViewOrganization::Distributed { distributed, sorted } => {
                self.put("DISTRIBUTED ON ");
                self.idents(distributed);
                self.put(" SORTED ON ");
                self.idents(sorted);
            }
        }
    }

    pub(super) fn alter_materialized_view(&mut self, view: &AlterMaterializedView) {
        self.put("ALTER MATERIALIZED VIEW ");
        self.name(&view.name);
        self.put(match view.action {
            MaterializedViewAction::EnableRewrite => " ENABLE REWRITE",
            MaterializedViewAction::DisableRewrite => " DISABLE REWRITE",
            MaterializedViewAction::Rebuild => " REBUILD",
        });
    }

    pub(super) fn drop_view(&mut self, drop: &DropView) {
        self.put("DROP ");
        self.word_if(drop.materialized, "MATERIALIZED");
        self.put("VIEW ");
        self.word_if(drop.if_exists, "IF EXISTS");
        self.name(&drop.name);
    }
}
