//! Statements that show what there is.

use super::{
    Expr, GrantObject, Ident, Limit, NumberLit, ObjectName, PartitionSpec, Principal, SortItem,
    Span, StringLit,
};

/// `SHOW ...`.
#[derive(Debug, Clone, PartialEq)]
pub enum Show {
    /// `SHOW DATABASES | SCHEMAS [LIKE pattern]`.
    Databases {
        /// Which ones.
        pattern: Option<ShowPattern>,
    },
    /// `SHOW [EXTENDED] TABLES [IN database] [[LIKE] pattern | WHERE key = 'value']`.
    Tables {
        /// `EXTENDED`: with their types.
        extended: bool,
        /// The database; the current one if none.
        database: Option<Ident>,
        /// Which ones.
        filter: Option<TableFilter>,
    },
    /// `SHOW [MATERIALIZED] VIEWS [IN database] [[LIKE] pattern]`.
    Views {
        /// `MATERIALIZED`.
        materialized: bool,
        /// The database; the current one if none.
        database: Option<Ident>,
        /// Which ones.
        pattern: Option<ShowPattern>,
    },
    /// `SHOW [SORTED] COLUMNS FROM table [FROM database] [[LIKE] pattern]`.
    Columns {
        /// `SORTED`: by name.
        sorted: bool,
        /// Of which table.
        table: ObjectName,
        /// The table's database, if it is not in the name.
        database: Option<Ident>,
        /// Which ones.
        pattern: Option<ShowPattern>,
    },
    /// `SHOW FUNCTIONS [LIKE pattern]`.
    Functions {
        /// Which ones.
        pattern: Option<ShowPattern>,
    },
    /// `SHOW PARTITIONS table ...`.
    Partitions(ShowPartitions),
    /// `SHOW CREATE DATABASE | SCHEMA database`.
    CreateDatabase(Ident),
    /// `SHOW CREATE TABLE table`.
    CreateTable(ObjectName),
    /// `SHOW TABLE EXTENDED [IN database] LIKE pattern [PARTITION (...)]`.
    TableExtended {
        /// The database; the current one if none.
        database: Option<Ident>,
        /// Which tables.
        pattern: ShowPattern,
        /// Which partition of them.
        partition: Option<PartitionSpec>,
    },
    /// `SHOW TBLPROPERTIES table [('key')]`.
    TableProperties {
        /// Of which table.
        table: ObjectName,
        /// Which property; all if none.
        key: Option<StringLit>,
    },
    /// `SHOW LOCKS [object] [EXTENDED]`.
    Locks {
        /// On what; everything if none.
        scope: Option<ShowScope>,
        /// `EXTENDED`: with details.
        extended: bool,
    },
    /// `SHOW COMPACTIONS ...`.
    Compactions(ShowCompactions),
    /// `SHOW TRANSACTIONS`.
    Transactions,
    /// `SHOW CONF 'key'`: what a setting means.
    Conf(StringLit),
    /// `SHOW RESOURCE PLAN name`.
    ResourcePlan(Ident),
    /// `SHOW RESOURCE PLANS`.
    ResourcePlans,
    /// `SHOW CONNECTORS`.
    Connectors,
    /// `SHOW GRANT [principal] [ON object]`.
    Grants {
        /// Whose privileges; everybody's if none.
        principal: Option<Principal>,
        /// On what; everything if none.
        object: Option<ShowGrantObject>,
    },
    /// `SHOW ROLE GRANT principal`.
    RoleGrants(Principal),
    /// `SHOW ROLES`.
    Roles,
    /// `SHOW CURRENT ROLES`.
    CurrentRoles,
    /// `SHOW PRINCIPALS role`.
    Principals(Ident),
}

/// `[LIKE] pattern`.
#[derive(Debug, Clone, PartialEq)]
pub struct ShowPattern {
    /// The whole clause.
    pub span: Span,
    /// Whether `LIKE` was written.
    pub like: bool,
    /// The pattern.
    pub pattern: Pattern,
}

/// A pattern, or a single name.
#[derive(Debug, Clone, PartialEq)]
pub enum Pattern {
    /// A name as it is; only a function's may have two parts.
    Name(ObjectName),
    /// `'a*|b*'`.
    String(StringLit),
}

/// Which tables `SHOW TABLES` shows.
#[derive(Debug, Clone, PartialEq)]
pub enum TableFilter {
    /// `[LIKE] pattern`.
    Pattern(ShowPattern),
    /// `WHERE key = 'value'`.
    Property {
        /// What is compared; Hive knows `TABLE_TYPE`.
        key: Ident,
        /// With what.
        value: StringLit,
    },
}

/// `SHOW PARTITIONS table [PARTITION (...)] [WHERE ...] [ORDER BY ...] [LIMIT ...]`.
#[derive(Debug, Clone, PartialEq)]
pub struct ShowPartitions {
    /// Of which table.
    pub table: ObjectName,
    /// Values that they have.
    pub partition: Option<PartitionSpec>,
    /// `WHERE condition`.
    pub filter: Option<Expr>,
    /// `ORDER BY ...`; empty if not there.
    pub order_by: Vec<SortItem>,
    /// `LIMIT ...`.
    pub limit: Option<Limit>,
}

/// `SHOW COMPACTIONS [COMPACTIONID = n | [object] [POOL 'x'] [TYPE 'x'] [STATUS 'x'] [ORDER BY ...]
/// [LIMIT ...]]`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ShowCompactions {
    /// `COMPACTIONID = n`: this one only.
    pub id: Option<NumberLit>,
    /// Of what; everything if none.
    pub scope: Option<ShowScope>,
    /// `POOL 'name'`.
    pub pool: Option<StringLit>,
    /// `TYPE 'major'`.
    pub compaction_type: Option<StringLit>,
    /// `STATUS 'initiated'`.
    pub status: Option<StringLit>,
    /// `ORDER BY ...`; empty if not there.
    pub order_by: Vec<SortItem>,
    /// `LIMIT ...`.
    pub limit: Option<Limit>,
}

/// What locks or compactions are shown of.
#[derive(Debug, Clone, PartialEq)]
pub enum ShowScope {
    /// `DATABASE | SCHEMA name`.
    Database(Ident),
    /// `table [column path] [PARTITION (...)]`.
    Table {
        /// The table, of one or two parts.
        name: ObjectName,
        /// A column and the way into it, as in `DESCRIBE`; empty if not there.
        path: Vec<Ident>,
        /// Which partition.
        partition: Option<PartitionSpec>,
    },
}

/// What `SHOW GRANT ... ON` names.
#[derive(Debug, Clone, PartialEq)]
pub enum ShowGrantObject {
    /// `ALL`.
    All,
    /// One object, perhaps with columns.
    Object {
        /// The object.
        object: GrantObject,
        /// The columns of a table; empty if not there.
        columns: Vec<Ident>,
    },
}
