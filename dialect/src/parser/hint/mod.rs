//! What was probably meant: hints for the usual slips.
//!
//! Each rule looks at the token at fault, what is around it and what was expected; the first one
//! that recognises its slip answers.

mod clauses;
mod engines;
mod lexical;
mod others;
mod parts;
mod statements;
mod typing;

pub(super) use lexical::lex_failure;
pub(super) use others::{
    begins_other_statement, instead_of_statement, other_create, type_of_others,
};

use clauses::{QUERY_CLAUSES, clause_of_create, clause_order, insert_mode};
use engines::{engine_phrase, engine_word};
use parts::{nothing_there, partner};
use statements::statement_slip;
use typing::typing_error;

use super::{Expected, Parser};
use crate::token::{Keyword, Token, TokenKind};

type Rule = fn(&Slip<'_, '_>) -> Option<String>;

const RULES: &[Rule] = &[
    variable,
    long_string,
    engine_phrase,
    other_syntax,
    engine_word,
    empty_list_item,
    partner,
    statement_slip,
    quoted_where_name,
    name_where_string,
    missing_part,
    reserved_word,
    clause_of_create,
    typing_error,
    insert_mode,
    clause_order,
    missing_semicolon,
    missing_comma,
    parentheses,
    nothing_there,
];

/// A failure to be explained.
struct Slip<'p, 'a> {
    parser: &'p Parser<'a>,
    notes: &'p [Expected],
    token: Token,
    before: Option<Token>,
}

impl Parser<'_> {
    /// Tells whether the innermost open parenthesis is that of a cast.
    fn in_cast(&self) -> bool {
        let mut depth = 0usize;
        for (i, token) in self.tokens[..self.pos].iter().enumerate().rev() {
            match token.kind {
                TokenKind::RParen => depth += 1,
                TokenKind::LParen if depth > 0 => depth -= 1,
                TokenKind::LParen => {
                    let cast = TokenKind::Keyword(Keyword::Cast);
                    return i > 0 && self.tokens[i - 1].kind == cast;
                }
                _ => {}
            }
        }
        false
    }

    /// Finds a string up to here that goes over a semicolon at the end of a line: its quote is
    /// probably not the one meant.
    pub(super) fn long_string(&self) -> Option<Token> {
        let strings = self.tokens[..=self.pos].iter().rev();
        let mut strings = strings.filter(|token| token.kind == TokenKind::String);
        let crosses = |text: &str| text.contains(";\n") || text.contains(";\r\n");
        strings.find(|token| crosses(self.source(**token))).copied()
    }

    /// Says what was probably meant at the token at fault.
    pub(super) fn hint(&self, notes: &[Expected]) -> Option<String> {
        let before = self.pos.checked_sub(1).map(|i| self.tokens[i]);
        let slip = Slip { parser: self, notes, token: self.token(), before };
        RULES.iter().find_map(|rule| rule(&slip))
    }
}

impl Slip<'_, '_> {
    fn source(&self, token: Token) -> &str {
        self.parser.source(token)
    }

    fn found(&self) -> &str {
        self.source(self.token)
    }

    fn next(&self) -> Token {
        self.parser.token_at(1)
    }

    fn before_is(&self, kind: TokenKind) -> bool {
        self.before.is_some_and(|token| token.kind == kind)
    }

    fn expects(&self, kind: TokenKind) -> bool {
        self.notes.contains(&Expected::Token(kind))
    }

    fn expects_class(&self, matches: impl Fn(&str) -> bool) -> bool {
        self.notes.iter().any(|note| matches!(note, Expected::Class(class) if matches(class)))
    }

    fn expects_name(&self) -> bool {
        self.expects_class(|class| class.contains("name") || class.contains("alias"))
    }

    fn expects_expression(&self) -> bool {
        self.expects_class(|class| class == "an expression")
    }

    /// Tells whether the statement begins with this word.
    fn begins_with(&self, keyword: Keyword) -> bool {
        self.parser.tokens.first().is_some_and(|t| t.kind == TokenKind::Keyword(keyword))
    }

    /// Tells whether the statement is one of those with conditions.
    fn in_conditions(&self) -> bool {
        use Keyword as K;
        let words = [K::Select, K::With, K::From, K::Insert, K::Update, K::Delete, K::Merge];
        words.into_iter().any(|keyword| self.begins_with(keyword))
    }

