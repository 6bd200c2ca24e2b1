//! `EXPLAIN`.

use super::Tree;
use crate::ast::{Explain, ExplainOption, VectorizationDetail};

impl Tree {
    pub(super) fn explain(&mut self, explain: &Explain) {
        if explain.options.contains(&ExplainOption::Rewrite) {
            return self.node("tok_explain_sq_rewrite", |tree| {
                tree.statement(&explain.statement.kind);
            });
        }
        self.node("tok_explain", |tree| {
            tree.statement(&explain.statement.kind);
            explain.options.iter().for_each(|option| tree.explain_option(*option));
        });
    }

    fn explain_option(&mut self, option: ExplainOption) {
        match option {
            ExplainOption::Extended => self.leaf("extended"),
            ExplainOption::Formatted => self.leaf("formatted"),
            ExplainOption::Dependency => self.leaf("dependency"),
            ExplainOption::Cbo => self.leaf("cbo"),
            ExplainOption::CboCost => {
                self.leaf("cbo");
                self.leaf("cost");
            }
            ExplainOption::CboJoinCost => {
                self.leaf("cbo");
                self.leaf("joincost");
            }
            ExplainOption::Logical => self.leaf("logical"),
            ExplainOption::Authorization => self.leaf("authorization"),
            ExplainOption::Analyze => self.leaf("analyze"),
            ExplainOption::Reoptimization => self.leaf("reoptimization"),
            ExplainOption::Locks => self.leaf("locks"),
            ExplainOption::Ast => self.leaf("ast"),
            ExplainOption::Vectorization { only, detail } => {
                self.leaf("vectorization");
                if only {
                    self.leaf("tok_only");
                }
                match detail {
                    None => {}
                    Some(VectorizationDetail::Summary) => self.leaf("tok_summary"),
                    Some(VectorizationDetail::Operator) => self.leaf("tok_operator"),
                    Some(VectorizationDetail::Expression) => self.leaf("tok_expression"),
                    Some(VectorizationDetail::Detail) => self.leaf("tok_detail"),
                }
            }
            ExplainOption::Debug => self.leaf("debug"),
            ExplainOption::Ddl => self.leaf("ddl"),
            // It has a node of its own.
            ExplainOption::Rewrite => {}
        }
    }
}
