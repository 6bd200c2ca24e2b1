//! Expressions by Pratt's method: operators and their precedence.
//!
//! Source: the rules `precedence...Expression` of Hive 4.1's grammar. Comparisons do not chain
//! (`a < b < c` is an error), equality does; `IS NULL` binds looser than `=`; `^` binds tighter
//! than `*`, and `||` looser than `+`.

use super::{Failed, Parsed, Parser};
use crate::ast::{
    Binary, BinaryOp, BinaryRest, Expr, ExprKind, IsTest, LikeOp, Quantifier, UnaryOp,
};
use crate::token::{Keyword, TokenKind};

/// How tightly an operator binds; the larger, the tighter.
pub(crate) type Level = u8;

const OR: Level = 1;
const AND: Level = 2;
pub(crate) const NOT: Level = 3;
pub(crate) const IS: Level = 4;
const EQUAL: Level = 5;
pub(crate) const COMPARE: Level = 6;
const BIT_OR: Level = 7;
const BIT_AND: Level = 8;
const CONCAT: Level = 9;
pub(crate) const PLUS: Level = 10;
const STAR: Level = 11;
const BIT_XOR: Level = 12;

/// Behind what an operator may stand, and what it does.
#[derive(Debug, Clone, Copy)]
enum Infix {
    /// Chains with others of its level; `usize` tokens long.
    Binary(BinaryOp, Level, usize),
    /// One at most.
    Compare(BinaryOp),
    Quantified(BinaryOp),
    Like(LikeOp),
    In,
    Between,
    Is,
}

impl BinaryOp {
    /// Returns how tightly the operator binds.
    pub(crate) const fn level(self) -> Level {
        match self {
            Self::Or => OR,
            Self::And => AND,
            Self::Eq
            | Self::DoubleEq
            | Self::NullSafeEq
            | Self::NotEq
            | Self::BangEq
            | Self::IsDistinctFrom
            | Self::IsNotDistinctFrom => EQUAL,
            Self::Lt | Self::LtEq | Self::Gt | Self::GtEq => COMPARE,
            Self::BitOr => BIT_OR,
            Self::BitAnd => BIT_AND,
            Self::Concat => CONCAT,
            Self::Plus | Self::Minus => PLUS,
            Self::Multiply | Self::Divide | Self::Modulo | Self::IntegerDivide => STAR,
            Self::BitXor => BIT_XOR,
        }
    }
}

impl ExprKind {
    /// Returns the level of an expression: of its loosest operator outside of parentheses.
    pub(crate) fn level(&self) -> Level {
        match self {
            Self::Binary(binary) => binary.rest.first().map_or(Level::MAX, |r| r.op.level()),
            Self::Unary { ops, .. } if ops.iter().any(|op| op.is_not()) => NOT,
            Self::Is { .. } => IS,
            Self::Between { .. }
            | Self::InList { .. }
            | Self::InSubquery { .. }
            | Self::Like { .. }
            | Self::LikeQuantified { .. }
            | Self::Quantified { .. }
            | Self::Exists(_) => COMPARE,
            Self::Unary { .. } => BIT_XOR + 1,
            _ => Level::MAX,
        }
    }
}

