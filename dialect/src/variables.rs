//! `${namespace:name}` in a statement, replaced as text before it is parsed.
//!
//! Source: Hive `SystemVariables.substitute` and `VariableSubstitution`: innermost first, also
//! inside of quotes, at most 40 rounds; what is unknown stays as it is.

use crate::ast::Span;
use crate::diagnostic::Diagnostic;
use crate::script::Edit;

/// How often values may themselves hold variables.
const ROUNDS_MAX: usize = 40;
/// How long a statement may become.
const LENGTH_MAX: usize = 16 << 20;

/// Finds the value of a variable by namespace (`hiveconf`, `hivevar`, `env`, `system`) and name.
pub type Lookup<'a> = &'a dyn Fn(&str, &str) -> Option<String>;

/// A text with its variables replaced.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Expanded {
    pub(crate) text: String,
    /// Which ranges came from variables, in order.
    pub(crate) edits: Vec<Edit>,
}

/// Replaces `${hiveconf:x}`, `${hivevar:x}`, `${env:x}`, `${system:x}` and `${x}` (which means
/// `hivevar`), also in the values of variables. What `lookup` does not know stays as it is.
///
/// # Errors
/// Variables nest deeper than 40 levels, or the text becomes longer than 16 MiB.
pub fn substitute(text: &str, lookup: Lookup<'_>) -> Result<String, Diagnostic> {
    expand(text, lookup).map(|expanded| expanded.text)
}

pub(crate) fn expand(text: &str, lookup: Lookup<'_>) -> Result<Expanded, Diagnostic> {
    let mut expanded = Expanded { text: text.to_owned(), edits: Vec::new() };
    for _ in 0..=ROUNDS_MAX {
        let found = find(&expanded.text, lookup);
        if found.is_empty() {
            return Ok(expanded);
        }
        let grown: usize = found.iter().map(|f| f.value.len()).sum();
        if expanded.text.len().saturating_add(grown) > LENGTH_MAX {
            let message = "the statement becomes longer than 16 MiB with its variables";
            return Err(problem(&expanded, &found, message, "a variable may hold itself twice"));
        }
        expanded = replace(&expanded, &found);
    }
    let found = find(&expanded.text, lookup);
    if found.is_empty() {
        return Ok(expanded);
    }
    let message = format!("variables nest deeper than {ROUNDS_MAX} levels");
    Err(problem(&expanded, &found, &message, "a variable may hold itself"))
}

/// A variable to be replaced.
struct Found {
    start: usize,
    end: usize,
    value: String,
}

/// Finds the innermost variables that have a value.
fn find(text: &str, lookup: Lookup<'_>) -> Vec<Found> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(at) = text[from..].find("${") {
        let start = from + at;
        let inner = &text[start + 2..];
        let len = inner.find(['}', '$', ' ']).unwrap_or(inner.len());
        from = start + 2;
        if len == 0 || !inner[len..].starts_with('}') {
            continue;
        }
        from = start + 2 + len + 1;
        let (namespace, name) = match inner[..len].split_once(':') {
            Some((space @ ("hiveconf" | "hivevar" | "env" | "system"), name)) => (space, name),
            _ => ("hivevar", &inner[..len]),
        };
        if let Some(value) = lookup(namespace, name) {
            found.push(Found { start, end: from, value });
        }
    }
    found
}

/// Puts the values in and keeps book of what came from where.
fn replace(before: &Expanded, found: &[Found]) -> Expanded {
    let mut text = String::with_capacity(before.text.len());
    let mut copied = 0;
    let mut changes: Vec<Change> = Vec::with_capacity(found.len());
    for variable in found {
        text.push_str(&before.text[copied..variable.start]);
        text.push_str(&variable.value);
        copied = variable.end;
        changes.push(Change {
            range: (offset(variable.start), offset(variable.end)),
            new_len: offset(variable.value.len()),
        });
    }
    text.push_str(&before.text[copied..]);
    Expanded { text, edits: merge(&before.edits, &changes) }
}

/// A range of the text before a round, and the length of what replaces it.
struct Change {
    range: (u32, u32),
    new_len: u32,
}

