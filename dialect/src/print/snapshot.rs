//! Iceberg's branches and tags, and `EXECUTE`.

use super::Printer;
use crate::ast::{
    AgeUnit, CreateRef, Expr, ExprKind, Literal, RefAge, RefKind, RefSource, ReplaceRef,
    ReplaceSource, SnapshotRetention, TableProcedure,
};

impl Printer {
    pub(super) fn ref_kind(&mut self, kind: RefKind) {
        self.put(match kind {
            RefKind::Branch => "BRANCH ",
            RefKind::Tag => "TAG ",
        });
    }

    pub(super) fn create_ref(&mut self, create: &CreateRef) {
        self.put("CREATE ");
        self.word_if(create.or_replace, "OR REPLACE");
        self.ref_kind(create.kind);
        self.word_if(create.if_not_exists, "IF NOT EXISTS");
        self.ident(&create.name);
        match &create.of {
            None => {}
            Some(RefSource::Version(number)) => {
                self.put(" FOR SYSTEM_VERSION AS OF ");
                self.put(&number.raw);
            }
            Some(RefSource::Time(time)) => {
                self.string_clause("FOR SYSTEM_TIME AS OF", Some(time));
            }
            Some(RefSource::Tag(tag)) => {
                self.put(" FOR TAG AS OF ");
                self.ident(tag);
            }
        }
        self.ref_clauses(create.retain.as_ref(), create.retention.as_ref());
    }

    fn ref_clauses(&mut self, retain: Option<&RefAge>, retention: Option<&SnapshotRetention>) {
        if let Some(retain) = retain {
            self.put(" RETAIN ");
            self.ref_age(retain);
        }
        if let Some(retention) = retention {
            self.put(" WITH SNAPSHOT RETENTION ");
            self.put(&retention.snapshots.raw);
            self.put(" SNAPSHOTS");
            if let Some(age) = &retention.age {
                self.put(" ");
                self.ref_age(age);
            }
        }
    }

    fn ref_age(&mut self, age: &RefAge) {
        self.put(&age.number.raw);
        self.put(match age.unit {
            AgeUnit::Days => " DAYS",
            AgeUnit::Hours => " HOURS",
            AgeUnit::Minutes => " MINUTES",
        });
    }

    pub(super) fn replace_ref(&mut self, replace: &ReplaceRef) {
        self.put("REPLACE ");
        self.ref_kind(replace.kind);
        self.ident(&replace.name);
        self.put(" AS OF ");
        match &replace.of {
            ReplaceSource::Version(number) => {
                self.put("SYSTEM_VERSION ");
                self.put(&number.raw);
            }
            ReplaceSource::Branch(branch) => {
                self.put("BRANCH ");
                self.ident(branch);
            }
        }
        self.ref_clauses(replace.retain.as_ref(), replace.retention.as_ref());
    }

    pub(super) fn execute_action(&mut self, execute: &TableProcedure) {
        self.put("EXECUTE ");
        match execute {
            TableProcedure::Rollback(target) => self.with_expr("ROLLBACK", target),
            TableProcedure::ExpireSnapshots(None) => self.put("EXPIRE_SNAPSHOTS"),
            TableProcedure::ExpireSnapshots(Some(before)) => {
                self.with_expr("EXPIRE_SNAPSHOTS", before);
            }
            TableProcedure::ExpireBetween { from, to } => {
                self.put("EXPIRE_SNAPSHOTS BETWEEN ");
                self.time_in_between(from);
                self.put(" AND ");
                self.time_in_between(to);
            }
            TableProcedure::ExpireRetain(number) => {
                self.put("EXPIRE_SNAPSHOTS RETAIN LAST ");
                self.put(&number.raw);
            }
            TableProcedure::SetCurrentSnapshot(expr) => {
                self.with_expr("SET_CURRENT_SNAPSHOT", expr);
            }
            TableProcedure::FastForward { source, target } => {
                self.put("FAST-FORWARD ");
                self.string(source);
                if let Some(target) = target {
                    self.put(" ");
                    self.string(target);
                }
            }
            TableProcedure::CherryPick(number) => {
                self.put("CHERRY-PICK ");
                self.put(&number.raw);
            }
            TableProcedure::DeleteOrphanFiles { older_than } => {
                self.put("DELETE ORPHAN-FILES");
                if let Some(time) = older_than {
                    self.put(" OLDER THAN (");
                    self.string(time);
                    self.put(")");
                }
            }
        }
    }

    fn with_expr(&mut self, word: &str, expr: &Expr) {
        self.put(word);
        self.put(" (");
        self.expr(expr);
        self.put(")");
    }

    fn time_in_between(&mut self, expr: &Expr) {
        if let ExprKind::Literal(Literal::String(string)) = &expr.kind {
            return self.string(string);
        }
        self.put("(");
        self.expr(expr);
        self.put(")");
    }
}
