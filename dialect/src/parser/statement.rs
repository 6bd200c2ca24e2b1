//! Statements: which rule reads which, and what happens when one fails.

use super::{Expected, Failed, Parsed, Parser, hint};
use crate::ast::{Hint, Properties, Statement, StatementKind, StatementSet, With};
use crate::diagnostic::Diagnostic;
use crate::edit::Origin;
use crate::lexer::Lexer;
use crate::options::{Grammar, Options};
use crate::token::{Keyword, LexError, Token, TokenKind};

/// Parses the tokens of one statement, which end with [`TokenKind::Eof`].
///
/// # Errors
/// What is wrong: one diagnostic, or one for each wrong statement of a statement set.
pub(crate) fn parse_tokens(
    text: &str,
    tokens: &[Token],
    origin: &Origin,
    options: Options,
) -> Result<Statement, Vec<Diagnostic>> {
    if options.grammar == Grammar::Streaming
        && let Some((header, body)) = statement_set(text, tokens)
    {
        return parse_set(text, (tokens, header, body), origin, options);
    }
    parse_single(text, tokens, origin, options).map_err(|problem| vec![problem])
}

/// Parses a statement that is no statement set.
fn parse_single(
    text: &str,
    tokens: &[Token],
    origin: &Origin,
    options: Options,
) -> Result<Statement, Diagnostic> {
    run(
        || Parser::new(text, tokens, origin, options),
        |p| {
            let statement = p.statement()?;
            p.end()?;
            Ok(statement)
        },
    )
}

impl Hint {
    /// Reads `OPTIONS('key' = 'value', ...)`; none if it is another hint, such as `MAPJOIN(t)`.
    ///
    /// # Errors
    /// What is wrong with the list.
    pub fn options(&self) -> Result<Option<Properties>, Diagnostic> {
        let options = Options::default();
        let mut lexer = Lexer::new(&self.text, options.quoted_identifiers);
        let mut tokens = Vec::new();
        while tokens.last().is_none_or(|last: &Token| last.kind != TokenKind::Eof) {
            tokens.push(lexer.next_token());
        }
        // The text begins behind `/*+`.
        let origin = Origin { base: self.span.start + 3, edits: Vec::new() };
        run(
            || Parser::new(&self.text, &tokens, &origin, options),
            |p| {
                if !p.eat_word("OPTIONS") {
                    return Ok(None);
                }
                let list = p.key_value_list()?;
                p.end()?;
                Ok(Some(list))
            },
        )
    }
}

/// Runs a rule; if it fails, runs it again to find out what was expected.
fn run<'a, T>(
    parser: impl Fn() -> Parser<'a>,
    rule: impl Fn(&mut Parser<'a>) -> Parsed<T>,
) -> Result<T, Diagnostic> {
    if let Ok(value) = rule(&mut parser()) {
        return Ok(value);
    }
    let mut parser = parser();
    parser.notes = Some(Vec::new());
    rule(&mut parser).map_err(|Failed| parser.diagnose())
}

/// Divides a statement set into its first words and what stands between `BEGIN` and `END`.
///
/// Shape: indexes of tokens; the second ends at `END`, or at the end if there is none.
fn statement_set(text: &str, tokens: &[Token]) -> Option<(usize, std::ops::Range<usize>)> {
    let is = |i: usize, word: &str| {
        let token = tokens.get(i).copied();
        let source = token.and_then(|t| text.get(t.start as usize..t.end as usize));
        source.is_some_and(|source| source.eq_ignore_ascii_case(word))
    };
    let words = |words: &[&str]| words.iter().enumerate().all(|(i, word)| is(i, word));
    let header = if words(&["EXECUTE", "STATEMENT", "SET", "BEGIN"])
        || words(&["BEGIN", "STATEMENT", "SET", ";"])
    {
        4
    } else {
        return None;
    };
    let eof = tokens.len() - 1;
    let end = if eof > header && tokens[eof - 1].kind == TokenKind::Keyword(Keyword::End) {
        eof - 1
    } else {
        eof
    };
    Some((header, header..end))
}

