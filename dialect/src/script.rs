//! A script is cut into statements, and each is parsed for itself, so that one mistake does not
//! hide the next.
//!
//! Statements end at a `;` outside of quotes and comments. Two kinds are different: `SET` and
//! `RESET` are raw text (a value may hold anything, `/*` too), and the statements between
//! `STATEMENT SET BEGIN` and `END` stay together.

use crate::ast::{Span, Statement};
use crate::diagnostic::Diagnostic;
use crate::lexer::Lexer;
use crate::options::Options;
use crate::parser;
use crate::token::{Keyword, Token, TokenKind};
use crate::variables::{self, Lookup};

/// What [`parse`] found in a text.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Parsed {
    /// The statements without mistakes, in order.
    pub statements: Vec<Statement>,
    /// One diagnostic for each statement with a mistake, in order.
    pub errors: Vec<Diagnostic>,
}

/// One statement of a script, not parsed yet.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RawStatement<'a> {
    /// Its text, from its first to its last token, without the semicolon.
    pub text: &'a str,
    /// Where that is in the script.
    pub span: Span,
    /// How it is read.
    pub options: Options,
}

impl RawStatement<'_> {
    /// Replaces variables and parses; positions, also in variables' values, are those of the
    /// script.
    ///
    /// `lookup` gets a namespace (`hiveconf`, `hivevar`, `env`, `system`) and a name. A variable
    /// it does not know stays as it is, as in Hive.
    ///
    /// # Errors
    /// What is wrong with the statement: one diagnostic, or several for a statement set.
    pub fn parse(&self, lookup: Lookup<'_>) -> Result<Statement, Vec<Diagnostic>> {
        let expanded = variables::expand(self.text, lookup).map_err(|mut problem| {
            let place = problem.span;
            let base = self.span.start;
            problem.span = Span::new(base + place.start, base + place.end);
            vec![problem]
        })?;
        let origin = Origin { base: self.span.start, edits: expanded.edits };
        parse_one(&expanded.text, &origin, self.options)
    }
}

/// Cuts a script into statements.
///
/// Shape: empty statements are left out; a string without end ends before the first `;` at the end
/// of a line.
pub fn split(text: &str) -> Vec<RawStatement<'_>> {
    Options::default().split(text)
}

impl Options {
    /// Cuts a script into statements, as [`split`] does.
    pub fn split(self, text: &str) -> Vec<RawStatement<'_>> {
        let mut splitter = Splitter::new(text, self);
        let mut statements = Vec::new();
        while let Some(piece) = splitter.next_piece() {
            let span = Span::new(piece.start, piece.end);
            let text = text.get(span.range()).unwrap_or("");
            statements.push(RawStatement { text, span, options: self });
        }
        statements
    }

    /// Parses a script, as [`parse`] does.
    pub fn parse(self, text: &str) -> Parsed {
        let mut parsed = Parsed::default();
        if let Some(problem) = too_long(text) {
            parsed.errors.push(problem);
            return parsed;
        }
        let mut splitter = Splitter::new(text, self);
        let origin = Origin::default();
        while let Some(piece) = splitter.next_piece() {
            match parse_piece(text, &splitter.tokens, piece, &origin, self) {
                Ok(statement) => parsed.statements.push(statement),
                Err(mut problems) => parsed.errors.append(&mut problems),
            }
        }
        parsed
    }

    /// Parses a text that is one statement, as [`parse_statement`] does.
    ///
    /// # Errors
    /// What is wrong with it; more than one statement, or none, is wrong too.
    pub fn parse_statement(self, text: &str) -> Result<Statement, Vec<Diagnostic>> {
        parse_one(text, &Origin::default(), self)
    }
}

/// Parses a script without replacing variables. Never fails, never panics: what is wrong is in
/// [`Parsed::errors`], and reading goes on behind the next `;`.
///
/// Limit: 4 GiB of text; constructs nest at most 200 levels deep.
pub fn parse(text: &str) -> Parsed {
    Options::default().parse(text)
}

/// Parses a text that is one statement, with or without a semicolon at its end.
///
/// # Errors
/// What is wrong with it; more than one statement, or none, is wrong too.
pub fn parse_statement(text: &str) -> Result<Statement, Vec<Diagnostic>> {
    Options::default().parse_statement(text)
}

fn parse_one(text: &str, origin: &Origin, options: Options) -> Result<Statement, Vec<Diagnostic>> {
    if let Some(problem) = too_long(text) {
        return Err(vec![problem]);
    }
    let mut splitter = Splitter::new(text, options);
    let Some(piece) = splitter.next_piece() else {
        let end = u32::try_from(text.len()).unwrap_or(u32::MAX);
        return Err(vec![Diagnostic::new(origin.span(end, end), "there is no statement")]);
    };
    let statement = parse_piece(text, &splitter.tokens, piece, origin, options)?;
    match splitter.next_piece() {
        None => Ok(statement),
        Some(second) => Err(vec![
            Diagnostic::new(origin.span(second.start, second.end), "there is a second statement")
                .with_hint("split the text first"),
        ]),
    }
}

