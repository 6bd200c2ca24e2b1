//! Iceberg's branches and tags, and `EXECUTE`.

use super::{Failed, Parsed, Parser};
use crate::ast::{
    AgeUnit, AlterTableAction, CreateRef, Expr, ExprKind, Ident, Literal, NumberSuffix, RefAge,
    RefKind, RefSource, ReplaceRef, ReplaceSource, SnapshotRetention, TableProcedure,
};
use crate::token::{Keyword, TokenKind};

impl Parser<'_> {
    /// Reads `BRANCH` or `TAG` if it is there.
    pub(super) fn eat_ref_kind(&mut self) -> Option<RefKind> {
        if self.eat_keyword(Keyword::Branch) {
            Some(RefKind::Branch)
        } else if self.eat_keyword(Keyword::Tag) {
            Some(RefKind::Tag)
        } else {
            None
        }
    }

    /// Reads `CREATE ...` behind `ALTER TABLE`.
    pub(super) fn create_ref(&mut self) -> Parsed<AlterTableAction> {
        self.expect_keyword(Keyword::Create)?;
        let or_replace = self.eat_keyword(Keyword::Or);
        if or_replace {
            self.expect_keyword(Keyword::Replace)?;
        }
        let Some(kind) = self.eat_ref_kind() else { return Err(Failed) };
        let if_not_exists = !or_replace && self.if_not_exists()?;
        let name = self.ref_name(kind)?;
        let of = self.ref_source()?;
        let retain = self.ref_retain()?;
        let retention = self.snapshot_retention(kind)?;
        Ok(AlterTableAction::CreateRef(Box::new(CreateRef {
            kind,
            or_replace,
            if_not_exists,
            name,
            of,
            retain,
            retention,
        })))
    }

    fn ref_name(&mut self, kind: RefKind) -> Parsed<Ident> {
        self.ident_as(match kind {
            RefKind::Branch => "the name of a branch",
            RefKind::Tag => "the name of a tag",
        })
    }

    /// Reads `[IF EXISTS] name` behind `DROP BRANCH | TAG`.
    pub(super) fn drop_ref(&mut self, kind: RefKind) -> Parsed<AlterTableAction> {
        let if_exists = self.if_exists()?;
        let name = self.ref_name(kind)?;
        Ok(AlterTableAction::DropRef { kind, if_exists, name })
    }

    /// Reads what stands behind `RENAME BRANCH`.
    pub(super) fn rename_branch(&mut self) -> Parsed<AlterTableAction> {
        let from = self.ref_name(RefKind::Branch)?;
        self.expect_keyword(Keyword::To)?;
        let to = self.ref_name(RefKind::Branch)?;
        Ok(AlterTableAction::RenameBranch { from, to })
    }

    /// Reads what stands behind `REPLACE BRANCH | TAG`.
    pub(super) fn replace_ref(&mut self, kind: RefKind) -> Parsed<AlterTableAction> {
        use Keyword as K;
        let name = self.plain_ident(match kind {
            RefKind::Branch => "the name of a branch",
            RefKind::Tag => "the name of a tag",
        })?;
        self.expect_keywords(&[K::As, K::Of])?;
        let of = if kind == RefKind::Branch && self.eat_keyword(K::Branch) {
            ReplaceSource::Branch(self.ref_name(kind)?)
        } else {
            self.expect_keyword(K::SystemVersion)?;
            ReplaceSource::Version(self.plain_number()?)
        };
        let retain = self.ref_retain()?;
        let retention = self.snapshot_retention(kind)?;
        Ok(AlterTableAction::ReplaceRef(Box::new(ReplaceRef { kind, name, of, retain, retention })))
    }

    /// Reads a name where Hive takes no keyword, not even a free one.
    pub(super) fn plain_ident(&mut self, class: &'static str) -> Parsed<Ident> {
        if let TokenKind::Keyword(keyword) = self.kind() {
            let span = self.span_of(self.token());
            let message = format!("{} is a keyword, which cannot stand here", keyword.text());
            let hint = format!("write `{}` in backticks", self.source(self.token()));
            return self.fail(span, message, &hint);
        }
        self.ident_as(class)
    }

    fn ref_source(&mut self) -> Parsed<Option<RefSource>> {
        use Keyword as K;
        if !self.eat_keyword(K::For) {
            return Ok(None);
        }
        let words = [K::SystemVersion, K::SystemTime, K::Tag];
        let Some(word) = words.into_iter().find(|word| self.eat_keyword(*word)) else {
            return Err(Failed);
        };
        self.expect_keywords(&[K::As, K::Of])?;
        Ok(Some(match word {
            K::SystemVersion => RefSource::Version(self.plain_number()?),
            K::SystemTime => RefSource::Time(self.string()?),
            _ => RefSource::Tag(self.ref_name(RefKind::Tag)?),
        }))
    }

    fn ref_retain(&mut self) -> Parsed<Option<RefAge>> {
        if self.eat_keyword(Keyword::Retain) { self.ref_age().map(Some) } else { Ok(None) }
    }

    fn ref_age(&mut self) -> Parsed<RefAge> {
        let start = self.start();
        let number = self.plain_number()?;
        let units = [
            (Keyword::Day, AgeUnit::Days),
            (Keyword::Hour, AgeUnit::Hours),
            (Keyword::Minute, AgeUnit::Minutes),
        ];
        let unit = units.into_iter().find_map(|(k, unit)| self.eat_keyword(k).then_some(unit));
        let Some(unit) = unit else { return Err(Failed) };
        Ok(RefAge { span: self.span_from(start), number, unit })
    }

    fn snapshot_retention(&mut self, kind: RefKind) -> Parsed<Option<SnapshotRetention>> {
        use Keyword as K;
        let start = self.start();
        if kind == RefKind::Tag || !self.eat_keyword(K::With) {
            return Ok(None);
        }
        self.expect_keywords(&[K::Snapshot, K::Retention])?;
        let snapshots = self.plain_number()?;
        self.expect_keyword(K::Snapshots)?;
        let age = if self.at_number() { Some(self.ref_age()?) } else { None };
        Ok(Some(SnapshotRetention { span: self.span_from(start), snapshots, age }))
    }

    fn at_number(&self) -> bool {
        self.kind() == TokenKind::Number(NumberSuffix::None)
    }

    /// Reads what stands behind `EXECUTE`.
    pub(super) fn execute_action(&mut self) -> Parsed<TableProcedure> {
        use Keyword as K;
        let words = [
            K::Rollback,
            K::ExpireSnapshots,
            K::SetCurrentSnapshot,
            K::FastForward,
            K::CherryPick,
            K::Delete,
        ];
        let Some(word) = words.into_iter().find(|word| self.eat_keyword(*word)) else {
            return Err(Failed);
        };
        Ok(match word {
            K::Rollback => TableProcedure::Rollback(self.rollback_target()?),
            K::ExpireSnapshots => self.expire_snapshots()?,
            K::SetCurrentSnapshot => TableProcedure::SetCurrentSnapshot(self.expr_in_parens()?),
            K::FastForward => {
                let source = self.string()?;
                let second = self.kind() == TokenKind::String;
                let target = if second { Some(self.string()?) } else { None };
                TableProcedure::FastForward { source, target }
            }
            K::CherryPick => TableProcedure::CherryPick(self.plain_number()?),
            _ => {
                self.expect_keyword(K::OrphanFiles)?;
                let older_than = if self.eat_keyword(K::Older) {
                    self.expect_keyword(K::Than)?;
                    self.expect(TokenKind::LParen)?;
                    let time = self.string()?;
                    self.expect(TokenKind::RParen)?;
                    Some(time)
                } else {
                    None
                };
                TableProcedure::DeleteOrphanFiles { older_than }
            }
        })
    }

    /// Reads `(id)` or `('time')`.
    fn rollback_target(&mut self) -> Parsed<Expr> {
        self.expect(TokenKind::LParen)?;
        let start = self.start();
        let literal = if self.kind() == TokenKind::String {
            Literal::String(self.string()?)
        } else {
            Literal::Number(self.plain_number()?)
        };
        let expr = Expr { span: self.span_from(start), kind: ExprKind::Literal(literal) };
        self.expect(TokenKind::RParen)?;
        Ok(expr)
    }

    fn expire_snapshots(&mut self) -> Parsed<TableProcedure> {
        use Keyword as K;
        if self.eat_keyword(K::Between) {
            let from = self.time_in_between()?;
            self.expect_keyword(K::And)?;
            return Ok(TableProcedure::ExpireBetween { from, to: self.time_in_between()? });
        }
        if self.eat_keyword(K::Retain) {
            self.expect_keyword(K::Last)?;
            return Ok(TableProcedure::ExpireRetain(self.plain_number()?));
        }
        let before = if self.at(TokenKind::LParen) { Some(self.expr_in_parens()?) } else { None };
        Ok(TableProcedure::ExpireSnapshots(before))
    }

    /// Reads `'time'` or `(expr)`.
    fn time_in_between(&mut self) -> Parsed<Expr> {
        if self.kind() != TokenKind::String {
            return self.expr_in_parens();
        }
        let string = self.string()?;
        Ok(Expr { span: string.span, kind: ExprKind::Literal(Literal::String(string)) })
    }

    fn expr_in_parens(&mut self) -> Parsed<Expr> {
        self.expect(TokenKind::LParen)?;
        let expr = self.expr()?;
        self.expect(TokenKind::RParen)?;
        Ok(expr)
    }
}
