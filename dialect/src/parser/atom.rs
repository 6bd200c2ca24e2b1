//! Expressions without operators: literals, names, functions, `CASE`, `CAST`, parentheses.

use super::{Parsed, Parser};
use crate::ast::{
    Accessor, Expr, ExprKind, FunctionArg, FunctionCall, Ident, Interval, IntervalUnit, Literal,
    NullTreatment, NumberSuffix, ObjectName, Query, QueryBody, TimeUnit, TrimSide, WhenThen,
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
            K::CurrentDate | K::CurrentTimestamp if !call => Self::current,
            _ if keyword.is_function_name() && call => Self::call,
            _ if !keyword.is_reserved() => Self::name_or_call,
            _ => return None,
        })
    }

    fn literal_kind(&mut self) -> Parsed<ExprKind> {
        Ok(ExprKind::Literal(self.literal()?))
    }

    /// Reads `CURRENT_DATE` or `CURRENT_TIMESTAMP` without parentheses.
    fn current(&mut self) -> Parsed<ExprKind> {
        let name = self.ident_unchecked();
        Ok(ExprKind::Function(Box::new(call_without_args(name))))
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
    pub(super) fn literal_expr(&mut self) -> Parsed<Expr> {
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
                Literal::Parameter
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

    /// Reads `_utf8 'text'` or `_utf8 0xDIGITS`.
    fn charset_literal(&mut self) -> Parsed<Literal> {
        let next = self.token_at(1);
        let digits = self.source(next);
        let is_hex = next.kind == TokenKind::Ident
            && digits.len() > 2
            && digits[..2].eq_ignore_ascii_case("0x")
            && digits[2..].bytes().all(|b| b.is_ascii_hexdigit());
        if next.kind != TokenKind::String && !is_hex {
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

    fn interval_unit(&mut self) -> Parsed<IntervalUnit> {
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

    // ── special forms ────────────────────────────────────────────────

    fn case(&mut self) -> Parsed<ExprKind> {
        self.expect_keyword(Keyword::Case)?;
        let operand =
            if self.at_keyword(Keyword::When) { None } else { Some(Box::new(self.expr()?)) };
        let mut branches = Vec::new();
        while branches.is_empty() || self.at_keyword(Keyword::When) {
            let start = self.start();
            self.expect_keyword(Keyword::When)?;
            let when = self.expr()?;
            self.expect_keyword(Keyword::Then)?;
            let then = self.expr()?;
            branches.push(WhenThen { span: self.span_from(start), when, then });
        }
        let otherwise =
            if self.eat_keyword(Keyword::Else) { Some(Box::new(self.expr()?)) } else { None };
        self.expect_keyword(Keyword::End)?;
        Ok(ExprKind::Case { operand, branches, otherwise })
    }

    fn cast(&mut self) -> Parsed<ExprKind> {
        self.expect_keyword(Keyword::Cast)?;
        self.expect(TokenKind::LParen)?;
        let operand = Box::new(self.expr()?);
        self.expect_keyword(Keyword::As)?;
        let data_type = self.data_type()?;
        let format = if self.eat_keyword(Keyword::Format) { Some(self.string()?) } else { None };
        self.expect(TokenKind::RParen)?;
        Ok(ExprKind::Cast { operand, data_type, format })
    }

    fn extract(&mut self) -> Parsed<ExprKind> {
        self.expect_keyword(Keyword::Extract)?;
        self.expect(TokenKind::LParen)?;
        let unit = if self.eat_keyword(Keyword::DayOfWeek) {
            TimeUnit::DayOfWeek
        } else {
            self.time_unit()?
        };
        self.expect_keyword(Keyword::From)?;
        let operand = Box::new(self.expr()?);
        self.expect(TokenKind::RParen)?;
        Ok(ExprKind::Extract { unit, operand })
    }

    /// Reads `FLOOR(operand [TO unit])`.
    fn floor(&mut self) -> Parsed<ExprKind> {
        let name = self.ident_unchecked();
        self.expect(TokenKind::LParen)?;
        let operand = self.expr()?;
        if self.eat_keyword(Keyword::To) {
            let unit = self.time_unit()?;
            self.expect(TokenKind::RParen)?;
            return Ok(ExprKind::FloorTo { operand: Box::new(operand), unit });
        }
        self.expect(TokenKind::RParen)?;
        let args = vec![FunctionArg::Expr(operand)];
        Ok(ExprKind::Function(Box::new(FunctionCall { args, ..call_without_args(name) })))
    }

    fn time_unit(&mut self) -> Parsed<TimeUnit> {
        use Keyword as K;
        use TimeUnit as U;
        let units = [
            (K::Year, U::Year),
            (K::Quarter, U::Quarter),
            (K::Month, U::Month),
            (K::Week, U::Week),
            (K::Day, U::Day),
            (K::Hour, U::Hour),
            (K::Minute, U::Minute),
            (K::Second, U::Second),
        ];
        let unit = units.into_iter().find_map(|(k, unit)| self.eat_keyword(k).then_some(unit));
        unit.ok_or(super::Failed)
    }

    /// Tells whether the parentheses behind `TRIM` hold a `FROM`.
    fn is_trim_from(&self) -> bool {
        let mut depth = 0usize;
        for token in self.tokens.get(self.pos + 1..).unwrap_or_default() {
            match token.kind {
                TokenKind::LParen => depth += 1,
                TokenKind::RParen => {
                    depth = depth.saturating_sub(1);
                    if depth == 0 {
                        return false;
                    }
                }
                TokenKind::Keyword(
                    Keyword::From | Keyword::Leading | Keyword::Trailing | Keyword::Both,
                ) if depth == 1 => return true,
                _ => {}
            }
        }
        false
    }

    fn trim(&mut self) -> Parsed<ExprKind> {
        self.expect_keyword(Keyword::Trim)?;
        self.expect(TokenKind::LParen)?;
        let sides = [
            (Keyword::Leading, TrimSide::Leading),
            (Keyword::Trailing, TrimSide::Trailing),
            (Keyword::Both, TrimSide::Both),
        ];
        let side = sides.into_iter().find_map(|(k, side)| self.eat_keyword(k).then_some(side));
        let characters =
            if self.at_keyword(Keyword::From) { None } else { Some(Box::new(self.expr()?)) };
        self.expect_keyword(Keyword::From)?;
        let operand = Box::new(self.expr()?);
        self.expect(TokenKind::RParen)?;
        Ok(ExprKind::Trim { side, characters, operand })
    }

    // ── functions ────────────────────────────────────────────────────

    /// Reads `name([DISTINCT] arg, ...) ...`.
    pub(super) fn function(&mut self) -> Parsed<Box<FunctionCall>> {
        let mut call = self.function_start()?;
        if !self.at(TokenKind::RParen) {
            call.args = self.comma_separated(Self::function_arg)?;
        }
        self.function_end(&mut call)?;
        Ok(call)
    }

    /// Reads `name([DISTINCT]`.
    fn function_start(&mut self) -> Parsed<Box<FunctionCall>> {
        let name = self.function_name()?;
        self.expect(TokenKind::LParen)?;
        let mut call = Box::new(FunctionCall {
            name,
            quantifier: None,
            args: vec![],
            nulls: None,
            within_group: vec![],
            over: None,
        });
        call.quantifier = self.set_quantifier();
        Ok(call)
    }

    /// Reads what stands behind the arguments.
    fn function_end(&mut self, call: &mut FunctionCall) -> Parsed<()> {
        use Keyword as K;
        call.nulls = self.null_treatment()?;
        self.expect(TokenKind::RParen)?;
        if self.keyword_at(0) == Some(K::Within) && self.keyword_at(1) == Some(K::Group) {
            self.bump();
            self.bump();
            self.expect(TokenKind::LParen)?;
            self.expect_keywords(&[K::Order, K::By])?;
            call.within_group = self.sort_items()?;
            self.expect(TokenKind::RParen)?;
            return Ok(());
        }
        if call.nulls.is_none() && self.keyword_at(1) == Some(K::Nulls) {
            call.nulls = self.null_treatment()?;
        }
        if call.nulls.is_some() {
            self.expect_keyword(K::Over)?;
            call.over = Some(self.nested(Self::window_ref)?);
        } else if self.eat_keyword(K::Over) {
            call.over = Some(self.nested(Self::window_ref)?);
        }
        Ok(())
    }

    fn function_name(&mut self) -> Parsed<ObjectName> {
        let start = self.start();
        let reserved = self.keyword_at(0).is_some_and(Keyword::is_function_name);
        if !reserved {
            return self.object_name("a function name", 2);
        }
        let parts = vec![self.ident_unchecked()];
        Ok(ObjectName { span: self.span_from(start), parts })
    }

    fn function_arg(&mut self) -> Parsed<FunctionArg> {
        if self.kind() == TokenKind::Star {
            let star = self.bump();
            return Ok(FunctionArg::Wildcard(self.span_of(star)));
        }
        if let Some(name) = self.qualified_wildcard()? {
            return Ok(FunctionArg::QualifiedWildcard(name));
        }
        Ok(FunctionArg::Expr(self.expr()?))
    }

    fn null_treatment(&mut self) -> Parsed<Option<NullTreatment>> {
        let treatment = if self.eat_keyword(Keyword::Respect) {
            NullTreatment::Respect
        } else if self.eat_keyword(Keyword::Ignore) {
            NullTreatment::Ignore
        } else {
            return Ok(None);
        };
        self.expect_keyword(Keyword::Nulls)?;
        Ok(Some(treatment))
    }

    // ── parentheses ──────────────────────────────────────────────────

    /// Reads `(query)`.
    pub(super) fn subquery(&mut self) -> Parsed<Box<Query>> {
        self.expect(TokenKind::LParen)?;
        let query = self.query()?;
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
        if let TokenKind::Keyword(
            Keyword::Select | Keyword::With | Keyword::From | Keyword::Values,
        ) = self.kind()
        {
            return self.query_as_list();
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
        let kind = ExprKind::Subquery(self.query()?);
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

fn call_without_args(name: Ident) -> FunctionCall {
    let name = ObjectName { span: name.span, parts: vec![name] };
    FunctionCall {
        name,
        quantifier: None,
        args: vec![],
        nulls: None,
        within_group: vec![],
        over: None,
    }
}