    /// Tells whether this word stands so many tokens before the token at fault.
    fn behind(&self, tokens: usize, keyword: Keyword) -> bool {
        let at = self.parser.pos.checked_sub(tokens).and_then(|at| self.parser.tokens.get(at));
        at.is_some_and(|token| token.kind == TokenKind::Keyword(keyword))
    }

    /// Tells whether an operand, a name or a string begins at the token at fault.
    fn begins_operand(&self) -> bool {
        let kind = self.token.kind;
        self.parser.is_name(0)
            || matches!(kind, TokenKind::String | TokenKind::Number(_))
            || matches!(kind, TokenKind::Minus | TokenKind::Keyword(Keyword::All))
    }

    /// Tells whether an operand begins `ahead` of the token at fault.
    fn begins_operand_at(&self, ahead: usize) -> bool {
        let kind = self.parser.kind_at(ahead);
        self.parser.is_name(ahead)
            || matches!(kind, TokenKind::String | TokenKind::Number(_) | TokenKind::Star)
    }

    /// Returns the word before the token at fault in upper case.
    fn before_text(&self) -> String {
        self.before.map_or(String::new(), |token| self.source(token).to_ascii_uppercase())
    }

    fn before_word(&self, word: &str) -> bool {
        self.before.is_some_and(|token| self.source(token).eq_ignore_ascii_case(word))
    }

    /// Tells whether a name without quotes is before the token at fault.
    fn before_name(&self) -> bool {
        self.before_is(TokenKind::Ident)
    }

    fn expects_end(&self) -> bool {
        self.expects_class(|class| class.starts_with("the end"))
    }

    fn keyword(&self) -> Option<Keyword> {
        self.parser.keyword_at(0)
    }

    fn in_create_table(&self) -> bool {
        let words = self.parser.tokens.iter().take(4);
        words.clone().any(|t| t.kind == TokenKind::Keyword(Keyword::Table))
            && words.clone().any(|t| t.kind == TokenKind::Keyword(Keyword::Create))
    }

    /// Tells whether the token is the first one on its line.
    fn begins_line(&self) -> bool {
        let start = self.token.start as usize;
        let before = self.parser.text.get(..start).unwrap_or("");
        before.trim_end_matches([' ', '\t']).ends_with('\n')
    }
}

fn variable(slip: &Slip<'_, '_>) -> Option<String> {
    if slip.token.kind != TokenKind::Dollar || slip.next().kind != TokenKind::LBrace {
        return None;
    }
    let end = slip.parser.tokens.last()?.start as usize;
    let rest = slip.parser.text.get(slip.next().end as usize..end)?;
    let name = rest.split_once('}').map_or("", |(name, _)| name.trim());
    if name.is_empty() || name.contains(|c: char| c.is_whitespace() || matches!(c, '\'' | '"')) {
        return Some("a variable is written ${name}".to_owned());
    }
    let setting = if name.contains(':') { name.to_owned() } else { format!("hivevar:{name}") };
    Some(format!("the variable ${{{name}}} has no value: give it one with SET {setting}=..."))
}

fn long_string(slip: &Slip<'_, '_>) -> Option<String> {
    let long = slip.parser.long_string()?;
    let line = slip.source(long).lines().next().unwrap_or("");
    let shown: String = line.chars().take(20).collect();
    Some(format!("the string {shown}... goes over several lines: is its quote closed?"))
}

/// Spellings of other engines and languages.
fn other_syntax(slip: &Slip<'_, '_>) -> Option<String> {
    use TokenKind as T;
    let next = slip.next().kind;
    let hint = match slip.token.kind {
        T::Colon if next == T::Colon || slip.before_is(T::Colon) => "write CAST(value AS type)",
        T::Dot if matches!(next, T::Number(_)) => "write a digit before the point: 0.5",
        T::Ampersand if slip.before_is(T::Ampersand) => "write AND",
        T::Slash if slip.before_is(T::Slash) || next == T::Slash => "a comment begins with --",
        T::Hint => "hints stand behind SELECT, or behind the name of a table",
        T::Keyword(Keyword::Left | Keyword::Right) if next == T::LParen => {
            "use substr(text, start, length)"
        }
        T::Eq
            if slip.before.is_some_and(|t| {
                matches!(t.kind, T::Keyword(Keyword::Comment | Keyword::Location))
            }) =>
        {
            "remove the `=`"
        }
        T::LBracket => "an array is written array(a, b)",
        T::Gt if slip.before_is(T::Eq) => "write >=",
        T::Minus if slip.before.is_some_and(|t| t.end == slip.token.start) => {
            "a name with `-` in it must stand in backticks"
        }
        T::Semicolon => "a variable's value holds a semicolon",
        T::Lt | T::LtEq | T::Gt | T::GtEq if slip.notes.len() > 1 && !slip.expects_expression() => {
            "comparisons do not chain: write a < b AND b < c"
        }
        T::Keyword(Keyword::Not)
            if !slip.expects_expression()
                && !slip.in_create_table()
                && !slip.begins_with(Keyword::Drop)
                && next != T::Keyword(Keyword::Null)
                && !slip.expects(T::Keyword(Keyword::Comment)) =>
        {
            "here NOT can only stand before IN, LIKE, RLIKE, REGEXP and BETWEEN"
        }
        _ => return None,
    };
    Some(hint.to_owned())
}

