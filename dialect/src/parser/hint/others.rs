//! What other engines, and the rest of Hive, call things.

use crate::token::Keyword;

/// Tells whether a keyword begins a statement that we do not read.
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
            | K::Set
    )
}

/// Says what to do instead of a statement that we do not read.
pub(crate) const fn instead_of_statement(keyword: Keyword) -> &'static str {
    use Keyword as K;
    match keyword {
        K::Load => "declare the files as a table and INSERT INTO ... SELECT from it",
        K::Msck => "partitions are added when they are committed: remove the statement",
        K::Analyze => "statistics are written when a partition is committed: remove the statement",
        K::Add => "external code is not loaded: remove the statement",
        K::Execute => "a statement set is written EXECUTE STATEMENT SET BEGIN ... END",
        K::Show | K::Describe | K::Desc => "remove the statement from the script",
        _ => "",
    }
}

/// Names what a `CREATE` creates that we do not read, and says what to do instead.
pub(crate) const fn other_create(first: Option<Keyword>) -> Option<(&'static str, &'static str)> {
    use Keyword as K;
    Some(match first {
        Some(K::Role) => ("the statement CREATE ROLE is not supported", ""),
        Some(K::Macro) => ("macros are temporary", "write CREATE TEMPORARY MACRO"),
        Some(K::Scheduled) => ("the statement CREATE SCHEDULED QUERY is not supported", ""),
        _ => return None,
    })
}

/// Names what a `DROP` drops that we do not read.
pub(crate) const fn other_drop(first: Option<Keyword>) -> Option<&'static str> {
    match first {
        Some(Keyword::Role) => Some("ROLE"),
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
