//! Why a pipeline script does not run a statement that only Hive can run, and what to do instead.

use dialect::ast::{Command, ResourceAction, StatementKind};

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
        S::CreateFunction(_) | S::DropFunction(_) | S::ReloadFunctions => {
            ("external code is not loaded", "use built-in functions, and remove the statement")
        }
        S::CreateMacro(_) | S::DropMacro(_) => (
            "macros are not supported in a pipeline script",
            "write the expression where the macro is used",
        ),
        S::Command(command) => return refused_command(command),
        _ => return None,
    })
}

/// Refuses what only Hive's shell can do; what changes nothing for a pipeline is passed over.
const fn refused_command(command: &Command) -> Option<(&'static str, &'static str)> {
    Some(match command {
        Command::Reload | Command::Llap { .. } => return None,
        Command::Resource(one) if !matches!(one.action, ResourceAction::Add) => return None,
        Command::Resource(_) | Command::Compile(_) => (
            "code and files cannot be added to a pipeline",
            "leave it out, and use the functions that are built in",
        ),
        Command::Source(_) => (
            "a script does not run another one here",
            "name both scripts on the command line, in their order",
        ),
        Command::Dfs(_) | Command::Shell(_) | Command::Crypto(_) | Command::Erasure(_) => (
            "a pipeline script runs no commands of the operating system",
            "run it before the pipeline starts",
        ),
        Command::Quit | Command::Exit => {
            ("a script is read to its end", "leave it out, together with what stands behind it")
        }
    })
}
