//! `CREATE TABLE` and its clauses.

use super::{
    DataType, Direction, Expr, Ident, NullsOrder, NumberLit, ObjectName, Property, Query, Span,
    StringLit,
};

/// `CREATE [TEMPORARY | TRANSACTIONAL | EXTERNAL | MANAGED] TABLE ...`.
#[derive(Debug, Clone, PartialEq)]
pub struct CreateTable {
    /// The words before `TABLE`, in the order written.
    pub modifiers: Vec<TableModifier>,
    /// `IF NOT EXISTS`.
    pub if_not_exists: bool,
    /// Its name.
    pub name: ObjectName,
    /// `LIKE ...`.
    pub like: Option<CreateLike>,
    /// What stands in the parentheses behind the name; empty if they are not there.
    pub elements: Vec<TableElement>,
    /// `COMMENT 'text'`.
    pub comment: Option<StringLit>,
    /// `PARTITIONED BY ...`.
    pub partitioned_by: Option<PartitionedBy>,
    /// `CLUSTERED BY (...) ... INTO n BUCKETS`.
    pub clustered_by: Option<ClusteredBy>,
    /// `WRITE LOCALLY ORDERED BY ...`; empty if not there.
    pub write_ordered_by: Vec<ColumnOrder>,
    /// `SKEWED BY (...) ON (...)`.
    pub skewed_by: Option<SkewedBy>,
    /// `ROW FORMAT ...`.
    pub row_format: Option<RowFormat>,
    /// `STORED AS | BY ...`.
    pub storage: Option<Storage>,
    /// `LOCATION 'path'`.
    pub location: Option<StringLit>,
    /// `TBLPROPERTIES (...)`.
    pub properties: Option<Properties>,
    /// Flink: `WITH (...)`.
    pub options: Option<Properties>,
    /// `AS query`.
    pub query: Option<Box<Query>>,
}

impl CreateTable {
    /// Makes one that says nothing but the name.
    pub fn named(name: ObjectName) -> Self {
        Self {
            modifiers: Vec::new(),
            if_not_exists: false,
            name,
            like: None,
            elements: Vec::new(),
            comment: None,
            partitioned_by: None,
            clustered_by: None,
            write_ordered_by: Vec::new(),
            skewed_by: None,
            row_format: None,
            storage: None,
            location: None,
            properties: None,
            options: None,
            query: None,
        }
    }

    /// Tells whether a word stands before `TABLE`.
    pub fn has(&self, modifier: TableModifier) -> bool {
        self.modifiers.contains(&modifier)
    }

    /// Returns the columns in the order written, without partition columns.
    pub fn columns(&self) -> impl Iterator<Item = &ColumnDef> {
        self.elements.iter().filter_map(|element| match element {
            TableElement::Column(column) => Some(column),
            _ => None,
        })
    }

    /// Returns the constraints of the table.
    pub fn constraints(&self) -> impl Iterator<Item = &TableConstraint> {
        self.elements.iter().filter_map(|element| match element {
            TableElement::Constraint(constraint) => Some(constraint),
            _ => None,
        })
    }

    /// Returns the watermark; of several, the first.
    pub fn watermark(&self) -> Option<&WatermarkDef> {
        self.elements.iter().find_map(|element| match element {
            TableElement::Watermark(watermark) => Some(watermark),
            _ => None,
        })
    }
}

/// Words before `TABLE`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TableModifier {
    /// `TEMPORARY`.
    Temporary,
    /// `TRANSACTIONAL`.
    Transactional,
    /// `EXTERNAL`.
    External,
    /// `MANAGED`.
    Managed,
}

/// `(key = value, ...)` with the word before it.
#[derive(Debug, Clone, PartialEq)]
pub struct Properties {
    /// The whole clause.
    pub span: Span,
    /// The pairs in the order written; never empty.
    pub items: Vec<Property>,
}

/// One element in the parentheses of `CREATE TABLE`.
#[derive(Debug, Clone, PartialEq)]
pub enum TableElement {
    /// A column.
    Column(ColumnDef),
    /// A constraint of the table.
    Constraint(TableConstraint),
    /// Flink: a watermark.
    Watermark(WatermarkDef),
}

/// A column.
#[derive(Debug, Clone, PartialEq)]
pub struct ColumnDef {
    /// The whole definition.
    pub span: Span,
    /// Its name.
    pub name: Ident,
    /// Where its values come from.
    pub kind: ColumnKind,
    /// Its constraints, in the order written.
    pub constraints: Vec<ColumnConstraint>,
    /// `COMMENT 'text'`.
    pub comment: Option<StringLit>,
}

impl ColumnDef {
    /// Returns the declared type; a computed column has none.
    pub fn data_type(&self) -> Option<&DataType> {
        match &self.kind {
            ColumnKind::Physical(data_type) | ColumnKind::Metadata { data_type, .. } => {
                Some(data_type)
            }
            ColumnKind::Computed(_) => None,
        }
    }
}

