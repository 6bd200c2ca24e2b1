//! `SET` and `RESET`, which are raw text up to the semicolon.
//!
//! Hive's form takes what stands behind `=` as it is. Flink's form has two strings:
//! `SET 'key' = 'value'`.
//!
//! Source: Hive `SetProcessor`, `ResetProcessor`. Unlike Hive's, our quotes protect a semicolon
//! only if they are closed on the same line, so `SET a=it's;` ends where one thinks, and a comment
//! needs a blank before its `--`.

use std::ops::Range;

use crate::ast::{Reset, Set, SetKey, SetStyle, Statement, StatementKind};
use crate::diagnostic::Diagnostic;
use crate::script::{CommandKind, Origin};
use crate::text;

/// Returns where a command ends whose first word ends at `from`: at its `;` or the end of the text.
pub(crate) fn end(text: &str, from: usize) -> usize {
    let mut scan = Scan { text, pos: from };
    while scan.next_part().is_some() {}
    scan.pos
}

/// Writes the text of a command behind its first word so that it is read as it is: a semicolon that
/// would end it gets a backslash.
pub(crate) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut scan = Scan { text, pos: 0 };
    loop {
        match scan.next_part() {
            Some(Part::Text(range)) => out.push_str(&text[range]),
            Some(Part::Skip(range)) => {
                // A backslash before a semicolon; no text that was read holds a comment.
                out.push_str(&text[range.clone()]);
                if range.end < scan.pos {
                    out.push_str("\\;");
                }
            }
            None if scan.pos < text.len() => {
                out.push_str("\\;");
                scan.pos += 1;
            }
            None => return out,
        }
    }
}

/// Parses the command at `range` of `text`.
pub(crate) fn parse(
    kind: CommandKind,
    text: &str,
    range: (u32, u32),
    origin: &Origin,
) -> Result<Statement, Diagnostic> {
    let (start, end) = (range.0 as usize, range.1 as usize);
    let word = text[start..end].bytes().take_while(u8::is_ascii_alphabetic).count();
    let body = Body::read(&text[..end], start + word);
    let place = Place { base: start + word, body: &body, origin };
    let kind = match kind {
        CommandKind::Set => StatementKind::Set(parse_set(&body.text, &place)?),
        CommandKind::Reset => StatementKind::Reset(parse_reset(&body.text, &place)?),
    };
    Ok(Statement { span: origin.span(range.0, range.1), kind })
}

/// A part of a command's text.
enum Part {
    /// Taken as it is.
    Text(Range<usize>),
    /// A comment, or the backslash of `\;`: left out.
    Skip(Range<usize>),
}

/// Goes through the text of a command up to its end.
struct Scan<'a> {
    text: &'a str,
    pos: usize,
}

impl Scan<'_> {
    fn next_part(&mut self) -> Option<Part> {
        let bytes = self.text.as_bytes();
        let start = self.pos;
        let line_end = |from: usize| {
            let rest = bytes.get(from..).unwrap_or_default();
            from + rest.iter().position(|b| *b == b'\n').unwrap_or(rest.len())
        };
        match *bytes.get(start)? {
            b';' => None,
            b'\\' if bytes.get(start + 1) == Some(&b';') => {
                // The semicolon itself is read as the next part.
                self.pos += 2;
                Some(Part::Skip(start..start + 1))
            }
            b'-' if bytes.get(start + 1) == Some(&b'-')
                && bytes.get(start.wrapping_sub(1)).is_none_or(u8::is_ascii_whitespace) =>
            {
                self.pos = line_end(start);
                Some(Part::Skip(start..self.pos))
            }
            quote @ (b'\'' | b'"') => {
                let line = &bytes[start + 1..line_end(start)];
                let closing = line.iter().position(|b| *b == quote);
                self.pos = closing.map_or(start + 1, |at| start + 1 + at + 1);
                Some(Part::Text(start..self.pos))
            }
            _ => {
                let rest = &bytes[start + 1..];
                let plain =
                    rest.iter().position(|b| matches!(b, b';' | b'\\' | b'-' | b'\'' | b'"'));
                self.pos = start + 1 + plain.unwrap_or(rest.len());
                Some(Part::Text(start..self.pos))
            }
        }
    }
}

