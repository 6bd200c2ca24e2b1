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
            StatementKind::AlterTable(alter) => self.alter_table(alter),
            StatementKind::OptimizeTable(optimize) => self.optimize_table(optimize),
            StatementKind::TruncateTable(truncate) => self.truncate_table(truncate),
            StatementKind::DropTable(drop) => self.drop_table(drop),
            StatementKind::CreateView(view) => self.create_view(view),
            StatementKind::AlterView(view) => self.alter_view(view),
            StatementKind::CreateMaterializedView(view) => self.create_materialized_view(view),
            StatementKind::AlterMaterializedView(view) => self.alter_materialized_view(view),
            StatementKind::DropView(drop) => self.drop_view(drop),
            StatementKind::CreateDatabase(database) => self.create_database(database),
            StatementKind::AlterDatabase(database) => self.alter_database(database),
            StatementKind::DropDatabase(drop) => self.drop_database(drop),
            StatementKind::CreateConnector(connector) => self.create_connector(connector),
            StatementKind::AlterConnector(connector) => self.alter_connector(connector),
            StatementKind::DropConnector(drop) => self.drop_connector(drop),
            StatementKind::CreateFunction(function) => self.create_function(function),
            StatementKind::DropFunction(drop) => self.drop_function(drop),
            StatementKind::ReloadFunctions => self.leaf("tok_reloadfunctions"),
            StatementKind::CreateMacro(create) => self.create_macro(create),
            StatementKind::DropMacro(drop) => self.drop_macro(drop),
            StatementKind::Use(database) => {
                self.node("tok_switchdatabase", |tree| tree.ident(&database.database));
            }
            StatementKind::Explain(explain) => self.explain(explain),
            // Commands of the shell, which Hive's parser never sees.
            StatementKind::Set(_) | StatementKind::Reset(_) | StatementKind::Command(_) => {}
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