fn parse_piece(
    text: &str,
    tokens: &[Token],
    piece: Piece,
    origin: &Origin,
    options: Options,
) -> Result<Statement, Vec<Diagnostic>> {
    match piece.kind {
        PieceKind::Tokens => parser::parse_tokens(text, tokens, origin, options),
        PieceKind::Command(command) => {
            let span = (piece.start, piece.end);
            crate::command::parse(command, text, span, origin).map_err(|problem| vec![problem])
        }
    }
}

fn too_long(text: &str) -> Option<Diagnostic> {
    let fits = u32::try_from(text.len()).is_ok_and(|len| len < u32::MAX);
    (!fits).then(|| Diagnostic::new(Span::default(), "the text is longer than 4 GiB"))
}

/// How offsets in the text that is parsed become positions in the text that the user wrote.
#[derive(Debug, Clone, Default)]
pub(crate) struct Origin {
    /// Where the statement begins in the script.
    pub(crate) base: u32,
    /// Where variables were replaced, in order.
    pub(crate) edits: Vec<Edit>,
}

/// A range of the text that is parsed, and what it stands for in the text before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Edit {
    pub(crate) new: (u32, u32),
    pub(crate) old: (u32, u32),
}

impl Origin {
    /// Returns the original position of a range; one that touches a replaced variable covers all
    /// of the variable.
    pub(crate) fn span(&self, start: u32, end: u32) -> Span {
        if self.edits.is_empty() {
            return Span::new(self.base + start, self.base + end);
        }
        let (start, _) = self.map(start, |edit_start, offset| edit_start <= offset);
        let (_, end) = self.map(end, |edit_start, offset| edit_start < offset);
        Span::new(self.base + start, self.base + end.max(start))
    }

    /// Returns the original range of one offset; `before` tells which edits count as before it.
    fn map(&self, offset: u32, before: fn(u32, u32) -> bool) -> (u32, u32) {
        let count = self.edits.partition_point(|edit| before(edit.new.0, offset));
        let Some(edit) = count.checked_sub(1).and_then(|i| self.edits.get(i)) else {
            return (offset, offset);
        };
        if !before(edit.new.1, offset) {
            return edit.old;
        }
        let moved = edit.old.1 + (offset - edit.new.1);
        (moved, moved)
    }
}

/// The range of one statement.
#[derive(Debug, Clone, Copy)]
struct Piece {
    start: u32,
    end: u32,
    kind: PieceKind,
}

#[derive(Debug, Clone, Copy)]
enum PieceKind {
    /// Its tokens are in [`Splitter::tokens`].
    Tokens,
    Command(CommandKind),
}

/// Statements that are raw text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CommandKind {
    Set,
    Reset,
}

/// Finds the statements of a text.
struct Splitter<'a> {
    text: &'a str,
    lexer: Lexer<'a>,
    /// The tokens of the last piece, with [`TokenKind::Eof`] at the end.
    tokens: Vec<Token>,
}

impl<'a> Splitter<'a> {
    fn new(text: &'a str, options: Options) -> Self {
        let mut lexer = Lexer::new(text, options.quoted_identifiers);
        if text.starts_with('\u{FEFF}') {
            lexer.seek('\u{FEFF}'.len_utf8());
        }
        Self { text, lexer, tokens: Vec::new() }
    }

    fn next_piece(&mut self) -> Option<Piece> {
        let first = loop {
            let token = self.lexer.next_token();
            match token.kind {
                TokenKind::Semicolon => {}
                TokenKind::Eof => return None,
                _ => break token,
            }
        };
        self.tokens.clear();
        if let Some(command) = self.command(first) {
            let end = crate::command::end(self.text, first.end as usize);
            self.lexer.seek(end);
            let trimmed = self.text[..end].trim_end().len().max(first.end as usize);
            let end = u32::try_from(trimmed).unwrap_or(u32::MAX);
            return Some(Piece { start: first.start, end, kind: PieceKind::Command(command) });
        }
        self.read_tokens(first);
        let end = self.tokens.last().map_or(first.end, |token| token.end);
        self.tokens.push(Token { kind: TokenKind::Eof, start: end, end });
        Some(Piece { start: first.start, end, kind: PieceKind::Tokens })
    }

    /// Reads up to the semicolon that ends the statement, which is left out.
    fn read_tokens(&mut self, first: Token) {
        let mut token = first;
        loop {
            match token.kind {
                TokenKind::Eof => return,
                TokenKind::Semicolon if !self.inside_set() => return,
                _ => self.tokens.push(token),
            }
            token = self.lexer.next_token();
        }
    }