/// The text of a command behind its first word, without comments.
struct Body {
    text: String,
    /// For each range that was left out: the offset in `text` before which it was, and its length.
    gaps: Vec<(usize, usize)>,
}

impl Body {
    fn read(text: &str, from: usize) -> Self {
        let mut body = Self { text: String::new(), gaps: Vec::new() };
        let mut scan = Scan { text, pos: from };
        while let Some(part) = scan.next_part() {
            match part {
                Part::Text(range) => body.text.push_str(&text[range]),
                Part::Skip(range) => {
                    body.gaps.push((body.text.len(), range.len()));
                    // A skipped backslash is followed by a semicolon that stays.
                    body.text.push_str(&text[range.end..scan.pos]);
                }
            }
        }
        body
    }
}

/// Turns offsets in a [`Body`] into spans.
struct Place<'a> {
    base: usize,
    body: &'a Body,
    origin: &'a Origin,
}

impl Place<'_> {
    fn span(&self, range: Range<usize>) -> crate::ast::Span {
        let at = |offset: usize, gap_counts: fn(usize, usize) -> bool| {
            let gaps = self.body.gaps.iter().filter(|(before, _)| gap_counts(*before, offset));
            let offset = self.base + offset + gaps.map(|(_, len)| len).sum::<usize>();
            u32::try_from(offset).unwrap_or(u32::MAX)
        };
        let start = at(range.start, |before, offset| before <= offset);
        let end = at(range.end, |before, offset| before < offset);
        self.origin.span(start, end.max(start))
    }
}

fn parse_set(body: &str, place: &Place<'_>) -> Result<Set, Diagnostic> {
    let all = trimmed(body, 0..body.len());
    match &body[all.clone()] {
        "" => return Ok(Set::All),
        "-v" => return Ok(Set::Verbose),
        text if text.starts_with('\'') => return parse_flink_set(body, all, place),
        _ => {}
    }
    let Some(equals) = body.find('=') else {
        return Ok(Set::Show(key(body, all, place)));
    };
    let name = trimmed(body, 0..equals);
    if name.is_empty() {
        let problem = Diagnostic::new(place.span(equals..equals + 1), "there is no key before `=`");
        return Err(problem.with_hint("write SET key=value"));
    }
    let value = trimmed(body, equals + 1..body.len());
    Ok(Set::Assign {
        key: key(body, name, place),
        value_span: place.span(value.clone()),
        value: body[value].to_owned(),
    })
}

fn parse_flink_set(body: &str, all: Range<usize>, place: &Place<'_>) -> Result<Set, Diagnostic> {
    let name_end = flink_string(body, all.start, place)?;
    let name = all.start..name_end;
    let rest = trimmed(body, name_end..all.end);
    if rest.is_empty() {
        return Ok(Set::Show(key(body, name, place)));
    }
    let equals = usize::from(body[rest.clone()].starts_with('='));
    let value_at = trimmed(body, rest.start + equals..all.end);
    if equals == 0 || !body[value_at.clone()].starts_with('\'') {
        let problem = Diagnostic::new(place.span(rest), "this setting is half in quotes");
        return Err(problem.with_hint("write SET 'key' = 'value', or SET key=value"));
    }
    let value_end = flink_string(body, value_at.start, place)?;
    if value_end != all.end {
        let rest = trimmed(body, value_end..all.end);
        let problem = Diagnostic::new(place.span(rest), "unexpected text behind the value");
        return Err(problem.with_hint("end the statement with a semicolon"));
    }
    let value = value_at.start..value_end;
    Ok(Set::Assign {
        key: key(body, name, place),
        value: text::unquote_flink(&body[value.clone()]),
        value_span: place.span(value),
    })
}

fn parse_reset(body: &str, place: &Place<'_>) -> Result<Reset, Diagnostic> {
    let mut reset = Reset { keys: Vec::new(), to_default: false };
    let mut rest = trimmed(body, 0..body.len());
    while !rest.is_empty() {
        let end = if body[rest.clone()].starts_with('\'') {
            flink_string(body, rest.start, place)?
        } else {
            let word = body[rest.clone()].find(char::is_whitespace);
            word.map_or(rest.end, |len| rest.start + len)
        };
        if &body[rest.start..end] == "-d" && reset.keys.is_empty() {
            reset.to_default = true;
        } else {
            reset.keys.push(key(body, rest.start..end, place));
        }
        rest = trimmed(body, end..rest.end);
    }
    Ok(reset)
}

