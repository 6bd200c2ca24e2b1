//! Functions and macros.

use super::Tree;
use crate::ast::{CreateFunction, CreateMacro, DropFunction, DropMacro, ResourceKind};

impl Tree {
    pub(super) fn create_function(&mut self, function: &CreateFunction) {
        self.node("tok_createfunction", |tree| {
            tree.text(&function.name.to_string());
            tree.string(&function.class);
            if !function.resources.is_empty() {
                tree.node("tok_resource_list", |tree| {
                    for resource in &function.resources {
                        tree.node("tok_resource_uri", |tree| {
                            tree.leaf(match resource.kind {
                                ResourceKind::Jar => "tok_jar",
                                ResourceKind::File => "tok_file",
                                ResourceKind::Archive => "tok_archive",
                            });
                            tree.string(&resource.path);
                        });
                    }
                });
            }
            tree.leaf_if(function.temporary, "tok_temporary");
        });
    }

    pub(super) fn drop_function(&mut self, drop: &DropFunction) {
        self.node("tok_dropfunction", |tree| {
            tree.text(&drop.name.to_string());
            tree.leaf_if(drop.if_exists, "tok_ifexists");
            tree.leaf_if(drop.temporary, "tok_temporary");
        });
    }

    pub(super) fn create_macro(&mut self, create: &CreateMacro) {
        self.node("tok_createmacro", |tree| {
            tree.ident(&create.name);
            tree.typed_columns(&create.arguments);
            tree.expr(&create.body);
        });
    }

    pub(super) fn drop_macro(&mut self, drop: &DropMacro) {
        self.node("tok_dropmacro", |tree| {
            tree.ident(&drop.name);
            tree.leaf_if(drop.if_exists, "tok_ifexists");
        });
    }
}
