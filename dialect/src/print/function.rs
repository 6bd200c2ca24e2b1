//! Functions and macros.

use super::Printer;
use crate::ast::{CreateFunction, CreateMacro, DropFunction, DropMacro, ResourceKind};

impl Printer {
    pub(super) fn create_function(&mut self, function: &CreateFunction) {
        self.put("CREATE ");
        self.word_if(function.temporary, "TEMPORARY");
        self.put("FUNCTION ");
        self.name(&function.name);
        self.string_clause("AS", Some(&function.class));
        if !function.resources.is_empty() {
            self.put(" USING ");
            self.list(&function.resources, ", ", |p, resource| {
                p.put(match resource.kind {
                    ResourceKind::Jar => "JAR ",
                    ResourceKind::File => "FILE ",
                    ResourceKind::Archive => "ARCHIVE ",
                });
                p.string(&resource.path);
            });
        }
    }

    pub(super) fn drop_function(&mut self, drop: &DropFunction) {
        self.put("DROP ");
        self.word_if(drop.temporary, "TEMPORARY");
        self.put("FUNCTION ");
        self.word_if(drop.if_exists, "IF EXISTS");
        self.name(&drop.name);
    }

    pub(super) fn create_macro(&mut self, create: &CreateMacro) {
        self.put("CREATE TEMPORARY MACRO ");
        self.ident(&create.name);
        self.put(" ");
        self.parens(&create.arguments, Self::column);
        self.put(" ");
        self.expr(&create.body);
    }

    pub(super) fn drop_macro(&mut self, drop: &DropMacro) {
        self.put("DROP TEMPORARY MACRO ");
        self.word_if(drop.if_exists, "IF EXISTS");
        self.ident(&drop.name);
    }
}
