//! Text to tokens.
//!
//! Invariants: the lexer never fails and always moves on, what cannot be a token becomes a
//! [`TokenKind::Error`]; tokens do not overlap, and only blanks and comments lie between them.
//!
//! Source: the lexer of Hive 4.1. Where Hive's rules overlap (`10`, `10L`, `10_days`), the longest
//! match wins, then the number.

use crate::ast::NumberSuffix;
use crate::options::QuotedIdentifiers;
use crate::token::{Keyword, LexError, Token, TokenKind};

/// How many unclosed strings the lexer gets over before it takes the rest of the text as one.
const UNCLOSED_MAX: u32 = 64;

/// Reads tokens from a text, one at a time.
#[derive(Debug, Clone)]
pub(crate) struct Lexer<'a> {
    text: &'a str,
    bytes: &'a [u8],
    quoted: QuotedIdentifiers,
    pos: usize,
    unclosed: u32,
}

impl<'a> Lexer<'a> {
    pub(crate) fn new(text: &'a str, quoted: QuotedIdentifiers) -> Self {
        Self { text, bytes: text.as_bytes(), quoted, pos: 0, unclosed: 0 }
    }

    /// Goes on at another offset, which must be on a character boundary.
    pub(crate) fn seek(&mut self, pos: usize) {
        self.pos = pos;
    }

    /// Says what quotes mean from here on.
    pub(crate) fn set_quoted(&mut self, quoted: QuotedIdentifiers) {
        self.quoted = quoted;
    }

    /// Returns the next token; at the end, [`TokenKind::Eof`] again and again.
    pub(crate) fn next_token(&mut self) -> Token {
        if let Some(unclosed) = self.skip_trivia() {
            return unclosed;
        }
        let start = self.pos;
        let kind = match self.peek(0) {
            None => TokenKind::Eof,
            Some(b) => self.scan(b),
        };
        self.token(kind, start)
    }

    fn token(&self, kind: TokenKind, start: usize) -> Token {
        // Texts of 4 GiB and more are refused before they get here.
        let at = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
        Token { kind, start: at(start), end: at(self.pos) }
    }

    fn peek(&self, ahead: usize) -> Option<u8> {
        self.bytes.get(self.pos + ahead).copied()
    }

    /// Skips blanks and comments; returns an error token for a comment without an end.
    fn skip_trivia(&mut self) -> Option<Token> {
        loop {
            match (self.peek(0), self.peek(1)) {
                (Some(b' ' | b'\t' | b'\r' | b'\n'), _) => self.pos += 1,
                (Some(b'-'), Some(b'-')) => {
                    let rest = &self.bytes[self.pos..];
                    let line = rest.iter().position(|b| matches!(b, b'\n' | b'\r'));
                    self.pos += line.unwrap_or(rest.len());
                }
                (Some(b'/'), Some(b'*')) if self.peek(2) != Some(b'+') => {
                    let start = self.pos;
                    if !self.skip_comment() {
                        return Some(
                            self.token(TokenKind::Error(LexError::UnclosedComment), start),
                        );
                    }
                }
                _ => return None,
            }
        }
    }

    /// Skips a block comment, and those inside it; tells whether it has an end.
    fn skip_comment(&mut self) -> bool {
        let mut depth = 0usize;
        while self.pos < self.bytes.len() {
            match (self.peek(0), self.peek(1)) {
                (Some(b'/'), Some(b'*')) => {
                    depth += 1;
                    self.pos += 2;
                }
                (Some(b'*'), Some(b'/')) => {
                    depth -= 1;
                    self.pos += 2;
                    if depth == 0 {
                        return true;
                    }
                }
                _ => self.pos += 1,
            }
        }
        false
    }