    /// Tells whether the tokens so far are a statement set without its `END`.
    fn inside_set(&self) -> bool {
        let word = |i: usize, word: &str| {
            self.tokens.get(i).is_some_and(|token| {
                let range = token.start as usize..token.end as usize;
                self.text.get(range).is_some_and(|text| text.eq_ignore_ascii_case(word))
            })
        };
        let opened = ["EXECUTE", "STATEMENT", "SET", "BEGIN"].iter().enumerate();
        let opened_before = ["BEGIN", "STATEMENT", "SET"].iter().enumerate();
        if !opened.into_iter().all(|(i, w)| word(i, w))
            && !opened_before.into_iter().all(|(i, w)| word(i, w))
        {
            return false;
        }
        let closed = match self.tokens.as_slice() {
            [.., before, last] => {
                let starts = before.kind == TokenKind::Semicolon || self.tokens.len() == 5;
                starts && last.kind == TokenKind::Keyword(Keyword::End)
            }
            _ => false,
        };
        !closed
    }

    /// Tells whether a statement that begins with this token is raw text.
    fn command(&self, first: Token) -> Option<CommandKind> {
        let range = first.start as usize..first.end as usize;
        if first.kind == TokenKind::Ident {
            let reset = self.text.get(range)?.eq_ignore_ascii_case("RESET");
            return reset.then_some(CommandKind::Reset);
        }
        if first.kind != TokenKind::Keyword(Keyword::Set) {
            return None;
        }
        // These two are SQL statements, not settings.
        match self.lexer.clone().next_token().kind {
            TokenKind::Keyword(Keyword::Role | Keyword::Autocommit) => None,
            _ => Some(CommandKind::Set),
        }
    }
}

#[cfg(test)]
#[expect(clippy::needless_raw_string_hashes, reason = "`UPDATE_EXPECT` writes them")]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    fn check(text: &str, expected: &Expect) {
        let pieces: Vec<&str> = split(text).iter().map(|raw| raw.text).collect();
        expected.assert_eq(&pieces.join("\n---\n"));
    }

    #[test]
    fn semicolons_in_quotes_and_comments_divide_nothing() {
        check(
            "\u{FEFF}SELECT ';', \"a;\\\"b\", `c;d`; -- e; '\n/* f; */ ;; SELECT 2 /* g */;\n--h",
            &expect![[r#"
                SELECT ';', "a;\"b", `c;d`
                ---
                SELECT 2"#]],
        );
    }

    #[test]
    fn settings_are_raw() {
        check(
            "SET a=s3://b/*/c;\nset b=it's;\nset 'x' = 'a;b';\nSET c=1 -- x; y\n;SET d=a\\;b;SET;\n\
             SET ROLE admin; reset; RESET x.y--z;SET e",
            &expect![[r#"
                SET a=s3://b/*/c
                ---
                set b=it's
                ---
                set 'x' = 'a;b'
                ---
                SET c=1 -- x; y
                ---
                SET d=a\;b
                ---
                SET
                ---
                SET ROLE admin
                ---
                reset
                ---
                RESET x.y--z
                ---
                SET e"#]],
        );
    }

    #[test]
    fn a_statement_set_is_one_piece() {
        check(
            "EXECUTE STATEMENT SET BEGIN INSERT INTO a SELECT CASE WHEN 1 THEN 2 END; INSERT INTO \
             b SELECT 1; END; SELECT 1; BEGIN STATEMENT SET; INSERT INTO c SELECT 1; END; SELECT 2",
            &expect![[r#"
                EXECUTE STATEMENT SET BEGIN INSERT INTO a SELECT CASE WHEN 1 THEN 2 END; INSERT INTO b SELECT 1; END
                ---
                SELECT 1
                ---
                BEGIN STATEMENT SET; INSERT INTO c SELECT 1; END
                ---
                SELECT 2"#]],
        );
    }

    #[test]
    fn a_string_without_end_ends_at_the_end_of_a_line() {
        check(
            "SELECT 'a;b;\nSELECT 1;\nSELECT 2",
            &expect![[r#"
            SELECT 'a;b
            ---
            SELECT 1
            ---
            SELECT 2"#]],
        );
    }

    #[test]
    fn positions_behind_variables_are_those_of_the_script() {
        let text = "SELECT 1;\nSELECT '${x}', ${hiveconf:y} FROM";
        let lookup = |_: &str, name: &str| (name == "y").then(|| "a + b *".to_owned());
        let raw = split(text);
        let problems = raw[1].parse(&lookup).unwrap_err();
        assert_eq!(&text[problems[0].span.range()], "FROM");
        let text = "SELECT ${y}";
        let problems = split(text)[0].parse(&|_: &str, _: &str| Some("a ) b".into())).unwrap_err();
        assert_eq!(&text[problems[0].span.range()], "${y}");
    }
}
