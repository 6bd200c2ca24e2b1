//! Function calls, and the forms that look like them: `CASE`, `CAST`, `EXTRACT`, `TRIM`.

use super::{Failed, Parsed, Parser};
use crate::ast::{
    ExprKind, FunctionArg, FunctionCall, Ident, NullTreatment, ObjectName, TimeUnit, TrimSide,
    WhenThen,
};
use crate::token::{Keyword, TokenKind};

impl Parser<'_> {
    pub(super) fn case(&mut self) -> Parsed<ExprKind> {
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

    pub(super) fn cast(&mut self) -> Parsed<ExprKind> {
        self.expect_keyword(Keyword::Cast)?;
        self.expect(TokenKind::LParen)?;
        let operand = Box::new(self.expr()?);
        self.expect_keyword(Keyword::As)?;
        let data_type = self.data_type()?;
        let format = if self.eat_keyword(Keyword::Format) { Some(self.string()?) } else { None };
        self.expect(TokenKind::RParen)?;
        Ok(ExprKind::Cast { operand, data_type, format })
    }

    pub(super) fn extract(&mut self) -> Parsed<ExprKind> {
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
    pub(super) fn floor(&mut self) -> Parsed<ExprKind> {
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
        unit.ok_or(Failed)
    }

    /// Tells whether the parentheses behind `TRIM` hold a `FROM`.
    pub(super) fn is_trim_from(&self) -> bool {
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

    pub(super) fn trim(&mut self) -> Parsed<ExprKind> {
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

    /// Reads `name([DISTINCT] arg, ...) ...`.
    pub(super) fn function(&mut self) -> Parsed<Box<FunctionCall>> {
        // These two are functions without parentheses.
        if let Some(Keyword::CurrentDate | Keyword::CurrentTimestamp) = self.keyword_at(0)
            && self.kind_at(1) != TokenKind::LParen
        {
            return Ok(Box::new(call_without_args(self.ident_unchecked())));
        }
        let mut call = self.function_start()?;
        if !self.at(TokenKind::RParen) {
            call.args = self.function_args()?;
        }
        self.function_end(&mut call)?;
        Ok(call)
    }

    /// Reads `name([DISTINCT]`.
    fn function_start(&mut self) -> Parsed<Box<FunctionCall>> {
        let name = self.function_name()?;
        self.expect(TokenKind::LParen)?;
        let quantifier = self.set_quantifier();
        Ok(Box::new(FunctionCall {
            name,
            quantifier,
            args: vec![],
            nulls: None,
            within_group: vec![],
            over: None,
        }))
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

    /// Reads arguments; a star in front stands alone.
    fn function_args(&mut self) -> Parsed<Vec<FunctionArg>> {
        if self.kind() == TokenKind::Star && self.tokens[self.pos - 1].kind == TokenKind::LParen {
            return Ok(vec![self.function_arg()?]);
        }
        self.comma_separated(Self::function_arg)
    }

    pub(super) fn function_arg(&mut self) -> Parsed<FunctionArg> {
        if self.kind() == TokenKind::Star {
            let star = self.bump();
            return Ok(FunctionArg::Wildcard(self.span_of(star)));
        }
        if let Some(name) = self.qualified_wildcard() {
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