/// Combines earlier edits with the changes of one more round.
fn merge(edits: &[Edit], changes: &[Change]) -> Vec<Edit> {
    let mut merged: Vec<Edit> = Vec::new();
    let (mut edits, mut changes) = (edits.iter().peekable(), changes.iter().peekable());
    // How far the text behind what was handled has moved: by earlier rounds, and by this one.
    let (mut moved_before, mut moved_now) = (0i64, 0i64);
    loop {
        let first = match (edits.peek(), changes.peek()) {
            (None, None) => return merged,
            (Some(edit), None) => edit.new.0,
            (None, Some(change)) => change.range.0,
            (Some(edit), Some(change)) => edit.new.0.min(change.range.0),
        };
        // One group: everything that overlaps, directly or through others.
        let (old_start, new_start) = (shift(first, -moved_before), shift(first, moved_now));
        let mut end = first;
        loop {
            if let Some(edit) = edits.next_if(|e| e.new.0 < end || e.new.0 == first) {
                moved_before = i64::from(edit.new.1) - i64::from(edit.old.1);
                end = end.max(edit.new.1);
            } else if let Some(change) = changes.next_if(|c| c.range.0 < end || c.range.0 == first)
            {
                let old_len = i64::from(change.range.1) - i64::from(change.range.0);
                moved_now += i64::from(change.new_len) - old_len;
                end = end.max(change.range.1);
            } else {
                break;
            }
        }
        merged.push(Edit {
            new: (new_start, shift(end, moved_now)),
            old: (old_start, shift(end, -moved_before)),
        });
    }
}

fn shift(at: u32, by: i64) -> u32 {
    u32::try_from(i64::from(at) + by).unwrap_or(0)
}

fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

fn problem(expanded: &Expanded, found: &[Found], message: &str, hint: &str) -> Diagnostic {
    let origin = crate::script::Origin { base: 0, edits: expanded.edits.clone() };
    let place = found.first().map_or(Span::default(), |variable| {
        origin.span(offset(variable.start), offset(variable.end))
    });
    Diagnostic::new(place, message).with_hint(hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lookup(namespace: &str, name: &str) -> Option<String> {
        let value = match (namespace, name) {
            ("hivevar", "a") => "1",
            ("hiveconf", "a") => "conf",
            ("env", "HOME") => "/root",
            ("system", "user.name") => "me",
            ("hivevar", "name") => "a",
            ("hivevar", "nested") => "<${a}${hiveconf:a}>",
            ("hivevar", "loop") => "x${loop}",
            ("hivevar", "bomb") => "${bomb}${bomb}",
            ("hivevar", "empty") => "",
            ("hivevar", "open") => "${",
            ("hivevar", "date:x") => "odd",
            _ => return None,
        };
        Some(value.to_owned())
    }

    #[test]
    fn variables_are_replaced_as_in_hive() {
        for (text, expected) in [
            ("", ""),
            ("a$b{c}", "a$b{c}"),
            ("${a}", "1"),
            ("'${hivevar:a}' ${hiveconf:a} ${env:HOME} ${system:user.name}", "'1' conf /root me"),
            ("${unknown} ${hiveconf:b} ${ a} ${}", "${unknown} ${hiveconf:b} ${ a} ${}"),
            ("${nested}-${nested}", "<1conf>-<1conf>"),
            ("${hiveconf:${name}}", "conf"),
            ("${${hivevar:name}}", "1"),
            ("x${empty}y${empty}", "xy"),
            ("${open}a}", "1"),
            ("${date:x} ${a", "odd ${a"),
            ("${${a}}", "${1}"),
        ] {
            assert_eq!(substitute(text, &lookup).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn loops_and_bombs_are_problems_with_a_place() {
        for (text, message) in [
            ("SELECT ${loop}", "variables nest deeper than 40 levels"),
            ("SELECT ${bomb}", "the statement becomes longer than 16 MiB with its variables"),
        ] {
            let problem = substitute(text, &lookup).unwrap_err();
            assert_eq!(problem.message, message);
            assert_eq!(&text[problem.span.range()], &text[7..]);
        }
    }

    #[test]
    fn what_is_not_replaced_keeps_its_place() {
        for text in ["ab${nested}cd${a}ef${empty}gh", "${${name}}x${nested}", "${open}a}z", "q"] {
            let expanded = expand(text, &lookup).unwrap();
            let origin = crate::script::Origin { base: 0, edits: expanded.edits };
            for (at, c) in expanded.text.char_indices() {
                let span = origin.span(offset(at), offset(at + 1));
                let original = &text[span.range()];
                assert!(original.starts_with("${") || original == c.to_string(), "{text} {at}");
            }
        }
    }
}
