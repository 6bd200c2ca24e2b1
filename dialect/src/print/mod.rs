//! Syntax tree to canonical HiveQL.
//!
//! Invariant: what is printed parses to an equal tree. Keywords are in upper case, one clause
//! stands on a line, parentheses are only where the structure needs them, literals and names stay
//! as they were written.

mod access;
mod alter;
mod catalog;
mod change;
mod command;
mod control;
mod database;
mod expr;
mod from;
mod function;
mod insert;
mod partition;
mod query;
mod session;
mod show;
mod snapshot;
mod table;
mod types;
mod view;
mod window;
mod words;
mod workload;

use std::fmt;

use crate::ast::{
    DataType, Expr, Hint, Ident, ObjectName, Query, Statement, StatementKind, StringLit, With,
};
use crate::text;

const INDENT: &str = "  ";

/// Writes a tree into a text.
#[derive(Debug, Default)]
struct Printer {
    out: String,
    depth: usize,
}

impl fmt::Display for Statement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut printer = Printer::default();
        printer.statement(&self.kind);
        f.write_str(&printer.out)
    }
}

impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut printer = Printer::default();
        printer.query(self);
        f.write_str(&printer.out)
    }
}

impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut printer = Printer::default();
        printer.expr(self);
        f.write_str(&printer.out)
    }
}

impl fmt::Display for DataType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut printer = Printer::default();
        printer.data_type(self);
        f.write_str(&printer.out)
    }
}

impl Printer {
    fn put(&mut self, text: &str) {
        self.out.push_str(text);
    }

    /// Begins a new line at the current depth.
    fn line(&mut self) {
        self.out.push('\n');
        for _ in 0..self.depth {
            self.out.push_str(INDENT);
        }
    }

    fn indented(&mut self, body: impl FnOnce(&mut Self)) {
        self.depth += 1;
        body(self);
        self.depth -= 1;
    }

    /// Puts items with a separator between them.
    fn list<T>(&mut self, items: &[T], separator: &str, put: impl Fn(&mut Self, &T)) {
        for (i, item) in items.iter().enumerate() {
            if i > 0 {
                self.put(separator);
            }
            put(self, item);
        }
    }

    /// Puts `(item, item, ...)`.
    fn parens<T>(&mut self, items: &[T], put: impl Fn(&mut Self, &T)) {
        self.put("(");
        self.list(items, ", ", put);
        self.put(")");
    }

    fn ident(&mut self, ident: &Ident) {
        if ident.quoted {
            self.put(&text::quote_ident(&ident.value));
        } else {
            self.put(&ident.value);
        }
    }

    fn idents(&mut self, idents: &[Ident]) {
        self.parens(idents, Self::ident);
    }

    fn name(&mut self, name: &ObjectName) {
        self.list(&name.parts, ".", Self::ident);
    }

    fn string(&mut self, string: &StringLit) {
        self.put(&string.raw);
    }

    /// Puts ` word 'text'` if there is a text.
    fn string_clause(&mut self, word: &str, string: Option<&StringLit>) {
        if let Some(string) = string {
            self.put(" ");
            self.put(word);
            self.put(" ");
            self.string(string);
        }
    }

    /// Puts a word and a blank if it is there.
    fn word_if(&mut self, there: bool, word: &str) {
        if there {
            self.put(word);
            self.put(" ");
        }
    }

    /// Puts ` /*+text*/` for each hint.
    fn hints(&mut self, hints: &[Hint]) {
        for hint in hints {
            self.put(" /*+");
            self.put(&hint.text);
            self.put("*/");
        }
    }

    fn statement(&mut self, kind: &StatementKind) {
        match kind {
            StatementKind::Query(query) => self.query(query),
            StatementKind::Insert(insert) => self.insert(insert),
            StatementKind::FromInsert(insert) => self.multi_insert(insert),
            StatementKind::Update(update) => self.update(update),
            StatementKind::Delete(delete) => self.delete(delete),
            StatementKind::Merge(merge) => self.merge(merge),
            StatementKind::StatementSet(set) => self.statement_set(set),
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
            StatementKind::ReloadFunctions => self.put("RELOAD FUNCTIONS"),
            StatementKind::CreateMacro(create) => self.create_macro(create),
            StatementKind::DropMacro(drop) => self.drop_macro(drop),
            StatementKind::CreateCatalog(create) => self.create_catalog(create),
            StatementKind::UseCatalog(to) => self.use_catalog(to),
            StatementKind::Use(database) => {
                self.put("USE ");
                self.ident(&database.database);
            }
            StatementKind::Set(set) => self.set(set),
            StatementKind::Reset(reset) => self.reset(reset),
            StatementKind::Command(command) => self.command(command),
            StatementKind::Explain(explain) => self.explain(explain),
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
        }
    }

    /// Puts `WITH ...` and begins a new line.
    fn with(&mut self, with: Option<&With>) {
        let Some(with) = with else { return };
        self.put("WITH ");
        for (i, cte) in with.ctes.iter().enumerate() {
            if i > 0 {
                self.put(",");
                self.line();
            }
            self.ident(&cte.name);
            if !cte.columns.is_empty() {
                self.put(" ");
                self.idents(&cte.columns);
            }
            self.put(" AS ");
            self.subquery(&cte.query);
        }
        self.line();
    }
}
