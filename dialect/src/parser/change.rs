//! `UPDATE`, `DELETE` and `MERGE`.

use super::{Failed, Parsed, Parser};
use crate::ast::{
    Assignment, Delete, Merge, MergeAction, MergeMatched, MergeNotMatched, StatementKind, Update,
};
use crate::token::{Keyword, TokenKind};

impl Parser<'_> {
    pub(super) fn update_statement(&mut self) -> Parsed<StatementKind> {
        self.expect_keyword(Keyword::Update)?;
        let table = self.table_name()?;
        let assignments = self.set_clause()?;
        let filter = self.where_clause()?;
        Ok(StatementKind::Update(Box::new(Update { table, assignments, filter })))
    }

    pub(super) fn delete_statement(&mut self) -> Parsed<StatementKind> {
        self.expect_keywords(&[Keyword::Delete, Keyword::From])?;
        let table = self.table_name()?;
        let filter = self.where_clause()?;
        Ok(StatementKind::Delete(Box::new(Delete { table, filter })))
    }

    fn where_clause(&mut self) -> Parsed<Option<crate::ast::Expr>> {
        if self.eat_keyword(Keyword::Where) { self.expr().map(Some) } else { Ok(None) }
    }

    /// Reads `SET column = value, ...`. Hive lets items between commas be empty.
    fn set_clause(&mut self) -> Parsed<Vec<Assignment>> {
        self.expect_keyword(Keyword::Set)?;
        let mut assignments = Vec::new();
        loop {
            if self.is_name(0) {
                assignments.push(self.assignment()?);
            } else if assignments.is_empty() && !self.at(TokenKind::Comma) {
                let reserved = self.keyword_at(0).is_some_and(Keyword::is_reserved)
                    && self.kind_at(1) == TokenKind::Eq;
                if reserved {
                    return self.expected("a column name");
                }
            }
            if !self.eat(TokenKind::Comma) {
                return Ok(assignments);
            }
        }
    }

    fn assignment(&mut self) -> Parsed<Assignment> {
        let start = self.start();
        let column = self.ident_as("a column name")?;
        let doubled = self.eat(TokenKind::EqEq);
        if !doubled {
            self.expect(TokenKind::Eq)?;
        }
        let value = self.sum_or_default()?;
        Ok(Assignment { span: self.span_from(start), column, doubled, value })
    }

    pub(super) fn merge_statement(&mut self) -> Parsed<StatementKind> {
        use Keyword as K;
        self.expect_keyword(K::Merge)?;
        let hints = self.hints();
        self.expect_keyword(K::Into)?;
        let table = self.table_name()?;
        let alias = self.alias()?;
        self.expect_keyword(K::Using)?;
        let source = self.joined_source()?;
        self.expect_keyword(K::On)?;
        let condition = self.expr()?;
        let mut merge = Merge {
            hints,
            table,
            alias,
            source,
            condition,
            matched: Vec::new(),
            not_matched: None,
        };
        while self.at_keywords(&[K::When, K::Matched]) {
            merge.matched.push(self.when_matched()?);
        }
        if self.at_keyword(K::When) {
            merge.not_matched = Some(self.when_not_matched()?);
        }
        if merge.matched.is_empty() && merge.not_matched.is_none() {
            return Err(Failed);
        }
        Ok(StatementKind::Merge(Box::new(merge)))
    }

    fn when_matched(&mut self) -> Parsed<MergeMatched> {
        use Keyword as K;
        let start = self.start();
        self.expect_keywords(&[K::When, K::Matched])?;
        let condition = if self.eat_keyword(K::And) { Some(self.expr()?) } else { None };
        self.expect_keyword(K::Then)?;
        let action = if self.eat_keyword(K::Delete) {
            MergeAction::Delete
        } else {
            self.expect_keyword(K::Update)?;
            MergeAction::Update(self.set_clause()?)
        };
        Ok(MergeMatched { span: self.span_from(start), condition, action })
    }

    fn when_not_matched(&mut self) -> Parsed<MergeNotMatched> {
        use Keyword as K;
        let start = self.start();
        self.expect_keywords(&[K::When, K::Not, K::Matched])?;
        let condition = if self.eat_keyword(K::And) { Some(self.expr()?) } else { None };
        self.expect_keywords(&[K::Then, K::Insert])?;
        let columns = if self.at(TokenKind::LParen) { self.column_names()? } else { vec![] };
        self.expect_keyword(K::Values)?;
        let row = self.values_row()?;
        if let Some(alias) = row.aliases.iter().flatten().next() {
            let hint = "remove the alias";
            return self.fail(alias.span, "a new row has no names of its own", hint);
        }
        Ok(MergeNotMatched { span: self.span_from(start), condition, columns, row })
    }
}
