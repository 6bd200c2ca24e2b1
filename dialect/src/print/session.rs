//! Settings, `EXPLAIN`, statement sets.

use super::Printer;
use crate::ast::{
    Explain, ExplainOption, Reset, Set, SetKey, SetStyle, StatementSet, VectorizationDetail,
};
use crate::command::CommandKind;

impl Printer {
    pub(super) fn set(&mut self, set: &Set) {
        self.put("SET");
        match set {
            Set::All => {}
            Set::Verbose => self.put(" -v"),
            Set::Show(key) => {
                self.put(" ");
                self.set_key(key);
            }
            Set::Assign { key, value, .. } => {
                self.put(" ");
                self.set_key(key);
                match key.style {
                    SetStyle::Hive => {
                        self.put("=");
                        self.raw(CommandKind::Set, value);
                    }
                    SetStyle::Flink => {
                        self.put(" = ");
                        self.flink_string(value);
                    }
                }
            }
        }
    }

    pub(super) fn reset(&mut self, reset: &Reset) {
        self.put("RESET");
        if reset.to_default {
            self.put(" -d");
        }
        for key in &reset.keys {
            self.put(" ");
            self.set_key(key);
        }
    }

    fn set_key(&mut self, key: &SetKey) {
        match key.style {
            SetStyle::Hive => self.put(&key.name),
            SetStyle::Flink => self.flink_string(&key.name),
        }
    }

    fn flink_string(&mut self, value: &str) {
        self.put("'");
        self.put(&value.replace('\'', "''"));
        self.put("'");
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
