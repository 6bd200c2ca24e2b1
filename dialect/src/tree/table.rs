//! `CREATE` and `DROP` of tables.

use super::Tree;
use crate::ast::{CreateTable, DropTable};

impl Tree {
    pub(super) fn create_table(&mut self, table: &CreateTable) {
        self.node("tok_createtable", |tree| tree.table_name(&table.name));
    }

    pub(super) fn drop_table(&mut self, drop: &DropTable) {
        self.node("tok_droptable", |tree| {
            tree.table_name(&drop.name);
            if drop.if_exists {
                tree.leaf("tok_ifexists");
            }
            if drop.purge {
                tree.leaf("purge");
            }
        });
    }
}
