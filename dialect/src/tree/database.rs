//! `CREATE` and `DROP` of databases.

use super::Tree;
use crate::ast::{CreateDatabase, DropBehavior, DropDatabase};

impl Tree {
    pub(super) fn create_database(&mut self, database: &CreateDatabase) {
        self.node("tok_createdatabase", |tree| tree.ident(&database.name));
    }

    pub(super) fn drop_database(&mut self, drop: &DropDatabase) {
        self.node("tok_dropdatabase", |tree| {
            tree.ident(&drop.name);
            if drop.if_exists {
                tree.leaf("tok_ifexists");
            }
            match drop.behavior {
                Some(DropBehavior::Restrict) => tree.leaf("tok_restrict"),
                Some(DropBehavior::Cascade) => tree.leaf("tok_cascade"),
                None => {}
            }
        });
    }
}