/// Where the values of a column come from.
#[derive(Debug, Clone, PartialEq)]
pub enum ColumnKind {
    /// `name type`: from the data.
    Physical(DataType),
    /// Flink: `name AS expr`: from other columns.
    Computed(Expr),
    /// Flink: `name type METADATA [FROM 'key'] [VIRTUAL]`: from the connector.
    Metadata {
        /// Its type.
        data_type: DataType,
        /// The connector's key; the column's name if not there.
        from: Option<StringLit>,
        /// `VIRTUAL`: read, never written.
        is_virtual: bool,
    },
}

/// `[CONSTRAINT name] kind [options]` behind a column's type.
#[derive(Debug, Clone, PartialEq)]
pub struct ColumnConstraint {
    /// The whole constraint.
    pub span: Span,
    /// Its name.
    pub name: Option<Ident>,
    /// What it demands.
    pub kind: ColumnConstraintKind,
    /// How strictly.
    pub options: ConstraintOptions,
}

/// What a column constraint demands.
#[derive(Debug, Clone, PartialEq)]
pub enum ColumnConstraintKind {
    /// `NOT NULL`.
    NotNull,
    /// `DEFAULT value`.
    Default(Expr),
    /// `CHECK (condition)`.
    Check(Expr),
    /// `PRIMARY KEY`.
    PrimaryKey,
    /// `UNIQUE`.
    Unique,
    /// `REFERENCES table (column)`.
    References {
        /// The other table.
        table: ObjectName,
        /// Its column.
        column: Ident,
    },
}

/// `[CONSTRAINT name] kind [options]` among the columns.
#[derive(Debug, Clone, PartialEq)]
pub struct TableConstraint {
    /// The whole constraint.
    pub span: Span,
    /// Its name.
    pub name: Option<Ident>,
    /// What it demands.
    pub kind: TableConstraintKind,
    /// How strictly.
    pub options: ConstraintOptions,
}

/// What a table constraint demands.
#[derive(Debug, Clone, PartialEq)]
pub enum TableConstraintKind {
    /// `PRIMARY KEY (column, ...)`.
    PrimaryKey(Vec<Ident>),
    /// `UNIQUE (column, ...)`.
    Unique(Vec<Ident>),
    /// `CHECK (condition)`.
    Check(Expr),
    /// `FOREIGN KEY (column, ...) REFERENCES table (column, ...)`.
    ForeignKey {
        /// Columns of this table.
        columns: Vec<Ident>,
        /// The other table.
        table: ObjectName,
        /// Its columns.
        referenced: Vec<Ident>,
    },
}

/// `[ENABLE | DISABLE [[NO]VALIDATE] | [NOT] ENFORCED] [RELY | NORELY]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ConstraintOptions {
    /// Whether the constraint is kept.
    pub enforcement: Option<Enforcement>,
    /// `VALIDATE` (true) or `NOVALIDATE` (false).
    pub validate: Option<bool>,
    /// `RELY` (true) or `NORELY` (false).
    pub rely: Option<bool>,
}

/// Whether a constraint is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Enforcement {
    /// `ENABLE`.
    Enable,
    /// `DISABLE`.
    Disable,
    /// `ENFORCED`.
    Enforced,
    /// `NOT ENFORCED`.
    NotEnforced,
}

/// `WATERMARK FOR column AS expr`.
#[derive(Debug, Clone, PartialEq)]
pub struct WatermarkDef {
    /// The whole element.
    pub span: Span,
    /// The event-time column; several parts for a field of a struct.
    pub column: ObjectName,
    /// The watermark, such as `ts - INTERVAL '5' SECOND`.
    pub expr: Expr,
}

/// `LIKE ...` of `CREATE TABLE`.
#[derive(Debug, Clone, PartialEq)]
pub enum CreateLike {
    /// `LIKE table`.
    Table(ObjectName),
    /// `LIKE FILE format 'path'`.
    File {
        /// Its format.
        format: Ident,
        /// Where it is.
        path: StringLit,
    },
}

/// `PARTITIONED BY ...`.
#[derive(Debug, Clone, PartialEq)]
pub struct PartitionedBy {
    /// The whole clause.
    pub span: Span,
    /// By what.
    pub kind: PartitionedByKind,
}

/// By what a table is partitioned.
#[derive(Debug, Clone, PartialEq)]
pub enum PartitionedByKind {
    /// `(name type, ...)`: columns of their own.
    Columns(Vec<ColumnDef>),
    /// `(name, ...)`: columns of the query or, in Flink's form, of the table.
    Names(Vec<Ident>),
    /// `SPEC (transform, ...)`: Iceberg's transforms.
    Spec(Vec<PartitionTransform>),
}

/// One transform of `PARTITIONED BY SPEC`.
#[derive(Debug, Clone, PartialEq)]
pub struct PartitionTransform {
    /// The whole transform.
    pub span: Span,
    /// What is done with the column.
    pub kind: TransformKind,
    /// The column.
    pub column: Ident,
}

