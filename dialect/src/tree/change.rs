//! `UPDATE`, `DELETE` and `MERGE`.

use super::Tree;
use crate::ast::{Assignment, Delete, Merge, MergeAction, MergeMatched, MergeNotMatched, Update};

impl Tree {
    pub(super) fn update(&mut self, update: &Update) {
        self.node("tok_update_table", |tree| {
            tree.table_name(&update.table);
            tree.set_clause(&update.assignments);
            tree.optional("tok_where", update.filter.as_ref());
        });
    }

    pub(super) fn delete(&mut self, delete: &Delete) {
        self.node("tok_delete_from", |tree| {
            tree.table_name(&delete.table);
            tree.optional("tok_where", delete.filter.as_ref());
        });
    }

    fn set_clause(&mut self, assignments: &[Assignment]) {
        self.node("tok_set_columns_clause", |tree| {
            for assignment in assignments {
                tree.node(if assignment.doubled { "==" } else { "=" }, |tree| {
                    tree.node("tok_table_or_col", |tree| tree.ident(&assignment.column));
                    tree.expr(&assignment.value);
                });
            }
        });
    }

    pub(super) fn merge(&mut self, merge: &Merge) {
        self.node("tok_merge", |tree| {
            tree.node("tok_tabref", |tree| {
                tree.table_name(&merge.table);
                tree.each(merge.alias.iter(), Self::ident);
            });
            tree.table_source(&merge.source);
            tree.expr(&merge.condition);
            merge.hints.iter().for_each(|hint| tree.text(&hint.text));
            tree.each(merge.matched.iter(), Self::matched);
            tree.each(merge.not_matched.iter(), Self::not_matched);
        });
    }

    fn matched(&mut self, clause: &MergeMatched) {
        self.node("tok_matched", |tree| {
            match &clause.action {
                MergeAction::Update(assignments) => {
                    tree.node("tok_update", |tree| tree.set_clause(assignments));
                }
                MergeAction::Delete => tree.leaf("tok_delete"),
            }
            tree.each(clause.condition.iter(), Self::expr);
        });
    }

    fn not_matched(&mut self, clause: &MergeNotMatched) {
        self.node("tok_not_matched", |tree| {
            tree.node("tok_insert", |tree| {
                tree.column_list(&clause.columns);
                tree.values_row(&clause.row);
            });
            tree.each(clause.condition.iter(), Self::expr);
        });
    }
}
