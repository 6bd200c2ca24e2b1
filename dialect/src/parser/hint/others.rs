//! What other engines, and the rest of Hive, call things.

use crate::token::Keyword;

/// Tells whether a keyword begins a statement, other than those of queries and definitions.
pub(crate) const fn begins_other_statement(keyword: Keyword) -> bool {
    use Keyword as K;
    matches!(
        keyword,
        K::Analyze
            | K::Show
            | K::Describe
            | K::Desc
            | K::Load
            | K::Export
            | K::Import
            | K::Update
            | K::Delete
            | K::Merge
            | K::Msck
            | K::Grant
            | K::Revoke
            | K::Lock
            | K::Unlock
            | K::Add
            | K::Abort
            | K::Kill
            | K::Start
            | K::Commit
            | K::Rollback
            | K::Repl
            | K::Prepare
            | K::Execute
            | K::Map
            | K::Reduce
    )
}

/// Says what to do instead of a statement that we do not read; none if it is one that we do.
pub(crate) const fn instead_of_statement(keyword: Keyword) -> Option<&'static str> {
    use Keyword as K;
    match keyword {
        K::Add => Some("external code is not loaded: remove the statement"),
        K::Truncate | K::Reload => Some(""),
        _ => None,
    }
}

/// Says what is wrong with a `CREATE` of something that is not created like that.
pub(crate) const fn other_create(first: Option<Keyword>) -> Option<(&'static str, &'static str)> {
    match first {
        Some(Keyword::Macro) => Some(("macros are temporary", "write CREATE TEMPORARY MACRO")),
        _ => None,
    }
}

/// Says which type of Hive a type of another engine is.
pub(crate) fn type_of_others(name: &str) -> Option<&'static str> {
    Some(match name.to_ascii_uppercase().as_str() {
        "TEXT" | "CLOB" | "NVARCHAR" | "VARCHAR2" | "LONGTEXT" | "NCHAR" | "STR" | "JSON"
        | "JSONB" | "UUID" | "VARIANT" | "ENUM" => "write STRING",
        "INT64" | "LONG" | "SERIAL" | "BIGSERIAL" | "INT8" | "UINT32" => "write BIGINT",
        "INT32" | "INT4" | "MEDIUMINT" | "UINT16" => "write INT",
        "INT16" | "INT2" | "SHORT" => "write SMALLINT",
        "BYTE" => "write TINYINT",
        "FLOAT64" | "FLOAT8" => "write DOUBLE",
        "FLOAT32" | "FLOAT4" => "write FLOAT",
        "NUMBER" | "MONEY" | "BIGDECIMAL" | "UINT64" => "write DECIMAL(precision, scale)",
        "BOOL" | "BIT" => "write BOOLEAN",
        "BLOB" | "BYTEA" | "VARBINARY" => "write BINARY",
        "TIMESTAMPTZ" | "TIMESTAMP_TZ" => "write TIMESTAMP WITH LOCAL TIME ZONE",
        "TIMESTAMP_NTZ" | "DATETIME2" => "write TIMESTAMP",
        "LIST" => "write ARRAY<type>",
        "OBJECT" | "RECORD" => "write STRUCT<name: type, ...>",
        _ => return None,
    })
}
