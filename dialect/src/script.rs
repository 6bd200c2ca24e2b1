//! A script is cut into statements, and each is parsed for itself, so that one mistake does not
//! hide the next.

use crate::ast::{Span, Statement};
use crate::command::{self, CommandKind, Raw};
use crate::diagnostic::Diagnostic;
use crate::edit::{Edited, Origin, offset};
use crate::hive_split;
use crate::options::{Options, QuotedIdentifiers, Splitting};
use crate::parser;
use crate::splitter::{Piece, Splitter};
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
#[derive(Debug, Clone, PartialEq)]
pub struct RawStatement<'a> {
    /// Its text, from its first to its last token, without the semicolon.
    pub text: &'a str,
    /// Where that is in the script.
    pub span: Span,
    /// How it is read.
    pub options: Options,
    command: Option<CommandKind>,
    /// What is read in place of `text`, where Hive's shell changes it.
    edited: Option<Edited>,
}

impl RawStatement<'_> {
    /// Tells whether it is a command of Hive's shell, which Hive's parser never sees.
    pub const fn is_command(&self) -> bool {
        self.command.is_some()
    }

    /// Returns what is read: the text, but for lines that Hive's shell leaves out.
    pub fn read_text(&self) -> &str {
        self.edited.as_ref().map_or(self.text, |edited| &edited.text)
    }

    /// Replaces variables and parses; positions, also in variables' values, are those of the
    /// script.
    ///
    /// `lookup` gets a namespace (`hiveconf`, `hivevar`, `env`, `system`) and a name. A variable
    /// it does not know stays as it is, as in Hive. In a `SET`, only the value has variables.
    ///
    /// # Errors
    /// What is wrong with the statement: one diagnostic, or several for a statement set.
    pub fn parse(&self, lookup: Lookup<'_>) -> Result<Statement, Vec<Diagnostic>> {
        let base = self.span.start;
        let text = self.edited.clone().unwrap_or_else(|| Edited::new(self.text));
        if let Some(kind) = self.command {
            let splitting = self.options.splitting;
            let raw = Raw { kind, text, base, splitting, lookup };
            return command::parse(raw).map_err(|problem| vec![problem]);
        }
        let expanded = variables::expand(text, 0, lookup).map_err(|mut problem| {
            let place = problem.span;
            problem.span = Span::new(base + place.start, base + place.end);
            vec![problem]
        })?;
        let (text, origin) = expanded.origin(base);
        let statement = parse_one(&text, &origin, self.options)?;
        if statement.kind.is_command() {
            let problem = Diagnostic::new(self.span, "a variable holds a command of the shell");
            return Err(vec![problem.with_hint("write the command itself into the script")]);
        }
        Ok(statement)
    }
}

/// Cuts a script into statements.
///
/// Shape: empty statements are left out; a string without end ends before the first `;` at the end
/// of a line. A `SET hive.support.quoted.identifiers` changes how the statements behind it are
/// read.
pub fn split(text: &str) -> Vec<RawStatement<'_>> {
    Options::default().split(text)
}

