//! Commands of Hive's shell, which are raw text up to the semicolon and never reach Hive's parser.
//!
//! Source: Hive `CliDriver.processCmd`, `HiveCommand.find`, and the processor of each command.

mod body;
mod others;
mod settings;

use crate::ast::{Statement, StatementKind};
use crate::diagnostic::Diagnostic;
use crate::edit::{Edited, Origin, offset};
use crate::options::Splitting;
use crate::variables::{self, Lookup};

pub(crate) use body::{end, escaped};
pub(crate) use settings::quoted_identifiers;

/// The commands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CommandKind {
    Set,
    Reset,
    Add,
    List,
    Delete,
    Dfs,
    Shell,
    Source,
    Compile,
    Crypto,
    Erasure,
    Llap,
    Reload,
    Quit,
    Exit,
}

/// The words that commands begin with.
const WORDS: [(&str, CommandKind); 14] = [
    ("SET", CommandKind::Set),
    ("RESET", CommandKind::Reset),
    ("ADD", CommandKind::Add),
    ("LIST", CommandKind::List),
    ("DELETE", CommandKind::Delete),
    ("DFS", CommandKind::Dfs),
    ("SOURCE", CommandKind::Source),
    ("COMPILE", CommandKind::Compile),
    ("CRYPTO", CommandKind::Crypto),
    ("ERASURE", CommandKind::Erasure),
    ("LLAP", CommandKind::Llap),
    ("RELOAD", CommandKind::Reload),
    ("QUIT", CommandKind::Quit),
    ("EXIT", CommandKind::Exit),
];

impl CommandKind {
    fn named(word: &str) -> Option<Self> {
        WORDS.iter().find(|(name, _)| name.eq_ignore_ascii_case(word)).map(|(_, kind)| *kind)
    }

    /// Tells whether a statement that begins with this word can be a command.
    pub(crate) fn may_begin_with(word: &str) -> bool {
        Self::named(word).is_some()
    }

    /// Recognises a command by its first word, and the second as far as it decides.
    pub(crate) fn find(first: &str, second: &str) -> Option<Self> {
        let kind = Self::named(first)?;
        let second_is = |words: &[&str]| words.iter().any(|word| word.eq_ignore_ascii_case(second));
        if kind != Self::Source && second_is(&["role", "from"]) {
            return None;
        }
        let is_command = match kind {
            Self::Set => !second_is(&["autocommit"]),
            Self::Delete => others::resource_kind(second).is_some(),
            Self::Llap => second_is(&["cluster", "cache"]),
            Self::Reload => !second_is(&["function", "functions"]),
            Self::Quit | Self::Exit => second.is_empty(),
            _ => true,
        };
        is_command.then_some(kind)
    }

    /// The first word; none for `!`.
    pub(crate) fn word(self) -> &'static str {
        WORDS.iter().find(|(_, kind)| *kind == self).map_or("!", |(word, _)| word)
    }

    /// How many bytes the first word has.
    pub(crate) fn word_len(self) -> usize {
        self.word().len()
    }
}

/// Returns the word that a text begins with.
pub(crate) fn word(text: &str) -> &str {
    let len = text.bytes().take_while(|b| b.is_ascii_alphanumeric() || *b == b'_').count();
    &text[..len]
}

/// Returns the comments in a command's text, which begins with its first word.
pub(crate) fn comments_in(text: &str) -> Vec<&str> {
    let named = CommandKind::named(word(text));
    let kind = if text.starts_with('!') { Some(CommandKind::Shell) } else { named };
    let Some(kind) = kind else { return Vec::new() };
    let cuts = body::comments(kind, Splitting::Sane, text);
    let cut = cuts.iter().filter_map(|cut| text.get(cut.start..cut.end));
    cut.filter(|cut| cut.starts_with("--")).map(str::trim_end).collect()
}

/// A command that was found in a script.
pub(crate) struct Raw<'a> {
    pub(crate) kind: CommandKind,
    /// What is read; it begins with the first word, but for comments in Hive's way of splitting.
    pub(crate) text: Edited,
    /// Where the text begins in the script.
    pub(crate) base: u32,
    pub(crate) splitting: Splitting,
    pub(crate) lookup: Lookup<'a>,
}

/// Parses a command; its variables are replaced where Hive replaces them.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn parse(raw: Raw<'_>) -> Result<Statement, Diagnostic> {
    let Raw { kind, text, base, splitting, lookup } = raw;
    let whole = Origin { base, edits: text.edits.clone() };
    let span = whole.span(0, offset(text.text.len()));
    let text = text.replace(&body::comments(kind, splitting, &text.text));
    let start = kind.word_len().min(text.text.len());
    // A key is not replaced, and the name of a setting to forget neither.
    let from = match kind {
        CommandKind::Set => text.text.find('=').map_or(text.text.len(), |at| at + 1),
        CommandKind::Reset => text.text.len(),
        _ => start,
    };
    let text = variables::expand(text, from, lookup).map_err(|mut problem| {
        let place = problem.span;
        problem.span = crate::ast::Span::new(base + place.start, base + place.end);
        problem
    })?;
    let (text, origin) = text.origin(base);
    let body = Body { text: &text, start, origin: &origin };
    let kind = match kind {
        CommandKind::Set => StatementKind::Set(settings::parse_set(&body)?),
        CommandKind::Reset => StatementKind::Reset(settings::parse_reset(&body)?),
        _ => StatementKind::Command(others::parse(kind, &body)?),
    };
    Ok(Statement { span, kind })
}

/// The text of a command without comments.
#[derive(Debug, Clone, Copy)]
struct Body<'a> {
    text: &'a str,
    /// Where the first word ends.
    start: usize,
    origin: &'a Origin,
}

impl Body<'_> {
    /// The range behind the first word, without the blanks around it.
    fn rest(&self) -> std::ops::Range<usize> {
        trimmed(self.text, self.start..self.text.len())
    }

    fn span(&self, range: std::ops::Range<usize>) -> crate::ast::Span {
        self.origin.span(offset(range.start), offset(range.end))
    }

    fn raw(&self, range: std::ops::Range<usize>) -> crate::ast::RawText {
        let value = self.text[range.clone()].to_owned();
        crate::ast::RawText { span: self.span(range), value }
    }

    /// The words of a range.
    fn words(&self, range: std::ops::Range<usize>) -> Vec<std::ops::Range<usize>> {
        let mut words = Vec::new();
        let mut rest = trimmed(self.text, range);
        while !rest.is_empty() {
            let len = self.text[rest.clone()].find(char::is_whitespace).unwrap_or(rest.len());
            words.push(rest.start..rest.start + len);
            rest = trimmed(self.text, rest.start + len..rest.end);
        }
        words
    }
}

/// Takes the blanks off both ends of a range.
fn trimmed(text: &str, range: std::ops::Range<usize>) -> std::ops::Range<usize> {
    let inner = &text[range.clone()];
    let start = range.start + (inner.len() - inner.trim_start().len());
    start..(start + inner.trim().len())
}

#[cfg(test)]
mod tests;
