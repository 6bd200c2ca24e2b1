//! `INSERT`, also behind a common `FROM`.

use super::{Failed, Parsed, Parser};
use crate::ast::{
    Destination, FromInsert, Insert, InsertBranch, InsertMode, InsertTarget, StatementKind, With,
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
        // Flink has its named subqueries here, Hive before INSERT.
        let query = if self.is_streaming() { self.query()? } else { self.select_statement()? };
        Ok(StatementKind::Insert(Box::new(Insert { with, target, query })))
    }

    /// Reads `FROM source` and what is selected or inserted from it.
    pub(super) fn leading_from_statement(&mut self, with: Option<With>) -> Parsed<StatementKind> {
        let start = self.start();
        let from = self.clause_from()?;
        let mut branches = vec![self.insert_branch()?];
        while matches!(
            self.keyword_at(0),
            Some(Keyword::Insert | Keyword::Select | Keyword::Map | Keyword::Reduce)
        ) {
            branches.push(self.insert_branch()?);
        }
        match <[InsertBranch; 1]>::try_from(branches) {
            Ok([InsertBranch { target: None, query, .. }]) => {
                let query = self.leading_from_query(start, with, (from, query))?;
                Ok(StatementKind::Query(query))
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

    fn insert_branch(&mut self) -> Parsed<InsertBranch> {
        let start = self.start();
        let target =
            if self.at_keyword(Keyword::Insert) { Some(self.insert_target()?) } else { None };
        let query = self.branch_query()?;
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
        let takes_columns = mode == InsertMode::Into || self.is_streaming();
        let columns =
            if table && takes_columns && self.kind() == TokenKind::LParen && self.is_name(1) {
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
        let named = self.eat_keyword(Keyword::Table);
        if !named && mode == InsertMode::Overwrite && !self.is_streaming() {
            self.at_keyword(Keyword::Directory);
            self.at_keyword(Keyword::Local);
            return Err(Failed);
        }
        let name = self.table_name()?;
        let hints = self.table_hints();
        let partition = self.optional_partition_spec()?;
        Ok(Destination::Table { name, hints, partition })
    }
}
