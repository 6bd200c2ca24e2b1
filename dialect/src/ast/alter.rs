//! `ALTER TABLE` and `OPTIMIZE TABLE`.

use super::{
    ClusteredBy, ColumnConstraint, ColumnDef, CreateRef, DataType, DropBehavior, Expr, Ident,
    NumberLit, ObjectName, Owner, PartitionFilter, PartitionSpec, PartitionTransform, Properties,
    RefKind, ReplaceRef, ReplicationClause, SkewedBy, SortItem, Span, StringLit, TableConstraint,
    TableProcedure,
};

/// `ALTER TABLE name [PARTITION (...)] action`.
#[derive(Debug, Clone, PartialEq)]
pub struct AlterTable {
    /// Which table.
    pub name: ObjectName,
    /// Which partition, for actions that can be done with one.
    pub partition: Option<PartitionSpec>,
    /// What is changed.
    pub action: AlterTableAction,
}

/// What `ALTER TABLE` changes.
#[derive(Debug, Clone, PartialEq)]
pub enum AlterTableAction {
    /// `RENAME TO name`.
    Rename(ObjectName),
    /// `RENAME TO PARTITION (...)`.
    RenamePartition(PartitionSpec),
    /// `ADD [IF NOT EXISTS] PARTITION (...) [LOCATION ...] ...`.
    AddPartitions(AddPartitions),
    /// `DROP [IF EXISTS] PARTITION (...), ...`.
    DropPartitions(DropPartitions),
    /// `TOUCH [PARTITION (...)]...`.
    Touch(Vec<PartitionSpec>),
    /// `ARCHIVE [PARTITION (...)]...`.
    Archive(Vec<PartitionSpec>),
    /// `UNARCHIVE [PARTITION (...)]...`.
    Unarchive(Vec<PartitionSpec>),
    /// `EXCHANGE PARTITION (...) WITH TABLE name`.
    ExchangePartition {
        /// Which partition.
        partition: PartitionSpec,
        /// The other table.
        table: ObjectName,
    },
    /// `PARTITION COLUMN (name type)`.
    PartitionColumn(ColumnDef),
    /// `CONCATENATE`.
    Concatenate,
    /// `ADD COLUMNS (...) [RESTRICT | CASCADE]`.
    AddColumns {
        /// The columns; without constraints.
        columns: Vec<ColumnDef>,
        /// Whether partitions change too.
        behavior: Option<DropBehavior>,
    },
    /// `REPLACE COLUMNS (...) [RESTRICT | CASCADE]`.
    ReplaceColumns {
        /// The columns; without constraints.
        columns: Vec<ColumnDef>,
        /// Whether partitions change too.
        behavior: Option<DropBehavior>,
    },
    /// `CHANGE [COLUMN] old new type ...`.
    ChangeColumn(Box<ChangeColumn>),
    /// `DROP COLUMN [IF EXISTS] name [RESTRICT | CASCADE]`.
    DropColumn {
        /// `IF EXISTS`.
        if_exists: bool,
        /// Which column.
        column: Ident,
        /// Whether partitions change too.
        behavior: Option<DropBehavior>,
    },
    /// `UPDATE COLUMNS [RESTRICT | CASCADE]`: take them from the serializer.
    UpdateColumns(Option<DropBehavior>),
    /// `SET TBLPROPERTIES (...)`.
    SetProperties(Properties),
    /// `UNSET TBLPROPERTIES [IF EXISTS] (...)`.
    UnsetProperties {
        /// `IF EXISTS`.
        if_exists: bool,
        /// Which.
        properties: Properties,
    },
    /// `SET SERDE 'class' [WITH SERDEPROPERTIES (...)]`.
    SetSerde {
        /// The class.
        class: StringLit,
        /// Its properties.
        properties: Option<Properties>,
    },
    /// `SET SERDEPROPERTIES (...)`.
    SetSerdeProperties(Properties),
    /// `UNSET SERDEPROPERTIES (...)`.
    UnsetSerdeProperties(Properties),
    /// `SET FILEFORMAT ...`.
    SetFileFormat(FileFormat),
    /// `SET LOCATION 'path'`.
    SetLocation(StringLit),
    /// `SET SKEWED LOCATION (value = 'path', ...)`.
    SetSkewedLocation(Vec<SkewedLocation>),
    /// `SET OWNER ...`.
    SetOwner(Owner),
    /// `SET PARTITION SPEC (...)`.
    SetPartitionSpec(Vec<PartitionTransform>),
    /// `SKEWED BY ...`.
    SkewedBy(SkewedBy),
    /// `NOT SKEWED`.
    NotSkewed,
    /// `NOT STORED AS DIRECTORIES`.
    NotStoredAsDirectories,
    /// `CLUSTERED BY ... INTO n BUCKETS`.
    ClusteredBy(ClusteredBy),
    /// `NOT CLUSTERED`.
    NotClustered,
    /// `NOT SORTED`.
    NotSorted,
    /// `INTO n BUCKETS`.
    Buckets(NumberLit),
    /// `COMPACT 'type' ...`.
    Compact(Box<Compact>),
    /// `UPDATE STATISTICS [FOR [COLUMN] name] SET (...) [COMMENT 'text']`.
    UpdateStatistics(UpdateStatistics),
    /// `ADD CONSTRAINT name ...`.
    AddConstraint(TableConstraint),
    /// `DROP CONSTRAINT name`.
    DropConstraint(Ident),
    /// `EXECUTE ...`.
    Execute(TableProcedure),
    /// `CREATE [OR REPLACE] BRANCH | TAG ...`.
    CreateRef(Box<CreateRef>),
    /// `DROP BRANCH | TAG [IF EXISTS] name`.
    DropRef {
        /// Branch or tag.
        kind: RefKind,
        /// `IF EXISTS`.
        if_exists: bool,
        /// Its name.
        name: Ident,
    },
    /// `RENAME BRANCH name TO name`.
    RenameBranch {
        /// The old name.
        from: Ident,
        /// The new name.
        to: Ident,
    },
    /// `REPLACE BRANCH | TAG name AS OF ...`.
    ReplaceRef(Box<ReplaceRef>),
    /// `CONVERT TO format [TBLPROPERTIES (...)]`.
    Convert {
        /// The format: `ICEBERG`.
        format: Ident,
        /// Properties of the converted table.
        properties: Option<Properties>,
    },
}

