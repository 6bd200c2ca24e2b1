//! Where a command ends, and what in it is a comment.
//!
//! Unlike Hive's, our quotes protect a semicolon only if they are closed on the same line, so
//! `SET a=it's;` ends where one thinks, and a comment needs a blank before its `--`. Commands with
//! options (`--path`) need one behind it too.

use std::ops::Range;

use super::CommandKind;
use crate::edit::Replacement;
use crate::hive_split;
use crate::options::Splitting;

/// Returns where a command ends whose first word ends at `from`: at its `;` or the end of the text.
pub(crate) fn end(kind: CommandKind, text: &str, from: usize) -> usize {
    let mut scan = Scan { kind, text, from, pos: from };
    while scan.next_part().is_some() {}
    scan.pos
}

/// Finds what is left out of a command before it is read: comments, and backslashes before a `;`.
pub(super) fn comments(kind: CommandKind, splitting: Splitting, text: &str) -> Vec<Replacement> {
    match (splitting, kind) {
        // The shell gets its line with all that is in it. The other two are commands of Hive's
        // test driver, which knows no comments.
        (Splitting::Hive, CommandKind::Shell | CommandKind::Crypto | CommandKind::Erasure) => {
            Vec::new()
        }
        (Splitting::Hive, _) => hive_split::comments(text),
        (Splitting::Sane, _) => {
            let mut cuts = Vec::new();
            let from = kind.word_len().min(text.len());
            let mut scan = Scan { kind, text, from, pos: from };
            loop {
                match scan.next_part() {
                    Some(Part::Text) => {}
                    Some(Part::Skip(range)) => cuts.push(Replacement::cut(range.start, range.end)),
                    None if scan.pos < text.len() => {
                        // A text that is one command may have a semicolon at its end.
                        cuts.push(Replacement::cut(scan.pos, text.len()));
                        return cuts;
                    }
                    None => return cuts,
                }
            }
        }
    }
}

/// Writes the text of a setting behind its first word so that it is read as it is: a semicolon that
/// would end it gets a backslash.
pub(crate) fn escaped(kind: CommandKind, text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut scan = Scan { kind, text, from: usize::MAX, pos: 0 };
    loop {
        let start = scan.pos;
        match scan.next_part() {
            Some(Part::Text) => out.push_str(text.get(start..scan.pos).unwrap_or("")),
            Some(Part::Skip(range)) => {
                // A backslash before a semicolon; no text that was read holds a comment.
                out.push_str(text.get(range.clone()).unwrap_or(""));
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

/// A part of a command's text.
enum Part {
    /// Taken as it is.
    Text,
    /// A comment, or the backslash of `\;`: left out.
    Skip(Range<usize>),
}

/// Goes through the text of a command up to its end.
struct Scan<'a> {
    kind: CommandKind,
    text: &'a str,
    /// Where it began: right behind the first word.
    from: usize,
    pos: usize,
}

impl Scan<'_> {
    fn next_part(&mut self) -> Option<Part> {
        let bytes = self.text.as_bytes();
        let start = self.pos;
        match *bytes.get(start)? {
            b';' => None,
            b'\\' if bytes.get(start + 1) == Some(&b';') => {
                self.pos += 2;
                Some(Part::Skip(start..start + 1))
            }
            b'-' if self.is_comment(start) => {
                self.pos = self.line_end(start);
                Some(Part::Skip(start..self.pos))
            }
            quote @ (b'\'' | b'"') => {
                // What ends the quote comes soon, a line's end perhaps not.
                let rest = &bytes[start + 1..];
                let end = rest.iter().position(|b| *b == quote || *b == b'\n');
                let closing = end.filter(|at| rest[*at] == quote);
                self.pos = closing.map_or(start + 1, |at| start + 1 + at + 1);
                Some(Part::Text)
            }
            b'`' if self.kind == CommandKind::Compile => {
                self.pos = code_end(bytes, start + 1);
                Some(Part::Text)
            }
            _ => {
                let special = |b: &u8| matches!(b, b';' | b'\\' | b'-' | b'\'' | b'"' | b'`');
                let rest = &bytes[start + 1..];
                self.pos = start + 1 + rest.iter().position(special).unwrap_or(rest.len());
                Some(Part::Text)
            }
        }
    }

    fn is_comment(&self, at: usize) -> bool {
        let bytes = self.text.as_bytes();
        let plain = matches!(self.kind, CommandKind::Set | CommandKind::Reset);
        // Words are divided by all that Unicode calls white space, so comments are too.
        let before = self.text.get(..at).and_then(|text| text.chars().next_back());
        bytes.get(at + 1) == Some(&b'-')
            && (at == self.from || before.is_none_or(char::is_whitespace))
            && (plain || bytes.get(at + 2).is_none_or(u8::is_ascii_whitespace))
    }

    fn line_end(&self, from: usize) -> usize {
        let rest = self.text.as_bytes().get(from..).unwrap_or_default();
        from + rest.iter().position(|b| *b == b'\n').unwrap_or(rest.len())
    }
}

/// Returns where the code of a `COMPILE` ends, behind its backtick; at its beginning if it never
/// does.
fn code_end(bytes: &[u8], from: usize) -> usize {
    let mut at = from;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'`' => return at + 1,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    from
}
