//! `DESCRIBE`, `ANALYZE TABLE`, `MSCK`.

use super::{Parsed, Parser};
use crate::ast::{
    Analyze, AnalyzeAction, Describe, DescribeDetail, DescribedFunction, Ident, Msck, MsckAction,
    MsckKind, PartitionSpec, StatementKind,
};
use crate::token::{Keyword, TokenKind};

impl Parser<'_> {
    pub(super) fn describe_statement(&mut self) -> Parsed<StatementKind> {
        self.bump();
        let describe = self.described()?;
        Ok(StatementKind::Describe(Box::new(describe)))
    }

    fn described(&mut self) -> Parsed<Describe> {
        use Keyword as K;
        let next = self.keyword_at(1) == Some(K::Extended) || self.is_name(1);
        if self.at_keyword(K::Database) || (next && self.at_keyword(K::Schema)) {
            self.bump();
            let extended = self.eat_keyword(K::Extended);
            return Ok(Describe::Database { extended, name: self.ident_as("a database name")? });
        }
        if next && self.at_keyword(K::Connector) {
            self.bump();
            let extended = self.eat_keyword(K::Extended);
            return Ok(Describe::Connector { extended, name: self.ident_as("a connector")? });
        }
        if self.eat_keyword(K::Function) {
            let extended = self.eat_keyword(K::Extended);
            return Ok(Describe::Function { extended, name: self.described_function()? });
        }
        let detail = if self.eat_keyword(K::Extended) {
            Some(DescribeDetail::Extended)
        } else if self.is_name(1) && self.eat_keyword(K::Formatted) {
            Some(DescribeDetail::Formatted)
        } else {
            None
        };
        let table = self.table_name()?;
        let partition = self.optional_partition()?;
        let path = if self.is_name(0) { self.column_path()? } else { vec![] };
        Ok(Describe::Table { detail, table, partition, path })
    }

    /// Reads `column.field.$elem$`.
    pub(super) fn column_path(&mut self) -> Parsed<Vec<Ident>> {
        let mut path = vec![self.ident_as("a column name")?];
        while self.eat(TokenKind::Dot) {
            path.push(self.ident_as("a field")?);
        }
        Ok(path)
    }

    fn described_function(&mut self) -> Parsed<DescribedFunction> {
        let token = self.token();
        if is_operator(token.kind) {
            self.bump();
            let text = self.source(token).to_owned();
            return Ok(DescribedFunction::Operator { span: self.span_of(token), text });
        }
        if self.at(TokenKind::String) {
            return Ok(DescribedFunction::String(self.string()?));
        }
        Ok(DescribedFunction::Name(self.object_name("a function name", 2)?))
    }

    /// Reads `PARTITION (...)` if it is there.
    pub(super) fn optional_partition(&mut self) -> Parsed<Option<PartitionSpec>> {
        if self.at_keyword(Keyword::Partition) { self.partition_spec().map(Some) } else { Ok(None) }
    }

    // ── ANALYZE, MSCK ────────────────────────────────────────────────

    pub(super) fn analyze_statement(&mut self) -> Parsed<StatementKind> {
        use Keyword as K;
        self.expect_keyword(K::Analyze)?;
        self.expect_keyword(K::Table)?;
        let table = self.table_name()?;
        let partition = self.optional_partition()?;
        let action = if self.eat_keyword(K::Cache) {
            self.expect_keyword(K::Metadata)?;
            AnalyzeAction::CacheMetadata
        } else {
            self.expect_keywords(&[K::Compute, K::Statistics])?;
            self.statistics()?
        };
        Ok(StatementKind::Analyze(Box::new(Analyze { table, partition, action })))
    }

    fn statistics(&mut self) -> Parsed<AnalyzeAction> {
        use Keyword as K;
        if self.eat_keyword(K::Noscan) {
            return Ok(AnalyzeAction::Noscan);
        }
        if !self.eat_keyword(K::For) {
            return Ok(AnalyzeAction::Statistics);
        }
        self.expect_keyword(K::Columns)?;
        let columns = if self.is_name(0) {
            self.comma_separated(|p| p.ident_as("a column name"))?
        } else {
            vec![]
        };
        Ok(AnalyzeAction::Columns(columns))
    }

    pub(super) fn msck_statement(&mut self) -> Parsed<StatementKind> {
        use Keyword as K;
        self.expect_keyword(K::Msck)?;
        let repair = self.eat_keyword(K::Repair);
        self.expect_keyword(K::Table)?;
        let table = self.table_name()?;
        let kinds = [(K::Add, MsckKind::Add), (K::Drop, MsckKind::Drop), (K::Sync, MsckKind::Sync)];
        let kind =
            kinds.into_iter().find_map(|(word, kind)| self.eat_keyword(word).then_some(kind));
        let action = match kind {
            Some(kind) => {
                self.expect_keyword(K::Partitions)?;
                let filter = if self.at(TokenKind::LParen) {
                    self.parenthesized(Self::partition_condition)?
                } else {
                    vec![]
                };
                Some(MsckAction { kind, filter })
            }
            None => None,
        };
        Ok(StatementKind::Msck(Box::new(Msck { repair, table, action })))
    }
}

/// Tells whether a token is an operator, or a word that is a function only by its meaning.
const fn is_operator(kind: TokenKind) -> bool {
    use Keyword as K;
    use TokenKind as T;
    match kind {
        T::Eq
        | T::EqEq
        | T::NullSafeEq
        | T::NotEq
        | T::BangEq
        | T::LtEq
        | T::Lt
        | T::GtEq
        | T::Gt
        | T::Slash
        | T::Plus
        | T::Minus
        | T::Star
        | T::Percent
        | T::Ampersand
        | T::Tilde
        | T::Pipe
        | T::Caret => true,
        T::Keyword(keyword) => matches!(
            keyword,
            K::And
                | K::Or
                | K::Not
                | K::Like
                | K::If
                | K::Case
                | K::When
                | K::Floor
                | K::TinyInt
                | K::SmallInt
                | K::Int
                | K::BigInt
                | K::Float
                | K::Real
                | K::Double
                | K::Boolean
                | K::String
                | K::Binary
                | K::Array
                | K::Map
                | K::Struct
                | K::UnionType
                | K::Div
                | K::Rlike
                | K::Regexp
                | K::In
                | K::Between
        ),
        _ => false,
    }
}