/// Parses each statement of a set for itself.
fn parse_set(
    text: &str,
    (tokens, header, body): (&[Token], usize, std::ops::Range<usize>),
    origin: &Origin,
    options: Options,
) -> Result<Statement, Vec<Diagnostic>> {
    let span = |first: Token, last: Token| origin.span(first.start, last.end);
    let last = tokens[tokens.len() - 1];
    let mut problems = Vec::new();
    let mut statements = Vec::new();
    for part in tokens[body.clone()].split(|token| token.kind == TokenKind::Semicolon) {
        let Some(end) = part.last() else { continue };
        let mut part = part.to_vec();
        part.push(Token { kind: TokenKind::Eof, start: end.end, end: end.end });
        // A set in a set is none: this does not recurse.
        match parse_single(text, &part, origin, options) {
            Ok(statement) if StatementSet::allows(&statement.kind) => statements.push(statement),
            Ok(statement) => problems.push(
                Diagnostic::new(statement.span, "only INSERT can stand in a statement set")
                    .with_hint("move the statement before the set"),
            ),
            Err(problem) => problems.push(problem),
        }
    }
    if body.end == tokens.len() - 1 {
        problems.push(
            Diagnostic::new(span(last, last), "the statement set has no END")
                .with_hint("write END; behind its last statement"),
        );
    } else if statements.is_empty() && problems.is_empty() {
        problems.push(Diagnostic::new(
            span(tokens[0], tokens[header - 1]),
            "the statement set is empty",
        ));
    }
    if problems.is_empty() {
        let kind = StatementKind::StatementSet(StatementSet { statements });
        Ok(Statement { span: span(tokens[0], last), kind })
    } else {
        Err(problems)
    }
}

impl Parser<'_> {
    pub(super) fn statement(&mut self) -> Parsed<Statement> {
        let start = self.start();
        let kind = self.statement_kind()?;
        Ok(Statement { span: self.span_from(start), kind })
    }

    pub(super) fn statement_kind(&mut self) -> Parsed<StatementKind> {
        use Keyword as K;
        match self.kind() {
            TokenKind::LParen => return self.query_statement(None),
            TokenKind::Keyword(keyword) => match keyword {
                K::Select | K::Values => return self.query_statement(None),
                K::From => return self.leading_from_statement(None),
                K::Insert => return self.insert_statement(None),
                K::With => return self.with_statement(),
                K::Map | K::Reduce => return self.query_statement(None),
                K::Update => return self.update_statement(),
                K::Delete => return self.delete_statement(),
                K::Merge => return self.merge_statement(),
                K::Create => return self.create_statement(),
                K::Drop => return self.drop_statement(),
                K::Truncate => return self.truncate_statement(),
                K::Optimize => return self.optimize_statement(),
                K::Reload => return self.reload_statement(),
                K::Use => return self.use_statement(),
                K::Explain => return self.nested(Self::explain_statement),
                _ => {
                    if let Some(rule) = Self::other_rule(keyword) {
                        return rule(self);
                    }
                }
            },
            _ => {}
        }
        self.no_statement()
    }

    /// Chooses the rule for a statement that neither reads rows nor makes things.
    const fn other_rule(keyword: Keyword) -> Option<fn(&mut Self) -> Parsed<StatementKind>> {
        use Keyword as K;
        Some(match keyword {
            K::Alter => Self::alter_statement,
            K::Show => Self::show_statement,
            K::Describe | K::Desc => Self::describe_statement,
            K::Analyze => Self::analyze_statement,
            K::Msck => Self::msck_statement,
            K::Load => Self::load_statement,
            K::Export => Self::export_statement,
            K::Import => Self::import_statement,
            K::Repl => Self::repl_statement,
            K::Lock => Self::lock_statement,
            K::Unlock => Self::unlock_statement,
            K::Kill => Self::kill_statement,
            K::Abort => Self::abort_statement,
            K::Start => Self::start_statement,
            K::Commit => Self::commit_statement,
            K::Rollback => Self::rollback_statement,
            K::Set => Self::set_statement,
            K::Prepare => Self::prepare_statement,
            K::Execute => Self::execute_statement,
            K::Grant => Self::grant_statement,
            K::Revoke => Self::revoke_statement,
            K::Enable => Self::enable_statement,
            K::Disable => Self::disable_statement,
            K::Replace => Self::replace_statement,
            _ => return None,
        })
    }

    fn query_statement(&mut self, with: Option<With>) -> Parsed<StatementKind> {
        let query = self.query_after(with)?;
        Ok(StatementKind::Query(query))
    }

    /// Reads `WITH ...` and the statement behind it.
    fn with_statement(&mut self) -> Parsed<StatementKind> {
        let with = Some(self.with_clause()?);
        match self.kind() {
            TokenKind::Keyword(Keyword::Insert) => self.insert_statement(with),
            TokenKind::Keyword(Keyword::From) => self.leading_from_statement(with),
            _ => self.query_statement(with),
        }
    }

    /// Fails at something that begins no statement we know.
    fn no_statement<T>(&mut self) -> Parsed<T> {
        const KNOWN: [Keyword; 11] = [
            Keyword::Select,
            Keyword::Insert,
            Keyword::Create,
            Keyword::Drop,
            Keyword::With,
            Keyword::From,
            Keyword::Use,
            Keyword::Set,
            Keyword::Explain,
            Keyword::Alter,
            Keyword::Truncate,
        ];
        let token = self.token();
        let span = self.span_of(token);
        if let TokenKind::Keyword(keyword) = token.kind
            && let Some(instead) = hint::instead_of_statement(keyword)
        {
            let second = self.keyword_at(1).map_or(String::new(), |k| format!(" {}", k.text()));
            let message = format!("the statement {}{second} is not supported", keyword.text());
            return self.fail(span, message, instead);
        }
        for keyword in KNOWN {
            self.note(Expected::Token(TokenKind::Keyword(keyword)));
        }
        Err(Failed)
    }

    /// Makes the diagnostic of a failed second run.
    fn diagnose(mut self) -> Diagnostic {
        let token = self.token();
        let span = self.span_of(token);
        if let Some(failure) = self.failure.take() {
            return failure;
        }
        if let TokenKind::Error(error) = token.kind {
            if error == LexError::UnclosedString
                && let Some(long) = self.long_string()
            {
                let message = "this string goes over several lines";
                let hint = "is its quote closed on the first of them?";
                return Diagnostic::new(self.span_of(long), message).with_hint(hint);
            }
            return hint::lex_failure(error, self.source(token), span);
        }
        let mut notes = self.notes.take().unwrap_or_default();
        if self.noted_at != self.pos {
            notes.clear();
        }
        let expected: Vec<String> = notes.iter().map(|note| note.text()).collect();
        let found = self.describe(token);
        let message = match expected.as_slice() {
            [one] => format!("expected {one}, found {found}"),
            _ => format!("unexpected {}", found.trim_start_matches("the ")),
        };
        let hint = self.hint(&notes);
        Diagnostic { span, message, expected, hint }
    }

    /// Names a token in a message.
    pub(super) fn describe(&self, token: Token) -> String {
        const LONGEST: usize = 30;
        if token.kind == TokenKind::Eof {
            return "the end of the statement".to_owned();
        }
        let source = self.source(token);
        let line = source.lines().next().unwrap_or("");
        let mut shown: String = line.chars().take(LONGEST).collect();
        if shown.len() < source.len() {
            shown.push_str("...");
        }
        let kind = match token.kind {
            TokenKind::String => "the string ",
            TokenKind::Number(_) => "the number ",
            TokenKind::Hint => "the hint ",
            TokenKind::QuotedIdent => "the name ",
            TokenKind::Keyword(keyword) if keyword.is_reserved() => "the word ",
            _ => "",
        };
        match token.kind {
            TokenKind::QuotedIdent => format!("{kind}{shown}"),
            _ => format!("{kind}`{shown}`"),
        }
    }
}