/// A comma with nothing behind it.
fn empty_list_item(slip: &Slip<'_, '_>) -> Option<String> {
    let closes = match slip.token.kind {
        TokenKind::RParen | TokenKind::Eof | TokenKind::Comma | TokenKind::Gt => true,
        TokenKind::Keyword(keyword) => {
            let clause = QUERY_CLAUSES.iter().any(|(k, _)| *k == keyword);
            let subquery = slip.expects_class(|class| class == "the name of a subquery");
            clause && (keyword != Keyword::Select || subquery) && keyword.is_reserved()
        }
        _ => false,
    };
    (closes && slip.before_is(TokenKind::Comma)).then(|| match slip.token.kind {
        TokenKind::Eof => "remove the last comma".to_owned(),
        TokenKind::Comma => "remove one of the two commas".to_owned(),
        _ => format!("remove the comma before `{}`", slip.found()),
    })
}

/// A string where a name is needed.
fn quoted_where_name(slip: &Slip<'_, '_>) -> Option<String> {
    if slip.token.kind != TokenKind::String {
        return None;
    }
    let inner = slip.found().trim_matches(['\'', '"']);
    if slip.expects_class(|class| class == "a file format") {
        return Some(format!("write it without quotes: {}", inner.to_ascii_uppercase()));
    }
    let name = slip.expects_name() && !slip.expects(TokenKind::Comma);
    name.then(|| format!("quotes make a string in HiveQL; a name is written `{inner}`"))
}

/// A name or a number where a string is needed.
fn name_where_string(slip: &Slip<'_, '_>) -> Option<String> {
    if !slip.expects_class(|class| class == "a string") || slip.notes.len() > 2 {
        return None;
    }
    match slip.token.kind {
        TokenKind::Slash => Some(format!("write it in quotes: '{}'", quoted_rest(slip))),
        TokenKind::Ident
        | TokenKind::QuotedIdent
        | TokenKind::Number(_)
        | TokenKind::Keyword(_) => {
            let rest = quoted_rest(slip);
            Some(format!("write it in quotes: '{}'", rest.trim_matches('`')))
        }
        _ => None,
    }
}

/// Returns the text from the token at fault to the next blank or bracket: a path, a class.
fn quoted_rest<'s>(slip: &'s Slip<'_, '_>) -> &'s str {
    // Up to the end of the statement: a comment may stand behind it.
    let end = slip.parser.tokens.last().map_or(0, |eof| eof.start as usize);
    let rest = slip.parser.text.get(slip.token.start as usize..end).unwrap_or("");
    let ends = |c: char| c.is_whitespace() || matches!(c, ';' | ',' | '(' | ')' | '=' | '\'' | '"');
    rest.split(ends).next().unwrap_or("")
}

