//! Statements about functions and macros.

use super::{ColumnDef, Expr, Ident, ObjectName, Span, StringLit};

/// `CREATE [TEMPORARY] FUNCTION name AS 'class' [USING resource, ...]`.
#[derive(Debug, Clone, PartialEq)]
pub struct CreateFunction {
    /// `TEMPORARY`: for this session.
    pub temporary: bool,
    /// Its name, perhaps with a database.
    pub name: ObjectName,
    /// The class that does the work.
    pub class: StringLit,
    /// The files that the class needs; empty if not there.
    pub resources: Vec<FunctionResource>,
}

/// `JAR | FILE | ARCHIVE 'path'`.
#[derive(Debug, Clone, PartialEq)]
pub struct FunctionResource {
    /// Both.
    pub span: Span,
    /// Of which kind.
    pub kind: ResourceKind,
    /// Where it is.
    pub path: StringLit,
}

/// Kinds of files that a function needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResourceKind {
    /// `JAR`.
    Jar,
    /// `FILE`.
    File,
    /// `ARCHIVE`.
    Archive,
}

impl ResourceKind {
    /// Returns its word.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Jar => "JAR",
            Self::File => "FILE",
            Self::Archive => "ARCHIVE",
        }
    }
}

/// `DROP [TEMPORARY] FUNCTION [IF EXISTS] name`.
#[derive(Debug, Clone, PartialEq)]
pub struct DropFunction {
    /// `TEMPORARY`.
    pub temporary: bool,
    /// `IF EXISTS`.
    pub if_exists: bool,
    /// Its name, perhaps with a database.
    pub name: ObjectName,
}

/// `CREATE TEMPORARY MACRO name (argument type, ...) expression`.
#[derive(Debug, Clone, PartialEq)]
pub struct CreateMacro {
    /// Its name.
    pub name: Ident,
    /// Its arguments; may be empty.
    pub arguments: Vec<ColumnDef>,
    /// What it stands for.
    pub body: Expr,
}

/// `DROP TEMPORARY MACRO [IF EXISTS] name`.
#[derive(Debug, Clone, PartialEq)]
pub struct DropMacro {
    /// `IF EXISTS`.
    pub if_exists: bool,
    /// Its name.
    pub name: Ident,
}
