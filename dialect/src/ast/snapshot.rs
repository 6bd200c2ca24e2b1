//! Iceberg's snapshots: branches, tags and what `EXECUTE` does with them.

use super::{Expr, Ident, NumberLit, Span, StringLit};

/// A named snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefKind {
    /// `BRANCH`: more snapshots can follow.
    Branch,
    /// `TAG`: one snapshot.
    Tag,
}

/// `CREATE [OR REPLACE] BRANCH | TAG [IF NOT EXISTS] name ...`.
#[derive(Debug, Clone, PartialEq)]
pub struct CreateRef {
    /// Branch or tag.
    pub kind: RefKind,
    /// `OR REPLACE`.
    pub or_replace: bool,
    /// `IF NOT EXISTS`; never with `OR REPLACE`.
    pub if_not_exists: bool,
    /// Its name.
    pub name: Ident,
    /// `FOR ... AS OF ...`: which snapshot; the current one if not there.
    pub of: Option<RefSource>,
    /// `RETAIN n unit`: how long it is kept.
    pub retain: Option<RefAge>,
    /// `WITH SNAPSHOT RETENTION ...`, only of a branch.
    pub retention: Option<SnapshotRetention>,
}

/// Which snapshot a new branch or tag begins with.
#[derive(Debug, Clone, PartialEq)]
pub enum RefSource {
    /// `FOR SYSTEM_VERSION AS OF id`.
    Version(NumberLit),
    /// `FOR SYSTEM_TIME AS OF 'time'`.
    Time(StringLit),
    /// `FOR TAG AS OF tag`.
    Tag(Ident),
}

/// `number DAYS | HOURS | MINUTES`.
#[derive(Debug, Clone, PartialEq)]
pub struct RefAge {
    /// Number and unit.
    pub span: Span,
    /// How many.
    pub number: NumberLit,
    /// Of what.
    pub unit: AgeUnit,
}

/// The units in which Iceberg's ages are given; the singular means the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AgeUnit {
    /// `DAYS`.
    Days,
    /// `HOURS`.
    Hours,
    /// `MINUTES`.
    Minutes,
}

/// `WITH SNAPSHOT RETENTION n SNAPSHOTS [n unit]`.
#[derive(Debug, Clone, PartialEq)]
pub struct SnapshotRetention {
    /// The whole clause.
    pub span: Span,
    /// How many snapshots are kept at least.
    pub snapshots: NumberLit,
    /// How old a snapshot may become.
    pub age: Option<RefAge>,
}

/// `REPLACE BRANCH | TAG name AS OF ...`.
#[derive(Debug, Clone, PartialEq)]
pub struct ReplaceRef {
    /// Branch or tag.
    pub kind: RefKind,
    /// Its name.
    pub name: Ident,
    /// Which snapshot it shall be.
    pub of: ReplaceSource,
    /// `RETAIN n unit`.
    pub retain: Option<RefAge>,
    /// `WITH SNAPSHOT RETENTION ...`, only of a branch.
    pub retention: Option<SnapshotRetention>,
}

/// Which snapshot a branch or tag shall be.
#[derive(Debug, Clone, PartialEq)]
pub enum ReplaceSource {
    /// `SYSTEM_VERSION id`.
    Version(NumberLit),
    /// `BRANCH name`, only for a branch.
    Branch(Ident),
}

/// `EXECUTE ...` behind `ALTER TABLE`.
#[derive(Debug, Clone, PartialEq)]
pub enum TableProcedure {
    /// `ROLLBACK (id | 'time')`.
    Rollback(Expr),
    /// `EXPIRE_SNAPSHOTS [(expr)]`.
    ExpireSnapshots(Option<Expr>),
    /// `EXPIRE_SNAPSHOTS BETWEEN time AND time`; each a string or an expression in parentheses.
    ExpireBetween {
        /// From when.
        from: Expr,
        /// Until when.
        to: Expr,
    },
    /// `EXPIRE_SNAPSHOTS RETAIN LAST n`.
    ExpireRetain(NumberLit),
    /// `SET_CURRENT_SNAPSHOT (expr)`.
    SetCurrentSnapshot(Expr),
    /// `FAST-FORWARD 'branch' ['branch']`.
    FastForward {
        /// Which branch is moved, or to which, if there is no second.
        source: StringLit,
        /// To which.
        target: Option<StringLit>,
    },
    /// `CHERRY-PICK id`.
    CherryPick(NumberLit),
    /// `DELETE ORPHAN-FILES [OLDER THAN ('time')]`.
    DeleteOrphanFiles {
        /// Only older ones.
        older_than: Option<StringLit>,
    },
}
