//! Views and materialized views.

use super::Tree;
use crate::ast::{
    AlterMaterializedView, AlterView, AlterViewAction, CreateMaterializedView, CreateView,
    DropView, Ident, MaterializedViewAction, ViewOrganization, ViewPartitions,
};

impl Tree {
    pub(super) fn create_view(&mut self, view: &CreateView) {
        self.node("tok_createview", |tree| {
            tree.table_name(&view.name);
            tree.leaf_if(view.or_replace, "tok_orreplace");
            tree.leaf_if(view.if_not_exists, "tok_ifnotexists");
            if !view.columns.is_empty() {
                tree.node("tok_tabcolname", |tree| {
                    for column in &view.columns {
                        tree.node("tok_tabcol", |tree| {
                            tree.ident(&column.name);
                            tree.leaf("tok_null");
                            tree.each(column.comment.iter(), Self::string);
                        });
                    }
                });
            }
            tree.string_node("tok_tablecomment", view.comment.as_ref());
            tree.view_partitions(view.partitioned_on.as_ref());
            tree.each(view.properties.iter(), Self::properties);
            tree.query(&view.query);
        });
    }

    fn view_partitions(&mut self, partitions: Option<&ViewPartitions>) {
        match partitions {
            None => {}
            Some(ViewPartitions::Columns(columns)) => {
                self.column_list_node("tok_viewpartcols", columns);
            }
            Some(ViewPartitions::Spec(transforms)) => {
                self.partition_transforms("tok_tablepartcolsbyspec", transforms);
            }
        }
    }

    fn column_list_node(&mut self, node: &str, columns: &[Ident]) {
        self.node(node, |tree| tree.column_list(columns));
    }

    pub(super) fn alter_view(&mut self, view: &AlterView) {
        self.node("tok_alterview", |tree| {
            tree.table_name(&view.name);
            match &view.action {
                AlterViewAction::Query(query) => {
                    tree.node("tok_alterview_as", |tree| tree.query(query));
                }
                AlterViewAction::Rename(name) => {
                    tree.node("tok_alterview_rename", |tree| tree.table_name(name));
                }
                AlterViewAction::SetProperties(properties) => {
                    tree.node("tok_alterview_properties", |tree| tree.properties(properties));
                }
                AlterViewAction::UnsetProperties { if_exists, properties } => {
                    tree.node("tok_alterview_dropproperties", |tree| {
                        tree.properties(properties);
                        tree.leaf_if(*if_exists, "tok_ifexists");
                    });
                }
                AlterViewAction::AddPartitions(add) => {
                    tree.add_partitions("tok_alterview_addparts", add);
                }
                AlterViewAction::DropPartitions(drop) => {
                    tree.drop_partitions("tok_alterview_dropparts", drop);
                }
            }
        });
    }

    pub(super) fn create_materialized_view(&mut self, view: &CreateMaterializedView) {
        self.node("tok_create_materialized_view", |tree| {
            tree.table_name(&view.name);
            tree.leaf_if(view.if_not_exists, "tok_ifnotexists");
            tree.leaf_if(view.disable_rewrite, "tok_rewrite_disabled");
            tree.string_node("tok_tablecomment", view.comment.as_ref());
            tree.each(view.row_format.iter(), Self::table_row_format);
            tree.each(view.storage.iter(), Self::storage);
            tree.string_node("tok_tablelocation", view.location.as_ref());
            tree.view_partitions(view.partitioned_on.as_ref());
            match &view.organization {
                None => {}
                Some(ViewOrganization::Clustered(columns)) => {
                    tree.column_list_node("tok_viewclustercols", columns);
                }
                Some(ViewOrganization::Distributed { distributed, sorted }) => {
                    tree.column_list_node("tok_viewdistributecols", distributed);
                    tree.column_list_node("tok_viewsortcols", sorted);
                }
            }
            tree.each(view.properties.iter(), Self::properties);
            tree.query(&view.query);
        });
    }

    pub(super) fn alter_materialized_view(&mut self, view: &AlterMaterializedView) {
        let (node, flag) = match view.action {
            MaterializedViewAction::EnableRewrite => {
                ("tok_alter_materialized_view_rewrite", Some("tok_rewrite_enabled"))
            }
            MaterializedViewAction::DisableRewrite => {
                ("tok_alter_materialized_view_rewrite", Some("tok_rewrite_disabled"))
            }
            MaterializedViewAction::Rebuild => ("tok_alter_materialized_view_rebuild", None),
        };
        self.node(node, |tree| {
            tree.table_name(&view.name);
            tree.each(flag, Self::leaf);
        });
    }

    pub(super) fn drop_view(&mut self, drop: &DropView) {
        let node = if drop.materialized { "tok_drop_materialized_view" } else { "tok_dropview" };
        self.node(node, |tree| {
            tree.table_name(&drop.name);
            tree.leaf_if(drop.if_exists, "tok_ifexists");
        });
    }
}
