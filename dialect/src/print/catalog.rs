//! Flink's statements about catalogs as text.

use super::Printer;
use crate::ast::{CreateCatalog, UseCatalog};

impl Printer {
    pub(super) fn create_catalog(&mut self, create: &CreateCatalog) {
        self.put("CREATE CATALOG ");
        if create.if_not_exists {
            self.put("IF NOT EXISTS ");
        }
        self.ident(&create.name);
        if let Some(comment) = &create.comment {
            self.put(" COMMENT ");
            self.string(comment);
        }
        if let Some(options) = &create.options {
            self.put(" WITH ");
            self.property_list(options);
        }
    }

    pub(super) fn use_catalog(&mut self, to: &UseCatalog) {
        self.put("USE CATALOG ");
        self.ident(&to.name);
    }
}
