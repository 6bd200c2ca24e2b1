//! `USE` and `EXPLAIN`.

use super::{Parsed, Parser};
use crate::ast::{Explain, ExplainOption, Statement, StatementKind, Use, VectorizationDetail};
use crate::token::Keyword;

impl Parser<'_> {
    pub(super) fn use_statement(&mut self) -> Parsed<StatementKind> {
        self.expect_keyword(Keyword::Use)?;
        // A database may have the name, too.
        if self.is_streaming() && self.is_word(0, "CATALOG") && self.is_name(1) {
            self.bump();
            return self.use_catalog();
        }
        let database = self.ident_as("a database name")?;
        Ok(StatementKind::Use(Use { database }))
    }

    pub(super) fn explain_statement(&mut self) -> Parsed<StatementKind> {
        self.expect_keyword(Keyword::Explain)?;
        if self.eat_keyword(Keyword::Rewrite) {
            let options = vec![ExplainOption::Rewrite];
            let statement = self.query_or_insert()?;
            return Ok(StatementKind::Explain(Explain { options, statement }));
        }
        let mut options = Vec::new();
        while let Some(option) = self.explain_option() {
            options.push(option);
        }
        let start = self.start();
        if self.at_keyword(Keyword::Explain) {
            let span = self.span_of(self.token());
            return self.fail(span, "EXPLAIN cannot explain itself", "remove one EXPLAIN");
        }
        let kind = self.statement_kind()?;
        let statement = Box::new(Statement { span: self.span_from(start), kind });
        Ok(StatementKind::Explain(Explain { options, statement }))
    }

    fn explain_option(&mut self) -> Option<ExplainOption> {
        use ExplainOption as O;
        use Keyword as K;
        const SIMPLE: [(Keyword, ExplainOption); 11] = [
            (K::Extended, O::Extended),
            (K::Formatted, O::Formatted),
            (K::Dependency, O::Dependency),
            (K::Logical, O::Logical),
            (K::Authorization, O::Authorization),
            (K::Analyze, O::Analyze),
            (K::Reoptimization, O::Reoptimization),
            (K::Locks, O::Locks),
            (K::Ast, O::Ast),
            (K::Debug, O::Debug),
            (K::Ddl, O::Ddl),
        ];
        if self.keyword_at(0) == Some(K::Analyze) && self.keyword_at(1) == Some(K::Table) {
            return None;
        }
        for (keyword, option) in SIMPLE {
            if self.eat_keyword(keyword) {
                return Some(option);
            }
        }
        if self.eat_keyword(K::Cbo) {
            return Some(if self.eat_keyword(K::Cost) {
                O::CboCost
            } else if self.eat_keyword(K::JoinCost) {
                O::CboJoinCost
            } else {
                O::Cbo
            });
        }
        if self.eat_keyword(K::Vectorization) {
            let only = self.eat_keyword(K::Only);
            return Some(O::Vectorization { only, detail: self.vectorization_detail() });
        }
        None
    }

    fn vectorization_detail(&mut self) -> Option<VectorizationDetail> {
        use Keyword as K;
        use VectorizationDetail as D;
        let details = [
            (K::Summary, D::Summary),
            (K::Operator, D::Operator),
            (K::Expression, D::Expression),
            (K::Detail, D::Detail),
        ];
        details
            .into_iter()
            .find_map(|(keyword, detail)| self.eat_keyword(keyword).then_some(detail))
    }
}
