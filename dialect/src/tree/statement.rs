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
            other => self.other_statement(other),
        }
    }

    /// Puts statements that neither read rows nor make things.
    fn other_statement(&mut self, kind: &StatementKind) {
        match kind {
            StatementKind::Show(show) => self.show(show),
            StatementKind::Describe(describe) => self.describe(describe),
            StatementKind::Analyze(analyze) => self.analyze(analyze),
            StatementKind::Msck(msck) => self.msck(msck),
            StatementKind::Load(load) => self.load(load),
            StatementKind::Export(export) => self.export(export),
            StatementKind::Import(import) => self.import(import),
            StatementKind::Repl(repl) => self.repl(repl),
            StatementKind::Lock(lock) => self.lock(lock),
            StatementKind::Unlock(unlock) => self.unlock(unlock),
            StatementKind::KillQuery(kill) => self.kill_query(kill),
            StatementKind::Abort(abort) => self.abort(abort),
            StatementKind::Transaction(transaction) => self.transaction(transaction),
            StatementKind::Prepare(prepare) => self.prepare(prepare),
            StatementKind::Execute(execute) => self.execute(execute),
            StatementKind::Role(role) => self.role(role),
            StatementKind::Grant(grant) => self.grant(grant),
            StatementKind::Revoke(revoke) => self.revoke(revoke),
            StatementKind::Workload(workload) => self.workload(workload),
            StatementKind::ScheduledQuery(query) => self.scheduled_query(query),
            // Commands of the shell, which Hive's parser never sees; the rest is put by `statement`.
            _ => {}
        }
    }

    fn insert(&mut self, insert: &Insert) {
        let around = Around::new(insert.with.as_ref(), Some(&insert.target));
        self.query_around(&insert.query, around);
    }
}
