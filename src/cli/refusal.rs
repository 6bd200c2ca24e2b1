//! Why a pipeline script does not run a statement that only Hive can run, and what to do instead.

use dialect::ast::{Command, ResourceAction, StatementKind, Workload};

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
        S::Show(_) | S::Describe(_) => {
            ("a pipeline script has nowhere to show this", "remove the statement from the script")
        }
        S::Analyze(_) => (
            "a pipeline does not analyze tables",
            "statistics are written when a partition is committed: remove the statement",
        ),
        S::Msck(_) => (
            "a pipeline does not look for partitions",
            "partitions are added when they are committed: remove the statement",
        ),
        S::Load(_) => (
            "a pipeline does not load files with LOAD DATA",
            "declare the files as a table and INSERT INTO ... SELECT from it",
        ),
        S::Export(_) | S::Import(_) | S::Repl(_) => (
            "a pipeline does not copy whole tables or databases",
            "run the statement in Hive, or write INSERT INTO ... SELECT",
        ),
        S::Prepare(_) | S::Execute(_) => (
            "a pipeline does not prepare statements",
            "write the INSERT with its values; SET hivevar:name=value makes variables",
        ),
        S::Workload(workload) => refused_workload(workload),
        S::ScheduledQuery(_) => (
            "a pipeline does not schedule queries",
            "write INSERT INTO ... SELECT: it runs all the time; or create the schedule in Hive",
        ),
        S::Lock(_) | S::Unlock(_) | S::Transaction(_) => (
            "a pipeline commits by checkpoints, not by locks or transactions of a script",
            "remove the statement",
        ),
        S::KillQuery(_) | S::Abort(_) => {
            ("a pipeline script does not stop the work of others", "run the statement in Hive")
        }
        S::Role(_) | S::Grant(_) | S::Revoke(_) => {
            ("a pipeline script does not manage roles and privileges", "run the statement in Hive")
        }
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

const fn refused_workload(workload: &Workload) -> (&'static str, &'static str) {
    let message = match workload {
        Workload::CreateMapping(_) | Workload::AlterMapping(_) | Workload::DropMapping { .. } => {
            "a pipeline script does not map queries to pools"
        }
        _ => "a pipeline script does not manage resource plans",
    };
    (message, "run the statement in Hive")
}
