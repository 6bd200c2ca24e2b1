//! Iceberg's branches and tags, and `EXECUTE`.

use super::Tree;
use crate::ast::{
    AgeUnit, AlterTableAction as Action, CreateRef, RefAge, RefKind, RefSource, ReplaceRef,
    ReplaceSource, SnapshotRetention, TableProcedure,
};

impl Tree {
    pub(super) fn alter_snapshots(&mut self, action: &Action) {
        match action {
            Action::CreateRef(create) => self.create_ref(create),
            Action::DropRef { kind, if_exists, name } => {
                let node = match kind {
                    RefKind::Branch => "tok_altertable_drop_branch",
                    RefKind::Tag => "tok_altertable_drop_tag",
                };
                self.node(node, |tree| {
                    tree.leaf_if(*if_exists, "tok_ifexists");
                    tree.ident(name);
                });
            }
            Action::RenameBranch { from, to } => {
                self.node("tok_altertable_rename_branch", |tree| {
                    tree.ident(from);
                    tree.ident(to);
                });
            }
            Action::ReplaceRef(replace) => self.replace_ref(replace),
            Action::Execute(execute) => {
                self.node("tok_altertable_execute", |tree| tree.execute_action(execute));
            }
            _ => {}
        }
    }

    fn create_ref(&mut self, create: &CreateRef) {
        let node = match create.kind {
            RefKind::Branch => "tok_altertable_create_branch",
            RefKind::Tag => "tok_altertable_create_tag",
        };
        self.node(node, |tree| {
            tree.ident(&create.name);
            tree.leaf_if(create.or_replace, "replace");
            tree.leaf_if(create.if_not_exists, "tok_ifnotexists");
            match &create.of {
                None => {}
                Some(RefSource::Version(number)) => {
                    tree.node("tok_as_of_version", |tree| tree.text(&number.raw));
                }
                Some(RefSource::Time(time)) => tree.string_node("tok_as_of_time", Some(time)),
                Some(RefSource::Tag(tag)) => tree.node("tok_as_of_tag", |tree| tree.ident(tag)),
            }
            tree.ref_clauses(create.retain.as_ref(), create.retention.as_ref());
        });
    }

    fn replace_ref(&mut self, replace: &ReplaceRef) {
        self.node("tok_altertable_replace_snapshotref", |tree| {
            tree.leaf(match replace.kind {
                RefKind::Branch => "branch",
                RefKind::Tag => "tag",
            });
            tree.ident(&replace.name);
            match &replace.of {
                ReplaceSource::Version(number) => {
                    tree.leaf_if(replace.kind == RefKind::Branch, "system_version");
                    tree.text(&number.raw);
                }
                ReplaceSource::Branch(branch) => tree.ident(branch),
            }
            tree.ref_clauses(replace.retain.as_ref(), replace.retention.as_ref());
        });
    }

    fn ref_clauses(&mut self, retain: Option<&RefAge>, retention: Option<&SnapshotRetention>) {
        if let Some(age) = retain {
            self.node("tok_retain", |tree| tree.ref_age(age));
        }
        if let Some(retention) = retention {
            self.node("tok_with_snapshot_retention", |tree| {
                tree.text(&retention.snapshots.raw);
                tree.each(retention.age.iter(), Self::ref_age);
            });
        }
    }

    fn ref_age(&mut self, age: &RefAge) {
        self.text(&age.number.raw);
        self.leaf(match age.unit {
            AgeUnit::Days => "days",
            AgeUnit::Hours => "hours",
            AgeUnit::Minutes => "minutes",
        });
    }

    fn execute_action(&mut self, execute: &TableProcedure) {
        match execute {
            TableProcedure::Rollback(target) => {
                self.leaf("rollback");
                self.expr(target);
            }
            TableProcedure::ExpireSnapshots(before) => {
                self.leaf("expire_snapshots");
                self.each(before.iter(), Self::expr);
            }
            TableProcedure::ExpireBetween { from, to } => {
                self.leaf("expire_snapshots");
                self.expr(from);
                self.expr(to);
            }
            TableProcedure::ExpireRetain(number) => {
                self.leaf("expire_snapshots");
                self.leaf("retain");
                self.text(&number.raw);
            }
            TableProcedure::SetCurrentSnapshot(snapshot) => {
                self.leaf("set_current_snapshot");
                self.expr(snapshot);
            }
            TableProcedure::FastForward { source, target } => {
                self.leaf("fast-forward");
                self.string(source);
                self.each(target.iter(), Self::string);
            }
            TableProcedure::CherryPick(number) => {
                self.leaf("cherry-pick");
                self.text(&number.raw);
            }
            TableProcedure::DeleteOrphanFiles { older_than } => {
                self.leaf("orphan-files");
                self.each(older_than.iter(), Self::string);
            }
        }
    }
}
