//! Comments in canonical text: each stands again where it stood.
//!
//! Comments are no part of a tree. A statement that is printed gets them back by its tokens: those
//! of the text as written and those of the printed text are laid side by side, and a comment goes
//! before the token it stood before.
//!
//! Invariant: a text comes out only if it parses to an equal tree and holds every comment.

use crate::ast::Span;
use crate::command;
use crate::lexer::Lexer;
use crate::options::Options;
use crate::token::{Token, TokenKind};

/// How far ahead the next equal token is looked for.
const LOOK_AHEAD: usize = 48;

impl Options {
    /// Writes the one statement of a text in canonical form, with its comments.
    ///
    /// Shape: lines end in `\n`; a text that ends in a `--` comment has one behind it. A `--`
    /// comment that stood behind something stands at the end of that line, others before the line
    /// of what followed them.
    ///
    /// Nothing comes back for a text that is no statement, and for one whose comments cannot be
    /// kept: leave that as it is.
    pub fn format_statement(self, text: &str) -> Option<String> {
        let statement = self.parse_statement(text).ok()?;
        let printed = statement.to_string();
        let formatted = if statement.kind.is_command() {
            before_command(text, statement.span, &printed)
        } else {
            let (written, comments) = read(text, self);
            if comments.is_empty() {
                return Some(printed);
            }
            attach(text, &written, &comments, &printed, self)
        };
        let again = self.parse_statement(&formatted).ok()?;
        let kept = statement.kind.is_command() || same_comments(text, &formatted, self);
        (again == statement && kept).then_some(formatted)
    }
}

/// A comment between tokens.
#[derive(Debug)]
struct Comment<'a> {
    text: &'a str,
    /// How many tokens stand before it.
    tokens_before: usize,
    /// Whether nothing stands before it on its line.
    own_line: bool,
}

impl Comment<'_> {
    fn is_line(&self) -> bool {
        self.text.starts_with("--")
    }

    /// Hive's shell takes quotes and semicolons in a comment for its own, but for lines that begin
    /// with it.
    fn must_begin_line(&self) -> bool {
        self.is_line() && self.text.contains(['\'', '"', '`', ';', '\\'])
    }
}

/// Reads tokens, and the comments between them.
fn read(text: &str, options: Options) -> (Vec<Token>, Vec<Comment<'_>>) {
    let mut lexer = Lexer::new(text, options.quoted_identifiers);
    let (mut tokens, mut comments) = (Vec::new(), Vec::new());
    let mut end = 0;
    loop {
        let token = lexer.next_token();
        let start = (token.start as usize).max(end);
        find(text, end..start, tokens.len(), &mut comments);
        if token.kind == TokenKind::Eof {
            return (tokens, comments);
        }
        end = token.end as usize;
        tokens.push(token);
    }
}

/// Finds the comments in a gap between tokens.
fn find<'a>(
    text: &'a str,
    gap: std::ops::Range<usize>,
    tokens_before: usize,
    comments: &mut Vec<Comment<'a>>,
) {
    let mut at = gap.start;
    while let Some(rest) = text.get(at..gap.end)
        && let Some(found) = rest.find(['-', '/'])
    {
        let start = at + found;
        let rest = &text[start..gap.end];
        let len = if rest.starts_with("--") { rest.find('\n') } else { block_len(rest) };
        let len = len.unwrap_or(rest.len());
        let line = text[..start].rfind('\n').map_or(0, |at| at + 1);
        let own_line = text[line..start].trim().is_empty();
        let text = rest[..len].trim_end();
        comments.push(Comment { text, tokens_before, own_line });
        at = start + len;
    }
}

/// Returns how long the block comment is that a text begins with.
fn block_len(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let (mut at, mut depth) = (0, 0usize);
    while at + 1 < bytes.len() {
        match &bytes[at..at + 2] {
            b"/*" => depth += 1,
            b"*/" => depth = depth.saturating_sub(1),
            _ => {
                at += 1;
                continue;
            }
        }
        at += 2;
        if depth == 0 {
            return Some(at);
        }
    }
    None
}