impl Expected {
    pub(super) fn text(self) -> String {
        match self {
            Self::Token(TokenKind::Eof) => "the end of the statement".to_owned(),
            Self::Token(TokenKind::String) => "a string".to_owned(),
            Self::Token(kind) => format!("`{}`", kind.text().unwrap_or("a token")),
            Self::Word(word) => format!("`{word}`"),
            Self::Class(class) => class.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::ast::{QueryBody, Relation};

    use super::*;

    fn options(hint: &str) -> String {
        let text = format!("SELECT a FROM t /*+{hint}*/ u");
        let statement = crate::parse_statement(&text).unwrap();
        let StatementKind::Query(query) = statement.kind else { panic!() };
        let QueryBody::Select(select) = query.body else { panic!() };
        let Relation::Table(table) = select.from.unwrap().first.relation else { panic!() };
        match table.hints[0].options() {
            Ok(None) => "another".to_owned(),
            Ok(Some(list)) => list
                .items
                .iter()
                .map(|p| format!("{}={}", p.key.value(), p.value.as_ref().unwrap().value()))
                .collect::<Vec<_>>()
                .join(" "),
            Err(e) => format!("{} at {:?}", e.message, &text[e.span.range()]),
        }
    }

    #[test]
    fn hints_carry_options() {
        for (hint, expected) in [
            (" OPTIONS('a'='b', 'c.d' = \"e\") ", "a=b c.d=e"),
            ("options('a'='')", "a="),
            ("MAPJOIN(t)", "another"),
            ("", "another"),
            (" OPTIONS('a'='b' 'c'='d')", "unexpected string `'c'` at \"'c'\""),
            (" OPTIONS('a') ", "this property has no value at \"'a'\""),
        ] {
            assert_eq!(options(hint), expected, "{hint}");
        }
    }
}