    fn scan(&mut self, first: u8) -> TokenKind {
        match first {
            b'a'..=b'z' | b'A'..=b'Z' => self.word(),
            b'0'..=b'9' => self.number(),
            b'"' if self.quoted == QuotedIdentifiers::Standard => self.quoted_ident(b'"'),
            b'\'' | b'"' => self.string(),
            b'`' if self.quoted == QuotedIdentifiers::None => self.regex_ident(),
            b'`' => self.quoted_ident(b'`'),
            b'_' => self.charset_name(),
            b'$' => self.dollar(),
            b'/' if self.peek(1) == Some(b'*') => {
                if self.skip_comment() {
                    TokenKind::Hint
                } else {
                    TokenKind::Error(LexError::UnclosedComment)
                }
            }
            _ => self.symbol(first),
        }
    }

    /// Returns the length of the run of letters, digits and underscores from `from` on.
    fn word_len(&self, from: usize) -> usize {
        let run = self.bytes[from..].iter();
        run.take_while(|b| b.is_ascii_alphanumeric() || **b == b'_').count()
    }

    fn word(&mut self) -> TokenKind {
        let start = self.pos;
        self.pos += self.word_len(start);
        if self.peek(0).is_some_and(|b| !b.is_ascii()) {
            let rest = self.text[self.pos..].chars();
            let len = foreign_name_len(rest);
            if len > 0 {
                self.pos += len;
                return TokenKind::Error(LexError::StrangeLetter);
            }
        }
        if let Some(keyword) = self.hyphenated(start) {
            return TokenKind::Keyword(keyword);
        }
        Keyword::find(&self.text[start..self.pos]).map_or(TokenKind::Ident, TokenKind::Keyword)
    }

    /// Goes to the end of a keyword with a hyphen, if the word just read begins one.
    fn hyphenated(&mut self, start: usize) -> Option<Keyword> {
        let first = &self.text[start..self.pos];
        let begins = ["fast", "cherry", "orphan"].iter().any(|w| first.eq_ignore_ascii_case(w));
        if !begins || self.peek(0) != Some(b'-') {
            return None;
        }
        let end = self.pos + 1 + self.word_len(self.pos + 1);
        let keyword = Keyword::find(self.text.get(start..end)?)?;
        self.pos = end;
        Some(keyword)
    }

    /// A number, or a name that begins with a digit, whichever is longer.
    fn number(&mut self) -> TokenKind {
        let start = self.pos;
        let word_end = start + self.word_len(start);
        let digits = |from: usize| {
            let rest = self.bytes.get(from..).unwrap_or_default();
            rest.iter().take_while(|b| b.is_ascii_digit()).count()
        };
        let whole_end = start + digits(start);
        let mut end = whole_end;
        if self.bytes.get(end) == Some(&b'.') {
            end += 1;
            end += digits(end);
        }
        if matches!(self.bytes.get(end), Some(b'e' | b'E')) {
            let sign = usize::from(matches!(self.bytes.get(end + 1), Some(b'+' | b'-')));
            let exponent = digits(end + 1 + sign);
            if exponent > 0 {
                end += 1 + sign + exponent;
            }
        }
        let (kind, len) = number_suffix(&self.bytes[end..]);
        let (kind, len) = if end > whole_end && !fits_fraction(kind) {
            (TokenKind::Number(NumberSuffix::None), 0)
        } else {
            (kind, len)
        };
        end += len;
        if end < word_end {
            self.pos = word_end;
            return if is_hex(&self.bytes[start..word_end]) {
                TokenKind::HexLiteral
            } else {
                TokenKind::Ident
            };
        }
        self.pos = end;
        kind
    }

    /// A string: quoted pieces with nothing between them.
    fn string(&mut self) -> TokenKind {
        let start = self.pos;
        while let Some(quote @ (b'\'' | b'"')) = self.peek(0) {
            if quote == b'"' && self.quoted == QuotedIdentifiers::Standard {
                break;
            }
            self.pos += 1;
            loop {
                match self.peek(0) {
                    None => return self.unclosed(start, LexError::UnclosedString),
                    Some(b'\\') => {
                        self.pos += 1;
                        // What is escaped may be a character of several bytes; its other bytes
                        // are no quotes, so they need no care.
                        self.pos = (self.pos + 1).min(self.bytes.len());
                    }
                    Some(b) => {
                        self.pos += 1;
                        if b == quote {
                            break;
                        }
                    }
                }
            }
        }
        TokenKind::String
    }