/// For each token of one text, the token of the other that is the same.
fn align<'t>(a: (&'t str, &[Token]), b: (&'t str, &[Token])) -> Vec<Option<usize>> {
    let word = |text: (&'t str, &[Token]), i: usize| {
        let token = text.1.get(i).copied();
        let range = token.map_or(0..0, |t| t.start as usize..t.end as usize);
        text.0.get(range).unwrap_or("")
    };
    let equal = |i: usize, j: usize| word(a, i).eq_ignore_ascii_case(word(b, j));
    let mut same = vec![None; a.1.len()];
    let (mut i, mut j) = (0, 0);
    while i < a.1.len() && j < b.1.len() {
        if equal(i, j) {
            same[i] = Some(j);
            (i, j) = (i + 1, j + 1);
            continue;
        }
        // The nearest pair that is the same again.
        let ahead = (1..LOOK_AHEAD).find_map(|sum| {
            (0..=sum)
                .map(|skip| (i + skip, j + sum - skip))
                .find(|(i, j)| *i < a.1.len() && *j < b.1.len() && equal(*i, *j))
        });
        (i, j) = ahead.unwrap_or((i + 1, j + 1));
    }
    same
}

/// The comments put at one token of the printed text.
#[derive(Debug, Default, Clone)]
struct Slot<'a> {
    /// On lines of their own, before the line of the token.
    lines: Vec<&'a Comment<'a>>,
    /// Between the token before and this one.
    inline: Vec<&'a Comment<'a>>,
    /// At the end of the line of the token.
    behind: Option<&'a Comment<'a>>,
}

