//! Data types.

use super::{Ident, Span, StringLit};

/// A data type as written in a column, a cast or a struct field.
#[derive(Debug, Clone, PartialEq)]
pub struct DataType {
    /// From its first to its last token.
    pub span: Span,
    /// Which type.
    pub kind: TypeKind,
}

/// The types of Hive and, where noted, the spellings of Flink that mean the same.
#[derive(Debug, Clone, PartialEq)]
pub enum TypeKind {
    /// `TINYINT`.
    TinyInt,
    /// `SMALLINT`.
    SmallInt,
    /// `INT`, `INTEGER`.
    Int,
    /// `BIGINT`.
    BigInt,
    /// `BOOLEAN`.
    Boolean,
    /// `FLOAT`, `REAL`.
    Float,
    /// `DOUBLE`, `DOUBLE PRECISION`.
    Double,
    /// `DECIMAL`, `DEC`, `NUMERIC`, each with optional precision and scale.
    Decimal {
        /// Number of digits; Hive takes 10 if it is not written.
        precision: Option<u32>,
        /// Digits behind the point; 0 if it is not written.
        scale: Option<u32>,
    },
    /// `STRING`.
    String,
    /// `VARCHAR(n)`.
    Varchar(u32),
    /// `CHAR(n)`.
    Char(u32),
    /// `BINARY`; Flink: `BYTES`.
    Binary,
    /// `DATE`.
    Date,
    /// `DATETIME`; Hive parses it and has no such type.
    Datetime,
    /// `TIMESTAMP`; Flink: `TIMESTAMP(p)`.
    Timestamp {
        /// Digits of the fraction of a second.
        precision: Option<u32>,
    },
    /// `TIMESTAMP WITH LOCAL TIME ZONE`, `TIMESTAMPLOCALTZ`; Flink: `TIMESTAMP_LTZ(p)`.
    TimestampLocalTz {
        /// Digits of the fraction of a second.
        precision: Option<u32>,
    },
    /// Flink: `TIME`, `TIME(p)`; Hive has no such type.
    Time {
        /// Digits of the fraction of a second.
        precision: Option<u32>,
    },
    /// `ARRAY<element>`.
    Array(Box<DataType>),
    /// `MAP<key, value>`.
    Map(Box<DataType>, Box<DataType>),
    /// `STRUCT<name: type, ...>`; Flink: `ROW<name type, ...>`.
    Struct(Vec<StructField>),
    /// `UNIONTYPE<type, ...>`.
    Union(Vec<DataType>),
}

/// One field of a struct type: `name: type [COMMENT 'text']`.
#[derive(Debug, Clone, PartialEq)]
pub struct StructField {
    /// The whole field.
    pub span: Span,
    /// Its name.
    pub name: Ident,
    /// Its type.
    pub data_type: DataType,
    /// Its comment.
    pub comment: Option<StringLit>,
}
