//! `UPDATE`, `DELETE` and `MERGE`.

use super::Printer;
use crate::ast::{Assignment, Delete, Expr, ExprKind, Merge, MergeAction, Update};

impl Printer {
    pub(super) fn update(&mut self, update: &Update) {
        self.put("UPDATE ");
        self.name(&update.table);
        self.set_clause(&update.assignments);
        self.where_clause(update.filter.as_ref());
    }

    pub(super) fn delete(&mut self, delete: &Delete) {
        self.put("DELETE FROM ");
        self.name(&delete.table);
        self.where_clause(delete.filter.as_ref());
    }

    fn where_clause(&mut self, filter: Option<&Expr>) {
        if let Some(filter) = filter {
            self.line();
            self.put("WHERE ");
            self.expr(filter);
        }
    }

    fn set_clause(&mut self, assignments: &[Assignment]) {
        self.put(" SET ");
        self.list(assignments, ", ", |p, assignment| {
            p.ident(&assignment.column);
            p.put(if assignment.doubled { " == " } else { " = " });
            match assignment.value.kind {
                ExprKind::Default => p.value(&assignment.value),
                _ => p.sum(&assignment.value),
            }
        });
    }

    pub(super) fn merge(&mut self, merge: &Merge) {
        self.put("MERGE");
        self.hints(&merge.hints);
        self.put(" INTO ");
        self.name(&merge.table);
        if let Some(alias) = &merge.alias {
            self.put(" AS ");
            self.ident(alias);
        }
        self.line();
        self.put("USING ");
        self.table_source(&merge.source);
        self.put(" ON ");
        self.expr(&merge.condition);
        for clause in &merge.matched {
            self.line();
            self.put("WHEN MATCHED");
            self.merge_condition(clause.condition.as_ref());
            match &clause.action {
                MergeAction::Update(assignments) => {
                    self.put(" THEN UPDATE");
                    self.set_clause(assignments);
                }
                MergeAction::Delete => self.put(" THEN DELETE"),
            }
        }
        if let Some(clause) = &merge.not_matched {
            self.line();
            self.put("WHEN NOT MATCHED");
            self.merge_condition(clause.condition.as_ref());
            self.put(" THEN INSERT ");
            if !clause.columns.is_empty() {
                self.idents(&clause.columns);
                self.put(" ");
            }
            self.put("VALUES ");
            self.values_row(&clause.row);
        }
    }

    fn merge_condition(&mut self, condition: Option<&Expr>) {
        if let Some(condition) = condition {
            self.put(" AND ");
            self.expr(condition);
        }
    }
}
