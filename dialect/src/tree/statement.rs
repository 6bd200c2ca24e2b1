//! Statements: which rule puts which.

use super::Tree;
use super::query::Around;
use crate::ast::{Insert, StatementKind};

impl Tree {
    pub(super) fn statement(&mut self, kind: &StatementKind) {
        match kind {
            StatementKind::Query(query) => self.query(query),
            StatementKind::Insert(insert) => self.insert(insert),
            StatementKind::FromInsert(insert) => self.multi_insert(insert),
            StatementKind::Update(update) => self.update(update),
            StatementKind::Delete(delete) => self.delete(delete),
            StatementKind::Merge(merge) => self.merge(merge),
            StatementKind::StatementSet(set) => {
                set.statements.iter().for_each(|statement| self.statement(&statement.kind));
            }
            StatementKind::CreateTable(table) => self.create_table(table),
            StatementKind::CreateDatabase(database) => self.create_database(database),
            StatementKind::DropTable(drop) => self.drop_table(drop),
            StatementKind::DropDatabase(drop) => self.drop_database(drop),
            StatementKind::Use(database) => {
                self.node("tok_switchdatabase", |tree| tree.ident(&database.database));
            }
            StatementKind::Explain(explain) => self.explain(explain),
            // Commands of the shell, which Hive's parser never sees.
            StatementKind::Set(_) | StatementKind::Reset(_) => {}
        }
    }

    fn insert(&mut self, insert: &Insert) {
        let around = Around::new(insert.with.as_ref(), Some(&insert.target));
        self.query_around(&insert.query, around);
    }
}
