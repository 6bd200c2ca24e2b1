//! Roles and privileges.

use super::{Ident, ObjectName, PartitionSpec, Span, StringLit};

/// `CREATE ROLE`, `DROP ROLE`, `SET ROLE`.
#[derive(Debug, Clone, PartialEq)]
pub enum RoleStatement {
    /// `CREATE ROLE name`.
    Create(Ident),
    /// `DROP ROLE name`.
    Drop(Ident),
    /// `SET ROLE name | ALL | NONE`; the last two are words only without quotes.
    Set(Ident),
}

/// `GRANT ...`.
#[derive(Debug, Clone, PartialEq)]
pub struct Grant {
    /// What is granted.
    pub granted: Granted,
    /// To whom; never empty.
    pub principals: Vec<Principal>,
    /// `WITH GRANT OPTION` of privileges, `WITH ADMIN OPTION` of roles: they may grant it on.
    pub with_option: bool,
}

/// `REVOKE ...`.
#[derive(Debug, Clone, PartialEq)]
pub struct Revoke {
    /// `GRANT OPTION FOR` of privileges, `ADMIN OPTION FOR` of roles: only the right to grant it.
    pub option_only: bool,
    /// What is revoked.
    pub granted: Granted,
    /// From whom; never empty.
    pub principals: Vec<Principal>,
}

/// What is granted.
#[derive(Debug, Clone, PartialEq)]
pub enum Granted {
    /// `privilege, ... [ON object]`.
    Privileges {
        /// Which ones; never empty.
        privileges: Vec<Privilege>,
        /// On what.
        object: Option<GrantObject>,
    },
    /// `[ROLE] role, ...`; never empty.
    Roles(Vec<Ident>),
}

/// `SELECT`, `UPDATE (column, ...)`.
#[derive(Debug, Clone, PartialEq)]
pub struct Privilege {
    /// With its columns.
    pub span: Span,
    /// Which one.
    pub kind: PrivilegeKind,
    /// On which columns; empty for all.
    pub columns: Vec<Ident>,
}

/// What somebody may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PrivilegeKind {
    /// `ALL`.
    All,
    /// `ALTER`.
    Alter,
    /// `UPDATE`.
    Update,
    /// `CREATE`.
    Create,
    /// `DROP`.
    Drop,
    /// `LOCK`.
    Lock,
    /// `SELECT`.
    Select,
    /// `SHOW_DATABASE`.
    ShowDatabase,
    /// `INSERT`.
    Insert,
    /// `DELETE`.
    Delete,
}

/// On what there can be privileges.
#[derive(Debug, Clone, PartialEq)]
pub enum GrantObject {
    /// `[TABLE] table [PARTITION (...)]`.
    Table {
        /// The table.
        name: ObjectName,
        /// Only this partition.
        partition: Option<PartitionSpec>,
    },
    /// `DATABASE | SCHEMA database`.
    Database(Ident),
    /// `URI 'path'`.
    Uri(StringLit),
    /// `SERVER name`.
    Server(Ident),
}

/// `USER name`, `GROUP name`, `ROLE name`.
#[derive(Debug, Clone, PartialEq)]
pub struct Principal {
    /// The whole of it.
    pub span: Span,
    /// What it is.
    pub kind: PrincipalKind,
    /// Its name.
    pub name: Ident,
}

/// Who can have privileges.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PrincipalKind {
    /// `USER`.
    User,
    /// `GROUP`.
    Group,
    /// `ROLE`.
    Role,
}
