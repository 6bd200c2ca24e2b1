//! What becomes of one statement.

use std::collections::BTreeSet;

use dialect::ast::{Command, CreateTable, Statement, StatementKind};
use metastore::names::{DEFAULT_DATABASE, TableName};

use super::facts::Facts;
use super::hive_functions;
use super::report::{External, Finding};
use super::rules::{AGGREGATES, JOINS, LANGUAGE, QUERY, Rule, Verdict};
use super::settings::{self, Fate};
use crate::catalog::table;
use crate::cli::refusal::refusal;
use crate::sql::functions;

/// What the scripts of a repository define together. Names are in lower case, tables without
/// database.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// Tables that are read as streams.
    pub(super) sources: BTreeSet<String>,
    /// Functions that are no Hive's own.
    pub(super) functions: BTreeSet<String>,
}

impl Known {
    /// Takes what a statement defines.
    pub(super) fn take(&mut self, statement: &Statement, facts: &Facts) {
        self.functions.extend(facts.defines.iter().map(|name| last_part(name).to_owned()));
        if let StatementKind::CreateTable(create) = &statement.kind
            && is_source(create)
        {
            self.sources.extend(facts.creates.iter().map(|name| last_part(name).to_owned()));
        }
    }
}

/// Returns a name without its database.
pub(super) fn last_part(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}

fn is_source(create: &CreateTable) -> bool {
    let options = table::pairs(create.options.as_ref());
    let origin = config::problem::Origin::set("script", 1);
    let all = config::properties::Properties::from_pairs(options, &origin);
    config::source::is_source_table(&all)
}

/// Finds everything that stands against a statement.
pub(super) fn findings(statement: &Statement, facts: &Facts, known: &Known) -> Vec<Finding> {
    let mut found = Vec::new();
    match &statement.kind {
        StatementKind::Insert(_)
        | StatementKind::FromInsert(_)
        | StatementKind::StatementSet(_) => {
            insert(facts, known, &mut found);
        }
        StatementKind::CreateTable(create) if !is_source(create) => definition(create, &mut found),
        StatementKind::DropTable(drop) => {
            found.push(Finding::new("H202", format!("DROP TABLE {}", drop.name)));
        }
        StatementKind::Set(dialect::ast::Set::Assign { key, .. }) => {
            let (fate, why) = settings::fate(&key.name);
            if fate == Fate::Different {
                found.push(Finding::new("H201", format!("{}: {why}", key.name)));
            }
        }
        kind => {
            if let Some((message, advice)) = refusal(kind) {
                let mut finding = Finding::new(rule_of(kind), message.to_owned());
                advice.clone_into(&mut finding.advice);
                found.push(finding);
            }
        }
    }
    let limits = facts.has(&["tok_limit"]) && !facts.has(&["tok_orderby"]);
    if limits && !matches!(statement.kind, StatementKind::Explain(_)) {
        found.push(Finding::of("H012"));
    }
    found
}

/// Which reason a statement has that a pipeline does not run.
fn rule_of(kind: &StatementKind) -> &'static str {
    use StatementKind as S;
    match kind {
        S::Query(_) | S::Explain(_) => "H101",
        S::Update(_) | S::Delete(_) | S::Merge(_) => "H102",
        S::AlterTable(_) | S::AlterDatabase(_) | S::OptimizeTable(_) => "H103",
        S::CreateView(_) | S::AlterView(_) | S::DropView(_) => "H104",
        S::CreateFunction(_) | S::DropFunction(_) | S::ReloadFunctions => "H105",
        S::CreateMacro(_) | S::DropMacro(_) => "H106",
        S::DropDatabase(_) | S::TruncateTable(_) => "H107",
        S::CreateMaterializedView(_) | S::AlterMaterializedView(_) => "H108",
        S::Show(_) | S::Describe(_) => "H109",
        S::Load(_) => "H111",
        S::Analyze(_) | S::Msck(_) => "H112",
        S::Export(_) | S::Import(_) | S::Repl(_) => "H113",
        S::Role(_) | S::Grant(_) | S::Revoke(_) => "H114",
        S::Workload(_) | S::ScheduledQuery(_) => "H115",
        S::Lock(_) | S::Unlock(_) | S::Transaction(_) => "H116",
        S::Command(Command::Resource(_) | Command::Compile(_)) => "H140",
        S::Command(Command::Source(_)) => "H141",
        S::Command(Command::Quit | Command::Exit) => "H143",
        S::Command(_) => "H142",
        _ => "H100",
    }
}