fn attach(
    text: &str,
    written: &[Token],
    comments: &[Comment<'_>],
    printed: &str,
    options: Options,
) -> String {
    let (tokens, _) = read(printed, options);
    let same = align((text, written), (printed, &tokens));
    let lines = lines(printed, &tokens);
    let mut slots = vec![Slot::default(); tokens.len() + 1];
    for comment in comments {
        let next = same.iter().skip(comment.tokens_before).find_map(|same| *same);
        let next = next.unwrap_or(tokens.len());
        let before = same[..comment.tokens_before].iter().rev().find_map(|same| *same);
        if !comment.own_line && !comment.is_line() {
            slots[next].inline.push(comment);
            continue;
        }
        if let (true, false, Some(before)) = (comment.is_line(), comment.own_line, before)
            && !comment.must_begin_line()
            && lines.get(before) != lines.last()
        {
            let end = lines.iter().rposition(|line| Some(line) == lines.get(before));
            let end = end.unwrap_or(before);
            if slots[end].behind.is_none() {
                slots[end].behind = Some(comment);
                continue;
            }
        }
        let first = lines.get(next).and_then(|line| lines.iter().position(|other| other == line));
        slots[first.unwrap_or(tokens.len())].lines.push(comment);
    }
    put(printed, &tokens, &slots)
}

/// For each token, in which line of tokens it stands.
fn lines(printed: &str, tokens: &[Token]) -> Vec<usize> {
    let (mut line, mut end) = (0, 0);
    let mut lines = Vec::with_capacity(tokens.len());
    for token in tokens {
        line += usize::from(gap(printed, end, token.start as usize).contains('\n'));
        end = token.end as usize;
        lines.push(line);
    }
    lines
}

fn gap(text: &str, start: usize, end: usize) -> &str {
    text.get(start..end).unwrap_or("")
}

fn put(printed: &str, tokens: &[Token], slots: &[Slot<'_>]) -> String {
    let mut out = String::with_capacity(printed.len() * 2);
    let mut end = 0;
    for (i, slot) in slots.iter().enumerate() {
        let token = tokens.get(i);
        let start = token.map_or(printed.len(), |token| token.start as usize);
        let between = gap(printed, end, start);
        let indent = between.rsplit('\n').next().unwrap_or("");
        match (slot.lines.is_empty(), token.is_some()) {
            (true, _) => out.push_str(between),
            (false, true) => {
                out.push_str(&between[..between.len() - indent.len()]);
                for comment in &slot.lines {
                    out.push_str(if comment.must_begin_line() { "" } else { indent });
                    out.push_str(comment.text);
                    out.push('\n');
                }
                out.push_str(indent);
            }
            (false, false) => {
                for comment in &slot.lines {
                    out.push('\n');
                    out.push_str(comment.text);
                }
            }
        }
        for comment in &slot.inline {
            let space = !out.is_empty() && !out.ends_with(char::is_whitespace);
            out.push_str(if space { " " } else { "" });
            out.push_str(comment.text);
            out.push_str(if token.is_some() { " " } else { "" });
        }
        let Some(token) = token else { break };
        end = token.end as usize;
        out.push_str(gap(printed, start, end));
        if let Some(comment) = slot.behind {
            out.push(' ');
            out.push_str(comment.text);
        }
    }
    let last_line = out.rsplit('\n').next().unwrap_or("");
    if last_line.trim_start().starts_with("--") {
        out.push('\n');
    }
    out
}

/// Puts the comments of a command before it, each on a line.
fn before_command(text: &str, span: Span, printed: &str) -> String {
    let (mut around, mut behind) = (Vec::new(), Vec::new());
    find(text, 0..span.start as usize, 0, &mut around);
    let inside = command::comments_in(text.get(span.range()).unwrap_or(""));
    find(text, span.end as usize..text.len(), 0, &mut behind);
    around.append(&mut behind);
    let mut out = String::new();
    for comment in around.iter().map(|comment| comment.text).chain(inside) {
        out.push_str(comment);
        out.push('\n');
    }
    out.push_str(printed);
    out
}

/// Tells whether two texts hold the same comments.
fn same_comments(a: &str, b: &str, options: Options) -> bool {
    let sorted = |text| {
        let mut all: Vec<_> = read(text, options).1.iter().map(|comment| comment.text).collect();
        all.sort_unstable();
        all
    };
    sorted(a) == sorted(b)
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    fn check(text: &str, expected: &Expect) {
        let formatted = Options::default().format_statement(text);
        expected.assert_eq(&formatted.unwrap_or_else(|| "(as it is)".to_owned()));
    }

    #[test]
    fn comments_stand_where_they_stood() {
        check(
            "/* all */ select a, -- the a\n b -- b's; last\n -- rows\nfrom /* here */ t -- t\n\
             where (a > 1) -- big\n -- and\n and b = 'x -- no' -- it's\n",
            &expect![[r#"
                /* all */
                SELECT a, b -- the a
                -- b's; last
                -- rows
                FROM /* here */ t -- t
                -- big
                -- and
                WHERE a > 1 AND b = 'x -- no'
                -- it's
            "#]],
        );
    }

    #[test]
    fn nothing_is_lost_when_tokens_go() {
        check(
            "insert into t -- no TABLE\n select ((/*1*/a/*2*/)), /*3*/ 'b' /*4*/ from (select * \
             from u /*5*/) /*6*/ as v -- 7",
            &expect![[r#"
                INSERT INTO TABLE t -- no TABLE
                SELECT /*1*/ a /*2*/ , /*3*/ 'b'
                /*4*/ FROM (
                  SELECT *
                  FROM u
                /*5*/ ) /*6*/ AS v
                -- 7
            "#]],
        );
        check("select /* a /* b */ c */ 1 , 2", &expect![["SELECT /* a /* b */ c */ 1, 2"]]);
        check("select 1 /*+ no hint */ , 2", &expect!["(as it is)"]);
        check(
            "-- a\n-- b\nselect 1 -- c",
            &expect![[r#"
            -- a
            -- b
            SELECT 1
            -- c
        "#]],
        );
    }

    #[test]
    fn commands_keep_theirs_before_them() {
        check(
            "set a=b -- c\n --d\n",
            &expect![[r#"
            -- c
            --d
            SET a=b"#]],
        );
        check(
            "dfs -ls --x -- c",
            &expect![[r#"
            -- c
            dfs -ls --x"#]],
        );
    }
}
