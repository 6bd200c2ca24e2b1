//! Locks, transactions, prepared statements, `KILL QUERY`, `ABORT`.

use super::{Parsed, Parser};
use crate::ast::{
    Abort, AbortKind, Execute, KillQuery, Lock, LockMode, LockObject, Prepare, Statement,
    StatementKind, Transaction, TransactionMode, Unlock,
};
use crate::token::{Keyword, TokenKind};

impl Parser<'_> {
    // ── locks ────────────────────────────────────────────────────────

    pub(super) fn lock_statement(&mut self) -> Parsed<StatementKind> {
        self.expect_keyword(Keyword::Lock)?;
        let object = self.lock_object()?;
        let mode = if self.eat_keyword(Keyword::Shared) {
            LockMode::Shared
        } else {
            self.expect_keyword(Keyword::Exclusive)?;
            LockMode::Exclusive
        };
        Ok(StatementKind::Lock(Box::new(Lock { object, mode })))
    }

    pub(super) fn unlock_statement(&mut self) -> Parsed<StatementKind> {
        self.expect_keyword(Keyword::Unlock)?;
        let object = self.lock_object()?;
        Ok(StatementKind::Unlock(Box::new(Unlock { object })))
    }

    fn lock_object(&mut self) -> Parsed<LockObject> {
        if self.eat_keyword(Keyword::Database) || self.eat_keyword(Keyword::Schema) {
            return Ok(LockObject::Database(self.ident_as("a database name")?));
        }
        self.expect_keyword(Keyword::Table)?;
        let name = self.table_name()?;
        Ok(LockObject::Table { name, partition: self.optional_partition()? })
    }

    // ── what stops others' work ──────────────────────────────────────

    pub(super) fn kill_statement(&mut self) -> Parsed<StatementKind> {
        self.expect_keywords(&[Keyword::Kill, Keyword::Query])?;
        let mut ids = vec![self.string()?];
        while self.at(TokenKind::String) {
            ids.push(self.string()?);
        }
        Ok(StatementKind::KillQuery(KillQuery { ids }))
    }

    pub(super) fn abort_statement(&mut self) -> Parsed<StatementKind> {
        self.expect_keyword(Keyword::Abort)?;
        let kind = if self.eat_keyword(Keyword::Compactions) {
            AbortKind::Compactions
        } else {
            self.expect_keyword(Keyword::Transactions)?;
            AbortKind::Transactions
        };
        let mut ids = vec![self.plain_number()?];
        while matches!(self.kind(), TokenKind::Number(_)) {
            ids.push(self.plain_number()?);
        }
        Ok(StatementKind::Abort(Abort { kind, ids }))
    }

    // ── transactions ─────────────────────────────────────────────────

    pub(super) fn start_statement(&mut self) -> Parsed<StatementKind> {
        self.expect_keywords(&[Keyword::Start, Keyword::Transaction])?;
        let some = self.at_keyword(Keyword::Read) || self.at_keyword(Keyword::Isolation);
        let modes = if some { self.comma_separated(Self::transaction_mode)? } else { vec![] };
        Ok(StatementKind::Transaction(Transaction::Start(modes)))
    }

    fn transaction_mode(&mut self) -> Parsed<TransactionMode> {
        use Keyword as K;
        if self.eat_keyword(K::Isolation) {
            self.expect_keywords(&[K::Level, K::Snapshot])?;
            return Ok(TransactionMode::Snapshot);
        }
        self.expect_keyword(K::Read)?;
        if self.eat_keyword(K::Only) {
            return Ok(TransactionMode::ReadOnly);
        }
        self.expect_keyword(K::Write)?;
        Ok(TransactionMode::ReadWrite)
    }

    pub(super) fn commit_statement(&mut self) -> Parsed<StatementKind> {
        self.expect_keyword(Keyword::Commit)?;
        self.eat_keyword(Keyword::Work);
        Ok(StatementKind::Transaction(Transaction::Commit))
    }

    pub(super) fn rollback_statement(&mut self) -> Parsed<StatementKind> {
        self.expect_keyword(Keyword::Rollback)?;
        self.eat_keyword(Keyword::Work);
        Ok(StatementKind::Transaction(Transaction::Rollback))
    }

    /// Reads `SET ROLE` or `SET AUTOCOMMIT`; every other `SET` is a setting.
    pub(super) fn set_statement(&mut self) -> Parsed<StatementKind> {
        self.expect_keyword(Keyword::Set)?;
        if self.eat_keyword(Keyword::Role) {
            return self.set_role();
        }
        self.expect_keyword(Keyword::Autocommit)?;
        let on = self.eat_keyword(Keyword::True);
        if !on {
            self.expect_keyword(Keyword::False)?;
        }
        Ok(StatementKind::Transaction(Transaction::Autocommit(on)))
    }

    // ── prepared statements ──────────────────────────────────────────

    pub(super) fn prepare_statement(&mut self) -> Parsed<StatementKind> {
        self.expect_keyword(Keyword::Prepare)?;
        let name = self.ident_as("the name of a prepared statement")?;
        self.expect_keyword(Keyword::From)?;
        let statement = self.nested(Self::query_or_insert)?;
        Ok(StatementKind::Prepare(Prepare { name, statement }))
    }

    /// Reads a query or an `INSERT`, perhaps behind `WITH`.
    pub(super) fn query_or_insert(&mut self) -> Parsed<Box<Statement>> {
        use Keyword as K;
        let start = self.start();
        let words = [K::Select, K::Values, K::From, K::Insert, K::With, K::Map, K::Reduce];
        let fits = words.into_iter().any(|word| self.at_keyword(word));
        if !fits && !self.at(TokenKind::LParen) {
            return self.expected("a query");
        }
        let kind = self.statement_kind()?;
        Ok(Box::new(Statement { span: self.span_from(start), kind }))
    }

    pub(super) fn execute_statement(&mut self) -> Parsed<StatementKind> {
        self.expect_keyword(Keyword::Execute)?;
        let set = self.is_word(0, "STATEMENT") && self.keyword_at(1) == Some(Keyword::Set);
        if set && self.is_streaming() {
            let hint = "a statement set is written EXECUTE STATEMENT SET BEGIN ... END";
            return self.fail(self.span_of(self.token()), "the statement set has no BEGIN", hint);
        }
        let name = self.ident_as("the name of a prepared statement")?;
        self.expect_keyword(Keyword::Using)?;
        let values = self.comma_separated(Self::constant)?;
        Ok(StatementKind::Execute(Execute { name, values }))
    }
}