impl Parser<'_> {
    pub(super) fn expr(&mut self) -> Parsed<Expr> {
        self.nested(|p| p.expr_at(OR))
    }

    /// Reads `DEFAULT` or an expression.
    pub(super) fn expr_or_default(&mut self) -> Parsed<Expr> {
        let ends = matches!(
            self.kind_at(1),
            TokenKind::Comma | TokenKind::RParen | TokenKind::Semicolon | TokenKind::Eof
        );
        if ends && self.keyword_at(0) == Some(Keyword::Default) {
            return Ok(self.default());
        }
        self.expr()
    }

    fn default(&mut self) -> Expr {
        let token = self.bump();
        Expr { span: self.span_of(token), kind: ExprKind::Default }
    }

    /// Reads `DEFAULT` or an expression without operators that bind looser than `+`.
    pub(super) fn sum_or_default(&mut self) -> Parsed<Expr> {
        let default = self.keyword_at(0) == Some(Keyword::Default);
        if default && self.kind_at(1) != TokenKind::Dot {
            return Ok(self.default());
        }
        self.nested(|p| p.expr_at(PLUS))
    }

    /// Reads an expression whose operators bind at least as tightly as `min`.
    fn expr_at(&mut self, min: Level) -> Parsed<Expr> {
        let start = self.start();
        // What a prefix has taken is complete: only looser operators may follow.
        let mut max = match self.kind() {
            TokenKind::Keyword(Keyword::Not) => NOT - 1,
            TokenKind::Keyword(Keyword::Exists) => COMPARE - 1,
            _ => BIT_XOR,
        };
        let mut left = self.prefix(min)?;
        while let Some(infix) = self.infix() {
            let level = infix.level();
            if level < min || level > max {
                break;
            }
            left = self.infix_rest(left, infix, start)?;
            max = if matches!(level, IS | COMPARE) { level - 1 } else { level };
        }
        Ok(left)
    }

    fn prefix(&mut self, min: Level) -> Parsed<Expr> {
        match self.prefix_op() {
            Some(op) if op.is_not() && min <= NOT => self.unary(op),
            Some(op) if !op.is_not() => self.unary(op),
            _ if min <= COMPARE && self.keyword_at(0) == Some(Keyword::Exists) => self.exists(),
            _ => self.postfix(),
        }
    }

    fn prefix_op(&self) -> Option<UnaryOp> {
        Some(match self.kind() {
            TokenKind::Plus => UnaryOp::Plus,
            TokenKind::Minus => UnaryOp::Minus,
            TokenKind::Tilde => UnaryOp::BitNot,
            TokenKind::Keyword(Keyword::Not) => {
                if self.source(self.token()) == "!" {
                    UnaryOp::Bang
                } else {
                    UnaryOp::Not
                }
            }
            _ => return None,
        })
    }

    /// Reads a run of operators of one kind and their operand.
    fn unary(&mut self, first: UnaryOp) -> Parsed<Expr> {
        let start = self.start();
        self.bump();
        let mut ops = vec![first];
        while let Some(op) = self.prefix_op().filter(|op| op.is_not() == first.is_not()) {
            self.bump();
            ops.push(op);
        }
        let operand = if first.is_not() {
            self.operand(NOT + 1)?
        } else {
            Box::new(self.nested(Self::postfix)?)
        };
        let kind = ExprKind::Unary { ops, operand };
        Ok(Expr { span: self.span_from(start), kind })
    }

    fn exists(&mut self) -> Parsed<Expr> {
        let start = self.start();
        self.bump();
        let kind = ExprKind::Exists(self.select_subquery()?);
        Ok(Expr { span: self.span_from(start), kind })
    }

    /// Reads an operand, one level deeper.
    fn operand(&mut self, min: Level) -> Parsed<Box<Expr>> {
        self.nested_operand(|p| p.expr_at(min)).map(Box::new)
    }

    /// Looks at the operator that comes next.
    fn infix(&self) -> Option<Infix> {
        use BinaryOp as B;
        use Keyword as K;
        use TokenKind as T;
        let binary = |op: BinaryOp| Some(Infix::Binary(op, op.level(), 1));
        let compare = |op: BinaryOp| {
            let quantified = matches!(self.keyword_at(1), Some(K::Any | K::Some | K::All));
            Some(match (quantified, op.level()) {
                (true, _) => Infix::Quantified(op),
                (false, EQUAL) => Infix::Binary(op, EQUAL, 1),
                (false, _) => Infix::Compare(op),
            })
        };
        match self.kind() {
            T::Keyword(K::Or) => binary(B::Or),
            T::Keyword(K::And) => binary(B::And),
            T::Eq => compare(B::Eq),
            T::EqEq => compare(B::DoubleEq),
            T::NotEq => compare(B::NotEq),
            T::BangEq => compare(B::BangEq),
            T::Lt => compare(B::Lt),
            T::LtEq => compare(B::LtEq),
            T::Gt => compare(B::Gt),
            T::GtEq => compare(B::GtEq),
            T::NullSafeEq => binary(B::NullSafeEq),
            T::Pipe => binary(B::BitOr),
            T::Ampersand => binary(B::BitAnd),
            T::PipePipe => binary(B::Concat),
            T::Plus => binary(B::Plus),
            T::Minus => binary(B::Minus),
            T::Star => binary(B::Multiply),
            T::Slash => binary(B::Divide),
            T::Percent => binary(B::Modulo),
            T::Keyword(K::Div) => binary(B::IntegerDivide),
            T::Caret => binary(B::BitXor),
            T::Keyword(K::Is) => match (self.keyword_at(1), self.keyword_at(2)) {
                (Some(K::Distinct), _) => Some(Infix::Binary(B::IsDistinctFrom, EQUAL, 3)),
                (Some(K::Not), Some(K::Distinct)) => {
                    Some(Infix::Binary(B::IsNotDistinctFrom, EQUAL, 4))
                }
                _ => Some(Infix::Is),
            },
            T::Keyword(K::Not) => self.infix_behind_not(),
            T::Keyword(keyword) => infix_word(keyword),
            _ => None,
        }
    }

    /// Looks at the operator behind `NOT`.
    fn infix_behind_not(&self) -> Option<Infix> {
        let quantified =
            matches!(self.keyword_at(2), Some(Keyword::Any | Keyword::Some | Keyword::All));
        match self.kind_at(1) {
            TokenKind::Keyword(keyword) => infix_word(keyword),
            TokenKind::Eq if quantified => Some(Infix::Quantified(BinaryOp::Eq)),
            TokenKind::NotEq if quantified => Some(Infix::Quantified(BinaryOp::NotEq)),
            TokenKind::Lt if quantified => Some(Infix::Quantified(BinaryOp::Lt)),
            TokenKind::LtEq if quantified => Some(Infix::Quantified(BinaryOp::LtEq)),
            TokenKind::Gt if quantified => Some(Infix::Quantified(BinaryOp::Gt)),
            TokenKind::GtEq if quantified => Some(Infix::Quantified(BinaryOp::GtEq)),
            _ => None,
        }
    }

    /// Reads an operator and what stands to its right.
    fn infix_rest(&mut self, left: Expr, infix: Infix, start: u32) -> Parsed<Expr> {
        let left = Box::new(left);
        let negated = match infix {
            Infix::Is => Negated::No,
            _ if self.eat_keyword(Keyword::Not) => Negated::Yes,
            _ => Negated::No,
        };
        // One call for all operators keeps this frame, which recursion goes through, small.
        let rule: fn(&mut Self, Box<Expr>, Infix, Negated) -> Parsed<ExprKind> = match infix {
            Infix::Binary(..) => Self::binary,
            Infix::Compare(_) => Self::compare,
            Infix::Quantified(_) => Self::quantified,
            Infix::Like(_) => Self::like,
            Infix::In => Self::in_rest,
            Infix::Between => Self::between,
            Infix::Is => Self::is_rest,
        };
        let kind = rule(self, left, infix, negated)?;
        Ok(Expr { span: self.span_from(start), kind })
    }

    fn compare(&mut self, first: Box<Expr>, infix: Infix, _: Negated) -> Parsed<ExprKind> {
        let Infix::Compare(op) = infix else { return Err(Failed) };
        let op_token = self.bump();
        let op_span = self.span_of(op_token);
        let operand = *self.operand(COMPARE + 1)?;
        Ok(ExprKind::Binary(Binary { first, rest: vec![BinaryRest { op, op_span, operand }] }))
    }

    fn quantified(
        &mut self,
        operand: Box<Expr>,
        infix: Infix,
        negated: Negated,
    ) -> Parsed<ExprKind> {
        let Infix::Quantified(op) = infix else { return Err(Failed) };
        self.bump();
        let quantifier = self.quantifier();
        let query = self.select_subquery()?;
        let negated = negated == Negated::Yes;
        Ok(ExprKind::Quantified { operand, negated, op, quantifier, query })
    }

    fn between(&mut self, operand: Box<Expr>, _: Infix, negated: Negated) -> Parsed<ExprKind> {
        self.bump();
        let low = self.operand(COMPARE + 1)?;
        self.expect_keyword(Keyword::And)?;
        let high = self.operand(COMPARE + 1)?;
        Ok(ExprKind::Between { operand, negated: negated == Negated::Yes, low, high })
    }

    /// Reads a run of operators of one level.
    fn binary(&mut self, first: Box<Expr>, infix: Infix, _: Negated) -> Parsed<ExprKind> {
        let Infix::Binary(mut op, level, mut width) = infix else { return Err(Failed) };
        let mut rest = Vec::new();
        loop {
            let op_start = self.start();
            if width > 1 {
                // The last word of the longer operators.
                (0..width - 1).for_each(|_| {
                    self.bump();
                });
                self.expect_keyword(Keyword::From)?;
            } else {
                self.bump();
            }
            let op_span = self.span_from(op_start);
            let operand = *self.operand(level + 1)?;
            rest.push(BinaryRest { op, op_span, operand });
            match self.infix() {
                Some(Infix::Binary(next, next_level, next_width)) if next_level == level => {
                    (op, width) = (next, next_width);
                }
                _ => break,
            }
        }
        Ok(ExprKind::Binary(Binary { first, rest }))
    }

    /// Reads `IS [NOT] NULL | TRUE | FALSE | UNKNOWN`.
    fn is_rest(&mut self, operand: Box<Expr>, _: Infix, _: Negated) -> Parsed<ExprKind> {
        self.bump();
        let negated = self.eat_keyword(Keyword::Not);
        let tests = [
            (Keyword::Null, IsTest::Null),
            (Keyword::True, IsTest::True),
            (Keyword::False, IsTest::False),
            (Keyword::Unknown, IsTest::Unknown),
        ];
        let test = tests.into_iter().find_map(|(k, test)| self.eat_keyword(k).then_some(test));
        let Some(test) = test else {
            self.at_keyword(Keyword::Distinct);
            return Err(Failed);
        };
        Ok(ExprKind::Is { operand, negated, test })
    }

    fn like(&mut self, operand: Box<Expr>, infix: Infix, negated: Negated) -> Parsed<ExprKind> {
        let Infix::Like(op) = infix else { return Err(Failed) };
        self.bump();
        let negated = negated == Negated::Yes;
        if op == LikeOp::Like && matches!(self.keyword_at(0), Some(Keyword::Any | Keyword::All)) {
            let quantifier = self.quantifier();
            let patterns = self.parenthesized(Self::expr)?;
            return Ok(ExprKind::LikeQuantified { operand, negated, quantifier, patterns });
        }
        let pattern = self.operand(COMPARE + 1)?;
        Ok(ExprKind::Like { operand, negated, op, pattern })
    }

    fn quantifier(&mut self) -> Quantifier {
        match self.bump().kind {
            TokenKind::Keyword(Keyword::All) => Quantifier::All,
            TokenKind::Keyword(Keyword::Some) => Quantifier::Some,
            _ => Quantifier::Any,
        }
    }

    /// Reads `IN (...)`.
    fn in_rest(&mut self, operand: Box<Expr>, _: Infix, negated: Negated) -> Parsed<ExprKind> {
        self.bump();
        let negated = negated == Negated::Yes;
        self.expect(TokenKind::LParen)?;
        let mut list = self.list_or_query()?;
        self.expect(TokenKind::RParen)?;
        let single = list.len() == 1;
        match list.pop() {
            Some(Expr { kind: ExprKind::Subquery(query), .. }) if single => {
                Ok(ExprKind::InSubquery { operand, negated, query })
            }
            last => {
                list.extend(last);
                Ok(ExprKind::InList { operand, negated, list })
            }
        }
    }
}