    fn quoted_ident(&mut self, quote: u8) -> TokenKind {
        let start = self.pos;
        self.pos += 1;
        loop {
            match self.peek(0) {
                None => return self.unclosed(start, LexError::UnclosedIdent),
                Some(b) if b == quote && self.peek(1) == Some(quote) => self.pos += 2,
                Some(b) if b == quote => {
                    self.pos += 1;
                    return TokenKind::QuotedIdent;
                }
                Some(_) => self.pos += 1,
            }
        }
    }

    /// A regular expression over column names, in backticks.
    fn regex_ident(&mut self) -> TokenKind {
        let rest = &self.bytes[self.pos + 1..];
        let len = rest.iter().take_while(|b| is_regex_byte(**b)).count();
        if len == 0 || rest.get(len) != Some(&b'`') {
            self.pos += 1;
            return TokenKind::Error(LexError::UnknownChar);
        }
        self.pos += len + 2;
        TokenKind::QuotedIdent
    }

    /// Ends a token whose quote is never closed: before the first semicolon at the end of a line,
    /// so that the statements behind it are still read.
    fn unclosed(&mut self, start: usize, error: LexError) -> TokenKind {
        self.unclosed += 1;
        self.pos = self.bytes.len();
        if self.unclosed <= UNCLOSED_MAX {
            let line_ends = |at: usize| {
                let rest = self.bytes[at + 1..].iter();
                rest.clone()
                    .find(|b| !matches!(b, b' ' | b'\t'))
                    .is_none_or(|b| matches!(b, b'\r' | b'\n'))
            };
            let mut at = start;
            while let Some(next) = self.bytes[at..].iter().position(|b| *b == b';') {
                at += next;
                if line_ends(at) {
                    self.pos = at;
                    break;
                }
                at += 1;
            }
        }
        TokenKind::Error(error)
    }

