//! Partitions in statements: specifications, filters, and what adds and drops them.

use super::{Parsed, Parser};
use crate::ast::{
    AddPartitions, DropPartitions, Ident, NewPartition, PartitionCondition, PartitionFilter,
    PartitionFunction, PartitionOp, PartitionSpec, PartitionValue, ReplicationClause,
};
use crate::token::{Keyword, TokenKind};

/// The comparisons of a partition filter.
const OPS: [(TokenKind, PartitionOp); 9] = [
    (TokenKind::Eq, PartitionOp::Eq),
    (TokenKind::EqEq, PartitionOp::EqEq),
    (TokenKind::NotEq, PartitionOp::NotEq),
    (TokenKind::BangEq, PartitionOp::BangEq),
    (TokenKind::LtEq, PartitionOp::LtEq),
    (TokenKind::Lt, PartitionOp::Lt),
    (TokenKind::GtEq, PartitionOp::GtEq),
    (TokenKind::Gt, PartitionOp::Gt),
    (TokenKind::Keyword(Keyword::Like), PartitionOp::Like),
];

impl Parser<'_> {
    /// Reads `PARTITION (column = value, column, ...)`.
    pub(super) fn partition_spec(&mut self) -> Parsed<PartitionSpec> {
        let start = self.start();
        self.expect_keyword(Keyword::Partition)?;
        let values = self.parenthesized(Self::partition_value)?;
        Ok(PartitionSpec { span: self.span_from(start), values })
    }

    /// Reads `PARTITION (...)` if it is there.
    pub(super) fn optional_partition_spec(&mut self) -> Parsed<Option<PartitionSpec>> {
        if self.at_keyword(Keyword::Partition) { self.partition_spec().map(Some) } else { Ok(None) }
    }

    fn partition_value(&mut self) -> Parsed<PartitionValue> {
        let start = self.start();
        let (transform, name) = self.partition_column()?;
        let value = if self.eat_equal() { Some(self.constant()?) } else { None };
        Ok(PartitionValue { span: self.span_from(start), transform, name, value })
    }

    /// Reads `column`, `transform(column)` or `transform(number, column)`.
    fn partition_column(&mut self) -> Parsed<(Option<PartitionFunction>, Ident)> {
        use Keyword as K;
        let keyword = self.keyword_at(0);
        let with_number = matches!(keyword, Some(K::Truncate | K::Bucket));
        let plain = matches!(keyword, Some(K::Year | K::Month | K::Day | K::Hour));
        if !(with_number || plain) || self.kind_at(1) != TokenKind::LParen {
            return Ok((None, self.ident_as("a partition column")?));
        }
        let name = self.ident_unchecked();
        self.expect(TokenKind::LParen)?;
        let number = if with_number {
            let number = self.plain_number()?;
            self.expect(TokenKind::Comma)?;
            Some(number)
        } else {
            None
        };
        let column = self.ident_as("a partition column")?;
        self.expect(TokenKind::RParen)?;
        Ok((Some(PartitionFunction { name, number }), column))
    }

    /// Reads `PARTITION (column op value, ...)`.
    pub(super) fn partition_filter(&mut self) -> Parsed<PartitionFilter> {
        let start = self.start();
        self.expect_keyword(Keyword::Partition)?;
        let conditions = self.parenthesized(Self::partition_condition)?;
        Ok(PartitionFilter { span: self.span_from(start), conditions })
    }

    pub(super) fn partition_condition(&mut self) -> Parsed<PartitionCondition> {
        let start = self.start();
        let (transform, name) = self.partition_column()?;
        let op = OPS.into_iter().find_map(|(kind, op)| self.eat(kind).then_some(op));
        let Some(op) = op else { return Err(super::Failed) };
        let value = self.constant()?;
        Ok(PartitionCondition { span: self.span_from(start), transform, name, op, value })
    }

    /// Reads `=` or `==`.
    pub(super) fn eat_equal(&mut self) -> bool {
        self.eat(TokenKind::Eq) || self.eat(TokenKind::EqEq)
    }

    /// Reads what stands behind `ADD`.
    pub(super) fn add_partitions(&mut self) -> Parsed<AddPartitions> {
        let if_not_exists = self.if_not_exists()?;
        let mut partitions = vec![self.new_partition()?];
        while self.at_keyword(Keyword::Partition) {
            partitions.push(self.new_partition()?);
        }
        if self.kind() == TokenKind::Comma {
            let span = self.span_of(self.token());
            return self.fail(span, "no comma stands between new partitions", "remove the comma");
        }
        Ok(AddPartitions { if_not_exists, partitions })
    }

    fn new_partition(&mut self) -> Parsed<NewPartition> {
        let spec = self.partition_spec()?;
        let location = self.string_behind(Keyword::Location)?;
        Ok(NewPartition { spec, location })
    }

    /// Reads what stands behind `DROP`.
    pub(super) fn drop_partitions(&mut self) -> Parsed<DropPartitions> {
        let if_exists = self.if_exists()?;
        let filters = self.comma_separated(Self::partition_filter)?;
        let purge = self.eat_keyword(Keyword::Purge);
        let replication = self.replication_clause()?;
        Ok(DropPartitions { if_exists, filters, purge, replication })
    }

    /// Reads `FOR [METADATA] REPLICATION ('event')` if it is there.
    pub(super) fn replication_clause(&mut self) -> Parsed<Option<ReplicationClause>> {
        let start = self.start();
        if !self.eat_keyword(Keyword::For) {
            return Ok(None);
        }
        let metadata = self.eat_keyword(Keyword::Metadata);
        self.expect_keyword(Keyword::Replication)?;
        self.expect(TokenKind::LParen)?;
        let event = self.string()?;
        self.expect(TokenKind::RParen)?;
        Ok(Some(ReplicationClause { span: self.span_from(start), metadata, event }))
    }

    /// Reads `keyword 'text'` if it is there.
    pub(super) fn string_behind(
        &mut self,
        keyword: Keyword,
    ) -> Parsed<Option<crate::ast::StringLit>> {
        if self.eat_keyword(keyword) { self.string().map(Some) } else { Ok(None) }
    }
}