impl Options {
    /// Cuts a script into statements, as [`split`] does.
    pub fn split(self, text: &str) -> Vec<RawStatement<'_>> {
        match self.splitting {
            Splitting::Sane => self.split_sanely(text),
            Splitting::Hive => self.split_as_hive(text),
        }
    }

    fn split_sanely(mut self, text: &str) -> Vec<RawStatement<'_>> {
        let first = self.quoted_identifiers;
        let mut splitter = Splitter::new(text, self);
        let mut statements = Vec::new();
        while let Some(piece) = splitter.next_piece() {
            let span = Span::new(piece.start, piece.end);
            let text = text.get(span.range()).unwrap_or("");
            let raw =
                RawStatement { text, span, options: self, command: piece.command, edited: None };
            if let Some(quoted) = quotes_behind(&raw, first) {
                self.quoted_identifiers = quoted;
                splitter.set_quoted(quoted);
            }
            statements.push(raw);
        }
        statements
    }

    fn split_as_hive(mut self, text: &str) -> Vec<RawStatement<'_>> {
        let first = self.quoted_identifiers;
        let mut statements = Vec::new();
        for piece in hive_split::split(text) {
            let span = Span::new(offset(piece.range.start), offset(piece.range.end));
            let command = piece.command;
            let edited = (!piece.text.edits.is_empty()).then_some(piece.text);
            let text = text.get(piece.range).unwrap_or("");
            let raw = RawStatement { text, span, options: self, command, edited };
            if let Some(quoted) = quotes_behind(&raw, first) {
                self.quoted_identifiers = quoted;
            }
            statements.push(raw);
        }
        statements
    }

    /// Parses a script, as [`parse`] does.
    pub fn parse(mut self, text: &str) -> Parsed {
        let mut parsed = Parsed::default();
        if let Some(problem) = too_long(text) {
            parsed.errors.push(problem);
            return parsed;
        }
        if self.splitting == Splitting::Hive {
            for raw in self.split(text) {
                parsed.take(raw.parse(&|_, _| None));
            }
            return parsed;
        }
        let first = self.quoted_identifiers;
        let mut splitter = Splitter::new(text, self);
        let origin = Origin::default();
        while let Some(piece) = splitter.next_piece() {
            let result = parse_piece(text, &splitter, piece, &origin, self);
            if let Ok(statement) = &result
                && let Some(quoted) = command::quoted_identifiers(&statement.kind, first)
            {
                self.quoted_identifiers = quoted;
                splitter.set_quoted(quoted);
            }
            parsed.take(result);
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

impl Parsed {
    fn take(&mut self, result: Result<Statement, Vec<Diagnostic>>) {
        match result {
            Ok(statement) => self.statements.push(statement),
            Err(mut problems) => self.errors.append(&mut problems),
        }
    }
}

/// Returns what quotes mean behind a statement, if it changes that.
fn quotes_behind(raw: &RawStatement<'_>, first: QuotedIdentifiers) -> Option<QuotedIdentifiers> {
    if !matches!(raw.command, Some(CommandKind::Set | CommandKind::Reset)) {
        return None;
    }
    let statement = raw.parse(&|_, _| None).ok()?;
    command::quoted_identifiers(&statement.kind, first)
}

/// Parses a script without replacing variables. Never fails, never panics: what is wrong is in
/// [`Parsed::errors`], and reading goes on behind the next `;`.
///
/// Limit: 4 GiB of text; constructs nest at most 300 levels deep.
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
        let end = offset(text.len());
        return Err(vec![Diagnostic::new(origin.span(end, end), "there is no statement")]);
    };
    let statement = parse_piece(text, &splitter, piece, origin, options)?;
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
    splitter: &Splitter<'_>,
    piece: Piece,
    origin: &Origin,
    options: Options,
) -> Result<Statement, Vec<Diagnostic>> {
    let Some(kind) = piece.command else {
        return parser::parse_tokens(text, &splitter.tokens, origin, options);
    };
    let inner = text.get(piece.start as usize..piece.end as usize).unwrap_or("");
    let raw = Raw {
        kind,
        text: Edited::new(inner),
        base: piece.start,
        splitting: Splitting::Sane,
        lookup: &|_, _| None,
    };
    command::parse(raw).map_err(|mut problem| {
        problem.span = origin.span(problem.span.start, problem.span.end);
        vec![problem]
    })
}

fn too_long(text: &str) -> Option<Diagnostic> {
    let fits = u32::try_from(text.len()).is_ok_and(|len| len < u32::MAX);
    (!fits).then(|| Diagnostic::new(Span::default(), "the text is longer than 4 GiB"))
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

    #[test]
    fn a_setting_says_what_quotes_mean_behind_it() {
        let text = "SELECT \"a\"; SET hive.support.quoted.identifiers = standard; SELECT \"a b\"; \
                    SET hiveconf:hive.support.quoted.identifiers=none; SELECT `(a)?+.+` FROM t; \
                    RESET; SELECT `a b`, \"c\"";
        let parsed = parse(text);
        assert_eq!(parsed.errors, []);
        for splitting in [Splitting::Sane, Splitting::Hive] {
            let options = Options { splitting, ..Options::default() };
            let raw = options.split(text);
            let parsed_one_by_one: Vec<_> =
                raw.iter().map(|raw| raw.parse(&|_, _| None).unwrap()).collect();
            assert_eq!(parsed_one_by_one, parsed.statements);
            let quoted: Vec<_> = raw.iter().map(|raw| raw.options.quoted_identifiers).collect();
            let (n, c, s) =
                (QuotedIdentifiers::None, QuotedIdentifiers::Column, QuotedIdentifiers::Standard);
            assert_eq!(quoted, [c, c, s, s, n, n, c]);
        }
    }
}
