//! Writes scripts anew: statements in canonical form, everything between them as it was.
//!
//! Invariants: comments, variables, line ends and a byte order mark stay; a statement that does not
//! run, or whose canonical form would lose something, stays as it is; a script that was not UTF-8
//! is UTF-8 now; nothing is written over what is read.

use std::path::Path;

use dialect::{Options, RawStatement, Splitting};

use super::input::{Decoded, Found};
use super::report::{FileReport, StatementReport};
use super::rules::{Rule, Verdict};
use super::session::{Open, Sign};
use crate::error::{Error, Result};

/// What stands in the place of a statement.
#[derive(Debug)]
pub(super) struct Piece {
    start: usize,
    end: usize,
    /// Lines before it that say why it stays as it is.
    notes: Vec<String>,
    /// Its canonical form.
    text: Option<String>,
}

impl Piece {
    /// Decides what becomes of a statement.
    pub(super) fn of(raw: &RawStatement<'_>, report: &StatementReport) -> Self {
        let stays = report.verdict >= Verdict::Unchecked;
        let against = report.findings.iter().filter(|finding| {
            Rule::find(finding.rule).is_some_and(|rule| rule.verdict >= Verdict::Unchecked)
        });
        let note = |finding: &super::report::Finding| {
            let text = format!("{}: {}", finding.message, finding.advice);
            let plain = text.replace(['\'', '"', '`', ';', '\\', '\n', '\r'], " ");
            format!("-- skep {} {}", finding.rule, plain.trim())
        };
        Self {
            start: raw.span.start as usize,
            end: raw.span.end as usize,
            notes: if stays { against.map(note).collect() } else { Vec::new() },
            text: if stays { None } else { canonical(raw) },
        }
    }
}

/// Writes a statement in canonical form, with its comments and variables.
fn canonical(raw: &RawStatement<'_>) -> Option<String> {
    let options = Options { splitting: Splitting::Sane, ..raw.options };
    if raw.is_command() {
        return options.format_statement(raw.text);
    }
    [Sign::Name, Sign::Number].into_iter().find_map(|sign| {
        let open = Open::default();
        let lookup = |space: &str, name: &str| Some(open.sign(space, name, sign));
        let text = dialect::substitute(raw.text, &lookup).ok()?;
        let formatted = options.format_statement(&text)?;
        let restored = open.restore(&formatted);
        // Each variable must stand there as often as before.
        (restored.matches("${").count() == raw.text.matches("${").count()).then_some(restored)
    })
}

/// Puts the pieces in the place of the statements.
pub(super) fn assemble(text: &str, pieces: &[Piece]) -> String {
    let line_end = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let mut out = String::with_capacity(text.len() + text.len() / 4);
    let mut at = 0;
    for piece in pieces {
        out.push_str(text.get(at..piece.start).unwrap_or(""));
        if !piece.notes.is_empty() && !out.is_empty() && !out.ends_with('\n') {
            out.push_str(line_end);
        }
        for note in &piece.notes {
            out.push_str(note);
            out.push_str(line_end);
        }
        match &piece.text {
            Some(text) => out.push_str(&text.replace("\r\n", "\n").replace('\n', line_end)),
            None => out.push_str(text.get(piece.start..piece.end).unwrap_or("")),
        }
        at = piece.end;
    }
    out.push_str(text.get(at..).unwrap_or(""));
    out
}

/// Writes a script below a folder.
///
/// # Errors
/// It cannot be written, or would be written over itself.
pub(super) fn write(
    folder: &Path,
    found: &Found,
    decoded: &Decoded,
    file: &FileReport,
    pieces: &[Piece],
) -> Result<()> {
    let path = folder.join(&found.relative);
    let fail = |e| Error::io("cannot write a script", e).with("path", path.display());
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent).map_err(fail)?;
    }
    if let (Ok(from), Ok(to)) = (found.path.canonicalize(), path.canonicalize())
        && from == to
    {
        return Err(Error::config("a script would be written over itself")
            .with("path", &file.path)
            .with_hint("name another folder for --rewrite"));
    }
    let mark = if decoded.marked { "\u{FEFF}" } else { "" };
    let text = format!("{mark}{}", assemble(&decoded.text, pieces));
    std::fs::write(&path, text).map_err(fail)
}
