//! `INSERT`, also behind a common `FROM`.

use super::{Failed, Parsed, Parser};
use crate::ast::{
    Destination, FromInsert, Insert, InsertBranch, InsertMode, InsertTarget, PartitionSpec,
    PartitionValue, Query, QueryBody, StatementKind, With,
};
use crate::token::{Keyword, TokenKind};

impl Parser<'_> {
    /// Reads `INSERT target query`.
    pub(super) fn insert_statement(&mut self, with: Option<With>) -> Parsed<StatementKind> {
        let target = self.insert_target()?;
        if self.keyword_at(0) == Some(Keyword::From) {
            let span = self.span_of(self.token());
            let hint = "write FROM source INSERT INTO target SELECT ..., or INSERT INTO target \
                        SELECT ... FROM source";
            return self.fail(span, "FROM cannot stand between INSERT and SELECT", hint);
        }
        let query = self.query()?;
        Ok(StatementKind::Insert(Box::new(Insert { with, target, query })))
    }

    /// Reads `FROM source` and what is selected or inserted from it.
    pub(super) fn leading_from_statement(&mut self, with: Option<With>) -> Parsed<StatementKind> {
        let start = self.start();
        let from = self.clause_from()?;
        let mut branches = vec![self.insert_branch()?];
        while matches!(self.keyword_at(0), Some(Keyword::Insert | Keyword::Select)) {
            branches.push(self.insert_branch()?);
        }
        match <[InsertBranch; 1]>::try_from(branches) {
            Ok([InsertBranch { target: None, query, .. }]) => {
                self.leading_from_query(start, with, (from, query))
            }
            Ok([branch]) => {
                let branches = vec![branch];
                Ok(StatementKind::FromInsert(Box::new(FromInsert { with, from, branches })))
            }
            Err(branches) => {
                Ok(StatementKind::FromInsert(Box::new(FromInsert { with, from, branches })))
            }
        }
    }

    /// Makes a query of `FROM source SELECT ...`, and reads set operators behind it.
    fn leading_from_query(
        &mut self,
        start: u32,
        with: Option<With>,
        (from, mut query): (crate::ast::From, Box<Query>),
    ) -> Parsed<StatementKind> {
        if let QueryBody::Select(select) = &mut query.body {
            select.span = from.span.to(select.span);
            select.from = Some(from);
        }
        query.span = self.span_from(start);
        if query.has_no_tail() && self.at_query_rest() {
            query = self.query_rest(start, query.body)?;
        }
        if let Some(with) = with {
            query.span = with.span.to(query.span);
            query.with = Some(with);
        }
        Ok(StatementKind::Query(query))
    }

    fn insert_branch(&mut self) -> Parsed<InsertBranch> {
        let start = self.start();
        let target =
            if self.at_keyword(Keyword::Insert) { Some(self.insert_target()?) } else { None };
        let query_start = self.start();
        let select = self.branch_select()?;
        let query = self.query_tail(query_start, QueryBody::Select(select))?;
        Ok(InsertBranch { span: self.span_from(start), target, query })
    }

    fn insert_target(&mut self) -> Parsed<InsertTarget> {
        let start = self.start();
        self.expect_keyword(Keyword::Insert)?;
        let mode = if self.eat_keyword(Keyword::Into) {
            InsertMode::Into
        } else if self.eat_keyword(Keyword::Overwrite) {
            InsertMode::Overwrite
        } else {
            return Err(Failed);
        };
        let destination = self.destination(mode)?;
        let if_not_exists = self.if_not_exists()?;
        let table = matches!(destination, Destination::Table { .. });
        let columns = if table && self.kind() == TokenKind::LParen && self.is_name(1) {
            self.column_names()?
        } else {
            vec![]
        };
        let span = self.span_from(start);
        Ok(InsertTarget { span, mode, destination, if_not_exists, columns })
    }

    fn destination(&mut self, mode: InsertMode) -> Parsed<Destination> {
        let directory = match self.keyword_at(0) {
            Some(Keyword::Directory) => self.kind_at(1) == TokenKind::String,
            Some(Keyword::Local) => true,
            _ => false,
        };
        if directory && mode == InsertMode::Overwrite {
            let local = self.eat_keyword(Keyword::Local);
            self.expect_keyword(Keyword::Directory)?;
            let path = self.string()?;
            let row_format = self.row_format()?;
            let storage = self.storage()?;
            return Ok(Destination::Directory { local, path, row_format, storage });
        }
        self.eat_keyword(Keyword::Table);
        let name = self.table_name()?;
        let hints = self.hints();
        let partition =
            if self.at_keyword(Keyword::Partition) { Some(self.partition_spec()?) } else { None };
        Ok(Destination::Table { name, hints, partition })
    }

    /// Reads `PARTITION (column = value, column, ...)`.
    pub(super) fn partition_spec(&mut self) -> Parsed<PartitionSpec> {
        let start = self.start();
        self.expect_keyword(Keyword::Partition)?;
        let values = self.parenthesized(Self::partition_value)?;
        Ok(PartitionSpec { span: self.span_from(start), values })
    }

    fn partition_value(&mut self) -> Parsed<PartitionValue> {
        let start = self.start();
        let name = self.ident_as("a partition column")?;
        let is_static = self.eat(TokenKind::Eq) || self.eat(TokenKind::EqEq);
        let value = match is_static {
            true if self.is_streaming() => Some(self.expr()?),
            true => Some(self.constant()?),
            false => None,
        };
        Ok(PartitionValue { span: self.span_from(start), name, value })
    }
}
