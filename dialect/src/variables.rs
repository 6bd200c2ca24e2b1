//! `${namespace:name}` in a statement, replaced as text before it is parsed.
//!
//! Source: Hive `SystemVariables.substitute` and `VariableSubstitution`: innermost first, also
//! inside of quotes, at most 40 rounds; what is unknown stays as it is.

use crate::ast::Span;
use crate::diagnostic::Diagnostic;
use crate::edit::{Edited, Origin, Replacement, offset};

/// How often values may themselves hold variables.
const ROUNDS_MAX: usize = 40;
/// How long a statement may become.
const LENGTH_MAX: usize = 16 << 20;

/// Finds the value of a variable by namespace (`hiveconf`, `hivevar`, `env`, `system`) and name.
pub type Lookup<'a> = &'a dyn Fn(&str, &str) -> Option<String>;

/// Replaces `${hiveconf:x}`, `${hivevar:x}`, `${env:x}`, `${system:x}` and `${x}` (which means
/// `hivevar`), also in the values of variables. What `lookup` does not know stays as it is.
///
/// # Errors
/// Variables nest deeper than 40 levels, or the text becomes longer than 16 MiB.
pub fn substitute(text: &str, lookup: Lookup<'_>) -> Result<String, Diagnostic> {
    expand(Edited::new(text), 0, lookup).map(|expanded| expanded.text)
}

/// Replaces variables from the offset `from` on.
pub(crate) fn expand(
    mut text: Edited,
    from: usize,
    lookup: Lookup<'_>,
) -> Result<Edited, Diagnostic> {
    for round in 0.. {
        let found = find(&text.text, from, lookup);
        if found.is_empty() {
            break;
        }
        if round >= ROUNDS_MAX {
            let message = format!("variables nest deeper than {ROUNDS_MAX} levels");
            return Err(problem(&text, &found, &message, "a variable may hold itself"));
        }
        let grown: usize = found.iter().map(|f| f.value.len()).sum();
        if text.text.len().saturating_add(grown) > LENGTH_MAX {
            let message = "the statement becomes longer than 16 MiB with its variables";
            return Err(problem(&text, &found, message, "a variable may hold itself twice"));
        }
        text = text.replace(&found);
    }
    Ok(text)
}

/// Finds the innermost variables that have a value.
fn find(text: &str, mut from: usize, lookup: Lookup<'_>) -> Vec<Replacement> {
    let mut found = Vec::new();
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
            found.push(Replacement { start, end: from, value });
        }
    }
    found
}

fn problem(text: &Edited, found: &[Replacement], message: &str, hint: &str) -> Diagnostic {
    let origin = Origin { base: 0, edits: text.edits.clone() };
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
            let expanded = expand(Edited::new(text), 0, &lookup).unwrap();
            let origin = Origin { base: 0, edits: expanded.edits };
            for (at, c) in expanded.text.char_indices() {
                let span = origin.span(offset(at), offset(at + 1));
                let original = &text[span.range()];
                assert!(original.starts_with("${") || original == c.to_string(), "{text} {at}");
            }
        }
    }
}
