//! Filter text → [`Expr`]: a lexer and a recursive-descent parser with bounded depth.

use super::{Date, Expr, Literal, MAX_FILTER_BYTES, Op};
use crate::error::{Error, Result};

/// Deepest nesting of parentheses and `not`.
const MAX_DEPTH: usize = 100;

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Word(String),
    /// Name in back-quotes: never a keyword.
    Name(String),
    Literal(Literal),
    Op(Op),
    Open,
    Close,
    Comma,
    End,
}

impl Token {
    fn is_word(&self, keyword: &str) -> bool {
        matches!(self, Token::Word(word) if word.eq_ignore_ascii_case(keyword))
    }
}

/// Tells whether a word cannot be a column unless in back-quotes.
pub(super) fn is_keyword(word: &str) -> bool {
    ["and", "or", "not", "like", "between", "in"].iter().any(|k| word.eq_ignore_ascii_case(k))
}

/// Reads a whole filter text.
pub(super) fn parse(text: &str) -> Result<Expr> {
    if text.len() > MAX_FILTER_BYTES {
        return Err(
            Error::config("partition filter is longer than 1 MiB").with("bytes", text.len())
        );
    }
    let tokens = Lexer { text, at: 0 }.tokens()?;
    let mut parser = Parser { tokens: &tokens, next: 0, depth: 0 };
    let expr = parser.any_of()?;
    if *parser.peek() == Token::End { Ok(expr) } else { Err(parser.wrong("the end, and or or")) }
}

fn wrong_at(offset: usize, why: &str) -> Error {
    Error::config(format!("partition filter {why}")).with("offset", offset)
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
}

impl Lexer<'_> {
    fn tokens(mut self) -> Result<Vec<(usize, Token)>> {
        let mut tokens = Vec::new();
        loop {
            let blank = self.rest().len() - self.rest().trim_ascii_start().len();
            self.at += blank;
            let start = self.at;
            let token = self.token()?;
            let end = token == Token::End;
            tokens.push((start, token));
            if end {
                return Ok(tokens);
            }
        }
    }

    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn token(&mut self) -> Result<Token> {
        const FIXED: [(&str, Token); 11] = [
            ("<=", Token::Op(Op::Le)),
            (">=", Token::Op(Op::Ge)),
            ("<>", Token::Op(Op::Ne)),
            ("!=", Token::Op(Op::Ne)),
            ("==", Token::Op(Op::Eq)),
            ("=", Token::Op(Op::Eq)),
            ("<", Token::Op(Op::Lt)),
            (">", Token::Op(Op::Gt)),
            ("(", Token::Open),
            (")", Token::Close),
            (",", Token::Comma),
        ];
        let Some(first) = self.rest().chars().next() else { return Ok(Token::End) };
        if let Some((text, token)) = FIXED.iter().find(|(text, _)| self.rest().starts_with(text)) {
            self.at += text.len();
            return Ok(token.clone());
        }
        match first {
            '\'' | '"' => {
                self.quoted(first).map(|text| Token::Literal(Literal::Text { text, quote: first }))
            }
            '`' => self.quoted(first).map(Token::Name),
            '-' | '0'..='9' => self.number(),
            c if c == '_' || c.is_alphabetic() => Ok(self.word()),
            _ => Err(wrong_at(self.at, "has a character that starts nothing")),
        }
    }

    /// Reads up to the closing quote; a backslash takes the next character with it, except in back-quotes.
    fn quoted(&mut self, quote: char) -> Result<String> {
        let start = self.at;
        let mut chars = self.rest().char_indices().skip(1);
        while let Some((i, c)) = chars.next() {
            if c == quote {
                let text = self.rest()[1..i].to_owned();
                self.at += i + 1;
                return Ok(text);
            }
            if c == '\\' && quote != '`' {
                chars.next();
            }
        }
        Err(wrong_at(start, "has a quote without an end"))
    }

    fn word(&mut self) -> Token {
        let len = self
            .rest()
            .find(|c: char| !(c == '_' || c.is_alphanumeric()))
            .unwrap_or(self.rest().len());
        let word = self.rest()[..len].to_owned();
        self.at += len;
        Token::Word(word)
    }

    /// Reads an integer, or a bare date such as `2026-01-05`.
    fn number(&mut self) -> Result<Token> {
        let start = self.at;
        let sign = usize::from(self.rest().starts_with('-'));
        let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
        let mut len = sign + digits(&self.rest()[sign..]);
        if let Some(date) =
            self.rest().get(..10).filter(|_| len == 4 && sign == 0).and_then(Date::parse)
        {
            self.at += 10;
            return self.after_number(start, Token::Literal(Literal::Date(date)));
        }
        if matches!(self.rest().as_bytes().get(len), Some(b'L' | b'l')) && len > sign {
            len += 1;
        }
        let text = self.rest()[..len].trim_end_matches(['L', 'l']);
        let number = text.parse().map_err(|e| {
            wrong_at(start, "has a number that is no 64-bit integer").with_source(e)
        })?;
        self.at += len;
        self.after_number(start, Token::Literal(Literal::Integer(number)))
    }

    fn after_number(&self, start: usize, token: Token) -> Result<Token> {
        match self.rest().chars().next() {
            Some(c) if c == '_' || c == '.' || c.is_alphanumeric() => {
                Err(wrong_at(start, "has a number that is no 64-bit integer"))
            }
            _ => Ok(token),
        }
    }
}

struct Parser<'a> {
    tokens: &'a [(usize, Token)],
    next: usize,
    depth: usize,
}