impl AlterTableAction {
    /// Tells whether it can be done with one partition.
    pub const fn takes_partition(&self) -> bool {
        matches!(
            self,
            Self::SetFileFormat(_)
                | Self::SetLocation(_)
                | Self::Concatenate
                | Self::SetSerde { .. }
                | Self::SetSerdeProperties(_)
                | Self::UnsetSerdeProperties(_)
                | Self::RenamePartition(_)
                | Self::Buckets(_)
                | Self::SetSkewedLocation(_)
                | Self::ClusteredBy(_)
                | Self::NotClustered
                | Self::NotSorted
                | Self::Compact(_)
                | Self::UpdateStatistics(_)
                | Self::ChangeColumn(_)
                | Self::AddColumns { .. }
                | Self::ReplaceColumns { .. }
                | Self::DropColumn { .. }
                | Self::UpdateColumns(_)
        )
    }
}

/// `ADD [IF NOT EXISTS] PARTITION (...) [LOCATION 'path'] ...`.
#[derive(Debug, Clone, PartialEq)]
pub struct AddPartitions {
    /// `IF NOT EXISTS`.
    pub if_not_exists: bool,
    /// The partitions; never empty. No comma stands between them.
    pub partitions: Vec<NewPartition>,
}

/// `PARTITION (...) [LOCATION 'path']`.
#[derive(Debug, Clone, PartialEq)]
pub struct NewPartition {
    /// Its values.
    pub spec: PartitionSpec,
    /// Where it is.
    pub location: Option<StringLit>,
}

