//! Sorting and windows.

use super::{Parsed, Parser};
use crate::ast::{
    Direction, Expr, FrameBound, FrameUnit, NullsOrder, Partitioning, SortItem, WindowDef,
    WindowFrame, WindowRef, WindowSpec,
};
use crate::token::{Keyword, TokenKind};

impl Parser<'_> {
    pub(super) fn sort_items(&mut self) -> Parsed<Vec<SortItem>> {
        self.comma_separated(Self::sort_item)
    }

    fn sort_item(&mut self) -> Parsed<SortItem> {
        let start = self.start();
        let expr = self.expr()?;
        let direction = self.direction();
        let nulls = self.nulls_order()?;
        Ok(SortItem { span: self.span_from(start), expr, direction, nulls })
    }

    pub(super) fn direction(&mut self) -> Option<Direction> {
        if self.eat_keyword(Keyword::Asc) {
            Some(Direction::Asc)
        } else if self.eat_keyword(Keyword::Desc) {
            Some(Direction::Desc)
        } else {
            None
        }
    }

    pub(super) fn nulls_order(&mut self) -> Parsed<Option<NullsOrder>> {
        if !self.eat_keyword(Keyword::Nulls) {
            return Ok(None);
        }
        if self.eat_keyword(Keyword::First) {
            return Ok(Some(NullsOrder::First));
        }
        self.expect_keyword(Keyword::Last)?;
        Ok(Some(NullsOrder::Last))
    }

    /// Reads the items of `SORT BY`, which may stand in parentheses.
    pub(super) fn sort_items_or_parens(&mut self) -> Parsed<Vec<SortItem>> {
        if self.opens_list() {
            return self.parenthesized(Self::sort_item);
        }
        self.sort_items()
    }

    /// Reads the expressions of `CLUSTER BY` and the like, which may stand in parentheses.
    pub(super) fn expressions(&mut self) -> Parsed<Vec<Expr>> {
        if self.opens_list() {
            return self.parenthesized(Self::expr);
        }
        self.comma_separated(Self::expr)
    }

    /// Tells whether the parenthesis that opens here is that of a list: any but that of a query.
    fn opens_list(&self) -> bool {
        self.kind() == TokenKind::LParen
            && match self.keyword_at(1) {
                Some(Keyword::Select | Keyword::Values | Keyword::Reduce) => false,
                Some(Keyword::Map) => self.kind_at(2) == TokenKind::LParen,
                _ => true,
            }
    }

    /// Returns how far ahead the parenthesis closes that opens `ahead` tokens from here.
    pub(super) fn matching_paren(&self, ahead: usize) -> Option<usize> {
        let mut depth = 0usize;
        for (i, token) in self.tokens.get(self.pos + ahead..)?.iter().enumerate() {
            match token.kind {
                TokenKind::LParen => depth += 1,
                TokenKind::RParen => {
                    depth = depth.checked_sub(1)?;
                    if depth == 0 {
                        return Some(ahead + i);
                    }
                }
                _ => {}
            }
        }
        None
    }

    pub(super) fn window_def(&mut self) -> Parsed<WindowDef> {
        let start = self.start();
        let name = self.ident_as("the name of a window")?;
        self.expect_keyword(Keyword::As)?;
        let window = self.window_ref()?;
        Ok(WindowDef { span: self.span_from(start), name, window })
    }

    /// Reads what stands behind `OVER`.
    pub(super) fn window_ref(&mut self) -> Parsed<WindowRef> {
        if self.kind() != TokenKind::LParen {
            return Ok(WindowRef::Named(self.ident_as("the name of a window")?));
        }
        let start = self.start();
        self.bump();
        let base = self.window_base();
        let partitioning = self.partitioning()?;
        let frame = self.window_frame()?;
        self.expect(TokenKind::RParen)?;
        let span = self.span_from(start);
        Ok(WindowRef::Spec(WindowSpec { span, base, partitioning, frame }))
    }

    /// Reads the name of the window that this one extends.
    fn window_base(&mut self) -> Option<crate::ast::Ident> {
        let clause = matches!(
            self.keyword_at(0),
            Some(Keyword::Distribute | Keyword::Sort | Keyword::Cluster)
        ) && self.keyword_at(1) == Some(Keyword::By);
        (self.is_name(0) && !clause).then(|| self.ident_unchecked())
    }

    pub(super) fn partitioning(&mut self) -> Parsed<Option<Partitioning>> {
        let partition_by =
            if self.eat_clause(Keyword::Partition)? { self.expressions()? } else { vec![] };
        let order_by = if self.eat_clause(Keyword::Order)? { self.sort_items()? } else { vec![] };
        if !partition_by.is_empty() || !order_by.is_empty() {
            return Ok(Some(Partitioning::PartitionBy { partition_by, order_by }));
        }
        let distribute_by =
            if self.eat_clause(Keyword::Distribute)? { self.expressions()? } else { vec![] };
        let sort_by =
            if self.eat_clause(Keyword::Sort)? { self.sort_items_or_parens()? } else { vec![] };
        if !distribute_by.is_empty() || !sort_by.is_empty() {
            return Ok(Some(Partitioning::DistributeBy { distribute_by, sort_by }));
        }
        if self.eat_clause(Keyword::Cluster)? {
            return Ok(Some(Partitioning::ClusterBy(self.expressions()?)));
        }
        Ok(None)
    }

    fn window_frame(&mut self) -> Parsed<Option<WindowFrame>> {
        let start_offset = self.start();
        let unit = if self.eat_keyword(Keyword::Rows) {
            FrameUnit::Rows
        } else if self.eat_keyword(Keyword::Range) {
            FrameUnit::Range
        } else {
            return Ok(None);
        };
        let (start, end) = if self.eat_keyword(Keyword::Between) {
            let start = self.frame_bound()?;
            self.expect_keyword(Keyword::And)?;
            (start, Some(self.frame_bound()?))
        } else {
            let bound_start = self.start();
            let bound = self.frame_bound()?;
            if matches!(bound, FrameBound::UnboundedFollowing | FrameBound::Following(_)) {
                let hint = "write BETWEEN start AND end";
                return self.fail(self.span_from(bound_start), "a frame cannot start here", hint);
            }
            (bound, None)
        };
        Ok(Some(WindowFrame { span: self.span_from(start_offset), unit, start, end }))
    }

    fn frame_bound(&mut self) -> Parsed<FrameBound> {
        if self.eat_keyword(Keyword::Current) {
            self.expect_keyword(Keyword::Row)?;
            return Ok(FrameBound::CurrentRow);
        }
        if self.eat_keyword(Keyword::Unbounded) {
            if self.eat_keyword(Keyword::Preceding) {
                return Ok(FrameBound::UnboundedPreceding);
            }
            self.expect_keyword(Keyword::Following)?;
            return Ok(FrameBound::UnboundedFollowing);
        }
        let rows = self.plain_number()?;
        if self.eat_keyword(Keyword::Preceding) {
            return Ok(FrameBound::Preceding(rows));
        }
        self.expect_keyword(Keyword::Following)?;
        Ok(FrameBound::Following(rows))
    }
}