/// What a pipeline cannot do in an `INSERT`.
fn insert(facts: &Facts, known: &Known, found: &mut Vec<Finding>) {
    if facts.has(&["tok_destination"])
        && !facts.writes.is_empty()
        && !facts.has(&["tok_insert_into"])
    {
        found.push(Finding::of("H120"));
    }
    if facts.writes.is_empty() {
        found.push(Finding::of("H121"));
    }
    for (rule, nodes) in QUERY {
        if facts.has(nodes) && !found.iter().any(|finding| finding.rule == *rule) {
            found.push(Finding::of(rule));
        }
    }
    let values = facts.has(&["tok_values_table", "tok_value_row"])
        || (facts.calls.contains("inline") && facts.reads.is_empty());
    if values {
        found.push(Finding::of("H122"));
    } else if facts.reads.is_empty() {
        found.push(Finding::of("H138"));
    }
    let (sources, others): (Vec<_>, Vec<_>) =
        facts.reads.iter().partition(|name| known.sources.contains(last_part(name)));
    let refused = found.iter().any(|finding| finding.rule == "H123");
    let joins = refused || facts.has(JOINS);
    if joins && sources.len() == 1 && !others.is_empty() {
        if facts.has(JOINS) {
            found.extend(others.iter().map(|name| Finding::new("H203", format!("JOIN {name}"))));
        }
    } else {
        found.extend(others.iter().map(|name| Finding::new("H137", format!("reads {name}"))));
        if joins && !refused {
            found.push(Finding::of("H123"));
        }
    }
    let names = functions::names();
    for name in &facts.calls {
        let name = name.as_str();
        if names.binary_search(&name).is_ok() || LANGUAGE.contains(&name) || values {
            continue;
        }
        if AGGREGATES.contains(&name) {
            if !found.iter().any(|finding| finding.rule == "H124") {
                found.push(Finding::new("H124", format!("{name}(...)")));
            }
        } else if hive_functions::is_hives(name) {
            found.push(Finding::new("H135", format!("{name}(...)")));
        } else {
            found.push(Finding::new("H136", format!("{name}(...)")));
        }
    }
}

/// What stands against a table's definition.
fn definition(create: &CreateTable, found: &mut Vec<Finding>) {
    let name = TableName::parse(&create.name.to_string(), DEFAULT_DATABASE);
    let name = match name {
        Ok(name) => name,
        Err(e) => return found.push(Finding::new("H110", e.to_string())),
    };
    let Err(refused) = table::from_ddl(create, name) else { return };
    for one in refused {
        let mut finding = Finding::new("H110", one.message);
        if let Some(hint) = one.hint {
            finding.advice = hint;
        }
        found.push(finding);
    }
}

/// Names what a statement takes from outside.
pub(super) fn external(statement: &Statement, facts: &Facts) -> Vec<External> {
    let one = |kind: &str, name: &str| External { kind: kind.to_owned(), name: name.to_owned() };
    if let StatementKind::Command(command) = &statement.kind {
        return match command {
            Command::Resource(resource) => {
                let kind = resource.kind.text().to_lowercase();
                resource.values.iter().map(|value| one(&kind, &value.value)).collect()
            }
            Command::Dfs(text) => vec![one("dfs", &text.value)],
            Command::Shell(text) => vec![one("shell command", &text.value)],
            Command::Source(text) => vec![one("script", &text.value)],
            Command::Compile(compile) => vec![one("compiled code", &compile.name.value)],
            _ => Vec::new(),
        };
    }
    let kind = match &statement.kind {
        StatementKind::CreateFunction(_) => "class or file of a function",
        _ if facts.has(&["tok_transform"]) => "program of TRANSFORM",
        _ => "loaded file",
    };
    facts.external.iter().map(|name| one(kind, name)).collect()
}

/// The worst of what was found.
pub(super) fn verdict(found: &[Finding]) -> Verdict {
    let verdicts = found.iter().filter_map(|finding| Rule::find(finding.rule));
    verdicts.map(|rule| rule.verdict).max().unwrap_or(Verdict::Runs)
}