/// `DROP [IF EXISTS] PARTITION (...), PARTITION (...) [PURGE] [FOR REPLICATION ...]`.
#[derive(Debug, Clone, PartialEq)]
pub struct DropPartitions {
    /// `IF EXISTS`.
    pub if_exists: bool,
    /// Which; never empty.
    pub filters: Vec<PartitionFilter>,
    /// `PURGE`: past the trash.
    pub purge: bool,
    /// `FOR REPLICATION`.
    pub replication: Option<ReplicationClause>,
}

/// `CHANGE [COLUMN] old new type [constraint] [COMMENT 'text'] [FIRST | AFTER column] [CASCADE]`.
#[derive(Debug, Clone, PartialEq)]
pub struct ChangeColumn {
    /// Which column.
    pub old: Ident,
    /// Its new name.
    pub new: Ident,
    /// Its new type.
    pub data_type: DataType,
    /// A constraint.
    pub constraint: Option<ColumnConstraint>,
    /// Its new comment.
    pub comment: Option<StringLit>,
    /// Its new place.
    pub position: Option<ColumnPosition>,
    /// Whether partitions change too.
    pub behavior: Option<DropBehavior>,
}

/// Where a changed column stands.
#[derive(Debug, Clone, PartialEq)]
pub enum ColumnPosition {
    /// `FIRST`.
    First,
    /// `AFTER column`.
    After(Ident),
}

/// The format behind `SET FILEFORMAT`.
#[derive(Debug, Clone, PartialEq)]
pub enum FileFormat {
    /// `format`.
    Name(Ident),
    /// `INPUTFORMAT 'class' OUTPUTFORMAT 'class' SERDE 'class' [INPUTDRIVER .. OUTPUTDRIVER ..]`.
    Classes {
        /// The class that reads.
        input: StringLit,
        /// The class that writes.
        output: StringLit,
        /// The serializer.
        serde: StringLit,
        /// `INPUTDRIVER` and `OUTPUTDRIVER`.
        drivers: Option<(StringLit, StringLit)>,
    },
}

/// `value = 'path'` behind `SET SKEWED LOCATION`.
#[derive(Debug, Clone, PartialEq)]
pub struct SkewedLocation {
    /// The whole item.
    pub span: Span,
    /// The frequent values: one, or a list in parentheses.
    pub values: SkewedKey,
    /// Where rows with them are.
    pub location: StringLit,
}

/// The frequent values that a location is given for.
#[derive(Debug, Clone, PartialEq)]
pub enum SkewedKey {
    /// `'a'`.
    One(Expr),
    /// `('a', 'b')`.
    Tuple(Vec<Expr>),
}

/// `COMPACT 'type' ...`.
#[derive(Debug, Clone, PartialEq)]
pub struct Compact {
    /// The type: `'major'`, `'minor'`, `'rebalance'`.
    pub kind: StringLit,
    /// `CLUSTERED INTO n BUCKETS`.
    pub buckets: Option<NumberLit>,
    /// `AND WAIT`: until it is done.
    pub wait: bool,
    /// `POOL 'name'`.
    pub pool: Option<StringLit>,
    /// `WITH OVERWRITE TBLPROPERTIES (...)`.
    pub properties: Option<Properties>,
    /// `WHERE condition`.
    pub filter: Option<Expr>,
    /// `ORDER BY ...`; empty if not there.
    pub order_by: Vec<SortItem>,
}

/// `OPTIMIZE TABLE name REWRITE DATA ...`.
#[derive(Debug, Clone, PartialEq)]
pub struct OptimizeTable {
    /// Which table.
    pub name: ObjectName,
    /// `POOL 'name'`.
    pub pool: Option<StringLit>,
    /// `WHERE condition`.
    pub filter: Option<Expr>,
    /// `ORDER BY ...`; empty if not there.
    pub order_by: Vec<SortItem>,
}

/// `UPDATE STATISTICS [FOR [COLUMN] name] SET (...) [COMMENT 'text']`.
#[derive(Debug, Clone, PartialEq)]
pub struct UpdateStatistics {
    /// Of which column; of the table if not there.
    pub column: Option<Ident>,
    /// The values.
    pub properties: Properties,
    /// `COMMENT 'text'`, only for a column.
    pub comment: Option<StringLit>,
}
