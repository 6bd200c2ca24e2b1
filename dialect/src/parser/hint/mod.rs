//! What was probably meant: hints for the usual slips.
//!
//! Each rule looks at the token at fault, what is around it and what was expected; the first one
//! that recognises its slip answers.

mod others;

pub(super) use others::{
    begins_other_statement, instead_of_statement, other_create, other_drop, type_of_others,
};

use super::{Expected, Parser};
use crate::token::{Keyword, Token, TokenKind};

type Rule = fn(&Slip<'_, '_>) -> Option<String>;

const RULES: &[Rule] = &[
    variable,
    other_syntax,
    empty_list_item,
    quoted_where_name,
    name_where_string,
    reserved_word,
    typing_error,
    insert_mode,
    clause_of_create,
    clause_order,
    missing_semicolon,
    missing_comma,
    parentheses,
];

/// The order of a query's clauses.
const QUERY_CLAUSES: [(Keyword, &str); 12] = [
    (Keyword::Select, "SELECT"),
    (Keyword::From, "FROM"),
    (Keyword::Where, "WHERE"),
    (Keyword::Group, "GROUP BY"),
    (Keyword::Having, "HAVING"),
    (Keyword::Window, "WINDOW"),
    (Keyword::Qualify, "QUALIFY"),
    (Keyword::Order, "ORDER BY"),
    (Keyword::Cluster, "CLUSTER BY"),
    (Keyword::Distribute, "DISTRIBUTE BY"),
    (Keyword::Sort, "SORT BY"),
    (Keyword::Limit, "LIMIT"),
];

/// A failure to be explained.
struct Slip<'p, 'a> {
    parser: &'p Parser<'a>,
    notes: &'p [Expected],
    token: Token,
    before: Option<Token>,
}

impl Parser<'_> {
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
    let rest = slip.parser.text.get(slip.next().end as usize..)?;
    let name = rest.split('}').next()?.trim();
    let setting = if name.contains(':') { name.to_owned() } else { format!("hivevar:{name}") };
    Some(format!("the variable ${{{name}}} has no value: give it one with SET {setting}=..."))
}

/// Spellings of other engines and languages.
fn other_syntax(slip: &Slip<'_, '_>) -> Option<String> {
    use TokenKind as T;
    let next = slip.next().kind;
    let hint = match slip.token.kind {
        T::Colon if next == T::Colon || slip.before_is(T::Colon) => "write CAST(value AS type)",
        T::Dot if matches!(next, T::Number(_)) => "write a digit before the point: 0.5",
        T::Ampersand if slip.before_is(T::Ampersand) => "write AND",
        T::Slash if slip.before_is(T::Slash) => "a comment begins with --",
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
            clause && keyword != Keyword::Select && keyword.is_reserved()
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
        TokenKind::Ident
        | TokenKind::QuotedIdent
        | TokenKind::Number(_)
        | TokenKind::Keyword(_) => {
            let text = slip.found().trim_matches('`');
            Some(format!("write it in quotes: '{text}'"))
        }
        _ => None,
    }
}

