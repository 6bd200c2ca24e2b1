//! Settings, `EXPLAIN`, statement sets.

use super::Printer;
use crate::ast::{
    Explain, ExplainOption, Reset, Set, SetKey, SetStyle, StatementSet, VectorizationDetail,
};
use crate::command::{self, CommandKind};

impl Printer {
    pub(super) fn set(&mut self, set: &Set) {
        self.put("SET");
        let text = match set {
            Set::All => return,
            Set::Verbose => "-v".to_owned(),
            Set::Show(key) => set_key(key),
            Set::Assign { key, value, .. } => match key.style {
                SetStyle::Hive => format!("{}={value}", key.name),
                SetStyle::Flink => format!("{} = {}", set_key(key), flink_string(value)),
            },
        };
        self.put(&command::escaped(CommandKind::Set, &format!(" {text}")));
    }

    pub(super) fn reset(&mut self, reset: &Reset) {
        self.put("RESET");
        if reset.to_default {
            self.put(" -d");
        }
        let keys = reset.keys.iter().flat_map(|key| [" ".to_owned(), set_key(key)]);
        self.put(&command::escaped(CommandKind::Reset, &keys.collect::<String>()));
    }

    pub(super) fn statement_set(&mut self, set: &StatementSet) {
        self.put("EXECUTE STATEMENT SET BEGIN");
        for statement in &set.statements {
            self.line();
            self.statement(&statement.kind);
            self.put(";");
        }
        self.line();
        self.put("END");
    }

    pub(super) fn explain(&mut self, explain: &Explain) {
        self.put("EXPLAIN ");
        for option in &explain.options {
            self.put(explain_option(*option));
            if let ExplainOption::Vectorization { only, detail } = option {
                self.put(if *only { " ONLY" } else { "" });
                self.put(match detail {
                    None => "",
                    Some(VectorizationDetail::Summary) => " SUMMARY",
                    Some(VectorizationDetail::Operator) => " OPERATOR",
                    Some(VectorizationDetail::Expression) => " EXPRESSION",
                    Some(VectorizationDetail::Detail) => " DETAIL",
                });
            }
            self.put(" ");
        }
        self.statement(&explain.statement.kind);
    }
}

fn set_key(key: &SetKey) -> String {
    match key.style {
        SetStyle::Hive => key.name.clone(),
        SetStyle::Flink => flink_string(&key.name),
    }
}

fn flink_string(value: &str) -> String {
    format!("'{}'", value.replace('\'', "''"))
}

const fn explain_option(option: ExplainOption) -> &'static str {
    match option {
        ExplainOption::Extended => "EXTENDED",
        ExplainOption::Formatted => "FORMATTED",
        ExplainOption::Dependency => "DEPENDENCY",
        ExplainOption::Cbo => "CBO",
        ExplainOption::CboCost => "CBO COST",
        ExplainOption::CboJoinCost => "CBO JOINCOST",
        ExplainOption::Logical => "LOGICAL",
        ExplainOption::Authorization => "AUTHORIZATION",
        ExplainOption::Analyze => "ANALYZE",
        ExplainOption::Reoptimization => "REOPTIMIZATION",
        ExplainOption::Locks => "LOCKS",
        ExplainOption::Ast => "AST",
        ExplainOption::Vectorization { .. } => "VECTORIZATION",
        ExplainOption::Debug => "DEBUG",
        ExplainOption::Ddl => "DDL",
        ExplainOption::Rewrite => "REWRITE",
    }
}
