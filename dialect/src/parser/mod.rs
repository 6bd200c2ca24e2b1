//! Tokens to syntax tree: recursive descent, and Pratt's method for expressions.
//!
//! A rule is a method that reads one construct and returns its node, or [`Failed`] with the reason
//! kept in the parser. There is no backtracking: a rule looks ahead before it decides.
//!
//! Invariants: every recursion goes through [`Parser::nested`], which bounds its depth; every rule
//! reads at least one token or returns; positions in nodes are those of the original text.
//!
//! # Why
//! A text is parsed without noting what could have stood where. Only when that fails, it is parsed
//! once more, and now every question about the token at fault is noted: that gives the list of
//! expected tokens and costs nothing where nothing is wrong.

mod access;
mod alter;
mod atom;
mod call;
mod catalog;
mod change;
mod column;
mod control;
mod create;
mod database;
mod describe;
mod dml;
mod drop;
mod expr;
mod from;
mod function;
mod hint;
mod partition;
mod query;
mod schedule;
mod script;
mod session;
mod show;
mod snapshot;
mod statement;
mod storage;
mod transfer;
mod types;
mod view;
mod window;
mod workload;

use crate::ast::{Hint, Ident, NumberLit, NumberSuffix, ObjectName, Span, StringLit};
use crate::diagnostic::Diagnostic;
use crate::edit::Origin;
use crate::options::{Grammar, Options};
use crate::text;
use crate::token::{Keyword, Token, TokenKind};

pub(crate) use expr::{COMPARE, IS, Level, NOT, PLUS};
pub(crate) use statement::parse_tokens;

/// How deep constructs may nest: parentheses, subqueries, function calls, `CASE`, types.
///
/// Hive with the stack that Java gives by default ends between 250 and 300 parentheses.
pub(crate) const MAX_DEPTH: u32 = 300;
/// What a construct takes of the depth that is left; an operator's right side takes less stack.
const LEVEL: u32 = 2;
const OPERAND: u32 = 1;

/// A rule found something else than it needs; the parser knows what.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Failed;

/// The result of a rule.
pub(crate) type Parsed<T> = Result<T, Failed>;

/// What could have stood at the token at fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Expected {
    Token(TokenKind),
    /// A word that is no keyword of Hive.
    Word(&'static str),
    /// A class of constructs: "an expression".
    Class(&'static str),
}

/// The state while a statement is parsed.
#[derive(Debug)]
pub(crate) struct Parser<'a> {
    /// The text that the tokens are in.
    text: &'a str,
    /// The tokens; the last one is [`TokenKind::Eof`].
    tokens: &'a [Token],
    /// How offsets in `text` become positions in the original text.
    origin: &'a Origin,
    options: Options,
    /// The index of the next token; never behind the last.
    pos: usize,
    depth: u32,
    /// How many `?` were read.
    parameters: u32,
    /// What was asked about the token at `noted_at`; none in the first run.
    notes: Option<Vec<Expected>>,
    noted_at: usize,
    /// The reason of a failure that is not just an unexpected token.
    failure: Option<Diagnostic>,
}

impl<'a> Parser<'a> {
    fn new(text: &'a str, tokens: &'a [Token], origin: &'a Origin, options: Options) -> Self {
        Self {
            text,
            tokens,
            origin,
            options,
            pos: 0,
            depth: 0,
            parameters: 0,
            notes: None,
            noted_at: 0,
            failure: None,
        }
    }

    /// Tells whether the streaming additions are read too.
    fn is_streaming(&self) -> bool {
        self.options.grammar == Grammar::Streaming
    }

    // ── looking ──────────────────────────────────────────────────────

    fn token(&self) -> Token {
        self.token_at(0)
    }

    fn token_at(&self, ahead: usize) -> Token {
        let last = self.tokens.len() - 1;
        self.tokens[(self.pos + ahead).min(last)]
    }

    fn kind(&self) -> TokenKind {
        self.token().kind
    }

    fn kind_at(&self, ahead: usize) -> TokenKind {
        self.token_at(ahead).kind
    }

    fn keyword_at(&self, ahead: usize) -> Option<Keyword> {
        match self.kind_at(ahead) {
            TokenKind::Keyword(keyword) => Some(keyword),
            _ => None,
        }
    }