impl Parser<'_> {
    fn peek(&self) -> &Token {
        self.tokens.get(self.next).map_or(&Token::End, |(_, token)| token)
    }

    fn wrong(&self, wanted: &str) -> Error {
        let offset =
            self.tokens.get(self.next).or(self.tokens.last()).map_or(0, |(offset, _)| *offset);
        wrong_at(offset, &format!("should have {wanted} here"))
    }

    fn accept(&mut self, keyword: &str) -> bool {
        let found = self.peek().is_word(keyword);
        self.next += usize::from(found);
        found
    }

    fn expect(&mut self, token: &Token, wanted: &str) -> Result<()> {
        if self.peek() != token {
            return Err(self.wrong(wanted));
        }
        self.next += 1;
        Ok(())
    }

    fn any_of(&mut self) -> Result<Expr> {
        let mut members = vec![self.all_of()?];
        while self.accept("or") {
            members.push(self.all_of()?);
        }
        Ok(single(members, Expr::Or))
    }

    fn all_of(&mut self) -> Result<Expr> {
        let mut members = vec![self.unit()?];
        while self.accept("and") {
            members.push(self.unit()?);
        }
        Ok(single(members, Expr::And))
    }

    fn unit(&mut self) -> Result<Expr> {
        if self.accept("not") {
            return self.nested(|parser| Ok(Expr::Not(Box::new(parser.unit()?))));
        }
        if *self.peek() != Token::Open {
            return self.condition();
        }
        // `(dt) in ('a')` is the one place where a parenthesis holds no condition.
        if let [(_, Token::Word(_) | Token::Name(_)), (_, Token::Close), ..] =
            &self.tokens[self.next + 1..]
        {
            self.next += 1;
            let column = self.column()?;
            self.next += 1;
            return self.column_condition(column);
        }
        self.nested(|parser| {
            parser.next += 1;
            let inner = parser.any_of()?;
            parser.expect(&Token::Close, "a closing parenthesis")?;
            Ok(inner)
        })
    }

    fn nested(&mut self, read: impl FnOnce(&mut Self) -> Result<Expr>) -> Result<Expr> {
        if self.depth == MAX_DEPTH {
            return Err(self.wrong("fewer than 100 levels of nesting"));
        }
        self.depth += 1;
        let expr = read(self);
        self.depth -= 1;
        expr
    }

    fn condition(&mut self) -> Result<Expr> {
        let date_literal = matches!(self.tokens.get(self.next + 1), Some((_, Token::Literal(_))));
        if matches!(self.peek(), Token::Literal(_)) || (self.peek().is_word("date") && date_literal)
        {
            let value = self.literal()?;
            let Token::Op(op) = *self.peek() else { return Err(self.wrong("a comparison")) };
            self.next += 1;
            return Ok(Expr::Compare { column: self.column()?, op: op.flipped(), value });
        }
        let column = self.column()?;
        self.column_condition(column)
    }

    fn column_condition(&mut self, column: String) -> Result<Expr> {
        if let Token::Op(op) = *self.peek() {
            self.next += 1;
            return Ok(Expr::Compare { column, op, value: self.literal()? });
        }
        let negated = self.accept("not");
        if self.accept("between") {
            let low = self.literal()?;
            if !self.accept("and") {
                return Err(self.wrong("and"));
            }
            return Ok(Expr::Between { column, negated, low, high: self.literal()? });
        }
        if self.accept("in") {
            return Ok(Expr::In { column, negated, values: self.list()? });
        }
        if self.accept("like") {
            let like = Expr::Like { column, pattern: self.literal()? };
            return Ok(if negated { Expr::Not(Box::new(like)) } else { like });
        }
        Err(self.wrong("a comparison, like, between or in"))
    }

    fn list(&mut self) -> Result<Vec<Literal>> {
        self.expect(&Token::Open, "an opening parenthesis")?;
        let mut values = vec![self.literal()?];
        while *self.peek() == Token::Comma {
            self.next += 1;
            values.push(self.literal()?);
        }
        self.expect(&Token::Close, "a comma or a closing parenthesis")?;
        Ok(values)
    }

    fn column(&mut self) -> Result<String> {
        let name = match self.peek() {
            Token::Word(word) if !is_keyword(word) => word,
            Token::Name(name) if !name.is_empty() => name,
            _ => return Err(self.wrong("a partition column")),
        };
        let name = name.to_lowercase();
        self.next += 1;
        Ok(name)
    }

    fn literal(&mut self) -> Result<Literal> {
        if self.accept("date") {
            return match self.peek() {
                Token::Literal(Literal::Text { text, .. }) => {
                    let date = Date::parse(text)
                        .ok_or_else(|| self.wrong("a date such as '2026-01-05'"))?;
                    self.next += 1;
                    Ok(Literal::Date(date))
                }
                Token::Literal(Literal::Date(date)) => {
                    let date = *date;
                    self.next += 1;
                    Ok(Literal::Date(date))
                }
                _ => Err(self.wrong("a date such as '2026-01-05'")),
            };
        }
        let Token::Literal(literal) = self.peek() else {
            return Err(self.wrong("a quoted text, an integer or a date"));
        };
        let literal = literal.clone();
        self.next += 1;
        Ok(literal)
    }
}

fn single(mut members: Vec<Expr>, many: fn(Vec<Expr>) -> Expr) -> Expr {
    match members.pop() {
        Some(only) if members.is_empty() => only,
        Some(last) => {
            members.push(last);
            many(members)
        }
        None => many(members),
    }
}