/// Returns where the string at `start` ends; a quote in it is doubled.
fn flink_string(body: &str, start: usize, place: &Place<'_>) -> Result<usize, Diagnostic> {
    let mut at = start + 1;
    while let Some(quote) = body[at..].find('\'') {
        at += quote + 1;
        if !body[at..].starts_with('\'') {
            return Ok(at);
        }
        at += 1;
    }
    let problem =
        Diagnostic::new(place.span(start..body.len()), "this string has no closing quote");
    Err(problem.with_hint("close it with '; a quote inside is written twice"))
}

fn key(body: &str, range: Range<usize>, place: &Place<'_>) -> SetKey {
    let raw = &body[range.clone()];
    let (name, style) = if raw.starts_with('\'') {
        (text::unquote_flink(raw), SetStyle::Flink)
    } else {
        (raw.to_owned(), SetStyle::Hive)
    };
    SetKey { span: place.span(range), name, style }
}

/// Takes the blanks off both ends of a range.
fn trimmed(body: &str, range: Range<usize>) -> Range<usize> {
    let text = &body[range.clone()];
    let start = range.start + (text.len() - text.trim_start().len());
    start..(start + text.trim().len())
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use expect_test::{Expect, expect};

    use crate::script::parse;

    fn check(text: &str, expected: &Expect) {
        let parsed = parse(text);
        let mut out = String::new();
        for statement in &parsed.statements {
            writeln!(out, "{:?}", statement.kind).unwrap();
        }
        for problem in &parsed.errors {
            let place = &text[problem.span.range()];
            writeln!(out, "{} at {place:?}", problem.message).unwrap();
        }
        expected.assert_eq(&out);
    }

    #[test]
    fn hive_settings() {
        check(
            "set; SET -v; SET  hive.x ;set hivevar:a = b = 'c;d' ;SET b=; SET d='x'--y;\n\
             SET e=f -- it's g\n  h;SET i=j\\;k;",
            &expect![[r#"
                Set(All)
                Set(Verbose)
                Set(Show(SetKey { span: 18..24, name: "hive.x", style: Hive }))
                Set(Assign { key: SetKey { span: 30..39, name: "hivevar:a", style: Hive }, value_span: 42..51, value: "b = 'c;d'" })
                Set(Assign { key: SetKey { span: 57..58, name: "b", style: Hive }, value_span: 59..59, value: "" })
                Set(Assign { key: SetKey { span: 65..66, name: "d", style: Hive }, value_span: 67..73, value: "'x'--y" })
                Set(Assign { key: SetKey { span: 79..80, name: "e", style: Hive }, value_span: 81..96, value: "f \n  h" })
                Set(Assign { key: SetKey { span: 101..102, name: "i", style: Hive }, value_span: 103..107, value: "j;k" })
            "#]],
        );
    }

    #[test]
    fn flink_settings() {
        check(
            "SET 'a' = 'it''s;'; SET 'b'; RESET 'c'; RESET; reset -d x y.z",
            &expect![[r#"
            Set(Assign { key: SetKey { span: 4..7, name: "a", style: Flink }, value_span: 10..18, value: "it's;" })
            Set(Show(SetKey { span: 24..27, name: "b", style: Flink }))
            Reset(Reset { keys: [SetKey { span: 35..38, name: "c", style: Flink }], to_default: false })
            Reset(Reset { keys: [], to_default: false })
            Reset(Reset { keys: [SetKey { span: 56..57, name: "x", style: Hive }, SetKey { span: 58..61, name: "y.z", style: Hive }], to_default: true })
        "#]],
        );
    }

    #[test]
    fn broken_settings() {
        check(
            "SET =x;\nSET 'a' = b;\nSET 'a = b;\nSET 'a'='b' c;\nRESET 'a",
            &expect![[r#"
                there is no key before `=` at "="
                this setting is half in quotes at "= b"
                this string has no closing quote at "'a = b"
                unexpected text behind the value at "c"
                this string has no closing quote at "'a"
            "#]],
        );
    }
}