/// What a partition transform does.
#[derive(Debug, Clone, PartialEq)]
pub enum TransformKind {
    /// `column`.
    Identity,
    /// `year(column)`.
    Year,
    /// `month(column)`.
    Month,
    /// `day(column)`.
    Day,
    /// `hour(column)`.
    Hour,
    /// `truncate(n, column)`.
    Truncate(NumberLit),
    /// `bucket(n, column)`.
    Bucket(NumberLit),
}

/// `CLUSTERED BY (column, ...) [SORTED BY (...)] INTO n BUCKETS`.
#[derive(Debug, Clone, PartialEq)]
pub struct ClusteredBy {
    /// The whole clause.
    pub span: Span,
    /// The bucket columns; never empty.
    pub columns: Vec<Ident>,
    /// How rows are sorted in a bucket; empty if not there.
    pub sorted_by: Vec<ColumnOrder>,
    /// How many buckets.
    pub buckets: NumberLit,
}

/// `column [ASC | DESC] [NULLS FIRST | LAST]`.
#[derive(Debug, Clone, PartialEq)]
pub struct ColumnOrder {
    /// The whole item.
    pub span: Span,
    /// The column.
    pub column: Ident,
    /// In which direction, if written.
    pub direction: Option<Direction>,
    /// Where nulls go, if written.
    pub nulls: Option<NullsOrder>,
}

/// `SKEWED BY (column, ...) ON (value, ...) [STORED AS DIRECTORIES]`.
#[derive(Debug, Clone, PartialEq)]
pub struct SkewedBy {
    /// The whole clause.
    pub span: Span,
    /// The skewed columns; never empty.
    pub columns: Vec<Ident>,
    /// The frequent values.
    pub values: SkewedValues,
    /// `STORED AS DIRECTORIES`.
    pub stored_as_directories: bool,
}

/// The frequent values of skewed columns.
#[derive(Debug, Clone, PartialEq)]
pub enum SkewedValues {
    /// `(a, b)`: one value each.
    Single(Vec<Expr>),
    /// `((a, b), (c, d))`: a value for each column.
    Tuples(Vec<Vec<Expr>>),
}

/// `ROW FORMAT ...`.
#[derive(Debug, Clone, PartialEq)]
pub enum RowFormat {
    /// `ROW FORMAT DELIMITED ...`.
    Delimited(Box<Delimited>),
    /// `ROW FORMAT SERDE 'class' [WITH SERDEPROPERTIES (...)]`.
    Serde {
        /// The whole clause.
        span: Span,
        /// The class.
        class: StringLit,
        /// Its properties.
        properties: Option<Properties>,
    },
}

/// `ROW FORMAT DELIMITED ...`.
#[derive(Debug, Clone, PartialEq)]
pub struct Delimited {
    /// The whole clause.
    pub span: Span,
    /// `FIELDS TERMINATED BY`.
    pub fields: Option<StringLit>,
    /// `ESCAPED BY`, only behind `FIELDS TERMINATED BY`.
    pub escaped: Option<StringLit>,
    /// `COLLECTION ITEMS TERMINATED BY`.
    pub collection_items: Option<StringLit>,
    /// `MAP KEYS TERMINATED BY`.
    pub map_keys: Option<StringLit>,
    /// `LINES TERMINATED BY`.
    pub lines: Option<StringLit>,
    /// `NULL DEFINED AS`.
    pub null: Option<StringLit>,
}

/// `STORED AS | BY ...`.
#[derive(Debug, Clone, PartialEq)]
pub struct Storage {
    /// The whole clause.
    pub span: Span,
    /// How.
    pub kind: StorageKind,
}

/// How a table is stored.
#[derive(Debug, Clone, PartialEq)]
pub enum StorageKind {
    /// `STORED AS format`.
    Format(Ident),
    /// `STORED AS INPUTFORMAT 'class' OUTPUTFORMAT 'class' [INPUTDRIVER .. OUTPUTDRIVER ..]`.
    Classes {
        /// The class that reads.
        input: StringLit,
        /// The class that writes.
        output: StringLit,
        /// `INPUTDRIVER` and `OUTPUTDRIVER`.
        drivers: Option<(StringLit, StringLit)>,
    },
    /// `STORED BY 'class' | name [WITH SERDEPROPERTIES (...)] [STORED AS format]`.
    Handler {
        /// The handler.
        handler: HandlerName,
        /// Its properties.
        properties: Option<Properties>,
        /// The file format that the handler shall use.
        format: Option<Ident>,
    },
}

/// The name of a storage handler.
#[derive(Debug, Clone, PartialEq)]
pub enum HandlerName {
    /// A class: `'org.apache.hadoop.hive.kafka.KafkaStorageHandler'`.
    Class(StringLit),
    /// A short name: `ICEBERG`.
    Name(Ident),
}