/// Whether `NOT` stood before an operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Negated {
    Yes,
    No,
}

impl Infix {
    const fn level(self) -> Level {
        match self {
            Self::Binary(_, level, _) => level,
            Self::Compare(_) | Self::Quantified(_) | Self::Like(_) | Self::In | Self::Between => {
                COMPARE
            }
            Self::Is => IS,
        }
    }
}

/// Recognises the operators that may stand behind `NOT`.
const fn infix_word(keyword: Keyword) -> Option<Infix> {
    Some(match keyword {
        Keyword::Like => Infix::Like(LikeOp::Like),
        Keyword::Rlike => Infix::Like(LikeOp::Rlike),
        Keyword::Regexp => Infix::Like(LikeOp::Regexp),
        Keyword::In => Infix::In,
        Keyword::Between => Infix::Between,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use crate::ast::{Expr, ExprKind, QueryBody, SelectItem, StatementKind};

    /// Puts parentheses round every operator.
    fn grouped(expr: &Expr) -> String {
        match &expr.kind {
            ExprKind::Binary(binary) => {
                let first = grouped(&binary.first);
                binary.rest.iter().fold(first, |left, rest| {
                    format!("({left} {:?} {})", rest.op, grouped(&rest.operand))
                })
            }
            ExprKind::Unary { ops, operand } => {
                ops.iter().rev().fold(grouped(operand), |operand, op| format!("({op:?} {operand})"))
            }
            ExprKind::Is { operand, test, .. } => format!("({} Is{test:?})", grouped(operand)),
            ExprKind::Between { operand, low, high, .. } => {
                format!("({} Between {} {})", grouped(operand), grouped(low), grouped(high))
            }
            ExprKind::InList { operand, list, .. } => {
                let list: Vec<String> = list.iter().map(grouped).collect();
                format!("({} In [{}])", grouped(operand), list.join(", "))
            }
            ExprKind::Like { operand, pattern, .. } => {
                format!("({} Like {})", grouped(operand), grouped(pattern))
            }
            _ => expr.to_string(),
        }
    }

    fn parse(text: &str) -> Result<String, String> {
        let statement = crate::parse_statement(&format!("SELECT {text}"));
        let statement = statement.map_err(|problems| problems[0].message.clone())?;
        let StatementKind::Query(query) = &statement.kind else { return Err("no query".into()) };
        let QueryBody::Select(select) = &query.body else { return Err("no select".into()) };
        match &select.items[0] {
            SelectItem::Expr { expr, .. } => Ok(grouped(expr)),
            _ => Err("no expression".into()),
        }
    }

    #[test]
    fn operators_bind_as_in_hive() {
        for (text, expected) in [
            ("1 + 2 || 3", "((1 Plus 2) Concat 3)"),
            ("1 || 2 + 3", "(1 Concat (2 Plus 3))"),
            ("1 * 2 ^ 3 * 4", "((1 Multiply (2 BitXor 3)) Multiply 4)"),
            ("-1 ^ 2", "((Minus 1) BitXor 2)"),
            ("a | b & c || d", "(a BitOr (b BitAnd (c Concat d)))"),
            ("a & b = c", "((a BitAnd b) Eq c)"),
            ("a - b - c", "((a Minus b) Minus c)"),
            ("a DIV b * c % d / e", "((((a IntegerDivide b) Multiply c) Modulo d) Divide e)"),
            ("a = b < c", "(a Eq (b Lt c))"),
            ("a < b = c", "((a Lt b) Eq c)"),
            ("a = b = c", "((a Eq b) Eq c)"),
            ("a = b IN (1)", "(a Eq (b In [1]))"),
            ("a = b LIKE c", "(a Eq (b Like c))"),
            ("a = b IS NULL", "((a Eq b) IsNull)"),
            ("a AND b IS NULL", "(a And (b IsNull))"),
            ("a IS NULL AND b", "((a IsNull) And b)"),
            ("a + b IS NULL", "((a Plus b) IsNull)"),
            ("NOT a = b", "(Not (a Eq b))"),
            ("NOT a AND b", "((Not a) And b)"),
            ("NOT a IS NULL", "(Not (a IsNull))"),
            ("NOT NOT a OR b", "((Not (Not a)) Or b)"),
            ("! a = b", "(Bang (a Eq b))"),
            ("a OR b AND c OR d", "((a Or (b And c)) Or d)"),
            ("a BETWEEN 1 + 1 AND 2 AND b", "((a Between (1 Plus 1) 2) And b)"),
            ("a BETWEEN b | c AND d", "(a Between (b BitOr c) d)"),
            ("a IS DISTINCT FROM b + 1", "(a IsDistinctFrom (b Plus 1))"),
            ("(a + b) * c", "((a Plus b) Multiply c)"),
            ("(a = b) IN (1)", "((a Eq b) In [1])"),
            ("(NOT a) = b", "((Not a) Eq b)"),
            ("(a IS NULL) IS NULL", "((a IsNull) IsNull)"),
            ("- - a", "(Minus (Minus a))"),
            ("~a + b", "((BitNot a) Plus b)"),
            ("a = EXISTS (SELECT 1)", "(a Eq EXISTS (\n  SELECT 1\n))"),
        ] {
            assert_eq!(parse(text).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_hive_refuses_is_refused() {
        for text in [
            "a < b < c",
            "a LIKE b LIKE c",
            "a < b IN (1)",
            "a IS NULL IS NULL",
            "a IS NULL = b",
            "a = NOT b",
            "a + NOT b",
            "1 + EXISTS (SELECT 1)",
            "a NOT b",
            "a BETWEEN 1 OR 2",
            "a IN ()",
            "a IN 1",
            "a IS 1",
            "NOT a < b < c",
            "()",
            "1 +",
            "* 2",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
