//! Why a pipeline script does not run a statement that only Hive can run, and what to do instead.

use dialect::ast::StatementKind;

/// Says why a pipeline does not run a statement, and what to do instead.
///
/// Shape: the message and the hint; none for statements that a pipeline runs.
pub(super) const fn refusal(kind: &StatementKind) -> Option<(&'static str, &'static str)> {
    use StatementKind as S;
    Some(match kind {
        S::Query(_) | S::Explain(_) => (
            "a query without INSERT has no place to put its rows",
            "write INSERT INTO table SELECT ...",
        ),
        S::Update(_) | S::Delete(_) | S::Merge(_) => (
            "a pipeline adds rows to a table, it does not change them",
            "write INSERT INTO table SELECT ..., or run the statement in Hive",
        ),
        S::DropDatabase(_) => (
            "a pipeline script does not drop databases",
            "starting it again would delete what it has written",
        ),
        S::TruncateTable(_) => (
            "a pipeline script does not empty tables",
            "starting it again would delete what it has written",
        ),
        S::AlterTable(_) => (
            "ALTER TABLE is not supported in a pipeline script",
            "a table is changed once, a script runs at each start: run the statement in Hive",
        ),
        S::OptimizeTable(_) => (
            "OPTIMIZE TABLE is not supported in a pipeline script",
            "set 'auto-compaction' = 'true' on the table, or run the statement in Hive",
        ),
        S::CreateView(_) | S::AlterView(_) => (
            "views are not supported in a pipeline script",
            "write the view as a subquery: WITH name AS (SELECT ...)",
        ),
        S::CreateMaterializedView(_) | S::AlterMaterializedView(_) => (
            "materialized views are not supported in a pipeline script",
            "write CREATE TABLE, and INSERT INTO it what the view shall hold",
        ),
        S::DropView(_) => (
            "views are not supported in a pipeline script",
            "remove the statement, or run it in Hive",
        ),
        S::AlterDatabase(_) => (
            "ALTER DATABASE is not supported in a pipeline script",
            "a database is changed once, a script runs at each start: run the statement in Hive",
        ),
        S::CreateConnector(_) | S::AlterConnector(_) | S::DropConnector(_) => (
            "data connectors are not supported in a pipeline script",
            "declare what is read with CREATE TABLE ... WITH ('connector' = ...)",
        ),
        S::CreateFunction(_) | S::DropFunction(_) | S::ReloadFunctions => (
            "external code is not loaded",
            "use built-in functions, and remove the statement",
        ),
        S::CreateMacro(_) | S::DropMacro(_) => (
            "macros are not supported in a pipeline script",
            "write the expression where the macro is used",
        ),
        _ => return None,
    })
}