    /// `_utf8`; a `_` alone is no name in Hive.
    fn charset_name(&mut self) -> TokenKind {
        let rest = self.bytes[self.pos + 1..].iter();
        let len = rest
            .take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b':'))
            .count();
        self.pos += 1 + len;
        if len == 0 { TokenKind::Error(LexError::StrangeLetter) } else { TokenKind::CharsetName }
    }

    /// `$ELEM$`, `$KEY$` and `$VALUE$` are names of parts of a type; else `$` stands alone.
    fn dollar(&mut self) -> TokenKind {
        for name in ["$ELEM$", "$KEY$", "$VALUE$"] {
            let text = self.bytes.get(self.pos..self.pos + name.len());
            if text.is_some_and(|t| t.eq_ignore_ascii_case(name.as_bytes())) {
                self.pos += name.len();
                return TokenKind::Ident;
            }
        }
        self.pos += 1;
        TokenKind::Dollar
    }

    fn symbol(&mut self, first: u8) -> TokenKind {
        use TokenKind as T;
        let (kind, len) = match (first, self.peek(1), self.peek(2)) {
            (b'<', Some(b'='), Some(b'>')) => (T::NullSafeEq, 3),
            (b'<', Some(b'='), _) => (T::LtEq, 2),
            (b'<', Some(b'>'), _) => (T::NotEq, 2),
            (b'<', ..) => (T::Lt, 1),
            (b'>', Some(b'='), _) => (T::GtEq, 2),
            (b'>', ..) => (T::Gt, 1),
            (b'=', Some(b'='), _) => (T::EqEq, 2),
            (b'=', ..) => (T::Eq, 1),
            (b'!', Some(b'='), _) => (T::BangEq, 2),
            // In Hive, the sign is the word `NOT` wherever that can stand.
            (b'!', ..) => (T::Keyword(Keyword::Not), 1),
            (b'|', Some(b'|'), _) => (T::PipePipe, 2),
            (b'|', ..) => (T::Pipe, 1),
            (b'.', ..) => (T::Dot, 1),
            (b':', ..) => (T::Colon, 1),
            (b',', ..) => (T::Comma, 1),
            (b';', ..) => (T::Semicolon, 1),
            (b'(', ..) => (T::LParen, 1),
            (b')', ..) => (T::RParen, 1),
            (b'[', ..) => (T::LBracket, 1),
            (b']', ..) => (T::RBracket, 1),
            (b'{', ..) => (T::LBrace, 1),
            (b'}', ..) => (T::RBrace, 1),
            (b'/', ..) => (T::Slash, 1),
            (b'+', ..) => (T::Plus, 1),
            (b'-', ..) => (T::Minus, 1),
            (b'*', ..) => (T::Star, 1),
            (b'%', ..) => (T::Percent, 1),
            (b'&', ..) => (T::Ampersand, 1),
            (b'~', ..) => (T::Tilde, 1),
            (b'^', ..) => (T::Caret, 1),
            (b'?', ..) => (T::Question, 1),
            _ => return self.unknown(),
        };
        self.pos += len;
        kind
    }

    /// A character that begins no token; a run of foreign letters is one error.
    fn unknown(&mut self) -> TokenKind {
        let Some(c) = self.text[self.pos..].chars().next() else {
            return TokenKind::Eof;
        };
        self.pos += c.len_utf8();
        TokenKind::Error(match c {
            '\u{2018}' | '\u{2019}' | '\u{201C}' | '\u{201D}' | '\u{201A}' | '\u{201E}'
            | '\u{00B4}' => LexError::SmartQuote,
            c if c.is_whitespace() || matches!(c, '\u{FEFF}' | '\u{200B}' | '\u{00AD}') => {
                LexError::StrangeBlank
            }
            c if c.is_alphabetic() => {
                self.pos += foreign_name_len(self.text[self.pos..].chars());
                LexError::StrangeLetter
            }
            _ => LexError::UnknownChar,
        })
    }
}

/// Tells whether a word is a hexadecimal number.
fn is_hex(word: &[u8]) -> bool {
    matches!(word, [b'0', b'x' | b'X', digits @ ..]
        if !digits.is_empty() && digits.iter().all(u8::is_ascii_hexdigit))
}

/// Tells whether a character may stand in a regular expression over column names.
const fn is_regex_byte(b: u8) -> bool {
    b.is_ascii_alphanumeric()
        || matches!(b, b'_' | b'+' | b'*' | b'?' | b'-' | b'.' | b'(' | b')' | b'[' | b']')
        || matches!(b, b'{' | b'}' | b'^' | b'|' | b'$' | b'!')
}

/// Returns the length of the letters, digits and underscores of any script at the start.
fn foreign_name_len(text: std::str::Chars<'_>) -> usize {
    text.take_while(|c| c.is_alphanumeric() || *c == '_').map(char::len_utf8).sum()
}

/// Recognises what stands behind the digits of a number.
fn number_suffix(rest: &[u8]) -> (TokenKind, usize) {
    use NumberSuffix as S;
    let upper = |i: usize| rest.get(i).map(u8::to_ascii_uppercase);
    match (upper(0), upper(1)) {
        (Some(b'B'), Some(b'D')) => (TokenKind::Number(S::Decimal), 2),
        (Some(b'D'), _) => (TokenKind::Number(S::Double), 1),
        (Some(b'L'), _) => (TokenKind::Number(S::BigInt), 1),
        (Some(b'S'), _) => (TokenKind::Number(S::SmallInt), 1),
        (Some(b'Y'), _) => (TokenKind::Number(S::TinyInt), 1),
        (Some(b'B' | b'K' | b'M' | b'G'), _) => (TokenKind::ByteLength, 1),
        _ => (TokenKind::Number(S::None), 0),
    }
}

