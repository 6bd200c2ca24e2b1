//! Finds the statements of a script, as one thinks they are.
//!
//! Statements end at a `;` outside of quotes and comments. Two kinds are different: commands of
//! Hive's shell are raw text (a value may hold anything, `/*` too), and the statements between
//! `STATEMENT SET BEGIN` and `END` stay together.

use crate::command::{self, CommandKind};
use crate::edit::offset;
use crate::lexer::Lexer;
use crate::options::{Options, QuotedIdentifiers};
use crate::token::{Keyword, Token, TokenKind};

/// The range of one statement.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Piece {
    pub(crate) start: u32,
    pub(crate) end: u32,
    /// Which command it is; else its tokens are in [`Splitter::tokens`].
    pub(crate) command: Option<CommandKind>,
}

/// For how many tokens there is room from the start.
const TOKENS_FIRST: usize = 256;

/// Finds the statements of a text.
pub(crate) struct Splitter<'a> {
    text: &'a str,
    lexer: Lexer<'a>,
    /// The tokens of the last piece, with [`TokenKind::Eof`] at the end.
    pub(crate) tokens: Vec<Token>,
}

impl<'a> Splitter<'a> {
    pub(crate) fn new(text: &'a str, options: Options) -> Self {
        let mut lexer = Lexer::new(text, options.quoted_identifiers);
        if text.starts_with('\u{FEFF}') {
            lexer.seek('\u{FEFF}'.len_utf8());
        }
        // Most statements need no more; what does grows as it must.
        let tokens = Vec::with_capacity((text.len() / 4 + 2).min(TOKENS_FIRST));
        Self { text, lexer, tokens }
    }

    /// Says what quotes mean in the statements that come.
    pub(crate) fn set_quoted(&mut self, quoted: QuotedIdentifiers) {
        self.lexer.set_quoted(quoted);
    }

    pub(crate) fn next_piece(&mut self) -> Option<Piece> {
        let first = loop {
            let token = self.lexer.next_token();
            match token.kind {
                TokenKind::Semicolon => {}
                TokenKind::Eof => return None,
                _ => break token,
            }
        };
        self.tokens.clear();
        if let Some(kind) = self.command(first) {
            let word_end = (first.start as usize + kind.word_len()).min(self.text.len());
            let end = command::end(kind, self.text, word_end);
            self.lexer.seek(end);
            let trimmed = self.text[..end].trim_end().len().max(word_end);
            return Some(Piece { start: first.start, end: offset(trimmed), command: Some(kind) });
        }
        self.read_tokens(first);
        let end = self.tokens.last().map_or(first.end, |token| token.end);
        self.tokens.push(Token { kind: TokenKind::Eof, start: end, end });
        Some(Piece { start: first.start, end, command: None })
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

    /// Tells whether a statement that begins with this token is a command.
    fn command(&self, first: Token) -> Option<CommandKind> {
        let text = self.text.get(first.start as usize..)?;
        if text.starts_with('!') {
            return Some(CommandKind::Shell);
        }
        match first.kind {
            TokenKind::Ident | TokenKind::Keyword(_) => {}
            _ => return None,
        }
        let word = command::word(text);
        if !CommandKind::may_begin_with(word) {
            return None;
        }
        let mut lexer = self.lexer.clone();
        lexer.seek(first.start as usize + word.len());
        let second = lexer.next_token();
        // The lexer knows fewer blanks than those that divide the words of a command.
        let rest = self.text.get(second.start as usize..).unwrap_or("").trim_start();
        let rest = if second.kind == TokenKind::Semicolon { "" } else { rest };
        let len = rest.find(|c: char| c.is_whitespace() || c == ';').unwrap_or(rest.len());
        CommandKind::find(word, &rest[..len])
    }
}
