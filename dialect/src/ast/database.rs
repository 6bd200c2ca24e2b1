//! Statements about databases and data connectors.

use super::{DropBehavior, Ident, Properties, Span, StringLit};

/// `CREATE [REMOTE] DATABASE | SCHEMA ...`.
#[derive(Debug, Clone, PartialEq)]
pub struct CreateDatabase {
    /// `REMOTE`.
    pub remote: bool,
    /// `IF NOT EXISTS`.
    pub if_not_exists: bool,
    /// Its name.
    pub name: Ident,
    /// `COMMENT 'text'`.
    pub comment: Option<StringLit>,
    /// `LOCATION 'path'`.
    pub location: Option<StringLit>,
    /// `MANAGEDLOCATION 'path'`.
    pub managed_location: Option<StringLit>,
    /// `USING connector`, only for a remote database.
    pub connector: Option<Ident>,
    /// `WITH DBPROPERTIES (...)`.
    pub properties: Option<Properties>,
}

/// `ALTER DATABASE | SCHEMA name SET ...`.
#[derive(Debug, Clone, PartialEq)]
pub struct AlterDatabase {
    /// Which database.
    pub name: Ident,
    /// What is changed.
    pub action: AlterDatabaseAction,
}

/// What is changed in a database.
#[derive(Debug, Clone, PartialEq)]
pub enum AlterDatabaseAction {
    /// `SET DBPROPERTIES (...)`.
    Properties(Properties),
    /// `SET OWNER ...`.
    Owner(Owner),
    /// `SET LOCATION 'path'`.
    Location(StringLit),
    /// `SET MANAGEDLOCATION 'path'`.
    ManagedLocation(StringLit),
}

/// `DROP DATABASE | SCHEMA [IF EXISTS] name [RESTRICT | CASCADE]`.
#[derive(Debug, Clone, PartialEq)]
pub struct DropDatabase {
    /// `IF EXISTS`.
    pub if_exists: bool,
    /// Which database.
    pub name: Ident,
    /// What happens if it is not empty, if written.
    pub behavior: Option<DropBehavior>,
}

/// `CREATE CONNECTOR name TYPE 'type' URL 'url' ...`: a database of another system.
#[derive(Debug, Clone, PartialEq)]
pub struct CreateConnector {
    /// `IF NOT EXISTS`.
    pub if_not_exists: bool,
    /// Its name.
    pub name: Ident,
    /// `TYPE 'mysql'`.
    pub kind: StringLit,
    /// `URL 'jdbc:...'`.
    pub url: StringLit,
    /// `COMMENT 'text'`.
    pub comment: Option<StringLit>,
    /// `WITH DCPROPERTIES (...)`.
    pub properties: Option<Properties>,
}

/// `ALTER CONNECTOR name SET ...`.
#[derive(Debug, Clone, PartialEq)]
pub struct AlterConnector {
    /// Which connector.
    pub name: Ident,
    /// What is changed.
    pub action: AlterConnectorAction,
}

/// What is changed in a connector.
#[derive(Debug, Clone, PartialEq)]
pub enum AlterConnectorAction {
    /// `SET DCPROPERTIES (...)`.
    Properties(Properties),
    /// `SET OWNER ...`.
    Owner(Owner),
    /// `SET URL 'url'`.
    Url(StringLit),
}

/// `DROP CONNECTOR [IF EXISTS] name`.
#[derive(Debug, Clone, PartialEq)]
pub struct DropConnector {
    /// `IF EXISTS`.
    pub if_exists: bool,
    /// Which connector.
    pub name: Ident,
}

/// `USER | GROUP | ROLE name` behind `SET OWNER`.
#[derive(Debug, Clone, PartialEq)]
pub struct Owner {
    /// Both words.
    pub span: Span,
    /// Of which kind.
    pub kind: OwnerKind,
    /// The name.
    pub name: Ident,
}

/// Who can own something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OwnerKind {
    /// `USER`.
    User,
    /// `GROUP`.
    Group,
    /// `ROLE`.
    Role,
}
