//! Expressions without operators: literals, names, intervals, parentheses.

use super::{Parsed, Parser};
use crate::ast::{
    Accessor, Expr, ExprKind, Interval, IntervalUnit, Literal, NumberSuffix, ObjectName,
    ParameterNumber, Query, QueryBody,
};
use crate::token::{Keyword, TokenKind};

impl Parser<'_> {
    /// Reads an atom and the steps into it: `a.b[0].c`.
    pub(super) fn postfix(&mut self) -> Parsed<Expr> {
        let start = self.start();
        let atom = self.atom()?;
        match self.kind() {
            TokenKind::Dot | TokenKind::LBracket => self.access(atom, start),
            _ => Ok(atom),
        }
    }

    fn access(&mut self, base: Expr, start: u32) -> Parsed<Expr> {
        let base = Box::new(base);
        let mut path = Vec::new();
        loop {
            match self.kind() {
                TokenKind::Dot => {
                    self.bump();
                    path.push(Accessor::Field(self.ident_as("a field name")?));
                }
                TokenKind::LBracket => {
                    self.bump();
                    path.push(Accessor::Index(self.expr()?));
                    self.expect(TokenKind::RBracket)?;
                }
                _ => break,
            }
        }
        let kind = ExprKind::Access { base, path };
        Ok(Expr { span: self.span_from(start), kind })
    }

    fn atom(&mut self) -> Parsed<Expr> {
        // One call for all kinds keeps this frame, which recursion goes through, small.
        let rule: fn(&mut Self) -> Parsed<ExprKind> = match self.kind() {
            TokenKind::String
            | TokenKind::Number(_)
            | TokenKind::CharsetName
            | TokenKind::Question => return self.literal_expr(),
            TokenKind::LParen => return self.paren(),
            TokenKind::Ident | TokenKind::QuotedIdent if self.is_name(0) => Self::name_or_call,
            TokenKind::Keyword(keyword) => match self.keyword_atom(keyword) {
                Some(rule) => rule,
                None => return self.expected("an expression"),
            },
            _ => return self.expected("an expression"),
        };
        let start = self.start();
        let kind = rule(self)?;
        Ok(Expr { span: self.span_from(start), kind })
    }

    /// Chooses the rule for an atom that begins with a keyword.
    fn keyword_atom(&self, keyword: Keyword) -> Option<fn(&mut Self) -> Parsed<ExprKind>> {
        use Keyword as K;
        let next = self.kind_at(1);
        let call = next == TokenKind::LParen;
        Some(match keyword {
            K::Null | K::True | K::False => Self::literal_kind,
            K::Date | K::Timestamp | K::TimestampLocalTz if next == TokenKind::String => {
                Self::literal_kind
            }
            K::Interval => Self::interval,
            K::Case => Self::case,
            K::Cast if call => Self::cast,
            K::Extract if call => Self::extract,
            K::Floor if call => Self::floor,
            K::Trim if call && self.is_trim_from() => Self::trim,
            K::CurrentDate | K::CurrentTimestamp if !call => Self::call,
            _ if keyword.is_function_name() && call => Self::call,
            _ if !keyword.is_reserved() => Self::name_or_call,
            _ => return None,
        })
    }

    fn literal_kind(&mut self) -> Parsed<ExprKind> {
        Ok(ExprKind::Literal(self.literal()?))
    }

    fn call(&mut self) -> Parsed<ExprKind> {
        self.function().map(ExprKind::Function)
    }

    /// Reads a column, perhaps qualified, or a function call.
    fn name_or_call(&mut self) -> Parsed<ExprKind> {
        let call = self.kind_at(1) == TokenKind::LParen
            || self.kind_at(1) == TokenKind::Dot
                && self.is_name(2)
                && self.kind_at(3) == TokenKind::LParen;
        if call {
            return self.call();
        }
        let start = self.start();
        let mut parts = vec![self.ident_unchecked()];
        while self.kind() == TokenKind::Dot && self.is_name(1) {
            self.bump();
            parts.push(self.ident_unchecked());
        }
        Ok(ExprKind::Name(ObjectName { span: self.span_from(start), parts }))
    }

    // ── literals ─────────────────────────────────────────────────────

    /// Reads a constant: what can stand in a partition or a skewed value.
    pub(super) fn constant(&mut self) -> Parsed<Expr> {
        match self.keyword_at(0) {
            Some(Keyword::CurrentDate | Keyword::CurrentTimestamp)
                if self.kind_at(1) != TokenKind::LParen =>
            {
                let start = self.start();
                let kind = self.call()?;
                Ok(Expr { span: self.span_from(start), kind })
            }
            _ => self.literal_expr(),
        }
    }

    fn literal_expr(&mut self) -> Parsed<Expr> {
        let start = self.start();
        let literal = self.literal()?;
        let span = self.span_from(start);
        let expr = Expr { span, kind: ExprKind::Literal(literal) };
        let counts = match &expr.kind {
            ExprKind::Literal(Literal::String(_)) => true,
            ExprKind::Literal(Literal::Number(number)) => number.suffix == NumberSuffix::None,
            _ => false,
        };
        if !counts || !self.at_interval_unit() {
            return Ok(expr);
        }
        let unit = self.interval_unit()?;
        let kind = ExprKind::Interval(Interval { value: Box::new(expr), unit });
        Ok(Expr { span: self.span_from(start), kind })
    }

    pub(super) fn literal(&mut self) -> Parsed<Literal> {
        Ok(match self.kind() {
            TokenKind::String => {
                let first = self.string()?;
                if self.kind() != TokenKind::String {
                    return Ok(Literal::String(first));
                }
                let mut strings = vec![first];
                while self.kind() == TokenKind::String {
                    strings.push(self.string()?);
                }
                Literal::Strings(strings)
            }
            TokenKind::Number(_) => Literal::Number(self.number()?),
            TokenKind::Question => {
                self.bump();
                self.parameters = self.parameters.saturating_add(1);
                Literal::Parameter(ParameterNumber(self.parameters))
            }
            TokenKind::CharsetName => self.charset_literal()?,
            TokenKind::Keyword(keyword) => {
                if !matches!(
                    keyword,
                    Keyword::Null
                        | Keyword::True
                        | Keyword::False
                        | Keyword::Date
                        | Keyword::Timestamp
                        | Keyword::TimestampLocalTz
                ) {
                    return self.expected("a constant");
                }
                self.bump();
                match keyword {
                    Keyword::Null => Literal::Null,
                    Keyword::True => Literal::Boolean(true),
                    Keyword::False => Literal::Boolean(false),
                    Keyword::Date => Literal::Date(self.string()?),
                    Keyword::Timestamp => Literal::Timestamp(self.string()?),
                    _ => Literal::TimestampLocalTz(self.string()?),
                }
            }
            _ => return self.expected("a constant"),
        })
    }

    /// Reads `_utf8 0xDIGITS`.
    fn charset_literal(&mut self) -> Parsed<Literal> {
        if self.kind_at(1) != TokenKind::HexLiteral {
            let token = self.token();
            let name = self.source(token);
            let hint = format!("write `{name}` in backticks");
            let message = format!("the name {name} begins with an underscore");
            return self.fail(self.span_of(token), message, &hint);
        }
        let token = self.bump();
        let charset = self.source(token).to_owned();
        let token = self.bump();
        Ok(Literal::Charset { charset, raw: self.source(token).to_owned() })
    }

    // ── intervals ────────────────────────────────────────────────────

    fn interval(&mut self) -> Parsed<ExprKind> {
        self.expect_keyword(Keyword::Interval)?;
        let value = match self.kind() {
            TokenKind::LParen => {
                self.bump();
                let value = self.expr()?;
                self.expect(TokenKind::RParen)?;
                value
            }
            TokenKind::String | TokenKind::Number(NumberSuffix::None) => {
                let start = self.start();
                let kind = ExprKind::Literal(if self.kind() == TokenKind::String {
                    Literal::String(self.string()?)
                } else {
                    Literal::Number(self.number()?)
                });
                Expr { span: self.span_from(start), kind }
            }
            _ => {
                self.note(super::Expected::Class("a number"));
                return self.expected("a string");
            }
        };
        let unit = self.interval_unit()?;
        Ok(ExprKind::Interval(Interval { value: Box::new(value), unit }))
    }

    fn at_interval_unit(&self) -> bool {
        use Keyword as K;
        let unit = self.keyword_at(0);
        matches!(unit, Some(K::Year | K::Month | K::Day | K::Hour | K::Minute | K::Second))
    }

    pub(super) fn interval_unit(&mut self) -> Parsed<IntervalUnit> {
        use IntervalUnit as U;
        use Keyword as K;
        let units = [
            (K::Year, U::Year),
            (K::Month, U::Month),
            (K::Day, U::Day),
            (K::Hour, U::Hour),
            (K::Minute, U::Minute),
            (K::Second, U::Second),
        ];
        let unit = units.into_iter().find_map(|(k, unit)| self.eat_keyword(k).then_some(unit));
        Ok(match unit {
            None => return Err(super::Failed),
            Some(U::Year) if self.eat_keyword(K::To) => {
                self.expect_keyword(K::Month)?;
                U::YearToMonth
            }
            Some(U::Day) if self.eat_keyword(K::To) => {
                self.expect_keyword(K::Second)?;
                U::DayToSecond
            }
            Some(unit) => unit,
        })
    }

    // ── parentheses ──────────────────────────────────────────────────

    /// Reads `(query)` as an operand or in an expression.
    pub(super) fn select_subquery(&mut self) -> Parsed<Box<Query>> {
        self.expect(TokenKind::LParen)?;
        let query = self.select_statement()?;
        self.expect(TokenKind::RParen)?;
        Ok(query)
    }

    /// Reads what begins with a parenthesis: an expression, a row, a subquery, `(5) day`.
    fn paren(&mut self) -> Parsed<Expr> {
        let start = self.start();
        self.bump();
        let mut list = self.list_or_query()?;
        self.expect(TokenKind::RParen)?;
        let span = self.span_from(start);
        if list.len() > 1 {
            return Ok(Expr { span, kind: ExprKind::Row(list) });
        }
        let Some(inner) = list.pop() else { return self.expected("an expression") };
        let counts =
            matches!(&inner.kind, ExprKind::Literal(Literal::String(_) | Literal::Number(_)));
        if counts && self.at_interval_unit() {
            let unit = self.interval_unit()?;
            let kind = ExprKind::Interval(Interval { value: Box::new(inner), unit });
            return Ok(Expr { span: self.span_from(start), kind });
        }
        Ok(inner)
    }

    /// Reads what stands in parentheses: a list of expressions, or one query as an
    /// [`ExprKind::Subquery`].
    pub(super) fn list_or_query(&mut self) -> Parsed<Vec<Expr>> {
        let start = self.start();
        let script = self.kind_at(1) != TokenKind::LParen;
        match self.keyword_at(0) {
            Some(Keyword::Select | Keyword::Values | Keyword::Reduce) => {
                return self.query_as_list();
            }
            Some(Keyword::Map) if script => return self.query_as_list(),
            _ => {}
        }
        let mut list = vec![self.expr_or_default()?];
        // A query in parentheses may turn out to be the first operand of a longer one.
        if matches!(list[0].kind, ExprKind::Subquery(_)) && self.at_query_rest() {
            return self.longer_query(list, start);
        }
        while self.eat(TokenKind::Comma) {
            list.push(self.expr_or_default()?);
        }
        Ok(list)
    }

    fn query_as_list(&mut self) -> Parsed<Vec<Expr>> {
        let start = self.start();
        let kind = ExprKind::Subquery(self.select_statement()?);
        Ok(vec![Expr { span: self.span_from(start), kind }])
    }

    /// Goes on with a query whose first operand, in parentheses, has been read as an expression.
    fn longer_query(&mut self, mut list: Vec<Expr>, start: u32) -> Parsed<Vec<Expr>> {
        let Some(Expr { kind: ExprKind::Subquery(first), .. }) = list.pop() else {
            return Err(super::Failed);
        };
        let kind = ExprKind::Subquery(self.query_rest(start, QueryBody::Nested(first))?);
        Ok(vec![Expr { span: self.span_from(start), kind }])
    }
}