/// Tells whether a suffix may stand behind a point or an exponent.
const fn fits_fraction(kind: TokenKind) -> bool {
    matches!(kind, TokenKind::Number(NumberSuffix::Decimal | NumberSuffix::Double))
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use expect_test::{Expect, expect};

    use super::*;

    fn check(text: &str, expected: &Expect) {
        let mut lexer = Lexer::new(text, QuotedIdentifiers::Column);
        let mut out = String::new();
        loop {
            let token = lexer.next_token();
            if token.kind == TokenKind::Eof {
                break;
            }
            let source = &text[token.start as usize..token.end as usize];
            writeln!(out, "{:?} {source:?}", token.kind).unwrap();
        }
        expected.assert_eq(&out);
    }

    #[test]
    fn words_and_numbers() {
        check(
            "SELECT a1 1a 2008_01 10 1.5 1. 1e5 1e+5 1e x1e5 10L 10s 5Y 1.5D 2bd 100M 10days .5",
            &expect![[r#"
                Keyword(Select) "SELECT"
                Ident "a1"
                Ident "1a"
                Ident "2008_01"
                Number(None) "10"
                Number(None) "1.5"
                Number(None) "1."
                Number(None) "1e5"
                Number(None) "1e+5"
                Ident "1e"
                Ident "x1e5"
                Number(BigInt) "10L"
                Number(SmallInt) "10s"
                Number(TinyInt) "5Y"
                Number(Double) "1.5D"
                Number(Decimal) "2bd"
                ByteLength "100M"
                Ident "10days"
                Dot "."
                Number(None) "5"
            "#]],
        );
    }

    #[test]
    fn strings_names_and_comments() {
        check(
            r#"'it\'s' "a'b" 'a''b' 'a' 'b' `x``y` -- c ' ; "
               /* a /* b */ ; */ /*+ MAPJOIN(t) */ _utf8'x' $elem$ $x"#,
            &expect![[r#"
                String "'it\\'s'"
                String "\"a'b\""
                String "'a''b'"
                String "'a'"
                String "'b'"
                QuotedIdent "`x``y`"
                Hint "/*+ MAPJOIN(t) */"
                CharsetName "_utf8"
                String "'x'"
                Ident "$elem$"
                Dollar "$"
                Ident "x"
            "#]],
        );
    }

    #[test]
    fn symbols() {
        check(
            "<=> <= < <> != ! = == >= > || | && ^ ~ % array<array<int>>",
            &expect![[r#"
                NullSafeEq "<=>"
                LtEq "<="
                Lt "<"
                NotEq "<>"
                BangEq "!="
                Keyword(Not) "!"
                Eq "="
                EqEq "=="
                GtEq ">="
                Gt ">"
                PipePipe "||"
                Pipe "|"
                Ampersand "&"
                Ampersand "&"
                Caret "^"
                Tilde "~"
                Percent "%"
                Keyword(Array) "array"
                Lt "<"
                Keyword(Array) "array"
                Lt "<"
                Keyword(Int) "int"
                Gt ">"
                Gt ">"
            "#]],
        );
    }

    #[test]
    fn errors_end_where_reading_can_go_on() {
        check(
            "a 'open; x\nb;\nc \u{2019}x\u{2019} größe \u{a0}_ @ /* open",
            &expect![[r#"
                Ident "a"
                Error(UnclosedString) "'open; x\nb"
                Semicolon ";"
                Ident "c"
                Error(SmartQuote) "’"
                Ident "x"
                Error(SmartQuote) "’"
                Error(StrangeLetter) "größe"
                Error(StrangeBlank) "\u{a0}"
                Error(StrangeLetter) "_"
                Error(UnknownChar) "@"
                Error(UnclosedComment) "/* open"
            "#]],
        );
        check(
            "`a",
            &expect![[r#"
            Error(UnclosedIdent) "`a"
        "#]],
        );
        check(
            "'\\",
            &expect![[r#"
            Error(UnclosedString) "'\\"
        "#]],
        );
    }
}
