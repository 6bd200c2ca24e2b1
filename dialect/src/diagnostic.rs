//! What is wrong with a text, where, and what to do about it; and its picture.

use std::fmt::Write as _;

use crate::ast::Span;

/// How many expected tokens a picture lists.
const EXPECTED_SHOWN: usize = 8;
/// How many columns of a source line a picture shows.
const WIDTH: usize = 100;

/// One problem in a text.
#[derive(Debug, Clone, PartialEq)]
pub struct Diagnostic {
    /// Where.
    pub span: Span,
    /// What is wrong: lowercase, without full stop.
    pub message: String,
    /// What could stand there instead: tokens in backticks, or `an expression` and the like.
    pub expected: Vec<String>,
    /// What to do about it.
    pub hint: Option<String>,
}

impl Diagnostic {
    /// Makes a diagnostic without expectations and hint.
    pub fn new(span: Span, message: impl Into<String>) -> Self {
        Self { span, message: message.into(), expected: Vec::new(), hint: None }
    }

    /// Adds a hint.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// Returns line and column of a byte offset, both from 1; columns count characters.
pub fn line_column(source: &str, offset: u32) -> (usize, usize) {
    let before = source.get(..clamp(source, offset)).unwrap_or(source);
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    let line = before.bytes().filter(|b| *b == b'\n').count() + 1;
    (line, before[line_start..].chars().count() + 1)
}

/// Draws a diagnostic: the message, `file:line:column`, the line with carets under the place,
/// what was expected, and the hint.
///
/// Shape: several lines, the last one without a line break; a tab is shown as a blank, and of a
/// very long line only the part around the place.
pub fn render(diagnostic: &Diagnostic, source: &str, file_name: &str) -> String {
    let start = clamp(source, diagnostic.span.start);
    let end = clamp(source, diagnostic.span.end).max(start);
    let (line_number, column) = line_column(source, diagnostic.span.start);
    let picture = picture(source, start, end);
    let number = line_number.to_string();
    let margin = " ".repeat(number.len());
    let mut out = format!("error: {}\n", diagnostic.message);
    // Writing to a string cannot fail.
    let _ = write!(
        out,
        "{margin}--> {file_name}:{line_number}:{column}\n{margin} |\n{}\n{margin} | {}",
        format!("{number} | {}", picture.line).trim_end(),
        picture.carets,
    );
    // A single expectation is part of the message.
    if diagnostic.expected.len() > 1 {
        let _ = write!(out, "\n{margin} = expected: {}", expected_list(&diagnostic.expected));
    }
    if let Some(hint) = &diagnostic.hint {
        let _ = write!(out, "\n{margin} = hint: {hint}");
    }
    out
}

/// Moves an offset into the text and to the start of a character.
fn clamp(source: &str, offset: u32) -> usize {
    let mut at = (offset as usize).min(source.len());
    while !source.is_char_boundary(at) {
        at -= 1;
    }
    at
}

fn expected_list(expected: &[String]) -> String {
    let mut shown: Vec<&str> = expected.iter().take(EXPECTED_SHOWN).map(String::as_str).collect();
    if expected.len() > EXPECTED_SHOWN {
        shown.push("...");
        return shown.join(", ");
    }
    match shown.split_last() {
        Some((last, [])) => (*last).to_owned(),
        Some((last, first)) => format!("{} or {last}", first.join(", ")),
        None => String::new(),
    }
}

struct Picture {
    line: String,
    carets: String,
}

/// Cuts out the line of `start` and puts carets under `start..end`, as far as that line goes.
fn picture(source: &str, start: usize, end: usize) -> Picture {
    let line_start = source[..start].rfind('\n').map_or(0, |at| at + 1);
    let line_end = source[start..].find('\n').map_or(source.len(), |at| start + at);
    let before = &source[line_start..start];
    let mut at = line_start;
    let (mut shown, mut carets) = (String::new(), String::new());
    // Of a long line, only what stands right before the place is shown.
    if let Some((skipped, _)) = before.char_indices().rev().nth(WIDTH * 3 / 4) {
        let kept = before.char_indices().rev().nth(WIDTH / 2 - 1);
        at += kept.map_or(skipped, |(from, _)| from);
        shown.push_str("...");
        carets.push_str("   ");
    }
    let line = &source[at..line_end.max(at)];
    for (count, c) in line.trim_end().chars().enumerate() {
        if count >= WIDTH {
            shown.push_str("...");
            break;
        }
        let marked = (start..end).contains(&at);
        let mark = if marked { '^' } else { ' ' };
        let shown_as = if c.is_control() || is_invisible(c) { ' ' } else { c };
        shown.push(shown_as);
        let width = columns(shown_as);
        if width == 0 && marked && carets.pop().is_some() {
            carets.push(mark);
        }
        carets.extend(std::iter::repeat_n(mark, width));
        at += c.len_utf8();
    }
    if !carets.contains('^') {
        carets.push('^');
    }
    Picture { line: shown, carets: carets.trim_end().to_owned() }
}

/// Returns how many columns a terminal uses for a character.
fn columns(c: char) -> usize {
    let wide = matches!(u32::from(c),
        0x1100..=0x115F | 0x2E80..=0xA4CF | 0xAC00..=0xD7A3 | 0xF900..=0xFAFF
        | 0xFE30..=0xFE6F | 0xFF00..=0xFF60 | 0x1F300..=0x1FAFF | 0x20000..=0x3FFFD);
    let combining = matches!(u32::from(c), 0x300..=0x36F | 0x20D0..=0x20FF | 0xFE00..=0xFE0F);
    if wide { 2 } else { usize::from(!combining) }
}

/// Tells whether a character shows nothing and takes no column.
const fn is_invisible(c: char) -> bool {
    matches!(c, '\u{AD}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}' | '\u{FEFF}')
}

#[cfg(test)]
#[expect(clippy::needless_raw_string_hashes, reason = "`UPDATE_EXPECT` writes them")]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    fn check(source: &str, span: (u32, u32), expected: &Expect) {
        let diagnostic = Diagnostic {
            span: Span::new(span.0, span.1),
            message: "unexpected `x`".into(),
            expected: vec!["`,`".into(), "`)`".into()],
            hint: Some("do that".into()),
        };
        expected.assert_eq(&render(&diagnostic, source, "a.sql"));
    }

    #[test]
    fn carets_stand_under_the_place() {
        check(
            "a\nbc\tx d\ne",
            (5, 6),
            &expect![[r#"
            error: unexpected `x`
             --> a.sql:2:4
              |
            2 | bc x d
              |    ^
              = expected: `,` or `)`
              = hint: do that"#]],
        );
    }

    #[test]
    fn the_end_of_the_text_and_positions_behind_it() {
        check(
            "a",
            (1, 1),
            &expect![[r#"
            error: unexpected `x`
             --> a.sql:1:2
              |
            1 | a
              |  ^
              = expected: `,` or `)`
              = hint: do that"#]],
        );
        check(
            "",
            (9, 12),
            &expect![[r#"
                error: unexpected `x`
                 --> a.sql:1:1
                  |
                1 |
                  | ^
                  = expected: `,` or `)`
                  = hint: do that"#]],
        );
    }

    #[test]
    fn letters_without_width_and_blanks_nobody_sees() {
        check(
            "'q\u{338}' x",
            (6, 7),
            &expect![[r#"
            error: unexpected `x`
             --> a.sql:1:6
              |
            1 | 'q̸' x
              |     ^
              = expected: `,` or `)`
              = hint: do that"#]],
        );
        check(
            "\tab\u{200B}c",
            (3, 6),
            &expect![[r#"
            error: unexpected `x`
             --> a.sql:1:4
              |
            1 |  ab c
              |    ^
              = expected: `,` or `)`
              = hint: do that"#]],
        );
    }

    #[test]
    fn wide_letters_and_long_lines() {
        check(
            "'数据' x",
            (9, 10),
            &expect![[r#"
            error: unexpected `x`
             --> a.sql:1:6
              |
            1 | '数据' x
              |        ^
              = expected: `,` or `)`
              = hint: do that"#]],
        );
        let long = format!("{} x {}", "a".repeat(500), "b".repeat(500));
        check(
            &long,
            (501, 502),
            &expect![[r#"
            error: unexpected `x`
             --> a.sql:1:502
              |
            1 | ...aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa x bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb...
              |                                                      ^
              = expected: `,` or `)`
              = hint: do that"#]],
        );
    }
}