    fn source(&self, token: Token) -> &'a str {
        self.text.get(token.start as usize..token.end as usize).unwrap_or("")
    }

    /// Tells whether the token `ahead` is this word, which is no keyword of Hive.
    fn is_word(&self, ahead: usize, word: &str) -> bool {
        let token = self.token_at(ahead);
        token.kind == TokenKind::Ident && self.source(token).eq_ignore_ascii_case(word)
    }

    /// Tells whether the token `ahead` can be a name. Two backticks alone are none.
    fn is_name(&self, ahead: usize) -> bool {
        let token = self.token_at(ahead);
        match token.kind {
            TokenKind::Ident => true,
            TokenKind::QuotedIdent => token.end - token.start > 2,
            TokenKind::Keyword(keyword) => !keyword.is_reserved(),
            _ => false,
        }
    }

    // ── noting ───────────────────────────────────────────────────────

    fn note(&mut self, expected: Expected) {
        let Some(notes) = &mut self.notes else { return };
        if self.noted_at != self.pos {
            notes.clear();
            self.noted_at = self.pos;
        }
        if !notes.contains(&expected) {
            notes.push(expected);
        }
    }

    fn at(&mut self, kind: TokenKind) -> bool {
        let hit = self.kind() == kind;
        if !hit {
            self.note(Expected::Token(kind));
        }
        hit
    }

    fn at_keyword(&mut self, keyword: Keyword) -> bool {
        self.at(TokenKind::Keyword(keyword))
    }

    /// Tells whether these keywords come next; notes the first.
    fn at_keywords(&mut self, keywords: &[Keyword]) -> bool {
        let hit = keywords.iter().enumerate().all(|(i, k)| self.keyword_at(i) == Some(*k));
        if let (false, Some(first)) = (hit, keywords.first()) {
            self.note(Expected::Token(TokenKind::Keyword(*first)));
        }
        hit
    }

    fn at_word(&mut self, word: &'static str) -> bool {
        let hit = self.is_word(0, word);
        if !hit {
            self.note(Expected::Word(word));
        }
        hit
    }

    // ── reading ──────────────────────────────────────────────────────

    fn bump(&mut self) -> Token {
        let token = self.token();
        self.pos = (self.pos + 1).min(self.tokens.len() - 1);
        token
    }

    fn eat(&mut self, kind: TokenKind) -> bool {
        let hit = self.at(kind);
        if hit {
            self.bump();
        }
        hit
    }

    fn eat_keyword(&mut self, keyword: Keyword) -> bool {
        self.eat(TokenKind::Keyword(keyword))
    }

    fn eat_keywords(&mut self, keywords: &[Keyword]) -> bool {
        let hit = self.at_keywords(keywords);
        if hit {
            self.pos += keywords.len();
        }
        hit
    }

    fn eat_word(&mut self, word: &'static str) -> bool {
        let hit = self.at_word(word);
        if hit {
            self.bump();
        }
        hit
    }

    fn expect(&mut self, kind: TokenKind) -> Parsed<Token> {
        if self.at(kind) { Ok(self.bump()) } else { Err(Failed) }
    }

    fn expect_keyword(&mut self, keyword: Keyword) -> Parsed<Token> {
        self.expect(TokenKind::Keyword(keyword))
    }

    fn expect_keywords(&mut self, keywords: &[Keyword]) -> Parsed<()> {
        keywords.iter().try_for_each(|k| self.expect_keyword(*k).map(drop))
    }

    // ── failing ──────────────────────────────────────────────────────

    /// Fails because something of a class is needed.
    fn expected<T>(&mut self, class: &'static str) -> Parsed<T> {
        self.note(Expected::Class(class));
        Err(Failed)
    }

    /// Fails with a message of its own.
    fn fail<T>(&mut self, span: Span, message: impl Into<String>, hint: &str) -> Parsed<T> {
        let mut diagnostic = Diagnostic::new(span, message);
        if !hint.is_empty() {
            diagnostic.hint = Some(hint.to_owned());
        }
        self.failure = Some(diagnostic);
        Err(Failed)
    }

    /// Runs a rule one level deeper, and fails if that is too deep.
    fn nested<T>(&mut self, rule: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        self.nested_by(LEVEL, rule)
    }

    /// Runs the rule of an operand a level deeper.
    fn nested_operand<T>(&mut self, rule: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        self.nested_by(OPERAND, rule)
    }

    fn nested_by<T>(&mut self, by: u32, rule: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.depth + by > MAX_DEPTH * LEVEL {
            let span = self.span_of(self.token());
            let message = format!("the statement nests deeper than {MAX_DEPTH} levels");
            return self.fail(span, message, "divide it: use WITH, or several statements");
        }
        self.depth += by;
        let result = rule(self);
        self.depth -= by;
        result
    }

    // ── positions ────────────────────────────────────────────────────

    fn span_of(&self, token: Token) -> Span {
        self.origin.span(token.start, token.end)
    }

    /// Returns where the next token begins, for [`Self::span_from`].
    fn start(&self) -> u32 {
        self.token().start
    }

    /// Returns the span from an offset to the end of the last token read.
    fn span_from(&self, start: u32) -> Span {
        let end = self.pos.checked_sub(1).map_or(start, |i| self.tokens[i].end);
        self.origin.span(start, end.max(start))
    }

    // ── small rules used everywhere ──────────────────────────────────

    fn ident(&mut self) -> Parsed<Ident> {
        self.ident_as("a name")
    }

    /// Reads a name; `class` says in a message what it is the name of.
    fn ident_as(&mut self, class: &'static str) -> Parsed<Ident> {
        if !self.is_name(0) {
            return self.expected(class);
        }
        Ok(self.ident_unchecked())
    }

    /// Reads the next token as a name, whatever it is.
    fn ident_unchecked(&mut self) -> Ident {
        let token = self.bump();
        let source = self.source(token);
        let quoted = token.kind == TokenKind::QuotedIdent;
        let value = if quoted { text::unquote_ident(source) } else { source.to_owned() };
        Ident { span: self.span_of(token), value, quoted }
    }

    /// Reads `name [. name]...`, of at most `max` parts.
    fn object_name(&mut self, class: &'static str, max: usize) -> Parsed<ObjectName> {
        let start = self.start();
        let mut parts = vec![self.ident_as(class)?];
        while parts.len() < max && self.kind() == TokenKind::Dot {
            self.bump();
            parts.push(self.ident()?);
        }
        Ok(ObjectName { span: self.span_from(start), parts })
    }

    /// Reads `table`, `db.table` or `db.table.metadata_table`.
    fn table_name(&mut self) -> Parsed<ObjectName> {
        self.object_name("a table name", 3)
    }

    fn string(&mut self) -> Parsed<StringLit> {
        if self.kind() != TokenKind::String {
            return self.expected("a string");
        }
        let token = self.bump();
        Ok(StringLit { span: self.span_of(token), raw: self.source(token).to_owned() })
    }

    fn number(&mut self) -> Parsed<NumberLit> {
        let TokenKind::Number(suffix) = self.kind() else { return self.expected("a number") };
        let token = self.bump();
        Ok(NumberLit { span: self.span_of(token), raw: self.source(token).to_owned(), suffix })
    }

    /// Reads a number without suffix.
    fn plain_number(&mut self) -> Parsed<NumberLit> {
        match self.kind() {
            TokenKind::Number(NumberSuffix::None) => self.number(),
            _ => self.expected("a number"),
        }
    }

    /// Reads the hint comments behind a table, which only Flink has.
    fn table_hints(&mut self) -> Vec<Hint> {
        if self.is_streaming() { self.hints() } else { Vec::new() }
    }

    /// Reads the hint comments that come next; Hive takes one.
    fn hints(&mut self) -> Vec<Hint> {
        let most = if self.is_streaming() { usize::MAX } else { 1 };
        let mut hints = Vec::new();
        while self.kind() == TokenKind::Hint && hints.len() < most {
            let token = self.bump();
            let source = self.source(token);
            let inner = source.get(3..source.len().saturating_sub(2)).unwrap_or("");
            hints.push(Hint { span: self.span_of(token), text: inner.to_owned() });
        }
        hints
    }

    /// Reads `item, item, ...`.
    fn comma_separated<T>(&mut self, rule: impl Fn(&mut Self) -> Parsed<T>) -> Parsed<Vec<T>> {
        let mut items = vec![rule(self)?];
        while self.eat(TokenKind::Comma) {
            items.push(rule(self)?);
        }
        Ok(items)
    }

    /// Reads `(item, item, ...)`.
    fn parenthesized<T>(&mut self, rule: impl Fn(&mut Self) -> Parsed<T>) -> Parsed<Vec<T>> {
        self.expect(TokenKind::LParen)?;
        let items = self.comma_separated(rule)?;
        self.expect(TokenKind::RParen)?;
        Ok(items)
    }

    /// Reads `(name, name, ...)`.
    fn column_names(&mut self) -> Parsed<Vec<Ident>> {
        self.parenthesized(|p| p.ident_as("a column name"))
    }

    fn if_not_exists(&mut self) -> Parsed<bool> {
        let there = self.eat_keyword(Keyword::If);
        if there {
            self.expect_keywords(&[Keyword::Not, Keyword::Exists])?;
        }
        Ok(there)
    }

    fn if_exists(&mut self) -> Parsed<bool> {
        let there = self.eat_keyword(Keyword::If);
        if there {
            self.expect_keyword(Keyword::Exists)?;
        }
        Ok(there)
    }

    /// Fails unless the statement ends here.
    fn end(&mut self) -> Parsed<()> {
        if self.kind() == TokenKind::Eof {
            Ok(())
        } else {
            self.expected("the end of the statement")
        }
    }
}