fn reserved_word(slip: &Slip<'_, '_>) -> Option<String> {
    let keyword = slip.keyword().filter(|k| k.is_reserved())?;
    let name = if slip.expects_name() {
        true
    } else {
        let next = slip.next().kind;
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

/// A word that is nearly the one expected.
fn typing_error(slip: &Slip<'_, '_>) -> Option<String> {
    let expected: Vec<&str> = slip
        .notes
        .iter()
        .filter_map(|note| match note {
            Expected::Token(TokenKind::Keyword(keyword)) => Some(keyword.text()),
            Expected::Word(word) => Some(*word),
            _ => None,
        })
        .collect();
    let wrong = slip.found();
    if matches!(slip.token.kind, TokenKind::Ident | TokenKind::Keyword(_))
        && let Some(word) = nearest(wrong, &expected)
    {
        return Some(format!("did you mean {word}?"));
    }
    // A mistyped word before may have been taken for an alias.
    let before = slip.before.filter(|t| t.kind == TokenKind::Ident)?;
    let starts_operand = slip.parser.is_name(0)
        || matches!(slip.token.kind, TokenKind::LParen | TokenKind::Keyword(_));
    if !starts_operand {
        return None;
    }
    let clauses: Vec<&str> =
        ["FROM", "WHERE", "GROUP", "ORDER", "HAVING", "LIMIT", "JOIN", "UNION"]
            .into_iter()
            .chain(["SELECT", "PARTITION", "LATERAL", "VALUES", "INNER", "LEFT"])
            .collect();
    let word = nearest(slip.source(before), &clauses)?;
    Some(format!("did you mean {word} instead of `{}`?", slip.source(before)))
}

fn insert_mode(slip: &Slip<'_, '_>) -> Option<String> {
    if slip.expects(TokenKind::Keyword(Keyword::Overwrite)) {
        return Some("write INSERT INTO or INSERT OVERWRITE".to_owned());
    }
    let after_into = slip.before_is(TokenKind::Keyword(Keyword::Into));
    (after_into && slip.keyword() == Some(Keyword::Overwrite))
        .then(|| "write INSERT INTO or INSERT OVERWRITE, not both".to_owned())
}

/// Clauses of `CREATE TABLE` that are called differently elsewhere.
fn clause_of_create(slip: &Slip<'_, '_>) -> Option<String> {
    if !slip.in_create_table() || slip.expects_expression() {
        return None;
    }
    let hint = match slip.keyword() {
        Some(Keyword::Partition) => "write PARTITIONED BY (column type, ...)",
        Some(Keyword::Using) => "write STORED AS format",
        Some(Keyword::Cluster | Keyword::Distribute | Keyword::Distributed) => {
            "write CLUSTERED BY (column, ...) INTO n BUCKETS"
        }
        Some(Keyword::Order | Keyword::Sort | Keyword::Sorted) => {
            "write CLUSTERED BY (...) SORTED BY (...) INTO n BUCKETS"
        }
        Some(Keyword::Like) => "LIKE stands behind the name of the table",
        _ => match slip.found().to_ascii_uppercase().as_str() {
            "ENGINE" | "CHARSET" => "remove this clause: Hive tables have a format, STORED AS ...",
            "AUTO_INCREMENT" | "IDENTITY" | "AUTOINCREMENT" | "GENERATED" => {
                "Hive has no generated keys: remove this"
            }
            "OPTIONS" => "write TBLPROPERTIES ('key' = 'value') or WITH ('key' = 'value')",
            "PROPERTIES" => "write TBLPROPERTIES ('key' = 'value')",
            _ => return None,
        },
    };
    Some(hint.to_owned())
}

fn clause_order(slip: &Slip<'_, '_>) -> Option<String> {
    if !slip.expects_end() && !slip.expects(TokenKind::RParen) {
        return None;
    }
    let rank = |keyword| QUERY_CLAUSES.iter().position(|(k, _)| *k == keyword);
    let this = rank(slip.keyword()?)?;
    let mut depth = 0usize;
    for token in slip.parser.tokens[..slip.parser.pos].iter().rev() {
        match token.kind {
            TokenKind::RParen => depth += 1,
            TokenKind::LParen => depth = depth.checked_sub(1)?,
            TokenKind::Keyword(keyword) if depth == 0 => {
                let Some(other) = rank(keyword) else { continue };
                let (this_text, other_text) = (QUERY_CLAUSES[this].1, QUERY_CLAUSES[other].1);
                return (other > this)
                    .then(|| format!("{this_text} must stand before {other_text}"));
            }
            _ => {}
        }
    }
    None
}

fn missing_semicolon(slip: &Slip<'_, '_>) -> Option<String> {
    let keyword = slip.keyword()?;
    let begins = matches!(
        keyword,
        Keyword::Select
            | Keyword::Insert
            | Keyword::Create
            | Keyword::Drop
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

/// Returns the word that `wrong` is most like, if it is like one.
fn nearest<'w>(wrong: &str, words: &[&'w str]) -> Option<&'w str> {
    let wrong = wrong.to_ascii_uppercase();
    let limit = match wrong.len() {
        0..=2 => return None,
        3..=5 => 1,
        _ => 2,
    };
    let distances = words.iter().map(|word| (distance(&wrong, word), *word));
    let (distance, word) = distances.min_by_key(|(distance, _)| *distance)?;
    (distance > 0 && distance <= limit).then_some(word)
}

/// Counts the letters to insert, remove, replace or exchange with their neighbour.
fn distance(left: &str, right: &str) -> usize {
    let (left, right) = (left.as_bytes(), right.as_bytes());
    if left.len().abs_diff(right.len()) > 2 {
        return usize::MAX;
    }
    let mut previous: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for i in 1..=left.len() {
        let mut next = vec![i; right.len() + 1];
        for j in 1..=right.len() {
            let replaced = row[j - 1] + usize::from(left[i - 1] != right[j - 1]);
            next[j] = replaced.min(row[j] + 1).min(next[j - 1] + 1);
            let exchanged =
                i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1];
            if exchanged {
                next[j] = next[j].min(previous[j - 2] + 1);
            }
        }
        previous = std::mem::replace(&mut row, next);
    }
    row[right.len()]
}