/// Something that belongs to the word before it is not there.
fn missing_part(slip: &Slip<'_, '_>) -> Option<String> {
    use Keyword as K;
    let before = slip.before?;
    let word = slip.source(before).to_ascii_uppercase();
    let only = |kind| slip.notes == [Expected::Token(kind)];
    let behind = |keyword| before.kind == TokenKind::Keyword(keyword);
    let hint = if only(TokenKind::LParen) && matches!(before.kind, TokenKind::Keyword(_)) {
        return Some(format!("what stands behind {word} must be in parentheses"));
    } else if only(TokenKind::Lt) {
        match word.as_str() {
            "MAP" => "write MAP<key, value>",
            "STRUCT" => "write STRUCT<name: type, ...>",
            _ => "write ARRAY<type>",
        }
    } else if only(TokenKind::Colon) {
        "in a struct, write name: type"
    } else if only(TokenKind::Comma) {
        "write MAP<key, value>"
    } else if slip.expects(TokenKind::Keyword(K::Quarter)) {
        "write a unit of time: EXTRACT(YEAR FROM time)"
    } else if slip.expects(TokenKind::Keyword(K::Second)) {
        "an interval needs a unit: INTERVAL '5' SECOND"
    } else if only(TokenKind::Keyword(K::End)) {
        "CASE ends with END"
    } else if only(TokenKind::Keyword(K::As)) && slip.parser.in_cast() {
        "write CAST(value AS type)"
    } else if only(TokenKind::Keyword(K::As)) && slip.in_create_table() {
        "write WATERMARK FOR column AS expression"
    } else if slip.expects_class(|class| class == "a data type") {
        "a column is written name type"
    } else if behind(K::Select) && slip.keyword() == Some(K::From) {
        "name the columns, or write SELECT *"
    } else if behind(K::Table) && slip.expects_name() {
        "the name of the table is missing"
    } else {
        return None;
    };
    Some(hint.to_owned())
}

fn reserved_word(slip: &Slip<'_, '_>) -> Option<String> {
    let keyword = slip.keyword().filter(|k| k.is_reserved())?;
    let next = slip.next().kind;
    let structural = QUERY_CLAUSES.iter().any(|(k, _)| *k == keyword)
        || matches!(keyword, Keyword::On | Keyword::Using | Keyword::Join | Keyword::Into);
    let name = if slip.expects_name() {
        // `JOIN ON a = b` lacks a name; `AS order FROM` has one.
        !structural || !slip.begins_operand_at(1)
    } else {
        let ends = matches!(
            next,
            TokenKind::Comma
                | TokenKind::RParen
                | TokenKind::Eof
                | TokenKind::Dot
                | TokenKind::Eq
                | TokenKind::Lt
                | TokenKind::Gt
                | TokenKind::Plus
                | TokenKind::Minus
                | TokenKind::Keyword(Keyword::From | Keyword::As | Keyword::Is | Keyword::And)
        );
        let clause = keyword == Keyword::From || keyword == Keyword::Where;
        slip.expects_expression() && ends && !clause
    };
    let by = slip.next().kind == TokenKind::Keyword(Keyword::By);
    (name && !by).then(|| {
        let word = slip.found();
        format!("{} is a reserved word: as a name, write it `{word}`", keyword.text())
    })
}

fn missing_semicolon(slip: &Slip<'_, '_>) -> Option<String> {
    let keyword = slip.keyword()?;
    let begins = matches!(
        keyword,
        Keyword::Select
            | Keyword::Insert
            | Keyword::Create
            | Keyword::Alter
            | Keyword::Drop
            | Keyword::Truncate
            | Keyword::Set
            | Keyword::Use
            | Keyword::With
            | Keyword::From
            | Keyword::Explain
    ) || begins_other_statement(keyword);
    (begins && slip.begins_line() && slip.parser.pos > 0 && !slip.before_is(TokenKind::Comma))
        .then(|| format!("is a semicolon missing before {}?", keyword.text()))
}

fn missing_comma(slip: &Slip<'_, '_>) -> Option<String> {
    if !slip.expects(TokenKind::Comma) {
        return None;
    }
    let begins_item = slip.parser.is_name(0)
        || matches!(
            slip.token.kind,
            TokenKind::String
                | TokenKind::Number(_)
                | TokenKind::Keyword(Keyword::Case | Keyword::Cast | Keyword::Primary)
        );
    begins_item.then(|| format!("is a comma missing before `{}`?", slip.found()))
}

fn parentheses(slip: &Slip<'_, '_>) -> Option<String> {
    if slip.token.kind == TokenKind::RParen && slip.expects_end() {
        return Some("there is one `)` too many".to_owned());
    }
    if !slip.expects(TokenKind::RParen) {
        return None;
    }
    let mut open = Vec::new();
    for (i, token) in slip.parser.tokens[..slip.parser.pos].iter().enumerate() {
        match token.kind {
            TokenKind::LParen => open.push(i),
            TokenKind::RParen => {
                open.pop();
            }
            _ => {}
        }
    }
    let at = *open.last()?;
    let before = at.checked_sub(1).map(|i| slip.source(slip.parser.tokens[i]));
    Some(match before {
        Some(word) => format!("the parenthesis behind `{word}` is not closed"),
        None => "the first parenthesis is not closed".to_owned(),
    })
}
